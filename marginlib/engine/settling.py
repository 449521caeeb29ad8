"""Settling: own funds go to the exchange, with no trade and no fee; what was received is kept (R3 to R5)."""

from decimal import Decimal, localcontext
from typing import Literal, NamedTuple

from marginlib.engine.account import Event, Position, Row, State
from marginlib.engine.amounts import EXACT, ZERO, plain, quotient_down, quotient_up
from marginlib.engine.cascade import charge
from marginlib.engine.derivation import fraction, named
from marginlib.engine.errors import InvalidScenario, Refusal


class Need(NamedTuple):
    """What a settlement asks of a balance: amounts in its currency, the volume that could be settled in BASE (R3, R6).

    >>> Need("BTC", Decimal(1), Decimal("0.4"), Decimal("0.4")).missing
    Decimal('0.6')
    """

    currency: str
    amount: Decimal
    balance: Decimal
    possible: Decimal

    @property
    def missing(self) -> Decimal:
        """How much the balance lacks; nothing if it suffices."""
        return named(max(self.amount - self.balance, ZERO), "missing to settle", ("R6",))


def first_in_first_out(state: State, pair: str, volume: Decimal | Literal["all"]) -> list[tuple[Position, Decimal]]:
    """Which lots a volume of BASE ends, and how much of each, oldest first (R7, R8).

    Raises:
        Refusal: ``no_position``, ``volume_exceeds_position`` (A6).
    """
    lots = state.lots(pair)
    total = lots.sums.volume
    left = total if volume == "all" else volume
    if left > total:
        raise Refusal(
            "volume_exceeds_position",
            f"The order is for {plain(left)}, but only {plain(total)} is open in {pair}. "
            f'Use a volume up to {plain(total)}, or "all".',
            ("A6", "R9"),
        )
    return state.rulebook.practice.ends(lots, left)


def need(state: State, pair: str, volume: Decimal | Literal["all"]) -> Need:
    """What settling a volume of BASE, oldest lot first, would ask of the balance (R3, R6, R7).

    Raises:
        Refusal: ``no_position``, ``volume_exceeds_position``.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"BTC": "0.4"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "short", "volume": "1", "leverage": 5}]}))
    >>> needed = need(story.final, "BTC/EUR", "all")
    >>> needed.currency, plain(needed.missing), plain(needed.possible)
    ('BTC', '0.6', '0.4')
    """
    with localcontext(EXACT):
        return _need(state, first_in_first_out(state, pair, volume))[0]


def settle(state: State, step: int, pair: str, volume: Decimal | Literal["all"]) -> list[Row]:
    """Settle a volume of BASE: pay back what was extended for it, keep what was received for it.

    Raises:
        Refusal: ``no_position``, ``volume_exceeds_position``, or ``insufficient_funds`` (R6), which says
            what is lacking; nothing is settled in part (A7).
    """
    ends = first_in_first_out(state, pair, volume)
    needed, due = _need(state, ends)
    paid = needed.currency
    require_more_than_dust(state, step, ends)
    practice = state.rulebook.practice
    if not practice.suffices(needed):
        raise Refusal(
            "insufficient_funds",
            f"Settling needs {plain(needed.amount)} {paid}, and the balance is {plain(needed.balance)} {paid}.",
            ("R6", "A7"),
            (paid, fraction(needed.missing)),
        )
    rows: list[Row] = []
    for lot, part in ends:
        event = Event(state, step, "settled", lot.id)
        kept, amount = lot.base if lot.side == "long" else lot.quote, practice.released(state, lot, part)
        event.post(paid, "obligation", ("R3", "R5", "R7"), "exchange", amount=-due[lot.id])
        state.move(kept, amount, "restricted", "exchange")
        event.post(kept, "released", ("R4",), "exchange", amount=state.round(kept, amount))
        state.reduce(lot, part)
        if cost := practice.settling_trade(state, lot, part):
            charge(event, lot.pair, cost, "trading_fee", ("A4",))
        rows += event.rows()
    return rows


def require_more_than_dust(state: State, step: int, ends: list[tuple[Position, Decimal]]) -> None:
    """Refuse to end so little of a lot that the ledger would owe nothing for it; a whole lot may be that little (A8).

    Raises:
        InvalidScenario: says the smallest volume that works.
    """
    lot, part = ends[-1]
    if part == lot.volume:
        return
    needed, due = _need(state, ends)
    if any(due.values()):
        return
    before = sum((volume for _, volume in ends[:-1]), ZERO)
    raise InvalidScenario(
        f"steps[{step}].volume: expected at least {plain(before + _least(state, lot))} {lot.base}, got "
        f"{plain(before + part)}: so little of the position owes no {needed.currency} that the ledger could count (A8)"
    )


def _least(state: State, lot: Position) -> Decimal:
    """The smallest volume of a lot that the ledger counts something for."""
    unit = Decimal(1).scaleb(-state.rulebook.places(lot.owed[0]))
    return unit if lot.side == "short" else min(lot.volume, quotient_up(unit, lot.open_price, 20))


def _need(state: State, ends: list[tuple[Position, Decimal]]) -> tuple[Need, dict[int, Decimal]]:
    """What settling these lots needs, in all and by the lot's id."""
    paid = ends[0][0].owed[0]
    each = [(part, state.rulebook.practice.owed_for_one(state, lot)) for lot, part in ends]
    due = {
        lot.id: state.round(paid, part if price is None else part * price)
        for (lot, part), (_, price) in zip(ends, each, strict=True)
    }
    have = state.balance(paid)
    return Need(paid, named(sum(due.values(), ZERO), "needed to settle", ("R3",)), have, _possible(each, have)), due


def _possible(each: list[tuple[Decimal, Decimal | None]], have: Decimal) -> Decimal:
    """The volume of BASE that a balance could settle."""
    possible, left = ZERO, have
    for part, one in each:
        price = Decimal(1) if one is None else one
        volume = min(part, quotient_down(left, price, 8))
        possible += volume
        left -= volume * price
    return possible

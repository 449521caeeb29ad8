"""Settling: own funds go to the exchange, with no trade and no fee; what was received is kept (R3 to R5)."""

from decimal import Decimal
from typing import Literal

from marginlib.amounts import ZERO, plain, quotient_down
from marginlib.book import Event, Position, Row, State
from marginlib.errors import Refusal


def first_in_first_out(state: State, pair: str, volume: Decimal | Literal["all"]) -> list[tuple[Position, Decimal]]:
    """Which lots a volume of BASE ends, and how much of each, oldest first (R7, R8).

    Raises:
        Refusal: ``no_position``, ``volume_exceeds_position`` (A6).
    """
    lots = state.lots(pair)
    total = sum((lot.volume for lot in lots), ZERO)
    left = total if volume == "all" else volume
    if left > total:
        raise Refusal(
            "volume_exceeds_position",
            f"The order is for {plain(left)}, but only {plain(total)} is open in {pair}. "
            f'Use a volume up to {plain(total)}, or "all".',
            ("A6", "R9"),
        )
    ends = []
    for lot in lots:
        part = min(lot.volume, left)
        if part:
            ends.append((lot, part))
        left -= part
    return ends


def settle(state: State, step: int, pair: str, volume: Decimal | Literal["all"]) -> list[Row]:
    """Settle a volume of BASE: pay back what was extended for it, keep what was received for it.

    Raises:
        Refusal: ``no_position``, ``volume_exceeds_position``, or ``insufficient_funds`` (R6), which says
            how much could be settled; nothing is settled in part (A7).
    """
    ends = first_in_first_out(state, pair, volume)
    paid = ends[0][0].owed[0]
    due = {lot.id: state.round(paid, part * lot.open_price if lot.side == "long" else part) for lot, part in ends}
    total = sum(due.values(), ZERO)
    have = state.balance(paid)
    if total > have:
        possible = _possible(ends, have)
        raise Refusal(
            "insufficient_funds",
            f"Settling needs {plain(total)} {paid}, and the balance is {plain(have)} {paid}: "
            f"enough for {plain(possible)} {ends[0][0].base} at most. Deposit {plain(total - have)} {paid}, "
            f"buy it with an ordinary order, or settle less.",
            ("R6", "A7"),
        )
    rows: list[Row] = []
    for lot, part in ends:
        event = Event(state, step, "settled", lot.id)
        kept, amount = (lot.base, part) if lot.side == "long" else (lot.quote, part * lot.open_price)
        event.post(paid, "obligation", ("R3", "R5", "R7"), "exchange", amount=-due[lot.id])
        state.move(kept, amount, "restricted", "exchange")
        event.post(kept, "released", ("R4",), "exchange", amount=state.round(kept, amount))
        state.reduce(lot, part)
        rows += event.rows()
    return rows


def _possible(ends: list[tuple[Position, Decimal]], have: Decimal) -> Decimal:
    """The volume of BASE that a balance could settle."""
    possible, left = ZERO, have
    for lot, part in ends:
        price = lot.open_price if lot.side == "long" else Decimal(1)
        volume = min(part, quotient_down(left, price, 8))
        possible += volume
        left -= volume * price
    return possible

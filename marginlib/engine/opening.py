"""Opening a position: the exchange extends funds, and a market trade swaps them (R1)."""

from decimal import Decimal

from marginlib.engine.account import Event, Position, Row, State
from marginlib.engine.amounts import plain, quotient_up
from marginlib.engine.cascade import charge
from marginlib.engine.derivation import named
from marginlib.engine.errors import InvalidScenario, Refusal
from marginlib.engine.margin import require_level
from marginlib.engine.scenario import Open

_FINEST = 20  # decimals that a volume may have


def open_position(state: State, step: int, order: Open, summary_currency: str) -> list[Row]:
    """Open a lot. Long: QUOTE is extended and BASE received; short: the other way round (R1).

    The trading fee, then the opening fee, are charged (A4, B6); the margin level after both must do (B4).

    Raises:
        Refusal: ``opposite_position_open``, ``missing_price``, ``insufficient_margin``.
        InvalidScenario: a volume for which the ledger would owe nothing; says the smallest that works.
    """
    others = state.positions.of(order.pair)
    if others and (side := others[0].side) != order.side:
        verb = "sell closes" if side == "long" else "buy closes"
        raise Refusal(
            "opposite_position_open",
            f"A {side} position is open in {order.pair}, and the exchange nets a pair: a {verb} it. "
            "Use a close step, or settle it first.",
            ("A6", "R9"),
        )
    market = state.price(order.pair)
    state.opened += 1
    price = named(order.price or market, "opening price", ("R1",))
    practice = state.rulebook.practice
    lent_at, rollover = practice.lent_currency(order.side, order.pair), order.rollover
    if rollover is None:
        rollover = state.lending_rate("rollover", lent_at)
    lot = Position(state.opened, order.pair, order.side, order.volume, price, order.leverage, state.hours, rollover)
    _require_more_than_dust(state, step, lot)
    event = Event(state, step, "margin", lot.id)
    event.post(lot.quote, "opening", ("R1",), "exchange")
    (lent, amount), (received, volume) = practice.owed(lot), lot.held
    state.move(lent, amount, "exchange", "market")
    state.move(received, volume, "market", "restricted")
    state.positions = state.positions.opened(lot)
    if rollover:
        state.quiet_until = min(state.quiet_until, state.hours + state.rulebook.rollover_hours)
    trading = state.fees["trading"] if order.fee is None else order.fee
    opening = state.lending_rate("opening", lent_at) if order.opening is None else order.opening
    charge(event, lot.pair, practice.opening_trade(lot, trading), "trading_fee", ("A4",))
    charge(event, lot.pair, practice.opening_fee(state, lot, opening), "opening_fee", ("B6", "A4"))
    require_level(state, summary_currency, "This opening", ("B4",))
    return event.rows()


def _require_more_than_dust(state: State, step: int, lot: Position) -> None:
    """Refuse a volume so small that the ledger would owe nothing for it (A8)."""
    lent, amount = lot.owed
    if state.round(lent, amount):
        return
    places = state.rulebook.places(lent)
    unit = Decimal(1).scaleb(-places)
    least = unit if lot.side == "short" else quotient_up(unit, lot.open_price, _FINEST)
    raise InvalidScenario(
        f"steps[{step}].volume: expected at least {plain(least)} {lot.base}, got {plain(lot.volume)}: the ledger keeps "
        f"{places} decimals of {lent}, and so small an amount of it would not be owed at all (A8)"
    )

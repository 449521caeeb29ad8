"""Opening a position: the exchange extends funds, and a market trade swaps them (R1)."""

from marginlib.engine.account import Event, Position, Row, State
from marginlib.engine.cascade import charge
from marginlib.engine.errors import Refusal
from marginlib.engine.margin import require_level
from marginlib.engine.scenario import Open


def open_position(state: State, step: int, order: Open, summary_currency: str) -> list[Row]:
    """Open a lot. Long: QUOTE is extended and BASE received; short: the other way round (R1).

    The trading fee, then the opening fee, are charged (A4, B6); the margin level after both must do (B4).

    Raises:
        Refusal: ``opposite_position_open``, ``missing_price``, ``insufficient_margin``.
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
    price = order.price or market
    lot = Position(state.opened, order.pair, order.side, order.volume, price, order.leverage, state.hours)
    event = Event(state, step, "margin", lot.id)
    event.post(lot.quote, "opening", ("R1",), "exchange")
    (lent, amount), (received, volume) = lot.owed, lot.held
    state.move(lent, amount, "exchange", "market")
    state.move(received, volume, "market", "restricted")
    state.positions = state.positions.opened(lot)
    state.quiet_until = min(state.quiet_until, state.hours + state.rulebook.rollover_hours)
    charge(event, lot.pair, lot.cost * state.fees["trading"], "trading_fee", ("A4",))
    charge(event, lot.pair, lot.cost * state.fees["opening"], "opening_fee", ("B6", "A4"))
    require_level(state, summary_currency, "This opening", ("B4",))
    return event.rows()

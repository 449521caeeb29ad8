"""What a new price sets off: protective stops first, then automated liquidation (R22, B5)."""

from fractions import Fraction

from marginlib.engine.account import Realised, Row, State, StopOrder
from marginlib.engine.closing import close_lots
from marginlib.engine.errors import Refusal
from marginlib.engine.margin import margin
from marginlib.engine.scenario import Price, Stop


def place_stop(state: State, order: Stop) -> None:
    """Place a stop that covers the whole position in its pair (R22).

    Raises:
        Refusal: ``no_position``, or ``wrong_stop_side`` for a stop that would not protect.
    """
    side = state.lots(order.pair)[0].side
    right = "sell" if side == "long" else "buy"
    if order.side != right:
        raise Refusal(
            "wrong_stop_side",
            f"A {order.side} stop can't protect a {side} position in {order.pair}: it would add to it. "
            f"A {side} is closed by a {right}, so use a {right} stop.",
            ("R22",),
        )
    state.stops = (*state.stops, StopOrder(order.pair, order.side, order.trigger))


def move_price(state: State, step: int, order: Price, summary_currency: str) -> tuple[list[Row], list[Realised]]:
    """Set a price; close what a stop or the margin level then closes, at current prices.

    Raises:
        Refusal: ``missing_price``, when a level, a loss or a fee can't be priced.
    """
    state.prices[order.pair] = order.price
    rows: list[Row] = []
    realised: list[Realised] = []
    crossed = any(
        stop.pair == order.pair
        and (order.price <= stop.trigger if stop.side == "sell" else order.price >= stop.trigger)
        for stop in state.stops
    )
    if crossed:
        ends = [(lot, lot.volume) for lot in state.lots(order.pair)]
        rows, realised = close_lots(state, step, ends, order.price, "stop")
    more_rows, more_realised = _liquidate(state, step, summary_currency)
    return rows + more_rows, realised + more_realised


def _liquidate(state: State, step: int, summary_currency: str) -> tuple[list[Row], list[Realised]]:
    """Close positions whole, oldest first whatever the pair: all, or until the level is back at 100 % (B5)."""
    rulebook = state.rulebook
    rows: list[Row] = []
    realised: list[Realised] = []
    if rulebook.liquidation == "off" or not state.positions:
        return rows, realised
    level = margin(state, summary_currency).level
    if level is None or level > Fraction(rulebook.liquidation_level):
        return rows, realised
    for lot in state.positions:  # as they are now: closing one leaves the others as they are
        more_rows, more_realised = close_lots(state, step, [(lot, lot.volume)], state.prices[lot.pair], "liquidation")
        rows += more_rows
        realised += more_realised
        if rulebook.liquidation == "until-100" and state.positions:
            level = margin(state, summary_currency).level
            if level is not None and level >= Fraction(rulebook.opening_level):
                break
    return rows, realised

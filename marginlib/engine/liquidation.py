"""What a new price sets off: protective stops first, then automated liquidation (R22, B5)."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from marginlib.engine.account import Realised, Row, State, StopOrder
from marginlib.engine.closing import close_lots
from marginlib.engine.errors import Refusal
from marginlib.engine.margin import margin
from marginlib.engine.scenario import Stop


def place_stop(state: State, step: int, order: Stop) -> tuple[list[Row], list[Realised]]:
    """Place a stop that covers the whole position in its pair (R22); one that is crossed already closes at once.

    Raises:
        Refusal: ``no_position``, ``wrong_stop_side`` for a stop that would not protect, ``missing_price``.
    """
    side = state.lots(order.pair)[0].side
    right = state.rulebook.practice.protects(side)
    if order.side != right:
        raise Refusal(
            "wrong_stop_side",
            f"A {order.side} stop can't protect a {side} position in {order.pair}: it would add to it. "
            f"A {side} is closed by a {right}, so use a {right} stop.",
            ("R22",),
        )
    stop = StopOrder(order.pair, order.side, order.trigger)
    if state.rulebook.practice.fires(stop, state.price(order.pair)):
        return _close_whole(state, step, stop)
    state.stops = (*state.stops, stop)
    return [], []


def move_prices(
    state: State, step: int, prices: Mapping[str, Decimal], summary_currency: str
) -> tuple[list[Row], list[Realised]]:
    """Set prices in one moment; close what stops or the margin level then close, at current prices.

    Stops go pair by pair, in the order in which they were placed; then liquidation is looked at, once.

    Raises:
        Refusal: ``missing_price``, when a level, a loss or a fee can't be priced.
    """
    for pair, price in prices.items():
        state.prices[pair] = price
    rows: list[Row] = []
    realised: list[Realised] = []
    crossed: dict[str, StopOrder] = {}
    for stop in state.stops:
        if stop.pair in prices and state.rulebook.practice.fires(stop, prices[stop.pair]):
            crossed.setdefault(stop.pair, stop)
    for stop in crossed.values():
        more_rows, more_realised = _close_whole(state, step, stop)
        rows += more_rows
        realised += more_realised
    more_rows, more_realised = _liquidate(state, step, summary_currency)
    return rows + more_rows, realised + more_realised


def _close_whole(state: State, step: int, stop: StopOrder) -> tuple[list[Row], list[Realised]]:
    """What a stop does: it closes the whole position in its pair, at the current price."""
    ends = [(lot, lot.volume) for lot in state.lots(stop.pair)]
    price = state.rulebook.practice.stopped_at(stop, state.price(stop.pair))
    return close_lots(state, step, ends, price, "stop")


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
    for lot in rulebook.practice.liquidated(state):  # as they are now: closing one leaves the others as they are
        more_rows, more_realised = close_lots(state, step, [(lot, lot.volume)], state.prices[lot.pair], "liquidation")
        rows += more_rows
        realised += more_realised
        if rulebook.liquidation == "until-100" and state.positions:
            level = margin(state, summary_currency).level
            if level is not None and level >= Fraction(rulebook.opening_level):
                break
    return rows, realised

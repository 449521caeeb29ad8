"""Closing: an opposing order; its proceeds repay the obligation, the rest is profit or loss (R9 to R12)."""

from decimal import Decimal
from typing import Literal

from marginlib.engine.account import Event, Position, Realised, Row, State, Take
from marginlib.engine.amounts import ZERO
from marginlib.engine.cascade import charge, take
from marginlib.engine.settling import first_in_first_out

By = Literal["order", "stop", "liquidation"]
_BY_RULES: dict[By, tuple[str, ...]] = {
    "order": ("R9",),
    "stop": ("R22", "R9"),
    "liquidation": ("B5",),
}


def close(
    state: State,
    step: int,
    pair: str,
    volume: Decimal | Literal["all"],
    price: Decimal | None = None,
) -> tuple[list[Row], list[Realised]]:
    """Close a volume of BASE, oldest lot first; each lot runs through by itself (R8, R12).

    Raises:
        Refusal: ``no_position``, ``volume_exceeds_position``, ``missing_price``.
    """
    ends = first_in_first_out(state, pair, volume)
    market = state.price(pair)
    return close_lots(state, step, ends, price or market, "order")


def close_lots(
    state: State, step: int, ends: list[tuple[Position, Decimal]], price: Decimal, by: By
) -> tuple[list[Row], list[Realised]]:
    """Close so much of each lot at a price in QUOTE: repay, realise, then charge the trading fee (A9).

    Raises:
        Refusal: ``missing_price``, when a loss or a fee comes to a balance that can't be converted.
    """
    rows: list[Row] = []
    realised: list[Realised] = []
    for lot, volume in ends:
        event = Event(state, step, "margin", lot.id)
        realised.append(close_lot(event, lot, volume, price, by))
        rows += event.rows()
    return rows, realised


def close_lot(event: Event, lot: Position, volume: Decimal, price: Decimal, by: By) -> Realised:
    """Close so much of the oldest lot of a pair, in an event of its own (R10 to R13, A9).

    Raises:
        Refusal: ``missing_price``, as above.
    """
    state = event.state
    moved = price - lot.open_price if lot.side == "long" else lot.open_price - price
    pnl = state.round(lot.quote, volume * moved)
    _repay(state, lot, volume, pnl)
    takes: tuple[Take, ...] = ()
    unpaid = ZERO
    if pnl >= 0:
        event.post(
            lot.quote,
            "profit" if pnl else "closing",
            (*_BY_RULES[by], "R10", "R11"),
            "market",
            amount=pnl,
        )
    else:
        event.post(lot.quote, "closing", (*_BY_RULES[by], "R10", "R11"), "market")
        takes, unpaid = take(event, lot.pair, -pnl, "loss", ("R11",), "exchange")
    state.reduce(lot.pair, volume)
    charge(event, lot.pair, volume * price * state.fees["trading"], "trading_fee", ("A4", "A9"))
    return Realised(event.step, lot, volume, price, pnl, unpaid, takes, by)


def _repay(state: State, lot: Position, volume: Decimal, pnl: Decimal) -> None:
    """Send the restricted asset through the market and repay the obligation (R10).

    The exchange bears a loss until the cascade makes it good; the market, the dust of rounding.
    """
    cost = volume * lot.open_price
    loss = max(-pnl, ZERO)
    if lot.side == "long":
        state.move(lot.base, volume, "restricted", "market")
        state.move(lot.quote, cost - loss, "market", "exchange")
    else:
        state.move(lot.quote, cost, "restricted", "market")
        state.move(lot.quote, loss, "exchange", "market")
        state.move(lot.base, volume, "market", "exchange")

"""Closing: an opposing order; its proceeds repay the obligation, the rest is profit or loss (R9 to R12)."""

from decimal import Decimal
from typing import Literal

from marginlib.engine.account import Event, Position, Realised, Row, State, Take
from marginlib.engine.amounts import ZERO
from marginlib.engine.cascade import charge, take
from marginlib.engine.derivation import named
from marginlib.engine.settling import first_in_first_out, require_more_than_dust

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
    fee: Decimal | None = None,
) -> tuple[list[Row], list[Realised]]:
    """Close a volume of BASE, oldest lot first; each lot runs through by itself (R8, R12).

    ``fee`` is the trading fee's rate for this order alone, as a share; the usual one where it is None.

    Raises:
        Refusal: ``no_position``, ``volume_exceeds_position``, ``missing_price``.
        InvalidScenario: so little of a lot that the ledger owes nothing for it; says the smallest that works.
    """
    ends = first_in_first_out(state, pair, volume)
    market = state.price(pair)
    require_more_than_dust(state, step, ends)
    return close_lots(state, step, ends, price or market, "order", fee)


def close_lots(
    state: State, step: int, ends: list[tuple[Position, Decimal]], price: Decimal, by: By, fee: Decimal | None = None
) -> tuple[list[Row], list[Realised]]:
    """Close so much of each lot at a price in QUOTE: repay, realise, then charge the trading fee (A9).

    Raises:
        Refusal: ``missing_price``, when a loss or a fee comes to a balance that can't be converted.
    """
    rows: list[Row] = []
    realised: list[Realised] = []
    for lot, volume in ends:
        event = Event(state, step, "margin", lot.id)
        realised.append(close_lot(event, lot, volume, price, by, fee))
        rows += event.rows()
    return rows, realised


def close_lot(
    event: Event, lot: Position, volume: Decimal, price: Decimal, by: By, fee: Decimal | None = None
) -> Realised:
    """Close so much of the oldest lot of a pair, in an event of its own (R10 to R13, A9).

    Raises:
        Refusal: ``missing_price``, as above.
    """
    state = event.state
    practice = state.rulebook.practice
    pnl = state.round(lot.quote, practice.result(lot, volume, price))
    pnl = named(pnl, "profit on position {}" if pnl >= 0 else "loss on position {}", ("R10", "R11"), of=lot.id)
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
    state.reduce(lot, volume)
    rate = state.fees["trading"] if fee is None else fee
    charge(event, lot.pair, practice.closing_trade(lot, volume, price, rate), "trading_fee", ("A4", "A9"))
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

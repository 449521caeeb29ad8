"""How a test of a booking reads: balances before, one request, balances and rows after.

    booked = book({"EUR": "60000"}, {"BTC/EUR": "50000"}, [opens("BTC/EUR", "long", "1")],
                  settles("BTC/EUR", "0.5"))

    assert booked.rows == ["settled EUR -25000 = 35000", "settled BTC +0.5 = 0.5"]
    assert booked.after == {"BTC": "0.5", "EUR": "35000"}

Everything is text in plain notation, as a learner sees it.
"""

from collections.abc import Sequence
from typing import Any

from marginlib import Scenario, Story, replay
from marginlib.engine.account import Realised, Row, State
from marginlib.engine.amounts import plain

Do = dict[str, Any]


def opens(pair: str, side: str, volume: str, leverage: int | str = 5, price: str | None = None) -> Do:
    step = {"do": "open", "pair": pair, "side": side, "volume": volume, "leverage": leverage}
    return step if price is None else {**step, "price": price}


def moves(pair: str, price: str) -> Do:
    return {"do": "price", "pair": pair, "price": price}


def settles(pair: str, volume: str = "all") -> Do:
    return {"do": "settle", "pair": pair, "volume": volume}


def closes(pair: str, volume: str = "all", price: str | None = None) -> Do:
    step = {"do": "close", "pair": pair, "volume": volume}
    return step if price is None else {**step, "price": price}


def deposits(currency: str, amount: str) -> Do:
    return {"do": "deposit", "currency": currency, "amount": amount}


def withdraws(currency: str, amount: str) -> Do:
    return {"do": "withdraw", "currency": currency, "amount": amount}


def trades(pair: str, side: str, volume: str, price: str | None = None) -> Do:
    step = {"do": "trade", "pair": pair, "side": side, "volume": volume}
    return step if price is None else {**step, "price": price}


def waits(hours: int | str) -> Do:
    return {"do": "wait", "hours": hours}


def stops(pair: str, side: str, trigger: str) -> Do:
    return {"do": "stop", "pair": pair, "side": side, "trigger": trigger}


def balances(state: State) -> dict[str, str]:
    return {code: plain(amount) for code, amount in sorted(state.balances.items())}


def row_text(row: Row) -> str:
    """``margin BTC -0.5 fee 0.01 = 2``: type, asset, amount, the fee if there is one, the balance after."""
    sign = "+" if row.amount > 0 else ""
    fee = f" fee {plain(row.fee)}" if row.fee else ""
    return f"{row.type} {row.asset} {sign}{plain(row.amount)}{fee} = {plain(row.balance)}"


def cascade_text(realised: Realised) -> list[str]:
    """``BTC 0.002 covers 89.7 fee 2.3 (0.025)``: the fee with its rate if something was converted."""
    return [
        f"{take.currency} {plain(take.taken)} covers {plain(take.covers)}"
        + (f" fee {plain(take.fee)} ({plain(take.fee_rate)})" if take.fee_rate else "")
        for take in realised.cascade
    ]


def lots_text(state: State) -> list[str]:
    """``1 long 0.5 BTC/EUR at 50000``: the open lots, in order."""
    return [f"{lot.id} {lot.side} {plain(lot.volume)} {lot.pair} at {plain(lot.open_price)}" for lot in state.positions]


class Booked:
    """What one request did, after steps that were all accepted."""

    def __init__(self, story: Story) -> None:
        self.story = story
        error = story.error
        self.refused = error.code if error else None
        self.message = error.message if error else ""
        moment = None if error else story.moments[-1]
        self.rows = [row_text(row) for row in moment.rows] if moment else []
        self.rules = [row.rules for row in moment.rows] if moment else []
        self.realised = list(moment.realised) if moment else []
        self.pnl = [plain(each.pnl) for each in self.realised]
        self.cascades = [cascade_text(each) for each in self.realised]
        self.after = balances(story.final)
        self.lots = lots_text(story.final)
        self.unpaid = {code: plain(amount) for code, amount in story.final.unpaid.items()}

    @property
    def margin(self) -> dict[str, str | None]:
        summary = self.story.as_json()["margin"]
        assert isinstance(summary, dict)
        return summary


def tell(
    before: dict[str, str], prices: dict[str, str], steps: Sequence[Do], *, fees: Do | None = None, **more: Any
) -> Story:
    """Replay balances, prices and steps; ``rules``, ``valuation`` and ``title`` as in a scenario."""
    return replay(Scenario.of({"balances": before, "prices": prices, "fees": fees or {}, "steps": list(steps), **more}))


def book(
    before: dict[str, str],
    prices: dict[str, str],
    given: Sequence[Do],
    request: Do,
    *,
    fees: Do | None = None,
    **more: Any,
) -> Booked:
    """Make one request after steps that must all be accepted."""
    story = tell(before, prices, [*given, request], fees=fees, **more)
    assert story.error is None or story.error.index == len(given), story.error
    return Booked(story)

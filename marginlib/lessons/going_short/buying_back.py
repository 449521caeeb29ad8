"""What closing a short does, in order: buy back, repay, profit or loss, the trading fee (R9 to R11, A9)."""

from dataclasses import replace
from decimal import Decimal, localcontext
from itertools import pairwise

from marginlib.analysis.sheet import Entry, Sheet, sheet
from marginlib.engine.account import fees_taken
from marginlib.engine.amounts import EXACT, ZERO
from marginlib.engine.story import Moment

Stages = tuple[Sheet, Sheet, Sheet, Sheet, Sheet]


def closing_sheets(moment: Moment, currency: str) -> Stages:
    """The balance sheet before a short is closed, and after each of the four things that closing it does.

    What the sale brought pays for the coins. Where it doesn't suffice, the exchange advances the rest, which is owed
    until the loss is taken from the balances (R11, R13). Until the fee is charged, what is yours stays the same, but
    for what converting a balance costs (A9, R16). The closing is at the current price, in ``currency`` for one BASE.

    Raises:
        ValueError: the moment closes no short, or more than one.
        Refusal: ``missing_price``, when something can't be valued.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> from marginlib.engine.amounts import plain
    >>> story = replay(Scenario.of({
    ...     "balances": {"USD": "40000"}, "prices": {"BTC/USD": "60000"}, "fees": {"trading": "0.001"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "short", "volume": "1", "leverage": 3},
    ...     {"do": "price", "pair": "BTC/USD", "price": "54000"},
    ...     {"do": "close", "pair": "BTC/USD", "volume": "all"}]}))
    >>> for seen in closing_sheets(story.moments[-1], "USD"):
    ...     held = [f"{plain(entry.amount)} {entry.currency}" for entry in seen.restricted]
    ...     print(held, int(seen.owes), int(seen.yours))
    ['60000 USD'] 54000 45940
    ['6000 USD', '1 BTC'] 54000 45940
    ['6000 USD'] 0 45940
    [] 0 45940
    [] 0 45886
    """
    if len(moment.realised) != 1 or moment.realised[0].position.side != "short" or moment.after.positions:
        raise ValueError("expected a step that closes one short, whole, and nothing else")
    (result,) = moment.realised
    lot, before, after = result.position, moment.before, moment.after
    with localcontext(EXACT):
        coins = _entry(moment, lot.base, result.volume, currency)
        left, lacking = max(result.pnl, ZERO), max(-result.pnl, ZERO)
        rest = (_entry(moment, lot.quote, left, currency),) if left else ()
        advanced = (_entry(moment, lot.quote, lacking, currency),) if lacking else ()
        start, end = sheet(before, currency), sheet(after, currency)
        bought = replace(start, restricted=(*rest, coins), owed=(*start.owed, *advanced))
        repaid = replace(start, restricted=rest, owed=advanced)
        own = dict(after.balances)
        for asset, fee in fees_taken(moment.rows, reasons=("trading_fee",)).items():
            own[asset] += fee
        entries = tuple(_entry(moment, code, amount, currency) for code, amount in own.items() if amount)
        realised = replace(end, own=entries)
        return start, bought, repaid, realised, end


def closing_order(moment: Moment) -> list[str]:
    """What the closing of a short does, one thing after the other, by what changes from sheet to sheet (R9 to R11, A9).

    ``buy``: coins come into the position; ``repay``: they go, and with them what was owed; ``result``: what is left or
    missing meets your own balance; ``fee``: it becomes smaller once more.

    Raises:
        ValueError: the moment closes no short, or more than one.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> closing_order(replay(Scenario.of({
    ...     "balances": {"USD": "40000"}, "prices": {"BTC/USD": "60000"}, "fees": {"trading": "0.001"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "short", "volume": "1", "leverage": 3},
    ...     {"do": "close", "pair": "BTC/USD", "volume": "all", "price": "54000"}]})).moments[-1])
    ['buy', 'repay', 'result', 'fee']
    """
    lot = moment.realised[0].position if moment.realised else None
    stages = closing_sheets(moment, lot.quote if lot else "")
    order = []
    for before, after in pairwise(stages):
        held, owed = (
            [sum(e.amount for e in kind if lot and e.currency == lot.base) for kind in kinds]
            for kinds in ((before.restricted, after.restricted), (before.owed, after.owed))
        )
        if held[1] > held[0]:
            order.append("buy")
        elif owed[1] < owed[0]:
            order.append("repay")
        elif before.restricted != after.restricted or before.owed != after.owed:
            order.append("result")
        elif before.own != after.own:
            order.append("fee")
    return order


def _entry(moment: Moment, code: str, amount: Decimal, currency: str) -> Entry:
    return Entry(code, amount, moment.after.rate(code, currency).of(amount))

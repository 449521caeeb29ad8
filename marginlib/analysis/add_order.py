"""Orders as the exchange's API takes them: to be looked at. Nothing in this workbook sends one (B8)."""

from decimal import localcontext
from typing import Any

from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, ZERO, plain
from marginlib.engine.scenario import Close, Open, Settle, Stop, Trade


def order(step: Open | Close | Settle | Stop | Trade, state: State) -> dict[str, Any]:
    """What AddOrder would be given for a step, as the state stands before it (B8).

    A settlement has the side of the opening, a closing the opposite one (R19). The volume is in BASE; to close
    "all" is written "0". A stop closes all that is open (R22); an ordinary order has no leverage. BTC is called XBT in
    the names of pairs.

    Raises:
        Refusal: ``no_position``, when there is nothing to settle, to close or to protect.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"EUR": "60000"}, "prices": {"BTC/EUR": "50000"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", "leverage": 5},
    ...               {"do": "settle", "pair": "BTC/EUR", "volume": "0.5"}]}))
    >>> order(story.moments[1].step, story.moments[1].before)
    {'ordertype': 'settle-position', 'type': 'buy', 'pair': 'XBTEUR', 'volume': '0.5', 'leverage': '5'}
    >>> order(Trade(pair="BTC/EUR", side="sell", volume="0.02"), story.final)
    {'ordertype': 'market', 'type': 'sell', 'pair': 'XBTEUR', 'volume': '0.02'}
    """
    pair = "".join("XBT" if code == "BTC" else code for code in step.pair.split("/"))
    if isinstance(step, Open):
        kind = {"ordertype": "limit", "price": plain(step.price)} if step.price else {"ordertype": "market"}
        side, volume, leverage = step.side, plain(step.volume), plain(step.leverage)
        return {**kind, "type": _opening(side), "pair": pair, "volume": volume, "leverage": leverage}
    if isinstance(step, Trade):
        kind = {"ordertype": "limit", "price": plain(step.price)} if step.price else {"ordertype": "market"}
        return {**kind, "type": step.side, "pair": pair, "volume": plain(step.volume)}
    lots = state.lots(step.pair)
    with localcontext(EXACT):
        total = plain(sum((lot.volume for lot in lots), ZERO))
    opening, leverage = _opening(lots[0].side), plain(lots[0].leverage)
    if isinstance(step, Stop):
        kind = {"ordertype": "stop-loss", "price": plain(step.trigger)}
        sized = {"pair": pair, "volume": "0", "leverage": leverage}
        return {**kind, "type": step.side, **sized, "reduce_only": True}
    if isinstance(step, Settle):
        opening = state.rulebook.practice.settles_with(lots[0].side)
        volume = total if isinstance(step.volume, str) else plain(step.volume)
        return {"ordertype": "settle-position", "type": opening, "pair": pair, "volume": volume, "leverage": leverage}
    kind = {"ordertype": "limit", "price": plain(step.price)} if step.price else {"ordertype": "market"}
    volume = "0" if isinstance(step.volume, str) else plain(step.volume)
    opposite = "sell" if opening == "buy" else "buy"
    sized = {"pair": pair, "volume": volume, "leverage": leverage}
    return {**kind, "type": opposite, **sized, "reduce_only": True}


def _opening(side: str) -> str:
    return "buy" if side == "long" else "sell"

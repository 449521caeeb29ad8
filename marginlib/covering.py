"""How far a price may go before a loss is more than the quote currency in the balance can bear (R13, R16)."""

from decimal import Decimal, localcontext
from fractions import Fraction

from marginlib.amounts import EXACT, ZERO
from marginlib.book import State


def covered_to(state: State, pair: str) -> Fraction | None:
    """The price, in QUOTE for one BASE, at which closing would lose just the balance of QUOTE; None below 0.

    Up to there nothing has to be converted, if QUOTE is collateral and goes first (R13). The trading fee is left
    aside: any single balance may bear it (A4).

    Raises:
        Refusal: ``no_position``.

    >>> from marginlib import Scenario, replay
    >>> story = replay(Scenario.of({"balances": {"EUR": "1000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5}]}))
    >>> covered_to(story.final, "BTC/EUR")
    Fraction(40000, 1)
    """
    lots = state.lots(pair)
    with localcontext(EXACT):
        cost = sum((lot.cost for lot in lots), ZERO)
        volume = sum((lot.volume for lot in lots), ZERO)
        borne = state.balance(pair.partition("/")[2])
        found = Fraction(cost - borne if lots[0].side == "long" else cost + borne) / Fraction(volume)
    return found if found > Decimal(0) else None

"""The way to a margin figure, step by step, and what several lessons say to think of first."""

from marginlib.engine.margin import put_up, return_on_put_up, unrealised
from marginlib.engine.story import Story
from marginlib.quiz.asking import Ask, hints, shows
from marginlib.telling.numbers import money, number, percent, price


@shows("equity", "used_margin", "free_margin", "level", "return")
def workings(story: Story, ask: Ask) -> list[str]:
    r"""Sentences that lead from the open positions to what is asked; none where nothing is open.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"EUR": "12000"}, "prices": {"BTC/EUR": "40000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.5", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "36000"}]}))
    >>> print(*workings(story, Ask("free_margin")), sep="\n")
    Your long of 0.5 BTC stands at −2,000.00 EUR: 0.5 BTC times what the price has moved from 40,000.00 EUR (R11).
    It ties up 4,000.00 EUR: 0.5 BTC at 40,000.00 EUR, divided by 5 (B2).
    Your equity is 10,000.00 EUR: 12,000.00 EUR of collateral and −2,000.00 EUR in open positions (B1).
    Free margin is equity minus used margin: 10,000.00 EUR minus 4,000.00 EUR is 6,000.00 EUR (B3).
    """
    state, tied = story.final, story.margin
    if not state.positions or tied is None:
        return []
    told = []
    for lot in state.positions:
        volume, times = money(lot.volume, lot.base), number(lot.leverage, 20)
        gain = unrealised(state, lot)
        told.append(
            f"Your {lot.side} of {volume} stands at {money(gain, lot.quote, sign=True)}: {volume} times what the price "
            f"has moved from {price(lot.open_price, lot.quote)} (R11)."
        )
        if ask.name == "return":
            told.append(
                f"You put up {money(put_up(lot), lot.quote)}: {money(lot.cost, lot.quote)} divided by {times}. "
                f"{money(gain, lot.quote, sign=True)} are {percent(return_on_put_up(state, lot))} of that (R20)."
            )
        elif ask.name != "equity":
            at = lot.open_price if lot.side == "long" else state.prices[lot.pair]
            used = money(tied.used_margin, tied.currency) + ": " if len(state.positions) == 1 else ""
            told.append(f"It ties up {used}{volume} at {price(at, lot.quote)}, divided by {times} (B2).")
    equity, used = money(tied.equity, tied.currency), money(tied.used_margin, tied.currency)
    if ask.name in ("equity", "free_margin", "level"):
        result = money(tied.equity - tied.trade_balance, tied.currency, sign=True)
        told.append(
            f"Your equity is {equity}: {money(tied.trade_balance, tied.currency)} of collateral and {result} in open "
            f"positions{', less what is unpaid' if any(state.unpaid.values()) else ''} (B1)."
        )
    if ask.name == "free_margin":
        free = money(tied.free_margin, tied.currency)
        told.append(f"Free margin is equity minus used margin: {equity} minus {used} is {free} (B3).")
    if ask.name == "level" and tied.level is not None:
        level = percent(tied.level / 100)
        told.append(f"The margin level is equity in percent of used margin: {equity} of {used} are {level} (B3).")
    return told


@hints("pnl")
def _first_of_a_result(story: Story, _ask: Ask) -> str:
    """What a short brings and costs, without the result."""
    if len(story.realised) != 1 or story.realised[0].position.side != "short":
        return ""
    quote = story.realised[0].position.quote
    return f"How many {quote} did the coins bring when you sold them, and how many does it take to buy them back?"


@hints("level")
def _first_of_a_level(story: Story, _ask: Ask) -> str:
    """Its two parts, and which of them moves."""
    moves = any(lot.side == "short" for lot in story.final.positions)
    used = "a short's moves with the price" if moves else "a long's stays as it was at the opening"
    return f"Work out equity and used margin first; {used} (B1, B2, B3)."

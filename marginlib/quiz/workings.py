"""The way to a margin figure, step by step: what the engine's story alone doesn't spell out."""

from collections.abc import Callable

from marginlib.engine.margin import put_up, return_on_put_up, unrealised
from marginlib.engine.story import Story
from marginlib.telling.numbers import money, number, percent, price
from marginlib.telling.sentences import sentence, tell

ASKED = ("equity", "used_margin", "free_margin", "level", "return")
"""What can be asked of open positions."""

ALONE: set[str] = set()
"""What is asked of something that the scenario's story doesn't tell, such as a future: its way stands alone."""

Way = Callable[[Story, str], list[str]]
Hint = Callable[[Story, str], str]
_WAYS: dict[str, list[Way]] = {}
_HINTS: dict[str, list[Hint]] = {}


def shows(*asks: str) -> Callable[[Way], Way]:
    """Register a way to what is asked, by its name before the colon; it is empty where it doesn't apply.

    Several lessons may say something of the same: what they say is told one after the other.
    """

    def register(way: Way) -> Way:
        for ask in asks:
            _WAYS.setdefault(ask, []).append(way)
        return way

    return register


def hints(*asks: str) -> Callable[[Hint], Hint]:
    """Register what to think of first, by the name of what is asked; it is empty where it doesn't apply."""

    def register(hint: Hint) -> Hint:
        for ask in asks:
            _HINTS.setdefault(ask, []).append(hint)
        return hint

    return register


def hint(story: Story, ask: str) -> str:
    """What to think of first: a lesson's own hint, or else what the last step did that does something."""
    for each in _HINTS.get(ask.partition(":")[0], ()):
        if said := each(story, ask):
            return said
    moments = [moment for moment in story.moments if moment.step.do not in ("price", "wait")]
    return sentence(moments[-1]) if moments else ""


def way(story: Story, ask: str) -> list[str]:
    """The way to what is asked, step by step: what happened, and then what leads from there to the answer."""
    name = ask.partition(":")[0]
    told = [] if name in ALONE else tell(story)
    if ask in ASKED:
        return [*told, *workings(story, ask)]
    return [*told, *(line for each in _WAYS.get(name, ()) for line in each(story, ask))]


def workings(story: Story, ask: str) -> list[str]:
    r"""Sentences that lead from the open positions to what is asked; none where nothing is open.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"EUR": "12000"}, "prices": {"BTC/EUR": "40000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.5", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "36000"}]}))
    >>> print(*workings(story, "free_margin"), sep="\n")
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
        if ask == "return":
            told.append(
                f"You put up {money(put_up(lot), lot.quote)}: {money(lot.cost, lot.quote)} divided by {times}. "
                f"{money(gain, lot.quote, sign=True)} are {percent(return_on_put_up(state, lot))} of that (R20)."
            )
        elif ask != "equity":
            at = lot.open_price if lot.side == "long" else state.prices[lot.pair]
            used = money(tied.used_margin, tied.currency) + ": " if len(state.positions) == 1 else ""
            told.append(f"It ties up {used}{volume} at {price(at, lot.quote)}, divided by {times} (B2).")
    equity, used = money(tied.equity, tied.currency), money(tied.used_margin, tied.currency)
    if ask in ("equity", "free_margin", "level"):
        result = money(tied.equity - tied.trade_balance, tied.currency, sign=True)
        told.append(
            f"Your equity is {equity}: {money(tied.trade_balance, tied.currency)} of collateral and {result} in open "
            f"positions{', less what is unpaid' if any(state.unpaid.values()) else ''} (B1)."
        )
    if ask == "free_margin":
        free = money(tied.free_margin, tied.currency)
        told.append(f"Free margin is equity minus used margin: {equity} minus {used} is {free} (B3).")
    if ask == "level" and tied.level is not None:
        level = percent(tied.level / 100)
        told.append(f"The margin level is equity in percent of used margin: {equity} of {used} are {level} (B3).")
    return told

"""What a scenario has that the exchange hasn't: it is replayed all the same, and said."""

import itertools
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from marginlib.engine.scenario import Open, Price, Prices
from marginlib.engine.story import Story

_APART = Fraction(1, 100)
_MOST_PAIRS = 60  # beyond that, triangles aren't looked for

Triangle = tuple[str, str, str]


def steep(story: Story) -> list[tuple[int, Decimal]]:
    """Openings with more leverage than the exchange offers: the step's index, and its leverage.

    >>> from marginlib import Scenario, replay
    >>> steep(replay(Scenario.of({"balances": {"EUR": "1000"}, "prices": {"DOT/EUR": "4"}, "steps": [
    ...     {"do": "open", "pair": "DOT/EUR", "side": "long", "volume": "2000", "leverage": 50}]})))
    [(0, Decimal('50'))]
    """
    most = story.final.rulebook.most_leverage
    return [
        (index, step.leverage)
        for index, step in enumerate(story.scenario.steps)
        if isinstance(step, Open) and step.leverage > most
    ]


def contradictions(story: Story) -> list[tuple[int | None, Triangle, Fraction]]:
    """Prices that can't all be true: when, which three, and how far they are apart (A2).

    When is None for the start, or the index of the step that set them; a triangle is told once. Three prices
    contradict each other where going around them brings more than 1 % gain or loss.

    >>> from marginlib import Scenario, replay
    >>> ((when, pairs, apart),) = contradictions(replay(Scenario.of({
    ...     "prices": {"BTC/EUR": "50000", "BTC/USD": "110000", "EUR/USD": "1.1"}})))
    >>> when, pairs, apart
    (None, ('BTC/EUR', 'BTC/USD', 'EUR/USD'), Fraction(1, 1))
    """
    found: list[tuple[int | None, Triangle, Fraction]] = []
    known: set[Triangle] = set()
    start = story.scenario.prices
    states: list[tuple[int | None, Mapping[str, Decimal], Iterable[str]]] = [(None, start, start)]
    for moment in story.moments:
        if isinstance(moment.step, Price | Prices):
            moved = [moment.step.pair] if isinstance(moment.step, Price) else [*moment.step.prices]
            states.append((moment.index, moment.after.prices, moved))
    for when, prices, changed in states:
        for triangle, apart in _around(prices, set(changed)):
            if triangle not in known:
                known.add(triangle)
                found.append((when, triangle, apart))
    return found


def _around(prices: Mapping[str, Decimal], changed: set[str]) -> Iterable[tuple[Triangle, Fraction]]:
    """The triangles with a changed price that don't close, and by how much."""
    if len(prices) > _MOST_PAIRS:
        return
    for three in itertools.combinations(prices, 3):
        codes = {code for pair in three for code in pair.split("/")}
        sides = {frozenset(pair.split("/")) for pair in three}  # a pair and its inverse are no two sides
        if len(codes) != 3 or len(sides) != 3 or not changed & set(three):
            continue
        one, two = three[0].split("/")
        gain = Fraction(prices[three[0]]) / _rate(prices, three[1:], one, two)
        apart = max(gain, 1 / gain) - 1
        if apart > _APART:
            yield three, apart


def _rate(prices: Mapping[str, Decimal], pairs: Iterable[str], source: str, target: str) -> Fraction:
    """What one currency is worth in another by way of the third."""
    legs = {}
    for pair in pairs:
        base, quote = pair.split("/")
        legs[base, quote] = Fraction(prices[pair])
        legs[quote, base] = 1 / Fraction(prices[pair])
    (middle,) = {code for leg in legs for code in leg} - {source, target}
    return legs[source, middle] * legs[middle, target]

"""How far a price can go: where the margin level reaches a margin call, liquidation, or any other level (B2, B3, B5).

The engine's own summary is asked, not a second formula. What is left above a level, as one price moves by a factor s,
is A + B·s (or, valued in the pair's own base, A + C/s): three exact values give A, B and C, two more are the proof that
the form holds, and its root is solved by algebra. Prices that move together may count twice (through a hop) or against
each other (an inverse pair): there the place is bracketed.
"""

import itertools
import operator
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from marginlib.analysis.roots import Value, bracket, halved, solved
from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT
from marginlib.engine.margin import margin

_DOWN, _UP = Decimal("0.98"), Decimal("1.02")  # from place to place, where a change of sign is looked for
_MOST_STEPS = 700  # to about a millionth, or a million times, of the prices now
_HALVINGS = 60
_SHORT = Context(prec=30)  # a factor stays short enough for the exact sums that it goes into


@dataclass(frozen=True, slots=True)
class Limit:
    """Where the margin level stands at just so many percent, with the other prices as they are.

    ``below`` and ``above`` are the nearest such prices on either side of the present one, in QUOTE for one BASE (from
    :func:`limit_move`: factors on the present prices). None: there is no such price. ``reached``: the level is there
    already, or lower. ``exact``: solved by algebra, or else bracketed to more digits than a price has.

    >>> Limit(Decimal(80), False, Fraction(13200), None, True).nearest
    Fraction(13200, 1)
    """

    level: Decimal
    reached: bool
    below: Fraction | None
    above: Fraction | None
    exact: bool

    @property
    def nearest(self) -> Fraction | None:
        """The one of the two that there is; the lower one if there are both."""
        return self.above if self.below is None else self.below


def limit_price(state: State, currency: str, level: Decimal | int, pair: str) -> Limit:
    """The price of a pair at which the margin level is so many percent; every other price stays (B2, B3, B5).

    Prices are in QUOTE for one BASE; the summary is valued in ``currency``. At level 0, equity is gone (C3).

    Raises:
        Refusal: ``missing_price``, when the pair, or something that you have or owe, has no price.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}]}))
    >>> limit_price(story.final, "USD", 80, "BTC/USD").below
    Fraction(13200, 1)
    """
    now = Fraction(state.price(pair))
    found = limit_move(state, currency, level, [pair])
    below, above = (None if factor is None else factor * now for factor in (found.below, found.above))
    return replace(found, below=below, above=above)


def limit_move(state: State, currency: str, level: Decimal | int, pairs: Iterable[str]) -> Limit:
    """By which factor the prices of some pairs must move together for the level to be so many percent (B2, B3, B5).

    Raises:
        Refusal: ``missing_price``, when one of the pairs, or something that you have or owe, has no price.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"BTC": "0.5"}, "prices": {"BTC/USD": "20000", "ETH/USD": "1000"}, "steps": [
    ...     {"do": "open", "pair": "ETH/USD", "side": "long", "volume": "10", "leverage": 5}]}))
    >>> limit_move(story.final, "USD", 80, ["BTC/USD", "ETH/USD"]).below
    Fraction(29, 50)
    """
    with localcontext(EXACT):
        level, prices = Decimal(level), {pair: state.price(pair) for pair in pairs}

        def excess(factor: Decimal) -> Fraction:
            moved = state.copy()
            moved.prices |= {pair: price * factor for pair, price in prices.items()}
            tied = margin(moved, currency)
            return tied.equity - tied.used_margin * Fraction(level) / 100

        reached = excess(Decimal(1)) <= 0
        if not state.positions:
            return Limit(level, False, None, None, exact=True)
        exact, root = solved(excess)
        if exact:
            below, above = (root if root and beyond(root, 1) else None for beyond in (operator.lt, operator.gt))
        else:
            below, above = _bracketed(excess, _DOWN), _bracketed(excess, _UP)
        return Limit(level, reached, below, above, exact)


def _bracketed(excess: Value, step: Decimal) -> Fraction | None:
    """The nearest change of sign, going from 1 by a ratio and then halving; None if there is none."""
    side = excess(Decimal(1)) > 0

    def same(factor: Decimal) -> bool:
        return (excess(factor) > 0) == side

    places = itertools.accumulate(itertools.repeat(step, _MOST_STEPS), _SHORT.multiply)
    if (ends := bracket(same, Decimal(1), places)) is None:
        return None
    return Fraction(halved(same, *ends, _HALVINGS, lambda near, far: _SHORT.divide(_SHORT.add(near, far), 2))[1])

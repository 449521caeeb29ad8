"""How far a price can go: where the margin level reaches a margin call, liquidation, or any other level (B2, B3, B5).

The engine's own summary is asked, not a second formula. What is left above a level, as one price moves by a factor s,
is A + B·s (or, valued in the pair's own base, A + C/s): three exact values give A, B and C, two more are the proof that
the form holds, and its root is solved by algebra. Prices that move together may count twice (through a hop) or against
each other (an inverse pair): there the place is bracketed.
"""

import itertools
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any, NamedTuple

from marginlib.analysis import roots
from marginlib.analysis.roots import Value, bracket, halved
from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, plain, quotient, rounded
from marginlib.engine.derivation import bare, entered, fraction, is_traced, named, solved, untraced
from marginlib.engine.errors import Refusal, given
from marginlib.engine.inputs import bare_state
from marginlib.engine.margin import Margin, margin

Measure = Callable[[State, str], Margin]
"""How the margin summary of a state is worked out, in a currency: the engine's own, or :func:`margin_at_opening`."""

_DOWN, _UP = Decimal("0.98"), Decimal("1.02")  # from place to place, where a change of sign is looked for
_MOST_STEPS = 700  # to about a millionth, or a million times, of the prices now
_HALVINGS = 60
_DIGITS = 30  # of a factor that something is worked out at, to tell that it is the right one
_LONG = Context(prec=60)  # exact for halves and doubles, which is what the algebra asks for
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


def margin_at_opening(state: State, currency: str) -> Margin:
    """The margin summary with a short's used margin at its opening price too, as one of the sources has it (C5).

    Raises:
        Refusal: ``missing_price``, when something can't be valued.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "short", "volume": "1", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/USD", "price": "25000"}]}))
    >>> int(margin(story.final, "USD").used_margin), int(margin_at_opening(story.final, "USD").used_margin)
    (5000, 4000)
    """
    lots = state.positions
    used = (state.rate(lot.quote, currency).of(lot.cost) / fraction(lot.leverage) for lot in lots)
    counted = named(sum(used, Fraction(0)), "used margin, at the opening prices", ("C5",))
    return replace(margin(state, currency), used_margin=counted)


def limit_price(state: State, currency: str, level: Decimal | int, pair: str, *, measure: Measure = margin) -> Limit:
    """The price of a pair at which the margin level is so many percent; every other price stays (B2, B3, B5).

    Prices are in QUOTE for one BASE; the summary is valued in ``currency``. At level 0, equity is gone (C3).
    ``measure``: how used margin is counted (C5).

    Raises:
        Refusal: ``missing_price``, when the pair, or something that you have or owe, has no price.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}]}))
    >>> limit_price(story.final, "USD", 80, "BTC/USD").below
    Fraction(13200, 1)
    """
    now = fraction(state.price(pair))
    found = limit_move(state, currency, level, [pair], measure=measure)
    below, above = (None if factor is None else factor * now for factor in (found.below, found.above))
    return replace(found, below=below, above=above)


def limit_move(
    state: State,
    currency: str,
    level: Decimal | int,
    pairs: Iterable[str],
    against: Iterable[str] = (),
    *,
    measure: Measure = margin,
) -> Limit:
    """By which factor the prices of some pairs must move together for the level to be so many percent (B2, B3, B5).

    The prices of pairs ``against`` are divided by it. ``measure``: how used margin is counted (C5).

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
    if is_traced():
        return _told(state, currency, level, [*pairs], [*against], measure)
    with localcontext(EXACT):
        level, prices = Decimal(level), {pair: state.price(pair) for pair in pairs}
        falling = {pair: state.price(pair) for pair in against}

        def excess(factor: Decimal) -> Fraction:
            moved = state.copy()
            moved.prices |= {pair: price * factor for pair, price in prices.items()}
            moved.prices |= {pair: _LONG.divide(price, factor) for pair, price in falling.items()}
            tied = measure(moved, currency)
            return tied.equity - tied.used_margin * Fraction(level) / 100

        reached = excess(Decimal(1)) <= 0
        if not state.positions:
            return Limit(level, False, None, None, exact=True)
        exact, root = roots.solved(excess)
        if exact:
            below, above = (root if root and beyond(root, 1) else None for beyond in (operator.lt, operator.gt))
        else:
            below, above = _bracketed(excess, _DOWN), _bracketed(excess, _UP)
        return Limit(level, reached, below, above, exact)


def _told(
    state: State, currency: str, level: Decimal | int, pairs: list[str], against: list[str], measure: Measure
) -> Limit:
    """The same, with what tells that a factor is the right one: the level there."""
    with untraced():
        found = limit_move(bare_state(state), currency, bare(Decimal(level)), pairs, against, measure=measure)

    def told(root: Fraction | None) -> Fraction | None:
        if root is None:
            return None
        factor = entered(rounded(root, _DIGITS), "share of the prices now", source="looked for")
        with localcontext(EXACT):
            moved = state.copy()
            moved.prices |= {pair: state.price(pair) * factor for pair in pairs}
            moved.prices |= {pair: quotient(state.price(pair), factor, _DIGITS) for pair in against}
            there = measure(moved, currency).level
        name = f"share of the prices now at which the margin level is {plain(bare(Decimal(level)))} %"
        return solved(root, name, ("B5",), [] if there is None else [there, Decimal(level)])

    return replace(found, level=Decimal(level), below=told(found.below), above=told(found.above))


def _bracketed(excess: Value, step: Decimal) -> Fraction | None:
    """The nearest change of sign, going from 1 by a ratio and then halving; None if there is none."""
    side = excess(Decimal(1)) > 0

    def same(factor: Decimal) -> bool:
        return (excess(factor) > 0) == side

    places = itertools.accumulate(itertools.repeat(step, _MOST_STEPS), _SHORT.multiply)
    if (ends := bracket(same, Decimal(1), places)) is None:
        return None
    return Fraction(halved(same, *ends, _HALVINGS, lambda near, far: _SHORT.divide(_SHORT.add(near, far), 2))[1])


def limit_together(state: State, currency: str, level: Decimal | int, *, measure: Measure = margin) -> Limit:
    """By which factor everything becomes worth more or less in a currency, for the level to be so many percent (B5).

    Every other currency moves by the same factor; prices between two of them stay. ``measure``: how used margin is
    counted (C5).

    Raises:
        Refusal: ``missing_price``, when something that you have or owe has no price.

    >>> from marginlib import Scenario, replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"BTC": "0.5"}, "prices": {"BTC/USD": "20000", "ETH/USD": "1000"},
    ...     "valuation": "USD", "steps": [
    ...         {"do": "open", "pair": "ETH/USD", "side": "long", "volume": "10", "leverage": 5}]}))
    >>> limit_together(story.final, "USD", 80).below
    Fraction(29, 50)
    """
    pairs = [pair.split("/") for pair in state.prices]
    return limit_move(
        state,
        currency,
        level,
        [f"{base}/{quote}" for base, quote in pairs if quote == currency],
        [f"{base}/{quote}" for base, quote in pairs if base == currency],
        measure=measure,
    )


class Reach(NamedTuple):
    """How far something may move to a margin call, and to liquidation; None where it can't be priced."""

    call: Limit | None
    liquidation: Limit | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How far each open pair's price may go by itself, and how far all of them together, valued in one currency.

    Pairs in the order of their oldest position, in QUOTE for one BASE; together as factors on what is there now.
    """

    currency: str | None
    prices: dict[str, Decimal]
    pairs: dict[str, Reach]
    together: Reach

    def as_json(self) -> dict[str, Any]:
        """Plain data: prices with at most 8 significant digits, percent with 4 decimals, as plain decimal strings."""
        return {
            "valuation": self.currency,
            "pairs": [
                {"pair": pair, **_sides(reach, lambda price: plain(_EIGHT.divide(*_ratio(price))), self.prices[pair])}
                for pair, reach in self.pairs.items()
            ],
            "together": _sides(self.together, lambda factor: plain(rounded((factor - 1) * 100, 4)), Decimal(1)),
        }


_EIGHT = Context(prec=8)


def _ratio(value: Fraction) -> tuple[Decimal, Decimal]:
    return Decimal(value.numerator), Decimal(value.denominator)


def _sides(reach: Reach, write: Callable[[Fraction], str], now: Decimal) -> dict[str, dict[str, str | None]]:
    """Both sides of both limits; where a level is reached already, both are where things stand."""
    sides = {}
    for name, limit in zip(("call", "liquidation"), reach, strict=True):
        if limit is None:
            below = above = None
        else:
            below, above = (fraction(now), fraction(now)) if limit.reached else (limit.below, limit.above)
        sides[name] = {side: None if at is None else write(at) for side, at in (("below", below), ("above", above))}
    return sides


def limits(state: State, currency: str | None, *, measure: Measure = margin) -> Limits:
    """How far prices can go from a state: each open pair's by itself, and all of them together (B2, B3, B5).

    ``measure``: how used margin is counted (C5).

    >>> from marginlib import Scenario, replay
    >>> story = replay(Scenario.of({"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}]}))
    >>> found = limits(story.final, "USD").as_json()
    >>> found["pairs"][0]["liquidation"], found["together"]["call"]
    ({'below': '11600', 'above': None}, {'below': '-34', 'above': None})
    """
    given("state", state, State, "a state, such as replay(scenario).final")
    levels = (state.rulebook.call_level, state.rulebook.liquidation_level)

    def reach(find: Callable[[Decimal], Limit]) -> Reach:
        try:
            return Reach(*map(find, levels))
        except Refusal:
            return Reach(None, None)

    pairs = [pair for pair, _ in state.positions.by_pair]
    if currency is None:
        nothing = Reach(None, None)
        return Limits(None, dict(state.prices), dict.fromkeys(pairs, nothing), nothing)
    return Limits(
        currency,
        dict(state.prices),
        {
            pair: reach(lambda level, pair=pair: limit_price(state, currency, level, pair, measure=measure))  # type: ignore[misc]
            for pair in pairs
        },
        reach(lambda level: limit_together(state, currency, level, measure=measure)),
    )

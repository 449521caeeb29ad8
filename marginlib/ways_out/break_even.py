"""Where the answer to "what should I do before I close?" turns: at which trading fee, at which price (R16, R17)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, ZERO, plain, quotient, rounded
from marginlib.engine.story import Story
from marginlib.ways_out.plans import WayName, cheapest, poorer, way_out, which
from marginlib.ways_out.rehearsal import rehearse

_HIGHEST_FEE = Fraction(19, 20)  # that is tried, where conversions cost even more
_MOST_GUESSES, _FINE = 40, Decimal("0.0000002")  # at a break-even rate
_PLACES, _HALVINGS = 24, 20  # where a change of the answer is looked for


class Flip(NamedTuple):
    """A price in QUOTE from which the cheapest way is another one, and why that of now isn't open there, if it isn't.

    ``cheapest`` is None where no way is open without money from outside.
    """

    price: Decimal
    cheapest: WayName | None
    why: str


def break_even_fee(story: Story, pair: str = "") -> Decimal | None:
    """The trading fee, as a share, at which closing now and buying first cost the same; None if they never do.

    To a ten-thousandth of a percent. None as well where nothing would be converted, or buying first isn't open.

    Raises:
        Refusal, ValueError: as :func:`plan`.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> break_even_fee(replay(Scenario.of({
    ...     "balances": {"EUR": "500", "BTC": "0.1"}, "prices": {"BTC/EUR": "50000"}, "fees": {"trading": "0.004"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.2", "leverage": 5},
    ...               {"do": "price", "pair": "BTC/EUR", "price": "45000"}]})))
    Decimal('0.025')
    """
    pair = which(story, pair)
    with localcontext(EXACT):
        story.final.price(pair)

        def dearer(fee: Decimal) -> Fraction | None:
            """By how much buying first costs more."""
            state = story.final.copy()
            state.fees = {**state.fees, "trading": fee}
            moved = replace(story, final=state)
            close = way_out(moved, pair, "close", carry_out=rehearse)
            buy = way_out(moved, pair, "buy", direct=close, carry_out=rehearse)
            return None if close.cost is None or buy.cost is None else buy.cost - close.cost

        rates = {
            take.fee_rate
            for moment in way_out(story, pair, "close", carry_out=rehearse).moments
            for realised in moment.realised
            for take in realised.cascade
        }
        # Where an order's fee comes on top, and not out of what is sold, it may be as much as r / (1 - r).
        highest = max(rates, default=ZERO)
        most = min(Fraction(highest) / Fraction(1 - highest) * Fraction(101, 100), _HIGHEST_FEE)
        # A sale's fee is f / (1 - f) of what it brings in: in those terms the cost is straight, and soon solved.
        odds = _root(lambda odds: dearer(_share(odds)), ZERO, rounded(most / (1 - most), 10))
        return None if odds is None else Decimal(plain(rounded(_share(odds), 6)))


def _share(odds: Decimal) -> Decimal:
    """The fee f, of which these odds are f / (1 - f)."""
    return rounded(Fraction(odds) / Fraction(1 + odds), 12)


def _root(value: Callable[[Decimal], Fraction | None], low: Decimal, high: Decimal) -> Decimal | None:
    """Where a rising, nearly straight function is 0, by the Illinois variant of the rule of false position."""
    ends = [low, high]
    found = [value(low), value(high)]
    if found[0] is not None and found[1] is None:  # not open so far up: up to where it is (B9)
        ends[1] = _last(value, low, high)
        found[1] = value(ends[1])
    if found[0] is None or found[1] is None or found[0] >= 0 or found[1] <= 0:
        return None
    below, above = found[0], found[1]
    guess, kept = low, 0
    for _ in range(_MOST_GUESSES):
        before = guess
        guess = ends[0] + rounded(Fraction(ends[1] - ends[0]) * -below / (above - below), 12)
        if abs(guess - before) < _FINE:
            break
        at = value(guess)
        if at is None:
            return None
        if at == 0:
            break
        if at < 0:
            ends[0], below, above = guess, at, above / 2 if kept == 1 else above
            kept = 1
        else:
            ends[1], above, below = guess, at, below / 2 if kept == -1 else below
            kept = -1
    return guess


def _last(value: Callable[[Decimal], Fraction | None], known: Decimal, unknown: Decimal) -> Decimal:
    """Nearly the highest place at which there is a value, between one that has one and one that has none."""
    for _ in range(_HALVINGS):
        middle = rounded((known + unknown) / 2, 12)
        known, unknown = (known, middle) if value(middle) is None else (middle, unknown)
    return known


def flips(
    story: Story, pair: str, low: Decimal, high: Decimal, places: int = _PLACES
) -> tuple[Flip | None, Flip | None]:
    """The nearest prices on either side of the present one at which the cheapest way changes, and to what.

    In QUOTE for one BASE. Only ways that need nothing from outside are compared; stops and liquidation are not looked
    at. ``places``: how many prices are tried on each side before the place of a change is narrowed down.

    Raises:
        Refusal, ValueError: as :func:`plan`.
    """
    pair = which(story, pair)
    with localcontext(EXACT):
        now, settled = story.final.price(pair), way_out(story, pair, "settle")

        def answer(price: Decimal) -> _Answer:
            state = _at(story.final, pair, price)
            moved = replace(story, final=state)
            close = way_out(moved, pair, "close", carry_out=rehearse)
            buy = way_out(moved, pair, "buy", direct=close, carry_out=rehearse)
            # A settlement moves the same amounts at any price (R5).
            settling = None if settled.closed else poorer(state, _at(settled.left, pair, price), pair)
            best = cheapest([("close", close.cost), ("buy", buy.cost), ("settle", settling)])
            return _Answer(best, {"close": close.closed, "buy": buy.closed, "settle": settled.closed})

        here = answer(now).cheapest
        return _flip(answer, here, now, low, places), _flip(answer, here, now, high, places)


class _Answer(NamedTuple):
    """The cheapest way at a price, of those that need nothing from outside; and why a way isn't open there."""

    cheapest: WayName | None
    closed: Mapping[WayName, str]


def _at(state: State, pair: str, price: Decimal) -> State:
    moved = state.copy()
    moved.prices[pair] = price
    return moved


def _flip(
    answer: Callable[[Decimal], _Answer], here: WayName | None, now: Decimal, end: Decimal, places: int
) -> Flip | None:
    """The nearest change between the present price and an end; narrowed down by halving."""
    near, step = now, quotient(end - now, Decimal(places), 10)
    for _ in range(places if step else 0):
        far = near + step
        beyond = answer(far)
        if beyond.cheapest != here:
            break
        near = far
    else:
        return None
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        near, far = (middle, far) if answer(middle).cheapest == here else (near, middle)
    # Just beyond the place, costs differ by less than the ledger's digits: the reason is seen further on.
    return Flip(Decimal(plain(rounded(far, 10))), beyond.cheapest, beyond.closed[here] if here else "")

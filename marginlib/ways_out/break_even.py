"""Where the answer to "what should I do before I close?" turns: at which trading fee, at which price (R16, R17)."""

import functools
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from marginlib.analysis.roots import halved, rising_root
from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, ZERO, plain, quotient, quotient_down, quotient_up, rounded
from marginlib.engine.derivation import bare, entered, is_traced, solved, untraced
from marginlib.engine.inputs import bare_story
from marginlib.engine.scenario import Trade
from marginlib.engine.story import Story
from marginlib.ways_out.plans import Way, WayName, dust, poorer, tied, way_out, which
from marginlib.ways_out.rehearsal import rehearse

_HIGHEST_FEE = Fraction(19, 20)  # that is tried, where conversions cost even more
_MOST_GUESSES, _DIGITS, _FINE = 40, 12, Decimal("0.0000002")  # at a break-even rate
_PLACES, _HALVINGS = 24, 20  # where a change of the answer is looked for
_BENT, _BROKEN = 3, 12  # so often is a stretch halved at whose ends the answer is the same, and the costs are not


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
    if is_traced():
        return _told(story, pair)
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


def _told(story: Story, pair: str) -> Decimal | None:
    """The same, with what tells that it is the right rate: what both ways cost there."""
    with untraced():
        rate = break_even_fee(bare_story(story), pair)
    if rate is None:
        return None
    state = story.final.copy()
    state.fees = {**state.fees, "trading": entered(rate, "rate of the trading fee", source="looked for")}
    there = replace(story, final=state)
    close = way_out(there, pair, "close")
    buy = way_out(there, pair, "buy", direct=close)
    name = "trading fee at which closing now and buying first cost the same"
    return solved(rate, name, ("R16", "R17"), [each.cost for each in (close, buy) if each.cost is not None])


def _share(odds: Decimal) -> Decimal:
    """The fee f, of which these odds are f / (1 - f)."""
    return rounded(Fraction(odds) / Fraction(1 + odds), _DIGITS)


def _root(value: Callable[[Decimal], Fraction | None], low: Decimal, high: Decimal) -> Decimal | None:
    """Where a rising, nearly straight function is 0; as far up as it has a value."""
    below, above = value(low), value(high)
    if below is not None and above is None:  # not open so far up: up to where it is (B9)
        high, _ = halved(lambda fee: value(fee) is not None, low, high, _HALVINGS, _between)
        above = value(high)
    if below is None or above is None or below >= 0 or above <= 0:
        return None
    return rising_root(value, (low, below), (high, above), _DIGITS, _FINE, _MOST_GUESSES)


def _between(near: Decimal, far: Decimal) -> Decimal:
    return rounded((near + far) / 2, _DIGITS)


def flips(
    story: Story, pair: str, low: Decimal, high: Decimal, places: int = _PLACES
) -> tuple[Flip | None, Flip | None]:
    """The nearest prices on either side of the present one at which the cheapest way changes, and to what.

    In QUOTE for one BASE. Only ways that need nothing from outside are compared; stops and liquidation are not looked
    at. ``places``: how many prices are tried on each side before the place of a change is narrowed down; a stretch
    between two of them in which another way is cheaper by very little may be passed over.

    Raises:
        Refusal, ValueError: as :func:`plan`.
    """
    pair = which(story, pair)
    if is_traced():
        with untraced():
            return flips(bare_story(story), pair, bare(low), bare(high), places)
    with localcontext(EXACT):
        now, settled = story.final.price(pair), way_out(story, pair, "settle")
        least = dust(story.final, pair)

        @functools.cache
        def answer(price: Decimal) -> _Answer:
            state = _at(story.final, pair, price)
            moved = replace(story, final=state)
            close = way_out(moved, pair, "close", carry_out=rehearse)
            buy = way_out(moved, pair, "buy", direct=close, carry_out=rehearse)
            # A settlement moves the same amounts at any price (R5).
            settling = None if settled.closed else poorer(state, _at(settled.left, pair, price), pair)
            best = tied([("close", close.cost), ("buy", buy.cost), ("settle", settling)], least)
            closed: dict[WayName, str] = {"close": close.closed, "buy": buy.closed, "settle": settled.closed}
            return _Answer(next(iter(best), None), closed, (_made_of(close), _made_of(buy)))

        here = answer(now).cheapest
        return _flip(answer, here, now, low, places), _flip(answer, here, now, high, places)


class _Answer(NamedTuple):
    """The cheapest way at a price, of those that need nothing from outside; why a way isn't open there; what they do.

    Between two prices at which the ways are made of the same, what they cost runs straight.
    """

    cheapest: WayName | None
    closed: Mapping[WayName, str]
    made_of: tuple["_Made", ...]


class _Made(NamedTuple):
    """What a way does, its amounts aside: its orders, what pays for losses and fees, what stays unpaid; or its bar."""

    barred: str
    moves: Hashable


def _made_of(way: Way) -> _Made:
    if way.closed:
        error = way.story.error
        return _Made(error.code if error else way.closed, ())
    orders = tuple((step.pair, step.side) for step in way.steps if isinstance(step, Trade))
    paid = {take.currency: None for each in way.moments for lot in each.realised for take in lot.cascade}
    fees = {row.asset: None for each in way.moments for row in each.rows if row.type == "margin"}
    return _Made("", (orders, tuple(paid), tuple(fees), way.unpaid > 0))


def _at(state: State, pair: str, price: Decimal) -> State:
    moved = state.copy()
    moved.prices[pair] = price
    return moved


def _flip(
    answer: Callable[[Decimal], _Answer], here: WayName | None, now: Decimal, end: Decimal, places: int
) -> Flip | None:
    """The nearest change between the present price and an end; narrowed down by halving."""
    digits = max(10, 12 - now.adjusted())  # of a price that is a fraction of a cent, too
    step = quotient(end - now, Decimal(places), digits)
    near = now
    for far in (now + step * at for at in range(1, places + 1) if step):
        if turn := _turn(answer, here, near, far, 0):
            beyond, further = answer(turn), answer(far)
            # Just beyond the place, costs differ by less than the ledger's digits: the reason is seen further on.
            seen = further if further.cheapest == beyond.cheapest else beyond
            outward = quotient_up if end > now else quotient_down  # at the price itself, the answer is the other one
            return Flip(
                Decimal(plain(outward(turn, Decimal(1), digits))), beyond.cheapest, seen.closed[here] if here else ""
            )
        near = far
    return None


def _searched(one: _Answer, two: _Answer) -> int:
    """How often a stretch is halved at whose ends the answer is the same: as often as its ways make it likely to turn.

    Where other balances pay, costs bend; where a way opens or closes, they come and go.
    """
    if one.made_of == two.made_of:
        return 0
    same = all(before.barred == after.barred for before, after in zip(one.made_of, two.made_of, strict=True))
    return _BENT if same else _BROKEN


def _turn(
    answer: Callable[[Decimal], _Answer], here: WayName | None, near: Decimal, far: Decimal, halvings: int
) -> Decimal | None:
    """The nearest price found at which another way is cheapest, after one at which that of now still is.

    Where it is still cheapest at both ends, it may not be between them, if the ways are made of something else there:
    such a region lies beside a place where they change, so that halving towards the place meets it.
    """
    one, two = answer(near), answer(far)
    if two.cheapest == here and halvings >= _searched(one, two):
        return None
    if halvings >= _HALVINGS:
        return far
    middle = (near + far) / 2
    turn = _turn(answer, here, near, middle, halvings + 1)
    return turn if turn is not None else _turn(answer, here, middle, far, halvings + 1)

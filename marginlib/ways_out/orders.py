"""Several open positions, one purse: in which order are they ended, and what does the wrong order cost (R12, R13, R16)?

A position is all that is open in one pair. The exchange nets a pair and ends its lots oldest first (R7, R8), so what
can be chosen is which pair goes next. Each order is carried out by the engine after the story so far, in two ways:

* ``close``: each position in its turn is closed, all of it, and nothing else is done;
* ``best``: each position in its turn is ended in the way that is cheapest just then, of those that need no money from
  outside (close now, buy the quote currency first, settle). That is a choice made one position at a time.

What an order costs is what net worth loses, at the prices of that moment (A2): fees, conversions and roundings. The
results themselves are the same in every order. Up to four positions all orders are compared; with more, only those of
:data:`LISTS`, and that is said.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, ZERO, plain, rounded
from marginlib.engine.derivation import fraction, named
from marginlib.engine.errors import Refusal
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Step
from marginlib.engine.settling import need
from marginlib.engine.story import Moment, Story
from marginlib.telling.numbers import listed, money
from marginlib.ways_out.plans import Way, WayName, open_pairs, open_result, way_out

How = Literal["close", "best"]
HOWS: tuple[How, ...] = ("close", "best")

ALL_OF = 4
"""Up to so many positions all orders are compared."""

_STEPWISE = 8  # up to so many, the cheapest next one is looked for, too
LISTS = {
    "oldest": "oldest position first, as the exchange liquidates",
    "newest": "newest position first",
    "profits": "largest profit first",
    "losses": "largest loss first",
    "small_losses": "profits first, then the smallest loss",
    "cheapest": "always the one that costs least to end next",
}
"""The orders that are compared where there are too many to compare all."""


class Costs(NamedTuple):
    """What an order costs, in the currency of the comparison: fees of closings, of orders, and of conversions (R16)."""

    closing: Fraction
    ordering: Fraction
    converting: Fraction


@dataclass(frozen=True)
class Ended:
    """A position ended in its turn: the way, its moments, the result that was open in it, and why not, if it wasn't.

    ``result`` is in the pair's quote currency.
    """

    pair: str
    way: WayName
    steps: tuple[Step, ...]
    moments: tuple[Moment, ...]
    result: Decimal
    closed: str = ""

    @property
    def converted(self) -> tuple[tuple[str, Decimal], ...]:
        """What was converted for its losses: currency and amount taken, with the conversion fee inside (R16)."""
        quote = self.pair.partition("/")[2]
        taken: dict[str, Decimal] = {}
        for moment in self.moments:
            for realised in moment.realised:
                for take in realised.cascade:
                    if take.currency != quote:
                        taken[take.currency] = taken.get(take.currency, ZERO) + take.taken
        return tuple(taken.items())


@dataclass(frozen=True)
class Order:
    """One order of ending all positions, as far as it goes; ``why`` names it where not all orders are compared."""

    ends: tuple[Ended, ...]
    before: State
    story: Story
    currency: str
    why: tuple[str, ...] = ()

    @property
    def pairs(self) -> tuple[str, ...]:
        """The pairs in this order."""
        return tuple(end.pair for end in self.ends)

    @property
    def closed(self) -> str:
        """Why the order can't be gone to its end; empty where it can."""
        return next((end.closed for end in self.ends if end.closed), "")

    @property
    def left(self) -> State:
        """The state that it leaves."""
        return self.story.final

    @functools.cached_property
    def cost(self) -> Fraction | None:
        """By how much it leaves you poorer beside the results themselves; None where it isn't open, or unpriced."""
        if self.closed:
            return None
        try:
            with localcontext(EXACT):
                return named(_poorer(self), "what this order costs")
        except Refusal:
            return None

    @functools.cached_property
    def costs(self) -> Costs:
        """What the cost is made of, from the ledger rows.

        Raises:
            Refusal: ``missing_price``.
        """
        parts = [Fraction(0)] * 3
        with localcontext(EXACT):
            for end in self.ends:
                if not end.closed:
                    quote = end.pair.partition("/")[2]
                    way = Way(end.way, end.pair, 0, end.steps, _Only(end.moments))  # type: ignore[arg-type]
                    rate = self.left.rate(quote, self.currency)
                    parts = [
                        total + part * fraction(rate.up) / fraction(rate.down)
                        for total, part in zip(parts, way.parts, strict=True)
                    ]
        return Costs(*parts)

    @property
    def unpaid(self) -> dict[str, Decimal]:
        """What stays unpaid, by currency, and wasn't before (A5)."""
        with localcontext(EXACT):
            more = {code: due - self.before.unpaid.get(code, ZERO) for code, due in self.left.unpaid.items()}
        return {code: amount for code, amount in more.items() if amount}


class _Only:
    """The moments of one way as a story of their own."""

    def __init__(self, moments: tuple[Moment, ...]) -> None:
        self.moments, self.final = moments, moments[-1].after


@dataclass(frozen=True)
class Orders:
    """The orders compared, the cheapest first (those that can't be gone to the end come last)."""

    how: How
    currency: str
    orders: tuple[Order, ...]
    count: int
    """How many orders there are."""
    dust: Fraction
    """What roundings alone may come to."""

    @property
    def complete(self) -> bool:
        """Whether all orders were compared."""
        return len(self.orders) == self.count

    @property
    def best(self) -> Order | None:
        """The cheapest of those compared; None where none can be gone."""
        return self.orders[0] if self.orders and self.orders[0].cost is not None else None

    @property
    def worst(self) -> Order | None:
        """The dearest of those that can be gone."""
        return next((order for order in reversed(self.orders) if order.cost is not None), None)

    @property
    def difference(self) -> Fraction:
        """What the wrong order costs more; 0 where roundings alone part them."""
        best, worst = self.best, self.worst
        if best is None or worst is None or best.cost is None or worst.cost is None:
            return Fraction(0)
        apart = named(worst.cost - best.cost, "what the wrong order costs")
        return apart if apart > self.dust else Fraction(0)

    @property
    def alike(self) -> tuple[Order, ...]:
        """The orders that cost as little as the best one, roundings aside."""
        best = self.best
        if best is None or best.cost is None:
            return ()
        return tuple(each for each in self.orders if each.cost is not None and each.cost - best.cost <= self.dust)

    def as_json(self) -> dict[str, Any]:
        """Plain data: amounts in the comparison's currency as plain decimal strings."""
        places = self.orders[0].before.rulebook.places(self.currency)
        worst = self.worst

        def amount(value: Fraction | None) -> str | None:
            return None if value is None else plain(rounded(value, places))

        return {
            "how": self.how,
            "currency": self.currency,
            "complete": self.complete,
            "count": self.count,
            "best": [*self.best.pairs] if self.best else None,
            "worst": [*worst.pairs] if worst else None,
            "difference": amount(self.difference),
            "orders": [
                {
                    "pairs": [*order.pairs],
                    "ways": [end.way for end in order.ends],
                    "cost": amount(order.cost),
                    **({"why_not": order.closed} if order.closed else {}),
                    "unpaid": {code: plain(due) for code, due in sorted(order.unpaid.items())},
                    "balances": {code: plain(have) for code, have in sorted(order.left.balances.items())},
                }
                for order in self.orders
            ],
        }


def orders(story: Story, how: How = "close", currency: str = "") -> Orders | None:
    """Compare the orders in which all open positions may be ended; None where fewer than two are open.

    Costs are in ``currency``, by default that of the margin summary.

    Raises:
        ValueError: the story ended with a refused step.

    >>> from marginlib import Scenario, replay
    >>> found = orders(replay(Scenario.of({
    ...     "balances": {"EUR": "500", "BTC": "0.1"}, "prices": {"BTC/EUR": "50000", "ETH/EUR": "2000"}, "steps": [
    ...         {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...         {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "2", "leverage": 5},
    ...         {"do": "prices", "prices": {"BTC/EUR": "40000", "ETH/EUR": "2300"}}]})))
    >>> found.best.pairs, found.worst.pairs, round(float(found.difference), 2)
    (('ETH/EUR', 'BTC/EUR'), ('BTC/EUR', 'ETH/EUR'), 12.82)
    """
    pairs = open_pairs(story)
    if story.error:
        raise ValueError(f"step {story.error.index + 1} is refused: {story.error.message}")
    if len(pairs) < 2:
        return None
    currency = currency or story.scenario.summary_currency or pairs[0].partition("/")[2]
    step = _end if how == "close" else _end_best
    found: dict[tuple[str, ...], Order] = {}
    reached: Reached = {(): (story, ())}
    named_orders = _all(pairs) if len(pairs) <= ALL_OF else _some(story, pairs, currency, step, reached)
    for order, why in named_orders:
        so_far, ends = _go(order, step, reached)
        reasons = (*found[order].why, why) if order in found else (why,)
        found[order] = Order(ends, story.final, so_far, currency, tuple(filter(None, reasons)))
    ranked = sorted(found.values(), key=lambda each: (each.cost is None, each.cost or 0))
    return Orders(how, currency, tuple(ranked), math.factorial(len(pairs)), _dust(story.final, currency))


Reached = dict[tuple[object, ...], tuple[Story, tuple[Ended, ...]]]
"""What has been gone: by the pairs in their order, and by what was there before the last of them."""
End = Callable[[Story, str], tuple[Story, Ended]]


def _all(pairs: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    return ((order, "") for order in itertools.permutations(pairs))


def _some(
    story: Story, pairs: Sequence[str], currency: str, step: End, reached: Reached
) -> Iterator[tuple[tuple[str, ...], str]]:
    """The orders of :data:`LISTS`."""
    state = story.final

    def result(pair: str) -> Fraction:
        try:
            return state.rate(pair.partition("/")[2], currency).of(open_result(state, pair))
        except Refusal:
            return Fraction(0)

    with localcontext(EXACT):
        results = {pair: result(pair) for pair in pairs}
    gains = sorted(pairs, key=lambda pair: -results[pair])
    yield tuple(pairs), "oldest"
    yield tuple(reversed(pairs)), "newest"
    yield tuple(gains), "profits"
    yield tuple(reversed(gains)), "losses"
    won = [pair for pair in gains if results[pair] >= 0]
    lost = sorted((pair for pair in pairs if results[pair] < 0), key=lambda pair: -results[pair])
    yield (*won, *lost), "small_losses"
    if len(pairs) > _STEPWISE:
        return
    order: tuple[str, ...] = ()
    while len(order) < len(pairs):
        costs = []
        for pair in pairs:
            if pair not in order:
                so_far, ends = _go((*order, pair), step, reached)
                spent = Order(ends, state, so_far, currency).cost
                costs.append((spent is None, spent or Fraction(0), pairs.index(pair), pair))
        order = (*order, min(costs)[-1])
    yield order, "cheapest"


def _go(order: tuple[str, ...], step: End, reached: Reached) -> tuple[Story, tuple[Ended, ...]]:
    """The story after ending positions in an order; what several orders have in common is gone once."""
    story, ends = reached[()]
    for at, pair in enumerate(order):
        so_far = order[: at + 1] if len(order) <= _STEPWISE else None
        if so_far in reached:
            story, ends = reached[so_far]
            continue
        if ends and ends[-1].closed:
            ends = (*ends, Ended(pair, "close", (), (), ZERO, ends[-1].closed))
        elif so_far is None:
            story, ended = step(story, pair)
            ends = (*ends, ended)
        else:
            state = story.final
            alike = (frozenset(so_far), pair, tuple(sorted(state.balances.items())), tuple(state.unpaid.items()))
            if alike not in reached:  # other orders may have come to the same balances
                after, ended = step(story, pair)
                reached[alike] = after, (ended,)
            story, (ended,) = reached[alike]
            ends = (*ends, ended)
        if so_far is not None:
            reached[so_far] = story, ends
    return story, ends


def _end(story: Story, pair: str) -> tuple[Story, Ended]:
    """Close all that is open in a pair."""
    result, so_far = _result(story, pair), len(story.moments)
    steps = (Close(pair=pair, volume="all"),)
    longer = resume(story, steps)
    if longer.error:
        return story, Ended(pair, "close", steps, (), result, longer.error.message)
    return longer, Ended(pair, "close", steps, longer.moments[so_far:], result)


def _end_best(story: Story, pair: str) -> tuple[Story, Ended]:
    """End a position in the way that costs least just then, without money from outside."""
    result = _result(story, pair)
    ways: list[Way] = []
    for name in ("close", "buy", "settle"):
        if name == "settle" and need(story.final, pair, "all").missing:
            continue  # what would help is no answer here, and looking for it takes long
        try:
            ways.append(way_out(story, pair, name, direct=ways[0] if ways else None))
        except Refusal:
            continue
    costs = [(cost, at) for at, way in enumerate(ways) if (cost := _cost(way)) is not None]
    if not costs:
        return _end(story, pair)
    way = ways[min(costs)[1]]
    return way.story, Ended(pair, way.name, way.steps, way.moments, result)


def _cost(way: Way) -> Fraction | None:
    try:
        return way.cost
    except Refusal:
        return None


def _result(story: Story, pair: str) -> Decimal:
    with localcontext(EXACT):
        return open_result(story.final, pair)


def _poorer(order: Order) -> Fraction:
    """What net worth loses: the results that were open, less what balances gained, plus what is unpaid."""
    before, after, currency = order.before, order.left, order.currency
    gone = Fraction(0)
    for end in order.ends:
        gone += after.rate(end.pair.partition("/")[2], currency).of(end.result)
    for sign, old, new in ((-1, before.balances, after.balances), (1, before.unpaid, after.unpaid)):
        for code, amount in new.items():
            if change := amount - old.get(code, ZERO):
                gone += sign * after.rate(code, currency).of(change)
    return gone


def _dust(state: State, currency: str) -> Fraction:
    """What roundings alone may come to: a digit of its quote's ledger for each lot (A8)."""
    total = Fraction(0)
    for pair, lots in state.positions.by_pair:
        quote = pair.partition("/")[2]
        digit = Decimal(1).scaleb(-state.rulebook.places(quote))
        try:
            total += state.rate(quote, currency).of(digit) * len(lots)
        except Refusal:
            continue
    return total


def answer(found: Orders) -> list[str]:
    """The comparison in sentences: the best order, what the wrong one costs, and what makes the difference."""
    best, worst = found.best, found.worst
    if best is None or worst is None or best.cost is None or worst.cost is None:
        why = next((order.closed for order in found.orders if order.closed), "")
        return [f"None of the orders could be gone to its end: {why}" if why else "The orders can't be valued (A2)."]
    told = []
    way = "Each closed in its turn" if found.how == "close" else "Each ended in its cheapest way in its turn"
    if not found.difference:
        told.append(f"{way}, every order compared costs the same: {money(best.cost, found.currency)}.")
    else:
        first, last = _then(best, found.how), _then(worst, found.how)
        least, most, apart = (money(cost, found.currency) for cost in (best.cost, worst.cost, found.difference))
        told.append(f"{way}, the cheapest order is {first}: it costs {least} beside the results themselves.")
        told.append(f"The dearest, {last}, costs {most}: the wrong order costs {apart} (R12, R13).")
        if len(found.alike) > 1:
            told.append(
                f"{len(found.alike)} of the {len(found.orders)} orders compared cost as little as the cheapest."
            )
        told += _because(found, best, worst)
    if not found.complete:
        told.append(
            f"Of the {found.count:,} orders of {len(best.pairs)} positions {len(found.orders)} are compared: "
            f"{listed([LISTS[why] for order in found.orders for why in order.why])}. There may be a cheaper one."
        )
    return told


def _then(order: Order, how: How) -> str:
    """An order in words; with the way in which each position is ended, where that may be another than closing."""
    if how == "close":
        return ", then ".join(order.pairs)
    done = {"close": "closed", "settle": "settled", "buy": "{} bought first", "deposit": "{} deposited first"}
    return ", then ".join(f"{end.pair} ({done[end.way].format(end.pair.partition('/')[2])})" for end in order.ends)


def _because(found: Orders, best: Order, worst: Order) -> list[str]:
    """What makes the difference: what is converted, for want of a profit that comes later or for funds used first."""
    currency, told = found.currency, []
    dear, cheap = worst.costs, best.costs
    for name, more in zip(
        ("conversion fees (R16)", "fees of the closings (A4)", "fees of orders first (R17)"),
        (dear.converting - cheap.converting, dear.closing - cheap.closing, dear.ordering - cheap.ordering),
        strict=True,
    ):
        if abs(more) > found.dust:
            told.append(f"{money(abs(more), currency)} {'more' if more > 0 else 'less'} in {name}")
    sentences = [f"In the dearest order that is {listed(told)}."] if told else []
    for at, end in enumerate(worst.ends):
        quote = end.pair.partition("/")[2]
        if sum(_fees(end), ZERO) <= sum(_fees(best.ends[best.pairs.index(end.pair)]), ZERO):
            continue
        later = [each for each in worst.ends[at + 1 :] if each.result > 0 and each.pair.partition("/")[2] == quote]
        if later:
            what = listed([money(amount, code) for code, amount in end.converted])
            profit = listed([f"{money(each.result, quote)} of {each.pair}" for each in later])
            sentences.append(
                f"There the loss of {end.pair} takes {what}, while the profit of {profit} comes only afterwards; "
                "a profit that is there before pays the loss without a conversion (R12, R13)."
            )
    if told and not sentences[1:]:
        sentences.append(
            "The balances are one purse: what one ending takes of a currency isn't there for the next (R12, R13)."
        )
    return sentences


def _fees(end: Ended) -> list[Decimal]:
    """The conversion fees of an ending, in QUOTE."""
    return [realised.conversion_fees for moment in end.moments for realised in moment.realised]


def reports(story: Story) -> list[Orders]:
    """Both comparisons, where several positions are open: closed in turn, and each in its cheapest way."""
    return [found for how in HOWS if (found := orders(story, how))]


def each_way(found: Orders) -> Iterable[tuple[Order, str]]:
    """The orders with what each costs more than the best one, in words."""
    best = found.best
    for order in found.orders:
        if order.cost is None or best is None or best.cost is None:
            yield order, order.closed or "can't be valued (A2)"
        else:
            yield order, money(order.cost - best.cost, found.currency, sign=True)

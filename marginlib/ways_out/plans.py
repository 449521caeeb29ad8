"""Four ways out of an open position, and what each costs: close now, buy the quote currency first, deposit, settle.

Each way is a handful of steps that the engine carries out after the story so far; what it costs is what it leaves you
poorer by than the position's own profit or loss, at the prices of that moment. Nothing is decided by a formula of
its own: what would be converted, taken or refused is what the engine does.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal, NamedTuple

from marginlib.analysis.outcome import Outcome, outcome
from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, ZERO
from marginlib.engine.derivation import fraction, named
from marginlib.engine.errors import InvalidScenario, Refusal, given
from marginlib.engine.margin import unrealised
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Deposit, Settle, Step
from marginlib.engine.story import Moment, Story
from marginlib.telling.numbers import listed
from marginlib.ways_out.ordering import orders_for, route

WayName = Literal["close", "buy", "deposit", "settle"]
WAYS: tuple[WayName, ...] = ("close", "buy", "deposit", "settle")

NOT_NEEDED = "Not needed"
"""How the sentence begins where nothing would be converted."""

_TRIES = 12  # for the amount that just avoids every conversion

CarryOut = Callable[[Story, Sequence[Step]], Story]
"""How steps are carried out after a story: :func:`resume`, or a rehearsal where only what it comes to counts."""


class Parts(NamedTuple):
    """What a way costs, in QUOTE: the closing's fee, the fees of orders before it, and what conversions cost (R16).

    >>> Parts(Fraction(24), Fraction(2), Fraction(0)).closing
    Fraction(24, 1)
    """

    closing: Fraction
    ordering: Fraction
    converting: Fraction


@dataclass(frozen=True)
class Way:
    """One way out: its steps, the story with them, and why it isn't open where it isn't.

    ``closed`` is a sentence with its rules, or empty. A way that isn't open costs nothing and leaves what there was.
    """

    name: WayName
    pair: str
    so_far: int
    steps: tuple[Step, ...]
    story: Story
    closed: str = ""

    @property
    def before(self) -> State:
        """The state that the way starts from."""
        moments = self.story.moments
        return moments[self.so_far].before if len(moments) > self.so_far else self.story.final

    @property
    def left(self) -> State:
        """The state that it leaves."""
        return self.before if self.closed else self.story.final

    @property
    def moments(self) -> tuple[Moment, ...]:
        """What happens on the way."""
        return self.story.moments[self.so_far :]

    @functools.cached_property
    def cost(self) -> Fraction | None:
        """By how much it leaves you poorer, in QUOTE, beside the profit or loss itself; None where it isn't open.

        Everything at the prices of that moment (A2); what is deposited counts as still yours.

        Raises:
            Refusal: ``missing_price``, when an asset that the way moves can't be valued.
        """
        if self.closed:
            return None
        return poorer(self.before, self.left, self.pair, self.deposited)

    @functools.cached_property
    def parts(self) -> Parts:
        """What the cost is made of, in QUOTE, from the ledger rows of the way.

        Raises:
            Refusal: ``missing_price``, as above.
        """
        quote, after = self.pair.partition("/")[2], self.left
        closing, ordering, converting = Fraction(0), Fraction(0), Fraction(0)
        with localcontext(EXACT):
            for moment in () if self.closed else self.moments:
                for row in moment.rows:
                    for part in row.parts:
                        if part.reason == "ordinary_order":
                            ordering += after.rate(row.asset, quote).of(part.fee)
                        elif part.reason == "trading_fee" and part.amount:  # taken as a loss is, with a conversion fee
                            closing -= after.rate(row.asset, quote).of(part.amount)
                            converting += after.rate(row.asset, quote).of(part.fee)
                        elif part.reason == "trading_fee":
                            closing += after.rate(row.asset, quote).of(part.fee)
                lost = sum((each.unpaid for each in moment.realised), ZERO)
                closing += fraction(moment.after.unpaid.get(quote, ZERO) - moment.before.unpaid.get(quote, ZERO) - lost)
                converting += fraction(sum((each.conversion_fees for each in moment.realised), ZERO))
        return Parts(
            named(closing, "fee of the closing", ("A9",)),
            named(ordering, "fees of the orders before it", ("R17",)),
            named(converting, "conversion fees", ("R16",)),
        )

    @property
    def deposited(self) -> Decimal:
        """What it asks for from outside, in QUOTE."""
        return named(sum((step.amount for step in self.steps if isinstance(step, Deposit)), ZERO), "deposited")

    @property
    def unpaid(self) -> Decimal:
        """What stays unpaid on this way, in QUOTE (A5)."""
        quote = self.pair.partition("/")[2]
        left, before = self.left.unpaid.get(quote, ZERO), self.before.unpaid.get(quote, ZERO)
        return named(left - before, "unpaid on this way", ("A5",))

    @property
    def outcome(self) -> Outcome | None:
        """What the way came to, in QUOTE; None where it isn't open.

        Raises:
            Refusal: ``missing_price``, when something that you have can't be valued.
        """
        return None if self.closed else outcome(self.moments, self.left, self.pair.partition("/")[2])


@dataclass(frozen=True)
class Plan:
    """The four ways out of one position, from the same moment.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> seen = plan(replay(Scenario.of({
    ...     "balances": {"EUR": "500", "BTC": "0.1"}, "prices": {"BTC/EUR": "50000"}, "fees": {"trading": "0.004"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.2", "leverage": 5},
    ...               {"do": "price", "pair": "BTC/EUR", "price": "45000"}]})))
    >>> [(way.name, way.closed == "") for way in seen.ways], seen.cheapest
    ([('close', True), ('buy', True), ('deposit', True), ('settle', False)], 'buy')
    """

    pair: str
    pnl: Decimal
    ways: tuple[Way, ...]

    @property
    def currency(self) -> str:
        """The quote currency: that of profit, loss and costs."""
        return self.pair.partition("/")[2]

    def way(self, name: WayName) -> Way:
        """One of the four."""
        return self.ways[WAYS.index(name)]

    @property
    def cheapest(self) -> WayName | None:
        """The cheapest way that needs nothing from outside; the first of those that cost the same."""
        return next(iter(self.tied), None)

    @property
    def tied(self) -> tuple[WayName, ...]:
        """The ways that need nothing from outside and are cheapest: several, where the ledger can't tell them apart."""
        return tied(((way.name, way.cost) for way in self.ways if way.name != "deposit"), self.dust)

    @property
    def dust(self) -> Fraction:
        """What roundings alone may make a way cost, in QUOTE (A8)."""
        return dust(self.ways[0].before, self.pair)

    @property
    def cheapest_of_all(self) -> WayName | None:
        """The cheapest of all that are open, a deposit among them."""
        return next(iter(tied(((way.name, way.cost) for way in self.ways), self.dust)), None)


def tied(costs: Iterable[tuple[WayName, Fraction | None]], dust: Fraction = Fraction(0)) -> tuple[WayName, ...]:
    """The ways of the lowest cost, or of as much as roundings may add to it; none if none is open.

    >>> tied([("settle", Fraction(2)), ("close", Fraction(2)), ("buy", None), ("deposit", Fraction(3))])
    ('close', 'settle')
    """
    known = [(cost, name) for name, cost in costs if cost is not None]
    least = min((cost for cost, _ in known), default=Fraction(0))
    return tuple(sorted((name for cost, name in known if cost - least <= dust), key=WAYS.index))


def dust(state: State, pair: str) -> Fraction:
    """What roundings alone may come to where a position is ended: a digit of QUOTE's ledger for each lot (A8).

    >>> from marginlib import Scenario, replay
    >>> dust(replay(Scenario.of({"prices": {"BTC/EUR": "5"}, "balances": {"EUR": "9"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", "leverage": 5}]})).final, "BTC/EUR")
    Fraction(1, 10000)
    """
    digit = Fraction(Decimal(1).scaleb(-state.rulebook.places(pair.partition("/")[2])))
    return digit * len(state.positions.of(pair))


def poorer(before: State, after: State, pair: str, deposited: Decimal = ZERO) -> Fraction:
    """By how much ending a position left one poorer, in QUOTE, beside its profit or loss, at the prices after it (A2).

    Raises:
        Refusal: ``missing_price``, as :attr:`Way.cost`.
    """
    quote = pair.partition("/")[2]
    with localcontext(EXACT):
        gone = fraction(open_result(before, pair) + deposited)
        for sign, old, new in ((-1, before.balances, after.balances), (1, before.unpaid, after.unpaid)):
            for code, amount in new.items():
                if change := amount - old.get(code, ZERO):
                    gone += sign * after.rate(code, quote).of(change)
    return named(gone, "what this way costs")


def open_result(state: State, pair: str) -> Decimal:
    """The profit or loss that stands open in a pair, in QUOTE; every digit of it (R11)."""
    lots = state.lots(pair)
    volume, cost = lots.sums
    with localcontext(EXACT):
        moved = volume * state.price(pair) - cost
        return named(moved if lots[0].side == "long" else -moved, "profit or loss so far in {}", ("R11",), of=pair)


def open_pairs(story: Story) -> list[str]:
    """The pairs in which a position is open at the end, in order of opening."""
    return list(dict.fromkeys(lot.pair for lot in story.final.positions))


def plan(story: Story, pair: str = "") -> Plan:
    """Compare the four ways of ending all of a position where a story stands (R3 to R6, R9, R13 to R17).

    The pair may be left out where only one is open.

    Raises:
        Refusal: ``no_position``; ``missing_price`` when the position itself has no price.
        ValueError: the story ended with a refused step; or several pairs are open and none is named.
    """
    pair = which(story, pair)
    with localcontext(EXACT):
        state = story.final
        state.price(pair)
        pnl = sum((state.round(lot.quote, unrealised(state, lot)) for lot in state.lots(pair)), ZERO)
        pnl = named(pnl, "profit or loss so far in {}", ("R11",), of=pair)
    direct = way_out(story, pair, "close")
    return Plan(pair, pnl, (direct, *(way_out(story, pair, name, direct=direct) for name in WAYS[1:])))


def which(story: Story, pair: str = "") -> str:
    """The pair that a plan is for: the one that is named, or else the only one in which a position is open.

    Raises:
        Refusal, ValueError: as :func:`plan`.
    """
    given("story", story, Story, "a story, such as replay(scenario) gives")
    pairs = open_pairs(story)
    if story.error:
        raise ValueError(f"step {story.error.index + 1} is refused: {story.error.message}")
    if not pair and len(pairs) > 1:
        raise ValueError(f"positions are open in {', '.join(pairs)}; name one of these pairs")
    if not pairs or (pair and pair not in pairs):
        if pairs:
            message = f"No position is open in {pair}. Open: {', '.join(pairs)}."
        else:
            message = "No position is open at the end, so there is nothing to end. Leave out the step that ends it."
        raise Refusal("no_position", message, ("R2",))
    return pair or pairs[0]


def way_out(story: Story, pair: str, name: WayName, *, direct: Way | None = None, carry_out: CarryOut = resume) -> Way:
    """One of the four ways, carried out as far as the rules let it.

    ``direct``: closing now, if it is known already; what prepares a closing starts from what it lacks.

    Raises:
        Refusal: ``missing_price``, when what it takes to prepare it can't be valued.
    """
    if name == "settle":
        return _gone(story, pair, name, (Settle(pair=pair, volume="all"),), resume)
    if name == "close" or direct is None:
        direct = _gone(story, pair, "close", (Close(pair=pair, volume="all"),), carry_out)
    if name == "close":
        return direct
    try:
        with localcontext(EXACT):
            return (_buy_first if name == "buy" else _deposit_first)(story, direct, carry_out)
    except InvalidScenario:  # the amount that it takes is no amount of a step
        return _not_open(story, pair, name, "It takes an amount with more digits than an order or a deposit may have.")


def _gone(story: Story, pair: str, name: WayName, steps: Sequence[Step], carry_out: CarryOut) -> Way:
    """A way as the engine carries it out, or refuses it."""
    ended = carry_out(story, steps)
    error = ended.error
    rules = [rule for rule in error.rules if rule != "A7"] if error else []
    closed = f"{error.message.removesuffix('.')} ({', '.join(rules)})." if error else ""
    return Way(name, pair, len(story.moments), tuple(steps), ended, closed)


def _not_open(story: Story, pair: str, name: WayName, why: str) -> Way:
    return Way(name, pair, len(story.moments), (), story, why)


def _lacking(way: Way) -> Decimal:
    """What other currencies had to cover, or nothing did, in QUOTE: so much more of QUOTE would have avoided it.

    Losses come first: with them covered, a fee often finds a balance that bears it whole (A4).
    """
    quote = way.pair.partition("/")[2]
    lost = fees = ZERO
    for moment in way.moments:
        unpaid = moment.after.unpaid.get(quote, ZERO) - moment.before.unpaid.get(quote, ZERO)
        for realised in moment.realised:
            lost += sum((take.covers for take in realised.cascade if take.currency != quote), realised.unpaid)
            unpaid -= realised.unpaid
        fees += unpaid
        for row in moment.rows:
            for part in row.parts:
                if part.reason == "trading_fee" and part.amount and row.asset != quote:
                    covered = moment.after.rate(row.asset, quote).of(-part.amount)
                    fees += moment.after.round(quote, covered)
    return lost or fees


def _needless(story: Story, name: WayName, direct: Way) -> Way | None:
    """What closing alone says of a way that prepares it: it is refused itself, or nothing would be converted."""
    pair, quote = direct.pair, direct.pair.partition("/")[2]
    if direct.closed:
        return _not_open(story, pair, name, direct.closed)
    if _lacking(direct):
        return None
    why = f"{NOT_NEEDED}: closing converts nothing, since your {quote} bear what is due (R13)."
    return _not_open(story, pair, name, why)


def _deposit_first(story: Story, direct: Way, carry_out: CarryOut) -> Way:
    """Deposit what closing would convert, then close."""
    if needless := _needless(story, "deposit", direct):
        return needless
    way, pair, quote, amount = direct, direct.pair, direct.pair.partition("/")[2], ZERO
    for _ in range(_TRIES):
        lacking = _lacking(way)
        if not lacking:
            break
        amount += lacking
        steps = (Deposit(currency=quote, amount=amount), Close(pair=pair, volume="all"))
        way = _gone(story, pair, "deposit", steps, carry_out)
    return way


def _buy_first(story: Story, direct: Way, carry_out: CarryOut) -> Way:
    """Turn so much of other currencies into QUOTE by ordinary orders that closing converts nothing, then close."""
    if needless := _needless(story, "buy", direct):
        return needless
    way, pair, target, sold = direct, direct.pair, ZERO, None
    for _ in range(_TRIES):
        lacking = _lacking(way)
        if not lacking:
            break
        target += lacking
        orders = tuple(orders_for(story.final, pair, target))
        if orders == sold:  # all is sold that there is
            break
        sold = orders
        if not orders:
            return _not_open(story, pair, "buy", _nothing_to_sell(story.final, pair.partition("/")[2]))
        way = _gone(story, pair, "buy", (*orders, Close(pair=pair, volume="all")), carry_out)
        if way.closed:
            break
    return way


def _nothing_to_sell(state: State, quote: str) -> str:
    others = [code for code, amount in sorted(state.balances.items()) if amount > 0 and code != quote]
    if not others:
        return f"You have nothing to sell for {quote} (R6)."
    if not any(route(state, code, quote) for code in others):
        return f"No pair has a price in which your {listed(others)} could be sold for {quote} (R6, A2)."
    return f"What you have besides {quote} is too little for an order (R6)."

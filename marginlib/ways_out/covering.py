"""What your own quote currency bears: how far a price may go, and what opens ordinary orders again (R13, R16, B9)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

from marginlib.analysis.roots import crossing, secant_root
from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, ZERO, fraction_up, quotient_down, rounded, trimmed
from marginlib.engine.derivation import entered, fraction, is_traced, named, price_unit, solved, untraced
from marginlib.engine.errors import InvalidScenario
from marginlib.engine.inputs import bare_story
from marginlib.engine.margin import margin
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Deposit, Step
from marginlib.engine.story import Story
from marginlib.ways_out.plans import Way, way_out
from marginlib.ways_out.rehearsal import rehearse

_TRIES, _NEARLY = 8, Fraction(1, 10**7)  # to find a price, of that price: its digits are fewer


def covered_to(state: State, pair: str) -> Fraction | None:
    """The price, in QUOTE for one BASE, at which closing would lose just the balance of QUOTE; None below 0.

    Up to there nothing has to be converted, if QUOTE is collateral and goes first (R13). The trading fee is left
    aside: any single balance may bear it (A4).

    Raises:
        Refusal: ``no_position``.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
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
        found = fraction(cost - borne if lots[0].side == "long" else cost + borne) / fraction(volume)
        found = named(found, "price up to which your {} bear the loss", ("R13",), of=pair.partition("/")[2])
    return found if found > Decimal(0) else None


def bearable(state: State, pair: str) -> Decimal:
    """The volume, in BASE, whose loss the balance of QUOTE bears alone; the oldest lots go first (R8, R13).

    Raises:
        Refusal: ``no_position``, ``missing_price``.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"EUR": "200", "DOGE": "10000"},
    ...     "prices": {"BTC/EUR": "50000", "DOGE/EUR": "0.1"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.08", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "35000"}]}))
    >>> bearable(story.final, "BTC/EUR")  # 200 EUR, at a loss of 15,000 EUR a coin
    Decimal('0.01333333')
    """
    base, quote = pair.split("/")
    now, places = state.price(pair), min(8, state.rulebook.places(base))
    with localcontext(EXACT):
        left, volume = max(state.balance(quote), ZERO), ZERO
        for lot in state.lots(pair):
            lost = lot.open_price - now if lot.side == "long" else now - lot.open_price
            if lost > 0 and lost * lot.volume > left:
                return volume + quotient_down(left, lost, places)
            left -= lost * lot.volume
            volume += lot.volume
    return volume


def part_first(story: Story, pair: str) -> Way | None:
    """Close as much as QUOTE bears, which frees used margin; then buy QUOTE, and close the rest (B2, B9, R13, R17).

    None where QUOTE bears nothing or all of it, or orders are refused even then.

    Raises:
        Refusal: ``no_position``, ``missing_price``.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"EUR": "200", "BTC": "0.02", "DOGE": "10000"},
    ...     "prices": {"BTC/EUR": "50000", "DOGE/EUR": "0.1"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.08", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "35000"}]}))
    >>> [step.do for step in part_first(story, "BTC/EUR").steps]
    ['close', 'trade', 'trade', 'close']
    """
    volume = bearable(story.final, pair)
    try:
        return _after(story, pair, Close(pair=pair, volume=trimmed(volume))) if volume else None
    except InvalidScenario:  # so little that the ledger counts nothing of it (A8)
        return None


def little_first(story: Story, pair: str) -> Way | None:
    """Deposit no more QUOTE than opens ordinary orders; then buy the rest of it, and close (R6, B9, R17).

    None where buying first isn't refused for the margin level, or so small a deposit doesn't help.

    Raises:
        Refusal: ``no_position``, ``missing_price``.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"EUR": "200", "BTC": "0.02", "DOGE": "10000"},
    ...     "prices": {"BTC/EUR": "50000", "DOGE/EUR": "0.1"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.08", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "35000"}]}))
    >>> little_first(story, "BTC/EUR").deposited  # 800 EUR are tied up, 700 there
    Decimal('100')
    """
    quote = pair.partition("/")[2]
    rulebook = story.final.rulebook
    places = 2 if quote in rulebook.cash else min(8, rulebook.places(quote))

    def lacking(amount: Decimal) -> Fraction | None:
        """How much QUOTE equity would still be short of, with so much of it brought in."""
        before = resume(story, [Deposit(currency=quote, amount=amount)]) if amount else story
        free = _free_after_orders(before, pair)
        return None if free is None else -free * before.final.rate(_summary(story, pair), quote).of(Decimal(1))

    short = lacking(ZERO)
    rest = lacking(amount := _up(short, places)) if short and short > 0 else None
    if not short or rest is None or rest >= short:
        return None
    # What is short falls nearly straight with it.
    amount = _up(crossing((Fraction(0), short), (fraction(amount), rest)), places)
    for _ in range(_TRIES):
        if way := _after(story, pair, Deposit(currency=quote, amount=amount)):
            return way
        rest = lacking(amount)
        if rest is None:
            break
        amount += max(_up(rest, places), Decimal(1).scaleb(-places))
    return None


def _up(amount: Fraction, places: int) -> Decimal:
    return trimmed(fraction_up(amount, places))


def orders_to(story: Story, bought: Way) -> Fraction | None:
    """The price, in QUOTE for one BASE, beyond which buying first is refused: it would leave too low a level (B9).

    ``bought`` is that way out, from where the story stands. To seven digits. None where it isn't open now, or no such
    price is found.

    Raises:
        Refusal: ``no_position``, ``missing_price``.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"EUR": "200", "BTC": "0.02", "DOGE": "10000"},
    ...     "prices": {"BTC/EUR": "50000", "DOGE/EUR": "0.1"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.08", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "37500"}]}))
    >>> orders_to(story, way_out(story, "BTC/EUR", "buy"))  # 1,200 + 0.02 p EUR, less 0.08 x (50,000 - p), are 800
    Fraction(36000, 1)
    """
    if bought.closed:
        return None
    if is_traced():
        return _told(story, bought)
    state, pair = story.final, bought.pair
    now = Fraction(state.price(pair))
    direction = -1 if state.lots(pair)[0].side == "long" else 1

    def free(price: Fraction) -> Fraction | None:
        moved = state.copy()
        moved.prices[pair] = rounded(price, 20)
        return _free_after_orders(replace(story, final=moved), pair)

    def ahead(price: Fraction) -> bool:
        return price > 0 and (price - now) * direction >= 0

    # The excess is nearly straight in the price: the secant soon meets it.
    near = now, _free(bought, _summary(story, pair))
    beyond = now * (1 + direction * Fraction(1, 50))
    return secant_root(free, near, beyond, ahead, _NEARLY * now, _TRIES)


def _told(story: Story, bought: Way) -> Fraction | None:
    """The same, with what tells that it is the right price: the equity there, and the used margin."""
    pair, quote = bought.pair, bought.pair.partition("/")[2]
    with untraced():
        plain_story = bare_story(story)
        at = orders_to(plain_story, way_out(plain_story, pair, "buy"))
    if at is None:
        return None
    there = story.final.copy()
    there.prices[pair] = entered(rounded(at, 20), f"price of {pair}", source="looked for", unit=price_unit(pair))
    there.rulebook = there.rulebook.replaced(initial_margin_check=False)
    way = way_out(replace(story, final=there), pair, "buy")
    tied = margin(way.moments[-1].before, _summary(story, pair))
    needed = tied.used_margin * fraction(there.rulebook.opening_level) / 100
    name = f"price beyond which no order for {quote} is taken"
    return solved(at, name, ("B9",), [tied.equity, needed], unit=price_unit(pair))


def _after(story: Story, pair: str, first: Step) -> Way | None:
    """Buying first with a step before it; None where that step, or the orders, are refused."""
    prepared = resume(story, [first])
    if prepared.error or not any(lot.pair == pair for lot in prepared.final.positions):
        return None
    way = way_out(prepared, pair, "buy")
    if way.closed:
        return None
    steps: Sequence[Step] = (first, *way.steps)
    return Way("buy", pair, len(story.moments), tuple(steps), way.story)


def _summary(story: Story, pair: str) -> str:
    return story.scenario.summary_currency or pair.partition("/")[2]


def _free_after_orders(story: Story, pair: str) -> Fraction | None:
    """What equity would be above the level for opening once QUOTE is bought, or short of it; None without orders."""
    state = story.final.copy()
    state.rulebook = state.rulebook.replaced(initial_margin_check=False)
    way = way_out(replace(story, final=state), pair, "buy", carry_out=rehearse)
    return None if way.closed else _free(way, _summary(story, pair))


def _free(bought: Way, currency: str) -> Fraction:
    state = bought.moments[-1].before
    tied = margin(state, currency)
    return tied.equity - tied.used_margin * fraction(state.rulebook.opening_level) / 100

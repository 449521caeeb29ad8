"""The operators: rule by rule, how it is left out, swapped or bent, each with the sentence that refutes it.

What is answered in another currency, or is the answer to another question, is no rule bent: such mistakes are in
:mod:`~marginlib.quiz.models` and in the lessons.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from marginlib.engine.account import PAR, State
from marginlib.engine.amounts import ZERO, Rate, quotient
from marginlib.engine.positions import Lots, Position
from marginlib.engine.practice import Ends, Place
from marginlib.engine.rulebook import FeeClass
from marginlib.engine.scenario import Close, ConversionFees, Open, Settle, Stop, Wait
from marginlib.quiz.asking import Ask, Case
from marginlib.quiz.mistakes import MISTAKES
from marginlib.quiz.models import one_leverage
from marginlib.quiz.operators import Bent, operator

Side = Literal["long", "short"]


# What a position gains or loses (R10, R11, R20)


def _results(bent: Bent, turned: Callable[[Decimal, Position], Decimal]) -> Bent:
    """Every result turned into another one, closed or open."""
    was = bent.practice

    def in_all(lots: Lots, price: Decimal) -> Decimal:
        return sum((turned(was.so_far(lot, price), lot) for lot in lots), ZERO)

    return bent.practising(
        result=lambda lot, volume, price: turned(was.result(lot, volume, price), lot),
        so_far=lambda lot, price: turned(was.so_far(lot, price), lot),
        open_result=in_all,
    )


@operator(
    "R11, R20",
    "You gave the position the other side's result.",
    "Rising prices sound like a profit.",
    "A short gains when the price falls, a long when it rises",
)
def other_side(bent: Bent) -> Bent:
    """A long's result for a short, and the other way round."""
    return _results(bent, lambda result, _: -result)


def _times_leverage(case: Case, ask: Ask) -> Decimal | None:
    right, leverage = case.number(ask), one_leverage(case)
    return right * leverage if right is not None and leverage else None


def _by_leverage(case: Case, ask: Ask) -> Decimal | None:
    right, leverage = case.number(ask), one_leverage(case)
    return quotient(right, leverage, 10) if right is not None and leverage else None


@operator(
    "R20",
    "You multiplied the profit or loss by the leverage.",
    "Leverage is said to multiply gains.",
    "It multiplies the return on what you put up; in money, a position makes volume × move at any leverage",
    otherwise=_times_leverage,
)
def leverage_multiplies(bent: Bent) -> Bent:
    """Profit or loss times leverage."""
    return _results(bent, lambda result, lot: result * lot.leverage)


@operator(
    "R20, B2",
    "You divided the profit or loss by the leverage.",
    "Only a part of the cost is yours.",
    "But the whole position gains or loses; the leverage divides what is tied up, not that",
    otherwise=_by_leverage,
)
def leverage_divides(bent: Bent) -> Bent:
    """Profit or loss divided by leverage."""
    return _results(bent, lambda result, lot: quotient(result, lot.leverage, 10))


@operator(
    "R10, R11",
    "You kept all that the sale brought.",
    "It is what comes in.",
    "But it first repays what was extended, or buys back what was sold; only the rest is yours",
    conserves=False,
)
def proceeds_kept(bent: Bent) -> Bent:
    """Nothing of the sale is repaid."""
    return bent.practising(result=lambda lot, volume, price: volume * (price if lot.side == "long" else lot.open_price))


@operator(
    "R11",
    "You left the profit or loss of the closing out.",
    "What was lent goes back, and that seems to be all.",
    "But what remains, or is missing, joins or leaves your balance",
)
def result_left_out(bent: Bent) -> Bent:
    """A closing changes nothing but what is owed."""
    return bent.practising(result=lambda *_: ZERO)


@operator(
    "R11, B2",
    "You took what was put up as the loss.",
    "It is called margin, as if it were a stake.",
    "It is only tied up: what is lost is volume × move",
)
def used_margin_lost(bent: Bent) -> Bent:
    """Whoever loses, loses what was put up."""
    was = bent.practice

    def lost(lot: Position, volume: Decimal, price: Decimal) -> Decimal:
        result = was.result(lot, volume, price)
        return -quotient(volume * lot.open_price, lot.leverage, 4) if result < 0 else result

    return bent.practising(result=lost)


# What is extended and owed (R1, R3 to R6)


def _owing(bent: Bent, share: Callable[[Decimal], Decimal]) -> Bent:
    """Owed and paid back is another share of what was extended, by leverage."""
    was = bent.practice

    def owed(lot: Position) -> tuple[str, Decimal]:
        currency, amount = was.owed(lot)
        return currency, amount * share(lot.leverage)

    def for_one(state: State, lot: Position) -> Decimal:
        whole = was.owed_for_one(state, lot)
        return (Decimal(1) if whole is None else whole) * share(lot.leverage)

    return bent.practising(owed=owed, owed_for_one=for_one)


@operator(
    "R3, R1",
    "You took the margin, the cost divided by the leverage, for what is owed.",
    "It is the amount that you see tied up.",
    "But the whole cost is extended, and all of it goes back, at any leverage",
    conserves=False,
)
def settled_the_margin_only(bent: Bent) -> Bent:
    """Owed is cost divided by leverage."""
    return _owing(bent, lambda leverage: quotient(Decimal(1), leverage, 20))


@operator(
    "R1, B2",
    "You took your margin off the loan.",
    "With a loan for a house you would pay a part yourself.",
    "Here the whole cost is extended; your margin is only tied up",
    conserves=False,
)
def owed_less_the_margin(bent: Bent) -> Bent:
    """Owed is the cost without the margin."""
    return _owing(bent, lambda leverage: 1 - quotient(Decimal(1), leverage, 20))


@operator(
    "R1",
    "You took what was received for what is owed.",
    "It is what the position holds.",
    "A long owes the quote currency that paid for it, a short the coins that were sold",
    conserves=False,
)
def owed_in_the_other_currency(bent: Bent) -> Bent:
    """A long owes coins, a short owes money."""
    return bent.practising(owed=lambda lot: lot.held)


@operator(
    "R3, R4",
    "You settled at the price now.",
    "That is what the coins are worth today.",
    "But a settlement replays the opening: volume × opening price goes back, or is set free",
    conserves=False,
)
def settled_at_the_price_now(bent: Bent) -> Bent:
    """The price now instead of the opening price."""
    was = bent.practice
    return bent.practising(
        owed_for_one=lambda state, lot: None if lot.side == "short" else state.prices[lot.pair],
        released=lambda state, lot, volume: (
            was.released(state, lot, volume) if lot.side == "long" else volume * state.prices[lot.pair]
        ),
    )


@operator(
    "R4",
    "You left out what a settlement sets free.",
    "Paying back seems to be all of it.",
    "But what was received at opening is yours from then on",
    conserves=False,
)
def nothing_set_free(bent: Bent) -> Bent:
    """What was received stays away."""
    return bent.practising(released=lambda *_: ZERO)


@operator(
    "R3, R4",
    "That is what closing leaves.",
    "Both end the position.",
    "But a settlement sells nothing: you pay back and keep what you received",
)
def closed_instead(bent: Bent) -> Bent | None:
    """A closing in the place of the settlement."""
    *steps, last = bent.scenario.steps or [None]
    if not isinstance(last, Settle):
        return None
    return bent.of(steps=(*steps, Close(pair=last.pair, volume=last.volume)))


@operator(
    "R9, R10",
    "That is what settling leaves.",
    "Both end the position.",
    "But a closing trades: its proceeds repay, and only profit or loss is left",
)
def settled_instead(bent: Bent) -> Bent | None:
    """A settlement in the place of the closing."""
    *steps, last = bent.scenario.steps or [None]
    if not isinstance(last, Close):
        return None
    return bent.of(steps=(*steps, Settle(pair=last.pair, volume=last.volume)))


@operator(
    "R2",
    "You ended all of the position.",
    "To settle or to close sounds like all of it.",
    "A part may be ended, and a part was asked for",
)
def ended_all(bent: Bent) -> Bent | None:
    """Everything instead of a part."""
    *steps, last = bent.scenario.steps or [None]
    if not isinstance(last, Close | Settle) or last.volume == "all":
        return None
    return bent.of(steps=(*steps, last.replaced(volume="all")))


@operator(
    "R6, R3",
    "You settled without the means for it.",
    "The position itself seems to pay for that.",
    "But the balance must bear all that was extended, or else the settlement is refused",
    conserves=False,
)
def settled_without_the_means(bent: Bent) -> Bent:
    """Settling is always open."""
    return bent.practising(suffices=lambda _: True)


@operator(
    "R19",
    "You took the opposite side for the settle order.",
    "So it is with closing.",
    "A settle order replays the opening, and has its side",
)
def settled_with_the_opposite_side(bent: Bent) -> Bent:
    """A settle order has a closing's side."""
    was = bent.practice.settles_with
    return bent.practising(settles_with=lambda side: was("short" if side == "long" else "long"))


# Which lots end (R7, R8, R12)


def _first(bent: Bent, key: Callable[[Position], Any]) -> Bent:
    """Lots end sorted by something."""
    was = bent.practice.ends

    def ends(lots: Lots, volume: Decimal) -> Ends:
        return was(_relisted(sorted(lots, key=key)), volume)

    return bent.practising(ends=ends)


def _relisted(lots: Iterable[Position]) -> Lots:
    """Lots in another order, or with other prices."""
    made = Lots()
    for lot in lots:
        made = made.opened(lot)
    return made


@operator(
    "R7, R8",
    "You let the newest lot go first.",
    "Last in, first out is a habit of some ledgers.",
    "Here the oldest goes first",
)
def newest_first(bent: Bent) -> Bent:
    """Last in, first out."""
    return _first(bent, lambda lot: -lot.id)


@operator(
    "R7, R8",
    "You let the dearest lot go first.",
    "To be rid of the worst seems sensible.",
    "But prices don't matter, and you can't choose: the oldest goes first",
)
def dearest_first(bent: Bent) -> Bent:
    """The highest opening price first."""
    return _first(bent, lambda lot: -lot.open_price)


@operator(
    "R7, R8",
    "You let the cheapest lot go first.",
    "It has the most to gain.",
    "But prices don't matter, and you can't choose: the oldest goes first",
)
def cheapest_first(bent: Bent) -> Bent:
    """The lowest opening price first."""
    return _first(bent, lambda lot: lot.open_price)


@operator(
    "R7, R8",
    "You took a share of every lot.",
    "That seems fair to all of them.",
    "But they go one after the other, each whole before the next",
)
def pro_rata(bent: Bent) -> Bent:
    """Every lot gives the same share."""

    def ends(lots: Lots, volume: Decimal) -> Ends:
        *early, last = lots
        parts = [(lot, quotient(lot.volume * volume, lots.sums.volume, 12)) for lot in early]
        return [*parts, (last, volume - sum((part for _, part in parts), ZERO))]

    return bent.practising(ends=ends)


@operator(
    "R12",
    "You took the average of all opening prices.",
    "Many statements show one average.",
    "But each lot keeps its own price, and they go one by one",
    conserves=False,
)
def average_cost(bent: Bent) -> Bent:
    """One average price for all lots."""
    was = bent.practice.ends

    def ends(lots: Lots, volume: Decimal) -> Ends:
        mean = quotient(lots.sums.cost, lots.sums.volume, 10)
        return [(replace(lot, open_price=mean), part) for lot, part in was(lots, volume)]

    return bent.practising(ends=ends)


@operator(
    "R12",
    "You added profits and losses up first.",
    "One order looks like one result.",
    "But each lot goes by itself, oldest first: a later profit comes too late for an earlier loss",
    conserves=False,
)
def netted(bent: Bent) -> Bent:
    """One profit or loss for all lots that end together."""
    was = bent.practice.ends

    def ends(lots: Lots, volume: Decimal) -> Ends:
        found = was(lots, volume)
        cost = sum((part * lot.open_price for lot, part in found), ZERO)
        mean = quotient(cost, sum((part for _, part in found), ZERO), 10)
        return [(replace(lot, open_price=mean), part) for lot, part in found]

    return bent.practising(ends=ends)


@operator(
    "R7, R8",
    "You stopped after the first lot.",
    "One order seems to end one lot.",
    "But it goes on with the next oldest until the whole volume is done",
)
def first_lot_only(bent: Bent) -> Bent:
    """The order ends no more than one lot."""
    was = bent.practice.ends
    return bent.practising(ends=lambda lots, volume: was(lots, volume)[:1])


@operator(
    "R8, R12",
    "You counted the last of the lots alone.",
    "It is where the order stops.",
    "But the earlier ones ended too, and their results count",
)
def last_lot_only(bent: Bent) -> Bent:
    """Only the youngest of the lots that end counts."""
    was = bent.practice.ends
    return bent.practising(ends=lambda lots, volume: was(lots, volume)[-1:])


# How a loss is taken, and what converting costs (R13 to R16, A1 to A3)


def _taken(bent: Bent, order: Callable[[State, tuple[Place, ...], str, str], Iterable[Place]]) -> Bent:
    """The list of preference in another order; it gets the state, the list so far, BASE and QUOTE."""
    was = bent.practice.preferred

    def preferred(state: State, pair: str) -> tuple[Place, ...]:
        base, quote = pair.split("/")
        return tuple(order(state, was(state, pair), base, quote))

    return bent.practising(preferred=preferred)


def _by_the_list(state: State, codes: Iterable[str]) -> list[Place]:
    """Some currencies, as the collateral list has them."""
    return [Place(code, "collateral") for code in state.rulebook.collateral_order if code in codes]


@operator(
    "R13",
    "You left the base currency of the pair where the collateral list has it.",
    "A list looks complete.",
    "But quote and base of the pair come before the list",
)
def base_by_the_list(bent: Bent) -> Bent:
    """The base currency waits for its turn in the list."""

    def order(state: State, was: tuple[Place, ...], _base: str, quote: str) -> list[Place]:
        codes = {place.currency for place in was}
        first = [place for place in was if place.currency == quote]
        rest = _by_the_list(state, codes - {quote})
        known = {place.currency for place in (*first, *rest)}
        return [*first, *rest, *(place for place in was if place.currency not in known)]

    return _taken(bent, order)


@operator(
    "R13",
    "You went by the collateral list alone.",
    "A list looks complete.",
    "But the quote currency of the pair comes first, then the base, then the list",
)
def by_the_list_alone(bent: Bent) -> Bent:
    """Neither quote nor base has a place of its own."""

    def order(state: State, was: tuple[Place, ...], _base: str, _quote: str) -> list[Place]:
        listed = _by_the_list(state, {place.currency for place in was})
        known = {place.currency for place in listed}
        return [*listed, *(place for place in was if place.currency not in known)]

    return _taken(bent, order)


@operator(
    "R13",
    "You took the base currency before the quote currency.",
    "It stands first in the pair's name.",
    "But a loss is counted in the quote currency, which goes first",
)
def base_before_quote(bent: Bent) -> Bent:
    """The first two places swapped."""

    def order(_state: State, was: tuple[Place, ...], base: str, quote: str) -> list[Place]:
        turned = {base: quote, quote: base}
        by_code = {place.currency: place for place in was}
        return [by_code.get(turned.get(place.currency, place.currency), place) for place in was]

    return _taken(bent, order)


@operator(
    "R13",
    "You kept the base currency for the end.",
    "It seems to belong to the position.",
    "But where it is collateral, it goes right after the quote currency",
)
def base_last(bent: Bent) -> Bent:
    """The base currency goes last."""
    return _taken(bent, lambda _state, was, base, _quote: sorted(was, key=lambda place: place.currency == base))


@operator(
    "R13",
    "You kept the quote currency for the end.",
    "It seems to be needed for what follows.",
    "But where it is collateral, it goes first, and only the rest is converted",
)
def quote_last(bent: Bent) -> Bent:
    """The quote currency goes last."""
    return _taken(bent, lambda _state, was, _base, quote: sorted(was, key=lambda place: place.currency == quote))


@operator(
    "R14",
    "You went through the other currencies by the alphabet.",
    "Lists often are.",
    "This one has an order of its own: cash, then bitcoin, and so on",
)
def collateral_by_alphabet(bent: Bent) -> Bent:
    """The middle of the list sorted by code."""

    def order(_state: State, was: tuple[Place, ...], _base: str, _quote: str) -> list[Place]:
        middle = iter(sorted((place for place in was if place.why == "collateral"), key=lambda each: each.currency))
        return [next(middle) if place.why == "collateral" else place for place in was]

    return _taken(bent, order)


@operator(
    "R14",
    "You went through the collateral list from its end.",
    "To sell the smaller coins first seems kinder.",
    "But the list is followed from its start",
)
def collateral_backwards(bent: Bent) -> Bent:
    """The middle of the list turned round."""

    def order(_state: State, was: tuple[Place, ...], _base: str, _quote: str) -> list[Place]:
        middle = iter([place for place in was if place.why == "collateral"][::-1])
        return [next(middle) if place.why == "collateral" else place for place in was]

    return _taken(bent, order)


@operator(
    "R13, R14",
    "You took the largest balance first.",
    "There is the most to take.",
    "But the size of a balance plays no part: the order is fixed",
)
def largest_first(bent: Bent) -> Bent:
    """Balances by what they are worth."""

    def order(state: State, was: tuple[Place, ...], _base: str, quote: str) -> list[Place]:
        def worth(place: Place) -> Fraction:
            have = state.balance(place.currency)
            return -state.rate(place.currency, quote).of(have) if have else Fraction(0)

        return sorted(was, key=worth)

    return _taken(bent, order)


@operator(
    "R13, R15",
    "You took the loss from the quote currency alone.",
    "That is what it is counted in.",
    "But as long as there is anything to convert, it is taken, in the fixed order",
)
def quote_alone(bent: Bent) -> Bent:
    """What the quote currency doesn't bear stays unpaid."""
    return _taken(
        bent, lambda _state, was, _base, quote: [place for place in was if place.currency == quote]
    ).practising(others=lambda _: [])


@operator(
    "R13",
    "You left the quote currency's balance out.",
    "What has to be converted takes all the attention.",
    "But that balance goes first, and only the rest is converted",
)
def quote_balance_forgotten(bent: Bent) -> Bent:
    """The quote currency is spared: the other currencies pay for it as well."""
    was = bent.practice.others
    quotes = {step.pair.partition("/")[2] for step in bent.scenario.steps if isinstance(step, Open)}
    return _taken(
        bent, lambda _state, places, _base, quote: [place for place in places if place.currency != quote]
    ).practising(others=lambda codes: [code for code in was(codes) if code not in quotes])


@operator(
    "R15",
    "You spared what is not collateral.",
    "It doesn't back the position.",
    "But when collateral runs out, other funds are taken as needed",
)
def other_funds_spared(bent: Bent) -> Bent:
    """Only collateral pays."""
    return bent.practising(others=lambda _: [])


@operator(
    "R15, A3",
    "You took what is not collateral first.",
    "It can be spared most easily.",
    "But other funds are taken only when the whole list is used up",
)
def other_funds_first(bent: Bent) -> Bent:
    """Other funds before the list."""

    def order(state: State, was: tuple[Place, ...], _base: str, _quote: str) -> list[Place]:
        known = {place.currency for place in was}
        return [*(Place(code, "other") for code in sorted(state.balances) if code not in known), *was]

    return _taken(bent, order)


def _converting(bent: Bent, **fees: Decimal) -> Bent:
    return bent.ruled(conversion_fees=ConversionFees(**fees))


def _rates(bent: Bent) -> dict[str, Decimal]:
    """The conversion fees as they are for this scenario."""
    own = {name: fee for name, fee in bent.scenario.rules.conversion_fees or () if fee is not None}
    return {**bent.book.conversion_fees, **own}


def _one_for_all(bent: Bent, name: FeeClass) -> Bent:
    return _converting(bent, **dict.fromkeys(_rates(bent), _rates(bent)[name]))


@operator(
    "R16",
    "You left the conversion fee out.",
    "The price alone seems to say what a coin brings.",
    "But whatever isn't the quote currency is converted, for a fee",
)
def conversion_fee_left_out(bent: Bent) -> Bent:
    """Conversions are free."""
    return _converting(bent, **dict.fromkeys(_rates(bent), ZERO))


@operator(
    "R16",
    "You took the highest conversion fee for all.",
    "It is the one for most coins.",
    "The fee depends on what is converted into what: cash, BTC or ETH, the rest",
)
def highest_fee_for_all(bent: Bent) -> Bent:
    """Every conversion costs what most coins cost."""
    return _one_for_all(bent, "other")


@operator(
    "R16",
    "You took the lowest conversion fee for all.",
    "It is the first in the list.",
    "The fee depends on what is converted into what: cash, BTC or ETH, the rest",
)
def lowest_fee_for_all(bent: Bent) -> Bent:
    """Every conversion costs what cash costs."""
    return _one_for_all(bent, "cash_cash")


@operator(
    "R16",
    "You took the middle conversion fee for all.",
    "It is the one for bitcoin.",
    "{btc_eth_cash | %} is for BTC or ETH to and from cash; a stablecoin is not cash",
)
def middle_fee_for_all(bent: Bent) -> Bent:
    """Every conversion costs what BTC to cash costs."""
    return _one_for_all(bent, "btc_eth_cash")


@operator(
    "R16",
    "You took the conversion fee twice.",
    "A conversion looks like two trades.",
    "It costs its fee once",
)
def conversion_fee_twice(bent: Bent) -> Bent:
    """Each conversion pays its fee again."""
    was = bent.practice.proceeds

    def proceeds(rate: Rate, fee: Decimal) -> tuple[Decimal, Decimal]:
        up, down = was(rate, fee)
        return up * (1 - fee), down

    return bent.practising(proceeds=proceeds)


@operator(
    "R16, A1",
    "You added the fee on top of what is covered.",
    "So it is with most prices.",
    "But it comes out of the proceeds: divide by what is left of one unit",
)
def fee_on_top(bent: Bent) -> Bent:
    """Taken = needed x (1 + fee) instead of needed / (1 - fee)."""
    return bent.practising(proceeds=lambda rate, fee: (rate.up, rate.down * (1 + fee)))


@operator(
    "A2",
    "You converted at the opening price.",
    "It is the price that you know the position by.",
    "A conversion happens at the price of that moment",
    conserves=False,
)
def price_before_the_move(bent: Bent) -> Bent:
    """The base currency is converted at the price of the opening."""
    was = bent.practice.converted_at

    def converted_at(state: State, source: str, target: str, pair: str) -> Rate:
        lots = state.positions.of(pair)
        if lots and f"{source}/{target}" == pair:
            return Rate(lots[0].open_price, PAR.down)
        return was(state, source, target, pair)

    return bent.practising(converted_at=converted_at)


@operator(
    "A2",
    "You took the balances one for one.",
    "Cash looks alike.",
    "But each is worth its amount at its own price",
)
def one_for_one(bent: Bent) -> Bent:
    """Every price of a cash currency is 1."""
    traded = {getattr(step, "pair", "") for step in bent.scenario.steps}
    alike = {
        pair: Decimal(1) if set(pair.split("/")) <= bent.book.cash and pair not in traded else price
        for pair, price in bent.scenario.prices.items()
    }
    return bent.of(prices=alike)


# Margin (B1 to B4, B9)


@operator(
    "B1",
    "You left the open profit or loss out.",
    "Nothing is closed yet.",
    "But it counts in equity as soon as the price moves",
)
def open_result_left_out(bent: Bent) -> Bent:
    """Equity is the balance alone."""
    return bent.practising(open_result=lambda *_: ZERO)


@operator(
    "B2, R20",
    "You measured on the whole cost.",
    "That is the size of the position.",
    "But what you put up, and what is tied up, is the cost divided by the leverage",
)
def margin_is_the_cost(bent: Bent) -> Bent:
    """Nothing is divided by the leverage."""
    return bent.practising(
        share=lambda amount, _: amount, put_up=lambda lot: Fraction(lot.volume) * Fraction(lot.open_price)
    )


@operator(
    "B2",
    "You took the other side's used margin.",
    "One rule for both would be simpler.",
    "A long's stays at opening cost ÷ leverage; a short's is fixed in coins, so it moves with the price",
)
def margin_of_the_other_side(bent: Bent) -> Bent:
    """A long's used margin follows the price, a short's stays."""
    was = bent.practice.backed
    return bent.practising(
        backed=lambda side, volume, cost, price: was("short" if side == "long" else "long", volume, cost, price)
    )


@operator(
    "B3",
    "You took equity for free margin.",
    "It is all yours.",
    "But free is only what of it is not tied up: subtract the used margin",
)
def used_margin_left_out(bent: Bent) -> Bent:
    """Everything is free."""
    return bent.practising(free=lambda equity, _: equity)


@operator(
    "B3",
    "You took free margin ÷ used margin.",
    "It is what is left.",
    "But the margin level is equity in percent of used margin",
)
def level_of_free_margin(bent: Bent) -> Bent:
    """Free margin in percent of used margin."""
    return bent.practising(level=lambda equity, used: (equity - used) / used * 100)


@operator(
    "B3",
    "You turned the division round.",
    "Used margin in percent of equity says how much is in use.",
    "But the margin level is equity in percent of used margin",
)
def level_upside_down(bent: Bent) -> Bent:
    """Used margin in percent of equity."""
    return bent.practising(level=lambda equity, used: used / equity * 100)


@operator(
    "B1",
    "You forgot the haircut.",
    "The coins are worth their price.",
    "But only a part of that counts as collateral",
)
def haircut_left_out(bent: Bent) -> Bent:
    """Collateral counts in full."""
    return bent.practising(collateral=lambda state, code, amount, currency: state.rate(code, currency).of(amount))


@operator(
    "B1",
    "You left your own coins out.",
    "A balance is thought of in money.",
    "They are collateral too, at today's price, less the haircut",
)
def coins_left_out(bent: Bent) -> Bent:
    """Only the summary's own currency backs a position."""
    was = bent.practice.collateral
    return bent.practising(
        collateral=lambda state, code, amount, currency: (
            was(state, code, amount, currency) if code == currency else Fraction(0)
        )
    )


@operator(
    "B1",
    "You counted your own coins at the opening price.",
    "That is what they were worth when you put them up.",
    "Collateral is worth what it is worth now",
)
def coins_kept_their_worth(bent: Bent) -> Bent:
    """Collateral doesn't move."""
    was = bent.practice.collateral

    def collateral(state: State, code: str, amount: Decimal, currency: str) -> Fraction:
        value = was(state, code, amount, currency)
        lots = state.positions.of(f"{code}/{currency}")
        return value * Fraction(lots[0].open_price) / Fraction(state.prices[lots[0].pair]) if lots else value

    return bent.practising(collateral=collateral)


@operator(
    "B9, B4",
    "You spent used margin.",
    "It stands in the balance.",
    "But it is tied up: ordinary orders that leave a margin level below {opening_level} % are refused",
)
def used_margin_spent(bent: Bent) -> Bent:
    """Orders and openings are never refused for want of margin."""
    return bent.ruled(initial_margin_check=False)


def _levels(bent: Bent, **levels: Decimal) -> Bent:
    """The levels of a margin call and of liquidation, wherever they come from."""
    own = bent.scenario.rules
    now = {
        "call_level": bent.book.call_level if own.call_level is None else own.call_level,
        "liquidation_level": bent.book.liquidation_level if own.liquidation_level is None else own.liquidation_level,
    }
    found = bent.ruled(call_level=None, liquidation_level=None)
    return found._replace(book=bent.book.replaced(**{**now, **levels}))


def _level(bent: Bent, name: Literal["call_level", "liquidation_level"]) -> Decimal:
    own: Decimal | None = getattr(bent.scenario.rules, name)
    return getattr(bent.book, name) if own is None else own


@operator(
    "B5",
    "You waited for liquidation with the margin call.",
    "Both are alarms.",
    "The margin call comes first, near {call_level} %; liquidation near {liquidation_level} %",
)
def called_at_liquidation(bent: Bent) -> Bent:
    """The warning comes when it is too late."""
    return _levels(bent, call_level=_level(bent, "liquidation_level"))


@operator(
    "B5",
    "You liquidated at the margin call.",
    "Both are alarms.",
    "The margin call, near {call_level} %, is a warning; liquidation comes near {liquidation_level} %",
)
def liquidated_at_the_call(bent: Bent) -> Bent:
    """Liquidation comes with the warning."""
    return _levels(bent, liquidation_level=_level(bent, "call_level"))


@operator(
    "B5, B3",
    "You took free margin ÷ used margin for the margin level.",
    "Free margin is what is left.",
    "But the margin level is equity ÷ used margin",
)
def limit_of_free_margin(bent: Bent) -> Bent:
    """Where free margin stands at a level, equity stands a whole used margin higher."""
    full = Decimal(100)
    call, liquidation = _level(bent, "call_level"), _level(bent, "liquidation_level")
    return _levels(bent, call_level=call + full, liquidation_level=liquidation + full)


@operator(
    "B5, C3",
    "You waited until all equity is gone.",
    "As long as there is money, the loan is safe.",
    "The exchange doesn't wait so long: it acts much earlier",
)
def equity_all_gone(bent: Bent) -> Bent:
    """Nothing happens as long as there is any equity."""
    return _levels(bent, call_level=ZERO, liquidation_level=ZERO)


@operator(
    "B5, B3",
    "You took the place where free margin is used up.",
    "Then nothing is free any more.",
    "That is a level of {opening_level} %. You are warned near {call_level} %, and liquidated near "
    "{liquidation_level} %",
)
def free_margin_all_gone(bent: Bent) -> Bent:
    """The exchange acts when nothing is free any more."""
    full = Decimal(100)
    return _levels(bent, call_level=full, liquidation_level=full)


# Liquidation, by B5, and stops, by R22


@operator(
    "B5",
    "You closed every position.",
    "Liquidation sounds like the end.",
    "The exchange stops once the level is back at {opening_level} %: what stays open has taken nothing",
)
def all_were_closed(bent: Bent) -> Bent | None:
    """A liquidation takes everything."""
    return bent.ruled(liquidation="all") if bent.scenario.rules.liquidation == "until-100" else None


@operator(
    "B5",
    "You let the newest position go first.",
    "It is what brought the level down.",
    "The oldest one goes first, whatever its pair",
)
def newest_liquidated(bent: Bent) -> Bent:
    """The newest position first."""
    was = bent.practice.liquidated
    return bent.practising(liquidated=lambda state: [*was(state)][::-1])


@operator(
    "B5",
    "You closed only the newest position.",
    "It is what brought the level down.",
    "The oldest one goes first, whatever its pair, and the next ones as long as the level asks for it",
)
def newest_alone(bent: Bent) -> Bent:
    """The newest position is closed, and that suffices."""
    was = bent.practice.liquidated
    return bent.practising(liquidated=lambda state: [*was(state)][-1:])


@operator(
    "B5",
    "You let the position with the largest loss go first.",
    "It does the most harm.",
    "But how much a position has lost plays no part: the oldest goes first",
)
def worst_liquidated(bent: Bent) -> Bent:
    """The largest loss first, measured on what the position cost."""
    was = bent.practice

    def fallen(state: State, lot: Position) -> Fraction:
        return Fraction(was.so_far(lot, state.prices[lot.pair])) / Fraction(lot.cost)

    return bent.practising(
        liquidated=lambda state: sorted(
            was.liquidated(state),
            key=lambda lot: Fraction(was.so_far(lot, state.prices[lot.pair])) / Fraction(lot.cost),
        )
    )


@operator(
    "B5",
    "You stopped after the first position.",
    "One seems to be enough.",
    "The exchange goes on with the next oldest as long as the level asks for it",
)
def oldest_alone(bent: Bent) -> Bent:
    """One position is enough."""
    was = bent.practice.liquidated
    return bent.practising(liquidated=lambda state: [*was(state)][:1])


@operator(
    "R22",
    "You let the stop close at its trigger.",
    "It is the price that you named.",
    "A stop closes at the first price at or beyond it, and the price had jumped",
)
def filled_at_the_trigger(bent: Bent) -> Bent:
    """The trigger is the price."""
    return bent.practising(stopped_at=lambda stop, _: stop.trigger)


@operator(
    "R22",
    "You let the position run on.",
    "The last price is the one that you see.",
    "But the stop closed it when its trigger was crossed; later prices don't count",
)
def ran_past_the_stop(bent: Bent) -> Bent | None:
    """The stop never closed anything: the position is closed at the last price."""
    steps = bent.scenario.steps
    stops = [step for step in steps if isinstance(step, Stop)]
    if not stops:
        return None
    kept = [step for step in steps if not isinstance(step, Stop)]
    ended = isinstance(steps[-1], Close | Settle)
    return bent.of(steps=(*kept, *([] if ended else [Close(pair=stops[0].pair, volume="all")])))


@operator(
    "R22, R9",
    "You placed the stop on the wrong side.",
    "Stops are often told of longs, which are sold.",
    "A stop protects by ending the position: a long is sold, a short bought back",
)
def stop_of_the_other_side(bent: Bent) -> Bent:
    """A long is protected by a buy, a short by a sell."""
    was = bent.practice.protects
    return bent.practising(protects=lambda side: was("short" if side == "long" else "long"))


# Fees: of trades (A4, A9, R5, R17) and of the loan (B6)


def _no_fee(*_: object) -> Decimal:
    return ZERO


@operator(
    "A4, A9",
    "You left the trading fees out.",
    "They are small.",
    "But opening and closing are trades, and each costs its fee",
)
def trading_fee_left_out(bent: Bent) -> Bent:
    """A position's trades are free."""
    return bent.practising(opening_trade=_no_fee, closing_trade=_no_fee)


@operator(
    "A9",
    "The fee of the closing is missing.",
    "A fee was paid at opening already.",
    "But the closing is a trade, as the opening was",
)
def closing_fee_forgotten(bent: Bent) -> Bent:
    """Only the opening costs a trading fee."""
    return bent.practising(closing_trade=_no_fee)


@operator(
    "A4",
    "The fee of the opening is missing.",
    "It seems long ago.",
    "But a trade took place then, too",
)
def opening_fee_forgotten(bent: Bent) -> Bent:
    """Only the closing costs a trading fee."""
    return bent.practising(opening_trade=_no_fee)


@operator(
    "A9",
    "You took the closing's fee on the opening price.",
    "The first fee was on that.",
    "But each fee is on what its own trade was worth, at its own price",
)
def closing_fee_on_the_opening_price(bent: Bent) -> Bent:
    """Both trades cost the same."""
    return bent.practising(closing_trade=lambda lot, volume, _price, rate: volume * lot.open_price * rate)


@operator(
    "A4",
    "You took the trading fees on what you put up.",
    "That is your own part of it.",
    "But a fee is on the whole trade, at any leverage",
)
def trading_fee_on_the_margin(bent: Bent) -> Bent:
    """Trading fees divided by the leverage."""
    was = bent.practice
    return bent.practising(
        opening_trade=lambda lot, rate: quotient(was.opening_trade(lot, rate), lot.leverage, 10),
        closing_trade=lambda lot, volume, price, rate: quotient(
            was.closing_trade(lot, volume, price, rate), lot.leverage, 10
        ),
    )


@operator(
    "R17",
    "You took the ordinary order for free.",
    "It is there to save a fee.",
    "But it has its own trading fee, as every trade has",
)
def order_fee_forgotten(bent: Bent) -> Bent:
    """An ordinary order costs nothing."""
    return bent.practising(order_trade=_no_fee)


@operator(
    "R5",
    "You charged a trading fee for the settlement.",
    "Closing has one.",
    "But you pay back what was extended, and no trade takes place",
)
def fee_on_settling(bent: Bent) -> Bent:
    """A trading fee on what is settled, at the opening price."""
    return bent.practising(settling_trade=lambda state, lot, volume: volume * lot.open_price * state.fees["trading"])


@operator(
    "R5",
    "You charged a trading fee for the settlement, at the price now.",
    "Closing has one.",
    "But you pay back what was extended, and no trade takes place",
)
def settlement_charged(bent: Bent) -> Bent:
    """A trading fee on what is settled, at the price now."""
    return bent.practising(
        settling_trade=lambda state, lot, volume: volume * state.prices[lot.pair] * state.fees["trading"]
    )


@operator(
    "B6",
    "The opening fee is missing.",
    "Rollovers go on and on, and hide it.",
    "But it is charged once, before any rollover",
)
def opening_rate_left_out(bent: Bent) -> Bent:
    """Only rollovers cost anything."""
    return bent.practising(opening_fee=_no_fee)


@operator(
    "B6, R21",
    "You left the rollovers out.",
    "The loan seems paid for with its opening fee.",
    "But a rollover falls due for every full {rollover_hours} hours after it",
)
def rollovers_left_out(bent: Bent) -> Bent:
    """Only the opening costs anything."""
    return bent.practising(rollover_fee=_no_fee)


@operator(
    "B6",
    "You took opening fee and rollovers on what you put up.",
    "That is your own part of it.",
    "But they are on all that was extended, at any leverage",
)
def fee_on_the_margin(bent: Bent) -> Bent:
    """Fees of the loan divided by the leverage."""
    was = bent.practice
    return bent.practising(
        opening_fee=lambda state, lot, rate: quotient(was.opening_fee(state, lot, rate), lot.leverage, 10),
        rollover_fee=lambda lot, price: quotient(was.rollover_fee(lot, price), lot.leverage, 10),
    )


@operator(
    "B6",
    "You took the other side's price for the rollovers.",
    "One price for all of it would be simpler.",
    "A short's are on what its coins cost now, a long's on what was extended at opening",
)
def rollover_on_the_opening_price(bent: Bent) -> Bent:
    """A short's rollover is fixed, and a long's moves."""
    return bent.practising(
        rollover_fee=lambda lot, price: lot.volume * (price if lot.side == "long" else lot.open_price) * lot.rollover
    )


@operator(
    "B6",
    "You took the rates of the other currency.",
    "It is the one in which the fees are paid, or that you bought.",
    "What counts is what was extended: a long borrows the quote currency, a short the coin",
)
def rates_of_the_quote(bent: Bent) -> Bent:
    """A long has the coin's rates, a short the quote currency's."""
    was = bent.practice.lent_currency
    return bent.practising(lent_currency=lambda side, pair: was("short" if side == "long" else "long", pair))


def _waiting(bent: Bent, hours: Callable[[Decimal, Decimal], Decimal]) -> Bent:
    """Every wait of other hours, which hang on its own and a rollover's."""
    period = bent.book.rollover_hours
    steps = (
        step.replaced(hours=hours(step.hours, period)) if isinstance(step, Wait) else step
        for step in bent.scenario.steps
    )
    return bent.of(steps=tuple(steps))


def _every(bent: Bent, hours: int) -> Bent:
    return bent._replace(book=bent.book.replaced(rollover_hours=Decimal(hours)))


@operator(
    "B6",
    "You counted a rollover for every hour.",
    "The time is given in hours.",
    "One falls due for every full {rollover_hours} hours",
)
def rollover_every_hour(bent: Bent) -> Bent:
    """The rate is taken hourly."""
    return _every(bent, 1)


@operator(
    "B6",
    "You counted one rollover a day.",
    "Interest is often told by the day.",
    "One falls due for every full {rollover_hours} hours, {24 / rollover_hours | words} a day",
)
def rollover_once_a_day(bent: Bent) -> Bent:
    """The rate is taken daily."""
    return _every(bent, 24)


@operator(
    "B6",
    "You counted a rollover for hours that are not full yet.",
    "Elsewhere a period that has begun counts.",
    "It falls due when {rollover_hours} hours are over",
)
def rollover_for_a_part(bent: Bent) -> Bent:
    """A part of a period costs as much as a whole one."""
    return _waiting(bent, lambda hours, period: hours + (period - hours % period) % period)


@operator(
    "B6",
    "You charged a part of a period.",
    "Interest is often counted to the day.",
    "A rollover falls due only when its {rollover_hours} hours are full",
)
def rollover_in_parts(bent: Bent) -> Bent:
    """Hours ÷ a period's, with its decimals."""
    was, period = bent.practice.rollover_fee, bent.book.rollover_hours
    return _every(bent, 1).practising(rollover_fee=lambda lot, price: quotient(was(lot, price), period, 20))


@operator(
    "B6, R21",
    "You took the rollover once.",
    "A rate looks like the whole cost.",
    "It falls due again for every full {rollover_hours} hours",
)
def rollover_taken_once(bent: Bent) -> Bent:
    """One rollover, however long it lasts."""
    return _waiting(bent, min)


# Names from before, which files may have: what was written for one lesson is the same rule bent.
for _name, _aliases in {
    "other_side": "result_turned_round sign_turned_round short_as_a_long divided_and_turned_round "
    "multiplied_and_turned_round",
    "leverage_multiplies": "open_result_times_leverage limit_times_leverage return_times_leverage",
    "proceeds_kept": "sale_kept",
    "result_left_out": "liquidation_without_loss",
    "settled_the_margin_only": "owed_is_the_margin possible_with_leverage missing_of_the_margin",
    "settled_at_the_price_now": "possible_at_the_price_now missing_at_the_price_now",
    "fee_on_top": "fee_of_what_is_covered converted_on_what_is_missing",
    "highest_fee_for_all": "even_at_the_highest_rate",
    "lowest_fee_for_all": "even_at_the_lowest_rate",
    "margin_is_the_cost": "return_on_the_cost margin_is_the_opening_cost",
    "margin_of_the_other_side": "short_margin_kept long_margin_moved",
    "filled_at_the_trigger": "stop_at_its_trigger",
    "closing_fee_forgotten": "closing_fee_left_out",
    "closing_fee_on_the_opening_price": "closing_fee_at_the_opening_price",
    "rollover_in_parts": "rollover_in_parts_on_the_opening_price",
}.items():
    MISTAKES.alias(_name, *_aliases.split())

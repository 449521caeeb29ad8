"""Ways out of a position: what lesson 06 asks, wrong models that people hold, and its drills."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import NamedTuple

from marginlib.engine.amounts import ZERO, plain, rounded
from marginlib.engine.derivation import fraction
from marginlib.engine.errors import Refusal
from marginlib.engine.scenario import Trade
from marginlib.engine.story import Story
from marginlib.quiz.asking import Ask, Case, answers, hints, once, shows
from marginlib.quiz.drills import QuestionData, drill, pick
from marginlib.quiz.mistakes import mistake
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import listed, money, number, percent
from marginlib.ways_out import advice
from marginlib.ways_out.break_even import break_even_fee
from marginlib.ways_out.plans import Plan, Way, WayName, dust, plan, tied, way_out, which

NOT_OPEN = "not open"


@once
def _planned(story: Story) -> Plan:
    """The plan for the position that a story leaves open.

    Raises:
        ValueError: nothing is open, or a step was refused.
    """
    try:
        return plan(story)
    except Refusal as refusal:
        raise ValueError(str(refusal)) from None


def _quote(story: Story, _of: str) -> str:
    return _planned(story).currency


@answers("cost", alone=True, unit=_quote)  # the opening's fee is past: the way begins after it
def _cost(story: Story, of: str) -> Decimal | str:
    """What a way costs beside the loss, in QUOTE."""
    name = _way(of)
    try:
        found = way_out(story, which(story), name)
    except Refusal as refusal:
        raise ValueError(str(refusal)) from None
    return NOT_OPEN if found.cost is None else story.final.round(found.pair.partition("/")[2], found.cost)


def _way(name: str) -> WayName:
    for known in ("close", "buy", "deposit", "settle"):
        if name == known:
            return known
    raise ValueError(f"there is no way '{name}'; known: close, buy, deposit, settle")


@answers("saved", slow=True, alone=True, of="nothing", unit=_quote)
def _saved(story: Story, _of: str) -> Decimal | str:
    """What the cheapest way with what there is costs less than closing now, in QUOTE."""
    pair, costs = _costs_with_what_there_is(story)
    direct, best = costs["close"], costs[_least(story, pair, costs) or "close"]
    return NOT_OPEN if direct is None or best is None else story.final.round(pair.partition("/")[2], direct - best)


def _costs_with_what_there_is(story: Story) -> tuple[str, dict[WayName, Fraction | None]]:
    """The pair, and what each way costs that needs nothing from outside: a deposit takes long to try, and is none."""
    try:
        pair = which(story)
        direct = way_out(story, pair, "close")
        others = (way_out(story, pair, "buy", direct=direct), way_out(story, pair, "settle"))
    except Refusal as refusal:
        raise ValueError(str(refusal)) from None
    return pair, {way.name: way.cost for way in (direct, *others)}


def _least(story: Story, pair: str, costs: dict[WayName, Fraction | None]) -> WayName | None:
    """The cheapest of them, as a plan has it."""
    return next(iter(tied(costs.items(), dust(story.final, pair))), None)


@answers("even", slow=True, alone=True, of="nothing", unit=lambda _story, _of: "%")
def _even(story: Story, _of: str) -> Decimal | str:
    """The trading fee at which closing now and buying first cost the same, in percent."""
    even = break_even_fee(story)
    return NOT_OPEN if even is None else even * 100


@answers("cheapest", alone=True, of="nothing")
def _cheapest(story: Story, _of: str) -> str:
    """The way that costs least with what there is."""
    return _least(story, *_costs_with_what_there_is(story)) or NOT_OPEN


@answers("open_ways", alone=True, of="nothing")
def _open_ways(story: Story, _of: str) -> list[str]:
    """The ways that nothing closes."""
    return [way.name for way in _planned(story).ways if not way.closed]


@shows("cost", "saved", "cheapest", "open_ways", "even")
def _told(story: Story, ask: Ask) -> list[str]:
    """The way to an answer: one way out told whole, or all four with what each costs."""
    ways = _planned(story)
    name = ask.name
    told = [f"{advice.standing(ways, story.final)} {_lacking(ways, story)}"]
    if name == "cost":
        way = ways.way(_way(ask.of))
        return [*told, *_followed(way, ways), *filter(None, [advice.cost(way)])]
    for way in ways.ways:
        said = [advice.cost(way) or advice.followed(way)[0]]
        if name == "saved" and way.name in ("close", "buy") and not way.closed:
            said = [*_followed(way, ways), *said]
        told += [f"{advice.named(way.name, ways.currency)}: {said[0][:1].lower()}{said[0][1:]}", *said[1:]]
    if name == "even":
        return [*told, *advice.turning(ways, story.final.fees["trading"], break_even_fee(story), (None, None))]
    return told if name == "open_ways" else [*told, advice.answer(ways)]


def _followed(way: Way, ways: Plan) -> list[str]:
    """What happens on a way; before an order, how much has to go for what is missing."""
    told, orders = advice.followed(way), [step for step in way.steps if isinstance(step, Trade)]
    quote, fee, missing = ways.currency, way.before.fees["trading"], _missing(ways)
    if not orders or not missing or any(step.pair.partition("/")[2] != quote or step.side == "buy" for step in orders):
        return told
    sold = money(fraction(missing) / fraction(1 - fee), quote)
    return [f"What has to be sold: {money(missing, quote)} ÷ {number(1 - fee, 6)} = {sold} (A1, R17).", *told]


def _lacking(ways: Plan, story: Story) -> str:
    quote = ways.currency
    have, missing = money(story.final.balance(quote), quote), money(_missing(ways), quote)
    return f"You have {have}, so {missing} are missing (R13)."


@hints("cost", "saved", "even")
def _first(story: Story, ask: Ask) -> str:
    """What to think of first: what is missing, or what hangs on the trading fee."""
    if ask.name == "even":
        return "Converting costs the same at any trading fee; an order costs more, the higher it is (R16, R17)."
    ways = _planned(story)
    return f"{advice.standing(ways, story.final)} {_lacking(ways, story)}"


Reckoning = Callable[[Plan, Story], Fraction | Decimal | None]


def _other(case: Case, ask: Ask, wrong: dict[str, Reckoning]) -> Decimal | None:
    """A wrong reckoning by what is asked, in QUOTE; None where the model says nothing."""
    story = case.story
    if str(ask) not in wrong or story.error or not story.final.positions:
        return None
    ways = _planned(story)
    value = wrong[str(ask)](ways, story)
    return None if value is None else rounded(Fraction(value), story.final.rulebook.places(ways.currency))


def _costs(ways: Plan, name: WayName) -> Fraction:
    return ways.way(name).cost or Fraction(0)


def _spared(ways: Plan) -> Fraction:
    """What is saved, exactly."""
    return _costs(ways, "close") - _costs(ways, ways.cheapest or "close")


def _ordering(ways: Plan) -> Fraction:
    return ways.way("buy").parts.ordering


def _missing(ways: Plan) -> Decimal:
    """What other currencies would have to cover, in QUOTE."""
    takes = [take for each in ways.way("close").story.realised for take in each.cascade]
    return sum((take.covers for take in takes if take.fee_rate), ZERO)


def _bought_more(ways: Plan, amount: Decimal) -> Fraction | None:
    """What the orders would cost more, if they brought in another amount of QUOTE."""
    missing = _missing(ways)
    return _ordering(ways) * (Fraction(amount) / Fraction(missing) - 1) if missing and _ordering(ways) else None


@mistake("You counted the loss itself. It is there on every way; a way's cost is what comes on top of it (R11).")
def loss_is_a_cost(case: Case, ask: Ask) -> Decimal | None:
    """What a way costs is all that leaves the account."""
    return _other(
        case,
        ask,
        {
            "cost:close": lambda ways, _: _costs(ways, "close") - Fraction(ways.pnl),
            "cost:buy": lambda ways, _: _costs(ways, "buy") - Fraction(ways.pnl),
        },
    )


@mistake("You bought the whole loss. Your own quote currency bears a part: only the rest must be bought (R13, R17).")
def whole_loss_bought(case: Case, ask: Ask) -> Decimal | None:
    """An order for all that is lost."""

    def more(ways: Plan, _: Story) -> Fraction | None:
        return _bought_more(ways, -ways.pnl)

    return _other(case, ask, _ordered_otherwise(more))


@mistake("You bought what the whole position cost. Only what is missing for the loss has to be bought (R11, R17).")
def whole_position_bought(case: Case, ask: Ask) -> Decimal | None:
    """An order for all that was extended."""

    def more(ways: Plan, story: Story) -> Fraction | None:
        return _bought_more(ways, sum((lot.cost for lot in story.final.lots(ways.pair)), ZERO))

    return _other(case, ask, _ordered_otherwise(more))


def _ordered_otherwise(more: Callable[[Plan, Story], Fraction | None]) -> dict[str, Reckoning]:
    """The answers if orders cost so much more."""

    def cost(ways: Plan, story: Story) -> Fraction | None:
        extra = more(ways, story)
        return None if extra is None else _costs(ways, "buy") + extra

    def saved(ways: Plan, story: Story) -> Fraction | None:
        extra = more(ways, story)
        return None if extra is None or ways.cheapest != "buy" else _spared(ways) - extra

    return {"cost:buy": cost, "saved": saved}


@mistake(
    "You bought the closing's fee as well. A coin pays it at the plain rate; only the loss needs buying (A4, R13)."
)
def closing_fee_bought(case: Case, ask: Ask) -> Decimal | None:
    """What is missing counts the closing's fee."""

    def cost(ways: Plan, _: Story) -> Fraction | None:
        fee = rounded(ways.way("buy").parts.closing, 10)
        extra = _bought_more(ways, _missing(ways) + fee)
        return None if extra is None else _costs(ways, "buy") + extra

    return _other(case, ask, {"cost:buy": cost})


@mistake("You took the conversion's rate for the order. An order is a trade, and pays the trading fee (R16, R17).")
def order_at_the_conversion_rate(case: Case, ask: Ask) -> Decimal | None:
    """To buy first costs what the conversions would."""
    return _other(case, ask, {"cost:buy": lambda ways, _: _costs(ways, "close") if _ordering(ways) else None})


@mistake(
    "You took the conversion's rate, of what is missing. An order is a trade, and pays the trading fee (R16, R17)."
)
def order_at_the_conversion_rate_of_what_is_missing(case: Case, ask: Ask) -> Decimal | None:
    """The same, with the fee on top."""

    def cost(ways: Plan, _: Story) -> Fraction | None:
        takes = [take for each in ways.way("close").story.realised for take in each.cascade]
        on_top = Fraction(sum((take.covers * take.fee_rate for take in takes), ZERO))
        return _costs(ways, "buy") - _ordering(ways) + on_top if _ordering(ways) else None

    return _other(case, ask, {"cost:buy": cost})


@mistake("You converted the whole loss. Your own quote currency bears a part: only the rest is converted (R13, R16).")
def whole_loss_converted(case: Case, ask: Ask) -> Decimal | None:
    """The balance of QUOTE is forgotten."""

    def converting(ways: Plan, story: Story) -> Fraction | None:
        spared = story.final.copy()
        spared.balances[ways.currency] = ZERO
        way = way_out(replace(story, final=spared), ways.pair, "close")
        return None if way.closed or way.unpaid else way.parts.converting

    def cost(ways: Plan, story: Story) -> Fraction | None:
        fees = converting(ways, story)
        return None if fees is None else ways.way("close").parts.closing + fees

    def saved(ways: Plan, story: Story) -> Fraction | None:
        fees, extra = converting(ways, story), _bought_more(ways, -ways.pnl)
        return None if fees is None or extra is None or ways.cheapest != "buy" else fees - _ordering(ways) - extra

    return _other(case, ask, {"cost:close": cost, "saved": saved})


@mistake("That is what the order costs. What it saves is the fee of converting, less that (R16, R17).")
def order_fee_is_the_saving(case: Case, ask: Ask) -> Decimal | None:
    """The order's fee for an answer."""
    return _other(case, ask, {"saved": lambda ways, _: _ordering(ways) if ways.cheapest == "buy" else None})


@mistake("That is the closing's fee alone. Closing now converts as well, and that fee is saved, too (R5, R16).")
def closing_fee_is_the_saving(case: Case, ask: Ask) -> Decimal | None:
    """Settling saves a trade, and nothing else."""
    return _other(
        case,
        ask,
        {"saved": lambda ways, _: ways.way("close").parts.closing if ways.cheapest == "settle" else None},
    )


@mistake("You counted conversions, too. What is bought before the closing needs no conversion in it (R17).")
def converted_as_well(case: Case, ask: Ask) -> Decimal | None:
    """An order comes on top of the conversions."""
    return _other(case, ask, {"cost:buy": lambda ways, _: _costs(ways, "buy") + ways.way("close").parts.converting})


@mistake("You counted the closing's fee in one of the two only. It is the same on both, and drops out (A9).")
def closing_fee_on_one_side(case: Case, ask: Ask) -> Decimal | None:
    """Only buying first pays for the closing."""
    return _other(
        case,
        ask,
        {"saved": lambda ways, _: _spared(ways) - ways.way("buy").parts.closing if ways.cheapest == "buy" else None},
    )


@mistake("That is the fee of the first conversion only. The next balance is converted as well (R13, R16).")
def first_balance_only(case: Case, ask: Ask) -> Decimal | None:
    """Stop after one conversion."""

    def rest(ways: Plan) -> Fraction | None:
        fees = [take.fee for each in ways.way("close").story.realised for take in each.cascade if take.fee]
        return Fraction(sum(fees[1:], ZERO)) if len(fees) > 1 else None

    def without(whole: Callable[[Plan], Fraction]) -> Reckoning:
        def value(ways: Plan, _: Story) -> Fraction | None:
            left_out = rest(ways)
            return None if left_out is None else whole(ways) - left_out

        return value

    return _other(case, ask, {"cost:close": without(lambda ways: _costs(ways, "close")), "saved": without(_spared)})


@mistake("That is what buying first saves. To settle is open here, and costs nothing at all (R3, R5).")
def bought_instead_of_settled(case: Case, ask: Ask) -> Decimal | None:
    """Settling is overlooked."""
    return _other(
        case,
        ask,
        {
            "saved": lambda ways, _: (
                _costs(ways, "close") - _costs(ways, "buy")
                if ways.cheapest == "settle" and not ways.way("buy").closed
                else None
            )
        },
    )


@mistake("That is the trading fee as it is. Asked is the one at which an order costs what converting costs (R16, R17).")
def even_at_the_fee_now(case: Case, ask: Ask) -> Decimal | None:
    """The present trading fee."""
    return case.scenario.fees.trading * 100 if ask == Ask("even") else None


def _rate(case: Case, ask: Ask) -> Decimal | None:
    """The one rate at which closing now would convert."""
    story = case.story
    if ask != Ask("even") or story.error or not story.final.positions:
        return None
    takes = [take for each in _planned(story).way("close").story.realised for take in each.cascade]
    rates = {take.fee_rate for take in takes if take.fee_rate}
    return rates.pop() if len(rates) == 1 else None


@mistake("You took the closing's fee off. It is paid on both ways, and moves nothing between them (A9).")
def even_less_the_closing(case: Case, ask: Ask) -> Decimal | None:
    """Conversion rate minus the trading fee."""
    rate = _rate(case, ask)
    return None if rate is None else (rate - case.scenario.fees.trading) * 100


@mistake("You halved it, for two trades. The closing's fee is paid on both ways; only the order is one more (A9, R17).")
def even_halved(case: Case, ask: Ask) -> Decimal | None:
    """Half of the conversion rate."""
    rate = _rate(case, ask)
    return None if rate is None else rate * 50


_OTHER_CLASS = "That rate is for another conversion: it depends on what becomes what: cash, BTC or ETH, the rest (R16)."


@mistake("You took the fee on top. A sale's fee comes out of what it brings, as a conversion's does (A1).")
def even_on_top(case: Case, ask: Ask) -> Decimal | None:
    """Rate / (1 - rate)."""
    rate = _rate(case, ask)
    return None if rate is None else rounded(Fraction(rate) / Fraction(1 - rate) * 100, 4)


_COINS = {"DOGE": ("0.1", "120000"), "SOL": ("100", "120"), "ADA": ("0.5", "24000"), "USDT": ("0.8", "15000")}
"""Coins that convert at the highest rate: the price in EUR, and a balance that bears any of these positions."""


class _Position(NamedTuple):
    """A position's volume in BTC, its opening price and the price now in EUR, and the trading fee as a share."""

    volume: str
    opened: int
    now: int
    fee: Decimal


def _question(
    side: str, has: _Position, euros: Decimal, funds: dict[str, str], question: str, ask: str, mistakes: list[str]
) -> QuestionData:
    """A drill about a position in BTC/EUR that is open at a loss."""
    volume, opened, now, fee = has
    funds = {"EUR": plain(max(euros, ZERO)), **funds}
    coins = [code for code in funds if code in _COINS]
    before = {code: plain(Decimal(amount)) for code, amount in funds.items()}
    before["EUR"] = plain(Decimal(funds["EUR"]) + Decimal(volume) * opened * fee)  # the opening's fee is paid already
    have = listed([money(Decimal(amount), code) for code, amount in funds.items() if Decimal(amount)])
    rates = "".join(f" 1 {code} is {_COINS[code][0]} EUR." for code in coins)
    opening = "bought" if side == "long" else "sold"
    return {
        "kind": "number",
        "text": f"You have {have}, and a {side} of {volume} BTC, {opened_at(opening, opened)}. BTC is at {now:,} EUR "
        f"now.{rates} Every trade costs {percent(fee)}. {question}",
        "ask": ask,
        "unit": "EUR",
        "tolerance": "0.01",
        "scenario": {
            "balances": before,
            "prices": {"BTC/EUR": str(opened), **{f"{code}/EUR": _COINS[code][0] for code in coins}},
            "fees": {"trading": plain(fee)},
            "valuation": "EUR",
            "steps": [
                {"do": "open", "pair": "BTC/EUR", "side": side, "volume": volume, "leverage": 5},
                {"do": "price", "pair": "BTC/EUR", "price": str(now)},
            ],
        },
        "mistakes": mistakes,
    }


def opened_at(verb: str, price: int) -> str:
    """How a position came about, for a question.

    >>> opened_at("bought", 50000)
    'bought on margin at 50,000 EUR'
    """
    return f"{verb} on margin at {number(Decimal(price), 0)} EUR"


_CONVERSIONS = ("highest_fee_for_all", "lowest_fee_for_all", "middle_fee_for_all")


@drill("06")
def ways_out(random: Random, level: int) -> QuestionData:
    """Closing now, then buying first, then what that saves; at last a short, and whether it can be settled."""
    opened, fall = random.choice([(40000, 4000), (50000, 5000), (50000, 10000), (60000, 6000), (30000, 3000)])
    volume, fee = pick(random, "0.1", "0.2", "0.5"), Decimal(pick(random, "0.002", "0.004"))
    lost = Decimal(volume) * fall
    coin = random.choice(list(_COINS))
    funds = {coin: _COINS[coin][1]}
    kept, rates = 1 - fee, rulebook().conversion_fees
    of_coins, of_btc = 1 - rates["other"], 1 - rates["btc_eth_cash"]  # what is left of one that is converted
    has = _Position(volume, opened, opened - fall, fee)
    if level == 1:
        missing = Decimal(random.randrange(1, 41)) * 10 * of_coins
        question = "You close now. What does that cost you beside the loss, in EUR?"
        wrong = ["conversion_fee_left_out", "closing_fee_left_out", "converted_on_what_is_missing", "loss_is_a_cost"]
        wrong += ["whole_loss_converted", "closing_fee_at_the_opening_price"]
        return _question("long", has, lost - missing, funds, question, "cost:close", [*wrong, *_CONVERSIONS])
    if level == 2:
        missing = Decimal(random.randrange(1, 101)) * 5 * kept
        question = (
            f"You buy the euros that are missing first, with your {coin}, and then close. What does that cost you "
            "beside the loss, in EUR?"
        )
        wrong = ["order_fee_forgotten", "closing_fee_left_out", "whole_loss_bought", "converted_as_well"]
        wrong += ["whole_position_bought", "loss_is_a_cost", "closing_fee_at_the_opening_price", "closing_fee_bought"]
        wrong += ["order_at_the_conversion_rate", "order_at_the_conversion_rate_of_what_is_missing"]
        return _question("long", has, lost - missing, funds, question, "cost:buy", wrong)
    wrong = ["order_fee_forgotten", "closing_fee_on_one_side", "whole_loss_bought", "converted_on_what_is_missing"]
    if level == 3:
        own = pick(random, "0.002", "0.004", "0.005", "0.01")
        covered = Decimal(own) * (opened - fall) * of_btc
        # What BTC doesn't cover is what 20 cents of the coin bring, or a multiple of it, so that the conversion's fee
        # is round; the sum makes the order's round.
        sums = [Decimal(each) * kept for each in range(5, 1000, 5)]
        fits = [each for each in sums if covered < each < lost and not (each - covered) % (of_coins / 5)]
        missing = random.choice(fits or [lost])
        question = "How much do you save if you buy the missing euros before you close, in EUR?"
        wrong += ["first_balance_only", "highest_fee_for_all", "order_fee_is_the_saving", "whole_loss_converted"]
        return _question("long", has, lost - missing, {"BTC": own, **funds}, question, "saved", wrong)
    share = random.choice([Decimal("0.5"), Decimal("0.8"), Decimal(1), Decimal("1.2")])  # of the coins that are owed
    own = plain(Decimal(volume) * share)
    # Where settling is open, to buy is a mistake with an uneven number: small enough that rounding stays within a cent.
    missing = Decimal(random.randrange(1, 61 if share >= 1 else 201)) * 10 * of_btc * (1 if share >= 1 else kept)
    has = has._replace(now=opened + fall)
    question = "How much does the cheapest way out save against closing now, in EUR, if nothing is deposited?"
    last = ["bought_instead_of_settled", "settlement_charged", "settled_without_the_means", "order_fee_is_the_saving"]
    last += ["closing_fee_is_the_saving", "closing_fee_at_the_opening_price"]
    known = [*wrong, *last, "highest_fee_for_all"]
    return _question("short", has, lost - missing, {"BTC": own, **funds}, question, "saved", known)

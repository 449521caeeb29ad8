"""First in, first out: wrong models of which lot goes, and the drills of lesson 04."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

from marginlib.engine.amounts import ZERO, plain, quotient, rounded
from marginlib.engine.scenario import Close, Open, Settle
from marginlib.quiz.asking import Ask, Case
from marginlib.quiz.drills import QuestionData, StepData, drill, pick
from marginlib.quiz.mistakes import mistake
from marginlib.quiz.models import openings, swapped
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import listed, money


@mistake("That is what you'd get if the newest lot went first. The oldest goes first (R7, R8).")
def newest_first(case: Case, ask: Ask) -> Decimal | None:
    """Last in, first out."""
    opens = openings(case)
    turned = dict(zip(opens, reversed(opens.values()), strict=True))
    if ask.name in ("left", "pnl") and ask.of.isdigit():  # the lot now opens in another place
        ask = Ask(ask.name, str(len(opens) + 1 - int(ask.of)))
    return swapped(case, turned).number(ask)


@mistake("That is the average of all your opening prices. Each lot keeps its own price, and they go one by one (R12).")
def average_cost(case: Case, ask: Ask) -> Decimal | None:
    """One average price for all lots."""
    opens = openings(case)
    volume = sum((step.volume for step in opens.values()), ZERO)
    cost = sum((step.volume * (step.price or ZERO) for step in opens.values()), ZERO)
    if not volume:
        return None
    mean = quotient(cost, volume, 10)
    return swapped(case, {i: step.replaced(price=mean) for i, step in opens.items()}).number(ask)


@mistake("That counts only part of the lots: go on with the next oldest until the whole volume is done (R7, R8).")
def first_lot_only(case: Case, ask: Ask) -> Decimal | None:
    """The order ends no more than the oldest lot."""
    opens = openings(case)
    if len(opens) < 2:
        return None
    oldest = next(iter(opens.values())).volume
    steps = [step.replaced(volume=oldest) if isinstance(step, Close | Settle) else step for step in case.scenario.steps]
    return case.changed(steps).number(ask)


@mistake("That is the later lot alone. The first one ended too, and its result counts (R8, R12).")
def last_lot_only(case: Case, ask: Ask) -> Decimal | None:
    """Only the youngest of the lots that ended counts."""
    realised = case.story.realised
    return realised[-1].pnl if ask == Ask("pnl") and len(realised) > 1 else None


@mistake("That is what goes. What stays open is the rest of the lot (R8).")
def gone_instead(case: Case, ask: Ask) -> Decimal | None:
    """The ended part of a lot instead of the open one."""
    if ask.name != "left" or not ask.of.isdigit():
        return None
    volume = list(openings(case).values())[int(ask.of) - 1].volume
    left = case.number(ask)
    return None if left is None else volume - left


@mistake("You took the fee on what is covered. It is taken from what is converted: covered ÷ (1 − fee) (R16, A1).")
def fee_of_what_is_covered(case: Case, ask: Ask) -> Decimal | None:
    """Fee = covered x rate."""
    if ask != Ask("conversion_fees"):
        return None
    return sum((take.covers * take.fee_rate for r in case.story.realised for take in r.cascade), ZERO)


def _reordered(case: Case, ask: Ask, key: Callable[[Open], Decimal]) -> Decimal | None:
    """The answer if the lots had been opened sorted by something."""
    opens = openings(case)
    places = sorted(range(len(opens)), key=lambda place: key([*opens.values()][place]))
    turned = {index: [*opens.values()][place] for index, place in zip(opens, places, strict=True)}
    if ask.name in ("left", "pnl") and ask.of.isdigit():  # the lot now opens in another place
        ask = Ask(ask.name, str(places.index(int(ask.of) - 1) + 1))
    return swapped(case, turned).number(ask)


@mistake("You let the dearest lot go first. Prices don't matter: the oldest goes first (R7, R8).")
def dearest_first(case: Case, ask: Ask) -> Decimal | None:
    """The highest opening price first."""
    return _reordered(case, ask, lambda step: -(step.price or ZERO))


@mistake("You let the cheapest lot go first. Prices don't matter: the oldest goes first (R7, R8).")
def cheapest_first(case: Case, ask: Ask) -> Decimal | None:
    """The lowest opening price first."""
    return _reordered(case, ask, lambda step: step.price or ZERO)


@mistake("You took a share of every lot. They go one after the other, each whole before the next (R7, R8).")
def pro_rata(case: Case, ask: Ask) -> Decimal | None:
    """Every lot gives the same share."""
    last = case.scenario.steps[-1]
    opens = [*openings(case).values()]
    total = sum((step.volume for step in opens), ZERO)
    if not isinstance(last, Close | Settle) or not isinstance(last.volume, Decimal) or not total:
        return None
    share = quotient(last.volume, total, 12)
    if ask.name == "left" and ask.of.isdigit():
        return opens[int(ask.of) - 1].volume * (1 - share)
    if ask == Ask("pnl") and isinstance(last, Close):
        now = last.price or case.story.final.prices[last.pair]
        sides = (1 if step.side == "long" else -1 for step in opens)
        moves = [step.volume * (now - (step.price or ZERO)) * side for step, side in zip(opens, sides, strict=True)]
        return rounded(sum(moves, ZERO) * share, 4)
    return None


@mistake("You added profits and losses up first. Each lot goes by itself: a later profit comes too late (R12).")
def netted(case: Case, ask: Ask) -> Decimal | None:
    """One profit or loss for all lots together."""
    realised = case.story.realised
    ended = sum((each.volume for each in realised), ZERO)
    if len(realised) < 2:
        return None
    cost = sum((each.volume * each.position.open_price for each in realised), ZERO)
    mean = quotient(cost, ended, 10)
    opens = {index: step.replaced(price=mean) for index, step in openings(case).items()}
    return swapped(case, opens).number(ask)


@drill("04")
def first_in_first_out(random: Random, level: int) -> QuestionData:
    """Two lots, three lots, what is left of a queue or what settling it takes; then a loss before a profit."""
    count = 2 if level == 1 else 3
    prices = random.sample([40000, 42000, 44000, 46000, 48000, 52000, 54000, 56000], count)
    volumes = [pick(random, "0.1", "0.2", "0.3", "0.4") for _ in range(count)]
    now = 50000
    total = sum((Decimal(volume) for volume in volumes), ZERO)
    ended = Decimal(volumes[0]) + (total - Decimal(volumes[0])) * random.choice([Decimal("0.25"), Decimal("0.5")])
    kind, asked = "close", "pnl"
    euros = Decimal(60000)
    if level == 3:
        kind, asked = random.choice([("settle", "change:EUR"), ("close", "left:2")])
    if level == 4:
        asked = "conversion_fees"
        prices = [random.choice([52000, 54000, 56000]), *random.sample([40000, 42000, 44000, 46000, 48000], 2)]
        lost = Decimal(volumes[0]) * (prices[0] - now)
        covers = 40 * (1 - rulebook().conversion_fees["btc_eth_cash"])  # what 40 EUR of BTC bring
        euros = max(ZERO, lost - covers * random.randrange(2, 20))
    steps: list[StepData] = []
    for price, volume in zip(prices, volumes, strict=True):
        steps += [
            {"do": "price", "pair": "BTC/EUR", "price": str(price)},
            {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": volume, "leverage": 5},
        ]
    steps += [{"do": "price", "pair": "BTC/EUR", "price": str(now)}]
    steps += [{"do": kind, "pair": "BTC/EUR", "volume": plain(ended)}]
    bought = listed([f"{volume} BTC at {price:,} EUR" for price, volume in zip(prices, volumes, strict=True)])
    funds = {"EUR": plain(euros), "BTC": "1"}
    question = {
        "pnl": f"You close {plain(ended)} BTC at {now:,} EUR. What do you realise, in EUR? (A loss has a minus sign.)",
        "left:2": f"You close {plain(ended)} BTC at {now:,} EUR. How much of the second lot stays open, in BTC?",
        "change:EUR": f"BTC is at {now:,} EUR. You settle {plain(ended)} BTC. By how much does your EUR balance "
        "change? (Less has a minus sign.)",
        "conversion_fees": f"You close {plain(ended)} BTC at {now:,} EUR. What do conversions cost you, in EUR? "
        "BTC to EUR costs {btc_eth_cash | %}.",
    }[asked]
    return {
        "kind": "number",
        "text": f"You have {money(euros, 'EUR')} and 1 BTC. On margin you buy {bought}, in this order, without fees. "
        f"{question}",
        "ask": asked,
        "unit": "BTC" if asked == "left:2" else "EUR",
        "tolerance": "0.0001" if asked == "left:2" else "0.01",
        "scenario": {
            "balances": funds,
            "valuation": "EUR",
            "rules": {"initial_margin_check": False},
            "steps": steps,
        },
        "mistakes": {
            "pnl": ["newest_first", "average_cost", "first_lot_only", "dearest_first", "leverage_multiplies"],
            "left:2": ["newest_first", "pro_rata", "dearest_first", "cheapest_first"],
            "change:EUR": ["newest_first", "average_cost", "settled_at_the_price_now", "settled_the_margin_only"],
            "conversion_fees": ["netted", "quote_balance_forgotten", "highest_fee_for_all", "lowest_fee_for_all"],
        }[asked],
    }

"""First in, first out: wrong models of which lot goes, and the drills of lesson 04."""

from decimal import Decimal
from random import Random

from marginlib.engine.amounts import ZERO, plain
from marginlib.quiz.asking import Ask, Case
from marginlib.quiz.drills import QuestionData, StepData, drill, pick
from marginlib.quiz.mistakes import mistake
from marginlib.quiz.models import openings
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import listed, money


@mistake("That is what goes. What stays open is the rest of the lot (R8).")
def gone_instead(case: Case, ask: Ask) -> Decimal | None:
    """The ended part of a lot instead of the open one."""
    if ask.name != "left" or not ask.of.isdigit():
        return None
    volume = list(openings(case).values())[int(ask.of) - 1].volume
    left = case.number(ask)
    return None if left is None else volume - left


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
    coin, kind_of = "BTC", "btc_eth_cash"
    euros = Decimal(60000)
    if level == 3:
        kind, asked = random.choice([("settle", "change:EUR"), ("close", "left:2")])
    if level == 4:
        asked = "conversion_fees"
        prices = [random.choice([52000, 54000, 56000]), *random.sample([40000, 42000, 44000, 46000, 48000], 2)]
        lost = Decimal(volumes[0]) * (prices[0] - now)
        coin, kind_of = random.choice([("BTC", "btc_eth_cash"), ("DOGE", "other")])
        covers = 40 * (1 - rulebook().conversion_fees[kind_of])  # what 40 EUR of the coin bring
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
    funds = {"EUR": plain(euros), coin: "1" if coin == "BTC" else "400000"}
    have = "1 BTC" if coin == "BTC" else "400,000 DOGE (1 DOGE is 0.10 EUR)"
    question = {
        "pnl": f"You close {plain(ended)} BTC at {now:,} EUR. What do you realise, in EUR? (A loss has a minus sign.)",
        "left:2": f"You close {plain(ended)} BTC at {now:,} EUR. How much of the second lot stays open, in BTC?",
        "change:EUR": f"BTC is at {now:,} EUR. You settle {plain(ended)} BTC. By how much does your EUR balance "
        "change? (Less has a minus sign.)",
        "conversion_fees": f"You close {plain(ended)} BTC at {now:,} EUR. What do conversions cost you, in EUR? "
        f"{coin} to EUR costs {{{kind_of} | %}}.",
    }[asked]
    return {
        "kind": "number",
        "text": f"You have {money(euros, 'EUR')} and {have}. On margin you buy {bought}, in this order, without fees. "
        f"{question}",
        "ask": asked,
        "unit": "BTC" if asked == "left:2" else "EUR",
        "tolerance": "0.0001" if asked == "left:2" else "0.01",
        "scenario": {
            "balances": funds,
            "prices": {} if coin == "BTC" else {"DOGE/EUR": "0.1"},
            "valuation": "EUR",
            "rules": {"initial_margin_check": False},
            "steps": steps,
        },
        "mistakes": {
            "pnl": ["newest_first", "average_cost", "first_lot_only", "dearest_first", "leverage_multiplies"],
            "left:2": ["newest_first", "pro_rata", "dearest_first", "cheapest_first"],
            "change:EUR": ["newest_first", "average_cost", "settled_at_the_price_now", "settled_the_margin_only"],
            "conversion_fees": [
                *("netted", "quote_balance_forgotten"),
                *("highest_fee_for_all", "lowest_fee_for_all", "middle_fee_for_all"),
            ],
        }[asked],
    }

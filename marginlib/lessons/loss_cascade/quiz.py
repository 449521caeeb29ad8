"""The loss cascade: wrong models of what a loss takes, and the drills of lesson 05."""

from decimal import Decimal
from random import Random

from marginlib.engine.account import Take
from marginlib.engine.amounts import ZERO, plain
from marginlib.engine.rulebook import FeeClass
from marginlib.quiz.asking import Ask, Case
from marginlib.quiz.drills import QuestionData, StepData, drill, pick
from marginlib.quiz.mistakes import mistake
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import listed, money


def _one_take(case: Case, ask: Ask) -> Take | None:
    """The single converted deduction that a ``taken:`` question is about."""
    takes = [take for r in case.story.realised for take in r.cascade if take.currency == ask.of and take.fee_rate]
    return takes[0] if ask.name == "taken" and len(takes) == 1 else None


@mistake("That is the amount in the quote currency. Divide it by the coin's price, less the fee (R16, A1).")
def left_in_the_quote_currency(case: Case, ask: Ask) -> Decimal | None:
    """What a deduction covers, instead of what is taken."""
    take = _one_take(case, ask)
    return take.covers if take else None


@mistake("That is what gets covered. What stays unpaid is the loss less that (A5).")
def covered_instead(case: Case, ask: Ask) -> Decimal | None:
    """The sum of what the balances cover."""
    if ask != Ask("unpaid"):
        return None
    return sum((take.covers for r in case.story.realised for take in r.cascade), ZERO)


@mistake("That is the fee of the first conversion only. The next balance is converted as well (R13, R16).")
def first_conversion_only(case: Case, ask: Ask) -> Decimal | None:
    """Stop after one conversion."""
    fees = [take.fee for r in case.story.realised for take in r.cascade if take.fee]
    return fees[0] if ask == Ask("conversion_fees") and len(fees) > 1 else None


_CONVERTED: list[tuple[FeeClass, int]] = [
    *(("other", worth) for worth in (40, 60, 80, 100, 120, 160, 200)),
    ("btc_eth_cash", 200),
    ("cash_cash", 200),
    ("other", 300),
    ("btc_eth_cash", 400),
    ("cash_cash", 400),
    ("other", 500),
]
"""What is converted, and at which fee: what is missing is chosen so that these come out round."""


def _said(pair: str, rate: str) -> str:
    base, quote = pair.split("/")
    return f"1 {base} is {rate} {quote}"


@drill("05")
def loss_cascade(random: Random, level: int) -> QuestionData:
    """A long position in BTC/EUR is closed at a loss; more balances with each level."""
    volume = pick(random, "0.1", "0.2", "0.5")
    start, fall = random.choice([(40000, 2000), (50000, 4000), (50000, 10000), (60000, 6000), (30000, 3000)])
    after = start - fall
    loss = Decimal(volume) * fall
    fees = rulebook().conversion_fees
    euros = loss - random.choice([worth * (1 - fees[kind]) for kind, worth in _CONVERTED])
    other, price = random.choice([("USDT", "0.8"), ("DOGE", "0.1"), ("SOL", "100"), ("USD", "0.8"), ("ADA", "0.5")])
    rich = {"USDT": "2000", "DOGE": "20000", "SOL": "20", "USD": "2000", "ADA": "4000"}[other]
    balances = {"EUR": plain(max(euros, ZERO)), other: rich}
    prices = {"BTC/EUR": str(start)}
    prices |= {"EUR/USD": "1.25"} if other == "USD" else {f"{other}/EUR": price}
    if level >= 2:
        balances |= {"BTC": pick(random, "0.001", "0.002")}
    if level >= 3:
        balances |= {"GBP": pick(random, "20", "40")}
        prices |= {"GBP/EUR": "1.25"}
    if level >= 4:
        balances |= {"XMR": "1"}
        prices |= {"XMR/EUR": "200"}
    asked = random.choice([f"taken:{other}", "conversion_fees"])
    if level >= 4 and random.random() < 0.6:
        asked = "unpaid"
        balances[other] = {"USDT": "100", "DOGE": "1000", "SOL": "2", "USD": "125", "ADA": "200"}[other]
    have = listed([money(Decimal(amount), code) for code, amount in balances.items()])
    rates = listed([_said(pair, rate) for pair, rate in prices.items() if pair != "BTC/EUR"])
    what = {
        "unpaid": "How much of the loss stays unpaid?",
        "conversion_fees": "What do the conversions cost in all, in EUR?",
    }.get(asked, f"How many {other} are taken?")
    steps: list[StepData] = [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": volume, "leverage": 5},
        {"do": "price", "pair": "BTC/EUR", "price": str(after)},
        {"do": "close", "pair": "BTC/EUR", "volume": "all"},
    ]
    return {
        "kind": "number",
        "text": f"You have {have}. You buy {volume} BTC on margin at {start:,} EUR and close at {after:,} EUR. "
        f"{rates}. {what}",
        "ask": asked,
        "unit": other if asked.startswith("taken") else "EUR",
        "tolerance": "0.01",
        "scenario": {
            "balances": balances,
            "prices": prices,
            "valuation": "EUR",
            "rules": {"initial_margin_check": False},
            "steps": steps,
        },
        "mistakes": [
            "conversion_fee_left_out",
            "fee_on_top",
            "highest_fee_for_all",
            "lowest_fee_for_all",
            "price_before_the_move",
            "base_last",
            "quote_balance_forgotten",
            "left_in_the_quote_currency",
            "first_conversion_only",
            "covered_instead",
            "other_funds_spared",
            "one_for_one",
        ],
    }

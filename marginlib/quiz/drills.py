"""Endless questions of a lesson's kind, from a seed. The same seed and level always give the same question.

A lesson's generator takes a random source and a level from 1 and makes a question with numbers that a person can work
with. :func:`make` tries until the scenario isn't refused, the answer is no ugly number, and at least three recognised
mistakes lead to other answers than the right one, and than each other.
"""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from marginlib.engine.amounts import ZERO, plain
from marginlib.quiz.question import Question
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import listed, money

LEVELS = 4
_TRIES = 4000
Generator = Callable[[Random, int], dict[str, Any]]
GENERATORS: dict[str, Generator] = {}


def drill(lesson: str) -> Callable[[Generator], Generator]:
    """Register the generator of a lesson's drills: it returns a question as data (see Question)."""

    def register(generator: Generator) -> Generator:
        GENERATORS[lesson] = generator
        return generator

    return register


def make(lesson: str, seed: int, level: int = 1) -> Question:
    """A lesson's drill for a seed, at a level from 1 (one lot, one currency) to 4.

    Raises:
        KeyError: the lesson has no drills.

    >>> make("05", 7).text == make("05", 7).text
    True
    """
    for attempt in range(_TRIES):
        question = Question.model_validate(GENERATORS[lesson](Random(f"{lesson} {seed} {level} {attempt}"), level))
        if usable(question):
            return question
    raise AssertionError(f"lesson {lesson}, seed {seed}, level {level}: no usable drill in {_TRIES} tries")


def usable(question: Question) -> bool:
    """Whether a person can work with it: a round answer, and three mistakes that can be told apart."""
    if question.kind != "number":
        return bool(question.right)
    right = question.answer
    if not isinstance(right, Decimal) or not right or not _round(right, question.unit):
        return False
    values = [right, *question.wrong.values()]
    apart = all(abs(a - b) > 2 * question.tolerance for i, a in enumerate(values) for b in values[:i])
    return apart and len(question.wrong) >= 3


def _round(value: Decimal, unit: str) -> bool:
    """Few digits: at most two decimals, or, where it isn't cash, four digits in all."""
    digits = value.normalize()
    few = len(digits.as_tuple().digits) <= 4 and unit not in rulebook().cash
    return int(digits.as_tuple().exponent) >= -2 or few


def pick(random: Random, *choices: str) -> str:
    """One of a few texts."""
    return random.choice(choices)


def _said(pair: str, rate: str) -> str:
    base, quote = pair.split("/")
    return f"1 {base} is {rate} {quote}"


@drill("05")
def loss_cascade(random: Random, level: int) -> dict[str, Any]:
    """A long position in BTC/EUR is closed at a loss; more balances with each level."""
    volume = pick(random, "0.1", "0.2", "0.5")
    start, fall = random.choice([(40000, 2000), (50000, 4000), (50000, 10000), (60000, 6000), (30000, 3000)])
    after = start - fall
    loss = Decimal(volume) * fall
    euros = loss - random.choice([Decimal(n) for n in (38, 57, 76, 95, 114, 152, 190, 195, 197, 285, 390, 394, 475)])
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
    steps = [
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
            "base_by_the_list",
            "quote_balance_forgotten",
            "left_in_the_quote_currency",
            "first_conversion_only",
            "covered_instead",
            "other_funds_spared",
            "one_for_one",
        ],
    }


@drill("01")
def borrowing(random: Random, level: int) -> dict[str, Any]:
    """A position in BTC/EUR: its profit or loss; then what is tied up, what is free, and the margin level."""
    side, volume = pick(random, "long", "short"), pick(random, "0.1", "0.2", "0.3", "0.4", "0.5")
    price, leverage = random.choice([30000, 40000, 50000, 60000]), random.choice([2, 3, 4, 5, 8, 10])
    move = random.choice([-20, -10, -5, 5, 10, 20])
    funds, after = random.randrange(3000, 30001, 500), price + price * move // 100
    asked, question, unit, mistakes = [
        ("pnl", "You close there. What is your profit, in EUR? (A loss has a minus sign.)", "EUR",
         ["leverage_multiplies", "leverage_divides", "profit_in_base", "wrong_sign"]),
        ("used_margin", "What is your used margin now?", "EUR",
         ["margin_is_the_cost", "margin_is_the_opening_cost", "margin_of_the_balance", "margin_of_the_other_side",
          "free_margin_instead"]),
        ("free_margin", "What is your free margin now?", "EUR",
         ["open_result_left_out", "open_result_times_leverage", "used_margin_left_out", "margin_is_the_cost",
          "margin_of_the_other_side", "used_margin_instead"]),
        ("level", "What is your margin level now, in percent?", "%",
         ["open_result_left_out", "open_result_times_leverage", "margin_is_the_cost", "level_upside_down",
          "margin_of_the_other_side", "level_of_free_margin"]),
    ][level - 1]  # fmt: skip
    steps: list[dict[str, Any]] = [
        {"do": "open", "pair": "BTC/EUR", "side": side, "volume": volume, "leverage": leverage},
        {"do": "price", "pair": "BTC/EUR", "price": str(after)},
    ]
    steps += [{"do": "close", "pair": "BTC/EUR", "volume": "all"}] if level == 1 else []
    trade = "buy" if side == "long" else "sell"
    return {
        "kind": "number",
        "text": f"You have {funds:,} EUR and {trade} {volume} BTC on margin at {price:,} EUR with {leverage}× "
        f"leverage. The price {'rises' if move > 0 else 'falls'} to {after:,} EUR. {question}",
        "ask": asked,
        "unit": unit,
        "tolerance": "0.1" if unit == "%" else "0.01",
        "scenario": {"balances": {"EUR": str(funds)}, "prices": {"BTC/EUR": str(price)}, "steps": steps},
        "mistakes": mistakes,
    }

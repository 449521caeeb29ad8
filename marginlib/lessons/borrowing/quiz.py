"""Borrowing: wrong models of what is owed and tied up, and the drills of lesson 01."""

from decimal import Decimal
from fractions import Fraction
from random import Random

from marginlib.quiz.asking import Ask, Case
from marginlib.quiz.drills import QuestionData, StepData, drill, pick
from marginlib.quiz.mistakes import mistake
from marginlib.quiz.models import still_open, summed


@mistake("That is your free margin. Used margin is what is tied up (B2, B3).")
def free_margin_instead(case: Case, ask: Ask) -> Decimal | None:
    """What is left, instead of what is tied up."""
    return case.number(Ask("free_margin")) if ask == Ask("used_margin") else None


@mistake("That is the used margin: it is what is not free. Subtract it from equity (B3).")
def used_margin_instead(case: Case, ask: Ask) -> Decimal | None:
    """What is tied up, instead of what is left."""
    return case.number(Ask("used_margin")) if ask == Ask("free_margin") else None


@mistake("You divided your balance by the leverage. Used margin comes from the cost of the position (B2).")
def margin_of_the_balance(case: Case, ask: Ask) -> Decimal | None:
    """A share of the balance is tied up."""
    found = still_open(case)
    return summed(ask, found[0].equity, found[0].trade_balance / Fraction(found[1][0].leverage)) if found else None


@drill("01")
def borrowing(random: Random, level: int) -> QuestionData:
    """A position in BTC/EUR: its profit or loss; then what is tied up, what is free, and the margin level."""
    side, volume = pick(random, "long", "short"), pick(random, "0.1", "0.2", "0.3", "0.4", "0.5")
    price, leverage = random.choice([30000, 40000, 50000, 60000]), random.choice([2, 3, 4, 5, 8, 10])
    move = random.choice([-20, -10, -5, 5, 10, 20])
    funds, after = random.randrange(3000, 30001, 500), price + price * move // 100
    asked, question, unit, mistakes = [
        ("pnl", "You close there. What is your profit, in EUR? (A loss has a minus sign.)", "EUR",
         ["leverage_multiplies", "leverage_divides", "profit_in_base", "wrong_sign"]),
        ("used_margin", "What is your used margin now?", "EUR",
         ["margin_is_the_cost", "margin_of_the_balance", "margin_of_the_other_side",
          "free_margin_instead"]),
        ("free_margin", "What is your free margin now?", "EUR",
         ["open_result_left_out", "open_result_times_leverage", "used_margin_left_out", "margin_is_the_cost",
          "margin_of_the_other_side", "used_margin_instead"]),
        ("level", "What is your margin level now, in percent?", "%",
         ["open_result_left_out", "open_result_times_leverage", "margin_is_the_cost", "level_upside_down",
          "margin_of_the_other_side", "level_of_free_margin"]),
    ][level - 1]  # fmt: skip
    steps: list[StepData] = [
        {"do": "open", "pair": "BTC/EUR", "side": side, "volume": volume, "leverage": leverage},
        {"do": "price", "pair": "BTC/EUR", "price": str(after)},
    ]
    steps += [{"do": "close", "pair": "BTC/EUR", "volume": "all"}] if level == 1 else []
    trade = "buy" if side == "long" else "sell"
    have, balances, cuts = f"{funds:,} EUR", {"EUR": str(funds)}, {}
    if level == 4 and random.random() < 0.5:  # coins of one's own back the position, too
        coins, cut = pick(random, "0.1", "0.2", "0.5"), random.choice([10, 20])
        have, balances["BTC"], cuts = f"{have} and {coins} BTC (haircut {cut} %)", coins, {"BTC": f"0.{cut}"}
        mistakes = [*mistakes, "haircut_left_out", "coins_left_out", "coins_kept_their_worth"]
    return {
        "kind": "number",
        "text": f"You have {have}{',' if cuts else ''} and {trade} {volume} BTC on margin at {price:,} EUR with "
        f"{leverage}× leverage. The price {'rises' if move > 0 else 'falls'} to {after:,} EUR. {question}",
        "ask": asked,
        "unit": unit,
        "tolerance": "0.1" if unit == "%" else "0.01",
        "scenario": {
            "balances": balances,
            "prices": {"BTC/EUR": str(price)},
            "rules": {"haircuts": cuts},
            "steps": steps,
        },
        "mistakes": mistakes,
    }

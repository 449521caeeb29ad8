"""Lesson 04: the wrong models, each with the number that it leads to."""

from decimal import Decimal

import pytest
from asking import load, wrongly
from bookings import Do, closes, moves, opens

from marginlib.engine.scenario import Scenario
from marginlib.quiz.lesson import questions

load("04")


def told(before: dict[str, str], *steps: Do) -> Scenario:
    check = {"initial_margin_check": False}
    data = {"balances": before, "prices": {"BTC/EUR": "50000"}, "rules": check}
    return Scenario.of({**data, "steps": list(steps)})


ONE = told({"EUR": "12000"}, opens("BTC/EUR", "long", "1"), moves("BTC/EUR", "40000"), closes("BTC/EUR"))
TWO = told(
    {"EUR": "9000"},
    moves("BTC/EUR", "20000"),
    opens("BTC/EUR", "long", "0.1"),
    moves("BTC/EUR", "30000"),
    opens("BTC/EUR", "long", "0.3"),
    moves("BTC/EUR", "40000"),
    closes("BTC/EUR", "0.2"),
)
QUEUE = [
    moves("BTC/EUR", "45000"),
    opens("BTC/EUR", "long", "0.3"),
    moves("BTC/EUR", "55000"),
    opens("BTC/EUR", "long", "0.3"),
    moves("BTC/EUR", "49000"),
    opens("BTC/EUR", "long", "0.2"),
    moves("BTC/EUR", "51000"),
]
PART = told({"EUR": "500", "BTC": "0.5"}, *QUEUE, closes("BTC/EUR", "0.4"))
LOSS_FIRST = told({"EUR": "420", "BTC": "0.5"}, *QUEUE[2:4], *QUEUE[:2], QUEUE[6], closes("BTC/EUR"))


@pytest.mark.parametrize(
    ("name", "scenario", "ask", "gives"),
    [
        ("newest_first", TWO, "pnl", "2000"),
        ("newest_first", TWO, "left:1", "0.1"),
        ("average_cost", TWO, "pnl", "2500"),
        ("first_lot_only", TWO, "pnl", "2000"),
        ("first_lot_only", ONE, "pnl", None),
        ("last_lot_only", TWO, "pnl", "1000"),
        ("last_lot_only", ONE, "pnl", None),
        ("gone_instead", TWO, "left:2", "0.1"),
        ("gone_instead", TWO, "pnl", None),
        ("fee_of_what_is_covered", LOSS_FIRST, "conversion_fees", "19.5"),
        ("dearest_first", PART, "pnl", "-1000"),
        ("cheapest_first", PART, "pnl", "2000"),
        ("cheapest_first", PART, "left:3", "0.1"),
        ("pro_rata", PART, "pnl", "500"),
        ("pro_rata", PART, "left:1", "0.15"),
        ("pro_rata", ONE, "pnl", None),
        ("netted", LOSS_FIRST, "conversion_fees", "0"),
        ("netted", ONE, "pnl", None),
    ],
)
def test_a_wrong_model_gives_its_own_number(name: str, scenario: Scenario, ask: str, gives: str | None) -> None:
    assert wrongly(name, scenario, ask) == (None if gives is None else Decimal(gives))


def test_the_surprises_are_met() -> None:
    """The oldest lot; a profit that comes too late: as a prediction and a check."""
    assert questions("04").predict["result"].right == ["1000"]
    assert questions("04").check["converted"].right == ["20"]

"""Lesson 03: the wrong models, each with the number that it leads to; and what can be asked."""

from decimal import Decimal
from typing import Any

import pytest
from asking import load, wrongly
from bookings import Do, closes, moves, opens, settles

from marginlib.engine.scenario import Scenario
from marginlib.quiz.answers import answer
from marginlib.quiz.lesson import questions

load("03")


def told(before: dict[str, str], *steps: Do, fee: str = "0") -> Scenario:
    check = {"initial_margin_check": False}
    data = {"balances": before, "prices": {"BTC/EUR": "50000"}, "fees": {"trading": fee}, "rules": check}
    return Scenario.of({**data, "steps": list(steps)})


LONG, SHORT = opens("BTC/EUR", "long", "1"), opens("BTC/EUR", "short", "1")
FALLS = moves("BTC/EUR", "40000")
HALF_LONG = told({"EUR": "60000"}, LONG, FALLS, settles("BTC/EUR", "0.5"), fee="0.004")
HALF_SHORT = told({"EUR": "9000", "BTC": "1"}, SHORT, FALLS, settles("BTC/EUR", "0.5"))
CLOSED = told({"EUR": "12000"}, LONG, FALLS, closes("BTC/EUR"), fee="0.004")
FEW_EUROS = told({"EUR": "10000", "BTC": "0.1"}, LONG, FALLS, settles("BTC/EUR"))
FEW_COINS = told({"EUR": "20000", "BTC": "0.4"}, SHORT, FALLS, settles("BTC/EUR"))


@pytest.mark.parametrize(
    ("name", "scenario", "ask", "gives"),
    [
        ("settled_at_the_price_now", HALF_LONG, "balance:EUR", "39800"),
        ("settled_at_the_price_now", HALF_SHORT, "balance:EUR", "29000"),
        ("settled_the_margin_only", HALF_LONG, "balance:EUR", "54800"),
        ("settled_the_margin_only", HALF_SHORT, "balance:BTC", "0.9"),
        ("settled_the_margin_only", HALF_SHORT, "balance:EUR", None),
        ("closed_instead", HALF_LONG, "balance:EUR", "54720"),
        ("closed_instead", CLOSED, "balance:EUR", None),
        ("fee_on_settling", HALF_LONG, "balance:EUR", "34700"),
        ("fee_on_settling", CLOSED, "balance:EUR", None),
        ("ended_all", HALF_LONG, "balance:EUR", "9800"),
        ("ended_all", CLOSED, "balance:EUR", None),
        ("proceeds_kept", CLOSED, "change:EUR", "39640"),
        ("closing_fee_forgotten", CLOSED, "change:EUR", "-10200"),
        ("opening_fee_forgotten", CLOSED, "change:EUR", "-10160"),
        ("possible_at_the_price_now", FEW_EUROS, "possible", "0.25"),
        ("possible_at_the_price_now", FEW_COINS, "possible", None),
        ("possible_with_leverage", FEW_EUROS, "possible", "1"),
        ("possible_by_worth", FEW_COINS, "possible", "0.9"),
        ("nothing_possible", FEW_COINS, "possible", "0"),
        ("nothing_possible", FEW_COINS, "missing", None),
        ("missing_all", FEW_COINS, "missing", "1"),
        ("missing_of_the_margin", FEW_COINS, "missing", "0"),
        ("missing_by_worth", FEW_COINS, "missing", "0.1"),
        ("missing_by_worth", FEW_EUROS, "missing", "36000"),
        ("missing_at_the_price_now", FEW_EUROS, "missing", "30000"),
        ("missing_at_the_price_now", FEW_COINS, "missing", None),
    ],
)
def test_a_wrong_model_gives_its_own_number(name: str, scenario: Scenario, ask: str, gives: str | None) -> None:
    assert wrongly(name, scenario, ask) == (None if gives is None else Decimal(gives))


@pytest.mark.parametrize(
    ("scenario", "ask", "expected"),
    [
        (FEW_EUROS, "possible", Decimal("0.2")),
        (FEW_EUROS, "missing", Decimal(40000)),
        (FEW_COINS, "missing", Decimal("0.6")),
        (HALF_LONG, "apart", Decimal(80)),
        (HALF_SHORT, "apart", Decimal(0)),
        (HALF_LONG, "order_sent", "settle-position buy 0.5"),
        (CLOSED, "order_sent", "market sell 0"),
    ],
)
def test_what_can_be_asked_of_an_ending(scenario: Scenario, ask: str, expected: Any) -> None:
    assert answer(scenario, ask) == expected


@pytest.mark.parametrize("ask", ["possible", "missing", "apart", "order_sent"])
def test_only_an_ending_can_be_asked_about(ask: str) -> None:
    with pytest.raises(ValueError, match="does not end with a close or settle step"):
        answer(told({"EUR": "60000"}, LONG, FALLS), ask)


def test_the_surprises_are_met() -> None:
    """Same net worth but for the fee."""
    assert questions("03").predict["richer"].right == ["160"]

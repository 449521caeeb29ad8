"""Lesson 01's mistakes, each with the number it leads to, and the way to the right one."""

from decimal import Decimal
from typing import Any

import pytest
from asking import load, wrongly

from marginlib import Scenario, replay
from marginlib.quiz.answers import answer
from marginlib.quiz.asking import Ask
from marginlib.quiz.workings import workings

load("01")


def moved(side: str, after: str) -> Scenario:
    """12,000 EUR, 0.5 BTC at 40,000 EUR with five times: 4,000 EUR are tied up at opening."""
    opening: dict[str, Any] = {"do": "open", "pair": "BTC/EUR", "side": side, "volume": "0.5", "leverage": 5}
    steps = [opening, {"do": "price", "pair": "BTC/EUR", "price": after}]
    return Scenario.of({"balances": {"EUR": "12000"}, "prices": {"BTC/EUR": "40000"}, "steps": steps})


LONG, SHORT = moved("long", "36000"), moved("short", "44000")


@pytest.mark.parametrize(
    ("scenario", "ask", "right"),
    [
        (LONG, "used_margin", "4000"),
        (LONG, "free_margin", "6000"),
        (LONG, "level", "250"),
        (LONG, "return", "-50"),
        (SHORT, "used_margin", "4400"),
        (SHORT, "free_margin", "5600"),
        (SHORT, "return", "-50"),
    ],
)
def test_the_engine_answers(scenario: Scenario, ask: str, right: str) -> None:
    assert answer(scenario, ask) == Decimal(right)


@pytest.mark.parametrize(
    ("name", "scenario", "ask", "gives"),
    [
        ("owed_is_the_margin", LONG, "owed:EUR", "4000"),
        ("owed_less_the_margin", LONG, "owed:EUR", "16000"),
        ("open_result_left_out", LONG, "free_margin", "8000"),
        ("open_result_left_out", LONG, "level", "300"),
        ("open_result_times_leverage", LONG, "free_margin", "-2000"),
        ("margin_is_the_cost", LONG, "used_margin", "20000"),
        ("margin_is_the_cost", LONG, "level", "50"),
        ("margin_of_the_balance", LONG, "used_margin", "2400"),
        ("margin_of_the_other_side", LONG, "used_margin", "3600"),
        ("margin_of_the_other_side", SHORT, "used_margin", "4000"),
        ("used_margin_left_out", LONG, "free_margin", "10000"),
        ("level_upside_down", LONG, "level", "40"),
        ("level_of_free_margin", LONG, "level", "150"),
        ("free_margin_instead", SHORT, "used_margin", "5600"),
        ("used_margin_instead", LONG, "free_margin", "4000"),
        ("return_times_leverage", LONG, "return", "-250"),
        ("leverage_divides", LONG, "return", "-10"),
        ("return_on_the_cost", LONG, "return", "-10"),
        ("return_on_the_balance", LONG, "return", "-16.6667"),
    ],
)
def test_a_wrong_model_gives_its_own_number(name: str, scenario: Scenario, ask: str, gives: str) -> None:
    assert wrongly(name, scenario, ask) == Decimal(gives)


def test_a_wrong_model_says_nothing_where_nothing_is_open() -> None:
    flat = Scenario.of({"balances": {"EUR": "100"}, "prices": {"BTC/EUR": "40000"}})
    for name in ("open_result_left_out", "open_result_times_leverage", "margin_is_the_cost", "margin_of_the_balance",
                 "margin_of_the_other_side", "level_upside_down", "level_of_free_margin",
                 "return_on_the_balance"):  # fmt: skip
        assert wrongly(name, flat, "level") is None, name
    assert all(
        workings(replay(flat), Ask(name)) == [] for name in ("equity", "used_margin", "free_margin", "level", "return")
    )


@pytest.mark.parametrize(
    ("ask", "last"),
    [
        ("equity", "12,000.00 EUR of collateral and −2,600.00 EUR in open positions (B1)."),
        ("used_margin", "It ties up 4,520.00 EUR: 0.5 BTC at 45,200.00 EUR, divided by 5 (B2)."),
        ("free_margin", "9,400.00 EUR minus 4,520.00 EUR is 4,880.00 EUR (B3)."),
        ("level", "9,400.00 EUR of 4,520.00 EUR are 207.96\xa0% (B3)."),
        ("return", "You put up 4,000.00 EUR: 20,000.00 EUR divided by 5. −2,600.00 EUR are −65\xa0% of that (R20)."),
    ],
)
def test_the_way_ends_in_what_was_asked(ask: str, last: str) -> None:
    assert workings(replay(moved("short", "45200")), Ask(ask))[-1].endswith(last)

"""Lesson 05: the wrong models, each with the number that it leads to."""

from decimal import Decimal

import pytest
from asking import load, wrongly

from marginlib.engine.scenario import Scenario

load("05")

CONVERTED = Scenario.of(
    {
        "balances": {"EUR": "50", "USDT": "1000"},
        "prices": {"ETH/EUR": "2000", "USDT/EUR": "0.8"},
        "steps": [
            {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "0.5", "leverage": 4},
            {"do": "price", "pair": "ETH/EUR", "price": "1520"},
            {"do": "close", "pair": "ETH/EUR", "volume": "all"},
        ],
    }
)


@pytest.mark.parametrize(
    ("name", "ask", "gives"),
    [
        ("fee_on_top", "taken:USDT", "249.375"),
        ("fee_on_top", "pnl", None),
        ("left_in_the_quote_currency", "taken:USDT", "190"),
        ("covered_instead", "unpaid", "240"),
        ("covered_instead", "pnl", None),
        ("first_conversion_only", "conversion_fees", None),
    ],
)
def test_a_wrong_model_gives_its_own_number(name: str, ask: str, gives: str | None) -> None:
    assert wrongly(name, CONVERTED, ask) == (None if gives is None else Decimal(gives))

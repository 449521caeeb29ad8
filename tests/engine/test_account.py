"""Prices between currencies: the pair, its inverse, or one hop (A2)."""

from fractions import Fraction

import pytest
from bookings import book, closes, moves, opens

from marginlib import Refusal, Scenario, replay


def rate(prices: dict[str, str], source: str, target: str) -> Fraction:
    found = replay(Scenario.of({"prices": prices})).final.rate(source, target)
    return Fraction(found.up) / Fraction(found.down)


@pytest.mark.parametrize(
    ("prices", "source", "target", "expected"),
    [
        ({}, "EUR", "EUR", Fraction(1)),
        ({"BTC/EUR": "50000"}, "BTC", "EUR", Fraction(50000)),
        ({"EUR/USD": "1.1"}, "USD", "EUR", Fraction(10, 11)),
        # A pair's own price goes before its inverse, and either before a hop.
        ({"BTC/EUR": "50000", "EUR/BTC": "0.1"}, "BTC", "EUR", Fraction(50000)),
        ({"EUR/BTC": "0.1", "BTC/USD": "7", "EUR/USD": "7"}, "BTC", "EUR", Fraction(10)),
        # One hop: USD first, then EUR, then by the alphabet; each leg as a pair or as its inverse.
        ({"ADA/USD": "2", "USD/JPY": "150", "ADA/EUR": "1", "EUR/JPY": "7"}, "ADA", "JPY", Fraction(300)),
        ({"ADA/EUR": "2", "EUR/JPY": "160", "ADA/BTC": "1", "BTC/JPY": "7"}, "ADA", "JPY", Fraction(320)),
        ({"ADA/XMR": "5", "XMR/JPY": "5", "ADA/BTC": "2", "BTC/JPY": "3"}, "ADA", "JPY", Fraction(6)),
        ({"USD/ADA": "4", "JPY/USD": "0.01"}, "ADA", "JPY", Fraction(25)),
    ],
)
def test_how_much_one_currency_is_in_another(
    prices: dict[str, str], source: str, target: str, expected: Fraction
) -> None:
    """A2."""
    assert rate(prices, source, target) == expected


def test_two_hops_are_no_price() -> None:
    """A2."""
    with pytest.raises(Refusal, match="ADA into JPY") as refused:
        rate({"ADA/BTC": "1", "BTC/EUR": "1", "EUR/JPY": "1"}, "ADA", "JPY")

    assert refused.value.code == "missing_price"


def test_a_conversion_without_a_price_changes_nothing() -> None:
    """A2, A7: the missing price is found in the middle of the cascade."""
    booked = book(
        {"EUR": "1000", "XMR": "5"},
        {"BTC/EUR": "50000"},
        [opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "39000")],
        closes("BTC/EUR"),
    )

    assert booked.refused == "missing_price"
    assert "XMR into EUR" in booked.message
    assert booked.after == {"EUR": "1000", "XMR": "5"}
    assert booked.lots == ["1 long 0.1 BTC/EUR at 50000"]


def test_a_price_is_not_asked_for_before_its_turn_comes() -> None:
    """A2: the euros suffice, so nobody needs to know what XMR is worth."""
    booked = book(
        {"EUR": "1100", "XMR": "5"},
        {"BTC/EUR": "50000"},
        [opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "39000")],
        closes("BTC/EUR"),
    )

    assert booked.refused is None
    assert booked.after == {"EUR": "0", "XMR": "5"}

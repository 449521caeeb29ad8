"""A8: what the ledger would round to nothing is no step; the sentence gives the smallest amount that is one."""

import re
from decimal import Decimal
from typing import Any

import pytest

from marginlib import InvalidScenario, Scenario, replay
from marginlib.ways_out.advice import reports

BASE: dict[str, Any] = {
    "balances": {"EUR": "1000", "BTC": "1", "SHIB": "1000000"},
    "prices": {"BTC/EUR": "50000", "SHIB/EUR": "0.00001", "EUR/USD": "1.1"},
    "rules": {"initial_margin_check": False},
}
LONG = {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 2}
SHORT = {**LONG, "side": "short"}
CHEAP = {**LONG, "pair": "SHIB/EUR", "volume": "1000"}


def after(*steps: dict[str, Any]) -> Any:
    return replay(Scenario.of({**BASE, "steps": steps}))


@pytest.mark.parametrize(
    ("first", "step", "key", "least"),
    [
        ((), {"do": "deposit", "currency": "EUR", "amount": "0.00005"}, "amount", "0.0001"),
        ((), {"do": "deposit", "currency": "BTC", "amount": "0.00000000001"}, "amount", "0.0000000001"),
        ((), {"do": "withdraw", "currency": "EUR", "amount": "0.00001"}, "amount", "0.0001"),
        # a buy that pays nothing, and a sell that brings in nothing, of what is there
        ((), {"do": "trade", "pair": "BTC/EUR", "side": "buy", "volume": "0.000000001"}, "volume", "0.000000002"),
        ((), {"do": "trade", "pair": "BTC/EUR", "side": "sell", "volume": "0.000000001"}, "volume", "0.000000002"),
        ((), {"do": "trade", "pair": "SHIB/EUR", "side": "buy", "volume": "0.1"}, "volume", "10"),
        # the other way round: paid for, and nothing comes
        (
            (),
            {"do": "trade", "pair": "BTC/EUR", "side": "buy", "volume": "0.00000000001", "price": "900000000"},
            "volume",
            "0.0000000001",
        ),
        ((), {"do": "trade", "pair": "EUR/USD", "side": "sell", "volume": "0.00005"}, "volume", "0.0001"),
        ((LONG,), {"do": "close", "pair": "BTC/EUR", "volume": "0.000000000999"}, "volume", "0.000000002"),
        ((SHORT,), {"do": "close", "pair": "BTC/EUR", "volume": "0.00000000001"}, "volume", "0.0000000001"),
        ((CHEAP,), {"do": "close", "pair": "SHIB/EUR", "volume": "4"}, "volume", "10"),
        ((LONG,), {"do": "settle", "pair": "BTC/EUR", "volume": "0.000000000999"}, "volume", "0.000000002"),
    ],
)
def test_dust_is_refused_and_the_smallest_amount_that_is_told_works(
    first: tuple[dict[str, Any], ...], step: dict[str, Any], key: str, least: str
) -> None:
    sentence = (
        rf"^steps\[{len(first)}\]\.{key}: expected at least {re.escape(least)} [A-Z]+, got {step[key]}: .*\(A8\)$"
    )
    with pytest.raises(InvalidScenario, match=sentence):
        after(*first, step)
    story = after(*first, {**step, key: least})
    assert story.error is None
    moved = [row for row in story.ledger if row.step == len(first)]
    assert moved
    if step["do"] in ("deposit", "withdraw", "trade"):
        assert all(row.amount for row in moved)


def test_a_whole_lot_may_end_however_little_is_left_of_it() -> None:
    rest = {"do": "close", "pair": "BTC/EUR", "volume": "0.0999999999"}
    for last in ("0.0000000001", "all"):
        story = after(LONG, LONG, rest, {"do": "close", "pair": "BTC/EUR", "volume": last})
        assert story.error is None
        assert len(story.final.positions) == (1 if last != "all" else 0)
    settled = after(LONG, LONG, rest, {"do": "settle", "pair": "BTC/EUR", "volume": "0.0000000001"})
    assert len(settled.final.positions) == 1


def test_what_is_a_little_more_than_a_whole_lot_is_counted() -> None:
    """The whole lot is counted; what lies beyond it may be little."""
    story = after(LONG, LONG, {"do": "close", "pair": "BTC/EUR", "volume": "0.10000000001"})
    assert story.error is None


def test_the_engine_s_own_conversions_take_what_they_need() -> None:
    """A loss of the smallest amount is covered; it is no order."""
    story = replay(
        Scenario.of(
            {
                "balances": {"BTC": "1"},
                "prices": {"BTC/EUR": "50000", "ETH/EUR": "2000"},
                "rules": {"initial_margin_check": False},
                "steps": [
                    {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "0.01", "leverage": 2},
                    {"do": "close", "pair": "ETH/EUR", "volume": "all", "price": "1999.99"},
                ],
            }
        )
    )
    (take,) = story.realised[0].cascade
    assert take.covers == Decimal("0.0001")
    assert take.taken > 0


@pytest.mark.parametrize("dust", ["0.0000000001", "0.000000001", "0.0000001"])
def test_ways_out_with_dust_beside_them_are_told(dust: str) -> None:
    """What is too little for an order isn't proposed as one."""
    story = replay(
        Scenario.of(
            {
                "balances": {"EUR": "100", "BTC": dust, "SHIB": dust, "USD": "0.0001"},
                "prices": {"ETH/EUR": "2000", "BTC/EUR": "50000", "SHIB/EUR": "0.00001", "EUR/USD": "1.1"},
                "rules": {"initial_margin_check": False},
                "steps": [
                    {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "1", "leverage": 5},
                    {"do": "price", "pair": "ETH/EUR", "price": "1800"},
                ],
            }
        )
    )
    told = [way for report in reports(story) for way in report.as_json()["ways"]]
    assert {way["name"] for way in told} == {"close", "settle", "buy", "deposit"}
    assert "more digits" not in str(told)

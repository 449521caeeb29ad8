"""What you have, what you owe and what is yours: two sides of one height, at every moment."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from marginlib import Refusal, Scenario, Story, replay
from marginlib.analysis.outcome import worth as net_worth
from marginlib.analysis.sheet import flows, opening_sheets, sheet
from marginlib.engine.margin import put_up, return_on_put_up


def opened(side: str, *then: dict[str, Any], fee: str = "0", leverage: int = 5) -> Story:
    first = {"do": "open", "pair": "BTC/EUR", "side": side, "volume": "0.5", "leverage": leverage}
    return replay(
        Scenario.of(
            {
                "balances": {"EUR": "15000", "USD": "1000"},
                "prices": {"BTC/EUR": "50000", "EUR/USD": "1.25"},
                "fees": {"opening": fee, "rollover": fee},
                "valuation": "EUR",
                "steps": [first, *then],
            }
        )
    )


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("price", ["30000", "50000", "63000.5"])
def test_what_is_yours_is_the_equity_and_the_net_worth(side: str, price: str) -> None:
    story = opened(side, {"do": "price", "pair": "BTC/EUR", "price": price}, {"do": "wait", "hours": 24}, fee="0.0002")
    seen = sheet(story.final, "EUR")

    assert story.margin
    assert seen.yours == story.margin.equity == net_worth(story.final, "EUR")
    assert seen.has == seen.owes + seen.yours


def test_a_long_is_lent_euros_that_become_coins() -> None:
    """A long: the euros come in and are owed; then they are bitcoin, and the euros are owed as before (R1)."""
    moment = opened("long").moments[0]
    before, extended, traded = opening_sheets(moment.before, moment.after, "EUR")

    assert [entry.amount for entry in before.own] == [15000, 1000]
    assert (before.restricted, before.owed) == ((), ())
    assert [(each.currency, each.amount) for each in extended.restricted] == [("EUR", Decimal(25000))]
    assert [(each.currency, each.amount) for each in traded.restricted] == [("BTC", Decimal("0.5"))]
    assert extended.owed == traded.owed == extended.restricted
    assert before.yours == extended.yours == traded.yours == 15800


def test_a_short_is_lent_coins_and_holds_euros() -> None:
    moment = opened("short").moments[0]
    _, extended, traded = opening_sheets(moment.before, moment.after, "EUR")

    assert [(each.currency, each.amount) for each in extended.restricted] == [("BTC", Decimal("0.5"))]
    assert [(each.currency, each.amount) for each in traded.restricted] == [("EUR", Decimal(25000))]
    assert extended.owed == traded.owed
    assert traded.owed[0].worth == 25000


@pytest.mark.parametrize("side", ["long", "short"])
def test_the_movements_of_an_opening_are_those_of_the_books(side: str) -> None:
    story = opened(side)
    moved: dict[tuple[str, str], Decimal] = {}
    for flow in flows(story.final.positions[0]):
        for place, amount in ((flow.source, -flow.amount), (flow.target, flow.amount)):
            book = "restricted" if place == "position" else place
            moved[book, flow.currency] = moved.get((book, flow.currency), Decimal(0)) + amount

    assert {key: amount for key, amount in moved.items() if amount} == story.final.books


def test_what_stays_unpaid_is_owed() -> None:
    lost = {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "5000"}
    story = opened("long", {"do": "price", "pair": "BTC/EUR", "price": "5000"}, lost)
    seen = sheet(story.final, "EUR")

    assert seen.owes == Fraction(story.final.unpaid["EUR"])
    assert seen.yours == -seen.owes


def test_the_sources_example_short_at_60000_with_three_times() -> None:
    """-10 % in price is +30 % of what was put up (R20), which is a third of the cost."""
    story = replay(
        Scenario.of(
            {
                "balances": {"USD": "20000"},
                "prices": {"BTC/USD": "60000"},
                "steps": [
                    {"do": "open", "pair": "BTC/USD", "side": "short", "volume": "1", "leverage": 3},
                    {"do": "price", "pair": "BTC/USD", "price": "54000"},
                ],
            }
        )
    )
    lot = story.final.positions[0]

    assert put_up(lot) == 20000
    assert return_on_put_up(story.final, lot) == Fraction(30, 100)
    assert sheet(story.final, "USD").yours == 26000


def test_what_has_no_price_is_not_left_out() -> None:
    with pytest.raises(Refusal, match="no price to turn EUR into GBP"):
        sheet(opened("long").final, "GBP")

"""Replaying: pure, step by step, with another rulebook if asked."""

from decimal import Decimal, getcontext, localcontext
from typing import Any

import pytest
from bookings import Do, book, closes, deposits, moves, opens, settles, stops, tell, trades, waits, withdraws

from marginlib import Scenario, replay, rulebook

BTC = {"BTC/EUR": "50000"}
GIVEN: list[Do] = [
    opens("BTC/EUR", "short", "0.1"),
    stops("BTC/EUR", "buy", "60000"),
    waits(5),
    moves("BTC/EUR", "51000"),
]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (opens("BTC/EUR", "short", "99"), "insufficient_margin"),
        (opens("BTC/EUR", "long", "1"), "opposite_position_open"),
        (opens("ETH/EUR", "long", "1"), "missing_price"),
        (settles("BTC/EUR"), "insufficient_funds"),
        (settles("ETH/EUR"), "no_position"),
        (settles("BTC/EUR", "0.2"), "volume_exceeds_position"),
        (closes("ETH/EUR"), "no_position"),
        (closes("BTC/EUR", "0.2"), "volume_exceeds_position"),
        (withdraws("EUR", "5000"), "insufficient_funds"),
        (withdraws("EUR", "1500"), "insufficient_margin"),
        (trades("BTC/EUR", "buy", "1"), "insufficient_funds"),
        (trades("BTC/EUR", "sell", "1"), "insufficient_funds"),
        (trades("XMR/EUR", "sell", "1"), "missing_price"),
        (stops("BTC/EUR", "sell", "1"), "wrong_stop_side"),
        (stops("ETH/EUR", "sell", "1"), "no_position"),
    ],
)
def test_a_refused_step_leaves_no_trace(request_: Do, code: str) -> None:
    """A7: final state and ledger are those of the story without it."""
    fees = {"trading": "0.001", "opening": "0.0001", "rollover": "0.0001"}
    without = tell({"EUR": "2000"}, BTC, GIVEN, fees=fees)
    refused = tell({"EUR": "2000"}, BTC, [*GIVEN, request_, waits(4)], fees=fees)

    assert refused.error is not None
    assert (refused.error.index, refused.error.code) == (len(GIVEN), code)
    assert refused.error.message
    assert refused.final == without.final
    assert refused.moments == without.moments


def test_a_refusal_halfway_through_a_step_leaves_no_trace() -> None:
    """A7: the first lot's closing has gone through when the second one finds no price for XLM."""
    given = [opens("BTC/EUR", "short", "0.1", price="55000"), opens("BTC/EUR", "short", "0.1", price="40000")]
    booked = book({"XLM": "1"}, BTC, given, closes("BTC/EUR"), rules={"initial_margin_check": False})

    assert booked.refused == "missing_price"
    assert booked.after == {"EUR": "0", "XLM": "1"}
    assert booked.lots == ["1 short 0.1 BTC/EUR at 55000", "2 short 0.1 BTC/EUR at 40000"]
    assert booked.story.realised == []


def test_moments_link_up() -> None:
    story = tell({"EUR": "2000"}, BTC, [*GIVEN, closes("BTC/EUR", "0.05"), deposits("EUR", "1")])

    assert [moment.index for moment in story.moments] == list(range(6))
    assert [moment.step for moment in story.moments] == list(story.scenario.steps)
    assert all(a.after is b.before for a, b in zip(story.moments, story.moments[1:], strict=False))
    assert story.moments[0].before.balances == {"EUR": 2000}
    assert story.final is story.moments[-1].after


def test_earlier_moments_keep_what_they_saw() -> None:
    story = tell({"EUR": "2000"}, BTC, GIVEN)

    assert [moment.after.prices["BTC/EUR"] for moment in story.moments] == [50000, 50000, 50000, 51000]
    assert [moment.after.hours for moment in story.moments] == [0, 0, 5, 5]


def test_no_steps() -> None:
    story = replay(Scenario.of({"balances": {"EUR": "1"}, "prices": BTC}))

    assert (story.moments, story.error, story.ledger) == ((), None, [])
    assert story.final.balances == {"EUR": 1}


def test_another_rulebook() -> None:
    """The edition that a teacher brings; a scenario's overrides go on top of it."""
    other = rulebook().replaced(
        collateral_order=("DOGE",),
        conversion_fees={"cash_cash": Decimal(0), "btc_eth_cash": Decimal(0), "other": Decimal("0.5")},
        haircuts={"DOGE": Decimal("0.5")},
    )
    data: dict[str, Any] = {
        "balances": {"DOGE": "100", "USD": "100"},
        "prices": {"DOGE/EUR": "1", "EUR/USD": "1"},
        "rules": {"initial_margin_check": False},
        "steps": [opens("DOGE/EUR", "short", "100", price="0.8"), closes("DOGE/EUR", "50")],
    }
    story = replay(Scenario.of(data), other)
    changed = replay(
        Scenario.of({**data, "rules": {**data["rules"], "conversion_fees": {"other": "0"}, "haircuts": {}}}), other
    )

    assert [take.currency for take in story.realised[0].cascade] == ["DOGE"]
    assert story.final.balances["DOGE"] == 80
    assert changed.final.balances["DOGE"] == 90
    assert changed.margin is not None
    assert changed.margin.trade_balance == 45


def test_the_callers_decimal_context_is_neither_used_nor_changed() -> None:
    steps = [*GIVEN, closes("BTC/EUR", "0.0333333333")]
    usual = tell({"EUR": "2000"}, BTC, steps)
    with localcontext(prec=3) as coarse:
        assert tell({"EUR": "2000"}, BTC, steps).as_json() == usual.as_json()
        assert getcontext() is coarse
        assert coarse.prec == 3


SIDES = [("long", "buy", "sell"), ("short", "sell", "buy")]


@pytest.mark.parametrize(("side", "opening", "closing"), SIDES)
def test_settling_is_like_the_opening_order_and_closing_like_the_opposite_one(
    side: str, opening: str, closing: str
) -> None:
    """R19: settling a long costs and brings what buying at the opening price does; closing, what a sale does."""
    rich = {"EUR": "100000", "BTC": "2"}
    given = [opens("BTC/EUR", side, "1"), moves("BTC/EUR", "52000")]
    settled = book(rich, BTC, given, settles("BTC/EUR"))
    ordinary = book(rich, BTC, [], trades("BTC/EUR", opening, "1"))
    closed = book(rich, BTC, given, closes("BTC/EUR"))
    round_trip = book(rich, BTC, [trades("BTC/EUR", opening, "1"), given[1]], trades("BTC/EUR", closing, "1"))

    assert settled.after == ordinary.after
    assert closed.after == round_trip.after

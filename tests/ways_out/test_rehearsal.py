"""A rehearsed closing against the engine's: the same balances, unpaid amounts, refusal and cost, without the ledger."""

from decimal import Decimal
from typing import Any

import pytest
from bookings import moves, opens, tell
from hypothesis import assume, event, given, settings
from strategies import losses, scenarios

from marginlib import Scenario, replay
from marginlib.engine import closing
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Deposit
from marginlib.ways_out.advice import reports
from marginlib.ways_out.plans import WAYS, open_pairs, way_out
from marginlib.ways_out.rehearsal import rehearse

CLOSE = Close(pair="BTC/EUR", volume="all")


def agree(data: dict[str, Any]) -> None:
    story = replay(Scenario.of(data))
    assume(story.error is None and story.final.positions)
    for pair in open_pairs(story):
        for name in WAYS:
            tried, done = (way_out(story, pair, name, carry_out=carry_out) for carry_out in (rehearse, resume))
            assert (tried.steps, tried.closed, tried.cost) == (done.steps, done.closed, done.cost)
            assert dict(tried.left.balances) == dict(done.left.balances)
            assert dict(tried.left.unpaid) == dict(done.left.unpaid)
        ended = rehearse(story, [Close(pair=pair, volume="all")])
        event(f"unpaid {bool(ended.final.unpaid)}, refused {ended.error is not None}, rows {bool(ended.ledger)}")


@settings(max_examples=80)
@given(scenarios())
def test_a_rehearsal_comes_to_what_the_engine_does(data: dict[str, Any]) -> None:
    """R12, R13, A4, A5."""
    agree(data)


@settings(max_examples=80)
@given(losses())
def test_so_does_one_of_a_loss_that_is_hard_to_bear(data: dict[str, Any]) -> None:
    """R13 to R16, A4, A5: several lots, other currencies converted, fees taken like losses."""
    agree({**data, "steps": [step for step in data["steps"] if step["do"] != "close"]})


def test_the_story_so_far_is_left_alone() -> None:
    """A rehearsal works on a copy: balances, books and positions of the story stay."""
    story = tell({"EUR": "500", "BTC": "0.1"}, {"BTC/EUR": "50000"}, [opens("BTC/EUR", "long", "0.2")])
    before = dict(story.final.balances), dict(story.final.books), story.final.positions
    tried = rehearse(story, [Deposit(currency="EUR", amount=Decimal(5)), CLOSE])

    assert (dict(story.final.balances), dict(story.final.books), story.final.positions) == before
    assert tried.final.balance("EUR") == story.final.balance("EUR") + 5
    assert story.moments == tried.moments[:-2]


def test_a_fee_that_no_balance_bears_is_found_in_the_rows() -> None:
    """A4: it is taken like a loss, and that is what the amount to buy or deposit is made of."""
    steps = opens("BTC/EUR", "long", "0.2"), moves("BTC/EUR", "49999")
    story = tell(
        {"EUR": "80", "USD": "50", "XRP": "20"},
        {"BTC/EUR": "50000", "EUR/USD": "1.25", "XRP/EUR": "2"},
        steps,
        fees={"trading": "0.01"},
        rules={"initial_margin_check": False},
    )
    tried, done = (go(story, [CLOSE]) for go in (rehearse, resume))

    assert [row.asset for row in tried.moments[-1].rows] == [
        row.asset for row in done.moments[-1].rows if any(p.reason == "trading_fee" and p.amount for p in row.parts)
    ]
    assert tried.moments[-1].rows


def test_only_what_is_shown_is_carried_out_with_its_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many prices and fees are tried for where the answer turns."""
    story = tell(
        {"EUR": "500", "BTC": "0.06", "DOGE": "9000"},
        {"BTC/EUR": "50000", "DOGE/EUR": "0.1"},
        [opens("BTC/EUR", "long", "0.1"), opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "45000")],
        fees={"trading": "0.0025"},
    )
    close_lots, closed = closing.close_lots, 0

    def counted(*order: Any) -> Any:
        nonlocal closed
        closed += 1
        return close_lots(*order)

    monkeypatch.setattr(closing, "close_lots", counted)
    (report,) = reports(story)

    shown = [way for way in report.plan.ways if not way.closed]
    assert report.break_even_fee
    assert all(report.flips)
    assert len(shown) <= closed <= 3 * len(shown), "an amount to buy or deposit is found in a few tries"

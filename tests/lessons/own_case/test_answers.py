"""What a case comes to: each answer is what the engine makes of its steps, and names what it rests on."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from accounts import account, accounts, balances, left
from hypothesis import given, settings

from marginlib import replay
from marginlib.analysis.limits import limits
from marginlib.engine.derivation import tracing
from marginlib.engine.scenario import Close, Price, Settle, Stop
from marginlib.lessons.own_case.answers import NO_ADVICE, Answers, answers, turning
from marginlib.lessons.own_case.case import empty, read_case, row
from marginlib.reading.rulebooks import rules
from marginlib.ways_out.plans import plan


def answered(fields: dict[str, Any]) -> Answers:
    case = read_case(fields)
    assert case.problems == ()
    return answers(case)


def two(**changes: Any) -> dict[str, Any]:
    """A loss in BTC, a profit in ETH."""
    fields = account(**changes)
    fields["lots"].append(row("lots", pair="ETH/EUR", side="short", volume="1", price="2600", leverage="3", age="5"))
    fields["prices"].append(row("prices", pair="ETH/EUR", price="2000"))
    return fields


@given(accounts())
@settings(max_examples=60)
def test_every_answer_is_what_the_engine_makes_of_its_steps(fields: dict[str, Any]) -> None:
    found = answered(fields)
    story, state, start = found.story, found.state, found.case.scenario
    assert start is not None
    assert found.standing.margin == story.margin
    assert found.reach.limits == limits(state, start.summary_currency)
    pairs = [pair for pair, _ in state.positions.by_pair]
    assert [each.pairs for each in found.closings] == [(pair,) for pair in pairs]
    for pair, closing, ways, settling in zip(pairs, found.closings, found.ways, found.settlings, strict=True):
        closed = replay(start.then(Close(pair=pair, volume="all")))
        assert closed.final.balances == closing.after.balances
        changed = {each.currency: each.amount for each in closing.changes}
        for code in {*state.balances, *closed.final.balances}:
            assert closed.final.balance(code) - state.balance(code) == changed.get(code, 0)
        assert left(closing.unpaid) == left(closed.final.unpaid)
        assert closing.realised == closed.moments[-1].realised
        rows = closed.moments[-1].rows
        for each in closing.changes:
            assert each.fee == sum(row.fee for row in rows if row.asset == each.currency)
        assert ways.cheapest == plan(story, pair).cheapest
        settled = replay(start.then(Settle(pair=pair, volume="all")))
        assert (settled.error is None) == (not settling.need.missing)
        assert sum(each.amount for each in settling.lots) == settling.need.amount
        assert all(each.enough for each in settling.lots) == (not settling.need.missing)
    if found.orders and found.all_closed and found.orders.closing.best:
        done = replay(start.then(*(Close(pair=pair, volume="all") for pair in found.all_closed.pairs)))
        assert done.final.balances == found.all_closed.after.balances
        assert not done.final.positions


@given(accounts())
@settings(max_examples=60)
def test_each_answer_has_sentences_and_rests_on_rules_that_there_are(fields: dict[str, Any]) -> None:
    found = answered(fields)
    known = rules()
    for each in found.all:
        assert set(each.rules) <= {*known}
        assert set(each.assumptions) <= {*known}
        assert all(rule[0] != "A" for rule in each.rules)
        assert all(rule[0] == "A" for rule in each.assumptions)
        for sentence in each.words:
            assert sentence[-1] in ".?"
            named = set(re.findall(r"\b[RABC][1-9][0-9]?\b", sentence))
            assert named <= {*each.rules, *each.assumptions}
    assert len(found.dates) == 5


@given(accounts(most_lots=3))
@settings(max_examples=60)
def test_a_stop_does_what_the_engine_does_when_the_price_gets_there(fields: dict[str, Any]) -> None:
    lots = {each["pair"]: each["side"] for each in fields["lots"]}
    fields["liquidation"] = "off"
    now = {each["pair"]: Decimal(each["price"]) for each in fields["prices"]}
    fields["stops"] = [
        row("stops", pair=pair, trigger=str(now[pair] * (Decimal("0.9") if side == "long" else Decimal("1.125"))))
        for pair, side in lots.items()
    ]
    found = answered(fields)
    assert found.case.scenario is not None
    assert {each.pair for each in found.stops} == set(lots)
    for each in found.stops:
        side: Any = "sell" if lots[each.pair] == "long" else "buy"
        stopped = replay(
            found.case.scenario.then(
                Stop(pair=each.pair, side=side, trigger=each.trigger), Price(pair=each.pair, price=each.trigger)
            )
        )
        assert stopped.final.balances == each.after.balances
        assert not stopped.final.positions.of(each.pair)
        assert each.result == sum(one.pnl for one in stopped.moments[-1].realised)
        assert each.level_after == (stopped.margin.level if stopped.margin else None)
        assert not each.at_once
        moved = replay(found.case.scenario.then(Price(pair=each.pair, price=each.trigger)))
        assert moved.margin is not None
        assert moved.margin.level == each.level
        reached = each.level is not None and each.level <= 40
        assert (each.first == "liquidation") == (reached or found.standing.zone == "liquidation")
        assert each.step.order is not None
        assert each.step.order["type"] == side
        assert each.step.order["ordertype"] == "stop-loss"


def test_a_stop_beyond_the_price_closes_at_once() -> None:
    found = answered(account(stops=[row("stops", pair="BTC/EUR", trigger="44000")]))
    (stop,) = found.stops
    assert stop.at_once
    assert stop.result == -700
    assert "lies above the price now, 43,000.00 EUR, so it would close all of it at once" in stop.words[0]


def test_a_stop_beyond_liquidation_is_too_far_away() -> None:
    """B5: equity 9000 - 700 at 43,000; liquidation where it is 400."""
    fields = account(balances=balances(EUR="1500"), stops=[row("stops", pair="BTC/EUR", trigger="38000")])
    (stop,) = answered(fields).stops
    assert stop.first == "liquidation"
    assert stop.liquidation == Fraction(39000)
    assert "liquidation comes first, at 39,000.00 EUR" in " ".join(stop.words)
    fields["stops"][0]["trigger"] = "40000"
    (stop,) = answered(fields).stops
    assert stop.first == "call"


def test_the_steps_of_a_way_are_orders_as_the_api_takes_them() -> None:
    """B8, R17, R19: sell first, then close by the opposite side."""
    ways = answered(account(balances=balances(EUR="600", BTC="0.1"), fees={"trading": "0.25"})).ways[0]
    assert ways.cheapest == "buy"
    first, second = ways.steps["buy"]
    assert first.order is not None
    assert first.order | {"volume": ""} == {"ordertype": "market", "type": "sell", "pair": "XBTEUR", "volume": ""}
    assert second.order == {
        "ordertype": "market", "type": "sell", "pair": "XBTEUR", "volume": "0", "leverage": "5", "reduce_only": True,
    }  # fmt: skip
    assert ways.steps["deposit"][0].order is None
    assert ways.steps["deposit"][0].what == "Deposit 100.00 EUR: no order, it comes from outside."


def test_zones_follow_the_levels() -> None:
    """B4, B5: used margin 1000, loss 700."""
    zones = {
        has: answered(account(balances=balances(EUR=has))).standing.zone
        for has in ("1100", "1101", "1500", "1501", "1700")
    }
    assert zones == {"1100": "liquidation", "1101": "call", "1500": "call", "1501": "low", "1700": "safe"}
    assert answered(account(lots=[])).standing.zone == "free"


def test_a_profit_in_time_saves_a_conversion_and_that_is_said() -> None:
    found = answered(two())
    assert found.orders is not None
    assert found.orders.closing.best is not None
    assert found.orders.closing.best.pairs == ("ETH/EUR", "BTC/EUR")
    assert any("the wrong order costs 2.56 EUR (R12, R13)" in told for told in found.orders.words)
    assert {"R12", "R13", "R16"} <= set(found.orders.rules)


def test_what_is_wrong_has_no_answers() -> None:
    with pytest.raises(ValueError, match="problems"):
        answers(read_case(account(prices=[])))


def test_nothing_open_and_nothing_at_all_have_answers_too() -> None:
    for fields in (account(lots=[]), empty()):
        found = answered(fields)
        assert [*found.closings, *found.ways, *found.settlings] == []
        assert found.orders is None
        assert found.standing.words


def test_a_loss_that_would_come_to_what_has_no_price_says_so_in_each_answer() -> None:
    """R15: XMR's turn comes, and it can't be converted."""
    found = answered(account(balances=balances(EUR="100", XMR="50")))
    (closing,) = found.closings
    assert "XMR" in closing.closed
    assert closing.changes == ()
    assert closing.words


def test_it_says_that_it_is_no_advice_and_of_which_dates_its_rules_are() -> None:
    found = answered(account(haircuts="2026-08"))
    assert found.caution == NO_ADVICE
    assert any("data/conversion.toml, of 20" in told for told in found.dates)
    assert any("set 2026-08" in told for told in found.dates)


def test_where_the_answer_turns_may_be_asked_for() -> None:
    case = read_case(account(balances=balances(EUR="600", BTC="0.1"), fees={"trading": "0.25"}))
    assert any("closing now and buying first cost the same" in told for told in turning(case, "BTC/EUR"))


@given(accounts())
@settings(max_examples=25)
def test_whoever_asks_why_is_told_the_same(fields: dict[str, Any]) -> None:
    plainly = answered(fields)
    with tracing():
        told = answered(fields)
    assert [each.words for each in told.all] == [each.words for each in plainly.all]
    assert [each.rules for each in told.all] == [each.rules for each in plainly.all]

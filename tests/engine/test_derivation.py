"""Amounts that remember how they came about (issue: why this number?)."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from bookings import closes, deposits, moves, opens, waits
from hypothesis import given, settings
from reckoning import leaves, numbers_of, reckoned
from strategies import losses, scenarios

from marginlib import Scenario, Story, replay, rulebook
from marginlib.analysis.limits import limit_price
from marginlib.engine.derivation import REMEMBERING, Derivation, derivation, entered, fraction, named, tracing
from marginlib.engine.funds import order_for
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close
from marginlib.ways_out.plans import plan

RULE_NUMBERS = {Fraction(number) for number in (0, 1, -1, 100)}
"""The only numbers that an amount may be made of without being an input."""


def traced(data: dict[str, Any]) -> Story:
    with tracing():
        return replay(Scenario.of(data))


def amounts(story: Story) -> list[Decimal | Fraction]:
    """All that a story says of amounts."""
    found: list[Decimal | Fraction] = []
    for moment in story.moments:
        found += [*moment.after.balances.values(), *moment.after.unpaid.values()]
        found += [amount for row in moment.rows for amount in (row.amount, row.fee, row.balance)]
        found += [charge.due for charge in moment.after.charged]
        found += [amount for lot in moment.after.positions for amount in (lot.cost, lot.owed[1], lot.held[1])]
        for realised in moment.realised:
            found += [realised.pnl, realised.unpaid, realised.conversion_fees]
            found += [amount for take in realised.cascade for amount in (take.taken, take.covers, take.fee)]
        if tied := story.margin_of(moment.after):
            found += [tied.trade_balance, tied.equity, tied.used_margin, tied.free_margin]
            found += [] if tied.level is None else [tied.level]
    return found


def check(story: Story, data: dict[str, Any]) -> None:
    inputs = {*numbers_of(data), *numbers_of(story.final.rulebook.haircuts)}
    inputs |= {*numbers_of(dict(rulebook().conversion_fees)), *numbers_of(dict(rulebook().haircuts)), Fraction(2)}
    inputs.add(Fraction(0))  # a fee that is not given is none
    known: dict[int, Fraction] = {}
    seen: set[int] = set()
    for amount in amounts(story):
        if type(amount) not in REMEMBERING:
            assert amount == 0, f"{amount} remembers nothing"
            continue
        how = derivation(amount)
        assert reckoned(how, known) == Fraction(amount)
        for leaf in leaves(how, seen):
            assert Fraction(leaf.amount) in (inputs if leaf.how == "input" else RULE_NUMBERS), leaf


@settings(deadline=None, max_examples=60)
@given(scenarios())
def test_every_amount_of_a_story_comes_from_its_inputs(data: dict[str, Any]) -> None:
    with tracing():
        check(replay(Scenario.of(data)), data)


@settings(deadline=None, max_examples=60)
@given(losses())
def test_every_amount_of_a_loss_comes_from_its_inputs(data: dict[str, Any]) -> None:
    with tracing():
        check(replay(Scenario.of(data)), data)


@settings(deadline=None, max_examples=40)
@given(losses())
def test_to_remember_changes_nothing(data: dict[str, Any]) -> None:
    assert traced(data).as_json() == replay(Scenario.of(data)).as_json()


START = {
    "balances": {"EUR": "3000", "BTC": "0.1"}, "prices": {"BTC/EUR": "50000"}, "fees": {"trading": "0.004"},
    "rules": {"haircuts": {"BTC": "0.05"}},
}  # fmt: skip
LONG = opens("BTC/EUR", "long", "0.2", "5")


def test_nobody_pays_who_does_not_ask() -> None:
    story = replay(Scenario.of({**START, "steps": [LONG, moves("BTC/EUR", "40000"), closes("BTC/EUR")]}))
    assert not any(type(amount) in REMEMBERING for amount in amounts(story))


def test_used_margin_is_cost_by_leverage() -> None:
    story = traced({**START, "steps": [LONG, moves("BTC/EUR", "45000")]})
    with tracing():
        tied = story.margin
    assert tied
    used = derivation(tied.used_margin)
    assert (used.name, used.rules, used.how) == ("used margin", ("B2",), "quotient")
    assert [(part.name, part.amount) for part in used.parts] == [
        ("cost of position 1", Decimal(10000)),
        ("leverage", Decimal(5)),
    ]


def test_a_haircut_is_told_with_what_it_is_taken_off() -> None:
    story = traced({**START, "steps": [LONG]})
    with tracing():
        tied = story.margin
    assert tied
    ends = {leaf.name: leaf for leaf in leaves(derivation(tied.trade_balance))}
    assert ends["haircut of BTC"].amount == Decimal("0.05")
    assert ends["your BTC at the start"].amount == Decimal("0.1")


def test_a_conversion_names_the_file_of_its_rate() -> None:
    story = traced({**START, "steps": [LONG, moves("BTC/EUR", "30000"), closes("BTC/EUR")]})
    rates = [leaf for leaf in leaves(derivation(story.final.balances["BTC"])) if "conversion fee" in leaf.name]
    assert [(rate.amount, rate.rules) for rate in rates] == [(Decimal("0.025"), ("R16",))]
    assert rates[0].source.startswith("data/conversion.toml, of 20")


def test_a_balance_names_the_ledger_rows_behind_it() -> None:
    story = traced({**START, "steps": [deposits("EUR", "500"), LONG, waits("4")]})

    def rows(how: Derivation) -> list[tuple[int, str]]:
        own = [(how.booking.step, how.booking.reason)] if how.booking else []
        return [*(row for part in how.parts for row in rows(part)), *own]

    booked = {row for row in rows(derivation(story.final.balances["EUR"])) if row[1] != "opening"}
    assert booked == {(0, "deposit"), (1, "trading_fee")}


def test_a_limit_is_told_by_the_level_there() -> None:
    data = {
        "balances": {"USD": "10000"},
        "prices": {"BTC/USD": "20000"},
        "steps": [opens("BTC/USD", "long", "1", "5")],
    }
    with tracing():
        found = limit_price(replay(Scenario.of(data)).final, "USD", 80, "BTC/USD")
    assert found.below == 13200
    how = derivation(found.below)
    assert reckoned(how) == 13200
    (share,) = (part for part in how.parts if part.how == "solved")
    assert [part.amount for part in share.parts] == [80, 80]


def test_a_way_out_is_told_after_the_story() -> None:
    data = {**START, "steps": [LONG, moves("BTC/EUR", "30000")]}
    with tracing():
        story = replay(Scenario.of(data))
        seen = plan(story)
        costs = [way.cost for way in seen.ways if way.cost is not None]
        assert len(costs) >= 2
        for cost in costs:
            assert type(cost) in REMEMBERING
            assert reckoned(derivation(cost)) == Fraction(cost)
        ended = resume(story, [Close(pair="BTC/EUR", volume="all")])
    assert derivation(ended.final.balances["EUR"]).name == "your EUR"


def test_an_order_that_buys_what_is_needed_says_what_for() -> None:
    """Its volume was read anew from its text, so that it was told as an input."""
    data = {"balances": {"USD": "900"}, "prices": {"EUR/USD": "1.1"}, "fees": {"trading": "0.004"}}
    with tracing():
        needed = entered(Decimal("120.5"), "needed")
        order = order_for(replay(Scenario.of(data)).final, "EUR/USD", "EUR", needed)
    assert order.volume == needed
    assert derivation(order.volume).name == "needed"


UNTOLD = [lambda a: a + 0, lambda a: 0 + a, lambda a: a * 1, lambda a: a / 1, lambda a: (a * -1) * -1]


@pytest.mark.parametrize("made", UNTOLD)
def test_what_changes_nothing_is_not_told(made: Any) -> None:
    five = entered(Decimal(5), "five")
    assert derivation(made(five)).name == derivation(made(fraction(five))).name == "five"


def test_a_second_name_stands_above_the_first() -> None:
    how = derivation(named(named(entered(Decimal(5), "cost") * 2, "obligation"), "what you owe"))
    assert (how.name, how.how, how.parts[0].name) == ("what you owe", "same", "obligation")

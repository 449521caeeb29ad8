"""What a refusal advises works when it is followed."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import strategies
from hypothesis import assume, event, given
from hypothesis import strategies as st

from marginlib import Scenario, Story, replay

DEPOSIT = re.compile(r"[Dd]eposit ([0-9.]+) ([A-Z0-9]+)")
MOST = re.compile(r"Withdraw at most ([0-9.]+) ([A-Z0-9]+)")
CASES: dict[str, dict[str, Any]] = {
    "a digit too little": {"balances": {"EUR": "333.3333"}, "steps": [("open", "long", "0.02", 3)]},
    "two digits": {"balances": {"EUR": "333.3332"}, "steps": [("open", "long", "0.02", 3)]},
    "a haircut": {
        "balances": {"BTC": "0.01"},
        "rules": {"haircuts": {"BTC": "0.5", "EUR": "0.1"}},
        "steps": [("open", "long", "0.05", 5)],
    },
    "a fee that finds another balance": {
        "balances": {"BTC": "0.02"},
        "rules": {"haircuts": {"BTC": "0.5"}},
        "fees": {"trading": "0.01"},
        "steps": [("open", "long", "0.06", 5)],
    },
}


def story_of(case: dict[str, Any]) -> dict[str, Any]:
    steps = [
        {"do": do, "pair": "BTC/EUR", "side": side, "volume": volume, "leverage": leverage}
        for do, side, volume, leverage in case["steps"]
    ]
    return {"prices": {"BTC/EUR": "50000"}, **case, "steps": steps}


def followed(data: dict[str, Any], story: Story) -> list[Story]:
    """The stories in which each thing that the refusal advises is done."""
    assert story.error
    steps, at, told = data["steps"], story.error.index, story.error.message
    stories = []
    if found := DEPOSIT.search(told):
        deposit = {"do": "deposit", "currency": found[2], "amount": found[1]}
        stories.append(replay(Scenario.of({**data, "steps": [*steps[:at], deposit, *steps[at:]]})))
    if found := MOST.search(told):
        less = {**steps[at], "amount": found[1]}
        stories.append(replay(Scenario.of({**data, "steps": [*steps[:at], less]})))
    return stories


@pytest.mark.parametrize("name", CASES)
def test_what_is_to_be_deposited_is_enough_and_no_digit_too_much(name: str) -> None:
    """B4."""
    data = story_of(CASES[name])
    story = replay(Scenario.of(data))

    (then,) = followed(data, story)
    assert then.error is None
    assert story.error
    found = DEPOSIT.search(story.error.message)
    assert found
    less = plain_less(found[1])
    deposit = {"do": "deposit", "currency": found[2], "amount": less}
    if Decimal(less):
        assert replay(Scenario.of({**data, "steps": [deposit, *data["steps"]]})).error


def plain_less(amount: str) -> str:
    return f"{Decimal(amount) - Decimal('0.0001'):f}"


def test_a_deposit_of_which_little_counts_is_told_whole() -> None:
    """B1: with a haircut of 99 %, what is lacking is a hundredth of what must come in."""
    data = story_of({"balances": {"EUR": "1000"}, "steps": [("open", "long", "0.05", 5)]})
    data["rules"] = {"haircuts": {"EUR": "0.99"}}
    story = replay(Scenario.of(data))

    assert story.error
    assert "Deposit 49000 EUR first" in story.error.message
    assert [then.error for then in followed(data, story)] == [None]


def test_a_withdrawal_is_told_how_much_it_may_be() -> None:
    """B9: not "a smaller volume, or a higher leverage"."""
    opened = {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.05", "leverage": 5}
    data = {
        "balances": {"EUR": "1000"},
        "prices": {"BTC/EUR": "50000"},
        "steps": [opened, {"do": "withdraw", "currency": "EUR", "amount": "600"}],
    }
    story = replay(Scenario.of(data))

    assert story.error
    assert "Withdraw at most 500 EUR, or deposit 100 EUR first." in story.error.message
    assert "leverage" not in story.error.message
    assert [then.error for then in followed(data, story)] == [None, None]


def test_an_order_is_not_told_of_leverage() -> None:
    """B9."""
    opened = {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.05", "leverage": 5}
    data = {
        "balances": {"EUR": "1000"},
        "prices": {"BTC/EUR": "50000", "XMR/EUR": "150"},
        "steps": [opened, {"do": "trade", "pair": "XMR/EUR", "side": "buy", "volume": "4"}],
    }
    story = replay(Scenario.of(data))

    assert story.error
    assert story.error.message.endswith("Deposit 100 EUR first, or order less.")
    assert [then.error for then in followed(data, story)] == [None]


def test_who_can_settle_nothing_is_not_told_to_settle_less() -> None:
    """R6."""
    steps = [
        {"do": "open", "pair": "BTC/EUR", "side": "short", "volume": "0.1", "leverage": 2},
        {"do": "settle", "pair": "BTC/EUR", "volume": "all"},
    ]
    rules = {"initial_margin_check": False}
    data = {"balances": {"EUR": "100"}, "prices": {"BTC/EUR": "50000"}, "rules": rules, "steps": steps}
    story = replay(Scenario.of(data))

    assert story.error
    assert story.error.message.endswith("Deposit 0.1 BTC, or buy it with an ordinary order.")


@given(strategies.scenarios(6), st.sampled_from(["0", "0.3", "0.9"]))
def test_every_deposit_that_is_advised_gets_the_step_through(data: dict[str, Any], cut: str) -> None:
    """B4, B9, R6: the same step, after doing what the sentence says."""
    haircuts = dict.fromkeys(("BTC", "EUR", "ETH"), cut)
    data = {**data, "rules": {**data["rules"], "haircuts": haircuts, "initial_margin_check": True}}
    story = replay(Scenario.of(data))
    assume(story.error and story.error.code in ("insufficient_funds", "insufficient_margin"))
    assert story.error
    stories = followed(data, story)
    event(f"{story.error.step.do}: {len(stories)} ways")
    for then in stories:
        assert then.error is None or then.error.index > story.error.index + 1, then.error.message


DUST = {"balances": {"EUR": "100"}, "prices": {"EUR/PEPE": "100000", "BTC/EUR": "50000"}}


@pytest.mark.parametrize(
    ("pair", "side", "volume", "least"),
    [("EUR/PEPE", "short", "0.00005", "0.0001"), ("BTC/EUR", "long", "0.0000000001", "0.000000002")],
)
def test_a_volume_that_would_owe_nothing_is_refused_with_the_smallest_that_works(
    pair: str, side: str, volume: str, least: str
) -> None:
    """A8."""
    step = {"do": "open", "pair": pair, "side": side, "volume": volume, "leverage": 2}
    with pytest.raises(ValueError, match=rf"steps\[0\]\.volume: expected at least {re.escape(least)} "):
        replay(Scenario.of({**DUST, "steps": [step]}))
    assert replay(Scenario.of({**DUST, "steps": [{**step, "volume": least}]})).error is None


def test_a_position_is_not_settled_for_nothing_bit_by_bit() -> None:
    """A8: what is left, however little, may be settled whole."""
    opened = {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.000000002", "leverage": 2}
    settle = {"do": "settle", "pair": "BTC/EUR", "volume": "0.0000000001"}
    with pytest.raises(ValueError, match=r"steps\[1\]\.volume: expected at least 0.000000002 BTC"):
        replay(Scenario.of({**DUST, "steps": [opened, settle]}))
    assert replay(Scenario.of({**DUST, "steps": [opened, {**settle, "volume": "all"}]})).error is None


def test_the_engine_s_own_cases_of_advice_are_files_too(tmp_path: Path) -> None:
    """As a person tries it: from a file, by the command line's reader."""
    from marginlib import read_scenario

    file = tmp_path / "short.json"
    file.write_text(json.dumps(story_of(CASES["a haircut"])), encoding="utf-8")
    story = replay(read_scenario(file.read_bytes()))
    assert story.error
    assert "Deposit 277.7778 EUR first" in story.error.message

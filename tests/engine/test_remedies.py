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

DEPOSIT = re.compile(r"[Dd]eposit ([0-9.]+) ([A-Z0-9]+) first")
ADVICE = (
    DEPOSIT,
    re.compile(r"Withdraw at most (?P<amount>[0-9.]+) [A-Z0-9]+"),
    re.compile(r"[Ss]ettle at most (?P<volume>[0-9.]+) [A-Z0-9]+"),
    re.compile(r"[Tt]ake at most (?P<volume>[0-9.]+) [A-Z0-9]+"),
    re.compile(r"[Oo]rder at most (?P<volume>[0-9.]+) [A-Z0-9]+"),
    re.compile(r"[Tt]ake a leverage of (?P<leverage>[0-9]+)"),
    re.compile(r"(?P<side>[Bb]uy|[Ss]ell) (?P<order>[0-9.]+) [A-Z0-9]+ in (?P<pair>\S+) with an ordinary order"),
    re.compile(r"Close what is open in (?P<close>\S+) first"),
)
"""Every kind of advice there is."""
NOTHING = "Nothing counts as collateral here: give a currency of rules.collateral_order a haircut below 1 (B1)."
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
    """The stories in which each thing that the refusal advises is done; no word of advice is passed over."""
    assert story.error
    steps, at = data["steps"], story.error.index
    told = re.split(r"(?<=\.) (?=[A-Z])", story.error.message)
    advice = told[-1] if len(told) > 1 else ""
    if not advice or advice == NOTHING:
        return []
    stories, left = [], advice
    for kind in ADVICE:
        if found := kind.search(left):
            left = left.replace(found[0], "")
            done = steps_of(found, steps[at])
            stories.append(replay(Scenario.of({**data, "steps": [*steps[:at], *done]})))
            assert stories[-1].error is None, f"{story.error.message} Done: {done}. {stories[-1].error.message}"
    assert re.fullmatch(r"(,| |or)*\.", left), f"this advice isn't followed: {left} in: {advice}"
    return stories


def steps_of(advice: re.Match[str], step: dict[str, Any]) -> list[dict[str, Any]]:
    """A step as the advice wants it, after what the advice wants to be done first."""
    said = advice.groupdict()
    if advice.re is DEPOSIT:
        return [{"do": "deposit", "currency": advice[2], "amount": advice[1]}, step]
    if said.get("order"):
        return [{"do": "trade", "pair": said["pair"], "side": said["side"].lower(), "volume": said["order"]}, step]
    if said.get("close"):
        return [{"do": "close", "pair": said["close"], "volume": "all"}, step]
    if said.get("leverage"):
        assert int(said["leverage"]) <= 10
        return [{**step, "leverage": said["leverage"]}]
    return [{**step, **said}]


@pytest.mark.parametrize("name", CASES)
def test_what_is_to_be_deposited_is_enough_and_no_digit_too_much(name: str) -> None:
    """B4."""
    data = story_of(CASES[name])
    story = replay(Scenario.of(data))

    assert followed(data, story)
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
    assert followed(data, story)


def open_at(leverage: int, volume: str, **data: Any) -> tuple[dict[str, Any], Story]:
    """A long that is too large for what there is."""
    step = {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": volume, "leverage": leverage}
    data = {"prices": {"BTC/EUR": "50000"}, "steps": [step], **data}
    return data, replay(Scenario.of(data))


def test_a_higher_leverage_is_the_least_that_does() -> None:
    """B4: at 4x, 1,250 EUR are tied up, at 5x 1,000."""
    data, story = open_at(2, "0.1", balances={"EUR": "1000"})

    assert story.error
    assert story.error.message.endswith("Deposit 1500 EUR first, take at most 0.04 BTC, or take a leverage of 5.")
    assert len(followed(data, story)) == 3
    less = {**data["steps"][0], "leverage": 4}
    assert replay(Scenario.of({**data, "steps": [less]})).error


@pytest.mark.parametrize(
    ("leverage", "case"),
    [
        (5, {"balances": {"EUR": "100"}, "fees": {"trading": "0.004"}}),  # the fee alone is more than there is
        (10, {"balances": {"EUR": "1000"}}),  # the most that is offered
        (20, {"balances": {"EUR": "1000"}}),
        (2, {"balances": {"EUR": "4000"}}),  # at 10x 5,000 EUR are tied up
    ],
)
def test_a_leverage_that_does_not_do_or_is_not_offered_is_not_advised(leverage: int, case: dict[str, Any]) -> None:
    """B4."""
    data, story = open_at(leverage, "1", **case)

    assert story.error
    assert "leverage" not in story.error.message
    assert len(followed(data, story)) == 2


def test_who_has_nothing_open_is_not_told_to_end_a_part_of_it() -> None:
    """B1: with a haircut of 100 % on all that counts, no deposit helps."""
    rules = {"haircuts": {"EUR": "1"}, "collateral_order": ["EUR"]}
    _, story = open_at(5, "0.001", balances={"EUR": "1000", "XMR": "5"}, rules=rules)

    assert story.error
    assert story.error.message.endswith(NOTHING)


def test_where_no_deposit_helps_but_a_closing_does_it_is_named() -> None:
    """B9: nothing of what there is counts as collateral; the gain on one position carries what is open."""
    opened = {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.001", "leverage": 5}
    data: dict[str, Any] = {
        "balances": {"EUR": "1000"},
        "prices": {"BTC/EUR": "50000"},
        "rules": {"haircuts": {"EUR": "1"}, "collateral_order": ["EUR"]},
        "steps": [{**opened, "price": "25000"}, {"do": "price", "pair": "BTC/EUR", "price": "25000"}],
    }
    data["steps"].append({"do": "withdraw", "currency": "EUR", "amount": "10"})
    story = replay(Scenario.of(data))

    assert story.error
    assert story.error.message.endswith("Close what is open in BTC/EUR first.")
    assert len(followed(data, story)) == 1


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
    assert len(followed(data, story)) == 2


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
    assert story.error.message.endswith("Deposit 100 EUR first, or order at most 3.33 XMR.")
    assert len(followed(data, story)) == 2


def settling(balances: dict[str, str], **data: Any) -> tuple[dict[str, Any], Story]:
    """A short of 0.1 BTC to be settled."""
    steps = [
        {"do": "open", "pair": "BTC/EUR", "side": "short", "volume": "0.1", "leverage": 2},
        {"do": "settle", "pair": "BTC/EUR", "volume": "all"},
    ]
    rules = {"initial_margin_check": False}
    data = {"balances": balances, "prices": {"BTC/EUR": "50000"}, "rules": rules, "steps": steps, **data}
    return data, replay(Scenario.of(data))


@pytest.mark.parametrize(
    ("balances", "advice"),
    [
        ({"EUR": "100"}, "Deposit 0.1 BTC first."),
        ({"EUR": "5039"}, "Deposit 0.1 BTC first."),  # the opening's fee is 20 EUR, and so is the order's
        ({"EUR": "5040"}, "Deposit 0.1 BTC first, or buy 0.1 BTC in BTC/EUR with an ordinary order."),
        (
            {"EUR": "5040", "BTC": "0.02"},
            "Deposit 0.08 BTC first, buy 0.08 BTC in BTC/EUR with an ordinary order, or settle at most 0.02 BTC.",
        ),
        (
            {"EUR": "10", "USDT": "9000"},
            "Deposit 0.1 BTC first, or buy 0.1 BTC in BTC/USDT with an ordinary order.",
        ),
        ({"ETH": "2.52"}, "Deposit 0.1 BTC first."),
        ({"ETH": "2.53"}, "Deposit 0.1 BTC first, or sell 2.51004017 ETH in ETH/BTC with an ordinary order."),
    ],
)
def test_who_settles_is_told_the_order_that_brings_in_what_is_lacking_where_one_does(
    balances: dict[str, str], advice: str
) -> None:
    """R6: with enough funds of another kind, its fee included; and of settling less only who can settle something."""
    prices = {"BTC/EUR": "50000", "BTC/USDT": "60000", "ETH/BTC": "0.04"}
    data, story = settling(balances, prices=prices, fees={"trading": "0.004"})

    assert story.error
    assert story.error.message.endswith(f" BTC. {advice}")
    assert followed(data, story)


@given(strategies.scenarios(6), st.sampled_from(["0", "0.3", "0.9", "1"]), st.booleans())
def test_whatever_is_advised_gets_the_step_through(data: dict[str, Any], cut: str, check: bool) -> None:
    """B4, B9, R6: every kind of advice, done as the sentence says."""
    haircuts = dict.fromkeys(("BTC", "EUR", "ETH"), cut)
    data = {**data, "rules": {**data["rules"], "haircuts": haircuts, "initial_margin_check": check}}
    story = replay(Scenario.of(data))
    assume(story.error and story.error.code in ("insufficient_funds", "insufficient_margin"))
    assert story.error
    data = {**data, "steps": data["steps"][: story.error.index + 1]}
    event(f"{story.error.step.do}: {len(followed(data, story))} ways")


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


@pytest.mark.parametrize("prices", [("BTC/EUR", "EUR/USD", "EUR/GBP"), ("EUR/USD", "EUR/GBP", "BTC/EUR")])
def test_the_order_that_is_offered_does_not_hang_on_the_order_of_the_prices(prices: tuple[str, ...]) -> None:
    """R6: dollars and pounds would both do."""
    listed = {"BTC/EUR": "50000", "EUR/USD": "1.1", "EUR/GBP": "0.85"}
    story = replay(
        Scenario.of(
            {
                "balances": {"USD": "5000", "GBP": "5000"},
                "prices": {pair: listed[pair] for pair in prices},
                "valuation": "EUR",
                "steps": [
                    {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.01"},
                    {"do": "settle", "pair": "BTC/EUR", "volume": "all"},
                ],
            }
        )
    )
    assert story.error is not None
    assert "buy 500 EUR in EUR/GBP with an ordinary order" in story.error.message

"""``marginlib plan``: the comparison as JSON and as a page for people; every input gets a sentence."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from strategies import scenarios
from test_cli import LOSS, REFUSED, marginlib, scenario

from marginlib import Scenario, replay
from marginlib.cli import main
from marginlib.ways_out.advice import answer, cost, followed, leaves, named, reports, turning
from marginlib.ways_out.ordering import orders_for
from marginlib.ways_out.plans import plan

OPEN: dict[str, Any] = {
    "title": "Before the loss is realised",
    "balances": {"EUR": "540", "BTC": "0.1"},
    "prices": {"BTC/EUR": "50000"},
    "fees": {"trading": "0.004"},
    "steps": [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.2", "leverage": 5},
        {"do": "price", "pair": "BTC/EUR", "price": "45000"},
    ],
}
SHORT: dict[str, Any] = {
    "balances": {"BTC": "0.3"},
    "prices": {"BTC/EUR": "50000"},
    "steps": [{"do": "open", "pair": "BTC/EUR", "side": "short", "volume": "0.2", "leverage": 5}],
}


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(["plan", *arguments]) == status
    return capsys.readouterr().out


def test_json_is_the_comparison_with_plain_amounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R16, R17, R6: 36 EUR of fee; 500 EUR converted at 2.5 %, or sold for at 0.4 %, or deposited."""
    result = json.loads(told(capsys, "--json", scenario(tmp_path, "open.json", OPEN)))

    assert result["status"] == "ok"
    (found,) = result["plans"]
    ways = {way["name"]: way for way in found.pop("ways")}
    assert found == {
        "pair": "BTC/EUR",
        "currency": "EUR",
        "price": "45000",
        "pnl": "-1000",
        "cheapest": "buy",
        "tied": ["buy"],
        "cheapest_of_all": "deposit",
        "trading_fee": "0.004",
        "break_even_fee": "0.025",
        "flips": found["flips"],
        "reopening": [],
    }
    assert [*ways] == ["close", "buy", "deposit", "settle"]
    assert ways["close"] == {
        "name": "close",
        "open": True,
        "steps": [{"do": "close", "pair": "BTC/EUR", "volume": "all"}],
        "cost": "48.8205",
        "closing_fee": "36",
        "order_fees": "0",
        "conversion_fees": "12.8205",
        "deposit": "0",
        "unpaid": "0",
        "balances": {"BTC": "0.0878039886", "EUR": "0"},
    }
    assert ways["buy"]["cost"] == "38.008"
    assert (ways["deposit"]["cost"], ways["deposit"]["deposit"]) == ("36", "500")
    assert ways["settle"] == {"name": "settle", "open": False, "why_not": ways["settle"]["why_not"]}
    assert "Deposit 9500 EUR" in ways["settle"]["why_not"]
    assert found["flips"]["above"]["cheapest"] == "close"


def test_the_steps_it_names_do_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They can be added to the scenario as they are."""
    (found,) = json.loads(told(capsys, "--json", scenario(tmp_path, "open.json", OPEN)))["plans"]

    for way in found["ways"]:
        if way["open"]:
            after = replay(Scenario.of({**OPEN, "steps": [*OPEN["steps"], *way["steps"]]})).as_json()
            assert after["status"] == "ok"
            assert after["balances"] == way["balances"]


def test_a_page_says_it_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = told(capsys, scenario(tmp_path, "open.json", OPEN))
    flowing = " ".join(page.split())

    assert page.startswith("Before the loss is realised\n")
    for words in (
        "your long of 0.2 BTC in BTC/EUR stands at a loss of 1,000.00 EUR, fees aside (R11).",
        "Buy EUR first 38.01 36.00 2.01 – cheapest",
        "Deposit EUR 36.00 36.00 – – with a deposit",
        "Settle not open",
        "Cheapest: Buy EUR first, then close. It costs 38.01 EUR beside the result itself, 10.81 EUR less than closing",
        "With 500.00 EUR from outside, a deposit costs less still: 36.00 EUR.",
        "At a trading fee of 2.5 % closing now and buying first cost the same",
        "where nothing is converted, the cheapest is: Close now.",
        "It costs 48.82 EUR: 36.00 EUR trading fee of the closing (A9) and 12.82 EUR for converting (R16).",
        "It costs 36.00 EUR, the trading fee of the closing (A9).",
        "You sell 0.01115574 BTC at 45,000.00 EUR with an ordinary order",
        "It leaves 0.0992 BTC.",
        "Settling needs 10,000 EUR, and the balance is 500 EUR",
    ):
        assert words in flowing
    assert all(len(line) <= 80 for line in page.splitlines())


def test_settling_for_nothing_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R5: no trade takes place."""
    page = " ".join(told(capsys, scenario(tmp_path, "short.json", SHORT)).split())

    assert "stands at neither profit nor loss, fees aside (R11)." in page
    assert "It costs nothing: no trade takes place, and nothing is converted (R5)." in page
    assert "Not needed: closing converts nothing" in page


def test_where_orders_are_refused_it_says_what_opens_them_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """B2, B9, R17: a part that the euros bear, 200 of 15,000 EUR a coin; or a little from outside."""
    late = {
        "balances": {"EUR": "216", "BTC": "0.02", "DOGE": "10000"},
        "prices": {"BTC/EUR": "50000", "DOGE/EUR": "0.1"},
        "fees": {"trading": "0.004"},
        "steps": [
            {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.08", "leverage": 5},
            {"do": "price", "pair": "BTC/EUR", "price": "35000"},
        ],
    }
    file = scenario(tmp_path, "late.json", late)
    (found,) = json.loads(told(capsys, "--json", file))["plans"]
    part, little = found["reopening"]

    assert part["steps"][0] == {"do": "close", "pair": "BTC/EUR", "volume": "0.01333333"}
    assert [step["do"] for step in little["steps"]] == ["deposit", "trade", "trade", "close"]
    for way in (part, little):
        after = replay(Scenario.of({**late, "steps": [*late["steps"], *way["steps"]]})).as_json()
        assert (after["status"], after["balances"]) == ("ok", way["balances"])
        assert Decimal(way["cost"]) < Decimal(found["ways"][0]["cost"])
    page = " ".join(told(capsys, file).split())
    assert "you may first close 0.01333333 BTC, whose loss your EUR bear: that frees used margin." in page
    assert f"With {little['deposit']} EUR from outside the orders are open as well" in page

    (early,) = json.loads(told(capsys, "--json", scenario(tmp_path, "open.json", OPEN)))["plans"]
    assert early["reopening"] == []


def test_of_several_pairs_each_has_its_plan_or_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = {
        **OPEN,
        "balances": {"EUR": "9000"},
        "prices": {**OPEN["prices"], "ETH/EUR": "2000"},
        "steps": [{"do": "open", "pair": "ETH/EUR", "side": "short", "volume": "1"}, *OPEN["steps"]],
    }
    file = scenario(tmp_path, "two.json", two)

    assert [each["pair"] for each in json.loads(told(capsys, "--json", file))["plans"]] == ["ETH/EUR", "BTC/EUR"]
    assert [each["pair"] for each in json.loads(told(capsys, "--json", "--pair", "btc/eur", file))["plans"]] == [
        "BTC/EUR"
    ]
    error = json.loads(told(capsys, "--json", "--pair", "ADA/EUR", file, status=2))["error"]
    assert error["code"] == "no_position"
    assert error["message"].endswith("Open: ETH/EUR, BTC/EUR.")


def test_of_several_pairs_the_orders_are_compared_where_none_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R12, R13: a profit of 600 EUR before a loss of 1000, or after it."""
    two = {
        "balances": {"EUR": "500", "BTC": "0.1"},
        "prices": {"BTC/EUR": "50000", "ETH/EUR": "2000"},
        "steps": [
            {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
            {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "2", "leverage": 5},
            {"do": "prices", "prices": {"BTC/EUR": "40000", "ETH/EUR": "2300"}},
        ],
    }
    file = scenario(tmp_path, "two.json", two)
    result = json.loads(told(capsys, "--json", file))
    assert [*result] == ["status", "plans", "orders"]
    closing = result["orders"]["close"]
    assert (closing["best"], closing["difference"]) == (["ETH/EUR", "BTC/EUR"], "12.8205")
    assert [order["cost"] for order in closing["orders"]] == ["0", "12.8205"]
    assert [*result["orders"]] == ["close", "best"]
    page = " ".join(told(capsys, file).split())
    assert "In which order" in page
    assert "the wrong order costs 12.82 EUR (R12, R13)" in page
    one = json.loads(told(capsys, "--json", "--pair", "BTC/EUR", file))
    assert [*one] == ["status", "plans"]
    assert "In which order" not in told(capsys, "--pair", "BTC/EUR", file)


@pytest.mark.parametrize(
    ("content", "step", "code", "message"),
    [
        (LOSS, None, "no_position", "No position is open at the end"),
        (REFUSED, 1, "insufficient_funds", "Settling needs"),
        ({"balances": {"eur": 1}}, None, "invalid_scenario", "such as 'EUR'"),
        ("", None, "invalid_scenario", "is empty"),
        ({"steps": [{"do": "open"}]}, None, "invalid_scenario", "missing"),
    ],
)
def test_what_cannot_be_planned_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object, step: int | None, code: str, message: str
) -> None:
    file = scenario(tmp_path, "a.json", content)
    result = json.loads(told(capsys, "--json", file, status=2))

    assert (result["status"], result["plans"]) == ("error", [])
    assert (result["error"]["step"], result["error"]["code"]) == (step, code)
    assert message in result["error"]["message"]
    page = " ".join(told(capsys, file, status=2).split())
    assert message in page
    if step is not None:
        assert f"Step {step + 1} is refused, so there is nothing to plan:" in page


def test_several_files_and_standard_input(tmp_path: Path) -> None:
    file = scenario(tmp_path, "open.json", OPEN)
    run = marginlib("plan", "--json", "-", file, str(tmp_path / "none.json"), given=json.dumps(SHORT).encode())

    assert run.returncode == 2
    first, second, third = map(json.loads, run.stdout.splitlines())
    assert first["plans"][0]["cheapest"] == "close"
    assert second["plans"][0]["cheapest"] == "buy"
    assert third["error"]["code"] == "invalid_scenario"
    assert run.stderr == b""


@settings(max_examples=25)
@given(scenarios())
def test_any_account_gets_its_plans_in_json_and_words(data: dict[str, Any]) -> None:
    """R2: with whatever is open, or owned, at whatever prices."""
    story = replay(Scenario.of(data))
    assume(story.error is None and story.final.positions)
    for report in reports(story):
        result = json.loads(json.dumps(report.as_json()))
        assert [way["name"] for way in result["ways"]] == ["close", "buy", "deposit", "settle"]
        for way in report.plan.ways:
            told = [*followed(way), cost(way), leaves(way)]
            assert [line for line in told if line and not line.endswith(".")] == []
            assert (cost(way) == "") == bool(way.closed)


def test_a_purchase_by_a_hop_may_be_too_small_to_round() -> None:
    """A2, A8: what rounds to nothing on the way is ordered as the least there is."""
    state = replay(
        Scenario.of({"balances": {"DOGE": "10"}, "prices": {"DOGE/EUR": "0.1", "BTC/EUR": "50000", "BTC/XMR": "300"}})
    ).final
    orders = [*orders_for(state, "ETH/BTC", Decimal("0.0000000001"))]
    assert [(each.side, each.pair) for each in orders] == [("sell", "DOGE/EUR"), ("buy", "BTC/EUR")]


def test_a_plan_without_any_way_says_so() -> None:
    """A2: nothing can be priced."""
    story = replay(
        Scenario.of(
            {
                "balances": {"EUR": "2000", "XMR": "1"},
                "prices": {"BTC/EUR": "50000"},
                "steps": [OPEN["steps"][0], {**OPEN["steps"][1], "price": "30000"}],
                "rules": {"collateral_order": ["EUR"]},
            }
        )
    )
    assert answer(plan(story)) == "None of the four ways is open."
    assert [cost(way) for way in plan(story).ways] == [""] * 4


def test_where_the_answer_turns_is_told_with_the_reason() -> None:
    """B9, R13: too late to order; nothing to convert."""
    story = replay(Scenario.of({**OPEN, "balances": {"EUR": "540", "BTC": "0.05"}, "steps": [OPEN["steps"][0]]}))
    (report,) = reports(replay(Scenario.of({**OPEN, "balances": {"EUR": "540", "BTC": "0.05"}, "steps": [
        OPEN["steps"][0], {**OPEN["steps"][1], "price": "47000"}]})))  # fmt: skip

    below, above = report.turning()[-2:]
    assert below.startswith("Below 46,0")
    assert below.endswith("where the margin level forbids orders (B9), the cheapest is: Close now.")
    assert above.endswith("where nothing is converted, the cheapest is: Close now.")
    flat = plan(story)
    assert turning(flat, story.final.fees["trading"], None, (None, None)) == []
    assert named("deposit", "USD") == "Deposit USD, then close"

"""`marginlib limits`: how far prices may go, each by itself and all together."""

import json
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import strategies
from hypothesis import assume, given, settings

from marginlib import Scenario, limits, replay
from marginlib.cli import main
from marginlib.engine.account import State
from marginlib.engine.margin import margin

LONG: dict[str, Any] = {
    "balances": {"USD": "10000"},
    "prices": {"BTC/USD": "20000"},
    "steps": [{"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}],
}


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], data: object, *, as_json: bool = True) -> tuple[int, str]:
    file = tmp_path / "scenario.json"
    file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    status = main(["limits", str(file), *(["--json"] if as_json else [])])
    return status, capsys.readouterr().out


def found(tmp_path: Path, capsys: pytest.CaptureFixture[str], data: object) -> dict[str, Any]:
    _, out = run(tmp_path, capsys, data)
    result: dict[str, Any] = json.loads(out)
    return result


def test_one_position(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """B5: the worked figure of 13,200."""
    assert found(tmp_path, capsys, LONG) == {
        "status": "ok",
        "valuation": "USD",
        "pairs": [
            {
                "pair": "BTC/USD",
                "call": {"below": "13200", "above": None},
                "liquidation": {"below": "11600", "above": None},
            }
        ],
        "together": {
            "call": {"below": "-34", "above": None},
            "liquidation": {"below": "-42", "above": None},
        },
    }


def test_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At most 8 significant digits of a price, 4 decimals of a percentage."""
    data = {**LONG, "balances": {"USD": "10000", "BTC": "0.7"}}
    (pair,) = found(tmp_path, capsys, data)["pairs"]
    assert pair["call"]["below"] == "7764.7059"
    assert found(tmp_path, capsys, data)["together"]["call"]["below"] == "-61.1765"


def test_a_level_that_is_reached_is_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {**LONG, "steps": [*LONG["steps"], {"do": "price", "pair": "BTC/USD", "price": "12600"}]}
    result = found(tmp_path, capsys, data)

    assert result["pairs"][0]["call"] == {"below": "12600", "above": "12600"}
    assert result["together"]["call"] == {"below": "0", "above": "0"}
    assert result["pairs"][0]["liquidation"]["below"] == "11600"


def test_a_refused_step_ends_with_what_there_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {**LONG, "steps": [*LONG["steps"], {"do": "withdraw", "currency": "EUR", "amount": "1"}]}
    status, out = run(tmp_path, capsys, data)
    result = json.loads(out)

    assert (status, result["status"], result["error"]["code"]) == (2, "error", "insufficient_funds")
    assert result["pairs"][0]["call"]["below"] == "13200"
    _, told = run(tmp_path, capsys, data, as_json=False)
    assert "What follows is how things stood before it." in " ".join(told.split())


def test_what_is_no_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(tmp_path, capsys, "nothing")

    assert status == 2
    assert {**json.loads(out), "error": None} == {
        "status": "error", "valuation": None, "pairs": [], "together": None, "error": None,
    }  # fmt: skip
    assert "This can't be replayed" in run(tmp_path, capsys, "nothing", as_json=False)[1]


def test_what_can_not_be_priced_has_no_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {**LONG, "balances": {"USD": "10000", "ETH": "1"}, "rules": {"initial_margin_check": False}}
    result = found(tmp_path, capsys, data)

    nothing = {"below": None, "above": None}
    assert result["pairs"] == [{"pair": "BTC/USD", "call": nothing, "liquidation": nothing}]
    assert result["together"] == {"call": nothing, "liquidation": nothing}


def test_people_read_sentences_and_what_the_exchange_has_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steep = {**LONG, "steps": [{**LONG["steps"][0], "leverage": 50}]}
    _, told = run(tmp_path, capsys, steep, as_json=False)
    assert "Step 1 has 50× leverage; the exchange offers 10× at most." in told

    broken = {**LONG, "prices": {"BTC/USD": "20000", "BTC/EUR": "50000", "EUR/USD": "1.1"}}
    main(["run", str(tmp_path / "scenario.json")])
    capsys.readouterr()
    _, told = run(tmp_path, capsys, broken, as_json=False)
    assert "At the start, the prices of BTC/USD, BTC/EUR and EUR/USD contradict each other by" in " ".join(told.split())


def test_a_pair_and_its_inverse_are_no_triangle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = {**LONG, "prices": {"BTC/USD": "20000", "USD/BTC": "0.00005", "DOGE/USD": "0.1"}}
    status, told = run(tmp_path, capsys, both, as_json=False)
    assert status == 0
    assert "contradict" not in told


def level(state: State, currency: str) -> Fraction:
    found = margin(state, currency).level
    assert found is not None
    return found


def moved(state: State, currency: str, factor: Fraction, pair: str | None = None) -> State:
    """The state after one price, or everything, has moved by a factor: stated anew, in fractions."""
    after = state.copy()
    for name, price in state.prices.items():
        base, quote = name.split("/")
        by = Fraction(1)
        if pair is None and quote == currency:
            by = factor
        elif pair is None and base == currency:
            by = 1 / factor
        elif pair == name:
            by = factor
        after.prices[name] = digits(Fraction(price) * by)
    return after


def digits(value: Fraction) -> Decimal:
    return Context(prec=45).divide(Decimal(value.numerator), Decimal(value.denominator))


@given(strategies.scenarios(7))
@settings(max_examples=60)
def test_beyond_the_limit_the_level_is_reached_and_before_it_not(data: dict[str, Any]) -> None:
    """B5: for one price and for all of them together, on both sides."""
    story = replay(Scenario.of({**data, "valuation": "EUR"}))
    state = story.final
    assume(state.positions)
    reach = limits(state, "EUR")
    for pair, each in [*reach.pairs.items(), (None, reach.together)]:
        for limit in each:
            if limit is None or limit.reached:
                continue
            now = Fraction(1) if pair is None else Fraction(state.prices[pair])
            for at, outward in (
                (limit.below, Fraction(999_999, 1_000_000)),
                (limit.above, Fraction(1_000_001, 1_000_000)),
            ):
                if at is None:
                    continue
                beyond, before = (moved(state, "EUR", at / now * by, pair) for by in (outward, 1 / outward))
                assert level(beyond, "EUR") <= Fraction(limit.level)
                assert level(before, "EUR") > Fraction(limit.level)

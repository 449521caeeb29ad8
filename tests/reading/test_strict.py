"""Two ways to read one format: made by name or by light reading, and as the validation library reads it."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import scenarios

from marginlib import InvalidScenario, Scenario
from marginlib.engine.scenario import STEPS, Deposit, Fees, Open, Rules, Step, Wait
from marginlib.reading import files, strict

PIECES: list[Any] = [
    None, True, False, 0, 1, -1, "", "x", "all", "EUR", "eur", "BTC/EUR", "BTC", "long", "off", "0.5", "1", "-1", "1e2",
    0.5, Decimal("NaN"), Decimal("0.25"), [], {}, ["EUR"], ["EUR", "EUR"], {"EUR": "1"}, {"do": "wait"}, b"x",
    {"do": "wait", "hours": 4}, {"trading": "0.1"}, {"conversion_fees": {"other": "0.1"}}, {"cash_cash": "2"},
]  # fmt: skip
KEYS = [
    "title",
    "rules",
    "balances",
    "prices",
    "fees",
    "valuation",
    "steps",
    "do",
    "pair",
    "volume",
    "hours",
    "price",
    "x",
]


def read(reader: Any, data: object) -> Scenario | str:
    try:
        return reader(data)  # type: ignore[no-any-return]
    except InvalidScenario as error:
        return str(error)


def places(data: Any) -> list[tuple[Any, Any]]:
    """Every container in some data, with a key or an index in it."""
    found = []
    if isinstance(data, dict | list):
        for key, value in [*(data.items() if isinstance(data, dict) else enumerate(data))]:
            found += [(data, key), *places(value)]
    return found


@given(scenarios(), st.integers(0, 10**9), st.integers(0, 3))
@settings(deadline=None)
def test_both_ways_accept_the_same_and_refuse_with_the_same_sentence(
    data: dict[str, Any], seed: int, wrong: int
) -> None:
    """A scenario, with up to three places broken."""
    chance = random.Random(seed)
    for _ in range(wrong):
        where = places(data)
        if not where:
            break
        container, key = chance.choice(where)
        match chance.randrange(3):
            case 0:
                container[key] = chance.choice(PIECES)
            case 1:
                del container[key]
            case _ if isinstance(container, dict):
                container[chance.choice(KEYS)] = chance.choice(PIECES)

    assert read(Scenario.of, data) == read(strict.scenario, data)


@given(st.recursive(st.sampled_from(PIECES), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(KEYS), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_they_agree_on_anything(data: object) -> None:
    assert read(Scenario.of, data) == read(strict.scenario, data)


@given(scenarios())
def test_a_scenario_is_the_same_made_by_name(data: dict[str, Any]) -> None:
    """Written as data, made of typed steps, and longer step by step."""
    scenario = Scenario.of(data)
    by_name = {"open": Open, "wait": Wait, "deposit": Deposit}
    steps: list[Step] = []
    for step in data.get("steps", []):
        kind = by_name.get(step["do"], STEPS[step["do"]])
        steps.append(kind(**{key: value for key, value in step.items() if key != "do"}))
    start = Scenario(**{key: value for key, value in data.items() if key != "steps"})

    assert start.then(*steps) == scenario == start.then(*data.get("steps", []))
    assert Scenario.of(scenario.as_data()) == scenario == strict.scenario(scenario.as_data())


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Deposit(currency="EUR", amount="abc"), "amount: expected a positive amount, got 'abc'"),  # type: ignore[arg-type]
        (lambda: Wait(hour=4), "hours: missing; expected a number of hours; hour: unknown key; did you mean 'hours'?"),  # type: ignore[call-arg]
        (lambda: Fees(trading=Decimal(2)),
         "trading: expected a rate from 0 to below 1, such as '0.0026' for 0.26 %, got 2"),
        (lambda: Scenario(fees=Fees(trade=1)), "trade: unknown key; did you mean 'trading'?"),  # type: ignore[call-arg]
        (lambda: Scenario(rules=Rules(liquidation="of")),  # type: ignore[arg-type]
         "liquidation: expected 'off', 'all' or 'until-100', got 'of'; did you mean 'off'?"),
        (lambda: Scenario().then(Wait(hours=Decimal(1)), {"do": "wait", "hours": -1}),
         "steps[1].hours: expected a number of hours from 0 to 8784, got -1"),
    ],
)  # fmt: skip
def test_what_is_made_by_name_is_refused_with_the_same_sentences(make: Any, sentence: str) -> None:
    with pytest.raises(InvalidScenario) as refused:
        make()

    assert str(refused.value) == sentence


def test_a_float_is_refused_by_name_too() -> None:
    with pytest.raises(InvalidScenario, match="a float is not exact"):
        Open(pair="BTC/EUR", side="long", volume=0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("form", "good", "unsure"),
    [
        (
            files.Number(ge=0, lt=1, digits=12, places=10),
            [0, Decimal("0.5")],
            [1, -1, "0.5", True, 0.5, Decimal("1E-11")],
        ),
        (files.Whole(0, 20), [0, 20], [21, -1, Decimal(1), "1", True]),
        (files.CODES, [[], ["EUR"]], [["EUR", "EUR"], ["eur"], ["EUR\n"], "EUR", [1]]),
        (files.Entries(one=files.TEXT), [{"one": "x"}], [{"one": ""}, {}, {"one": "x", "two": "y"}, []]),
    ],
)
def test_what_fits_a_form_is_what_the_library_makes_of_it(form: files.Form, good: list[Any], unsure: list[Any]) -> None:
    for value in good:
        assert form.take(value) == strict.checked(form, value)
    for value in unsure:
        with pytest.raises(files.Unfit):
            form.take(value)


def test_the_rule_files_are_read_without_a_close_look(monkeypatch: pytest.MonkeyPatch) -> None:
    from marginlib.analysis.paths import load_paths
    from marginlib.reading.rulebooks import load_rulebook, load_rules

    for name in ("toml", "line"):
        monkeypatch.setattr(strict, name, lambda *_: pytest.fail("looked at closely"))
    folder = Path(str(files.data_folder()))

    assert load_rulebook(folder).cash
    assert load_rules(folder)
    assert load_paths(folder)

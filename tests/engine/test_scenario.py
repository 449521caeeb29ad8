"""Reading a scenario: what is accepted, and the sentence that whatever isn't gets."""

import json
from decimal import Decimal
from typing import Any

import pytest
from bookings import Do, closes, deposits, moves, opens, settles, stops, trades, waits, withdraws

from marginlib import InvalidScenario, Scenario, read_scenario


def sentence(text: str | bytes) -> str:
    with pytest.raises(InvalidScenario) as refused:
        read_scenario(text)
    return str(refused.value)


def test_everything_that_a_scenario_can_say() -> None:
    scenario = read_scenario(
        """{
          "title": "Everything",
          "rules": {"collateral_order": ["USD", "EUR"], "conversion_fees": {"cash_cash": "0.01"},
                    "haircuts": {"BTC": "0.05", "ETH": "1"}, "liquidation": "until-100", "initial_margin_check": false},
          "balances": {"EUR": "100", "BTC": 0},
          "prices": {"BTC/EUR": "50000"},
          "fees": {"trading": "0.0026", "opening": "0.0002", "rollover": 0},
          "valuation": "USD",
          "steps": [{"do": "open", "pair": "BTC/EUR", "side": "short", "volume": "0.1"},
                    {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", "leverage": 5, "price": "9"}]
        }"""
    )

    assert scenario.rules.collateral_order == ("USD", "EUR")
    assert scenario.rules.conversion_fees is not None
    assert scenario.rules.conversion_fees.as_data() == {"cash_cash": "0.01"}
    assert scenario.rules.haircuts == {"BTC": Decimal("0.05"), "ETH": 1}
    assert (scenario.rules.liquidation, scenario.rules.initial_margin_check) == ("until-100", False)
    assert scenario.balances == {"EUR": 100, "BTC": 0}
    assert dict(scenario.fees) == {"trading": Decimal("0.0026"), "opening": Decimal("0.0002"), "rollover": 0}
    assert [dict(step) for step in scenario.steps] == [
        {"pair": "BTC/EUR", "side": "short", "volume": Decimal("0.1"), "leverage": 2, "price": None},
        {"pair": "BTC/EUR", "side": "long", "volume": 1, "leverage": 5, "price": 9},
    ]


def test_what_is_left_out() -> None:
    scenario = read_scenario("{}")

    assert scenario == Scenario.of({})
    assert (scenario.title, scenario.valuation, scenario.steps) == (None, None, ())
    assert (scenario.balances, scenario.prices) == ({}, {})
    assert dict(scenario.fees) == {"trading": 0, "opening": 0, "rollover": 0}
    assert (scenario.rules.liquidation, scenario.rules.initial_margin_check) == ("off", True)
    assert (scenario.rules.collateral_order, scenario.rules.conversion_fees) == (None, None)


EVERY_STEP: list[Do] = [
    opens("BTC/EUR", "long", "1", price="2"),
    moves("BTC/EUR", "1"),
    settles("BTC/EUR", "1"),
    closes("BTC/EUR", "all", price="3"),
    deposits("EUR", "1"),
    withdraws("EUR", "1"),
    trades("BTC/EUR", "buy", "1", price="3"),
    waits("0.5"),
    stops("BTC/EUR", "sell", "1"),
]


@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: str(step["do"]))
def test_every_kind_of_step_and_that_its_keys_are_needed(step: Do) -> None:
    (read,) = Scenario.of({"steps": [step]}).steps

    assert {key: str(value) for key, value in {"do": read.do, **dict(read)}.items()} == {
        k: str(v) for k, v in step.items()
    }
    for key in set(step) - {"do", "leverage", "price"} | ({"price"} if step["do"] == "price" else set()):
        without = {name: value for name, value in step.items() if name != key}
        assert sentence(json.dumps({"steps": [without]})).startswith(f"steps[0].{key}: missing; expected a")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"0.5"', "0.5"),
        ('"0"', "0"),
        ('"007"', "7"),
        ("0.1", "0.1"),
        ("12", "12"),
        ("0.10000000000000000001", "0.10000000000000000001"),
        ("1e2", "100"),
        ('"99999999999999999999.99999999999999999999"', "99999999999999999999.99999999999999999999"),
    ],
)
def test_amounts_are_read_as_the_decimals_that_are_written(written: str, read: str) -> None:
    assert read_scenario(f'{{"balances": {{"EUR": {written}}}}}').balances["EUR"] == Decimal(read)


def test_minus_zero_is_zero() -> None:
    assert str(read_scenario('{"balances": {"EUR": "-0"}}').balances["EUR"]) == "0"


@pytest.mark.parametrize(
    ("written", "got"),
    [
        ('"abc"', "'abc'"),
        ('""', "''"),
        ('"1e2"', "'1e2'"),
        ('"1E+2"', "'1E+2'"),
        ('"１２"', r"'\uff11\uff12'"),
        ('"٣"', r"'\u0663'"),
        ('"1_000"', "'1_000'"),
        ('"1,000"', "'1,000'"),
        ('" 1"', "' 1'"),
        (r'"1\n"', r"'1\n'"),
        ('"+1"', "'+1'"),
        ('".5"', "'.5'"),
        ('"5."', "'5.'"),
        ('"0x10"', "'0x10'"),
        ('"NaN"', "'NaN'"),
        ('"Infinity"', "'Infinity'"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("true", "true"),
        ("false", "false"),
        ("[]", "a list"),
        ("{}", "an object"),
        ("-1", "-1"),
        ('"-0.0001"', "'-0.0001'"),
        ('"all"', "'all'"),
    ],
)
def test_what_is_no_amount(written: str, got: str) -> None:
    text = f'{{"balances": {{"EUR": {written}}}}}'

    assert sentence(text) == f"balances.EUR: expected an amount of 0 or more, got {got}"


@pytest.mark.parametrize("written", ["1e20", '"100000000000000000000"', "1e-21", '"0.000000000000000000001"', "0e99"])
def test_amounts_within_reason(written: str) -> None:
    text = f'{{"balances": {{"EUR": {written}}}}}'

    assert "with at most 20 digits before and after the point" in sentence(text)


def test_an_exponent_beyond_reason() -> None:
    assert "exponent" in sentence('{"balances": {"EUR": 1e4000000000000000000000}}')


@pytest.mark.parametrize("length", [101, 100_000])
def test_a_long_number_is_not_repeated_whole(length: int) -> None:
    text = sentence(f'{{"balances": {{"EUR": "{"9" * length}"}}}}')

    assert text.startswith("balances.EUR: expected")
    assert len(text) < 150


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (0.1, "as text, such as '0.5' (a float is not exact), got 0.1"),
        (float("nan"), "as text, such as '0.5' (a float is not exact), got nan"),
        (Decimal("NaN"), "got NaN"),
        (Decimal("sNaN"), "got sNaN"),
        (Decimal("-Infinity"), "got -Infinity"),
        (True, "got true"),
        (None, "got nothing (null)"),
        (b"1", "got"),
    ],
)
def test_values_from_python(value: object, got: str) -> None:
    """A float is refused: 0.1 + 0.2 is no amount."""
    with pytest.raises(InvalidScenario) as refused:
        Scenario.of({"balances": {"EUR": value}})

    assert str(refused.value).startswith("balances.EUR: expected an amount of 0 or more")
    assert got in str(refused.value)


@pytest.mark.parametrize("value", [7, Decimal("7.0"), "7", "7.0"])
def test_exact_values_from_python(value: object) -> None:
    assert Scenario.of({"balances": {"EUR": value}}).balances["EUR"] == 7


def step(**changes: object) -> Do:
    return {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", **changes}


AMONG = "open, price, settle, close, deposit, withdraw, trade, wait, stop"
CODE = "expected a currency code of 1 to 16 letters A-Z and digits, such as 'EUR', got"
PAIR = "expected a pair of two different currencies, such as 'BTC/EUR', got"

RATE = "expected a rate from 0 to below 1, such as '0.0026' for 0.26 %, got"
SHARE = "expected a share from 0 to 1, such as '0.05' for 5 %, got"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # Places, and what was expected there.
        ({"steps": [step(), step(volume="0")]}, "steps[1].volume: expected a positive amount, got '0'"),
        ({"steps": [step(leverage="0.99")]}, "steps[0].leverage: expected a leverage of 1 or more, got '0.99'"),
        ({"steps": [step(price="0")]}, "steps[0].price: expected a price above 0, got '0'"),
        ({"steps": [closes("BTC/EUR", "ALL")]}, "steps[0].volume: expected a positive amount or 'all', got 'ALL'"),
        ({"steps": [closes("BTC/EUR", "0")]}, "steps[0].volume: expected a positive amount or 'all', got '0'"),
        ({"steps": [waits("8784.01")]}, "steps[0].hours: expected a number of hours from 0 to 8784, got '8784.01'"),
        ({"steps": [waits(-1)]}, "steps[0].hours: expected a number of hours from 0 to 8784, got -1"),
        ({"prices": {"BTC/EUR": "0"}}, "prices.BTC/EUR: expected a price above 0, got '0'"),
        ({"fees": {"trading": "1"}}, f"fees.trading: {RATE} '1'"),
        ({"fees": {"rollover": "-0.1"}}, f"fees.rollover: {RATE} '-0.1'"),
        ({"rules": {"haircuts": {"BTC": "1.1"}}}, f"rules.haircuts.BTC: {SHARE} '1.1'"),
        ({"rules": {"conversion_fees": {"other": "1"}}}, f"rules.conversion_fees.other: {RATE} '1'"),
        ({"rules": {"initial_margin_check": "true"}}, "rules.initial_margin_check: expected true or false, got 'true'"),
        ({"rules": {"initial_margin_check": 1}}, "rules.initial_margin_check: expected true or false, got 1"),
        (
            {"rules": {"collateral_order": ["USD", "EUR", "USD"]}},
            "rules.collateral_order: expected each currency once, got USD twice",
        ),
        ({"rules": {"collateral_order": ["USD", "eur"]}}, f"rules.collateral_order[1]: {CODE} 'eur'"),
        ({"rules": {"collateral_order": "USD"}}, "rules.collateral_order: expected a list […], got 'USD'"),
        ({"title": 5}, "title: expected text, got 5"),
        ({"valuation": "eur"}, f"valuation: {CODE} 'eur'"),
        # Codes and pairs.
        ({"balances": {"eur": "1"}}, f"balances.eur: {CODE} 'eur'"),
        ({"balances": {"ＥＵＲ": "1"}}, rf"balances.'\uff25\uff35\uff32': {CODE} '\uff25\uff35\uff32'"),
        ({"balances": {"": "1"}}, f"balances.'': {CODE} ''"),
        ({"steps": [deposits("BITCOINBITCOINBIT", "1")]}, f"steps[0].currency: {CODE} 'BITCOINBITCOINBIT'"),
        ({"prices": {"BTCEUR": "1"}}, f"prices.BTCEUR: {PAIR} 'BTCEUR'"),
        ({"prices": {"BTC/BTC": "1"}}, f"prices.BTC/BTC: {PAIR} 'BTC/BTC'"),
        ({"prices": {"BTC/EUR/USD": "1"}}, f"prices.BTC/EUR/USD: {PAIR} 'BTC/EUR/USD'"),
        ({"steps": [step(pair="BTC/")]}, f"steps[0].pair: {PAIR} 'BTC/'"),
        ({"steps": [step(pair=7)]}, f"steps[0].pair: {PAIR} 7"),
        # One of a few words, with the nearest one.
        ({"steps": [step(side="Long")]}, "steps[0].side: expected 'long' or 'short', got 'Long'; did you mean 'long'?"),
        ({"steps": [step(side="buy")]}, "steps[0].side: expected 'long' or 'short', got 'buy'"),
        (
            {"steps": [stops("BTC/EUR", "sel", "1")]},
            "steps[0].side: expected 'buy' or 'sell', got 'sel'; did you mean 'sell'?",
        ),
        ({"steps": [trades("BTC/EUR", "long", "1")]}, "steps[0].side: expected 'buy' or 'sell', got 'long'"),
        (
            {"rules": {"liquidation": "until100"}},
            "rules.liquidation: expected 'off', 'all' or 'until-100', got 'until100'; did you mean 'until-100'?",
        ),
        ({"rules": {"liquidation": True}}, "rules.liquidation: expected 'off', 'all' or 'until-100', got true"),
        ({"steps": [{"do": "opne"}]}, f"steps[0].do: expected one of {AMONG}, got 'opne'; did you mean 'open'?"),
        ({"steps": [{"do": "Settle"}]}, f"steps[0].do: expected one of {AMONG}, got 'Settle'; did you mean 'settle'?"),
        ({"steps": [{"do": ["open"]}]}, f"steps[0].do: expected one of {AMONG}, got a list"),
        ({"steps": [{}]}, f"steps[0].do: missing; expected one of {AMONG}"),
        # Unknown keys, with the nearest known one.
        ({"balanses": {}}, "balanses: unknown key; did you mean 'balances'?"),
        ({"Balances": {}}, "Balances: unknown key; did you mean 'balances'?"),
        ({"xyzzy": 1}, "xyzzy: unknown key; known here: title, rules, balances, prices, fees, valuation, steps"),
        ({"fees": {"trade": "0"}}, "fees.trade: unknown key; did you mean 'trading'?"),
        ({"rules": {"haircut": {}}}, "rules.haircut: unknown key; did you mean 'haircuts'?"),
        (
            {"rules": {"conversion_fees": {"cashcash": "0"}}},
            "rules.conversion_fees.cashcash: unknown key; did you mean 'cash_cash'?",
        ),
        ({"steps": [waits(1) | {"hour": 1}]}, "steps[0].hour: unknown key; did you mean 'hours'?"),
        (
            {"steps": [step(stop="1")]},
            "steps[0].stop: unknown key; known here: do, pair, side, volume, leverage, price",
        ),
        # Shapes.
        ([], "the scenario: expected an object {…}, got a list"),
        ("x", "the scenario: expected an object {…}, got 'x'"),
        (5, "the scenario: expected an object {…}, got 5"),
        ({"balances": []}, "balances: expected an object {…}, got a list"),
        ({"fees": "0"}, "fees: expected an object {…}, got '0'"),
        ({"rules": []}, "rules: expected an object {…}, got a list"),
        ({"steps": {}}, "steps: expected a list […], got an object"),
        ({"steps": "wait"}, "steps: expected a list […], got 'wait'"),
        ({"steps": ["wait"]}, 'steps[0]: expected a step such as {"do": "wait", "hours": 4}, got \'wait\''),
        ({"steps": [5]}, 'steps[0]: expected a step such as {"do": "wait", "hours": 4}, got 5'),
        ({"steps": [[]]}, 'steps[0]: expected a step such as {"do": "wait", "hours": 4}, got a list'),
    ],
)  # fmt: skip
def test_the_sentence(data: Any, expected: str) -> None:
    assert sentence(json.dumps(data, ensure_ascii=False)) == expected


def test_a_missing_and_a_misspelt_key_are_both_named() -> None:
    wrong = {"do": "open", "pair": "BTC/EUR", "side": "long", "volum": "1"}

    assert sentence(json.dumps({"steps": [wrong]})) == (
        "steps[0].volume: missing; expected a volume in the base currency; "
        "steps[0].volum: unknown key; did you mean 'volume'?"
    )


def test_three_places_are_enough() -> None:
    text = sentence('{"balances": {"A": "x", "B": "x", "C": "x", "D": "x", "E": "x"}}')

    assert [part.split(":")[0] for part in text.split("; ")] == ["balances.A", "balances.B", "balances.C", "and 2 more"]


@pytest.mark.parametrize(
    "text",
    [
        '{"balances": {"EUR": 1, "EUR": 2}}',
        '{"balances": {"EUR": 1, "BTC": 2, "EUR": 1}}',
        '{"EUR": {}, "EUR": {}}',
        '{"rules": {"haircuts": {"EUR": 0, "EUR": 0}}}',
    ],
)
def test_a_key_that_is_given_twice(text: str) -> None:
    assert sentence(text) == "the key 'EUR' is given twice in one object; expected each key once"


@pytest.mark.parametrize("text", ['{"fees": null}', '{"balances": {"EUR": null}}', '{"steps": [{"do": null}]}'])
def test_null_is_no_value(text: str) -> None:
    assert "got nothing (null)" in sentence(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON: Expecting value at line 1, column 1"),
        ('{"steps":\n [}', "not valid JSON: Expecting value at line 2, column 3"),
        ('{"balances": {}} x', "not valid JSON: Extra data at line 1, column 18"),
        ("{'balances': {}}", "not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff{}", "not UTF-8 text (byte 0)"),
        (b'{"title": "\xe9"}', "not UTF-8 text (byte 11)"),
        (r'{"\ud800": 1}', r"expected whole characters, got '\ud800'"),
        (r'{"title": "x\udfff"}', r"'title': expected whole characters, got 'x\udfff'"),
    ],
)
def test_what_is_no_json_text(text: str | bytes, words: str) -> None:
    assert words in sentence(text)


@pytest.mark.parametrize("text", ["\ufeff{}", b"\xef\xbb\xbf{}", b"{}", " {}\r\n"])
def test_a_byte_order_mark_does_no_harm(text: str | bytes) -> None:
    assert read_scenario(text) == Scenario()


def test_a_hundred_thousand_steps_and_no_more() -> None:
    assert len(Scenario.of({"steps": [waits(1)] * 100_000}).steps) == 100_000
    with pytest.raises(InvalidScenario, match="steps: expected at most 100000 steps, got 100001"):
        Scenario.of({"steps": [waits(1)] * 100_001})


def test_a_scenario_does_not_change_any_more() -> None:
    with pytest.raises(AttributeError, match="cannot assign"):
        Scenario().valuation = "EUR"  # type: ignore[misc]


def test_a_scenario_is_written_as_it_is_read() -> None:
    data = {
        "balances": {"EUR": "0.0000001"},
        "prices": {"BTC/EUR": "50000"},
        "steps": [{"do": "close", "pair": "BTC/EUR", "volume": "all"}],
    }
    scenario = Scenario.of(data)
    assert scenario.as_data() == data
    assert read_scenario(json.dumps(scenario.as_data())) == scenario

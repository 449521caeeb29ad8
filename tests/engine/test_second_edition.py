"""The second edition of the scenario format: what real accounts need."""

import json
from decimal import Decimal
from typing import Any

import pytest

from marginlib import InvalidScenario, Scenario, read_scenario, replay

START: dict[str, Any] = {"balances": {"USD": "20000"}, "prices": {"BTC/USD": "10000", "ETH/USD": "1000"}}
OPEN: dict[str, Any] = {"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}


def result(*steps: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return replay(Scenario.of({**START, **parts, "steps": [*steps]})).as_json()


def message(data: object) -> str:
    with pytest.raises(InvalidScenario) as caught:
        replay(read_scenario(json.dumps(data)))
    return str(caught.value)


def test_rates_by_the_currency_that_is_extended() -> None:
    """B6: a long extends the quote, a short the base; what isn't named has the rate of the rest."""
    fees = {"opening": {"USD": "0.00025", "BTC": "0.0001", "other": "0.0002"}}

    assert result(OPEN, fees=fees)["balances"]["USD"] == "19997.5"
    assert result({**OPEN, "side": "short"}, fees=fees)["balances"]["USD"] == "19999"
    ether = {**OPEN, "pair": "ETH/USD", "side": "short"}
    assert result(ether, fees=fees)["balances"]["USD"] == "19999.8"
    assert result(ether, fees={"opening": {"USD": "0.1"}})["balances"]["USD"] == "20000"


def test_a_rollover_rate_by_currency() -> None:
    """B6: the rate of what was extended, per full period."""
    fees = {"rollover": {"USD": "0.0002", "BTC": "0.0001"}}
    wait = {"do": "wait", "hours": 8}

    assert result(OPEN, wait, fees=fees)["balances"]["USD"] == "19996"
    assert result({**OPEN, "side": "short"}, wait, fees=fees)["balances"]["USD"] == "19998"


def test_one_order_may_have_a_trading_fee_of_its_own() -> None:
    """Maker in, taker out."""
    close = {"do": "close", "pair": "BTC/USD", "volume": "all", "fee": "0.0026"}
    fees = {"trading": "0.0016"}

    assert result(OPEN, close, fees=fees)["balances"]["USD"] == "19958"
    assert result({**OPEN, "fee": "0"}, close, fees=fees)["balances"]["USD"] == "19974"
    buy = {"do": "trade", "pair": "BTC/USD", "side": "buy", "volume": "1", "fee": "0.01"}
    assert result(buy, fees=fees)["balances"] == {"BTC": "1", "USD": "9900"}


def test_a_position_keeps_its_own_rollover_rate_for_life() -> None:
    """B6: even through part closings; another position has the scenario's."""
    wait = {"do": "wait", "hours": 4}
    half = {"do": "close", "pair": "BTC/USD", "volume": "0.5"}
    own = {**OPEN, "opening": "0.001", "rollover": "0.01"}
    fees = {"opening": "0.5", "rollover": "0.0001"}

    story = result(own, wait, half, wait, {**OPEN, "opening": "0"}, wait, fees=fees)

    charged = [(row["type"], row["position"], row["fee"]) for row in story["ledger"] if row["fee"] != "0"]
    assert charged == [
        ("margin", 1, "10"), ("rollover", 1, "100"), ("rollover", 1, "50"), ("rollover", 1, "50"), ("rollover", 2, "1"),
    ]  # fmt: skip


def test_several_prices_move_in_one_moment() -> None:
    """Stops and liquidation are looked at once, after all of them have moved (B5, R22)."""
    hedge = {
        "balances": {"EUR": "10000", "USD": "10000"},
        "prices": {"BTC/EUR": "50000", "BTC/USD": "55000", "EUR/USD": "1.1"},
        "valuation": "USD",
        "rules": {"liquidation": "all"},
    }
    both = [{**OPEN, "pair": "BTC/EUR", "volume": "0.5"}, {**OPEN, "side": "short", "volume": "0.5"}]
    together = {"do": "prices", "prices": {"BTC/EUR": "100000", "BTC/USD": "110000"}}
    apart = [{"do": "price", "pair": pair, "price": price} for pair, price in reversed(together["prices"].items())]  # type: ignore[attr-defined]

    assert len(result(*both, together, **hedge)["positions"]) == 2
    assert len(result(*both, *apart, **hedge)["positions"]) == 0


def test_stops_of_one_moment_go_pair_by_pair_in_the_order_in_which_they_were_placed() -> None:
    """R22: a pair's turn comes at its first stop that is crossed, at that pair's new price."""
    stops = [
        {"do": "stop", "pair": "ETH/USD", "side": "sell", "trigger": "100"},
        {"do": "stop", "pair": "BTC/USD", "side": "sell", "trigger": "9000"},
        {"do": "stop", "pair": "ETH/USD", "side": "sell", "trigger": "900"},
    ]
    fall = {"do": "prices", "prices": {"ETH/USD": "800", "BTC/USD": "8000"}}

    story = result(OPEN, {**OPEN, "pair": "ETH/USD"}, *stops, fall)

    assert [(each["position"], each["pnl"]) for each in story["realised"]] == [(1, "-2000"), (2, "-200")]
    assert story["stops"] == []


def test_the_stop_that_was_placed_first_goes_first_whatever_its_pair() -> None:
    """R22: not by the alphabet, nor in the order of the prices."""
    stops = [
        {"do": "stop", "pair": "ETH/USD", "side": "sell", "trigger": "900"},
        {"do": "stop", "pair": "BTC/USD", "side": "sell", "trigger": "9000"},
    ]
    fall = {"do": "prices", "prices": {"BTC/USD": "8000", "ETH/USD": "800"}}

    story = result(OPEN, {**OPEN, "pair": "ETH/USD"}, *stops, fall)

    assert [each["position"] for each in story["realised"]] == [2, 1]


def test_prices_are_refused_when_there_are_none() -> None:
    assert "steps[0].prices" in message({"steps": [{"do": "prices", "prices": {}}]})
    assert "steps[0].prices" in message({"steps": [{"do": "prices"}]})
    assert "steps[0].prices" in message({"steps": [{"do": "prices", "prices": {"BTC/EUR": "0"}}]})


def test_the_collateral_order_is_changed_without_repeating_it() -> None:
    """R14: removed first, then added at the end."""
    rules = {
        "collateral_order": ["EUR", "USD", "BTC"],
        "collateral_remove": ["USD", "EUR"],
        "collateral_add": ["XMR", "EUR"],
    }
    story = replay(Scenario.of({"rules": rules}))
    assert story.final.rulebook.collateral_order == ("BTC", "XMR", "EUR")

    usual = replay(Scenario.of({"rules": {"collateral_remove": ["ADA"]}})).final.rulebook.collateral_order
    assert "ADA" not in usual
    assert len(usual) == 37


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"collateral_remove": ["XMR"]}, "XMR"),
        ({"collateral_add": ["BTC"]}, "BTC"),
        ({"collateral_add": ["XMR", "XMR"]}, "XMR"),
        ({"collateral_remove": ["ADA", "ADA"]}, "ADA"),
        ({"collateral_order": ["EUR"], "collateral_remove": ["ADA"]}, "ADA"),
        ({"call_level": "30"}, "call_level"),
        ({"liquidation_level": "90"}, "liquidation_level"),
        ({"call_level": "50", "liquidation_level": "60"}, "liquidation_level"),
        ({"call_level": "0"}, "call_level"),
        ({"liquidation_level": "-5"}, "liquidation_level"),
        ({"haircuts": "2020-01"}, "2026-08"),
    ],
)
def test_rules_that_contradict_each_other_are_refused(rules: dict[str, Any], named: str) -> None:
    """Before anything happens: invalid_scenario, with the place."""
    found = message({"rules": rules})
    assert found.startswith("rules")
    assert named in found


def test_levels_replace_those_of_the_rulebook() -> None:
    """B5: liquidation at 65 % where the scenario says so, and nothing without."""
    steps = ({**OPEN}, {"do": "price", "pair": "BTC/USD", "price": "12600"})
    start = {"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"}}

    early = result(*steps, **start, rules={"liquidation": "until-100", "liquidation_level": "65"})
    assert (early["positions"], early["balances"]["USD"]) == ([], "2600")
    usual = result(*steps, **start, rules={"liquidation": "until-100"})
    assert usual["margin"]["margin_level"] == "65"
    assert len(usual["positions"]) == 1


def test_haircuts_by_the_name_of_a_set() -> None:
    """B1: the set of August 2026."""
    link = {"balances": {"LINK": "1000"}, "prices": {"LINK/USD": "10"}, "valuation": "USD"}

    assert result(**link, rules={"haircuts": "2026-08"})["margin"]["trade_balance"] == "9000"
    assert result(**link)["margin"]["trade_balance"] == "10000"


def test_a_stop_that_is_already_crossed_closes_at_once() -> None:
    """R22: in its own step, at the current price."""
    stop = {"do": "stop", "pair": "BTC/USD", "side": "sell", "trigger": "11000"}
    story = result({**OPEN, "price": "9000"}, stop)

    assert [(each["step"], each["pnl"]) for each in story["realised"]] == [(1, "1000")]
    assert (story["stops"], story["positions"]) == ([], [])

    at = result(OPEN, {**stop, "trigger": "10000"})
    assert at["positions"] == []
    short = result({**OPEN, "side": "short"}, {**stop, "side": "buy", "trigger": "9999"})
    assert short["positions"] == []
    waits = result({**OPEN, "side": "short"}, {**stop, "side": "buy", "trigger": "10001"})
    assert waits["stops"] == [{"pair": "BTC/USD", "side": "buy", "trigger": "10001"}]


def test_the_wrong_side_of_a_stop_is_seen_before_a_crossing() -> None:
    """R22."""
    story = result(OPEN, {"do": "stop", "pair": "BTC/USD", "side": "buy", "trigger": "9000"})
    assert story["error"]["code"] == "wrong_stop_side"


def test_codes_of_tokenised_stocks() -> None:
    stock = {"balances": {"USD": "5000"}, "prices": {"TSLAx/USD": "300"}}
    story = result({**OPEN, "pair": "TSLAx/USD", "volume": "20", "leverage": 3}, **stock)

    assert story["status"] == "ok"
    assert story["positions"][0]["held"] == {"currency": "TSLAx", "amount": "20"}


@pytest.mark.parametrize("code", ["x", "TSLAX1x2", "TSLAxx", "tslax", "ABCDEFGHIJKLMNOPx", "USDT.F", "€"])
def test_what_is_no_code(code: str) -> None:
    assert code.encode("ascii", "backslashreplace").decode() in message({"balances": {code: "1"}})


@pytest.mark.parametrize(
    ("code", "write"),
    [
        ("XBT", "BTC"), ("XXBT", "BTC"), ("XDG", "DOGE"), ("XXDG", "DOGE"), ("XETH", "ETH"), ("XXRP", "XRP"),
        ("XLTC", "LTC"), ("XXLM", "XLM"), ("XXMR", "XMR"), ("XZEC", "ZEC"), ("XETC", "ETC"), ("XREP", "REP"),
        ("XMLN", "MLN"), ("ZUSD", "USD"), ("ZEUR", "EUR"), ("ZGBP", "GBP"), ("ZAUD", "AUD"), ("ZCAD", "CAD"),
        ("ZJPY", "JPY"), ("ZCHF", "CHF"),
    ],
)  # fmt: skip
def test_names_of_the_api_are_told_as_plain_codes(code: str, write: str) -> None:
    """Wherever a code may stand, also as a key and in a pair."""
    other = "EUR" if write != "EUR" else "USD"
    for data in (
        {"balances": {code: "1"}},
        {"valuation": code},
        {"rules": {"collateral_order": [code]}},
        {"rules": {"collateral_add": [code]}},
        {"rules": {"haircuts": {code: "0.1"}}},
        {"fees": {"opening": {code: "0.1"}}},
        {"steps": [{"do": "deposit", "currency": code, "amount": "1"}]},
    ):
        assert f"'{write}'" in message(data)
    for data in ({"prices": {f"{code}/{other}": "1"}}, {"steps": [{**OPEN, "pair": f"{code}/{other}"}]}):
        assert f"'{write}/{other}'" in message(data)


@pytest.mark.parametrize(
    ("pair", "write"),
    [
        ("XBTEUR", "BTC/EUR"), ("BTCEUR", "BTC/EUR"), ("XXBTZEUR", "BTC/EUR"), ("ETHUSDT", "ETH/USDT"),
        ("XETHZUSD", "ETH/USD"), ("DOTEUR", "DOT/EUR"), ("TSLAxUSD", "TSLAx/USD"), ("XDGUSD", "DOGE/USD"),
    ],
)  # fmt: skip
def test_a_pair_without_its_slash_is_told_with_one(pair: str, write: str) -> None:
    assert f"'{write}'" in message({"prices": {pair: "1"}})
    assert f"'{write}'" in message({"steps": [{**OPEN, "pair": pair}]})


@pytest.mark.parametrize("rate", ["1.01", "-0.1", "abc", ["0.1"], {"USD": "2"}, {"usd": "0.1"}, {}])
def test_rates_lie_between_0_and_1(rate: Any) -> None:
    if rate == {}:
        assert Scenario.of({"fees": {"opening": {}}}) is not None
        return
    assert message({"fees": {"opening": rate}}).startswith("fees.opening")


def test_the_trading_fee_is_always_one_rate() -> None:
    assert message({"fees": {"trading": {"USD": "0.1"}}}).startswith("fees.trading")


def test_liquidations_and_stops_pay_the_usual_trading_fee() -> None:
    """B5, R22."""
    stop = {"do": "stop", "pair": "BTC/USD", "side": "sell", "trigger": "9000"}
    fall = {"do": "price", "pair": "BTC/USD", "price": "9000"}
    story = result({**OPEN, "fee": "0"}, stop, fall, fees={"trading": "0.01"})
    assert story["balances"]["USD"] == "18910"


def test_the_first_edition_s_rates_go_on_as_they_were() -> None:
    story = result(
        OPEN, {"do": "wait", "hours": 4}, fees={"trading": "0.001", "opening": "0.0002", "rollover": "0.0001"}
    )
    assert story["balances"]["USD"] == str(Decimal(20000) - 10 - 2 - 1)


def test_a_wrong_code_is_told_before_its_value() -> None:
    """What is written beside it may be right once the code is."""
    assert "write 'BTC'" in message({"fees": {"opening": {"XBT": "1"}}})
    assert "write 'BTC'" in message({"balances": {"XBT": "abc"}})

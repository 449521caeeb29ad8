"""What a story tells, and the result as plain data."""

import json
from typing import Any

import pytest
from bookings import closes, moves, opens, settles, stops, tell, waits

from marginlib import InvalidScenario, Scenario, replay
from marginlib.engine.story import invalid


def test_the_result_of_the_format_description() -> None:
    """The scenario and the result that the description of the format shows, ledger included.

    But for the last digit of the summary, which adds 100, 454.5454… and 39.743586 up before it rounds.
    """
    story = tell(
        {"EUR": "100", "USD": "500", "BTC": "0.01", "DOGE": "1000"},
        {"BTC/EUR": "50000", "EUR/USD": "1.1", "DOGE/EUR": "0.1"},
        [opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "45000"), closes("BTC/EUR")],
        title="A loss larger than the euros",
        valuation="EUR",
        rules={"initial_margin_check": True},
    )
    result = story.as_json()
    ledger = [{key: value for key, value in row.items() if key != "rules"} for row in result.pop("ledger")]

    def row(step: int, asset: str, amount: str, fee: str, balance: str) -> dict[str, Any]:
        figures = {"asset": asset, "amount": amount, "fee": fee, "balance": balance}
        return {"step": step, "position": 1, "type": "margin", **figures}

    def take(currency: str, taken: str, covers: str, fee: str, rate: str) -> dict[str, str]:
        return {"currency": currency, "taken": taken, "covers": covers, "fee": fee, "fee_rate": rate}

    assert result == {
        "status": "ok",
        "balances": {"BTC": "0.0008831908", "DOGE": "1000", "EUR": "0", "USD": "500"},
        "unpaid": {},
        "positions": [],
        "stops": [],
        "realised": [
            {
                "step": 2,
                "position": 1,
                "volume": "0.1",
                "pnl": "-500",
                "currency": "EUR",
                "unpaid": "0",
                "cascade": [
                    take("EUR", "100", "100", "0", "0"),
                    take("BTC", "0.0091168092", "400", "10.2564", "0.025"),
                ],
            }
        ],
        "margin": {
            "currency": "EUR",
            "trade_balance": "594.289",
            "equity": "594.289",
            "used_margin": "0",
            "free_margin": "594.289",
            "margin_level": None,
        },
    }
    assert ledger == [
        row(0, "EUR", "0", "0", "100"),
        row(2, "EUR", "-100", "0", "0"),
        row(2, "BTC", "-0.008888889", "0.0002279202", "0.0008831908"),
    ]


def test_an_open_position_and_its_stop() -> None:
    steps = [opens("BTC/EUR", "short", "0.50", "2.50"), stops("BTC/EUR", "buy", "60000.0")]
    result = tell({"EUR": "20000"}, {"BTC/EUR": "50000"}, steps).as_json()

    assert result["stops"] == [{"pair": "BTC/EUR", "side": "buy", "trigger": "60000"}]
    assert result["positions"] == [
        {
            "id": 1,
            "pair": "BTC/EUR",
            "side": "short",
            "volume": "0.5",
            "open_price": "50000",
            "leverage": "2.5",
            "owed": {"currency": "BTC", "amount": "0.5"},
            "held": {"currency": "EUR", "amount": "25000"},
        }
    ]


def test_a_refusal_keeps_everything_as_it_stood() -> None:
    """A7: and says where and why; the steps after it are not looked at."""
    steps = [waits(1), settles("BTC/EUR", "1"), waits("5")]
    result = tell({"EUR": "10"}, {"BTC/EUR": "50000"}, steps).as_json()

    assert result["status"] == "error"
    assert result["balances"] == {"EUR": "10"}
    assert result["error"]["step"] == 1
    assert result["error"]["code"] == "no_position"
    assert "BTC/EUR" in result["error"]["message"]


def test_a_story_that_went_well_has_no_error() -> None:
    assert "error" not in tell({"EUR": "10"}, {}, []).as_json()


@pytest.mark.parametrize(
    ("scenario", "currency"),
    [
        ({"valuation": "CHF", "prices": {"BTC/USD": "1"}}, "CHF"),
        ({"prices": {"ADA/BTC": "1", "BTC/USD": "1"}}, "BTC"),
        ({"steps": [waits(1), moves("ETH/USD", "1"), moves("BTC/EUR", "1")]}, "USD"),
    ],
)
def test_the_currency_of_the_summary(scenario: dict[str, Any], currency: str) -> None:
    """The one given, else the quote of the first pair in prices, else in the steps."""
    summary = replay(Scenario.of(scenario)).margin

    assert summary is not None
    assert summary.currency == currency


def test_nothing_to_value_in_is_all_null() -> None:
    result = tell({"EUR": "10"}, {}, [waits(1)]).as_json()

    assert set(result["margin"].values()) == {None}
    assert list(result["margin"]) == [
        "currency",
        "trade_balance",
        "equity",
        "used_margin",
        "free_margin",
        "margin_level",
    ]


def test_margin_figures_are_rounded_only_for_showing() -> None:
    """A8: ledger precision of the valuation currency; the level has four decimals."""
    steps = [opens("BTC/EUR", "long", "0.00001", 3)]
    story = tell({"EUR": "1"}, {"BTC/EUR": "50000"}, steps)
    coin = tell({"EUR": "1"}, {"BTC/EUR": "30000"}, [], valuation="BTC")

    assert story.margin is not None
    assert story.margin.used_margin * 6 == 1
    assert story.as_json()["margin"]["used_margin"] == "0.1667"
    assert story.as_json()["margin"]["margin_level"] == "600"
    assert coin.as_json()["margin"]["equity"] == "0.0000333333"


def test_the_summary_of_every_moment() -> None:
    story = tell({"EUR": "20000"}, {"BTC/EUR": "50000"}, [opens("BTC/EUR", "long", "1"), moves("BTC/EUR", "49000")])
    summaries = [story.margin_of(moment.after) for moment in story.moments]

    assert [summary and summary.equity for summary in summaries] == [20000, 19000]


def test_invalid_input_has_a_result_too() -> None:
    result = invalid(InvalidScenario("balances.EUR: expected …"))

    assert json.loads(json.dumps(result)) == {
        "status": "error",
        "balances": {},
        "unpaid": {},
        "positions": [],
        "stops": [],
        "realised": [],
        "margin": None,
        "ledger": [],
        "error": {"step": None, "code": "invalid_scenario", "message": "balances.EUR: expected …"},
    }

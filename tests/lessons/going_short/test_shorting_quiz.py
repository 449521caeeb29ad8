"""Lesson 02: the wrong models, each with the number that it leads to; what can be asked; the way there."""

from decimal import Decimal
from typing import Any

import pytest
from asking import load, wrongly
from bookings import Do, closes, moves, opens, stops, waits

from marginlib.engine.scenario import Price, Scenario
from marginlib.quiz import drills
from marginlib.quiz.answers import answer
from marginlib.quiz.asking import Ask
from marginlib.quiz.lesson import questions
from marginlib.quiz.question import Question
from marginlib.reading.replaying import replay

load("02")


def told(*steps: Do, **fees: str | dict[str, str]) -> Scenario:
    data = {"balances": {"USD": "40000"}, "prices": {"BTC/USD": "60000"}, "fees": fees, "valuation": "USD"}
    return Scenario.of({**data, "steps": list(steps)})


PAIR = "BTC/USD"
SHORT, LONG = opens(PAIR, "short", "1", 3), opens(PAIR, "long", "1", 3)
CLOSED = told(SHORT, moves(PAIR, "54000"), closes(PAIR), trading="0.001")
OPEN = told(SHORT, moves(PAIR, "54000"))
HELD = told(SHORT, moves(PAIR, "50000"), waits(30), opening="0.0002", rollover="0.0001")
_BOTH = {"BTC": "0.0002", "USD": "0.0003"}
BY_CURRENCY = told(SHORT, moves(PAIR, "50000"), waits(30), opening=_BOTH, rollover=_BOTH)
OWN_RATES = told({**SHORT, "opening": "0.0001", "rollover": "0.0004"}, waits(9), opening=_BOTH, rollover=_BOTH)
RUN = [moves(PAIR, price) for price in ("64000", "69000", "65000")]
STOPPED = told(SHORT, stops(PAIR, "buy", "66000"), *RUN)
LONG_STOPPED = told(LONG, stops(PAIR, "sell", "55000"), moves(PAIR, "57000"), moves(PAIR, "51000"))
UNREACHED = told(SHORT, stops(PAIR, "buy", "66000"), RUN[0], moves(PAIR, "59000"), closes(PAIR))
FUNDED = told(SHORT, moves(PAIR, "50000"), waits(26))


@pytest.mark.parametrize(
    ("name", "scenario", "ask", "gives"),
    [
        ("other_side", CLOSED, "pnl", "-6000"),
        ("other_side", OPEN, "return", "-30"),
        ("sale_kept", CLOSED, "balance:USD", "99886"),
        ("result_left_out", CLOSED, "balance:USD", "39886"),
        ("result_left_out", CLOSED, "pnl", "0"),
        ("rollover_every_hour", HELD, "fees:USD", "162"),
        ("rollover_once_a_day", HELD, "fees:USD", "17"),
        ("rollover_for_a_part", HELD, "fees:USD", "52"),
        ("rollover_on_the_opening_price", HELD, "fees:USD", "54"),
        ("opening_rate_left_out", HELD, "fees:USD", "35"),
        ("rollovers_left_out", HELD, "fees:USD", "12"),
        ("fee_on_the_margin", HELD, "fees:USD", "15.6669"),
        ("rollover_every_hour", HELD, "pnl", None),
        ("rollover_for_a_part", CLOSED, "pnl", None),
        ("fee_on_the_margin", CLOSED, "pnl", None),
        ("filled_at_the_trigger", STOPPED, "pnl", "-6000"),
        ("filled_at_the_trigger", LONG_STOPPED, "pnl", "-5000"),
        ("filled_at_the_trigger", CLOSED, "pnl", None),
        ("ran_past_the_stop", STOPPED, "pnl", "-5000"),
        ("ran_past_the_stop", OPEN, "pnl", None),
        ("stopped_too_early", STOPPED, "pnl", "-4000"),
        ("stopped_too_early", LONG_STOPPED, "pnl", "-3000"),
        ("stopped_too_early", CLOSED, "pnl", None),
        ("funding_reversed", FUNDED, "funding:0.0001", "-15"),
        ("funding_every_four_hours", FUNDED, "funding:0.0001", "30"),
        ("funding_on_the_opening_price", FUNDED, "funding:0.0001", "18"),
        ("funding_on_the_margin", FUNDED, "funding:0.0001", "6"),
        ("funding_once_a_day", FUNDED, "funding:0.0001", "5"),
        ("one_payment", FUNDED, "funding:-0.0003", "-15"),
        ("funding_reversed_on_the_opening_price", FUNDED, "funding:-0.0001", "18"),
        ("funding_once_a_day_reversed", FUNDED, "funding:-0.0001", "5"),
        ("one_payment", CLOSED, "pnl", None),
        ("closing_fee_on_the_opening_price", CLOSED, "balance:USD", "45880"),
        ("opening_fee_twice", CLOSED, "balance:USD", "45826"),
        ("closing_fee_added", CLOSED, "balance:USD", "45994"),
        ("result_turned_round", CLOSED, "balance:USD", "33886"),
        ("closing_alone", CLOSED, "balance:USD", "5946"),
        ("closing_alone", CLOSED, "pnl", None),
        ("result_alone", CLOSED, "balance:USD", "6000"),
        ("result_alone", STOPPED, "balance:USD", None),
        ("closing_alone", STOPPED, "balance:USD", None),
        ("balance_instead_of_result", CLOSED, "pnl", "46000"),
        ("balance_of_the_other_side", CLOSED, "pnl", "34000"),
        ("balance_instead_of_result", LONG_STOPPED, "pnl", None),
        ("return_in_money", OPEN, "return", "6000"),
        ("return_is_the_move", OPEN, "return", "-10"),
        ("return_in_money", CLOSED, "pnl", None),
        ("return_is_the_move", CLOSED, "pnl", None),
        ("rollover_in_parts", HELD, "fees:USD", "49.5"),
        ("opening_fee_at_todays_price", HELD, "fees:USD", "45"),
        ("each_rate_once", HELD, "fees:USD", "15"),
        ("each_rate_once", CLOSED, "fees:USD", None),
        ("rates_of_the_quote", BY_CURRENCY, "fees:USD", "123"),  # 18 and 7 × 15; right are 12 and 7 × 10
        ("rollover_in_parts", BY_CURRENCY, "fees:USD", "87"),
        ("rollover_in_parts", OWN_RATES, "fees:USD", "60"),  # 6 and 2.25 × 24
        ("rates_of_the_quote", HELD, "fees:USD", None),
        ("rates_of_the_quote", CLOSED, "fees:USD", None),
        ("fired_without_being_reached", UNREACHED, "pnl", "-6000"),
        ("closed_at_the_worst", UNREACHED, "pnl", "-4000"),
        ("fired_without_being_reached", STOPPED, "pnl", None),
        ("closed_at_the_worst", STOPPED, "pnl", None),
        ("funding_reversed", CLOSED, "pnl", None),
        ("funding_on_the_margin", CLOSED, "pnl", None),
    ],
)
def test_a_wrong_model_gives_its_own_number(name: str, scenario: Scenario, ask: str, gives: str | None) -> None:
    assert wrongly(name, scenario, ask) == (None if gives is None else Decimal(gives))


@pytest.mark.parametrize(
    ("scenario", "ask", "expected"),
    [
        (HELD, "fees:USD", Decimal(47)),
        (STOPPED, "closed_at", Decimal(69000)),
        (STOPPED, "pnl", Decimal(-9000)),
        (LONG_STOPPED, "closed_at", Decimal(51000)),
        (told(SHORT, stops(PAIR, "buy", "66000")), "protecting", "buy"),
        (told(LONG, stops(PAIR, "buy", "66000")), "protecting", "sell"),
        (FUNDED, "funding:0.0001", Decimal(15)),
        (FUNDED, "funding:-0.0003", Decimal(-45)),
        (UNREACHED, "pnl", Decimal(1000)),
        (CLOSED, "closing_order", ["buy", "repay", "result", "fee"]),
    ],
)
def test_what_can_be_asked_of_a_short(scenario: Scenario, ask: str, expected: Any) -> None:
    """R22, R23, B6: seven full periods in 30 hours; the first price beyond the trigger; three payments in 26 hours."""
    assert answer(scenario, ask) == expected


def test_without_a_stop_nothing_closes() -> None:
    with pytest.raises(ValueError, match="no stop closes anything"):
        answer(CLOSED, "closed_at")


def test_the_surprises_are_met() -> None:
    """R20, B6, R22: what 30 % are of; what a small rate adds up to; a jump over the trigger."""
    asked = questions("02").predict

    assert asked["gain"].right == ["6000"]
    assert asked["month"].right == ["2160"]
    assert asked["jump"].right == ["69000"]
    assert questions("02").check["stop"].right == ["buy"]


@pytest.mark.parametrize(("rate", "says"), [("0.0001", "longs pay shorts"), ("-0.0001", "shorts pay longs")])
def test_the_way_to_funding_is_told(rate: str, says: str) -> None:
    question = Question(kind="number", text="?", ask=Ask("funding", rate), scenario=FUNDED, unit="USD")
    way = question.solution()

    assert len(way) == 2
    assert way[0].startswith("A future of 1 BTC is worth 50,000.00 USD")
    assert says in way[0]
    assert "3 payments" in way[1]
    assert question.shown_answer() in way[-1].replace("+", "")


def test_the_way_to_a_cost_multiplies_and_adds_up() -> None:
    """B6: seven full periods in 30 hours, at 50,000 USD; the opening fee on 60,000 USD."""
    plain = [each.replace("\N{NO-BREAK SPACE}", " ") for each in asking("fees:USD", HELD).solution()[-3:]]

    assert plain == [
        "At opening: 0.02 % × 60,000 = 12.00 USD (B6).",
        "30 hours: 7 full periods of 4 hours. 7 × 0.01 % × 1 × 50,000 = 35.00 USD (B6).",
        "12.00 USD + 35.00 USD = 47.00 USD.",
    ]


@pytest.mark.parametrize(
    ("now", "fees", "sum_"),
    [
        ("54000", "0.1 % × 54,000 = 54.00 USD", "40,000 − 60 + 6,000 − 54 = 45,886.00 USD."),
        ("66000", "0.1 % × 66,000 = 66.00 USD", "40,000 − 60 − 6,000 − 66 = 33,874.00 USD."),
    ],
)
def test_the_way_to_a_balance_ends_with_the_sum(now: str, fees: str, sum_: str) -> None:
    """A4, A9, R11."""
    scenario = told(SHORT, moves(PAIR, now), closes(PAIR), trading="0.001")
    way = [each.replace("\N{NO-BREAK SPACE}", " ") for each in asking("balance:USD", scenario).solution()]

    assert "at opening: 0.1 % × 60,000 = 60.00 USD" in way[-2]
    assert fees in way[-2]
    assert way[-1] == sum_


@pytest.mark.parametrize(
    ("ask", "scenario", "hint"),
    [
        ("funding:0.0001", FUNDED, "How many payments are there in a day, and on what amount is each?"),
        ("fees:USD", HELD, "How many full 4 hours are there in 30, and what does the coin cost while you wait?"),
        ("pnl", CLOSED, "how many does it take to buy them back?"),
        ("pnl", LONG_STOPPED, "You place a sell stop"),
    ],
)
def test_an_unknown_wrong_answer_hears_what_to_think_of(ask: str, scenario: Scenario, hint: str) -> None:
    """It doesn't give the answer away, and tells no loan where there is none."""
    said = asking(ask, scenario).judge("7.77").sentence

    assert hint in said
    assert "6,000" not in said


def asking(ask: str, scenario: Scenario) -> Question:
    return Question(kind="number", text="?", ask=Ask.parse(ask), scenario=scenario, unit="USD")


def test_each_level_asks_for_something_else() -> None:
    """A result; a measure of it or a balance; a cost; a stop."""
    asked = [{str(drills.make("02", seed, level).ask) for seed in range(20)} for level in range(1, drills.LEVELS + 1)]

    assert asked == [{"pnl"}, {"return", "balance:USD"}, {"fees:USD"}, {"pnl"}]
    assert all("stop" in drills.make("02", seed, 4).text for seed in range(20))


def test_a_drilled_stop_is_reached_early_late_or_never() -> None:
    """R22: by the first, the second or the third price, at its trigger or beyond it, or by none of them."""
    met, exact = set(), set()
    for seed in range(40):
        scenario = drills.make("02", seed, 4).scenario
        (result,), story = replay(scenario).realised, replay(scenario)
        passed = [moment for moment in story.moments if isinstance(moment.step, Price)]
        met.add(next((at for at, moment in enumerate(passed) if moment.realised), None))
        exact.add(result.by == "stop" and result.price == story.moments[1].after.stops[0].trigger)

    assert met == {0, 1, 2, None}
    assert exact == {True, False}

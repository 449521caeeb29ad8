"""Lesson 06: the wrong models, each with the number that it leads to; what can be asked; and the drills' kinds."""

from decimal import Decimal

import pytest
from asking import load, wrongly
from bookings import Do, moves, opens

from marginlib.engine.scenario import Scenario
from marginlib.quiz import drills
from marginlib.quiz.answers import answer
from marginlib.quiz.lesson import questions

load("06")


def told(before: dict[str, str], *steps: Do, fee: str = "0.004") -> Scenario:
    """A scenario whose opening fee is paid by so much more EUR: volume x 50,000 x fee."""
    volume = next(Decimal(step["volume"]) for step in steps if step["do"] == "open")
    funds = {**before, "EUR": str(Decimal(before["EUR"]) + volume * 50000 * Decimal(fee))}
    prices = {"BTC/EUR": "50000", "DOGE/EUR": "0.1"}
    return Scenario.of({"balances": funds, "prices": prices, "fees": {"trading": fee}, "steps": list(steps)})


LONG, SHORT = opens("BTC/EUR", "long", "0.1"), opens("BTC/EUR", "short", "0.1")
FALLS, RISES = moves("BTC/EUR", "45000"), moves("BTC/EUR", "55000")
# 498 EUR are missing: 500 EUR of DOGE are sold for 2 EUR; 524.2105 EUR are converted for 26.2105; the closing costs 18.
DOGE = told({"EUR": "2", "DOGE": "20000"}, LONG, FALLS)
# 487.5 EUR are missing: 500 EUR of BTC are converted for 12.50 EUR. The closing costs 0.2 % of 4,500: 9 EUR.
BTC = told({"EUR": "12.5", "BTC": "0.05"}, LONG, FALLS, fee="0.002")
# 0.01 BTC, 450 EUR, cover 438.75 for 11.25; 57 EUR come from DOGE, 60 for 3.
BOTH = told({"EUR": "4.25", "BTC": "0.01", "DOGE": "20000"}, LONG, FALLS)
# A short: 390 EUR are missing, of BTC 400 EUR are converted for 10. The closing costs 22. To settle takes 0.1 BTC.
ENOUGH = told({"EUR": "110", "BTC": "0.12"}, SHORT, RISES)
TOO_FEW = told({"EUR": "110", "BTC": "0.08"}, SHORT, RISES)
LATE = told({"EUR": "2", "DOGE": "14900"}, LONG, FALLS)
REFUSED = told({"EUR": "2"}, LONG)


@pytest.mark.parametrize(
    ("scenario", "ask", "expected"),
    [
        (DOGE, "cost:close", "44.2105"),
        (DOGE, "cost:buy", "20"),
        (DOGE, "cost:deposit", "18"),
        (DOGE, "cost:settle", "not open"),
        (DOGE, "saved", "24.2105"),
        (DOGE, "cheapest", "buy"),
        (DOGE, "even", "5"),
        (DOGE, "open_ways", ["close", "buy", "deposit"]),
        (BTC, "cost:close", "21.5"),
        (BTC, "even", "2.5"),
        (BOTH, "cost:close", "32.25"),
        (ENOUGH, "cost:settle", "0"),
        (ENOUGH, "saved", "32"),
        (ENOUGH, "cheapest", "settle"),
        (TOO_FEW, "cheapest", "buy"),
        (LATE, "open_ways", ["close", "deposit"]),
        (LATE, "even", "not open"),
        (LATE, "saved", "0"),
    ],
)
def test_what_can_be_asked_of_an_open_position(scenario: Scenario, ask: str, expected: object) -> None:
    given = answer(scenario, ask)
    assert given == (Decimal(str(expected)) if isinstance(given, Decimal) else expected)


@pytest.mark.parametrize("ask", ["cost:close", "saved", "cheapest", "open_ways"])
def test_without_an_open_position_there_are_no_ways_out(ask: str) -> None:
    with pytest.raises(ValueError, match=r"is refused|No position is open"):
        answer(REFUSED, ask)
    with pytest.raises(ValueError, match="No position is open"):
        answer(Scenario.of({"balances": {"EUR": "5"}}), ask)


def test_an_unknown_way_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="there is no way 'wait'; known: close, buy, deposit, settle"):
        answer(DOGE, "cost:wait")


@pytest.mark.parametrize(
    ("name", "scenario", "ask", "gives"),
    [
        ("closing_fee_left_out", DOGE, "cost:close", "26.2105"),
        ("closing_fee_left_out", DOGE, "cost:buy", "2"),
        ("closing_fee_left_out", DOGE, "saved", None),
        ("converted_on_what_is_missing", BTC, "cost:close", "21.1875"),  # 487.5 x 2.5 % instead of 12.50
        ("converted_on_what_is_missing", DOGE, "saved", "22.9"),  # 498 x 5 % instead of 26.2105
        ("loss_is_a_cost", DOGE, "cost:close", "544.2105"),
        ("loss_is_a_cost", DOGE, "cost:buy", "520"),
        ("order_fee_forgotten", DOGE, "cost:buy", "18"),
        ("order_fee_forgotten", DOGE, "saved", "26.2105"),
        ("order_fee_forgotten", ENOUGH, "saved", None),
        ("whole_loss_bought", DOGE, "cost:buy", "20.008"),  # 500 ÷ 0.996 x 0.4 %
        ("whole_loss_bought", DOGE, "saved", "24.2025"),
        ("whole_loss_bought", ENOUGH, "saved", None),
        ("whole_position_bought", DOGE, "cost:buy", "38.0803"),  # 5,000 ÷ 0.996 x 0.4 %
        ("converted_as_well", DOGE, "cost:buy", "46.2105"),
        ("closing_fee_on_one_side", DOGE, "saved", "6.2105"),
        ("first_balance_only", BOTH, "cost:close", "29.25"),
        ("first_balance_only", DOGE, "cost:close", None),
        ("bought_instead_of_settled", ENOUGH, "saved", "8.4337"),  # 10 less 390 ÷ 0.996 x 0.4 %
        ("bought_instead_of_settled", TOO_FEW, "saved", None),
        ("settlement_charged", ENOUGH, "saved", "10"),
        ("settlement_charged", TOO_FEW, "saved", None),
        ("settled_without_the_means", TOO_FEW, "saved", "32"),
        ("settled_without_the_means", ENOUGH, "saved", None),
        ("even_at_the_fee_now", BTC, "even", "0.2"),
        ("even_less_the_closing", BTC, "even", "2.3"),
        ("even_halved", BTC, "even", "1.25"),
        ("even_on_top", BTC, "even", "2.5641"),
        ("even_on_top", BOTH, "even", None),
        ("even_on_top", REFUSED, "even", None),
        ("even_at_the_fee_now", BTC, "saved", None),
        ("conversion_fee_left_out", BTC, "cost:close", "9"),
        ("highest_fee_for_all", BTC, "cost:close", "34.6579"),
        ("whole_loss_converted", BTC, "cost:close", "21.8205"),  # 500 ÷ 0.975 x 2.5 %, and 9
        ("whole_loss_converted", DOGE, "saved", "24.3078"),  # 500 ÷ 0.95 x 5 %, less 500 ÷ 0.996 x 0.4 %
        ("whole_loss_converted", ENOUGH, "saved", None),
        ("closing_fee_at_the_opening_price", BTC, "cost:close", "22.5"),  # 0.2 % of 5,000
        ("closing_fee_at_the_opening_price", DOGE, "cost:buy", "22"),
        ("closing_fee_at_the_opening_price", ENOUGH, "saved", "30"),
        ("closing_fee_at_the_opening_price", DOGE, "saved", None),
        ("closing_fee_bought", DOGE, "cost:buy", "20.0723"),  # 516 ÷ 0.996 x 0.4 %, and 18
        ("order_at_the_conversion_rate", DOGE, "cost:buy", "44.2105"),
        ("order_at_the_conversion_rate_of_what_is_missing", DOGE, "cost:buy", "42.9"),  # 498 x 5 %, and 18
        ("order_fee_is_the_saving", DOGE, "saved", "2"),
        ("order_fee_is_the_saving", ENOUGH, "saved", None),
        ("closing_fee_is_the_saving", ENOUGH, "saved", "22"),
        ("closing_fee_is_the_saving", DOGE, "saved", None),
        ("even_at_the_highest_rate", BTC, "even", "5"),
        ("even_at_the_lowest_rate", BTC, "even", "1.5"),
    ],
)
def test_a_wrong_model_gives_its_own_number(name: str, scenario: Scenario, ask: str, gives: str | None) -> None:
    found = wrongly(name, scenario, ask)
    assert found == (None if gives is None else pytest.approx(Decimal(gives), abs=Decimal("0.0001")))


def test_the_surprises_are_met() -> None:
    """A dearer fee is replaced by a cheaper one; the cheap way closes early; settling costs nothing."""
    asked = questions("06")

    assert asked.predict["difference"].right == ["19.1556"]
    assert asked.check["late"].right == ["close", "deposit"]
    assert asked.check["short"].right == ["settle"]
    assert asked.check["even"].right == ["2.5"]


def test_the_way_to_an_answer_is_told_to_its_end() -> None:
    checks = questions("06").check

    assert checks["converted"].solution()[-1].startswith("It costs 21.50 EUR: 9.00 EUR trading fee of the closing (A9)")
    assert "At a trading fee of 2.5" in checks["even"].solution()[-1]
    assert checks["short"].solution()[-1].startswith("Cheapest: Settle")
    assert any("100" in line and "B9" in line for line in checks["late"].solution())
    assert checks["bought"].solution()[1] == "What has to be sold: 498.00 EUR ÷ 0.996 = 500.00 EUR (A1, R17)."


@pytest.mark.parametrize("level", range(1, 5))
def test_a_drill_s_way_begins_where_the_position_stands_and_spells_its_fees_out(level: int) -> None:
    question = drills.make("06", 1, level)
    way = question.solution()

    assert " stands at a loss of " in way[0]
    assert "are missing (R13)." in way[0]
    assert not any("You open" in line for line in way)
    assert any("Converted, they cover" in line for line in way) == (str(question.ask) != "cost:buy")
    assert any("What has to be sold" in line or "what has to be sold" in line for line in way) == (level > 1)


def test_an_unknown_wrong_answer_hears_what_to_think_of_first() -> None:
    checks = questions("06").check

    assert checks["converted"].judge("77").sentence == (
        "It is less than 77.00 EUR. Think of this: At 45,000.00 EUR, your long of 0.1 BTC in BTC/EUR stands at a loss "
        "of 500.00 EUR, fees aside (R11). You have 12.50 EUR, so 487.50 EUR are missing (R13)."
    )
    assert "Converting costs the same at any trading fee" in checks["even"].judge("77").sentence


def test_each_level_of_the_drill_is_another_kind() -> None:
    asked = [{str(drills.make("06", seed, level).ask) for seed in range(12)} for level in range(1, 5)]
    cheapest = {answer(drills.make("06", seed, 4).scenario, "cheapest") for seed in range(12)}

    assert asked == [{"cost:close"}, {"cost:buy"}, {"saved"}, {"saved"}]
    assert cheapest == {"buy", "settle"}
    assert all(drills.make("06", seed, 4).scenario.steps[0].side == "short" for seed in range(3))  # type: ignore[union-attr]


@pytest.mark.parametrize("level", range(1, 5))
def test_a_drill_can_be_done_as_it_is_told(level: int) -> None:
    """Nothing that it asks for is refused: margin and balances suffice, with the opening's fee paid."""
    for seed in range(12):
        ways = answer(drills.make("06", seed, level).scenario, "open_ways")
        assert isinstance(ways, list)
        assert {"close", "buy", "deposit"} <= set(ways), seed

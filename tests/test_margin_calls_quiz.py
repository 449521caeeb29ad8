"""Lesson 07: what can be asked, the wrong models with the numbers that they lead to, the way there, the drills."""

from decimal import Decimal

import pytest
from bookings import Do, moves, opens, stops

from marginlib.quiz import drills
from marginlib.quiz.answers import answer
from marginlib.quiz.lesson import questions
from marginlib.quiz.mistakes import MISTAKES
from marginlib.quiz.workings import WAYS
from marginlib.replay import replay
from marginlib.scenario import Scenario


def told(before: dict[str, str], *steps: Do, haircut: str = "0", liquidation: str = "off", **prices: str) -> Scenario:
    start = {f"{base}/USD": price for base, price in (prices or {"BTC": "20000"}).items()}
    rules = {"liquidation": liquidation, "initial_margin_check": False}
    if haircut != "0":
        rules["haircuts"] = {"BTC": haircut}
    return Scenario.of({"balances": before, "prices": start, "rules": rules, "steps": list(steps)})


LONG = told({"USD": "10000"}, opens("BTC/USD", "long", "1"))
SHORT = told({"USD": "10000"}, opens("BTC/USD", "short", "1"))
COINS = told({"USD": "2000", "BTC": "0.5"}, opens("BTC/USD", "long", "1"), haircut="0.2")
FALLEN = told({"USD": "2000", "BTC": "0.5"}, opens("BTC/USD", "long", "1"), moves("BTC/USD", "18000"), haircut="0.2")
RISEN = told({"USD": "10000"}, opens("BTC/USD", "short", "1"), moves("BTC/USD", "24000"))
PLENTY = told({"USD": "25000"}, opens("BTC/USD", "long", "1"))
ETH, BTC = opens("ETH/USD", "long", "20"), opens("BTC/USD", "long", "0.25")
FALLS = [moves("ETH/USD", "790"), moves("BTC/USD", "16000")]
PRICES = {"BTC": "20000", "ETH": "1000"}
UNTIL = told({"USD": "7000"}, ETH, BTC, *FALLS, liquidation="until-100", **PRICES)
ALL = told({"USD": "7000"}, ETH, BTC, *FALLS, liquidation="all", **PRICES)
GAP = told(
    {"USD": "10000"},
    opens("BTC/USD", "long", "1"),
    stops("BTC/USD", "sell", "18000"),
    moves("BTC/USD", "19000"),
    moves("BTC/USD", "17000"),
)


@pytest.mark.parametrize(
    ("scenario", "ask", "expected"),
    [
        (LONG, "call_price", "13200"),
        (LONG, "liquidation_price", "11600"),
        (SHORT, "call_price", "25862.07"),
        (SHORT, "liquidation_price", "27777.78"),
        (COINS, "liquidation_price", "14000"),
        (FALLEN, "liquidation_price", "14000"),
        (UNTIL, "balance:USD", "2800"),
        (ALL, "balance:USD", "1800"),
        (GAP, "pnl", "-3000"),
    ],
)
def test_the_engine_and_the_solver_answer(scenario: Scenario, ask: str, expected: str) -> None:
    """B5, R22: short 30,000 − P = 0.16 P, or 0.08 P; coins 2,000 + 0.4 P + P − 20,000 = 1,600."""
    assert answer(scenario, ask) == Decimal(expected)


@pytest.mark.parametrize(
    ("scenario", "says"), [(PLENTY, "there is no such price"), (told({"USD": "5"}), "no position is open")]
)
def test_a_price_that_there_is_not_can_not_be_asked_for(scenario: Scenario, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        answer(scenario, "call_price")


@pytest.mark.parametrize(
    ("name", "scenario", "ask", "gives"),
    [
        ("called_at_liquidation", LONG, "call_price", "11600"),
        ("called_at_liquidation", LONG, "liquidation_price", None),
        ("liquidated_at_the_call", LONG, "liquidation_price", "13200"),
        ("liquidated_at_the_call", LONG, "call_price", None),
        ("equity_all_gone", LONG, "liquidation_price", "10000"),
        ("equity_all_gone", SHORT, "call_price", "30000"),
        ("equity_all_gone", RISEN, "level", None),
        ("free_margin_all_gone", LONG, "call_price", "14000"),
        ("free_margin_all_gone", SHORT, "call_price", "25000"),
        ("short_margin_kept", SHORT, "call_price", "26800"),
        ("short_margin_kept", RISEN, "level", "150"),
        ("short_margin_kept", LONG, "call_price", None),
        ("long_margin_moved", LONG, "call_price", "11904.76"),
        ("long_margin_moved", SHORT, "call_price", None),
        ("coins_kept_their_worth", COINS, "liquidation_price", "11600"),
        ("coins_kept_their_worth", FALLEN, "level", "200"),
        ("coins_left_out", COINS, "liquidation_price", "19600"),
        ("coins_left_out", FALLEN, "level", "0"),
        ("haircut_left_out", COINS, "liquidation_price", "13066.67"),
        ("haircut_left_out", FALLEN, "free_margin", "5000"),
        ("haircut_left_out", LONG, "liquidation_price", None),
        ("limit_times_leverage", LONG, "call_price", "18640"),
        ("limit_times_leverage", RISEN, "level", None),
        ("limit_of_free_margin", LONG, "call_price", "17200"),
        ("all_were_closed", UNTIL, "balance:USD", "1800"),
        ("all_were_closed", ALL, "balance:USD", None),
        ("newest_alone", UNTIL, "balance:USD", "6000"),
        ("newest_alone", LONG, "balance:USD", None),
        ("oldest_alone", ALL, "balance:USD", "2800"),
        ("oldest_alone", UNTIL, "balance:USD", None),
        ("used_margin_lost", UNTIL, "balance:USD", "3000"),
        ("used_margin_lost", ALL, "balance:USD", "2000"),
        ("liquidation_without_loss", ALL, "balance:USD", "7000"),
        ("liquidation_without_loss", GAP, "balance:USD", None),
        ("stop_at_its_trigger", GAP, "pnl", "-2000"),
        ("stop_at_its_trigger", LONG, "pnl", None),
    ],
)
def test_a_wrong_model_gives_its_own_number(name: str, scenario: Scenario, ask: str, gives: str | None) -> None:
    assert MISTAKES[name].gives(scenario, ask) == (None if gives is None else Decimal(gives))


@pytest.mark.parametrize("name", ["call", "coins"])
def test_the_way_ends_at_the_answer_and_proves_it(name: str) -> None:
    question = questions("07").check[name]
    way = question.solution()

    assert question.shown_answer() in way[-2]
    assert way[-1].startswith("The proof: there, equity is")
    level = "80" if name == "call" else "40"
    assert f"{level}\N{NO-BREAK SPACE}%" in way[-1]


def test_the_way_through_a_liquidation_names_the_levels() -> None:
    until, whole = (WAYS["balance"](replay(scenario), "balance:USD") for scenario in (UNTIL, ALL))
    assert "equity 1,800.00 USD ÷ used margin 5,000.00 USD is 36\N{NO-BREAK SPACE}%" in until[0]
    assert "equity 1,800.00 USD ÷ used margin 1,000.00 USD is 180\N{NO-BREAK SPACE}%" in until[1]
    assert whole[1] == "No position is left open."
    assert WAYS["balance"](replay(GAP), "balance:USD") == []


def test_the_surprises_are_met() -> None:
    """The page's own sum and the FIFO order, as predictions; C3 as a mistake that is recognised (B5, C3)."""
    assert questions("07").predict["call"].right == ["13200"]
    assert questions("07").predict["first"].right == ["1"]
    assert questions("07").check["coins"].wrong["equity_all_gone"] == Decimal("11111.11")


def test_each_level_of_the_drills_asks_for_something_else() -> None:
    asked = [{drills.make("07", seed, level).ask for seed in range(6)} for level in range(1, 5)]

    assert asked == [{"level"}, {"call_price"}, {"liquidation_price"}, {"balance:USD"}]

"""Lesson 07: what can be asked, the wrong models with the numbers that they lead to, the way there, the drills."""

from decimal import Decimal

import pytest
from asking import load, wrongly
from bookings import Do, moves, opens, stops

from marginlib.engine.scenario import Scenario
from marginlib.quiz import drills
from marginlib.quiz.answers import answer
from marginlib.quiz.asking import Ask, hint, way
from marginlib.quiz.lesson import questions
from marginlib.reading.replaying import replay
from marginlib.telling.sentences import tell

load("07")


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
HALF = told({"USD": "8000"}, opens("BTC/USD", "long", "0.5", 4), BTC="40000")
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


SHORT_GAP = told(
    {"USD": "10000"},
    opens("BTC/USD", "short", "1"),
    stops("BTC/USD", "buy", "22000"),
    moves("BTC/USD", "21000"),
    moves("BTC/USD", "23500"),
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
        ("long_margin_moved", LONG, "call_price", "11904.76"),
        ("coins_kept_their_worth", COINS, "liquidation_price", "11600"),
        ("coins_kept_their_worth", FALLEN, "level", "200"),
        ("coins_left_out", COINS, "liquidation_price", "19600"),
        ("coins_left_out", FALLEN, "level", "0"),
        ("haircut_left_out", COINS, "liquidation_price", "13066.67"),
        ("haircut_left_out", FALLEN, "free_margin", "5000"),
        ("haircut_left_out", LONG, "liquidation_price", None),
        ("limit_times_leverage", LONG, "call_price", "18640"),
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
        ("sign_turned_round", RISEN, "level", "291.6667"),
        ("sign_turned_round", FALLEN, "level", "280"),
        ("equity_for_a_price", LONG, "call_price", "3200"),
        ("equity_for_a_price", SHORT, "call_price", "4137.93"),
        ("equity_for_a_price", PLENTY, "call_price", None),
        ("room_off_the_price", HALF, "call_price", "36000"),
        ("room_off_the_price", SHORT, "call_price", "25862.07"),
        ("room_off_the_price", PLENTY, "call_price", None),
        ("equity_for_a_price", RISEN, "level", None),
        ("room_for_a_price", LONG, "call_price", "6800"),
        ("room_for_a_price", SHORT, "call_price", "5862.07"),
        ("room_for_a_price", RISEN, "level", None),
        ("loss_for_a_balance", UNTIL, "balance:USD", "-4200"),
        ("loss_for_a_balance", ALL, "balance:USD", "-5200"),
        ("loss_for_a_balance", GAP, "balance:USD", None),
        ("loss_without_its_sign", UNTIL, "balance:USD", "4200"),
        ("loss_without_its_sign", GAP, "balance:USD", None),
        ("loss_added", UNTIL, "balance:USD", "11200"),
        ("loss_added", GAP, "balance:USD", None),
        ("tied_up_for_a_balance", UNTIL, "balance:USD", "1000"),
        ("tied_up_for_a_balance", ALL, "balance:USD", None),
        ("result_from_the_trigger", GAP, "pnl", "-1000"),
        ("result_from_the_trigger", SHORT_GAP, "pnl", "-1500"),
        ("result_from_the_trigger", LONG, "pnl", None),
        ("result_from_the_trigger", GAP, "level", None),
        ("stop_at_its_trigger", GAP, "pnl", "-2000"),
        ("stop_at_its_trigger", LONG, "pnl", None),
    ],
)
def test_a_wrong_model_gives_its_own_number(name: str, scenario: Scenario, ask: str, gives: str | None) -> None:
    assert wrongly(name, scenario, ask) == (None if gives is None else Decimal(gives))


@pytest.mark.parametrize("name", ["call", "coins"])
def test_the_way_ends_at_the_answer_and_proves_it(name: str) -> None:
    question = questions("07").check[name]
    way = question.solution()

    assert question.shown_answer() in way[-2]
    assert {"call": "16,000 = 0.5 × P", "coins": "21,600 = 1.8 × P"}[name] in way[-2]
    assert way[-1].startswith("The proof: there, equity is")
    level = "80" if name == "call" else "40"
    assert f"{level}\N{NO-BREAK SPACE}%" in way[-1]


def test_the_way_through_a_liquidation_names_the_levels() -> None:
    until, whole = (
        way(story, Ask("balance", "USD"))[len(tell(story)) :]
        for story in (replay(scenario) for scenario in (UNTIL, ALL))
    )
    assert "equity 1,800.00 USD ÷ used margin 5,000.00 USD is 36\N{NO-BREAK SPACE}%" in until[0]
    assert "equity 1,800.00 USD ÷ used margin 1,000.00 USD is 180\N{NO-BREAK SPACE}%" in until[1]
    assert until[1].endswith("or more, so it stops (B5).")
    assert whole[1:] == ["Here the exchange then closes all positions (B5)."]
    assert way(replay(GAP), Ask("balance", "USD")) == tell(replay(GAP))


def test_the_way_says_why_the_first_position_was_not_enough() -> None:
    """7,000 less losses of 3,000 and 4,000 USD: equity 0 ÷ 4,000 USD, whatever is closed first (B3, B5)."""
    btc, eth = opens("BTC/USD", "long", "0.5"), opens("ETH/USD", "long", "20")
    falls = [moves("BTC/USD", "14000"), moves("ETH/USD", "800")]
    story = replay(told({"USD": "7500"}, btc, eth, *falls, liquidation="until-100", **PRICES))
    levels = way(story, Ask("balance", "USD"))[len(tell(story)) :]

    assert "equity 500.00 USD ÷ used margin 6,000.00 USD is 8.33\N{NO-BREAK SPACE}%" in levels[0]
    assert levels[1].startswith("With position 1 closed, equity 500.00 USD ÷ used margin 4,000.00 USD is 12.5")
    assert levels[1].endswith("so the exchange goes on (B5).")
    assert levels[2:] == ["With position 2 closed, no position is left open."]


def test_who_has_no_idea_yet_hears_what_to_think_of_first() -> None:
    check = questions("07").check
    told_first = {name: check[name].judge("77777").sentence for name in check}

    assert "Work out equity and used margin first; a short's moves with the price" in told_first["level"]
    assert "equity is 80\N{NO-BREAK SPACE}% of used margin" in told_first["call"]
    assert "equity is 40\N{NO-BREAK SPACE}% of used margin" in told_first["coins"]
    assert "Which position is the oldest" in told_first["left"]
    assert hint(replay(LONG), Ask("balance", "USD")).startswith("You open a long of 1 BTC")
    assert hint(replay(told({"USD": "5"})), Ask("balance", "USD")) == ""
    assert "a long's stays" in hint(replay(LONG), Ask("level"))


def test_a_drill_on_what_is_left_often_ends_with_the_first_position() -> None:
    """Else it would always be the sum of all losses (B5)."""
    ended = [len(replay(drills.make("07", seed, 4).scenario).realised) for seed in range(60)]

    assert 15 <= ended.count(1) <= 40
    assert set(ended) == {1, 2}


def test_the_surprises_are_met() -> None:
    """The page's own sum and the FIFO order, as predictions; C3 as a mistake that is recognised (B5, C3)."""
    assert questions("07").predict["call"].right == ["13200"]
    assert questions("07").predict["first"].right == ["1"]
    assert questions("07").check["coins"].wrong["equity_all_gone"] == Decimal("11111.11")


def test_each_level_of_the_drills_asks_for_something_else() -> None:
    asked = [{str(drills.make("07", seed, level).ask) for seed in range(6)} for level in range(1, 5)]

    assert asked == [{"level", "free_margin"}, {"call_price"}, {"liquidation_price"}, {"balance:USD"}]

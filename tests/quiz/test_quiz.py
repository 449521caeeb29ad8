"""Questions, the mistakes that are recognised, the cards, the drills, and the lessons' own files."""

import gc
import inspect
import itertools
import json
import math
import re
import weakref
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asking import load, wrongly

import marginlib.lessons
from marginlib import InvalidRulebook, rules
from marginlib.engine.amounts import plain
from marginlib.engine.scenario import Scenario
from marginlib.lessons import LossCascade
from marginlib.panels.panel import Panel
from marginlib.quiz import drills
from marginlib.quiz.answers import answer
from marginlib.quiz.asking import ANSWERS, Ask, Case
from marginlib.quiz.card import Card
from marginlib.quiz.file import read_questions
from marginlib.quiz.lesson import _SESSION, Drill, Lesson, questions
from marginlib.quiz.mistakes import MISTAKES, mistake
from marginlib.quiz.question import Option, Question
from marginlib.quiz.typed import read_number
from marginlib.telling.on_page import all_written, escape

LESSONS = sorted(path.name.removesuffix(".toml") for path in Path("data/lessons").glob("*.toml"))
QUESTIONS = [
    pytest.param(question, id=f"{lesson} {part} {name}")
    for lesson in LESSONS
    for part, known in (("predict", questions(lesson).predict), ("check", questions(lesson).check))
    for name, question in known.items()
]
SEEDS = range(25)
PANELS = [
    each
    for each in (getattr(marginlib.lessons, name) for name in marginlib.lessons.__all__)
    if inspect.isclass(each) and issubclass(each, Panel)
]

load(*LESSONS)

LONG = {
    "balances": {"EUR": "3000"},
    "prices": {"BTC/EUR": "50000"},
    "fees": {"trading": "0.002"},
    "steps": [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
        {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"},
    ],
}
TWO_LOTS = {
    "balances": {"EUR": "9000"},
    "prices": {"BTC/EUR": "20000"},
    "steps": [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
        {"do": "price", "pair": "BTC/EUR", "price": "30000"},
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.3", "leverage": 5},
        {"do": "close", "pair": "BTC/EUR", "volume": "0.2", "price": "40000"},
    ],
}
SETTLED = {**LONG, "balances": {"EUR": "6000"}, "steps": [
    LONG["steps"][0],  # type: ignore[index]
    {"do": "settle", "pair": "BTC/EUR", "volume": "all"},
]}  # fmt: skip
CONVERTED = {
    "balances": {"EUR": "50", "USDT": "1000"},
    "prices": {"ETH/EUR": "2000", "USDT/EUR": "0.8"},
    "steps": [
        {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "0.5", "leverage": 4},
        {"do": "price", "pair": "ETH/EUR", "price": "1520"},
        {"do": "close", "pair": "ETH/EUR", "volume": "all"},
    ],
}


def ask(data: object, what: str, **more: object) -> Question:
    """A number question about a scenario."""
    return Question(**{"kind": "number", "text": "?", "ask": what, "scenario": Scenario.of(data), **more})


@pytest.mark.parametrize(
    ("data", "what", "expected"),
    [
        (LONG, "pnl", "100"),
        (LONG, "balance:EUR", "3079.8"),
        (LONG, "change:EUR", "79.8"),
        (LONG, "fees:EUR", "20.2"),
        (LONG, "refused", "no"),
        ({**LONG, "balances": {"EUR": "10"}}, "refused", "insufficient_margin"),
        (TWO_LOTS, "pnl", "3000"),
        (TWO_LOTS, "pnl:1", "2000"),
        (TWO_LOTS, "pnl:2", "1000"),
        (TWO_LOTS, "left:1", "0"),
        (TWO_LOTS, "left:2", "0.2"),
        (TWO_LOTS, "owed:EUR", "6000"),
        (TWO_LOTS, "held:BTC", "0.2"),
        (TWO_LOTS, "used_margin", "1200"),
        (TWO_LOTS, "equity", "12000"),
        (TWO_LOTS, "free_margin", "10800"),
        (TWO_LOTS, "trade_balance", "12000"),
        (TWO_LOTS, "level", "1000"),
        (TWO_LOTS, "lots", ["1", "2"]),
        (CONVERTED, "taken:USDT", "250"),
        (CONVERTED, "covers:USDT", "190"),
        (CONVERTED, "conversion_fees", "10"),
        (CONVERTED, "unpaid", "0"),
        (CONVERTED, "order", ["EUR", "USDT"]),
        (CONVERTED, "sequence", "EUR USDT"),
        (TWO_LOTS, "first_closed", "BTC/EUR"),
        (CONVERTED, "first_taken", "EUR"),
        (TWO_LOTS, "exchange_does", "nothing"),
    ],
)
def test_the_engine_answers(data: object, what: str, expected: object) -> None:
    given = answer(Scenario.of(data), what)
    assert given == (Decimal(expected) if isinstance(given, Decimal) else expected)  # type: ignore[arg-type]


def test_every_kind_of_answer_is_tested_above_or_in_a_lesson() -> None:
    asked = {param.values[0].ask.name for param in QUESTIONS}  # type: ignore[union-attr]
    marks = [mark for mark in test_the_engine_answers.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert set(ANSWERS) <= asked | {what.partition(":")[0] for _, what, _ in marks[0].args[1]}


def test_an_unknown_answer_lists_what_can_be_asked() -> None:
    with pytest.raises(ValueError, match=r"there is no 'profit'; known: balance, change, pnl"):
        answer(Scenario.of(LONG), "profit")


@pytest.mark.parametrize(
    ("name", "data", "what", "gives"),
    [
        ("leverage_multiplies", LONG, "pnl", "500"),
        ("wrong_sign", LONG, "pnl", "-100"),
        ("profit_in_base", LONG, "pnl", "0.0019607843"),
        ("trading_fee_left_out", LONG, "change:EUR", "100"),
        ("conversion_fee_left_out", CONVERTED, "taken:USDT", "237.5"),
        ("lowest_fee_for_all", CONVERTED, "taken:USDT", "241.1167512691"),
        ("middle_fee_for_all", CONVERTED, "taken:USDT", "243.5897435898"),
        ("quote_balance_forgotten", CONVERTED, "taken:USDT", "315.7894736843"),
    ],
)
def test_a_wrong_model_gives_its_own_number(name: str, data: object, what: str, gives: str) -> None:
    assert wrongly(name, Scenario.of(data), what) == Decimal(gives)


def test_a_name_is_given_to_one_wrong_model_only() -> None:
    def wrong_sign(_case: Case, _ask: Ask) -> Decimal | None:
        return None

    with pytest.raises(ValueError, match=r"'wrong_sign' already, in marginlib\.quiz\.models; give"):
        mistake("Twice.")(wrong_sign)


def test_a_wrong_model_that_says_nothing_is_not_recognised() -> None:
    assert wrongly("open_result_left_out", Scenario.of(LONG), "pnl") is None
    assert ask(LONG, "pnl", mistakes=["open_result_left_out"]).wrong == {}


def test_every_mistake_names_a_rule_or_says_how_to_go_on() -> None:
    known = set(rules())
    for known_one in MISTAKES.values():
        assert known_one.sentence.endswith(".")
        assert any(f"{rule})" in known_one.sentence or f"{rule}," in known_one.sentence for rule in known) or (
            known_one.name == "wrong_sign"
        ), known_one.name


@pytest.mark.parametrize("given", ["100", "100.00", " 100 EUR", "+100", "100.005"])
def test_a_right_number_is_right_however_it_is_typed(given: str) -> None:
    verdict = ask(LONG, "pnl", unit="EUR").judge(given)
    assert verdict.right
    assert "100.00 EUR" in verdict.sentence


@pytest.mark.parametrize("given", ["", "abc", "NaN", "1e99", "Infinity", "１００ euros", "--5"])
def test_an_unreadable_number_counts_for_nothing(given: str) -> None:
    card = Card(ask(LONG, "pnl", unit="EUR"), "Check")
    assert card.answer(given) is None
    assert card.given is None
    assert "Type a number of EUR" in card._card["note"]


@pytest.mark.parametrize("given", ["2,5", "0,500", "12,50 EUR", "1.234,50", "1.234.567", "1,2345.6", "1,23,456"])
def test_a_comma_that_is_not_between_thousands_counts_for_nothing(given: str) -> None:
    card = Card(ask(LONG, "pnl", unit="EUR"), "Check")
    assert card.answer(given) is None
    assert card._card["note"].startswith("Write decimals with a point and thousands with a comma, such as 1,234.50.")


def test_a_wrong_number_hears_of_its_mistake_and_an_unknown_one_of_the_first_step() -> None:
    question = ask(LONG, "pnl", unit="EUR", mistakes=["leverage_multiplies", "profit_in_base"])
    assert question.judge("500").mistake == "leverage_multiplies"
    assert question.judge("-100").mistake == "wrong_sign"
    unknown = question.judge("77")
    assert unknown.mistake is None
    assert "more than 77.00 EUR" in unknown.sentence
    assert "You sell 0.1 BTC" in unknown.sentence


def test_a_size_is_asked_without_a_sign_and_a_result_with_one() -> None:
    assert "leave the minus sign out" in ask(LONG, "fees:EUR", unit="EUR").judge("-20.2").sentence
    assert "what leaves you a minus" in ask(LONG, "pnl", unit="EUR").judge("-100").sentence


def test_a_share_where_percent_are_asked_is_told_apart_and_shown_as_typed() -> None:
    held = {**LONG, "steps": LONG["steps"][:1]}  # type: ignore[index]
    question = ask(held, "level", unit="%", tolerance="0.01")
    right = question.answer
    assert isinstance(right, Decimal)
    share = plain(right / 100)
    assert question.judge(share).sentence == f"In percent, please: {share} is {plain(right)} %."
    assert "more than 1.375 %" in question.judge("1.375").sentence


def test_several_and_order_are_judged_place_by_place() -> None:
    options = [Option(value="USDT", text="USDT"), Option(value="EUR", text="EUR"), Option(value="BTC", text="BTC")]
    several = ask(CONVERTED, "order", kind="several", options=options)
    assert several.judge(["USDT", "EUR"]).right
    assert not several.judge(["EUR"]).right
    assert "1 more belongs to it" in several.judge(["EUR"]).sentence
    assert "at least one is" in several.judge([]).sentence
    assert several.judge(["USDT", "EUR"]).sentence.startswith("Yes: EUR; and also USDT.")
    assert not several.judge(["EUR", "USDT", "BTC"]).right
    order = ask(CONVERTED, "order", kind="order", options=options[:2])
    assert order.judge(["EUR", "USDT"]).right
    assert not order.judge(["USDT", "EUR"]).right


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_of_a_lesson_can_be_answered(question: Question) -> None:
    right: object = question.right
    if question.kind in ("one", "several"):
        assert set(question.right) <= {option.value for option in question.options}
        wrong = [option for option in question.options if option.value not in question.right]
        assert wrong, "a choice needs something wrong to choose"
        assert all(option.because for option in wrong), "each wrong option says why"
    if question.kind in ("one", "number"):
        right = question.right[0]
    if question.kind == "order":
        assert sorted(question.right) == sorted(option.value for option in question.options)
        assert question.right != [option.value for option in question.options], "it must not lie there solved"
    verdict = question.judge(right)
    assert verdict.right, verdict.sentence
    assert question.solution()


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_number_question_knows_three_mistakes(question: Question) -> None:
    if question.kind != "number":
        return
    assert len(question.wrong) >= 3
    for name, value in question.wrong.items():
        verdict = question.judge(str(value))
        assert not verdict.right
        assert verdict.mistake == name, f"{name} and {verdict.mistake} give the same number"


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_has_a_prediction_and_its_checks(lesson: str) -> None:
    assert questions(lesson).predict
    assert 1 <= len(questions(lesson).check) <= 5
    if lesson != "00":
        assert len(questions(lesson).check) >= 3


@pytest.mark.parametrize("lesson", sorted(drills.GENERATORS))
@pytest.mark.parametrize("level", range(1, drills.LEVELS + 1))
def test_drills_are_solvable_and_tell_mistakes_apart(lesson: str, level: int) -> None:
    for seed in SEEDS:
        question = drills.make(lesson, seed, level)
        given: object = question.right if question.kind in ("several", "order") else question.right[0]
        assert question.judge(given).right, (seed, question.text)
        assert question.solution()
        for name, value in question.wrong.items():
            assert question.judge(str(value)).mistake == name, (seed, name)


@pytest.mark.parametrize("lesson", sorted(drills.GENERATORS))
def test_drills_are_the_same_for_the_same_seed(lesson: str) -> None:
    texts = {drills.make(lesson, seed, 2).text for seed in SEEDS}
    assert texts == {drills.make(lesson, seed, 2).text for seed in SEEDS}
    assert len(texts) > len(SEEDS) // 2


def test_a_check_keeps_its_progress_for_the_session() -> None:
    name, question = next((n, q) for n, q in questions("05").check.items() if q.kind == "number")
    card = Lesson("05").check(name)
    assert "0 of" in card.progress
    heard: list[str] = []
    card.observe(lambda change: heard.append(change.new), "progress")
    card.answer(question.right[0])
    assert "1 of" in card.progress
    assert heard == [card.progress]
    again = Lesson("05").check(name)
    assert again.given == question.right[0]
    assert "1 of" in again.progress


@pytest.mark.parametrize("time", ["once", "again"])
def test_a_test_starts_with_nothing_answered(time: str) -> None:
    card = Lesson("05").predict(LossCascade()).card
    assert card.given is None, time
    card.answer(card.question.right[0])


def test_a_picture_is_covered_until_the_prediction_is_answered_or_skipped() -> None:
    answered = Lesson("05").predict(LossCascade())
    assert answered.panel.veil
    value = answered.card.question.options[0].value
    answered.card.answer(value)
    assert not answered.panel.veil
    assert "You said" in answered.card._card["verdict"]["text"]
    again = Lesson("05").predict(LossCascade())
    assert again.card.given == value
    assert not again.panel.veil

    _SESSION.clear()
    skipped = Lesson("05").predict(LossCascade())
    skipped.card.receive({"kind": "skip"})
    assert not skipped.panel.veil
    assert skipped.card._card["skipped"].startswith("Skipped.")

    _SESSION.clear()
    moved = Lesson("05").predict(LossCascade())
    moved.panel.veil = ""  # what the browser does when a control moves
    assert moved.card.skipped


def test_all_checks_of_a_lesson_share_the_count() -> None:
    first, second = Lesson("05"), Lesson("05")
    cards = [lesson.check(name) for lesson in (first, second) for name in first.questions.check]
    many = len(first.questions.check)
    card = next(each for each in cards if each.question.kind == "number")
    card.answer(card.question.right[0])
    assert {each.state()["progress"] for each in cards} == {f"Right so far in this lesson: 1 of {many}."}
    card.answer("0.001")
    assert {each.progress for each in cards} == {f"Right so far in this lesson: 0 of {many}."}


def test_a_question_shown_twice_shares_its_answer() -> None:
    one, other = Lesson("05").predict(LossCascade()), Lesson("05").predict(LossCascade(move=-10))
    right = one.card.question.right[0]
    one.card.answer(right)
    assert (other.card.given, other.card.verdict) == (right, one.card.verdict)
    assert not other.panel.veil
    wrong = next(option.value for option in one.card.question.options if option.value != right)
    other.card.answer(wrong)
    assert one.card.given == wrong
    assert one.card.state()["_card"]["verdict"] == other.card.state()["_card"]["verdict"]

    name = next(n for n, q in questions("05").check.items() if q.kind == "number")
    checks = [Lesson("05").check(name) for _ in range(3)]
    checks[1].answer("12")
    assert [check.given for check in checks] == ["12"] * 3


def test_a_card_that_is_gone_is_not_kept_for_the_count() -> None:
    lesson = Lesson("05")
    gone = weakref.ref(lesson.check(next(iter(lesson.questions.check))))
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_covered_picture_stays_covered_in_a_saved_notebook(lesson: str) -> None:
    """Its title, words and picture are the answer: they stand there once the question is answered, not before."""
    for panel_class, (name, question) in itertools.product(PANELS, questions(lesson).predict.items()):
        _SESSION.clear()
        panel = panel_class()
        predict, view = Lesson(lesson).predict(panel, name), panel._shown["view"]
        for data in (predict._repr_mimebundle_()[0], predict.panel._repr_mimebundle_()[0]):
            for written in (data["text/html"], data["text/plain"]):
                assert not any(escape(line) in written for line in (view["title"], *view["words"]))
                assert "<img" not in written
            assert "The picture comes once the question is answered." in data["text/html"]
        asked = predict._repr_mimebundle_()[0]["text/html"]
        assert escape(question.text) in asked
        assert "Run the cell to answer." in asked

        predict.card.answer(question.right if question.kind == "several" else question.right[0])
        told = predict._repr_mimebundle_()[0]["text/html"]
        assert escape(view["title"]) in told
        assert "<img" in told


def test_a_drill_goes_on_and_gets_harder_after_two_right_ones_without_help() -> None:
    drill = Drill("05", 1, 1)
    for _ in range(2):
        drill.answer(drill.question.right[0])
        drill.receive({"kind": "another"})
    assert drill.level == 2
    assert drill.given is None
    drill.receive({"kind": "hint"})
    assert drill._card["solution"] == all_written(drill.question.solution())
    drill.answer(drill.question.right[0])
    drill.another()
    drill.answer(drill.question.right[0])
    drill.another()
    assert drill.level == 2, "an answer after help does not count towards the next level"


def test_a_card_in_a_saved_notebook_shows_its_question_escaped() -> None:
    question = ask(LONG, "pnl", unit="EUR", text="Is <b>1 < 2</b>?")
    data, _ = Card(question, "Check 1 of 1")._repr_mimebundle_()
    assert "&lt;b&gt;1 &lt; 2" in data["text/html"]
    assert data["text/plain"] == "Check 1 of 1: Is <b>1 < 2</b>?"


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ('[check.a]\nkind = "nmber"', "kind"),
        ('[check.a]\nkind = "number"\ntext = "?"\nask = "pnl"\nscenario = "nowhere"', "there is no scenario 'nowhere'"),
        (
            '[check.a]\nkind = "number"\ntext = "?"\nask = "pnl"\nscenario = "{}"\nmistakes = ["lifo"]',
            "there is no mistake 'lifo'; known: profit_in_base",
        ),
        (
            '[check.a]\nkind = "number"\ntext = "?"\nask = "pnl"\nscenario = \'{"balances": {"EUR": "x"}}\'',
            "balances.EUR: expected an amount of 0 or more",
        ),
        ("[check.a\n", "not valid TOML"),
        ("check = 5", "check: "),
        ("[check]\na = 5", "check.a: "),
        (
            '[check.a]\nkind = "number"\ntext = "Near {cal_level} %"',
            "there is no figure 'cal_level'; known: opening_level",
        ),
    ],
)
def test_a_broken_file_of_questions_says_what_is_wrong(tmp_path: Path, broken: str, says: str) -> None:
    (tmp_path / "99.toml").write_text(broken, encoding="utf-8")
    with pytest.raises(InvalidRulebook, match=r"99\.toml") as caught:
        read_questions(tmp_path, "99.toml")
    assert says in str(caught.value)


def test_answers_hang_on_the_rules() -> None:
    """Another collateral order gives another answer: nothing is written down."""
    question = next(q for q in questions("05").check.values() if q.kind == "order")
    turned = question.scenario.rules.replaced(collateral_order=("EUR", "USD", "ADA", "BTC"))
    assert answer(question.scenario.replaced(rules=turned), "order") != question.answer


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"seed": "x"}, "seed: expected a whole number such as 7, got 'x'"),
        ({"seed": 1.5}, "seed: expected a whole number such as 7, got 1.5"),
        ({"level": 9}, "level: expected a whole number from 1 to 4, got 9"),
        ({"level": 0}, "level: expected a whole number from 1 to 4, got 0"),
        ({"level": "a"}, "level: expected a whole number from 1 to 4, got 'a'"),
    ],
)
def test_a_drill_that_there_is_not_is_refused_with_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Lesson("05").drill(**given)


def test_a_number_may_be_given_as_one() -> None:
    """From Python an answer may be a Decimal."""
    name, question = next((n, q) for n, q in questions("05").check.items() if q.kind == "number")
    said = Lesson("05").check(name).answer(Decimal(question.right[0]))
    assert said is not None
    assert said.right


NO_ANSWERS = [math.nan, math.inf, Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), None, {}, b"5", ..., True]


@pytest.mark.parametrize("given", NO_ANSWERS, ids=str)
@pytest.mark.parametrize("listed", [False, True])
def test_what_is_no_answer_counts_for_nothing_and_is_told(given: object, listed: bool) -> None:
    """On two cards of one question, which share what is answered."""
    for name, question in questions("05").check.items():
        cards = [Lesson("05").check(name) for _ in range(2)]
        assert cards[0].answer([given] if listed else given) is None
        note = cards[0].state()["_card"]["note"]
        assert note.startswith("Type a number" if question.kind == "number" else ("Choose one of: ", "Give all "))
        assert [card.given for card in cards] == [None, None]
        json.dumps(cards[0].state(), allow_nan=False)


def test_a_bare_number_is_no_order() -> None:
    options = [Option(value="USDT", text="USDT"), Option(value="EUR", text="EUR")]
    order = ask(CONVERTED, "order", kind="order", options=options)
    for given in (250, "EUR"):
        with pytest.raises(ValueError, match=r"^Give all of them in their order, as a list of some such as \['USDT', "):
            order.judge(given)


def test_an_answer_from_python_is_kept_as_the_browser_reads_it() -> None:
    name = next(n for n, q in questions("05").check.items() if q.kind == "number")
    card = Lesson("05").check(name)
    card.answer(Decimal(250))
    assert card.given == "250"
    assert json.loads(json.dumps(card.state()))["_card"]["given"] == "250"


TYPED = ["\N{ARABIC-INDIC DIGIT THREE}", "\N{FULLWIDTH DIGIT ONE}", "1e3", "1_000", "0x10", "\u00bd", "."]


@pytest.mark.parametrize("text", TYPED)
def test_a_number_is_typed_with_plain_digits_as_in_a_panel_s_box(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Type a number, such as 1,234\.50\.$"):
        read_number(text)

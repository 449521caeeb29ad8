"""A teacher's file of questions: whatever is wrong is a sentence with file, line and key, when the file is read."""

import os
from pathlib import Path
from typing import Any

import pytest

from marginlib import InvalidRulebook
from marginlib.lessons import Lesson, LossCascade
from marginlib.quiz import shelf
from marginlib.quiz.asking import ANSWERS
from marginlib.quiz.file import read_questions
from marginlib.quiz.question import Question

DAY = """\
[scenarios]
day = '''{"balances": {"EUR": "20000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
  {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5}]}'''
"""
NUMBER = (
    DAY
    + """\
[predict.a]
kind = "number"
text = "How much?"
ask = "equity"
unit = "EUR"
scenario = "day"
"""
)
ONE = (
    DAY
    + """\
[predict.a]
kind = "one"
text = "Is it refused?"
ask = "refused"
scenario = "day"
options = [
    { value = "no", text = "no" },
    { value = "yes", text = "yes" },
]
"""
)
BARE = ONE[: ONE.index("options")]


def number(old: str, new: str) -> str:
    assert NUMBER.count(old) == 1
    return NUMBER.replace(old, new)


def one(old: str, new: str) -> str:
    assert ONE.count(old) == 1
    return ONE.replace(old, new)


WRONG: dict[str, tuple[str | bytes, str]] = {
    "text for a table": ('predict = "x"', "line 1: predict: expected a table such as [predict.first], got 'x'"),
    "a list for a table": ("predict = [1]", "line 1: predict: expected a table such as [predict.first], got a list"),
    "a list of tables": (NUMBER + '[[check]]\nkind = "one"', "line 10: check: expected a table such as [check.first]"),
    "a list for the scenarios": (
        NUMBER.replace(DAY, "scenarios = [1]\n"),
        "line 1: scenarios: expected a table such as [scenarios], got a list",
    ),
    "a date for words": (number('"How much?"', "2026-05-27"), "line 6: predict.a.text: expected text, got a date"),
    "a time for words": (number('"How much?"', "07:32:00"), "line 6: predict.a.text: expected text, got a time of day"),
    "text for a question": ("[predict]\na = 5", "line 2: predict.a: expected a table such as [predict.first], got 5"),
    "nothing": ("", "line 1: there is no prediction; expected a table such as [predict.first]"),
    "no prediction": (number("predict", "check"), "line 1: there is no prediction; expected a table such as [predict."),
    "a misspelt table": (number("predict", "predicts"), "line 4: predicts: unknown key; did you mean 'predict'?"),
    "a misspelt key": (NUMBER + 'explian = "x"', "line 10: predict.a.explian: unknown key; did you mean 'explain'?"),
    "a misspelt key of an option": (
        one('text = "yes"', 'text = "yes", becuse = "x"'),
        "line 11: predict.a.options.1.becuse: unknown key; did you mean 'because'?",
    ),
    "an unknown ask": (number("equity", "equty"), "line 7: predict.a.ask: there is no 'equty'; known: balance, "),
    "an ask that is no text": (number('"equity"', "5"), "line 7: predict.a.ask: expected what is asked, such as 'pnl'"),
    "an ask without its currency": (
        number("equity", "taken"),
        "line 7: predict.a.ask: 'taken' needs a currency: write it as in 'taken:EUR'",
    ),
    "an ask of no currency": (number("equity", "balance:eur"), "line 7: predict.a.ask: balance: expected a currency c"),
    "an ask of too much": (number("equity", "equity:EUR"), "line 7: predict.a.ask: 'equity' is asked of the whole"),
    "an ask of no lot": (number("equity", "left:x"), "line 7: predict.a.ask: 'left' may name a lot by its number"),
    "an ask beyond its scenario": (
        number('scenario = "day"', "scenario = '{}'"),
        "line 7: predict.a.ask: 'equity' can't be answered by this scenario: the scenario's margin can't be priced",
    ),
    "an ask for what isn't open": (
        number("equity", "return").replace('scenario = "day"', "scenario = '{}'"),
        "line 7: predict.a.ask: 'return' can't be answered by this scenario: ",
    ),
    "words for a number": (number("equity", "refused"), "line 5: predict.a.kind: a number is expected, but 'refused'"),
    "no right option": (
        one('value = "no"', 'value = "nope"'),
        "line 9: predict.a.options: no option is right: the engine answers 'no', which must be the options' values",
    ),
    "several, none of them right": (
        one('"one"', '"several"').replace('value = "no"', 'value = "nope"'),
        "line 9: predict.a.options: what is right is not among the options: the engine answers 'no'",
    ),
    "an order of other things": (one('"one"', '"order"'), "line 9: predict.a.options: the options are not what is put"),
    "no options": (BARE, "predict.a.options: a question of the kind 'one' needs answers to choose from, at least two"),
    "empty options": (BARE + "options = []", "line 9: predict.a.options: a question of the kind 'one' needs answers"),
    "one option": (BARE + 'options = [{ value = "no", text = "no" }]', "line 9: predict.a.options: expected at least"),
    "the same twice": (
        one('value = "yes"', 'value = "no"'),
        "line 11: predict.a.options.1.value: 'no' stands there twice; expected each option once",
    ),
    "the same words twice": (one('text = "yes"', 'text = "no"'), "line 11: predict.a.options.1.text: 'no' stands ther"),
    "an option without words": (one('text = "yes"', 'text = ""'), "line 11: predict.a.options.1.text: expected words"),
    "an option that is text": (BARE + 'options = ["x", "y"]', "line 9: predict.a.options.0: expected a table such as"),
    "options that are text": (BARE + 'options = "x"', "line 9: predict.a.options: expected a list […], got 'x'"),
    "a number for an option's words": (
        one('text = "yes"', "text = 5"),
        "line 11: predict.a.options.1.text: expected t",
    ),
    "a number for a text": (number('"How much?"', "5"), "line 6: predict.a.text: expected text, got 5"),
    "an empty text": (number('"How much?"', '" "'), "line 6: predict.a.text: expected a question"),
    "a number for a unit": (number('"EUR"\n', "5\n"), "line 8: predict.a.unit: expected a currency code of 1 to 16"),
    "text for a tolerance": (
        NUMBER + 'tolerance = "x"',
        "line 10: predict.a.tolerance: expected a tolerance of 0 or m",
    ),
    "no tolerance": (
        NUMBER + "tolerance = nan",
        "line 10: predict.a.tolerance: expected a tolerance of 0 or more, got",
    ),
    "an unknown mistake": (NUMBER + 'mistakes = ["lifo"]', "line 10: predict.a.mistakes.0: there is no mistake 'lifo'"),
    "mistakes that are text": (NUMBER + 'mistakes = "x"', "line 10: predict.a.mistakes: expected a list […], got 'x'"),
    "an unknown scenario": (
        number('scenario = "day"', 'scenario = "night"'),
        "line 9: predict.a.scenario: there is no scenario 'night'; known: day",
    ),
    "a broken scenario": (number('"20000"', '"x"'), "line 2: scenarios.day: balances.EUR: expected an amount of 0 or"),
    "scenarios that are a list": ("scenarios = []\n", "line 1: scenarios: expected a table such as [scenarios], got a"),
    "an unknown figure": (
        number("How much", "How {much}"),
        "line 6: predict.a.text: {much}: there is no figure 'much'",
    ),
    "a figure without its currency": (
        number("How much", "How {balance}"),
        "line 6: predict.a.text: {balance}: 'balance' needs a currency",
    ),
    "nothing to divide by": (number("How much", "{1 / 0}"), "line 6: predict.a.text: 1 / 0: nothing can be divided by"),
    "a sum without end": (
        number("How much", "{" + "+".join("1" * 3000) + "}"),
        "line 6: predict.a.text: {1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+}: expected a figure",
    ),
    "a sum beyond reason": (number("How much", "{1e400}"), "line 6: predict.a.text: {1e400}: expected a figure"),
    "no TOML": (NUMBER + "x = = 5", "not valid TOML: Invalid value (at line 10, column 5)"),
    "a key twice": (NUMBER + 'unit = "USD"', "not valid TOML: Cannot overwrite a value (at line 10, column 13)"),
    "too deep": ("a = " + "[" * 5000 + "]" * 5000, "not valid TOML: nested too deeply"),
    "an exponent beyond reason": (NUMBER + "tolerance = 1e999999999999999999999", "not valid TOML: a number in it is"),
    "digits beyond reason": (NUMBER + f"tolerance = {'9' * 6000}", "not valid TOML: a number in it is beyond reason"),
    "a byte-order mark": ("\ufeff" + NUMBER, "line 1: it begins with a byte-order mark; save it as UTF-8 without one"),
    "another encoding": (
        number("much", "m\xfcch").encode("latin-1"),
        "can't be read: line 6 is not UTF-8 text; save i",
    ),
    "yet another": (NUMBER.encode("utf-16"), "can't be read: line 1 is not UTF-8 text; save it as UTF-8"),
    "no text": (b"#" * 10_000_001, "it is too large; expected at most 10 MB"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_in_it_is_said_when_it_is_read(tmp_path: Path, wrong: str) -> None:
    content, said = WRONG[wrong]
    file = tmp_path / "t99.toml"
    file.write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())

    with pytest.raises(InvalidRulebook) as broken:
        Lesson.from_file(file)

    assert str(broken.value).startswith("t99.toml, line " if said.startswith("line") else "t99.toml")
    assert said in str(broken.value)
    assert "t99" not in shelf.LESSONS, "mended, it may be read under the same name"


@pytest.mark.parametrize("content", [NUMBER, ONE, NUMBER.replace("\n", "\r\n")])
def test_what_is_right_is_opened(tmp_path: Path, content: str) -> None:
    (tmp_path / "t98.toml").write_text(content, encoding="utf-8", newline="")
    lesson = Lesson.from_file(tmp_path / "t98.toml")
    try:
        card = lesson.predict(LossCascade()).card
        said = card.answer(card.question.right[0])
    finally:
        shelf.LESSONS.drop(shelf.LESSONS["t98"])

    assert said is not None
    assert said.right


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").mkdir()
    os.mkfifo(tmp_path / "b.toml")
    for name, said in (("a", "it is a directory; expected a file"), ("b", "it is no ordinary file"), ("c", "missing")):
        with pytest.raises(InvalidRulebook, match=rf"^{name}\.toml: .*{said}"):
            Lesson.from_file(tmp_path / f"{name}.toml")


@pytest.mark.parametrize("given", [5, None, b"x", [], "", "a\0b"])
def test_what_is_no_path_and_no_number(given: Any) -> None:
    with pytest.raises(ValueError, match=r"^path: expected that of a file of questions, such as '10\.toml', got "):
        Lesson.from_file(given)
    if not isinstance(given, str):
        with pytest.raises(ValueError, match=r"^number: expected a lesson's number as text, such as '05', got "):
            Lesson(given)


def test_a_prediction_that_there_is_not_and_what_is_no_panel() -> None:
    with pytest.raises(KeyError, match=r"there is no prediction 'x' in lesson 05; known: "):
        Lesson("05").predict(LossCascade(), "x")
    with pytest.raises(TypeError, match=r"panel: expected a panel such as LossCascade\(\), got 5"):
        Lesson("05").predict(5)  # type: ignore[arg-type]


SCENARIOS = ("'{}'", '"day"', '\'{"steps": [{"do": "close", "pair": "BTC/EUR", "volume": 1}]}\'')


def test_whatever_is_asked_of_whatever_scenario_is_a_question_or_a_sentence(tmp_path: Path) -> None:
    for number_of in (n for n in shelf.LESSONS if n.isdigit()):
        shelf.LESSONS[number_of].load()
    opened = 0
    for name in ANSWERS:
        for of in ("", "EUR", "x", "1", "99", "-1", "1.5", "buy"):
            for scenario in SCENARIOS:
                text = number('"equity"', f'"{name}:{of}"').replace('scenario = "day"', f"scenario = {scenario}")
                (tmp_path / "t.toml").write_text(text, encoding="utf-8")
                try:
                    asked = read_questions(tmp_path, "t.toml").predict["a"]
                except InvalidRulebook:
                    continue
                opened += 1
                assert asked.judge(asked.right[0]).right
                assert asked.judge("-123456.789").sentence
                assert asked.solution() is not None
    assert opened > 20


def test_a_teachers_own_answer_that_fails_is_told_when_the_file_is_read() -> None:
    question = Question(kind="number", text="?", ask="return", scenario="{}")

    assert [(place, said.partition(":")[0]) for place, said in question.problems()] == [
        (("ask",), "'return' can't be answered by this scenario")
    ]


BESIDE = {  # there would be an answer, to what nobody asks
    "left:9": "it has no lot 9; its lots: 1",
    "pnl:7": "it has no lot 7; its lots: 1",
    "owed:9": "it has no 9; its currencies: BTC, EUR",
    "balance:EURO": "it has no EURO; its currencies: BTC, EUR",
    "fees:XYZ": "it has no XYZ; its currencies: BTC, EUR",
    "covers:XYZ": "it has no XYZ; its currencies: BTC, EUR",
}
NOTHING = {
    "level": "nothing is open at its end, so there is no margin level",
    "return": "nothing is open at its end, so nothing has a return yet",
    "funding:0.0001": "nothing is open at its end, so there is no contract like it",
    "protecting": "its last step is of no pair",
    "closing_order": "its last step closes nothing",
}
PLAIN = """'{"balances": {"EUR": "20000"}, "prices": {"BTC/EUR": "50000"}}'"""
REFUSED = """'{"balances": {"EUR": "2"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5}]}'"""


def read_with(folder: Path, *changes: tuple[str, str]) -> Question:
    text = NUMBER
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "t.toml").write_text(text, encoding="utf-8")
    return read_questions(folder, "t.toml").predict["a"]


@pytest.mark.parametrize("ask", BESIDE)
def test_what_its_scenario_does_not_have_is_asked_in_no_question(tmp_path: Path, ask: str) -> None:
    said = f"^t.toml, line 7: predict.a.ask: '{ask}' can't be answered by this scenario: {BESIDE[ask]}$"
    with pytest.raises(InvalidRulebook, match=said):
        read_with(tmp_path, ("equity", ask))


@pytest.mark.parametrize("ask", NOTHING)
def test_what_needs_something_open_is_not_asked_where_nothing_is(tmp_path: Path, ask: str) -> None:
    shelf.LESSONS["02"].load()
    with pytest.raises(InvalidRulebook, match=f"can't be answered by this scenario: {NOTHING[ask]}"):
        read_with(tmp_path, ("equity", ask), ('scenario = "day"', f"scenario = {PLAIN}"))


def test_of_a_step_that_is_refused_only_the_refusal_is_asked(tmp_path: Path) -> None:
    refused = ('scenario = "day"', f"scenario = ''{REFUSED}''")
    with pytest.raises(InvalidRulebook, match=r"step 1 of it is refused: .*; ask 'refused', or let the scenario go"):
        read_with(tmp_path, ("equity", "pnl"), refused)

    options = 'options = [{ value = "no", text = "no" }, { value = "insufficient_margin", text = "yes" }]'
    changes = (("equity", "refused"), ('"number"', '"one"'), ('unit = "EUR"', options))
    assert read_with(tmp_path, refused, *changes).right == ["insufficient_margin"]


CODE = "expected a currency code of 1 to 16"


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("USD", "'equity' is answered in EUR here, not in USD; write unit = \"EUR\""),
        ("%", "'equity' is answered in EUR here, not in %; write unit = \"EUR\""),
        ("XBT", "the exchange's API says XBT; write 'BTC' here"),
        ("euros", f"{CODE} letters A-Z and digits, such as 'EUR', or '%' or '×', got 'euros'"),
    ],
)
def test_another_unit_than_the_answers_own(tmp_path: Path, unit: str, said: str) -> None:
    with pytest.raises(InvalidRulebook) as wrong:
        read_with(tmp_path, ('unit = "EUR"', f'unit = "{unit}"'))
    assert str(wrong.value) == f"t.toml, line 8: predict.a.unit: {said}"


def test_results_in_two_currencies_are_not_added_up(tmp_path: Path) -> None:
    steps = ", ".join(
        f'{{"do": "open", "pair": "{pair}", "side": "long", "volume": "0.1", "leverage": 5}}, '
        f'{{"do": "close", "pair": "{pair}", "volume": "all"}}'
        for pair in ("BTC/EUR", "BTC/USD")
    )
    text = f"""scenario = '{{"balances": {{"EUR": "20000", "USD": "20000"}}, "prices": {{"BTC/EUR": "50000",
        "BTC/USD": "50000"}}, "steps": [{steps}]}}'""".replace("\n", " ")
    with pytest.raises(InvalidRulebook, match="its lots are counted in EUR and USD, which don't add up; name a lot"):
        read_with(tmp_path, ("equity", "pnl"), ('scenario = "day"', text))
    assert read_with(tmp_path, ("equity", "pnl:1"), ('scenario = "day"', text)).answer == 0

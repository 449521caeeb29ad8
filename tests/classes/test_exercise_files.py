"""Exercises as files and links: what works, and the sentence for each thing that doesn't."""

from pathlib import Path
from typing import Any

import pytest
from exercising import WEEK, written
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib.classes import packed
from marginlib.classes.file import Exercise, InvalidExercise, read_exercise
from marginlib.classes.items import Setting
from marginlib.classes.keys import key
from marginlib.classes.students import mark, normal
from marginlib.quiz import drills
from marginlib.quiz.question import Question

OLD = "#x1/67BDsByVkNRicz2K02oB"
"""Packed by the first edition of x1."""


@pytest.fixture
def week(tmp_path: Path) -> Exercise:
    return read_exercise(written(tmp_path, WEEK))


def test_a_file_is_read(week: Exercise) -> None:
    assert (week.title, week.mode, week.seed, week.minutes, week.back) == ("What a loss takes", "learning", 7, 20, True)
    assert [item.what for item in week.items] == [
        "lesson 05, check taken",
        *["drill of lesson 05, level 2"] * 3,
        "panel HowFar",
        "question",
    ]


def test_each_student_has_numbers_of_ones_own_and_always_the_same(week: Exercise) -> None:
    texts = {name: tuple(each.text for each in week.asked(name)) for name in ("ada", "Ben", "17", "")}

    assert len(set(texts.values())) == 4
    assert texts["ada"] == tuple(each.text for each in week.asked("  ADA "))
    assert texts["ada"][0] == texts["Ben"][0]
    assert all(len(set(asked)) == len(asked) for asked in texts.values())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoë O’Neil", "zoe\u0308  o'neil "),
        ("ANNA MÜLLER", "Anna Mu\u0308ller"),
        ("17", 17),
        ("Straße", "STRASSE"),
        ("Li\u00a0Wei", "li wei"),
        ("Jean–Luc", "jean-luc"),
        ("Ａda", "ada"),
        ("İpek", "i\u0307pek"),
    ],
)
def test_a_name_counts_however_it_is_written(one: str | int, other: str | int) -> None:
    assert normal(one) == normal(other)
    assert mark(one) == mark(other)


def test_names_that_differ_stay_apart() -> None:
    assert len({normal(each) for each in ("Zoe", "Zoë", "017", "17", "Anna M", "Anna N")}) == 6


@pytest.mark.parametrize("student", [True, None, 1.5, ["Ada"], "x" * 100])
def test_what_names_no_student_is_told_so(student: Any) -> None:
    with pytest.raises(ValueError, match=r"^student: expected a name"):
        normal(student)


@given(st.text(max_size=60))
def test_normal_is_normal_already(name: str) -> None:
    try:
        once = normal(name)
    except ValueError:
        return
    assert normal(once) == once


WRONG = [
    ("title = ", "titel = ", "line 1, titel: unknown key; did you mean 'title'?"),
    ('mode = "learning"', 'mode = "examen"', "line 2, mode: expected 'learning' or 'exam', got 'examen'"),
    ("seed = 7", 'seed = "7"', "line 3, seed: expected the class's seed, a whole number from 0 to 1000000000, got '7'"),
    ("minutes = 20", "minutes = 0", "line 4, minutes: expected minutes, a whole number from 1 to 500, got 0"),
    ("minutes = 20", "back = 1", "line 4, back: expected true or false, got 1"),
    ('lesson = "05"', 'lesson = "55"', "line 14, item 1.lesson: there is no lesson '55'; known: 00,"),
    (
        'check = "taken"',
        'check = "took"',
        "line 15, item 1.check: there is no check 'took' in lesson 05; known: order,",
    ),
    ('drill = "05"', "drill = 5", "line 18, item 2.drill: expected the lesson of a drill as text, such as '05', got 5"),
    ('drill = "05"', 'drill = "77"', "item 2.drill: lesson 77 has no drills; there are some in"),
    ("level = 2", "level = 9", "line 19, item 2.level: expected a level, a whole number from 1 to 4, got 9"),
    ("count = 3", "count = 99", "line 20, item 2.count: expected how many drills, a whole number from 1 to 20, got 99"),
    ("HowFar", "HowFer", "item 3.panel: there is no panel 'HowFer'; did you mean 'HowFar'?"),
    ("{goal}", "{goal} USD", "item 3.text: {goal} has its unit with it; leave out the 'USD' after it"),
    ("{goal}", "what is wanted", "item 3.text: each student gets another goal, and the text doesn't say it; write"),
    ("call_price", "level", "item 3.unit: 'level' is answered in % here, not in USD; write unit = \"%\""),
    ("{goal}", "{gaol}", "item 3.text: there is no {gaol} here; known: {goal}"),
    ("call_price", "call_prize", "item 3.ask: there is no 'call_prize'; known: "),
    ("[12000, 13000]", '"many"', "item 3.goal: expected a goal, such as '40000', got 'many'"),
    ("[12000, 13000]", "[14250]", "item 3.goal: the panel is there at its start already: 14,200.00 USD"),
    ("tolerance = 150", "tolerance = -1", "item 3.tolerance: expected a tolerance of 0 or more, got -1"),
    ("USD = 9000", "USD = 99999999", "item 3.start: USD: expected a number from 0 to 30000, got 99999999"),
    ("USD = 9000", "DOGE = 1", "item 3.start: DOGE: no such control; known here: USD,"),
    ("[12000, 13000]", "[]", "item 3.goal: expected a goal, or a list of some, got an empty list"),
    ('panel = "HowFar"', "panel = 5", "item 3.panel: expected a panel's name, such as 'HowFar', got 5"),
    (
        '"call_price"',
        "5",
        "item 3.ask: expected a figure of the panel's story, such as 'call_price' or 'taken:BTC', got 5",
    ),
    (
        '"call_price"',
        '"sequence"',
        "item 3.ask: 'sequence' has no answer at the start of the panel: 'sequence' is answered",
    ),
    ("{ USD = 9000 }", "9000", "item 3.start: expected a table"),
    ('"Bring the margin call to {goal}."', '" "', "item 3.text: expected what is to be done"),
    ('lesson = "05"', "lesson = 5", "item 1.lesson: expected a lesson's number as text, such as '05', got 5"),
    ('scenario = "small"', 'scenario = "smal"', "item 4.scenario: there is no scenario 'smal'; known: small"),
    ('ask = "pnl"', 'ask = "balance:BTC"', "item 4.unit: 'balance:BTC' is answered in BTC here, not in EUR"),
    ("leverage_multiplies", "leverage_adds", "item 4.mistakes"),
    (
        'kind = "number"\n',
        "",
        "item 4: expected what it is: lesson and check, drill, panel, or a question with its kind",
    ),
    ("[[item]]", "[[items]]", "items: unknown key; did you mean 'item'?"),
    ('title = "What', "title = What", "not valid TOML"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG, ids=[wrong for _, wrong, _ in WRONG])
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in WEEK
    with pytest.raises(InvalidExercise) as error:
        read_exercise(written(tmp_path, WEEK.replace(right, wrong)))

    assert str(error.value).startswith("week.toml: ") or "not valid TOML" in told
    assert told in str(error.value)


@pytest.mark.parametrize(
    "source", ["", "  ", None, 5, [], "no/such.toml", "\0", ".", "x" * 5000, "https://example.org/"]
)
def test_what_is_no_exercise_gets_a_sentence(source: Any) -> None:
    with pytest.raises(InvalidExercise) as error:
        read_exercise(source)
    assert len(str(error.value)) > 20


def test_a_file_without_items_says_how_one_begins(tmp_path: Path) -> None:
    for text in ('title = "A"', 'title = "A"\nitem = []', 'title = "A"\nitem = 3'):
        with pytest.raises(InvalidExercise, match=r"item: expected at least one question.*\[\[item\]\]"):
            read_exercise(written(tmp_path, text))


def test_a_link_is_the_exercise(week: Exercise) -> None:
    link = week.link()
    found = read_exercise("https://example.org/workbook/exercise.html" + link)

    assert found.digest == week.digest
    assert (found.title, found.minutes) == (week.title, week.minutes)
    assert [each.text for each in found.asked("Ada")] == [each.text for each in week.asked("Ada")]
    assert week.link("https://example.org/workbook") == f"https://example.org/workbook/exercise.html{link}"
    assert len(link) < 400


def test_a_link_survives_being_passed_on(week: Exercise) -> None:
    link = week.link("https://example.org/w")
    for sent in (
        f" <{link}> ",
        "\n".join(link[at : at + 70] for at in range(0, len(link), 70)),
        link.replace("#", "%23").replace("/", "%2F"),
        link.partition("#")[2],
        link.replace("_", "_\u200b"),
    ):
        assert read_exercise(sent).digest == week.digest


def test_a_broken_or_foreign_link_gets_a_sentence(week: Exercise) -> None:
    link = week.link()
    for broken in (
        link[:-3],
        link[:40],
        link[:30] + "A" + link[31:] if link[30] != "A" else link[:30] + "B" + link[31:],
    ):
        with pytest.raises(InvalidExercise, match="it is broken"):
            read_exercise(broken)
    with pytest.raises(InvalidExercise, match="of version x9"):
        read_exercise(link.replace("x1", "x9"))
    with pytest.raises(InvalidExercise, match="it has 20,000 characters"):
        read_exercise("#x1/" + "A" * 20_000)
    with pytest.raises(InvalidExercise):
        read_exercise("#v1/LossCascade?move=-20")


def test_a_link_that_unpacks_to_very_much_is_refused() -> None:
    with pytest.raises(InvalidExercise, match="it is broken"):
        read_exercise(packed.written({"title": "A" * 3_000_000}))


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=9), st.one_of(st.integers(), st.text(), st.lists(st.text(max_size=5)))))
def test_packing_loses_nothing(data: dict[str, Any]) -> None:
    assert packed.read(packed.written(data)) == data


def test_a_link_of_long_ago_opens() -> None:
    """The words that the packing knows belong to its version: one more of them, and older links are broken."""
    assert packed.read(OLD) == {"title": "A", "item": [{"drill": "05", "level": 2, "count": 3}]}


def test_another_title_or_time_is_the_same_exercise_and_another_mode_is_not(tmp_path: Path, week: Exercise) -> None:
    """Else an exam could be practised with verdicts, and handed in."""
    for right, other, same in [
        ("What a loss takes", "Week 1", True),
        ("minutes = 20", "minutes = 30", True),
        ("[scenarios]", "# a comment\n[scenarios]", True),
        ('"learning"', '"exam"', False),
        ("seed = 7", "seed = 8", False),
        ("level = 2", "level = 1", False),
    ]:
        found = read_exercise(written(tmp_path, WEEK.replace(right, other), "other.toml"))
        assert (found.digest == week.digest) is same, other


def test_the_key_has_anyones_answers(week: Exercise) -> None:
    found = key(week, "Ada")

    for each, asked in zip(found, week.asked("Ada"), strict=True):
        assert each.text == asked.text
        if isinstance(asked, Question):
            assert asked.judge(each.answer.replace(asked.unit, "")).right
    assert "reached with USD = " in found[4].answer
    assert dict(found[5].mistakes) == {"leverage_multiplies": "500.00 EUR"}


def test_a_panel_is_judged_by_the_engine(week: Exercise) -> None:
    asked = week.asked("Ada")[4]
    assert isinstance(asked, Setting)
    found = asked.found()
    assert found is not None
    panel = asked.panel(**{**asked.item.start, **found})

    assert asked.judge(panel.link()).right
    assert "Yes: " in asked.judge(panel.link()).sentence
    start = asked.judge(asked.panel(**asked.item.start).link())
    assert not start.right
    assert "It is 14,200.00 USD now, and is to be 1" in start.sentence
    assert asked.solution()
    with pytest.raises(ValueError, match="for the panel LossCascade"):
        asked.judge("#v1/LossCascade?move=-20")


def test_a_drill_isnt_asked_twice(tmp_path: Path) -> None:
    """Level 1 has few of them."""
    text = 'title = "Many"\n[[item]]\ndrill = "05"\nlevel = 1\ncount = 20'
    texts = [each.text for each in read_exercise(written(tmp_path, text)).asked("Ada")]

    assert len(set(texts)) == 20


def test_every_lessons_drills_can_be_asked(tmp_path: Path) -> None:
    drills._with_drills()
    items = "".join(f'[[item]]\ndrill = "{name}"\n' for name in drills.GENERATORS)
    found = read_exercise(written(tmp_path, f'title = "All"\n{items}'))

    assert len(found.asked("Ada")) == len(drills.GENERATORS)

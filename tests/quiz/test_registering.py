"""Names are given once; a lesson declares itself, and is loaded alone."""

import copy
import json
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from asking import load

from marginlib.engine.scenario import Scenario
from marginlib.engine.story import Story
from marginlib.quiz import asking, drills, figures, mistakes, shelf
from marginlib.quiz.asking import ANSWERS, Ask, Case
from marginlib.quiz.drills import QuestionData
from marginlib.quiz.lesson import Lesson
from marginlib.quiz.registry import Registry
from marginlib.reading.replaying import replay

ROOT = Path(__file__).resolve().parents[2]


def pnl(_story: Story, _of: str) -> Decimal:
    return Decimal(0)


def wrong_sign(_case: Case, _ask: Ask) -> Decimal | None:
    return None


def call_level(_story: Story) -> Decimal:
    return Decimal(0)


def generator(_random: Random, _level: int) -> QuestionData:
    raise NotImplementedError


def test_a_second_answer_mistake_figure_or_drill_of_one_name_is_an_error() -> None:
    load("05")
    with pytest.raises(ValueError, match=r"there is an answer 'pnl' already, in marginlib\.quiz\.answers; give"):
        asking.answers("pnl")(pnl)
    with pytest.raises(ValueError, match=r"there is a mistake 'wrong_sign' already, in marginlib\.quiz\.models; give"):
        mistakes.mistake("Twice.")(wrong_sign)
    with pytest.raises(ValueError, match=r"there is a figure 'call_level' already, in marginlib\.quiz\.figures"):
        figures.figure(call_level)
    with pytest.raises(
        ValueError, match=r"there is a drill for lesson '05' already, in marginlib\.lessons\.loss_cascade\.quiz"
    ):
        drills.drill("05")(generator)
    assert ANSWERS["pnl"].read is not pnl


def test_ways_and_hints_add_up_but_the_same_one_twice_is_an_error() -> None:
    def way(_story: Story, _ask: Ask) -> list[str]:
        return ["And so on."]

    def hint(_story: Story, _ask: Ask) -> str:
        return ""

    known = len(ANSWERS["covers"].ways)
    asking.shows("covers")(way)
    asking.hints("covers")(hint)
    assert ANSWERS["covers"].ways[known:] == [way]
    with pytest.raises(ValueError, match="there is a way to 'covers' already"):
        asking.shows("covers")(way)
    with pytest.raises(ValueError, match="there is a hint for 'covers' already"):
        asking.hints("covers")(hint)
    with pytest.raises(ValueError, match="there is no answer 'profit'; known: balance"):
        asking.shows("profit")(way)
    ANSWERS["covers"].ways.remove(way)
    ANSWERS["covers"].hints.remove(hint)


def test_a_cell_of_a_notebook_that_is_run_again_replaces_its_own() -> None:
    known = Registry[int]("number")
    known.add("one", 1, "__main__")
    known.add("one", 2, "__main__")
    assert known["one"] == 2
    with pytest.raises(ValueError, match="already, in this notebook; give this one another name"):
        known.add("one", 3, "a.module")


def test_a_sentence_names_figures_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"there is no figure 'cal_level'; known: opening_level, call_level"):
        mistakes.mistake("Near {cal_level} %.")(pnl)  # type: ignore[arg-type]
    for broken in ("{", "{call_level", "{call_level + }", "{open('x')}", "{call_level ** 9}", "{'a'}", "{True}"):
        with pytest.raises(ValueError, match=r"expected a figure|braces come in pairs|there is no figure"):
            figures.checked(broken, ())
    assert "pnl" not in mistakes.MISTAKES


def test_a_figure_that_a_case_does_not_have_is_told() -> None:
    case = Case(Scenario.of({"balances": {"EUR": "5"}}))
    assert figures.filled("{balance.EUR | 2} EUR, {-1 // 2}, {order | words}", case, Ask("refused")) == "5.00 EUR, −1, "
    for text, says in (
        ("{1 / balance.USD}", "nothing can be divided by 0"),
        ("{refused + 1}", "'no' is no number"),
        ("{wrong_sign}", "'wrong_sign' says nothing of refused"),
        ("{level}", "margin can't be priced"),
    ):
        with pytest.raises(ValueError, match=says):
            figures.filled(text, case, Ask("refused"))


LOADED = """
import json, sys
from marginlib.lessons import Lesson
Lesson("05").check("taken").answer("5")
Lesson("05").drill().answer("5")
print(json.dumps([name for name in sys.modules if name.startswith("marginlib.lessons.") and name.count(".") > 2]))
"""


def test_a_lesson_is_loaded_alone() -> None:
    run = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == ["marginlib.lessons.loss_cascade.quiz"]


def test_every_folder_of_the_package_is_a_lesson_with_questions() -> None:
    """But for those that say that they ask nothing."""
    inits = (ROOT / "marginlib" / "lessons").glob("*/__init__.py")
    folders = {path.parent.name for path in inits if "ASKS = False" not in path.read_text(encoding="utf-8")}
    assert "own_case" not in folders
    own = {name for name, found in shelf.LESSONS.items() if found.file.startswith("lessons/")}
    assert own == {path.stem for path in (ROOT / "data" / "lessons").glob("*.toml")}
    assert len(own) == len(folders)


def test_a_lesson_that_is_not_there_and_one_that_is_there_already() -> None:
    with pytest.raises(ValueError, match=r"there is no lesson '55'; known: 00, 01, 02, 03, 04, 05"):
        Lesson("55")
    with pytest.raises(
        ValueError, match=r"there is a lesson '05' already, in marginlib\.lessons\.loss_cascade; give this one another"
    ):
        Lesson.from_file("05.toml")


def test_two_folders_of_one_number_are_an_error_and_so_is_one_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for folder, text in (("a", 'NUMBER, TITLE = "90", "One"'), ("b", 'NUMBER, TITLE = "90", "Two"'), ("c", "")):
        (tmp_path / "shelved" / folder).mkdir(parents=True)
        (tmp_path / "shelved" / folder / "__init__.py").write_text(text, encoding="utf-8")
    (tmp_path / "shelved" / "__init__.py").touch()
    with pytest.raises(ValueError, match=r"shelved\.c: a lesson declares its NUMBER and TITLE in its __init__\.py"):
        shelf.Shelf().scan("shelved")
    shutil.rmtree(tmp_path / "shelved" / "c")
    with pytest.raises(ValueError, match=r"there is a lesson '90' already, in shelved\.a; give this one another name"):
        shelf.Shelf().scan("shelved")


@pytest.mark.parametrize(("lesson", "check"), [("05", "taken"), ("07", "level"), ("03", "after"), ("02", "holding")])
def test_a_question_replays_its_scenario_once_and_once_for_each_model_that_changes_it(
    lesson: str, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = Lesson(lesson).questions.check[check]
    fresh = copy.copy(question)
    for name in ("case", "wrong", "answer", "in_play", "_alone", "_paired"):
        fresh.__dict__.pop(name, None)
    wrong, replayed = question.wrong, []

    def counted(*args: object) -> Story:
        replayed.append(args[0])
        return replay(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(asking, "replay", counted)
    assert fresh.wrong == wrong
    assert fresh.solution()
    assert len(replayed) <= 1 + len(wrong)
    assert fresh.judge("0.123").sentence
    told = len(replayed)
    assert fresh.judge("0.234").sentence
    assert len(replayed) == told, "what rules bent come to is worked out once"

"""The guide for teachers is in step with what it speaks of: every question, wrong answer, picture, control and rule."""

import ast
import copy
import itertools
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

import marginlib.lessons.ledger
from marginlib import rules
from marginlib.classes.attempt import Attempt
from marginlib.classes.file import read_exercise
from marginlib.classes.items import Setting
from marginlib.classes.results import Line, table
from marginlib.cli import main
from marginlib.lessons import from_link
from marginlib.panels.controls import Choice, Control, Walk
from marginlib.quiz.lesson import questions
from marginlib.quiz.shelf import LESSONS
from tools import teaching
from tools.site.lessons import for_teachers

FOLDER = Path(__file__).resolve().parent.parent / "notebooks" / "teaching"
MASTER = teaching.master()
PARTS = {each["number"]: each for each in MASTER["lessons"]}
IDEAS = [(number, idea) for number, part in PARTS.items() for idea in part["ideas"]]
SHOWN = [(number, picture) for number, part in PARTS.items() for picture in part["project"]]
PICTURES = [picture for _, picture in SHOWN if picture["link"].startswith("#")]
PLACES = [(number, picture) for number, picture in SHOWN if not picture["link"].startswith("#")]


def cells(name: str) -> dict[str, str]:
    """The cells of a notebook that a teacher has, by their ids."""
    found = json.loads((FOLDER / name).read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in found}


@pytest.mark.parametrize("path", teaching.written(), ids=lambda path: path.name)
def test_what_is_written_is_in_step(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == teaching.written()[path], "run python tools/teaching.py"


def test_every_lesson_has_its_part() -> None:
    here = [path.name[:2] for path in FOLDER.parent.glob("0[0-8]_*.ipynb")]

    assert sorted(PARTS) == sorted(here)
    assert set(PARTS) <= set(LESSONS)
    assert {f"lesson-{number}" for number in PARTS} <= cells("guide.ipynb").keys()


@pytest.mark.parametrize(("number", "idea"), IDEAS, ids=lambda each: each if isinstance(each, str) else each["idea"])
def test_an_idea_is_caught_by_the_question_that_is_named(number: str, idea: dict[str, Any]) -> None:
    asked = teaching.question(number, idea["question"])
    for given in idea["wrong"]:
        verdict = teaching.heard(asked, given)
        assert not verdict.right
        assert verdict.mistake, "nobody would hear what is wrong with it"
        assert re.search(r"\b[RABC]\d+\b", verdict.sentence) or asked.kind == "one"


@pytest.mark.parametrize("number", PARTS)
def test_the_questions_for_class_and_for_home_are_all_that_the_lesson_has(number: str) -> None:
    known = [f"{part} {name}" for part in ("predict", "check") for name in getattr(questions(number), part)]
    part = PARTS[number]
    row = next(line for line in cells("guide.ipynb")["which"].splitlines() if line.startswith(f"| [{number}]"))

    assert set(part["class"]) <= set(known)
    for each in known:
        kind, _, name = each.partition(" ")
        if kind == "check" or each in part["class"]:
            assert row.count(f"*{name}*](../{teaching.lesson(number).file}#cell-id=") >= 1, each


def test_every_prediction_is_asked_in_the_room() -> None:
    for number, part in PARTS.items():
        assert [f"predict {name}" for name in questions(number).predict] == [
            each for each in part["class"] if each.startswith("predict")
        ]
        for name in questions(number).predict:
            (source,) = [
                text for cell, text in cells("in_the_room.ipynb").items() if cell == f"predict-{number}-{name}"
            ]
            assert f'Lesson("{number}").together(' in source
            assert f'"{name}")' in source


@pytest.mark.parametrize("picture", PICTURES, ids=lambda each: each["link"])
def test_a_link_opens_its_picture_and_what_is_said_of_it_is_there(picture: dict[str, str]) -> None:
    panel = from_link(picture["link"])
    controls: tuple[Control, ...] = panel.controls
    names = {control.label for control in controls}
    for control in controls:
        names |= set(control.options if isinstance(control, Choice) else ())
        names |= set(control.steps if isinstance(control, Walk) else ())
    named = re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", picture["watch"])

    assert set(named) <= names
    assert f"`{picture['link']}` “{panel.view(panel.values)['title']}.”" in "\n".join(cells("guide.ipynb").values())
    assert panel.link().startswith(picture["link"].partition("?")[0])


@pytest.mark.parametrize(("number", "picture"), PLACES)
def test_a_picture_without_a_link_is_named_by_its_cell_and_has_what_is_said_of_it(
    number: str, picture: dict[str, str]
) -> None:
    told = teaching.lesson(number)
    there = json.loads((FOLDER.parent / told.file).read_text(encoding="utf-8"))["cells"]
    sources = {cell["id"]: "".join(cell["source"]) for cell in there}
    ledger = Path(marginlib.lessons.ledger.__path__[0])
    written = "".join(path.read_text(encoding="utf-8") for path in sorted(ledger.glob("*.js")))

    assert "lesson.predict(" in sources[picture["link"]]
    for named in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", picture["watch"]):
        assert f'"{named}"' in written.replace("\\u2019", "'")
    assert f"[In the lesson](../{told.file}#cell-id={picture['link']})" in cells("guide.ipynb")[f"lesson-{number}"]


@pytest.mark.parametrize("number", PARTS)
def test_the_story_that_is_read_aloud_is_where_the_plan_says(number: str) -> None:
    there = json.loads((FOLDER.parent / teaching.lesson(number).file).read_text(encoding="utf-8"))["cells"]
    first, second = ("".join(cell["source"]) for cell in there[:2])

    if number == "00":
        assert "## A story" not in second
        assert len(re.findall(r"^\* ", first, re.MULTILINE)) == 3
        assert "lesson 00 has none, there it is the three points of its first cell" in cells("guide.ipynb")["plan-45"]
    else:
        assert second.startswith("## A story in four lines")


def test_an_exercise_fits_where_a_plan_puts_it() -> None:
    """What is to be copied for a lesson takes as long as the longer plan gives it; the shorter one says so."""
    minutes = read_exercise(FOLDER / "exercise_05.toml").minutes
    given = {plan["minutes"]: step for plan in MASTER["plans"] for step in plan["steps"] if "in pairs" in step["what"]}

    assert given[90]["minutes"] == minutes
    assert given[45]["minutes"] < minutes
    assert f"with them it has {minutes} minutes" in given[45]["how"]


def test_the_code_of_the_guide_runs_and_has_no_more_than_it_takes() -> None:
    codes = re.findall(r"```python\n(.*?)```", "".join(cells("guide.ipynb").values()), re.DOTALL)

    assert codes
    for code in codes:
        names = {
            alias.name for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        exec(code, {})
        assert names == {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


def test_all_that_is_set_in_a_link_is_another_value_than_the_start_or_said_on_purpose() -> None:
    """A link that changes nothing shows what the lesson shows anyway: its values would drift unseen."""
    for picture in PICTURES:
        panel = from_link(picture["link"])
        fresh = type(panel)()
        moved = [name for name in fresh.values if fresh.values[name] != panel.values[name]]
        assert moved or picture["link"].endswith(("?move=-25", "?move=25", "?move=-10", "?move=-20")), picture["link"]


@pytest.mark.parametrize("plan", MASTER["plans"], ids=lambda plan: str(plan["minutes"]))
def test_a_plan_takes_the_time_that_it_says(plan: dict[str, Any]) -> None:
    shown = cells("guide.ipynb")[f"plan-{plan['minutes']}"]
    times = [tuple(map(int, pair)) for pair in re.findall(r"^\| (\d+)–(\d+) \|", shown, re.MULTILINE)]

    assert times[0][0] == 0
    assert times[-1][1] == plan["minutes"]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(times))


def test_a_plan_that_takes_other_minutes_is_refused() -> None:
    plan = copy.deepcopy(MASTER["plans"][0])
    plan["steps"][0]["minutes"] += 1

    with pytest.raises(ValueError, match="the plan for 45 minutes takes 46"):
        teaching._plan(plan)


@pytest.mark.parametrize("number", PARTS)
def test_minutes_are_those_of_the_lesson(number: str) -> None:
    (path,) = FOLDER.parent.glob(f"{number}_*.ipynb")
    first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    (said,) = re.findall(r"\*\*Minutes:\*\* (\d+)", first)

    assert f"**Minutes alone:** {said}" in cells("guide.ipynb")[f"lesson-{number}"]
    assert f"| [{number}](#cell-id=lesson-{number}) | {said} |" in cells("guide.ipynb")["which"]


def test_the_minutes_of_all_lessons_add_up() -> None:
    each = [
        int(said) for said in re.findall(r"^\| \[0\d\]\S+ \| (\d+) \|", cells("guide.ipynb")["which"], re.MULTILINE)
    ]

    assert len(each) == len(PARTS)
    assert f"take {sum(each)} minutes" in cells("guide.ipynb")["which"]


def test_every_rule_that_is_named_exists() -> None:
    text = json.dumps(MASTER, default=str, ensure_ascii=False)
    named = set(re.findall(r"\b[RABC]\d{1,2}\b", text))

    assert named
    assert named <= set(rules())


@pytest.mark.parametrize("name", ["guide.ipynb", "key.ipynb", "in_the_room.ipynb"])
def test_every_link_leads_somewhere(name: str) -> None:
    for source in cells(name).values():
        for link in re.findall(r"\]\(([^)\s]+)\)", source):
            file, _, place = link.partition("#")
            target = (FOLDER / file).resolve() if file else FOLDER / name
            assert target.is_file(), link
            if place:
                there = json.loads(target.read_text(encoding="utf-8"))["cells"]
                assert place.removeprefix("cell-id=") in [cell["id"] for cell in there], link


def test_a_question_is_linked_to_the_cell_that_asks_it() -> None:
    for number in PARTS:
        told = teaching.lesson(number)
        there = json.loads((FOLDER.parent / told.file).read_text(encoding="utf-8"))["cells"]
        sources = {cell["id"]: "".join(cell["source"]) for cell in there}
        for name, cell in told.cells.items():
            part, _, key = name.partition(" ")
            assert f"lesson.{part}(" in sources[cell]
            assert f'"{key}"' in sources[cell] or key == next(iter(questions(number).predict))


def test_the_key_has_every_question_with_its_answer() -> None:
    for number in PARTS:
        shown = cells("key.ipynb")[f"lesson-{number}"]
        for part in ("predict", "check"):
            for name, asked in getattr(questions(number), part).items():
                assert f"*{name}*](" in shown
                assert asked.text in shown
                assert f"**{asked.shown_answer()}**" in shown


def test_an_unknown_question_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="lesson 05 has no question 'check nothing'; known: check order, check taken"):
        teaching.question("05", "check nothing")


EXAMPLES = [each["file"] for each in MASTER["exercises"]["files"]]


def test_an_exercise_of_each_mode_is_there_to_be_copied_and_no_other_lies_about() -> None:
    assert sorted(EXAMPLES) == sorted(path.name for path in FOLDER.glob("*.toml"))
    assert [read_exercise(FOLDER / name).mode for name in EXAMPLES] == ["learning", "exam"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_exercise_to_copy_can_be_used_by_a_class(name: str, tmp_path: Path) -> None:
    """Everybody's questions have an answer that is judged right, and the codes of those who gave it make the table."""
    path = shutil.copy(FOLDER / name, tmp_path / "week1.toml")
    found = read_exercise(path)
    students = [f"student-{number:02}" for number in range(1, 6)]
    attempts = {student: Attempt(found, student, clock=lambda: 0) for student in students}
    for attempt in attempts.values():
        for at, asked in enumerate(attempt.asked):
            attempt.go(at)
            if isinstance(asked, Setting):
                state = asked.found()
                assert state, "one control is enough"
                given: Any = asked.panel(**{**asked.item.start, **state}).link()
            else:
                given = asked.right[0] if asked.kind == "number" else list(asked.right)
            assert attempt.answer(at, given).right
    lines = [Line(at, student, attempt.hand_in()) for at, (student, attempt) in enumerate(attempts.items(), 2)]

    assert [row.result and row.result.right for row in table(found, lines).rows] == [len(found.items)] * len(students)
    texts = {student: [asked.text for asked in attempt.asked] for student, attempt in attempts.items()}
    assert len({*map(tuple, texts.values())}) == len(students), "each has numbers of one's own"
    assert all(len({*each}) == len(each) for each in texts.values()), "nobody is asked the same twice"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_guide_has_an_exercise_s_link_and_how_many_questions_it_has(name: str) -> None:
    found, shown = read_exercise(FOLDER / name), cells("guide.ipynb")["exercises"]
    (line,) = [line for line in shown.splitlines() if line.startswith(f"* [{name}]")]

    assert f"{len(found.items)} questions, {found.minutes} minutes" in line
    assert f"`{found.link()}`" in line


def test_the_guide_and_the_longer_plan_name_exercise_link_and_code() -> None:
    for cell in ("exercises", "plan-90"):
        shown = cells("guide.ipynb")[cell]
        assert "`exercise(" in shown
        assert all(word in shown for word in ("link", "code", "table", "#x1/"))


def test_each_command_of_the_guide_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands after `%run -m marginlib` is carried out, in the order in which it stands there."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(FOLDER / "exercise_05.toml", tmp_path)
    exercise = read_exercise("exercise_05.toml")
    (tmp_path / "codes.csv").write_text(f"Ada Example,{Attempt(exercise, 'Ada Example').hand_in()}\n", "utf-8")
    commands = re.findall(r"`%run -m marginlib ([^`]+)`", cells("guide.ipynb")["exercises"])

    for command in commands:
        given = command.replace("FILE", "exercise_05.toml").replace("ADDRESS", "https://example.org/w/")
        assert main(shlex.split(given)) == 0
    assert [command.split()[1] for command in commands] == ["check", "key", "link", "results"]
    assert f"https://example.org/w/exercise.html{exercise.link()}" in capsys.readouterr().out
    assert (tmp_path / "table.csv").is_file()
    assert (tmp_path / "class.svg").is_file()


@pytest.mark.parametrize("path", sorted(FOLDER.parent.rglob("[!.]*.ipynb")), ids=lambda path: path.stem)
def test_no_step_is_lost_on_a_page_where_no_cells_are_run(path: Path) -> None:
    """What is said of running cells is left out there, by the sentence: else a bare number stays."""
    for text in cells(str(path)).values():
        said = for_teachers(text, {})
        lost = [line for line in said.splitlines() if re.fullmatch(r"\s*(\d+\.|\*|-)\s*", line)]
        assert lost == [], said


def test_the_handout_has_every_rule() -> None:
    shown = teaching.handout()

    for rule in rules().values():
        assert f'<span class="id">{rule.id}</span>' in shown

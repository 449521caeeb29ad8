"""What is as it should be is read without the validation library: a page that has none can show every panel."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = """
import importlib, pkgutil, sys, types

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pydantic", "pydantic_core"):
            raise ImportError(f"{name} isn't here")

sys.meta_path.insert(0, Missing())
"""
# The rooms of the lessons are looked into one by one: what all of them together list may need more.
SHOWN = """
import marginlib
from marginlib.panels.live import Live

lessons = types.ModuleType("marginlib.lessons")
lessons.__path__ = [f"{marginlib.__path__[0]}/lessons"]
sys.modules["marginlib.lessons"] = lessons
shown = []
for found in pkgutil.iter_modules(lessons.__path__):
    lesson = importlib.import_module(f"marginlib.lessons.{found.name}")
    for part in pkgutil.iter_modules(lesson.__path__, f"{lesson.__name__}."):
        room = importlib.import_module(part.name)
        for name, kind in vars(room).items():
            if isinstance(kind, type) and issubclass(kind, Live) and kind.__module__ == room.__name__:
                kind().still()
                shown.append(name)
print(" ".join(shown))
"""
RULES = """
from marginlib import InvalidScenario, Scenario, paths, replay, rulebook, rules
print(len(rules()), rulebook().call_level, len(paths()) > 3)
try:
    Scenario.of({"balances": {"EUR": "x"}, "steps": [{"do": "wait"}]})
except InvalidScenario as error:
    print(error)
"""


LESSONS = """
from marginlib import InvalidRulebook, InvalidScenario, read_scenario
from marginlib.lessons import Lesson
from marginlib.quiz import drills, shelf

def right(question):
    return question.right if question.kind in ("several", "order") else question.right[0]

answered = 0
for number in shelf.LESSONS:
    lesson = Lesson(number)
    for name, question in lesson.questions.predict.items():
        predicted = lesson.predict(LIFE, name)
        predicted.card.help()
        assert predicted.card.still()[0]
        answered += predicted.card.answer(right(question)).right
    for name, question in lesson.questions.check.items():
        card = lesson.check(name)
        card.help()
        answered += card.answer(right(question)).right
    if number in drills.GENERATORS:
        drill = lesson.drill(3, 2)
        drill.answer(drill.question.right[0])
        drill.another()
        assert drill.question.text
print(answered, sum(len(Lesson(n).questions.predict) + len(Lesson(n).questions.check) for n in shelf.LESSONS))
(THERE / "broken.toml").write_text("[predict.a]\\nkind = 5")
try:
    Lesson.from_file(THERE / "broken.toml")
except InvalidRulebook as error:
    print(error)
try:
    read_scenario('{"steps": [{"do": "wait"}]}')
except InvalidScenario as error:
    print(error)
"""


def said(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", WITHOUT + code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_all_that_lessons_show_is_shown_without_the_validation_library() -> None:
    shown = said(SHOWN).split()

    assert len(shown) >= 13
    assert {"LossCascade", "ThroughTheCrash", "Life", "YourLedger"} <= set(shown)


def test_rules_and_paths_are_read_without_it_and_what_is_wrong_is_still_said() -> None:
    counted, sentence = said(RULES).splitlines()

    assert counted == "49 80 True"
    assert (
        sentence
        == "balances.EUR: expected an amount of 0 or more, got 'x'; steps[0].hours: missing; expected a number of hours"
    )


def test_good_data_does_not_load_it() -> None:
    code = """
import sys
from marginlib import Scenario, replay
replay(Scenario.of({"balances": {"EUR": "1"}, "steps": [{"do": "wait", "hours": 4}]}))
print("pydantic" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "False"


def test_lessons_are_asked_answered_and_drilled_without_it_and_what_is_wrong_is_still_said(tmp_path: Path) -> None:
    start = (
        f"from pathlib import Path\nfrom marginlib.lessons import Life\nLIFE, THERE = Life(), Path({str(tmp_path)!r})\n"
    )

    counted, broken, refused = said(start + LESSONS).splitlines()

    answered, there = counted.split()
    assert answered == there
    assert int(there) > 40
    assert broken.startswith(
        "broken.toml, line 2: predict.a.kind: expected 'one', 'several', 'number' or 'order', got 5"
    )
    assert refused == "steps[0].hours: missing; expected a number of hours"


def test_a_lesson_does_not_load_it() -> None:
    code = """
import sys
import marginlib.quiz
from marginlib.lessons import Lesson
Lesson("05").check("taken").answer("5")
Lesson("05").drill().answer("5")
print("pydantic" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "False"


def test_what_is_wrong_in_a_rule_file_is_a_sentence_without_it(tmp_path: Path) -> None:
    code = """
from pathlib import Path

import pytest
from marginlib import InvalidRulebook, load_rulebook
try:
    load_rulebook(Path(THERE))
except InvalidRulebook as error:
    print(error)
"""
    (tmp_path / "collateral.toml").write_text("order = 5\n", encoding="utf-8")

    told = said(code.replace("THERE", repr(str(tmp_path))))

    assert told == "collateral.toml: it isn't as it should be; to hear where and why: pip install pydantic\n"


@pytest.mark.parametrize("lacking", ["ipywidgets", "anywidget", "IPython"])
def test_without_the_labs_packages_panels_are_shown_still_and_a_widget_says_what_to_install(lacking: str) -> None:
    code = """
from marginlib.panels import LossCascade
from marginlib.lessons import Lesson, SettleForm
for shown in (LossCascade(), Lesson("05").check("taken"), Lesson("05").predict(LossCascade()), SettleForm()):
    print("Run the cell" in shown._repr_mimebundle_()[0]["text/html"])
    try:
        shown.widget
        print("made")
    except ImportError as error:
        print(error)
"""
    blocked = WITHOUT.replace('("pydantic", "pydantic_core")', repr((lacking,)))
    run = subprocess.run([sys.executable, "-c", blocked + code], cwd=ROOT, capture_output=True, text=True, check=True)

    told = run.stdout.splitlines()
    assert told[::2] == ["True"] * 4
    assert all(each.endswith("pip install 'marginlib[lab]'") for each in told[1::2]), told

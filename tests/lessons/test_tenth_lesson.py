"""A teacher adds a tenth lesson: a panel, a file of questions and a notebook in a folder of one's own; nothing else."""

import hashlib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]

PANEL = '''\
"""Lesson 10: what does waiting cost?"""

from decimal import Decimal
from typing import TypedDict

from marginlib import Scenario, money, replay
from marginlib.drawing.pieces import bars, figure, layout
from marginlib.drawing.screen import screen
from marginlib.panels.controls import Slider
from marginlib.panels.panel import Panel
from marginlib.quiz.drills import drill
from marginlib.quiz.mistakes import mistake


def held(hours, volume="1"):
    return {"balances": {"EUR": "20000"}, "prices": {"BTC/EUR": "50000"}, "fees": {"rollover": "0.0002"}, "steps": [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": volume, "leverage": 5},
        {"do": "wait", "hours": str(hours)}]}


class Waiting(Panel[TypedDict("Values", {"hours": Decimal})]):
    controls = (Slider("hours", "Held", "hours", 0, 240, 1, 24, "How long the position stays open."),)

    def view(self, values):
        paid = 20_000 - replay(Scenario.of(held(values["hours"]))).final.balance("EUR")
        drawn = figure([bars("fee", [0], [0], [float(paid)], 0.5)], layout({0: "Fees"}, (-1, 1), (0, 700), "EUR"))
        return screen(f"Waiting costs {money(paid, 'EUR')}", [drawn], ["A rollover falls due again and again (B6)."])


@mistake("You took the rate once. It falls due for every full {rollover_hours} hours (B6).")
def rate_once(case, ask):
    return case.story.final.positions[0].cost * case.scenario.fees.rollover


@drill("10")
def waiting(random, level):
    hours, volume = random.randrange(9, 90 * level), random.choice(["0.2", "0.5", "1"])
    return {"kind": "number", "text": f"{volume} BTC, bought at 50,000 EUR, are held for {hours} hours. The fees?",
            "ask": "fees:EUR", "unit": "EUR", "scenario": held(hours, volume),
            "mistakes": ["rate_once", "leverage_multiplies", "leverage_divides"]}
'''

QUESTIONS = """\
[scenarios]
day = '''{
  "balances": {"EUR": "20000"}, "prices": {"BTC/EUR": "50000"}, "fees": {"rollover": "0.0002"},
  "steps": [
    {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", "leverage": 5},
    {"do": "wait", "hours": 24}
  ]}'''

[predict.day]
kind = "one"
text = "You hold 1 BTC, bought on margin at 50,000 EUR, for a day; the rollover is 0.02 %. What does that cost?"
ask = "fees:EUR"
scenario = "day"
options = [
    { value = "10", text = "10 EUR: the rate, once", because = "It is due every {rollover_hours} hours (B6)." },
    { value = "{answer | plain}", text = "{answer} EUR: {24 / rollover_hours | words} rollovers" },
]

[check.day]
kind = "number"
text = "And in euros, to the cent?"
ask = "fees:EUR"
unit = "EUR"
scenario = "day"
mistakes = ["rate_once", "wrong_sign"]
explain = "{24 / rollover_hours | Words} times 10 EUR (B6)."
"""

CELLS = [
    """
from marginlib.lessons import Lesson
from waiting import Waiting

lesson = Lesson.from_file("10.toml")
predicted = lesson.predict(Waiting(hours=24))
predicted
""",
    """
predicted.card.answer("60")
print(predicted.panel.values["hours"], bool(predicted.panel.veil), predicted.card.verdict.sentence)
predicted.panel
""",
    """
card = lesson.check("day")
print(card.answer("10").sentence)
print(card.answer("60").sentence)
print(card.progress)
""",
    """
drill = lesson.drill(seed=3, level=2)
print(drill.question.text == lesson.drill(3, 2).question.text, drill.answer(drill.question.right[0]).right)
print(drill.answer(drill.question.wrong["rate_once"]).sentence)
""",
    """
import sys

assert Lesson("10").questions is lesson.questions is Lesson.from_file("10.toml").questions
print([name for name in sys.modules if name.startswith("marginlib.lessons.") and name.endswith(("quiz", "panel"))])
""",
]


def _printed(cell: nbformat.NotebookNode) -> list[str]:
    return "".join(each.text for each in cell.outputs if each.output_type == "stream").splitlines()


def _fingerprint() -> dict[Path, str]:
    files = [path for part in ("marginlib", "data", "notebooks") for path in (ROOT / part).rglob("*") if path.is_file()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if "__pycache__" not in path.parts}


def test_a_tenth_lesson_needs_a_panel_its_questions_and_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(PANEL.splitlines()) <= 40
    before = _fingerprint()
    (tmp_path / "waiting.py").write_text(PANEL, encoding="utf-8")
    (tmp_path / "10.toml").write_text(QUESTIONS, encoding="utf-8")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()) for source in CELLS])
    nbformat.write(made, tmp_path / "10_waiting.ipynb")

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(tmp_path / "10_waiting.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()

    shown, predicted, checked, drilled, loaded = notebook.cells
    assert "What does that cost?" in shown.outputs[-1].data["text/html"]
    assert "Waiting costs 60.00 EUR" not in shown.outputs[-1].data["text/html"], "covered until it is answered"
    assert "Waiting costs 60.00 EUR" in predicted.outputs[-1].data["text/html"]
    assert _printed(predicted) == [
        "24 False Yes: 60 EUR: six rollovers. The rollover fee takes 60.00 EUR in all (B6, R21, A4)."
    ]
    assert _printed(checked) == [
        "You took the rate once. It falls due for every full 4 hours (B6). Or: You counted one rollover a day (B6). "
        "Or: You took the rollover once (B6, R21). You: 10.00 EUR; by the rule: 60.00 EUR.",
        "Yes: 60.00 EUR. Six times 10 EUR (B6).",
        "Right so far in this lesson: 1 of 1.",
    ]
    right, told = _printed(drilled)
    assert right == "True True"
    assert told.startswith("You took the rate once. It falls due for every full 4 hours (B6).")
    assert _printed(loaded) == ["[]"], "no other lesson is loaded"
    assert _fingerprint() == before, "nothing that was there is touched"

"""Writes what a teacher needs into `notebooks/teaching/`: the guide, the answer key, and the handout of the rules.

python tools/teaching.py

What is said once elsewhere is taken from there: minutes and goals from the lessons, questions and what their wrong
answers hear from `data/lessons/`, rules from `data/rules.toml`. What only a teacher needs lies in `data/teaching.toml`.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from marginlib.classes.file import read_exercise
from marginlib.lessons import from_link
from marginlib.quiz.lesson import questions
from marginlib.quiz.mistakes import MISTAKES
from marginlib.quiz.question import Question, Verdict
from marginlib.quiz.shelf import LESSONS
from marginlib.reading.files import TEXT, Entries, Items, Whole, Words, data_folder, read_data
from marginlib.reading.rulebooks import Rule, rules

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
FOLDER = NOTEBOOKS / "teaching"
_QUESTION = Words(pattern="^(predict|check) [a-z_]+$", what="a question, such as 'check free'")
_STEP = Entries(minutes=Whole(1, 90), what=TEXT, how=TEXT)
_IDEA = Entries(idea=TEXT, question=_QUESTION, wrong=Items(TEXT, 1))
_LESSON = Entries(
    **{
        "number": TEXT,
        "purpose": TEXT,
        "class": Items(_QUESTION, 1),
        "ideas": Items(_IDEA, 1),
        "discuss": Items(Entries(ask=TEXT, good=TEXT), 1),
        "project": Items(Entries(link=TEXT, watch=TEXT), 1),
    }  # type: ignore[arg-type]  # one of them is a word of Python
)
_FORM = Entries(
    first=Entries(steps=Items(TEXT, 1), needs=TEXT, say=Items(TEXT, 1), beside=TEXT),
    exercises=Entries(about=TEXT, files=Items(Entries(file=TEXT, what=TEXT), 1), steps=Items(TEXT, 1), terminal=TEXT),
    plans=Items(Entries(minutes=Whole(1, 240), title=TEXT, steps=Items(_STEP, 1)), 1),
    lessons=Items(_LESSON, 1),
)


@dataclass(frozen=True)
class Told:
    """What the notebook of a lesson says of itself, and where its questions stand."""

    file: str
    title: str
    minutes: str
    cells: dict[str, str]
    """The cell of each question, by its name."""

    @property
    def whole(self) -> int:
        """Minutes in all."""
        return int(re.match(r"\d+", self.minutes)[0])  # type: ignore[index]  # each lesson says them


def master() -> dict[str, Any]:
    """What `data/teaching.toml` says.

    Raises:
        InvalidRulebook: it isn't as it should be; names the line and the reason.
    """
    return read_data(data_folder(), "teaching.toml", _FORM)


def lesson(number: str) -> Told:
    """What the notebook of a lesson says of itself."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    about = "".join(cells[0]["source"])
    minutes = re.search(r"\*\*Minutes:\*\* (\d+[^.]*)", about)
    title = re.search(r"^# (?:\d\d · )?(.+)$", about, re.MULTILINE)
    if not (minutes and title):
        raise ValueError(f"{path.name}: its first cell says no title, or no minutes")
    found = {}
    predicted = iter(questions(number).predict)
    for cell in cells:
        source = "".join(cell["source"])
        said = re.search(r"lesson\.(predict|check)\((?:.*\"(\w+)\")?", source) if cell["cell_type"] == "code" else None
        if said:
            name = said[2] or next(predicted)
            found[f"{said[1]} {name}"] = cell["id"]
    return Told(path.name, title[1], minutes[1], found)


def question(number: str, name: str) -> Question:
    """A lesson's question by its name, such as ``check free``.

    Raises:
        ValueError: there is none; lists those that there are.
    """
    part, _, key = name.partition(" ")
    known = getattr(questions(number), part)
    if key not in known:
        raise ValueError(f"lesson {number} has no question '{name}'; known: {', '.join(f'{part} {k}' for k in known)}")
    found: Question = known[key]
    return found


def heard(asked: Question, given: str) -> Verdict:
    """What becomes of an answer, written as in the file: several values have commas between them."""
    return asked.judge(given.split(", ") if asked.kind in ("several", "order") else given)


def _named(number: str, name: str, told: Told) -> str:
    """A question as a link to where it is asked."""
    part, _, key = name.partition(" ")
    known = list(getattr(questions(number), part))
    which = f"Check {known.index(key) + 1}, *{key}*" if part == "check" else f"Prediction *{key}*"
    return f"[{which}](../{told.file}#cell-id={told.cells[name]})"


def _shown(asked: Question, given: str) -> str:
    """A wrong answer as it stands on the card."""
    texts = {option.value: option.text for option in asked.options}
    if asked.kind in ("several", "order"):
        return "; ".join(texts.get(each, each) for each in given.split(", "))
    return texts.get(given) or asked.shown(asked.read(given))


def _cell(text: str) -> str:
    """Text in a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _table(heads: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _ruled(text: str) -> str:
    """Text in which each rule's id leads to the rule; others are left as they are."""
    known = rules()

    def linked(found: re.Match[str]) -> str:
        return f"[{found[0]}](../rules.ipynb#cell-id={found[0]})" if found[0] in known else found[0]

    return re.sub(r"\b[RABC]\d{1,2}\b", linked, text)


def title_shown(link: str) -> str:
    """What a panel says in the state of a link."""
    panel = from_link(link)
    return str(panel.view(panel.values)["title"])


def guide() -> list[tuple[str, str]]:
    """The guide's cells: a name and Markdown each."""
    said = master()
    told = {each["number"]: lesson(each["number"]) for each in said["lessons"]}
    cells = [("intro", _intro(said, told)), *((f"plan-{plan['minutes']}", _plan(plan)) for plan in said["plans"])]
    cells += [("which", _which(said, told)), ("exercises", _exercises(said["exercises"]))]
    return [*cells, *((f"lesson-{each['number']}", _lesson(each, told[each["number"]])) for each in said["lessons"])]


def _intro(said: dict[str, Any], told: dict[str, Told]) -> str:
    first = said["first"]
    steps = "\n".join(f"{at}. {step}" for at, step in enumerate(first["steps"], 1))
    say = "\n".join(f"* {line}" for line in first["say"])
    parts = " · ".join(f"[{number}](#cell-id=lesson-{number})" for number in told)
    lengths = [plan["minutes"] for plan in said["plans"]]
    plans = " · ".join(f"[{minutes} minutes](#cell-id=plan-{minutes})" for minutes in lengths)
    return f"""# For teachers

The lessons for a class of any size, with a projector: what each is for, what will go wrong, and what to do with it.

**Lessons:** {parts}. **Plans:** {plans}.
**A class's answers:** [an exercise, its link, and the table](#cell-id=exercises).
**Beside this guide:** [in the room](in_the_room.ipynb), [answer key](key.ipynb),
[handout of the rules](handout.html), [start page](../00_start_here.ipynb).

## What you do first

{steps}

{first["needs"]}

## What to say, and what not

{say}

## The picture on the projector

Each lesson below lists pictures by their links. On the site a link opens the lesson with the picture in that state. In
JupyterLab, put it in a cell of a notebook, in quotes:

```python
from marginlib.lessons import from_link

from_link("#v1/LossCascade?move=-25")
```

*Large*, above the picture, fills the window; Esc leaves. *Start again* goes to the lesson's own start. *Copy link*
gives the link of whatever you have set yourself."""


def _plan(plan: dict[str, Any]) -> str:
    total, rows = 0, []
    for step in plan["steps"]:
        rows.append((f"{total}–{total + step['minutes']}", step["what"], step["how"]))
        total += step["minutes"]
    if total != plan["minutes"]:
        raise ValueError(f"the plan for {plan['minutes']} minutes takes {total}")
    table = _table(["minute", "what", "how"], iter(rows))
    return f"## {plan['minutes']} minutes: {plan['title'].lower()}\n\n{table}"


def _which(said: dict[str, Any], told: dict[str, Told]) -> str:
    rows = []
    for each in said["lessons"]:
        number, there = each["number"], told[each["number"]]
        used = {name: name.partition(" ") for name in each["class"]}
        at_home = [f"check {name}" for name in questions(number).check if f"check {name}" not in used]
        asked = [", ".join(_named(number, name, there) for name in used if name.startswith(part))
                 for part in ("predict", "check")]  # fmt: skip
        home = ", ".join(_named(number, name, there) for name in at_home) or "the drill of lesson 01, level 1"
        rows.append((f"[{number}](#cell-id=lesson-{number})", f"{there.whole}", *asked, home))
    heads = ["lesson", "minutes alone", "predict together", "checks for class", "checks for home"]
    total = sum(each.whole for each in told.values())
    return f"""## Which questions, in which lesson

{_table(heads, iter(rows))}

Alone, all lessons take {total} minutes. In a class each takes 45 or 90, by the plans above; lessons 03 and 04 go well
together in 90, and so do 05 and 06.

{said["first"]["beside"]}"""


def _exercises(said: dict[str, Any]) -> str:
    """How an exercise is made, handed out, and read; with those that are there to be copied."""
    steps = "\n".join(f"{at}. {step}" for at, step in enumerate(said["steps"], 1))
    files = "\n".join(f"* {_copied(each['file'], each['what'])}" for each in said["files"])
    return f"""## An exercise, its link, and the class's table

{said["about"]}

**To copy:**

{files}

{steps}

{said["terminal"]}"""


def _copied(name: str, what: str) -> str:
    """An exercise that is there to be copied, with its link."""
    found = read_exercise(FOLDER / name)
    many, minutes = len(found.items), f", {found.minutes} minutes" if found.minutes else ""
    return f"[{name}]({name}): {what}. {many} questions{minutes}. As students see it: `{found.link()}`"


def _lesson(each: dict[str, Any], told: Told) -> str:
    number = each["number"]
    talk = "\n".join(f"* **{one['ask']}** {_ruled(one['good'])}" for one in each["discuss"])
    show = "\n".join(f"{at}. {_pictured(one, told)}" for at, one in enumerate(each["project"], 1))
    return f"""## {number} · {told.title}

[Open the lesson](../{told.file}), or [put its predictions to the room](in_the_room.ipynb#cell-id=lesson-{number}).
**Minutes alone:** {told.minutes}. **For:** {each["purpose"]}

### Ideas to expect, and the question that catches each

{_table(["what students think", "caught by", "their answer", "what they hear"], _ideas(number, each["ideas"], told))}

### To talk about, with what a good answer says

{talk}

### To project

{show}"""


def _pictured(one: dict[str, Any], told: Told) -> str:
    """A picture to project: its link, what it says, and what to do with it. Some stand in the lesson alone."""
    if not one["link"].startswith("#"):
        return f"[In the lesson](../{told.file}#cell-id={one['link']}). {one['watch']}"
    return f"`{one['link']}` “{title_shown(one['link'])}.” {one['watch']}"


def _ideas(number: str, ideas: Sequence[dict[str, Any]], told: Told) -> Iterator[Sequence[str]]:
    for idea in ideas:
        asked = question(number, idea["question"])
        where = _named(number, idea["question"], told)
        for at, given in enumerate(idea["wrong"]):
            verdict = heard(asked, given)
            if verdict.right or verdict.mistake is None:
                what = "right" if verdict.right else "not recognised"
                raise ValueError(f"lesson {number}, {idea['question']}: {given} is {what}")
            yield ("" if at else idea["idea"], "" if at else where, _shown(asked, given), _ruled(verdict.sentence))


def key() -> list[tuple[str, str]]:
    """The answer key's cells: every question, its answer and the way there, and what wrong answers come from."""
    cells = [
        (
            "intro",
            """# The answer key

Every prediction and check of the lessons: what is right, the way there, and what stands behind the wrong answers that
the workbook recognises. It holds nothing that a student couldn't find by trying, but don't hand it out.
Back to the [guide](guide.ipynb).""",
        )
    ]
    for each in master()["lessons"]:
        number, told = each["number"], lesson(each["number"])
        parts = [f"## {number} · {told.title}"]
        for part in ("predict", "check"):
            for name, asked in getattr(questions(number), part).items():
                parts.append(_answered(asked, _named(number, f"{part} {name}", told)))
        cells.append((f"lesson-{number}", "\n\n".join(parts)))
    return cells


def _answered(asked: Question, named: str) -> str:
    way = "".join(f"\n{at}. {_ruled(step)}" for at, step in enumerate(asked.solution(), 1))
    parts = [f"### {named}\n\n{asked.text}", f"**{asked.shown_answer()}** {_ruled(asked.explain)}".strip()]
    if way:
        parts.append(f"The way:\n{way}")
    if wrong := list(_wrong(asked)):
        parts.append(_table(["wrong answer", "what stands behind it"], iter(wrong)))
    return "\n\n".join(parts)


def _wrong(asked: Question) -> Iterator[Sequence[str]]:
    for option in asked.options:
        if option.because and (asked.kind == "order" or option.value not in asked.right):
            yield option.text, _ruled(option.because)
    for name, value in asked.wrong.items():
        yield _amount(asked, value), _ruled(MISTAKES[name].told(asked.case, asked.ask))


def _amount(asked: Question, value: Decimal) -> str:
    return asked.shown(value)


HANDOUT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The rules on a page</title>
<link rel="icon" href="data:,">
<style>
@page {{ size: A4; margin: 9mm 10mm; }}
:root {{ color-scheme: light; }}
body {{ margin: 0 auto; padding: 4mm; max-width: 190mm; color: #000; background: #fff;
  font: 7.75pt/1.23 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }}
h1 {{ font-size: 13pt; margin: 0 0 1mm; }}
h2 {{ font-size: 9.2pt; margin: 1.2mm 0 .6mm; border-bottom: .3mm solid #000; break-after: avoid; }}
p {{ margin: 0 0 .75mm; }}
.all {{ columns: 3; column-gap: 5mm; column-rule: .2mm solid #999; text-align: left; hyphens: auto; }}
.all p {{ break-inside: avoid; }}
b {{ white-space: normal; }}
.id {{ display: inline-block; min-width: 1.9em; font-weight: 700; }}
.note {{ font-size: 7.6pt; margin: 0 0 1.5mm; }}
@media print {{ body {{ padding: 0; max-width: none; }} .screen {{ display: none; }} }}
@media screen and (max-width: 700px) {{ .all {{ columns: 1; }} body {{ font-size: 11pt; }} }}
@media screen and (min-width: 701px) {{ body {{ font-size: 9pt; max-width: 240mm; }} }}
</style>
</head>
<body>
<h1>Spot positions on margin: the rules on a page</h1>
<p class="note">As Kraken Pro's public pages tell them, in our words, read on {date}; not affiliated, and not advice. On
margin you can lose more than you put up. The Margin Workbook.
<span class="screen">Print it on one sheet of A4. <a href="guide.ipynb">Guide for teachers</a></span></p>
<div class="all">
{rules}
</div>
</body>
</html>
"""
_GROUPS = {
    "R": "Opening and ending",
    "B": "Margin",
    "A": "What the sources leave open, and the workbook assumes",
    "C": "Where the sources disagree",
}
_TITLES_ONLY = "AC"


def handout() -> str:
    """The rules as a page to print."""
    every, parts = rules(), []
    for letter, name in _GROUPS.items():
        group = [rule for rule in every.values() if rule.id.startswith(letter)]
        parts.append(f"<h2>{html.escape(name)}</h2>")
        if letter in _TITLES_ONLY:
            parts += [f"<p>{_head(rule, 'span')}</p>" for rule in group]
        else:
            parts += [f"<p>{_head(rule)} {html.escape(rule.text)}</p>" for rule in group]
    return HANDOUT.format(rules="\n".join(parts), date=rules_read())


def _head(rule: Rule, tag: str = "b") -> str:
    title = html.escape(rule.title)
    return f'<span class="id">{rule.id}</span> <{tag}>{title}{"" if title[-1] in "?.!" else "."}</{tag}>'


def rules_read() -> str:
    """The day on which the rules were read."""
    said = re.search(r'^date = "([^"]+)"', (data_folder() / "rules.toml").read_text(encoding="utf-8"), re.MULTILINE)
    return said[1] if said else ""


def notebook(cells: Sequence[tuple[str, str]]) -> str:
    """Cells of Markdown as a notebook file."""
    made = [
        {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.strip().splitlines(keepends=True)}
        for name, text in cells
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole: dict[str, Any] = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def written() -> dict[Path, str]:
    """What the tool writes: each file with its text."""
    for each in LESSONS:
        LESSONS.find(each).load()
    return {
        FOLDER / "guide.ipynb": notebook(guide()),
        FOLDER / "key.ipynb": notebook(key()),
        FOLDER / "handout.html": handout(),
    }


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")

"""How a class's table, and a key to an exercise, look on a terminal; and the picture of a class."""

from collections.abc import Mapping, Sequence
from typing import Any

from marginlib.classes.file import Exercise
from marginlib.classes.items import State
from marginlib.classes.keys import Answered
from marginlib.classes.results import CAVEAT, Table, Tally
from marginlib.drawing.still import svg
from marginlib.telling.terminal import clean, heading, paged, said, section, tabulated

_MOST_NAME, _FEW = 24, 12
_SHARES = (
    ("at_once", "■", "right at first", "role:profit", ""),
    ("later", "▨", "right later", "role:profit", "/"),
    ("wrong", "■", "wrong", "role:loss", ""),
    ("open", "□", "no answer", "role:market", "."),
)


def show_exercise(exercise: Exercise, link: str) -> None:
    """Print what an exercise asks, and the link that it is packed in."""
    with paged() as page:
        heading(page, exercise.title)
        many = len(exercise.items)
        way = "" if exercise.back or not exercise.exam else ", no way back"
        minutes = f", {exercise.minutes} minutes" if exercise.minutes else ""
        said(
            page,
            f"{many} question{'' if many == 1 else 's'}, {exercise.mode} mode{way}{minutes}, seed {exercise.seed}.",
            2,
        )
        for number, item in enumerate(exercise.items, 1):
            said(page, item.what, 2, f"{number:>2}  ")
            for asked in item.settings() if isinstance(item, State) else ():
                said(page, asked.shown_answer(), 6, "goal: ")
        said(page, f"As a link it has {len(link):,} characters: `marginlib exercise link` prints it.", 2)


def show_keys(exercise: Exercise, keys: Mapping[str, Sequence[Answered]]) -> None:
    """Print anyone's questions and answers."""
    with paged() as page:
        heading(page, f"{exercise.title}: the key")
        for student, answers in keys.items():
            page.print()
            heading(page, clean(student) or "Without a name")
            for each in answers:
                page.print()
                said(page, clean(each.text), 2, f"{each.number:>2}  ")
                for option in each.options:
                    said(page, clean(option), 8, "- ")
                said(page, f"Answer: {clean(each.answer)}", 6, style="bold")


def show_table(table: Table) -> None:
    """Print a class's table: by student, then by question, then what is to be said of some lines."""
    many, counted = len(table.exercise.items), table.counted
    with paged() as page:
        heading(page, f"{table.exercise.title}: the class")
        said(page, f"{len(counted)} of {len(table.rows)} lines count; {many} questions.", 2)
        page.print()
        if counted:
            rows = []
            for row in counted:
                assert row.result is not None
                items = row.result.items
                tries = sum(each.tries for each in items)
                wrong = " ".join(str(at + 1) for at, each in enumerate(items) if each.tries and not table.at_once(each))
                at_once = sum(map(table.at_once, items))
                name = row.student if len(row.student) <= _MOST_NAME else f"{row.student[: _MOST_NAME - 1]}…"
                rows.append(
                    (name, wrong, f"{row.result.right}/{many}", str(at_once), str(tries), str(row.result.minutes))
                )
            tabulated(
                page,
                (
                    "Student",
                    "Not right" if table.exercise.exam else "Not at first",
                    "Right",
                    "At first",
                    "Tries",
                    "Min.",
                ),
                rows,
                left=2,
            )
            section(page, "Mistakes by student", [])
            for row in counted:
                found = table.mistakes(row)
                if found:
                    told = "; ".join(f"{name.replace('_', ' ')} ({number})" for number, name in found)
                    said(page, f"{row.student}: {told}.", 2)
            tallies = table.questions()
            section(page, "By question", [])
            columns = ("No.", "What", "At first", "Later", "Wrong", "Open", "Tries")
            tabulated(page, columns, [_counts(each) for each in tallies], left=2)
            _most_missed(page, tallies)
        if named := table.named:
            section(page, "To look at", [f"Line {row.line}, {row.student or 'no name'}: {row.note}." for row in named])
        page.print()
        said(page, CAVEAT, 2)


def _counts(each: Tally) -> tuple[str, ...]:
    numbers = (each.at_once, each.later, each.wrong, each.open, each.tries)
    return (str(each.number), each.what, *map(str, numbers))


def _most_missed(page: Any, tallies: Sequence[Tally]) -> None:
    missed = sorted((each for each in tallies if each.missed), key=lambda each: (-each.missed, each.number))
    if not missed:
        return
    section(page, "Most got wrong", [])
    for each in missed[:5]:
        said(
            page,
            f"{each.missed} of {each.at_once + each.missed + each.open}: {clean(each.text)}",
            2,
            f"{each.number:>2}  ",
        )
        for idea in each.ideas[:3]:
            said(page, f"{clean(idea.words)}", 8, f"{idea.count} × ")


def picture(table: Table) -> str:
    """The class by question, as SVG: how many were right at once, later, wrong, or didn't answer."""
    tallies, many = table.questions(), max(len(table.counted), 1)
    data: list[dict[str, Any]] = []
    below = [0] * len(tallies)
    places = list(range(1, len(tallies) + 1))
    for name, _, _, colour, shape in _SHARES:
        counts = [getattr(each, name) for each in tallies]
        marker: dict[str, Any] = {"color": colour}
        if shape:
            marker["pattern"] = {"shape": shape, "fgcolor": colour}
        data.append({"type": "bar", "x": places, "y": counts, "base": list(below), "width": 0.7, "marker": marker})
        below = [under + count for under, count in zip(below, counts, strict=True)]
    named = "No. " if len(places) <= _FEW else ""
    high = many * 1.25
    told = (f"<span style='color:{colour}'>{sign}</span> {words}" for _, sign, words, colour, _ in _SHARES)
    legend = "   ".join(told)
    width = len(tallies) + 0.5
    data.append(
        {
            "type": "scatter", "mode": "text", "x": [0.5], "y": [high * 0.97], "text": [legend],
            "textposition": ["bottom right"], "textfont": {"size": 14, "color": "role:ink"},
        }
    )  # fmt: skip
    layout = {
        "height": 360,
        "xaxis": {"range": [0.5, width], "tickvals": places, "ticktext": [f"{named}{each}" for each in places]},
        "yaxis": {"range": [0, high]},
    }
    return svg({"data": data, "layout": layout})

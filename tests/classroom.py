"""A class of 30 of whom each does something else, and the sheets they do it on, driven as a browser drives them."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from exercising import WEEK

from marginlib.classes import sheet as sheets
from marginlib.classes.file import Exercise
from marginlib.classes.items import Asked, Setting
from marginlib.classes.sheet import Sheet, exercise, opened
from marginlib.cli import main
from marginlib.engine.amounts import plain
from marginlib.pages.room import Room
from marginlib.panels.controls import text
from marginlib.panels.live import Live
from marginlib.quiz.question import Question
from marginlib.telling.on_page import written

CLASS = [f"student-{number:02}" for number in range(1, 31)]
WHOLE = f"""{WEEK}
[[item]]
lesson = "02"
check = "stop"

[[item]]
lesson = "05"
check = "order"

[[item]]
lesson = "06"
check = "late"
"""
"""The exercise with an item of each kind, those with options too."""
CHOSEN: dict[str, dict[tuple[str, ...], str]] = {
    "one": {
        ("sell",): "stop_of_the_other_side",
        ("buy sell",): "buy sell",
        ("",): "ran_past_the_stop",
    },
    "order": {
        ("USD", "EUR", "BTC", "ADA"): "by_the_list_alone",
        ("ADA", "USD", "EUR", "BTC"): "quote_last",
        ("BTC", "USD", "EUR", "ADA"): "base_by_the_list",
        ("ADA", "EUR", "USD", "BTC"): "quote_last",
    },
    "several": {
        ("buy",): "buy",
        ("deposit", "settle"): "settle",
        ("close", "deposit", "settle"): "settled_without_the_means",
        ("buy", "close", "deposit"): "buy",
    },
}
"""Wrong answers to what has options, and what is recognised in each."""
WAYS = ("right", "later", "helped", "wrong", "twice", "unknown", "missing")


@dataclass
class Did:
    """What a student does on an item: the answers in order, and the mistake behind each; whether help is asked."""

    way: str
    given: list[Any]
    mistakes: list[str]
    helped: bool = False

    def cell(self, exam: bool) -> str:
        """What the class's table is to say of it. In an exam there is no help, and the last answer alone counts."""
        if not self.given:
            return "not answered"
        tries = f"{len(self.given)} tries" if len(self.given) > 1 else ""
        right = self.way in ("right", "later", "helped")
        named = ([] if right else self.mistakes[-1:]) if exam else self.mistakes
        helped = "with help" if self.helped and not exam else ""
        beside = ", ".join(filter(None, [tries, helped, *(name.replace("_", " ") for name in named)]))
        return ("right" if right else "wrong") + (f" ({beside})" if beside else "")


def wrong(asked: Asked) -> list[tuple[Any, str]]:
    """The wrong answers of an item in each of which another mistake is seen."""
    if not isinstance(asked, Question):
        return []
    if asked.kind != "number":
        return [(list(given), name) for given, name in CHOSEN[asked.kind].items()]
    found: dict[str, str] = {}
    for name, value in asked.wrong.items():
        found.setdefault(plain(value), name)
    return list(found.items())


def right(asked: Asked) -> Any:
    """The right answer; of a panel the values that it is to have."""
    if isinstance(asked, Setting):
        return asked.found() or {}
    return asked.right[0] if asked.kind == "number" else list(asked.right)


def plans(exercise: Exercise, students: Sequence[str] = CLASS) -> dict[str, list[Did]]:
    """What each student does: each way on each item, and each mistake of it in turn."""
    made: dict[str, list[Did]] = {}
    turns = [0] * len(exercise.items)
    for number, student in enumerate(students, 1):
        made[student] = []
        for at, asked in enumerate(exercise.asked(student)):
            way = WAYS[(number + at) % len(WAYS)]
            given: list[Any] = []
            names: list[str] = []
            for _ in range({"later": 1, "wrong": 1, "twice": 2}.get(way, 0)):
                if not (known := wrong(asked)):
                    given.append({})
                    continue
                said, name = known[turns[at] % len(known)]
                turns[at] += 1
                given.append(said)
                names += [name] if name not in names else []
            if way == "unknown":
                unknown = {"number": "987654.321", "one": ["buy sell"], "several": ["close"]}
                order = ["USD", "EUR", "ADA", "BTC"]
                given.append(order if asked.kind == "order" else unknown.get(asked.kind, {}))
                names += ["buy sell"] if asked.kind == "one" else []
            if way in ("right", "later", "helped"):
                given.append(right(asked))
            made[student].append(Did(way, given, names, helped=way == "helped"))
    return made


class Screen(Protocol):
    """A sheet as a browser has it: what is shown, and what is told."""

    sheet: Sheet

    def shown(self, live: Live) -> dict[str, Any]:
        """The state as the browser has it."""

    def tell(self, live: Live, message: dict[str, Any]) -> None:
        """Send a message."""

    def put(self, live: Live, parts: dict[str, Any]) -> None:
        """Change parts of the state."""


class InNotebook:
    """The widgets that a notebook's cell shows, told by the messages of the notebook's protocol."""

    def __init__(self, source: str) -> None:
        sheets.forget()  # each has a kernel of one's own
        self.sheet = exercise(source)
        self.sheet.widget  # noqa: B018  the cell shows it
        places = self.shown(self.sheet)["_sheet"]["places"]
        for name, live in (("card", self.sheet.card), *((str(at), each) for at, each in self.sheet.panels.items())):
            assert places[name] == live.widget.model_id

    def shown(self, live: Live) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(json.dumps({name: getattr(live.widget, name) for name in live.state()}))
        return state

    def _send(self, live: Live, data: dict[str, Any]) -> None:
        live.widget._handle_msg({"content": {"data": json.loads(json.dumps(data))}, "buffers": []})

    def tell(self, live: Live, message: dict[str, Any]) -> None:
        self._send(live, {"method": "custom", "content": message})

    def put(self, live: Live, parts: dict[str, Any]) -> None:
        self._send(live, {"method": "update", "state": parts, "buffer_paths": []})


class OnPage:
    """What a page mirrors, and its worker's room, told by the texts that pass between them."""

    def __init__(self, link: str) -> None:
        sheets.forget()
        self._states: dict[str, dict[str, Any]] = {}
        self.room = Room(self._hear)
        self.room.run("exercise", f"from marginlib.classes.sheet import opened\nopened({link!r})")
        (self.sheet,) = (live for live in self.room.live.values() if isinstance(live, Sheet))
        assert opened(link) is self.sheet

    def _hear(self, posted: str) -> None:
        told = json.loads(posted)
        self._states.setdefault(told["slot"], {}).update(told.get("state", {}))

    def _slot(self, live: Live) -> str:
        return next(name for name, each in self.room.live.items() if each is live)

    def shown(self, live: Live) -> dict[str, Any]:
        return self._states[self._slot(live)]

    def tell(self, live: Live, message: dict[str, Any]) -> None:
        self.room.receive(json.dumps({"slot": self._slot(live), "message": message}))

    def put(self, live: Live, parts: dict[str, Any]) -> None:
        self.room.receive(json.dumps({"slot": self._slot(live), "set": parts}))


def play(screen: Screen, exercise: Exercise, student: str, did: Sequence[Did]) -> str:
    """Have a student do it by messages; returns the code that is shown at the end."""
    sheet, ticket = screen.sheet, iter(range(1, 1_000))

    def tell(live: Live, **message: Any) -> None:
        screen.tell(live, {**message, "ticket": f"view:{next(ticket)}"})

    tell(sheet, kind="begin", student=student)
    for at, (asked, each) in enumerate(zip(exercise.asked(student), did, strict=True)):
        tell(sheet, kind="go", to=at)
        card = screen.shown(sheet.card)["_card"]
        assert card["text"] == written(asked.text), "everyone has the questions that the key says"
        if each.helped:
            tell(sheet.card, kind="hint")
        for given in each.given:
            if isinstance(asked, Setting):
                panel = sheet.panels[at]
                start = {**screen.shown(panel)["values"], **_texts(asked.item.start)}
                screen.put(panel, {"values": {**start, **_texts(given)}})
                tell(sheet.card, kind="answer", given=panel.link())
            else:
                tell(sheet.card, kind="answer", given=given[0] if asked.kind == "one" else given)
            card = screen.shown(sheet.card)["_card"]
            if exercise.exam:
                assert card["verdict"] is None
                assert card["note"].startswith("Your answer is kept")
            else:
                assert card["verdict"]["right"] is (given == right(asked))
    tell(sheet, kind="hand in")
    code: str = screen.shown(sheet)["_sheet"]["code"]
    return code


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: text(value) for name, value in values.items()}


def tabled(folder: Path, file: Path, codes: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The class's table as the command writes it, by its headings."""
    listed, out = folder / "codes.csv", folder / "table.csv"
    with listed.open("w", newline="", encoding="utf-8") as made:
        csv.writer(made).writerows([("name", "code"), *codes.items()])
    assert main(["exercise", "results", str(file), str(listed), "--csv", str(out)]) == 0
    yield from csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig")))


def expected(exercise: Exercise, student: str, did: Sequence[Did]) -> dict[str, str]:
    """The table's line of a student: score, tries, mistakes by their names, and what is missing."""
    right_in_the_end = sum(each.way in ("right", "later", "helped") for each in did)
    at_once = right_in_the_end if exercise.exam else sum(each.way == "right" for each in did)
    return {
        "student": student,
        "status": "counted",
        "right": str(right_in_the_end),
        "of": str(len(did)),
        "right at once": str(at_once),
        "tries": str(sum(len(each.given) for each in did)),
        **{f"question {at}": each.cell(exercise.exam) for at, each in enumerate(did, 1)},
        "note": "",
    }

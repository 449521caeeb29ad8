"""The room in which a page's cells run: what it tells the page, and what the page tells it."""

import json
from typing import Any

import pytest

from marginlib.pages.room import Room, needed

CELLS = (
    ("setup", "from marginlib.lessons import Lesson, LossCascade\n\nlesson = Lesson('05')"),
    ("asked", "panel = LossCascade()\nlesson.predict(panel)"),
    ("check", "lesson.check('taken')"),
)


@pytest.fixture
def told() -> list[dict[str, Any]]:
    """What the page was told."""
    return []


@pytest.fixture
def room(told: list[dict[str, Any]]) -> Room:
    """A room in which a lesson has run."""
    made = Room(lambda text: told.append(json.loads(text)))
    for cell, source in CELLS:
        made.run(cell, source)
    return made


def say(room: Room, slot: str, **what: object) -> None:
    room.receive(json.dumps({"slot": slot, **what}))


def test_each_live_thing_has_a_name_and_its_state_goes_to_the_page(room: Room, told: list[dict[str, Any]]) -> None:
    assert list(room.live) == ["asked-0", "asked-1", "check-0"]
    states = {each["slot"]: each["state"] for each in told}
    assert states["asked-1"]["values"]["move"] == "-25"
    assert states["asked-1"]["veil"]
    assert states["check-0"]["_card"]["kind"] == "number"


def test_a_thing_that_is_shown_twice_keeps_its_name(room: Room) -> None:
    assert 'mw-slot-asked-1"' in room.run("again", "panel")
    assert list(room.live) == ["asked-0", "asked-1", "check-0"]


def test_an_answer_is_judged_and_uncovers_its_panel(room: Room, told: list[dict[str, Any]]) -> None:
    told.clear()
    say(room, "asked-0", message={"kind": "answer", "given": room.live["asked-0"].question.right[0], "ticket": "1"})  # type: ignore[attr-defined]
    assert {"slot": "asked-1", "state": {"veil": ""}} in told
    (card,) = [each["state"]["_card"] for each in told if each["slot"] == "asked-0" and "state" in each]
    assert card["verdict"]["right"]
    assert told[-1] == {"slot": "asked-0", "message": {"kind": "heard", "ticket": "1"}}


def test_values_from_the_page_are_taken_over_and_only_what_is_new_comes_back(
    room: Room, told: list[dict[str, Any]]
) -> None:
    told.clear()
    values = {**room.live["asked-1"].state()["values"], "move": "-30"}
    say(room, "asked-1", set={"values": values, "veil": ""})
    assert room.live["asked-1"].state()["values"]["move"] == "-30"
    (mine,) = [each for each in told if each["slot"] == "asked-1"]
    assert list(mine["state"]) == ["_shown"]


def test_what_can_t_be_is_put_back_on_the_page(room: Room, told: list[dict[str, Any]]) -> None:
    told.clear()
    before = room.live["asked-1"].state()["values"]
    with pytest.raises(ValueError, match="move: expected a number"):
        say(room, "asked-1", set={"values": {**before, "move": "1000"}})
    assert told == [{"slot": "asked-1", "state": {"values": before}}]


def test_a_page_is_told_why_an_amount_is_as_it_is(room: Room, told: list[dict[str, Any]]) -> None:
    told.clear()
    values = room.live["asked-1"].state()["values"]
    say(room, "asked-1", message={"kind": "why", "values": values, "text": "66.84\N{NO-BREAK SPACE}EUR"})
    (answer,) = told
    assert answer["message"]["kind"] == "because"
    assert answer["message"]["lines"][answer["message"]["found"][0]]["rules"] == ["R16"]


def test_a_message_for_nobody_is_an_error(room: Room) -> None:
    with pytest.raises(KeyError):
        say(room, "nobody", message={"kind": "skip"})


@pytest.mark.parametrize(
    ("cells", "run"),
    [
        (["x = 1", "x = 2", "x"], [1, 2]),
        (["x = 1", "x += 2", "x"], [0, 1, 2]),
        (["for x in (1, 2):\n    print(x)", "y = 3", "for x in (4, 5):\n    y += x", "y"], [1, 2, 3]),
        (["a = 1", "def f():\n    return a", "f()"], [0, 1, 2]),
        (["a = [1]", "b = [each for each in a]", "each = 2", "b"], [0, 1, 3]),
        (["start = {}", "start = {**start, 'a': 1}", "start"], [0, 1, 2]),
    ],
)
def test_only_the_cells_that_are_needed_are_run(cells: list[str], run: list[int]) -> None:
    named = [(str(at), source) for at, source in enumerate(cells)]
    assert [int(cell) for cell, _ in needed(named, [str(len(cells) - 1)])] == run

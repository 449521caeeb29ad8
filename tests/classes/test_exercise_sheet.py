"""An exercise on a screen, as the browser is told of it: both modes, what is kept, and what is never sent."""

import json
from pathlib import Path
from typing import Any

import pytest
from exercising import WEEK, Clock, written

import marginlib
from marginlib.classes import sheet as sheets
from marginlib.classes.attempt import Attempt
from marginlib.classes.file import Exercise, read_exercise
from marginlib.classes.handed_in import Done, read, short
from marginlib.classes.items import Setting
from marginlib.classes.results import Line, table
from marginlib.classes.sheet import Sheet
from marginlib.engine.amounts import plain
from marginlib.pages.room import Room
from marginlib.panels.live import Handler, carried
from marginlib.quiz.question import Question


def made(folder: Path, mode: str = "learning", **changes: str) -> Exercise:
    text = WEEK.replace('mode = "learning"', f'mode = "{mode}"')
    for key, value in changes.items():
        text = f"{key} = {value}\n{text}"
    return read_exercise(written(folder, text, f"{mode}.toml"))


def begun(exercise: Exercise, student: str = "Ada", clock: Any = None) -> Sheet:
    sheet = Sheet(exercise, clock=clock or Clock())
    sheet.receive({"kind": "begin", "student": student})
    return sheet


def at_work(sheet: Sheet) -> Attempt:
    assert sheet.attempt is not None
    return sheet.attempt


def right(sheet: Sheet, at: int) -> Any:
    asked = at_work(sheet).asked[at]
    if isinstance(asked, Setting):
        return asked.panel(**{**asked.item.start, **(asked.found() or {})}).link()
    return asked.right[0] if asked.kind == "number" else list(asked.right)


def answer_right(sheet: Sheet, at: int) -> None:
    sheet.receive({"kind": "go", "to": at})
    asked = at_work(sheet).asked[at]
    if isinstance(asked, Setting):
        sheet.panels[at].values = asked.found() or {}
        sheet.card.receive({"kind": "answer", "given": ""})
    else:
        sheet.card.receive({"kind": "answer", "given": right(sheet, at)})


def test_in_learning_mode_each_answer_is_judged_at_once(tmp_path: Path) -> None:
    sheet = begun(made(tmp_path))
    question = at_work(sheet).asked[0]
    assert isinstance(question, Question)
    name, value = next(iter(question.wrong.items()))

    sheet.card.receive({"kind": "answer", "given": plain(value)})
    assert sheet.card.state()["_card"]["verdict"]["right"] is False
    assert sheet.state()["_sheet"]["items"][0] == "wrong"
    answer_right(sheet, 0)
    assert sheet.card.state()["_card"]["verdict"]["right"] is True
    sheet.card.receive({"kind": "answer", "given": "5"})  # what is right stays right
    for at in range(1, 6):
        answer_right(sheet, at)
    sheet.receive({"kind": "hand in"})

    told = sheet.state()["_sheet"]
    assert (told["stage"], told["items"]) == ("done", ["right"] * 6)
    assert told["summary"] == ["Right: 6 of 6, 5 of them at the first try and without help."]
    found = read(told["code"], 6, sheet.exercise.mark)
    assert found.items == (Done(2, True, False, (short(name),)), *[Done(1, True)] * 5)


def test_help_is_told_of_and_is_no_first_try(tmp_path: Path) -> None:
    sheet = begun(made(tmp_path))
    sheet.card.receive({"kind": "hint"})
    assert sheet.card.state()["_card"]["solution"]
    answer_right(sheet, 0)
    answer_right(sheet, 1)
    sheet.card.receive({"kind": "hint"})  # after it was right
    sheet.receive({"kind": "hand in"})

    items = read(sheet.code, 6).items
    assert items[:2] == (Done(1, True, True), Done(1, True))


def listening(heard: list[Any]) -> Handler:
    return lambda change: heard.append(change["owner"].state())


def without_given(state: Any) -> Any:
    """What is sent, but for what was given, which the browser said itself."""
    if isinstance(state, dict):
        return {key: "…" if key == "given" and value else without_given(value) for key, value in state.items()}
    return [without_given(each) for each in state] if isinstance(state, list | tuple) else state


@pytest.mark.parametrize("back", ["true", "false"])
def test_in_an_exam_the_browser_is_sent_the_same_for_right_and_for_wrong(tmp_path: Path, back: str) -> None:
    sent: dict[bool, list[Any]] = {True: [], False: []}
    for kind, heard in sent.items():
        sheet = begun(made(tmp_path, "exam", back=back))
        for live in (sheet, sheet.card):
            live.observe(listening(heard), ["state"])
        for at, asked in enumerate(at_work(sheet).asked):
            sheet.receive({"kind": "go", "to": at})
            wrong = list(reversed(asked.right)) if asked.kind == "order" else "5"
            if isinstance(asked, Setting):
                wrong = asked.panel(**asked.item.start).link()
            for message in ("answer", "hint", "skip", "another"):
                told = {"kind": message, "given": right(sheet, at) if kind else wrong, "ticket": "1"}
                heard += [list(sheet.card.hear(told)), sheet.card.state(), sheet.state()]
        heard += [sheet.still(), sheet.card.still(), repr(sheet), repr(sheet.card)]
        assert at_work(sheet).result().right == (len(at_work(sheet).work) if kind else 0)
    assert json.dumps(without_given(sent[True])) == json.dumps(without_given(sent[False]))
    assert '"verdict": null' in json.dumps(sent[True])


def test_in_an_exam_the_last_answer_counts_and_the_number_of_answers_is_told(tmp_path: Path) -> None:
    sheet = begun(made(tmp_path, "exam"))
    question = at_work(sheet).asked[0]
    assert isinstance(question, Question)
    name, value = next(iter(question.wrong.items()))
    answer_right(sheet, 0)
    sheet.card.receive({"kind": "answer", "given": plain(value)})
    answer_right(sheet, 1)
    sheet.receive({"kind": "hand in"})

    assert read(sheet.code, 6).items[:3] == (Done(2, False, False, (short(name),)), Done(1, True), Done())
    assert sheet.state()["_sheet"]["summary"] == ["You answered 2 of 6."]
    before = sheet.code
    sheet.card.receive({"kind": "answer", "given": right(sheet, 1)})
    sheet.receive({"kind": "again"})
    assert sheet.code == before


def test_in_an_exam_whoever_changed_to_what_is_right_has_got_nothing_wrong(tmp_path: Path) -> None:
    """Nothing was said in between, so there was no help in it."""
    exercise = made(tmp_path, "exam")
    sheet = begun(exercise)
    sheet.card.receive({"kind": "answer", "given": "1"})
    answer_right(sheet, 0)
    found = table(exercise, [Line(1, "Ada", sheet.hand_in())])
    tally = found.questions()[0]
    assert (tally.at_once, tally.missed, tally.tries) == (1, 0, 2)
    assert found.as_json()["students"][0]["right_at_once"] == 1


def test_there_is_no_way_back_where_that_is_set_and_none_is_left_out(tmp_path: Path) -> None:
    sheet = begun(made(tmp_path, "exam", back="false"))
    for to, at in [(2, 0), (1, 1), (0, 1), (3, 1), (2, 2), (1, 2), (-1, 2), (99, 2)]:
        sheet.receive({"kind": "go", "to": to})
        assert at_work(sheet).at == at
    assert sheet.state()["_sheet"]["open"] == [False, False, True, True, False, False]
    free = begun(made(tmp_path, "exam"))
    free.receive({"kind": "go", "to": 4})
    free.receive({"kind": "go", "to": 0})
    assert at_work(free).at == 0


def test_an_exam_wants_a_name_and_says_so(tmp_path: Path) -> None:
    sheet = begun(made(tmp_path, "exam"), "   ")

    assert sheet.state()["_sheet"]["stage"] == "cover"
    assert sheet.state()["_sheet"]["note"] == "An exam wants a name: the code that is handed in is one's own."
    sheet.receive({"kind": "begin", "student": "x" * 200})
    assert "at most 80 characters" in sheet.state()["_sheet"]["note"]
    sheet.receive({"kind": "begin", "student": "Ada"})
    assert (sheet.state()["_sheet"]["stage"], sheet.state()["_sheet"]["note"]) == ("open", "")


def test_time_is_counted_from_the_beginning_to_handing_in(tmp_path: Path) -> None:
    clock = Clock()
    sheet = begun(made(tmp_path), clock=clock)
    clock.now += 61
    assert sheet.state()["_sheet"]["elapsed"] == 61
    sheet.receive({"kind": "hand in"})
    clock.now += 1_000
    sheet.receive({"kind": "hand in"})

    assert read(sheet.code, 6).minutes == 2


def test_what_was_answered_survives_a_page_that_is_loaded_again(tmp_path: Path) -> None:
    clock = Clock()
    first = begun(made(tmp_path, "exam"), clock=clock)
    answer_right(first, 0)
    answer_right(first, 4)
    first.receive({"kind": "go", "to": 3})
    kept = json.loads(json.dumps(first.state()["_kept"]))
    clock.now += 600

    again = begun(made(tmp_path, "exam"), clock=clock)
    again.receive({"kind": "resume", "kept": kept})

    assert at_work(again).at == 3
    assert again.state()["_sheet"]["elapsed"] == 600
    assert again.panels[4].values == first.panels[4].values
    assert again.hand_in() == first.hand_in()
    done = begun(made(tmp_path, "exam"), clock=clock)
    done.receive({"kind": "resume", "kept": json.loads(json.dumps(first.state()["_kept"]))})
    assert done.code == first.code


def test_each_answer_is_told_to_whoever_keeps_it_before_anyone_goes_on(tmp_path: Path) -> None:
    """Else a page that is loaded again where it stands has lost the last answer of each question."""
    there: dict[str, Any] = {}

    def hear(posted: str) -> None:
        told = json.loads(posted)
        there.setdefault(told["slot"], {}).update(told.get("state", {}))

    room = Room(hear)
    sheet = begun(made(tmp_path))
    widget = sheet.widget
    room._take_in("sheet", sheet)
    for given in ("1", "2"):
        sheet.receive({"kind": "go", "to": 1})
        sheet.card.receive({"kind": "answer", "given": given})
        for kept in (there["sheet"]["_kept"], widget._kept):
            assert kept["items"][1]["given"][-1] == given
    sheet.card.receive({"kind": "hint"})
    assert there["sheet"]["_kept"]["items"][1]["helped"] is True


@pytest.mark.parametrize(
    "kept",
    [
        None, 5, [], "x", {}, {"items": 3}, {"items": [{}] * 5}, {"items": [{"given": [[], {}, None, 5]}] * 6},
        {"items": [{"given": ["#v1/X?", "\0", "9" * 500], "helped": 1}] * 6, "at": "x", "began": -1, "minutes": 10**9},
        {"items": [None] * 6, "at": 10**9, "furthest": -5, "began": 10**12},
    ],
)  # fmt: skip
def test_whatever_stands_in_the_storage_does_no_harm(tmp_path: Path, kept: Any) -> None:
    sheet = begun(made(tmp_path))
    sheet.receive({"kind": "resume", "kept": kept})

    assert sheet.state()["_sheet"]["stage"] == "open"
    assert read(sheet.hand_in(), 6).right == 0


def test_work_that_is_there_is_never_overwritten_by_what_was_kept(tmp_path: Path) -> None:
    sheet = begun(made(tmp_path))
    kept = sheet.state()["_kept"]
    answer_right(sheet, 0)
    sheet.receive({"kind": "resume", "kept": kept})
    assert at_work(sheet).answered == 1


def test_a_cell_that_is_run_again_shows_the_same_work(tmp_path: Path) -> None:
    sheets.forget()
    path = written(tmp_path, WEEK)
    sheet = marginlib.exercise(path, student="Ada")
    sheet.begin()
    answer_right(sheet, 0)

    assert marginlib.exercise(str(path), student=" ADA ") is sheet
    assert marginlib.exercise(path, student="Ben") is not sheet
    assert sheet.state()["_sheet"]["items"][0] == "right"
    sheets.forget()


def test_beginning_anew_keeps_the_numbers_and_forgets_the_answers(tmp_path: Path) -> None:
    sheet = begun(made(tmp_path))
    texts = [each.text for each in at_work(sheet).asked]
    answer_right(sheet, 0)
    answer_right(sheet, 4)
    sheet.hand_in()
    sheet.receive({"kind": "again"})

    assert [each.text for each in at_work(sheet).asked] == texts
    assert sheet.state()["_sheet"]["items"] == ["open"] * 6
    assert sheet.panels[4].values["USD"] == 9000


def test_a_room_carries_the_sheet_with_its_card_and_panels(tmp_path: Path) -> None:
    """As a page does, and a notebook: the sheet names the places of the others."""
    sheets.forget()
    room = Room()
    path = written(tmp_path, WEEK)
    shown = room.run("cell", f"from marginlib import exercise\nexercise({str(path)!r}, student='Ada')")

    assert 'class="mw-slot mw-slot-cell-' in shown
    sheet = next(live for live in room.live.values() if isinstance(live, Sheet))
    places = sheet.state()["_sheet"]["places"]
    assert places.keys() == {"card", "4"}
    assert room.live[places["card"]] is sheet.card
    assert room.live[places["4"]] is sheet.panels[4]
    sheets.forget()


def test_a_check_is_of_the_state_that_is_seen(tmp_path: Path) -> None:
    """A kernel takes the messages of a card and of a panel in no sure order: the check has the panel's link with it."""
    sheet = begun(made(tmp_path))
    sheet.receive({"kind": "go", "to": 4})
    asked = at_work(sheet).asked[4]
    assert isinstance(asked, Setting)
    seen = right(sheet, 4)

    sheet.card.receive({"kind": "answer", "given": seen})
    assert at_work(sheet).work[4].right
    assert at_work(sheet).work[4].given == [seen]


@pytest.mark.parametrize("given", ["#v1/Life?move=-20", "#v1/HowFar?USD=x", "nonsense", ["#v1/HowFar"], 7])
def test_a_state_that_is_none_of_the_panel_s_counts_for_nothing(tmp_path: Path, given: Any) -> None:
    sheet = begun(made(tmp_path))
    sheet.receive({"kind": "go", "to": 4})

    sheet.card.receive({"kind": "answer", "given": given})
    assert sheet.card.state()["_card"]["note"]
    assert at_work(sheet).work[4].given == []


def test_a_title_that_would_be_markup_is_text(tmp_path: Path) -> None:
    found = read_exercise(written(tmp_path, WEEK.replace("What a loss takes", "<img src=x onerror=alert(1)>")))
    with carried(lambda _: "x"):
        assert "<img" not in Sheet(found).slot()


@pytest.mark.parametrize("mode", ["learning", "exam"])
def test_why_a_number_is_as_it_is_is_told_once_it_is_right_and_never_in_an_exam(tmp_path: Path, mode: str) -> None:
    sheet = begun(made(tmp_path, mode))
    at = next(at for at, asked in enumerate(at_work(sheet).asked) if asked.kind == "number")
    for done in (False, True):
        if done:
            answer_right(sheet, at)
        told = done and mode == "learning"
        asked = at_work(sheet).asked[at].shown_answer()
        sheet.receive({"kind": "go", "to": at})
        ((heard, _),) = sheet.card.receive({"kind": "why", "key": "now", "texts": [asked]})
        assert heard["texts"] == ([asked] if told else [])
        assert sheet.card.state()["_card"]["whys"] is told

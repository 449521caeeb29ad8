"""Practice as a learner meets it: worked out, filled in, alone; helped, wrong, forgotten; in a notebook, on a page."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import forgetting
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib.lessons import practice
from marginlib.pages.room import Room
from marginlib.panels.live import carried
from marginlib.quiz import drills
from marginlib.quiz.blanks import Step, with_blanks
from marginlib.quiz.practice import FILE, Practice, draw
from marginlib.quiz.schedule import ROW, Task

LESSONS = ("01", "02", "03", "04", "05", "06", "07")


class Clock:
    """A clock that a test sets; each look takes a second."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def task(card: Practice) -> Task:
    assert card.task
    return card.task


def to_alone(card: Practice) -> None:
    """Go on to a task that is asked alone."""
    while task(card).stage != "alone":
        right(card)
        card.another()


def right(card: Practice) -> None:
    """Do what is there, rightly."""
    while card.expects is not None:
        verdict = card.answer(card.expects)
        assert verdict
        assert verdict.right


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("level", range(1, drills.LEVELS + 1))
def test_every_drill_has_steps_to_fill_in_that_tell_the_answer_only_at_its_blank(lesson: str, level: int) -> None:
    for seed in range(1, 9):
        question = drills.make(lesson, seed, level)
        steps = with_blanks(question)
        blanks = [step for step in steps if step.value is not None]
        assert sum(step.answers for step in blanks) == 1
        assert [step.whole for step in steps][: len(question.solution())] == question.solution()
        for step in blanks:
            assert step.judge(str(step.value), question).right
            wrong = step.judge(str(step.value * 3 + 1), question)  # type: ignore[operator]
            assert not wrong.right
            assert step.whole not in wrong.sentence, "it would show what belongs in it"


def test_blanks_are_judged_one_by_one() -> None:
    step = Step("", "It costs ", " EUR (R1).", Decimal("-1250.00"), "EUR")
    question = drills.make("01", 1)

    assert step.judge("-1,250 EUR", question).right
    assert "sign" in step.judge("1250", question).sentence
    assert "less than 99" in step.judge("99", question).sentence
    with pytest.raises(ValueError, match=r"write 1250\.5"):
        step.judge("1250,5", question)


def test_a_small_amount_need_not_be_typed_with_all_its_decimals() -> None:
    step = Step("", "You sell ", " BTC.", Decimal("0.00088993"), "BTC")

    assert step.judge("0.00089", drills.make("01", 1)).right
    assert not step.judge("0.0009", drills.make("01", 1)).right


def test_it_goes_from_worked_out_to_filled_in_to_alone() -> None:
    card = practice(memory=None)
    shown = card.question
    assert (task(card).stage, card.state()["_card"]["kind"]) == ("shown", "way")
    assert len(card.state()["_card"]["steps"]) == len(shown.solution())

    card.another()
    assert (task(card).stage, card.question.ask.name) == ("filled", shown.ask.name)
    assert card.question.text != shown.text
    open_ = [step for step in card.state()["_card"]["steps"] if step.get("open")]
    assert len(open_) == 1
    assert card.state()["_card"]["steps"][-1] == open_[0], "what comes after is not told"

    right(card)
    assert not [step for step in card.state()["_card"]["steps"] if step.get("open")]
    to_alone(card)
    assert card.state()["_card"]["kind"] == "number"
    assert card.state()["_card"]["solution"] == []


def test_a_task_alone_doesnt_say_which_lessons_it_is_until_it_is_over() -> None:
    card = practice(memory=None)
    to_alone(card)
    assert card.progress == ""
    assert not any(number in card.lead for number in LESSONS)

    right(card)
    assert card.progress.startswith("That was lesson 0")


def test_only_the_first_try_counts() -> None:
    card = practice(["01"], memory=None, clock=Clock())
    card.skip()
    card.answer("1")
    right(card)
    card.answer(card.question.right[0])

    assert [each.right for each in card.memory.answered if each.stage == "alone"] == [False]
    assert card.skills()[0]["row"] == 0


def test_what_cant_be_read_counts_for_nothing() -> None:
    card = practice(["01"], memory=None)
    card.skip()
    assert card.answer("a lot") is None
    assert not card.over
    card.another()
    assert not card.over, "there is no way round an answer but to have the way shown"


def test_help_makes_it_come_back() -> None:
    card = practice(memory=None)
    to_alone(card)
    asked = task(card)
    card.help()
    assert card.state()["_card"]["solution"]
    assert card.state()["_card"]["buttons"]["another"] == "Next"
    card.answer(card.question.right[0])
    card.another()

    assert card.memory.answered[-1].right is False
    assert card.standing.skills[asked.lesson].back == card.memory.answered[-1]


def test_a_step_that_is_shown_makes_it_come_back_too() -> None:
    card = practice(memory=None)
    card.another()
    card.help()
    while not card.over:
        card.answer(card.expects)

    signs = [step.get("sign") for step in card.state()["_card"]["steps"]]
    assert "shown" in signs
    assert "right" in signs
    assert card.memory.answered[-1].right is False


def test_nothing_is_due_until_the_next_day_and_one_may_practise_all_the_same() -> None:
    clock = Clock()
    card = practice(["01"], memory=None, clock=clock)
    for _ in range(60):
        if card.task is None:
            break
        right(card)
        card.another()
    assert card.task is None
    assert card.skills()[0]["said"] == "learnt; asked again in a day"
    assert card.skills()[0]["row"] == ROW
    assert "comes in a day" in card.state()["_card"]["text"]

    card.another()
    assert task(card).stage == "alone"
    clock.at += timedelta(days=1)
    again = Practice(["01"], card.memory)
    assert task(again).stage == "alone"
    assert again.skills()[0]["said"] == "learnt; asked again now"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.booleans(), max_size=25), st.sampled_from([("01",), ("03", "05"), LESSONS]))
def test_the_same_numbers_never_come_twice_in_a_row(rights: list[bool], lessons: tuple[str, ...]) -> None:
    card = practice(lessons, memory=None)
    texts = [card.question.text]
    for is_right in rights:
        if not is_right:
            card.help()
        right(card)
        while not card.over and task(card).stage != "shown":
            card.help()
        card.another()
        texts.append(card.question.text)

    assert all(one != other for one, other in pairwise(texts))
    assert len(set(texts)) == len(texts)


def test_a_structure_that_is_asked_no_more_is_replaced() -> None:
    seed, question = draw(Task("01", 1, "alone", "nothing of that name", 5), 0)

    assert seed > 5
    assert question.ask.name == "pnl"


def test_a_notebook_keeps_it_beside_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    card = practice()
    card.another()
    assert (tmp_path / FILE).is_file()
    assert FILE in card.state()["_practice"]["where"]
    assert "_memory" in card.state()
    assert card.state()["_memory"] == "", "the browser need not have it"

    again = practice()
    assert (task(again).stage, again.question.text) == ("filled", card.question.text)
    again.forget()
    assert task(practice()).stage == "shown"
    assert not practice().memory.answered


def test_what_is_saved_in_a_notebook_is_the_same_whatever_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = practice().still()
    card = practice()
    card.another()

    assert practice().still() == card.still() == before
    assert "Practice" in before[0]


def test_a_broken_file_gets_a_sentence_on_the_card(tmp_path: Path) -> None:
    (tmp_path / "my.json").write_text("<b>no</b>")
    card = practice(memory=tmp_path / "my.json")

    assert "my-set-aside-1.json" in card.state()["_practice"]["note"]
    card.another()
    assert len(json.loads((tmp_path / "my.json").read_text())["answered"]) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"lessons": []}, "one or more of 01"),
        ({"lessons": ["99"]}, "there are no drills in '99'; there are some in 01"),
        ({"lessons": [5]}, "no drills in 5"),
        ({"seed": 0}, "from 1 to 1,000"),
        ({"seed": "7"}, "from 1 to 1,000"),
        ({"seed": True}, "from 1 to 1,000"),
        ({"memory": ""}, "the path of a file"),
        ({"memory": 7}, "the path of a file"),
        ({"memory": "a\0b"}, "the path of a file"),
    ],
)
def test_what_it_is_asked_for_wrongly_gets_a_sentence(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        practice(**wrong)  # type: ignore[arg-type]


def on_a_page() -> tuple[Room, Practice, list[str]]:
    posted: list[str] = []
    room = Room(posted.append)
    room.run("a", "from marginlib.lessons import practice\npractice()")
    card = room.live["a-0"]
    assert isinstance(card, Practice)
    return room, card, posted


def tell(room: Room, **message: object) -> None:
    room.receive(json.dumps({"slot": "a-0", "message": message}))


def test_a_page_waits_for_what_the_browser_has_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    room, card, _ = on_a_page()
    assert card.state()["_practice"]["waits"]
    assert card.state()["_card"]["steps"] == []
    assert not any(card.state()["_card"]["buttons"].values())

    tell(room, kind="remember", text="")
    assert not card.state()["_practice"]["waits"]
    tell(room, kind="another")
    kept = card.state()["_memory"]
    assert json.loads(kept)["answered"]
    assert list(tmp_path.iterdir()) == [], "a page has no files"

    room, card, _ = on_a_page()
    tell(room, kind="remember", text=kept)
    assert task(card).stage == "filled"
    assert card.state()["_memory"] == kept


def test_another_tab_doesnt_take_the_question_away() -> None:
    room, card, _ = on_a_page()
    tell(room, kind="remember", text="")
    tell(room, kind="another")
    tell(room, kind="answer", given="1")
    asked = card.question.text
    with carried(lambda _: "other"):
        other = practice(["05"])
    other.remember("")
    other.another()
    tell(room, kind="remember", text=other.memory.text())

    assert card.question.text == asked
    assert len(card.memory.answered) == 2


def test_what_the_browser_kept_and_is_broken_is_handed_back_to_be_set_aside() -> None:
    room, card, posted = on_a_page()
    tell(room, kind="remember", text="<b>no</b>")

    assert {"kind": "aside", "text": "<b>no</b>"} in [json.loads(each).get("message") for each in posted]
    assert "set aside" in card.state()["_practice"]["note"]
    assert task(card).stage == "shown"


def test_a_browser_that_keeps_nothing_is_mentioned() -> None:
    room, card, _ = on_a_page()
    tell(room, kind="remember", text="")
    tell(room, kind="unkept")

    assert "keeps nothing" in card.state()["_practice"]["note"]


def test_forget_is_told_to_the_page() -> None:
    room, card, _ = on_a_page()
    tell(room, kind="remember", text="")
    tell(room, kind="another")
    tell(room, kind="forget")

    assert json.loads(card.state()["_memory"])["answered"] == []
    assert task(card).stage == "shown"
    assert not card.state()["_practice"]["forget"]


def test_the_notebook_says_what_the_simulation_gives() -> None:
    text = (Path(__file__).parents[2] / "notebooks" / "09_practice.ipynb").read_text(encoding="utf-8")
    told = [
        f"{forgetting.score(way, 280, spacing=spacing):.0%}".replace("%", " %")
        for spacing in (True, False)
        for way in (forgetting.mixed, forgetting.blocked)
    ]

    assert f"They know {told[0]} of the structures after mixed practice and {told[1]} after blocks." in text
    assert f"gains nothing: {told[2]} against {told[3]}." in text

"""What a room answers is read, counted and shown with the idea behind it; the panel opens when the teacher says so."""

import pytest

from marginlib.lessons import Lesson, Life, LossCascade, WaysOut
from marginlib.quiz.lesson import questions
from marginlib.quiz.together import MOST_LINES, Ballot, Votes, bars


def counts(number: str, name: str, text: str) -> dict[str, int]:
    part, _, key = name.partition(" ")
    poll = Votes(getattr(questions(number), part)[key]).count(text)
    return {group.letter or group.text: group.count for group in poll.groups if group.count}


@pytest.mark.parametrize(
    ("number", "name", "text", "expected"),
    [
        ("01", "predict extended", "A\nb\n B \nD.", {"A": 1, "B": 2, "D": 1}),
        ("01", "predict extended", "Ada: A\nZoë Müller:\tD\nEve\tC", {"A": 1, "C": 1, "D": 1}),
        ("01", "predict extended", "12 x D\n3×A\n2 * a", {"A": 5, "D": 12}),
        ("01", "predict extended", "25000\n20,000 EUR", {"B": 1, "D": 1}),
        ("01", "check free", "6000\n6,000 EUR\n8000\n8,000.00", {"6,000.00 EUR": 2, "8,000.00 EUR": 2}),
        ("06", "check late", "AC\nC, A\nA B\nnone", {"AC": 2, "AB": 1, "": 1}),
        ("05", "check order", "DBAC\nd b a c\nA B C D", {"DBAC": 2, "ABCD": 1}),
    ],
)
def test_answers_are_read_as_they_are_said(number: str, name: str, text: str, expected: dict[str, int]) -> None:
    found = counts(number, name, text)
    if "" in expected:
        expected = {**expected, "none of them": expected[""]}
        del expected[""]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("Z", "Line 1, 'Z': expected one of A, B, C, D"),
        ("A\n\n?!", "Line 3, '?!': expected one of A, B, C, D"),
        ("0 x A", "Line 1, '0 x A': expected 1 to 999 answers at once"),
        ("Ada: A\nADA: B\nAda: C", "Ada answered more than once: the last one counts."),
        ("A" * 201, "expected one answer a line"),
    ],
)
def test_what_cannot_be_counted_is_told_and_stops_nothing(text: str, note: str) -> None:
    poll = Votes(questions("01").predict["extended"]).count(f"{text}\nD")

    assert any(note in each for each in poll.notes), poll.notes
    assert poll.right == 1


def test_the_last_answer_under_a_name_counts() -> None:
    assert counts("01", "predict extended", "Ada: A\nAda: D") == {"D": 1}


def test_a_flood_of_lines_is_cut() -> None:
    poll = Votes(questions("01").predict["extended"]).count("A\n" * (MOST_LINES + 5))

    assert poll.answers == MOST_LINES
    assert poll.notes == [f"Only the first {MOST_LINES:,} lines are counted."]


def test_every_wrong_number_that_is_recognised_has_its_idea() -> None:
    asked = questions("05").check["taken"]
    poll = Votes(asked).count("250\n237.5\n1")
    because = {group.text: group.because for group in poll.groups}

    assert because["237.5 USDT"] == asked.judge("237.5").sentence
    assert because["1 USDT"] == ""
    shown = {bar["text"]: bar for bar in bars(poll, None, opened=True)}
    assert shown["1 USDT"]["because"].startswith("The workbook knows no idea")
    assert shown["250 USDT"]["right"] is True


def test_rare_numbers_are_counted_together_and_the_right_one_is_always_shown() -> None:
    poll = Votes(questions("05").check["taken"]).count("\n".join(map(str, [*range(1, 30), 7, 7, 250])))
    shown = bars(poll, None, opened=True)

    assert len(shown) <= 10
    assert sum(bar["count"] for bar in shown) == 32
    assert [bar["text"] for bar in shown if bar["right"]] == ["250 USDT"]
    assert shown[-1]["text"].endswith("other answers")


def test_nothing_tells_right_from_wrong_before_the_picture_opens() -> None:
    ballot = Ballot(questions("01").predict["extended"], "Together")
    ballot.take("A\nB\nD")
    for button in ("", "show"):
        ballot.press(button)
        (section,) = ballot.scene()["sections"]
        assert "right" not in section["said"]
        for bar in section["bars"]:
            assert bar["right"] is None
            assert not bar["because"]
    ballot.press("open")
    (section,) = ballot.scene()["sections"]
    assert section["said"] == "1 of 3 answers right"
    assert [bar["right"] for bar in section["bars"]] == [False, False, False, True]
    assert all(bar["because"] for bar in section["bars"][:2])


def test_a_second_vote_stands_beside_the_first() -> None:
    ballot = Ballot(questions("01").predict["extended"], "Together")
    ballot.take("A\nA\nD")
    ballot.press("show")
    ballot.press("again")
    assert (ballot.stage, ballot.typed) == ("ask", "")
    ballot.take("D\nD\nD")
    ballot.press("open")
    (section,) = ballot.scene()["sections"]

    assert [(bar["count"], bar["was"]) for bar in section["bars"]] == [(0, 2), (0, 0), (0, 0), (3, 1)]
    assert section["said"] == "3 of 3 answers right; before, 1 of 3"


def test_the_panel_opens_with_the_picture_and_is_covered_again() -> None:
    room = Lesson("05").together(LossCascade())
    assert room.panel.veil
    room.ballot.press("show")
    assert room.panel.veil
    room.ballot.press("open")
    assert not room.panel.veil
    room.ballot.press("over")
    assert room.panel.veil


def test_to_move_a_control_opens_it() -> None:
    room = Lesson("00").together(Life())
    room.panel.adopt("veil", "")

    assert room.ballot.stage == "open"


def test_an_unknown_prediction_lists_those_that_there_are() -> None:
    with pytest.raises(KeyError, match="there is no prediction 'nothing' in lesson 06; known: difference"):
        Lesson("06").together(WaysOut(), "nothing")


def test_what_is_typed_is_text_in_the_page() -> None:
    ballot = Ballot(questions("01").check["free"], "Together")
    ballot.receive({"kind": "press", "button": "show", "text": "<b>Eve</b>: <img src=x>"})

    assert ballot.state()["_scene"]["typed"] == "<b>Eve</b>: <img src=x>"
    assert "<img" not in ballot.still()[0]
    assert ballot.scene()["notes"]

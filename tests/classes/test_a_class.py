"""A class of 30 in notebooks and on pages: exercise, answers of every kind, codes, and a table of what each did."""

from pathlib import Path

import pytest
from classroom import CHOSEN, CLASS, WAYS, WHOLE, InNotebook, OnPage, expected, plans, play, tabled, wrong
from exercising import written

from marginlib.classes import sheet as sheets
from marginlib.classes.file import read_exercise
from marginlib.quiz.question import Question

ABSENT = "student-13"


@pytest.mark.parametrize("mode", ["learning", "exam"])
def test_a_class_of_30_in_notebook_and_page(tmp_path: Path, mode: str) -> None:
    file = written(tmp_path, WHOLE.replace('mode = "learning"', f'mode = "{mode}"'))
    exercise = read_exercise(file)
    did = plans(exercise)
    codes = {}
    for number, student in enumerate(CLASS):
        screen = OnPage(exercise.link("http://site.test/")) if number % 2 else InNotebook(str(file))
        codes[student] = play(screen, exercise, student, did[student])
    sheets.forget()
    codes[ABSENT] = ""

    rows = list(tabled(tmp_path, file, codes))

    assert [row["student"] for row in rows] == CLASS
    absent = rows.pop(CLASS.index(ABSENT))
    assert (absent["status"], absent["right"], absent["note"]) == ("missing", "", "no code")
    for row in rows:
        assert int(row.pop("minutes")) <= 1
        assert row == expected(exercise, row["student"], did[row["student"]])


def test_the_class_does_all_that_can_be_done(tmp_path: Path) -> None:
    """Each way on each item, and of what is the same for all each mistake that is recognised."""
    exercise = read_exercise(written(tmp_path, WHOLE))
    did = plans(exercise)
    del did[ABSENT]
    for at, asked in enumerate(exercise.asked("")):
        assert {each[at].way for each in did.values()} == {*WAYS}
        made = {name for each in did.values() for name in each[at].mistakes}
        if isinstance(asked, Question) and asked.kind != "number":
            assert made == {*CHOSEN[asked.kind].values()}
        elif at in (0, 5):
            assert made == {name for _, name in wrong(asked)}
        elif isinstance(asked, Question):
            assert len(made) >= 4

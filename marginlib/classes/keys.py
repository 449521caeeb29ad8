"""Anyone's questions and answers: the teacher's key to an exercise."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from marginlib.classes.file import Exercise
from marginlib.quiz.question import Question


@dataclass(frozen=True)
class Answered:
    """An item as a student gets it, with its answer."""

    number: int
    what: str
    text: str
    options: tuple[str, ...]
    answer: str
    mistakes: tuple[tuple[str, str], ...]
    """Recognised mistakes, and the answers that they lead to."""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "question": self.number,
            "from": self.what,
            "text": self.text,
            "options": list(self.options),
            "answer": self.answer,
            "mistakes": dict(self.mistakes),
        }


def key(exercise: Exercise, student: str) -> list[Answered]:
    """A student's questions and answers.

    Raises:
        ValueError: nothing that names a student.
    """
    found = []
    for at, (item, asked) in enumerate(zip(exercise.items, exercise.asked(student), strict=True)):
        wrong = asked.wrong if isinstance(asked, Question) else {}
        mistakes = tuple((name, asked.shown(value)) for name, value in wrong.items() if isinstance(asked, Question))
        options = tuple(option.text for option in asked.options)
        found.append(Answered(at + 1, item.what, asked.text, options, asked.shown_answer(), mistakes))
    return found


def keys(exercise: Exercise, students: Iterable[str]) -> dict[str, list[Answered]]:
    """The same of several students, each once."""
    return {student: key(exercise, student) for student in dict.fromkeys(students)}

"""One student's work on an exercise: what was answered, what became of it, how long it took. It knows no screen."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marginlib.classes import handed_in
from marginlib.classes.file import Exercise
from marginlib.classes.handed_in import Done, Result
from marginlib.classes.items import Asked
from marginlib.classes.students import mark, normal
from marginlib.quiz.question import Verdict

Clock = Callable[[], float]
_MOST_TRIES = 200


@dataclass
class Work:
    """What was done on one item: every answer that could be read, in order, with its verdict."""

    given: list[Any] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    helped: bool = False
    """Help was asked for before it was right."""

    @property
    def right(self) -> bool:
        """Whether it is right: in the end, or, where one is told at once, at last."""
        return bool(self.verdicts) and self.verdicts[-1].right

    def done(self, exam: bool) -> Done:
        """What a result code says of it. In an exam only the last answer counts."""
        told = self.verdicts[-1:] if exam else self.verdicts
        names = [name for verdict in told if not verdict.right for name in mistakes(verdict)]
        return Done(len(self.given), self.right, self.helped, handed_in.marks(names))


def mistakes(verdict: Verdict) -> tuple[str, ...]:
    """The names of the mistakes that a verdict recognises: two where it took both, else the likeliest one."""
    if getattr(verdict, "together", False):
        return tuple(map(str, getattr(verdict, "mistakes", ())))
    return (verdict.mistake,) if verdict.mistake else ()


class Attempt:
    """A student's work on an exercise, from the beginning to the result code.

    >>> from marginlib.classes.file import Exercise
    >>> from marginlib.classes.items import Drilled
    >>> exercise = Exercise("One drill", "learning", 1, None, True, (Drilled("05", 1),), {"seed": 1})
    >>> attempt = Attempt(exercise, "Ada", clock=lambda: 0)
    >>> attempt.answer(0, "12345").right
    False
    >>> attempt.answer(0, attempt.asked[0].right[0]).right, attempt.result().items[0].tries
    (True, 2)
    """

    def __init__(self, exercise: Exercise, student: object = "", *, clock: Clock = time.time) -> None:
        """Begin now.

        Raises:
            ValueError: nothing that names a student; or an exam without a name.
        """
        self.exercise, self.student, self.clock = exercise, str(student).strip(), clock
        if exercise.exam and not normal(student):
            raise ValueError("an exam wants a name: the code that is handed in is one's own")
        self.asked: list[Asked] = exercise.asked(student)
        self.work = [Work() for _ in self.asked]
        self.at = 0
        self.furthest = 0
        self.began = clock()
        self.minutes: int | None = None
        """How long it took, once it is handed in."""

    @property
    def done(self) -> bool:
        """Whether it is handed in: nothing can be answered any more."""
        return self.minutes is not None

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return max(0.0, self.clock() - self.began)

    @property
    def answered(self) -> int:
        """How many items have an answer."""
        return sum(1 for each in self.work if each.given)

    def open(self, item: int) -> bool:
        """Whether one may go to an item now. Where there is no way back, only to the next one: none is left out."""
        free = self.exercise.back or not self.exercise.exam
        return not self.done and (free or self.furthest <= item <= self.furthest + 1)

    def go(self, item: int) -> bool:
        """Go to an item; where there is no way back, only on. Returns whether one is there."""
        if not 0 <= item < len(self.work) or not self.open(item):
            return False
        self.at = item
        self.furthest = max(self.furthest, item)
        return True

    def answer(self, item: int, given: Any) -> Verdict:
        """Take an answer; of what is handed in, or right already in learning mode, nothing changes any more.

        Raises:
            ValueError: it can't be read, and counts for nothing; the sentence says what would work.
        """
        verdict = self.asked[item].judge(given)
        if self.open(item):
            self.take(item, given, verdict)
        return verdict

    def take(self, item: int, given: Any, verdict: Verdict) -> None:
        """Keep an answer that was judged."""
        work = self.work[item]
        settled = work.right and not self.exercise.exam
        if not self.done and not settled and len(work.given) < _MOST_TRIES:
            work.given.append(list(given) if isinstance(given, list | tuple) else str(given))
            work.verdicts.append(verdict)

    def help(self, item: int) -> None:
        """The way was shown."""
        if not self.exercise.exam and not self.work[item].right:
            self.work[item].helped = True

    def hand_in(self) -> str:
        """End it; returns the result code."""
        if self.minutes is None:
            self.minutes = -int(-self.elapsed // 60)
        return self.code()

    def result(self) -> Result:
        """What there is so far."""
        minutes = self.minutes if self.minutes is not None else int(self.elapsed // 60)
        items = tuple(each.done(self.exercise.exam) for each in self.work)
        return Result(self.exercise.mark, mark(self.student), min(minutes, handed_in.MOST_MINUTES), items)

    def code(self) -> str:
        """The result code of what there is so far."""
        return handed_in.code(self.result())

    def kept(self) -> dict[str, Any]:
        """What a page keeps of it, as plain data: what was given, and nothing of what became of it."""
        return {
            "began": int(self.began),
            "at": self.at,
            "furthest": self.furthest,
            "minutes": self.minutes,
            # Copies: whoever mirrors them tells by comparing that something has been added.
            "items": [{"given": list(each.given), "helped": each.helped} for each in self.work],
        }

    def resume(self, kept: object) -> bool:
        """Take up what was kept, judging it anew. Anyone may have written there: what isn't as it should be is left.

        Returns whether anything was taken up; nothing is where something was answered already.
        """
        if self.answered or self.done or not isinstance(kept, Mapping):
            return False
        items, began, minutes = kept.get("items"), kept.get("began"), kept.get("minutes")
        if not isinstance(items, list) or len(items) != len(self.work):
            return False
        for item, said in enumerate(items):
            for given in said.get("given", ())[:_MOST_TRIES] if isinstance(said, Mapping) else ():
                try:
                    self.take(item, given, self.asked[item].judge(given))
                except (ValueError, TypeError):
                    continue
            self.work[item].helped = isinstance(said, Mapping) and said.get("helped") is True
        at, furthest = kept.get("at"), kept.get("furthest")
        if type(furthest) is int and 0 <= furthest < len(self.work):
            self.furthest = self.at = furthest
        if type(at) is int:
            self.go(at)
        if type(began) is int and 0 < began <= self.began:
            self.began = began
        if type(minutes) is int and 0 <= minutes <= handed_in.MOST_MINUTES:
            self.minutes = minutes
        return True

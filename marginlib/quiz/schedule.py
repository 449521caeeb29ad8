"""What practice asks next, worked out from what was answered and when. Nothing here looks at a clock or a file.

What was answered is a list of :class:`Answered`; :class:`Standing` is what follows from it, for each lesson's skill:

* Each level of a lesson's drills is first *shown* worked out, then *filled* in, then asked *alone*. A wrong answer
  leads one step back.
* A skill is learnt after :data:`ROW` right in a row, alone and without help, of at least :data:`KINDS` kinds. It is
  asked again after :data:`GAPS` days, each time longer, as long as it is right. What is got wrong is learnt anew.
* What was wrong comes back after :data:`BETWEEN` other tasks: the same structure, other numbers.
* Two tasks of one lesson follow each other only where one is shown and then done, or where nothing else is there. At
  most :data:`AT_ONCE` lessons are being learnt at a time; those learnt are mixed in when they are due.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from marginlib.quiz.drills import LEVELS

Stage = Literal["shown", "filled", "alone", "skipped"]
STAGES: tuple[Stage, ...] = ("shown", "filled", "alone", "skipped")
ROW, KINDS = 5, 2
BETWEEN = 2
AT_ONCE = 3
GAPS = (1, 3, 7, 16, 35, 75)
"""Days until a learnt skill is asked again: each about twice the one before."""
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, order=True)
class Answered:
    """One task that is over: when, which drill, how it was asked, and whether it was right at once and without help.

    ``ask`` is what was asked, such as ``taken``: with the level it is the task's kind. ``skipped`` is an example that
    nobody wanted to see.
    """

    at: datetime
    lesson: str
    level: int
    ask: str
    seed: int
    stage: Stage
    right: bool

    @property
    def kind(self) -> str:
        """What is asked at which level: two tasks of one kind have the same structure."""
        return f"{self.level} {self.ask}"


@dataclass(frozen=True)
class Task:
    """What comes next: a lesson's drill at a level, how it is asked, and what, where it is to be the same as before.

    Its numbers come from a seed ``after`` that of the level's newest question, or from the first where that is 0.
    """

    lesson: str
    level: int
    stage: Literal["shown", "filled", "alone"]
    ask: str = ""
    after: int = 0


@dataclass
class Skill:
    """How a lesson's skill stands: by level how it is asked next, and what is known of it as a whole."""

    lesson: str
    stages: dict[int, int] = field(default_factory=dict)
    """By level: 0 to be shown, 1 to be filled in, 2 to be asked alone."""
    row: list[str] = field(default_factory=list)
    """The kinds of those right in a row, the newest last."""
    due: datetime | None = None
    """When a learnt skill is asked again; nothing for one that isn't learnt."""
    gap: int = 0
    was_learnt: bool = False
    turn: int = -1
    """When it was asked last, as a place in the list of tasks."""
    back: Answered | None = None
    """What was wrong and comes back."""
    back_turn: int = 0
    seeds: dict[int, int] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    passed: set[int] = field(default_factory=set)
    """The levels that were right alone."""

    @property
    def learnt(self) -> bool:
        """Whether it counts as learnt."""
        return self.due is not None

    def is_due(self, now: datetime) -> bool:
        """Whether it is learnt, and to be asked again."""
        return self.due is not None and self.due <= now

    def take_in(self, done: Answered, turn: int) -> None:
        """Learn of a task that is over."""
        level = done.level
        self.turn = self.turns[level] = turn
        self.seeds[level] = done.seed
        if done.stage in ("shown", "skipped"):
            self.stages[level] = 1 if done.stage == "shown" else 2
            return
        if not done.right:
            self.stages[level] = 1 if done.stage == "alone" else 0
            self.back, self.back_turn = done, turn + 1 + BETWEEN
            self.row, self.due, self.gap = [], None, 0
            self.passed.discard(level)
            return
        self.stages[level] = 2
        if self.back and self.back.level == level:
            self.back = None
        if done.stage == "filled":
            return
        self.passed.add(level)
        self.row.append(done.kind)
        if self.is_due(done.at):
            self.gap = min(self.gap + 1, len(GAPS) - 1)
            self.due = _later(done.at, GAPS[self.gap])
        elif not self.learnt and len(self.row) >= ROW and len(set(self.row)) >= KINDS:
            self.was_learnt, self.due = True, _later(done.at, GAPS[0])

    def task(self) -> Task:
        """What is asked of it next: what was wrong, what is begun, a new level, or what wasn't asked for longest.

        A level joins when those before it were right alone: so all have been met by the time the skill is learnt.
        """
        if self.back:
            return self._at(self.back.level, self.back.ask)
        if begun := [level for level, stage in self.stages.items() if stage < 2]:
            return self._at(min(begun))
        fresh = max(self.stages, default=0) + 1
        if fresh <= LEVELS and self.passed >= self.stages.keys():
            return Task(self.lesson, fresh, "shown")
        return self._at(min(self.stages, key=lambda level: (level in self.passed, self.turns[level])))

    def _at(self, level: int, ask: str = "") -> Task:
        stage: Literal["shown", "filled", "alone"] = ("shown", "filled", "alone")[self.stages[level]]
        return Task(self.lesson, level, stage, ask, self.seeds[level])


def _later(at: datetime, days: int) -> datetime:
    """So many days later, or as late as there are dates."""
    try:
        return at + timedelta(days=days)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


class Standing:
    """How all skills stand after what was answered, in its order; other lessons' tasks are passed over.

    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> Standing(["01", "05"], []).next(at)
    Task(lesson='01', level=1, stage='shown', ask='', after=0)
    >>> shown = Answered(at, "01", 1, "pnl", 7, "shown", True)
    >>> Standing(["01", "05"], [shown]).next(at)
    Task(lesson='01', level=1, stage='filled', ask='pnl', after=7)
    """

    def __init__(self, lessons: Sequence[str], answered: Iterable[Answered]) -> None:
        self.skills = {lesson: Skill(lesson) for lesson in lessons}
        self.turn = 0
        self.last: Answered | None = None
        for done in answered:
            if done.lesson in self.skills:
                self.take_in(done)

    def take_in(self, done: Answered) -> None:
        """Learn of one more task that is over."""
        self.skills[done.lesson].take_in(done, self.turn)
        self.turn += 1
        self.last = done

    def next(self, now: datetime, *, early: bool = False) -> Task | None:
        """The next task, or nothing where all is learnt and nothing is due; ``early``: then what is due soonest."""
        if self.last and self.last.stage in ("shown", "skipped"):
            shown = self.last
            then: Literal["filled", "alone"] = "filled" if shown.stage == "shown" else "alone"
            return Task(shown.lesson, shown.level, then, shown.ask, shown.seed)
        skills = list(self.skills.values())
        wrong = sorted((each for each in skills if each.back), key=lambda each: each.back_turn)
        returning = [each for each in wrong if each.back_turn <= self.turn]
        due = sorted((each for each in skills if each.is_due(now)), key=lambda each: each.due or NEVER)
        learning = [each for each in skills if each.stages and not each.learnt]
        unmet = [each for each in skills if not each.stages][: max(0, AT_ONCE - len(learning))]
        waiting = sorted((each for each in [*learning, *unmet] if not each.back), key=lambda each: each.turn)
        later = sorted((each for each in skills if each.learnt), key=lambda each: each.due or NEVER) if early else []
        ready = [*returning, *due, *waiting] or wrong or later
        last = self.last.lesson if self.last else ""
        chosen = next((each for each in [*ready, *wrong] if each.lesson != last), next(iter(ready), None))
        return chosen.task() if chosen else None

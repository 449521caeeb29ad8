"""Simulated learners who forget, put through the schedule of practice and through the same drills in blocks.

Run as `python tests/forgetting.py`. It says what the schedule does to a model of memory, and nothing about people: that
spacing helps is put into the model, as studies of people have found it, and taken out again to see what is left.

A learner knows each of a lesson's four structures with a chance that falls with time, first fast and then slowly. To
see it worked out, or to be told after a mistake, brings it back; to do it right makes it last longer, and the more so
the closer it was to being forgotten (that is the spacing effect; `spacing=False` takes it out: every right answer then
adds the same).
"""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from marginlib.quiz.drills import LEVELS
from marginlib.quiz.schedule import Answered, Standing, Task

LESSONS = ("01", "02", "03", "04", "05", "06", "07")
START = datetime(2026, 1, 5, 18, tzinfo=UTC)
A_DAY = 20  # tasks, of two minutes each
PACE = timedelta(minutes=2)
SLIP = 0.05
WAIT = timedelta(days=14)  # until the test, which nobody prepares for
BEGINNING = 1.0  # day: what was seen once is known with a chance of 71 % a day later

KINDS: tuple[dict[str, Any], ...] = (
    {}, {"growth": 1.0}, {"growth": 4.0}, {"beginning": 0.25}, {"beginning": 4.0}, {"spacing": False},
)  # fmt: skip


@dataclass
class Learner:
    """Knows structures, and forgets them; ``growth`` says how much a right answer adds."""

    random: Random
    growth: float = 2.0
    spacing: bool = True
    beginning: float = BEGINNING
    lasting: dict[tuple[str, int], float] = field(default_factory=dict)
    seen: dict[tuple[str, int], datetime] = field(default_factory=dict)

    def chance(self, what: tuple[str, int], at: datetime) -> float:
        """How likely it is known at a time."""
        if what not in self.seen:
            return 0.0
        return float((1 + (at - self.seen[what]) / timedelta(days=1) / self.lasting[what]) ** -0.5)

    def does(self, task: Task, at: datetime) -> bool:
        """Do a task, learn from it, and say whether it was right."""
        what = task.lesson, task.level
        known = self.chance(what, at)
        helped = known if task.stage == "alone" else (1 + known) / 2
        right = task.stage == "shown" or self.random.random() < helped * (1 - SLIP)
        self.lasting.setdefault(what, self.beginning)
        if task.stage != "shown" and right:
            self.lasting[what] *= 1 + self.growth * (0.1 + 0.9 * (1 - known) if self.spacing else 0.3)
        self.seen[what] = at
        return right

    def test(self, at: datetime) -> float:
        """The share of all structures that are right in a test."""
        every = [(lesson, level) for lesson in LESSONS for level in range(1, LEVELS + 1)]
        return statistics.mean(self.chance(what, at) * (1 - SLIP) for what in every)


def times() -> Iterator[datetime]:
    """When tasks are done: so many a day, day after day."""
    day = START
    while True:
        for place in range(A_DAY):
            yield day + place * PACE
        day += timedelta(days=1)


def mixed(learner: Learner, tasks: int) -> Standing:
    """Do what the schedule says; when nothing is due, what is due next."""
    standing = Standing(LESSONS, [])
    for at, _ in zip(times(), range(tasks), strict=False):
        task = standing.next(at, early=True)
        assert task is not None
        standing.take_in(Answered(at, task.lesson, task.level, str(task.level), 1, task.stage, learner.does(task, at)))
    return standing


def blocked(learner: Learner, tasks: int) -> list[Standing]:
    """One lesson after the other, each for an equal share of the tasks; what is learnt is drilled on."""
    standings = [Standing([lesson], []) for lesson in LESSONS]
    for number, (at, _) in enumerate(zip(times(), range(tasks), strict=False)):
        standing = standings[number * len(LESSONS) // tasks]
        task = standing.next(at, early=True)
        assert task is not None
        standing.take_in(Answered(at, task.lesson, task.level, str(task.level), 1, task.stage, learner.does(task, at)))
    return standings


def score(
    way: Callable[[Learner, int], object], tasks: int, learners: int = 200, *, seed: int = 1, **kind: Any
) -> float:
    """The mean share right, two weeks after the last task, of so many seeded learners."""
    shares = []
    for number in range(learners):
        learner = Learner(Random(f"{seed} {number}"), **kind)
        way(learner, tasks)
        shares.append(learner.test(START + timedelta(days=tasks // A_DAY) + WAIT))
    return statistics.mean(shares)


def main() -> None:
    """Say how mixed and blocked practice do, with several kinds of learners."""
    for tasks in (140, 280, 420):
        print(f"{tasks} tasks, {A_DAY} a day; a test {WAIT.days} days later; 200 learners each")
        for kind in KINDS:
            shares = [score(way, tasks, **kind) for way in (mixed, blocked)]
            named = ", ".join(f"{name} {value}" for name, value in kind.items()) or "as it is"
            print(f"  {named:16}  mixed {shares[0]:.0%}  blocked {shares[1]:.0%}")


if __name__ == "__main__":
    main()

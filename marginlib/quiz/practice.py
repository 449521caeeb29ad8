"""Practice: the drills of all lessons, mixed. First worked out, then with steps to fill in, then alone.

::

    practice()

What comes next follows from what was answered (:mod:`~marginlib.quiz.schedule`), which a notebook keeps in a file
beside it, and a page in the browser (:mod:`~marginlib.quiz.memory`). Nothing is sent anywhere.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from marginlib.engine.legible import legible
from marginlib.panels.live import Live, Message, Sent, is_carried
from marginlib.panels.reasons import Reasons
from marginlib.quiz import drills, shelf
from marginlib.quiz.blanks import Step, with_blanks
from marginlib.quiz.card import UNANSWERED, Card
from marginlib.quiz.memory import Clock, FileMemory, Memory, Unreadable, now
from marginlib.quiz.question import Question, Verdict
from marginlib.quiz.schedule import ROW, Skill, Stage, Standing, Task
from marginlib.telling.on_page import all_written, escape, written

FILE = "my_practice.json"
"""Where a notebook keeps what was answered, unless it is told otherwise: beside the notebook."""
_TRIES = 60
_IN_BROWSER = "Kept in this browser alone, and sent nowhere."
_UNKEPT = "This browser keeps nothing here (its storage is full, or forbidden): what you do is gone with the page."
_MOMENT = "One moment: practice begins when the exact engine is here and has looked up how far you are."
_LEADS = {
    "shown": "Worked out: read it, and say to yourself why each step follows",
    "filled": "The same with other numbers: fill in the steps",
    "alone": "On your own",
}


def practice(
    lessons: Iterable[str] | None = None,
    *,
    memory: str | Path | None = FILE,
    seed: int = 1,
    clock: Clock = now,
) -> "Practice":
    """Practise the drills of all lessons, or of some; what was answered is kept in a file beside the notebook.

    ``memory`` is the file's path, or None to keep nothing; on a page the browser keeps it. The numbers come from the
    seed.

    Raises:
        ValueError: a lesson without drills, a path that is none, or a seed that is no whole number from 1 to 1,000;
            says what would work.

    >>> practice(["05"], memory=None).lessons
    ('05',)
    """
    known = _with_drills()
    chosen = known if lessons is None else [lessons] if isinstance(lessons, str) else list(lessons)
    if not chosen:
        raise ValueError(f"lessons: expected one or more of {', '.join(known)}")
    for lesson in chosen:
        if lesson not in known:
            raise ValueError(f"lessons: there are no drills in {lesson!r}; there are some in {', '.join(known)}")
    if type(seed) is not int or not 1 <= seed <= 1000:
        raise ValueError(f"seed: expected a whole number from 1 to 1,000, got {seed!r}")
    if memory is not None and (not isinstance(memory, str | Path) or not str(memory).strip() or "\0" in str(memory)):
        raise ValueError(f"memory: expected the path of a file such as '{FILE}', or None, got {memory!r}")
    keeps = Memory(clock) if memory is None or is_carried() else FileMemory(Path(memory), clock)
    return Practice(dict.fromkeys(chosen), keeps, seed, in_browser=memory is not None and is_carried())


def _with_drills() -> list[str]:
    for found in shelf.LESSONS.values():
        found.load()
    return [number for number in shelf.LESSONS if number in drills.GENERATORS]


def draw(task: Task, start: int) -> tuple[int, Question]:
    """A task's question, with its seed: other numbers than the level's newest had, and what is to be asked.

    >>> task = Task("01", 1, "alone", "pnl", after=4)
    >>> draw(task, 0)[1].text != drills.make("01", 4, 1).text
    True
    """
    before = drills.make(task.lesson, task.after, task.level).text if task.after else ""
    for seed in count((task.after or start) + 1):
        question = drills.make(task.lesson, seed, task.level)
        tried = seed - (task.after or start) > _TRIES  # what was asked once isn't asked any more
        if question.text != before and (tried or task.ask in ("", question.ask.name)):
            return seed, question
    raise AssertionError("seeds don't end")


class Practice(Card):
    """A card that goes on with whatever is to be practised next, and shows how far each lesson's skill is.

    >>> card = practice(["01"], memory=None)
    >>> card.task.stage, card.another(), card.task.stage
    ('shown', None, 'filled')
    """

    def __init__(self, lessons: Iterable[str], memory: Memory, seed: int = 1, *, in_browser: bool = False) -> None:
        Live.__init__(self)
        self._reasons = Reasons()
        self.lessons, self.memory, self.seed = tuple(lessons), memory, seed
        self.in_browser, self.waits = in_browser, in_browser
        self.task: Task | None = None
        self._progress, self._note = "", ""
        self._early = False
        self._go_on()

    @property
    def standing(self) -> Standing:
        """How each skill stands, and what follows."""
        return Standing(self.lessons, self.memory.answered)

    def _go_on(self) -> None:
        """Turn to the next task, if there is one."""
        standing = self.standing
        self.task = standing.next(self.memory.clock(), early=self._early)
        self.over, self.slips, self.reached = False, 0, -1
        self.steps: list[Step] = []
        self.filled: dict[int, str] = {}
        self.said: Verdict | None = None
        self.buttons = {"skip": "", "hint": "", "another": ""}
        self.given, self.verdict, self.helped, self.skipped, self.tries = None, None, False, False, 0
        self.progress = ""
        if self.task is None:
            self.buttons["another"] = "Practise all the same"
            self.lead = "All is learnt, and nothing is due"
            self._show()
            return
        stage = self.task.stage
        self.drawn, self.question = draw(self.task, self.seed * 1000)
        back = standing.skills[self.task.lesson].back
        self.lead = f"It comes back, with other numbers. {_LEADS[stage]}" if back and self.task.ask else _LEADS[stage]
        if stage == "shown":
            self.buttons.update(skip="I can do it alone", another="Next: the same with steps to fill in")
        else:
            self.buttons["hint"] = "Show this step" if stage == "filled" else "Show the way"
        if stage == "filled" and self.question.kind == "number":
            self.steps = with_blanks(self.question)
            self._to_next_blank()
        self._show()

    @property
    def _fills(self) -> bool:
        """Whether there are steps to fill in; a choice has none, and is asked as it is."""
        return bool(self.task and self.task.stage == "filled" and self.steps)

    def _to_next_blank(self) -> None:
        places = range(self.reached + 1, len(self.steps))
        self.reached = next((at for at in places if self.steps[at].value is not None), len(self.steps))
        if self.reached == len(self.steps):
            self._finish(right=not self.slips)

    def _finish(self, *, right: bool, stage: Stage | None = None) -> None:
        """The task is over: remember it, once."""
        assert self.task is not None
        if self.over:
            return
        self.over = True
        task = self.task
        self.memory.add(task.lesson, task.level, self.question.ask.name, self.drawn, stage or task.stage, right)
        if task.stage != "shown":
            self.buttons["another"] = "Next"
            self.buttons["hint"] = "" if self._fills else self.buttons["hint"]
            self.progress = f"That was lesson {self._called(task.lesson)}, level {task.level}."

    def _called(self, lesson: str) -> str:
        return f"{lesson}, {shelf.LESSONS[lesson].title}"

    def answer(self, given: Any) -> Verdict | None:
        """Answer, or fill in the step that is open. Only the first try counts; one may try again as often as one likes.

        An answer that can't be read counts for nothing; the card says what would work.
        """
        if self.task is None or self.task.stage == "shown":
            return None
        if not self._fills:
            verdict = super().answer(given)
            if verdict:
                self._finish(right=verdict.right)
                self._show()
            return verdict
        if self.over:
            return None
        step = self.steps[self.reached]
        try:
            self.said = step.judge(str(given), self.question)
        except ValueError as error:
            self._show(str(error))
            return None
        self.tries += 1
        if self.said.right:
            self.filled[self.reached] = "right"
            self._to_next_blank()
        else:
            self.slips += 1
        self._show()
        return self.said

    def help(self) -> None:
        """Show the way, or what belongs in the step that is open: the task comes back as if it had been wrong."""
        if self.task is None or self.task.stage == "shown":
            return
        if not self._fills:
            self._finish(right=False)
            super().help()
        elif not self.over:
            self.slips += 1
            self.tries += 1
            self.said = None
            self.filled[self.reached] = "shown"
            self._to_next_blank()
            self._show()

    @property
    def expects(self) -> str | list[str] | None:
        """What would be right now: of the step that is open, or of the question; nothing where nothing is asked."""
        if self.task is None or self.over or self.task.stage == "shown":
            return None
        if self._fills:
            return str(self.steps[self.reached].value)
        return self.question.right if self.question.kind in ("several", "order") else self.question.right[0]

    def skip(self) -> None:
        """Do alone what would be shown and filled in first."""
        if self.task and self.task.stage == "shown":
            self._finish(right=True, stage="skipped")
            self._go_on()

    def another(self) -> None:
        """Go on to the next task, once this one is over."""
        if self.task is None:
            self._early = True
        elif self.task.stage == "shown":
            self._finish(right=True)
        elif not self.over:
            return
        self._go_on()

    def forget(self) -> None:
        """Forget everything, where it is kept too, and begin anew."""
        self.memory.forget()
        self._early, self._note = False, ""
        self._go_on()

    def remember(self, text: str) -> bool:
        """Take in what the browser has kept, also by another tab; say whether it could be read."""
        began = bool(self.tries or self.over) and not self.waits
        self.waits = False
        try:
            if text:
                self.memory.join(text)
        except Unreadable as error:
            self._note = (
                f"What this browser had kept is no memory of a practice: {error}. It is set aside in the browser's "
                "storage, and practice begins anew."
            )
            self._show() if began else self._go_on()
            return False
        self._show() if began else self._go_on()
        return True

    def receive(self, message: Message) -> list[Sent]:
        """Answer the browser; a page also brings what it has kept, and says when it can keep nothing."""
        kind = message["kind"]
        if kind == "forget":
            self.forget()
        elif kind == "unkept":
            self._note = _UNKEPT
            self._show()
        elif kind == "remember":
            if not self.remember(str(message["text"])):
                return [({"kind": "aside", "text": message["text"]}, [])]
        else:
            return super().receive(message)
        return []

    def state(self) -> dict[str, Any]:
        """What a card's state has, how far each skill is, and on a page what is to be kept."""
        return {
            **super().state(),
            "_practice": self._standings,
            "_memory": self.memory.text() if self.in_browser else "",
        }

    def skills(self) -> list[dict[str, Any]]:
        """How far each lesson's skill is, as plain data: how many right in a row, and in words."""
        at = self.memory.clock()
        return [
            {
                "lesson": f"{skill.lesson} · {shelf.LESSONS[skill.lesson].title}",
                "row": ROW if skill.learnt else min(len(skill.row), ROW),
                "of": ROW,
                "learnt": skill.learnt,
                "said": how_far(skill, at),
            }
            for skill in self.standing.skills.values()
        ]

    def _show(self, note: str = "") -> None:
        where = _IN_BROWSER if self.in_browser else self.memory.where
        self._standings = {
            "skills": [] if self.waits else all_written(self.skills()),
            "where": written(where or "Kept until the kernel stops, and nowhere else."),
            "note": written(self._note or self.memory.note),
            "forget": bool(self.memory.answered),
        }
        self._standings["waits"] = self.waits
        if self.waits:
            nothing = {"skip": "", "hint": "", "another": ""}
            self._card = {**self._way(_MOMENT, []), "lead": "Practice", "buttons": nothing}
        elif self.task is None:
            self._card = self._way(self._resting(), [])
        elif self.task.stage == "shown":
            whole = [{"before": line} for line in self.question.solution()]
            self._card = self._way(self.question.text, whole)
            self._card["answer"] = written(f"Answer: {self.question.shown_answer()}.")
        elif self._fills:
            self._card = self._way(self.question.text, self._filled_steps(), note)
        else:
            super()._show(note)
            return
        self._tell("state", None, None)

    @property
    def tells(self) -> bool:
        """A way that is read tells all; one that is filled in does when it is whole."""
        if self.task is None or self.waits:
            return False
        if self.task.stage == "shown" or self._fills:
            return self.over or not self._fills
        return super().tells

    def _resting(self) -> str:
        due = [skill.due for skill in self.standing.skills.values() if skill.due]
        soonest = in_words(min(due) - self.memory.clock()) if due else "later"
        return f"The next to be asked again comes {soonest}. What is left until then is the better for it."

    def _filled_steps(self) -> list[dict[str, Any]]:
        """The steps up to the one that is open; what comes after would tell too much."""
        told = []
        for at, step in enumerate(self.steps[: self.reached + 1]):
            if at == self.reached:
                told.append({"before": step.before, "after": step.after, "unit": step.unit, "open": True})
            else:
                told.append({"before": step.whole, "sign": self.filled.get(at)})
        return told

    def _way(self, text: str, steps: list[dict[str, Any]], note: str = "") -> dict[str, Any]:
        """A card that shows a way, perhaps with a step that is open."""
        blanks = [step for step in self.steps if step.value is not None]
        left = f"Step {len(self.filled) + 1} of {len(blanks)} to fill in." if self._fills and not self.over else ""
        verdict = {"right": self.said.right, "text": written(self.said.sentence)} if self.said else None
        return {
            "kind": "way", "lead": written(self.lead), "text": written(text), "unit": "", "options": [],
            "steps": all_written(steps), "left": left, "answer": "", "given": None, "note": written(note),
            "verdict": verdict, "solution": [], "skipped": "", "right": None, "buttons": dict(self.buttons),
            "tries": self.tries, "whys": self.tells,
        }  # fmt: skip

    def still(self) -> tuple[str, str]:
        """What practice is, for a reader without a kernel: the same whatever is remembered."""
        what = "Drills of all lessons, mixed: first worked out, then with steps to fill in, then alone."
        return f"<p><strong>Practice.</strong> {escape(what)}</p><p><em>{UNANSWERED}</em></p>", repr(self)

    def __repr__(self) -> str:
        return legible(f"Practice: drills of the lessons {', '.join(self.lessons)}, mixed")


def how_far(skill: Skill, at: datetime) -> str:
    """How a skill stands at a time, in words.

    >>> how_far(Skill("05"), now())
    'not begun'
    """
    if skill.due is not None:
        return f"learnt; asked again {in_words(skill.due - at)}"
    if not skill.stages:
        return "not begun"
    many = len(skill.row)
    said = f"{min(many, ROW)} of {ROW} right in a row"
    if many >= ROW:
        said += ", of one kind; another kind is needed"
    if skill.back:
        said += "; what was wrong comes back soon"
    return f"{said}; was learnt before" if skill.was_learnt else said


def in_words(left: timedelta) -> str:
    """How long it is until then.

    >>> in_words(timedelta(days=3, hours=1)), in_words(timedelta(hours=5)), in_words(timedelta(0))
    ('in 3 days', 'in 5 hours', 'now')
    """
    hours = left / timedelta(hours=1)
    if hours <= 0:
        return "now"
    if hours < 1.5:
        return "in an hour"
    if hours < 23.5:
        return f"in {round(hours)} hours"
    days = max(1, round(hours / 24))
    return "in a day" if days == 1 else f"in {days} days"

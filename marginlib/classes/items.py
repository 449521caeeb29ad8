"""What an exercise is made of: fixed questions, drills with each student's own numbers, and panels to be set.

Each item as a file has it is a :class:`~marginlib.engine.scenario.Part`, so that what is wrong in it becomes a
sentence; for a student it becomes something with a question's face.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Protocol, TypeVar

from marginlib.classes.students import number_of
from marginlib.engine import kinds
from marginlib.engine.errors import InvalidScenario, Problem
from marginlib.engine.kinds import Amount, Kind
from marginlib.engine.scenario import Part
from marginlib.lessons import panel_named
from marginlib.panels.controls import Value, read_all, text
from marginlib.panels.panel import Panel
from marginlib.quiz import drills, shelf
from marginlib.quiz.asking import ANSWERS, Ask, Case
from marginlib.quiz.lesson import questions
from marginlib.quiz.question import Option, Question, Verdict
from marginlib.telling.numbers import money, number
from marginlib.telling.sentences import tell

T = TypeVar("T")
_GOAL = Amount("a goal, such as '40000'", least=-(10**12))
MOST_COUNT = 20
_MOST_LOOKED_AT = 400  # states of a panel, to find one that reaches the goal
_FIGURE = re.compile(r"\{(\w*)\}")


class Asked(Protocol):
    """An item as a student gets it: a question, or a panel to be set."""

    @property
    def kind(self) -> str:
        """How it is answered."""

    @property
    def unit(self) -> str:
        """A currency code, ``%``, ``×`` or nothing."""

    @property
    def text(self) -> str:
        """What is asked, in words."""

    @property
    def options(self) -> tuple[Option, ...]:
        """The answers to choose from."""

    @property
    def right(self) -> Sequence[str]:
        """The right answer as texts, where there are options."""

    def shown_answer(self) -> str:
        """The right answer, as a person reads it."""

    def judge(self, given: object) -> Verdict:
        """Judge an answer.

        Raises:
            ValueError: it can't be read; the sentence says what would work.
        """

    def solution(self) -> list[str]:
        """The way there, step by step."""


class Whole(Kind[int]):
    """A whole number from one to another."""

    def __init__(self, what: str, least: int, most: int) -> None:
        """Say what it is, and its limits."""
        self.what, self.least, self.most = what, least, most

    def read(self, value: object) -> int:
        """The number."""
        if type(value) is int and self.least <= value <= self.most:
            return value
        raise kinds.expected(f"{self.what}, a whole number from {self.least} to {self.most}", value)


class Words(Kind[str]):
    """Text that isn't empty."""

    def __init__(self, what: str) -> None:
        """Say what it is."""
        self.what = what

    def read(self, value: object) -> str:
        """The text."""
        if isinstance(value, str) and value.strip():
            return value
        raise kinds.expected(self.what, value)


class _LessonKind(Kind[str]):
    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise kinds.expected("a lesson's number as text, such as '05'", value)
        return _worded(lambda: shelf.LESSONS.find(value).number)


class _Drills(Kind[str]):
    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise kinds.expected("the lesson of a drill as text, such as '05'", value)
        _worded(lambda: drills.make(value, 1, 1))
        return value


class _PanelKind(Kind["type[Panel[Any]]"]):
    def read(self, value: object) -> type[Panel[Any]]:
        if isinstance(value, type) and issubclass(value, Panel):
            return value
        if not isinstance(value, str):
            raise kinds.expected("a panel's name, such as 'HowFar'", value)
        return _worded(lambda: panel_named(value))


class _Goals(Kind[tuple[Decimal, ...]]):
    """One goal, or several of which each student gets one."""

    def read(self, value: object) -> tuple[Decimal, ...]:
        several = isinstance(value, list | tuple)
        if several and not value:
            raise InvalidScenario("expected a goal, or a list of some, got an empty list")
        read = kinds.items(_GOAL, value) if several else (_GOAL.read(value),)
        return tuple(each for each in read if isinstance(each, Decimal))


class _Figure(Kind[Ask]):
    def read(self, value: object) -> Ask:
        if isinstance(value, Ask):
            return value
        if not isinstance(value, str):
            raise kinds.expected("a figure of the panel's story, such as 'call_price' or 'taken:BTC'", value)
        return _worded(lambda: Ask.parse(value))


class _Start(Kind[Mapping[str, Any]]):
    def read(self, value: object) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise kinds.expected("a table of values such as { move = -10 }", value)
        return dict(value)


def _worded(read: Callable[[], T]) -> T:
    """What is read, or the sentence that says why not."""
    try:
        return read()
    except KeyError as error:
        raise InvalidScenario(str(error.args[0])) from None
    except ValueError as error:
        raise InvalidScenario(str(error).removeprefix("ask: ")) from None


class Item:
    """One item of an exercise."""

    what: str = ""

    def asked(self, seed: int) -> Asked:
        """The item as it is asked of whoever has this seed."""
        raise NotImplementedError

    def problems(self) -> Iterator[Problem]:
        """What would keep a student from an answer, each with its place in the item."""
        yield from ()


class Fixed(Item):
    """A question that is the same for all."""

    def __init__(self, question: Question, what: str = "question") -> None:
        self.question, self.what = question, what

    def asked(self, seed: int) -> Question:  # noqa: ARG002
        """The question."""
        return self.question

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the question."""
        yield from self.question.problems()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCheck(Part):
    """A lesson's own check, as a file names it."""

    lesson: Annotated[str, _LessonKind()]
    check: Annotated[str, Words("the name of one of the lesson's checks")]

    def items(self) -> list[Item]:
        """The question.

        Raises:
            InvalidScenario: the lesson has no such check; lists those that it has.
        """
        known = questions(self.lesson).check
        if self.check not in known:
            said = f"there is no check {kinds.shown(self.check)} in lesson {self.lesson}; known: {', '.join(known)}"
            raise InvalidScenario(said, [(("check",), said)])
        return [Fixed(known[self.check], f"lesson {self.lesson}, check {self.check}")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDrill(Part):
    """Drills of a lesson, as a file has them: so many at a level."""

    drill: Annotated[str, _Drills()]
    level: Annotated[int, Whole("a level", 1, drills.LEVELS)] = 1
    count: Annotated[int, Whole("how many drills", 1, MOST_COUNT)] = 1

    def items(self) -> list[Item]:
        """So many drills."""
        return [Drilled(self.drill, self.level) for _ in range(self.count)]


class Drilled(Item):
    """A drill, with numbers from a seed."""

    def __init__(self, lesson: str, level: int) -> None:
        self.lesson, self.level = lesson, level
        self.what = f"drill of lesson {lesson}, level {level}"

    def asked(self, seed: int) -> Question:
        """The drill with the numbers of this seed."""
        return drills.make(self.lesson, seed, self.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenState(Part):
    """A panel to be brought into a state, as a file has it."""

    panel: Annotated[type[Panel[Any]], _PanelKind()]
    text: Annotated[str, Words('what is to be done, such as "Bring the margin call to {goal}."')]
    ask: Annotated[Ask, _Figure()]
    goal: Annotated[tuple[Decimal, ...], _Goals()]
    tolerance: Annotated[Decimal, Amount("a tolerance of 0 or more")]
    unit: Annotated[str, kinds.Text()] = ""
    start: Annotated[Mapping[str, Any], _Start()] = field(default_factory=dict)

    def items(self) -> list[Item]:
        """The panel, to be set.

        Raises:
            InvalidScenario: a start value that the panel refuses, or a text that names something else than the goal.
        """
        try:
            start = read_all(self.panel.controls, dict(self.start))
        except ValueError as error:
            raise InvalidScenario(str(error), [(("start",), str(error))]) from None
        for name in _FIGURE.findall(self.text):
            if name != "goal":
                said = f"there is no {{{name}}} here; known: {{goal}}"
                raise InvalidScenario(said, [(("text",), said)])
        return [State(self, start, _slips(self))]


def _slips(written: WrittenState) -> list[Problem]:
    """What would be odd to read, or keep the goal from its student."""
    slips: list[Problem] = []
    if written.unit and re.search(r"\{goal\}\s*" + re.escape(written.unit), written.text):
        said = f"{{goal}} has its unit with it; leave out the {kinds.shown(written.unit)} after it"
        slips.append((("text",), said))
    if len(set(written.goal)) > 1 and "{goal}" not in written.text:
        said = "each student gets another goal, and the text doesn't say it; write {goal} where it is to stand"
        slips.append((("text",), said))
    return slips


class State(Item):
    """A panel to be brought into a state: a figure of its story is to be what the goal says, within the tolerance."""

    def __init__(self, written: WrittenState, start: dict[str, Value], slips: Sequence[Problem] = ()) -> None:
        self.written, self.start, self.slips = written, start, slips
        self.what = f"panel {written.panel.__name__}"

    def asked(self, seed: int) -> "Setting":
        """The panel with the goal of this seed."""
        settings = self.settings()
        return settings[seed % len(settings)]

    def settings(self) -> "list[Setting]":
        """The panel with each goal that a student may get."""
        return [Setting(self, goal) for goal in self.written.goal]

    @functools.cached_property
    def _panel(self) -> Panel[Any]:
        """A panel that tells of scenarios, and is never shown."""
        return self.written.panel()

    def case(self, values: Mapping[str, object]) -> Case:
        """The story of a state of the panel."""
        return Case(self._panel.scenario(read_all(self.written.panel.controls, values)))

    def figure(self, values: Mapping[str, object]) -> Decimal:
        """The figure in a state of the panel.

        Raises:
            ValueError: it has none there; says why.
        """
        given = self.case(values).answer(self.written.ask)
        if not isinstance(given, Decimal):
            raise ValueError(f"'{self.written.ask}' is answered with words here, not with a number")
        return given

    def problems(self) -> Iterator[Problem]:
        """What would keep a student from the goal."""
        yield from self.slips
        ask = self.written.ask
        try:
            now = self.figure(self.start)
        except NotImplementedError:
            yield ("panel",), f"{self.written.panel.__name__} tells no story, so none of its figures can be a goal"
            return
        except Exception as error:
            said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            yield ("ask",), f"'{ask}' has no answer at the start of the panel: {said}"
            return
        known, said = ANSWERS[ask.name], self.written.unit
        unit = known.unit(self.case(self.start).story, ask.of) if known.unit else ""
        if said and unit and said != unit:
            yield ("unit",), f"'{ask}' is answered in {unit} here, not in {said}; write unit = \"{unit}\""
        for goal in self.written.goal:
            if abs(now - goal) <= self.written.tolerance:
                yield (
                    ("goal",),
                    f"the panel is there at its start already: {self.shown(now)}; give another start or goal",
                )

    def shown(self, value: Decimal) -> str:
        """An amount with the item's unit."""
        unit = self.written.unit
        return f"{number(value, 2)} {unit}".strip() if unit in ("%", "×", "") else money(value, unit)


class Setting:
    """A panel's item as a student gets it: what is given is the link of the state that it was brought into."""

    kind = "state"
    options: tuple[Option, ...] = ()
    right: tuple[str, ...] = ()

    def __init__(self, item: State, goal: Decimal) -> None:
        self.item, self.goal, self.unit = item, goal, item.written.unit

    @property
    def panel(self) -> type[Panel[Any]]:
        """The panel's class."""
        return self.item.written.panel

    @property
    def text(self) -> str:
        """What is to be done, with this student's goal."""
        return self.item.written.text.replace("{goal}", self.item.shown(self.goal))

    def values(self, link: str) -> Mapping[str, Value]:
        """The values that a link says."""
        read: Mapping[str, Value] = self.panel.read_link(link)
        return read

    def judge(self, given: object) -> Verdict:
        """Judge a state, by the panel's link to it.

        Raises:
            ValueError: no link to a state of this panel.
        """
        values = self.values(str(given))
        try:
            now = self.item.figure(values)
        except ValueError as error:
            return Verdict(False, f"Not there yet: {error}.")
        if abs(now - self.goal) <= self.item.written.tolerance:
            return Verdict(True, f"Yes: {self.item.shown(now)}.")
        return Verdict(False, f"It is {self.item.shown(now)} now, and is to be {self._wanted()}.")

    def _wanted(self) -> str:
        off = self.item.written.tolerance
        return self.item.shown(self.goal) + (f" ± {self.item.shown(off)}" if off else "")

    def shown_answer(self) -> str:
        """The goal, and a state that reaches it where one control is enough."""
        found = self.found()
        values = ", ".join(f"{name} = {text(value)}" for name, value in (found or {}).items())
        how = f"; reached with {values}" if found else "; no single control reaches it from the start"
        return self._wanted() + how

    def found(self) -> dict[str, Value] | None:
        """What to change of the start to reach the goal with one control; None where that isn't enough."""
        start, looked = self.item.start, 0
        for control in self.panel.controls:
            for value in control.track(start[control.name]):
                looked += 1
                if looked > _MOST_LOOKED_AT:
                    return None
                try:
                    now = self.item.figure({**start, control.name: value})
                except ValueError:
                    continue
                if abs(now - self.goal) <= self.item.written.tolerance:
                    return {control.name: value}
        return None

    def solution(self) -> list[str]:
        """A state that reaches it, and its story."""
        found = self.found()
        if not found:
            return []
        return tell(self.item.case({**self.item.start, **found}).story)


def seed_for(exercise: int, student: str, item: int) -> int:
    """The seed of a student's own numbers in an item, from the class's seed and the name (see ``students.normal``)."""
    return number_of(exercise, student, item) % 10**9


KINDS = {"lesson": WrittenCheck, "drill": WrittenDrill, "panel": WrittenState}
"""What an item is, by the key that says so; all else is a question."""

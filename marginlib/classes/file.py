"""An exercise: read from a file or from a link, and looked through whole, so that what is wrong is said to the teacher.

::

    title = "What a loss takes"
    mode = "learning"     # or "exam": no verdicts, no solutions
    seed = 7              # the class's: each student's own numbers come from it and the name
    minutes = 20          # shown, never enforced
    back = true           # false: no way back to an earlier question

    [[item]]              # a lesson's own check
    lesson = "05"
    check = "taken"

    [[item]]              # drills, with each student's own numbers
    drill = "05"
    level = 2
    count = 3

    [[item]]              # a panel to be brought into a state; one goal, or a list of which each student gets one
    panel = "HowFar"
    text = "Bring the margin call to {goal}."
    ask = "call_price"
    goal = [15000, 16000]
    tolerance = 100
    unit = "USD"
    start = { USD = 8000 }

    [[item]]              # a question of one's own, as in data/lessons/*.toml
    kind = "number"
    …

Reading it takes nothing but Python: a page without the validation library has the same sentences.
"""

import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from marginlib.classes import packed
from marginlib.classes.handed_in import MOST_ITEMS
from marginlib.classes.items import KINDS, Asked, Fixed, Item, Whole, Words, seed_for
from marginlib.classes.students import normal
from marginlib.engine import kinds
from marginlib.engine.amounts import plain
from marginlib.engine.errors import InvalidRulebook, InvalidScenario, Problem
from marginlib.engine.kinds import Maybe, OneOf, TrueOrFalse
from marginlib.engine.legible import legible
from marginlib.engine.scenario import Part
from marginlib.quiz import shelf
from marginlib.quiz.file import read_question, read_scenarios
from marginlib.reading.files import line_of, parsed, text_of

_TOKENS = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')
_MOST_SHOWN, _MOST_TRIES = 2, 20


class InvalidExercise(ValueError):
    """An exercise that can't be used; the sentence names the file, the line and what would work."""

    def __init__(self, message: str) -> None:
        super().__init__(legible(message))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head(Part):
    """What an exercise says of itself, beside its items."""

    title: Annotated[str, Words('a title, such as "What a loss takes"')]
    mode: Annotated[Literal["learning", "exam"], OneOf("learning", "exam")] = "learning"
    seed: Annotated[int, Whole("the class's seed", 0, 10**9)] = 1
    minutes: Annotated[int | None, Maybe(Whole("minutes", 1, 500))] = None
    back: Annotated[bool, TrueOrFalse()] = True


@dataclass(frozen=True)
class Exercise:
    """An exercise that can be used: its items, its mode, and the plain data that it was made of."""

    title: str
    mode: Literal["learning", "exam"]
    seed: int
    minutes: int | None
    back: bool
    items: tuple[Item, ...]
    data: Mapping[str, Any] = field(repr=False)

    @property
    def exam(self) -> bool:
        """Whether nothing is said of answers."""
        return self.mode == "exam"

    @functools.cached_property
    def digest(self) -> str:
        """What is asked and how, as a short name: another title or time makes no other exercise of it."""
        how = {"seed": self.seed, "exam": self.exam, "back": self.back or not self.exam}
        asked = {**how, **{key: self.data[key] for key in ("scenarios", "item") if key in self.data}}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    @property
    def mark(self) -> int:
        """The exercise as a result code names it."""
        return int(self.digest[:4], 16)

    def asked(self, student: object) -> list[Asked]:
        """The items as a student gets them.

        Raises:
            ValueError: nothing that names a student.
        """
        name, found = normal(student), list[Asked]()
        for at, item in enumerate(self.items):
            texts = {each.text for each in found}
            seed = seed_for(self.seed, name, at)
            tries = (item.asked(seed + more) for more in range(1 if isinstance(item, Fixed) else _MOST_TRIES))
            asked = next(tries)
            while asked.text in texts and (other := next(tries, None)):  # a drill that was asked already
                asked = other
            found.append(asked)
        return found

    def link(self, site: str = "") -> str:
        """The exercise as a link, or as the code after a link's ``#``, without a site."""
        return packed.written(self.data, site)


def read_exercise(source: str | Path) -> Exercise:
    """An exercise from a file, a link or a code.

    Raises:
        InvalidExercise: it is none; names the file and the line, and says what would work.
    """
    if not isinstance(source, str | Path) or not str(source).strip():
        raise InvalidExercise(f"expected an exercise's file, link or code, got {kinds.shown(source)}")
    if isinstance(source, str) and packed.is_link(source):
        try:
            data = packed.read(source)
        except ValueError as error:
            raise InvalidExercise(f"this link can't be opened: {error}") from None
        return _exercise(data, "the exercise in the link", "")
    path = Path(source)
    if "\0" in str(source) or len(str(source)) > 1_000:
        raise InvalidExercise(
            "this is no exercise: neither a file's path, nor a link or code as `marginlib exercise link` gives it"
        )
    try:
        text = text_of(path.parent, path.name)
        data = parsed(text, path.name)
    except InvalidRulebook as error:
        hint = (
            "; expected a file such as week1.toml, or a link or code such as #x1/…" if "missing" in str(error) else ""
        )
        raise InvalidExercise(f"{error}{hint}") from None
    return _exercise(data, path.name, text)


def _exercise(data: Mapping[str, Any], name: str, text: str) -> Exercise:
    for found in shelf.LESSONS.values():  # what a question may ask, and the mistakes that it may name
        found.load()
    problems: list[Problem] = []
    known = [*_Head.known(), "scenarios", "item"]
    problems += [((key,), kinds.unknown(key, known)) for key in data if key not in known]
    said: _Head | None = None
    try:
        said = _Head(**{key: data[key] for key in _Head.known() if key in data})
    except InvalidScenario as error:
        problems += error.problems
    scenarios = read_scenarios(data, problems)
    items: list[Item] = []
    for at, written in enumerate(_listed(data, problems)):
        try:
            for item in (made := _items(written, data, scenarios)):
                if len(made) == 1 or item is made[0]:
                    problems += [(("item", at, *place), why) for place, why in item.problems()]
            items += made
        except InvalidScenario as error:
            problems += [(("item", at, *place), why) for place, why in error.problems]
    if not problems and len(items) > MOST_ITEMS:
        problems.append((("item",), f"there are {len(items)} questions; expected at most {MOST_ITEMS}"))
    if problems or said is None:
        raise InvalidExercise(_told(problems, name, text))
    plainly: Any = _plain(data)
    return Exercise(said.title, said.mode, said.seed, said.minutes, said.back, tuple(items), plainly)


def _listed(data: Mapping[str, Any], problems: list[Problem]) -> Sequence[Mapping[str, Any]]:
    found = data.get("item")
    if isinstance(found, list) and found and all(isinstance(each, Mapping) for each in found):
        return found
    got = f", got {kinds.shown(found)}" if "item" in data else ""
    problems.append((("item",), f"expected at least one question, each a table that begins with [[item]]{got}"))
    return []


def _items(written: Mapping[str, Any], data: Mapping[str, Any], scenarios: Mapping[str, Any]) -> list[Item]:
    for key, kind in KINDS.items():
        if key in written:
            found: list[Item] = kind(**written).items()
            return found
    if "kind" not in written:
        said = (
            "expected what it is: lesson and check, drill, panel, or a question with its kind; "
            f"got {', '.join(map(kinds.shown, written)) or 'nothing'}"
        )
        raise InvalidScenario(said, [((), said)])
    return [Fixed(read_question(written, data, scenarios))]


def _told(problems: list[Problem], name: str, text: str) -> str:
    """What is wrong first, and where; a misspelt key is both unknown and missing, and the unknown one is the slip."""
    problems = sorted(problems, key=lambda each: not each[1].startswith("unknown key"))
    sentences = []
    for place, said in problems[:_MOST_SHOWN]:
        shown = [str(each + 1) if isinstance(each, int) else each for each in place]
        where = f"item {'.'.join(shown[1:])}" if shown[:1] == ["item"] and len(shown) > 1 else ".".join(shown)
        sentences.append(f"{f'line {line_of(text, place)}, ' if text else ''}{where or 'the whole'}: {said}")
    more = len(problems) - _MOST_SHOWN
    unique = list(dict.fromkeys(sentences))
    return f"{name}: {'; '.join(unique)}{f'; and {more} more' if more > 0 else ''}"


def _plain(value: Any) -> Any:
    """Plain data as JSON has it: decimals as text, scenarios without the spaces between."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return _TOKENS.sub(lambda found: found[1] or "", value)
    return value

"""Endless questions of a lesson's kind, from a seed. The same seed and level always give the same question.

A lesson's generator takes a random source and a level from 1 and makes a question with numbers that a person can work
with. :func:`make` tries until the scenario isn't refused, the answer is no ugly number, and at least three recognised
mistakes lead to other answers than the right one, and than each other.
"""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Literal, Required, TypedDict

from marginlib.quiz import shelf
from marginlib.quiz.question import Question
from marginlib.quiz.registry import Registry
from marginlib.reading.rulebooks import rulebook

LEVELS = 4
_TRIES = 4000


class StepData(TypedDict, total=False):
    """A step of a drill's scenario, as the scenario format has it."""

    do: Required[str]
    pair: str
    side: str
    volume: str
    leverage: int
    price: str
    trigger: str
    hours: int


class RulesData(TypedDict, total=False):
    """What a drill's scenario changes of the rules."""

    initial_margin_check: bool
    liquidation: str
    haircuts: dict[str, str]


class ScenarioData(TypedDict, total=False):
    """A drill's scenario, as the scenario format has it."""

    balances: dict[str, str]
    prices: dict[str, str]
    fees: dict[str, str | dict[str, str]]
    valuation: str
    rules: RulesData
    steps: Required[list[StepData]]


class QuestionData(TypedDict, total=False):
    """A drill's question, as a lesson's file has it (see Question); figures may be named in its text."""

    kind: Required[Literal["one", "several", "number", "order"]]
    text: Required[str]
    ask: Required[str]
    unit: str
    tolerance: str
    scenario: Required[ScenarioData]
    options: list[dict[str, str]]
    mistakes: list[str]
    explain: str


Generator = Callable[[Random, int], QuestionData]
GENERATORS: Registry[Generator] = Registry("drill for lesson")


def drill(lesson: str) -> Callable[[Generator], Generator]:
    """Register the generator of a lesson's drills: it returns a question as data (see Question).

    Raises:
        ValueError: the lesson has a generator already.
    """

    def register(generator: Generator) -> Generator:
        return GENERATORS.add(lesson, generator, generator.__module__)

    return register


def make(lesson: str, seed: int, level: int = 1) -> Question:
    """A lesson's drill for a seed, at a level from 1 (one lot, one currency) to 4.

    Raises:
        KeyError: the lesson has no drills; lists those that have some.
        ValueError: a seed that is no whole number, or no such level; says what would work.

    >>> make("05", 7).text == make("05", 7).text
    True
    """
    if type(seed) is not int:
        raise ValueError(f"seed: expected a whole number such as 7, got {seed!r}")
    if type(level) is not int or not 1 <= level <= LEVELS:
        raise ValueError(f"level: expected a whole number from 1 to {LEVELS}, got {level!r}")
    if lesson not in GENERATORS and lesson in shelf.LESSONS:
        shelf.LESSONS[lesson].load()
    if lesson not in GENERATORS:
        raise KeyError(f"lesson {lesson} has no drills; there are some in {', '.join(_with_drills())}")
    for attempt in range(_TRIES):
        question = Question(**GENERATORS[lesson](Random(f"{lesson} {seed} {level} {attempt}"), level))
        if usable(question):
            return question
    raise AssertionError(
        f"lesson {lesson}, seed {seed}, level {level}: no usable drill in {_TRIES} tries; it needs a round answer, and "
        "three mistakes with other answers"
    )


def _with_drills() -> list[str]:
    for found in shelf.LESSONS.values():
        found.load()
    return sorted(GENERATORS)


def usable(question: Question) -> bool:
    """Whether a person can work with it: a round answer, and three mistakes that can be told apart."""
    if question.kind != "number":
        return bool(question.right)
    try:
        right = question.answer
    except ValueError:  # its opening was refused, say, and there is no margin level
        return False
    if not isinstance(right, Decimal) or not right or not _round(right, question.unit):
        return False
    values = [right]
    for _, value in question.mistaken():  # one by one: most tries end before the last
        if any(abs(value - other) <= 2 * question.tolerance for other in values):
            return False
        values.append(value)
    return len(values) > 3


def _round(value: Decimal, unit: str) -> bool:
    """Few digits: at most two decimals, or, where it isn't cash, four digits in all."""
    digits = value.normalize()
    few = len(digits.as_tuple().digits) <= 4 and unit not in rulebook().cash
    return int(digits.as_tuple().exponent) >= -2 or few


def pick(random: Random, *choices: str) -> str:
    """One of a few texts."""
    return random.choice(choices)

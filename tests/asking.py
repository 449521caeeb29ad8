"""Short ways to ask, for tests: what a wrong model gives, once the lesson that has it is loaded."""

from decimal import Decimal

from marginlib.engine.scenario import Scenario
from marginlib.quiz.asking import Ask, Case
from marginlib.quiz.mistakes import MISTAKES
from marginlib.quiz.shelf import LESSONS


def load(*lessons: str) -> None:
    """Load the quiz modules of lessons, by number."""
    for lesson in lessons:
        LESSONS.find(lesson).load()


def wrongly(name: str, scenario: Scenario, ask: str) -> Decimal | None:
    """What a wrong model gives."""
    return MISTAKES[name].gives(Case(scenario), Ask.parse(ask))

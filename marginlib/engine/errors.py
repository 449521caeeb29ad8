"""What can go wrong: a scenario that can't be read, and a step that the rules refuse."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from marginlib.engine.legible import legible

RefusalCode = Literal[
    "insufficient_funds",
    "insufficient_margin",
    "no_position",
    "volume_exceeds_position",
    "opposite_position_open",
    "missing_price",
    "wrong_stop_side",
]

Place = tuple[str | int, ...]
"""Where something lies in a scenario: ``("steps", 3, "volume")``."""
Problem = tuple[Place, str]


class InvalidScenario(ValueError):
    """A scenario that is unreadable or malformed; the message names the place and what was expected.

    ``problems`` has each place apart, with its own words.

    >>> str(InvalidScenario("steps[3].volume: expected a positive amount, got 'abc'"))
    "steps[3].volume: expected a positive amount, got 'abc'"
    """

    code = "invalid_scenario"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(legible(message))
        self.problems = problems or [((), message)]


class InvalidRulebook(ValueError):
    """A file in ``data/`` that is broken; the message names the file, the line and the reason."""

    def __init__(self, message: str) -> None:
        super().__init__(legible(message))


class Refusal(Exception):
    """A step that the rules refuse. It changes nothing (A7).

    >>> refusal = Refusal("no_position", "There is no open position in BTC/EUR.", rules=("R9",))
    >>> refusal.code, str(refusal), refusal.rules
    ('no_position', 'There is no open position in BTC/EUR.', ('R9',))
    """

    def __init__(
        self, code: RefusalCode, message: str, rules: tuple[str, ...] = (), lacking: tuple[str, Fraction] | None = None
    ) -> None:
        """Say why; ``lacking`` is how much of which currency is too little, where more of it would do."""
        super().__init__(message)
        self.code = code
        self.rules = rules
        self.lacking = lacking


def given(name: str, value: object, kind: type, such: str) -> None:
    """Say what a function takes, where it is given something else.

    Raises:
        TypeError: the value is of another kind.

    >>> given("story", 5, str, "a story, such as replay(scenario) gives")
    Traceback (most recent call last):
    TypeError: story: expected a story, such as replay(scenario) gives, got 5
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name}: expected {such}, got {legible(repr(value))[:60]}")

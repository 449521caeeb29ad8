"""What a learner can move: sliders, choices, switches and steps, and the one way in which their values are written.

A value has the same text in Python and in the browser, so that a state is found under the same key on both sides.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from marginlib.engine.amounts import plain, rounded

_NUMBER = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)")

Value = Decimal | str | bool | None


@dataclass(frozen=True)
class Slider:
    """A number on a track, with a number box beside it. Amounts are in ``unit``.

    A slider of a ``group`` with ``removable`` may be taken away: its value is then None. One that is time (days, a
    moment) is ``played``: a button runs it to its end. ``spoken`` is what a screen reader says before the label, where
    the label alone ("EUR") says too little; without it, the group's heading.

    >>> Slider("move", "Price move", "%", -40, 10, "0.5", -25, "How far the price goes.").read("-10.0")
    Decimal('-10')
    """

    name: str
    label: str
    unit: str
    least: Decimal | int | str
    most: Decimal | int | str
    step: Decimal | int | str
    start: Decimal | int | str | None
    legend: str
    decimals: int | None = None
    group: str = ""
    removable: bool = False
    played: bool = False
    spoken: str = ""

    def read(self, value: object) -> Decimal | None:
        """A value as this control keeps it.

        Raises:
            ValueError: not a number, or out of range; the sentence says what would work.
        """
        if self.removable and value in (None, ""):
            return None
        said = str(value).strip()
        try:  # what else Python takes for a number, such as 1_0 or 1e1, the browser doesn't
            number = Decimal("NaN" if isinstance(value, str) and not _NUMBER.fullmatch(said) else said)
        except InvalidOperation:
            number = Decimal("NaN")
        if isinstance(value, bool) or not number.is_finite():
            raise ValueError(f"{self.name}: {self.wanted}, got {value!r}")
        if not Decimal(self.least) <= number <= Decimal(self.most):
            raise ValueError(f"{self.name}: {self.wanted}, got {number}")
        return Decimal(plain(rounded(number, self.places)))

    @property
    def wanted(self) -> str:
        """What it reads, for a sentence about something else."""
        return f"expected a number from {plain(Decimal(self.least))} to {plain(Decimal(self.most))}"

    @property
    def places(self) -> int:
        """How many decimals a value may have."""
        return self.decimals if self.decimals is not None else len(str(self.step).partition(".")[2])

    def track(self, at: Value = None) -> list[Value]:
        """All values along the slider; those nearest to one of them first."""
        least, step = Decimal(self.least), Decimal(self.step)
        values: list[Decimal] = [least + step * i for i in range(int((Decimal(self.most) - least) / step) + 1)]
        return [*(sorted(values, key=lambda value: abs(value - at)) if isinstance(at, Decimal) else values)]

    def describe(self) -> dict[str, Any]:
        """What the browser needs to draw it."""
        keys = ("name", "label", "unit", "legend", "group", "removable", "played", "spoken")
        numbers = {key: plain(Decimal(getattr(self, key))) for key in ("least", "most", "step")}
        return {"kind": "slider", **{key: getattr(self, key) for key in keys}, **numbers, "places": self.places}


@dataclass(frozen=True)
class Choice:
    """One of a few words.

    >>> Choice("side", "Side", ("long", "short"), "long", "Buy or sell on margin.").read("short")
    'short'
    """

    name: str
    label: str
    options: tuple[str, ...]
    start: str
    legend: str

    def read(self, value: object) -> str:
        """A value as this control keeps it.

        Raises:
            ValueError: not one of the options.
        """
        if isinstance(value, str) and value in self.options:
            return value
        raise ValueError(f"{self.name}: {self.wanted}, got {value!r}")

    @property
    def wanted(self) -> str:
        """What it reads, for a sentence about something else."""
        return f"expected one of {', '.join(self.options)}"

    def track(self, _at: Value = None) -> list[Value]:
        """All options."""
        return list(self.options)

    def describe(self) -> dict[str, Any]:
        """What the browser needs to draw it."""
        return {
            "kind": "choice",
            "name": self.name,
            "label": self.label,
            "options": list(self.options),
            "legend": self.legend,
        }


@dataclass(frozen=True)
class Switch:
    """On or off.

    >>> Switch("check", "Check the margin", True, "Refuse what starts below 100 %.").read("false")
    False
    """

    name: str
    label: str
    start: bool
    legend: str

    def read(self, value: object) -> bool:
        """A value as this control keeps it.

        Raises:
            ValueError: neither true nor false.
        """
        if value in (True, "true"):
            return True
        if value in (False, "false"):
            return False
        raise ValueError(f"{self.name}: {self.wanted}, got {value!r}")

    @property
    def wanted(self) -> str:
        """What it reads, for a sentence about something else."""
        return "expected True or False"

    def track(self, _at: Value = None) -> list[Value]:
        """Off and on."""
        return [False, True]

    def describe(self) -> dict[str, Any]:
        """What the browser needs to draw it."""
        return {"kind": "switch", "name": self.name, "label": self.label, "legend": self.legend}


@dataclass(frozen=True)
class Walk:
    """Named steps to be walked forward and back; the value is the step's number, from 1, as text.

    >>> Walk("step", "The opening", ("Before", "The trade", "After"), "1", "What happens, in order.").read(2)
    '2'
    """

    name: str
    label: str
    steps: tuple[str, ...]
    start: str
    legend: str

    def read(self, value: object) -> str:
        """A value as this control keeps it.

        Raises:
            ValueError: not the number of a step.
        """
        if not isinstance(value, bool) and str(value) in self.track():
            return str(value)
        raise ValueError(f"{self.name}: {self.wanted}, got {value!r}")

    @property
    def wanted(self) -> str:
        """What it reads, for a sentence about something else."""
        return f"expected a step from 1 to {len(self.steps)}"

    def track(self, _at: Value = None) -> list[Value]:
        """All steps."""
        return [str(step) for step in range(1, len(self.steps) + 1)]

    def describe(self) -> dict[str, Any]:
        """What the browser needs to draw it."""
        return {
            "kind": "walk",
            "name": self.name,
            "label": self.label,
            "steps": list(self.steps),
            "legend": self.legend,
        }


Control = Slider | Choice | Switch | Walk


def text(value: Value) -> str:
    """A value as it travels and as keys are made of it: the same in Python and JavaScript.

    >>> text(Decimal("19.0")), text(True), text(None)
    ('19', 'true', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, Decimal) else value


def key(values: Mapping[str, Value]) -> str:
    """The key of a state: the texts of all values, in the controls' order."""
    return "|".join(text(value) for value in values.values())


def read_all(controls: Iterable[Control], values: Mapping[str, object]) -> dict[str, Value]:
    """Values for all controls, each as its control keeps it.

    Raises:
        ValueError: an unknown name, or a value that its control refuses.
    """
    known = {control.name: control for control in controls}
    for name in values:
        if name not in known:
            raise ValueError(f"{name}: no such control; known here: {', '.join(known)}")
    return {name: control.read(values.get(name, control.start)) for name, control in known.items()}

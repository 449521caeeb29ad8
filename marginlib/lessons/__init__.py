"""The lessons: their panels, one line each in a notebook; a ``Lesson`` has their questions; ``practice`` mixes them.

Each name is loaded when it is first used: a lesson needs no other.

>>> from marginlib.lessons import LossCascade
>>> panel = LossCascade(move=-10)
>>> panel.values["move"]
Decimal('-10')
"""

import importlib
from typing import TYPE_CHECKING, Any

from marginlib.engine.kinds import nearest
from marginlib.panels import links
from marginlib.panels.links import shown

if TYPE_CHECKING:
    from marginlib.lessons.borrowing.panel import BalanceSheet, OpeningSteps
    from marginlib.lessons.going_short.panel import ClosingSteps, ShortAndMirror, ShortOrFuture, StopRun
    from marginlib.lessons.ledger.book import YourLedger
    from marginlib.lessons.loss_cascade.panel import LossCascade
    from marginlib.lessons.margin_call.night import CrashNight
    from marginlib.lessons.margin_call.panel import HowFar, ThroughTheCrash
    from marginlib.lessons.own_case.own_case import OwnCase
    from marginlib.lessons.queue.panel import LotQueue
    from marginlib.lessons.settle_or_close.panel import SettleOrClose
    from marginlib.lessons.settle_or_close.settle_form import SettleForm
    from marginlib.lessons.start.panel import Life
    from marginlib.lessons.ways_out.panel import WaysOut
    from marginlib.panels.exploring import explore
    from marginlib.panels.panel import Panel
    from marginlib.quiz.lesson import Lesson
    from marginlib.quiz.practice import practice

_ROOMS = {
    "lessons.borrowing.panel": ("BalanceSheet", "OpeningSteps"),
    "lessons.going_short.panel": ("ClosingSteps", "ShortAndMirror", "ShortOrFuture", "StopRun"),
    "lessons.ledger.book": ("YourLedger",),
    "lessons.loss_cascade.panel": ("LossCascade",),
    "lessons.margin_call.night": ("CrashNight",),
    "lessons.margin_call.panel": ("HowFar", "ThroughTheCrash"),
    "lessons.own_case.own_case": ("OwnCase",),
    "lessons.queue.panel": ("LotQueue",),
    "lessons.settle_or_close.panel": ("SettleOrClose",),
    "lessons.settle_or_close.settle_form": ("SettleForm",),
    "lessons.start.panel": ("Life",),
    "lessons.ways_out.panel": ("WaysOut",),
    "panels.exploring": ("explore",),
    "quiz.lesson": ("Lesson",),
    "quiz.practice": ("practice",),
}
_PANELS = [name for room, names in _ROOMS.items() if room.endswith(".panel") for name in names]
_WHERE = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "BalanceSheet", "ClosingSteps", "CrashNight", "HowFar", "Lesson", "Life", "LossCascade", "LotQueue", "OpeningSteps",
    "OwnCase", "SettleForm", "SettleOrClose", "ShortAndMirror", "ShortOrFuture", "StopRun", "ThroughTheCrash",
    "WaysOut", "YourLedger", "explore", "from_link", "practice",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'marginlib.lessons' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"marginlib.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def lesson_of(panel: str) -> str:
    """Which lesson shows a panel; nothing for one that isn't a lesson's here.

    >>> lesson_of("LossCascade"), lesson_of("Toy")
    ('lesson 05, The loss cascade', '')
    """
    if panel not in _PANELS:
        return ""
    lesson = importlib.import_module(f"marginlib.{_WHERE[panel]}".rpartition(".")[0])
    return f"lesson {lesson.NUMBER}, {lesson.TITLE}"


def panel_named(name: str) -> "type[Panel[Any]]":
    """A lesson's panel, by its class's name; no other lesson is loaded.

    Raises:
        ValueError: there is none; says which there are.

    >>> panel_named("LossCascade").heading
    'What gets sold to pay for my loss?'
    """
    if name not in _PANELS:
        near = nearest(name.lower(), alike := {panel.lower(): panel for panel in _PANELS})
        hint = f"; did you mean '{alike[near]}'?" if near else f"; known here: {', '.join(_PANELS)}"
        raise ValueError(f"there is no panel {shown(name)}{hint}")
    panel: type[Panel[Any]] = __getattr__(name)
    return panel


def from_link(link: str) -> Any:
    """The panel of a link, in its state: what *Copy link* gives, whichever lesson it is of; or the account of one.

    Raises:
        ValueError: no link, no panel of that name, or a value that its controls refuse; says what would work.

    >>> from_link("#v1/LossCascade?move=-20").values["move"]
    Decimal('-20')
    """
    if isinstance(link, str) and importlib.import_module("marginlib.lessons.own_case.link").is_link(link):
        own: OwnCase = __getattr__("OwnCase").from_link(link)
        return own
    return panel_named(links.parse(link).panel).from_link(link)

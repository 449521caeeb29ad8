"""A lesson's teaching parts, one line each in a notebook.

::

    lesson = Lesson("05")
    lesson.predict(LossCascade())
    lesson.check("taken")
    lesson.drill()

The questions lie in ``data/lessons/05.toml``, where a teacher may edit them. What was answered is kept for the
kernel's session, and sent nowhere.

A teacher's own lesson needs nothing of this package to be touched. Beside the notebook lie ``10.toml``, with questions
as in the lessons' own files, and, where it has a panel, wrong models or drills of its own, a module with them::

    from my_panel import Waiting  # a Panel; and what else it registers: @mistake(…), @answers("…"), @drill("10")

    lesson = Lesson.from_file("10.toml")
    lesson.predict(Waiting())
"""

import functools
import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from marginlib.engine.errors import InvalidRulebook
from marginlib.panels.live import Bundle, Covered, bundle
from marginlib.panels.panel import Panel
from marginlib.quiz import drills, shelf
from marginlib.quiz.card import Card
from marginlib.quiz.file import Questions, read_questions
from marginlib.quiz.question import Verdict
from marginlib.quiz.together import Ballot, Together


class Progress:
    """What was answered in this session: the given answer and its verdict, by part and question.

    All cards of one question share its answer, and all checks of a lesson the count.
    """

    def __init__(self) -> None:
        self.given: dict[str, tuple[Any, Verdict | None]] = {}
        self._cards: WeakKeyDictionary[Card, tuple[str, Sequence[str]]] = WeakKeyDictionary()

    def right(self, names: Iterable[str]) -> int:
        """How many of these were answered right."""
        return sum(1 for name in names if (said := self.given.get(name)) and said[1] and said[1].right)

    def follow(self, card: Card, name: str, counted: Sequence[str] = ()) -> None:
        """Put the answer there is on a card, keep what it is given, and let it show how many of some are right."""
        self._cards[card] = name, counted
        if name in self.given:
            card.answer(self.given[name][0])
        card.observe(lambda change: self._keep(name, change["owner"]), "given")
        self._count(card)

    def _keep(self, name: str, card: Card) -> None:
        self.given[name] = card.given, card.verdict
        for other, (asked, _) in tuple(self._cards.items()):
            if asked == name and other.given != card.given:
                other.answer(card.given)
            self._count(other)

    def _count(self, card: Card) -> None:
        _, names = self._cards[card]
        if names:
            card.progress = f"Right so far in this lesson: {self.right(names)} of {len(names)}."


_SESSION: dict[str, Progress] = {}


@functools.cache
def questions(lesson: str) -> Questions:
    """The questions of a lesson, read once; its own wrong models are loaded, and no other lesson's.

    Raises:
        ValueError: there is no lesson of that number; lists those that there are.
        InvalidRulebook: the file is missing or broken; names the line and the reason.

    >>> sorted(questions("05").check)[:1] != []
    True
    """
    found = shelf.LESSONS.find(lesson)
    found.load()
    return read_questions(found.folder, found.file)


class Lesson:
    """The predictions, checks and drills of one lesson.

    >>> Lesson("05").check(next(iter(questions("05").check))).given is None
    True
    """

    def __init__(self, number: str) -> None:
        """Open a lesson by its number, such as "05".

        Raises:
            ValueError: there is no lesson of that number; lists those that there are.
            InvalidRulebook: its file of questions is missing or broken.
        """
        if not isinstance(number, str):
            raise ValueError(f"number: expected a lesson's number as text, such as '05', got {number!r}")
        self.number = number
        self.questions = questions(number)
        self.progress = _SESSION.setdefault(number, Progress())

    @classmethod
    def from_file(cls, path: str | Path, number: str = "") -> "Lesson":
        """Open a lesson of one's own by its file of questions; its number is the file's name, unless it is given.

        Mistakes, answers and drills of its own are registered before, by importing the module that has them. The file
        is read once: after an edit, restart the kernel.

        Raises:
            ValueError: there is a lesson of that number already, from another file or in the package; or a path, or a
                number, that is none.
            InvalidRulebook: the file is missing or broken; names the line and the reason.
        """
        if not isinstance(path, str | Path) or not str(path).strip() or "\0" in str(path):
            raise ValueError(f"path: expected that of a file of questions, such as '10.toml', got {path!r}")
        if not isinstance(number, str):
            raise ValueError(f"number: expected a lesson's number as text, such as '10', got {number!r}")
        found = shelf.LESSONS.put(Path(path), number)
        try:
            return cls(found.number)
        except InvalidRulebook:
            shelf.LESSONS.drop(found)  # mended, it may lie elsewhere
            raise

    def predict(self, panel: Covered, name: str = "") -> "Predict":
        """A question before a panel: the picture is uncovered once it is answered or skipped.

        Raises:
            KeyError: no prediction of that name; lists those that there are.
            TypeError: no panel.
        """
        name = self._prediction(panel, name)
        card = Card(self.questions.predict[name], "Predict first", skip="Skip, and see")
        return Predict(card, panel, self.progress, f"predict {name}")

    def _prediction(self, panel: Covered, name: str) -> str:
        """The name of a prediction, the first one where none is named, for a panel."""
        known = self.questions.predict
        if not isinstance(panel, Covered):
            raise TypeError(f"panel: expected a panel such as LossCascade(), got {panel!r}")
        name = name or next(iter(known))
        if name not in known:
            raise KeyError(f"there is no prediction '{name}' in lesson {self.number}; known: {', '.join(known)}")
        return name

    def together(self, panel: Panel[Any], name: str = "") -> Together:
        """A prediction put to a whole room: its answers are counted, then the panel is uncovered.

        Raises:
            KeyError: no prediction of that name; lists those that there are.
            TypeError: no panel.
        """
        asked = self.questions.predict[self._prediction(panel, name)]
        return Together(Ballot(asked, f"Predict together, lesson {self.number}"), panel)

    def check(self, name: str) -> Card:
        """One of the lesson's checks.

        Raises:
            KeyError: no check of that name; lists those that there are.
        """
        known = list(self.questions.check)
        if name not in known:
            raise KeyError(f"there is no check '{name}' in lesson {self.number}; known: {', '.join(known)}")
        card = Card(self.questions.check[name], f"Check {known.index(name) + 1} of {len(known)}", hint="Show the way")
        self.progress.follow(card, f"check {name}", [f"check {each}" for each in known])
        return card

    def drill(self, seed: int = 1, level: int = 1) -> "Drill":
        """Endless questions of this lesson's kind, from a seed; a class with the same seed has the same ones.

        Raises:
            KeyError: the lesson has no drills.
            ValueError: a seed that is no whole number, or no such level; says what would work.
        """
        return Drill(self.number, seed, level)


class Predict:
    """A question, and below it a panel whose picture is covered until the question is answered or skipped."""

    def __init__(self, card: Card, panel: Covered, progress: Progress, name: str) -> None:
        self.card, self.panel = card, panel
        progress.follow(card, name)
        self._cover()
        card.observe(lambda _: self._cover(), ["given", "skipped"])
        panel.observe(self._moved_on, "veil")

    def _cover(self) -> None:
        """The picture is covered until the question is answered or skipped; the controls are not."""
        done = self.card.given is not None or self.card.skipped
        self.panel.veil = "" if done else "Answer the question above first. To move a control is to skip it."

    def _moved_on(self, _change: object) -> None:
        if not self.panel.veil and self.card.given is None and not self.card.skipped:
            self.card.skip()

    @functools.cached_property
    def widget(self) -> Any:
        """The card's widget above the panel's.

        Raises:
            ImportError: ipywidgets or anywidget is missing; says what to install.
        """
        card, panel = self.card.widget, self.panel.widget
        return importlib.import_module("ipywidgets").VBox([card, panel])

    def still(self) -> tuple[str, str]:
        """The question and the panel, for a reader without a kernel."""
        return self.card.still()[0] + self.panel.still()[0], repr(self)

    def slot(self) -> str:
        """The question and the panel, each in its own slot."""
        return self.card.slot() + self.panel.slot()

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        return bundle(self)

    def __repr__(self) -> str:
        return f"{self.card!r}, then {self.panel!r}"


class Drill(Card):
    """Endless questions: another one after each, harder after two right ones in a row, the way there on demand."""

    def __init__(self, lesson: str, seed: int, level: int) -> None:
        self.lesson, self.seed, self.level, self.row = lesson, seed, level, 0
        super().__init__(drills.make(lesson, seed, level), self._lead(), hint="Show the way", another="Another one")
        self.observe(self._count, "given")

    def _lead(self) -> str:
        return f"Drill {self.seed}, level {self.level} of {drills.LEVELS}"

    def _count(self, _change: object) -> None:
        """Two in a row without help lead to the next level."""
        if self.verdict is not None:
            self.row = self.row + 1 if self.verdict.right and not self.helped else 0

    def another(self) -> None:
        """Go on to the next question, at the next level after two right ones in a row."""
        if self.row >= 2:
            self.level, self.row = min(self.level + 1, drills.LEVELS), 0
        self.seed += 1
        self.ask(drills.make(self.lesson, self.seed, self.level), self._lead())

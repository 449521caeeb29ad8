"""Where lessons lie. A lesson declares itself, and is loaded when it is opened: it, and no other.

A lesson of the package is a folder in :mod:`marginlib.lessons`: its ``__init__.py`` says ``NUMBER`` and ``TITLE``,
its ``quiz.py``, where it has one, registers what it asks, and its questions lie in ``data/lessons/NUMBER.toml``.
A lesson from elsewhere is one file of questions (see :meth:`Lesson.from_file <marginlib.quiz.lesson.Lesson>`).
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from marginlib.quiz.registry import Registry
from marginlib.reading.files import data_folder

PACKAGE = "marginlib.lessons"
"""The package whose folders are lessons."""


@dataclass(frozen=True)
class Found:
    """A lesson that has declared itself: its number, its title, its questions' file, and its quiz module or none."""

    number: str
    title: str
    folder: Traversable
    file: str
    quiz: str = ""

    def load(self) -> None:
        """Import the lesson's quiz module: what it asks, its wrong models and its drills register themselves."""
        if self.quiz:
            importlib.import_module(self.quiz)


class Shelf(Registry[Found]):
    """The lessons by number: those of the package, looked for when one is first wanted, and a teacher's own."""

    def __init__(self) -> None:
        super().__init__("lesson")
        self._scanned = False

    def scan(self, package: str = PACKAGE) -> None:
        """Register the lessons that a package's folders declare; loads none of them.

        One that declares ``ASKS = False`` shows something and asks nothing: it isn't on the shelf.

        Raises:
            ValueError: a folder declares no number and title, or two declare the same number.
        """
        spec, declared = importlib.util.find_spec(package), []
        for folder in pkgutil.iter_modules(spec.submodule_search_locations if spec else []):
            if not folder.ispkg:
                continue
            name = f"{package}.{folder.name}"
            lesson = importlib.import_module(name)
            if not getattr(lesson, "ASKS", True):
                continue
            try:
                number, title = str(lesson.NUMBER), str(lesson.TITLE)
            except AttributeError:
                raise ValueError(f"{name}: a lesson declares its NUMBER and TITLE in its __init__.py") from None
            quiz = f"{name}.quiz" if importlib.util.find_spec(f"{name}.quiz") else ""
            declared.append((number, name, Found(number, title, data_folder(), f"lessons/{number}.toml", quiz)))
        for number, name, found in sorted(declared, key=lambda each: each[:2]):
            self.add(number, found, name)

    def put(self, path: Path, number: str = "", title: str = "") -> Found:
        """Register a file of questions as a lesson; the same file again is the same lesson.

        Raises:
            ValueError: there is a lesson of that number already; names where.
        """
        path = path.resolve()
        found = Found(number or path.stem, title or path.stem, path.parent, path.name)
        self._look()
        if found.number in self._entries and self._sources[found.number] == str(path):
            return self._entries[found.number]
        return self.add(found.number, found, str(path))

    def drop(self, found: Found) -> None:
        """Forget a lesson whose file can't be read."""
        del self._entries[found.number], self._sources[found.number]

    def _look(self) -> None:
        if not self._scanned:
            self._scanned = True
            self.scan()

    def find(self, name: str) -> Found:
        """The lesson of that number.

        Raises:
            ValueError: there is none; lists those that there are.

        >>> LESSONS.find("05").title
        'The loss cascade'
        """
        self._look()
        return super().find(name)

    def __getitem__(self, name: str) -> Found:
        self._look()
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        self._look()
        return super().__iter__()

    def __len__(self) -> int:
        self._look()
        return super().__len__()


LESSONS = Shelf()

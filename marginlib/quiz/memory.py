"""What practice remembers: a list of what was answered, as text, and where a notebook keeps it.

Two kernels, or two tabs, that remember the same practice each add to it: what both know is put together. *Forget*
says from when on things count, so that nobody brings back what was forgotten.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from marginlib.engine.legible import legible
from marginlib.quiz.drills import LEVELS
from marginlib.quiz.schedule import NEVER, STAGES, Answered

Clock = Callable[[], datetime]
WHAT = "marginlib practice"
EDITION = 1
_MOMENT = timedelta(microseconds=1)
_PARTS = ("at", "lesson", "level", "ask", "seed", "stage", "right")


def now() -> datetime:
    """The time it is."""
    return datetime.now(UTC)


class Unreadable(ValueError):
    """Text that is no practice's memory; the sentence says why."""


class Memory:
    """What was answered since the last *Forget*, in its order; kept as long as this object is.

    >>> memory = Memory(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    >>> memory.add("05", 1, "taken", 7, "alone", True)
    >>> other = Memory(); other.join(memory.text()); other.answered == memory.answered
    True
    """

    where = ""
    """Where it is kept, as a sentence; nothing where it isn't."""

    def __init__(self, clock: Clock = now) -> None:
        self.clock = clock
        self.since = NEVER
        self.answered: list[Answered] = []
        self.note = ""
        """What went wrong with keeping it, as a sentence."""

    def add(self, lesson: str, level: int, ask: str, seed: int, stage: Any, right: bool) -> None:
        """Remember that a task is over, now: after all others, whatever the clock says."""
        at = max(self.clock(), self.since)
        if self.answered:
            at = max(at, self.answered[-1].at + _MOMENT)
        self.answered.append(Answered(at, lesson, level, ask, seed, stage, right))
        self.keep()

    def forget(self) -> None:
        """Forget everything."""
        newest = [each.at + _MOMENT for each in self.answered[-1:]]
        self.since, self.answered, self.note = max([self.clock(), self.since, *newest]), [], ""
        self.keep()

    def keep(self) -> None:
        """Keep it where it is kept."""

    def join(self, text: str) -> None:
        """Take in what another has remembered of the same practice.

        Raises:
            Unreadable: it is no practice's memory; nothing has changed.
        """
        since, answered = _read(text)
        self._join(since, answered)

    def _join(self, since: datetime, answered: Iterable[Answered]) -> None:
        self.since = max(self.since, since)
        self.answered = sorted(each for each in {*self.answered, *answered} if each.at >= self.since)

    def text(self) -> str:
        """All of it as JSON; a line for each task."""
        lines = [
            json.dumps([each.at.isoformat(), *(getattr(each, part) for part in _PARTS[1:])], ensure_ascii=False)
            for each in self.answered
        ]
        head = json.dumps({"what": WHAT, "edition": EDITION, "since": self.since.isoformat()})
        between = ",\n".join(lines)
        return f'{head[:-1]}, "answered": [\n{between}\n]}}\n'


class FileMemory(Memory):
    """What was answered, in a file.

    A file that isn't a practice's memory is set aside, never overwritten; where none can be written, the object alone
    remembers. ``note`` says so.
    """

    def __init__(self, path: Path, clock: Clock = now) -> None:
        super().__init__(clock)
        self.path = path.absolute()  # the folder may be changed later
        self.where = f"Kept on this machine alone, in the file {legible(self.path.name)} beside the notebook."
        self._seen = False
        self._look()

    def _look(self) -> None:
        """Take in what the file has; a file that was there and is gone was deleted, and with it what it had."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            if self._seen:
                self._seen, self.answered = False, []
            return
        except UnicodeDecodeError:
            self._set_aside("it isn't text")
            return
        except OSError as error:
            self._unkept(error)
            return
        try:
            self.join(text)
        except Unreadable as error:
            self._set_aside(str(error))
            return
        self._seen = True

    def _set_aside(self, why: str) -> None:
        """Give a file of another kind another name."""
        for number in count(1):
            aside = self.path.with_name(f"{self.path.stem}-set-aside-{number}{self.path.suffix}")
            if aside.exists():
                continue
            try:
                self.path.rename(aside)
            except OSError as error:
                self._unkept(error)
                return
            self.note = (
                f"The file {legible(self.path.name)} is no memory of a practice: {why}. It is kept as "
                f"{legible(aside.name)}, untouched, and practice goes on with a new file."
            )
            return

    def _unkept(self, error: OSError) -> None:
        self.where = ""
        self.note = (
            f"Nothing can be kept in {legible(str(self.path))} ({error.strerror or error}): it is remembered until "
            "the kernel stops. Open the notebook from a folder in which you may write."
        )

    def add(self, lesson: str, level: int, ask: str, seed: int, stage: Any, right: bool) -> None:
        """Remember that a task is over, after all that any kernel has kept."""
        if self.where:
            self._look()
        super().add(lesson, level, ask, seed, stage, right)

    def keep(self) -> None:
        """Write the file whole or not at all."""
        if not self.where:
            return
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            part.write_text(self.text(), encoding="utf-8")
            part.replace(self.path)
            self._seen = True
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            self._unkept(error)


def _read(text: str) -> tuple[datetime, list[Answered]]:
    """Read what :meth:`Memory.text` writes.

    >>> _read("[]")
    Traceback (most recent call last):
    marginlib.quiz.memory.Unreadable: it doesn't say that it is one
    """
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("it can't be read as JSON") from None
    if not isinstance(told, dict) or told.get("what") != WHAT:
        raise Unreadable("it doesn't say that it is one")
    if told.get("edition") != EDITION:
        raise Unreadable("it is of another edition of the workbook")
    lines = told.get("answered")
    if not isinstance(lines, list):
        raise Unreadable("it has no list of what was answered")
    try:
        since = _time(told.get("since"))
    except ValueError:
        raise Unreadable("it doesn't say since when it counts") from None
    answered = []
    for number, line in enumerate(lines, 1):
        try:
            answered.append(_answered(line))
        except ValueError:
            raise Unreadable(f"its entry {number} is none of a task") from None
    return since, answered


def _time(value: object) -> datetime:
    time = datetime.fromisoformat(value) if isinstance(value, str) else None
    if time is None or time.tzinfo is None:
        raise ValueError
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError from None


def _answered(line: object) -> Answered:
    if not isinstance(line, list) or len(line) != len(_PARTS):
        raise ValueError
    at, lesson, level, ask, seed, stage, right = line
    fits = (
        isinstance(lesson, str)
        and type(level) is int
        and 1 <= level <= LEVELS
        and isinstance(ask, str)
        and type(seed) is int
        and 0 <= seed < 10**9
        and stage in STAGES
        and type(right) is bool
    )
    if not fits:
        raise ValueError
    return Answered(_time(at), lesson, level, ask, seed, stage, right)

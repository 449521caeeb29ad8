"""A bar that says how far something has come, for what takes more than a moment; only where someone looks on."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds in which nothing is shown."""


@contextmanager
def waiting(what: str) -> Iterator[Callable[[int, int], None]]:
    """What is to be told how much of how much is done (of 0 if that isn't known); gone again at the end.

    >>> with waiting("Reading") as told:
    ...     told(1, 2)
    """
    began, bar = time.monotonic(), _Bar(what)

    def told(done: int, of: int) -> None:
        if time.monotonic() - began >= PATIENCE:
            bar.show(done, of)

    try:
        yield told if sys.stderr.isatty() else lambda _done, _of: None
    finally:
        bar.end()


class _Bar:
    def __init__(self, what: str) -> None:
        self.what = what
        self._shown: Progress | None = None

    def show(self, done: int, of: int) -> None:
        """Draw it, or move it on."""
        if self._shown is None:
            from rich.console import Console
            from rich.progress import Progress

            self._shown = Progress(console=Console(file=sys.stderr), transient=True)
            self._shown.add_task(self.what, total=None)
            self._shown.start()
        task = self._shown.tasks[0].id
        finished = bool(of) and done >= of
        total = of if of and not finished else None  # read to its end, it is still being worked out
        self._shown.update(task, completed=done, total=total)

    def end(self) -> None:
        """Wipe it away."""
        if self._shown is not None:
            self._shown.stop()

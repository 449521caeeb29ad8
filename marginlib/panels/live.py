"""What lives on a screen, without the screen: state that a browser mirrors, and a function from a message to messages.

Panels, cards and forms are such objects, plain Python. A *carrier* brings state and messages to a browser: in a
notebook it is a widget (:mod:`marginlib.panels.widget`), made when the object is first shown.
"""

import contextlib
import contextvars
import functools
import importlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Protocol

from marginlib.reading.rulebooks import rules
from marginlib.telling.on_page import written

Message = dict[str, Any]
Sent = tuple[Message, list[bytes]]
Bundle = tuple[dict[str, Any], dict[str, Any]]


class Change(dict[str, Any]):
    """What has changed: ``name``, ``old``, ``new`` and ``owner``; each by key or as an attribute, as a widget's are.

    >>> Change(name="done", old=False, new=True).new
    True
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a change has no {name!r}; it has {', '.join(self)}") from None


Handler = Callable[[Change], object]
Carry = Callable[["Live"], str]
"""Brings a live thing to the browser; gives the name that its slots have there."""


def _by_widget(live: "Live") -> str:
    return str(live.widget.model_id)


_carry: contextvars.ContextVar[Carry] = contextvars.ContextVar("carry", default=_by_widget)


@contextlib.contextmanager
def carried(by: Carry) -> Iterator[None]:
    """Have what is shown meanwhile carried by something else than widgets.

    >>> from marginlib.lessons.loss_cascade.panel import LossCascade
    >>> with carried(lambda live: "first"):
    ...     LossCascade().slot()[:37]
    '<div class="mw-slot mw-slot-first"><p'
    """
    token = _carry.set(by)
    try:
        yield
    finally:
        _carry.reset(token)


def is_carried() -> bool:
    """Whether something else than widgets carries what is shown now: a page, which has no files.

    >>> with carried(lambda live: "first"):
    ...     is_carried()
    True
    """
    return _carry.get() is not _by_widget


class Live:
    """State with observers, answers to messages, and a widget once one is wanted."""

    module: ClassVar[Path]
    """The browser's module that draws it."""
    style: ClassVar[Path]
    """Its style sheet."""
    opens: ClassVar[str] = ""
    """Which links it opens by itself, by their version, such as ``c1`` for ``#c1/…``; a panel's are ``v1``."""
    alone: ClassVar[str] = ""
    """What its still says in a copy without an engine, where no cell can be run: what it would take to use it."""

    def __init__(self) -> None:
        self._handlers: list[tuple[Handler, tuple[str, ...]]] = []

    def state(self) -> dict[str, Any]:
        """What the browser mirrors, as plain data; named as the browser's module asks for it."""
        raise NotImplementedError

    def adopt(self, name: str, value: Any) -> None:
        """Take over a part of the state that the browser has changed.

        Raises:
            ValueError: it can't be that; nothing has changed.
        """
        raise NotImplementedError

    def receive(self, message: Message) -> Iterable[Sent]:
        """Answer a message from the browser: messages with their buffers, as they become ready."""
        raise NotImplementedError

    def hear(self, message: Message) -> Iterator[Sent]:
        """Answer a message; then send its ticket back, where it has one: the browser knows that it was heard."""
        if message["kind"] == "rules":  # whatever it is that is shown, its words name rules
            told = {rule.id: [written(rule.title), written(rule.text)] for rule in rules().values()}
            yield {"kind": "rules", "rules": told}, []
            return
        heard: list[Sent] = [({"kind": "heard", "ticket": message["ticket"]}, [])] if "ticket" in message else []
        try:
            yield from self.receive(message)
        except Exception:
            yield from heard
            raise
        yield from heard

    def observe(self, handler: Handler, names: str | Iterable[str] = ()) -> None:
        """Call a function with each :class:`Change` of these names, after it; without names, of whatever changes."""
        self._handlers.append((handler, (names,) if isinstance(names, str) else tuple(names)))

    def unobserve(self, handler: Handler, names: str | Iterable[str] = ()) -> None:
        """Call it no more.

        Raises:
            ValueError: it wasn't called for these names.
        """
        self._handlers.remove((handler, (names,) if isinstance(names, str) else tuple(names)))

    def _tell(self, name: str, old: Any, new: Any) -> None:
        """Say that something has changed. Of the state as a whole hears who asked for it by name: a carrier."""
        for handler, names in tuple(self._handlers):
            if name in names or not (names or name == "state"):
                handler(Change(name=name, old=old, new=new, owner=self, type="change"))

    @functools.cached_property
    def widget(self) -> Any:
        """The widget that shows it in a notebook: an ordinary one, to lay out, link and style.

        Raises:
            ImportError: ipywidgets or anywidget is missing; says what to install.
        """
        try:
            carrier = importlib.import_module("marginlib.panels.widget")
        except ImportError as error:  # missing, or there and broken
            name = (error.name or "anywidget").partition(".")[0]
            message = f"{name} is needed to show this in a notebook: pip install 'marginlib[lab]'"
            raise ImportError(message) from error
        return carrier.carry(self)

    def still(self) -> tuple[str, str]:
        """What a reader without a kernel sees, as HTML and as plain text."""
        raise NotImplementedError

    def slot(self) -> str:
        """The still as HTML, in a place where the browser shows the live thing once it has its carrier's model.

        A reader without a kernel keeps the still; so does whoever lacks what widgets need.
        """
        page, _ = self.still()
        try:
            return f'<div class="mw-slot mw-slot-{self.place()}">{page}</div>'
        except ImportError:
            return page

    def place(self) -> str:
        """The name that its slots have in the browser, for another live thing that has a place for it.

        Raises:
            ImportError: there is nothing that carries it.
        """
        return _carry.get()(self)

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        return bundle(self)


class Covered(Live):
    """Something live with a veil: what it shows is covered until a question is answered."""

    def __init__(self) -> None:
        super().__init__()
        self._veil = ""

    @property
    def veil(self) -> str:
        """What covers the picture until a question is answered; to move a control lifts it."""
        return self._veil

    @veil.setter
    def veil(self, words: str) -> None:
        old, self._veil = self._veil, words
        if words != old:
            self._tell("state", None, None)
            self._tell("veil", old, words)


COVERED = "The picture comes once the question is answered."
"""What a still says in the place of what is covered."""


class Shown(Protocol):
    """What has a place for something live, and a still for readers without a kernel."""

    def still(self) -> tuple[str, str]:
        """What a reader without a kernel sees, as HTML and as plain text."""

    def slot(self) -> str:
        """The still as HTML, in a place where the browser shows the live thing."""


def bundle(shown: Shown) -> Bundle:
    """How a notebook shows it.

    Not as a widget: in a lesson that is opened without its kernel, an unknown widget is an error in place of the still.
    """
    return {"text/html": shown.slot(), "text/plain": shown.still()[1]}, {}

"""What lives on a screen, without the screen: state that a browser mirrors, and a function from a message to messages.

Panels, cards and forms are such objects, plain Python. A *carrier* brings state and messages to a browser: in a
notebook it is a widget (:mod:`marginlib.panels.widget`), made when the object is first shown.
"""

import functools
import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Protocol

Message = dict[str, Any]
Sent = tuple[Message, list[bytes]]
Change = dict[str, Any]
Handler = Callable[[Change], object]
Bundle = tuple[dict[str, Any], dict[str, Any]]


class Live:
    """State with observers, answers to messages, and a widget once one is wanted."""

    module: ClassVar[Path]
    """The browser's module that draws it."""
    style: ClassVar[Path]
    """Its style sheet."""

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

    def observe(self, handler: Handler, names: str | Iterable[str] = "values") -> None:
        """Call a function after each change of these names, with a dict of ``name``, ``old``, ``new`` and ``owner``."""
        self._handlers.append((handler, (names,) if isinstance(names, str) else tuple(names)))

    def unobserve(self, handler: Handler, names: str | Iterable[str] = "values") -> None:
        """Call it no more.

        Raises:
            ValueError: it wasn't called for these names.
        """
        self._handlers.remove((handler, (names,) if isinstance(names, str) else tuple(names)))

    def _tell(self, name: str, old: Any, new: Any) -> None:
        """Say that something has changed."""
        for handler, names in tuple(self._handlers):
            if name in names:
                handler({"name": name, "old": old, "new": new, "owner": self, "type": "change"})

    @functools.cached_property
    def widget(self) -> Any:
        """The widget that shows it in a notebook: an ordinary one, to lay out, link and style.

        Raises:
            ImportError: ipywidgets or anywidget is missing; says what to install.
        """
        try:
            carrier = importlib.import_module("marginlib.panels.widget")
        except ModuleNotFoundError as error:
            message = f"{error.name} is needed to show this in a notebook: pip install 'marginlib[lab]'"
            raise ImportError(message) from error
        return carrier.carry(self)

    def still(self) -> tuple[str, str]:
        """What a reader without a kernel sees, as HTML and as plain text."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Bundle:
        return bundle(self, **kwargs)


class Shown(Protocol):
    """What has a widget, and a still for readers without a kernel."""

    @property
    def widget(self) -> Any:
        """The widget that shows it in a notebook."""

    def still(self) -> tuple[str, str]:
        """What a reader without a kernel sees, as HTML and as plain text."""


def bundle(shown: Shown, **kwargs: Any) -> Bundle:
    """How a notebook shows it: the live thing, or, without what widgets need, the still one."""
    page, words = shown.still()
    try:
        live = shown.widget._repr_mimebundle_(**kwargs)
    except ImportError:
        live = {}
    data, metadata = live if isinstance(live, tuple) else (live, {})
    return {**data, "text/html": page, "text/plain": words}, metadata

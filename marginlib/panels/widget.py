"""The carrier for notebooks: a widget that mirrors the state of something live, and passes its messages on."""

import functools
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from marginlib.panels.live import Live
from marginlib.panels.scripts import script, style


class Carrier(anywidget.AnyWidget):
    """Mirrors a :class:`~marginlib.panels.live.Live` object in the browser, both ways.

    The browser shows it in the slots of the notebook's outputs that name it, and wherever it is displayed itself.
    """

    _slot = traitlets.Unicode().tag(sync=True)

    def __init__(self, live: Live) -> None:
        self.live = live
        self._arriving: set[str] = set()
        name = uuid4().hex
        super().__init__(**live.state(), model_id=name, _slot=name)
        self.observe(self._from_browser, [*live.state()])
        self.on_msg(self._on_message)
        live.observe(self._follow, ["state"])

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take in what the browser has changed, in one go: no part of it is put back before the object has seen it."""
        self._arriving = set(sync_data)
        try:
            super().set_state(sync_data)
        finally:
            self._arriving = set()
            self._follow()

    def _follow(self, _change: object = None) -> None:
        """Show what the object has become."""
        for name, value in self.live.state().items():
            if name not in self._arriving and getattr(self, name) != value:
                setattr(self, name, value)

    def _from_browser(self, change: Any) -> None:
        """What the browser has changed, the object takes over; what it can't be is put back."""
        self._arriving.discard(change["name"])
        if change["new"] == self.live.state()[change["name"]]:
            return
        try:
            self.live.adopt(change["name"], change["new"])
        finally:
            self._follow()

    def _on_message(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        for answer, buffers in self.live.hear(message):
            self.send(answer, buffers)


@functools.cache
def _kind(live: type[Live], names: tuple[str, ...]) -> type[Carrier]:
    """The carrier of one kind: a class of its own, with a trait for each part of the state."""
    traits = {name: traitlets.Any().tag(sync=True) for name in names}
    drawn = {"_esm": script(live.module.name, live.module.parent), "_css": style(live.style.name, live.style.parent)}
    return type(f"{live.__name__}Widget", (Carrier,), {**traits, **drawn, "__module__": __name__})


def carry(live: Live) -> Carrier:
    """The widget of an object.

    >>> from marginlib.lessons.loss_cascade.panel import LossCascade
    >>> carry(LossCascade(move=-10)).values["move"]
    '-10'
    """
    return _kind(type(live), tuple(live.state()))(live)  # type: ignore[arg-type]

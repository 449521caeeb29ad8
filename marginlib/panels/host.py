"""The one host that shows any panel.

The browser draws; the kernel is not in the loop of a moving slider. When a control is about to move, the states along
it are computed and sent ahead; the kernel learns the final value. A panel is an ordinary widget: ``panel.values`` reads
and moves its controls, and it can be observed, linked and laid out.
"""

import functools
import gzip
import html
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

import anywidget
import traitlets

from marginlib.drawing import colours
from marginlib.drawing.still import still
from marginlib.panels.controls import Control, Value, key, read_all, text
from marginlib.panels.scripts import script, style

_CHUNK = 16

View = dict[str, Any]


@functools.cache
def _plotly() -> bytes:
    """plotly.js from the installed package, packed once, when the first page asks for it."""
    from plotly.offline import get_plotlyjs

    return gzip.compress(get_plotlyjs().encode(), 6)


def changes(old: Any, new: Any) -> Any:
    """What must be changed in one piece of plain data to get another; lists of one length go item by item.

    A dict that takes the place of what it can't be made from stands under ``=``.

    >>> changes({"a": 1, "b": [{"c": 1}, {"c": 2}]}, {"a": 1, "b": [{"c": 1}, {"c": 3}]})
    {'b': {'1': {'c': 3}}}
    >>> changes({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}})
    {'a': {'=': {'b': 1}}}
    """
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() <= new.keys():
        return {
            name: changes(old.get(name), value) for name, value in new.items() if name not in old or old[name] != value
        }
    if (
        isinstance(old, list)
        and isinstance(new, list)
        and len(old) == len(new)
        and new
        and isinstance(new[0], dict | list)
    ):
        return {
            str(i): changes(before, after)
            for i, (before, after) in enumerate(zip(old, new, strict=True))
            if before != after
        }
    return {"=": new} if isinstance(new, dict) else new


def _to_wire(values: Mapping[str, Value], _widget: object) -> dict[str, str]:
    return {name: text(value) for name, value in values.items()}


class Panel(anywidget.AnyWidget):
    """Controls, a picture that moves with them, and its words.

    A panel names its ``controls`` and says in :meth:`view` what the screen shows for their values: a dict with
    ``title`` (a sentence), ``figures`` (plotly specs as plain dicts), ``words`` (sentences), ``strip`` and ``tables``.
    """

    _esm = script("host.js")
    _css = style("host.css")

    heading: ClassVar[str] = ""
    controls: ClassVar[tuple[Control, ...]] = ()
    strip: ClassVar[str] = ""
    limit: ClassVar[int] = 8

    veil = traitlets.Unicode("").tag(sync=True)
    """What covers the picture until a question is answered; to move a control lifts it."""

    values = traitlets.Dict().tag(sync=True, to_json=_to_wire)
    _about = traitlets.Dict().tag(sync=True)
    _shown = traitlets.Dict().tag(sync=True)

    def __init__(self, **values: object) -> None:
        """Start with the controls' own start values, or with some of one's own.

        Raises:
            ValueError: an unknown control, or a value that its control refuses.
        """
        start = read_all(self.controls, values)
        super().__init__(values=start, _about=self._describe(start))
        self.on_msg(self._on_message)

    def view(self, values: Any) -> View:
        """What the screen shows for these values."""
        raise NotImplementedError

    def _describe(self, start: Mapping[str, Value]) -> dict[str, Any]:
        return {
            "heading": self.heading,
            "controls": [control.describe() for control in self.controls],
            "start": _to_wire(start, None),
            "colours": colours.ROLES,
            "strip": self.strip,
            "limit": self.limit,
        }

    @traitlets.validate("values")
    def _read_values(self, proposal: Mapping[str, Any]) -> dict[str, Value]:
        """Some values may be left out: they stay as they are."""
        return read_all(self.controls, {**self.values, **proposal["value"]})

    @traitlets.observe("values")
    def _show_values(self, _change: object) -> None:
        self._shown = self._state(self.values)

    def _state(self, values: Mapping[str, Value]) -> dict[str, Any]:
        return {"key": key(values), "view": self.view(values)}

    def _on_message(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        """Answer the browser: plotly itself, one state, or the states along a control."""
        if message["kind"] == "plotly":
            self.send({"kind": "plotly"}, [_plotly()])
            return
        values = read_all(self.controls, message["values"])
        if message["kind"] == "exact":
            try:
                packed = self._pack([values])
            except Exception as error:
                self.send({"kind": "failed", "message": f"The kernel can't show this: {error!r}"})
                raise
            self.send({"kind": "states", **packed})
            return
        control = next(control for control in self.controls if control.name == message["control"])
        along = [{**values, control.name: value} for value in control.track(values[control.name])]
        for first in range(0, len(along), _CHUNK):
            self.send({"kind": "states", **self._pack(along[first : first + _CHUNK])})

    def _pack(self, several: Iterable[Mapping[str, Value]]) -> dict[str, Any]:
        """States as the first one and what is different in the others."""
        states = [self._state(values) for values in several]
        first = states[0]["view"]
        return {"first": first, "states": {state["key"]: changes(first, state["view"]) for state in states}}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live panel; for a reader without a kernel, a still picture and the words."""
        data, metadata = cast("tuple[dict[str, Any], dict[str, Any]]", super()._repr_mimebundle_(**kwargs))
        view = self._shown["view"]
        lines = [line for line in (view["title"], view.get("alert"), *view["words"]) if line]
        pictures = "".join(still(figure, view["title"]) for figure in view["figures"])
        words = "".join(f"<p>{html.escape(line)}</p>" for line in lines[1:])
        title = html.escape(view["title"])
        data["text/html"] = f"<p><strong>{title}</strong></p>{pictures}{words}<p><em>{_STILL}</em></p>"
        data["text/plain"] = "\n".join(lines)
        return data, metadata

    def __repr__(self) -> str:
        """The panel's name and values: no address, so that saved outputs stay comparable."""
        return f"{type(self).__name__}({', '.join(f'{name}={text(value)}' for name, value in self.values.items())})"


_STILL = "A still picture of the start. Run the cell to move it."

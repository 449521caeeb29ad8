"""Controls, a picture that moves with them, and its words: what every panel of a lesson is.

The browser draws; the kernel is not in the loop of a moving slider. When a control is about to move, the states along
it are computed and sent ahead; the kernel learns the final value. ``panel.values`` reads and moves the controls.
"""

import functools
import gzip
import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Generic, NoReturn, ParamSpec, Self, TypeVar, cast

from marginlib.drawing import colours
from marginlib.drawing.still import still
from marginlib.engine.derivation import entered, is_traced
from marginlib.engine.scenario import Scenario
from marginlib.panels import links
from marginlib.panels.controls import Control, Slider, Value, key, read_all, text
from marginlib.panels.live import COVERED, Covered, Message, Sent
from marginlib.panels.reasons import Reasons
from marginlib.panels.scripts import BROWSER
from marginlib.telling.on_page import all_written, escape, written

_CHUNK = 16
_SOON = 0.04  # s: what is asked for while nothing moves must not hold up a move

View = dict[str, Any]
V = TypeVar("V", bound=Mapping[str, object])
P = ParamSpec("P")
R = TypeVar("R")


@functools.cache
def packed_plotly() -> bytes:
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


class Values(dict[str, Value]):
    """The values of a panel's controls, to read; to move a control, ``panel.values`` is assigned anew."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("values can't be changed in place; assign those that change: panel.values = {'move': -10}")

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        """Equal values are one key of a cache."""
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type["Values"], tuple[dict[str, Value]]]:
        """A copy is made of a plain dict, in one piece."""
        return Values, (dict(self),)


class Panel(Covered, Generic[V]):
    """Controls, a picture that moves with them, and its words.

    A panel names its ``controls``, and says in :meth:`view` what the screen shows for their values: a dict with
    ``title`` (a sentence), ``figures`` (plotly specs as plain dicts), ``words`` (sentences), ``strip`` and ``tables``.
    ``Panel[V]`` names a :class:`~typing.TypedDict` with a key for each control.
    """

    module = BROWSER / "host.js"
    style = BROWSER / "host.css"

    heading: str = ""
    controls: tuple[Control, ...] = ()
    strip: ClassVar[str] = ""
    limit: ClassVar[int] = 8

    def __init__(self, **values: object) -> None:
        """Start with the controls' own start values, or with some of one's own.

        Raises:
            ValueError: an unknown control, or a value that its control refuses.
        """
        super().__init__()
        self._start = self._values = Values(read_all(self.controls, values))
        self._reasons = Reasons()
        self._shown = self._state(self._values)

    def read(self, values: Mapping[str, object]) -> V:
        """Values for all controls, as they keep them; what is left out stands at its start.

        Raises:
            ValueError: an unknown control, or a value that its control refuses.
        """
        return cast("V", read_all(self.controls, values))

    def view(self, values: V) -> View:
        """What the screen shows for these values."""
        raise NotImplementedError

    def scenario(self, values: V) -> Scenario:
        """The scenario whose story the screen tells for these values; where it compares two, the one named first."""
        raise NotImplementedError

    def link(self) -> str:
        """The link to the present values: what follows a page's address, with its ``#``.

        >>> from marginlib.lessons import Life
        >>> Life(move=-20).link()
        '#v1/Life?side=long&leverage=4&move=-20&end=closing&moment=6'
        """
        return links.written(type(self).__name__, self._values)

    @classmethod
    def from_link(cls, link: str) -> Self:
        """The panel in the state of a link, alone or with an address before it; it starts again from its own start.

        Raises:
            ValueError: no link, another panel's, or one that its controls refuse; the sentence says what would work.

        >>> from marginlib.lessons import Life
        >>> Life.from_link("https://example.org/00_start_here.html#v1/Life?move=-20").values["move"]
        Decimal('-20')
        """
        values = cls.read_link(link)
        panel = cls()
        panel.values = values
        return panel

    @classmethod
    def read_link(cls, link: str) -> V:
        """The values of a link, for all controls; what it leaves out stands at its start.

        Raises:
            ValueError: as of :meth:`from_link`.
        """
        said = links.parse(link)
        if said.panel != cls.__name__:
            lesson = importlib.import_module("marginlib.lessons").lesson_of(said.panel)  # named: it lies above this
            whose = f"{links.shown(said.panel, plain=True)}{lesson and f' ({lesson})'}"
            raise ValueError(
                f"the link is for the panel {whose}, and this is {cls.__name__}; open it where that one is"
            )
        return cast("V", read_all(cls.controls, links.read(cls.controls, said.values)))

    @property
    def values(self) -> V:
        """The controls' values. Some may be assigned: the others stay as they are.

        Raises:
            ValueError: an unknown control, or a value that its control refuses; nothing has moved.
            TypeError: what is assigned is no dict.
        """
        return cast("V", self._values)

    @values.setter
    def values(self, given: Mapping[str, object]) -> None:
        if not isinstance(given, Mapping):
            raise TypeError(f"values: expected a dict such as {{'move': -10}}, got {given!r}")
        old, new = self._values, Values(read_all(self.controls, {**self._values, **given}))
        if new == old:
            return
        shown = self._state(new)
        self._values, self._shown = new, shown
        self._tell("state", None, None)
        self._tell("values", old, new)

    def state(self) -> dict[str, Any]:
        """Values, veil, what there is to move, and what is shown: as plain data."""
        return {
            "values": _to_wire(self._values),
            "veil": self._veil,
            "_about": self._about,
            "_shown": _on_page(self._shown),
        }

    def adopt(self, name: str, value: Any) -> None:
        """Take over values, or the lifting of the veil, from the browser.

        Raises:
            ValueError: a value that its control refuses.
        """
        if name == "values":
            self.values = value
        elif name == "veil":
            self.veil = str(value)

    @functools.cached_property
    def _about(self) -> dict[str, Any]:
        return {
            "name": type(self).__name__,
            "heading": self.heading,
            "controls": [{**control.describe(), "legend": written(control.legend)} for control in self.controls],
            "start": _to_wire(self._start),
            "colours": colours.ROLES,
            "strip": self.strip,
            "limit": self.limit,
        }

    def _state(self, values: Mapping[str, Value]) -> dict[str, Any]:
        return {"key": key(values), "view": self.view(cast("V", values))}

    def receive(self, message: Message) -> Iterator[Sent]:
        """Answer the browser: plotly itself, one state, the states along a control, or what has happened in some."""
        if message["kind"] == "plotly":
            yield {"kind": "plotly"}, [packed_plotly()]
            return
        values = read_all(self.controls, message["values"])
        if message["kind"] == "why":
            yield self._why(values, message), []
            return
        if message["kind"] == "exact":
            try:
                packed = self._pack([values])
            except Exception as error:
                yield {"kind": "failed", "message": written(f"The kernel can't show this: {error!r}")}, []
                raise
            yield {"kind": "states", **packed}, []
            return
        control = next(control for control in self.controls if control.name == message["control"])
        if message["kind"] == "happens":
            yield {"kind": "happens", "found": self._happened({**values, control.name: at} for at in message["at"])}, []
            return
        along = [{**values, control.name: value} for value in control.track(values[control.name])]
        for first in range(0, len(along), _CHUNK):
            yield {"kind": "states", **self._pack(along[first : first + _CHUNK])}, []

    def _happened(self, several: Iterable[Mapping[str, object]]) -> dict[str, list[str]]:
        """What has happened in the first one and as many more states as are soon found: nobody waits for them."""
        end, found = time.monotonic() + _SOON, {}
        for state in (self._state(read_all(self.controls, values)) for values in several):
            found[state["key"]] = all_written(state["view"].get("happens", []))
            if time.monotonic() > end:
                break
        return found

    def _why(self, values: dict[str, Value], message: Message) -> Message:
        """How an amount came about, or which of some texts are amounts that this is known of."""

        def show() -> None:
            self.view(cast("V", Values({control.name: _entered(control, values) for control in self.controls})))

        told = key(values)
        return self._reasons.answer(message, told, told, show)

    def _pack(self, several: Iterable[Mapping[str, Value]]) -> dict[str, Any]:
        """States as the first one and what is different in the others."""
        states = [_on_page(self._state(values)) for values in several]
        first = states[0]["view"]
        return {"first": first, "states": {state["key"]: changes(first, state["view"]) for state in states}}

    def still(self) -> tuple[str, str]:
        """A still picture and the words; of a covered picture neither, for they are what is asked."""
        if self._veil:
            return f"<p><strong>{escape(self.heading)}</strong></p><p><em>{COVERED}</em></p>", COVERED
        view = self._shown["view"]
        lines = [line for line in (view["title"], view.get("alert"), *view["words"]) if line]
        pictures = "".join(still(figure, view["title"]) for figure in view["figures"])
        words = "".join(f"<p>{escape(line)}</p>" for line in lines[1:])
        title = escape(view["title"])
        return f"<p><strong>{title}</strong></p>{pictures}{words}<p><em>{STILL}</em></p>", "\n".join(lines)

    def __repr__(self) -> str:
        """The panel's name and values: no address, so that saved outputs stay comparable."""
        return f"{type(self).__name__}({', '.join(f'{name}={text(value)}' for name, value in self._values.items())})"


def kept(values: V, **instead: Value) -> V:
    """The values as a cache can keep them; those that make no difference to it are replaced by one and the same.

    >>> {kept({"side": "long", "path": path}, path="") for path in ("up", "down")}
    {{'side': 'long', 'path': ''}}

    Raises:
        TypeError: there is no value of that name.
    """
    if strange := instead.keys() - values.keys():
        raise TypeError(f"there is no value {', '.join(strange)}; known here: {', '.join(values)}")
    return cast("V", Values({**cast("Mapping[str, Value]", values), **instead}))


def kept_for(maxsize: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep what a function gave for so many arguments; while somebody asks why an amount is as it is, work it out anew.

    >>> @kept_for(8)
    ... def twice(value: int) -> int:
    ...     return value * 2
    >>> twice(4)
    8
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        keeping = cast("Callable[P, R]", functools.lru_cache(maxsize=maxsize)(function))

        @functools.wraps(function)
        def answer(*args: P.args, **named: P.kwargs) -> R:
            return function(*args, **named) if is_traced() else keeping(*args, **named)

        return answer

    return decorate


def _entered(control: Control, values: Mapping[str, Value]) -> Value:
    """A control's value, as an input that knows what it is."""
    value = values[control.name]
    if not (isinstance(control, Slider) and isinstance(value, Decimal)):
        return value
    name = f"{control.label[0].lower()}{control.label[1:]} in {control.unit}" if control.unit else control.label
    where = f"{control.group}: {control.label}" if control.group else control.label
    return entered(value, name, source=f"you set it: {where}")


def _on_page(shown: dict[str, Any]) -> dict[str, Any]:
    """A state whose words are as a page has them; figures lay out their own."""
    view = {name: part if name == "figures" else all_written(part) for name, part in shown["view"].items()}
    return {**shown, "view": view}


def _to_wire(values: Mapping[str, Value]) -> dict[str, str]:
    return {name: text(value) for name, value in values.items()}


STILL = "A still picture of the start. Run the cell to move it."

"""Every panel at the corners of all its controls, and the host that shows it."""

import base64
import copy
import functools
import gzip
import inspect
import itertools
import json
import logging
import pickle
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import ipywidgets
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from javascript import merge

import marginlib.lessons
from marginlib.drawing.colours import ROLES
from marginlib.drawing.placing import unmarked
from marginlib.lessons import LossCascade
from marginlib.panels.controls import Choice, Control, Slider, Switch, Value, Walk, key, read_all, text
from marginlib.panels.panel import Panel, View, changes, kept
from marginlib.quiz.card import Card
from marginlib.quiz.lesson import Predict, Progress, questions
from marginlib.telling.on_page import all_written
from marginlib.telling.on_page import written as words_on_page

ROOT = Path(__file__).resolve().parents[2]
EXPORTED: list[type[Panel[Any]]] = [
    each
    for each in (getattr(marginlib.lessons, name) for name in marginlib.lessons.__all__)
    if inspect.isclass(each) and issubclass(each, Panel) and each.controls
]
every_panel = pytest.mark.parametrize("panel_class", EXPORTED)

Values = Any


def corners(control: Control) -> list[Value]:
    """Where a control can stand: at its ends, at its start, taken away; every option."""
    if not isinstance(control, Slider):
        return control.track()
    ends = [control.read(value) for value in (control.start, control.least, control.most) if value is not None]
    return list(dict.fromkeys([*ends, *([None] if control.removable else [])]))


@functools.cache
def swept(name: str) -> list[tuple[Values, View]]:
    """Views for all pairs of corners of all controls, the others at their start; and for corners of all at random."""
    panel: Panel[Any] = getattr(marginlib.lessons, name)()
    controls = panel.controls
    start = read_all(controls, {})
    wanted = [start]
    for one, other in itertools.combinations(controls, 2):
        for first, second in itertools.product(corners(one), corners(other)):
            wanted.append({**start, one.name: first, other.name: second})
    dice = random.Random(5)
    wanted += [{control.name: dice.choice(corners(control)) for control in controls} for _ in range(150)]
    states = {key(values): values for values in wanted}
    return [(values, panel.view(values)) for values in states.values()]


def sweep(panel_class: type[Panel[Any]]) -> list[tuple[Values, View]]:
    return swept(panel_class.__name__)


def texts(view: View) -> Iterator[str]:
    """Everything that a learner reads."""
    yield from (view["title"], view["alert"], *view["words"])
    for item, _ in view["strip"]:
        yield item
    for table in view["tables"]:
        yield table["caption"]
        yield from (column["label"] for column in table["columns"])
        yield from (cell for row in table["rows"] for cell in row["cells"])
    for figure in view["figures"]:
        for trace in figure["data"]:
            written = trace.get("text") or []
            yield from map(unmarked, [written] if isinstance(written, str) else written)
        for name, part in figure["layout"].items():
            if re.fullmatch(r"[xy]axis\d*", name):
                yield from part.get("ticktext", ())
                yield part.get("ticksuffix", "")
        yield from (note["text"] for note in figure["layout"].get("annotations", ()))


SPOILT = {
    "an exponent": re.compile(r"\d[eE][-+]?\d"),
    "float dust": re.compile(r"\d\.\d{11,}"),
    "a bare value": re.compile(r"\b(None|nan|NaN|inf|Infinity|True|False|Decimal|Fraction|role)\b"),
    "an unfilled place": re.compile(r"[{}]"),
    "a hyphen for a minus": re.compile(r"(?<![\w.,)])-\d"),
    "a minus zero": re.compile(r"−0(\.0*)?(?![\d.])"),
    "thousands in one piece": re.compile(r"(?<![\w.,/])[0-9]{4,}(?![\w/])"),
    "markup": re.compile(r"<(?!br>)"),
    "two spaces": re.compile(r"[ \xa0]{2}"),
}


@every_panel
def test_every_state_is_plain_data_with_words(panel_class: type[Panel[Any]]) -> None:
    for values, view in sweep(panel_class):
        assert json.loads(json.dumps(view, allow_nan=False)) == view, values
        assert view["title"], values
        assert view["figures"] or view["tables"], values
        assert view["words"], values
        assert all(line.strip() == line and line[-1:] in ".?:" for line in view["words"]), view["words"]


@every_panel
def test_no_text_is_spoilt(panel_class: type[Panel[Any]]) -> None:
    for values, view in sweep(panel_class):
        for line in texts(view):
            for what, pattern in SPOILT.items():
                if line == view["alert"] and what == "thousands in one piece":
                    continue  # the engine's own sentence
                assert not pattern.search(line), f"{what} in {line!r} at {values}"


def axis_of(figure: dict[str, Any], trace: dict[str, Any], letter: str) -> dict[str, Any]:
    name = trace.get(f"{letter}axis", letter).replace(letter, f"{letter}axis")
    axis: dict[str, Any] = figure["layout"][name]
    return axis


@every_panel
def test_every_bar_lies_inside_its_axes(panel_class: type[Panel[Any]]) -> None:
    bars = 0
    for values, view in sweep(panel_class):
        for figure in view["figures"]:
            for trace in (trace for trace in figure["data"] if trace["type"] == "bar"):
                along, up = ("y", "x") if trace.get("orientation") == "h" else ("x", "y")
                low, high = axis_of(figure, trace, up)["range"]
                bases = trace.get("base", 0)
                bases = bases if isinstance(bases, list) else [bases] * len(trace[up])
                for base, length in zip(bases, trace[up], strict=True):
                    bars += 1
                    assert low <= min(base, base + length), values
                    assert max(base, base + length) <= high, values
                places = axis_of(figure, trace, along)
                if "range" in places:
                    half = trace.get("width", 0.8) / 2
                    first, last = sorted(places["range"])
                    assert all(first <= at - half and at + half <= last for at in trace[along]), values
    assert bars or not any(
        trace["type"] == "bar" for _, view in sweep(panel_class) for each in view["figures"] for trace in each["data"]
    )


def scales(view: View) -> list[dict[str, Any]]:
    """The ranges of all axes that carry amounts; those of names may grow with the names."""
    return [
        {
            name: part["range"]
            for name, part in figure["layout"].items()
            if re.fullmatch(r"[xy]axis\d*", name) and "ticktext" not in part
        }
        for figure in view["figures"]
    ]


@every_panel
def test_axes_stay_while_a_slider_moves(panel_class: type[Panel[Any]]) -> None:
    panel, controls = panel_class(), panel_class.controls
    start = read_all(controls, {})
    bases = [start]
    for control in controls:
        if not isinstance(control, Slider):
            bases += [{**start, control.name: value} for value in control.track()]
    for base in bases:
        fixed = scales(panel.view(base))
        assert fixed
        for control in controls:
            if isinstance(control, Slider):
                for value in (control.least, control.most, control.track()[1]):
                    moved = panel.view({**base, control.name: control.read(value)})
                    assert scales(moved) == fixed, f"{control.name} at {value}, from {base}"


@every_panel
def test_tables_and_strips_have_one_shape(panel_class: type[Panel[Any]]) -> None:
    for values, view in sweep(panel_class):
        for table in view["tables"]:
            assert table["rows"], values
            assert {len(row["cells"]) for row in table["rows"]} == {len(table["columns"])}, values
            assert all(isinstance(cell, str) for row in table["rows"] for cell in row["cells"]), values
            assert all(row["cells"][0] for row in table["rows"]), values
        assert all(item and mark for item, mark in view["strip"]), values
        assert panel_class.strip or not view["strip"], "a strip needs a name"


@every_panel
def test_figures_name_roles_not_colours(panel_class: type[Panel[Any]]) -> None:
    """So that both grounds get their own colours."""
    named: set[str] = set()
    for _, view in sweep(panel_class):
        written = json.dumps(view["figures"])
        assert not re.search(r'"#[0-9A-Fa-f]{3,8}"', written)
        named |= set(re.findall(r"role:(\w+)", written))
    assert named
    assert named <= set(ROLES)


@every_panel
def test_changes_between_states_lead_from_one_to_the_other(panel_class: type[Panel[Any]]) -> None:
    views = [view for _, view in sweep(panel_class)]
    for before, after in itertools.pairwise([*views[::7], views[0]]):
        assert merge(before, json.loads(json.dumps(changes(before, after)))) == after


@every_panel
def test_controls_are_well_declared(panel_class: type[Panel[Any]]) -> None:
    names = [control.name for control in panel_class.controls]
    assert panel_class.heading
    assert len(set(names)) == len(names)
    for control in panel_class.controls:
        assert control.name.isidentifier(), "values are given by name"
        assert control.label
        assert control.legend.endswith("."), control.name
        start = control.read(control.start)
        assert start is None or start in control.track(), f"{control.name}: starts between two steps"
        if isinstance(control, Slider):
            assert control.track()[-1] == Decimal(control.most), f"{control.name}: the last step misses the end"
            assert control.removable or control.start is not None
            assert not control.removable or control.group, f"{control.name}: nowhere to add it again"
            step = Decimal(control.step)
            assert step == control.read(step + Decimal(control.least)) - Decimal(control.least)  # type: ignore[operator]


@every_panel
def test_a_saved_panel_reads_without_a_kernel(panel_class: type[Panel[Any]]) -> None:
    for values, view in sweep(panel_class)[::40]:
        panel = panel_class(**values)
        data, _ = panel._repr_mimebundle_()
        page = Page(data["text/html"])
        written = [view["title"], *([view["alert"]] if view["alert"] else []), *view["words"]]

        assert page.tags.count("img") == len(view["figures"])
        assert not {"script", "style", "iframe", "svg"} & set(page.tags)
        for line in written:
            assert words_on_page(line) in page.text
        assert data["text/plain"] == "\n".join(written)
        assert panel_class(**values).still() == panel.still(), "two runs can be compared"
        for address in (data["text/plain"], repr(panel)):
            assert not re.search("0x[0-9a-f]{4}", address)


class Page(HTMLParser):
    """What a reader of some HTML sees, and the tags in it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.pictures: list[dict[str, str | None]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


class Toy(Panel[Any]):
    """A panel that counts, small enough to be checked by eye; it breaks at 13."""

    heading = "How much is it?"
    controls = (
        Slider("count", "Count", "pieces", 0, 100, 1, 10, "How many."),
        Slider("extra", "Extra", "", 0, 5, "0.25", None, "Perhaps more.", 2, "More", removable=True),
        Choice("kind", "Kind", ("<pears>", "nuts & bolts"), "<pears>", "Of what."),
        Switch("half", "Half", False, "Only one half."),
    )

    def view(self, values: Any) -> View:
        if values["count"] == 13:
            raise ArithmeticError("thirteen can't be counted")
        total = (values["count"] + (values["extra"] or 0)) / (2 if values["half"] else 1)
        return {
            "title": f"{total} {values['kind']}",
            "alert": "Many." if total > 90 else "",
            "figures": [],
            "words": [f'You have {total} "{values["kind"]}".'],
            "strip": [],
            "tables": [],
        }


Message = dict[str, Any]


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def sent(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Message, list[bytes]]]:
    """What the toy sends to the browser."""
    outbox: list[tuple[Message, list[bytes]]] = []

    def send(content: Message, buffers: list[bytes] | None = None) -> None:
        outbox.append((json.loads(json.dumps(content)), buffers or []))

    monkeypatch.setattr(toy.widget, "send", send)
    return outbox


def receive(panel: Panel[Any], content: Message) -> None:
    """A message from the browser, as ipywidgets passes it on."""
    panel.widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def update(panel: Panel[Any], state: Message) -> None:
    """A state from the browser, as ipywidgets passes it on."""
    panel.widget._handle_msg({"content": {"data": {"method": "update", "state": state}}, "buffers": []})


def browser_values(panel: Panel[Any]) -> dict[str, str]:
    wire: dict[str, str] = panel.widget.get_state("values")["values"]
    return wire


PLAIN = st.recursive(
    st.none() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=1), inner, max_size=3)
        | st.lists(inner, min_size=2, max_size=2)
    ),
    max_leaves=12,
)


@given(PLAIN, PLAIN)
def test_changes_can_be_undone_by_the_browser(first: Any, view: Any) -> None:
    assert merge(first, json.loads(json.dumps(changes(first, view)))) == view


def test_what_stays_the_same_does_not_travel() -> None:
    first = {"title": "a", "figures": [{"data": [{"y": [1, 2]}, {"y": [3]}], "layout": {"height": 4}}]}
    view = {"title": "a", "figures": [{"data": [{"y": [1, 2]}, {"y": [5]}], "layout": {"height": 4}}]}

    assert changes(first, view) == {"figures": {"0": {"data": {"1": {"y": [5]}}}}}
    assert changes(first, first) == {}


@pytest.mark.parametrize(
    ("values", "after"),
    [
        ({"count": 20}, "20||<pears>|false"),
        ({"count": "20.0", "half": "true"}, "20||<pears>|true"),
        ({"extra": 1.5}, "10|1.5|<pears>|false"),
        ({"extra": Decimal("1.50"), "kind": "nuts & bolts"}, "10|1.5|nuts & bolts|false"),
        ({"extra": None}, "10||<pears>|false"),
        ({}, "10||<pears>|false"),
    ],
)
def test_values_are_set_from_python(toy: Toy, values: dict[str, Any], after: str) -> None:
    toy.values = values

    assert key(toy.values) == after
    assert list(toy.values) == ["count", "extra", "kind", "half"]
    assert isinstance(toy.values["count"], Decimal)
    assert toy._shown == {"key": after, "view": toy.view(toy.values)}
    assert "|".join(browser_values(toy).values()) == after


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"price": 1}, "price: no such control; known here: count, extra, kind, half"),
        ({"count": 101}, "count: expected a number from 0 to 100, got 101"),
        ({"count": -1}, "count: expected a number from 0 to 100, got -1"),
        ({"count": "lots"}, "count: expected a number from 0 to 100, got 'lots'"),
        ({"count": float("nan")}, "count: expected a number from 0 to 100, got nan"),
        ({"count": True}, "count: expected a number from 0 to 100, got True"),
        ({"count": None}, "count: expected a number from 0 to 100, got None"),
        ({"kind": "apples"}, "kind: expected one of <pears>, nuts & bolts, got 'apples'"),
        ({"half": "yes"}, "half: expected True or False, got 'yes'"),
    ],
)
def test_what_can_not_be_set_is_refused_with_a_sentence(toy: Toy, values: dict[str, object], sentence: str) -> None:
    before = toy._shown

    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        toy.values = {"extra": 1, **values}
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Toy(**values)
    assert key(toy.values) == "10||<pears>|false"
    assert toy._shown == before


def test_values_that_are_no_dict_are_refused(toy: Toy) -> None:
    with pytest.raises(TypeError, match=r"expected a dict such as \{'move': -10\}, got 5"):
        toy.values = 5  # type: ignore[assignment]


def test_an_observer_hears_once_of_a_change_and_never_of_none(toy: Toy) -> None:
    heard: list[tuple[str, str]] = []
    toy.observe(lambda change: heard.append((key(change["old"]), key(change["new"]))), "values")

    toy.values = {"count": 20, "extra": 2}
    toy.values = {"count": "20.0"}
    toy.values = {**toy.values}

    assert heard == [("10||<pears>|false", "20|2|<pears>|false")]


def test_values_are_not_changed_in_place(toy: Toy) -> None:
    """It would move nothing; the sentence says what does."""
    values: Any = toy.values
    for change, arguments in (
        ("__setitem__", ("count", 1)),
        ("update", ({"count": 1},)),
        ("pop", ("count",)),
        ("clear", ()),
    ):
        with pytest.raises(TypeError, match=r"panel\.values = \{"):
            getattr(values, change)(*arguments)
    assert key(toy.values) == "10||<pears>|false"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda values: pickle.loads(pickle.dumps(values))])
def test_values_can_be_copied_and_be_a_key(toy: Toy, copied: Callable[[Any], Any]) -> None:
    twin = copied(toy.values)

    assert twin == toy.values == {**toy.values}
    assert type(twin) is type(toy.values)
    assert {twin: 1}[toy.values] == 1
    assert {kept(toy.values, count=Decimal(0)): 1}[kept({**twin, "count": Decimal(5)}, count=Decimal(0))] == 1


def test_what_is_kept_of_values_has_the_controls_names(toy: Toy) -> None:
    with pytest.raises(TypeError, match="there is no value move; known here: count, extra, kind, half"):
        kept(toy.values, move=Decimal(0))


def test_a_panel_has_an_ordinary_widget(toy: Toy) -> None:
    """It can be linked, laid out and found by its name."""
    other = Toy(count=50)
    link = traitlets.link((toy.widget, "values"), (other.widget, "values"))
    toy.values = {"count": 30}
    assert other.values["count"] == 30
    link.unlink()

    box = ipywidgets.VBox([toy.widget, other.widget])
    assert box.children == (toy.widget, other.widget)
    assert repr(toy) == "Toy(count=30, extra=, kind=<pears>, half=false)"


def test_what_the_widget_can_not_be_is_put_back(toy: Toy) -> None:
    with pytest.raises(ValueError, match="expected a number from 0 to 100"):
        toy.widget.values = {"count": "1000"}
    assert toy.widget.values["count"] == "10"


def test_an_observer_that_is_gone_hears_nothing(toy: Toy) -> None:
    heard: list[object] = []
    toy.observe(heard.append)
    toy.unobserve(heard.append)
    toy.values = {"count": 20}

    assert heard == []


def test_an_observer_of_no_names_hears_of_all_of_them(toy: Toy) -> None:
    """By key or by attribute, as a widget tells it."""
    heard: list[tuple[str, object]] = []
    toy.observe(lambda change: heard.append((change.name, change["new"])))
    toy.veil = "Answer first."
    toy.values = {"count": 20}

    assert heard == [("veil", "Answer first."), ("values", toy.values)]


def test_the_browser_moves_the_values(toy: Toy) -> None:
    update(toy, {"values": {"count": "20", "extra": "0.25", "kind": "nuts & bolts", "half": "true"}})

    assert toy.values == {"count": Decimal(20), "extra": Decimal("0.25"), "kind": "nuts & bolts", "half": True}
    assert toy._shown["view"]["title"] == "10.125 nuts & bolts"


def test_a_move_that_uncovers_the_picture_is_never_taken_back(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Veil and values come in one message: no echo of the values before may follow, and what is shown comes last."""
    toy.veil = "Answer first."
    outbox: list[Message] = []
    monkeypatch.setattr(toy.widget, "_send", lambda message, **_: outbox.append(message))
    toy.observe(lambda _: setattr(toy, "values", {"half": True}), "veil")
    moved = {"count": "20", "extra": "", "kind": "<pears>", "half": "false"}
    update(toy, {"veil": "", "values": moved})

    assert key(toy.values) == "20||<pears>|false", "the browser's values are the newer ones"
    told = [message["state"] for message in outbox if message["method"] == "update"]
    assert [state["values"] for state in told if "values" in state] == []
    assert [state["_shown"]["key"] for state in told if "_shown" in state][-1] == "20||<pears>|false"
    assert toy.veil == ""


def test_start_again_means_the_start_of_this_panel() -> None:
    panel = Toy(count=50, half=True)
    panel.values = {"count": 51}

    assert panel._about["start"] == {"count": "50", "extra": "", "kind": "<pears>", "half": "true"}


def test_one_state_is_answered_exactly(toy: Toy, sent: list[tuple[Message, list[bytes]]]) -> None:
    wanted = {"count": "12", "extra": "", "kind": "<pears>", "half": "false"}
    receive(toy, {"kind": "exact", "values": wanted})

    ((message, buffers),) = sent
    assert buffers == []
    assert message["kind"] == "states"
    (change,) = message["states"].values()
    assert list(message["states"]) == ["12||<pears>|false"]
    assert merge(message["first"], change) == toy.view(read_all(toy.controls, wanted))
    assert key(toy.values) == "10||<pears>|false", "asking moves nothing"


@pytest.mark.parametrize(
    ("name", "at", "first"),
    [
        ("count", "50", ["50", "49", "51", "48"]),
        ("count", "100", ["100", "99", "98"]),
        ("extra", "1.10", ["1", "1.25", "0.75", "1.5"]),
        ("extra", "", ["0", "0.25"]),
        ("kind", "nuts & bolts", ["<pears>", "nuts & bolts"]),
        ("half", "true", ["false", "true"]),
    ],
)
def test_states_along_a_control_come_nearest_first_and_all(
    toy: Toy,
    sent: list[tuple[Message, list[bytes]]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    at: str,
    first: list[str],
) -> None:
    monkeypatch.setattr(Toy, "view", lambda _self, values: {"title": key(values), "words": [values["kind"]]})
    control = next(each for each in Toy.controls if each.name == name)
    values = {"count": "10", "extra": "", "kind": "<pears>", "half": "false", name: at}
    receive(toy, {"kind": "along", "control": name, "values": values})

    got: dict[str, Any] = {}
    for message, buffers in sent:
        assert (message["kind"], buffers) == ("states", [])
        got |= {state: merge(message["first"], change) for state, change in message["states"].items()}
    along = [{**values, name: text(value)} for value in control.track()]
    place = list(values).index(name)

    assert [state.split("|")[place] for state in got][: len(first)] == first
    assert set(got) == {"|".join(each.values()) for each in along}
    assert all(view["title"] == state for state, view in got.items())
    assert len(sent) == -(-len(got) // 16), "in pieces, so that the first are there soon"


def test_along_a_real_panel_the_browser_gets_what_the_engine_says(monkeypatch: pytest.MonkeyPatch) -> None:
    panel: Any = LossCascade()
    got: dict[str, View] = {}

    def send(content: Message, _buffers: object = None) -> None:
        content = json.loads(json.dumps(content))
        got.update({state: merge(content["first"], change) for state, change in content["states"].items()})

    monkeypatch.setattr(panel.widget, "send", send)
    receive(panel, {"kind": "along", "control": "move", "values": browser_values(panel)})

    assert len(got) == 101
    assert next(iter(got)) == key(panel.values)
    for move in (Decimal(-40), Decimal("-24.5"), Decimal(0), Decimal(10)):
        values = {**panel.values, "move": move}
        view = panel.view(values)
        told = {name: part if name == "figures" else all_written(part) for name, part in view.items()}
        assert got[key(values)] == told


def test_plotly_comes_packed_and_whole(toy: Toy, sent: list[tuple[Message, list[bytes]]]) -> None:
    from plotly.offline import get_plotlyjs

    receive(toy, {"kind": "plotly"})

    ((message, buffers),) = sent
    assert message == {"kind": "plotly"}
    (packed,) = buffers
    assert gzip.decompress(packed).decode() == get_plotlyjs()
    assert len(packed) < 2_000_000


def test_a_view_that_breaks_is_not_swallowed(
    toy: Toy, sent: list[tuple[Message, list[bytes]]], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ArithmeticError, match="thirteen"):
        Toy(count=13)
    with pytest.raises(ArithmeticError, match="thirteen"):
        toy.values = {"count": 13}
    with caplog.at_level(logging.WARNING):
        receive(toy, {"kind": "exact", "values": {"count": "13"}})

    assert [message for message, _ in sent] == [
        {
            "kind": "failed",
            "message": "The kernel can't show this: ArithmeticError(\"thirteen can't be counted\")",
        }
    ]
    assert "thirteen" in caplog.text


def test_a_saved_panel_escapes_its_words() -> None:
    data, _ = Toy(count=95)._repr_mimebundle_()
    page = Page(data["text/html"])

    assert "&lt;pears&gt;" in data["text/html"]
    assert "pears" not in page.tags
    assert 'You have 95 "<pears>".' in page.text
    assert data["text/plain"] == '95 <pears>\nMany.\nYou have 95 "<pears>".'


def test_a_saved_output_has_no_widget_but_a_slot_that_names_its_model(toy: Toy) -> None:
    """A notebook shows an unknown widget as an error; the slot keeps the still, and a living model finds it."""
    data, metadata = toy._repr_mimebundle_()
    name = toy.widget.get_state("_slot")["_slot"]

    assert (set(data), metadata) == ({"text/html", "text/plain"}, {})
    assert data["text/html"] == f'<div class="mw-slot mw-slot-{name}">{toy.still()[0]}</div>'
    assert name == toy.widget.model_id != Toy().widget.model_id
    assert "application/vnd.jupyter.widget-view+json" in toy.widget._repr_mimebundle_()[0], "displayed itself"


def test_a_prediction_has_two_slots() -> None:
    card = Card(next(iter(questions("05").predict.values())), "Predict", skip="Skip")
    predict = Predict(card, Toy(), Progress(), "toy")
    shown = predict._repr_mimebundle_()[0]["text/html"]

    assert re.findall("mw-slot-([0-9a-f]+)", shown) == [card.widget.model_id, predict.panel.widget.model_id]


def test_without_what_widgets_need_the_still_is_shown(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "marginlib.panels.widget", None)
    monkeypatch.delattr("marginlib.panels.widget", raising=False)

    assert toy._repr_mimebundle_()[0]["text/html"] == toy.still()[0]


def test_a_saved_picture_carries_its_title_as_text() -> None:
    panel = LossCascade()
    page = Page(panel._repr_mimebundle_()[0]["text/html"])
    (picture,) = page.pictures
    prefix, _, data = (picture["src"] or "").partition(",")

    assert picture["alt"] == panel._shown["view"]["title"]
    assert prefix == "data:image/svg+xml;base64"
    assert base64.b64decode(data).startswith(b"<svg ")


LOADED = "import json, sys; {}; print(json.dumps(sorted(sys.modules)))"


@pytest.mark.parametrize(
    "code", ["import marginlib.lessons", "from marginlib.lessons import LossCascade as L; L()._repr_mimebundle_()"]
)
def test_panels_load_neither_pandas_nor_numpy_nor_plotly(code: str) -> None:
    """A small kernel: more learners on a server."""
    run = [sys.executable, "-c", LOADED.format(code)]
    loaded = set(json.loads(subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout))

    assert "marginlib.lessons" in loaded
    assert loaded & {"pandas", "numpy", "plotly"} == set()


def test_a_panel_and_its_still_need_no_widget_and_no_validation() -> None:
    """A page has neither: the same objects are carried by a worker there."""
    code = """from marginlib.lessons.loss_cascade.panel import LossCascade
panel = LossCascade(move=-10)
panel.values = {"move": -12}
list(panel.receive({"kind": "along", "control": "move", "values": panel.state()["values"]}))
panel.still()"""
    run = [sys.executable, "-c", LOADED.format(code).replace("; print", "\nprint")]
    loaded = set(json.loads(subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout))

    assert "marginlib.panels.panel" in loaded
    heavy = {"IPython", "anywidget", "ipywidgets", "numpy", "pandas", "plotly", "pydantic", "pydantic_core", "rich"}
    assert loaded & {*heavy, "traitlets", "marginlib.panels.widget"} == set()


@every_panel
def test_the_values_that_a_panel_names_are_its_controls(panel_class: type[Panel[Any]]) -> None:
    """What a type checker believes of them is so."""
    (named,) = (get_args(base)[0] for base in vars(panel_class)["__orig_bases__"])
    kinds = {Slider: Decimal, Choice: str, Switch: bool, Walk: str}
    real = {
        control.name: kinds[type(control)] | None if getattr(control, "removable", False) else kinds[type(control)]
        for control in panel_class.controls
    }
    hints = get_type_hints(named)
    for control in panel_class.controls:
        if get_origin(hints.get(control.name)) is Literal:
            assert set(get_args(hints[control.name])) == set(control.track()), "all its options, and no other"
            hints[control.name] = str

    assert hints == real


def test_old_notebooks_find_the_panels_where_they_were() -> None:
    from marginlib.panels import LossCascade as found  # noqa: N813

    assert found is LossCascade
    with pytest.raises(ImportError):
        from marginlib.panels import Nothing  # noqa: F401

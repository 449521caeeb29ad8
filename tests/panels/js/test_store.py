"""The browser's store, run as it is, with a panel for its kernel: whatever happens, both sides come to agree."""

import contextlib
import inspect
import json
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from javascript import constant, engine

import marginlib.lessons
from marginlib.panels.controls import Choice, Slider, Switch, key, read_all, text
from marginlib.panels.panel import Panel, View

Message = dict[str, Any]
KEPT: int = constant("store.js", "KEPT")
PATIENCE: int = constant("store.js", "PATIENCE")
TABLE = engine("table.js", Path(__file__).parent)


class Grid(Panel[Any]):
    """A panel with more states than are kept, each told apart from all others by its words."""

    heading = "Where is it?"
    controls = (
        Slider("x", "x", "", -20, 40, "0.5", 0, "Across."),
        Slider("y", "y", "", 0, 60, 1, 10, "Up.", 1, "More", removable=True),
        Choice("kind", "Kind", ("dot", "ring"), "dot", "What is there."),
        Switch("on", "On", True, "Whether it shows."),
    )

    def view(self, values: Any) -> View:
        words = [f"{name} is {text(value)}." for name, value in values.items()]
        return {"title": key(values), "figures": [], "words": words, "strip": [], "tables": []}


class Brittle(Grid):
    """It breaks at the edge."""

    def view(self, values: Any) -> View:
        if values["x"] == 40:
            raise ArithmeticError("there is no more room")
        return super().view(values)


CONTROLS = {control.name: control for control in Grid.controls}


class Kernel:
    """A panel in Python, and the messages to and from it that are on their way, as ipywidgets passes them on."""

    def __init__(self, panel: Panel[Any]) -> None:
        self.panel = panel
        self.taking = False
        self.inbox: deque[Message] = deque()
        self.outbox: deque[Message] = deque()
        self.panel.observe(self._show, "values")

    def _send(self, content: Message) -> None:
        self.outbox.append(json.loads(json.dumps(content)))

    def _show(self, _change: object) -> None:
        if not self.taking:
            self.outbox += [{"kind": "state", "values": self.wire()}, {"kind": "state", "shown": self.panel._shown}]

    def wire(self) -> dict[str, str]:
        return {name: text(value) for name, value in self.panel.values.items()}

    def take(self, message: Message) -> None:
        """A message from the browser. Values are echoed; what they bring about is said in one piece."""
        if message["kind"] != "update":
            with contextlib.suppress(ArithmeticError):  # the carrier's kernel writes it into its log
                for answer, _ in self.panel.hear(message):
                    self._send(answer)
            return
        self.outbox.append({**message, "kind": "echo"})
        before, self.taking = self.panel._shown, True
        self.panel.adopt("values", message["values"])
        self.taking = False
        if self.panel._shown != before:
            other = {} if self.wire() == message["values"] else {"values": self.wire()}
            self.outbox.append({"kind": "state", "shown": self.panel._shown, **other})

    def work(self) -> None:
        """Work on one message."""
        if self.inbox:
            self.take(self.inbox.popleft())


class Page:
    """A store on its table, and its kernel."""

    def __init__(self, kind: type[Panel[Any]] = Grid) -> None:
        self.kind = kind
        self.restart()

    def restart(self) -> None:
        """A new kernel, and the cell run again: what was on its way is lost."""
        self.kernel = Kernel(self.kind())
        self.model: Message = {"values": self.kernel.wire(), "shown": self.kernel.panel._shown}
        self.updates = 0
        self.screen = ""
        TABLE.call("open", list(CONTROLS), self.model["values"])
        self.act("heard", self.model["values"], self.model["shown"])
        self.frame()

    def act(self, name: str, *given: Any) -> None:
        """The store does something."""
        self.send(TABLE.call("act", name, *given))

    def send(self, messages: list[Message]) -> None:
        """What the store sends is on its way to the kernel; the widget's model has what it tells."""
        for message in messages:
            if message["kind"] == "update":
                self.updates += 1
                message["update"] = self.updates
                self.model["values"] = message["values"]
            self.kernel.inbox.append(message)

    def move(self, settled: bool = True, alone: bool = False, **values: str) -> None:
        self.act("move", values, settled, alone)

    def start_again(self) -> None:
        self.act("move", {name: text(control.read(control.start)) for name, control in CONTROLS.items()}, True)

    def warm(self, name: str) -> None:
        self.act("warm", name)

    def set_from_python(self, **values: object) -> None:
        self.kernel.panel.values = values

    def hear(self) -> None:
        """One message of the kernel arrives."""
        if not self.kernel.outbox:
            return
        message = self.kernel.outbox.popleft()
        if message["kind"] not in ("state", "echo"):
            self.act("received", message)
            return
        if message["kind"] == "echo" and message["update"] != self.updates:
            return  # a newer one is on its way
        news = [name for name in ("values", "shown") if name in message and message[name] != self.model[name]]
        self.model |= {name: message[name] for name in news}
        for name in news:
            self.act("heard", self.model["values"], *([self.model["shown"]] if name == "shown" else []))

    def wait(self, ms: int) -> int:
        """Let time pass; how many timers still run."""
        running: int = TABLE.call("pass", ms)
        self.send(TABLE.call("taken"))
        return running

    def frame(self) -> None:
        """The page shows what there is, if anything: only ever the engine's answer for its values."""
        shown = TABLE.call("frame")
        self.send(TABLE.call("taken"))
        if shown:
            values = read_all(Grid.controls, TABLE.call("values"))
            assert shown == {"key": key(values), "view": self.kernel.panel.view(values)}
            self.screen = shown["key"]

    def rest(self) -> str:
        """Wait until nothing is on its way; then both sides must agree."""
        for _ in range(10_000):
            while self.kernel.inbox or self.kernel.outbox:
                self.kernel.work()
                self.hear()
            self.frame()
            if not self.wait(100) and not self.kernel.inbox:
                break
        else:
            pytest.fail("it never comes to rest")
        assert TABLE.call("values") == self.kernel.wire()
        assert self.screen == key(self.kernel.panel.values)
        return self.screen

    def along(self, name: str) -> list[str]:
        """The keys of all states along a control."""
        return [key({**self.kernel.panel.values, name: value}) for value in CONTROLS[name].track()]

    def known(self, name: str) -> bool:
        return all(TABLE.call("isKnown", each) for each in self.along(name))


NAMES = st.sampled_from(list(CONTROLS))


@st.composite
def moves(draw: st.DrawFn) -> tuple[str, str, str, bool, bool]:
    name = draw(NAMES)
    value = draw(st.sampled_from([*CONTROLS[name].track(), *([None] if name == "y" else [])]))
    return "move", name, text(value), draw(st.booleans()), draw(st.booleans())


STEPS = st.one_of(
    moves(),
    moves(),
    st.tuples(st.just("wait"), st.sampled_from([1, 100, 130, 500, PATIENCE])),
    st.tuples(st.just("work"), st.integers(1, 3)),
    st.tuples(st.just("hear"), st.integers(1, 12)),
    st.tuples(st.just("frame")),
    st.tuples(st.just("set"), NAMES, st.integers(0, 1)),
    st.tuples(st.sampled_from(["start again", "restart", "rest"])),
    st.tuples(st.just("warm"), NAMES),
)


@given(st.lists(STEPS, min_size=80, max_size=120))
def test_whatever_happens_both_sides_come_to_agree(steps: list[tuple[Any, ...]]) -> None:
    page = Page()
    for step in steps:
        match step:
            case "move", name, value, settled, alone:
                page.move(settled, alone, **{name: value})
            case "wait", ms:
                page.wait(ms)
            case "work", times:
                for _ in range(times):
                    page.kernel.work()
            case "hear", times:
                for _ in range(times):
                    page.hear()
            case ("frame",):
                page.frame()
            case "set", name, at:
                page.set_from_python(**{name: CONTROLS[name].track()[at]})
            case ("start again",):
                page.start_again()
            case ("restart",):
                page.restart()
            case ("rest",):
                page.rest()
            case "warm", name:
                page.warm(name)
    page.rest()
    for name in CONTROLS:
        page.warm(name)
        page.rest()
        assert page.known(name), f"{name} was warmed"


def asked(page: Page) -> list[str]:
    """The controls whose states the kernel is being asked for."""
    return [message["control"] for message in page.kernel.inbox if message["kind"] == "along"]


def test_a_track_is_asked_for_once() -> None:
    page = Page()
    page.warm("x")
    page.move(x="3")
    page.move(x="4")
    assert asked(page) == ["x"]

    page.move(on="false")
    page.move(x="5")
    assert asked(page) == ["x", "on", "x"], "another track: it is off now"


def test_a_track_that_was_forgotten_is_asked_for_again() -> None:
    """What is kept is bounded; so what was asked for must be forgotten with it."""
    page = Page()
    page.warm("x")
    page.rest()
    assert page.known("x")

    tracks = -(-KEPT // len(CONTROLS["x"].track())) + 1
    for at in range(20, 20 + tracks):
        page.move(y=str(at))
        page.warm("x")
        page.rest()
    page.move(y="10")
    page.rest()
    assert not page.known("x")

    page.warm("x")
    assert "x" in asked(page)
    page.rest()
    assert page.known("x")


def test_what_is_kept_is_not_asked_for_again() -> None:
    page = Page()
    page.warm("x")
    page.rest()
    for at in range(20, 24):
        page.move(y=str(at))
        page.warm("x")
        page.rest()
    page.move(y="10")
    page.rest()
    page.warm("x")

    assert asked(page) == []
    assert page.known("x")


def test_one_exact_request_at_a_time_and_the_newest_next() -> None:
    page = Page()
    for at in ("1", "2", "3"):
        page.move(x=at)
        page.frame()
    exact = [message["values"]["x"] for message in page.kernel.inbox if message["kind"] == "exact"]
    assert exact == ["1"]

    page.kernel.take({"kind": "exact", "values": {**page.kernel.wire(), "x": "1"}})
    page.kernel.inbox.clear()
    page.hear()
    page.frame()
    assert page.screen == "0|10|dot|true"
    assert [message["values"]["x"] for message in page.kernel.inbox if message["kind"] == "exact"] == ["3"]


def test_a_silent_kernel_is_mentioned_and_asked_again() -> None:
    page = Page()
    page.move(x="1")
    page.frame()
    page.wait(PATIENCE - 1)
    assert TABLE.call("noted") == []
    page.wait(1)
    (note,) = TABLE.call("noted")
    assert note.startswith("The kernel does not answer.")

    page.kernel.inbox.clear()  # what was asked is lost
    page.move(x="2")
    page.frame()
    assert [message["kind"] for message in page.kernel.inbox] == ["exact"], "the track was asked for already"


def test_a_state_that_can_not_be_shown_is_noted_and_not_asked_for_for_ever() -> None:
    page = Page(Brittle)
    TABLE.call("act", "move", {"x": "40"}, True)  # its track is not asked for here
    page.frame()
    page.kernel.work()
    page.hear()
    (note,) = TABLE.call("noted")
    assert "there is no more room" in note
    page.frame()
    assert page.screen == "0|10|dot|true"
    assert not page.kernel.inbox

    TABLE.call("act", "move", {"x": "39"}, True)
    page.frame()
    assert [message["kind"] for message in page.kernel.inbox] == ["exact"]


@pytest.mark.parametrize("ms", [0, 200])
def test_an_echo_of_an_older_commit_takes_nothing_back(ms: int) -> None:
    page = Page()
    page.move(x="5")
    page.wait(200)
    page.kernel.work()  # the states along x
    page.kernel.work()  # the commit
    page.move(x="6")
    page.wait(ms)
    while page.kernel.outbox:
        page.hear()
        assert TABLE.call("values")["x"] == "6"
    assert page.rest() == "6|10|dot|true"


def test_what_python_sets_meanwhile_takes_nothing_back_before_it_has_heard() -> None:
    page = Page()
    page.move(x="5")
    page.wait(200)
    page.set_from_python(y=20)
    page.hear()
    assert TABLE.call("values")["x"] == "5"

    assert page.rest() == "5|10|dot|true", "the learner was last"


def test_what_python_sets_takes_over_from_what_runs_by_itself() -> None:
    page = Page()
    for x in ("5", "6"):
        page.move(False, True, x=x)
        page.wait(20)
    page.set_from_python(y=20)
    page.hear()
    assert TABLE.call("values") == {"x": "0", "y": "20", "kind": "dot", "on": "true"}

    assert page.rest() == "0|20|dot|true"


def test_an_echo_doesn_t_take_over_from_what_runs_by_itself() -> None:
    page = Page()
    page.move(x="5")
    page.wait(200)
    page.kernel.work()
    page.kernel.work()
    page.move(False, True, x="6")
    while page.kernel.outbox:
        page.hear()
        assert TABLE.call("values")["x"] == "6"
    assert page.rest() == "6|10|dot|true"


def test_back_again_before_python_has_answered_is_told_too() -> None:
    page = Page()
    for x in ("5", "0"):
        page.move(x=x)
        page.wait(200)

    assert page.rest() == "0|10|dot|true"
    assert page.kernel.panel.values["x"] == 0


def test_what_python_shows_is_shown_though_the_answer_is_lost() -> None:
    page = Page()
    page.move(x="1")
    page.frame()
    page.kernel.inbox.clear()

    assert page.rest() == "1|10|dot|true"


def test_the_states_that_came_last_are_kept() -> None:
    page = Page()

    def bring(first: int, last: int) -> None:
        states: dict[str, Message] = {f"{at}|0|dot|true": {} for at in range(first, last)}
        page.act("received", {"kind": "states", "first": {}, "states": states})

    bring(0, KEPT)
    bring(0, 1)
    bring(KEPT, KEPT + 1)
    assert [TABLE.call("isKnown", f"{at}|0|dot|true") for at in (0, 1, 2, KEPT)] == [True, False, True, True]


def test_an_observer_in_python_has_the_last_word() -> None:
    page = Page()
    panel = page.kernel.panel

    def least(_change: object) -> None:
        if panel.values["y"] == 0:
            panel.values = {"y": 3}

    panel.observe(least, "values")
    page.move(y="0")

    assert page.rest() == "0|3|dot|true"


def test_a_store_that_is_closed_leaves_no_timer() -> None:
    page = Page()
    page.move(x="1")
    page.frame()

    assert TABLE.call("open", list(CONTROLS), page.kernel.wire()) == 0


def test_every_track_of_every_panel_fits_into_what_is_kept() -> None:
    everything = [getattr(marginlib.lessons, name) for name in marginlib.lessons.__all__]
    panels = [each for each in everything if inspect.isclass(each) and issubclass(each, Panel)]

    assert panels
    assert all(sum(len(control.track()) for control in panel.controls) < KEPT for panel in panels)

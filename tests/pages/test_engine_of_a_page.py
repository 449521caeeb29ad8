"""The page's side of its engine, without a page: what is sent when, and what is said once there is no engine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from py_mini_racer import MiniRacer

import marginlib.pages
from marginlib.panels.scripts import script

OPEN = """
const listeners = {}, sent = [], told = [], came = [], shown = [];
const worker = {
  addEventListener: (kind, hear) => { listeners[kind] = hear; },
  postMessage: (message) => { sent.push(message); },
  terminate: () => {},
};
const slots = { card: { draw: "card", state: { _card: {} } }, panel: { draw: "host", state: { values: { x: "1" } } } };
const engine = openEngine({
  lesson: { cells: [], slots, pyodide: "p/", wheel: "w" },
  hire: () => worker,
  fetchStarts: async () => ({}),
  told: (stage, why) => { told.push([stage, why]); },
  came: (name) => { came.push(name); },
  later: () => {},
});
engine.models.get("panel").on("msg:custom", (message) => { shown.push(message); });
const hear = (data) => listeners.message({ data });
const ready = (name) => hear({ kind: "told", text: JSON.stringify({ slot: name, state: {} }) });
"""


@pytest.fixture
def page() -> Iterator[MiniRacer]:
    """A page with a card and a panel, whose worker only takes down what it is sent."""
    racer = MiniRacer()
    racer.eval(script("engine.js", Path(marginlib.pages.__path__[0]) / "browser"))
    racer.eval(OPEN)
    yield racer
    racer.close()


def value(page: MiniRacer, name: str) -> Any:
    return json.loads(str(page.eval(f"JSON.stringify({name})")))


def messages(page: MiniRacer) -> list[Any]:
    return [json.loads(each["text"])["message"] for each in value(page, "sent") if each["kind"] == "tell"]


def test_a_card_that_was_not_touched_gets_what_is_kept(page: MiniRacer) -> None:
    page.eval("engine.start(); ready('card')")
    assert value(page, "came") == ["card"]


@pytest.mark.parametrize("message", [{"kind": "answer", "given": "2"}, {"kind": "skip"}, {"kind": "another"}])
def test_an_answer_that_waited_is_not_overwritten_by_a_kept_one(page: MiniRacer, message: Any) -> None:
    page.eval(f"engine.start(); engine.models.get('card').send({json.dumps(message)}); ready('card')")
    assert messages(page) == [message]
    assert value(page, "came") == []


def test_help_that_waited_leaves_room_for_what_is_kept(page: MiniRacer) -> None:
    page.eval("engine.start(); engine.models.get('card').send({ kind: 'hint' }); ready('card')")
    assert messages(page) == [{"kind": "hint"}]
    assert value(page, "came") == ["card"]


def test_an_engine_that_stops_later_says_so_too(page: MiniRacer) -> None:
    page.eval("engine.start(); ready('panel'); hear({ kind: 'ready' })")
    page.eval("hear({ kind: 'failed', why: 'Python has stopped' })")
    assert value(page, "told") == [["starting", ""], ["ready", ""], ["failed", "Python has stopped"]]
    page.eval("engine.models.get('panel').send({ kind: 'exact', values: { x: '2' } })")
    page.eval("0")  # a turn, for what was promised
    assert value(page, "shown") == [
        {"kind": "failed", "message": "Only one control at a time moves here: Python has stopped"}
    ]


def test_one_answer_that_fails_later_is_no_end(page: MiniRacer) -> None:
    page.eval("engine.start(); ready('card'); hear({ kind: 'ready' }); listeners.error({ message: 'KeyError: x' })")
    assert value(page, "told") == [["starting", ""], ["ready", ""]]
    page.eval("engine.models.get('card').send({ kind: 'skip' })")
    assert messages(page) == [{"kind": "skip"}]

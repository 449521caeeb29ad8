"""What the browser's side does while the kernel is silent: says so after a while, and asks again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from javascript import constant, engine

from marginlib.lessons import SettleForm
from marginlib.panels.live import Live
from marginlib.quiz.card import Card
from marginlib.quiz.lesson import questions

PATIENCE = constant("patience.js", "PATIENCE")
SILENT = constant("patience.js", "SILENT")

CLOCK = """
  const log = [];
  let now = 0, timers = [];
  const clock = {
    setTimeout(work, ms) { const timer = { at: now + ms, work }; timers.push(timer); return timer; },
    clearTimeout(timer) { timers = timers.filter((each) => each !== timer); },
  };
  const pass = (ms) => {
    const end = now + ms;
    for (;;) {
      const next = timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      timers = timers.filter((each) => each !== next);
      now = next.at;
      next.work();
    }
    now = end;
  };
"""


def played(code: str) -> list[Any]:
    """What has been logged by some JavaScript that has a clock and lets time pass."""
    result: list[Any] = json.loads(
        str(engine("patience.js").eval(f"(() => {{ {CLOCK} {code}; return JSON.stringify(log); }})()"))
    )
    return result


POST = """
  const { send, received, close } = correspondence({
    name: "a", clock, send: (message) => log.push(message), note: (text) => log.push(`${now}: ${text}`),
  });
"""


def test_a_message_without_an_answer_is_mentioned_after_a_while_and_taken_back() -> None:
    assert played(f"{POST} send({{ kind: 'x' }}); pass({PATIENCE - 1}); log.push('so far'); pass(1); pass(60000)") == [
        {"kind": "x", "ticket": "a:1"},
        "so far",
        f"{PATIENCE}: {SILENT}",
    ]
    late = played(f"{POST} send({{}}); pass(9000); received({{ kind: 'heard', ticket: 'a:1' }}); pass(60000)")
    assert late[-2:] == [f"{PATIENCE}: {SILENT}", "9000: "]


@pytest.mark.parametrize(
    ("heard", "mentioned"),
    [("{ kind: 'heard', ticket: 'a:2' }", False), ("{ kind: 'heard', ticket: 'a:1' }", True), ("{ kind: 'x' }", True)],
)
def test_tickets_come_back_in_order(heard: str, mentioned: bool) -> None:
    """The newest one back: an older one is lost, not waited for. Those of other views say nothing."""
    said = played(f"{POST} send({{}}); send({{}}); pass(100); received({heard}); pass(60000)")

    assert any(SILENT in str(line) for line in said) is mentioned


def test_the_ticket_of_another_view_is_no_answer() -> None:
    assert SILENT in str(played(f"{POST} send({{}}); received({{ kind: 'heard', ticket: 'b:1' }}); pass(9000)")[-1])


def test_after_the_end_nothing_is_said() -> None:
    assert played(f"{POST} send({{}}); close(); pass(60000)") == [{"ticket": "a:1"}]


ASK = "const come = asking({ clock, lately, ask: () => log.push(now), late: (is) => log.push(`${now}: ${is}`) });"


def test_what_the_page_needs_is_asked_for_at_once_and_again() -> None:
    """A minute without a word, and then never again, was too long and too short."""
    asked = played(f"const lately = false; {ASK} pass(91000); come(); pass(600000)")

    assert asked == [0, f"{PATIENCE}: true", 30000, 90000, "91000: false"]


def test_whoever_comes_later_asks_for_itself_when_nothing_has_come() -> None:
    """The first one's kernel may be busy, restarted, or another notebook's."""
    assert played(f"const lately = true; {ASK} pass(6000)") == [2000, f"{PATIENCE}: true"]
    assert played(f"const lately = true; {ASK} pass(1000); come(); pass(60000)") == ["1000: false"]


def a_card() -> Card:
    return Card(next(iter(questions("05").check.values())), "Check", hint="Show the way")


@pytest.mark.parametrize("make", [SettleForm, a_card])
@pytest.mark.parametrize("message", [{"kind": "press"}, {"kind": "hint"}, {"kind": "nothing"}])
def test_every_message_with_a_ticket_is_heard(make: Callable[[], Live], message: dict[str, Any]) -> None:
    """Also one that changes nothing, such as the same unreadable number again."""
    live = make()

    assert [*live.hear({**message, "ticket": "a:1"})][-1:] == [({"kind": "heard", "ticket": "a:1"}, [])]
    assert [*live.hear(message)] == []


def test_a_message_that_breaks_was_heard_all_the_same() -> None:
    heard = a_card().hear({"kind": "answer", "ticket": "a:1"})

    assert next(heard) == ({"kind": "heard", "ticket": "a:1"}, [])
    with pytest.raises(KeyError):
        next(heard)


def test_the_form_takes_over_a_task_that_the_browser_names() -> None:
    form = SettleForm()
    form.receive({"kind": "task", "task": 2})

    assert form.task == 2

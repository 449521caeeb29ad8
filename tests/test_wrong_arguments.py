"""What a public function is given by mistake: a sentence that says what it takes."""

import re
from collections.abc import Callable
from typing import Any

import pytest

import marginlib as public
from marginlib.lessons import Lesson, LossCascade

marginlib: Any = public  # a type checker would say it, too
WRONG: list[tuple[Callable[[Any], object], str]] = [
    (lambda _: marginlib.replay(5), "scenario: expected a Scenario, such as Scenario.of({…}) makes"),
    (lambda _: marginlib.replay({}), "scenario: expected a Scenario, such as Scenario.of({…}) makes"),
    (lambda it: marginlib.replay(it.scenario, 5), "rulebook: expected a Rulebook, such as load_rulebook(folder)"),
    (lambda _: marginlib.limits(None, "EUR"), "state: expected a state, such as replay(scenario).final, got None"),
    (lambda it: marginlib.limits(it, "EUR"), "state: expected a state, such as replay(scenario).final, got Story of 0"),
    (lambda it: marginlib.sheet(it, "EUR"), "state: expected a state, such as replay(scenario).final, got Story of 0"),
    (lambda _: marginlib.tell(5), "story: expected a story, such as replay(scenario) gives, got 5"),
    (lambda _: marginlib.resume(5, []), "story: expected a story, such as replay(scenario) gives, got 5"),
    (lambda _: marginlib.plan(5), "story: expected a story, such as replay(scenario) gives, got 5"),
    (lambda _: marginlib.read_scenario({}), "text: expected a scenario as JSON; for plain data there is"),
    (lambda it: it.frame("x"), "expected 'ledger', 'cascade' or 'export', got 'x'"),
    (lambda _: Lesson("00").drill(), "lesson 00 has no drills; there are some in 01, 02, 03, 04, 05, 06, 07"),
    (lambda _: LossCascade(nonsense=1), "nonsense: no such control; known here: EUR, USD, "),
]  # fmt: skip


@pytest.mark.parametrize(("call", "said"), WRONG)
def test_what_it_takes_is_said(call: Callable[[Any], object], said: str) -> None:
    story = marginlib.replay(marginlib.Scenario.of({}))
    with pytest.raises((TypeError, ValueError, KeyError), match=re.escape(said)):
        call(story)

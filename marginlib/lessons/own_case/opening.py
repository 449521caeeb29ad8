"""What a case can be opened from: a scenario file, a link, or the ledger that an exchange exports."""

import importlib
import json
import re
from typing import Any

from marginlib.engine.scenario import Scenario
from marginlib.lessons.own_case import link as links
from marginlib.lessons.own_case.back import fields_of, unsaid
from marginlib.lessons.own_case.fields import Fields
from marginlib.panels.packing import joined
from marginlib.reading.scenarios import read_scenario

_PANEL = re.compile(r"(?:^|[#/?])v[0-9]{1,3}/")
_LEDGER_HEAD = re.compile(r'\A[\ufeff\s"]*(?:\w+"?\s*[,;\t]\s*"?)*(?:refid|txid)\b', re.IGNORECASE)


def opened(text: str, name: str = "") -> tuple[Fields, str]:
    """The fields that a file's text or a link comes to, and a sentence that says what it was.

    Raises:
        ValueError: it is neither, or something in it is wrong; the sentence says what would work.

    >>> opened('{"balances": {"EUR": "100"}}', "mine.json")[1]
    "Opened: the account at the end of the scenario in 'mine.json'."
    >>> opened("hello")
    Traceback (most recent call last):
    ValueError: expected a scenario file, a link such as #c1/…, #v1/… or #x1/…, or an exchange's ledger, got 'hello'
    """
    what = f" in {_short(name)}" if name else ""
    if not text.strip():
        raise ValueError(f"there is nothing{what or ' to open'}; expected a scenario file, a link or a ledger")
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in "{[":
        return _of_json(text, what)
    if _LEDGER_HEAD.match(text[:2000]):
        return _of_ledger(text, what)
    told = joined(text) if len(text) <= links.MOST * 2 else ""
    if links.is_link(told):
        return links.read(told), "Opened: the account in the link."
    if _PANEL.search(told):
        return _of_panel(text)
    packed = importlib.import_module("marginlib.classes.packed")  # named: it lies above this
    if packed.is_link(told):
        return _of_exercise(told)
    raise ValueError(
        f"expected a scenario file, a link such as #c1/…, #v1/… or #x1/…, or an exchange's ledger, got {_short(text)}"
    )


def _of_json(text: str, what: str) -> tuple[Fields, str]:
    try:
        data = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        data = None  # the scenario's reader says what is wrong
    if isinstance(data, list) or (isinstance(data, dict) and _is_ledger(data)):
        return _of_ledger(text, what)
    scenario = read_scenario(text)
    return fields_of(scenario), " ".join([f"Opened: the account at the end of the scenario{what}.", *unsaid(scenario)])


def _is_ledger(data: dict[str, Any]) -> bool:
    """Whether it is what an exchange's API answers, or a part of that: its ledger by ids."""
    inner = data.get("result", data)
    inner = inner.get("ledger", inner) if isinstance(inner, dict) else inner
    rows = list(inner.values()) if isinstance(inner, dict) else []
    return bool(rows) and all(isinstance(each, dict) and "refid" in each for each in rows)


def _of_ledger(text: str, what: str) -> tuple[Fields, str]:
    raise ValueError(f"this looks like an exchange's ledger{what}, and those can't be opened here yet")


def _of_panel(text: str) -> tuple[Fields, str]:
    """A lesson's panel in a state: the account at the end of its story."""
    lessons = importlib.import_module("marginlib.lessons")
    panel = lessons.from_link(text)
    try:
        scenario = panel.scenario(panel.values)
    except NotImplementedError:
        raise ValueError(f"the panel {type(panel).__name__} tells no story that ends in an account") from None
    told = f"Opened: the account at the end of the story in the panel {type(panel).__name__}."
    return fields_of(scenario), " ".join([told, *unsaid(scenario)])


def _of_exercise(told: str) -> tuple[Fields, str]:
    """An exercise: the account of its first question that has one for all."""
    exercise = importlib.import_module("marginlib.classes.file").read_exercise(told)
    scenario = next((found for item in exercise.items if (found := _scenario_of(item))), None)
    if scenario is None:
        raise ValueError(
            f"the exercise {_short(exercise.title)} has drills alone, whose numbers are each student's own"
        )
    told = f"Opened: the account of the first question in {_short(exercise.title)}."
    return fields_of(scenario), " ".join([told, *unsaid(scenario)])


def _scenario_of(item: Any) -> Scenario | None:
    question = getattr(item, "question", None)
    if question is not None:
        found: Scenario = question.scenario
        return found
    start = getattr(item, "start", None)
    return item.case(start).scenario if start is not None else None


def _short(text: str) -> str:
    """A text as a sentence quotes it."""
    line = " ".join(text.split())
    return f"'{line if len(line) <= 40 else f'{line[:40]}…'}'"

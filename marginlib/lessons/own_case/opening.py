"""What a case can be opened from: a scenario file, a link, or the ledger that an exchange exports."""

import importlib
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from marginlib.analysis.ledger import look
from marginlib.engine.scenario import Scenario
from marginlib.lessons.own_case import link as links
from marginlib.lessons.own_case.back import fields_of, fields_of_account, unsaid
from marginlib.lessons.own_case.fields import Fields
from marginlib.panels.packing import joined
from marginlib.reading.ledgers import read_ledger
from marginlib.reading.scenarios import read_scenario

_PANEL = re.compile(r"(?:^|[#/?])v[0-9]{1,3}/")
_LEDGER_HEAD = re.compile(r'\A[\ufeff\s"]*(?:\w+"?\s*[,;\t]\s*"?)*(?:refid|txid)\b', re.IGNORECASE)


class Found(NamedTuple):
    """The fields that were found, what they were found in, and what is said of fields that nothing was found for."""

    fields: Fields
    said: str
    hints: Mapping[str, str] = {}


def opened(text: str | bytes, name: str = "") -> Found:
    """What a file's text or a link comes to; of what is packed, as exchanges send a ledger, the bytes.

    Raises:
        ValueError: it is neither, or something in it is wrong; the sentence says what would work.

    >>> opened('{"balances": {"EUR": "100"}}', "mine.json").said
    "Opened: the account at the end of the scenario in 'mine.json'."
    >>> opened("hello")
    Traceback (most recent call last):
    ValueError: expected a scenario file, a link such as #c1/…, #v1/… or #x1/…, or an exchange's ledger, got 'hello'
    """
    what = f" in {_short(name)}" if name else ""
    if isinstance(text, bytes):
        return _of_ledger(text, what)
    if not text.strip():
        raise ValueError(f"there is nothing{what or ' to open'}; expected a scenario file, a link or a ledger")
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in "{[":
        return _of_json(text, what)
    if _LEDGER_HEAD.match(text[:2000]):
        return _of_ledger(text, what)
    told = joined(text) if len(text) <= links.MOST * 2 else ""
    if links.is_link(told):
        return Found(links.read(told), "Opened: the account in the link.")
    if _PANEL.search(told):
        return _of_panel(text)
    packed = importlib.import_module("marginlib.classes.packed")  # named: it lies above this
    if packed.is_link(told):
        return _of_exercise(told)
    raise ValueError(
        f"expected a scenario file, a link such as #c1/…, #v1/… or #x1/…, or an exchange's ledger, got {_short(text)}"
    )


def _of_json(text: str, what: str) -> Found:
    try:
        data = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        data = None  # the scenario's reader says what is wrong
    if isinstance(data, list) or (isinstance(data, dict) and _is_ledger(data)):
        return _of_ledger(text, what)
    scenario = read_scenario(text)
    return _of(scenario, f"the account at the end of the scenario{what}")


def _of(scenario: Scenario, what: str) -> Found:
    return Found(fields_of(scenario), " ".join([f"Opened: {what}.", *unsaid(scenario)]))


def _is_ledger(data: dict[str, Any]) -> bool:
    """Whether it is what an exchange's API answers, or a part of that: its ledger by ids."""
    inner = data.get("result", data)
    inner = inner.get("ledger", inner) if isinstance(inner, dict) else inner
    rows = list(inner.values()) if isinstance(inner, dict) else []
    return bool(rows) and all(isinstance(each, dict) and "refid" in each for each in rows)


def _of_ledger(text: str | bytes, what: str) -> Found:
    """What a ledger leaves: balances, and when what looks open was opened. The rest is to be written."""
    ledger = read_ledger(text)
    if not ledger.entries:
        why = f"; the first that couldn't be read: {ledger.problems[0]}" if ledger.problems else ""
        raise ValueError(f"there is no row of a ledger{what or ' in it'}{why}")
    account = look(ledger)
    fields, told = fields_of_account(account)
    apart = [each.sentence for each in told if "." not in each.path]
    open_ = account.open_positions
    until = f", up to its last row, {account.end:%Y-%m-%d %H:%M} UTC" if account.end else ""
    said = [f"Opened: what the ledger{what} leaves{until}: {_counted(len(fields['balances']), 'balance')}."]
    if open_:
        many = "it was" if len(open_) == 1 else "they were"
        said.append(
            f"{_counted(len(open_), 'position')} look{'s' if len(open_) == 1 else ''} open. A ledger says when {many} "
            "opened, and neither pair, side, volume nor price: write them beside. Ages are counted up to its last row."
        )
    else:
        said.append("No position looks open at its end.")
    said.append("Prices and fees aren't in a ledger either.")
    said += apart
    if ledger.problems:
        lines = len({each.line for each in ledger.problems})
        first = "" if lines == 1 else "the first: "
        said.append(f"{_counted(lines, 'row')} couldn't be read; {first}{ledger.problems[0]}.")
    return Found(fields, " ".join(said), {each.path: each.sentence for each in told if "." in each.path})


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _of_panel(text: str) -> Found:
    """A lesson's panel in a state: the account at the end of its story."""
    lessons = importlib.import_module("marginlib.lessons")
    panel = lessons.from_link(text)
    try:
        scenario = panel.scenario(panel.values)
    except NotImplementedError:
        raise ValueError(f"the panel {type(panel).__name__} tells no story that ends in an account") from None
    return _of(scenario, f"the account at the end of the story in the panel {type(panel).__name__}")


def _of_exercise(told: str) -> Found:
    """An exercise: the account of its first question that has one for all."""
    exercise = importlib.import_module("marginlib.classes.file").read_exercise(told)
    scenario = next((found for item in exercise.items if (found := _scenario_of(item))), None)
    if scenario is None:
        raise ValueError(
            f"the exercise {_short(exercise.title)} has drills alone, whose numbers are each student's own"
        )
    return _of(scenario, f"the account of the first question in {_short(exercise.title)}")


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

"""A lesson's file of questions, read and looked through whole: what is wrong is said now, and not to a learner.

Reading it takes nothing but Python: a page without the validation library has the same sentences.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marginlib.engine import kinds
from marginlib.engine.errors import InvalidRulebook, InvalidScenario, Problem
from marginlib.engine.scenario import Scenario, fields_of
from marginlib.quiz.question import Question, Written
from marginlib.reading.files import line_of, parsed, text_of
from marginlib.reading.scenarios import read_scenario

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PARTS = {"predict": "[predict.first]", "check": "[check.first]"}


@dataclass(frozen=True)
class Questions:
    """A lesson's questions, by name."""

    predict: Mapping[str, Question]
    check: Mapping[str, Question]


def read_questions(folder: "Traversable", name: str) -> Questions:
    """Read a file of questions; each can be answered, and has a right answer to give.

    Raises:
        InvalidRulebook: names the file, the line, the key and the reason.
    """
    text = text_of(folder, name)
    problems: list[Problem] = []
    found = _questions(parsed(text, name), problems)
    if not problems:
        problems = [
            ((part, each, *place), said)
            for part in _PARTS
            for each, question in getattr(found, part).items()
            for place, said in question.problems()
        ]
    if problems:  # a misspelt key is both unknown and missing; the unknown one is where the slip is
        place, said = min(problems, key=lambda each: not each[1].startswith("unknown key"))
        where = ".".join(map(str, place))
        told = f"{where}: {said}" if place else said
        raise InvalidRulebook(f"{name}, line {line_of(text, place)}: {told}")
    return found


def _questions(data: Mapping[str, Any], problems: list[Problem]) -> Questions:
    """The questions that can be made; what is wrong with others is added to the problems."""
    known = ["scenarios", *_PARTS]
    problems += [((key,), kinds.unknown(key, known)) for key in data if key not in known]
    scenarios = read_scenarios(data, problems)
    made: dict[str, dict[str, Question]] = {}
    for part, such in _PARTS.items():
        made[part] = {}
        for name, written in _table(data, part, such, problems).items():
            place = (part, name)
            if not isinstance(written, dict):
                problems.append((place, f"expected a table such as {such}, got {kinds.shown(written)}"))
                continue
            try:
                made[part][name] = read_question(written, data, scenarios)
            except InvalidScenario as error:
                problems += [((*place, *where), said) for where, said in error.problems]
    if not problems and not made["predict"]:
        problems.append(((), "there is no prediction; expected a table such as [predict.first]"))
    return Questions(**made)


def read_scenarios(data: Mapping[str, Any], problems: list[Problem]) -> dict[str, Scenario]:
    """The scenarios of a file, by name; what is wrong with others is added to the problems."""
    scenarios: dict[str, Scenario] = {}
    for name, written in _table(data, "scenarios", "[scenarios]", problems).items():
        if not isinstance(written, str):
            problems.append((("scenarios", name), f"expected a scenario as JSON in text, got {kinds.shown(written)}"))
            continue
        try:
            scenarios[name] = read_scenario(written)
        except InvalidScenario as error:
            problems.append((("scenarios", name), str(error)))
    return scenarios


def read_question(written: Mapping[str, Any], data: Mapping[str, Any], scenarios: Mapping[str, Scenario]) -> Question:
    """A question of a file that has these scenarios.

    Raises:
        InvalidScenario: it can't be made; its problems say where in the question, and why.
    """
    try:
        return Question(**_with_scenario(written, data, scenarios))
    except InvalidScenario as error:
        raise InvalidScenario(str(error), [*_wrong(written), *error.problems]) from None


def _table(data: Mapping[str, Any], key: str, such: str, problems: list[Problem]) -> Mapping[str, Any]:
    found = data.get(key, {})
    if isinstance(found, dict):
        return found
    problems.append(((key,), f"expected a table such as {such}, got {kinds.shown(found)}"))
    return {}


def _wrong(question: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong in the parts that are there, even where others aren't."""
    for key, kind in fields_of(Written).items():
        if key in question and key != "scenario":
            try:
                kind.read(question[key])
            except InvalidScenario as error:
                yield from kinds.within(key, error)


def _with_scenario(
    question: Mapping[str, Any], data: Mapping[str, Any], scenarios: Mapping[str, Scenario]
) -> dict[str, Any]:
    """A question with its scenario in the place of that one's name."""
    name = question.get("scenario")
    if not isinstance(name, str) or name.lstrip().startswith("{"):
        return dict(question)
    if name in scenarios:
        return {**question, "scenario": scenarios[name]}
    known = data.get("scenarios", {})
    known = known if isinstance(known, dict) else {}  # what else it may be is told of where it stands
    if name in known:  # it is told of where it stands
        return {**question, "scenario": Scenario()}
    listed = ", ".join(known) or "none"
    raise InvalidScenario(
        f"there is no scenario '{name}'; known: {listed}",
        [(("scenario",), f"there is no scenario {kinds.shown(name)}; known: {listed}")],
    )

"""The close look: models of the validation library, made from the engine's kinds and the files' forms.

Nothing is defined here a second time. The library finds every place that is wrong; each becomes a sentence.
"""

import functools
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from marginlib.engine import kinds
from marginlib.engine.errors import InvalidRulebook, InvalidScenario, Place, Problem
from marginlib.engine.scenario import (
    MOST_STEPS,
    STEPS,
    ConversionFees,
    Fees,
    Part,
    PartOf,
    Rules,
    Scenario,
    Steps,
    fields_of,
    not_a_step,
    not_done,
)
from marginlib.reading import files

_ANY_OF: Any = Union  # what is made of these at run time is beyond a type checker
_DICT: Any = dict
_LIST: Any = list
_TUPLE: Any = tuple
_PARTS: dict[type[BaseModel], type[Part]] = {}
_ONLY_THESE = ConfigDict(extra="forbid")


def scenario(data: object) -> Scenario:
    """Check plain data, all of it, and make a scenario of it.

    Raises:
        InvalidScenario: one sentence for each of the first three places that are wrong.
    """
    try:
        checked = _model(Scenario).model_validate(_plain(data))
    except ValidationError as error:
        raise _sentences(error) from None
    return cast("Scenario", _made(checked))


def _made(value: Any) -> Any:
    """The parts of a scenario for their models; what was read isn't read again."""
    if isinstance(value, tuple):
        return tuple(map(_made, value))
    if not isinstance(value, BaseModel):
        return value
    return _PARTS[type(value)].unread({name: _made(each) for name, each in value})


def _plain(data: object, depth: int = 4) -> object:
    """Data in which parts that are made already are data again; they lie no deeper than this."""
    if isinstance(data, Part):
        data = ({"do": data.do} if hasattr(data, "do") else {}) | dict(data)
    if depth and isinstance(data, dict):
        return {key: _plain(value, depth - 1) for key, value in data.items()}
    if depth and isinstance(data, list | tuple) and any(isinstance(each, Part) for each in data):
        return [_plain(each, depth - 1) for each in data]
    return data


@functools.cache
def _model(part: type[Part]) -> type[BaseModel]:
    """A model of a part, with the kinds of its fields."""
    entries: dict[str, Any] = {}
    if hasattr(part, "do"):
        entries["do"] = (Literal[part.do], part.do)
    needed, defaults = part.needed(), part.defaults()
    for name, kind in fields_of(part).items():
        entries[name] = (_allowed(kind), ... if name in needed else defaults[name])
    model = create_model(part.__name__, __config__=_ONLY_THESE, **entries)
    _PARTS[model] = part
    return model


def _allowed(kind: kinds.Kind[Any]) -> Any:
    """What the library takes for a kind."""
    match kind:
        case PartOf():
            return _model(cast("type[Part]", kind.part))
        case Steps():
            one = _ANY_OF[tuple(map(_model, STEPS.values()))]
            return Annotated[_TUPLE[Annotated[one, Field(discriminator="do")], ...], Field(max_length=MOST_STEPS)]
        case kinds.Maybe():
            return _allowed(kind.kind) | None
        case kinds.EachOnce():
            return Annotated[_TUPLE[_allowed(kind.kind), ...], AfterValidator(_worded(kind.checked))]
        case kinds.Table():
            table = _DICT[_allowed(kind.key), _allowed(kind.value)]
            return Annotated[table, AfterValidator(_worded(kind.read))] if kind.lacking else table
    return Annotated[Any, PlainValidator(_worded(kind.read))]


def _worded(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same, with an error that the library gathers."""

    def reading(value: Any) -> Any:
        try:
            return read(value)
        except InvalidScenario as error:
            raise PydanticCustomError("expected", "{text}", {"text": str(error), "problems": error.problems}) from None

    return reading


def _sentences(error: ValidationError) -> InvalidScenario:
    problems = [problem for each in error.errors(include_url=False) for problem in _problems(each)]
    if problems[0][0] == ():
        return InvalidScenario(f"the scenario: {problems[0][1]}")
    return kinds.told(problems)


def _problems(error: ErrorDetails) -> list[Problem]:
    """One validation error as what is wrong in which place: several where a kind has looked into a value itself."""
    place, text = _sentence(error)
    inner = error.get("ctx", {}).get("problems") or [((), text)]
    return [((*place, *where), told) for where, told in inner]


def _sentence(error: ErrorDetails) -> tuple[Place, str]:
    """One validation error as one sentence: where, what was expected, what came instead."""
    loc, kind, value = error["loc"], error["type"], error["input"]
    last = str(loc[-1]) if loc else ""
    place = tuple(part for part in loc if part != "[key]")
    if len(place) > 2 and place[0] == "steps" and place[2] in STEPS:
        place = (*place[:2], *place[3:])
    match kind:
        case "extra_forbidden":
            return place, kinds.unknown(last, _part(loc).known())
        case "missing":
            return place, kinds.missing(last)
        case "union_tag_invalid" | "union_tag_not_found" if isinstance(value, dict):
            return (*place, "do"), not_done(value)
        case "union_tag_invalid" | "union_tag_not_found":
            return place, not_a_step(value)
        case "model_type" | "model_attributes_type" | "dict_type" if place[:1] == ("steps",):
            return place, not_a_step(value)
        case "model_type" | "model_attributes_type" | "dict_type":
            return place, kinds.expected("an object {…}", value).args[0]
        case "tuple_type":
            return place, kinds.expected("a list […]", value).args[0]
        case "too_long":
            return place, f"expected at most {MOST_STEPS} steps, got {len(value)}"
    return place, error["msg"]


def _part(loc: Place) -> type[Part]:
    """The part of a scenario that a place is in."""
    if len(loc) > 2 and loc[0] == "steps":
        return STEPS[str(loc[2])]
    if len(loc) > 1 and loc[0] in ("rules", "fees"):
        return ConversionFees if "conversion_fees" in loc[1:-1] else Rules if loc[0] == "rules" else Fees
    return Scenario


def toml(form: files.Form, data: Mapping[str, Any], name: str, text: str) -> Any:
    """What a file holds, looked at closely.

    Raises:
        InvalidRulebook: names the file, the line and the reason.
    """
    try:
        return checked(form, data)
    except ValidationError as error:
        # A misspelt key is both unknown and missing; the unknown one is where the slip is.
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        place, reason = _reason(first)
        line = files.line_of(text, place[:-1] if first["type"] == "missing" else place)
        raise InvalidRulebook(f"{name}, line {line}: {'.'.join(map(str, place))}: {reason}") from error


def line(form: files.Form, cells: Mapping[str, str], name: str, at: int) -> Any:
    """What a line of a file holds, looked at closely.

    Raises:
        InvalidRulebook: names the file, the line and the reason.
    """
    try:
        return checked(form, cells)
    except ValidationError as error:
        place, reason = _reason(error.errors()[0])
        raise InvalidRulebook(f"{name}, line {at}: {''.join(f'{each}: ' for each in place)}{reason}") from error


def _reason(error: ErrorDetails) -> tuple[Place, str]:
    """What is wrong in a file, and where: in the workbook's words."""
    place = tuple(part for part in error["loc"] if part != "[key]")
    kind, value, limits = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return place, "unknown key"
    if kind == "missing":
        return place, "missing"
    if kind == "value_error":
        said = limits["error"]
        if isinstance(said, files.Wrong):
            return (*place, said.key), str(said)
        return place, str(said)
    wanted = next((words for start, words in _WANTED.items() if kind.startswith(start)), "")
    told = f"expected {wanted.format_map(limits)}" if wanted else error["msg"]
    told = re.sub(r"Decimal\('(.+?)'\)", r"\1", told)
    if kind in ("too_short", "too_long"):
        return place, f"{told}, got {len(value) or 'none'}"
    return place, f"{told}, got {kinds.shown(value)}"


_WANTED = {
    "decimal_max": "a number of at most {max_digits} digits", "decimal": "a number", "finite": "a number",
    "greater_than_equal": "{ge} or more", "greater_than": "more than {gt}", "less_than_equal": "{le} or less",
    "less_than": "less than {lt}", "int": "a whole number", "string_too_short": "some text", "string_type": "text",
    "string_pattern_mismatch": "text of the form {pattern}", "list": "a list […]", "dict": "a table",
    "model": "a table", "too_short": "{min_length} or more entries", "too_long": "at most {max_length} entries",
    "date": "a day such as 2020-03-12", "literal": "{expected}", "worded": "{what}",
}  # fmt: skip
"""What was expected, by the beginning of what the library calls the error."""


def checked(form: files.Form, data: object) -> Any:
    """What a form takes, as the library has it.

    Raises:
        ValidationError: with every place that is wrong.
    """
    return TypeAdapter(_entry(form)).validate_python(data)


def _unquoted(value: object) -> object:
    if isinstance(value, str):
        raise PydanticCustomError("decimal_quoted", "")
    return value


def _of_pattern(form: files.Words) -> Callable[[str], str]:
    """The form's own look at it, in its own words."""

    def reading(value: str) -> str:
        try:
            return cast("str", form.take(value))
        except files.Unfit:
            raise PydanticCustomError("worded", "", {"what": form.what}) from None

    return reading


def _entry(form: files.Form) -> Any:
    """What the library takes for a form."""
    taken: Any
    limits: dict[str, Any] = {}
    match form:
        case files.Number():
            taken, limits = Decimal, form.limits
            if not form.text:  # "80" is text, however much it looks like a number
                taken = Annotated[Decimal, BeforeValidator(_unquoted)]
        case files.Whole():
            taken, limits = int, {"strict": True, "ge": form.least, "le": form.most}
        case files.Day():
            taken = date
        case files.Words(what=what) if what:
            return Annotated[str, AfterValidator(_of_pattern(form))]
        case files.Words(among=()):
            taken, limits = str, {"min_length": form.least or None, "pattern": form.pattern or None}
        case files.Words():
            taken = Literal[form.among]
        case files.Items():
            taken = _LIST[_entry(form.item)]
            limits = {"min_length": form.least or None, "max_length": form.most}
        case files.Table():
            taken = _DICT[_entry(form.key), _entry(form.value)]
            limits = {"min_length": form.least or None}
        case files.Entries():
            entries: dict[str, Any] = {name: (_entry(each), ...) for name, each in form.entries.items()}
            model = create_model("Entries", __config__=_ONLY_THESE, **entries)
            taken = Annotated[model, AfterValidator(dict)]
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    entry = Annotated[taken, Field(**limits)] if limits else taken
    return Annotated[entry, AfterValidator(form.check)] if form.check else entry

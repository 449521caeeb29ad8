"""A learner's own function as a panel: its parameters become controls, what it gives back is shown.

The function may be changed to anything: what goes wrong in it is a sentence with its line, and the panel lives on.
"""

import contextlib
import inspect
import io
import re
import traceback
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from itertools import islice

from marginlib.drawing.screen import Table, screen, table
from marginlib.engine.amounts import plain, rounded
from marginlib.engine.errors import InvalidScenario, Refusal
from marginlib.panels.controls import Choice, Control, Slider, Switch, Value, text
from marginlib.panels.panel import Panel, View
from marginlib.telling.numbers import number
from marginlib.telling.on_page import escape

_MOST_STEPS, _MOST_LINES, _MOST_LETTERS = 1000, 50, 2000
STILL = "As it stands at the start. Run the cell to move it."
_NUMBER = re.compile(r"[-−+]?[0-9][0-9,.]*%?|–|")
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Explore(Panel[dict[str, Value]]):
    """A function with a control for each parameter; made by :func:`explore`. Called, it is the function itself."""

    def __init__(self, function: Callable[..., object], ranges: Mapping[str, object]) -> None:
        """Read the ranges; see :func:`explore`."""
        self.function = function
        self.name = getattr(function, "__name__", "function")
        self.heading = self.name.replace("_", " ").capitalize()
        self._meanings: dict[str, Mapping[str, object]] = {}
        self._whole: set[str] = set()
        self.controls = tuple(self._control(name, *each) for name, each in _paired(function, ranges).items())
        super().__init__()

    def __call__(self, *args: object, **named: object) -> object:
        """What the function gives back."""
        return self.function(*args, **named)

    def _control(self, name: str, given: object, start: object) -> Control:
        label, none = name.replace("_", " "), start is inspect.Parameter.empty
        match given:
            case bool():
                return Switch(name, label, bool(given if none else start), f"{label}: yes or no.")
            case tuple():
                least, most, step = _range(name, given)
                if all(each == each.to_integral_value() for each in (least, most, step)):
                    self._whole.add(name)
                reach = f"from {number(least, 20)} to {number(most, 20)}, in steps of {number(step, 20)}"
                made = Slider(name, label, "", plain(least), plain(most), plain(step), None, f"{label}: {reach}.")
                return replace(made, start=made.read(plain(least) if none else start))
            case list() | dict():
                meant = dict(given) if isinstance(given, dict) else {_told(each): each for each in given}
                meant = {str(option): each for option, each in meant.items()}
                if not meant or len(meant) < len(given):
                    raise TypeError(f"explore: {name}: expected a list of different options, got {given!r}")
                first_of = next(iter(meant)) if none else _option(name, meant, start)
                self._meanings[name] = meant
                return Choice(name, label, tuple(meant), first_of, f"{label}: {', '.join(meant)}.")
            case _:
                raise TypeError(
                    f"explore: {name}: expected a range such as (0, 10, 1), a list of options, or True or False, "
                    f"got {given!r}"
                )

    def _meant(self, name: str, value: Value) -> object:
        """What the function is given for a control's value."""
        if name in self._meanings:
            return self._meanings[name][str(value)]
        return int(value) if name in self._whole and isinstance(value, Decimal) else value

    def view(self, values: dict[str, Value]) -> View:
        """The call as one would write it, and what it gives back; or why it gives nothing."""
        call = f"{self.name}({', '.join(f'{name}={self._written(name, value)}' for name, value in values.items())})"
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                result = self.function(**{name: self._meant(name, value) for name, value in values.items()})
                lines, tables = _shown(self.name, result)
        except (Exception, SystemExit) as error:
            return screen(call, [], _lines(printed.getvalue()), alert=_clean(_wrong(self.function, error)))
        return screen(call, [], [*_lines(printed.getvalue()), *lines], tables)

    def _written(self, name: str, value: Value) -> str:
        return text(value) if isinstance(value, Decimal) else repr(self._meant(name, value))

    def still(self) -> tuple[str, str]:
        """The call and what it gives back, as words and a table."""
        view = self._shown["view"]
        lines = [line for line in (view["alert"], *view["words"]) if line]
        tables = "".join(map(_page, view["tables"]))
        rows = ["  ".join(row["cells"]) for each in view["tables"] for row in each["rows"]]
        words = "".join(f"<p>{escape(line)}</p>" for line in lines)
        page = f"<p><strong>{escape(view['title'])}</strong></p>{words}{tables}<p><em>{STILL}</em></p>"
        return page, "\n".join([view["title"], *lines, *rows])

    def __repr__(self) -> str:
        """The call."""
        return str(self._shown["view"]["title"])


def explore(**ranges: object) -> Callable[[Callable[..., object]], Explore]:
    """Make a panel of the function below it: a control for each parameter, and what it gives back for their values.

    A range ``(least, most, step)`` is a slider: the function gets an int, or a :class:`~decimal.Decimal` where there
    are decimals. A list is a choice; a dict too, of a name for each value; True or False is a switch. Defaults are
    where the controls start. A dict or a list of dicts that it gives back is a table, all else are lines of text.

    It is called ahead, for values that a control is about to reach: it should do nothing but work something out.

    Raises:
        TypeError: a range that is none, or parameters and ranges that don't fit together.
        ValueError: a default that is out of range.

    >>> @explore(price=(30000, 50000, 500), how=["settle", "close"])
    ... def left(price=37500, how="close"):
    ...     return {"EUR": price - 30000, "how": how}
    >>> left
    left(price=37500, how='close')
    >>> print(left.still()[1])
    left(price=37500, how='close')
    EUR  7500
    how  close
    """
    return lambda function: Explore(function, ranges)


def _paired(function: Callable[..., object], ranges: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """For each parameter with a range: the range, and where it starts."""
    name = getattr(function, "__name__", "function")
    known = {each.name: each for each in inspect.signature(function).parameters.values() if each.kind in _NAMED}
    if not ranges:
        example = next(iter(known), "price")
        raise TypeError(f"explore: expected a range for a parameter of {name}, such as {example}=(0, 10, 1)")
    for given in ranges:
        if given not in known:
            raise TypeError(f"explore: {name} has no parameter {given!r}; it has: {', '.join(known) or 'none'}")
    for each in known.values():
        if each.name not in ranges and each.default is inspect.Parameter.empty:
            raise TypeError(f"explore: {name} needs a range for {each.name!r}, or a default in its first line")
    return {each: (ranges[each], known[each].default) for each in known if each in ranges}


def _range(name: str, given: tuple[object, ...]) -> tuple[Decimal, Decimal, Decimal]:
    """The least, the most and the step of a slider."""
    try:
        numbers = [Decimal(str(each)) for each in given if not isinstance(each, bool)]
    except InvalidOperation:
        numbers = []
    if len(numbers) != len(given) or len(numbers) not in (2, 3) or not all(each.is_finite() for each in numbers):
        raise TypeError(f"explore: {name}: expected a range of numbers such as (0, 10, 1), got {given!r}")
    least, most = numbers[:2]
    whole = all(each == each.to_integral_value() for each in numbers[:2])
    step = numbers[2] if numbers[2:] else Decimal(1) if whole else (most - least) / 100
    if not (least < most and 0 < step <= most - least):
        raise TypeError(f"explore: {name}: expected the least, the most, and a step that fits in, got {given!r}")
    if (most - least) / step > _MOST_STEPS:
        raise TypeError(
            f"explore: {name}: expected at most {_MOST_STEPS:,} steps from {least} to {most}, got {given!r}"
        )
    return least, most, step


def _option(name: str, meant: Mapping[str, object], start: object) -> str:
    """Which option a default is, by its value or its name."""
    found = [option for option, each in meant.items() if each == start] or [each for each in meant if each == start]
    if not found:
        raise ValueError(f"explore: {name}: expected a default out of {', '.join(meant)}, got {start!r}")
    return found[0]


def _shown(name: str, result: object) -> tuple[list[str], list[Table]]:
    """What a function gives back, as lines and tables."""
    if result is None:
        return [f"{name} gives nothing back. Let its last line be: return …"], []
    if isinstance(result, Mapping):
        return [], [_table("Result", ("Name", "Value"), list(result.items()))]
    if isinstance(result, Sequence) and not isinstance(result, str) and result:
        if all(isinstance(each, Mapping) for each in result):
            heads = [*dict.fromkeys(str(head) for each in result for head in each)]
            rows = [[each.get(head) for head in heads] for each in ({str(k): v for k, v in e.items()} for e in result)]
            return [], [_table("Result", heads, rows)]
        return [line for each in islice(result, _MOST_LINES) for line in _lines(_told(each))], []
    return _lines(_told(result)), []


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    cells = [[_clean(_told(cell)) for cell in row] for row in rows[:_MOST_LINES]]
    numbers = {at for at in range(1, len(heads)) if all(_NUMBER.fullmatch(row[at]) for row in cells)}
    if len(rows) > _MOST_LINES:
        cells.append([f"… and {len(rows) - _MOST_LINES:,} more", *("" for _ in heads[1:])])
    return table(caption, [_clean(head) for head in heads], cells, numbers=numbers, unfolded=True)


def _told(value: object) -> str:
    """A value as text: no exponents and no dust."""
    match value:
        case None:
            return "–"
        case Decimal() if value.is_finite():
            return plain(value)
        case float() if abs(value) < 1e15:
            return plain(rounded(Decimal(repr(value)), 10))
        case _:
            return str(value)


def _lines(told: str) -> list[str]:
    """Text as lines, not too many of them."""
    lines = [line for each in told.splitlines() if (line := _clean(each))]
    return lines[:_MOST_LINES] + ([f"… and {len(lines) - _MOST_LINES:,} more lines"] if lines[_MOST_LINES:] else [])


def _clean(told: str) -> str:
    """Text in one line without what could steer how it is read."""
    kept = "".join(" " if each.isspace() else each for each in told[:_MOST_LETTERS])
    return "".join(each for each in kept if not unicodedata.category(each).startswith("C")).strip()


def _wrong(function: Callable[..., object], error: BaseException) -> str:
    """What went wrong and in which line of the function; the engine's own sentences stand by themselves."""
    said = str(error) if isinstance(error, InvalidScenario | Refusal) else f"{type(error).__name__}: {error}"
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if not frames:
        return said
    source = f", {frames[-1].line}" if frames[-1].line else ""
    return f"In line {frames[-1].lineno}{source} — {said}"


def _page(shown: Table) -> str:
    """A table as HTML."""
    heads = "".join(f'<th scope="col">{escape(column["label"])}</th>' for column in shown["columns"])
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row['cells'])}</tr>" for row in shown["rows"])
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"

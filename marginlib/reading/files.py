"""Reading a file of ``data/``: what lies there as it should is taken as it is; anything else is looked at closely.

A form says what a file may hold. Taking what fits it needs nothing but Python; only where something doesn't, the
validation library is loaded, to say in which line it is and why (:mod:`marginlib.reading.strict`).
"""

import importlib
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from marginlib.engine.errors import InvalidRulebook

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)

_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
Check = Callable[[Any], Any]


class Unfit(Exception):
    """Something that a close look is needed for; it may turn out to be allowed."""


class Form:
    """What an entry may be: a ``check`` returns it, or raises a ValueError that says why not."""

    def __init__(self, check: Check | None = None) -> None:
        """A check of one's own comes last."""
        self.check = check

    def take(self, value: Any) -> Any:
        """The entry as it is used.

        Raises:
            Unfit: a close look is needed.
        """
        taken = self._take(value)
        if self.check:
            try:
                return self.check(taken)
            except ValueError as error:
                raise Unfit from error
        return taken

    def _take(self, value: Any) -> Any:
        raise NotImplementedError


class Number(Form):
    """An exact number within limits: ge, gt, le, lt; with so many digits, so many of them after the point."""

    def __init__(
        self, *, ge: Decimal | int | None = None, gt: int | None = None, le: int | None = None, lt: int | None = None,
        digits: int | None = None, places: int | None = None, text: bool = False,
    ) -> None:  # fmt: skip
        """Say the limits, and whether it is written as text."""
        super().__init__()
        self.text = text
        self.limits = {"ge": ge, "gt": gt, "le": le, "lt": lt, "max_digits": digits, "decimal_places": places}

    def _take(self, value: Any) -> Decimal:
        if self.text and isinstance(value, str) and _PLAIN.fullmatch(value):
            value = Decimal(value)
        if type(value) not in (int, Decimal) or not (number := Decimal(value)).is_finite():
            raise Unfit
        ge, gt, le, lt, digits, places = self.limits.values()
        whole, exponent = max(number.adjusted() + 1, 0), int(number.as_tuple().exponent)
        if (
            (ge is not None and number < ge)
            or (gt is not None and number <= gt)
            or (le is not None and number > le)
            or (lt is not None and number >= lt)
            or (digits is not None and whole + max(-exponent, 0) > digits)
            or (places is not None and -exponent > places)
        ):
            raise Unfit
        return number


class Whole(Form):
    """A whole number from one to another."""

    def __init__(self, least: int, most: int) -> None:
        """Say the limits."""
        super().__init__()
        self.least, self.most = least, most

    def _take(self, value: Any) -> int:
        if type(value) is not int or not self.least <= value <= self.most:
            raise Unfit
        return value


class Words(Form):
    """Text: of at least so many characters, or of a pattern, or one of a few."""

    def __init__(self, least: int = 0, *, pattern: str = "", among: tuple[str, ...] = ()) -> None:
        """Say which."""
        super().__init__()
        self.least, self.pattern, self.among = least, pattern, among

    def _take(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) < self.least or (self.among and value not in self.among):
            raise Unfit
        if self.pattern and ("\n" in value or not re.search(self.pattern, value, re.ASCII)):
            raise Unfit
        return value


class Day(Form):
    """A day, written as in 2020-03-12."""

    def _take(self, value: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise Unfit
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise Unfit from error


class Items(Form):
    """A list of so many things of one form."""

    def __init__(self, item: Form, least: int = 0, most: int | None = None, *, check: Check | None = None) -> None:
        """What is in it, and how many."""
        super().__init__(check)
        self.item, self.least, self.most = item, least, most

    def _take(self, value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) < self.least or len(value) > (self.most or len(value)):
            raise Unfit
        return [self.item.take(each) for each in value]


class Table(Form):
    """A table whose keys are of one form and whose values of another, with at least so many."""

    def __init__(self, key: Form, value: Form, least: int = 0, *, check: Check | None = None) -> None:
        """What is in it, and how many."""
        super().__init__(check)
        self.key, self.value, self.least = key, value, least

    def _take(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) < self.least:
            raise Unfit
        return {self.key.take(name): self.value.take(each) for name, each in value.items()}


class Entries(Form):
    """A table with just these entries."""

    def __init__(self, check: Check | None = None, **entries: Form) -> None:
        """Name the entries."""
        super().__init__(check)
        self.entries = entries

    def _take(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or value.keys() != self.entries.keys():
            raise Unfit
        return {name: form.take(value[name]) for name, form in self.entries.items()}


def each_once(codes: list[str]) -> list[str]:
    """A check for lists in which nothing may stand twice."""
    for index, code in enumerate(codes):
        if code in codes[:index]:
            raise ValueError(f"{code} is listed twice")
    return codes


CODE = Words(pattern="^[A-Z0-9]{1,16}$")
CODES = Items(CODE, check=each_once)
TEXT = Words(1)


def data_folder() -> "Traversable":
    """The folder of rule files: inside an installed package, or at the top of a clone.

    >>> data_folder().joinpath("collateral.toml").is_file()
    True
    """
    package = Path(__file__).resolve().parents[1]
    packaged = package / "data"
    return packaged if packaged.is_dir() else package.parent / "data"


@overload
def read_data(folder: "Traversable", name: str, form: Entries) -> Mapping[str, Any]: ...
@overload
def read_data(folder: "Traversable", name: str, form: "type[Model]") -> "Model": ...
def read_data(folder: "Traversable", name: str, form: "Entries | type[BaseModel]") -> Any:
    """Read one file by its form, or by a model of the validation library; or say in which line it is broken and why.

    Raises:
        InvalidRulebook: names the file, the line and the reason.
    """
    text = text_of(folder, name)
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRulebook(f"{name}: not valid TOML: {error}") from error
    if isinstance(form, Form):
        try:
            return form.take(data)
        except Unfit:
            pass
    return importlib.import_module("marginlib.reading.strict").toml(form, data, name, text)


def read_line(name: str, at: int, cells: Mapping[str, str], form: Entries) -> dict[str, Any]:
    """Read one line of a file with named columns; or say what is wrong in it.

    Raises:
        InvalidRulebook: names the file, the line and the reason.
    """
    try:
        return cast("dict[str, Any]", form.take(cells))
    except Unfit:
        return cast("dict[str, Any]", importlib.import_module("marginlib.reading.strict").line(form, cells, name, at))


def text_of(folder: "Traversable", name: str) -> str:
    """The text of a file.

    Raises:
        InvalidRulebook: it is missing, or is no text.
    """
    try:
        return folder.joinpath(name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidRulebook(f"{name}: the file is missing") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRulebook(f"{name}: can't be read ({error})") from error

"""Reading a file of ``data/``: what lies there as it should is taken as it is; anything else is looked at closely.

A form says what a file may hold. Taking what fits it needs nothing but Python; only where something doesn't, the
validation library is loaded, to say in which line it is and why (:mod:`marginlib.reading.strict`).
"""

import codecs
import importlib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from marginlib.engine.errors import InvalidRulebook

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_MOST_BYTES = 10_000_000
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
Check = Callable[[Any], Any]


class Unfit(Exception):
    """Something that a close look is needed for; it may turn out to be allowed."""


class Wrong(ValueError):
    """What a check says of one entry of a table: the entry's key, and why."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


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

    def __init__(
        self, least: int = 0, *, pattern: str = "", what: str = "", among: tuple[str, ...] = (),
        check: Check | None = None,
    ) -> None:  # fmt: skip
        """Say which; ``what`` says it of a pattern in words."""
        super().__init__(check)
        self.least, self.pattern, self.what, self.among = least, pattern, what, among

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


CODE = Words(pattern="^[A-Z0-9]{1,16}$", what="a currency code such as EUR")
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


def read_data(folder: "Traversable", name: str, form: Entries) -> dict[str, Any]:
    """Read one file by its form; or say in which line it is broken and why.

    Raises:
        InvalidRulebook: names the file, the line and the reason.
    """
    text = text_of(folder, name)
    data = parsed(text, name)
    try:
        return cast("dict[str, Any]", form.take(data))
    except Unfit:
        return cast("dict[str, Any]", _closely(name).toml(form, data, name, text))


def parsed(text: str, name: str) -> dict[str, Any]:
    """What a TOML file says, its numbers as the decimals that they are written as.

    Raises:
        InvalidRulebook: it is no TOML; names the file and the line.
    """
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRulebook(f"{name}: not valid TOML: {error}") from error
    except RecursionError:
        raise InvalidRulebook(f"{name}: not valid TOML: nested too deeply") from None
    except (ArithmeticError, ValueError):
        raise InvalidRulebook(f"{name}: not valid TOML: a number in it is beyond reason") from None


def _closely(name: str) -> Any:
    """What says in which line something is wrong and why, where the validation library is there."""
    try:
        return importlib.import_module("marginlib.reading.strict")
    except ImportError:
        raise InvalidRulebook(
            f"{name}: it isn't as it should be; to hear where and why: pip install pydantic"
        ) from None


def read_line(name: str, at: int, cells: Mapping[str, str], form: Entries) -> dict[str, Any]:
    """Read one line of a file with named columns; or say what is wrong in it.

    Raises:
        InvalidRulebook: names the file, the line and the reason.
    """
    try:
        return cast("dict[str, Any]", form.take(cells))
    except Unfit:
        return cast("dict[str, Any]", _closely(name).line(form, cells, name, at))


def text_of(folder: "Traversable | str", name: str) -> str:
    """The text of a file.

    Raises:
        InvalidRulebook: it is missing, or is no text; says what would do.
        TypeError: the folder is none.
    """
    if isinstance(folder, str):
        folder = Path(folder)
    if not hasattr(folder, "joinpath"):
        raise TypeError(f"folder: expected the path of a folder such as data/, got {folder!r}")
    data = bytes_of(folder.joinpath(name), name)
    if data.startswith(codecs.BOM_UTF8):
        raise InvalidRulebook(
            f"{name}, line 1: it begins with a byte-order mark; save it as UTF-8 without one (without BOM)"
        )
    try:
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidRulebook(f"{name}: can't be read: line {line} is not UTF-8 text; save it as UTF-8") from error


def bytes_of(file: "Traversable | Path", name: str) -> bytes:
    """What is in an ordinary file, called by a name in sentences.

    Raises:
        InvalidRulebook: it is missing, no ordinary file, too large, or can't be read.
    """
    try:
        if file.is_dir():
            raise InvalidRulebook(f"{name}: it is a directory; expected a file")
        if not file.is_file() and isinstance(file, Path) and file.exists():  # a pipe, which may never end
            raise InvalidRulebook(f"{name}: it is no ordinary file; expected one")
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except InvalidRulebook:
        raise
    except FileNotFoundError as error:
        raise InvalidRulebook(f"{name}: the file is missing") from error
    except (OSError, ValueError) as error:
        raise InvalidRulebook(f"{name}: can't be read ({error})") from error
    if len(data) > _MOST_BYTES:
        raise InvalidRulebook(f"{name}: it is too large; expected at most {_MOST_BYTES // 1_000_000} MB")
    return data


def line_of(text: str, place: Sequence[str | int]) -> int:
    r"""The line of a TOML file in which a place begins, or what is nearest to it: TOML readers keep no positions.

    >>> line_of("[a]\nb = [\n    1,\n    2,\n]\n", ("a", "b", 1))
    4
    """
    lines = text.splitlines()
    names = [re.sub(r"[\s\"']", "", line.partition("#")[0]) for line in lines]
    under = ".".join(each for each in place if isinstance(each, str))
    at, rest = (
        next((i for i, name in enumerate(names) if re.match(rf"\[+{re.escape(under)}[].]", name)), 0),
        list(place),
    )
    for many in range(len(place), 0, -1):
        head, nth = [str(each) for each in place[:many] if isinstance(each, str)], 0
        if isinstance(place[many - 1], int):  # one of several [[tables]]
            nth = int(place[many - 1])
            found = [i for i, name in enumerate(names) if name == f"[[{'.'.join(head)}]]"]
        else:
            found = [i for i, name in enumerate(names) if name == f"[{'.'.join(head)}]"]
        if len(found) > nth:
            at, rest = found[nth], list(place[many:])
            break
    inside = False
    for part in rest:
        if isinstance(part, int):
            items = [i for i in range(at + 1, len(lines)) if names[i] and not names[i].startswith("[[")]
            if not lines[at].rstrip().endswith("[") or part >= len(items):
                break
            at = items[part]
            continue
        key = re.compile(rf"""\s*["']?{re.escape(part)}["']?\s*[=.]""")
        ends = (i for i in range(at + 1, len(lines)) if re.match(r"\s*\[+[\w.\"'/ -]+\]+\s*(#|$)", lines[i]))
        last = next(ends, len(lines))
        at = next((i for i in range(at, last) if key.match(lines[i])), at) if not inside else at
        inside = "{" in lines[at]
    return at + 1

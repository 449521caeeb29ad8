"""The rules as data: what lies in ``data/``, read once and checked.

A teacher edits a file there, not code. A scenario may override some of it for itself.
"""

import dataclasses
import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from marginlib.engine.amounts import ZERO
from marginlib.engine.errors import InvalidRulebook

FeeClass = Literal["cash_cash", "btc_eth_cash", "other"]
Liquidation = Literal["off", "all", "until-100"]
Model = TypeVar("Model", bound=BaseModel)


def _each_once(codes: list[str]) -> list[str]:
    for index, code in enumerate(codes):
        if code in codes[:index]:
            raise ValueError(f"{code} is listed twice")
    return codes


Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,16}$")]
Codes = Annotated[list[Code], AfterValidator(_each_once)]
_Share = Annotated[Decimal, Field(ge=0, lt=1, max_digits=12, decimal_places=10)]
_Places = Annotated[int, Field(strict=True, ge=0, le=20)]
_Level = Annotated[Decimal, Field(gt=0, le=1000)]
_Text = Annotated[str, Field(min_length=1)]
_RuleId = Annotated[str, Field(pattern=r"^[A-Z][1-9][0-9]?$")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    source: str
    date: str


class _Collateral(_File):
    order: Codes
    haircuts: dict[Code, Annotated[Decimal, Field(ge=0, le=1)]]


class _Conversion(_File):
    cash: Codes
    majors: Codes
    fees: dict[FeeClass, _Share] = Field(min_length=3)


class _Precision(_File):
    cash: _Places
    other: _Places


class _Margin(_File):
    opening_level: _Level
    call_level: _Level
    liquidation_level: _Level
    rollover_hours: Annotated[Decimal, Field(ge=Decimal("0.1"))]  # less would be nearly no period at all


class Rule(BaseModel):
    """One rule: its id, what it says in the workbook's own words, and where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    title: str
    text: str
    source: str


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: _Text
    text: _Text
    source: _Text


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")
    date: str
    rules: dict[_RuleId, _Entry]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that the engine needs to know beyond the scenario.

    >>> book = rulebook()
    >>> book.collateral_order[:3], book.conversion_fee("BTC", "EUR"), book.places("EUR")
    (('USD', 'EUR', 'GBP'), Decimal('0.025'), 4)
    """

    collateral_order: tuple[str, ...]
    cash: frozenset[str]
    majors: frozenset[str]
    conversion_fees: Mapping[str, Decimal]
    haircuts: Mapping[str, Decimal]
    cash_places: int
    other_places: int
    opening_level: Decimal
    call_level: Decimal
    liquidation_level: Decimal
    rollover_hours: Decimal
    liquidation: Liquidation = "off"
    initial_margin_check: bool = True

    def places(self, currency: str) -> int:
        """Decimals that a ledger amount of the currency carries (A8)."""
        return self.cash_places if currency in self.cash else self.other_places

    def fee_class(self, source: str, target: str) -> FeeClass:
        """Which of the three conversion fees applies between two currencies (R16).

        >>> rulebook().fee_class("USD", "EUR"), rulebook().fee_class("BTC", "ETH")
        ('cash_cash', 'other')
        """
        both = {source, target}
        if both <= self.cash:
            return "cash_cash"
        if both & self.cash and both & self.majors:
            return "btc_eth_cash"
        return "other"

    def conversion_fee(self, source: str, target: str) -> Decimal:
        """The share that converting one currency into another costs (R16).

        >>> rulebook().conversion_fee("USD", "EUR"), rulebook().conversion_fee("EUR", "EUR")
        (Decimal('0.015'), Decimal('0'))
        """
        return ZERO if source == target else self.conversion_fees[self.fee_class(source, target)]

    def replaced(self, **changes: Any) -> "Rulebook":
        """The same rulebook with some entries replaced, as a scenario's ``rules`` ask.

        >>> rulebook().replaced(liquidation="all").liquidation
        'all'
        """
        return dataclasses.replace(self, **changes)


def data_folder() -> Traversable:
    """The folder of rule files: inside an installed package, or at the top of a clone.

    >>> data_folder().joinpath("collateral.toml").is_file()
    True
    """
    packaged = files("marginlib") / "data"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "data"


def _line_of(text: str, loc: tuple[str | int, ...]) -> int:
    """The line that a validation error is about: TOML readers keep no positions."""
    lines = text.splitlines()
    names = [part for part in loc if isinstance(part, str) and part != "[key]"]
    start = next((i for i, line in enumerate(lines) if line.strip() == f"[{'.'.join(names[:-1])}]"), 0)
    key = re.compile(rf'"?{re.escape(names[-1])}"?\s*=|\[{re.escape(".".join(names))}\]') if names else None
    found = next((i for i in range(start, len(lines)) if key and key.match(lines[i].strip())), start)
    if isinstance(loc[-1] if loc else None, int):  # an item of a list that has one item a line
        return found + 2 + int(loc[-1]) if lines[found].rstrip().endswith("[") else found + 1
    return found + 1


def read_data(folder: Traversable, name: str, model: type[Model]) -> Model:
    """Read one file, or say in which line it is broken and why."""
    try:
        text = folder.joinpath(name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidRulebook(f"{name}: the file is missing") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRulebook(f"{name}: can't be read ({error})") from error
    try:
        return model.model_validate(tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        raise InvalidRulebook(f"{name}: not valid TOML: {error}") from error
    except ValidationError as error:
        # A misspelt key is both unknown and missing; the unknown one is where the slip is.
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        where = ".".join(str(part) for part in first["loc"] if part != "[key]")
        missing = first["type"] == "missing"  # then the line is its table's
        line, got = _line_of(text, first["loc"][:-1] if missing else first["loc"]), f", got {first['input']!s:.60}"
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            reason, got = "unknown key", ""
        elif missing:
            reason, got = "missing", ""
        raise InvalidRulebook(f"{name}, line {line}: {where}: {reason}{got}") from error


def load_rulebook(folder: Traversable) -> Rulebook:
    """Read a folder of rule files, such as another edition of ``data/``.

    Raises:
        InvalidRulebook: a file is missing or broken; names the file, the line and the reason.

    >>> load_rulebook(data_folder()) == rulebook()
    True
    """
    collateral = read_data(folder, "collateral.toml", _Collateral)
    conversion = read_data(folder, "conversion.toml", _Conversion)
    precision = read_data(folder, "precision.toml", _Precision)
    margin = read_data(folder, "margin.toml", _Margin)
    return Rulebook(
        collateral_order=tuple(collateral.order),
        cash=frozenset(conversion.cash),
        majors=frozenset(conversion.majors),
        conversion_fees={str(name): fee for name, fee in conversion.fees.items()},
        haircuts=collateral.haircuts,
        cash_places=precision.cash,
        other_places=precision.other,
        opening_level=margin.opening_level,
        call_level=margin.call_level,
        liquidation_level=margin.liquidation_level,
        rollover_hours=margin.rollover_hours,
    )


@functools.cache
def rulebook() -> Rulebook:
    """The rulebook in ``data/``, read once.

    Raises:
        InvalidRulebook: a file is missing or broken; names the file, the line and the reason.

    >>> rulebook().liquidation_level
    Decimal('40')
    """
    return load_rulebook(data_folder())


def load_rules(folder: Traversable) -> dict[str, Rule]:
    """Read the numbered rules of a folder of rule files, by id, in the file's order.

    Raises:
        InvalidRulebook: the file is missing or broken; names the line and the reason.

    >>> load_rules(data_folder()) == rules()
    True
    """
    table = read_data(folder, "rules.toml", _Rules).rules
    return {key: Rule(id=key, title=entry.title, text=entry.text, source=entry.source) for key, entry in table.items()}


@functools.cache
def rules() -> dict[str, Rule]:
    """The numbered rules with their sources, by id, in order.

    Raises:
        InvalidRulebook: the file is missing or broken; names the line and the reason.

    >>> rules()["R5"].id
    'R5'
    """
    return load_rules(data_folder())

"""The rules as data: what lies in ``data/``, read once and checked.

A teacher edits a file there, not code. A scenario may override some of it for itself.
"""

import functools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from marginlib.engine.rulebook import Rulebook
from marginlib.reading.files import (
    CODE,
    CODES,
    TEXT,
    Entries,
    Items,
    Number,
    Table,
    Whole,
    Words,
    Wrong,
    data_folder,
    each_once,
    read_data,
)

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_ANY = Words()
_CUTS = Table(CODE, Number(ge=0, le=1))
_LEVEL = Number(gt=0, le=1000)
_PLACES = Whole(0, 20)
_SHARE = Number(ge=0, lt=1, digits=12, places=10)
_COLLATERAL = Entries(source=_ANY, date=_ANY, order=CODES, haircuts=_CUTS)
_CONVERSION = Entries(
    source=_ANY,
    date=_ANY,
    cash=Items(CODE, 1, check=each_once),
    majors=CODES,
    fees=Entries(cash_cash=_SHARE, btc_eth_cash=_SHARE, other=_SHARE),
)
_PRECISION = Entries(source=_ANY, date=_ANY, cash=_PLACES, other=_PLACES)


def _apart(levels: dict[str, Any]) -> dict[str, Any]:
    """Who is warned at the call level is warned before liquidation (B5)."""
    call, liquidation = levels["call_level"], levels["liquidation_level"]
    if liquidation >= call:
        raise Wrong("liquidation_level", f"expected less than the call level, {call}, got {liquidation}")
    return levels


_MARGIN = Entries(
    _apart,
    source=_ANY,
    date=_ANY,
    opening_level=_LEVEL,
    call_level=_LEVEL,
    liquidation_level=_LEVEL,
    rollover_hours=Number(ge=Decimal("0.1")),  # less would be nearly no period at all
    most_leverage=Number(ge=1),
)
_SET = Entries(source=_ANY, date=_ANY, haircuts=_CUTS)
_SETS = Entries(
    sets=Table(Words(pattern="^[0-9a-z-]{1,20}$", what="a name of at most 20 small letters, digits and hyphens"), _SET)
)
_RULES = Entries(
    date=_ANY,
    rules=Table(
        Words(pattern="^[A-Z][1-9][0-9]?$", what="a rule's id such as R13"), Entries(title=TEXT, text=TEXT, source=TEXT)
    ),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, what it says in the workbook's own words, and where it comes from."""

    id: str
    title: str
    text: str
    source: str


def load_rulebook(folder: "Traversable") -> Rulebook:
    """Read a folder of rule files, such as another edition of ``data/``.

    Raises:
        InvalidRulebook: a file is missing or broken; names the file, the line and the reason.

    >>> load_rulebook(data_folder()) == rulebook()
    True
    """
    collateral = read_data(folder, "collateral.toml", _COLLATERAL)
    conversion = read_data(folder, "conversion.toml", _CONVERSION)
    precision = read_data(folder, "precision.toml", _PRECISION)
    margin = read_data(folder, "margin.toml", _MARGIN)
    sets = read_data(folder, "haircuts.toml", _SETS)["sets"]
    return Rulebook(
        collateral_order=tuple(collateral["order"]),
        cash=frozenset(conversion["cash"]),
        majors=frozenset(conversion["majors"]),
        conversion_fees=conversion["fees"],
        haircuts=collateral["haircuts"],
        cash_places=precision["cash"],
        other_places=precision["other"],
        opening_level=margin["opening_level"],
        call_level=margin["call_level"],
        liquidation_level=margin["liquidation_level"],
        rollover_hours=margin["rollover_hours"],
        haircut_sets={name: each["haircuts"] for name, each in sets.items()},
        most_leverage=margin["most_leverage"],
        sources={
            "conversion_fees": f"data/conversion.toml, of {conversion['date']}",
            "haircuts": f"data/collateral.toml, of {collateral['date']}",
            "levels": f"data/margin.toml, of {margin['date']}",
        },
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


def load_rules(folder: "Traversable") -> dict[str, Rule]:
    """Read the numbered rules of a folder of rule files, by id, in the file's order.

    Raises:
        InvalidRulebook: the file is missing or broken; names the line and the reason.

    >>> load_rules(data_folder()) == rules()
    True
    """
    table = read_data(folder, "rules.toml", _RULES)["rules"]
    return {key: Rule(key, entry["title"], entry["text"], entry["source"]) for key, entry in table.items()}


@functools.cache
def rules() -> dict[str, Rule]:
    """The numbered rules with their sources, by id, in order.

    Raises:
        InvalidRulebook: the file is missing or broken; names the line and the reason.

    >>> rules()["R5"].id
    'R5'
    """
    return load_rules(data_folder())

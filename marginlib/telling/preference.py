"""Why a currency stands where it does in the order in which a loss is taken (R13 to R15): each reason in four forms.

A story tells it as a clause, a table in a few words or with its rule, and where a whole order is told, so do its parts.
"""

from collections.abc import Iterable
from typing import NamedTuple

from marginlib.telling.numbers import listed


class Told(NamedTuple):
    """A reason as a table has it, as a clause, as an entry beside its place with its rules, as a part of the order."""

    few: str
    clause: str
    entry: str
    part: str


REASONS: dict[str, Told] = {
    "quote": Told(
        "quote currency",
        "{} is the quote currency",
        "quote of {pair} (R13)",
        "{} goes first, as the quote of {pair} (R13)",
    ),
    "base": Told(
        "base currency",
        "{} is the base currency",
        "base of {pair} (R13)",
        "{} goes as its base (R13)",
    ),
    "collateral": Told(
        "collateral order",
        "{} is next in the collateral order",
        "collateral list (R14)",
        "{} by the collateral list (R14)",
    ),
    "quote_last": Told(
        "quote, not collateral",
        "{} is the quote currency, but not collateral",
        "quote of {pair}, not collateral (R13)",
        "{}, the quote, late: not collateral (R13)",
    ),
    "base_last": Told(
        "base, not collateral",
        "{} is the base currency, but not collateral",
        "base of {pair}, not collateral (R13)",
        "{}, the base, late: not collateral (R13)",
    ),
    "other": Told(
        "other funds",
        "no collateral is left, and {} is next by alphabet",
        "other funds, by alphabet (R15, A3)",
        "{} last, as other funds (R15)",
    ),
}
"""In the order in which their turns come."""


def in_few_words(why: str) -> str:
    """Why a currency stands where it does, for a narrow table.

    >>> in_few_words("quote")
    'quote currency'
    """
    return REASONS[why].few


def because(currency: str, why: str) -> str:
    """The same as a clause.

    >>> because("EUR", "quote")
    'EUR is the quote currency'
    """
    return REASONS[why].clause.format(currency)


def entry(why: str, pair: str) -> str:
    """The same with its rules, as an entry of a table that has room.

    >>> entry("base", "BTC/EUR")
    'base of BTC/EUR (R13)'
    """
    return REASONS[why].entry.format(pair=pair)


def order(turns: Iterable[tuple[str, str]], pair: str) -> str:
    """The order in which currencies had their turns, in one clause; those of one reason together.

    >>> order([("EUR", "quote"), ("USD", "collateral"), ("GBP", "collateral")], "BTC/EUR")
    'EUR goes first, as the quote of BTC/EUR (R13); USD and GBP by the collateral list (R14)'
    """
    went: dict[str, list[str]] = {why: [] for why in REASONS}
    for currency, why in turns:
        went[why].append(currency)
    return "; ".join(REASONS[why].part.format(listed(codes), pair=pair) for why, codes in went.items() if codes)

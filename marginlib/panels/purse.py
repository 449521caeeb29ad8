"""A purse with made-up balances: the currencies, prices and pairs that several lessons offer."""

import re
from decimal import Decimal
from typing import Literal, NamedTuple, TypedDict

Code = Literal["EUR", "USD", "GBP", "BTC", "ETH", "DOGE", "ADA", "USDT", "SOL", "XMR"]


class Balances(TypedDict):
    """What there is of each currency; None where it is taken away."""

    EUR: Decimal | None
    USD: Decimal | None
    GBP: Decimal | None
    BTC: Decimal | None
    ETH: Decimal | None
    DOGE: Decimal | None
    ADA: Decimal | None
    USDT: Decimal | None
    SOL: Decimal | None
    XMR: Decimal | None


class Fund(NamedTuple):
    """A currency: its name, its made-up price in EUR, and the most, the step and the start of its slider."""

    name: str
    price: str
    most: str
    step: str
    start: str | None


FUNDS: dict[Code, Fund] = {
    "EUR": Fund("euros", "1", "2000", "20", "300"),
    "USD": Fund("US dollars", "0.8", "2500", "25", "500"),
    "GBP": Fund("pounds", "1.25", "1600", "16", None),
    "BTC": Fund("bitcoin", "50000", "0.04", "0.0004", "0.008"),
    "ETH": Fund("ether", "2000", "1", "0.01", None),
    "DOGE": Fund("dogecoin", "0.1", "20000", "200", "12000"),
    "ADA": Fund("ada", "0.5", "4000", "40", None),
    "USDT": Fund("tether, a stablecoin: not cash", "0.8", "2500", "25", None),
    "SOL": Fund("solana", "100", "20", "0.2", None),
    "XMR": Fund("monero, which is not collateral", "200", "10", "0.1", "2"),
}
PAIRS: dict[str, tuple[Code, Code, str]] = {
    "BTC/EUR": ("BTC", "EUR", "50000"),
    "ETH/USD": ("ETH", "USD", "2500"),
    "ADA/BTC": ("ADA", "BTC", "0.00001"),
    "XMR/EUR": ("XMR", "EUR", "200"),
}
"""Pairs by name: base, quote, and the price in QUOTE."""


def held(values: Balances) -> dict[str, Decimal]:
    """The balances that there are."""
    return {code: amount for code in FUNDS if (amount := values[code]) is not None}


_TAKEN, _FIRST, _LAST = (
    re.compile(r"take at most ([0-9][0-9,.]*[0-9]|[0-9]) ([A-Z]+)"),
    re.compile(r", take at most [0-9,.]+ [A-Z]+, or "),
    re.compile(r", or take at most [0-9,.]+ [A-Z]+"),
)


def sized(sentence: str, step: int = 100) -> str:
    """An engine's advice to take less, as the size that the panel's control asks for, a whole number of steps in EUR.

    Where even the least size is too much, that advice isn't given.

    >>> sized("Deposit 400 EUR first, take at most 3 ETH, or take a leverage of 7.")
    'Deposit 400 EUR first, choose a position size of at most 6,000 EUR, or take a leverage of 7.'
    >>> sized("Deposit 400 EUR first, take at most 0.01 ETH, or take a leverage of 7.")
    'Deposit 400 EUR first, or take a leverage of 7.'
    >>> sized("Deposit 10 EUR first, or take at most 0.0008 BTC.")
    'Deposit 10 EUR first.'
    """
    found = _TAKEN.search(sentence)
    if not found:
        return sentence
    worth = Decimal(found[1].replace(",", "")) * Decimal(FUNDS[found[2]].price)  # type: ignore[index]
    if size := worth // step * step:
        return sentence.replace(found[0], f"choose a position size of at most {size:,.0f} EUR")
    return _LAST.sub("", _FIRST.sub(", or ", sentence))


def prices(pair: str) -> dict[str, Decimal]:
    """The pair's own price, and what every currency is worth in EUR; the pair's base has its price already.

    >>> prices("XMR/EUR")["XMR/EUR"], prices("XMR/EUR")["EUR/USD"]
    (Decimal('200'), Decimal('1.25'))
    """
    base, _, price = PAIRS[pair]
    others = {f"{code}/EUR": fund.price for code, fund in FUNDS.items() if code not in ("EUR", "USD", base)}
    return {name: Decimal(each) for name, each in {pair: price, "EUR/USD": "1.25", **others}.items()}

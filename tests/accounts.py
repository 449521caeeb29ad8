"""Accounts as they are, written down in the fields of a case."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from strategies import MARGIN_PAIRS, PRICES, WORTH, amounts, prices_near

from marginlib.lessons.own_case.case import row
from marginlib.lessons.own_case.fields import GROUPS, empty

_PERCENTS = st.sampled_from(["", "0", "0.02", "0.25", "1"])


def balances(**held: str) -> list[dict[str, str]]:
    return [row("balances", code=code, amount=amount) for code, amount in held.items()]


def account(**changes: Any) -> dict[str, Any]:
    """A small account in some trouble."""
    fields = empty() | {
        "balances": balances(EUR="600", BTC="0.02"),
        "prices": [row("prices", pair="BTC/EUR", price="43000")],
        "lots": [row("lots", pair="BTC/EUR", side="long", volume="0.1", price="50000", leverage="5", age="27")],
    }
    return fields | changes


@st.composite
def accounts(draw: st.DrawFn, most_lots: int = 6) -> dict[str, Any]:
    """Fields that are right: any balances, lots of several pairs at any profit or loss, of any age."""
    sides: dict[str, str] = {}
    lots = []
    for _ in range(draw(st.integers(0, most_lots))):
        pair = draw(st.sampled_from(MARGIN_PAIRS))
        side = sides.setdefault(pair, draw(st.sampled_from(["long", "short"])))
        lots.append(
            row(
                "lots",
                pair=pair,
                side=side,
                volume=draw(amounts(pair.partition("/")[0], 50, 20_000)),
                price=draw(prices_near(pair)),
                leverage=draw(st.sampled_from(["2", "3", "5", "10", "1.5"])),
                age=draw(st.one_of(st.just(""), st.decimals(0, 400, places=2).map(str))),
                rollover=draw(_PERCENTS),
            )
        )
    held: dict[str, st.SearchStrategy[str]] = {code: amounts(code, 1, 30_000) for code in WORTH}
    return empty() | {
        "valuation": draw(st.sampled_from(["", "EUR", "USD", "BTC"])),
        "balances": balances(**draw(st.fixed_dictionaries({}, optional=held))),
        "lots": lots,
        "prices": [row("prices", pair=pair, price=draw(prices_near(pair))) for pair in PRICES],
        "fees": {name: draw(_PERCENTS) for name in GROUPS["fees"]},
        "haircuts": draw(st.sampled_from(["none", "2026-08"])),
        "liquidation": draw(st.sampled_from(["off", "all", "until-100"])),
        "collateral": {
            "order": "",
            "add": draw(st.sampled_from(["", "XMR"])),
            "remove": draw(st.sampled_from(["", "EUR", "BTC, EUR", "ADA"])),
        },
    }


def left(amounts_: Any) -> dict[str, Decimal]:
    return {code: amount for code, amount in amounts_.items() if amount}

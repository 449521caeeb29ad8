"""The paper that an account is written on, as the browser draws it; and the example that stands on it at first."""

from typing import Any

from marginlib.lessons.own_case.fields import Fields, empty, row
from marginlib.reading.rulebooks import rulebook

EXAMPLE: Fields = {
    **empty(),
    "balances": [
        row("balances", code="EUR", amount="300"),
        row("balances", code="BTC", amount="0.04"),
        row("balances", code="USD", amount="330"),
    ],
    "lots": [
        row("lots", pair="BTC/EUR", side="long", volume="0.15", price="52000", leverage="5", age="75"),
        row("lots", pair="ETH/EUR", side="short", volume="2", price="2500", leverage="5", age="20"),
    ],
    "prices": [
        row("prices", pair="BTC/EUR", price="48500"),
        row("prices", pair="ETH/EUR", price="2420"),
        row("prices", pair="EUR/USD", price="1.1"),
    ],
    "stops": [row("stops", pair="BTC/EUR", trigger="46000")],
    "fees": {"trading": "0.4", "opening": "0.02", "rollover": "0.02"},
}
"""An account in mild trouble: a margin call isn't far, and what closing loses is more than there are euros."""

BLANK: Fields = {**empty(), **{name: [row(name)] for name in ("balances", "lots", "prices")}}
"""Nothing written yet, with a row of each kind that one begins with."""

_CASH = "A fee that is empty is nothing."
_LIQUIDATIONS = [["off", "off"], ["all", "all"], ["until-100", "until 100 %"]]
_SIDES = [["", "…"], ["long", "long"], ["short", "short"]]


def _box(name: str, label: str, hint: str = "", *, number: bool = False, options: Any = None) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "label": label, "hint": hint, "number": number}
    return {**made, "options": options} if options else made


def _rows(name: str, title: str, row_: str, help_: str, *boxes: dict[str, Any], **more: Any) -> dict[str, Any]:
    per = 2 if more.get("compact") else 3
    return {"name": name, "title": title, "row": row_, "help": help_, "per": per, "columns": [*boxes], **more}


def sections() -> list[dict[str, Any]]:
    """The parts of the paper: rows of boxes, or boxes alone, whose names are their whole places then.

    >>> [part["name"] for part in sections()]
    ['balances', 'lots', 'prices', 'stops', 'fees', 'rules', 'haircuts_own']
    """
    sets = rulebook().haircut_sets
    haircuts = [["none", "none"], *([name, f"as of {name}"] for name in sets), ["own", "my own"]]
    return [
        _rows(
            "balances", "What you have", "balance",
            "Each currency, as it is now. What you received in a position is not among them (R1).",
            _box("code", "Currency", "EUR"), _box("amount", "Amount", "1000", number=True), compact=True,
        ),
        _rows(
            "lots", "Open positions", "position",
            "A row for each opening that is still open. Several in one pair are ended oldest first (R8).",
            _box("pair", "Pair", "BTC/EUR"), _box("side", "Side", options=_SIDES),
            _box("volume", "Volume", "0.1", number=True), _box("price", "Opened at", "50000", number=True),
            _box("leverage", "Leverage", "5", number=True), _box("age", "Age in hours", "0", number=True),
            {**_box("rollover", "Own rollover rate, %", number=True), "rare": True},
        ),
        _rows(
            "prices", "Prices now", "price",
            "Of each pair that is open; and of what else you have, to value it.",
            _box("pair", "Pair", "BTC/EUR"), _box("price", "Price", number=True), compact=True,
        ),
        _rows(
            "stops", "Stops to look at", "stop",
            "A price that would close a position: what would it do?",
            _box("pair", "Pair", "BTC/EUR"), _box("trigger", "Closes at", number=True), compact=True,
        ),
        {
            "name": "fees", "title": "Fees, in percent", "help": _CASH, "per": 3, "columns": [
                _box("fees.trading", "Trading", "0.4", number=True),
                _box("fees.opening", "Opening", "0.02", number=True),
                _box("fees.rollover", "Rollover", "0.02", number=True),
            ],
        },
        {
            "name": "rules", "title": "More: valuation, haircuts, order, levels", "folded": True, "per": 2,
            "help": "What is left empty is as the rules have it.", "columns": [
                _box("title", "A name for it"), _box("valuation", "All valued in", "EUR"),
                _box("haircuts", "Haircuts", options=haircuts),
                _box("collateral.order", "Order of collateral", "EUR USD BTC"),
                _box("collateral.add", "Taken into it", "ADA"), _box("collateral.remove", "Left out of it", "BTC"),
                _box("liquidation", "Liquidation in files", options=_LIQUIDATIONS),
                _box("levels.call", "Margin call, %", "80", number=True),
                _box("levels.liquidation", "Liquidation, %", "40", number=True),
                _box("conversion.cash_cash", "Conversion, cash to cash, %", number=True),
                _box("conversion.btc_eth_cash", "BTC or ETH to cash, %", number=True),
                _box("conversion.other", "Other conversions, %", number=True),
            ],
        },
        _rows(
            "haircuts_own", "My haircuts", "haircut", "What isn't named has none.",
            _box("code", "Currency", "BTC"), _box("percent", "Percent", "5", number=True), compact=True,
            when=["haircuts", "own"],
        ),
    ]  # fmt: skip

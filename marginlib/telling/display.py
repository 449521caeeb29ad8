"""How a notebook shows what a cell ends with: amounts as plain numbers, also deep inside lists and stories.

Python writes an amount as ``Decimal('1800.0000')``, so that it can be read back. A learner wants to see 1800. IPython
asks by type how things are shown; :func:`plainly` tells it, and ``repr`` stays what it was.
"""

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marginlib.engine.amounts import plain

_SHOWN = {
    "engine.account": ("Part", "Realised", "Row", "State", "StopOrder", "Take"),
    "engine.margin": ("Margin",),
    "engine.positions": ("Position",),
    "engine.scenario": (
        "Close", "ConversionFees", "Deposit", "Fees", "Open", "Price", "Prices", "Rules", "Scenario", "Settle", "Stop",
        "Trade", "Wait", "Withdraw",
    ),
    "engine.story": ("Moment",),
    "analysis.limits": ("Limit", "Limits"),
    "analysis.outcome": ("Outcome",),
    "analysis.sheet": ("Entry", "Flow", "Sheet"),
}  # fmt: skip
_LEFT_OUT = {"rulebook"}  # a page of its own


def amount(value: Decimal | Fraction, printer: Any, cycle: bool) -> None:  # noqa: ARG001
    """An amount as a plain number; one whose digits don't end, as a fraction."""
    if isinstance(value, Decimal):
        printer.text(plain(value) if value.is_finite() else str(value))
    else:
        printer.text(str(value))


def parts(value: Any, printer: Any, cycle: bool) -> None:
    """Something with fields, those of them that say something."""
    name = type(value).__name__
    if cycle:
        printer.text(f"{name}(…)")
        return
    fields = [
        (field.name, getattr(value, field.name))
        for field in dataclasses.fields(value)
        if field.repr and field.name not in _LEFT_OUT
    ]
    told = [(field, part) for field, part in fields if part is not None and part != () and part != {}]
    with printer.group(2, f"{name}(", ")"):
        for at, (field, part) in enumerate(told):
            if at:
                printer.text(",")
                printer.breakable()
            printer.text(f"{field}=")
            printer.pretty(part)


def values(given: Any, printer: Any, cycle: bool) -> None:  # noqa: ARG001
    """Where a panel's controls stand; those that are taken away are left out."""
    with printer.group(0):
        for at, (name, value) in enumerate((name, value) for name, value in given.items() if value is not None):
            if at:
                printer.text(",")
                printer.breakable()
            printer.text(f"{name} {plain(value) if isinstance(value, Decimal) else str(value)}")


def _as(plainer: Callable[[Any], Any]) -> Callable[[Any, Any, bool], None]:
    """Show something as what it is like."""
    return lambda given, printer, cycle: printer.pretty(plainer(given))  # noqa: ARG005


def plainly(shell: Any) -> None:
    """Have a notebook's cells show amounts as numbers, and what has amounts as its parts."""
    formatter = shell.display_formatter.formatters["text/plain"]
    formatter.for_type(Decimal, amount)
    formatter.for_type(Fraction, amount)
    for room, names in _SHOWN.items():
        for name in names:
            formatter.for_type_by_name(f"marginlib.{room}", name, parts)
    for room, name, plainer in (("sharing", "Shared", dict), ("positions", "Positions", tuple)):
        formatter.for_type_by_name(f"marginlib.engine.{room}", name, _as(plainer))
    formatter.for_type_by_name("marginlib.panels.panel", "Values", values)

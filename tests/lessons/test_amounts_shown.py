"""Amounts on a panel's screen are short enough to read, and no line of a figure ends between one and its unit."""

import re
from collections.abc import Iterator
from typing import Any

from sweeping import every_panel, views

from marginlib.panels.panel import Panel

LONG = re.compile(r"\d\.\d{9,}")
PARTED = re.compile(r"[0-9](?:<br>|\n) *(?:[%×]|[A-Z]{3,}\b|(?:hours?|days?)\b)")


def texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from texts(each)


@every_panel
def test_amounts_have_eight_decimals_at_most_outside_of_ledgers(panel_class: type[Panel[Any]]) -> None:
    for values, view in views(panel_class.__name__):
        tables = [table for table in view["tables"] if "ledger" not in table["caption"]]
        for text in texts({**view, "tables": tables}):
            assert not LONG.search(text), (values, text)


@every_panel
def test_no_line_of_a_label_ends_between_an_amount_and_its_unit(panel_class: type[Panel[Any]]) -> None:
    for values, view in views(panel_class.__name__):
        for text in texts([figure["data"] for figure in view["figures"]]):
            assert not PARTED.search(text), (values, text)

"""Sentences on a terminal of any width."""

import io
import re

import pytest
from rich.console import Console

from marginlib.telling.terminal import said

TOLD = (
    "This opening would leave a margin level of 99.99999 %, below 100 %: equity is 0.0001 EUR short of the used "
    "margin. Deposit 0.0001 EUR first, or take at most 0.04 BTC, or a leverage of 5 × (R13, R14), after 3 hours "
    "or 2 days."
)
PARTED = re.compile(r"[0-9]\n *(?:%|×|[A-Z]{3,}\b|hours?\b|days?\b)|[0-9],\n *[RABC][0-9]")


@pytest.mark.parametrize("width", range(30, 121))
def test_a_number_and_its_unit_stay_in_one_line(width: int) -> None:
    page = Console(file=io.StringIO(), width=width)
    said(page, TOLD, 2)
    shown = page.file.getvalue()  # type: ignore[attr-defined]

    assert not PARTED.search(shown)
    assert "\N{NO-BREAK SPACE}" not in shown
    assert " ".join(shown.split()) == TOLD

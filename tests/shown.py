"""The amounts that somebody sees on a screen, as text: what can be asked about."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from marginlib.telling.numbers import MINUS

AMOUNT = re.compile(rf"(?<![\w.,])[-+{MINUS}]?[0-9][0-9,]*(?:\.[0-9]+)?(?:\s(?:%|[A-Z][A-Z0-9]{{2,4}}\b(?!/)))")
BARE = re.compile(rf"(?<![\w.,])[-+{MINUS}]?[0-9][0-9,]*\.[0-9]{{2}}(?![0-9%])")
"""In figures, where the currency stands elsewhere."""
MADE_UP = {Fraction(number) for number in (0, 1, -1, 2, 4, 8, 24, 100)}
"""Numbers of rules and of units: a share of 1, percent, hours to a day and to a payment."""


def written(figure: dict[str, Any]) -> Iterator[str]:
    """What is written in a picture."""
    for trace in figure["data"]:
        told = trace.get("text") or []
        yield from (text for text in ([told] if isinstance(told, str) else told) if text)
    yield from (note.get("text") or "" for note in figure["layout"].get("annotations", []))


def amounts(texts: Iterable[tuple[str, str]]) -> list[str]:
    """The amounts in texts, each with where it stands: ``figure`` for what is written in a picture."""
    found: dict[str, None] = {}
    for where, text in texts:
        told = text.replace("\N{NO-BREAK SPACE}", " ").replace("<br>", "\n")
        found |= dict.fromkeys(each.strip() for each in AMOUNT.findall(told))
        if where == "figure":
            found |= dict.fromkeys(
                each for each in BARE.findall(told) if not any(one.startswith(each) for one in found)
            )
    return [*found]


def read(text: str) -> tuple[Fraction, int]:
    """An amount without its sign, and with how many decimals it is written."""
    number = re.sub(r"[^0-9.]", "", text.split(" ")[0])
    return Fraction(number), len(number.partition(".")[2])

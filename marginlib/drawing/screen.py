"""What a panel shows: a title, perhaps an alert, figures, sentences, a strip and tables, as plain data.

The wire form is what the browser reads; views make it with :func:`screen`, :func:`table` and :func:`refused`.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from marginlib.drawing.pieces import Spec
from marginlib.engine.story import Story
from marginlib.telling.numbers import in_panel


class Column(TypedDict):
    """The head of a column; numbers stand on the right."""

    label: str
    number: bool


class Row(TypedDict):
    """The cells of a row; the row that matters is marked ``taken``, or by what became of it."""

    mark: str
    cells: list[str]


class Table(TypedDict):
    """A table that may be folded away."""

    caption: str
    open: bool
    columns: list[Column]
    rows: list[Row]


View = dict[str, Any]
"""All on a screen: ``title``, ``alert``, ``figures``, ``words``, ``strip``, ``happens``, ``ends``, ``tables``."""


def screen(
    title: str,
    figures: Sequence[Spec],
    words: Sequence[str],
    tables: Sequence[Table] = (),
    *,
    alert: str = "",
    strip: Iterable[tuple[str, str]] = (),
    happens: Iterable[str] = (),
    ends: Mapping[str, str] | None = None,
) -> View:
    """What a panel's ``view`` returns; a strip is texts with their marks.

    ``happens`` names what has happened in this state ("margin call", "EUR gone"; "break-even" on its gaining side):
    where along a control a name comes or goes, the host marks the control's track with it. ``ends`` says of a slider
    up to which value it changes anything here, where that is less than its most: there its track ends.

    >>> screen("You owe nothing", [], ["Nothing is open."])["tables"]
    []
    """
    return {
        "title": title,
        "alert": alert,
        "figures": [*figures],
        "words": [*words],
        "strip": [[*item] for item in strip],
        "happens": [*happens],
        "ends": {**(ends or {})},
        "tables": [*tables],
    }


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Container[int] = (),
    marks: Iterable[str | bool] = (),
    unfolded: bool = False,
) -> Table:
    """A table: ``numbers`` says which columns hold some, ``marks`` which rows matter (True), or what became of each.

    >>> made = table("Lots", ("Lot", "Volume"), [("A", "1 BTC"), ("B", "2 BTC")], numbers=(1,), marks=(False, True))
    >>> made["columns"][1], made["rows"][1]
    ({'label': 'Volume', 'number': True}, {'mark': 'taken', 'cells': ['B', '2 BTC']})
    """
    cells = [[*row] for row in rows]
    told = [mark if isinstance(mark, str) else "taken" if mark else "" for mark in marks] or [""] * len(cells)
    return {
        "caption": caption,
        "open": unfolded,
        "columns": [{"label": head, "number": at in numbers} for at, head in enumerate(heads)],
        "rows": [{"mark": mark, "cells": row} for mark, row in zip(told, cells, strict=True)],
    }


def refused(
    story: Story,
    figures: Sequence[Spec],
    *words: str,
    title: str = "The exchange refuses this opening",
    alert: str | None = None,
) -> View:
    """The screen of a story whose opening is refused (B4): what there is all the same, and what would work.

    Without figures the words stand in the room that the picture had. Axes without content say nothing: give none.

    The alert is the engine's sentence with its rules, unless another is given.

    >>> from marginlib import Scenario, replay
    >>> story = replay(Scenario.of({"balances": {}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", "leverage": 5}]}))
    >>> refused(story, [], "Nothing is opened.")["alert"].endswith("(B4)")
    True
    """
    assert story.error is not None
    if alert is None:
        alert = f"{in_panel(story.error.message)} ({', '.join(story.error.rules)})"
    return screen(title, figures, words, alert=alert)

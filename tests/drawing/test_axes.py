"""Axes: each number stands at its tick, each part has its own grid, and names stand clear of the zero."""

import itertools
from typing import Any

import pytest

from marginlib.drawing.axes import EDGE, WIDE, stepped
from marginlib.drawing.pieces import layout
from marginlib.drawing.placing import NARROWEST
from marginlib.drawing.rows import Rows
from marginlib.lessons import BalanceSheet, ClosingSteps, LotQueue, OpeningSteps, SettleOrClose
from marginlib.panels.panel import Panel


def test_the_number_with_the_unit_stands_in_the_middle_of_its_lines() -> None:
    """Lines are centred at the tick: one above the number asks for one below it."""
    name = stepped(layout({}, (0, 1), (0, 50_000), ""), 20_000, "EUR")["yaxis"]["ticktext"][-1]

    assert [line.strip("\N{NO-BREAK SPACE}") for line in name.split("<br>")] == ["EUR", "40,000", ""]


@pytest.mark.parametrize("panel_class", [OpeningSteps, BalanceSheet, ClosingSteps])
def test_what_the_bars_are_stands_below_them_on_one_line_clear_of_the_axis(panel_class: type[Panel[Any]]) -> None:
    made, found = shown(panel_class)
    low, high = made["yaxis"]["range"]
    pixel = (high - low) / (made["height"] - made["margin"]["t"] - made["margin"]["b"])
    left, right = found["what<br>you have"], found["whose<br>it is"]

    assert (left[0], right[0]) == (0, 1)
    assert left[1] == right[1] == found[f"all in {'USD' if panel_class is ClosingSteps else 'EUR'}"][1]
    assert -left[1] / pixel >= 10, "clear of the axis"


@pytest.mark.parametrize("panel_class", [OpeningSteps, BalanceSheet, ClosingSteps])
def test_on_a_telephone_the_bars_have_more_than_a_third_of_the_width(panel_class: type[Panel[Any]]) -> None:
    """Their amounts stand beside them: an axis with numbers would leave slivers."""
    made, _ = shown(panel_class)
    across = NARROWEST - made["margin"]["l"] - made["margin"]["r"]

    assert across * (1 + WIDE) / (1 + 2 * EDGE) > NARROWEST / 3
    assert not any(made["yaxis"]["ticktext"])


def shown(panel_class: type[Panel[Any]]) -> tuple[dict[str, Any], dict[str, tuple[float, float]]]:
    """The layout of a panel's figure at its start, and where each of its texts stands."""
    panel: Any = panel_class()
    figure = panel.view(panel.read({}))["figures"][0]
    found = dict[str, tuple[float, float]]()
    for trace in figure["data"]:
        if trace.get("mode") == "text":
            found |= {text: at for text, *at in zip(trace["text"], trace["x"], trace["y"], strict=True)}
    return figure["layout"], found


def test_each_part_of_a_figure_has_the_grid_of_its_own_axis() -> None:
    panel: Any = SettleOrClose()
    figure = panel.view(panel.read({"EUR": 45000}))["figures"][0]  # of the enlarged bars there is one: below is room
    (grid,) = (trace for trace in figure["data"] if trace.get("line", {}).get("color") == "role:line")
    strokes = [(x, low, high) for x, low, high in zip(grid["x"][::3], grid["y"][::3], grid["y"][1::3], strict=True)]

    assert not figure["layout"]["xaxis"]["showgrid"]
    texts = [trace for trace in figure["data"] if trace.get("mode") == "text"]
    foot = next(y for trace in texts for text, y in zip(trace["text"], trace["y"], strict=True) if text == "100,000")
    upper, lower = [each for each in strokes if each[1] >= foot], [each for each in strokes if each[1] < foot]
    assert {x for x, *_ in upper} >= {-50_000, 50_000, 150_000}
    assert {x for x, *_ in lower} == {*figure["layout"]["xaxis"]["tickvals"]}
    assert min(low for _, low, _ in upper) > max(high for *_, high in lower), "they don't run into each other"


def test_rows_with_one_axis_keep_its_grid() -> None:
    rows = Rows((-100, 50), {-100: "−100", 0: "0 EUR"})
    rows.band(20)

    assert rows.drawn()["layout"]["xaxis"]["showgrid"]


@pytest.mark.parametrize("panel_class", [SettleOrClose, LotQueue])
def test_zero_and_grid_stop_where_words_are(panel_class: Any) -> None:
    """An upright line through the middle of a line of words would strike through them at one width or another."""
    panel = panel_class()
    figure = panel.view(panel.read({}))["figures"][0]
    middles = [
        y
        for trace in figure["data"]
        if trace.get("mode") == "text"
        for text, y in zip(trace["text"], trace["y"], strict=True)
        if len(text) > len("51,000")  # shorter ones are beside their own axis, or in their own row
    ]
    for trace in figure["data"]:
        colour, wide = (trace.get("line", {}).get(each) for each in ("color", "width"))
        if trace.get("mode") == "lines" and (colour == "role:line" or (colour == "role:quiet" and wide == 1.5)):
            for (x, y), (other, end) in itertools.pairwise(zip(trace["x"], trace["y"], strict=True)):
                if x is not None and x == other:
                    low, high = sorted((y, end))
                    assert not any(low < middle < high for middle in middles), (x, low, high)

"""Axes: each number stands at its tick, each part has its own grid, and names stand clear of the zero."""

from typing import Any

import pytest

from marginlib.drawing.axes import stepped
from marginlib.drawing.pieces import layout
from marginlib.drawing.rows import Rows
from marginlib.lessons import BalanceSheet, ClosingSteps, OpeningSteps, SettleOrClose
from marginlib.panels.panel import Panel


def test_the_number_with_the_unit_stands_in_the_middle_of_its_lines() -> None:
    """Lines are centred at the tick: one above the number asks for one below it."""
    name = stepped(layout({}, (0, 1), (0, 50_000), ""), 20_000, "EUR")["yaxis"]["ticktext"][-1]

    assert [line.strip("\N{NO-BREAK SPACE}") for line in name.split("<br>")] == ["EUR", "40,000", ""]


@pytest.mark.parametrize("panel_class", [OpeningSteps, BalanceSheet, ClosingSteps])
def test_what_the_bars_are_is_centred_below_them_and_clear_of_the_axis(panel_class: type[Panel[Any]]) -> None:
    panel: Any = panel_class()
    figure = panel.view(panel.read({}))["figures"][0]
    made, found = figure["layout"], dict[str, tuple[float, float]]()
    for trace in figure["data"]:
        if trace.get("mode") == "text":
            found |= {text: at for text, *at in zip(trace["text"], trace["x"], trace["y"], strict=True)}
    low, high = made["yaxis"]["range"]
    pixel = (high - low) / (made["height"] - made["margin"]["t"] - made["margin"]["b"])
    left, right = found["what you have"], found["whose it is"]

    assert (left[0], right[0]) == (0, 1)
    assert all(-y / pixel >= 14 for _, y in (left, right)), "half a line and its halo, below the axis"
    assert (left[1] - right[1]) / pixel >= 17, "each has a line of its own"


def test_each_part_of_a_figure_has_the_grid_of_its_own_axis() -> None:
    panel: Any = SettleOrClose()
    figure = panel.view(panel.read({}))["figures"][0]
    (grid,) = (trace for trace in figure["data"] if trace.get("line", {}).get("color") == "role:line")
    strokes = [(x, low, high) for x, low, high in zip(grid["x"][::3], grid["y"][::3], grid["y"][1::3], strict=True)]

    assert not figure["layout"]["xaxis"]["showgrid"]
    foot = min(low for x, low, _ in strokes if x == 50_000)  # which is a tick of the upper axis alone
    upper, lower = [each for each in strokes if each[1] >= foot], [each for each in strokes if each[1] < foot]
    assert {x for x, *_ in upper} >= {-50_000, 50_000, 150_000}
    assert {x for x, *_ in lower} == {*figure["layout"]["xaxis"]["tickvals"]}
    assert min(low for _, low, _ in upper) > max(high for *_, high in lower), "they don't run into each other"


def test_rows_with_one_axis_keep_its_grid() -> None:
    rows = Rows((-100, 50), {-100: "−100", 0: "0 EUR"})
    rows.band(20)

    assert rows.drawn()["layout"]["xaxis"]["showgrid"]

"""No panel writes one label over another, whatever its controls say: at all their ends, and at sixty places at random.

A page that is wide shows a figure at its share of the width; a telephone of 360 pixels at 318, where some labels
have no room at all: those are counted here, by panel, so that they don't become more.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sweeping import Figures, drawn_width, every_panel, swept

from marginlib.drawing.placing import NARROW, NARROWEST, collisions
from marginlib.panels.panel import Panel


def hit(figures: Figures, width: float) -> Iterator[tuple[str, str]]:
    for _, figure in figures:
        wide = drawn_width(figure, width)
        yield from collisions(figure, wide if "least" in figure["layout"].get("meta", {}) else max(wide, NARROWEST))


OVER: dict[tuple[str, int], int] = {}
"""How many pairs of labels might meet at a width, in all states of the sweep: by what the widest typeface takes."""
BEYOND: dict[tuple[str, int], int] = {}
"""How many labels are longer than the figure is wide, or than what is left of it beside their bars."""


@every_panel
@pytest.mark.parametrize("width", [1400, 1024, 640, NARROW, NARROWEST])
def test_no_label_is_written_over_another_or_beyond_the_edge(panel_class: type[Panel[Any]], width: int) -> None:
    found, name = list(hit(swept(panel_class), width)), panel_class.__name__
    over, beyond = [pair for pair in found if pair[1]], [text for text, other in found if not other]

    assert len(over) <= OVER.get((name, width), 0), over
    assert len(beyond) <= BEYOND.get((name, width), 0), beyond


@every_panel
def test_every_label_stands_at_a_place_inside_the_axes(panel_class: type[Panel[Any]]) -> None:
    """Plotly hides a text whose place is outside of them."""
    for values, figure in swept(panel_class):
        (left, right), (low, high) = (figure["layout"][axis]["range"] for axis in ("xaxis", "yaxis"))
        for trace in figure["data"]:
            if trace.get("mode") == "text":
                for x, y, text in zip(trace["x"], trace["y"], trace["text"], strict=True):
                    assert left <= x <= right, (values, text)
                    assert low <= y <= high, (values, text)

"""No panel writes one label over another, whatever its controls say: at all their ends, and at sixty places at random.

A page that is wide shows a figure at its share of the width; a telephone shows it at 360 pixels, where some labels
have no room at all: those are counted here, by panel, so that they don't become more.
"""

import functools
import random
from collections.abc import Iterator
from typing import Any

import pytest

import marginlib.lessons
from marginlib.drawing.placing import NARROW, NARROWEST, collisions
from marginlib.panels.controls import Slider, Value, read_all
from marginlib.panels.panel import Panel

PANELS: list[type[Panel[Any]]] = [
    each
    for each in (getattr(marginlib.lessons, name) for name in marginlib.lessons.__all__)
    if isinstance(each, type) and issubclass(each, Panel) and each.controls
]
every_panel = pytest.mark.parametrize("panel_class", PANELS)

Figures = list[tuple[dict[str, Value], dict[str, Any]]]


def swept(panel_class: type[Panel[Any]]) -> Figures:
    return _swept(panel_class.__name__)


@functools.cache
def _swept(name: str) -> Figures:
    panel, dice = getattr(marginlib.lessons, name)(), random.Random(8)
    controls, start = panel.controls, read_all(panel.controls, {})
    wanted = [start]
    for control in controls:
        track = control.track()
        wanted += [{**start, control.name: value} for value in (track[0], track[len(track) // 2], track[-1])]
        if isinstance(control, Slider) and control.removable:
            wanted.append({**start, control.name: None})
    wanted += [{control.name: dice.choice(control.track()) for control in controls} for _ in range(60)]
    return [(values, figure) for values in wanted for figure in panel.view(panel.read(values))["figures"]]


def hit(figures: Figures, width: float) -> Iterator[tuple[str, str]]:
    for _, figure in figures:
        wide = max(width * figure["layout"].get("meta", {}).get("share", 1) if width >= 1000 else width, NARROWEST)
        yield from collisions(figure, wide)


OVER = {
    ("BalanceSheet", 360): 40, ("HowFar", 360): 1,
    ("OpeningSteps", 360): 3, ("StopRun", 360): 4,
}  # fmt: skip
"""How many pairs of labels meet at a width, in all states of the sweep."""
BEYOND = {
    ("BalanceSheet", 360): 260, ("OpeningSteps", 360): 58, ("StopRun", 360): 103,
    ("ThroughTheCrash", 360): 1, ("WaysOut", 360): 387,
}  # fmt: skip
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

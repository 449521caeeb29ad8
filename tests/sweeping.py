"""The states that tests of what panels draw go through: every control's ends and middle, and sixty at random."""

import functools
import math
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import marginlib.lessons
from marginlib.panels.controls import Control, Slider, Value, read_all
from marginlib.panels.panel import Panel

PANELS: list[type[Panel[Any]]] = [
    each
    for each in (getattr(marginlib.lessons, name) for name in marginlib.lessons.__all__)
    if isinstance(each, type) and issubclass(each, Panel) and each.controls
]
every_panel = pytest.mark.parametrize("panel_class", PANELS)

BESIDE = 1000  # px from which figures stand side by side: ROOM in easel.js
Figures = list[tuple[dict[str, Value], dict[str, Any]]]


def swept(panel_class: type[Panel[Any]]) -> Figures:
    """The figures of a panel in all those states, each with its state."""
    return [(values, figure) for values, view in views(panel_class.__name__) for figure in view["figures"]]


@functools.cache
def views(name: str) -> list[tuple[dict[str, Value], dict[str, Any]]]:
    """What a panel shows in all those states."""
    panel, dice = getattr(marginlib.lessons, name)(), random.Random(8)
    controls, start = panel.controls, read_all(panel.controls, {})
    wanted = [start]
    for control in controls:
        track = control.track()
        wanted += [{**start, control.name: value} for value in (track[0], track[len(track) // 2], track[-1])]
        if isinstance(control, Slider) and control.removable:
            wanted.append({**start, control.name: None})
    wanted += [{control.name: dice.choice(control.track()) for control in controls} for _ in range(60)]
    return [(values, panel.view(panel.read(values))) for values in wanted]


def drawn_width(figure: dict[str, Any], room: float) -> int:
    """How wide the host makes a figure of a panel in a room of some pixels: as ``widths`` in easel.js."""
    meta = figure["layout"].get("meta", {})
    share = meta.get("share", 1)
    if "least" not in meta:
        return int(room * share if room >= BESIDE else room)
    count = round(1 / share)
    rows = math.ceil(count / max(1, room // meta["least"]))
    return int(room / math.ceil(count / rows))


KNOB_EDGE = 13  # px from a figure's edge that a knob's middle keeps: EDGE in grips.js


def knobs(
    figure: dict[str, Any], width: float, controls: dict[str, Control], values: dict[str, Value]
) -> Iterator[tuple[str, float, float]]:
    """Which controls have knobs in a figure, and where in pixels their middles stand: as ``stand`` in grips.js."""
    layout = figure["layout"]
    edges, (x0, x1), (y0, y1) = layout["margin"], layout["xaxis"]["range"], layout["yaxis"]["range"]
    right, bottom = width - edges["r"], layout["height"] - edges["b"]

    def across(at: float) -> float:
        return float(edges["l"] + (right - edges["l"]) * (at - x0) / (x1 - x0))

    def down(at: float) -> float:
        return float(bottom - (bottom - edges["t"]) * (at - y0) / (y1 - y0))

    for grip in layout.get("meta", {}).get("grips", []):
        value, places = values[grip["control"]], grip["places"]
        if value is None:
            continue
        far = _share(controls[grip["control"]], value) * (len(places) - 1)
        first = min(len(places) - 2, max(0, math.floor(far)))
        at = places[first] + (places[first + 1] - places[first]) * (far - first)
        upright = grip["axis"] == "x"
        ends = grip["across"] or (layout["yaxis"] if upright else layout["xaxis"])["range"]
        end = (down if upright else across)(ends[1])
        end = min((layout["height"] if upright else width) - KNOB_EDGE, max(KNOB_EDGE, end))
        yield (grip["control"], across(at), end) if upright else (grip["control"], end, down(at))


def _share(control: Control, value: Value) -> float:
    if isinstance(control, Slider):
        low, high = Decimal(control.least), Decimal(control.most)
        assert isinstance(value, Decimal)
        return float((value - low) / (high - low))
    track = control.track()
    return track.index(value) / (len(track) - 1)

"""The states that tests of what panels draw go through: every control's ends and middle, and sixty at random."""

import functools
import math
import random
from typing import Any

import pytest

import marginlib.lessons
from marginlib.panels.controls import Slider, Value, read_all
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

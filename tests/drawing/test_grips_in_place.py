"""A mark that can be dragged stands where its control says, and has a place on its axis for all of the control."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import marginlib.lessons
from marginlib.panels.controls import Slider, read_all

PANELS = (
    "Life", "OpeningSteps", "BalanceSheet", "ShortAndMirror", "ClosingSteps", "ShortOrFuture", "StopRun",
    "LossCascade", "SettleOrClose", "LotQueue", "WaysOut", "HowFar", "ThroughTheCrash",
)  # fmt: skip


def drawn(figure: dict[str, Any], axis: str) -> Iterator[float]:
    """Every place on an axis where something begins, ends or stands."""
    for trace in figure["data"]:
        along = "x" if trace.get("orientation") == "h" else "y"
        if trace["type"] == "bar" and axis == along:
            for base, long in zip(trace["base"], trace[along], strict=True):
                yield from (base, base + long)
        elif trace["type"] == "bar":
            half = trace["width"] / 2
            yield from (place for middle in trace[axis] for place in (middle - half, middle, middle + half))
        elif trace.get("mode") in ("lines", "markers"):
            yield from (each for each in trace[axis] if each is not None)


def stands(places: list[float], control: Any, value: Any) -> float:
    """Where a mark is while its control has a value: between its places it goes straight."""
    if isinstance(control, Slider):
        low, high = Decimal(control.least), Decimal(control.most)
        share = float((Decimal(value) - low) / (high - low))
    else:
        share = control.track().index(value) / (len(control.track()) - 1)
    at = min(int(share * (len(places) - 1) + 1e-9), len(places) - 2)
    return places[at] + (places[at + 1] - places[at]) * (share * (len(places) - 1) - at)


@pytest.mark.parametrize("name", PANELS)
def test_a_grip_is_at_a_mark_and_moves_it(name: str) -> None:
    panel, dice = getattr(marginlib.lessons, name)(), random.Random(11)
    known = {control.name: control for control in panel.controls}
    states = [read_all(panel.controls, {})]
    states += [{key: dice.choice(control.track()) for key, control in known.items()} for _ in range(80)]
    held: set[str] = set()
    for values in states:
        for figure in panel.view(panel.read(values))["figures"]:
            for each in figure["layout"]["meta"]["grips"]:
                axis, control = each["axis"], each["control"]
                low, high = figure["layout"][f"{axis}axis"]["range"]
                where = stands(each["places"], known[control], values[control])
                near = min(abs(place - where) for place in drawn(figure, axis))
                assert near <= (high - low) / 1000, (values, control, where)
                assert all(low <= place <= high for place in each["places"]), (values, control)
                held.add(control)
    assert held


@pytest.mark.parametrize("name", PANELS)
def test_every_figure_has_a_name_of_its_own_and_tells_its_parts(name: str) -> None:
    panel, dice = getattr(marginlib.lessons, name)(), random.Random(12)
    for _ in range(40):
        values = {control.name: dice.choice(control.track()) for control in panel.controls}
        found = [figure["layout"]["meta"] for figure in panel.view(panel.read(values))["figures"]]
        names = [meta["name"] for meta in found]
        assert all(names), values
        assert len({*names}) == len(names), values
        for meta in found:
            assert meta["tells"], (values, meta["name"])
            assert all(text and not text.endswith(".") and "<" not in text for text, _ in meta["tells"]), values

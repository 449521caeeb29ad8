"""Words in figures can be read: large enough, in ink on the ground, or black or white on a bar; on both grounds."""

from collections.abc import Iterator
from typing import Any

import pytest
from sweeping import every_panel, swept

from marginlib.drawing.pieces import over
from marginlib.drawing.placing import Box, boxes, solid
from marginlib.panels.panel import Panel

LEAST = 14  # px
PLAIN = {"ink", "quiet"}
"""The roles of words that stand on the ground."""
WIDTHS = (318, 1004)  # px: a figure on a telephone, and beside its controls

COLOURED = {"Life": 224}
"""How many words of a panel's swept figures are in a role's colour as yet, or on a bar that they aren't made for."""

SMALL = {"Life": 11, "ShortOrFuture": 13}
"""The panels that still have smaller text, and how small."""


def sizes(spec: Any) -> Iterator[float]:
    """All sizes of fonts in a figure."""
    if isinstance(spec, dict):
        for name, item in spec.items():
            if name.endswith("font") and "size" in item:
                yield item["size"]
            yield from sizes(item)
    elif isinstance(spec, list) and spec and not isinstance(spec[0], int | float):
        for item in spec:
            yield from sizes(item)


def inside(label: Box, bar: Box) -> bool:
    """Whether a text has its middle in a bar."""
    x, y = (label.left + label.right) / 2, (label.top + label.bottom) / 2
    return bar.left < x < bar.right and bar.top < y < bar.bottom


def grounds(figure: dict[str, Any], width: float) -> Iterator[tuple[str, str, str]]:
    """Each label with its role, and with the role of the bar that it stands on: of the last one that is drawn there."""
    bars = [*solid(figure, width)]
    roles = [
        trace["textfont"]["color"].removeprefix("role:")
        for trace in figure["data"]
        if trace.get("mode") == "text"
        for text in trace["text"]
        if text
    ]
    for (text, box), role in zip(boxes(figure, width), roles, strict=True):
        below = [bar for bar, place in bars if inside(box, place)]
        yield text, role, below[-1] if below else "ground"


@every_panel
def test_no_text_is_small(panel_class: type[Panel[Any]]) -> None:
    found = {(size, panel_class.__name__) for _, figure in swept(panel_class) for size in sizes(figure)}

    assert found
    assert min(found)[0] >= SMALL.get(panel_class.__name__, LEAST)


def wrong(figure: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for width in WIDTHS:
        for text, role, ground in grounds(figure, width):
            if role not in PLAIN if ground == "ground" else role != f"on_{ground}":
                yield text, role, ground


@every_panel
def test_words_are_in_ink_or_made_for_the_bar_below_them(panel_class: type[Panel[Any]]) -> None:
    found = [each for _, figure in swept(panel_class) for each in wrong(figure)]

    assert len(found) <= COLOURED.get(panel_class.__name__, 0), sorted({each[1:] for each in found})


@pytest.mark.parametrize("role", ["fee", "restricted"])
def test_nothing_is_written_on_dots_or_hatching(role: str) -> None:
    with pytest.raises(ValueError, match="stand outside"):
        over(role)


def test_what_is_wrong_is_seen() -> None:
    """In a role's colour on the ground, in ink on a bar, and made for another bar; on a bar's own it is right."""
    bar = {"type": "bar", "x": [0], "base": [0], "y": [10], "width": 2, "marker": {"color": "role:own"}}
    font = [{"size": 14, "color": f"role:{role}"} for role in ("fee", "ink", "on_owed", "on_own")]
    texts = [
        {"type": "scatter", "mode": "text", "x": [x], "y": [5], "text": [str(at)], "textposition": ["middle center"],
         "textfont": font[at]}
        for at, x in enumerate((3, 0, 0, 0))
    ]  # fmt: skip
    axes = {"xaxis": {"range": [-1, 5]}, "yaxis": {"range": [0, 10]}}
    figure = {"data": [bar, *texts], "layout": {"height": 300, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, **axes}}

    assert {each[0] for each in wrong(figure)} == {"0", "1", "2"}
    assert list(sizes(figure)) == [14] * 4

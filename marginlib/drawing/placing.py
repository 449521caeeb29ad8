"""The one placer of labels: it knows what a figure draws, and keeps labels clear of it and of each other.

Heights are known to the pixel, since a figure's height and margins stand in its layout. Its width varies with the
page: labels are placed for a narrow figure, where each takes up more of the first axis, so that what is clear there is
clear in all wider ones; they give way to what they meet on a telephone where that is a small step. So labels move up
and down only, or turn to another of their sides.
"""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

Spec = dict[str, Any]
NARROW, NARROWEST = 520, 318
"""Pixels: the width that labels are placed for; and the least one that they give way to each other for.

The least is what a page of 360 pixels leaves a figure, less the edges of page and panel.
"""

_GAP = 3.0  # pixels between a label and what it keeps clear of
_TOUCH = 0.5  # pixels that boxes may share and count as apart
_BETWEEN = 9.0  # pixels between labels of several lines: else two of them read as one
_STEP, _FAR = 26.0, 32.0  # pixels that a label goes at most for a telephone, and for the sake of what is drawn
KNOB, KNOB_EDGE = 24.0, 13.0
"""Pixels: how large a knob is that invites to drag a mark, and how far its middle keeps from the figure's edge.

As in host.css and grips.js.
"""
_TURN = 14.0  # pixels that a label rather moves than stand on the next of its sides
_LINE = 1.3  # of the font size: from line to line, as plotly writes them
_WIDTHS = {
    **dict.fromkeys("ijl.,:;'|!I ", 0.32), **dict.fromkeys("frt()-[]/", 0.42), **dict.fromkeys("mwMW%@▲▼●○→■▨", 0.98),
    **dict.fromkeys("ABCDEFGHKNOPQRTUVXYZ", 0.72), **dict.fromkeys("−+=÷×", 0.84), "\N{NO-BREAK SPACE}": 0.32,
    "─": 0.6, "╌": 0.6, "╎": 0.6,
}  # fmt: skip
"""Of the font size: how wide a character is, in a wide typeface; any other counts as a digit."""
_DIGIT, _BOLD = 0.64, 1.1
_MARKS = re.compile(r"</?(?:span|b|i)\b[^>]*>")
_SWATCH = re.compile(r"<span style='color:[^']*'>[■▨]</span> ?")


class Label(NamedTuple):
    """A text at a place of a figure, in the numbers of its axes, and the sides of the place where it may stand.

    ``sides`` are tried in order (``"top right, bottom right"``). What stands on the top or at the bottom of its place
    is moved up or down only, away from it. What is ``fixed``, or in the ``middle center``, stays where it is wished.
    """

    x: float
    y: float
    text: str
    sides: str = "middle right"
    role: str = "ink"
    size: int = 14
    bold: bool = False
    fixed: bool = False
    aside: float = 0.0
    """How far to the left or right of its place it stands, in the first axis's numbers."""

    @property
    def stays(self) -> bool:
        """Whether it is never moved."""
        return self.fixed or self.sides == "middle center"


class Box(NamedTuple):
    """Pixels from the figure's left upper corner."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether two boxes share more than their edges."""
        return (
            min(self.right, other.right) - max(self.left, other.left) > _TOUCH
            and min(self.bottom, other.bottom) - max(self.top, other.top) > _TOUCH
        )


def unmarked(text: str) -> str:
    """A label's characters without the marks that plotly reads as colour or weight; its line ends stay.

    >>> unmarked("<span style='color:role:fee'>■</span> fee<br><b>5 EUR</b>")
    '■ fee<br>5 EUR'
    """
    return _MARKS.sub("", text)


def spoken(text: str) -> str:
    """A label as it is said: in one line, without its swatch.

    >>> spoken("<span style='color:role:fee'>■</span> fee<br>5 EUR")
    'fee 5 EUR'
    """
    return unmarked(_SWATCH.sub("", text)).replace("<br>", " ")


def extent(text: str, size: float, bold: bool = False) -> tuple[float, float]:
    """Width and height of a text in pixels, a bit generous: the reader's typeface isn't known.

    >>> extent("owed<br>5 EUR", 10)[1]
    23.0
    """
    rows = unmarked(text).split("<br>")
    wide = max(_row(row) for row in rows) * size * (_BOLD if bold else 1)
    return wide, ((len(rows) - 1) * _LINE + 1) * size


@lru_cache(maxsize=4096)
def _row(text: str) -> float:
    return sum(_WIDTHS.get(letter, _DIGIT) for letter in text)


class _Frame:
    """From the numbers on a figure's axes to pixels."""

    def __init__(self, layout: Spec, width: float) -> None:
        margin = layout["margin"]
        self.x0, x1, self.y0, y1 = (float(end) for axis in ("xaxis", "yaxis") for end in layout[axis]["range"])
        self.width, self.left, self.top = width, float(margin["l"]), float(margin["t"])
        self.bottom, self.right = float(layout["height"] - margin["b"]), width - float(margin["r"])
        self.across = (self.right - self.left) / (x1 - self.x0)
        self.up = (self.bottom - self.top) / (y1 - self.y0)

    def x(self, at: float) -> float:
        return self.left + (at - self.x0) * self.across

    def y(self, at: float) -> float:
        return self.bottom - (at - self.y0) * self.up

    def height(self, pixel: float) -> float:
        """What stands at a pixel, on the second axis."""
        return self.y0 + (self.bottom - pixel) / self.up

    def box(self, label: Label, side: str) -> Box:
        """Where a label stands."""
        wide, high = extent(label.text, label.size, label.bold)
        up, across = side.split()
        left = self.x(label.x) - {"left": wide, "center": wide / 2, "right": 0.0}[across]
        top = self.y(label.y) - {"top": high, "middle": high / 2, "bottom": 0.0}[up]
        return Box(left, top, left + wide, top + high)

    def knob(self, at: tuple[float, float], high: float) -> Box:
        """Where a knob stands that belongs to a place of the axes."""
        (x, y), half = (self.x(at[0]), self.y(at[1])), KNOB / 2
        x = min(self.width - KNOB_EDGE, max(KNOB_EDGE, x))
        y = min(high - KNOB_EDGE, max(KNOB_EDGE, y))
        return Box(x - half, y - half, x + half, y + half)


def _drawn(data: Sequence[Spec], layout: Spec, frame: _Frame) -> Iterator[Box]:
    """The boxes of bars, rings, thick lines piece by piece, and the zero line. Thin lines may be written over."""
    if layout["yaxis"].get("zeroline", True) and layout["yaxis"]["range"][0] < 0 < layout["yaxis"]["range"][1]:
        zero = frame.y(0)
        yield Box(frame.left, zero - 1, frame.right, zero + 1)
    for trace in data:
        if trace["type"] == "bar":
            yield from _bars(trace, frame)
        elif trace.get("mode") == "markers":
            half = trace["marker"]["size"] / 2 + trace["marker"].get("line", {}).get("width", 0) / 2
            for x, y in zip(trace["x"], trace["y"], strict=True):
                at, high = frame.x(x), frame.y(y)
                yield Box(at - half, high - half, at + half, high + half)
        elif trace.get("mode") == "lines" and trace.get("fill") != "toself":
            yield from _pieces(trace, frame)


def _bars(trace: Spec, frame: _Frame) -> Iterator[Box]:
    half = trace.get("width", 0.8) / 2
    for x, base, y in zip(trace["x"], trace["base"], trace["y"], strict=True):
        if trace.get("orientation") == "h":
            yield Box(frame.x(base), frame.y(y + half), frame.x(base + x), frame.y(y - half))
        elif y:
            ends = sorted((frame.y(base), frame.y(base + y)))
            yield Box(frame.x(x - half), ends[0], frame.x(x + half), ends[1])


def _pieces(trace: Spec, frame: _Frame) -> Iterator[Box]:
    """Each piece of a line; a slanting one in short pieces, so that its box is no larger than what it covers."""
    half = trace["line"].get("width", 2) / 2
    if half < 1 and trace["line"].get("dash", "") in ("", "dot"):
        return
    points = [None if x is None else (frame.x(x), frame.y(y)) for x, y in zip(trace["x"], trace["y"], strict=True)]
    for one, other in itertools.pairwise(points):
        if one is None or other is None:
            continue
        (x0, y0), (x1, y1) = one, other
        parts = max(1, math.ceil(min(abs(x1 - x0), abs(y1 - y0)) / 6))
        wide, high = (half, 0.0) if abs(y1 - y0) > abs(x1 - x0) else (0.0, half)  # to the sides, not beyond its ends
        for at in range(parts):
            a, b = at / parts, (at + 1) / parts
            xs, ys = sorted((x0 + (x1 - x0) * a, x0 + (x1 - x0) * b)), sorted((y0 + (y1 - y0) * a, y0 + (y1 - y0) * b))
            yield Box(xs[0] - wide, ys[0] - high, xs[1] + wide, ys[1] + high)


Band = tuple[float, float]
"""From a height to a lower one, in pixels."""


def spread(wishes: Sequence[float], heights: Sequence[float], room: Band, taken: Iterable[Band]) -> list[float] | None:
    """Middles for boxes of some heights, clear of each other, inside a room and outside of what is taken.

    They keep the order of their wishes (of two that wish for the same, the later one stands above), and move as little
    as possible, by the sum of squares. None: there is no room.

    >>> spread([10, 12], [4, 4], (0, 100), []), spread([10], [4], (0, 100), [(9, 20)])
    ([9.0, 13.0], [7.0])
    """
    order = sorted(range(len(wishes)), key=lambda at: (round(wishes[at], 3), -at))
    sought, tall = [wishes[at] for at in order], [heights[at] for at in order]
    taken = [*taken]
    ends = [(wish - height / 2, wish + height / 2) for wish, height in zip(sought, tall, strict=True)]
    if _clear(ends, room, taken):
        return [*wishes]
    slots = _slots(room, taken)
    best: dict[int, tuple[float, list[float]]] = {0: (0.0, [])}  # so many boxes stand in the slots so far
    for low, high in slots:
        further = dict(best)
        for done, (cost, placed) in best.items():
            for upto in range(done + 1, len(order) + 1):
                found = _packed(sought[done:upto], tall[done:upto], low, high)
                if found is None:
                    break
                more = cost + sum((a - b) ** 2 for a, b in zip(found, sought[done:upto], strict=True))
                if upto not in further or more < further[upto][0]:
                    further[upto] = more, [*placed, *found]
        best = further
    if len(order) not in best:
        return None
    placed = [0.0] * len(order)
    for at, middle in zip(order, best[len(order)][1], strict=True):
        placed[at] = middle
    return placed


def _clear(ends: Sequence[Band], room: Band, taken: Sequence[Band]) -> bool:
    """Whether boxes, from the uppermost down, may stand where they are."""
    edges = [room[0], *itertools.chain.from_iterable(ends), room[1]]
    return all(one <= other + 1e-9 for one, other in itertools.pairwise(edges)) and not any(
        low < bottom and high > top for low, high in taken for top, bottom in ends
    )


def _slots(room: Band, taken: Iterable[Band]) -> list[Band]:
    """What is left of a room."""
    free, reached = [], room[0]
    for low, high in sorted(taken):
        if low > reached:
            free.append((reached, min(low, room[1])))
        reached = max(reached, high)
    return [slot for slot in [*free, (reached, room[1])] if slot[1] > slot[0]]


def _packed(wishes: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float] | None:
    """Middles of boxes between two heights, in order and touching at most, as near to the wishes as possible.

    Less what stands above it, each wish is a number, and the best rising numbers are found by pooling what falls.
    """
    if sum(heights) > high - low + 1e-9:
        return None
    offsets, reached = [], 0.0
    for height in heights:
        offsets.append(reached + height / 2)
        reached += height
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        pools.append((wish - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, n), (b, m) = pools[-2:]
            pools[-2:] = [((a * n + b * m) / (n + m), n + m)]
    level = [min(max(mean, low), high - reached) for mean, count in pools for _ in range(count)]
    return [at + offset for at, offset in zip(level, offsets, strict=True)]


def placed(
    labels: Sequence[Label], data: Sequence[Spec], layout: Spec, knobs: Sequence[tuple[float, float]] = ()
) -> list[Label]:
    """The labels of a figure, each with its side and its height, moved as little as possible.

    They are clear of each other and of the knobs, given as the places of the axes where they stand; and of what is
    drawn where there is room nearby. Labels of one place along the first
    axis and of the same sides are a column: they keep their order. What stays comes first, then column by column as
    listed. The first side is kept unless another saves a longer way.

    >>> layout = {"height": 130, "margin": {"l": 0, "r": 0, "t": 10, "b": 20},
    ...     "xaxis": {"range": [0, 1]}, "yaxis": {"range": [0, 100]}}
    >>> [each.y for each in placed([Label(0, 50, "owed"), Label(0, 52, "yours"), Label(0, 90, "all")], [], layout)]
    [43.5, 58.5, 90]
    """
    if all(label.stays for label in labels):
        return [_turned(label, label.sides.split(", ")[0], layout) for label in labels]
    at_widths = tuple(_Frame(layout, width) for width in (NARROW, NARROWEST))
    drawn = [*_drawn(data, layout, at_widths[0])]
    columns: dict[tuple[float, str], list[int]] = {}
    found = [*labels]
    high = float(layout["height"])
    one, other = ([frame.knob(each, high) for each in knobs] for frame in at_widths)
    written: tuple[list[Box], list[Box]] = (one, other)
    for at, label in enumerate(labels):
        if label.stays:
            found[at] = _turned(label, label.sides.split(", ")[0], layout)
            for frame, group in zip(at_widths, written, strict=True):
                group.append(frame.box(label, found[at].sides))
        else:
            columns.setdefault((label.x, label.sides), []).append(at)
    for (_, sides), members in columns.items():
        column = [labels[at] for at in members]
        best, least = column, math.inf
        for turn, side in enumerate(sides.split(", ")):
            if least <= turn * _TURN:
                break
            tried, cost = _column([_turned(label, side, layout) for label in column], at_widths, drawn, written)
            if cost + turn * _TURN < least:
                best, least = tried, cost + turn * _TURN
        for at, label in zip(members, best, strict=True):
            found[at] = label
            for frame, group in zip(at_widths, written, strict=True):
                group.append(frame.box(label, label.sides))
    return found


def _turned(label: Label, side: str, layout: Spec) -> Label:
    """A label on one of its sides; its place stays inside the first axis, since plotly hides what is outside."""
    if not label.aside:
        return label._replace(sides=side)
    low, high = layout["xaxis"]["range"]
    way = {"left": -label.aside, "center": 0.0, "right": label.aside}[side.split()[1]]
    return label._replace(x=min(max(label.x + way, low), high), sides=side, aside=0.0)


def _column(
    column: Sequence[Label], at_widths: tuple[_Frame, ...], drawn: Sequence[Box], written: tuple[list[Box], ...]
) -> tuple[list[Label], float]:
    """A column on one side, and what that costs in pixels: the ways, what is hit, what goes beyond the figure."""
    frame, narrow = at_widths
    boxes, slim = ([each.box(label, label.sides) for label in column] for each in at_widths)
    # On the left stand the names of the second axis.
    beyond = sum(max(narrow.left - box.left, 0.0) + max(box.right - narrow.width, 0.0) for box in slim)
    wishes = [(box.top + box.bottom) / 2 for box in boxes]
    between = _BETWEEN if len(column) > 1 and any("<br>" in label.text for label in column) else 2 * _TOUCH
    heights = [box.bottom - box.top + between for box in boxes]
    things = _bands(boxes, drawn, _GAP)
    near, close = _bands(boxes, written[0], _TOUCH), _bands(slim, written[1], _TOUCH)
    tries: list[tuple[list[Band], float]] = [
        ([*close, *things], _STEP),
        ([*near, *things], _FAR),
        (close, _STEP),
        (near, math.inf),
        ([], math.inf),
    ]
    # What stands on top of its place only goes up, what stands below it only down: not over what it belongs to.
    up = column[0].sides.split()[0]
    top, bottom = min(box.top for box in boxes) - _TOUCH, max(box.bottom for box in boxes) + _TOUCH
    hit, middles = 0, None
    for hit, (bands, furthest) in enumerate(tries):
        gap = _GAP if hit > 1 else 0.0
        room = (top + gap if up == "bottom" else 0.0, bottom - gap if up == "top" else frame.bottom)
        middles = spread(wishes, heights, room, bands)
        if middles and all(abs(a - b) <= furthest for a, b in zip(middles, wishes, strict=True)):
            break
    if not middles:
        return [*column], 1000.0
    ways = [middle - wish for middle, wish in zip(middles, wishes, strict=True)]
    made = [
        label if abs(way) < _TOUCH else _moved(label, box.top + way, box.bottom + way, frame)
        for label, box, way in zip(column, boxes, ways, strict=True)
    ]
    return made, sum(abs(way) for way in ways) + hit * _TURN + (_FAR + 2 * beyond if beyond > _TOUCH else 0.0)


def _bands(column: Sequence[Box], others: Iterable[Box], gap: float) -> list[Band]:
    """The heights at which a column as wide as its boxes meets others."""
    left, right = min(box.left for box in column) + _TOUCH, max(box.right for box in column) - _TOUCH
    return [(box.top - gap, box.bottom + gap) for box in others if box.right > left and box.left < right]


def _moved(label: Label, top: float, bottom: float, frame: _Frame) -> Label:
    """A label between two heights in pixels; its place stays inside the second axis."""
    up, across = label.sides.split()
    heights = {"middle": (top + bottom) / 2, "top": bottom, "bottom": top}
    ways = [up, *(way for way in heights if way != up)]
    up = next((way for way in ways if frame.top <= heights[way] <= frame.bottom), up)
    return label._replace(y=frame.height(heights[up]), sides=f"{up} {across}")


def boxes(figure: Spec, width: float) -> list[tuple[str, Box]]:
    """Every label of a figure, and the box in which it is drawn at a width in pixels.

    >>> spec = {"data": [{"type": "scatter", "mode": "text", "x": [0], "y": [0], "text": ["owed"],
    ...     "textposition": ["middle right"], "textfont": {"size": 10}}], "layout": {"height": 100,
    ...     "margin": {"l": 20, "r": 0, "t": 0, "b": 0}, "xaxis": {"range": [0, 1]}, "yaxis": {"range": [-1, 1]}}}
    >>> [(text, box.left, box.top, box.bottom) for text, box in boxes(spec, 400)]
    [('owed', 20.0, 45.0, 55.0)]
    """
    frame, found = _Frame(figure["layout"], width), []
    for trace in figure["data"]:
        font = trace.get("textfont", {})
        size, bold = font.get("size", 12), font.get("weight") == "bold"
        if trace.get("mode") == "text":
            for x, y, text, side in zip(trace["x"], trace["y"], trace["text"], trace["textposition"], strict=True):
                found += [(text, frame.box(Label(x, y, text, size=size, bold=bold), side))] if text else []
    return found


def solid(figure: Spec, width: float) -> Iterator[tuple[str, Box]]:
    """The boxes of bars and filled areas at a width, in the order in which they are drawn, each with its role.

    What is seen through is left out: the ground is below it.

    >>> bar = {"type": "bar", "x": [0], "base": [0], "y": [1], "width": 1, "marker": {"color": "role:own"}}
    >>> axes = {"xaxis": {"range": [-1, 1]}, "yaxis": {"range": [0, 2]}, "margin": dict.fromkeys("lrtb", 0)}
    >>> [(role, tuple(box)) for role, box in solid({"data": [bar], "layout": {"height": 100, **axes}}, 400)]
    [('own', (100.0, 50.0, 300.0, 100.0))]
    """
    frame = _Frame(figure["layout"], width)
    for trace in figure["data"]:
        if trace["type"] == "bar":
            shape = trace["marker"].get("pattern", {}).get("shape", "")
            role = {"/": "restricted", ".": "fee"}.get(shape, trace["marker"]["color"].removeprefix("role:"))
            yield from ((role, box) for box in _bars(trace, frame))
        elif trace.get("fill") == "toself" and trace.get("opacity", 1) == 1:
            for whole, points in itertools.groupby(zip(trace["x"], trace["y"], strict=True), lambda at: at[0] is None):
                corners = [(frame.x(x), frame.y(y)) for x, y in points if not whole]
                if corners:
                    (left, *_, right), (top, *_, bottom) = (sorted(each) for each in zip(*corners, strict=True))
                    yield trace["fillcolor"].removeprefix("role:"), Box(left, top, right, bottom)


def collisions(figure: Spec, width: float) -> list[tuple[str, str]]:
    """The labels of a figure that are written over each other, or (with nothing) beyond the figure's edge."""
    found = boxes(figure, width)
    high = figure["layout"]["height"]
    over = [(one[0], other[0]) for one, other in itertools.combinations(found, 2) if one[1].meets(other[1])]
    edge = Box(-1.0, -1.0, width + 1.0, high + 1.0)
    return over + [
        (text, "")
        for text, box in found
        if box.left < edge.left or box.top < edge.top or box.right > edge.right or box.bottom > edge.bottom
    ]

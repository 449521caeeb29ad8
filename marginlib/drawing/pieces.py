"""The pieces that figures are drawn from, as plain plotly data: bars, lines, labels and their axes."""

import itertools
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marginlib.drawing.colours import ROLES
from marginlib.drawing.placing import Label, extent, placed
from marginlib.telling.numbers import money

Spec = dict[str, Any]
Point = tuple[float, float]
_SIZE = 14  # px: no text of a figure is smaller
_TICK = 8  # px between an axis's amounts and the figure's edge, and the axis
Part = tuple[float, float, float]
"""A part of a column: where it stands, from where, and how far it goes."""
HATCH = {"shape": "/", "fgcolor": "role:own", "bgcolor": "role:ground", "size": 9, "solidity": 0.3}
"""What was received and is restricted: yours in a position only."""
DOTS = {"shape": ".", "fgcolor": "role:fee", "bgcolor": "role:ground", "size": 5, "solidity": 0.6}
"""A fee, of any kind."""


def bars(
    role: str, x: Sequence[float], base: Sequence[float], y: Sequence[float], width: float, edge: float = 1.5
) -> Spec:
    """Bars from a base, of a role's colour; those of the role ``restricted`` are hatched in the colour of what is own.

    >>> bars("owed", [1], [0], [25000], 0.8)["marker"]["color"]
    'role:owed'
    """
    colour = "role:own" if role == "restricted" else f"role:{role}"
    marker: Spec = {"color": colour, "line": {"width": edge, "color": "role:ground"}}
    if role == "restricted":
        marker |= {"pattern": HATCH, "line": {"width": 1.5, "color": colour}}
    return {"type": "bar", "width": width, "x": [*x], "base": [*base], "y": [*y], "marker": marker}


def stack(role: str, places: Sequence[Part], width: float, edge: float = 1.5) -> Spec:
    """Bars of a role, each given as where it stands, from where and how far it goes; those of fees are dotted.

    What goes nowhere is left out: its edge would be a line.

    >>> spec = stack("fee", [(1, 100, 20), (2, 100, 0)], 0.8)
    >>> spec["x"], spec["marker"]["pattern"]["shape"]
    ([1], '.')
    """
    x, base, height = ([place[i] for place in places if place[2]] for i in range(3))
    spec = bars(role, x, base, height, width, edge)
    if role == "fee":
        spec["marker"] |= {"pattern": DOTS, "line": {"color": "role:fee", "width": 2}}
    return spec


def rings(points: Sequence[tuple[float, float]], role: str = "ink") -> Spec:
    """Rings at points: where something stands now. At the edge of the figure they stay whole.

    >>> rings([(0, 1)])["marker"]["line"]["color"]
    'role:ink'
    """
    x, y = ([point[i] for point in points] for i in (0, 1))
    return {
        "type": "scatter", "mode": "markers", "x": x, "y": y, "cliponaxis": False,
        "marker": {"color": "role:ground", "size": 11, "line": {"color": f"role:{role}", "width": 3}},
    }  # fmt: skip


def stacks(parts: Mapping[str, Sequence[Part]], width: float, edge: float = 1.5) -> list[Spec]:
    """Columns of several roles, each role's parts with where they stand, from where and how far they go.

    >>> [spec["marker"]["color"] for spec in stacks({"own": [(0, 0, 5)], "owed": [(1, 0, -5)]}, 0.6)]
    ['role:own', 'role:owed']
    """
    return [stack(role, places, width, edge) for role, places in parts.items()]


class Columns:
    """Columns of parts: what is put on one stands on what is there, or hangs below it, each with its name beside it.

    ``half`` is half of a column's width in the first axis's numbers; ``roles`` says which are drawn, in which order.

    >>> columns = Columns(0.3, "own", "owed")
    >>> columns.put(0, "own", 5, "yours"), columns.put(0, "own", 2), columns.put(0, "owed", -4, "owed")
    (5.0, 7.0, -4.0)
    >>> [(label.y, label.text) for label in columns.labels], columns.drawn()[0]["base"]
    ([(2.5, 'yours'), (-2.0, 'owed')], [0.0, 5.0])
    """

    def __init__(self, half: float, *roles: str, beside: float = 0.03) -> None:
        """No parts yet; names stand ``beside`` a column by so much."""
        self.half, self.beside = half, beside
        self.parts: dict[str, list[Part]] = {role: [] for role in roles}
        self.labels: list[Label] = []
        self.ends: dict[tuple[float, bool], float] = {}

    def put(
        self,
        x: float,
        role: str,
        height: Decimal | Fraction | float,
        text: str = "",
        sides: str = "middle right",
        *,
        base: Decimal | Fraction | float | None = None,
        ink: str = "ink",
        size: int = 14,
    ) -> float:
        """Add a part where the column ends, or at a ``base``; up or down by its height. Returns where it ends.

        What stands in the ``middle`` is written at the part's middle, else at its end.
        """
        tall = float(height)
        start = self.ends.get((x, tall < 0), 0.0) if base is None else float(base)
        self.parts[role].append((x, start, tall))
        self.ends[x, tall < 0] = start + tall
        if text:
            up, across = sides.split(", ")[0].split()
            way = {"left": -1, "center": 0, "right": 1}[across] * (self.half + self.beside)
            y = start + tall / 2 if up == "middle" else start + tall
            self.labels.append(Label(x + way, y, text, sides, ink, size))
        return start + tall

    def drawn(self, edge: float = 1.5) -> list[Spec]:
        """The bars, role by role."""
        return stacks(self.parts, 2 * self.half, edge)


def lines(points: Sequence[Point | None], role: str = "ink", width: float = 1.5, dash: str = "") -> Spec:
    """A line through points; None lifts the pen. A dash is one of plotly's names, or pixels on and off.

    >>> lines([(0, 1), None, (2, 3)])["x"], lines([], dash="6px,4px")["line"]["dash"]
    ([0, None, 2], '6px,4px')
    """
    x, y = ([None if point is None else point[i] for point in points] for i in (0, 1))
    line = {"color": f"role:{role}", "width": width, **({"dash": dash} if dash else {})}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line}


def areas(boxes: Sequence[tuple[float, float, float, float]], role: str) -> Spec:
    """Filled boxes of a role's colour, each from a left lower corner to a right upper one.

    >>> areas([(0, 0, 1, 2)], "owed")["y"]
    [0, 2, 2, 0, 0, None]
    """
    spec = lines([point for box in boxes for point in around(*box)], "ground", 1)
    return {**spec, "fill": "toself", "fillcolor": f"role:{role}"}


def around(left: float, low: float, right: float, high: float) -> list[Point | None]:
    """Once around a box.

    >>> around(0, 0, 1, 2)[:3]
    [(0, 0), (0, 2), (1, 2)]
    """
    return [(left, low), (left, high), (right, high), (right, low), (left, low), None]


def clipped(points: Sequence[Point], low: float, high: float) -> list[Point | None]:
    """The part of a line that lies between two heights; None lifts the pen.

    >>> clipped([(0, 0), (10, 100)], 50, 200)
    [(5.0, 50), (10, 100)]
    """
    found: list[Point | None] = []
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        part = _inside((x0, y0), (x1, y1), low, high)
        if part is None:
            if found and found[-1] is not None:
                found.append(None)
            continue
        start, end = part
        if not found or found[-1] != start:
            found += [None, start] if found and found[-1] is not None else [start]
        found.append(end)
    return found[:-1] if found and found[-1] is None else found


def beyond(points: Sequence[Point], low: float, high: float) -> list[Point | None]:
    """The part of a line that lies outside of two heights, along the one that it passed; None lifts the pen.

    >>> beyond([(0, 0), (10, 100)], -50, 50), beyond([(0, 0), (10, 100)], 0, 100)
    ([(5.0, 50), (10, 50)], [])
    """
    found: list[Point | None] = []
    for edge, part in ((high, clipped(points, high, math.inf)), (low, clipped(points, -math.inf, low))):
        if found and part:
            found.append(None)
        found += [None if point is None else (point[0], edge) for point in part]
    return found


def _inside(one: Point, other: Point, low: float, high: float) -> tuple[Point, Point] | None:
    """A piece of a line, cut off at two heights; None if nothing of it is between them."""
    (x0, y0), (x1, y1) = one, other
    if max(y0, y1) <= low or min(y0, y1) >= high:
        return None

    def cut(x: float, y: float) -> Point:
        bound = min(max(y, low), high)
        return (x, y) if bound == y else (x0 + (x1 - x0) * (bound - y0) / (y1 - y0), bound)

    return cut(x0, y0), cut(x1, y1)


def labels(
    written: Sequence[tuple[float, float, str, str]], role: str = "ink", size: int = 14, bold: bool = False
) -> Spec:
    """Texts at places: x, y, the text, and where it stands from there (such as ``middle right``).

    >>> labels([(0, 1, "owed", "middle right")])["textposition"]
    ['middle right']
    """
    x, y, text, place = ([each[i] for each in written] for i in range(4))
    font = {"color": f"role:{role}", "size": size, "weight": "bold" if bold else "normal"}
    return {
        "type": "scatter", "mode": "text", "x": x, "y": y, "text": text, "textposition": place,
        "cliponaxis": False, "textfont": font,
    }  # fmt: skip


def swatch(role: str, text: str) -> str:
    """A label's text with a small square before it in a role's colour: words are in ink, whatever they speak of.

    The square of what is restricted is hatched. Who hears the label hears :func:`~marginlib.drawing.placing.spoken`.

    >>> swatch("fee", "fee"), swatch("restricted", "held")
    ("<span style='color:role:fee'>■</span> fee", "<span style='color:role:own'>▨</span> held")
    """
    colour, shape = ("own", "▨") if role == "restricted" else (role, "■")
    return f"<span style='color:role:{colour}'>{shape}</span> {text}"


def over(role: str) -> str:
    """The role of a label that is written on a bar of a role: black or white, as can be read on its colour.

    >>> over("owed")
    'on_owed'

    Raises:
        ValueError: bars of that role have dots or are hatched: their labels stand outside.
    """
    if f"on_{role}" not in ROLES:
        raise ValueError(f"a bar of the role {role} has a pattern: its labels stand outside")
    return f"on_{role}"


def marked(result: Decimal, currency: str) -> str:
    """A result as a figure and a table write it: its sign doesn't hang on colour.

    >>> marked(Decimal(-5), "EUR"), marked(Decimal(0), "EUR")
    ('▼ −5.00 EUR', '0.00 EUR')
    """
    return f"{'▲ ' if result > 0 else '▼ ' if result < 0 else ''}{money(result, currency, sign=True)}"


def figure(drawn: Sequence[Spec], layout: Spec, written: Sequence[Label] = (), knobs: Sequence[Point] = ()) -> Spec:
    """A figure: what is drawn, and over it its labels, placed clear of it, of each other, and of knobs at points.

    >>> spec = figure([rings([(0, 5)])], layout({}, (-1, 1), (0, 10), "EUR"), [Label(0, 5, "now", "top right")])
    >>> spec["data"][1]["text"], spec["data"][1]["y"][0] > 5
    (['now'], True)
    """
    kinds: dict[tuple[str, int, bool], list[tuple[float, float, str, str]]] = {}
    for label in placed(written, drawn, layout, knobs):
        told = kinds.setdefault((label.role, label.size, label.bold), [])
        told.append((label.x, label.y, label.text, label.sides))
    return {"data": [*drawn, *(labels(told, *kind) for kind, told in kinds.items())], "layout": layout}


def ticks(low: float, high: float) -> list[float]:
    """Round numbers along an axis, some five of them.

    >>> ticks(-4400, 1200)
    [-4000.0, -3000.0, -2000.0, -1000.0, 0.0, 1000.0]
    """
    raw = (high - low) / 5
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw * 0.8)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def counted(tick: float) -> str:
    """A number along an axis.

    >>> counted(-4000.0), counted(0.5)
    ('−4,000', '0.5')
    """
    return f"{tick:,.10g}".replace("-", "\N{MINUS SIGN}")


def layout(
    names: Mapping[float, str],
    across: tuple[float, float],
    up: tuple[float, float],
    unit: str,
    bottom: int = 48,
    *,
    height: int = 400,
    grid: bool = True,
    share: float | None = None,
    **margins: int,
) -> Spec:
    """Both axes, fixed: names along the first, amounts in a unit along the second, with zero marked.

    ``grid`` draws lines at round amounts; without, values are written beside what they measure. A figure with a
    ``share`` of the width stands beside another where there is room. ``margins`` (``l``, ``r``, ``t``) are pixels;
    the left one has room for the amounts, unless it is given.

    >>> made = layout({0: "Before"}, (-1, 1), (0, 10), "EUR", share=0.6, r=20)
    >>> made["yaxis"]["ticktext"][-1], made["meta"], made["margin"]
    ('10 EUR', {'share': 0.6}, {'l': 61, 'r': 20, 't': 12, 'b': 48})
    """
    marks = ticks(*up)
    amounts = [counted(tick) for tick in marks[:-1]] + [f"{counted(marks[-1])} {unit}"]
    beside = math.ceil(max(extent(amount, _SIZE)[0] for amount in amounts)) + _TICK
    spec: Spec = {
        "height": height,
        "margin": {"l": beside, "r": 12, "t": 12, "b": bottom, **margins},
        "barmode": "overlay",
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": _SIZE, "color": "role:ink"},
        "xaxis": {
            "range": [*across], "tickangle": 0, "tickvals": [*names], "ticktext": [*names.values()],
            "showgrid": False, "zeroline": False,
        },
        "yaxis": {
            "range": [*up], "tickvals": marks, "ticktext": amounts, "ticksuffix": f" {unit}",
            "showticksuffix": "last", "tickformat": ",.10~f",
            "gridcolor": "role:line", "zerolinecolor": "role:quiet", "zerolinewidth": 2,
            **({} if grid else {"showgrid": False}),
        },
        **({} if share is None else {"meta": {"share": share}}),
    }  # fmt: skip
    return spec

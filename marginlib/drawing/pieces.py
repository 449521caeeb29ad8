"""The pieces that figures are drawn from, as plain plotly data: bars, lines, labels and their axes."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

Spec = dict[str, Any]
Point = tuple[float, float]
HATCH = {"shape": "/", "fgcolor": "role:own", "bgcolor": "role:ground", "size": 9, "solidity": 0.3}
"""What was received and is restricted: yours in a position only."""
DOTS = {"shape": ".", "fgcolor": "role:fee", "bgcolor": "role:ground", "size": 5, "solidity": 0.6}
"""A fee, of any kind."""


def bars(role: str, x: Sequence[float], base: Sequence[float], y: Sequence[float], width: float) -> Spec:
    """Bars from a base, of a role's colour; those of the role ``restricted`` are hatched in the colour of what is own.

    >>> bars("owed", [1], [0], [25000], 0.8)["marker"]["color"]
    'role:owed'
    """
    colour = "role:own" if role == "restricted" else f"role:{role}"
    marker: Spec = {"color": colour, "line": {"width": 1.5, "color": "role:ground"}}
    if role == "restricted":
        marker |= {"pattern": HATCH, "line": {"width": 1.5, "color": colour}}
    return {"type": "bar", "width": width, "x": [*x], "base": [*base], "y": [*y], "marker": marker}


def stack(role: str, places: Sequence[tuple[float, float, float]], width: float) -> Spec:
    """Bars of a role, each given as where it stands, from where and how far it goes; those of fees are dotted.

    What goes nowhere is left out: its edge would be a line.

    >>> spec = stack("fee", [(1, 100, 20), (2, 100, 0)], 0.8)
    >>> spec["x"], spec["marker"]["pattern"]["shape"]
    ([1], '.')
    """
    x, base, height = ([place[i] for place in places if place[2]] for i in range(3))
    spec = bars(role, x, base, height, width)
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


def lines(points: Sequence[tuple[float, float] | None], role: str = "ink", width: float = 1.5) -> Spec:
    """A line through points; None lifts the pen.

    >>> lines([(0, 1), None, (2, 3)])["x"]
    [0, None, 2]
    """
    x, y = ([None if point is None else point[i] for point in points] for i in (0, 1))
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "line": {"color": f"role:{role}", "width": width},
    }  # fmt: skip


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
    written: Sequence[tuple[float, float, str, str]], role: str = "ink", size: int = 12, bold: bool = False
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


def apart(written: Sequence[tuple[float, str]], line: float) -> list[float]:
    """Heights for labels, from the lowest up: as wished, or as much higher as keeps them from colliding.

    ``line`` is what one line of text takes up of the axis.

    >>> apart([(10, "owed<br>5 EUR"), (11, "yours"), (30, "all")], 4)
    [10, 16.0, 30]
    """
    placed: list[float] = []
    reached = 0.0
    for wish, text in written:
        half = line * (text.count("<br>") + 1) / 2
        placed.append(max(wish, reached + half))
        reached = placed[-1] + half
    return placed


def layout(
    names: Mapping[float, str], across: tuple[float, float], up: tuple[float, float], unit: str, bottom: int = 48
) -> Spec:
    """Both axes, fixed: names along the first, amounts in a unit along the second, with zero marked.

    >>> layout({0: "Before"}, (-1, 1), (0, 10), "EUR")["yaxis"]["ticksuffix"]
    ' EUR'
    """
    return {
        "height": 400,
        "margin": {"l": 82, "r": 12, "t": 12, "b": bottom},
        "barmode": "overlay",
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "role:ink"},
        "xaxis": {
            "range": [*across], "tickangle": 0, "tickvals": [*names], "ticktext": [*names.values()],
            "showgrid": False, "zeroline": False,
        },
        "yaxis": {
            "range": [*up], "ticksuffix": f" {unit}", "showticksuffix": "last", "tickformat": ",.10~f",
            "gridcolor": "role:line", "zerolinecolor": "role:quiet", "zerolinewidth": 2,
        },
    }  # fmt: skip


def bare(figure_layout: Spec) -> Spec:
    """A layout without grid lines, for a figure whose values are written beside what they measure; zero stays marked.

    >>> bare(layout({0: "Before"}, (-1, 1), (0, 10), "EUR"))["yaxis"]["showgrid"]
    False
    """
    return {**figure_layout, "yaxis": {**figure_layout["yaxis"], "showgrid": False}}


def clear_of_zero(first: float, second: float, line: float) -> tuple[float, float]:
    """Heights for two labels of one line each: near what is wished, clear of the zero line and of each other.

    >>> clear_of_zero(0.0, 1.0, 10), clear_of_zero(50.0, -40.0, 10), clear_of_zero(-2.0, -3.0, 10)
    ((-6.0, 6.0), (50.0, -40.0), (6.0, -6.0))
    """
    gap = 0.6 * line
    places = {first, second, gap, -gap, gap + line, -gap - line}
    places |= {end + off for end in (first, second) for off in (line, -line)}
    clear = sorted(place for place in places if abs(place) >= gap)
    pairs = [(a, b) for a in clear for b in clear if abs(a - b) >= 0.999 * line and (a < b) == (first < second)]
    return min(pairs, key=lambda pair: (abs(pair[0] - first) + abs(pair[1] - second), pair))

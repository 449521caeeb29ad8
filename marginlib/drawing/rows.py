"""Figures that are read from the top down: lines of words and bars that lie on their side, along one axis of amounts.

A narrow page has no room for names beside bars, but always for a line of words above them. Heights are pixels, so a
figure is as high as it has rows, and what stands in a row stays in it at any width.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from marginlib.drawing.pieces import DOTS, Point, Spec, around, bars, figure, layout, lines
from marginlib.drawing.placing import NARROWEST, Label, extent

Amount = Decimal | Fraction | float
Band = tuple[float, float]
"""The lower and the upper edge of a row, in pixels below the figure's top, counted as negative numbers."""
LINE, SIDE, FOOT = 20.0, 10, 28
"""Pixels: of a line of words; beside the axis; and for the axis's own numbers below."""


def held(band: Band) -> Band:
    """How far across a mark reaches that is taken hold of in the middle of its row: words above stay free.

    >>> held((-40.0, -20.0))
    (-40.0, -30.0)
    """
    return band[0], (band[0] + band[1]) / 2


def hung(band: Band) -> Band:
    """How far across a mark reaches that is taken hold of at its row's lower edge: what stands in the row is seen.

    >>> hung((-40.0, -20.0))
    (-20.0, -42.0)
    """
    return band[1], band[0] - 2


class Rows:
    """Rows from the top down, along an axis of amounts from a least to a most that stays.

    >>> rows = Rows((-100, 50), {-100: "−100", 0: "0 EUR"})
    >>> rows.say("Your loss", "at 5 EUR")
    (-20.0, 0.0)
    >>> band = rows.band(24)
    >>> rows.put("loss", band, -80, 0)
    >>> spec = rows.drawn()
    >>> spec["layout"]["height"], *(spec["data"][1][name] for name in ("base", "x", "width"))
    (73, [-80.0], [80.0], 24.0)
    """

    def __init__(self, across: tuple[float, float], ticks: Mapping[float, str]) -> None:
        """No rows yet. Ticks are the axis's round numbers, as they are written."""
        self.across, self.ticks = across, dict(ticks)
        self.down = 0.0
        self.zero = (0.0, -math.inf)
        self.parts: dict[tuple[str, float], list[tuple[float, float, float]]] = {}
        self.strokes: dict[tuple[str, float, str], list[Point | None]] = {}
        self.labels: list[Label] = []
        self.foot, self.marks = 0.0, list[float]()
        self.said: list[Band] = []

    def band(self, pixels: float) -> Band:
        """A row so high, below those that there are."""
        self.down += pixels
        return -self.down, -self.down + pixels

    def begin(self) -> None:
        """From here on zero is marked; without, from the top."""
        self.zero = -self.down, self.zero[1]

    def say(self, left: str = "", right: str = "", *, role: str = "ink", bold: bool = False) -> Band:
        """A line of words: at the axis's beginning and at its end."""
        low, high = self.band(LINE)
        self.said.append((low, high))
        for text, at, side in ((left, 0, "right"), (right, 1, "left")):
            if text:
                place = (self.across[at], (low + high) / 2 - 1)
                self.labels.append(Label(*place, text, f"middle {side}", role, bold=bold, fixed=True))
        return low, high

    def name(self, text: str, at: Amount, left: str = "") -> Band:
        """A line of words over a bar that begins at an amount: there, or so far before it that they fit a telephone.

        What else the line says on its left has its room.

        >>> rows = Rows((0, 100), {})
        >>> band = rows.name("short", 40), rows.name("words so long that they begin far before the bar", 40)
        >>> [round(label.x) for label in rows.labels]
        [40, 0]
        """
        low, high = self.say(left)
        pixel = (self.across[1] - self.across[0]) / (NARROWEST - 2 * SIDE)
        first = self.across[0] + ((extent(left, 14)[0] + 8) * pixel if left else 0.0)
        last = self.across[1] - extent(text, 14)[0] * pixel
        place = (max(first, min(float(at), last)), (low + high) / 2 - 1)
        self.labels.append(Label(*place, text, "middle right", fixed=True))
        return low, high

    def axis(self, ticks: Mapping[float, str]) -> None:
        """A line of an axis's numbers in the middle of a figure, where what stands below goes by other ones."""
        low, high = self.band(LINE)
        self.zero = self.zero[0], high
        self.foot, self.marks = high, [*ticks]
        for at, text in ticks.items():
            if text:
                self.labels.append(Label(at, (low + high) / 2, text, "middle center", "ink", fixed=True))

    def wordless(self, low: float, high: float) -> list[Band]:
        """What of a stretch has no line of words: a line drawn there strikes through none.

        >>> rows = Rows((0, 100), {})
        >>> band, words, other = rows.band(30), rows.say("words"), rows.band(10)
        >>> rows.wordless(-60.0, 0.0)
        [(-60.0, -50.0), (-30.0, 0.0)]
        """
        found = list[Band]()
        for begin, end in sorted(self.said):
            if end <= low or begin >= high:
                continue
            if begin > low:
                found.append((low, begin))
            low = end
        return [*found, (low, high)] if high > low else found

    def put(self, role: str, band: Band, start: Amount, end: Amount) -> None:
        """A bar in a row, from an amount to another; one of nothing is left out."""
        left, right = sorted((float(start), float(end)))
        if right > left:
            tall = round(band[1] - band[0], 6)
            self.parts.setdefault((role, tall), []).append((left, right - left, (band[0] + band[1]) / 2))

    def stroke(self, points: Sequence[Point | None], role: str = "quiet", width: float = 1.5, dash: str = "") -> None:
        """A line over the rows; None lifts the pen."""
        self.strokes.setdefault((role, width, dash), []).extend([*points, None])

    def outline(self, band: Band, start: Amount, end: Amount, role: str = "own", dash: str = "") -> None:
        """What is there and stays untouched: a thin outline in a row."""
        left, right = sorted((float(start), float(end)))
        if right > left:
            self.stroke(around(left, band[0], right, band[1])[:-1], role, 1.5, dash)

    def drawn(self, foot: int = FOOT, *, grid: bool = True, stop: bool = False) -> Spec:
        """The figure: zero and (where its axis is one) a grid, the bars role by role, outlines, and words over them.

        ``stop``: zero and grid stop where words are.
        """
        names = {at: text for at, text in self.ticks.items() if text}
        spec = layout(names, self.across, (-self.down, 0.0), "", foot, height=round(self.down) + foot + 1, grid=False,
                      l=SIDE, r=SIDE, t=1)  # fmt: skip
        spec["yaxis"] = {"range": [-self.down, 0.0], "tickvals": [], "ticktext": [], "showgrid": False,
                         "zeroline": False}  # fmt: skip
        spec["xaxis"] |= {"showgrid": grid, "gridcolor": "role:line"}
        grid_traces = list[Spec]()
        if self.marks or stop:  # each part has lines of its own axis, as far as it goes
            spec["xaxis"] |= {"showgrid": False}
            grid_traces = [lines(self._grid(stop)[:-1], "line", 1)] if grid else []
        ends = self.zero[0], max(self.zero[1], -self.down)
        zero = [(0.0, end) for end in ends] if not stop else self._upright(0.0, self.wordless(ends[1], ends[0]))[:-1]
        drawn = [*grid_traces, lines(zero, "quiet", 1.5)]
        drawn += [_lying(role, parts, tall) for (role, tall), parts in self.parts.items()]
        drawn += [lines(points[:-1], *kind) for kind, points in self.strokes.items()]
        return figure(drawn, spec, self.labels)

    def _upright(self, at: float, bands: Sequence[Band]) -> list[Point | None]:
        return [end for low, high in bands for end in ((at, low), (at, high), None)]

    def _grid(self, stop: bool) -> list[Point | None]:
        """The lines of both axes, behind the bars: plotly draws lines over them, so they are left out there."""
        found: list[Point | None] = []
        parts = ((self.foot, 0.0, self.marks), (-self.down, self.foot - LINE, [*self.ticks]))
        for low, high, ticks in parts if self.marks else ((-self.down, 0.0, [*self.ticks]),):
            for at in ticks:
                over = [
                    (middle - tall / 2, middle + tall / 2)
                    for (_, tall), parts_ in self.parts.items()
                    for start, length, middle in parts_
                    if start <= at <= start + length and low <= middle <= high
                ]
                begin = low
                for lower, upper in sorted([*over, *(self.said if stop else [])]):
                    if begin < lower < high:
                        found += self._upright(at, [(begin, lower)])
                    begin = max(begin, upper)
                if high > begin:
                    found += self._upright(at, [(begin, high)])
        return found


def _lying(role: str, parts: Sequence[tuple[float, float, float]], tall: float) -> Spec:
    """Bars on their side, of a role."""
    start, length, middle = ([part[i] for part in parts] for i in range(3))
    spec = bars(role, length, start, middle, tall, 0)
    if role == "fee":
        spec["marker"] |= {"pattern": DOTS, "line": {"color": "role:fee", "width": 2}}
    return {**spec, "orientation": "h"}

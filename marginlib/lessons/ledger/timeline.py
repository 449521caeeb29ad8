"""The timeline of an account: what one balance was, or a result so far, over what happened when, in lanes by kind."""

import bisect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from marginlib.drawing.pieces import Spec, figure, labels, layout, lines, swatch
from marginlib.drawing.placing import extent
from marginlib.drawing.touch import touched

LANES = ("In and out", "Open", "Rollovers", "Ended", "Traded", "Other")
_MOST = 500  # points of a line: more would fall on each other
_TELLS = 40  # parts that are walked through by ear
_BESIDE, _RIGHT = 12, 14  # px between a name and the axis; right of the axis
_SHAPES = {
    "in": ("own", "triangle-up", 12), "out": ("own", "triangle-down", 12), "opened": ("owed", "circle", 11),
    "rollover": ("fee", "circle", 6), "profit": ("profit", "triangle-up", 13), "loss": ("loss", "triangle-down", 13),
    "settled": ("own", "circle", 11), "even": ("market", "circle", 11), "traded": ("market", "circle", 9),
    "other": ("quiet", "circle", 9),
}  # fmt: skip
_LANE_OF = {
    "in": "In and out", "out": "In and out", "opened": "Open", "rollover": "Rollovers", "profit": "Ended",
    "loss": "Ended", "settled": "Ended", "even": "Ended", "traded": "Traded", "other": "Other",
}  # fmt: skip

Line = Sequence[tuple[float, float]]
"""Amounts from a moment on, in milliseconds since 1970."""


Told = tuple[str, float]
"""A part of a figure in words, and its amount."""


class Mark(NamedTuple):
    """Something that happened: when, of which kind (see :data:`_SHAPES`), and which chapter it belongs to."""

    at: float
    kind: str
    chapter: int


class Held(NamedTuple):
    """From when to when a position is known to have been open."""

    start: float
    end: float


def stamp(time: datetime) -> float:
    """Milliseconds since 1970, as the browser counts.

    >>> stamp(datetime(1970, 1, 2, tzinfo=UTC))
    86400000.0
    """
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)


def moment(at: float) -> datetime:
    """The moment of such a number.

    >>> moment(86400000.0).day
    2
    """
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)


def thinned(line: Line, span: tuple[float, float], most: int = _MOST) -> list[tuple[float, float]]:
    """The part of a line in a span, as steps, and of many points only those that can be told apart.

    >>> thinned([(0, 5.0), (10, 7.0)], (0, 20))
    [(0, 5.0), (10, 5.0), (10, 7.0), (20, 7.0)]
    """
    first, last = span
    times = [at for at, _ in line]
    begin, end = max(0, bisect.bisect_right(times, first) - 1), bisect.bisect_right(times, last)
    found: list[tuple[float, float]] = []
    width = (last - first) / most
    for _, group in itertools.groupby(line[begin:end], lambda each: (each[0] - first) // width if width else 0):
        points = list(group)
        if len(points) > 4:  # what it comes from, its ends, and what it leaves behind
            ends = sorted(
                {0, len(points) - 1, *(pick(range(len(points)), key=lambda i: points[i][1]) for pick in (min, max))}
            )
            points = [points[at] for at in ends]
        for at, amount in points:
            if found:
                found.append((at, found[-1][1]))
            found.append((at, amount))
    if found and found[-1][0] < last:
        found.append((last, found[-1][1]))
    return found


def drawn(
    amounts: Mapping[str, Line],
    unit: str,
    name: str,
    marks: Iterable[Mark],
    held: Iterable[Held],
    span: tuple[float, float],
    tells: tuple[Sequence[Told], Sequence[Told]],
) -> tuple[list[Spec], list[tuple[float, int, int]]]:
    """Both figures, and where each mark stands: its moment, its lane and its chapter.

    ``amounts`` are lines by their words, each with the role of its colour before a colon; ``tells`` are the parts of
    either figure in words, with their amounts.
    """
    kept = _apart([each for each in marks if span[0] <= each.at <= span[1]], span)
    names = [lane for lane in LANES if any(_LANE_OF[each.kind] == lane for each in kept)] or [LANES[0]]
    lanes = {lane: len(names) - at for at, lane in enumerate(names)}
    steps = {each: thinned(line, span) for each, line in amounts.items()}
    low = min([0.0, *(y for line in steps.values() for _, y in line)])
    high = max([0.0, *(y for line in steps.values() for _, y in line)])
    room = (high - low or 1) * 0.2
    ticks = _ticks(span)
    above = layout(dict.fromkeys(ticks, ""), span, (low - (room / 4 if low else 0), high + room), unit, 8, height=230)
    below = layout(ticks, span, (0.4, len(names) + 0.6), "", 44, height=44 + 30 * len(names) + 12, t=2)
    below["yaxis"] |= {"tickvals": [*lanes.values()], "ticktext": [*lanes], "ticksuffix": "", "zeroline": False}
    left = max(above["margin"]["l"], round(max(extent(each, 14)[0] for each in names)) + _BESIDE)
    for each in (above, below):
        each["margin"] |= {"l": left, "r": _RIGHT}
        each["xaxis"] |= {"showgrid": True, "gridcolor": "role:line"}
    above["meta"] = {"bare": True}
    traces = [_line(each.split(":")[0], line) for each, line in steps.items()]
    told = "   ".join(swatch(*each.split(":", 1)) for each in steps)
    pinned = {**labels([(span[0], high + room, told, "bottom right")]), "meta": {"pinned": True}}
    bars = lines([point for each in held for point in _bar(each, lanes.get("Open", 0), span)], "owed", 5)
    kinds = {kind: [each for each in kept if each.kind == kind] for kind in _SHAPES}
    points = [_points(kind, some, lanes) for kind, some in kinds.items() if some]
    first, second = (each[:: max(1, -(-len(each) // _TELLS))] for each in tells)
    return (
        [
            touched(figure([*traces, pinned], above), name=name, tells=first),
            touched(
                figure([bars, *points] if "Open" in lanes else points, below), name="What happened when", tells=second
            ),
        ],
        [(each.at, lanes[_LANE_OF[each.kind]], each.chapter) for each in kept],
    )


def _apart(marks: list[Mark], span: tuple[float, float]) -> list[Mark]:
    """Of marks that fall on each other only the first."""
    width = (span[1] - span[0]) / _MOST or 1.0
    return [*{(each.kind, (each.at - span[0]) // width): each for each in reversed(marks)}.values()][::-1]


def _line(role: str, line: list[tuple[float, float]]) -> Spec:
    return lines(line, role, 2, "2px,3px" if role == "fee" else "")


def _bar(held: Held, lane: int, span: tuple[float, float]) -> list[tuple[float, float] | None]:
    start, end = max(held.start, span[0]), min(held.end, span[1])
    return [(start, lane), (end, lane), None] if start < end else []


def _points(kind: str, marks: list[Mark], lanes: Mapping[str, int]) -> Spec:
    role, symbol, size = _SHAPES[kind]
    marker = {"color": f"role:{role}", "size": size, "symbol": symbol, "line": {"color": "role:ground", "width": 1}}
    return {
        "type": "scatter", "mode": "markers", "x": [each.at for each in marks],
        "y": [lanes[_LANE_OF[kind]]] * len(marks), "marker": marker,
    }  # fmt: skip


def _ticks(span: tuple[float, float]) -> dict[float, str]:
    """Some round days along the span; the browser has its own for whatever is looked at."""
    first, last = moment(span[0]), moment(span[1])
    step = max(1, -(-(last - first).days // 6))
    day = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=1)
    found: dict[float, str] = {}
    while day <= last:
        found[stamp(day)] = f"{day.day} {day:%b}" + ("" if found else f"<br>{day.year}")
        day += timedelta(days=step)
    return found

"""The timeline of an account: what one balance was, or a result so far, over what happened when, in lanes by kind."""

import bisect
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

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
_Part = TypeVar("_Part")
_LANE_OF = {
    "in": "In and out", "out": "In and out", "opened": "Open", "rollover": "Rollovers", "profit": "Ended",
    "loss": "Ended", "settled": "Ended", "even": "Ended", "traded": "Traded", "other": "Other",
}  # fmt: skip


class Line(NamedTuple):
    """Amounts from a moment on: when each begins, in milliseconds since 1970 and in that order, and how much it is."""

    times: Sequence[float]
    amounts: Sequence[float]


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

    >>> thinned(Line([0, 10], [5.0, 7.0]), (0, 20))
    [(0, 5.0), (10, 5.0), (10, 7.0), (20, 7.0)]
    """
    (first, last), (times, amounts) = span, line
    at, end = max(0, bisect.bisect_right(times, first) - 1), bisect.bisect_right(times, last)
    found: list[tuple[float, float]] = []
    while at < end:
        part = _part(times, at, end, span, most)
        points: Sequence[int] = range(at, part)
        if len(points) > 4:  # what it comes from, its ends, and what it leaves behind
            some = amounts[at:part]
            points = sorted({at, part - 1, *(at + some.index(pick(some)) for pick in (min, max))})
        for point in points:
            if found:
                found.append((times[point], found[-1][1]))
            found.append((times[point], amounts[point]))
        at = part
    if found and found[-1][0] < last:
        found.append((last, found[-1][1]))
    return found


def _part(times: Sequence[float], at: int, end: int, span: tuple[float, float], most: int) -> int:
    """Where the next of so many parts of a span begins, after the one that a moment is in."""
    width = (span[1] - span[0]) / most
    if not width:
        return end
    part = (times[at] - span[0]) // width
    return bisect.bisect_left(times, part + 1, at + 1, end, key=lambda each: (each - span[0]) // width)


def drawn(
    amounts: Mapping[str, Line],
    unit: str,
    name: str,
    marks: Mapping[str, Sequence[Mark]],
    held: Sequence[Held],
    span: tuple[float, float],
    tells: tuple[Sequence[Told], Sequence[Told]],
) -> tuple[list[Spec], list[tuple[float, int, int]]]:
    """Both figures, and where each mark stands: its moment, its lane and its chapter.

    ``amounts`` are lines by their words, each with the role of its colour before a colon; ``marks`` are by kind, and
    like ``held`` (see :func:`joined`) in the order of time. ``tells`` are the parts of either figure in words, with
    their amounts (see :func:`sampled`).
    """
    kept = sorted(mark for each in marks.values() for mark in _apart(each, span))
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
    seen = joined(held, span, (span[1] - span[0]) / _MOST / 2)
    bars = lines([point for each in seen for point in _bar(each, lanes.get("Open", 0))], "owed", 5)
    kinds = {kind: [each for each in kept if each.kind == kind] for kind in _SHAPES}
    points = [_points(kind, some, lanes) for kind, some in kinds.items() if some]
    first, second = tells
    return (
        [
            touched(figure([*traces, pinned], above), name=name, tells=first),
            touched(
                figure([bars, *points] if "Open" in lanes else points, below), name="What happened when", tells=second
            ),
        ],
        [(each.at, lanes[_LANE_OF[each.kind]], each.chapter) for each in kept],
    )


def sampled(parts: Sequence[_Part]) -> Sequence[_Part]:
    """As many parts of a figure as one walks through by ear, from first to last.

    >>> len(sampled(range(90))), len(sampled(range(7)))
    (30, 7)
    """
    return parts[:: max(1, -(-len(parts) // _TELLS))]


def joined(held: Iterable[Held], span: tuple[float, float], near: float = 0) -> list[Held]:
    """Where in a span something was open, in the order of time: what overlaps, or is as near as that, is one.

    >>> joined([Held(0, 4), Held(3, 6), Held(8, 9)], (1, 20))
    [Held(start=1, end=6), Held(start=8, end=9)]
    """
    found: list[Held] = []
    for start, end in held:
        start, end = max(start, span[0]), min(end, span[1])
        if start >= end:
            continue
        if found and start - found[-1].end <= near:
            found[-1] = Held(found[-1].start, max(found[-1].end, end))
        else:
            found.append(Held(start, end))
    return found


def _apart(marks: Sequence[Mark], span: tuple[float, float]) -> list[Mark]:
    """Of one kind's marks that fall on each other only the first."""
    times = [each.at for each in marks]
    at, end = bisect.bisect_left(times, span[0]), bisect.bisect_right(times, span[1])
    found: list[Mark] = []
    while at < end:
        found.append(marks[at])
        at = _part(times, at, end, span, _MOST)
    return found


def _line(role: str, line: list[tuple[float, float]]) -> Spec:
    return lines(line, role, 2, "2px,3px" if role == "fee" else "")


def _bar(held: Held, lane: int) -> list[tuple[float, float] | None]:
    return [(held.start, lane), (held.end, lane), None]


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

"""An account along a price path: the margin level up to a moment, what was closed, and what a stop would have done."""

import functools
import itertools
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marginlib import words as sentences
from marginlib.book import Position, State
from marginlib.limits import Limit, limit_move
from marginlib.outcome import worth
from marginlib.paths import A_DAY, MOST_DAYS, Path, Walk
from marginlib.scenario import Open
from marginlib.story import Moment, Story
from marginlib.views.drawing import Point, Spec, clipped, labels, layout, lines
from marginlib.wording import exact, listed, money, number, percent, price, regrouped

BOTTOM, TOP = -60.0, 300.0
"""How far the axis of the margin level goes, in percent."""
FURTHEST = 70.0
"""How far the axis of the price goes, in percent of the opening price, up and down."""
_ROOM = 20.2  # days: to the right of the last one stand the names of the lines
_HEIGHTS = (310, 300)
_BY = {
    "stop": ("your stop has closed", "your stops have closed"),
    "liquidation": ("the exchange has closed", "the exchange has closed"),
}


@dataclass(frozen=True)
class Course:
    """An account along a path: what happened, and the margin levels, computed once and only where they are drawn."""

    path: Path
    walk: Walk

    @property
    def story(self) -> Story:
        """What happened, all of it."""
        return self.walk.story

    @functools.cached_property
    def levels(self) -> tuple[tuple[float, float | None], ...]:
        """Places in days, and the margin level in percent there; None with nothing open.

        One for each moment of the path, and two for whatever was closed: right before it, and right after.
        """
        levels = list[tuple[float, float | None]]()
        done = self.walk.over[0]
        for point, over in enumerate(self.walk.over):
            for moment in self.story.moments[done:over]:
                if moment.realised:
                    between = (point - 0.5) / A_DAY
                    states = (_reached(moment), moment.after)
                    levels += [(between, _level(self.story, state)) for state in states]
            levels.append((point / A_DAY, _level(self.story, self.walk.state(point))))
            done = over
        return tuple(levels)


def _level(story: Story, state: State) -> float | None:
    tied = story.margin_of(state)
    return None if tied is None or tied.level is None else float(tied.level)


def _reached(moment: Moment) -> State:
    """What there was when a price had moved, and nothing was closed yet."""
    state = moment.before.copy()
    state.prices.update(moment.after.prices)
    return state


@dataclass(frozen=True)
class Now:
    """A moment of a course: its point on the path, what there is, and what has been closed by then."""

    course: Course
    point: int
    state: State
    closings: tuple[Moment, ...]

    @property
    def story(self) -> Story:
        """What happens in the whole course."""
        return self.course.story

    @property
    def when(self) -> str:
        """The day, and which of its prices."""
        return self.course.path.when(self.point)

    @property
    def days(self) -> float:
        """How long it has been, in days."""
        return self.point / A_DAY

    def point_of(self, moment: Moment) -> int:
        """The point of the path that the market was on its way to in a moment."""
        return bisect_right(self.course.walk.over, moment.index)


def at(along: Course, days: Decimal) -> Now:
    """The moment so many days after the start; the last one, where the path is shorter."""
    point = min(int(days * A_DAY), along.path.points - 1)
    over = along.walk.over[point]
    closings = tuple(moment for moment in along.story.moments[:over] if moment.realised)
    return Now(along, point, along.walk.state(point), closings)


def view(shown: Course, other: Course, days: Decimal, distance: Decimal, *, stopped: bool) -> dict[str, Any]:
    """What the screen shows of a course so many days after its start; ``other`` is the same with, or without, a stop.

    ``distance`` is how far the stop is from the opening price, in percent.
    """
    if shown.story.error:
        return _refused(shown)
    now, beside = at(shown, days), at(other, days)
    limits = _limits(now) if now.state.positions else None
    with_stop, without = (now, beside) if stopped else (beside, now)
    return {
        "title": headline(now),
        "alert": "",
        "figures": [_level_figure(now), _price_figure(now, limits, distance if stopped else None)],
        "words": [_situation(now, limits), *_happened(now), _compared(now, beside, distance, stopped=stopped)],
        "strip": [],
        "tables": [_ledger(now), _beside(without, with_stop, distance)],
    }


def _quote(now: Now) -> str:
    return now.story.scenario.summary_currency or ""


def _limits(now: Now) -> tuple[Limit, Limit]:
    """By which factor all prices must move together for a margin call, and for liquidation."""
    book, pairs = now.state.rulebook, list(now.state.prices)
    quote = _quote(now)
    call, end = (limit_move(now.state, quote, level, pairs) for level in (book.call_level, book.liquidation_level))
    return call, end


def _opened(now: Now) -> list[Position]:
    """The positions as they were opened, oldest first."""
    return [moment.after.positions[-1] for moment in now.story.moments if isinstance(moment.step, Open)]


def _share(now: Now, pair: str) -> Fraction:
    """How far a price is from its start."""
    return Fraction(now.state.prices[pair]) / Fraction(now.course.path.prices[pair][0]) - 1


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def headline(now: Now) -> str:
    """The one message of this moment."""
    yours, when = money(worth(now.state, _quote(now)), _quote(now)), _capital(now.when)
    if not now.closings:
        tied = now.story.margin_of(now.state)
        assert tied
        book, level = now.state.rulebook, tied.level or Fraction(0)
        shown = f"the margin level is {percent(level / 100, 1)}"
        if level <= Fraction(book.call_level):
            return f"{when}: margin call, {shown}; {yours} are yours"
        return f"{when}: {shown}; {yours} are yours"
    ended: dict[str, list[str]] = {}
    for moment in now.closings:
        for each in moment.realised:
            ended.setdefault(each.by, []).append(each.position.base)
    told = listed([f"{_BY[by][len(what) > 1]} {listed(what)}" for by, what in ended.items()])
    if now.state.unpaid:
        owed = listed([money(amount, code) for code, amount in now.state.unpaid.items()])
        return f"{when}: {told}; {owed} stay unpaid"
    return f"{when}: {told}; {yours} are yours"


def _level_figure(now: Now) -> Spec:
    """The margin level up to this moment, with the levels that matter."""
    book = now.state.rulebook
    seen = [(x, y) for x, y in now.course.levels if x <= now.days]
    drawn: list[Point | None] = []
    for open_, piece in itertools.groupby(seen, lambda each: each[1] is not None):
        if open_:
            drawn += [*clipped([(x, y) for x, y in piece if y is not None], BOTTOM, TOP), None]
    marks = (
        (book.opening_level, "to open"),
        (book.call_level, "margin call"),
        (book.liquidation_level, "liquidation"),
    )
    dashed = lines(
        [p for level, _ in marks for p in ((0.0, float(level)), (float(MOST_DAYS), float(level)), None)], "quiet", 1
    )
    dashed["line"]["dash"] = "6px,4px"
    sides = ("top right", "middle right", "middle right")
    names = [
        (MOST_DAYS, float(level), f"{number(level, 2)} % {name}", side)
        for (level, name), side in zip(marks, sides, strict=True)
    ]
    x, last = seen[-1]
    level = None if last is None else min(max(last, BOTTOM), TOP)
    here = [] if level is None else [(x, level)]
    told, upright = [], list[Point | None]()
    for place, moment in enumerate(now.closings):
        where = (now.point_of(moment) - 0.5) / A_DAY
        upright += [(where, BOTTOM), (where, TOP * 0.92 - 36 * place), None]
        left = where > MOST_DAYS * 0.6
        told.append((where, TOP * 0.95 - 36 * place, _closing(moment), "middle left" if left else "middle right"))
    written = []
    if last is not None and level is not None:
        over = " ↑" if last > TOP else " ↓" if last < BOTTOM else ""
        up, side = "bottom" if level > TOP * 0.8 else "top", "right" if x < MOST_DAYS - 2.5 else "center"
        written = [(x + 0.2, level, f"{percent(Fraction(last) / 100, 0)}{over}", f"{up} {side}")]
    return {
        "data": [
            dashed,
            lines(upright, "loss", 1.5),
            lines(drawn, "own", 2.5),
            _dots(here),
            labels(names, size=11),
            labels(told, "loss", bold=True),
            labels(written, bold=True),
        ],
        "layout": _layout(now.course.path, (BOTTOM, TOP), "%", "margin level", 0),
    }


def _closing(moment: Moment) -> str:
    """What was closed in a moment, in a few words."""
    kinds = {"stop": "stop", "liquidation": "liquidation"}
    return f"▼ {kinds[moment.realised[0].by]}: {listed([each.position.base for each in moment.realised])}"


def _dots(points: list[Point]) -> Spec:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "marker": {"color": "role:ground", "size": 11, "line": {"color": "role:own", "width": 3}},
    }


def _price_figure(now: Now, limits: tuple[Limit, Limit] | None, stop: Decimal | None) -> Spec:
    """The prices up to this moment in percent of their start; the stop, and where liquidation would be from here."""
    path, data, ends = now.course.path, list[Spec](), list[tuple[float, str]]()
    for pair, dash in zip(now.state.prices, ("", "2px,3px"), strict=False):
        start = Fraction(path.prices[pair][0])
        points = [
            (point / A_DAY, round(float((Fraction(path.prices[pair][point]) / start - 1) * 100), 2))
            for point in range(now.point + 1)
        ]
        line = lines(clipped(points, -FURTHEST, FURTHEST), "market", 2.5)
        if dash:
            line["line"]["dash"] = dash
        data.append(line)
        base = pair.partition("/")[0]
        ends.append((points[-1][1], f"{base} {_signed(_share(now, pair))}"))
    level = lines([], "ink", 1.5)
    level["line"]["dash"] = "6px,4px"
    names = list[tuple[float, float, str, str]]()
    long = _opened(now)[0].side == "long"
    if stop is not None:
        y = float(-stop if long else stop)
        level |= {"x": [0, MOST_DAYS], "y": [y, y]}
        names.append((MOST_DAYS, y, f"{'sell' if long else 'buy'} stop, {_signed(Fraction(y) / 100)}", "middle right"))
    ticks: list[Point | None] = []
    factor = None if limits is None else limits[1].below if long else limits[1].above
    if factor is not None and limits is not None:
        heights = [float((factor * (1 + _share(now, pair)) - 1) * 100) for pair in now.state.prices]
        for y in heights:
            ticks += [(max(now.days - 0.35, 0), y), (now.days + 0.35, y), None] if abs(y) < FURTHEST else []
        y = min(heights) if long else max(heights)
        if ticks and abs(y) < FURTHEST:
            side = "right" if now.days < MOST_DAYS * 0.4 else "left"
            where = f"{'bottom' if long else 'top'} {side}"
            names.append((now.days, y - 3 if long else y + 3, "liquidation, if prices went on from here", where))
    heights = _spread([y for y, _ in ends], 9)
    written = [(now.days + 0.4, y, text, "middle right") for y, (_, text) in zip(heights, ends, strict=True)]
    return {
        "data": [level, *data, lines(ticks, "loss", 4), labels(written, bold=True), labels(names, size=11)],
        "layout": _layout(path, (-FURTHEST, FURTHEST), "%", "price since opening", 1),
    }


def _spread(heights: list[float], least: float) -> list[float]:
    """Two heights, moved apart where their labels would collide."""
    if len(heights) == 2 and (gap := abs(heights[0] - heights[1])) < least:
        shift = (least - gap) / 2
        up = shift if heights[0] >= heights[1] else -shift
        return [heights[0] + up, heights[1] - up]
    return heights


def _signed(share: Fraction) -> str:
    text = percent(share, 1)
    return f"+{text}" if share > 0 else text


def _layout(path: Path, up: tuple[float, float], unit: str, name: str, which: int) -> Spec:
    names = {}
    for day in range(0, MOST_DAYS, 3):
        named = path.days[day] if day < len(path.days) else ""
        number_, _, month = named.partition(" ")
        names[float(day)] = f"{number_} {month[:3]}" if not path.made_up and named else named
    names[9.0] = f"{names[9.0]}<br>{name}, day by day"
    return {**layout(names, (-0.4, _ROOM), (up[0], up[1] * 1.04), unit, 52), "height": _HEIGHTS[which]}


def _situation(now: Now, limits: tuple[Limit, Limit] | None) -> str:
    """Where things stand: prices, positions, the level, and how far it is to liquidation from here."""
    moves = [
        f"{pair.partition('/')[0]} is at {price(now.state.prices[pair], pair.partition('/')[2])}, "
        f"{_signed(_share(now, pair))}"
        for pair in now.state.prices
    ]
    told = [f"{_capital(now.when)}: {'; '.join(moves)}."]
    if now.point + 1 == now.course.path.points:
        told.append("The path ends here.")
    if limits is None:
        return " ".join([*told, "No position is open, so there is no margin level (B3)."])
    tied = now.story.margin_of(now.state)
    assert tied
    level = percent((tied.level or Fraction(0)) / 100, 1)
    quote = tied.currency
    told.append(
        f"Equity {money(tied.equity, quote)} ÷ used margin {money(tied.used_margin, quote)} is a margin level of "
        f"{level} (B3)."
    )
    return " ".join([*told, _ahead(now, limits)])


def _ahead(now: Now, limits: tuple[Limit, Limit]) -> str:
    """How far the prices can still go, all by the same share."""
    long, several = now.state.positions[0].side == "long", len(now.state.prices) > 1
    call, end = ((limit.below if long else limit.above) for limit in limits)
    way = "fall" if long else "rise"
    who = f"all prices {way} from here by the same share" if several else f"the price {way}s from here"
    further = f"however far {'they' if several else 'it'} {way}{'' if several else 's'}"
    closing = f"no liquidation comes, {further}" if end is None else f"liquidation comes {_further(end)}"
    if limits[0].reached:
        return f"The margin call is here. If {who}, {closing} (B5)."
    if call is None:
        return f"If {who}, no margin call comes, {further} (B5)."
    return f"If {who}, a margin call comes {_further(call)}, and {closing} (B5)."


def _further(factor: Fraction) -> str:
    return f"after another {percent(abs(factor - 1), 1)}"


def _happened(now: Now) -> list[str]:
    """Everything that was closed so far, in the engine's sentences."""
    way = "On the way to"
    return [
        " ".join([f"{way} {now.course.path.when(now.point_of(moment))}:", *sentences.details(moment)])
        for moment in now.closings
    ]


def _compared(now: Now, beside: Now, distance: Decimal, *, stopped: bool) -> str:
    """What the same account would have come to with, or without, the stop."""
    quote = _quote(now)
    mine, others = (worth(each.state, quote) for each in (now, beside))
    side = "below" if _opened(now)[0].side == "long" else "above"
    stop = f"{'sell' if side == 'below' else 'buy'} stops {number(distance, 2)} % {side} the opening prices"
    if stopped:
        told = f"Your {stop} (R22): {money(mine, quote)} are yours now; without them, {money(others, quote)}."
    else:
        told = f"With {stop} (R22), {money(others, quote)} would be yours now; without, it is {money(mine, quote)}."
    if not beside.closings and not now.closings:
        return f"{told} Nothing has been closed yet, either way."
    return told


def _ledger(now: Now) -> dict[str, Any]:
    """Everything that moved a balance so far, in one ledger."""
    over = now.course.walk.over[now.point]
    rows = []
    for moment in now.story.moments[:over]:
        when = now.course.path.when(now.point_of(moment) if moment.realised else 0)
        what = moment.realised[0].by if moment.realised else "opening"
        for row in moment.rows:
            amounts = [exact(each) for each in (row.amount, row.fee, row.balance)]
            cells = [f"{when}: {what} of position {row.position}", row.asset, *amounts, ", ".join(row.rules)]
            rows.append({"mark": "taken" if moment.realised else "", "cells": cells})
    heads = ("On the way to", "Asset", "Amount", "Fee", "Balance", "Rules")
    return {
        "caption": "The ledger so far",
        "open": False,
        "columns": [{"label": label, "number": at in (2, 3, 4)} for at, label in enumerate(heads)],
        "rows": rows,
    }


def _beside(without: Now, with_stop: Now, distance: Decimal) -> dict[str, Any]:
    """The same account without and with the stop, at this moment."""
    quote = _quote(without)
    codes = list(dict.fromkeys([*without.state.balances, *with_stop.state.balances]))

    def position(lot: Position, now: Now) -> str:
        ended = [each for moment in now.closings for each in moment.realised if each.position.id == lot.id]
        return f"closed at {price(ended[0].price, lot.quote)}" if ended else money(lot.volume, lot.base)

    def unpaid(now: Now) -> str:
        return listed([money(amount, code) for code, amount in now.state.unpaid.items()]) or "nothing"

    entries: list[tuple[str, Callable[[Now], str]]] = [
        *((f"{lot.base} {lot.side}", functools.partial(position, lot)) for lot in _opened(without)),
        *((f"Your {code}", lambda now, code=code: money(now.state.balance(code), code)) for code in codes),
        ("Unpaid (A5)", unpaid),
        ("Net worth", lambda now: money(worth(now.state, quote), quote)),
    ]
    rows = []
    for name, tell in entries:
        one, two = tell(without), tell(with_stop)
        same = "yes" if one == two else "no"
        rows.append({"mark": "" if one == two else "taken", "cells": [name, one, two, same]})
    heads = ("", "Without stops", f"With stops, {number(distance, 2)} % away", "Same?")
    return {
        "caption": "What a stop does: the same account twice",
        "open": True,
        "columns": [{"label": label, "number": at in (1, 2)} for at, label in enumerate(heads)],
        "rows": rows,
    }


def _refused(shown: Course) -> dict[str, Any]:
    """The opening that the exchange refuses (B4)."""
    error = shown.story.error
    assert error is not None
    path = shown.path
    axes = [
        _layout(path, (BOTTOM, TOP), "%", "margin level", 0),
        _layout(path, (-FURTHEST, FURTHEST), "%", "price since opening", 1),
    ]
    return {
        "title": "The exchange refuses this opening",
        "alert": f"{regrouped(error.message)} ({', '.join(error.rules)})",
        "figures": [{"data": [], "layout": each} for each in axes],
        "words": ["A position may only start with a margin level of 100 % or more (B4). Take smaller positions, or "
                  "give yourself more collateral."],
        "strip": [],
        "tables": [],
    }  # fmt: skip

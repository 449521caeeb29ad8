"""An account along a price path: the margin level up to a moment, what was closed, and what a stop would have done."""

import functools
import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from marginlib.analysis.limits import Limit, limit_move
from marginlib.analysis.outcome import worth
from marginlib.analysis.paths import A_DAY, MOST_DAYS, Path, PathRun
from marginlib.drawing.pieces import Point, Spec, areas, beyond, clipped, figure, layout, lines, rings
from marginlib.drawing.placing import NARROWEST, Label, extent
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.drawing.touch import grip, touched
from marginlib.engine.account import Position, Realised, State
from marginlib.engine.amounts import plain
from marginlib.engine.derivation import fraction, named, price_unit
from marginlib.engine.scenario import Open, Price, Step
from marginlib.engine.story import Moment, Story
from marginlib.reading.replaying import replay
from marginlib.telling import sentences
from marginlib.telling.numbers import exact, listed, money, number, percent, price

BOTTOM, TOP = -40.0, 300.0
"""How far the axis of the margin level goes, in percent."""
FURTHEST = 70.0
"""How far the prices below it go, in percent of the opening price, up and down."""
NEAREST, FURTHEST_STOP = 5, 40
"""How near to the opening price a stop may be, and how far away, in percent."""
OPENING = -148.0
"""Where on the axis of the margin level the opening price stands: the prices share the days, and one picture."""
_KNOB = TOP + 22  # between the topmost number and the heading
_LOW, _HIGH, _STEP = OPENING - FURTHEST - 6, TOP + 58, 50.0
_LEFT, _RIGHT = 58, 14  # pixels beside the days
_HEADED, _CLEAR = -70.0, 27.0  # below the prices' heading; from the opening price to what the prices say
_ENDED = 100  # of the level: above it stands why its line has ended
_PLAIN_DOTTED = (("", "─"), ("2px,3px", "··"))  # the prices' lines, and what is like them in a text
_TICK = 4  # days from name to name
_FAINT = 0.4  # of a line: what is still to come
_OFF = "4px,4px"  # of a level that the axis doesn't reach
_BY = {
    "stop": ("your stop has closed", "your stops have closed"),
    "liquidation": ("the exchange has closed", "the exchange has closed"),
}


@dataclass(frozen=True)
class Course:
    """An account along a path: what happened, and the margin levels, computed once and only where they are drawn."""

    path: Path
    walk: PathRun

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

    @functools.cached_property
    def level_line(self) -> tuple[Point | None, ...]:
        """The margin level as it is drawn, from the first day to the last."""
        return tuple(_drawn(self.levels))

    @functools.cached_property
    def price_lines(self) -> dict[str, tuple[Point, ...]]:
        """The prices as they are drawn, by pair, from the first day to the last."""
        found = {}
        for pair in (pair for pair in self.path.prices if pair in self.story.scenario.prices):
            prices = self.path.prices[pair]
            shares = (fraction(each) / fraction(prices[0]) - 1 for each in prices)
            found[pair] = tuple((point / A_DAY, height(float(share * 100))) for point, share in enumerate(shares))
        return found


def height(share: float) -> float:
    """Where a price stands that is so many percent away from the opening price.

    >>> height(0) == OPENING, height(-50) < height(0)
    (True, True)
    """
    return OPENING + min(max(share, -FURTHEST), FURTHEST)


Cut = Callable[[Sequence[Point], float, float], list[Point | None]]


def _drawn(levels: Sequence[tuple[float, float | None]], cut: Cut = clipped) -> list[Point | None]:
    """Margin levels as a line, with a gap where nothing is open.

    ``cut`` says what of it: what is on the axis; or what is ``beyond``, along its edge, else nothing would be seen.
    """
    found: list[Point | None] = []
    for open_, piece in itertools.groupby(levels, lambda each: each[1] is not None):
        if open_:
            found += [*cut([(x, y) for x, y in piece if y is not None], BOTTOM, TOP), None]
    return found


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
    def over(self) -> int:
        """How many steps of the course are done."""
        return self.course.walk.over[self.point]

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


def view(shown: Course, other: Course, days: Decimal, distance: Decimal, *, stopped: bool) -> View:
    """What the screen shows of a course so many days after its start; ``other`` is the same with, or without, a stop.

    ``distance`` is how far the stop is from the opening price, in percent.
    """
    if shown.story.error:
        return _refused(shown)
    now, beside = at(shown, days), at(other, days)
    last = Decimal(shown.path.points - 1) / A_DAY
    limits = _limits(now) if now.state.positions else None
    with_stop, without = (now, beside) if stopped else (beside, now)
    return screen(
        headline(now),
        [_figure(now, distance if stopped else None)],
        [_situation(now, limits), *_happened(now), _compared(now, beside, distance, stopped=stopped)],
        [_ledger(now), _beside(without, with_stop, distance)],
        happens=_happens(now),
        ends={"day": plain(last)},
    )


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
    start = named(now.course.path.prices[pair][0], "price of {} at the start", of=pair, unit=price_unit(pair))
    return fraction(now.state.prices[pair]) / fraction(start) - 1


def _last(path: Path) -> float:
    """The last moment of a path, in days."""
    return (path.points - 1) / A_DAY


def _yours(amount: Fraction, quote: str, verb: str = "are", when: str = "") -> str:
    """A net worth in words: below nothing, it is what you owe."""
    if amount < 0:
        return f"you {'owe' if verb == 'are' else 'would owe'} {money(-amount, quote)}{when}"
    return f"{money(amount, quote)} {verb} yours{when}"


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def headline(now: Now) -> str:
    """The one message of this moment."""
    yours, when = _yours(worth(now.state, _quote(now)), _quote(now)), _capital(now.when)
    if not now.closings:
        tied = now.story.margin_of(now.state)
        assert tied
        book, level = now.state.rulebook, tied.level or Fraction(0)
        shown = f"the margin level is {percent(level / 100, 1)}"
        if level <= Fraction(book.call_level):
            return f"{when}: margin call, {shown}; {yours}"
        return f"{when}: {shown}; {yours}"
    ended = _ended([each for moment in now.closings for each in moment.realised])
    told = listed([f"{_BY[by][len(what) > 1]} {listed(what)}" for by, what in ended.items()])
    if now.state.unpaid:
        owed = listed([money(amount, code) for code, amount in now.state.unpaid.items()])
        return f"{when}: {told}; {owed} stay unpaid"
    return f"{when}: {told}; {yours}"


def _ended(realised: list[Realised]) -> dict[str, list[str]]:
    """What ended by a stop and what by liquidation: base currencies, in the order in which they ended."""
    ended: dict[str, list[str]] = {}
    for each in realised:
        ended.setdefault(each.by, []).append(each.position.base)
    return ended


def _happens(now: Now) -> list[str]:
    """What has happened by now."""
    level = Fraction(now.state.rulebook.call_level)
    by = {each.by for moment in now.closings for each in moment.realised}
    told = {
        "margin call": any(y is not None and y <= level for x, y in now.course.levels if x <= now.days),
        "stop": "stop" in by,
        "liquidation": "liquidation" in by,
        "something stays unpaid": bool(now.state.unpaid),
    }
    return [name for name, happened in told.items() if happened]


def _figure(now: Now, stop: Decimal | None) -> Spec:
    """The margin level day by day with its bands, and the prices below it: solid up to now, faint what is to come."""
    course, last = now.course, _last(now.course.path)
    x, level = next((x, y) for x, y in reversed(course.levels) if x <= now.days)
    early = now.days < last / 2
    sides = "right, {0} left" if early else "left, {0} right"
    prices = "since opening" if stop is not None else _PRICES  # beside it stands the stop
    written, drawn = _named_bands(now.state, course, prices), _bands(now.state, last)
    call = float(now.state.rulebook.call_level)
    x_now = now.days  # the bands and the prices' heading are written on: no line goes through them
    drawn.append(lines([(x_now, _LOW), (x_now, _HEADED), None, (x_now, call), (x_now, TOP)], "market", 1.5))
    so_far = [each for each in course.levels if each[0] <= x]
    drawn += [
        _faint(course.level_line, "own"),
        {**lines(_drawn(course.levels, beyond), "own", 4, _OFF), "opacity": _FAINT},
        lines(_drawn(so_far), "own", 3),
        lines(_drawn(so_far, beyond), "own", 4, _OFF),
    ]
    ends: list[Label] = []
    shares = [_share(now, pair) for pair in course.price_lines]
    for (pair, line), share, (dash, like) in zip(course.price_lines.items(), shares, _PLAIN_DOTTED, strict=False):
        drawn += [_faint(line, "market", dash), lines(line[: now.point + 1], "market", 2.5, dash)]
        told = f"{like} {pair.partition('/')[0]} {_signed(share)}"
        y = line[now.point][1]
        if all(each <= 0 for each in shares) or all(each >= 0 for each in shares):
            y = OPENING + (_CLEAR if share <= 0 else -_CLEAR)  # across the opening price the lines leave room
        ends.append(Label(now.days, y, told, f"middle {sides.format('middle')}", aside=last * 0.02))
    upright: list[Point | None] = []
    wheres = [(now.point_of(moment) - 0.5) / A_DAY for moment in now.closings]
    for place, (moment, where) in enumerate(zip(now.closings, wheres, strict=True)):
        upright += [(where, call), (where, TOP), None]
        said = _closing(moment)
        beside, side = _beside_all(where, wheres, _days(said, last), last)
        written.append(Label(beside, TOP - 20 - 62 * place, said, f"bottom {side}", bold=True, aside=last * 0.012))
    drawn.append(lines(upright, "loss", 2))
    written += _ended_level(now, last)
    if level is not None:
        here = (x, min(max(level, BOTTOM), TOP))
        over = " ↑" if level > TOP else " ↓" if level < BOTTOM else ""
        told = f"{percent(Fraction(level) / 100, 0)}{over}"
        ways = ("bottom", "top") if level > TOP else ("top", "bottom")  # on top is the axis's name
        up = ", ".join(f"{way} {sides.format(way)}" for way in ways)
        written.append(Label(*here, told, up, bold=True, aside=last * 0.015))
        drawn.append(rings([here], "own"))
    grips, knobs = [grip("day", "x", _moments(course.path), (_LOW, _KNOB))], [(float(now.days), _KNOB)]
    if stop is not None:
        long = _opened(now)[0].side == "long"
        y = height(float(-stop if long else stop))
        drawn.append(lines([(0, y), (last, y)], "ink", 1.5, "6px,4px"))
        places = [height(-each if long else each) for each in (NEAREST, FURTHEST_STOP)]
        grips.append(grip("distance", "y", places, (0, last)))
        knobs.append((last, y))
        # Among the prices it would be in their way: it stands in their heading, with its dashes.
        name = f"╌╌ stop {_signed(Fraction(stop) / (-100 if long else 100))}"
        written.append(Label(last, BOTTOM - 2, name, "bottom left", fixed=True))
    spec = figure(drawn, _layout(course.path), [*written, *reversed(ends)], knobs)
    return touched(spec, *grips, name="Margin level and prices, day by day", tells=_tells(now))


def _ended_level(now: Now, last: float) -> list[Label]:
    """Why the level's line doesn't go on: said beside the last closing, once nothing is open, where there is room."""
    if now.state.positions or not now.closings:
        return []
    where = (now.point_of(now.closings[-1]) - 0.5) / A_DAY
    for said in ("nothing is open:<br>no margin level", "nothing<br>is open"):
        if _days(said, last) < last - where:
            return [Label(where, _ENDED, said, "top right", "quiet", fixed=True, aside=last * 0.012)]
    return []


def _beside_all(where: float, wheres: Sequence[float], wide: float, last: float) -> tuple[float, str]:
    """Where what was closed is named, and on which side: beside all closings that its words would be written over."""
    right = where < last / 2
    for each in sorted(wheres) if right else sorted(wheres, reverse=True):
        if (where < each < where + wide) if right else (where - wide < each < where):
            where = each
    return where, "right" if right else "left"


def _moments(path: Path) -> list[float]:
    """Where each moment of the longest path stands; those that this one doesn't have, as good as at its end."""
    last, squeezed = _last(path), 1e-4 / MOST_DAYS
    return [min(at / A_DAY, last) + max(at / A_DAY - last, 0) * squeezed for at in range(MOST_DAYS * A_DAY)]


def _faint(line: Sequence[Point | None], role: str, dash: str = "") -> Spec:
    return {**lines(line, role, 2, dash), "opacity": _FAINT}


def _bands(state: State, last: float) -> list[Spec]:
    """Where a margin call has come, and below it, where liquidation comes; the opening price."""
    call, end = (float(level) for level in (state.rulebook.call_level, state.rulebook.liquidation_level))
    return [
        {**areas([(0, end, last, call)], "loss"), "opacity": 0.13},
        {**areas([(0, BOTTOM, last, end)], "loss"), "opacity": 0.3},
        lines([(0, OPENING), (last, OPENING)], "quiet", 2),
    ]


_PRICES = "prices since opening"


def _named_bands(state: State, course: Course, prices: str = _PRICES) -> list[Label]:
    """The names of what is drawn; those of the bands on the side where the level isn't among them."""
    book, last = state.rulebook, _last(course.path)
    call, end = book.call_level, book.liquidation_level
    named = [
        f"{name}: {number(at, 2)}\N{NO-BREAK SPACE}%" for name, at in (("margin call", call), ("liquidation", end))
    ]
    wide = _days(named[0], last)
    if course.story.error:
        right = True  # at its begin stands where it would open
    else:
        low = [x for x, level in course.levels if level is not None and level <= call]
        right = bool(low) and min(low) < wide and max(low) <= last - wide
    x, side = (last * 0.995, "middle left") if right else (last * 0.01, "middle right")
    return [
        Label(last * 0.01, _HIGH, "margin level", "bottom right", "quiet", fixed=True),
        Label(x, float(call + end) / 2, named[0], side, fixed=True),
        Label(x, float(end) / 2, named[1], side, fixed=True),
        Label(last * 0.01, BOTTOM - 2, prices, "bottom right", "quiet", fixed=True),
    ]


def _days(text: str, last: float) -> float:
    """How many days of the axis a text takes up on a telephone."""
    return extent(text, 14)[0] / (NARROWEST - _LEFT - _RIGHT) * last


def _tells(now: Now) -> list[tuple[str, float]]:
    """The margin level at the end of each day and now, what was closed, and the prices."""
    at_points = {x: y for x, y in now.course.levels if x * A_DAY == int(x * A_DAY)}
    points = [*range(0, now.point, A_DAY), now.point]
    told = []
    for point in points:
        level, when = at_points[point / A_DAY], _capital(now.course.path.when(point))
        shown = "nothing is open" if level is None else f"margin level {percent(Fraction(level) / 100, 1)}"
        told.append((f"{when}: {shown}", level or 0))
    for moment in now.closings:
        ended = _ended(list(moment.realised))
        what = listed([f"{by} of {listed(bases)}" for by, bases in ended.items()])
        reached = _level(now.story, _reached(moment))
        told.append((f"On the way to {now.course.path.when(now.point_of(moment))}: {what}", reached or 0))
    for pair in now.state.prices:
        share = _share(now, pair)
        told.append((f"{pair.partition('/')[0]} {_signed(share)} since opening", float(share * 100)))
    return told


def _closing(moment: Moment) -> str:
    """What was closed in a moment, and by what, in a few words."""
    return "<br>".join(f"▼ {by}:<br>{listed(what)}" for by, what in _ended(list(moment.realised)).items())


def _signed(share: Fraction) -> str:
    text = percent(share, 1)
    return f"+{text}" if share > 0 else text


def _layout(path: Path) -> Spec:
    """Days along the first axis, as far as the path goes; on the second the margin level, and below it the prices."""
    names = {}
    for day in range(0, len(path.days), _TICK):
        number_, _, month = path.days[day].partition(" ")
        names[float(day)] = path.days[day] if path.made_up else f"{number_} {month[:3]}"
    last = _last(path)
    levels = {float(level): f"{level}" for level in range(0, int(TOP), 100)} | {TOP: f"{number(Decimal(TOP), 0)} %"}
    prices = {height(share): _signed(Fraction(share) / 100) if share else "0" for share in (-_STEP, 0, _STEP)}
    ticks = {**prices, **levels}
    spec = layout(names, (-last * 0.012, last * 1.012), (_LOW, _HIGH), "%", 30, height=440, l=_LEFT, r=_RIGHT)
    return {**spec, "yaxis": {**spec["yaxis"], "tickvals": [*ticks], "ticktext": [*ticks.values()]}}


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
    counts = [
        f" (of your {code}, only {percent(1 - cut)} count)"
        for code, cut in now.state.rulebook.haircuts.items()
        if cut and now.state.balance(code)
    ]
    told.append(
        f"Equity {money(tied.equity, quote)}{''.join(counts)} ÷ used margin "
        f"{money(tied.used_margin, quote)} is a margin level of {level} (B3)."
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
    """Everything that was closed so far, in the engine's sentences: one line for each cause, and for each position."""
    told = list[str]()
    for moment in now.closings:
        way = f"On the way to {now.course.path.when(now.point_of(moment))}: {_moved(moment)}"
        for index, each in enumerate(moment.realised):
            if cause := sentences.cause(moment, index):
                told.append(" ".join([*([way] if not index else []), *cause]))
            told.append(" ".join([sentences.realised(each), *sentences.cascade(each)]))
        ended = [*sentences.charges(moment), *sentences.ended_stops(moment)]
        told += [" ".join(ended)] if ended else []
    return told


def _moved(moment: Moment) -> str:
    """The price that moved, and where it is now."""
    assert isinstance(moment.step, Price)
    base, _, quote = moment.step.pair.partition("/")
    before, after = (state.prices[moment.step.pair] for state in (moment.before, moment.after))
    verb = "falls to" if after < before else "rises to" if after > before else "stays at"
    return f"{base} {verb} {price(after, quote)}."


def _compared(now: Now, beside: Now, distance: Decimal, *, stopped: bool) -> str:
    """What the same account would have come to with, or without, the stop."""
    quote = _quote(now)
    mine, others = (worth(each.state, quote) for each in (now, beside))
    side = "below" if _opened(now)[0].side == "long" else "above"
    stop = f"{'sell' if side == 'below' else 'buy'} stops {number(distance, 2)} % {side} the opening prices"
    if stopped:
        mine_now, other_now = _yours(mine, quote, "are", " now"), _yours(others, quote, "would be")
        told = (
            f"Your {stop} (R22): {mine_now}; without them, {'it would be the same' if mine == others else other_now}."
        )
    else:
        mine_now, other_now = _yours(mine, quote), _yours(others, quote, "would be", " now")
        told = f"With {stop} (R22), {other_now}; without, {mine_now}."
    if not beside.closings and not now.closings:
        return f"{told} Nothing has been closed yet, either way."
    ended = _ended([each for moment in (now if stopped else beside).closings for each in moment.realised])
    if ended.keys() == {"liquidation"}:
        return f"{told} The stops lie beyond the prices of the liquidation: it comes first."
    return told


def _ledger(now: Now) -> Table:
    """Everything that moved a balance so far, in one ledger."""
    over = now.course.walk.over[now.point]
    rows, marks = [], []
    for moment in now.story.moments[:over]:
        when = now.course.path.when(now.point_of(moment) if moment.realised else 0)
        by = {each.position.id: each.by for each in moment.realised}
        for row in moment.rows:
            what = by.get(row.position or 0, "opening")
            fee = f", fee {exact(row.fee)}" if row.fee else ""
            name = f"{_kept(when)}: {_kept(f'{what} of {row.position}')}"
            rows.append([name, row.asset, f"{exact(row.amount)}{fee}", exact(row.balance), ", ".join(row.rules)])
            marks.append(bool(moment.realised))
    heads = ("On the way to", "Asset", "Amount", "Balance", "Rules")
    return table("The ledger so far", heads, rows, numbers=(3,), marks=marks)


def _kept(text: str) -> str:
    """A text on one line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _beside(without: Now, with_stop: Now, distance: Decimal) -> Table:
    """The same account without and with the stop, at this moment."""
    quote = _quote(without)
    codes = list(dict.fromkeys([*without.state.balances, *with_stop.state.balances]))

    def position(lot: Position, now: Now) -> str:
        ended = [each for moment in now.closings for each in moment.realised if each.position.id == lot.id]
        return f"closed at {price(ended[0].price, lot.quote)}" if ended else money(lot.volume, lot.base)

    def unpaid(now: Now) -> str:
        return listed([money(amount, code) for code, amount in now.state.unpaid.items()]) or "nothing"

    side = "below" if _opened(without)[0].side == "long" else "above"
    stops = f"{number(distance, 2)} % {side}"
    entries: list[tuple[str, Callable[[Now], str]]] = [
        ("Stops", lambda now: stops if now is with_stop else "none"),
        *((f"{lot.base} {lot.side}", functools.partial(position, lot)) for lot in _opened(without)),
        *((f"Your {code}", lambda now, code=code: money(now.state.balance(code), code)) for code in codes),
        ("Unpaid (A5)", unpaid),
        ("Net worth", lambda now: money(worth(now.state, quote), quote)),
    ]
    told = [(name, tell(without), tell(with_stop)) for name, tell in entries]
    # The stops are what is different.
    rows = [[name, one, two, "yes" if one == two else "no" if at else ""] for at, (name, one, two) in enumerate(told)]
    return table(
        "What a stop does: the same account twice",
        ("", "Without stops", "With stops", "Same?"),
        rows,
        numbers=(1, 2),
        marks=[row[3] == "no" for row in rows],
        unfolded=True,
    )


def _refused(shown: Course) -> View:
    """The opening that the exchange refuses (B4): where it would begin, and the days that it would not live through."""
    story, last = shown.story, _last(shown.path)
    least = percent(story.final.rulebook.opening_level / 100)
    rules, opens = replace(story.scenario.rules, initial_margin_check=False), _opening(story)
    tried = replay(story.scenario.replaced(rules=rules, steps=opens))
    written, drawn = _named_bands(story.final, shown), _bands(story.final, last)
    drawn += [
        _faint(line, "market", dash) for line, (dash, _) in zip(shown.price_lines.values(), _PLAIN_DOTTED, strict=False)
    ]
    level = None if tried.error else _level(tried, tried.final)
    told: list[tuple[str, float]] = []
    if level is not None:
        here = (0.0, min(max(level, BOTTOM), TOP))
        shown_level = percent(Fraction(level) / 100, 1)
        drawn.append(rings([here], "own"))
        needed = float(story.final.rulebook.opening_level)
        drawn.append(lines([(0, needed), (last, needed)], "ink", 1.5, "6px,4px"))
        said = f"needed to open: {least}<br><b>it would be {shown_level}</b>"
        written.append(Label(last, needed, said, "top left", fixed=True))
        told.append((f"The margin level would be {shown_level}; needed to open: {least}", level))
    spec = touched(figure(drawn, _layout(shown.path), written), name="Margin level and prices, day by day", tells=told)
    return refused(
        story,
        [spec],
        f"A position may only start with a margin level of {least} or more (B4). Take smaller positions, or give "
        "yourself more collateral.",
    )


def _opening(story: Story) -> tuple[Step, ...]:
    return tuple(step for step in story.scenario.steps if isinstance(step, Open))

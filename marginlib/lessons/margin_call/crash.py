"""An account along a price path: the margin level up to a moment, what was closed, and what a stop would have done."""

import functools
import itertools
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from marginlib.analysis.limits import Limit, limit_move
from marginlib.analysis.outcome import worth
from marginlib.analysis.paths import A_DAY, Path, PathRun
from marginlib.drawing.pieces import Point, Spec, clipped, figure, layout, lines, rings
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.engine.account import Position, Realised, State
from marginlib.engine.derivation import fraction, named, price_unit
from marginlib.engine.scenario import Open, Price
from marginlib.engine.story import Moment, Story
from marginlib.telling import sentences
from marginlib.telling.numbers import exact, listed, money, number, percent, price

BOTTOM, TOP = -60.0, 300.0
"""How far the axis of the margin level goes, in percent."""
FURTHEST = 70.0
"""How far the axis of the price goes, in percent of the opening price, up and down."""
_RIGHT = 112  # pixels: to the right of the last day stand the names of the lines
_TICK = 4  # days from name to name
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
    limits = _limits(now) if now.state.positions else None
    with_stop, without = (now, beside) if stopped else (beside, now)
    return screen(
        headline(now),
        [_level_figure(now), _price_figure(now, limits, distance if stopped else None)],
        [_situation(now, limits), *_happened(now), _compared(now, beside, distance, stopped=stopped)],
        [_ledger(now), _beside(without, with_stop, distance)],
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
    end = _last(now.course.path)
    dashed = [point for level, _ in marks for point in ((0.0, float(level)), (end, float(level)), None)]
    written = [
        Label(end, float(level), f"{number(level, 2)} % {name}", side, size=11)
        for (level, name), side in zip(marks, ("top right", "middle right", "middle right"), strict=True)
    ]
    x, last = seen[-1]
    here: list[Point] = []
    upright: list[Point | None] = []
    for place, moment in enumerate(now.closings):
        where = (now.point_of(moment) - 0.5) / A_DAY
        # Two names stand one above the other, the earlier one below: so the later line doesn't cross it.
        height = BOTTOM / 2 if len(now.closings) == 1 else BOTTOM * (0.74 - 0.47 * place)
        upright += [(where, height if place else BOTTOM), (where, TOP), None]
        sides = "middle right, middle left"
        written.append(Label(where, height, _closing(moment), sides, "loss", bold=True, aside=end * 0.01))
    if last is not None:
        here = [(x, min(max(last, BOTTOM), TOP))]
        over = " ↑" if last > TOP else " ↓" if last < BOTTOM else ""
        sides = "top right, bottom right, top left, bottom left"
        told = f"{percent(Fraction(last) / 100, 0)}{over}"
        written.append(Label(*here[0], told, sides, bold=True, aside=end * 0.015))
    return figure(
        [
            lines(dashed, "quiet", 1, "6px,4px"),
            lines(upright, "loss", 1.5),
            lines(drawn, "own", 2.5),
            rings(here, "own"),
        ],
        _level_layout(now.course.path),
        written,
    )


def _closing(moment: Moment) -> str:
    """What was closed in a moment, and by what, in a few words."""
    return f"▼ {'<br>'.join(f'{by}: {listed(what)}' for by, what in _ended(list(moment.realised)).items())}"


def _price_figure(now: Now, limits: tuple[Limit, Limit] | None, stop: Decimal | None) -> Spec:
    """The prices up to this moment in percent of their start; the stop, and where liquidation would be from here."""
    path, last = now.course.path, _last(now.course.path)
    drawn: list[Spec] = []
    written: list[Label] = []
    ends: list[Label] = []
    long = _opened(now)[0].side == "long"
    level: list[Point | None] = []
    if stop is not None:
        y = float(-stop if long else stop)
        level = [(0, y), (last, y)]
        name = f"{'sell' if long else 'buy'} stop, {_signed(Fraction(y) / 100)}"
        written.append(Label(last, y, name, size=11))
    for pair, dash in zip(now.state.prices, ("", "2px,3px"), strict=False):
        start = fraction(path.prices[pair][0])
        points = [
            (point / A_DAY, round(float((fraction(path.prices[pair][point]) / start - 1) * 100), 2))
            for point in range(now.point + 1)
        ]
        drawn.append(lines(clipped(points, -FURTHEST, FURTHEST), "market", 2.5, dash))
        told = f"{pair.partition('/')[0]} {_signed(_share(now, pair))}"
        ends.append(Label(now.days, points[-1][1], told, bold=True, aside=last * 0.025))
    ticks: list[Point | None] = []
    factor = None if limits is None else limits[1].below if long else limits[1].above
    if factor is not None:
        heights = [float((factor * (1 + _share(now, pair)) - 1) * 100) for pair in now.state.prices]
        left = max(now.days - 0.25, 0)
        for y in heights:
            ticks += [(left, y), (left + 0.5, y), None] if abs(y) < FURTHEST else []
        y = min(heights) if long else max(heights)
        if ticks and abs(y) < FURTHEST:
            below = long != (abs(y) > FURTHEST * 0.85)  # away from the prices, and inside the picture
            y, up = (min(heights), "bottom") if below else (max(heights), "top")
            written.append(Label(now.days, y, "liquidation from here", f"{up} right, {up} left", size=11))
    return figure(
        [lines(level, "ink", 1.5, "6px,4px"), *drawn, lines(ticks, "loss", 4)],
        _price_layout(path),
        [*written, *reversed(ends)],
    )


def _signed(share: Fraction) -> str:
    text = percent(share, 1)
    return f"+{text}" if share > 0 else text


def _level_layout(path: Path) -> Spec:
    return _layout(path, (BOTTOM, TOP), "margin level", 310)


def _price_layout(path: Path) -> Spec:
    return _layout(path, (-FURTHEST, FURTHEST), "price since opening", 300)


def _layout(path: Path, up: tuple[float, float], name: str, height: int) -> Spec:
    names = {}
    for day in range(0, len(path.days), _TICK):
        number_, _, month = path.days[day].partition(" ")
        names[float(day)] = path.days[day] if path.made_up else f"{number_} {month[:3]}"
    middle = float(_TICK * round(len(path.days) / (2 * _TICK)))
    names[middle] += f"<br>{name}, day by day"
    across = (-0.4, _last(path) * 1.03)
    return layout(names, across, (up[0], up[1] * 1.04), "%", 52, height=height, l=58, r=_RIGHT)


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
    """The opening that the exchange refuses (B4)."""
    least = percent(shown.story.final.rulebook.opening_level / 100)
    return refused(
        shown.story,
        [figure([], each) for each in (_level_layout(shown.path), _price_layout(shown.path))],
        f"A position may only start with a margin level of {least} or more (B4). Take smaller positions, or give "
        "yourself more collateral.",
    )

"""Four ways out of one position: what each costs beside the loss, where the answer flips, and what is left."""

import bisect
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from marginlib.drawing.pieces import DOTS, Part, Point, Spec, bars, figure, layout, lines, rings, swatch
from marginlib.drawing.placing import NARROWEST, Label, extent
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.drawing.touch import grip, touched
from marginlib.engine.account import State, Take
from marginlib.engine.amounts import ZERO, rounded
from marginlib.engine.scenario import Close, Deposit, Open, Settle, Trade
from marginlib.engine.story import Story
from marginlib.panels.purse import sized
from marginlib.reading.replaying import replay
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import brief, listed, money, number, percent, regrouped
from marginlib.ways_out import advice
from marginlib.ways_out.break_even import break_even_fee
from marginlib.ways_out.covering import little_first, part_first
from marginlib.ways_out.plans import NOT_NEEDED, Plan, Way, plan, way_out

Row = Literal["close", "buy", "part", "settle", "deposit", "little"]
"""The four ways, and the two that open orders again."""
_OPEN, _CLOSED, _HEAD, _FOOT = 54, 22, 28, 30  # pixels: a way, one that isn't open; a group's heading; below all
_SAYS, _BAR, _TELLS, _THICK = 15, 24, 47, 13  # of a row, from its top: its name's foot, its bar, what is below; the bar
_EDGE, _FULL = 10, NARROWEST - 20  # pixels: at both sides of the rows, and what is written in them at most
_ASIDE = 0.008  # of the axis: from zero to what is written beside it
_STANDOFF = 8  # pixels from the costs' names to their axis: between them stands the knob of no fee
_PLOT, _UNDER, _KNOB, _READ, _SOUGHT = 122, 22, 26, 40, 40
"""Pixels of the second figure: its costs; below them; and above, the handle, what both cost, what is sought."""
_BEYOND = "\N{BLACK RIGHT-POINTING TRIANGLE}"
_WITHIN = 1 - 1e-9  # of what is left of an axis, for a bar that ends with it
_BEST = "cheapest with what you have"
_PARTS = ("closing", "ordering", "converting")
_NEEDLESS = f"{NOT_NEEDED}: "
_COLUMNS = ("Way", "What you do", "Costs", "Asked of you", "You have then")
_GROUPS: dict[str, tuple[Row, ...]] = {
    "With what you have (\N{BLACK CIRCLE} the cheapest)": ("close", "buy", "part", "settle"),
    "With money from outside": ("deposit", "little"),
}
_NAMES: dict[Row, str] = {
    "close": "Close now",
    "buy": "Buy {quote} first",
    "part": "Close a part first",
    "settle": "Settle",
    "deposit": "Deposit first",
    "little": "Deposit a little first",
}
"""Ways in a few words; the last four close, too, once that is done."""


class Ranges(NamedTuple):
    """How far the axes go: what bringing in QUOTE costs, in QUOTE; the trading fee.

    A closing's fee that goes further is drawn to the end of its axis: it is the same on every way, and what can be
    avoided has the room. ``tied`` is the most that an opening ties up, in EUR.
    """

    bringing: float
    fee: Decimal
    tied: float


class Ways(NamedTuple):
    """All ways that are told of, by row, or in a few words why there is none; the cheapest with what there is."""

    rows: dict[Row, Way | str]
    best: tuple[Row, ...]
    least: Fraction
    dust: Fraction


@dataclass(frozen=True)
class Curve:
    """What ordering the missing QUOTE costs at trading fees in %, and the fee at which converting costs as much.

    ``even`` is a share; None where nothing would be converted, or ordering isn't open.
    """

    ordering: tuple[tuple[float, float], ...]
    even: Decimal | None


def curve(story: Story, most: Decimal, step: Decimal) -> Curve:
    """Both, for the position that a story leaves open: from no fee, through the break-even, to the highest.

    ``step`` is that of the fee's control: the line ends at the last one at which ordering is open.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> curve(replay(Scenario.of({
    ...     "balances": {"BTC": "1"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.975", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "49000"}]})), Decimal("0.05"), Decimal("0.0005"))
    Curve(ordering=((0.0, 0.0), (2.5, 25.0), (5.0, 51.3158)), even=Decimal('0.025'))
    """
    pair = "" if story.error else story.final.positions[-1].pair
    even, points = break_even_fee(story, pair) if pair else None, [(0.0, 0.0)]
    if even is None and (not pair or _bought(story, pair, ZERO).closed):
        return Curve((), None)
    if even is not None and even < most:
        points.append((float(even * 100), float(way_out(story, pair, "close").parts.converting)))
    rate = most
    if _bought(story, pair, most).closed:  # its fee alone may be too much (B9): the last step at which it is open
        rates = [step * at for at in range(int(most / step))]
        refused = bisect.bisect_left(rates, True, key=lambda rate: bool(_bought(story, pair, rate).closed))
        rate = rates[max(refused - 1, 0)]
    if rate:
        points.append((float(rate * 100), float(_bought(story, pair, rate).parts.ordering)))
    return Curve(tuple(sorted(points)), even)


def _bought(story: Story, pair: str, rate: Decimal) -> Way:
    """Buying first, from where a story stands, at another trading fee."""
    state = story.final.copy()
    state.fees = {**state.fees, "trading": rate}
    return way_out(replace(story, final=state), pair, "buy")


def view(story: Story, line: Curve, ranges: Ranges) -> View:
    """What the screen shows of the four ways out of the position that a story leaves open."""
    if story.error:
        return _not_opened(story, ranges)
    ways = plan(story)
    refused = "B9" in ways.way("buy").closed
    part, little = (way(story, ways.pair) if refused else None for way in (part_first, little_first))
    seen = compared(ways, part, little)
    return screen(
        headline(ways, part),
        [costs(ways, ranges, seen), against_fee(ways, story.final, line, ranges)],
        words(story, ways, line, part, little),
        [_table(ways, seen)],
        happens=_happens(ways, seen),
    )


def compared(plan: Plan, part: Way | None, little: Way | None) -> Ways:
    """The four ways, and the two that open orders again where the margin level forbids them."""
    bought = plan.way("buy")
    if "B9" in bought.closed:
        short = f"not open: your {plan.currency} bear too little (B9)"
        more: dict[Row, Way | str] = {"part": part or short, "little": little or "not open: too much is short (B9)"}
    else:
        why = _short_of(bought, "buy") if bought.closed else "not needed: orders are open"
        more = {"part": why, "little": why}
    rows: dict[Row, Way | str] = {**{way.name: way for way in plan.ways}, **more}
    best: tuple[Row, ...] = plan.tied
    least = min((cost for name in plan.tied if (cost := plan.way(name).cost) is not None), default=Fraction(0))
    dust = plan.dust
    if part and part.cost is not None and (not best or part.cost < least - dust):
        best, least = ("part",), part.cost
    return Ways(rows, best, least, dust)


def _happens(plan: Plan, seen: Ways) -> list[str]:
    """What is so in this state, in few letters: a track has little room. Closing now is cheapest where nothing is."""
    best = {"buy": "order", "part": "order", "settle": "settle"}
    told = {
        **{f"cheapest: {best[name]}": True for name in seen.best[:1] if name in best},
        "no orders": "B9" in plan.way("buy").closed,
        "unpaid": bool(plan.way("close").unpaid),
    }
    return [name for name, happens in told.items() if happens]


def converted(plan: Plan) -> list[Take]:
    """What closing now would convert, in the order taken (R16)."""
    return [take for each in plan.way("close").story.realised for take in each.cascade if take.fee_rate]


def lacking(plan: Plan) -> Decimal:
    """What the QUOTE in the balance doesn't bear of the loss: converted, or else unpaid (R13, A5)."""
    unpaid = sum((each.unpaid for each in plan.way("close").story.realised), ZERO)
    return sum((take.covers for take in converted(plan)), unpaid)


def headline(plan: Plan, part: Way | None = None) -> str:
    """The one message: what the two ways that look alike cost, and what that leaves you; or why they don't differ.

    ``part`` is the way that closes a part first, where buying first is refused otherwise.
    """
    quote, (direct, bought, settled) = plan.currency, (plan.way(name) for name in ("close", "buy", "settle"))
    if direct.cost is None:
        return "None of these ways can be priced"
    now = f"closing now {money(direct.cost, quote)}"
    if direct.unpaid:
        return f"Closing now costs {money(direct.cost, quote)} and leaves {money(direct.unpaid, quote)} unpaid"
    first = "" if bought.cost is None else f"buying {quote} first {_bare(bought.cost, quote)}, "
    if settled.cost == 0:
        return f"Settling costs nothing; {first}{now}"
    if part and part.cost is not None and part.cost < direct.cost:
        return f"{quote} can't be bought at once: closing a part first costs {_bare(part.cost, quote)}, {now}"
    if bought.cost is None:
        why = "nothing is converted" if bought.closed.startswith(NOT_NEEDED) else f"{quote} can't be bought first"
        return f"Closing now costs {money(direct.cost, quote)}: {why}"
    gap = money(abs(direct.cost - bought.cost), quote)
    told = f"Buying {quote} first costs {money(bought.cost, quote) if any(bought.parts) else 'nothing'}"
    if direct.cost == bought.cost:
        return f"{told}, as closing now does"
    return f"{told}, {now}: {gap} {'saved' if bought.cost < direct.cost else 'more'}"


def costs(plan: Plan, ranges: Ranges, ways: Ways) -> Spec:
    """A row for each way: its name, its cost, and a bar of what may be avoided and then of what every closing costs.

    All bars begin with what may be avoided, so that it is compared at sight. A way that isn't open is a line of words.
    """
    quote, most = plan.currency, ranges.bringing
    parts: dict[str, list[Part]] = {"fee": [], "market": []}
    places = _places(ways)
    written, told = _headings(most * _ASIDE), list[tuple[str, float]]()

    def write(up: float, text: str, role: str = "ink", *, bold: bool = False) -> None:
        written.append(Label(most * _ASIDE, up, text, "top right", role, bold=bold, fixed=True))

    for name, top in places.items():
        way, said = ways.rows[name], _NAMES[name].format(quote=quote)
        if not isinstance(way, Way) or way.cost is None:
            reason = way if isinstance(way, str) else _short_of(way, name)
            write(top - _SAYS, _in_short(said, reason), "quiet")
            told.append((f"{said}: {reason}", 0))
            continue
        start, best = 0.0, name in ways.best
        for role, part in (("fee", way.parts.ordering + way.parts.converting), ("market", way.parts.closing)):
            parts[role].append((top - _BAR, start, min(float(part), (most - start) * _WITHIN)))
            start = min(start + float(part), most)
        if sum(map(float, way.parts)) > most:
            written.append(Label(most, top - _BAR, _BEYOND, "middle right", fixed=True))
        cost = money(way.cost, quote) if any(way.parts) else "nothing"
        write(top - _SAYS, _fitting(f"{f'{_DOT} ' if best else ''}{said}: {cost}", _beside(way, ways, plan)), bold=best)
        if name != "settle":  # it costs nothing: there is no bar
            write(top - _TELLS, _made_of(way, swatches=True), "quiet")
        told.append((f"{said}: {cost}{f', {_BEST}' if best else ''}; {_made_of(way)}", float(way.cost)))
    made = figure(
        [*(_lying(each, role) for role, each in parts.items()), lines([(0, 0), (0, _TALL)], "quiet", 2)],
        _lying_layout(most, _TALL, quote),
        written,
    )
    return touched(made, name="What each way out costs", tells=told)


def _in_short(said: str, reason: str) -> str:
    """That a way isn't open, and why, in one line; where that is too long, with its rule alone."""
    for whole in (f"{said}: {reason}", f"{said}: {reason.removeprefix('not open: ')}"):
        if extent(whole, 14)[0] <= _FULL:
            return whole
    first, bracket, rule = re.split("[:,]", reason)[0], *reason.partition(" (")[1:]
    return f"{said}: {first}{bracket}{rule}" if bracket and bracket not in first else f"{said}: {first}"


_DOT = "\N{BLACK CIRCLE}"


def _lying(parts: list[Part], role: str) -> Spec:
    """Bars of a fee that lie: dotted, as any fee is."""
    rows, starts, lengths = ([part[i] for part in parts if part[2]] for i in range(3))
    colour = f"role:{role}"
    dots = {**DOTS, "fgcolor": colour, "solidity": 0.3 if role == "market" else 0.6}
    marker = {"color": colour, "pattern": dots, "line": {"color": colour, "width": 1.5 if role == "market" else 2}}
    return {**bars(role, lengths, starts, rows, _THICK), "orientation": "h", "marker": marker}


def _places(ways: Ways | None = None) -> dict[Row, float]:
    """The top of each row, in pixels from the lower edge: a way that isn't open takes the room of a line of words.

    A group has the room of the most that can be open in it, so that the figure, and what is below it, doesn't move.
    """
    begin, found = float(_TALL), dict[Row, float]()
    for names, most in zip(_GROUPS.values(), _MOST, strict=True):
        top = begin - _HEAD
        for name in names:
            found[name] = top
            way = ways.rows[name] if ways else ""
            is_open = isinstance(way, Way) and way.cost is not None and name != "settle"
            top -= _OPEN if is_open else _CLOSED
        begin -= _HEAD + most
    return found


_MOST = (2 * _OPEN + 2 * _CLOSED, 2 * _OPEN)  # a part is closed first only where buying first isn't open
_TALL = len(_GROUPS) * _HEAD + sum(_MOST)


def _headings(x: float) -> list[Label]:
    """What the ways of a group have in common."""
    tops = _places()
    return [
        Label(x, tops[names[0]] + 5, heading, "top right", bold=True, fixed=True) for heading, names in _GROUPS.items()
    ]


def _fitting(text: str, more: str) -> str:
    """A text with what may be added to it, where it is still no longer than a telephone is wide."""
    longer = f"{text}, {more}" if more else text
    return longer if extent(longer, 14, bold=True)[0] <= _FULL else text


def _beside(way: Way, ways: Ways, plan: Plan) -> str:
    """How a way that needs nothing from outside compares with the cheapest of them."""
    if way.deposited or way.cost is None:
        return ""
    more = way.cost - ways.least
    return f"{_bare(more, plan.currency)} more" if more > ways.dust else "cheapest"


def _made_of(way: Way, *, swatches: bool = False) -> str:
    """The parts of a bar, in their order; what a way asks for from outside, or leaves unpaid."""
    quote = way.pair.partition("/")[2]
    if way.deposited:
        return f"needs {money(way.deposited, quote)} from outside (R6)"
    of_bar = {what: part for what, part in zip(_PARTS, way.parts, strict=True) if part}
    told = []
    for what in ("ordering", "converting", "closing"):
        if what in of_bar:
            said = f"{_bare(of_bar[what], quote)} {what}"
            told.append(swatch("market" if what == "closing" else "fee", said) if swatches else said)
    none = "no trade, no conversion (R5)" if way.name == "settle" else "no fee"
    unpaid = [f"{_bare(way.unpaid, quote)} unpaid"] if way.unpaid else []
    whole = "; ".join([" + ".join(told) or none, *unpaid])
    if extent(whole, 14)[0] <= _FULL:
        return whole
    return _made_of(way) if swatches else whole.replace(f" {_PARTS[0]}", "", 1)  # which every bar ends with


def _lying_layout(most: float, tall: int, code: str) -> Spec:
    """Amounts of a currency along the first axis; the second has pixels, and no numbers."""
    # So far that the last one's name isn't cut off.
    ticks, edges = [tick for tick in _steps(most, 5) if tick <= most * 0.86], {"t": 4, "l": _EDGE, "r": _EDGE + 16}
    names = dict(zip(ticks, _named(ticks, code), strict=True))
    spec = layout(names, (0, most * 1.02), (0, tall), "", _FOOT, height=tall + _FOOT + 4, grid=False, **edges)
    return {**spec, "yaxis": {**spec["yaxis"], "tickvals": [], "ticktext": [], "zeroline": False}}


def _steps(most: float, few: int) -> list[float]:
    """Round numbers along an axis, from 0 to the highest, so many at most besides 0.

    >>> _steps(79, 5), _steps(0.0016, 5)
    ([0.0, 20.0, 40.0, 60.0], [0.0, 0.0005, 0.001, 0.0015])
    """
    size = 10.0 ** math.floor(math.log10(most / few))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor * few >= most)
    return [float(f"{step * i:.6g}") for i in range(int(most / step) + 1)]


def _named(ticks: list[float], quote: str) -> list[str]:
    """Numbers along an axis, the last one with the currency."""
    names = [number(Fraction(tick).limit_denominator(10**6), 6) for tick in ticks]
    return [*names[:-1], f"{names[-1]} {quote}"]


def _bare(amount: Decimal | Fraction, quote: str) -> str:
    """An amount, where the next one names the currency."""
    return money(amount, quote).removesuffix(f" {quote}")


def _short_of(way: Way, row: Row | None = None) -> str:
    """That a way isn't open; in its row, why, in a few words: the table has the whole sentence."""
    if way.closed.startswith(_NEEDLESS):
        quote = way.pair.partition("/")[2]
        return f"not needed: your {quote} bear it all (R13)" if row else "not needed"
    if not row:
        return "not open"
    error = way.story.error
    if "B9" in way.closed:
        return "not open: the level forbids orders (B9)"
    if row == "settle" and error and "R6" in error.rules:
        owed, amount = way.before.lots(way.pair)[0].owed
        return f"not open: needs {brief(amount, owed)} (R6)"
    rules = way.closed.rpartition(" (")[2].removesuffix(").")
    return f"not open: nothing to sell ({rules})" if "sell" in way.closed or "sold" in way.closed else "not open"


def _reason(way: Way) -> str:
    """Why a way isn't open, as short as its sentence can be cut, with its rules."""
    told = regrouped(way.closed).removeprefix(_NEEDLESS)
    text, bracket, rules = told.rpartition(" (")
    first = re.split(r"[:;] |\. ", text)[0]
    said = f"{first[:1].upper()}{first[1:]}"
    return f"{said}{bracket}{rules}" if bracket else told


def against_fee(plan: Plan, state: State, line: Curve, ranges: Ranges) -> Spec:
    """What bringing in the missing QUOTE costs, against the trading fee: converting is flat, ordering rises."""
    quote, (direct, bought) = plan.currency, (plan.way(name) for name in ("close", "buy"))
    converting, ordering = float(direct.parts.converting), float(bought.parts.ordering)
    if direct.cost is None or not converting:
        return _nothing_sought(plan, ranges)
    here, most, even = float(state.fees["trading"] * 100), float(ranges.fee * 100), line.even
    pixel = ranges.bringing / _PLOT
    knob = ranges.bringing + pixel * _KNOB / 2
    fee = f"at a trading fee of {percent(state.fees['trading'])}"
    brought, missing = sum((take.covers for take in converted(plan)), ZERO), lacking(plan)
    of = "" if brought == missing else f"{_bare(brought, quote)}<br>of "  # a telephone has no room for both in one line
    heading = f"To bring in {of}{money(missing, quote)}"
    sought = heading.replace("<br>", " ")
    ends = [(here, converting)]
    said = f"converting {money(direct.parts.converting, quote)}"
    read = [f"{_like('╎╎')} {_briefly(said, quote)}"]
    told = [(f"{sought}, {said}, at any trading fee", converting)]
    if bought.cost is None:
        read.append(f"{_like('──')} ordering is not open")
        told.append(("Buying first is not open", 0))
    else:
        said = f"ordering {money(bought.parts.ordering, quote)}"
        told.append((f"{sought}, {said} {fee}", ordering))
        ends.append((here, ordering))
        read.append(f"{_like('──')} {_briefly(said, quote)}")
    # Beside the lines there is no room: what they cost here stands above them, with what they look like.
    above = ranges.bringing + pixel * _KNOB
    written = [
        Label(0, above, "<br>".join(read), "top right", fixed=True),
        Label(0, above + pixel * _READ, heading, "top right", bold=True, fixed=True),
    ]
    marks: list[Point | None] = [(here, 0), (here, knob)]
    if even is not None and even <= ranges.fee:
        at, low = float(even * 100), -pixel * _UNDER
        marks += [None, (at, converting), (at, low)]
        said, left = f"the same at {percent(even)}", at > most / 2
        beside = f"{said}{_SPACE}" if left else f"{_SPACE}{said}"
        written.append(Label(at, low / 2, beside, f"middle {'left' if left else 'right'}", fixed=True))
        told.append((f"They cost the same at a trading fee of {percent(even)}", converting))
    drawn = figure(
        [
            lines(marks, "market", 1.5),
            lines([(0, converting), (most, converting)], "fee", 9, "2px,9px"),
            lines(line.ordering, "fee", 2.5),
            lines(ends if len(ends) > 1 else [], "ink", 3),
            rings(ends, "fee"),
        ],
        _fee_layout(quote, ranges),
        written,
        [(here, knob)],
    )
    return touched(
        drawn,
        grip("fee", "x", (0, most), (0, knob)),
        name="What bringing in the missing amount costs",
        tells=told,
    )


_SPACE = "\N{NO-BREAK SPACE}"


def _briefly(said: str, quote: str) -> str:
    """An amount with its words, without the currency where a telephone has no room for it: above it is named."""
    room = NARROWEST - _left(quote) - _EDGE
    return said if extent(f"── {said}", 14)[0] <= room else said.removesuffix(f" {quote}")


def _like(line: str) -> str:
    """What a line looks like, before its name."""
    return f"<span style='color:role:fee'>{line}</span>"


def _nothing_sought(plan: Plan, ranges: Ranges) -> Spec:
    """Where nothing is converted there is nothing to compare: that is said, without axes, in the same room."""
    quote, direct = plan.currency, plan.way("close")
    why = f"you have nothing but {quote}" if direct.unpaid else f"your {quote} bear all that is lost (R13)"
    said = f"Nothing is converted, at any fee:<br>{why}"
    spec = _fee_layout(quote, ranges)
    spec["margin"] |= {"l": _EDGE, "r": _EDGE}
    for axis in ("xaxis", "yaxis"):
        spec[axis] |= {"tickvals": [], "ticktext": [], "showgrid": False, "zeroline": False}
    low, high = spec["yaxis"]["range"]
    middle = Label(sum(spec["xaxis"]["range"]) / 2, (low + high) / 2, said, "middle center", fixed=True)
    empty = [lines([], "market", 1.5), lines([], "fee", 9, "2px,9px"), lines([], "fee", 2.5), rings([], "fee")]
    told = [(said.replace("<br>", " "), 0.0)]
    return touched(figure(empty, spec, [middle]), name="What bringing in the missing amount costs", tells=told)


def _left(quote: str) -> int:
    """Pixels for the names of the costs."""
    return (64 if quote in rulebook().cash else 92) + _STANDOFF


def _fee_layout(quote: str, ranges: Ranges) -> Spec:
    """Trading fees in % along the first axis; the second has no lines where something is written."""
    most = float(ranges.fee * 100)
    fees = [most * i / 3 for i in range(4)]
    names = {at: percent(Decimal(str(at)) / 100) for at in fees}
    names[fees[1]] += "<br>trading fee"
    pixel, above = ranges.bringing / _PLOT, _KNOB + _READ + _SOUGHT
    spec = layout(
        names,
        (-most / 60, most * 61 / 60),
        (-pixel * _UNDER, ranges.bringing + pixel * above),
        quote,
        46,
        height=_UNDER + _PLOT + above + 4 + 46,
        t=4,
        l=_left(quote),
    )
    ticks = _steps(ranges.bringing, 5)
    named = {"tickvals": ticks, "ticktext": _named(ticks, quote), "ticklabelstandoff": _STANDOFF}
    return {**spec, "yaxis": {**spec["yaxis"], **named}}


def words(story: Story, plan: Plan, line: Curve, part: Way | None = None, little: Way | None = None) -> list[str]:
    """How it stands, why each way costs what it costs, what opens orders again, and where the answer is another."""
    state, quote = story.final, plan.currency
    told, missing = [advice.standing(plan, state)], lacking(plan)
    if missing:
        told.append(f"You have {money(state.balance(quote), quote)}: {money(missing, quote)} are missing.")
    lines = (
        told,
        _why(plan, state),
        advice.reopening_after(plan, part, little),
        _otherwise(plan),
        _waiting(plan, state, part),
        advice.turning_from_here(story, plan, line.even, missing=bool(lacking(plan))),
    )
    told = [" ".join(each) for each in lines]
    return [each for each in told if each]


def _why(plan: Plan, state: State) -> list[str]:
    """Closing now and buying first, side by side."""
    quote, (direct, bought) = plan.currency, (plan.way(name) for name in ("close", "buy"))
    takes = converted(plan)
    told = []
    if takes:
        sold = listed([f"{brief(take.taken, take.currency)} ({percent(take.fee_rate)})" for take in takes])
        fees = money(direct.parts.converting, quote)
        told.append(f"If you close now, {sold} are converted, at a fee of {fees} (R13, R16).")
    elif direct.unpaid:
        told.append(f"If you close now, there is nothing but your {quote} to take (R13).")
    else:
        told.append(f"If you close now, nothing is converted: only {quote} are taken (R13).")
    if direct.unpaid:
        rest = direct.unpaid - sum((each.unpaid for each in direct.story.realised[-len(state.lots(plan.pair)) :]), ZERO)
        due = f" ({money(rest, quote)} of it for the closing's fee)" if rest else ""
        told.append(f"{money(direct.unpaid, quote)}{due} stay unpaid and count against you (A5).")
    if bought.cost is None:
        if takes or direct.unpaid:
            reason = _reason(bought)
            told.append(f"To buy {quote} first is not open: {reason[:1].lower()}{reason[1:]}")
    else:
        orders = [step for step in bought.steps if isinstance(step, Trade)]
        many = "one ordinary order" if len(orders) == 1 else f"{len(orders)} ordinary orders"
        fee = money(bought.parts.ordering, quote)
        told.append(f"To buy {quote} first takes {many}, at a fee of {fee}: {percent(state.fees['trading'])} (R17).")
    if direct.parts.closing:
        both = "either way" if bought.cost is not None else "as well"
        told.append(f"The closing is a trade and costs its own fee {both}: {money(direct.parts.closing, quote)} (A9).")
    return told


def _otherwise(plan: Plan) -> list[str]:
    """The deposit and the settlement."""
    quote, (bought, deposit, settled) = plan.currency, (plan.way(name) for name in ("buy", "deposit", "settle"))
    told = []
    if deposit.cost is not None:
        amount = money(deposit.deposited, quote)
        told.append(
            f"A deposit of {amount} saves converting and ordering, but it is money from outside (R6)."
            if bought.cost is not None
            else f"A deposit of {amount} pays for what is missing, with money from outside (R6)."
        )
    if settled.cost is not None:
        owed, held = settled.before.lots(plan.pair)[0].owed, settled.before.lots(plan.pair)[0].held
        told.append(
            f"To settle takes {money(owed[1], owed[0])} of your own and frees {money(held[1], held[0])}, without a fee "
            "(R3 to R5)."
        )
        if plan.cheapest == "settle":
            told.append(_afterwards(plan))
    return told


def _waiting(plan: Plan, state: State, part: Way | None) -> list[str]:
    """What a rollover costs, and how long a deposit may take until it saves nothing (B6)."""
    quote, lot, every = plan.currency, state.lots(plan.pair)[0], state.rulebook.rollover_hours
    long = lot.side == "long"
    each = lot.volume * (lot.open_price if long else state.prices[plan.pair]) * lot.rollover
    if not each:
        return []
    lent = f"{money(*lot.owed[::-1])} extended{'' if long else ', at what they cost now'}"
    told = [
        f"Waiting costs {money(each, quote)} for every {number(every, 2)} hours: {percent(lot.rollover, 4)} (made up) "
        f"of the {lent}. Each currency has its own rate (B6)."
    ]
    ways = [*(plan.way(name) for name in ("close", "buy", "settle")), *([part] if part else [])]
    costs, deposit = [way.cost for way in ways if way.cost is not None], plan.way("deposit").cost
    if deposit is None or not costs or (saved := state.round(quote, min(costs) - deposit)) <= 0:
        return told
    hours = (int(saved // each) + 1) * every
    return [
        *told,
        f"So the {money(saved, quote)} that a deposit saves against the cheapest other way are gone after "
        f"{_time(hours)}.",
    ]


def _time(hours: Decimal) -> str:
    """Hours as days and hours."""
    days, rest = divmod(int(hours), 24)
    told = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in ((days, "day"), (rest, "hour")) if count]
    return listed(told)


def _afterwards(plan: Plan) -> str:
    """What settling doesn't end: a long's coins are still there."""
    base = plan.pair.partition("/")[0]
    if plan.way("settle").before.lots(plan.pair)[0].side == "short":
        return f"It ends the loan: those {base} of yours are gone, and you keep what the sale brought (R4)."
    return f"It ends the loan, not the risk: you have the {base}, and selling them costs the trading fee (R4, R17)."


def _table(plan: Plan, seen: Ways) -> Table:
    """The ways, line by line: what you do, what it costs, what is asked of you, what you have then."""
    quote, rows = plan.currency, list[list[str]]()
    names = [name for group in _GROUPS.values() for name in group]  # as they are drawn
    for name in names:
        way = seen.rows[name]
        if not isinstance(way, Way):
            closed, _, why = way.partition(": ")
            cells = ["–", closed, f"{why[:1].upper()}{why[1:]}", "–"]
        elif way.cost is None:
            cells = ["–", _short_of(way), _reason(way), "–"]
        else:
            held = [brief(amount, code) for code, amount in way.left.balances.items() if amount]
            unpaid = [f"{money(way.unpaid, quote)} unpaid (A5)"] if way.unpaid else []
            cells = [_done(way), money(way.cost, quote), _asked(way), listed([*held, *unpaid]) or "nothing"]
        best = f" {_DOT} {_BEST}" if name in seen.best else ""
        rows.append([f"{_NAMES[name].format(quote=quote)}{best}", *cells])
    marks = [name in seen.best for name in names]
    return table("The six ways, line by line", _COLUMNS, rows, numbers=(2,), marks=marks)


def _done(way: Way) -> str:
    """The steps, in a few words each."""
    told = []
    for step in way.steps:
        if isinstance(step, Trade):
            told.append(f"{step.side} {brief(step.volume, step.pair.partition('/')[0])}")
        elif isinstance(step, Deposit):
            told.append(f"deposit {money(step.amount, step.currency)}")
        elif isinstance(step, Settle | Close):
            volume = "all" if step.volume == "all" else brief(step.volume, step.pair.partition("/")[0])
            told.append(f"{step.do} {volume}")
    return ", ".join(told)


def _asked(way: Way) -> str:
    if way.deposited:
        return f"{money(way.deposited, way.pair.partition('/')[2])} from outside (R6)"
    if way.name == "settle":
        owed = way.before.lots(way.pair)[0].owed[0]
        paid = sum((row.amount for row in way.moments[-1].rows if row.asset == owed), ZERO)
        return f"{money(-paid, owed)} of your own (R3)"
    orders = sum(isinstance(step, Trade) for step in way.steps)
    return f"{orders} order{'s' if orders > 1 else ''}, while the margin level allows (B9)" if orders else "nothing"


def _not_opened(story: Story, ranges: Ranges) -> View:
    """The opening that the exchange refuses: nothing to end, and what would work (B4)."""
    shown = refused(
        _without_fee(story),
        [*_lacks(story, ranges.tied)],
        "Nothing is opened, so nothing is owed. Your balances stay as they are (A7).",
        title="The exchange refuses this opening, so there is nothing to end",
    )
    return {**shown, "alert": sized(shown["alert"])}


def _without_fee(story: Story) -> Story:
    """The refused opening with the balances of the screen alone.

    The story has the opening's fee besides; a smaller opening costs a smaller one, and what remains of it would bear
    margin that isn't there.
    """
    told, (opening, *_) = story.scenario, story.scenario.steps
    assert isinstance(opening, Open)
    quote = opening.pair.partition("/")[2]
    fee = opening.volume * told.prices[opening.pair] * told.fees.trading
    balances = {
        **told.balances,
        quote: max(told.balances.get(quote, ZERO) - rounded(fee, rulebook().places(quote)), ZERO),
    }
    bare = replay(told.replaced(balances=balances, fees=told.fees.replaced(trading=ZERO)))
    return bare if bare.error else story


def _lacks(story: Story, most: float) -> Iterator[Spec]:
    """What an opening would tie up, and what there is: the engine carries it out without the check, to see (B2, B4)."""
    rules, opening = replace(story.scenario.rules, initial_margin_check=False), story.scenario.steps[:1]
    opened = replay(story.scenario.replaced(rules=rules, steps=opening))
    if opened.error or (tied := opened.margin) is None:
        return
    code, short = tied.currency, tied.used_margin - tied.equity
    entries = (
        ("market", "it would tie up", tied.used_margin, "the margin of this opening (B2)"),
        ("own", "you have", tied.equity, f"your equity: {money(short, code)} short of it (B4)"),
    )
    tall, written, drawn, told = len(entries) * _OPEN + 4, list[Label](), list[Spec](), list[tuple[str, float]]()
    for at, (role, said, amount, what) in enumerate(entries):
        top, aside = float(tall - at * _OPEN), most * _ASIDE
        drawn.append(
            {**bars(role, [max(float(amount), 0)], [0], [top - _BAR], _THICK), "orientation": "h"},
        )
        written.append(Label(aside, top - _SAYS, f"{said} {money(amount, code)}", "top right", bold=True, fixed=True))
        written.append(Label(aside, top - _TELLS, what, "top right", "quiet", fixed=True))
        told.append((f"{said} {money(amount, code)}, {what}", float(amount)))
    made = figure([*drawn, lines([(0, 0), (0, tall)], "quiet", 2)], _lying_layout(most, tall, code), written)
    yield touched(made, name="What this opening lacks", tells=told)

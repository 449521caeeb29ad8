"""How far the price can go: the margin level against the price, where its lines are crossed, and how it comes about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction

from marginlib.analysis.limits import Limit, Measure, limit_together, limits, margin_at_opening
from marginlib.analysis.outcome import worth
from marginlib.drawing.pieces import Point, Spec, areas, beyond, clipped, figure, layout, lines, rings, swatch
from marginlib.drawing.placing import NARROWEST, Label, extent
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.drawing.touch import grip, touched
from marginlib.engine.account import Position, State
from marginlib.engine.amounts import EXACT, quotient, rounded
from marginlib.engine.derivation import fraction
from marginlib.engine.margin import Margin, margin, unrealised
from marginlib.engine.scenario import Open
from marginlib.engine.story import Story
from marginlib.reading.replaying import replay
from marginlib.telling.numbers import listed, money, number, percent, price

BOTTOM, TOP = -20.0, 400.0
"""How far the axis of the margin level goes, in percent."""
_KNOB = 30.0  # of the level: as much as the handle takes up on top
_ASIDE = 10  # pixels from the levels' names to their axis: between them stands the knob of the lowest price
_HIGH, _PIXEL = TOP + 24, 1.7  # of the figure's upper edge, in percent of the level; and what a pixel is, of them
_HEADED, _FIRST, _ROW, _BAR = -50.0, -80.0, 68.0, 35.0  # below the level: a heading, then rows; in a row, its bar
_CAUTION = 0.45  # how much is seen of the stretch between the margin call and liquidation
_SAMPLES = {"long": 1, "short": 40}  # a long's level is a straight line
_LEAST = Decimal("0.01")
_SHARE = 0.995  # of the axis: where the names of the bands end, and no further
_LEFT, _RIGHT = 58, 32  # pixels beside the prices
_PLOT = NARROWEST - _LEFT - _RIGHT  # pixels that the prices have on a telephone
_CLEAR = "\N{EM SPACE}"  # between a circle and the name beside it, as wide on every page


@dataclass(frozen=True)
class Reach:
    """Where the level stands at each of the prices, and the prices at which it comes down to its marks, in QUOTE.

    The prices are those of the oldest position's pair; those of the others move by the same share. ``marks``: the level
    in percent and its price, None where there is no such price; ``others``: the same as ``measure`` doesn't count (C5).
    """

    points: tuple[Point, ...]
    marks: dict[Decimal, Fraction | None]
    others: dict[Decimal, Fraction | None]
    highest: float
    measure: Measure


def reach(opened: State, highest: Decimal, measure: Measure = margin) -> Reach:
    """Solve the marks of a state, and sample its margin level up to a highest price of its oldest position, in QUOTE.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}]}))
    >>> [int(mark) for mark in reach(story.final, Decimal(40000)).marks.values()]
    [14000, 13200, 11600, 10000]
    """
    lot, book = opened.positions[0], opened.rulebook
    levels = (book.opening_level, book.call_level, book.liquidation_level, Decimal(0))
    marks = {level: _worse(opened, lot, level, measure) for level in levels}
    others = {level: _worse(opened, lot, level, _other(measure)) for level in levels}
    points = []
    with localcontext(EXACT):
        samples = _SAMPLES[lot.side]
        for at in range(samples + 1):
            where = rounded(Fraction(highest) * at / samples, 2) or _LEAST
            moved = opened.copy()
            moved.prices |= together(opened, where)
            level = measure(moved, lot.quote).level
            if level is not None:
                points.append((float(where), float(level)))
    return Reach(tuple(points), marks, others, float(highest), measure)


def together(state: State, price: Decimal) -> dict[str, Decimal]:
    """All prices of a state, moved by the share that brings the oldest position's to a price, in QUOTE.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000", "ETH/USD": "1000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}]}))
    >>> int(together(story.final, Decimal(15000))["ETH/USD"])
    750
    """
    now = state.prices[state.positions[0].pair]
    return {pair: quotient(each * price, now, 8) for pair, each in state.prices.items()}


def _other(measure: Measure) -> Measure:
    """The other way of counting a short's used margin (C5)."""
    return margin if measure is margin_at_opening else margin_at_opening


def _worse(opened: State, lot: Position, level: Decimal, measure: Measure) -> Fraction | None:
    """The price at which a level is reached, on the side where it gets worse."""
    found = limit_together(opened, lot.quote, level, measure=measure)
    if found.reached:  # it opens just there
        return fraction(opened.prices[lot.pair])
    factor = found.below if lot.side == "long" else found.above
    return None if factor is None else factor * fraction(opened.prices[lot.pair])


def unchecked(opened: Story) -> Story:
    """The same, without asking whether it may be opened: so that it can be seen what it lacks (B4)."""
    return replay(opened.scenario.replaced(rules=replace(opened.scenario.rules, initial_margin_check=False)))


def view(
    opened: Story, moved: Story, reached: Reach | None, closed: Story | None, span: tuple[Decimal, Decimal]
) -> View:
    """What the screen shows of a position, or of several in one direction: ``opened``, and ``moved`` to other prices.

    ``closed`` is what its liquidation does, where there is one; ``span`` is from where to where the price may go. Of a
    refused opening, ``moved`` is what it would have been.
    """
    if opened.error:
        return _refused(opened, moved, reached, float(span[1]))
    assert reached is not None
    lot, state = moved.final.positions[0], moved.final
    tied, then = (reached.measure(each.final, lot.quote) for each in (moved, opened))
    now = state.prices[lot.pair]
    gone = closed if (tied.level or 0) <= Fraction(state.rulebook.liquidation_level) else None
    ways = _ways(state, lot, reached.measure)
    words = [*_figures(state, lot, tied, reached)]
    if _several(state) and not gone:
        words.append(_from_here(ways, lot))
    words.append(_limits(lot, reached, state, None if gone else closed))
    if gone:
        words = [f"{_closing(gone)} If {'they' if _several(state) else 'it'} had stayed open:", *words]
    return screen(
        headline(lot, tied, now, reached, state, gone),
        [_figure(lot, tied, now, reached, state, ways, span)],
        words,
        [_numbers(lot, then, tied, reached.measure), _distances(lot, now, reached, state), _apiece(ways, lot)],
        alert=_alert(lot, tied, now, reached, state),
        happens=_happens(tied, state),
    )


def _happens(tied: Margin, state: State) -> list[str]:
    """What the level has come down to."""
    book, level = state.rulebook, tied.level or Fraction(0)
    marks = ((book.call_level, "margin call"), (book.liquidation_level, "liquidation"), (Decimal(0), "equity gone"))
    return [name for mark, name in marks if level <= Fraction(mark)]


def _figure(
    lot: Position,
    tied: Margin,
    now: Decimal,
    reached: Reach,
    state: State,
    ways: "list[Way]",
    span: tuple[Decimal, Decimal],
) -> Spec:
    """The level against the price, with its bands; below it, how far the prices may go from where they are."""
    end, highest = float(state.rulebook.liquidation_level), reached.highest
    level, x = float(tied.level or 0), float(now)
    y = min(max(level, BOTTOM), TOP)
    first = state.rulebook.opening_level  # nothing happens there once the position is open: no circle
    marks = [(float(at), float(mark)) for mark, at in reached.marks.items() if at is not None and mark != first]
    written = _named(lot, reached)
    # Beside the line, where it is free; in a few signs where there is no room.
    off = not BOTTOM <= level <= TOP
    told = percent((tied.level or Fraction(0)) / 100, 0 if off else 1)
    told = f"{'' if x < highest * 0.25 or off else 'now '}{told}"
    over = " ↑" if level > y else " ↓" if level < y else ""
    free = ("left", "right") if lot.side == "long" else ("right", "left")
    call = float(state.rulebook.call_level)
    ways_up = (("top", 0), ("bottom", 1), ("top", 1), ("bottom", 0)) if y > 2 * call else (("top", 0), ("top", 1))
    if y > TOP - _KNOB:  # on top is the handle
        ways_up = (("bottom", 1), ("bottom", 0))
    sides = ", ".join(f"{up} {free[way]}" for up, way in ways_up)
    # In the bands stand their names: what the level is there stands above them.
    written.append(Label(x, max(y, call + 4), f"{told}{over}", sides, bold=True, aside=highest * 0.008))
    safe, caution, ends, names = _rows(ways, lot, now, highest)
    low = _low(len(ways))
    # From the handle to the circle; further down it would go through what is written, so only the bars' starts follow.
    here: list[Point | None] = [(x, y), (x, TOP)]
    for row in range(len(ways)):
        here += [None, *_across(x, _FIRST - _ROW * row - _BAR)]
    drawn = [
        *_bands(state, highest),
        lines(here, "market", 1.5),
        lines(safe, "market", 8),
        {**lines(caution, "loss", 8), "opacity": _CAUTION},
        lines(ends, "loss", 4),
        lines(clipped(reached.points, BOTTOM, end), "own", 1.5, "2px,4px"),
        lines(clipped(reached.points, end, TOP), "own", 3),
        # Where the level is beyond the axis, its line goes on along the edge: else nothing would be seen of it.
        lines(beyond(reached.points, BOTTOM, TOP) if off else [], "own", 4, "4px,4px"),
        rings([*(point for point in marks if point[0] <= highest), (x, y)], "own"),
    ]
    spec = figure(drawn, _layout(_bases(state), lot.quote, highest, low), [*names, *written], [(x, _HIGH)])
    places = (float(span[0]), float(span[1]))
    return touched(
        spec,
        grip("price", "x", places),
        name="Margin level against the price",
        tells=_tells(lot, tied, now, reached, ways),
    )


_NAMES = ("to open", "margin call", "liquidation", "equity gone")


def _low(rows: int) -> float:
    return _FIRST - _ROW * rows


def _bands(state: State, highest: float) -> list[Spec]:
    """Where a margin call has come, and below it, where liquidation comes."""
    call, end = (float(level) for level in (state.rulebook.call_level, state.rulebook.liquidation_level))
    return [
        {**areas([(0, end, highest, call)], "loss"), "opacity": 0.13},
        {**areas([(0, 0, highest, end)], "loss"), "opacity": 0.3},
    ]


def _named(lot: Position, reached: Reach) -> list[Label]:
    """The bands' names with their prices, each beside its circle, on the side that the line leaves free.

    Where a telephone has no room for all of them, the prices are without their cents, or left to title and words.
    """
    long = lot.side == "long"
    _, *marks = zip(reached.marks, reached.marks.values(), _NAMES, strict=True)
    levels = [float(level) for level, _, _ in marks]
    heights = ((levels[0] + levels[1]) / 2, levels[1] / 2, levels[2] - 4 * _PIXEL)
    edge = reached.highest * (1 - _SHARE if long else _SHARE)
    places = [edge if at is None or at > reached.highest else float(at) for _, at, _ in marks]
    rooms = [(1 - at / reached.highest) * _PLOT + _RIGHT if long else at / reached.highest * _PLOT + 8 for at in places]
    for places_after in (2, 0, None):
        said = [
            name if places_after is None else f"{name} {_where(at, lot.open_price, places_after)}"
            for _, at, name in marks
        ]
        texts = [f"{_CLEAR}{each}" if long else f"{each}{_CLEAR}" for each in said]
        if all(extent(text, 14)[0] <= room for text, room in zip(texts, rooms, strict=True)):
            break
    ups, side = ("middle", "middle", "bottom"), "right" if long else "left"
    return [
        Label(at, height, text, f"{up} {side}", fixed=True)
        for at, height, text, up in zip(places, heights, texts, ups, strict=True)
    ]


Stretches = tuple[list[Point | None], list[Point | None], list[Point | None], list[Label]]


def _rows(ways: "list[Way]", lot: Position, now: Decimal, highest: float) -> Stretches:
    """For each way to move: the stretch to the margin call, the one to liquidation, their end, and both in words.

    Several prices move along one axis, that of the oldest position: each by the share that it moves from here.
    """
    x, safe, caution, ends = float(now), list[Point | None](), list[Point | None](), list[Point | None]()
    heading = f"to {swatch('market', 'margin call')}, {swatch('loss', 'liquidation')}"
    names = [Label(highest * (1 - _SHARE), _HEADED, heading, "bottom right", fixed=True)]
    for row, (name, limits_, at) in enumerate(ways):
        top = _FIRST - _ROW * row
        call, end = (_moved_to(limit, lot.side, at, x) for limit in limits_)
        edge = 0.0 if lot.side == "long" else highest
        to_call, to_end = (min(max(edge if place is None else place, 0), highest) for place in (call, end))
        if not limits_[0].reached:
            safe += [(x, top - _BAR), (to_call, top - _BAR), None]
        if not limits_[1].reached and (limits_[0].reached or call is not None):
            start = x if limits_[0].reached else to_call
            caution += [(start, top - _BAR), (to_end, top - _BAR), None]
            if end is not None and end <= highest:
                ends += [*_across(end, top - _BAR), None]
        told = f"{name if at else 'both'}: {_far(limits_, lot.side, at, marked=True)}"
        half = extent(told, 14)[0] / 2 / _PLOT * highest  # over its bar, as far as a telephone has room
        middle = min(max((x + to_end) / 2, half), highest * (1 + _RIGHT / _PLOT / 2) - half)
        names.append(Label(middle, top, told, "bottom center", fixed=True))
    return safe, caution, ends, names


def _across(at: float, middle: float) -> list[Point | None]:
    """A stroke across a bar."""
    return [(at, middle + 8 * _PIXEL), (at, middle - 8 * _PIXEL)]


def _moved_to(limit: Limit, side: str, at: Fraction | None, x: float) -> float | None:
    """Where a limit stands on the price's axis."""
    move = _move(limit, side, at)
    return None if move is None else x * float(1 + move)


def _far(limits_: tuple[Limit, Limit], side: str, at: Fraction | None, *, marked: bool = False) -> str:
    """How far a price may go to the two limits, in a few signs; ``marked`` with the colours of their stretches."""
    moves = [_move(limit, side, at) for limit in limits_]
    if limits_[1].reached:
        return "both reached"
    if moves[0] is None and not limits_[0].reached:
        return "never, however far"
    said = ["never" if move is None else _signed(move) for move in moves]
    both = ("reached" if limits_[0].reached else said[0], said[1])
    if marked:
        both = (swatch("market", both[0]), swatch("loss", both[1]))
    return ", ".join(both)


def _signed(share: Fraction) -> str:
    return f"{'+' if share > 0 else ''}{percent(share, 1 if abs(share) < 10 else 0)}"


def _tells(lot: Position, tied: Margin, now: Decimal, reached: Reach, ways: "list[Way]") -> list[tuple[str, float]]:
    """The level now, the prices of the marks, and how far it is from here."""
    level = tied.level or Fraction(0)
    told = [(f"At {price(now, lot.quote)}: margin level {percent(level / 100, 1)}", float(level))]
    for (mark, at), name in zip(reached.marks.items(), _NAMES, strict=True):
        where = "no such price" if at is None else f"at {money(at, lot.quote)}"
        told.append((f"{name}, {percent(mark / 100)}: {where}", float(mark)))
    for name, limits_, at in ways:
        end = _move(limits_[1], lot.side, at)
        far = _far(limits_, lot.side, at)
        told.append((f"{name}, to margin call and to liquidation: {far}", 0 if end is None else float(end * 100)))
    return told


def _layout(bases: list[str], quote: str, highest: float, low: float) -> Spec:
    base, *others = bases
    # Every second price has its name: on a telephone those of all of them touch.
    ticks = {highest * at / 4: "" if at % 2 else number(Decimal(highest) * at / 4, 0) for at in range(5)}
    along = f"; {listed(others)} alike" if others else ""
    ticks[highest / 2] += f"<br>price of 1 {base} in {quote}{along}"
    levels = {0.0: "0", 40.0: "40", 80.0: "80", 200.0: "200", 300.0: "300", 400.0: "400 %"}
    height = round((_HIGH - low) / _PIXEL) + 64
    spec = layout(ticks, (0, highest * 1.01), (low, _HIGH), "%", 52, height=height, l=_LEFT, r=_RIGHT)
    named = {"tickvals": [*levels], "ticktext": [*levels.values()], "ticklabelstandoff": _ASIDE}
    return {**spec, "yaxis": {**spec["yaxis"], **named}}


def _where(at: Fraction | None, opened: Decimal, places: int) -> str:
    """A price without its currency, which the axis names: there is little room, least of all where it opens."""
    return "at no price" if at is None else "here" if at == opened else number(at, places)


def _bases(state: State) -> list[str]:
    """What is open, oldest first."""
    return [lot.base for lot in state.positions]


def _several(state: State) -> bool:
    return len(state.positions) > 1


def _with(state: State, at: Fraction, *, all_of_them: bool = False) -> str:
    """At a price of the oldest position's pair; with several of them it is named, and so may be the others."""
    lot = state.positions[0]
    if not _several(state):
        return f"at {money(at, lot.quote)}"
    share = at / fraction(state.prices[lot.pair])
    lots = state.positions if all_of_them else [lot]
    where = [f"{each.base} at {money(share * fraction(state.prices[each.pair]), each.quote)}" for each in lots]
    return f"with {listed(where)}"


def _apart(at: Fraction, now: Decimal) -> str:
    """How far a price lies from the present one."""
    share = at / fraction(now) - 1
    if not share:
        return "here"
    return f"{percent(abs(share), 1)} {'above' if share > 0 else 'below'}"


def headline(
    lot: Position, tied: Margin, now: Decimal, reached: Reach, state: State, closed: Story | None = None
) -> str:
    """The figure's one message; ``closed`` is the liquidation, if the price is there or beyond."""
    book, level = state.rulebook, tied.level or Fraction(0)
    call, end = reached.marks[book.call_level], reached.marks[book.liquidation_level]
    several, told, shown = _several(state), price(now, lot.quote), percent(level / 100, 1)
    at = f"with {lot.base} at {told}" if several else f"at {told}"
    if end is not None and level <= Fraction(book.liquidation_level):
        left = f", and you are left with {_left(closed)}" if closed else ""
        closes = f"the exchange closes {'both positions' if several else 'the position'} {_with(state, end)}{left}"
        who = lot.base if several else "the price"
        return _capital(closes) if end == now else f"Before {who} is at {told}, {closes}"
    if level <= Fraction(book.call_level):
        comes = "liquidation never comes" if end is None else f"liquidation comes {_with(state, end)}"
        return f"Margin call: {at} the margin level is {shown}; {comes}"
    if call is None:
        return f"{_capital(at)} the margin level is {shown}, and no price of {lot.base} brings a margin call"
    if several:
        way = "fall" if lot.side == "long" else "rise"
        comes = f"if both prices {way} by {percent(abs(call / fraction(now) - 1), 1)} from here"
    else:
        comes = f"{_with(state, call)}, {_apart(call, now)}"
    return f"{_capital(at)} the margin level is {shown}; a margin call comes {comes}"


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _alert(lot: Position, tied: Margin, now: Decimal, reached: Reach, state: State) -> str:
    end = reached.marks[state.rulebook.liquidation_level]
    if end is None or (tied.level or 0) >= Fraction(state.rulebook.liquidation_level):
        return ""
    which, to = ("both positions", f"{lot.base} at ") if _several(state) else ("this position", "")
    return (
        f"The exchange closes {which} {_with(state, end)}, on the way to {to}{price(now, lot.quote)} (B5). "
        "The dotted line only goes on with the sum."
    )


def _left(closed: Story) -> str:
    """What you have after a liquidation."""
    return listed([money(amount, code) for code, amount in closed.final.balances.items() if amount]) or "nothing"


def _worth_left(closed: Story) -> str:
    """What you have after a liquidation, with what coins are worth then, and why it is less than the level says."""
    quote = closed.realised[0].position.quote
    coins = [code for code, held in closed.final.balances.items() if held]
    if not coins or coins == [quote]:
        return _left(closed)
    converted = any(end.conversion_fees for end in closed.realised)
    because = ": converting coins to pay the loss costs a fee (R16)" if converted else ""
    return f"{_left(closed)}, worth {money(worth(closed.final, quote), quote)} there{because}"


def _closing(closed: Story) -> str:
    """What a liquidation comes to."""
    ends = closed.realised
    lost = [money(abs(end.pnl), end.position.quote) for end in ends]
    if len(ends) > 1:
        which = f"both positions, {listed([end.position.base for end in ends])}, with losses of {listed(lost)}"
    else:
        which = f"the position with a loss of {lost[0]}"
    return f"The exchange closes {which} (B5, R11), and you are left with {_left(closed)}."


def _figures(state: State, lot: Position, tied: Margin, reached: Reach) -> list[str]:
    """How the five figures come about."""
    quote, now, several = tied.currency, state.prices[lot.pair], _several(state)
    equity, used, balance = (money(each, quote) for each in (tied.equity, tied.used_margin, tied.trade_balance))
    bought = "bought" if lot.side == "long" else "sold"
    with localcontext(EXACT):
        gains = listed([money(unrealised(state, each), quote, sign=True) for each in state.positions])
    told = [f"{money(each.volume, each.base)} {bought} at {price(each.open_price, quote)}" for each in state.positions]
    stands = f"The positions, {listed(told)}, stand" if several else f"The position, {told[0]}, stands"
    return [
        f"Trade balance {balance}: {_collateral(state, lot, now)} (B1).",
        f"{stands} at {gains}; together that is equity, {equity} (B1).",
        f"Used margin {used}: {_used(state, lot, reached.measure)}.",
        *_counted(state, lot, tied, reached),
        f"Free margin is what equity has beyond it: {money(tied.free_margin, quote)}. The margin level is equity ÷ "
        f"used margin: {percent((tied.level or Fraction(0)) / 100, 1)} (B3).",
    ]


def _used(state: State, lot: Position, measure: Measure) -> str:
    """What ties up the used margin, and at which price."""
    today = lot.side == "short" and measure is margin
    at = [(each, state.prices[each.pair] if today else each.open_price) for each in state.positions]
    told = listed([f"{money(each.volume, each.base)} at {price(where, each.quote)}" for each, where in at])
    divided = f"{f'({told})' if len(at) > 1 else told} ÷ {number(lot.leverage, 20)}"
    if today:
        return f"{divided}: a short's moves with the price (B2)"
    return f"{divided}, at whatever price ({'B2' if lot.side == 'long' else 'C5'})"


def _counted(state: State, lot: Position, tied: Margin, reached: Reach) -> list[str]:
    """What the other way of counting a short's used margin comes to (C5)."""
    book, at_opening = state.rulebook, reached.measure is margin_at_opening
    if lot.side == "long":
        return ["The sources disagree on shorts alone (C5): a long's used margin is the same."] if at_opening else []
    other = _other(reached.measure)(state, lot.quote)
    if at_opening:
        told = "Counted at today's price instead, as the page with the worked sums has it (C5)"
    else:
        told = "Counted at the opening price instead, as the overview page has it (C5)"
    if other.used_margin == tied.used_margin:
        told += ", used margin would be the same at this price"
    else:
        theirs, mine = (percent((each.level or Fraction(0)) / 100) for each in (other, tied))
        used = money(other.used_margin, lot.quote)
        told += f", used margin would be {used}, and the margin level {theirs} instead of {mine}"
    marks = []
    for level, name in ((book.call_level, "a margin call"), (book.liquidation_level, "liquidation")):
        here, there = reached.marks[level], reached.others[level]
        if there is None:
            marks.append(f"no price would bring {name}")
            continue
        apart = Fraction(0) if here is None else there - here
        further = f", {money(abs(apart), lot.quote)} {'higher' if apart > 0 else 'lower'}" if apart else ""
        marks.append(f"{name} would come {_with(state, there)}{further}")
    return [f"{told}; {', and '.join(marks)}."]


def _collateral(state: State, lot: Position, now: Decimal) -> str:
    """Your balances, and what counts of them."""
    told = []
    for code, amount in state.balances.items():
        if not amount:
            continue
        if code == lot.quote:
            told.append(f"your {money(amount, code)}")
            continue
        cut = state.rulebook.haircuts.get(code, Decimal(0))
        less = f", less a haircut of {percent(cut)}" if cut else ""
        told.append(f"your {money(amount, code)} at {price(now, lot.quote)}{less}")
    return listed(told) or "nothing"


def _limits(lot: Position, reached: Reach, state: State, closed: Story | None) -> str:
    """Where the marks are, and plainly where there are none."""
    book = state.rulebook
    _, call, end, gone = reached.marks.values()
    names = percent(book.call_level / 100), percent(book.liquidation_level / 100)
    if call is None:
        return f"{_never(lot, state, names[0], reached.measure)} (B5)."
    told = f"A margin call ({names[0]}) comes {_with(state, call, all_of_them=True)}"
    if end is None:
        it = "them" if _several(state) else "it"
        never = _never(lot, state, names[1], reached.measure)
        return f"{told}. {never}, so the exchange never closes {it} by itself (B5)."
    told += f", automated liquidation ({names[1]}) {_with(state, end, all_of_them=True)} (B5)."
    told += f" That leaves you {_worth_left(closed)}." if closed else ""
    if gone is None:
        return f"{told} Your equity would still be there at any price."
    if _cut(lot, state):
        return (
            f"{told} {_capital(_with(state, gone))} equity would be zero. You would still have more than you owe "
            f"there, because the haircut doesn't count a part of your {lot.base}."
        )
    return f"{told} Only {_with(state, gone)} would your equity be gone: liquidation doesn't wait for that (C3)."


def _cut(lot: Position, state: State) -> bool:
    """Whether you have more than your equity counts."""
    return bool(state.balance(lot.base) and state.rulebook.haircuts.get(lot.base))


def _never(lot: Position, state: State, level: str, measure: Measure) -> str:
    bases, rise = listed(_bases(state)), "rise" if _several(state) else "rises"
    if lot.side == "short":
        return (
            f"There is no such price for {level}: however far {bases} {rise}, your own {lot.base} rise with what "
            "you owe"
        )
    moved = state.copy()
    moved.prices |= dict.fromkeys(state.prices, Decimal(0))
    with localcontext(EXACT):
        left = measure(moved, lot.quote).level or Fraction(0)
    if percent(left / 100) == level:
        return f"There is no such price for {level}: only with {bases} at zero itself would the level be so low"
    return (
        f"There is no such price for {level}: even with {bases} at zero, the level would be "
        f"{percent(left / 100, 1)}, since your {lot.quote} alone cover that fall"
    )


Way = tuple[str, tuple[Limit, Limit], Fraction | None]
"""What moves; its limits; the price now in QUOTE, or None where the limits are factors on several prices."""


def _ways(state: State, lot: Position, measure: Measure) -> list[Way]:
    """How far the prices may go from where they are: all together where there are several, then each by itself."""
    found = limits(state, lot.quote, measure=measure)

    def both(reach: Iterable[Limit | None]) -> tuple[Limit, Limit]:
        call, end = reach
        assert call
        assert end
        return call, end

    alone = " alone" if len(found.pairs) > 1 else ""
    each: list[Way] = [
        (f"{pair.partition('/')[0]}{alone}", both(reach), fraction(found.prices[pair]))
        for pair, reach in found.pairs.items()
    ]
    joint: list[Way] = [(f"{listed(_bases(state))} together", both(found.together), None)] if alone else []
    return [*joint, *each]


def _move(limit: Limit, side: str, now: Fraction | None) -> Fraction | None:
    """By which share the prices move until a limit; None if there is none."""
    at = limit.below if side == "long" else limit.above
    return None if at is None else at / (now or 1) - 1


def _from_here(ways: list[Way], lot: Position) -> str:
    """How far all prices may go together, and that each by itself may go further."""
    way = "fall" if lot.side == "long" else "rise"
    (_, joint, _), *alone = ways
    called, ended = (_move(limit, lot.side, None) for limit in joint)
    if joint[0].reached:
        ending = "no liquidation comes, however far" if ended is None else "liquidation comes if"
        by = "" if ended is None else f" by another {percent(abs(ended), 1)}"
        return f"The margin call is here; {ending} both prices {way}{by} (B5)."
    if called is None:
        told = f"However far both prices {way} together, no margin call comes"
    else:
        told = f"From here, a margin call comes if both prices {way} by {percent(abs(called), 1)}"
        told += ", and never liquidation" if ended is None else f", liquidation if by {percent(abs(ended), 1)}"
    each = []
    for name, (call, _), now in alone:
        move = _move(call, lot.side, now)
        comes = "however far, none comes" if move is None else f"it comes after {percent(abs(move), 1)}"
        each.append(f"if {name} {way}s, {comes}")
    return f"{told}; {'; '.join(each)} (B5)."


def _apiece(ways: list[Way], lot: Position) -> Table:
    """How far the prices may go from where they are."""
    side = lot.side

    def cell(limit: Limit, now: Fraction | None) -> str:
        move = _move(limit, side, now)
        if limit.reached:
            return "reached"
        if move is None:
            return "no such price"
        share = f"{percent(abs(move), 1)} {'below' if side == 'long' else 'above'}"
        return f"{money((move + 1) * now, lot.quote)}, {share}" if now else share

    rows = [[name, *(cell(limit, now) for limit in limits_)] for name, limits_, now in ways]
    heads = ("What moves", "Margin call (B5)", "Liquidation (B5)")
    marks = [now is None for _, _, now in ways]
    return table("From the prices now: how far they may go", heads, rows, numbers=(1, 2), marks=marks)


def _numbers(lot: Position, then: Margin, tied: Margin, measure: Measure) -> Table:
    """The five figures at opening and now."""
    today = lot.side == "short" and measure is margin
    fixed = "today's worth ÷ leverage" if today else "opening cost ÷ leverage"
    entries = (
        ("Trade balance", then.trade_balance, tied.trade_balance, "collateral × price × (1 − haircut)", "B1"),
        ("Equity", then.equity, tied.equity, "trade balance + profit or loss so far", "B1"),
        ("Used margin", then.used_margin, tied.used_margin, fixed, "B2" if today or lot.side == "long" else "C5"),
        ("Free margin", then.free_margin, tied.free_margin, "equity − used margin", "B3"),
    )
    rows = [[name, money(a, lot.quote), money(b, lot.quote), how, rule] for name, a, b, how, rule in entries]
    shown = [percent((each.level or Fraction(0)) / 100) for each in (then, tied)]
    rows.append(["Margin level", *shown, "equity ÷ used margin", "B3"])
    marks = [row[0] == "Margin level" for row in rows]
    return table(
        "The five figures", ("", "At opening", "At the price now", "How", "Rule"), rows, numbers=(1, 2), marks=marks
    )


def _distances(lot: Position, now: Decimal, reached: Reach, state: State) -> Table:
    """The marks, and how far they lie from the opening price and from the price now."""
    gone = "equity gone" if _cut(lot, state) else "equity gone (C3)"
    why = ("needed to open (B4)", "margin call (B5)", "automated liquidation (B5)", gone)
    rows = []
    for (level, at), what in zip(reached.marks.items(), why, strict=True):
        if at is None:
            cells = [percent(level / 100), what, "no such price", "–", "–"]
        else:
            away = [_apart(at, lot.open_price), _apart(at, now)]
            cells = [percent(level / 100), what, money(at, lot.quote), *away]
        rows.append(cells)
    heads = ("Level", "What it is", f"Price of 1 {lot.base}", "From the opening price", "From the price now")
    marks = [level == state.rulebook.liquidation_level for level in reached.marks]
    return table("How far it is to each level", heads, rows, numbers=(2, 3, 4), marks=marks)


def _refused(story: Story, tried: Story, reached: Reach | None, highest: float) -> View:
    """The opening that the exchange refuses (B4): at which level it would begin, and where that goes."""
    pairs = [step.pair.split("/") for step in story.scenario.steps if isinstance(step, Open)]
    bases, quote = [base for base, _ in pairs], pairs[0][1]
    needed = story.final.rulebook.opening_level
    least = percent(needed / 100)
    low = _low(1)
    drawn, written, told = _bands(story.final, highest), list[Label](), list[tuple[str, float]]()
    drawn.append(lines([(0, float(needed)), (highest, float(needed))], "ink", 1.5, "6px,4px"))
    if reached is not None:
        lot = tried.final.positions[0]
        level = reached.measure(tried.final, quote).level or Fraction(0)
        here = (float(tried.final.prices[lot.pair]), min(max(float(level), BOTTOM), TOP))
        drawn += [lines(clipped(reached.points, BOTTOM, TOP), "own", 1.5, "2px,4px"), rings([here], "own")]
        # Above the dashes the line is beyond where it opens: on the other side the words are clear of it.
        side, far = ("right", highest * (1 - _SHARE)) if lot.side == "long" else ("left", highest * _SHARE)
        said = f"needed to open:<br>{least}<br><b>it would open<br>at {percent(level / 100, 1)}</b>"
        written.append(Label(far, float(needed), said, f"top {side}", fixed=True))
        told.append((f"The margin level would be {percent(level / 100, 1)}; needed to open: {least}", float(level)))
    spec = figure(drawn, _layout(bases, quote, highest, low), written)
    return refused(
        story,
        [touched(spec, name="Margin level against the price", tells=told)],
        f"A position may only start with a margin level of {least} or more (B4). Your balances stay as they are (A7).",
    )

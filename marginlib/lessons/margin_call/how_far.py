"""How far the price can go: the margin level against the price, where its lines are crossed, and how it comes about."""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from marginlib.analysis.limits import limit_price
from marginlib.analysis.outcome import worth
from marginlib.drawing.pieces import Point, Spec, clipped, figure, layout, lines, rings
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.engine.account import Position, State
from marginlib.engine.amounts import EXACT, rounded
from marginlib.engine.margin import Margin, margin, unrealised
from marginlib.engine.story import Story
from marginlib.telling.numbers import listed, money, number, percent, price

BOTTOM, TOP = -60.0, 500.0
"""How far the axis of the margin level goes, in percent."""
_SAMPLES = {"long": 1, "short": 40}  # a long's level is a straight line
_LEAST = Decimal("0.01")
_SHARE = 0.995  # of the axis: where the names of the lines end


@dataclass(frozen=True)
class Reach:
    """Where the level stands at each of the prices, and the prices at which it comes down to its marks, in QUOTE.

    ``marks``: the level in percent and its price, None where there is no such price.
    """

    points: tuple[Point, ...]
    marks: dict[Decimal, Fraction | None]
    highest: float


def reach(opened: State, highest: Decimal) -> Reach:
    """Solve the marks of a state with one position, and sample its margin level up to a highest price, in QUOTE.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}]}))
    >>> [int(mark) for mark in reach(story.final, Decimal(40000)).marks.values()]
    [14000, 13200, 11600, 10000]
    """
    lot, book = opened.positions[0], opened.rulebook
    levels = (book.opening_level, book.call_level, book.liquidation_level, Decimal(0))
    marks = {level: _worse(opened, lot, level) for level in levels}
    points = []
    with localcontext(EXACT):
        samples = _SAMPLES[lot.side]
        for at in range(samples + 1):
            where = rounded(Fraction(highest) * at / samples, 2) or _LEAST
            moved = opened.copy()
            moved.prices[lot.pair] = where
            level = margin(moved, lot.quote).level
            if level is not None:
                points.append((float(where), float(level)))
    return Reach(tuple(points), marks, float(highest))


def _worse(opened: State, lot: Position, level: Decimal) -> Fraction | None:
    """The price at which a level is reached, on the side where it gets worse."""
    found = limit_price(opened, lot.quote, level, lot.pair)
    if found.reached:  # it opens just there
        return Fraction(opened.prices[lot.pair])
    return found.below if lot.side == "long" else found.above


def view(opened: Story, moved: Story, reached: Reach | None, closed: Story | None, highest: Decimal) -> View:
    """What the screen shows of one position: ``opened``, and ``moved`` to another price.

    ``closed`` is what its liquidation does, where there is one.
    """
    if reached is None:
        return _refused(opened, float(highest))
    lot, tied, then = moved.final.positions[0], moved.margin, opened.margin
    assert tied
    assert then
    now, state = moved.final.prices[lot.pair], moved.final
    gone = closed if (tied.level or 0) <= Fraction(state.rulebook.liquidation_level) else None
    words = [*_figures(state, lot, tied), _limits(lot, reached, state, None if gone else closed)]
    if gone:
        words = [f"{_closing(gone)} If it had stayed open:", *words]
    return screen(
        headline(lot, tied, now, reached, state, gone),
        [_figure(lot, tied, now, reached, state)],
        words,
        [_numbers(lot, then, tied), _distances(lot, now, reached, moved.final)],
        alert=_alert(lot, tied, now, reached, state),
    )


def _figure(lot: Position, tied: Margin, now: Decimal, reached: Reach, state: State) -> Spec:
    """The level against the price: solid while the position can be there, dotted beyond liquidation."""
    long, end, highest = lot.side == "long", float(state.rulebook.liquidation_level), reached.highest
    level, x = float(tied.level or 0), float(now)
    y = min(max(level, BOTTOM), TOP)
    first = state.rulebook.opening_level  # nothing happens there once the position is open: no circle
    marks = [(float(at), float(mark)) for mark, at in reached.marks.items() if at is not None and mark != first]
    upright: list[Point | None] = [(x, BOTTOM), (x, y)]
    if x > highest / 2 if long else x < highest / 2:  # there stand the names of the levels
        upright = [(x, BOTTOM), (x, min(y, _NAMED[0])), None, *([(x, _NAMED[1]), (x, y)] if y > _NAMED[1] else [])]
    at, free = (highest * _SHARE, ("left", "right")) if long else (highest * (1 - _SHARE), ("right", "left"))
    written = [
        Label(
            at,
            float(mark),
            f"{number(mark, 2)} % {name}: {_where(reached.marks[mark], lot.open_price)}",
            f"{side} {free[0]}",
            size=11,
        )
        for mark, name, side in zip(reached.marks, _NAMES, _SIDES, strict=True)
    ]
    # Beside the line, where it is free; in a few signs where there is no room.
    told = percent((tied.level or Fraction(0)) / 100, 0 if level < BOTTOM else 1)
    told = f"{'' if x < highest * 0.25 or level < BOTTOM else 'now '}{told}"
    over = " ↑" if level > y else " ↓" if level < y else ""
    sides = ", ".join(f"{up} {free[way]}" for up, way in (("top", 0), ("bottom", 1), ("top", 1), ("bottom", 0)))
    written.append(Label(x, y, f"{told}{over}", sides, bold=True, aside=highest * 0.008))
    return figure(
        [
            _across(_levels(state), highest),
            lines(upright, "market", 1),
            lines(clipped(reached.points, BOTTOM, end), "own", 1.5, "2px,4px"),
            lines(clipped(reached.points, end, TOP), "own", 2.5),
            rings([*(point for point in marks if point[0] <= highest), (x, y)], "own"),
        ],
        _layout(lot.base, lot.quote, highest),
        written,
    )


_NAMED = (-38.0, 130.0)  # between these heights stand the names of the levels
_NAMES = ("to open", "margin call", "liquidation", "equity gone")
_SIDES = ("top", "bottom", "bottom", "bottom")


def _levels(state: State) -> list[float]:
    """The three levels that a line is drawn at."""
    book = state.rulebook
    return [float(level) for level in (book.opening_level, book.call_level, book.liquidation_level)]


def _across(levels: list[float], highest: float) -> Spec:
    """A dashed line at each level."""
    return lines([point for level in levels for point in ((0.0, level), (highest, level), None)], "quiet", 1, "6px,4px")


def _layout(base: str, quote: str, highest: float) -> Spec:
    ticks = {highest * at / 4: number(Decimal(highest) * at / 4, 0) for at in range(5)}
    ticks[highest / 2] += f"<br>price of 1 {base} in {quote}"
    return layout(ticks, (0, highest * 1.01), (BOTTOM, TOP * 1.04), "%", 52, l=58, r=36)


def _where(at: Fraction | None, opened: Decimal) -> str:
    """A price without its currency, which the axis names: there is little room, least of all where it opens."""
    return "no price" if at is None else "here" if at == opened else number(at, 2, 2)


def _direction(lot: Position) -> str:
    return "below" if lot.side == "long" else "above"


def _apart(at: Fraction, now: Decimal) -> str:
    """How far a price lies from the present one."""
    share = at / Fraction(now) - 1
    if not share:
        return "here"
    return f"{percent(abs(share), 1)} {'above' if share > 0 else 'below'}"


def headline(
    lot: Position, tied: Margin, now: Decimal, reached: Reach, state: State, closed: Story | None = None
) -> str:
    """The figure's one message; ``closed`` is the liquidation, if the price is there or beyond."""
    book, level = state.rulebook, tied.level or Fraction(0)
    call, end = reached.marks[book.call_level], reached.marks[book.liquidation_level]
    at, shown = price(now, lot.quote), percent(level / 100, 1)
    if end is not None and level <= Fraction(book.liquidation_level):
        left = f", and you are left with {_left(closed)}" if closed else ""
        closes = f"the exchange closes the position at {money(end, lot.quote)}{left}"
        return closes[0].upper() + closes[1:] if end == now else f"Before the price is at {at}, {closes}"
    if level <= Fraction(book.call_level):
        comes = "liquidation never comes" if end is None else f"liquidation comes at {money(end, lot.quote)}"
        return f"Margin call: at {at} the margin level is {shown}; {comes}"
    if call is None:
        return f"At {at} the margin level is {shown}, and no price of {lot.base} brings a margin call"
    return f"At {at} the margin level is {shown}; a margin call comes at {money(call, lot.quote)}, {_apart(call, now)}"


def _alert(lot: Position, tied: Margin, now: Decimal, reached: Reach, state: State) -> str:
    end = reached.marks[state.rulebook.liquidation_level]
    if end is None or (tied.level or 0) >= Fraction(state.rulebook.liquidation_level):
        return ""
    return (
        f"The exchange closes this position at {money(end, lot.quote)}, on the way to {price(now, lot.quote)} (B5). "
        "The dotted line only goes on with the sum."
    )


def _left(closed: Story) -> str:
    """What you have after a liquidation."""
    return listed([money(amount, code) for code, amount in closed.final.balances.items() if amount]) or "nothing"


def _worth_left(closed: Story) -> str:
    """What you have after a liquidation, with what coins are worth then, and why it is less than the level says."""
    (end,) = closed.realised
    quote, coins = end.position.quote, [code for code, held in closed.final.balances.items() if held]
    if not coins or coins == [quote]:
        return _left(closed)
    because = ": converting coins to pay the loss costs a fee (R16)" if end.conversion_fees else ""
    return f"{_left(closed)}, worth {money(worth(closed.final, quote), quote)} there{because}"


def _closing(closed: Story) -> str:
    """What a liquidation comes to."""
    (end,) = closed.realised
    return (
        f"The exchange closes the position with a loss of {money(abs(end.pnl), end.position.quote)} (B5, R11), and you "
        f"are left with {_left(closed)}."
    )


def _figures(state: State, lot: Position, tied: Margin) -> list[str]:
    """How the five figures come about."""
    quote, now = tied.currency, state.prices[lot.pair]
    volume, times = money(lot.volume, lot.base), number(lot.leverage, 20)
    equity, used, balance = (money(each, quote) for each in (tied.equity, tied.used_margin, tied.trade_balance))
    with localcontext(EXACT):
        gain = money(unrealised(state, lot), quote, sign=True)
    bought, opened = "bought" if lot.side == "long" else "sold", price(lot.open_price, lot.quote)
    if lot.side == "long":
        fixed = f"{volume} at {opened} ÷ {times}, at whatever price (B2)"
    else:
        fixed = f"{volume} at {price(now, lot.quote)} ÷ {times}: a short's moves with the price (B2)"
    return [
        f"Trade balance {balance}: {_collateral(state, lot, now)} (B1).",
        f"The position, {volume} {bought} at {opened}, stands at {gain}; together that is equity, {equity} (B1).",
        f"Used margin {used}: {fixed}.",
        f"Free margin is what equity has beyond it: {money(tied.free_margin, quote)}. The margin level is equity ÷ "
        f"used margin: {percent((tied.level or Fraction(0)) / 100, 1)} (B3).",
    ]


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
    book, quote = state.rulebook, lot.quote
    _, call, end, gone = reached.marks.values()
    names = percent(book.call_level / 100), percent(book.liquidation_level / 100)
    if call is None:
        return f"{_never(lot, state, names[0])} (B5)."
    told = f"A margin call ({names[0]}) comes at {money(call, quote)}"
    if end is None:
        return f"{told}. {_never(lot, state, names[1])}, so the exchange never closes it by itself (B5)."
    told += f", automated liquidation ({names[1]}) at {money(end, quote)} (B5)."
    told += f" That leaves you {_worth_left(closed)}." if closed else ""
    if gone is None:
        return f"{told} Your equity would still be there at any price."
    if _cut(lot, state):
        return (
            f"{told} At {money(gone, quote)} equity would be zero. You would still have more than you owe there, "
            f"because the haircut doesn't count a part of your {lot.base}."
        )
    return f"{told} Only at {money(gone, quote)} would your equity be gone: liquidation doesn't wait for that (C3)."


def _cut(lot: Position, state: State) -> bool:
    """Whether you have more than your equity counts."""
    return bool(state.balance(lot.base) and state.rulebook.haircuts.get(lot.base))


def _never(lot: Position, state: State, level: str) -> str:
    if lot.side == "short":
        return (
            f"There is no such price for {level}: however far {lot.base} rises, your own {lot.base} rise with what "
            "you owe"
        )
    moved = state.copy()
    moved.prices[lot.pair] = Decimal(0)
    with localcontext(EXACT):
        left = margin(moved, lot.quote).level or Fraction(0)
    if percent(left / 100) == level:
        return f"There is no such price for {level}: only with {lot.base} at zero itself would the level be so low"
    return (
        f"There is no such price for {level}: even with {lot.base} at zero, the level would be "
        f"{percent(left / 100, 1)}, since your {lot.quote} alone cover that fall"
    )


def _numbers(lot: Position, then: Margin, tied: Margin) -> Table:
    """The five figures at opening and now."""
    fixed = "opening cost ÷ leverage" if lot.side == "long" else "today's worth ÷ leverage"
    entries = (
        ("Trade balance", then.trade_balance, tied.trade_balance, "collateral × price × (1 − haircut)", "B1"),
        ("Equity", then.equity, tied.equity, "trade balance + profit or loss so far", "B1"),
        ("Used margin", then.used_margin, tied.used_margin, fixed, "B2"),
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


def _refused(story: Story, highest: float) -> View:
    """The opening that the exchange refuses (B4)."""
    base, quote = story.scenario.steps[0].pair.split("/")  # type: ignore[union-attr]
    least = percent(story.final.rulebook.opening_level / 100)
    return refused(
        story,
        [figure([_across(_levels(story.final), highest)], _layout(base, quote, highest))],
        f"A position may only start with a margin level of {least} or more (B4). Your balances stay as they are (A7).",
    )

"""How far the price can go: the margin level against the price, where its lines are crossed, and how it comes about."""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from marginlib.analysis.limits import limit_price
from marginlib.analysis.outcome import worth
from marginlib.drawing.pieces import Point, Spec, clipped, labels, layout, lines, rings
from marginlib.engine.account import Position, State
from marginlib.engine.amounts import EXACT, rounded
from marginlib.engine.margin import Margin, margin, unrealised
from marginlib.engine.story import Story
from marginlib.telling.numbers import listed, money, number, percent, price, regrouped

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


def view(opened: Story, moved: Story, reached: Reach | None, closed: Story | None, highest: Decimal) -> dict[str, Any]:
    """What the screen shows of one position: ``opened``, and ``moved`` to another price.

    ``closed`` is what its liquidation does, where there is one.
    """
    if reached is None:
        return _refused(opened, highest)
    lot, tied, then = moved.final.positions[0], moved.margin, opened.margin
    assert tied
    assert then
    now, state = moved.final.prices[lot.pair], moved.final
    gone = closed if (tied.level or 0) <= Fraction(state.rulebook.liquidation_level) else None
    words = [*_figures(state, lot, tied), _limits(lot, reached, state, None if gone else closed)]
    if gone:
        words = [f"{_closing(gone)} If it had stayed open:", *words]
    return {
        "title": headline(lot, tied, now, reached, state, gone),
        "alert": _alert(lot, tied, now, reached, state),
        "figures": [figure(lot, tied, now, reached, state)],
        "words": words,
        "strip": [],
        "tables": [_numbers(lot, then, tied), _distances(lot, now, reached, moved.final)],
    }


def figure(lot: Position, tied: Margin, now: Decimal, reached: Reach, state: State) -> Spec:
    """The level against the price: solid while the position can be there, dotted beyond liquidation."""
    long, end = lot.side == "long", state.rulebook.liquidation_level
    level, x = float(tied.level or 0), float(now)
    y = min(max(level, BOTTOM), TOP)
    alive = clipped(reached.points, float(end), TOP)
    beyond = clipped(reached.points, BOTTOM, float(end))
    dotted = lines(beyond, "own", 1.5)
    dotted["line"]["dash"] = "2px,4px"
    first = state.rulebook.opening_level  # nothing happens there once the position is open: no circle
    marks = [(float(at), float(mark)) for mark, at in reached.marks.items() if at is not None and mark != first]
    seen = [point for point in marks if point[0] <= reached.highest]
    right = (reached.highest * _SHARE, "left") if long else (reached.highest * (1 - _SHARE), "right")
    high = y > TOP * 0.9
    before = long != high  # beside the line, where it is free
    tight = x < reached.highest * 0.25  # no room for a long label
    place = "left" if (before and x > reached.highest * 0.15) or x > reached.highest * 0.75 else "right"
    behind = x > reached.highest / 2 if long else x < reached.highest / 2  # where the names of the levels stand
    upright: list[Point | None] = [(x, BOTTOM), (x, y)]
    if behind:
        upright = [(x, BOTTOM), (x, min(y, _NAMED[0])), None, *([(x, _NAMED[1]), (x, y)] if y > _NAMED[1] else [])]
    up = "bottom" if high else "top"
    if level < BOTTOM:  # outside of the line, where it leaves the picture
        edge = not reached.highest * 0.05 < x < reached.highest * 0.95
        tight, place = True, "center" if edge else "left" if long else "right"
    shift = reached.highest * (-0.008 if place == "left" else 0.008)
    names = [
        (
            right[0],
            float(mark) + _SHIFTS[at],
            f"{number(mark, 2)} % {_NAMES[at]}: {_where(reached.marks[mark], lot.open_price)}",
            f"{_SIDES[at]} {right[1]}",
        )
        for at, mark in enumerate(reached.marks)
    ]
    told = percent((tied.level or Fraction(0)) / 100, 0 if level < BOTTOM else 1)
    over = " ↑" if level > y else " ↓" if level < y else ""
    return {
        "data": [
            _across(_levels(state), reached.highest),
            lines(upright, "market", 1),
            dotted,
            lines(alive, "own", 2.5),
            rings([*(point[:2] for point in seen), (x, y)], "own"),
            labels(names, size=11),
            labels(
                [
                    (
                        x + shift,
                        y + 8 * (place == "center"),
                        f"{'' if tight else 'now '}{told}{over}",
                        f"{up} {place}",
                    )
                ],
                bold=True,
            ),
        ],
        "layout": _layout(lot.base, lot.quote, reached.highest),
    }


_NAMED = (-38.0, 130.0)  # between these heights stand the names of the levels
_NAMES = ("to open", "margin call", "liquidation", "equity gone")
_SIDES = ("top", "bottom", "bottom", "bottom")
_SHIFTS = (4, -9, -9, -9)  # so that a name is clear of its line


def _levels(state: State) -> list[float]:
    """The three levels that a line is drawn at."""
    book = state.rulebook
    return [float(level) for level in (book.opening_level, book.call_level, book.liquidation_level)]


def _across(levels: list[float], highest: float) -> Spec:
    """A dashed line at each level."""
    spec = lines([point for level in levels for point in ((0.0, level), (highest, level), None)], "quiet", 1)
    spec["line"]["dash"] = "6px,4px"
    return spec


def _layout(base: str, quote: str, highest: float) -> Spec:
    ticks = {highest * at / 4: number(Decimal(highest) * at / 4, 0) for at in range(5)}
    ticks[highest / 2] += f"<br>price of 1 {base} in {quote}"
    spec = layout(ticks, (0, highest * 1.01), (BOTTOM, TOP * 1.04), "%", 52)
    return {**spec, "margin": {**spec["margin"], "l": 58, "r": 36}}


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


def _numbers(lot: Position, then: Margin, tied: Margin) -> dict[str, Any]:
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
    heads = ("", "At opening", "At the price now", "How", "Rule")
    return {
        "caption": "The five figures",
        "open": False,
        "columns": [{"label": label, "number": at in (1, 2)} for at, label in enumerate(heads)],
        "rows": [{"mark": "taken" if row[0] == "Margin level" else "", "cells": row} for row in rows],
    }


def _distances(lot: Position, now: Decimal, reached: Reach, state: State) -> dict[str, Any]:
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
        rows.append({"mark": "taken" if level == state.rulebook.liquidation_level else "", "cells": cells})
    heads = ("Level", "What it is", f"Price of 1 {lot.base}", "From the opening price", "From the price now")
    return {
        "caption": "How far it is to each level",
        "open": False,
        "columns": [{"label": label, "number": at > 1} for at, label in enumerate(heads)],
        "rows": rows,
    }


def _refused(story: Story, highest: Decimal) -> dict[str, Any]:
    """The opening that the exchange refuses (B4)."""
    assert story.error is not None
    base, quote = story.scenario.steps[0].pair.split("/")  # type: ignore[union-attr]
    return {
        "title": "The exchange refuses this opening",
        "alert": f"{regrouped(story.error.message)} ({', '.join(story.error.rules)})",
        "figures": [{"data": [_across(_levels(story.final), float(highest))],
                     "layout": _layout(base, quote, float(highest))}],
        "words": ["A position may only start with a margin level of 100 % or more (B4). Your balances stay as they "
                  "are (A7)."],
        "strip": [],
        "tables": [],
    }  # fmt: skip

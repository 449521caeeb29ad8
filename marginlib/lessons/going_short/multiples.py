"""Five small figures in a row: in what a margin short and a futures short differ, each drawn for that (R23)."""

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.drawing.axes import bare
from marginlib.drawing.pieces import Part, Spec, clipped, figure, layout, lines, rings, stacks, swatch
from marginlib.drawing.placing import Label
from marginlib.drawing.touch import Grip, grip, touched
from marginlib.engine.amounts import ZERO, quotient
from marginlib.engine.derivation import fraction, named
from marginlib.engine.margin import unrealised
from marginlib.lessons.going_short.held import ROWS, Held
from marginlib.telling.numbers import money, number, percent

_HEIGHT, _EDGE, _FOOT = 296, 6, 24
_LEAST = 155  # pixels that one of them needs
_TITLE, _TWO, _THREE, _FOUR = 46, 36, 54, 72  # pixels for a heading, and for labels of two to four lines
_CLEAR = 5  # pixels that words keep from what they stand on
_OFF = 11  # pixels that words keep from the end of a column, where a knob stands beside it
_HEAD = 8  # pixels from the middle of an arrow's head to what it points at
_HALF, _BETWEEN, _SIDES = 0.3, 0.5, (-0.44, 1.44)
_TITLES = ("what is<br>borrowed", "what holding<br>costs", "what<br>liquidates it", "how<br>it ends",
           "which stop<br>protects")  # fmt: skip


class Ranges(NamedTuple):
    """How far the axes go, in QUOTE, and the controls: columns, costs, prices, results, those with a stop.

    ``stops`` are the prices around a stop, with room on both sides for what is written below it.
    """

    columns: tuple[float, float]
    costs: tuple[float, float]
    prices: tuple[float, float]
    results: tuple[float, float]
    stopped: tuple[float, float]
    stops: tuple[float, float]
    now: tuple[float, float]
    days: int


def figures(row: str, held: Held, ranges: Ranges) -> list[Spec]:
    """All five, the chosen row's heading in bold."""
    drawn = (_borrowed, _over_time, _room_left, _left_over, _capped)
    return [each(held, ranges, name == row) for name, each in zip(ROWS, drawn, strict=True)]


def _pixel(up: tuple[float, float], words: int) -> float:
    """How much a pixel is, where so many are kept for words above and below."""
    return (up[1] - up[0]) / (_HEIGHT - _EDGE - _FOOT - _TITLE - words)


def _small(
    at: int,
    chosen: bool,
    drawn: Sequence[Spec],
    written: Sequence[Label],
    across: tuple[float, float],
    up: tuple[float, float],
    names: dict[float, str],
    grips: Sequence[Grip],
    tells: Sequence[tuple[str, Decimal | Fraction]],
    above: int = _TWO,
    below: int = _TWO,
    zero: bool = True,
) -> Spec:
    """One of the five: its heading, room above and below for labels, no numbers along its axis."""
    (low, high), pixel = up, _pixel(up, above + below)
    low, high = low - below * pixel, high + (above + _TITLE) * pixel
    axes = bare(layout(names, across, (low, high), "", _FOOT, height=_HEIGHT, share=1 / len(ROWS), l=_EDGE, r=_EDGE,
                       t=_EDGE), zero=zero)  # fmt: skip
    axes["meta"] = {**axes["meta"], "least": _LEAST}
    role = "ink" if chosen else "quiet"
    heading = Label(sum(across) / 2, high - 6 * pixel, _TITLES[at], "bottom center", role, bold=chosen, fixed=True)
    # A rule begins each: one below another, what stands between two of them belongs to one.
    rule = lines([(across[0], high - pixel), (across[1], high - pixel)], "ink" if chosen else "line", 2)
    spec = figure([*drawn, rule], axes, [heading, *written])
    told = [(text, float(value)) for text, value in tells]
    return touched(spec, *grips, name=ROWS[at].capitalize(), tells=told)


def _beyond(x: float, end: float, text: str, off: float = 0.0) -> Label:
    """What is written at the end of a column: above what goes up, below what goes down; so far off it."""
    up = math.copysign(1, end) > 0
    return Label(x, end + off if up else end - off, text, "top center" if up else "bottom center", fixed=True)


def _borrowed(held: Held, ranges: Ranges, chosen: bool) -> Spec:
    """Above zero what the short holds, below it what it owes; of the contract there is only its profit or loss."""
    lot, pnl = held.lot, held.contract.pnl(held.now)
    sold, worth = lot.cost, lot.volume * held.now
    parts: dict[str, list[Part]] = {
        "restricted": [(0, 0, float(sold))],
        "owed": [(0, 0, -float(worth))],
        "profit": [(1, 0, float(max(pnl, ZERO)))],
        "loss": [(1, 0, float(min(pnl, ZERO)))],
    }
    clear = _CLEAR * _pixel(ranges.columns, _TWO + _THREE + 2 * _CLEAR)
    written = [
        _beyond(0, float(sold), f"restricted<br>{number(sold, 2, 2)}", clear),
        _beyond(0, -float(worth), f"owed<br>{money(lot.volume, lot.base)}<br>{number(worth, 2, 2)}", clear),
    ]
    if pnl:
        what = f"{_way(pnl)} {'profit' if pnl > 0 else 'loss'}<br>{number(abs(pnl), 2, 2)}"
        written.append(_beyond(1, float(pnl), what, clear))
    written.append(_beyond(1, math.copysign(0.0, -pnl), "nothing<br>owed", clear))
    costs = [-float(lot.volume) * now for now in ranges.now]
    return _small(
        0, chosen, stacks(parts, 2 * _HALF), written, _SIDES, ranges.columns, {0: "margin", 1: "future"},
        [grip("move", "y", costs, (-_HALF, _BETWEEN))],
        [
            (f"The margin short holds {money(sold, lot.quote)}", sold),
            (f"It owes {money(lot.volume, lot.base)}, worth {money(worth, lot.quote)}", worth),
            (f"The futures short owes nothing; its profit or loss so far: {money(pnl, lot.quote, sign=True)}", pnl),
        ],
        above=_TWO + _CLEAR, below=_THREE + _CLEAR,
    )  # fmt: skip


def _over_time(held: Held, ranges: Ranges, chosen: bool) -> Spec:
    """What holding has done to your money by each day: borrowing only takes, funding goes either way."""
    quote, (low, high) = held.lot.quote, ranges.costs
    cost = [(float(day), -float(amount)) for day, amount in enumerate(held.costs)]
    got = [(float(day), float(amount)) for day, amount in enumerate(held.funding)]
    here, last, day = [cost[held.days], got[held.days]], ranges.days, held.days
    middle = last / 2
    written = [
        Label(middle, high, f"╌╌ funding<br>{_signed(held.received)}", "top center", fixed=True),
        Label(middle, low, swatch("fee", "borrowing") + f"<br>{_signed(-held.cost)}", "bottom center", fixed=True),
    ]
    drawn = [
        lines([(day, low), (day, high)], "line", 1.5),
        lines(got, "ink", 2, "dash"),
        lines(cost, "fee", 4),
        rings(here),
    ]
    days = {0.0: "0", middle: "days", float(last): str(last)}
    told: list[tuple[str, Decimal | Fraction]] = [
        (f"Borrowing has cost {money(held.cost, quote)}", -held.cost),
        (f"Funding: {money(held.received, quote, sign=True)}", held.received),
    ]
    places = grip("days", "x", (0, last), (high, here[0][1]))
    return _small(1, chosen, drawn, written, (-1.5, last + 1.5), ranges.costs, days, [places], told)


def _room_left(held: Held, ranges: Ranges, chosen: bool) -> Spec:
    """From the price now, an arrow up to the price at which each is liquidated: how far it may rise."""
    lot, now, (ends, other) = held.lot, float(held.now), held.liquidated
    limits = [(0.0, ends), (1.0, other)]
    pixel = _pixel(ranges.prices, _THREE + _TWO)
    drawn: list[Spec] = []
    for x, end in limits:
        wall, way = float(end), 1 if end >= held.now else -1
        drawn.append(lines([(x, now), (x, wall - way * _HEAD * pixel)], "market", 3))
        if abs(wall - now) > 2 * _HEAD * pixel:
            marker = {"color": "role:market", "size": 12, "symbol": f"triangle-{'up' if way > 0 else 'down'}"}
            drawn.append({**rings([(x, wall - way * _HEAD * pixel)]), "marker": marker})
        drawn.append(lines([(x - _HALF - 0.1, wall), (x + _HALF + 0.1, wall)], "loss", 5))
    drawn.append(lines([(_SIDES[0], now), (_SIDES[1], now)], "ink", 2))
    written = [
        *(Label(x, float(end) + 4 * pixel, _reached(held, end), "top center", fixed=True) for x, end in limits),
        Label(0.5, now - 3 * pixel, f"price now<br>{number(held.now, 2, 2)}", "bottom center", fixed=True),
    ]
    told: list[tuple[str, Decimal | Fraction]] = [
        (f"Price now: {money(held.now, lot.quote)}", held.now),
        (f"The margin short is liquidated near {money(ends, lot.quote)}", ends),
        (f"The futures short is liquidated near {money(other, lot.quote)}", other),
    ]
    names = {0.0: "margin", 1.0: "future"}
    places = grip("move", "y", ranges.now, _SIDES)
    return _small(
        2, chosen, drawn, written, _SIDES, ranges.prices, names, [places], told, above=_THREE, zero=False
    )  # fmt: skip


def _reached(held: Held, end: Fraction) -> str:
    """What it takes: the answer to the heading."""
    far = named(end / fraction(held.now) - 1, "how far the price may go until then", ("R23",), unit=())
    return f"a {'rise' if far >= 0 else 'fall'} to<br>{number(end, 2, 2)}<br>{'+' if far > 0 else ''}{percent(far, 1)}"


def _left_over(held: Held, ranges: Ranges, chosen: bool) -> Spec:
    """What closing has made of it: the same profit or loss, and what holding has taken from it or added."""
    quote, pnl = held.lot.quote, held.contract.pnl(held.now)
    parts: dict[str, list[Part]] = {role: [] for role in ("profit", "loss", "fee")}
    room, written, told = _TWO + _OFF, [], []
    pixel = _pixel(ranges.results, 2 * room)
    for x, change, name in ((0.0, -held.cost, "margin"), (1.0, held.received, "futures")):
        left = pnl + change
        whole = left if change > 0 else pnl
        solid = max(left, ZERO) if change <= 0 < pnl else whole
        parts["profit" if solid > 0 else "loss"].append((x, 0.0, float(solid)))
        if change < 0:
            parts["fee"].append((x, float(left), float(-change)))
        ends = left if change > 0 or left < 0 else pnl
        what = "gained" if left > 0 else "lost" if left < 0 else "even"
        written.append(_beyond(x, float(ends), f"{_way(left)} {what}<br>{number(abs(left), 2, 2)}", _OFF * pixel))
        told.append((f"Closed now, the {name} short has made {money(left, quote, sign=True)}", left))
    names = {0.0: "margin", 1.0: "future"}
    lot = held.lot
    results = [float(lot.cost) - float(lot.volume) * now for now in ranges.now]
    places = grip("move", "y", results, (-_HALF, _BETWEEN))
    drawn = stacks(parts, 2 * _HALF)
    return _small(3, chosen, drawn, written, _SIDES, ranges.results, names, [places], told, above=room, below=room)


def _capped(held: Held, ranges: Ranges, chosen: bool) -> Spec:
    """What each has made, holding counted in, against the price: beyond the stop it changes no more.

    A line ends with a ring where the short is liquidated before the stop (B5).
    """
    lot, quote, (low, high), stop = held.lot, held.lot.quote, ranges.stops, held.trigger

    def on_margin(at: Decimal) -> Decimal:
        moved = held.state.copy()
        moved.prices[lot.pair] = at
        return unrealised(moved, lot) - held.cost

    def contract(at: Decimal) -> Decimal:
        return held.contract.pnl(at) + held.received

    drawn = [lines([(float(stop), ranges.stopped[0]), (float(stop), ranges.stopped[1])], "quiet", 1.5)]
    late, limits = held.too_late, held.liquidated
    results: list[tuple[str, str, Decimal | Fraction]] = []
    for at, (name, made, role, width, dash) in enumerate(
        (("future", contract, "quiet", 2.0, "dash"), ("margin", on_margin, "ink", 3.0, ""))
    ):
        of = 1 - at  # the margin short is drawn last, above the other
        first, path = (low, float(made(Decimal(int(low))))), [(float(stop), float(made(stop)))]
        if late[of]:
            end = quotient(Decimal(limits[of].numerator), Decimal(limits[of].denominator), 2)
            path = [(float(end), float(made(end)))]
            told_of = f"The {'margin' if of == 0 else 'futures'} short is liquidated before the stop, near"
            results.insert(0, (f"{name} liquidated<br>before the stop", f"{told_of} {money(end, quote)}", end))
        else:
            path.append((high, path[0][1]))
            told_of = f"There the {'margin' if of == 0 else 'futures'} short has made"
            results.insert(
                0, (f"{name} {_signed(made(stop))}", f"{told_of} {money(made(stop), quote, sign=True)}", made(stop))
            )
        drawn.append(lines(clipped([first, *path], *ranges.stopped), role, width, dash))
        if late[of]:
            drawn.append(rings(path, role))
    drawn.append(rings([(float(held.now), float(on_margin(held.now)))]))
    # A result is what there is once the stop has fired: at the price now it is another one.
    ended, out = (
        [text for (text, *_), is_late in zip(results, late, strict=True) if is_late is it] for it in (True, False)
    )
    said = [*ended, *(["stopped out:", *out] if out else [])]
    middle, (bottom, top) = (low + high) / 2, ranges.stopped
    written = [
        Label(middle, top, "<br>".join(said), "top center", fixed=True),
        Label(float(stop), bottom, f"stop at<br>{number(stop, 2, 2)}", "bottom center", fixed=True),
    ]
    told: list[tuple[str, Decimal | Fraction]] = [
        (f"The stop stands at {money(stop, quote)}", stop),
        *((each, amount) for _, each, amount in results),
    ]
    places = grip("move", "x", ranges.now, (top, float(on_margin(held.now))))
    names = {low + (high - low) / 2: "price"}
    return _small(
        4, chosen, drawn, written, (low, high), ranges.stopped, names, [places], told, above=_FOUR
    )  # fmt: skip


def _way(result: Decimal) -> str:
    return "▲" if result > 0 else "▼" if result < 0 else "="


def _signed(amount: Decimal) -> str:
    """An amount with its sign, for a figure whose currency its panel names."""
    return f"{'+' if amount > 0 else ''}{number(amount, 2, 2)}"

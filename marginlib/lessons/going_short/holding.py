"""A margin short and a futures short, side by side as days pass: the five rows in which they differ (R23)."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

from marginlib.analysis.futures import FUNDING_HOURS, Perpetual
from marginlib.analysis.limits import limit_price
from marginlib.analysis.sheet import Sheet, sheet
from marginlib.drawing.pieces import Part, Point, Spec, figure, layout, lines, marked, rings, stacks
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import View, screen, table
from marginlib.engine.account import Position, Row, State, fees_taken
from marginlib.engine.amounts import ZERO
from marginlib.engine.margin import unrealised
from marginlib.engine.story import Moment, Story
from marginlib.telling import sentences
from marginlib.telling.numbers import money, number, percent

ROWS = ("what is borrowed", "what holding costs", "what liquidates it", "how it ends", "which stop protects")
"""The five rows of the source's comparison (R23)."""

PREPARED = 2  # the opening and the move of the price, before the days
_SIDE = 0.18  # half of a column
_EDGE = _SIDE + 0.03


class Ranges(NamedTuple):
    """How far the axes go, in QUOTE: what is held and owed, what holding costs, prices, what is left, results."""

    columns: tuple[float, float]
    costs: tuple[float, float]
    prices: tuple[float, float]
    left: tuple[float, float]
    results: tuple[float, float]


@dataclass(frozen=True)
class Held:
    """A short that was opened, whose price moved, and which was held day by day; beside it a contract of its size.

    ``month`` opens it, moves the price and waits a day at a time, ``days`` of which have gone by; ``mirror`` does the
    same with a long; ``funding`` is what the contract has received by the end of each day from 0, in QUOTE. What the
    last two rows need: ``closed`` is the short closed after those days; ``stops`` are the short with a stop that is
    placed then and run into, and with the attempt to place one of the other type.
    """

    month: Story
    mirror: Story
    days: int
    contract: Perpetual
    funding: tuple[Decimal, ...]
    closed: Story | None = None
    stops: tuple[Story, Story] | None = None

    @property
    def state(self) -> State:
        """The state after these days, the short still open."""
        return self.month.moments[PREPARED + self.days - 1].after

    @property
    def lot(self) -> Position:
        """The short."""
        return self.state.positions[0]

    @property
    def now(self) -> Decimal:
        """The price now."""
        return self.state.prices[self.lot.pair]

    @property
    def received(self) -> Decimal:
        """Funding so far: received with a plus, paid with a minus."""
        return self.funding[self.days]

    @functools.cached_property
    def costs(self) -> tuple[Decimal, ...]:
        """What borrowing has cost by the end of each day from 0, in QUOTE: opening fee and rollovers."""
        return _by_day(self.month)

    @property
    def long_cost(self) -> Decimal:
        """What borrowing would have cost a long so far, in QUOTE, which is what it borrows."""
        return _by_day(self.mirror)[self.days]

    @property
    def cost(self) -> Decimal:
        """What borrowing has cost so far."""
        return self.costs[self.days]

    @property
    def rollovers(self) -> list[Row]:
        """The rollovers so far."""
        passed = self.month.moments[: PREPARED + self.days]
        return [row for moment in passed for row in moment.rows if row.type == "rollover"]


def _by_day(month: Story) -> tuple[Decimal, ...]:
    daily = [_charged(month.moments[:PREPARED]), *(_charged([moment]) for moment in month.moments[PREPARED:])]
    return tuple(accumulate(daily))


def _charged(moments: Sequence[Moment]) -> Decimal:
    """Opening fees and rollovers of some moments, in QUOTE."""
    rows = [row for moment in moments for row in moment.rows]
    return sum(fees_taken(rows, reasons=("opening_fee", "rollover_fee")).values(), ZERO)


def view(row: str, held: Held, ranges: Ranges) -> View:
    """What the screen shows of one of the five rows."""
    title, drawn, told, rows = _ROWS[row](held, ranges)
    heads = ("", "Margin short", "Futures short", "Rules")
    return screen(title, [drawn], told, [table(f"{row.capitalize()}: side by side", heads, rows, unfolded=True)])


Shown = tuple[str, Spec, list[str], list[list[str]]]


def _borrowed(held: Held, ranges: Ranges) -> Shown:
    lot, quote = held.lot, held.lot.quote
    seen, equity = sheet(held.state, quote), held.contract.equity(held.now, held.received)
    pnl = held.contract.pnl(held.now)
    owed, sold = money(lot.volume, lot.base), money(lot.cost, quote)
    worth, gain = money(seen.owes, quote), money(pnl, quote, sign=True)
    title = f"The margin short owes {owed}, worth {worth} now; the futures short owes nothing"
    told = [
        f"On margin, {owed} was really lent to you and really sold: you hold the {sold} and owe the coin, whatever it "
        f"costs (R1).",
        f"A future is a contract between two traders. No coin is lent and none is sold; the difference to the opening "
        f"price, {gain} so far, is all there is to it (R23).",
        f"Yours are {money(seen.yours, quote)} on margin and {money(equity, quote)} with the future; what sets them "
        f"apart is what holding costs (R21, R23).",
    ]
    rows = [
        ["Borrowed", owed, "nothing", "R1, R23"],
        ["Held for it", f"{sold}, restricted", "a contract", "R1"],
        ["Profit or loss so far", gain, gain, "R11"],
        ["Yours", money(seen.yours, quote), money(equity, quote), "B1"],
    ]
    return title, _columns(seen, held, ranges), told, rows


def _columns(seen: Sheet, held: Held, ranges: Ranges) -> Spec:
    """What is yours or held above the line, what is owed below it; the contract has its profit or loss instead."""
    pnl, equity = held.contract.pnl(held.now), float(held.contract.equity(held.now, held.received))
    won, lost = float(max(pnl, ZERO)), float(max(-pnl, ZERO))
    own, restricted, owed = (
        sum(float(entry.worth) for entry in kind) for kind in (seen.own, seen.restricted, seen.owed)
    )
    backs, lent = equity - won, seen.owed[0]
    amount = number(held.contract.collateral + held.received + min(pnl, ZERO), 2)
    written = [
        Label(_EDGE, -owed / 2, f"owed<br>{money(lent.amount, lent.currency)}<br>= {number(lent.worth, 2)}"),
        Label(_EDGE, own / 2, f"your balance<br>{number(seen.own[0].amount, 2)}"),
        Label(_EDGE, own + restricted / 2, f"held,<br>restricted<br>{number(seen.restricted[0].amount, 2)}"),
        Label(1 + _EDGE, 0, "nothing owed", "bottom right"),
        Label(1 + _EDGE, backs / 2, f"your balance<br>{amount}"),
    ]
    if pnl:
        told = f"{'▲ profit' if pnl > 0 else '▼ loss'} so far<br>{_signed(pnl)}"
        written.append(Label(1 + _EDGE, backs + (won + lost) / 2, told))
    parts: dict[str, list[Part]] = {
        "own": [(0, 0, own), (1, 0, backs)],
        "restricted": [(0, own, restricted)],
        "owed": [(0, 0, -owed)],
        "profit": [(1, backs, won)],
        "loss": [(1, backs, lost)],
    }
    return figure(stacks(parts, 2 * _SIDE), _two(ranges.columns, seen.currency), written)


def _two(up: tuple[float, float], quote: str) -> Spec:
    """The axes of a column for each of the two."""
    return layout({0.0: "margin short", 1.0: "futures short"}, (-0.4, 1.95), up, quote, grid=False)


def _signed(amount: Decimal) -> str:
    """An amount with its sign, for a figure whose axis names the currency."""
    return f"{'+' if amount > 0 else ''}{number(amount, 2)}"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _paid(amount: Decimal, quote: str) -> str:
    """Funding in words."""
    if not amount:
        return "funding comes to nothing"
    return f"funding has {'brought' if amount > 0 else 'cost'} {money(abs(amount), quote)}"


def _holding(held: Held, ranges: Ranges) -> Shown:
    lot, quote = held.lot, held.lot.quote
    cost, got = money(held.cost, quote), _paid(held.received, quote)
    rolled = held.rollovers
    value, opening = money(lot.volume * held.now, quote), held.costs[0]
    each = money(rolled[0].fee - rolled[0].amount, quote) if rolled else ""
    every = number(held.state.rulebook.rollover_hours, 20)
    payments = held.days * 24 // FUNDING_HOURS
    rate = held.state.lending_rate("opening", lot.base)
    at_opening = f"The opening fee takes {money(opening, quote)}, {percent(rate, 4)} of what was extended"
    rolls = f"{len(rolled)} rollovers follow, one for every full {every} hours" if rolled else "no rollover is due yet"
    lent = money(lot.volume, lot.base)
    of_what = f", each {percent(lot.rollover, 4)} of the {lent} extended, {value} now: {each}" if rolled else ""
    title = f"After {_days(held.days)} borrowing has cost {cost}; {got}"
    told = [
        f"{at_opening}; {rolls}{of_what} (R21, B6). You pay it whether the price rises or falls.",
        _mirrored(held),
        f"The future has no interest. Every {FUNDING_HOURS} hours one side pays the other funding on {value}: at a "
        f"rate above zero longs pay shorts, below zero shorts pay longs (R23). After {payments} payments, {got}.",
        "Funding rates here are made up: the sources give none, and a real one changes from payment to payment.",
    ]
    rows = [
        ["At opening", money(-opening, quote), "nothing", "B6"],
        ["Then, every", f"{every} hours", f"{FUNDING_HOURS} hours", "B6, R23"],
        ["So many times so far", str(len(rolled)), str(payments), ""],
        ["Paid to", "the exchange", "the other side, or from it", "R21, R23"],
        ["In all so far", money(-held.cost, quote), money(held.received, quote, sign=True), ""],
    ]
    return title, _over_time(held, ranges), told, rows


def _mirrored(held: Held) -> str:
    """What a long of the same size would have paid: for another currency, at its own rate (B6)."""
    (long,) = held.mirror.final.positions
    each = money(long.cost * long.rollover, long.quote)
    return (
        f"A long of the same size would borrow {money(long.cost, long.quote)}, and each currency has its own rate "
        f"(B6): at {percent(long.rollover, 4)} (made up) it would pay {each} each time, at any price, and "
        f"{money(held.long_cost, long.quote)} in all so far."
    )


def _over_time(held: Held, ranges: Ranges) -> Spec:
    """What holding has done to your money by each day: up is received, down is paid."""
    quote, last = held.lot.quote, len(held.costs) - 1
    low, high = ranges.costs
    cost = [(float(day), -float(amount)) for day, amount in enumerate(held.costs)]
    got = [(float(day), float(amount)) for day, amount in enumerate(held.funding)]
    here = [cost[held.days], got[held.days]]
    told = [
        f"after {_days(held.days)}",
        f"── borrowing: {marked(-held.cost, quote)}",
        f"╌╌ funding: {marked(held.received, quote)}",
    ]
    days = {float(day): f"{day}{'<br>days held' if day == 15 else ''}" for day in range(0, last + 1, 5)}
    return figure(
        [
            lines([(held.days, low + (high - low) / 15), (held.days, max(y for _, y in here))], "line", 1.5),
            lines(got, "ink", 2, "dash"),
            lines(cost, "own", 3),
            rings(here),
        ],
        layout(days, (-0.8, last * 1.34), ranges.costs, quote, grid=False),
        [
            Label(0, high, "<br>".join(told), "bottom right", bold=True, fixed=True),
            Label(0, low, "▲ up: received, ▼ down: paid", "top right", "quiet", fixed=True),
            Label(last * 1.03, cost[-1][1], "borrowing", size=13),
            Label(last * 1.03, got[-1][1], "funding", size=13),
        ],
    )


def _liquidated(held: Held, ranges: Ranges) -> Shown:
    lot, quote, state = held.lot, held.lot.quote, held.state
    book = state.rulebook
    levels = (book.call_level, book.liquidation_level, ZERO)
    call, ends, gone = (limit_price(state, quote, level, lot.pair).nearest for level in levels)
    future = held.contract.liquidation_price(held.received)
    assert call
    assert ends
    assert gone
    assert future
    at, other = (money(limit, quote) for limit in (ends, future))
    summary = held.month.margin_of(state)
    assert summary
    assert summary.level is not None
    ratio, limit = held.contract.margin_ratio(held.now, held.received), held.contract.maintenance
    title = f"The margin short would be liquidated near {at}, the futures short near {other}"
    told = [
        f"{sentences.margin(summary, book)} A short's used margin grows with the price, so the room shrinks from two "
        f"sides (B2, B5).",
        f"A future has a margin ratio, what backs it ÷ what the contract is worth: {percent(ratio)} now. It is "
        f"liquidated at {percent(limit)} in this model; that number is made up, as the sources name the trigger and "
        f"no number (R23).",
        f"The source has the margin short liquidated when equity can't cover what was borrowed. That would be at "
        f"{money(gone, quote)}; by the exchange's own page it comes sooner (C3).",
    ]
    rows = [
        ["What is watched", "the margin level of all you have", "the contract's margin ratio", "B3, R23"],
        ["Now", percent(summary.level / 100), percent(ratio), "B3"],
        ["Margin call", f"at {percent(book.call_level / 100)}: {money(call, quote)}", "–", "B5"],
        [
            "Liquidation",
            f"at {percent(book.liquidation_level / 100)}: {at}",
            f"at {percent(limit)}: {other}",
            "B5, R23",
        ],
        ["All gone (equity 0)", money(gone, quote), _all_gone(held), "C3"],
    ]
    marks = [
        [(call, "margin call"), (ends, "liquidation"), (gone, "equity 0")],
        [(future, "liquidation"), (_gone(held), "equity 0")],
    ]
    return title, _ladder(held, marks, ranges), told, rows


def _gone(held: Held) -> Fraction:
    """The price at which what backs the contract is used up."""
    contract = held.contract
    whole = Perpetual(contract.side, contract.size, contract.open_price, contract.collateral, ZERO)
    return whole.liquidation_price(held.received) or Fraction(0)


def _all_gone(held: Held) -> str:
    return money(_gone(held), held.lot.quote)


def _ladder(held: Held, marks: list[list[tuple[Fraction, str]]], ranges: Ranges) -> Spec:
    """Two columns of prices: from the price now up to where each is liquidated."""
    quote, now, start = held.lot.quote, float(held.now), float(held.lot.open_price)
    rungs: list[Point | None] = []
    room: list[Part] = []
    written = [
        Label(1.95, now, f"price now, {number(held.now, 0)}", "bottom left", bold=True),
        Label(0.5, start, "opened here", "top center", "quiet"),
    ]
    for at, column in enumerate(marks):
        for limit, text in column:
            rungs += [(at - _SIDE, float(limit)), (at + _SIDE, float(limit)), None]
            written.append(Label(at + _EDGE, float(limit), f"{text}<br>{number(limit, 0)}"))
        end = next(float(limit) for limit, text in column if text == "liquidation")
        room.append((at, now, end - now))
    return figure(
        [
            lines([(-0.4, start), (1.95, start)], "line", 1.5),
            *stacks({"market": room}, 2 * _SIDE),
            lines(rungs, "ink", 3),
            lines([(-0.4, now), (_SIDE, now), None, (1 - _SIDE, now), (1.95, now)], "ink", 2),
        ],
        _two(ranges.prices, quote),
        written,
    )


def _ending(held: Held, ranges: Ranges) -> Shown:
    assert held.closed
    lot, quote = held.lot, held.lot.quote
    left, other = held.closed.final.balance(quote), held.contract.equity(held.now, held.received)
    pnl = money(held.closed.realised[0].pnl, quote, sign=True)
    gap, volume = left - other, money(lot.volume, lot.base)
    apart_ = f"{money(abs(gap), quote)} apart" if gap else "the same"
    title = (
        f"Closed now, the margin short leaves {money(left, quote)}, the futures short {money(other, quote)}: {apart_}"
    )
    told = [
        f"On margin coins change hands: {volume} is bought for {money(lot.volume * held.now, quote)} and repaid, and "
        f"the difference is yours (R9 to R11). You could also settle with {volume} of your own, and keep the "
        f"{money(lot.cost, quote)} (R3, R4).",
        f"A contract is ended by the opposite contract: the difference, {pnl}, is paid, and no coin was ever there "
        f"(R23).",
        f"Profit or loss is the same, {pnl}. What sets the two apart is holding: borrowing has cost "
        f"{money(held.cost, quote)}, {_paid(held.received, quote)}. Trading fees are left out here.",
    ]
    rows = [
        ["Ended by", f"buying {volume}, or settling with it", "the opposite contract", "R2, R9, R23"],
        ["What moves", "coins and money", "money only", "R3, R10"],
        ["Profit or loss", pnl, money(held.contract.pnl(held.now), quote, sign=True), "R11"],
        ["Holding it", money(-held.cost, quote), money(held.received, quote, sign=True), "B6, R23"],
        ["You have then", money(left, quote), money(other, quote), ""],
    ]
    return title, _leftovers(held, ranges), told, rows


def _leftovers(held: Held, ranges: Ranges) -> Spec:
    """What you have after closing: your own, what was gained, and on top what holding and a loss have taken."""
    pnl, start = held.contract.pnl(held.now), float(held.contract.collateral)
    won, lost = float(max(pnl, ZERO)), float(max(-pnl, ZERO))
    parts: dict[str, list[Part]] = {role: [] for role in ("own", "profit", "loss", "fee")}
    written: list[Label] = []
    for at, change in enumerate((-held.cost, held.received)):
        taken, brought = float(max(-change, ZERO)), float(max(change, ZERO))
        what = "profit<br>and funding" if won and brought else "profit" if won else "funding"
        level = 0.0
        for role, height, text in (
            ("own", start - taken - lost, "your own"),
            ("profit", won + brought, f"▲ {what}<br>{_signed(max(pnl, ZERO) + max(change, ZERO))}"),
            ("fee", taken, f"{'funding' if at else 'borrowing'}<br>{_signed(change)}"),
            ("loss", lost, f"▼ loss<br>{_signed(pnl)}"),
        ):
            if height:
                parts[role].append((at, level, height))
                written.append(Label(at + _EDGE, level + height / 2, text))
                level += height
    return figure(stacks(parts, 2 * _SIDE), _two(ranges.left, held.lot.quote), written)


def _protected(held: Held, ranges: Ranges) -> Shown:
    assert held.stops
    quote, (stopped, refused) = held.lot.quote, held.stops
    (result,) = stopped.moments[-1].realised
    assert refused.error
    trigger = money(result.price, quote)
    left = stopped.final.balance(quote) - held.contract.collateral
    other = held.contract.pnl(result.price) + held.received
    title = f"A stop that buys, at {trigger}, ends the margin short; a close stop there ends the futures short"
    told = [
        f"A rising price is what hurts a short, so its stop stands above the price and buys (R22). At {trigger}, 10 % "
        f"above the price now, the result is {money(result.pnl, quote, sign=True)}; borrowing has cost "
        f"{money(held.cost, quote)}, so {money(left, quote, sign=True)} remain.",
        f"This workbook refuses a stop that sells, so that you see the mistake. "
        f"{sentences.refusal(refused.error).partition(': ')[2]} Don't count on an order form to refuse it.",
        f"A future takes a stop that closes the contract, or a long of the same size (R23): with its funding, "
        f"{money(other, quote, sign=True)}. Either stop closes at the first price beyond it, which may be worse.",
    ]
    rows = [
        ["Stop", "buy stop-loss", "close stop, or a reverse long", "R22, R23"],
        ["Stands", "above the price", "above the price", ""],
        ["A stop that sells", "would add to the short", "would add to the short", "R22"],
        [f"Ended at {trigger}", money(left, quote, sign=True), money(other, quote, sign=True), "R11"],
    ]
    return title, _capped(held, ranges), told, rows


def _capped(held: Held, ranges: Ranges) -> Spec:
    """What each has made, holding counted in, against the price: beyond the stop it changes no more."""
    assert held.stops
    quote, lot = held.lot.quote, held.lot
    low, high = (Decimal(int(end)) for end in ranges.prices)
    (result,) = held.stops[0].moments[-1].realised

    def drawn(made: Callable[[Decimal], Decimal], change: Decimal) -> list[Point]:
        ends = [(at, float(made(at) + change)) for at in (low, result.price)]
        return [*((float(at), y) for at, y in ends), (float(high), ends[-1][1])]

    def on_margin(at: Decimal) -> Decimal:
        moved = held.state.copy()
        moved.prices[lot.pair] = at
        return unrealised(moved, lot)

    mine, contract = drawn(on_margin, -held.cost), drawn(held.contract.pnl, held.received)
    bottom, top = ranges.results
    span, now, stop = float(high - low), float(held.now), float(result.price)
    here = [(now, float(on_margin(held.now) - held.cost)), (now, float(held.contract.pnl(held.now) + held.received))]
    ticks = {float(at): number(Decimal(at), 0) for at in range(40_000, int(high) + 1, 20_000)}
    ticks[80_000.0] += f"<br>price of 1 {lot.base}, in {quote}"
    return figure(
        [
            lines([(stop, bottom), (stop, top)], "quiet", 1.5),
            lines(contract, "ink", 2, "dash"),
            lines(mine, "own", 3),
            rings(here),
        ],
        layout(ticks, (float(low) - span / 30, float(high) + span / 5), ranges.results, quote, grid=False),
        [
            Label(stop + span / 100, top, f"stop at {number(result.price, 2)}", "bottom right", bold=True, fixed=True),
            Label(float(high) + span / 80, mine[-1][1], "margin", size=13),
            Label(float(high) + span / 80, contract[-1][1], "future", size=13),
            Label(now, min(y for _, y in here), "now", "bottom left"),
        ],
    )


_ROWS: dict[str, Callable[[Held, Ranges], Shown]] = dict(
    zip(ROWS, (_borrowed, _holding, _liquidated, _ending, _protected), strict=True)
)

"""A short and its mirror: profit or loss against the price, and step by step what closing the short does."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.analysis.sheet import Entry, Sheet, sheet
from marginlib.drawing.axes import rounds, stepped
from marginlib.drawing.pieces import Part, Spec, clipped, figure, layout, lines, rings, stacks
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, screen, table
from marginlib.drawing.touch import grip, touched
from marginlib.engine.account import Position, fees_taken
from marginlib.engine.amounts import ZERO
from marginlib.engine.margin import put_up, return_on_put_up, unrealised
from marginlib.engine.story import Story
from marginlib.lessons.going_short.buying_back import closing_sheets
from marginlib.telling import sentences
from marginlib.telling.events import fallen
from marginlib.telling.numbers import money, number, percent, price

STEPS = ("Still open", "Buy the coins back", "Repay what was lent", "Profit or loss", "The trading fee")
"""The steps that a closing is walked in: before it, and the four things that it does."""

_SIDE = 0.15  # half of a column


class Reach(NamedTuple):
    """How far the axes go (the price, and profit or loss, in QUOTE), and the controls: QUOTE, times, percent."""

    prices: tuple[float, float]
    results: tuple[float, float]
    opened: tuple[float, float]
    leverage: tuple[int, int]
    move: tuple[float, float]


def result(story: Story, lot: Position | None = None) -> Decimal:
    """Profit or loss of the oldest open position at the end of a story, in QUOTE."""
    return unrealised(story.final, lot or story.final.positions[0])


def mirror(short: Story, long: Story, reach: Reach) -> View:
    """A short, and a long of the same size and opening price, after the price moved."""
    lot, state = short.final.positions[0], short.final
    pnl, quote = result(short), lot.quote
    share = return_on_put_up(state, lot)
    moved = percent(abs(state.prices[lot.pair] / lot.open_price - 1))
    rises = state.prices[lot.pair] > lot.open_price
    if pnl:
        title = (
            f"The price {'rises' if rises else 'falls'} {moved}: the short {_makes(pnl, quote)}, "
            f"{percent(abs(share))} of what you put up"
        )
    else:
        title = "The price has not moved: neither short nor long has made or lost anything"
    happens = ["break-even"] if pnl > 0 else []
    for story, whose in ((short, "short: "), (long, "long: ")):
        happens += [each for each in fallen(story.margin, state.rulebook, whose) if "free" not in each]
    return screen(title, [_lines(short, long, reach)], _mirrored(short, long), [_both(short, long)], happens=happens)


def _makes(pnl: Decimal, quote: str) -> str:
    return f"{'gains' if pnl > 0 else 'loses'} {money(abs(pnl), quote)}"


def _lines(short: Story, long: Story, reach: Reach) -> Spec:
    """Two lines that cross at the opening price, and at the price now both results, grown from zero to their lines."""
    lot = short.final.positions[0]
    now, quote, opened, size = float(short.final.prices[lot.pair]), lot.quote, float(lot.open_price), float(lot.volume)
    (low, high), (bottom, top) = reach.prices, reach.results
    ends = {"short": result(short), "long": result(long)}
    here = [(now, float(end)) for end in ends.values()]
    ends_at, put = sorted(here), put_up(lot)
    moves = [opened * (1 + move / 100) for move in reach.move]
    drawn = [lines([(low, -float(put)), (high, -float(put))], "quiet", 1.5, "dot")]
    for way, role, width, dash in ((1, "quiet", 2.0, "dash"), (-1, "ink", 3.0, "")):
        line = [(at, way * size * (at - opened)) for at in (low, *moves, high)]
        drawn.append(lines(clipped(line[1:3], bottom, top), role, width, dash))
        beyond = [*clipped(line[:2], bottom, top), None, *clipped(line[2:], bottom, top)]
        drawn.append(lines(beyond, role, 1.5, "dot"))
    grown = {"profit": [(x, 0.0, y) for x, y in here if y > 0], "loss": [(x, 0.0, y) for x, y in here if y < 0]}
    marks = [
        lines([(now, bottom), ends_at[0], None, ends_at[1], (now, top)], "market", 2),
        lines([(opened, bottom), (opened, top)], "line", 1.5),
        *stacks(grown, (high - low) / 24),
    ]
    written = [
        Label(high, 0.78 * top, f"── short<br>{_result(ends['short'])}", bold=True, fixed=True),
        Label(high, 0.36 * top, f"╌╌ long<br>{_result(ends['long'])}", bold=True, fixed=True),
        Label(high, -float(put), f"put up<br>{number(put, 2, 2)}", "middle right", fixed=True),
        Label(opened, top, f"opened at<br>{number(lot.open_price, 2, 2)}", "bottom center", "quiet", fixed=True),
        Label(now, bottom, f"<br>price now<br>{number(Decimal(short.final.prices[lot.pair]), 2, 2)}",
              "bottom center", fixed=True),
    ]  # fmt: skip
    ticks = {tick: number(Decimal(tick), 0) for tick in rounds(low, high, 60_000)}
    axes = layout(ticks, (low, high), (bottom, top), quote, 64, height=400, grid=False, l=64, r=116)
    spec = figure([*marks, *drawn, rings(here)], stepped(axes, 20_000, quote), written)
    times = range(reach.leverage[0], reach.leverage[1] + 1)
    return touched(
        spec,
        grip("move", "x", moves),
        grip("opened", "x", reach.opened, (0.7 * top, top)),
        grip("leverage", "y", [-float(lot.cost) / each for each in times]),
        name=f"Profit or loss of the short and of the long, in {quote}, against the price",
        tells=[
            (f"Opened at {price(lot.open_price, quote)}", opened),
            (f"Price now: {price(short.final.prices[lot.pair], quote)}", now),
            *((f"The {name}: {money(end, quote, sign=True)}", float(end)) for name, end in ends.items()),
            (f"Put up: {money(put, quote)}", float(put)),
        ],
    )


def _result(pnl: Decimal) -> str:
    """A result in the currency that the axis names."""
    return f"{'▲ +' if pnl > 0 else '▼ ' if pnl < 0 else ''}{number(pnl, 2, 2)}"


def _mirrored(short: Story, long: Story) -> list[str]:
    state, lot = short.final, short.final.positions[0]
    pnl, quote, times = result(short), lot.quote, number(lot.leverage, 20)
    now, volume = state.prices[lot.pair], money(lot.volume, lot.base)
    share, moved = return_on_put_up(state, lot), now / lot.open_price - 1
    sold, costs = money(lot.cost, quote), money(lot.volume * now, quote)
    first = (
        f"You sold {volume} that you were lent, for {sold} (R1). To buy it back costs {costs} now: the difference is "
        f"{money(pnl, quote, sign=True)}. A long of the same size stands at {money(result(long), quote, sign=True)}."
    )
    second = (
        f"You put up {money(put_up(lot), quote)}, which is {sold} ÷ {times}. The price has moved by "
        f"{_signed(moved)}; {times} times that, with the sign turned round, is {_signed(share)} of what you put up "
        f"(R20)."
    )
    most = (
        f"A short of {volume} from {sold} can gain {sold} at most, at a price of 0. What it can lose has no such "
        f"number: the dots at the right go on (R20)."
    )
    return [first, second, most, sentences.margin(short.margin, state.rulebook)]


def _signed(share: Decimal | Fraction) -> str:
    return f"{'+' if share > 0 else ''}{percent(share)}"


def _both(short: Story, long: Story) -> Table:
    """Short and long in numbers."""
    columns = []
    for story in (short, long):
        lot, seen = story.final.positions[0], sheet(story.final, story.scenario.summary_currency or "")
        assert story.margin
        assert story.margin.level is not None
        owed, held = (money(amount, code) for code, amount in (lot.owed, lot.held))
        columns.append(
            [
                owed,
                held,
                money(result(story), lot.quote, sign=True),
                _signed(return_on_put_up(story.final, lot)),
                money(seen.yours, seen.currency),
                money(story.margin.used_margin, seen.currency),
                percent(story.margin.level / 100),
            ]
        )
    names = ("Owed", "Held, restricted", "Profit or loss", "… of what was put up", "Yours: your equity",
             "Used margin", "Margin level")  # fmt: skip
    rules = ("R1", "R1", "R11", "R20", "B1", "B2", "B3")
    rows = [*zip(names, *columns, rules, strict=True)]
    marks = [name.startswith("Profit") for name in names]
    heads = ("", "Short", "Long", "Rule")
    return table("Short and long in numbers", heads, rows, numbers=(1, 2), marks=marks)


def closing(story: Story, step: int, up: tuple[float, float]) -> View:
    """The closing of a short, walked to one of the steps (from 1); the axis goes ``up`` from so low to so high."""
    moment, currency = story.moments[-1], story.scenario.summary_currency or ""
    stages = closing_sheets(moment, currency)
    title, *told = _walked(story, stages, step)
    return screen(title, [_places(story, stages, step, up)], told, [_movements(story, step)])


def _fee(story: Story) -> Decimal:
    """The trading fee of the closing, in QUOTE: it is taken from there (A4)."""
    return sum(fees_taken(story.moments[-1].rows, reasons=("trading_fee",)).values(), ZERO)


def _places(story: Story, stages: tuple[Sheet, ...], step: int, up: tuple[float, float]) -> Spec:
    """Three places side by side: your balance, what the position holds, what is owed (hanging below zero)."""
    seen, realised = stages[step - 1], story.moments[-1].realised[0]
    pnl, fee = (realised.pnl, _fee(story) if step == 5 else ZERO) if step >= 4 else (ZERO, ZERO)
    have = seen.own[0].amount
    gained = max(pnl - fee, ZERO)
    own, kept, took, lost = float(have), float(have - gained), float(fee), float(max(-pnl, ZERO))
    parts: dict[str, list[Part]] = {
        "own": [(0, 0, kept)],
        "profit": [(0, kept, own - kept)],
        "fee": [(0, own, took)],
        "loss": [(0, own + took, lost)],
        "restricted": [],
        "owed": [],
    }
    edge = _SIDE + 0.03
    written = [Label(edge, kept / 2, number(have - gained, 2))]
    if pnl > 0:
        written.append(Label(edge, (kept + own) / 2, f"▲ profit +{number(pnl, 2)}"))
    if fee:
        written.append(Label(edge, own + took / 2, f"fee {number(-fee, 2)}"))
    if lost:
        written.append(Label(edge, own + took + lost / 2, f"▼ loss {number(pnl, 2)}"))
    if gained:
        written.append(Label(edge, own + took, f"in all {number(have, 2)}"))
    for x, role, entries, way in ((1, "restricted", seen.restricted, 1), (2, "owed", seen.owed, -1)):
        level = 0.0
        for entry in entries:
            parts[role].append((x, level, way * float(entry.worth)))
            written.append(Label(x + edge, level + way * float(entry.worth) / 2, _told(entry)))
            level += way * float(entry.worth)
        if not entries:
            written.append(Label(x, 0, "nothing", "top center"))
    names = {0.0: "your<br>balance", 1.0: "held in<br>the position", 2.0: "owed to<br>the exchange"}
    return figure(stacks(parts, 2 * _SIDE), layout(names, (-0.35, 2.95), up, seen.currency, grid=False), written)


def _told(entry: Entry) -> str:
    """An amount; what isn't dollars says on a second line what it is worth."""
    if entry.amount == entry.worth:
        return number(entry.amount, 2)
    return f"{money(entry.amount, entry.currency)}<br>= {number(entry.worth, 2)}"


def _walked(story: Story, stages: tuple[Sheet, ...], step: int) -> list[str]:
    """The title of a step, then its sentences."""
    moment = story.moments[-1]
    realised = moment.realised[0]
    lot, pnl, quote = realised.position, realised.pnl, realised.position.quote
    volume, sold = money(realised.volume, lot.base), money(lot.cost, quote)
    at, costs = price(realised.price, quote), money(realised.volume * realised.price, quote)
    gap, yours = money(abs(pnl), quote), money(stages[step - 1].yours, quote)
    have = money(stages[step - 1].own[0].amount, quote)
    began = story.scenario.balances[quote]
    opening = began - stages[0].own[0].amount
    if step == 1:
        paid = (
            f" Of the {money(began, quote)} that you began with, the trading fee at opening has taken "
            f"{money(opening, quote)}: {percent(story.final.fees['trading'])} of {sold} (A4)."
            if opening
            else ""
        )
        return [
            f"The short is open: you hold {sold} and owe {volume}, worth {costs} now",
            f"The {sold} came from selling the coins that you were lent; they are tied to this position (R1). "
            f"What you have, less what you owe, is yours: {yours} (B1).{paid}",
            "Press Next to close the short, one thing at a time.",
        ]
    if step == 2:
        rest = (
            f"{gap} are left of the sale's {sold}"
            if pnl > 0
            else f"nothing is left of the sale's {sold}"
            if not pnl
            else f"that takes all {sold} of the sale, and {gap} more, which the exchange advances for the moment"
        )
        return [
            f"You buy {volume} back, for {costs}",
            f"A buy order ends a short: it is the opposing order (R9). At {at} that costs {costs}, paid "
            f"from what the position holds: {rest}.",
            f"You still owe {volume}, and now the position holds it. What is yours is as before: {yours}.",
        ]
    if step == 3:
        owes = f"Still owed are the {gap} that were advanced." if pnl < 0 else "Nothing is owed any more."
        return [
            f"{volume} goes back to the exchange: what was lent is repaid",
            f"What a closing brings in meets the obligation before anything else (R10). {owes}",
            f"Coins came and coins went; your own balance has not moved yet. Yours, as before: {yours}.",
        ]
    if step == 4:
        if pnl > 0:
            return [
                f"What is left, {gap}, is your profit: it joins your balance",
                f"Sold for {sold}, bought back for {costs}: {gap} remain, in {quote} (R11).",
                f"Your balance is {have}. The position is gone.",
            ]
        if pnl < 0:
            return [
                f"What is missing, {gap}, is your loss: it leaves your balance",
                f"Sold for {sold}, bought back for {costs}: {gap} too little, in {quote} (R11). "
                f"{' '.join(sentences.cascade(realised))}",
                f"Your balance is {have}. The position is gone.",
            ]
        return [
            "Nothing is left and nothing is missing: no profit, no loss",
            f"Sold for {sold} and bought back for {costs} (R11).",
            f"Your balance is {have}, as before. The position is gone.",
        ]
    fee, change = _fee(story), stages[4].own[0].amount - began
    charged = " ".join(sentences.charges(moment)) or "The trading fee is 0 here."
    return [
        f"The closing was a trade: its fee is {money(fee, quote)}; {have} are yours",
        f"{charged} It is charged last (A9), on what the trade was worth, {costs}.",
        f"In all, your balance has changed by {money(change, quote, sign=True)} since before you opened: "
        f"{money(pnl, quote, sign=True)}, less {money(opening, quote)} at opening and {money(fee, quote)} at closing.",
    ]


def _movements(story: Story, step: int) -> Table:
    """What goes from where to where in the closing, and what of it has happened."""
    realised = story.moments[-1].realised[0]
    lot, pnl, quote = realised.position, realised.pnl, realised.position.quote
    costs, volume = money(realised.volume * realised.price, quote), money(realised.volume, lot.base)
    gap, fee = money(abs(pnl), quote), money(_fee(story), quote)
    source, target = ("Position", "your balance") if pnl >= 0 else ("Your balance", "the exchange")
    moved = [
        ("Position", "the market", costs, "R9", 2),
        ("The market", "your position", volume, "R9", 2),
        ("Position", "the exchange", volume, "R10", 3),
        (source, target, gap, "R11", 4),
        ("Your balance", "the exchange", fee, "A9, A4", 5),
    ]
    rows = [
        (one, other, amount, "● done" if step >= at else "○ to come", rule) for one, other, amount, rule, at in moved
    ]
    heads, marks = ("From", "To", "Amount", "Done", "Rule"), [step == at for *_, at in moved]
    return table("Every movement of the closing", heads, rows, numbers=(2,), marks=marks)

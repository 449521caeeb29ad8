"""A short and its mirror: profit or loss against the price, and step by step what closing the short does."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.analysis.sheet import Entry, Sheet, sheet
from marginlib.drawing.axes import EDGE, WIDE, footed, paired, stepped
from marginlib.drawing.pieces import Part, Spec, clipped, figure, layout, lines, rings, stacks
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, screen, table
from marginlib.drawing.touch import Grip, grip, touched
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


_TALL, _OVER, _UNDER = 340, 42, 62  # pixels: of the lines, above them for what they are, below them for prices


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
    pixel = (top - bottom) / _TALL
    over = top + _OVER * pixel
    axes = layout({}, (low, high), (bottom, over), quote, 4, height=_TALL + _OVER + 8, grid=False, l=64, r=72, t=4)
    axes = footed(stepped(axes, 20_000, quote), _UNDER)
    # Each name stands at its line's upper end, which no move of the price changes.
    names = {"short": max(opened - top / size, low), "long": min(opened + top / size, high)}
    strokes = {"short": "──", "long": "╌╌"}
    written = [
        *(Label(x, over, f"{strokes[name]} {name}<br>{_result(ends[name])}", "bottom center", bold=True, fixed=True)
          for name, x in names.items()),
        Label(high, -float(put), f"put up<br>{number(put, 2, 2)}", "middle right", fixed=True),
        Label(opened, bottom, f"opened at<br>{number(lot.open_price, 2, 2)}", "top center", "quiet", fixed=True),
        *(Label(each, bottom - 7 * pixel, number(Decimal(each), 0), "bottom center", "quiet", fixed=True)
          for each in (low, high)),
        Label(now, bottom - 26 * pixel, f"price now<br>{number(Decimal(short.final.prices[lot.pair]), 2, 2)}",
              "bottom center", fixed=True),
    ]  # fmt: skip
    spec = figure([*marks, *drawn, rings(here)], axes, written)
    times = range(reach.leverage[0], reach.leverage[1] + 1)
    return touched(
        spec,
        grip("move", "x", moves, (bottom, top * 0.9)),
        grip("opened", "x", reach.opened, (top, 0.62 * bottom)),  # above what is written there
        grip("leverage", "y", [-float(lot.cost) / each for each in times], (high, low + (high - low) * 0.13)),
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
    names = ("Owed", "Restricted", "Profit or loss", "… of what was put up", "Yours: your equity",
             "Used margin", "Margin level")  # fmt: skip
    rules = ("R1", "R1", "R11", "R20", "B1", "B2", "B3")
    rows = [*zip(names, *columns, rules, strict=True)]
    marks = [name.startswith("Profit") for name in names]
    heads = ("", "Short", "Long", "Rule")
    return table("Short and long in numbers", heads, rows, numbers=(1, 2), marks=marks)


class Walked(NamedTuple):
    """How far the price may move before the closing, in percent, and how high the bars may be, in QUOTE."""

    move: tuple[float, float]
    most: float


def closing(story: Story, step: int, reach: Walked) -> View:
    """The closing of a short, walked to one of the steps (from 1)."""
    moment, currency = story.moments[-1], story.scenario.summary_currency or ""
    stages = closing_sheets(moment, currency)
    title, *told = _walked(story, stages, step)
    happens = ["break-even"] if moment.realised[0].pnl > 0 else []
    return screen(title, [_bars(story, stages, step, reach)], told, [_movements(story, step)], happens=happens)


def _fee(story: Story) -> Decimal:
    """The trading fee of the closing, in QUOTE: it is taken from there (A4)."""
    return sum(fees_taken(story.moments[-1].rows, reasons=("trading_fee",)).values(), ZERO)


_LEFT, _RIGHT = 88, 94  # pixels for the names of the left bar, and of the right one


def _bars(story: Story, stages: tuple[Sheet, ...], step: int, reach: Walked) -> Spec:
    """Two bars of one height: what you have, free or restricted; and what of it is owed, and yours."""
    seen, realised, quote = stages[step - 1], story.moments[-1].realised[0], stages[0].currency
    pnl, fee = (realised.pnl, _fee(story) if step == 5 else ZERO) if step >= 4 else (ZERO, ZERO)
    have, owes = seen.own[0].amount, float(seen.owes)
    gained = max(pnl - fee, ZERO)
    parts: dict[str, list[Part]] = {role: [] for role in ("own", "profit", "restricted", "owed", "fee", "loss")}
    left: list[tuple[float, str]] = []
    level = 0.0
    stood: list[tuple[str, Decimal | Fraction, str]] = [
        ("own", have - gained, f"balance<br>{number(have - gained, 2, 2)}"),
        ("profit", gained, f"▲ profit<br>{_result(pnl)[2:]}"),
        *(
            ("restricted", entry.worth, _told("restricted", entry).replace("restricted ", "restricted<br>"))
            for entry in reversed(seen.restricted)
        ),
        ("fee", fee, f"fee<br>{number(-fee, 2, 2)}"),
        ("loss", max(-pnl, ZERO), f"▼ loss<br>{number(pnl, 2, 2)}"),
    ]
    for role, amount, text in stood:
        if amount:
            parts[role].append((0.0, level, float(amount)))
            left.append((level + float(amount) / 2, text))
            level += float(amount)
    right: list[tuple[float, str]] = []
    level = 0.0
    for entry in seen.owed:
        parts["owed"].append((1.0, level, float(entry.worth)))
        right.append((level + float(entry.worth) / 2, _told("owed", entry)))
        level += float(entry.worth)
    parts["own"].append((1.0, owes, float(seen.yours)))
    right.append((owes + float(seen.yours) / 2, f"yours<br>{number(seen.yours, 2, 2)}"))
    axes, written = paired(reach.most, ("what<br>you have", "whose<br>it is"), quote, left=_LEFT, right=_RIGHT)
    written += [Label(-EDGE, y, text, "middle left") for y, text in left]
    written += [Label(1 + EDGE, y, text, bold=text.startswith("yours")) for y, text in right]
    return touched(
        figure(stacks(parts, WIDE), axes, written),
        *_moved_by(story, stages, step, reach),
        name="Your balance sheet while the short is closed",
        tells=[
            *((f"Your balance: {money(entry.amount, entry.currency)}", float(entry.worth)) for entry in seen.own),
            *((f"Restricted: {money(entry.amount, entry.currency)}", float(entry.worth)) for entry in seen.restricted),
            *((f"Owed: {money(entry.amount, entry.currency)}", float(entry.worth)) for entry in seen.owed),
            *([(f"{'Profit' if pnl > 0 else 'Loss'}: {money(pnl, quote, sign=True)}", float(pnl))] if pnl else []),
            *([(f"Trading fee: {money(-fee, quote)}", -float(fee))] if fee else []),
            (f"Yours: {money(seen.yours, quote)}", float(seen.yours)),
        ],
    )


def _moved_by(story: Story, stages: tuple[Sheet, ...], step: int, reach: Walked) -> list[Grip]:
    """What the price moves: what is owed while the coin is; your balance once profit or loss has reached it."""
    lot = story.moments[-1].realised[0].position
    costs = [float(lot.cost) * (1 + move / 100) for move in reach.move]
    if step <= 2:
        return [grip("move", "y", costs, (1 - WIDE / 2, 1.34))]
    if step == 3:
        return []
    began, rate = float(stages[0].own[0].amount), float(story.final.fees["trading"]) if step == 5 else 0.0
    return [grip("move", "y", [began + float(lot.cost) - cost * (1 + rate) for cost in costs], (WIDE / 2, -0.34))]


def _told(kind: str, entry: Entry) -> str:
    """What a part is; what isn't dollars says on a second line how much it is."""
    amount = "" if entry.amount == entry.worth else f" {money(entry.amount, entry.currency)}"
    return f"{kind}{amount}<br>{number(entry.worth, 2, 2)}"


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

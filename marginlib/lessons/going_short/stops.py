"""A protective stop while the price runs: which type is taken, where it closes, and what it changes (R22)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from marginlib.drawing.axes import bare, headed, stepped
from marginlib.drawing.pieces import Spec, figure, layout, lines, rings, stacks
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, screen, table
from marginlib.drawing.touch import grip, touched
from marginlib.engine.account import Position, Realised
from marginlib.engine.margin import unrealised
from marginlib.engine.scenario import Price, Stop
from marginlib.engine.story import Story
from marginlib.telling import sentences
from marginlib.telling.events import fallen
from marginlib.telling.numbers import money, number, percent, price

_REFUSED = "This workbook refuses the stop, so that you see the mistake; an order form may take it."
_EARLY = 6  # hours: left of a point as early there is no room for a text
_ASIDE = 8  # pixels from the prices' names to their axis: between them stands the knob of the time at 0
_HIGH, _BESIDE = 308, 82  # pixels: both figures, and for the names of the lines
_APART = 0.2  # of the hours: so far the trigger's knob keeps from the price now and from the closing
_KNOBS = (0.08, 0.92, 0.5)  # of the hours: where the trigger's knob may stand; one of them is always apart


class Ranges(NamedTuple):
    """How far the axes go: prices and results in QUOTE, hours, and the trigger in percent."""

    prices: tuple[float, float]
    results: tuple[float, float]
    hours: int
    trigger: tuple[float, float]


@dataclass(frozen=True)
class Run:
    """One run of the price: the story, its lot, the price at each hour, and the stop's closing, if it came to one.

    ``at`` is the hour of the closing.
    """

    story: Story
    lot: Position
    prices: tuple[Decimal, ...]
    closed: Realised | None
    at: int | None

    @property
    def result(self) -> Decimal:
        """Profit or loss so far, realised or not, in QUOTE."""
        return self.closed.pnl if self.closed else unrealised(self.story.final, self.lot)


def run(story: Story) -> Run:
    """What a story of an opening, perhaps a stop, and prices hour by hour came to."""
    lot = story.moments[0].after.positions[0]
    hours = [moment for moment in story.moments if isinstance(moment.step, Price)]
    found = [(hour, result) for hour, moment in enumerate(hours, 1) for result in moment.realised]
    at, closed = found[0] if found else (None, None)
    # A refused stop ends its story: the prices are those of the scenario.
    steps = [step.price for step in story.scenario.steps if isinstance(step, Price)]
    return Run(story, lot, (lot.open_price, *steps), closed, at)


def view(with_stop: Story, without: Story, ranges: Ranges) -> View:
    """What the screen shows of two runs of the same price: with the stop that was chosen, and without any."""
    plain_run = run(without)
    chosen = plain_run if with_stop.error else run(with_stop)
    stop = next((step for step in with_stop.scenario.steps if isinstance(step, Stop)), None)
    refused = sentences.refusal(with_stop.error).partition(": ")[2] if with_stop.error else ""
    return screen(
        _headline(chosen, plain_run, stop, bool(refused)),
        [_path(chosen, stop, bool(refused), ranges), _results(chosen, plain_run, ranges)],
        _told(with_stop, chosen, plain_run, stop, bool(refused)),
        [_table(chosen, plain_run, stop, bool(refused))],
        alert=f"{_REFUSED} {refused}" if refused else "",
        happens=[
            *(["stop reached"] if chosen.closed else []),
            *(["break-even"] if chosen.result > 0 else []),
            *fallen(chosen.story.margin, chosen.story.final.rulebook),
        ],
    )


def _headline(chosen: Run, plain_run: Run, stop: Stop | None, refused: bool) -> str:
    quote, side = chosen.lot.quote, chosen.lot.side
    if stop is None:
        return f"No stop: the {side} stands at {money(chosen.result, quote, sign=True)}"
    if refused:
        return f"A {stop.side} stop can't protect a {side}: it would add to it"
    if not chosen.closed:
        return f"Your {stop.side} stop waits at {price(stop.trigger, quote)}; the {side} is still open"
    gap = chosen.result - plain_run.result
    if not gap:
        said = "so far neither better nor worse than without it"
    else:
        said = f"{money(abs(gap), quote)} {'better' if gap > 0 else 'worse'} than without it"
    return f"Your {stop.side} stop has closed the {side} at {price(chosen.closed.price, quote)}: {said}"


def _worse(chosen: Run, stop: Stop) -> Decimal:
    """By how much the stop closed beyond its trigger, in QUOTE for one BASE."""
    assert chosen.closed
    return abs(chosen.closed.price - stop.trigger)


def _told(with_stop: Story, chosen: Run, plain_run: Run, stop: Stop | None, refused: bool) -> list[str]:
    lot, quote, now = chosen.lot, chosen.lot.quote, chosen.prices[-1]
    bad, right = ("rises", "buys") if lot.side == "short" else ("falls", "sells")
    open_ = f"You are {lot.side}: you lose when the price {bad}, and an order that {right} ends the position (R9, R22)."
    result = money(plain_run.result, quote, sign=True)
    if stop is None:
        return [open_, f"Nothing closes the position for you. At {price(now, quote)} it stands at {result}."]
    if refused:
        other = "buy" if stop.side == "sell" else "sell"
        return [
            open_,
            f"Nothing was placed, so the price runs on without a stop: at {price(now, quote)} the {lot.side} stands at "
            f"{result}.",
            f"Choose the {other} stop under Stop, and let the price run again.",
        ]
    placed = sentences.sentence(next(m for m in with_stop.moments if isinstance(m.step, Stop)))
    if not chosen.closed:
        away = percent(abs(stop.trigger / now - 1))
        return [
            open_,
            placed,
            f"The price is {price(now, quote)}: {away} away from the trigger. You stand at {result}.",
        ]
    moment = next(m for m in with_stop.moments if m.realised)
    gap = _worse(chosen, stop) * lot.volume
    slip = (
        f"The trigger is no promise: it closes at the first price at or beyond it, here {money(gap, quote)} worse."
        if gap
        else "Here the first price to reach the trigger was the trigger itself."
    )
    return [
        f"{open_} {placed}",
        f"{' '.join(sentences.details(moment))} {slip}",
        f"Without the stop you would stand at {result} now. A stop does not know whether the price turns.",
    ]


def _path(chosen: Run, stop: Stop | None, refused: bool, ranges: Ranges) -> Spec:
    """The price so far: thick while the position is open, thin once it is closed; dashed, the stop's trigger."""
    lot, hours, (low, high) = chosen.lot, ranges.hours, ranges.prices
    seen = [(float(hour), float(at)) for hour, at in enumerate(chosen.prices)]
    out = len(seen) if chosen.at is None else chosen.at + 1
    opened, mark, now = float(lot.open_price), seen[out - 1], seen[-1]
    edge = hours + 0.6
    drawn = [lines([(0, opened), (edge, opened)], "line", 1.5)]
    written = [Label(edge, opened, f"opened at<br>{number(lot.open_price, 2, 2)}", role="quiet")]
    grips = [grip("hours", "x", (0, hours), (now[1], now[1]))]
    knobs = [now]
    tells = [(f"Opened at {price(lot.open_price, lot.quote)}", opened)]
    if stop:
        trigger, told = float(stop.trigger), f"{stop.side} stop<br>{number(stop.trigger, 2, 2)}"
        drawn.append(lines([(0, trigger), (edge, trigger)], "quiet" if refused else "ink", 2, "dash"))
        written.append(Label(edge, trigger, told + ("<br>not placed" if refused else "")))
        way = 1 if stop.side == "buy" else -1
        places = [opened * (1 + way * away / 100) for away in ranges.trigger]
        held = edge * next(at for at in _KNOBS if all(abs(at * edge - x) >= _APART * edge for x, _ in (mark, now)))
        grips.append(grip("trigger", "y", places, (edge, held)))
        knobs.append((held, trigger))
        placed = "not placed" if refused else "placed"
        tells.append((f"A {stop.side} stop at {price(stop.trigger, lot.quote)}, {placed}", trigger))
    drawn += [lines(seen[out - 1 :], "market", 1.5), lines(seen[:out], "market", 4), rings([mark])]
    x, y = mark
    text, way_, other = "now", *(("bottom", "top") if y < opened else ("top", "bottom"))
    if chosen.closed:
        text, below = f"closed at<br>{number(chosen.closed.price, 2, 2)}", lot.side == "long"
        if x < _EARLY:  # the price runs on to the right, so the text stands on the other side of the opening price
            below, y = not below, min(y, opened) if lot.side == "short" else max(y, opened)
        way_ = other = "bottom" if below else "top"
        drawn.append(rings([now], "market"))
        tells.append((f"Closed at {price(chosen.closed.price, lot.quote)}", float(chosen.closed.price)))
    sides = f"{way_} {'right' if x < _EARLY else 'left'}, {other} right"
    written.append(Label(x, y, text, sides, bold=True))
    tells.append((f"Price now: {price(chosen.prices[-1], lot.quote)}", now[1]))
    ticks = {float(hour): f"{hour}{'<br>hours gone by' if hour == 12 else ''}" for hour in range(0, hours + 1, 6)}
    axes = layout(ticks, (-0.6, edge), (low, high), lot.quote, height=_HIGH, share=0.62, grid=False,
                  l=60 + _ASIDE, r=_BESIDE)  # fmt: skip
    axes, heading = headed(stepped(axes, _step(ranges.prices), aside=_ASIDE), f"price of 1 {lot.base}, {lot.quote}")
    spec = figure(drawn, axes, [heading, *written], knobs)
    return touched(spec, *grips, name=f"The price of 1 {lot.base} so far, hour by hour", tells=tells)


def _results(chosen: Run, plain_run: Run, ranges: Ranges) -> Spec:
    """Profit or loss with the stop and without it."""
    quote, ends = chosen.lot.quote, (chosen.result, plain_run.result)
    parts = [(float(at), 0.0, float(end)) for at, end in enumerate(ends)]
    written = [
        Label(x, height, _marked(end), "top center" if end >= 0 else "bottom center", bold=True)
        for (x, _, height), end in zip(parts, ends, strict=True)
    ]
    drawn = {"profit": [part for part in parts if part[2] > 0], "loss": [part for part in parts if part[2] < 0]}
    names = {0.0: "with<br>your choice", 1.0: "without<br>a stop"}
    axes = layout(names, (-0.5, 1.5), ranges.results, quote, height=_HIGH, share=0.38, grid=False, l=12)
    axes, heading = headed(bare(axes), f"result so far, {quote}")
    spec = figure(stacks(drawn, 0.6), axes, [heading, *written])
    told = zip(("With your choice", "Without a stop"), ends, strict=True)
    return touched(
        spec,
        name="Profit or loss with your choice, and without a stop",
        tells=[(f"{name}: {money(end, quote, sign=True)}", float(end)) for name, end in told],
    )


def _step(shown: tuple[float, float]) -> int:
    """From one round amount of an axis to the next: some four of them."""
    return 5_000 if shown[1] - shown[0] < 25_000 else 10_000


def _marked(result: Decimal) -> str:
    """A result in the currency that the heading names."""
    return f"{'▲ +' if result > 0 else '▼ ' if result < 0 else ''}{number(result, 2, 2)}"


def _table(chosen: Run, plain_run: Run, stop: Stop | None, refused: bool) -> Table:
    """The same in numbers."""
    lot, quote = chosen.lot, chosen.lot.quote
    kind = "none" if stop is None else f"{stop.side} stop{', not placed' if refused else ''}"
    gap = chosen.result - plain_run.result
    rows = [
        ["Position", f"{lot.side}, {money(lot.volume, lot.base)} at {price(lot.open_price, quote)}", "R1"],
        ["Stop", kind, "R22"],
        ["Trigger", price(stop.trigger, quote) if stop else "–", "R22"],
        ["Price now", price(chosen.prices[-1], quote), ""],
        ["Closed at", price(chosen.closed.price, quote) if chosen.closed else "still open", "R22"],
        ["Result with your choice", money(chosen.result, quote, sign=True), "R11"],
        ["Result without a stop", money(plain_run.result, quote, sign=True), "R11"],
        ["What the stop has changed", money(gap, quote, sign=True) if gap else "nothing so far", ""],
    ]
    marks = [row[0] == "Closed at" and chosen.closed is not None for row in rows]
    return table("The run in numbers", ("", "So far", "Rule"), rows, numbers=(1,), marks=marks)

"""Settling beside closing: what you hold before and after, net worth against price, and where the two ways differ."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.analysis.outcome import Outcome, outcome
from marginlib.analysis.sheet import Sheet, sheet
from marginlib.drawing.pieces import Columns, Spec, figure, layout, lines, marked, rings
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.engine.account import State
from marginlib.engine.amounts import ZERO
from marginlib.engine.derivation import fraction
from marginlib.engine.scenario import Close, Deposit, Settle, Trade
from marginlib.engine.story import Story
from marginlib.telling import sentences
from marginlib.telling.numbers import listed, money, price

Worths = tuple[float | None, float | None]
PREPARED = 2  # the opening and the move of the price: both ways share them
_SIDE = 0.29  # half of a column
_FINE = 0.004  # of an axis: a line that bends less looks straight
_MOST_HALVINGS = 6
_REFUSED = "refused"


class Ranges(NamedTuple):
    """How far the axes go, in QUOTE: what is held and owed, net worth, and the price."""

    columns: tuple[float, float]
    worth: tuple[float, float]
    prices: tuple[Decimal, Decimal]


@dataclass(frozen=True)
class Curve:
    """Net worth after settling and after closing, at several prices, in QUOTE; None where that way is refused."""

    points: tuple[tuple[float, Worths], ...]


def curve(worths: Callable[[Decimal], Worths], ranges: Ranges) -> Curve:
    """Sample two lines over all prices, more closely only where they bend or end by what can be seen on the axis.

    >>> ranges = Ranges((0, 1), (0, 100), (Decimal(20), Decimal(40)))
    >>> curve(lambda price: (float(price), None), ranges).points
    ((20.0, (20.0, None)), (30.0, (30.0, None)), (40.0, (40.0, None)))
    """
    (low, high), fine = ranges.prices, _FINE * (ranges.worth[1] - ranges.worth[0])

    def bends(left: Worths, middle: Worths, right: Worths) -> bool:
        for a, b, c in zip(left, middle, right, strict=True):
            if a is None or b is None or c is None:
                if not a is b is c:
                    return True
            elif abs(b - (a + c) / 2) > fine:
                return True
        return False

    found: dict[Decimal, Worths] = {low: worths(low), high: worths(high)}
    spans = [(low, high, _MOST_HALVINGS)]
    while spans:
        left, right, depth = spans.pop()
        middle = (left + right) / 2
        found[middle] = worths(middle)
        if depth and bends(found[left], found[middle], found[right]):
            spans += [(left, middle, depth - 1), (middle, right, depth - 1)]
    return Curve(tuple((float(at), found[at]) for at in sorted(found)))


@dataclass(frozen=True)
class Way:
    """One way of ending the position: its story, the balance sheet after it, what it came to (None if refused)."""

    story: Story
    seen: Sheet
    end: Outcome | None


def ended(story: Story) -> Outcome | None:
    """What the ending came to, in the story's summary currency; None if it was refused."""
    return None if story.error else outcome(story.moments[PREPARED:], story.final, _quote(story))


def view(settled: Story, closed: Story, line: Curve, ranges: Ranges) -> View:
    """What the screen shows of one position, settled in one story and closed in the other, and of net worth beside it.

    Both stories open it and move its price first; then they end it, settling perhaps after a way out (R6).
    """
    if len(closed.moments) <= PREPARED:
        return _not_opened(closed, ranges)
    quote = _quote(closed)
    one, other = (Way(story, sheet(story.final, quote), ended(story)) for story in (settled, closed))
    start = closed.moments[PREPARED - 1].after
    return screen(
        headline(one, other),
        [columns(sheet(start, quote), one, other, ranges), against_price(start, one, other, line, ranges)],
        words(settled, closed),
        [_table(start, one, other)],
    )


def _quote(story: Story) -> str:
    return story.scenario.summary_currency or ""


def columns(still_open: Sheet, settled: Way, closed: Way, ranges: Ranges) -> Spec:
    """What you hold above the line, what you owe below it: still open, settled, closed. A fee keeps its place."""
    quote, names = still_open.currency, dict[float, str]()
    drawn = Columns(_SIDE, "own", "restricted", "owed", "fee")
    ends = (("Still open", still_open, None), ("Settle", settled.seen, settled.end), ("Close", closed.seen, closed.end))
    for at, (name, seen, end) in enumerate(ends):
        if at and not end:
            names[at] = f"{name}:<br>refused (R6)"
            continue
        if seen.owed:
            drawn.put(at, "owed", -seen.owes, "owed")
        for entry in seen.own:
            drawn.put(at, "own", entry.worth, entry.currency)
        for entry in seen.restricted:
            drawn.put(at, "restricted", entry.worth, "held")
        if end and end.fees:
            drawn.put(at, "fee", end.fees, f"fee {money(end.fees, quote)}", "top center", ink="fee")
        names[at] = f"{name}:<br>{_held(seen)}"
    return figure(drawn.drawn(), _columns_layout(names, ranges, quote), drawn.labels)


def _columns_layout(names: dict[float, str], ranges: Ranges, quote: str) -> Spec:
    return layout(names, (-0.45, 2.75), ranges.columns, quote, 80, height=320, share=0.53, l=92)


def _held(seen: Sheet) -> str:
    """Amounts in their own currencies, one a line: free, held, and with a minus sign what is owed."""
    own = [money(entry.amount, entry.currency) for entry in seen.own]
    held = [f"{money(entry.amount, entry.currency)} held" for entry in seen.restricted]
    owed = [money(-entry.amount, entry.currency) for entry in seen.owed]
    return "<br>".join([*own, *held, *owed] or ["nothing"])


def against_price(start: State, settled: Way, closed: Way, line: Curve, ranges: Ranges) -> Spec:
    """Net worth against the price at which you end it: settling is a line, closing the marks along it."""
    (base, quote), now = _traded(start)
    (low, high), (bottom, top) = ranges.prices, ranges.worth
    settling, closing = ([None if (y := ys[way]) is None else (x, y) for x, ys in line.points] for way in (0, 1))
    told = [f"Net worth at {price(now, quote)}:"]
    here = []
    for end, name in ((settled.end, "── settle"), (closed.end, "╎╎ close")):
        told.append(f"{name}: {money(end.own_worth, quote) if end else 'refused'}")
        here += [(float(now), float(end.own_worth))] if end else []
    ticks = {float(low + (high - low) * i / 4): low + (high - low) * i / 4 for i in range(5)}
    names = {at: price(tick, quote).split(".")[0] for at, tick in ticks.items()}
    names[[*names][2]] += f"<br>price of 1 {base} when you end it, in {quote}"
    room = float(high - low) / 30
    return figure(
        [
            lines([(float(now), bottom), (float(now), max(y for _, y in here))], "market", 1),
            lines(closing, "own", 9, "2px,9px"),
            lines(settling, "own", 2.5),
            rings(here, "own"),
        ],
        _price_layout(names, (float(low) - room, float(high) + room), ranges, quote),
        [Label(float(low), top, "<br>".join(told), "bottom right", fixed=True)],
    )


def _price_layout(names: dict[float, str], across: tuple[float, float], ranges: Ranges, quote: str) -> Spec:
    return layout(names, across, ranges.worth, quote, 46, height=220, share=0.47, l=92)


def _traded(start: State) -> tuple[list[str], Decimal]:
    """The two currencies of the position's pair, and its price now, in QUOTE."""
    pair = start.positions[-1].pair
    return pair.split("/"), start.prices[pair]


def headline(settled: Way, closed: Way) -> str:
    """The one message: what each way leaves you with, and how far apart that is."""
    left = [
        listed([money(entry.amount, entry.currency) for entry in way.seen.own]) or "nothing"
        for way in (settled, closed)
    ]
    if not closed.end:
        return f"Settling leaves {left[0]}; closing is refused"
    if not settled.end:
        return f"Settling is refused; closing leaves {left[1]}"
    gap = abs(settled.end.own_worth - closed.end.own_worth)
    differ = f"{money(gap, closed.end.currency)} apart" if gap else "the same net worth"
    return f"Settling leaves {left[0]}; closing {left[1]}: {differ}"


def words(settled: Story, closed: Story) -> list[str]:
    """How it stands, then what both ways do and why, with the rules: the terminal's own sentences."""
    opening, move = closed.moments[:PREPARED]
    lot = opening.after.positions[-1]
    owed, held = (money(amount, code) for code, amount in (lot.owed, lot.held))
    told = [
        f"You hold {held}, restricted, and owe {owed} (R1).",
        *(f"At opening, {charge[0].lower()}{charge[1:]}" for charge in sentences.charges(opening)),
        sentences.sentence(move),
    ]
    before = closed.margin_of(move.after)
    book = closed.final.rulebook
    if before and before.level is not None and before.level <= book.liquidation_level:
        told.append(sentences.margin(before, book))
    return [" ".join(told), *(" ".join(_ending(story)) for story in (settled, closed))]


def _ending(story: Story) -> list[str]:
    moments = story.moments[PREPARED:]
    told = [text for moment in moments for text in (sentences.sentence(moment), *sentences.details(moment))]
    if story.error:
        reason = sentences.refusal(story.error).partition(": ")[2]
        told += [sentences.attempt(story.error.step), f"It is refused: {reason[0].lower()}{reason[1:]}"]
    return told


def _table(start: State, settled: Way, closed: Way) -> Table:
    """The two columns: what moves, what it costs, what you hold at the end, and where they really differ."""
    (base, quote), _ = _traded(start)
    ways = (settled, closed)

    def amounts(name: str, code: str, rules: str, pick: Callable[[State, Outcome], Decimal | Fraction]) -> list[str]:
        one, other = (pick(way.story.final, way.end) if way.end else None for way in ways)
        cells = [_REFUSED if amount is None else money(amount, code) for amount in (one, other)]
        return [name, *cells, _difference(one, other, code), rules]

    aside = ", the deposit aside" if settled.end and settled.end.deposited else ""
    first = (
        [["First", _way_out(settled.story), "–", "", "R6"]] if len(settled.story.scenario.steps) > PREPARED + 1 else []
    )
    rows = [
        *first,
        ["Order", *(_order(way.story) for way in ways), "opposite", "R9, R19"],
        ["Repays", _paid(settled.story), _repaid(start), "", "R3, R10"],
        ["Result", "none" if settled.end else _REFUSED, _pnl(closed.story), "", "R11"],
        amounts("Fees", quote, "R5, R16", lambda _, end: end.fees),
        amounts(f"Your {quote}", quote, "R3, R11", lambda state, _: state.balance(quote)),
        amounts(f"Your {base}", base, "R4", lambda state, _: state.balance(base)),
        amounts("Still open", base, "R2", lambda state, _: sum((lot.volume for lot in state.positions), ZERO)),
        amounts(f"Net worth{aside}", quote, "B7", lambda _, end: end.own_worth),
    ]
    return table(
        "The two ways, line by line",
        ("", "Settle", "Close", "Difference", "Rules"),
        rows,
        numbers=range(1, 5),
        marks=[row[3] not in ("", "same") for row in rows],
        unfolded=True,
    )


def _difference(one: Decimal | Fraction | None, other: Decimal | Fraction | None, code: str) -> str:
    if one is None or other is None:
        return ""
    return "same" if one == other else money(fraction(one) - fraction(other), code, sign=True)


def _way_out(settled: Story) -> str:
    """What had to be done before settling (R6)."""
    step = settled.moments[PREPARED].step if len(settled.moments) > PREPARED else None
    if isinstance(step, Deposit):
        return f"deposit {money(step.amount, step.currency)}"
    if isinstance(step, Trade):
        return f"{step.side} {money(step.volume, step.pair.partition('/')[0])}"
    return "–"


def _order(story: Story) -> str:
    """The side and the volume of the order that ends the position (R9, R19)."""
    lot, step = story.moments[0].after.positions[-1], story.scenario.steps[-1]
    assert isinstance(step, Settle | Close)
    volume = lot.volume if step.volume == "all" else step.volume
    assert isinstance(volume, Decimal)
    side = "buy" if (lot.side == "long") == isinstance(step, Settle) else "sell"
    return f"{side} {money(volume, lot.base)}"


def _paid(settled: Story) -> str:
    """What goes to the exchange from the own balance (R3)."""
    if settled.error:
        return _REFUSED
    row = settled.moments[-1].rows[0]
    return money(-row.amount, row.asset)


def _repaid(start: State) -> str:
    """What a closing repays from its own proceeds (R10)."""
    lot = start.positions[-1]
    return "what sells" if lot.side == "long" else "what is bought"


def _pnl(closed: Story) -> str:
    return marked(sum((each.pnl for each in closed.realised), ZERO), _quote(closed))


def _not_opened(story: Story, ranges: Ranges) -> View:
    """The opening that the exchange refuses: nothing to end, and what would work (B4)."""
    quote = _quote(story)
    return refused(
        story,
        [figure([], _columns_layout({}, ranges, quote)), figure([], _price_layout({}, (0, 1), ranges, quote))],
        "Nothing is opened, so nothing is owed. Your balances stay as they are (A7).",
        title="The exchange refuses this opening, so there is nothing to end",
    )

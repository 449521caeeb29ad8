"""A position's whole life: stations, joined by what moves between them, from before it is opened until its end."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from marginlib.analysis.sheet import Entry, Sheet, opening_sheets, sheet, worth
from marginlib.drawing.axes import bare
from marginlib.drawing.pieces import Point, Spec, around, bars, figure, layout, lines, over, rings
from marginlib.drawing.placing import NARROWEST, Label, extent
from marginlib.drawing.screen import Table, View, screen, table
from marginlib.drawing.touch import grip, touched
from marginlib.engine.account import Position
from marginlib.engine.margin import Margin, unrealised
from marginlib.engine.scenario import Price, Settle
from marginlib.engine.story import Story
from marginlib.telling import sentences
from marginlib.telling.numbers import listed, money, number, percent

STEPS = ("Before", "The loan", "The trade", "The price moves", "The trade back", "The debt goes home")
"""The steps that a position's life is walked in."""

Station = Literal["You", "The exchange", "Your position", "The market"]


class Reach(NamedTuple):
    """How far the controls go (the price's move in percent), and the most that is ever yours and held, in QUOTE."""

    move: tuple[int, int]
    leverage: tuple[int, int]
    yours: float
    held: float


class Flow(NamedTuple):
    """What goes from a station to another at a step; a swap has something that comes back."""

    step: int
    source: Station
    target: Station
    sent: Entry
    back: Entry | None = None
    role: str = "market"


def view(story: Story, step: int, reach: Reach) -> View:
    """What the screen shows of a story that opens, moves the price, and ends, walked to one of the steps (from 1)."""
    assert story.error is None, story.error
    currency = story.scenario.summary_currency or ""
    opened, moved = story.moments[0], story.moments[1]
    states = (opened.before, opened.after, moved.after, story.final)
    sheets = [sheet(state, currency) for state in states]
    tied = [story.margin_of(state) for state in states]
    lot = opened.after.positions[0]
    names = ["Before", "Opened", _moved(story), "Settled" if _settled(story) else "Closed"]
    stage = (0, 1, 1, 2, 2, 3)[step - 1]
    pnl = unrealised(moved.after, lot)
    return screen(
        _headline(story, lot, step, sheets[-1]),
        [_figure(story, step, _standing(story, step), tied[stage] if step > 2 else None, reach)],
        _told(story, lot, step, tied[1]),
        [_table(names, sheets, tied, stage)],
        happens=["break-even"] if pnl > 0 else [],
    )


def _settled(story: Story) -> bool:
    return isinstance(story.moments[-1].step, Settle)


def _moved(story: Story) -> str:
    step = story.moments[1].step
    assert isinstance(step, Price)
    share = step.price / story.moments[0].after.prices[step.pair] - 1
    return f"Price {'+' if share > 0 else ''}{percent(share)}"


def _entry(story: Story, amount: Decimal, code: str, *, opened: bool = False) -> Entry:
    """An amount and what it is worth, at the opening price or at the price now."""
    currency = story.scenario.summary_currency or ""
    state = story.moments[0].after if opened else story.moments[1].after
    return Entry(code, amount, state.rate(code, currency).of(amount))


def flows(story: Story) -> list[Flow]:
    """Everything that moves in a position's life, in order (R1 to R11)."""
    lot = story.moments[0].after.positions[0]
    (owed, lent), (code, received) = lot.owed, lot.held
    loan, bought = _entry(story, lent, owed, opened=True), _entry(story, received, code, opened=True)
    debt, held = _entry(story, lent, owed), _entry(story, received, code)
    found = [
        Flow(2, "The exchange", "Your position", loan, role="owed"),
        Flow(3, "Your position", "The market", loan, bought),
    ]
    if _settled(story):
        if lot.side == "short":
            costs = _entry(story, lot.volume * story.moments[1].after.prices[lot.pair], lot.quote)
            found.append(Flow(5, "You", "The market", costs, debt))
        return [
            *found,
            Flow(6, "You", "The exchange", debt, role="owed"),
            Flow(6, "Your position", "You", held, role="own"),
        ]
    (result,) = story.realised
    cash = _entry(story, result.volume * result.price, lot.quote)
    found.append(Flow(5, "Your position", "The market", *((held, cash) if lot.side == "long" else (cash, debt))))
    found.append(Flow(6, "Your position", "The exchange", debt, role="owed"))
    if result.pnl > 0:
        found.append(Flow(6, "Your position", "You", _entry(story, result.pnl, lot.quote), role="profit"))
    elif result.pnl < 0:
        found.append(Flow(6, "You", "Your position", _entry(story, -result.pnl, lot.quote), role="loss"))
    return found


def _standing(story: Story, step: int) -> Sheet:
    """What is where at a step: your balance, what the position holds, what is owed."""
    opened, moved, currency = story.moments[0], story.moments[1], story.scenario.summary_currency or ""
    if step <= 3:
        return opening_sheets(opened.before, opened.after, currency)[step - 1]
    now = sheet(moved.after, currency)
    if step == 4 or (step == 5 and _settled(story)):
        return now if step == 4 or len(story.moments) < 4 else sheet(story.moments[2].after, currency)
    if step == 6:
        return sheet(story.final, currency)
    back = next(flow for flow in flows(story) if flow.step == 5)
    assert back.back
    if back.back.currency == currency:
        return Sheet(currency, now.own, (back.back,), now.owed)
    left = worth(now.restricted) - back.sent.worth  # what is missing is advanced until the loss is taken (R11)
    rest = (_entry(story, Decimal(left.numerator) / left.denominator, currency),) if left > 0 else ()
    lacking = (_entry(story, Decimal(-left.numerator) / left.denominator, currency),) if left < 0 else ()
    return Sheet(currency, now.own, (*rest, back.back), (*now.owed, *lacking))


# Heights are in pixels from below, widths in percent of the figure: stations keep room for their words at any width.

_HEIGHT, _EDGE = 462, 4
_YOU, _RIGHT = (0.0, 26.0), (46.0, 100.0)
_BOXES: dict[Station, tuple[float, float]] = {
    "You": (44, 452), "The exchange": (386, 452), "Your position": (204, 324), "The market": (44, 128),
}  # fmt: skip
_PAD, _INSET, _LINE = 2.0, 9.0, 20.0  # from a box's edge to its words: in percent and in pixels; from line to line
_BAR, _FOOT, _TALL = (2.5, 23.5), 54.0, 318.0
_HELD, _OWED, _THICK = 268.0, 233.0, 13.0
_SCALE, _ALONG, _DOTS = 63.0, (50.0, 95.5), 16.0
_WALK = tuple(4 + 92 * at / (len(STEPS) - 1) for at in range(len(STEPS)))
_NARROW = (NARROWEST - 2 * _EDGE) / 100  # pixels of a percent on a telephone


def _figure(story: Story, step: int, seen: Sheet, tied: Margin | None, reach: Reach) -> Spec:
    """The stations with what they have; between them what has moved, what moves now, and, faintly, what is to come."""
    lot = story.moments[0].after.positions[0]
    drawn, written = _boxes(seen)
    arrows: list[Spec] = []
    for flow in flows(story):
        more, words = _arrow(flow, step)
        arrows += more
        written += words
    drawn += _together(arrows)
    grips = [grip("moment", "x", _WALK, (_DOTS, _DOTS))]
    grips.append(grip("move", "x", _ALONG, (_SCALE, _SCALE)))
    more, words = _market(story, lot, step, reach)
    drawn += more
    written += words
    up = _TALL / reach.yours
    high = _FOOT + up * float(tied.used_margin) if tied and tied.used_margin else None
    more, words = _balance(seen, reach, high, number(tied.used_margin, 2) if tied else "")
    drawn += more
    written += words
    knobs: list[Point] = [(_WALK[step - 1], _DOTS)]
    if tied and high is not None:
        cost = float(tied.used_margin) * float(lot.leverage)
        knobs.append((_YOU[0], high))
        times = range(reach.leverage[0], reach.leverage[1] + 1)
        grips.append(grip("leverage", "y", [_FOOT + up * cost / each for each in times], (_BAR[1], _YOU[0])))
    more, words = _position(seen, reach)
    drawn += more
    written += words
    if step in (4, 5):  # what is worth more or less as the price moves
        row = _HELD if lot.side == "long" else _OWED
        ends = [_across(float(lot.cost) * (1 + move / 100), reach) for move in reach.move]
        grips.append(grip("move", "x", ends, (row, row)))
        now = story.moments[1].after.prices[lot.pair]
        knobs.append((_across(float(lot.volume * now), reach), row))
    drawn += [
        lines([(at, _DOTS) for at in (_WALK[0], _WALK[-1])], "market", 2),
        _dots(step),
        rings([(_WALK[step - 1], _DOTS)]),
    ]
    axes = layout({}, (0, 100), (0, _HEIGHT - 2 * _EDGE), "", _EDGE, height=_HEIGHT, l=_EDGE, r=_EDGE, t=_EDGE)
    spec = figure(drawn, bare(axes, zero=False), written, knobs)
    return touched(spec, *grips, name="A position's life: who has what, and what moves between them",
                   tells=_tells(story, step, seen, tied))  # fmt: skip


def _dots(step: int) -> Spec:
    """The steps that are done, and those to come."""
    colours = ["role:ink" if at < step else "role:market" for at in range(len(STEPS))]
    spec = rings([(at, _DOTS) for at in _WALK])
    return {**spec, "marker": {"color": colours, "size": 8}}


def _boxes(seen: Sheet) -> tuple[list[Spec], list[Label]]:
    """Four stations, each with its name; what is yours, and what the exchange is owed."""
    outline, written = [], []
    for name, (low, high) in _BOXES.items():
        left, right = _YOU if name == "You" else _RIGHT
        outline += around(left, low, right, high)
        written.append(Label(left + _PAD, high - _INSET, name, "bottom right", bold=True, fixed=True))
    owed = "<br>and ".join(_short(entry, seen.currency) for entry in seen.owed) or "nothing"
    left, top = _YOU[0] + _PAD, _BOXES["You"][1] - _INSET - _LINE
    written += [
        Label(
            _RIGHT[0] + _PAD, _BOXES["The exchange"][1] - _INSET - _LINE, f"is owed {owed}", "bottom right", fixed=True
        ),
        Label(left, top, "yours:", "bottom right", fixed=True),
        Label(left, top - _LINE, number(seen.yours, 2), "bottom right", size=16, bold=True, fixed=True),
    ]
    return [lines(outline, "market", 1.5)], written


def _short(entry: Entry, currency: str) -> str:
    """An amount without the decimals that cash doesn't need here: two of them stand side by side on a telephone."""
    return (
        f"{number(entry.amount, 2)} {currency}" if entry.currency == currency else money(entry.amount, entry.currency)
    )


def _lying(role: str, parts: list[tuple[float, float]], y: float) -> Spec:
    """Bars that lie on their side, from where to where."""
    spec = bars(role, [], [], [], _THICK, 1)
    found = {"x": [end - start for start, end in parts], "base": [start for start, _ in parts], "y": [y for _ in parts]}
    return {**spec, **found, "orientation": "h"}


def _across(amount: float, reach: Reach) -> float:
    """Where an amount ends in the position's box."""
    left, right = _RIGHT[0] + _PAD, _RIGHT[1] - _PAD
    return left + (right - left) * amount / reach.held


def _position(seen: Sheet, reach: Reach) -> tuple[list[Spec], list[Label]]:
    """What the position holds and what is owed for it, as two bars from one line; their difference is yours."""
    low, high = _BOXES["Your position"]
    left, drawn = _RIGHT[0] + _PAD, []
    if not seen.owed:
        return [], [Label(left, (low + high) / 2, "holds nothing", "middle right", "quiet", fixed=True)]
    ends = [float(worth(entries)) for entries in (seen.restricted, seen.owed)]
    for role, y, end in (("restricted", _HELD, ends[0]), ("owed", _OWED, ends[1])):
        drawn.append(_lying(role, [(left, _across(end, reach))], y))
    gap = worth(seen.restricted) - worth(seen.owed)
    written = [
        Label(left, y + _THICK / 2 + 3, f"{verb} {_amounts(entries, seen)}", "top right", fixed=True)
        for verb, entries, y in (("holds", seen.restricted, _HELD), ("owes", seen.owed, _OWED))
    ]
    if gap:
        row, role = (_OWED, "profit") if gap > 0 else (_HELD, "loss")
        drawn.append(_lying(role, [(_across(min(ends), reach), _across(max(ends), reach))], row))
        told = f"{'▲ +' if gap > 0 else '▼ −'}{number(abs(gap), 2)} {seen.currency}"
        half = extent(told, 14, bold=True)[0] / _NARROW / 2
        middle = min(max((_across(ends[0], reach) + _across(ends[1], reach)) / 2, left + half), _RIGHT[1] - 1 - half)
        written.append(Label(middle, _OWED - _THICK / 2 - 4, told, "bottom center", bold=True, fixed=True))
    return drawn, written


def _amounts(entries: tuple[Entry, ...], seen: Sheet) -> str:
    """Amounts, and what they are worth where that is another number; two of them by what they are worth."""
    if len(entries) > 1:
        return f"{number(worth(entries), 2)} in all"
    (entry,) = entries
    told = _short(entry, seen.currency)
    return told if entry.currency == seen.currency else f"{told}: {number(entry.worth, 2)}"


def _market(story: Story, lot: Position, step: int, reach: Reach) -> tuple[list[Spec], list[Label]]:
    """The price, on a scale of its own: where you opened, where it is now, and, before it moves, where it will go."""
    opened, now = lot.open_price, story.moments[1].after.prices[lot.pair]
    low, high = ((float(opened) * (100 + move) / 100) for move in reach.move)
    (left, right), at = _ALONG, {}
    for name, each in (("opened", opened), ("now", now)):
        at[name] = left + (right - left) * (float(each) - low) / (high - low)
    steps = [left + (right - left) * i / 4 for i in range(5)]
    ticks = [end for each in steps for end in ((each, _SCALE - 4), (each, _SCALE + 4), None)]
    drawn = [lines([(left, _SCALE), (right, _SCALE), None, *ticks], "market", 2)]
    if step < 4:
        drawn += [rings([(at["now"], _SCALE)], "line"), rings([(at["opened"], _SCALE)])]
    else:
        drawn += [lines([(at["opened"], _SCALE), (at["now"], _SCALE)], "ink", 4), rings([(at["now"], _SCALE)])]
    told = f"one {lot.base}: {number(now if step >= 4 else opened, 20)} {lot.quote}"
    return drawn, [Label(_RIGHT[0] + _PAD, _BOXES["The market"][1] - _INSET - _LINE, told, "bottom right", fixed=True)]


def _balance(seen: Sheet, reach: Reach, tied: float | None, told: str) -> tuple[list[Spec], list[Label]]:
    """Your own balance as a column, currency on currency; over it, up to its line, how much is tied up.

    An amount that is all of what is yours stands above it already.
    """
    spec, middle, up = bars("own", [], [], [], _BAR[1] - _BAR[0]), (_BAR[0] + _BAR[1]) / 2, _TALL / reach.yours
    parts, level = list[tuple[Entry, float, float]](), _FOOT
    for entry in seen.own:
        tall = up * float(entry.worth)
        spec["x"].append(middle)
        spec["base"].append(level)
        spec["y"].append(tall)
        parts.append((entry, level, level + tall))
        level += tall
    drawn, texts, taken = [spec], list[tuple[float, str]](), (0.0, 0.0)
    if tied is not None:
        ends: list[Point | None] = [(_YOU[0], tied), (_BAR[1], tied)]
        drawn += [lines(ends, role, wide) for role, wide in (("ground", 5), ("ink", 2))]
        text, low = f"tied up<br>{told}", tied + 10  # clear of the line's knob
        tall = extent(text, 14)[1]
        low = next((end + 4 for _, _, end in parts[:-1] if low - 3 < end < low + tall + 3), low)
        texts.append((low + tall / 2, text))
        taken = (tied - 4, low + tall + 4)
    for entry, low, high in parts:
        if entry.worth != seen.yours:
            free = ((low, min(high, max(low, taken[0]))), (max(low, min(high, taken[1])), high))
            start, end = max(free, key=lambda each: each[1] - each[0])
            texts.append(((start + end) / 2, _said(entry) if parts[1:] else f"balance<br>{_said(entry)}"))
    return drawn, [Label(middle, at, text, "middle center", over("own")) for at, text in texts]


def _arrow(flow: Flow, step: int) -> tuple[list[Spec], list[Label]]:
    """An arrow between two stations, or two for a swap: thick now, thin once it is done, faint while it is to come."""
    role, wide, dash = (flow.role, 4.0, "") if flow.step == step else (flow.role, 2.0, "")
    ink = "ink"
    if flow.step > step:
        role, wide, dash, ink = "line", 2.0, "dot", "quiet"
    told = _said(flow.sent)
    ends = {flow.source, flow.target}
    if "You" in ends:
        other = next(iter(ends - {"You"}))
        low, high = _BOXES[other]
        y = low + 16 if other == "The exchange" else (low + high) / 2 + (12 if flow.back else 0)
        out = flow.source == "You"
        middle = (_YOU[1] + _RIGHT[0]) / 2
        drawn = _shaft((_YOU[1], y), (_RIGHT[0], y), out, role, wide, dash)
        if flow.role in ("profit", "loss"):
            told = f"{flow.role}<br>{told}"
        written = [Label(middle, y + 8, told, "top center", ink, fixed=True)]
        if flow.back:
            drawn += _shaft((_YOU[1], y - 20), (_RIGHT[0], y - 20), not out, role, wide, dash)
            written.append(Label(middle, y - 28, _said(flow.back), "bottom center", ink, fixed=True))
        return drawn, written
    if "The exchange" in ends:
        x, down, low, high = (49.5, True, _BOXES["Your position"][1], _BOXES["The exchange"][0])
        if flow.source == "Your position":
            x, down = 75.5, False
        name = "loan" if down else "debt"
        middle = (low + high) / 2
        drawn = _shaft((x, low), (x, high), not down, role, wide, dash)
        return drawn, [Label(x + 3.2, middle, f"{name}<br>{told}", "middle right", ink, fixed=True)]
    x, low, high = (48.5 if flow.step == 3 else 74.5), _BOXES["The market"][1], _BOXES["Your position"][0]
    assert flow.back
    drawn = _shaft((x, low), (x, high), False, role, wide, dash) + _shaft(
        (x + 3.2, low), (x + 3.2, high), True, role, wide, dash
    )
    cash, coins = sorted((told, _said(flow.back)), key=lambda each: " " in each)
    text = f"{cash}<br>for<br>{coins}"
    return drawn, [Label(x + 5.4, (low + high) / 2, text, "middle right", ink, fixed=True)]


def _together(arrows: list[Spec]) -> list[Spec]:
    """Arrows of one look as one trace for their lines and one for their heads: each trace takes its time to draw."""
    found: dict[str, Spec] = {}
    for each in arrows:
        look = repr(each.get("line") or each["marker"])
        known = found.setdefault(look, {**each, "x": [], "y": []})
        for axis in "xy":
            known[axis] += [*each[axis], None] if "line" in each else each[axis]
    return [*found.values()]


def _said(entry: Entry) -> str:
    """An amount; one in cash without its currency: the price names it."""
    return number(entry.amount, 2) if entry.amount == entry.worth else money(entry.amount, entry.currency)


def _shaft(
    one: tuple[float, float], other: tuple[float, float], there: bool, role: str, wide: float, dash: str
) -> list[Spec]:
    """A line between two boxes with its head at the second, or at the first; neither is touched."""
    upright = one[0] == other[0]
    (x0, y0), (x1, y1) = one, other
    across, up = (0.0, 8.0) if upright else (1.6, 0.0)  # as far as the head's tip hides the line's end, at any width
    ends = [(x0 + across, y0 + up), (x1 - across, y1 - up)]
    turn = (0 if there else 180) if upright else (90 if there else 270)
    marker = {"color": f"role:{role}", "size": 11 + 1.5 * wide, "symbol": "arrow", "angle": turn, "standoff": 2}
    return [lines(ends, role, wide, dash), {**rings([other if there else one]), "marker": marker}]


def _headline(story: Story, lot: Position, step: int, end: Sheet) -> str:
    """The figure's one message at a step."""
    (owed, amount), (code, received) = lot.owed, lot.held
    lent, held = money(amount, owed), money(received, code)
    if step == 1:
        return f"You have {money(_standing(story, 1).yours, end.currency)}, and all of it is yours"
    if step == 2:
        return f"The exchange lends you {lent}: your position holds them, and owes them"
    if step == 3:
        return f"The market takes {lent} and gives {held}; you still owe {lent}"
    now = _standing(story, 4)
    gap = worth(now.restricted) - worth(now.owed)
    if step == 4:
        share = story.moments[1].after.prices[lot.pair] / lot.open_price - 1
        if not share:
            return "The price has not moved: your position holds what it owes"
        told = f"{money(abs(gap), end.currency)} {'more' if gap > 0 else 'less'}"
        moves = f"The price {'rises' if share > 0 else 'falls'} {percent(abs(share))}"
        return f"{moves}: your position holds {told} than it owes"
    if step == 5:
        return _traded_back(story, lot)
    yours = money(end.yours, end.currency)
    if _settled(story):
        return f"You settle: you give {lent} and keep {held}; {yours} are yours"
    pnl = story.realised[0].pnl
    if not pnl:
        return f"You close without profit or loss: {yours} are yours, as before"
    return f"You close with a {'profit' if pnl > 0 else 'loss'} of {money(abs(pnl), lot.quote)}: {yours} are yours"


def _traded_back(story: Story, lot: Position) -> str:
    """What happens on the market before the debt goes home."""
    back = next((flow for flow in flows(story) if flow.step == 5), None)
    if back is None:
        return f"You settle: nothing is traded back, and you keep the {money(lot.volume, lot.base)}"
    assert back.back
    sent, got = (money(entry.amount, entry.currency) for entry in (back.sent, back.back))
    if back.source == "You":
        return f"To settle you need {got}: you buy them with {sent} of your own"
    return f"The market takes {sent} and gives {got}: the position is traded back"


def _told(story: Story, lot: Position, step: int, tied: Margin | None) -> list[str]:
    """The story in the engine's sentences, as far as it has come: the opening, the move, the end."""
    assert tied is not None
    opened, moved, *rest = story.moments
    backs = f"{money(tied.used_margin, tied.currency)} of your own are tied up meanwhile (B2)."
    lent = money(lot.owed[1], lot.owed[0])
    if step == 1:
        return ["Nothing is lent and nothing is owed yet. Press Next, or drag the ring below, to see it move."]
    if step == 2:
        return [
            f"All of {lent} comes from the exchange, whatever your leverage; you owe the same amount back, in "
            f"{lot.owed[0]} (R1)."
        ]
    story_so_far = [f"{sentences.sentence(opened)} {backs}"]
    if step > 3:
        story_so_far.append(sentences.sentence(moved))
    if step == 5:
        if lot.side == "short" and _settled(story):
            story_so_far.append(sentences.sentence(rest[0]))
        elif _settled(story):
            story_so_far.append(f"Settling needs no trade: {lent} of your own will go to the exchange (R3).")
        else:
            story_so_far.append("Closing is the opposing trade, on the same market (R9).")
    if step == 6:
        told = [line for moment in rest for line in (sentences.sentence(moment), *sentences.details(moment))]
        story_so_far.append(" ".join(told))
    return story_so_far


def _tells(story: Story, step: int, seen: Sheet, tied: Margin | None) -> list[tuple[str, float]]:
    """The stations, and every movement with whether it has happened."""
    told: list[tuple[str, float]] = [(f"Yours: {money(seen.yours, seen.currency)}", float(seen.yours))]
    for name, entries in (("Your balance", seen.own), ("Your position holds", seen.restricted), ("Owed", seen.owed)):
        amounts = listed([money(entry.amount, entry.currency) for entry in entries]) or "nothing"
        told.append((f"{name}: {amounts}", float(worth(entries))))
    if tied and tied.used_margin:
        told.append((f"Tied up: {money(tied.used_margin, tied.currency)}", float(tied.used_margin)))
    for flow in flows(story):
        when = "now" if flow.step == step else "done" if flow.step < step else "to come"
        back = f" for {money(flow.back.amount, flow.back.currency)}" if flow.back else ""
        source, target = flow.source, flow.target[0].lower() + flow.target[1:]
        sent = money(flow.sent.amount, flow.sent.currency)
        told.append((f"{source} to {target}: {sent}{back}, {when}", float(flow.sent.worth)))
    return told


def _table(names: list[str], sheets: list[Sheet], tied: list[Margin | None], stage: int) -> Table:
    """Every stage in numbers."""
    rows = []
    for name, seen, margin in zip(names, sheets, tied, strict=True):
        used, level = (margin.used_margin, margin.level) if margin else (Fraction(0), None)
        kinds = (seen.own, seen.restricted, seen.owed)
        amounts = [", ".join(money(entry.amount, entry.currency) for entry in kind) or "–" for kind in kinds]
        cells = [name, *amounts, money(seen.yours, seen.currency), money(used, seen.currency)]
        rows.append([*cells, percent(level / 100) if level else "–"])
    heads = ("Stage", "Your balance", "Restricted (R1)", "Owed (R1)", "Yours (B1)", "Tied up (B2)", "Margin level (B3)")
    marks = [at == stage for at in range(len(sheets))]
    return table("Every stage in numbers", heads, rows, numbers=range(1, 7), marks=marks)

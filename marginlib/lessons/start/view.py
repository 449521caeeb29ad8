"""A position's whole life in four pictures: before it, opened, after the price moved, ended by closing or settling."""

from fractions import Fraction

from marginlib.analysis.sheet import Entry, Sheet, sheet
from marginlib.drawing.pieces import Part, Point, Spec, figure, layout, lines, stacks
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, screen, table
from marginlib.engine.account import Position
from marginlib.engine.margin import Margin, unrealised
from marginlib.engine.scenario import Price, Settle
from marginlib.engine.story import Story
from marginlib.telling import sentences
from marginlib.telling.numbers import money, number, percent, short

_WIDE = 0.28
_ROOM = 1.12  # so much of the axis is beyond the highest bar, for what is written there


def view(story: Story, highest: float, deepest: float) -> View:
    """What the screen shows of a story that opens, moves the price, and ends; the axis goes that high and deep."""
    assert story.error is None, story.error
    currency = story.scenario.summary_currency or ""
    opened, moved = story.moments[0], story.moments[1]
    states = (opened.before, opened.after, moved.after, story.final)
    sheets = [sheet(state, currency) for state in states]
    tied = [story.margin_of(state) for state in states]
    lot = opened.after.positions[0]
    names = ["Before", "Opened", _moved(story), "Settled" if _settled(story) else "Closed"]
    return screen(
        _headline(story, lot, sheets[-1]),
        [_figure(names, sheets, tied, (-deepest * _ROOM, highest * _ROOM), _results(story, lot))],
        _told(story, tied[1]),
        [_table(names, sheets, tied)],
    )


def _settled(story: Story) -> bool:
    return isinstance(story.moments[-1].step, Settle)


def _moved(story: Story) -> str:
    step = story.moments[1].step
    assert isinstance(step, Price)
    share = step.price / story.moments[0].after.prices[step.pair] - 1
    return f"Price {'+' if share > 0 else ''}{percent(share)}"


def _results(story: Story, lot: Position) -> dict[int, str]:
    """Profit or loss by stage, where there is one: of the open position after the move, and realised by a closing."""
    seen = [unrealised(story.moments[1].after, lot), *(each.pnl for each in story.realised)]
    return {at: f"{'▲ +' if pnl > 0 else '▼ '}{number(pnl, 2)}" for at, pnl in enumerate(seen, 2) if pnl}


def _figure(
    names: list[str], sheets: list[Sheet], tied: list[Margin | None], up: tuple[float, float], results: dict[int, str]
) -> Spec:
    """Above zero what you have, restricted or not; below zero what you owe; a column for each stage."""
    parts: dict[str, list[Part]] = {"own": [], "restricted": [], "owed": []}
    written: list[Label] = []
    frame: list[Point | None] = []
    for x, (seen, margin) in enumerate(zip(sheets, tied, strict=True)):
        top = 0.0
        for role, entries in (("owed", seen.owed), ("own", seen.own), ("restricted", seen.restricted)):
            for entry in entries:
                base, worth = (0.0, -float(entry.worth)) if role == "owed" else (top, float(entry.worth))
                parts[role].append((x, base, worth))
                written.append(Label(x + 0.16, base + worth / 2, _part(role, entry, seen), size=11))
                top += max(worth, 0.0)
        if margin and margin.used_margin:
            used, told = float(margin.used_margin), f"tied up<br>{number(margin.used_margin, 2)}"
            frame += [(x - 0.17, 0), (x - 0.21, 0), (x - 0.21, used), (x - 0.17, used), None]
            written.append(Label(x - 0.21, used / 2, told, "middle left", size=11))
        if result := results.get(x):
            written.append(Label(x, top, result, "top center", "loss" if "▼" in result else "profit", bold=True))
    yours = [f"{name}<br>yours:<br>{number(seen.yours, 2)}" for name, seen in zip(names, sheets, strict=True)]
    axes = layout(dict(enumerate(yours)), (-0.45, 3.75), up, sheets[0].currency, 64)
    return figure([*stacks(parts, _WIDE), lines(frame)], axes, written)


def _part(role: str, entry: Entry, seen: Sheet) -> str:
    """What a part of a column is, in two short lines; amounts in the axis's currency go without its code."""
    name, code = {"own": "balance", "restricted": "restricted", "owed": "owed"}[role], entry.currency
    amount = number(entry.amount, 2) if code == seen.currency else f"{short(entry.amount, code)} {code}"
    return f"{name}<br>{amount}"


def _headline(story: Story, lot: Position, end: Sheet) -> str:
    """The figure's one message."""
    yours = money(end.yours, end.currency)
    (owed, amount), (code, received) = lot.owed, lot.held
    if _settled(story):
        return f"You settle: you give {money(amount, owed)} and keep {money(received, code)}; {yours} are yours"
    pnl = story.realised[0].pnl
    if not pnl:
        return f"You close without profit or loss: {yours} are yours, as before"
    return f"You close with a {'profit' if pnl > 0 else 'loss'} of {money(abs(pnl), lot.quote)}: {yours} are yours"


def _told(story: Story, tied: Margin | None) -> list[str]:
    """The story in the engine's sentences: the opening, the move, the end."""
    assert tied is not None
    opened, moved, *rest = story.moments
    backs = f"{money(tied.used_margin, tied.currency)} of your own are tied up meanwhile (B2)."
    end = [line for moment in rest for line in (sentences.sentence(moment), *sentences.details(moment))]
    return [f"{sentences.sentence(opened)} {backs}", sentences.sentence(moved), " ".join(end)]


def _table(names: list[str], sheets: list[Sheet], tied: list[Margin | None]) -> Table:
    """Every stage in numbers."""
    rows = []
    for name, seen, margin in zip(names, sheets, tied, strict=True):
        used, level = (margin.used_margin, margin.level) if margin else (Fraction(0), None)
        kinds = (seen.own, seen.restricted, seen.owed)
        amounts = [", ".join(money(entry.amount, entry.currency) for entry in kind) or "–" for kind in kinds]
        cells = [name, *amounts, money(seen.yours, seen.currency), money(used, seen.currency)]
        rows.append([*cells, percent(level / 100) if level else "–"])
    heads = ("Stage", "Your balance", "Restricted (R1)", "Owed (R1)", "Yours (B1)", "Tied up (B2)", "Margin level (B3)")
    marks = [seen is sheets[-1] for seen in sheets]
    return table("Every stage in numbers", heads, rows, numbers=range(1, 7), marks=marks)

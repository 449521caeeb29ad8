"""A position's whole life in four pictures: before it, opened, after the price moved, ended by closing or settling."""

from fractions import Fraction
from typing import Any

from marginlib.analysis.sheet import Sheet, sheet
from marginlib.drawing.pieces import apart, bars, labels, layout, lines
from marginlib.engine.account import Position
from marginlib.engine.margin import Margin, unrealised
from marginlib.engine.scenario import Price, Settle
from marginlib.engine.story import Story
from marginlib.telling import sentences
from marginlib.telling.numbers import money, number, percent, short

_WIDE = 0.28
_ROOM = 1.12  # so much of the axis is beyond the highest bar, for what is written there
_LINES = 21  # lines of text that the figure is high


def view(story: Story, highest: float, deepest: float) -> dict[str, Any]:
    """What the screen shows of a story that opens, moves the price, and ends; the axis goes that high and deep."""
    assert story.error is None, story.error
    currency = story.scenario.summary_currency or ""
    opened, moved = story.moments[0], story.moments[1]
    states = (opened.before, opened.after, moved.after, story.final)
    sheets = [sheet(state, currency) for state in states]
    tied = [story.margin_of(state) for state in states]
    lot = opened.after.positions[0]
    names = ["Before", "Opened", _moved(story), "Settled" if _settled(story) else "Closed"]
    return {
        "title": _headline(story, lot, sheets[-1]),
        "alert": "",
        "figures": [_figure(names, sheets, tied, highest, deepest, _results(story, lot))],
        "words": _told(story, tied[1]),
        "strip": [],
        "tables": [_table(names, sheets, tied)],
    }


def _settled(story: Story) -> bool:
    return isinstance(story.moments[-1].step, Settle)


def _moved(story: Story) -> str:
    step = story.moments[1].step
    assert isinstance(step, Price)
    share = step.price / story.moments[0].after.prices[step.pair] - 1
    return f"Price {'+' if share > 0 else ''}{percent(share)}"


def _results(story: Story, lot: Position) -> list[str]:
    """Profit or loss where there is one: in the open position after the move, and realised by a closing."""
    seen = [unrealised(story.moments[1].after, lot), *(each.pnl for each in story.realised)]
    return [f"{'▲' if pnl > 0 else '▼'} {number(pnl, 2)}".replace("▲ ", "▲ +") if pnl else "" for pnl in seen]


def _figure(
    names: list[str],
    sheets: list[Sheet],
    tied: list[Margin | None],
    highest: float,
    deepest: float,
    results: list[str],
) -> dict[str, Any]:
    """Above zero what you have, restricted or not; below zero what you owe; a column for each stage."""
    parts: dict[str, list[tuple[float, float, float]]] = {"own": [], "restricted": [], "owed": []}
    written: list[tuple[float, float, str, str]] = []
    frame: list[tuple[float, float] | None] = []
    line = (highest + deepest) * _ROOM / _LINES
    tops = []
    for x, (seen, margin) in enumerate(zip(sheets, tied, strict=True)):
        top, stack = 0.0, []
        for role, entries in (("own", seen.own), ("restricted", seen.restricted)):
            for entry in entries:
                worth = float(entry.worth)
                parts[role].append((x, top, worth))
                stack.append((top + worth / 2, _part(role, entry.currency, entry.amount, seen)))
                top += worth
        for entry in seen.owed:
            parts["owed"].append((x, 0, -float(entry.worth)))
            written.append(
                (x + 0.16, -float(entry.worth) / 2, _part("owed", entry.currency, entry.amount, seen), "middle right")
            )
        if margin and margin.used_margin:
            used = float(margin.used_margin)
            frame += [(x - 0.17, 0), (x - 0.21, 0), (x - 0.21, used), (x - 0.17, used), None]
            written.append(
                (x - 0.21, max(used / 2, line), f"tied up<br>{number(margin.used_margin, 2)}", "middle left")
            )
        written += [
            (x + 0.16, height, text, "middle right")
            for height, (_, text) in zip(apart(stack, line), stack, strict=True)
        ]
        tops.append(top)
    gained = [(x, tops[x] + line / 4, text, "top center") for x, text in enumerate(results, 2) if text]
    yours = [f"{name}<br>yours:<br>{number(seen.yours, 2)}" for name, seen in zip(names, sheets, strict=True)]
    return {
        "data": [
            *(
                bars(role, [x for x, _, _ in part], [base for _, base, _ in part], [y for _, _, y in part], _WIDE)
                for role, part in parts.items()
            ),
            lines(frame),
            labels(written, size=11),
            labels(gained, "loss" if gained and gained[0][2].startswith("▼") else "profit", bold=True),
        ],
        "layout": layout(
            dict(enumerate(yours)), (-0.45, 3.75), (-deepest * _ROOM, highest * _ROOM), sheets[0].currency, 64
        ),
    }


def _part(role: str, code: str, amount: Any, seen: Sheet) -> str:
    """What a part of a column is, in two short lines; amounts in the axis's currency go without its code."""
    name = {"own": "balance", "restricted": "restricted", "owed": "owed"}[role]
    return f"{name}<br>{number(amount, 2) if code == seen.currency else f'{short(amount, code)} {code}'}"


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


def _table(names: list[str], sheets: list[Sheet], tied: list[Margin | None]) -> dict[str, Any]:
    """Every stage in numbers."""
    rows = []
    for name, seen, margin in zip(names, sheets, tied, strict=True):
        used, level = (margin.used_margin, margin.level) if margin else (Fraction(0), None)
        kinds = (seen.own, seen.restricted, seen.owed)
        amounts = [", ".join(money(entry.amount, entry.currency) for entry in kind) or "–" for kind in kinds]
        cells = [name, *amounts, money(seen.yours, seen.currency), money(used, seen.currency)]
        rows.append(
            {"mark": "taken" if seen is sheets[-1] else "", "cells": [*cells, percent(level / 100) if level else "–"]}
        )
    heads = ("Stage", "Your balance", "Restricted (R1)", "Owed (R1)", "Yours (B1)", "Tied up (B2)", "Margin level (B3)")
    columns = [{"label": label, "number": at > 0} for at, label in enumerate(heads)]
    return {"caption": "Every stage in numbers", "open": False, "columns": columns, "rows": rows}

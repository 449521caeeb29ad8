"""What a realised loss takes, and in which order: a waterfall, the order of preference, the words."""

from decimal import Decimal
from typing import Any

from marginlib.engine.account import Realised, State, Take
from marginlib.engine.amounts import ZERO
from marginlib.engine.cascade import Place, preference
from marginlib.engine.story import Moment, Story
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import brief, listed, money, number, percent, short

_MARKS = {"taken": "● taken", "untouched": "○ untouched", "skipped": "– none there"}
_WHY = {
    "quote": "quote of {pair} (R13)",
    "base": "base of {pair} (R13)",
    "collateral": "collateral list (R14)",
    "quote_last": "quote of {pair}, not collateral (R13)",
    "base_last": "base of {pair}, not collateral (R13)",
    "other": "other funds, by alphabet (R15, A3)",
}
_ORDER = {
    "quote": "{} goes first, as the quote of {pair} (R13)",
    "base": "{} goes as its base (R13)",
    "collateral": "{} by the collateral list (R14)",
    "quote_last": "{}, the quote, late: not collateral (R13)",
    "base_last": "{}, the base, late: not collateral (R13)",
    "other": "{} last, as other funds (R15)",
}
_COLUMNS = ["Currency", "Place in the order", "You had", "Turn", "Taken", "Covers", "Fee", "You have"]


def view(story: Story, lowest: Decimal, highest: Decimal) -> dict[str, Any]:
    """What the screen shows of a story of one closing; the figure's axis goes from lowest to highest, in QUOTE."""
    if story.error:
        return _refused(story, lowest, highest)
    moment = story.moments[-1]
    realised, before = moment.realised[0], moment.before
    turns = _turns(realised, before)
    return {
        "title": headline(realised),
        "alert": "",
        "figures": [waterfall(realised, turns, lowest, highest)],
        "words": words(moment, turns),
        "strip": [[place.currency, mark] for place, mark, _ in turns],
        "tables": [table(realised, before, moment.after, turns)],
    }


Turn = tuple[Place, str, Take | None]


def _turns(realised: Realised, before: State) -> list[Turn]:
    """The order of preference as it stood for this loss (R13 to R15), with what became of each place."""
    lot = realised.position
    takes = {take.currency: take for take in realised.cascade}
    places = preference(before.rulebook.collateral_order, lot.base, lot.quote, before.balances)
    return [
        (
            place,
            "taken" if place.currency in takes else "untouched" if before.balance(place.currency) else "skipped",
            take,
        )
        for place, take in ((place, takes.get(place.currency)) for place in places)
    ]


def waterfall(realised: Realised, turns: list[Turn], lowest: Decimal, highest: Decimal) -> dict[str, Any]:
    """From the loss to zero, in QUOTE: a bar for each currency there is, the conversion fee its own part of it.

    What a conversion yields covers the loss; its fee hangs below, since it is sold and covers nothing.
    """
    quote = realised.position.quote
    places = (2, 2) if quote in rulebook().cash else (8, 0)
    held = [(place.currency, take) for place, mark, take in turns if mark != "skipped"]
    at = list(range(1, len(held) + 1))
    level = min(realised.pnl, ZERO)
    levels: list[Decimal] = []
    for _, take in held:
        levels.append(level)
        level += take.covers if take else ZERO
    starts = [float(level) for level in levels]
    steps = [*starts, float(level)]
    fees = [(x, start, take.fee) for x, start, (_, take) in zip(at, starts, held, strict=True) if take and take.fee]
    names = ["Loss" if realised.pnl < 0 else "Profit", *(code for code, _ in held), "Unpaid"]
    sold = ["", *(f"−{short(take.taken, code)}" if take else "–" for code, take in held), ""]
    ends = [realised.pnl, -realised.unpaid]
    dots = {"shape": ".", "fgcolor": "role:fee", "bgcolor": "role:ground", "size": 5, "solidity": 0.6}
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "hoverinfo": "skip",
                "x": [x for place in range(len(steps)) for x in (place + 0.31, place + 0.69, None)],
                "y": [y for step in steps for y in (step, step, None)],
                "line": {"color": "role:quiet", "dash": "dot", "width": 1},
            },
            {
                **_bars("role:profit" if realised.pnl > 0 else "role:loss"),
                "x": [0, len(held) + 1],
                "base": [0, 0],
                "y": [float(end) for end in ends],
                "text": [f"{'▲' if end > 0 else '▼'} {money(end, quote, sign=True)}" if end else "" for end in ends],
            },
            {
                **_bars("role:own"),
                "x": at,
                "base": starts,
                "y": [float(take.covers) if take else 0 for _, take in held],
                "text": [number(take.covers, *places) if take else "" for _, take in held],
            },
            {
                **_bars("role:fee"),
                "marker": {"color": "role:fee", "pattern": dots, "line": {"color": "role:fee", "width": 1}},
                "x": [x for x, _, _ in fees],
                "base": [start for _, start, _ in fees],
                "y": [-float(fee) for _, _, fee in fees],
                "text": [f"fee {number(fee, *places)}" for _, _, fee in fees],
            },
        ],
        "layout": _layout(
            [f"{name}<br>{sale}" for name, sale in zip(names, sold, strict=True)], quote, lowest, highest
        ),
    }


def _bars(colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "width": 0.62,
        "marker": {"color": colour, "line": {"width": 0}},
        "textposition": "outside",
        "textfont": {"color": colour, "size": 12},
        "constraintext": "none",
        "cliponaxis": False,
    }


def _layout(names: list[str], quote: str, lowest: Decimal, highest: Decimal) -> dict[str, Any]:
    room = (highest - lowest) / 12  # for the numbers beyond the ends of the bars
    return {
        "height": 400,
        "margin": {"l": 82, "r": 28, "t": 12, "b": 48},
        "barmode": "overlay",
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "role:ink"},
        "xaxis": {
            "range": [-0.75, len(names) - 0.25],  # the outer labels are wider than their bars
            "tickangle": 0,
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "range": [float(lowest - room), float(highest + room)],
            "ticksuffix": f" {quote}",
            "showticksuffix": "last",
            "separatethousands": True,
            "gridcolor": "role:line",
            "zerolinecolor": "role:quiet",
            "zerolinewidth": 2,
        },
    }


def headline(realised: Realised) -> str:
    """The figure's one message, as a sentence."""
    quote, takes = realised.position.quote, realised.cascade
    if realised.pnl >= 0:
        return f"No loss, so nothing is taken: closing adds {money(realised.pnl, quote)}"
    if realised.unpaid:
        return f"The loss takes everything, and {money(realised.unpaid, quote)} stay unpaid"
    last, whole = takes[-1], listed([take.currency for take in takes[:-1]])
    taken = brief(last.taken, last.currency)
    return f"The loss takes all your {whole}, then {taken}" if whole else f"The loss takes {taken}, and nothing else"


def words(moment: Moment, turns: list[Turn]) -> list[str]:
    """What is on the screen now and why, with the rules."""
    realised = moment.realised[0]
    lot, quote = realised.position, realised.position.quote
    bought = f"You buy {money(lot.volume, lot.base)} at {money(lot.open_price, quote)} with {money(lot.owed[1], quote)}"
    closed = f"you close at {money(realised.price, quote)}: {money(realised.pnl, quote, sign=True)} (R11)."
    opened = f"{bought} that the exchange extends (R1); {closed}"
    if realised.pnl >= 0:
        return [opened, "Only a loss is taken from your balances."]
    went = {why: listed([take.currency for take in realised.cascade if take.why == why]) for why in _ORDER}
    because = [text.format(went[why], pair=lot.pair) for why, text in _ORDER.items() if went[why]]
    sentences = [f"{'; '.join(because)}."]
    if realised.conversion_fees:
        sentences.append(f"Converting costs {money(realised.conversion_fees, quote)} on top of the loss (R16).")
    kept = [place.currency for place, mark, _ in turns if mark == "untouched"]
    if kept:
        sentences.append(f"{listed(kept)}: untouched, since nothing is left to cover.")
    if realised.unpaid:
        sentences.append(f"Nothing is left to take: {money(realised.unpaid, quote)} stay owed (A5).")
    return [opened, " ".join(sentences)]


def table(realised: Realised, before: State, after: State, turns: list[Turn]) -> dict[str, Any]:
    """A row for each currency with a balance, in the order of preference, with the reason for its place."""
    quote, pair = realised.position.quote, realised.position.pair
    rows = [
        {
            "mark": mark,
            "cells": [
                place.currency,
                f"{at}. {_WHY[place.why].format(pair=pair)}",
                money(before.balance(place.currency), place.currency),
                _MARKS[mark],
                money(take.taken, place.currency) if take else "",
                money(take.covers, quote) if take else "",
                f"{money(take.fee, quote)} ({percent(take.fee_rate)})" if take and take.fee_rate else "",
                money(after.balance(place.currency), place.currency),
            ],
        }
        for at, (place, mark, take) in enumerate(turns, 1)
        if place.currency in before.balances
    ]
    unpaid = ["Unpaid", "when nothing is left (A5)", "", "", "", money(realised.unpaid, quote), "", ""]
    last = {"mark": "unpaid" if realised.unpaid else "", "cells": unpaid}
    columns = [{"label": label, "number": at in (2, 4, 5, 6, 7)} for at, label in enumerate(_COLUMNS)]
    return {
        "caption": "Turn by turn, with the reason for each place",
        "open": False,
        "columns": columns,
        "rows": [*rows, last],
    }


def _refused(story: Story, lowest: Decimal, highest: Decimal) -> dict[str, Any]:
    """The opening that the exchange refuses: no bars, and what would work (B4)."""
    assert story.error is not None
    rules = ", ".join(story.error.rules)
    quote = story.scenario.steps[0].pair.split("/")[1]  # type: ignore[union-attr]
    return {
        "title": "The exchange refuses this opening",
        "alert": f"{story.error.message} ({rules})",
        "figures": [{"data": [], "layout": _layout(["Loss", "Unpaid"], quote, lowest, highest)}],
        "words": ["Nothing is opened, so nothing can be lost. Your balances stay as they are (A7)."],
        "strip": [],
        "tables": [],
    }

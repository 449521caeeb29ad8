"""Whose money it is: what you have beside what you owe and what is yours, as an opening goes on and as prices move."""

from fractions import Fraction

from marginlib.analysis.sheet import Entry, Sheet, flows, opening_sheets, sheet, worth
from marginlib.drawing.pieces import Part, Point, Spec, figure, layout, lines, stacks
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.engine.account import Position
from marginlib.engine.margin import Margin, put_up, return_on_put_up
from marginlib.engine.story import Moment, Story
from marginlib.telling import sentences
from marginlib.telling.numbers import listed, money, number, percent, price

STEPS = ("Before", "The extension", "The trade", "What is tied up")
"""The steps that an opening is walked in."""

_PLACES = {"exchange": "The exchange", "position": "your position", "market": "the market"}
_WIDE = 0.84
_ROOM = 1.16  # so much of the axis is above the highest bar, for what is written there


def opening(story: Story, step: int, most: float) -> View:
    """An opening, walked to one of the steps (from 1); the figure's axis goes to the most, in the sheet's currency."""
    if story.error:
        return _refused(story, most)
    moment, currency = story.moments[0], story.scenario.summary_currency or ""
    lot = moment.after.positions[-1]
    seen = opening_sheets(moment.before, moment.after, currency)[min(step, 3) - 1]
    tied = story.margin if step == 4 else None
    title, *told = [_before, _extended, _traded, _tied_up][step - 1](lot, seen, story)
    return screen(title, [_figure(seen, tied, most)], told, [_moves(lot, step)])


def squeeze(story: Story, most: float) -> View:
    """A position after its price moved, as a balance sheet; the figure's axis goes to the most."""
    if story.error:
        return _refused(story, most)
    currency = story.scenario.summary_currency or ""
    then, now = (sheet(state, currency) for state in (story.moments[0].after, story.final))
    tied = story.margin
    assert tied is not None
    title, told = _headline(story.moments[-1], then, now), _explained(story, now, tied)
    return screen(title, [_figure(now, tied, most)], told, [_numbers(story, then, now)])


def _figure(seen: Sheet, tied: Margin | None, most: float) -> Spec:
    """Two bars of one height: what you have, and what you owe with what is yours; beside it, what is tied up."""
    own, held, owes = (float(worth(entries)) for entries in (seen.own, seen.restricted, seen.owed))
    has, yours = float(seen.has), float(seen.yours)
    parts: dict[str, list[Part]] = {
        "own": [(0, 0, own), (1, owes, max(yours, 0.0))],
        "restricted": [(0, own, held)],
        "owed": [(1, 0, owes)],
        "loss": [(0, has, max(-yours, 0.0))],
    }
    left = [(own / 2, f"your balance<br>{_worded(seen.own, seen)}")] if own else []
    left += [(own + held / 2, f"restricted<br>{_worded(seen.restricted, seen)}")] if held else []
    left += [(has - yours / 2, f"not covered<br>▼ {_money(seen, seen.yours)}")] if yours < 0 else []
    right = [(owes / 2, f"owed<br>{_worded(seen.owed, seen)}")] if owes else []
    frame: list[Point | None] = []
    if tied:
        used, free = float(tied.used_margin), float(tied.free_margin)
        frame = [*_bracket(owes, owes + used), *(_bracket(owes + used, owes + yours) if free > 0 else [])]
        right.append((owes + used / 2, f"used margin<br>{_money(seen, tied.used_margin)}"))
        mark = "▼ " if free < 0 else ""
        right.append((owes + used + max(free, 0) / 2, f"free margin<br>{mark}{_money(seen, tied.free_margin)}"))
        level = percent(tied.level / 100) if tied.level is not None else ""
        right.append((most * 1.09, f"margin level<br>{level}"))
    written = [Label(1, max(owes, owes + yours, most / 100), f"yours<br>{_money(seen, seen.yours)}", "top center")]
    written += [Label(-0.5, height, text, "middle left") for height, text in left]
    written += [Label(1.6 if tied else 1.5, height, text, "middle right") for height, text in right]
    axes = layout({0: "What<br>you have", 1: "Owed<br>and yours"}, (-1.95, 2.75), (0, most * _ROOM), seen.currency)
    return figure([*stacks(parts, _WIDE), lines(frame)], axes, written)


def _bracket(low: float, high: float) -> list[Point | None]:
    """Beside the second bar: from here to there."""
    return [(1.48, low), (1.54, low), (1.54, high), (1.48, high), None]


def _money(seen: Sheet, amount: Fraction) -> str:
    return money(amount, seen.currency)


def _worded(entries: tuple[Entry, ...], seen: Sheet) -> str:
    """Amounts in their own currencies; what is not in the sheet's currency also says what it is worth."""
    amounts = listed([money(entry.amount, entry.currency) for entry in entries])
    return (
        amounts
        if {entry.currency for entry in entries} == {seen.currency}
        else f"{amounts}<br>= {_money(seen, worth(entries))}"
    )


def _before(lot: Position, seen: Sheet, _story: Story) -> list[str]:
    cost, volume = money(lot.cost, lot.quote), money(lot.volume, lot.base)
    if lot.side == "long":
        plan = f"You want to buy {volume}. At {price(lot.open_price, lot.quote)} they cost {cost}."
    else:
        plan = (
            f"You want to sell {volume} that you don't have. At {price(lot.open_price, lot.quote)} they bring {cost}."
        )
    return [
        f"You have {_money(seen, seen.has)}, and all of it is yours",
        f"Nothing is borrowed and nothing is owed yet. {plan}",
        "Press Next to open the position, one step at a time.",
    ]


def _extended(lot: Position, seen: Sheet, _story: Story) -> list[str]:
    (code, amount), verb = lot.owed, "buy" if lot.side == "long" else "sell"
    return [
        f"The exchange extends {money(amount, code)}: you have them, and you owe them",
        f"To {verb} {money(lot.volume, lot.base)} on margin, you are lent all of {money(amount, code)}, "
        f"whatever your leverage (R1). That is your obligation: this amount, in {code}.",
        f"Both bars grow by the same piece, so what is yours stays {_money(seen, seen.yours)}.",
    ]


def _traded(lot: Position, seen: Sheet, _story: Story) -> list[str]:
    (lent, amount), (code, received) = lot.owed, lot.held
    return [
        f"The market swaps them for {money(received, code)}, restricted until the position ends",
        f"{money(amount, lent)} go to the market, {money(received, code)} come back (R1). "
        "They are held in the position: you can't withdraw or spend them until you settle or close it (R2).",
        f"You still owe {money(amount, lent)}, and {_money(seen, seen.yours)} are still yours. "
        f"The {lot.base} {'was bought' if lot.side == 'long' else 'that was sold was lent'}"
        f"{' with the money of the exchange' if lot.side == 'long' else ' by the exchange'}.",
    ]


def _tied_up(lot: Position, seen: Sheet, story: Story) -> list[str]:
    tied = story.margin
    assert tied is not None
    assert tied.level is not None
    book = story.final.rulebook
    used, free = _money(seen, tied.used_margin), _money(seen, tied.free_margin)
    return [
        f"{used} of what is yours are tied up; {free} stay free",
        f"Your own money buys nothing here: it backs the loan. Tied up is the cost ÷ leverage, "
        f"{money(lot.cost, lot.quote)} ÷ {number(lot.leverage, 20)} (B2). The rest of your equity is free margin (B3).",
        f"Equity in percent of used margin is the margin level: {percent(tied.level / 100)}. To open, it must be "
        f"{percent(book.opening_level / 100)} or more (B4). An opening fee would be a share of what is extended; "
        "here it is 0 (B6).",
    ]


def _headline(moment: Moment, then: Sheet, now: Sheet) -> str:
    """The squeezed figure's one message."""
    lot, at = moment.after.positions[0], moment.after.prices
    share = at[lot.pair] / lot.open_price - 1
    moves = f"The price {'rises' if share > 0 else 'falls'} {percent(abs(share))}"
    gone, left = _money(now, abs(now.yours - then.yours)), _money(now, now.yours)
    if not share:
        return f"The price has not moved: {left} are yours"
    if now.yours < 0:
        return f"{moves}: all of yours is gone, and {_money(now, -now.yours)} of what you owe are not covered"
    if now.yours < then.yours:
        return f"{moves}: {gone} of yours are gone, {left} are left"
    return f"{moves}: {gone} more are yours, {left} in all"


def _explained(story: Story, now: Sheet, tied: Margin) -> list[str]:
    """What stays, what moves, and what that does to what is tied up."""
    state, lot = story.final, story.final.positions[0]
    at, times = price(state.prices[lot.pair], lot.quote), number(lot.leverage, 20)
    owed, held, cost = money(lot.owed[1], lot.owed[0]), money(lot.held[1], lot.held[0]), money(lot.cost, lot.quote)
    if lot.side == "long":
        value = _money(now, worth(now.restricted))
        moves = f"You owe {owed}, whatever the price does (R1). Your {held}, at {at}, are worth {value}"
    else:
        moves = f"You owe {owed}, whatever they cost (R1): at {at}, that is {_money(now, now.owes)}"
        moves += f". The {held} from their sale stay"
    gain = return_on_put_up(state, lot)
    result = f"your {'loss' if gain < 0 else 'gain'} is {percent(abs(gain))}"
    return [
        f"{moves}. What is left over is yours: {_money(now, now.yours)} (B1).",
        f"To open you put up {money(put_up(lot), lot.quote)}, which is {cost} ÷ {times}. "
        f"Measured on that, {result} (R20).",
        sentences.margin(tied, state.rulebook),
    ]


def _moves(lot: Position, step: int) -> Table:
    """What goes from where to where in an opening, and what of it has happened."""
    done = (0, 1, 3, 3)[step - 1]
    rows = [
        [
            _PLACES[flow.source].capitalize(),
            _PLACES[flow.target],
            money(flow.amount, flow.currency),
            "● done" if at < done else "○ to come",
            "R1",
        ]
        for at, flow in enumerate(flows(lot))
    ]
    heads = ("From", "To", "Amount", "Done", "Rule")
    marks = [at < done for at in range(len(rows))]
    return table("Every movement of the opening", heads, rows, numbers=(2,), marks=marks)


def _numbers(story: Story, then: Sheet, now: Sheet) -> Table:
    """The balance sheet at opening and now."""
    before, tied = story.margin_of(story.moments[0].after), story.margin
    assert before
    assert before.level is not None
    assert tied
    assert tied.level is not None
    amounts = [
        ("Your balance", worth(then.own), worth(now.own), "B1"),
        ("Restricted: what you received", worth(then.restricted), worth(now.restricted), "R1"),
        ("What you have", then.has, now.has, ""),
        ("Owed: what was extended", then.owes, now.owes, "R1"),
        ("Yours: your equity", then.yours, now.yours, "B1"),
        ("Used margin", before.used_margin, tied.used_margin, "B2"),
        ("Free margin", before.free_margin, tied.free_margin, "B3"),
    ]
    rows = [[name, _money(now, a), _money(now, b), rule] for name, a, b, rule in amounts]
    rows.append(["Margin level", percent(before.level / 100), percent(tied.level / 100), "B3"])
    marks = [row[0] in ("What you have", "Yours: your equity") for row in rows]
    heads = ("", "At opening", "Now", "Rule")
    return table("The same in numbers, at opening and now", heads, rows, numbers=(1, 2), marks=marks)


def _refused(story: Story, most: float) -> View:
    """The opening that the exchange refuses: you keep what you had, and hear what would work (B4)."""
    assert story.error is not None
    return refused(
        story,
        [_figure(sheet(story.final, story.scenario.summary_currency or ""), None, most)],
        sentences.refusal(story.error).partition(": ")[2],
        "Nothing is extended, so nothing is owed. Your balance stays as it is (A7).",
        "A position may only start if your equity covers its used margin (B4).",
        alert="",
    )

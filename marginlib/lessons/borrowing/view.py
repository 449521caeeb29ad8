"""Whose money it is: what you have beside what you owe and what is yours, as an opening goes on and as prices move."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.analysis.sheet import Entry, Sheet, flows, opening_sheets, sheet, worth
from marginlib.drawing.axes import EDGE, WIDE, paired
from marginlib.drawing.pieces import Part, Point, Spec, around, figure, lines, stacks
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.drawing.touch import Grip, grip, touched
from marginlib.engine.account import Position
from marginlib.engine.margin import Margin, put_up, return_on_put_up
from marginlib.engine.scenario import Open
from marginlib.engine.story import Moment, Story
from marginlib.telling import sentences
from marginlib.telling.events import fallen
from marginlib.telling.numbers import in_panel, listed, money, number, percent, price

STEPS = ("Before", "The extension", "The trade", "What is tied up")
"""The steps that an opening is walked in."""

_PLACES = {"exchange": "The exchange", "position": "your position", "market": "the market"}
_LEFT, _RIGHT = 88, 96  # pixels for the names of the left bar, and of the right one
_KNOBS = -0.34, 1.34  # on the left bar and on the right one: clear of the names beside, and of what is written above


class Reach(NamedTuple):
    """How far the controls go: amounts in EUR, volume in BTC, the move in percent; and the height of the figure."""

    funds: tuple[float, float]
    volume: tuple[float, float]
    price: tuple[float, float]
    leverage: tuple[int, int]
    move: tuple[float, float] | None
    most: float


def opening(story: Story, step: int, reach: Reach) -> View:
    """An opening, walked to one of the steps (from 1)."""
    if story.error:
        return _refused(story, reach)
    moment, currency = story.moments[0], story.scenario.summary_currency or ""
    lot = moment.after.positions[-1]
    seen = opening_sheets(moment.before, moment.after, currency)[min(step, 3) - 1]
    tied = story.margin if step == 4 else None
    title, *told = [_before, _extended, _traded, _tied_up][step - 1](lot, seen, story)
    return screen(title, [_figure(story, seen, tied, reach)], told, [_moves(lot, step)])


def squeeze(story: Story, reach: Reach) -> View:
    """A position after its price moved, as a balance sheet."""
    if story.error:
        return _refused(story, reach)
    currency = story.scenario.summary_currency or ""
    then, now = (sheet(state, currency) for state in (story.moments[0].after, story.final))
    tied = story.margin
    assert tied is not None
    title, told = _headline(story.moments[-1], then, now), _explained(story, now, tied)
    happens = [*(["break-even"] if now.yours > then.yours else []), *fallen(tied, story.final.rulebook)]
    drawn = _figure(story, now, tied, reach)
    return screen(title, [drawn], told, [_numbers(story, then, now)], happens=happens)


def _figure(story: Story, seen: Sheet, tied: Margin | None, reach: Reach, needed: Fraction | None = None) -> Spec:
    """Two bars of one height: what you have, and whose it is. In what is yours, what is tied up is the floor.

    ``needed`` is the floor of an opening that was refused.
    """
    own, held, owes = (float(worth(entries)) for entries in (seen.own, seen.restricted, seen.owed))
    has, yours = float(seen.has), float(seen.yours)
    used = tied.used_margin if tied else needed
    parts: dict[str, list[Part]] = {
        "own": [(0, 0, own), (1, owes, max(yours, 0.0))],
        "restricted": [(0, own, held)],
        "owed": [(1, 0, owes)],
        "loss": [(0, has, max(-yours, 0.0))],
    }
    left = [(own / 2, f"balance<br>{_amounts(seen.own, seen)}")] if own else []
    left += [(own + held / 2, f"restricted<br>{_amounts(seen.restricted, seen)}")] if held else []
    left += [(has - yours / 2, f"▼ not<br>covered<br>{_cash(seen.yours)}")] if yours < 0 else []
    right = [(owes / 2, f"owed<br>{_amounts(seen.owed, seen)}")] if owes else []
    top, floor = max(owes, owes + yours), []
    if used is not None:
        at = owes + float(used)
        lacking = at - max(owes + yours, owes)
        if lacking > 0:  # room for margin that isn't there
            hollow = around(1 - WIDE / 2, at - lacking, 1 + WIDE / 2, at)
            floor.append(lines(hollow, "quiet", 1.5, "dot"))
        top = max(top, at)
        line = [(1 - WIDE / 2, at), (1 + WIDE / 2, at)]
        floor += [lines(line, "ground", 5), lines(line, "ink", 2)]
        right.append((owes + float(used) / 2, f"{'used margin' if tied else 'needed'}<br>{_cash(used)}"))
        free = seen.yours - used
        kind = "free margin" if tied else "lacking"
        right.append((at + max(float(free), 0) / 2, f"{kind}<br>{_cash(free)}"))
    axes, written = paired(reach.most, ("what<br>you have", "whose<br>it is"), seen.currency, left=_LEFT, right=_RIGHT)
    total = f"yours<br>{_cash(seen.yours)}"
    written.append(Label(1 + WIDE / 2, max(top, reach.most / 100), total, "top left", bold=True))
    written += [Label(-EDGE, height, text, "middle left") for height, text in left]
    written += [Label(1 + EDGE, height, text, "middle right") for height, text in right]
    spec = figure([*stacks(parts, WIDE), *floor], axes, written, _knobs(own, has, owes, used))
    name = "Your balance sheet: what you have, and whose it is"
    return touched(spec, *_grips(story, seen, reach, used is not None), name=name, tells=_tells(seen, tied, needed))


def _knobs(own: float, has: float, owes: float, used: Fraction | None) -> list[Point]:
    """Where the handles stand: at the tops of the parts, and at the floor."""
    left = [own, has] if owes else [own]
    right = [owes] if owes else []
    if used is not None:
        right.append(owes + float(used))
    return [(x, y) for x, heights in zip(_KNOBS, (left, right), strict=True) for y in heights]


def _grips(story: Story, seen: Sheet, reach: Reach, floor: bool) -> list[Grip]:
    """The tops of the bars, and the floor: where each would stand at both ends of its control."""
    opens = story.scenario.steps[0]
    assert isinstance(opens, Open)
    rate, now = (float(prices[opens.pair]) for prices in (story.scenario.prices, story.final.prices))
    volume, own, owes = float(opens.volume), float(worth(seen.own)), float(seen.owes)
    left, right = (WIDE / 2, _KNOBS[0]), (1 - WIDE / 2, _KNOBS[1])
    found = [grip("funds", "y", reach.funds, left)]
    if owes:
        volumes, follows = [each * rate for each in reach.volume], [volume * each for each in reach.price]
        if reach.move:  # what is owed stays and what is held moves; for a short it is the other way round
            follows = [volume * rate * (1 + each / 100) for each in reach.move]
        if reach.move and opens.side == "short":
            volumes = [own + each for each in volumes]
            found += [grip("volume", "y", volumes, left), grip("move", "y", follows, right)]
        else:
            follows = [own + each for each in follows]
            found += [grip("move" if reach.move else "price", "y", follows, left), grip("volume", "y", volumes, right)]
    if floor:
        cost = volume * (now if opens.side == "short" else rate)
        low, high = reach.leverage
        found.append(grip("leverage", "y", [owes + cost / each for each in range(low, high + 1)], right))
    return found


def _tells(seen: Sheet, tied: Margin | None, needed: Fraction | None) -> list[tuple[str, float]]:
    """The parts of both bars in words, from below."""
    told: list[tuple[str, Decimal | Fraction]] = []
    for name, entries in (("Your balance", seen.own), ("Restricted", seen.restricted), ("Owed", seen.owed)):
        amounts = listed([money(entry.amount, entry.currency) for entry in entries]) or _money(seen, Fraction(0))
        worthy = (
            ""
            if {entry.currency for entry in entries} <= {seen.currency}
            else f", worth {_money(seen, worth(entries))}"
        )
        told.append((f"{name}: {amounts}{worthy}", worth(entries)))
    told.append((f"Yours: {_money(seen, seen.yours)}", seen.yours))
    if tied:
        told.append((f"Used margin: {_money(seen, tied.used_margin)}", tied.used_margin))
        told.append((f"Free margin: {_money(seen, tied.free_margin)}", tied.free_margin))
    if needed is not None:
        told.append((f"Margin that the opening would use: {_money(seen, needed)}", needed))
    return [(text, float(value)) for text, value in told]


def _cash(amount: Fraction) -> str:
    """An amount in the currency that the figure names."""
    return number(amount, 2, 2)


def _amounts(entries: tuple[Entry, ...], seen: Sheet) -> str:
    """What a part is: in another currency than the figure's with its code, and what it is worth."""
    if {entry.currency for entry in entries} == {seen.currency}:
        return _cash(worth(entries))
    return f"{listed([money(entry.amount, entry.currency) for entry in entries])}<br>{_cash(worth(entries))}"


def _money(seen: Sheet, amount: Fraction) -> str:
    return money(amount, seen.currency)


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


def _refused(story: Story, reach: Reach) -> View:
    """The opening that the exchange refuses: you keep what you had, and see and hear what it would need (B4)."""
    assert story.error is not None
    opens, seen = story.scenario.steps[0], sheet(story.final, story.scenario.summary_currency or "")
    assert isinstance(opens, Open)
    needed = Fraction(opens.volume) * Fraction(story.final.prices[opens.pair]) / Fraction(opens.leverage)
    shown = refused(
        story,
        [_figure(story, seen, None, reach, needed)],
        in_panel(sentences.refusal(story.error).partition(": ")[2]),
        "Nothing is extended, so nothing is owed. Your balance stays as it is (A7).",
        "A position may only start if your equity covers its used margin (B4).",
        alert="",
    )
    return {**shown, "happens": ["refused"]}

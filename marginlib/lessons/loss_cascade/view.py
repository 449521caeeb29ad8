"""What a realised loss takes, and in which order: a waterfall, the order of preference, the words."""

from decimal import Decimal

from marginlib.drawing.pieces import Columns, Spec, figure, layout, lines, marked
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.engine.account import Realised, State, Take
from marginlib.engine.amounts import ZERO
from marginlib.engine.cascade import Place, preference
from marginlib.engine.story import Moment, Story
from marginlib.reading.rulebooks import rulebook
from marginlib.telling import preference as preference_told
from marginlib.telling.numbers import brief, listed, money, number, percent, short

_MARKS = {"taken": "● taken", "untouched": "○ untouched", "skipped": "– none there"}
_COLUMNS = ("Currency", "Place in the order", "You had", "Turn", "Taken", "Covers", "Fee", "You have")


def view(story: Story, lowest: Decimal, highest: Decimal) -> View:
    """What the screen shows of a story of one closing; the figure's axis goes from lowest to highest, in QUOTE."""
    if story.error:
        quote = story.scenario.steps[0].pair.split("/")[1]  # type: ignore[union-attr]
        return refused(
            story,
            [figure([], _layout(["Loss", "Unpaid"], quote, lowest, highest))],
            "Nothing is opened, so nothing can be lost. Your balances stay as they are (A7).",
            alert=f"{story.error.message} ({', '.join(story.error.rules)})",
        )
    moment = story.moments[-1]
    realised, before = moment.realised[0], moment.before
    turns = _turns(realised, before)
    return screen(
        headline(realised),
        [waterfall(realised, turns, lowest, highest)],
        words(moment, turns),
        [_table(realised, before, moment.after, turns)],
        strip=[(place.currency, mark) for place, mark, _ in turns],
    )


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


def waterfall(realised: Realised, turns: list[Turn], lowest: Decimal, highest: Decimal) -> Spec:
    """From the loss to zero, in QUOTE: a bar for each currency there is, the conversion fee its own part of it.

    What a conversion yields covers the loss; its fee hangs below, since it is sold and covers nothing.
    """
    quote, pnl = realised.position.quote, realised.pnl
    places = (2, 2) if quote in rulebook().cash else (8, 0)
    held = [(place.currency, take) for place, mark, take in turns if mark != "skipped"]
    result = "profit" if pnl > 0 else "loss"
    drawn = Columns(0.31, result, "own", "fee")
    for at, end in ((0, pnl), (len(held) + 1, -realised.unpaid)):
        if end:
            drawn.put(at, result, end, marked(end, quote), f"{'top' if end > 0 else 'bottom'} center", ink=result)
    level = min(pnl, ZERO)
    steps = [float(level)]
    for at, (_, take) in enumerate(held, 1):
        if take:
            drawn.put(at, "own", take.covers, number(take.covers, *places), "top center", base=level, ink="own")
        if take and take.fee:
            fee = f"fee {number(take.fee, *places)}"
            drawn.put(at, "fee", -take.fee, fee, "bottom center", base=level, ink="fee")
        level += take.covers if take else ZERO
        steps.append(float(level))
    stairs = [point for at, y in enumerate(steps) for point in ((at + 0.31, y), (at + 0.69, y), None)]
    names = ["Loss" if pnl < 0 else "Profit", *(code for code, _ in held), "Unpaid"]
    sold = ["", *(f"−{short(take.taken, code)}" if take else "–" for code, take in held), ""]
    ticks = [f"{name}<br>{sale}" for name, sale in zip(names, sold, strict=True)]
    axes = _layout(ticks, quote, lowest, highest)
    return figure([lines(stairs, "quiet", 1, "dot"), *drawn.drawn(edge=0)], axes, drawn.labels)


def _layout(names: list[str], quote: str, lowest: Decimal, highest: Decimal) -> Spec:
    room = (highest - lowest) / 12  # for the numbers beyond the ends of the bars
    # The outer labels are wider than their bars.
    across = (-0.75, len(names) - 0.25)
    return layout(dict(enumerate(names)), across, (float(lowest - room), float(highest + room)), quote, r=28)


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
    taken = ((take.currency, take.why) for take in realised.cascade)
    sentences = [f"{preference_told.order(taken, lot.pair)}."]
    if realised.conversion_fees:
        sentences.append(f"Converting costs {money(realised.conversion_fees, quote)} on top of the loss (R16).")
    kept = [place.currency for place, mark, _ in turns if mark == "untouched"]
    if kept:
        sentences.append(f"{listed(kept)}: untouched, since nothing is left to cover.")
    if realised.unpaid:
        sentences.append(f"Nothing is left to take: {money(realised.unpaid, quote)} stay owed (A5).")
    return [opened, " ".join(sentences)]


def _table(realised: Realised, before: State, after: State, turns: list[Turn]) -> Table:
    """A row for each currency with a balance, in the order of preference, with the reason for its place."""
    quote, pair = realised.position.quote, realised.position.pair
    rows = [
        [
            place.currency,
            f"{at}. {preference_told.entry(place.why, pair)}",
            money(before.balance(place.currency), place.currency),
            _MARKS[mark],
            money(take.taken, place.currency) if take else "",
            money(take.covers, quote) if take else "",
            f"{money(take.fee, quote)} ({percent(take.fee_rate)})" if take and take.fee_rate else "",
            money(after.balance(place.currency), place.currency),
        ]
        for at, (place, mark, take) in enumerate(turns, 1)
        if place.currency in before.balances
    ]
    marks = [mark for place, mark, _ in turns if place.currency in before.balances]
    rows.append(["Unpaid", "when nothing is left (A5)", "", "", "", money(realised.unpaid, quote), "", ""])
    return table(
        "Turn by turn, with the reason for each place",
        _COLUMNS,
        rows,
        numbers=(2, 4, 5, 6, 7),
        marks=[*marks, "unpaid" if realised.unpaid else ""],
    )

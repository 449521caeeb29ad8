"""What a realised loss takes, and in which order: the loss drained currency by currency, and the words."""

from collections.abc import Container, Mapping
from decimal import Decimal
from typing import NamedTuple

from marginlib.drawing.pieces import Spec, marked, swatch
from marginlib.drawing.placing import NARROWEST, extent
from marginlib.drawing.rows import SIDE, Band, Rows, hung
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.drawing.touch import Grip, grip, touched
from marginlib.engine.account import Realised, State, Take
from marginlib.engine.amounts import ZERO
from marginlib.engine.cascade import Place, preference
from marginlib.engine.story import Moment, Story
from marginlib.panels.purse import sized
from marginlib.reading.rulebooks import rulebook
from marginlib.telling import preference as preference_told
from marginlib.telling.numbers import brief, listed, money, number, percent, price

_MARKS = {"taken": "● taken", "untouched": "○ untouched", "skipped": "– none there"}
_COLUMNS = ("Currency", "Place in the order", "You had", "Turn", "Taken", "Covers", "Fee", "You have")
_APART = "\N{EM SPACE}"  # between what is said of a bar and of its fee
_BAR, _DRIP, _GAP = 18.0, 5.0, 11.0  # pixels: how high a bar is, how far below it its fee drips, and from row to row


class Scale(NamedTuple):
    """What stays while the controls move: the axis in QUOTE with its round ticks, and how far the controls go.

    ``results`` are the results at the least and the most move of the price, in QUOTE; ``most`` are balances. ``there``
    are the currencies that are shown when there is nothing of them, too.
    """

    across: tuple[float, float]
    ticks: dict[float, str]
    results: tuple[float, float]
    most: Mapping[str, Decimal]
    there: Container[str]


def view(story: Story, scale: Scale) -> View:
    """What the screen shows of a story of one closing."""
    if story.error:
        pair: str = story.scenario.steps[0].pair  # type: ignore[union-attr]
        quote = pair.split("/")[1]
        shown = refused(
            story,
            [cascade(None, _turns(pair, (), story.final), story.final, quote, scale)],
            "Nothing is opened, so nothing can be lost. Your balances stay as they are (A7).",
        )
        shown = {**shown, "alert": sized(shown["alert"])}
        return {**shown, "happens": ["refused"]}
    moment = story.moments[-1]
    realised, before = moment.realised[0], moment.before
    turns = _turns(realised.position.pair, realised.cascade, before)
    return screen(
        headline(realised),
        [cascade(realised, turns, before, realised.position.quote, scale)],
        words(moment, turns),
        [_table(realised, before, moment.after, turns)],
        happens=happened(realised, before),
    )


def happened(realised: Realised, before: State) -> list[str]:
    """What a control's track is marked with: no loss any more, currencies used up, a rest unpaid."""
    gone = [f"{take.currency} gone" for take in realised.cascade if take.taken == before.balance(take.currency)]
    return [*(["break-even"] if realised.pnl > 0 else []), *gone, *(["a rest unpaid"] if realised.unpaid else [])]


Turn = tuple[Place, str, Take | None]


def _turns(pair: str, cascade: tuple[Take, ...], before: State) -> list[Turn]:
    """The order of preference as it stands for a loss in a pair (R13 to R15), with what became of each place."""
    base, quote = pair.split("/")
    takes = {take.currency: take for take in cascade}
    places = preference(before.rulebook.collateral_order, base, quote, before.balances)
    return [
        (
            place,
            "taken" if place.currency in takes else "untouched" if before.balance(place.currency) else "skipped",
            takes.get(place.currency),
        )
        for place in places
    ]


def cascade(realised: Realised | None, turns: list[Turn], before: State, quote: str, scale: Scale) -> Spec:
    """From the loss to what stays unpaid, in QUOTE: a row for each currency there is, in the order of the rule.

    Left of zero is what isn't covered yet; a currency's bar takes its part of that away, and its conversion fee drips
    off, since it is sold and covers nothing. Right of zero is what stays of the currency. Nothing realised: only that.
    """
    rows = Rows(scale.across, scale.ticks)
    band, grips, tells = _lost(rows, realised, quote, scale)
    due, fees, others = max(-realised.pnl, ZERO) if realised else ZERO, ZERO, 0
    for place, _, take in turns:
        code = place.currency
        had = before.balance(code)
        if not had and code not in scale.there:
            others += 1
            continue
        taken, covers, fee = (take.taken, take.covers, take.fee) if take else (ZERO, ZERO, ZERO)
        rows.band(_GAP)
        told = _turn(code, had, taken)
        _say(rows, swatch("own", told) if taken else told, f"fee {_short(fee, quote, 3)}" if fee else "")
        band = rows.band(_BAR)
        rows.put("own", band, -due, covers - due)
        rows.put("fee", (band[0] - _DRIP, band[1] - _DRIP), -due - fee, -due)
        rate = before.rate(code, quote)
        worth = float(rate.up) / float(rate.down)
        rows.outline(band, 0, float(had - taken) * worth)
        if code in scale.most:
            share = 1 - float(before.rulebook.conversion_fee(code, quote)) if code != quote else 1.0
            grips.append(grip(code, "x", _ends(float(scale.most[code]) * worth, share, float(due)), hung(band)))
        tells.append((_told(code, had, take, quote), float(covers)))
        due, fees = due - covers, fees + fee
        rows.put("loss", band, -due, 0)
    rows.band(_GAP)
    rest = f"and {others} others that you don't hold"
    rows.say(rest, role="quiet")
    rows.band(_GAP)
    stays = f"unpaid: {money(due, quote)}" if due else "nothing unpaid" if realised else "nothing to pay"
    _say(rows, swatch("loss", stays) if due else stays, f"fees {_short(fees, quote, 3)}" if fees else "")
    rows.put("loss", rows.band(_BAR), -due, 0)
    tells += [(rest, 0.0), (stays, float(due))]
    return touched(rows.drawn(stop=True), *grips, name="What the loss takes, in turn", tells=tells)


def _say(rows: Rows, told: str, fee: str) -> None:
    """A line of words, with the fee after them: it drips off the bar below. If need be it stands at the line's end."""
    also = swatch("fee", fee) if fee else ""
    whole = f"{told}{_APART}{also}" if fee else told
    if extent(whole, 14)[0] <= NARROWEST - 2 * SIDE:
        rows.say(whole)
    else:
        rows.say(told, also)


def _lost(
    rows: Rows, realised: Realised | None, quote: str, scale: Scale
) -> tuple[Band, list[Grip], list[tuple[str, float]]]:
    """The first row: the loss (or the profit) at its price, whose end moves with the price."""
    if not realised:
        rows.say("Nothing is opened")
        return rows.band(_BAR), [], [("Nothing is opened", 0.0)]
    pnl, at = realised.pnl, price(realised.price, quote)
    role, result = "profit" if pnl > 0 else "loss", marked(pnl, quote)
    rows.say(f"{swatch(role, result) if pnl else result}{_APART}at {at}")
    band = rows.band(_BAR)
    rows.put(role, band, 0, pnl)
    return band, [grip("move", "x", scale.results, hung(band))], [(f"{result} at a price of {at}", float(pnl))]


def _turn(code: str, had: Decimal, taken: Decimal) -> str:
    """How much of a currency goes, in few signs."""
    if not had:
        return f"{code}: none there"
    some, all_of_it = _short(taken, code, 4), _short(had, code)
    if not taken:
        return f"{code}: {all_of_it}, untouched"
    return f"{code}: all {all_of_it}" if taken == had else f"{code}: {some} of {all_of_it.removesuffix('.00')}"


def _told(code: str, had: Decimal, take: Take | None, quote: str) -> str:
    """The same in words, with exact amounts."""
    if not take:
        return f"{money(had, code)}, untouched"
    fee = f", for a fee of {money(take.fee, quote)}" if take.fee else ""
    return f"{money(take.taken, code)} of {money(had, code)} cover {money(take.covers, quote)}{fee}"


def _short(amount: Decimal, currency: str, digits: int = 6) -> str:
    """An amount where there is little room: of coins so many digits, and all whole ones."""
    if currency in rulebook().cash:
        return number(amount, 2, 2)
    return number(amount, min(8, max(0, digits - 1 - amount.adjusted())))


def _ends(most: float, share: float, due: float) -> list[float]:
    """Where a currency's bar ends, from none of it to the most of it, in QUOTE.

    Left of zero it grows by what it covers, its share after the fee; right of zero by what stays of it.
    """
    steps = 10 if 0 < due < most * share else 1
    worths = (most * step / steps for step in range(steps + 1))
    return [round(worth * share - due if worth * share < due else worth - due / share, 8) for worth in worths]


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

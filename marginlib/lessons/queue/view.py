"""Several lots in a pair are a queue: what an order ends of it, lot by lot, from its oldest end (R7, R8, R12)."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from marginlib.drawing.pieces import Spec, marked, swatch
from marginlib.drawing.placing import Label
from marginlib.drawing.rows import Band, Rows, held
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.drawing.touch import Grip, grip, touched
from marginlib.engine.account import Position, Realised, Row, State
from marginlib.engine.amounts import ZERO
from marginlib.engine.scenario import Close, Open, Price, Settle
from marginlib.engine.story import Story
from marginlib.telling import sentences
from marginlib.telling.numbers import in_panel, listed, money, number, price

_ACROSS = (-0.23, 0.95)  # BTC, with room for prices on the left
_CLEAR = 0.05  # BTC from zero to the handle of a small lot: those prices are seen
_QUEUE_TICKS = {tenth / 10: f"{tenth / 10:g}{'' if tenth else ' BTC'}" for tenth in (0, 2, 4, 6, 8)}
_BRACKET, _STAIRS, _SLAB, _NAMES = 24.0, 130.0, 16.0, 18.0  # pixels: of the order's bracket, of all prices, of a lot
_ROOM = 6.0  # pixels above and below the lots, for their knobs
_ASIDE = 0.012  # BTC from the axis to its prices
_BAR, _GAP = 14.0, 4.0  # pixels: of a result, and between rows


class Reach(NamedTuple):
    """How far the controls go: a lot's volume and the order's in BASE, and prices in QUOTE."""

    lot: tuple[Decimal, Decimal]
    order: tuple[Decimal, Decimal]
    prices: tuple[Decimal, Decimal]


class Axis(NamedTuple):
    """An axis of money in QUOTE under the queue: where its zero stands on the axis of volumes, and how long 1 is."""

    zero: float
    one: float
    ticks: tuple[int, ...]

    def at(self, amount: Decimal | int) -> float:
        """Where an amount stands."""
        return self.zero + self.one * float(amount)


_RESULTS: dict[str, Axis] = {
    "close": Axis(0.39, 0.48 / 4000, (-4000, -2000, 0, 2000, 4000)),
    "settle": Axis(0.85, 0.95 / 18_000, (-15_000, -10_000, -5000, 0)),
}


@dataclass(frozen=True)
class Lot:
    """One lot of the queue: its name, what the order ends of it in BASE, and what became of that."""

    name: str
    position: Position
    left: Decimal
    realised: Realised | None
    rows: tuple[Row, ...]

    @property
    def ended(self) -> Decimal:
        """What the order ends of it, in BASE."""
        return self.position.volume - self.left

    def moved(self, reason: str) -> Decimal:
        """What the lot's rows moved for one reason, in the row's currency."""
        return sum((part.amount for row in self.rows for part in row.parts if part.reason == reason), ZERO)


def lots(story: Story, names: Sequence[str]) -> list[Lot]:
    """The lots as the last step found them, oldest first, with what that step ended of each."""
    moment = None if story.error else story.moments[-1]
    before = story.final if moment is None else moment.before
    left = {position.id: position.volume for position in story.final.positions}
    return [
        Lot(
            names[position.id - 1],
            position,
            left.get(position.id, ZERO),
            next((each for each in moment.realised if each.position.id == position.id), None) if moment else None,
            tuple(row for row in moment.rows if row.position == position.id) if moment else (),
        )
        for position in before.positions
    ]


def view(story: Story, other: Story, names: Sequence[str], other_names: Sequence[str], reach: Reach) -> View:
    """What an order ends of a queue of lots; beside it, in words, the same order had they been opened the other way.

    Names are those of the lots in their order of opening.
    """
    if story.error and story.error.index < len(story.scenario.steps) - 1:
        return _not_opened(story, names, reach)
    queue = lots(story, names)
    return screen(
        headline(story, queue),
        [eaten(story, queue, names, reach)],
        words(story, queue, other, lots(other, other_names)),
        [_table(story, queue)],
        happens=happened(story, queue, names),
    )


def happened(story: Story, queue: list[Lot], names: Sequence[str]) -> list[str]:
    """What a control's track is marked with: which lots go, too, from where on the order gains, what is used up."""
    step, before, goes = _ending(story), ZERO, []
    assert isinstance(step.volume, Decimal)
    for name, volume, _ in _planned(story, names):
        if ZERO < before < step.volume:
            goes.append(f"{name} goes")
        before += volume
    if story.error:
        return [*goes, "refused"]
    quote = step.pair.partition("/")[2]
    realised = [lot.realised for lot in queue if lot.realised]
    known = {
        "break-even": bool(realised) and total(queue) > 0,
        f"{quote} gone": any(take.currency != quote for each in realised for take in each.cascade),
        "a rest unpaid": any(each.unpaid for each in realised),
    }
    return [*goes, *(name for name, there in known.items() if there)]


def _ending(story: Story) -> Close | Settle:
    step = story.scenario.steps[-1]
    assert isinstance(step, Close | Settle)
    return step


def _before(story: Story) -> State:
    return story.final if story.error else story.moments[-1].before


def _now(story: Story) -> Decimal:
    """The price at which the order ends them, in QUOTE."""
    step = story.scenario.steps[-2]
    assert isinstance(step, Price)
    return step.price


def eaten(story: Story, queue: list[Lot], names: Sequence[str], reach: Reach) -> Spec:
    """The queue, oldest lot on the left: as wide as its volume, as high as its price; below, what became of each lot.

    What is held is hatched. What the order closes is gone: between its opening price and the closing price lies its
    profit or loss, which falls out below on an axis of money. What it settles is solid: yours.
    """
    step, now = _ending(story), _now(story)
    assert isinstance(step.volume, Decimal)
    base, quote = step.pair.split("/")
    axis, reached = _RESULTS[step.do], float(step.volume)
    rows = Rows(_ACROSS, {axis.at(at): f"{number(Decimal(at), 0)}{'' if at else f' {quote}'}" for at in axis.ticks})
    rows.say(f"{step.do} {money(step.volume, base)} at {price(now, quote)}")
    bracket = rows.band(_BRACKET)
    foot, bar = held(bracket)
    rows.stroke([(0, foot), (0, bar), (reached, bar)], "ink", 2.5)
    rows.stroke([(reached, bar), (reached, foot - _STAIRS)], "ink", 1.5)  # what is left of it goes
    rows.begin()
    planned = _planned(story, names)
    grips = [grip("volume", "x", _floats(reach.order), held(bracket))]
    grips += _stairs(rows, planned, queue, now, reach)
    rows.axis(_QUEUE_TICKS)
    top = -rows.down
    tells = [(f"the order: {step.do} {money(step.volume, base)} at {price(now, quote)}", reached)]
    tells += [_result(rows, lot, axis, base, quote) for lot in queue]
    for name, volume, opened in planned[len(queue) :]:
        rows.band(_GAP)
        _say(rows, f"{name}: {number(volume, 8)} at {number(opened, 2)}", "not opened", axis, "quiet")
        rows.band(_BAR)
        tells.append((f"{name}: {money(volume, base)} at {price(opened, quote)} are not opened", 0.0))
    result = total(queue)
    told = marked(result, quote) if isinstance(step, Close) else money(result, quote, sign=True)
    _say(rows, "together", told, axis)
    for low, high in rows.wordless(-rows.down, top):
        if high - low >= _BAR:  # what is left between words only is no line
            rows.stroke([(axis.zero, low), (axis.zero, high)], "quiet", 1.5)
    tells.append((f"together: {told}", float(result)))
    return touched(
        rows.drawn(grid=False, stop=True), *grips, name="The queue, and what becomes of each lot", tells=tells
    )


def _planned(story: Story, names: Sequence[str]) -> list[tuple[str, Decimal, Decimal]]:
    """The lots as they are to be opened: name, volume in BASE, opening price in QUOTE."""
    steps = story.scenario.steps
    found = [(a.price, b.volume) for a, b in itertools.pairwise(steps) if isinstance(a, Price) and isinstance(b, Open)]
    return [(name, volume, at) for name, (at, volume) in zip(names, found, strict=True)]


def _floats(ends: Sequence[Decimal]) -> list[float]:
    return [float(end) for end in ends]


def _stairs(
    rows: Rows, planned: Sequence[tuple[str, Decimal, Decimal]], queue: Sequence[Lot], now: Decimal, reach: Reach
) -> list[Grip]:
    """The lots as steps of a stair, each at its opening price, and the price now as a line through them."""
    low, high = rows.band(_STAIRS)
    cheap, dear = _floats(reach.prices)
    low, high = low + _SLAB / 2 + _ROOM, high - _SLAB / 2 - _ROOM
    below = rows.band(_NAMES)
    ruler = rows.band(_BRACKET)

    def up(amount: Decimal) -> float:
        return low + (float(amount) - cheap) / (dear - cheap) * (high - low)

    grips: list[Grip] = []
    at, line, prices = 0.0, up(now), [up(each) for each in reach.prices]
    for turn, (name, wide, opened) in enumerate(planned):
        end, middle = at + float(wide), up(opened)
        slab = (middle - _SLAB / 2, middle + _SLAB / 2)
        if turn < len(queue):
            _step(rows, queue[turn], (at, end), slab, line)
        else:
            rows.stroke([(at, middle), (end, middle)], dash="6px,4px", width=2)
        # In a row of their own: a lot that is thinner than a knob has one at its name nowhere else.
        rows.labels.append(Label((at + end) / 2, sum(below) / 2, name, "middle center", bold=True, fixed=True))
        grips.append(grip(f"{name}_price", "y", prices, (at, max((at + end) / 2, _CLEAR))))
        grips.append(grip(f"{name}_volume", "x", [at + float(each) for each in reach.lot], held(ruler)))
        rows.stroke(
            [(end, slab[0] if turn < len(queue) and queue[turn].left else middle), (end, held(ruler)[1])], "line", 1
        )
        at = end
    rows.stroke([(0, line), (_ACROSS[1], line)], "market", 2)
    for amount, place in zip(reach.prices, prices, strict=True):
        if abs(place - line) > 15:
            rows.labels.append(Label(-_ASIDE, place, number(amount, 0), "middle left", "quiet", fixed=True))
    rows.labels.append(Label(-_ASIDE, line, number(now, 0), "middle left", bold=True, fixed=True))
    return [*grips, grip("price", "y", prices, (0.0, _ACROSS[1]))]


def _step(rows: Rows, lot: Lot, across: tuple[float, float], slab: Band, line: float) -> None:
    """A lot: what is closed of it goes from its price to the price now, what is settled is yours, the rest is held."""
    start, bitten = across[0], across[0] + float(lot.ended)
    middle = (slab[0] + slab[1]) / 2
    if not lot.realised:
        rows.put("own", slab, start, bitten)
    else:
        role = "profit" if lot.realised.pnl > 0 else "loss"
        rows.put(role, (min(middle, line), max(middle, line)), start, bitten)
        rows.stroke([(start, middle), (bitten, middle)], "ink", 2)
    rows.put("restricted", slab, bitten, across[1])


def _say(rows: Rows, left: str, comes: str, axis: Axis, role: str = "ink") -> Band:
    """A line of words: a lot, and over its bar what it comes to: from the axis's zero, to the side with room."""
    low, high = rows.say(left, role=role)
    side = "right" if axis.zero < sum(_ACROSS) else "left"
    rows.labels.append(Label(axis.zero, (low + high) / 2 - 1, comes, f"middle {side}", role, fixed=True))
    return low, high


def _result(rows: Rows, lot: Lot, axis: Axis, base: str, quote: str) -> tuple[str, float]:
    """A row under the queue: how much of a lot goes, and what that comes to. Returns it in words."""
    rows.band(_GAP)
    whole, bought = lot.position.volume, lot.position.open_price
    at, opened = f"at {number(bought, 2)}", f"at {price(bought, quote)}"
    if not lot.ended:
        _say(rows, f"{lot.name}: {number(whole, 8)} {at}", swatch("restricted", "stays open"), axis)
        rows.band(_BAR)
        return f"{lot.name}: {money(whole, base)} {opened} stay open", 0.0
    comes = lot.realised.pnl if lot.realised else lot.moved("obligation")
    told = marked(comes, quote) if lot.realised else money(comes, quote, sign=True)
    _say(rows, f"{lot.name}: {number(lot.ended, 8)} {at}", told.removesuffix(f" {quote}"), axis)
    band = rows.band(_BAR)
    if not lot.realised:
        rows.put("own", band, axis.zero, axis.at(comes))
    elif comes > 0:
        rows.put("profit", band, axis.zero, axis.at(comes))
    else:
        _paid(rows, lot.realised, axis, band, quote)
    return f"{lot.name}: {money(lot.ended, base)} of {money(whole, base)} {opened}: {told}", float(comes)


def _paid(rows: Rows, realised: Realised, axis: Axis, band: Band, quote: str) -> None:
    """A loss, from zero to the left: what is borne in QUOTE, what others are converted for, their fee, the rest."""
    down, sold = ZERO, []
    for take in sorted(realised.cascade, key=lambda take: take.currency != quote):
        rows.put("loss" if take.currency == quote else "own", band, axis.at(down), axis.at(down - take.covers))
        down -= take.covers
        if take.currency != quote:
            rows.put("fee", band, axis.at(down), axis.at(down - take.fee))
            down -= take.fee
            sold.append(swatch("own", take.currency))
    rows.put("loss", band, axis.at(down), axis.at(down - realised.unpaid))
    if sold:
        fee = swatch("fee", f"fee {number(realised.conversion_fees, 2, 2)}")
        place = (axis.zero, (band[0] + band[1]) / 2)
        rows.labels.append(Label(*place, f"\N{NO-BREAK SPACE}{' '.join(sold)} {fee}", "middle right", fixed=True))


def _part(lot: Lot) -> str:
    """How much of a lot is ended: all of it, or so much."""
    return lot.name if not lot.left else f"{money(lot.ended, lot.position.base)} of {lot.name}"


def headline(story: Story, queue: list[Lot]) -> str:
    """The one message: what the order ends, and what that comes to."""
    step = _ending(story)
    base, quote = step.pair.split("/")
    volume = "all" if isinstance(step.volume, str) else money(step.volume, base)
    if story.error:
        too_much = story.error.code == "volume_exceeds_position"
        return f"To {step.do} {volume} is refused: {'so much is not open' if too_much else f'your {quote} are too few'}"
    ended = listed([_part(lot) for lot in queue if lot.ended])
    if isinstance(step, Close):
        return f"Your order ends {ended}, and realises {money(total(queue), quote, sign=True)}"
    return f"Your order ends {ended}: {money(-total(queue), quote)} go, and {volume} stay with you"


def total(queue: list[Lot]) -> Decimal:
    """What the order comes to, in QUOTE: profit and loss of a closing; of a settlement what it pays, below 0."""
    return sum((lot.realised.pnl if lot.realised else lot.moved("obligation") for lot in queue), ZERO)


def words(story: Story, queue: list[Lot], other: Story, other_queue: list[Lot]) -> list[str]:
    """Who goes first and why, lot by lot; what an earlier profit pays for; and what another order would have made."""
    if story.error:
        reason = in_panel(sentences.refusal(story.error).partition(": ")[2])
        return [f"{sentences.attempt(story.error.step)} {reason}", "Nothing is ended, and every lot stays (A7)."]
    step = _ending(story)
    quote, rule = step.pair.partition("/")[2], "R8" if isinstance(step, Close) else "R7"
    ended = [lot for lot in queue if lot.ended]
    whole = [lot.name for lot in queue if not lot.ended]
    stay = listed([*whole, *(f"the rest of {lot.name}" for lot in ended if lot.left)])
    goes = f"your order ends {', then '.join(_part(lot) for lot in ended)} ({rule})."
    told = [f"The oldest lot goes first, whatever it cost: {goes}"]
    if stay:
        several = " and " in stay
        told[0] += f" {stay[0].upper()}{stay[1:]} {'stay' if several else 'stays'} open."
    told += [_told(ended, quote)]
    told += _paid_for(ended, quote)
    return [*told, _otherwise(story, queue, other, other_queue)]


def _told(ended: list[Lot], quote: str) -> str:
    """What each ended lot comes to."""
    each = []
    for lot in ended:
        if lot.realised:
            at = [price(amount, quote) for amount in (lot.position.open_price, lot.realised.price)]
            each.append(f"{lot.name}, bought at {at[0]}, sold at {at[1]}: {money(lot.realised.pnl, quote, sign=True)}")
        else:
            paid, kept = money(-lot.moved("obligation"), quote), money(lot.ended, lot.position.base)
            each.append(f"{lot.name}: you pay {paid} and keep {kept}")
    rules = "R9, R11" if ended[0].realised else "R3, R4"
    free = "" if ended[0].realised else " No trade: no profit or loss, and no trading fee (R5)."
    return f"{'; '.join(each)} ({rules}).{free}"


def _paid_for(ended: list[Lot], quote: str) -> list[str]:
    """Where a profit comes before a loss (R12), and where the quote balance doesn't suffice (R13, R16)."""
    told = []
    for at, lot in enumerate(ended):
        gains = [each for each in ended[:at] if each.realised and each.realised.pnl > 0]
        if not lot.realised or lot.realised.pnl >= 0:
            continue
        loss = money(-lot.realised.pnl, quote)
        if gains:
            gain = money(sum((each.realised.pnl for each in gains if each.realised), ZERO), quote)
            names = listed([each.name for each in gains])
            told.append(f"The {gain} from {names} are in your balance before the {loss} of {lot.name} are taken (R12).")
        told += [
            f"Your {quote} don't cover {lot.name}: {money(take.taken, take.currency)} of yours are converted "
            f"to cover {money(take.covers, quote)}, for a fee of {money(take.fee, quote)} (R13, R16)."
            for take in lot.realised.cascade
            if take.currency != quote
        ]
        if lot.realised.unpaid:
            told.append(f"Nothing is left to take: {money(lot.realised.unpaid, quote)} stay unpaid (A5).")
    return [" ".join(told)] if told else []


def _otherwise(story: Story, queue: list[Lot], other: Story, other_queue: list[Lot]) -> str:
    """The same order, had the lots been opened the other way round."""
    step = _ending(story)
    quote = step.pair.partition("/")[2]
    turned = f"Had you opened them {', '.join(lot.name for lot in other_queue)}, this order would"
    if other.error:
        return f"{turned} be refused ({', '.join(other.error.rules)})."
    here, there = total(queue), total(other_queue)
    if isinstance(step, Settle):
        same = f"the same{_why_the_same(queue, other_queue)}" if here == there else money(-there, quote)
        return f"{turned} take {same}."
    result = money(there, quote, sign=True)
    why = _why_the_same(queue, other_queue)
    comes = f"realise the same {result}{why}" if here == there else f"realise {result}"
    fees = [sum((each.conversion_fees for each in one.realised), ZERO) for one in (story, other)]
    cost = f"converting would cost {money(fees[1], quote)} (R16)" if fees[1] else "nothing would have to be converted"
    return f"{turned} {comes}{f', and {cost}' if fees[0] != fees[1] else ''}."


def _why_the_same(queue: list[Lot], other_queue: list[Lot]) -> str:
    """Why two orders come to the same: every lot ends, or what ends was opened at the same prices; or it's chance."""
    if not any(lot.left for lot in queue):
        return ", since every lot ends"
    ended: list[dict[Decimal, Decimal]] = []
    for lots_ in (queue, other_queue):
        volumes: dict[Decimal, Decimal] = {}
        for lot in lots_:
            if lot.ended:
                volumes[lot.position.open_price] = volumes.get(lot.position.open_price, ZERO) + lot.ended
        ended.append(volumes)
    return ", since what it would end was opened at the same prices" if ended[0] == ended[1] else ""


def _table(story: Story, queue: list[Lot]) -> Table:
    """A row for each lot, oldest first: its price and volume, what ends and stays, what that comes to."""
    step = _ending(story)
    base, quote = step.pair.split("/")
    closing = isinstance(step, Close)
    rows = [
        [
            lot.name,
            price(lot.position.open_price, quote),
            money(lot.position.volume, base),
            money(lot.ended, base),
            money(lot.left, base),
            _outcome(lot, quote),
        ]
        for lot in queue
    ]
    return table(
        f"Lot by lot, oldest first, {'closed' if closing else 'settled'}",
        ("Lot", "Opened at", "Volume", "Ended", "Stays open", "Profit or loss" if closing else "You pay"),
        rows,
        numbers=range(1, 6),
        marks=["taken" if lot.ended else "untouched" for lot in queue],
        unfolded=True,
    )


def _outcome(lot: Lot, quote: str) -> str:
    if lot.realised:
        return marked(lot.realised.pnl, quote)
    return money(-lot.moved("obligation"), quote) if lot.ended else "–"


def _not_opened(story: Story, names: Sequence[str], reach: Reach) -> View:
    """An opening that the exchange refuses: the queue as far as there is one, and what would work (B4)."""
    opened = sum(1 for moment in story.moments if moment.step.do == "open")
    shown = refused(
        story,
        [eaten(story, lots(story, names), names, reach)],
        "With more of your own money the whole queue can be opened (B4).",
        title=f"The exchange refuses to open lot {names[opened]}",
    )
    return {**shown, "happens": happened(story, [], names)}

"""Several lots in a pair are a queue: what an order ends of it, lot by lot, from its oldest end (R7, R8, R12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from marginlib.drawing.pieces import Columns, Point, Spec, areas, around, figure, layout, lines, marked
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.engine.account import Position, Realised, Row, State
from marginlib.engine.amounts import ZERO
from marginlib.engine.scenario import Close, Settle
from marginlib.engine.story import Story
from marginlib.telling import sentences
from marginlib.telling.numbers import listed, money, price, short

_HALF = 0.3


class Ranges(NamedTuple):
    """How far the axes go: the queue in BASE, prices and the quote balance (by way of ending) in QUOTE."""

    volume: float
    price: float
    balance: dict[str, tuple[float, float]]


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


class Box(NamedTuple):
    """An area of the queue: from a volume and a price to a volume and a price."""

    left: float
    low: float
    right: float
    high: float


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


def view(story: Story, other: Story, names: Sequence[str], other_names: Sequence[str], ranges: Ranges) -> View:
    """What an order ends of a queue of lots; beside it, in words, the same order had they been opened the other way.

    Names are those of the lots in their order of opening.
    """
    if story.error and story.error.index < len(story.scenario.steps) - 1:
        return _not_opened(story, names, ranges)
    queue = lots(story, names)
    return screen(
        headline(story, queue),
        [eaten(story, queue, ranges), balance(story, queue, ranges)],
        words(story, queue, other, lots(other, other_names)),
        [_table(story, queue)],
    )


def _ending(story: Story) -> Close | Settle:
    step = story.scenario.steps[-1]
    assert isinstance(step, Close | Settle)
    return step


def _before(story: Story) -> State:
    return story.final if story.error else story.moments[-1].before


def eaten(story: Story, queue: list[Lot], ranges: Ranges) -> Spec:
    """The queue, oldest lot on the left: width is volume, height is price, so area is money.

    Under its opening price a lot is what you owe for it. What the order ends is empty; between opening and closing
    price lies its profit or loss; settled coins stand up to the price now, as yours.
    """
    step, before = _ending(story), _before(story)
    base, quote = step.pair.split("/")
    now, top = float(before.prices[step.pair]), ranges.price
    filled: dict[str, list[Box]] = {role: [] for role in ("owed", "own", "profit", "loss")}
    outline: list[Point | None] = []
    names: list[Label] = []
    at = 0.0
    for lot in queue:
        opened, volume, gone = float(lot.position.open_price), float(lot.position.volume), float(lot.ended)
        names.append(Label(at + volume / 2, top * 0.9, lot.name, "middle center", size=15))
        outline += around(at, 0, at + volume, opened)
        if gone and lot.realised:
            filled["profit" if now > opened else "loss"].append(Box(at, opened, at + gone, now))
        elif gone:
            filled["own"].append(Box(at, 0, at + gone, now))
        if lot.left:
            filled["owed"].append(Box(at + gone, 0, at + volume, opened))
        at += volume
    assert isinstance(step.volume, Decimal)
    reach, high, far = float(step.volume), top * 0.955, ranges.volume * 1.02
    order = [(0.0, high - top * 0.02), (0.0, high), (reach, high), (reach, high - top * 0.02)]
    told = f"your order: {step.do} {money(step.volume, base)}"
    level = f"{'closing price' if step.do == 'close' else 'price now'} {price(before.prices[step.pair], quote)}"
    ticks = {tenth / 10: f"{tenth / 10:.1f}" for tenth in range(1, int(ranges.volume * 10) + 1)}
    ticks[0.5] += f"<br>the queue in {base}, oldest lot first; an area is volume × price"
    return figure(
        [
            *(areas(boxes, role) for role, boxes in filled.items()),
            lines(outline, "quiet", 1),
            lines([(0, now), (far, now)], "market", 2),
            lines(order, "ink", 2.5),
        ],
        _queue_layout(ticks, quote, ranges),
        [
            *(_inside(role, box) for role, boxes in filled.items() for box in boxes if _roomy(box, ranges)),
            *names,
            Label(0, high, told, "top right"),
            Label(far, now, level, "top left, bottom left"),
        ],
    )


def _queue_layout(ticks: dict[float, str], quote: str, ranges: Ranges) -> Spec:
    across = (-0.01, ranges.volume * 1.03)
    return layout(ticks, across, (0, ranges.price), quote, 50, height=330, share=0.54, l=92, t=22)


def _roomy(box: Box, ranges: Ranges) -> bool:
    """Whether a word fits into an area."""
    return box.right - box.left > ranges.volume / 11 and abs(box.high - box.low) > ranges.price / 22


def _inside(role: str, box: Box) -> Label:
    """What an area is."""
    word = {"owed": "owed", "own": "yours", "profit": "▲ profit", "loss": "▼ loss"}[role]
    return Label((box.left + box.right) / 2, (box.low + box.high) / 2, word, "middle center", "ground")


def balance(story: Story, queue: list[Lot], ranges: Ranges) -> Spec:
    """What the order does to the quote balance, lot by lot, counted from what there was.

    Where that balance ends, the rest of a loss is converted from another (R13, R16).
    """
    step, before = _ending(story), _before(story)
    quote = step.pair.partition("/")[2]
    low, high = ranges.balance[step.do]
    drawn = Columns(_HALF, "profit", "loss", "own", "fee")
    level, levels = ZERO, [ZERO]
    names: dict[float, str] = {}
    for at, lot in enumerate(queue):
        taken = {take.currency: take for take in lot.realised.cascade} if lot.realised else {}
        names[at] = f"{lot.name}<br>{_result(lot, quote)}"
        if lot.realised and lot.realised.pnl > 0:
            drawn.put(at, "profit", lot.realised.pnl, base=level)
            level += lot.realised.pnl
        elif lot.realised:
            here = taken.pop(quote).covers if quote in taken else ZERO
            drawn.put(at, "loss", -here, base=level)
            level -= here
            under = level
            for take in taken.values():
                drawn.put(at, "own", -take.covers, base=under)
                under -= take.covers
                drawn.put(at, "fee", -take.fee, base=under)
                names[at] += f"<br>−{short(take.taken, take.currency)} {take.currency}"
            drawn.put(at, "loss", -lot.realised.unpaid, base=under)
        elif lot.ended:
            drawn.put(at, "own", lot.moved("obligation"), base=level)
            level += lot.moved("obligation")
        levels.append(level)
    last = len(queue)
    drawn.put(last, "own", level)
    names[last] = f"your {quote}<br>{_signed(level, quote)}"
    joints = [
        point
        for at, height in enumerate(levels[1:], 1)
        for point in ((at - 1 + _HALF, float(height)), (at - _HALF, float(height)), None)
    ]
    floor, edge = -float(before.balance(quote)), last + 0.5
    seen = floor > low
    return figure(
        [
            *drawn.drawn(),
            lines(joints, "quiet", 1),
            *([lines([(-0.5, floor), (edge, floor)], "quiet", 1.5, "dash")] if seen else []),
        ],
        _balance_layout(names, edge, (low, high), quote),
        [
            *([Label(edge, floor, f"your<br>{quote} end<br>here")] if seen else []),
            Label(-0.5, high, f"change of your {quote}, lot by lot", "top right"),
        ],
    )


def _balance_layout(names: dict[float, str], edge: float, up: tuple[float, float], quote: str) -> Spec:
    return layout(names, (-0.5, edge), up, quote, 66, height=300, share=0.46, l=92, t=22, r=62)


def _signed(amount: Decimal, currency: str) -> str:
    """An amount with its sign, where the currency is said elsewhere."""
    return money(amount, currency, sign=True).removesuffix(f" {currency}")


def _result(lot: Lot, quote: str) -> str:
    """What became of a lot, in a few signs, in QUOTE."""
    if lot.realised:
        return marked(lot.realised.pnl, quote).removesuffix(f" {quote}")
    return _signed(lot.moved("obligation"), quote) if lot.ended else "stays open"


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
        reason = sentences.refusal(story.error).partition(": ")[2]
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
        same = "the same, since every lot ends" if here == there else money(-there, quote)
        return f"{turned} take {same}."
    result = money(there, quote, sign=True)
    comes = f"realise the same {result}, since every lot ends" if here == there else f"realise {result}"
    fees = [sum((each.conversion_fees for each in one.realised), ZERO) for one in (story, other)]
    cost = f"converting would cost {money(fees[1], quote)} (R16)" if fees[1] else "nothing would have to be converted"
    return f"{turned} {comes}{f', and {cost}' if fees[0] != fees[1] else ''}."


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


def _not_opened(story: Story, names: Sequence[str], ranges: Ranges) -> View:
    """An opening that the exchange refuses: there is no queue, and what would work (B4)."""
    step = _ending(story)
    quote = step.pair.partition("/")[2]
    opened = sum(1 for moment in story.moments if moment.step.do == "open")
    return refused(
        story,
        [
            figure([], _queue_layout({}, quote, ranges)),
            figure([], _balance_layout({}, len(names) + 0.5, ranges.balance[step.do], quote)),
        ],
        "With more of your own money the whole queue can be opened (B4).",
        title=f"The exchange refuses to open lot {names[opened]}",
    )

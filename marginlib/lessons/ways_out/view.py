"""Four ways out of one position: what each costs beside the loss, where the answer flips, and what is left."""

import math
import re
import textwrap
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.drawing.pieces import DOTS, Part, Point, Spec, bars, figure, layout, lines, rings
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.engine.account import State, Take
from marginlib.engine.amounts import ZERO
from marginlib.engine.scenario import Deposit, Settle, Trade
from marginlib.engine.story import Story
from marginlib.telling.numbers import brief, listed, money, number, percent, regrouped
from marginlib.ways_out import advice
from marginlib.ways_out.break_even import break_even_fee
from marginlib.ways_out.covering import little_first, part_first
from marginlib.ways_out.plans import NOT_NEEDED, Plan, Way, plan, way_out

_THICK, _NEAR = 0.26, 0.19  # of a row: the bar, and from its middle to what is written above and below
_LAST = 16  # of the highest trading fee: no line is drawn for less
_WIDE = 68  # characters of a reason in the place of a bar
_ROOM = 1.35  # above the highest cost: for what is written there
_PARTS = ("closing", "ordering", "converting")
_WITHIN = 1 - 1e-9  # of what is left of an axis, for a bar that ends with it
_BEYOND = "\N{BLACK RIGHT-POINTING TRIANGLE}"  # where a bar goes on beyond the axis
_DENSE = {"closing": 0.2, "ordering": 0.6, "converting": 0.6}  # of the dots: what may be avoided is darker
_NEEDLESS = f"{NOT_NEEDED}: "
_COLUMNS = ("Way", "What you do", "Costs", "Asked of you", "You have then")


class Ranges(NamedTuple):
    """How far the axes go: the cost of a way, and what bringing in QUOTE costs, both in QUOTE; the trading fee.

    A cost that goes further is drawn to the end of its axis.
    """

    cost: float
    bringing: float
    fee: Decimal


@dataclass(frozen=True)
class Curve:
    """What ordering the missing QUOTE costs at trading fees in %, and the fee at which converting costs as much.

    ``even`` is a share; None where nothing would be converted, or ordering isn't open.
    """

    ordering: tuple[tuple[float, float], ...]
    even: Decimal | None


def curve(story: Story, most: Decimal) -> Curve:
    """Both, for the position that a story leaves open: from no fee, through the break-even, to the highest.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> curve(replay(Scenario.of({
    ...     "balances": {"BTC": "1"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.975", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "49000"}]})), Decimal("0.05"))
    Curve(ordering=((0.0, 0.0), (2.5, 25.0), (5.0, 51.3158)), even=Decimal('0.025'))
    """
    pair = "" if story.error else story.final.positions[-1].pair
    even, points = break_even_fee(story, pair) if pair else None, [(0.0, 0.0)]
    if even is None and (not pair or _bought(story, pair, ZERO).closed):
        return Curve((), None)
    if even is not None and even < most:
        points.append((float(even * 100), float(way_out(story, pair, "close").parts.converting)))
    rate = most
    while (way := _bought(story, pair, rate)).closed and rate > most / _LAST:  # its fee alone may be too much (B9)
        rate /= 2
    if not way.closed:
        points.append((float(rate * 100), float(way.parts.ordering)))
    return Curve(tuple(sorted(points)), even)


def _bought(story: Story, pair: str, rate: Decimal) -> Way:
    """Buying first, from where a story stands, at another trading fee."""
    state = story.final.copy()
    state.fees = {**state.fees, "trading": rate}
    return way_out(replace(story, final=state), pair, "buy")


def view(story: Story, line: Curve, ranges: Ranges) -> View:
    """What the screen shows of the four ways out of the position that a story leaves open."""
    if story.error:
        return _not_opened(story, ranges)
    ways = plan(story)
    refused = "B9" in ways.way("buy").closed
    part, little = (way(story, ways.pair) if refused else None for way in (part_first, little_first))
    return screen(
        headline(ways, part),
        [costs(ways, ranges, part), against_fee(ways, story.final, line, ranges)],
        words(story, ways, line, part, little),
        [_table(ways)],
    )


def converted(plan: Plan) -> list[Take]:
    """What closing now would convert, in the order taken (R16)."""
    return [take for each in plan.way("close").story.realised for take in each.cascade if take.fee_rate]


def lacking(plan: Plan) -> Decimal:
    """What the QUOTE in the balance doesn't bear of the loss: converted, or else unpaid (R13, A5)."""
    unpaid = sum((each.unpaid for each in plan.way("close").story.realised), ZERO)
    return sum((take.covers for take in converted(plan)), unpaid)


def headline(plan: Plan, part: Way | None = None) -> str:
    """The one message: what the two ways that look alike cost, and what that leaves you; or why they don't differ.

    ``part`` is the way that closes a part first, where buying first is refused otherwise.
    """
    quote, (direct, bought, settled) = plan.currency, (plan.way(name) for name in ("close", "buy", "settle"))
    if direct.cost is None:
        return "None of these ways can be priced"
    now = f"closing now {money(direct.cost, quote)}"
    if direct.unpaid:
        return f"Closing now costs {money(direct.cost, quote)} and leaves {money(direct.unpaid, quote)} unpaid"
    first = "" if bought.cost is None else f"buying {quote} first {_bare(bought.cost, quote)}, "
    if settled.cost == 0:
        return f"Settling costs nothing; {first}{now}"
    if part and part.cost is not None and part.cost < direct.cost:
        return f"{quote} can't be bought at once: closing a part first costs {_bare(part.cost, quote)}, {now}"
    if bought.cost is None:
        why = "nothing is converted" if bought.closed.startswith(NOT_NEEDED) else f"{quote} can't be bought first"
        return f"Closing now costs {money(direct.cost, quote)}: {why}"
    gap = money(abs(direct.cost - bought.cost), quote)
    told = f"Buying {quote} first costs {money(bought.cost, quote) if any(bought.parts) else 'nothing'}"
    if direct.cost == bought.cost:
        return f"{told}, as closing now does"
    return f"{told}, {now}: {gap} {'saved' if bought.cost < direct.cost else 'more'}"


def costs(plan: Plan, ranges: Ranges, part: Way | None = None) -> Spec:
    """A row for each way: its name and cost, a bar of the cost's parts, and what they are; or why it isn't open."""
    quote = plan.currency
    parts: list[Part] = []
    dense: list[float] = []
    written: list[Label] = []

    def write(row: float, text: str, *, above: bool, bold: bool = False) -> None:
        side, role, size = ("top right", "ink", 13) if above else ("bottom right", "quiet", 12)
        written.append(Label(0, row, text, side, role, size, bold, fixed=True))

    for row, way in enumerate(reversed(plan.ways)):
        name = advice.named(way.name, quote)
        if way.cost is None:
            write(row + _NEAR, f"{name}: {_short_of(way)}", above=True)
            write(row + _NEAR - 0.1, "<br>".join(textwrap.wrap(_reason(way), _WIDE)[:2]), above=False)
            continue
        start, told = 0.0, []
        for amount, what in zip(way.parts, _PARTS, strict=True):
            if amount:
                if start < ranges.cost:
                    parts.append((row, start, min(float(amount), (ranges.cost - start) * _WITHIN)))
                    dense.append(_DENSE[what])
                told.append(f"{what} {_bare(amount, quote)}")
                start += float(amount)
        if start > ranges.cost:
            written.append(Label(ranges.cost, row, _BEYOND, size=13, fixed=True))
        made = (
            f"{' + '.join(told)} {quote}"
            if told
            else ("no trade, no conversion (R5)" if way.name == "settle" else "no fee")
        )
        asks = f"; needs {money(way.deposited, quote)} from outside (R6)" if way.deposited else ""
        leaves = f"; {_bare(way.unpaid, quote)} unpaid (A5)" if way.unpaid else ""
        write(row - _NEAR, made + asks + leaves, above=False)
        text = f"{name}: {money(way.cost, quote) if told else 'nothing'}"
        best = way.name == plan.cheapest
        write(row + _NEAR, f"\N{BLACK CIRCLE} {text}, {_best(plan, part)}" if best else text, above=True, bold=best)
    rows, starts, lengths = ([each[i] for each in parts] for i in range(3))
    bar = bars("fee", lengths, starts, rows, _THICK)
    bar |= {"orientation": "h", "marker": {"color": "role:fee", "pattern": {**DOTS, "solidity": dense},
                                           "line": {"color": "role:fee", "width": 2}}}  # fmt: skip
    return figure([bar, lines([(0, -0.5), (0, 3.6)], "quiet", 2)], _rows_layout(quote, ranges), written)


def _best(plan: Plan, part: Way | None) -> str:
    """What the cheapest way without money from outside is called; one with a part closed first may cost less."""
    return "cheapest of these four" if _cheaper(part, plan.way(plan.cheapest or "close").cost) else "cheapest"


def _cheaper(way: Way | None, cost: Fraction | None) -> bool:
    return way is not None and way.cost is not None and cost is not None and way.cost < cost


def _rows_layout(quote: str, ranges: Ranges) -> Spec:
    """Costs along the first axis, in QUOTE; the rows have no numbers."""
    ticks = _steps(ranges.cost, 5)
    names = dict(zip(ticks, _named(ticks, quote), strict=True))
    spec = layout(names, (0, ranges.cost), (-0.55, 3.6), "", 26, height=300, grid=False, l=12, r=28)
    return {**spec, "yaxis": {**spec["yaxis"], "tickvals": [], "ticktext": [], "zeroline": False}}


def _steps(most: float, few: int) -> list[float]:
    """Round numbers along an axis, from 0 to the highest, so many at most besides 0.

    >>> _steps(79, 5), _steps(0.0016, 5)
    ([0.0, 20.0, 40.0, 60.0], [0.0, 0.0005, 0.001, 0.0015])
    """
    size = 10.0 ** math.floor(math.log10(most / few))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor * few >= most)
    return [float(f"{step * i:.6g}") for i in range(int(most / step) + 1)]


def _named(ticks: list[float], quote: str) -> list[str]:
    """Numbers along an axis, the last one with the currency."""
    names = [number(Fraction(tick).limit_denominator(10**6), 6) for tick in ticks]
    return [*names[:-1], f"{names[-1]} {quote}"]


def _bare(amount: Decimal | Fraction, quote: str) -> str:
    """An amount, where the next one names the currency."""
    return money(amount, quote).removesuffix(f" {quote}")


def _short_of(way: Way) -> str:
    return "not needed" if way.closed.startswith(_NEEDLESS) else "not open"


def _reason(way: Way) -> str:
    """Why a way isn't open, as short as its sentence can be cut, with its rules."""
    told = regrouped(way.closed).removeprefix(_NEEDLESS)
    text, bracket, rules = told.rpartition(" (")
    first = re.split(r"[:;] |\. ", text)[0]
    said = f"{first[:1].upper()}{first[1:]}"
    return f"{said}{bracket}{rules}" if bracket else told


def against_fee(plan: Plan, state: State, line: Curve, ranges: Ranges) -> Spec:
    """What bringing in the missing QUOTE costs, against the trading fee: converting is flat, ordering rises."""
    quote, (direct, bought) = plan.currency, (plan.way(name) for name in ("close", "buy"))
    here, most = float(state.fees["trading"] * 100), float(ranges.fee * 100)
    converting = float(direct.parts.converting)
    ends = [(here, converting)] if direct.cost is not None and converting else []
    told = []
    if ends:
        told.append(f"╎╎ converted at closing: {money(direct.parts.converting, quote)}")
        if bought.cost is None:
            told.append("── bought first: not open")
        else:
            told.append(f"── bought first: {money(bought.parts.ordering, quote)}")
            ends.append((here, float(bought.parts.ordering)))
    heading = f"Nothing is converted: there is no {quote} to bring in"
    if ends:
        brought, missing = sum((take.covers for take in converted(plan)), ZERO), lacking(plan)
        of = "" if brought == missing else f"{_bare(brought, quote)} of "
        heading = f"What bringing in {of}{money(missing, quote)} costs"
    even = line.even
    marks: list[Point | None] = [(here, 0), (here, max((y for _, y in ends), default=0))]
    written = [Label(0, ranges.bringing * _ROOM, "<br>".join([heading, *told]), "bottom right", fixed=True)]
    if even is not None and even <= ranges.fee and ends:
        at = float(even * 100)
        marks += [None, (at, 0), (at, converting)]
        written.append(Label(at, converting, f"the same at {percent(even)}", "top left, top right"))
    return figure(
        [
            lines(marks, "market", 1),
            lines([(0, converting), (most, converting)] if ends else [], "fee", 9, "2px,9px"),
            lines(line.ordering if ends else [], "fee", 2.5),
            rings(ends, "fee"),
        ],
        _fee_layout(quote, ranges),
        written,
    )


def _fee_layout(quote: str, ranges: Ranges) -> Spec:
    """Trading fees in % along the first axis; the second has no lines where something is written."""
    most = float(ranges.fee * 100)
    fees = {most * i / 6: percent(Decimal(str(most * i / 6)) / 100) for i in range(7)}
    names = {**fees, most / 2: f"{fees[most / 2]}<br>trading fee"}
    spec = layout(names, (-most / 60, most * 61 / 60), (0, ranges.bringing * _ROOM), quote, 46, height=230)
    ticks = _steps(ranges.bringing, 5)
    return {**spec, "yaxis": {**spec["yaxis"], "tickvals": ticks, "ticktext": _named(ticks, quote)}}


def words(story: Story, plan: Plan, line: Curve, part: Way | None = None, little: Way | None = None) -> list[str]:
    """How it stands, why each way costs what it costs, what opens orders again, and where the answer is another."""
    state, quote = story.final, plan.currency
    told, missing = [advice.standing(plan, state)], lacking(plan)
    if missing:
        told.append(f"You have {money(state.balance(quote), quote)}: {money(missing, quote)} are missing.")
    lines = (
        told,
        _why(plan, state),
        advice.reopening_after(plan, part, little),
        _beside(plan),
        _waiting(plan, state, part),
        advice.turning_from_here(story, plan, line.even, missing=bool(lacking(plan))),
    )
    told = [" ".join(each) for each in lines]
    return [each for each in told if each]


def _why(plan: Plan, state: State) -> list[str]:
    """Closing now and buying first, side by side."""
    quote, (direct, bought) = plan.currency, (plan.way(name) for name in ("close", "buy"))
    takes = converted(plan)
    told = []
    if takes:
        sold = listed([f"{brief(take.taken, take.currency)} ({percent(take.fee_rate)})" for take in takes])
        fees = money(direct.parts.converting, quote)
        told.append(f"If you close now, {sold} are converted, at a fee of {fees} (R13, R16).")
    elif direct.unpaid:
        told.append(f"If you close now, there is nothing but your {quote} to take (R13).")
    else:
        told.append(f"If you close now, nothing is converted: only {quote} are taken (R13).")
    if direct.unpaid:
        rest = direct.unpaid - sum((each.unpaid for each in direct.story.realised[-len(state.lots(plan.pair)) :]), ZERO)
        due = f" ({money(rest, quote)} of it for the closing's fee)" if rest else ""
        told.append(f"{money(direct.unpaid, quote)}{due} stay unpaid and count against you (A5).")
    if bought.cost is None:
        if takes or direct.unpaid:
            reason = _reason(bought)
            told.append(f"To buy {quote} first is not open: {reason[:1].lower()}{reason[1:]}")
    else:
        orders = [step for step in bought.steps if isinstance(step, Trade)]
        many = "one ordinary order" if len(orders) == 1 else f"{len(orders)} ordinary orders"
        fee = money(bought.parts.ordering, quote)
        told.append(f"To buy {quote} first takes {many}, at a fee of {fee}: {percent(state.fees['trading'])} (R17).")
    if direct.parts.closing:
        both = "either way" if bought.cost is not None else "as well"
        told.append(f"The closing is a trade and costs its own fee {both}: {money(direct.parts.closing, quote)} (A9).")
    return told


def _beside(plan: Plan) -> list[str]:
    """The deposit and the settlement."""
    quote, (bought, deposit, settled) = plan.currency, (plan.way(name) for name in ("buy", "deposit", "settle"))
    told = []
    if deposit.cost is not None:
        amount = money(deposit.deposited, quote)
        told.append(
            f"A deposit of {amount} saves converting and ordering, but it is money from outside (R6)."
            if bought.cost is not None
            else f"A deposit of {amount} pays for what is missing, with money from outside (R6)."
        )
    if settled.cost is not None:
        owed, held = settled.before.lots(plan.pair)[0].owed, settled.before.lots(plan.pair)[0].held
        told.append(
            f"To settle takes {money(owed[1], owed[0])} of your own and frees {money(held[1], held[0])}, without a fee "
            "(R3 to R5)."
        )
        if plan.cheapest == "settle":
            told.append(_afterwards(plan))
    return told


def _waiting(plan: Plan, state: State, part: Way | None) -> list[str]:
    """What a rollover costs, and how long a deposit may take until it saves nothing (B6)."""
    quote, lot, every = plan.currency, state.lots(plan.pair)[0], state.rulebook.rollover_hours
    long = lot.side == "long"
    each = lot.volume * (lot.open_price if long else state.prices[plan.pair]) * lot.rollover
    if not each:
        return []
    lent = f"{money(*lot.owed[::-1])} extended{'' if long else ', at what they cost now'}"
    told = [
        f"Waiting costs {money(each, quote)} for every {number(every, 2)} hours: {percent(lot.rollover, 4)} (made up) "
        f"of the {lent}. Each currency has its own rate (B6)."
    ]
    ways = [*(plan.way(name) for name in ("close", "buy", "settle")), *([part] if part else [])]
    costs, deposit = [way.cost for way in ways if way.cost is not None], plan.way("deposit").cost
    if deposit is None or not costs or (saved := state.round(quote, min(costs) - deposit)) <= 0:
        return told
    hours = (int(saved // each) + 1) * every
    return [
        *told,
        f"So the {money(saved, quote)} that a deposit saves against the cheapest other way are gone after "
        f"{_time(hours)}.",
    ]


def _time(hours: Decimal) -> str:
    """Hours as days and hours."""
    days, rest = divmod(int(hours), 24)
    told = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in ((days, "day"), (rest, "hour")) if count]
    return listed(told)


def _afterwards(plan: Plan) -> str:
    """What settling doesn't end: a long's coins are still there."""
    base = plan.pair.partition("/")[0]
    if plan.way("settle").before.lots(plan.pair)[0].side == "short":
        return f"It ends the loan: those {base} of yours are gone, and you keep what the sale brought (R4)."
    return f"It ends the loan, not the risk: you have the {base}, and selling them costs the trading fee (R4, R17)."


def _table(plan: Plan) -> Table:
    """The four ways, line by line: what you do, what it costs, what is asked of you, what you have then."""
    quote = plan.currency
    rows = []
    for way in plan.ways:
        if way.cost is None:
            cells = ["–", _short_of(way), _reason(way), "–"]
        else:
            held = [brief(amount, code) for code, amount in way.left.balances.items() if amount]
            unpaid = [f"{money(way.unpaid, quote)} unpaid (A5)"] if way.unpaid else []
            cells = [_done(way), money(way.cost, quote), _asked(way), listed([*held, *unpaid]) or "nothing"]
        best = " \N{BLACK CIRCLE} cheapest" if way.name == plan.cheapest else ""
        rows.append([f"{advice.named(way.name, quote)}{best}", *cells])
    marks = [way.name == plan.cheapest for way in plan.ways]
    return table("The four ways, line by line", _COLUMNS, rows, numbers=(2,), marks=marks)


def _done(way: Way) -> str:
    """The steps, in a few words each."""
    told = []
    for step in way.steps:
        if isinstance(step, Trade):
            told.append(f"{step.side} {brief(step.volume, step.pair.partition('/')[0])}")
        elif isinstance(step, Deposit):
            told.append(f"deposit {money(step.amount, step.currency)}")
        else:
            told.append("settle all" if isinstance(step, Settle) else "close all")
    return ", ".join(told)


def _asked(way: Way) -> str:
    if way.deposited:
        return f"{money(way.deposited, way.pair.partition('/')[2])} from outside (R6)"
    if way.name == "settle":
        owed = way.before.lots(way.pair)[0].owed[0]
        paid = sum((row.amount for row in way.moments[-1].rows if row.asset == owed), ZERO)
        return f"{money(-paid, owed)} of your own (R3)"
    orders = sum(isinstance(step, Trade) for step in way.steps)
    return f"{orders} order{'s' if orders > 1 else ''}, while the margin level allows (B9)" if orders else "nothing"


def _not_opened(story: Story, ranges: Ranges) -> View:
    """The opening that the exchange refuses: nothing to end, and what would work (B4)."""
    assert story.error is not None
    quote = story.error.step.pair.partition("/")[2]  # type: ignore[union-attr]
    return refused(
        story,
        [figure([], _rows_layout(quote, ranges)), figure([], _fee_layout(quote, ranges))],
        "Nothing is opened, so nothing is owed. Your balances stay as they are (A7).",
        title="The exchange refuses this opening, so there is nothing to end",
    )

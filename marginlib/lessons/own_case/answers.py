"""What one's own account comes to now: how safe it is, what ending it takes, and in which way and order.

Plain data, worked out by the engine and the rooms above; each answer has its sentences, and names the rules and the
assumptions that it rests on. Nothing is sent anywhere, and nothing here is advice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, TypedDict

from marginlib.analysis.add_order import order as as_api
from marginlib.analysis.limits import Limit, Limits, limits
from marginlib.engine.account import Realised, State
from marginlib.engine.amounts import EXACT, ZERO
from marginlib.engine.errors import Refusal
from marginlib.engine.margin import Margin, margin
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Deposit, Price, Settle, Step, Stop, Trade
from marginlib.engine.settling import Need, need
from marginlib.engine.story import Moment, Story
from marginlib.lessons.own_case.case import Case
from marginlib.reading.rulebooks import rulebook
from marginlib.telling import sentences as words
from marginlib.telling.numbers import listed, money, near, percent, price, regrouped
from marginlib.ways_out import advice
from marginlib.ways_out import orders as ordering
from marginlib.ways_out.covering import little_first, part_first
from marginlib.ways_out.orders import Orders
from marginlib.ways_out.plans import Plan, Way, WayName, plan

_ID = re.compile(r"\b[RABC][1-9][0-9]?\b")
_KINDS = "RABC"
NO_ADVICE = (
    "This says what the workbook's rules make of what you wrote down. It isn't advice, nothing of it is sent, and the "
    "exchange's own figures count."
)


@dataclass(frozen=True)
class Answer:
    """An answer in sentences, with the ids of the rules and of the assumptions (A1 to A9) that it rests on."""

    words: tuple[str, ...]
    rules: tuple[str, ...]
    assumptions: tuple[str, ...]


@dataclass(frozen=True)
class Standing(Answer):
    """How the account stands: the margin summary (None if something can't be priced), and how near danger is.

    ``zone`` is ``free`` (nothing open), ``safe`` (100 % or more), ``low``, ``call`` or ``liquidation``.
    """

    margin: Margin | None
    zone: str


@dataclass(frozen=True)
class Reach(Answer):
    """How far each price, and all together, may go to a margin call and to liquidation."""

    limits: Limits


@dataclass(frozen=True)
class Change:
    """What an ending does to one balance, in its currency: ``fee`` is a part of what it takes."""

    currency: str
    before: Decimal
    after: Decimal
    fee: Decimal

    @property
    def amount(self) -> Decimal:
        """By how much the balance changes."""
        with localcontext(EXACT):
            return self.after - self.before


@dataclass(frozen=True)
class Closing(Answer):
    """What closing now does: one pair, or all in the cheapest order (``pairs`` in their turn).

    ``closed`` says why it can't be done, where it can't. ``unpaid`` by currency.
    """

    pairs: tuple[str, ...]
    changes: tuple[Change, ...]
    realised: tuple[Realised, ...]
    unpaid: dict[str, Decimal]
    after: State
    level: Fraction | None
    closed: str = ""


@dataclass(frozen=True)
class ApiStep:
    """One step of a way: what it is, in words, and the order as the API takes it (B8; None for a deposit)."""

    what: str
    order: dict[str, Any] | None


@dataclass(frozen=True)
class Ways(Answer):
    """The ways out of the position in one pair, compared; ``steps`` are the orders of each that is open.

    ``more`` are the ways that open ordinary orders again where the margin level forbids them (B9): to close a part
    first, or to deposit a little; each with its orders in ``more_steps``.
    """

    pair: str
    plan: Plan | None
    steps: dict[WayName, tuple[ApiStep, ...]]
    more: tuple[Way, ...] = ()
    more_steps: tuple[tuple[ApiStep, ...], ...] = ()

    @property
    def cheapest(self) -> WayName | None:
        """The cheapest way that needs nothing from outside."""
        return self.plan.cheapest if self.plan else None


@dataclass(frozen=True)
class Ordering(Answer):
    """The orders of ending several positions compared: closed in turn, and each in its cheapest way."""

    closing: Orders
    best: Orders
    steps: tuple[ApiStep, ...]
    """Of the cheapest order, each position in its cheapest way."""


@dataclass(frozen=True)
class LotNeed:
    """What settling one lot asks, after the older ones of its pair: in ``currency``; whether there is enough for it.

    ``row`` is where it stands among the fields.
    """

    lot: int
    row: int
    currency: str
    amount: Decimal
    enough: bool


@dataclass(frozen=True)
class Settling(Answer):
    """What a settlement of all in one pair needs, in all and for each lot, and what it leaves free."""

    pair: str
    need: Need
    lots: tuple[LotNeed, ...]
    step: ApiStep


@dataclass(frozen=True)
class StopAt(Answer):
    """What a stop in a pair would do, if the price goes straight to its trigger and all else stays (R22).

    ``first`` is what comes before it on that way: ``liquidation``, ``call`` or nothing. ``level`` is the margin level
    there just before it closes, ``level_after`` what is left open then. ``at_once``: it is crossed already.
    ``result`` is in QUOTE, fees aside.
    """

    pair: str
    trigger: Decimal
    at_once: bool
    first: str
    liquidation: Fraction | None
    result: Decimal
    changes: tuple[Change, ...]
    level: Fraction | None
    level_after: Fraction | None
    after: State
    step: ApiStep
    closed: str = ""


@dataclass(frozen=True)
class Answers:
    """All that is asked of a case. Tuples have an entry for each open pair, that of the oldest lot first."""

    case: Case
    standing: Standing
    reach: Reach
    closings: tuple[Closing, ...]
    all_closed: Closing | None
    """All positions closed in the cheapest order, where there are several."""
    ways: tuple[Ways, ...]
    orders: Ordering | None
    """None where fewer than two positions are open."""
    settlings: tuple[Settling, ...]
    together: Answer | None
    """What settling everything needs, by currency, where there are several positions."""
    stops: tuple[StopAt, ...]
    dates: tuple[str, ...]
    """Of which dates the rules are that all of this rests on."""
    caution: str = NO_ADVICE

    @property
    def story(self) -> Story:
        """The account put in place."""
        return self.case.story

    @property
    def state(self) -> State:
        """The account now."""
        return self.case.story.final

    @property
    def all(self) -> tuple[Answer, ...]:
        """Every answer, in order."""
        several = (self.all_closed, self.orders, self.together)
        found = (self.standing, self.reach, *self.closings, *self.ways, *several, *self.settlings, *self.stops)
        return tuple(each for each in found if each)


def answers(case: Case) -> Answers:
    """Answer all that is asked of a case.

    Raises:
        ValueError: the case has problems.

    >>> from marginlib.lessons.own_case.case import read_case, row
    >>> found = answers(read_case({
    ...     "balances": [row("balances", code="EUR", amount="600"), row("balances", code="BTC", amount="0.02")],
    ...     "prices": [row("prices", pair="BTC/EUR", price="43000")], "fees": {"trading": "0.25"},
    ...     "lots": [row("lots", pair="BTC/EUR", side="long", volume="0.1", price="50000", leverage="5")]}))
    >>> found.standing.zone, found.ways[0].cheapest, found.settlings[0].need.missing
    ('call', 'close', Decimal('4400.0000'))
    >>> found.closings[0].rules, found.closings[0].assumptions
    (('R8', 'R9', 'R10', 'R11', 'R12', 'R13', 'R14', 'R16'), ('A1', 'A2', 'A4', 'A8', 'A9'))
    """
    story = case.story
    state, currency = story.final, story.scenario.summary_currency
    pairs = [pair for pair, _ in state.positions.by_pair]
    reach = _reach(state, currency)
    ways = tuple(_ways(story, pair) for pair in pairs)
    several = _ordering(story) if len(pairs) > 1 else None
    settlings = tuple(_settling(case, state, pair) for pair in pairs)
    return Answers(
        case,
        _standing(story, state),
        reach,
        tuple(_closing(story, way, pair) for way, pair in zip(ways, pairs, strict=True)),
        _all_closed(several) if several else None,
        ways,
        several,
        settlings,
        _settled_together(state, settlings) if several else None,
        tuple(_stop(story, pair, case.triggers[pair], reach.limits) for pair in pairs if pair in case.triggers),
        _dates(story),
    )


class _Basis(TypedDict):
    rules: tuple[str, ...]
    assumptions: tuple[str, ...]


def _basis(told: Iterable[str], moments: Iterable[Moment] = (), *fixed: str) -> _Basis:
    """The rules and assumptions that an answer rests on: those it names, those of its ledger rows, and more."""
    ids = {*fixed, *(each for sentence in told for each in _ID.findall(sentence))}
    ids |= {each for moment in moments for row in moment.rows for each in row.rules}
    ordered = sorted(ids, key=lambda each: (_KINDS.index(each[0]), int(each[1:])))
    return {
        "rules": tuple(each for each in ordered if each[0] != "A"),
        "assumptions": tuple(each for each in ordered if each[0] == "A"),
    }


def _level(state: State, currency: str | None) -> Fraction | None:
    """The margin level of a state; None with nothing open, or where something can't be priced."""
    if currency is None or not state.positions:
        return None
    try:
        with localcontext(EXACT):
            return margin(state, currency).level
    except Refusal:
        return None


def _standing(story: Story, state: State) -> Standing:
    summary, book = story.margin, state.rulebook
    if summary is None or summary.level is None:
        told: list[str] = [words.margin(summary, book)]
        return Standing(tuple(told), **_basis(told, (), "B1"), margin=summary, zone="free")
    level, code = summary.level, summary.currency
    call, end = percent(book.call_level / 100), percent(book.liquidation_level / 100)
    zone, meaning = "safe", f"A margin call comes near {call}, liquidation near {end}"
    if level <= book.liquidation_level:
        zone, meaning = "liquidation", f"At {end} or less the exchange liquidates by itself, so it may at any moment"
    elif level <= book.call_level:
        zone, meaning = "call", f"That is low enough for a margin call ({call}); liquidation comes near {end}"
    elif level < book.opening_level:
        zone, meaning = "low", f"That is too low to open more (B4), and ordinary orders are refused (B9). {meaning}"
    with localcontext(EXACT):
        gain = summary.equity - summary.trade_balance
        told = [
            f"Your margin level is {percent(level / 100)}. {meaning} (B5).",
            f"Equity is {money(summary.equity, code)}: what your balances count for as collateral, "
            f"{money(summary.trade_balance, code)}, {'and' if gain >= 0 else 'less'} the open "
            f"{'profit' if gain >= 0 else 'loss'}, {money(abs(gain), code)} (B1).",
            f"Used margin is {money(summary.used_margin, code)} (B2), "
            f"free margin {money(summary.free_margin, code)} (B3).",
        ]
    shorts = any(lots[0].side == "short" for _, lots in state.positions.by_pair)
    valued = {code for code, amount in state.balances.items() if amount} | {lot.quote for lot in state.positions}
    fixed = ("C5",) * shorts + ("A2",) * (len(valued | {code}) > 1)
    return Standing(tuple(told), **_basis(told, (), *fixed), margin=summary, zone=zone)


def _reach(state: State, currency: str | None) -> Reach:
    found = limits(state, currency)
    told: list[str] = []
    if currency is not None:
        told = [*words.how_far(state, currency, found), *words.how_far_together(state, currency, found)]
    if found.together.call and found.together.call.reached and state.positions:
        end = found.together.liquidation
        what = "levels of a margin call and of liquidation are" if end and end.reached else "level of a margin call is"
        told.insert(0, f"Nothing need move: the {what} reached already (B5).")
        if end and not end.reached:
            told += [
                f"If only {pair} moves, liquidation comes at {at} (B5)."
                for pair, reach in found.pairs.items()
                if reach.liquidation and (at := _places(reach.liquidation, pair.partition("/")[2]))
            ]
    fixed = ("B1", "B2", "B3", "B5", "A2") if told else ()
    return Reach(tuple(told), **_basis(told, (), *fixed), limits=found)


def _places(limit: Limit, quote: str) -> str:
    sides = ((limit.below, "less"), (limit.above, "more"))
    return ", or at ".join(f"{near(at, quote)} or {beyond}" for at, beyond in sides if at is not None)


def _changes(before: State, after: State, moments: Iterable[Moment]) -> tuple[Change, ...]:
    """What moments did to the balances, those that changed."""
    fees: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for moment in moments:
            for row in moment.rows:
                fees[row.asset] = fees.get(row.asset, ZERO) + row.fee
    return tuple(
        Change(code, before.balance(code), after.balance(code), fees.get(code, ZERO))
        for code in sorted({*before.balances, *after.balances})
        if before.balance(code) != after.balance(code) or fees.get(code)
    )


def _owed_more(before: State, after: State) -> dict[str, Decimal]:
    with localcontext(EXACT):
        more = {code: due - before.unpaid.get(code, ZERO) for code, due in after.unpaid.items()}
    return {code: due for code, due in more.items() if due}


def _took(changes: Iterable[Change]) -> str:
    """What an ending takes from which balance, and what it brings."""
    taken, brought = [], []
    for each in changes:
        fee = f" ({money(each.fee, each.currency)} of it fees)" if each.fee else ""
        if each.amount < 0:
            taken.append(f"{money(-each.amount, each.currency)}{fee}")
        elif each.amount > 0:
            less = f" (fees of {money(each.fee, each.currency)} paid)" if each.fee else ""
            brought.append(f"{money(each.amount, each.currency)}{less}")
    told = [f"takes {listed(taken)} from your balances"] if taken else []
    told += [f"adds {listed(brought)}"] if brought else []
    return f"In all it {' and '.join(told)}." if told else "It changes no balance."


def _closing(story: Story, ways: Ways, pair: str) -> Closing:
    """Closing one pair, and nothing else."""
    direct = ways.plan.way("close") if ways.plan else None
    if direct is None:
        ended = resume(story, [Close(pair=pair, volume="all")])
        told = [regrouped(ended.error.message)] if ended.error else list(ways.words)
        return Closing(
            **_basis(told), words=tuple(told), pairs=(pair,), changes=(), realised=(), unpaid={}, after=story.final,
            level=None, closed=" ".join(told),
        )  # fmt: skip
    changes = _changes(story.final, direct.left, direct.moments)
    told = advice.followed(direct)
    if not direct.closed:
        told += filter(None, (advice.cost(direct), _took(changes), advice.leaves(direct)))
    level = _level(direct.left, story.scenario.summary_currency)
    if level is not None:
        told.append(f"What is still open then has a margin level of {percent(level / 100)} (B3).")
    fixed = ("R8", "R9", "R10", "R11", "A4", "A8", "A9", *_converts(direct.moments))
    return Closing(
        tuple(told), **_basis(told, direct.moments, *(() if direct.closed else fixed)), pairs=(pair,), changes=changes,
        realised=tuple(each for moment in direct.moments for each in moment.realised),
        unpaid=_owed_more(story.final, direct.left), after=direct.left, level=level, closed=direct.closed,
    )  # fmt: skip


def _converts(moments: Iterable[Moment]) -> tuple[str, ...]:
    """What a conversion rests on, where there is one."""
    fees = any(take.fee_rate for moment in moments for each in moment.realised for take in each.cascade)
    return ("R12", "R13", "R14", "R16", "A1", "A2") if fees else ("R12", "R13")


def _all_closed(several: Ordering) -> Closing | None:
    """Closing all, in the cheapest order."""
    best = several.closing.best
    if best is None:
        return None
    moments = [moment for end in best.ends for moment in end.moments]
    changes = _changes(best.before, best.left, moments)
    told = [f"Close {', then '.join(best.pairs)}.", _took(changes)]
    unpaid = _owed_more(best.before, best.left)
    told += [f"{money(due, code)} stay unpaid (A5)." for code, due in sorted(unpaid.items())]
    if best.cost is not None:
        told.append(f"That costs {money(best.cost, best.currency)} beside the results themselves.")
    fixed = ("R8", "R12", "A4", "A8", "A9", *_converts(moments))
    return Closing(
        tuple(told), **_basis(told, moments, *fixed), pairs=best.pairs, changes=changes,
        realised=tuple(each for moment in moments for each in moment.realised), unpaid=unpaid,
        after=best.left, level=None,
    )  # fmt: skip


def _ways(story: Story, pair: str) -> Ways:
    try:
        found = plan(story, pair)
        told = [advice.standing(found, story.final), advice.answer(found)]
    except Refusal as refusal:
        told = [regrouped(str(refusal))]
        return Ways(tuple(told), **_basis(told, (), *refusal.rules), pair=pair, plan=None, steps={})
    part, little = _reopening(story, found)
    more = tuple(way for way in (part, little) if way)
    moments = [moment for way in (*found.ways, *more) for moment in way.moments if not way.closed]
    steps = {way.name: api_steps(story, way.steps, way.moments) for way in found.ways if not way.closed}
    for way in found.ways:
        if way.closed:
            told.append(f"{advice.named(way.name, found.currency)}: {regrouped(way.closed)}")
        else:
            told.append(
                f"{advice.named(way.name, found.currency)}: {_lower(advice.cost(way))} {advice.asked(way)}".rstrip()
            )
    told += advice.reopening_after(found, part, little)
    fixed = ("R2", "R6", "R17", "A2", "A4", "A8", *_converts(moments))
    return Ways(
        tuple(told), **_basis(told, moments, *fixed), pair=pair, plan=found, steps=steps, more=more,
        more_steps=tuple(api_steps(story, way.steps, way.moments) for way in more),
    )  # fmt: skip


def _reopening(story: Story, found: Plan) -> tuple[Way | None, Way | None]:
    """The ways that open ordinary orders again, where the margin level is what forbids them (B9)."""
    if not found.way("buy").closed.endswith("(B9)."):
        return None, None
    try:
        return part_first(story, found.pair), little_first(story, found.pair)
    except Refusal:
        return None, None


def _lower(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}"


def turning(case: Case, pair: str) -> list[str]:
    """At which trading fee and at which prices the cheapest way out of a position is another: slower than the rest."""
    (report,) = advice.reports(case.story, pair)
    return [*report.reopening(), *report.turning()]


def api_steps(story: Story, steps: Iterable[Step], moments: Iterable[Moment] = ()) -> tuple[ApiStep, ...]:
    """Steps as the API takes them, each from the state before it (B8): shown, never sent."""
    before = [moment.before for moment in moments]
    found = []
    for at, step in enumerate(steps):
        state = before[at] if at < len(before) else story.final
        if isinstance(step, Deposit):
            found.append(
                ApiStep(f"Deposit {money(step.amount, step.currency)}: no order, it comes from outside.", None)
            )
        elif isinstance(step, Close | Settle | Stop | Trade):
            try:
                found.append(ApiStep(_what(step), as_api(step, state)))
            except Refusal as refusal:
                found.append(ApiStep(str(refusal), None))
    return tuple(found)


def _what(step: Close | Settle | Stop | Trade) -> str:
    """A step in a few words."""
    base, quote = step.pair.split("/")
    match step:
        case Trade():
            verb = "Sell" if step.side == "sell" else "Buy"
            return f"{verb} {money(step.volume, base)} in {step.pair} with an ordinary order."
        case Stop():
            return f"Stop {step.pair}: {step.side} all of it at {price(step.trigger, quote)}."
        case Settle():
            return f"Settle all of {step.pair}." if step.volume == "all" else f"Settle {step.volume} of {step.pair}."
    return f"Close all of {step.pair}." if step.volume == "all" else f"Close {step.volume} of {step.pair}."


def _ordering(story: Story) -> Ordering | None:
    closing, best = (ordering.orders(story, how) for how in ordering.HOWS)
    if closing is None or best is None:
        return None
    told = [*ordering.answer(closing), *ordering.answer(best)]
    first = best.best
    steps: list[ApiStep] = []
    moments: list[Moment] = []
    for end in first.ends if first else ():
        steps += api_steps(story, end.steps, end.moments)
        moments += end.moments
    fixed = ("R2", "R8", "R12", "R13", "R16", "A2", "A4", "A8", "A9")
    return Ordering(tuple(told), **_basis(told, moments, *fixed), closing=closing, best=best, steps=tuple(steps))


def _settling(case: Case, state: State, pair: str) -> Settling:
    """What settling asks, lot by lot, oldest first."""
    whole = need(state, pair, "all")
    lots, kept = state.lots(pair), Decimal(0)
    each: list[LotNeed] = []
    before = volume = ZERO
    with localcontext(EXACT):
        for lot in lots:
            volume += lot.volume
            so_far = need(state, pair, volume).amount
            row = case.rows.get(lot.id, -1)
            each.append(LotNeed(lot.id, row, whole.currency, so_far - before, so_far <= whole.balance))
            before = so_far
            kept += lot.held[1]
    code, keeps = whole.currency, lots[0].held[0]
    base = pair.partition("/")[0]
    told = [
        f"Settling all of {pair} needs {money(whole.amount, code)}; your balance is {money(whole.balance, code)} (R3)."
    ]
    if whole.missing:
        told.append(f"Missing: {money(whole.missing, code)}, so that it would be refused (R6).")
        some = f"{money(whole.possible, base)} of it, the oldest first, could be settled (R7)"
        told.append(f"{some}." if whole.possible else "Not even a part of it could be settled (R6).")
    told.append(f"What was received is yours then: {money(kept, keeps)} (R4). It costs no fee (R5).")
    if len(lots) > 1:
        parts = [f"{money(one.amount, code)}{'' if one.enough else ' (more than is left)'}" for one in each]
        told.append(f"Lot by lot, oldest first: {listed(parts)} (R7).")
    (step,) = api_steps(case.story, [Settle(pair=pair, volume="all")])
    fixed = ("R3", "R4", "R5", "R6", "R7", "R18", "R19", "B7", "A7", "A8")
    return Settling(tuple(told), **_basis(told, (), *fixed), pair=pair, need=whole, lots=tuple(each), step=step)


def _settled_together(state: State, settlings: Iterable[Settling]) -> Answer:
    """What settling everything needs, by currency: the balances are one purse."""
    sums: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for each in settlings:
            sums[each.need.currency] = sums.get(each.need.currency, ZERO) + each.need.amount
        told = []
        for code, amount in sorted(sums.items()):
            missing = amount - state.balance(code)
            lacking = f", {money(missing, code)} more than there is" if missing > 0 else ", which is there"
            told.append(f"{money(amount, code)}{lacking}")
    sentences = (
        f"Settling everything needs {'; '.join(told)} (R3, R6).",
        "What one settlement leaves free may pay for another (R4).",
    )
    return Answer(sentences, **_basis(sentences))


def _stop(story: Story, pair: str, trigger: Decimal, found: Limits) -> StopAt:
    """What a stop at a trigger does, if this price alone goes straight to it."""
    state, currency = story.final, story.scenario.summary_currency
    quote, now = pair.partition("/")[2], state.price(pair)
    side = state.rulebook.practice.protects(state.lots(pair)[0].side)
    stop = Stop(pair=pair, side=side, trigger=trigger)
    at_once = now <= trigger if side == "sell" else now >= trigger
    steps: list[Step] = [stop] if at_once else [stop, Price(pair=pair, price=trigger)]
    ended = resume(_unliquidated(story), steps)
    (step,) = api_steps(story, [stop])
    told: list[str] = []
    call, end = found.pairs.get(pair, (None, None))
    below = side == "sell"
    at = None if end is None or end.reached else (end.below if below else end.above)
    first = ""
    comes = at is not None and not at_once and (at >= trigger if below else at <= trigger)
    if comes or (end is not None and end.reached):
        first = "liquidation"
    elif call is not None and not call.reached and not at_once:
        warned = call.below if below else call.above
        first = "call" if warned is not None and (warned >= trigger if below else warned <= trigger) else ""
    elif call is not None and call.reached:
        first = "call"
    level = _level(_moved(state, pair, now if at_once else trigger), currency)
    realised = [each for moment in ended.moments[len(story.moments) :] for each in moment.realised]
    with localcontext(EXACT):
        result = sum((each.pnl for each in realised), ZERO)
    moments = ended.moments[len(story.moments) :]
    changes = _changes(state, ended.final, moments)
    told += _stop_told(pair, stop, at_once, now, level)
    if ended.error:
        told.append(regrouped(ended.error.message))
    else:
        kind = "a profit" if result > 0 else "a loss" if result < 0 else "neither profit nor loss, 0"
        told.append(f"It would realise {kind} of {money(abs(result), quote)}, fees aside (R11). {_took(changes)}")
        told += [f"{money(due, code)} would stay unpaid (A5)." for code, due in _owed_more(state, ended.final).items()]
    if first == "liquidation" and at is not None:
        told.append(f"But liquidation comes first, at {near(at, quote)}: the stop is too far away (B5).")
    elif first == "liquidation":
        told.append("But the level for liquidation is reached already: it may come before any stop (B5).")
    elif first == "call":
        told.append("A margin call comes before it; liquidation doesn't, if nothing else moves (B5).")
    after = _level(ended.final, currency)
    if after is not None and not ended.error:
        told.append(f"What is still open then has a margin level of {percent(after / 100)} (B3).")
    fixed = ("R22", "B3", "B5", "A4", "A8", "A9", *_converts(moments))
    return StopAt(
        tuple(told), **_basis(told, moments, *fixed), pair=pair, trigger=trigger, at_once=at_once, first=first,
        liquidation=at, result=result, changes=changes, level=level, level_after=after, after=ended.final, step=step,
        closed=ended.error.message if ended.error else "",
    )  # fmt: skip


def _unliquidated(story: Story) -> Story:
    """The same story with liquidation switched off: what the stop itself does is asked for."""
    state = story.final.copy()
    state.rulebook = state.rulebook.replaced(liquidation="off")
    return replace(story, final=state)


def _moved(state: State, pair: str, to: Decimal) -> State:
    moved = state.copy()
    moved.prices[pair] = to
    return moved


def _stop_told(pair: str, stop: Stop, at_once: bool, now: Decimal, level: Fraction | None) -> list[str]:
    quote = pair.partition("/")[2]
    stands = f"; the margin level there is {percent(level / 100)}" if level is not None else ""
    if at_once:
        beyond = "above" if stop.side == "sell" else "below"
        at = "at" if now == stop.trigger else beyond
        return [
            f"A {stop.side} stop in {pair} at {price(stop.trigger, quote)} lies {at} the price now, "
            f"{price(now, quote)}, so it would close all of it at once{stands} (R22)."
        ]
    return [
        f"A {stop.side} stop in {pair} at {price(stop.trigger, quote)} closes all of it there{stands}. If the market "
        "jumps over it, it closes at the price that there is (R22)."
    ]


def _dates(story: Story) -> tuple[str, ...]:
    """Of which dates the rules are."""
    book = rulebook()
    told = [f"Conversion fees (R16): {book.sources.get('conversion_fees', 'data/conversion.toml')}."]
    told.append(f"Levels of a call and of liquidation (B5): {book.sources.get('levels', 'data/margin.toml')}.")
    told.append(f"Collateral and its order (R14): {book.sources.get('haircuts', 'data/collateral.toml')}.")
    cuts = story.scenario.rules.haircuts
    if isinstance(cuts, str):
        told.append(f"Haircuts (B1): the set {cuts} in data/haircuts.toml, of that month.")
    elif cuts:
        told.append("Haircuts (B1): as you wrote them down.")
    else:
        told.append("Haircuts (B1): none here; the exchange has some, so that its equity may be less.")
    told.append("The rules change: look up the exchange's own pages before you rely on a figure.")
    return tuple(told)

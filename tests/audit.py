"""The rules once more, told by what must be true afterwards: an audit of what the engine wrote down.

Nothing here is taken from the engine: prices, fee classes, orders and roundings are stated anew, in fractions.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal, Inexact, localcontext
from fractions import Fraction
from math import ceil
from typing import Any

from marginlib import Story
from marginlib.engine.account import Part, Position, Realised, Row, State
from marginlib.engine.scenario import Close, Open, Price, Settle, Trade, Wait, Withdraw
from marginlib.engine.story import Moment

CASH = ("USD", "EUR", "GBP", "AUD", "CAD", "JPY", "CHF")
CHARGES = ("trading_fee", "opening_fee", "rollover_fee")

Amounts = dict[str, Fraction]


def exactly(check: Callable[[Story], None]) -> Callable[[Story], None]:
    """Sums of any number of digits: rounding one would raise."""

    def checked(story: Story) -> None:
        with localcontext(prec=300) as context:
            context.traps[Inexact] = True
            check(story)

    return checked


def places(code: str) -> int:
    """A8."""
    return 4 if code in CASH else 10


def nearest(code: str, amount: Fraction) -> Fraction:
    """A8: to the currency's precision, half to even."""
    return Fraction(round(amount * 10 ** places(code)), 10 ** places(code))


def upwards(code: str, amount: Fraction) -> Fraction:
    """A8: what is taken is never too little."""
    return Fraction(ceil(amount * 10 ** places(code)), 10 ** places(code))


def conversion_fee(source: str, target: str) -> Fraction:
    """R16."""
    if source in CASH and target in CASH:
        return Fraction("0.015")
    if {source, target} & {"BTC", "ETH"} and {source, target} & set(CASH):
        return Fraction("0.025")
    return Fraction("0.05")


def rate(state: State, source: str, target: str) -> Fraction:
    """A2."""

    def leg(a: str, b: str) -> Fraction | None:
        if f"{a}/{b}" in state.prices:
            return Fraction(state.prices[f"{a}/{b}"])
        return 1 / Fraction(state.prices[f"{b}/{a}"]) if f"{b}/{a}" in state.prices else None

    if source == target:
        return Fraction(1)
    found = leg(source, target)
    codes = sorted({code for pair in state.prices for code in pair.split("/")})
    for hop in ["USD", "EUR", *codes]:
        if found is None and (first := leg(source, hop)) and (second := leg(hop, target)):
            found = first * second
    assert found is not None
    return found


def turn(collateral: tuple[str, ...], pair: str, code: str) -> tuple[int, int, str]:
    """When a currency's turn comes (R13, R14, R15, A3)."""
    base, quote = pair.split("/")
    listed = code in collateral
    if code == quote:
        return (0 if listed else 3, 0, "")
    if code == base:
        return (1 if listed else 4, 0, "")
    return (2, collateral.index(code), "") if listed else (5, 0, code)


class Audit:
    """Follows the balances through one step, and checks each thing that was taken when its turn came."""

    def __init__(self, story: Story, moment: Moment) -> None:
        self.story, self.moment, self.state = story, moment, moment.after
        self.valuation = story.scenario.summary_currency or ""
        self.collateral = self.state.rulebook.collateral_order
        self.running: Amounts = defaultdict(Fraction)
        self.running |= {code: Fraction(amount) for code, amount in moment.before.balances.items()}
        self.like_a_loss: Amounts = defaultdict(Fraction)

    def order(self, pair: str, taken: list[tuple[str, Fraction]], *, all_gone: bool) -> None:
        """Nothing later is touched while something earlier is left."""
        turns = [turn(self.collateral, pair, code) for code, _ in taken]
        assert turns == sorted(set(turns))
        for number, (code, amount) in enumerate(taken):
            assert 0 < amount <= self.running[code]
            if number < len(taken) - 1 or all_gone:
                assert amount == self.running[code], f"{code} was left"
        touched = {code for code, _ in taken}
        for code, have in self.running.items():
            if have and code not in touched:
                assert not all_gone
                assert not turns or turn(self.collateral, pair, code) > turns[-1], f"{code} was passed over"

    def loss(self, realised: Realised) -> None:
        """R13 to R16, A1, A5, A8."""
        pair, quote = realised.position.pair, realised.position.quote
        taken = [(take.currency, Fraction(take.taken)) for take in realised.cascade]
        self.order(pair, taken, all_gone=realised.unpaid > 0)
        left = -Fraction(realised.pnl)
        for take in realised.cascade:
            amount, covers = Fraction(take.taken), Fraction(take.covers)
            if take.currency == quote:
                assert covers == amount
                assert not take.fee
                assert not take.fee_rate
            else:
                fee = conversion_fee(take.currency, quote)
                worth = rate(self.state, take.currency, quote)
                assert Fraction(take.fee_rate) == fee
                if covers == left:
                    assert amount == min(upwards(take.currency, left / worth / (1 - fee)), self.running[take.currency])
                else:
                    assert amount == self.running[take.currency]
                    assert covers == min(left, nearest(quote, amount * worth * (1 - fee)))
                assert Fraction(take.fee) == nearest(quote, amount * worth - covers)
            self.running[take.currency] -= amount
            left -= covers
        assert left == realised.unpaid

    def closing(self, realised: Realised, rows: list[Row]) -> None:
        """One lot by itself: repay, realise, charge (R12, A9)."""
        lot, pnl = realised.position, Fraction(realised.pnl)
        moved = Fraction(realised.price) - Fraction(lot.open_price)
        sign = 1 if lot.side == "long" else -1
        assert pnl == nearest(lot.quote, sign * moved * Fraction(realised.volume))
        converted = {take.currency: Fraction(take.taken) for take in realised.cascade if take.fee_rate}
        for row, part in parts(rows, {"loss"}):
            if row.asset in converted:
                fee = nearest(row.asset, converted[row.asset] * conversion_fee(row.asset, lot.quote))
                assert (Fraction(part.fee), Fraction(part.amount)) == (fee, fee - converted[row.asset])
        if pnl >= 0:
            assert not realised.cascade
            assert not realised.unpaid
            self.running[lot.quote] += pnl
        else:
            self.loss(realised)
        traded = Fraction(realised.volume) * Fraction(realised.price)
        self.charge(lot.pair, traded * Fraction(self.state.fees["trading"]), parts(rows, {"trading_fee"}))
        self.balances(rows)

    def charge(self, pair: str, amount: Fraction, found: list[tuple[Row, Part]]) -> None:
        """A4: whole from the first balance that bears it; else like a loss."""
        quote = pair.partition("/")[2]
        due = nearest(quote, amount)
        if not due:
            assert found == []
            return
        by_turn = sorted(self.running, key=lambda code: turn(self.collateral, pair, code))
        able = [code for code in by_turn if self.running[code] * rate(self.state, code, quote) >= due]
        if able:
            ((row, part),) = found
            fee = min(upwards(able[0], due / rate(self.state, able[0], quote)), self.running[able[0]])
            assert (row.asset, Fraction(part.fee), Fraction(part.amount)) == (able[0], fee, Fraction(0))
            self.running[able[0]] -= fee
            return
        found = sorted(found, key=lambda each: turn(self.collateral, pair, each[0].asset))
        taken = [(row.asset, Fraction(part.fee - part.amount)) for row, part in found]
        self.like_a_loss[quote] += due
        net = sum(
            (
                amount * rate(self.state, code, quote) * (1 - (0 if code == quote else conversion_fee(code, quote)))
                for code, amount in taken
            ),
            Fraction(0),
        )
        dust = Fraction(len(taken) + 1, 2 * 10 ** places(quote))
        self.order(pair, taken, all_gone=net < due - dust)
        for code, amount in taken:
            self.running[code] -= amount

    def balances(self, rows: Iterable[Row]) -> None:
        """What the rows say is left is what is left."""
        for row in rows:
            assert Fraction(row.balance) == self.running[row.asset], row

    def opening(self, step: Open) -> None:
        """A4, B6: the trading fee, then the opening fee."""
        rows = list(self.moment.rows)
        lot = self.state.positions[-1]
        cost = Fraction(lot.volume) * Fraction(lot.open_price)
        for reason, kind in (("trading_fee", "trading"), ("opening_fee", "opening")):
            self.charge(step.pair, cost * Fraction(self.state.fees[kind]), parts(rows, {reason}))
        self.balances(rows)

    def waiting(self, step: Wait) -> None:
        """B6, A4: one rollover after the other."""
        rows = list(self.moment.rows)
        for lot in self.moment.before.positions:
            price = lot.open_price if lot.side == "long" else self.state.prices[lot.pair]
            amount = Fraction(lot.volume) * Fraction(price) * Fraction(self.state.fees["rollover"])
            age = Fraction(self.moment.before.hours - lot.opened_at)
            for _ in range((age + Fraction(step.hours)) // 4 - age // 4):
                mine = rows[: self.one_event(lot, rows)]
                del rows[: len(mine)]
                self.charge(lot.pair, amount, parts(mine, {"rollover_fee"}))
                self.balances(mine)
        assert rows == []

    def one_event(self, lot: Position, rows: list[Row]) -> int:
        """How many of the rows belong to the next rollover: one if whole, else as long as turns go on."""
        if not rows or rows[0].position != lot.id:
            return 0
        count = 1
        while (
            rows[0].amount
            and count < len(rows)
            and rows[count].position == lot.id
            and rows[count].amount
            and turn(self.collateral, lot.pair, rows[count - 1].asset)
            < turn(self.collateral, lot.pair, rows[count].asset)
        ):
            count += 1
        return count

    def run(self) -> None:
        """Check everything about the step."""
        moment, step = self.moment, self.moment.step
        if isinstance(step, Open):
            self.opening(step)
        elif isinstance(step, Wait):
            self.waiting(step)
        elif moment.realised:
            for realised in moment.realised:
                self.closing(realised, [row for row in moment.rows if row.position == realised.position.id])
        if isinstance(step, Settle | Close):
            first_in_first_out(moment.before, moment.after, step)
        if isinstance(step, Price):
            self.what_the_price_set_off(step)
        if isinstance(step, Open | Withdraw | Trade) and self.state.rulebook.initial_margin_check:
            equity, used = self.equity_and_used()
            assert equity >= used or not self.state.positions
        self.fees()
        summary = self.story.margin_of(self.state)
        assert summary is not None
        assert (summary.equity, summary.used_margin) == self.equity_and_used()

    def what_the_price_set_off(self, step: Price) -> None:
        """R22, B5: stops first, then liquidation, oldest first whatever the pair."""
        before, after, mode = self.moment.before, self.state, self.state.rulebook.liquidation
        crossed = any(
            stop.pair == step.pair and (step.price - stop.trigger) * (1 if stop.side == "buy" else -1) >= 0
            for stop in before.stops
        )
        stopped = [lot.id for lot in before.positions if crossed and lot.pair == step.pair]
        rest = [lot.id for lot in before.positions if lot.id not in stopped]
        assert stopped == [each.position.id for each in self.moment.realised if each.by == "stop"]
        closed = [each.position.id for each in self.moment.realised if each.by == "liquidation"]
        assert [each.position.id for each in self.moment.realised] == stopped + closed
        assert rest == closed + [lot.id for lot in after.positions]
        if after.positions:
            equity, used = self.equity_and_used()
            level = equity / used * 100
            assert not closed or (mode == "until-100" and level >= 100)
            assert closed or mode == "off" or level > 40

    def equity_and_used(self) -> tuple[Fraction, Fraction]:
        """B1, B2, A5, in the scenario's valuation currency."""
        state, into = self.state, self.valuation
        haircuts = state.rulebook.haircuts
        equity, used = Fraction(0), Fraction(0)
        for code in self.collateral:
            if not state.balances.get(code):
                continue
            cut = Fraction(haircuts.get(code, 0))
            equity += Fraction(state.balances.get(code, 0)) * rate(state, code, into) * (1 - cut)
        for lot in state.positions:
            now, then, volume = state.prices[lot.pair], lot.open_price, Fraction(lot.volume)
            worth = rate(state, lot.quote, into)
            equity += volume * (Fraction(now - then) if lot.side == "long" else Fraction(then - now)) * worth
            used += volume * Fraction(then if lot.side == "long" else now) * worth / Fraction(lot.leverage)
        for code, amount in state.unpaid.items():
            equity -= Fraction(amount) * rate(state, code, into)
        return equity, used

    def fees(self) -> None:
        """The fees book has the fee column, and what charges taken like a loss brought in QUOTE."""
        before, after = self.moment.before, self.moment.after
        for code in after.balances:
            booked = after.books.get(("fees", code), Decimal(0)) - before.books.get(("fees", code), Decimal(0))
            column = sum((row.fee for row in self.moment.rows if row.asset == code), Decimal(0))
            unpaid = after.unpaid.get(code, Decimal(0)) - before.unpaid.get(code, Decimal(0))
            unpaid -= sum((r.unpaid for r in self.moment.realised if r.position.quote == code), Decimal(0))
            assert 0 <= unpaid <= self.like_a_loss[code]
            assert Fraction(booked) == Fraction(column) + self.like_a_loss[code] - Fraction(unpaid)


def parts(rows: Iterable[Row], reasons: set[str]) -> list[tuple[Row, Part]]:
    return [(row, part) for row in rows for part in row.parts if part.reason in reasons]


def first_in_first_out(before: State, after: State, step: Settle | Close) -> None:
    """R7, R8, R18: a lot is only touched when all older ones of its pair are gone; the others never."""
    mine = [lot for lot in before.positions if lot.pair == step.pair]
    total = sum((lot.volume for lot in mine), Decimal(0))
    ended = total if step.volume == "all" else step.volume
    rest = {lot.id: lot.volume for lot in after.positions}
    gone = [lot.volume - rest.get(lot.id, Decimal(0)) for lot in mine]
    assert sum(gone, Decimal(0)) == ended
    for number, volume in enumerate(gone[1:], start=1):
        assert not volume or all(older.id not in rest for older in mine[:number])
    assert [lot for lot in before.positions if lot.pair != step.pair] == [
        lot for lot in after.positions if lot.pair != step.pair
    ]


@exactly
def totals(story: Story) -> None:
    """What must hold for a whole story: nothing is lost or made, and every book says what it is for."""
    state, start = story.final, story.scenario.balances
    codes = {*start, *state.balances, *(code for _, code in state.books)}
    owed: dict[str, Decimal] = defaultdict(Decimal)
    held: dict[str, Decimal] = defaultdict(Decimal)
    unpaid: dict[str, Decimal] = defaultdict(Decimal)
    settled: dict[str, int] = defaultdict(int)
    for lot in state.positions:
        cost = lot.volume * lot.open_price
        lent, got = ((lot.quote, cost), (lot.base, lot.volume))[:: 1 if lot.side == "long" else -1]
        owed[lent[0]] += lent[1]
        held[got[0]] += got[1]
    for realised in story.realised:
        unpaid[realised.position.quote] += realised.unpaid
    for row in story.ledger:
        settled[row.asset] += row.type == "settled"
    for code in codes:
        books: dict[str, Any] = {name: state.books.get((name, code), Decimal(0)) for name, _ in state.books}
        account = state.balances.get(code, Decimal(0))
        assert account + sum(books.values()) == start.get(code, Decimal(0)), code
        assert account >= 0
        assert books.get("restricted", 0) == held[code]
        dust = books.get("exchange", 0) + owed[code] + unpaid[code]
        assert abs(dust) <= settled[code] * Decimal(5).scaleb(-places(code) - 1)


@exactly
def ledger(story: Story) -> None:
    """Per asset, balance = previous balance + amount - fee, from the first balance to the last."""
    running = dict(story.scenario.balances)
    for row in story.ledger:
        assert row.balance == running.get(row.asset, Decimal(0)) + row.amount - row.fee
        assert row.amount == sum((part.amount for part in row.parts), Decimal(0))
        running[row.asset] = row.balance
        for figure in (row.amount, row.fee):
            assert figure == figure.quantize(Decimal(1).scaleb(-places(row.asset)))
        assert row.rules
    assert running == story.final.balances


def everything(story: Story) -> None:
    """The whole story, and each of its steps by itself."""
    totals(story)
    ledger(story)
    for moment in story.moments:
        Audit(story, moment).run()

"""Going short, holding, and stops: what lesson 02 asks, wrong models that people hold, and its drills."""

from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from marginlib.analysis.futures import FUNDING_HOURS, Perpetual
from marginlib.engine.account import Position, Realised
from marginlib.engine.amounts import ZERO, quotient
from marginlib.engine.margin import put_up, unrealised
from marginlib.engine.scenario import Close, Open, Price, Scenario, Stop, Wait
from marginlib.engine.story import Story
from marginlib.lessons.going_short.buying_back import closing_order
from marginlib.quiz.answers import ANSWERS
from marginlib.quiz.drills import drill, pick
from marginlib.quiz.mistakes import changed, mistake, number
from marginlib.quiz.workings import ALONE, hints, shows
from marginlib.reading.replaying import replay
from marginlib.telling.numbers import listed, money, percent
from marginlib.telling.numbers import number as digits


def _stopped(story: Story) -> Realised | None:
    """What the first stop that was hit realised."""
    return next((each for each in story.realised if each.by == "stop"), None)


def _closed_at(story: Story, _of: str) -> Decimal:
    """The price at which a stop closed, in QUOTE."""
    stopped = _stopped(story)
    if stopped is None:
        raise ValueError("no stop closes anything in this scenario")
    return stopped.price


def _protecting(story: Story, _of: str) -> str:
    """The side of the stop that the rules take for the position, the other one being refused (R22)."""
    before = [step for step in story.scenario.steps if not isinstance(step, Stop)]
    pair = story.scenario.steps[-1].pair  # type: ignore[union-attr]
    taken = []
    for side in ("buy", "sell"):
        stop = Stop(pair=pair, side=side, trigger=Decimal(1))
        if not replay(changed(story.scenario, [*before, stop])).error:
            taken.append(side)
    return " ".join(taken)


def _contract(story: Story) -> tuple[Position, Perpetual, Decimal, int]:
    """The open position, a contract like it, the price now, and how many funding payments have gone by."""
    lot = story.final.positions[0]
    contract = Perpetual(lot.side, lot.volume, lot.open_price, ZERO, ZERO)
    return lot, contract, story.final.prices[lot.pair], int((story.final.hours - lot.opened_at) // FUNDING_HOURS)


def _funding(story: Story, rate: str) -> Decimal:
    """What a future like the open position has received (minus: paid) at a funding rate, given as a share (R23)."""
    lot, contract, now, payments = _contract(story)
    return story.final.round(lot.quote, contract.funding(now, [Decimal(rate)] * payments))


def _closing_order(story: Story, _of: str) -> list[str]:
    """What the closing of a short does, one thing after the other (R9 to R11, A9)."""
    return closing_order(story.moments[-1])


ANSWERS.update(
    {"closed_at": _closed_at, "protecting": _protecting, "funding": _funding, "closing_order": _closing_order}
)


class _Closed(NamedTuple):
    """A short that one order has ended, and what its two trades cost, in QUOTE."""

    lot: Position
    end: Realised
    rate: Decimal
    at_opening: Decimal
    at_closing: Decimal


def _bought_back(story: Story) -> _Closed | None:
    """The one short that was opened and closed by an order, if that is all that there was."""
    if [step.do for step in story.scenario.steps if step.do != "price"] != ["open", "close"]:
        return None
    if len(story.realised) != 1 or story.realised[0].position.side != "short":
        return None
    (end,) = story.realised
    paid = [
        sum((part.fee for row in moment.rows for part in row.parts if part.reason == "trading_fee"), ZERO)
        for moment in (story.moments[0], story.moments[-1])
    ]
    return _Closed(end.position, end, story.final.fees["trading"], *paid)


class _Waited(NamedTuple):
    """An open short whose price moved before time went by: its hours, full periods, and the price now."""

    lot: Position
    now: Decimal
    hours: Decimal
    period: Decimal
    rate: Decimal
    opening: Decimal

    @property
    def full(self) -> int:
        """The rollovers that fell due (B6)."""
        return int(self.hours // self.period)


def _waited(story: Story) -> _Waited | None:
    """The one short that was opened and held at one price, if that is all that there was."""
    steps = [step.do for step in story.scenario.steps]
    if steps not in (["open", "wait"], ["open", "price", "wait"]) or len(story.final.positions) != 1:
        return None
    (lot,), state = story.final.positions, story.final
    if lot.side != "short":
        return None
    fees, period = state.fees, state.rulebook.rollover_hours
    return _Waited(lot, state.prices[lot.pair], state.hours - lot.opened_at, period, fees["rollover"], fees["opening"])


@hints("fees")
def _fees_hint(story: Story, _ask: str) -> str:
    """How often, and on what."""
    held = _waited(story)
    if held is None or not held.rate:
        return ""
    return (
        f"How many full {digits(held.period, 2)} hours are there in {digits(held.hours, 2)}, and what does the coin "
        f"cost while you wait?"
    )


@hints("pnl")
def _result_hint(story: Story, _ask: str) -> str:
    """What a short brings and costs, without the result."""
    if len(story.realised) != 1 or story.realised[0].position.side != "short":
        return ""
    return "How many dollars did the coins bring when you sold them, and how many does it take to buy them back?"


@hints("funding")
def _funding_hint(story: Story, _ask: str) -> str:
    """How often, on what."""
    _, _, _, payments = _contract(story)
    days = payments * FUNDING_HOURS // 24
    return f"How many payments are there in {'a day' if days == 1 else f'{days} days'}, and on what amount is each?"


@shows("fees")
def _fees_way(story: Story, _ask: str) -> list[str]:
    """Periods, rate, coins and price, multiplied and added up; nothing where that isn't all there was (B6)."""
    held = _waited(story)
    if held is None or not held.rate:
        return []
    lot, quote = held.lot, held.lot.quote
    rolled, opening = held.full * held.rate * lot.volume * held.now, held.opening * lot.cost
    periods = f"{held.full} full {'period' if held.full == 1 else 'periods'}"
    told = [
        f"{digits(held.hours, 2)} hours: {periods} of {digits(held.period, 2)} hours. {held.full} × "
        f"{percent(held.rate, 4)} × {digits(lot.volume, 8)} × {digits(held.now, 2)} = {money(rolled, quote)} (B6)."
    ]
    if not opening:
        return told
    first = f"At opening: {percent(held.opening, 4)} × {digits(lot.cost, 2)} = {money(opening, quote)} (B6)."
    return [first, *told, f"{money(opening, quote)} + {money(rolled, quote)} = {money(opening + rolled, quote)}."]


@shows("balance")
def _closing_way(story: Story, ask: str) -> list[str]:
    """Both trading fees and the sum, after a short was closed."""
    closed = _bought_back(story)
    if closed is None or not closed.rate or ask != f"balance:{closed.lot.quote}":
        return []
    if any(take.currency != closed.lot.quote for take in closed.end.cascade):
        return []
    quote, cost = closed.lot.quote, closed.lot.cost
    back, rate = closed.end.volume * closed.end.price, percent(closed.rate, 4)
    had = story.scenario.balances.get(quote, ZERO)
    sign = "−" if closed.end.pnl < 0 else "+"
    sum_ = f"{digits(had, 2)} − {digits(closed.at_opening, 2)} {sign} {digits(abs(closed.end.pnl), 2)}"
    return [
        f"The trading fee at opening: {rate} × {digits(cost, 2)} = {money(closed.at_opening, quote)}; at closing: "
        f"{rate} × {digits(back, 2)} = {money(closed.at_closing, quote)} (A4, A9).",
        f"{sum_} − {digits(closed.at_closing, 2)} = {money(story.final.balance(quote), quote)}.",
    ]


@shows("funding")
def _funding_way(story: Story, ask: str) -> list[str]:
    """How funding comes about, in two sentences."""
    lot, contract, now, payments = _contract(story)
    rate = Decimal(ask.partition(":")[2])
    one, quote = contract.payment(now, rate), lot.quote
    who = "longs pay shorts" if rate > 0 else "shorts pay longs"
    return [
        f"A future of {money(lot.volume, lot.base)} is worth {money(lot.volume * now, quote)} at that price; "
        f"{percent(abs(rate), 4)} of that is {money(abs(one), quote)}. The rate is {'above' if rate > 0 else 'below'} "
        f"zero, so {who} (R23).",
        f"There were {payments} payments, one every {FUNDING_HOURS} hours: "
        f"{money(_funding(story, str(rate)), quote, sign=True)} in all (R23).",
    ]


ALONE.add("funding")  # the story is one of a loan, and a future has none


@mistake("That is what the other side would make. A short gains when the price falls, a long when it rises (R20).")
def other_side(scenario: Scenario, ask: str) -> Decimal | None:
    """A short's result with a long's sign."""
    right = number(scenario, ask)
    return -right if right is not None and ask.partition(":")[0] in ("pnl", "return") else None


@mistake("You kept all that the sale brought. It first pays for buying the coins back; the rest is yours (R10, R11).")
def sale_kept(scenario: Scenario, ask: str) -> Decimal | None:
    """What the coins were sold for stays, although they had to be bought back."""
    right = number(scenario, ask)
    sold = [
        each.volume * each.price
        for each in replay(scenario).realised
        if each.position.side == "short" and ask in (f"balance:{each.position.quote}", f"change:{each.position.quote}")
    ]
    return right + sum(sold, ZERO) if right is not None and sold else None


class _Reckoned(NamedTuple):
    """What the balance in question is after closing a short, and the parts that it comes from."""

    right: Decimal
    closed: _Closed


def _reckoned(scenario: Scenario, ask: str) -> _Reckoned | None:
    """A balance after one short was closed by an order, whose profit or loss is in that currency."""
    right, closed = number(scenario, ask), _bought_back(replay(scenario))
    if right is None or closed is None or ask != f"balance:{closed.lot.quote}":
        return None
    return _Reckoned(right, closed)


@mistake("You took the closing fee on the opening price. Each fee is on what its own trade was worth (A9).")
def closing_fee_on_the_opening_price(scenario: Scenario, ask: str) -> Decimal | None:
    """Both trades cost the same."""
    found = _reckoned(scenario, ask)
    return found and found.right + found.closed.at_closing - found.closed.at_opening


@mistake("You took the opening's fee off twice. It was paid when you opened, and is paid once (A9).")
def opening_fee_twice(scenario: Scenario, ask: str) -> Decimal | None:
    """The opening's fee is taken from what it has been taken from already."""
    found = _reckoned(scenario, ask)
    return found and found.right - found.closed.at_opening


@mistake("You added the closing's fee. A fee is paid, so it makes what you have smaller (A9).")
def closing_fee_added(scenario: Scenario, ask: str) -> Decimal | None:
    """A fee comes in."""
    found = _reckoned(scenario, ask)
    return found and found.right + 2 * found.closed.at_closing


@mistake("You turned the result round. A short gains when the price falls and loses when it rises (R11, R20).")
def result_turned_round(scenario: Scenario, ask: str) -> Decimal | None:
    """A long's result in a short's balance."""
    found = _reckoned(scenario, ask)
    return found and found.right - 2 * found.closed.end.pnl


@mistake("That is what the closing changes. It comes on top of the dollars that you have (R11).")
def closing_alone(scenario: Scenario, ask: str) -> Decimal | None:
    """Profit or loss less the closing's fee, without what was there."""
    found = _reckoned(scenario, ask)
    return found and found.closed.end.pnl - found.closed.at_closing


@mistake("That is the profit or loss alone. What you have then is your dollars and it, less the fee (R11, A9).")
def result_alone(scenario: Scenario, ask: str) -> Decimal | None:
    """Profit or loss, without what was there and without the closing's fee."""
    found = _reckoned(scenario, ask)
    return found and found.closed.end.pnl


def _result(scenario: Scenario, ask: str) -> tuple[Decimal, Position] | None:
    """What one short made, where that is what is asked."""
    realised = replay(scenario).realised
    right = number(scenario, ask)
    if ask != "pnl" or right is None or len(realised) != 1 or realised[0].position.side != "short":
        return None
    return right, realised[0].position


def _had(scenario: Scenario, lot: Position) -> Decimal:
    return scenario.balances.get(lot.quote, ZERO)


@mistake("That is what you have then. Asked is the result: how much more or less that is than before (R11).")
def balance_instead_of_result(scenario: Scenario, ask: str) -> Decimal | None:
    """The balance after closing."""
    found = _result(scenario, ask)
    return found and _had(scenario, found[1]) + found[0]


@mistake(
    "That would be a long's balance. Asked is the result alone, and a short loses when the price rises (R11, R20)."
)
def balance_of_the_other_side(scenario: Scenario, ask: str) -> Decimal | None:
    """The balance after closing a long."""
    found = _result(scenario, ask)
    return found and _had(scenario, found[1]) - found[0]


@mistake(
    "Two things: leverage doesn't divide the result, and a short gains when the price falls, not when it rises (R20)."
)
def divided_and_turned_round(scenario: Scenario, ask: str) -> Decimal | None:
    """A long's result, divided by the leverage."""
    found = _result(scenario, ask)
    return found and quotient(-found[0], found[1].leverage, 10)


@mistake(
    "Two things: leverage doesn't multiply the result, and a short gains when the price falls, not when it rises (R20)."
)
def multiplied_and_turned_round(scenario: Scenario, ask: str) -> Decimal | None:
    """A long's result, times the leverage."""
    found = _result(scenario, ask)
    return found and -found[0] * found[1].leverage


def _measured_lot(scenario: Scenario, ask: str) -> tuple[Story, Position] | None:
    """The open position whose result is asked in percent."""
    story = replay(scenario)
    return (story, story.final.positions[0]) if ask == "return" and story.final.positions else None


@mistake("That is the amount. Asked is how many percent it is of what you put up (R20).")
def return_in_money(scenario: Scenario, ask: str) -> Decimal | None:
    """Profit or loss in QUOTE."""
    found = _measured_lot(scenario, ask)
    return found and unrealised(found[0].final, found[1])


@mistake("That is the price's own move. You put up only a part of the position, and a short gains when it falls (R20).")
def return_is_the_move(scenario: Scenario, ask: str) -> Decimal | None:
    """The price's move in percent."""
    found = _measured_lot(scenario, ask)
    if found is None:
        return None
    story, lot = found
    return quotient((story.final.prices[lot.pair] - lot.open_price) * 100, lot.open_price, 4)


@mistake("You left the price move out: closing brings a profit or a loss, and that changes your balance (R11).")
def result_left_out(scenario: Scenario, ask: str) -> Decimal | None:
    """Only the fees change the balance."""
    right = number(scenario, ask)
    pnl = sum((each.pnl for each in replay(scenario).realised), ZERO)
    return right - pnl if right is not None and pnl and ask.partition(":")[0] in ("balance", "change") else None


def _rolled_every(scenario: Scenario, ask: str, hours: int) -> Decimal | None:
    """The fees if a rollover fell due for every full so many hours."""
    if not ask.startswith("fees:"):
        return None
    book = replay(scenario).final.rulebook.replaced(rollover_hours=Decimal(hours))
    given = ANSWERS["fees"](replay(scenario, book), ask.partition(":")[2])
    return given if isinstance(given, Decimal) else None


@mistake("You counted a rollover for every hour. One falls due for every full 4 hours (B6).")
def rollover_every_hour(scenario: Scenario, ask: str) -> Decimal | None:
    """The rate is taken hourly."""
    return _rolled_every(scenario, ask, 1)


@mistake("You counted one rollover a day. One falls due for every full 4 hours, six a day (B6).")
def rollover_once_a_day(scenario: Scenario, ask: str) -> Decimal | None:
    """The rate is taken daily."""
    return _rolled_every(scenario, ask, 24)


@mistake("You counted a rollover for hours that are not full yet. It falls due when 4 hours are over (B6).")
def rollover_for_a_part(scenario: Scenario, ask: str) -> Decimal | None:
    """A part of a period costs as much as a whole one."""
    period = replay(scenario).final.rulebook.rollover_hours
    steps = [
        step.replaced(hours=step.hours + (period - step.hours % period) % period) if isinstance(step, Wait) else step
        for step in scenario.steps
    ]
    return number(changed(scenario, steps), ask) if ask.startswith("fees:") else None


def _charged(scenario: Scenario, ask: str) -> _Waited | None:
    """The short whose opening fee and rollovers are asked."""
    held = _waited(replay(scenario))
    return held if held and ask == f"fees:{held.lot.quote}" else None


def _cost_of(held: _Waited, periods: Decimal, rolled_at: Decimal, opened_at: Decimal) -> Decimal:
    return held.lot.volume * (held.opening * opened_at + periods * held.rate * rolled_at)


@mistake("You charged a part of a period. A rollover falls due only when its 4 hours are full (B6).")
def rollover_in_parts(scenario: Scenario, ask: str) -> Decimal | None:
    """Hours ÷ 4, with its decimals."""
    held = _charged(scenario, ask)
    return held and _cost_of(held, held.hours / held.period, held.now, held.lot.open_price)


@mistake("Two things: a rollover falls due only for full 4 hours, and a short's is on what the coins cost now (B6).")
def rollover_in_parts_on_the_opening_price(scenario: Scenario, ask: str) -> Decimal | None:
    """Hours ÷ 4, with its decimals, all at the opening price."""
    held = _charged(scenario, ask)
    return held and _cost_of(held, held.hours / held.period, held.lot.open_price, held.lot.open_price)


@mistake(
    "You took the opening fee at today's price. It was charged at opening, on what the coins were worth then (B6)."
)
def opening_fee_at_todays_price(scenario: Scenario, ask: str) -> Decimal | None:
    """Everything at the price now."""
    held = _charged(scenario, ask)
    return held and _cost_of(held, Decimal(held.full), held.now, held.now)


@mistake("You took each rate once, at today's price. A rollover falls due for every full 4 hours (B6).")
def each_rate_once(scenario: Scenario, ask: str) -> Decimal | None:
    """Both rates once, at the price now."""
    held = _charged(scenario, ask)
    return held and _cost_of(held, Decimal(1), held.now, held.now)


@mistake("You took the opening price for the rollovers. A short's are on what its coins cost now (B6).")
def rollover_on_the_opening_price(scenario: Scenario, ask: str) -> Decimal | None:
    """A short's rollover is fixed, as a long's is."""
    still = [step for step in scenario.steps if not isinstance(step, Price)]
    return number(changed(scenario, still), ask) if ask.startswith("fees:") else None


@mistake("The opening fee is missing: it is charged once, before any rollover (B6).")
def opening_rate_left_out(scenario: Scenario, ask: str) -> Decimal | None:
    """Only rollovers cost anything."""
    free = scenario.fees.replaced(opening=ZERO)
    return number(changed(scenario, fees=free), ask) if ask.startswith("fees:") else None


@mistake("That is the opening fee alone. A rollover falls due for every full 4 hours after it (B6, R21).")
def rollovers_left_out(scenario: Scenario, ask: str) -> Decimal | None:
    """Only the opening costs anything."""
    free = scenario.fees.replaced(rollover=ZERO)
    return number(changed(scenario, fees=free), ask) if ask.startswith("fees:") else None


@mistake("You took the fees on what you put up. They are on all that was extended, at any leverage (B6).")
def fee_on_the_margin(scenario: Scenario, ask: str) -> Decimal | None:
    """Fees divided by the leverage."""
    right = number(scenario, ask)
    leverages = {step.leverage for step in scenario.steps if isinstance(step, Open)}
    if right is None or len(leverages) != 1 or not ask.startswith("fees:"):
        return None
    return quotient(right, leverages.pop(), 4)


@mistake("Your stop never fired: no price reached its trigger. You closed yourself, at the last price (R22).")
def fired_without_being_reached(scenario: Scenario, ask: str) -> Decimal | None:
    """A stop closes at its trigger, whatever the price does."""
    story = replay(scenario)
    triggers = [step.trigger for step in scenario.steps if isinstance(step, Stop)]
    if ask != "pnl" or not triggers or len(story.realised) != 1 or _stopped(story):
        return None
    steps = [step for step in scenario.steps if isinstance(step, Open)]
    end = Close(pair=story.realised[0].position.pair, volume="all", price=triggers[0])
    return number(changed(scenario, [*steps, end]), ask)


@mistake("That is the worst of the prices. It didn't reach the trigger, so the position went on to the last one (R22).")
def closed_at_the_worst(scenario: Scenario, ask: str) -> Decimal | None:
    """The stop closes at the price that came nearest to it."""
    story = replay(scenario)
    prices = [step.price for step in scenario.steps if isinstance(step, Price)]
    if ask != "pnl" or not prices or len(story.realised) != 1 or _stopped(story):
        return None
    lot = story.realised[0].position
    worst = max(prices) if lot.side == "short" else min(prices)
    steps = [step for step in scenario.steps if isinstance(step, Open)]
    return number(changed(scenario, [*steps, Close(pair=lot.pair, volume="all", price=worst)]), ask)


def _closed_otherwise(scenario: Scenario, ask: str, at: Decimal | None) -> Decimal | None:
    """What is asked, if the position had been closed at another price than the stop's; by default at the last one."""
    stopped = _stopped(replay(scenario))
    if stopped is None or ask != "pnl":
        return None
    lot = stopped.position
    last = at or replay(scenario).final.prices[lot.pair]
    steps = [step for step in scenario.steps if isinstance(step, Open)]
    return number(changed(scenario, [*steps, Close(pair=lot.pair, volume="all", price=last)]), ask)


@mistake("You closed at the trigger. A stop closes at the first price at or beyond it, and the price had jumped (R22).")
def filled_at_the_trigger(scenario: Scenario, ask: str) -> Decimal | None:
    """The trigger is the price."""
    triggers = [step.trigger for step in scenario.steps if isinstance(step, Stop)]
    return _closed_otherwise(scenario, ask, triggers[0]) if triggers else None


@mistake(
    "You let the position run on. The stop closed it when its trigger was crossed; later prices don't count (R22)."
)
def ran_past_the_stop(scenario: Scenario, ask: str) -> Decimal | None:
    """The stop never closed anything."""
    return _closed_otherwise(scenario, ask, None)


@mistake("You closed at the last price before the trigger. A stop closes once it is reached, not earlier (R22).")
def stopped_too_early(scenario: Scenario, ask: str) -> Decimal | None:
    """The price before the one that crossed."""
    story = replay(scenario)
    hit = next((moment for moment in story.moments if moment.realised), None)
    stopped = _stopped(story)
    return _closed_otherwise(scenario, ask, hit.before.prices[stopped.position.pair]) if hit and stopped else None


def _funded(
    scenario: Scenario, ask: str, *, every: int = FUNDING_HOURS, payments: int | None = None, opening: bool = False
) -> Decimal | None:
    """Funding with a payment every so many hours or with so many payments, or at the opening price."""
    name, _, rate = ask.partition(":")
    if name != "funding":
        return None
    story = replay(scenario)
    lot, contract, now, _ = _contract(story)
    times = int((story.final.hours - lot.opened_at) // every) if payments is None else payments
    return contract.funding(lot.open_price if opening else now, [Decimal(rate)] * times)


@mistake("The sign is the wrong way round: below zero shorts pay longs, above zero longs pay shorts (R23).")
def funding_reversed(scenario: Scenario, ask: str) -> Decimal | None:
    """Shorts pay where they receive."""
    given = _funded(scenario, ask)
    return None if given is None else -given


@mistake("You counted a payment every 4 hours, as a rollover falls due. Here funding is paid every 8 hours (R23, B6).")
def funding_every_four_hours(scenario: Scenario, ask: str) -> Decimal | None:
    """As many payments as rollovers."""
    return _funded(scenario, ask, every=4)


@mistake("You took the opening price. Funding is on what the contract is worth now: size × current price (R23).")
def funding_on_the_opening_price(scenario: Scenario, ask: str) -> Decimal | None:
    """The contract's worth at opening."""
    return _funded(scenario, ask, opening=True)


@mistake("Two things: funding is on what the contract is worth now, and below zero it is shorts who pay (R23).")
def funding_reversed_on_the_opening_price(scenario: Scenario, ask: str) -> Decimal | None:
    """The contract's worth at opening, paid by the wrong side."""
    given = _funded(scenario, ask, opening=True)
    return None if given is None else -given


@mistake("You counted one payment a day. Here funding is paid every 8 hours, three times a day (R23).")
def funding_once_a_day(scenario: Scenario, ask: str) -> Decimal | None:
    """The rate is taken daily."""
    return _funded(scenario, ask, every=24)


@mistake("Two things: funding is paid three times a day here, and below zero it is shorts who pay (R23).")
def funding_once_a_day_reversed(scenario: Scenario, ask: str) -> Decimal | None:
    """The rate is taken daily, and paid by the wrong side."""
    given = _funded(scenario, ask, every=24)
    return None if given is None else -given


@mistake("That is one payment. Here one is due every 8 hours, for as long as you hold (R23).")
def one_payment(scenario: Scenario, ask: str) -> Decimal | None:
    """Funding is paid once."""
    return _funded(scenario, ask, payments=1)


@mistake("You took funding on what you put up. It is on what the whole contract is worth (R23).")
def funding_on_the_margin(scenario: Scenario, ask: str) -> Decimal | None:
    """Payments × rate × what was put up at opening."""
    given = _funded(scenario, ask, opening=True)
    if given is None:
        return None
    lot = _contract(replay(scenario))[0]
    return quotient(given * Decimal(put_up(lot).numerator), lot.cost * put_up(lot).denominator, 4)


_FEES = {"opening": "0.0002", "rollover": "0.0002"}
_RATE, _TRADE = percent(Decimal("0.0002")), percent(Decimal("0.004"))


def _account(random: Random) -> dict[str, Any]:
    """A volume, a price, a leverage and enough dollars for them."""
    volume, opened = pick(random, "0.1", "0.2", "0.4", "0.5", "1"), random.choice([30000, 40000, 50000, 60000])
    leverage = random.choice([2, 3, 4, 5])
    least = int(Decimal(volume) * opened * Decimal("1.6") / leverage)  # room for a loss, too
    funds = max(random.randrange(20, 61, 5) * 1000, -(-least // 5000) * 5000)
    return {"volume": volume, "opened": opened, "leverage": leverage, "funds": funds}


def _scenario(has: dict[str, Any], side: str, steps: list[dict[str, Any]], **fees: str) -> dict[str, Any]:
    opening = {
        "do": "open",
        "pair": "BTC/USD",
        "side": side,
        "volume": has["volume"],
        "leverage": has["leverage"],
    }
    return {
        "balances": {"USD": str(has["funds"])},
        "prices": {"BTC/USD": str(has["opened"])},
        "valuation": "USD",
        "fees": fees,
        "steps": [opening, *steps],
    }


def _goes(at: int) -> dict[str, Any]:
    return {"do": "price", "pair": "BTC/USD", "price": str(at)}


@drill("02")
def going_short(random: Random, level: int) -> dict[str, Any]:
    """A short's result; what it is of what was put up, or what closing leaves; what holding costs; a stop's result."""
    has = _account(random)
    opened = has["opened"]
    return [_sold, _measured, _held, _run_into][level - 1](random, has, opened)


def _start(has: dict[str, Any], verb: str = "sell") -> str:
    short = "short on margin" if verb == "sell" else "on margin"
    return (
        f"You have {has['funds']:,} USD and {verb} {has['volume']} BTC {short} at {has['opened']:,} USD with "
        f"{has['leverage']}× leverage."
    )


def _moved(opened: int, now: int) -> str:
    return f"The price {'rises' if now > opened else 'falls'} to {now:,} USD"


def _question(
    text: str, asked: str, scenario: dict[str, Any], mistakes: list[str], unit: str = "USD"
) -> dict[str, Any]:
    return {
        "kind": "number",
        "text": text,
        "ask": asked,
        "unit": unit,
        "tolerance": "0.1" if unit == "%" else "0.01",
        "scenario": scenario,
        "mistakes": mistakes,
    }


_OF_A_RESULT = [
    "other_side", "leverage_multiplies", "leverage_divides", "profit_in_base", "balance_instead_of_result",
    "balance_of_the_other_side", "divided_and_turned_round", "multiplied_and_turned_round",
]  # fmt: skip


def _sold(random: Random, has: dict[str, Any], opened: int) -> dict[str, Any]:
    now = opened + opened * random.choice([-20, -15, -10, -5, 5, 10, 15, 20]) // 100
    end = {"do": "close", "pair": "BTC/USD", "volume": "all"}
    return _question(
        f"{_start(has)} {_moved(opened, now)}, and you close. What is your profit, in USD? (A loss has a minus sign.)",
        "pnl",
        _scenario(has, "short", [_goes(now), end]),
        _OF_A_RESULT,
    )


def _measured(random: Random, has: dict[str, Any], opened: int) -> dict[str, Any]:
    now = opened + opened * random.choice([-20, -15, -10, -5, 5, 10, 15, 20]) // 100
    if random.random() < 0.5:
        return _question(
            f"{_start(has)} {_moved(opened, now)}. How many percent is your result so far, measured on what you put "
            "up? (A loss has a minus sign.)",
            "return",
            _scenario(has, "short", [_goes(now)]),
            ["other_side", "return_on_the_cost", "return_on_the_balance", "return_times_leverage", "return_in_money",
             "return_is_the_move"],
            "%",
        )  # fmt: skip
    end = {"do": "close", "pair": "BTC/USD", "volume": "all"}
    return _question(
        f"{_start(has)} {_moved(opened, now)}, and you close. Every trade costs {_TRADE}. How many dollars do you have "
        "then?",
        "balance:USD",
        _scenario(has, "short", [_goes(now), end], trading="0.004"),
        ["trading_fee_left_out", "closing_fee_forgotten", "opening_fee_forgotten", "sale_kept", "result_left_out",
         "closing_fee_on_the_opening_price", "opening_fee_twice", "closing_fee_added", "result_turned_round",
         "closing_alone"],
    )  # fmt: skip


def _held(random: Random, has: dict[str, Any], opened: int) -> dict[str, Any]:
    now = opened + opened * random.choice([-20, -10, 10, 20]) // 100
    hours = random.choice([10, 14, 22, 30, 50, 54, 74, 100])
    return _question(
        f"{_start(has)} The opening fee is {_RATE}, the rollover {_RATE}. {_moved(opened, now)} at once, and you hold "
        f"the short for {hours} hours at that price. What do opening fee and rollovers cost you together, in USD?",
        "fees:USD",
        _scenario(has, "short", [_goes(now), {"do": "wait", "hours": hours}], **_FEES),
        ["rollover_every_hour", "rollover_once_a_day", "rollover_for_a_part", "rollover_on_the_opening_price",
         "opening_rate_left_out", "rollovers_left_out", "fee_on_the_margin", "rollover_in_parts",
         "rollover_in_parts_on_the_opening_price", "opening_fee_at_todays_price", "each_rate_once"],
    )  # fmt: skip


def _run_into(random: Random, has: dict[str, Any], opened: int) -> dict[str, Any]:
    side = pick(random, "short", "long")
    sign, verb, stop = (1, "sell", "buy") if side == "short" else (-1, "buy", "sell")
    step, away = opened // 100, random.choice([5, 6, 8, 10])
    trigger = opened + sign * away * step
    near, beyond = random.sample(range(1, away), 3), away + random.choice([0, 1, 2, 3, 5])
    # The first, the second, the third of the prices reaches the trigger, or none of them does.
    reached = random.choice([0, 1, 2, None])
    moves = [
        [beyond, random.choice([-4, 1, 12, 18]), near[1]],
        [near[0], beyond, random.choice([-4, 1, 12, 18])],
        [near[0], near[1], beyond],
        [near[0], -near[1], near[2]],
    ][3 if reached is None else reached]
    path = [opened + sign * move * step for move in moves]
    steps = [{"do": "stop", "pair": "BTC/USD", "side": stop, "trigger": str(trigger)}, *(_goes(at) for at in path)]
    if reached is None:
        steps.append({"do": "close", "pair": "BTC/USD", "volume": "all"})
    return _question(
        f"{_start(has, verb)} You place a {stop} stop at {trigger:,} USD. The next prices are "
        f"{listed([f'{at:,}' for at in path])} USD, one after the other. If the stop has not closed by then, you "
        "close yourself, at the last of them. What is your profit, in USD? (A loss has a minus sign.)",
        "pnl",
        _scenario(has, side, steps),
        ["filled_at_the_trigger", "ran_past_the_stop", "stopped_too_early", "fired_without_being_reached",
         "closed_at_the_worst", "other_side", "leverage_multiplies"],
    )  # fmt: skip

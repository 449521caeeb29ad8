"""Going short, holding, and stops: what lesson 02 asks, wrong models that people hold, and its drills."""

import dataclasses
import itertools
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import NamedTuple

from marginlib.analysis.futures import FUNDING_HOURS, Perpetual
from marginlib.engine.account import Position, Realised, fees_taken
from marginlib.engine.amounts import ZERO, quotient
from marginlib.engine.kinds import Amount
from marginlib.engine.margin import put_up, unrealised
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Open, Price, Stop
from marginlib.engine.story import Story
from marginlib.lessons.going_short.buying_back import closing_order
from marginlib.quiz.asking import Ask, Case, answers, hints, shows
from marginlib.quiz.drills import QuestionData, ScenarioData, StepData, drill, pick
from marginlib.quiz.figures import figure, words
from marginlib.quiz.mistakes import mistake
from marginlib.telling.numbers import listed, money, percent
from marginlib.telling.numbers import number as digits


def _stopped(story: Story) -> Realised | None:
    """What the first stop that was hit realised."""
    return next((each for each in story.realised if each.by == "stop"), None)


@answers("closed_at", of="nothing")
def _closed_at(story: Story, _of: str) -> Decimal:
    """The price at which a stop closed, in QUOTE."""
    stopped = _stopped(story)
    if stopped is None:
        raise ValueError("no stop closes anything in this scenario")
    return stopped.price


@answers("protecting", of="nothing", refused=True)
def _protecting(story: Story, _of: str) -> str:
    """The side of the stop that the rules take for the position, the other one being refused (R22)."""
    early = [*itertools.takewhile(lambda moment: not isinstance(moment.step, Stop), story.moments)]
    state = early[-1].after if early else next((moment.before for moment in story.moments), story.final)
    before = dataclasses.replace(story, final=state, moments=tuple(early), error=None)
    pair = getattr(story.scenario.steps[-1], "pair", None) if story.scenario.steps else None
    if pair is None:
        raise ValueError("its last step is of no pair; it should be the opening, or a stop in the position's pair")
    taken = []
    for side in ("buy", "sell"):
        stop = Stop(pair=pair, side=side, trigger=Decimal(1))
        if not resume(before, [stop]).error:
            taken.append(side)
    return " ".join(taken)


def _contract(story: Story) -> tuple[Position, Perpetual, Decimal, int]:
    """The open position, a contract like it, the price now, and how many funding payments have gone by."""
    if not story.final.positions:
        raise ValueError("nothing is open at its end, so there is no contract like it")
    lot = story.final.positions[0]
    contract = Perpetual(lot.side, lot.volume, lot.open_price, ZERO, ZERO)
    return lot, contract, story.final.prices[lot.pair], int((story.final.hours - lot.opened_at) // FUNDING_HOURS)


@answers("funding", signed=True, alone=True)  # the story is one of a loan, and a future has none
def _funding(story: Story, rate: str) -> Decimal:
    """What a future like the open position has received (minus: paid) at a funding rate, given as a share (R23)."""
    lot, contract, now, payments = _contract(story)
    share = Amount("a funding rate after the colon, as in 'funding:0.0001'", least=-1, most=1).read(rate)
    return story.final.round(lot.quote, contract.funding(now, [Decimal(share)] * payments))


@answers("closing_order", of="nothing")
def _closing_order(story: Story, _of: str) -> list[str]:
    """What the closing of a short does, one thing after the other (R9 to R11, A9)."""
    if not story.moments or not story.moments[-1].realised:
        raise ValueError("its last step closes nothing")
    return closing_order(story.moments[-1])


@figure
def rollovers(story: Story) -> Decimal:
    """The rollovers of the one short that was held (B6)."""
    held = _waited(story)
    return Decimal(held.full if held else 0)


@figure
def full_periods(story: Story) -> str:
    """How many full periods there are in the hours of the one short that was held, and whether a part is left (B6)."""
    held = _waited(story)
    if held is None:
        return ""
    periods = f"{words(Decimal(held.full))} full {'period' if held.full == 1 else 'periods'}"
    return f"{periods} and a part" if held.hours % held.period else periods


@figure
def funding_hours(_story: Story) -> Decimal:
    """The hours from one funding payment to the next, as this workbook has them (R23)."""
    return Decimal(FUNDING_HOURS)


@figure
def funding_a_day(_story: Story) -> str:
    """How often funding is paid in a day (R23)."""
    return f"{words(Fraction(24, FUNDING_HOURS))} times"


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
        sum(fees_taken(moment.rows, reasons=("trading_fee",)).values(), ZERO)
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

    @property
    def parts(self) -> Decimal:
        """The periods with what is begun of the last."""
        return quotient(self.hours, self.period, 10).normalize()


def _waited(story: Story) -> _Waited | None:
    """The one short that was opened and held at one price, if that is all that there was."""
    steps = [step.do for step in story.scenario.steps]
    if steps not in (["open", "wait"], ["open", "price", "wait"]) or len(story.final.positions) != 1:
        return None
    (lot,), state = story.final.positions, story.final
    if lot.side != "short":
        return None
    opens, period = story.scenario.steps[0], state.rulebook.rollover_hours
    own = opens.opening if isinstance(opens, Open) else None
    opening = state.lending_rate("opening", lot.base) if own is None else own
    return _Waited(lot, state.prices[lot.pair], state.hours - lot.opened_at, period, lot.rollover, opening)


@hints("fees")
def _fees_hint(story: Story, _ask: Ask) -> str:
    """How often, and on what."""
    held = _waited(story)
    if held is None or not held.rate:
        return ""
    return (
        f"How many full {digits(held.period, 2)} hours are there in {digits(held.hours, 2)}, and what does the coin "
        f"cost while you wait?"
    )


@hints("funding")
def _funding_hint(story: Story, _ask: Ask) -> str:
    """How often, on what."""
    _, _, _, payments = _contract(story)
    days = payments * FUNDING_HOURS // 24
    return f"How many payments are there in {'a day' if days == 1 else f'{days} days'}, and on what amount is each?"


@shows("fees")
def _fees_way(story: Story, _ask: Ask) -> list[str]:
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
def _closing_way(story: Story, ask: Ask) -> list[str]:
    """Both trading fees and the sum, after a short was closed."""
    closed = _bought_back(story)
    if closed is None or not closed.rate or ask != Ask("balance", closed.lot.quote):
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
def _funding_way(story: Story, ask: Ask) -> list[str]:
    """How funding comes about, in two sentences."""
    lot, contract, now, payments = _contract(story)
    rate = Decimal(ask.of)
    one, quote = contract.payment(now, rate), lot.quote
    who = "longs pay shorts" if rate > 0 else "shorts pay longs"
    return [
        f"A future of {money(lot.volume, lot.base)} is worth {money(lot.volume * now, quote)} at that price; "
        f"{percent(abs(rate), 4)} of that is {money(abs(one), quote)}. The rate is {'above' if rate > 0 else 'below'} "
        f"zero, so {who} (R23).",
        f"There were {payments} payments, one every {FUNDING_HOURS} hours: "
        f"{money(_funding(story, str(rate)), quote, sign=True)} in all (R23).",
    ]


class _Reckoned(NamedTuple):
    """What the balance in question is after closing a short, and the parts that it comes from."""

    right: Decimal
    closed: _Closed


def _reckoned(case: Case, ask: Ask) -> _Reckoned | None:
    """A balance after one short was closed by an order, whose profit or loss is in that currency."""
    right, closed = case.number(ask), _bought_back(case.story)
    if right is None or closed is None or ask != Ask("balance", closed.lot.quote):
        return None
    return _Reckoned(right, closed)


@mistake("You took the opening's fee off twice. It was paid when you opened, and is paid once (A9).")
def opening_fee_twice(case: Case, ask: Ask) -> Decimal | None:
    """The opening's fee is taken from what it has been taken from already."""
    found = _reckoned(case, ask)
    return found and found.right - found.closed.at_opening


@mistake("You added the closing's fee. A fee is paid, so it makes what you have smaller (A9).")
def closing_fee_added(case: Case, ask: Ask) -> Decimal | None:
    """A fee comes in."""
    found = _reckoned(case, ask)
    return found and found.right + 2 * found.closed.at_closing


@mistake("That is what the closing changes. It comes on top of the dollars that you have (R11).")
def closing_alone(case: Case, ask: Ask) -> Decimal | None:
    """Profit or loss less the closing's fee, without what was there."""
    found = _reckoned(case, ask)
    return found and found.closed.end.pnl - found.closed.at_closing


@mistake("That is the profit or loss alone. What you have then is your dollars and it, less the fee (R11, A9).")
def result_alone(case: Case, ask: Ask) -> Decimal | None:
    """Profit or loss, without what was there and without the closing's fee."""
    found = _reckoned(case, ask)
    return found and found.closed.end.pnl


def _result(case: Case, ask: Ask) -> tuple[Decimal, Position] | None:
    """What one short made, where that is what is asked."""
    realised = case.story.realised
    right = case.number(ask)
    if ask != Ask("pnl") or right is None or len(realised) != 1 or realised[0].position.side != "short":
        return None
    return right, realised[0].position


def _had(case: Case, lot: Position) -> Decimal:
    return case.scenario.balances.get(lot.quote, ZERO)


@mistake("That is what you have then. Asked is the result: how much more or less that is than before (R11).")
def balance_instead_of_result(case: Case, ask: Ask) -> Decimal | None:
    """The balance after closing."""
    found = _result(case, ask)
    return found and _had(case, found[1]) + found[0]


@mistake(
    "That would be a long's balance. Asked is the result alone, and a short loses when the price rises (R11, R20)."
)
def balance_of_the_other_side(case: Case, ask: Ask) -> Decimal | None:
    """The balance after closing a long."""
    found = _result(case, ask)
    return found and _had(case, found[1]) - found[0]


def _measured_lot(case: Case, ask: Ask) -> tuple[Story, Position] | None:
    """The open position whose result is asked in percent."""
    story = case.story
    return (story, story.final.positions[0]) if ask == Ask("return") and story.final.positions else None


@mistake("That is the amount. Asked is how many percent it is of what you put up (R20).")
def return_in_money(case: Case, ask: Ask) -> Decimal | None:
    """Profit or loss in QUOTE."""
    found = _measured_lot(case, ask)
    return found and unrealised(found[0].final, found[1])


@mistake("That is the price's own move. You put up only a part of the position, and a short gains when it falls (R20).")
def return_is_the_move(case: Case, ask: Ask) -> Decimal | None:
    """The price's move in percent."""
    found = _measured_lot(case, ask)
    if found is None:
        return None
    story, lot = found
    return quotient((story.final.prices[lot.pair] - lot.open_price) * 100, lot.open_price, 4)


def _charged(case: Case, ask: Ask) -> _Waited | None:
    """The short whose opening fee and rollovers are asked."""
    held = _waited(case.story)
    return held if held and ask == Ask("fees", held.lot.quote) else None


def _cost_of(held: _Waited, periods: Decimal, rolled_at: Decimal, opened_at: Decimal) -> Decimal:
    return held.lot.volume * (held.opening * opened_at + periods * held.rate * rolled_at)


@mistake(
    "You took the opening fee at today's price. It was charged at opening, on what the coins were worth then (B6)."
)
def opening_fee_at_todays_price(case: Case, ask: Ask) -> Decimal | None:
    """Everything at the price now."""
    held = _charged(case, ask)
    return held and _cost_of(held, Decimal(held.full), held.now, held.now)


@mistake("You took each rate once, at today's price. A rollover falls due for every full {rollover_hours} hours (B6).")
def each_rate_once(case: Case, ask: Ask) -> Decimal | None:
    """Both rates once, at the price now."""
    held = _charged(case, ask)
    return held and _cost_of(held, Decimal(1), held.now, held.now)


@mistake("Your stop never fired: no price reached its trigger. You closed yourself, at the last price (R22).")
def fired_without_being_reached(case: Case, ask: Ask) -> Decimal | None:
    """A stop closes at its trigger, whatever the price does."""
    story = case.story
    triggers = [step.trigger for step in case.scenario.steps if isinstance(step, Stop)]
    if ask != Ask("pnl") or not triggers or len(story.realised) != 1 or _stopped(story):
        return None
    steps = [step for step in case.scenario.steps if isinstance(step, Open)]
    end = Close(pair=story.realised[0].position.pair, volume="all", price=triggers[0])
    return case.changed([*steps, end]).number(ask)


@mistake("That is the worst of the prices. It didn't reach the trigger, so the position went on to the last one (R22).")
def closed_at_the_worst(case: Case, ask: Ask) -> Decimal | None:
    """The stop closes at the price that came nearest to it."""
    story = case.story
    prices = [step.price for step in case.scenario.steps if isinstance(step, Price)]
    if ask != Ask("pnl") or not prices or len(story.realised) != 1 or _stopped(story):
        return None
    lot = story.realised[0].position
    worst = max(prices) if lot.side == "short" else min(prices)
    steps = [step for step in case.scenario.steps if isinstance(step, Open)]
    return case.changed([*steps, Close(pair=lot.pair, volume="all", price=worst)]).number(ask)


def _closed_otherwise(case: Case, ask: Ask, at: Decimal | None) -> Decimal | None:
    """What is asked, if the position had been closed at another price than the stop's; by default at the last one."""
    stopped = _stopped(case.story)
    if stopped is None or ask != Ask("pnl"):
        return None
    lot = stopped.position
    last = at or case.story.final.prices[lot.pair]
    steps = [step for step in case.scenario.steps if isinstance(step, Open)]
    return case.changed([*steps, Close(pair=lot.pair, volume="all", price=last)]).number(ask)


@mistake("You closed at the last price before the trigger. A stop closes once it is reached, not earlier (R22).")
def stopped_too_early(case: Case, ask: Ask) -> Decimal | None:
    """The price before the one that crossed."""
    story = case.story
    hit = next((moment for moment in story.moments if moment.realised), None)
    stopped = _stopped(story)
    return _closed_otherwise(case, ask, hit.before.prices[stopped.position.pair]) if hit and stopped else None


def _funded(
    case: Case, ask: Ask, *, every: Decimal | int = FUNDING_HOURS, payments: int | None = None, opening: bool = False
) -> Decimal | None:
    """Funding with a payment every so many hours or with so many payments, or at the opening price."""
    if ask.name != "funding":
        return None
    story = case.story
    lot, contract, now, _ = _contract(story)
    times = int((story.final.hours - lot.opened_at) // every) if payments is None else payments
    return contract.funding(lot.open_price if opening else now, [Decimal(ask.of)] * times)


@mistake("The sign is the wrong way round: below zero shorts pay longs, above zero longs pay shorts (R23).")
def funding_reversed(case: Case, ask: Ask) -> Decimal | None:
    """Shorts pay where they receive."""
    given = _funded(case, ask)
    return None if given is None else -given


@mistake(
    "You counted a payment every {rollover_hours} hours, as a rollover falls due. Here funding is paid every "
    "{funding_hours} hours (R23, B6)."
)
def funding_every_four_hours(case: Case, ask: Ask) -> Decimal | None:
    """As many payments as rollovers."""
    return _funded(case, ask, every=case.story.final.rulebook.rollover_hours)


@mistake("You took the opening price. Funding is on what the contract is worth now: size × current price (R23).")
def funding_on_the_opening_price(case: Case, ask: Ask) -> Decimal | None:
    """The contract's worth at opening."""
    return _funded(case, ask, opening=True)


@mistake("Two things: funding is on what the contract is worth now, and below zero it is shorts who pay (R23).")
def funding_reversed_on_the_opening_price(case: Case, ask: Ask) -> Decimal | None:
    """The contract's worth at opening, paid by the wrong side."""
    given = _funded(case, ask, opening=True)
    return None if given is None else -given


@mistake(
    "You counted one payment a day. Here funding is paid every {funding_hours} hours, {funding_a_day} a day (R23)."
)
def funding_once_a_day(case: Case, ask: Ask) -> Decimal | None:
    """The rate is taken daily."""
    return _funded(case, ask, every=24)


@mistake("Two things: funding is paid {funding_a_day} a day here, and below zero it is shorts who pay (R23).")
def funding_once_a_day_reversed(case: Case, ask: Ask) -> Decimal | None:
    """The rate is taken daily, and paid by the wrong side."""
    given = _funded(case, ask, every=24)
    return None if given is None else -given


@mistake("That is one payment. Here one is due every {funding_hours} hours, for as long as you hold (R23).")
def one_payment(case: Case, ask: Ask) -> Decimal | None:
    """Funding is paid once."""
    return _funded(case, ask, payments=1)


@mistake("You took funding on what you put up. It is on what the whole contract is worth (R23).")
def funding_on_the_margin(case: Case, ask: Ask) -> Decimal | None:
    """Payments × rate × what was put up at opening."""
    given = _funded(case, ask, opening=True)
    if given is None:
        return None
    lot = _contract(case.story)[0]
    return quotient(given * Decimal(put_up(lot).numerator), lot.cost * put_up(lot).denominator, 4)


_RATES = {"BTC": "0.0002", "USD": "0.0003"}
_COINS, _DOLLARS = (percent(Decimal(rate)) for rate in _RATES.values())
_TRADE = percent(Decimal("0.004"))


class _Account(NamedTuple):
    """A volume in BTC, an opening price in USD, a leverage, and enough dollars for them."""

    volume: str
    opened: int
    leverage: int
    funds: int


def _account(random: Random) -> _Account:
    volume, opened = pick(random, "0.1", "0.2", "0.4", "0.5", "1"), random.choice([30000, 40000, 50000, 60000])
    leverage = random.choice([2, 3, 4, 5])
    least = int(Decimal(volume) * opened * Decimal("1.6") / leverage)  # room for a loss, too
    funds = max(random.randrange(20, 61, 5) * 1000, -(-least // 5000) * 5000)
    return _Account(volume, opened, leverage, funds)


def _scenario(has: _Account, side: str, steps: list[StepData], **fees: str | dict[str, str]) -> ScenarioData:
    opening: StepData = {
        "do": "open",
        "pair": "BTC/USD",
        "side": side,
        "volume": has.volume,
        "leverage": has.leverage,
    }
    return {
        "balances": {"USD": str(has.funds)},
        "prices": {"BTC/USD": str(has.opened)},
        "valuation": "USD",
        "fees": fees,
        "steps": [opening, *steps],
    }


def _goes(at: int) -> StepData:
    return {"do": "price", "pair": "BTC/USD", "price": str(at)}


@drill("02")
def going_short(random: Random, level: int) -> QuestionData:
    """A short's result; what it is of what was put up, or what closing leaves; what holding costs; a stop's result."""
    return [_sold, _measured, _held, _run_into][level - 1](random, _account(random))


def _start(has: _Account, verb: str = "sell") -> str:
    short = "short on margin" if verb == "sell" else "on margin"
    return (
        f"You have {has.funds:,} USD and {verb} {has.volume} BTC {short} at {has.opened:,} USD with "
        f"{has.leverage}× leverage."
    )


def _moved(opened: int, now: int) -> str:
    return f"The price {'rises' if now > opened else 'falls'} to {now:,} USD"


def _question(text: str, asked: str, scenario: ScenarioData, mistakes: list[str], unit: str = "USD") -> QuestionData:
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


def _sold(random: Random, has: _Account) -> QuestionData:
    opened = has.opened
    now = opened + opened * random.choice([-20, -15, -10, -5, 5, 10, 15, 20]) // 100
    end: StepData = {"do": "close", "pair": "BTC/USD", "volume": "all"}
    return _question(
        f"{_start(has)} {_moved(opened, now)}, and you close. What is your profit, in USD? (A loss has a minus sign.)",
        "pnl",
        _scenario(has, "short", [_goes(now), end]),
        _OF_A_RESULT,
    )


def _measured(random: Random, has: _Account) -> QuestionData:
    opened = has.opened
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
    end: StepData = {"do": "close", "pair": "BTC/USD", "volume": "all"}
    return _question(
        f"{_start(has)} {_moved(opened, now)}, and you close. Every trade costs {_TRADE}. How many dollars do you have "
        "then?",
        "balance:USD",
        _scenario(has, "short", [_goes(now), end], trading="0.004"),
        ["trading_fee_left_out", "closing_fee_forgotten", "opening_fee_forgotten", "sale_kept", "result_left_out",
         "closing_fee_on_the_opening_price", "opening_fee_twice", "closing_fee_added", "result_turned_round",
         "closing_alone"],
    )  # fmt: skip


def _held(random: Random, has: _Account) -> QuestionData:
    opened = has.opened
    now = opened + opened * random.choice([-20, -10, 10, 20]) // 100
    hours = random.choice([10, 14, 22, 30, 50, 54, 74, 100])
    return _question(
        f"{_start(has)} Opening fee and rollover are {_COINS} each for BTC, {_DOLLARS} each for USD. "
        f"{_moved(opened, now)} at once, and you hold the short for {hours} hours at that price. What do opening fee "
        "and rollovers cost you together, in USD?",
        "fees:USD",
        _scenario(has, "short", [_goes(now), {"do": "wait", "hours": hours}], opening=_RATES, rollover=_RATES),
        ["rollover_every_hour", "rollover_once_a_day", "rollover_for_a_part", "rollover_on_the_opening_price",
         "opening_rate_left_out", "rollovers_left_out", "fee_on_the_margin", "rollover_in_parts",
         "rollover_in_parts_on_the_opening_price", "opening_fee_at_todays_price", "each_rate_once",
         "rates_of_the_quote"],
    )  # fmt: skip


def _run_into(random: Random, has: _Account) -> QuestionData:
    opened = has.opened
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
    placed: StepData = {"do": "stop", "pair": "BTC/USD", "side": stop, "trigger": str(trigger)}
    steps = [placed, *(_goes(at) for at in path)]
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

"""Going short, holding, and stops: what lesson 02 asks, wrong models that people hold, and its drills."""

from decimal import Decimal
from random import Random
from typing import Any

from marginlib.amounts import ZERO, quotient
from marginlib.book import Position, Realised
from marginlib.futures import FUNDING_HOURS, Perpetual
from marginlib.quiz.answers import ANSWERS
from marginlib.quiz.drills import drill, pick
from marginlib.quiz.mistakes import changed, mistake, number, openings
from marginlib.quiz.workings import WAYS
from marginlib.replay import replay
from marginlib.scenario import Close, Open, Price, Scenario, Stop, Wait
from marginlib.story import Story
from marginlib.wording import listed, money, percent, price


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


ANSWERS.update({"closed_at": _closed_at, "protecting": _protecting, "funding": _funding})


def _funding_way(story: Story, ask: str) -> list[str]:
    """How funding comes about, in two sentences."""
    lot, contract, now, payments = _contract(story)
    rate = Decimal(ask.partition(":")[2])
    one, quote = contract.payment(now, rate), lot.quote
    who = "longs pay shorts" if rate > 0 else "shorts pay longs"
    return [
        f"A future of {money(lot.volume, lot.base)} is worth {money(lot.volume * now, quote)} at {price(now, quote)}; "
        f"{percent(abs(rate), 4)} of that is {money(abs(one), quote)}. The rate is {'above' if rate > 0 else 'below'} "
        f"zero, so {who} (R23).",
        f"There were {payments} payments, one every {FUNDING_HOURS} hours: "
        f"{money(_funding(story, str(rate)), quote, sign=True)} in all (R23).",
    ]


WAYS["funding"] = _funding_way


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
        step.model_copy(update={"hours": step.hours + (period - step.hours % period) % period})
        if isinstance(step, Wait)
        else step
        for step in scenario.steps
    ]
    return number(changed(scenario, steps), ask) if ask.startswith("fees:") else None


@mistake("You took the opening price for the rollovers. A short's are on what its coins cost now (B6).")
def rollover_on_the_opening_price(scenario: Scenario, ask: str) -> Decimal | None:
    """A short's rollover is fixed, as a long's is."""
    still = [step for step in scenario.steps if not isinstance(step, Price)]
    return number(changed(scenario, still), ask) if ask.startswith("fees:") else None


@mistake("The opening fee is missing: it is charged once, before any rollover (B6).")
def opening_rate_left_out(scenario: Scenario, ask: str) -> Decimal | None:
    """Only rollovers cost anything."""
    free = scenario.fees.model_copy(update={"opening": ZERO})
    return number(changed(scenario, fees=free), ask) if ask.startswith("fees:") else None


@mistake("That is the opening fee alone. A rollover falls due for every full 4 hours after it (B6, R21).")
def rollovers_left_out(scenario: Scenario, ask: str) -> Decimal | None:
    """Only the opening costs anything."""
    free = scenario.fees.model_copy(update={"rollover": ZERO})
    return number(changed(scenario, fees=free), ask) if ask.startswith("fees:") else None


@mistake("You took the fees on what you put up. They are on all that was extended, at any leverage (B6).")
def fee_on_the_margin(scenario: Scenario, ask: str) -> Decimal | None:
    """Fees divided by the leverage."""
    right = number(scenario, ask)
    leverages = {step.leverage for step in scenario.steps if isinstance(step, Open)}
    if right is None or len(leverages) != 1 or not ask.startswith("fees:"):
        return None
    return quotient(right, leverages.pop(), 4)


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


def _funded(scenario: Scenario, ask: str, *, times: int = 1, opening: bool = False) -> Decimal | None:
    """Funding with another number of payments, or at the opening price."""
    name, _, rate = ask.partition(":")
    if name != "funding":
        return None
    lot, contract, now, payments = _contract(replay(scenario))
    at = lot.open_price if opening else now
    return contract.funding(at, [Decimal(rate)] * payments * times)


@mistake("The sign is the wrong way round: below zero shorts pay longs, above zero longs pay shorts (R23).")
def funding_reversed(scenario: Scenario, ask: str) -> Decimal | None:
    """Shorts pay where they receive."""
    given = _funded(scenario, ask)
    return None if given is None else -given


@mistake("You counted a payment every 4 hours, as a rollover falls due. Here funding is paid every 8 hours (R23, B6).")
def funding_every_four_hours(scenario: Scenario, ask: str) -> Decimal | None:
    """As many payments as rollovers."""
    return _funded(scenario, ask, times=2)


@mistake("You took the opening price. Funding is on what the contract is worth now: size × current price (R23).")
def funding_on_the_opening_price(scenario: Scenario, ask: str) -> Decimal | None:
    """The contract's worth at opening."""
    return _funded(scenario, ask, opening=True)


@mistake("You took funding on what you put up. It is on what the whole contract is worth (R23).")
def funding_on_the_margin(scenario: Scenario, ask: str) -> Decimal | None:
    """Funding divided by the leverage."""
    given = _funded(scenario, ask)
    leverages = {step.leverage for step in openings(scenario).values()}
    return None if given is None else quotient(given, leverages.pop(), 4)


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
    return [_result, _measured, _held, _run_into][level - 1](random, has, opened)


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


def _result(random: Random, has: dict[str, Any], opened: int) -> dict[str, Any]:
    now = opened + opened * random.choice([-20, -15, -10, -5, 5, 10, 15, 20]) // 100
    end = {"do": "close", "pair": "BTC/USD", "volume": "all"}
    return _question(
        f"{_start(has)} {_moved(opened, now)}, and you close. What is your profit, in USD? (A loss has a minus sign.)",
        "pnl",
        _scenario(has, "short", [_goes(now), end]),
        ["other_side", "leverage_multiplies", "leverage_divides", "profit_in_base"],
    )


def _measured(random: Random, has: dict[str, Any], opened: int) -> dict[str, Any]:
    now = opened + opened * random.choice([-20, -15, -10, -5, 5, 10, 15, 20]) // 100
    if random.random() < 0.5:
        return _question(
            f"{_start(has)} {_moved(opened, now)}. How many percent is your result so far, measured on what you put "
            "up? (A loss has a minus sign.)",
            "return",
            _scenario(has, "short", [_goes(now)]),
            ["other_side", "return_on_the_cost", "return_on_the_balance", "return_times_leverage"],
            "%",
        )
    end = {"do": "close", "pair": "BTC/USD", "volume": "all"}
    return _question(
        f"{_start(has)} {_moved(opened, now)}, and you close. Every trade costs {_TRADE}. How many dollars do you have "
        "then?",
        "balance:USD",
        _scenario(has, "short", [_goes(now), end], trading="0.004"),
        ["trading_fee_left_out", "closing_fee_forgotten", "opening_fee_forgotten", "sale_kept", "result_left_out"],
    )


def _held(random: Random, has: dict[str, Any], opened: int) -> dict[str, Any]:
    now = opened + opened * random.choice([-20, -10, 10, 20]) // 100
    hours = random.choice([10, 14, 22, 30, 50, 54, 74, 100])
    return _question(
        f"{_start(has)} The opening fee is {_RATE}, the rollover {_RATE}. {_moved(opened, now)} at once, and you hold "
        f"the short for {hours} hours at that price. What do opening fee and rollovers cost you together, in USD?",
        "fees:USD",
        _scenario(has, "short", [_goes(now), {"do": "wait", "hours": hours}], **_FEES),
        ["rollover_every_hour", "rollover_once_a_day", "rollover_for_a_part", "rollover_on_the_opening_price",
         "opening_rate_left_out", "rollovers_left_out", "fee_on_the_margin"],
    )  # fmt: skip


def _run_into(random: Random, has: dict[str, Any], opened: int) -> dict[str, Any]:
    side = pick(random, "short", "long")
    sign, verb, stop = (1, "sell", "buy") if side == "short" else (-1, "buy", "sell")
    step = opened // 100
    away = random.choice([5, 6, 8, 10])
    trigger = opened + sign * away * step
    path = [opened + sign * move * step for move in (
        random.choice([2, 3, 4]), away + random.choice([1, 2, 3, 5]), random.choice([-4, 1, 12, 18]))]  # fmt: skip
    placed = {"do": "stop", "pair": "BTC/USD", "side": stop, "trigger": str(trigger)}
    run = listed([f"{at:,}" for at in path])
    return _question(
        f"{_start(has, verb)} You place a {stop} stop at {trigger:,} USD. The next prices are {run} USD, one after the "
        "other. What is your profit, in USD? (A loss has a minus sign.)",
        "pnl",
        _scenario(has, side, [placed, *(_goes(at) for at in path)]),
        ["filled_at_the_trigger", "ran_past_the_stop", "stopped_too_early", "other_side", "leverage_multiplies"],
    )

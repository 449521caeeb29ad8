"""Settling and closing: what lesson 03 asks, wrong models that people hold, and its drills."""

import dataclasses
from decimal import Decimal
from random import Random

from marginlib.analysis.add_order import order
from marginlib.analysis.outcome import worth
from marginlib.engine.account import Position, State
from marginlib.engine.amounts import ZERO, plain, quotient, quotient_down, rounded
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Settle
from marginlib.engine.settling import Need, need
from marginlib.engine.story import Story
from marginlib.quiz.asking import Ask, Case, answers
from marginlib.quiz.drills import QuestionData, ScenarioData, StepData, drill, pick
from marginlib.quiz.mistakes import mistake
from marginlib.telling.numbers import listed, money


def _ending(story: Story) -> tuple[Close | Settle, State]:
    """The last step, which ends a position, and the state that it finds."""
    step = story.scenario.steps[-1]
    if not isinstance(step, Close | Settle):
        raise ValueError("the scenario does not end with a close or settle step")
    return step, story.final if story.error else story.moments[-1].before


def _need(story: Story) -> Need:
    step, before = _ending(story)
    return need(before, step.pair, step.volume)


def _ended(story: Story) -> Decimal:
    """The volume that the last step has ended."""
    step, before = _ending(story)
    left = story.final.positions.of(step.pair)
    return before.lots(step.pair).sums.volume - left.sums.volume


@answers("order_sent", of="nothing")
def _order(story: Story, _of: str) -> str:
    """The last step as the API takes it: type, side and volume (R19, B8)."""
    made = order(*_ending(story))
    return f"{made['ordertype']} {made['type']} {made['volume']}"


@answers("apart", signed=True, of="nothing", unit=lambda story, _: story.scenario.summary_currency or "")
def _apart(story: Story, _of: str) -> Decimal:
    """By how much settling leaves more net worth than closing, in the summary currency (B7)."""
    currency = story.scenario.summary_currency or ""
    step, before = _ending(story)
    start = dataclasses.replace(story, final=before, moments=story.moments[:-1], error=None)
    ends = (kind(pair=step.pair, volume=step.volume) for kind in (Settle, Close))
    settled, closed = (resume(start, [end]).final for end in ends)
    return rounded(worth(settled, currency) - worth(closed, currency), settled.rulebook.places(currency))


@answers("possible", of="nothing", refused=True)
def _possible(story: Story, _of: str) -> Decimal:
    """How much of it the balance can settle, in BASE (R6)."""
    return _need(story).possible if story.error else _ended(story)


@answers("missing", of="nothing", refused=True)
def _missing(story: Story, _of: str) -> Decimal:
    """What the settlement lacks, in the currency that was extended (R6)."""
    needed = _need(story)
    return needed.missing if story.error else ZERO


def _ended_lot(case: Case, ask: Ask, name: str) -> tuple[Position, Need, Decimal] | None:
    """For a question about a settlement that is too large: its oldest lot, what it needs, and the price now."""
    if ask != Ask(name):
        return None
    step, before = _ending(case.story)
    return before.lots(step.pair)[0], need(before, step.pair, step.volume), before.prices[step.pair]


@mistake("An order for all of it is refused, but one that your balance can meet is not (R6, A7).")
def nothing_possible(_case: Case, ask: Ask) -> Decimal | None:
    """Refused is refused."""
    return ZERO if ask == Ask("possible") else None


@mistake("You counted your euros in, too. Only the currency that was extended settles (R3, R6).")
def possible_by_worth(case: Case, ask: Ask) -> Decimal | None:
    """Everything you have can settle."""
    found = _ended_lot(case, ask, "possible")
    if not found or found[0].side == "long":
        return None
    lot, needed, now = found
    return min(lot.volume, needed.balance + quotient_down(case.scenario.balances.get(lot.quote, ZERO), now, 8))


@mistake("That is all that the settlement needs. Some of it is in your balance already (R6).")
def missing_all(case: Case, ask: Ask) -> Decimal | None:
    """The balance is left out."""
    found = _ended_lot(case, ask, "missing")
    return found[1].amount if found else None


@mistake("Your other money doesn't count: a settlement takes the currency that was extended, and no other (R3, R6).")
def missing_by_worth(case: Case, ask: Ask) -> Decimal | None:
    """What the other currency is worth is taken off."""
    found = _ended_lot(case, ask, "missing")
    if not found:
        return None
    lot, needed, now = found
    if lot.side == "long":
        left = needed.missing - case.scenario.balances.get(lot.base, ZERO) * now
    else:
        left = needed.missing - quotient(case.scenario.balances.get(lot.quote, ZERO), now, 10)
    return left if left > 0 else None


_RATE = Decimal("0.002")


def _one_position(
    random: Random, side: str, funds: dict[str, str], end: StepData, price: int, volume: str
) -> ScenarioData:
    """A scenario of one position in BTC/EUR whose price moves before it is ended."""
    move = random.choice([-20, -10, 10, 20])
    return {
        "balances": funds,
        "prices": {"BTC/EUR": str(price)},
        "fees": {"trading": plain(_RATE)},
        "valuation": "EUR",
        "rules": {"initial_margin_check": False},
        "steps": [
            {"do": "open", "pair": "BTC/EUR", "side": side, "volume": volume, "leverage": 5},
            {"do": "price", "pair": "BTC/EUR", "price": str(price + price * move // 100)},
            end,
        ],
    }


@drill("03")
def settle_or_close(random: Random, level: int) -> QuestionData:
    """A long settled, a short settled, a position closed, and at last a balance that doesn't suffice."""
    price, volume = random.choice([30000, 40000, 50000, 60000]), pick(random, "0.2", "0.4", "0.5", "0.8", "1")
    part = plain(Decimal(volume) * random.choice([Decimal("0.25"), Decimal("0.5"), Decimal("0.75")]))
    cost, fee = Decimal(volume) * price, Decimal(volume) * price * _RATE
    side = {1: "long", 2: "short"}.get(level) or pick(random, "long", "short")
    euros, coins = cost + random.randrange(1000, 20001, 500), Decimal(volume) + random.choice([1, 2]) / Decimal(10)
    asked, do, ended = "balance:EUR", "settle", part
    if level == 3:
        asked, do, ended = "change:EUR", "close", "all"
    if level == 4:
        asked, ended = pick(random, "possible", "missing"), "all"
        short_of = Decimal(random.choice([2, 3, 4, 6])) / 10
        euros = rounded(cost * short_of, 0) + fee if side == "long" else Decimal(random.randrange(2000, 9001, 500))
        coins = Decimal(volume) * short_of if side == "short" else Decimal("0.02")
    funds = {"EUR": plain(euros), "BTC": plain(coins)}
    end: StepData = {"do": do, "pair": "BTC/EUR", "volume": ended}
    scenario = _one_position(random, side, funds, end, price=price, volume=volume)
    now = int(scenario["steps"][1]["price"])
    have = listed([money(Decimal(amount), code) for code, amount in funds.items()])
    trade = "buy" if side == "long" else "sell"
    start = (
        f"You have {have}. You {trade} {volume} BTC on margin at {price:,} EUR, for a trading fee of "
        f"{money(fee, 'EUR')} ({plain(_RATE * 100)} %). BTC {'rises' if now > price else 'falls'} to {now:,} EUR."
    )
    owed = "EUR" if side == "long" else "BTC"
    question = {
        "balance:EUR": f"You settle {part} BTC of it. How many euros do you have then?",
        "change:EUR": f"You close all of it, for a fee of {plain(_RATE * 100)} % again. By how much has your EUR "
        "balance changed since before you opened? (A loss has a minus sign.)",
        "possible": "Settling all of it is refused. How many BTC of it could you settle?",
        "missing": f"Settling all of it is refused. How many {owed} are missing?",
    }[asked]
    return {
        "kind": "number",
        "text": f"{start} {question}",
        "ask": asked,
        "unit": {"possible": "BTC", "missing": owed}.get(asked, "EUR"),
        "tolerance": "0.01" if asked.endswith("EUR") or (asked, owed) == ("missing", "EUR") else "0.000001",
        "scenario": scenario,
        "mistakes": {
            "balance:EUR": ["settled_at_the_price_now", "fee_on_settling", "closed_instead", "ended_all"],
            "change:EUR": ["trading_fee_left_out", "closing_fee_forgotten", "opening_fee_forgotten", "proceeds_kept"],
            "possible": [
                "possible_at_the_price_now",
                "possible_with_leverage",
                "nothing_possible",
                "possible_by_worth",
            ],
            "missing": ["missing_all", "missing_of_the_margin", "missing_by_worth", "missing_at_the_price_now"],
        }[asked],
    }

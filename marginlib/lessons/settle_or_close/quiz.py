"""Settling, closing and queues of lots: what lessons 03 and 04 ask, wrong models that people hold, and drills."""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from marginlib.analysis.add_order import order
from marginlib.analysis.outcome import worth
from marginlib.engine.account import Position, State
from marginlib.engine.amounts import ZERO, plain, quotient, quotient_down, rounded
from marginlib.engine.scenario import Close, Open, Scenario, Settle
from marginlib.engine.settling import Need, need
from marginlib.engine.story import Story
from marginlib.quiz.answers import ANSWERS
from marginlib.quiz.drills import drill, pick
from marginlib.quiz.mistakes import changed, mistake, number, openings, swapped
from marginlib.reading.replaying import replay
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


def _order(story: Story, _of: str) -> str:
    """The last step as the API takes it: type, side and volume (R19, B8)."""
    made = order(*_ending(story))
    return f"{made['ordertype']} {made['type']} {made['volume']}"


def _other_way(scenario: Scenario, kind: type[Close] | type[Settle]) -> Scenario:
    """The scenario with its last step turned into a closing or a settlement."""
    *steps, last = scenario.steps
    if not isinstance(last, Close | Settle):
        raise ValueError("the scenario does not end with a close or settle step")
    return scenario.replaced(steps=(*steps, kind(pair=last.pair, volume=last.volume)))


def _apart(story: Story, _of: str) -> Decimal:
    """By how much settling leaves more net worth than closing, in the summary currency (B7)."""
    currency = story.scenario.summary_currency or ""
    settled, closed = (replay(_other_way(story.scenario, kind)).final for kind in (Settle, Close))
    return rounded(worth(settled, currency) - worth(closed, currency), settled.rulebook.places(currency))


ANSWERS.update(
    {
        "possible": lambda story, _: _need(story).possible,
        "missing": lambda story, _: _need(story).missing,
        "order_sent": _order,
        "apart": _apart,
    }
)


def _settled(scenario: Scenario) -> list[tuple[Position, Decimal, Decimal]]:
    """What was settled: each lot, the volume of it, and the price at that moment."""
    found = []
    for moment in replay(scenario).moments:
        if isinstance(moment.step, Settle):
            left = {lot.id: lot.volume for lot in moment.after.positions}
            for lot in moment.before.positions:
                gone = lot.volume - left.get(lot.id, ZERO)
                if gone:
                    found.append((lot, gone, moment.before.prices[lot.pair]))
    return found


def _balance_of(ask: str) -> str:
    """The currency whose balance is asked for, or nothing."""
    name, _, code = ask.partition(":")
    return code if name in ("balance", "change") else ""


@mistake("That is what the coins cost now. What is settled is what was extended: volume × opening price (R3).")
def settled_at_the_price_now(scenario: Scenario, ask: str) -> Decimal | None:
    """The price now instead of the opening price."""
    right, lots = number(scenario, ask), _settled(scenario)
    moved = [
        volume * (now - lot.open_price) * (1 if lot.side == "short" else -1)
        for lot, volume, now in lots
        if lot.quote == _balance_of(ask)
    ]
    return right + sum(moved, ZERO) if right is not None and moved else None


@mistake("You divided by the leverage. All that was extended goes back, at any leverage (R3).")
def settled_the_margin_only(scenario: Scenario, ask: str) -> Decimal | None:
    """Only cost divided by leverage is paid back."""
    right, kept = number(scenario, ask), ZERO
    for lot, volume, _ in _settled(scenario):
        code, whole = (lot.quote, volume * lot.open_price) if lot.side == "long" else (lot.base, volume)
        if code == _balance_of(ask):
            kept += whole - quotient(whole, lot.leverage, 10)
    return right + kept if right is not None and kept else None


@mistake("That is what closing leaves. A settlement sells nothing: you pay back and keep what you received (R3, R4).")
def closed_instead(scenario: Scenario, ask: str) -> Decimal | None:
    """A closing in the place of the settlement."""
    last = scenario.steps[-1]
    return number(_other_way(scenario, Close), ask) if isinstance(last, Settle) and _balance_of(ask) else None


@mistake("That ends all of the position. A part may be ended, and a part was asked for (R2).")
def ended_all(scenario: Scenario, ask: str) -> Decimal | None:
    """Everything instead of a part."""
    *steps, last = scenario.steps
    if not isinstance(last, Close | Settle) or last.volume == "all":
        return None
    whole = changed(scenario, [*steps, last.replaced(volume="all")])
    return None if replay(whole).error else number(whole, ask)


@mistake("You kept all that the sale brought. It first repays what was extended; the rest is yours (R10, R11).")
def proceeds_kept(scenario: Scenario, ask: str) -> Decimal | None:
    """A closed long leaves its proceeds."""
    right = number(scenario, ask)
    kept = [
        each.volume * each.position.open_price
        for each in replay(scenario).realised
        if each.position.side == "long" and each.position.quote == _balance_of(ask)
    ]
    return right + sum(kept, ZERO) if right is not None and kept else None


@mistake("The fee of the closing is missing: it is a trade, as the opening was (A9).")
def closing_fee_forgotten(scenario: Scenario, ask: str) -> Decimal | None:
    """Only the opening costs a trading fee."""
    right, rate = number(scenario, ask), scenario.fees.trading
    fee = sum((each.volume * each.price for each in replay(scenario).realised), ZERO) * rate
    return right + fee if right is not None and fee and _balance_of(ask) else None


@mistake("The fee of the opening is missing: a trade took place then, too (A4).")
def opening_fee_forgotten(scenario: Scenario, ask: str) -> Decimal | None:
    """Only the closing costs a trading fee."""
    right, rate = number(scenario, ask), scenario.fees.trading
    fee = sum((step.volume * (step.price or ZERO) for step in openings(scenario).values()), ZERO) * rate
    return right + fee if right is not None and fee and _balance_of(ask) else None


def _ended_lot(scenario: Scenario, asked: bool) -> tuple[Position, Need, Decimal] | None:
    """For a question about a settlement that is too large: its oldest lot, what it needs, and the price now."""
    if not asked:
        return None
    step, before = _ending(replay(scenario))
    return before.lots(step.pair)[0], _need(replay(scenario)), before.prices[step.pair]


@mistake("You divided by the price now. For each coin its opening price goes back (R3).")
def possible_at_the_price_now(scenario: Scenario, ask: str) -> Decimal | None:
    """Balance divided by the price now."""
    found = _ended_lot(scenario, ask == "possible")
    if not found or found[0].side == "short":
        return None
    lot, needed, now = found
    return min(lot.volume, quotient_down(needed.balance, now, 8))


@mistake("You multiplied by the leverage. To settle, you pay back all that was extended, out of your own (R3).")
def possible_with_leverage(scenario: Scenario, ask: str) -> Decimal | None:
    """Leverage helps to settle, too."""
    found = _ended_lot(scenario, ask == "possible")
    return min(found[0].volume, found[1].possible * found[0].leverage) if found else None


@mistake("An order for all of it is refused, but one that your balance can meet is not (R6, A7).")
def nothing_possible(_scenario: Scenario, ask: str) -> Decimal | None:
    """Refused is refused."""
    return ZERO if ask == "possible" else None


@mistake("You counted your euros in, too. Only the currency that was extended settles (R3, R6).")
def possible_by_worth(scenario: Scenario, ask: str) -> Decimal | None:
    """Everything you have can settle."""
    found = _ended_lot(scenario, ask == "possible")
    if not found or found[0].side == "long":
        return None
    lot, needed, now = found
    return min(lot.volume, needed.balance + quotient_down(scenario.balances.get(lot.quote, ZERO), now, 8))


@mistake("That is all that the settlement needs. Some of it is in your balance already (R6).")
def missing_all(scenario: Scenario, ask: str) -> Decimal | None:
    """The balance is left out."""
    found = _ended_lot(scenario, ask == "missing")
    return found[1].amount if found else None


@mistake("You took the cost divided by the leverage. All that was extended goes back (R3).")
def missing_of_the_margin(scenario: Scenario, ask: str) -> Decimal | None:
    """Only the margin has to be paid back."""
    found = _ended_lot(scenario, ask == "missing")
    if not found:
        return None
    lot, needed, _ = found
    return abs(quotient(needed.amount, lot.leverage, 10) - needed.balance)


@mistake("Your other money doesn't count: a settlement takes the currency that was extended, and no other (R3, R6).")
def missing_by_worth(scenario: Scenario, ask: str) -> Decimal | None:
    """What the other currency is worth is taken off."""
    found = _ended_lot(scenario, ask == "missing")
    if not found:
        return None
    lot, needed, now = found
    if lot.side == "long":
        left = needed.missing - scenario.balances.get(lot.base, ZERO) * now
    else:
        left = needed.missing - quotient(scenario.balances.get(lot.quote, ZERO), now, 10)
    return left if left > 0 else None


@mistake("You used the price now. A long owes volume × opening price, whatever became of the price (R3).")
def missing_at_the_price_now(scenario: Scenario, ask: str) -> Decimal | None:
    """The price now instead of the opening price."""
    found = _ended_lot(scenario, ask == "missing")
    if not found or found[0].side == "short":
        return None
    lot, needed, now = found
    return quotient(needed.amount * now, lot.open_price, 4) - needed.balance


def _reordered(scenario: Scenario, ask: str, key: Callable[[Open], Decimal]) -> Decimal | None:
    """The answer if the lots had been opened sorted by something."""
    opens = openings(scenario)
    places = sorted(range(len(opens)), key=lambda place: key([*opens.values()][place]))
    turned = {index: [*opens.values()][place] for index, place in zip(opens, places, strict=True)}
    name, _, of = ask.partition(":")
    if name in ("left", "pnl") and of.isdigit():  # the lot now opens in another place
        ask = f"{name}:{places.index(int(of) - 1) + 1}"
    return number(swapped(scenario, turned), ask)


@mistake("You let the dearest lot go first. Prices don't matter: the oldest goes first (R7, R8).")
def dearest_first(scenario: Scenario, ask: str) -> Decimal | None:
    """The highest opening price first."""
    return _reordered(scenario, ask, lambda step: -(step.price or ZERO))


@mistake("You let the cheapest lot go first. Prices don't matter: the oldest goes first (R7, R8).")
def cheapest_first(scenario: Scenario, ask: str) -> Decimal | None:
    """The lowest opening price first."""
    return _reordered(scenario, ask, lambda step: step.price or ZERO)


@mistake("You took a share of every lot. They go one after the other, each whole before the next (R7, R8).")
def pro_rata(scenario: Scenario, ask: str) -> Decimal | None:
    """Every lot gives the same share."""
    last = scenario.steps[-1]
    opens = [*openings(scenario).values()]
    total = sum((step.volume for step in opens), ZERO)
    if not isinstance(last, Close | Settle) or not isinstance(last.volume, Decimal) or not total:
        return None
    share = quotient(last.volume, total, 12)
    name, _, of = ask.partition(":")
    if name == "left" and of.isdigit():
        return opens[int(of) - 1].volume * (1 - share)
    if ask == "pnl" and isinstance(last, Close):
        now = last.price or replay(scenario).final.prices[last.pair]
        sides = (1 if step.side == "long" else -1 for step in opens)
        moves = [step.volume * (now - (step.price or ZERO)) * side for step, side in zip(opens, sides, strict=True)]
        return rounded(sum(moves, ZERO) * share, 4)
    return None


@mistake("You added profits and losses up first. Each lot goes by itself: a later profit comes too late (R12).")
def netted(scenario: Scenario, ask: str) -> Decimal | None:
    """One profit or loss for all lots together."""
    realised = replay(scenario).realised
    ended = sum((each.volume for each in realised), ZERO)
    if len(realised) < 2:
        return None
    cost = sum((each.volume * each.position.open_price for each in realised), ZERO)
    mean = quotient(cost, ended, 10)
    opens = {index: step.replaced(price=mean) for index, step in openings(scenario).items()}
    return number(swapped(scenario, opens), ask)


_RATE = Decimal("0.002")


def _one_position(random: Random, side: str, funds: dict[str, str], end: dict[str, str], **more: Any) -> dict[str, Any]:
    """A scenario of one position in BTC/EUR whose price moves before it is ended; ``more`` has its numbers."""
    price = more["price"]
    move = random.choice([-20, -10, 10, 20])
    return {
        "balances": funds,
        "prices": {"BTC/EUR": str(price)},
        "fees": {"trading": plain(_RATE)},
        "valuation": "EUR",
        "rules": {"initial_margin_check": False},
        "steps": [
            {"do": "open", "pair": "BTC/EUR", "side": side, "volume": more["volume"], "leverage": 5},
            {"do": "price", "pair": "BTC/EUR", "price": str(price + price * move // 100)},
            {**end, "pair": "BTC/EUR"},
        ],
    }


@drill("03")
def settle_or_close(random: Random, level: int) -> dict[str, Any]:
    """A long settled, a short settled, a position closed, and at last a balance that doesn't suffice."""
    price, volume = random.choice([30000, 40000, 50000, 60000]), pick(random, "0.2", "0.4", "0.5", "0.8", "1")
    part = plain(Decimal(volume) * random.choice([Decimal("0.25"), Decimal("0.5"), Decimal("0.75")]))
    cost, fee = Decimal(volume) * price, Decimal(volume) * price * _RATE
    side = {1: "long", 2: "short"}.get(level) or pick(random, "long", "short")
    euros, coins = cost + random.randrange(1000, 20001, 500), Decimal(volume) + random.choice([1, 2]) / Decimal(10)
    asked, end = "balance:EUR", {"do": "settle", "volume": part}
    if level == 3:
        asked, end = "change:EUR", {"do": "close", "volume": "all"}
    if level == 4:
        asked, end = pick(random, "possible", "missing"), {"do": "settle", "volume": "all"}
        short_of = Decimal(random.choice([2, 3, 4, 6])) / 10
        euros = rounded(cost * short_of, 0) + fee if side == "long" else Decimal(random.randrange(2000, 9001, 500))
        coins = Decimal(volume) * short_of if side == "short" else Decimal("0.02")
    funds = {"EUR": plain(euros), "BTC": plain(coins)}
    scenario = _one_position(random, side, funds, end, price=price, volume=volume)
    now = int(scenario["steps"][1]["price"])
    have = listed([money(Decimal(amount), code) for code, amount in funds.items()])
    trade = "buy" if side == "long" else "sell"
    start = (
        f"You have {have}. You {trade} {volume} BTC on margin at {price:,} EUR, for a trading fee of "
        f"{money(fee, 'EUR')} (0.2 %). BTC {'rises' if now > price else 'falls'} to {now:,} EUR."
    )
    owed = "EUR" if side == "long" else "BTC"
    question = {
        "balance:EUR": f"You settle {part} BTC of it. How many euros do you have then?",
        "change:EUR": "You close all of it, for a fee of 0.2 % again. By how much has your EUR balance changed since "
        "before you opened? (A loss has a minus sign.)",
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


@drill("04")
def first_in_first_out(random: Random, level: int) -> dict[str, Any]:
    """Two lots, three lots, what is left of a queue or what settling it takes; then a loss before a profit."""
    count = 2 if level == 1 else 3
    prices = random.sample([40000, 42000, 44000, 46000, 48000, 52000, 54000, 56000], count)
    volumes = [pick(random, "0.1", "0.2", "0.3", "0.4") for _ in range(count)]
    now = 50000
    total = sum((Decimal(volume) for volume in volumes), ZERO)
    ended = Decimal(volumes[0]) + (total - Decimal(volumes[0])) * random.choice([Decimal("0.25"), Decimal("0.5")])
    kind, asked = "close", "pnl"
    euros = Decimal(60000)
    if level == 3:
        kind, asked = random.choice([("settle", "change:EUR"), ("close", "left:2")])
    if level == 4:
        asked = "conversion_fees"
        prices = [random.choice([52000, 54000, 56000]), *random.sample([40000, 42000, 44000, 46000, 48000], 2)]
        lost = Decimal(volumes[0]) * (prices[0] - now)
        euros = max(ZERO, lost - 39 * random.randrange(2, 20))
    steps: list[dict[str, Any]] = []
    for price, volume in zip(prices, volumes, strict=True):
        steps += [
            {"do": "price", "pair": "BTC/EUR", "price": str(price)},
            {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": volume, "leverage": 5},
        ]
    steps += [{"do": "price", "pair": "BTC/EUR", "price": str(now)}]
    steps += [{"do": kind, "pair": "BTC/EUR", "volume": plain(ended)}]
    bought = listed([f"{volume} BTC at {price:,} EUR" for price, volume in zip(prices, volumes, strict=True)])
    funds = {"EUR": plain(euros), "BTC": "1"}
    question = {
        "pnl": f"You close {plain(ended)} BTC at {now:,} EUR. What do you realise, in EUR? (A loss has a minus sign.)",
        "left:2": f"You close {plain(ended)} BTC at {now:,} EUR. How much of the second lot stays open, in BTC?",
        "change:EUR": f"BTC is at {now:,} EUR. You settle {plain(ended)} BTC. By how much does your EUR balance "
        "change? (Less has a minus sign.)",
        "conversion_fees": f"You close {plain(ended)} BTC at {now:,} EUR. What do conversions cost you, in EUR? "
        "BTC to EUR costs 2.5 %.",
    }[asked]
    return {
        "kind": "number",
        "text": f"You have {money(euros, 'EUR')} and 1 BTC. On margin you buy {bought}, in this order, without fees. "
        f"{question}",
        "ask": asked,
        "unit": "BTC" if asked == "left:2" else "EUR",
        "tolerance": "0.0001" if asked == "left:2" else "0.01",
        "scenario": {
            "balances": funds,
            "valuation": "EUR",
            "rules": {"initial_margin_check": False},
            "steps": steps,
        },
        "mistakes": {
            "pnl": ["newest_first", "average_cost", "first_lot_only", "dearest_first", "leverage_multiplies"],
            "left:2": ["newest_first", "pro_rata", "dearest_first", "cheapest_first"],
            "change:EUR": ["newest_first", "average_cost", "settled_at_the_price_now", "settled_the_margin_only"],
            "conversion_fees": ["netted", "quote_balance_forgotten", "highest_fee_for_all", "lowest_fee_for_all"],
        }[asked],
    }

"""Deposits, withdrawals and ordinary orders without margin, and rollovers as time passes."""

from decimal import Decimal, localcontext

from marginlib.engine.account import Event, Position, Row, State
from marginlib.engine.amounts import EXACT, ZERO, plain, quotient_up, trimmed
from marginlib.engine.cascade import charge
from marginlib.engine.derivation import fraction
from marginlib.engine.errors import InvalidScenario, Refusal
from marginlib.engine.margin import require_level
from marginlib.engine.scenario import Deposit, Trade, Wait, Withdraw

_FINEST = 20  # decimals that a volume may have
MOST_ROLLOVERS = 100_000
"""So many may fall due in one wait: more than a year of them for each of 45 positions."""


def deposit(state: State, step: int, order: Deposit) -> list[Row]:
    """Bring funds in from outside.

    Raises:
        InvalidScenario: an amount that the ledger rounds to nothing; says the smallest that works (A8).
    """
    event = Event(state, step, "deposit")
    amount = _counted(state, step, order)
    event.post(order.currency, "deposit", ("R6",), "outside", amount=amount)
    return event.rows()


def withdraw(state: State, step: int, order: Withdraw, summary_currency: str) -> list[Row]:
    """Take funds out, as far as the balance and the used margin allow (B9).

    Raises:
        Refusal: ``insufficient_funds``, ``insufficient_margin``, ``missing_price``.
        InvalidScenario: an amount that the ledger rounds to nothing; says the smallest that works (A8).
    """
    event = Event(state, step, "withdrawal")
    amount = _counted(state, step, order)
    _require(state, order.currency, amount, "The withdrawal", "B9")
    event.post(order.currency, "withdrawal", ("B9",), "outside", amount=-amount)
    require_level(state, summary_currency, "This withdrawal", ("B9",))
    return event.rows()


def _counted(state: State, step: int, order: Deposit | Withdraw) -> Decimal:
    """An amount as the ledger has it."""
    code, amount = order.currency, state.round(order.currency, order.amount)
    if not amount:
        raise InvalidScenario(
            f"steps[{step}].amount: expected at least {plain(_unit(state, code))} {code}, got {plain(order.amount)}: "
            f"the ledger keeps {state.rulebook.places(code)} decimals of {code}, and so little is nothing there (A8)"
        )
    return amount


def _unit(state: State, currency: str) -> Decimal:
    """The smallest amount that the ledger can count."""
    return Decimal(1).scaleb(-state.rulebook.places(currency))


def least_volume(state: State, pair: str, price: Decimal) -> Decimal:
    """The smallest volume of an ordinary order at a price for which the ledger counts something on both sides (A8)."""
    base, quote = pair.split("/")
    return max(_unit(state, base), quotient_up(_unit(state, quote), price, _FINEST))


def trade(state: State, step: int, order: Trade, summary_currency: str) -> list[Row]:
    """An ordinary order from own balances; the trading fee is in QUOTE (R6, R17).

    Raises:
        Refusal: ``missing_price``, ``insufficient_funds``, ``insufficient_margin``.
        InvalidScenario: a volume of which the ledger counts nothing on one side; says the smallest that works (A8).
    """
    base, quote = order.pair.split("/")
    market = state.price(order.pair)
    price = order.price or market
    value = order.volume * price
    volume, worth = state.round(base, order.volume), state.round(quote, value)
    if not (volume and worth):
        nothing = base if worth else quote
        raise InvalidScenario(
            f"steps[{step}].volume: expected at least {plain(least_volume(state, order.pair, price))} {base}, got "
            f"{plain(order.volume)}: the ledger keeps {state.rulebook.places(nothing)} decimals of {nothing}, and so "
            "small an order would move none of it (A8)"
        )
    fee = state.round(
        quote, state.rulebook.practice.order_trade(value, state.fees["trading"] if order.fee is None else order.fee)
    )
    if order.side == "buy":
        _require(state, quote, worth + fee, "The order", "R6")
    else:
        _require(state, base, volume, "The order", "R6")
        _require(state, quote, fee - worth, "The order's fee", "R6")
    event = Event(state, step, "trade")
    sign = 1 if order.side == "buy" else -1
    paid_first = [(quote, -worth * sign, fee), (base, volume * sign, ZERO)][::sign]
    for currency, amount, cost in paid_first:
        event.post(currency, "ordinary_order", ("R6", "R17"), "market", amount=amount, fee=cost)
    require_level(state, summary_currency, "This order", ("B9",))
    return event.rows()


def order_for(state: State, pair: str, currency: str, amount: Decimal) -> Trade:
    """The ordinary order in a pair that brings in at least so much of one of its currencies, trading fee paid (R6).

    Raises:
        Refusal: ``missing_price``.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> state = replay(Scenario.of({"prices": {"BTC/EUR": "50000"}, "fees": {"trading": "0.004"}})).final
    >>> order = order_for(state, "BTC/EUR", "EUR", Decimal(4980))
    >>> order.side, order.volume
    ('sell', Decimal('0.1'))
    """
    price, rate = state.price(pair), state.fees["trading"]
    with localcontext(EXACT):
        least = least_volume(state, pair, price)
        if currency == pair.partition("/")[0]:
            return Trade(pair=pair, side="buy", volume=trimmed(max(amount, least)))
        net, volume = price * (1 - rate), ZERO
        missing = amount
        while missing > 0:  # the ledger rounds worth and fee apart from each other: the last digit may be missing
            volume += quotient_up(missing, net, 8)
            missing = amount - state.round(currency, volume * price) + state.round(currency, volume * price * rate)
        return Trade(pair=pair, side="sell", volume=trimmed(max(volume, least)))


def _require(state: State, currency: str, amount: Decimal, what: str, rule: str) -> None:
    have = state.balance(currency)
    if amount > have:
        raise Refusal(
            "insufficient_funds",
            f"{what} needs {plain(amount)} {currency}, and the balance is {plain(have)} {currency}.",
            (rule,),
            (currency, fraction(amount - have)),
        )


def wait(state: State, step: int, order: Wait) -> list[Row]:
    """Let time pass. For every full period of a position's age a rollover falls due, one by one (B6, R21).

    A long's is on volume x opening price, a short's on volume x current price, both in QUOTE; each at the rate of its
    opening.

    Raises:
        Refusal: ``missing_price``, when a fee comes to a balance that can't be valued.
        InvalidScenario: more than 100,000 rollovers would fall due at once.
    """
    before, state.hours = state.hours, state.hours + order.hours
    if state.hours < state.quiet_until:
        return []
    owing = _owing(state, before)
    count = sum(due for _, due in owing)
    if count > MOST_ROLLOVERS:
        raise InvalidScenario(
            f"steps[{step}].hours: expected a wait in which at most {MOST_ROLLOVERS} rollovers fall due, got {count}; "
            "wait for less, or with fewer positions open"
        )
    rows: list[Row] = []
    for lot, due in owing:
        amount = state.rulebook.practice.rollover_fee(lot, state.prices[lot.pair])
        for _ in range(due):
            event = Event(state, step, "rollover", lot.id)
            charge(event, lot.pair, amount, "rollover_fee", ("B6", "R21", "A4"))
            rows += event.rows()
    return rows


def _owing(state: State, before: Decimal) -> list[tuple[Position, int]]:
    """The lots that rollovers have fallen due for since an hour, and how many; when the next one will is noted."""
    period, owing = state.rulebook.rollover_hours, []
    state.quiet_until = Decimal("Infinity")
    for lot in state.positions:
        if not lot.rollover:
            continue
        age = (state.hours - lot.opened_at) // period
        due = age - (before - lot.opened_at) // period
        if due:
            owing.append((lot, int(due)))
        state.quiet_until = min(state.quiet_until, lot.opened_at + (age + 1) * period)
    return owing

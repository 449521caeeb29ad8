"""Ordinary orders that turn what you have into the currency you need, before a closing would convert it (R6, R17)."""

from collections.abc import Iterator
from decimal import Decimal

from marginlib.engine.account import State
from marginlib.engine.amounts import ZERO, quotient_down, quotient_up, trimmed
from marginlib.engine.cascade import preference
from marginlib.engine.funds import least_volume, order_for, trade
from marginlib.engine.scenario import Trade


def orders_for(state: State, pair: str, target: Decimal) -> Iterator[Trade]:
    """Ordinary orders that bring in so much QUOTE, from other currencies in the order of preference; or all there is.

    Whether the margin allows them is not looked at here (B9): the engine says so when they are carried out.

    Raises:
        Refusal: ``missing_price``.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> state = replay(Scenario.of({
    ...     "balances": {"USD": "100", "BTC": "0.1"},
    ...     "prices": {"BTC/EUR": "50000", "EUR/USD": "1.25", "ETH/EUR": "2000"}})).final
    >>> from marginlib.engine.amounts import plain
    >>> [(order.side, plain(order.volume), order.pair) for order in orders_for(state, "ETH/EUR", Decimal(1000))]
    [('buy', '80', 'EUR/USD'), ('sell', '0.0184', 'BTC/EUR')]
    """
    base, quote = pair.split("/")
    paper = state.copy()
    paper.rulebook = state.rulebook.replaced(initial_margin_check=False)
    for place in preference(state.rulebook.collateral_order, base, quote, state.balances):
        left = target - (paper.balance(quote) - state.balance(quote))
        if left <= 0:
            return
        if place.currency == quote or paper.balance(place.currency) <= 0:
            continue
        for order in _exchange(paper, place.currency, quote, left):
            trade(paper, 0, order, "")
            yield order


def route(state: State, source: str, target: str) -> list[tuple[str, str, str]]:
    """The orders that lead from one currency to another, as (source, pair, target): one, or two (A2)."""

    def leg(one: str, other: str) -> tuple[str, str, str] | None:
        return next(((one, pair, other) for pair in (f"{one}/{other}", f"{other}/{one}") if pair in state.prices), None)

    if direct := leg(source, target):
        return [direct]
    codes = {code for pair in state.prices for code in pair.split("/")} - {source, target}
    for hop in ("USD", "EUR", *sorted(codes)):
        first, second = leg(source, hop), leg(hop, target)
        if first and second:
            return [first, second]
    return []


def _exchange(state: State, source: str, target: str, amount: Decimal) -> list[Trade]:
    """Orders that turn one currency into so much of another; or all of it, if it is too little."""
    legs = route(state, source, target)
    orders: list[Trade] = []
    for out_of, pair, into in reversed(legs):
        orders.insert(0, order_for(state, pair, into, amount))
        least = Decimal(1).scaleb(-state.rulebook.places(out_of))
        amount = max(_moves(state, orders[0])[0], least)  # what rounds to nothing can't be ordered
    have = state.balance(source)
    if not orders or amount <= have:
        return orders
    orders = []
    for out_of, pair, _ in legs:
        order = _spending(state, pair, out_of, have)
        have = _moves(state, order)[1] if order else ZERO
        if order is None or have <= 0:
            return []
        orders.append(order)
    return orders


def _moves(state: State, order: Trade) -> tuple[Decimal, Decimal]:
    """What an order takes and brings in, its fee paid; as the ledger rounds it."""
    base, quote = order.pair.split("/")
    value = order.volume * state.price(order.pair)
    volume, worth = state.round(base, order.volume), state.round(quote, value)
    fee = state.round(quote, value * state.fees["trading"])
    return (worth + fee, volume) if order.side == "buy" else (volume, worth - fee)


def _spending(state: State, pair: str, source: str, have: Decimal) -> Trade | None:
    """The order that spends all of an amount; None if that is too little to buy anything."""
    base = pair.partition("/")[0]
    least = least_volume(state, pair, state.price(pair))
    if source == base:
        counted = quotient_down(have, Decimal(1), state.rulebook.places(base))  # rounded up, it would be too much
        return Trade(pair=pair, side="sell", volume=trimmed(counted)) if counted >= least else None
    places = min(8, state.rulebook.places(base))
    gross = state.price(pair) * (1 + state.fees["trading"])
    volume = quotient_down(have, gross, places)
    while volume >= least:
        order = Trade(pair=pair, side="buy", volume=trimmed(volume))
        over = _moves(state, order)[0] - have
        if over <= 0:
            return order
        volume -= quotient_up(over, gross, places)  # the ledger rounds worth and fee up
    return None

"""Taking an amount out of the balances: the order of preference, the conversions and their fees."""

import itertools
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

from marginlib.engine.account import Charge, Event, Reason, State, Take
from marginlib.engine.amounts import ZERO, quotient, quotient_up
from marginlib.engine.derivation import named
from marginlib.engine.practice import Place as Place  # where the other rooms look for it
from marginlib.engine.practice import Why as Why
from marginlib.engine.practice import listed

_RULES: dict[str, tuple[str, ...]] = {
    "quote": ("R13",),
    "base": ("R13",),
    "collateral": ("R13", "R14"),
    "quote_last": ("R13",),
    "base_last": ("R13",),
    "other": ("R15", "A3"),
}


def preference(collateral: tuple[str, ...], base: str, quote: str, held: Iterable[str]) -> list[Place]:
    """The order in which a loss in BASE/QUOTE is taken, with the reason for each place (R13, R14, R15, A3).

    Other funds follow the listed currencies, in alphabetical order.

    >>> [place.currency for place in preference(("USD", "EUR", "BTC"), "ADA", "BTC", ["XMR", "USD"])]
    ['BTC', 'USD', 'EUR', 'ADA', 'XMR']
    """
    first = listed(collateral, base, quote)
    known = {place.currency for place in first}
    return [*first, *(Place(code, "other") for code in sorted(held) if code not in known)]


def _others(state: State, first: tuple[Place, ...]) -> Iterator[Place]:
    """What is held beyond the listed currencies, once its turn comes."""
    known = {place.currency for place in first}
    yield from (Place(code, "other") for code in state.rulebook.practice.others(state.balances) if code not in known)


def _turns(state: State, pair: str, reason: Reason) -> Iterator[tuple[Place, Decimal]]:
    """The balances that there are, in the order of preference for a loss or a charge."""
    practice = state.rulebook.practice
    first = practice.preferred(state, pair) if reason == "loss" else practice.bears(state, pair)
    for place in itertools.chain(first, _others(state, first)):
        have = state.balance(place.currency)
        if have > 0:
            yield place, have


def take(
    event: Event,
    pair: str,
    amount: Decimal,
    reason: Reason,
    rules: tuple[str, ...],
    creditor: Literal["exchange", "fees"],
) -> tuple[tuple[Take, ...], Decimal]:
    """Take an amount of QUOTE from the balances in the order of preference; return what was taken, and what is unpaid.

    Whatever isn't QUOTE is converted at the current price, for a fee out of the proceeds (R16, A1, A2).
    What nothing covers is recorded as unpaid (A5).

    Raises:
        Refusal: ``missing_price``, when a balance's turn comes that can't be converted.
    """
    state, rulebook = event.state, event.state.rulebook
    quote = pair.partition("/")[2]
    takes: list[Take] = []
    left = amount
    for (currency, why), have in _turns(state, pair, reason):
        if not left:
            break
        caused = (*rules, *_RULES[why])
        if currency == quote:
            taken = covers = min(left, have)
            fee = fee_rate = ZERO
            event.post(quote, reason, caused, creditor, amount=-taken)
        else:
            fee_rate = rulebook.conversion_fee(currency, quote)
            rate = rulebook.practice.converted_at(state, currency, quote, pair)
            net, down = rulebook.practice.proceeds(rate, fee_rate)
            owed = left * down
            if owed <= have * net:
                taken, covers = min(quotient_up(owed, net, rulebook.places(currency)), have), left
            else:
                taken, covers = have, min(left, quotient(have * net, down, rulebook.places(quote)))
            taken = named(taken, "taken", _RULES[why])
            covers = named(covers, "covered by {}", ("R16", "A1"), of=currency)
            fee = quotient(taken * rate.up - covers * rate.down, rate.down, rulebook.places(quote))
            fee = named(fee, "conversion fee for {}", ("R16", "A1"), of=currency)
            own_fee = state.round(currency, taken * fee_rate)
            caused = (*_RULES[why], "R16", "A1", *rules)
            event.post(currency, reason, caused, "market", amount=own_fee - taken, fee=own_fee)
            state.move(quote, covers, "market", creditor)
        takes.append(Take(currency, taken, covers, fee, fee_rate, why, caused))
        left = named(left - covers, "still to cover after {}", rules, of=currency)
    if left:
        state.unpaid[quote] = named(state.unpaid.get(quote, ZERO) + left, "unpaid {}", ("A5",), of=quote)
    return tuple(takes), left


def charge(event: Event, pair: str, amount: Decimal, reason: Reason, rules: tuple[str, ...]) -> None:
    """Take a trading, opening or rollover fee, priced in QUOTE: whole, at the plain rate, from one balance (A4).

    If no single balance bears it, it is taken like a loss.

    Raises:
        Refusal: ``missing_price``, when a balance's turn comes that can't be valued.
    """
    state, quote = event.state, pair.partition("/")[2]
    due = named(state.round(quote, amount), "{} due", (*rules, "A8"), of=reason.replace("_", " "))
    if not due:
        return
    if not _borne_by_one(event, pair, due, reason, rules):
        _, unpaid = take(event, pair, due, reason, rules, "fees")
    else:
        unpaid = ZERO
    state.charged.append(Charge(event.position, reason, quote, due, unpaid))


def _borne_by_one(event: Event, pair: str, due: Decimal, reason: Reason, rules: tuple[str, ...]) -> bool:
    """Take a charge from the first balance that bears it whole; False if none does."""
    state, quote = event.state, pair.partition("/")[2]
    for (currency, _), have in _turns(state, pair, reason):
        if currency == quote:
            if due <= have:
                event.post(quote, reason, rules, "fees", fee=due)
                return True
            continue
        rate = state.rate(currency, quote)
        if due * rate.down <= have * rate.up:
            fee = min(quotient_up(due * rate.down, rate.up, state.rulebook.places(currency)), have)
            event.post(currency, reason, rules, "fees", fee=fee)
            return True
    return False

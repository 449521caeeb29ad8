"""A closing tried out: the engine's own, lot by lot, without the ledger that tells of it.

Where the answer turns is found by trying many prices and fees. Of each trial only the balances count, what stays
unpaid, and what paid for losses and fees; rows, books and a position list for every lot are most of the work.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import fields
from decimal import Decimal, localcontext

from marginlib.engine.account import Counter, Event, Realised, Reason, Row, State
from marginlib.engine.amounts import EXACT, ZERO, rounded
from marginlib.engine.closing import close_lot
from marginlib.engine.errors import Refusal
from marginlib.engine.positions import Lots, Position
from marginlib.engine.practice import Practice
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Step
from marginlib.engine.story import Moment, Refused, Story

_FIELDS = tuple(each.name for each in fields(State))


class _Draft(State):
    """A state in which balances and what is unpaid change, but neither books nor positions."""

    __slots__ = ()

    def move(self, currency: str, amount: Decimal, source: Counter, target: Counter) -> None:
        """Nothing: books aren't looked at."""

    def reduce(self, lot: Position, volume: Decimal) -> None:
        """Nothing: which lots end is known before."""


class _Jotting(Event):
    """An event that keeps no more of its rows than the fees that were taken like losses (A4)."""

    def post(
        self,
        currency: str,
        reason: Reason,
        rules: Iterable[str],
        counter: Counter,
        *,
        amount: Decimal = ZERO,
        fee: Decimal = ZERO,
    ) -> None:
        """Add amount - fee to a balance."""
        if reason == "trading_fee" and amount:
            super().post(currency, reason, rules, counter, amount=amount, fee=fee)
            return
        balances = self.state.balances
        balances[currency] = balances.get(currency, ZERO) + amount - fee


def rehearse(story: Story, steps: Sequence[Step]) -> Story:
    """As :func:`resume`, for steps of which the last one closes all: the same balances, unpaid amounts and refusal.

    What lots realised whose loss and fee QUOTE doesn't bear alone is there as well; of the rows, only those of fees
    that were taken like losses (A4). Positions stay as they were before it.

    Raises:
        ValueError: the story ended with a refused step, or the steps don't end with closing all.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"EUR": "500"}, "prices": {"BTC/EUR": "50000"}, "fees": {"trading": "0.004"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.01", "leverage": 5}]}))
    >>> tried, done = (go(story, [Close(pair="BTC/EUR", volume="all")]) for go in (rehearse, resume))
    >>> tried.final.balances == done.final.balances, tried.ledger == done.ledger
    (True, False)
    """
    *first, last = steps
    prepared = resume(story, first) if first else story
    if prepared.error:
        return prepared
    if not (isinstance(last, Close) and last.volume == "all"):
        raise ValueError("a rehearsal ends with closing all")
    before, index = prepared.final, len(prepared.scenario.steps)
    draft = _Draft(*(getattr(before.copy(), name) for name in _FIELDS))
    try:
        with localcontext(EXACT):
            rows, realised = _close(draft, index, last)
    except Refusal as refusal:
        refused = Refused(index, last, refusal.code, str(refusal), refusal.rules)
        return Story(prepared.scenario, before, prepared.moments, refused)
    moment = Moment(index, last, before, draft, tuple(rows), tuple(realised))
    return Story(prepared.scenario, draft, (*prepared.moments, moment), None)


def _close(draft: _Draft, index: int, order: Close) -> tuple[list[Row], list[Realised]]:
    """Close all lots, one by one, at the draft's expense."""
    quote, practice = order.pair.partition("/")[2], draft.rulebook.practice
    lots, price = draft.lots(order.pair), order.price or draft.price(order.pair)
    trading = draft.fees["trading"] if order.fee is None else order.fee
    goes_first = [place.currency for place in practice.preferred(draft, order.pair)[:1]] == [quote]
    results = _results(lots, price, trading, draft.rulebook.places(quote), practice)
    rows: list[Row] = []
    realised: list[Realised] = []
    have = draft.balance(quote)
    for lot, result in zip(lots, results, strict=True):
        left = have + result
        if goes_first and left >= 0:  # QUOTE bears loss and fee alone (R13, A4): most lots change nothing else
            have = left
            continue
        draft.balances[quote] = have
        event = _Jotting(draft, index, "margin", lot.id)
        realised.append(close_lot(event, lot, lot.volume, price, "order", order.fee))
        rows += event.rows()
        have = draft.balance(quote)
    draft.balances[quote] = have
    return rows, realised


@functools.lru_cache(maxsize=1)
def _results(lots: Lots, price: Decimal, fee: Decimal, places: int, practice: Practice) -> list[Decimal]:
    """What each lot realises at a price, less its fee, in QUOTE: the same in all tries of an amount to buy first."""
    return [
        rounded(practice.result(lot, lot.volume, price), places)
        - rounded(practice.closing_trade(lot, lot.volume, price, fee), places)
        for lot in lots
    ]

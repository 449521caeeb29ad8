"""A closing tried out: the engine's own, lot by lot, without the ledger that tells of it.

Where the answer turns is found by trying many prices and fees. Of each trial only the balances count, what stays
unpaid, and what paid for losses and fees; rows, books and a position list for every lot are most of the work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from decimal import Decimal, localcontext

from marginlib.engine.account import Counter, Event, Realised, Reason, Row, State
from marginlib.engine.amounts import EXACT, ZERO, rounded
from marginlib.engine.cascade import preference
from marginlib.engine.closing import close_lot
from marginlib.engine.errors import Refusal
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Step
from marginlib.engine.settling import first_in_first_out
from marginlib.engine.story import Moment, Refused, Story

_FIELDS = tuple(each.name for each in fields(State))


class _Draft(State):
    """A state in which balances and what is unpaid change, but neither books nor positions."""

    __slots__ = ()

    def move(self, currency: str, amount: Decimal, source: Counter, target: Counter) -> None:
        """Nothing: books aren't looked at."""

    def reduce(self, pair: str, volume: Decimal) -> None:
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
    """As :func:`resume`, for steps of which the last one closes: the same balances, unpaid amounts and refusal.

    What lots realised whose loss and fee QUOTE doesn't bear alone is there as well; of the rows, only those of fees
    that were taken like losses (A4). Positions stay as they were before it.

    Raises:
        ValueError: the story ended with a refused step.

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
    assert isinstance(last, Close)
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
    """Close lot by lot, at the draft's expense."""
    base, quote = order.pair.split("/")
    price, trading = order.price or draft.price(order.pair), draft.fees["trading"]
    ends = first_in_first_out(draft, order.pair, order.volume)
    places = draft.rulebook.places(quote)
    goes_first = preference(draft.rulebook.collateral_order, base, quote, ())[0].currency == quote
    rows: list[Row] = []
    realised: list[Realised] = []
    for lot, volume in ends:
        if goes_first:  # a lot whose loss and fee QUOTE bears changes nothing else, and most lots are such (R13, A4)
            moved = price - lot.open_price if lot.side == "long" else lot.open_price - price
            pnl, fee = rounded(volume * moved, places), rounded(volume * price * trading, places)
            left = draft.balance(quote) + pnl - fee
            if left >= 0:
                draft.balances[quote] = left
                continue
        event = _Jotting(draft, index, "margin", lot.id)
        realised.append(close_lot(event, lot, volume, price, "order"))
        rows += event.rows()
    return rows, realised

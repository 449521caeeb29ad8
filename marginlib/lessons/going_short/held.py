"""A short held day by day, and beside it a contract of its size: what five comparisons are made from (R23)."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from marginlib.analysis.futures import Perpetual
from marginlib.analysis.limits import limit_price
from marginlib.engine.account import Position, Row, State, fees_taken
from marginlib.engine.amounts import ZERO
from marginlib.engine.story import Moment, Story

ROWS = ("what is borrowed", "what holding costs", "what liquidates it", "how it ends", "which stop protects")
"""The five rows of the source's comparison (R23)."""

PREPARED = 2  # the opening and the move of the price, before the days
AWAY = Decimal("1.1")
"""Where the stop stands, as a share of the price now."""


@dataclass(frozen=True)
class Held:
    """A short that was opened, whose price moved, and which was held day by day; beside it a contract of its size.

    ``month`` opens it, moves the price and waits a day at a time, ``days`` of which have gone by; ``mirror`` does the
    same with a long; ``funding`` is what the contract has received by the end of each day from 0, in QUOTE. What the
    last two rows need: ``closed`` is the short closed after those days; ``stops`` are the short with a stop that is
    placed then and run into, and with the attempt to place one of the other type.
    """

    month: Story
    mirror: Story
    days: int
    contract: Perpetual
    funding: tuple[Decimal, ...]
    closed: Story | None = None
    stops: tuple[Story, Story] | None = None

    @property
    def state(self) -> State:
        """The state after these days, the short still open."""
        return self.month.moments[PREPARED + self.days - 1].after

    @property
    def lot(self) -> Position:
        """The short."""
        return self.state.positions[0]

    @property
    def now(self) -> Decimal:
        """The price now."""
        return self.state.prices[self.lot.pair]

    @property
    def trigger(self) -> Decimal:
        """Where the stop stands, in QUOTE for one BASE."""
        return self.now * AWAY

    @property
    def received(self) -> Decimal:
        """Funding so far: received with a plus, paid with a minus."""
        return self.funding[self.days]

    @functools.cached_property
    def liquidated(self) -> tuple[Fraction, Fraction]:
        """The prices at which the exchange closes the margin short and the futures short, in QUOTE for one BASE."""
        state, lot = self.state, self.lot
        ends = limit_price(state, lot.quote, state.rulebook.liquidation_level, lot.pair).nearest
        other = self.contract.liquidation_price(self.received)
        assert ends
        assert other
        return ends, other

    @property
    def too_late(self) -> tuple[bool, bool]:
        """Whether the exchange has closed the margin short, and the futures short, before the stop is reached (B5)."""
        ends, other = (limit <= self.trigger for limit in self.liquidated)
        return ends, other

    @functools.cached_property
    def costs(self) -> tuple[Decimal, ...]:
        """What borrowing has cost by the end of each day from 0, in QUOTE: opening fee and rollovers."""
        return _by_day(self.month)

    @property
    def long_cost(self) -> Decimal:
        """What borrowing would have cost a long so far, in QUOTE, which is what it borrows."""
        return _by_day(self.mirror)[self.days]

    @property
    def cost(self) -> Decimal:
        """What borrowing has cost so far."""
        return self.costs[self.days]

    @property
    def rollovers(self) -> list[Row]:
        """The rollovers so far."""
        passed = self.month.moments[: PREPARED + self.days]
        return [row for moment in passed for row in moment.rows if row.type == "rollover"]


def _by_day(month: Story) -> tuple[Decimal, ...]:
    daily = [_charged(month.moments[:PREPARED]), *(_charged([moment]) for moment in month.moments[PREPARED:])]
    return tuple(accumulate(daily))


def _charged(moments: Sequence[Moment]) -> Decimal:
    """Opening fees and rollovers of some moments, in QUOTE."""
    rows = [row for moment in moments for row in moment.rows]
    return sum(fees_taken(rows, reasons=("opening_fee", "rollover_fee")).values(), ZERO)

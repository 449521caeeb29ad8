"""The open lots: a lot, the lots of a pair, and all of them, in forms that every step's state can have for itself.

Within a pair, lots end oldest first (R7, R8). So the lots of a pair are a stretch of a list that only grows: opening
one lengthens the stretch, ending one shortens it at the front, and states before and after share the list.
"""

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, NamedTuple, overload

from marginlib.engine.amounts import ZERO
from marginlib.engine.derivation import named
from marginlib.engine.sharing import Shared

PositionSide = Literal["long", "short"]


@dataclass(frozen=True, slots=True)
class Position:
    """One lot on margin: volume in BASE, opening price in QUOTE for one BASE, opening time in hours.

    >>> Position(1, "BTC/EUR", "short", Decimal(2), Decimal(50000), Decimal(5), Decimal(0)).owed
    ('BTC', Decimal('2'))
    """

    id: int
    pair: str
    side: PositionSide
    volume: Decimal
    open_price: Decimal
    leverage: Decimal
    opened_at: Decimal
    rollover: Decimal = ZERO
    """The rate of its rollovers, as a share; it keeps it for life (B6)."""

    @property
    def base(self) -> str:
        """The currency that the volume is in."""
        return self.pair.partition("/")[0]

    @property
    def quote(self) -> str:
        """The currency that the price is in."""
        return self.pair.partition("/")[2]

    @property
    def cost(self) -> Decimal:
        """Volume times opening price, in QUOTE."""
        return named(self.volume * self.open_price, "cost of position {}", of=self.id)

    @property
    def owed(self) -> tuple[str, Decimal]:
        """The obligation: currency and amount extended at opening (R1)."""
        currency, amount = (self.quote, self.cost) if self.side == "long" else (self.base, self.volume)
        return currency, named(amount, "obligation of position {}", ("R1",), of=self.id)

    @property
    def held(self) -> tuple[str, Decimal]:
        """What was received at opening and stays restricted (R1)."""
        currency, amount = (self.base, self.volume) if self.side == "long" else (self.quote, self.cost)
        return currency, named(amount, "received for position {}", ("R1",), of=self.id)


class Sums(NamedTuple):
    """What lots come to together: volume in BASE, and volume times opening price in QUOTE."""

    volume: Decimal = ZERO
    cost: Decimal = ZERO

    def plus(self, lot: Position, sign: int) -> "Sums":
        """With a lot, or without it."""
        return Sums(self.volume + sign * lot.volume, self.cost + sign * lot.cost)


class Lots(Sequence[Position]):
    """The open lots of a pair, oldest first, with their sums; nothing in here changes any more.

    >>> lot = Position(1, "BTC/EUR", "long", Decimal(2), Decimal(50000), Decimal(5), Decimal(0))
    >>> lots = Lots().opened(lot).opened(replace(lot, id=2, volume=Decimal(1)))
    >>> lots.sums.volume, [each.id for each in lots.reduced(Decimal(2))]
    (Decimal('3'), [2])
    """

    __slots__ = ("_end", "_log", "_oldest", "_start", "leverages", "sums")

    def __init__(self) -> None:
        self._log: list[Position] = []  # as they were opened; others may share it, and only ever add to its end
        self._start = self._end = 0
        self._oldest: Position | None = None  # as what ended of it has left it
        self.sums = Sums()
        self.leverages: Shared[Decimal, Sums] = Shared()

    def opened(self, lot: Position) -> "Lots":
        """These, and a new one."""
        log, end = self._log, self._end
        if len(log) > end:  # a story that began alike has already gone on
            log = log[:end]
        log.append(lot)
        if log[end] is not lot:  # another thread was faster
            log = [*log[:end], lot]
        return self._changed(log, self._start, end + 1, self._oldest or lot, lot, 1)

    def reduced(self, volume: Decimal, lot: int | None = None) -> "Lots":
        """These, less a volume of a lot, by default the oldest; a lot of nothing is gone."""
        oldest = self[0]
        if lot not in (None, oldest.id):
            return self._without(volume, lot)
        rest, start = replace(oldest, volume=oldest.volume - volume), self._start
        if not rest.volume:
            start += 1
            left = self._log[start] if start < self._end else None
        else:
            left = rest
        return self._changed(self._log, start, self._end, left, replace(oldest, volume=volume), -1)

    def _without(self, volume: Decimal, lot: int | None) -> "Lots":
        """These, less a volume of a lot out of its turn, in a list of their own."""
        twin = Lots()
        for each in self:
            left = replace(each, volume=each.volume - volume) if each.id == lot else each
            twin = twin.opened(left) if left.volume else twin
        return twin

    def _changed(
        self, log: list[Position], start: int, end: int, oldest: Position | None, lot: Position, sign: int
    ) -> "Lots":
        twin = Lots.__new__(Lots)
        twin._log, twin._start, twin._end, twin._oldest = log, start, end, oldest
        twin.sums, twin.leverages = self.sums.plus(lot, sign), self.leverages.copy()
        alike = self.leverages.get(lot.leverage, Sums()).plus(lot, sign)
        if alike.volume:
            twin.leverages[lot.leverage] = alike
        else:
            del twin.leverages[lot.leverage]
        return twin

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[Position]:
        if self._oldest is not None:
            yield self._oldest
            yield from itertools.islice(self._log, self._start + 1, self._end)

    @overload
    def __getitem__(self, at: int) -> Position: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Position]: ...
    def __getitem__(self, at: int | slice) -> Position | Sequence[Position]:
        if isinstance(at, slice):
            return [*self][at]
        index = range(self._start, self._end)[at]
        if index == self._start and self._oldest is not None:
            return self._oldest
        return self._log[index]


class Positions(Sequence[Position]):
    """All open lots, oldest first whatever the pair; nothing in here changes any more.

    >>> lot = Position(1, "BTC/EUR", "long", Decimal(2), Decimal(50000), Decimal(5), Decimal(0))
    >>> both = Positions().opened(lot).opened(replace(lot, id=2, pair="ETH/EUR"))
    >>> [each.id for each in both], both.reduced("BTC/EUR", Decimal(2))[0].id
    ([1, 2], 2)
    """

    __slots__ = ("_count", "_pairs")

    def __init__(self) -> None:
        self._pairs: Shared[str, Lots] = Shared()
        self._count = 0

    def of(self, pair: str) -> Lots:
        """The open lots of a pair, oldest first; none, if none is open."""
        return self._pairs.get(pair) or _NONE

    @property
    def by_pair(self) -> list[tuple[str, Lots]]:
        """The pairs that something is open in, with their lots; the pair of the oldest lot first."""
        return sorted(self._pairs.items(), key=lambda entry: entry[1][0].id)

    def opened(self, lot: Position) -> "Positions":
        """These, and a new one."""
        return self._changed(lot.pair, self.of(lot.pair).opened(lot), 1)

    def reduced(self, pair: str, volume: Decimal, lot: int | None = None) -> "Positions":
        """These, less a volume of one of a pair's lots, by default its oldest; a lot of nothing is gone."""
        lots = self.of(pair)
        left = lots.reduced(volume, lot)
        return self._changed(pair, left, len(left) - len(lots))

    def _changed(self, pair: str, lots: Lots, more: int) -> "Positions":
        twin = Positions.__new__(Positions)
        twin._pairs, twin._count = self._pairs.copy(), self._count + more
        if lots:
            twin._pairs[pair] = lots
        else:
            del twin._pairs[pair]
        return twin

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Position]:
        several = [*self._pairs.values()]
        return iter(several[0]) if len(several) == 1 else heapq.merge(*several, key=lambda lot: lot.id)

    @overload
    def __getitem__(self, at: int) -> Position: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Position]: ...
    def __getitem__(self, at: int | slice) -> Position | Sequence[Position]:
        if at in (0, -1) and self._count:
            ends = [lots[at] for lots in self._pairs.values()]
            return (max if at else min)(ends, key=lambda lot: lot.id)
        return tuple(self)[at]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Positions | tuple):
            return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(tuple(self))


_NONE = Lots()

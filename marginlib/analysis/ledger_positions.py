"""Positions as far as a ledger can tell: an opening, its rollovers, and what probably ended it.

A ledger has no pair, side, volume or price. A position's rollovers have its opening's refid, so they are surely its
own. Which closing ended it isn't said: it is probably the one that came when the rollovers stopped, the oldest
position first where several fit (R8), among those in the same quote currency. Where a position's rollovers go on after
a closing, that closing was a part of it.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Literal

from marginlib.analysis.ledger_groups import Group, family, money
from marginlib.engine.rulebook import Rulebook
from marginlib.reading.entries import Entry

Status = Literal["open", "closed", "settled", "unclear"]
_SLACK = timedelta(minutes=15)  # a rollover is charged some seconds or minutes late
_MOST_TRIED = 50  # positions that a closing is compared with


@dataclass(frozen=True, slots=True)
class Ending:
    """A closing or settlement that probably ended a position; ``sure`` if its refid says so, ``whole`` or a part."""

    group: Group
    whole: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class Life:
    """One position: what opened it (rollovers alone, if that isn't in the ledger), and what probably ended it."""

    group: Group
    endings: tuple[Ending, ...]
    status: Status

    @property
    def refid(self) -> str:
        """The refid of the opening."""
        return self.group.refid

    @property
    def opened(self) -> datetime | None:
        """When it was opened; None if that isn't in the ledger."""
        return self.group.time if self.group.kind == "opening" else None

    @property
    def quote(self) -> str:
        """The currency that it is priced in, as far as its rows tell; its closing's, if there is one."""
        if not self.endings:
            return self.group.quote
        groups = [*(each.group for each in self.endings if each.group.quote), self.group]
        told = {each.quote for each in groups if not each.beside}
        either = (each.beside for each in groups if each.beside in told)
        found = next(either, groups[0].quote)
        converted = (each.group for each in self.endings if each.group.kind == "closing" and not each.group.quote)
        return "" if any(entry.asset == found for group in converted for entry in group.entries) else found

    @property
    def beside(self) -> str:
        """A currency of the same money that it may be priced in as well: the ledger doesn't tell which (C6)."""
        groups = (*(each.group for each in self.endings), self.group)
        return next((each.beside for each in groups if each.beside and each.quote == self.quote), "")

    @property
    def rollovers(self) -> list[Entry]:
        """The rows of its rollovers."""
        return self.group.of("rollover")

    @property
    def rows(self) -> list[tuple[Entry, Group]]:
        """All its rows in the order of time, each with its group; those of what probably ended it are among them."""
        groups = (self.group, *(each.group for each in self.endings))
        rows = [(entry, group) for group in groups for entry in group.entries]
        return sorted(rows, key=lambda row: (row[0].time.timestamp() if row[0].time else 0.0, row[0].line))


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settlement tells of its position: pair, side, the volume in BASE, what it cost in QUOTE (R3, B7)."""

    pair: str
    side: Literal["long", "short"]
    volume: Decimal
    cost: Decimal

    @property
    def price(self) -> Decimal:
        """What one BASE cost at the opening, in QUOTE, in at most twelve digits."""
        return Context(prec=12).divide(self.cost, self.volume)


def settled(group: Group) -> Settled | None:
    """The position that a settlement ended, if its two rows tell it; None if they don't.

    Long: QUOTE goes and BASE is kept; short: the other way round (R3, R4).
    """
    moved = {entry.asset: entry.amount for entry in group.of("settlement") if entry.amount}
    if group.kind != "settlement" or not group.quote or len(moved) != 2 or len(group.of("settlement")) != 2:
        return None
    base = next(asset for asset in moved if asset != group.quote)
    volume, cost = moved[base], moved[group.quote]
    if (volume > 0) == (cost > 0):
        return None
    side: Literal["long", "short"] = "long" if cost < 0 else "short"
    return Settled(f"{base}/{group.quote}", side, abs(volume), abs(cost))


@dataclass(slots=True, eq=False)
class _Open:
    """A position while endings are looked for."""

    group: Group
    opened: datetime
    last: datetime
    until: datetime
    number: int
    endings: list[Ending] = field(default_factory=list)
    guessed: bool = False
    """Whether its quote is only the currency that its fee was taken in."""


class _Waiting:
    """The positions of one quote currency that an ending may be of."""

    def __init__(self) -> None:
        self.active: dict[int, _Open] = {}
        self.lapsing: list[tuple[datetime, int]] = []
        self.lapsed: deque[_Open] = deque()
        self.ended: _Open | None = None

    def add(self, each: _Open) -> None:
        self.active[each.number] = each
        heapq.heappush(self.lapsing, (each.until, each.number))

    def find_guessed(self, time: datetime) -> _Open | None:
        """The oldest position that is there at a time, and that may be priced in another currency."""
        for each in itertools.islice(self.active.values(), _MOST_TRIED):
            if each.guessed and each.last <= time <= each.until:
                del self.active[each.number]
                self.ended = each
                return each
        return None

    def find(self, time: datetime) -> tuple[_Open, bool] | None:
        """The position that an ending at a time is probably of, and whether it is the whole of it."""
        while self.lapsing and self.lapsing[0][0] < time:
            _, number = heapq.heappop(self.lapsing)
            if each := self.active.pop(number, None):
                self.lapsed.append(each)
        tried = [*itertools.islice(self.active.values(), _MOST_TRIED)]
        found = next((each for each in tried if each.last <= time), None)
        if found is None and tried:
            return tried[0], False
        if found is None and self.ended and self.ended.until >= time:
            return self.ended, False
        if found is None and self.lapsed:
            found = self.lapsed.popleft()
        if found is None:
            return None
        self.active.pop(found.number, None)
        self.ended = found
        return found, True


def lives_of(groups: Iterable[Group], book: Rulebook, end: datetime | None) -> tuple[list[Life], list[Group]]:
    """The positions, oldest first; and the closings and settlements that fit none of them. ``end``: the last row."""
    groups = [*groups]
    period = timedelta(hours=float(book.rollover_hours)) + _SLACK
    rolled = any(family(entry.type) == "rollover" for group in groups for entry in group.entries[-1:])
    begun = sorted(_begun(groups, period if rolled else None), key=lambda each: (each.opened, each.number))
    ends = ((group.time, group) for group in groups if group.kind in ("closing", "settlement"))
    endings = sorted(((time, group) for time, group in ends if time is not None), key=lambda each: each[0])
    waiting: dict[str, _Waiting] = {}
    own = {each.group.refid: each for each in begun if each.group.refid}
    coming, left = 0, []
    for time, group in endings:
        while coming < len(begun) and begun[coming].opened <= time:
            waiting.setdefault(money(begun[coming].group.quote), _Waiting()).add(begun[coming])
            coming += 1
        if group.refid and (mine := own.get(group.refid)):
            mine.endings.append(Ending(group, mine.last <= time, sure=True))
            continue
        for asset in dict.fromkeys(map(money, (group.quote, *(entry.asset for entry in group.entries)))):
            if asset in waiting and (found := waiting[asset].find(time)):
                each, whole = found
                each.endings.append(Ending(group, whole, sure=False))
                break
        else:
            tried = (some.find_guessed(time) for some in waiting.values())
            if other := next((each for each in tried if each), None):
                other.endings.append(Ending(group, whole=True, sure=False))
            else:
                left.append(group)
    return [Life(each.group, tuple(each.endings), _status(each, end, rolled)) for each in begun], left


def _begun(groups: Iterable[Group], period: timedelta | None) -> Iterator[_Open]:
    for number, group in enumerate(groups):
        if group.kind not in ("opening", "rollover") or group.time is None:
            continue
        if group.kind == "rollover" and not group.refid:
            continue  # of which position can't be said; each by itself would look like one
        rollovers = [entry.time for entry in group.entries if family(entry.type) == "rollover" and entry.time]
        last = max((group.time, *rollovers))
        until = datetime.max.replace(tzinfo=last.tzinfo)
        if period is not None:
            until = last + period
        guessed = group.kind == "opening" and len(group.entries) - len(rollovers) == 1
        yield _Open(group, group.time, last, until, number, guessed=guessed)


def _status(each: _Open, end: datetime | None, rolled: bool) -> Status:
    """How a position stands at the end of the ledger."""
    ended = any(ending.whole for ending in each.endings)
    if not ended and (end is None or each.until >= end):
        return "open"
    if each.endings:  # the last of them: a part of it may have gone another way, and then no rollover came any more
        return "settled" if each.endings[-1].group.kind == "settlement" else "closed"
    return "unclear" if rolled else "open"

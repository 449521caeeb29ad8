"""What an exchange did with an account, as far as its ledger tells: every figure exact, nothing invented.

:func:`look` goes through a ledger that was read, and returns an :class:`Account`: where balances don't add up, what
each group of rows is, each position's life, losses that ran through several currencies beside R13, what everything cost
by asset, position and month, and what is left. How a ledger's silence is filled is said where it is: what is only
probable is marked so.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import localcontext
from typing import Literal

from marginlib.analysis.ledger_balances import Break, Holding, check
from marginlib.analysis.ledger_cascades import Cascade, cascade, gathered, is_cascade, second, with_balances
from marginlib.analysis.ledger_fees import FeeKind, Sums, sums_of, with_kinds
from marginlib.analysis.ledger_groups import Group, family, groups_of
from marginlib.analysis.ledger_positions import Life, lives_of
from marginlib.engine.amounts import EXACT
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.sharing import all_kept
from marginlib.reading.entries import Entry, Ledger, Problem
from marginlib.reading.rulebooks import rulebook

Why = Literal["elsewhere", "at_par", "settling", "named"]
"""What is unexpected in a fee: it was taken in another currency than the quote (A4); in one that was first converted
into, row against row (C6); a settlement has one (R5); its row says that it was taken in another asset."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """A fee in a currency that one doesn't expect; ``quote`` is the currency that the position is priced in."""

    entry: Entry
    kind: FeeKind
    quote: str
    why: Why
    rules: tuple[str, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class Month:
    """What one month came to, as 2026-03; "" for rows without a time."""

    name: str
    sums: Sums


@dataclass(frozen=True)
class Account:
    """All that a ledger tells. Rows and groups are in the order of time."""

    entries: tuple[Entry, ...]
    begin: datetime | None
    end: datetime | None
    holdings: tuple[Holding, ...]
    breaks: tuple[Break, ...]
    groups: tuple[Group, ...]
    positions: tuple[Life, ...]
    strays: tuple[Group, ...]
    """Closings and settlements that fit no position of the ledger: what they ended was opened before it begins."""
    cascades: tuple[Cascade, ...]
    totals: Sums
    months: tuple[Month, ...]
    surprises: tuple[Surprise, ...]
    unknown: Mapping[str, int]
    """Types that aren't known, with how many rows each has."""
    pending: tuple[Entry, ...]
    """Rows that have neither a txid nor a balance yet, and count for nothing."""
    problems: tuple[Problem, ...]
    repeated: tuple[int, ...]
    rulebook: Rulebook

    @property
    def open_positions(self) -> tuple[Life, ...]:
        """The positions that look open at the end: rollovers to the last, and no closing or settlement that fits."""
        return tuple(life for life in self.positions if life.status == "open")

    @property
    def closings(self) -> tuple[Group, ...]:
        """The closings."""
        return tuple(group for group in self.groups if group.kind == "closing")

    @property
    def at_once(self) -> tuple[tuple[Group, ...], ...]:
        """Closings that came in one second: an order that ended several lots, or a liquidation (R12, B5)."""
        moments: dict[datetime | None, list[Group]] = {}
        for group in self.closings:
            moments.setdefault(second(group.time), []).append(group)
        return tuple(tuple(those) for when, those in moments.items() if when is not None and len(those) > 1)

    def sums(self, life: Life) -> Sums:
        """What one position came to: its own rows, and those of what probably ended it."""
        with localcontext(EXACT):
            return sums_of((life.group, *(each.group for each in life.endings)), self.rulebook)


def look(ledger: Ledger, pairs: Mapping[str, str] | None = None, book: Rulebook | None = None) -> Account:
    """What a ledger tells of an account. ``pairs``: the pair of a closing by its refid, for those that are known.

    >>> from marginlib import Scenario, replay
    >>> from marginlib.analysis.export import entries_of
    >>> story = replay(Scenario.of({
    ...     "balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "fees": {"trading": "0.004"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...               {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}))
    >>> account = look(Ledger(tuple(entries_of(story))))
    >>> [group.kind for group in account.groups], account.totals.pnl["EUR"]
    (['opening', 'closing'], Decimal('100.0000'))
    >>> account.totals.fees
    {'opening': {'EUR': Decimal('20.0000')}, 'closing': {'EUR': Decimal('20.4000')}}
    """
    book = book or rulebook()
    entries = ledger.entries
    with localcontext(EXACT), all_kept():
        holdings, breaks = check(entries)
        groups = gathered(groups_of(entries, book), book)
        times = [entry.time for entry in entries if entry.time is not None]
        end = max(times, default=None)
        lives, strays = lives_of(groups, book, end)
        totals, months, surprises = _summed(groups, {id(life.group): life.quote for life in lives}, book)
        cascades = _cascades(entries, groups, book, pairs or {})
        return Account(
            entries, min(times, default=None), end, tuple(holdings), tuple(breaks), tuple(groups), tuple(lives),
            tuple(strays), tuple(cascades), totals, tuple(months), tuple(surprises),
            _unknown(groups), tuple(entry for entry in entries if entry.pending), ledger.problems,
            ledger.repeated, book,
        )  # fmt: skip


def _summed(
    groups: Iterable[Group], quotes: Mapping[int, str], book: Rulebook
) -> tuple[Sums, list[Month], list[Surprise]]:
    """All of it, month by month, and the fees that one doesn't expect; ``quotes``: of positions, as closings tell."""
    totals = Sums()
    months: dict[tuple[int, int], Sums] = {}
    surprises: list[Surprise] = []
    for group in groups:
        quote = quotes.get(id(group), group.quote)
        converted = _bought(group) if len(group.entries) > 1 else ()
        for entry, kind in with_kinds(group, book):
            time = entry.time
            when = (time.year, time.month) if time else (0, 0)
            sums = months.get(when)
            if sums is None:
                sums = months[when] = Sums()
            sums.add(entry, group, kind)
            if entry.fee and kind in _OF_POSITIONS:
                surprises += _surprise(entry, kind, group, quote, converted)
    named = [Month(f"{year:04}-{month:02}" if year else "", months[year, month]) for year, month in sorted(months)]
    for month in named:
        totals.plus(month.sums)
    return totals, named, surprises


def _cascades(
    entries: Iterable[Entry], groups: Iterable[Group], book: Rulebook, pairs: Mapping[str, str]
) -> list[Cascade]:
    closings = [group for group in groups if group.kind == "closing"]
    at_once = Counter(second(group.time) for group in closings)
    wanted = [group for group in closings if is_cascade(group)]
    if not wanted:
        return []
    found = with_balances(
        entries, wanted, lambda group, before: cascade(group, before, book, pairs.get(group.refid, ""))
    )
    return [replace(each, together=at_once[second(each.group.time)]) for each in found]


def _unknown(groups: Iterable[Group]) -> dict[str, int]:
    return dict(
        Counter(
            entry.type for group in groups for entry in group.entries
            if family(entry.type, entry.subtype) == "unknown"
        )
    )  # fmt: skip


_OF_POSITIONS: frozenset[FeeKind] = frozenset(
    ("opening", "rollover", "closing", "conversion_and_closing", "settlement")
)


def _bought(group: Group) -> set[str]:
    """What a position's group converted into."""
    if group.kind not in ("opening", "rollover", "closing"):
        return set()
    return {entry.asset for entry in group.of("conversion") if entry.amount > 0}


def _surprise(entry: Entry, kind: FeeKind, group: Group, quote: str, converted: Collection[str]) -> Iterator[Surprise]:
    """Why a fee isn't where one expects it, if it isn't."""
    if kind == "settlement":
        yield Surprise(entry, kind, quote, "settling", ("R5",), sure=True)
    elif entry.fee_code:
        yield Surprise(entry, kind, quote, "named", ("A4", "C6"), sure=True)
    elif entry.asset in converted:
        yield Surprise(entry, kind, quote, "at_par", ("C6", "A4"), sure=True)
    elif quote and entry.asset != quote:
        yield Surprise(entry, kind, quote, "elsewhere", ("A4", "C6"), group.quote == quote)

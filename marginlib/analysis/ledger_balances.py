"""The balance rule: per purse, balance = previous balance + amount − fee; and where a ledger breaks it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from marginlib.engine.amounts import ZERO
from marginlib.reading.entries import Entry, Purse


@dataclass(frozen=True, slots=True)
class Break:
    """A row whose balance doesn't follow from the one before it in its purse; amounts in the purse's asset."""

    entry: Entry
    expected: Decimal
    found: Decimal

    @property
    def size(self) -> Decimal:
        """What the balance has too much; negative if it has too little."""
        return self.found - self.expected


@dataclass(frozen=True, slots=True)
class Holding:
    """A purse through the whole ledger: what it had before the first row, what it has after the last."""

    purse: Purse
    start: Decimal
    end: Decimal
    rows: int
    breaks: int


@dataclass(slots=True)
class _Book:
    """A purse while its rows are gone through."""

    start: Decimal
    balance: Decimal
    rows: int = 0
    breaks: int = 0


def takes(entry: Entry) -> Decimal:
    """The fee that a row takes from its own purse: none where it says that the fee was taken in another asset."""
    return entry.fee if entry.fee_code in ("", entry.purse.asset) else ZERO


def check(entries: Iterable[Entry]) -> tuple[list[Holding], list[Break]]:
    """Go through the rows in the order of time, purse by purse; return the purses, and each break of the rule.

    The first row of a purse says what there was before it. A row without a balance takes no part. After a break the
    rule goes on from what the ledger says. Rows of one moment may stand in any order: they are put in the one that
    their balances tell, before a break is claimed. A fee that was taken in another asset than the row's may be told
    by the balance of that asset's next row alone.

    >>> EUR, none = Purse("EUR"), Decimal(0)
    >>> rows = [Entry(2, "L1", "T1", None, "deposit", EUR, Decimal(50), none, Decimal(60)),
    ...         Entry(3, "L2", "T2", None, "withdrawal", EUR, Decimal(-5), Decimal(1), Decimal(53))]
    >>> holdings, breaks = check(rows)
    >>> holdings[0].start, holdings[0].end, breaks[0].expected, breaks[0].size
    (Decimal('10'), Decimal('53'), Decimal('54'), Decimal('-1'))
    """
    by_purse: dict[Purse, list[Entry]] = {}
    elsewhere = False
    for entry in entries:
        if entry.balance is not None:
            by_purse.setdefault(entry.purse, []).append(entry)
        elsewhere = elsewhere or (entry.fee_code != "" and entry.fee_code != entry.purse.asset)
    if any(not purse.wallet for purse in by_purse) and any(purse.wallet for purse in by_purse):
        by_purse = _one_wallet(by_purse)
    owed = _fees_elsewhere(by_purse) if elsewhere else {}
    holdings: list[Holding] = []
    breaks: list[Break] = []
    for purse, rows in by_purse.items():
        book = _go_through(rows, owed.get(purse.asset, []), breaks)
        holdings.append(Holding(purse, book.start, book.balance, book.rows, book.breaks))
    breaks.sort(key=lambda each: each.entry.line)
    return holdings, breaks


def _one_wallet(by_purse: dict[Purse, list[Entry]]) -> dict[Purse, list[Entry]]:
    """Both forms of the export in one ledger: the older one names no wallet, and goes on in the spot wallet.

    What has no wallet joins the spot wallet of its asset if that breaks nothing: the balance of one leads to the other.
    """
    found = dict(by_purse)
    for purse, rows in by_purse.items():
        spot = [each for each in by_purse if each[:2] == purse[:2] and each.wallet.lower().startswith("spot")]
        if purse.wallet or len(spot) != 1:
            continue
        both = sorted((*rows, *by_purse[spot[0]]), key=_moment)
        breaks: list[Break] = []
        _go_through(both, [], breaks)
        apart: list[Break] = []
        _go_through(rows, [], apart)
        _go_through(by_purse[spot[0]], [], apart)
        if len(breaks) <= len(apart):
            del found[purse]
            found[spot[0]] = both
    return found


def _fees_elsewhere(by_purse: dict[Purse, list[Entry]]) -> dict[str, list[Entry]]:
    """The rows whose fee was taken in another asset, by that asset, in the order of time."""
    found: dict[str, list[Entry]] = {}
    for rows in by_purse.values():
        for entry in rows:
            if entry.fee and entry.fee_code not in ("", entry.purse.asset):
                found.setdefault(entry.fee_code, []).append(entry)
    for each in found.values():
        each.sort(key=_moment)
    return found


def _at_once(one: datetime | None, other: datetime | None) -> bool:
    """Whether two times are in the same second: one form of the export has parts of it, another hasn't."""
    if one == other:
        return True
    if one is None or other is None or not (one.microsecond or other.microsecond):
        return False
    return one.replace(microsecond=0) == other.replace(microsecond=0)


def _moment(entry: Entry) -> tuple[float, int]:
    return (entry.time.timestamp() if entry.time else 0.0, entry.line)


def _go_through(rows: list[Entry], owed: list[Entry], breaks: list[Break]) -> _Book:
    """One purse; ``owed`` are rows of other purses whose fee was taken in its asset."""
    first, rest = rows[0], rows
    book: _Book | None = None
    waiting, at = ZERO, 0  # fees of other rows that no balance here has told yet
    count, index = len(rows), 0
    while index < count:
        time, end = rest[index].time, index + 1
        while end < count and _at_once(rest[end].time, time):
            end += 1
        run: Sequence[Entry] = rest[index:end] if end - index > 1 else (rest[index],)
        if len(run) > 1:
            run = in_order(run, book.balance if book else None)
        if book is None:
            first = run[0]
            start = before(first)
            book = _Book(start, start)
        for entry in run:
            while at < len(owed) and _moment(owed[at]) <= _moment(entry):
                waiting, at = waiting + owed[at].fee, at + 1
            found = entry.balance
            assert found is not None
            expected = book.balance + entry.amount - takes(entry)
            if found != expected:
                may_be = [expected, expected - entry.fee] if entry.fee_code else [expected]
                if found not in (*may_be, *(each - waiting for each in may_be)):
                    breaks.append(Break(entry, expected, found))
                    book.breaks += 1
            waiting = ZERO  # whether they were taken here or not, this balance has told
            book.balance = found
            book.rows += 1
        index = end
    assert book is not None
    return book


def before(entry: Entry) -> Decimal:
    """What a purse had before a row, by the row itself."""
    assert entry.balance is not None
    return entry.balance - entry.amount + takes(entry)


def _faults(rows: Iterable[Entry], balance: Decimal | None) -> int:
    """How often the rule is broken if the rows come in this order."""
    count = 0
    for entry in rows:
        count += balance is not None and before(entry) != balance
        balance = entry.balance
    return count


def in_order(run: Sequence[Entry], balance: Decimal | None) -> Sequence[Entry]:
    """The rows of one moment in the order that breaks the rule least: each leads from one balance to another.

    >>> def row(line, amount, after):
    ...     return Entry(line, "", "", None, "trade", Purse("EUR"), Decimal(amount), Decimal(0), Decimal(after))
    >>> [each.line for each in in_order([row(2, -1, 7), row(3, 5, 10), row(4, -2, 8)], Decimal(5))]
    [3, 4, 2]
    """
    least = _faults(run, balance)
    if not least:
        return run
    best = run
    for other in (run[::-1], [*_trail(run, balance)]):
        faults = _faults(other, balance)
        if faults < least:
            best, least = other, faults
    return best


def _trail(run: Sequence[Entry], balance: Decimal | None) -> Iterator[Entry]:
    """Rows as a trail through balances (Hierholzer): each goes on where one before it ended, as far as that goes."""
    leaving: dict[Decimal, list[Entry]] = {}
    surplus: dict[Decimal, int] = {}
    for entry in reversed(run):
        assert entry.balance is not None
        start = before(entry)
        leaving.setdefault(start, []).append(entry)
        surplus[start] = surplus.get(start, 0) + 1
        surplus[entry.balance] = surplus.get(entry.balance, 0) - 1
    starts = [start for start in leaving if surplus[start] > 0] or [*leaving]
    if balance in leaving:
        starts.insert(0, balance)
    for start in (*starts, *leaving):
        path: list[tuple[Decimal, Entry | None]] = [(start, None)]
        found: list[Entry] = []
        while path:
            at, by = path[-1]
            if leaving.get(at):
                entry = leaving[at].pop()
                assert entry.balance is not None
                path.append((entry.balance, entry))
            else:
                path.pop()
                if by is not None:
                    found.append(by)
        yield from reversed(found)

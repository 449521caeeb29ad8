"""A ledger's chapters: positions with all of their rows, and what else happened, in a line each."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from marginlib.analysis.ledger import Account
from marginlib.analysis.ledger_fees import Sums, sums_of
from marginlib.analysis.ledger_groups import Group, by_asset, family
from marginlib.analysis.ledger_positions import Life
from marginlib.engine.amounts import ZERO
from marginlib.engine.legible import legible
from marginlib.reading.entries import Entry
from marginlib.telling.ledger import amounts
from marginlib.telling.numbers import exact, listed, money, number

_SAID = 60  # characters of a type that nobody knows
_ALIKE = 3  # rollovers in a row that are told together
_MARKS = {
    "settlement": "settled", "trade": "traded", "conversion": "traded", "deposit": "in", "withdrawal": "out",
    "reward": "in",
}  # fmt: skip
_NAMES = {
    "trade": "An ordinary trade, not on margin", "conversion": "A conversion", "deposit": "A deposit",
    "withdrawal": "A withdrawal", "transfer": "A transfer between wallets", "reward": "A reward",
    "adjustment": "A correction by the exchange",
    "closing": "A closing of a position that was opened before this ledger begins",
    "settlement": "A settlement of a position that was opened before this ledger begins",
}  # fmt: skip

Told = tuple[Entry, Group]
"""A row, and the group that it belongs to."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A position's life, or a group of rows that belongs to none, by its number."""

    id: int
    group: Group
    life: Life | None = None

    @property
    def groups(self) -> tuple[Group, ...]:
        """Its groups: a position's opening, and what probably ended it."""
        return (self.group, *(each.group for each in self.life.endings)) if self.life else (self.group,)

    @property
    def rows(self) -> list[Told]:
        """Its rows, in the order of time."""
        return self.life.rows if self.life else [(each, self.group) for each in self.group.entries]

    @property
    def quote(self) -> str:
        """The currency that it is priced in, as far as its rows tell."""
        return self.life.quote if self.life else self.group.quote

    @property
    def times(self) -> list[datetime]:
        """When its rows were booked."""
        return [each.time for each, _ in self.rows if each.time]

    @property
    def moved(self) -> dict[str, Decimal]:
        """What its rows move, by asset, without fees."""
        found = {asset: each.amount + each.converted for asset, each in by_asset(self.group.entries).items()}
        return {asset: amount for asset, amount in found.items() if amount}

    def sums(self, account: Account) -> Sums:
        """What it comes to."""
        return account.sums(self.life) if self.life else sums_of((self.group,), account.rulebook)


def chapters_of(account: Account) -> list[Chapter]:
    """All that happened, in the order in which it began; what ended a position is told with it.

    >>> from marginlib.analysis.ledger import look
    >>> from marginlib.reading.entries import Ledger
    >>> chapters_of(look(Ledger(())))
    []
    """
    lives = {id(each.group): each for each in account.positions}
    ended = {id(each.group) for life in account.positions for each in life.endings}
    own = [each for each in account.groups if id(each) not in ended and each.time is not None]
    return [Chapter(at, group, lives.get(id(group))) for at, group in enumerate(own)]


def mark(group: Group) -> str:
    """How a group is drawn (see :mod:`marginlib.lessons.ledger.timeline`)."""
    if group.kind == "opening":
        return "opened"
    if group.kind == "closing":
        moved = [each.amount for each in group.of("margin")]
        return "profit" if any(each > 0 for each in moved) else "loss" if any(moved) else "even"
    if group.kind == "transfer":
        return "in" if group.entries[0].amount > 0 else "out"
    return _MARKS.get(group.kind, "other")


def times(count: int, word: str) -> str:
    """So many of something.

    >>> times(1, "rollover"), times(1200, "row")
    ('1 rollover', '1,200 rows')
    """
    return f"{number(Decimal(count), 0)} {word}{'' if count == 1 else 's'}"


def what(chapter: Chapter) -> str:
    """What happened, in a line; in which currency a fee was taken isn't given away."""
    if chapter.life:
        priced = f" priced in {legible(chapter.quote)}" if chapter.quote else ""
        begun = "" if chapter.life.opened else ", opened before this ledger begins"
        rollovers = len(chapter.life.rollovers)
        return f"A position{priced}{begun}: {', '.join([times(rollovers, 'rollover'), _ended(chapter.life)])}"
    if chapter.group.kind == "trade" and chapter.moved:
        pays = [money(-amount, asset) for asset, amount in chapter.moved.items() if amount < 0]
        gets = [money(amount, asset) for asset, amount in chapter.moved.items() if amount > 0]
        if pays and gets:
            return f"An ordinary trade: {listed(pays)} for {listed(gets)}"
        return f"One side of a trade: {f'{listed(pays)} out' if pays else f'{listed(gets)} in'}"
    if name := _NAMES.get(chapter.group.kind):
        return name
    return f"“{legible(chapter.group.entries[0].type)[:_SAID]}”: a word of the exchange that isn’t known here"


def _ended(life: Life) -> str:
    parts = len(life.endings)
    match life.status:
        case "open":
            return "closed in part" if parts else "still open"
        case "closed":
            return "closed" if parts == 1 else f"closed in {parts} parts"
        case "settled":
            return "settled" if parts == 1 else "closed in part, then settled" if _closed(life) else "settled in parts"
    return "how it ended isn’t told"


def _closed(life: Life) -> bool:
    return any(each.group.kind == "closing" for each in life.endings)


def result(chapter: Chapter, account: Account) -> tuple[str, str]:
    """What it came to, and whether that is a profit or a loss."""
    if chapter.life or chapter.group.kind == "closing":
        moved = chapter.sums(account).pnl
        some = {asset: amount for asset, amount in moved.items() if amount}
        way = "profit" if any(each > 0 for each in some.values()) else "loss" if some else ""
    else:
        some, way = ({} if chapter.group.kind == "trade" else chapter.moved), ""
    if not some:
        return "", ""
    first, *others = some.items()
    sign = {"profit": "▲ ", "loss": "▼ "}.get(way, "")
    return f"{sign}{money(first[1], first[0], sign=True)}{f' and {len(others)} more' if others else ''}", way


def sounds(chapter: Chapter, account: Account) -> float:
    """How high a chapter sounds: what it moved of its quote currency, or of the first one."""
    moved = chapter.sums(account).pnl if chapter.life else chapter.moved
    return float(moved.get(chapter.quote, next(iter(moved.values()), ZERO)))


def runs(rows: Sequence[Told]) -> Iterator[list[Told]]:
    """Rows one by one, but rollovers that follow each other with the same kind of fee together."""
    for (alike, _), some in itertools.groupby(rows, lambda row: _alike(row[0])):
        run = list(some)
        yield from [run] if alike and len(run) >= _ALIKE else [[each] for each in run]


def _alike(entry: Entry) -> tuple[bool, object]:
    alike = family(entry.type, entry.subtype) == "rollover" and bool(entry.fee) and not entry.amount
    return alike, (entry.purse, entry.fee_asset) if alike else entry.line


def told_run(run: Sequence[Told], account: Account) -> str:
    """Rollovers that are alike, in words."""
    entries = [each for each, _ in run]
    total = {entries[0].fee_asset: sum((each.fee for each in entries), ZERO)}
    hours = exact(account.rulebook.rollover_hours)
    return f"{times(len(entries), 'rollover')}, one for every {hours} hours: {amounts(total)} in all (B6, R21)."

"""What a ledger's rows come to: profit and loss, each kind of fee, and what else moved, by asset; exact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from marginlib.analysis.ledger_groups import Group, Taken, by_asset, family, is_conversion
from marginlib.engine.amounts import ZERO
from marginlib.engine.rulebook import Rulebook
from marginlib.reading.entries import Entry

FeeKind = Literal[
    "opening", "rollover", "closing", "conversion", "conversion_and_closing", "settlement", "trading", "other"
]
"""What a fee is for. "opening": the trading and the opening fee together, as exports have them in one figure;
"closing": the trading fee of a closing; "conversion_and_closing": a conversion's and a closing's trading fee in one
figure; "trading": that of ordinary orders."""


@dataclass(slots=True)
class Sums:
    """Amounts by asset: what closings brought and took (fees aside), fees by what they were for, and all else moved."""

    pnl: dict[str, Decimal] = field(default_factory=dict)
    fees: dict[FeeKind, dict[str, Decimal]] = field(default_factory=dict)
    moved: dict[str, dict[str, Decimal]] = field(default_factory=dict)

    def add(self, entry: Entry, group: Group, kind: FeeKind) -> None:
        """Count a row in."""
        asset = entry.purse.asset
        if amount := entry.amount:
            if group.bears(entry):
                moved = self.pnl
            else:
                what = family(entry.type, entry.subtype)
                moved = self.moved.setdefault("opening" if what == "margin" else what, {})
            moved[asset] = moved[asset] + amount if asset in moved else amount
        if fee := entry.fee:
            fees = self.fees.get(kind)
            if fees is None:
                fees = self.fees[kind] = {}
            asset = entry.fee_code or asset
            fees[asset] = fees[asset] + fee if asset in fees else fee

    def plus(self, other: "Sums") -> None:
        """Count in all that others come to."""
        self.pnl = added((self.pnl, other.pnl))
        for kind, book in other.fees.items():
            self.fees[kind] = added((self.fees.get(kind, {}), book))
        for what, book in other.moved.items():
            self.moved[what] = added((self.moved.get(what, {}), book))

    def count(self, groups: Iterable[Group], book: Rulebook) -> None:
        """Count in all rows of some groups."""
        for group in groups:
            for entry, kind in with_kinds(group, book):
                self.add(entry, group, kind)

    @property
    def all_fees(self) -> dict[str, Decimal]:
        """All fees together, by asset."""
        return added(self.fees.values())


def added(books: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Amounts by asset, added up.

    >>> added([{"EUR": Decimal(1)}, {"EUR": Decimal(2), "BTC": Decimal(3)}])
    {'EUR': Decimal('3'), 'BTC': Decimal('3')}
    """
    total: dict[str, Decimal] = {}
    for book in books:
        for asset, amount in book.items():
            total[asset] = total.get(asset, ZERO) + amount
    return total


def sums_of(groups: Iterable[Group], book: Rulebook) -> Sums:
    """What some groups come to."""
    sums = Sums()
    sums.count(groups, book)
    return sums


def with_kinds(group: Group, book: Rulebook) -> list[tuple[Entry, FeeKind]]:
    """The rows of a group that count, each with what its fee is for."""
    taken = by_asset(group.entries) if group.kind == "closing" and len(group.entries) > 1 else {}
    return [(entry, _kind(entry, group, taken, book)) for entry in group.entries if not entry.pending]


def _kind(entry: Entry, group: Group, taken: Mapping[str, Taken], book: Rulebook) -> FeeKind:
    match family(entry.type, entry.subtype):
        case "margin" if group.kind == "closing":
            if entry.asset == group.quote or entry.amount >= 0:
                return "closing"
            each = taken.get(entry.asset)
            return "conversion" if each is None or is_conversion(each, book) else "conversion_and_closing"
        case "margin":
            return "opening"
        case "rollover" | "conversion" | "settlement" as same:
            return same
        case "trade":
            return "trading"
        case _:
            return "other"

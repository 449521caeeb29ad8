"""Rows that belong together by their refid, and what each such group is: an opening, a closing, a settlement.

A ledger has no column that says so: an opening and a closing are both rows of the type margin. What a group is follows
from its types and amounts, and where that doesn't decide it, the group says that it isn't sure.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from marginlib.analysis.ledger_balances import before, in_order
from marginlib.engine.amounts import ZERO
from marginlib.engine.rulebook import Rulebook
from marginlib.reading.entries import Entry

Kind = Literal[
    "opening", "rollover", "closing", "settlement", "conversion", "trade", "deposit", "withdrawal", "transfer",
    "reward", "adjustment", "unknown",
]  # fmt: skip
"""What a group is; "rollover": rollovers of a position whose opening isn't in the ledger."""
Family = Literal[
    "margin", "rollover", "settlement", "conversion", "trade", "deposit", "withdrawal", "transfer", "reward",
    "adjustment", "unknown",
]  # fmt: skip
"""What a row is by its type."""

_FAMILIES: dict[str, Family] = {
    "margin": "margin", "margintrade": "margin", "rollover": "rollover", "marginrollover": "rollover",
    "settled": "settlement", "settle": "settlement", "settlement": "settlement", "marginsettle": "settlement",
    "conversion": "conversion", "trade": "trade", "spend": "trade", "receive": "trade", "sale": "trade",
    "equitytrade": "trade", "nfttrade": "trade", "tradespot": "trade", "instant": "trade",
    "deposit": "deposit", "withdrawal": "withdrawal", "hybridearnwithdrawal": "withdrawal",
    "hybridearndeposit": "deposit", "unstaking": "transfer",
    "transfer": "transfer", "custodytransfer": "transfer", "reserve": "transfer",
    "staking": "reward", "earn": "reward", "reward": "reward", "dividend": "reward", "airdrop": "reward",
    "invitebonus": "reward", "nftrebate": "reward", "stakingrewards": "reward", "creatorfee": "reward",
    "nftcreatorfee": "reward", "welcomebonus": "reward",
    "adjustment": "adjustment", "credit": "adjustment",
}  # fmt: skip
_PRIORITY: tuple[Family, ...] = (
    "margin", "settlement", "trade", "conversion", "rollover", "deposit", "withdrawal", "transfer", "reward",
    "adjustment", "unknown",
)  # fmt: skip
_MOVED_WITHIN = ("allocation", "migration", "transfer", "fromspot", "tospot", "fromstaking", "tostaking")
_MOST_QUOTES = 40  # assets of a closing that are tried as its quote


@functools.lru_cache(maxsize=4096)
def family(kind: str, subtype: str = "") -> Family:
    """What a row is by its type and subtype, however they are spelt.

    >>> family("margin_conversion"), family("collateralconversion"), family("earn", "autoallocation"), family("fork")
    ('conversion', 'conversion', 'transfer', 'unknown')
    """
    plain, more = ("".join(each for each in text.lower() if each.isalnum()) for text in (kind, subtype))
    found = _FAMILIES.get(plain, "unknown")
    if found == "reward" and any(each in more for each in _MOVED_WITHIN):
        return "transfer"
    if plain.endswith("conversion") or (found == "transfer" and more.endswith("conversion")):
        return "conversion"
    return found


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with the same refid, in the order of time, and what they are.

    ``quote`` is the currency that they are priced in, as far as rows tell; ``sure`` is whether their types and amounts
    leave no doubt of what they are.
    """

    refid: str
    kind: Kind
    entries: tuple[Entry, ...]
    quote: str = ""
    sure: bool = True

    @property
    def time(self) -> datetime | None:
        """When it began."""
        return self.entries[0].time

    @property
    def beside(self) -> str:
        """What the quote was bought with at par, if both are the same money: it may be priced in that as well (C6)."""
        if len(self.entries) < 2:
            return ""
        rows = self.of("conversion")
        bought = sum((each.amount for each in rows if each.asset == self.quote), ZERO)
        for each in rows:
            if each.asset != self.quote and money(each.asset) == money(self.quote) and 0 < bought == -each.amount:
                return each.asset
        return ""

    def bears(self, entry: Entry) -> bool:
        """Whether the amount of one of its rows is a closing's profit or loss, as a margin row's is.

        A conversion's is where nothing is brought: else the loss is a row by itself, taken from what came in.
        """
        if self.kind != "closing":
            return False
        what = family(entry.type, entry.subtype)
        return what == "margin" or (what == "conversion" and not any(each.amount > 0 for each in self.entries))

    def of(self, *families: Family) -> list[Entry]:
        """Its rows of some types."""
        return [entry for entry in self.entries if family(entry.type, entry.subtype) in families]


def groups_of(entries: Iterable[Entry], book: Rulebook) -> list[Group]:
    """All rows in groups by refid, in the order in which the groups began; a row without a refid is one by itself."""
    by_refid: dict[str, list[Entry]] = {}
    for entry in entries:
        by_refid.setdefault(entry.refid or f" {entry.line}", []).append(entry)
    found: list[Group] = []
    for rows in by_refid.values():
        if len(rows) == 1:
            found.append(_single(rows[0], book))
        else:
            found += _grouped(rows, book)
    return found


def _single(entry: Entry, book: Rulebook) -> Group:
    kind = family(entry.type, entry.subtype)
    if kind == "margin":
        closing = bool(entry.amount)
        # An opening moves nothing; neither does a closing at the opening's price, so the first is only likely.
        quote = closing_quote((entry,), book) if entry.amount < 0 else entry.asset
        return Group(entry.refid, "closing" if closing else "opening", (entry,), quote, closing)
    return Group(entry.refid, kind, (entry,), entry.asset if kind == "rollover" else "")


def _grouped(rows: list[Entry], book: Rulebook) -> list[Group]:
    """The group of a refid; two, if a position's closing has the refid of its opening."""
    families = [family(entry.type, entry.subtype) for entry in rows]
    present = set(families)
    refid = rows[0].refid
    main = next(each for each in _PRIORITY if each in present)
    if main != "margin":
        quote = ""
        if main == "rollover":
            quote = rows[0].asset
        elif main == "settlement":
            quote = _settled_quote(rows, book)
        return [Group(refid, main, tuple(rows), quote)]
    margin = [entry for entry, each in zip(rows, families, strict=True) if each == "margin"]
    rollovers = [entry for entry, each in zip(rows, families, strict=True) if each == "rollover"]
    if not any(entry.amount for entry in margin):
        return [Group(refid, "opening", tuple(rows), _opening_quote(margin, rows), bool(rollovers))]
    if not rollovers and all(entry.time == margin[0].time for entry in margin):
        return [Group(refid, "closing", tuple(rows), closing_quote(rows, book))]
    return _parted(refid, rows, margin, rollovers, book)


def _parted(refid: str, rows: list[Entry], margin: list[Entry], rollovers: list[Entry], book: Rulebook) -> list[Group]:
    """A refid with rollovers, or margin rows of several moments, some of which move something."""
    begun = margin[0].time
    first = [entry for entry in margin if entry.time == begun]
    opened = not any(entry.amount for entry in first)
    if not opened and rollovers and _not_after(begun, rollovers[0].time):
        opened = True  # its fees were taken as a loss is (A4): rows that move something, and rollovers after them
    if not opened and not rollovers:  # one order that closed at several moments
        return [Group(refid, "closing", tuple(rows), closing_quote(rows, book))]
    ends = {entry.time for entry in margin if entry.amount and not (opened and entry.time == begun)}
    kept = [entry for entry in rows if entry.time not in ends or family(entry.type, entry.subtype) == "rollover"]
    ended = [entry for entry in rows if entry.time in ends and family(entry.type, entry.subtype) != "rollover"]
    found = []
    if kept:
        moves = any(entry.amount for entry in first)
        quote = (closing_quote(first, book) if moves else _opening_quote(first, kept)) if opened else kept[0].asset
        found.append(Group(refid, "opening" if opened else "rollover", tuple(kept), quote))
    if ended:
        found.append(Group(refid, "closing", tuple(ended), closing_quote(ended, book)))
    return found


def _not_after(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one <= other


def _opening_quote(margin: Sequence[Entry], rows: Sequence[Entry]) -> str:
    """What an opening is priced in: of several rows the one that takes nothing; else what the fee is in."""
    if len(margin) > 1:
        for entry in margin:
            if not entry.fee:
                return entry.asset
        held = {entry.asset for entry in rows if family(entry.type, entry.subtype) == "conversion" and entry.amount > 0}
        for entry in margin:
            if entry.asset in held:
                return entry.asset
    return margin[0].asset


def _settled_quote(rows: Sequence[Entry], book: Rulebook) -> str:
    """Which side of a settlement is the quote: the only one that is cash, or else a dollar or euro coin; "" if unclear.

    An order's pair isn't in a ledger; but cash is never a base where the other side is none.
    """
    assets = {entry.asset for entry in rows if entry.amount}
    for known in (book.cash, _COINS.keys(), book.majors):
        found = assets & known
        if len(found) == 1 and len(assets) == 2:
            return found.pop()
        if found:
            return ""
    return ""


_COINS = {
    "USDT": "USD", "USDC": "USD", "USDG": "USD", "DAI": "USD", "PYUSD": "USD", "RLUSD": "USD", "USDQ": "USD",
    "USDR": "USD", "EURC": "EUR", "EURT": "EUR", "EURR": "EUR", "EURQ": "EUR",
}  # fmt: skip


def money(asset: str) -> str:
    """The cash that a coin stands for; of anything else itself.

    >>> money("EURC"), money("EUR"), money("BTC")
    ('EUR', 'EUR', 'BTC')
    """
    return _COINS.get(asset, asset)


class Taken:
    """What the rows of a closing move of one asset, added up; a fee by itself, of a row that moves nothing, apart."""

    __slots__ = ("after", "amount", "asset", "before", "charge", "converted", "fee", "lines")

    def __init__(self, asset: str, rows: Sequence[Entry]) -> None:
        self.asset, self.amount, self.fee, self.converted, self.charge = asset, ZERO, ZERO, ZERO, ZERO
        self.before: Decimal | None = None
        self.after: Decimal | None = None
        self.lines = [entry.line for entry in rows]
        for entry in rows:
            fee = ZERO if entry.fee_code else entry.fee
            if not entry.amount:
                self.charge += fee
            elif family(entry.type, entry.subtype) == "conversion":
                self.converted, self.fee = self.converted + entry.amount, self.fee + fee
            else:
                self.amount, self.fee = self.amount + entry.amount, self.fee + fee
        told = [entry for entry in rows if entry.balance is not None]
        if told:
            told = told if len(told) == 1 else [*in_order(told, None)]
            self.before, self.after = before(told[0]), told[-1].balance

    @property
    def taken(self) -> Decimal:
        """What is taken from the balance for a loss, with the fees of its conversion."""
        return self.fee - self.amount - self.converted

    def fee_share(self) -> tuple[Decimal, Decimal]:
        """The fee, and what it was taken out of: its rate is the one divided by the other."""
        return self.fee, self.taken


def by_asset(rows: Iterable[Entry]) -> dict[str, Taken]:
    """What rows move, asset by asset, in the order of the rows."""
    found: dict[str, list[Entry]] = {}
    for entry in rows:
        found.setdefault(entry.asset, []).append(entry)
    return {asset: Taken(asset, those) for asset, those in found.items()}


def closing_quote(rows: Sequence[Entry], book: Rulebook) -> str:
    """What a closing is priced in: where its profit went, or what converted deductions were converted into.

    Empty if all of it was taken of one crypto currency for a conversion's fee (R16): the quote is another one then.

    >>> from marginlib import rulebook
    >>> from marginlib.reading.entries import Purse
    >>> def row(asset, amount, fee):
    ...     return Entry(2, "L", "T", None, "margin", Purse(asset), Decimal(amount), Decimal(fee), None)
    >>> closing_quote([row("BTC", "-0.00975", "0.00025"), row("EUR", -100, 0)], rulebook())
    'EUR'
    """
    taken = by_asset(rows)
    margin = [asset for asset, each in taken.items() if each.amount]
    gained = [asset for asset, each in taken.items() if each.amount > 0]
    if len(gained) == 1:
        return gained[0]
    bought = [asset for asset, each in taken.items() if each.converted > 0]
    if len(bought) == 1:
        return bought[0]
    if len(taken) == 1 or not margin:
        asset, each = next(iter(taken.items()))
        return "" if each.amount < 0 and money(asset) not in book.cash and _surely_converted(each, book) else asset
    candidates = [*taken][:_MOST_QUOTES]
    return max(candidates, key=lambda asset: _fits(asset, taken, book))


def _fits(quote: str, taken: Mapping[str, Taken], book: Rulebook) -> tuple[int, bool, bool]:
    """How well a currency fits as a closing's quote: the others' fees are at least those of their conversion (R16)."""
    score = 0
    for asset, each in taken.items():
        if asset != quote and each.amount < 0:
            fee, out_of = each.fee_share()
            score += 1 if fee >= out_of * book.conversion_fee(asset, quote) - rounding(each, book) else -1
    own = taken[quote]
    if own.amount < 0 and own.fee and is_conversion(own, book):
        score -= 1  # it was converted itself
    return score, not own.amount and not own.fee, quote in book.cash


def is_conversion(each: Taken, book: Rulebook) -> bool:
    """Whether a deduction's fee is one of those that a conversion costs (R16), but for rounding."""
    return any(near(each, rate, book) for rate in book.conversion_fees.values())


def _surely_converted(each: Taken, book: Rulebook) -> bool:
    """Whether the fee has so many digits that it isn't a conversion's by chance."""
    return each.fee > 20 * rounding(each, book) and is_conversion(each, book)


def near(each: Taken, rate: Decimal, book: Rulebook) -> bool:
    """Whether a deduction's fee is a share of what was taken, but for rounding (A8)."""
    fee, out_of = each.fee_share()
    return abs(fee - out_of * rate) <= rounding(each, book)


def rounding(each: Taken, book: Rulebook) -> Decimal:
    """How far a fee may be off its rate without being at another one: the last digits of an export."""
    return 2 * len(each.lines) * Decimal(1).scaleb(-book.places(each.asset)) + abs(each.taken) * _LITTLE


_LITTLE = Decimal("0.000001")

"""A ledger's chapters: what belongs together in it, in a line each, and its rows in words with their rules."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from marginlib.analysis.ledger_groups import Group, by_asset, family
from marginlib.engine.amounts import ZERO
from marginlib.engine.legible import legible
from marginlib.reading.entries import Entry, Purse
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import exact, listed, money, number, percent

_SAID = 60  # characters of a type that nobody knows
_ALIKE = 3  # rollovers in a row that are told together
_DRAWN = {
    "opening": "opened", "rollover": "other", "settlement": "settled", "trade": "traded", "conversion": "traded",
    "deposit": "in", "withdrawal": "out", "reward": "in",
}  # fmt: skip
_NAMES = {
    "trade": "An ordinary trade, not on margin", "conversion": "A conversion", "deposit": "A deposit",
    "withdrawal": "A withdrawal", "transfer": "A transfer between your own wallets", "reward": "A reward",
    "adjustment": "A correction by the exchange",
    "settlement": "A position is settled: what was extended is paid back, what it brought is kept",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chapter:
    """A group of rows by its number."""

    id: int
    group: Group

    @property
    def kind(self) -> str:
        """What the group is."""
        return self.group.kind

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its rows, in the order of time."""
        return self.group.entries

    @property
    def mark(self) -> str:
        """How it is drawn (see :mod:`marginlib.lessons.ledger.timeline`)."""
        if self.kind == "closing":
            moved = [each.amount for each in self.group.of("margin")]
            return "profit" if sum(moved, ZERO) > 0 else "loss" if any(moved) else "even"
        if self.kind == "transfer":
            return "in" if self.entries[0].amount > 0 else "out"
        return _DRAWN.get(self.kind, "other")

    @property
    def moved(self) -> dict[str, Decimal]:
        """What its rows move, by asset, without fees."""
        return {asset: each.amount + each.converted for asset, each in by_asset(self.entries).items() if each.amount}


def named(purse: Purse) -> str:
    """What a balance is called.

    >>> named(Purse("DOT", "S")), named(Purse("EUR", "", "earn / flexible"))
    ('DOT.S', 'EUR (earn / flexible)')
    """
    code = f"{purse.asset}.{purse.held}" if purse.held else purse.asset
    return legible(f"{code} ({purse.wallet})" if purse.wallet else code)


def amounts(by_asset: Mapping[str, Decimal], *, sign: bool = False) -> str:
    """Amounts of several assets, as a sentence lists them.

    >>> amounts({"EUR": Decimal(5), "BTC": Decimal("0.1")}, sign=True)
    '+5.00 EUR and +0.1 BTC'
    """
    return listed([money(amount, asset, sign=sign) for asset, amount in by_asset.items()])


def times(count: int, word: str) -> str:
    """So many of something.

    >>> times(1, "rollover"), times(1200, "row")
    ('1 rollover', '1,200 rows')
    """
    return f"{number(Decimal(count), 0)} {word}{'' if count == 1 else 's'}"


def what(chapter: Chapter) -> str:
    """What happened, in a line; in which currency a fee was taken isn't given away."""
    group = chapter.group
    rollovers = len(group.of("rollover"))
    priced = f", in {legible(group.quote)}" if group.quote else ""
    match chapter.kind:
        case "opening":
            then = f"; then {times(rollovers, 'rollover')}" if rollovers else ""
            return f"A position is opened{priced}{then}"
        case "rollover":
            return f"A position that was opened before this export{priced}: {times(rollovers, 'rollover')}"
        case "closing":
            taken = [asset for asset, amount in chapter.moved.items() if amount < 0]
            several = f"; the loss is taken from {len(taken)} currencies" if len(taken) > 1 else ""
            return f"A position, or a part of one, is closed{priced}{several}"
        case "trade" if chapter.moved:
            return f"Traded: {amounts(chapter.moved, sign=True)}"
        case "unknown":
            return f"“{legible(chapter.entries[0].type)[:_SAID]}”: a word of the exchange that isn’t known here"
    return _NAMES[chapter.kind]


def result(chapter: Chapter) -> str:
    """What it came to: an amount, with a sign that doesn't hang on colour."""
    mark = {"profit": "▲ ", "loss": "▼ "}.get(chapter.mark, "")
    if chapter.kind in ("closing", "deposit", "withdrawal", "reward", "transfer", "adjustment") and chapter.moved:
        first, *others = chapter.moved.items()
        return f"{mark}{money(first[1], first[0], sign=True)}{f' and {len(others)} more' if others else ''}"
    return ""


def runs(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Rows one by one, but rollovers that follow each other with the same kind of fee together."""
    found: list[list[Entry]] = []
    for (alike, _), rows in itertools.groupby(entries, _alike):
        some = list(rows)
        found += [some] if alike and len(some) >= _ALIKE else [[each] for each in some]
    return found


def _alike(entry: Entry) -> tuple[bool, object]:
    alike = family(entry.type, entry.subtype) == "rollover" and bool(entry.fee) and not entry.amount
    return alike, (entry.purse, entry.fee_asset) if alike else entry.line


def told_run(run: Sequence[Entry]) -> str:
    """Rollovers that are alike, in words."""
    total = sum((each.fee for each in run), ZERO)
    return (
        f"{times(len(run), 'rollover')}, one for every {_hours()} hours that the loan goes on: "
        f"{money(total, run[0].fee_asset)} in all (B6, R21)."
    )


def told(entry: Entry, chapter: Chapter, first: bool) -> str:
    """A row in words, and the rules behind it; ``first`` says whether it is the first one of its kind in its chapter."""
    asset, kind = entry.asset, family(entry.type, entry.subtype)
    fee = money(entry.fee, entry.fee_asset)
    gives = entry.amount < 0
    if kind == "rollover":
        if entry.amount:
            return "A rollover that no single balance could pay whole: it is taken as a loss is (A4, R13, B6)."
        return f"A rollover, for {_hours()} hours more of the loan: {fee} (B6, R21)."
    if kind == "margin":
        return _opening(entry, first) if chapter.kind in ("opening", "rollover") else _closing(entry, chapter, first)
    if kind == "settlement":
        if gives:
            return f"You pay back {money(-entry.amount, asset)}, what was extended, out of your own balance (R3, R5)."
        return f"You keep {money(entry.amount, asset)}, what the opening brought: it is free now (R4)."
    amount = money(abs(entry.amount), asset)
    paid = f", for a fee of {fee}" if entry.fee else ""
    match kind:
        case "conversion":
            return f"{'Converted away' if gives else 'What the conversion brings'}: {amount}{paid} (R16, C6)."
        case "trade":
            return f"You {'give' if gives else 'get'} {amount}{paid}."
        case "deposit" | "reward":
            return f"{amount} come in{paid}."
        case "withdrawal":
            return f"{amount} go out{paid}."
        case "transfer":
            return f"{amount} {'leave' if gives else 'reach'} this wallet; no more and no less is yours."
    return f"The exchange’s word for it is “{legible(entry.type)[:_SAID]}”; there is no rule for it here."


def _hours() -> str:
    return exact(rulebook().rollover_hours)


def _opening(entry: Entry, first: bool) -> str:
    fee = money(entry.fee, entry.fee_asset)
    if entry.amount:
        return "The fees of the opening, which no single balance could pay whole: taken as a loss is (A4, R13)."
    if not entry.fee:
        return "The position is opened. What was lent, and what it bought or sold, is in no row (R1)."
    if first:
        return (
            f"The position is opened. What was lent, and what it bought or sold, is in no row (R1); the fee is: {fee}, "
            "for trading and for opening (B6, A4)."
        )
    return f"A second fee of the same opening, in a currency of its own: {fee} (B6, A4)."


def _closing(entry: Entry, chapter: Chapter, first: bool) -> str:
    asset, quote = entry.asset, chapter.group.quote
    fee = money(entry.fee, entry.fee_asset)
    trading = f" The fee of this trade: {fee} (A4, A9)." if entry.fee else ""
    if not entry.amount:
        return f"A fee of the closing: {fee} (A4, A9)." if entry.fee else "The position is closed (R9)."
    if entry.amount > 0:
        return f"What is left after the loan is repaid is profit: it is added in the pair’s quote currency (R10, R11).{trading}"
    if asset == quote or (not quote and first):
        return f"What is missing to repay the loan is a loss; {money(-entry.amount, asset)} go first, for that is the pair’s quote currency (R11, R13).{trading}"
    gone = entry.fee - entry.amount
    share = f", {fee} of them as the fee, which is {percent(entry.fee / gone, 1)}" if entry.fee and gone else ""
    before = f"{legible(quote)} didn’t reach" if quote else "That didn’t reach"
    return f"{before}: {money(gone, asset)} are converted for what is missing{share} (R13, R16, A1)."


def charges(chapter: Chapter) -> Iterable[Entry]:
    """Rows whose fee is a charge of a position, and no part of a loss that was converted."""
    return (each for each in chapter.group.of("margin", "rollover") if each.fee and not each.amount)

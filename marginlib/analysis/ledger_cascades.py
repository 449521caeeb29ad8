"""A closing whose loss several balances bore, laid beside the order that R13 gives for it.

The balances before it are known from the ledger, the order of collateral from the rulebook. BASE isn't in a ledger:
unless it is told, it is looked for among what was taken, and taken for the base only if the order then fits.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from marginlib.analysis.ledger_groups import Group, Taken, by_asset, near, rounding
from marginlib.engine.amounts import ZERO
from marginlib.engine.cascade import preference
from marginlib.engine.practice import Why
from marginlib.engine.rulebook import Rulebook
from marginlib.reading.entries import Entry, Purse

What = Literal["skipped", "left", "rate", "together", "order"]
"""How a cascade differs from R13 to R16: a currency that had funds was passed over; one was not emptied before the next
was taken; a conversion's fee isn't R16's; it is more, so the closing's trading fee is probably in the same figure (A4);
its rows stand in another order."""


_OF_THE_ORDER = ("skipped", "left", "order")
_MOST_TRIED = 40  # bases of a loss, and closings of one moment


@dataclass(frozen=True, slots=True)
class Deduction:
    """What was taken of one currency: in all, the fee in it, and the balance before and after, in that currency.

    ``rate`` is the fee's share of what was taken, ``by_rule`` the share that R16 asks; None for the quote currency.
    ``why`` is its place in R13's order.
    """

    asset: str
    taken: Decimal
    fee: Decimal
    before: Decimal | None
    after: Decimal | None
    rate: Fraction | None
    by_rule: Decimal | None
    why: Why | None
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a cascade differs from the rules; the amount is a balance that was there, in its currency."""

    what: What
    asset: str
    rules: tuple[str, ...]
    amount: Decimal | None = None
    rate: Fraction | None = None
    by_rule: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Cascade:
    """A loss that other currencies than the quote bore, or several; what R13 says of it, and how it differs."""

    group: Group
    quote: str
    base: str
    base_known: Literal["told", "guessed", "unknown"]
    deductions: tuple[Deduction, ...]
    expected: tuple[str, ...]
    """What had funds, in R13's order, as far as the loss went; nothing behind the last currency that was taken."""
    differences: tuple[Difference, ...]
    together: int = 1
    """How many closings the ledger has at the same moment: more than one is an order that closed lots, or a
    liquidation."""


def second(time: datetime | None) -> datetime | None:
    """The second of a moment: an API's times have fractions of it, and what comes at once differs in those."""
    return None if time is None else time.replace(microsecond=0)


def is_cascade(group: Group) -> bool:
    """Whether a closing took something beside its quote currency, or converted something for it."""
    if group.kind != "closing" or not group.quote or len(group.entries) < 2:
        return False
    return any(entry.amount < 0 and entry.asset != group.quote for entry in group.entries)


def cascade(group: Group, before: Mapping[Purse, Decimal], book: Rulebook, pair: str = "") -> Cascade:
    """Lay a closing beside R13; ``before``: all balances before it, ``pair``: BASE/QUOTE, if it is known."""
    told_base, _, told_quote = pair.partition("/")
    quote = told_quote or group.quote
    moved = by_asset(group.entries)
    takes = {asset: each for asset, each in moved.items() if each.amount < 0 or each.converted < 0}
    held = _held(group.entries, before, moved)
    base, known = told_base, "told"
    found = _differences(takes, held, base, quote, book)
    if not told_quote and group.beside and any(each.what in _OF_THE_ORDER for each in found):
        better = _differences(takes, held, base, group.beside, book, quote)
        if not any(each.what in _OF_THE_ORDER for each in better):  # it may be priced in that: the order fits
            return _laid(group, group.beside, quote, base, "told" if base else "unknown", takes, held, better, book)
    if not base:
        known = "unknown"
        if any(each.what in _OF_THE_ORDER for each in found):
            for guess in itertools.islice(takes, _MOST_TRIED):
                better = _differences(takes, held, guess, quote, book) if guess != quote else found
                if not any(each.what in _OF_THE_ORDER for each in better):
                    base, known, found = guess, "guessed", better
                    break
    return _laid(group, quote, quote, base, known, takes, held, found, book)


def _laid(
    group: Group, first: str, quote: str, base: str, known: str, takes: Mapping[str, Taken],
    held: Mapping[str, Decimal], found: Iterable[Difference], book: Rulebook,
) -> Cascade:  # fmt: skip
    """A cascade with ``first`` as the currency that R13 begins with."""
    places = {place.currency: place.why for place in preference(book.collateral_order, base, first, takes)}
    deductions = tuple(_deduction(each, quote, places, book) for each in takes.values())
    expected = _expected(takes, held, base, first, book)
    return Cascade(group, quote, base, known, deductions, expected, tuple(found))  # type: ignore[arg-type]


def _held(entries: Sequence[Entry], before: Mapping[Purse, Decimal], moved: Mapping[str, Taken]) -> dict[str, Decimal]:
    """The free balances before a closing, in its wallet: what its own rows say, else what rows before it said."""
    wallet = entries[0].purse.wallet
    held = {purse.asset: have for purse, have in before.items() if purse.wallet == wallet and not purse.held and have}
    return held | {asset: each.before for asset, each in moved.items() if each.before is not None}


def _order(takes: Iterable[str], held: Iterable[str], base: str, quote: str, book: Rulebook) -> list[str]:
    """R13's order, as far as the last currency that was taken: there may be hundreds behind it, and many losses."""
    places = [place for place in preference(book.collateral_order, base, quote, takes) if place.currency]
    first = [place.currency for place in places if place.why != "other"]
    if len(first) < len(places):
        known, last = {*first}, places[-1].currency
        first += sorted(code for code in {*held, *takes} if code <= last and code not in known)
    return first


def _expected(
    takes: Mapping[str, Taken], held: Mapping[str, Decimal], base: str, quote: str, book: Rulebook
) -> tuple[str, ...]:
    takes = _borne(takes)
    order = _order(takes, held, base, quote, book)
    last = max((at for at, asset in enumerate(order) if asset in takes), default=-1)
    return tuple(dict.fromkeys(code for code in order[: last + 1] if held.get(code, ZERO) > 0 or code in takes))


def _borne(takes: Mapping[str, Taken]) -> dict[str, Taken]:
    """Without what only went through a balance: bought with another currency and paid in the same moment."""
    return {asset: each for asset, each in takes.items() if each.taken > 0 or not each.converted}


def _differences(
    takes: Mapping[str, Taken], held: Mapping[str, Decimal], base: str, quote: str, book: Rulebook, into: str = ""
) -> list[Difference]:
    """How a loss in the quote was taken otherwise; ``into``: what was converted into, if it isn't the quote."""
    found: list[Difference] = []
    every, takes, into = takes, _borne(takes), into or quote
    expected = _expected(takes, held, base, quote, book)
    for asset in expected[:-1]:
        if asset not in takes:
            found.append(Difference("skipped", asset, ("R13", "R14"), held[asset]))
        elif (after := takes[asset].after) is not None and after > 0:
            found.append(Difference("left", asset, ("R13", "R14"), after))
    taken = [asset for asset in takes if asset != quote]  # a closing's row in the quote stands anywhere
    if not found and taken != [asset for asset in expected if asset in takes and asset != quote]:
        found.append(Difference("order", taken[0], ("R13",)))
    for asset, each in every.items():
        if asset == into:
            continue
        rule = book.conversion_fee(asset, into)
        if not near(each, rule, book) and each.taken > 0:
            fee, out_of = each.fee_share()
            more = fee - out_of * rule > rounding(each, book)
            rate = Fraction(fee) / Fraction(out_of)
            together = more and each.amount < 0
            rules = ("R16", "A4") if together else ("R16",)
            found.append(Difference("together" if together else "rate", asset, rules, None, rate, rule))
    return found


def _deduction(each: Taken, quote: str, places: Mapping[str, Why], book: Rulebook) -> Deduction:
    own = each.asset == quote
    rate = None if own or each.taken <= 0 else Fraction(each.fee) / Fraction(each.taken)
    by_rule = None if own else book.conversion_fee(each.asset, quote)
    return Deduction(
        each.asset, each.taken, each.fee, each.before, each.after, rate, by_rule, places.get(each.asset),
        tuple(each.lines),
    )  # fmt: skip


def gathered(groups: Iterable[Group], book: Rulebook) -> list[Group]:
    """The groups, where conversions that have a refid of their own are with the closing of their moment.

    A liquidation may be written as one group or as several: a conversion at the same moment that brought what a
    closing took, or a deduction that bears a conversion's fee (R16), belongs to that closing.
    """
    groups = [*groups]
    closings: dict[object, list[Group]] = {}
    for group in groups:
        if group.kind == "closing" and group.time is not None and any(entry.amount < 0 for entry in group.entries):
            those = closings.setdefault(second(group.time), [])
            if len(those) < _MOST_TRIED:
                those.append(group)
    joined: dict[int, list[Group]] = {}
    gone: set[int] = set()
    for group in groups:
        if group.kind not in ("conversion", "closing") or group.time is None:
            continue
        for other in closings.get(second(group.time), ()):
            if other is group or id(other) in gone or not _belongs(group, other, book):
                continue
            joined.setdefault(id(other), []).append(group)
            gone.add(id(group))
            break
    if not gone:
        return groups
    return [_together(group, joined.get(id(group), ())) for group in groups if id(group) not in gone]


def _belongs(group: Group, closing: Group, book: Rulebook) -> bool:
    """Whether a group is a conversion for a closing of the same moment."""
    if group.kind == "conversion":
        return bool(closing.quote) and any(entry.amount > 0 and entry.asset == closing.quote for entry in group.entries)
    if not closing.quote:
        return False
    if group.kind != "closing" or len(group.entries) != 1:
        return False
    (each,) = by_asset(group.entries).values()
    return bool(each.fee) and each.amount < 0 and each.asset != closing.quote and near(
        each, book.conversion_fee(each.asset, closing.quote), book
    )  # fmt: skip


def _together(group: Group, others: Sequence[Group]) -> Group:
    if not others:
        return group
    entries = sorted((entry for each in (group, *others) for entry in each.entries), key=lambda entry: entry.line)
    return Group(group.refid, group.kind, tuple(entries), group.quote, sure=False)


def with_balances(
    entries: Iterable[Entry], wanted: Iterable[Group], lay: Callable[[Group, Mapping[Purse, Decimal]], Cascade]
) -> list[Cascade]:
    """Go through the rows once; lay each wanted group beside the balances that were there before its first row.

    Rows of one second may stand in any order: what a balance had at its lowest in that second was there for sure.
    """
    coming = {id(entry): group for group in wanted for entry in group.entries}
    balances: dict[Purse, Decimal] = {}
    done: set[int] = set()
    found = []
    for _, rows in itertools.groupby(entries, lambda entry: second(entry.time)):
        moved: dict[Purse, Decimal] = {}
        lowest: dict[Purse, Decimal] = {}
        begun = []
        for entry in rows:
            if entry.balance is not None:
                moved[entry.purse] = entry.balance
                lowest[entry.purse] = min(lowest.get(entry.purse, entry.balance), entry.balance)
            group = coming.get(id(entry))
            if group is not None and id(group) not in done:
                done.add(id(group))
                begun.append(group)
        if begun:
            least = {purse: min(balances[purse], low) for purse, low in lowest.items() if purse in balances}
            sure = balances | least
            found += [lay(group, sure) for group in begun]
        balances |= moved
    return found

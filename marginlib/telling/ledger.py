"""What a ledger tells, in sentences and as plain data: each row, each position, where it differs from the rules.

Every amount has all its digits. What is only probable is told so, and what a ledger can't say is said once.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from itertools import islice
from typing import TYPE_CHECKING, Any

from marginlib.analysis.ledger import Account, Surprise, Why
from marginlib.analysis.ledger_balances import Break
from marginlib.analysis.ledger_cascades import Cascade, Deduction, Difference
from marginlib.analysis.ledger_fees import FeeKind, Sums, sums_of, with_kinds
from marginlib.analysis.ledger_groups import Group, Kind, family
from marginlib.analysis.ledger_positions import Life, settled
from marginlib.engine.amounts import EXACT, ZERO, plain, rounded
from marginlib.reading.entries import Entry, Purse
from marginlib.telling.numbers import exact, listed, percent

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

SILENT = (
    "A ledger has no pair, side, volume or price of a position, so those aren't told here. Which closing ended which "
    "position isn't in it either: it is worked out from when rollovers stop, and only probable (R8)."
)
"""What a ledger can't say."""
FEES: dict[FeeKind, tuple[str, str]] = {
    "opening": ("trading and opening fee together", "A4, B6"),
    "rollover": ("rollover fee", "B6, R21"),
    "closing": ("trading fee of a closing", "A4, A9"),
    "conversion": ("conversion fee", "R16"),
    "conversion_and_closing": ("conversion fee and a closing's trading fee together", "R16, A4"),
    "settlement": ("fee of a settlement", "R5"),
    "trading": ("trading fee of an ordinary order", "R6"),
    "other": ("other fee", ""),
}
"""What each kind of fee is called, and its rules."""
KINDS: dict[Kind, tuple[str, str]] = {
    "opening": ("opening", "openings"),
    "rollover": ("position that was opened before", "positions that were opened before"),
    "closing": ("closing", "closings"),
    "settlement": ("settlement", "settlements"),
    "conversion": ("conversion", "conversions"),
    "trade": ("ordinary order", "ordinary orders"),
    "deposit": ("deposit", "deposits"),
    "withdrawal": ("withdrawal", "withdrawals"),
    "transfer": ("transfer", "transfers"),
    "reward": ("reward", "rewards"),
    "adjustment": ("adjustment", "adjustments"),
    "unknown": ("group of an unknown type", "groups of an unknown type"),
}
"""What each kind of group is called, one and several."""
MOVED = {
    "deposit": ("deposits", ""), "withdrawal": ("withdrawals", ""), "transfer": ("transfers", ""),
    "trade": ("ordinary orders", "R6"), "settlement": ("settlements", "R3, R4"), "conversion": ("conversions", "R16"),
    "opening": ("openings, for fees that no balance bore alone", "A4"), "rollover": ("rollovers, besides fees", "B6"),
    "reward": ("rewards", ""), "adjustment": ("adjustments", ""), "unknown": ("rows of unknown types", ""),
}  # fmt: skip
"""What moved beside profit, loss and fees: what it is called, and its rules."""
CAUSE = (
    "Whether an order or a liquidation closed a position isn't in a ledger: the trades export names the kind of order "
    "(B5). One refid with deductions in several currencies is often a liquidation."
)
"""What a ledger can't say of a loss."""
UNCLEAR = "no closing or settlement in the ledger fits: how it ended isn't in it"
"""What is known of the end of a position that is no longer there."""
_AT_ONCE = 1000  # groups that are written at once
_MOST = 12  # of a kind, in the whole story of a ledger
_WHY: dict[Why, str] = {
    "elsewhere": "in another currency than {quote}, which {it_is} priced in",
    "at_par": "in a currency that was bought for it in the same moment",
    "settling": "for a settlement, which by the rules has no fee",
    "named": "in another asset than the row's, as its row says",
}


def tell(account: Account) -> list[str]:
    r"""A ledger's story in sentences, with rules: does it add up, what happened, what it cost, what is left.

    >>> from marginlib import Scenario, replay
    >>> from marginlib.analysis.export import entries_of
    >>> from marginlib.analysis.ledger import look
    >>> from marginlib.reading.entries import Ledger
    >>> story = replay(Scenario.of({"steps": [{"do": "deposit", "currency": "EUR", "amount": "5"}]}))
    >>> print(*tell(look(Ledger(tuple(entries_of(story))))), sep="\n")  # doctest: +ELLIPSIS
    1 row in EUR, from 2026-03-23 09:00 to 2026-03-23 09:00 UTC: 1 deposit.
    Each balance follows from the one before it: balance = previous balance + amount − fee.
    What else moved, fees aside: deposits +5 EUR.
    What is left: 5 EUR.
    """
    if not account.entries:
        return ["The ledger has no rows."]
    positions = [position(life, account) for life in account.positions[:_MOST]]
    positions += _more(len(account.positions), "positions")
    cascades = [sentence for each in account.cascades[:_MOST] for sentence in cascade(each)]
    return [
        overview(account), *adding_up(account), *positions, *unsure(account), *strays(account), *at_once(account),
        *cascades,
        *_more(len(account.cascades), "losses that several currencies bore"),
        *([CAUSE] if account.cascades else []), *results(account.totals), *moved(account.totals),
        *surprises(account), *left(account), *([SILENT] if account.positions else []),
    ]  # fmt: skip


def overview(account: Account) -> str:
    """How much there is, of what, and from when to when."""
    counts: dict[Kind, int] = {}
    for group in account.groups:
        counts[group.kind] = counts.get(group.kind, 0) + 1
    kinds = [f"{counts[kind]:,} {names[counts[kind] > 1]}" for kind, names in KINDS.items() if kind in counts]
    rows = f"{len(account.entries):,} {'row' if len(account.entries) == 1 else 'rows'}"
    assets = [*dict.fromkeys(each.purse.asset for each in account.holdings)]
    where = f" in {listed(assets)}" if 0 < len(assets) <= _MOST else f" in {len(assets)} currencies" if assets else ""
    when = f", from {_at(account.begin)} to {_at(account.end)} UTC" if account.begin else ""
    return f"{rows}{where}{when}: {listed(kinds)}."


def adding_up(account: Account) -> list[str]:
    """Whether each balance follows from the one before it, and where it doesn't."""
    if not account.holdings:
        return ["No row has a balance, so whether they add up can't be said."]
    if not account.breaks:
        return ["Each balance follows from the one before it: balance = previous balance + amount − fee."]
    told = [broken(each) for each in account.breaks[:_MOST]]
    return [*told, *_more(len(account.breaks), "breaks of the balance rule")]


def broken(each: Break) -> str:
    """A row whose balance doesn't follow, and by how much."""
    purse, size = each.entry.purse, each.size
    more = "more" if size > 0 else "less"
    return (
        f"Line {each.entry.line}: the balance of {named(purse)} is {exact(each.found)}, and {exact(each.expected)} "
        f"follows from the row before: {exact(abs(size), purse.asset)} {more}. A row may be missing between them."
    )


def named(purse: Purse) -> str:
    """A purse by its asset, how it is held, and where.

    >>> named(Purse("EUR")), named(Purse("DOT", "S", "earn"))
    ('EUR', 'DOT.S (earn)')
    """
    code = f"{purse.asset}.{purse.held}" if purse.held else purse.asset
    return f"{code} ({purse.wallet})" if purse.wallet else code


def row(entry: Entry, group: Group, account: Account) -> str:
    """One row in words, with its rules.

    >>> from marginlib import rulebook
    >>> from marginlib.analysis.ledger import look
    >>> from marginlib.reading.entries import Ledger
    >>> rows = (Entry(2, "L1", "T1", None, "rollover", Purse("EUR"), ZERO, Decimal("0.08"), Decimal(5)),)
    >>> account = look(Ledger(rows))
    >>> row(rows[0], account.groups[0], account)
    'A rollover takes 0.08 EUR for four more hours (B6, R21).'
    """
    kinds = (kind for each, kind in with_kinds(group, account.rulebook) if each is entry)
    kind: FeeKind = next(kinds, "other")
    moved, fee = exact(abs(entry.amount), entry.asset), exact(entry.fee, entry.fee_asset)
    way = "in" if entry.amount > 0 else "out"
    match family(entry.type, entry.subtype):
        case "rollover":
            hours = {Decimal(4): "four"}.get(account.rulebook.rollover_hours, plain(account.rulebook.rollover_hours))
            also = f" and moves {moved} {way}" if entry.amount else ""
            return f"A rollover takes {fee} for {hours} more hours{also} (B6, R21)."
        case "margin" if group.kind == "closing":
            return _closing_row(entry, group, moved, fee, kind)
        case "margin":
            if entry.amount:
                return f"The opening takes {moved}{_with(fee, entry)}: a fee that no balance bore alone (A4)."
            if not entry.fee:
                return f"The opening takes nothing from {entry.asset}, the currency that it is probably priced in (R1)."
            return f"The opening takes {fee}: trading and opening fee together (R1, A4, B6)."
        case "settlement":
            if entry.amount < 0:
                return f"The settlement pays {moved} back to the exchange, with no trade{_with(fee, entry)} (R3, R5)."
            return f"The settlement leaves you {moved}, free of restrictions{_with(fee, entry)} (R4)."
        case "conversion":
            if entry.amount < 0 and group.bears(entry):
                return f"A conversion takes {moved} for a loss in {group.quote}{_with(fee, entry)} (R13, R16, C6)."
            verb = "brings" if entry.amount > 0 else "takes"
            return f"A conversion {verb} {moved}{_with(fee, entry)} (R16, C6)."
        case "trade":
            verb = "brings" if entry.amount > 0 else "takes"
            return f"An ordinary order {verb} {moved}{_with(fee, entry)} (R6)."
        case "deposit" | "withdrawal" | "transfer" | "reward" | "adjustment" as other:
            article = "An" if other == "adjustment" else "A"
            if entry.pending:
                return f"{article} {other} of {moved} is pending: it has moved nothing yet."
            return f"{article} {other} moves {moved} {way}{_with(fee, entry)}."
        case _:
            return f"A row of the type {entry.type}, which isn't known, moves {moved} {way}{_with(fee, entry)}."


def _closing_row(entry: Entry, group: Group, moved: str, fee: str, kind: FeeKind) -> str:
    """A margin row of a closing."""
    if entry.amount > 0:
        return f"The closing brings {moved}, your profit{_with(fee, entry)} (R9, R11)."
    if not entry.amount:
        if not entry.fee:
            return f"The closing takes nothing from {entry.asset}, the currency that it is priced in (R11)."
        elsewhere = "" if group.quote in ("", entry.asset) else f", though it is priced in {group.quote}"
        return f"The closing's trading fee takes {fee}{elsewhere} (A4, A9)."
    if entry.asset == group.quote:
        return f"The closing takes {moved} for a loss{_with(fee, entry)} (R11, R13)."
    what, rules = FEES[kind]
    paid = f"; {fee} go as {what}" if entry.fee else ""
    return f"The closing converts {moved} for a loss in {group.quote or 'another currency'}{paid} ({rules}, R13)."


def _with(fee: str, entry: Entry) -> str:
    return f", with a fee of {fee}" if entry.fee else ""


def position(life: Life, account: Account) -> str:
    """One position's life in a sentence or two."""
    with localcontext(EXACT):
        own, whole = sums_of((life.group,), account.rulebook), account.sums(life)
    parts = []
    if fees := own.fees.get("opening"):
        parts.append(f"trading and opening fee together {amounts(fees)} (A4, B6)")
    if count := len(life.rollovers):
        fees = own.fees.get("rollover", {})
        parts.append(
            f"{count:,} {'rollover' if count == 1 else 'rollovers'}, {amounts(fees) or 'for nothing'} (B6, R21)"
        )
    if fees := own.fees.get("conversion"):
        parts.append(f"conversions for {amounts(fees)} (R16)")
    begun = f"opened {_at(life.opened)}" if life.opened else "opened before this ledger begins"
    told = f"Position {life.refid or '(no refid)'}, {begun}"
    told += f", probably priced in {priced_in(life)}" if life.quote else ""
    told += f": {'; '.join(parts)}." if parts else "."
    return " ".join([told, *_endings(life, whole)])


def priced_in(of: Life | Group) -> str:
    """The currency that something is probably priced in; both, where one was bought with the other at par (C6)."""
    return f"{of.quote} or {of.beside}" if of.beside else of.quote


def _endings(life: Life, whole: Sums) -> list[str]:
    """What probably ended a position, and what came of it."""
    told = []
    closings = [each for each in life.endings if each.group.kind == "closing"]
    if closings:
        each = closings[-1]
        likely = "" if all(ending.sure for ending in closings) else "probably "
        times = (
            f"{_at(each.group.time)}"
            if len(closings) == 1
            else f"in {len(closings)} parts until {_at(each.group.time)}"
        )
        how = "closed" if life.status == "closed" else "closed in part"
        fees = amounts(whole.fees.get("closing", {}))
        told.append(
            f"It was {likely}{how} {times}: {amounts(whole.pnl, sign=True) or 'no profit and no loss'} "
            f"(R8, R11){f', trading fees {fees} (A9)' if fees else ''}."
        )
    for each in life.endings:
        if each.group.kind == "settlement":
            likely = "" if each.sure else "probably "
            found = settled(each.group)
            tells = (
                f", which tells what it was: {found.side} {exact(found.volume)} {found.pair.partition('/')[0]} in "
                f"{found.pair} at {exact(found.price)} (B7)" if found else ""
            )  # fmt: skip
            told.append(f"It was {likely}settled {_at(each.group.time)} (R3, R4){tells}.")
    if life.status == "open":
        told.append("It looks open.")
    if life.status == "unclear":
        told.append(f"Its rollovers stop, and {UNCLEAR}.")
    return told


def unsure(account: Account) -> list[str]:
    """Openings that might be something else, and rows that can't be told of which position they are."""
    told = []
    if lost := sum(not group.refid and group.kind == "rollover" for group in account.groups):
        rows = "1 rollover has" if lost == 1 else f"{lost:,} rollovers have"
        told.append(f"{rows} no refid: of which position can't be said, so none is told from that.")
    count = sum(group.kind == "opening" and not group.sure for group in account.groups)
    if not count:
        return told
    one = count == 1
    return [
        *told,
        f"{count:,} {'opening has' if one else 'openings have'} a fee and no rollover: {'it' if one else 'each'} might "
        "be a closing that brought and took nothing, which looks alike in a ledger.",
    ]


def strays(account: Account) -> list[str]:
    """Closings and settlements of positions that were opened before the ledger begins."""
    if not account.strays:
        return []
    one = len(account.strays) == 1
    several = any(
        len(group.entries) > 1 and all(entry.amount <= 0 for entry in group.entries) for group in account.strays
    )
    opening = ", or an opening whose fee no balance bore alone, which looks alike (A4)" if several else ""
    return [
        f"{len(account.strays):,} {'closing or settlement fits' if one else 'closings or settlements fit'} no position "
        f"that is opened in this ledger: {'it' if one else 'each'} is probably of one that began before it "
        f"does{opening}."
    ]


def cascade(each: Cascade) -> list[str]:
    """A loss that several currencies bore: what was taken in which order, and how that differs from the rules."""
    begun = (
        f"The closing {each.group.refid} of {_at(each.group.time)} took {_taken(each.deductions)} for a loss in "
        f"{priced_in(each.group) if each.quote == each.group.quote else each.quote} (R12, R13)."
    )
    base = {
        "told": f", with {each.base} as the base",
        "guessed": f", if {each.base} is the base, which fits best",
        "unknown": ", whatever the base is",
    }[each.base_known]
    told = [begun, f"R13 gives this order, as far as it went{base}: {', '.join(each.expected)}."]
    real = [difference(one, each) for one in each.differences]
    if not any(one.what != "together" for one in each.differences):
        real.insert(0, "That is how it was taken.")
    return told + real


def at_once(account: Account) -> list[str]:
    """Closings that came at one moment."""
    told = []
    for those in account.at_once[:_MOST]:
        rows = sum(len(group.entries) for group in those)
        what = "an order that ended several lots, or a liquidation"
        if any(entry.asset != group.quote and entry.amount for group in those for entry in group.entries):
            what = "probably a liquidation, or an order that ended several lots"
        told.append(
            f"At {_at(those[0].time)}, {len(those):,} closings of {rows:,} rows came at one moment: {what} (B5, R12). "
            f"{_in_all(those, account)}"
        )
    return [*told, *_more(len(account.at_once), "such moments")]


def _in_all(groups: Iterable[Group], account: Account) -> str:
    """What several closings came to."""
    with localcontext(EXACT):
        sums = sums_of(groups, account.rulebook)
        result, fees = amounts(sums.pnl, sign=True), amounts(sums.all_fees)
    return f"Together they come to {result or 'no profit and no loss'}, and {fees or 'nothing'} in fees."


def _taken(deductions: Iterable[Deduction]) -> str:
    return listed([exact(one.taken, one.asset) for one in deductions if one.taken])


def difference(one: Difference, where: Cascade) -> str:
    """One way in which a loss was taken otherwise than by the rules."""
    have = "" if one.amount is None else exact(one.amount, one.asset)
    match one.what:
        case "skipped":
            return f"{one.asset} was passed over, though {have} were there (R13, R14)."
        case "left":
            return f"{one.asset} was not emptied before the next currency was taken: {have} stayed (R13)."
        case "order":
            return (
                "The rows stand in another order than R13's; within one moment an export's order says little, and each "
                "currency but the last was emptied (R13)."
            )
        case "rate" | "together":
            assert one.rate is not None
            assert one.by_rule is not None
            asked = f"R16 asks {percent(one.by_rule)} from {one.asset} into {where.quote}"
            if one.what == "together":
                return (
                    f"The fee in {one.asset} is {percent(one.rate)} of what was taken, and {asked}: the rest is "
                    "probably the closing's trading fee, in one figure with it (A4)."
                )
            if not one.rate:
                return f"{one.asset} was converted without a fee, row against row, and {asked} (R16, C6)."
            return f"The fee in {one.asset} is {percent(one.rate)} of what was taken, and {asked} (R16)."


def results(sums: Sums) -> list[str]:
    """What closings brought, and each kind of fee, in all."""
    told = []
    if sums.pnl:
        told.append(f"Closings brought and took, fees aside: {amounts(sums.pnl, sign=True)} (R11, R13).")
    for kind, (name, rules) in FEES.items():
        if fees := sums.fees.get(kind):
            cited = f" ({rules})" if rules else ""
            told.append(f"{name[0].upper()}{name[1:]}, in all: {amounts(fees)}{cited}.")
    if len(sums.fees) > 1:
        with localcontext(EXACT):
            told.append(f"All fees together: {amounts(sums.all_fees) or 'nothing'}.")
    return told


def moved(sums: Sums) -> list[str]:
    """What else moved, fees aside: deposits, ordinary orders, settlements, and so on.

    >>> moved(Sums(moved={"deposit": {"EUR": Decimal(5)}, "settlement": {"EUR": Decimal(-3), "BTC": Decimal(1)}}))
    ['What else moved, fees aside: deposits +5 EUR; settlements −3 EUR and +1 BTC (R3, R4).']
    """
    told = []
    for what, (name, rules) in MOVED.items():
        if some := amounts(sums.moved.get(what, {}), sign=True):
            told.append(f"{name} {some}{f' ({rules})' if rules else ''}")
    return [f"What else moved, fees aside: {'; '.join(told)}."] if told else []


def settlements(account: Account) -> list[str]:
    """What each settlement tells of its position, as far as its rows do."""
    told = []
    for group in account.groups:
        if found := settled(group):
            base = found.pair.partition("/")[0]
            told.append(
                f"The settlement {group.refid} of {_at(group.time)} tells what it ended: {found.side} "
                f"{exact(found.volume, base)} in {found.pair}, opened at {exact(found.price)} (R3, B7)."
            )
    return [*told[:_MOST], *_more(len(told), "settlements")]


def surprises(account: Account) -> list[str]:
    """Fees in a currency that one doesn't expect, those of a kind together."""
    found: dict[tuple[Why, FeeKind, str, str], list[Surprise]] = {}
    for each in account.surprises:
        found.setdefault((each.why, each.kind, each.entry.fee_asset, each.quote), []).append(each)
    told = []
    for (why, kind, asset, quote), those in found.items():
        with localcontext(EXACT):
            fee = exact(sum((each.entry.fee for each in those), ZERO), asset)
        rules = ", ".join(those[0].rules)
        lines = (
            f"line {those[0].entry.line}"
            if len(those) == 1
            else f"{len(those):,} rows from line {those[0].entry.line} on"
        )
        probably = "" if all(each.sure for each in those) else "probably "
        it_is = f"the position {'is' if not probably else 'is probably'}"
        how = _WHY[why].format(quote=quote, it_is=it_is)
        name = FEES[kind][0]
        told.append(f"{name[0].upper()}{name[1:]}: {fee} ({lines}), {how} ({rules}).")
    if rebates := [entry.line for entry in account.entries if entry.fee < 0]:
        which = f"line {rebates[0]}" if len(rebates) == 1 else f"{len(rebates):,} rows from line {min(rebates)} on"
        told.append(f"A fee below zero ({which}) is a rebate: the exchange paid it to you.")
    if any(each.why in ("elsewhere", "at_par") for each in account.surprises):
        told.append(
            "Which balance bears a fee is an assumption of this workbook (A4), and real records differ: some show a "
            "trading and opening fee as one charge, or one taken from a stablecoin after a conversion at par (C6)."
        )
    return told


def left(account: Account) -> list[str]:
    """What the purses have at the end, and which positions look open."""
    have = [f"{exact(each.end)} {named(each.purse)}" for each in account.holdings if each.end]
    told = (
        [f"What is left: {listed(have)}."] if have else ["Nothing is left in any balance."] if account.holdings else []
    )
    opened = [life.refid for life in account.open_positions]
    if opened:
        verb = "position looks" if len(opened) == 1 else "positions look"
        told.append(f"{len(opened):,} {verb} open at the end: {listed(opened[:_MOST])}{_and_more(len(opened))}.")
    return told


def amounts(book: Mapping[str, Decimal], *, sign: bool = False) -> str:
    """Amounts by currency as a sentence has them, with all their digits.

    >>> amounts({"EUR": Decimal("-1.50"), "BTC": Decimal(2)}, sign=True)
    '−1.5 EUR and +2 BTC'
    """
    return listed([f"{'+' if sign and each > 0 else ''}{exact(each, code)}" for code, each in book.items() if each])


def as_json(account: Account) -> dict[str, Any]:
    """All that a ledger tells as plain data; amounts are plain decimal strings, times are in UTC.

    >>> from marginlib.analysis.ledger import look
    >>> from marginlib.reading.entries import Ledger
    >>> as_json(look(Ledger(())))["totals"]
    {'pnl': {}, 'fees': {}, 'moved': {}}
    """
    with localcontext(EXACT):
        return {name: [*each] if isinstance(each, Iterator) else each for name, each in _parts(account).items()}


def write_json(head: Mapping[str, Any], account: Account, file: "SupportsWrite[str]") -> None:
    r"""Write the same in one line, below what stands in its head: a piece at a time, however many groups there are.

    >>> import sys
    >>> from marginlib.analysis.ledger import look
    >>> from marginlib.reading.entries import Ledger
    >>> write_json({"rows": 0}, look(Ledger(())), sys.stdout)  # doctest: +ELLIPSIS
    {"rows": 0, "from": null, "to": null, "balances": [], ...
    """
    between = "{"
    with localcontext(EXACT):
        for name, part in (*head.items(), *_parts(account).items()):
            file.write(f"{between}{json.dumps(name)}: ")
            between = ", "
            if not isinstance(part, Iterator):
                file.write(json.dumps(part))
                continue
            before = "["
            while some := [*islice(part, _AT_ONCE)]:
                file.write(f"{before}{json.dumps(some)[1:-1]}")
                before = ", "
            file.write("[]" if before == "[" else "]")
    file.write("}\n")


def _parts(account: Account) -> dict[str, Any]:
    """What is written of a ledger; where there may be very many, one after the other as they are asked for."""
    book = account.rulebook
    return {
        "from": _iso(account.begin),
        "to": _iso(account.end),
        "balances": [
            {**_purse(each.purse), "start": plain(each.start), "end": plain(each.end), "rows": each.rows,
             "breaks": each.breaks} for each in account.holdings
        ],
        "breaks": (
            {"line": each.entry.line, "txid": each.entry.txid, "refid": each.entry.refid,
             **_purse(each.entry.purse), "expected": plain(each.expected), "found": plain(each.found),
             "size": plain(each.size)} for each in account.breaks
        ),
        "groups": (
            {"refid": each.refid, "kind": each.kind, "sure": each.sure, "quote": each.quote or None,
             "time": _iso(each.time), "lines": [entry.line for entry in each.entries],
             **_sums(sums_of((each,), book))} for each in account.groups
        ),
        "positions": (_life(life, account) for life in account.positions),
        "strays": [each.refid for each in account.strays],
        "at_once": [
            {"time": _iso(those[0].time), "refids": [group.refid for group in those],
             "rows": sum(len(group.entries) for group in those)} for those in account.at_once
        ],
        "cascades": (_cascade(each) for each in account.cascades),
        "totals": _sums(account.totals),
        "months": [{"month": each.name, **_sums(each.sums)} for each in account.months],
        "surprises": (
            {"line": each.entry.line, "refid": each.entry.refid, "fee_for": each.kind, "why": each.why,
             "asset": each.entry.fee_asset, "fee": plain(each.entry.fee), "quote": each.quote or None,
             "sure": each.sure, "rules": list(each.rules)} for each in account.surprises
        ),
        "open_positions": [life.refid for life in account.open_positions],
    }  # fmt: skip


def _life(life: Life, account: Account) -> dict[str, Any]:
    sums = sums_of((life.group,), account.rulebook)
    own = whole = _sums(sums)
    if life.endings:
        sums.count((each.group for each in life.endings), account.rulebook)
        whole = _sums(sums)
    return {
        "refid": life.refid, "opened": _iso(life.opened), "quote": life.quote or None, "status": life.status,
        "rollovers": len(life.rollovers), "own": own,
        "endings": [
            {"refid": each.group.refid, "kind": each.group.kind, "time": _iso(each.group.time), "whole": each.whole,
             "sure": each.sure, "settled": _settled(each.group)} for each in life.endings
        ],
        "with_endings": whole,
    }  # fmt: skip


def _settled(group: Group) -> dict[str, str] | None:
    found = settled(group)
    if found is None:
        return None
    return {
        "pair": found.pair, "side": found.side, "volume": plain(found.volume), "cost": plain(found.cost),
        "price": plain(found.price),
    }  # fmt: skip


def _cascade(each: Cascade) -> dict[str, Any]:
    return {
        "refid": each.group.refid, "time": _iso(each.group.time), "quote": each.quote, "base": each.base or None,
        "base_known": each.base_known, "together": each.together, "expected": list(each.expected),
        "deductions": [
            {"asset": one.asset, "taken": plain(one.taken), "fee": plain(one.fee),
             "before": None if one.before is None else plain(one.before),
             "after": None if one.after is None else plain(one.after),
             "rate": None if one.rate is None else _share(one.rate),
             "by_rule": None if one.by_rule is None else plain(one.by_rule), "why": one.why, "lines": list(one.lines)}
            for one in each.deductions
        ],
        "differences": [
            {"what": one.what, "asset": one.asset, "amount": None if one.amount is None else plain(one.amount),
             "rate": None if one.rate is None else _share(one.rate),
             "by_rule": None if one.by_rule is None else plain(one.by_rule), "rules": list(one.rules),
             "told": difference(one, each)} for one in each.differences
        ],
    }  # fmt: skip


def _share(rate: Any) -> str:
    """A fee's share of what was taken, to eight decimals: a quotient has no last one."""
    return plain(rounded(rate, 8))


def _sums(sums: Sums) -> dict[str, Any]:
    fees = sums.fees
    kinds = fees if len(fees) < 2 else [kind for kind in FEES if kind in fees]
    return {
        "pnl": _book(sums.pnl) if sums.pnl else {},
        "fees": {kind: _book(fees[kind]) for kind in kinds} if fees else {},
        "moved": {what: _book(each) for what, each in sums.moved.items()} if sums.moved else {},
    }


def _book(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {code: plain(amount) for code, amount in amounts.items()}


def _purse(purse: Purse) -> dict[str, str]:
    return {"asset": purse.asset, "held": purse.held, "wallet": purse.wallet}


def _iso(time: datetime | None) -> str | None:
    return None if time is None else str(time).removesuffix("+00:00")


def _at(time: datetime | None) -> str:
    return "at an unknown time" if time is None else f"{time:%Y-%m-%d %H:%M}"


def _more(count: int, what: str) -> list[str]:
    return [f"… and {count - _MOST:,} more {what}."] if count > _MOST else []


def _and_more(count: int) -> str:
    return f" and {count - _MOST:,} more" if count > _MOST else ""

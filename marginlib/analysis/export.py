"""A story's ledger as the exchange would export it: rows with ids and times, and the file that they make.

What happens in a scenario has no date, so the export has one of its own: it begins at :data:`BEGIN`. A ``wait`` moves
the clock, and every step is a second after the one before it. A rollover stands at the hour at which it falls due;
where several positions' rollovers come in turn within one wait, the balances follow that turn. Ids look like the
exchange's and are worked out from the scenario: the same scenario gives the same file. An opening and the rollovers of
its position share a refid; the closing or settlement of each lot has its own, since each lot runs through by itself
(R12). Balances that a scenario starts with have no row: the first row of a currency tells what there was before it.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import TextIO

from marginlib.engine.account import Position, Row
from marginlib.engine.amounts import EXACT, ZERO, plain
from marginlib.engine.derivation import bare
from marginlib.engine.scenario import Wait
from marginlib.engine.story import Moment, Story
from marginlib.reading.entries import Entry, Purse
from marginlib.reading.rulebooks import rulebook

BEGIN = datetime(2026, 3, 23, 9, 0, 0, tzinfo=UTC)
"""When the first step of every export takes place."""
COLUMNS = ("txid", "refid", "time", "type", "subtype", "aclass", "asset", "amount", "fee", "balance")
MORE_COLUMNS = (
    *COLUMNS[:6], "subclass", "asset", "wallet", "amount", "fee", "balance", "amountusd", "feeusd", "balanceusd",
    "feecurrency",
)  # fmt: skip
"""The newer form, for rows that tell more than the older one has room for."""
_NUMBERS = {"amount", "fee", "balance", "amountusd", "feeusd", "balanceusd"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_LETTERS = {"deposit": "Q", "withdrawal": "A"}  # what a refid begins with; all that is traded: T


def entries_of(story: Story) -> list[Entry]:
    """The rows that the exchange would export for a story: ids and times are made up, amounts are the story's.

    >>> from marginlib import Scenario, replay
    >>> row = entries_of(replay(Scenario.of({"steps": [{"do": "deposit", "currency": "EUR", "amount": "5"}]})))[0]
    >>> row.type, row.asset, row.balance, f"{row.time:%Y-%m-%d %H:%M:%S}"
    ('deposit', 'EUR', Decimal('5.0000'), '2026-03-23 09:00:00')
    """
    seed = json.dumps(story.scenario.as_data(), sort_keys=True)
    clock = _Clock(story)
    entries: list[Entry] = []
    with localcontext(EXACT):
        for moment in story.moments:
            for time, event, row, balance in _booked(moment, clock):
                refid = _id(_LETTERS.get(row.type, "T"), f"{event} {seed}")
                line = len(entries) + 2  # below the head
                txid, purse = _id("L", f"{line} {seed}"), Purse(row.asset)
                amounts = bare(row.amount), bare(row.fee), balance
                entries.append(Entry(line, txid, refid, time, row.type, purse, *amounts, aclass="currency"))
    return entries


def write_csv(entries: Iterable[Entry], file: TextIO) -> None:
    r"""Write rows as the exchange exports them: the ten columns, or sixteen where the rows tell more than those hold.

    Text that a spreadsheet would take for a formula is kept from being one.

    >>> import io
    >>> file = io.StringIO()
    >>> write_csv([Entry(2, "L1", "T1", BEGIN, "margin", Purse("EUR"), ZERO, Decimal("0.4"), Decimal(100))], file)
    >>> file.getvalue().splitlines()[1]
    '"L1","T1","2026-03-23 09:00:00","margin","","","EUR",0.0000,0.4000,100.0000'
    """
    entries = list(entries)
    more = any(each.purse.wallet or each.fee_code or each.subclass or each.usd for each in entries)
    columns = MORE_COLUMNS if more else COLUMNS
    file.write(",".join(map(_quoted, columns)) + "\n")
    for each in entries:
        told = cells(each)
        file.write(",".join(told[name] if name in _NUMBERS else _quoted(told[name]) for name in columns) + "\n")


def as_csv(story: Story) -> str:
    """The export of a story, as text.

    >>> from marginlib import Scenario, replay
    >>> print(as_csv(replay(Scenario())), end="")
    "txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"
    """
    import io

    file = io.StringIO()
    write_csv(entries_of(story), file)
    return file.getvalue()


def cells(entry: Entry) -> dict[str, str]:
    """What stands in each column, as text; amounts with the decimals of the asset's ledger."""
    purse, usd = entry.purse, entry.usd or (None, None, None)
    code = f"{purse.asset}.{purse.held}" if purse.held else purse.asset
    second = entry.time.replace(tzinfo=None) if entry.time else None
    return {
        "txid": entry.txid, "refid": entry.refid, "time": "" if second is None else str(second),
        "type": entry.type, "subtype": entry.subtype, "aclass": entry.aclass, "subclass": entry.subclass,
        "asset": code, "wallet": purse.wallet, "amount": _digits(entry.amount, purse.asset),
        "fee": _digits(entry.fee, entry.fee_asset),
        "balance": "" if entry.balance is None else _digits(entry.balance, purse.asset),
        **{f"{name}usd": "" if each is None else plain(each) for name, each in zip(COLUMNS[7:], usd, strict=True)},
        "feecurrency": entry.fee_code,
    }  # fmt: skip


def _quoted(text: str) -> str:
    """A cell of text, which stays text in a spreadsheet."""
    text = f"'{text}" if text.startswith(_FORMULA) else text
    return '"' + text.replace('"', '""') + '"'


def _digits(amount: Decimal, asset: str) -> str:
    """An amount with the decimals of the asset's ledger, or with all that it has (A8)."""
    text = plain(amount)
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(rulebook().places(asset), '0')}"


def _id(letter: str, of: str) -> str:
    """An id such as the exchange gives, from what it is the id of."""
    text = base64.b32encode(hashlib.sha256(f"{letter} {of}".encode()).digest()).decode()
    return f"{letter}{text[:5]}-{text[5:10]}-{text[10:16]}"


class _Clock:
    """When each step takes place."""

    def __init__(self, story: Story) -> None:
        self.period = story.final.rulebook.rollover_hours
        self.opened = {
            row.position: self.after(moment) for moment in story.moments for row in moment.rows
            if row.type == "margin" and row.position is not None and row.position > moment.before.opened
        }  # fmt: skip

    def after(self, moment: Moment) -> datetime:
        """When a step is done."""
        return self._at(moment.after.hours, moment.index)

    def before(self, moment: Moment) -> datetime:
        """When the step before it was done."""
        return self._at(moment.before.hours, moment.index - 1)

    def due(self, moment: Moment, lot: Position, which: int) -> datetime:
        """When a rollover of a wait fell due: the first, the second … of a position in it."""
        so_far = (moment.before.hours - lot.opened_at) // self.period
        due = _later(self.opened[lot.id], (so_far + 1 + which) * self.period)
        return max(due, self.before(moment))

    @staticmethod
    def _at(hours: Decimal, index: int) -> datetime:
        return _later(BEGIN + timedelta(seconds=index), hours)


def _later(time: datetime, hours: Decimal) -> datetime:
    """Some hours later, in whole seconds; the calendar has an end."""
    try:
        return time + timedelta(seconds=int(hours * 3600))
    except OverflowError:
        return datetime.max.replace(microsecond=0, tzinfo=UTC)


def _booked(moment: Moment, clock: _Clock) -> Iterator[tuple[datetime, str, Row, Decimal]]:
    """The rows of a step: when, which event each is part of, and the balance after it."""
    now = clock.after(moment)
    if not isinstance(moment.step, Wait):
        for row in moment.rows:
            opening = row.position is not None and row.position > moment.before.opened
            yield now, _event(row, opening=opening), row, bare(row.balance)
        return
    lots = {lot.id: lot for lot in moment.before.positions} if moment.rows else {}
    timed = [(clock.due(moment, lots[position], which), row) for position, which, row in _rollovers(moment.rows)]
    balances = {code: bare(amount) for code, amount in moment.before.balances.items()}
    for time, row in sorted(timed, key=lambda each: each[0]):
        balances[row.asset] = balances.get(row.asset, ZERO) + bare(row.amount) - bare(row.fee)
        yield time, _event(row, opening=True), row, balances[row.asset]


def _event(row: Row, *, opening: bool) -> str:
    """What rows share a refid: a position's opening and rollovers; what else a step does to one lot; an order."""
    return f"position {row.position}" if opening else f"step {row.step}, {row.position}"


def _rollovers(rows: Iterable[Row]) -> Iterator[tuple[int, int, Row]]:
    """Which rollover of which position each row is of: most have one row; one taken like a loss may have several."""
    position, which, seen = 0, 0, set[str]()
    for row in rows:
        like_a_loss = bool(row.amount)
        if row.position != position:
            position, which, seen = row.position or 0, 0, set()
        elif not like_a_loss or not seen or row.asset in seen:
            which, seen = which + 1, set()
        if like_a_loss:
            seen.add(row.asset)
        yield position, which, row

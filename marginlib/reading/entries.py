"""One row of an exchange's ledger export, read; and what a whole export was read into. Plain data, exact amounts."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Purse(NamedTuple):
    """What has a balance of its own: an asset by its plain code, how it is held (such as "F"), and a wallet's name.

    >>> Purse("BTC"), Purse("DOT", "S")
    (Purse(asset='BTC', held='', wallet=''), Purse(asset='DOT', held='S', wallet=''))
    """

    asset: str
    held: str = ""
    wallet: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of an export: amounts in the row's asset, the fee in ``fee_asset``; balance after it, None if not given.

    >>> row = Entry(2, "L1", "T1", None, "margin", Purse("EUR"), Decimal(-20), Decimal("0.5"), Decimal(100))
    >>> row.asset, row.fee_asset
    ('EUR', 'EUR')
    """

    line: int
    """Where it stands in the file, from 1; of JSON, which of the rows it is."""
    txid: str
    refid: str
    time: datetime | None
    """In UTC."""
    type: str
    """As the export has it, in small letters."""
    purse: Purse
    amount: Decimal
    fee: Decimal
    balance: Decimal | None
    subtype: str = ""
    aclass: str = ""
    subclass: str = ""
    fee_code: str = ""
    """The fee's asset where the export says that it is another one than the row's."""
    usd: tuple[Decimal | None, Decimal | None, Decimal | None] | None = None
    """Amount, fee and balance in USD, where the export says them."""

    @property
    def asset(self) -> str:
        """The plain code of the row's asset: BTC, not XXBT."""
        return self.purse.asset

    @property
    def fee_asset(self) -> str:
        """What the fee was taken in."""
        return self.fee_code or self.purse.asset

    @property
    def pending(self) -> bool:
        """Whether it only announces: the exchange has neither numbered nor booked it, so it moved no balance yet."""
        return not self.txid and self.balance is None


@dataclass(frozen=True, slots=True)
class Problem:
    """What couldn't be read: the line, the column ("" if it is the whole row), what was expected, as a sentence."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        """Where, and what."""
        return f"line {self.line}{f', {self.column}' if self.column else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class Ledger:
    """An export as it was read: its rows in the order of time, and what in it couldn't be read."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()
    repeated: tuple[int, ...] = ()
    """Lines that say again what another one said (a txid given twice): left out of the rows."""
    columns: tuple[str, ...] = field(default=())
    """As the first line names them, those that aren't known too; none of JSON."""
    announced: tuple[int, ...] = ()
    """Lines that announce what another one books (no txid and no balance yet): left out of the rows."""

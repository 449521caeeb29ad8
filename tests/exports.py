"""Made-up ledger exports: rows as an exchange would write them, in every form in which it, or a spreadsheet, does."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

TEN = ("txid", "refid", "time", "type", "subtype", "aclass", "asset", "amount", "fee", "balance")
SIXTEEN = (
    "txid", "refid", "time", "type", "subtype", "aclass", "subclass", "asset", "wallet", "amount", "fee", "balance",
    "amountusd", "feeusd", "balanceusd", "feecurrency",
)  # fmt: skip
NUMBERS = {"amount", "fee", "balance", "amountusd", "feeusd", "balanceusd"}
_OLD = {"EUR": "ZEUR", "USD": "ZUSD", "BTC": "XXBT", "ETH": "XETH", "DOGE": "XXDG"}
_KINDS = ("margin", "rollover", "trade", "deposit", "withdrawal", "settled", "transfer", "marginconversion")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True)
class Form:
    """How an export is written."""

    columns: Sequence[str] = TEN
    separator: str = ","
    end: str = "\n"
    quoted: bool = True
    bom: bool = False
    backwards: bool = False

    def line(self, row: dict[str, str]) -> str:
        """A row, without its end."""
        return self.separator.join(self._cell(name, row[name]) for name in self.columns)

    def _cell(self, name: str, text: str) -> str:
        return f'"{text}"' if self.quoted and name not in NUMBERS else text

    def text(self, rows: Sequence[dict[str, str]]) -> str:
        """A whole export."""
        return self.joined([self.line(each) for each in (reversed(rows) if self.backwards else rows)])

    def joined(self, lines: Sequence[str]) -> str:
        """Lines below the names of the columns."""
        names = self.separator.join(f'"{name}"' if self.quoted else name for name in self.columns)
        return ("\ufeff" if self.bom else "") + "".join(f"{each}{self.end}" for each in (names, *lines))


def form(dice: random.Random) -> Form:
    """One of the forms."""
    columns = list(dice.choice((TEN, SIXTEEN)))
    if dice.random() < 0.3:
        dice.shuffle(columns)
    return Form(
        columns,
        dice.choice(",,;\t"),
        dice.choice(("\n", "\n", "\r\n", "\r")),
        dice.random() < 0.7,
        dice.random() < 0.2,
        dice.random() < 0.3,
    )


def rows(dice: random.Random, count: int, *, old: bool = False) -> list[dict[str, str]]:
    """Rows whose balances follow from each other, in the order of time."""
    return [*one_by_one(dice, count, old=old)]


def one_by_one(dice: random.Random, count: int, *, old: bool = False) -> Iterator[dict[str, str]]:
    """The same, each as it is asked for."""
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(30_000_000))
    balances = dict.fromkeys(_OLD, Decimal(1000))
    refid = named(dice, "T")
    for _ in range(count):
        moment += timedelta(seconds=dice.randrange(1, 20_000))
        asset = dice.choice((*_OLD, "EUR", "EUR"))
        places = 4 if asset in ("EUR", "USD") else 10
        kind = dice.choice(_KINDS)
        amount = Decimal(0 if kind == "rollover" else dice.randrange(-(10**6), 10**6)).scaleb(-places)
        fee = Decimal(dice.choice((0, dice.randrange(10**4)))).scaleb(-places)
        balances[asset] += amount - fee
        if dice.random() < 0.6:
            refid = named(dice, "T")
        yield {
            "txid": named(dice, "L"), "refid": refid, "time": f"{moment:%Y-%m-%d %H:%M:%S}", "type": kind,
            "subtype": dice.choice(("", "tradespot")), "aclass": "currency",
            "subclass": "fiat" if places == 4 else "crypto", "asset": _OLD[asset] if old else asset,
            "wallet": "spot / main", "amount": f"{amount:f}", "fee": f"{fee:f}",
            "balance": f"{balances[asset]:.{places}f}", "amountusd": f"{amount * 2:.4f}",
            "feeusd": f"{fee * 2:.4f}", "balanceusd": f"{balances[asset] * 2:.4f}",
            "feecurrency": asset if fee else "-",
        }  # fmt: skip


def named(dice: random.Random, letter: str) -> str:
    """An id such as exchanges give."""
    many = "".join(dice.choices(_LETTERS, k=16))
    return f"{letter}{many[:5]}-{many[5:10]}-{many[10:]}"


def as_json(made: Sequence[dict[str, str]]) -> str:
    """The same rows as the API answers."""
    ledger = {}
    for row in reversed(made):
        entry: dict[str, object] = {name: row[name] for name in TEN if name not in ("txid", "time")}
        entry["time"] = datetime.fromisoformat(f"{row['time']}+00:00").timestamp()
        ledger[row["txid"]] = entry
    return json.dumps({"error": [], "result": {"ledger": ledger, "count": len(ledger)}})


def large(file: Path, count: int = 200_000) -> Path:
    """A large export of the newer form in a file, written without keeping it."""
    written = Form(SIXTEEN)
    with file.open("w", encoding="utf-8") as opened:
        opened.write(written.text([]))
        opened.writelines(f"{written.line(row)}\n" for row in one_by_one(random.Random(1), count))
    return file

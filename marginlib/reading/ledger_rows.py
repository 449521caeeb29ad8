"""The cells of one row become an entry: at once if they are as exports have them, else after a close look.

What a close look can't make sense of becomes a problem for each column, which says what was expected there.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import itemgetter

from marginlib.engine.amounts import EXACT, ZERO
from marginlib.engine.kinds import nearest, shown
from marginlib.engine.legible import legible
from marginlib.reading.asset_codes import plain_code
from marginlib.reading.entries import Entry, Problem, Purse

NAMES = (
    "txid", "refid", "time", "type", "subtype", "aclass", "subclass", "asset", "wallet", "amount", "fee", "balance",
    "amountusd", "feeusd", "balanceusd", "feecurrency",
)  # fmt: skip
"""The columns of exports, in the order in which a row is taken apart."""
NEEDED = ("refid", "time", "type", "asset", "amount", "fee", "balance")
"""Without these a row can't be told."""
MOST_DIGITS, MOST_TEXT = 20, 200
_NEEDED, _MOST_NAME = frozenset(NEEDED), 60
_NOTHING = frozenset(("", "-"))
_PLAIN = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS}}}(?:\.[0-9]{{1,{MOST_DIGITS}}})?", re.ASCII)
_THREE = re.compile(" ".join([_PLAIN.pattern] * 3), re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+", re.ASCII)  # 1,234.56
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+", re.ASCII)
_GROUPED_COMMA = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+", re.ASCII)  # 1.234,56
_GROUPED_GAP = re.compile(r"[+-]?[0-9]{1,3}(?:[ '’][0-9]{3})+(?:[.,][0-9]+)?", re.ASCII)  # 1 234,56 or 1'234.56
_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", re.ASCII)  # 1,234: one and a bit, or a thousand and more?
_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_DAY_AND_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}"
_TIME = re.compile(rf"{_DAY_AND_TIME}:[0-9]{{2}}(?:\.[0-9]{{1,9}})?", re.ASCII)
_OTHER_TIME = re.compile(
    rf"{_DAY_AND_TIME}(?::[0-9]{{2}}(?:\.[0-9]{{1,9}})?)?(?: ?(?:Z|UTC|GMT)| ?[+-][0-9]{{2}}:?[0-9]{{2}})?", re.ASCII
)
_SECONDS = re.compile(r"[0-9]{9,11}(?:\.[0-9]{1,20})?", re.ASCII)
_SPACES = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ", "−": "-"})
_START, _YEARS = datetime(1970, 1, 1, tzinfo=UTC), range(2009, 2101)
_KEPT = 20_000  # of what is read again and again: words, purses, codes


class Rows:
    """Makes entries of rows whose cells have these columns, in whatever order.

    >>> rows = Rows(["time", "asset", "type", "refid", "amount", "fee", "balance"])
    >>> rows.read(["2023-04-05 06:07:08", "XXBT", "trade", "T1", "-0.5", "0", "1.5"], 2).purse
    Purse(asset='BTC', held='', wallet='')
    >>> print(*rows.read(["2023-04-05 06:07:08", "XXBT", "trade", "T1", "half", "0", "1.5"], 3))
    line 3, amount: expected a number such as -24.5, got 'half'
    """

    def __init__(self, columns: Sequence[str], separator: str = ",") -> None:
        """Say what the columns are called; names that aren't known are passed over."""
        self.width = len(columns)
        self._pick = itemgetter(*(columns.index(name) if name in columns else self.width for name in NAMES))
        self._separator, self._comma = separator, separator != ","
        self._free = [name not in NAMES for name in columns]
        self._text = [name in ("subtype", "aclass", "subclass", "wallet") for name in columns]
        self._words: dict[str, str] = dict.fromkeys(_NOTHING, "")
        self._types: dict[str, str] = {}
        self._purses: dict[tuple[str, str], Purse] = {}
        self._codes: dict[str, str] = dict.fromkeys(_NOTHING, "")
        self._when: tuple[str | None, datetime] = None, _START
        self._refid = ""

    def read(self, cells: list[str], line: int) -> Entry | list[Problem]:
        """The entry, or what is wrong with it; the cells must be as many as the columns."""
        cells.append("")  # what a column that isn't there says
        (
            txid, refid, time, kind, subtype, aclass, subclass, asset, wallet, amount, fee, balance,
            amountusd, feeusd, balanceusd, feecurrency,
        ) = self._pick(cells)  # fmt: skip
        words = self._words
        try:
            text, when = self._when
            if time != text:
                if not _TIME.fullmatch(time):
                    raise ValueError
                when = datetime.fromisoformat(f"{time}+00:00")
                if when.year not in _YEARS:
                    raise ValueError
                self._when = time, when
            if refid == self._refid:
                refid = self._refid  # one text for all the rows of a group
            else:
                if not _ID.fullmatch(refid):
                    refid = self._word(refid)
                self._refid = refid
            if not _ID.fullmatch(txid):
                txid = self._word(txid)
            usd, left = None, None
            if amountusd or feeusd or balanceusd:
                usd = self._usd(amountusd, feeusd, balanceusd)
            if _THREE.fullmatch(f"{amount} {fee} {balance}"):  # one look is faster than three
                moved, taken, left = Decimal(amount) or ZERO, Decimal(fee) or ZERO, Decimal(balance) or ZERO
            else:
                moved = self._number(amount)
                taken = ZERO if fee in _NOTHING else self._number(fee)
                left = self._number(balance) if balance not in _NOTHING else None
            purse = self._purses.get((asset, wallet)) or self._purse(asset, wallet)
            fee_code = self._codes[feecurrency] if feecurrency in self._codes else self._code(feecurrency)
            return Entry(
                line,
                "" if txid == "-" else txid,
                "" if refid == "-" else refid,
                when,
                self._types.get(kind) or self._type(kind),
                purse,
                moved,
                taken,
                left,
                words[subtype] if subtype in words else self._word(subtype),
                words[aclass] if aclass in words else self._word(aclass),
                words[subclass] if subclass in words else self._word(subclass),
                "" if fee_code == purse.asset else fee_code,
                usd,
            )
        except ValueError:
            return self._closely(dict(zip(NAMES, self._pick(cells), strict=True)), line)

    def may_have_lines(self, cells: Sequence[str]) -> bool:
        """Whether line breaks stand only where there may be some: else pieces of two rows look like one."""
        return all(
            free or "\n" not in cell.strip() or (text and self._separator not in cell and '"' not in cell)
            for cell, free, text in zip(cells, self._free, self._text, strict=False)
        )

    @staticmethod
    def _number(text: str) -> Decimal:
        """A number as exports write it."""
        if not _PLAIN.fullmatch(text):
            raise ValueError
        return Decimal(text) or ZERO

    def _word(self, text: str) -> str:
        """A text as it is kept: short, and with nothing in it that isn't seen."""
        word = written(text)
        if len(word) > MOST_TEXT:
            raise ValueError
        if len(self._words) < _KEPT:
            self._words[text] = word
        return word

    def _type(self, text: str) -> str:
        word = self._word(text).lower()
        if not word:
            raise ValueError
        if len(self._types) < _KEPT:
            self._types[text] = word
        return word

    def _code(self, text: str) -> str:
        """The plain code of what a fee was taken in."""
        code, _ = plain_code(text.strip())
        if not code:
            raise ValueError
        if len(self._codes) < _KEPT:
            self._codes[text] = code
        return code

    def _usd(self, *texts: str) -> tuple[Decimal | None, Decimal | None, Decimal | None] | None:
        if _THREE.fullmatch(" ".join(texts)):
            return Decimal(texts[0]) or ZERO, Decimal(texts[1]) or ZERO, Decimal(texts[2]) or ZERO
        amount, fee, balance = [None if each in _NOTHING else self._number(each) for each in texts]
        return None if amount is fee is balance is None else (amount, fee, balance)

    def _purse(self, asset: str, wallet: str) -> Purse:
        code, held = plain_code(asset.strip())
        if not code:
            raise ValueError
        purse = Purse(code, held, self._word(wallet))
        if len(self._purses) < _KEPT:
            self._purses[asset, wallet] = purse
        return purse

    def _closely(self, cells: dict[str, str], line: int) -> Entry | list[Problem]:
        """The same for what isn't as exports have it: what is meant, if that is plain, or each thing that is wrong."""
        problems: list[Problem] = []

        def wrong(column: str, wanted: str) -> None:
            there = shown(texts[column]) if texts[column] else "nothing"
            problems.append(Problem(line, column, f"expected {wanted}, got {there}"))

        texts = {name: written(cells[name]) for name in NAMES}
        for name in ("txid", "refid", "type", "subtype", "aclass", "subclass", "wallet"):
            if len(texts[name]) > MOST_TEXT:
                wrong(name, f"at most {MOST_TEXT} characters")
        when = moment(texts["time"])
        if when is None:
            wrong("time", "a time in UTC such as 2023-04-05 06:07:08")
        kind = texts["type"].lower()
        if not kind:
            wrong("type", "the kind of row, such as trade or margin")
        code, held = plain_code(texts["asset"])
        if not code:
            wrong("asset", "an asset's code such as EUR or XXBT")
        numbers: dict[str, Decimal | None] = {}
        for name in ("amount", "fee", "balance", "amountusd", "feeusd", "balanceusd"):
            try:
                numbers[name] = number_in(texts[name], comma=self._comma) if texts[name] else None
            except ValueError as error:
                wrong(name, str(error))
        if not texts["amount"] and not texts["fee"] and cells["amount"].strip() != "-":
            wrong("amount", "a number such as -24.5 (or one in the column fee)")
        fee_code = ""
        if texts["feecurrency"]:
            fee_code, _ = plain_code(texts["feecurrency"])
            if not fee_code:
                wrong("feecurrency", "an asset's code such as EUR, or nothing")
        if problems:
            return problems
        in_usd = numbers["amountusd"], numbers["feeusd"], numbers["balanceusd"]
        return Entry(
            line,
            texts["txid"],
            texts["refid"],
            when,
            kind,
            Purse(code, held, texts["wallet"]),
            numbers["amount"] or ZERO,
            numbers["fee"] or ZERO,
            numbers["balance"],
            texts["subtype"],
            texts["aclass"],
            texts["subclass"],
            "" if fee_code == code else fee_code,
            None if in_usd == (None, None, None) else in_usd,
        )


def written(text: str) -> str:
    r"""A cell's text without what isn't seen, without spaces around it; ``-`` is nothing.

    >>> written(" spot / main\u200f "), written("-")
    ('spot / main', '')
    """
    if not text.isascii() and any("\udc80" <= each <= "\udcff" for each in text):  # bytes that were no UTF-8
        text = text.encode("utf-8", "surrogateescape").decode("latin-1")
    word = text.strip() if text.isprintable() else " ".join(legible(text).split())
    return "" if word == "-" else word


def moment(text: str) -> datetime | None:
    """A time in UTC, written out or as seconds since 1970; None if it is neither.

    >>> moment("2023-07-04T09:54:44.1787Z") == moment("1688464484.1787")
    True
    >>> moment("04.07.2023")
    """
    try:
        if _SECONDS.fullmatch(text):
            whole, _, part = text.partition(".")
            found = _START + timedelta(seconds=int(whole), microseconds=int(f"{part:0<6}"[:6]))
        else:
            if not _OTHER_TIME.fullmatch(text):
                return None
            found = datetime.fromisoformat(_zone_joined(text))
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year in _YEARS else None


def _zone_joined(text: str) -> str:
    """A time as Python reads it: with Z for UTC, and the zone right behind the time."""
    day, rest = text[:10], text[11:]
    return f"{day} {rest.replace('UTC', 'Z').replace('GMT', 'Z').replace(' ', '')}"


def number_in(text: str, *, comma: bool = False) -> Decimal:
    """The exact number that a text means; ``comma`` if a comma may be its point.

    Raises:
        ValueError: what was expected instead.

    >>> number_in("2.5e-3"), number_in("1,234.50"), number_in("-24,5", comma=True), number_in("0.0000000000")
    (Decimal('0.0025'), Decimal('1234.50'), Decimal('-24.5'), Decimal('0'))
    """
    text = text.translate(_SPACES).strip()
    if _GROUPED_GAP.fullmatch(text):
        text = text.replace(" ", "").replace("'", "").replace("’", "")
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    elif comma and _GROUPED_COMMA.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif _COMMA.fullmatch(text):
        meant = "a number with a point, such as -24.5"
        if comma and _EITHER.fullmatch(text):
            raise ValueError(f"{meant} ({text.replace(',', '.')} or {text.replace(',', '')}?)")
        if not comma:
            raise ValueError(meant)
        text = text.replace(",", ".")
    if len(text) > 500 or not _NUMBER.fullmatch(text):
        raise ValueError("a number such as -24.5")
    number = Decimal(text)
    if not number:
        return ZERO
    if number.adjusted() >= MOST_DIGITS or int(number.as_tuple().exponent) < -MOST_DIGITS:
        number = EXACT.normalize(number) if len(text) < 60 else number
        if number.adjusted() >= MOST_DIGITS or int(number.as_tuple().exponent) < -MOST_DIGITS:
            raise ValueError(f"a number of at most {MOST_DIGITS} digits before and after the point")
    return Decimal(f"{number:f}")


def known_name(text: str) -> str:
    """A column's name as it is compared: in small letters, without what some programs put in between.

    >>> known_name(" Fee_Currency"), known_name("amount USD")
    ('feecurrency', 'amountusd')
    """
    return written(text[:_MOST_NAME]).lower().replace(" ", "").replace("_", "").replace('"', "")


def complete(columns: Sequence[str]) -> bool:
    """Whether nothing is missing that a row can't be told without.

    >>> complete(NAMES), complete(["txid", "time"])
    (True, False)
    """
    return _NEEDED.issubset(columns)


def lacking(columns: Sequence[str]) -> list[str]:
    """A sentence for each column that a row can't be told without: the name, and the nearest that is there.

    >>> lacking(["txid", "refid", "time", "type", "asset", "amout", "fee", "balance"])
    ["amount is missing ('amout' is near it)"]
    """
    rest = [each for each in columns if each and each not in NAMES]
    told = []
    for name in NEEDED:
        if name not in columns:
            near = nearest(name, rest)
            told.append(f"{name} is missing" + (f" ({shown(near)} is near it)" if near else ""))
    return told

"""Ledger exports of an exchange: CSV and JSON become rows, in the order of time; what can't be read is named.

A row that is broken costs no other: each line is looked at by itself, and an open quotation mark takes in the next
lines only if they are no rows of their own.
"""

import csv
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from operator import gt, lt
from pathlib import Path
from typing import IO, Any

from marginlib.engine.kinds import shown
from marginlib.reading import ledger_text
from marginlib.reading.entries import Entry, Ledger, Problem
from marginlib.reading.ledger_rows import NAMES, Rows, complete, known_name, lacking, written
from marginlib.reading.ledger_text import BROKEN, WANTED, WHERE, InvalidLedger, Progress

__all__ = ["InvalidLedger", "Progress", "read_entries", "read_ledger"]
_Lines = Iterator[str | Problem] | Iterator[str]
_SEPARATORS = ",;\t|"
_LOOKED_AT = 20  # lines in which the names of the columns may stand
_COMMAS = " (do numbers have a comma as their point? Save it with points in them, or with semicolons between values)"
_MOST_LINES = 50  # that one row may go over
_ROW = re.compile(r'(?:"([^"{}]{0,80})"\s*:\s*)?(\{[^{}]*\})')


def read_ledger(source: Path | str | bytes | IO[bytes], *, progress: Progress | None = None) -> Ledger:
    r"""Read an export: a path, what is in the file, or an open file; a ZIP or gzip of one does too.

    Raises:
        InvalidLedger: it can't be read at all, or is something else.

    >>> text = "refid,time,type,asset,amount,fee,balance\nT1,2023-04-05 06:07:08,margin,ZEUR,0,1.5,98.5\n"
    >>> ledger = read_ledger(text)
    >>> ledger.entries[0].purse, ledger.entries[0].fee, ledger.problems
    (Purse(asset='EUR', held='', wallet=''), Decimal('1.5'), ())
    """
    if isinstance(source, str):
        is_text = "\n" in source or "\r" in source or source.lstrip().startswith(("{", "["))
        source = source.encode("utf-8", "surrogateescape") if is_text else Path(source)
    with ExitStack() as close:
        opened = ledger_text.opened(source, close, progress)
        columns: list[str] = []
        if opened.head.lstrip()[:1] in ("{", "["):
            return _ledger(_json(_whole(opened)), ())
        return _ledger(_csv(_until_cut(opened), columns), columns)


def read_entries(lines: Iterable[str]) -> Iterator[Entry | Problem]:
    """Read the lines of a CSV export one by one, in the order of the file, whatever they say again.

    Raises:
        InvalidLedger: the columns aren't those of a ledger export.

    >>> lines = ["time;type;asset;refid;amount;fee;balance", "2023-04-05 06:07:08;margin;XXBT;T1;-1;0;x"]
    >>> print(*read_entries(lines))
    line 2, balance: expected a number such as -24.5, got 'x'
    """
    return _csv(iter(lines), [])


def _until_cut(opened: ledger_text.Opened) -> Iterator[str | Problem]:
    """The lines; where a packed file breaks off, that."""
    try:
        yield from opened.text
    except BROKEN:
        yield Problem(0, "", "the packed file is damaged from here on; what comes after is lost. Download it again")


def _whole(opened: ledger_text.Opened) -> str:
    try:
        return opened.text.read()
    except BROKEN:
        raise InvalidLedger("the packed file is damaged; download the export again") from None


# In CSV ---------------------------------------------------------------------------------------------------------------


def _csv(lines: _Lines, columns: list[str]) -> Iterator[Entry | Problem]:
    """The rows below the names of the columns, which are put into the list that is given."""
    waiting: deque[str | Problem] = deque()
    at, separator, names = _header(lines)
    columns += names
    rows, cells_of = Rows([known_name(each) for each in names], separator), _Cells(separator)
    width = rows.width
    while True:
        text = waiting.popleft() if waiting else next(lines, None)
        if text is None:
            return
        at += 1
        if isinstance(text, Problem):
            yield Problem(at, "", text.message)
            return
        began = at
        try:
            cells = cells_of(text)
        except IndexError:  # a quotation mark is still open at the end of the line
            joined = _joined(text, lines, waiting, cells_of, rows)
            if joined is None:
                yield Problem(at, "", "expected a closing quotation mark in this line; one is opened and not closed")
                continue
            cells, more = joined
            at += more
        except csv.Error as error:
            yield Problem(at, "", f"expected a row of an export, got a line that can't be taken apart ({error})")
            continue
        if len(cells) != width:
            if _blank(cells):
                continue
            if len(cells) == 1 and separator in cells[0]:  # the whole line was put in quotation marks once more
                cells = next(csv.reader([cells[0]], delimiter=separator), [])
            while len(cells) > width and not written(cells[-1]):
                cells.pop()
        if len(cells) != width:
            names = [known_name(each) for each in cells]
            if complete(names):  # another export was put below the first
                rows = Rows(names, separator)
                width = rows.width
                continue
            hint = _COMMAS if separator == "," and width < len(cells) <= width + 6 else ""
            yield Problem(began, "", f"expected {width} values as the first line has names, got {len(cells)}{hint}")
            continue
        found = rows.read(cells, began)
        if type(found) is Entry:
            yield found
            continue
        assert isinstance(found, list)
        if _blank(cells):
            continue
        names = [known_name(each) for each in cells[:width]]
        if complete(names):
            rows = Rows(names, separator)
            continue
        yield from found


class _Cells:
    """Takes one line apart; an IndexError says that a quotation mark is still open at its end."""

    def __init__(self, separator: str) -> None:
        self._line: list[str] = []
        self._reader = csv.reader(iter(self._line.pop, None), delimiter=separator)

    def __call__(self, line: str) -> list[str]:
        self._line.append(line)
        return next(self._reader)


def _joined(
    text: str, lines: _Lines, waiting: deque[str | Problem], cells_of: _Cells, rows: Rows
) -> tuple[list[str], int] | None:
    """The cells of a row with line breaks in it, and how many more lines it has; None if the next ones aren't its."""
    whole = text if text.endswith("\n") else f"{text}\n"
    for more in range(1, _MOST_LINES):
        if len(waiting) < more:
            following = next(lines, None)
            if following is None:
                return None
            waiting.append(following)
        following = waiting[more - 1]
        if isinstance(following, Problem) or _stands(following, cells_of, rows):
            return None
        whole += following if following.endswith("\n") else f"{following}\n"
        try:
            cells = cells_of(whole)
        except IndexError:
            continue
        except csv.Error:
            return None
        if not _is_row(cells, rows) or not rows.may_have_lines(cells):
            return None
        for _ in range(more):
            waiting.popleft()
        return cells, more
    return None


def _stands(line: str, cells_of: _Cells, rows: Rows) -> bool:
    """Whether a line is a row by itself."""
    try:
        cells = cells_of(line)
    except (IndexError, csv.Error):
        return False
    return _is_row(cells, rows)


def _blank(cells: list[str]) -> bool:
    """Whether a line is there for nothing: empty, or separators alone."""
    return not any(each.strip() for each in cells)


def _is_row(cells: list[str], rows: Rows) -> bool:
    return len(cells) == rows.width and isinstance(rows.read([*cells], 0), Entry)


def _header(lines: _Lines) -> tuple[int, str, list[str]]:
    """The line in which the columns have their names, what separates them, and the names as they are written.

    Raises:
        InvalidLedger: there is no such line, or something is missing in it.
    """
    first = ""
    for at, line in zip(range(1, _LOOKED_AT + 1), lines, strict=False):
        if isinstance(line, Problem):
            raise InvalidLedger("the packed file is damaged; download the export again")
        first = first or written(line)
        best: tuple[int, str, list[str]] = 0, ",", []
        for separator in _SEPARATORS:
            cells = _split(line, separator)
            if len(cells) == 1 and separator in cells[0]:
                cells = _split(cells[0], separator)
            known = len({known_name(each) for each in cells} & {*NAMES})
            if known > best[0]:
                best = known, separator, [written(each) for each in cells]
        _, separator, names = best
        if best[0] >= 3:
            compared = [known_name(each) for each in names]
            if not complete(compared):
                told = _other(compared) or f"line {at}: {'; '.join(lacking(compared))}; {WANTED}"
                raise InvalidLedger(told)
            for name in NAMES:
                if (times := compared.count(name)) > 1:
                    raise InvalidLedger(f"line {at}: expected each column once, got {name} {times} times")
            return at, separator, names
    raise InvalidLedger(_nothing_known(first))


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _other(names: Sequence[str]) -> str:
    """What an export is, if it is another one of the exchange's."""
    if "ordertxid" in names or {"pair", "vol"} <= {*names} or {"pair", "cost"} <= {*names}:
        return (
            "this is the trades export: it has pairs and prices, but neither balances nor deposits, and not every fee; "
            f"{WHERE} instead of Trades"
        )
    if "newbalance" in names or "fundingrate" in names:
        return f"this is the futures account's log; {WHERE} for the spot account"
    return ""


def _nothing_known(first: str) -> str:
    """What to say of a text in which no line names the columns of an export."""
    if not first:
        return f"it is empty; {WANTED}"
    start = first[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml")):
        return f"it is a web page, not the export; sign in and download it again. {WANTED[0].upper()}{WANTED[1:]}"
    if start.startswith("%pdf"):
        return f"it is a PDF; {WHERE} and the format CSV"
    cells = first.replace('"', "").split(",")
    if len(cells) >= 9 and any(re.match(r"\d{4}-\d\d-\d\d ", each) for each in cells):
        return f"the first line has no names of columns; {WANTED} in its first line"
    return f"no line names the columns; it begins with {shown(first)}; {WANTED}"


# In JSON --------------------------------------------------------------------------------------------------------------


class _Raw(dict[str, Any]):
    """A row of JSON; what else is there is taken apart."""

    __slots__ = ()


def _json(text: str) -> Iterator[Entry | Problem]:
    """The rows of an answer of the exchange's API, or of several."""
    rows = Rows(NAMES)
    at = 0
    for at, (txid, raw) in enumerate(_in_json(text), 1):
        if isinstance(raw, str):
            yield Problem(at, "", raw)
            continue
        cells, wrong = [], ""
        for name in NAMES:
            value = raw.get(name)
            if isinstance(value, dict | list):
                wrong = name
            cells.append("" if value is None else value if isinstance(value, str) else str(value))
        cells[0] = cells[0] or txid or (named if isinstance(named := raw.get("id"), str) else "")
        if wrong:
            yield Problem(at, wrong, f"expected text or a number, got {shown(raw[wrong])}")
            continue
        found = rows.read(cells, at)
        if isinstance(found, Entry):
            yield found
        else:
            yield from found


def _in_json(text: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Each row with the name it has; a sentence in the place of one that is none."""
    decoder = json.JSONDecoder(
        parse_float=Decimal, parse_int=Decimal, parse_constant=str, object_pairs_hook=_object, strict=False
    )
    place, length, before = 0, len(text), False
    while True:
        while place < length and text[place].isspace():
            place += 1
        if place >= length:
            return
        try:
            data, place = decoder.raw_decode(text, place)
        except RecursionError:
            raise InvalidLedger(f"nested too deeply; {WANTED}, or the API's JSON of it") from None
        except (json.JSONDecodeError, ArithmeticError) as error:
            yield from _salvaged(text, place, error, before=before)
            return
        yield from _rows_of(data)
        before = True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that is a row is told by what it has."""
    data = dict(pairs)
    if isinstance(inside := data.get("info"), _Raw):  # a program that asked the API put its own names around the row
        return inside
    return _Raw(data) if "asset" in data and ("amount" in data or "refid" in data) else data


def _rows_of(data: object, name: str = "") -> Iterator[tuple[str, dict[str, Any] | str]]:
    if isinstance(data, _Raw):
        yield name, data
    elif isinstance(data, list):
        for each in data:
            yield from _rows_of(each) if isinstance(each, dict | list) else [("", _no_row(each))]
    elif isinstance(data, dict):
        if data.get("error") and not data.get("result"):
            told = data["error"]
            told = ", ".join(map(str, told)) if isinstance(told, list) else str(told)
            raise InvalidLedger(f"it is the API's refusal, {shown(told)}; expected its answer with a ledger")
        if other := _other_json(data):
            raise InvalidLedger(other)
        inside = data.get("result", data)
        if isinstance(inside, dict) and (other := _other_json(inside)):
            raise InvalidLedger(other)
        inside = inside["ledger"] if isinstance(inside, dict) and "ledger" in inside else inside
        if isinstance(inside, _Raw | list):
            yield from _rows_of(inside)
        elif not isinstance(inside, dict):
            yield "", _no_row(inside)
        else:
            for txid, each in inside.items():
                if isinstance(each, _Raw):
                    yield txid, each
                else:
                    yield txid, _no_row(each)
    else:
        yield "", _no_row(data)


def _other_json(data: dict[str, Any]) -> str:
    if "steps" in data or ("balances" in data and "prices" in data):
        return "this is a scenario, not an export: `marginlib run FILE` replays it"
    if "trades" in data:
        return "this is the API's trades history; ask it for Ledgers instead"
    if "cells" in data and "nbformat" in data:
        return f"this is a notebook; {WANTED}"
    return ""


def _no_row(value: object) -> str:
    return f'expected a row such as {{"refid": …, "time": …, "asset": …, "amount": …}}, got {shown(value)}'


def _salvaged(text: str, start: int, error: Exception, *, before: bool) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """What stands whole in JSON that is damaged; ``before`` it there may be an answer that isn't."""
    found = 0
    for match in _ROW.finditer(text, start):
        try:
            data = json.loads(match[2], parse_float=Decimal, parse_int=Decimal, parse_constant=str, strict=False)
        except (json.JSONDecodeError, ArithmeticError):
            yield match[1] or "", f"expected an object {{…}}, got what is no JSON: {shown(match[2])}"
            continue
        if "asset" in data:
            found += 1
            yield match[1] or "", data
    where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
    if not found and not before:
        raise InvalidLedger(f"it is no valid JSON{where}; {WANTED}, or the API's JSON of it")
    yield "", f"the file is no valid JSON{where}; the rows that stand whole are read, one that is cut off is lost"


# All of it ------------------------------------------------------------------------------------------------------------


def _ledger(found: Iterator[Entry | Problem], columns: Sequence[str]) -> Ledger:
    """The rows in the order of time, each once."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    seen: set[object] = set()
    again: set[object] = set()
    for each in found:
        if type(each) is Entry:
            key = each.txid or hash((each.refid, each.time, each.amount, each.balance))
            if key in seen:
                again.add(key)
            seen.add(key)
            entries.append(each)
        else:
            assert isinstance(each, Problem)
            problems.append(each)
    seen.clear()
    if not entries and not problems and not columns:
        raise InvalidLedger(f"there is no row in it; {WANTED}, or the API's JSON of it")
    repeated = _repeated(entries, again) if again else set()
    announced = _announced(entries)
    if repeated or announced:
        entries = [each for each in entries if each.line not in repeated and each.line not in announced]
    _in_order(entries)
    return Ledger(tuple(entries), tuple(problems), tuple(sorted(repeated)), tuple(columns), tuple(sorted(announced)))


def _repeated(entries: list[Entry], again: set[object]) -> set[int]:
    """Lines that say what an earlier one said; without a txid only if the row can't have come twice."""
    first: dict[object, list[Entry]] = {}
    lines: set[int] = set()
    for each in entries:
        key = each.txid or hash((each.refid, each.time, each.amount, each.balance))
        if key not in again:
            continue
        same = first.setdefault(key, [])
        moved = each.txid or (each.refid and each.balance is not None and (each.amount or each.fee))
        if moved and any(_says_the_same(each, other) for other in same):
            lines.add(each.line)
        else:
            same.append(each)
    return lines


def _says_the_same(one: Entry, other: Entry) -> bool:
    """Whether two rows are one: in both forms of the export, whose times are more or less exact."""
    assert one.time is not None
    assert other.time is not None
    return (
        one.time.replace(microsecond=0) == other.time.replace(microsecond=0)
        and (one.refid, one.type, one.purse[:2], one.amount, one.fee, one.balance)
        == (other.refid, other.type, other.purse[:2], other.amount, other.fee, other.balance)
        and (one.purse.wallet == other.purse.wallet or not one.purse.wallet or not other.purse.wallet)
    )


def _announced(entries: list[Entry]) -> set[int]:
    """Lines of rows that were still pending, and that another line books."""
    pending = [each for each in entries if each.pending and each.refid]
    if not pending:
        return set()
    wanted = {(each.refid, each.purse[:2], each.amount) for each in pending}
    booked = {
        (each.refid, each.purse[:2], each.amount) for each in entries if not each.pending and each.refid
    } & wanted  # fmt: skip
    return {each.line for each in pending if (each.refid, each.purse[:2], each.amount) in booked}


def _in_order(entries: list[Entry]) -> None:
    """Sort by time; rows of one moment stay in the order of the file, or turn with it where it goes backwards."""
    times: list[Any] = [each.time for each in entries]
    following = times[1:]
    up, down = sum(map(lt, times, following)), sum(map(gt, times, following))
    if down > up:
        entries.reverse()
    if down:
        entries.sort(key=lambda each: each.time)  # type: ignore[arg-type, return-value]

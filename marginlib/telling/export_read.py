"""How the reading of an export went: how many rows, from when to when, what couldn't be read, what was left out."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from marginlib.analysis.ledger_groups import family
from marginlib.engine.kinds import shown
from marginlib.reading.entries import Ledger
from marginlib.reading.ledgers import InvalidLedger

_MOST_TOLD = 20  # problems on a terminal; JSON has them all


def as_json(ledger: Ledger, name: str) -> dict[str, Any]:
    """The same as plain data; the status is "incomplete" where a row couldn't be read.

    >>> as_json(Ledger(()), "ledgers.csv")["status"]
    'ok'
    """
    return {
        "status": "incomplete" if ledger.problems else "ok",
        "file": name,
        "rows": len(ledger.entries),
        "problems": [{"line": each.line, "column": each.column, "message": each.message} for each in ledger.problems],
        "repeated": list(ledger.repeated),
        "announced": list(ledger.announced),
        "unknown_types": unknown_types(ledger),
    }


def not_read(error: InvalidLedger, name: str) -> dict[str, Any]:
    """A file that can't be used, as plain data.

    >>> not_read(InvalidLedger("it is empty"), "ledgers.csv")["error"]["message"]
    'it is empty'
    """
    return {
        "status": "error", "file": name, "rows": 0, "problems": [], "repeated": [], "announced": [],
        "unknown_types": {}, "error": {"code": "invalid_ledger", "message": str(error)},
    }  # fmt: skip


def unknown_types(ledger: Ledger) -> dict[str, int]:
    """The types that exports aren't known to have, and how many rows have each.

    >>> unknown_types(Ledger(()))
    {}
    """
    return dict(Counter(each.type for each in ledger.entries if family(each.type) == "unknown").most_common())


def how_read(ledger: Ledger) -> list[str]:
    r"""What was read, in sentences.

    >>> print(*how_read(Ledger((), repeated=(3, 9))), sep="\n")  # doctest: +ELLIPSIS
    No row was read.
    Lines 3 and 9 say again what an earlier line says (the same txid, ...): each counts once.
    """
    told = [_rows(ledger)]
    if ledger.problems and not ledger.entries:
        told.append("A spreadsheet may have changed the file: take the export as the exchange gave it.")
    if ledger.repeated:
        lines = _lines(ledger.repeated)
        says, they = ("says", "it isn't counted") if len(ledger.repeated) == 1 else ("say", "each counts once")
        told.append(
            f"{lines} {says} again what an earlier line says (the same txid, or none and all else alike): {they}."
        )
    if ledger.announced:
        lines = _lines(ledger.announced)
        announce = "announces" if len(ledger.announced) == 1 else "announce"
        told.append(
            f"{lines} only {announce} what another line books (no txid and no balance yet): the booked one counts."
        )
    if pending := [each.line for each in ledger.entries if each.pending]:
        have = "has" if len(pending) == 1 else "have"
        told.append(f"{_lines(pending)} {have} neither a txid nor a balance: still pending, nothing moved yet.")
    if unknown := unknown_types(ledger):
        names = ", ".join(f"{shown(name)} ({many:,})" for name, many in list(unknown.items())[:10])
        rest = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        told.append(f"Types that exports aren't known to have: {names}{rest}. Their rows are kept.")
    return told


def problems(ledger: Ledger) -> list[str]:
    """What couldn't be read, a sentence each; on a terminal not too many of them."""
    told = [f"{str(each)[0].upper()}{str(each)[1:]}." for each in ledger.problems[:_MOST_TOLD]]
    if len(ledger.problems) > _MOST_TOLD:
        told.append(f"… and {len(ledger.problems) - _MOST_TOLD:,} more; --json has them all.")
    return told


def _rows(ledger: Ledger) -> str:
    if not ledger.entries:
        if ledger.columns and not ledger.problems:
            return "No row was read: below the columns' names there is none. Export a longer span of time."
        return "No row was read."
    first, last = ledger.entries[0].time, ledger.entries[-1].time
    rows = "1 row was read" if len(ledger.entries) == 1 else f"{len(ledger.entries):,} rows were read"
    return f"{rows}, from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC."


def _lines(lines: Sequence[int]) -> str:
    """Where something stands.

    >>> _lines([4]), _lines([4, 7, 9]), _lines(range(100))
    ('Line 4', 'Lines 4, 7 and 9', '100 lines (0, 1, 2, 3, 4, …)')
    """
    if len(lines) == 1:
        return f"Line {lines[0]}"
    if len(lines) <= 5:
        return f"Lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"
    return f"{len(lines):,} lines ({', '.join(map(str, lines[:5]))}, …)"

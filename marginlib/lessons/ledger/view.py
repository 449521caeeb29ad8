"""What the screen shows of a ledger: its title and words, the timeline, its chapters, and the one that is open."""

import bisect
import functools
import itertools
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from marginlib.analysis.ledger_groups import family, groups_of
from marginlib.drawing.screen import Table, screen
from marginlib.engine.amounts import ZERO
from marginlib.engine.legible import legible
from marginlib.lessons.ledger import chapters, timeline
from marginlib.lessons.ledger.chapters import Chapter, named, times
from marginlib.lessons.ledger.timeline import Held, Mark, stamp
from marginlib.reading.entries import Entry, Ledger, Purse
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import exact, listed, money
from marginlib.telling.table import Table as PlainTable

if TYPE_CHECKING:
    import pandas

_ALL_AT_ONCE = 2500  # rows up to which the browser has everything, and Python isn't asked when it zooms
_LISTED = 400  # chapters, findings
_ROWS = 200  # of an open chapter
_CHOICES = 12
_RESULT = "result and fees, "
_STAMPS = itertools.count(1)
SAMPLE = "A sample: nobody’s account, worked out by the engine of this workbook. The file is data/ledger/sample.csv."


class Spot(NamedTuple):
    """A fee in another currency than the pair's quote, with all its rows."""

    chapter: Chapter
    rows: tuple[Entry, ...]

    @property
    def lines(self) -> list[int]:
        """Where they stand in the file."""
        return [each.line for each in self.rows]


class Looked:
    """A ledger with what was made of it, and what is being looked at."""

    def __init__(self, ledger: Ledger, name: str = "") -> None:
        self.ledger, self.name, self.stamp = ledger, name, next(_STAMPS)
        self.account: Any = None
        self.wrong = ""
        groups = groups_of((each for each in ledger.entries if each.time is not None), rulebook())
        self.chapters = [Chapter(at, group) for at, group in enumerate(groups)]
        self._dated = [each for each in ledger.entries if each.time is not None]
        self.choices = self._choose()
        self.choice = self.choices[0] if self.choices else ""
        self.opened: int | None = None
        self.window: tuple[float, float] | None = None
        self.seeking, self.said = False, ""
        self.right: bool | None = None
        self.found: list[int] = []

    @property
    def span(self) -> tuple[float, float] | None:
        """From the first row to the last, in the browser's milliseconds."""
        times = [each.time for each in self._dated if each.time]
        if not times:
            return None
        first, last = stamp(min(times)), stamp(max(times))
        return (first, last) if last > first else (first - 1_800_000, first + 1_800_000)

    def _choose(self) -> list[str]:
        """What may be drawn over time: each balance, those with most rows first, and results by currency."""
        count: dict[Purse, int] = {}
        for each in self._dated:
            if each.balance is not None:
                count[each.purse] = count.get(each.purse, 0) + 1
        balances = [named(each) for each in sorted(count, key=lambda purse: -count[purse])][:_CHOICES]
        results = dict.fromkeys(
            each.asset
            for chapter in self.chapters
            if chapter.kind == "closing"
            for each in chapter.entries
            if each.amount
        )
        return balances + [f"{_RESULT}{asset}" for asset in results][:_CHOICES]

    # What the browser asks ------------------------------------------------------------------------------------------

    def hear(self, kind: str, said: dict[str, Any]) -> None:
        """Take in what is wanted; what can't be, is passed over."""
        self.wrong = ""
        match kind, said:
            case "asset", {"asset": str(choice)} if choice in self.choices:
                self.choice = choice
            case "open", {"chapter": None}:
                self.opened = None
            case "open", {"chapter": int(number)} if 0 <= number < len(self.chapters):
                self.opened = number
            case "window", {"from": int() | float() as first, "to": int() | float() as last} if first < last:
                self.window = (float(first), float(last))
            case "task", _:
                self._seek()
            case "point", {"line": int(line)}:
                self._point(line)

    # The task -------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def unexpected(self) -> list[Spot]:
        """Where a fee was taken in another currency than the pair's quote: each time it was, all rows that follow."""
        spots: dict[tuple[int, str, bool], list[Entry]] = {}
        for chapter in self.chapters:
            if quote := chapter.group.quote:
                for each in chapters.charges(chapter):
                    if each.fee_asset != quote:
                        rolls = each in chapter.group.of("rollover")
                        spots.setdefault((chapter.id, each.fee_asset, rolls), []).append(each)
        return [Spot(self.chapters[number], tuple(rows)) for (number, _, _), rows in spots.items()]

    def _seek(self) -> None:
        self.seeking, self.right, self.said = not self.seeking, None, ""
        if self.seeking:
            self.said = (
                "Somewhere a fee was taken in another currency than its pair is counted in. Open what you suspect, and "
                "press the button below the row."
                if self.unexpected
                else "As far as this ledger tells, every fee was taken in the currency that its pair is counted in."
            )

    def _point(self, line: int) -> None:
        """Say of a row that its fee wasn't to be expected."""
        spot = next((each for each in self.unexpected if line in each.lines), None)
        self.right = spot is not None
        if spot:
            self.found += [each for each in spot.lines if each not in self.found]
            left = sum(each.lines[0] not in self.found for each in self.unexpected)
            more = f"{times(left, 'more place')} like that." if left else "That was the last one."
            self.said = f"Yes. {self._because(spot)} {more}"
            return
        entry = next((each for each in self.ledger.entries if each.line == line), None)
        if entry:
            converted = (
                entry.amount and family(entry.type, entry.subtype) == "margin" and entry.fee_asset == entry.asset
            )
            quote = next((each.group.quote for each in self.chapters if entry in each.entries), "")
            self.said = (
                f"This is a fee of another kind: {money(entry.fee, entry.fee_asset)} for converting what a loss took (R16)."
                if converted and entry.asset != quote
                else f"This one was to be expected: {money(entry.fee, entry.fee_asset)}, in the currency that its pair is "
                "counted in (A4). Look on."
            )

    def _because(self, spot: Spot) -> str:
        """Why a fee was taken where nobody expected it, as far as the ledger tells."""
        first, quote = spot.rows[0], spot.chapter.group.quote
        had = self._balance_at(quote, first)
        taken = money(sum((each.fee for each in spot.rows), ZERO), first.fee_asset)
        short = (
            f"There were {money(had, quote)} at that moment"
            if had is not None
            else f"The ledger doesn’t say what there was in {quote}"
        )
        return (
            f"The pair is counted in {quote}, and {taken} were taken. {short}; a charge is taken whole from the first "
            "currency that bears all of it (A4). Real exports also show other ways (C6)."
        )

    def _balance_at(self, asset: str, entry: Entry) -> Decimal | None:
        """What there was of an asset when a row was booked."""
        found = None
        for each in self.ledger.entries:
            if each is entry:
                return found
            if each.purse == Purse(asset) and each.balance is not None:
                found = each.balance
        return None

    # What is shown --------------------------------------------------------------------------------------------------

    def shown(self) -> dict[str, Any]:
        """All that the browser needs, as plain data."""
        span = self.span
        window = self.window or span
        large = len(self.ledger.entries) > _ALL_AT_ONCE
        seen = window if large and window else span
        figures, marks = self._drawn(seen) if seen else ([], [])
        listed_ = [each for each in self.chapters if not seen or _meets(each, seen)]
        if self.opened is not None and self.chapters[self.opened] not in listed_:
            listed_ = [*listed_, self.chapters[self.opened]]
        return {
            "view": screen(self.title, figures, self.words(), self.tables()),
            "own": bool(self.name),
            "source": self._source(),
            "wrong": self.wrong,
            "asset": self.choice,
            "assets": self.choices,
            "span": [*span] if span else [],
            "window": [*seen] if large and seen else [],
            "marks": [[*each] for each in marks],
            "chapters": [self._chapter(each) for each in listed_[:_LISTED]],
            "count": len(self.chapters),
            "opened": None if self.opened is None else self._life(self.chapters[self.opened]),
            "findings": self.findings()[:_LISTED],
            "task": {"on": self.seeking, "said": self.said, "right": self.right, "found": self.found},
        }

    @property
    def title(self) -> str:
        """What was found, in a sentence."""
        if not self.ledger.entries:
            return "There is no row in this ledger"
        count = {
            kind: sum(each.kind == kind for each in self.chapters) for kind in ("opening", "closing", "settlement")
        }
        parts = [
            f"{number} {word}{'' if number == 1 else 's'}"
            for kind, word in (("opening", "opening"), ("closing", "closing"), ("settlement", "settlement"))
            if (number := count[kind])
        ]
        rows = f"{len(self.ledger.entries):,} rows"
        return f"{rows} tell of {listed(parts)}" if parts else f"{rows}, and none of them is on margin"

    def _source(self) -> str:
        if not self.name:
            return SAMPLE
        return f"Your file {self.name}. It is read here, and goes nowhere."

    def words(self) -> list[str]:
        """A few sentences on all of it."""
        return []

    def tables(self) -> list[Table]:
        """Results and fees by asset."""
        return []

    def findings(self) -> list[str]:
        """Breaks of the balance rule, and lines that couldn't be read."""
        return [str(each) for each in self.ledger.problems]

    def _chapter(self, chapter: Chapter) -> dict[str, Any]:
        first, last = (chapter.entries[at].time for at in (0, -1))
        assert first
        assert last
        return {
            "id": chapter.id, "from": stamp(first), "to": stamp(last), "when": _date(first), "flag": self.flag(chapter),
            "what": chapters.what(chapter), "result": chapters.result(chapter), "mark": chapter.mark,
        }  # fmt: skip

    def flag(self, chapter: Chapter) -> str:
        """What doesn't add up in it."""
        return ""

    def wrong_in(self, entry: Entry) -> str:
        """What doesn't add up in a row."""
        return ""

    def _life(self, chapter: Chapter) -> dict[str, Any]:
        rows, seen = [], set[str]()
        for run in chapters.runs(chapter.entries[:_ROWS]):
            rows.append(
                self._run(run, chapter) if len(run) > 1 else self._row(run[0], chapter, run[0].type not in seen)
            )
            seen.add(run[0].type)
        rest = max(0, len(chapter.entries) - _ROWS)
        more = f"… and {rest:,} more rows; frame() has them all." if rest else ""
        return {"id": chapter.id, "words": self.summary(chapter), "rows": rows, "more": more}

    def summary(self, chapter: Chapter) -> list[str]:
        """What a chapter comes to, in words."""
        return []

    def _run(self, run: Sequence[Entry], chapter: Chapter) -> dict[str, Any]:
        """Rollovers that are alike, as one."""
        first, last = run[0], run[-1]
        return {
            **self._row(first, chapter, False), "when": f"{_moment(first)} to {_moment(last)}",
            "type": f"{len(run)} × {legible(first.type)}",
            "numbers": [["fees", exact(sum((each.fee for each in run), ZERO), first.fee_asset)]],
            "words": chapters.told_run(run), "run": [self._row(each, chapter, False) for each in run],
            "wrong": " ".join(filter(None, map(self.wrong_in, run))),
        }  # fmt: skip

    def _row(self, entry: Entry, chapter: Chapter, first: bool) -> dict[str, Any]:
        before = None if entry.balance is None else self._before(entry)
        numbers = [
            *([("before", exact(before))] if before is not None else []),
            ("amount", exact(entry.amount)),
            ("fee", exact(entry.fee) if entry.fee_asset == entry.asset else exact(entry.fee, entry.fee_asset)),
            *([("balance", exact(entry.balance))] if entry.balance is not None else []),
        ]
        return {
            "when": _moment(entry), "type": legible(entry.type), "line": entry.line,
            "asset": named(entry.purse), "numbers": [[*each] for each in numbers],
            "words": chapters.told(entry, chapter, first), "wrong": self.wrong_in(entry), "fee": bool(entry.fee),
        }  # fmt: skip

    def _before(self, entry: Entry) -> Decimal | None:
        """The balance before a row: what the last row of the same purse left."""
        found = None
        for each in self.ledger.entries:
            if each is entry:
                return found
            if each.purse == entry.purse and each.balance is not None:
                found = each.balance
        return None

    def _drawn(self, span: tuple[float, float]) -> tuple[list[Any], list[tuple[float, int, int]]]:
        marks, held = list[Mark](), list[Held]()
        for chapter in self.chapters:
            if not _meets(chapter, span):
                continue
            at = [stamp(each.time) for each in chapter.entries if each.time]
            marks += [
                Mark(stamp(each.time), "rollover", chapter.id) for each in chapter.group.of("rollover") if each.time
            ]
            if chapter.kind != "rollover":
                marks.append(Mark(at[0], chapter.mark, chapter.id))
            if chapter.kind in ("opening", "rollover"):
                held.append(Held(at[0], at[-1]))
        lines, unit, name = self._lines()
        told = [self._chapter(each) for each in self.chapters if _meets(each, span)]
        below = [
            (f"{each['when']}: {each['what']} {each['result']}".strip(), _sounds(self.chapters[each["id"]]))
            for each in told
        ]
        above = self._told_along(span)
        return timeline.drawn(lines, unit, name, sorted(marks), held, span, (above, below))

    def _told_along(self, span: tuple[float, float]) -> list[tuple[str, float]]:
        """The chosen balance after each of its rows, in words."""
        return [
            (f"{_date(each.time)}: {money(each.balance, each.asset)} after {legible(each.type)}", float(each.balance))
            for each in self._dated
            if each.time
            and each.balance is not None
            and named(each.purse) == self.choice
            and span[0] <= stamp(each.time) <= span[1]
        ]

    def _lines(self) -> tuple[dict[str, Sequence[tuple[float, float]]], str, str]:
        """The lines of what is chosen, exact until they are drawn; their unit; what they are called."""
        if self.choice.startswith(_RESULT):
            asset = self.choice.removeprefix(_RESULT)
            result, fees = ZERO, ZERO
            results, taken = list[tuple[float, float]](), list[tuple[float, float]]()
            for each in self._dated:
                assert each.time
                if each.asset == asset and each.type == "margin" and each.amount:
                    result += each.amount
                    results.append((stamp(each.time), float(result)))
                if each.fee_asset == asset and each.fee:
                    fees += each.fee
                    taken.append((stamp(each.time), -float(fees)))
            return (
                {"own:profit and loss so far": results, "fee:fees so far": taken},
                asset,
                f"Results and fees in {asset}",
            )
        rows = [each for each in self._dated if named(each.purse) == self.choice and each.balance is not None]
        line = [(stamp(each.time), float(each.balance)) for each in rows if each.time and each.balance is not None]
        unit = rows[0].asset if rows else ""
        return {f"own:balance of {self.choice}": line}, unit, f"Balance of {self.choice}"


def _meets(chapter: Chapter, span: tuple[float, float]) -> bool:
    first, last = (chapter.entries[at].time for at in (0, -1))
    return bool(first and last and stamp(last) >= span[0] and stamp(first) <= span[1])


def _sounds(chapter: Chapter) -> float:
    """How high a chapter sounds: what it moved of its quote currency, or of the first one."""
    moved = chapter.moved
    return float(moved.get(chapter.group.quote, next(iter(moved.values()), ZERO)))


def _moment(entry: Entry) -> str:
    return f"{_date(entry.time)}, {entry.time:%H:%M:%S}" if entry.time else ""


def _date(time: datetime) -> str:
    return f"{time.day} {time:%b %Y}"


def hidden(stamp: int) -> dict[str, Any]:
    """What a saved notebook may know of a file of one's own: that there is one."""
    words = "A ledger of your own: nothing of it is kept in this page"
    return {
        "view": screen(words, [], []), "own": True, "source": "", "wrong": "", "asset": "", "assets": [], "span": [],
        "window": [], "marks": [], "chapters": [], "count": 0, "opened": None, "findings": [], "stamp": stamp,
        "task": {"on": False, "said": "", "right": None, "found": []},
    }  # fmt: skip


def frame(looked: Looked, *, exact: bool) -> "pandas.DataFrame":
    """The rows as a table; where there is no pandas, as one that looks alike."""
    kind = Decimal if exact else float
    rows = [
        {
            "time": each.time.replace(tzinfo=None) if each.time else None, "refid": each.refid, "type": each.type,
            "asset": named(each.purse), "amount": kind(each.amount), "fee": kind(each.fee),
            "balance": None if each.balance is None else kind(each.balance),
        }
        for each in looked.ledger.entries
    ]  # fmt: skip
    try:
        import pandas
    except ModuleNotFoundError as error:
        if error.name != "pandas":
            raise
        return PlainTable(rows)
    return pandas.DataFrame(rows)

"""What the screen shows of a ledger: its title and words, the timeline, its chapters, and the one that is open."""

import bisect
import functools
import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from marginlib.analysis.ledger import Surprise, look
from marginlib.analysis.ledger_groups import Group
from marginlib.drawing.screen import Table, screen, table
from marginlib.engine.amounts import ZERO
from marginlib.engine.legible import legible
from marginlib.lessons.ledger import chapters, timeline
from marginlib.lessons.ledger.chapters import Chapter, Told, times
from marginlib.lessons.ledger.timeline import Held, Line, Mark, sampled, stamp
from marginlib.reading.entries import Entry, Ledger, Purse
from marginlib.telling import ledger as telling
from marginlib.telling.numbers import exact, listed, money
from marginlib.telling.table import Table as PlainTable

if TYPE_CHECKING:
    import pandas

_ALL_AT_ONCE = 2500  # rows up to which the browser has everything, and Python isn't asked when it zooms
_LISTED, _FEW = 300, 2  # chapters, findings; currencies of a title
_ROWS = 300  # of an open chapter
_CHOICES = 12
_RESULT = "Profit, loss and fees in "
_BALANCE = "Balance of "
_KEPT = 4  # lines that are kept once they were drawn
_STAMPS = itertools.count(1)
SAMPLE = "A sample: nobody’s account, worked out by the engine of this workbook. The file is data/ledger/sample.csv."


class Spot(NamedTuple):
    """A fee in a currency that one doesn't expect, with all rows of it in one chapter."""

    chapter: Chapter
    surprises: tuple[Surprise, ...]

    @property
    def lines(self) -> list[int]:
        """Where they stand in the file."""
        return [each.entry.line for each in self.surprises]


class Looked:
    """A ledger with what was made of it, and what is being looked at.

    What stays as it is, whatever is looked at, is made once: of a ledger of years a move must not take seconds.
    """

    def __init__(self, ledger: Ledger, name: str = "") -> None:
        self.ledger, self.name, self.stamp = ledger, name, next(_STAMPS)
        self.account = look(ledger)
        self.wrong = ""
        self.chapters = chapters.chapters_of(self.account)
        self._dated = [each for each in ledger.entries if each.time is not None]
        self._begins, self._ends = self._times()
        self._drawn_lines: dict[str, tuple[Sequence[Entry], dict[str, Line]]] = {}
        self._broken = {each.entry.line: telling.broken(each) for each in self.account.breaks}
        self.choices = self._choose()
        self.choice = next(iter(self.choices), "")
        self.opened: int | None = None
        self.window: tuple[float, float] | None = None
        self.seeking, self.said = False, ""
        self.right: bool | None = None
        self.found: list[int] = []

    @functools.cached_property
    def span(self) -> tuple[float, float] | None:
        """From the first row to the last, in the browser's milliseconds."""
        if not (self.account.begin and self.account.end):
            return None
        first, last = stamp(self.account.begin), stamp(self.account.end)
        return (first, last) if last > first else (first - 1_800_000, first + 1_800_000)

    def _times(self) -> tuple[list[float], list[float]]:
        """When each chapter begins, and when it ends."""
        spans = [[stamp(each) for each in (chapter.times[0], chapter.times[-1])] for chapter in self.chapters]
        return [begin for begin, _ in spans], [end for _, end in spans]

    def _within(self, span: tuple[float, float]) -> list[Chapter]:
        """The chapters of a time."""
        times = zip(self.chapters, self._begins, self._ends, strict=True)
        return [chapter for chapter, begin, end in times if end >= span[0] and begin <= span[1]]

    def _choose(self) -> dict[str, Purse | str]:
        """What may be drawn over time: each balance, those with most rows first, and results by currency."""
        purses = sorted(self.account.holdings, key=lambda each: -each.rows)[:_CHOICES]
        balances: dict[str, Purse | str] = {
            f"{_BALANCE}{legible(telling.named(each.purse))}": each.purse for each in purses
        }
        return balances | {f"{_RESULT}{legible(asset)}": asset for asset in [*self.account.totals.pnl][:_CHOICES]}

    # What the browser asks --------------------------------------------------------------------------------------------

    def hear(self, kind: str, said: Mapping[str, Any]) -> None:
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

    # The task ---------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def unexpected(self) -> list[Spot]:
        """Where a fee was taken in a currency that one doesn't expect: each time it was, all rows that follow."""
        spots: dict[tuple[int, str, str], list[Surprise]] = {}
        lines = {each.line: chapter for chapter in self.chapters for each, _ in chapter.rows}
        for each in self.account.surprises:
            if chapter := lines.get(each.entry.line):
                spots.setdefault((chapter.id, each.kind, each.entry.fee_asset), []).append(each)
        return [Spot(self.chapters[number], tuple(some)) for (number, _, _), some in spots.items()]

    def _seek(self) -> None:
        self.seeking, self.right, self.said = not self.seeking, None, ""
        if self.seeking:
            self.said = (
                "Somewhere a fee was taken in a currency that one doesn’t expect. Open what you suspect, and press the "
                "button below the row."
                if self.unexpected
                else "As far as this ledger tells, every fee was taken in the currency that its pair is priced in."
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
            self.said = (
                f"This one was to be expected: {exact(entry.fee, entry.fee_asset)}, in the currency that its pair is "
                "priced in, or for a conversion (A4, R16). Look on."
            )

    def _because(self, spot: Spot) -> str:
        """Why a fee was taken where one doesn't expect it, as far as the ledger tells."""
        first = spot.surprises[0]
        taken = exact(sum((each.entry.fee for each in spot.surprises), ZERO), first.entry.fee_asset)
        if first.why == "settling":
            return f"A settlement has no fee by the rules, and {taken} were taken (R5)."
        if first.why != "elsewhere":
            way = "in a currency bought for it at that moment" if first.why == "at_par" else "as its row says"
            return f"{taken} were taken, {way}. The workbook assumes another way (A4); real records differ (C6)."
        had = self._had(first.quote, first.entry)
        there = f", and {exact(had, first.quote)} were there" if had is not None else ""
        return (
            f"The position is priced in {legible(first.quote)}{there}; {taken} were taken instead. A charge is taken "
            "whole from the first currency that bears all of it (A4). Real records also show other ways (C6)."
        )

    def _had(self, asset: str, entry: Entry) -> Decimal | None:
        """What there was of an asset before a row was booked, by the rows before it."""
        found = None
        for each in self.ledger.entries:
            if each is entry:
                break
            if each.purse == Purse(asset) and each.balance is not None:
                found = each.balance
        return found

    # What is shown ----------------------------------------------------------------------------------------------------

    def shown(self) -> dict[str, Any]:
        """All that the browser needs, as plain data."""
        large = len(self.ledger.entries) > _ALL_AT_ONCE
        seen = self.window if large and self.window else self.span
        within = self._within(seen) if seen else self.chapters
        figures, marks = self._drawn(seen, within) if seen else ([], [])
        several = within[:_LISTED]
        if self.opened is not None and self.chapters[self.opened] not in several:
            several.append(self.chapters[self.opened])
        return {
            "view": screen(self.title, figures, self.words, self.tables),
            "own": bool(self.name),
            "source": f"Your file {self.name}. It is read here, and goes nowhere." if self.name else SAMPLE,
            "wrong": self.wrong,
            "asset": self.choice,
            "assets": [*self.choices],
            "span": [*self.span] if self.span else [],
            "window": [*seen] if large and seen else [],
            "marks": [[*each] for each in marks],
            "chapters": [self._chapter(each) for each in several],
            "count": len(self.chapters),
            "within": len(within),
            "opened": None if self.opened is None else self._life(self.chapters[self.opened]),
            "findings": self.findings,
            "task": {"on": self.seeking, "said": self.said, "right": self.right, "found": self.found},
        }

    @functools.cached_property
    def title(self) -> str:
        """What was found, in a sentence."""
        if not self.ledger.entries:
            return "There is no row in this ledger"
        count, still_open = len(self.account.positions), len(self.account.open_positions)
        fees = {asset: fee for asset, fee in self.account.totals.all_fees.items() if fee}
        if not count:
            return f"{times(len(self.ledger.entries), 'row')}, and no position among them"
        left = f", {still_open} of them still open" if still_open else ""
        some = [money(fee, asset) for asset, fee in [*fees.items()][:_FEW]]
        more = [f"more in {len(fees) - _FEW} other currencies"] if len(fees) > _FEW + 1 else []
        return f"{times(count, 'position')}{left}, and fees of {listed([*some, *more]) or 'nothing'}"

    @functools.cached_property
    def words(self) -> list[str]:
        """A few sentences on all of it; those on fees in unexpected currencies would give the task away."""
        account = self.account
        if not account.entries:
            return []
        first = telling.adding_up(account)[0] if not account.breaks else ""
        pnl = [each for each in telling.results(account.totals) if account.totals.pnl][:1]
        silent = [telling.SILENT] if account.positions else []
        return [*filter(None, (telling.overview(account), first, *pnl, *telling.left(account)[:1], *silent))]

    @functools.cached_property
    def tables(self) -> list[Table]:
        """Fees by what they were for, results by month, and what is left."""
        account = self.account
        fees = [
            (f"{name[0].upper()}{name[1:]}", exact(amount, asset), rules)
            for kind, (name, rules) in telling.FEES.items()
            for asset, amount in account.totals.fees.get(kind, {}).items()
            if amount
        ]
        months = [
            (month.name, _amounts(month.sums.pnl, sign=True), _amounts(month.sums.all_fees)) for month in account.months
        ]
        purses = [
            (telling.named(each.purse), exact(each.start), exact(each.end), f"{each.rows:,}")
            for each in account.holdings
        ]
        made = [
            table("Fees, by what they were for", ("For", "Amount", "Rules"), fees, numbers=(1,)),
            table("By month", ("Month", "Profit and loss", "Fees"), months),
            table("Each balance", ("Balance of", "Before", "At the end", "Rows"), purses, numbers=(1, 2, 3)),
        ]
        return [each for each in made if each["rows"]]

    @functools.cached_property
    def findings(self) -> list[str]:
        """Breaks of the balance rule, lines that couldn't be read, and words that aren't known."""
        ledger, account = self.ledger, self.account
        found = [*self._broken.values(), *map(str, ledger.problems)]
        if len(ledger.repeated) == 1:
            found.append(f"Line {ledger.repeated[0]} says again what an earlier line says, and is left out.")
        elif ledger.repeated:
            found.append(f"{times(len(ledger.repeated), 'row')} say again what others say, and are left out.")
        found += [
            f"{times(count, 'row')} of the type “{legible(kind)}”, which isn’t known here."
            for kind, count in account.unknown.items()
        ]
        more = len(found) - _LISTED
        return [*found[:_LISTED], *([f"… and {more:,} more"] if more > 0 else [])]

    def _chapter(self, chapter: Chapter) -> dict[str, Any]:
        said, way = chapters.result(chapter, self.account)
        first, *_, last = *chapter.times, chapter.times[-1]
        return {
            "id": chapter.id, "from": stamp(first), "to": stamp(last), "when": _date(first),
            "what": chapters.what(chapter), "flag": self._flag(chapter), "result": said, "mark": way,
        }  # fmt: skip

    def _flag(self, chapter: Chapter) -> str:
        """What doesn't add up in it."""
        return "doesn’t add up" if any(each.line in self._broken for each, _ in chapter.rows) else ""

    def _life(self, chapter: Chapter) -> dict[str, Any]:
        told = chapter.rows
        rows = [self._run(run) if len(run) > 1 else self._row(*run[0]) for run in chapters.runs(told[:_ROWS])]
        rest = len(told) - len(told[:_ROWS])
        more = f"… and {rest:,} more rows; frame() has them all." if rest else ""
        return {"id": chapter.id, "words": self._summary(chapter), "rows": rows, "more": more}

    def _summary(self, chapter: Chapter) -> list[str]:
        """What a chapter comes to, and how a loss was taken beside what R13 says."""
        own = {id(each) for each in chapter.groups}
        took = [
            sentence for each in self.account.cascades if id(each.group) in own for sentence in telling.cascade(each)
        ]
        return [*([telling.position(chapter.life, self.account)] if chapter.life else []), *took]

    def _run(self, run: Sequence[Told]) -> dict[str, Any]:
        """Rollovers that are alike, as one."""
        (first, _), (last, _) = run[0], run[-1]
        rows = [self._row(*each) for each in run]
        total = exact(sum((each.fee for each, _ in run), ZERO), first.fee_asset)
        return {
            **rows[0], "when": f"{_moment(first)} to {_moment(last)}", "type": f"{len(run)} × {legible(first.type)}",
            "numbers": [["fees", total]], "words": chapters.told_run(run, self.account), "run": rows,
            "wrong": " ".join(each["wrong"] for each in rows if each["wrong"]),
        }  # fmt: skip

    def _row(self, entry: Entry, group: Group) -> dict[str, Any]:
        balance, taken = entry.balance, entry.fee if entry.fee_asset == entry.asset else ZERO
        before = None if balance is None or entry.line in self._broken else balance - entry.amount + taken
        numbers = [
            *([("before", exact(before))] if before is not None else []),
            ("amount", exact(entry.amount)),
            ("fee", exact(entry.fee) if entry.fee_asset == entry.asset else exact(entry.fee, entry.fee_asset)),
            *([("balance", exact(balance))] if balance is not None else []),
        ]
        return {
            "when": _moment(entry), "type": legible(entry.type), "line": entry.line,
            "asset": legible(telling.named(entry.purse)), "numbers": [[*each] for each in numbers],
            "words": telling.row(entry, group, self.account), "wrong": self._broken.get(entry.line, ""),
            "fee": bool(entry.fee),
        }  # fmt: skip

    @functools.cached_property
    def _marks(self) -> dict[str, list[Mark]]:
        """Everything that happened, by how it is drawn, each kind in the order of time."""
        found: dict[str, list[Mark]] = {}
        for chapter in self.chapters:
            for group in chapter.groups:
                for each in group.of("rollover"):
                    if each.time:
                        found.setdefault("rollover", []).append(Mark(stamp(each.time), "rollover", chapter.id))
                if group.kind != "rollover" and group.time:
                    kind = chapters.mark(group)
                    found.setdefault(kind, []).append(Mark(stamp(group.time), kind, chapter.id))
        for some in found.values():
            some.sort()
        return found

    @functools.cached_property
    def _held(self) -> list[Held]:
        """When there was a position."""
        if not self.span:
            return []
        held = (Held(self._begins[each.id], self._until(each)) for each in self.chapters if each.life)
        return timeline.joined(sorted(held), self.span)

    def _drawn(
        self, span: tuple[float, float], within: Sequence[Chapter]
    ) -> tuple[list[Any], list[tuple[float, int, int]]]:
        lines, unit = self._lines()
        below = []
        for chapter in sampled(within):
            told = self._chapter(chapter)
            said = f"{told['when']}: {told['what']} {told['result']}".strip()
            below.append((said, chapters.sounds(chapter, self.account)))
        tells = self._told_along(span), below
        return timeline.drawn(lines, unit, self.choice, self._marks, self._held, span, tells)

    def _until(self, chapter: Chapter) -> float:
        """Until when a position was open, as far as the ledger tells."""
        if chapter.life and chapter.life.status == "open" and self.span:
            return self.span[1]
        return self._ends[chapter.id]

    def _told_along(self, span: tuple[float, float]) -> list[tuple[str, float]]:
        """The chosen balance after some of its rows, in words."""
        rows, lines = self._line
        if not isinstance(self.choices.get(self.choice), Purse):
            return []
        ((times, _),) = lines.values()
        seen = rows[bisect.bisect_left(times, span[0]) : bisect.bisect_right(times, span[1])]
        return [
            (f"{_date(each.time)}: {money(each.balance, each.asset)} after {legible(each.type)}", float(each.balance))
            for each in sampled(seen)
            if each.time and each.balance is not None
        ]

    def _lines(self) -> tuple[dict[str, Line], str]:
        """The lines of what is chosen, and their unit."""
        chosen = self.choices.get(self.choice, "")
        return self._line[1], chosen.asset if isinstance(chosen, Purse) else chosen

    @property
    def _line(self) -> tuple[Sequence[Entry], dict[str, Line]]:
        """The lines of what is chosen, exact until they are drawn, and the rows that a balance follows."""
        if self.choice not in self._drawn_lines:
            while len(self._drawn_lines) >= _KEPT:
                del self._drawn_lines[next(iter(self._drawn_lines))]
            chosen = self.choices.get(self.choice, "")
            made = self._balances(chosen) if isinstance(chosen, Purse) else ((), self._results(chosen))
            self._drawn_lines[self.choice] = made
        return self._drawn_lines[self.choice]

    def _balances(self, purse: Purse) -> tuple[Sequence[Entry], dict[str, Line]]:
        rows = [each for each in self._dated if each.purse == purse and each.balance is not None]
        times = [stamp(each.time) for each in rows if each.time]
        amounts = [float(each.balance) for each in rows if each.balance is not None]
        return rows, {f"own:balance of {legible(telling.named(purse))}": Line(times, amounts)}

    def _results(self, asset: str) -> dict[str, Line]:
        result, fees = ZERO, ZERO
        results, taken = list[tuple[float, float]](), list[tuple[float, float]]()
        closing = {each.line for group in self.account.closings for each in group.entries if group.bears(each)}
        for each in self._dated:
            if not each.time:
                continue
            if each.amount and each.line in closing and each.asset == asset:
                result += each.amount
                results.append((stamp(each.time), float(result)))
            if each.fee and each.fee_asset == asset:
                fees += each.fee
                taken.append((stamp(each.time), -float(fees)))
        named = {"own:profit and loss so far": results, "fee:fees so far": taken}
        return {name: Line([at for at, _ in line], [each for _, each in line]) for name, line in named.items()}


def _moment(entry: Entry) -> str:
    return f"{_date(entry.time)}, {entry.time:%H:%M:%S}" if entry.time else ""


def _date(time: datetime) -> str:
    return f"{time.day} {time:%b %Y}"


def _amounts(by_asset: Mapping[str, Decimal], *, sign: bool = False) -> str:
    """Amounts of several assets in a cell."""
    return ", ".join(money(amount, asset, sign=sign) for asset, amount in by_asset.items() if amount) or "–"


def hidden(stamp: int) -> dict[str, Any]:
    """What a saved notebook may know of a file of one's own: that there is one."""
    words = "A ledger of your own: nothing of it is kept in this page"
    return {
        "view": screen(words, [], []), "own": True, "source": "", "wrong": "", "asset": "", "assets": [], "span": [],
        "window": [], "marks": [], "chapters": [], "count": 0, "within": 0, "opened": None,
        "findings": [], "stamp": stamp,
        "task": {"on": False, "said": "", "right": None, "found": []},
    }  # fmt: skip


def frame(entries: Iterable[Entry], *, exact: bool) -> "pandas.DataFrame":
    """Rows as a table; where there is no pandas, as one that looks alike."""
    kind = Decimal if exact else float
    rows = [
        {
            "time": each.time.replace(tzinfo=None) if each.time else None, "refid": each.refid, "type": each.type,
            "asset": telling.named(each.purse), "amount": kind(each.amount), "fee": kind(each.fee),
            "balance": None if each.balance is None else kind(each.balance),
        }
        for each in entries
    ]  # fmt: skip
    try:
        import pandas
    except ModuleNotFoundError as error:
        if error.name != "pandas":
            raise
        return PlainTable(rows)
    return pandas.DataFrame(rows)

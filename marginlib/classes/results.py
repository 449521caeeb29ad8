"""A class's table, from names and result codes: what each did, and what was got wrong and by which idea.

Whatever a line holds is data: nothing in it is executed, and none of it stops the others. A code says what the workbook
found; whoever reads the source can make one. It serves classes, not certificates.
"""

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from marginlib.classes import groups, handed_in
from marginlib.classes.file import Exercise
from marginlib.classes.groups import Damaged
from marginlib.classes.handed_in import Done, Result
from marginlib.classes.items import Asked, Fixed
from marginlib.classes.students import mark, normal
from marginlib.engine.errors import InvalidRulebook
from marginlib.engine.legible import legible
from marginlib.quiz.mistakes import MISTAKES
from marginlib.quiz.question import Question
from marginlib.reading.files import bytes_of

Status = Literal["counted", "missing", "damaged", "double", "foreign"]
MOST_LINES, _MOST_CELL = 5_000, 4_000
ANOTHER = "another"
_NAMED = ("name", "student", "who", "number", "nr", "id", "matriculation", "nom", "apellido")
_CODED = ("code", "result", "resultcode")
_LOOKED_INTO = 40  # drills that are made anew to name a mistake which the registry doesn't know


class InvalidCodes(ValueError):
    """A file of codes that can't be read at all; the sentence says what would work."""


@dataclass(frozen=True)
class Line:
    """A line of the list: the student as written, and the code as handed in."""

    number: int
    student: str
    code: str


@dataclass
class Row:
    """What a student did, or why the line doesn't count."""

    line: int
    student: str
    status: Status
    note: str = ""
    result: Result | None = None


@dataclass(frozen=True)
class Idea:
    """A wrong idea that was recognised in answers to a question: its name, in words, and how many had it."""

    name: str
    words: str
    count: int


@dataclass
class Tally:
    """What became of one question in the class."""

    number: int
    what: str
    text: str
    at_once: int = 0
    later: int = 0
    wrong: int = 0
    open: int = 0
    tries: int = 0
    ideas: list[Idea] = field(default_factory=list)

    @property
    def missed(self) -> int:
        """How many got it wrong at first, or in the end."""
        return self.later + self.wrong


class Table:
    """A class's results in an exercise."""

    def __init__(self, exercise: Exercise, rows: Sequence[Row]) -> None:
        self.exercise, self.rows = exercise, list(rows)
        self._names = _Names(exercise)

    @property
    def counted(self) -> list[Row]:
        """The lines that count."""
        return [row for row in self.rows if row.result is not None]

    def known(self) -> list[str]:
        """The mistakes that a code may name."""
        return self._names.known()

    @property
    def named(self) -> list[Row]:
        """The lines that something is to be said of."""
        return [row for row in self.rows if row.note]

    def mistakes(self, row: Row) -> list[tuple[int, str]]:
        """A student's recognised mistakes, with their question's number."""
        items = row.result.items if row.result else ()
        return [(at + 1, self._names.of(row, at, each)) for at, done in enumerate(items) for each in done.mistakes]

    def at_once(self, done: Done) -> bool:
        """Whether an item was right at first. In an exam whatever is right is: nothing was said before."""
        return done.right if self.exercise.exam else done.at_once

    def questions(self) -> list[Tally]:
        """The class by question."""
        sample, tallies = self.exercise.asked(""), []
        for at, item in enumerate(self.exercise.items):
            tally, ideas = Tally(at + 1, item.what, sample[at].text), Counter[str]()
            for row in self.counted:
                assert row.result is not None
                done = row.result.items[at]
                tally.tries += done.tries
                at_once = self.at_once(done)
                name = "open" if not done.tries else "at_once" if at_once else "later" if done.right else "wrong"
                setattr(tally, name, getattr(tally, name) + 1)
                ideas.update(self._names.of(row, at, each) for each in done.mistakes)
            tally.ideas = [Idea(name, self._names.words(at, name), many) for name, many in ideas.most_common()]
            tallies.append(tally)
        return tallies

    def told(self, row: Row, at: int) -> str:
        """What became of an item, in a few words."""
        assert row.result is not None
        done = row.result.items[at]
        if not done.tries:
            return "not answered"
        tries = f"{done.tries}{'+' if done.tries == handed_in.MOST_TRIES else ''} tries" if done.tries > 1 else ""
        names = [self._names.of(row, at, each).replace("_", " ") for each in done.mistakes]
        beside = ", ".join(filter(None, [tries, "with help" if done.helped else "", *names]))
        return ("right" if done.right else "wrong") + (f" ({beside})" if beside else "")

    def as_json(self) -> dict[str, Any]:
        """The table as plain data."""
        return {
            "title": self.exercise.title,
            "mode": self.exercise.mode,
            "items": len(self.exercise.items),
            "students": [self._student(row) for row in self.rows],
            "questions": [
                {
                    "question": each.number, "from": each.what, "text": each.text, "right_at_once": each.at_once,
                    "right_later": each.later, "wrong": each.wrong, "not_answered": each.open, "tries": each.tries,
                    "mistakes": [
                        {"name": idea.name, "words": idea.words, "count": idea.count} for idea in each.ideas
                    ],
                }
                for each in self.questions()
            ],
            "note": CAVEAT,
        }  # fmt: skip

    def _student(self, row: Row) -> dict[str, Any]:
        told: dict[str, Any] = {"line": row.line, "student": row.student, "status": row.status}
        if row.note:
            told["note"] = row.note
        if row.result is not None:
            told |= {
                "right": row.result.right,
                "right_at_once": sum(map(self.at_once, row.result.items)),
                "answered": sum(1 for each in row.result.items if each.tries),
                "tries": sum(each.tries for each in row.result.items),
                "minutes": row.result.minutes,
                "items": [
                    {
                        "right": each.right, "tries": each.tries, "helped": each.helped,
                        "mistakes": [self._names.of(row, at, name) for name in each.mistakes],
                    }
                    for at, each in enumerate(row.result.items)
                ],
            }  # fmt: skip
        return told

    def as_csv(self) -> str:
        """The table as CSV; no cell of it is a formula for a spreadsheet."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        many = len(self.exercise.items)
        questions = [f"question {at + 1}" for at in range(many)]
        writer.writerow(["student", "status", "right", "of", "right at once", "tries", "minutes", *questions, "note"])
        for row in self.rows:
            cells: list[object] = [""] * (5 + many)
            if row.result is not None:
                told = self._student(row)
                cells = [told["right"], many, told["right_at_once"], told["tries"], told["minutes"]]
                cells += [self.told(row, at) for at in range(many)]
            writer.writerow([plain_cell(each) for each in (row.student, row.status, *cells, row.note)])
        return out.getvalue()


CAVEAT = "A code can be made by whoever reads the source: this serves classes, not certificates."


def plain_cell(value: object) -> object:
    """A cell that a spreadsheet takes for text, whatever it begins with.

    >>> plain_cell("=1+1"), plain_cell(12), plain_cell("Ada")
    ("'=1+1", 12, 'Ada')
    """
    if not isinstance(value, str):
        return value
    text = " ".join(legible(value).split())
    first = unicodedata.normalize("NFKC", text[:1])
    return f"'{text}" if first and first in "=+-@|%" else text


class _Names:
    """Which mistake a short name stands for; ``another`` where that isn't known any more."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self._sample: list[Asked] | None = None
        self._registry: dict[int, list[str]] = {}
        for name in [*MISTAKES, "wrong_sign"]:
            known = self._registry.setdefault(handed_in.short(name), [])
            if name not in known:
                known.append(name)
        self._found: dict[tuple[int, int], str] = {}
        self._left = _LOOKED_INTO

    def known(self) -> list[str]:
        """All names that a short name may stand for."""
        own = (name for at in range(len(self.exercise.items)) for name in _own(self.sample(at)))
        return list(dict.fromkeys([*own, *(name for names in self._registry.values() for name in names)]))

    def sample(self, at: int) -> Asked:
        """The item as it is asked of nobody: a fixed question as of everybody."""
        if self._sample is None:
            self._sample = self.exercise.asked("")
        return self._sample[at]

    def of(self, row: Row, at: int, short: int) -> str:
        """The name of a mistake in a student's answer to an item."""
        if (at, short) not in self._found:
            own = [name for name in _own(self.sample(at)) if handed_in.short(name) == short]
            known = own or self._registry.get(short, [])
            if not known and self._left and not isinstance(self.exercise.items[at], Fixed):
                self._left -= 1  # an option that only this student's drill had
                known = [each for each in _own(self.exercise.asked(row.student)[at]) if handed_in.short(each) == short]
            self._found[at, short] = known[0] if len(known) == 1 else ANOTHER
        return self._found[at, short]

    def words(self, at: int, name: str) -> str:
        """A mistake in words: its sentence, or what is said of the option that was chosen."""
        asked = self.sample(at)
        for option in asked.options:
            if option.value == name:
                return option.because or f"Chosen: {option.text}"
        if name in MISTAKES:
            try:
                return MISTAKES[name].told(asked.case, asked.ask) if isinstance(asked, Question) else name
            except Exception:  # the sentence names a figure that this sample hasn't
                return name.replace("_", " ")
        return "a mistake that this workbook has no name for" if name == ANOTHER else name.replace("_", " ")


def _own(asked: Asked) -> list[str]:
    """The mistakes that a question itself may recognise."""
    named = [*asked.mistakes] if isinstance(asked, Question) else []
    return list(dict.fromkeys([*named, *(option.value for option in asked.options)]))


def table(exercise: Exercise, lines: Iterable[Line]) -> Table:
    """A class's table of names and codes. Damaged, foreign and double codes are named, and stop none of the others."""
    rows = [_read(exercise, line) for line in lines]
    by_mark: dict[int, str] = {}
    for row in rows:
        if _is_name(row.student):
            by_mark.setdefault(mark(row.student), row.student)
    seen: dict[str, Row] = {}
    codes: dict[str, Row] = {}
    for row in rows:
        if row.result is not None:
            _look_at_name(row, by_mark)
        if row.result is None:
            continue
        name = normal(row.student)
        same = handed_in.code(row.result) if row.result.student == 0 else name
        first = seen.get(name) or codes.get(same)
        if first is None:
            seen[name] = codes[same] = row
            meant = exercise.minutes
            if meant and row.result.minutes > meant and not row.note:
                row.note = f"it took {row.result.minutes} minutes, and {meant} were meant for it"
            continue
        alike = first.result == row.result
        what = "the same code again" if alike else "another code of the same student"
        row.note = f"{what}, after line {first.line}; the first one counts"
        row.status, row.result = "double", None
    return Table(exercise, rows)


def _is_name(student: str) -> bool:
    try:
        return bool(normal(student))
    except ValueError:
        return False


def _read(exercise: Exercise, line: Line) -> Row:
    student = " ".join(legible(line.student).split())
    if not line.code.strip():
        return Row(line.number, student, "missing", "no code")
    if not _is_name(line.student):
        return Row(line.number, student[:80], "damaged", "a code without a name or number of its student")
    try:
        return Row(
            line.number, student, "counted", result=handed_in.read(line.code, len(exercise.items), exercise.mark)
        )
    except handed_in.Foreign as error:
        return Row(line.number, student, "foreign", str(error))
    except Damaged as error:
        return Row(line.number, student, "damaged", str(error))


def _look_at_name(row: Row, by_mark: dict[int, str]) -> None:
    """A code says, as a mark, for which name its questions were made."""
    assert row.result is not None
    made_for = row.result.student
    if made_for == mark(row.student):
        return
    if made_for == 0:
        row.note = "made without a name, so with the numbers that everybody has without one"
    elif made_for in by_mark:
        row.note = f"this is the code of {by_mark[made_for]!r}, not of {row.student!r}"
        row.status, row.result = "foreign", None
    else:
        row.note = "made under another name than the one in the list; it counts, look at it"


def read_lines(path: str | Path) -> list[Line]:
    """The lines of a CSV file with names and codes.

    With commas, semicolons or tabs, in either order, with or without a line of headings.

    Raises:
        InvalidCodes: it can't be read, or has no codes in it; says what would work.
    """
    file = Path(path)
    try:
        data = bytes_of(file, ascii(str(path)))
    except InvalidRulebook as error:
        raise InvalidCodes(f"{error}; expected a CSV file with names and codes") from None
    return lines_of(_decoded(data), file.name)


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # as older spreadsheets save it


def lines_of(text: str, name: str = "the list") -> list[Line]:
    r"""The lines of a list of names and codes.

    Raises:
        InvalidCodes: there are no codes in it, or too many lines; says what would work.

    >>> lines_of("code;name\n10ZZR;'=1+1")
    [Line(number=2, student="'=1+1", code='10ZZR')]
    """
    best: tuple[tuple[int, int], list[tuple[int, list[str]]]] = ((-1, -1), [])
    for delimiter in ",;\t|":
        rows = _split(text, delimiter)
        headings = sum(1 for each in (rows[0][1] if rows else []) if _heading(each) in (*_NAMED, *_CODED))
        if (found := (_codes(rows), headings)) > best[0]:
            best = found, rows
    rows = best[1]
    heads = [_heading(each) for each in rows[0][1]] if rows else []
    headed = any(each in (*_NAMED, *_CODED) for each in heads) and not any(map(_codelike, rows[0][1]))
    body = rows[1:] if headed else rows
    if not body:
        raise InvalidCodes(f"{name} is empty; expected a line for each student, with the name and the code")
    if len(body) > MOST_LINES:
        raise InvalidCodes(f"{name} has {len(body):,} lines; expected at most {MOST_LINES:,}")
    coded, named = _columns([row for _, row in body], heads if headed else [], name)
    return [
        Line(number, row[named] if 0 <= named < len(row) else "", row[coded][:_MOST_CELL] if coded < len(row) else "")
        for number, row in body
    ]


def _columns(rows: Sequence[Sequence[str]], heads: Sequence[str], name: str) -> tuple[int, int]:
    """Where the codes are and where the names, by their headings, or by what looks like a code; -1 for nowhere."""
    width = max(map(len, rows))
    counts = [sum(1 for row in rows if at < len(row) and _codelike(row[at])) for at in range(width)]
    coded = next((at for at, each in enumerate(heads) if each in _CODED), -1)
    if coded < 0:
        if not any(counts):
            raise InvalidCodes(
                f"{name} has no result codes in it; expected a line for each student: the name, then the code"
            )
        coded = counts.index(max(counts))
    named = next((at for at, each in enumerate(heads) if each in _NAMED and at != coded), -1)
    return coded, named if named >= 0 else next((at for at in range(width) if at != coded), -1)


def _split(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The rows with the lines in which they begin; empty ones are left out.

    A quotation mark that nobody closed would swallow the lines after it: then each line is read by itself.
    """
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    if text[:4].lower() == "sep=":  # as some spreadsheets begin
        text = "\n" + text.partition("\n")[2]
    rows, at = [], 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        for row in reader:
            rows.append((at + 1, row))
            at = reader.line_num
    except csv.Error:  # a cell of unreasonable length
        rows = []
    apart = [(number, _cells(line, delimiter)) for number, line in enumerate(text.split("\n"), 1)]
    if _codes(apart) > _codes(rows):
        rows = apart
    return [(number, [cell.strip() for cell in row]) for number, row in rows if any(cell.strip() for cell in row)]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return [cell[:_MOST_CELL] for cell in line.split(delimiter)]


def _codes(rows: Iterable[tuple[int, list[str]]]) -> int:
    return sum(1 for _, row in rows if len(row) > 1 and any(map(_codelike, row)))


def _heading(cell: str) -> str:
    return "".join(each for each in cell.casefold() if each.isalnum())


def _codelike(cell: str) -> bool:
    """Whether a cell is meant as a code: long enough, and mostly letters and digits in groups."""
    try:
        found = groups.grouped(cell)
    except Damaged:
        return False
    signs = "".join(found)
    known = sum(1 for each in signs if each in groups.ALPHABET)
    return len(signs) >= 4 * groups.SIZE and known >= 0.9 * len(signs) and any(each.isdigit() for each in signs)

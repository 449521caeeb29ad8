"""One's own case: an account is written down as it is, and what it comes to stands beside it. Nothing is sent.

What is written is no part of the state that a browser mirrors: a notebook may save that, and with it the numbers of
whoever passes the notebook on. It goes there in messages instead; what is saved is the example's picture alone.
"""

import base64
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from marginlib.drawing import colours
from marginlib.drawing.still import still
from marginlib.engine.errors import InvalidScenario
from marginlib.engine.scenario import Scenario
from marginlib.engine.story import Story
from marginlib.lessons.own_case import link as links
from marginlib.lessons.own_case.back import fields_of
from marginlib.lessons.own_case.board import Board, board, printed
from marginlib.lessons.own_case.case import Case, read_case
from marginlib.lessons.own_case.fields import Fields
from marginlib.lessons.own_case.opening import Found, opened
from marginlib.lessons.own_case.sheet import BLANK, EXAMPLE, sections
from marginlib.lessons.own_case.written import on_paper
from marginlib.panels.live import Live, Message, Sent
from marginlib.panels.panel import packed_plotly
from marginlib.panels.reasons import Reasons
from marginlib.telling.on_page import all_written, escape, written

_HERE = Path(__file__).parent
STILL = "This is the example's picture. Run the cell to write down your own account."
_OWN = "Run the cell to see the account. Its numbers are not saved here."


class OwnCase(Live):
    """A paper for an account as it is, with what it comes to: level, limits, ways out, orders (B1 to B5, R1 to R23).

    >>> case = OwnCase()
    >>> case.fields = {**case.fields, "lots": [], "stops": []}
    >>> case.story.final.positions, case.answers["title"]
    ((), 'No position is open')
    """

    module = _HERE / "own_case.js"
    style = _HERE / "own_case.css"
    opens = links.VERSION
    alone = (
        "This is the example’s picture. To write down your own account, open this page on the site or as a notebook: "
        "this copy has no engine."
    )

    def __init__(self, fields: Mapping[str, Any] | None = None) -> None:
        """Begin with an example, or with fields: text, as it is typed, whether it is right or not."""
        super().__init__()
        self._own, self._turn = fields is not None, 0
        self._case = read_case(EXAMPLE if fields is None else fields)
        self._board: Board | None = None
        self._hints: Mapping[str, str] = {}
        self._reasons = Reasons()
        self._rows: Mapping[int, int] = {}  # of each lot that was asked of
        self._about = {
            "sections": all_written(sections()),
            "colours": colours.ROLES,
            "example": _example() if fields is None else None,
        }

    @classmethod
    def from_scenario(cls, scenario: Scenario) -> Self:
        """The account at the end of a scenario.

        >>> from marginlib import Scenario
        >>> OwnCase.from_scenario(Scenario.of({"balances": {"EUR": "100"}})).story.final.balances["EUR"]
        Decimal('100')
        """
        return cls(fields_of(scenario))

    @classmethod
    def from_link(cls, link: str) -> Self:
        """The account of a link: a case's own, or one to a panel or an exercise.

        Raises:
            ValueError: no link, or a broken one; the sentence says what would work.

        >>> OwnCase.from_link(OwnCase().link()).fields == OwnCase().fields
        True
        """
        return cls._found(opened(link))

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """The account at the end of a scenario file, or what an exchange's ledger leaves.

        Raises:
            ValueError: it is neither, or something in it is wrong; the sentence says what would work.
            OSError: there is no such file.
        """
        data, name = Path(path).read_bytes(), Path(path).name
        return cls._found(opened(data if _is_packed(data) else data.decode("utf-8-sig", "replace"), name))

    @classmethod
    def _found(cls, found: Found) -> Self:
        made = cls(found.fields)
        made._hints = found.hints
        return made

    @property
    def fields(self) -> Fields:
        """All that is written; to write something else, they are assigned anew."""
        copied: Fields = json.loads(json.dumps(self._case.fields))
        return copied

    @fields.setter
    def fields(self, fields: Mapping[str, Any]) -> None:
        self._write(fields)
        self._turn += 1
        self._tell("state", None, None)

    @property
    def case(self) -> Case:
        """What was made of the fields: a scenario, or what is wrong with them."""
        return self._case

    @property
    def scenario(self) -> Scenario:
        """The scenario that ends in the account as it is written down.

        Raises:
            ValueError: something is missing or wrong; says what.
        """
        if self._case.scenario is None:
            raise ValueError("; ".join(map(str, self._case.problems)))
        return self._case.scenario

    @property
    def story(self) -> Story:
        """The scenario, replayed; its last state is the account.

        Raises:
            ValueError: something is missing or wrong; says what.
        """
        return self._case.story

    @property
    def answers(self) -> Board | None:
        """What stands beside the paper, as plain data; nothing while something is missing or wrong."""
        if self._board is None and self._case.scenario is not None:
            self._board = board(self._case)
        return self._board

    def link(self) -> str:
        """The link to it: what follows a page's address, with its ``#``."""
        return links.written(self._case.fields)

    def _write(self, fields: Mapping[str, Any], *, own: bool = True, hints: Mapping[str, str] | None = None) -> None:
        old, self._case, self._own, self._board = self._case.fields, read_case(fields), own, None
        if hints is not None or len(old["lots"]) != len(self._case.fields["lots"]):
            self._hints = hints or {}  # they name rows by their places
        if old != self._case.fields:
            self._tell("fields", old, self._case.fields)

    def state(self) -> dict[str, Any]:
        """What the browser mirrors: the paper and the example. What is written there goes in messages."""
        return {"_about": self._about, "_turn": self._turn, "_opens": self.opens}

    def adopt(self, name: str, value: Any) -> None:
        """Nothing of it is set by the browser; it tells what is written."""

    def receive(self, message: Message) -> Iterator[Sent]:
        """Hear what is written, begun or opened; answer with what the case is now."""
        by: Message = {name: message[name] for name in ("by", "turn") if name in message}
        match message:
            case {"kind": "plotly"}:
                yield {"kind": "plotly"}, [packed_plotly()]
            case {"kind": "now"}:
                yield self._told(), []
            case {"kind": "write", "fields": dict(fields)}:
                self._write(fields)
                yield {**self._told(), **by, "wrote": True}, []
            case {"kind": "start", "empty": bool(bare)}:
                self._write(BLANK if bare else EXAMPLE, own=bare, hints={})
                yield {**self._told(), **by, "said": ""}, []
            case {"kind": "open", "text": str(text), "name": str(name)}:
                yield {**self._open(text, name), **by}, []
            case {"kind": "open", "packed": str(packed), "name": str(name)}:
                yield {**self._open(base64.b64decode(packed), name), **by}, []
            case {"kind": "why", "values": dict(fields), "key": str(key)}:
                yield self._why(fields, key, message), []
            case {"kind": "print"}:
                if self.answers is not None:
                    yield {"kind": "print", "html": printed(self._case, self.answers), **by}, []

    def _open(self, text: str | bytes, name: str) -> Message:
        try:
            found = opened(text, name)
        except (ValueError, InvalidScenario) as error:
            said = f"{str(error)[:1].upper()}{str(error)[1:]}"
            return {**self._told(), "opened": False, "said": written(said if said.endswith((".", "?")) else f"{said}.")}
        self._write(found.fields, hints=found.hints)
        return {**self._told(), "opened": True, "said": written(found.said)}

    def _why(self, fields: dict[str, Any], key: str, message: Message) -> Message:
        """How an amount of an account's answers came about, or which of some texts are amounts of them."""

        def show() -> None:
            case = read_case(fields)
            self._rows = case.rows
            if case.scenario is not None:
                board(case)

        answer = self._reasons.answer(message, key, fields, show)
        for line in answer.get("lines", ()):
            line["line"] = on_paper(line["line"], self._rows)
            line["row"] = on_paper(line["row"], self._rows).replace("Ledger:", "In the ledger then:", 1)
        return answer

    def _told(self) -> Message:
        """What the case is now, for the browser: the fields as they are typed, all else as a page has it."""
        told = _wire(self._case, self.answers)
        problems = {path: written(self._hints.get(path, said)) for path, said in told["problems"].items()}
        return {**told, "problems": problems, "own": self._own}

    def still(self) -> tuple[str, str]:
        """The example's picture and words, for a reader without a kernel; of another account, nothing."""
        if self._own:
            return f"<p><strong>Your own case</strong></p><p><em>{_OWN}</em></p>", repr(self)
        shown = board(self._case)
        pictures = "".join(still(figure, shown["title"]) for figure in shown["figures"])
        words = "".join(f"<p>{escape(line)}</p>" for line in (shown["alert"], *shown["gist"], *shown["words"]) if line)
        title = escape(f"An example. {shown['title']}")
        return f"<p><strong>{title}</strong></p>{pictures}{words}<p><em>{STILL}</em></p>", repr(self)

    def __repr__(self) -> str:
        """That it is one, without its numbers: they may be somebody's own."""
        return "OwnCase(…)" if self._own else "OwnCase()"


def _is_packed(data: bytes) -> bool:
    """Whether it is a ZIP or gzip file, as exchanges send a ledger."""
    return data[:2] in (b"PK", b"\x1f\x8b")


def _wire(case: Case, answers: Board | None) -> Message:
    shown = answers and {name: part if name == "figures" else all_written(part) for name, part in answers.items()}
    return {
        "kind": "case",
        "fields": case.fields,
        "problems": {each.path: written(each.sentence) for each in case.problems},
        "notes": {each.path: written(each.sentence) for each in case.notes},
        "answers": shown,
        "link": links.written(case.fields),
        "file": "" if case.scenario is None else json.dumps(case.scenario.as_data(), indent=2, ensure_ascii=False),
    }


@functools.cache
def _example() -> Message:
    """The example, worked out once."""
    case = read_case(EXAMPLE)
    return {**_wire(case, board(case)), "own": False}

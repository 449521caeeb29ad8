"""An exercise on a screen: one question after the other, and at the end the code that is handed in.

The question is a card, and a panel that is to be set is a panel, each live by itself; the sheet has places for them.
What was answered is kept for the kernel's session, and by the browser's own storage, so that neither a page that is
loaded again nor a kernel that is restarted loses it; it is sent nowhere. In an exam nothing that could tell right from
wrong is sent to the browser.
"""

import functools
import time
from pathlib import Path
from typing import Any

from marginlib.classes.attempt import Attempt, Clock
from marginlib.classes.file import Exercise, read_exercise
from marginlib.classes.items import Setting, State
from marginlib.classes.students import normal, number_of
from marginlib.engine.legible import legible
from marginlib.panels.live import Live, Message, Sent
from marginlib.panels.panel import Panel
from marginlib.quiz.card import UNANSWERED, Card
from marginlib.quiz.question import Question, Verdict
from marginlib.telling.on_page import escape, written

_HERE = Path(__file__).parent
_BLANK: dict[str, Any] = {"solution": [], "skipped": "", "right": None, "verdict": None, "whys": False}
_KEPT = "Your answer is kept. Until you go on, you may change it."
_CHANGE = "Your answer is kept. Until you hand in, you may change it."


class ItemCard(Card):
    """The card of a sheet: it asks one item after the other."""

    def __init__(self, sheet: "Sheet") -> None:
        self.sheet = sheet
        super().__init__(_NOTHING, "No question yet")

    def put(self, at: int) -> None:
        """Ask an item, with what was said of it so far."""
        attempt = self.sheet.attempt
        assert attempt is not None
        asked, work = attempt.asked[at], attempt.work[at]
        exam, setting = attempt.exercise.exam, isinstance(asked, Setting)
        check = "Keep my answer" if exam else "Check this state" if setting else ""
        check = "Keep this state" if exam and setting else check
        self.buttons = {"skip": "", "hint": "" if exam or setting else "Show the way", "another": "", "check": check}
        self.ask(asked, f"Question {at + 1} of {len(attempt.asked)}")  # type: ignore[arg-type]
        if work.given:
            self.given, self.tries, self.helped = work.given[-1], len(work.given), work.helped
            self.verdict = work.verdicts[-1]
            self._show()

    def state(self) -> dict[str, Any]:
        """What the browser mirrors; in an exam, that an answer is kept, and nothing of what became of it."""
        state = super().state()
        attempt = self.sheet.attempt
        if attempt is None or not attempt.exercise.exam:
            return state
        kept = _CHANGE if attempt.exercise.back else _KEPT
        note = state["_card"]["note"] or (kept if self.given is not None else "")
        return {**state, "_card": {**state["_card"], **_BLANK, "note": written(note)}}

    @property
    def tells(self) -> bool:
        """In an exam nothing is told."""
        attempt = self.sheet.attempt
        return attempt is not None and not attempt.exercise.exam and super().tells

    def answer(self, given: Any) -> Verdict | None:
        """Answer the item; a panel's is a link to the state that is seen, or else the one that it is in."""
        attempt = self.sheet.attempt
        if attempt is None or attempt.done or not attempt.open(attempt.at):
            return None
        if isinstance(self.question, Setting):  # as it is seen: the check may be heard of before the move
            given = given or self.sheet.panels[attempt.at].link()
        verdict = super().answer(given)
        if verdict is not None:
            attempt.take(attempt.at, given, verdict)
            self.sheet.changed()
        return verdict

    def help(self) -> None:
        """Show the way; never in an exam."""
        attempt = self.sheet.attempt
        if attempt is not None and not attempt.exercise.exam:
            attempt.help(attempt.at)
            super().help()
            self.sheet.changed()


class Sheet(Live):
    """An exercise that a student works on; :func:`exercise` makes it."""

    module = _HERE / "sheet.js"
    style = _HERE / "sheet.css"

    def __init__(self, exercise: Exercise, student: str = "", *, clock: Clock = time.time) -> None:
        super().__init__()
        self.exercise, self.student, self.clock = exercise, student, clock
        self.attempt: Attempt | None = None
        self.card = ItemCard(self)
        self.panels: dict[int, Panel[Any]] = {
            at: item.written.panel(**item.start) for at, item in enumerate(exercise.items) if isinstance(item, State)
        }
        self._places: dict[str, str] = {}
        self._note = ""

    def begin(self, student: str = "") -> None:
        """Begin, under a name; a name that was given in Python stays.

        Raises:
            ValueError: nothing that names a student, or no name where one is wanted.
        """
        if self.attempt is None:
            name = self.student or " ".join(str(student).split())
            self.attempt = Attempt(self.exercise, name, clock=self.clock)
            self.student = name
            self._put()

    def go(self, item: int) -> None:
        """Go to an item, counted from 0, where that is allowed."""
        if self.attempt is not None and self.attempt.go(item):
            self._put()

    def hand_in(self) -> str:
        """End it; returns the result code.

        Raises:
            ValueError: it hasn't begun.
        """
        if self.attempt is None:
            raise ValueError("the exercise hasn't begun: sheet.begin('a name') begins it")
        code = self.attempt.hand_in()
        self.changed()
        return code

    def again(self) -> None:
        """Begin anew, with the same numbers; never in an exam."""
        if not self.exercise.exam and self.attempt is not None:
            for at, panel in self.panels.items():
                asked = self.attempt.asked[at]
                assert isinstance(asked, Setting)
                panel.values = asked.item.start
            self.attempt = Attempt(self.exercise, self.student, clock=self.clock)
            self._put()

    @property
    def code(self) -> str:
        """The result code, once it is handed in; nothing before."""
        return self.attempt.code() if self.attempt is not None and self.attempt.done else ""

    def _put(self) -> None:
        if self.attempt is not None:
            self.card.put(self.attempt.at)
        self.changed()

    def changed(self) -> None:
        """Show what has become of it."""
        self._note = ""
        self._tell("state", None, None)

    def state(self) -> dict[str, Any]:
        """What the browser mirrors: how far one is, and what a page keeps; in an exam nothing of right and wrong."""
        return {"_sheet": self._sheet(), "_kept": self.attempt.kept() if self.attempt else {}}

    def _sheet(self) -> dict[str, Any]:
        exercise, attempt = self.exercise, self.attempt
        told: dict[str, Any] = {
            "stage": "cover" if attempt is None else "done" if attempt.done else "open",
            "title": written(exercise.title),
            "student": written(self.student),
            "fixed": bool(self.student) and attempt is None,
            "exam": exercise.exam,
            "back": exercise.back or not exercise.exam,
            "key": exercise.digest[:12],
            "about": [written(line) for line in self._about()],
            "minutes": exercise.minutes,
            "note": written(self._note),
            "count": len(exercise.items),
            "places": self._places,
        }
        if attempt is None:
            return told
        told |= {
            "at": attempt.at,
            "items": [self._became(at) for at in range(len(attempt.work))],
            "open": [attempt.open(at) for at in range(len(attempt.work))],
            "panel": str(attempt.at) if attempt.at in self.panels else "",
            "elapsed": int(attempt.elapsed),
            "who": _key(self.student),
        }
        if attempt.done:
            told |= {"code": attempt.code(), "summary": [written(line) for line in self._summary()]}
        return told

    def _became(self, at: int) -> str:
        """What may be seen of an item: whether it was answered, and in learning mode whether it is right."""
        assert self.attempt is not None
        work = self.attempt.work[at]
        if not work.given:
            return "open"
        return "given" if self.exercise.exam else "right" if work.right else "wrong"

    def _about(self) -> list[str]:
        many = len(self.exercise.items)
        lines = [f"{many} {'question' if many == 1 else 'questions'}."]
        if self.exercise.exam:
            lines.append("This is an exam: what is right is not said here.")
            if not self.exercise.back:
                lines.append("There is no way back to an earlier question.")
        else:
            lines.append("Each answer is judged at once, and you may try again.")
        if self.exercise.minutes:
            lines.append(
                f"{self.exercise.minutes} minutes are meant for it. The time is shown; nothing ends by itself."
            )
        lines.append("At the end there is a code for your teacher. Nothing is sent by itself.")
        return lines

    def _summary(self) -> list[str]:
        assert self.attempt is not None
        done, many = self.attempt.result(), len(self.attempt.work)
        if self.exercise.exam:
            return [f"You answered {self.attempt.answered} of {many}."]
        at_once = sum(each.at_once for each in done.items)
        first = f", {at_once} of them at the first try and without help" if done.right else ""
        return [f"Right: {done.right} of {many}{first}."]

    def adopt(self, name: str, value: Any) -> None:
        """Nothing of a sheet is set by the browser; it tells what is done."""

    def receive(self, message: Message) -> list[Sent]:
        """Hear what is done: begin, go, hand in, again, and what the browser has kept of an earlier visit."""
        kind = message["kind"]
        if kind == "begin":
            try:
                self.begin(str(message.get("student", "")))
            except ValueError as error:
                self._note = _sentence(str(error))
                self._tell("state", None, None)
        elif kind in ("go", "hand in") and not self._meant(message.get("given")):
            return []  # the card says what is wrong with it
        elif kind == "go" and type(message.get("to")) is int:
            self.go(message["to"])
        elif kind == "hand in" and self.attempt is not None:
            self.hand_in()
        elif kind == "again":
            self.again()
        elif kind == "resume" and self.attempt is not None:
            self._resume(message.get("kept"))
        return []

    def _meant(self, given: object) -> bool:
        """In an exam what stands there when one goes on is the answer; whether one may go on."""
        attempt = self.attempt
        if given is None or attempt is None or not self.exercise.exam or attempt.done or not attempt.open(attempt.at):
            return True
        return self.card.answer(given) is not None

    def _resume(self, kept: object) -> None:
        attempt = self.attempt
        if attempt is None or not attempt.resume(kept):
            return
        for at, panel in self.panels.items():
            asked, work = attempt.asked[at], attempt.work[at]
            if work.given and isinstance(asked, Setting):
                panel.values = asked.values(work.given[-1])
        self._put()

    def _take_places(self) -> None:
        """Have the card and the panels carried too, by whatever carries the sheet."""
        self._places = {"card": self.card.place(), **{str(at): panel.place() for at, panel in self.panels.items()}}

    def place(self) -> str:
        """The name of its slots; the card and the panels have theirs by then."""
        self._take_places()
        return super().place()

    @functools.cached_property
    def widget(self) -> Any:
        """The widget that shows it in a notebook.

        Raises:
            ImportError: ipywidgets or anywidget is missing; says what to install.
        """
        self._take_places()
        return Live.widget.func(self)  # type: ignore[attr-defined]

    def still(self) -> tuple[str, str]:
        """The exercise's cover, for a reader without a kernel."""
        about = "".join(f"<p>{escape(line)}</p>" for line in self._about())
        return f"<p><strong>{escape(self.exercise.title)}</strong></p>{about}<p><em>{UNANSWERED}</em></p>", repr(self)

    def __repr__(self) -> str:
        return legible(f"Exercise: {self.exercise.title} ({len(self.exercise.items)} questions, {self.exercise.mode})")


def _key(student: str) -> str:
    """A short name under which the browser keeps a student's work."""
    return f"{number_of('kept', normal(student)):x}"


def _sentence(text: str) -> str:
    text = text.removeprefix("student: ")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


_NOTHING = Question(
    kind="number", text="–", ask="balance:EUR",
    scenario='{"balances": {"EUR": "1"}, "prices": {"BTC/EUR": "50000"}}',
)  # fmt: skip
_SESSION: dict[tuple[str, str, str], Sheet] = {}


def exercise(source: str | Path, student: str | int = "") -> Sheet:
    """Show an exercise: from a file, or from a link or code as ``marginlib exercise link`` gives it.

    The same exercise of the same student is the same one all session long: a cell that is run again loses no answer.
    Without a student's name or number, it is asked for before the first question.

    Raises:
        InvalidExercise: it is no exercise; names the file and the line, and says what would work.
        ValueError: nothing that names a student.
    """
    found, name = read_exercise(source), normal(student)
    key = found.digest, f"{found.title} {found.mode} {found.back} {found.minutes}", name
    if key not in _SESSION:
        _SESSION[key] = Sheet(found, " ".join(str(student).split()))
    return _SESSION[key]


class Refused:
    """What stands in an exercise's place where it can't be opened: a sentence."""

    def __init__(self, why: str) -> None:
        self.why = why

    def slot(self) -> str:
        """The sentence, as HTML."""
        return f'<p class="mp-risk" role="alert">{escape(self.why)}</p>'

    def __repr__(self) -> str:
        return self.why


def opened(link: str) -> Sheet | Refused:
    """An exercise by its link, or the sentence that says why it can't be opened: for a page, where nobody sees errors.

    >>> opened("#x9/abc").why[:43]
    "This link can't be opened: it is of version"
    """
    try:
        return exercise(link)
    except ValueError as error:
        return Refused(_sentence(str(error)))


def forget() -> None:
    """Forget what was answered in this session."""
    _SESSION.clear()

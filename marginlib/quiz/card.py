"""A question on a card: asked, answered, judged at once. Nothing is lost by trying again."""

from pathlib import Path
from typing import Any

from marginlib.engine.legible import legible
from marginlib.panels.live import Live, Message, Sent
from marginlib.panels.reasons import Reasons
from marginlib.quiz.question import Question, Verdict
from marginlib.telling.on_page import all_written, escape, written

_HERE = Path(__file__).parent
UNANSWERED = "Run the cell to answer."


class Card(Live):
    """Shows one question and judges what is given; can be answered from Python too.

    ``given`` is the newest answer, or None; ``verdict`` what became of it.
    """

    module = _HERE / "card.js"
    style = _HERE / "card.css"

    def __init__(self, question: Question, lead: str, *, skip: str = "", hint: str = "", another: str = "") -> None:
        super().__init__()
        self._reasons = Reasons()
        self.buttons = {"skip": skip, "hint": hint, "another": another}
        self._progress = ""
        self.ask(question, lead)

    def ask(self, question: Question, lead: str) -> None:
        """Put a question on the card."""
        self.question, self.lead = question, lead
        self.given: Any = None
        self.verdict: Verdict | None = None
        self.helped, self.skipped, self.tries = False, False, 0
        self._show()

    @property
    def progress(self) -> str:
        """How far one is, as a sentence below the question."""
        return self._progress

    @progress.setter
    def progress(self, told: str) -> None:
        old, self._progress = self._progress, told
        if told != old:
            self._tell("state", None, None)
            self._tell("progress", old, told)

    def state(self) -> dict[str, Any]:
        """The question, the newest answer and its verdict, and how far one is: as plain data."""
        return {"progress": self.progress, "_card": self._card}

    def answer(self, given: Any) -> Verdict | None:
        """Answer, as the learner would: text for a number or a choice, a list for several or an order.

        An answer that can't be read counts for nothing; the card says what would work.
        """
        try:
            self.verdict = self.question.judge(given)
        except ValueError as error:
            self._show(str(error))
            return None
        self.tries += 1
        old, self.given = self.given, [str(each) for each in given] if isinstance(given, list | tuple) else str(given)
        self._show()
        self._tell("given", old, self.given)  # the same answer again is an answer again
        return self.verdict

    def skip(self) -> None:
        """Go on without an answer."""
        self.skipped = True
        self._show()
        self._tell("skipped", False, True)

    def help(self) -> None:
        """Show the way to the answer, step by step."""
        self.helped = True
        self._show()

    def another(self) -> None:
        """Ask another question, where there is one."""

    def _show(self, note: str = "") -> None:
        question, verdict = self.question, self.verdict
        self._card = {
            "kind": question.kind,
            "lead": written(self.lead),
            "text": written(question.text),
            "unit": question.unit,
            "options": [{"value": option.value, "text": written(option.text)} for option in question.options],
            "given": self.given,
            "note": written(note),
            "verdict": {"right": verdict.right, "text": written(self._said(verdict))} if verdict else None,
            "solution": all_written(question.solution()) if self.helped else [],
            "skipped": written(f"Skipped. The engine says: {question.shown_answer()}") if self.skipped else "",
            "right": self._marked(),
            "whys": self.tells,
            "buttons": {
                **self.buttons,
                "skip": "" if self.skipped or verdict else self.buttons["skip"],
                "hint": "" if self.helped else self.buttons["hint"],  # the way is there: to ask for it does nothing
            },
            "tries": self.tries,
        }
        self._tell("state", None, None)

    @property
    def tells(self) -> bool:
        """Whether what is right is told, so that its amounts may be asked about; how they came about would tell it."""
        verdict = self.verdict
        judged = verdict is not None and bool(verdict.right or verdict.beside or self.buttons["skip"])
        return isinstance(self.question, Question) and (judged or self.helped or self.skipped)

    def _marked(self) -> list[str] | None:
        """The right options, once they may be seen: asked for, or told by a prediction; None before."""
        seen = self.helped or (self.buttons["skip"] and (self.skipped or self.verdict))
        return self.question.right if seen and self.question.kind in ("one", "several") else None

    def _said(self, verdict: Verdict) -> str:
        """The verdict; for a prediction also what was said, beside what happens."""
        if not self.buttons["skip"]:
            return verdict.sentence.removesuffix(verdict.step if self.helped else "")  # the way begins with it
        options = {option.value: option.text for option in self.question.options}
        said = options.get(str(self.given), str(self.given))
        what = f"You said: {said}. It is: {self.question.shown_answer()}."
        return what if verdict.right else f"{what} {verdict.sentence}"

    def receive(self, message: Message) -> list[Sent]:
        """Answer the browser: what it is told changes the card's state, which it mirrors."""
        kind = message["kind"]
        if kind == "answer":
            self.answer(message["given"])
        elif kind in ("skip", "hint", "another"):
            {"skip": self.skip, "hint": self.help, "another": self.another}[kind]()
        elif kind == "why":
            return [(self._why(message), [])]
        return []

    def _why(self, message: Message) -> Message:
        """How an amount came about, or of which this is known; nothing, as long as what is right isn't told."""
        asked, key = self.question, str(message["key"])
        if not self.tells:
            return self._reasons.answer(message, key, None, lambda: None)
        return self._reasons.answer(message, key, asked, lambda: asked.afresh().told())

    def still(self) -> tuple[str, str]:
        """The question, for a reader without a kernel."""
        options = "".join(f"<li>{escape(option.text)}</li>" for option in self.question.options)
        listed = f"<ul>{options}</ul>" if options else ""
        asked = f"<p><strong>{escape(self.lead)}.</strong> {escape(self.question.text)}</p>"
        return f"{asked}{listed}<p><em>{UNANSWERED}</em></p>", repr(self)

    def __repr__(self) -> str:
        return legible(f"{self.lead}: {self.question.text}")

"""A question on a card: asked, answered, judged at once. Nothing is lost by trying again."""

import html
import pathlib
from typing import Any, cast

import anywidget
import traitlets

from marginlib.panels.scripts import script, style
from marginlib.quiz.question import Question, Verdict

_HERE = pathlib.Path(__file__).parent


class Card(anywidget.AnyWidget):
    """Shows one question and judges what is given; can be answered from Python too.

    ``given`` is the newest answer, or None; ``verdict`` what became of it.
    """

    _esm = script("card.js", folder=_HERE)
    _css = style("card.css", folder=_HERE)

    given = traitlets.Any(None, allow_none=True)
    skipped = traitlets.Bool(False)
    progress = traitlets.Unicode("").tag(sync=True)
    _card = traitlets.Dict().tag(sync=True)

    def __init__(self, question: Question, lead: str, *, skip: str = "", hint: str = "", another: str = "") -> None:
        super().__init__()
        self.buttons = {"skip": skip, "hint": hint, "another": another}
        self.on_msg(self._on_message)
        self.ask(question, lead)

    def ask(self, question: Question, lead: str) -> None:
        """Put a question on the card."""
        self.question, self.lead = question, lead
        self.verdict: Verdict | None = None
        self.helped, self.tries = False, 0
        self.skipped = False
        self.given = None
        self._show()

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
        self.given = None  # the same answer again is an answer again
        self.given = given
        self._show()
        return self.verdict

    def skip(self) -> None:
        """Go on without an answer."""
        self.skipped = True
        self._show()

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
            "lead": self.lead,
            "text": question.text,
            "unit": question.unit,
            "options": [{"value": option.value, "text": option.text} for option in question.options],
            "given": self.given,
            "note": note,
            "verdict": {"right": verdict.right, "text": self._said(verdict)} if verdict else None,
            "solution": question.solution() if self.helped else [],
            "skipped": f"Skipped. The engine says: {question.shown_answer()}" if self.skipped else "",
            "buttons": self.buttons,
            "tries": self.tries,
        }

    def _said(self, verdict: Verdict) -> str:
        """The verdict; for a prediction also what was said, beside what happens."""
        if not self.buttons["skip"]:
            return verdict.sentence
        options = {option.value: option.text for option in self.question.options}
        said = options.get(str(self.given), str(self.given))
        what = f"You said: {said}. It is: {self.question.shown_answer()}."
        return what if verdict.right else f"{what} {verdict.sentence}"

    def _on_message(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        kind = message["kind"]
        if kind == "answer":
            self.answer(message["given"])
        elif kind in ("skip", "hint", "another"):
            {"skip": self.skip, "hint": self.help, "another": self.another}[kind]()

    def still(self) -> str:
        """The question as HTML, for a reader without a kernel."""
        options = "".join(f"<li>{html.escape(option.text)}</li>" for option in self.question.options)
        listed = f"<ul>{options}</ul>" if options else ""
        return f"<p><strong>{html.escape(self.lead)}.</strong> {html.escape(self.question.text)}</p>{listed}"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = cast("tuple[dict[str, Any], dict[str, Any]]", super()._repr_mimebundle_(**kwargs))
        data["text/html"] = self.still()
        data["text/plain"] = repr(self)
        return data, metadata

    def __repr__(self) -> str:
        return f"{self.lead}: {self.question.text}"

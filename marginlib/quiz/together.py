"""A question put to a whole room: everyone answers, the picture of answers appears, then the panel opens.

A teacher shows the question with the panel covered. Students answer on paper, by a show of hands, or on their own
devices, and read out or send what stands before their answer: a letter, or a number. The teacher types or pastes that,
one answer a line. Who answered what is not shown; each wrong answer has the idea behind it beside its bar.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from marginlib.engine.amounts import plain
from marginlib.engine.legible import legible
from marginlib.panels.live import Bundle, Live, Message, Sent, bundle
from marginlib.panels.panel import Panel
from marginlib.quiz.question import Question
from marginlib.telling.on_page import all_written, escape

_HERE = Path(__file__).parent
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_LINES, MOST_VOTES, _MOST_LINE = 1_000, 999, 200
_MANY = re.compile(r"(\d{1,4})\s*[x×*]\s*(\S.*)", re.IGNORECASE)
_SPOKEN = 8  # bars of numbers; rarer ones are counted together
_NONE = ("-", "\N{EN DASH}", "none", "?")
STILL = "Run the cell to put the question to the room."


@dataclass
class Group:
    """One answer, how often it was given, and what stands behind it."""

    key: str
    letter: str
    text: str
    right: bool
    because: str
    count: int = 0


@dataclass
class Poll:
    """What a room answered to one question: a group for each answer, and lines that couldn't be read."""

    groups: list[Group] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    by_name: dict[str, bool] = field(default_factory=dict)
    """Who gave a name, and whether the answer was right."""

    @property
    def answers(self) -> int:
        """How many answered."""
        return sum(each.count for each in self.groups)

    @property
    def right(self) -> int:
        """How many of them were right."""
        return sum(each.count for each in self.groups if each.right)


class Votes:
    r"""How the answers of a room to a question are read and counted.

    >>> from marginlib.quiz.lesson import questions
    >>> votes = Votes(questions("01").predict["extended"])
    >>> poll = votes.count("B\nAda: b\n3 x D\n25,000 EUR")
    >>> [(each.letter, each.count) for each in poll.groups], poll.right
    ([('A', 0), ('B', 2), ('C', 0), ('D', 4)], 4)
    """

    def __init__(self, question: Question) -> None:
        """Give each option a letter, in the order in which the card has them."""
        self.question = question
        self.letters = {option.value: LETTERS[at] for at, option in enumerate(question.options)}
        self._groups: dict[str, Group] = {}

    def count(self, text: str) -> Poll:
        """Count the answers, one a line, each perhaps after a name and a colon, or as ``12 x B`` for a show of hands.

        What can't be read is told, and stops none of the others. Of two answers under one name the last one counts.
        """
        given: list[tuple[str, int, Group]] = []
        poll, lines = Poll(), [line.strip() for line in text.splitlines()]
        if len([line for line in lines if line]) > MOST_LINES:
            poll.notes.append(f"Only the first {MOST_LINES:,} lines are counted.")
        for at, line in enumerate(lines[:MOST_LINES], 1):
            if not line:
                continue
            try:
                given.append(self._line(line))
            except ValueError as error:
                poll.notes.append(f"Line {at}, {legible(line)[:40]!r}: {error}")
        last: dict[str, int] = {}
        for index, (who, _, _) in enumerate(given):
            if who and who in last:
                poll.notes.append(f"{legible(who)[:40]} answered more than once: the last one counts.")
            last[who] = index
        poll.groups = list(self._fresh())
        for index, (who, many, group) in enumerate(given):
            if who and last[who] != index:
                continue
            here = next((each for each in poll.groups if each.key == group.key), None)
            if here is None:
                here = Group(group.key, group.letter, group.text, group.right, group.because)
                poll.groups.append(here)
            here.count += many
            if who:
                poll.by_name[who] = group.right
        if self.question.kind in ("number", "several", "order"):
            poll.groups.sort(key=lambda each: -each.count)
        return poll

    def _line(self, line: str) -> tuple[str, int, Group]:
        if len(line) > _MOST_LINE:
            raise ValueError(f"it has {len(line)} characters; expected one answer a line")
        who, colon, rest = line.rpartition(":")
        if not colon:
            who, _, rest = line.rpartition("\t")
        many = _MANY.fullmatch(rest.strip())
        count, said = (int(many[1]), many[2]) if many else (1, rest.strip())
        if not 1 <= count <= MOST_VOTES:
            raise ValueError(f"expected 1 to {MOST_VOTES} answers at once")
        return " ".join(who.split()), count, self.group(said)

    def _fresh(self) -> Iterator[Group]:
        """The groups that are shown though nobody chose them: all options of a single choice."""
        if self.question.kind == "one":
            for option in self.question.options:
                group = self._of(option.value, option.value)
                yield Group(group.key, group.letter, group.text, group.right, group.because)

    def group(self, said: str) -> Group:
        """The group of an answer as it was said.

        Raises:
            ValueError: it is no answer to this question; the sentence says what would work.
        """
        if self.question.kind == "number":
            return self._of_number(self.question.read(said))
        if self.question.kind == "one":
            return self._of(value := self._option(said), value)
        chosen = [] if said.lower() in _NONE else [self._option(each) for each in _apart(said)]
        if self.question.kind == "order" and sorted(chosen) != sorted(self.letters):
            raise ValueError(f"expected all of {', '.join(self.letters.values())} in their order, such as "
                             f"{''.join(reversed(self.letters.values()))}")  # fmt: skip
        if self.question.kind == "several":
            chosen = [value for value in self.letters if value in chosen]
        return self._of("".join(self.letters[each] for each in chosen) or "none", chosen)

    def _option(self, said: str) -> str:
        """The value of the option that is meant: by its letter, its value, or how its text begins."""
        low = " ".join(said.casefold().split())
        texts = {option.value: " ".join(option.text.casefold().split()) for option in self.question.options}
        for value, letter in self.letters.items():
            if low in (letter.casefold(), f"{letter.casefold()}.", value.casefold(), texts[value]):
                return value
        near = [value for value, text in texts.items() if len(low) > 1 and text.startswith(low)]
        if len(near) == 1:
            return near[0]
        raise ValueError(f"expected one of {', '.join(self.letters.values())}")

    def _of(self, key: str, given: str | list[str]) -> Group:
        if key not in self._groups:
            verdict = self.question.judge(given)
            values = given if isinstance(given, list) else [given]
            texts = {option.value: option.text for option in self.question.options}
            text = "; ".join(texts[value] for value in values) or "none of them"
            letter = "".join(self.letters[value] for value in values)
            because = self.question.explain if verdict.right else verdict.sentence
            self._groups[key] = Group(key, letter, text, verdict.right, because)
        return self._groups[key]

    def _of_number(self, value: Decimal) -> Group:
        verdict = self.question.judge(plain(value))
        key = "right" if verdict.right else plain(value.normalize())
        if key not in self._groups:
            shown = self.question.shown_answer() if verdict.right else self.question.shown(value)
            idea = verdict.sentence if verdict.mistake else ""
            because = self.question.explain if verdict.right else idea
            self._groups[key] = Group(key, "", shown, verdict.right, because)
        return self._groups[key]

    def asked(self) -> dict[str, Any]:
        """The question as it stands on the wall."""
        options = [{"letter": self.letters[each.value], "text": each.text} for each in self.question.options]
        return {"text": self.question.text, "unit": self.question.unit, "options": options}

    @property
    def how(self) -> str:
        """How an answer is read out, in a few words."""
        letters = list(self.letters.values())
        return {
            "one": f"a letter, {letters[0]} to {letters[-1]}" if letters else "",
            "several": "all letters that are right, such as AC",
            "order": f"all letters in their order, such as {''.join(letters)}",
            "number": f"a number{f' of {self.question.unit}' if self.question.unit else ''}",
        }[self.question.kind]


def _apart(said: str) -> list[str]:
    """Letters, with something between them or not."""
    parts = [each for each in re.split(r"[\s,;>+]+", said) if each]
    return list(parts[0]) if len(parts) == 1 and parts[0].isalpha() else parts


def bars(poll: Poll, before: Poll | None, *, opened: bool) -> list[dict[str, Any]]:
    """The picture of answers: for each a bar, and once the panel is open what is right and what stands behind it."""
    most = max([1, *(each.count for each in poll.groups), *(each.count for each in (before.groups if before else []))])
    earlier = {each.key: each for each in (before.groups if before else [])}
    groups = [*poll.groups, *(each for key, each in earlier.items() if key not in {g.key for g in poll.groups})]
    now = {each.key: each.count for each in poll.groups}
    shown, rare = groups, []
    if len(groups) > _SPOKEN:
        kept = [each for at, each in enumerate(groups) if at < _SPOKEN - 1 or each.right]
        rare = [each for each in groups if each not in kept]
        shown = kept
    told = []
    for each in shown:
        count, was = now.get(each.key, 0), earlier[each.key].count if each.key in earlier else 0
        told.append({
            "letter": each.letter, "text": each.text, "count": count, "share": round(count / most, 4),
            "was": was if before else None, "was_share": round(was / most, 4) if before else None,
            "right": each.right if opened else None,
            "because": (each.because or _no_idea(right=each.right)) if opened and count + was else "",
        })  # fmt: skip
    if rare:
        many = sum(now.get(each.key, 0) for each in rare)
        told.append({
            "letter": "", "text": f"{len(rare)} other answers", "count": many, "share": round(many / most, 4),
            "was": sum(earlier[each.key].count for each in rare if each.key in earlier) if before else None,
            "was_share": 0 if before else None, "right": False if opened else None, "because": "",
        })  # fmt: skip
    return told


def _no_idea(*, right: bool) -> str:
    return "" if right else "The workbook knows no idea that leads there. Ask for it."


class Scene(Live):
    """A screen for a room, as plain data: what stands on the wall, a box for what is read out, and buttons."""

    module = _HERE / "together.js"
    style = _HERE / "together.css"

    def __init__(self) -> None:
        super().__init__()
        self.typed = ""

    def scene(self) -> dict[str, Any]:
        """What is shown now."""
        raise NotImplementedError

    def press(self, button: str) -> None:
        """Do what a button says."""
        raise NotImplementedError

    def take(self, text: str) -> None:
        """Take over what stands in the box."""
        self.typed = str(text)
        self.changed()

    def changed(self) -> None:
        """Show what has become of it."""
        self._tell("state", None, None)

    def state(self) -> dict[str, Any]:
        """What the browser mirrors."""
        return {"_scene": {**all_written(self.scene()), "typed": self.typed}}

    def adopt(self, name: str, value: Any) -> None:
        """Nothing of it is set by the browser, which tells what is typed and pressed."""

    def receive(self, message: Message) -> list[Sent]:
        """Hear what is typed and pressed."""
        if message["kind"] == "typed":
            self.take(str(message.get("text", "")))
        elif message["kind"] == "press":
            self.typed = str(message.get("text", self.typed))
            self.press(str(message.get("button", "")))
        return []


class Ballot(Scene):
    """One question put to a room: asked, shown, perhaps asked again, opened."""

    def __init__(self, question: Question, lead: str) -> None:
        super().__init__()
        self.lead, self.votes = lead, Votes(question)
        self.stage = "ask"
        self.before: Poll | None = None

    @property
    def poll(self) -> Poll:
        """What was answered, as it stands in the box."""
        return self.votes.count(self.typed)

    def press(self, button: str) -> None:
        """Show the picture of answers, ask again, open the panel, or begin anew."""
        if button == "show" and self.stage == "ask":
            self.stage = "show"
        elif button == "again" and self.stage == "show":
            self.before, self.typed, self.stage = self.poll, "", "ask"
        elif button == "open":
            self.stage = "open"
        elif button == "over":
            self.stage, self.before, self.typed = "ask", None, ""
        self._tell("stage", None, self.stage)
        self.changed()

    def scene(self) -> dict[str, Any]:
        """The question, and as much of the answers as may be seen now."""
        poll, before, opened = self.poll, self.before, self.stage == "open"
        asking = self.stage == "ask"
        many = "1 answer" if poll.answers == 1 else f"{poll.answers} answers"
        said = many if not opened else f"{poll.right} of {many} right"
        if before and not asking:
            was = f"before, {before.right} of {before.answers}" if opened else f"before, {before.answers}"
            said = f"{said}; {was}"
        section = {
            **self.votes.asked(), "lead": "", "said": said if poll.answers or not asking else "",
            "bars": [] if asking else bars(poll, before, opened=opened),
        }  # fmt: skip
        buttons = {
            "ask": [("show", "Show the answers", True), ("open", "Open the picture", False)],
            "show": [("open", "Open the picture", True), ("again", "Ask again", False)],
            "open": [("over", "Start over", False)],
        }[self.stage]
        return {
            "heading": self.lead, "sections": [section], "paragraphs": [], "rows": [],
            "box": None if opened else {
                "label": f"What the room says, one answer a line: {self.votes.how}",
                "hint": "Names are not needed: 'Ada: B' counts as B. A show of hands: '12 x B'.",
            },
            "notes": [] if opened else poll.notes, "scores": [],
            "buttons": [{"do": do, "text": text, "main": main} for do, text, main in buttons],
        }  # fmt: skip

    def still(self) -> tuple[str, str]:
        """The question, for a reader without a kernel."""
        asked = self.votes.asked()
        options = "".join(f"<li>{escape(each['text'])}</li>" for each in asked["options"])
        listed = f'<ol type="A">{options}</ol>' if options else ""
        text = f"<p><strong>{escape(self.lead)}</strong></p><p>{escape(asked['text'])}</p>{listed}"
        return f"{text}<p><em>{STILL}</em></p>", repr(self)

    def __repr__(self) -> str:
        return f"{self.lead}: {self.votes.question.text}"


class Together:
    r"""A question for the whole room above its panel, which is covered until the teacher opens it.

    >>> from marginlib.lessons import Lesson, Life
    >>> room = Lesson("00").together(Life())
    >>> room.ballot.take("A\nA\nB"); room.ballot.press("show"); bool(room.panel.veil)
    True
    >>> room.ballot.press("open"); room.panel.veil
    ''
    """

    def __init__(self, ballot: Ballot, panel: Panel[Any]) -> None:
        self.ballot, self.panel = ballot, panel
        self._cover()
        ballot.observe(lambda _: self._cover(), "stage")
        panel.observe(self._moved_on, "veil")

    def _cover(self) -> None:
        opened = self.ballot.stage == "open"
        self.panel.veil = "" if opened else "Covered until the room has answered. To move a control opens it."

    def _moved_on(self, _change: object) -> None:
        if not self.panel.veil and self.ballot.stage != "open":
            self.ballot.press("open")

    def still(self) -> tuple[str, str]:
        """The question and the panel, for a reader without a kernel."""
        return self.ballot.still()[0] + self.panel.still()[0], repr(self)

    def slot(self) -> str:
        """The question and the panel, each in its own slot."""
        return self.ballot.slot() + self.panel.slot()

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        return bundle(self)

    def __repr__(self) -> str:
        return f"{self.ballot!r}, then {self.panel!r}"

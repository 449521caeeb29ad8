"""A drill's way with steps to fill in: in some of its sentences the number that the step leads to is left out.

What can be left out is a number with a unit in a sentence that names a rule, unless the question or a sentence before
it has told it already. The last steps are left out first: so the way leads towards doing it alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from marginlib.quiz.question import Question, Verdict
from marginlib.quiz.typed import read_number
from marginlib.reading.rulebooks import rulebook

MOST = 3
"""How many steps are left out at most, beside the answer."""
_NUMBER = re.compile(
    r"(?<![\w.,/])(?P<number>[\N{MINUS SIGN}+-]?[0-9][0-9,]*(?:\.[0-9]+)?)"
    r"(?=[ \N{NO-BREAK SPACE}]?(?:of your )?(?P<unit>[A-Z][A-Z0-9]{1,9}x?\b(?!/)|%))"
)
_LOOK = "What stands around the blank, and the rule, say how it is worked out."
_RULE = re.compile(r"\b[RABC][1-9][0-9]?\b")


@dataclass(frozen=True)
class Step:
    """A sentence of the way; with a blank, what stands before and behind it, and what belongs in it."""

    whole: str
    before: str = ""
    after: str = ""
    value: Decimal | None = None
    unit: str = ""
    answers: bool = False
    """What belongs in the blank is the question's answer."""

    def judge(self, given: str, question: Question) -> Verdict:
        """Judge what is filled in; where it is the question's answer, as the question does.

        Raises:
            ValueError: it is no number; the sentence says what would work.

        >>> step = Step("It ties up 400.00 EUR (B2).", "It ties up ", " EUR (B2).", Decimal("400.00"), "EUR")
        >>> step.judge("400", None).right, step.judge("300 EUR", None).sentence
        (True, 'It is more than 300. What stands around the blank, and the rule, say how it is worked out.')
        """
        assert self.value is not None
        if self.answers:
            said = question.judge(given)
            told = said.step or said.beside
            if not told:
                return said
            begun = said.sentence.removesuffix(told)  # the step, or the number, that it would show is this one
            return Verdict(False, f"{begun} {_LOOK}", said.mistake)
        typed = read_number(given, self.unit)
        if abs(typed - self.value) <= self._tolerance():
            return Verdict(True, "Yes.")
        if abs(typed + self.value) <= self._tolerance():
            return Verdict(False, "The size is right; look at the sign again.")
        side = "less" if typed > self.value else "more"
        shown = given.replace(self.unit, "").strip() if self.unit else given.strip()
        return Verdict(False, f"It is {side} than {shown}. {_LOOK}")

    def _tolerance(self) -> Decimal:
        """A cent, a tenth of a percent, or a thousandth of what is no cash: nobody has to type eight decimals."""
        assert self.value is not None
        if self.unit == "%":
            return Decimal("0.1")
        return Decimal("0.01") if self.unit in rulebook().cash else abs(self.value) / 1000


def _numbers(text: str) -> Iterator[tuple[re.Match[str], Decimal]]:
    for found in _NUMBER.finditer(text):
        yield found, _value(found)


def _value(found: re.Match[str]) -> Decimal:
    return Decimal(found["number"].replace(",", "").replace("\N{MINUS SIGN}", "-"))


def _told(text: str) -> set[Decimal]:
    return {abs(value) for _, value in _numbers(text)}


def with_blanks(question: Question) -> list[Step]:
    """A question's way with steps to fill in; the last blank is the answer, by itself where no sentence has it.

    >>> from marginlib.quiz.drills import make
    >>> [step.before + "…" + step.after for step in with_blanks(make("01", 4, 2)) if step.value is not None][-1][:40]
    'It ties up … EUR: 0.4 BTC at 33,000.00 E'
    """
    answer = question.answer if isinstance(question.answer, Decimal) else None
    known, able, whole = _told(question.text), dict[int, re.Match[str]](), question.solution()
    answering: int | None = None
    for place, sentence in enumerate(whole):
        fresh = [(found, value) for found, value in _numbers(sentence) if abs(value) not in known]
        right = [found for found, value in fresh if answering is None and _is(value, answer, found, question)]
        if right:
            answering, able[place] = place, right[0]
        elif fresh and _RULE.search(sentence):
            able[place] = fresh[0][0]
        known |= _told(sentence)
    for place, sentence in enumerate(whole) if answering is None else ():  # the question happens to have that number
        for found, value in _numbers(sentence):
            if _RULE.search(sentence) and _is(value, answer, found, question):
                answering, able[place] = place, found
    kept = sorted(place for place in able if place != answering)[-MOST:]
    steps = [
        _step(sentence, able[place], place == answering)
        if place in kept or place == answering
        else Step(sentence)
        for place, sentence in enumerate(whole)
    ]  # fmt: skip
    if answering is None and answer is not None:
        unit = f" {question.unit}" if question.unit else ""
        last = f"So the answer is {question.shown_answer()}."
        steps.append(Step(last, "So the answer is ", f"{unit}.", answer, question.unit, answers=True))
    return steps


def _is(value: Decimal, answer: Decimal | None, found: re.Match[str], question: Question) -> bool:
    same = answer is not None and abs(value - answer) <= question.tolerance
    return same and question.unit in ("", found["unit"])


def _step(sentence: str, found: re.Match[str], answers: bool) -> Step:
    """A sentence with one number left out, wherever it stands in it."""
    value, after = _value(found), sentence[found.end() :]
    for again, same in reversed(list(_numbers(after))):
        if abs(same) == abs(value):
            after = f"{after[: again.start()]}…{after[again.end() :]}"
    return Step(sentence, sentence[: found.start()], after, value, found["unit"], answers)

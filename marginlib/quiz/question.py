"""A question about a scenario, and how a given answer is judged.

Kinds: ``one`` (single choice), ``several`` (all that are right), ``number`` (with unit and tolerance), ``order``
(put right). What is right is the engine's answer to ``ask``; an option is right when its value is that answer.
"""

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from marginlib.engine import kinds
from marginlib.engine.amounts import plain
from marginlib.engine.derivation import bare, untraced
from marginlib.engine.errors import InvalidScenario, Place, Problem
from marginlib.engine.kinds import Amount, Kind, OneOf
from marginlib.engine.scenario import Part, PartOf, Scenario
from marginlib.quiz.asking import ANSWERS, Answer, Ask, Case, hint, way
from marginlib.quiz.figures import checked, filled
from marginlib.quiz.mistakes import MISTAKES
from marginlib.quiz.operators import Operator, answered, in_play
from marginlib.quiz.typed import read_number
from marginlib.reading.scenarios import read_scenario
from marginlib.telling.numbers import money, number

T = TypeVar("T")
_MOST_PAIRED, _MOST_SLOW = 13, 7  # rules bent of which two at once are tried
_FEW = 3  # mistakes that one answer may come from and still tell something
_SIZE = "The size is right. What is asked is how much, so leave the minus sign out."


@dataclass(frozen=True)
class Verdict:
    """What becomes of an answer: right or not, a sentence for just this answer, and the mistake that was recognised."""

    right: bool
    sentence: str
    mistake: str | None = None
    step: str = ""
    """How the sentence ends where no mistake was recognised: with the first step of the way."""
    mistakes: tuple[str, ...] = ()
    """All that were recognised: each alone would give this answer, or two of them do so together."""
    together: bool = False
    """Whether it took two mistakes at once."""
    beside: str = ""
    """How the sentence ends where mistakes were recognised: with this answer beside the right one."""


@dataclass(frozen=True)
class Diagnosis:
    """What leads to a wrong answer: mistakes of which each alone does, or two that do together.

    ``open``: of a pair only one is sure, since several second ones would do; or more than three single ones lead
    there, so that none is sure.
    """

    names: tuple[str, ...] = ()
    together: bool = False
    open: bool = False


class _Text(Kind[str]):
    """Text that may name figures, such as ``{call_level} %`` (see :mod:`~marginlib.quiz.figures`)."""

    def __init__(self, what: str = "") -> None:
        """Say what it is, if it may not be empty."""
        self.what = what

    def read(self, value: object) -> str:
        """The text, in which every figure is known."""
        if not isinstance(value, str) or (self.what and not value.strip()):
            raise kinds.expected(f'{self.what or "text"}, such as "…"' if isinstance(value, str) else "text", value)
        return _worded(lambda: checked(value, MISTAKES))


class _Asked(Kind[Ask]):
    def read(self, value: object) -> Ask:
        if isinstance(value, Ask):
            return value
        if not isinstance(value, str):
            raise kinds.expected("what is asked, such as 'pnl' or 'taken:BTC'", value)
        return _worded(lambda: Ask.parse(value))


class _Unit(Kind[str]):
    def read(self, value: object) -> str:
        if isinstance(value, str) and value in ("", "%", "×"):
            return value
        try:
            return kinds.Code().read(value)
        except InvalidScenario as error:
            raise InvalidScenario(str(error).replace("such as 'EUR'", "such as 'EUR', or '%' or '×'")) from None


class _Mistakes(Kind[tuple[str, ...]]):
    def read(self, value: object) -> tuple[str, ...]:
        return tuple(dict.fromkeys(kinds.items(_Known(), value)))  # two names of one mistake are one


class _KnownOrNone(Kind[str]):
    def read(self, value: object) -> str:
        return "" if value == "" else _Known().read(value)


class _Known(Kind[str]):
    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise kinds.expected("a mistake's name", value)
        return _worded(lambda: MISTAKES.find(value).name)


class _Replayed(Kind[Scenario]):
    def read(self, value: object) -> Scenario:
        if isinstance(value, Scenario):
            return value
        if isinstance(value, Mapping):
            return Scenario.of(value)
        if not isinstance(value, str):
            raise kinds.expected("a scenario as JSON, or the name of one", value)
        return read_scenario(value)


def _worded(read: Callable[[], T]) -> T:
    """What is read, or the sentence that says why not."""
    try:
        return read()
    except ValueError as error:
        raise InvalidScenario(str(error).removeprefix("ask: ")) from None


def _is_number(value: object) -> bool:
    """Whether it is a number that says how much: True, NaN and infinity don't."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()


def _why(error: Exception) -> str:
    """What a ValueError says; of what is no sentence, also what kind of error it is."""
    return str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Part):
    """One answer to choose: its value as the engine would say it, its text, and why it is wrong where it is."""

    value: Annotated[str, _Text()]
    text: Annotated[str, _Text("words to choose")]
    because: Annotated[str, _Text()] = ""
    mistake: Annotated[str, _KnownOrNone()] = ""
    """The mistake that leads to it, where it stands for one: what it gives is the value then, and its sentence why."""


class _AnOption(PartOf[Option]):
    def read(self, value: object) -> Option:
        if not isinstance(value, Option | Mapping):
            raise kinds.expected('a table such as { value = "…", text = "…" }', value)
        if isinstance(value, Mapping) and isinstance(name := value.get("mistake"), str) and name in MISTAKES:
            value = {"value": f"{{{name} | plain}}", "text": _as_shown(name), **value}
        return super().read(value)


def _as_shown(name: str) -> str:
    """The text of an option that is a mistake's number and nothing else."""
    return f"{{{name}}}"


class _Options(Kind[tuple[Option, ...]]):
    def read(self, value: object) -> tuple[Option, ...]:
        return kinds.items(_AnOption(Option), value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Part):
    """A question as a file has it: with the names of figures in its texts."""

    kind: Annotated[Literal["one", "several", "number", "order"], OneOf("one", "several", "number", "order")]
    text: Annotated[str, _Text("a question")]
    ask: Annotated[Ask, _Asked()]
    scenario: Annotated[Scenario, _Replayed()]
    unit: Annotated[str, _Unit()] = ""
    tolerance: Annotated[Decimal, Amount("a tolerance of 0 or more")] = Decimal("0.01")
    options: Annotated[tuple[Option, ...], _Options()] = ()
    mistakes: Annotated[tuple[str, ...], _Mistakes()] = ()
    explain: Annotated[str, _Text()] = ""


class Question:
    """A question, in data that a teacher can edit.

    ``unit`` is a currency code, ``%`` or ``×``; ``tolerance`` is in that unit. Its texts have the figures of its
    scenario's own rulebook in the places of their names.

    >>> question = Question(kind="number", text="What is your profit, in EUR?", ask=Ask("pnl"), unit="EUR",
    ...     mistakes=["leverage_multiplies"], scenario='''{
    ...     "balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...     {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}''')
    >>> question.judge("100").right, question.judge("500 EUR").mistake
    (True, 'leverage_multiplies')
    """

    def __init__(self, **parts: Any) -> None:
        """Make it of its parts, as a file has them (see :class:`Written`).

        Raises:
            ValueError: a part is missing, unknown or can't be that; the sentence names it.
        """
        self.written = written = Written(**parts)
        self.kind, self.ask, self.scenario = written.kind, written.ask, written.scenario
        self.unit, self.tolerance, self.mistakes = written.unit, written.tolerance, written.mistakes

    @functools.cached_property
    def case(self) -> Case:
        """The scenario with its story, replayed once for all that is asked of it."""
        return Case(self.scenario)

    def _filled(self, text: str) -> str:
        """A text with the figures of this question's own rulebook."""
        return filled(text, self.case, self.ask, self._mistaken)

    def _mistaken(self, name: str) -> Decimal | None:
        """What a mistake gives: a number that nobody is told the reasons of, as if a rule had led to it."""
        with untraced():
            value = MISTAKES[name].gives(self.case, self.ask)
        return None if value is None else bare(value)

    @functools.cached_property
    def text(self) -> str:
        """What is asked, in words."""
        return self._filled(self.written.text)

    @functools.cached_property
    def explain(self) -> str:
        """Why the answer is right, in words."""
        return self._filled(self.written.explain)

    @functools.cached_property
    def options(self) -> tuple[Option, ...]:
        """The answers to choose from."""
        return tuple(self._option(each) for each in self.written.options)

    def _option(self, each: Option) -> Option:
        """An option with its figures; one that stands for a mistake says why it is wrong."""
        value, because = self._filled(each.value), self._filled(each.because)
        if not each.mistake:
            return Option(value=value, text=self._filled(each.text), because=because)
        text = self.shown(Decimal(value)) if each.text == _as_shown(each.mistake) else self._filled(each.text)
        told = because or MISTAKES[each.mistake].told(self.case, self.ask)
        return Option(value=value, text=text, because=told, mistake=each.mistake)

    @functools.cached_property
    def answer(self) -> Answer:
        """What the engine answers."""
        return self.case.answer(self.ask)

    @functools.cached_property
    def wrong(self) -> dict[str, Decimal]:
        """What each recognised mistake would give, where that isn't within the tolerance of the right answer."""
        return dict(self.mistaken())

    def mistaken(self) -> Iterator[tuple[str, Decimal]]:
        """The recognised mistakes with what they would give, worked out one by one."""
        right = self.answer
        for name in self.mistakes:
            value = MISTAKES[name].gives(self.case, self.ask)
            if value is not None and isinstance(right, Decimal) and abs(value - right) > self.tolerance:
                yield name, value

    @functools.cached_property
    def in_play(self) -> tuple[str, ...]:
        """The mistakes that change the answer: those of the question's own, then all rules bent; worked out once."""
        named = self.mistakes + tuple(option.mistake for option in self.written.options if option.mistake)
        known = [name for name in named if self._changes(MISTAKES[name].gives(self.case, self.ask))]
        if ANSWERS[self.ask.name].signed and self.kind == "number":
            known.append("wrong_sign")
        rest = in_play(self.case, self.ask)
        return tuple(dict.fromkeys([*known, *(name for name in rest if self._changes(self._by((name,))))]))

    def _by(self, names: tuple[str, ...]) -> Answer | None:
        """What is answered by whoever makes these mistakes."""
        given = MISTAKES[names[0]].gives(self.case, self.ask) if len(names) == 1 else None
        return answered(self.case, self.ask, names) if given is None and self._bends(names) else given

    def _bends(self, names: tuple[str, ...]) -> bool:
        return all(isinstance(MISTAKES[name], Operator) for name in names)

    def _changes(self, answer: Answer | None) -> bool:
        return answer is not None and not self._alike(answer, self.answer)

    def _alike(self, one: Answer, other: Answer) -> bool:
        """Whether two answers are the same, as far as the question asks."""
        if isinstance(one, Decimal) and isinstance(other, Decimal):
            return abs(one - other) <= self.tolerance
        if self.kind == "several" and isinstance(one, list) and isinstance(other, list):
            return sorted(one) == sorted(other)
        return one == other

    @functools.cached_property
    def _alone(self) -> list[tuple[str, Answer]]:
        found = ((name, self._by((name,))) for name in self.in_play)
        return [(name, answer) for name, answer in found if answer is not None]

    @functools.cached_property
    def _paired(self) -> list[tuple[tuple[str, str], Answer]]:
        """What two rules bent at once give, where that is neither right nor what one of them gives."""
        alone = [(name, answer) for name, answer in self._alone if isinstance(MISTAKES[name], Operator)]
        if self.kind == "number":
            alone = [(name, answer) for name, answer in alone if isinstance(answer, Decimal)]
        # What many lead to, such as nothing at all, leaves nothing for a second mistake to be seen in.
        rules = [each for each in alone if sum(self._alike(each[1], answer) for _, answer in alone) <= _FEW]
        order = {name: at for at, name in enumerate(MISTAKES)}
        most = _MOST_SLOW if ANSWERS[self.ask.name].slow else _MOST_PAIRED  # those that the question names come first
        rules = sorted(rules[:most], key=lambda each: order[each[0]])
        found = []
        for (one, first), (two, second) in itertools.combinations(rules, 2):
            both = self._by((one, two))
            if both is not None and not any(self._alike(both, each) for each in (self.answer, first, second)):
                found.append(((one, two), both))
        return found

    def diagnose(self, given: Answer) -> Diagnosis:
        """Which mistakes lead to an answer: each alone, or, where none does, two at once.

        Those that the question names come first. Where more than three would do, the answer tells little.

        >>> question = Question(kind="number", text="What is your profit, in EUR?", ask="pnl", unit="EUR", scenario='''{
        ...     "balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
        ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
        ...     {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}''')
        >>> question.diagnose(Decimal(20)).names, question.diagnose(Decimal(-500))
        (('leverage_divides',), Diagnosis(names=('other_side', 'leverage_multiplies'), together=True, open=False))
        """
        hits = [name for name, answer in self._alone if self._alike(given, answer)]
        if hits:
            return Diagnosis(tuple(hits), open=len(hits) > _FEW)
        pairs = [names for names, both in self._paired if self._alike(given, both)]
        if len(pairs) == 1:
            return Diagnosis(pairs[0], together=True)
        shared = [name for name in pairs[0] if all(name in names for names in pairs)] if pairs else []
        return Diagnosis(tuple(shared), together=True, open=True) if shared else Diagnosis()

    @property
    def right(self) -> list[str]:
        """The right answer as texts: one for a number or a single choice, several otherwise."""
        if isinstance(self.answer, list):
            return list(self.answer)
        return [plain(self.answer) if isinstance(self.answer, Decimal) else self.answer]

    def shown(self, value: Decimal) -> str:
        """An amount with the question's unit."""
        if self.unit in ("%", "×", ""):
            return f"{number(value, 2)} {self.unit}".strip()
        return money(value, self.unit)

    def shown_answer(self) -> str:
        """The right answer, as a person reads it."""
        if isinstance(self.answer, Decimal) and self.kind == "number":
            return self.shown(self.answer)
        texts = {option.value: option.text for option in self.options}
        between = ", then " if self.kind == "order" else "; and also "
        return between.join(texts.get(value, value) for value in self.right) if self.right else "none of them"

    def judge(self, given: object) -> Verdict:
        """Judge an answer: text for a number or a single choice, a list of values otherwise.

        Raises:
            ValueError: the answer can't be read; the sentence says what would work.
        """
        if self.kind == "number":
            return self._judge_number(self.read(str(given)))
        chosen, right = self._chosen(given), self.right
        if chosen == right or (self.kind == "several" and sorted(chosen) == sorted(right)):
            return Verdict(True, self._well())
        because = {option.value: option.because for option in self.options}
        if self.kind == "order":
            place = next((i for i, (a, b) in enumerate(zip(chosen, right, strict=False)) if a != b), 0)
            hint = f"Right up to place {place}. " if place else ""
            said = because.get(chosen[place], "") if place < len(chosen) else ""
            found = self._behind(chosen)
            said = said or self._told(found) or f"Look at place {place + 1} again."
            return Verdict(False, f"{hint}{said}", next(iter(found.names), None), "", found.names, found.together)
        wrong = [value for value in chosen if value not in right]
        if wrong:
            found = self._behind(chosen)
            said = next((because[v] for v in wrong if because.get(v)), "") or self._told(found) or f"Not {wrong[0]}."
            return Verdict(False, said, found.names[0] if found.names else wrong[0], "", found.names, found.together)
        if not chosen:
            return Verdict(False, "Choose all that are right: at least one is.")
        missing = len(right) - len(chosen)
        return Verdict(
            False, f"What you chose is right, but {missing} more {'belongs' if missing == 1 else 'belong'} to it."
        )

    def _chosen(self, given: object) -> list[str]:
        """The values that are chosen, in order."""
        listed = isinstance(given, list | tuple)
        values = list(given) if isinstance(given, list | tuple) else [given]
        fits = {"one": len(values) == 1, "order": listed}.get(self.kind, True)
        if not (fits and all(isinstance(each, str) or _is_number(each) for each in values)):
            known = [option.value for option in self.options]
            if self.kind == "one":
                raise ValueError(f"Choose one of: {', '.join(known)}.")
            what = "all of them in their order" if self.kind == "order" else "all that are right"
            raise ValueError(f"Give {what}, as a list of some such as {known}.")
        return [str(each) for each in values]

    def read(self, text: str) -> Decimal:
        """A number as a person types it: with or without unit, thousands separated or not.

        Raises:
            ValueError: not a number, or a comma for a decimal point.
        """
        return read_number(text, self.unit)

    def _judge_number(self, given: Decimal) -> Verdict:
        assert isinstance(self.answer, Decimal)
        if abs(given - self.answer) <= self.tolerance:
            return Verdict(True, self._well())
        if self.answer and abs(given + self.answer) <= self.tolerance and not ANSWERS[self.ask.name].signed:
            return Verdict(False, _SIZE if self.answer > 0 else MISTAKES["wrong_sign"].sentence, "wrong_sign")
        found = self.diagnose(given)
        if self._told(found):
            shown = self._as_typed(given)
            beside = f" You: {shown}; by the rule: {self.shown_answer()}."
            said = f"{self._told(found)}{beside}"
            return Verdict(False, said, found.names[0], "", found.names, found.together, beside)
        if self.unit == "%" and abs(given * 100 - self.answer) <= self.tolerance:
            return Verdict(False, f"In percent, please: {plain(given)} is {plain(given * 100)} %.")
        side = "less" if given > self.answer else "more"
        first = hint(self.case.story, self.ask)
        step = f" Think of this: {first}" if first else ""
        return Verdict(False, f"It is {side} than {self._as_typed(given)}.{step}", step=step)

    def _as_typed(self, given: Decimal) -> str:
        if self.unit in ("%", "×", ""):  # two decimals may be too few
            return f"{number(given, 20)} {self.unit}".strip()
        return self.shown(given)

    def _behind(self, chosen: list[str]) -> Diagnosis:
        """What leads to what was chosen; nothing where so many mistakes do that none of them would be told."""
        found = self._leading_to(chosen)
        return found if self._told(found) else Diagnosis()

    def _leading_to(self, chosen: list[str]) -> Diagnosis:
        if self.kind == "one":
            option = next((each for each in self.options if each.value == chosen[0]), None)
            if option and option.mistake:
                return Diagnosis((option.mistake,))
            if isinstance(self.answer, Decimal):
                try:
                    return self.diagnose(Decimal(chosen[0]))
                except ArithmeticError:  # words among numbers
                    return Diagnosis()
            return self.diagnose(chosen if isinstance(self.answer, list) else chosen[0])
        return self.diagnose(chosen)

    def _told(self, found: Diagnosis) -> str:
        """The sentences for the mistakes that were recognised."""
        own = [name for name in found.names if name in self.mistakes][:_FEW]
        names = own if found.open and not found.together else found.names
        told = [
            MISTAKES[name].told(self.case, self.ask, brief=bool(at) and not found.together)
            for at, name in enumerate(names)
        ]
        if found.together and told:
            second = "The other can't be told." if found.open else "The other:"
            return f"It looks like two mistakes at once. One: {told[0]} {' '.join([second, *told[1:]])}"
        if found.open and told:
            return f"Several mistakes lead there. The likeliest: {' Or: '.join(told)}"
        return " Or: ".join(told)

    def _well(self) -> str:
        """Why it is right, in one line: the question's own, or else where the way to it ends."""
        why = self.explain or next(reversed(self.solution()), "")
        return f"Yes: {self.shown_answer()}. {why}".strip()

    def solution(self) -> list[str]:
        """The way there, step by step, with rule ids."""
        return way(self.case.story, self.ask)

    def afresh(self) -> "Question":
        """The same question, with nothing worked out yet: for whoever asks why its amounts are as they are."""
        return Question(**dict(self.written))

    def told(self) -> list[str]:
        """All that is told of what is right, and nothing of what isn't: the question, the answer, why, and the way."""
        if self.kind == "number":
            answer = [self.shown_answer()]
        else:  # wrong options stay unread: their numbers are no rule's
            right = [each for each in self.written.options if self._filled(each.value) in self.right]
            answer = [self._filled(each.text) for each in right]
        return [self.text, *answer, self.explain, *self.solution()]

    def problems(self) -> Iterator[Problem]:
        """What would keep a learner from an answer, or from the way there: each with its place in the question."""
        asked = ANSWERS[self.ask.name]
        try:
            if said := asked.beside(self.case.story, self.ask.of):
                raise ValueError(said)
            right = self.answer
            unit = asked.unit(self.case.story, self.ask.of) if asked.unit else ""
        except Exception as error:  # whatever a teacher's own answer makes of it
            yield ("ask",), f"'{self.ask}' can't be answered by this scenario: {_why(error)}"
            return
        if self.unit and unit and self.unit != unit:
            yield ("unit",), f"'{self.ask}' is answered in {unit} here, not in {self.unit}; write unit = \"{unit}\""
        if told := list(self._untold()):
            yield from told
        elif wrong := self._unfit(right):
            yield wrong
        works: list[tuple[Place, Callable[[], object]]] = [
            (
                ("mistakes",),
                lambda: [MISTAKES[each].told(self.case, self.ask) for each in [*self.mistakes, *self.wrong]],
            ),
            (("ask",), lambda: [*self.solution(), hint(self.case.story, self.ask)]),
        ]
        for place, work in works:
            try:
                work()
            except Exception as error:
                yield place, f"it fails for this scenario: {_why(error)}"

    def _untold(self) -> Iterator[Problem]:
        """Texts with a figure that this scenario doesn't have."""
        texts: dict[Place, str] = {("text",): self.written.text, ("explain",): self.written.explain}
        for at, option in enumerate(self.written.options):
            texts |= {("options", at, name): text for name, text in option}
        for place, text in texts.items():
            try:
                self._filled(text)
            except Exception as error:
                yield place, _why(error)

    def _unfit(self, right: Answer) -> Problem | None:
        """What doesn't go with the engine's answer."""
        if self.kind == "number":
            if isinstance(right, Decimal):
                return None
            said = "names in order" if isinstance(right, list) else "words"
            return ("kind",), f"a number is expected, but '{self.ask}' is answered with {said}: {' '.join(self.right)}"
        values, texts = ([getattr(each, name) for each in self.options] for name in ("value", "text"))
        if not values:
            return ("options",), f"a question of the kind '{self.kind}' needs answers to choose from, at least two"
        for name, known in (("value", values), ("text", texts)):
            for at, each in enumerate(known):
                if each in known[:at]:
                    return ("options", at, name), f"{kinds.shown(each)} stands there twice; expected each option once"
        if len(values) < 2:
            return ("options",), "expected at least two answers to choose from, got one"
        listed = ", ".join(map(kinds.shown, self.right)) or "nothing at all"
        fits = {
            "one": len(self.right) == 1 and self.right[0] in values,
            "several": bool(self.right) and set(self.right) <= {*values},
            "order": sorted(self.right) == sorted(values),
        }
        if fits[self.kind]:
            return None
        what = {"one": "no option is right", "several": "what is right is not among the options"}
        told = what.get(self.kind, "the options are not what is put in order")
        return ("options",), f"{told}: the engine answers {listed}, which must be the options' values"

"""Mistakes made of the rules: an operator bends one, and the engine itself tells what comes of it.

Most wrong answers are a rule left out, swapped or bent. So an operator is no second formula: it takes a scenario under
its rulebook and gives the same with one decision taken otherwise (:class:`~marginlib.engine.practice.Practice`), other
figures, or other steps; the story is then replayed as ever. Two of them run one after the other are two mistakes at
once::

    @operator("R7, R8", "You let the newest lot go first.", "Some ledgers are kept like that.", "The oldest goes first")
    def newest_first(bent: Bent) -> Bent:
        return bent.practising(ends=lambda lots, volume: ...)
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, NamedTuple

from marginlib.engine.errors import Refusal
from marginlib.engine.practice import BY_THE_RULES, Practice
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.scenario import Scenario
from marginlib.quiz.asking import ANSWERS, Answer, Ask, Case
from marginlib.quiz.figures import checked
from marginlib.quiz.mistakes import MISTAKES, Mistake, Model
from marginlib.reading.rulebooks import rulebook


class Bent(NamedTuple):
    """A scenario under a rulebook, perhaps with rules bent."""

    scenario: Scenario
    book: Rulebook

    @property
    def practice(self) -> Practice:
        """How decisions are taken; what an operator replaces should call what it finds, so that two go together."""
        return self.book.practice

    def practising(self, **decisions: Callable[..., Any]) -> "Bent":
        """With some decisions taken otherwise."""
        return self._replace(book=self.book.replaced(practice=self.practice.replaced(**decisions)))

    def ruled(self, **rules: object) -> "Bent":
        """With other rules of the scenario's own."""
        return self.of(rules=self.scenario.rules.replaced(**rules))

    def of(self, **parts: object) -> "Bent":
        """With other parts of the scenario."""
        return self._replace(scenario=self.scenario.replaced(**parts))


def _asked_of(book: Rulebook, start: Rulebook) -> dict[str, Any]:
    """What a scenario has made of a rulebook, where it has made something of it."""
    values = ((each.name, getattr(book, each.name), getattr(start, each.name)) for each in fields(Rulebook))
    return {name: now for name, now, was in values if now != was}


Bend = Callable[[Bent], Bent | None]


@dataclass(frozen=True)
class Operator(Mistake):
    """A rule bent: what whoever holds it does, why that seems right, and what the rule is.

    ``rules``: the ids of the rules that are bent. ``conserves``: the ledger's books still add up under it.
    ``otherwise``: what it comes to where a question names it and the engine takes none of its decisions.
    """

    bend: Bend
    rules: tuple[str, ...]
    conserves: bool
    otherwise: Model | None
    did: str

    @property
    def brief(self) -> str:
        """What was done, and by which rules it is wrong."""
        return f"{self.did.removesuffix('.')} ({', '.join(self.rules)})."

    def answers(self, case: Case, ask: Ask) -> Answer | None:
        """What the engine answers with the rule bent, be it a number or words; None where it says nothing."""
        return answered(case, ask, (self.name,))


def operator(
    rules: str, did: str, seems: str, rule: str, *, conserves: bool = True, otherwise: Model | None = None
) -> Callable[[Bend], Bend]:
    """Register an operator under its function's name: the ids of its rules, and its sentence in three parts.

    Raises:
        ValueError: there is a mistake of that name already, or the sentence names a figure that isn't there.
    """

    def register(bend: Bend) -> Bend:
        name = bend.__name__
        told = checked(f"{did} {seems} {rule} ({rules}).", ())
        ids = tuple(re.findall(r"[A-Z][0-9]+", rules))
        model = functools.partial(_number, name)
        MISTAKES.add(name, Operator(name, told, model, bend, ids, conserves, otherwise, did), bend.__module__)
        return bend

    return register


def _number(name: str, case: Case, ask: Ask) -> Decimal | None:
    """What the engine answers with a rule bent, where that is a number, and another one than the right one."""
    found = answered(case, ask, (name,))
    if isinstance(found, Decimal) and found != case.answer(ask):
        return found
    each = MISTAKES[name]
    return each.otherwise(case, ask) if isinstance(each, Operator) and each.otherwise else None


def operators() -> dict[str, Operator]:
    """All operators that there are, by name.

    >>> operators()["newest_first"].rules
    ('R7', 'R8')
    """
    return {name: each for name, each in MISTAKES.items() if isinstance(each, Operator)}


def bent(case: Case, names: tuple[str, ...], *, late: bool = False) -> Case | None:
    """The case as it is for whoever holds these operators' mistakes, together; None where one says nothing of it.

    ``late``: what the scenario tells has happened as the rules have it, and decisions are bent only in what comes then.

    >>> case = Case(Scenario.of({"balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...     {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}))
    >>> both = bent(case, ("other_side", "leverage_multiplies"))
    >>> both.number(Ask("pnl")), case.number(Ask("pnl"))
    (Decimal('-500.0000'), Decimal('100.0000'))
    """
    if (names, late) not in case.bends:
        case.bends[names, late] = _bent(case, names, late)
    return case.bends[names, late]


def _bent(case: Case, names: tuple[str, ...], late: bool) -> Case | None:
    start = Bent(case.scenario, case.book or rulebook())
    now = start
    for name in names:
        each = MISTAKES[name]
        found = each.bend(now) if isinstance(each, Operator) else None
        if found is None:
            return None
        now = found
    if now == start:
        return case
    if late:
        past = case.story if now.scenario == case.scenario else Case(now.scenario, case.book).story
        end = past.final.copy()
        end.rulebook = now.book.replaced(**_asked_of(past.final.rulebook, start.book))
        return Case(now.scenario, now.book, story=replace(past, final=end))
    made = Case(now.scenario, now.book)
    if made.story.error and not case.story.error and now.scenario.rules.initial_margin_check:
        made = Case(now.ruled(initial_margin_check=False).scenario, now.book)  # a wrong model is not refused
    return made


def answered(case: Case, ask: Ask, names: tuple[str, ...]) -> Answer | None:
    """What is answered with these operators' rules bent; None where they say nothing.

    >>> case = Case(Scenario.of({"balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "51000"}]}))
    >>> answered(case, Ask("free_margin"), ("margin_is_the_cost",)), answered(case, Ask("pnl"), ("closed_instead",))
    (Decimal('-2900.0000'), None)
    """
    try:
        found = bent(case, names, late=ANSWERS[ask.name].alone)
        if found is None:
            return None
        if found.story.error and not (case.story.error or ANSWERS[ask.name].refused):
            return None
        return found.answer(ask)
    except (ValueError, ArithmeticError, LookupError, TypeError, Refusal):  # the wrong idea leads nowhere here
        return None


def decided(case: Case, ask: Ask) -> frozenset[str]:
    """Which of its decisions the engine took on the way to an answer: to bend another one changes nothing.

    >>> case = Case(Scenario.of({"balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...     {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}))
    >>> "result" in decided(case, Ask("pnl")), "owed_for_one" in decided(case, Ask("pnl"))
    (True, False)
    """
    taken: set[str] = set()

    def watched(name: str, decide: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any) -> Any:
            taken.add(name)
            return decide(*given)

        return noted

    book = case.book or rulebook()
    book = book.replaced(practice=Practice(**{name: watched(name, decide) for name, decide in book.practice}))
    seen = Case(case.scenario, book)
    if ANSWERS[ask.name].alone:
        end = case.story.final.copy()
        end.rulebook = end.rulebook.replaced(practice=book.practice)
        seen = Case(case.scenario, book, story=replace(case.story, final=end))
    try:
        seen.answer(ask)
    except (ValueError, ArithmeticError, LookupError, TypeError, Refusal):
        return frozenset(name for name, _ in BY_THE_RULES)
    return frozenset(taken)


def in_play(case: Case, ask: Ask) -> list[str]:
    """The operators that change an answer, in the order in which they are registered.

    >>> case = Case(Scenario.of({"balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...     {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}))
    >>> in_play(case, Ask("pnl"))[:3]
    ['other_side', 'leverage_multiplies', 'leverage_divides']
    """
    right, taken = case.answer(ask), decided(case, ask)
    start = Bent(case.scenario, case.book or rulebook())
    found = []
    for name, each in operators().items():
        try:
            now = each.bend(start)
        except (ValueError, ArithmeticError, LookupError):
            continue
        if now is None or now == start:
            continue
        others = {at for at, decide in now.practice if decide is not getattr(start.practice, at)}
        if now._replace(book=now.book.replaced(practice=start.practice)) == start and not others & taken:
            continue
        if each.answers(case, ask) not in (None, right):
            found.append(name)
    return found

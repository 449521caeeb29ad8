"""Asking a scenario: what is asked, the scenario with its story, and the way to the answer.

Whatever can be asked is registered under a name, such as ``taken``; an ask adds of what, such as ``taken:BTC``.
A lesson adds its own in its folder::

    @answers("closed_at")
    def closed_at(story: Story, of: str) -> Decimal: ...

    @shows("closed_at")
    def way_to_it(story: Story, ask: Ask) -> list[str]: ...
"""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Literal, TypeVar

from marginlib.engine.amounts import EXACT
from marginlib.engine.kinds import Code
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.scenario import Scenario, Step
from marginlib.engine.story import Story
from marginlib.quiz.registry import Registry
from marginlib.reading.replaying import replay
from marginlib.telling.sentences import sentence, tell

Answer = Decimal | str | list[str]
Of = Literal["nothing", "a lot", "a currency", "perhaps a currency"]
Read = Callable[[Story, str], Answer]
Unit = Callable[[Story, str], str]
Value = TypeVar("Value")
Reading = TypeVar("Reading", bound=Read)


@dataclass(frozen=True)
class Ask:
    """What is asked: a name, and of what (a currency, a lot, a rate), where that belongs to it.

    >>> Ask.parse("taken:BTC")
    Ask(name='taken', of='BTC')
    >>> str(Ask("taken", "BTC")), str(Ask("pnl"))
    ('taken:BTC', 'pnl')
    """

    name: str
    of: str = ""

    @classmethod
    def parse(cls, text: str) -> "Ask":
        """Read an ask as a file has it.

        Raises:
            ValueError: nothing of that name can be asked, or not of that; the sentence lists what can, or shows how.

        >>> Ask.parse("taken")
        Traceback (most recent call last):
        ValueError: ask: 'taken' needs a currency: write it as in 'taken:EUR'
        """
        name, _, of = text.partition(":")
        if name not in ANSWERS:
            raise ValueError(f"ask: there is no '{name}'; known: {', '.join(ANSWERS)}")
        if said := ANSWERS[name].unfit(of):
            raise ValueError(f"ask: {said}")
        return cls(name, of)

    def __str__(self) -> str:
        return f"{self.name}:{self.of}" if self.of else self.name


Way = Callable[[Story, Ask], list[str]]
Hint = Callable[[Story, Ask], str]


@dataclass(frozen=True)
class Asked:
    """Something that can be asked, and all that belongs to it.

    ``signed``: it may be below zero, so that a wrong sign is a wrong answer; all else is asked as a size.
    ``of``: what an ask adds after the colon; without a word here, the answer itself looks at it.
    ``unit``: what a story's answer is counted in, ``%`` or a currency; without it, the unit is the question's affair.
    ``refused``: it may be asked of a story whose last step was refused.
    ``alone``: the scenario's story doesn't tell it (a future's funding, say), so its way stands without the story.
    ``slow``: an answer takes many replays, so that only few pairs of mistakes are tried.
    Several lessons may add a way or a hint: what they say is told one after the other.
    """

    name: str
    read: Read
    signed: bool = False
    alone: bool = False
    of: Of | None = None
    unit: Unit | None = None
    refused: bool = False
    slow: bool = False
    ways: list[Way] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)

    def unfit(self, of: str) -> str:
        """Why it can't be asked of that; nothing where it can."""
        if self.of == "nothing" and of:
            return f"'{self.name}' is asked of the whole story: write '{self.name}' alone"
        if self.of == "a lot" and of and not re.fullmatch(r"[1-9][0-9]*", of, re.ASCII):
            return f"'{self.name}' may name a lot by its number: write it as in '{self.name}:1'"
        if self.of == "a currency" and not of:
            return f"'{self.name}' needs a currency: write it as in '{self.name}:EUR'"
        if self.of in ("a currency", "perhaps a currency") and of:
            try:
                Code().read(of)
            except ValueError as error:
                return f"{self.name}: {error}"
        return ""

    def beside(self, story: Story, of: str) -> str:
        """Why a question can't ask it of this story, though there would be an answer; nothing where it can.

        A currency that the story doesn't have would be answered with 0, and nobody had asked that.
        """
        if story.error and not self.refused:
            return (
                f"step {story.error.index + 1} of it is refused: {story.error.message.rstrip('.')}; ask 'refused', or "
                "let the scenario go through"
            )
        if self.of == "a lot" and of and of not in (lots := lots_of(story)):
            return f"it has no lot {of}; its lots: {', '.join(lots) or 'none'}"
        if self.of in ("a currency", "perhaps a currency") and of and of not in (codes := codes_of(story)):
            return f"it has no {of}; its currencies: {', '.join(codes) or 'none'}"
        return ""


def lots_of(story: Story) -> list[str]:
    """The numbers of all lots that a story has opened, in order."""
    opened = {moment.after.positions[-1].id for moment in story.moments if moment.after.positions}
    ended = {each.position.id for each in story.realised}
    return [str(each) for each in sorted(opened | ended | {lot.id for lot in story.final.positions})]


def codes_of(story: Story) -> list[str]:
    """The currencies that a story has, in its balances, prices and rows, in the order of the alphabet."""
    given = story.scenario
    pairs = {*given.prices, *(pair for step in given.steps for pair in getattr(step, "prices", ()))}
    pairs |= {step.pair for step in given.steps if hasattr(step, "pair")}
    codes = {code for pair in pairs for code in pair.split("/")} | {row.asset for row in story.ledger}
    return sorted(codes | {*given.balances, *story.final.balances})


ANSWERS: Registry[Asked] = Registry("answer")
"""By name; amounts are in the asked currency, or in the quote currency; levels are in percent."""


def answers(
    name: str,
    *,
    signed: bool = False,
    alone: bool = False,
    of: Of | None = None,
    unit: Unit | None = None,
    refused: bool = False,
    slow: bool = False,
) -> Callable[[Reading], Reading]:
    """Register what answers an ask of that name, from a story; ``of`` says what an ask may add to it (:class:`Asked`).

    Raises:
        ValueError: something of that name can be asked already.
    """

    def register(read: Reading) -> Reading:
        ANSWERS.add(name, Asked(name, read, signed, alone, of, unit, refused, slow), read.__module__)
        return read

    return register


def shows(*names: str) -> Callable[[Way], Way]:
    """Register a way to what is asked, by its names; it is empty where it doesn't apply.

    Raises:
        ValueError: nothing of that name can be asked, or this way is there already.
    """

    def register(way: Way) -> Way:
        for name in names:
            _join(ANSWERS.find(name).ways, way, f"way to '{name}'")
        return way

    return register


def hints(*names: str) -> Callable[[Hint], Hint]:
    """Register what to think of first, by the names of what is asked; it is empty where it doesn't apply.

    Raises:
        ValueError: nothing of that name can be asked, or this hint is there already.
    """

    def register(hint: Hint) -> Hint:
        for name in names:
            _join(ANSWERS.find(name).hints, hint, f"hint for '{name}'")
        return hint

    return register


Said = TypeVar("Said", Way, Hint)


def _join(known: list[Said], new: Said, what: str) -> None:
    """Add one, which must not be there yet; a notebook's cell that is run again replaces its own."""
    for place, each in enumerate(known):
        if (each.__module__, each.__qualname__) == (new.__module__, new.__qualname__):
            if new.__module__ != "__main__":
                raise ValueError(f"there is a {what} already, {new.__qualname__} in {new.__module__}")
            known[place] = new
            return
    known.append(new)


class Case:
    """A scenario that is asked: replayed when its story is first wanted, and once.

    >>> case = Case(Scenario.of({"balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...     {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}))
    >>> case.answer(Ask("pnl")), case.changed(balances={"EUR": Decimal(5000)}).number(Ask("balance", "EUR"))
    (Decimal('100.0000'), Decimal('5100.0000'))
    """

    def __init__(self, scenario: Scenario, book: Rulebook | None = None, *, story: Story | None = None) -> None:
        """Take a scenario, its rulebook if it isn't the one in ``data/``, and its story if that is there already."""
        self.scenario, self.book, self._told = scenario, book, story
        self._given: dict[Ask, Answer] = {}
        self.mistaken: dict[tuple[str, Ask], Decimal | None] = {}
        """What wrong models gave, by their names and what was asked: each is worked out once."""
        self.bends: dict[tuple[tuple[str, ...], bool], Case | None] = {}
        """The case with rules bent, by the operators' names, and whether only from its end on."""

    @functools.cached_property
    def story(self) -> Story:
        """What came of the scenario."""
        return self._told or replay(self.scenario, self.book)

    def answer(self, ask: Ask) -> Answer:
        """What the engine answers.

        Raises:
            ValueError: it can't be asked of this scenario; the sentence says why.
        """
        if ask not in self._given:
            with localcontext(EXACT):
                self._given[ask] = ANSWERS.find(ask.name).read(self.story, ask.of)
        return self._given[ask]

    def number(self, ask: Ask) -> Decimal | None:
        """The engine's answer where it is a number and can be given."""
        try:
            given = self.answer(ask)
        except ValueError:
            return None
        return given if isinstance(given, Decimal) else None

    def changed(
        self, steps: Sequence[Step] | None = None, *, rules: Mapping[str, object] | None = None, **parts: object
    ) -> "Case":
        """The case with other steps or parts, and without the opening check: a wrong model is not refused."""
        return Case(changed(self.scenario, steps, rules=rules, **parts), self.book)

    def asked(self, scenario: Scenario) -> "Case":
        """Another scenario under the same rulebook."""
        return Case(scenario, self.book)

    def under(self, book: Rulebook) -> "Case":
        """The same scenario under another rulebook."""
        return Case(self.scenario, book)


def changed(
    scenario: Scenario,
    steps: Sequence[Step] | None = None,
    *,
    rules: Mapping[str, object] | None = None,
    **parts: object,
) -> Scenario:
    """A scenario with other steps, rules or parts, and without the opening check."""
    update = {
        "rules": scenario.rules.replaced(**{"initial_margin_check": False, **(rules or {})}),
        **({"steps": tuple(steps)} if steps is not None else {}),
        **parts,
    }
    return scenario.replaced(**update)


def once(read: Callable[[Story], Value]) -> Callable[[Story], Value]:
    """Remember what was read of the story asked last: a question asks one story many times.

    >>> seen = once(lambda story: [story])
    >>> story = replay(Scenario.of({}))
    >>> seen(story) is seen(story), seen(story) is seen(replay(Scenario.of({})))
    (True, False)
    """
    last: list[tuple[Story, Value]] = []

    @functools.wraps(read)
    def remembered(story: Story) -> Value:
        if not last or last[0][0] is not story:
            last[:] = [(story, read(story))]
        return last[0][1]

    return remembered


def hint(story: Story, ask: Ask) -> str:
    """What to think of first: a lesson's own hint, or else what the last step did that does something."""
    for each in ANSWERS.find(ask.name).hints:
        if said := each(story, ask):
            return said
    moments = [moment for moment in story.moments if moment.step.do not in ("price", "wait")]
    return sentence(moments[-1]) if moments else ""


def way(story: Story, ask: Ask) -> list[str]:
    """The way to what is asked, step by step: what happened, and then what leads from there to the answer."""
    asked = ANSWERS.find(ask.name)
    told = [] if asked.alone else tell(story)
    return [*told, *(line for each in asked.ways for line in each(story, ask))]

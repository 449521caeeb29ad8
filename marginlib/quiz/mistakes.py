"""Wrong models of the rules that people hold. Each gives the number it would lead to, from the same scenario.

A wrong answer is recognised by comparing it with these, and gets the sentence for that mistake. To add one, write a
function from a case and what is asked to a number (or None where the model says nothing), with its sentence::

    @mistake("You left the trading fee out. Each trade costs its fee (A4, A9).")
    def trading_fee_left_out(case: Case, ask: Ask) -> Decimal | None:
        return case.changed(fees=free).number(ask)

What one lesson needs lies in its folder; what several lessons recognise is in :mod:`~marginlib.quiz.models`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from marginlib.engine.amounts import EXACT
from marginlib.quiz.asking import Ask, Case
from marginlib.quiz.figures import checked, filled
from marginlib.quiz.registry import Registry

Model = Callable[[Case, Ask], Decimal | None]


@dataclass(frozen=True)
class Mistake:
    """A wrong model: its name, the sentence for whoever holds it, and what it would give.

    The sentence may name figures, such as ``{call_level} %`` (see :mod:`~marginlib.quiz.figures`).
    """

    name: str
    sentence: str
    model: Model

    def gives(self, case: Case, ask: Ask) -> Decimal | None:
        """What the wrong model answers, in the unit of the question; None where it says nothing."""
        if (self.name, ask) not in case.mistaken:
            with localcontext(EXACT):
                case.mistaken[self.name, ask] = self.model(case, ask)
        return case.mistaken[self.name, ask]

    def told(self, case: Case, ask: Ask, *, brief: bool = False) -> str:
        """The sentence, with the figures of the case's rulebook; briefly, where another one was told before it."""
        return filled(self.brief if brief else self.sentence, case, ask)

    @property
    def brief(self) -> str:
        """The sentence in short."""
        return self.sentence


MISTAKES: Registry[Mistake] = Registry("mistake")


def mistake(sentence: str) -> Callable[[Model], Model]:
    """Register a wrong model under its function's name.

    Raises:
        ValueError: there is one of that name already, perhaps in a lesson's module; or the sentence names a figure
            that isn't there.
    """

    def register(model: Model) -> Model:
        MISTAKES.add(model.__name__, Mistake(model.__name__, checked(sentence, ()), model), model.__module__)
        return model

    return register

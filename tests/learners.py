"""Simulated learners: each holds one rule or two wrongly, and answers every lesson's questions by the engine so bent.

``python tests/learners.py`` prints what is recognised, whom it blames wrongly, and which of a
lesson's rules could be bent without any of its questions telling. The learners are made of the operators: what is
measured is how well answers tell them apart, not how well they describe people. The second table is of answers that no
operator makes: slips of the pen, and rules bent in ways that the workbook doesn't know.
"""

import itertools
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from marginlib.engine.amounts import plain, rounded
from marginlib.engine.positions import Lots, Position
from marginlib.engine.practice import BY_THE_RULES, Ends
from marginlib.engine.scenario import ConversionFees
from marginlib.quiz import drills
from marginlib.quiz.asking import ANSWERS, Answer, Case
from marginlib.quiz.lesson import questions
from marginlib.quiz.mistakes import MISTAKES
from marginlib.quiz.operators import Bent, answered, operators
from marginlib.quiz.question import Question, Verdict
from marginlib.quiz.shelf import LESSONS
from marginlib.reading.rulebooks import rulebook

LEARNERS = 60
SEED = 12
Names = tuple[str, ...]


def lessons() -> list[str]:
    """The package's lessons."""
    return [number for number in sorted(LESSONS) if re.fullmatch(r"0[0-7]", number)]


def asked(lesson: str) -> dict[str, Question]:
    """A lesson's questions by name."""
    known = questions(lesson)
    return {f"{lesson} {part} {name}": q for part in ("predict", "check") for name, q in getattr(known, part).items()}


def typed(question: Question, answer: Answer) -> object | None:
    """An answer as a learner gives it: rounded as the question has it, or the option; None where there is no such."""
    values = [option.value for option in question.options]
    if question.kind == "number":
        places = max(0, -int(question.tolerance.normalize().as_tuple().exponent))
        return plain(rounded(answer, places)) if isinstance(answer, Decimal) else None
    if question.kind == "one":
        if isinstance(answer, Decimal):
            return next((value for value in values if _same(value, answer, question.tolerance)), None)
        text = " ".join(answer) if isinstance(answer, list) else answer
        return text if text in values else None
    if not isinstance(answer, list):
        return None
    fits = sorted(answer) == sorted(values) if question.kind == "order" else answer and set(answer) <= {*values}
    return answer if fits else None


def _same(value: str, answer: Decimal, tolerance: Decimal) -> bool:
    try:
        return abs(Decimal(value) - answer) <= tolerance
    except ArithmeticError:
        return False


def by(question: Question, names: Names) -> Answer | None:
    """What whoever makes these mistakes answers."""
    return answered(question.case, question.ask, names)


def truth(question: Question, names: Names) -> Names:
    """Of a learner's mistakes, those that this answer hangs on."""
    whole = by(question, names)
    for each in names:
        alone = by(question, (each,))
        if whole is not None and alone is not None and question._alike(whole, alone):
            return (each,)
    return names


def alike(question: Question, answer: Answer) -> set[Names]:
    """All single mistakes, or where there is none all pairs, that lead to an answer."""
    singles: set[Names] = {(name,) for name, given in question._alone if question._alike(given, answer)}
    return singles or {names for names, given in question._paired if question._alike(given, answer)}


@dataclass
class Tally:
    """What became of answers."""

    shown: int = 0
    distinguishable: int = 0
    right: int = 0
    named: int = 0
    blamed: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    wronged: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def count(self, name: str, question: Question, names: Names) -> None:
        """A learner's answer to a question."""
        answer = by(question, names)
        given = None if answer is None or question._alike(answer, question.answer) else typed(question, answer)
        if answer is None or given is None:
            return
        start = time.perf_counter()
        verdict = question.judge(given)
        self.seconds.append(time.perf_counter() - start)
        if verdict.right:  # rounded as it is asked, it is
            return
        held = truth(question, names)
        known = alike(question, answer)
        self.shown += 1
        found = self._found(verdict, held)
        if known <= {held}:
            self.distinguishable += 1
            self.right += found
            if not found:
                self.missed[f"{name}: {' + '.join(held)}"] += 1
        if verdict.mistakes:
            self.named += 1
            if not {*verdict.mistakes} & {*names}:
                self.blamed += 1
                self.wronged[f"{name}: {' + '.join(held)} taken for {' or '.join(verdict.mistakes)}"] += 1

    @staticmethod
    def _found(verdict: Verdict, held: Names) -> bool:
        if len(held) == 1:
            return held[0] in verdict.mistakes and not verdict.together
        return verdict.together and {*verdict.mistakes} == {*held}


def population(random: Random, count: int = LEARNERS) -> list[Names]:
    """Learners, every other one with two rules bent; in the order in which the operators are registered."""
    names = [*operators()]
    order = {name: at for at, name in enumerate(MISTAKES)}
    singles = random.sample(names, min(count // 2, len(names)))
    pairs = [tuple(sorted(random.sample(names, 2), key=order.__getitem__)) for _ in range(count - len(singles))]
    return [*((name,) for name in singles), *pairs]


def simulate(learners: Iterable[Names], numbers: Sequence[str]) -> Tally:
    """All these learners' first answers to all these lessons' questions."""
    tally = Tally()
    for number in numbers:
        for name, question in asked(number).items():
            for names in learners:
                tally.count(name, question, names)
    return tally


def slips(random: Random, right: Decimal) -> Iterator[Decimal]:
    """Numbers that come of no rule: a digit wrong, two swapped, a zero too many or too few, a little off."""
    digits = plain(right)
    places = [at for at, each in enumerate(digits) if each.isdigit()]
    at = random.choice(places)
    yield Decimal(digits[:at] + random.choice("0123456789") + digits[at + 1 :])
    if len(places) > 1:
        one = random.choice(places[:-1])
        if digits[one + 1].isdigit():
            yield Decimal(digits[:one] + digits[one + 1] + digits[one] + digits[one + 2 :])
    yield right * random.choice([Decimal(10), Decimal("0.1"), Decimal(100)])
    yield rounded(right * random.randrange(60, 140) / 100, 2)


def false_alarms(random: Random, numbers: Sequence[str], rounds: int) -> tuple[int, int, int, Counter[str]]:
    """Wrong answers of no rule bent: how many, how many of them named a mistake, how many of these a pair."""
    given = named = pairs = 0
    where: Counter[str] = Counter()
    for number in numbers:
        for name, question in asked(number).items():
            if question.kind != "number" or not isinstance(question.answer, Decimal):
                continue
            for value in itertools.chain.from_iterable(slips(random, question.answer) for _ in range(rounds)):
                verdict = question.judge(plain(value))
                if verdict.right:
                    continue
                given += 1
                named += bool(verdict.mistakes)
                pairs += verdict.together
                if verdict.mistakes:
                    where[f"{name}: {plain(value)} {'both ' if verdict.together else ''}{verdict.mistakes}"] += 1
    return given, named, pairs, where


def _row(lots: Iterable[Position]) -> Lots:
    made = Lots()
    for lot in lots:
        made = made.opened(lot)
    return made


def _second_first(lots: Lots, volume: Decimal) -> Ends:
    return BY_THE_RULES.ends(_row([*lots[1:2], *lots[:1], *lots[2:]]), volume)


_THIRD = ConversionFees(**dict.fromkeys(("cash_cash", "btc_eth_cash", "other"), Decimal("0.03")))
STRANGERS: dict[str, Callable[[Bent], Bent]] = {
    "three per cent for every conversion": lambda bent: bent.ruled(conversion_fees=_THIRD),
    "a rollover every six hours": lambda bent: bent._replace(book=bent.book.replaced(rollover_hours=Decimal(6))),
    "other levels": lambda bent: bent._replace(
        book=bent.book.replaced(call_level=Decimal(90), liquidation_level=Decimal(50))
    ),
    "the second lot first": lambda bent: bent.practising(ends=_second_first),
    "half of every result": lambda bent: bent.practising(
        result=lambda *given: BY_THE_RULES.result(*given) / 2,
        so_far=lambda *given: BY_THE_RULES.so_far(*given) / 2,
        open_result=lambda *given: BY_THE_RULES.open_result(*given) / 2,
    ),
    "half of the used margin": lambda bent: bent.practising(share=lambda *given: BY_THE_RULES.share(*given) / 2),
    "settled half way": lambda bent: bent.practising(
        owed_for_one=lambda state, lot: None if lot.side == "short" else (lot.open_price + state.prices[lot.pair]) / 2
    ),
    "the closing's fee between both prices": lambda bent: bent.practising(
        closing_trade=lambda lot, volume, price, rate: volume * (price + lot.open_price) / 2 * rate
    ),
}
"""Rules bent in ways that the workbook doesn't know."""


def unknown(numbers: Sequence[str]) -> tuple[int, int, int, Counter[str]]:
    """Answers of whoever holds a rule as no operator has it: how many, how many named a mistake, how many two."""
    given = named = pairs = 0
    where: Counter[str] = Counter()
    for name, question in ((name, each) for number in numbers for name, each in asked(number).items()):
        for idea, bend in STRANGERS.items():
            if ANSWERS[question.ask.name].alone:
                continue
            now = bend(Bent(question.case.scenario, rulebook()))
            try:
                answer = Case(now.scenario, now.book).answer(question.ask)
            except (ValueError, ArithmeticError, LookupError):
                continue
            said = None if question._alike(answer, question.answer) else typed(question, answer)
            if said is None or (verdict := question.judge(said)).right:
                continue
            given += 1
            named += bool(verdict.mistakes)
            pairs += verdict.together
            if verdict.mistakes:
                where[f"{name}: {idea} {'both ' if verdict.together else ''}{verdict.mistakes}"] += 1
    return given, named, pairs, where


def cited(lesson: str) -> set[str]:
    """The rules that the explanations of a lesson's questions name: those that they are there for."""
    told = " ".join(question.explain for question in asked(lesson).values())
    return {*re.findall(r"\b[RABC][1-9][0-9]?\b", told.replace("R9 to R11", "R9 R10 R11"))}


def drilled(lesson: str) -> dict[str, Question]:
    """A few of a lesson's drills, of each level."""
    seeds = range(1, 6) if lesson in drills.GENERATORS else ()
    return {
        f"{lesson} drill {seed} {level}": drills.make(lesson, seed, level)
        for seed in seeds
        for level in range(1, drills.LEVELS + 1)
    }


def mutants(lesson: str, known: dict[str, Question]) -> dict[str, list[str]]:
    """The operators that bend a rule of the lesson, and by which of some questions each is told from the rule.

    Those that can't be carried out in any of them are left out, such as settling a short without having the coins.
    """
    rules = cited(lesson)
    return {
        name: [place for place, question in known.items() if tells(question, name)]
        for name, each in operators().items()
        if each.rules[0] in rules and any(by(question, (name,)) is not None for question in known.values())
    }


def tells(question: Question, name: str) -> bool:
    """Whether an operator leads away from the right answer."""
    answer = by(question, (name,))
    return answer is not None and not question._alike(answer, question.answer)


def main() -> int:
    """Print the figures."""
    numbers = lessons()
    for number in numbers:
        questions(number)
    random = Random(SEED)
    start = time.perf_counter()
    tally = simulate(population(random), numbers)
    share = 100 * tally.right / tally.distinguishable
    count, took = sum(len(asked(each)) for each in numbers), time.perf_counter() - start
    print(f"{LEARNERS} learners, {count} questions, {took:.0f} s")
    print(f"  wrong answers {tally.shown}, distinguishable {tally.distinguishable}, of these right {share:.1f} %")
    print(f"  blamed wrongly {tally.blamed} of {tally.shown}: {100 * tally.blamed / tally.shown:.2f} %")
    slow = sorted(tally.seconds)
    print(f"  a judgement: median {statistics.median(slow) * 1000:.1f} ms, the slowest {slow[-1] * 1000:.0f} ms")
    for what, counted in (("missed", tally.missed), ("wronged", tally.wronged)):
        for name, count in counted.most_common():
            print(f"  {what}: {name} ({count})")
    given, named, pairs, where = false_alarms(random, numbers, 30)
    print(f"{given} slips: {100 * named / given:.2f} % named a mistake, {100 * pairs / given:.2f} % two at once")
    for name, count in where.most_common(25):
        print(f"  {name} ({count})")
    given, named, pairs, where = unknown(numbers)
    print(f"{given} answers of ideas that no operator has: {named} named a mistake, {pairs} of them two at once")
    for name, count in where.most_common():
        print(f"  {name} ({count})")
    for number in numbers:
        for what, known in (("its questions", asked(number)), ("with drills", asked(number) | drilled(number))):
            found = mutants(number, known)
            told = sum(map(bool, found.values()))
            print(f"lesson {number}, {what}: {told} of {len(found)} mutants, {100 * told / max(1, len(found)):.0f} %")
            print(f"  not: {', '.join(name for name, by_which in found.items() if not by_which) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What would work where a step is refused for want of funds or margin: found by trying it, so that it does work.

The amount to deposit covers what is lacking even where a haircut counts only a part of it, or a fee then finds another
balance to take from: it is tried on a copy of the account, and grows until the step goes through.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction

from marginlib.engine.account import State
from marginlib.engine.amounts import ZERO, plain, quotient_down, quotient_up
from marginlib.engine.errors import Refusal
from marginlib.engine.margin import margin
from marginlib.engine.scenario import Open, Step, Trade, Withdraw

_TRIES = 12
Attempt = Callable[[State, Step], object]


def advised(refusal: Refusal, before: State, step: Step, currency: str, attempt: Attempt) -> str:
    """The refusal's sentence, with what would work after it; ``attempt`` carries a step out on a state of its own.

    Valued in the summary's ``currency``.
    """
    if refusal.lacking is None:
        return str(refusal)
    deposit = _deposit(refusal, before, step, attempt)
    ways = [f"deposit {plain(deposit[1])} {deposit[0]} first"] if deposit else []
    match step:
        case Withdraw():
            most = _most(before, step, currency, attempt)
            ways = [f"withdraw at most {plain(most)} {step.currency}", *ways] if most else ways
        case Trade():
            ways += ["order less"] if _goes(before, step.replaced(volume=_little(before, step)), attempt) else []
        case Open():
            free = _goes(before, step.replaced(volume=_little(before, step)), attempt)
            ways += ["take a smaller volume, or a higher leverage"] if free else []
        case _:
            pass
    if not ways:
        return f"{refusal} End a part of what is open first."
    told = ", or ".join(ways)
    return f"{refusal} {told[0].upper()}{told[1:]}."


def _little(state: State, step: Open | Trade) -> Decimal:
    """A very small volume of the same order."""
    base, quote = step.pair.split("/")
    price = step.price or state.prices.get(step.pair)
    unit = Decimal(1).scaleb(-state.rulebook.places(base))
    cent = quotient_up(Decimal(1).scaleb(-state.rulebook.places(quote)), price or Decimal(1), 20)
    return min(max(unit, cent), step.volume)


def _goes(before: State, step: Step, attempt: Attempt) -> bool:
    """Whether a step would be carried out."""
    try:
        attempt(before.copy(), step)
    except (Refusal, ValueError):
        return False
    return True


def _deposit(refusal: Refusal, before: State, step: Step, attempt: Attempt) -> tuple[str, Decimal] | None:
    """The least that need be deposited for a step to go through, and in which currency; None if none helps."""
    assert refusal.lacking is not None
    lacking = refusal.lacking[0]
    for code in (lacking,) if refusal.code == "insufficient_funds" else _collateral(before, lacking):
        amount, trial, reason = ZERO, before, refusal
        for _ in range(_TRIES):
            missing = _worth(trial, code, reason)
            if not missing:
                break
            amount += missing
            trial = before.copy()
            trial.balances[code] = trial.balance(code) + amount
            try:
                attempt(trial.copy(), step)
            except Refusal as again:
                reason = again
            else:
                return code, amount
    return None


def _collateral(state: State, first: str) -> Iterator[str]:
    """The collateral currencies in which to deposit: that of the summary, then those that there are."""
    order, haircuts = state.rulebook.collateral_order, state.rulebook.haircuts
    held = sorted(code for code, amount in state.balances.items() if amount and code != first)
    for code in (first, *held, *(each for each in order if each != first)):
        if code in order and haircuts.get(code, ZERO) < 1:
            yield code


def _worth(state: State, code: str, refusal: Refusal) -> Decimal | None:
    """How much of a currency makes up for what a refusal says is lacking, rounded up; None where it can't."""
    if refusal.lacking is None:
        return None
    lacking, short = refusal.lacking
    try:
        each = Fraction(1) if code == lacking else state.rate(code, lacking).of(Decimal(1))
    except Refusal:
        return None
    if refusal.code == "insufficient_margin":
        each *= 1 - Fraction(state.rulebook.haircuts.get(code, ZERO))
    need = short / each
    return quotient_up(Decimal(need.numerator), Decimal(need.denominator), state.rulebook.places(code))


def _most(before: State, step: Withdraw, currency: str, attempt: Attempt) -> Decimal | None:
    """The most that could be withdrawn in place of an amount; None for nothing."""
    have = before.balance(step.currency)
    most = min(have, step.amount)
    try:
        if before.positions and before.rulebook.initial_margin_check:
            tied = margin(before, currency)
            free = tied.equity - tied.used_margin * Fraction(before.rulebook.opening_level) / 100
            each = before.rate(step.currency, currency).of(Decimal(1))
            each *= 1 - Fraction(before.rulebook.haircuts.get(step.currency, ZERO))
            if each > 0 and step.currency in before.rulebook.collateral_order:
                bears = max(free / each, Fraction(0))
                places = before.rulebook.places(step.currency)
                most = min(most, quotient_down(Decimal(bears.numerator), Decimal(bears.denominator), places))
    except Refusal:
        return None
    return most if most > 0 and _goes(before, step.replaced(amount=most), attempt) else None

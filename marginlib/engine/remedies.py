"""What would work where a step is refused for want of funds or margin: found by trying it, so that it does work.

The amount to deposit covers what is lacking even where a haircut counts only a part of it, or a fee then finds another
balance to take from: it is tried on a copy of the account, and grows until the step goes through.
"""

import bisect
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_DOWN, ROUND_UP, Context, Decimal
from fractions import Fraction

from marginlib.engine.account import State
from marginlib.engine.amounts import ZERO, fraction_up, plain, quotient_down, rounded
from marginlib.engine.derivation import fraction, rounding
from marginlib.engine.errors import Refusal
from marginlib.engine.funds import least_volume, order_for
from marginlib.engine.margin import margin
from marginlib.engine.scenario import Close, Open, Settle, Step, Trade, Withdraw
from marginlib.engine.settling import need

_TRIES = 12
_DIGITS, _FINE = 3, 2000  # of a volume that does, and how close to the largest it comes
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
            less = _less(before, step, attempt)
            ways += [f"order at most {_volume(less)}"] if less else []
        case Open():
            less = _less(before, step, attempt)
            ways += [f"take at most {_volume(less)}"] if less else []
            leverage = _leverage(before, step, attempt)
            ways += [f"take a leverage of {leverage}"] if leverage else []
        case Settle():
            order = _order(refusal, before, step, attempt)
            ways += [f"{order.side} {_volume(order)} in {order.pair} with an ordinary order"] if order else []
            most = need(before, step.pair, step.volume).possible
            part = step.replaced(volume=most) if most else None
            ways += [f"settle at most {_volume(part)}"] if part and _goes(before, part, attempt) else []
        case _:
            pass
    told = _joined(ways) or _else(before, step, currency, attempt)
    return f"{refusal} {told[0].upper()}{told[1:]}." if told else str(refusal)


def _joined(ways: list[str]) -> str:
    """One way, or several to choose from."""
    return ", or ".join([", ".join(ways[:-1]), ways[-1]] if ways[1:] else ways)


def _else(before: State, step: Step, currency: str, attempt: Attempt) -> str:
    """What helps where no deposit does: to end what is open, or to let something count as collateral."""
    for pair, _ in before.positions.by_pair:
        if _follow(before, (Close(pair=pair, volume="all"), step), attempt):
            return f"close what is open in {pair} first"
    if not any(_collateral(before, currency)):
        return "nothing counts as collateral here: give a currency of rules.collateral_order a haircut below 1 (B1)"
    return ""


def _leverage(before: State, step: Open, attempt: Attempt) -> int | None:
    """The least higher leverage with which an opening would do, of those that are offered; None if none does."""
    higher = range(int(step.leverage) + 1, int(before.rulebook.most_leverage) + 1)
    at = bisect.bisect_left(
        higher, True, key=lambda each: _goes(before, step.replaced(leverage=Decimal(each)), attempt)
    )
    return higher[at] if at < len(higher) else None


def _order(refusal: Refusal, before: State, step: Settle, attempt: Attempt) -> Trade | None:
    """The ordinary order that brings in what a settlement lacks, from what there is (R6); None if none does."""
    assert refusal.lacking is not None
    code, short = refusal.lacking
    missing = rounded(short, before.rulebook.places(code))
    for pair in sorted(before.prices, key=lambda pair: (pair != step.pair, pair)):
        if code in pair.split("/"):
            try:
                order = order_for(before, pair, code, missing)
            except ValueError:  # an amount with more digits than an order may have
                continue
            if _follow(before, (order, step), attempt):
                return order
    return None


def _volume(step: Open | Trade | Settle) -> str:
    return f"{step.volume if step.volume == 'all' else plain(step.volume)} {step.pair.partition('/')[0]}"


def _less(before: State, step: Trade | Open, attempt: Attempt) -> Trade | Open | None:
    """The same order for about the largest volume that does, in three digits if they do; None if not even a little."""

    def goes(volume: Decimal) -> bool:
        return _goes(before, step.replaced(volume=volume), attempt)

    most, too_much = _little(before, step), step.volume
    if not goes(most):
        return None
    while (too_much - most) * _FINE > too_much:
        middle = _shortened((most + too_much) / 2, _DIGITS + 3, ROUND_DOWN)
        most, too_much = (middle, too_much) if goes(middle) else (most, middle)
    for way in (ROUND_UP, ROUND_DOWN):
        short = _shortened(most, _DIGITS, way)
        if short < step.volume and goes(short):
            return step.replaced(volume=short)
    return step.replaced(volume=most)


def _shortened(volume: Decimal, digits: int, way: str) -> Decimal:
    """A volume in so many digits, written plainly."""
    unit = Decimal(1).scaleb(volume.adjusted() + 1 - digits)
    return Decimal(plain(volume.quantize(unit, way, Context(prec=200))))


def _little(state: State, step: Open | Trade) -> Decimal:
    """A very small volume of the same order."""
    price = step.price or state.prices.get(step.pair)
    return min(least_volume(state, step.pair, price or Decimal(1)), step.volume)


def _goes(before: State, step: Step, attempt: Attempt) -> bool:
    """Whether a step would be carried out."""
    return _follow(before, (step,), attempt)


def _follow(before: State, steps: Sequence[Step], attempt: Attempt) -> bool:
    """Whether steps would be carried out, one after the other."""
    state = before.copy()
    try:
        for step in steps:
            attempt(state, step)
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
        each *= 1 - fraction(state.rulebook.haircuts.get(code, ZERO))
    need = short / each
    return fraction_up(need, state.rulebook.places(code))


def _most(before: State, step: Withdraw, currency: str, attempt: Attempt) -> Decimal | None:
    """The most that could be withdrawn in place of an amount; None for nothing."""
    have = before.balance(step.currency)
    most = min(have, step.amount)
    try:
        if before.positions and before.rulebook.initial_margin_check:
            tied = margin(before, currency)
            free = tied.equity - tied.used_margin * fraction(before.rulebook.opening_level) / 100
            each = before.rate(step.currency, currency).of(Decimal(1))
            each *= 1 - fraction(before.rulebook.haircuts.get(step.currency, ZERO))
            if each > 0 and step.currency in before.rulebook.collateral_order:
                bears = max(free / each, Fraction(0))
                places = before.rulebook.places(step.currency)
                whole, parts = Decimal(bears.numerator), Decimal(bears.denominator)
                most = min(most, rounding("rounded down", quotient_down(whole, parts, places), places, bears))
    except Refusal:
        return None
    return most if most > 0 and _goes(before, step.replaced(amount=most), attempt) else None

"""Where something is just so much: by algebra where it can be proved, or else by trying, with exact values.

What is asked is a function of one number, and each asking may replay a story: every solver here says how often it
asks. Numbers are decimals or fractions; nothing is a float.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.engine.amounts import rounded

Value = Callable[[Decimal], Fraction]


class Solved(NamedTuple):
    """Whether a function has the form A + B·s or A + C/s, and then the one positive s at which it is 0, if any is."""

    proved: bool
    root: Fraction | None


def solved(value: Value) -> Solved:
    """Solve A + B·s + C/s = 0 for a positive s where B or C is 0: three values give A, B and C, two more the proof.

    >>> solved(lambda s: 3 - 2 * Fraction(s)), solved(lambda s: 3 - 2 / Fraction(s))
    (Solved(proved=True, root=Fraction(3, 2)), Solved(proved=True, root=Fraction(2, 3)))
    >>> solved(lambda s: Fraction(s) ** 2 - 2), solved(lambda s: 1 + Fraction(s))
    (Solved(proved=False, root=None), Solved(proved=True, root=None))
    """
    one, two, four = (value(Decimal(s)) for s in (1, 2, 4))
    c = ((four - two) - 2 * (two - one)) * Fraction(4, 3)
    b = two - one + c / 2
    a = one - b - c
    if (b and c) or any(value(s) != a + b * Fraction(s) + c / Fraction(s) for s in (Decimal("0.5"), Decimal(8))):
        return Solved(proved=False, root=None)
    root = -a / b if b else -c / a if a else Fraction(0)
    return Solved(proved=True, root=root if root > 0 else None)


def crossing(first: tuple[Fraction, Fraction], second: tuple[Fraction, Fraction]) -> Fraction:
    """Where the straight line through two points (place, value) of different values is 0.

    >>> crossing((Fraction(0), Fraction(-1)), (Fraction(3), Fraction(2)))
    Fraction(1, 1)
    """
    (at, value), (beyond, other) = first, second
    return at - value * (beyond - at) / (other - value)


def bracket(
    holds: Callable[[Decimal], bool], start: Decimal, places: Iterable[Decimal]
) -> tuple[Decimal, Decimal] | None:
    """The first two neighbours, of a start at which something holds and the places after it, between which it ends.

    None if it holds at all of them. Asks once a place.

    >>> bracket(lambda at: at < 25, Decimal(0), map(Decimal, range(10, 60, 10)))
    (Decimal('20'), Decimal('30'))
    """
    near = start
    for far in places:
        if not holds(far):
            return near, far
        near = far
    return None


def halved(
    holds: Callable[[Decimal], bool],
    near: Decimal,
    far: Decimal,
    times: int,
    middle: Callable[[Decimal, Decimal], Decimal] = lambda near, far: (near + far) / 2,
) -> tuple[Decimal, Decimal]:
    """A bracket, from where something holds to where it doesn't, made half as wide so many times; asks once each time.

    ``middle``: how the place between two is rounded.

    >>> halved(lambda at: at < 3, Decimal(0), Decimal(8), 3)
    (Decimal('2'), Decimal('3'))
    """
    for _ in range(times):
        between = middle(near, far)
        near, far = (between, far) if holds(between) else (near, between)
    return near, far


def rising_root(
    value: Callable[[Decimal], Fraction | None],
    low: tuple[Decimal, Fraction],
    high: tuple[Decimal, Fraction],
    places: int,
    fine: Decimal,
    most: int,
) -> Decimal | None:
    """Where a rising, nearly straight function is 0, between a (place, value below 0) and a (place, value above 0).

    To so many decimals: until a guess is nearer than ``fine`` to the one before, by the Illinois variant of the rule of
    false position. Asks for few values, and for ``most`` at most. None if the function has no value at a guess.

    >>> rising_root(lambda x: Fraction(x) ** 2 - 2, (Decimal(1), Fraction(-1)), (Decimal(2), Fraction(2)),
    ...     6, Decimal("0.0001"), 40)
    Decimal('1.414213')
    """
    (left, below), (right, above) = low, high
    guess, kept = left, 0
    for _ in range(most):
        before = guess
        guess = left + rounded(crossing((Fraction(0), below), (Fraction(right - left), above)), places)
        if abs(guess - before) < fine:
            break
        at = value(guess)
        if at is None:
            return None
        if at == 0:
            break
        if at < 0:  # an end that is kept twice counts half, or it would be kept for ever
            left, below, above = guess, at, above / 2 if kept == 1 else above
            kept = 1
        else:
            right, above, below = guess, at, below / 2 if kept == -1 else below
            kept = -1
    return guess


def secant_root(
    value: Callable[[Fraction], Fraction | None],
    near: tuple[Fraction, Fraction],
    far: Fraction,
    allowed: Callable[[Fraction], bool],
    fine: Fraction,
    most: int,
) -> Fraction | None:
    """Where a nearly straight function is 0, from a (place, value) and another place, by the rule of the secant.

    Until a guess is as near as ``fine`` to the place before. None where it has no value, doesn't change, leads to a
    place that isn't allowed, or isn't found after ``most`` guesses.

    >>> secant_root(lambda x: x / 2 - 3, (Fraction(1), Fraction(-5, 2)), Fraction(2), lambda x: x > 0, Fraction(1), 8)
    Fraction(6, 1)
    """
    last, found = near, value(far)
    for _ in range(most):
        if found is None or last[1] == found:
            return None
        guess = crossing((far, found), last)
        if not allowed(guess):
            return None
        if abs(guess - far) <= fine:
            return guess
        last, far = (far, found), guess
        found = value(far)
    return None

"""Derivations worked out again, from their inputs alone and in fractions: an arithmetic of the tests' own."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from marginlib.engine.derivation import Derivation

_NEARLY = Fraction(1, 10**6)  # what is looked for is found to seven digits at least
_DIGITS = Fraction(1, 10**27)  # of a decimal that is divided for a percentage alone


def reckoned(how: Derivation, known: dict[int, Fraction] | None = None) -> Fraction:
    """What a derivation comes to; every part of it is compared with what it is said to be."""
    known = {} if known is None else known
    if id(how) not in known:
        value = _done(how, [reckoned(part, known) for part in how.parts])
        assert value == Fraction(how.amount), f"{how.name or how.how}: {value} is not {how.amount}"
        known[id(how)] = value
    return known[id(how)]


def _done(how: Derivation, parts: list[Fraction]) -> Fraction:
    match how.how, parts:
        case (("input" | "constant"), []):
            return Fraction(how.amount)
        case "same", [one]:
            return one
        case "opposite", [one]:
            return -one
        case "sum", [one, two]:
            return one + two
        case "difference", [one, two]:
            return one - two
        case "product", [one, two]:
            return one * two
        case "quotient", [one, two]:
            near = abs(one / two - Fraction(how.amount)) <= _DIGITS * abs(one / two)
            return Fraction(how.amount) if near else one / two
        case (("rounded" | "rounded up" | "rounded down"), [one]):
            return _rounded(one, how)
        case "solved", [one, two]:
            assert abs(one - two) <= _NEARLY * max(Fraction(1), abs(two)), f"{how.name}: {one} is not {two}"
            return Fraction(how.amount)
    raise AssertionError(f"{how.how} of {len(parts)} parts")


def _rounded(value: Fraction, how: Derivation) -> Fraction:
    assert how.places is not None
    unit = Fraction(1, 10**how.places)
    down, up = floor(value / unit) * unit, ceil(value / unit) * unit
    if how.how == "rounded up":
        return up
    if how.how == "rounded down":
        return down
    if up - value != value - down:
        return up if up - value < value - down else down
    return down if (down / unit) % 2 == 0 else up


def leaves(how: Derivation, seen: set[int] | None = None) -> Iterator[Derivation]:
    """What a derivation ends in."""
    seen = set() if seen is None else seen
    if id(how) in seen:
        return
    seen.add(id(how))
    if not how.parts:
        yield how
    for part in how.parts:
        yield from leaves(part, seen)


def numbers_of(data: object) -> Iterator[Fraction]:
    """All numbers in plain data, or in what is made of fields."""
    match data:
        case bool():
            return
        case int() | Decimal() | Fraction():
            yield Fraction(data)
        case str():
            try:
                yield Fraction(data)
            except ValueError:
                return
        case dict():
            for each in data.values():
                yield from numbers_of(each)
        case list() | tuple():
            for each in data:
                yield from numbers_of(each)

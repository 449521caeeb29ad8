"""Solvers against functions whose roots are known, and how often they ask."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from marginlib.analysis.roots import Solved, bracket, crossing, halved, rising_root, secant_root, solved

numbers = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)
above_nothing = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000)
places = st.decimals(min_value=0, max_value=1, places=6)


@given(numbers, numbers)
def test_a_straight_function_is_solved_and_proved(a: Fraction, b: Fraction) -> None:
    found = solved(lambda s: a + b * Fraction(s))
    assert found.proved
    assert found.root == (-a / b if a * b < 0 else None)


@given(numbers, numbers)
def test_so_is_one_that_is_straight_in_the_inverse(a: Fraction, c: Fraction) -> None:
    found = solved(lambda s: a + c / Fraction(s))
    assert found.proved
    assert found.root == (-c / a if a * c < 0 else None)


@given(numbers, numbers.filter(bool), numbers.filter(bool))
def test_both_together_are_neither(a: Fraction, b: Fraction, c: Fraction) -> None:
    assert solved(lambda s: a + b * Fraction(s) + c / Fraction(s)) == Solved(proved=False, root=None)


@given(numbers, numbers, above_nothing)
def test_a_kink_beyond_the_three_values_spoils_the_proof(a: Fraction, b: Fraction, bend: Fraction) -> None:
    assert not solved(lambda s: a + b * Fraction(s) + bend * max(Fraction(s) - 4, Fraction(0))).proved


@given(numbers, numbers.filter(bool), numbers, numbers)
def test_two_points_of_a_line_tell_where_it_is_nothing(
    root: Fraction, slope: Fraction, x: Fraction, y: Fraction
) -> None:
    assume(x != y)
    assert crossing((x, slope * (x - root)), (y, slope * (y - root))) == root


@given(st.integers(0, 40), st.integers(1, 30))
def test_a_bracket_is_the_first_of_all(edge: int, count: int) -> None:
    asked: list[Decimal] = []

    def holds(at: Decimal) -> bool:
        asked.append(at)
        return at < edge or at > edge + 3  # it would hold again further on

    found = bracket(holds, Decimal(-1), map(Decimal, range(count)))
    if edge < count:
        assert found == (Decimal(edge - 1), Decimal(edge))
        assert len(asked) == edge + 1, "no further than the edge"
    else:
        assert found is None
        assert len(asked) == count


@given(places, places, places, st.integers(0, 20))
def test_halving_keeps_the_edge_between(low: Decimal, high: Decimal, edge: Decimal, times: int) -> None:
    """Upwards and downwards."""
    assume(low != high and min(low, high) <= edge < max(low, high))
    up = low < high
    near, far = halved(lambda at: (at <= edge) == up, low, high, times)
    assert (near <= edge) == up
    assert (far <= edge) != up
    assert abs(far - near) == abs(high - low) / 2**times


@given(places.filter(bool), st.fractions(min_value=Fraction(1, 10), max_value=10, max_denominator=100), places)
def test_a_rising_root_is_found_in_few_guesses(root: Decimal, slope: Fraction, bent: Decimal) -> None:
    asked = 0

    def value(at: Decimal) -> Fraction:
        nonlocal asked
        asked += 1
        away = Fraction(at) - Fraction(root)
        return slope * away * (1 + Fraction(bent) * Fraction(at))

    assume(value(Decimal("1.01")) > 0 > value(Decimal(0)))
    asked = 0
    ends = ((at, value(at)) for at in (Decimal(0), Decimal("1.01")))
    found = rising_root(value, next(ends), next(ends), 12, Decimal("0.0000002"), 40)
    assert found is not None
    assert abs(found - root) <= Decimal("0.000001")
    assert asked <= 20


def test_without_a_value_there_is_no_root() -> None:
    ends = (Decimal(0), Fraction(-1)), (Decimal(1), Fraction(1))
    assert rising_root(lambda _: None, *ends, 12, Decimal("0.001"), 40) is None


@given(above_nothing, numbers.filter(bool))
def test_the_secant_meets_a_line_at_once(root: Fraction, slope: Fraction) -> None:
    asked: list[Fraction] = []

    def value(at: Fraction) -> Fraction:
        asked.append(at)
        return slope * (at - root)

    found = secant_root(value, (Fraction(0), -slope * root), Fraction(2000), lambda _: True, Fraction(1, 10**9), 8)
    assert found == root
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        (lambda _: None, lambda _: True),
        (lambda _: Fraction(1), lambda _: True),
        (lambda at: at - 5, lambda at: at > 6),
        (lambda at: at * at + 1, lambda _: True),
    ],
    ids=["no value", "no change", "not there", "no root"],
)
def test_the_secant_gives_up(value: Callable[[Fraction], Fraction | None], allowed: Callable[[Fraction], bool]) -> None:
    assert secant_root(value, (Fraction(9), Fraction(1)), Fraction(8), allowed, Fraction(1, 1000), 8) is None

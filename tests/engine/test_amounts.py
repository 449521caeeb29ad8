"""Rounding and exactness: what the ledger's last digit depends on (A8)."""

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib.engine.amounts import EXACT, Rate, plain, quotient, quotient_down, quotient_up, rounded

# As many digits as to be wrong if a sum were made in the usual context, which keeps 28.
SIGNED = st.decimals(-(10**12), 10**12, places=12)
POSITIVE = st.decimals("0.000000000001", 10**12, places=12)
PLACES = st.integers(0, 12)


@pytest.mark.parametrize(
    ("amount", "places", "expected"),
    [
        ("0.00005", 4, "0"),
        ("0.00015", 4, "0.0002"),
        ("0.00025", 4, "0.0002"),
        ("0.000250000000000001", 4, "0.0003"),
        ("-0.00015", 4, "-0.0002"),
        ("-0.00025", 4, "-0.0002"),
        ("2.5", 0, "2"),
        ("3.5", 0, "4"),
        ("0.00000000005", 10, "0"),
        ("0.00000000015", 10, "0.0000000002"),
        ("123456789012345678.00005", 4, "123456789012345678"),
    ],
)
def test_half_goes_to_the_even_digit(amount: str, places: int, expected: str) -> None:
    """A8."""
    assert plain(rounded(Decimal(amount), places)) == expected
    assert plain(rounded(Fraction(amount), places)) == expected
    assert plain(quotient(Decimal(amount) * 3, Decimal(3), places)) == expected


@settings(deadline=None)
@given(SIGNED, POSITIVE, PLACES)
def test_a_quotient_is_rounded_once(amount: Decimal, divisor: Decimal, places: int) -> None:
    """A8: rounding digit by digit would move halves."""
    exact = Fraction(amount) / Fraction(divisor) * 10**places

    assert Fraction(quotient(amount, divisor, places)) * 10**places == round(exact)


@settings(deadline=None)
@given(POSITIVE, POSITIVE, PLACES)
def test_rounding_up_and_down_enclose_the_quotient(amount: Decimal, divisor: Decimal, places: int) -> None:
    exact = Fraction(amount) / Fraction(divisor)
    down, up = Fraction(quotient_down(amount, divisor, places)), Fraction(quotient_up(amount, divisor, places))
    unit = Fraction(1, 10**places)

    assert down <= exact <= up
    assert exact - down < unit
    assert up - exact < unit


def test_there_is_no_minus_zero() -> None:
    dust = Decimal("-0.00001")

    assert not rounded(dust, 4).is_signed()
    assert not rounded(Fraction(dust), 4).is_signed()
    assert not quotient(dust, Decimal(3), 4).is_signed()


def test_exact_arithmetic_raises_instead_of_rounding() -> None:
    with pytest.raises(decimal.Inexact):
        EXACT.divide(Decimal(1), Decimal(3))


def test_a_rate_values_exactly_where_a_decimal_could_not() -> None:
    assert Rate(Decimal(2), Decimal(3)).of(Decimal("0.5")) == Fraction(1, 3)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1E+3", "1000"),
        ("1E-10", "0.0000000001"),
        ("0.5000", "0.5"),
        ("-0.50", "-0.5"),
        ("100", "100"),
        ("0E+5", "0"),
        ("-0", "0"),
        ("12345678901234567890.12345678901234567890", "12345678901234567890.1234567890123456789"),
    ],
)
def test_plain_notation(amount: str, text: str) -> None:
    assert plain(Decimal(amount)) == text

"""Exact amounts: decimals that are never rounded by accident.

Sums and products are done under :data:`EXACT`, a context that raises instead of rounding.
Where the rules do round (A8), they say so by calling :func:`rounded` or one of the quotients.
Quotients stay quotients (:class:`Rate`, fractions) until the rules round them, or they are shown.
"""

import decimal
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.engine.derivation import REMEMBERING, bare, fraction, rounding, write

EXACT = decimal.Context(
    prec=200,
    traps=[decimal.Inexact, decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
"""Arithmetic without rounding: an inexact sum or product is a bug and raises."""

_QUANTIZE = decimal.Context(prec=200, rounding=decimal.ROUND_HALF_EVEN)
_UNITS = [Decimal(1).scaleb(-places) for places in range(31)]
ZERO = Decimal(0)


def rounded(amount: Decimal | Fraction, places: int) -> Decimal:
    """Round to so many decimals, half to even (A8).

    >>> rounded(Decimal("0.12345"), 4), rounded(Fraction(1, 3), 4)
    (Decimal('0.1234'), Decimal('0.3333'))
    """
    if type(amount) in REMEMBERING:
        return rounding("rounded", rounded(bare(amount), places), places, amount)
    if isinstance(amount, Decimal):
        result = amount.quantize(_UNITS[places], context=_QUANTIZE)
    else:
        result = Decimal(round(amount * 10**places)).scaleb(-places, _QUANTIZE)
    return result or ZERO


def quotient(amount: Decimal, divisor: Decimal, places: int) -> Decimal:
    """Divide and round once to so many decimals, half to even (A8).

    >>> quotient(Decimal(1), Decimal(3), 4), quotient(Decimal(-1), Decimal(8), 2)
    (Decimal('0.3333'), Decimal('-0.12'))
    """
    if type(amount) in REMEMBERING or type(divisor) in REMEMBERING:
        exact = fraction(amount) / fraction(divisor)
        return rounding("rounded", quotient(bare(amount), bare(divisor), places), places, exact)
    whole, rest = EXACT.divmod(amount.scaleb(places, EXACT), divisor)
    half = EXACT.compare(EXACT.abs(EXACT.add(rest, rest)), divisor)
    if half > 0 or (half == 0 and EXACT.remainder(whole, 2)):
        whole = EXACT.add(whole, 1 if amount > 0 else -1)
    return whole.scaleb(-places, EXACT) if whole else ZERO


def quotient_up(amount: Decimal, divisor: Decimal, places: int) -> Decimal:
    """Divide and round up: what is taken to cover an amount is never too little (A8).

    >>> quotient_up(Decimal(1), Decimal(3), 4), quotient_up(Decimal(1), Decimal(4), 4)
    (Decimal('0.3334'), Decimal('0.2500'))
    """
    if type(amount) in REMEMBERING or type(divisor) in REMEMBERING:
        exact = fraction(amount) / fraction(divisor)
        return rounding("rounded up", quotient_up(bare(amount), bare(divisor), places), places, exact)
    whole, rest = EXACT.divmod(amount.scaleb(places, EXACT), divisor)
    return (EXACT.add(whole, 1) if rest else whole).scaleb(-places, EXACT)


def quotient_down(amount: Decimal, divisor: Decimal, places: int) -> Decimal:
    """Divide and round down: the most that a balance still bears.

    >>> quotient_down(Decimal(2), Decimal(3), 4)
    Decimal('0.6666')
    """
    if type(amount) in REMEMBERING or type(divisor) in REMEMBERING:
        exact = fraction(amount) / fraction(divisor)
        return rounding("rounded down", quotient_down(bare(amount), bare(divisor), places), places, exact)
    return EXACT.divmod(amount.scaleb(places, EXACT), divisor)[0].scaleb(-places, EXACT)


def fraction_up(amount: Fraction, places: int) -> Decimal:
    """Round a fraction up to so many decimals (A8).

    >>> fraction_up(Fraction(1, 3), 4)
    Decimal('0.3334')
    """
    if type(amount) in REMEMBERING:
        return rounding("rounded up", fraction_up(bare(amount), places), places, amount)
    return quotient_up(Decimal(amount.numerator), Decimal(amount.denominator), places)


class Rate(NamedTuple):
    """What one unit of a currency is worth in another, as an exact quotient of two decimals.

    >>> Rate(Decimal(1), Decimal("1.1")).of(Decimal(11))
    Fraction(10, 1)
    """

    up: Decimal
    down: Decimal

    def of(self, amount: Decimal) -> Fraction:
        """The exact worth of an amount."""
        if type(amount) in REMEMBERING or type(self.up) in REMEMBERING or type(self.down) in REMEMBERING:
            return fraction(amount) * fraction(self.up) / fraction(self.down)
        value = Fraction(EXACT.multiply(amount, self.up))
        return value if self.down == 1 else value / Fraction(self.down)


def trimmed(amount: Decimal) -> Decimal:
    """The same amount without zeros at its end, as an order has it.

    >>> trimmed(Decimal("0.1000"))
    Decimal('0.1')
    """
    if type(amount) in REMEMBERING:
        return amount
    return Decimal(plain(amount))


def plain(amount: Decimal) -> str:
    """Write an amount in plain notation: no exponent, no trailing zeros, no minus zero.

    >>> plain(Decimal("1E+3")), plain(Decimal("0.5000")), plain(Decimal("-0.00"))
    ('1000', '0.5', '0')
    """
    text = str(amount) if amount else "0"
    if "E" in text:
        text = f"{amount.normalize(_QUANTIZE):f}"
    elif "." in text:
        text = text.rstrip("0").rstrip(".")
    if type(amount) in REMEMBERING:
        write(amount, text)
    return text

"""A perpetual future, as a model to compare a margin position with: nothing is borrowed, nothing is owed (R23).

A contract pays the difference between two prices. Every few hours its two sides pay each other funding, at a rate that
may change its sign: above zero longs pay and shorts receive, below zero the other way round. The sources name these
parts and give no number for any of them, so each rate is an input, and made up wherever it is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import accumulate
from typing import Literal

from marginlib.engine.amounts import EXACT, ZERO
from marginlib.engine.derivation import entered, fraction, is_traced, named

FUNDING_HOURS = 8
"""Hours from one funding payment to the next: an assumption of this model."""


@dataclass(frozen=True, slots=True)
class Perpetual:
    """A contract: size in BASE, opening price and the collateral that backs it in QUOTE.

    ``maintenance`` is the margin ratio at which it is liquidated, as a share.

    >>> short = Perpetual("short", Decimal(1), Decimal(60000), Decimal(40000), Decimal("0.02"))
    >>> short.pnl(Decimal(54000)), short.payment(Decimal(54000), Decimal("0.0001"))
    (Decimal('6000'), Decimal('5.4000'))
    """

    side: Literal["long", "short"]
    size: Decimal
    open_price: Decimal
    collateral: Decimal
    maintenance: Decimal

    def pnl(self, price: Decimal) -> Decimal:
        """Profit or loss at a price, in QUOTE: the same as a position of that size makes (R23)."""
        with localcontext(EXACT):
            moved = price - self.open_price
            gain = self.size * (moved if self.side == "long" else -moved)
            return named(gain, "the future's profit or loss", ("R23",))

    def payment(self, price: Decimal, rate: Decimal) -> Decimal:
        """One funding payment at a price, in QUOTE: received with a plus, paid with a minus (R23).

        It is size x price x rate. A rate above zero is paid by longs to shorts.
        """
        with localcontext(EXACT):
            return self._paid(price, rate)

    def _paid(self, price: Decimal, rate: Decimal) -> Decimal:
        paid = named(self.size * price * rate, "a funding payment", ("R23",))
        return -paid if self.side == "long" and paid else paid

    def funding_so_far(self, price: Decimal, rates: Iterable[Decimal]) -> list[Decimal]:
        """What has been received before the first payment and after each, at one price, in QUOTE (R23).

        >>> short = Perpetual("short", Decimal(1), Decimal(60000), Decimal(40000), Decimal("0.02"))
        >>> [int(amount) for amount in short.funding_so_far(Decimal(60000), [Decimal("0.0001"), Decimal("-0.0003")])]
        [0, 6, -12]
        """
        with localcontext(EXACT):
            return [*accumulate((self._paid(price, rate) for rate in rates), initial=ZERO)]

    def funding(self, price: Decimal, rates: Iterable[Decimal]) -> Decimal:
        """All payments at one price, at one rate after the other, in QUOTE (R23).

        >>> short = Perpetual("short", Decimal(1), Decimal(60000), Decimal(40000), Decimal("0.02"))
        >>> short.funding(Decimal(60000), [Decimal("0.0001"), Decimal("-0.0003")])
        Decimal('-12.0000')
        """
        return self.funding_so_far(price, rates)[-1]

    def equity(self, price: Decimal, funding: Decimal = ZERO) -> Decimal:
        """Collateral, profit or loss, and the funding so far, in QUOTE."""
        with localcontext(EXACT):
            return named(self.collateral + self.pnl(price) + funding, "the future's equity", ("R23",))

    def margin_ratio(self, price: Decimal, funding: Decimal = ZERO) -> Fraction:
        """Equity as a share of the contract's worth at a price: what sets off its liquidation (R23).

        >>> Perpetual("short", Decimal(1), Decimal(60000), Decimal(40000), Decimal("0.02")).margin_ratio(Decimal(50000))
        Fraction(1, 1)
        """
        share = fraction(self.equity(price, funding)) / (fraction(self.size) * fraction(price))
        return named(share, "the future's margin ratio", ("R23",))

    def liquidation_price(self, funding: Decimal = ZERO) -> Fraction | None:
        """The price at which the margin ratio is just the maintenance one, in QUOTE; None if there is no such price.

        >>> short = Perpetual("short", Decimal(1), Decimal(60000), Decimal(50000), Decimal("0.1"))
        >>> short.liquidation_price()
        Fraction(100000, 1)
        """
        backs, size = fraction(self.collateral) + fraction(funding), fraction(self.size)
        share = fraction(self.maintenance)
        if is_traced():
            share = entered(share, "the margin ratio at which the model liquidates", ("R23",))
        cost = size * fraction(self.open_price)
        sign = 1 if self.side == "short" else -1
        at = (cost + sign * backs) / (size * (1 + sign * share))
        return named(at, "the future's liquidation price", ("R23",)) if at > 0 else None


def turning(rate: Decimal, payments: int, every: int) -> list[Decimal]:
    """A funding rate that turns its sign after every so many payments; never, if ``every`` is 0.

    >>> [str(each) for each in turning(Decimal("0.01"), 5, 2)]
    ['0.01', '0.01', '-0.01', '-0.01', '0.01']
    """
    return [-rate if every and at // every % 2 and rate else rate for at in range(payments)]

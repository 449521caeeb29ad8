"""A perpetual future as a model to compare with: results, funding and its sign, liquidation (R23)."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal

import pytest
from bookings import moves, opens, tell
from hypothesis import given
from hypothesis import strategies as st

from marginlib.analysis.futures import FUNDING_HOURS, Perpetual, turning
from marginlib.engine.amounts import plain
from marginlib.engine.margin import unrealised

SIDES: tuple[Literal["long", "short"], ...] = ("long", "short")
Side = st.sampled_from(SIDES)
Sizes = st.decimals("0.01", "5", places=2)
Prices = st.decimals("1000", "90000", places=1)
Rates = st.decimals("-0.003", "0.003", places=5)
Funds = st.decimals("100", "90000", places=0)


def contract(side: Literal["long", "short"], *, backed: str = "40000", maintenance: str = "0.02") -> Perpetual:
    """1 BTC from 60,000 USD."""
    return Perpetual(side, Decimal(1), Decimal(60000), Decimal(backed), Decimal(maintenance))


@given(Side, Sizes, Prices, Prices)
def test_it_makes_what_a_position_on_margin_makes(
    side: Literal["long", "short"], size: Decimal, opened: Decimal, now: Decimal
) -> None:
    """C4, R23: alike to the last digit in profit and loss; the differences lie elsewhere."""
    steps = [opens("BTC/USD", side, plain(size)), moves("BTC/USD", plain(now))]
    story = tell({"USD": "900000"}, {"BTC/USD": plain(opened)}, steps)

    future = Perpetual(side, size, opened, Decimal(0), Decimal(0))
    assert future.pnl(now) == unrealised(story.final, story.final.positions[0])


@given(Sizes, Prices, Prices, st.lists(Rates, max_size=6))
def test_what_one_side_makes_the_other_side_loses(
    size: Decimal, opened: Decimal, now: Decimal, rates: list[Decimal]
) -> None:
    """R23: nothing is borrowed, so both sides together come to nothing, funding included."""
    long, short = (Perpetual(side, size, opened, Decimal(0), Decimal(0)) for side in SIDES)

    assert long.pnl(now) + short.pnl(now) == 0
    assert long.funding(now, rates) + short.funding(now, rates) == 0


@pytest.mark.parametrize(
    ("side", "rate", "received"),
    [("short", "0.0001", "6.6"), ("short", "-0.0001", "-6.6"), ("long", "0.0001", "-6.6"), ("long", "-0.0001", "6.6")],
)
def test_above_zero_longs_pay_shorts_and_below_it_shorts_pay_longs(
    side: Literal["long", "short"], rate: str, received: str
) -> None:
    """R23: on size x current price, 66,000 here, not on the opening price."""
    assert contract(side).payment(Decimal(66000), Decimal(rate)) == Decimal(received)


def test_a_day_has_three_payments() -> None:
    """R23."""
    assert 24 // FUNDING_HOURS == 3
    assert contract("short").funding(Decimal(60000), [Decimal("0.0001")] * 3) == 18


@given(Side, Sizes, Prices, Funds, st.decimals("0", "0.2", places=3), st.decimals("-90", "90", places=0))
def test_at_the_liquidation_price_the_ratio_is_the_maintenance_one(
    side: Literal["long", "short"], size: Decimal, opened: Decimal, backed: Decimal, share: Decimal, got: Decimal
) -> None:
    """R23: solved, not searched."""
    future = Perpetual(side, size, opened, backed, share)
    at = future.liquidation_price(got)
    if at is None:
        assert backed + got >= size * opened
        return
    moved = (at - Fraction(opened)) * (1 if side == "long" else -1)
    equity = Fraction(backed) + Fraction(got) + Fraction(size) * moved
    assert equity == Fraction(share) * Fraction(size) * at


def test_figures_worked_by_hand() -> None:
    """R23: 40,000 USD behind a short of 60,000 USD, at a maintenance of 2 %: 100,000 / 1.02."""
    short, long = contract("short"), contract("long")

    assert short.liquidation_price() == Fraction(100000) / Fraction("1.02")
    assert long.liquidation_price() == Fraction(20000) / Fraction("0.98")
    assert short.liquidation_price(Decimal(-1000)) == Fraction(99000) / Fraction("1.02")
    assert contract("long", backed="60000").liquidation_price() is None
    assert short.equity(Decimal(54000), Decimal(-16)) == 45984
    assert short.margin_ratio(Decimal(80000)) == Fraction(1, 4)


@pytest.mark.parametrize(
    ("every", "signs"), [(0, "++++++"), (1, "+-+-+-"), (2, "++--++"), (5, "+++++-"), (6, "++++++")]
)
def test_a_rate_turns_its_sign_as_often_as_asked(every: int, signs: str) -> None:
    rate = Decimal("0.0001")

    assert turning(rate, 6, every) == [rate if sign == "+" else -rate for sign in signs]
    assert turning(Decimal(0), 6, 1) == [0] * 6

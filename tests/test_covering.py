"""How far a loss is borne by the quote currency alone: the price that is worked out, and the engine's own cascade."""

from decimal import Decimal
from fractions import Fraction

import pytest
from bookings import closes, moves, opens, tell
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib import Refusal
from marginlib.covering import covered_to


@settings(deadline=None)
@given(st.sampled_from(["long", "short"]), st.integers(0, 900), st.integers(1, 20))
def test_up_to_there_nothing_is_converted_and_beyond_it_something_is(side: str, euros: int, lots: int) -> None:
    """0.01 BTC a lot at 50,000 EUR; a cent in the price is too little to be seen in a loss of so few coins."""
    funds, volume = {"EUR": str(euros), "BTC": "5"}, str(Decimal(lots) / 100)
    opened = opens("BTC/EUR", side, volume)
    edge = covered_to(tell(funds, {"BTC/EUR": "50000"}, [opened]).final, "BTC/EUR")
    if edge is None:  # so many euros that even a price of 0 is borne
        assert side == "long"
        assert euros >= 500 * lots
        return
    away = 1 if side == "short" else -1
    for further, converted in ((0, False), (1, True)):
        price = str(round(Decimal(edge.numerator) / edge.denominator, 4) + away * further - away * Decimal("0.0001"))
        if Decimal(price) <= 0:
            continue
        told = tell(funds, {"BTC/EUR": "50000"}, [opened, moves("BTC/EUR", price), closes("BTC/EUR")])
        assert bool(told.realised[0].conversion_fees) == converted, price


def test_several_lots_bear_as_one() -> None:
    """0.3 BTC for 14,000 EUR in all, and 500 EUR: 13,500 ÷ 0.3."""
    steps = [opens("BTC/EUR", "long", "0.2"), moves("BTC/EUR", "40000"), opens("BTC/EUR", "long", "0.1")]
    state = tell({"EUR": "500", "BTC": "1"}, {"BTC/EUR": "50000"}, steps).final

    assert covered_to(state, "BTC/EUR") == Fraction(45000)


def test_a_short_s_price_lies_above() -> None:
    state = tell({"EUR": "1000", "BTC": "1"}, {"BTC/EUR": "50000"}, [opens("BTC/EUR", "short", "0.1")]).final

    assert covered_to(state, "BTC/EUR") == Fraction(60000)


def test_without_a_position_there_is_nothing_to_cover() -> None:
    with pytest.raises(Refusal, match="no open position"):
        covered_to(tell({"EUR": "1000"}, {"BTC/EUR": "50000"}, []).final, "BTC/EUR")

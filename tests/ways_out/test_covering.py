"""How far a loss is borne by the quote currency alone: the price that is worked out, and the engine's own cascade."""

from decimal import Decimal
from fractions import Fraction

import pytest
from bookings import closes, moves, opens, tell
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib import Refusal, Story
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Deposit
from marginlib.ways_out.covering import bearable, covered_to, little_first, orders_to, part_first
from marginlib.ways_out.plans import way_out


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


def stands(price: str, fee: str = "0.004", **funds: str) -> Story:
    """A long of 0.08 BTC from 50,000 EUR, 5x: 800 EUR are tied up. The fee of the opening is there, too."""
    own = {"EUR": "200", "BTC": "0.02", "DOGE": "10000", **funds}
    euros = {**own, "EUR": str(Decimal(own["EUR"]) + 4000 * Decimal(fee))}
    steps = [opens("BTC/EUR", "long", "0.08"), moves("BTC/EUR", price)]
    return tell(euros, {"BTC/EUR": "50000", "DOGE/EUR": "0.1"}, steps, fees={"trading": fee})


def test_a_part_that_the_euros_bear_opens_orders_again() -> None:
    """200 ÷ 15,000 BTC go without a conversion, at 0.4 % of 466.67 EUR; the rest of the fees are as if in time."""
    story = stands("35000")
    way = part_first(story, "BTC/EUR")
    assert way

    assert way_out(story, "BTC/EUR", "buy").closed
    assert bearable(story.final, "BTC/EUR") == Decimal("0.01333333")
    assert [step.do for step in way.steps] == ["close", "trade", "trade", "close"]
    assert not way.parts.converting
    assert round(float(way.parts.closing), 2) == 11.2
    assert round(float(way.parts.ordering), 2) == 4.02  # 1,000 ÷ 0.996 x 0.4 %
    assert way.cost == pytest.approx(sum(way.parts), abs=Decimal("0.001"))


def test_further_down_a_part_is_too_little() -> None:
    assert part_first(stands("34800"), "BTC/EUR")
    assert part_first(stands("34500"), "BTC/EUR") is None


def test_what_bears_nothing_or_all_closes_no_part() -> None:
    assert bearable(tell({"BTC": "1"}, {"BTC/EUR": "50000"}, [opens("BTC/EUR", "long", "0.1")]).final, "BTC/EUR") > 0
    assert part_first(stands("48000"), "BTC/EUR") is None
    assert part_first(stands("49000", EUR="0"), "BTC/EUR") is None


def test_the_oldest_lots_are_borne_first() -> None:
    """0.1 BTC gains 200 EUR and 0.1 BTC loses 2,000: 700 EUR bear the one and 0.045 of the other."""
    steps = [opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "72000"), opens("BTC/EUR", "long", "0.1")]
    state = tell({"EUR": "700", "BTC": "1"}, {"BTC/EUR": "50000"}, [*steps, moves("BTC/EUR", "52000")]).final

    assert bearable(state, "BTC/EUR") == Decimal("0.145")


@pytest.mark.parametrize(("price", "fee"), [("35000", "0.004"), ("35000", "0.03"), ("34000", "0.004"), ("35900", "0")])
def test_a_little_from_outside_opens_orders_and_a_few_cents_less_do_not(price: str, fee: str) -> None:
    story = stands(price, fee)
    way = little_first(story, "BTC/EUR")
    assert way
    less = resume(story, [Deposit(currency="EUR", amount=way.deposited - Decimal("0.03"))])

    assert "B9" in way_out(less, "BTC/EUR", "buy").closed
    assert not way.closed
    assert way.steps[-1].do == "close"


def test_nothing_from_outside_is_needed_where_orders_are_open_or_there_is_too_little_to_sell() -> None:
    assert little_first(stands("37500"), "BTC/EUR") is None
    assert little_first(stands("48000"), "BTC/EUR") is None


@pytest.mark.parametrize("fee", ["0", "0.004", "0.02"])
@pytest.mark.parametrize("price", ["36800", "38000", "42000"])
def test_orders_are_open_up_to_the_price_and_refused_beyond_it(price: str, fee: str) -> None:
    """From wherever it is asked, by the engine's own refusal, half a euro on either side."""
    story = stands(price, fee)
    edge = orders_to(story, way_out(story, "BTC/EUR", "buy"))
    assert edge
    at = Decimal(edge.numerator) / Decimal(edge.denominator)
    near, far = (
        way_out(stands(str(round(at + gap, 4)), fee), "BTC/EUR", "buy") for gap in (Decimal("0.5"), Decimal("-0.5"))
    )

    assert not near.closed
    assert "B9" in far.closed


def test_a_short_s_orders_end_above() -> None:
    steps = [opens("BTC/EUR", "short", "0.1"), moves("BTC/EUR", "56000")]
    story = tell({"EUR": "100", "DOGE": "20000"}, {"BTC/EUR": "50000", "DOGE/EUR": "0.1"}, steps)
    edge = orders_to(story, way_out(story, "BTC/EUR", "buy"))

    assert edge == pytest.approx(Fraction(7100, 1) / Fraction(12, 100))  # 7,100 − 0.1 p = 0.02 p


def test_without_an_order_there_is_no_price_for_one() -> None:
    story = stands("48000")

    assert orders_to(story, way_out(story, "BTC/EUR", "buy")) is None

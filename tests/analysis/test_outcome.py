"""What an ending comes to, what a settlement needs, and the order that brings in what is missing."""

from decimal import Decimal
from fractions import Fraction

import pytest
from bookings import Do, closes, deposits, moves, opens, settles, tell, trades
from hypothesis import given
from hypothesis import strategies as st

from marginlib import Refusal
from marginlib.analysis.outcome import outcome, worth
from marginlib.engine.funds import order_for
from marginlib.engine.scenario import Settle
from marginlib.engine.settling import need

BTC = {"BTC/EUR": "50000"}


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("price", ["1", "30000", "50000", "70000"])
@pytest.mark.parametrize("share", ["1", "0.5"])
def test_settling_and_closing_leave_the_same_net_worth_without_fees(side: str, price: str, share: str) -> None:
    """B7: whole or in part, at any price, as long as no loss has to be converted (R16)."""
    given = [opens("BTC/EUR", side, "1"), moves("BTC/EUR", price)]
    before = {"EUR": "60000", "BTC": "1"}
    worths = {
        worth(tell(before, BTC, [*given, *end]).final, "EUR")
        for end in ([], [settles("BTC/EUR", share)], [closes("BTC/EUR", share)])
    }

    assert len(worths) == 1


@pytest.mark.parametrize(("side", "fee"), [("long", "160"), ("short", "160")])
def test_with_fees_they_differ_by_the_closing_fee(side: str, fee: str) -> None:
    """R5 against A9: 0.4 % of 40,000."""
    given = [opens("BTC/EUR", side, "1"), moves("BTC/EUR", "40000")]
    settled, closed = (
        tell({"EUR": "60000", "BTC": "1"}, BTC, [*given, end], fees={"trading": "0.004"})
        for end in (settles("BTC/EUR"), closes("BTC/EUR"))
    )
    ways = [outcome(story.moments[2:], story.final, "EUR") for story in (settled, closed)]

    assert [way.fees for way in ways] == [0, Fraction(fee)]
    assert ways[0].worth - ways[1].worth == Fraction(fee)


def test_a_deposit_is_no_gain() -> None:
    story = tell({"EUR": "1000"}, BTC, [deposits("BTC", "0.1")])
    result = outcome(story.moments, story.final, "EUR")

    assert [result.worth, result.deposited, result.own_worth] == [6000, 5000, 1000]


def test_a_fee_that_no_balance_bears_alone_is_counted_with_its_conversion() -> None:
    """A4: a fee of 120 at opening from 100 EUR and 1,000 DOGE takes 20 EUR from DOGE, as a loss would."""
    before = {"EUR": "100", "DOGE": "1000"}
    prices = {"BTC/EUR": "50000", "DOGE/EUR": "0.1"}
    story = tell(before, prices, [opens("BTC/EUR", "long", "0.004")], fees={"trading": "0.6"})
    result = outcome(story.moments, story.final, "EUR")

    assert result.trading_fees == pytest.approx(Fraction(20, 19) * 20 + 100, abs=1e-6)
    assert worth(story.moments[0].before, "EUR") - result.worth == result.trading_fees


def test_conversion_fees_are_in_the_outcome() -> None:
    """R16: 500 lost, 100 there: 400 from BTC at 45,000 cost 10.2564."""
    given = [opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "45000"), closes("BTC/EUR")]
    story = tell({"EUR": "100", "BTC": "0.1"}, BTC, given)
    result = outcome(story.moments, story.final, "EUR")

    assert result.conversion_fees == Fraction("10.2564")
    assert result.trading_fees == 0


def test_what_has_no_price_has_no_worth() -> None:
    with pytest.raises(Refusal, match="no price to turn DOGE into EUR"):
        worth(tell({"DOGE": "1"}, BTC, []).final, "EUR")


@pytest.mark.parametrize(
    ("side", "before", "missing", "possible"),
    [
        ("long", {"EUR": "30000"}, ("EUR", "20000"), "0.6"),
        ("long", {"EUR": "50000"}, ("EUR", "0"), "1"),
        ("short", {"EUR": "30000", "BTC": "0.25"}, ("BTC", "0.75"), "0.25"),
        ("short", {"EUR": "30000"}, ("BTC", "1"), "0"),
    ],
)
def test_what_a_settlement_needs(side: str, before: dict[str, str], missing: tuple[str, str], possible: str) -> None:
    """R3, R6."""
    story = tell(before, BTC, [opens("BTC/EUR", side, "1")])
    needed = need(story.final, "BTC/EUR", "all")

    assert (needed.currency, needed.missing, needed.possible) == (missing[0], Decimal(missing[1]), Decimal(possible))


@pytest.mark.parametrize("side", ["long", "short"])
@given(
    price=st.decimals(1, 90000, places=4),
    rate=st.decimals(0, "0.1", places=4),
    volume=st.decimals("0.0001", 1, places=4),
)
def test_the_order_for_what_is_missing_makes_the_settlement_possible(
    side: str, price: Decimal, rate: Decimal, volume: Decimal
) -> None:
    """R6: the second way out, whatever the price and the fee; and the order is no larger than it has to be."""
    given: list[Do] = [opens("BTC/EUR", side, str(volume)), moves("BTC/EUR", str(price))]
    before = {"EUR": "0", "BTC": "100000"} if side == "long" else {"EUR": "100000", "BTC": "0"}
    fees, rules = {"trading": str(rate)}, {"initial_margin_check": False}
    story = tell(before, BTC, given, fees=fees, rules=rules)
    needed = need(story.final, "BTC/EUR", "all")
    if not needed.missing:
        return
    order = order_for(story.final, "BTC/EUR", needed.currency, needed.missing)
    bought = trades("BTC/EUR", order.side, f"{order.volume:f}")
    ended = tell(before, BTC, [*given, bought, settles("BTC/EUR")], fees=fees, rules=rules)

    assert ended.error is None
    assert isinstance(ended.moments[-1].step, Settle)
    assert ended.final.balance(needed.currency) <= price * Decimal("0.00000003") + Decimal("0.0001")

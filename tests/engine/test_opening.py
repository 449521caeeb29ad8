"""Opening: who lends what, what is restricted, what it costs, and when it is refused."""

import pytest
from bookings import Do, book, closes, opens

from marginlib.engine.amounts import plain

BTC = {"BTC/EUR": "50000"}


@pytest.mark.parametrize(
    ("side", "owed", "held"),
    [("long", ("EUR", "100000"), ("BTC", "2")), ("short", ("BTC", "2"), ("EUR", "100000"))],
)
def test_what_is_extended_and_what_is_received(side: str, owed: tuple[str, str], held: tuple[str, str]) -> None:
    """R1: a long borrows the quote currency, a short the base; what is received stays restricted."""
    booked = book({"EUR": "30000"}, BTC, [], opens("BTC/EUR", side, "2"))
    position = booked.story.as_json()["positions"][0]
    restricted = {code: plain(v) for (name, code), v in booked.story.final.books.items() if name == "restricted"}

    assert position["owed"] == {"currency": owed[0], "amount": owed[1]}
    assert position["held"] == {"currency": held[0], "amount": held[1]}
    assert restricted == dict([held])
    assert booked.rows == ["margin EUR 0 = 30000"]
    assert booked.after == {"EUR": "30000"}


def test_leverage_two_and_the_current_price_when_left_out() -> None:
    booked = book({"EUR": "50000"}, BTC, [], {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1"})
    position = booked.story.as_json()["positions"][0]

    assert (position["open_price"], position["leverage"]) == ("50000", "2")


def test_a_price_of_its_own_does_not_move_the_market() -> None:
    booked = book({"EUR": "50000"}, BTC, [], opens("BTC/EUR", "long", "1", price="49000"))

    assert booked.lots == ["1 long 1 BTC/EUR at 49000"]
    assert booked.margin["equity"] == "51000"


def test_the_trading_fee_then_the_opening_fee_each_by_itself() -> None:
    """A4, B6: 80 and 10 EUR on 50,000; only the second fits into the 50 EUR that there are."""
    booked = book(
        {"EUR": "50", "ETH": "10"},
        {**BTC, "ETH/EUR": "2000"},
        [],
        opens("BTC/EUR", "long", "1"),
        fees={"trading": "0.0016", "opening": "0.0002"},
    )

    assert booked.rows == ["margin EUR 0 fee 10 = 40", "margin ETH 0 fee 0.04 = 9.96"]


def test_the_opening_fee_is_on_the_price_of_the_trade() -> None:
    """B6: a rate on the amount extended, 1 BTC at 49,000."""
    booked = book({"EUR": "50000"}, BTC, [], opens("BTC/EUR", "short", "1", price="49000"), fees={"opening": "0.0002"})

    assert booked.rows == ["margin EUR 0 fee 9.8 = 49990.2"]


@pytest.mark.parametrize(
    ("balance", "refused"), [("10000", None), ("9999.9999", "insufficient_margin"), ("0", "insufficient_margin")]
)
def test_a_position_may_start_at_100_percent_and_not_below(balance: str, refused: str | None) -> None:
    """B4: 1 BTC at 50,000 and 5x needs 10,000."""
    booked = book({"EUR": balance}, BTC, [], opens("BTC/EUR", "long", "1"))

    assert booked.refused == refused


@pytest.mark.parametrize(("balance", "refused"), [("10090", None), ("10089.9999", "insufficient_margin")])
def test_the_level_counts_after_both_fees(balance: str, refused: str | None) -> None:
    """B4, B6: the fees are 80 and 10."""
    fees = {"trading": "0.0016", "opening": "0.0002"}
    booked = book({"EUR": balance}, BTC, [], opens("BTC/EUR", "long", "1"), fees=fees)

    assert booked.refused == refused
    assert (booked.after == {"EUR": balance}) == (refused is not None)


def test_the_check_can_be_switched_off() -> None:
    """B4."""
    booked = book({"EUR": "1"}, BTC, [], opens("BTC/EUR", "long", "1"), rules={"initial_margin_check": False})

    assert booked.lots == ["1 long 1 BTC/EUR at 50000"]


@pytest.mark.parametrize(("first", "second"), [("long", "short"), ("short", "long")])
def test_the_other_side_is_a_closing(first: str, second: str) -> None:
    """A6: the exchange nets a pair."""
    booked = book({"EUR": "50000"}, BTC, [opens("BTC/EUR", first, "1")], opens("BTC/EUR", second, "0.1"))

    assert booked.refused == "opposite_position_open"
    assert booked.lots == [f"1 {first} 1 BTC/EUR at 50000"]


def test_the_other_side_in_another_pair_or_after_the_end_is_fine() -> None:
    """A6: per pair, and only while a position is open."""
    prices = {**BTC, "BTC/USD": "55000", "EUR/USD": "1.1"}
    given = [opens("BTC/EUR", "long", "1"), opens("BTC/USD", "short", "1"), closes("BTC/EUR")]
    booked = book({"EUR": "50000"}, prices, given, opens("BTC/EUR", "short", "1"))

    assert booked.lots == ["2 short 1 BTC/USD at 55000", "3 short 1 BTC/EUR at 50000"]


def test_a_refused_opening_uses_no_number() -> None:
    given: list[Do] = [opens("BTC/EUR", "long", "1")]
    refused = book({"EUR": "10000"}, BTC, given, opens("BTC/EUR", "long", "1"))

    assert refused.refused == "insufficient_margin"
    assert refused.story.final.opened == 1


@pytest.mark.parametrize("price", [None, "50000"])
def test_an_order_needs_a_price_of_its_own_pair(price: str | None) -> None:
    """A2 is for valuing: an order in BTC/EUR can't use BTC/USD and EUR/USD."""
    prices = {"BTC/USD": "55000", "EUR/USD": "1.1"}
    booked = book({"EUR": "50000"}, prices, [], opens("BTC/EUR", "long", "1", price=price))

    assert booked.refused == "missing_price"
    assert "BTC/EUR" in booked.message


def test_the_other_side_is_found_before_the_missing_margin() -> None:
    booked = book({"EUR": "10000"}, BTC, [opens("BTC/EUR", "long", "1")], opens("BTC/EUR", "short", "99"))

    assert booked.refused == "opposite_position_open"

"""Settling: own funds go to the exchange, what was received is kept; no trade, no fee, no profit or loss."""

from decimal import Decimal

import pytest
from bookings import Do, book, deposits, moves, opens, settles, tell, trades

from marginlib.engine.amounts import plain
from marginlib.engine.settling import need

BTC = {"BTC/EUR": "50000"}
FEES = {"trading": "0.004", "opening": "0.0002", "rollover": "0.0002"}


def test_a_short_is_settled_with_the_btc_that_were_sold() -> None:
    """R3, R4, the source's short BTC/EUR: the price has moved to 58,000, which doesn't matter."""
    given = [opens("BTC/EUR", "short", "1"), moves("BTC/EUR", "58000")]
    booked = book({"BTC": "1.5"}, BTC, given, settles("BTC/EUR", "1"))

    assert booked.rows == ["settled BTC -1 = 0.5", "settled EUR +50000 = 50000"]
    assert booked.after == {"BTC": "0.5", "EUR": "50000"}
    assert booked.lots == []
    assert booked.realised == []


def test_a_long_is_settled_with_the_euros_that_bought_it() -> None:
    """R3, R4, the source's long BTC/EUR: 50,000 as at opening, though BTC is at 42,000 now."""
    given = [opens("BTC/EUR", "long", "1"), moves("BTC/EUR", "42000")]
    booked = book({"EUR": "60000"}, BTC, given, settles("BTC/EUR", "1"))

    assert booked.rows == ["settled EUR -50000 = 10000", "settled BTC +1 = 1"]
    assert booked.after == {"BTC": "1", "EUR": "10000"}
    assert booked.lots == []
    assert booked.realised == []


@pytest.mark.parametrize(
    ("side", "volume", "before", "after", "lots"),
    [
        ("long", "1", {"EUR": "50000"}, {"BTC": "1", "EUR": "0"}, []),
        ("long", "0.5", {"EUR": "50000"}, {"BTC": "0.5", "EUR": "25000"}, ["1 long 0.5 BTC/EUR at 50000"]),
        ("short", "1", {"BTC": "1"}, {"BTC": "0", "EUR": "50000"}, []),
        ("short", "0.5", {"BTC": "1"}, {"BTC": "0.5", "EUR": "25000"}, ["1 short 0.5 BTC/EUR at 50000"]),
    ],
)
def test_one_btc_at_5x_settled_whole_and_by_half(
    side: str, volume: str, before: dict[str, str], after: dict[str, str], lots: list[str]
) -> None:
    """R2, R3, R4 and the examples of R19: all of the position, or a part of it."""
    booked = book(before, BTC, [opens("BTC/EUR", side, "1", 5)], settles("BTC/EUR", volume))

    assert (booked.after, booked.lots) == (after, lots)


@pytest.mark.parametrize("side", ["long", "short"])
def test_what_was_received_is_free_to_use(side: str) -> None:
    """R4: it can be sold by an ordinary order at once."""
    given = [opens("BTC/EUR", side, "1"), settles("BTC/EUR")]
    request = trades("BTC/EUR", "sell", "1") if side == "long" else trades("BTC/EUR", "buy", "1")
    booked = book({"EUR": "50000"} if side == "long" else {"BTC": "1"}, BTC, given, request)

    assert booked.refused is None
    assert booked.after == ({"BTC": "0", "EUR": "50000"} if side == "long" else {"BTC": "1", "EUR": "0"})
    assert not any(amount for (name, _), amount in booked.story.final.books.items() if name == "restricted")


@pytest.mark.parametrize("side", ["long", "short"])
def test_settling_costs_nothing(side: str) -> None:
    """R5: all rates are above zero, and the settlement's rows have no fee."""
    given = [opens("BTC/EUR", side, "1")]
    booked = book({"EUR": "60000", "BTC": "1"}, BTC, given, settles("BTC/EUR"), fees=FEES)

    assert [row.fee for row in booked.story.moments[-1].rows] == [0, 0]
    assert booked.story.moments[-1].rows[0].asset == ("EUR" if side == "long" else "BTC")
    fees = {key: value for key, value in booked.story.final.books.items() if key[0] == "fees"}
    assert fees == {key: value for key, value in booked.story.moments[0].after.books.items() if key[0] == "fees"}


TOO_LITTLE: list[Do] = [opens("BTC/EUR", "short", "1")]


def test_too_little_to_settle_is_refused_and_says_how_much_could_be() -> None:
    """R6, A7: there are euros enough, but a short is settled in BTC."""
    booked = book({"BTC": "0.4", "EUR": "100000"}, BTC, TOO_LITTLE, settles("BTC/EUR", "1"))

    assert booked.refused == "insufficient_funds"
    assert booked.after == {"BTC": "0.4", "EUR": "100000"}
    assert booked.lots == ["1 short 1 BTC/EUR at 50000"]
    for words in ("needs 1 BTC", "balance is 0.4 BTC", "settle at most 0.4 BTC", "Deposit 0.6 BTC"):
        assert words in booked.message


@pytest.mark.parametrize(
    ("remedy", "after"),
    [
        (deposits("BTC", "0.6"), {"BTC": "0", "EUR": "150000"}),
        (trades("BTC/EUR", "buy", "0.6"), {"BTC": "0", "EUR": "120000"}),
    ],
)
def test_a_deposit_or_an_ordinary_order_makes_up_for_it(remedy: Do, after: dict[str, str]) -> None:
    """R6: the two ways out that the source names."""
    booked = book({"BTC": "0.4", "EUR": "100000"}, BTC, [*TOO_LITTLE, remedy], settles("BTC/EUR", "1"))

    assert booked.after == after
    assert booked.lots == []


TWO_LOTS: list[Do] = [
    opens("BTC/EUR", "long", "1"),
    moves("BTC/EUR", "40000"),
    opens("BTC/EUR", "long", "1"),
]


def test_the_oldest_lot_is_settled_first() -> None:
    """R7: 1.25 of 1 at 30,000 and 1 at 40,000 cost 40,000, in a row for each lot."""
    booked = book({"EUR": "40000"}, {"BTC/EUR": "30000"}, TWO_LOTS, settles("BTC/EUR", "1.25"))

    assert booked.rows == [
        "settled EUR -30000 = 10000",
        "settled BTC +1 = 1",
        "settled EUR -10000 = 0",
        "settled BTC +0.25 = 1.25",
    ]
    assert booked.lots == ["2 long 0.75 BTC/EUR at 40000"]


def test_how_much_could_be_settled_counts_the_oldest_lot_first() -> None:
    """R7, A7: 35,000 pay for 1 BTC at 30,000 and 0.125 at 40,000."""
    booked = book({"EUR": "35000"}, {"BTC/EUR": "30000"}, TWO_LOTS, settles("BTC/EUR", "1.25"))

    assert booked.refused == "insufficient_funds"
    assert "settle at most 1.125 BTC" in booked.message
    assert booked.lots == ["1 long 1 BTC/EUR at 30000", "2 long 1 BTC/EUR at 40000"]


def test_a_settlement_stays_within_its_pair() -> None:
    """R18: a BTC/USD position is open, older and of the same size; it isn't touched."""
    prices = {**BTC, "BTC/USD": "55000", "EUR/USD": "1.1"}
    given = [opens("BTC/USD", "short", "1"), opens("BTC/EUR", "short", "1")]
    booked = book({"BTC": "2"}, prices, given, settles("BTC/EUR"))

    assert booked.after == {"BTC": "1", "EUR": "50000", "USD": "0"}
    assert booked.lots == ["1 short 1 BTC/USD at 55000"]


def test_another_pair_of_the_same_base_does_not_help() -> None:
    """R18."""
    prices = {**BTC, "BTC/USD": "55000", "EUR/USD": "1.1"}
    booked = book({"BTC": "2"}, prices, [opens("BTC/USD", "short", "1")], settles("BTC/EUR", "1"))

    assert booked.refused == "no_position"


@pytest.mark.parametrize(("volume", "refused"), [("1", None), ("1.0000000001", "volume_exceeds_position")])
def test_no_more_than_is_open(volume: str, refused: str | None) -> None:
    """A6: and that is found before the missing funds."""
    booked = book({"BTC": "1"}, BTC, [opens("BTC/EUR", "short", "1")], settles("BTC/EUR", volume))

    assert booked.refused == refused


def test_ledger_precision_of_what_is_paid_and_kept() -> None:
    """A8: four decimals of EUR and ten of BTC, half to even."""
    given = [opens("BTC/EUR", "long", "0.12345678905", price="1.01")]
    booked = book({"EUR": "10"}, BTC, given, settles("BTC/EUR"))

    assert booked.rows == ["settled EUR -0.1247 = 9.8753", "settled BTC +0.123456789 = 0.123456789"]


@pytest.mark.parametrize(
    ("balance", "missing", "possible"),
    [
        ("0", "40000", "0"),
        ("15000", "25000", "0.5"),
        ("35000", "5000", "1.125"),
        ("40000", "0", "1.25"),
        ("99999", "0", "1.25"),
    ],
)
def test_what_settling_would_need_can_be_asked_beforehand(balance: str, missing: str, possible: str) -> None:
    """R3, R6, R7: 1 BTC at 30,000 and a quarter at 40,000. What is possible is then accepted."""
    unchecked = {"initial_margin_check": False}
    before = tell({"EUR": balance}, {"BTC/EUR": "30000"}, TWO_LOTS, rules=unchecked).final
    needed = need(before, "BTC/EUR", Decimal("1.25"))

    assert (needed.currency, plain(needed.missing), plain(needed.possible)) == ("EUR", missing, possible)
    if needed.possible:
        settled = book({"EUR": balance}, {"BTC/EUR": "30000"}, TWO_LOTS, settles("BTC/EUR", possible), rules=unchecked)
        assert settled.refused is None

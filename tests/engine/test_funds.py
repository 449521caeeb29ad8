"""Deposits, withdrawals, ordinary orders, and the rollovers that fall due as time passes."""

from decimal import Decimal

import pytest
from bookings import Do, book, closes, deposits, moves, opens, tell, trades, waits, withdraws
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib.engine.amounts import plain
from marginlib.engine.funds import order_for

BTC = {"BTC/EUR": "50000"}


def test_a_deposit() -> None:
    """R6: funds come from outside; a new currency starts at nothing."""
    booked = book({"EUR": "5"}, {}, [], deposits("BTC", "0.5"))

    assert booked.rows == ["deposit BTC +0.5 = 0.5"]
    assert booked.after == {"BTC": "0.5", "EUR": "5"}


def test_a_withdrawal() -> None:
    booked = book({"EUR": "5"}, {}, [], withdraws("EUR", "5"))

    assert booked.rows == ["withdrawal EUR -5 = 0"]
    assert booked.story.final.books == {("outside", "EUR"): 5}


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "5.0001"), ("BTC", "0.1")])
def test_no_more_can_be_withdrawn_than_there_is(currency: str, amount: str) -> None:
    booked = book({"EUR": "5"}, {}, [], withdraws(currency, amount))

    assert booked.refused == "insufficient_funds"
    assert booked.after == {"EUR": "5"}
    assert amount in booked.message


@pytest.mark.parametrize("amount", ["0.00006", "100.00006"])
def test_rounding_takes_no_balance_below_zero(amount: str) -> None:
    """A8: the row would be 0.0001 or 100.0001, more than there is."""
    booked = book({"EUR": amount}, {}, [], withdraws("EUR", amount))

    assert booked.refused == "insufficient_funds"
    assert booked.after == {"EUR": amount}


@pytest.mark.parametrize(
    ("side", "volume", "rows", "after"),
    [
        ("buy", "0.2", ["trade EUR -10000 fee 26 = 9974", "trade BTC +0.2 = 1.2"], {"BTC": "1.2", "EUR": "9974"}),
        ("sell", "0.2", ["trade BTC -0.2 = 0.8", "trade EUR +10000 fee 26 = 29974"], {"BTC": "0.8", "EUR": "29974"}),
    ],
)
def test_an_ordinary_order(side: str, volume: str, rows: list[str], after: dict[str, str]) -> None:
    """R6, R17: a buy pays volume x price + fee, a sell receives volume x price - fee."""
    booked = book({"EUR": "20000", "BTC": "1"}, BTC, [], trades("BTC/EUR", side, volume), fees={"trading": "0.0026"})

    assert booked.rows == rows
    assert booked.after == after


@pytest.mark.parametrize(
    ("side", "balances", "refused"),
    [
        ("buy", {"EUR": "50130"}, None),
        ("buy", {"EUR": "50129.9999", "BTC": "5"}, "insufficient_funds"),
        ("sell", {"BTC": "1"}, None),
        ("sell", {"BTC": "0.9999999999", "EUR": "99999"}, "insufficient_funds"),
    ],
)
def test_an_ordinary_order_needs_its_own_funds(side: str, balances: dict[str, str], refused: str | None) -> None:
    """R6: the fee is part of it, and nothing is converted."""
    booked = book(balances, BTC, [], trades("BTC/EUR", side, "1"), fees={"trading": "0.0026"})

    assert booked.refused == refused


def test_an_ordinary_order_at_a_price_of_its_own() -> None:
    """It doesn't move the market."""
    booked = book({"EUR": "50000"}, BTC, [], trades("BTC/EUR", "buy", "1", price="49000"))

    assert booked.after == {"BTC": "1", "EUR": "1000"}
    assert plain(booked.story.final.prices["BTC/EUR"]) == "50000"


@pytest.mark.parametrize("price", [None, "1"])
def test_an_ordinary_order_needs_its_pairs_price_first(price: str | None) -> None:
    """The price is asked for before the funds."""
    assert book({}, {}, [], trades("BTC/EUR", "buy", "1", price=price)).refused == "missing_price"


def test_an_ordinary_order_leaves_positions_alone() -> None:
    """A6 is for margin orders: one may sell own BTC while a long is open."""
    booked = book({"EUR": "20000", "BTC": "1"}, BTC, [opens("BTC/EUR", "long", "1")], trades("BTC/EUR", "sell", "1"))

    assert booked.lots == ["1 long 1 BTC/EUR at 50000"]
    assert booked.after == {"BTC": "0", "EUR": "70000"}


FEES = {"rollover": "0.0002"}


@pytest.mark.parametrize(
    ("waiting", "count"),
    [(["3.9999"], 0), (["4"], 1), (["7.99"], 1), (["9"], 2), (["3", "1"], 1), (["1", "2", "2"], 1), (["24"], 6)],
)
def test_a_rollover_for_every_full_four_hours(waiting: list[str], count: int) -> None:
    """B6, R21: of the position's age, however the time is cut."""
    story = tell({"EUR": "20000"}, BTC, [opens("BTC/EUR", "long", "1"), *map(waits, waiting)], fees=FEES)
    rollovers = [row for row in story.ledger if row.type == "rollover"]

    assert [plain(row.fee) for row in rollovers] == ["10"] * count
    assert plain(story.final.balances["EUR"]) == str(20000 - 10 * count)


def test_the_age_counts_from_each_positions_own_opening() -> None:
    """B6: opened at 0 h and at 3 h; between 3 h and 9 h fall 4 h and 8 h of the first, 7 h of the second."""
    given = [opens("BTC/EUR", "long", "1"), waits(3), opens("BTC/EUR", "long", "0.5")]
    booked = book({"EUR": "20000"}, BTC, given, waits(6), fees=FEES)

    assert booked.rows == [
        "rollover EUR 0 fee 10 = 19990",
        "rollover EUR 0 fee 10 = 19980",
        "rollover EUR 0 fee 5 = 19975",
    ]
    assert [row.position for row in booked.story.ledger if row.type == "rollover"] == [1, 1, 2]


@pytest.mark.parametrize(("side", "fee"), [("long", "10"), ("short", "8")])
def test_what_a_rollover_is_on(side: str, fee: str) -> None:
    """B6, R21: a long's on volume x opening price, a short's on volume x current price."""
    given = [opens("BTC/EUR", side, "1"), moves("BTC/EUR", "40000")]
    booked = book({"EUR": "20000"}, BTC, given, waits(4), fees=FEES)

    assert booked.rows == [f"rollover EUR 0 fee {fee} = {20000 - int(fee)}"]


def test_only_what_is_still_open_costs() -> None:
    """B6, R21: half of it was closed."""
    given = [opens("BTC/EUR", "long", "1"), closes("BTC/EUR", "0.5")]

    assert book({"EUR": "20000"}, BTC, given, waits(4), fees=FEES).rows == ["rollover EUR 0 fee 5 = 19995"]
    assert book({"EUR": "20000"}, BTC, [*given, closes("BTC/EUR")], waits(8), fees=FEES).rows == []


def test_rollovers_are_charged_one_by_one() -> None:
    """B6, A4: 10 EUR each; the second doesn't fit into the 15 EUR any more."""
    given: list[Do] = [opens("BTC/EUR", "long", "1")]
    booked = book({"EUR": "15", "BTC": "1"}, BTC, given, waits(12), fees=FEES)

    assert booked.rows == [
        "rollover EUR 0 fee 10 = 5",
        "rollover BTC 0 fee 0.0002 = 0.9998",
        "rollover BTC 0 fee 0.0002 = 0.9996",
    ]


def test_waiting_without_a_rate_or_a_position_does_nothing() -> None:
    """B6: rates are inputs, 0 when left out."""
    assert book({"EUR": "20000"}, BTC, [opens("BTC/EUR", "long", "1")], waits(8784)).rows == []
    assert book({"EUR": "20000"}, BTC, [], waits(8784), fees=FEES).rows == []


def test_what_opening_and_holding_cost() -> None:
    """R21, B6: 0.02 % at once, then 0.02 % for each 4 h: the source's interest on what was borrowed."""
    story = tell({"EUR": "20000"}, BTC, [opens("BTC/EUR", "long", "1"), waits(8)], fees={"opening": "0.0002", **FEES})

    assert plain(story.final.balances["EUR"]) == "19970"
    assert plain(story.final.positions[0].owed[1]) == "50000"


@settings(deadline=None)
@given(
    st.decimals("0.0001", 90000, places=4),
    st.sampled_from(["0", "0.0026", "0.004", "0.1"]),
    st.decimals("0.0001", 10000, places=4),
)
def test_the_order_that_brings_in_what_is_missing(price: Decimal, rate: str, missing: Decimal) -> None:
    """R6: what a sale leaves after its fee is enough, and no more was sold than needed."""
    prices, fees, own = {"BTC/EUR": f"{price}"}, {"trading": rate}, {"BTC": "999999999999"}
    order = order_for(tell(own, prices, [], fees=fees).final, "BTC/EUR", "EUR", missing)
    brought = tell(own, prices, [order.as_data()], fees=fees).final.balance("EUR")

    assert (order.side, order.price) == ("sell", None)
    assert brought >= missing
    assert (order.volume - Decimal("0.00000002")) * price * (1 - Decimal(rate)) < missing


def test_what_is_missing_of_the_base_is_bought() -> None:
    """R6: the fee is in QUOTE, so it is just the amount."""
    order = order_for(tell({}, BTC, []).final, "BTC/EUR", "BTC", Decimal("0.6"))

    assert (order.side, order.volume) == ("buy", Decimal("0.6"))

"""Trade balance, equity, used and free margin, margin level."""

from fractions import Fraction

import pytest
from bookings import Do, book, closes, deposits, moves, opens, tell, trades, withdraws

from marginlib.engine.margin import put_up, return_on_put_up

BTC = {"BTC/USD": "60000"}
UNCHECKED = {"initial_margin_check": False}


def summary(equity: str, used: str, free: str, level: str | None, trade_balance: str) -> dict[str, str | None]:
    return {
        "currency": "USD",
        "trade_balance": trade_balance,
        "equity": equity,
        "used_margin": used,
        "free_margin": free,
        "margin_level": level,
    }


def test_fifteen_thousand_long_on_five_thousand() -> None:
    """B2, B3: used 3,000, free 2,000."""
    booked = book({"USD": "5000"}, BTC, [], opens("BTC/USD", "long", "0.25", 5))

    assert booked.margin == summary("5000", "3000", "2000", "166.6667", "5000")


@pytest.mark.parametrize(
    ("price", "equity", "free", "level"),
    [("20000", "10000", "6000", "250"), ("13200", "3200", "-800", "80"), ("11600", "1600", "-2400", "40")],
)
def test_one_btc_at_twenty_thousand_on_ten_thousand(price: str, equity: str, free: str, level: str) -> None:
    """B1, B2, B3, B5: used 4,000; level 250 %; the margin call comes at 13,200."""
    given = [opens("BTC/USD", "long", "1", 5)]
    booked = book({"USD": "10000"}, {"BTC/USD": "20000"}, given, moves("BTC/USD", price))

    assert booked.margin == summary(equity, "4000", free, level, "10000")


def test_short_at_sixty_thousand_with_three_times() -> None:
    """R20: 20,000 put up; the price falls by 10 %, equity rises by 30 % of it."""
    before = tell({"USD": "20000"}, BTC, [opens("BTC/USD", "short", "1", 3)]).margin
    after = tell({"USD": "20000"}, BTC, [opens("BTC/USD", "short", "1", 3), moves("BTC/USD", "54000")]).margin

    assert before is not None
    assert after is not None
    assert before.used_margin == 20000
    assert (after.equity - before.equity) / before.used_margin == Fraction(30, 100)


@pytest.mark.parametrize(("side", "share"), [("short", Fraction(30, 100)), ("long", Fraction(-30, 100))])
def test_the_return_on_what_was_put_up(side: str, share: Fraction) -> None:
    """R20: ten percent down, at 3x."""
    state = tell({"USD": "20000"}, BTC, [opens("BTC/USD", side, "1", 3), moves("BTC/USD", "54000")]).final

    assert put_up(state.positions[0]) == 20000
    assert return_on_put_up(state, state.positions[0]) == share


@pytest.mark.parametrize("leverage", ["1", "2", "3", "5", "2.5"])
@pytest.mark.parametrize(("side", "sign"), [("long", 1), ("short", -1)])
def test_a_move_of_x_percent_is_leverage_times_x_on_what_was_put_up(side: str, sign: int, leverage: str) -> None:
    """R20: the same price move moves the same money; leverage only says on how little of one's own."""
    story = tell({"USD": "60000"}, BTC, [opens("BTC/USD", side, "1", leverage), moves("BTC/USD", "61200")])
    after = story.margin
    assert after is not None
    put_up = Fraction(60000) / Fraction(leverage)

    assert after.equity - 60000 == sign * 1200
    assert (after.equity - 60000) / put_up == sign * Fraction(leverage) * Fraction(2, 100)


@pytest.mark.parametrize(
    ("side", "price", "used"),
    [("long", "66000", "12000"), ("long", "54000", "12000"), ("short", "66000", "13200"), ("short", "54000", "10800")],
)
def test_a_longs_used_margin_stays_and_a_shorts_moves(side: str, price: str, used: str) -> None:
    """B2: fixed in QUOTE for a long, in BASE for a short."""
    booked = book({"USD": "60000"}, BTC, [opens("BTC/USD", side, "1", 5)], moves("BTC/USD", price))

    assert booked.margin["used_margin"] == used


def test_used_margin_of_several_lots_adds_up_and_shrinks_with_each_closing() -> None:
    """B2."""
    given = [opens("BTC/USD", "long", "1", 5), opens("BTC/USD", "long", "1", 3)]
    both = book({"USD": "60000"}, BTC, given[:1], given[1])
    half = book({"USD": "60000"}, BTC, given, closes("BTC/USD", "0.5"))

    assert both.margin["used_margin"] == "32000"
    assert half.margin["used_margin"] == "26000"


PRICES = {**BTC, "EUR/USD": "1.1", "XMR/USD": "150"}


@pytest.mark.parametrize(
    ("haircuts", "expected"),
    [({}, "66600"), ({"BTC": "0.05"}, "63600"), ({"BTC": "0.05", "EUR": "0.1"}, "62940"), ({"BTC": "1"}, "6600")],
)
def test_the_trade_balance_is_collateral_after_its_haircut(haircuts: dict[str, str], expected: str) -> None:
    """B1: 1 BTC and 6,000 EUR; XMR is no collateral."""
    before = {"BTC": "1", "EUR": "6000", "XMR": "10"}
    story = tell(before, PRICES, [], valuation="USD", rules={"haircuts": haircuts})

    assert story.as_json()["margin"] == summary(expected, "0", expected, None, expected)


def test_a_haircut_counts_when_a_position_is_opened() -> None:
    """B1, B4: 0.2 BTC are worth 12,000, but with half of it cut they are too little for 1 BTC at 5x."""
    opening = opens("BTC/USD", "short", "1", 5)

    assert book({"BTC": "0.2"}, BTC, [], opening).refused is None
    assert book({"BTC": "0.2"}, BTC, [], opening, rules={"haircuts": {"BTC": "0.5"}}).refused == "insufficient_margin"


def test_the_summary_is_in_the_valuation_currency() -> None:
    """B1, A2: everything, the unpaid included, is valued there."""
    given = [opens("BTC/USD", "long", "0.1", 5, price="60100"), closes("BTC/USD")]
    booked = book({}, PRICES, given, opens("BTC/USD", "long", "0.11", 5), valuation="EUR", rules=UNCHECKED)

    assert booked.unpaid == {"USD": "10"}
    assert booked.margin == {
        "currency": "EUR",
        "trade_balance": "0",
        "equity": "-9.0909",
        "used_margin": "1200",
        "free_margin": "-1209.0909",
        "margin_level": "-0.7576",
    }


def test_a_summary_that_cannot_be_priced_is_all_null() -> None:
    story = tell({"USD": "100", "DOGE": "5"}, BTC, [])

    assert set(story.as_json()["margin"].values()) == {None}


def test_what_is_no_collateral_needs_no_price() -> None:
    """B1."""
    assert tell({"USD": "100", "ZEC": "5"}, BTC, []).as_json()["margin"]["equity"] == "100"


@pytest.mark.parametrize(("amount", "refused"), [("8000", None), ("8000.0001", "insufficient_margin")])
def test_used_margin_cannot_be_withdrawn(amount: str, refused: str | None) -> None:
    """B9: 12,000 of 20,000 are used."""
    booked = book({"USD": "20000"}, BTC, [opens("BTC/USD", "long", "1", 5)], withdraws("USD", amount))

    assert booked.refused == refused
    assert booked.after == {"USD": "12000" if refused is None else "20000"}


@pytest.mark.parametrize(("volume", "refused"), [("50", None), ("50.01", "insufficient_margin")])
def test_nor_spent_on_what_is_no_collateral(volume: str, refused: str | None) -> None:
    """B9: 7,500 USD for 50 XMR leave 12,500, of which 12,000 are used and 500 must cover the loss."""
    given = [opens("BTC/USD", "long", "1", 5), moves("BTC/USD", "59500")]
    booked = book({"USD": "20000"}, PRICES, given, trades("XMR/USD", "buy", volume))

    assert booked.refused == refused


def test_without_the_check_used_margin_can_be_withdrawn() -> None:
    """B9 goes with B4's switch."""
    booked = book({"USD": "20000"}, BTC, [opens("BTC/USD", "long", "1", 5)], withdraws("USD", "20000"), rules=UNCHECKED)

    assert booked.after == {"USD": "0"}


def test_with_nothing_open_everything_can_go() -> None:
    """B9: there is no used margin, and nothing needs a price."""
    assert book({"USD": "20", "DOGE": "5"}, {}, [], withdraws("USD", "20")).after == {"DOGE": "5", "USD": "0"}


@pytest.mark.parametrize(
    ("given", "request_"),
    [
        ([], opens("BTC/USD", "long", "0.1")),
        ([deposits("DOGE", "5")], withdraws("USD", "1")),
        ([deposits("DOGE", "5")], trades("BTC/USD", "buy", "0.1")),
    ],
)
def test_a_check_that_cannot_be_priced_refuses(given: list[Do], request_: Do) -> None:
    """B4, B9, A2: DOGE is collateral, and has no price."""
    before = {"USD": "20000"} if given else {"USD": "20000", "DOGE": "5"}
    given = [opens("BTC/USD", "long", "0.1"), *given] if given else []
    booked = book(before, BTC, given, request_)

    assert booked.refused == "missing_price"
    assert booked.after["USD"] == "20000"


def test_the_refusal_says_how_much_is_missing() -> None:
    """B4."""
    booked = book({"USD": "11000"}, BTC, [], opens("BTC/USD", "long", "1", 5))

    assert "91.67 %" in booked.message
    assert "1000 USD short" in booked.message

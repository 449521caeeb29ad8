"""Closing: an opposing order repays the obligation; the rest is profit or loss in the quote currency."""

import pytest
from bookings import Do, book, closes, moves, opens, settles

BTC = {"BTC/EUR": "50000"}


@pytest.mark.parametrize(
    ("side", "price", "pnl", "after"),
    [
        ("long", "53000", "3000", "23000"),
        ("long", "46000", "-4000", "16000"),
        ("long", "50000", "0", "20000"),
        ("short", "46000", "4000", "24000"),
        ("short", "53000", "-3000", "17000"),
        ("short", "50000", "0", "20000"),
    ],
)
def test_profit_or_loss_is_in_the_quote_currency(side: str, price: str, pnl: str, after: str) -> None:
    """R9, R10, R11, R20: the volume counts whole; leverage doesn't multiply it once more."""
    given = [opens("BTC/EUR", side, "1", 5), moves("BTC/EUR", price)]
    booked = book({"EUR": "20000", "BTC": "0.5"}, BTC, given, closes("BTC/EUR"))

    assert booked.pnl == [pnl]
    assert booked.after == {"BTC": "0.5", "EUR": after}
    assert booked.lots == []
    assert len(booked.rows) == 1


@pytest.mark.parametrize(("side", "price"), [("long", "53000"), ("short", "46000"), ("long", "46000")])
def test_proceeds_repay_the_obligation_first(side: str, price: str) -> None:
    """R10: afterwards the exchange has everything back that it extended, and nothing is restricted."""
    given = [opens("BTC/EUR", side, "1", 5), moves("BTC/EUR", price)]
    booked = book({"EUR": "20000"}, BTC, given, closes("BTC/EUR"))

    open_books = {key: v for key, v in booked.story.moments[0].after.books.items() if key[0] == "exchange"}
    books = booked.story.final.books
    assert open_books == {("exchange", "EUR" if side == "long" else "BTC"): -50000 if side == "long" else -1}
    assert {v for (name, _), v in books.items() if name in ("exchange", "restricted")} == {0}


def test_a_position_can_end_by_parts_and_in_both_ways() -> None:
    """R2: closed by a quarter, settled by a quarter, closed at last."""
    given = [opens("BTC/EUR", "long", "1"), moves("BTC/EUR", "52000"), closes("BTC/EUR", "0.25")]
    quarter = book({"EUR": "30000"}, BTC, given[:2], given[2])
    half = book({"EUR": "30000"}, BTC, given, settles("BTC/EUR", "0.25"))
    whole = book({"EUR": "30000"}, BTC, [*given, settles("BTC/EUR", "0.25")], closes("BTC/EUR", "0.5"))

    assert (quarter.after, quarter.lots) == ({"EUR": "30500"}, ["1 long 0.75 BTC/EUR at 50000"])
    assert (half.after, half.lots) == ({"BTC": "0.25", "EUR": "18000"}, ["1 long 0.5 BTC/EUR at 50000"])
    assert (whole.after, whole.lots) == ({"BTC": "0.25", "EUR": "19000"}, [])


@pytest.mark.parametrize(("volume", "refused"), [("1", None), ("1.00000001", "volume_exceeds_position")])
def test_a_closing_is_for_up_to_the_open_volume(volume: str, refused: str | None) -> None:
    """R9, A6: a larger order would flip the position."""
    booked = book({"EUR": "20000"}, BTC, [opens("BTC/EUR", "long", "1")], closes("BTC/EUR", volume))

    assert booked.refused == refused
    assert booked.lots == ([] if refused is None else ["1 long 1 BTC/EUR at 50000"])


def test_nothing_open_nothing_to_close() -> None:
    """R9."""
    assert book({"EUR": "20000"}, BTC, [], closes("BTC/EUR")).refused == "no_position"


def test_a_price_of_its_own_is_that_trades_alone() -> None:
    given = [opens("BTC/EUR", "short", "1")]
    booked = book({"EUR": "20000"}, BTC, given, closes("BTC/EUR", "0.5", price="49000"))

    assert booked.pnl == ["500"]
    assert booked.margin["equity"] == "20500"
    assert booked.story.final.prices == booked.story.moments[0].before.prices


TWO_LOTS: list[Do] = [
    opens("ETH/EUR", "long", "1", 3),
    moves("ETH/EUR", "2600"),
    opens("ETH/EUR", "long", "1", 3),
    moves("ETH/EUR", "2100"),
]
ETH = {"ETH/EUR": "2000"}


def test_the_oldest_lot_is_closed_first() -> None:
    """R8: half a lot at 2,000, though the one at 2,600 is the nearer in time."""
    booked = book({"EUR": "3000"}, ETH, TWO_LOTS, closes("ETH/EUR", "0.5"))

    assert booked.pnl == ["50"]
    assert booked.lots == ["1 long 0.5 ETH/EUR at 2000", "2 long 1 ETH/EUR at 2600"]


def test_an_earlier_lots_profit_is_there_for_a_later_lots_loss() -> None:
    """R12, R8: lot by lot, not netted: the 100 EUR gained are taken before any ETH."""
    booked = book({"ETH": "2"}, ETH, TWO_LOTS, closes("ETH/EUR"))

    assert booked.pnl == ["100", "-500"]
    assert booked.cascades == [[], ["EUR 100 covers 100", "ETH 0.1953601954 covers 400 fee 10.2564 (0.025)"]]
    assert booked.rows == [
        "margin EUR +100 = 100",
        "margin EUR -100 = 0",
        "margin ETH -0.1904761905 fee 0.0048840049 = 1.8046398046",
    ]


def test_each_lot_pays_its_fee_before_the_next_one_is_closed() -> None:
    """A9, R12: repay, realise, charge. The first lot's fee of 21 goes off its profit of 100."""
    booked = book({"ETH": "2"}, ETH, TWO_LOTS, closes("ETH/EUR"), fees={"trading": "0.01"})

    assert booked.rows[0] == "margin EUR +100 fee 21 = 79"
    assert booked.cascades[1][0] == "EUR 79 covers 79"


def test_the_loss_is_realised_before_the_fee_is_charged() -> None:
    """A9: the other way round, the fee of 40 would come out of the euros."""
    given = [opens("ETH/EUR", "long", "2", 3), moves("ETH/EUR", "1900")]
    rules = {"initial_margin_check": False}
    booked = book({"EUR": "200", "ETH": "5"}, ETH, given, closes("ETH/EUR"), fees={"trading": "0.01"}, rules=rules)
    before = booked.story.moments[-1].before

    assert before.balances["EUR"] == 160
    assert booked.cascades == [["EUR 160 covers 160", "ETH 0.0215924427 covers 40 fee 1.0256 (0.025)"]]
    assert booked.rows == [
        "margin EUR -160 = 0",
        "margin ETH -0.0210526316 fee 0.0205398111 = 4.9584075573",
    ]


@pytest.mark.parametrize(
    ("volume", "price", "pnl"),
    [("0.00005", "51001", "0.05"), ("0.00000005", "51000", "0"), ("0.00000015", "51000", "0.0002")],
)
def test_profit_is_rounded_once_a_lot(volume: str, price: str, pnl: str) -> None:
    """A8: four decimals of EUR, half to even (0.05005, 0.00005 and 0.00015)."""
    given = [opens("BTC/EUR", "long", volume), moves("BTC/EUR", price)]
    booked = book({"EUR": "100"}, BTC, given, closes("BTC/EUR"))

    assert booked.pnl == [pnl]


def test_the_trading_fee_of_a_closing_is_on_its_own_traded_value() -> None:
    """A4: 0.4 % of 0.5 BTC at 54,000."""
    given = [opens("BTC/EUR", "long", "1"), moves("BTC/EUR", "54000")]
    booked = book({"EUR": "20000"}, BTC, given, closes("BTC/EUR", "0.5"), fees={"trading": "0.004"})

    assert booked.rows == ["margin EUR +2000 fee 108 = 21692"]

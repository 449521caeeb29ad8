"""What a new price sets off: protective stops, then automated liquidation."""

import pytest
from bookings import Do, book, closes, deposits, moves, opens, settles, stops, waits, withdraws

BTC = {"BTC/USD": "20000"}
SHORT: list[Do] = [opens("BTC/USD", "short", "1")]
LONG: list[Do] = [opens("BTC/USD", "long", "1")]


@pytest.mark.parametrize(
    ("side", "stop", "refused"),
    [
        ("long", "sell", None),
        ("short", "buy", None),
        ("long", "buy", "wrong_stop_side"),
        ("short", "sell", "wrong_stop_side"),
    ],
)
def test_the_side_of_a_stop(side: str, stop: str, refused: str | None) -> None:
    """R22: a sell stop protects a long, a buy stop a short."""
    booked = book(
        {"USD": "50000"},
        BTC,
        [opens("BTC/USD", side, "1")],
        stops("BTC/USD", stop, "19000" if stop == "sell" else "21000"),
    )

    assert booked.refused == refused
    assert len(booked.story.final.stops) == (refused is None)


def test_a_stop_needs_a_position_in_its_pair() -> None:
    """R22."""
    prices = {**BTC, "ETH/USD": "1000"}

    assert book({"USD": "50000"}, prices, LONG, stops("ETH/USD", "sell", "900")).refused == "no_position"


@pytest.mark.parametrize(
    ("side", "stop", "trigger", "price", "pnl"),
    [
        ("long", "sell", "19000", "19000.01", []),
        ("long", "sell", "19000", "19000", ["-1000"]),
        ("long", "sell", "19000", "18500", ["-1500"]),
        ("short", "buy", "21000", "20999.99", []),
        ("short", "buy", "21000", "21000", ["-1000"]),
        ("short", "buy", "21000", "22500", ["-2500"]),
    ],
)
def test_a_stop_closes_at_the_price_that_crosses_it(
    side: str, stop: str, trigger: str, price: str, pnl: list[str]
) -> None:
    """R22: at that step's price, not at the trigger."""
    given = [opens("BTC/USD", side, "1"), stops("BTC/USD", stop, trigger)]
    booked = book({"USD": "50000"}, BTC, given, moves("BTC/USD", price))

    assert booked.pnl == pnl
    assert (booked.lots == []) == (pnl != [])
    assert [each.by for each in booked.realised] == ["stop"] * len(pnl)


def test_a_stop_is_only_looked_at_when_the_price_moves() -> None:
    """R22: time passes, and orders have prices of their own; the next price of the market closes."""
    given = [*LONG, stops("BTC/USD", "sell", "19000")]
    for step in (waits(8), deposits("USD", "1"), opens("BTC/USD", "long", "0.1", price="18000")):
        assert book({"USD": "50000"}, BTC, given, step).realised == []
    assert book({"USD": "50000"}, BTC, given, moves("BTC/USD", "19000")).pnl == ["-1000"]


def test_a_stop_covers_lots_opened_later_oldest_first() -> None:
    """R22, R8."""
    given = [*LONG, stops("BTC/USD", "sell", "19000"), moves("BTC/USD", "22000"), opens("BTC/USD", "long", "1")]
    booked = book({"USD": "50000"}, BTC, given, moves("BTC/USD", "19000"))

    assert booked.pnl == ["-1000", "-3000"]
    assert [each.position.id for each in booked.realised] == [1, 2]


@pytest.mark.parametrize("part", [closes("BTC/USD", "0.4"), settles("BTC/USD", "0.4")])
def test_a_stop_lasts_through_a_part(part: Do) -> None:
    """R22."""
    given = [*LONG, stops("BTC/USD", "sell", "19000"), part]
    booked = book({"USD": "50000"}, BTC, given, moves("BTC/USD", "19000"))

    assert booked.pnl == ["-600"]
    assert booked.story.final.stops == ()


@pytest.mark.parametrize("end", [closes("BTC/USD"), settles("BTC/USD")])
def test_a_stop_ends_with_the_position(end: Do) -> None:
    """R22: a new position in the pair is not covered."""
    given = [*LONG, stops("BTC/USD", "sell", "19000"), end, *LONG]
    booked = book({"USD": "50000"}, BTC, given, moves("BTC/USD", "18000"))

    assert booked.realised == []
    assert booked.story.final.stops == ()


def test_several_stops_may_wait_and_all_end_together() -> None:
    """R22: the nearest one closes."""
    given = [*LONG, stops("BTC/USD", "sell", "15000"), stops("BTC/USD", "sell", "19000")]
    waiting = book({"USD": "50000"}, BTC, given[:2], given[2])
    booked = book({"USD": "50000"}, BTC, given, moves("BTC/USD", "18000"))

    assert [each["trigger"] for each in waiting.story.as_json()["stops"]] == ["15000", "19000"]
    assert booked.pnl == ["-2000"]
    assert booked.story.final.stops == ()


ETH_TOO = [*LONG, opens("ETH/USD", "long", "1"), stops("BTC/USD", "sell", "19000")]


@pytest.mark.parametrize("price", ["800", "1200"])
def test_another_pairs_price_sets_no_stop_off(price: str) -> None:
    """R22: 800 is below the trigger, but it is ETH's price."""
    booked = book({"USD": "50000"}, {**BTC, "ETH/USD": "1000"}, ETH_TOO, moves("ETH/USD", price))

    assert booked.lots == ["1 long 1 BTC/USD at 20000", "2 long 1 ETH/USD at 1000"]


def test_a_stop_closes_its_own_pair_alone() -> None:
    """R22: and leaves the other pair's stops waiting."""
    given = [*ETH_TOO, stops("ETH/USD", "sell", "900")]
    booked = book({"USD": "50000"}, {**BTC, "ETH/USD": "1000"}, given, moves("ETH/USD", "800"))

    assert booked.lots == ["1 long 1 BTC/USD at 20000"]
    assert [stop.pair for stop in booked.story.final.stops] == ["BTC/USD"]


def test_the_trading_fee_of_a_stop() -> None:
    """R22, A4: it is a closing like any other."""
    given = [*LONG, stops("BTC/USD", "sell", "19000")]
    booked = book({"USD": "50000"}, BTC, given, moves("BTC/USD", "19000"), fees={"trading": "0.001"})

    assert booked.rows == ["margin USD -1000 fee 19 = 48961"]
    assert booked.rules[0][0] == "R22"


def liquidation(mode: str) -> Do:
    return {"liquidation": mode}


@pytest.mark.parametrize(
    ("price", "closed"),
    [("13200", False), ("11600.01", False), ("11600", True), ("11599.99", True), ("5000", True)],
)
@pytest.mark.parametrize("mode", ["all", "until-100"])
def test_liquidation_comes_at_a_level_of_forty(price: str, closed: bool, mode: str) -> None:
    """B5: used 4,000, so at an equity of 1,600; the call at 80 % closes nothing."""
    booked = book({"USD": "10000"}, BTC, LONG, moves("BTC/USD", price), rules=liquidation(mode))

    assert (booked.lots == []) == closed
    assert [each.by for each in booked.realised] == ["liquidation"] * closed


def test_off_means_off() -> None:
    """B5: the default."""
    assert book({"USD": "10000"}, BTC, LONG, moves("BTC/USD", "10")).realised == []


@pytest.mark.parametrize("step", [waits(4), deposits("USD", "0.0001"), opens("BTC/USD", "long", "0.1")])
def test_liquidation_is_only_looked_at_when_a_price_moves(step: Do) -> None:
    """B5: a withdrawal takes the level to 40 %; a price that stays where it is sets it off."""
    rules = {**liquidation("all"), "initial_margin_check": False}
    given = [*LONG, withdraws("USD", "8400")]

    assert book({"USD": "10000"}, BTC, given, step, rules=rules).realised == []
    assert book({"USD": "10000"}, BTC, given, moves("BTC/USD", "20000"), rules=rules).lots == []


THREE: list[Do] = [
    opens("ETH/EUR", "long", "8"),
    opens("BTC/EUR", "long", "0.1"),
    opens("ETH/EUR", "long", "0.5"),
]
EUR = {"ETH/EUR": "1000", "BTC/EUR": "20000"}


def test_liquidation_closes_every_position_oldest_first_whatever_the_pair() -> None:
    """B5: equity is 600 of 2,100 used."""
    booked = book({"EUR": "2300"}, EUR, THREE, moves("ETH/EUR", "800"), rules=liquidation("all"))

    assert [(each.position.id, each.position.pair) for each in booked.realised] == [
        (1, "ETH/EUR"),
        (2, "BTC/EUR"),
        (3, "ETH/EUR"),
    ]
    assert booked.pnl == ["-1600", "0", "-100"]
    assert booked.after == {"EUR": "600"}


def test_or_only_until_the_level_is_back() -> None:
    """B5: without the first position, 600 of 500 are used."""
    booked = book({"EUR": "2300"}, EUR, THREE, moves("ETH/EUR", "800"), rules=liquidation("until-100"))

    assert [each.position.id for each in booked.realised] == [1]
    assert booked.lots == ["2 long 0.1 BTC/EUR at 20000", "3 long 0.5 ETH/EUR at 1000"]


@pytest.mark.parametrize(("balance", "closed"), [("2200", [1]), ("2199.9999", [1, 2]), ("1800", [1, 2])])
def test_the_level_is_back_at_exactly_one_hundred(balance: str, closed: list[int]) -> None:
    """B5: 500 of 500 used is enough; what is above 40 % but below 100 % is not."""
    rules = liquidation("until-100")
    booked = book({"EUR": balance}, EUR, THREE, moves("ETH/EUR", "800"), rules={**rules, "initial_margin_check": False})

    assert [each.position.id for each in booked.realised] == closed


def test_a_liquidated_loss_runs_through_the_cascade() -> None:
    """B5, R13, R16, A5: 14,000 of loss, as with an own closing."""
    booked = book({"USD": "3000", "BTC": "1"}, BTC, LONG, moves("BTC/USD", "6000"), rules=liquidation("all"))

    assert booked.cascades == [["USD 3000 covers 3000", "BTC 1 covers 5850 fee 150 (0.025)"]]
    assert booked.unpaid == {"USD": "5150"}
    assert booked.rules[0][0] == "B5"


def test_stops_are_looked_at_before_liquidation() -> None:
    """R22, B5: the stop's closing brings the level back, so the older position in the other pair stays."""
    given = [THREE[1], THREE[0], stops("ETH/EUR", "sell", "850")]
    booked = book({"EUR": "2300"}, EUR, given, moves("ETH/EUR", "800"), rules=liquidation("all"))

    assert [(each.by, each.position.id) for each in booked.realised] == [("stop", 2)]
    assert booked.lots == ["1 long 0.1 BTC/EUR at 20000"]


def test_liquidation_may_follow_a_stop() -> None:
    """R22, B5: the stop leaves 100 of 400 used."""
    given = [THREE[1], THREE[0], stops("ETH/EUR", "sell", "850")]
    rules = {**liquidation("all"), "initial_margin_check": False}
    booked = book({"EUR": "1700"}, EUR, given, moves("ETH/EUR", "800"), rules=rules)

    assert [(each.by, each.position.id) for each in booked.realised] == [("stop", 2), ("liquidation", 1)]


def test_a_price_of_another_pair_can_set_it_off() -> None:
    """B5: it is the collateral that fell."""
    prices = {**BTC, "ETH/USD": "1000"}
    booked = book({"ETH": "4"}, prices, LONG, moves("ETH/USD", "400"), rules=liquidation("all"))

    assert [each.by for each in booked.realised] == ["liquidation"]


def test_a_level_that_cannot_be_priced_refuses_the_step() -> None:
    """B5, A7: and the old price stays."""
    rules = {**liquidation("all"), "initial_margin_check": False}
    booked = book({"USD": "9000", "DOGE": "1"}, BTC, LONG, moves("BTC/USD", "19000"), rules=rules)

    assert booked.refused == "missing_price"
    assert str(booked.story.final.prices["BTC/USD"]) == "20000"

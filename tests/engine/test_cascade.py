"""Taking a loss or a charge out of the balances: in which order, at what price, for what fee."""

from decimal import Decimal
from typing import Any

import pytest
from bookings import Do, book, closes, moves, opens, trades, waits

from marginlib import rulebook
from marginlib.engine.amounts import plain
from marginlib.engine.cascade import preference

LISTED = (
    "USD EUR GBP AUD CAD JPY CHF BTC ETH XRP LTC DOGE XLM USDT ADA XTZ ATOM LINK DAI PAXG USDC TRX DOT AAVE MANA "
    "MATIC SOL AVAX SHIB FTM RUNE NEAR STX SUI PEPE TAO WIF RENDER"
)

PRICES = {
    "BTC/EUR": "50000",
    "EUR/USD": "1.1",
    "GBP/EUR": "1.2",
    "ETH/EUR": "2000",
    "ETH/BTC": "0.04",
    "ADA/BTC": "0.00001",
    "BTC/USD": "55000",
    "DOGE/EUR": "0.1",
    "USDT/EUR": "0.9",
    "PAXG/EUR": "2500",
    "XMR/EUR": "150",
    "ZEC/EUR": "30",
}
UNCHECKED = {"initial_margin_check": False}


def lose(balances: dict[str, str], loss: str, pair: str = "BTC/EUR", **rules: Any) -> list[str]:
    """The cascade of a loss of so much QUOTE: one unit of BASE bought too dearly."""
    price = str(Decimal(PRICES[pair]) + Decimal(loss))
    given = [opens(pair, "long", "1", price=price)]
    booked = book(balances, PRICES, given, closes(pair), rules={**UNCHECKED, **rules})
    assert booked.pnl == [f"-{loss}"]
    return booked.cascades[0]


def order(taken: list[str]) -> list[str]:
    return [text.split()[0] for text in taken]


def test_the_exchanges_order_of_collateral() -> None:
    """R14: 38 currencies."""
    assert " ".join(rulebook().collateral_order) == LISTED
    assert len(rulebook().collateral_order) == 38


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        # Both are collateral: QUOTE, BASE, then the list without them.
        ("BTC/EUR", ["EUR", "BTC", "USD", "GBP", "DOGE", "ADA", "XMR", "ZEC"]),
        ("ADA/BTC", ["BTC", "ADA", "USD", "EUR", "GBP", "DOGE", "XMR", "ZEC"]),
        # BASE isn't: it comes after the list.
        ("XMR/EUR", ["EUR", "USD", "GBP", "BTC", "DOGE", "ADA", "XMR", "ZEC"]),
        # QUOTE isn't: after the list, but before the other funds.
        ("BTC/XMR", ["BTC", "USD", "EUR", "GBP", "DOGE", "ADA", "XMR", "ZEC"]),
        # Neither is: after the list, QUOTE first.
        ("XMR/ZEC", ["USD", "EUR", "GBP", "BTC", "DOGE", "ADA", "ZEC", "XMR"]),
    ],
)
def test_the_order_of_preference(pair: str, expected: list[str]) -> None:
    """R13, R14, R15, A3."""
    base, quote = pair.split("/")
    held = ["ZEC", "XMR", "BTC", "GBP", "EUR", "DOGE", "USD", "ADA"]
    places = preference(rulebook().collateral_order, base, quote, held)

    assert [place.currency for place in places if place.currency in held] == expected
    assert len({place.currency for place in places}) == len(places)


def test_other_funds_go_by_the_alphabet() -> None:
    """R15, A3."""
    places = preference(("USD",), "BTC", "USD", ["ZEC", "BSV", "XMR", "AAA"])

    assert [place.currency for place in places] == ["USD", "BTC", "AAA", "BSV", "XMR", "ZEC"]


def test_a_loss_runs_down_the_order() -> None:
    """R13, R14, R15, R16, A1, A3, A5: everything there is goes, in order, and 61,341.5 EUR stay unpaid."""
    before = {"ZEC": "10", "XMR": "1", "DOGE": "1000", "BTC": "0.01", "USD": "110", "EUR": "50"}
    booked = book(before, PRICES, [opens("BTC/EUR", "long", "1", price="112500")], closes("BTC/EUR"), rules=UNCHECKED)

    assert booked.cascades == [
        [
            "EUR 50 covers 50",
            "BTC 0.01 covers 487.5 fee 12.5 (0.025)",
            "USD 110 covers 98.5 fee 1.5 (0.015)",
            "DOGE 1000 covers 95 fee 5 (0.05)",
            "XMR 1 covers 142.5 fee 7.5 (0.05)",
            "ZEC 10 covers 285 fee 15 (0.05)",
        ]
    ]
    assert booked.after == {"BTC": "0", "DOGE": "0", "EUR": "0", "USD": "0", "XMR": "0", "ZEC": "0"}
    assert booked.unpaid == {"EUR": "61341.5"}
    assert plain(booked.realised[0].unpaid) == "61341.5"


def test_an_order_of_ones_own() -> None:
    """R13: with EUR and BTC not collateral, DOGE and GBP go first, then QUOTE, BASE and the others."""
    before = {"EUR": "10", "BTC": "0.0001", "GBP": "10", "DOGE": "100", "ADA": "100"}

    assert order(lose(before, "5000", collateral_order=["DOGE", "GBP"])) == ["DOGE", "GBP", "EUR", "BTC", "ADA"]


def test_what_comes_later_stays_while_something_earlier_is_left() -> None:
    """R13: the BTC suffice."""
    assert order(lose({"EUR": "100", "BTC": "1", "USD": "9999"}, "500")) == ["EUR", "BTC"]


ADA: dict[str, str] = {"ADA": "50000", "USD": "600", "BTC": "0.01"}
ADA_LOSS: list[Do] = [opens("ADA/BTC", "long", "100000"), moves("ADA/BTC", "0.000008")]


def test_ada_btc_by_the_list_as_it_stands() -> None:
    """R13, C1: ADA is on the list (15th), so as BASE it comes second, and the dollars stay."""
    booked = book(ADA, PRICES, ADA_LOSS, closes("ADA/BTC"))

    assert booked.pnl == ["-0.2"]
    assert booked.cascades == [["BTC 0.01 covers 0.01", "ADA 25000 covers 0.19 fee 0.01 (0.05)"]]
    assert booked.after == {"ADA": "25000", "BTC": "0", "USD": "600"}


def test_ada_btc_as_the_source_tells_it() -> None:
    """R13, C1: ADA isn't collateral, so it comes last."""
    rules = {**UNCHECKED, "collateral_order": LISTED.replace("ADA ", "").split()}
    booked = book(ADA, PRICES, ADA_LOSS, closes("ADA/BTC"), rules=rules)

    assert booked.cascades == [
        [
            "BTC 0.01 covers 0.01",
            "USD 600 covers 0.0106363636 fee 0.0002727273 (0.025)",
            "ADA 23600.4784736843 covers 0.1793636364 fee 0.0094401914 (0.05)",
        ]
    ]


@pytest.mark.parametrize(
    ("source", "target", "rate"),
    [
        ("USD", "EUR", "0.015"),
        ("EUR", "CHF", "0.015"),
        ("JPY", "GBP", "0.015"),
        ("BTC", "EUR", "0.025"),
        ("EUR", "BTC", "0.025"),
        ("ETH", "USD", "0.025"),
        ("AUD", "ETH", "0.025"),
        ("BTC", "ETH", "0.05"),
        ("ETH", "BTC", "0.05"),
        ("USDT", "USD", "0.05"),
        ("USDC", "EUR", "0.05"),
        ("DAI", "USD", "0.05"),
        ("PAXG", "USD", "0.05"),
        ("BTC", "USDT", "0.05"),
        ("DOGE", "EUR", "0.05"),
        ("XMR", "ADA", "0.05"),
        ("EUR", "EUR", "0"),
    ],
)
def test_the_conversion_fee(source: str, target: str, rate: str) -> None:
    """R16: stablecoins and PAXG are not cash."""
    assert plain(rulebook().conversion_fee(source, target)) == rate


@pytest.mark.parametrize(
    ("pair", "balances", "loss", "expected"),
    [
        ("BTC/EUR", {"USD": "5000"}, "985", "USD 1100 covers 985 fee 15 (0.015)"),
        ("BTC/EUR", {"GBP": "5000"}, "1182", "GBP 1000 covers 1182 fee 18 (0.015)"),
        ("BTC/EUR", {"ETH": "5"}, "1950", "ETH 1 covers 1950 fee 50 (0.025)"),
        ("BTC/EUR", {"USDT": "5000"}, "855", "USDT 1000 covers 855 fee 45 (0.05)"),
        ("BTC/EUR", {"PAXG": "5"}, "2375", "PAXG 1 covers 2375 fee 125 (0.05)"),
        ("ETH/BTC", {"EUR": "5000"}, "0.0195", "EUR 1000 covers 0.0195 fee 0.0005 (0.025)"),
        ("ETH/BTC", {"ETH": "5"}, "0.038", "ETH 1 covers 0.038 fee 0.002 (0.05)"),
    ],
)
def test_the_fee_comes_out_of_the_proceeds(pair: str, balances: dict[str, str], loss: str, expected: str) -> None:
    """R16, A1: C / (r (1 - f)) is taken."""
    assert lose(balances, loss, pair) == [expected]


def test_fee_rates_of_ones_own_leave_the_others_as_they_are() -> None:
    """R16: a scenario's override."""
    mixed = {"USD": "1100", "BTC": "1"}
    fees: dict[str, Any] = {"conversion_fees": {"btc_eth_cash": "0"}}

    assert lose({"BTC": "1"}, "1000", **fees) == ["BTC 0.02 covers 1000"]
    assert lose({"USD": "1100"}, "985", **fees) == ["USD 1100 covers 985 fee 15 (0.015)"]
    assert order(lose(mixed, "51000", **fees)) == ["BTC", "USD"]


def test_the_row_of_a_conversion() -> None:
    """R16, A1, A8: fee = taken x rate, amount = -(taken - fee), in the converted asset."""
    given = [opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "45000")]
    booked = book({"EUR": "100", "USD": "500", "BTC": "0.01", "DOGE": "1000"}, PRICES, given, closes("BTC/EUR"))

    assert booked.rows == ["margin EUR -100 = 0", "margin BTC -0.008888889 fee 0.0002279202 = 0.0008831908"]
    assert booked.cascades == [["EUR 100 covers 100", "BTC 0.0091168092 covers 400 fee 10.2564 (0.025)"]]
    assert [rules[0] for rules in booked.rules] == ["R9", "R13"]
    assert {"R16", "A1"} <= set(booked.rules[1])


@pytest.mark.parametrize(
    ("doge", "loss", "expected"),
    [
        # 1 / 0.095 = 10.52631578947…: the last digit goes up, so that the loss is covered.
        ("1000", "1", "DOGE 10.5263157895 covers 1 fee 0.0526 (0.05)"),
        # But never beyond the balance, though what it covers is then rounded.
        ("10.5263157", "1", "DOGE 10.5263157 covers 1 fee 0.0526 (0.05)"),
        ("10.52", "1", "DOGE 10.52 covers 0.9994 fee 0.0526 (0.05)"),
        # A balance with more digits than the ledger has, and just enough: not 10.5263157895.
        ("10.52631578948", "1", "DOGE 10.52631578948 covers 1 fee 0.0526 (0.05)"),
    ],
)
def test_rounding_of_what_is_taken(doge: str, loss: str, expected: str) -> None:
    """A8."""
    assert lose({"DOGE": doge}, loss) == [expected]


def test_buying_the_euros_first_avoids_the_conversion_fee() -> None:
    """R17: the same loss of 400, from the same dollars."""
    given = [opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "46000")]
    converted = book({"USD": "2200"}, PRICES, given, closes("BTC/EUR"))
    bought = book({"USD": "2200"}, PRICES, [*given, trades("EUR/USD", "buy", "400")], closes("BTC/EUR"))

    assert converted.after == {"EUR": "0", "USD": "1753.2994"}
    assert bought.after == {"EUR": "0", "USD": "1760"}
    assert bought.cascades == [["EUR 400 covers 400"]]


def test_what_nothing_covers_is_unpaid_and_counts_against_equity() -> None:
    """A5."""
    given = [opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "45000")]
    booked = book({"EUR": "10"}, {"BTC/EUR": "50000"}, given, closes("BTC/EUR"), rules=UNCHECKED)

    assert booked.unpaid == {"EUR": "490"}
    assert booked.margin["trade_balance"] == "0"
    assert booked.margin["equity"] == "-490"


def test_later_credits_do_not_repay_what_is_unpaid() -> None:
    """A5: neither a deposit nor a profit; and unpaid losses of the same currency add up."""
    down = [opens("BTC/EUR", "long", "0.1", price="55000"), closes("BTC/EUR")]
    up = [opens("BTC/EUR", "short", "0.1", price="55000")]
    prices = {"BTC/EUR": "50000"}
    deposit = book({}, prices, down, {"do": "deposit", "currency": "EUR", "amount": "200"}, rules=UNCHECKED)
    profit = book({}, prices, [*down, *up], closes("BTC/EUR"), rules=UNCHECKED)
    twice = book({}, prices, [*down, down[0]], closes("BTC/EUR"), rules=UNCHECKED)

    assert (deposit.unpaid, deposit.after, deposit.margin["equity"]) == ({"EUR": "500"}, {"EUR": "200"}, "-300")
    assert (profit.unpaid, profit.after, profit.margin["equity"]) == ({"EUR": "500"}, {"EUR": "500"}, "0")
    assert twice.unpaid == {"EUR": "1000"}


@pytest.mark.parametrize(
    ("balances", "row"),
    [
        # 50 EUR are due.
        ({"EUR": "50", "BTC": "1"}, "rollover EUR 0 fee 50 = 0"),
        ({"EUR": "49.9999", "BTC": "1", "USD": "99"}, "rollover BTC 0 fee 0.001 = 0.999"),
        ({"EUR": "49", "BTC": "0.00099", "USD": "99"}, "rollover USD 0 fee 55 = 44"),
        ({"EUR": "49", "BTC": "0.001", "USD": "99"}, "rollover BTC 0 fee 0.001 = 0"),
        ({"ZEC": "2", "XMR": "1"}, "rollover XMR 0 fee 0.3333333334 = 0.6666666666"),
    ],
)
def test_a_charge_is_taken_whole_from_the_first_balance_that_bears_it(balances: dict[str, str], row: str) -> None:
    """A4, A8: at the plain rate, without a conversion fee, rounded up."""
    given = [opens("BTC/EUR", "long", "1")]
    booked = book(balances, PRICES, given, waits(4), fees={"rollover": "0.001"}, rules=UNCHECKED)

    assert booked.rows == [row]


def test_a_charge_that_no_balance_bears_is_taken_like_a_loss() -> None:
    """A4, A5, R16: 50 EUR are due, 20 + 24.375 + 0.95 can be had; the rows keep the charge's type."""
    before = {"EUR": "20", "BTC": "0.0005", "DOGE": "10"}
    given = [opens("BTC/EUR", "long", "1")]
    booked = book(before, PRICES, given, waits(4), fees={"rollover": "0.001"}, rules=UNCHECKED)

    assert booked.rows == [
        "rollover EUR -20 = 0",
        "rollover BTC -0.0004875 fee 0.0000125 = 0",
        "rollover DOGE -9.5 fee 0.5 = 0",
    ]
    assert booked.unpaid == {"EUR": "4.675"}
    assert booked.realised == []


def test_a_charge_that_rounds_to_nothing_leaves_no_row() -> None:
    """A8."""
    given = [opens("BTC/EUR", "long", "0.0000001")]
    booked = book({"EUR": "1"}, PRICES, given, waits(4), fees={"rollover": "0.001"})

    assert booked.rows == []


def test_a_charge_waits_for_its_price_only_when_its_turn_comes() -> None:
    """A2, A4."""
    given = [opens("BTC/EUR", "long", "1")]
    prices = {"BTC/EUR": "50000"}
    fees = {"rollover": "0.001"}
    enough = book({"EUR": "60", "XLM": "1"}, prices, given, waits(4), fees=fees, rules=UNCHECKED)
    too_little = book({"EUR": "40", "XLM": "1"}, prices, given, waits(4), fees=fees, rules=UNCHECKED)

    assert enough.after == {"EUR": "10", "XLM": "1"}
    assert too_little.refused == "missing_price"
    assert too_little.after == {"EUR": "40", "XLM": "1"}

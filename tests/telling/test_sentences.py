"""The sentences that the terminal and the panels show."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from marginlib import Scenario, Story, replay, rulebook, rules
from marginlib.engine.margin import Margin
from marginlib.engine.scenario import Price, Step, Wait
from marginlib.telling import sentences as words

NBSP = "\N{NO-BREAK SPACE}"
PRICES = {"BTC/EUR": "50000", "ETH/EUR": "2000", "EUR/USD": "1.1", "DOGE/EUR": "0.1", "XMR/EUR": "150"}


def story(balances: dict[str, str], *steps: dict[str, Any], **more: Any) -> Story:
    scenario = {"balances": balances, "prices": PRICES, "steps": list(steps), **more}
    return replay(Scenario.of(scenario))


def opens(side: str = "long", volume: str = "0.1", pair: str = "BTC/EUR") -> dict[str, Any]:
    return {"do": "open", "pair": pair, "side": side, "volume": volume, "leverage": 5}


def moves(price: str, pair: str = "BTC/EUR") -> dict[str, Any]:
    return {"do": "price", "pair": pair, "price": price}


def closes(volume: str = "all", price: str | None = None, pair: str = "BTC/EUR") -> dict[str, Any]:
    step = {"do": "close", "pair": pair, "volume": volume}
    return {**step, "price": price} if price else step


def last(told: Story) -> tuple[str, list[str]]:
    """The last step's sentence and details, with plain spaces."""
    assert told.error is None, told.error
    moment = told.moments[-1]
    return spaced(words.sentence(moment)), [spaced(each) for each in words.details(moment)]


def spaced(text: str) -> str:
    return text.replace(NBSP, " ")


RICH = {"EUR": "90000", "BTC": "2", "ETH": "5"}


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        (
            [opens("long")],
            "You open a long of 0.1 BTC at 50,000.00 EUR with 5× leverage: the exchange extends 5,000.00 EUR, "
            "which buys you 0.1 BTC, restricted (R1).",
        ),
        (
            [opens("short")],
            "You open a short of 0.1 BTC at 50,000.00 EUR with 5× leverage: the exchange extends 0.1 BTC, "
            "which sells for 5,000.00 EUR, restricted (R1).",
        ),
        ([moves("45000")], "BTC/EUR falls by 10 %, from 50,000.00 EUR to 45,000.00 EUR."),
        ([moves("50001")], "BTC/EUR rises from 50,000.00 EUR to 50,001.00 EUR."),
        ([moves("50000.0")], "BTC/EUR stays at 50,000.00 EUR."),
        ([moves("0.00001", "SHIB/USD")], "SHIB/USD gets a price: 0.00001 USD."),
        (
            [opens("long"), {"do": "settle", "pair": "BTC/EUR", "volume": "0.04"}],
            "You settle 0.04 BTC in BTC/EUR: 2,000.00 EUR go from your balance to the exchange, with no trade and "
            "no fee (R3, R5). 0.04 BTC are yours without restriction (R4).",
        ),
        (
            [opens("short", "1"), {"do": "settle", "pair": "BTC/EUR", "volume": "all"}],
            "You settle 1 BTC in BTC/EUR: 1 BTC goes from your balance to the exchange, with no trade and "
            "no fee (R3, R5). 50,000.00 EUR are yours without restriction (R4).",
        ),
        (
            [opens(), moves("60000"), opens(), {"do": "settle", "pair": "BTC/EUR", "volume": "0.15"}],
            "You settle 0.15 BTC in BTC/EUR, 2 lots, oldest first (R7): 8,000.00 EUR go from your balance to the "
            "exchange, with no trade and no fee (R3, R5). 0.15 BTC are yours without restriction (R4).",
        ),
        (
            [opens(), closes(price="51000")],
            "You sell 0.1 BTC of position 1 at 51,000.00 EUR: that repays 5,000.00 EUR and leaves 100.00 EUR, "
            "your profit (R9, R10, R11).",
        ),
        (
            [opens(), closes("0.05", "49000")],
            "You sell 0.05 BTC of position 1 at 49,000.00 EUR: that falls 50.00 EUR short of the 2,500.00 EUR owed, "
            "your loss (R9, R10, R11).",
        ),
        (
            [opens(), closes()],
            "You sell 0.1 BTC of position 1 at 50,000.00 EUR: that repays 5,000.00 EUR and leaves nothing "
            "(R9, R10, R11).",
        ),
        (
            [opens("short"), closes(price="49000")],
            "You buy 0.1 BTC back at 49,000.00 EUR and repay position 1: it costs 100.00 EUR less than its sale "
            "brought, your profit (R9, R10, R11).",
        ),
        (
            [opens("short"), closes(price="51000")],
            "You buy 0.1 BTC back at 51,000.00 EUR and repay position 1: it costs 100.00 EUR more than its sale "
            "brought, your loss (R9, R10, R11).",
        ),
        (
            [opens("short"), closes()],
            "You buy 0.1 BTC back at 50,000.00 EUR and repay position 1: it costs what its sale brought "
            "(R9, R10, R11).",
        ),
        (
            [opens(), opens(), closes("0.15")],
            "You close 0.15 BTC in BTC/EUR at 50,000.00 EUR: 2 lots, oldest first, each by itself (R8, R12).",
        ),
        ([{"do": "deposit", "currency": "EUR", "amount": "1234.5"}], "You deposit 1,234.50 EUR."),
        ([{"do": "withdraw", "currency": "BTC", "amount": "0.5"}], "You withdraw 0.5 BTC."),
        (
            [{"do": "trade", "pair": "BTC/EUR", "side": "buy", "volume": "0.1"}],
            "You buy 0.1 BTC at 50,000.00 EUR with an ordinary order: you pay 5,000.00 EUR (R6, R17).",
        ),
        ([{"do": "wait", "hours": "1"}], "1 hour passes."),
        ([{"do": "wait", "hours": "4.5"}], "4.5 hours pass."),
        (
            [opens(), {"do": "stop", "pair": "BTC/EUR", "side": "sell", "trigger": "45000"}],
            "You place a sell stop: at 45,000.00 EUR or less it closes your whole long in BTC/EUR (R22).",
        ),
        (
            [opens("short"), {"do": "stop", "pair": "BTC/EUR", "side": "buy", "trigger": "55000"}],
            "You place a buy stop: at 55,000.00 EUR or more it closes your whole short in BTC/EUR (R22).",
        ),
    ],
)
def test_a_step_is_told_in_a_sentence(steps: list[dict[str, Any]], sentence: str) -> None:
    assert last(story(RICH, *steps))[0] == sentence


def test_an_ordinary_sale_tells_its_fee() -> None:
    sale = {"do": "trade", "pair": "BTC/EUR", "side": "sell", "volume": "0.1"}

    assert last(story(RICH, sale, fees={"trading": "0.004"}))[0] == (
        "You sell 0.1 BTC at 50,000.00 EUR with an ordinary order: "
        "you receive 5,000.00 EUR, less a trading fee of 20.00 EUR (R6, R17)."
    )


UNCHECKED = {"initial_margin_check": False}


def test_a_cascade_tells_who_goes_when_and_why_and_what_stays_unpaid() -> None:
    balances = {"EUR": "100", "BTC": "0.002", "DOGE": "1000", "XMR": "1"}

    assert last(story(balances, opens(), closes(price="45000"), rules=UNCHECKED))[1] == [
        "Your 100.00 EUR go first, because EUR is the quote currency (R13).",
        "Your 0.002 BTC follow, because BTC is the base currency (R13). "
        "Converted, they cover 97.50 EUR, after a 2.5 % fee of 2.50 EUR (R16, A1).",
        "Your 1,000 DOGE follow, because DOGE is next in the collateral order (R13, R14). "
        "Converted, they cover 95.00 EUR, after a 5 % fee of 5.00 EUR (R16, A1).",
        "Your 1 XMR follows, because no collateral is left, and XMR is next by alphabet (R15, A3). "
        "Converted, it covers 142.50 EUR, after a 5 % fee of 7.50 EUR (R16, A1).",
        "Nothing is left to take: 65.00 EUR stay unpaid and count against your equity (A5).",
    ]


def test_a_balance_that_is_taken_in_part_is_not_called_all_of_it() -> None:
    told = story({"EUR": "100", "BTC": "1"}, opens(), moves("45000"), closes())

    assert last(told)[1][1].startswith("0.00911681 of your BTC follow, because BTC is the base currency (R13).")


def test_a_loss_that_the_quote_currency_bears_is_one_sentence() -> None:
    told = story({"EUR": "5000"}, opens(), closes(price="45000"))

    assert last(told)[1] == ["Your EUR bear all of it, because EUR is the quote currency (R13)."]


def test_currencies_that_are_not_collateral_say_so() -> None:
    rules_ = {**UNCHECKED, "collateral_order": ["USD"]}
    told = story({"EUR": "100", "BTC": "1"}, opens(), moves("45000"), closes(), rules=rules_)

    first, second = last(told)[1]
    assert first == "Your 100.00 EUR go first, because EUR is the quote currency, but not collateral (R13)."
    assert "because BTC is the base currency, but not collateral (R13)" in second


def test_a_conversion_without_a_fee_says_so() -> None:
    rules_ = {"conversion_fees": {"btc_eth_cash": "0"}}
    told = story({"BTC": "1"}, opens(), closes(price="45000"), rules=rules_)

    assert last(told)[1][0].endswith("Converted, they cover 500.00 EUR, without a fee (R16, A1).")


def test_several_lots_are_told_one_after_the_other_each_with_its_own_cascade() -> None:
    """R12: the first lot's profit pays the second lot's loss."""
    told = story({"ETH": "2"}, opens("long", "1", "ETH/EUR"), moves("2600", "ETH/EUR"),
                 opens("long", "1", "ETH/EUR"), closes(price="2100", pair="ETH/EUR"))  # fmt: skip
    details = last(told)[1]

    assert [each.partition(":")[0] for each in details[:2]] == [
        "You sell 1 ETH of position 1 at 2,100.00 EUR",
        "You sell 1 ETH of position 2 at 2,100.00 EUR",
    ]
    assert details[2] == "Your 100.00 EUR go first, because EUR is the quote currency (R13)."
    assert len(details) == 4


def test_a_stop_is_told_as_the_cause() -> None:
    """R22: it closes at the step's price, not at its trigger."""
    stop = {"do": "stop", "pair": "BTC/EUR", "side": "buy", "trigger": "51000"}
    told = story(RICH, opens("short"), stop, moves("52000"))

    assert last(told)[1] == [
        "That sets off your buy stop at 51,000.00 EUR: it closes the whole position (R22).",
        "Your stop buys 0.1 BTC back at 52,000.00 EUR and repays position 1: it costs 200.00 EUR more than its sale "
        "brought, your loss (R22, R10, R11).",
        "Your EUR bear all of it, because EUR is the quote currency (R13).",
    ]


def test_of_several_stops_the_one_that_was_crossed_is_named() -> None:
    low = {"do": "stop", "pair": "BTC/EUR", "side": "sell", "trigger": "30000"}
    high = {"do": "stop", "pair": "BTC/EUR", "side": "sell", "trigger": "45000"}
    told = story(RICH, opens(), low, high, moves("45000"))

    assert last(told)[1][0] == "That sets off your sell stop at 45,000.00 EUR: it closes the whole position (R22)."


def test_a_stop_that_ends_with_its_position_is_mentioned() -> None:
    stop = {"do": "stop", "pair": "BTC/EUR", "side": "sell", "trigger": "30000"}

    assert last(story(RICH, opens(), stop, closes()))[1] == ["With the position, your stop in BTC/EUR ends too (R22)."]
    assert last(story(RICH, opens(), stop, closes("0.05")))[1] == []


@pytest.mark.parametrize(
    ("mode", "how"),
    [("all", "all positions, oldest first"), ("until-100", "positions, oldest first, until it is back at 100 %")],
)
def test_a_liquidation_is_told_as_the_cause_once(mode: str, how: str) -> None:
    told = story({"EUR": "2300"}, opens("long", "4", "ETH/EUR"), opens("long", "4", "ETH/EUR"),
                 moves("1500", "ETH/EUR"), rules={"liquidation": mode, **UNCHECKED})  # fmt: skip
    details = last(told)[1]

    assert details[0] == f"The margin level is 40 % or less, so the exchange closes {how} (B5)."
    assert details[1].startswith("The exchange sells 4 ETH of position 1 at 1,500.00 EUR: that falls 2,000.00 EUR")
    assert [each for each in details if "margin level" in each] == details[:1]


def test_fees_are_told_with_what_bore_them() -> None:
    """A4: whole, from the first balance that can bear it."""
    fees = {"trading": "0.004", "opening": "0.0002"}

    assert last(story({"EUR": "5", "BTC": "1"}, opens(), fees=fees))[1] == [
        "The trading fee takes 0.0004 BTC, from the first balance that bears it whole (A4).",
        "The opening fee takes 1.00 EUR (B6, A4).",
    ]


def test_a_fee_that_no_balance_bears_is_taken_as_a_loss_is() -> None:
    """A4, A5: and what stays unpaid of it is told."""
    told = story({"EUR": "5", "BTC": "0.0001"}, opens(), fees={"trading": "0.004"}, rules=UNCHECKED)

    assert last(told)[1] == [
        "No single balance bears the trading fee, so it is taken as a loss is: 5.00 EUR and 0.0001 BTC "
        "(A4, R13, R16, A1).",
        "Of the trading fee, 10.12 EUR stay unpaid and count against your equity (A5).",
    ]


def test_the_loss_and_its_fee_do_not_count_the_same_unpaid_amount_twice() -> None:
    told = story({"EUR": "5"}, opens(), closes(price="45000"), fees={"trading": "0.004"}, rules=UNCHECKED)
    unpaid = [each for each in last(told)[1] if "unpaid" in each]

    assert unpaid == [
        "Nothing is left to take: 500.00 EUR stay unpaid and count against your equity (A5).",
        "Of the trading fee, 18.00 EUR stay unpaid and count against your equity (A5).",
    ]


def test_rollovers_of_a_wait_are_told_by_position() -> None:
    """B6: two full periods of four hours."""
    told = story(RICH, opens(), opens("short", "2", "ETH/EUR"), {"do": "wait", "hours": "9"},
                 fees={"rollover": "0.0002"})  # fmt: skip

    assert last(told)[1] == [
        "The rollover fee of position 1 takes 2.00 EUR in all (B6, R21, A4).",
        "The rollover fee of position 2 takes 1.60 EUR in all (B6, R21, A4).",
    ]


def test_a_refusal_says_what_was_tried_and_what_would_work() -> None:
    told = story({"EUR": "4000"}, opens(), {"do": "settle", "pair": "BTC/EUR", "volume": "all"})

    assert words.tell(told)[-2:] == [
        "You try to settle all of your position in BTC/EUR.",
        "Step 2 is refused (A7): Settling needs 5,000 EUR, and the balance is 4,000 EUR. "
        "Deposit 1,000 EUR first, or settle at most 0.08 BTC (R6).",
    ]


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"do": "deposit", "currency": "EUR", "amount": "5"}, "You try to deposit 5.00 EUR."),
        ({"do": "withdraw", "currency": "BTC", "amount": "5"}, "You try to withdraw 5 BTC."),
        ({"do": "wait", "hours": 4}, "You let 4 hours pass."),
        ({"do": "price", "pair": "BTC/EUR", "price": "45000"}, "BTC/EUR is to move to 45,000.00 EUR."),
        (
            {"do": "stop", "pair": "BTC/EUR", "side": "buy", "trigger": "60000"},
            "You try to place a buy stop in BTC/EUR at 60,000.00 EUR.",
        ),
        (
            {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", "leverage": "2.5"},
            "You try to open a long of 1 BTC in BTC/EUR with 2.5× leverage.",
        ),
        (
            {"do": "trade", "pair": "BTC/EUR", "side": "sell", "volume": "1"},
            "You try to sell 1 BTC in BTC/EUR with an ordinary order.",
        ),
        ({"do": "close", "pair": "BTC/EUR", "volume": "2"}, "You try to close 2 BTC of your position in BTC/EUR."),
    ],
)
def test_an_attempt_is_told_whatever_comes_of_it(step: dict[str, Any], sentence: str) -> None:
    (read,) = Scenario.of({"steps": [step]}).steps

    assert words.attempt(read) == sentence


CALLS = "A margin call comes near 80 %, liquidation near 40 % (B5)."


@pytest.mark.parametrize(
    ("equity", "sentence"),
    [
        ("100", f"The margin level is 100 %. {CALLS}"),
        ("99.99", f"The margin level is 99.99 %: too low to open more (B4). {CALLS}"),
        ("80.01", f"The margin level is 80.01 %: too low to open more (B4). {CALLS}"),
        ("80", "The margin level is 80 %, low enough for a margin call (80 %); liquidation comes near 40 % (B5)."),
        (
            "40.01",
            "The margin level is 40.01 %, low enough for a margin call (80 %); liquidation comes near 40 % (B5).",
        ),
        (
            "40",
            "The margin level is 40 %, low enough for automated liquidation (40 %), which is switched off here (B5).",
        ),
        (
            "-5",
            "The margin level is −5 %, low enough for automated liquidation (40 %), which is switched off here (B5).",
        ),
    ],
)
def test_the_margin_level_is_told_with_how_close_the_call_is(equity: str, sentence: str) -> None:
    summary = Margin("EUR", Fraction(equity), Fraction(equity), Fraction(100))

    assert spaced(words.margin(summary, rulebook())) == sentence


@pytest.mark.parametrize(
    ("told", "sentences"),
    [
        (
            story({"EUR": "3000"}, opens(volume="0.2"), opens("short", "1", "ETH/EUR")),
            [
                # 3,000 and 0.2 (p - 50,000) make 80 % of 2,000 + 400: 1,920; for 40 %, 960.
                "If only BTC/EUR moves: a margin call comes at 44,600.00 EUR or less, liquidation at 39,800.00 EUR or "
                "less (B5).",
                # 3,000 + 2,000 - p is 80 % of 2,000 + p / 5, so 1.16 p is 3,400; 1.08 p is 4,200.
                "If only ETH/EUR moves: a margin call comes at 2,931.03 EUR or more, liquidation at 3,888.89 EUR or "
                "more (B5).",
            ],
        ),
        (story({"EUR": "9000"}, opens()), ["If only BTC/EUR moves: no price of it brings a margin call (B5)."]),
        (
            story({"EUR": "5500"}, opens()),
            # 5,500 - 5,000 at a price of 0 are 50 % of 1,000: a call, but no liquidation.
            ["If only BTC/EUR moves: a margin call comes at 3,000.00 EUR or less, liquidation at no price (B5)."],
        ),
        (story({"EUR": "1000"}, opens(), moves("45000")), []),
        (story({"EUR": "1000"}), []),
        (story({"EUR": "1000"}, opens(), valuation="XMR", prices={"BTC/EUR": "50000"},
               rules={"initial_margin_check": False}), []),
    ],
)  # fmt: skip
def test_how_far_each_price_may_go(told: Story, sentences: list[str]) -> None:
    """B2, B3, B5: solved, with the case that there is no such price; said once it is still ahead."""
    assert told.error is None
    assert words.how_far(told.final, told.scenario.summary_currency or "") == sentences


def test_the_margin_level_is_told_without_a_switch_where_liquidation_is_on() -> None:
    summary = Margin("EUR", Fraction(40), Fraction(40), Fraction(100))

    assert spaced(words.margin(summary, rulebook().replaced(liquidation="all"))) == (
        "The margin level is 40 %, low enough for automated liquidation (40 %) (B5)."
    )


def test_a_summary_that_cannot_be_priced_is_told_as_such() -> None:
    told = story({"ADA": "5"}, opens(), rules=UNCHECKED)

    assert words.margin(told.margin, told.final.rulebook) == (
        "There is no margin summary: something that you have or owe can't be priced (A2)."
    )


def test_waiting_stops_and_unpaid_amounts_of_a_state() -> None:
    stop = {"do": "stop", "pair": "BTC/EUR", "side": "sell", "trigger": "30000"}
    told = story({"EUR": "5"}, opens(), closes("0.05", "45000"), stop, rules=UNCHECKED)

    assert words.stops(told.final) == ["A sell stop in BTC/EUR waits for 30,000.00 EUR or less (R22)."]
    assert words.unpaid(told.final) == ["245.00 EUR are unpaid and count against your equity (A5)."]


def everything() -> list[str]:
    """What a long story says, with a bit of everything in it."""
    told = story(
        {"EUR": "900", "BTC": "0.05", "DOGE": "12345", "XMR": "2"},
        opens(), {"do": "stop", "pair": "BTC/EUR", "side": "sell", "trigger": "47000"}, moves("46000"),
        opens("short", "0.5", "ETH/EUR"), {"do": "wait", "hours": "100"}, moves("4000", "ETH/EUR"),
        {"do": "deposit", "currency": "ETH", "amount": "1"}, opens("short", "0.1", "ETH/EUR"),
        {"do": "settle", "pair": "ETH/EUR", "volume": "0.1"},
        {"do": "trade", "pair": "ETH/EUR", "side": "sell", "volume": "0.1"},
        {"do": "withdraw", "currency": "ETH", "amount": "1000"},
        fees={"trading": "0.004", "opening": "0.0002", "rollover": "0.0002"},
        rules={"liquidation": "all", **UNCHECKED},
    )  # fmt: skip
    return [*words.tell(told), *words.unpaid(told.final), words.margin(told.margin, told.final.rulebook)]


def test_sentences_cite_only_rules_that_there_are() -> None:
    cited = {each for text in everything() for each in re.findall(r"\b[RABC][0-9]+\b", text)}

    assert len(cited) > 10
    assert cited <= set(rules())


def test_sentences_are_short_and_calm() -> None:
    """Second person, present tense, no exclamation marks; short enough for a line under a panel."""
    told = everything()

    assert [text for text in told if len(text) > 200 and "refused" not in text] == []
    assert [text for text in told if not re.fullmatch(r"[^!]+[.]", text)] == []


def test_a_step_that_nothing_follows_from_has_no_details() -> None:
    steps: list[Step] = [Wait(hours=Decimal(4)), Price(pair="BTC/EUR", price=Decimal(1))]
    told = replay(Scenario(steps=tuple(steps)))

    assert [words.details(moment) for moment in told.moments] == [[], []]

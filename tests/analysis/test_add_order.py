"""Orders as the API takes them: the sides are the point (R9, R19, B8)."""

from typing import Any

import pytest
from bookings import Do, closes, opens, settles, stops, tell, trades

from marginlib import Refusal
from marginlib.analysis.add_order import order
from marginlib.engine.scenario import Close, Open, Settle, Stop, Trade
from marginlib.engine.story import Story

BEFORE, BTC = {"EUR": "60000", "BTC": "1"}, {"BTC/EUR": "50000"}


def ordered(story: Story) -> dict[str, Any]:
    moment = story.moments[-1]
    assert isinstance(moment.step, Open | Close | Settle | Stop | Trade)
    return order(moment.step, moment.before)


@pytest.mark.parametrize(
    ("side", "end", "kind", "type_", "volume"),
    [
        ("long", settles("BTC/EUR"), "settle-position", "buy", "1"),
        ("long", settles("BTC/EUR", "0.5"), "settle-position", "buy", "0.5"),
        ("short", settles("BTC/EUR"), "settle-position", "sell", "1"),
        ("short", settles("BTC/EUR", "0.5"), "settle-position", "sell", "0.5"),
        ("long", closes("BTC/EUR", "0.5"), "market", "sell", "0.5"),
        ("short", closes("BTC/EUR", "0.5"), "market", "buy", "0.5"),
        ("short", closes("BTC/EUR"), "market", "buy", "0"),
        ("long", closes("BTC/EUR", "1", "51000"), "limit", "sell", "1"),
    ],
)
def test_a_settlement_has_the_side_of_the_opening_and_a_closing_the_other(
    side: str, end: Do, kind: str, type_: str, volume: str
) -> None:
    """R9, R19, B8: as AddOrder takes them."""
    made = ordered(tell(BEFORE, BTC, [opens("BTC/EUR", side, "1"), end]))

    assert (made["ordertype"], made["type"], made["volume"]) == (kind, type_, volume)
    assert (made["pair"], made["leverage"]) == ("XBTEUR", "5")
    assert made.get("price") == end.get("price")
    assert made.get("reduce_only") == (None if end["do"] == "settle" else True)


@pytest.mark.parametrize(("side", "type_"), [("long", "buy"), ("short", "sell")])
def test_an_opening_has_its_own_side(side: str, type_: str) -> None:
    at_market, at_price = (
        ordered(tell(BEFORE, BTC, [opens("BTC/EUR", side, "1", "2.5", at)])) for at in (None, "49000")
    )

    assert at_market == {"ordertype": "market", "type": type_, "pair": "XBTEUR", "volume": "1", "leverage": "2.5"}
    assert at_price == {**at_market, "ordertype": "limit", "price": "49000"}


def test_all_of_several_lots_is_their_sum() -> None:
    story = tell(BEFORE, BTC, [opens("BTC/EUR", "short", "0.4"), opens("BTC/EUR", "short", "0.2"), settles("BTC/EUR")])

    assert ordered(story)["volume"] == "0.6"


@pytest.mark.parametrize(("side", "type_", "trigger"), [("long", "sell", "45000"), ("short", "buy", "55000")])
def test_a_stop_closes_all_that_is_open_once_its_price_is_there(side: str, type_: str, trigger: str) -> None:
    """R22, B8: it has the side of a closing, and may not open anything."""
    story = tell(BEFORE, BTC, [opens("BTC/EUR", side, "1"), stops("BTC/EUR", type_, trigger)])

    assert ordered(story) == {
        "ordertype": "stop-loss", "price": trigger, "type": type_, "pair": "XBTEUR", "volume": "0", "leverage": "5",
        "reduce_only": True,
    }  # fmt: skip


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_an_ordinary_order_has_no_leverage(side: str) -> None:
    """R6, R17, B8."""
    at_market, at_price = (
        ordered(tell(BEFORE, BTC, [trades("BTC/EUR", side, "0.5") | more])) for more in ({}, {"price": "49000"})
    )

    assert at_market == {"ordertype": "market", "type": side, "pair": "XBTEUR", "volume": "0.5"}
    assert at_price == {**at_market, "ordertype": "limit", "price": "49000"}


def test_there_must_be_something_to_end() -> None:
    with pytest.raises(Refusal, match="no open position"):
        order(Settle(pair="BTC/EUR", volume="all"), tell(BEFORE, BTC, []).final)

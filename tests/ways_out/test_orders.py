"""In which order to end several positions: every order is what the engine makes of its steps, and what it costs."""

import itertools
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import MARGIN_PAIRS, PRICES, WORTH, amounts

from marginlib import Scenario, Story, replay
from marginlib.analysis.outcome import worth
from marginlib.engine.amounts import EXACT, plain
from marginlib.engine.scenario import Close
from marginlib.ways_out.orders import HOWS, Orders, answer, each_way, orders, reports
from marginlib.ways_out.plans import plan

TWO: dict[str, Any] = {
    "balances": {"EUR": "500", "BTC": "0.1"},
    "prices": {"BTC/EUR": "50000", "ETH/EUR": "2000"},
    "steps": [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
        {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "2", "leverage": 5},
        {"do": "prices", "prices": {"BTC/EUR": "40000", "ETH/EUR": "2300"}},
    ],
}


@st.composite
def consistent(draw: st.DrawFn) -> dict[str, str]:
    """Prices that don't contradict each other, to the last digit: then it doesn't matter by which a thing is valued."""
    bitcoin, monero = draw(st.sampled_from([25000, 40000, 50000, 62500])), draw(st.sampled_from([100, 125, 160, 200]))
    euros = {"BTC": Decimal(bitcoin), "XMR": Decimal(monero)}
    for code in ("ETH", "ADA", "DOGE", "ZEC"):
        euros[code] = WORTH[code] * draw(st.integers(50, 200)) / 100
    euros["USD"] = 1 / draw(st.sampled_from([Decimal(1), Decimal("1.25"), Decimal("1.6"), Decimal("0.8")]))
    euros["GBP"] = 1 / draw(st.sampled_from([Decimal("0.8"), Decimal(1)]))
    euros["EUR"] = Decimal(1)
    return {pair: plain(euros[base] / euros[quote]) for pair in PRICES for base, quote in [pair.split("/")]}


@st.composite
def several(draw: st.DrawFn, least: int = 2, most: int = 4) -> Story:
    """An account with positions in several pairs, any lots in each, at any prices."""
    pairs = draw(st.lists(st.sampled_from(MARGIN_PAIRS), min_size=least, max_size=most, unique=True))
    sides = {pair: draw(st.sampled_from(["long", "short"])) for pair in pairs}
    order = [*pairs, *draw(st.lists(st.sampled_from(pairs), max_size=3))]
    steps: list[dict[str, Any]] = [
        {
            "do": "open",
            "pair": pair,
            "side": sides[pair],
            "volume": draw(amounts(pair.partition("/")[0], 50, 5_000)),
            "leverage": draw(st.sampled_from([2, 5, 10])),
        }
        for pair in order
    ]
    steps.append({"do": "prices", "prices": draw(consistent())})
    held: dict[str, st.SearchStrategy[str]] = {code: amounts(code, 1, 3_000) for code in WORTH}
    story = replay(
        Scenario.of(
            {
                "balances": draw(st.fixed_dictionaries({}, optional=held)),
                "prices": {pair: str(price) for pair, price in PRICES.items()},
                "fees": {"trading": draw(st.sampled_from(["0", "0.0026", "0.01"]))},
                "rules": {"initial_margin_check": False},
                "valuation": draw(st.sampled_from(["EUR", "USD"])),
                "steps": steps,
            }
        )
    )
    assume(story.error is None)
    return story


def found(story: Story, how: Any = "close") -> Orders:
    compared = orders(story, how)
    assert compared is not None
    return compared


def test_a_profit_that_comes_first_pays_the_loss_without_a_conversion() -> None:
    """R12, R13, R16: 500 EUR are there; the loss is 1000, the profit 600. 500 EUR converted cost 12.8205 EUR."""
    compared = found(replay(Scenario.of(TWO)))
    assert compared.best is not None
    assert compared.worst is not None
    assert compared.best.pairs == ("ETH/EUR", "BTC/EUR")
    assert compared.best.cost == 0
    assert compared.worst.pairs == ("BTC/EUR", "ETH/EUR")
    assert abs(compared.difference - Fraction("12.8205")) < Fraction("0.0001")
    told = " ".join(answer(compared))
    assert "the wrong order costs 12.82 EUR" in told
    assert "the profit of 600.00 EUR of ETH/EUR comes only afterwards" in told
    assert [more for _, more in each_way(compared)] == ["0.00 EUR", "+12.82 EUR"]


def test_where_the_order_does_not_matter_that_is_said() -> None:
    rich = TWO | {"balances": {"EUR": "50000"}}
    compared = found(replay(Scenario.of(rich)))
    assert compared.difference == 0
    assert len(compared.alike) == 2
    assert answer(compared) == ["Each closed in its turn, every order compared costs the same: 0.00 EUR."]


def test_with_fewer_than_two_positions_there_is_no_order() -> None:
    one = TWO | {"steps": TWO["steps"][:1]}
    assert orders(replay(Scenario.of(one))) is None
    assert reports(replay(Scenario.of(one))) == []


def test_a_story_that_ends_with_a_refusal_has_none() -> None:
    story = replay(Scenario.of(TWO).then({"do": "withdraw", "currency": "EUR", "amount": "9000"}))
    with pytest.raises(ValueError, match="step 4 is refused"):
        orders(story)


@given(several())
def test_up_to_four_positions_every_order_is_compared_and_is_what_the_engine_makes_of_it(story: Story) -> None:
    compared = found(story)
    pairs = [pair for pair, _ in story.final.positions.by_pair]
    assert {order.pairs for order in compared.orders} == set(itertools.permutations(pairs))
    assert compared.complete
    for order in compared.orders:
        ended = replay(story.scenario.then(*(Close(pair=pair, volume="all") for pair in order.pairs)))
        assert ended.error is None
        assert ended.final.balances == order.left.balances
        assert ended.final.unpaid == order.left.unpaid
        assert not order.left.positions
        with localcontext(EXACT):
            lost = worth(story.final, compared.currency) - worth(ended.final, compared.currency)
        assert order.cost == lost


@given(several(most=3))
@settings(max_examples=25)
def test_each_in_its_cheapest_way_is_what_the_engine_makes_of_the_steps_and_each_is_a_plan_s_cheapest(
    story: Story,
) -> None:
    for order in found(story, "best").orders:
        steps = [step for end in order.ends for step in end.steps]
        ended = replay(story.scenario.then(*steps))
        assert ended.error is None
        assert ended.final.balances == order.left.balances
        with localcontext(EXACT):
            lost = worth(story.final, order.currency) - worth(ended.final, order.currency)
        assert order.cost == lost
        so_far = story
        for end in order.ends:
            compared = plan(so_far, end.pair)
            least = compared.way(compared.cheapest or "close").cost
            spent = compared.way(end.way).cost
            assert least is not None
            assert spent is not None
            assert spent - least <= compared.dust
            so_far = replay(so_far.scenario.then(*end.steps))


@given(several(), st.sampled_from(HOWS))
@settings(max_examples=30)
def test_the_parts_of_a_cost_are_the_cost(story: Story, how: Any) -> None:
    """But for roundings: a digit a lot, and one for each of the rows that convert."""
    for order in found(story, how).orders:
        assert order.cost is not None
        rows = sum(len(moment.rows) for end in order.ends for moment in end.moments)
        assert abs(sum(order.costs) - order.cost) <= Fraction(rows + 1, 1000) * 3


@given(several())
@settings(max_examples=25)
def test_orders_are_ranked_and_told_without_a_traceback(story: Story) -> None:
    for how in HOWS:
        compared = found(story, how)
        costs = [order.cost for order in compared.orders if order.cost is not None]
        assert costs == sorted(costs)
        assert answer(compared)
        as_data = compared.as_json()
        assert len(as_data["orders"]) == compared.count
        assert as_data["best"] == [*compared.orders[0].pairs]


@given(several(least=5, most=7))
@settings(max_examples=15)
def test_with_more_than_four_some_are_compared_and_that_is_said(story: Story) -> None:
    compared = found(story)
    assert not compared.complete
    whys = {why for order in compared.orders for why in order.why}
    assert {"oldest", "newest", "profits", "losses", "small_losses", "cheapest"} == whys
    assert f"Of the {compared.count:,} orders" in answer(compared)[-1]
    for order in compared.orders:
        ended = replay(story.scenario.then(*(Close(pair=pair, volume="all") for pair in order.pairs)))
        assert ended.final.balances == order.left.balances


def test_what_can_t_be_converted_closes_the_order_and_says_why() -> None:
    """The loss comes to XMR, which has no price here; the profit first avoids it."""
    story = replay(
        Scenario.of(
            TWO
            | {
                "balances": {"EUR": "100", "XMR": "50"},
                "rules": {"initial_margin_check": False},
                "steps": [
                    {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.01", "leverage": 5},
                    {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "0.2", "leverage": 5},
                    {"do": "prices", "prices": {"BTC/EUR": "1", "ETH/EUR": "5000"}},
                ],
            }
        )
    )
    compared = found(story)
    assert [order.pairs for order in compared.orders if not order.closed] == [("ETH/EUR", "BTC/EUR")]
    assert compared.worst is compared.best
    (closed,) = [order for order in compared.orders if order.closed]
    assert "XMR" in closed.closed
    assert closed.cost is None
    assert [*each_way(compared)][-1][1] == closed.closed
    assert compared.as_json()["orders"][-1]["why_not"] == closed.closed


def test_a_hundred_positions_are_compared_in_a_breath() -> None:
    codes = [f"C{index}" for index in range(100)]
    story = replay(
        Scenario.of(
            {
                "balances": {"EUR": "100000"},
                "prices": {f"{code}/EUR": "10" for code in codes},
                "valuation": "EUR",
                "steps": [{"do": "open", "pair": f"{code}/EUR", "side": "long", "volume": "1"} for code in codes],
            }
        )
    )
    compared = found(story)
    assert 1 < len(compared.orders) <= 5
    assert not compared.complete
    assert compared.difference == 0


def test_the_currency_may_be_named() -> None:
    story = replay(Scenario.of(TWO | {"prices": TWO["prices"] | {"EUR/USD": "1.25"}}))
    euros, dollars = orders(story), orders(story, "close", "USD")
    assert euros is not None
    assert dollars is not None
    assert dollars.difference == euros.difference * Fraction(Decimal("1.25"))

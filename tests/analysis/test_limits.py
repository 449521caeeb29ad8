"""Margin call and liquidation prices: worked by hand, and against what the engine does at them."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from bookings import Do, moves, opens, tell
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from strategies import PRICES

from marginlib import Refusal, Scenario, Story, replay
from marginlib.analysis.limits import Limit, limit_move, limit_price, limit_together, limits, margin_at_opening
from marginlib.engine.account import State
from marginlib.engine.amounts import plain
from marginlib.engine.margin import margin

UNCHECKED = {"initial_margin_check": False}
PORTFOLIO = {"BTC/USD": "20000", "ETH/USD": "1000", "EUR/USD": "1.25"}


def stands(balances: dict[str, str], *steps: Do, prices: dict[str, str] | None = None, **rules: Any) -> State:
    return tell(balances, prices or {"BTC/USD": "20000"}, steps, rules={**UNCHECKED, **rules}).final


def limit(state: State, level: int, pair: str = "BTC/USD") -> tuple[object, ...]:
    found = limit_price(state, "USD", level, pair)
    return found.below, found.above, found.exact


LONG, SHORT = opens("BTC/USD", "long", "1"), opens("BTC/USD", "short", "1")


@pytest.mark.parametrize(("level", "price"), [(100, 14000), (80, 13200), (40, 11600), (0, 10000)])
def test_one_btc_at_twenty_thousand_with_ten_thousand(level: int, price: int) -> None:
    """B3, B5, C3: the page's own example. The call at 13,200; the money is gone only at 10,000."""
    assert limit(stands({"USD": "10000"}, LONG), level) == (price, None, True)


def test_fifteen_thousand_long_on_five_thousand() -> None:
    """B3: 0.75 BTC at 20,000, used 3,000; the call where equity is 2,400, so 2,600 are lost."""
    state = stands({"USD": "5000"}, opens("BTC/USD", "long", "0.75"))
    assert limit(state, 80) == (20000 - Fraction(2600) / Fraction(3, 4), None, True)


@pytest.mark.parametrize(("level", "price"), [(80, Fraction(30000 * 100, 116)), (40, Fraction(30000 * 100, 108))])
def test_a_shorts_used_margin_moves_along(level: int, price: Fraction) -> None:
    """B2: 10,000 + 20,000 - p = level x p / 5."""
    assert limit(stands({"USD": "10000"}, SHORT), level) == (None, price, True)


def test_a_shorts_used_margin_at_its_opening_price_is_the_apis_own_example() -> None:
    """C5: cost 21.1063, 3x, worth 31.1297: used margin 7.0354. Only that differs; a long's never does."""
    short = {**opens("XMR/USD", "short", "1"), "leverage": 3}
    steps = (short, moves("XMR/USD", "31.1297"))
    story = tell({"USD": "392.2264"}, {"XMR/USD": "21.1063"}, steps, valuation="USD")
    today, before = (measure(story.final, "USD") for measure in (margin, margin_at_opening))

    assert before.used_margin == Fraction(211063, 30000)
    assert today.used_margin == Fraction(311297, 30000)
    assert (before.equity, before.trade_balance) == (today.equity, today.trade_balance)
    long = stands({"USD": "10000"}, LONG)
    assert margin_at_opening(long, "USD") == margin(long, "USD")


@pytest.mark.parametrize(("level", "price"), [(80, 26800), (40, 28400), (0, 30000)])
def test_counted_at_the_opening_price_a_short_reaches_its_limits_later(level: int, price: int) -> None:
    """C5: 30,000 - p = level x 4,000, whichever of the three asks for it."""
    state = stands({"USD": "10000"}, SHORT)
    found = limit_price(state, "USD", level, "BTC/USD", measure=margin_at_opening)
    together = limit_together(state, "USD", level, measure=margin_at_opening)

    assert found.exact
    assert found.above == price
    assert together.above == Fraction(price, 20000)
    if level:
        reach = limits(state, "USD", measure=margin_at_opening).pairs["BTC/USD"]
        assert found in reach


def test_bitcoin_as_collateral_under_a_long_of_bitcoin() -> None:
    """B1: the collateral falls as well: 0.5 p + (p - 20,000) = 0.8 x 4,000."""
    assert limit(stands({"BTC": "0.5"}, LONG), 80) == (Fraction(23200 * 10, 15), None, True)


def test_a_haircut_brings_the_call_nearer() -> None:
    """B1: 0.45 p + (p - 20,000) = 3,200."""
    state = stands({"BTC": "0.5"}, LONG, haircuts={"BTC": "0.1"})
    assert limit(state, 80) == (Fraction(23200 * 100, 145), None, True)


def test_another_coin_may_fall_while_the_pair_stays() -> None:
    """B1: the price of what is only collateral has a limit too: 10 e = 3,200."""
    state = stands({"ETH": "10"}, LONG, prices=PORTFOLIO)
    assert limit(state, 80, "ETH/USD") == (320, None, True)
    assert limit(state, 80, "BTC/USD") == (13200, None, True)


def test_several_prices_move_together() -> None:
    """B1: 10,000 s of ETH and 20,000 s - 20,000 of profit make 3,200."""
    state = stands({"ETH": "10"}, LONG, prices=PORTFOLIO)
    found = limit_move(state, "USD", 80, ["BTC/USD", "ETH/USD"])
    assert (found.below, found.above, found.exact) == (Fraction(232, 300), None, True)


@pytest.mark.parametrize(
    ("balances", "step"),
    [
        ({"USD": "24000"}, LONG),  # 4,000 are left when bitcoin is worth nothing
        ({"BTC": "1.5"}, SHORT),  # more coins than are owed: what they gain outweighs the loss
    ],
)
def test_there_may_be_no_such_price(balances: dict[str, str], step: Do) -> None:
    assert limit(stands(balances, step), 80) == (None, None, True)


def test_what_is_not_collateral_does_not_help() -> None:
    """B1: the coins are there, but they count for nothing."""
    order = ["USD"]
    state = stands({"USD": "10000", "BTC": "1.5"}, SHORT, collateral_order=order)
    assert limit(state, 80) == (None, Fraction(30000 * 100, 116), True)


def test_valued_in_bitcoin_the_dollars_move() -> None:
    """A2: 10,000/p + 1 - 20,000/p = 0.8 x 4,000/p, the same price in another summary."""
    found = limit_price(stands({"USD": "10000"}, LONG), "BTC", 80, "BTC/USD")
    assert (found.below, found.above, found.exact) == (Fraction(13200), None, True)


def test_a_long_that_owes_through_an_inverse_price() -> None:
    """A2: tether is worth 20,000 / p dollars here; 7,000 of them cover 3,200 until bitcoin costs 43,750 of them."""
    prices = {"BTC/USD": "20000", "BTC/USDT": "20000"}
    found = limit_price(stands({"USDT": "7000"}, LONG, prices=prices), "USD", 80, "BTC/USDT")
    assert (found.below, found.above, found.exact) == (None, Fraction(43750), True)


def test_prices_that_move_together_may_have_a_limit_on_both_sides() -> None:
    """A2: euros are worth less as USD/EUR rises, bitcoin more: 12,000 / s + 20,000 s - 20,000 = 3,200 has no place, but
    with 6,500 euros there are two, at the roots of 20,000 s² - 23,200 s + 6,500.
    """
    prices = {"BTC/USD": "20000", "USD/EUR": "1"}
    pairs = [*prices]
    many = limit_move(stands({"EUR": "12000"}, LONG, prices=prices), "USD", 80, pairs)
    assert (many.below, many.above, many.exact) == (None, None, False)

    few = limit_move(stands({"EUR": "6500"}, LONG, prices=prices), "USD", 80, pairs)
    assert few.below is not None
    assert abs(20000 * few.below**2 - 23200 * few.below + 6500) < Fraction(1, 10**9)
    assert few.below > Fraction(58, 100), "the nearer of the two"
    gone = limit_move(stands({"EUR": "6500"}, LONG, moves("BTC/USD", "14000"), prices=prices), "USD", 80, pairs)
    assert gone.reached
    assert gone.below is not None
    assert gone.above is not None


def test_nothing_open_has_no_limit() -> None:
    """B3: no position, no level."""
    assert limit_price(stands({"USD": "10000"}), "USD", 80, "BTC/USD") == Limit(Decimal(80), False, None, None, True)


def test_a_level_that_is_there_already_says_so_and_the_way_back() -> None:
    state = stands({"USD": "10000"}, LONG, moves("BTC/USD", "12000"))
    found = limit_price(state, "USD", 80, "BTC/USD")
    assert (found.reached, found.below, found.above) == (True, None, Fraction(13200))


@pytest.mark.parametrize(("pair", "names"), [("ETH/USD", "no price for ETH/USD"), ("BTC/USD", "turn XMR into USD")])
def test_without_a_price_there_is_a_sentence(pair: str, names: str) -> None:
    """A2: what can't be valued can't be solved."""
    state = stands({"XMR": "1"}, LONG, collateral_order=["XMR", "USD"])
    with pytest.raises(Refusal, match=names):
        limit_price(state, "USD", 80, pair)


def test_a_price_that_counts_twice_is_bracketed() -> None:
    """A2: ADA is worth its price in BTC times BTC's in USD; both together make a square, 20,000 s² = 3,200."""
    prices = {"ADA/BTC": "0.00001", "BTC/USD": "20000", "ETH/USD": "1000"}
    state = stands({"ADA": "100000"}, opens("ETH/USD", "long", "20"), prices=prices)
    found = limit_move(state, "USD", 80, ["ADA/BTC", "BTC/USD"])
    assert not found.exact
    assert found.above is None
    assert found.below is not None
    assert abs(20000 * found.below**2 - 3200) < Fraction(1, 10**9)


def test_a_bracket_finds_nothing_where_there_is_nothing() -> None:
    prices = {"ADA/BTC": "0.00001", "BTC/USD": "20000", "ETH/USD": "1000"}
    state = stands({"ADA": "100000", "USD": "9000"}, opens("ETH/USD", "long", "20"), prices=prices)
    found = limit_move(state, "USD", 80, ["ADA/BTC", "BTC/USD"])
    assert (found.below, found.above, found.exact) == (None, None, False)


# The engine itself is the judge of a solved price.

COLLATERAL = ["EUR", "BTC", "ETH", "USD"]


@st.composite
def portfolios(draw: st.DrawFn) -> dict[str, Any]:
    """Some collateral, one to three positions in two pairs, a haircut."""
    funds = draw(st.dictionaries(st.sampled_from(COLLATERAL), st.integers(1, 400), min_size=1))
    worth = {"EUR": Decimal(100), "USD": Decimal(100), "BTC": Decimal("0.002"), "ETH": Decimal("0.05")}
    sides = {pair: draw(st.sampled_from(["long", "short"])) for pair in ("BTC/EUR", "ETH/EUR")}
    unit = {"BTC/EUR": Decimal("0.01"), "ETH/EUR": Decimal("0.25")}
    lot = st.tuples(st.sampled_from([*sides]), st.integers(1, 60), st.integers(2, 10))
    lots = draw(st.lists(lot, min_size=1, max_size=3))
    return {
        "balances": {code: plain(count * worth[code]) for code, count in funds.items()},
        "prices": {pair: plain(PRICES[pair]) for pair in ("BTC/EUR", "ETH/EUR", "EUR/USD")},
        "valuation": draw(st.sampled_from(["EUR", "USD", "BTC"])),
        "rules": {**UNCHECKED, "haircuts": {"BTC": draw(st.sampled_from(["0", "0.05", "0.5"]))}},
        "steps": [
            opens(pair, sides[pair], plain(count * unit[pair]), leverage)
            for pair, count, leverage in lots
        ],
    }  # fmt: skip


def at(story: Story, pair: str, price: Decimal) -> Fraction:
    state = story.final.copy()
    state.prices[pair] = price
    with localcontext(Context(prec=200)):
        level = margin(state, story.scenario.summary_currency or "").level
    assert level is not None
    return level


def beside(price: Fraction, up: bool) -> Decimal:
    """A price with twelve digits, just above or below."""
    context = Context(prec=12, rounding=ROUND_CEILING if up else ROUND_FLOOR)
    near = context.divide(Decimal(price.numerator), Decimal(price.denominator))
    return context.next_plus(near) if up else context.next_minus(near)


@settings(max_examples=150)
@given(portfolios(), st.sampled_from(["BTC/EUR", "ETH/EUR"]), st.sampled_from([40, 80]))
def test_the_level_crosses_where_it_is_said_to_and_nowhere_nearer(data: dict[str, Any], pair: str, level: int) -> None:
    """B2, B3: just before a limit the level is on one side of it, just beyond on the other, and steady up to there."""
    story = replay(Scenario.of(data))
    assume(story.error is None)
    found = limit_price(story.final, story.scenario.summary_currency or "", level, pair)
    now = story.final.prices[pair]
    assume(at(story, pair, now) != level)
    assert found.reached == (at(story, pair, now) < level)
    event(f"below {found.below is not None}, above {found.above is not None}, exact {found.exact}")
    for edge, outward in ((found.below, False), (found.above, True)):
        if edge is not None:
            inside = beside(edge, not outward)
            assume(now != inside)
            assert (at(story, pair, inside) <= level) == found.reached
            assert (at(story, pair, beside(edge, outward)) <= level) != found.reached
        last = edge if edge is not None else (Fraction(now) * 1000 if outward else Fraction(now) / 1000)
        for share in range(1, 8):
            between = Fraction(now) + (last - Fraction(now)) * share / 8
            assert (at(story, pair, beside(between, not outward)) <= level) == found.reached


@settings(max_examples=60)
@given(portfolios(), st.sampled_from(["all", "until-100"]))
def test_the_exchange_liquidates_just_beyond_the_limit(data: dict[str, Any], mode: str) -> None:
    """B5: a price step to just before the solved price closes nothing; one to just beyond it does."""
    data["rules"] |= {"liquidation": mode}
    story = replay(Scenario.of(data))
    assume(story.error is None)
    found = limit_price(story.final, story.scenario.summary_currency or "", 40, "BTC/EUR")
    assume(not found.reached and found.nearest is not None)
    assert found.nearest is not None
    outward = found.below is None
    for price, closes in ((beside(found.nearest, not outward), False), (beside(found.nearest, outward), True)):
        moved = replay(Scenario.of({**data, "steps": [*data["steps"], moves("BTC/EUR", plain(price))]}))
        if moved.error is None:
            assert bool(moved.realised) == closes
            assert {each.by for each in moved.realised} <= {"liquidation"}

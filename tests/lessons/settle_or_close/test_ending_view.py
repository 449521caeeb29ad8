"""Lesson 03's view says what the engine says: columns, lines, words and rows come from the two stories."""

import itertools
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginlib.analysis.outcome import Outcome, worth
from marginlib.analysis.sheet import sheet
from marginlib.engine.scenario import Deposit, Trade
from marginlib.engine.story import Story
from marginlib.lessons import SettleOrClose
from marginlib.lessons.settle_or_close.panel import OPENED, RANGES, WAYS_OUT, _curve, stories
from marginlib.lessons.settle_or_close.view import PREPARED, Curve, Worths, curve, ended
from marginlib.panels.panel import kept
from marginlib.telling.numbers import money

PANEL = SettleOrClose()
Values = Any


@st.composite
def anywhere(draw: st.DrawFn) -> Values:
    return {control.name: draw(st.sampled_from(control.track())) for control in PANEL.controls}


def shown(**values: object) -> tuple[dict[str, Any], Story, Story]:
    read = PANEL.read(values)
    price = OPENED * (100 + Decimal(str(read["move"]))) / 100
    return PANEL.view(read), *stories(read, price)


def stacks(view: dict[str, Any]) -> dict[str, dict[int, list[tuple[float, float]]]]:
    """Base and height of the bars, by role and column."""
    found: dict[str, dict[int, list[tuple[float, float]]]] = {}
    for trace in view["figures"][0]["data"]:
        if trace["type"] != "bar":
            continue
        role = trace["marker"]["color"].removeprefix("role:")
        pattern = trace["marker"].get("pattern", {}).get("shape")
        name = "restricted" if pattern == "/" else role
        for x, base, y in zip(trace["x"], trace["base"], trace["y"], strict=True):
            found.setdefault(name, {}).setdefault(x, []).append((base, y))
    return found


def cells(view: dict[str, Any], name: str) -> list[str]:
    (row,) = (row for row in view["tables"][0]["rows"] if row["cells"][0].startswith(name))
    return list(row["cells"][1:4])


@given(anywhere())
def test_columns_are_the_balance_sheets(values: Values) -> None:
    view, settled, closed = shown(**values)
    if closed.error and len(closed.moments) < PREPARED:
        assert not any(figure["data"] for figure in view["figures"])
        assert "refuses" in view["title"]
        return
    found = stacks(view)
    states = [closed.moments[PREPARED - 1].after, settled.final, closed.final]
    for column, state in enumerate(states):
        if column == 1 and settled.error:
            assert all(1 not in columns for columns in found.values())
            continue
        seen = sheet(state, "EUR")
        for role, entries in (("own", seen.own), ("restricted", seen.restricted)):
            heights = [height for _, height in found.get(role, {}).get(column, [])]
            assert heights == [pytest.approx(float(entry.worth)) for entry in entries]
        owed = sum(height for _, height in found.get("owed", {}).get(column, []))
        assert owed == pytest.approx(-float(seen.owes))


@given(anywhere())
def test_both_ways_end_at_one_net_worth_but_for_fees(values: Values) -> None:
    """The surprise of the lesson, at every state of the panel: own worth plus fees is the same (B7, R5, R16)."""
    view, settled, closed = shown(**values)
    one, other = ended(settled) if len(settled.moments) > PREPARED else None, ended(closed)
    if not one or not other or closed.final.unpaid:
        return
    dust = Fraction(1, 1000)  # a fee taken in BTC rounds up (A8)

    assert abs(one.own_worth + one.fees - other.own_worth - other.fees) < dust
    assert one.fees == 0 or values["short_of"] == WAYS_OUT[2]
    difference = one.own_worth - other.own_worth
    assert cells(view, "Net worth")[2] == (money(difference, "EUR", sign=True) if difference else "same")


@given(anywhere())
def test_rows_are_the_stories(values: Values) -> None:
    view, settled, closed = shown(**values)
    if len(closed.moments) <= PREPARED:
        return
    for code in ("EUR", "BTC"):
        expected = ["refused" if story.error else money(story.final.balance(code), code) for story in (settled, closed)]
        assert cells(view, f"Your {code}")[:2] == expected
    pnl = sum((each.pnl for each in closed.realised), Decimal(0))
    assert cells(view, "Result")[1].endswith(money(pnl, "EUR", sign=True))
    if settled.error:
        assert "is refused" in view["title"]
        assert cells(view, "Net worth")[0] == "refused"
    sides = [cell.split()[0] for cell in cells(view, "Order")[:2]]
    assert sides == (["buy", "sell"] if values["side"] == "long" else ["sell", "buy"])


@pytest.mark.parametrize("side", ["long", "short"])
def test_a_refused_settlement_can_be_helped_in_two_ways(side: str) -> None:
    """R6: and neither makes a difference to net worth but for the order's fee."""
    start = {"side": side, "EUR": 45000, "BTC": "0.4", "move": 10}
    _, refused, closed = shown(**start)
    _, deposited, _ = shown(**start, short_of=WAYS_OUT[1])
    _, ordered, _ = shown(**start, short_of=WAYS_OUT[2])
    ends: list[Outcome] = [end for end in (ended(deposited), ended(ordered), ended(closed)) if end]

    assert refused.error
    assert refused.error.rules[0] == "R6"
    assert isinstance(deposited.moments[PREPARED].step, Deposit)
    assert isinstance(ordered.moments[PREPARED].step, Trade)
    assert ends[0].deposited > 0
    assert ends[0].fees == 0
    assert ends[1].fees > 0
    assert len({round(end.own_worth + end.fees, 2) for end in ends}) == 1


def test_no_way_out_is_taken_where_none_is_needed() -> None:
    for way in WAYS_OUT:
        _, settled, _ = shown(short_of=way)
        assert [moment.step.do for moment in settled.moments] == ["open", "price", "settle"]


def test_words_name_rules_and_amounts() -> None:
    view, _, _ = shown()
    words = " ".join(view["words"])

    assert view["title"].endswith("160.00 EUR apart")
    assert "50,000.00 EUR go from your balance to the exchange, with no trade and no fee (R3, R5)" in words
    assert "your loss (R9, R10, R11)" in words
    assert "At opening, the trading fee takes 200.00 EUR" in words


def test_an_account_that_would_have_been_liquidated_says_so() -> None:
    view, _, _ = shown(EUR=14000, BTC=0, move=-25)

    assert "B5" in view["words"][0]
    assert "B5" not in shown()[0]["words"][0]


def test_the_lines_go_through_the_values_now() -> None:
    """Between two samples a line is straight: at every price it is at the engine's net worth, to what can be seen."""
    for values in ({}, {"side": "short", "BTC": 1}, {"EUR": 12000}, {"EUR": 49000, "short_of": WAYS_OUT[2]}):
        read = PANEL.read(values)
        points = _curve(kept(read, move=Decimal(0))).points
        for price in range(30000, 70001, 2500):
            ends = [ended(story) for story in stories(read, Decimal(price))]
            for way, end in enumerate(ends):
                drawn = between(points, price, way)
                if end is not None and drawn is not None:
                    assert drawn == pytest.approx(float(end.own_worth), abs=1500)


def between(points: tuple[tuple[float, Worths], ...], at: float, way: int) -> float | None:
    for (left, low), (right, high) in itertools.pairwise(points):
        if left <= at <= right:
            a, b = low[way], high[way]
            return None if a is None or b is None else a + (b - a) * (at - left) / (right - left)
    raise AssertionError(at)


def test_a_bend_is_sampled_closely_and_a_straight_line_is_not() -> None:
    def kinked(price: Decimal) -> Worths:
        return float(price), float(max(price, Decimal(43000))) if price < 60000 else None

    seen: Curve = curve(kinked, RANGES)
    straight = curve(lambda price: (float(price), float(-price)), RANGES)

    assert len(straight.points) == 3
    assert 5 < len(seen.points) < 40
    ends = [x for x, (_, y) in seen.points if y is not None]
    assert 60000 - max(ends) < 1000


def test_the_marker_stands_at_the_net_worth_now() -> None:
    view, settled, closed = shown(side="short", BTC=1, move=15)
    (marks,) = (trace for trace in view["figures"][1]["data"] if trace.get("mode") == "markers")

    assert marks["x"] == [57500, 57500]
    assert marks["y"] == [pytest.approx(float(worth(story.final, "EUR"))) for story in (settled, closed)]

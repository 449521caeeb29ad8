"""Lesson 07's panels say what the engine and the solver say: curves, marks, words, the ledger, the stop beside it."""

import itertools
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib import replay
from marginlib.limits import limit_price
from marginlib.outcome import worth
from marginlib.panels import HowFar, ThroughTheCrash
from marginlib.panels.controls import Value, read_all
from marginlib.panels.margin_call import HIGHEST, OPENED, PAIR, account, position
from marginlib.paths import A_DAY, paths, walk
from marginlib.views import crash, how_far
from marginlib.views.drawing import clipped
from marginlib.wording import exact, money, percent

FAR, CRASH = HowFar(), ThroughTheCrash()
Values = dict[str, Value]


def shown(panel: HowFar | ThroughTheCrash, **values: object) -> tuple[dict[str, Any], Values]:
    read = read_all(panel.controls, values)
    return panel.view(read), read


def cells(view: dict[str, Any], table: int, name: str) -> list[str]:
    (row,) = (row for row in view["tables"][table]["rows"] if row["cells"][0].startswith(name))
    return list(row["cells"])


@st.composite
def anywhere(draw: st.DrawFn, panel: HowFar | ThroughTheCrash) -> Values:
    return {control.name: draw(st.sampled_from(control.track())) for control in panel.controls}


@settings(deadline=None)
@given(anywhere(FAR))
def test_figures_and_marks_are_the_engines(values: Values) -> None:
    view = FAR.view(values)
    opened = replay(position(values))
    if opened.error:
        assert "refuses" in view["title"]
        assert "B4" in view["alert"]
        assert not view["tables"]
        return
    price = values["price"]
    assert isinstance(price, Decimal)
    tied = replay(position(values, price)).margin
    assert tied
    assert tied.level is not None
    for name, amount in (
        ("Trade balance", tied.trade_balance),
        ("Equity", tied.equity),
        ("Used margin", tied.used_margin),
        ("Free margin", tied.free_margin),
    ):
        assert cells(view, 0, name)[2] == money(amount, "USD")
    assert cells(view, 0, "Margin level")[2] == percent(tied.level / 100)
    for level in (100, 80, 40, 0):
        found = limit_price(opened.final, "USD", level, PAIR)
        expected = Fraction(OPENED) if found.reached else found.nearest
        told = cells(view, 1, percent(Fraction(level, 100)))[2]
        assert told == ("no such price" if expected is None else money(expected, "USD"))


def test_the_start_is_the_pages_own_example() -> None:
    """1 BTC at 20,000 with 10,000: used 4,000, level 250 %, margin call at 13,200."""
    view, _ = shown(FAR)

    assert "250\N{NO-BREAK SPACE}%" in view["title"]
    assert "13,200.00 USD" in view["title"]
    assert cells(view, 0, "Used margin")[2] == "4,000.00 USD"
    assert cells(view, 1, "80")[2] == "13,200.00 USD"
    assert cells(view, 1, "40")[2] == "11,600.00 USD"
    assert cells(view, 1, "0")[2] == "10,000.00 USD"
    assert "C3" in view["words"][-1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"USD": 25000}, "even with BTC at zero, the level would be 125\N{NO-BREAK SPACE}%"),
        ({"side": "short", "USD": 0, "BTC": 2}, "your own BTC rise with what you owe"),
        ({"USD": 22500}, "so the exchange never closes it by itself"),
        ({"USD": 20500}, "Your equity would still be there at any price."),
    ],
)
def test_no_such_price_is_said_plainly(values: dict[str, object], words: str) -> None:
    assert words in shown(FAR, **values)[0]["words"][-1]


def test_a_price_beyond_liquidation_says_that_it_never_gets_there() -> None:
    view, _ = shown(FAR, price=11200)

    assert view["alert"].startswith("The exchange closes this position at 11,600.00 USD")
    assert view["title"].startswith(
        "Before the price is at 11,200.00 USD, the exchange closes the position at 11,600.00"
    )
    assert shown(FAR, price=11600)[0]["title"] == "The exchange closes the position at 11,600.00 USD"
    for price in (11600, 12000):
        assert not shown(FAR, price=price)[0]["alert"]
    assert shown(FAR, price=12000)[0]["title"].startswith("Margin call: at 12,000.00 USD")


def test_leverage_moves_the_limits_but_not_the_point_where_equity_is_gone() -> None:
    tables = [shown(FAR, leverage=leverage)[0] for leverage in (2, 10)]

    assert [cells(view, 1, "0")[2] for view in tables] == ["10,000.00 USD"] * 2
    assert len({cells(view, 1, "40")[2] for view in tables}) == 2


def drawn(view: dict[str, Any], figure: int, role: str, width: float) -> list[tuple[float, float]]:
    (trace,) = (
        trace
        for trace in view["figures"][figure]["data"]
        if trace.get("line") and trace["line"]["color"] == f"role:{role}" and trace["line"]["width"] == width
    )
    return [(x, y) for x, y in zip(trace["x"], trace["y"], strict=True) if x is not None]


@settings(deadline=None)
@given(anywhere(FAR))
def test_the_curve_is_the_level_and_stays_inside_the_picture(values: Values) -> None:
    view = FAR.view(values)
    if "refuses" in view["title"]:
        return
    for x, y in drawn(view, 0, "own", 2.5):
        assert how_far.BOTTOM <= y <= how_far.TOP
        if 1 < x < float(HIGHEST) and 41 < y < how_far.TOP - 1:
            tied = replay(position(values, Decimal(str(round(x, 2))))).margin
            assert tied
            assert tied.level is not None
            assert float(tied.level) == pytest.approx(y, abs=0.5)
    for trace in view["figures"][0]["data"]:
        for y in trace["y"]:
            assert y is None or how_far.BOTTOM - 10 <= y <= how_far.TOP * 1.05


def test_a_line_is_cut_where_the_picture_ends() -> None:
    assert clipped([(0, 0), (10, 100)], 20, 50) == [(2.0, 20), (5.0, 50)]
    assert clipped([(0, 0), (1, 100), (2, 0)], -5, 50) == [(0, 0), (0.5, 50), None, (1.5, 50), (2, 0)]
    assert clipped([(0, 0), (1, 10), (2, 5)], -5, 50) == [(0, 0), (1, 10), (2, 5)]
    assert clipped([(0, 70), (1, 80)], -5, 50) == []
    assert clipped([(0, 0), (1, 60), (2, 70), (3, 0)], 0, 50)[-1] == (3, 0)


@settings(max_examples=40, deadline=None)
@given(anywhere(CRASH))
def test_a_moment_of_a_course_is_the_state_of_its_story(values: Values) -> None:
    view = CRASH.view(values)
    path, days = paths()[str(values["path"])], values["day"]
    assert isinstance(days, Decimal)
    walked = walk(account(values), path, jumps=bool(values["jumps"]))
    if walked.story.error:
        assert "refuses" in view["title"]
        return
    point = min(int(days * A_DAY), path.points - 1)
    state, over = walked.state(point), walked.over[point]
    rows = [row for moment in walked.story.moments[:over] for row in moment.rows]
    table = view["tables"][0]["rows"]
    assert [row["cells"][1:5] for row in table] == [
        [row.asset, exact(row.amount), exact(row.fee), exact(row.balance)] for row in rows
    ]
    mine = 2 if values["stop"] else 1
    assert cells(view, 1, "Net worth")[mine] == money(worth(state, "USD"), "USD")
    assert cells(view, 1, "Your USD")[mine] == money(state.balance("USD"), "USD")
    for figure in view["figures"]:
        low, high = figure["layout"]["yaxis"]["range"]
        for trace in figure["data"]:
            if trace["mode"] != "text":
                assert all(low <= y <= high for y in trace["y"] if y is not None)


def test_the_slider_through_time_only_shows_more_of_one_story() -> None:
    """Rows never change any more once they are there, whatever comes later."""
    before: list[Any] = []
    for day in range(16):
        rows = [row["cells"] for row in shown(CRASH, day=day, how="until 100 %")[0]["tables"][0]["rows"]]
        assert rows[: len(before)] == before
        before = rows
    assert any("liquidation of position 1" in row[0] for row in before)


def test_march_2020_is_told() -> None:
    """B5, R8, R13: liquidation on the way to the low of the 12th, oldest first, out of dollars and then bitcoin."""
    view, _ = shown(CRASH, day="6.5")
    told = view["words"][1]

    assert view["title"].startswith("12 March, low: the exchange has closed BTC and ETH")
    assert told.index("position 1") < told.index("position 2")
    assert "Your 903.72 USD go first" in told
    assert "of your BTC follow" in told
    rules = [row["cells"][5] for row in view["tables"][0]["rows"]][2:]
    assert all("R13" in rule for rule in rules)
    assert rules[0].startswith("B5")


def test_a_stop_beside_what_happened() -> None:
    """R22: the same account twice, whichever way round the switch stands."""
    without, _ = shown(CRASH, day=10)
    with_stop, _ = shown(CRASH, day=10, stop=True)

    assert without["tables"][1] == with_stop["tables"][1]
    assert cells(without, 1, "BTC long")[1:] == ["closed at 6,765.03 USD", "closed at 7,716.56 USD", "no"]
    assert "your stops have closed ETH and BTC" in with_stop["title"]
    assert "3,872.59 USD are yours now; without them, 1,898.62 USD" in with_stop["words"][-1]


def test_a_jump_leaves_a_debt_and_a_walk_does_not() -> None:
    """A5."""
    assert "2,688.89 USD stay unpaid" in shown(CRASH, day=8, jumps=True)[0]["title"]
    assert cells(shown(CRASH, day=8)[0], 1, "Unpaid")[1] == "nothing"


def test_after_the_last_day_the_path_has_ended() -> None:
    last, after = shown(CRASH, path="November 2022", day="10.75")[0], shown(CRASH, path="November 2022", day=15)[0]

    assert last == after
    assert "The path ends here." in last["words"][0]


def test_the_level_is_drawn_right_before_and_after_a_liquidation() -> None:
    view, _ = shown(CRASH, path="Plunge and recovery", how="until 100 %", day=7)
    line = drawn(view, 0, "own", 2.5)
    steps = [(a, b) for a, b in itertools.pairwise(line) if a[0] == b[0]]

    assert steps
    assert steps[0][0][1] == pytest.approx(40, abs=0.1)
    assert steps[0][1][1] >= 100


def test_one_position_alone_and_shorts() -> None:
    alone, _ = shown(CRASH, second=0, day=3)
    short, _ = shown(CRASH, path="Rise", side="short", day=11, stop=True, distance=30)

    assert "If the price falls from here" in alone["words"][0]
    assert "ETH" not in alone["words"][0]
    assert "If all prices rise from here by the same share" in short["words"][0]
    assert "buy stops 30 % above" in short["words"][-1]


def test_a_course_needs_no_stop_to_be_compared() -> None:
    values = read_all(CRASH.controls, {})
    path = paths()["March 2020"]
    along = crash.Course(path, walk(account(values), path))

    assert crash.at(along, Decimal(100)).point == path.points - 1
    assert [level for _, level in along.levels][-1] is None

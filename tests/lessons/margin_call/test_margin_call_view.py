"""Lesson 07's panels say what the engine and the solver say: curves, marks, words, the ledger, the stop beside it."""

import itertools
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib import replay
from marginlib.analysis.limits import Measure, limit_move, limits, margin_at_opening
from marginlib.analysis.outcome import worth
from marginlib.analysis.paths import A_DAY, paths, walk
from marginlib.drawing.colours import ROLES
from marginlib.drawing.pieces import clipped
from marginlib.drawing.placing import NARROWEST, boxes, unmarked
from marginlib.engine.margin import margin
from marginlib.lessons import HowFar, ThroughTheCrash
from marginlib.lessons.margin_call import crash, how_far
from marginlib.lessons.margin_call.panel import HELD, HIGHEST, OPENED, PAIR, account, position
from marginlib.telling.numbers import exact, money, percent

FAR: Any = HowFar()
CRASH: Any = ThroughTheCrash()
Values = Any


def shown(panel: Any, **values: object) -> tuple[dict[str, Any], Values]:
    read = panel.read(values)
    return panel.view(read), read


def how(values: Values) -> Measure:
    """How used margin is counted, as the sources have it (B2, C5): of a long always from the opening."""
    return margin if values["counted"] == "at today's price" else margin_at_opening


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
    moved = replay(position(values, price)).final
    tied = how(values)(moved, "USD")
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
        found = limit_move(opened.final, "USD", level, list(opened.final.prices), measure=how(values))
        factor = Fraction(1) if found.reached else found.nearest
        expected = None if factor is None else Fraction(OPENED) * factor
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
        ({"USD": 22600}, "so the exchange never closes it by itself"),
        ({"USD": 20600}, "Your equity would still be there at any price."),
        ({"USD": 23200}, "only with BTC at zero itself would the level be so low"),
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
    assert view["alert"].endswith("The dotted line only goes on with the sum.")
    title = "The exchange closes the position at 11,600.00 USD, and you are left with 1,600.00 USD"
    assert shown(FAR, price=11600)[0]["title"] == title
    for price in (11600, 12000):
        assert not shown(FAR, price=price)[0]["alert"]
    assert shown(FAR, price=12000)[0]["title"].startswith("Margin call: at 12,000.00 USD")


def test_leverage_moves_the_limits_but_not_the_point_where_equity_is_gone() -> None:
    tables = [shown(FAR, leverage=leverage)[0] for leverage in (2, 10)]

    assert [cells(view, 1, "0")[2] for view in tables] == ["10,000.00 USD"] * 2
    assert len({cells(view, 1, "40")[2] for view in tables}) == 2


@pytest.mark.parametrize(
    ("values", "loss", "left"),
    [
        ({}, "8,400.00 USD", "1,600.00 USD"),
        ({"leverage": 2}, "6,000.00 USD", "4,000.00 USD"),
        ({"leverage": 10}, "9,200.00 USD", "800.00 USD"),
        ({"side": "short"}, "7,777.78 USD", "2,222.22 USD"),
        ({"USD": 7000, "BTC": "0.2"}, "7,833.34 USD", "0.12975001 BTC"),  # worth 1,578.62
    ],
)
def test_what_a_liquidation_leaves_is_told_before_and_after_it(values: dict[str, object], loss: str, left: str) -> None:
    """10,000 less 8,400; with coins, 833.34 ÷ 0.975 USD of them go as well, at 12,166.66 USD (B5, R11, R13, R16)."""
    end = 400 if values.get("side") != "short" else 40000
    before, after = shown(FAR, **values)[0], shown(FAR, **values, price=end)[0]

    worth = ", worth 1,578.62 USD there: converting coins to pay the loss costs a fee (R16)" if "BTC" in left else ""
    assert f"That leaves you {left}{worth}." in before["words"][-1]
    assert f"with a loss of {loss} (B5, R11), and you are left with {left}. If it had stayed open:" in after["words"][0]
    assert "leaves you" not in after["words"][-1]
    assert len(after["words"]) == len(before["words"]) + 1


def test_with_a_haircut_no_equity_is_not_yet_a_loan_that_is_not_covered() -> None:
    """At 14,285.71 USD half a coin is worth more than the loss of 5,714.29 USD: not what C3 means."""
    cut, whole = (shown(FAR, USD=0, BTC="0.5", haircut=haircut)[0] for haircut in (20, 0))

    assert "At 14,285.71 USD equity would be zero. You would still have more than you owe" in cut["words"][-1]
    assert cells(cut, 1, "0")[1] == "equity gone"
    assert "C3" not in cut["words"][-1]
    assert "C3" in whole["words"][-1]
    assert cells(whole, 1, "0")[1] == "equity gone (C3)"


@pytest.mark.parametrize("dollars", [10000, 20600, 23000, 23200])
def test_a_circle_stands_for_a_mark_that_the_words_list(dollars: int) -> None:
    """Nothing happens at 100 % once the position is open."""
    view, _ = shown(FAR, USD=dollars, price=20400)
    (dots,) = (trace for trace in view["figures"][0]["data"] if trace["mode"] == "markers")
    marks = [100, 80, 40, 0]

    assert len(dots["y"]) == 1 + sum(cells(view, 1, str(mark))[2] != "no such price" for mark in marks[1:])
    assert 100 not in dots["y"]


@settings(max_examples=60, deadline=None)
@given(anywhere(FAR))
def test_the_stretches_are_as_long_as_the_prices_may_go(values: Values) -> None:
    """From the price now to the margin call, on to liquidation; each price by its own share, along one axis."""
    view, now, end = FAR.view(values), float(values["price"]), float(HIGHEST)
    story = replay(position(values, values["price"]))
    if story.error:
        assert "The margin level would be" in view["figures"][0]["layout"]["meta"]["tells"][0][0]
        return
    found = limits(story.final, "USD", measure=how(values))
    side = "below" if values["side"] == "long" else "above"
    together = [(reach, Fraction(1)) for reach in found.together if reach]
    moves = [together] if len(found.pairs) > 1 else []
    moves += [
        [(reach, Fraction(found.prices[pair])) for reach in pair_limits if reach]
        for pair, pair_limits in found.pairs.items()
    ]
    safe, caution = list[list[float]](), list[list[float]]()
    far = 0.0 if side == "below" else end
    for (call, at), (closing, _) in moves:
        places = [
            far if (place := getattr(limit, side)) is None else min(max(now * float(place / at), 0), end)
            for limit in (call, closing)
        ]
        safe += [] if call.reached else [[now, places[0]]]
        never = getattr(call, side) is None and not call.reached
        caution += [] if closing.reached or never else [[now if call.reached else places[0], places[1]]]
    for role, expected in (("market", safe), ("loss", caution)):
        xs = [x for x, _ in drawn(view, 0, role, 8)]
        assert [xs[at : at + 2] for at in range(0, len(xs), 2)] == [pytest.approx(each) for each in expected]


def written(view: dict[str, Any]) -> list[tuple[float, float, str]]:
    """Where each text of the picture stands, and what it says, without its marks."""
    return [
        (x, y, unmarked(text).replace("\N{NO-BREAK SPACE}", " ").strip())
        for trace in view["figures"][0]["data"]
        if trace["mode"] == "text"
        for x, y, text in zip(trace["x"], trace["y"], trace["text"], strict=True)
    ]


def test_the_bands_say_their_names_and_prices() -> None:
    """10,000 + P − 20,000 = 0.8 × 4,000 and 0.4 × 4,000."""
    view, _ = shown(FAR)

    assert {"margin call 13,200", "liquidation 11,600", "equity gone 10,000", "BTC: ■ −34 %, ■ −42 %"} <= {
        text for _, _, text in written(view)
    }
    assert [shown(FAR, price=price)[0]["happens"] for price in (13600, 13200, 11600, 10000)] == [
        [], ["margin call"], ["margin call", "liquidation"], ["margin call", "liquidation", "equity gone"],
    ]  # fmt: skip


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("dollars", [2600, 5000, 10000, 16000])
def test_a_bands_name_stands_beside_its_circle_and_never_on_the_line(side: str, dollars: int) -> None:
    """On a telephone names that began at the axis ran into a short's line."""
    view, _ = shown(FAR, side=side, USD=dollars, leverage=10)
    marks = {x for trace in view["figures"][0]["data"] if trace["mode"] == "markers" for x in trace["x"]}
    circles = {name: x for x, _, name in written(view) if name.startswith(("margin call", "liquidation", "equity"))}
    assert len(circles) == 3
    assert {*circles.values()} <= marks | {float(HIGHEST) * 0.005, float(HIGHEST) * 0.995}
    for text, box in boxes(view["figures"][0], NARROWEST):
        if "margin call" in text:
            assert 48 <= box.left <= box.right <= NARROWEST


def test_a_shorts_used_margin_is_counted_both_ways() -> None:
    """C5, worked by hand: 1 BTC short from 20,000 at 24,000. 24,000 ÷ 5 or 20,000 ÷ 5; equity is 6,000.

    The call: 30,000 − P = 0.8 × P ÷ 5, or = 0.8 × 4,000. Liquidation: with 0.4 in its place.
    """
    today, before = (
        shown(FAR, side="short", price=24000, counted=counted)[0]
        for counted in ("at today's price", "at the opening price")
    )

    for view, used, level, call, end in (
        (today, "4,800.00 USD", "125", "25,862.07 USD", "27,777.78 USD"),
        (before, "4,000.00 USD", "150", "26,800.00 USD", "28,400.00 USD"),
    ):
        assert cells(view, 0, "Used margin")[2] == used
        assert cells(view, 0, "Margin level")[2] == f"{level}\N{NO-BREAK SPACE}%"
        assert cells(view, 1, "80")[2] == call
        assert cells(view, 1, "40")[2] == end
        assert call in view["title"]
    for view, other, apart in ((today, before, "higher"), (before, today, "lower")):
        (told,) = (words for words in view["words"] if words.startswith("Counted at"))
        for table, name in ((0, "Used margin"), (0, "Margin level"), (1, "80"), (1, "40")):
            assert cells(other, table, name)[2] in told
        assert f"937.93 USD {apart}" in told
        assert f"622.22 USD {apart}" in told
    assert [cells(view, 0, "Used margin")[4] for view in (today, before)] == ["B2", "C5"]


def test_a_liquidation_counted_at_the_opening_price_leaves_what_its_own_price_does() -> None:
    """C5: at 28,400 the short has lost 8,400 of 10,000; at 27,777.78, 7,777.78."""
    left = [
        shown(FAR, side="short", price=40000, counted=counted)[0]["words"][0]
        for counted in ("at today's price", "at the opening price")
    ]
    assert "left with 2,222.22 USD" in left[0]
    assert "left with 1,600.00 USD" in left[1]


def test_the_switch_moves_nothing_of_a_long_and_the_words_say_so() -> None:
    for held in HELD:
        today, before = (
            shown(FAR, held=held, price=18000, counted=counted)[0]
            for counted in ("at today's price", "at the opening price")
        )
        assert today["tables"] == before["tables"]
        assert not any("C5" in words for words in today["words"])
        assert sum("C5" in words for words in before["words"]) == 1


def test_two_positions_that_fall_together_have_less_room_than_each_alone() -> None:
    """By hand: 10,000 − 30,000 × f = 0.8 × 6,000 at f = 17.33 %; BTC alone 5,200 ÷ 20,000, ETH alone ÷ 10,000."""
    view, _ = shown(FAR, held="BTC and ETH")

    assert view["title"].endswith("a margin call comes if both prices fall by 17.3\N{NO-BREAK SPACE}% from here")
    assert "with BTC at 16,533.33 USD and ETH at 826.67 USD" in view["words"][-1]
    assert "with BTC at 14,933.33 USD and ETH at 746.67 USD" in view["words"][-1]
    assert [
        [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row["cells"]] for row in view["tables"][2]["rows"]
    ] == [
        ["BTC and ETH together", "17.3 % below", "25.3 % below"],
        ["BTC alone", "14,800.00 USD, 26 % below", "12,400.00 USD, 38 % below"],
        ["ETH alone", "480.00 USD, 52 % below", "240.00 USD, 76 % below"],
    ]


def test_both_prices_move_with_the_slider_and_the_joint_limit_is_from_where_they_are() -> None:
    """At 18,000 and 900 equity is 7,000; 4,800 are left of it after 2,200 of 27,000 more: 8.1 %."""
    view, values = shown(FAR, held="BTC and ETH", price=18000)

    assert replay(position(values, Decimal(18000))).final.prices == {PAIR: 18000, "ETH/USD": 900}
    assert cells(view, 0, "Equity")[2] == "7,000.00 USD"
    assert cells(view, 2, "BTC and ETH together")[1] == "8.1\N{NO-BREAK SPACE}% below"
    late, _ = shown(FAR, held="BTC and ETH", price=16400)
    assert "The margin call is here; liquidation comes if both prices fall by another 8.9" in late["words"][-2]
    assert cells(late, 2, "ETH alone")[1] == "reached"


def test_both_positions_are_closed_at_their_joint_limit() -> None:
    """At 25.33 % less: 5,066.67 and 2,533.34 lost, and 2,400 left (B5, R11)."""
    view, _ = shown(FAR, held="BTC and ETH", price=14000)

    assert view["title"].startswith(
        "Before BTC is at 14,000.00 USD, the exchange closes both positions with BTC at 14,9"
    )
    assert "BTC and ETH, with losses of 5,066.67 USD and 2,533.34 USD" in view["words"][0]
    assert view["words"][0].endswith("left with 2,400.00 USD. If they had stayed open:")


def test_own_coins_may_save_both_and_not_one_alone() -> None:
    """2 BTC of one's own outrun 1 BTC and 10 ETH owed; ETH that rises alone has nothing against it."""
    view, _ = shown(FAR, held="BTC and ETH", side="short", USD=0, BTC=2)

    assert cells(view, 2, "BTC and ETH together")[1:] == ["no such price"] * 2
    assert "However far both prices rise together, no margin call comes" in view["words"][-2]
    assert "if ETH alone rises, it comes after 303.4" in view["words"][-2]
    assert "however far BTC and ETH rise, your own BTC rise with what you owe" in view["words"][-1]


@settings(max_examples=60, deadline=None)
@given(anywhere(FAR))
def test_how_far_each_may_go_is_what_the_solver_says(values: Values) -> None:
    view, now = FAR.view(values), values["price"]
    story = replay(position(values, now))
    if story.error:
        return
    found = limits(story.final, "USD", measure=how(values))
    side = "below" if values["side"] == "long" else "above"
    for pair, reach in found.pairs.items():
        told = cells(view, 2, pair[:3] + (" alone" if len(found.pairs) > 1 else ""))
        for limit, cell in zip(reach, told[1:], strict=True):
            assert limit
            at = getattr(limit, side)
            if limit.reached or at is None:
                assert cell == ("reached" if limit.reached else "no such price")
            else:
                assert cell.startswith(f"{money(at, 'USD')}, ")
    if len(found.pairs) > 1:
        for limit, cell in zip(found.together, cells(view, 2, "BTC and ETH")[1:], strict=True):
            assert limit
            at = getattr(limit, side)
            expected = "reached" if limit.reached else "no such price" if at is None else percent(abs(at - 1), 1)
            assert cell.startswith(expected)


@pytest.mark.parametrize("panel", [FAR, CRASH])
def test_the_heads_of_a_table_never_change(panel: HowFar | ThroughTheCrash) -> None:
    """The browser fills them in once: whatever moves stands in a cell."""
    heads = [[each["label"] for each in table["columns"]] for table in shown(panel)[0]["tables"]]
    for control in panel.controls:
        for value in control.track():
            tables = shown(panel, **{control.name: value})[0]["tables"]
            assert [[each["label"] for each in table["columns"]] for table in tables] in (heads, []), control.name


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
    for x, y in drawn(view, 0, "own", 3):
        assert how_far.BOTTOM <= y <= how_far.TOP
        if 1 < x < float(HIGHEST) and 41 < y < how_far.TOP - 1:
            tied = how(values)(replay(position(values, Decimal(str(round(x, 2))))).final, "USD")
            assert tied.level is not None
            assert float(tied.level) == pytest.approx(y, abs=0.5)
    low, high = view["figures"][0]["layout"]["yaxis"]["range"]
    for trace in view["figures"][0]["data"]:
        assert all(low <= y <= high for y in trace["y"] if y is not None)


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
    assert [row["cells"][1:4] for row in table] == [
        [row.asset, exact(row.amount) + (f", fee {exact(row.fee)}" if row.fee else ""), exact(row.balance)]
        for row in rows
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
    assert any(row[0].endswith("liquidation\N{NO-BREAK SPACE}of\N{NO-BREAK SPACE}1") for row in before)


def test_march_2020_is_told() -> None:
    """B5, R8, R13: liquidation on the way to the low of the 12th, oldest first, out of dollars and then bitcoin."""
    view, _ = shown(CRASH, day="6.5")
    why, first, second = view["words"][1:4]

    assert view["title"].startswith("12 March, low: the exchange has closed BTC and ETH")
    assert why.startswith("On the way to 12 March, low: BTC falls to 6,765.03 USD. The margin level is 40")
    assert "position 1" in first
    assert "position 2" in second
    assert "Your 903.72 USD go first" in second
    assert "of your BTC follow" in second
    rules = [row["cells"][4] for row in view["tables"][0]["rows"]][2:]
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
    assert shown(CRASH, day=8, jumps=True)[0]["words"][-1].endswith(
        "would be yours now; without, you owe 2,688.89 USD."
    )
    assert cells(shown(CRASH, day=8)[0], 1, "Unpaid")[1] == "nothing"


def test_after_the_last_day_the_path_has_ended() -> None:
    last, after = shown(CRASH, path="November 2022", day="10.75")[0], shown(CRASH, path="November 2022", day=15)[0]

    assert last == after
    assert "The path ends here." in last["words"][0]


def test_the_level_is_drawn_right_before_and_after_a_liquidation() -> None:
    view, _ = shown(CRASH, path="Plunge and recovery", how="until 100 %", day=7)
    line = drawn(view, 0, "own", 3)
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


def test_a_moment_is_named_after_its_prices() -> None:
    """9 March 2020: BTC comes from its high when ETH goes to its low. So neither names the moment."""
    view, _ = shown(CRASH, day="3.25", stop=True)

    assert view["title"].startswith("9 March, second price: your stop has closed ETH")
    assert (
        "On the way to 9 March, second price: ETH falls to 194.79 USD. That sets off your sell stop" in view["words"][1]
    )


def test_a_stop_and_a_liquidation_in_one_moment_are_told_apart() -> None:
    """R22, B5: the jump of 12 March sets off the stop in BTC; the level is then too low for the ETH."""
    view, _ = shown(CRASH, day=8, stop=True, distance=20, jumps=True)
    texts = [text for trace in view["figures"][0]["data"] if trace["mode"] == "text" for text in trace["text"]]

    assert "▼ stop:<br>BTC<br>▼ liquidation:<br>ETH" in texts
    assert [row["cells"][0].split(": ")[1].split("\N{NO-BREAK SPACE}")[0] for row in view["tables"][0]["rows"][2:]] == [
        "stop", "stop", "liquidation",
    ]  # fmt: skip
    assert view["words"][-1].endswith("you owe 2,688.89 USD now; without them, it would be the same.")


def test_a_stop_beyond_the_liquidation_is_of_no_use_and_the_words_say_so() -> None:
    """Plunge and recovery: liquidation comes when BTC is at −21.8 %."""
    told = [
        shown(CRASH, path="Plunge and recovery", day="15.75", stop=stop, distance=distance)[0]["words"][-1]
        for stop in (True, False)
        for distance in (20, 25)
    ]
    assert ["it comes first" in words for words in told] == [False, True, False, True]


def test_what_stops_cost_where_the_prices_come_back() -> None:
    view, _ = shown(CRASH, path="Plunge and recovery", USD=12000, day="15.75")

    assert cells(view, 1, "Net worth")[1:3] == ["17,460.00 USD", "11,660.00 USD"]


def test_a_haircut_is_told_where_equity_is_less_than_what_is_yours() -> None:
    view, _ = shown(CRASH, haircut=50)

    assert "10,000.00 USD are yours" in view["title"]
    assert "Equity 8,000.00 USD (of your BTC, only 50\N{NO-BREAK SPACE}% count)" in view["words"][0]
    assert "count)" not in shown(CRASH, haircut=50, BTC=0, USD=12000)[0]["words"][0]


@pytest.mark.parametrize("title", list(paths()))
def test_the_pictures_end_with_their_path_and_texts_stay_where_they_are_drawn(title: str) -> None:
    """Plotly hides a text whose place is outside of the axes."""
    last = (paths()[title].points - 1) / A_DAY
    for day in range(16):
        for stop in (True, False):
            for figure in shown(CRASH, path=title, day=day, stop=stop)[0]["figures"]:
                low, high = figure["layout"]["xaxis"]["range"]
                assert last < high < last * 1.05
                for trace in figure["data"]:
                    assert all(low <= x <= high for x in trace["x"] if x is not None)


@settings(max_examples=30, deadline=None)
@given(anywhere(CRASH))
def test_the_picture_is_the_course(values: Values) -> None:
    """What is lived through is solid, all of it faint: margin levels and prices, checked against the walk itself."""
    view = CRASH.view(values)
    path, days = paths()[str(values["path"])], values["day"]
    walked = walk(account(values), path, jumps=bool(values["jumps"]))
    if walked.story.error:
        assert view["figures"][0]["layout"]["meta"]["tells"][0][0].startswith("The margin level would be")
        return
    now = min(int(days * A_DAY), path.points - 1)
    solid = drawn(view, 0, "own", 3)
    assert all(x * A_DAY <= now for x, _ in solid)
    for point in range(path.points):
        tied = walked.story.margin_of(walked.state(point))
        level = None if tied is None or tied.level is None else float(tied.level)
        if level is not None and crash.BOTTOM < level < crash.TOP:
            place: tuple[float, Any] = (point / A_DAY, pytest.approx(level))
            assert place in drawn(view, 0, "own", 2)
            assert (place in solid) == (point <= now and now > 0)  # a point is no line
    lived = [
        trace for trace in view["figures"][0]["data"] if trace["mode"] == "lines" and trace["line"]["width"] == 2.5
    ]
    assert len(lived) == len(walked.story.scenario.prices)
    for trace, pair in zip(lived, walked.story.scenario.prices, strict=True):
        first = path.prices[pair][0]
        shares = [float(price / first - 1) * 100 for price in path.prices[pair][: now + 1]]
        assert trace["x"] == [point / A_DAY for point in range(now + 1)]
        assert [y - crash.OPENING for y in trace["y"]] == [
            pytest.approx(min(max(share, -crash.FURTHEST), crash.FURTHEST), abs=1e-6) for share in shares
        ]


@pytest.mark.parametrize(("side", "way"), [("long", -1), ("short", 1)])
def test_a_stop_is_dragged_where_it_is_drawn(side: str, way: int) -> None:
    view, _ = shown(CRASH, side=side, stop=True, distance=15)
    _, held = view["figures"][0]["layout"]["meta"]["grips"]

    assert (held["control"], held["axis"]) == ("distance", "y")
    assert held["places"] == [crash.OPENING + way * 5, crash.OPENING + way * 40]
    assert {y for _, y in drawn(view, 0, "ink", 1.5)} == {crash.OPENING + way * 15}


def test_words_can_be_read_on_the_bands() -> None:
    """Ink on a band that the ground is seen through: a contrast of 4.5 at least, on both grounds (WCAG 1.4.3)."""
    for ground in ("light", "dark"):
        for trace in shown(CRASH)[0]["figures"][0]["data"]:
            if trace.get("fill") == "toself":
                below, band, ink = (rgb(ROLES[role][ground]) for role in ("ground", trace["fillcolor"][5:], "ink"))
                seen = [a + (b - a) * trace["opacity"] for a, b in zip(below, band, strict=True)]
                one, other = sorted((luminance(seen), luminance(ink)))
                assert (other + 0.05) / (one + 0.05) >= 4.5


def rgb(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def luminance(colour: list[float]) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_what_has_happened_is_named_from_its_moment_on() -> None:
    """March 2020: 78.7 % for a moment on the 9th, between two points; liquidation on the way to the low of the 12th."""
    seen = {day: shown(CRASH, day=str(day))[0]["happens"] for day in (0, 6, 6.25, 6.5, 13.5)}
    assert seen == {0: [], 6: [], 6.25: [], 6.5: ["margin call", "liquidation"], 13.5: ["margin call", "liquidation"]}
    assert shown(CRASH, day=8, jumps=True)[0]["happens"][-1] == "something stays unpaid"
    assert shown(CRASH, day=8, stop=True)[0]["happens"] == ["stop"]


@pytest.mark.parametrize("title", list(paths()))
def test_the_track_ends_where_the_path_ends(title: str) -> None:
    """So that no part of it does nothing; the moment is dragged along the days themselves."""
    view, _ = shown(CRASH, path=title)
    (day,) = (control for control in CRASH.controls if control.name == "day")
    last = Decimal(paths()[title].points - 1) / A_DAY
    (grip,) = view["figures"][0]["layout"]["meta"]["grips"]

    assert day.played
    assert Decimal(view["ends"]["day"]) == last <= Decimal(day.most)
    assert grip["control"] == "day"
    assert len(grip["places"]) == len(day.track())
    assert grip["places"][: paths()[title].points] == [float(moment) for moment in day.track() if moment <= last]
    assert float(last) <= grip["places"][-1] < float(last) + 0.001


def test_where_the_levels_line_has_ended_it_is_said_why_and_not_before() -> None:
    """After the liquidation of 12 March a week was left without a line, and without a word."""
    before, after = (
        {text.replace("<br>", " ") for _, _, text in written(shown(CRASH, day=day)[0])} for day in ("6.25", "13.5")
    )

    assert "nothing is open: no margin level" in after - before
    assert "▼ liquidation: BTC and ETH" in after - before


def test_while_something_is_open_the_levels_line_goes_on_and_nothing_else_is_said() -> None:
    view, _ = shown(CRASH, path="November 2022", how="until 100 %", day="8")
    told = [text.replace("<br>", " ") for _, _, text in written(view)]
    assert "▼ liquidation: BTC" in told
    assert not any("nothing" in text for text in told)


@pytest.mark.parametrize("values", [{"stop": True}, {"path": "Slow slide", "how": "until 100 %"}])
def test_no_upright_goes_through_the_name_of_a_closing_or_of_a_band(values: dict[str, object]) -> None:
    """On a telephone the second of two stops stood in the name of the first."""
    view, _ = shown(CRASH, day="13.5", **values)
    figure = view["figures"][0]
    layout = figure["layout"]
    (left, right), edges = layout["xaxis"]["range"], layout["margin"]
    wide = NARROWEST - edges["l"] - edges["r"]
    places = {edges["l"] + (x - left) / (right - left) * wide for x, _ in drawn(view, 0, "loss", 2)}

    assert places
    for text, box in boxes(figure, NARROWEST):
        if text.startswith("▼"):
            assert not [x for x in places if box.left < x < box.right], text
    call = {y for x, y in drawn(view, 0, "loss", 2)}
    assert min(call) == 80


def test_a_course_needs_no_stop_to_be_compared() -> None:
    values = CRASH.read({})
    path = paths()["March 2020"]
    along = crash.Course(path, walk(account(values), path))

    assert crash.at(along, Decimal(100)).point == path.points - 1
    assert [level for _, level in along.levels][-1] is None


def _own(figure: Any) -> list[tuple[float, float]]:
    """What is drawn of the level, as full as what has been lived through."""
    return [
        (x, y)
        for trace in figure["data"]
        if trace.get("mode") == "lines" and trace["line"]["color"] == "role:own" and "opacity" not in trace
        for x, y in zip(trace["x"], trace["y"], strict=True)
        if x is not None
    ]


def test_a_level_beyond_the_axis_is_seen_along_its_edge() -> None:
    """An account that is far from a margin call had a picture without any line."""
    calm, _ = shown(CRASH, USD=30000, BTC=20000, first=5000, second=0, day="15.75")
    found = _own(calm["figures"][0])
    assert {y for _, y in found} == {crash.TOP}
    assert (min(x for x, _ in found), max(x for x, _ in found)) == (0, 13.75)

    rich, _ = shown(HowFar(), USD=30000, BTC=2, volume="0.1", leverage=2, price=40000)
    assert {y for _, y in _own(rich["figures"][0])} == {how_far.TOP}

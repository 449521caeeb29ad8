"""Lesson 06's view says what the engine says: bars, lines, words and rows come from the four ways."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib import replay
from marginlib.drawing.placing import unmarked
from marginlib.engine.scenario import Wait
from marginlib.engine.story import Story
from marginlib.lessons import WaysOut
from marginlib.lessons.ways_out.panel import open_at, ranges, scenario
from marginlib.lessons.ways_out.view import _steps
from marginlib.panels.controls import Slider
from marginlib.panels.purse import FUNDS
from marginlib.telling.numbers import brief, money, percent
from marginlib.ways_out.break_even import break_even_fee, flips
from marginlib.ways_out.covering import covered_to, little_first, part_first
from marginlib.ways_out.plans import Plan, Way, plan

PANEL = WaysOut()
Values = Any


@st.composite
def anywhere(draw: st.DrawFn) -> Values:
    """Values along all the tracks; leverage often high, so that most openings are accepted."""
    values: Values = {}
    for control in PANEL.controls:
        track = st.sampled_from(control.track())
        removable = isinstance(control, Slider) and control.removable
        values[control.name] = draw(st.none() | track if removable else track)
    return values


def shown(**values: object) -> tuple[dict[str, Any], Story]:
    read = PANEL.read(values)
    return PANEL.view(read), open_at(read)


def texts(view: dict[str, Any], figure: int) -> list[str]:
    return [
        unmarked(text).replace("■ ", "").strip("\N{NO-BREAK SPACE}")
        for trace in view["figures"][figure]["data"]
        for text in trace.get("text", ())
    ]


def bars_of(view: dict[str, Any]) -> dict[float, list[tuple[str, float, float]]]:
    """Role, base and length of the bars, by their height; from the highest row down."""
    found: dict[float, list[tuple[str, float, float]]] = {}
    for trace in view["figures"][0]["data"]:
        if trace["type"] == "bar":
            role = trace["marker"]["color"].removeprefix("role:")
            for base, x, y in zip(trace["base"], trace["x"], trace["y"], strict=True):
                found.setdefault(y, []).append((role, base, x))
    return found


def told(view: dict[str, Any], figure: int = 0) -> list[str]:
    return [text for text, _ in view["figures"][figure]["layout"]["meta"]["tells"]]


@settings(max_examples=60, deadline=None)
@given(anywhere())
def test_the_screen_says_what_the_engine_says(values: Values) -> None:
    view, story = PANEL.view(values), open_at(values)
    if story.error:
        assert "refuses this opening" in view["title"]
        check_refused(view, story, values)
        assert view["tables"] == []
        return
    ways = plan(story)
    check_rows(view, ways, story)
    check_lines(view, ways, values)
    check_table(view, ways, story)


def check_refused(view: dict[str, Any], story: Story, values: Values) -> None:
    """What the opening ties up, worked out here, and what is missing, from the engine's own sentence."""
    (figure,) = view["figures"]
    (used,), (own,) = (trace["x"] for trace in figure["data"] if trace["type"] == "bar")
    assert story.error
    assert used == pytest.approx(float(values["size"] / values["leverage"]), rel=1e-4)
    short = re.search(r"equity is ([\d.]+) EUR short", story.error.message)
    assert short
    assert max(used - float(short[1]), 0) == pytest.approx(own, abs=0.01)
    assert max(used, own) <= figure["layout"]["xaxis"]["range"][1]


def told_of(ways: Plan, story: Story) -> list[Way | None]:
    """The ways in the order in which they are drawn; the two that open orders again only where they are refused."""
    refused = "B9" in ways.way("buy").closed
    part, little = (way(story, ways.pair) if refused else None for way in (part_first, little_first))
    return [ways.way("close"), ways.way("buy"), part, ways.way("settle"), ways.way("deposit"), little]


def check_rows(view: dict[str, Any], ways: Plan, story: Story) -> None:
    """A row for each way that is told of: a bar of what every closing costs and what may be avoided, end to end."""
    rows = told_of(ways, story)
    end = view["figures"][0]["layout"]["xaxis"]["range"][1] / 1.02
    drawn, said, heard = bars_of(view), texts(view, 0), told(view)
    assert len(heard) == len(rows)
    expected = []
    for way, sentence in zip(rows, heard, strict=True):
        if way is None or way.cost is None:
            assert "not open" in sentence or "not needed" in sentence
            continue
        closing, avoidable = float(way.parts.closing), float(way.parts.ordering + way.parts.converting)
        bar = [("fee", 0, min(avoidable, end)), ("market", avoidable, min(closing, end - avoidable))]
        expected += [[each for each in bar if each[2] > 1e-12]] if any(way.parts) else []
        assert closing + avoidable == pytest.approx(float(way.cost), abs=0.02)
        amount = money(way.cost, ways.currency) if any(way.parts) else "nothing"
        assert any(f": {amount}" in text for text in said)
        assert f": {amount}" in sentence
    found = [bar for _, bar in sorted(drawn.items(), reverse=True)]
    assert [[role for role, _, _ in bar] for bar in found] == [[role for role, _, _ in bar] for bar in expected]
    for one, other in zip(found, expected, strict=True):
        for (_, base, length), (_, start, long) in zip(one, other, strict=True):
            assert [base, length] == pytest.approx([start, long], abs=1e-6)
    check_cheapest(said, ways, rows[2])


def check_cheapest(said: list[str], ways: Plan, part: Way | None) -> None:
    """What is marked costs least of all that needs nothing from outside, up to roundings; all such ways are."""
    costs = [way.cost for way in (*ways.ways, *([part] if part else [])) if way.name != "deposit"]
    known = [cost for cost in costs if cost is not None]
    marked = [text for text in said if text.startswith("\N{BLACK CIRCLE}")]
    amounts = {money(cost, ways.currency) for cost in known if cost - min(known) <= ways.dust}
    assert marked
    for text in marked:
        told = text.partition(": ")[2].removesuffix(", cheapest")
        assert told in amounts | ({"nothing"} if min(known) <= ways.dust else set())


def check_lines(view: dict[str, Any], ways: Plan, values: Values) -> None:
    """The rings stand at what converting and ordering cost at the trading fee now."""
    (rings,) = (trace for trace in view["figures"][1]["data"] if trace.get("mode") == "markers")
    direct, bought = ways.way("close"), ways.way("buy")
    assert isinstance(values["fee"], Decimal)
    expected = [way.parts.converting if way is direct else way.parts.ordering for way in (direct, bought)]
    ends = [float(part) for part, way in zip(expected, (direct, bought), strict=True) if not way.closed]
    assert rings["y"] == ([pytest.approx(end) for end in ends] if direct.parts.converting else [])
    assert set(rings["x"]) <= {float(values["fee"])}


def check_table(view: dict[str, Any], ways: Plan, story: Story) -> None:
    (table,), rows = view["tables"], told_of(ways, story)
    for row, way in zip(table["rows"], rows, strict=True):
        name, _, cost, _, left = row["cells"]
        assert ("cheapest with what you have" in name) == (row["mark"] == "taken")
        assert row["mark"] != "taken" or way is rows[2] or (way and way.name in ways.tied)
        if way is None or way.cost is None:
            assert cost in ("not open", "not needed")
            continue
        assert cost == money(way.cost, ways.currency)
        for code, amount in way.left.balances.items():
            assert (brief(amount, code) in left) or not amount


@settings(max_examples=40, deadline=None)
@given(anywhere())
def test_you_stand_where_the_sliders_are(values: Values) -> None:
    """The fee of the opening is paid before: with the position open, the balances are those on the screen."""
    story = open_at(values)
    if not story.error:
        held = {code: amount for code, amount in story.final.balances.items() if amount}
        assert held == {code: values[code] for code in FUNDS if values[code]}


def test_the_start_is_worth_moving() -> None:
    """800 EUR are missing: 750 − 2.5 % of BTC, 68.75 ÷ 0.95 EUR of DOGE; an order for 800 ÷ 0.996; 3,000 EUR closed."""
    view, _ = shown()

    assert view["title"] == "Buying EUR first costs 15.21 EUR, closing now 34.37 EUR: 19.16 EUR saved"
    assert "Close now: 34.37 EUR, 19.16 more" in texts(view, 0)
    assert "22.37 converting + 12.00 closing" in texts(view, 0)
    assert "\N{BLACK CIRCLE} Buy EUR first: 15.21 EUR" in texts(view, 0)
    assert "needs 800.00 EUR from outside (R6)" in texts(view, 0)
    assert "Settle: needs 4,000.00 EUR (R6)" in texts(view, 0)
    assert "To bring in 800.00 EUR" in texts(view, 1)
    assert view["happens"] == ["cheapest: order"]
    words = " ".join(view["words"])
    assert (
        "0.02 BTC (2.5\N{NO-BREAK SPACE}%) and 723.684 DOGE (5\N{NO-BREAK SPACE}%) are converted, at a fee of 22.37 EUR"
        in words
    )
    assert "2 ordinary orders, at a fee of 3.21 EUR: 0.4\N{NO-BREAK SPACE}% (R17)" in words
    assert "its own fee either way: 12.00 EUR (A9)" in words


def test_the_rings_cross_at_the_break_even() -> None:
    """Below it buying first is the cheapest, above it closing now; the line goes through both."""
    view, story = shown()
    even = break_even_fee(story)
    assert even
    rising = view["figures"][1]["data"][2]
    at = rising["x"].index(float(even * 100))

    assert f"the same at {percent(even)}" in texts(view, 1)
    assert rising["y"][at] == pytest.approx(float(plan(story).way("close").parts.converting))
    assert "saved" in shown(fee="2.7")[0]["title"]
    assert shown(fee="2.75")[0]["title"].endswith("more")
    assert [plan(shown(fee=fee)[1]).cheapest for fee in ("2.7", "2.75")] == ["buy", "close"]
    assert [shown(fee=fee)[0]["happens"] for fee in ("2.7", "2.75")] == [["cheapest: order"], []]


def test_the_line_does_not_move_with_the_fee() -> None:
    assert len({str(shown(fee=fee)[0]["figures"][1]["data"][2]) for fee in ("0", "0.4", "1", "3")}) == 1


def test_beyond_the_slider_the_break_even_is_told_in_words_alone() -> None:
    view, _ = shown(BTC=None, DOGE=20000)

    assert not [text for text in texts(view, 1) if "the same at" in text]
    assert any("At a trading fee of 5\N{NO-BREAK SPACE}%" in line for line in view["words"])


def test_the_prices_in_the_words_are_where_the_answer_flips() -> None:
    """Where the euros bear it alone, to the cent; where the order is refused, its own fee counted, to the euro."""
    view, story = shown()
    told = " ".join(view["words"])
    below, above = flips(story, "BTC/EUR", Decimal(30000), Decimal(50000))
    assert below
    assert above

    assert covered_to(story.final, "BTC/EUR") == Fraction(47500) == round(above.price)
    assert "Above 47,500.00 EUR your EUR would bear the loss alone (R13)" in told
    assert f"Below {round(below.price):,} EUR an order would leave your margin level under 100" in told


@pytest.mark.parametrize("move", [29, 30])
def test_too_late_to_buy_first(move: int) -> None:
    """B9: the way is there no longer, and its place says why; what opens it again is told."""
    view, story = shown(move=move)
    part, little = part_first(story, "BTC/EUR"), little_first(story, "BTC/EUR")
    assert part
    assert part.cost
    assert little
    assert little.cost
    words = " ".join(view["words"])

    assert view["title"].startswith(f"EUR can't be bought at once: closing a part first costs {float(part.cost):.2f},")
    assert "Buy EUR first: not open (B9)" in texts(view, 0)
    assert any(
        text.startswith(f"\N{BLACK CIRCLE} Close a part first: {money(part.cost, 'EUR')}") for text in texts(view, 0)
    )
    assert f"Deposit a little first: {money(little.cost, 'EUR')}" in texts(view, 0)
    assert view["happens"] == ["cheapest: order", "no orders"]
    assert "ordering is not open" in "".join(texts(view, 1))
    assert "To buy EUR first is not open: this order would leave" in words
    assert "and is refused" not in words
    assert f"it all costs {money(part.cost, 'EUR')} (B2, R13, R17)" in words
    assert (
        f"Or bring in {money(little.deposited, 'EUR')}, and order then: that costs {money(little.cost, 'EUR')},"
        in words
    )


def test_further_down_only_money_from_outside_opens_orders_again() -> None:
    view, story = shown(move=30, fee=3)
    words = " ".join(view["words"])

    assert part_first(story, "BTC/EUR") is None
    assert view["title"].endswith("EUR can't be bought first")
    assert "Only money from outside opens orders again: bring in 127.01 EUR" in words
    assert "close a part" not in words


def test_close_to_too_late_the_line_ends_where_the_order_would_be_refused() -> None:
    """At 36,250 EUR the level is 103 %: an order may cost 25 EUR, and no more."""
    view, story = shown(move="27.5")
    rising = view["figures"][1]["data"][2]

    assert break_even_fee(story) is None
    assert rising["x"][0] == 0
    assert 0.4 < rising["x"][-1] < 3
    assert rising["y"][-1] < 25


@pytest.mark.parametrize(
    "values",
    [
        {"EUR": 0, "BTC": 0, "DOGE": 0, "leverage": 10},
        {"EUR": 100, "BTC": 0, "DOGE": 0, "leverage": 2, "move": 0},
        {"EUR": 100, "BTC": 0, "DOGE": 0, "leverage": 2, "fee": 3, "side": "short"},
        {"EUR": 100, "BTC": 0, "DOGE": 0, "leverage": 3, "fee": 3, "pair": "XMR/EUR"},
        {"EUR": 60, "BTC": 0, "DOGE": 3000, "leverage": 2, "fee": 3, "pair": "ETH/USD"},
        {"EUR": 60, "BTC": "0.002", "DOGE": 0, "leverage": 2, "fee": 3, "pair": "ADA/BTC"},
    ],
)
def test_what_a_refusal_advises_works_in_this_panel(values: Values) -> None:
    """B4: the opening's fee, which the story has besides, bears no margin of a smaller opening."""
    view, story = shown(**values)
    size = re.search(r"position size of at most ([0-9,]+) EUR", view["alert"])
    deposit = re.search(r"Deposit ([0-9,.]+) EUR first", view["alert"])

    assert story.error
    assert deposit
    enough = values["EUR"] + Decimal(deposit[1].replace(",", ""))
    assert shown(**{**values, "EUR": enough})[1].error is None
    assert "take at most" not in view["alert"]
    if size:
        most = int(size[1].replace(",", ""))
        assert shown(**{**values, "size": most})[1].error is None
        assert shown(**{**values, "size": most + 100})[1].error
    else:
        assert shown(**{**values, "size": 100})[1].error


@pytest.mark.parametrize("fee", ["0", "0.2", "0.4", "1.5", "2.5", "3"])
def test_what_both_cost_is_written_above_all_that_is_drawn(fee: str) -> None:
    """Beside the lines it floated away from its own, or lay on the other one; it names the look of its line."""
    view, story = shown(fee=fee)
    figure = view["figures"][1]
    drawn = [y for trace in figure["data"] if trace.get("mode") != "text" for y in trace["y"] if y is not None]
    places = {
        unmarked(text): y
        for trace in figure["data"]
        if trace.get("mode") == "text"
        for text, y in zip(trace["text"], trace["y"], strict=True)
    }
    cost = brief_of(plan(story).way("buy"))
    (read,) = (text for text in places if text.startswith("╎╎ converting 22.37"))

    assert read == f"╎╎ converting 22.37 EUR<br>── ordering {cost} EUR"
    assert places[read] > max(drawn)
    assert len({y for text, y in places.items() if "the same" not in text}) == 2


def brief_of(way: Way) -> str:
    return f"{float(way.parts.ordering):.2f}"


def test_the_table_counts_its_ways_among_those_that_are_drawn() -> None:
    assert "The six ways, line by line" in shown()[0]["tables"][0].values()


def test_nothing_is_needed_where_the_quote_currency_suffices() -> None:
    view, _ = shown(EUR=2000)

    assert view["title"] == "Closing now costs 12.00 EUR: nothing is converted"
    assert sum(text.endswith(": not needed (R13)") for text in texts(view, 0)) == 4
    assert texts(view, 1) == ["Nothing is converted, at any fee:<br>your EUR bear all that is lost (R13)"]
    assert not [trace for trace in view["figures"][1]["data"] if trace.get("mode") == "lines" and trace["x"]]
    assert view["figures"][1]["layout"]["xaxis"]["tickvals"] == [], "axes without content say nothing"


def test_a_short_with_its_coins_is_settled_for_nothing() -> None:
    """2,000 EUR at 50,000: 0.04 BTC are owed."""
    view, _ = shown(side="short", size=2000, BTC="0.1")

    assert view["title"] == "Settling costs nothing; buying EUR first 11.20, closing now 17.69 EUR"
    assert "\N{BLACK CIRCLE} Settle: nothing, cheapest" in texts(view, 0)
    assert "To settle takes 0.04 BTC of your own and frees 2,000.00 EUR, without a fee (R3 to R5)." in view["words"][2]
    assert view["tables"][0]["rows"][3]["cells"][3] == "0.04 BTC of your own (R3)"


@pytest.mark.parametrize(
    ("values", "rate", "lent", "each", "saved", "hours"),
    [
        ({}, "0.024", "4,000.00 EUR extended", "0.96", "3.2129", 16),
        ({"side": "short"}, "0.01", "0.08 BTC extended, at what they cost now", "0.5", "3.2129", 28),
        ({"pair": "ETH/USD", "USD": 500}, "0.03", "5,000.00 USD extended", "1.5", "5.0321", 16),
        ({"pair": "XMR/EUR", "side": "short"}, "0.02", "20 XMR extended, at what they cost now", "1", "3.2129", 16),
    ],
)
def test_waiting_costs_the_rate_of_what_is_owed_until_a_deposit_saves_nothing(
    values: Values, rate: str, lent: str, each: str, saved: str, hours: int
) -> None:
    """B6: a long owes QUOTE, a short BASE; each has its own rate, and the engine takes just that."""
    view, story = shown(**values)
    (told,) = (words for words in view["words"] if words.startswith("Waiting costs"))
    quote, ways = story.final.positions[0].quote, plan(story)
    later = [
        replay(scenario(PANEL.read(values)).then(Wait(hours=Decimal(waited)))).final.balance(quote)
        for waited in (4, hours - 4, hours)
    ]
    paid = [story.final.balance(quote) - balance for balance in later]
    costs = [way.cost for way in ways.ways if way.cost is not None and way.name != "deposit"]
    deposit = ways.way("deposit").cost

    assert told.startswith(
        f"Waiting costs {money(Decimal(each), quote)} for every 4 hours: {rate}\N{NO-BREAK SPACE}% (made"
    )
    assert lent in told
    assert paid[0] == Decimal(each)
    assert deposit is not None
    assert story.final.round(quote, min(costs) - deposit) == Decimal(saved)
    assert f"So the {money(Decimal(saved), quote)} that a deposit saves" in told
    assert told.endswith(f" are gone after {'16 hours' if hours == 16 else '1 day and 4 hours'}.")
    assert paid[1] <= Decimal(saved) < paid[2]


def test_where_a_deposit_saves_nothing_only_the_waiting_is_told() -> None:
    for values in ({"side": "short", "BTC": "0.1"}, {"move": 5}):
        (told,) = (words for words in shown(**values)[0]["words"] if words.startswith("Waiting costs"))
        assert told.endswith("Each currency has its own rate (B6).")


def test_a_long_that_is_settled_is_still_there_to_fall() -> None:
    view, _ = shown(EUR=4000)

    assert view["title"] == "Settling costs nothing; closing now 12.00 EUR"
    assert (
        "It ends the loan, not the risk: you have the BTC, and selling them costs the trading fee" in view["words"][2]
    )
    assert "not the risk" not in " ".join(shown(side="short", size=2000, BTC="0.1")[0]["words"])


def test_one_gap_has_one_figure() -> None:
    """Of 800 EUR that are missing, BTC bring in 731.25; the rest, and the fee of the closing, stay unpaid."""
    view, _ = shown(DOGE=0)

    assert "800.00 EUR are missing" in view["words"][0]
    assert "80.75 EUR (12.00 EUR of it for the closing's fee) stay unpaid" in view["words"][1]
    assert "A deposit of 800.00 EUR pays for what is missing" in " ".join(view["words"])
    assert any(text.startswith("To bring in 731.25<br>of 800.00 EUR") for text in texts(view, 1))


def test_what_stays_unpaid_is_told_everywhere() -> None:
    """A5: 1,000 EUR of loss and 12 EUR of fee; 500 EUR there."""
    view, _ = shown(EUR=500, BTC=None, DOGE=0, leverage=10)

    assert view["title"] == "Closing now costs 12.00 EUR and leaves 512.00 EUR unpaid"
    assert "12.00 closing; 512.00 unpaid" in texts(view, 0)
    assert "You have 500.00 EUR: 500.00 EUR are missing." in view["words"][0]
    assert (
        "512.00 EUR (12.00 EUR of it for the closing's fee) stay unpaid and count against you (A5)." in view["words"][1]
    )
    assert "To buy EUR first is not open: you have nothing to sell for EUR (R6)." in view["words"][1]
    assert view["tables"][0]["rows"][0]["cells"][4] == "512.00 EUR unpaid (A5)"


def test_without_a_trading_fee_nothing_is_left_to_pay() -> None:
    view, _ = shown(fee=0)

    assert view["title"] == "Buying EUR first costs nothing, closing now 22.37 EUR: 22.37 EUR saved"
    assert texts(view, 0).count("no fee") == 1
    assert "Deposit first: nothing" in texts(view, 0)


def test_the_axes_stay_where_they_are() -> None:
    """Their numbers have names of their own, so the sweep over all panels leaves them to this test."""

    def axes(**values: object) -> list[tuple[object, ...]]:
        layouts = [figure["layout"] for figure in shown(**values)[0]["figures"]]
        each = [layout[name] for layout in layouts for name in ("xaxis", "yaxis")]
        return [(axis["range"], axis["tickvals"], axis["ticktext"]) for axis in each]

    start = axes()
    assert start[0][2] == ["0", "20", "40", "60 EUR"]
    assert start[3][2] == ["0", "20", "40", "60 EUR"]
    for control in PANEL.controls:
        if isinstance(control, Slider):
            for end in (control.least, control.most):
                found = axes(**{control.name: end})
                assert found[:2] == start[:2]
                assert [each[0] for each in found] == [each[0] for each in start]
                assert found[2][1] == [] or found == start, "nothing is converted, and that is all that is said"


def test_the_axis_has_room_for_all_that_can_be_avoided_and_no_more() -> None:
    """1,200 ÷ 0.97² − 1,200 at most; at the start the bars ended at a quarter of the axis."""
    order = 1200 / 0.97**2 - 1200
    assert ranges("EUR").bringing == pytest.approx(order)
    assert ranges("USD").bringing == pytest.approx(order * 1.25)
    assert _steps(ranges("BTC").bringing, 5)[1] == 0.0005
    view, story = shown()
    assert float(plan(story).way("close").cost or 0) > 0.4 * view["figures"][0]["layout"]["xaxis"]["range"][1]


def test_a_closings_fee_that_goes_further_ends_with_an_arrow_and_what_can_be_avoided_is_whole() -> None:
    view, story = shown(fee=3)
    end = view["figures"][0]["layout"]["xaxis"]["range"][1] / 1.02

    assert texts(view, 0).count("\N{BLACK RIGHT-POINTING TRIANGLE}") == 3
    for bar, name in zip(
        (row for _, row in sorted(bars_of(view).items(), reverse=True)), ("close", "buy"), strict=False
    ):
        way = plan(story).way(name)  # type: ignore[arg-type]
        (fee, start, length), (_, base, rest) = bar
        assert (fee, start) == ("fee", 0)
        assert length == pytest.approx(float(way.parts.ordering + way.parts.converting))
        assert base + rest == pytest.approx(end)


@pytest.mark.parametrize("values", [{}, {"move": 29}, {"EUR": 2000}, {"leverage": 2}, {"fee": 3, "move": 30}])
def test_a_way_that_is_not_open_takes_one_line_and_the_figure_stays_as_high(values: dict[str, object]) -> None:
    view, _ = shown(**values)
    closed = [text for text in texts(view, 0) if "not open" in text or "not needed" in text or "needs" in text[:30]]

    assert closed
    assert [each["layout"]["height"] for each in view["figures"]] == [
        each["layout"]["height"] for each in shown()[0]["figures"]
    ]


def test_the_line_of_the_fee_is_dragged_where_the_fee_is() -> None:
    """The grip's place at the control's value is where the rings stand."""
    fee = next(control for control in PANEL.controls if control.name == "fee")
    assert isinstance(fee, Slider)
    for value in ("0", "0.4", "1.5", "3"):
        figure = shown(fee=value)[0]["figures"][1]
        (grip,) = figure["layout"]["meta"]["grips"]
        low, high = grip["places"]
        share = (Decimal(value) - Decimal(fee.least)) / (Decimal(fee.most) - Decimal(fee.least))
        (rings,) = (trace for trace in figure["data"] if trace.get("mode") == "markers")
        assert (grip["control"], grip["axis"]) == ("fee", "x")
        assert rings["x"] == [pytest.approx(low + float(share) * (high - low))] * 2


@pytest.mark.parametrize(
    ("values", "last"),
    [
        ({"move": 27.5}, "2.7"),
        ({"pair": "ETH/USD", "leverage": 4, "move": 28.5}, "2.75"),
        ({"pair": "ETH/USD", "side": "short", "leverage": 4, "move": 23.5}, "1.45"),
        ({}, "3"),
    ],
)
def test_the_line_of_ordering_ends_where_ordering_is_refused(values: dict[str, object], last: str) -> None:
    """It ended at half, or a quarter, of the highest fee: a ring stood beyond its end."""
    (line,) = (
        trace
        for trace in shown(**values)[0]["figures"][1]["data"]
        if trace.get("mode") == "lines" and trace["line"]["width"] == 2.5
    )

    assert line["x"][-1] == pytest.approx(float(last))
    assert plan(shown(**values, fee=last)[1]).way("buy").cost is not None
    if float(last) < 3:
        assert plan(shown(**values, fee=str(Decimal(last) + Decimal("0.05")))[1]).way("buy").closed


def test_the_table_has_each_way_that_is_drawn_and_marks_the_cheapest() -> None:
    """The one that the title recommends was left out."""
    (told,) = shown(move=30)[0]["tables"]
    rows = {row["cells"][0]: (row["cells"], row["mark"]) for row in told["rows"]}

    assert len(rows) == 6
    (best,) = (cells for cells, mark in rows.values() if mark)
    assert best[0].startswith("Close a part first \N{BLACK CIRCLE}")
    assert best[1].startswith("close 0.0133333 BTC, sell 0.0199467 BTC, ")
    assert best[1].endswith(", close all")
    assert best[2] == "15.22 EUR"
    assert shown()[0]["tables"][0]["rows"][2]["cells"][2:4] == ["not needed", "Orders are open"]


def heights(view: dict[str, Any], figure: int) -> dict[str, tuple[float, str]]:
    """Where each text of a figure stands, and on which side of that."""
    return {
        unmarked(text).replace("\N{NO-BREAK SPACE}", " ").strip(): (y, place)
        for trace in view["figures"][figure]["data"]
        if trace.get("mode") == "text"
        for text, y, place in zip(trace["text"], trace["y"], [*trace["textposition"]], strict=True)
    }


def test_a_way_that_is_not_open_is_as_high_as_its_line_and_a_settling_has_no_line_of_parts() -> None:
    start, settled = heights(shown()[0], 0), heights(shown(EUR=5000, leverage=2)[0], 0)

    assert start["Close a part first: not needed"][0] - start["Settle: needs 4,000.00 EUR (R6)"][0] == 22
    assert "\N{BLACK CIRCLE} Settle: nothing, cheapest" in settled
    assert not [text for text in settled if "no conversion" in text]


EARLY = {"pair": "ETH/USD", "move": 10, "EUR": 0, "BTC": 0, "DOGE": 0, "GBP": 1600}
"""GBP become USD in two orders: they cost as much as converting at half the fee."""


@pytest.mark.parametrize(("values", "side"), [({}, "left"), (EARLY, "right")])
def test_the_fee_of_the_crossing_is_named_where_there_is_room(values: dict[str, object], side: str) -> None:
    ((_, place),) = [at for text, at in heights(shown(**values)[0], 1).items() if text.startswith("the same at")]

    assert place == f"middle {side}"

"""Lesson 02's panels show what the engine says: lines, steps, the five rows of the comparison, and the stop."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib import Story, replay
from marginlib.analysis.sheet import worth
from marginlib.drawing.placing import NARROW, collisions
from marginlib.engine.account import Row
from marginlib.engine.margin import unrealised
from marginlib.engine.scenario import Price, Stop
from marginlib.lessons import ClosingSteps, ShortAndMirror, ShortOrFuture, StopRun
from marginlib.lessons.going_short.buying_back import closing_sheets
from marginlib.lessons.going_short.held import ROWS
from marginlib.lessons.going_short.panel import (
    BOTH,
    COURSES,
    HOURS,
    MOST_DAYS,
    PATHS,
    PRICE,
    STOPS,
    closed,
    goes_to,
    held,
    position,
    run,
)
from marginlib.panels.panel import Panel
from marginlib.telling.numbers import money, number, percent

Values = Any
MIRROR, CLOSING, STOP = ShortAndMirror(), ClosingSteps(), StopRun()
HELD: Any = ShortOrFuture()


def anywhere(panel: Panel[Any]) -> st.SearchStrategy[Values]:
    return st.fixed_dictionaries({control.name: st.sampled_from(control.track()) for control in panel.controls})


def shown(panel: Panel[Any], **values: object) -> dict[str, Any]:
    return panel.view(panel.read(values))


def traces(figure: dict[str, Any], mode: str) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace.get("mode") == mode]


def written(figure: dict[str, Any]) -> list[str]:
    return [text for trace in traces(figure, "text") for text in trace["text"]]


def heights(figure: dict[str, Any], x: float) -> dict[str, float]:
    """How much of a column has which role; restricted is hatched."""
    found: dict[str, float] = {}
    for trace in figure["data"]:
        if trace["type"] == "bar":
            shape = trace["marker"].get("pattern", {}).get("shape")
            role = {"/": "restricted", ".": "fee"}.get(shape, trace["marker"]["color"].removeprefix("role:"))
            for at, height in zip(trace["x"], trace["y"], strict=True):
                if at == x:
                    found[role] = found.get(role, 0) + height
    return {role: height for role, height in found.items() if height}


def cells(view: dict[str, Any], name: str) -> list[str]:
    (row,) = (row for row in view["tables"][0]["rows"] if row["cells"][0].startswith(name))
    return list(row["cells"][1:])


def charged(rows: list[Row]) -> Decimal:
    """Every fee of an opening and the days after it."""
    return sum((row.fee - row.amount for row in rows), Decimal(0))


# A short and its mirror.


@given(anywhere(MIRROR))
def test_both_lines_are_the_engines_and_mirror_each_other(values: Values) -> None:
    view = MIRROR.view(values)
    (marks,) = traces(view["figures"][0], "markers")
    opened, move = Decimal(str(values["opened"])), Decimal(str(values["move"]))
    now = opened * (100 + move) / 100
    figure = view["figures"][0]
    grown = heights(figure, float(now))
    for at, side in enumerate(BOTH):
        story = replay(position(side, opened, Decimal(str(values["leverage"])), goes_to(now)))
        pnl = unrealised(story.final, story.final.positions[0])
        assert (marks["x"][at], marks["y"][at]) == (float(now), float(pnl))
        assert grown.get("profit" if pnl > 0 else "loss", 0) == float(pnl)
        told = [text for text in written(figure) if side in text]
        assert len(told) == 1
        assert told[0].endswith(f"{'▲ +' if pnl > 0 else '▼ ' if pnl < 0 else ''}{number(pnl, 2, 2)}")
    assert marks["y"][0] == -marks["y"][1]
    drawn = traces(figure, "lines")
    for colour, at in (("role:ink", 0), ("role:quiet", 1)):
        named = [each for each in drawn if each["line"]["color"] == colour]
        line = next(each for each in named if each["line"].get("dash") != "dot")
        beyond = next(each for each in named if each["line"].get("dash") == "dot" and len(each["x"]) > 2)
        (x0, x1), (y0, y1) = line["x"], line["y"]
        assert y0 + (y1 - y0) * (float(now) - x0) / (x1 - x0) == pytest.approx(marks["y"][at])
        assert max(x for x in beyond["x"] if x is not None) > x1  # no price ends a line at the right: it runs on
    (put,) = (each for each in drawn if each["y"][0] == each["y"][1] and each["y"][0] < 0)
    assert put["y"][0] == pytest.approx(-float(opened / Decimal(str(values["leverage"]))))


def test_results_stand_where_they_stood_whichever_is_higher() -> None:
    """A name that changes its place with the sign has to be looked for."""
    found = []
    for move in (-30, 0, 1, 40):
        figure = shown(MIRROR, move=move)["figures"][0]
        found.append({
            text.split("<br>")[0]: (x, y)
            for trace in traces(figure, "text")
            for text, x, y in zip(trace["text"], trace["x"], trace["y"], strict=True)
            if "short" in text or "long" in text
        })  # fmt: skip

    assert len(found[0]) == 2
    assert found.count(found[0]) == 4


@pytest.mark.parametrize("opened", [45_000, 60_000, 75_000])
def test_each_name_stands_at_the_upper_end_of_its_line(opened: int) -> None:
    """Beside the picture, at a height of its own, a name stood next to the other line's end."""
    figure = shown(MIRROR, opened=opened, move=50)["figures"][0]
    found = {
        text.split()[1].split("<br>")[0]: x
        for trace in traces(figure, "text")
        for text, x in zip(trace["text"], trace["x"], strict=True)
        if "short" in text or "long" in text
    }
    for name, role in (("short", "role:ink"), ("long", "role:quiet")):
        drawn = [each for each in traces(figure, "lines") if each["line"]["color"] == role and len(each["x"]) > 2]
        (beyond,) = [each for each in drawn if each["line"].get("dash") == "dot"]
        _, end = max((y, x) for x, y in zip(beyond["x"], beyond["y"], strict=True) if y is not None)
        assert found[name] == end


@pytest.mark.parametrize(("move", "wanted"), [
    (-41, ["break-even", "long: margin call"]), (0, []), (31, []), (32, ["short: margin call"]),
    (48, ["short: margin call", "short: liquidation"]),
])  # fmt: skip
def test_what_happens_to_each_of_the_two(move: int, wanted: list[str]) -> None:
    """B5: from 60,000 USD at 3x; a short's used margin grows with the price, a long's stays."""
    assert shown(MIRROR, move=move)["happens"] == wanted


def written_of(view: dict[str, Any]) -> list[str]:
    return [text for figure in view["figures"] for text in written(figure)]


@given(anywhere(MIRROR))
def test_the_title_measures_it_on_what_was_put_up(values: Values) -> None:
    """R20: leverage x move, with the sign turned round for a short."""
    share = Decimal(str(values["leverage"])) * Decimal(str(values["move"])) / 100
    title = MIRROR.view(values)["title"]

    assert title.endswith(f"{percent(abs(share))} of what you put up" if share else "has made or lost anything")


def test_the_sources_example_is_where_it_starts() -> None:
    """R20: short at 60,000 with 3x, -10 %, +30 %."""
    title = str(shown(MIRROR)["title"]).replace("\N{NO-BREAK SPACE}", " ")
    assert title == "The price falls 10 %: the short gains 6,000.00 USD, 30 % of what you put up"
    assert "loses 6,000.00 USD, 30" in shown(MIRROR, move=10)["title"]
    assert "a margin call" in shown(MIRROR, move=32)["words"][-1]
    assert "low enough for automated liquidation" in shown(MIRROR, move=48)["words"][-1]


@pytest.mark.parametrize("opened", [45_000, 60_000, 75_000])
def test_a_gain_has_an_end_and_a_loss_has_none(opened: int) -> None:
    """R20: at a price of 0 a short has gained what its sale brought."""
    most = shown(MIRROR, opened=opened)["words"][2]

    assert f"can gain {opened:,}.00 USD at most" in most
    assert unrealised_at(opened, Decimal(0)) == opened


def unrealised_at(opened: int, now: Decimal) -> Decimal:
    """What a short of 1 BTC stands at, in USD; a price of 0 isn't in the rules, so the state is changed."""
    state = replay(position("short", Decimal(opened), Decimal(3))).final.copy()
    state.prices["BTC/USD"] = now
    return unrealised(state, state.positions[0])


# The closing in steps.


@given(anywhere(CLOSING))
def test_the_bars_are_the_balance_sheet_of_the_stage(values: Values) -> None:
    view, step = CLOSING.view(values), int(str(values["step"]))
    story = closed(Decimal(str(values["move"])), Decimal(str(values["fee"])))
    seen, figure = closing_sheets(story.moments[-1], "USD")[step - 1], view["figures"][0]
    have, whose = heights(figure, 0), heights(figure, 1)
    pnl, last = story.realised[0].pnl, step == 5

    assert have.get("restricted", 0) == pytest.approx(float(worth(seen.restricted)))
    assert whose.get("owed", 0) == pytest.approx(float(seen.owes))
    assert whose["own"] == pytest.approx(float(seen.yours))
    fee = sum((row.fee for row in story.moments[-1].rows), Decimal(0)) if last else Decimal(0)
    assert have.get("fee", 0) == pytest.approx(float(fee))
    assert have.get("loss", 0) == pytest.approx(float(max(-pnl, Decimal(0))) if step >= 4 else 0)
    assert have.get("own", 0) + have.get("profit", 0) == pytest.approx(float(worth(seen.own)))
    both = have.get("own", 0) + have.get("profit", 0) + have.get("restricted", 0)
    assert both == pytest.approx(whose["own"] + whose.get("owed", 0))


@pytest.mark.parametrize(("step", "rule"), [("2", "R9"), ("3", "R10"), ("4", "R11"), ("5", "A9")])
@pytest.mark.parametrize("move", [-10, 0, 10])
def test_each_step_has_its_rule(step: str, rule: str, move: int) -> None:
    view = shown(CLOSING, step=step, move=move)

    assert rule in " ".join(view["words"])
    done = [row["cells"][3].startswith("●") for row in view["tables"][0]["rows"]]
    assert done == [at <= int(step) for at in (2, 2, 3, 4, 5)]


def test_a_loss_is_told_as_one() -> None:
    assert "advances for the moment" in shown(CLOSING, step="2", move=10)["words"][0]
    assert shown(CLOSING, step="4", move=10)["title"].startswith("What is missing, 6,000.00 USD, is your loss")
    assert shown(CLOSING, step="4")["title"].startswith("What is left, 6,000.00 USD, is your profit")
    assert "changed by −6,504.00 USD" in shown(CLOSING, step="5", move=10)["words"][1]


def test_both_trading_fees_are_told() -> None:
    """A4, A9: 0.4 % of 60,000 USD at opening, 0.4 % of 54,000 USD at closing."""
    first, last = shown(CLOSING), shown(CLOSING, step="5")

    assert "the trading fee at opening has taken 240.00 USD" in first["words"][0]
    assert "at opening" not in shown(CLOSING, fee=0)["words"][0]
    assert last["words"][1].endswith("+6,000.00 USD, less 240.00 USD at opening and 216.00 USD at closing.")
    told = {"balance<br>39,760.00", "▲ profit<br>+6,000.00", "fee<br>−216.00", "yours<br>45,544.00"}
    assert told <= set(written(last["figures"][0]))


def test_what_borrowing_cost_is_told_apart_from_what_remains() -> None:
    told = shown(HELD, row=ROWS[4])["words"][0]

    assert told.endswith("the result is +600.00 USD; borrowing has cost 660.00 USD, so −60.00 USD remain.")


@pytest.mark.parametrize("more", [{}, {"opening": "0.04", "borrowing": "0.04", "funding": "-0.04"}])
def test_a_stop_beyond_the_liquidation_comes_too_late(more: Values) -> None:
    """B5: the exchange closes first, so title, words, figure and table say so, with the price of the other row."""
    values = {"move": 30, "days": 30, **more}
    view, other = shown(HELD, row=ROWS[4], **values), shown(HELD, row=ROWS[2], **values)
    at = other["title"].partition("near ")[2].partition(",")[0] + "," + other["title"].split(",")[1]
    figure = view["figures"][4]

    assert "liquidated before the stop" in view["title"]
    assert f"near {at}" in view["title"]
    assert "before the stop" in view["words"][0]
    assert "remain" not in view["words"][0]
    assert any("margin liquidated<br>before the stop" in text for text in written(figure))
    assert cells(view, "Ended at")[0] == f"liquidated near {at}, before the stop"
    assert "liquidated" not in str(shown(HELD, row=ROWS[4], move=0, days=0)["figures"][4]["data"])


def test_what_the_stop_comes_to_is_called_that() -> None:
    """At the price now it is another result, and what is liquidated before the stop has none."""
    both, one = shown(HELD), shown(HELD, move=30, days=30, opening="0.04", borrowing="0.04", funding="-0.04")

    assert "stopped out:<br>margin −60.00<br>future +762.00" in written(both["figures"][4])
    assert "margin liquidated<br>before the stop<br>stopped out:<br>future −28,608.00" in written(one["figures"][4])


@pytest.mark.parametrize("move", [-30, -2, 0, 2, 30])
def test_what_is_written_at_a_bar_keeps_off_it(move: int) -> None:
    """R23: nothing is owed on the side where no profit or loss is, or both would touch."""
    figure = shown(HELD, move=move)["figures"][0]
    made = figure["layout"]
    (low, high), edges = made["yaxis"]["range"], made["margin"]
    pixel = (high - low) / (made["height"] - edges["t"] - edges["b"])
    ends = {end for x in (0, 1) for end in (0.0, *heights(figure, x).values())}
    texts = {
        text: y for trace in traces(figure, "text") for text, y in zip(trace["text"], trace["y"], strict=True)
        if trace["textfont"]["weight"] == "normal"
    }  # fmt: skip

    assert all(abs(y - end) >= 4.9 * pixel for y in texts.values() for end in ends if abs(y) < 0.9 * high)
    assert texts["nothing<br>owed"] * move >= 0, "a rise is a loss, which hangs below zero"


# Margin short and futures short.


@pytest.mark.parametrize("days", [0, 1, 7, 30])
@pytest.mark.parametrize("move", [-20, 0, 30])
def test_costs_by_day_are_the_engines(days: int, move: int) -> None:
    """B6: the opening fee on 60,000 USD once, then six rollovers a day on what the coin costs now."""
    values = HELD.read({"days": days, "move": move, "opening": "0.013", "borrowing": "0.021"})
    found, now = held(values), PRICE * (100 + move) / 100

    assert found.cost == Decimal("7.8") + 6 * days * now * Decimal("0.00021")
    assert found.cost == charged([row for moment in found.month.moments[: 2 + days] for row in moment.rows])
    assert len(found.costs) == len(found.funding) == MOST_DAYS + 1
    assert len(found.rollovers) == 6 * days


@pytest.mark.parametrize("move", [-30, 0, 30])
def test_a_long_pays_for_dollars_at_their_own_rate_whatever_the_price(move: int) -> None:
    """B6: 60,000 USD at 0.024 %, once and 60 times in ten days; the rate of the short's bitcoin is another one's."""
    for rate in ("0.01", "0.03"):
        values = HELD.read({"days": 10, "move": move, "opening": rate, "borrowing": rate})

        assert held(values).long_cost == 61 * Decimal("14.4")
        told = HELD.view(values)["words"][1]
        assert "borrow 60,000.00 USD" in told
        assert "14.40 USD each time, at any price, and 878.40 USD in all so far" in told


@pytest.mark.parametrize(("course", "payments"), [(COURSES[0], 36), (COURSES[1], 6)])
def test_funding_by_day_is_three_payments_a_day(course: str, payments: int) -> None:
    """R23: after 12 days at 54,000 USD and 0.02 %; if the sign turns every 5 days, the first ten come to nothing."""
    values = HELD.read({"days": 12, "funding": "0.02", "course": course})

    assert held(values).received == payments * Decimal("10.8")


@given(anywhere(HELD))
@settings(max_examples=40, deadline=None)
def test_the_two_lines_end_where_the_words_say(values: Values) -> None:
    read = HELD.read({**values, "row": ROWS[1]})
    view, found = HELD.view(read), held(read)
    (marks,) = traces(view["figures"][1], "markers")
    assert traces(view["figures"][1], "lines")[2]["line"]["color"] == "role:fee"

    assert marks["y"] == [-float(found.cost), float(found.received)]
    assert marks["x"] == [float(str(read["days"]))] * 2
    assert money(found.cost, "USD") in view["title"]
    assert cells(view, "In all")[:2] == [money(-found.cost, "USD"), money(found.received, "USD", sign=True)]


@given(anywhere(HELD))
@settings(max_examples=40, deadline=None)
def test_at_the_price_shown_each_is_liquidated(values: Values) -> None:
    """B5, C3, R23: 40 % of used margin; the model's 2 %; and the source's own trigger is further away."""
    read = HELD.read({**values, "row": ROWS[2]})
    view, found = HELD.view(read), held(read)
    at = Fraction(cells(view, "Liquidation")[0].split(": ")[1].removesuffix(" USD").replace(",", ""))
    state = found.state.copy()
    state.prices["BTC/USD"] = Decimal(at.numerator) / at.denominator
    level = found.month.margin_of(state)
    assert level
    assert level.level is not None
    assert abs(level.level - 40) < Fraction(1, 1000)
    gone, other = (Fraction(cell.removesuffix(" USD").replace(",", "")) for cell in cells(view, "All gone")[:2])
    assert at < gone
    assert abs(found.contract.equity(Decimal(other.numerator) / other.denominator, found.received)) < Decimal("0.01")
    ends = [cell.split(": ")[1].removesuffix(" USD") for cell in cells(view, "Liquidation")[:2]]
    walls = [each for each in traces(view["figures"][2], "lines") if each["line"]["color"] == "role:loss"]
    assert [wall["y"][0] for wall in walls] == [pytest.approx(float(end.replace(",", "")), abs=0.01) for end in ends]
    now = float(found.now)
    rises = [f"a rise to<br>{end}<br>+{number(Fraction(end.replace(',', '')) * 100 / Fraction(found.now) - 100, 1)}"
             for end in ends]  # fmt: skip
    told = [text for text in written(view["figures"][2]) if text.startswith("a rise to")]
    assert [text.removesuffix("\N{NO-BREAK SPACE}%") for text in told] == rises, (
        "what it takes, and how far away that is"
    )
    shafts = [each for each in traces(view["figures"][2], "lines") if each["line"]["color"] == "role:market"]
    assert [each["y"][0] for each in shafts] == [now, now]
    assert all(now < shaft["y"][1] < wall["y"][0] for shaft, wall in zip(shafts, walls, strict=True))


@given(anywhere(HELD))
@settings(max_examples=40, deadline=None)
def test_what_is_left_differs_by_what_holding_costs(values: Values) -> None:
    """C4: profit or loss is the same."""
    read = HELD.read({**values, "row": ROWS[3]})
    view, found = HELD.view(read), held(read)
    assert found.closed
    left, other = found.closed.final.balance("USD"), found.contract.equity(found.now, found.received)

    assert other - left == found.cost + found.received
    assert cells(view, "Profit or loss")[0] == cells(view, "Profit or loss")[1]
    for x, end, taken in ((0, left, found.cost), (1, other, max(-found.received, Decimal(0)))):
        column, made = heights(view["figures"][3], x), end - 40_000
        assert column.get("fee", 0) == pytest.approx(float(taken))
        what = "▲ gained" if made > 0 else "▼ lost" if made < 0 else "= even"
        assert f"{what}<br>{number(abs(made), 2, 2)}" in written(view["figures"][3])
        if made >= 0:
            assert column.get("profit", 0) == pytest.approx(float(made))
        elif made + taken <= 0:
            assert column.get("loss", 0) - column.get("fee", 0) == pytest.approx(float(made))


@given(anywhere(HELD))
@settings(max_examples=40, deadline=None)
def test_one_borrows_and_the_other_owes_nothing(values: Values) -> None:
    view = HELD.view(HELD.read({**values, "row": ROWS[0]}))
    found, figure = held(values), view["figures"][0]
    margin, future = heights(figure, 0), heights(figure, 1)

    assert margin["owed"] == pytest.approx(-float(found.now))
    assert margin["restricted"] == 60000
    pnl = found.contract.pnl(found.now)
    assert future == ({"profit" if pnl > 0 else "loss": float(pnl)} if pnl else {})
    assert margin["restricted"] + margin["owed"] == pytest.approx(float(pnl))
    assert "nothing<br>owed" in written(figure)


@given(anywhere(HELD))
@settings(max_examples=40, deadline=None)
def test_one_stop_is_refused_and_the_other_ends_both(values: Values) -> None:
    """R22: a short is closed by a buy."""
    view = HELD.view(HELD.read({**values, "row": ROWS[4]}))
    found = held(HELD.read({**values, "row": ROWS[4]}))
    assert found.stops
    stopped, refused = found.stops

    assert stopped.error is None
    assert refused.error
    assert refused.error.code == "wrong_stop_side"
    assert "This workbook refuses a stop that sells" in view["words"][1]
    assert "it would add to it" in view["words"][1]
    assert cells(view, "A stop that sells")[:2] == ["would add to the short"] * 2
    (result,) = stopped.realised
    assert result.price == found.now * Decimal("1.1")
    figure = view["figures"][4]
    lines = [trace for trace in traces(figure, "lines") if len(trace["x"]) == 3]
    if found.too_late[0]:
        assert cells(view, "Ended at")[0].startswith("liquidated near ")
        return
    ends = [float(found.contract.pnl(result.price) + change) for change in (found.received, -found.cost)]
    assert [line["y"][1:] for line in lines] == [[pytest.approx(end)] * 2 for end in ends]
    assert f"stop at<br>{number(result.price, 2, 2)}" in written(figure)
    assert cells(view, "Ended at")[0] == money(stopped.final.balance("USD") - 40000, "USD", sign=True)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_names_its_rules_and_moves(row: str) -> None:
    """R23: the five rows; each changes with the price and with the days."""
    start = shown(HELD, row=row)

    assert "R23" in " ".join(start["words"])
    for change in ({"move": 4}, {"days": 20}, {"borrowing": "0.03"}, {"funding": "-0.02"}):
        assert shown(HELD, row=row, **change) != start, change


def test_all_five_are_drawn_and_the_chosen_one_is_told() -> None:
    """R23: what is drawn doesn't hang on which is told; only its heading stands out."""
    views = [shown(HELD, row=row) for row in ROWS]

    assert len({view["title"] for view in views}) == 5
    for at, view in enumerate(views):
        assert [figure["layout"]["meta"]["name"] for figure in view["figures"]] == [row.capitalize() for row in ROWS]
        bold = [
            text
            for figure in view["figures"]
            for trace in traces(figure, "text")
            for text in trace["text"]
            if trace["textfont"]["weight"] == "bold"
        ]
        assert [text.replace("<br>", " ") for text in bold] == [ROWS[at]]
        assert [figure["data"][:2] for figure in view["figures"]] == [
            figure["data"][:2] for figure in views[0]["figures"]
        ]


# The stop.


def stories(values: Values) -> tuple[Story, Story]:
    return replay(run(values, with_stop=True)), replay(run(values, with_stop=False))


@given(anywhere(STOP))
def test_a_stop_closes_at_the_first_price_beyond_its_trigger(values: Values) -> None:
    """R22: or is refused, or waits."""
    view = STOP.view(values)
    with_it, without = stories(values)
    lot = without.final.positions[0]
    plain = unrealised(without.final, lot)
    prices = [step.price for step in without.scenario.steps if isinstance(step, Price)]
    stop = next((step for step in with_it.scenario.steps if isinstance(step, Stop)), None)
    right = "buy" if values["side"] == "short" else "sell"
    bars = [heights(view["figures"][1], x) for x in (0, 1)]
    results = [bar.get("profit", 0) + bar.get("loss", 0) for bar in bars]
    assert results[1] == pytest.approx(float(plain))
    if stop is None or stop.side != right:
        assert results[0] == results[1]
        assert bool(view["alert"]) == (stop is not None)
        assert ("R22" in view["alert"]) == (stop is not None)
        assert view["alert"].startswith("This workbook refuses" if stop else "")
        return
    beyond = [at for at in prices if (at >= stop.trigger if right == "buy" else at <= stop.trigger)]
    if not beyond:
        assert "waits" in view["title"]
        assert with_it.realised == []
        return
    (result,) = with_it.realised
    assert result.price == beyond[0]
    assert results[0] == pytest.approx(float(result.pnl))
    assert money(result.pnl, "USD", sign=True) in cells(view, "Result with your choice")
    assert f"closed at<br>{number(beyond[0], 2, 2)}" in written_of(view)
    assert "stop reached" in view["happens"]


@given(st.sampled_from(sorted(PATHS)), st.integers(1, 20), st.integers(0, 24))
def test_long_and_short_are_mirrored(path: str, trigger: int, hours: int) -> None:
    """R22: the stop of the other side, on the other side of the price, with the same result."""
    given_ = {"path": path, "trigger": trigger, "hours": hours}
    short = shown(STOP, side="short", stop=STOPS[0], **given_)
    long = shown(STOP, side="long", stop=STOPS[1], **given_)

    assert cells(short, "Result with your choice") == cells(long, "Result with your choice")


@pytest.mark.parametrize("panel", [MIRROR, CLOSING, HELD, STOP])
def test_labels_stand_apart_and_inside(panel: Panel[Any]) -> None:
    @given(anywhere(panel))
    @settings(deadline=None)
    def at_any_values(values: Values) -> None:
        for figure in panel.view(values)["figures"]:
            assert collisions(figure, NARROW) == []

    at_any_values()


def test_both_figures_of_a_run_say_what_they_show() -> None:
    path, results = shown(STOP)["figures"]

    assert "price of 1 BTC, USD" in written(path)
    assert "result so far, USD" in written(results)


def test_the_four_things_a_stop_can_do() -> None:
    """It limits, it slips, it closes too early, and the wrong one is refused: R22."""
    limited = shown(STOP, hours=24)
    slipped = shown(STOP, hours=24, path="jumps against you")
    regretted = shown(STOP, hours=24, path="goes against you, then turns")
    wrong = shown(STOP, hours=24, stop=STOPS[1])

    assert "better than without it" in limited["title"]
    assert "here 3,000.00 USD worse" in slipped["words"][1]
    assert "worse than without it" in regretted["title"]
    assert wrong["title"] == "A sell stop can't protect a short: it would add to it"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("trigger", [1, 10, 20])
def test_the_triggers_knob_hides_neither_the_price_now_nor_the_closing(path: str, trigger: int) -> None:
    """On a telephone, too, where a knob is as wide as four hours: what both say is read where they stand."""
    for hours in range(HOURS + 1):
        path_ = shown(STOP, path=path, trigger=trigger, hours=hours)["figures"][0]
        knob = next(each["across"][1] for each in path_["layout"]["meta"]["grips"] if each["control"] == "trigger")
        rings = [x for trace in path_["data"] if trace.get("mode") == "markers" for x in trace["x"]]
        assert all(abs(knob - x) > 4 for x in [*rings, hours]), (hours, knob, rings)


@pytest.mark.parametrize("side", ["short", "long"])
@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("path", PATHS)
def test_the_axes_of_a_run_have_no_room_that_nothing_comes_near(side: str, stop: str, path: str) -> None:
    """While the price runs and the trigger moves they stay, and all of that takes most of their height."""
    prices, results, axes = {float(PRICE)}, {0.0}, set()
    for trigger in (1, 20):
        for hours in range(HOURS + 1):
            both = shown(STOP, side=side, stop=stop, path=path, trigger=trigger, hours=hours)["figures"]
            axes.add(tuple(tuple(each["layout"]["yaxis"]["range"]) for each in both))
            prices |= {y for trace in both[0]["data"] if trace.get("mode") == "lines" for y in trace["y"]}
            results |= {y for trace in both[1]["data"] if trace["type"] == "bar" for y in trace["y"]}
    ((price_axis, result_axis),) = axes
    for (low, high), reached in ((price_axis, prices), (result_axis, results)):
        assert low < min(reached) < max(reached) < high
        assert max(reached) - min(reached) > 0.7 * (high - low)

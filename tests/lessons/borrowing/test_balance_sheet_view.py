"""Lesson 01's panels: both bars are the engine's balance sheet, and nothing on them collides."""

import itertools
from decimal import Decimal
from typing import Any

import pytest

from marginlib.analysis.sheet import sheet
from marginlib.drawing.placing import NARROW, collisions
from marginlib.engine.margin import unrealised
from marginlib.engine.story import Story
from marginlib.lessons import BalanceSheet, OpeningSteps
from marginlib.lessons.borrowing.panel import scenario
from marginlib.lessons.borrowing.view import STEPS
from marginlib.panels.controls import Walk, text
from marginlib.reading.replaying import replay
from marginlib.telling.numbers import money, number, percent

View = dict[str, Any]


def seen(panel: type[BalanceSheet | OpeningSteps], **values: object) -> tuple[View, Story]:
    """A panel's screen for some values, and the story behind it."""
    shown: Any = panel()
    full = shown.read(values)
    return shown.view(full), replay(scenario(full, full.get("move")))


def states() -> list[dict[str, object]]:
    """Both sides, little and much of everything."""
    names = ("side", "funds", "volume", "price", "leverage", "move")
    choices = (("long", "short"), (0, 5000, 20000), ("0.05", "0.5"), (40000, 60000), (2, 10), (-40, -7, 0, 40))
    return [dict(zip(names, each, strict=True)) for each in itertools.product(*choices)]


def bars(view: View, trace: int) -> tuple[float, float]:
    """How high both bars are in one of the four colours: own, restricted, owed, not covered."""
    drawn = view["figures"][0]["data"][trace]
    found = dict(zip(drawn["x"], drawn["y"], strict=True))
    return found.get(0, 0), found.get(1, 0)


def written(view: View) -> dict[str, float]:
    """Every label, and how high it stands."""
    traces = [trace for trace in view["figures"][0]["data"] if trace.get("mode") == "text"]
    return {text: y for trace in traces for text, y in zip(trace["text"], trace["y"], strict=True)}


def floor(view: View) -> list[float]:
    """How high the floor of what is yours is, if it is drawn: the thick line in ink."""
    traces = [trace for trace in view["figures"][0]["data"] if trace.get("mode") == "lines"]
    return [trace["y"][0] for trace in traces if trace["line"]["color"] == "role:ink"]


def test_both_bars_are_of_one_height_and_are_the_engines() -> None:
    opened = 0
    for values in states():
        view, story = seen(BalanceSheet, **values)
        if story.error:
            continue
        opened += 1
        now = sheet(story.final, "EUR")
        (own, yours), (held, _), (_, owed), (missing, _) = (bars(view, trace) for trace in range(4))
        assert own + held + missing == pytest.approx(owed + yours), values
        assert (own + held, owed) == pytest.approx((float(now.has), float(now.owes))), values
        assert yours - missing == pytest.approx(float(now.yours)), values
        assert missing == 0 or yours == 0, values
    assert opened > 100


def test_the_words_and_the_labels_say_what_the_engine_says() -> None:
    for values in states():
        view, story = seen(BalanceSheet, **values)
        if story.error:
            continue
        tied, lot = story.margin, story.final.positions[0]
        assert tied
        assert tied.level is not None
        gain = unrealised(story.final, lot)
        told = " ".join(view["words"])
        labels = written(view)
        assert f"yours<br>{number(tied.equity, 2, 2)}" in labels, values
        assert f"used margin<br>{number(tied.used_margin, 2, 2)}" in labels, values
        assert f"free margin<br>{number(tied.free_margin, 2, 2)}" in labels, values
        assert not any("margin level" in text for text in labels), "it would float: nothing in the figure is as high"
        assert f"The margin level is {percent(tied.level / 100)}" in told, values
        owed = float(sheet(story.final, "EUR").owes)
        assert floor(view) == [pytest.approx(owed + float(tied.used_margin))], values
        assert f"What is left over is yours: {money(tied.equity, 'EUR')} (B1)" in told, values
        assert money(lot.owed[1], lot.owed[0]) in told, values
        if gain and tied.equity >= 0:
            assert money(abs(gain), "EUR") in view["title"], values
            assert ("gone" in view["title"]) == (gain < 0), values


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("move", [-20, 15])
def test_leverage_changes_what_is_tied_up_and_nothing_else(side: str, move: int) -> None:
    """The surprise of the lesson: the same picture, the same title, another floor."""
    views = [seen(BalanceSheet, side=side, move=move, leverage=leverage)[0] for leverage in (2, 5, 10)]

    assert len({view["title"] for view in views}) == 1
    assert all(view["figures"][0]["data"][:4] == views[0]["figures"][0]["data"][:4] for view in views)
    assert len({tuple(floor(view)) for view in views}) == 3


def test_the_sources_example_can_be_set_on_the_panel() -> None:
    view, _ = seen(BalanceSheet, side="short", price=60000, leverage=3, move=-10)

    assert (
        "10,000.00 EUR, which is 30,000.00 EUR ÷ 3. Measured on that, your gain is 30\xa0% (R20)." in view["words"][1]
    )


@pytest.mark.parametrize("panel", [BalanceSheet, OpeningSteps])
def test_labels_stand_apart_and_inside(panel: type[BalanceSheet | OpeningSteps]) -> None:
    extra = [{"step": step} for step in "1234"] if panel is OpeningSteps else [{}]
    for values, more in itertools.product(states(), extra):
        chosen = {k: v for k, v in {**values, **more}.items() if k in {c.name for c in panel.controls}}
        assert collisions(seen(panel, **chosen)[0]["figures"][0], NARROW) == [], chosen


def test_what_is_restricted_is_hatched_and_nothing_else() -> None:
    traces = seen(BalanceSheet)[0]["figures"][0]["data"]

    assert ["pattern" in trace["marker"] for trace in traces[:4]] == [False, True, False, False]
    assert traces[1]["marker"]["pattern"]["shape"] == "/"


@pytest.mark.parametrize("side", ["long", "short"])
def test_walking_the_opening_changes_what_you_have_and_owe_but_not_what_is_yours(side: str) -> None:
    views = [seen(OpeningSteps, side=side, step=step)[0] for step in range(1, 5)]
    done = [sum("done" in cell for row in view["tables"][0]["rows"] for cell in row["cells"]) for view in views]

    assert len({view["title"] for view in views}) == 4
    assert [bars(view, 0)[1] for view in views] == [15000] * 4
    assert [bars(view, 2) for view in views] == [(0, 0), (0, 25000), (0, 25000), (0, 25000)]
    assert [floor(view) for view in views] == [[], [], [], [25000 + 5000]]
    assert done == [0, 1, 3, 3]


def test_the_steps_say_what_was_lent_and_what_came_of_it() -> None:
    long, short = (
        [seen(OpeningSteps, side=side, step=step)[0]["title"] for step in "23"] for side in ("long", "short")
    )

    assert "extends 25,000.00 EUR" in long[0]
    assert "for 0.5 BTC" in long[1]
    assert "extends 0.5 BTC" in short[0]
    assert "for 25,000.00 EUR" in short[1]


@pytest.mark.parametrize("panel", [BalanceSheet, OpeningSteps])
def test_a_refused_opening_says_what_would_work_and_owes_nothing(panel: type[BalanceSheet | OpeningSteps]) -> None:
    view, story = seen(panel, funds=1000)

    assert story.error
    assert view["title"] == "The exchange refuses this opening"
    assert "Deposit" in view["words"][0]
    assert view["words"][0].endswith("(B4).")
    assert bars(view, 2) == (0, 0)
    assert bars(view, 0) == (1000, 1000)
    assert view["happens"] == ["refused"]


@pytest.mark.parametrize(("side", "leverage"), [("long", 5), ("short", 2)])
def test_a_refused_opening_shows_what_it_would_need(side: str, leverage: int) -> None:
    """B4: what would be used, at that height, and how much of it you lack."""
    view, story = seen(BalanceSheet, funds=1000, side=side, leverage=leverage, price=40000)
    needed = Decimal(20_000) / leverage

    assert story.error
    assert floor(view) == [float(needed)]
    assert {f"needed<br>{number(needed, 2, 2)}", f"lacking<br>{number(1000 - needed, 2, 2)}"} <= set(written(view))


def test_what_has_happened_is_the_margin_levels_doing() -> None:
    """B4, B5: at 100 %, 80 %, 40 % and 0 % of used margin; a gain is above break-even."""
    for values in states():
        view, story = seen(BalanceSheet, **values)
        if story.error:
            continue
        tied = story.margin
        assert tied
        assert tied.level is not None
        gains = unrealised(story.final, story.final.positions[0]) > 0
        lines = {"no margin free": 100, "margin call": 80, "liquidation": 40, "equity gone": 0}
        wanted = [name for name, line in lines.items() if tied.level <= line]
        assert view["happens"] == [*(["break-even"] if gains else []), *wanted], values


WALK = Walk("step", "The opening", STEPS, "1", "Forward and back.")


@pytest.mark.parametrize(("given", "kept"), [(2, "2"), ("4", "4"), (Decimal(3), "3")])
def test_a_walk_keeps_the_number_of_a_step(given: object, kept: str) -> None:
    assert text(WALK.read(given)) == kept


@pytest.mark.parametrize("given", [0, 5, "", None, True, "two", 1.5, [1]])
def test_a_walk_refuses_what_is_no_step(given: object) -> None:
    with pytest.raises(ValueError, match=r"^step: expected a step from 1 to 4, got "):
        WALK.read(given)


def test_the_browser_is_told_the_names_of_the_steps() -> None:
    assert WALK.describe()["steps"] == list(STEPS)
    assert WALK.track() == ["1", "2", "3", "4"]

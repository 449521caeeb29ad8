"""The start page's panel: four stages, each the engine's own."""

import itertools
import re
from typing import Any

import pytest

from marginlib.analysis.outcome import worth
from marginlib.engine.story import Story
from marginlib.lessons import Life
from marginlib.reading.replaying import replay
from marginlib.telling.numbers import money, number

View = dict[str, Any]
STATES = [
    dict(zip(("side", "end", "leverage", "move"), each, strict=True))
    for each in itertools.product(("long", "short"), ("closing", "settling"), (2, 5, 10), (-40, -13, 0, 1, 40))
]


def seen(**values: object) -> tuple[View, Story]:
    panel = Life()
    full = panel.read(values)
    return panel.view(full), replay(panel.scenario(full))


def test_every_life_comes_to_its_end() -> None:
    for values in STATES:
        assert seen(**values)[1].error is None, values


def test_a_column_is_what_you_have_above_zero_and_what_you_owe_below() -> None:
    for values in STATES:
        view, story = seen(**values)
        figure = view["figures"][0]
        heights: dict[float, float] = dict.fromkeys(range(4), 0.0)
        for trace in figure["data"][:3]:
            for x, y in zip(trace["x"], trace["y"], strict=True):
                heights[x] += y
        after = [story.moments[0].before, story.moments[0].after, story.moments[1].after, story.final]
        for x, state in enumerate(after):
            yours = worth(state, "EUR")
            assert heights[x] == pytest.approx(float(yours)), values
            assert figure["layout"]["xaxis"]["ticktext"][x].endswith(f"yours:<br>{number(yours, 2)}"), values


def test_nothing_is_owed_or_restricted_at_the_ends() -> None:
    for values in STATES:
        view, _ = seen(**values)
        _, restricted, owed = view["figures"][0]["data"][:3]
        assert restricted["x"] == owed["x"] == [1, 2], values
        assert "pattern" in restricted["marker"]
        assert all(y < 0 for y in owed["y"]), values


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("move", [-30, 0, 20])
def test_without_fees_settling_and_closing_leave_the_same_worth(side: str, move: int) -> None:
    """B7: settling is as if you had bought, or sold, with your own money."""
    ends = [worth(seen(side=side, move=move, end=end)[1].final, "EUR") for end in ("closing", "settling")]

    assert ends[0] == ends[1]


def test_the_title_and_the_labels_name_profit_or_loss() -> None:
    for values in STATES:
        view, story = seen(**values)
        written = [trace for trace in view["figures"][0]["data"] if trace.get("mode") == "text"]
        marks = [text for trace in written if trace["textfont"]["weight"] == "bold" for text in trace["text"]]
        pnl = sum(each.pnl for each in story.realised)
        if values["end"] == "settling":
            assert not story.realised
            assert view["title"].startswith("You settle"), values
        elif pnl:
            assert money(abs(pnl), "EUR") in view["title"], values
            assert ("profit" in view["title"]) == (pnl > 0), values
            assert marks == [f"▲ +{number(pnl, 2)}" if pnl > 0 else f"▼ {number(pnl, 2)}"] * 2, values
        if values["move"] == 0:
            assert marks == [], values
        assert money(worth(story.final, "EUR"), "EUR") in view["title"], values


def test_leverage_shows_only_in_what_is_tied_up() -> None:
    two, ten = (seen(leverage=leverage)[0]["figures"][0]["data"] for leverage in (2, 10))

    assert two[:3] == ten[:3]
    assert max(y for y in two[3]["y"] if y is not None) == 10_000
    assert max(y for y in ten[3]["y"] if y is not None) == 2_000


def test_each_rule_of_settling_and_closing_is_named() -> None:
    named: set[str] = set()
    for values in STATES:
        named |= set(re.findall(r"\b[A-Z]\d+\b", " ".join(seen(**values)[0]["words"])))

    assert {"R1", "R3", "R4", "R5", "R6", "R9", "R10", "R11", "R13", "B2"} <= named


def test_whoever_settles_a_short_buys_the_coins_first() -> None:
    view, story = seen(side="short", end="settling", move=10)

    assert [moment.step.do for moment in story.moments] == ["open", "price", "trade", "settle"]
    assert "You buy 0.4 BTC at 55,000.00 EUR with an ordinary order" in view["words"][2]
    assert story.final.balance("BTC") == 0

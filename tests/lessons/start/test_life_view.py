"""The start page's panel: four stages, each the engine's own."""

import itertools
import re
from decimal import Decimal
from typing import Any

import pytest

from marginlib.analysis.outcome import worth
from marginlib.drawing.placing import NARROWEST, boxes
from marginlib.engine.story import Story
from marginlib.lessons import Life
from marginlib.lessons.start.view import flows
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


def traces(view: View, kind: str) -> list[dict[str, Any]]:
    return [each for each in view["figures"][0]["data"] if kind in (each["type"], each.get("mode"))]


def written(view: View) -> list[str]:
    return [text for trace in traces(view, "text") for text in trace["text"]]


def lying(view: View, role: str) -> list[tuple[float, float]]:
    """From where to where the bars in the position's box go: restricted is hatched."""
    found = []
    for trace in traces(view, "bar"):
        seen_ = "restricted" if "pattern" in trace["marker"] else trace["marker"]["color"].removeprefix("role:")
        if trace.get("orientation") == "h" and seen_ == role:
            found += [(base, base + long) for base, long in zip(trace["base"], trace["x"], strict=True)]
    return found


def told(view: View, start: str) -> list[str]:
    return [text for text, _ in view["figures"][0]["layout"]["meta"]["tells"] if text.startswith(start)]


def test_every_step_says_what_is_yours() -> None:
    for values in STATES:
        for moment, at in (("1", 0), ("3", 1), ("4", 2), ("6", 3)):
            view, story = seen(**values, moment=moment)
            state = (story.moments[0].before, story.moments[0].after, story.moments[1].after, story.final)[at]
            yours = worth(state, "EUR")
            assert told(view, "Yours") == [f"Yours: {money(yours, 'EUR')}"], values
            assert written(view).count(number(yours, 2)) == 1, f"{values}: said once"


def test_the_positions_bars_are_what_it_holds_and_owes() -> None:
    """R1: from one line, on one scale; their difference is the profit or loss so far."""
    for values in STATES:
        view, story = seen(**values, moment="4")
        lot, price = story.moments[1].after.positions[0], story.moments[1].after.prices["BTC/EUR"]
        worths = {code: float(amount * (price if code == "BTC" else 1)) for code, amount in (lot.held, lot.owed)}
        held, owed = worths[lot.held[0]], worths[lot.owed[0]]
        ((left, hatched),), ((start, yellow),) = lying(view, "restricted"), lying(view, "owed")
        assert left == start
        assert (hatched - left) / (yellow - left) == pytest.approx(held / owed), values
        gap = lying(view, "profit") + lying(view, "loss")
        assert bool(lying(view, "profit")) == (held > owed), values
        assert gap == ([] if held == owed else [pytest.approx((min(hatched, yellow), max(hatched, yellow)))]), values


def stations(view: View) -> list[tuple[float, float, float, float]]:
    """The four boxes: left, right, and from which height to which."""
    outline = next(each for each in traces(view, "lines") if each["x"].count(None) == 4)
    ends = [at for at, x in enumerate(outline["x"]) if x is None]
    return [(outline["x"][at - 5], outline["x"][at - 3], outline["y"][at - 5], outline["y"][at - 4]) for at in ends]


def test_bars_stay_in_their_boxes() -> None:
    """Also where a loss is advanced: more is owed then than the coins cost."""
    for values in STATES:
        for step in range(1, 7):
            view, _ = seen(**values, moment=str(step))
            for role in ("restricted", "owed", "profit", "loss"):
                for start, end in lying(view, role):
                    assert 46 < start < end < 100, (values, step, role)
            (own,) = (each for each in traces(view, "bar") if each.get("orientation") != "h")
            low, high = own["base"][0], own["base"][-1] + own["y"][-1]
            assert 44 < low < high < 390, (values, step)


def test_no_label_lies_over_an_edge_of_a_box_on_a_telephone() -> None:
    for values in STATES:
        for step in range(1, 7):
            view, _ = seen(**values, moment=str(step))
            (spec,) = view["figures"]
            edges = spec["layout"]["margin"]
            pixel = (NARROWEST - edges["l"] - edges["r"]) / 100
            sides = {edges["l"] + at * pixel for left, right, *_ in stations(view) for at in (left, right)}
            for text, box in boxes(spec, NARROWEST):
                assert not any(box.left < side < box.right for side in sides), (values, step, text)


def test_nothing_is_held_or_owed_at_the_ends() -> None:
    for values in STATES:
        for moment in "16":
            view, _ = seen(**values, moment=moment)
            assert lying(view, "restricted") == lying(view, "owed") == [], values
            assert "is owed nothing" in written(view), values


def test_an_arrow_is_faint_until_its_step() -> None:
    """What has moved is drawn through, what is to come is dotted; nothing moves twice or not at all."""
    for values in STATES:
        for step in range(1, 7):
            view, story = seen(**values, moment=str(step))
            found = flows(story)
            drawn = [each for each in traces(view, "lines") if each["x"][2:3] == [None]]
            faint = [each["x"].count(None) for each in drawn if each["line"].get("dash") == "dot"]
            now = [each["x"].count(None) for each in drawn if each["line"]["width"] == 4]
            assert sum(faint) == sum(1 + bool(flow.back) for flow in found if flow.step > step), values
            assert sum(now) == sum(1 + bool(flow.back) for flow in found if flow.step == step), values
            assert sum("to come" in text for text, _ in view["figures"][0]["layout"]["meta"]["tells"]) == sum(
                flow.step > step for flow in found
            )


def test_what_moves_adds_up_to_what_is_left() -> None:
    """What came in less what went out is what the engine leaves: in your balance, in the position, and owed."""
    for values in STATES:
        _, story = seen(**values)
        there: dict[str, dict[str, Decimal]] = {
            "You": {"EUR": Decimal(30_000)},
            "Your position": {},
            "The exchange": {},
        }
        for flow in flows(story):
            for source, target, entry in ((flow.source, flow.target, flow.sent), (flow.target, flow.source, flow.back)):
                if entry:
                    for station, amount in ((source, -entry.amount), (target, entry.amount)):
                        box = there.get(station, {})
                        box[entry.currency] = box.get(entry.currency, Decimal(0)) + amount
        assert {code: amount for code, amount in there["You"].items() if amount} == {
            code: amount for code, amount in story.final.balances.items() if amount
        }, values
        assert not any(there["Your position"].values()), values
        assert not any(there["The exchange"].values()), values


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("move", [-30, 0, 20])
def test_without_fees_settling_and_closing_leave_the_same_worth(side: str, move: int) -> None:
    """B7: settling is as if you had bought, or sold, with your own money."""
    ends = [worth(seen(side=side, move=move, end=end)[1].final, "EUR") for end in ("closing", "settling")]

    assert ends[0] == ends[1]


def test_the_title_names_profit_or_loss_and_the_arrow_carries_it() -> None:
    for values in STATES:
        view, story = seen(**values)
        pnl = sum(each.pnl for each in story.realised)
        if values["end"] == "settling":
            assert not story.realised
            assert view["title"].startswith("You settle"), values
        elif pnl:
            assert money(abs(pnl), "EUR") in view["title"], values
            assert ("profit" in view["title"]) == (pnl > 0), values
            ends = ("Your position to you", "You to your position")[pnl < 0]
            assert told(view, ends) == [f"{ends}: {money(abs(pnl), 'EUR')}, now"], values
        assert money(worth(story.final, "EUR"), "EUR") in view["title"], values


def test_leverage_shows_only_in_what_is_tied_up() -> None:
    views = [seen(leverage=leverage, moment="4")[0] for leverage in (2, 10)]
    told_ = [[text for text, _ in view["figures"][0]["layout"]["meta"]["tells"]] for view in views]

    assert [a == b for a, b in zip(*told_, strict=True)].count(False) == 1
    assert "Tied up: 10,000.00 EUR" in told_[0]
    assert "Tied up: 2,000.00 EUR" in told_[1]
    assert {"tied up<br>10,000"} == set(written(views[0])) - set(written(views[1]))


def test_each_step_has_a_title_of_its_own() -> None:
    for values in STATES:
        assert len({seen(**values, moment=step)[0]["title"] for step in "123456"}) == 6, values


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

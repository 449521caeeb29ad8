"""Lesson 04's view says what the engine says: the queue, what it does to the balance, the words and the rows."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginlib import replay
from marginlib.engine.amounts import ZERO
from marginlib.engine.scenario import Open
from marginlib.engine.story import Story
from marginlib.lessons import LotQueue
from marginlib.telling.numbers import money

PANEL = LotQueue()
Values = Any


@st.composite
def anywhere(draw: st.DrawFn) -> Values:
    return {control.name: draw(st.sampled_from(control.track())) for control in PANEL.controls}


def shown(**values: object) -> tuple[dict[str, Any], Story, list[str]]:
    read = PANEL.read(values)
    order = str(read["order"])
    return PANEL.view(read), replay(PANEL.scenario(read, order)), order.split(", ")


def area(xs: list[float | None], ys: list[float | None]) -> float:
    """What boxes drawn one after the other cover."""
    total = 0.0
    box: list[tuple[float, float]] = []
    for x, y in zip(xs, ys, strict=True):
        if x is None or y is None:
            across, up = [at for at, _ in box], [at for _, at in box]
            total += (max(across) - min(across)) * (max(up) - min(up))
            box = []
        else:
            box.append((x, y))
    return total


def areas(view: dict[str, Any]) -> dict[str, float]:
    return {
        trace["fillcolor"].removeprefix("role:"): area(trace["x"], trace["y"])
        for trace in view["figures"][0]["data"]
        if trace.get("fill") == "toself"
    }


def heights(view: dict[str, Any]) -> dict[str, float]:
    """What the bars of the second figure come to, but for the last one."""
    last = max(view["figures"][1]["layout"]["xaxis"]["tickvals"])
    return {
        trace["marker"]["color"].removeprefix("role:"): sum(
            y for x, y in zip(trace["x"], trace["y"], strict=True) if x != last
        )
        for trace in view["figures"][1]["data"]
        if trace["type"] == "bar"
    }


def was_opened(story: Story) -> bool:
    return not (story.error and isinstance(story.error.step, Open))


@given(anywhere())
def test_areas_are_money(values: Values) -> None:
    """What is owed, what was realised, what the kept coins are worth: each is an area of the queue."""
    view, story, _ = shown(**values)
    if not was_opened(story):
        assert not view["figures"][0]["data"]
        return
    found = areas(view)
    realised = [each.pnl for each in story.realised]

    assert found["owed"] == pytest.approx(float(sum((lot.owed[1] for lot in story.final.positions), ZERO)), abs=0.01)
    assert found["profit"] == pytest.approx(float(sum((pnl for pnl in realised if pnl > 0), ZERO)), abs=0.01)
    assert found["loss"] == pytest.approx(-float(sum((pnl for pnl in realised if pnl < 0), ZERO)), abs=0.01)
    settled = not story.error and values["end"] == "settle"
    kept = values["volume"] * values["price"] if settled else 0
    assert found["own"] == pytest.approx(float(kept), abs=0.01)


@given(anywhere())
def test_bars_are_what_happens_to_the_balance(values: Values) -> None:
    view, story, _ = shown(**values)
    if not was_opened(story):
        return
    found = heights(view)
    takes = [take for each in story.realised for take in each.cascade]
    in_euros = sum((take.covers for take in takes if take.currency == "EUR"), ZERO)
    unpaid = sum((each.unpaid for each in story.realised), ZERO)

    assert found["profit"] == pytest.approx(float(sum((max(each.pnl, ZERO) for each in story.realised), ZERO)))
    assert found["loss"] == pytest.approx(-float(in_euros + unpaid))
    assert found["fee"] == pytest.approx(-float(sum((each.conversion_fees for each in story.realised), ZERO)))
    change = ZERO if story.error else story.final.balance("EUR") - story.moments[-1].before.balance("EUR")
    last = view["figures"][1]["layout"]["xaxis"]["ticktext"][-1]
    assert last == f"your EUR<br>{money(change, 'EUR', sign=True).removesuffix(' EUR')}"


@given(anywhere())
def test_rows_are_the_lots_oldest_first(values: Values) -> None:
    view, story, names = shown(**values)
    if not was_opened(story):
        assert not view["tables"]
        return
    rows = [row["cells"] for row in view["tables"][0]["rows"]]
    left = {lot.id: lot.volume for lot in story.final.positions}
    paid = {row.position: row.amount for row in story.moments[-1].rows if row.type == "settled" and row.asset == "EUR"}
    pnl = {each.position.id: each.pnl for each in story.realised}

    assert [cells[0] for cells in rows] == names
    for number, (name, cells) in enumerate(zip(names, rows, strict=True), 1):
        assert cells[1] == money(Decimal(str(values[f"{name}_price"])), "EUR")
        assert cells[4] == money(left.get(number, ZERO), "BTC")
        if number in pnl:
            assert cells[5].endswith(money(pnl[number], "EUR", sign=True))
        elif number in paid and not story.error:
            assert cells[5] == money(-paid[number], "EUR")
        else:
            assert cells[5] == "–"


def test_an_earlier_profit_pays_for_a_later_loss() -> None:
    """R12: 500 EUR there, 800 EUR lost, and nothing converted, since 1,800 EUR came first."""
    view, story, _ = shown()

    assert [each.conversion_fees for each in story.realised] == [0, 0]
    assert "The 1,800.00 EUR from A are in your balance before the 800.00 EUR of B are taken (R12)." in view["words"]


def test_a_loss_that_comes_first_is_converted() -> None:
    """R12, R13, R16: the same lots in another order."""
    view, story, _ = shown(order="B, A, C")

    assert [each.conversion_fees > 0 for each in story.realised] == [True, False]
    assert any("a fee of 17.95 EUR (R13, R16)" in line for line in view["words"])


@given(anywhere())
def test_the_last_sentence_is_the_order_turned_round(values: Values) -> None:
    """It says what the panel itself shows for the other order."""
    view, story, names = shown(**values)
    turned = ", ".join(reversed(names))
    _, other, _ = shown(**{**values, "order": turned})
    if story.error or other.error:
        return
    sentence = view["words"][-1]
    assert sentence.startswith(f"Had you opened them {turned}, ")
    if values["end"] == "close":
        assert money(sum((each.pnl for each in other.realised), ZERO), "EUR", sign=True) in sentence


def test_what_is_refused_ends_nothing() -> None:
    for values, rule in (({"volume": "0.85"}, "A6"), ({"end": "settle"}, "R6")):
        view, story, _ = shown(**values)
        assert story.error
        assert rule in view["words"][0]
        assert "is refused" in view["title"]
        assert {row["cells"][3] for row in view["tables"][0]["rows"]} == {"0 BTC"}


def test_an_opening_that_is_refused_names_its_lot() -> None:
    view, _, _ = shown(EUR=3000, BTC=0, order="B, C, A")

    assert view["title"] == "The exchange refuses to open lot B"
    assert "(B4)" in view["alert"]


def test_settling_all_costs_the_same_in_any_order() -> None:
    """R7: and the words say why."""
    view, _, _ = shown(end="settle", EUR=50000, volume="0.8")

    assert view["words"][-1] == "Had you opened them C, B, A, this order would take the same, since every lot ends."

"""Lesson 04's view says what the engine says: the queue, what it does to the balance, the words and the rows."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginlib import replay
from marginlib.drawing.pieces import marked
from marginlib.drawing.placing import unmarked
from marginlib.engine.amounts import ZERO
from marginlib.engine.scenario import Open
from marginlib.engine.story import Story
from marginlib.lessons import LotQueue
from marginlib.panels.controls import Slider
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


Box = tuple[str, float, float, float, float]


def boxes(view: dict[str, Any]) -> list[Box]:
    """What is drawn as boxes: the role, from where to where across, and from which height to which."""
    found = []
    for trace in view["figures"][0]["data"]:
        if trace["type"] == "bar":
            role, shape = (
                trace["marker"]["color"].removeprefix("role:"),
                trace["marker"].get("pattern", {}).get("shape"),
            )
            assert (role == "fee") == (shape == "."), "fees are dotted"
            for base, length, y in zip(trace["base"], trace["x"], trace["y"], strict=True):
                half = trace["width"] / 2
                found.append(("restricted" if shape == "/" else role, base, base + length, y - half, y + half))
    return found


def written(view: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """What is written in the figure, and where."""
    return {
        unmarked(text): (x, y)
        for trace in view["figures"][0]["data"]
        if trace.get("mode") == "text"
        for text, x, y in zip(trace["text"], trace["x"], trace["y"], strict=True)
    }


def heights(view: dict[str, Any]) -> tuple[float, float]:
    """Where the dearest and the cheapest price stand: the ends of the price's own grip."""
    low, high = grips(view)["price"]["places"]
    return low, high


def grips(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["control"]: each for each in view["figures"][0]["layout"]["meta"]["grips"]}


def parted(view: dict[str, Any]) -> tuple[list[Box], list[list[Box]]]:
    """The boxes of the queue, and those of each lot's result below it."""
    begin = min(y for text, (_, y) in written(view).items() if text.endswith(" BTC") and ":" not in text)
    lines = sorted((y for text, (_, y) in written(view).items() if text[1:3] == ": "), reverse=True)
    below = [
        [box for box in boxes(view) if end < box[3] and box[4] < y + 1]
        for y, end in zip(lines, [*lines[1:], -1e9], strict=True)
    ]
    return [box for box in boxes(view) if box[3] > begin], below


def was_opened(story: Story) -> bool:
    return not (story.error and isinstance(story.error.step, Open))


@given(anywhere())
def test_the_queue_is_volumes_at_prices(values: Values) -> None:
    """What is held is hatched, what is kept is solid, and what is closed goes from its price to the closing price."""
    view, story, names = shown(**values)
    low, high = heights(view)
    assert low < high

    def price_at(height: float) -> float:
        return 44000 + 12000 * (height - low) / (high - low)

    queue, _ = parted(view)
    if not was_opened(story):
        assert {role for role, *_ in queue} <= {"restricted"}
        assert view["happens"][-1] == "refused"
        assert sum(text.endswith("not opened") for text in written(view)) == 1, "said of each lot that isn't"
    left = {lot.id: lot.volume for lot in story.final.positions}
    realised = {each.position.id: each for each in story.realised}
    at = 0.0
    for number, name in enumerate(names, 1):
        volume, bought = float(values[f"{name}_volume"]), float(values[f"{name}_price"])
        rest = float(left.get(number, ZERO))
        mine = {
            role: box
            for role, *box in queue
            if at - 1e-9 <= box[0] < at + volume - 1e-9 and box[1] <= at + volume + 1e-9
        }
        assert sum(role in mine for role in ("own", "profit", "loss")) <= 1
        held = mine.get("restricted")
        assert (held is not None) == (rest > 0)
        if held:
            assert held[:2] == pytest.approx([at + volume - rest, at + volume])
            assert price_at((held[2] + held[3]) / 2) == pytest.approx(bought)
        if number in realised and realised[number].pnl:
            role = "profit" if realised[number].pnl > 0 else "loss"
            start, end, *ends = mine[role]
            assert [start, end] == pytest.approx([at, at + volume - rest])
            assert [price_at(each) for each in ends] == pytest.approx(sorted([bought, float(values["price"])]))
            area = (end - start) * (price_at(ends[1]) - price_at(ends[0]))
            assert area == pytest.approx(abs(float(realised[number].pnl)), abs=0.01), "an area is money"
        if "own" in mine:
            assert values["end"] == "settle"
            assert mine["own"][:2] == pytest.approx([at, at + volume - rest])
        at += volume


@given(anywhere())
def test_results_fall_out_on_one_axis(values: Values) -> None:
    """Each lot's profit, loss or payment, from zero: with what other balances bear of a loss, and its fee."""
    view, story, names = shown(**values)
    axis = view["figures"][0]["layout"]["xaxis"]
    ticks = {
        Decimal(text.replace("−", "-").replace(",", "").removesuffix(" EUR")): at
        for at, text in zip(axis["tickvals"], axis["ticktext"], strict=True)
    }
    (first, last), zero = (min(ticks), max(ticks)), ticks[Decimal(0)]
    one = (ticks[last] - ticks[first]) / float(last - first)
    assert first == {"close": -4000, "settle": -15000}[values["end"]]

    _, below = parted(view)
    assert len(below) == 3
    realised = {each.position.id: each for each in story.realised}
    paid = {}
    if not story.error:
        rows = story.moments[-1].rows
        paid = {row.position: row.amount for row in rows if row.type == "settled" and row.asset == "EUR"}
    comes = ZERO
    for number, (name, found) in enumerate(zip(names, below, strict=True), 1):
        lengths: dict[str, float] = {}
        for role, start, end, *_ in found:
            lengths[role] = lengths.get(role, 0.0) + (end - start) / one
            assert (start >= zero - 1e-9) == (role == "profit"), "a loss goes to the left"
        said = next(text for text in written(view) if text.startswith(f"{name}: "))
        assert said.endswith(f"at {values[f'{name}_price']:,}")
        expected: dict[str, Decimal] = {}
        if number in realised:
            each, comes = realised[number], comes + realised[number].pnl
            own = sum((take.covers for take in each.cascade if take.currency == "EUR"), ZERO)
            sold = sum((take.covers for take in each.cascade if take.currency != "EUR"), ZERO)
            expected = {
                "profit": max(each.pnl, ZERO),
                "loss": own + each.unpaid,
                "own": sold,
                "fee": each.conversion_fees,
            }
        elif number in paid:
            comes += paid[number]
            expected = {"own": -paid[number]}
        expected = {role: amount for role, amount in expected.items() if amount}
        assert lengths.keys() == expected.keys()
        for role, amount in expected.items():
            assert lengths[role] == pytest.approx(float(amount), abs=0.01)
    together = [
        text for text, (_, y) in written(view).items() if y == written(view)["together"][1] and text != "together"
    ]
    assert together == [marked(comes, "EUR") if values["end"] == "close" else money(comes, "EUR", sign=True)]


@given(anywhere())
def test_a_grip_is_at_its_mark(values: Values) -> None:
    """The bracket's end, each lot's price and edge, and the price's line: there, wherever their controls are."""
    view, _, names = shown(**values)
    found = grips(view)
    controls = {control.name: control for control in PANEL.controls if isinstance(control, Slider)}
    assert found.keys() == {"volume", "price", *(f"{name}_{what}" for name in names for what in ("volume", "price"))}
    drawn: dict[str, list[float]] = {"x": [], "y": []}
    for trace in view["figures"][0]["data"]:
        for axis in ("x", "y") if trace.get("mode") == "lines" else ():
            drawn[axis] += [each for each in trace[axis] if each is not None]
    for _, start, end, low, high in boxes(view):
        drawn["x"] += [start, end]
        drawn["y"] += [low, (low + high) / 2, high]
    for name, each in found.items():
        first, last = each["places"]
        least, most = Decimal(controls[name].least), Decimal(controls[name].most)
        at = first + (last - first) * float((Decimal(str(values[name])) - least) / (most - least))
        low, high = view["figures"][0]["layout"][f"{each['axis']}axis"]["range"]
        assert min(abs(place - at) for place in drawn[each["axis"]]) <= (high - low) / 1000, name
        assert low <= min(first, last) < max(first, last) <= high, name


def test_the_tracks_are_marked_where_a_lot_begins_to_go() -> None:
    happens = [shown(volume=volume)[0]["happens"] for volume in ("0.3", "0.31", "0.61", "0.81")]

    assert happens == [
        ["break-even"],
        ["B goes", "break-even"],
        ["B goes", "C goes", "break-even"],
        ["B goes", "C goes", "refused"],
    ]
    assert shown(EUR=3000, BTC=0)[0]["happens"] == ["B goes", "refused"], "what goes doesn't depend on it"
    assert "EUR gone" in shown(order="B, A, C")[0]["happens"]


def test_the_figure_says_each_lot() -> None:
    told = [text for text, _ in shown()[0]["figures"][0]["layout"]["meta"]["tells"]]

    assert told == [
        "the order: close 0.5 BTC at 51,000.00 EUR",
        "A: 0.3 BTC of 0.3 BTC at 45,000.00 EUR: ▲ +1,800.00 EUR",
        "B: 0.2 BTC of 0.3 BTC at 55,000.00 EUR: ▼ −800.00 EUR",
        "C: 0.2 BTC at 49,000.00 EUR stay open",
        "together: ▲ +1,000.00 EUR",
    ]


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


SAME = (
    {"A_price": 50000, "B_price": 50000, "C_price": 50000, "volume": "0.2", "price": 51000},
    {"A_volume": "0.05", "B_volume": "0.05", "C_volume": "0.05", "A_price": 44000, "B_price": 44000, "C_price": 44000,
     "volume": "0.05"},
    {"C_volume": "0.3", "C_price": 45000, "volume": "0.3"},
)  # fmt: skip


@pytest.mark.parametrize("end", ["close", "settle"])
@pytest.mark.parametrize("values", SAME)
def test_where_lots_stay_open_the_same_has_another_reason(values: Values, end: str) -> None:
    """Not every lot ends: what ends was opened at the same prices either way."""
    last = shown(**values, end=end, EUR=50000)[0]["words"][-1]

    assert "every lot ends" not in last
    assert last.endswith(", since what it would end was opened at the same prices.")


@pytest.mark.parametrize("end", ["close", "settle"])
def test_a_volume_that_is_too_much_is_answered_with_what_the_panel_has(end: str) -> None:
    """A6: its control takes a number, and no "all"; what is advised works."""
    view, story, _ = shown(volume="0.9", end=end, EUR=50000)

    assert story.error
    assert '"all"' in story.error.message
    assert '"all"' not in str(view)
    assert "Use a volume up to 0.8 (A6" in view["words"][0]
    assert shown(volume="0.8", end=end, EUR=50000)[1].error is None


def test_settling_all_costs_the_same_in_any_order() -> None:
    """R7: and the words say why."""
    view, _, _ = shown(end="settle", EUR=50000, volume="0.8")

    assert view["words"][-1] == "Had you opened them C, B, A, this order would take the same, since every lot ends."

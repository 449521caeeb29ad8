"""Lesson 03's view says what the engine says: columns, lines, words and rows come from the two stories."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marginlib.analysis.outcome import Outcome, worth
from marginlib.analysis.sheet import Entry, Sheet, sheet
from marginlib.drawing.placing import spoken, unmarked
from marginlib.engine.scenario import Deposit, Trade
from marginlib.engine.story import Moment, Story
from marginlib.lessons import SettleOrClose
from marginlib.lessons.settle_or_close.panel import OPENED, WAYS_OUT, stories
from marginlib.lessons.settle_or_close.view import PREPARED, ended
from marginlib.panels.controls import Slider
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


Bar = tuple[str, float, float]
Part = tuple[float, float]


def drawn(view: dict[str, Any]) -> list[tuple[float, float, Bar]]:
    """The bars of the figure from the top down: from which height to which, their role, from where to where."""
    found = []
    for trace in view["figures"][0]["data"]:
        if trace["type"] == "bar":
            role, shape = (
                trace["marker"]["color"].removeprefix("role:"),
                trace["marker"].get("pattern", {}).get("shape"),
            )
            assert (role == "fee") == (shape == ".")
            half = trace["width"] / 2
            for base, length, middle in zip(trace["base"], trace["x"], trace["y"], strict=True):
                name = "restricted" if shape == "/" else role
                found.append((-middle - half, -middle + half, (name, base, base + length)))
    return sorted(found)


def lines(view: dict[str, Any]) -> dict[str, float]:
    """What is written, and how far down."""
    return {
        unmarked(text).lstrip("■▨□ "): -y
        for trace in view["figures"][0]["data"]
        if trace.get("mode") == "text"
        for text, y in zip(trace["text"], trace["y"], strict=True)
    }


def line(view: dict[str, Any], start: str) -> float:
    (found,) = (y for text, y in lines(view).items() if text.startswith(start))
    return found


def stands(bars: list[Bar], seen: Sheet) -> bool:
    """Whether bars are all of a sheet: its parts one after the other, without a gap, and what is owed left of zero."""

    def lengths(role: str) -> list[float]:
        return sorted(end - start for name, start, end in bars if name == role)

    def wanted(entries: tuple[Entry, ...]) -> list[Any]:
        return [pytest.approx(worth, abs=0.01) for worth in sorted(float(each.worth) for each in entries if each.worth)]

    right = sorted((start, end) for name, start, end in bars if name in ("own", "restricted"))
    whole = sum(end - start for start, end in right)
    joined = not right or (right[0][0] == 0 and right[-1][1] == pytest.approx(whole, abs=0.01))
    owed = [ends for name, *ends in bars if name == "owed"]
    return (
        joined
        and sum(lengths("own")) == pytest.approx(sum(float(each.worth) for each in seen.own), abs=0.01)
        and lengths("restricted") == wanted(seen.restricted)
        and sum(lengths("owed")) == pytest.approx(float(seen.owes), abs=0.01)
        and all(end <= 0 for _, end in owed)
    )


def cells(view: dict[str, Any], name: str) -> list[str]:
    (row,) = (row for row in view["tables"][0]["rows"] if row["cells"][0].startswith(name))
    return list(row["cells"][1:4])


UNPAID = {
    "EUR": Decimal(0), "BTC": Decimal("0.2"), "side": "long", "share": Decimal(30), "short_of": WAYS_OUT[0],
    "fee": Decimal(0), "move": Decimal(-40),
}  # fmt: skip


@given(anywhere())
@example(UNPAID)  # a rest that stays unpaid is owed beside the loan: both are drawn
def test_bars_are_the_balance_sheets(values: Values) -> None:
    """What is still open; then what is shared and an arm together are what that way leaves."""
    view, settled, closed = shown(**values)
    bars = drawn(view)
    if len(closed.moments) <= PREPARED:
        assert stands([bar for _, _, bar in bars], sheet(closed.final, "EUR")), "what is there"
        assert "refuses" in view["title"]
        assert view["happens"] == ["refused"]
        return
    settling, closing, strip = (line(view, start) for start in ("settle: ", "close: ", "net worth: "))
    still = [bar for top, _, bar in bars if top < settling - 25]
    assert stands(still, sheet(closed.moments[PREPARED - 1].after, "EUR"))

    middle = (settling + closing) / 2
    forked = [(top, bottom, bar) for top, bottom, bar in bars if settling < top and bottom < closing]
    upper = [bar for top, _, bar in forked if top < middle]
    lower = [bar for _, bottom, bar in forked if bottom > middle]
    assert stands(lower, sheet(closed.final, "EUR"))
    if settled.error:
        assert upper == []
        assert any(text.startswith("settle: refused") for text in lines(view))
    else:
        assert stands(upper, sheet(settled.final, "EUR"))
        shared = [bar for top, bottom, bar in forked if top < middle < bottom]
        one, other = (
            {each.currency: each.worth for each in sheet(story.final, "EUR").own} for story in (settled, closed)
        )
        common = float(sum(min(one[code], other[code]) for code in one.keys() & other.keys()))
        assert sum(end - start for role, start, end in shared if role == "own") == pytest.approx(common, abs=0.01)
        for code in ("EUR", "BTC"):
            least = min(settled.final.balance(code), closed.final.balance(code))
            told = next(text for text in lines(view) if text.startswith("both leave "))
            assert (money(least, code) in told) == bool(least)
    assert strip > closing


def deposited(moment: Moment) -> Fraction:
    """What came in, in EUR."""
    step = moment.step
    if not isinstance(step, Deposit):
        return Fraction(0)
    return Fraction(step.amount) * (1 if step.currency == "EUR" else Fraction(moment.after.prices["BTC/EUR"]))


@given(anywhere())
def test_the_strip_shows_the_ends_two_hundred_times_as_large(values: Values) -> None:
    """Each way's own net worth is as far from the other's as its end, and as far from its fee's end as that is."""
    view, settled, closed = shown(**values)
    if len(closed.moments) <= PREPARED:
        return
    strip = line(view, "net worth: ")
    bars = [bar for top, _, bar in drawn(view) if top > strip]
    fees = [[ends for height, _, (role, *ends) in drawn(view) if (height, role) == (top, "fee")]
            for top, _, (role, *_) in drawn(view) if top > strip and role != "fee"]  # fmt: skip
    ends = [end for end in (ended(story) if not story.error else None for story in (settled, closed)) if end]
    worths = [at for role, _, at in bars if role != "fee"]
    assert [role for role, *_ in bars if role != "fee"] == ["own" if each.own_worth >= 0 else "loss" for each in ends]
    for at, end, fee in zip(worths, ends, fees, strict=True):
        assert at - worths[0] == pytest.approx(200 * float(end.own_worth - ends[0].own_worth), abs=0.01)
        assert fee == ([pytest.approx([at, at + 200 * float(end.fees)])] if end.fees else [])
    assert max(stop for _, _, stop in bars) == pytest.approx(200_000), "without fees both would end here"
    for name, story in (("settled", settled), ("closed", closed)):
        if not story.error:
            own = worth(story.final, "EUR") - sum((deposited(moment) for moment in story.moments), Fraction(0))
            assert f"{name}: {money(own, 'EUR')}" in lines(view)


@given(anywhere())
def test_a_grip_is_at_an_edge_and_moves_it(values: Values) -> None:
    view, _, closed = shown(**values)
    grips = view["figures"][0]["layout"]["meta"]["grips"]
    if len(closed.moments) <= PREPARED:
        assert not grips
        return
    low, high = view["figures"][0]["layout"]["xaxis"]["range"]
    edges = [edge for _, _, (_, *ends) in drawn(view) for edge in ends]
    controls = {control.name: control for control in PANEL.controls if isinstance(control, Slider)}
    assert {"EUR", "BTC", "move"} <= {each["control"] for each in grips}
    for each in grips:
        control, (first, last) = controls[each["control"]], each["places"]
        least, most = Decimal(control.least), Decimal(control.most)
        at = first + (last - first) * float((values[control.name] - least) / (most - least))
        assert min(abs(edge - at) for edge in [0.0, *edges]) < (high - low) / 1000, each
        assert low <= min(first, last), each
        assert max(first, last) <= high, each


def test_the_edge_of_what_is_still_open_goes_with_the_price() -> None:
    """A grip's ends are where the engine's own bar ends at the ends of its control."""
    for values in ({}, {"side": "short", "BTC": 1}):
        (move,) = (
            each for each in shown(**values)[0]["figures"][0]["layout"]["meta"]["grips"] if each["control"] == "move"
        )
        for at, where in zip((-40, 40), move["places"], strict=True):
            still = sheet(shown(**values, move=at)[2].moments[PREPARED - 1].after, "EUR")
            assert where == pytest.approx(float(-still.owes if values else still.has))


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


def test_what_happens_is_named() -> None:
    assert shown()[0]["happens"] == []
    assert shown(move=1)[0]["happens"] == ["break-even"]
    assert shown(side="short", move=1)[0]["happens"] == ["settling refused"]
    assert shown(EUR=14000, BTC=0, move=-40)[0]["happens"] == [
        "settling refused", "EUR gone", "a rest unpaid", "liquidation",
    ]  # fmt: skip


@given(anywhere())
@example({**PANEL.read({}), "EUR": Decimal(10000), "BTC": Decimal(0), "side": "short", "share": Decimal(5),
          "short_of": "ordinary order first", "fee": Decimal(0), "move": Decimal(-40)})  # fmt: skip
def test_each_arm_has_its_name_at_its_place(values: Values) -> None:
    """What settling leaves stands over the upper arm, what closing leaves below the lower one: nothing between."""
    view, settled, closed = shown(**values)
    if len(closed.moments) <= PREPARED:
        return
    bars = drawn(view)
    for name, story, above in (("settle: ", settled, True), ("close: ", closed, False)):
        at = line(view, name)
        tops, bottoms = zip(*[(top, bottom) for top, bottom, _ in bars], strict=True)
        if not story.error and sheet(story.final, "EUR").own:
            edge = min(abs(at - top) for top in tops) if above else min(abs(at - bottom) for bottom in bottoms)
            assert edge <= 12, name
    (labels,) = (trace for trace in view["figures"][0]["data"] if "<b>settle</b>" in str(trace.get("text")))
    places = dict(zip((unmarked(text) for text in labels["text"]), labels["x"], strict=True))
    tips = [
        end
        for top, _, (role, _, end) in bars
        if role in ("own", "restricted") and line(view, "settle: ") < top < line(view, "net")
    ]
    for name, told in (("settle: ", settled), ("close: ", closed)):
        (place,) = (x for text, x in places.items() if text.startswith(name))
        assert told.error or place <= max([0.0, *tips]), "it begins over the bar"


def test_what_differs_is_named() -> None:
    assert "the only difference: 160.00 EUR" in lines(shown()[0])
    assert "settle: you keep 1 BTC" in lines(shown()[0])
    assert "close: you take 39,840.00 EUR" in lines(shown()[0])
    assert "no difference" in lines(shown(fee=0)[0])
    assert "only one way is open" in lines(shown(EUR=45000)[0])


def test_the_figure_says_what_each_way_leaves() -> None:
    told = [text for text, _ in shown()[0]["figures"][0]["layout"]["meta"]["tells"]]

    assert told == [
        "still open: 59,800.00 EUR and 0.4 BTC free, 1 BTC restricted, 50,000.00 EUR owed",
        "both leave 9,800.00 EUR and 0.4 BTC",
        "settling: 1 BTC more",
        "closing: 39,840.00 EUR more",
        "net worth after settling: 65,800.00 EUR, after fees of 0.00 EUR",
        "net worth after closing: 65,640.00 EUR, after fees of 160.00 EUR",
    ]


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("euros", [0, 60000])
def test_every_part_of_the_bar_that_is_still_open_is_named(side: str, euros: int) -> None:
    """What is owed, what is free and what is restricted: all three colours have their amounts beside a swatch."""
    view, *_ = shown(side=side, EUR=euros)
    (spec,) = view["figures"]
    texts = [text for trace in spec["data"] if trace.get("mode") == "text" for text in trace["text"]]
    said = next(told for told, _ in spec["layout"]["meta"]["tells"] if told.startswith("still open: "))
    for part in said.removeprefix("still open: ").split(", "):
        assert any(spoken(text) == part for text in texts), (part, texts)


def test_where_less_than_nothing_is_left_it_is_drawn_as_a_loss_and_said_to_be_unpaid() -> None:
    view, _, _ = shown(EUR="20000", BTC="0", move="-40")
    assert "320.00 EUR unpaid" in view["title"].replace("\N{NO-BREAK SPACE}", " ")
    enlarged = drawn(view)[-1][2]
    assert enlarged[0] == "loss"

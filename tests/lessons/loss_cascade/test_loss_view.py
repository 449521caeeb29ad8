"""Lesson 05's view says what the engine says: every bar, word and row comes from the story."""

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginlib import replay
from marginlib.engine.account import Realised
from marginlib.engine.story import Story
from marginlib.lessons import LossCascade
from marginlib.panels.controls import Slider
from marginlib.telling.numbers import money, short

PANEL = LossCascade()
FUNDS = [control.name for control in PANEL.controls if isinstance(control, Slider) and control.removable]
CLOSE = Decimal("1e-6")

Values = Any


@st.composite
def anywhere(draw: st.DrawFn) -> Values:
    """Values along all the tracks; leverage often high, so that most openings are accepted."""
    values: Values = {}
    for control in PANEL.controls:
        track = st.sampled_from(control.track())
        values[control.name] = draw(st.none() | track if control.name in FUNDS else track)
    return values


def shown(**values: object) -> tuple[dict[str, Any], Story]:
    read = PANEL.read(values)
    return PANEL.view(read), replay(PANEL.scenario(read))


def only(**funds: object) -> dict[str, object]:
    """Just these funds, and enough leverage to open on them."""
    return {**dict.fromkeys(FUNDS), **funds}


def bars(view: dict[str, Any]) -> dict[str, list[tuple[int, Decimal, Decimal]]]:
    """Place, base and length of the bars, by their colour's role."""
    return {
        trace["marker"]["color"].removeprefix("role:"): [
            (x, Decimal(str(base)), Decimal(str(y)))
            for x, base, y in zip(trace["x"], trace["base"], trace["y"], strict=True)
        ]
        for trace in view["figures"][0]["data"]
        if trace["type"] == "bar"
    }


def told(view: dict[str, Any]) -> dict[tuple[str, int], str]:
    """What is written at the bars, by their role and place."""
    return {
        (trace["textfont"]["color"].removeprefix("role:"), x): text
        for trace in view["figures"][0]["data"]
        if trace.get("mode") == "text"
        for x, text in zip(trace["x"], trace["text"], strict=True)
    }


def check(view: dict[str, Any], realised: Realised, story: Story) -> None:
    """Everything on the screen against the engine's account of the closing."""
    quote, lot = realised.position.quote, realised.position
    found = bars(view)
    names = [name.split("<br>") for name in view["figures"][0]["layout"]["xaxis"]["ticktext"]]
    last, result, written = len(names) - 1, "profit" if realised.pnl > 0 else "loss", told(view)
    ends = {x: (base, length) for x, base, length in found[result]}
    assert ends.keys() <= {0, last}
    assert abs(ends.get(0, (0, 0))[1] - realised.pnl) < CLOSE
    assert abs(ends.get(last, (0, 0))[1] + realised.unpaid) < CLOSE
    pnl_label, unpaid_label = (written.get((result, x), "") for x in (0, last))
    assert sum((take.covers for take in realised.cascade), realised.unpaid) == max(-realised.pnl, Decimal(0))
    if realised.pnl:
        assert money(realised.pnl, quote, sign=True) in pnl_label
        assert pnl_label[0] == ("▲" if realised.pnl > 0 else "▼")
    assert bool(unpaid_label) == bool(realised.unpaid)
    if realised.unpaid:
        assert money(-realised.unpaid, quote) in unpaid_label
        assert money(realised.unpaid, quote) in view["title"]

    before, after = story.moments[-1].before, story.moments[-1].after
    assert names[0] == ["Loss" if realised.pnl < 0 else "Profit", ""]
    assert names[last] == ["Unpaid", ""]
    held = {code for code, amount in before.balances.items() if amount}
    assert {name for name, _ in names[1:-1]} == held

    takes = {take.currency: take for take in realised.cascade}
    assert [name for name, _ in names[1:-1] if name in takes] == list(takes), "in the order of the cascade"
    level = min(realised.pnl, Decimal(0))
    taken = {x: (base, covers) for x, base, covers in found["own"]}
    for x, (name, sold) in enumerate(names[1:-1], 1):
        take = takes.get(name)
        assert sold == (f"−{short(take.taken, name)}" if take else "–")
        assert (x in taken) == (("own", x) in written) == bool(take)
        if take:
            base, covers = taken[x]
            assert abs(base - level) < CLOSE
            assert abs(covers - take.covers) < CLOSE
            level += take.covers
    assert abs(level + realised.unpaid) < CLOSE, "the stairs end at what stays unpaid"
    fees = [take for take in realised.cascade if take.fee]
    for (x, base, fee), take in zip(found["fee"], fees, strict=True):
        assert names[x][0] == take.currency
        assert base == taken[x][0]
        assert abs(fee + take.fee) < CLOSE
        assert written["fee", x].startswith("fee ")

    strip = dict(view["strip"])
    assert {code for code, mark in strip.items() if mark == "taken"} == set(takes)
    assert {code for code, mark in strip.items() if mark == "untouched"} == held - set(takes)
    assert [code for code, mark in view["strip"] if mark == "taken"] == list(takes)

    (table,) = view["tables"]
    assert [column["label"] for column in table["columns"]] == [
        "Currency", "Place in the order", "You had", "Turn", "Taken", "Covers", "Fee", "You have",
    ]  # fmt: skip
    *rows, last_row = table["rows"]
    assert {row["cells"][0] for row in rows} == set(before.balances)
    for row in rows:
        code, place, had, turn, taken, covered, fee_cell, have = row["cells"]
        take = takes.get(code)
        mark = "taken" if take else "untouched" if before.balance(code) else "skipped"
        assert row["mark"] == mark == strip[code]
        assert mark in turn or turn == "– none there"
        assert had == money(before.balance(code), code)
        assert have == money(after.balance(code), code)
        assert taken == (money(take.taken, code) if take else "")
        assert covered == (money(take.covers, quote) if take else "")
        assert bool(fee_cell) == bool(take and take.fee_rate)
        at = int(place.split(".")[0])
        assert view["strip"][at - 1][0] == code
        reasons = {
            lot.quote: f"quote of {lot.pair}",
            lot.base: f"base of {lot.pair}",
        }
        if code in reasons:
            assert reasons[code] in place
        else:
            assert ("collateral list (R14)" in place) == (code in before.rulebook.collateral_order)
        if take:
            assert take.why in ("other", "collateral") or code in reasons
            assert set(re.findall(r"[RA]\d+", place)) <= set(take.rules), "the reason is the engine's"
    assert last_row["cells"][0] == "Unpaid"
    assert last_row["cells"][5] == money(realised.unpaid, quote)
    assert bool(last_row["mark"]) == bool(realised.unpaid)

    assert money(realised.pnl, quote, sign=True) in view["words"][0]
    story_told = " ".join(view["words"][1:])
    for code in held - set(takes) if realised.pnl < 0 else ():
        assert code in story_told
    if realised.conversion_fees:
        assert money(realised.conversion_fees, quote) in story_told
    for take in realised.cascade:
        assert take.currency in view["title"] or realised.unpaid


@given(anywhere())
def test_the_screen_says_what_the_engine_says(values: Values) -> None:
    view, story = PANEL.view(values), replay(PANEL.scenario(values))

    if story.error:
        assert view["title"] == "The exchange refuses this opening"
        assert story.error.message in view["alert"]
        assert all(rule in view["alert"] for rule in story.error.rules)
        assert bars(view) == {}
        assert view["tables"] == []
    else:
        check(view, story.realised[0], story)


@pytest.mark.parametrize("pair", ["BTC/EUR", "ETH/USD", "ADA/BTC", "XMR/EUR"])
@pytest.mark.parametrize("move", [-40, "-0.5", 0, "0.5", 10])
def test_each_pair_at_each_kind_of_move(pair: str, move: object) -> None:
    """Accepted openings all: the property above may draw many refused ones."""
    view, story = shown(pair=pair, move=move, size=5000, leverage=10, BTC="0.02", ETH="0.3", c1=True)

    assert story.error is None
    check(view, story.realised[0], story)


def test_the_quote_currency_alone_pays_without_a_fee() -> None:
    """R13: the euros cover it; nothing is converted."""
    view, _ = shown(**only(EUR=2000, BTC="0.04"), size=1000, leverage=5, move=-10)

    assert view["title"] == "The loss takes 100.00 EUR, and nothing else"
    assert bars(view)["own"][0] == (1, Decimal("-100.0"), Decimal("100.0"))
    assert told(view)["own", 1] == "100.00"
    assert bars(view)["fee"] == []
    assert view["words"][1] == (
        "EUR goes first, as the quote of BTC/EUR (R13). BTC: untouched, since nothing is left to cover."
    )


def test_what_nothing_covers_is_shown_as_unpaid() -> None:
    """A5: 800 EUR of loss, 300 EUR there."""
    view, story = shown(**only(EUR=300), size=2000, leverage=10, move=-40)

    assert view["title"] == "The loss takes everything, and 500.00 EUR stay unpaid"
    assert bars(view)["loss"][1] == (2, Decimal(0), Decimal("-500.0"))
    assert told(view)["loss", 2] == "▼ −500.00 EUR"
    assert view["tables"][0]["rows"][-1]["mark"] == "unpaid"
    assert "500.00 EUR stay owed (A5)" in view["words"][1]
    assert story.final.unpaid == {"EUR": Decimal(500)}


def test_a_profit_takes_nothing() -> None:
    view, _ = shown(move=10)

    assert view["title"] == "No loss, so nothing is taken: closing adds 800.00 EUR"
    assert told(view)["profit", 0] == "▲ +800.00 EUR"
    assert all(mark != "taken" for _, mark in view["strip"])


def test_neither_profit_nor_loss_has_no_sign() -> None:
    view, story = shown(move=0)

    assert story.realised[0].pnl == 0
    assert ("loss", 0) not in told(view)
    assert "−" not in view["title"]


def test_leverage_changes_no_loss() -> None:
    titles = {shown(EUR=2000, leverage=leverage, move=-20)[0]["title"] for leverage in (3, 5, 10)}

    assert len(titles) == 1


def test_the_conflict_about_ada_moves_its_place() -> None:
    """C1: on the list or among the other funds."""
    places = [
        next(row["cells"][1] for row in view["tables"][0]["rows"] if row["cells"][0] == "ADA")
        for view in (shown(ADA=400, c1=c1)[0] for c1 in (False, True))
    ]

    assert "collateral list (R14)" in places[0]
    assert "other funds, by alphabet (R15, A3)" in places[1]


def test_a_refused_opening_says_what_would_work() -> None:
    view, story = shown(leverage=2)

    assert story.error is not None
    assert view["alert"].endswith("(B4)")
    assert view["words"] == ["Nothing is opened, so nothing can be lost. Your balances stay as they are (A7)."]
    assert view["figures"][0]["layout"]["yaxis"] == shown()[0]["figures"][0]["layout"]["yaxis"]

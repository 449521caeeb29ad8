"""Lesson 05's view says what the engine says: every bar, word and row comes from the story."""

import itertools
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marginlib import replay
from marginlib.drawing.placing import unmarked
from marginlib.engine.account import Realised
from marginlib.engine.cascade import preference
from marginlib.engine.story import Story
from marginlib.lessons import LossCascade
from marginlib.panels.controls import Slider
from marginlib.panels.purse import sized
from marginlib.telling.numbers import in_panel, money, price

PANEL = LossCascade()
FUNDS = [control.name for control in PANEL.controls if isinstance(control, Slider) and control.removable]
CLOSE = 1e-6
APART = "\N{EM SPACE}"

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


def amount(written: str) -> Decimal:
    return Decimal(written.replace(",", ""))


def is_shown(written: str, exact: Decimal) -> bool:
    """Whether it is the exact amount, or rounded to the digits that are written: three at least, or the cents."""
    shown = amount(written)
    unit = Decimal(1).scaleb(int(shown.as_tuple().exponent))
    return shown == exact or (abs(shown - exact) <= unit / 2 and unit <= max(exact / 100, Decimal("0.01")))


def only(**funds: object) -> dict[str, object]:
    """Just these funds, and enough leverage to open on them."""
    return {**dict.fromkeys(FUNDS), **funds}


Bar = tuple[str, float, float]
Row = tuple[str, str, list[Bar]]


def pictured(view: dict[str, Any]) -> list[Row]:
    """The figure from the top down: what is written of a bar and beside that, and the bars below it.

    A bar is its role, with where it begins and ends; what is untouched is an outline, of the role "untouched".
    """
    figure = view["figures"][0]
    left = figure["layout"]["xaxis"]["range"][0]
    written: list[tuple[float, bool, str]] = []
    drawn: list[tuple[float, Bar]] = []
    for trace in figure["data"]:
        if trace.get("mode") == "text":
            written += [
                (y, x == left, unmarked(text)) for x, y, text in zip(trace["x"], trace["y"], trace["text"], strict=True)
            ]
        elif trace["type"] == "bar":
            role = trace["marker"]["color"].removeprefix("role:")
            assert (trace["marker"].get("pattern", {}).get("shape") == ".") == (role == "fee"), "fees are dotted"
            ends = zip(trace["base"], trace["x"], trace["y"], strict=True)
            drawn += [(middle, (role, base, base + length)) for base, length, middle in ends]
        elif trace["line"]["color"] == "role:own":
            boxes = [(trace["x"][at : at + 5], trace["y"][at : at + 5]) for at in range(0, len(trace["x"]), 6)]
            drawn += [((min(ys) + max(ys)) / 2, ("untouched", min(xs), max(xs))) for xs, ys in boxes]
    lines = sorted({y for y, on_the_left, _ in written if on_the_left}, reverse=True)
    rows = []
    for y, below in itertools.zip_longest(lines, lines[1:], fillvalue=-1e9):
        here = {on_the_left: text for at, on_the_left, text in written if at == y}
        said, _, also = here[True].partition(APART)
        rows.append((said, also or here.get(False, ""), [bar for middle, bar in drawn if below < middle < y]))
    return rows


def spans(bars: list[Bar]) -> dict[str, tuple[float, float]]:
    """The bars of a row by their role: never two of one."""
    found = {role: (start, end) for role, start, end in bars}
    assert len(found) == len(bars)
    return found


def same(found: dict[str, tuple[float, float]], wanted: dict[str, tuple[float | Decimal, float | Decimal]]) -> bool:
    """Whether bars stand where they should; those of nothing aren't there."""
    wanted = {role: ends for role, ends in wanted.items() if ends[0] != ends[1]}
    return found.keys() == wanted.keys() and all(
        abs(at - float(there)) < CLOSE
        for role, ends in wanted.items()
        for at, there in zip(found[role], ends, strict=True)
    )


def worth(code: str, amount: Decimal, quote: str, story: Story) -> Decimal:
    """In QUOTE, by the prices of the scenario alone: each currency has one in EUR, but for the pair's base perhaps."""
    prices = story.final.prices
    if code == quote:
        return amount
    if f"{code}/{quote}" in prices:
        return amount * prices[f"{code}/{quote}"]
    in_euros = {"EUR": Decimal(1), "USD": 1 / prices["EUR/USD"]}
    rate = in_euros.get(code) or prices.get(f"{code}/EUR") or prices[f"{code}/USD"] / prices["EUR/USD"]
    unit = in_euros.get(quote) or prices[f"{quote}/EUR"]
    return amount * rate / unit


def check(view: dict[str, Any], realised: Realised, story: Story) -> None:
    """Everything on the screen against the engine's account of the closing."""
    quote, lot = realised.position.quote, realised.position
    before, after = story.moments[-1].before, story.moments[-1].after
    assert sum((take.covers for take in realised.cascade), realised.unpaid) == max(-realised.pnl, Decimal(0))

    first, *rows, others, last = pictured(view)
    assert money(realised.pnl, quote, sign=True) in first[0]
    assert ("▲" in first[0], "▼" in first[0]) == (realised.pnl > 0, realised.pnl < 0)
    assert first[1] == f"at {price(realised.price, quote)}"
    result = "profit" if realised.pnl > 0 else "loss"
    assert same(spans(first[2]), {result: (min(realised.pnl, Decimal(0)), max(realised.pnl, Decimal(0)))})

    takes = {take.currency: take for take in realised.cascade}
    named = [left.lstrip("■ ").split(":")[0] for left, _, _ in rows]
    assert set(named) == set(story.scenario.balances), "those that are there, and no other"
    assert [name for name in named if name in takes] == list(takes), "in the order of the cascade"
    due = max(-realised.pnl, Decimal(0))
    for code, (left, right, drawn) in zip(named, rows, strict=True):
        take, had = takes.get(code), before.balance(code)
        covers, fee, taken = (take.covers, take.fee, take.taken) if take else (Decimal(0),) * 3
        assert same(
            spans(drawn),
            {
                "own": (-due, covers - due),
                "fee": (-due - fee, -due),
                "loss": (covers - due, 0),
                "untouched": (0, worth(code, had - taken, quote, story)),
            },
        ), (code, drawn)
        due -= covers
        assert ("untouched" in left, "none there" in left) == (had > 0 and not take, not had)
        assert left.startswith("■") == bool(take)
        assert bool(right) == bool(fee)
        if take:
            part, _, whole = left.partition(": ")[2].rpartition(" of ")
            assert (part == "") == (taken == had)
            assert is_shown(part or whole.removeprefix("all "), taken)
            assert is_shown(whole.removeprefix("all "), had)
        if fee:
            assert right.startswith("■ fee ")
            assert abs(amount(right.removeprefix("■ fee ")) - fee) <= max(fee / 100, Decimal("0.006"))
    known = preference(before.rulebook.collateral_order, lot.base, quote, before.balances)
    assert others == (f"and {len(known) - len(named)} others that you don't hold", "", [])
    assert due == realised.unpaid, "what no currency covered"
    assert last[0] == (f"■ unpaid: {money(due, quote)}" if due else "nothing unpaid")
    assert same(spans(last[2]), {"loss": (-due, 0)})
    assert bool(last[1]) == bool(realised.conversion_fees)
    if realised.unpaid:
        assert money(realised.unpaid, quote) in view["title"]
    gone = {code for code, take in takes.items() if not after.balance(code)}
    assert set(view["happens"]) == {f"{code} gone" for code in gone} | (
        {"break-even"} if realised.pnl > 0 else set()
    ) | ({"a rest unpaid"} if realised.unpaid else set())

    held = {code for code, amount in before.balances.items() if amount}
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
        assert row["mark"] == mark
        assert mark in turn or turn == "– none there"
        assert had == money(before.balance(code), code)
        assert have == money(after.balance(code), code)
        assert taken == (money(take.taken, code) if take else "")
        assert covered == (money(take.covers, quote) if take else "")
        assert bool(fee_cell) == bool(take and take.fee_rate)
        at = int(place.split(".")[0])
        assert known[at - 1].currency == code
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


# A loss that takes a few whole cents of the last currency, which are told to the cent.
CENTS = {
    **only(USD=Decimal(2175), GBP=Decimal(352)),
    "pair": "BTC/EUR",
    "size": Decimal(6500),
    "leverage": Decimal(3),
    "move": Decimal("-26.5"),
    "c1": False,
}


@given(anywhere())
@example(dict(CENTS))
def test_the_screen_says_what_the_engine_says(values: Values) -> None:
    view, story = PANEL.view(values), replay(PANEL.scenario(values))

    if story.error:
        assert view["title"] == "The exchange refuses this opening"
        assert sized(in_panel(story.error.message)) in view["alert"]
        assert all(rule in view["alert"] for rule in story.error.rules)
        nothing, *rows, _, last = pictured(view)
        assert (nothing[0], nothing[2], last[2]) == ("Nothing is opened", [], [])
        assert all(set(spans(drawn)) <= {"untouched"} for _, _, drawn in rows), (
            "what is there, and nothing happens to it"
        )
        assert view["happens"] == ["refused"]
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
    _, euros, bitcoin, *_ = pictured(view)
    assert euros == ("■ EUR: 100.00 of 2,000", "", [("own", -100, 0), ("untouched", 0, 1900)])
    assert bitcoin == ("BTC: 0.04, untouched", "", [("untouched", 0, 1800)])
    assert view["words"][1] == (
        "EUR goes first, as the quote of BTC/EUR (R13). BTC: untouched, since nothing is left to cover."
    )


def test_what_nothing_covers_is_shown_as_unpaid() -> None:
    """A5: 800 EUR of loss, 300 EUR there."""
    view, story = shown(**only(EUR=300), size=2000, leverage=10, move=-40)

    assert view["title"] == "The loss takes everything, and 500.00 EUR stay unpaid"
    assert pictured(view)[-1] == ("■ unpaid: 500.00 EUR", "", [("loss", -500, 0)])
    assert view["tables"][0]["rows"][-1]["mark"] == "unpaid"
    assert "500.00 EUR stay owed (A5)" in view["words"][1]
    assert story.final.unpaid == {"EUR": Decimal(500)}


def test_a_profit_takes_nothing() -> None:
    view, _ = shown(move=10)

    assert view["title"] == "No loss, so nothing is taken: closing adds 800.00 EUR"
    assert pictured(view)[0][0] == "■ ▲ +800.00 EUR"
    assert not any("own" in spans(drawn) or "loss" in spans(drawn) for _, _, drawn in pictured(view))


def test_neither_profit_nor_loss_has_no_sign() -> None:
    view, story = shown(move=0)

    assert story.realised[0].pnl == 0
    assert pictured(view)[0] == ("0.00 EUR", "at 50,000.00 EUR", [])
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
    for axis in ("xaxis", "yaxis"):
        assert view["figures"][0]["layout"][axis] == shown()[0]["figures"][0]["layout"][axis]
    assert pictured(view)[1] == ("EUR: 300.00, untouched", "", [("untouched", 0, 300)])


def test_a_refused_opening_writes_amounts_like_everywhere_and_says_nothing_of_unpaid() -> None:
    view, story = shown(pair="ETH/USD", leverage=2, size=10000)

    assert story.error
    assert not re.search(r"[0-9] EUR", re.sub(r"[0-9]\.[0-9]{2} EUR|at most [0-9,]+ EUR", "", view["alert"]))
    assert "unpaid" not in str(view["figures"])


@pytest.mark.parametrize(("leverage", "pair"), [(2, "BTC/EUR"), (3, "ETH/USD"), (2, "XMR/EUR")])
def test_what_a_refusal_advises_works_in_this_panel(leverage: int, pair: str) -> None:
    values = {"leverage": leverage, "pair": pair, "size": 10000}
    view, story = shown(**values)
    size = re.search(r"position size of at most ([0-9,]+) EUR", view["alert"])
    lever = re.search(r"a leverage of ([0-9]+)", view["alert"])

    assert story.error
    assert size
    assert shown(**{**values, "size": size[1].replace(",", "")})[1].error is None
    assert not lever or shown(**{**values, "leverage": lever[1]})[1].error is None


def test_a_fee_is_named_in_its_bars_own_words_and_no_line_goes_through_them() -> None:
    """It stood 500 pixels from the bar that it drips off; the axis's lines went through the names."""
    view, _ = shown()
    figure = view["figures"][0]
    left = figure["layout"]["xaxis"]["range"][0]
    texts = [
        (x, y, unmarked(text))
        for trace in figure["data"]
        if trace.get("mode") == "text"
        for x, y, text in zip(trace["x"], trace["y"], trace["text"], strict=True)
    ]
    upright = [
        (one, other)
        for trace in figure["data"]
        if trace.get("mode") == "lines"
        for (x, one), (there, other) in itertools.pairwise(zip(trace["x"], trace["y"], strict=True))
        if x is not None and x == there
    ]

    assert {x for x, _, _ in texts} == {left}
    assert f"■ BTC: all 0.008{APART}■ fee 7.50" in {text for _, _, text in texts}
    assert not figure["layout"]["xaxis"]["showgrid"]
    assert upright
    for _, y, text in texts:
        assert not [ends for ends in upright if min(ends) < y < max(ends)], text


def grips(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["control"]: each for each in view["figures"][0]["layout"]["meta"]["grips"]}


def place(found: dict[str, Any], control: Slider, value: Decimal) -> float:
    """Where a grip's mark stands for a value, straight between its places."""
    least, most, places = Decimal(control.least), Decimal(control.most), found["places"]
    at = float((value - least) / (most - least)) * (len(places) - 1)
    left = min(int(at), len(places) - 2)
    return float(places[left] + (at - left) * (places[left + 1] - places[left]))


@given(anywhere())
def test_a_grip_is_the_end_of_its_bar(values: Values) -> None:
    """Where it is dragged to is where its bar ends when it is there: the axis stays."""
    view, story = PANEL.view(values), replay(PANEL.scenario(values))
    if story.error:
        assert "move" not in grips(view)
        return
    _, *rows, _, _ = pictured(view)
    found = grips(view)
    assert found.keys() == {"move"} | {code for code in FUNDS if values[code] is not None}
    controls = {control.name: control for control in PANEL.controls if isinstance(control, Slider)}
    wide = view["figures"][0]["layout"]["xaxis"]["range"]
    fine = (wide[1] - wide[0]) / 1000
    result = story.realised[0].pnl
    assert place(found["move"], controls["move"], values["move"]) == pytest.approx(float(result), abs=fine)
    for left, _, drawn in rows:
        code, bars = left.lstrip("■ ").split(":")[0], spans(drawn)
        end = max([end for role, (_, end) in bars.items() if role in ("own", "untouched")] or [0.0])
        if "own" in bars or "untouched" in bars:
            assert place(found[code], controls[code], values[code]) == pytest.approx(end, abs=fine), code


def test_the_figure_says_each_turn_with_its_exact_amounts() -> None:
    told = [text for text, _ in shown()[0]["figures"][0]["layout"]["meta"]["tells"]]

    assert told == [
        "▼ −2,000.00 EUR at a price of 37,500.00 EUR",
        "300.00 EUR of 300.00 EUR cover 300.00 EUR",
        "0.008 BTC of 0.008 BTC cover 292.50 EUR, for a fee of 7.50 EUR",
        "500.00 USD of 500.00 USD cover 394.00 EUR, for a fee of 6.00 EUR",
        "10,668.42105263 DOGE of 12,000 DOGE cover 1,013.50 EUR, for a fee of 53.34 EUR",
        "2 XMR, untouched",
        "and 34 others that you don't hold",
        "nothing unpaid",
    ]

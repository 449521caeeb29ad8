"""Why this number? Every amount that a panel's start shows has a derivation, worked out again here from its inputs."""

import importlib
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from reckoning import leaves, numbers_of, reckoned
from shown import MADE_UP, amounts, read, written

from marginlib import lessons, replay, rulebook
from marginlib.analysis.paths import paths
from marginlib.engine.derivation import Derivation
from marginlib.lessons import BalanceSheet, LossCascade, SettleOrClose
from marginlib.panels.panel import Panel
from marginlib.panels.purse import FUNDS
from marginlib.telling.why import why

PANELS = [
    name for name in lessons.__all__ if isinstance(kind := getattr(lessons, name), type) and issubclass(kind, Panel)
]
EXEMPT: dict[tuple[str, str], str] = {
    ("HowFar", "0 %"): "a number of rule C3: the level at which equity is gone",
    ("ThroughTheCrash", "167 %"): "a label written from a float of the line that is drawn; words and title say 166.7 %",
}


def texts(view: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """All that a screen says, and where: ``figure`` for what is written in a picture."""
    yield "title", view["title"]
    yield "alert", view.get("alert") or ""
    for line in view["words"]:
        yield "words", line
    for each in view["tables"]:
        for row in each["rows"]:
            yield from (("table", cell) for cell in row["cells"])
    for figure in view["figures"]:
        yield from (("figure", text) for text in written(figure))


def heard(panel: Panel[Any]) -> list[Any]:
    ((answer, _),) = panel.receive({"kind": "why", "values": panel.state()["values"], "texts": []})
    assert answer["kind"] == "known"
    return panel._reasons.heard


def inputs(panel: Panel[Any]) -> set[Fraction]:
    """All numbers that a panel is made of: its controls' values, its scenario's, the rules', and its module's own."""
    known = {*numbers_of(panel.state()["values"]), *numbers_of(panel.scenario(panel.values).as_data())}
    book = rulebook()
    for table in (book.conversion_fees, book.haircuts, *book.haircut_sets.values()):
        known |= {*numbers_of(dict(table))}
    known |= {Fraction(level) for level in (book.opening_level, book.call_level, book.liquidation_level)}
    known |= {*numbers_of([each.price for each in FUNDS.values()])}
    module = importlib.import_module(type(panel).__module__)
    known |= {*numbers_of({name: value for name, value in vars(module).items() if name.isupper() or name[0] == "_"})}
    if "path" in panel.values and panel.values["path"] in paths():
        known |= {*numbers_of([*paths()[panel.values["path"]].prices.values()])}
    return known | MADE_UP


@pytest.mark.parametrize("name", PANELS)
def test_every_amount_of_the_start_is_derived(name: str) -> None:
    panel = getattr(lessons, name)()
    said, view = heard(panel), panel._shown["view"]
    shown = [text for text in amounts(texts(view)) if (name, text) not in EXEMPT]
    assert shown
    assert [text for text in shown if not why(text, said)] == []


@pytest.mark.parametrize("name", PANELS)
def test_every_derivation_comes_to_what_is_written(name: str) -> None:
    panel = getattr(lessons, name)()
    said, known, done = heard(panel), inputs(panel), dict[int, Fraction]()
    strange: list[tuple[str, Derivation]] = []
    for text in amounts(texts(panel._shown["view"])):
        written, places = read(text)
        for how in why(text, said):
            value = reckoned(how, done)
            assert abs(abs(value) - written) * 2 <= Fraction(1, 10**places), f"{text} is not {value}"
            strange += [
                (text, leaf)
                for leaf in leaves(how)
                if abs(Fraction(leaf.amount)) not in {abs(each) for each in known} and leaf.source != "looked for"
            ]
    assert strange == []


@pytest.mark.parametrize("name", PANELS)
def test_what_is_heard_is_what_the_screen_is_made_of(name: str) -> None:
    """To ask changes nothing: the next view is the same, and remembers nothing."""
    panel = getattr(lessons, name)()
    before = panel.view(panel.values)
    heard(panel)
    assert panel.view(panel.values) == before


def asked(panel: Panel[Any], text: str) -> dict[str, Any]:
    ((answer, _),) = panel.receive({"kind": "why", "values": panel.state()["values"], "text": text})
    return answer


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_used_margin_is_told_in_a_line() -> None:
    answer = asked(BalanceSheet(), "5,000.00\N{NO-BREAK SPACE}EUR")
    lines = [plain(answer["lines"][at]["line"]) for at in answer["found"]]
    assert "5,000.00 EUR used margin = 25,000.00 EUR cost of position 1 ÷ 5 leverage (B2)" in lines


def test_parts_lead_down_to_the_controls() -> None:
    answer = asked(BalanceSheet(), "350 %")
    (top,) = answer["found"]
    seen, open_ = set[int](), [top]
    while open_:
        at = open_.pop()
        seen.add(at)
        open_ += [part for part in answer["lines"][at]["parts"] if part not in seen]
    sources = {answer["lines"][at]["source"] for at in seen if not answer["lines"][at]["parts"]}
    assert sources == {"you set it: Your balance", "you set it: Volume", "you set it: Opening price",
                       "you set it: Leverage", "you set it: Price move"}  # fmt: skip


def test_a_loss_names_its_ledger_row() -> None:
    answer = asked(LossCascade(), "0 BTC")
    rows = {line["row"] for line in answer["lines"]}
    assert "Ledger: step 3, margin, position 1, BTC: loss" in rows


def test_of_two_stories_on_one_screen_both_are_told() -> None:
    panel = SettleOrClose()
    for text in ("9,800.00 EUR", "49,640.00 EUR", "160.00 EUR"):
        assert asked(panel, text)["found"], text


def test_what_is_no_amount_of_the_state_is_not_known() -> None:
    panel = LossCascade()
    message = {
        "kind": "why",
        "values": panel.state()["values"],
        "texts": ["66.84 EUR", "66.85 EUR", "66.84 USD", "R13"],
    }
    ((answer, _),) = panel.receive(message)
    assert answer["texts"] == ["66.84 EUR"]
    assert asked(panel, "<b>1.00 EUR")["found"] == []


def test_the_derivation_agrees_with_the_story_replayed_without_it() -> None:
    panel = LossCascade()
    final = replay(panel.scenario(panel.values)).final
    (how, *_) = why("1,331.57894737 DOGE", heard(panel))
    assert reckoned(how) == Fraction(final.balances["DOGE"])
    assert isinstance(how.amount, Decimal)

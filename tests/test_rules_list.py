"""The numbered rules, and what the loader says about broken rule files."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from marginlib import InvalidRulebook, load_rulebook, replay, rulebook, rules
from marginlib.engine.scenario import Scenario
from marginlib.reading.rulebooks import load_rules

ROOT = Path(__file__).resolve().parent.parent
IDS = [
    *(f"R{number}" for number in range(1, 24)),
    *(f"A{number}" for number in range(1, 10)),
    *(f"B{number}" for number in range(1, 12)),
    *(f"C{number}" for number in range(1, 7)),
]


def test_every_rule_is_there_in_order() -> None:
    assert list(rules()) == IDS
    assert [rule.id for rule in rules().values()] == IDS


def test_titles_tell_the_rules_apart() -> None:
    titles = [rule.title for rule in rules().values()]

    assert len(set(titles)) == len(titles)
    assert [title for title in titles if len(title) > 50 or title.endswith(".")] == []


def test_texts_are_a_few_whole_sentences() -> None:
    odd = [rule.id for rule in rules().values() if not re.fullmatch(r"[A-Z0-9][^!]{30,500}\.", rule.text)]

    assert odd == []


def test_every_assumption_says_why_it_is_one() -> None:
    sources = {rule.id: rule.source for rule in rules().values()}
    assumed = [each for each, source in sources.items() if re.match(r"assumption of this workbook: \w+", source)]

    assert assumed == [each for each in IDS if each.startswith("A")]


def test_every_id_that_the_code_names_is_a_rule() -> None:
    """Rows, deductions, refusals, sentences and docstrings alike."""
    named = {
        each
        for file in (ROOT / "marginlib").rglob("*.py")
        for each in re.findall(r"\b[RABC][1-9][0-9]?\b", file.read_text(encoding="utf-8"))
    }

    assert len(named) > 30
    assert named <= set(IDS)


def test_every_id_that_a_story_cites_is_a_rule() -> None:
    told = replay(
        Scenario.of(
            {
                "balances": {"EUR": "300", "BTC": "0.05", "USD": "400", "XMR": "1"},
                "prices": {"BTC/EUR": "50000", "EUR/USD": "1.1", "XMR/EUR": "150"},
                "fees": {"trading": "0.004", "opening": "0.0002", "rollover": "0.0002"},
                "rules": {"initial_margin_check": False},
                "steps": [
                    {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1"},
                    {"do": "wait", "hours": 4},
                    {"do": "settle", "pair": "BTC/EUR", "volume": "0.001"},
                    {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "10000"},
                    {"do": "close", "pair": "BTC/EUR", "volume": "all"},
                ],
            }
        )
    )
    cited = {rule for row in told.ledger for rule in row.rules}
    cited |= {rule for each in told.realised for take in each.cascade for rule in take.rules}
    assert told.error is not None
    cited |= set(told.error.rules)

    assert {"R1", "R3", "R4", "R13", "R15", "R16", "A1", "A4", "B6"} <= cited <= set(IDS)


def test_the_texts_agree_with_the_figures_in_the_other_files() -> None:
    book = rulebook()
    texts = {each: rule.text for each, rule in rules().items()}

    assert ", ".join(book.collateral_order) in texts["R14"]
    assert f"{len(book.collateral_order)} currencies" in texts["R14"]
    for share in book.conversion_fees.values():
        assert f" {(share * 100).normalize():f} %" in texts["R16"]
    assert set(re.findall(r"\b[A-Z]{3}\b", texts["R16"])) == book.cash | book.majors
    assert f"{book.opening_level} %" in texts["B4"]
    assert f"{book.call_level} %" in texts["B5"]
    assert f"{book.liquidation_level} %" in texts["B5"]
    assert f"{book.rollover_hours} hours" in texts["B6"]
    assert f"{book.cash_places} decimals in cash and {book.other_places}" in texts["A8"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the rule files to break."""
    return Path(shutil.copytree(ROOT / "data", tmp_path / "data"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is in {file.name} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_copy_of_the_files_reads_like_the_files(data: Path) -> None:
    assert load_rulebook(data) == rulebook()
    assert load_rules(data) == rules()


def test_an_edited_copy_is_what_counts(data: Path) -> None:
    change(data / "margin.toml", "call_level = 80", "call_level = 85")
    change(data / "rules.toml", 'title = "Two ways to end a position"', 'title = "Ways to end"')

    assert load_rulebook(data).call_level == 85
    assert load_rules(data)["R2"].title == "Ways to end"


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "reason"),
    [
        ("collateral.toml", '    "EUR",', '    "EUR', "line 8", "not valid TOML"),
        ("collateral.toml", '    "GBP",', "    7,", "line 9: order.2", "expected text, got 7"),
        ("collateral.toml", '    "GBP",', '    "gbp",', "line 9: order.2", "got 'gbp'"),
        ("collateral.toml", '    "GBP",', '    "USD",', "line 6: order", "USD is listed twice"),
        ("collateral.toml", "order = [", "ordre = [", "line 6: ordre", "unknown key"),
        (
            "collateral.toml",
            "[haircuts]",
            "[haircuts]\nBTC = 1.5",
            "line 49: haircuts.BTC",
            "expected 1 or less, got 1.5",
        ),
        (
            "collateral.toml",
            "[haircuts]",
            '[haircuts]\nBTC = "x"',
            "line 49: haircuts.BTC",
            "expected a number, got 'x'",
        ),
        ("conversion.toml", "cash_cash = 0.015", "cash_cash = 1", "line 13: fees.cash_cash", "less than 1, got 1"),
        ("conversion.toml", "cash_cash = 0.015", "cash_cash = -0.1", "line 13: fees.cash_cash", "got -0.1"),
        ("conversion.toml", "other = 0.05", "", "line 12: fees.other", "missing"),
        ("conversion.toml", "other = 0.05", "other = 0.05\nmore = 0.1", "line 16: fees.more", "unknown key"),
        ("conversion.toml", '["BTC", "ETH"]', '["BTC", "BTC"]', "line 10: majors", "BTC is listed twice"),
        ("conversion.toml", '["BTC", "ETH"]', '"BTC"', "line 10: majors", "expected a list […], got 'BTC'"),
        ("margin.toml", "call_level = 80", "", "line 1: call_level", "missing"),
        ("margin.toml", "call_level = 80", "call_level = 0", "line 9: call_level", "expected more than 0, got 0"),
        (
            "margin.toml",
            "opening_level = 100",
            "opening_level = inf",
            "line 6: opening_level",
            "expected a number, got Infinity",
        ),
        ("precision.toml", "cash = 4", "cash = 4.5", "line 5: cash", "expected a whole number, got 4.5"),
        ("precision.toml", "cash = 4", "cash = true", "line 5: cash", "expected a whole number, got true"),
        ("precision.toml", "other = 10", "other = 21", "line 6: other", "expected 20 or less, got 21"),
        ("rules.toml", "[rules.R3]", "[rules.R2]", "line 17", "not valid TOML"),
        (
            "rules.toml",
            "[rules.R3]",
            "[rules.settling]",
            "line 17: rules.settling",
            "expected a rule's id such as R13, got 'settling'",
        ),
        ("rules.toml", 'title = "Two ways to end a position"\n', "", "line 12: rules.R2.title", "missing"),
        ("rules.toml", 'title = "Two ways', 'titel = "Two ways', "line 13: rules.R2.titel", "unknown key"),
        ("rules.toml", 'title = "Two ways to end a position"', "title = 2", "line 13: rules.R2.title", "got 2"),
        ("rules.toml", 'date = "2026-11-22"', "date = 2026-11-22", "line 5: date", "expected text"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_the_line_and_the_reason(
    data: Path, name: str, old: str, new: str, place: str, reason: str
) -> None:
    change(data / name, old, new)
    load: Callable[[Path], object] = load_rules if name == "rules.toml" else load_rulebook

    with pytest.raises(InvalidRulebook) as caught:
        load(data)

    message = str(caught.value)
    assert message.startswith(f"{name}")
    assert place in message
    assert reason in message


@pytest.mark.parametrize("name", ["collateral.toml", "conversion.toml", "precision.toml", "margin.toml", "rules.toml"])
def test_a_missing_file_is_named(data: Path, name: str) -> None:
    (data / name).unlink()
    load: Callable[[Path], object] = load_rules if name == "rules.toml" else load_rulebook

    with pytest.raises(InvalidRulebook, match=rf"^{re.escape(name)}: the file is missing$"):
        load(data)


def test_a_file_that_is_not_text_is_refused(data: Path) -> None:
    (data / "rules.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(InvalidRulebook, match=r"^rules\.toml: can't be read"):
        load_rules(data)

"""The rules as data: what the files say, and the sentence that a broken one gets."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginlib import InvalidRulebook, load_rulebook, rulebook, rules
from marginlib.analysis.paths import load_paths
from marginlib.reading.files import data_folder

FILES = ("collateral.toml", "conversion.toml", "haircuts.toml", "margin.toml", "precision.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An edition of one's own, which starts as a copy of ``data/``."""
    for name in FILES:
        shutil.copy(Path(str(data_folder().joinpath(name))), tmp_path / name)
    return tmp_path


def change(file: Path, old: str, new: str) -> int:
    """Replace something that is there once; return the number of its line."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_thresholds_and_precisions() -> None:
    """B4, B5, B6, A8."""
    book = rulebook()

    assert [book.opening_level, book.call_level, book.liquidation_level] == [Decimal(100), Decimal(80), Decimal(40)]
    assert book.rollover_hours == 4
    assert [book.places(code) for code in ("USD", "JPY", "BTC", "USDT", "PAXG", "NOTLISTED")] == [4, 4, 10, 10, 10, 10]
    assert (book.liquidation, book.initial_margin_check, dict(book.haircuts)) == ("off", True, {})


def test_the_same_folder_reads_the_same(folder: Path) -> None:
    assert load_rulebook(folder) == rulebook()


def test_a_teacher_edits_a_file(folder: Path) -> None:
    change(folder / "collateral.toml", '    "GBP",\n', "")
    change(folder / "collateral.toml", "[haircuts]", "[haircuts]\nBTC = 0.05")
    change(folder / "conversion.toml", "cash_cash = 0.015", "cash_cash = 0.01")
    change(folder / "margin.toml", "liquidation_level = 40", "liquidation_level = 30.5")
    book = load_rulebook(folder)

    assert book.collateral_order[:3] == ("USD", "EUR", "AUD")
    assert book.haircuts == {"BTC": Decimal("0.05")}
    assert book.conversion_fee("USD", "EUR") == Decimal("0.01")
    assert book.liquidation_level == Decimal("30.5")


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("collateral.toml", '"DOGE",', '"doge",', "order.11: "),
        ("collateral.toml", '"RENDER",', '"RENDER",\n    "USD",', "order: USD is listed twice"),
        ("collateral.toml", "[haircuts]", "[haircuts]\nBTC = 1.5", "haircuts.BTC: "),
        ("conversion.toml", "other = 0.05", "other = 5", "fees.other: "),
        ("conversion.toml", "other = 0.05", "others = 0.05", "others"),
        ("margin.toml", "call_level = 80", "call_level = 0", "call_level: "),
        ("margin.toml", "call_level = 80", 'call_level = "eighty"', "got 'eighty'"),
        ("margin.toml", "liquidation_level = 40", "liquidation_level = 90",
         "liquidation_level: expected less than the call level, 80, got 90"),
        ("margin.toml", "liquidation_level = 40", "liquidation_level = 80", "expected less than the call level, 80"),
        ("margin.toml", "call_level = 80", 'call_level = "80"', "call_level: expected a number, got '80'"),
        ("margin.toml", "call_level = 80", "call_level = true", "call_level: expected a number, got true"),
        ("margin.toml", "rollover_hours = 4", "rollover_hours = 0", "rollover_hours: expected 0.1 or more, got 0"),
        ("conversion.toml", 'cash = ["USD", "EUR", "GBP", "AUD", "CAD", "JPY", "CHF"]', "cash = []",
         "cash: expected 1 or more entries, got none"),
        ("conversion.toml", "btc_eth_cash = 0.025", "", "fees.btc_eth_cash: missing"),
        ("conversion.toml", "btc_eth_cash = 0.025", "btc_eth_cash = -0.025", "fees.btc_eth_cash: expected 0 or more"),
        ("conversion.toml", "btc_eth_cash = 0.025", "btc_eth_cash = nan", "fees.btc_eth_cash: expected a number"),
        ("collateral.toml", '"DOGE",', '"doge",', "expected a currency code such as EUR, got 'doge'"),
        ("precision.toml", "cash = 4", "cash = 4.5", "cash: expected a whole number, got 4.5"),
        ("precision.toml", "cash = 4", "cash = -1", "cash: "),
        ("precision.toml", "other = 10", "", "other: missing"),
        ("precision.toml", "cash = 4", "cash = 4\nsilver = 3", "silver: "),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_the_reason(folder: Path, name: str, old: str, new: str, words: str) -> None:
    change(folder / name, old, new)
    with pytest.raises(InvalidRulebook) as broken:
        load_rulebook(folder)

    assert str(broken.value).startswith(f"{name}, line ")
    assert words in str(broken.value)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("collateral.toml", '"DOGE",', '"doge",'),
        ("conversion.toml", "other = 0.05", "other = 5"),
        ("margin.toml", "liquidation_level = 40", "liquidation_level = -40"),
        ("margin.toml", "rollover_hours = 4", "rollover_hours = 0.000001"),
        ("precision.toml", "cash = 4", "cash = 21"),
    ],
)
def test_the_line_is_the_one_that_is_wrong(folder: Path, name: str, old: str, new: str) -> None:
    line = change(folder / name, old, new)
    with pytest.raises(InvalidRulebook, match=f"^{name}, line {line}: "):
        load_rulebook(folder)


def test_what_is_no_toml(folder: Path) -> None:
    (folder / "margin.toml").write_text("call_level = = 80", encoding="utf-8")
    with pytest.raises(InvalidRulebook, match=r"^margin\.toml: not valid TOML: .*line 1"):
        load_rulebook(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InvalidRulebook, match=f"^{name}: .*missing"):
        load_rulebook(folder)


def test_a_file_that_is_no_text(folder: Path) -> None:
    (folder / "margin.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidRulebook, match=r"^margin\.toml: can't be read"):
        load_rulebook(folder)


def test_a_byte_order_mark_is_told_and_a_directory(folder: Path) -> None:
    (folder / "margin.toml").write_text((folder / "margin.toml").read_text(encoding="utf-8"), encoding="utf-8-sig")
    with pytest.raises(InvalidRulebook, match=r"^margin\.toml, line 1: it begins with a byte-order mark; save it as"):
        load_rulebook(folder)
    (folder / "margin.toml").unlink()
    (folder / "margin.toml").mkdir()
    with pytest.raises(InvalidRulebook, match=r"^margin\.toml: it is a directory"):
        load_rulebook(folder)


@pytest.mark.parametrize("given", [5, None, b"x"])
def test_what_is_no_folder(given: Any) -> None:
    for load in (load_rulebook, load_paths):
        with pytest.raises(TypeError, match=r"^folder: expected the path of a folder such as data/, got "):
            load(given)


def test_a_folder_may_be_named_in_text(folder: Path) -> None:
    assert load_rulebook(str(folder)) == rulebook()  # type: ignore[arg-type]


def test_every_rule_can_be_looked_up() -> None:
    """R1 to R23, A1 to A9, B1 to B11, C1 to C6, in order, each with a title, a text and a source."""
    numbered = {letter: [key for key in rules() if key[0] == letter] for letter in "RABC"}

    assert {letter: len(keys) for letter, keys in numbered.items()} == {"R": 23, "A": 9, "B": 11, "C": 6}
    for letter, keys in numbered.items():
        assert keys == [f"{letter}{number}" for number in range(1, len(keys) + 1)]
    assert [
        key for key, rule in rules().items() if not (rule.id == key and rule.title and rule.text and rule.source)
    ] == []

"""Ledger exports in every form: what is read of them, to the digit, and the sentence for what can't be."""

import gzip
import io
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exports import SIXTEEN, TEN, Form, as_json, form, rows
from hypothesis import given
from hypothesis import strategies as st

from marginlib.reading import ledger_text
from marginlib.reading.entries import Entry, Ledger, Problem, Purse
from marginlib.reading.ledgers import InvalidLedger, read_entries, read_ledger

ROOT = Path(__file__).resolve().parents[2]
HEAD = '"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"\n'
ROW = '"L1","T1","2025-03-05 06:07:08","margin","","currency","ZEUR",-24.5000,0.0490,98.5000\n'


def row(text: str = ROW, head: str = HEAD) -> Entry:
    """The one row of an export."""
    ledger = read_ledger(head + text)
    assert not ledger.problems, ledger.problems
    (entry,) = ledger.entries
    return entry


def problem(text: str, head: str = HEAD) -> Problem:
    """What is wrong with the one row of an export."""
    ledger = read_ledger(head + text)
    (found,) = ledger.problems
    assert not ledger.entries
    return found


def refusal(source: Any) -> str:
    """Why something can't be read at all."""
    with pytest.raises(InvalidLedger) as caught:
        read_ledger(source)
    return str(caught.value)


def figures(ledger: Ledger) -> list[tuple[Any, ...]]:
    """What rows say, without where they stand."""
    return [(e.txid, e.refid, e.time, e.type, e.asset, e.amount, e.fee, e.balance) for e in ledger.entries]


def test_a_row_is_read_to_the_digit() -> None:
    assert row() == Entry(
        2, "L1", "T1", datetime(2025, 3, 5, 6, 7, 8, tzinfo=UTC), "margin", Purse("EUR"),
        Decimal("-24.5"), Decimal("0.049"), Decimal("98.5"), aclass="currency",
    )  # fmt: skip


def test_the_newer_form_has_wallets_and_what_a_fee_was_taken_in() -> None:
    head = ",".join(SIXTEEN) + "\n"
    text = "L1,T1,2025-03-05 06:07:08,trade,tradespot,currency,crypto,BTC,spot / main,-1,0.5,2,-60000,1,-,USDC\n"
    entry = row(text, head)
    assert entry.purse == Purse("BTC", "", "spot / main")
    assert (entry.subclass, entry.fee_code, entry.fee_asset) == ("crypto", "USDC", "USDC")
    assert entry.usd == (Decimal(-60000), Decimal(1), None)
    assert row(text.replace("USDC", "XXBT"), head).fee_code == ""
    assert row(text.replace("-60000,1,-,USDC", "-,-,-,-"), head).usd is None


def test_every_form_says_the_same() -> None:
    for seed in range(200):
        dice = random.Random(seed)
        written = form(dice)
        made = rows(dice, 6, old=dice.random() < 0.5)
        ledger = read_ledger(written.text(made).encode())
        plain = read_ledger(Form(TEN).text(made))
        assert figures(ledger) == figures(plain), (seed, written)
        assert not ledger.problems
        assert [each.txid for each in ledger.entries] == [each["txid"] for each in made]
        assert ledger.columns == tuple(written.columns)


@given(st.integers(0, 10**6), st.integers(1, 30), st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-16-be"]))
def test_encodings_and_order_make_no_difference(seed: int, count: int, encoding: str) -> None:
    dice = random.Random(seed)
    made = rows(dice, count)
    mixed = dice.sample(made, count)
    read = read_ledger(Form(SIXTEEN).text(mixed).encode(encoding))
    assert figures(read) == figures(read_ledger(Form(SIXTEEN).text(made)))


def test_the_apis_json_says_the_same_whole_or_in_parts() -> None:
    made = rows(random.Random(4), 5)
    whole = as_json(made)
    wanted = figures(read_ledger(Form(TEN).text(made)))
    assert figures(read_ledger(whole)) == wanted
    ledger = whole[whole.index('{"L') : whole.index(', "count"')]
    inner = f'{{"ledger": {ledger}, "count": 5}}'
    one_by_one = ledger[1:-1].replace('"L', '\n"L').split("\n")[1:]
    listed = [each.replace(": {", ": {", 1).split(": ", 1) for each in one_by_one]
    with_ids = ",".join(f'{each.rstrip(", ")[:-1]}, "txid": {name}}}' for name, each in listed)
    for part in (inner, ledger, f"[{with_ids}]", f"[{whole}]", whole + "\n" + whole, f'{{"result": {ledger}}}'):
        assert figures(read_ledger(part)) == wanted, part
    assert len(read_ledger(whole + "\n" + whole).repeated) == 5


def test_json_amounts_are_exact_whether_text_or_number() -> None:
    text = (
        '[{"txid": "L1", "refid": "T1", "time": 1688464484.178712345, "type": "trade", "asset": "ZEUR", "amount": 0.1,'
    )
    (entry,) = read_ledger(text + ' "fee": "0.30000", "balance": null}]').entries
    assert (entry.amount, entry.fee, entry.balance) == (Decimal("0.1"), Decimal("0.3"), None)
    assert entry.time == datetime(2023, 7, 4, 9, 54, 44, 178712, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"error": ["EAPI:Invalid key"]}', "it is the API's refusal, 'EAPI:Invalid key'; expected its answer"),
        ('{"balances": {}, "prices": {}, "steps": []}', "this is a scenario, not an export: `marginlib run FILE`"),
        ('{"error": [], "result": {"trades": {}, "count": 0}}', "this is the API's trades history"),
        ('{"cells": [], "nbformat": 4}', "this is a notebook"),
        ('{"a": ', "it is no valid JSON at line 1, column 7"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "there is no row in it"),
        ("{}", "there is no row in it"),
    ],
)
def test_json_of_something_else_gets_a_sentence(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


def test_json_that_isnt_rows_is_named_and_the_rest_read() -> None:
    row_of_it = '{"refid": "T1", "time": 1688464484, "type": "trade", "asset": "ZEUR", "amount": "1", "fee": "0"}'
    ledger = read_ledger(f'{{"L1": {row_of_it}, "L2": 5, "L3": {{"asset": "EUR", "amount": {{"x": 1}}}}}}')
    assert [each.txid for each in ledger.entries] == ["L1"]
    assert [(each.line, each.column) for each in ledger.problems] == [(2, ""), (3, "amount")]


@pytest.mark.parametrize(
    ("code", "purse"),
    [
        ("XXBT", Purse("BTC")), ("XBT", Purse("BTC")), ("BTC", Purse("BTC")), ("XETH", Purse("ETH")),
        ("ZEUR", Purse("EUR")), ("XXDG", Purse("DOGE")), ("XDG", Purse("DOGE")), ("XTZ", Purse("XTZ")),
        ("ZKRW", Purse("KRW")), ("XBT.F", Purse("BTC", "F")), ("ETH2.S", Purse("ETH2", "S")),
        ("ETH2", Purse("ETH2")), ("DOT28.S", Purse("DOT", "28.S")), ("DOT.S", Purse("DOT", "S")),
        ("EUR.HOLD", Purse("EUR", "HOLD")), ("USD.M", Purse("USD", "M")), ("XBT.M", Purse("BTC", "M")),
        ("SOL.B", Purse("SOL", "B")), ("DOT.P", Purse("DOT", "P")), ("C98", Purse("C98")), ("1INCH", Purse("1INCH")),
        ("AAPLx", Purse("AAPLx")), ("BRK.Bx", Purse("BRK.Bx")), ("zeur", Purse("EUR")),
    ],
)  # fmt: skip
def test_codes_old_and_new_with_what_is_apart_kept_apart(code: str, purse: Purse) -> None:
    assert row(ROW.replace("ZEUR", code)).purse == purse


@pytest.mark.parametrize(
    ("time", "read"),
    [
        ("2025-03-05 06:07:08.1234", (2025, 3, 5, 6, 7, 8, 123400)),
        ("2025-03-05T06:07:08Z", (2025, 3, 5, 6, 7, 8)),
        ("2025-03-05 06:07:08 UTC", (2025, 3, 5, 6, 7, 8)),
        ("2025-03-05T08:07:08+02:00", (2025, 3, 5, 6, 7, 8)),
        ("2025-03-05 08:07:08+0200", (2025, 3, 5, 6, 7, 8)),
        ("2025-03-05 08:07:08.5 +02:00", (2025, 3, 5, 6, 7, 8, 500000)),
        ("2025-03-05 06:07:08 GMT", (2025, 3, 5, 6, 7, 8)),
        ("2025-03-05 06:07", (2025, 3, 5, 6, 7)),
        ("1741154828", (2025, 3, 5, 6, 7, 8)),
        ("1741154828.5", (2025, 3, 5, 6, 7, 8, 500000)),
    ],
)
def test_times_are_utc(time: str, read: tuple[int, ...]) -> None:
    assert row(ROW.replace("2025-03-05 06:07:08", time)).time == datetime(*read, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "time",
    ["", "-", "2025-03-05", "05.03.2025 06:07", "2025-02-30 00:00:00", "2025-03-05 24:61:00", "9999-01-01 00:00:00",
     "1969-01-01 00:00:00", "٢٠٢٥-03-05 06:07:08", "17411548281741", "2025-W10", "NaN"],
)  # fmt: skip
def test_no_time_is_named(time: str) -> None:
    found = problem(ROW.replace("2025-03-05 06:07:08", time))
    assert (found.line, found.column) == (2, "time")
    assert found.message.startswith("expected a time in UTC such as 2023-04-05 06:07:08, got ")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-24.5000", "-24.5"), ("+24.5", "24.5"), ("1e-8", "0.00000001"), ("5.00E+2", "500"), (".5", "0.5"),
        ("5.", "5"),
        ('"1,234.50"', "1234.5"), (" 7 ", "7"), ("−3", "-3"), ("0E-10", "0"), ("-0.0000", "0"), ("007", "7"),
        ("0.00000000000000000001", "0.00000000000000000001"), ("12345678901234567890", "12345678901234567890"),
        ("1.0000000000000000000000000", "1"),
    ],
)  # fmt: skip
def test_amounts_are_exact(text: str, number: str) -> None:
    amount = row(ROW.replace("-24.5000", text)).amount
    assert amount == Decimal(number)
    assert "E" not in str(amount) or amount.adjusted() < -6
    assert amount or str(amount) == "0"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("NaN", "a number such as -24.5"), ("Infinity", "a number such as -24.5"),
        ("1e999999", "a number such as -24.5"),
        ("9" * 51, "a number of at most 20 digits before and after the point"),
        ("1e30", "a number of at most 20 digits before and after the point"),
        ("1e-999", "a number of at most 20 digits before and after the point"),
        ("9" * 1000, "a number such as -24.5"), ("١٢", "a number such as -24.5"), ("１", "a number such as -24.5"),
        ('"24,5"', "a number with a point, such as -24.5"), ("0x1F", "a number such as -24.5"),
        ("=1+1", "a number such as -24.5"), ("five", "a number such as -24.5"), ("1_000", "a number such as -24.5"),
        ("\0", "a number such as -24.5 (or one in the column fee)"),
    ],
)  # fmt: skip
def test_no_number_is_named(text: str, wanted: str) -> None:
    found = problem(ROW.replace("-24.5000", text).replace("0.0490", "" if text == "\0" else "0.0490"))
    assert (found.line, found.column) == (2, "amount")
    assert found.message.startswith(f"expected {wanted}, got ")
    assert len(found.message) < 200


@pytest.mark.parametrize(
    "text", ["-2.500,25", "-2 500,25", "-2\N{NARROW NO-BREAK SPACE}500,25", "-2'500.25", "-2500,25"]
)
def test_thousands_are_grouped_in_many_ways(text: str) -> None:
    assert row(ROW.replace(",", ";").replace("-24.5000", text), HEAD.replace(",", ";")).amount == Decimal("-2500.25")


def test_commas_as_points_in_a_file_of_commas_are_named_and_what_would_work() -> None:
    found = problem(ROW.replace("-24.5000", "-24,5000"))
    assert found.message.endswith("Save it with points in them, or with semicolons between values)")
    saved = row(ROW.replace(",", ";").replace("-24.5000", "-24,5000"), HEAD.replace(",", ";"))
    assert saved.amount == Decimal("-24.5")


def test_a_comma_is_a_point_only_where_it_separates_nothing_and_is_plain() -> None:
    head, text = HEAD.replace(",", ";"), ROW.replace(",", ";")
    assert row(text.replace("-24.5000", "-24,5000"), head).amount == Decimal("-24.5")
    found = problem(text.replace("-24.5000", "1,234"), head)
    assert found.message == "expected a number with a point, such as -24.5 (1.234 or 1234?), got '1,234'"


def test_nothing_is_nothing() -> None:
    nothing = row("L1,-,2025-03-05 06:07:08,margin,-,-,EUR,-,0.5,-\n")
    assert (nothing.refid, nothing.subtype, nothing.aclass) == ("", "", "")
    assert (nothing.amount, nothing.fee, nothing.balance) == (Decimal(0), Decimal("0.5"), None)
    assert row("L1,T1,2025-03-05 06:07:08,margin,,,EUR,,0.5,7\n").amount == 0
    assert problem("L1,T1,2025-03-05 06:07:08,deposit,,,EUR,,,7\n").column == "amount"


def test_unknown_types_are_kept() -> None:
    assert row(ROW.replace("margin", "Fork of 2031")).type == "fork of 2031"


def test_types_are_small_and_other_words_stay() -> None:
    text = ROW.replace('"margin",""', '"Trade","Margin"') + ROW.replace("L1", "L2").replace(
        '"margin",""', '"Margin","Trade"'
    )
    ledger = read_ledger(HEAD + text)
    assert [(each.type, each.subtype) for each in ledger.entries] == [("trade", "Margin"), ("margin", "Trade")]


def test_each_thing_that_is_wrong_in_a_row_is_named() -> None:
    ledger = read_ledger(HEAD + "L1,T1,yesterday,,,currency,!,half,x,y\n" + ROW)
    assert [(each.line, each.column) for each in ledger.problems] == [
        (2, "time"), (2, "type"), (2, "asset"), (2, "amount"), (2, "fee"), (2, "balance"),
    ]  # fmt: skip
    assert len(ledger.entries) == 1
    assert str(ledger.problems[2]) == "line 2, asset: expected an asset's code such as EUR or XXBT, got '!'"


def test_columns_that_arent_known_are_passed_over_and_may_have_line_breaks() -> None:
    head = HEAD.replace('"balance"', '"balance","my note"')
    texts = [ROW.replace("L1", f"L{at}").rstrip() + ',"bought, ""late""\r\nat night"\n' for at in (1, 2)]
    last = ROW.replace("L1", "L3").rstrip() + ",x\n"
    ledger = read_ledger((head + "".join(texts) + last + "L9,broken\n").encode())
    assert [each.line for each in ledger.entries] == [2, 4, 6]
    assert [each.line for each in ledger.problems] == [7]
    assert ledger.columns[-1] == "my note"


def test_a_quotation_mark_takes_no_good_row_in() -> None:
    ledger = read_ledger(HEAD + ROW.replace('"L1"', '"L0') + ROW + ROW.replace("L1", "L2") + '"L3","T1\n' + ROW)
    assert [each.txid for each in ledger.entries] == ["L1", "L2"]
    assert [each.line for each in ledger.problems] == [2, 5]
    assert ledger.repeated == (6,)
    assert "a closing quotation mark" in ledger.problems[1].message


def test_a_row_that_is_cut_or_glued_is_named() -> None:
    cut = problem(ROW[:40] + "\n")
    assert cut.message == "expected 10 values as the first line has names, got 4"
    assert problem(ROW.strip() + "," + ROW).message.endswith("got 20")
    assert row(ROW.strip() + ",,,\n").txid == "L1"  # a spreadsheet's empty cells


def test_a_line_that_was_put_in_quotation_marks_once_more_is_read() -> None:
    wrapped = "".join(f'"{line.replace(chr(34), chr(34) * 2)}"\n' for line in (HEAD + ROW).splitlines())
    assert row(wrapped.split("\n", 1)[1], wrapped.split("\n", 1)[0] + "\n") == row()


def test_what_stands_above_the_names_is_passed_over() -> None:
    assert row(head="sep=,\n\nMy export\n" + HEAD).line == 5


def test_exports_one_below_the_other_are_read_each_by_its_own_names() -> None:
    other = HEAD.replace('"amount","fee"', '"fee","amount"') + ROW.replace("L1", "L2")
    ledger = read_ledger(HEAD + ROW + other + SIXTEEN_OF_ONE)
    assert [(each.txid, each.amount, each.fee) for each in ledger.entries] == [
        ("L1", Decimal("-24.5"), Decimal("0.049")),
        ("L2", Decimal("0.049"), Decimal("-24.5")),
        ("L3", Decimal(-1), Decimal(0)),
    ]
    assert not ledger.problems


SIXTEEN_OF_ONE = (
    ",".join(SIXTEEN)
    + "\nL3,T1,2025-03-05 06:07:09,trade,tradespot,currency,crypto,BTC,spot / main,-1,0,2,-60000,0,120000,-\n"
)


def test_a_file_that_goes_backwards_is_turned_also_within_a_second() -> None:
    made = [ROW.replace("L1", f"L{at}").replace("06:07:08", f"06:07:{at // 3:02}") for at in range(9)]
    backwards = read_ledger(HEAD + "".join(reversed(made)))
    assert [each.txid for each in backwards.entries] == [f"L{at}" for at in range(9)]
    mixed = read_ledger(HEAD + "".join(made[3:] + made[:3]))
    assert [each.txid for each in mixed.entries] == [f"L{at}" for at in range(9)]


def test_a_txid_given_twice_counts_once_if_it_says_the_same() -> None:
    other = ROW.replace("98.5000", "99.5000")
    ledger = read_ledger(HEAD + ROW + ROW + other + ROW.replace('"L1"', '""'))
    assert [each.line for each in ledger.entries] == [2, 4, 5]
    assert ledger.repeated == (3,)


def test_a_row_of_both_forms_counts_once() -> None:
    newer = (
        ",".join(SIXTEEN)
        + "\nL1,T1,2025-03-05 06:07:08.25,margin,-,currency,fiat,EUR,spot / main,-24.5,0.049,98.5,-,-,-,-\n"
    )
    ledger = read_ledger(HEAD + ROW + newer)
    assert (len(ledger.entries), ledger.repeated) == (1, (4,))


def test_without_a_txid_only_what_cant_have_come_twice_is_repeated() -> None:
    blank = ROW.replace('"L1"', '""')
    ledger = read_ledger(HEAD + blank + blank)
    assert ledger.repeated == (3,)  # twice the same movement to the same balance
    still = blank.replace("-24.5000,0.0490", "0,0")
    assert len(read_ledger(HEAD + still + still).entries) == 2


def test_what_is_announced_counts_once_it_is_booked() -> None:
    announced = '"","Q1","2025-03-05 06:00:00","deposit","","currency","ZEUR",500.0000,0.0000,""\n'
    booked = '"L7","Q1","2025-03-05 06:08:19","deposit","","currency","ZEUR",500.0000,0.0000,500.0000\n'
    ledger = read_ledger(HEAD + announced + booked)
    assert [each.txid for each in ledger.entries] == ["L7"]
    assert ledger.announced == (2,)
    moved = announced.replace("deposit", "withdrawal").replace("500.0000,0", "-500.0000,0")
    waiting = read_ledger(HEAD + moved + booked)
    assert [each.pending for each in waiting.entries] == [True, False]
    assert not waiting.announced


def test_the_entries_are_streamed() -> None:
    asked = []

    def lines() -> Any:
        yield HEAD
        for at in range(1000):
            asked.append(at)
            yield ROW

    stream = read_entries(lines())
    next(stream)
    next(stream)
    assert len(asked) == 2
    assert len(list(stream)) == 998


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "it is empty; expected a ledger export: a CSV file with the columns txid, refid, time, type,"),
        (b"\xef\xbb\xbf\r\n", "it is empty"),
        (b"<!DOCTYPE html>\n<html>", "it is a web page, not the export; sign in and download it again. Expected"),
        (b"%PDF-1.7\n", "it is a PDF; where the exchange makes exports, choose Ledgers"),
        (ROW.encode(), "the first line has no names of columns; expected a ledger export"),
        (b"a,b\n1,2\n", "no line names the columns; it begins with 'a,b'; expected"),
        (b"\x7fELF\0\0\1\2" * 50, "no line names the columns; it begins with"),
        (
            b'"txid","ordertxid","pair","time","type","ordertype","price","cost","fee","vol","margin","misc","ledgers"\n',
            "this is the trades export: it has pairs and prices, but neither balances nor deposits, and not every fee; "
            "where the exchange makes exports, choose Ledgers instead of Trades",
        ),
        (b"uid,dateTime,account,type,symbol,contract,change,new balance,fee,asset\n", "this is the futures account's"),
        (
            HEAD.replace("amount", "amout").replace('"balance"', '"saldo"').encode(),
            "line 1: amount is missing ('amout' is near it); balance is missing; expected a ledger export",
        ),
        (HEAD.replace('"fee"', '"amount","fee"').encode(), "line 1: expected each column once, got amount 2 times"),
    ],
)  # fmt: skip
def test_what_is_no_export_gets_a_sentence(text: bytes, message: str) -> None:
    assert refusal(text).startswith(message)


def test_a_file_with_names_alone_is_an_empty_ledger() -> None:
    assert read_ledger(HEAD) == Ledger((), columns=TEN)


def test_files_that_arent_there_get_a_sentence(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.csv").startswith("there is no file ")
    assert refusal(str(tmp_path / "no.csv")).startswith("there is no file ")
    assert refusal(tmp_path).endswith("is a directory; expected the file of a ledger export")
    assert "can't be read" in refusal(Path("a\0b"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_gets_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(HEAD)
    file.chmod(0)
    assert refusal(file).startswith("no permission to read ")


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_text, "MOST_BYTES", 1_000_000)
    assert refusal((HEAD + ROW * 20_000).encode()).startswith("it is too large: expected at most 1 MB")
    bomb = packed({"ledgers.csv": HEAD.encode() + b"\0" * 50_000_000})
    assert len(bomb) < 100_000
    assert refusal(bomb).startswith("it is too large")
    assert refusal(gzip.compress(HEAD.encode() + b" " * 5_000_000)).startswith("it is too large")


def packed(files: dict[str, bytes]) -> bytes:
    """A ZIP archive."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_packed_exports_are_read(tmp_path: Path) -> None:
    plain = (HEAD + ROW).encode()
    for data in (
        packed({"ledgers.csv": plain}),
        packed({"__MACOSX/._ledgers.csv": b"\0\1", "a/ledgers.csv": plain, "readme.md": b"x"}),
        packed({"trades.csv": b"a,b", "ledgers-2025.csv": plain}),
        gzip.compress(plain),
    ):
        assert read_ledger(data).entries == (row(),)
        (tmp_path / "file").write_bytes(data)
        assert read_ledger(tmp_path / "file").entries == (row(),)
        assert read_ledger(Piped(data)).entries == (row(),)
    assert read_ledger(packed({"l.json": as_json(rows(random.Random(1), 2)).encode()})).entries


class Piped(io.BytesIO):
    """A stream that gives a little at a time, and can't go back."""

    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size, 7) if size and size > 0 else size)


def test_archives_of_something_else_get_a_sentence() -> None:
    assert refusal(packed({})).endswith("expected one ledger export in it, got none")
    two = packed({"one.csv": b"a", "two.csv": b"b"})
    assert "expected one ledger export in it, got 2 that could be one: 'one.csv', 'two.csv'; unpack it" in refusal(two)
    assert len(read_ledger(f"{HEAD}{ROW}{HEAD}{ROW.replace('L1', 'L2')}").entries) == 2
    assert refusal(packed({"xl/workbook.xml": b"<x/>"})).startswith("it is a spreadsheet; save it as CSV")
    assert refusal(b"PK\x03\x04nothing").startswith("it is a damaged ZIP archive")
    assert refusal(b"\x1f\x8bnothing").startswith("it is a damaged gzip file")


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: packed({"ledgers.csv": data})])
def test_what_an_archive_still_gives_is_read_and_its_end_named(pack: Callable[[bytes], bytes]) -> None:
    dice = random.Random(3)
    made = rows(dice, 3000)
    data = bytearray(pack(Form(TEN).text(made).encode()))
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff" * 40
    ledger = read_ledger(bytes(data))
    assert len(ledger.entries) > 500
    assert "the packed file is damaged from here on" in ledger.problems[-1].message
    assert ledger.problems[-1].line > 500


def test_bytes_that_are_no_utf_8_spoil_nothing_else() -> None:
    data = (HEAD + ROW + ROW.replace("L1", "L2")).encode().replace(b'""', '"Zürich"'.encode("latin-1"), 1)
    ledger = read_ledger(data)
    assert [each.subtype for each in ledger.entries] == ["Zürich", ""]
    assert not ledger.problems


def test_text_that_steers_a_terminal_is_cleaned_at_the_door() -> None:
    entry = row(ROW.replace("L1", "=cmd|'/C calc'!A0\u202e\x1b[2J\0").replace('"margin"', '"<b>mar\u200fgin</b>"'))
    assert entry.txid == "=cmd|'/C calc'!A0[2J"
    assert entry.type == "<b>margin</b>"
    found = problem(ROW.replace("-24.5000", "\x1b[31m\u202efive"))
    assert found.message == "expected a number such as -24.5, got '[31mfive'"


def test_progress_is_told_to_the_end() -> None:
    text = (HEAD + ROW * 5000).encode()
    for data in (text, gzip.compress(text), packed({"ledgers.csv": text})):
        told: list[tuple[int, int]] = []
        read_ledger(data, progress=lambda done, of, told=told: told.append((done, of)))  # type: ignore[misc]
        assert told == sorted(told)
        assert told[-1][1] == len(data)
        assert told[-1][0] >= 0.9 * len(data)


def test_reading_needs_nothing_but_python() -> None:
    code = (
        "import sys\n"
        "for name in ('pydantic', 'pydantic_core', 'rich', 'pandas', 'numpy'): sys.modules[name] = None\n"
        "from marginlib.reading.ledgers import read_ledger\n"
        "import gzip\n"
        f"text = {HEAD + ROW!r}\n"
        "print(len(read_ledger(text).entries), len(read_ledger(gzip.compress(text.encode())).entries))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "1 1\n"


def test_an_answer_that_stands_whole_before_a_cut_one_is_not_lost() -> None:
    whole = '{"L1": {"refid": "T1", "time": 1741154828, "type": "trade", "asset": "XBT", "amount": "1", "fee": "0"}}'
    ledger = read_ledger(f"{whole}\n{whole[:50]}")

    assert [each.txid for each in ledger.entries] == ["L1"]
    assert "the rows that stand whole are read" in ledger.problems[0].message


def test_a_row_that_a_program_put_its_own_names_around_is_read_as_the_api_gave_it() -> None:
    raw = '{"refid": "T1", "time": 1741154828, "type": "trade", "asset": "ZEUR", "amount": "-1.5", "fee": "0.1"}'
    raw = raw.replace("}", ', "id": "L1"}')
    ledger = read_ledger(f'[{{"info": {raw}, "id": "L1", "currency": "EUR", "amount": 1.5, "direction": "out"}}]')

    assert not ledger.problems
    assert [(each.txid, each.asset, each.amount, each.fee) for each in ledger.entries] == [
        ("L1", "EUR", Decimal("-1.5"), Decimal("0.1"))
    ]

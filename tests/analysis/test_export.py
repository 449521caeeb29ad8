"""A story's ledger in the form of the exchange's exports."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bookings import closes, deposits, moves, opens, settles, trades, waits, withdraws
from hypothesis import given
from strategies import scenarios

from marginlib import Scenario, replay
from marginlib.analysis.export import BEGIN, as_csv, entries_of, write_csv
from marginlib.cli import main
from marginlib.engine.amounts import plain
from marginlib.engine.story import Story
from marginlib.reading.entries import Entry, Purse
from tools import ledger_sample

ROOT = Path(__file__).resolve().parent.parent.parent
LIFE: dict[str, Any] = {
    "balances": {"EUR": "3000", "BTC": "0.1"},
    "prices": {"BTC/EUR": "50000", "ETH/EUR": "2000"},
    "fees": {"trading": "0.0025", "opening": "0.0002", "rollover": "0.0002"},
    "steps": [
        opens("BTC/EUR", "long", "0.01"),
        waits("5"),
        opens("ETH/EUR", "short", "0.1"),
        waits("12"),
        moves("BTC/EUR", "43000"),
        closes("BTC/EUR", "all"),
    ],
}


def story(data: dict[str, Any]) -> Story:
    return replay(Scenario.of(data))


def table(data: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(story(data)))))


def test_the_columns_and_the_quotes_are_those_of_the_exchange() -> None:
    lines = as_csv(story(LIFE)).splitlines()

    assert lines[0] == '"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"'
    ids = '"L[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}","T[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}"'
    assert re.fullmatch(f'{ids},"2026-03-23 09:00:00","margin","","currency","EUR",0.0000,1.3500,2998.6500', lines[1])


def test_an_opening_and_its_rollovers_share_a_refid_and_each_closed_lot_has_its_own() -> None:
    steps = [opens("BTC/EUR", "long", "0.01"), opens("BTC/EUR", "long", "0.01"), waits(4), closes("BTC/EUR")]
    rows = table({**LIFE, "steps": steps})

    assert [row["type"] for row in rows] == ["margin", "margin", "rollover", "rollover", "margin", "margin"]
    first, second, *rolled, closed, also_closed = [row["refid"] for row in rows]
    assert rolled == [first, second]
    assert len({first, second, closed, also_closed}) == 4


def test_both_rows_of_a_settlement_and_of_an_order_share_a_refid() -> None:
    steps = [opens("BTC/EUR", "short", "0.01"), trades("ETH/EUR", "buy", "0.1"), settles("BTC/EUR")]
    rows = table({**LIFE, "steps": steps})

    assert [(row["type"], row["asset"]) for row in rows[1:]] == [
        ("trade", "EUR"), ("trade", "ETH"), ("settled", "BTC"), ("settled", "EUR"),
    ]  # fmt: skip
    assert rows[1]["refid"] == rows[2]["refid"] != rows[3]["refid"] == rows[4]["refid"]


def test_money_that_comes_and_goes_has_refids_of_its_own_kind() -> None:
    rows = table({"steps": [deposits("EUR", "5"), withdraws("EUR", "2")]})

    assert [(row["type"], row["refid"][0], row["amount"]) for row in rows] == [
        ("deposit", "Q", "5.0000"), ("withdrawal", "A", "-2.0000"),
    ]  # fmt: skip


def test_a_wait_moves_the_clock_and_every_step_is_a_second_after_the_one_before() -> None:
    rows = table({"steps": [deposits("EUR", "5"), deposits("EUR", "6"), waits("1.5"), deposits("EUR", "7")]})

    assert [row["time"] for row in rows] == ["2026-03-23 09:00:00", "2026-03-23 09:00:01", "2026-03-23 10:30:03"]
    assert datetime(2026, 3, 23, 9, tzinfo=UTC) == BEGIN


def test_rollovers_stand_at_the_hours_at_which_they_fall_due_and_the_balance_follows() -> None:
    rows = [row for row in table(LIFE) if row["type"] == "rollover"]

    assert [row["time"][11:] for row in rows] == [
        "13:00:00", "17:00:00", "18:00:02", "21:00:00", "22:00:02", "01:00:00", "02:00:02",
    ]  # fmt: skip
    assert len({row["refid"] for row in rows}) == 2
    assert [row["balance"] for row in rows[:3]] == ["2998.5500", "2997.9100", "2997.8700"]


def test_a_wait_without_an_end_stops_where_the_calendar_does() -> None:
    steps = [*[waits(8784)] * 8000, deposits("EUR", "5")]
    (row,) = table({"steps": steps})

    assert row["time"] == "9999-12-31 23:59:59"


def test_the_same_scenario_gives_the_same_file_and_another_one_other_ids() -> None:
    assert as_csv(story(LIFE)) == as_csv(story(json.loads(json.dumps(LIFE))))
    other = table({**LIFE, "title": "Another"})
    assert not {row["txid"] for row in other} & {row["txid"] for row in table(LIFE)}


@given(scenarios())
def test_every_row_is_there_once_with_its_amounts_and_times_never_run_backwards(data: dict[str, Any]) -> None:
    told = story(data)
    entries = entries_of(told)

    def moved(each: Any) -> tuple[str, str, Decimal, Decimal]:
        return each.type, each.asset, each.amount, each.fee

    assert sorted(map(moved, entries)) == sorted(map(moved, told.ledger))
    times = [each.time for each in entries if each.time]
    assert times == sorted(times)
    assert len({each.txid for each in entries}) == len(entries) == len(times)
    last = {each.asset: each.balance for each in entries}
    assert last == {code: told.final.balances[code] for code in last}


@given(scenarios())
def test_the_balance_of_each_row_follows_from_the_one_before(data: dict[str, Any]) -> None:
    told = story(data)
    balances = dict(told.scenario.balances)
    for each in entries_of(told):
        balances[each.asset] = balances.get(each.asset, Decimal(0)) + each.amount - each.fee
        assert each.balance == balances[each.asset] >= 0


# What is written


def test_text_that_a_spreadsheet_would_run_stays_text() -> None:
    file = io.StringIO()
    evil = Entry(
        2, "=cmd|' /C calc'!A0", "+1", None, "@sum", Purse("-EUR"), Decimal(1), Decimal(0), None, '\t=1"2', "=1"
    )
    write_csv([evil], file)

    (row,) = list(csv.reader(io.StringIO(file.getvalue())))[1:]
    assert row[:7] == ["'=cmd|' /C calc'!A0", "'+1", "", "'@sum", "'\t=1\"2", "'=1", "'-EUR"]
    assert row[9] == ""


def test_a_title_does_not_get_into_the_file() -> None:
    assert "HYPERLINK" not in as_csv(story({**LIFE, "title": '=HYPERLINK("x")'}))


def test_rows_that_tell_more_than_ten_columns_hold_have_sixteen() -> None:
    file = io.StringIO()
    one = Entry(
        2, "L1", "T1", BEGIN, "margin", Purse("EURC", "F", "spot / main"), Decimal(0), Decimal("0.075"), Decimal(3),
        subclass="stable_coin", fee_code="EUR", usd=(None, Decimal("0.0900"), None),
    )  # fmt: skip
    write_csv([one], file)

    (row,) = csv.DictReader(io.StringIO(file.getvalue()))
    assert len(row) == 16
    assert (row["asset"], row["wallet"], row["subclass"]) == ("EURC.F", "spot / main", "stable_coin")
    assert (row["fee"], row["feecurrency"], row["feeusd"], row["amountusd"]) == ("0.0750", "EUR", "0.09", "")


def test_amounts_have_all_their_digits() -> None:
    (row,) = table({"balances": {"EUR": "1.123456789"}, "steps": [deposits("EUR", "1")]})

    assert (row["amount"], row["balance"]) == ("1.0000", "2.123456789")


def test_a_frame_has_the_export_too() -> None:
    told = story(LIFE)
    frame = told.frame("export")

    assert list(frame.columns) == list(table(LIFE)[0])
    assert [str(each) for each in frame["txid"]] == [row["txid"] for row in table(LIFE)]
    assert frame["fee"].sum() == sum((row.fee for row in told.ledger), Decimal(0))
    assert told.frame("export", exact=False)["fee"].dtype == float


# The command


def test_the_command_writes_a_file_beside_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "life.json", tmp_path / "out.csv"
    file.write_text(json.dumps(LIFE), encoding="utf-8")
    out.write_text("what was there before", encoding="utf-8")

    assert main(["run", str(file), "--ledger", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == as_csv(story(LIFE))
    assert "You open a long" in capsys.readouterr().out


def test_a_minus_prints_the_ledger_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "life.json"
    file.write_text(json.dumps(LIFE), encoding="utf-8")

    assert main(["run", str(file), "--ledger", "-"]) == 0
    assert capsys.readouterr().out == as_csv(story(LIFE))


def test_a_refused_step_leaves_the_rows_before_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "refused.json"
    file.write_text(json.dumps({"steps": [deposits("EUR", "5"), withdraws("EUR", "9")]}), encoding="utf-8")

    assert main(["run", str(file), "--ledger", "-"]) == 2
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 2
    assert "step 2 is refused" in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.json", "b.json", "--ledger", "x.csv"], "of one FILE"),
        (["a.json", "--json", "--ledger", "-"], "leave out --json"),
        (["--link", "#v1/Life", "--scenario", "--ledger", "x.csv"], "leave one out"),
    ],
)
def test_what_does_not_go_together_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_no_file_is_written_for_what_is_no_scenario(tmp_path: Path) -> None:
    file, out = tmp_path / "bad.json", tmp_path / "out.csv"
    file.write_text("[]", encoding="utf-8")

    assert main(["run", str(file), "--ledger", str(out)]) == 2
    assert not out.exists()


# The sample


def test_the_sample_is_what_its_scenario_gives() -> None:
    made = (ROOT / "data" / "ledger" / "sample.csv").read_text(encoding="utf-8")

    assert made == as_csv(ledger_sample.story()), "run `python tools/ledger_sample.py`"


def test_the_sample_has_what_the_lesson_needs() -> None:
    told = ledger_sample.story()

    assert told.error is None
    assert 100 <= len(told.ledger) <= 300
    assert {lot.side for lot in told.final.positions} == {"long", "short"}
    liquidated = [each for each in told.realised if each.by == "liquidation"]
    assert max(len(each.cascade) for each in liquidated) >= 3
    assert {take.currency for each in liquidated for take in each.cascade} >= {"USD", "BTC", "ETH", "XRP", "DOGE"}
    assert not told.final.unpaid
    assert {row.type for row in told.ledger} == {"deposit", "withdrawal", "trade", "margin", "rollover", "settled"}
    assert {plain(each.pnl)[0] == "-" for each in told.realised} == {True, False}

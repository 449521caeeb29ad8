"""What a ledger tells, in words and as plain data."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from marginlib import rules
from marginlib.analysis.export import as_csv
from marginlib.analysis.ledger import Account, look
from marginlib.analysis.ledger_fees import FeeKind, sums_of, with_kinds
from marginlib.analysis.ledger_groups import Group
from marginlib.engine.amounts import plain
from marginlib.engine.rulebook import Rulebook
from marginlib.reading.entries import Entry, Ledger, Purse
from marginlib.reading.ledgers import read_ledger
from marginlib.telling import export_read
from marginlib.telling import ledger as words
from marginlib.telling.ledger_on_paper import show_account
from marginlib.telling.terminal import tabulated
from tools import ledger_sample

ROOT = Path(__file__).resolve().parents[2]
BEGIN = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def row(line: int, kind: str, asset: str, amount: str, fee: str, balance: str, **more: Any) -> Entry:
    hours, refid = more.pop("hours", line), more.pop("refid", f"T{line}")
    return Entry(
        line, f"L{line}", refid, BEGIN + timedelta(hours=hours), kind, Purse(asset), Decimal(amount), Decimal(fee),
        Decimal(balance), **more,
    )  # fmt: skip


def account(*rows: Entry, pairs: dict[str, str] | None = None) -> Account:
    return look(Ledger(rows), pairs)


@pytest.fixture(scope="module")
def sample() -> Account:
    return look(read_ledger(as_csv(ledger_sample.story())))


def test_the_sample_is_told_with_rules_that_exist(sample: Account) -> None:
    told = words.tell(sample)

    cited = {rule for sentence in told for rule in re.findall(r"\b[RABC][0-9]+\b", sentence)}
    assert {"R8", "R12", "R13", "R16", "A4", "B5", "B6", "C6"} <= cited <= rules().keys()
    assert told[0].startswith("160 rows in EUR, BTC, ETH, USD, DOGE and XRP, from 2026-03-23 09:00")
    assert "Each balance follows from the one before it" in told[1]
    assert told[-1] == words.SILENT
    assert all(sentence[0].isupper() or sentence[0].isdigit() for sentence in told)
    assert all(sentence.endswith(".") for sentence in told)


def test_each_row_of_the_sample_has_words_with_rules(sample: Account) -> None:
    told = [words.row(entry, group, sample) for group in sample.groups for entry in group.entries]

    assert len(told) == 160
    without = {sentence.split()[1] for sentence in told if not re.search(r"\([RABC][0-9]", sentence)}
    assert without == {"deposit", "withdrawal"}
    assert any("short" in sentence and "0.9 ETH in ETH/EUR at 1,902.4" in sentence for sentence in words.tell(sample))


def test_what_is_likely_is_told_as_likely(sample: Account) -> None:
    told = [words.position(life, sample) for life in sample.positions]

    assert all("probably priced in" in sentence for sentence in told)
    assert "It was probably closed in 2 parts until" in told[0]
    assert "It was probably settled" in told[1]
    assert told[-2].endswith("It looks open.")
    assert "closed in part" in told[-2]


def test_the_liquidation_is_one_moment_of_ten_rows(sample: Account) -> None:
    first, _ = words.at_once(sample)

    assert first.startswith(
        "At 2026-04-02 20:45, 3 closings of 10 rows came at one moment: probably a liquidation, or an order that ended "
        "several lots (B5, R12). Together they come to "
    )


def test_a_break_is_told_with_its_line_and_size() -> None:
    told = words.adding_up(account(row(2, "deposit", "EUR", "5", "0", "5"), row(3, "deposit", "EUR", "5", "0", "1009")))

    assert told == [
        "Line 3: the balance of EUR is 1,009, and 10 follows from the row before: 999 EUR more. A row may be missing "
        "between them."
    ]


def test_many_breaks_are_not_all_told() -> None:
    rows = [row(line, "deposit", "EUR", "5", "0", str(line)) for line in range(2, 40)]

    assert words.adding_up(account(*rows))[-1] == "… and 25 more breaks of the balance rule."


def test_a_ledger_without_rows_or_balances_says_so() -> None:
    alone = Entry(2, "L2", "T2", None, "deposit", Purse("EUR"), Decimal(5), Decimal(0), None)

    assert words.tell(account()) == ["The ledger has no rows."]
    assert words.tell(account(alone)) == [
        "1 row: 1 deposit.", "No row has a balance, so whether they add up can't be said.",
        "What else moved, fees aside: deposits +5 EUR.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (row(2, "margin", "EUR", "0", "1.5", "5"), "The opening takes 1.5 EUR: trading and opening fee together"),
        (row(2, "margin", "EUR", "7.5", "1", "5"), "brings 7.5 EUR, your profit, with a fee of 1 EUR (R9, R11)."),
        (row(2, "margin", "EUR", "-7.5", "0", "5"), "The closing takes 7.5 EUR for a loss (R11, R13)."),
        (row(2, "settled", "EUR", "-7.5", "0", "5"), "pays 7.5 EUR back to the exchange, with no trade (R3, R5)."),
        (row(2, "settled", "BTC", "1", "0", "5"), "The settlement leaves you 1 BTC, free of restrictions (R4)."),
        (row(2, "marginconversion", "BTC", "-1", "0.1", "5"), "takes 1 BTC, with a fee of 0.1 BTC (R16, C6)."),
        (row(2, "trade", "BTC", "1", "0", "5"), "An ordinary order brings 1 BTC (R6)."),
        (row(2, "adjustment", "BTC", "-1", "0", "5"), "An adjustment moves 1 BTC out."),
        (row(2, "fork", "BTC", "1", "0", "5"), "A row of the type fork, which isn't known, moves 1 BTC in."),
        (row(2, "rollover", "EUR", "-1", "2", "5"), "A rollover takes 2 EUR for four more hours and moves 1 EUR out"),
    ],
)  # fmt: skip
def test_a_row_in_words(entry: Entry, said: str) -> None:
    told = account(entry)

    assert said in words.row(entry, told.groups[0], told)


def test_an_opening_that_might_be_a_closing_is_told(sample: Account) -> None:
    told = account(row(2, "margin", "EUR", "0", "1.5", "5"))

    assert words.unsure(sample) == []
    assert words.unsure(told)[0].startswith("1 opening has a fee and no rollover: it might be a closing")
    assert words.unsure(told)[0] in words.tell(told)


def test_a_pending_row_in_words() -> None:
    entry = Entry(2, "", "Q", BEGIN, "withdrawal", Purse("EUR"), Decimal(-5), Decimal(0), None)
    told = account(entry)

    assert words.row(entry, told.groups[0], told) == "A withdrawal of 5 EUR is pending: it has moved nothing yet."


def loss(*more: Entry, pairs: dict[str, str] | None = None) -> Account:
    return account(
        row(2, "deposit", "EUR", "100", "0", "100"), row(3, "deposit", "USD", "500", "0", "500"),
        row(4, "deposit", "BTC", "0.05", "0", "0.05"), row(5, "margin", "EUR", "-100", "0", "0", refid="TX", hours=9),
        *more, row(8, "margin", "BTC", "-0.00975", "0.00025", "0.04", refid="TX", hours=9), pairs=pairs,
    )  # fmt: skip


def test_a_loss_beside_the_order_of_the_rules() -> None:
    (cascade,) = loss(pairs={"TX": "ETH/EUR"}).cascades

    assert words.cascade(cascade) == [
        "The closing TX of 2026-05-04 17:00 took 100 EUR and 0.01 BTC for a loss in EUR (R12, R13).",
        "R13 gives this order, as far as it went, with ETH as the base: EUR, USD, BTC.",
        "USD was passed over, though 500 USD were there (R13, R14).",
    ]
    guessed = words.cascade(loss().cascades[0])
    assert guessed[1:] == [
        "R13 gives this order, as far as it went, if BTC is the base, which fits best: EUR, BTC.",
        "That is how it was taken.",
    ]


def test_other_differences_in_words() -> None:
    dollars = row(6, "margin", "USD", "-99", "1", "400", refid="TX", hours=9)
    (cascade,) = loss(dollars, pairs={"TX": "ETH/EUR"}).cascades

    told = words.cascade(cascade)[2:]
    assert told[0] == "USD was not emptied before the next currency was taken: 400 USD stayed (R13)."
    assert re.sub(r"\s", " ", told[1]) == (
        "The fee in USD is 1 % of what was taken, and R16 asks 1.5 % from USD into EUR (R16)."
    )


def test_a_conversion_without_a_fee_is_laid_beside_the_rules_and_the_record_that_differs() -> None:
    told = account(
        row(2, "deposit", "EUR", "100", "0", "100"),
        row(3, "collateralconversion", "EUR", "-0.8", "0", "99.2", refid="TX", hours=9),
        row(4, "collateralconversion", "EURC", "0.8", "0", "0.8", refid="TX", hours=9),
        row(5, "margin", "EURC", "-0.7", "0.1", "0", refid="TX", hours=9),
    )  # fmt: skip

    assert any("EUR was converted without a fee, row against row" in each for each in words.cascade(told.cascades[0]))
    (fee, why) = words.surprises(told)
    assert fee == (
        "Trading fee of a closing: 0.1 EURC (line 5), in a currency that was bought for it in the same moment (C6, A4)."
    )
    assert "real records differ" in why


def test_a_fee_elsewhere_is_only_likely_where_the_quote_comes_from_the_closing() -> None:
    told = account(
        row(2, "margin", "ETH", "0", "0.1", "5", refid="TA", hours=1),
        row(3, "rollover", "ETH", "0", "0.1", "4.9", refid="TA", hours=5),
        row(4, "margin", "EUR", "7", "0", "7", refid="TX", hours=6),
        row(5, "margin", "ETH", "0", "0.1", "4.8", refid="TX", hours=6),
    )  # fmt: skip

    assert "than EUR, which the position is probably priced in (A4, C6)." in words.surprises(told)[0]
    assert "than EUR, which the position is priced in (A4, C6)." in words.surprises(told)[-2]


def test_positions_that_the_ledger_leaves_unclear_say_so() -> None:
    told = account(
        row(2, "margin", "EUR", "0", "1", "99", refid="TA", hours=0),
        row(3, "rollover", "EUR", "0", "1", "98", refid="TB", hours=1),
        row(4, "margin", "EUR", "-5", "1", "92", refid="TX", hours=2),
        row(5, "margin", "BTC", "-0.1", "0", "1", refid="TY", hours=90),
    )  # fmt: skip

    first, before = (words.position(life, told) for life in told.positions)
    assert "probably closed" in first
    assert "opened before this ledger begins" in before
    assert before.endswith("no closing or settlement in the ledger fits: how it ended isn't in it.")
    assert words.strays(told)[0].startswith("1 closing or settlement fits no position")


def test_the_terminals_table_says_what_unclear_means(capsys: pytest.CaptureFixture[str]) -> None:
    rows = (
        row(2, "margin", "EUR", "0", "1", "99", refid="TA", hours=0),
        row(3, "rollover", "EUR", "0", "1", "98", refid="TA", hours=4),
        row(4, "deposit", "EUR", "5", "0", "103", refid="QB", hours=90),
    )

    show_account(Ledger(rows), account(*rows), "ledgers.csv")
    printed = " ".join(capsys.readouterr().out.split())
    assert "Unclear: the rollovers stop, and no closing or settlement in the ledger fits" in printed


# As plain data


def all_numbers(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return [each for value in data.values() for each in all_numbers(value)]
    return [each for value in data for each in all_numbers(value)] if isinstance(data, list) else [data]


def test_a_position_is_added_up_once_and_what_ended_it_is_added_to_that(
    sample: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed = list[str]()

    def kinds(group: Group, book: Rulebook) -> list[tuple[Entry, FeeKind]]:
        summed.append(group.refid)
        return with_kinds(group, book)

    monkeypatch.setattr("marginlib.analysis.ledger_fees.with_kinds", kinds)
    data = words.as_json(sample)
    assert len(summed) == len(sample.groups) + sum(1 + len(each.endings) for each in sample.positions)
    monkeypatch.undo()
    for told, life in zip(data["positions"], sample.positions, strict=True):
        own, whole = sums_of((life.group,), sample.rulebook), sample.sums(life)
        assert told["own"]["fees"] == {
            kind: {asset: plain(fee) for asset, fee in fees.items()} for kind, fees in own.fees.items()
        }
        assert told["with_endings"]["pnl"] == {asset: plain(amount) for asset, amount in whole.pnl.items()}


def test_plain_data_has_plain_amounts_and_no_floats(sample: Account) -> None:
    data = words.as_json(sample)

    assert json.loads(json.dumps(data)) == data
    assert not [each for each in all_numbers(data) if isinstance(each, float)]
    assert not [each for each in all_numbers(data) if isinstance(each, str) and re.fullmatch(r"-?[0-9.]+E.*", each)]
    assert data["totals"]["fees"]["conversion"] == {
        "USD": "4.0461", "BTC": "0.0003067306", "ETH": "0.0058540868", "XRP": "7.5",
    }  # fmt: skip
    assert data["positions"][1]["endings"][0]["settled"] == {
        "pair": "ETH/EUR", "side": "short", "volume": "0.9", "cost": "1712.16", "price": "1902.4",
    }  # fmt: skip
    assert [each["what"] for each in data["cascades"][1]["differences"]] == ["together"]
    assert len(data["open_positions"]) == 2
    assert [each["rows"] for each in data["at_once"]] == [10, 2]


def test_months_add_up_to_the_totals(sample: Account) -> None:
    for kind, fees in sample.totals.fees.items():
        for asset, fee in fees.items():
            assert fee == sum(month.sums.fees.get(kind, {}).get(asset, 0) for month in sample.months)


# On a terminal, and in a page


def test_on_a_terminal_no_line_is_too_long_and_no_amount_lost(
    sample: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    show_account(Ledger(sample.entries), sample, "sample.csv")
    printed = capsys.readouterr().out

    assert max(map(len, printed.splitlines())) <= 80
    for text in (
        "7,213.0448821441",
        "0.0122692227",
        "1,273.7152",
        "386.9551178559",
        "probably settled 2026-03-25 20:45",
    ):
        assert text in printed
    assert "2026-04\n" in printed


def test_words_need_nothing_but_python() -> None:
    check = (
        "import sys; import marginlib.telling.ledger, marginlib.analysis.export, marginlib.reading.ledgers; "
        "print([each for each in ('pydantic', 'rich', 'pandas', 'numpy') if each in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("width", [60, 72, 80, 92, 100])
def test_no_cell_of_a_table_is_cut_off_and_no_amount_parted_from_its_currency(
    width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = ["TBAAA1-5V5YRZ-GFXN7W", "TBAAA2-5V5YRZ-GFXN7W"]
    amounts = ["−394.7 EUR, −0.0195 BTC and −1 DOT", "3.74 EUR, 0.0005 BTC and 0.1526 DOT"]
    rows = [(each, "2021-01-06 10:00", "EUR", "probably closed 2021-01-07 00:30", *amounts) for each in ids]
    rows.append(("TBAAA3", "before", "EURC", "unclear", "", "0.075 EURC"))

    page = Console(width=width, highlight=False, markup=False, emoji=False)
    tabulated(page, ("Position", "Opened", "Quote", "Ended", "Result", "Fees"), rows, left=6)

    printed = capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")
    assert max(map(len, printed.splitlines())) <= width
    for each in [*ids, "−394.7 EUR", "0.1526 DOT", "0.075 EURC"]:
        assert each in printed


def test_what_a_liquidation_took_in_all_and_what_all_fees_come_to(sample: Account) -> None:
    (moment, _) = words.at_once(sample)
    assert moment.endswith(
        "Together they come to −265.6939 USD, −0.0119624921 BTC, −0.812751638 ETH, −142.5 XRP and "
        "−6,776.5383435583 DOGE, and 4.0461 USD, 0.0003067306 BTC, 0.033431835 ETH, 7.5 XRP and 436.5065385858 DOGE "
        "in fees."
    )
    assert words.results(sample.totals)[-1].startswith("All fees together: 59.8864 EUR, ")


def test_a_terminal_tells_what_a_settlement_ended_and_all_that_moved(
    sample: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    show_account(Ledger(sample.entries), sample, "sample.csv")
    printed = " ".join(capsys.readouterr().out.split())

    assert "tells what it ended: short 0.9 ETH in ETH/EUR, opened at 1,902.4 (R3, B7)." in printed
    assert "settlements −0.9 ETH and +1,712.16 EUR (R3, R4)" in printed
    assert words.CAUSE in printed


def test_each_balance_is_what_was_there_and_came_of_all_that_is_told(sample: Account) -> None:
    totals = sample.totals
    assert totals.moved.keys() <= words.MOVED.keys()
    for each in sample.holdings:
        code = each.purse.asset
        came = sum((book.get(code, 0) for book in (totals.pnl, *totals.moved.values())), Decimal(0))
        assert each.end == each.start + came - totals.all_fees.get(code, 0)


def test_an_export_without_rows_says_what_would_work() -> None:
    head = "txid,refid,time,type,asset,amount,fee,balance"

    assert export_read.how_read(read_ledger(f"{head}\n"))[0].endswith("Export a longer span of time.")
    assert export_read.how_read(read_ledger(f"{head}\nL1,T1,04.05.2026,trade,EUR,1,0,1\n")) == [
        "No row was read.",
        "A spreadsheet may have changed the file: take the export as the exchange gave it.",
    ]


def test_a_closing_without_a_position_might_be_an_opening_whose_fee_was_taken_as_a_loss() -> None:
    several = account(
        row(2, "margin", "EUR", "-7", "0", "0", refid="TX", hours=1),
        row(3, "margin", "XRP", "-95", "5", "4", refid="TX", hours=1),
    )
    assert words.strays(several) == [
        "1 closing or settlement fits no position that is opened in this ledger: it is probably of one that began "
        "before it does, or an opening whose fee no balance bore alone, which looks alike (A4)."
    ]
    (alone,) = words.strays(account(row(2, "margin", "EUR", "-7", "0", "0")))
    assert alone.endswith("it is probably of one that began before it does.")


def test_a_fee_below_zero_is_told_to_be_a_rebate() -> None:
    told = account(row(2, "trade", "EUR", "-7", "-0.02", "0.02"), row(3, "trade", "XRP", "9", "0", "9"))

    assert words.surprises(told) == ["A fee below zero (line 2) is a rebate: the exchange paid it to you."]

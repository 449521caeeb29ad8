"""What a ledger tells: does it add up, what is each group, each position's life, what did it cost."""

import dataclasses
import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bookings import closes, deposits, moves, opens, waits
from hypothesis import given
from strategies import losses, scenarios

from marginlib import Scenario, replay
from marginlib.analysis.export import as_csv, entries_of, write_csv
from marginlib.analysis.ledger import Account, look
from marginlib.analysis.ledger_balances import check
from marginlib.analysis.ledger_fees import added
from marginlib.analysis.ledger_positions import settled
from marginlib.engine.account import Row
from marginlib.engine.cascade import Place
from marginlib.engine.cascade import preference as in_order
from marginlib.engine.story import Story
from marginlib.reading.entries import Entry, Ledger, Purse
from marginlib.reading.ledgers import read_ledger
from marginlib.telling import ledger as words
from tools import ledger_sample

BEGIN = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
SIXTEEN = (
    '"txid","refid","time","type","subtype","aclass","subclass","asset","wallet","amount","fee","balance","amountusd",'
    '"feeusd","balanceusd","feecurrency"'
)


def row(
    line: int, asset: str, amount: str, fee: str, balance: str | None, *, hours: float = 0, refid: str = "",
    kind: str = "trade", fee_code: str = "", held: str = "", wallet: str = "", txid: str | None = None,
) -> Entry:  # fmt: skip
    return Entry(
        line, f"L{line}" if txid is None else txid, refid or f"T{line}", BEGIN + timedelta(hours=hours), kind,
        Purse(asset, held, wallet), Decimal(amount), Decimal(fee), None if balance is None else Decimal(balance),
        fee_code=fee_code,
    )  # fmt: skip


def account(*rows: Entry, pairs: dict[str, str] | None = None) -> Account:
    return look(Ledger(rows), pairs)


def story(data: dict[str, Any]) -> Story:
    return replay(Scenario.of(data))


def kinds(told: Account) -> dict[str, str]:
    return {group.refid: group.kind for group in told.groups}


# Does it add up?


def test_a_break_has_its_line_what_follows_what_is_there_and_its_size() -> None:
    told = account(
        row(2, "EUR", "100", "0", "100"), row(3, "EUR", "-20", "1", "79", hours=1),
        row(4, "EUR", "5", "0", "80", hours=2), row(5, "EUR", "1", "0", "81", hours=3),
    )  # fmt: skip

    (broken,) = told.breaks
    assert [broken.entry.line, broken.expected, broken.found, broken.size] == [4, 84, 80, -4]


def test_the_first_row_of_a_purse_says_what_there_was_before() -> None:
    told = account(row(2, "EUR", "-20", "1", "79"))

    assert not told.breaks
    assert [told.holdings[0].start, told.holdings[0].end] == [100, 79]


def test_purses_are_kept_apart_by_how_they_are_held_and_by_wallet() -> None:
    told = account(
        row(2, "DOT", "5", "0", "5"), row(3, "DOT", "7", "0", "7", held="S"),
        row(4, "DOT", "9", "0", "9", wallet="earn"),
        row(5, "DOT", "1", "0", "6", hours=1), row(6, "DOT", "1", "0", "8", held="S", hours=1),
        row(7, "DOT", "1", "0", "10", wallet="earn", hours=1),
    )  # fmt: skip

    assert not told.breaks
    assert [each.end for each in told.holdings] == [6, 8, 10]


def test_a_pending_row_takes_no_part_and_counts_for_nothing() -> None:
    told = account(
        row(2, "EUR", "100", "0", None, refid="Q1", kind="deposit", txid=""),
        row(3, "EUR", "100", "0", "100", refid="Q1", kind="deposit", hours=1),
    )

    assert not told.breaks
    assert told.totals.moved == {"deposit": {"EUR": Decimal(100)}}
    assert [each.line for each in told.pending] == [2]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2)])
def test_rows_of_one_moment_may_stand_in_any_order(order: tuple[int, ...]) -> None:
    moment = [
        row(3, "EUR", "-20", "0", "80", hours=1), row(4, "EUR", "0", "1", "79", hours=1),
        row(5, "EUR", "0", "1", "78", hours=1), row(6, "EUR", "22", "0", "100", hours=1),
    ]  # fmt: skip
    told = account(
        row(2, "EUR", "100", "0", "100"), *(moment[each] for each in order), row(7, "EUR", "1", "0", "101", hours=2)
    )

    assert not told.breaks


def test_a_true_break_among_rows_of_one_moment_is_one_break() -> None:
    told = account(
        row(2, "EUR", "100", "0", "100"),
        row(3, "EUR", "0", "1", "96", hours=1), row(4, "EUR", "0", "1", "97", hours=1),
        row(5, "EUR", "0", "1", "99", hours=1),
    )  # fmt: skip

    assert [[each.entry.line, each.size] for each in told.breaks] == [[4, -1]]


def test_the_first_moment_of_a_purse_may_be_out_of_order_too() -> None:
    told = account(row(2, "EUR", "-1", "0", "9"), row(3, "EUR", "4", "0", "10"), row(4, "EUR", "-2", "0", "7"))

    assert not told.breaks
    assert [told.holdings[0].start, told.holdings[0].end] == [6, 7]


@pytest.mark.parametrize("usdc", ["9.5", "10"])
def test_a_fee_in_another_asset_is_told_by_that_assets_next_row_and_breaks_nothing(usdc: str) -> None:
    told = account(
        row(2, "EUR", "100", "0", "100"), row(3, "USDC", "10", "0", "10"),
        row(4, "EUR", "-20", "0.5", "80", hours=1, fee_code="USDC"),
        row(5, "USDC", "1", "0", str(Decimal(usdc) + 1), hours=2),
        row(6, "USDC", "1", "0", str(Decimal(usdc) + 2), hours=3),
        row(7, "EUR", "1", "0", "81", hours=4),
    )  # fmt: skip

    assert not told.breaks
    assert told.totals.fees["trading"] == {"USDC": Decimal("0.5")}


def test_a_purse_without_any_balance_is_not_judged() -> None:
    holdings, breaks = check([row(2, "EUR", "1", "0", None), row(3, "EUR", "1", "0", None)])

    assert (holdings, breaks) == ([], [])


def test_a_thousand_rows_of_one_moment_are_put_in_order_quickly() -> None:
    rows = [row(line, "EUR", "0", "1", str(5000 - line), hours=1) for line in range(2, 4000)]
    told = account(*rows[::2], *rows[1::2])

    assert not told.breaks


# What each group is


def test_a_position_has_its_rollovers_by_the_refid_and_its_closing_probably() -> None:
    told = account(
        row(2, "EUR", "0", "1.5", "98.5", refid="TA", kind="margin"),
        row(3, "EUR", "0", "0.1", "98.4", refid="TA", kind="rollover", hours=4),
        row(4, "EUR", "0", "0.1", "98.3", refid="TA", kind="rollover", hours=8),
        row(5, "EUR", "-20", "1.4", "76.9", refid="TB", kind="margin", hours=9),
    )

    assert kinds(told) == {"TA": "opening", "TB": "closing"}
    (life,) = told.positions
    (ending,) = life.endings
    assert (life.status, len(life.rollovers), ending.group.refid, ending.sure) == ("closed", 2, "TB", False)
    sums = told.sums(life)
    assert sums.pnl == {"EUR": Decimal(-20)}
    assert sums.fees == {
        "opening": {"EUR": Decimal("1.5")}, "rollover": {"EUR": Decimal("0.2")}, "closing": {"EUR": Decimal("1.4")},
    }  # fmt: skip


def test_an_opening_alone_might_be_a_closing_at_the_same_price_and_says_so() -> None:
    (group,) = account(row(2, "EUR", "0", "1.5", "98.5", kind="margin")).groups

    assert (group.kind, group.sure) == ("opening", False)


def test_a_closing_goes_to_the_position_whose_rollovers_stop_and_a_part_to_one_whose_go_on() -> None:
    told = account(
        row(2, "EUR", "0", "1", "99", refid="TA", kind="margin"),
        row(3, "EUR", "0", "1", "98", refid="TB", kind="margin", hours=1),
        row(4, "EUR", "0", "1", "97", refid="TA", kind="rollover", hours=4),
        row(5, "EUR", "0", "1", "96", refid="TB", kind="rollover", hours=5),
        row(6, "EUR", "5", "1", "100", refid="TX", kind="margin", hours=6),
        row(7, "EUR", "0", "1", "99", refid="TA", kind="rollover", hours=8),
        row(8, "EUR", "3", "1", "101", refid="TY", kind="margin", hours=10),
        row(9, "EUR", "0", "1", "100", refid="TA", kind="rollover", hours=12),
    )

    ends = {life.refid: [(each.group.refid, each.whole) for each in life.endings] for life in told.positions}
    assert ends == {"TA": [("TY", False)], "TB": [("TX", True)]}
    assert [life.refid for life in told.open_positions] == ["TA"]


def test_without_rollovers_the_oldest_position_is_closed_first() -> None:
    told = account(
        row(2, "EUR", "0", "1", "99", refid="TA", kind="margin"),
        row(3, "BTC", "0", "0.1", "1.9", refid="TB", kind="margin", hours=1),
        row(4, "EUR", "0", "1", "98", refid="TC", kind="margin", hours=2),
        row(5, "EUR", "5", "1", "102", refid="TX", kind="margin", hours=30),
    )

    assert {life.refid: life.status for life in told.positions} == {"TA": "closed", "TB": "open", "TC": "open"}


def test_rollovers_whose_opening_is_not_there_belong_to_a_position_from_before() -> None:
    told = account(
        row(2, "EUR", "0", "1", "99", refid="TA", kind="rollover"),
        row(3, "EUR", "-5", "1", "93", refid="TX", kind="margin", hours=2),
        row(4, "EUR", "-5", "1", "87", refid="TY", kind="margin", hours=40),
    )

    (life,) = told.positions
    assert (life.group.kind, life.opened, life.status) == ("rollover", None, "closed")
    assert [group.refid for group in told.strays] == ["TY"]


def test_a_closing_under_its_openings_refid_is_surely_its_own() -> None:
    told = account(
        row(2, "EUR", "0", "1", "99", refid="TA", kind="margin"),
        row(3, "EUR", "0", "1", "98", refid="TA", kind="rollover", hours=4),
        row(4, "EUR", "7", "1", "104", refid="TA", kind="margin", hours=5),
    )

    assert [group.kind for group in told.groups] == ["opening", "closing"]
    (life,) = told.positions
    assert (life.status, life.endings[0].sure) == ("closed", True)
    assert told.totals.pnl == {"EUR": Decimal(7)}


def test_a_settlement_tells_pair_side_volume_and_price() -> None:
    told = account(
        row(2, "EUR", "0", "1", "9999", refid="TA", kind="margin"),
        row(3, "EUR", "-2500", "0", "7499", refid="TS", kind="settled", hours=1),
        row(4, "BTC", "0.05", "0", "0.05", refid="TS", kind="settled", hours=1),
    )

    (life,) = told.positions
    assert life.status == "settled"
    found = settled(life.endings[0].group)
    assert found
    assert (found.pair, found.side, found.volume) == ("BTC/EUR", "long", Decimal("0.05"))
    assert found.price == 50000


def test_a_settlement_between_two_coins_is_not_given_a_pair() -> None:
    (group,) = account(
        row(2, "SOL", "-2", "0", "0", refid="TS", kind="settled"),
        row(3, "ADA", "500", "0", "500", refid="TS", kind="settled"),
    ).groups

    assert (group.kind, group.quote, settled(group)) == ("settlement", "", None)


def test_unknown_types_are_kept_and_named() -> None:
    told = account(row(2, "EUR", "5", "0", "5", kind="fork"), row(3, "EUR", "5", "0", "10", kind="fork", hours=1))

    assert told.unknown == {"fork": 2}
    assert kinds(told) == {"T2": "unknown", "T3": "unknown"}
    assert told.totals.moved == {"unknown": {"EUR": Decimal(10)}}


def test_rows_without_a_refid_are_groups_by_themselves() -> None:
    rows = [
        Entry(line, f"L{line}", "", BEGIN, "deposit", Purse("EUR"), Decimal(1), Decimal(0), None) for line in (2, 3)
    ]

    assert len(account(*rows).groups) == 2


# Forms that exports have


def test_a_fee_and_a_conversion_at_par_for_it_in_sixteen_columns_before_or_after_the_margin_row() -> None:
    def line(txid: str, refid: str, time: str, kind: str, asset: str, amounts: str, usd: str, code: str = '""') -> str:
        subclass = "fiat" if asset == "EUR" else "stable_coin"
        named = f'"{kind}","","currency","{subclass}","{asset}","spot / main"'
        return f'"{txid}","{refid}","2026-05-{time}",{named},{amounts},{usd},{code}'

    before = [
        line("LA1", "TA", "04 12:00:00", "collateralconversion", "EUR", "-0.081,0.0,1189.2", "-0.09,0.0,1380.1"),
        line("LA2", "TA", "04 12:00:00", "collateralconversion", "EURC", "0.081,0.0,0.081", "0.09,0.0,0.09"),
        line("LA3", "TA", "04 12:00:00", "margin", "EURC", "0.0,0.081,0.0", "0.0,0.09,0.0", '"EURC"'),
    ]
    after = [
        line("LB3", "TB", "05 14:00:00", "margin", "EURC", "-0.75,0.082,0.0", "-0.8,0.09,0.0", '"EURC"'),
        line("LB2", "TB", "05 14:00:00", "margin_conversion", "EURC", "0.832,0.0,0.832", "-,-,-", '"-"'),
        line("LB1", "TB", "05 14:00:00", "margin_conversion", "EUR", "-0.832,0.0,1188.368", "-,-,-", '"-"'),
    ]
    told = look(read_ledger("\n".join([SIXTEEN, *before, *after]) + "\n"))

    assert not told.breaks
    assert not told.problems
    assert [(group.kind, group.quote) for group in told.groups] == [("opening", "EURC"), ("closing", "EURC")]
    assert [(each.entry.txid, each.why, each.rules[0]) for each in told.surprises] == [
        ("LA3", "at_par", "C6"), ("LB3", "at_par", "C6"),
    ]  # fmt: skip
    (cascade,) = told.cascades
    assert [(each.asset, each.taken) for each in cascade.deductions if each.rate is not None] == [
        ("EUR", Decimal("0.832"))
    ]
    (rate,) = [each for each in cascade.differences if each.what == "rate"]
    assert rate.rate == 0
    assert rate.by_rule == Decimal("0.05")
    assert told.totals.pnl == {"EURC": Decimal("-0.75")}
    assert told.totals.fees == {"opening": {"EURC": Decimal("0.081")}, "closing": {"EURC": Decimal("0.082")}}


def test_an_old_export_with_fees_in_ether_and_a_profit_in_euros() -> None:
    lines = [
        '"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"',
        '"LA","TA","2018-09-12 19:06:34","margin","","currency","XETH",0.0000000000,0.0036000000,9.9960000000',
        '"LB","TA","2018-09-12 23:06:36","rollover","","currency","XETH",0.0000000000,0.0004000000,9.9956000000',
        '"LC","TB","2018-09-12 23:45:56","margin","","currency","ZEUR",1.7800,0.0000,1.7800',
        '"LD","TB","2018-09-12 23:45:56","margin","","currency","XETH",0.0000000000,0.0052000000,9.9904000000',
    ]
    told = look(read_ledger("\n".join(lines) + "\n"))

    assert not told.breaks
    (life,) = told.positions
    assert (life.quote, life.status) == ("EUR", "closed")
    assert [(each.entry.txid, each.kind, each.quote, each.sure) for each in told.surprises] == [
        ("LA", "opening", "EUR", False), ("LB", "rollover", "EUR", False), ("LD", "closing", "EUR", True),
    ]  # fmt: skip
    assert told.totals.pnl == {"EUR": Decimal("1.78")}
    assert not told.cascades


def ten_rows(refids: Iterable[str]) -> list[Entry]:
    """A liquidation of 940 EUR: a row in EUR, four conversions of two rows each, and the trading fee."""
    refid = iter(refids)
    sold = [("USD", "-115", "1.725", "101.265"), ("BTC", "-0.009", "0.000225", "400"), ("ETH", "-0.1", "0.0025", "180"),
            ("ADA", "-500", "25", "200")]  # fmt: skip
    rows, line, euros = [], 10, Decimal("58.735")
    rows.append(row(line, "EUR", "-940", "0", "0", hours=5, refid=next(refid), kind="margin"))
    for asset, amount, fee, brought in sold:
        mine = next(refid)
        out = Decimal(amount) + Decimal(fee)
        have = "0" if asset != "ADA" else "1500"
        rows.append(row(line + 1, asset, str(out), fee, have, hours=5, refid=mine, kind="marginconversion"))
        euros += Decimal(brought)
        rows.append(row(line + 2, "EUR", brought, "0", str(euros), hours=5, refid=mine, kind="marginconversion"))
        line += 2
    rows.append(row(line + 1, "ADA", "0", "4", "1496", hours=5, refid=rows[0].refid, kind="margin"))
    return rows


BEFORE = [
    row(2, "EUR", "58.735", "0", "58.735"), row(3, "USD", "115", "0", "115"), row(4, "BTC", "0.009", "0", "0.009"),
    row(5, "ETH", "0.1", "0", "0.1"), row(6, "ADA", "2000", "0", "2000"),
]  # fmt: skip


@pytest.mark.parametrize("apart", [False, True])
def test_a_liquidation_of_ten_rows_is_one_cascade(apart: bool) -> None:
    rows = ten_rows((f"X{index}" for index in range(9)) if apart else iter(["TX"] * 9))
    assert len(rows) == 10
    told = account(*BEFORE, *rows)

    assert not told.breaks
    (cascade,) = told.cascades
    assert (cascade.quote, len(cascade.group.entries)) == ("EUR", 10)
    assert cascade.expected == ("EUR", "USD", "BTC", "ETH", "ADA")
    taken = {each.asset: each.taken for each in cascade.deductions}
    assert taken == {
        "EUR": Decimal("58.735"), "USD": 115, "BTC": Decimal("0.009"), "ETH": Decimal("0.1"), "ADA": 500,
    }  # fmt: skip
    assert cascade.differences == ()
    assert told.totals.pnl == {"EUR": Decimal(-940)}
    assert told.totals.fees["closing"] == {"ADA": Decimal(4)}


def test_a_currency_that_was_passed_over_is_named_with_what_was_there() -> None:
    told = account(
        row(2, "EUR", "100", "0", "100"), row(3, "USD", "115", "0", "115"), row(4, "BTC", "0.05", "0", "0.05"),
        row(5, "EUR", "-100", "0", "0", hours=5, refid="TX", kind="margin"),
        row(6, "BTC", "-0.00975", "0.00025", "0.04", hours=5, refid="TX", kind="margin"),
        pairs={"TX": "ETH/EUR"},
    )  # fmt: skip

    (cascade,) = told.cascades
    assert (cascade.quote, cascade.base, cascade.base_known) == ("EUR", "ETH", "told")
    assert cascade.expected == ("EUR", "USD", "BTC")
    (found,) = cascade.differences
    assert (found.what, found.asset, found.amount) == ("skipped", "USD", Decimal(115))


def test_the_base_is_taken_for_one_that_was_converted_first_if_the_order_then_fits() -> None:
    told = account(
        row(2, "EUR", "100", "0", "100"), row(3, "USD", "115", "0", "115"), row(4, "BTC", "0.05", "0", "0.05"),
        row(5, "EUR", "-100", "0", "0", hours=5, refid="TX", kind="margin"),
        row(6, "BTC", "-0.00975", "0.00025", "0.04", hours=5, refid="TX", kind="margin"),
    )  # fmt: skip

    (cascade,) = told.cascades
    assert (cascade.base, cascade.base_known, cascade.differences) == ("BTC", "guessed", ())
    assert [each.why for each in cascade.deductions] == ["quote", "base"]


def test_the_base_may_be_told_by_the_rows_order_alone() -> None:
    told = account(
        row(2, "EUR", "100", "0", "100"), row(3, "USD", "100", "0", "100"), row(4, "BTC", "0.01", "0", "0.01"),
        row(5, "EUR", "-100", "0", "0", hours=5, refid="TX", kind="margin"),
        row(6, "BTC", "-0.00975", "0.00025", "0", hours=5, refid="TX", kind="margin"),
        row(7, "USD", "-98.5", "1.5", "0", hours=5, refid="TX", kind="margin"),
    )  # fmt: skip

    (cascade,) = told.cascades
    assert (cascade.base, cascade.base_known, cascade.differences) == ("BTC", "guessed", ())


def test_a_currency_that_was_not_emptied_and_a_fee_that_is_not_the_rules() -> None:
    told = account(
        row(2, "EUR", "100", "0", "100"), row(3, "USD", "500", "0", "500"), row(4, "BTC", "0.05", "0", "0.05"),
        row(5, "EUR", "-100", "0", "0", hours=5, refid="TX", kind="margin"),
        row(6, "USD", "-99", "1", "400", hours=5, refid="TX", kind="margin"),
        row(7, "BTC", "-0.00975", "0.00025", "0.04", hours=5, refid="TX", kind="margin"),
        pairs={"TX": "ETH/EUR"},
    )  # fmt: skip

    (cascade,) = told.cascades
    assert [(each.what, each.asset, each.amount) for each in cascade.differences] == [
        ("left", "USD", Decimal(400)), ("rate", "USD", None),
    ]  # fmt: skip


def test_earn_suffixes_and_moves_within_the_account_are_no_rewards() -> None:
    lines = [
        '"txid","refid","time","type","subtype","aclass","asset","wallet","amount","fee","balance"',
        '"L1","E1","2026-05-04 09:00:00","transfer","spottostaking","currency","DOT","spot / main",-5,0,5',
        '"L2","E1","2026-05-04 09:00:01","transfer","stakingfromspot","currency","DOT.S","spot / main",5,0,5',
        '"L3","E2","2026-05-05 09:00:00","staking","","currency","DOT.S","spot / main",0.01,0,5.01',
        '"L4","E3","2026-05-06 09:00:00","earn","autoallocation","currency","DOT","spot / main",-1,0,4',
        '"L5","E3","2026-05-06 09:00:00","earn","autoallocation","currency","DOT","earn / flexible",1,0,1',
        '"L6","E4","2026-05-07 09:00:00","earn","reward","currency","DOT","earn / flexible",0.002,0.0004,1.0016',
    ]
    told = look(read_ledger("\n".join(lines) + "\n"))

    assert not told.breaks
    assert kinds(told) == {"E1": "transfer", "E2": "reward", "E3": "transfer", "E4": "reward"}
    assert told.totals.moved == {"transfer": {"DOT": Decimal(0)}, "reward": {"DOT": Decimal("0.012")}}
    assert len(told.holdings) == 3


# What is unclear in a ledger


def test_an_opening_whose_fees_were_taken_as_a_loss_is_told_by_its_rollovers() -> None:
    told = account(
        row(2, "EUR", "-3", "0", "0", refid="TA", kind="margin"),
        row(3, "BTC", "-0.0001", "0.0000025641", "0.5", refid="TA", kind="margin"),
        row(4, "BTC", "0", "0.0001", "0.4999", refid="TA", kind="rollover", hours=4),
    )

    (group,) = told.groups
    assert (group.kind, group.quote) == ("opening", "EUR")
    assert told.totals.pnl == {}
    assert told.totals.moved["opening"] == {"EUR": Decimal(-3), "BTC": Decimal("-0.0001")}


def test_one_refid_that_closes_at_several_moments_is_one_closing() -> None:
    (group,) = account(
        row(2, "EUR", "5", "1", "104", refid="TX", kind="margin"),
        row(3, "EUR", "2", "1", "105", refid="TX", kind="margin", hours=1),
    ).groups

    assert (group.kind, group.quote, len(group.entries)) == ("closing", "EUR", 2)


def test_rollovers_and_a_closing_under_one_refid_are_a_position_from_before_and_its_end() -> None:
    told = account(
        row(2, "EUR", "0", "1", "99", refid="TA", kind="rollover"),
        row(3, "EUR", "0", "1", "98", refid="TA", kind="rollover", hours=4),
        row(4, "EUR", "7", "1", "104", refid="TA", kind="margin", hours=5),
    )

    assert [group.kind for group in told.groups] == ["rollover", "closing"]
    assert told.positions[0].status == "closed"
    assert told.positions[0].endings[0].sure


def test_a_closing_long_after_the_rollovers_stopped_goes_to_the_oldest_position_that_is_left() -> None:
    told = account(
        row(2, "EUR", "0", "1", "99", refid="TA", kind="margin"),
        row(3, "EUR", "0", "1", "98", refid="TB", kind="margin", hours=1),
        row(4, "EUR", "0", "1", "97", refid="TA", kind="rollover", hours=4),
        row(5, "EUR", "5", "1", "101", refid="TX", kind="margin", hours=90),
        row(6, "EUR", "0", "1", "100", refid="TC", kind="margin", hours=91),
    )

    assert {life.refid: life.status for life in told.positions} == {"TA": "unclear", "TB": "closed", "TC": "open"}


def test_parts_and_then_no_rollover_any_more_are_a_whole() -> None:
    told = account(
        row(2, "EUR", "0", "1", "99", refid="TA", kind="margin"),
        row(3, "EUR", "5", "1", "103", refid="TX", kind="margin", hours=2),
        row(4, "EUR", "0", "1", "102", refid="TA", kind="rollover", hours=4),
        row(5, "EUR", "5", "0", "107", kind="deposit", hours=50),
    )

    assert [(life.status, [each.whole for each in life.endings]) for life in told.positions] == [("closed", [False])]


def test_a_part_that_is_closed_and_a_rest_that_is_settled_before_the_next_rollover_are_a_settlement() -> None:
    told = account(
        row(2, "EUR", "0", "1", "99", refid="TA", kind="margin"),
        row(3, "EUR", "5", "1", "103", refid="TX", kind="margin", hours=2),
        row(4, "EUR", "-60", "0", "43", refid="TY", kind="settled", hours=3),
        row(5, "ETH", "0.03", "0", "0.03", refid="TY", kind="settled", hours=3),
    )

    (life,) = told.positions
    assert [each.group.kind for each in life.endings] == ["closing", "settlement"]
    assert life.status == "settled"
    assert "closed in part" in words.position(life, told)


def test_what_was_converted_for_a_loss_without_a_row_for_what_it_brought_is_part_of_the_loss() -> None:
    told = account(
        row(2, "USD", "0", "1", "99", refid="TA", kind="margin"),
        row(3, "USD", "-99", "0", "0", refid="TX", kind="margin", hours=2),
        row(4, "BTC", "-0.1", "0.0025", "0.3", refid="TX", kind="marginconversion", hours=2),
        row(5, "ETH", "-0.2", "0", "0.8", refid="TX", kind="marginconversion", hours=2),
    )

    loss = {"USD": Decimal(-99), "BTC": Decimal("-0.1"), "ETH": Decimal("-0.2")}
    assert told.totals.pnl == told.sums(told.positions[0]).pnl == loss
    assert told.totals.moved == {}
    (cascade,) = told.cascades
    assert {each.asset: each.taken - each.fee for each in cascade.deductions} == {
        asset: -amount for asset, amount in loss.items()
    }
    closing = told.closings[0]
    assert (
        words.row(closing.entries[2], closing, told) == "A conversion takes 0.2 ETH for a loss in USD (R13, R16, C6)."
    )


def test_what_a_conversion_brings_is_no_profit_and_what_it_takes_no_loss() -> None:
    told = account(
        row(2, "USD", "0", "1", "99", refid="TA", kind="margin"),
        row(3, "BTC", "-0.1", "0.0025", "0.3", refid="TX", kind="marginconversion", hours=2),
        row(4, "USD", "5000", "0", "5099", refid="TX", kind="marginconversion", hours=2),
        row(5, "USD", "-5099", "0", "0", refid="TX", kind="margin", hours=2),
    )

    assert told.totals.pnl == {"USD": Decimal(-5099)}
    assert told.totals.moved == {"conversion": {"BTC": Decimal("-0.1"), "USD": Decimal(5000)}}


def test_a_loss_is_laid_beside_what_was_taken_and_not_beside_all_that_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()

    def preference(collateral: tuple[str, ...], base: str, quote: str, held: Iterable[str]) -> list[Place]:
        asked.append(len(codes := [*held]))
        return in_order(collateral, base, quote, codes)

    monkeypatch.setattr("marginlib.analysis.ledger_cascades.preference", preference)
    told = account(
        *(row(at, f"COIN{at}", "5", "0", "5", refid=f"D{at}", kind="deposit") for at in range(2, 402)),
        row(500, "COIN88", "-1", "0.05", "3.95", refid="TX", kind="margin", hours=1),
        row(501, "EUR", "-1", "0", "9", refid="TX", kind="margin", hours=1),
    )

    (cascade,) = told.cascades
    assert max(asked) <= 2
    others = sorted(f"COIN{at}" for at in range(2, 402))
    assert [*cascade.expected] == ["EUR", *others[: others.index("COIN88") + 1]]


def test_two_parts_within_four_hours_are_of_one_position() -> None:
    told = account(
        row(2, "EUR", "0", "1", "99", refid="TA", kind="margin"),
        row(3, "EUR", "0", "1", "98", refid="TA", kind="rollover", hours=4),
        row(4, "EUR", "5", "1", "102", refid="TX", kind="margin", hours=5),
        row(5, "EUR", "5", "1", "106", refid="TY", kind="margin", hours=6),
    )

    assert [each.group.refid for each in told.positions[0].endings] == ["TX", "TY"]
    assert told.strays == ()


def test_a_settlement_with_a_fee_is_a_surprise() -> None:
    told = account(
        row(2, "EUR", "-2500", "2", "7497", refid="TS", kind="settled"),
        row(3, "BTC", "0.05", "0", "0.05", refid="TS", kind="settled"),
    )

    (surprise,) = told.surprises
    assert (surprise.why, surprise.rules) == ("settling", ("R5",))
    assert told.totals.fees == {"settlement": {"EUR": Decimal(2)}}


@pytest.mark.parametrize(
    ("paid", "kept", "quote"),
    [("EUR", "USD", ""), ("USDT", "SOL", "USDT"), ("ETH", "BTC", ""), ("BTC", "SOL", "BTC"), ("EUR", "USDT", "EUR")],
)
def test_which_side_of_a_settlement_is_the_quote(paid: str, kept: str, quote: str) -> None:
    (group,) = account(
        row(2, paid, "-2", "0", "0", refid="TS", kind="settled"),
        row(3, kept, "5", "0", "5", refid="TS", kind="settled"),
    ).groups

    assert group.quote == quote


def test_both_assets_going_the_same_way_are_no_settled_position() -> None:
    (group,) = account(
        row(2, "EUR", "2", "0", "2", refid="TS", kind="settled"),
        row(3, "BTC", "5", "0", "5", refid="TS", kind="settled"),
    ).groups

    assert settled(group) is None


def test_times_of_an_api_that_differ_by_a_fraction_of_a_second_are_one_moment() -> None:
    told = account(
        row(2, "EUR", "-1", "0", "9", refid="TA", kind="margin", hours=1),
        row(3, "EUR", "-1", "0", "8", refid="TB", kind="margin", hours=1.0001),
    )

    assert [len(those) for those in told.at_once] == [2]


@pytest.mark.parametrize("kind", ["margin", "marginconversion"])
def test_a_long_file_of_one_moment_takes_no_time(kind: str) -> None:
    rows = [
        row(line, "EUR", "-1", "0", str(90_000 - line), refid=f"T{line}", kind="margin" if line % 2 else kind)
        for line in range(2, 12_000)
    ]
    began = time.perf_counter()
    told = account(*rows)

    assert len(told.entries) == 11_998
    assert time.perf_counter() - began < 20


# The round trip


def moved(rows: Iterable[Row | Entry]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    found: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for each in rows:
        amount, fee = found.get((each.type, each.asset), (Decimal(0), Decimal(0)))
        found[each.type, each.asset] = amount + each.amount, fee + each.fee
    return found


def says_all(told: Story) -> bool:
    """Whether the ledger can tell results from fees: no fee was taken as a loss is, and no closing came to nothing."""
    like_losses = any(part.reason.endswith("_fee") and part.amount for row in told.ledger for part in row.parts)
    return not like_losses and all(each.pnl > 0 or each.cascade for each in told.realised)


def without_nothing(book: dict[str, Decimal]) -> dict[str, Decimal]:
    return {asset: amount for asset, amount in book.items() if amount}


def assert_round_trip(told: Story) -> None:
    ledger = read_ledger(as_csv(told))
    assert not ledger.problems
    assert not ledger.repeated
    assert not ledger.announced
    assert list(ledger.entries) == entries_of(told)
    found = look(ledger)
    assert found.breaks == ()
    assert moved(found.entries) == moved(told.ledger)

    opened = {row.position: row.step for row in reversed(told.ledger) if row.type == "margin"}

    def event(row: Row) -> object:
        opening = row.type == "rollover" or (row.type == "margin" and opened[row.position] == row.step)
        return ("position", row.position) if opening else (row.step, row.position)

    events = Counter(map(event, told.ledger))
    assert sorted(len(group.entries) for group in found.groups) == sorted(events.values())

    fees = added([{row.asset: row.fee} for row in told.ledger])
    assert without_nothing(found.totals.all_fees) == without_nothing(fees)
    for each in found.holdings:
        assert each.end == told.final.balances[each.purse.asset]
        assert each.start == told.scenario.balances.get(each.purse.asset, 0)

    if says_all(told):
        pnl = added(
            {row.asset: part.amount} for row in told.ledger for part in row.parts
            if part.reason in ("profit", "loss", "closing")
        )  # fmt: skip
        assert without_nothing(found.totals.pnl) == without_nothing(pnl)
        begun = [row for row in told.ledger if row.type == "margin" and opened[row.position] == row.step]
        assert without_nothing(found.totals.fees.get("opening", {})) == without_nothing(
            added([{row.asset: row.fee} for row in begun])
        )
        rolled = added([{row.asset: row.fee} for row in told.ledger if row.type == "rollover"])
        assert without_nothing(found.totals.fees.get("rollover", {})) == without_nothing(rolled)
        assert len(found.closings) == len(told.realised)
        of_its_own = told.scenario.rules.collateral_order is not None  # a ledger is laid beside the rulebook's order
        for cascade in found.cascades if not of_its_own else ():
            assert {each.what for each in cascade.differences} <= {"together"}


@given(scenarios())
def test_an_export_that_is_read_again_tells_the_same_story(data: dict[str, Any]) -> None:
    assert_round_trip(story(data))


@given(losses())
def test_and_so_does_one_of_losses_that_run_through_many_currencies(data: dict[str, Any]) -> None:
    assert_round_trip(story(data))


def test_the_samples_positions_are_told_as_they_were() -> None:
    made = ledger_sample.story()
    told = look(read_ledger(as_csv(made)))

    assert [life.status for life in told.positions] == ["closed", "settled", *["closed"] * 5, "open", "open"]
    assert [len(life.endings) for life in told.positions] == [2, 1, 1, 2, 1, 1, 1, 1, 0]
    assert told.strays == ()
    assert [len(each.deductions) for each in told.cascades] == [2, 3, 1, 3]
    assert [month.name for month in told.months] == ["2026-03", "2026-04"]
    with_fees = {each.entry.asset for each in told.surprises}
    assert with_fees == {"USD", "ETH", "DOGE"}


OLD = {"EUR": "ZEUR", "USD": "ZUSD", "BTC": "XXBT", "ETH": "XETH", "XRP": "XXRP", "DOGE": "XXDG"}


def as_api(entries: Iterable[Entry]) -> str:
    """The same rows as the API has them: by txid, the newest first, under its own names of assets."""
    rows = {
        each.txid: {
            "refid": each.refid, "time": each.time.timestamp() if each.time else 0, "type": each.type, "subtype": "",
            "aclass": "currency", "asset": OLD[each.asset], "amount": str(each.amount), "fee": str(each.fee),
            "balance": str(each.balance),
        }
        for each in reversed([*entries])
    }  # fmt: skip
    return json.dumps({"error": [], "result": {"ledger": rows, "count": len(rows)}})


def as_sixteen(entries: Iterable[Entry]) -> str:
    """The same rows in sixteen columns, with the currency of each fee, in an order by asset as somebody sorted them."""
    wider = [
        dataclasses.replace(each, purse=Purse(each.asset, "", "spot / main"), subclass="fiat", fee_code=each.asset)
        for each in entries
    ]
    file = io.StringIO()
    write_csv(sorted(wider, key=lambda each: (each.asset, each.line)), file)
    return file.getvalue()


@pytest.mark.parametrize("form", [as_api, as_sixteen])
def test_the_sample_in_another_form_tells_the_same(form: Callable[[Iterable[Entry]], str]) -> None:
    entries = entries_of(ledger_sample.story())
    plainly, other = look(Ledger(tuple(entries))), look(read_ledger(form(entries)))

    assert other.breaks == ()
    assert other.totals.fees == plainly.totals.fees
    assert other.totals.pnl == plainly.totals.pnl
    assert other.totals.moved == plainly.totals.moved
    assert {group.refid: (group.kind, group.quote) for group in other.groups} == {
        group.refid: (group.kind, group.quote) for group in plainly.groups
    }
    assert {life.refid: (life.status, life.quote) for life in other.positions} == {
        life.refid: (life.status, life.quote) for life in plainly.positions
    }
    assert len(other.surprises) == len(plainly.surprises)
    assert {each.group.refid: {one.asset: one.taken for one in each.deductions} for each in other.cascades} == {
        each.group.refid: {one.asset: one.taken for one in each.deductions} for each in plainly.cascades
    }
    assert {one.what for each in other.cascades for one in each.differences} <= {"together", "order"}


def test_a_loss_through_several_currencies_is_one_cascade_in_the_rules_order() -> None:
    told = story(
        {
            "balances": {"EUR": "100", "BTC": "0.01", "DOGE": "1000"},
            "prices": {"BTC/EUR": "50000", "EUR/USD": "1.1", "DOGE/EUR": "0.1"},
            "steps": [
                deposits("USD", "500"),
                opens("BTC/EUR", "long", "0.1"),
                waits(1),
                moves("BTC/EUR", "45000"),
                closes("BTC/EUR"),
            ],
        }
    )
    (cascade,) = look(Ledger(tuple(entries_of(told)))).cascades

    assert (cascade.quote, cascade.base, cascade.base_known) == ("EUR", "BTC", "guessed")
    assert cascade.expected == ("EUR", "BTC")
    assert cascade.differences == ()


# What real records have -----------------------------------------------------------------------------------------------


def test_what_only_went_through_a_balance_is_no_step_of_the_order_and_its_money_may_be_the_quote() -> None:
    told = account(
        row(2, "EUR", "1190", "0", "1190", kind="deposit"),
        row(3, "USD", "5", "0", "5", kind="deposit"),
        row(4, "ATOM", "8.5", "0", "8.5", kind="deposit"),
        row(5, "EUR", "0", "0.07", "1189.93", refid="TA", kind="margin", hours=1),
        row(6, "EUR", "-0.825", "0", "1189.105", refid="TX", kind="collateralconversion", hours=3),
        row(7, "EURC", "0.825", "0", "0.825", refid="TX", kind="collateralconversion", hours=3),
        row(8, "EURC", "-0.75", "0.075", "0", refid="TX", kind="margin", fee_code="EURC", hours=3),
        row(9, "EURC", "0", "0", "0", kind="rollover", refid="TZ", hours=5),
    )

    (cascade,) = told.cascades
    assert cascade.expected == ("EUR",)
    assert [each.what for each in cascade.differences] == ["rate"]
    life = told.positions[0]
    assert (life.refid, life.status, life.quote, life.endings[0].group.beside) == ("TA", "closed", "EUR", "EUR")


def test_a_conversion_that_is_not_at_par_or_of_other_money_leaves_the_quote_as_it_is() -> None:
    for asset, amount in (("EUR", "-0.83"), ("USD", "-0.825")):
        told = account(
            row(6, asset, amount, "0", "100", refid="TX", kind="collateralconversion"),
            row(7, "EURC", "0.825", "0", "0.825", refid="TX", kind="collateralconversion"),
            row(8, "EURC", "-0.75", "0.075", "0", refid="TX", kind="margin"),
        )
        (group,) = told.groups
        assert (group.quote, group.beside) == ("EURC", "")


def test_rows_of_one_second_may_stand_in_any_order_though_some_have_parts_of_it() -> None:
    told = account(
        row(2, "EUR", "50", "0", "50", kind="deposit"),
        row(3, "EUR", "-2", "0", "41", hours=1),
        row(4, "EUR", "-7", "0", "43", hours=1 + 0.2 / 3600),
    )

    assert not told.breaks
    assert told.holdings[0].end == 41


def test_rollovers_without_a_refid_are_no_positions_each() -> None:
    told = account(
        dataclasses.replace(row(2, "EUR", "0", "1", "99", kind="rollover"), refid=""),
        dataclasses.replace(row(3, "EUR", "0", "1", "98", kind="rollover", hours=4), refid=""),
    )

    assert not told.positions
    assert told.totals.fees == {"rollover": {"EUR": Decimal(2)}}
    (said,) = words.unsure(told)
    assert said.startswith("2 rollovers have no refid: of which position can't be said")


def test_both_forms_of_an_export_in_one_ledger_are_one_wallet_and_counted_once() -> None:
    told = account(
        row(2, "EUR", "100", "0", "100", kind="deposit"),
        row(3, "EUR", "-10", "0", "90", hours=1),
        row(4, "EUR", "-10", "0", "80", hours=2, wallet="spot / main"),
        row(5, "EUR", "5", "0", "5", hours=3, wallet="earn / flexible"),
        row(6, "BTC", "1", "0", "1", hours=3),
        row(7, "BTC", "1", "0", "7", hours=4, wallet="spot / main"),
        row(8, "BTC", "1", "0", "2", hours=5),
    )

    assert not told.breaks
    assert [(each.purse.asset, each.purse.wallet, int(each.end)) for each in told.holdings] == [
        ("EUR", "spot / main", 80), ("EUR", "earn / flexible", 5), ("BTC", "", 2), ("BTC", "spot / main", 7),
    ]  # fmt: skip


def test_a_loss_that_bitcoin_alone_bore_has_a_conversion_fee_and_another_quote() -> None:
    told = account(
        row(2, "BTC", "1", "0", "1", kind="deposit"),
        row(3, "BTC", "0", "0.001", "0.999", refid="TA", kind="margin", hours=1),
        row(4, "BTC", "0", "0.0001", "0.9989", refid="TA", kind="rollover", hours=5),
        row(5, "BTC", "-0.0195", "0.0005", "0.9789", refid="TX", kind="margin", hours=6),
        row(6, "BTC", "0", "0.0001", "0.9788", refid="TX", kind="margin", hours=6),
    )

    assert told.totals.fees == {
        "opening": {"BTC": Decimal("0.001")}, "rollover": {"BTC": Decimal("0.0001")},
        "conversion": {"BTC": Decimal("0.0005")}, "closing": {"BTC": Decimal("0.0001")},
    }  # fmt: skip
    (life,) = told.positions
    assert (life.refid, life.status, life.quote) == ("TA", "closed", "")
    assert not told.cascades
    group = told.closings[0]
    assert words.row(group.entries[0], group, told) == (
        "The closing converts 0.0195 BTC for a loss in another currency; 0.0005 BTC go as conversion fee (R16, R13)."
    )
    assert words.tell(told)


@pytest.mark.parametrize(
    ("asset", "amount", "fee"), [("EUR", "-39", "1"), ("USDT", "-95", "5"), ("BTC", "-0.02", "0.001")]
)
def test_a_loss_in_cash_or_with_another_share_as_its_fee_is_priced_in_its_own_currency(
    asset: str, amount: str, fee: str
) -> None:
    told = account(row(5, asset, amount, fee, "100", refid="TX", kind="margin", hours=6))

    assert told.groups[0].quote == asset
    assert told.totals.fees == {"closing": {asset: Decimal(fee)}}


def test_a_fee_in_bitcoin_doesnt_keep_an_opening_from_its_closing_in_dollars() -> None:
    told = account(
        row(2, "BTC", "0", "0.001", "0.999", refid="TA", kind="margin"),
        row(3, "BTC", "0", "0.0001", "0.9989", refid="TA", kind="rollover", hours=4),
        row(4, "USD", "100", "0.5", "99.5", refid="TX", kind="margin", hours=5),
        row(5, "USD", "7", "0.5", "106", refid="TY", kind="margin", hours=5.5),
    )

    (life,) = told.positions
    assert (life.status, life.quote, [each.group.refid for each in life.endings]) == ("closed", "USD", ["TX"])
    assert [each.refid for each in told.strays] == ["TY"]

"""The ledger on a screen: what it shows of the sample, of a file of one's own, and of a broken one."""

import base64
import gzip
import json
import warnings
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from marginlib.lessons import YourLedger
from marginlib.lessons.ledger import chapters, timeline
from marginlib.reading.ledgers import InvalidLedger

HEAD = "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance"
OWN = f"""{HEAD}
L1,TMINE,2026-01-05 08:00:00,margin,,currency,EUR,0,4.321,995.679
L2,TMINE,2026-01-05 12:00:00,rollover,,currency,EUR,0,0.25,995.429
L3,TEND,2026-01-05 15:30:00,margin,,currency,EUR,-31.5,4.1,959.829
L4,TBTC,2026-01-06 08:00:00,margin,,currency,EUR,0,0,959.829
L5,TBTC,2026-01-06 08:00:00,margin,,currency,BTC,0,0.0001,0.5
L6,QIN,2026-01-06 10:00:00,deposit,,currency,EUR,100,0,1100
L7,QIN,half past ten,deposit,,currency,EUR,100,0,1100
"""


def hand(book: YourLedger, data: bytes, name: str = "mine.csv", size: int = 100) -> list[dict[str, object]]:
    """What the browser does with a file: packed, and in parts."""
    packed = gzip.compress(data)
    told = []
    for at in range(0, len(packed), size):
        part = base64.b64encode(packed[at : at + size]).decode()
        left = max(0, len(packed) - at - size)
        message = {"kind": "part", "file": "f", "name": name, "left": left, "data": part}
        told += [answer for answer, _ in book.hear(message)]
    return told


def test_every_row_of_the_sample_is_in_one_chapter_and_has_words_with_rules() -> None:
    book = YourLedger()
    looked = book._looked
    lines = [each.line for chapter in looked.chapters for each, _ in chapter.rows]
    assert sorted(lines) == sorted(each.line for each in book.ledger.entries)
    for chapter in looked.chapters:
        looked.hear("open", {"chapter": chapter.id})
        opened = looked.shown()["opened"]
        rows = [row for each in opened["rows"] for row in each.get("run", [each])]
        assert len(rows) == len(chapter.rows)
        assert all(row["words"].endswith(".") for row in rows)
        if chapter.life:
            assert all("(" in row["words"] for row in rows)


def test_a_private_file_is_in_messages_and_neither_in_the_state_nor_in_the_still() -> None:
    book = YourLedger()
    (shown,) = hand(book, OWN.encode())
    assert book.own
    assert "TMINE" in json.dumps(book._looked.account.positions[0].refid)
    assert shown["kind"] == "shown"
    told = json.dumps(shown)
    assert "mine.csv" in told
    kept = json.dumps(book.state()) + "".join(book.still()) + repr(book) + book.slot()
    for private in ("mine.csv", "TMINE", "4.321", "995", "2026"):
        assert private not in kept
    with pytest.warns(UserWarning, match="rows of your own file"):
        assert len(book.frame()) == 6
    list(book.hear({"kind": "sample"}))
    assert not book.own
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book.frame()


def test_what_does_not_add_up_or_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(OWN, encoding="utf-8")
    book = YourLedger(str(tmp_path / "mine.csv"))
    findings = book._looked.shown()["findings"]
    assert any("Line 7" in each and "40.171" in each for each in findings)
    assert any("line 8, time" in each for each in findings)
    flagged = [each for each in book._looked.shown()["chapters"] if each["flag"]]
    assert [each["what"] for each in flagged] == ["A deposit"]


def test_an_unexpected_fee_is_found_and_an_expected_one_is_told_from_it(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(OWN, encoding="utf-8")
    looked = YourLedger(tmp_path / "mine.csv")._looked
    looked.hear("task", {})
    looked.hear("point", {"line": 2})
    assert looked.right is False
    looked.hear("point", {"line": 6})
    assert looked.right is True
    assert "0.0001 BTC were taken instead" in looked.said
    assert "(A4)" in looked.said
    assert looked.found == [6]


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"a,b,c\n1,2,3\n", b'{"steps": []}', b"%PDF-1.7"])
def test_what_is_no_ledger_says_so_and_the_last_good_one_stays(data: bytes) -> None:
    book = YourLedger()
    before = book._looked.ledger
    hand(book, data, "<b>odd\u202e.csv")
    assert book._looked.ledger is before
    wrong = book.state()["_shown"]["wrong"]
    assert wrong.startswith("<b>odd.csv can't be shown: ")
    list(book.hear({"kind": "part", "file": "g", "name": "x", "left": 0, "data": "no base64!"}))
    assert "can't be shown" in book.state()["_shown"]["wrong"]
    with pytest.raises(InvalidLedger):
        YourLedger(data)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "open", "chapter": 10**9}, {"kind": "open", "chapter": "x"}, {"kind": "asset", "asset": "nothing"},
        {"kind": "window", "from": 5, "to": 1}, {"kind": "point", "line": -1}, {"kind": "odd"},
    ],
)  # fmt: skip
def test_messages_that_mean_nothing_change_nothing(message: dict[str, object]) -> None:
    book = YourLedger()
    before = book.state()
    assert list(book.hear(message)) == []
    assert {**book.state()["_shown"], "task": None} == {**before["_shown"], "task": None}


def test_a_ledger_without_dates_or_rows_has_no_picture_and_says_why() -> None:
    book = YourLedger(f"{HEAD}\n".encode() + b"L1,T1,nonsense,margin,,currency,EUR,0,1,5\n")
    shown = book._looked.shown()
    assert shown["view"]["title"] == "There is no row in this ledger"
    assert shown["view"]["figures"] == []
    assert shown["span"] == []


def test_a_line_of_many_points_keeps_its_extremes() -> None:
    amounts = [100.0 if at == 5003 else -7.0 if at == 7001 else 1.0 for at in range(10_000)]
    line = timeline.Line([float(at) for at in range(10_000)], amounts)
    drawn = timeline.thinned(line, (0, 10_000))
    assert len(drawn) < 5000
    assert {100.0, -7.0} <= {amount for _, amount in drawn}


def long_ledger(positions: int) -> YourLedger:
    """Positions that each last some hours, one every hour, with a rollover and a closing each."""
    begin, rows = datetime(2026, 1, 1, tzinfo=UTC), [HEAD]
    for number in range(positions):
        opened = begin + timedelta(hours=number)
        for after, kind, refid, amount in (
            (timedelta(), "margin", f"T{number}", Decimal(0)),
            (timedelta(hours=4), "rollover", f"T{number}", Decimal(0)),
            (timedelta(hours=5, minutes=30), "margin", f"C{number}", Decimal(number % 7 - 3) or Decimal(1)),
        ):
            rows.append(
                f"L{number}{kind}{refid},{refid},{opened + after:%Y-%m-%d %H:%M:%S},{kind},,currency,EUR,{amount},0,"
            )
    return YourLedger("\n".join(rows).encode())


def test_of_a_long_ledger_only_what_is_seen_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    book = long_ledger(4_000)
    told, plain = list[int](), chapters.what

    def what(chapter: chapters.Chapter) -> str:
        told.append(chapter.id)
        return plain(chapter)

    monkeypatch.setattr(chapters, "what", what)
    first, last = book._looked.span or (0, 0)
    for until in (last, (first + last) / 2):
        told.clear()
        ((answer, _),) = book.receive({"kind": "window", "from": first, "to": until})
        shown = answer["shown"]
        assert len(told) <= 400 < shown["within"] <= shown["count"] == 4_000
        assert len(json.dumps(shown)) < 500_000
        (bars,) = [trace for trace in shown["view"]["figures"][1]["data"] if trace["mode"] == "lines"]
        assert len(bars["x"]) < 10  # positions that overlap are one bar
        assert bars["x"][0] == first
        assert max(at for at in bars["x"] if at) == until


def test_a_move_walks_through_no_chapter_that_it_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    book = long_ledger(4_000)
    first, last = book._looked.span or (0, 0)
    list(book.receive({"kind": "show"}))
    walked, plain = list[int](), vars(chapters.Chapter)["rows"]

    def rows(chapter: chapters.Chapter) -> object:
        walked.append(chapter.id)
        return plain.fget(chapter)

    monkeypatch.setattr(chapters.Chapter, "rows", property(rows))
    list(book.receive({"kind": "window", "from": first, "to": (first + last) / 2}))
    list(book.receive({"kind": "open", "chapter": 7}))
    assert len(set(walked)) < 700


def test_a_part_closed_and_the_rest_settled_a_repeated_row_and_a_loss_of_several_currencies_are_said() -> None:
    shown = YourLedger(
        f"""{HEAD}
L1,TA,2026-01-05 08:00:00,margin,,currency,EUR,0,1,99
L2,TX,2026-01-05 09:00:00,margin,,currency,EUR,5,1,103
L3,TY,2026-01-05 10:00:00,settled,,currency,EUR,-60,0,43
L4,TY,2026-01-05 10:00:00,settled,,currency,ETH,0.03,0,0.03
L4,TY,2026-01-05 10:00:00,settled,,currency,ETH,0.03,0,0.03
L5,TB,2026-01-06 08:00:00,margin,,currency,EUR,0,1,42
L6,TZ,2026-01-06 09:00:00,margin,,currency,EUR,-42,0,0
L7,TZ,2026-01-06 09:00:00,marginconversion,,currency,ETH,-0.03,0,0
""".encode()
    )._looked.shown()
    first, second = shown["chapters"]
    assert first["what"] == "A position priced in EUR: 0 rollovers, closed in part, then settled"
    assert second["result"] == "▼ −42.00 EUR and 1 more"
    assert shown["findings"] == ["Line 6 says again what an earlier line says, and is left out."]


@pytest.mark.parametrize(("amount", "said"), [("-20", "20.00 EUR out"), ("20", "20.00 EUR in")])
def test_a_trade_of_which_one_side_is_missing_is_not_told_as_one_for_nothing(amount: str, said: str) -> None:
    ledger = f"{HEAD}\nL1,TN,2026-01-05 08:00:00,nfttrade,,currency,EUR,{amount},0,100\n"
    (only,) = YourLedger(ledger.encode())._looked.shown()["chapters"]
    assert only["what"].replace("\N{NO-BREAK SPACE}", " ") == f"One side of a trade: {said}"

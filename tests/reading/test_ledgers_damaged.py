"""Ten thousand damaged exports: no traceback, no good row lost, each damaged one named or still read."""

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from exports import Form, as_json, form, named, rows

from marginlib.reading.entries import Entry, Ledger
from marginlib.reading.ledgers import InvalidLedger, read_ledger

EXPORTS, SHARES = 10_000, 10
HOSTILE = (
    "\0", "NaN", "Infinity", "-Infinity", "1e999999", "1e-999999", "9" * 60, "0x10", "１２", "٣", "\u202e", "\u200f",
    "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\x1b[2J", '"', '""', "'", "\\", "\\n", "−", ",", ";", "\t",
    "\n", "\r", "\r\n", "\n\n", "\v", "\f", "\x1c", "\u2028", "\x85", "\ufeff", "é", "txid", "-", "- ", "#", " " * 300,
    "None", "null", "{", "}", "[", "x" * 5000, "999-01-01", "24:00:00", "2025-02-30 00:00:00",
)  # fmt: skip


def cut(dice: random.Random, line: str) -> str:
    return line[: dice.randrange(len(line))]


def without_a_piece(dice: random.Random, line: str) -> str:
    at = dice.randrange(len(line))
    return line[:at] + line[at + dice.randrange(1, 12) :]


def with_a_piece(dice: random.Random, line: str) -> str:
    at = dice.randrange(len(line) + 1)
    return line[:at] + dice.choice(HOSTILE) + line[at:]


def with_another_cell(dice: random.Random, line: str) -> str:
    separator = next(each for each in "\t;," if each in line)
    cells = line.split(separator)
    cells[dice.randrange(len(cells))] = dice.choice(HOSTILE)
    return separator.join(cells)


def with_other_characters(dice: random.Random, line: str) -> str:
    found = list(line)
    for _ in range(dice.randrange(1, 4)):
        found[dice.randrange(len(found))] = chr(dice.choice((dice.randrange(128), dice.randrange(0x3000))))
    return "".join(found)


def with_cells_swapped(dice: random.Random, line: str) -> str:
    separator = next(each for each in "\t;," if each in line)
    cells = line.split(separator)
    one, other = dice.sample(range(len(cells)), 2)
    cells[one], cells[other] = cells[other], cells[one]
    return separator.join(cells)


def with_a_cell_more_or_less(dice: random.Random, line: str) -> str:
    separator = next(each for each in "\t;," if each in line)
    cells = line.split(separator)
    if dice.random() < 0.5:
        del cells[dice.randrange(len(cells))]
    else:
        cells.insert(dice.randrange(len(cells) + 1), dice.choice(("", "x", "1.5")))
    return separator.join(cells)


def twice(_: random.Random, line: str) -> str:
    return line + line


DAMAGES: tuple[Callable[[random.Random, str], str], ...] = (
    cut, without_a_piece, with_a_piece, with_another_cell, with_other_characters, with_cells_swapped,
    with_a_cell_more_or_less, twice,
)  # fmt: skip


def read_or_told(data: bytes) -> Ledger | str:
    """What was read, or the sentence why it can't be."""
    try:
        return read_ledger(data)
    except InvalidLedger as error:
        return str(error)


def same(entry: Entry, row: dict[str, str]) -> bool:
    """Whether a good row was read as it is, to the last digit."""
    return (
        entry.refid == row["refid"]
        and entry.type == row["type"]
        and entry.asset == row["asset"]
        and f"{entry.time:%Y-%m-%d %H:%M:%S}" == row["time"]
        and (entry.amount, entry.fee, entry.balance)
        == tuple(Decimal(row[name]) for name in ("amount", "fee", "balance"))
        and all(str(each) == f"{each:f}" for each in (entry.amount, entry.fee) if not each)
    )


def lines_in(text: str) -> int:
    """How many lines an editor shows."""
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@pytest.mark.parametrize("share", range(SHARES))
def test_damage_costs_no_more_than_what_is_damaged(share: int) -> None:
    for seed in range(share, EXPORTS, SHARES):
        dice = random.Random(seed)
        written, made = form(dice), rows(dice, dice.randrange(3, 8))
        if written.backwards:
            made.reverse()
        lines = [written.line(each) for each in made]
        hit = set(dice.sample(range(len(made)), dice.randrange(1, 4)))
        for at in hit:
            lines[at] = dice.choice(DAMAGES)(dice, lines[at])
        data = written.joined(lines).encode("utf-8", "surrogatepass")
        if dice.random() < 0.1:  # a byte that is no UTF-8
            at = min(hit)
            place = len(written.joined(lines[:at]).encode("utf-8", "surrogatepass")) + len(lines[at].encode()) // 2
            data = data[:place] + bytes([dice.randrange(128, 256)]) + data[place:]
        check(seed, written, made, lines, hit, read_ledger(data))


def check(
    seed: int, written: Form, made: list[dict[str, str]], lines: list[str], hit: set[int], ledger: Ledger
) -> None:
    by_txid: dict[str, list[Entry]] = {}
    for each in ledger.entries:
        by_txid.setdefault(each.txid, []).append(each)
    named_lines = {each.line for each in ledger.problems} | {*ledger.repeated, *ledger.announced}
    named_lines |= {each.line for each in ledger.entries}
    at = 2
    for index, (row, line) in enumerate(zip(made, lines, strict=True)):
        if written.end == "\r" and line.startswith("\n"):  # both together are one end of a line
            at -= 1
        many = lines_in(line + written.end)
        if index not in hit:
            found = [each for each in by_txid.get(row["txid"], ()) if same(each, row)]
            assert found, (seed, "lost", row, lines, ledger.problems)
            assert any(each.line == at for each in found) or at in ledger.repeated, (seed, "elsewhere", found, at)
        elif line.replace('"', "").strip(" \r\n\t,;\0\v\f\x1c\x85\u2028"):
            assert named_lines & {*range(at, at + many)}, (seed, "not named", index, lines, ledger)
        at += many
    assert all(each.message.isprintable() for each in ledger.problems), seed


def test_a_damaged_first_line_gets_a_sentence_or_costs_nothing() -> None:
    for seed in range(1000):
        dice = random.Random(seed)
        written, made = form(dice), rows(dice, 4)
        text = written.text(made)
        first, rest = text.split(written.end, 1)
        damaged = dice.choice(DAMAGES)(dice, first)
        ledger = read_or_told((damaged + written.end + rest).encode("utf-8", "surrogatepass"))
        if isinstance(ledger, str):
            assert ledger.isprintable(), seed
            continue
        told = {each.line for each in ledger.problems} | {*ledger.repeated} | {each.line for each in ledger.entries}
        assert len(told) >= 4, (seed, damaged, ledger)


def test_damaged_json_loses_no_good_row() -> None:
    for seed in range(1000):
        dice = random.Random(seed)
        made = rows(dice, 5)
        text = as_json(made)
        row = dice.choice(made)
        start = text.index(f'"{row["txid"]}"')
        end = text.index("}", start)
        at = dice.randrange(start, end)
        piece = dice.choice([each for each in HOSTILE if not set(each) & set("{}")])
        damaged = text[:at] + piece + text[at + dice.randrange(3) :]
        ledger = read_or_told(damaged.encode("utf-8", "surrogatepass"))
        assert isinstance(ledger, Ledger), (seed, damaged, ledger)
        read = {each.txid: each for each in ledger.entries}
        for each in made:
            if each is not row:
                assert same(read[each["txid"]], each), (seed, each, damaged)
        assert ledger.problems or len(ledger.entries) == 5, (seed, damaged)


def test_anything_at_all_is_a_sentence_or_a_ledger() -> None:
    dice = random.Random(0)
    whole = Form().text(rows(dice, 6)).encode()
    for seed in range(1000):
        dice = random.Random(seed)
        kind = dice.randrange(4)
        data = dice.randbytes(dice.randrange(400))
        if kind == 1:
            data = whole[: dice.randrange(len(whole))]
        elif kind == 2:
            data = bytes(each if dice.random() < 0.98 else dice.randrange(256) for each in whole)
        elif kind == 3:
            data = b"".join(dice.choice(HOSTILE).encode("utf-8", "surrogatepass") for _ in range(20))
        told = read_or_told(data)
        assert isinstance(told, Ledger) or told.isprintable(), seed


def test_ids_are_made_alike() -> None:
    assert named(random.Random(1), "L") == named(random.Random(1), "L")

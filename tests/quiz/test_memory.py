"""What practice remembers: kept whole, put together, set aside, forgotten."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginlib.quiz.memory import FileMemory, Memory, Unreadable
from marginlib.quiz.schedule import STAGES

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def on(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def add(memory: Memory, seed: int, *, right: bool = True) -> None:
    memory.add("05", 1, "taken", seed, "alone", right)


def seeds(memory: Memory) -> list[int]:
    return [each.seed for each in memory.answered]


@given(st.lists(st.tuples(st.text(), st.integers(1, 4), st.integers(0, 999), st.sampled_from(STAGES), st.booleans())))
def test_what_is_written_is_read(tasks: list[tuple[str, int, int, str, bool]]) -> None:
    memory, other = Memory(lambda: START), Memory()
    for ask, level, seed, stage, right in tasks:
        memory.add("01", level, ask, seed, stage, right)
    other.join(memory.text())

    assert other.answered == memory.answered
    assert other.text() == memory.text()
    assert len(json.loads(memory.text())["answered"]) == len(tasks)


def test_the_next_kernel_goes_on_from_the_file(tmp_path: Path, clock: Clock) -> None:
    add(FileMemory(tmp_path / "my.json", clock), 7)

    again = FileMemory(tmp_path / "my.json", clock)
    assert seeds(again) == [7]
    assert again.note == ""
    assert "my.json" in again.where
    assert [path.name for path in tmp_path.iterdir()] == ["my.json"], "nothing else is left lying"


def test_nothing_is_written_before_something_is_answered(tmp_path: Path, clock: Clock) -> None:
    FileMemory(tmp_path / "my.json", clock)

    assert list(tmp_path.iterdir()) == []


def test_two_kernels_lose_nothing_of_each_other(tmp_path: Path, clock: Clock) -> None:
    one, two = FileMemory(tmp_path / "my.json", clock), FileMemory(tmp_path / "my.json", clock)
    for seed in range(10):
        clock.on(seconds=1)
        add(one if seed % 2 else two, seed)

    assert seeds(FileMemory(tmp_path / "my.json", clock)) == list(range(10))


def test_what_another_kernel_wrote_over_comes_back(tmp_path: Path, clock: Clock) -> None:
    """Both read before either wrote: the next answer of the one who was overwritten brings its own again."""
    one, two = FileMemory(tmp_path / "my.json", clock), FileMemory(tmp_path / "my.json", clock)
    add(one, 1)
    lost = (tmp_path / "my.json").read_text()
    Memory.add(two, "05", 1, "taken", 2, "alone", True)  # without looking
    assert seeds(FileMemory(tmp_path / "my.json", clock)) != [1, 2], lost
    clock.on(seconds=1)
    add(one, 3)

    assert sorted(seeds(FileMemory(tmp_path / "my.json", clock))) == [1, 2, 3]


def test_forget_is_forgotten_by_all(tmp_path: Path, clock: Clock) -> None:
    one, two = FileMemory(tmp_path / "my.json", clock), FileMemory(tmp_path / "my.json", clock)
    add(one, 1)
    add(two, 2)
    clock.on(seconds=1)
    one.forget()
    assert seeds(FileMemory(tmp_path / "my.json", clock)) == []
    clock.on(seconds=1)
    add(two, 3)

    assert seeds(two) == [3]
    assert seeds(FileMemory(tmp_path / "my.json", clock)) == [3]


def test_forget_works_with_a_clock_that_stands_still_or_goes_back(clock: Clock) -> None:
    memory = Memory(clock)
    add(memory, 1)
    kept = memory.text()
    memory.forget()
    clock.on(days=-1)
    add(memory, 2)
    memory.join(kept)

    assert seeds(memory) == [2]


def test_a_file_that_was_deleted_is_forgotten(tmp_path: Path, clock: Clock) -> None:
    memory = FileMemory(tmp_path / "my.json", clock)
    add(memory, 1)
    (tmp_path / "my.json").unlink()
    add(memory, 2)

    assert seeds(FileMemory(tmp_path / "my.json", clock)) == [2]


LINE = '["2026-03-01T09:00:00+00:00", "05", 1, "taken", 7, "alone", true]'
HEAD = '"what": "marginlib practice", "edition": 1, "since": "0001-01-01T00:00:00+00:00"'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "can't be read as JSON"),
        ("{", "can't be read as JSON"),
        ("[" * 100_000, "can't be read as JSON"),
        ("[]", "doesn't say that it is one"),
        ('{"cells": []}', "doesn't say that it is one"),
        ('{"what": "marginlib practice", "edition": 2}', "another edition"),
        (f"{{{HEAD}}}", "no list"),
        (f'{{{HEAD.replace("0001-01-01T00:00:00+00:00", "today")}, "answered": []}}', "since when"),
        (f'{{{HEAD}, "answered": [{LINE}, 7]}}', "entry 2"),
        *[
            (f'{{{HEAD}, "answered": [{LINE.replace(*each)}]}}', "entry 1")
            for each in (
                ('"05"', "5"), ("1,", "5,"), ("1,", "true,"), ("7", "-7"), ("7", "1e400"), ("alone", "else"),
                ("true", "1"), ("true", '"yes"'), ("+00:00", ""), ("2026", "then"), ('"alone"', "[]"),
                ("2026-03-01T09:00:00+00:00", "0001-01-01T00:00:00+14:00"),
            )
        ],
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_set_aside_with_a_sentence(tmp_path: Path, clock: Clock, text: str, why: str) -> None:
    path = tmp_path / "my.json"
    path.write_text(text)
    memory = FileMemory(path, clock)

    assert why in memory.note
    assert "my-set-aside-1.json" in memory.note
    assert (tmp_path / "my-set-aside-1.json").read_text() == text
    add(memory, 1)
    assert seeds(FileMemory(path, clock)) == [1]
    with pytest.raises(Unreadable, match=why):
        Memory().join(text)


def test_one_that_is_set_aside_takes_no_others_place(tmp_path: Path, clock: Clock) -> None:
    for text in ("one", "two"):
        (tmp_path / "my.json").write_text(text)
        FileMemory(tmp_path / "my.json", clock)

    assert sorted(path.read_text() for path in tmp_path.iterdir()) == ["one", "two"]


def test_one_that_breaks_meanwhile_is_set_aside_and_nothing_is_lost(tmp_path: Path, clock: Clock) -> None:
    memory = FileMemory(tmp_path / "my.json", clock)
    add(memory, 1)
    (tmp_path / "my.json").write_bytes(b"\xff\xfe\x00")
    add(memory, 2)

    assert "it isn't text" in memory.note
    assert seeds(FileMemory(tmp_path / "my.json", clock)) == [1, 2]


def test_where_nothing_can_be_written_the_kernel_remembers_and_says_so(tmp_path: Path, clock: Clock) -> None:
    memory = FileMemory(tmp_path / "none" / "my.json", clock)
    add(memory, 1)
    add(memory, 2)

    assert seeds(memory) == [1, 2]
    assert memory.where == ""
    assert "Nothing can be kept in" in memory.note
    assert "until the kernel stops" in memory.note


def test_a_folder_in_its_place_is_no_trouble(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "my.json").mkdir()
    memory = FileMemory(tmp_path / "my.json", clock)
    add(memory, 1)

    assert seeds(memory) == [1]
    assert "Nothing can be kept in" in memory.note


def test_it_is_kept_where_it_was_opened(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    memory = FileMemory(Path("my.json"), clock)
    os.chdir(tmp_path / "elsewhere")
    add(memory, 1)

    assert (tmp_path / "my.json").exists()

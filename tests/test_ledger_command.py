"""``marginlib ledger``, as a person and as a script meet it."""

import json
import os
import pty
import random
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exports import SIXTEEN, TEN, Form, as_json, large, rows

from marginlib.cli import main
from marginlib.telling import waiting as waits

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "data" / "ledger" / "sample.csv"
BROKEN = '"LX","TX","2025-13-01 00:00:00","margin","","currency","ZEUR",five,1.0000,2.0000\n'


def export(folder: Path, *, more: str = "", count: int = 12) -> Path:
    """A made-up export in a file."""
    file = folder / "ledgers.csv"
    file.write_text(Form(TEN).text(rows(random.Random(5), count)) + more, encoding="utf-8")
    return file


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    """The status and the JSON of a file."""
    status = main(["ledger", "--json", *map(str, arguments)])
    return status, json.loads(capsys.readouterr().out)


def test_an_export_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["ledger", str(export(tmp_path))]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert re.search(r"ledgers\.csv 12 rows were read, from 2025-\d\d-\d\d \d\d:\d\d to 20\d\d-\d\d-\d\d", told)
    assert "Each balance follows from the one before it" not in told or "Breaks" in told
    assert "Not read" not in told


def test_the_sample_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = printed(capsys, SAMPLE)
    assert (status, found["status"], found["problems"], found["breaks"]) == (0, "ok", [], [])
    assert found["rows"] == len(SAMPLE.read_text(encoding="utf-8").splitlines()) - 1
    assert sum(len(each["lines"]) for each in found["groups"]) == found["rows"]


def test_a_broken_row_is_named_and_the_rest_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = export(tmp_path, more=BROKEN)
    status, found = printed(capsys, file)
    assert (status, found["status"], found["rows"], found["file"]) == (2, "incomplete", 12, str(file))
    assert [(each["line"], each["column"]) for each in found["problems"]] == [(14, "time"), (14, "amount")]
    assert found["problems"][1]["message"] == "expected a number such as -24.5, got 'five'"
    assert main(["ledger", str(file)]) == 2
    told = capsys.readouterr().out
    assert "Not read\n  Line 14, time: expected a time in UTC such as 2023-04-05 06:07:08, got" in told


def test_many_broken_rows_are_told_in_few_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["ledger", str(export(tmp_path, more=BROKEN * 500))]) == 2
    told = capsys.readouterr().out
    assert "… and 980 more; --json has them all." in told
    assert len(told.splitlines()) < 200


def test_what_a_ledger_says_is_no_failure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = export(tmp_path).read_text(encoding="utf-8").splitlines(keepends=True)
    del lines[6]
    (tmp_path / "gap.csv").write_text("".join(lines), encoding="utf-8")
    status, found = printed(capsys, tmp_path / "gap.csv")
    assert (status, found["status"]) == (0, "ok")
    assert found["breaks"]


def test_what_was_left_out_and_what_isnt_known_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = export(tmp_path)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    odd = lines[-1].replace('"L', '"M', 1)
    odd = re.sub(r'("\d{4}-[^"]*"),"\w+"', r'\1,"lottery"', odd)
    file.write_text("".join([*lines, lines[3], odd]), encoding="utf-8")
    status, found = printed(capsys, file)
    assert status == 0
    assert found["repeated"] == [14]
    assert found["unknown_types"] == {"lottery": 1}
    main(["ledger", str(file)])
    told = " ".join(capsys.readouterr().out.split())
    assert "Line 14 says again what an earlier line says" in told
    assert "Types that exports aren't known to have: 'lottery' (1). Their rows are kept." in told


def test_amounts_are_plain_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    head = ",".join(TEN) + "\n"
    text = head + "L1,T1,2025-03-05 06:07:08,deposit,,currency,XXBT,0.0000000001,0,0.0000000001\n"
    text += "L2,T2,2025-03-06 06:07:08,deposit,,currency,SHIB,5E+12,0,5000000000000\n"
    (tmp_path / "dust.csv").write_text(text, encoding="utf-8")
    main(["ledger", "--json", str(tmp_path / "dust.csv")])
    out = capsys.readouterr().out
    assert "0.0000000001" in out
    assert not re.search(r'"-?[0-9.]+[eE][+-]?[0-9]+"', out)
    for each in re.findall(r'"(-?[0-9.]+)"', out):
        Decimal(each)


def test_several_files_are_one_object_a_line_and_one_that_cant_be_read_stops_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = tmp_path / "trades.csv"
    other.write_text(
        '"txid","ordertxid","pair","time","type","ordertype","price","cost","fee","vol"\n', encoding="utf-8"
    )
    status = main(["ledger", "--json", str(export(tmp_path)), str(other), str(tmp_path / "no.csv"), str(SAMPLE)])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 2
    assert [each["status"] for each in found] == ["ok", "error", "error", "ok"]
    assert found[1]["error"]["message"].startswith("this is the trades export")
    assert found[2]["rows"] == 0
    assert main(["ledger", str(other)]) == 2
    assert "This can't be read: this is the trades export" in capsys.readouterr().out


def test_a_scenario_is_sent_where_it_belongs(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = printed(capsys, ROOT / "data" / "ledger" / "sample.json")
    assert status == 2
    assert found["error"]["message"] == "this is a scenario, not an export: `marginlib run FILE` replays it"


@pytest.mark.parametrize("what", ["csv", "json"])
def test_standard_input_is_read(what: str) -> None:
    made = rows(random.Random(2), 5)
    text = Form(SIXTEEN).text(made) if what == "csv" else as_json(made)
    done = subprocess.run(
        [sys.executable, "-m", "marginlib", "ledger", "--json", "-"],
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    found = json.loads(done.stdout)
    assert (done.returncode, found["rows"], found["file"], done.stderr) == (0, 5, "standard input", b"")


def test_nothing_from_a_file_steers_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    evil = "\x1b[31m\u202e<script>\x07"
    lines = [
        f'"L{evil}{at}","T{evil}","2025-03-05 06:07:{at:02}","{evil}kind","{evil}","{evil}","EUR",{at},0,{at}\n'
        for at in range(20)
    ]
    text = Form(TEN).text([]) + "".join(lines) + f'"L","T","{evil}","x","","","EUR",1,1,1\n"L","{evil}\n'
    (tmp_path / "evil.csv").write_text(text, encoding="utf-8")
    assert main(["ledger", str(tmp_path / "evil.csv")]) == 2
    told = capsys.readouterr().out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", told)
    assert main(["ledger", "--json", str(tmp_path / "evil.csv")]) == 2
    assert capsys.readouterr().out.isascii()


def test_the_help_has_an_export_that_can_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["ledger", "-h"]) == 0
    told = capsys.readouterr().out
    (tmp_path / "help.csv").write_text("\n".join(re.findall(r'^ +(".*)$', told, re.MULTILINE)), encoding="utf-8")
    status, found = printed(capsys, tmp_path / "help.csv")
    assert (status, found["rows"]) == (0, 1)
    assert "exit status is 2" in " ".join(told.split())


def seen(command: list[str], folder: Path) -> tuple[str, str]:
    """What a command prints, and what a terminal on its standard error shows."""
    ours, theirs = pty.openpty()
    printed_to = folder / "printed"
    with printed_to.open("wb") as out:  # a pipe would fill up while the terminal is read
        done = subprocess.Popen(command, stdout=out, stderr=theirs, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    shown = b""
    try:
        while more := os.read(ours, 65_536):
            shown += more
    except OSError:  # the other end is closed
        pass
    done.wait(60)
    os.close(ours)
    return printed_to.read_text(encoding="utf-8"), shown.decode()


def test_a_bar_is_shown_for_what_takes_longer_than_a_moment_and_wiped_away(tmp_path: Path) -> None:
    file = export(tmp_path, count=3000)
    code = (
        "import sys; from marginlib.telling import waiting; waiting.PATIENCE = {}\n"
        "from marginlib.cli import main; main(['ledger', '--json', sys.argv[1]])"
    )
    out, shown = seen([sys.executable, "-c", code.format(0), str(file)], tmp_path)
    assert "Reading" in shown
    assert shown.rstrip("\r\n").endswith("\x1b[2K")
    assert json.loads(out)["rows"] == 3000
    out, shown = seen([sys.executable, "-c", code.format(60), str(file)], tmp_path)
    assert shown == ""
    done = subprocess.run([sys.executable, "-c", code.format(0), str(file)], capture_output=True, check=True)
    assert done.stderr == b""


def test_patience_is_a_second() -> None:
    assert waits.PATIENCE == 1.0
    with waits.waiting("Reading") as told:
        told(1, 2)
        told(1, 0)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells what a process took at most")
def test_two_hundred_thousand_rows_stay_small(tmp_path: Path) -> None:
    """Time depends on the machine, and is measured by `make bench`; memory doesn't."""
    code = (
        "import sys; from pathlib import Path; from marginlib.cli import main\n"
        "main(['ledger', '--json', sys.argv[1]])\n"
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(large(tmp_path / "large.csv"))], capture_output=True, check=True
    )
    found = json.loads(done.stdout)
    assert (found["status"], found["rows"], found["breaks"]) == ("ok", 200_000, [])
    assert int(done.stderr) / 1024 < 300

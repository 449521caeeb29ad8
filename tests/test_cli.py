"""The command line, as a person and as a script meet it."""

import dataclasses
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from marginlib import cli, rulebook, rules
from marginlib import rulebook as _rulebook_function
from marginlib.cli import main
from marginlib.lessons import Life
from marginlib.reading.replaying import replay

ROOT = Path(__file__).resolve().parent.parent
LOSS: dict[str, Any] = {
    "title": "A loss larger than the euros",
    "balances": {"EUR": "100", "USD": "500", "BTC": "0.01", "DOGE": "1000"},
    "prices": {"BTC/EUR": "50000", "EUR/USD": "1.1", "DOGE/EUR": "0.1"},
    "valuation": "EUR",
    "steps": [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
        {"do": "price", "pair": "BTC/EUR", "price": "45000"},
        {"do": "close", "pair": "BTC/EUR", "volume": "all"},
    ],
}
REFUSED: dict[str, Any] = {
    "title": "Too little to settle",
    "balances": {"EUR": "4000"},
    "prices": {"BTC/EUR": "50000"},
    "steps": [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
        {"do": "settle", "pair": "BTC/EUR", "volume": "all"},
    ],
}
"""The loss leaves 4,000 EUR untouched, and so does the refused settlement."""


def scenario(folder: Path, name: str, content: object) -> str:
    """Write a scenario file and return its path."""
    file = folder / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(file)


def marginlib(*arguments: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process of its own, its output a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "marginlib", *arguments],
        cwd=ROOT, input=given, capture_output=True, check=False, timeout=60, env={**os.environ, **environment},
    )  # fmt: skip


# With --json


def test_json_is_one_object_with_plain_amounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["run", "--json", scenario(tmp_path, "loss.json", LOSS)])
    (line,) = capsys.readouterr().out.splitlines()
    result = json.loads(line)

    assert status == 0
    assert result["status"] == "ok"
    assert result["balances"] == {"BTC": "0.0008831908", "DOGE": "1000", "EUR": "0", "USD": "500"}
    assert result["realised"][0]["cascade"][1] == {
        "currency": "BTC", "taken": "0.0091168092", "covers": "400", "fee": "10.2564", "fee_rate": "0.025",
    }  # fmt: skip


def test_several_files_are_one_object_a_line_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [
        scenario(tmp_path, "a.json", REFUSED),
        scenario(tmp_path, "b.json", LOSS),
        scenario(tmp_path, "c.json", "{"),
        scenario(tmp_path, "d.json", {}),
    ]
    status = main(["run", *files, "--json"])
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert status == 2
    assert [each["status"] for each in results] == ["error", "ok", "error", "ok"]
    assert results[0]["error"]["step"] == 1
    assert results[0]["error"]["code"] == "insufficient_funds"
    assert results[0]["balances"] == {"EUR": "4000"}
    assert results[2]["error"]["code"] == "invalid_scenario"
    assert results[2]["error"]["step"] is None
    assert results[2]["balances"] == {}
    assert results[2]["margin"] is None


def test_several_good_files_end_with_status_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = scenario(tmp_path, "a.json", LOSS)

    assert main(["run", "--json", file, file]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second


def test_json_is_ascii_whatever_the_scenario_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--json", scenario(tmp_path, "a.json", {"balances": {"é": "1"}})])

    assert capsys.readouterr().out.isascii()


def test_json_needs_nothing_that_prints_tables(tmp_path: Path) -> None:
    """A script that replays thousands of files doesn't wait for rich."""
    code = "import sys; from marginlib.cli import main; main(sys.argv[1:]); print('rich' in sys.modules)"
    file = scenario(tmp_path, "a.json", LOSS)
    run = subprocess.run(
        [sys.executable, "-c", code, "run", "--json", file], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert run.stdout.splitlines()[-1] == "False"


def test_a_dash_reads_standard_input() -> None:
    run = marginlib("run", "--json", "-", given=json.dumps(LOSS).encode())

    assert run.returncode == 0
    assert json.loads(run.stdout)["balances"]["EUR"] == "0"


# A panel's link


LINK = "#v1/Life?side=short&move=-20&end=settling"


def test_a_link_is_replayed_as_the_scenario_of_its_panel(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--json", "--link", f"https://example.org/00.html{LINK}"]) == 0
    result = json.loads(capsys.readouterr().out)
    panel = Life(side="short", move=-20, end="settling")

    assert result == json.loads(json.dumps(replay(panel.scenario(panel.values)).as_json()))
    assert main(["run", "--link", LINK]) == 0
    told = capsys.readouterr().out
    assert told.startswith("A position's whole life\n\n  1  You open a short of 0.4 BTC at 50,000.00 EUR")


def test_the_scenario_of_a_link_can_be_kept_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--scenario", "--link", LINK]) == 0
    file = scenario(tmp_path, "life.json", capsys.readouterr().out)
    assert main(["run", "--json", file]) == 0
    from_file = capsys.readouterr().out
    assert main(["run", "--json", "--link", LINK]) == 0
    assert capsys.readouterr().out == from_file


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("", "there is no link; expected one as Copy link gives it, such as #v1/LossCascade?move=-20"),
        ("#v1/Lief?move=-20", "there is no panel 'Lief'; did you mean 'Life'?"),
        ("#v1/Life?move=50", "move: expected a number from -40 to 40, got '50'"),
        ("#v1/Life?mood=5", "mood: no such control; known here: side, leverage, move, end, moment"),
    ],
)
def test_a_link_that_leads_nowhere_gets_a_sentence(capsys: pytest.CaptureFixture[str], link: str, message: str) -> None:
    assert main(["run", "--json", "--link", link]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["step"], error["code"], error["message"]) == (None, "invalid_scenario", message)

    assert main(["run", "--link", link]) == 2
    told = capsys.readouterr()
    assert "".join(f"This can't be replayed: {message}".split()) in "".join(told.out.split())

    assert main(["run", "--scenario", "--link", link]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"marginlib: {message}\n"), "a file made of it stays empty"


def test_a_refused_step_of_a_link_is_told_as_a_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--json", "--link", "#v1/LossCascade?leverage=2"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "insufficient_margin"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "expected a FILE, or a panel's link after --link"),
        (("a.json", "--link", LINK), "expected a FILE or a --link, not both; an address with a & stands in quotes"),
        (("a.json", "--scenario"), "--scenario says the scenario of a --link; a FILE is one already"),
        (("--link", LINK, "--json", "--scenario"), "not allowed with argument"),
    ],
)
def test_a_file_or_a_link_is_what_runs(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert main(["run", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence in told.err


def test_a_link_loads_its_own_lesson_alone() -> None:
    code = (
        "import sys; from marginlib.cli import main; main(sys.argv[1:]); "
        "print([name for name in sys.modules if name.startswith('marginlib.lessons.') and name.endswith('.panel')], "
        "'rich' in sys.modules, 'plotly' in sys.modules, 'ipywidgets' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "run", "--json", "--link", LINK], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip

    assert run.stdout.splitlines()[-1] == "['marginlib.lessons.start.panel'] False False False"


# Input that is no scenario

BROKEN: list[tuple[str | bytes, str, str]] = [
    ("", "is empty", "expected a scenario"),
    (" \n", "is empty", "expected a scenario"),
    ("null", "the scenario", "expected an object"),
    ("[]", "the scenario", "expected an object"),
    ('{"balances": {"EUR": ', "line 1, column 22", "expected an object"),
    ('{"balances": {"EUR": 1, "EUR": 2}}', "'EUR' is given twice", "expected each key once"),
    ('{"balances": {"EUR": "1e3"}}', "balances.EUR", "expected an amount of 0 or more"),
    ('{"balances": {"EUR": NaN}}', "balances.EUR", "expected an amount of 0 or more"),
    ('{"balances": {"EUR": 1e999999999999}}', "balances.EUR", "at most 20 digits"),
    ('{"balances": {"eur": 1}}', "balances.eur", "such as 'EUR'"),
    ('{"balance": {"EUR": 1}}', "balance", "did you mean 'balances'?"),
    ('{"prices": {"BTCEUR": 1}}', "prices.BTCEUR", "write 'BTC/EUR'"),
    ('{"prices": {"BTC/EUR": 0}}', "prices.BTC/EUR", "expected a price above 0"),
    ('{"fees": {"trading": "1"}}', "fees.trading", "from 0 to below 1"),
    ('{"rules": {"liquidation": "on"}}', "rules.liquidation", "'until-100'"),
    ('{"steps": {}}', "steps", "expected a list"),
    ('{"steps": ["x"]}', "steps[0]", "expected a step such as"),
    ('{"steps": [{"do": "clse"}]}', "steps[0].do", "did you mean 'close'?"),
    ('{"steps": [{"do": "wait", "hours": 1}, {"do": "wait"}]}', "steps[1].hours", "expected a number of hours"),
    ('{"steps": [{"do": "open", "pair": "BTC/EUR", "side": "Long", "volume": 1}]}', "steps[0].side", "'long'"),
    ("[" * 100_000, "nested too deeply", "expected an object"),
    ('{"title": "é"}'.encode("latin-1"), "byte 11", "not UTF-8"),
    (bytes(range(256)), "byte 128", "not UTF-8"),
]


@pytest.mark.parametrize(("content", "place", "expected"), BROKEN)
def test_a_broken_file_is_told_with_the_place_and_what_was_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | bytes, place: str, expected: str
) -> None:
    file = scenario(tmp_path, "broken.json", content)

    assert main(["run", "--json", file]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["step"], error["code"]) == (None, "invalid_scenario")
    assert place in error["message"]
    assert expected in error["message"]

    assert main(["run", file]) == 2
    told = capsys.readouterr()
    mark = "" if error["message"].endswith("?") else "."
    assert "".join(f"This can't be replayed: {error['message']}{mark}".split()) in "".join(told.out.split())
    assert told.err == ""


def test_a_question_ends_without_a_second_mark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", scenario(tmp_path, "a.json", '{"price": {}}')])
    assert "did you mean 'prices'?\n" in capsys.readouterr().out


def test_broken_files_do_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [scenario(tmp_path, f"{index}.json", content) for index, (content, _, _) in enumerate(BROKEN)]

    assert main(["run", "--json", *files, scenario(tmp_path, "good.json", LOSS)]) == 2
    statuses = [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()]
    assert statuses == ["error"] * len(BROKEN) + ["ok"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.json", "there is no file 'missing.json'; expected the path of a scenario"),
        ("folder", "'folder' is a directory; expected a scenario file"),
        ("a\0b", r"'a\x00b' can't be read (embedded null byte); expected a scenario file"),
        ("large.json", "'large.json' is too large; expected a scenario of at most 20 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "large.json").write_bytes(b" " * 20_000_001)
    monkeypatch.chdir(tmp_path)

    assert main(["run", "--json", name]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["message"] == message


def test_a_file_without_permission_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Simulated: whoever runs the tests may be allowed everything."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = scenario(tmp_path, "secret.json", LOSS)
    monkeypatch.setattr(Path, "open", refuse)

    assert main(["run", "--json", file]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["message"].startswith("no permission to read ")


def test_standard_input_that_is_closed_or_used_up_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["run", "--json", "-"]) == 2
    assert "standard input is empty" in capsys.readouterr().out

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    assert main(["run", "--json", "-", "-"]) == 2
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == ["ok", "error"]


# For people


def test_a_story_reads_as_sentences_and_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", scenario(tmp_path, "loss.json", LOSS)]) == 0

    assert (
        capsys.readouterr().out
        == """\
A loss larger than the euros

  1  You open a long of 0.1 BTC at 50,000.00 EUR with 5× leverage: the exchange
     extends 5,000.00 EUR, which buys you 0.1 BTC, restricted (R1).
  2  BTC/EUR falls by 10 %, from 50,000.00 EUR to 45,000.00 EUR.
  3  You sell 0.1 BTC of position 1 at 45,000.00 EUR: that falls 500.00 EUR
     short of the 5,000.00 EUR owed, your loss (R9, R10, R11).

     Currency  Why here             Taken  Covers, EUR  Fee, EUR   Rate
     ──────────────────────────────────────────────────────────────────
     EUR       quote currency      100.00       100.00
     BTC       base currency   0.00911681       400.00     10.26  2.5 %
     Together                                   500.00     10.26

Balances
  Currency    Before             After           Change
  ─────────────────────────────────────────────────────
  BTC           0.01      0.0008831908    −0.0091168092
  DOGE      1,000     1,000                0
  EUR         100         0             −100
  USD         500       500                0

Margin
  Trade balance  594.29 EUR
  Equity         594.29 EUR
  Used margin      0.00 EUR
  Free margin    594.29 EUR
  No position is open, so there is no margin level (B3).
"""
    )


def test_a_refusal_is_told_where_it_happens_with_what_still_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", scenario(tmp_path, "refused.json", REFUSED)]) == 2
    told = capsys.readouterr()

    assert told.err == ""
    assert (
        """\
  2  You try to settle all of your position in BTC/EUR.
     Step 2 is refused (A7): Settling needs 5,000 EUR, and the balance is
     4,000 EUR. Deposit 1,000 EUR first, or settle at most 0.08 BTC (R6).

Balances, as they stood before that step
  Currency  Before  After  Change
  ───────────────────────────────
  EUR        4,000  4,000       0

Open positions
  No.  Pair     Side      Opened at  Leverage       You owe  You hold
  ───────────────────────────────────────────────────────────────────
  1    BTC/EUR  long  50,000.00 EUR        5×  5,000.00 EUR   0.1 BTC
"""
        in told.out
    )


def test_what_else_stands_at_the_end_has_a_place_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [
        {"do": "open", "pair": "BTC/EUR", "side": "short", "volume": "0.2"},
        {"do": "stop", "pair": "BTC/EUR", "side": "buy", "trigger": "70000"},
        {"do": "close", "pair": "BTC/EUR", "volume": "0.1", "price": "60000"},
    ]
    content = {**LOSS, "balances": {"EUR": "300"}, "rules": {"initial_margin_check": False}, "steps": steps}
    main(["run", scenario(tmp_path, "a.json", content)])
    out = capsys.readouterr().out

    assert "\nUnpaid\n  700.00 EUR are unpaid and count against your equity (A5).\n" in out
    assert "\nWaiting stops\n  A buy stop in BTC/EUR waits for 70,000.00 EUR or more (R22).\n" in out
    assert re.search(r"\n  Equity +−700\.00 EUR\n", out)
    assert "is switched off" in out


def test_stops_several_lots_and_liquidations_are_told_under_their_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [
        {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "8", "leverage": 5},
        {"do": "open", "pair": "ETH/EUR", "side": "long", "volume": "1", "leverage": 5},
        {"do": "stop", "pair": "ETH/EUR", "side": "sell", "trigger": "500"},
        {"do": "price", "pair": "ETH/EUR", "price": "800"},
    ]
    content = {"balances": {"EUR": "2300"}, "prices": {"ETH/EUR": "1000"}, "rules": {"liquidation": "all"}}
    assert main(["run", scenario(tmp_path, "a.json", {**content, "steps": steps})]) == 0

    assert (
        """\
  4  ETH/EUR falls by 20 %, from 1,000.00 EUR to 800.00 EUR.
     The margin level is 40 % or less, so the exchange closes all positions,
     oldest first (B5).
     The exchange sells 8 ETH of position 1 at 800.00 EUR: that falls
     1,600.00 EUR short of the 8,000.00 EUR owed, your loss (B5, R10, R11).
     Your EUR bear all of it, because EUR is the quote currency (R13).
     The exchange sells 1 ETH of position 2 at 800.00 EUR: that falls 200.00 EUR
     short of the 1,000.00 EUR owed, your loss (B5, R10, R11).
     Your EUR bear all of it, because EUR is the quote currency (R13).
     With the position, your stop in ETH/EUR ends too (R22).
"""
        in capsys.readouterr().out
    )


def test_an_empty_scenario_reads_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(tmp_path, "empty.json", {})
    monkeypatch.chdir(tmp_path)
    assert main(["run", "empty.json"]) == 0

    assert capsys.readouterr().out.replace("\n", " ").split() == (
        ["empty.json", "There", "are", "no", "steps.", "Balances", "There", "are", "none."]
    )


def test_several_stories_are_set_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", scenario(tmp_path, "a.json", LOSS), scenario(tmp_path, "b.json", REFUSED)])

    assert "margin level (B3).\n\nToo little to settle\n\n  1  You open" in capsys.readouterr().out


def test_a_title_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    title = "[bold]loud[/bold] \x1b[31mred\x07\r\n :smile: \u202ereversed [/nothing]"
    main(["run", scenario(tmp_path, "a.json", {**LOSS, "title": title})])
    out = capsys.readouterr().out

    assert out.splitlines()[0] == "[bold]loud[/bold] [31mred :smile: reversed [/nothing]"
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", out) is None


def test_a_long_title_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", scenario(tmp_path, "a.json", {"title": "long " * 100_000})])
    lines = capsys.readouterr().out.splitlines()

    assert lines[2].endswith("…")
    assert max(map(len, lines)) <= 80


def test_no_digit_is_cut_off_where_a_table_is_too_wide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    amount = "12345678901234567890.1234567891"
    main(["run", scenario(tmp_path, "a.json", {"balances": {"BTC": amount, "A1B2C3D4E5F6G7H8": "1"}})])
    lines = capsys.readouterr().out.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("  BTC"))
    cells = [line[2:].rjust(78) for line in lines[start:]]

    assert max(map(len, lines)) <= 80
    digits = "".join(re.findall(r"[0-9]", "".join(cells)))
    assert len(digits) == 2 * len(amount.replace(".", "")) + 1  # before and after; the change is 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437"])
def test_an_output_that_cannot_encode_everything_gets_plainer_characters(tmp_path: Path, encoding: str) -> None:
    file = scenario(tmp_path, "a.json", {**LOSS, "title": "Потеря − loss"})
    run = marginlib("run", file, PYTHONIOENCODING=encoding)
    out = run.stdout.decode(encoding)

    assert run.returncode == 0
    assert run.stderr == b""
    assert out.splitlines()[0] == "?????? - loss"
    assert "   -0.0091168092" in out
    assert "  ----------" in out


def test_the_plain_locale_is_no_trouble(tmp_path: Path) -> None:
    run = marginlib("run", scenario(tmp_path, "a.json", LOSS), LC_ALL="C", LANG="C")

    assert (run.returncode, run.stderr) == (0, b"")
    assert b"0.0091168092" in run.stdout


def test_a_pipe_gets_80_columns_and_no_control_sequences(tmp_path: Path) -> None:
    run = marginlib("run", scenario(tmp_path, "a.json", LOSS), COLUMNS="200", TERM="xterm-256color")
    out = run.stdout.decode("utf-8")

    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize(("columns", "least", "most"), [(80, 71, 80), (40, 31, 40), (200, 81, 100)])
def test_a_terminal_is_used_as_wide_as_it_reads_well(tmp_path: Path, columns: int, least: int, most: int) -> None:
    out = on_terminal(columns, "run", scenario(tmp_path, "a.json", LOSS))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines()

    assert "\x1b[1mA loss larger than the euros" in out
    assert least <= max(map(len, lines)) <= most
    assert "594.29EUR" in "".join("".join(lines).split())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_no_color_means_no_colour(tmp_path: Path) -> None:
    out = on_terminal(80, "run", scenario(tmp_path, "a.json", LOSS), NO_COLOR="1")

    assert re.search(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7])", out) is None


def on_terminal(columns: int, *arguments: str, **environment: str) -> str:
    """What the command writes to a terminal of so many columns."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    unset = {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "LINES"}
    clean = {key: value for key, value in os.environ.items() if key not in unset}
    settings = {**clean, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **environment}
    command = [sys.executable, "-m", "marginlib", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=settings):
        os.close(theirs)
        written = b""
        while True:
            try:
                block = os.read(ours, 65536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not block:
                break
            written += block
    os.close(ours)
    return written.decode("utf-8").replace("\r\n", "\n")


# The rules


def test_the_rules_are_listed_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert [line[2:].partition("  ")[0].rstrip() for line in lines if line.startswith("  ")] == list(rules())
    assert f"  R13  {rules()['R13'].title}" in lines
    assert [line for line in lines if line and not line.startswith(" ")][-1] == "Where the sources disagree"


def test_rules_are_read_in_any_case_and_in_the_order_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "r13", "A1", "R13"]) == 0
    out = capsys.readouterr().out
    words = " ".join(out.split())

    assert re.findall(r"^[RABC][0-9]+", out, re.MULTILINE) == ["R13", "A1"]
    assert f"{rules()['R13'].text} Source: {rules()['R13'].source} A1: " in words
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("R31", "Near it: R3, R1, R23."),
        ("x", "`marginlib rules` lists them all."),
        ("\x1b[31m", "`marginlib rules` lists them all."),
    ],
)
def test_an_unknown_rule_is_told_with_near_ones(capsys: pytest.CaptureFixture[str], asked: str, hint: str) -> None:
    assert main(["rules", "R1", asked]) == 2
    told = capsys.readouterr()

    assert told.out.startswith("R1: ")
    assert told.err == f"There is no rule {asked.upper()!a}. {hint}\n"


def test_rules_as_json_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--json"]) == 0
    everything = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert main(["rules", "--json", "b5"]) == 0
    one = json.loads(capsys.readouterr().out)

    assert [each["id"] for each in everything] == list(rules())
    assert one == dataclasses.asdict(rules()["B5"])
    assert one in everything


@pytest.fixture
def broken_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Rule files that the command will read, to be broken by the test."""
    folder = Path(shutil.copytree(ROOT / "data", tmp_path / "data"))
    module = sys.modules[_rulebook_function.__module__]
    monkeypatch.setattr(module, "data_folder", lambda: folder)
    rulebook.cache_clear()
    rules.cache_clear()
    yield folder
    rulebook.cache_clear()
    rules.cache_clear()


@pytest.mark.parametrize(
    ("name", "arguments"), [("margin.toml", ["run", "--json"]), ("margin.toml", ["run"]), ("rules.toml", ["rules"])]
)
def test_broken_rule_files_are_a_sentence(
    broken_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, arguments: list[str]
) -> None:
    (broken_data / name).write_text("date = 1\n", encoding="utf-8")
    files = [scenario(tmp_path, "a.json", LOSS)] if arguments[0] == "run" else []

    assert main([*arguments, *files]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert re.fullmatch(rf"marginlib: the rules in data/ can't be used: {re.escape(name)}, line 1: .+\n", told.err)


# The command itself


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().out
    assert main(["--help"]) == 0

    assert shown == capsys.readouterr().out
    assert "marginlib rules R13 A1" in shown


def test_the_help_of_run_has_a_scenario_that_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--help"]) == 0
    shown = capsys.readouterr().out
    example = shown[shown.index("{") : shown.rindex("}") + 1]

    assert main(["run", "--json", scenario(tmp_path, "example.json", example)]) == 0
    assert json.loads(capsys.readouterr().out)["realised"][0]["pnl"] == "-700"


@pytest.mark.parametrize("arguments", [["run"], ["fly"], ["run", "--fast", "a.json"], ["rules", "--all"]])
def test_a_wrong_argument_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()

    assert told.out == ""
    assert told.err.startswith("usage: marginlib")


def test_the_version_is_the_projects(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "version", lambda name: {"marginlib": "1.2.3"}[name])

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "marginlib 1.2.3\n"


def test_without_an_installation_there_is_no_version(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(cli, "version", missing)

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "marginlib (not installed: no version)\n"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BrokenPipeError(32, "Broken pipe"), ""),
        (OSError(28, "No space left on device"), "marginlib: can't write the output: No space left on device\n"),
    ],
)
def test_an_output_that_fails_is_told_unless_its_reader_has_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError, told: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("builtins.print", lambda *text, file=None: file.write(f"{text[0]}\n") if file else fail())

    assert main(["rules", "--json", "R1"]) == 141
    assert capsys.readouterr().err == told


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path) -> None:
    """As in ``marginlib run … | head -1``."""
    files = [scenario(tmp_path, "a.json", LOSS)] * 300
    with subprocess.Popen(
        [sys.executable, "-m", "marginlib", "run", "--json", *files],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.read(100)
        run.stdout.close()
        errors = run.stderr.read()

    assert errors == b""
    assert run.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            [sys.executable, "-m", "marginlib", "rules"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert run.returncode == 141
    assert re.fullmatch(rb"marginlib: can't write the output: .+\n", run.stderr)


def test_an_interruption_leaves_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_scenario", interrupted)

    assert main(["run", "a.json"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize("columns", [30, 40, 55, 80])
def test_no_word_and_no_number_is_parted_on_a_narrow_terminal(tmp_path: Path, columns: int) -> None:
    """Tables become lines of their own where they don't fit; a number stays beside its unit."""
    story = on_terminal(columns, "run", scenario(tmp_path, "a.json", {**LOSS, "steps": LOSS["steps"][:2]}))
    plan = on_terminal(columns, "plan", str(tmp_path / "a.json"))

    for out in (story, plan):
        plain_text = re.sub(r"\x1b\[[0-9;]*m", "", out)
        assert not [line for line in plain_text.splitlines() if re.fullmatch(r"\s*[0-9.]{1,3}\s*", line)]
        sentences = plain_text.partition("Balances")[0].rpartition("cheapest\n")[2]
        assert not re.search(r"[0-9]\s*\n\s*(EUR|USD|BTC|%)", sentences)
    for word in ("Currency" if columns > 55 else "Change", "Leverage", "50,000.00"):
        assert word in story
    for word in ("Close now", "Converting", "cheapest"):
        assert word in plan


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["plan", "--help"], ["--version"], ["rules"], []])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_nothing_that_cannot_be_written_counts_as_done(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "marginlib", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert run.returncode == 141
    assert run.stderr.startswith("marginlib: can't write the output")


def test_an_interrupt_while_it_loads_is_silent() -> None:
    """Ctrl-C before the command listens: no traceback."""
    run = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "marginlib", "run", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    for line in run.stderr:
        if "argparse" in line:  # the command is being loaded; much is still to come
            run.send_signal(signal.SIGINT)
            break
    out, said = run.communicate(timeout=30)

    assert out == ""
    assert "Traceback" not in said
    assert run.returncode in (-signal.SIGINT, 130)


def test_nothing_is_loaded_before_the_command_can_be_interrupted() -> None:
    """What the package itself imports comes first of all: an interruption there would be a traceback."""
    code = "import sys; known = {*sys.modules}; import marginlib; print(sorted({*sys.modules} - known))"
    run = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stdout == "['marginlib']\n"

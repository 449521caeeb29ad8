"""The command line: ``run``, ``plan`` and ``limits`` take scenarios, ``ledger`` exports, ``exercise`` is for a class.

A command is a parser with examples, and a function that prints and returns the exit status. How a story looks
on a terminal is in :mod:`marginlib.telling.terminal`, which is imported only where something is printed for people.
"""

import argparse
import codecs
import contextlib
import dataclasses
import difflib
import gc
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from marginlib.analysis.limits import limits
from marginlib.engine.errors import InvalidRulebook, InvalidScenario, Refusal
from marginlib.engine.scenario import Scenario
from marginlib.engine.story import invalid
from marginlib.reading.replaying import replay
from marginlib.reading.rulebooks import rules
from marginlib.reading.scenarios import read_scenario
from marginlib.ways_out import orders
from marginlib.ways_out.advice import no_report, reports

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from marginlib.engine.story import Story

_OK, _FAILED, _INTERRUPTED, _CANT_WRITE = 0, 2, 130, 141
_MOST_BYTES = 20_000_000
_PLAINER = {"−": "-", "–": "-", "×": "x", "÷": "/", "…": "...", "─": "-", "’": "'", "\N{NO-BREAK SPACE}": " "}
_EXAMPLES = """\
examples:
  marginlib run loss.json              replay a scenario and read its story
  marginlib run --json a.json b.json   one JSON object a line, one line a file
  marginlib plan loss.json             compare the ways out of the position that is open at the end
  marginlib limits loss.json           say how far prices may go to a margin call and to liquidation
  marginlib ledger ledgers.csv         read an exchange's ledger export: what happened, and what it cost
  marginlib exercise check week1.toml  look through a class's exercise; see marginlib exercise -h
  marginlib rules                      list the rules
  marginlib rules R13 A1               read two of them
"""
_RUN_EXAMPLES = """\
a scenario has balances, prices and steps:
  {"balances": {"EUR": "600", "BTC": "0.1"}, "prices": {"BTC/EUR": "50000"},
   "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1"},
             {"do": "price", "pair": "BTC/EUR", "price": "43000"},
             {"do": "close", "pair": "BTC/EUR", "volume": "all"}]}

examples:
  marginlib run loss.json
  marginlib run --json *.json > results.jsonl
  marginlib run - < loss.json
  marginlib run --link "#v1/LossCascade?move=-20&leverage=4"
  marginlib run --link "#v1/WaysOut?move=10" --scenario | marginlib plan -
  marginlib run loss.json --ledger loss.csv

A link is what a panel's Copy link gives; the quotes keep the shell from its # and &.
The exit status is 2 if a step was refused, a file is no scenario or a link leads nowhere, else 0.
"""
_PLAN_EXAMPLES = """\
the scenario must end with a position open:
  {"balances": {"EUR": "600", "BTC": "0.1"}, "prices": {"BTC/EUR": "50000"},
   "fees": {"trading": "0.0025"},
   "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1"},
             {"do": "price", "pair": "BTC/EUR", "price": "43000"}]}

examples:
  marginlib plan loss.json
  marginlib plan --json loss.json
  marginlib plan --pair ETH/EUR portfolio.json
  marginlib plan portfolio.json        each position, and in which order to end them

The exit status is 2 if nothing is open, a step was refused or a file is no scenario, else 0.
"""

_LIMITS_EXAMPLES = """\
the scenario should end with a position open:
  {"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"},
   "steps": [{"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}]}

examples:
  marginlib limits position.json
  marginlib limits --json *.json > limits.jsonl

The exit status is 2 if a step was refused or a file is no scenario, else 0.
"""


_LEDGER_EXAMPLES = """\
an export has a row for whatever changed a balance:
  "txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"
  "L1","T1","2026-03-05 06:07:08","margin","","currency","ZEUR",0.0000,1.5000,98.5000
The newer form with up to sixteen columns, a ZIP or gzip of one, and the API's JSON are read as well.

examples:
  marginlib ledger ledgers.csv
  marginlib ledger ledgers.zip
  marginlib ledger --json ledgers.csv > ledger.json
  marginlib ledger - < ledgers.csv

A row that is broken is named with its line and column; the others are read. What the rows tell, such as a
balance that doesn't follow from the one before, is a finding, no failure.
The exit status is 2 if a file can't be used or a row in it can't be read, else 0. Nothing leaves this machine.
"""


_EXERCISE_EXAMPLES = """\
an exercise is a readable file:
  title = "What a loss takes"
  mode = "learning"            # or "exam"
  seed = 7                     # each student's own numbers come from it and the name
  [[item]]
  lesson = "05"                # a lesson's own check
  check = "taken"
  [[item]]
  drill = "05"                 # drills of a lesson
  level = 2
  count = 3

examples:
  marginlib exercise check week1.toml          say what it asks, or what is wrong in it
  marginlib exercise link week1.toml --site https://example.org/workbook
  marginlib exercise key week1.toml --student "Ada Example" --student 17
  marginlib exercise results week1.toml codes.csv --csv table.csv --picture class.svg

codes.csv has a line for each student: the name or number, and the code that was handed in.
In a notebook: from marginlib import exercise; exercise("week1.toml")
The exit status is 2 if a file can't be used, else 0; a damaged code is named, and stops nothing.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 2 if anything was refused, invalid or unknown, else 0.

    >>> main(["rules", "--json", "R5"])  # doctest: +ELLIPSIS
    {"id": "R5", "title": "Settling has no trading fee", ...}
    0
    """
    _prepare_streams()
    try:
        status = _command(argv)
        sys.stdout.flush()
    except InvalidRulebook as error:
        print(f"marginlib: the rules in data/ can't be used: {error}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:  # a reader that has gone, a full disk
        if not isinstance(error, BrokenPipeError):
            print(f"marginlib: can't write the output: {error.strerror}", file=sys.stderr)
        with contextlib.suppress(OSError):  # what is still unwritten must not be tried again at exit
            written_to = sys.stdout.fileno()
            os.dup2(os.open(os.devnull, os.O_WRONLY), written_to)
        return _CANT_WRITE
    return status


def _command(argv: Sequence[str] | None) -> int:
    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
        if "wrong" in arguments:
            _one_of_both(arguments)
    except SystemExit as done:  # help was asked for, or an argument is wrong
        return int(done.code or 0)
    if arguments.version:
        try:
            print(f"marginlib {version('marginlib')}")
        except PackageNotFoundError:
            print("marginlib (not installed: no version)")
        return _OK
    if "command" not in arguments:
        parser.print_help()
        return _FAILED
    return int(arguments.command(arguments))


class _Parser(argparse.ArgumentParser):
    """Says when help can't be written: argparse would keep silent, and succeed."""

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Print the help, or fail."""
        print(self.format_help(), end="", file=file)


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    about = "Exact accounting of spot positions on margin: replay a scenario, read the rules."
    parser = _Parser(prog="marginlib", description=about, epilog=_EXAMPLES, formatter_class=raw)
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    about = "Replay scenario files and tell what happens, step by step."
    run = commands.add_parser(
        "run", help="replay scenario files", description=about, epilog=_RUN_EXAMPLES, formatter_class=raw
    )
    run.add_argument("files", nargs="*", metavar="FILE", help="a scenario as JSON; - is standard input")
    run.add_argument("--link", metavar="LINK", help="instead of files: the state of a lesson's panel")
    printed = run.add_mutually_exclusive_group()
    printed.add_argument("--json", action="store_true", help="one JSON object a line, in the order of the files")
    printed.add_argument("--scenario", action="store_true", help="print a link's scenario as JSON; don't replay it")
    exported = "write the ledger as the exchange exports it, over a file that is there; - prints it, and nothing else"
    run.add_argument("--ledger", metavar="OUT.csv", help=exported)
    run.set_defaults(command=_run, wrong=run.error)

    about = "Compare four ways out of an open position: close now, buy the quote currency first, deposit, settle."
    planning = commands.add_parser(
        "plan",
        help="compare the ways out of an open position",
        description=about,
        epilog=_PLAN_EXAMPLES,
        formatter_class=raw,
    )
    planning.add_argument("files", nargs="+", metavar="FILE", help="a scenario as JSON; - is standard input")
    planning.add_argument("--pair", default="", metavar="PAIR", help="only the position in this pair, such as BTC/EUR")
    planning.add_argument("--json", action="store_true", help="one JSON object a line, in the order of the files")
    planning.set_defaults(command=_plan)

    about = "Say how far each open pair's price may go to a margin call and to liquidation, and how far all together."
    reaching = commands.add_parser(
        "limits", help="say how far prices may go", description=about, epilog=_LIMITS_EXAMPLES, formatter_class=raw
    )
    reaching.add_argument("files", nargs="+", metavar="FILE", help="a scenario as JSON; - is standard input")
    reaching.add_argument("--json", action="store_true", help="one JSON object a line, in the order of the files")
    reaching.set_defaults(command=_limits)

    about = "Read ledger exports of an exchange: whether balances add up, what each row belongs to, what it cost."
    reading = commands.add_parser(
        "ledger",
        help="read an exchange's ledger export",
        description=about,
        epilog=_LEDGER_EXAMPLES,
        formatter_class=raw,
    )
    reading.add_argument("files", nargs="+", metavar="FILE", help="an export as CSV or JSON; - is standard input")
    reading.add_argument("--json", action="store_true", help="one JSON object a line, in the order of the files")
    reading.set_defaults(command=_ledger)

    about = "List the rules, or read some of them with their sources."
    listing = commands.add_parser("rules", help="list the rules, or read some", description=about)
    listing.add_argument("ids", nargs="*", metavar="ID", help="a rule's id, such as R13")
    listing.add_argument("--json", action="store_true", help="one JSON object a line, one line a rule")
    listing.set_defaults(command=_rules)
    _exercises(commands)
    return parser


def _exercises(commands: "argparse._SubParsersAction[_Parser]") -> None:
    """The commands for a class."""
    about = "A class's exercises: look through one, make its link, print anyone's answers, make a table of codes."
    raw = argparse.RawDescriptionHelpFormatter
    classes = commands.add_parser(
        "exercise", help="exercises of a class", description=about, epilog=_EXERCISE_EXAMPLES, formatter_class=raw
    )
    parts = classes.add_subparsers(title="commands", metavar="COMMAND", required=True)
    what = "an exercise as TOML, or its link or code in quotes"

    checking = parts.add_parser("check", help="say what it asks, or what is wrong", description=f"Look through {what}.")
    linking = parts.add_parser("link", help="pack it into one link or code", description=f"Make the link of {what}.")
    linking.add_argument("--site", default="", metavar="ADDRESS", help="where the workbook's pages are")
    answering = parts.add_parser(
        "key", help="print anyone's questions and answers", description="Print the questions and answers of students."
    )
    student = {"action": "append", "default": [], "metavar": "NAME"}
    answering.add_argument("--student", **student, help="a name or number; may be given several times")  # type: ignore[arg-type]
    tabling = parts.add_parser(
        "results", help="make the class's table of names and codes", description="Make a class's table."
    )
    for each, command in ((checking, _check), (linking, _link), (answering, _key), (tabling, _results)):
        each.add_argument("file", metavar="FILE", help=what)
        each.set_defaults(command=command)
    tabling.add_argument("codes", metavar="CODES.csv", help="names and codes, a line for each student")
    tabling.add_argument("--csv", metavar="OUT", help="write the table as CSV too")
    tabling.add_argument("--picture", metavar="OUT.svg", help="write a picture of the class, by question, too")
    for each in (checking, answering, tabling):
        each.add_argument("--json", action="store_true", help="print JSON")


def _one_of_both(arguments: argparse.Namespace) -> None:
    """What is run is files or a link."""
    if arguments.link is None and not arguments.files:
        arguments.wrong("expected a FILE, or a panel's link after --link")
    if arguments.link is not None and arguments.files:
        arguments.wrong("expected a FILE or a --link, not both; an address with a & stands in quotes")
    if arguments.scenario and arguments.link is None:
        arguments.wrong("--scenario says the scenario of a --link; a FILE is one already")
    if arguments.ledger is not None:
        if len(arguments.files) > 1:
            arguments.wrong("--ledger writes the ledger of one FILE; run the others by themselves")
        if arguments.scenario:
            arguments.wrong("--ledger writes what a replay comes to, and --scenario doesn't replay; leave one out")
        if arguments.ledger == "-" and arguments.json:
            arguments.wrong("--ledger - prints the ledger alone; give it a file's name, or leave out --json")


def _run(arguments: argparse.Namespace) -> int:
    status = _OK
    for index, name in enumerate(arguments.files or ["the link"]):
        shown_as = "standard input" if name == "-" else name
        if index and not arguments.json:
            print()
        try:
            if arguments.link is None:
                scenario = _scenario(name)
            else:
                shown_as, scenario = _linked(arguments.link)
            if arguments.scenario:
                print(json.dumps(scenario.as_data(), indent=2))
                continue
            story = replay(scenario)
        except InvalidScenario as error:
            status = _FAILED
            if arguments.scenario:
                print(f"marginlib: {error}", file=sys.stderr)
            elif arguments.json:
                print(json.dumps(invalid(error)))
            else:
                _terminal().show_invalid(error, shown_as)
            continue
        if story.error:
            status = _FAILED
        if arguments.ledger == "-":
            print(_as_csv(story), end="")
            if story.error:
                print(f"marginlib: step {story.error.index + 1} is refused: {story.error.message}", file=sys.stderr)
            continue
        if arguments.ledger is not None:
            _write(arguments.ledger, _as_csv(story))
        if arguments.json:
            print(json.dumps(story.as_json()))
        else:
            _terminal().show_story(story, shown_as)
    return status


def _as_csv(story: "Story") -> str:
    """The story's ledger in the form of the exchange's exports."""
    from marginlib.analysis.export import as_csv

    return as_csv(story)


def _limits(arguments: argparse.Namespace) -> int:
    status = _OK
    for index, name in enumerate(arguments.files):
        shown_as = "standard input" if name == "-" else name
        if index and not arguments.json:
            print()
        try:
            story = replay(_scenario(name))
        except InvalidScenario as error:
            status = _FAILED
            if arguments.json:
                cause = {"step": None, "code": error.code, "message": str(error)}
                print(json.dumps({"status": "error", "valuation": None, "pairs": [], "together": None, "error": cause}))
            else:
                _terminal().show_invalid(error, shown_as)
            continue
        if story.error:
            status = _FAILED
        if not arguments.json:
            _terminal().show_limits(story, shown_as)
            continue
        found = limits(story.final, story.scenario.summary_currency).as_json()
        result = {"status": "error" if story.error else "ok", **found}
        if story.error:
            result["error"] = {"step": story.error.index, "code": story.error.code, "message": story.error.message}
        print(json.dumps(result))
    return status


def _plan(arguments: argparse.Namespace) -> int:
    status = _OK
    for index, name in enumerate(arguments.files):
        shown_as = "standard input" if name == "-" else name
        if index and not arguments.json:
            print()
        failed: tuple[int | None, str, str] | None = None
        try:
            story = replay(_scenario(name))
            if story.error:
                failed = story.error.index, story.error.code, story.error.message
            else:
                found = reports(story, arguments.pair.upper())
                compared = [] if arguments.pair else orders.reports(story)
        except (InvalidScenario, Refusal) as error:
            failed = None, error.code, str(error)
        if failed:
            status = _FAILED
            if arguments.json:
                print(json.dumps(no_report(*failed)))
            else:
                _plan_on_paper().show_no_plan(*failed, shown_as)
        elif arguments.json:
            result: dict[str, Any] = {"status": "ok", "plans": [each.as_json() for each in found]}
            if compared:
                result["orders"] = {each.how: each.as_json() for each in compared}
            print(json.dumps(result))
        else:
            _plan_on_paper().show_plans(story, found, shown_as, compared)
    return status


def _ledger(arguments: argparse.Namespace) -> int:
    status = _OK
    for index, name in enumerate(arguments.files):
        shown_as = "standard input" if name == "-" else name
        if index and not arguments.json:
            print()
        status = max(status, _one_ledger(name, shown_as, as_json=arguments.json))
    return status


def _one_ledger(name: str, shown_as: str, *, as_json: bool) -> int:
    from marginlib.analysis.ledger import look
    from marginlib.reading.ledgers import InvalidLedger, read_ledger
    from marginlib.telling import export_read
    from marginlib.telling.waiting import waiting

    with _no_circles():
        try:
            with waiting("Reading") as told:
                ledger = read_ledger(sys.stdin.buffer if name == "-" else Path(name), progress=told)
                account = look(ledger)
        except InvalidLedger as error:
            if as_json:
                print(json.dumps(export_read.not_read(error, shown_as)))
            else:
                _terminal().show_unread(error, shown_as)
            return _FAILED
        if as_json:
            from marginlib.telling.ledger import write_json

            write_json(export_read.as_json(ledger, shown_as), account, sys.stdout)
        else:
            from marginlib.telling import ledger_on_paper

            ledger_on_paper.show_account(ledger, account, shown_as)
    return _FAILED if ledger.problems else _OK


@contextlib.contextmanager
def _no_circles() -> Iterator[None]:
    """Without looking for what points at itself: hundreds of thousands of rows don't, and looking takes its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _rules(arguments: argparse.Namespace) -> int:
    known = rules()
    ids = list(dict.fromkeys(each.upper() for each in arguments.ids))
    found = [known[each] for each in ids if each in known] if ids else list(known.values())
    if arguments.json:
        for rule in found:
            print(json.dumps(dataclasses.asdict(rule)))
    elif ids:
        _terminal().show_rules(found)
    else:
        _terminal().list_rules(found)
    unknown = [each for each in ids if each not in known]
    for each in unknown:
        near = difflib.get_close_matches(each, known, 3, 0.4)
        hint = f"Near it: {', '.join(near)}." if near else "`marginlib rules` lists them all."
        print(f"There is no rule {each[:40]!a}. {hint}", file=sys.stderr)
    return _FAILED if unknown else _OK


def _check(arguments: argparse.Namespace) -> int:
    from marginlib.classes.file import read_exercise

    try:
        found = read_exercise(arguments.file)
        link = found.link()
    except ValueError as error:
        if arguments.json:
            print(json.dumps({"status": "error", "message": str(error)}))
        else:
            print(f"marginlib: {error}", file=sys.stderr)
        return _FAILED
    if arguments.json:
        items = [item.what for item in found.items]
        print(json.dumps({"status": "ok", "title": found.title, "mode": found.mode, "items": items, "link": link}))
    else:
        _class_on_paper().show_exercise(found, link)
    return _OK


def _link(arguments: argparse.Namespace) -> int:
    from marginlib.classes.file import read_exercise

    try:
        print(read_exercise(arguments.file).link(arguments.site))
    except ValueError as error:
        print(f"marginlib: {error}", file=sys.stderr)
        return _FAILED
    return _OK


def _key(arguments: argparse.Namespace) -> int:
    from marginlib.classes.file import read_exercise
    from marginlib.classes.keys import keys

    try:
        exercise = read_exercise(arguments.file)
        found = keys(exercise, arguments.student or [""])
    except ValueError as error:
        print(f"marginlib: {error}", file=sys.stderr)
        return _FAILED
    if arguments.json:
        for student, answers in found.items():
            print(json.dumps({"student": student, "questions": [each.as_json() for each in answers]}))
    else:
        _class_on_paper().show_keys(exercise, found)
    return _OK


def _results(arguments: argparse.Namespace) -> int:
    from marginlib.classes.file import read_exercise
    from marginlib.classes.results import read_lines, table

    try:
        made = table(read_exercise(arguments.file), read_lines(arguments.codes))
    except ValueError as error:
        print(f"marginlib: {error}", file=sys.stderr)
        return _FAILED
    if arguments.csv:
        _write(arguments.csv, "\ufeff" + made.as_csv())
    if arguments.picture:
        _write(arguments.picture, _class_on_paper().picture(made))
    if arguments.json:
        print(json.dumps(made.as_json()))
    else:
        _class_on_paper().show_table(made)
    return _OK


def _write(name: str, text: str) -> None:
    """Write a file beside what is printed; one that can't be written is an error like a full disk's."""
    Path(name).write_text(text, encoding="utf-8", newline="")


def _class_on_paper() -> ModuleType:
    """What prints a class's table."""
    from marginlib.classes import on_paper

    return on_paper


def _terminal() -> ModuleType:
    """What prints for people: importing rich takes longer than a replay."""
    from marginlib.telling import terminal

    return terminal


def _plan_on_paper() -> ModuleType:
    """What prints plans for people."""
    from marginlib.ways_out import on_paper

    return on_paper


def _scenario(name: str) -> Scenario:
    """Read a scenario from a file, or from standard input for ``-``."""
    what = "standard input" if name == "-" else ascii(name)
    try:
        if name == "-":
            text = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                text = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise InvalidScenario(f"there is no file {what}; expected the path of a scenario") from None
    except IsADirectoryError:
        raise InvalidScenario(f"{what} is a directory; expected a scenario file") from None
    except PermissionError:
        raise InvalidScenario(f"no permission to read {what}; expected a readable scenario file") from None
    except (OSError, ValueError) as error:
        raise InvalidScenario(f"{what} can't be read ({error}); expected a scenario file") from None
    if len(text) > _MOST_BYTES:
        raise InvalidScenario(f"{what} is too large; expected a scenario of at most 20 MB")
    if not text.strip():
        raise InvalidScenario(f"{what} is empty; expected a scenario as JSON")
    return read_scenario(text)


def _linked(link: str) -> tuple[str, Scenario]:
    """The heading and the scenario of a panel in the state of a link."""
    from marginlib.lessons import panel_named  # only for links: panels draw
    from marginlib.panels.links import parse

    try:
        kind = panel_named(parse(link).panel)
        panel = kind(**kind.read_link(link))
    except ValueError as error:
        raise InvalidScenario(str(error)) from None
    return kind.heading, panel.scenario(panel.values)


def _prepare_streams() -> None:
    """Never fail on a stream that is closed, or that can't encode a character."""
    codecs.register_error("plainer", _plainer)
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.TextIOWrapper(io.BytesIO()))
        elif isinstance(stream, io.TextIOWrapper) and name != "stdin":
            stream.reconfigure(errors="plainer")


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAINER.get(each, "?") for each in error.object[error.start : error.end]), error.end

"""One's own case as a panel: what it shows, what it is opened from and becomes, and what of it is saved."""

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from accounts import accounts
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib import Scenario, replay
from marginlib.lessons import HowFar, OwnCase, from_link
from marginlib.lessons.own_case import link as links
from marginlib.lessons.own_case.answers import answers
from marginlib.lessons.own_case.case import row
from marginlib.lessons.own_case.opening import opened
from marginlib.lessons.own_case.sheet import EXAMPLE, sections
from marginlib.reading.rulebooks import rules
from marginlib.reading.scenarios import read_scenario
from marginlib.telling.numbers import money

DATA = Path(__file__).resolve().parents[3] / "data"
EVIL = "<img src=x onerror=alert(1)>&\"'"


def told(case: OwnCase, **message: Any) -> dict[str, Any]:
    """What it answers to a message."""
    ((answer, _),) = case.receive(message)
    return answer


def written(case: OwnCase, fields: dict[str, Any]) -> dict[str, Any]:
    return told(case, kind="write", by="me", turn=1, fields=fields)


def test_the_example_is_in_mild_trouble_and_every_question_is_answered() -> None:
    case = OwnCase()
    level = case.story.margin.level  # type: ignore[union-attr]
    assert level is not None
    assert 80 < level < 100
    board = case.answers
    assert board is not None
    assert len(board["figures"]) == 2
    assert [part["title"] for part in board["parts"]] == [
        "How far may prices go?",
        "What does closing now take, and from which balance?",
        "In which order?",
        "Which way out costs least?",
        "What does a settlement need?",
        "What would a stop do?",
        "On which rules and assumptions does it rest?",
    ]
    order = next(part for part in board["parts"] if part["title"] == "In which order?")
    assert "the wrong order costs 3.61 EUR" in " ".join(order["words"])
    assert [row["mark"] for row in order["tables"][0]["rows"]] == ["taken", ""]


def test_the_answer_in_short_is_what_the_answers_below_say() -> None:
    shown = OwnCase().answers
    assert shown is not None
    ends, closing, cheapest, settling = shown["gist"]
    found = answers(OwnCase().case)
    assert found.orders is not None
    assert "BTC/EUR falls by 12.6" in ends
    assert "42,374.74 EUR" in ends
    best = found.orders.closing.best
    assert best is not None
    assert best.cost is not None
    assert money(best.cost, "EUR") in closing
    assert found.all_closed is not None
    assert all(money(each.amount, each.currency, sign=True) in closing for each in found.all_closed.changes)
    assert "ETH/EUR, close now; then BTC/EUR, buy EUR first, then close" in cheapest
    assert found.orders.best.best is not None
    assert found.orders.best.best.cost is not None
    assert money(found.orders.best.best.cost, "EUR") in cheapest
    assert money(found.orders.best.difference, "EUR") in cheapest
    for each in found.settlings:
        assert money(each.need.missing, each.need.currency) in settling


@given(accounts())
@settings(max_examples=40, deadline=None)
def test_whatever_is_open_the_answer_in_short_has_sentences(fields: dict[str, Any]) -> None:
    shown = OwnCase(fields).answers
    assert shown is not None
    assert bool(shown["gist"]) == bool(shown["parts"])
    for sentence in shown["gist"]:
        assert sentence.endswith(".")
        assert not re.search(r"(?<![.0-9])[0-9]{4,}\b", sentence), "thousands are separated"
    for part in shown["parts"]:
        for said in part["words"]:
            assert "'s is reached" not in said


def test_the_reason_of_a_way_that_is_closed_has_its_thousands_separated() -> None:
    shown = OwnCase().answers
    assert shown is not None
    ways = next(part for part in shown["parts"] if part["title"] == "Which way out costs least?")
    (settle,) = (row["cells"][-1] for row in ways["tables"][0]["rows"] if row["cells"][0] == "Settle")
    assert "Settling needs 7,800 EUR" in settle


def test_what_closing_takes_is_what_the_engine_takes() -> None:
    case = OwnCase()
    board = case.answers
    assert board is not None
    closing = next(part for part in board["parts"] if part["title"].startswith("What does closing"))
    steps = [{"do": "close", "pair": pair, "volume": "all"} for pair in ("ETH/EUR", "BTC/EUR")]
    data = case.scenario.as_data()
    story = replay(Scenario.of({**data, "steps": [*data["steps"], *steps]}))
    cells = {each["cells"][0]: each["cells"][1:] for each in closing["tables"][0]["rows"]}
    assert closing["tables"][0]["caption"] == "All closed, ETH/EUR, then BTC/EUR"
    now, then = case.story.final, story.final
    for code in ("EUR", "BTC"):
        change = money(then.balance(code) - now.balance(code), code, sign=True)
        assert [cells[code][at] for at in (0, 1, 3)] == [
            money(now.balance(code), code), change, money(then.balance(code), code),
        ]  # fmt: skip
    assert "USD" not in cells


def test_every_rule_that_an_answer_rests_on_is_one() -> None:
    board = OwnCase().answers
    assert board is not None
    basis = board["parts"][-1]["tables"][0]["rows"]
    named = {rule for each in basis for cell in each["cells"][1:] for rule in re.findall(r"[RABC]\d+", cell)}
    assert named <= set(rules())
    assert {"R13", "R16", "B5", "A1", "A2"} <= named


def test_it_says_of_which_dates_the_rules_are_and_that_it_is_no_advice() -> None:
    board = OwnCase().answers
    assert board is not None
    foot = " ".join(board["foot"])
    assert re.search(r"of \d{4}-\d\d-\d\d", foot)
    assert "It isn't advice" in foot


def test_all_that_a_case_holds_has_its_box() -> None:
    """A field without a box could not be mended."""
    places = set()
    for part in sections():
        places |= {f"{part['name']}.{box['name']}" if part.get("row") else box["name"] for box in part["columns"]}
    held = set()
    for name, value in EXAMPLE.items():
        if isinstance(value, list):
            held |= {f"{name}.{key}" for key in row(name)}
        else:
            held |= {f"{name}.{key}" for key in value} if isinstance(value, dict) else {name}
    assert places == held


def test_what_is_wrong_is_said_by_place_and_no_answer_is_given() -> None:
    case = OwnCase()
    fields = case.fields
    fields["lots"][1]["volume"] = "2,5"
    answer = written(case, fields)
    assert answer["wrote"]
    assert answer["answers"] is None
    assert list(answer["problems"]) == ["lots.1.volume"]
    assert "'2.5'" in answer["problems"]["lots.1.volume"]
    assert answer["fields"]["lots"][1]["volume"] == "2,5", "what is typed is never lost"
    assert answer["file"] == ""
    with pytest.raises(ValueError, match=r"lots\.1\.volume"):
        _ = case.scenario


def test_what_one_writes_is_told_to_whoever_watches() -> None:
    case, seen = OwnCase(), list[Any]()
    case.observe(lambda change: seen.append(change["name"]))
    fields = case.fields
    fields["balances"][0]["amount"] = "9000"
    written(case, fields)
    assert seen == ["fields"]
    written(case, fields)
    assert seen == ["fields"], "nothing has changed"


def test_start_again_and_start_empty() -> None:
    case = OwnCase()
    assert told(case, kind="start", empty=True)["answers"]["title"] == "Nothing is written down yet"
    assert told(case, kind="start", empty=False)["fields"] == EXAMPLE


def test_nothing_of_ones_own_is_saved_in_a_notebook() -> None:
    """Neither the state that a widget may save, nor what the cell shows, has a number that was written."""
    case = OwnCase()
    before = json.dumps(case.state())
    fields = case.fields
    fields["balances"][0]["amount"] = "76543.21"
    fields["title"] = "Mine"
    assert "76543.21" in json.dumps(written(case, fields))
    assert json.dumps(case.state()) == before
    for own in (case, OwnCase(fields), OwnCase.from_link(case.link())):
        shown = " ".join([*own.still(), repr(own), json.dumps(own.state())])
        assert not re.search(r"76[,.]?543", shown)
        assert "Mine" not in shown


def test_what_python_writes_the_browser_asks_for() -> None:
    case = OwnCase()
    turn = case.state()["_turn"]
    case.fields = {**case.fields, "title": "From a cell"}
    assert case.state()["_turn"] == turn + 1
    assert told(case, kind="now")["fields"]["title"] == "From a cell"


def test_a_link_says_what_is_written_right_or_wrong() -> None:
    fields = OwnCase().fields
    fields["lots"][0]["volume"] = EVIL
    link = OwnCase(fields).link()
    assert OwnCase.from_link(f"<https://example.org/10_your_own_case.html{link}>").fields == fields
    own = from_link(link)
    assert isinstance(own, OwnCase)
    assert own.fields == fields
    assert len(OwnCase().link()) < 250


@given(
    st.dictionaries(
        st.text(max_size=5), st.one_of(st.text(max_size=8), st.lists(st.dictionaries(st.text(), st.text())))
    )
)
def test_any_fields_survive_a_link(fields: dict[str, Any]) -> None:
    def filled(data: Any) -> Any:
        if isinstance(data, dict):
            kept = {name: filled(value) for name, value in data.items()}
            return {name: value for name, value in kept.items() if value not in ("", [], {})}
        return [filled(each) for each in data] if isinstance(data, list) else data

    assert links.read(links.written(fields)) == filled(fields)


@given(st.text(max_size=200))
def test_whatever_is_opened_is_opened_or_gets_a_sentence(text: str) -> None:
    answer = told(OwnCase(), kind="open", text=text, name="x")
    assert isinstance(answer["opened"], bool)
    assert answer["said"].endswith((".", "?"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is nothing"),
        ("hello", "expected a scenario file, a link"),
        ('{"balances": {"EUR": "a"}}', "balances"),
        ("#c1/AAAA", "it is broken"),
        ("#c9/AAAA", "version c9"),
        ('{"balance": {}}', "did you mean 'balances'?"),
        ("#v1/NoSuchPanel?x=1", "there is no panel 'NoSuchPanel'"),
        ("#x1/AAAA", "it is broken"),
        ("[]", "expected"),
        ("[1, 2]", "no row of a ledger in it; the first that couldn't be read: line 1: expected a row"),
        ("txid,refid,time,type,asset,amount,fee,balance\n", "no row of a ledger in it"),
        ("{", "expected"),
    ],
)
def test_what_cannot_be_opened_gets_a_sentence_and_changes_nothing(text: str, why: str) -> None:
    case = OwnCase()
    answer = told(case, kind="open", text=text, name="")
    assert not answer["opened"]
    assert why.lower() in answer["said"].lower()
    assert not re.search(r"[.?][.?]$", answer["said"])
    assert case.fields == EXAMPLE


def test_a_scenario_file_comes_out_as_it_went_in() -> None:
    """The file that the button gives is a scenario of the command line, and opens as the same account."""
    case = OwnCase()
    text = told(case, kind="now")["file"]
    ours, theirs = case.story.final, replay(read_scenario(text)).final
    assert (theirs.balances, theirs.prices) == (ours.balances, ours.prices)
    found = opened(text, "mine.json")
    again = OwnCase(found.fields)
    assert again.story.final.balances == ours.balances
    assert [lot.volume for lot in again.story.final.positions] == [lot.volume for lot in ours.positions]


def test_a_panels_link_opens_the_account_at_the_end_of_its_story() -> None:
    panel = HowFar()
    found = opened(f"https://example.org/07.html{panel.link()}")
    assert "HowFar" in found.said
    final = replay(panel.scenario(panel.values)).final
    mine = OwnCase(found.fields).story.final
    assert mine.balances == {code: amount for code, amount in final.balances.items() if amount}
    assert mine.prices == final.prices


def test_an_exercise_opens_the_account_of_its_first_question(tmp_path: Path) -> None:
    from exercising import WEEK
    from exercising import written as exercise

    from marginlib.classes.file import read_exercise

    week = read_exercise(exercise(tmp_path, WEEK))
    assert "What a loss takes" in opened(week.link("https://example.org")).said


def test_a_ledger_leaves_balances_and_ages_and_says_what_is_to_be_written() -> None:
    case = OwnCase()
    text = (DATA / "ledger" / "sample.csv").read_text(encoding="utf-8")
    answer = told(case, kind="open", text=text, name="sample.csv")
    assert answer["opened"]
    assert "2 positions look open" in answer["said"]
    assert {each["code"] for each in answer["fields"]["balances"]} == {"EUR", "DOGE"}
    assert answer["problems"]["lots.0.pair"].startswith("A ledger has no pair.")
    assert answer["answers"] is None
    fields = answer["fields"]
    for lot in fields["lots"]:
        lot |= {"pair": "BTC/EUR", "side": "long", "volume": "0.01", "price": "60000", "leverage": "3"}
    fields["prices"] = [row("prices", pair=pair, price="1") for pair in ("BTC/EUR", "DOGE/EUR")]
    assert written(case, fields)["answers"] is not None


def test_of_a_ledger_s_rows_that_can_t_be_read_the_first_is_told() -> None:
    """Two faults in one row are one row."""
    head = "txid,refid,time,type,asset,amount,fee,balance\nT1,R1,2026-01-01 00:00:00,deposit,EUR,5,0,5\n"
    one = told(OwnCase(), kind="open", text=f"{head}T2,R2,never,trade,EUR,some,0,5\n", name="mine.csv")["said"]
    assert "1 row couldn't be read; line 3, time: expected a time in UTC" in one
    two = told(OwnCase(), kind="open", text=f"{head}T2,R2,never,trade,EUR,some,0,5\nT3\n", name="mine.csv")["said"]
    assert "2 rows couldn't be read; the first: line 3, time: expected a time in UTC" in two


def test_a_packed_ledger_is_opened_as_the_exchange_sends_it(tmp_path: Path) -> None:
    data = gzip.compress((DATA / "ledger" / "sample.csv").read_bytes())
    packed = base64.b64encode(data).decode()
    plain = opened((DATA / "ledger" / "sample.csv").read_text(encoding="utf-8"))
    assert (
        told(OwnCase(), kind="open", packed=packed, name="a.csv.gz")["fields"]["balances"] == plain.fields["balances"]
    )
    (tmp_path / "a.csv.gz").write_bytes(data)
    assert OwnCase.from_file(tmp_path / "a.csv.gz").fields["lots"] == plain.fields["lots"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.seen.append(tag)


def test_the_printed_page_has_the_account_its_answers_and_nothing_live() -> None:
    fields = OwnCase().fields
    fields["title"] = EVIL
    case = OwnCase(fields)
    html = told(case, kind="print", by="me")["html"]
    tags = _Tags()
    tags.feed(html)
    assert "script" not in tags.seen
    assert tags.seen.count("img") == 2, "the pictures, and nothing from a name"
    assert "What does closing now take" in html
    assert "52000" in html
    assert "not advice" in html
    heads = re.findall(r"<th[^>]*>([^<]*)</th>", html)
    assert heads[:8] == ["Currency", "Amount", "Pair", "Side", "Volume", "Opened at", "Leverage", "Age in hours"]
    assert heads[8:12] == ["Pair", "Price", "Pair", "Closes at"]
    assert '<td class="n">52000</td>' in html

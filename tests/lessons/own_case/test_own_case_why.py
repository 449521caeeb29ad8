"""Why this number? Every amount of an account's answers has a derivation, worked out again here from the fields."""

import json
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from accounts import account, accounts
from hypothesis import given, settings
from reckoning import leaves, numbers_of, reckoned
from shown import MADE_UP, amounts, read, written

from marginlib import rulebook
from marginlib.engine.derivation import Derivation, Heard, tracing
from marginlib.engine.inputs import SETTING
from marginlib.lessons import OwnCase
from marginlib.lessons.own_case.board import Board, board
from marginlib.lessons.own_case.case import read_case, row
from marginlib.lessons.own_case.fields import Fields
from marginlib.lessons.own_case.sheet import EXAMPLE
from marginlib.telling.why import why

EXEMPT: dict[str, str] = {}
"""Amounts of the example's board that nothing is told of, with the reason; there are none."""


def texts(shown: Board) -> Iterator[tuple[str, str]]:
    """All that a board says, and where."""
    for line in (shown["title"], shown["alert"], *shown["gist"], *shown["words"]):
        yield "words", line
    for part in shown["parts"]:
        yield from (("words", line) for line in part["words"])
        yield from (("order", what) for what, _ in part["orders"])
        for each in part["tables"]:
            yield from (("table", cell) for line in each["rows"] for cell in line["cells"])
    for figure in shown["figures"]:
        yield from (("figure", text) for text in written(figure))


def heard(fields: Fields) -> tuple[Board, list[Heard]]:
    with tracing() as said:
        shown = board(read_case(fields))
    return shown, said


def inputs(fields: Fields) -> set[Fraction]:
    """All numbers that an account is made of: what is written down, and the rules."""
    book = rulebook()
    unit = Fraction(1, 10**book.cash_places)  # the smallest amount of the ledger
    known = {*numbers_of(fields), *numbers_of(dict(book.conversion_fees)), *MADE_UP, unit}
    for cuts in book.haircut_sets.values():
        known |= {*numbers_of(dict(cuts))}
    return known | {Fraction(level) for level in (book.opening_level, book.call_level, book.liquidation_level)}


def three() -> Fields:
    """Three positions in trouble, in other rows than by their age."""
    lots = [
        row("lots", pair="ETH/EUR", side="short", volume="2", price="2500", leverage="3", age="20"),
        row("lots", pair="SOL/EUR", side="long", volume="30", price="150", leverage="5", age="2"),
        row("lots", pair="BTC/EUR", side="long", volume="0.15", price="52000", leverage="5", age="75"),
    ]
    prices = [*EXAMPLE["prices"], row("prices", pair="SOL/EUR", price="140")]
    own = [row("haircuts_own", code="BTC", percent="7")]
    more = {"haircuts": "own", "haircuts_own": own, "levels": {"call": "85", "liquidation": "45"}}
    return {**EXAMPLE, "lots": lots, "prices": prices, "conversion": {"btc_eth_cash": "3"}, **more}


def ask(case: OwnCase, fields: Fields, **wanted: Any) -> dict[str, Any]:
    ((answer, _),) = case.receive({"kind": "why", "key": "view:1", "values": fields, **wanted})
    assert answer["key"] == "view:1"
    return answer


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("fields", [EXAMPLE, three()], ids=["example", "three"])
def test_every_amount_of_the_answers_comes_from_what_was_written_down(fields: Fields) -> None:
    shown, said = heard(fields)
    known, done = inputs(fields), dict[int, Fraction]()
    asked = [text for text in amounts(texts(shown)) if text not in EXEMPT]
    assert len(asked) > 50
    assert [text for text in asked if not why(text, said)] == []
    strange: list[tuple[str, Derivation]] = []
    for text in asked:
        number, places = read(text)
        for how in why(text, said):
            value = reckoned(how, done)
            assert abs(abs(value) - number) * 2 <= Fraction(1, 10**places), f"{text} is not {value}"
            strange += [
                (text, leaf)
                for leaf in leaves(how)
                if leaf.source != "looked for" and abs(Fraction(leaf.amount)) not in known
            ]
            strange += [(text, leaf) for leaf in leaves(how) if leaf.source == SETTING]  # nothing here is a lesson's
    assert strange == []


@given(accounts(most_lots=4))
@settings(max_examples=40, deadline=None)
def test_of_any_account_all_that_is_told_is_right(fields: dict[str, Any]) -> None:
    shown, said = heard(fields)
    assert shown == board(read_case(fields))
    done = dict[int, Fraction]()
    for text in amounts(texts(shown)):
        number, places = read(text)
        for how in why(text, said):
            assert abs(abs(reckoned(how, done)) - number) * 2 <= Fraction(1, 10**places)
    case = OwnCase()
    for text in amounts(texts(shown))[:5]:
        assert ask(case, fields, text=text)["text"] == text


def test_a_sum_leads_down_to_the_fields_of_the_paper() -> None:
    answer = ask(OwnCase(), EXAMPLE, text="86\N{NO-BREAK SPACE}%")
    lines = answer["lines"]
    assert next(plain(lines[at]["line"]) for at in answer["found"]) == (
        "86.0363924051 margin level = 2,175.00 EUR equity ÷ 2,528.00 EUR used margin × 100 (B3)"
    )
    sources = {line["source"] for line in lines if not line["parts"]}
    assert {
        "you wrote it: What you have, balance 3, Amount",
        "you wrote it: Prices now, price 3, Price",
        "you wrote it: Open positions, position 2, Volume",
        "you wrote it: Open positions, position 1, Opened at",
        "you wrote it: Open positions, positions 1 and 2, Leverage",
    } <= sources


def test_rules_of_ones_own_name_their_fields_and_others_their_files() -> None:
    _, said = heard(three())
    ends = {leaf.name: leaf.source for each in said for leaf in leaves(each.derivation)}
    assert ends["level of a margin call"] == "you wrote it: More, Margin call, %"
    assert ends["haircut of BTC, in percent"] == "you wrote it: My haircuts, haircut 1, Percent"
    assert ends["rate of the trading fee, in percent"] == "you wrote it: Fees, in percent, Trading"
    assert ends["conversion fee, BTC or ETH to cash or back, in percent"] == "you wrote it: More, BTC or ETH to cash, %"
    assert ends["level needed to open"].startswith("data/margin.toml, of 20")
    assert ends["your balance in ETH"] == "nothing is written down of it"
    _, said = heard({**EXAMPLE, "haircuts": "2026-08"})
    ends = {leaf.name: leaf.source for each in said for leaf in leaves(each.derivation)}
    assert ends["haircut of BTC"] == "data/haircuts.toml, the set 2026-08"


def test_positions_are_named_by_their_rows_and_not_by_their_age() -> None:
    """The engine counts them oldest first."""
    case, fields = OwnCase(), three()
    loss = next(
        line
        for text in amounts(texts(board(read_case(fields))))
        for line in ask(case, fields, text=text)["lines"]
        if line["row"].endswith("BTC: loss")
    )
    assert "position 3" in loss["row"]
    assert loss["row"].startswith("In the ledger then: step ")
    told = ask(case, fields, text="7,800.00 EUR")["lines"]
    assert "0.15 BTC volume of position 3" in plain(told[0]["line"])
    assert "you wrote it: Open positions, position 3, Volume" in [line["source"] for line in told]


def test_what_is_asked_of_is_the_state_on_the_screen_and_not_what_was_written_since() -> None:
    case = OwnCase()
    case.fields = account()
    assert ask(case, EXAMPLE, texts=["86 %", "1.23 EUR"])["texts"] == ["86 %"]
    assert ask(case, account(), texts=["86 %"])["texts"] == []


def test_of_fields_with_a_problem_nothing_is_known() -> None:
    case = OwnCase()
    ask(case, EXAMPLE, texts=["86 %"])
    wrong = {**EXAMPLE, "balances": [row("balances", code="EUR", amount="0,5")]}
    assert ask(case, wrong, texts=["86 %"])["texts"] == []
    assert ask(case, wrong, text="<b>1.00 EUR")["found"] == []


def test_what_was_asked_is_no_part_of_what_a_notebook_may_save() -> None:
    case = OwnCase(account(balances=[row("balances", code="EUR", amount="613.37")]))
    before = json.dumps(case.state())
    assert ask(case, case.fields, texts=["613.37 EUR"])["texts"] == ["613.37 EUR"]
    assert json.dumps(case.state()) == before
    assert "613.37" not in before + repr(case) + case.still()[0]


def test_nobody_waits_long_for_a_reason() -> None:
    fields, case = three(), OwnCase()
    asked = amounts(texts(board(read_case(fields))))
    start = time.process_time()
    assert ask(case, fields, texts=asked)["texts"] == asked
    assert time.process_time() - start < 1

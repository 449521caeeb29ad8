"""Words on a page: nothing unseen turns them round, and a number and its unit stay in one line."""

from html import unescape

import pytest
from bookings import opens, tell

from marginlib.engine.errors import InvalidRulebook, InvalidScenario
from marginlib.engine.legible import legible
from marginlib.lessons import LossCascade
from marginlib.panels.panel import Panel
from marginlib.quiz.card import Card
from marginlib.quiz.question import Question
from marginlib.telling.on_page import written
from marginlib.telling.terminal import clean

TURNING = "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xAD, 0xFEFF, 0x1B))
)
LONG = {"balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": []}


def asked(text: str) -> Card:
    options = [{"value": "no", "text": f"{text} no"}, {"value": "yes", "text": "yes", "because": text}]
    question = Question(kind="one", text=text, ask="refused", scenario=LONG, options=options, explain=text)
    return Card(question, f"Lead {text}")


class Said(Panel[dict[str, object]]):
    """A panel with the words of somebody else."""

    def view(self, _values: object) -> dict[str, object]:
        words = f"5 EUR{TURNING}"
        table = {"caption": words, "columns": [{"label": words}], "rows": [{"mark": "", "cells": [words]}]}
        return {
            "title": words,
            "alert": words,
            "figures": [],
            "words": [words],
            "strip": [[words, ""]],
            "tables": [table],
        }


@pytest.mark.parametrize("unseen", TURNING)
def test_what_turns_words_round_is_stripped_everywhere_alike(unseen: str) -> None:
    text = f"Is it{unseen} so?"
    card = asked(text)
    card.answer("yes")
    story = tell({"EUR": "2000"}, {"BTC/EUR": "50000"}, [opens("BTC/EUR", "long", "0.001")], title=text)

    assert legible(text) == clean(text) == written(text) == "Is it so?"
    for told in (
        str(card.state()),
        *card.still(),
        repr(card),
        story._repr_html_(),
        str(Said().state()),
        *Said().still()[:1],
    ):
        assert unseen not in unescape(told)
    assert str(InvalidScenario(text)) == str(InvalidRulebook(text)) == "Is it so?"


@pytest.mark.parametrize(
    ("plain", "bound"),
    [
        ("You owe 1,000.00 EUR.", "You owe 1,000.00_EUR."),
        ("near 80 %, 5 × 2", "near 80_%, 5_× 2"),
        ("0.1 BTC at 40,000 EUR (R13, A1)", "0.1_BTC at 40,000_EUR (R13,_A1)"),
        ("every 4 hours, 12 March", "every 4_hours, 12 March"),
        ("1 AAPLx or 2 lots", "1_AAPLx or 2 lots"),
        ("in 3 steps, 2 Closings", "in 3 steps, 2 Closings"),
    ],
)
def test_a_number_and_its_unit_are_bound(plain: str, bound: str) -> None:
    assert written(plain) == bound.replace("_", "\N{NO-BREAK SPACE}")


def test_panels_and_cards_are_bound_and_what_is_plain_text_is_not() -> None:
    panel, card = LossCascade(), asked("Are 5 EUR enough?")

    title = panel.view(panel.values)["title"]
    assert " EUR" in title
    assert panel.state()["_shown"]["view"]["title"] == written(title) != title
    assert written(title) in unescape(panel.still()[0])
    assert panel.still()[1].startswith(title)
    assert "5\N{NO-BREAK SPACE}EUR" in card.state()["_card"]["text"]
    assert "5\N{NO-BREAK SPACE}EUR" in card.still()[0]
    assert "5 EUR" in card.still()[1]

"""Why this number? On a question's card: once what is right is told, and nothing before."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from reckoning import reckoned
from shown import amounts, read

from marginlib.engine.derivation import tracing
from marginlib.quiz import drills, shelf
from marginlib.quiz.card import Card
from marginlib.quiz.lesson import Lesson, questions
from marginlib.quiz.practice import practice
from marginlib.quiz.question import Question
from marginlib.telling.why import why

NBSP = "\N{NO-BREAK SPACE}"
BY_HAND: dict[tuple[str, str], set[str]] = {
    ("00", "rises"): {"2,000 EUR"},
    ("01", "profit"): {"4,000 EUR"},
    ("02", "gain"): {"20,000 USD", "30 %"},
    ("02", "month"): {"3.6 %", "10.8 %"},
    ("02", "holding"): {"6 USD"},
    ("02", "funding"): {"0.01 %"},
    ("05", "taken"): {"0.8 EUR", "0.76 EUR"},
    ("06", "converted"): {"0.2 %", "4,500 EUR"},
    ("06", "bought"): {"0.4 %", "9,000 EUR"},
    ("06", "short"): {"5,000 EUR"},
    ("07", "left"): {"210 USD"},
}
"""What a question's author has written into its explanation, and no engine has worked out."""


def asked(lesson: str) -> Iterator[tuple[str, Question]]:
    found = questions(lesson)
    yield from found.predict.items()
    yield from found.check.items()
    if lesson in drills.GENERATORS:
        yield from ((f"drill {level}", drills.make(lesson, level, level)) for level in range(1, drills.LEVELS + 1))


@pytest.mark.parametrize("lesson", list(shelf.LESSONS))
def test_every_amount_that_is_told_of_what_is_right_has_its_reasons(lesson: str) -> None:
    for name, question in asked(lesson):
        with tracing() as heard:
            again = question.afresh().told()
        told = question.told()
        assert again == told
        known = dict[int, Fraction]()
        for text in amounts(("words", line) for line in told[1:]):
            found = why(text, heard)
            assert found or text in BY_HAND.get((lesson, name), ()), f"{lesson} {name}: {text}"
            written, places = read(text)
            for how in found:
                off = abs(abs(reckoned(how, known)) - written)
                assert off * 2 <= Fraction(1, 10**places), f"{lesson} {name}: {text}"


def test_what_a_wrong_idea_comes_to_has_no_reasons() -> None:
    """An explanation may name it; a sum of rules below it would say that it is right."""
    question = questions("01").check["profit"]
    explain = "The profit is {answer} EUR, not {leverage_multiplies}."
    question = Question(**{**dict(question.written), "explain": explain})
    with tracing() as heard:
        told = question.afresh().told()
    right, wrong = (text.rstrip(".") for text in told[2].removeprefix("The profit is ").split(", not "))
    assert why(right, heard)
    assert not why(wrong, heard)


def known(card: Card, *texts: str) -> list[str]:
    ((answer, _),) = card.receive({"kind": "why", "key": "now", "texts": list(texts)})
    assert answer["kind"] == "known"
    assert answer["key"] == "now"
    return list(answer["texts"])


def because(card: Card, text: str) -> dict[str, Any]:
    ((answer, _),) = card.receive({"kind": "why", "key": "now", "text": text})
    return dict(answer)


def a_check() -> Card:
    """What a loss of 240 EUR takes in USDT: 250 of them."""
    return Card(questions("05").check["taken"], "Check", hint="Show the way")


def test_nothing_is_told_before_what_is_right_is() -> None:
    card = a_check()
    for _ in range(2):
        assert not card.state()["_card"]["whys"]
        assert known(card, "250 USDT", "240 EUR", "1,520 EUR") == []
        assert because(card, "250 USDT")["lines"] == []
        card.answer("1")  # no mistake is recognised, and the verdict has no amount of the engine's
    card.help()
    assert card.state()["_card"]["whys"]
    assert known(card, "250 USDT", "251 USDT", "1,520 EUR") == ["250 USDT", "1,520 EUR"]


def test_a_right_answer_tells_its_sum_down_to_what_is_given() -> None:
    card = a_check()
    card.answer("250")
    told = because(card, f"250{NBSP}USDT")
    lines = [line["line"].replace(NBSP, " ") for line in told["lines"]]
    assert "250 USDT taken = 190.00 EUR still to cover after EUR ÷ 0.80 EUR price of USDT/EUR" in lines[0]
    assert {"given: the lesson's setting"} <= {line["source"] for line in told["lines"]}
    assert because(card, "<b>250 USDT</b>")["text"] == "<b>250 USDT</b>"


def test_a_recognised_mistake_tells_what_is_right_and_not_why_what_is_wrong_comes_out() -> None:
    card = a_check()
    wrong = next(value for value in card.question.wrong.values() if value != int(value) or value > 250)
    verdict = card.answer(str(wrong))
    assert verdict is not None
    assert verdict.beside
    assert known(card, "250 USDT", card.question.shown(wrong)) == ["250 USDT"]


def test_another_question_is_closed_again() -> None:
    drill = Lesson("05").drill(seed=3)
    drill.help()
    assert drill.state()["_card"]["whys"]
    drill.another()
    assert not drill.state()["_card"]["whys"]
    assert known(drill, drill.question.shown_answer()) == []


def test_a_prediction_that_is_skipped_or_missed_tells_what_happens() -> None:
    for name, do in (("skip", Card.skip), ("miss", lambda card: card.answer("1"))):
        card = Card(questions("07").predict["call"], "Predict first", skip="Skip, and see")
        assert known(card, card.question.shown_answer()) == []
        do(card)
        assert known(card, card.question.shown_answer()) == [card.question.shown_answer()], name


def test_practice_tells_of_a_way_that_is_whole() -> None:
    card = practice(["01"], memory=None)
    assert card.task is not None
    assert card.task.stage == "shown"
    assert known(card, card.question.shown_answer()) == [card.question.shown_answer()]
    card.another()
    answer = card.question.shown_answer()
    while not card.over:
        assert not card.state()["_card"]["whys"]
        assert known(card, answer) == []
        card.answer(card.expects)
    assert card.state()["_card"]["whys"]
    assert known(card, answer) == [answer]

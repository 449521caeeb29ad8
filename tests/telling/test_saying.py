"""Sentences that are printed break between words, and never between an amount and its currency."""

import re

import pytest

from marginlib import say
from marginlib.telling.saying import wrapped

TOLD = (
    "This opening would leave a margin level of 99.99999 %, below 100 %: equity is 0.0001 EUR short of the used "
    "margin. Deposit 0.0001 EUR first, or take at most 0.04 BTC, or a leverage of 5 × (R13, R14), after 3 hours."
)
PARTED = re.compile(r"[0-9]\n *(?:%|×|[A-Z]{3,}\b|hours?\b)|[0-9],\n *[RABC][0-9]")


@pytest.mark.parametrize("width", range(30, 121))
def test_a_number_and_its_unit_stay_in_one_line(width: int) -> None:
    shown = wrapped(TOLD, width)

    assert not PARTED.search(shown)
    assert " ".join(shown.split()) == TOLD
    assert max(map(len, shown.splitlines())) <= width


def test_a_long_word_stays_whole() -> None:
    assert wrapped(f"A {'b' * 90} c", 80).splitlines() == ["A", "b" * 90, "c"]


def test_lists_and_sentences_are_paragraphs(capsys: pytest.CaptureFixture[str]) -> None:
    say([TOLD, "Two."], "Three.")
    shown = capsys.readouterr().out

    assert [" ".join(each.split()) for each in shown.split("\n\n")] == [TOLD, "Two.", "Three."]
    assert max(map(len, shown.splitlines())) <= 80
    assert not re.search(r" \n", shown)

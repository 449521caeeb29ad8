"""A lesson as one file: what can't be done in it isn't asked for, and where it can be done is said."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from marginlib.lessons.ledger.book import YourLedger
from marginlib.lessons.own_case.own_case import OwnCase
from marginlib.lessons.settle_or_close.settle_form import SettleForm
from marginlib.panels.live import Live
from tools.site import lessons

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("03_settle_or_close", SettleForm), ("08_read_your_own_ledger", YourLedger), ("10_your_own_case", OwnCase)],
)
def test_what_needs_an_engine_says_where_there_is_one(name: str, kind: type[Live]) -> None:
    soup = BeautifulSoup(lessons.uncovered(lessons.read(NOTEBOOKS / f"{name}.ipynb")), "html.parser")
    said = [each.get_text() for each in soup.select("p > em")]
    assert said.count(kind.alone) == 1
    assert "on the site or as a notebook" in kind.alone
    assert not [each for each in said if each.startswith("Run the cell") or ". Run the cell" in each]


def test_no_still_of_a_lesson_asks_for_a_cell_to_be_run_in_one_file() -> None:
    for path in sorted(NOTEBOOKS.glob("[01]*.ipynb")):
        soup = BeautifulSoup(lessons.uncovered(lessons.read(path)), "html.parser")
        assert not [each for each in soup.select("p > em") if "Run the cell" in each.get_text()], path.name

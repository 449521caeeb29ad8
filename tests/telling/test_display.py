"""What a notebook shows of amounts and of what has them: plain numbers, whatever they are part of."""

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.formatters import PlainTextFormatter

from marginlib import Scenario, replay
from marginlib.panels.panel import Values
from marginlib.telling.display import plainly


@pytest.fixture
def formatter() -> PlainTextFormatter:
    text = PlainTextFormatter()
    plainly(SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/plain": text})))
    return text


@pytest.fixture(scope="module")
def story() -> Any:
    steps = [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.4", "leverage": 5},
        {"do": "price", "pair": "BTC/EUR", "price": "40000"},
        {"do": "close", "pair": "BTC/EUR", "volume": "0.3"},
    ]
    return replay(
        Scenario.of({"balances": {"EUR": "9000"}, "prices": {"BTC/EUR": "50000"}, "steps": steps, "valuation": "EUR"})
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1800.0000"), "1800"),
        ([(Decimal("-1200.0"), Decimal(0))], "[(-1200, 0)]"),
        ({"BTC": Decimal("0.4859225741")}, "{'BTC': 0.4859225741}"),
        (Fraction(50), "50"),
        (Fraction(1, 3), "1/3"),
        (Decimal("NaN"), "NaN"),
        (Decimal("1E+3"), "1000"),
    ],
)
def test_amounts_are_plain_numbers(formatter: PlainTextFormatter, value: object, shown: str) -> None:
    assert formatter(value) == shown


def test_a_position_says_its_fields(formatter: PlainTextFormatter, story: Any) -> None:
    assert " ".join(formatter(story.final.positions[0]).split()) == (
        "Position(id=1, pair='BTC/EUR', side='long', volume=0.1, open_price=50000, leverage=5, opened_at=0, rollover=0)"
    )


def test_whatever_hangs_on_a_story_has_no_raw_amount(formatter: PlainTextFormatter, story: Any) -> None:
    things = [story.scenario, story.moments, story.final, story.ledger, story.realised, story.margin, story]
    shown = "\n".join(formatter(each) for each in things)

    assert "Decimal(" not in shown
    assert "Fraction(" not in shown
    assert "collateral_order=('USD'" not in shown
    assert repr(story.realised).count("Decimal(") > 5, "what Python writes stays what it was"


def test_the_values_of_a_panel_are_read_like_a_sentence(formatter: PlainTextFormatter) -> None:
    given = Values({"side": "long", "leverage": Decimal("4.0"), "EUR": None, "move": Decimal(-10), "c1": False})

    assert formatter(given) == "side long, leverage 4, move -10, c1 False"

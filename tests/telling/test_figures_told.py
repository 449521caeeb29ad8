"""Sentences take their figures from the story's rulebook: with another one, no figure of ``data/`` is left in them."""

from decimal import Decimal

import pytest
from bookings import Do, closes, moves, opens

from marginlib import Rulebook, Scenario, Story, replay, rulebook
from marginlib.telling import sentences, terminal

NBSP = "\N{NO-BREAK SPACE}"
LONG = opens("BTC/EUR", "long", "0.1")


@pytest.fixture(scope="module")
def other() -> Rulebook:
    fees = {"cash_cash": "0.013", "btc_eth_cash": "0.073", "other": "0.097"}
    return rulebook().replaced(
        opening_level=rulebook().opening_level + 20,
        call_level=rulebook().call_level - 13,
        liquidation_level=rulebook().liquidation_level - 7,
        conversion_fees={name: Decimal(fee) for name, fee in fees.items()},
    )


def tells(other: Rulebook, *steps: Do, rules: Do | None = None, before: dict[str, str] | None = None) -> list[Story]:
    """The story by the rulebook in ``data/``, and by another."""
    scenario = Scenario.of(
        {
            "balances": before or {"EUR": "1300"},
            "prices": {"BTC/EUR": "50000"},
            "rules": rules or {"liquidation": "until-100"},
            "steps": steps,
        }
    )
    return [replay(scenario), replay(scenario, other)]


def test_levels_at_rest(other: Rulebook) -> None:
    """B3 to B5: 120, 67 and 33 instead of 100, 80 and 40 percent."""
    stories = tells(other, LONG)
    old, new = (sentences.margin(story.margin, story.final.rulebook) for story in stories)
    assert f"near 80{NBSP}%" in old
    assert f"near 40{NBSP}%" in old
    assert (
        new == f"The margin level is 130{NBSP}%. A margin call comes near 67{NBSP}%, liquidation near 33{NBSP}% (B5)."
    )


@pytest.mark.parametrize(("price", "says"), [("46500", "too low to open more"), ("43500", "margin call (67{}%)")])
def test_levels_in_a_fall(other: Rulebook, price: str, says: str) -> None:
    """B4, B5: 950 of 1,000 EUR used, and 650."""
    _, story = tells(other, LONG, moves("BTC/EUR", price))
    told = sentences.margin(story.margin, story.final.rulebook)
    assert says.format(NBSP) in told
    assert f"33{NBSP}%" in told
    assert f"80{NBSP}%" not in told
    assert f"40{NBSP}%" not in told


def test_prices_of_the_levels(other: Rulebook) -> None:
    """B5: 0.1 p - 5,000 + 1,300 are 800 and 400, or 670 and 330."""
    old, new = (sentences.how_far(story.final, "EUR") for story in tells(other, LONG))
    assert "45,000.00 EUR or less, liquidation at 41,000.00" in old[0]
    assert "43,700.00 EUR or less, liquidation at 40,300.00" in new[0]


def test_a_liquidation_and_its_end(other: Rulebook) -> None:
    """B5."""
    lots = opens("BTC/EUR", "long", "0.05"), opens("BTC/EUR", "long", "0.05")
    old, new = (sentences.cause(story.moments[-1], 0)[0] for story in tells(other, *lots, moves("BTC/EUR", "40000")))
    assert old.startswith(f"The margin level is 40{NBSP}% or less")
    assert f"back at 100{NBSP}%" in old
    assert new.startswith(f"The margin level is 33{NBSP}% or less")
    assert f"back at 120{NBSP}%" in new


def test_a_conversion_fee(other: Rulebook) -> None:
    """R16."""
    steps = LONG, moves("BTC/EUR", "45000"), closes("BTC/EUR")
    stories = tells(other, *steps, before={"EUR": "300", "BTC": "0.1"}, rules={"liquidation": "off"})
    old, new = (" ".join(sentences.tell(story)) for story in stories)
    assert f"after a 2.5{NBSP}% fee" in old
    assert f"after a 7.3{NBSP}% fee" in new
    assert f"2.5{NBSP}%" not in new


def test_a_refusal(other: Rulebook) -> None:
    """B4: 1,100 EUR are 110 percent of what would be used."""
    old, new = tells(other, LONG, before={"EUR": "1100"})
    assert old.error is None
    assert "below 120 %" in sentences.tell(new)[-1]


def test_the_page_on_a_terminal(other: Rulebook, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything at once: what the story ends with."""
    _, story = tells(other, LONG, moves("BTC/EUR", "46500"))
    terminal.show_story(story, "changed")
    shown = " ".join(capsys.readouterr().out.split())
    assert "A margin call comes near 67 %, liquidation near 33 % (B5)." in shown
    assert "80 %" not in shown
    assert "40 %" not in shown

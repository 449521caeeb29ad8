"""A plan takes its figures from the story's rulebook: with another one, no figure of ``data/`` is left in it."""

from decimal import Decimal

import pytest
from bookings import Do, moves, opens

from marginlib import Rulebook, Scenario, Story, replay, rulebook
from marginlib.ways_out import advice
from marginlib.ways_out.break_even import break_even_fee
from marginlib.ways_out.covering import little_first, part_first
from marginlib.ways_out.plans import plan

NBSP = "\N{NO-BREAK SPACE}"
PAIR = "BTC/EUR"


@pytest.fixture(scope="module")
def other() -> Rulebook:
    dearer = {name: Decimal("0.073") for name in rulebook().conversion_fees}
    return rulebook().replaced(opening_level=Decimal(120), conversion_fees=dearer)


def stands(book: Rulebook | None, price: str, before: dict[str, str], volume: str = "0.08") -> Story:
    prices = {PAIR: "50000", "DOGE/EUR": "0.1"}
    steps: list[Do] = [opens(PAIR, "long", volume), moves(PAIR, price)]
    return replay(Scenario.of({"balances": before, "prices": prices, "steps": steps}), book)


POOR = {"EUR": "200", "BTC": "0.02", "DOGE": "10000"}


def test_where_orders_are_refused(other: Rulebook) -> None:
    """B9: at 800 EUR of used margin, 960 are needed, not 800."""
    seen = plan(stands(other, "36500", POOR))
    assert "below 120 %" in seen.way("buy").closed
    assert plan(stands(None, "36500", POOR)).way("buy").closed == ""


def test_the_price_of_that(other: Rulebook) -> None:
    """B9: 1,200 + 0.02 p EUR, less 0.08 x (50,000 - p), are 960 at 37,600 EUR."""
    told = []
    for book in (None, other):
        story = stands(book, "38500", POOR)
        told.append(advice.turning_from_here(story, plan(story), None, missing=True)[-1])
    old, new = told
    assert old == f"Below 36,000 EUR an order would leave your margin level under 100{NBSP}%, and is refused (B9)."
    assert new == f"Below 37,600 EUR an order would leave your margin level under 120{NBSP}%, and is refused (B9)."


def test_what_opens_them_again(other: Rulebook) -> None:
    """B9: at 36,500 EUR, equity is 850: 110 EUR are missing for 960."""
    story = stands(other, "36500", POOR)
    seen, part, little = plan(story), part_first(story, PAIR), little_first(story, PAIR)
    assert little is not None
    assert little.deposited == 110
    assert "With 110.00 EUR from outside" in advice.reopening(seen, part, little)[-1]
    alone = advice.reopening_after(seen, None, little)
    assert alone == [
        "Only money from outside opens orders again: bring in 110.00 EUR, and order then: that costs 0.00 EUR, and "
        "the money is still yours (R6, B9)."
    ]
    both = advice.reopening_after(seen, part, little)
    assert both[0].startswith("But you can close a part first: 0.0148148 BTC.")
    assert both[1].startswith("Or bring in 110.00 EUR, and order then")


def test_an_amount_from_outside_has_the_digits_of_the_rulebooks_cash(other: Rulebook) -> None:
    """A8: cents, where QUOTE is cash; or else its own digits."""
    dear = {**POOR, "EUR": "199.991234"}
    digits = {}
    for cash in (other.cash, other.cash - {"EUR"}):
        way = little_first(stands(other.replaced(cash=cash), "36500", dear), PAIR)
        assert way is not None
        digits[cash] = str(way.deposited.normalize())
    assert digits == {other.cash: "110.01", other.cash - {"EUR"}: "110.008766"}


def test_the_fee_at_which_the_answer_turns(other: Rulebook) -> None:
    """R16, R17: 7.3 % for a conversion, so for an order as well."""
    before = {"EUR": "500", "BTC": "0.1"}
    old, new = (break_even_fee(stands(book, "45000", before, "0.2")) for book in (None, other))
    assert (old, new) == (Decimal("0.025"), Decimal("0.073"))
    story = stands(other, "45000", before, "0.2")
    told = advice.turning(plan(story), Decimal("0.004"), new, (None, None))
    assert told[0].startswith(f"At a trading fee of 7.3{NBSP}%")
    assert advice.turning_from_here(story, plan(story), new, missing=True)[:2] == [
        f"At a trading fee of 7.3{NBSP}% closing now and buying first would cost the same; above it, buying first "
        "costs more.",
        "Above 47,500.00 EUR your EUR would bear the loss alone (R13).",
    ]

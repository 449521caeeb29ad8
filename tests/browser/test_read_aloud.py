"""Twenty questions about the figures, answered from the accessibility tree alone: what a screen reader has to go by.

The answers come from the engine, not from the view. A question names the figure that it is about.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from playwright.sync_api import Browser

import marginlib.lessons as lessons
from browser.stand import standing
from marginlib import limits, money, plan, replay, worth
from marginlib.engine.account import Position
from marginlib.engine.story import Story
from marginlib.telling.numbers import percent

pytestmark = pytest.mark.browser

Answer = Callable[[Story], str]


def tied(story: Story) -> Any:
    return story.margin


def written_out(lot: Position) -> tuple[str, str]:
    return money(lot.volume, lot.base), money(lot.open_price, lot.quote)


def least_cost(story: Story) -> Fraction:
    """Of the ways that need nothing from outside."""
    return min(way.cost for way in plan(story, "BTC/EUR").ways if way.cost is not None and way.name != "deposit")


def called(story: Story) -> Fraction:
    """The price at which a margin call comes."""
    call = limits(story.final, "USD").pairs["BTC/USD"].call
    assert call
    assert call.below
    return call.below


def lost(story: Story, code: str) -> Any:
    return next(take for take in story.realised[0].cascade if take.currency == code)


QUESTIONS: list[tuple[str, dict[str, Any], str, str, Answer]] = [
    (
        "BalanceSheet",
        {},
        "whose it is",
        "How much do I owe?",
        lambda s: f"Owed: {money(s.final.positions[0].owed[1], 'EUR')}",
    ),
    (
        "BalanceSheet",
        {"move": -20},
        "whose it is",
        "How much is mine after a fall of 20 %?",
        lambda s: f"Yours: {money(tied(s).equity, 'EUR')}",
    ),
    (
        "BalanceSheet",
        {"leverage": 2},
        "whose it is",
        "How much is tied up?",
        lambda s: f"Used margin: {money(tied(s).used_margin, 'EUR')}",
    ),
    (
        "BalanceSheet",
        {"leverage": 2},
        "whose it is",
        "How much is free?",
        lambda s: f"Free margin: {money(tied(s).free_margin, 'EUR')}",
    ),
    (
        "OpeningSteps",
        {"step": 2},
        "whose it is",
        "What is owed once the exchange has extended funds?",
        lambda s: f"Owed: {money(s.final.positions[0].cost, 'EUR')}",
    ),
    (
        "Life",
        {},
        "A position's life",
        "What is mine at the end?",
        lambda s: f"Yours: {money(worth(s.final, 'EUR'), 'EUR')}",
    ),
    (
        "Life",
        {},
        "A position's life",
        "What went to the exchange?",
        lambda s: f"to the exchange: {money(s.realised[0].position.owed[1], 'EUR')}",
    ),
    (
        "ShortAndMirror",
        {},
        "Profit or loss",
        "Does the short gain or lose, and what?",
        lambda s: f"The short: +{money((60_000 - s.final.prices['BTC/USD']) * 1, 'USD')}",
    ),
    (
        "ShortAndMirror",
        {"move": 20},
        "Profit or loss",
        "And if the price rises by 20 %?",
        lambda s: f"The short: {money((60_000 - s.final.prices['BTC/USD']) * 1, 'USD')}",
    ),
    (
        "StopRun",
        {},
        "price of 1 BTC",
        "Where is the stop?",
        lambda s: f"A buy stop at {money(s.final.stops[0].trigger, 'USD')}",
    ),
    (
        "SettleOrClose",
        {},
        "Settling beside closing",
        "What does closing cost in fees?",
        lambda s: f"after fees of {money(s.final.prices['BTC/EUR'] * 4 / 1000, 'EUR')}",
    ),
    (
        "SettleOrClose",
        {},
        "Settling beside closing",
        "What am I worth after settling?",
        lambda s: f"after settling: {money(worth(s.final, 'EUR'), 'EUR')}",
    ),
    (
        "LotQueue",
        {},
        "The queue",
        "Which lot goes first, and what does it bring?",
        lambda s: f"A: 0.3 BTC of 0.3 BTC at 45,000.00 EUR: ▲ +{money(s.realised[0].pnl, 'EUR')}",
    ),
    (
        "LotQueue",
        {},
        "The queue",
        "Which lot stays open?",
        lambda s: "C: {} at {} stay open".format(*written_out(s.final.positions[-1])),
    ),
    (
        "LossCascade",
        {},
        "What the loss takes",
        "How many dollars are taken?",
        lambda s: f"{money(lost(s, 'USD').taken, 'USD')} of 500.00 USD",
    ),
    (
        "LossCascade",
        {},
        "What the loss takes",
        "What fee does converting bitcoin cost?",
        lambda s: f"a fee of {money(lost(s, 'BTC').fee, 'EUR')}",
    ),
    (
        "LossCascade",
        {},
        "What the loss takes",
        "Is monero touched?",
        lambda s: f"{money(s.final.balance('XMR'), 'XMR')}, untouched",
    ),
    (
        "WaysOut",
        {},
        "each way out",
        "Which way is the cheapest with what I have?",
        lambda s: f"Buy EUR first: {money(least_cost(s), 'EUR')}, cheapest",
    ),
    (
        "HowFar",
        {},
        "Margin level",
        "Where does the margin call come?",
        lambda s: f"at {money(called(s), 'USD')}",
    ),
    (
        "ThroughTheCrash",
        {"day": 5},
        "day by day",
        "What is the margin level after five days?",
        lambda s: f"margin level {percent(tied(s).level / 100, 1)}",
    ),
]


def plain(text: str) -> str:
    """Words with plain spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("name", "values", "figure", "asked", "answer"), QUESTIONS, ids=[each[3] for each in QUESTIONS]
)
def test_the_figure_tells_it(
    chrome: Browser, name: str, values: dict[str, Any], figure: str, asked: str, answer: Answer
) -> None:
    panel = getattr(lessons, name)(**values)
    with standing(chrome, panel) as page:
        group = next(
            each for each in page.locator(".mw-figure").all() if figure in (each.get_attribute("aria-label") or "")
        )
        tree = plain(group.aria_snapshot())

    assert plain(answer(replay(panel.scenario(panel.values)))) in tree, asked

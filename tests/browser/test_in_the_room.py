"""What a teacher projects and prints: the room's screen is worked by key, and the handout is one page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import axe
from browser.stand import standing
from marginlib.lessons import CrashNight
from marginlib.quiz.lesson import questions
from marginlib.quiz.together import Ballot

pytestmark = pytest.mark.browser

HANDOUT = Path(__file__).resolve().parents[2] / "notebooks" / "teaching" / "handout.html"


@pytest.fixture
def ballot(chrome: Browser) -> Iterator[tuple[Ballot, Page]]:
    """A question for the room, on a page."""
    live = Ballot(questions("01").predict["extended"], "Predict together, lesson 01")
    with standing(chrome, live) as page:
        yield live, page


def test_the_handout_is_one_page_of_a4(chrome: Browser) -> None:
    page = chrome.new_page()
    page.goto(HANDOUT.as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    page.close()

    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
    (box,) = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed))
    assert [round(float(side)) for side in box] == [595, 842]  # points


def test_answers_are_typed_shown_and_opened_by_key(ballot: tuple[Ballot, Page]) -> None:
    live, page = ballot
    box = page.get_by_label("What the room says")
    box.focus()
    page.keyboard.type("Ada: B\n3 x D\n<b>Eve</b>: nonsense")
    expect(page.locator(".mt-said")).to_have_text("4 answers")
    expect(page.locator(".mt-notes li")).to_contain_text("Line 3")
    assert page.locator(".mt-notes b").count() == 0
    page.get_by_role("button", name="Show the answers").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".mt-bar")).to_have_count(4)
    expect(page.locator(".mt-sign")).to_have_count(0)
    page.get_by_role("button", name="Open the picture").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".mt-bar[data-right=true] .mt-sign")).to_contain_text("right")
    assert live.stage == "open"
    assert page.evaluate("() => document.activeElement?.className") == "mt-wall"  # where the answer to the key is


def test_what_is_typed_can_be_covered(ballot: tuple[Ballot, Page]) -> None:
    _, page = ballot
    page.get_by_label("Cover what is typed").check()

    assert page.locator("textarea").evaluate("box => getComputedStyle(box).webkitTextSecurity") == "disc"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1400, 360])
def test_the_night_fits_and_can_be_read(chrome: Browser, width: int, dark: bool) -> None:
    night = CrashNight("March 2020")
    night.take("Reds: 121 A A A\nBlues: 93 B B C")
    for button in ("", "answers", "rules", "hold"):
        night.press(button)
        with standing(chrome, night, width=width, dark=dark) as page:
            expect(page.locator(".mt-heading")).to_contain_text("Crash night, March 2020")
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
            assert not axe.found(page, ".mt-room")

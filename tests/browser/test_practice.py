"""Practice in the browser: by keyboard alone, narrow, light and dark, and on a page that keeps it."""

import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser import axe
from browser.lab import Lab
from browser.site import Opened, Site
from browser.stand import standing
from marginlib.lessons import practice
from marginlib.quiz.practice import FILE, Practice

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]


def shown(page: Page, card: Practice) -> None:
    """Python has gone on: the page sees it."""
    page.evaluate("(parts) => adopted(parts)", card.state())


def by_key(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def tab_to(page: Page, place: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(30):
        if place.evaluate("(node) => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab doesn't lead to {place}")


def test_by_keyboard_alone_from_worked_out_to_alone(chrome: Browser) -> None:
    card = practice(["01"], memory=None)
    with standing(chrome, card) as page:
        expect(page.locator(".mq-steps li")).to_have_count(len(card.question.solution()))
        tab_to(page, page.get_by_role("button", name="Next: the same"))
        page.keyboard.press("Enter")

        blank = page.get_by_role("textbox", name="The blank, in EUR")
        expect(blank).to_be_focused()
        by_key(page, "1")
        expect(page.locator(".mq-wrong")).to_be_visible()
        blank.fill("")
        while card.expects:
            expect(blank).to_be_focused()
            by_key(page, str(card.expects))
            expect(page.locator(".mq-right").last).to_be_visible()
        expect(page.get_by_role("button", name="Next", exact=True)).to_be_focused()
        page.keyboard.press("Enter")

        assert card.task
        assert card.task.stage == "shown", "it was not right at once"
        expect(page.locator(".mq-text").first).to_be_focused()
        expect(page.locator(".mq-lead")).to_contain_text("It comes back")
        tab_to(page, page.get_by_role("button", name="I can do it alone"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("textbox", name="Your answer in EUR")).to_be_focused()
        by_key(page, str(card.expects))
        expect(page.locator(".mq-right")).to_be_visible()
        expect(page.get_by_role("row", name="01 · Borrowing")).to_contain_text("1 of 5 right in a row")


def test_what_is_told_later_in_a_way_is_not_on_the_page(chrome: Browser) -> None:
    card = practice(["01"], memory=None)
    with standing(chrome, card) as page:
        card.another()
        shown(page, card)
        assert len(card.steps) > card.reached + 1
        expect(page.locator(".mq-steps li")).to_have_count(card.reached + 1)


def test_forget_asks_once_more(chrome: Browser) -> None:
    card = practice(["01"], memory=None)
    with standing(chrome, card) as page:
        expect(page.get_by_role("button", name="Forget all of it")).to_be_hidden()
        card.another()
        shown(page, card)
        page.get_by_role("button", name="Forget all of it").click()
        assert card.memory.answered
        page.get_by_role("button", name="Press again to forget all of it").press("Tab")
        page.get_by_role("button", name="Forget all of it").click()
        page.get_by_role("button", name="Press again to forget all of it").click()
        expect(page.locator(".mq-lead")).to_contain_text("Worked out")
        assert card.memory.answered == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_it_fits_and_is_accessible_at_every_stage(chrome: Browser, width: int, dark: bool) -> None:
    card = practice(memory=None)
    with standing(chrome, card, width=width, dark=dark) as page:
        for stage in ("shown", "filled", "alone"):
            while card.task and card.task.stage != stage:
                while card.expects:
                    card.answer(card.expects)
                card.another()
            if stage != "shown":
                card.answer("1")
            shown(page, card)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, stage
            assert axe.found(page, ".mq-card") == [], stage


def test_a_file_s_words_are_words(chrome: Browser, tmp_path: Path) -> None:
    (tmp_path / "<b>my.json").write_text("<i>no</i>")
    with standing(chrome, practice(memory=tmp_path / "<b>my.json")) as page:
        expect(page.locator(".mq-unkept")).to_contain_text("The file <b>my.json is no memory of a practice")


def test_a_notebook_keeps_it_in_a_file_beside_itself(chrome: Browser, lab: Lab, folder: Path) -> None:
    shutil.copy(ROOT / "notebooks" / "09_practice.ipynb", folder)
    for visit in ("first", "second"):
        opened = lab.open(chrome, "09_practice.ipynb")
        page = opened.page
        opened.run_all()
        card = page.locator(".mq-card")
        expect(card.locator(".mq-standings")).to_contain_text("in the file my_practice.json beside the notebook")
        if visit == "first":
            card.get_by_role("button", name="Next: the same").click()
        expect(card.locator(".mq-blank")).to_be_visible()
        card.scroll_into_view_if_needed()
        assert len(json.loads((folder / FILE).read_text(encoding="utf-8"))["answered"]) == 1
        assert opened.complaints == []
        page.context.close()


KEEPING = "localStorage.getItem('marginlib:practice')"


def test_a_page_keeps_what_was_practised_and_forgets_it(chrome: Browser, site: Site) -> None:
    context = site.context(chrome)
    opened = Opened(context, f"{site.address}09_practice.html")
    page = opened.page
    opened.until_ready()
    page.get_by_role("button", name="Next: the same").click()
    expect(page.locator(".mq-blank")).to_be_visible()
    question = page.locator(".mq-text").first.inner_text()
    assert len(json.loads(page.evaluate(KEEPING))["answered"]) == 1

    page.reload()
    opened.until_ready()
    expect(page.locator(".mq-text").first).to_have_text(question)
    expect(page.locator(".mq-standings")).to_contain_text("Kept in this browser alone")

    other = Opened(context, f"{site.address}09_practice.html")
    other.until_ready()
    expect(other.page.locator(".mq-text").first).to_have_text(question)
    other.page.get_by_role("button", name="Forget all of it").click()
    other.page.get_by_role("button", name="Press again").click()
    expect(other.page.locator(".mq-lead")).to_contain_text("Worked out")
    expect(page.locator(".mq-lead")).to_contain_text("Worked out")
    assert json.loads(page.evaluate(KEEPING))["answered"] == []

    page.evaluate("localStorage.setItem('marginlib:practice', '<b>no</b>')")
    page.reload()
    opened.until_ready()
    expect(page.locator(".mq-unkept")).to_contain_text("set aside")
    assert page.evaluate("localStorage.getItem('marginlib:practice:set-aside-1')") == "<b>no</b>"
    assert opened.complaints == other.complaints == []
    context.close()

"""The site's page of an exercise: its link opens it, by the page's own Python, and a reload loses nothing."""

import pytest
from exercising import WEEK, written
from playwright.sync_api import BrowserContext, expect

from browser import axe
from browser.site import Opened, Site
from marginlib.classes.file import Exercise, read_exercise
from marginlib.classes.handed_in import read
from marginlib.telling.on_page import written as on_page

pytestmark = pytest.mark.browser

COMES = 90_000  # ms: Python is fetched and started


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    return read_exercise(written(tmp_path_factory.mktemp("week"), WEEK))


def test_a_link_opens_the_exercise_and_a_reload_keeps_the_work(
    visitor: BrowserContext, site: Site, week: Exercise
) -> None:
    opened = Opened(visitor, week.link(site.address))
    page = opened.page
    expect(page.locator(".mx-title")).to_have_text("What a loss takes", timeout=COMES)
    assert axe.found(page) == []
    page.get_by_label("Your name or number").fill("Ada")
    page.keyboard.press("Enter")
    asked = week.asked("Ada")
    expect(page.locator(".mq-text")).to_have_text(asked[0].text)
    page.locator(".mq-card input").fill(asked[0].right[0])
    page.keyboard.press("Enter")
    expect(page.locator(".mq-right")).to_contain_text("Yes: ")
    page.locator(".mx-steps button").nth(4).click()
    expect(page.locator(".mx-panel .mw-figure > *").first).to_be_visible()
    page.locator(".mx-steps button").nth(1).click()  # the last thing done is an answer, and nothing after it
    expect(page.locator(".mq-text")).to_have_text(on_page(asked[1].text))
    page.locator(".mq-card input").fill(asked[1].right[0])
    page.keyboard.press("Enter")
    expect(page.locator(".mq-right")).to_contain_text("Yes: ")

    page.reload()
    expect(page.get_by_label("Your name or number")).to_have_value("Ada", timeout=COMES)
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".mx-steps button").first).to_have_accessible_name("Question 1, right")
    expect(page.locator(".mx-steps button").nth(1)).to_have_accessible_name("Question 2, right")
    page.get_by_role("button", name="Hand in").click()
    page.locator(".mx-confirm").get_by_role("button", name="Hand in").click()
    expect(page.locator(".mx-code")).to_be_visible()
    found = read(page.locator(".mx-code").inner_text(), 6, week.mark)
    assert (found.right, found.items[0].at_once, found.items[1].at_once) == (2, True, True)
    assert opened.complaints == []
    page.close()


def test_without_a_link_there_is_a_place_for_one(visitor: BrowserContext, site: Site, week: Exercise) -> None:
    page = Opened(visitor, f"{site.address}exercise.html").page
    assert axe.found(page) == []
    page.get_by_label("Link or code").fill("nothing")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#mw-link")).to_contain_text("This is no exercise")
    page.get_by_label("Link or code").fill(week.link()[1:])
    page.get_by_role("button", name="Open").click()
    expect(page.locator(".mx-title")).to_have_text("What a loss takes", timeout=COMES)
    page.close()


def test_a_broken_link_gets_a_sentence(visitor: BrowserContext, site: Site, week: Exercise) -> None:
    page = Opened(visitor, week.link(site.address)[:-4]).page
    expect(page.locator("#mw-exercise [role=alert]")).to_contain_text(
        "This link can't be opened: it is broken", timeout=COMES
    )
    page.close()

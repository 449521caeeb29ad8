"""The site where something is missing, broken or forbidden: it says so, and what works goes on working."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from browser.lab import until
from browser.site import Opened, Site
from marginlib.quiz import drills

pytestmark = pytest.mark.browser

LESSON = "05_loss_cascade.html"
STILL_THERE = "You can read, look at the pictures, and move one slider at a time."


@pytest.fixture
def context(chrome: Browser, site: Site) -> Iterator[BrowserContext]:
    """A fresh profile, without a service worker: what is asked for goes past the test."""
    made = site.context(chrome, service_workers="block")
    yield made
    made.close()


def first_panel_moves(page: Page) -> None:
    panel = page.locator(".mw-panel").first
    before = panel.get_attribute("data-key")
    panel.locator("input[type=range]:visible").first.focus()
    page.keyboard.press("ArrowRight")
    until(lambda: panel.get_attribute("data-key") not in ("", before), "it moves", 15)


@pytest.mark.parametrize("how", ["lost", "not found"])
@pytest.mark.parametrize(
    "part",
    ["pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json", "pyodide.mjs", "pyodide.asm.mjs", ".whl", "worker"],
)
def test_a_part_of_the_engine_that_does_not_come_is_told(
    context: BrowserContext, site: Site, part: str, how: str
) -> None:
    def answer(route: Route) -> None:
        if part not in route.request.url.rpartition("/")[2]:
            route.continue_()
        elif how == "lost":
            route.abort()
        else:
            route.fulfill(status=404, body="not found")

    context.route("**/*", answer)
    page = context.new_page()
    page.goto(f"{site.address}{LESSON}")
    status = page.locator("#mw-status")
    expect(status).to_have_attribute("data-stage", "failed", timeout=30_000)
    said = status.inner_text()
    assert part in said
    assert "Reload the page to try again; if that doesn't help, check the connection." in said
    assert STILL_THERE in said
    assert "[object" not in said
    assert "Error" not in said
    first_panel_moves(page)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("pyodide.asm.wasm", "The exact engine isn't here: WebAssembly.instantiateStreaming()"),
        ("python_stdlib.zip", "The exact engine isn't here: Python stopped while it was starting."),
    ],
)
def test_a_part_of_the_engine_that_comes_broken_is_told(
    context: BrowserContext, site: Site, part: str, said: str
) -> None:
    kind = "application/wasm" if part.endswith("wasm") else "application/zip"
    context.route(f"**/{part}", lambda route: route.fulfill(body="broken on the way", content_type=kind))
    page = context.new_page()
    page.goto(f"{site.address}{LESSON}")
    status = page.locator("#mw-status")
    expect(status).to_have_attribute("data-stage", "failed", timeout=30_000)
    expect(status).to_contain_text(said)
    first_panel_moves(page)


def test_an_engine_that_takes_long_is_told_and_waited_for(context: BrowserContext, site: Site) -> None:
    held: list[Route] = []
    context.route("**/python_stdlib.zip", lambda route: held.append(route))
    page = context.new_page()
    page.clock.install()
    with page.expect_request("**/python_stdlib.zip"):
        page.goto(f"{site.address}{LESSON}")
    status = page.locator("#mw-status")
    expect(status).to_have_attribute("data-stage", "starting")
    page.clock.fast_forward(21_000)
    expect(status).to_contain_text("The exact engine is still on its way: the connection may be slow")
    first_panel_moves(page)
    for route in held:
        route.continue_()
    expect(status).to_have_attribute("data-stage", "ready", timeout=60_000)
    expect(status).to_contain_text("The exact engine is here")


def test_an_answer_given_while_python_starts_stands_against_a_kept_one(context: BrowserContext, site: Site) -> None:
    opened = Opened(context, f"{site.address}{LESSON}")
    page = opened.page
    options = page.locator(".mq-card").first.locator(".mq-option")
    opened.until_ready()
    options.first.click()
    expect(page.locator("#mw-kept")).to_contain_text("1 answered")
    held: list[Route] = []
    context.route("**/python_stdlib.zip", lambda route: held.append(route))
    with page.expect_request("**/python_stdlib.zip"):
        page.reload()
    options.last.click()
    expect(options.last).to_have_attribute("aria-pressed", "true")
    for route in held:
        route.continue_()
    opened.until_ready()
    expect(page.locator(".mq-card").first.locator(".mq-verdict")).not_to_be_empty()
    page.wait_for_timeout(500)  # an older answer would come now
    expect(options.last).to_have_attribute("aria-pressed", "true")
    expect(options.first).to_have_attribute("aria-pressed", "false")
    kept = page.evaluate("JSON.parse(localStorage.getItem('marginlib:progress:05')).said")
    assert [each["given"] for each in kept.values()] == [
        page.evaluate("JSON.parse(document.getElementById('mw-lesson').textContent).slots['cell-04-0'].state._card")[
            "options"
        ][-1]["value"]
    ]


PROGRESS = "marginlib:progress:05"
CHECKS = ("Check 2 of 4", "Check 3 of 4")


def answer_check(page: Page, lead: str, given: str) -> None:
    card = page.locator(".mq-card", has_text=lead)
    card.get_by_role("textbox").fill(given)
    card.get_by_role("button", name="Check").click()
    expect(card.locator(".mq-verdict")).not_to_be_empty()


def kept(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(f"JSON.parse(localStorage.getItem('{PROGRESS}'))")
    return found


def test_two_tabs_keep_what_either_was_told(context: BrowserContext, site: Site) -> None:
    tabs = [Opened(context, f"{site.address}{LESSON}") for _ in range(2)]
    for tab in tabs:
        tab.until_ready()
    for tab, lead in zip(tabs, CHECKS, strict=True):
        answer_check(tab.page, lead, "1")
    # One tab hears a little later of what another has kept.
    until(lambda: len(kept(tabs[0].page)["said"]) == 2, "both tabs' answers are kept")
    for tab in tabs:
        expect(tab.page.locator("#mw-kept")).to_contain_text("2 answered")
    tabs[0].page.locator("#mw-theme").select_option("dark")
    expect(tabs[1].page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    expect(tabs[1].page.locator("#mw-theme")).to_have_value("dark")
    overview = Opened(context, f"{site.address}index.html").page
    expect(overview.locator('[data-lesson="05"]')).to_contain_text("2 answered")
    tabs[0].page.get_by_role("button", name="Forget").click()
    expect(tabs[1].page.locator("#mw-kept")).to_have_text("")
    expect(overview.locator('[data-lesson="05"]')).to_have_text("")
    answer_check(tabs[1].page, CHECKS[1], "2")
    until(lambda: len((kept(tabs[1].page) or {"said": ()})["said"]) == 1, "what is answered afterwards is kept alone")


FORBIDDEN = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("no", "SecurityError"); },
});"""
FULL = 'Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };'


@pytest.mark.parametrize("storage", [FORBIDDEN, FULL], ids=["forbidden", "full"])
def test_where_nothing_can_be_kept_it_holds_for_this_visit_and_says_so(
    context: BrowserContext, site: Site, storage: str
) -> None:
    context.add_init_script(storage)
    opened = Opened(context, f"{site.address}{LESSON}")
    page = opened.page
    page.locator("#mw-theme").select_option("dark")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    expect(page.locator("#mw-theme")).to_have_value("dark")
    expect(page.locator("#mw-unkept")).to_have_text("For this visit: the browser keeps nothing here.")
    opened.until_ready()
    for count, lead in enumerate(CHECKS, 1):
        answer_check(page, lead, "1")
        expect(page.locator("#mw-kept")).to_have_text(
            f"In this visit: {count} answered, 0 of them right. This browser keeps nothing here (its storage is full, "
            "or forbidden): it is gone with the page."
        )


GIVEN = [None, 5, "x", {"a": 1}, True, ["x"], [1], [["x"]]]


def test_a_broken_entry_of_the_storage_is_ignored_and_the_others_stay(context: BrowserContext, site: Site) -> None:
    opened = Opened(context, f"{site.address}{LESSON}")
    page = opened.page

    def lay(entry: str) -> None:
        """Put it into the storage, on a page that keeps nothing there: a lesson's last answer may come after it."""
        page.goto(f"{site.address}index.html")
        page.evaluate(f"(entry) => localStorage.setItem('{PROGRESS}', entry)", entry)

    opened.until_ready()
    answer_check(page, CHECKS[0], "1")
    ((name, said),) = kept(page)["said"].items()
    slots = page.evaluate("JSON.parse(document.getElementById('mw-lesson').textContent).slots")
    cards = [(other, slot["state"]["_card"]) for other, slot in slots.items() if slot["draw"] == "card"]
    for round_ in range(2):
        others = [each for each in cards if each[0] != name]
        broken = {
            other: {
                "text": card["text"],
                "given": GIVEN[(at + round_ * 3) % len(GIVEN)],
                "skipped": False,
                "right": True,
            }
            for at, (other, card) in enumerate(others)
        }
        odd: dict[str, Any] = {"a": None, "b": 5, "c": {"text": 1, "given": None}, "__proto__": [], name: said}
        entry = json.dumps({"said": {**broken, **odd}, "drilled": -3, "drills": 5})
        lay(entry)
        page.goto(f"{site.address}{LESSON}")
        opened.until_ready()
        card = page.locator(".mq-card", has_text=CHECKS[0])
        expect(card.locator(".mq-verdict")).not_to_be_empty()
        assert card.get_by_role("textbox").input_value() == "1"
        assert "drill" not in page.locator("#mw-kept").inner_text()
        answer_check(page, CHECKS[1], "7")
        assert opened.complaints == []
    for entry in ("[]", '"x"', "5", "{", '{"said": [], "drilled": 1e999}', '{"said": null}'):
        lay(entry)
        page.reload()
        expect(page.locator('[data-lesson="05"]')).to_have_text("")
        page.goto(f"{site.address}{LESSON}")
        expect(page.locator("#mw-kept")).to_have_text("")
    opened.until_ready()
    page.evaluate("localStorage.setItem('marginlib:theme', 'purple')")
    page.reload()
    expect(page.locator("#mw-theme")).to_have_value("system")


def test_a_drill_counts_once_after_a_reload_too(context: BrowserContext, site: Site) -> None:
    opened = Opened(context, f"{site.address}{LESSON}")
    page = opened.page
    right = drills.make("05", 1, 1).right[0]
    for _ in range(2):
        opened.until_ready()
        card = page.locator(".mq-card").last
        card.get_by_role("textbox").fill(right)
        card.get_by_role("button", name="Check").click()
        expect(card.locator(".mq-right")).to_be_visible()
        expect(page.locator("#mw-kept")).to_have_text("Kept in this browser: 1 drill right.")
        page.reload()


INKS = """() => [".mw-panel", ".mq-card", ".mq-text", "main"].map((each) => {
  const style = getComputedStyle(document.querySelector(each));
  return [style.color, style.backgroundColor];
})"""


def test_a_dark_page_is_printed_in_light_colours(chrome: Browser, site: Site) -> None:
    """As a print does it: the page has no time between hearing of it and being printed."""
    context = site.context(chrome, color_scheme="light")
    opened = Opened(context, f"{site.address}{LESSON}")
    page = opened.page
    page.locator("#mw-theme").select_option("dark")
    opened.until_ready()
    page.locator(".mq-card").first.locator(".mq-option").first.click()
    expect(page.locator(".mw-figure .svg-container").first).to_be_visible()
    pictures = """() => [...document.querySelectorAll(".mw-figure")].map((each) => each.innerHTML)"""
    dark, dark_inks = page.evaluate(pictures), page.evaluate(INKS)
    at_once = page.evaluate(
        f"""async () => {{
          dispatchEvent(new Event("beforeprint"));
          const made = [({INKS})(), ({pictures})()];
          dispatchEvent(new Event("afterprint"));
          await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
          return [...made, ({INKS})(), ({pictures})()];
        }}"""
    )
    assert at_once[2:] == [dark_inks, dark], "and then it is dark again"
    page.emulate_media(media="print")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    page.emulate_media(media="screen")
    page.locator("#mw-theme").select_option("light")
    page.wait_for_timeout(300)
    assert at_once[0] == page.evaluate(INKS)
    assert at_once[1] == page.evaluate(pictures)
    assert dark != at_once[1]
    context.close()


def moved_to(percent: int) -> re.Pattern[str]:
    """The key of a state of the panel in which the price has moved so far."""
    return re.compile(rf"\|{percent}\|")


LINK = "#v1/LossCascade?move=-20"


def test_a_link_opens_its_panel_in_a_lesson_of_one_file(chrome: Browser, site: Site) -> None:
    context = chrome.new_context(offline=True, viewport={"width": 1024, "height": 700})
    folder = (site.folder / "files").as_uri()
    page = Opened(context, f"{folder}/{LESSON}{LINK}").page
    panel = page.locator(".mw-panel").first
    expect(panel).to_be_in_viewport()
    expect(panel).to_have_attribute("data-key", moved_to(-20))
    other = Opened(context, f"{folder}/00_start_here.html{LINK}").page
    expect(other.locator("#mw-link")).to_have_text(
        "This link can't be opened: the link is for the panel LossCascade (of lesson 05, in 05_loss_cascade.html), and "
        "here is Life."
    )
    context.close()


def test_without_its_link_a_panel_is_as_at_the_start(context: BrowserContext, site: Site) -> None:
    page = Opened(context, f"{site.address}{LESSON}{LINK}").page
    panel = page.locator(".mw-panel").first
    note = page.locator("#mw-link")
    expect(panel).to_have_attribute("data-key", moved_to(-20))
    page.evaluate("location.hash = '#v1/LossCascade?move=far'")
    expect(note).to_contain_text("This link can't be opened: move: expected a number")
    expect(panel).to_have_attribute("data-key", moved_to(-25))
    page.go_back()
    expect(panel).to_have_attribute("data-key", moved_to(-20))
    expect(note).to_have_text("")
    page.evaluate("location.hash = '#v2/LossCascade'")
    expect(note).to_contain_text("of version 'v2'")
    expect(panel).to_have_attribute("data-key", moved_to(-25))
    page.evaluate("location.hash = '#main'")
    expect(note).to_have_text("")
    page.evaluate("location.hash = '#v1/LossCascade?move=-30'")
    expect(panel).to_have_attribute("data-key", moved_to(-30))
    page.evaluate("location.hash = ''")
    expect(panel).to_have_attribute("data-key", moved_to(-25))


def test_a_link_for_a_panel_of_several_lessons_leads_to_none_of_them(context: BrowserContext, site: Site) -> None:
    page = Opened(context, f"{site.address}index.html#v1/Explore?move=-30").page
    expect(page.locator("#mw-link")).to_have_text(
        "This link can't be opened: several lessons have the panel Explore; open it in the lesson that it was copied "
        "in."
    )
    assert page.url.startswith(f"{site.address}index.html")


@pytest.mark.parametrize(
    ("name", "says", "leads"),
    [
        ("05_loss_cascade", "its sliders and questions need a server", "files/05_loss_cascade.html"),
        ("index", "the pages of the lessons need a server", "files/00_start_here.html"),
        ("rules", "the pages of the lessons need a server", "files/rules.html"),
    ],
)
def test_a_page_opened_as_a_file_says_what_it_needs(
    chrome: Browser, site: Site, name: str, says: str, leads: str
) -> None:
    context = chrome.new_context(offline=True)
    page = context.new_page()
    page.goto((site.folder / f"{name}.html").as_uri())
    note = page.locator("#mw-unserved")
    expect(note).to_contain_text(says)
    assert page.get_by_text("come in a moment").locator("visible=true").count() == 0
    note.get_by_role("link").click()
    assert page.url == (site.folder / leads).as_uri()
    context.close()


def test_served_a_page_says_nothing_of_files(context: BrowserContext, site: Site) -> None:
    page = Opened(context, f"{site.address}{LESSON}").page
    expect(page.locator("#mw-status")).to_be_visible()
    expect(page.locator("#mw-unserved")).to_be_hidden()


@pytest.mark.parametrize("name", [LESSON, f"files/{LESSON}"])
def test_without_javascript_a_page_says_one_thing(chrome: Browser, site: Site, name: str) -> None:
    context = site.context(chrome, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.address}{name}")
    said = page.inner_text("body")
    assert "JavaScript. What stands here is" in said.replace("\n", " ")
    assert "in a moment" not in said
    assert "each slider by itself, from the start" not in said
    context.close()


def test_what_is_not_kept_for_a_visit_without_a_network_is_said(context: BrowserContext, site: Site) -> None:
    page = Opened(context, f"{site.address}{LESSON}").page
    foot = page.locator(".mp-foot")
    expect(foot).to_contain_text("The notebook and the file are not kept: they need it.")
    file = foot.get_by_role("link", name="This lesson in one file").get_attribute("href")
    assert (site.folder / str(file)).is_file()

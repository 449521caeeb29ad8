"""The site where something is missing, broken or forbidden: it says so, and what works goes on working."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from browser.lab import until
from browser.site import Opened, Site

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

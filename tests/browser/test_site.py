"""The site as it is built, in a browser: each lesson lives there, by the same engine, and asks no other host."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from playwright.sync_api import Browser, BrowserContext, expect
from strategies import scenarios

from browser import axe, learner
from browser.lab import appears, until
from browser.site import Opened, Site
from marginlib import Scenario, replay

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
LESSONS = [name for name in PAGES if (ROOT / "data" / "lessons" / f"{name[:2]}.toml").exists()]


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request: pytest.FixtureRequest, visitor: BrowserContext, site: Site) -> Iterator[Opened]:
    """A lesson's page."""
    opened = Opened(visitor, f"{site.address}{request.param}.html")
    yield opened
    opened.page.close()


def test_sliders_move_before_the_engine_is_there(lesson: Opened) -> None:
    """First of a lesson's tests: the others wait for the engine."""
    page = lesson.page
    panel = page.locator(".mw-panel:has(input[type=range])").first
    if not panel.count():
        assert page.locator(".ml-book").count(), "only the ledger's lesson has no slider"
        return
    track = panel.locator("input[type=range]").first
    before = panel.get_attribute("data-key")
    track.focus()
    page.keyboard.press("ArrowRight" if track.input_value() != track.get_attribute("max") else "ArrowLeft")
    until(lambda: panel.get_attribute("data-key") not in ("", before), "the panel moves", 15)
    appears(panel.locator(".mw-figure").first)


def test_every_card_is_answered_by_key_and_by_mouse(lesson: Opened) -> None:
    lesson.until_ready()
    learner.answer_every_card(lesson)


def test_ten_drills(lesson: Opened) -> None:
    learner.drill(lesson, 10)


def test_every_control_moves_its_panel_by_key_and_by_mouse(lesson: Opened) -> None:
    learner.move_every_control(lesson)


def test_no_other_host_is_asked(lesson: Opened, site: Site) -> None:
    assert lesson.page.url.startswith(site.address)
    assert site.hosts() == {re.sub(r"^http://([^/]+)/.*", r"\1", site.address)}
    assert lesson.complaints == []


REPLAYED = """async ({ folder, wheel, texts }) => {
  const { loadPyodide } = await import(new URL(`${folder}pyodide.mjs`, document.baseURI).href);
  const python = await loadPyodide({ indexURL: new URL(folder, document.baseURI).href, checkAPIVersion: false });
  python.unpackArchive(await (await fetch(wheel)).arrayBuffer(), "wheel");
  python.runPython(`
import json
from marginlib import Scenario, replay
def told(text):
    return json.dumps(replay(Scenario.of(json.loads(text))).as_json())
`);
  const told = python.globals.get("told");
  return texts.map((text) => told(text));
}"""


def test_the_page_s_python_says_the_same_to_the_last_digit(chrome: Browser, site: Site) -> None:
    texts: list[str] = []

    @settings(max_examples=500, derandomize=True, database=None, phases=[Phase.generate])
    @given(scenarios())
    def collect(scenario: dict[str, Any]) -> None:
        texts.append(json.dumps(scenario))

    collect()
    assert len(texts) >= 500
    context = site.context(chrome)
    page = Opened(context, f"{site.address}index.html").page
    folder, wheel = (next(site.folder.glob(name)) for name in ("pyodide-*", "wheels/*/*.whl"))
    told = page.evaluate(
        REPLAYED,
        {"folder": f"{folder.name}/", "wheel": wheel.relative_to(site.folder).as_posix(), "texts": texts},
    )
    context.close()
    assert told == [json.dumps(replay(Scenario.of(json.loads(text))).as_json()) for text in texts]


def test_what_was_answered_is_kept_and_forgotten(chrome: Browser, site: Site) -> None:
    context = site.context(chrome)
    opened = Opened(context, f"{site.address}05_loss_cascade.html")
    page = opened.page
    opened.until_ready()
    card = page.locator(".mq-card", has_text="Check 2 of 4")
    asked = learner.question(opened, card)
    learner.answer(card, asked, asked.right, by_key=True)
    appears(card.locator(".mq-right"))
    expect(page.locator("#mw-kept")).to_have_text("Kept in this browser: 1 answered, 1 of them right.")
    page.goto(f"{site.address}index.html")
    appears(page.get_by_text("Kept here: 1 answered, 1 of them right."))
    page.goto(f"{site.address}05_loss_cascade.html")
    opened.until_ready()
    appears(card.locator(".mq-right"))
    assert card.get_by_role("textbox").input_value() == asked.right[0]
    page.get_by_role("button", name="Forget").click()
    opened.until_ready()
    expect(page.locator("#mw-kept")).to_have_text("")
    assert page.locator(".mq-right").count() == 0
    assert opened.complaints == []
    context.close()


def test_the_second_visit_needs_no_network_and_starts_from_an_image(chrome: Browser, site: Site) -> None:
    with Site(site.folder) as other:
        context = other.context(chrome)
        opened = Opened(context, f"{other.address}05_loss_cascade.html")
        page = opened.page
        opened.until_ready()
        kept = "caches.keys().then(async (names) => (await Promise.all(names.map(async (name) => "
        kept += "(await (await caches.open(name)).keys()).map(({ url }) => url)))).flat())"
        until(lambda: any("image?" in url for url in page.evaluate(kept)), "an image is kept", 90, 0.5)
        until(lambda: any("states/07" in url for url in page.evaluate(kept)), "the site is kept", 60, 0.5)
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        first = len(other.asked)
    # Nobody answers at its address any more.
    for name in ("05_loss_cascade", "07_margin_call_and_liquidation"):
        page.goto(f"{other.address}{name}.html")
        opened.until_ready()
        panel = page.locator(".mw-panel").first
        box = panel.locator(".mw-box").first
        box.fill(str(float(box.input_value().replace(",", "")) * 0.9 // 10 * 10))
        before = panel.get_attribute("data-key")
        box.press("Enter")
        until(lambda panel=panel, before=before: panel.get_attribute("data-key") not in ("", before), "it moves", 15)  # type: ignore[misc]
    assert first > 0
    context.close()


def test_without_its_python_a_page_says_what_still_works(chrome: Browser, site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(site.folder, folder, ignore=shutil.ignore_patterns("pyodide-*", "lab", "files", "service.js"))
    with Site(folder) as broken:
        context = broken.context(chrome)
        opened = Opened(context, f"{broken.address}05_loss_cascade.html")
        page = opened.page
        until(lambda: opened.stage() == "failed", "it is told", 30)
        assert "You can read, look at the pictures, and move one slider at a time." in page.inner_text("#mw-status")
        panel = page.locator(".mw-panel").first
        tracks = panel.locator("input[type=range]:visible")
        for at, what in ((0, "moves"), (1, "can't")):
            before = panel.get_attribute("data-key")
            tracks.nth(at).focus()
            page.keyboard.press("ArrowRight")
            if what == "moves":
                until(lambda before=before: panel.get_attribute("data-key") not in ("", before), "it moves", 15)  # type: ignore[misc]
        appears(panel.get_by_text("Only one control at a time moves here"))
        panel.get_by_role("button", name="Start again").click()
        until(lambda: panel.get_attribute("data-waiting") is None, "the start is there again", 10)
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_lesson_in_one_file_opens_by_itself(chrome: Browser, site: Site, name: str, tmp_path: Path) -> None:
    file = shutil.copy(site.folder / "files" / f"{name}.html", tmp_path)
    context = chrome.new_context(offline=True, viewport={"width": 360, "height": 800})
    opened = Opened(context, Path(file).as_uri())
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator("main")).not_to_contain_text("Run the cell to")  # there is nothing to run it with
    for fold in page.locator(".mp-fold > summary").all():
        fold.click()
    for panel in page.locator(".mw-panel:has(input[type=range])").all():
        if panel.locator(".mw-figure").count():
            appears(panel.locator(".mw-figure > *").first)
        track = panel.locator("input[type=range]:visible").first
        before = panel.get_attribute("data-key")
        track.focus()
        page.keyboard.press("ArrowRight" if track.input_value() != track.get_attribute("max") else "ArrowLeft")
        until(lambda panel=panel, before=before: panel.get_attribute("data-key") not in ("", before), "it moves", 15)  # type: ignore[misc]
    assert opened.complaints == []
    context.close()


@pytest.mark.parametrize("name", ["index", "rules", *PAGES])
def test_a_page_is_accessible(visitor: BrowserContext, site: Site, name: str) -> None:
    """As axe-core sees it, with every picture uncovered."""
    opened = Opened(visitor, f"{site.address}{name}.html")
    page = opened.page
    if name in PAGES:
        opened.until_ready()
        skip = page.get_by_role("button", name="Skip, and see")
        while left := skip.count():
            skip.first.click()
            expect(skip).to_have_count(left - 1)
        for panel in page.locator(".mw-panel:has(.mw-figure)").all():
            appears(panel.locator(".mw-figure > *").first)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(scheme == "light").lower())
        assert axe.found(page) == [], scheme
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()

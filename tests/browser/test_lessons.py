"""Every lesson in a real JupyterLab: it runs without a complaint, and each card and control works by key and mouse."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser import axe, learner
from browser.lab import Lab, Notebook, until

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = [
    path
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    if (ROOT / "data" / "lessons" / f"{path.stem[:2]}.toml").exists()
]
WAIT = 15_000  # ms: a machine may have much else to do

DONE = """() => {
  const cells = jupyterapp.shell.currentWidget.content.widgets.filter((cell) => cell.model.type === 'code');
  return cells.every((cell) => cell.model.executionCount || !cell.model.sharedModel.getSource().trim())
    && document.querySelectorAll('.mw-panel[data-waiting]').length === 0;
}"""
FAILED = """() => [...document.querySelectorAll(
  '[data-mime-type$="jupyter.error"], [data-mime-type$="jupyter.stderr"]')]
  .map((node) => node.textContent.slice(0, 300))"""


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def lying(request: pytest.FixtureRequest, chrome: Browser, lab: Lab, folder: Path) -> Iterator[Notebook]:
    """A lesson as it lies there, opened."""
    path: Path = request.param
    shutil.copy(path, folder / path.name)
    opened = lab.open(chrome, path.name)
    opened.page.set_default_timeout(WAIT)
    yield opened
    opened.page.context.close()


@pytest.fixture(scope="module")
def lesson(lying: Notebook) -> Notebook:
    """The lesson, run."""
    lying.run_all()
    until(lambda: bool(lying.page.evaluate(DONE)), "all cells have run", 60)
    return lying


def test_it_reads_as_it_lies_there(lying: Notebook) -> None:
    """As it comes from elsewhere: nobody has run it here, so the notebook trusts no output and strips its HTML.

    First of a lesson's tests: the others run it.
    """
    slots = lying.page.locator(".mw-slot")
    expect(slots.first).to_be_visible(timeout=WAIT)
    texts = slots.all_inner_texts()
    assert all("Run the cell to" in text or "The picture comes once" in text for text in texts)
    assert "The picture comes once the question is answered." in "".join(texts)
    stills = lying.page.locator(".mw-slot img")
    file = next(path for path in NOTEBOOKS if path.stem in lying.page.url)
    assert stills.count() == file.read_text(encoding="utf-8").count("<img width=")
    assert stills.evaluate_all("(all) => all.every((img) => img.complete && img.naturalWidth > 0)")
    assert lying.page.get_by_text("Error displaying widget").count() == 0
    assert lying.complaints == []


def test_it_runs_without_a_complaint(lesson: Notebook) -> None:
    assert lesson.page.evaluate(FAILED) == []
    assert lesson.complaints == []


def test_every_card_is_answered_by_key_and_by_mouse(lesson: Notebook) -> None:
    learner.answer_every_card(lesson)


def test_a_drill_shows_the_way_and_goes_on(lesson: Notebook) -> None:
    learner.drill(lesson)


def test_every_control_moves_its_panel_by_key_and_by_mouse(lesson: Notebook) -> None:
    learner.move_every_control(lesson)


def test_what_a_lesson_shows_is_accessible(lesson: Notebook) -> None:
    """Its panels, cards and forms as axe-core sees them in the notebook, with everything unfolded."""
    page = lesson.page
    page.evaluate("for (const fold of document.querySelectorAll('.mw-slot details')) fold.open = true")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
        page.wait_for_timeout(500)  # ms in which the colours change
        assert axe.found(page, ".mw-slot") == [], theme


def test_explanations_of_the_controls_stand_below_each_other(lesson: Notebook) -> None:
    """The notebook's own style put each name, in a fifth of the width, beside what it explains."""
    for legend in lesson.page.locator(".mw-legend").all():
        legend.evaluate("(fold) => { fold.open = true; }")
        width = legend.locator("dl").evaluate("(list) => list.clientWidth")
        for part in legend.locator("dt, dd").all()[:4]:
            assert part.evaluate("(part) => part.offsetWidth") > 0.9 * (width - 12)

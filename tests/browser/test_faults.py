"""What went wrong in a real JupyterLab: a lesson without its kernel, a kernel without an answer, a page that grew."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from javascript import constant
from playwright.sync_api import Browser, Locator, Page, expect

from browser.lab import Lab, Notebook, notebook, until
from marginlib.lessons.settle_or_close.settle_form import TASKS

pytestmark = pytest.mark.browser

SILENT = constant("patience.js", "SILENT")
WAIT = 15_000  # ms: a machine may have much else to do
LOST = "Error displaying widget"
IMPORTS = "from marginlib.lessons import Lesson, LossCascade, SettleForm\n\n"
CHECK = 'Lesson("05").check("taken")'
SAVE = "() => jupyterapp.commands.execute('docmanager:save')"
SHUT_DOWN = "() => jupyterapp.shell.currentWidget.sessionContext.shutdown()"


@contextmanager
def opened(lab: Lab, chrome: Browser, folder: Path, name: str, *cells: str) -> Iterator[Notebook]:
    """A notebook of some cells, run."""
    (folder / f"{name}.ipynb").write_text(notebook(*cells), encoding="utf-8")
    page = lab.open(chrome, f"{name}.ipynb")
    page.run_all()
    yield page
    page.page.context.close()


@contextmanager
def stopped(page: Notebook) -> Iterator[None]:
    """The kernel says nothing."""
    kernel = page.execute("import os", "os.getpid()")
    os.kill(kernel, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(kernel, signal.SIGCONT)


def drawn(page: Page) -> Locator:
    return page.locator(".mw-figure .svg-container")


def test_a_saved_lesson_reads_without_its_kernel_and_lives_with_it(lab: Lab, chrome: Browser, folder: Path) -> None:
    cells = (f"{IMPORTS}panel = LossCascade()\npanel", CHECK, "form = SettleForm()\nform")
    with opened(lab, chrome, folder, "saved", *cells) as first:
        expect(drawn(first.page)).to_be_visible(timeout=30_000)
        expect(first.page.locator(".mq-card, .ms-card")).to_have_count(2)
        expect(first.page.get_by_text("Run the cell")).to_have_count(0)
        first.execute("panel.values = {'move': -10}")
        first.page.evaluate(SAVE)
        first.page.reload()
        expect(drawn(first.page)).to_be_visible(timeout=30_000)
        expect(first.page.locator(".mq-card, .ms-card")).to_have_count(2)
        expect(first.page.get_by_role("slider", name="Price move, %")).to_have_value("-10")
        first.page.get_by_role("slider", name="Price move, %").press("ArrowRight")
        until(lambda: first.execute("", "str(panel.values['move'])") == "-9.5", "Python hears of it after a reload")
        first.page.evaluate(SAVE)
        first.page.evaluate(SHUT_DOWN)

    again = lab.open(chrome, "saved.ipynb")
    page = again.page
    expect(page.locator(".mw-slot img")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("Run the cell to move it.")).to_be_visible()
    expect(page.get_by_text("Run the cell to answer.")).to_be_visible()
    expect(page.get_by_text("Run the cell to rehearse the steps.")).to_be_visible()
    assert page.get_by_text(LOST).count() == page.locator(".mw-panel, .mq-card, .ms-card").count() == 0
    again.run_all()
    expect(drawn(page)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Run the cell")).to_have_count(0)
    assert again.complaints == []
    page.context.close()


OWN = """\
from marginlib.lessons import explore


@explore(price=(0, 20, 5), how=["settle", "close"])
def left(price=10, how="settle"):
    return {"EUR": 100 // (price - 15), "how": how}


left"""


def test_a_function_of_one_s_own_reads_without_its_kernel_and_lives_with_it(
    lab: Lab, chrome: Browser, folder: Path
) -> None:
    """Saved, shut down and opened again, its cell was an error in place of what it shows; as shipped, a Python repr."""
    with opened(lab, chrome, folder, "own", OWN) as first:
        panel = first.panels()
        expect(panel.locator("td")).to_have_text(["-20", "settle"], timeout=30_000)
        slider = panel.get_by_role("slider", name="price")
        slider.press("ArrowRight")
        expect(panel.get_by_role("note")).to_have_text(
            'In line 6, return {"EUR": 100 // (price - 15), "how": how} — ZeroDivisionError: '
            + first.execute("try:\n    1 // 0\nexcept ZeroDivisionError as error:\n    said = str(error)", "said")
        )
        slider.press("ArrowRight")
        expect(panel.locator("td")).to_have_text(["20", "settle"])
        panel.get_by_label("how").select_option("close")
        expect(panel.locator(".mw-title")).to_have_text("left(price=20, how='close')")
        until(lambda: first.execute("", "repr(left)") == "left(price=20, how='close')", "Python hears of it")
        first.page.evaluate(SAVE)
        first.page.reload()
        expect(panel.locator(".mw-title")).to_have_text("left(price=20, how='close')", timeout=30_000)
        first.page.evaluate(SAVE)
        first.page.evaluate(SHUT_DOWN)
        assert first.complaints == []

    again = lab.open(chrome, "own.ipynb")
    page = again.page
    expect(page.get_by_text("Run the cell to move it.")).to_be_visible(timeout=WAIT)
    expect(page.locator(".mw-slot td")).to_have_text(["EUR", "-20", "how", "settle"])
    assert (
        page.get_by_text(LOST).count() == page.get_by_text("interactive(").count() == page.locator(".mw-panel").count()
    )
    again.run_all()
    expect(again.panels()).to_have_count(1, timeout=WAIT)
    assert again.complaints == []
    page.context.close()


def test_one_panel_lives_wherever_it_is_shown(lab: Lab, chrome: Browser, folder: Path) -> None:
    """Twice in an output, in a box, by itself; and no longer where it was."""
    shows = "from ipywidgets import VBox\ndisplay(panel, VBox([panel.widget]), panel.widget)\npanel"
    with opened(lab, chrome, folder, "shown", f"{IMPORTS}panel = LossCascade()", shows) as page:
        panels = page.panels()
        expect(panels).to_have_count(4, timeout=30_000)
        expect(drawn(page.page)).to_have_count(4, timeout=30_000)
        panels.nth(0).get_by_role("slider", name="Price move, %").press("ArrowRight")
        for at in range(4):
            expect(panels.nth(at).get_by_role("slider", name="Price move, %")).to_have_value("-24.5")
        page.execute("panel.widget.close()")
        expect(page.page.locator(".mw-stage")).to_have_count(0)
        expect(page.page.get_by_text("Run the cell to move it.")).to_have_count(2)
        page.run_all()
        expect(panels).to_have_count(4)
        expect(page.page.locator(".mw-stage")).to_have_count(4)
        assert page.complaints == []


def nodes(page: Page, collections: int = 0) -> int:
    """The nodes that the page's memory holds, after so many collections of what nobody needs."""
    session = page.context.new_cdp_session(page)
    for _ in range(collections):
        session.send("HeapProfiler.collectGarbage")
    count: int = session.send("Memory.getDOMCounters")["nodes"]
    session.detach()
    return count


def settled(page: Page, more_than: int) -> int:
    """The nodes in use once they are that many, and no more than half a second before: all is drawn ahead."""
    until(lambda: nodes(page) > more_than, f"more than {more_than} nodes are there", 60, 0.3)
    counts = [nodes(page)]

    def still() -> bool:
        page.wait_for_timeout(500)
        counts.append(nodes(page))
        return abs(counts[-1] - counts[-2]) < 20

    until(still, "nothing more is drawn", 60)
    return nodes(page, 3)


@pytest.mark.parametrize("shown", ["panel", "panel.widget"])
def test_a_panel_that_is_shown_no_more_leaves_nothing_behind(
    lab: Lab, chrome: Browser, folder: Path, shown: str
) -> None:
    """Its pictures are thousands of nodes; running a cell again kept them all."""
    cell = f"{IMPORTS}panel = LossCascade()\n{shown}"
    with opened(lab, chrome, folder, "again", cell, "0") as opened_:
        page = opened_.page

        def used() -> int:
            """Have the pictures along a slider drawn ahead; how many nodes there are then."""
            expect(drawn(page)).to_have_count(1, timeout=30_000)
            slider = page.get_by_role("slider", name="Price move, %")
            slider.focus()
            before = nodes(page, 3)
            slider.press("ArrowRight")
            return settled(page, before + 20_000)

        first = used()
        pages = []
        for _ in range(3):
            opened_.run_all()
            page.wait_for_timeout(500)
            pages.append(used())
        assert page.locator(".mw-stage").count() == 1
        assert max(pages) < 1.4 * first, (first, pages)
        page.evaluate("""() => {
          const { content } = jupyterapp.shell.currentWidget;
          content.activeCellIndex = 0;
          return jupyterapp.commands.execute('notebook:delete-cell');
        }""")
        expect(page.locator(".mw-stage")).to_have_count(0)
        expect(page.locator(".mw-panel")).to_have_count(0)
        until(lambda: nodes(page, 3) < 0.5 * first, f"the pictures are let go: {first}, {pages}")


def test_a_kernel_that_sends_no_plotly_is_mentioned_and_another_one_helps(
    lab: Lab, chrome: Browser, folder: Path
) -> None:
    unsent = """from marginlib.panels.panel import Panel
def receive(self, message): return () if message["kind"] == "plotly" else Panel.receive(self, message)
LossCascade.receive = receive
"""
    (folder / "helps.ipynb").write_text(notebook(f"{IMPORTS}LossCascade()"), encoding="utf-8")
    with opened(lab, chrome, folder, "unsent", f"{IMPORTS}{unsent}panel = LossCascade()\npanel") as first:
        page = first.page
        missing = page.locator(".mw-screen .mw-note")
        expect(missing).to_contain_text("There is no picture yet", timeout=12_000)
        page.get_by_role("slider", name="Price move, %").press("ArrowRight")
        page.get_by_role("slider", name="Price move, %").press("ArrowLeft")
        page.wait_for_timeout(500)
        expect(missing).to_contain_text("There is no picture yet")
        assert drawn(page).count() == 0
        page.evaluate("() => jupyterapp.commands.execute('docmanager:open', { path: 'helps.ipynb' })")
        ready = "() => jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'"
        until(lambda: bool(page.evaluate(ready)), "the other kernel is ready", 30)
        first.run_all()
        expect(drawn(page)).to_have_count(1, timeout=12_000)
        page.evaluate("() => jupyterapp.commands.execute('docmanager:open', { path: 'unsent.ipynb' })")
        expect(drawn(page)).to_have_count(2)  # drawn as soon as it is seen
        expect(page.locator(".mw-screen .mw-note").filter(visible=True)).to_have_count(0)
        assert first.complaints == []


def test_a_card_says_when_the_kernel_does_not_answer(lab: Lab, chrome: Browser, folder: Path) -> None:
    with opened(lab, chrome, folder, "card", f"{IMPORTS}lesson = Lesson('05')\n{CHECK}") as page:
        card = page.page.locator(".mq-card")
        expect(card).to_be_visible(timeout=30_000)
        silent = card.locator(".mw-note")
        with stopped(page):
            card.get_by_role("button", name="Show the way").click()
            expect(silent).to_have_text(SILENT, timeout=7000)
            expect(card.locator(".mq-way")).to_have_count(0)
        expect(card.locator(".mq-way")).to_be_visible(timeout=WAIT)
        expect(silent).to_be_hidden()
        for _ in range(2):  # the second time nothing changes
            card.get_by_role("textbox").fill("nothing")
            card.get_by_role("textbox").press("Enter")
        page.page.wait_for_timeout(6000)
        expect(silent).to_be_hidden()
        assert page.complaints == []


def test_the_form_says_when_the_kernel_does_not_answer_and_shows_one_task(
    lab: Lab, chrome: Browser, folder: Path
) -> None:
    with opened(lab, chrome, folder, "form", f"{IMPORTS}SettleForm()") as page:
        card = page.page.locator(".ms-card")
        expect(card).to_be_visible(timeout=30_000)
        task, text = card.get_by_label("Rehearse", exact=True), card.locator(".ms-task")
        with stopped(page):
            task.select_option(index=2)
            expect(task).to_have_value("0")
            expect(text).to_have_text(TASKS[0].text)
            expect(card.locator(".mw-note")).to_have_text(SILENT, timeout=7000)
        expect(text).to_have_text(TASKS[2].text, timeout=WAIT)
        expect(task).to_have_value("2")
        expect(card.locator(".mw-note")).to_be_hidden()
        assert page.complaints == []


def test_what_is_typed_survives_moves_from_elsewhere(lab: Lab, chrome: Browser, folder: Path) -> None:
    with opened(
        lab, chrome, folder, "typed", f"{IMPORTS}panel = LossCascade()\ndisplay(panel)", "display(panel)"
    ) as page:
        expect(drawn(page.page)).to_have_count(2, timeout=30_000)
        here, there = page.panels().nth(0), page.panels().nth(1)
        box = here.get_by_role("textbox", name="What you have, EUR, as a number", exact=True)
        box.focus()
        page.page.keyboard.press("Control+a")
        page.page.keyboard.type("12")
        for move in ({"move": -10}, {"EUR": 400}):
            page.execute(f"panel.values = {move}")
            expect(there.get_by_role("slider", name="Price move, %")).to_have_value("-10")
        expect(there.get_by_role("textbox", name="What you have, EUR, as a number", exact=True)).to_have_value("400")
        expect(box).to_have_value("12")
        page.page.keyboard.type("3")
        page.page.keyboard.press("Enter")
        until(lambda: page.execute("", "str(panel.values['EUR'])") == "123", "what was typed counts")
        expect(there.get_by_role("textbox", name="What you have, EUR, as a number", exact=True)).to_have_value("123")

        box.fill("2,5")
        page.page.keyboard.press("Enter")
        said = here.get_by_role("alert").filter(visible=True)
        expect(said).to_contain_text("For 2,5 write 2.5. It stays at 123.")
        page.execute("panel.values = {'move': -12}")
        expect(here.get_by_role("slider", name="Price move, %")).to_have_value("-12")
        expect(box).to_have_value("2,5")
        page.execute("panel.values = {'EUR': 500}")
        expect(box).to_have_value("500")
        expect(said).to_have_count(0)
        assert page.execute("", "str(panel.values['EUR'])") == "500"
        assert page.complaints == []


def test_cards_on_a_page_share_count_and_answer(lab: Lab, chrome: Browser, folder: Path) -> None:
    first = f"{IMPORTS}lesson = Lesson('05')\n{CHECK}"
    with opened(lab, chrome, folder, "shared", first, CHECK, 'Lesson("05").check("base")') as page:
        cards = page.page.locator(".mq-card")
        expect(cards).to_have_count(3, timeout=30_000)
        right = page.execute("", f"{CHECK}.question.right[0]")
        cards.nth(1).get_by_role("textbox").fill("12")
        cards.nth(0).get_by_role("textbox").fill(right)
        cards.nth(0).get_by_role("textbox").press("Enter")
        for at in range(3):
            expect(cards.nth(at).locator(".mq-progress")).to_contain_text("1 of")
        expect(cards.nth(1).locator(".mq-right")).to_be_visible()
        expect(cards.nth(1).get_by_role("textbox")).to_have_value("12")
        assert page.complaints == []

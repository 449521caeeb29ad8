"""What the students of `make class-load` send is what a page sends."""

from pathlib import Path

import pytest
from class_load import KINDS
from hub.student import LESSON
from playwright.sync_api import Browser

from browser.lab import Lab, until

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
LISTEN = """() => {
  globalThis.sentByPanels = [];
  jupyterapp.shell.currentWidget.sessionContext.session.kernel.anyMessage.connect((_, { msg, direction }) => {
    if (direction !== 'send' || msg.header.msg_type !== 'comm_msg') return;
    const { method, content, state } = msg.content.data;
    if (method === 'custom') sentByPanels.push(content.kind);
    else if (method === 'update') sentByPanels.push(...['values', 'veil'].filter((name) => name in state).slice(0, 1));
  });
}"""


def test_a_page_sends_what_the_measured_students_send(lab: Lab, chrome: Browser, folder: Path) -> None:
    (folder / "class.ipynb").write_text((ROOT / LESSON).read_text(encoding="utf-8"), encoding="utf-8")
    opened = lab.open(chrome, "class.ipynb")
    page = opened.page

    def sent() -> list[str]:
        kinds: list[str] = page.evaluate("() => sentByPanels")
        return kinds

    page.evaluate(LISTEN)
    opened.run_all()
    slider = opened.panels().first.get_by_role("slider", name="Price move")
    slider.hover()
    until(lambda: "along" in sent(), "what the slider needs is asked for")
    place = slider.bounding_box()
    assert place is not None
    middle = place["y"] + place["height"] / 2
    page.mouse.move(place["x"] + place["width"] * 0.6, middle)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] * 0.3, middle, steps=10)
    page.mouse.up()
    until(lambda: {"values", "happens"} <= {*sent()}, "values are told, and marks are asked for")
    kinds = sent()
    page.context.close()

    assert kinds.index("along") < kinds.index("values")
    assert {"rules", "plotly"} <= {*kinds} <= {*KINDS, "veil"}

"""The copy of the settle form in a real JupyterLab: its four steps by mouse and by keyboard, and a wrong turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from browser import axe
from browser.lab import Lab, Notebook, notebook, until
from browser.stand import standing
from marginlib.lessons.settle_or_close.settle_form import TASKS, SettleForm

pytestmark = pytest.mark.browser

WAIT = 15_000  # ms: a machine may have much else to do
SHORT = next(at for at, task in enumerate(TASKS) if task.side == "short")


@pytest.fixture(scope="module")
def opened(chrome: Browser, lab: Lab, folder: Path) -> Iterator[Notebook]:
    """A notebook with the form alone."""
    cell = "from marginlib.lessons import SettleForm\n\nform = SettleForm()\nform"
    (folder / "settle_form.ipynb").write_text(notebook(cell), encoding="utf-8")
    page = lab.open(chrome, "settle_form.ipynb")
    page.run_all()
    expect(page.page.locator(".ms-card")).to_be_visible(timeout=30_000)
    yield page
    page.page.context.close()


@pytest.fixture
def card(opened: Notebook) -> Locator:
    """The form, as it stands at its start."""
    found = opened.page.locator(".ms-card")
    found.get_by_label("Rehearse", exact=True).select_option(index=0)
    expect(found.locator(".ms-task")).to_have_text(TASKS[0].text, timeout=WAIT)
    found.get_by_role("button", name="Start again").click()
    expect(found.locator(".ms-said")).to_have_text("Start with step 1.")
    return found


def done(card: Locator) -> list[str | None]:
    return [item.get_attribute("data-done") for item in card.locator(".ms-steps li").all()]


def test_the_four_steps_by_mouse(opened: Notebook, card: Locator) -> None:
    """R3, R4: the kernel has settled what the page says."""
    volume = TASKS[0].volume
    card.get_by_role("button", name="Close or settle BTC/EUR").click()
    expect(card.get_by_label("Order type")).to_be_focused()
    card.get_by_label("Order type").select_option("settle-position")
    card.get_by_label("Quantity, BTC").fill(volume)
    go = card.locator(".ms-go")
    go.click()
    expect(card.locator(".ms-said")).to_contain_text("Done. You settle ")
    assert done(card) == ["true"] * 4
    expect(card.locator(".ms-order")).to_contain_text('"ordertype": "settle-position"')
    assert opened.execute("", "form.done") is True
    assert opened.complaints == []


def test_the_four_steps_by_keyboard_on_a_short(opened: Notebook, card: Locator) -> None:
    """R19: the button sells, as the opening did."""
    keys = opened.page.keyboard
    card.get_by_label("Rehearse", exact=True).select_option(index=SHORT)
    expect(card.locator(".ms-task")).to_have_text(TASKS[SHORT].text, timeout=WAIT)
    card.get_by_role("button", name="Close or settle BTC/EUR").focus()
    keys.press("Enter")
    expect(card.get_by_label("Order type")).to_be_focused()
    keys.type("Settle")
    expect(card.locator(".ms-go")).to_contain_text("Settle: sell")
    keys.press("Tab")
    keys.type(TASKS[SHORT].volume)
    keys.press("Enter")
    expect(card.locator(".ms-said")).to_contain_text("Done. You settle ")
    assert opened.execute("", "form.order['type']") == "sell"


def test_what_is_typed_stays_while_the_kernel_answers_late(opened: Notebook, card: Locator) -> None:
    """The kernel's answers to the steps before must not empty the box again."""
    card.get_by_role("button", name="Close or settle BTC/EUR").click()
    expect(card.get_by_label("Order type")).to_be_focused()
    opened.page.evaluate("""() => {
      const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
      kernel.requestExecute({ code: "import time; time.sleep(1)", store_history: false });
    }""")
    card.get_by_label("Order type").select_option("settle-position")
    card.get_by_label("Quantity, BTC").fill(TASKS[0].volume)
    expect(card.locator(".ms-said")).to_contain_text("The button now buys", timeout=10_000)
    expect(card.get_by_label("Quantity, BTC")).to_have_value(TASKS[0].volume)
    card.locator(".ms-go").click()
    expect(card.locator(".ms-said")).to_contain_text("Done. You settle ")
    card.get_by_role("button", name="Start again").click()
    card.get_by_role("button", name="Close or settle BTC/EUR").click()
    expect(card.get_by_label("Quantity, BTC")).to_have_value("")


def test_a_wrong_turn_gets_its_sentence_and_loses_nothing(opened: Notebook, card: Locator) -> None:
    """R9, R18: another pair, another order type; then the right way is still open."""
    card.get_by_role("button", name="Close or settle ETH/EUR").click()
    expect(card.locator(".ms-said")).to_contain_text("A settlement stays in the pair")
    card.get_by_role("button", name="Close or settle BTC/EUR").click()
    card.locator(".ms-go").click()
    expect(card.locator(".ms-said")).to_contain_text("To keep what you received, choose Settle.")
    card.get_by_label("Order type").select_option("settle-position")
    card.get_by_label("Quantity, BTC").fill("<b>much</b>")
    card.locator(".ms-go").click()
    expect(card.locator(".ms-said")).to_contain_text("Type how much to settle, in BTC")
    assert card.locator("b").count() == 0, "what is typed stays text"
    card.get_by_label("Quantity, BTC").fill(TASKS[0].volume)
    card.locator(".ms-go").click()
    until(lambda: done(card) == ["true"] * 4, "settled after all")
    assert opened.complaints == []


OUTSIDE = """() => {
  const card = document.querySelector(".ms-card").getBoundingClientRect();
  const parts = [...document.querySelectorAll(".ms-card :is(table, tr, button, select, input, p, pre, li)")];
  const seen = parts.map((each) => [each, each.getBoundingClientRect()]).filter(([, { width }]) => width);
  return seen.filter(([, { right }]) => right > card.right).map(([each]) => `${each.tagName} ${each.textContent}`);
}"""


@pytest.mark.parametrize("task", range(len(TASKS)))
def test_all_of_the_form_is_in_reach_on_a_phone(chrome: Browser, task: int) -> None:
    """336 px: a phone of 360 px, less the page's margin."""
    form = SettleForm(task=task)
    form.receive({"kind": "pick", "id": form.state()["_shown"]["positions"][0]["id"]})
    with standing(chrome, form, width=336) as page:
        expect(page.locator(".ms-go")).to_be_visible()
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 336


def test_a_reason_by_mouse_and_by_keyboard_and_none_while_somebody_types(chrome: Browser) -> None:
    form = SettleForm(task=1)
    form.pick(1)
    form.choose("settle-position")
    with standing(chrome, form, width=360) as page:
        page.get_by_role("button", name="Why these numbers?").focus()
        page.keyboard.press("Enter")
        first = page.locator(".ms-task .mw-why")
        expect(first).to_be_focused()
        page.keyboard.press("Enter")
        card = page.get_by_role("dialog")
        expect(card).to_contain_text("1\u00a0BTC volume opened")
        box = card.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 360
        page.keyboard.press("Escape")
        expect(first).to_be_focused()
        page.locator(".ms-have .mw-why").click()
        expect(card).to_contain_text("60,000.00\u00a0EUR your EUR at the start")
        quantity = page.get_by_label("Quantity, BTC")
        quantity.press("0")
        expect(card).to_be_hidden()
        expect(page.locator(".mw-why")).to_have_count(0)
        quantity.fill("0.5")
        page.locator(".ms-go").click()
        expect(page.locator(".ms-said")).to_contain_text("Done. You settle ")
        page.locator(".ms-said .mw-why", has_text="25,000.00").click()
        expect(card).to_contain_text("Ledger: step 3, settled, position 1, EUR: obligation")
        assert axe.found(page, ".ms-card") == []

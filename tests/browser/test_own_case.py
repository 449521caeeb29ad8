"""One's own case in a browser: rows by mouse and by keyboard, what is wrong beside its box, and what is taken along."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from browser import axe
from browser.site import Opened, Site
from browser.stand import standing
from marginlib.lessons import OwnCase
from marginlib.lessons.own_case.sheet import EXAMPLE
from marginlib.reading.scenarios import read_scenario

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
COMES = 90_000  # ms: Python is fetched and started
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def case() -> OwnCase:
    return OwnCase()


@pytest.fixture
def page(chrome: Browser, case: OwnCase) -> Iterator[Page]:
    with standing(chrome, case) as opened:
        yield opened


def title(page: Page) -> Locator:
    return page.locator(".mc-told .mw-title")


def group(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def test_what_is_typed_is_answered_live(page: Page, case: OwnCase) -> None:
    expect(title(page)).to_have_text("Your margin level is 86\u00a0%")
    group(page, "Balance 1").get_by_label("Amount").fill("5000")
    expect(title(page)).not_to_have_text("Your margin level is 86\u00a0%")
    summary = case.story.margin
    assert summary is not None
    assert summary.level is not None
    expect(title(page)).to_contain_text(f"{round(summary.level)}\u00a0%")
    assert case.fields["balances"][0]["amount"] == "5000"


def test_rows_come_and_go_by_keyboard_alone(page: Page, case: OwnCase) -> None:
    """The focus goes where one would go on."""
    keys = page.keyboard
    page.get_by_role("button", name="Add a balance").focus()
    keys.press("Enter")
    expect(group(page, "Balance 4").get_by_label("Currency")).to_be_focused()
    keys.type("ETH")
    keys.press("Tab")
    keys.type("2")
    keys.press("Tab")
    expect(page.get_by_role("button", name="Remove balance 4")).to_be_focused()
    for _ in range(200):
        if case.fields["balances"][3:] == [{"code": "ETH", "amount": "2"}]:
            break
        page.wait_for_timeout(50)  # Python is called by the same loop
    assert case.fields["balances"][3:] == [{"code": "ETH", "amount": "2"}]
    expect(page.locator(".mc-standing")).to_be_hidden()
    page.get_by_role("button", name="Remove balance 2").focus()
    keys.press("Space")
    expect(page.get_by_role("button", name="Remove balance 2")).to_be_focused()
    expect(group(page, "Balance 2").get_by_label("Currency")).to_have_value("USD")
    for _ in range(3):
        page.locator(":focus").press("Enter")
    expect(page.get_by_role("button", name="Add a balance")).to_be_focused()
    page.get_by_role("button", name="Take back").click()
    expect(group(page, "Balance 1").get_by_label("Currency")).not_to_have_value("")


def test_a_problem_stands_beside_its_box_and_the_last_answer_stays(page: Page, case: OwnCase) -> None:
    box = group(page, "Position 1").get_by_label("Volume")
    box.fill("0,15")
    expect(page.locator(".mc-standing")).to_contain_text("One thing is missing or wrong")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_accessible_description("Volume: Expected a positive amount with a point: '0.15', got '0,15'.")
    expect(box).to_have_value("0,15")
    expect(title(page)).to_have_text("Your margin level is 86\u00a0%")
    expect(page.locator(".mc-case")).to_have_attribute("data-stale", "")
    assert axe.found(page, ".mc-case") == []
    page.get_by_label("Trading").focus()
    page.get_by_role("button", name="Go to it").click()
    expect(box).to_be_focused()
    box.fill("0.15")
    expect(page.locator(".mc-standing")).to_be_hidden()
    expect(box).not_to_have_attribute("aria-invalid", "true")
    assert case.answers is not None


def test_a_new_row_is_left_in_peace_until_it_is_left(page: Page) -> None:
    page.get_by_role("button", name="Add a position").click()
    row = group(page, "Position 3")
    row.get_by_label("Pair").fill("ADA/EUR")
    page.keyboard.press("Tab")
    expect(row.locator(".mc-wrong:visible")).to_have_count(0)
    expect(page.locator('[data-part="prices"] .mc-line').last.get_by_label("Pair")).to_have_value("ADA/EUR")
    page.get_by_label("Trading").focus()
    expect(row.get_by_label("Side")).to_have_attribute("aria-invalid", "true")
    expect(row.locator(".mc-wrong:visible")).to_have_count(4)


def test_the_stop_goes_with_the_last_position_of_its_pair(page: Page) -> None:
    page.get_by_role("button", name="Remove position 1").click()
    expect(page.locator('[data-part="stops"] .mc-line')).to_have_count(0)
    expect(page.locator(".mc-said")).to_have_text(
        "The stop in BTC/EUR went with the position; Take back brings both back."
    )
    expect(page.locator(".mc-standing")).to_be_hidden()
    page.get_by_role("button", name="Take back").click()
    expect(group(page, "Stop 1").get_by_label("Closes at")).to_have_value("46000")
    expect(group(page, "Position 1").get_by_label("Pair")).to_have_value("BTC/EUR")


@pytest.mark.parametrize("width", [360, 520, 620, 940, 980, 1040])
def test_nothing_of_an_answer_is_cut_off_where_there_is_little_room(chrome: Browser, case: OwnCase, width: int) -> None:
    """On a telephone, in a notebook beside its list of files, beside the paper: that leaves some 450 px."""
    with standing(chrome, case, width=width) as page:
        expect(title(page)).to_have_text("Your margin level is 86\u00a0%")
        page.locator(".mc-parts details").evaluate_all("all => all.forEach((each) => each.open = true)")
        cut = page.locator(".mc-table").evaluate_all(
            "all => all.filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.ariaLabel)"
        )
        assert cut == []
        beyond = page.locator(".mc-told .mw-figure").evaluate_all(
            """all => all.flatMap((figure) => [...figure.querySelectorAll('text')]
              .filter((each) => each.getBoundingClientRect().right > figure.getBoundingClientRect().right + 1)
              .map((each) => each.textContent))"""
        )
        assert beyond == []


def test_what_is_gone_to_by_key_is_not_below_the_line_at_the_foot(chrome: Browser) -> None:
    with standing(chrome, OwnCase(), width=360, height=640) as page:
        group(page, "Balance 1").get_by_label("Currency").focus()
        hidden = []
        for _ in range(60):
            page.keyboard.press("Tab")
            covered = """() => document.activeElement.getBoundingClientRect().bottom
                > document.querySelector(".mc-brief").getBoundingClientRect().top + 1
                && document.activeElement.getBoundingClientRect().height < 500
                && document.activeElement.outerHTML.slice(0, 60)"""
            hidden += [found] if (found := page.evaluate(covered)) else []
        assert hidden == []


def test_what_is_folded_is_as_the_answer_has_it_until_somebody_folds_it(page: Page) -> None:
    orders = page.locator(".mc-parts details", has=page.get_by_text("In which order?"))
    expect(orders).to_have_attribute("open", "")
    group(page, "Balance 1").get_by_label("Amount").fill("50000")
    expect(orders).not_to_have_attribute("open", "")
    orders.locator("summary").click()
    group(page, "Balance 1").get_by_label("Amount").fill("60000")
    expect(title(page)).not_to_have_text("Your margin level is 86\u00a0%")
    expect(orders).to_have_attribute("open", "")


def amounts(page: Page, where: str = "") -> Locator:
    """What opens in an answer at rest, once somebody points there."""
    title(page).hover()
    title(page).locator(".mw-why").wait_for()
    return page.locator(f"{where} .mw-why")


def test_an_amount_of_the_answer_opens_its_sum_down_to_the_fields(page: Page) -> None:
    amounts(page, ".mc-gist").filter(has_text="7,500.00").click()
    card = page.get_by_role("dialog", name="Why 7,500.00\u00a0EUR?")
    expect(card).to_contain_text("needed to settle − 300.00\u00a0EUR your balance in EUR (R6)")
    expect(card).to_contain_text("you wrote it: What you have, balance 1, Amount")
    card.locator(".mw-because-fold").first.click()
    expect(card).to_contain_text("you wrote it: Open positions, position 1, Opened at")
    card.locator(".mw-rule").first.click()
    expect(page.locator(".mw-rule-card")).to_be_visible()
    page.keyboard.press("Escape")
    assert axe.found(page, ".mc-case") == []
    amounts(page, ".mc-parts td").filter(has_text="0.03761602").first.click()
    expect(card).to_be_hidden()
    row = page.get_by_role("dialog", name="Why 0.03761602\u00a0BTC?")
    expect(row).to_contain_text("In the ledger then: step 2, margin, position 1, BTC: trading fee")
    page.get_by_text("What you have", exact=True).click()
    expect(row).to_be_hidden()


def test_the_reasons_of_an_answer_are_reached_by_keyboard_alone(page: Page) -> None:
    all_ = page.get_by_role("button", name="Why these numbers?")
    all_.focus()
    page.keyboard.press("Enter")
    first = title(page).locator(".mw-why")
    expect(first).to_be_focused()
    page.keyboard.press("Tab")
    second = page.locator(".mc-gist .mw-why").first
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    expect(card).to_be_focused()
    expect(card).to_contain_text("looked for until it fitted")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(second).to_be_focused()


def test_while_somebody_types_amounts_are_plain_text_and_no_card_is_open(page: Page) -> None:
    amounts(page, ".mc-gist").first.click()
    card = page.get_by_role("dialog")
    expect(card).to_be_visible()
    box = group(page, "Balance 1").get_by_label("Amount")
    box.press("End")
    page.keyboard.type("0")
    expect(card).to_be_hidden()
    expect(page.locator(".mw-why")).to_have_count(0)
    assert title(page).evaluate("node => node.childNodes.length") == 1
    amounts(page, ".mw-words").filter(has_text="5,240.00").click()
    expect(card).to_contain_text("3,000.00\u00a0EUR your EUR as collateral")
    box.fill("0,5")
    expect(page.locator(".mc-standing")).to_be_visible()
    title(page).hover()
    page.wait_for_timeout(900)
    expect(page.locator(".mw-why")).to_have_count(0)


def test_a_reason_fits_a_telephone_and_leaves_a_row_as_it_was(chrome: Browser, case: OwnCase) -> None:
    with standing(chrome, case, width=360) as page:
        cells = page.locator(".mc-parts details[open] td:not([data-none])")
        high = "all => all.map((each) => Math.round(each.getBoundingClientRect().height))"
        before = cells.evaluate_all(high)
        amounts(page, ".mc-parts td").first.click()
        card = page.get_by_role("dialog")
        expect(card.locator("li").first).to_be_visible()
        assert cells.evaluate_all(high) == before
        box = card.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_start_empty_start_again_and_take_back(page: Page) -> None:
    page.get_by_role("button", name="Start empty").click()
    expect(title(page)).to_have_text("Nothing is written down yet")
    expect(group(page, "Balance 1").get_by_label("Currency")).to_be_focused()
    page.keyboard.type("EUR")
    page.get_by_role("button", name="Start again").click()
    expect(title(page)).to_have_text("Your margin level is 86\u00a0%")
    page.get_by_role("button", name="Take back").click()
    expect(group(page, "Balance 1").get_by_label("Currency")).to_have_value("EUR")
    expect(page.get_by_role("group", name="Position 1").get_by_label("Pair")).to_have_value("")
    expect(page.locator(".mc-standing")).to_contain_text("One thing is missing")


def test_a_file_a_link_and_a_ledger_are_opened(page: Page, case: OwnCase, tmp_path: Path) -> None:
    page.get_by_text("Open a file, a link or a ledger").click()
    scenario = tmp_path / "mine.json"
    scenario.write_text(json.dumps({"balances": {"EUR": "77"}, "title": EVIL}), encoding="utf-8")
    page.get_by_label("A file").set_input_files(scenario)
    expect(page.locator(".mc-said")).to_contain_text("the account at the end of the scenario in 'mine.json'")
    expect(group(page, "Balance 1").get_by_label("Amount")).to_have_value("77")
    page.get_by_text("Open a file, a link or a ledger").click()
    page.get_by_label("A link").fill("#v1/LossCascade?move=-20")
    page.keyboard.press("Enter")
    expect(page.locator(".mc-said")).to_contain_text("in the panel LossCascade")
    page.get_by_text("Open a file, a link or a ledger").click()
    page.get_by_label("A link").fill(OwnCase().link())
    page.get_by_role("button", name="Open", exact=True).click()
    expect(group(page, "Position 1").get_by_label("Volume")).to_have_value("0.15")
    page.get_by_text("Open a file, a link or a ledger").click()
    page.get_by_label("A file").set_input_files(ROOT / "data" / "ledger" / "sample.csv")
    expect(page.locator(".mc-said")).to_contain_text("2 positions look open")
    expect(group(page, "Position 1").get_by_label("Pair")).to_have_accessible_description(
        "Pair: A ledger has no pair. This position is priced in EUR: write its coin before that, as in BTC/EUR."
    )
    expect(title(page)).to_be_hidden()
    assert axe.found(page, ".mc-case") == []
    page.get_by_text("Open a file, a link or a ledger").click()
    page.get_by_label("A link").fill("#c9/abc")
    page.keyboard.press("Enter")
    expect(page.locator(".mc-said")).to_contain_text("version c9")
    expect(group(page, "Balance 2").get_by_label("Currency")).to_have_value("DOGE")
    assert case.fields["balances"][1]["code"] == "DOGE"


def test_it_is_taken_along_as_file_link_and_paper(page: Page, case: OwnCase) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="As a scenario file").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert read_scenario(text) == case.scenario
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="As a link").click()
    field = page.get_by_role("textbox", name="Link", exact=True)
    field.or_(page.get_by_text("Copied")).first.wait_for()
    link = field.input_value() if field.is_visible() else page.evaluate("navigator.clipboard.readText()")
    assert OwnCase.from_link(link).fields == case.fields
    with page.expect_popup() as popup:
        page.get_by_role("button", name="As a printable page").click()
    expect(popup.value.locator("h1")).to_have_text("My account")
    expect(popup.value.locator("body")).to_contain_text("What does closing now take, and from which balance?")
    assert axe.found(popup.value) == []


def test_an_order_is_shown_and_copied(page: Page) -> None:
    order = page.locator(".mc-order").first
    shown = json.loads(order.locator("pre").inner_text())
    assert shown["reduce_only"] is True
    expect(order.get_by_role("button")).to_have_accessible_name("Copy order: Close all of BTC/EUR.")


def test_what_is_typed_stays_text(chrome: Browser) -> None:
    fields = {**EXAMPLE, "title": EVIL, "balances": [{"code": EVIL, "amount": EVIL}]}
    with standing(chrome, OwnCase(fields)) as page:
        expect(page.locator(".mc-standing")).to_be_visible()
        expect(group(page, "Balance 1").get_by_label("Currency")).to_have_value(EVIL)
        assert page.locator(".mc-case img").count() == 0


def test_rules_open_their_cards(page: Page) -> None:
    page.locator(".mw-words .mw-rule").first.click()
    expect(page.locator(".mw-rule-card")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".mw-rule-card")).to_be_hidden()


OUTSIDE = """() => {
  const card = document.querySelector(".mc-case").getBoundingClientRect();
  const parts = [...document.querySelectorAll(".mc-case :is(button, select, input, p, pre, legend, summary)")];
  const seen = parts.map((each) => [each, each.getBoundingClientRect()])
    .filter(([each, { width }]) => width > 1 && !each.closest(".mw-figure, .mc-table"));
  return seen.filter(([, { right }]) => right > card.right + 1).map(([each]) => `${each.tagName} ${each.textContent}`);
}"""


@pytest.mark.parametrize("width", [336, 1024, 1400])
@pytest.mark.parametrize("dark", [False, True])
def test_all_of_it_is_in_reach_and_sound_at_any_width(chrome: Browser, width: int, dark: bool) -> None:
    with standing(chrome, OwnCase(), width=width, dark=dark) as page:
        page.evaluate("for (const fold of document.querySelectorAll('.mc-case details')) fold.open = true")
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe.found(page, ".mc-case") == []


def test_on_the_site_a_link_opens_an_account_and_a_reload_loses_nothing(visitor: BrowserContext, site: Site) -> None:
    fields = OwnCase().fields
    fields["balances"][0]["amount"] = "4321"
    opened = Opened(visitor, f"{site.address}10_your_own_case.html{OwnCase(fields).link()}")
    page = opened.page
    expect(group(page, "Balance 1").get_by_label("Amount")).to_have_value("4321", timeout=COMES)
    group(page, "Balance 1").get_by_label("Amount").fill("4322")
    opened.until_ready()
    expect(title(page)).to_be_visible()
    assert axe.found(page) == []
    amounts(page, ".mc-parts td").filter(has_text="4,322.00").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("you wrote it: What you have, balance 1, Amount")
    page.keyboard.press("Escape")
    cut = page.locator(".mc-table").evaluate_all("all => all.filter((each) => each.scrollWidth > each.clientWidth + 1)")
    assert cut == []  # a page's rules for the tables that cells print are none of the panel's
    page.reload()
    expect(page.locator(".mc-said")).to_contain_text("is back")
    amount = group(page, "Balance 1").get_by_label("Amount")
    expect(amount).to_have_value("4322")
    opened.until_ready()
    expect(page.locator(".mc-case [aria-disabled=true]")).to_have_count(0)
    page.wait_for_timeout(1000)  # the engine opens the link of the address, and that is not to be seen
    expect(amount).to_have_value("4322")
    expect(page.locator(".mc-said")).to_contain_text("is back")
    # Another link is another account; what was written is taken back to.
    fields["balances"][0]["amount"] = "777"
    page.evaluate("(link) => { location.hash = link }", OwnCase(fields).link())
    expect(amount).to_have_value("777")
    page.evaluate("() => { location.hash = '#c1/AAAA' }")
    expect(page.locator(".mc-said")).to_contain_text("broken")
    page.get_by_role("button", name="Take back").click()
    expect(amount).to_have_value("4322")
    assert opened.complaints == []
    assert site.hosts() <= {site.address.split("/")[2]}
    other = Opened(visitor, f"{site.address}01_borrowing.html{OwnCase(fields).link()}").page
    other.wait_for_url("**/10_your_own_case.html#c1/**")
    other.close()
    page.close()

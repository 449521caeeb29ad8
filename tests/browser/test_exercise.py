"""An exercise as a student works on it: both modes, by mouse and by keyboard, and a page that is loaded again."""

import time
from pathlib import Path

import pytest
from exercising import WEEK, written
from playwright.sync_api import Browser, Locator, Page, expect

from browser import axe
from browser.stand import standing
from marginlib.classes.file import Exercise, read_exercise
from marginlib.classes.handed_in import read
from marginlib.classes.items import Setting
from marginlib.classes.sheet import Sheet

pytestmark = pytest.mark.browser

GROUNDS = [(360, False), (360, True), (1400, False), (1400, True)]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    return read_exercise(written(tmp_path_factory.mktemp("week"), WEEK))


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    text = WEEK.replace('mode = "learning"', 'mode = "exam"\nback = false')
    return read_exercise(written(tmp_path_factory.mktemp("exam"), text))


def begin(page: Page, name: str = "Zoë") -> None:
    """By keyboard alone."""
    page.get_by_label("Your name or number").focus()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator(".mq-card")).to_be_visible()


def step(page: Page, number: int) -> Locator:
    return page.locator(".mx-steps button").nth(number - 1)


def fits(page: Page) -> None:
    """Nothing is wider than the window, and there is nothing that axe finds."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe.found(page, "main") == []


@pytest.mark.parametrize(("width", "dark"), GROUNDS)
def test_learning_by_keyboard(chrome: Browser, week: Exercise, width: int, dark: bool) -> None:
    sheet = Sheet(week)
    with standing(chrome, sheet, width=width, dark=dark) as page:
        fits(page)
        begin(page)
        assert sheet.attempt is not None
        expect(page.locator(".mx-meta")).to_contain_text("Zoë")
        expect(page.locator(".mx-time")).to_contain_text("0:0")
        page.locator(".mq-card input").focus()
        page.keyboard.type("1")
        page.keyboard.press("Enter")
        expect(page.locator(".mq-wrong")).to_contain_text("It is more than 1 USDT")
        expect(step(page, 1)).to_have_accessible_name("Question 1, not right yet")
        page.keyboard.press("Control+a")
        page.keyboard.type(sheet.attempt.asked[0].right[0])
        page.keyboard.press("Enter")
        expect(page.locator(".mq-right")).to_contain_text("Yes: 250 USDT")
        expect(step(page, 1)).to_have_accessible_name("Question 1, right")
        fits(page)
        page.get_by_role("button", name="Next").press("Enter")
        expect(page.locator(".mq-lead")).to_have_text("Question 2 of 6")
        expect(page.locator(".mq-card input")).to_have_value("")
        page.get_by_role("button", name="Back").press("Enter")
        expect(page.locator(".mq-card input")).to_have_value(sheet.attempt.asked[0].right[0])
        step(page, 6).press("Enter")
        expect(page.locator(".mq-lead")).to_have_text("Question 6 of 6")
        page.get_by_role("button", name="Hand in").press("Enter")
        expect(page.locator(".mx-sure")).to_have_text(
            "Questions 2, 3, 4, 5 and 6 have no answer. After handing in, nothing can be changed."
        )
        expect(page.locator(".mx-confirm button").first).to_be_focused()
        page.keyboard.press("Enter")
        code = page.locator(".mx-code")
        expect(code).to_be_focused()
        assert code.inner_text().replace("\n", "") == sheet.code
        assert read(code.inner_text(), 6, week.mark).items[0].tries == 2
        fits(page)
        page.get_by_role("button", name="Begin anew").press("Enter")
        expect(step(page, 1)).to_be_focused()
        expect(step(page, 1)).to_have_accessible_name("Question 1, not answered")
        for number in range(2, 7):
            page.get_by_role("button", name="Next").press("Enter")
            expect(page.locator(".mq-lead")).to_have_text(f"Question {number} of 6")
        expect(page.get_by_role("button", name="Hand in")).to_be_focused()


@pytest.mark.parametrize(("width", "dark"), GROUNDS)
def test_an_exam_without_a_way_back(chrome: Browser, exam: Exercise, width: int, dark: bool) -> None:
    sheet = Sheet(exam)
    with standing(chrome, sheet, width=width, dark=dark) as page:
        page.get_by_role("button", name="Begin").click()
        expect(page.locator(".mx-note")).to_have_text("An exam wants a name: the code that is handed in is one's own.")
        begin(page)
        assert sheet.attempt is not None
        expect(page.get_by_role("button", name="Go on without an answer")).to_be_visible()
        page.locator(".mq-card input").fill(sheet.attempt.asked[0].right[0])
        page.get_by_role("button", name="Keep my answer").click()
        expect(page.locator(".mq-note")).to_have_text("Your answer is kept. Until you go on, you may change it.")
        assert page.locator(".mq-right, .mq-wrong, .mq-way").count() == 0
        assert page.get_by_text("Show the way").count() == 0
        fits(page)
        page.get_by_role("button", name="Next").click()
        expect(step(page, 1)).to_be_disabled()
        expect(step(page, 4)).to_be_disabled()
        assert page.get_by_role("button", name="Back").count() == 0
        for number in range(3, 7):  # pressed twice in haste it goes on once
            page.get_by_role("button", name="Go on without an answer").click()
            expect(page.locator(".mq-lead")).to_have_text(f"Question {number} of 6")
        page.get_by_role("button", name="Hand in").click()
        page.locator(".mx-confirm").get_by_role("button", name="Hand in").click()
        expect(page.locator(".mx-summary")).to_have_text("You answered 1 of 6.")
        assert page.get_by_role("button", name="Begin anew").count() == 0
        assert read(sheet.code, 6, exam.mark).right == 1


def test_in_an_exam_what_was_typed_counts_though_one_goes_on_at_once(chrome: Browser, exam: Exercise) -> None:
    sheet = Sheet(exam)
    with standing(chrome, sheet) as page:
        begin(page)
        assert sheet.attempt is not None
        page.locator(".mq-card input").fill("77")
        page.get_by_role("button", name="Keep my answer").click()
        expect(step(page, 1)).to_have_accessible_name("Question 1, answered")
        page.locator(".mq-card input").fill(sheet.attempt.asked[0].right[0])
        page.get_by_role("button", name="Next").click()
        expect(page.locator(".mq-lead")).to_have_text("Question 2 of 6")
        page.locator(".mq-card input").fill("what?")
        page.get_by_role("button", name="Next").click()
        expect(page.locator(".mq-note")).to_contain_text("Type a number")
        expect(page.locator(".mq-lead")).to_have_text("Question 2 of 6")
        page.locator(".mq-card input").fill(sheet.attempt.asked[1].right[0])
        page.get_by_role("button", name="Hand in").click()
        expect(page.locator(".mx-sure")).to_contain_text("Questions 3, 4, 5 and 6 have no answer.")
        page.locator(".mx-confirm").get_by_role("button", name="Hand in").click()
        expect(page.locator(".mx-summary")).to_have_text("You answered 2 of 6.")
        assert read(sheet.code, 6, exam.mark).right == 2


def test_in_learning_mode_what_was_typed_is_there_again(chrome: Browser, week: Exercise) -> None:
    """Unchecked: a check would have been a try."""
    sheet = Sheet(week)
    with standing(chrome, sheet) as page:
        begin(page)
        assert sheet.attempt is not None
        page.locator(".mq-card input").fill("123")
        page.get_by_role("button", name="Next").click()
        expect(page.locator(".mq-lead")).to_have_text("Question 2 of 6")
        expect(page.locator(".mq-card input")).to_have_value("")
        page.get_by_role("button", name="Back").click()
        expect(page.locator(".mq-card input")).to_have_value("123")
        assert sheet.attempt.work[0].given == []


def test_a_panel_is_brought_into_a_state(chrome: Browser, week: Exercise) -> None:
    sheet = Sheet(week)
    with standing(chrome, sheet) as page:
        begin(page)
        assert sheet.attempt is not None
        step(page, 5).click()
        asked = sheet.attempt.asked[4]
        assert isinstance(asked, Setting)
        expect(page.locator(".mx-panel .mw-panel")).to_be_visible()
        check = page.get_by_role("button", name="Check this state")
        check.click()
        expect(page.locator(".mq-wrong")).to_contain_text("It is 14,200.00 USD now")
        ((name, value),) = (asked.found() or {}).items()
        box = page.locator(".mx-panel .mw-row", has_text=name).locator(".mw-box").first
        box.fill(str(value))
        box.press("Enter")
        expect(page.locator(".mx-panel")).to_contain_text(f"margin call comes at {asked.item.shown(asked.goal)[:3]}")
        check.click()
        expect(page.locator(".mq-right")).to_contain_text("Yes: ")
        step(page, 1).click()
        expect(page.locator(".mx-panel .mw-panel")).to_have_count(0)
        step(page, 5).click()
        expect(page.locator(".mx-panel .mw-panel")).to_be_visible()
        assert sheet.panels[4].values[name] == value


@pytest.mark.parametrize("entered", [True, False], ids=["with Enter", "without"])
def test_a_state_that_is_checked_in_haste_is_the_one_that_is_seen(
    chrome: Browser, week: Exercise, entered: bool
) -> None:
    """A number is typed, and the check is pressed before the panel would have told it."""
    sheet = Sheet(week)
    with standing(chrome, sheet) as page:
        begin(page, "Ada")
        assert sheet.attempt is not None
        step(page, 5).click()
        asked = sheet.attempt.asked[4]
        assert isinstance(asked, Setting)
        ((name, value),) = (asked.found() or {}).items()
        box = page.locator(".mx-panel .mw-row", has_text=name).locator(".mw-box").first
        box.fill(str(value))
        if entered:
            box.press("Enter")
        page.get_by_role("button", name="Check this state").click()
        expect(page.locator(".mq-verdict p").first).to_contain_text("Yes: ")
        assert sheet.attempt.work[4].done(exam=False).tries == 1


def test_a_page_that_is_loaded_again_has_the_answers(chrome: Browser, exam: Exercise) -> None:
    """The kernel, or the page's Python, is a new one; the browser has kept what was given, and nothing else."""
    kept: dict[str, str] = {}
    first = Sheet(exam)
    with standing(chrome, first) as page:
        begin(page, "Ada")
        page.locator(".mq-card input").fill("77")
        page.keyboard.press("Enter")
        expect(step(page, 1)).to_have_accessible_name("Question 1, answered")
        kept = page.evaluate("({ ...localStorage })")
    assert any(key.startswith("marginlib:exercise:") for key in kept)
    assert "right" not in "".join(kept.values())
    assert "Yes" not in "".join(kept.values())

    again = Sheet(exam, clock=lambda: time.time() + 90)
    state = {"cookies": [], "origins": [{"origin": "http://stand.test", "localStorage": [
        {"name": name, "value": value} for name, value in kept.items()]}]}  # fmt: skip
    with standing(chrome, again, storage_state=state) as page:
        expect(page.get_by_label("Your name or number")).to_have_value("Ada")
        page.get_by_role("button", name="Begin").click()
        expect(page.locator(".mq-card input")).to_have_value("77")
        expect(page.locator(".mx-time")).to_contain_text("1:3")
        assert again.attempt is not None
        assert again.attempt.work[0].given == ["77"]
    other = Sheet(exam)
    with standing(chrome, other, storage_state=state) as page:
        page.get_by_label("Your name or number").fill("Ben")
        page.get_by_role("button", name="Begin").click()
        expect(step(page, 1)).to_have_accessible_name("Question 1, not answered")


def test_a_name_that_is_markup_is_text(chrome: Browser, tmp_path: Path) -> None:
    found = read_exercise(written(tmp_path, WEEK.replace("What a loss takes", "<b>bold</b> <script>x</script>")))
    with standing(chrome, Sheet(found)) as page:
        begin(page, "<img src=x onerror=alert(1)>")
        expect(page.locator(".mx-title")).to_have_text("<b>bold</b> <script>x</script>")
        expect(page.locator(".mx-meta")).to_contain_text("<img src=x onerror=alert(1)>")
        assert page.locator(".mx-sheet img, .mx-sheet b, .mx-sheet script").count() == 0

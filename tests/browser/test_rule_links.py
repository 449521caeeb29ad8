"""Rule ids in words open a short card; from it one click leads to the rule in the list."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.lab import SETTINGS, Lab, appears, notebook, until
from browser.stand import standing
from marginlib import rules
from marginlib.lessons import BalanceSheet, Life, SettleForm
from marginlib.quiz.card import Card
from marginlib.quiz.lesson import Lesson

pytestmark = pytest.mark.browser


def words(page: Page) -> str:
    return page.locator(".mw-words").inner_text()


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_an_id_opens_the_rules_card_which_stays_on_the_page(chrome: Browser, width: int, dark: bool) -> None:
    with standing(chrome, BalanceSheet(), width=width, dark=dark) as page:
        link = page.locator(".mw-words .mw-rule", has_text="R20").first
        appears(link)
        link.click()
        card = page.get_by_role("dialog", name="Rule R20")

        appears(card)
        assert f"R20 · {rules()['R20'].title}" in card.inner_text()
        assert rules()["R20"].text in card.inner_text().replace("\N{NO-BREAK SPACE}", " ")
        box = card.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        page.keyboard.press("Escape")
        expect(card).to_be_hidden()


def test_the_card_opens_by_key_and_gives_the_focus_back(chrome: Browser) -> None:
    with standing(chrome, BalanceSheet()) as page:
        link = page.locator(".mw-words .mw-rule", has_text="R1").first
        appears(link)
        link.focus()
        page.keyboard.press("Enter")
        appears(page.get_by_role("dialog", name="Rule R1"))
        page.keyboard.press("Escape")

        assert page.evaluate("document.activeElement.textContent") == "R1"


def test_links_come_back_after_a_move_and_the_words_are_the_same(chrome: Browser) -> None:
    panel = BalanceSheet()
    with standing(chrome, panel) as page:
        appears(page.locator(".mw-words .mw-rule").first)
        slider = page.get_by_role("slider", name="Price move")
        slider.focus()
        for _ in range(5):
            slider.press("ArrowRight")
        until(lambda: page.evaluate("1") and panel.values["move"] == 15, "Python has the new value")
        appears(page.locator(".mw-words .mw-rule", has_text="R20").first)

        there = panel.state()["_shown"]["view"]["words"]
        assert words(page).replace("\n\n", "\n").split("\n") == there


def test_a_card_stops_what_plays_and_gives_the_focus_back(chrome: Browser) -> None:
    """It played on behind the card, its words and links were written anew, and the focus fell to the page."""
    with standing(chrome, Life()) as page:
        appears(page.locator(".mw-words .mw-rule").first)
        # At once: what plays writes the words anew, without links.
        page.evaluate("for (const each of ['.mw-play', '.mw-words .mw-rule']) document.querySelector(each).click()")
        card = page.locator(".mw-rule-card")
        appears(card)
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)
        key = page.locator(".mw-panel").get_attribute("data-key")
        page.wait_for_timeout(1500)
        assert page.locator(".mw-panel").get_attribute("data-key") == key
        page.keyboard.press("Escape")
        expect(card).to_be_hidden()
        until(lambda: page.evaluate("Boolean(document.activeElement.closest('.mw-words'))"), "the words have it")


def test_a_link_that_was_written_anew_gets_the_focus_back(chrome: Browser) -> None:
    with standing(chrome, BalanceSheet()) as page:
        link = page.locator(".mw-words .mw-rule", has_text="R20").first
        appears(link)
        link.click()
        appears(page.locator(".mw-rule-card"))
        page.evaluate("for (const p of document.querySelectorAll('.mw-words p')) p.textContent = p.textContent")
        page.keyboard.press("Escape")
        until(lambda: page.evaluate("document.activeElement.textContent") == "R20", "the same rule's link has it")


@pytest.fixture
def missed() -> Iterator[Card]:
    """A single choice that was answered wrong."""
    card = Lesson("01").check("owed")
    card.answer("8000")
    yield card
    card.given = card.verdict = None


def test_after_a_miss_the_right_option_is_marked_when_asked_for(chrome: Browser, missed: Card) -> None:
    with standing(chrome, missed) as page:
        assert page.locator("[data-right]").count() == 0
        page.get_by_role("button", name="Show the way").click()
        until(lambda: page.locator("[data-right]").count() == 1, "one option is marked")

        assert page.locator("[data-right]").inner_text() == "0.4\N{NO-BREAK SPACE}BTC, whatever they cost ✓ right"


def test_skip_goes_once_it_was_used(chrome: Browser) -> None:
    from marginlib.lessons import LossCascade

    card = Lesson("05").predict(LossCascade()).card
    with standing(chrome, card) as page:
        skip = page.get_by_role("button", name="Skip, and see")
        if card.given is None:
            skip.click()
        expect(skip).to_be_hidden()


def test_what_shows_the_way_goes_once_it_was_used_and_the_focus_stays_in_the_card(chrome: Browser) -> None:
    with standing(chrome, Lesson("01").check("owed")) as page:
        show = page.get_by_role("button", name="Show the way")
        show.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".mq-way")).to_be_visible()
        expect(show).to_be_hidden()

        assert page.evaluate("document.querySelector('.mq-card').contains(document.activeElement)")


def test_the_way_does_not_say_again_what_the_verdict_says() -> None:
    card = Lesson("05").drill(seed=3)
    card.answer("123456")
    before = card.state()["_card"]["verdict"]["text"]
    card.help()
    shown = card.state()["_card"]

    assert any(line in before for line in shown["solution"])
    assert not any(line in shown["verdict"]["text"] for line in shown["solution"])


def test_hover_does_not_look_like_an_answer(chrome: Browser, missed: Card) -> None:
    with standing(chrome, missed) as page:
        option = page.get_by_role("button", name="Nothing, as long")
        before = option.evaluate("(each) => getComputedStyle(each).borderColor")
        option.hover()

        assert option.evaluate("(each) => getComputedStyle(each).borderColor") == before


@pytest.mark.parametrize("size", [(700, 600), (360, 640)])
def test_button_and_box_stand_in_one_line(chrome: Browser, size: tuple[int, int]) -> None:
    with standing(chrome, Lesson("05").check("taken"), width=size[0], height=size[1]) as page:
        box, press = (page.locator(f".mq-answer {name}").bounding_box() for name in ("input", ".mq-check"))
        assert box
        assert press
        assert (box["y"], box["height"]) == pytest.approx((press["y"], press["height"]), abs=0.5)


def test_the_settle_forms_words_have_links_too(chrome: Browser) -> None:
    form = SettleForm(task=1)
    form.pick(1)
    form.choose("settle-position")
    form.fill("0.5")
    form.press()
    with standing(chrome, form) as page:
        appears(page.locator(".ms-card .mw-rule").first)


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A JupyterLab that draws cells as they come into sight, as it does for a learner."""
    monkeypatch.delitem(SETTINGS["@jupyterlab/notebook-extension/tracker"], "windowingMode")
    (tmp_path / "there").mkdir()
    with Lab(tmp_path / "there", tmp_path / "home") as lab:
        yield lab


def test_in_jupyterlab_more_leads_to_the_rule_at_the_first_click(chrome: Browser, usual: Lab, tmp_path: Path) -> None:
    root, folder = Path(__file__).parents[2], tmp_path / "there"
    cell = "from marginlib.lessons import BalanceSheet\n\nBalanceSheet()"
    (folder / "with_rules.ipynb").write_text(notebook(cell), encoding="utf-8")
    (folder / "rules.ipynb").write_bytes((root / "notebooks" / "rules.ipynb").read_bytes())
    opened = usual.open(chrome, "with_rules.ipynb")
    opened.run_all()
    page = opened.page
    link = page.locator(".mw-words .mw-rule", has_text="R20").first
    appears(link, 30)
    link.click()
    page.get_by_role("link", name="More: the list of rules").click()
    heading = page.locator("h3", has_text=f"R20 · {rules()['R20'].title}")
    appears(heading, 30)
    until(lambda: bool((box := heading.bounding_box()) and 0 < box["y"] < 900), "it is in sight", 15)
    page.context.close()

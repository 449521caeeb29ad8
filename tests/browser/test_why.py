"""Why this number? In the browser: with the pointer, with the keyboard, in a narrow window, in the dark."""

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import axe
from browser.lab import appears
from browser.stand import standing
from marginlib.lessons import BalanceSheet, LossCascade, OwnCase
from marginlib.quiz.card import Card
from marginlib.quiz.lesson import questions
from marginlib.quiz.practice import practice

NBSP = "\N{NO-BREAK SPACE}"


def pointed(page: Page) -> None:
    """The pointer rests on the screen: amounts become buttons."""
    page.locator(".mw-title").hover()
    page.locator(".mw-title .mw-why").first.wait_for()


def test_a_click_on_an_amount_opens_its_sum(chrome: Browser) -> None:
    with standing(chrome, BalanceSheet()) as page:
        expect(page.locator(".mw-why")).to_have_count(0)
        pointed(page)
        page.locator(".mw-words").get_by_role("button", name=f"5,000.00{NBSP}EUR", exact=True).click()
        card = page.get_by_role("dialog", name=f"Why 5,000.00{NBSP}EUR?")
        expect(card).to_be_visible()
        expect(card).to_contain_text(
            f"5,000.00{NBSP}EUR used margin = 25,000.00{NBSP}EUR cost of position 1 ÷ 5 leverage (B2)"
        )
        part = card.get_by_role("button", name="cost of position 1", expanded=False).first
        part.click()
        expect(card).to_contain_text("you set it: Volume")
        page.locator(".mw-heading, .mw-desk").first.click(position={"x": 2, "y": 2})
        expect(card).to_be_hidden()


def test_the_keyboard_reaches_every_known_amount(chrome: Browser) -> None:
    with standing(chrome, LossCascade()) as page:
        all_ = page.get_by_role("button", name="Why these numbers?")
        all_.focus()
        page.keyboard.press("Enter")
        page.locator(".mw-title .mw-why").first.wait_for()
        first = page.locator(".mw-why").first
        expect(first).to_be_focused()
        expect(first).to_have_text(f"10,668.4{NBSP}DOGE")
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        card = page.get_by_role("dialog")
        expect(card).to_be_focused()
        expect(card).to_contain_text("still to cover after USD")
        page.keyboard.press("Escape")
        expect(card).to_be_hidden()
        expect(first).to_be_focused()


def test_a_move_makes_plain_text_again(chrome: Browser) -> None:
    panel = BalanceSheet()
    with standing(chrome, panel) as page:
        pointed(page)
        page.mouse.move(0, 0)
        page.get_by_role("slider", name="Price move").press("ArrowRight")
        page.wait_for_function("document.querySelector('.mw-title').textContent.includes('11')")
        expect(page.locator(".mw-why")).to_have_count(0)
        title = page.locator(".mw-title")
        assert title.evaluate("node => node.childNodes.length") == 1
        pointed(page)
        page.locator(".mw-title .mw-why", has_text=f"2,750.00{NBSP}EUR").click()
        expect(page.get_by_role("dialog")).to_contain_text(f"17,750.00{NBSP}EUR net worth")


def test_what_is_no_amount_of_the_engine_is_no_button(chrome: Browser) -> None:
    with standing(chrome, BalanceSheet()) as page:
        page.evaluate("document.querySelector('.mw-words p').append(' And 123.45 EUR more.')")
        pointed(page)
        assert "123.45 EUR" not in page.locator(".mw-why").all_text_contents()


@pytest.mark.parametrize(("part", "amount"), [(-20, "53.34"), (40, "10,668")])
def test_a_label_of_a_figure_opens_too(chrome: Browser, part: int, amount: str) -> None:
    """Of an amount and its fee in one line, the one that is clicked: from its right end, and from its left one."""
    with standing(chrome, LossCascade()) as page:
        pointed(page)
        label = page.locator(".mw-figure text", has_text="53.34").first
        box = label.bounding_box()
        assert box
        label.click(position={"x": part % box["width"], "y": box["height"] / 2})
        expect(page.get_by_role("dialog")).to_contain_text(f"Why {amount}")


@pytest.mark.parametrize("width", [360, 1024])
@pytest.mark.parametrize("dark", [False, True])
def test_the_card_stays_in_the_window(chrome: Browser, width: int, dark: bool) -> None:
    with standing(chrome, LossCascade(), width=width, dark=dark) as page:
        pointed(page)
        page.locator(".mw-words .mw-why").last.click()
        card = page.get_by_role("dialog")
        expect(card.locator("li").first).to_be_visible()
        box = card.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_rule_that_a_sum_names_opens_its_card(chrome: Browser) -> None:
    with standing(chrome, BalanceSheet()) as page:
        page.get_by_role("button", name="Why these numbers?").click()
        page.locator(".mw-words .mw-why", has_text="5,000.00").last.click()
        page.locator(".mw-because .mw-rule").first.click()

        appears(page.locator(".mw-rule-card"))


def test_an_amount_keeps_what_follows_it_in_its_line(chrome: Browser) -> None:
    """A line broke between an amount and its comma, and between a percentage and its bracket."""
    with standing(chrome, BalanceSheet()) as page:
        pointed(page)
        apart = page.evaluate(
            """() => {
              const found = [];
              const amounts = [...document.querySelectorAll(".mw-words .mw-why")];
              const after = amounts.filter((each) => /^[^\\s\\w]/.test(each.nextSibling?.data ?? ""));
              for (let wide = 120; wide < 600; wide += 7) {
                document.querySelector(".mw-words").style.width = `${wide}px`;
                for (const each of after) {
                  const sign = document.createRange();
                  sign.setStart(each.nextSibling, 0);
                  sign.setEnd(each.nextSibling, 1);
                  const gap = sign.getBoundingClientRect().top - [...each.getClientRects()].at(-1).top;
                  if (gap > 5) found.push([wide, each.textContent]);
                }
              }
              return after.length ? found : "none is followed by a sign";
            }"""
        )
        assert apart == []


def test_while_a_card_is_open_the_words_next_amount_is_clicked(chrome: Browser) -> None:
    """The card covered the amounts after the one that was asked for."""
    with standing(chrome, BalanceSheet()) as page:
        pointed(page)
        amounts = page.locator(".mw-words .mw-why")
        card = page.get_by_role("dialog")
        amounts.first.click()
        expect(card.locator("li").first).to_be_visible()
        for each in amounts.all()[1:]:
            each.click(timeout=3000)
            expect(card.locator(".mw-because-head")).to_have_text(f"Why {each.inner_text()}?")
        page.locator(".mw-desk").click(position={"x": 2, "y": 2})
        expect(card).to_be_hidden()


def test_a_rule_of_a_folded_line_opens_its_card_and_unfolds_nothing(chrome: Browser) -> None:
    """It was plain text: a link in a summary is heard by few."""
    with standing(chrome, BalanceSheet()) as page:
        pointed(page)
        page.locator(".mw-words .mw-why", has_text="5,000.00").last.click()
        line = page.locator(".mw-because li:has(> .mw-because-fold):has(> .mw-rule)").first
        fold = line.locator(".mw-because-fold")
        expect(fold).to_have_attribute("aria-expanded", "false")
        line.locator(":scope > .mw-rule").first.click()
        appears(page.locator(".mw-rule-card"))
        page.keyboard.press("Escape")
        expect(page.locator(".mw-rule-card")).to_be_hidden()
        expect(page.locator(".mw-because")).to_be_visible()
        expect(fold).to_have_attribute("aria-expanded", "false")
        fold.focus()
        page.keyboard.press("Space")
        expect(fold).to_have_attribute("aria-expanded", "true")
        expect(line.locator("li").first).to_be_visible()
        assert axe.found(page, ".mw-because") == []
        page.keyboard.press("Enter")
        expect(line.locator("li").first).to_be_hidden()


COVERED = """(asked) => {
  const sheet = document.querySelector(".mw-because").getBoundingClientRect();
  const { top, bottom } = asked.getBoundingClientRect();
  return { under: bottom > sheet.top, above: top < 0, foot: sheet.bottom, wide: sheet.width };
}"""


@pytest.mark.parametrize("place", ["first", "last"])
def test_on_a_telephone_it_is_a_sheet_at_the_foot_above_which_the_number_is_seen(chrome: Browser, place: str) -> None:
    """The card lay over what stood below the number, and a long one reached beyond the window."""
    with standing(chrome, LossCascade(), width=360, height=640, has_touch=True) as page:
        pointed(page)
        asked = getattr(page.locator(".mw-words .mw-why"), place)
        asked.tap()
        card = page.get_by_role("dialog")
        expect(card.locator("li").first).to_be_visible()
        for fold in card.locator(".mw-because-fold").all()[:1]:
            fold.tap()
        assert asked.evaluate(COVERED) == {"under": False, "above": False, "foot": 640, "wide": 360}
        page.get_by_role("button", name="Close").tap()
        expect(card).to_be_hidden()
        expect(asked).to_be_focused()
        asked.tap()
        page.keyboard.press("Escape")
        expect(card).to_be_hidden()
        expect(asked).to_be_focused()
        asked.tap()
        page.touchscreen.tap(355, 20)  # beside all that is pressed
        expect(card).to_be_hidden()
        expect(asked).to_be_focused()


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_telephone_the_level_at_the_foot_of_ones_own_case_stays_in_sight(chrome: Browser, dark: bool) -> None:
    """The card lay over it."""
    with standing(chrome, OwnCase(), width=360, height=640, dark=dark) as page:
        pointed(page)
        asked = page.locator(".mc-gist .mw-why").first
        asked.click()
        card = page.get_by_role("dialog")
        expect(card.locator("li").first).to_be_visible()
        line = page.locator(".mc-brief").bounding_box()
        assert line
        assert asked.evaluate(COVERED) == {"under": False, "above": False, "foot": line["y"], "wide": 360}
        assert axe.found(page, ".mc-case") == []


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_a_questions_amounts_open_once_it_is_answered(chrome: Browser, width: int, dark: bool) -> None:
    card = Card(questions("05").check["taken"], "Check", hint="Show the way")
    with standing(chrome, card, width=width, height=640, dark=dark) as page:
        all_ = page.get_by_role("button", name="Why these numbers?")
        expect(all_).to_be_hidden()
        page.locator(".mq-text").hover()
        page.wait_for_timeout(900)
        expect(page.locator(".mw-why")).to_have_count(0)
        page.get_by_role("textbox").fill("250")
        page.get_by_role("button", name="Check").click()
        expect(all_).to_be_visible()
        page.locator(".mq-verdict").hover()
        page.locator(".mq-verdict .mw-why", has_text="250").click()
        told = page.get_by_role("dialog", name=f"Why 250{NBSP}USDT?")
        expect(told).to_contain_text("still to cover after EUR")
        told.get_by_role("button", expanded=False).first.click()
        expect(told).to_contain_text("loss on position 1")
        told.locator(".mw-rule").first.click()
        appears(page.locator(".mw-rule-card"))
        page.keyboard.press("Escape")
        assert axe.found(page, ".mq-card") == []
        page.keyboard.press("Escape")
        expect(told).to_be_hidden()
        expect(page.locator(".mq-verdict .mw-why", has_text="250")).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert card.given == "250"


def test_the_keyboard_reaches_the_amounts_of_a_way_and_another_answer_makes_plain_text_of_them(chrome: Browser) -> None:
    card = Card(questions("05").check["taken"], "Check", hint="Show the way")
    with standing(chrome, card) as page:
        page.get_by_role("button", name="Show the way").click()
        page.get_by_role("button", name="Why these numbers?").focus()
        page.wait_for_timeout(600)
        page.keyboard.press("Enter")
        first = page.locator(".mw-why").first
        expect(first).to_be_focused()
        words = page.locator(".mq-way").inner_text()
        last = page.locator(".mq-way .mw-why").last
        last.focus()
        page.keyboard.press("Enter")
        told = page.get_by_role("dialog")
        expect(told).to_be_focused()
        page.keyboard.press("Escape")
        expect(last).to_be_focused()
        page.get_by_role("textbox").fill("7")
        page.keyboard.press("Enter")
        expect(page.locator(".mq-verdict")).to_contain_text("It is more than")
        assert page.locator(".mq-way").inner_text() == words


def test_what_is_practised_opens_where_its_way_is_read(chrome: Browser) -> None:
    card = practice(["01"], memory=None)
    with standing(chrome, card) as page:
        page.wait_for_timeout(600)
        page.locator(".mq-way").hover()
        page.locator(".mq-way .mw-why").last.click()
        expect(page.get_by_role("dialog").locator("li").first).to_be_visible()
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator(".mw-why")).to_have_count(0)
        expect(page.get_by_role("button", name="Why these numbers?")).to_be_hidden()

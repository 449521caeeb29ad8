"""Why this number? In the browser: with the pointer, with the keyboard, in a narrow window, in the dark."""

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.lab import appears
from browser.stand import standing
from marginlib.lessons import BalanceSheet, LossCascade

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
        part = card.locator("summary", has_text="cost of position 1").first
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


def test_a_label_of_a_figure_opens_too(chrome: Browser) -> None:
    with standing(chrome, LossCascade()) as page:
        pointed(page)
        page.locator(".mw-figure text", has_text="53.34").first.click()
        expect(page.get_by_role("dialog")).to_contain_text("53.34")


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

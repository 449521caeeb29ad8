"""What a learner does in a lesson, by keyboard and by mouse: the same in a notebook and on a page."""

import re
from typing import Protocol

from playwright.sync_api import Locator, Page

import marginlib.lessons  # noqa: F401 - registers the questions
from browser.lab import appears, until
from marginlib.quiz import drills
from marginlib.quiz.lesson import questions
from marginlib.quiz.question import Question
from marginlib.telling.on_page import written


class Opened(Protocol):
    """A lesson that is open in a browser, and what the page complained about."""

    page: Page
    complaints: list[str]


def number(opened: Opened) -> str:
    """The lesson's number, from the notebook's name."""
    found = re.search(r"/(\d\d)_", opened.page.url)
    assert found
    return found.group(1)


def question(opened: Opened, card: Locator) -> Question:
    """The question that a card shows, as the data have it."""
    lead, text = card.locator(".mq-lead").inner_text(), card.locator(".mq-text").inner_text()
    drill = re.fullmatch(r"Drill (\d+), level (\d) of \d", lead)
    if drill:
        return drills.make(number(opened), int(drill.group(1)), int(drill.group(2)))
    known = questions(number(opened))
    return next(each for each in (*known.predict.values(), *known.check.values()) if written(each.text) == text)


def says(card: Locator) -> str:
    """The verdict on a card."""
    appears(card.locator(".mq-verdict p"))
    return card.locator(".mq-verdict p").first.inner_text()


def answer(card: Locator, asked: Question, given: list[str], *, by_key: bool) -> None:
    """Give an answer as a learner would, by keyboard or by mouse."""
    page = card.page
    texts = {option.value: written(option.text) for option in asked.options}

    def push(button: Locator) -> None:
        if by_key:
            button.focus()
            page.keyboard.press("Enter")
        else:
            button.click()

    def called(value: str) -> re.Pattern[str]:
        """An option's name; the right one may be marked already."""
        words = r"\s+".join(map(re.escape, texts[value].split()))  # a name's spaces are plain ones
        return re.compile(f"^{words}( ✓ right)?$")

    if asked.kind == "one":
        push(card.get_by_role("button", name=called(given[0])))
        return
    if asked.kind == "number":
        card.get_by_role("textbox").fill(given[0])
        if by_key:
            page.keyboard.press("Enter")
            return
    if asked.kind == "several":
        for value in texts:
            box = card.get_by_role("checkbox", name=called(value))
            if box.is_checked() != (value in given):
                if by_key:
                    box.focus()
                    page.keyboard.press("Space")
                else:
                    box.click()
    if asked.kind == "order":
        for place, value in enumerate(given):
            items = card.locator(".mq-order li span")
            now = items.all_inner_texts()
            at = now.index(texts[value])
            if at == place:
                continue
            if by_key:
                items.nth(at).locator("..").focus()
                for _ in range(at - place):
                    page.keyboard.press("ArrowUp")
            else:
                items.nth(at).drag_to(items.nth(place))
    push(card.locator(".mq-check"))


def answer_every_card(lesson: Opened) -> None:
    """Answer each card wrong and right, by key and by mouse."""
    cards = lesson.page.locator(".mq-card")
    assert cards.count() > 0
    for at in range(cards.count()):
        card = cards.nth(at)
        asked = question(lesson, card)
        wrong = {
            "number": [str(next(iter(asked.wrong.values()), 0))],
            "order": [option.value for option in asked.options],
        }.get(asked.kind) or [next(option.value for option in asked.options if option.value not in asked.right)]
        answer(card, asked, wrong, by_key=False)
        appears(card.locator(".mq-wrong"))
        if asked.kind == "number":
            assert written(asked.judge(wrong[0]).sentence) in says(card)
        answer(card, asked, asked.right, by_key=True)
        appears(card.locator(".mq-right"))
        answer(card, asked, wrong, by_key=True)
        appears(card.locator(".mq-wrong"))
        answer(card, asked, asked.right, by_key=False)
        appears(card.locator(".mq-right"))
    assert lesson.complaints == []


def drill(lesson: Opened, times: int = 1) -> None:
    """Have the way shown, then go on and answer right, so many times."""
    card = lesson.page.locator(".mq-card", has=lesson.page.get_by_role("button", name="Another one"))
    if card.count() == 0:
        assert number(lesson) == "00", "every lesson but the first has a drill"
        return
    card.get_by_role("button", name="Show the way").click()
    appears(card.locator(".mq-way li").first)
    for _ in range(times):
        before = card.locator(".mq-text").inner_text()
        card.get_by_role("button", name="Another one").focus()
        lesson.page.keyboard.press("Enter")
        until(lambda before=before: card.locator(".mq-text").inner_text() != before, "another question")  # type: ignore[misc]
        asked = question(lesson, card)
        answer(card, asked, asked.right, by_key=True)
        appears(card.locator(".mq-right"))


def move_every_control(lesson: Opened) -> None:
    """Move each control of each panel, by key and by mouse."""
    panels = lesson.page.locator(".mw-panel")
    for at in range(panels.count()):
        panel = panels.nth(at)

        def key(panel: Locator = panel) -> str:
            return panel.get_attribute("data-key") or ""

        def moves(what: str, do: object, panel: Locator = panel) -> None:
            before = key(panel)
            assert callable(do)
            do()
            until(lambda: key(panel) not in ("", before), f"{what} moves the panel", 15)

        for i in range(panel.locator("input[type=range]:visible").count()):
            track = panel.locator("input[type=range]:visible").nth(i)
            name = track.get_attribute("id") or ""
            track.focus()
            page = lesson.page
            if track.input_value() == track.get_attribute("max"):
                page.keyboard.press("Home")
            moves(name, lambda page=page: page.keyboard.press("ArrowRight"))
            track.scroll_into_view_if_needed()
            box = track.bounding_box()
            assert box
            share = "(track) => (track.value - track.min) / (track.max - track.min)"
            across = 0.3 if track.evaluate(share) > 0.5 else 0.7  # beside the handle: a click on it moves nothing
            place = (box["x"] + across * box["width"], box["y"] + box["height"] / 2)
            moves(name, lambda page=page, place=place: page.mouse.click(*place))
        for i in range(panel.locator("input[type=checkbox]:visible").count()):
            box_ = panel.locator("input[type=checkbox]:visible").nth(i)
            moves("checkbox", box_.click)
            box_.focus()
            moves("checkbox", lambda: lesson.page.keyboard.press("Space"))
        for button in panel.locator(".mw-walk button[aria-disabled=false]").all()[:1]:
            moves("walk", button.click)
        panel.get_by_role("button", name="Start again").click()
    assert lesson.complaints == []

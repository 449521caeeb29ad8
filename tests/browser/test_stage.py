"""Where a panel's parts stand: the picture in sight, nothing that jumps in a drag, large on demand; how it sounds."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import marginlib.lessons
from browser import axe
from browser.lab import appears, until
from browser.stand import standing
from marginlib.lessons import (
    HowFar,
    LossCascade,
    LotQueue,
    ShortAndMirror,
    ShortOrFuture,
    StopRun,
    ThroughTheCrash,
    explore,
)
from marginlib.panels.panel import Panel

pytestmark = pytest.mark.browser

PANELS = marginlib.lessons._PANELS
SHOWN = "document.querySelector('.mw-panel').dataset.key && !document.querySelector('.mw-panel[data-waiting]')"
TRACKS = ".mw-desk input[type=range]:visible"
LAST = ".mw-desk :is(input[type=range], input[type=checkbox], select):visible"
PLACES = """() => {
  const panel = document.querySelector(".mw-panel");
  const { left, top } = panel.getBoundingClientRect();
  const tracks = [...panel.querySelectorAll(".mw-desk input[type=range]")].filter((each) => each.offsetParent);
  return [panel.querySelector(".mw-figures"), ...tracks].map((each) => {
    const box = each.getBoundingClientRect();
    return [box.left - left, box.top - top];
  });
}"""
DRAG = """([at, share]) => {
  const tracks = [...document.querySelectorAll(".mw-desk input[type=range]")].filter((each) => each.offsetParent);
  const { min, max, step } = tracks[at];
  tracks[at].value = Number(min) + Math.round(((max - min) * share) / step) * step;
  tracks[at].dispatchEvent(new Event("input", { bubbles: true }));
}"""


def furthest(places: list[list[float]], first: list[list[float]]) -> float:
    """How far something has moved at most, in px."""
    return max(abs(a - b) for now, then in zip(places, first, strict=True) for a, b in zip(now, then, strict=True))


@pytest.mark.parametrize("width", [1400, 1024, 360])
@pytest.mark.parametrize("panel", [HowFar, ThroughTheCrash, ShortAndMirror])
def test_nothing_jumps_while_a_slider_is_dragged(chrome: Browser, panel: type[Panel[Any]], width: int) -> None:
    """The alert came above the figure: lesson 07 jumped by 53 to 73 px, lesson 02 by 52 to 93."""
    with standing(chrome, panel(), width=width) as page:
        until(lambda: page.locator(".mw-figure .svg-container").count() > 0, "it is drawn")
        first = page.evaluate(PLACES)
        for at in range(page.locator(TRACKS).count()):
            for share in (0, 0.25, 0.5, 0.75, 1):
                page.evaluate(DRAG, [at, share])
                page.wait_for_function(SHOWN)
                page.wait_for_timeout(30)  # a frame
                moved = furthest(page.evaluate(PLACES), first)
                assert moved < 2, (at, share, page.inner_text(".mw-title"))


def in_sight(what: Locator) -> bool:
    """Whether something is seen as a whole, and not covered by anything."""
    seen = """(node) => {
      const { left, right, top, bottom, width, height } = node.getBoundingClientRect();
      if (!(width && height && top >= -1 && left >= -1 && bottom <= innerHeight + 1 && right <= innerWidth + 1))
        return false;
      const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return Boolean(there) && (node.contains(there) || node.closest(".mw-figures")?.contains(there));
    }"""
    return bool(what.evaluate(seen))


@pytest.mark.parametrize("name", PANELS)
def test_the_picture_is_in_sight_while_any_control_is_used(chrome: Browser, name: str) -> None:
    """At 1366 by 768 JupyterLab has 600 px for a notebook; 683 by 384 are a 200 % zoom there, without its bars."""
    with standing(chrome, getattr(marginlib.lessons, name)()) as page:
        page.evaluate("document.body.style.paddingBottom = '2000px'")
        figures = page.locator(".mw-figures")
        for width, height in ((1366, 600), (683, 384), (360, 640)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(200)  # ms: it is drawn for another width
            controls = page.locator(LAST).all()
            for control in (controls[0], controls[-1]):
                page.evaluate("document.activeElement.blur()")
                control.focus()
                until(lambda control=control: in_sight(control), f"the control is seen, {width}")  # type: ignore[misc]
                until(lambda: in_sight(figures), f"the figure is seen, {width}")


def test_what_is_read_below_a_picture_is_not_covered_by_it(chrome: Browser) -> None:
    with standing(chrome, LossCascade(), width=1366, height=600) as page:
        page.evaluate("document.body.style.paddingBottom = '2000px'")
        page.locator(LAST).last.focus()
        page.evaluate("document.activeElement.blur()")
        for y in range(0, 700, 50):
            page.evaluate("(y) => scrollTo(0, y)", y)
            page.wait_for_timeout(40)
            below = page.evaluate(
                "document.querySelector('.mw-told').getBoundingClientRect().top"
                " - document.querySelector('.mw-figures').getBoundingClientRect().bottom"
            )
            assert below >= -1, y


def large(page: Page) -> Locator:
    return page.get_by_role("button", name="Large")


@pytest.mark.parametrize("width", [1400, 1024, 360])
@pytest.mark.parametrize("panel", [LossCascade, StopRun])
def test_large_fills_the_window_with_picture_words_and_controls(
    chrome: Browser, panel: type[Panel[Any]], width: int
) -> None:
    with standing(chrome, panel(), width=width) as page:
        expect(large(page)).to_have_attribute("aria-pressed", "false")
        before = page.locator(".mw-figure svg").first.bounding_box()
        large(page).click()
        expect(large(page)).to_have_attribute("aria-pressed", "true")
        root = page.locator(".mw-panel")
        assert root.bounding_box() == {"x": 0, "y": 0, "width": width, "height": 900}
        scale = "document.querySelector('.mw-figure').getBoundingClientRect().width"
        scale += " / document.querySelector('.mw-figure').offsetWidth"
        until(lambda: page.evaluate(scale) >= 16 / 14 - 0.001, "14 px are 16 px")
        until(lambda: page.evaluate("document.querySelector('.mw-panel').scrollWidth") <= width, "it fits")
        for fold in (".mw-tables", ".mw-legend"):
            expect(page.locator(fold)).to_be_hidden()
        expect(page.locator(".mw-words")).to_be_visible()
        assert in_sight(page.locator(".mw-figures")) or width < 950
        track = page.locator(TRACKS).first
        key = root.get_attribute("data-key")
        track.press("ArrowRight")
        until(lambda: root.get_attribute("data-key") not in ("", key), "it moves")
        page.keyboard.press("Escape")
        expect(large(page)).to_have_attribute("aria-pressed", "false")
        expect(large(page)).to_be_focused()
        expect(page.locator(".mw-legend")).to_be_visible()
        until(lambda: page.locator(".mw-figure svg").first.bounding_box() == before, "all is as it was")


@pytest.mark.parametrize("panel", [ShortOrFuture, StopRun, ThroughTheCrash])
def test_a_slider_that_plays_keeps_its_places_in_a_large_panel(chrome: Browser, panel: type[Panel[Any]]) -> None:
    """The button stood in the rail's column, the rail in the box's, and the box had the unit's 22 px."""
    with standing(chrome, panel()) as page:
        large(page).click()
        row = page.locator(".mw-slider.mw-played").first
        play, rail, box = (row.locator(each).bounding_box() for each in (".mw-play", ".mw-track", ".mw-box"))
        assert play
        assert rail
        assert box
        assert play["x"] + play["width"] < rail["x"]
        assert rail["width"] > 120
        assert box["width"] > 90


def test_the_focus_stays_in_a_large_panel_and_a_typed_text_is_left_first(chrome: Browser) -> None:
    with standing(chrome, HowFar(), width=1400) as page:
        page.evaluate("document.body.append(Object.assign(document.createElement('button'), { id: 'after' }))")
        large(page).click()
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.querySelector('.mw-panel').contains(document.activeElement)")
        page.keyboard.press("Tab")
        expect(large(page)).to_be_focused()
        box = page.locator(".mw-box:visible").first
        box.fill("7")
        page.keyboard.press("Escape")
        expect(box).to_have_value("10,000")
        page.locator(".mw-words .mw-why").first.click()
        expect(page.locator(".mw-because")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".mw-because")).to_be_hidden()
        expect(large(page)).to_have_attribute("aria-pressed", "true")
        large(page).click()
        expect(large(page)).to_have_attribute("aria-pressed", "false")


def test_a_mark_is_dragged_where_it_is_seen_in_a_large_picture(chrome: Browser) -> None:
    with standing(chrome, ShortAndMirror(), width=1400) as page:
        large(page).click()
        handle = page.locator(".mw-grip").first
        name = handle.get_attribute("data-control")
        appears(handle)
        page.wait_for_timeout(400)  # ms: it is drawn for its new width
        box = handle.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        across = handle.get_attribute("data-axis") == "x"
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(*((x + 60, y) if across else (x, y + 60)), steps=4)

        def moved() -> float:
            now = handle.bounding_box()
            assert now
            return now["x"] - box["x"] if across else now["y"] - box["y"]

        until(lambda: abs(moved() - 60) < 12, f"the handle of {name} is where the pointer is")
        page.mouse.up()


def test_a_refused_state_says_so_where_the_picture_was(chrome: Browser) -> None:
    """No axes without content, and nothing around them moves."""

    class Bare(HowFar):
        def view(self, values: Any) -> Any:
            view = super().view(values)
            return {**view, "figures": []} if view["title"].startswith("The exchange refuses") else view

    with standing(chrome, Bare(), width=1400) as page:
        until(lambda: page.locator(".mw-figure .svg-container").count() > 0, "it is drawn")
        before = page.evaluate(PLACES)
        tables = page.locator(".mw-tables").bounding_box()
        page.evaluate(DRAG, [0, 0])
        expect(page.locator(".mw-title")).to_have_text("The exchange refuses this opening")
        expect(page.locator(".mw-instead .mw-words p").first).to_be_visible()
        expect(page.locator(".mw-instead").get_by_role("note")).to_be_visible()
        expect(page.locator(".mw-figure")).to_have_count(0)
        assert furthest(page.evaluate(PLACES)[1:], before[1:]) < 1
        page.evaluate(DRAG, [0, 1])
        expect(page.locator(".mw-reading .mw-words p").first).to_be_visible()
        assert furthest(page.evaluate(PLACES), before) < 1
        assert tables


def test_each_move_is_announced_by_its_title_and_what_has_changed(chrome: Browser) -> None:
    """The first one wasn't, and the others said all that there was: up to 203 words."""
    with standing(chrome, HowFar(), width=1400) as page:
        live = page.locator("[aria-live=polite]:not([role=status])")
        expect(live).to_have_text("")
        last = ""
        for _ in range(2):
            page.get_by_role("slider", name="Price now").press("ArrowLeft")
            until(lambda last=last: live.inner_text() not in ("", last), "it is said", 10)  # type: ignore[misc]
            last = live.inner_text()
            title = page.inner_text(".mw-title").replace("\xa0", " ")
            assert last.replace("\xa0", " ").startswith(title)
            sentences = [p.replace("\xa0", " ") for p in page.locator(".mw-words p, .mw-alert").all_inner_texts()]
            assert last.replace("\xa0", " ").removeprefix(title).removeprefix(". ") in ["", *sentences]


def test_words_give_back_their_room_once_nothing_moves(chrome: Browser) -> None:
    """It only grew."""
    with standing(chrome, HowFar(), width=360) as page:
        room = "document.querySelector('.mw-told').offsetHeight - document.querySelector('.mw-told > *').offsetHeight"
        for share in (0, 0.2, 1):
            page.evaluate(DRAG, [5, share])
            page.wait_for_function(SHOWN)
            page.wait_for_timeout(60)
            assert page.evaluate(room) >= 0
        until(lambda: abs(page.evaluate(room)) < 3, "the room is that of the words", 5)


def test_controls_of_a_group_say_what_they_are_of_and_in_which_unit(chrome: Browser) -> None:
    with standing(chrome, LotQueue(), width=1400) as page:
        paid = page.get_by_role("slider", name="Lot B, opening price, EUR", exact=True)
        expect(paid).to_have_attribute("aria-valuetext", "55,000 EUR")
        expect(page.get_by_role("slider", name="Lot B, volume, BTC", exact=True)).to_have_count(1)
        expect(page.get_by_role("slider", name="What you have, BTC", exact=True)).to_have_attribute(
            "aria-valuetext", "0.5 BTC"
        )
    with standing(chrome, HowFar(), width=1400) as page:
        expect(page.get_by_role("slider", name="Leverage")).to_have_attribute("aria-valuetext", "5 times")
    with standing(chrome, left, width=1400) as page:
        expect(page.get_by_role("slider", name="opening price", exact=True)).to_have_count(1)
        expect(page.get_by_role("combobox", name="how", exact=True)).to_have_count(1)


@explore(opening_price=(30000, 50000, 500), how=["settle", "close"])
def left(opening_price: int = 37500, how: str = "close") -> dict[str, object]:
    """A function of one's own."""
    return {"EUR": opening_price - 30000, "how": how}


@pytest.mark.parametrize("name", [*PANELS, "left"])
def test_a_panel_is_accessible(chrome: Browser, name: str) -> None:
    """As axe-core sees it: everything unfolded, wide and narrow, light and dark, small and large."""
    panel = left if name == "left" else getattr(marginlib.lessons, name)()
    with standing(chrome, panel) as page:
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        for width in (1400, 360):
            page.set_viewport_size({"width": width, "height": 900})
            for ground, light in (("#fff", "true"), ("#111", "false")):
                page.evaluate(
                    "([ground, light]) => { document.body.style.background = ground;"
                    " document.body.dataset.jpThemeLight = light; }",
                    [ground, light],
                )
                page.wait_for_timeout(100)
                assert axe.found(page, "main") == [], (width, ground)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        large(page).click()
        assert axe.found(page, "main") == []

"""Pictures that are touched: marks that are dragged, points on tracks, motion, and controls that run by themselves."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from browser.stand import standing
from marginlib.drawing.pieces import Columns, figure, layout, lines
from marginlib.drawing.screen import screen
from marginlib.drawing.touch import grip, touched
from marginlib.lessons import BalanceSheet, LotQueue, ShortAndMirror
from marginlib.panels.controls import Choice, Slider, Walk
from marginlib.panels.live import Message, Sent
from marginlib.panels.panel import Panel, View

HEIGHT, LEFT, TOP, BOTTOM = 400, 82, 12, 48
LOW, HIGH = -100, 100


class Held(Panel[Any]):
    """A bar whose top is a price, a line that is a day, and a result with its points."""

    heading = "What do you hold?"
    controls = (
        Slider("price", "Price", "EUR", 0, 100, 1, 60, "The price."),
        Slider("move", "Price move", "%", -40, 20, "0.5", -10, "How far it goes."),
        Slider("days", "Days", "", 0, 30, 1, 0, "Time.", played=True),
        Slider("more", "More", "EUR", 0, 100, 1, 80, "What may be taken away.", group="Beside", removable=True),
        Choice("side", "Side", ("long", "short"), "long", "Which way."),
        Walk("step", "The opening", ("Before", "The trade", "After"), "1", "In order."),
    )

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.asked: list[str] = []

    def receive(self, message: Message) -> Iterator[Sent]:
        self.asked.append(message["kind"])
        yield from super().receive(message)

    def view(self, values: Any) -> View:
        price, move, days = (float(values[name]) for name in ("price", "move", "days"))
        result = move if values["side"] == "long" else -move
        columns = Columns(0.3, "own", "owed", "profit", "loss")
        columns.put(0, "own", price, f"yours, {price:.0f} EUR")
        columns.put(1, "owed", -20 * float(values["step"]), "owed")
        if result:
            columns.put(2, "profit" if result > 0 else "loss", result)
        drawn = [*columns.drawn(), lines([(days / 10, LOW), (days / 10, HIGH)])]
        spec = figure(drawn, layout({0: "Yours", 1: "Owed"}, (-0.5, 3.5), (LOW, HIGH), "EUR"), columns.labels)
        marks = [grip("price", "y", (0, 100), (-0.5, 3.5)), grip("days", "x", (0, 3), (LOW, HIGH))]
        if values["more"] is not None:
            marks.append(grip("more", "y", (0, 100), (2.5, 3)))
        happens = [
            *(["margin call"] if result < -20 else []),
            *(["liquidation"] if result < -30 else []),
            *(["EUR gone"] if price < 30 else []),
        ]
        words = [f"At {price:.0f} EUR, after {days:.0f} days."]
        return screen(f"{price:.0f} EUR", [touched(spec, *marks, name="Yours")], words, happens=happens)


@pytest.fixture
def panel() -> Held:
    return Held()


@pytest.fixture
def page(chrome: Browser, panel: Held) -> Iterator[Page]:
    with standing(chrome, panel) as opened:
        opened.locator(".mw-figure .point path").first.wait_for(state="attached")
        yield opened


def until(page: Page, done: Callable[[], bool], what: str, seconds: float = 15) -> None:
    """Wait until something is so, while the page's messages come and go."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        page.wait_for_timeout(30)


def slider(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def handle(page: Page, control: str) -> Locator:
    return page.locator(f".mw-grip[data-control={control}]")


def middle(node: Locator) -> tuple[float, float]:
    box = node.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def height(page: Page, amount: float) -> float:
    """Where an amount is on the page: by the layout, which is fixed."""
    box = page.locator(".mw-figure").bounding_box()
    assert box
    return box["y"] + HEIGHT - BOTTOM - (amount - LOW) / (HIGH - LOW) * (HEIGHT - BOTTOM - TOP)


def bar(page: Page) -> str:
    """The first bar as it is drawn."""
    return str(page.evaluate("() => document.querySelector('.mw-figure .point path').getAttribute('d')"))


def picture(page: Page) -> str:
    """What is drawn, whole."""
    return str(page.locator(".mw-figure > .svg-container").evaluate("(node) => node.outerHTML"))


def top_of_bar(page: Page) -> float:
    """Where the first bar ends, on the page."""
    box = page.locator(".mw-figure").bounding_box()
    found = re.search(r"V(-?[\d.]+)", bar(page))
    assert box
    assert found
    return box["y"] + TOP + float(found.group(1))


# In how many frames something looked different; and whether the marks of motion were there.
WATCH = """() => {
  globalThis.seen = [];
  const look = () => {
    const found = [...document.querySelectorAll('.mw-figure .point path')].map((path) => path.getAttribute('d')).join();
    if (found !== globalThis.seen.at(-1)) globalThis.seen.push(found);
    requestAnimationFrame(look);
  };
  look();
}"""


def seen(page: Page, wait: int = 600) -> list[str]:
    """The pictures that were there since it was last asked, the first included."""
    page.wait_for_timeout(wait)
    found: list[str] = page.evaluate("() => { const f = globalThis.seen; globalThis.seen = f.slice(-1); return f; }")
    return found


def test_a_mark_is_dragged_and_everything_goes_with_it(page: Page, panel: Held) -> None:
    x, y = middle(handle(page, "price"))
    assert y == pytest.approx(height(page, 60), abs=1), "the handle stands on the mark"
    page.mouse.move(x, y)
    page.mouse.down()
    for amount in range(59, 24, -1):
        page.mouse.move(x, height(page, amount))
        if amount % 10 == 5:
            expect(slider(page, "Price, EUR")).to_have_value(str(amount))
            expect(page.locator(".mw-title")).to_have_text(f"{amount} EUR")
            expect(page.locator(".mw-words")).to_contain_text(f"At {amount} EUR")
            until(page, lambda amount=amount: abs(top_of_bar(page) - height(page, amount)) < 1.5, "the bar follows")  # type: ignore[misc]
            assert middle(handle(page, "price"))[1] == pytest.approx(height(page, amount), abs=1)
    page.mouse.up()
    until(page, lambda: panel.values["price"] == 25, "Python hears of it")
    assert handle(page, "price").get_attribute("title") == "Price: 25 EUR"


def test_python_hears_of_a_drag_when_it_rests(page: Page, panel: Held) -> None:
    heard: list[Any] = []
    panel.observe(lambda change: heard.append(change.new["price"]), "values")
    x, y = middle(handle(page, "price"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, height(page, 30), steps=30)
    page.mouse.up()
    until(page, lambda: bool(heard), "Python hears of it")
    assert heard == [30]


def test_beyond_its_ends_a_mark_stays_there(page: Page, panel: Held) -> None:
    x, y = middle(handle(page, "price"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, 5)
    expect(slider(page, "Price, EUR")).to_have_value("100")
    page.mouse.move(x, 890)
    page.mouse.up()
    until(page, lambda: panel.values["price"] == 0, "it is at its least")


def test_a_day_is_dragged_across(page: Page, panel: Held) -> None:
    x, y = middle(handle(page, "days"))
    expect(handle(page, "days")).to_have_css("cursor", "ew-resize")
    expect(handle(page, "price")).to_have_css("cursor", "ns-resize")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 300, y, steps=20)
    page.mouse.up()
    box = page.locator(".mw-figure").bounding_box()
    assert box
    a_day = (box["width"] - LEFT - 12) / 40
    until(page, lambda: panel.values["days"] == round(300 / a_day), "so many days")


def test_what_is_no_mark_is_no_control(page: Page, panel: Held) -> None:
    x, y = middle(handle(page, "price"))
    page.mouse.click(x, y)
    for far in (40, 80, 120):
        page.mouse.move(x, y + far)
        page.mouse.down()
        page.mouse.move(x, y + far + 40, steps=4)
        page.mouse.up()
    page.wait_for_timeout(300)
    assert panel.values == Held().values
    assert "happens" in panel.asked or "along" in panel.asked


def test_a_handle_is_thick_enough_and_for_the_pointer_only(page: Page) -> None:
    for control in ("price", "days", "more"):
        box = handle(page, control).bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24
    assert page.locator(".mw-grips[aria-hidden=true]").count() == 1
    assert page.locator(".mw-grips [tabindex]").count() == 0


@pytest.mark.parametrize("shown", [BalanceSheet, LotQueue, ShortAndMirror])
def test_a_knob_waits_for_the_pointer_where_it_stands(chrome: Browser, shown: type[Panel[Any]]) -> None:
    """It was scaled with its place: it jumped by up to 201 px once the pointer came over the figure."""
    with standing(chrome, shown()) as page:
        page.mouse.move(1, 1)
        knobs = page.locator(".mw-grip:visible .mw-knob")
        for each in knobs.all():
            page.wait_for_timeout(250)
            there = middle(each)
            page.mouse.move(*there)
            page.wait_for_timeout(250)
            assert middle(each) == pytest.approx(there, abs=1)
            page.mouse.down()
            assert middle(each) == pytest.approx(there, abs=1)
            page.mouse.up()
            page.mouse.move(1, 1)


def test_of_two_handles_the_nearer_one_is_taken(page: Page, panel: Held) -> None:
    panel_more = handle(page, "more")
    slider(page, "Price, EUR").focus()
    page.keyboard.press("End")
    for _ in range(17):
        page.keyboard.press("ArrowLeft")  # to 83: a few pixels from 80
    until(page, lambda: panel.values["price"] == 83, "both are near each other")
    x, _ = middle(panel_more)
    page.mouse.move(x, height(page, 80) + 2)
    page.mouse.down()
    page.mouse.move(x, height(page, 40), steps=10)
    page.mouse.up()
    until(page, lambda: 38 <= panel.values["more"] <= 43, "the one below is taken")
    assert panel.values["price"] == 83


def test_what_was_taken_away_or_is_covered_has_no_handle(chrome: Browser, page: Page) -> None:
    expect(handle(page, "more")).to_be_visible()
    page.get_by_role("button", name="Take More away").click()
    expect(handle(page, "more")).to_have_count(0)
    expect(handle(page, "price")).to_be_visible()

    covered = Held()
    covered.veil = "First say what you expect."
    with standing(chrome, covered) as other:
        other.wait_for_timeout(2500)
        expect(handle(other, "price")).not_to_be_visible()
        assert other.locator(".mw-tick:not(.mw-zero)").count() == 0, "and its tracks don't tell"
        assert covered.asked.count("happens") == 0


def swipe(tool: CDPSession, x: float, y: float, by: float) -> None:
    """A finger goes down, and so far down the screen, and up."""
    for kind, at in (("touchStart", 0.0), *(("touchMove", by * i / 12) for i in range(1, 13)), ("touchEnd", by)):
        points = [] if kind == "touchEnd" else [{"x": x, "y": y + at}]
        tool.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_finger_drags_a_mark_and_scrolls_beside_it(chrome: Browser, panel: Held) -> None:
    with standing(chrome, panel, width=360, height=640, has_touch=True) as page:
        page.locator(".mw-figure").scroll_into_view_if_needed()
        tool = page.context.new_cdp_session(page)
        before = page.evaluate("() => scrollY")
        x, _ = middle(page.locator(".mw-figure"))
        swipe(tool, x, height(page, 60), height(page, 30) - height(page, 60))
        until(page, lambda: 28 <= panel.values["price"] <= 32, "the price was dragged")
        assert page.evaluate("() => scrollY") == before
        swipe(tool, x, height(page, -60), -80)
        until(page, lambda: page.evaluate("() => scrollY") != before or before == 0, "the page scrolls")
        assert 28 <= panel.values["price"] <= 32


def names(page: Page, label: str) -> list[str]:
    """The names on a slider's track."""
    track = slider(page, label).locator("xpath=..")
    return [each for each in track.locator(".mw-mark").all_inner_texts() if each != "0"]


def told(page: Page, label: str) -> str:
    """What a screen reader says of the track."""
    return str(
        slider(page, label).evaluate(
            "(input) => document.getElementById(input.getAttribute('aria-describedby'))?.textContent ?? ''"
        )
    )


MOVE, PRICE = "Price move, %", "Price, EUR"


def test_a_track_says_where_something_happens_without_being_touched(page: Page) -> None:
    until(page, lambda: names(page, MOVE) == ["liquidation", "margin call"], "the points are known")
    assert told(page, MOVE) == ("liquidation between −30.5 and −30 %; margin call between −20.5 and −20 %"), (
        "exact to the step"
    )
    until(page, lambda: names(page, PRICE) == ["EUR gone"], "and those of others")
    assert told(page, "Days") == ""
    track = slider(page, MOVE).locator("xpath=..")
    box = track.bounding_box()
    assert box
    for tick, amount in zip(track.locator(".mw-tick:not(.mw-zero)").all(), (-30.25, -20.25), strict=True):
        there = box["x"] + 8 + (amount + 40) / 60 * (box["width"] - 16)
        assert middle(tick)[0] == pytest.approx(there, abs=1.5)
        page.mouse.move(there, box["y"] + 12)
        expect(track).to_have_attribute("title", re.compile(f"between −{-amount + 0.25:g} and −{-amount - 0.25:g} %"))


def test_marks_are_never_those_of_other_values(page: Page, panel: Held) -> None:
    until(page, lambda: names(page, MOVE) == ["liquidation", "margin call"], "the points are known")
    page.evaluate(
        """() => {
          globalThis.stale = 0;
          new MutationObserver(() => {
            const side = document.querySelector('.mw-desk select:not([aria-label])').value;
            const told = [...document.querySelectorAll('.mw-track')].map((track) => track.textContent).join();
            if (side === 'short' && told.includes('margin call between −20.5')) globalThis.stale += 1;
          }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }"""
    )
    slider(page, "Side").select_option("short")
    until(page, lambda: panel.values["side"] == "short", "Python hears of it")
    # A short's call would come above this track: nothing is left of the long's.
    until(page, lambda: names(page, MOVE) == [] and panel.asked.count("happens") > 0, "other values, other points")
    page.wait_for_timeout(1500)
    assert told(page, MOVE) == ""
    assert page.evaluate("() => stale") == 0
    slider(page, "Side").select_option("long")
    until(page, lambda: told(page, MOVE).startswith("liquidation"), "back again")


def test_the_kernel_is_left_in_peace_while_something_moves(page: Page, panel: Held) -> None:
    until(page, lambda: names(page, MOVE) == ["liquidation", "margin call"], "the points are known")
    page.wait_for_timeout(1000)
    x, y = middle(handle(page, "price"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.wait_for_timeout(300)  # for what was on its way
    before = len(panel.asked)
    for amount in (*range(59, 30, -1), *range(30, 60)):
        page.mouse.move(x, height(page, amount))
        page.wait_for_timeout(30)
    assert "happens" not in panel.asked[before:]
    page.mouse.up()


def test_a_slider_that_goes_both_ways_is_filled_from_zero(page: Page) -> None:
    def filled(label: str) -> tuple[str, str]:
        style = "(input) => ['--mw-from', '--mw-to'].map((each) => input.parentElement.style.getPropertyValue(each))"
        from_, to = slider(page, label).evaluate(style)
        return from_, to

    zero, here = f"* {40 / 60}", f"* {30 / 60}"
    left, right = filled(MOVE)
    assert here[:8] in left
    assert zero[:8] in right
    assert filled(PRICE)[0] == "0px"
    assert slider(page, MOVE).locator("xpath=..").locator(".mw-zero").count() == 1
    assert slider(page, PRICE).locator("xpath=..").locator(".mw-zero").count() == 0


def test_pictures_go_from_where_they_stood_to_exactly_where_they_stand(page: Page) -> None:
    slider(page, "Side").select_option("short")
    page.wait_for_timeout(600)
    real = picture(page)
    slider(page, "Side").select_option("long")
    page.wait_for_timeout(600)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Next").click()
    assert len(seen(page)) > 2, "a step"
    page.get_by_role("button", name="Back").click()
    assert len(seen(page)) > 2
    slider(page, "Side").select_option("short")
    page.wait_for_timeout(600)
    assert picture(page) == real, "in the end it is the picture that was drawn"
    seen(page, 0)
    box = page.get_by_label("Price, EUR, as a number")
    box.fill("20")
    box.press("Enter")
    assert len(seen(page)) > 2, "a number that is typed"
    page.get_by_role("button", name="Start again").click()
    assert len(seen(page)) > 2, "the start"


def test_values_from_python_are_gone_to(page: Page, panel: Held) -> None:
    page.evaluate(WATCH)
    panel.values = {"price": 10}
    page.evaluate("(parts) => adopted(parts)", panel.state())
    assert len(seen(page)) > 2


def test_a_jump_along_the_track_is_gone_to_and_a_drag_isn_t(page: Page, panel: Held) -> None:
    track = slider(page, PRICE)
    box = track.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    track.hover()
    page.wait_for_timeout(1500)  # until its states are drawn
    page.evaluate(WATCH)
    page.mouse.click(box["x"] + 30, y)
    assert len(seen(page)) > 2
    allowed = set()
    page.mouse.down()
    for far in range(30, 90, 3):
        page.mouse.move(box["x"] + far, y)
        page.wait_for_timeout(50)
        allowed.add(bar(page))
    page.mouse.up()
    shown = {each.split(",M")[0] for each in seen(page)}
    assert shown <= allowed | {bar(page)}, "nothing but the states themselves"
    page.keyboard.press("ArrowRight")
    assert len(seen(page)) == 2, "nor a key"
    x, there = middle(handle(page, "price"))
    page.mouse.move(x, there)
    page.mouse.down()
    page.mouse.move(x, there - 30)
    assert len(seen(page)) == 2, "nor a handle"
    page.mouse.up()
    until(page, lambda: panel.values["price"] > 30, "it has moved")


def test_a_new_state_ends_what_is_on_its_way(page: Page) -> None:
    page.evaluate(WATCH)
    slider(page, "Side").select_option("short")
    page.wait_for_timeout(60)
    track = slider(page, PRICE)
    track.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(60)
    after = picture(page)
    page.wait_for_timeout(500)
    assert picture(page) == after
    assert page.locator(".mw-figure > .svg-container").count() == 1


def test_who_wants_nothing_to_move_sees_it_at_once(chrome: Browser, panel: Held) -> None:
    with standing(chrome, panel, reduced_motion="reduce") as page:
        page.evaluate(WATCH)
        page.get_by_role("button", name="Next").click()
        assert len(seen(page)) == 2
        slider(page, "Side").select_option("short")
        assert len(seen(page)) == 2
        page.get_by_role("button", name="Play Days").click()
        page.wait_for_timeout(2600)
        page.get_by_role("button", name="Pause").click()
        until(page, lambda: 2 <= panel.values["days"] <= 8, "it goes slowly")


def test_time_is_played_to_its_end_and_from_the_start_again(page: Page, panel: Held) -> None:
    slider(page, "Days").hover()
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Play Days").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="Pause").click()
    until(page, lambda: 2 <= panel.values["days"] <= 14, "a good third of the track")
    page.get_by_role("button", name="Play Days").click()
    until(page, lambda: panel.values["days"] == 30, "it comes to its end")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.get_by_role("button", name="Play Days").click()
    until(page, lambda: 0 < float(slider(page, "Days").input_value()) < 20, "from the start again")


@pytest.mark.parametrize("touch", ["another slider", "its own slider", "a handle", "a choice", "start again"])
def test_what_runs_stops_when_anything_else_is_touched(page: Page, touch: str) -> None:
    page.get_by_role("button", name="Play Days").click()
    page.wait_for_timeout(700)
    if touch == "another slider":
        slider(page, PRICE).focus()
        page.keyboard.press("ArrowRight")
    elif touch == "its own slider":
        page.mouse.move(*middle(slider(page, "Days")))
        page.mouse.down()
        page.mouse.up()
    elif touch == "a handle":
        x, y = middle(handle(page, "price"))
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, y + 20)
        page.mouse.up()
    elif touch == "a choice":
        slider(page, "Side").select_option("short")
    else:
        page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.wait_for_timeout(400)
    stood = slider(page, "Days").input_value()
    page.wait_for_timeout(500)
    assert slider(page, "Days").input_value() == stood


@pytest.mark.parametrize("what", ["Days", "The opening"])
def test_what_runs_stops_when_python_sets_values_of_its_own(page: Page, panel: Held, what: str) -> None:
    """At once, though a control that runs has always just moved; and what was set stays."""
    page.get_by_role("button", name=f"Play {what}").click()
    page.wait_for_timeout(700)
    panel.values = {"days": 1, "step": "1", "price": 42}
    page.evaluate("(parts) => adopted(parts)", panel.state())
    expect(page.get_by_role("button", name="Pause")).to_have_count(0, timeout=1000)
    assert slider(page, PRICE).input_value() == "42"
    page.wait_for_timeout(2000)
    assert slider(page, "Days").input_value() == "1"
    assert (panel.values["days"], panel.values["step"], panel.values["price"]) == (1, "1", 42)


def test_steps_are_played_one_by_one(page: Page, panel: Held) -> None:
    page.evaluate(WATCH)
    page.get_by_role("button", name="Play The opening").click()
    until(page, lambda: panel.values["step"] == "2", "the second")
    expect(page.locator(".mw-where")).to_have_text("2 of 3: The trade")
    until(page, lambda: panel.values["step"] == "3", "the third")
    expect(page.get_by_role("button", name="Play The opening")).to_be_visible()
    assert len(seen(page)) > 10, "in motion"


@pytest.mark.parametrize("dark", [False, True])
def test_a_handle_is_seen_on_its_ground(chrome: Browser, panel: Held, dark: bool) -> None:
    with standing(chrome, panel, dark=dark) as page:
        knob = handle(page, "price").locator(".mw-knob")
        ink, ground = knob.evaluate("(node) => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]")
        light = [sum(map(int, re.findall(r"\d+", each)[:3])) for each in (ink, ground)]
        assert abs(light[0] - light[1]) > 400
        page.mouse.move(*middle(handle(page, "price")))
        expect(knob).to_have_css("background-color", ink)
        page.emulate_media(media="print")
        expect(handle(page, "price")).not_to_be_visible()

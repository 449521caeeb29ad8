"""A figure can be heard and walked with one key: each part said exactly, and sounded as high as it is."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.stand import standing
from marginlib.drawing.pieces import figure, layout, stack
from marginlib.drawing.screen import screen
from marginlib.drawing.touch import touched
from marginlib.panels.controls import Slider
from marginlib.panels.panel import Panel, View

pytestmark = pytest.mark.browser

# Tones are counted instead of played: their pitch, and which way they sound.
RECORD = """globalThis.heard = [];
class Sound {
  currentTime = 0; destination = {};
  resume() { return Promise.resolve(); }
  createGain() { const gain = { setValueAtTime() {}, linearRampToValueAtTime() {} };
    return { gain, connect: (to) => to }; }
  createOscillator() { const tone = { type: "", frequency: { value: 0 }, connect: (to) => to, stop() {},
    start(at) { heard.push([tone.type, tone.frequency.value, at]); } }; return tone; }
}
globalThis.AudioContext = Sound;
null;"""


class Heard(Panel[Any]):
    """Two figures, one of which tells its parts."""

    heading = "Heard"
    controls = (Slider("own", "Own", "EUR", 0, 100, 1, 40, "What is yours."),)

    def view(self, values: Any) -> View:
        own = float(values["own"])
        spec = figure([stack("own", [(0, 0, own), (1, 0, -20)], 0.8)], layout({}, (-1, 2), (-50, 100), "EUR"))
        tells = [(f"Yours: {own:.2f} EUR", own), ("Result: −20.00 EUR", -20), ("Zero: 0.00 EUR", 0)]
        return screen("What is yours", [touched(spec, name="Two bars", tells=tells), spec], ["Words."])


def tones(page: Page) -> list[list[Any]]:
    found: list[list[Any]] = page.evaluate("heard.splice(0)")
    return found


def test_one_key_walks_a_figure_and_each_part_is_said_and_sounds_as_high_as_it_is(chrome: Browser) -> None:
    with standing(chrome, Heard()) as page:
        page.evaluate(RECORD)
        two = page.get_by_label("Two bars", exact=True)
        said = two.locator(".mw-heard")
        two.focus()
        expect(two.locator(".mw-hint")).to_be_visible()
        assert tones(page) == []
        page.keyboard.press("h")
        expect(said).to_contain_text("Two bars: 3 parts.")
        assert two.get_attribute("role") == "application"
        heard = []
        for text in ("Yours: 40.00 EUR. 1 of 3", "Result: −20.00 EUR. 2 of 3", "Zero: 0.00 EUR. 3 of 3"):
            page.keyboard.press("ArrowRight")
            expect(said).to_have_text(text)
            heard += tones(page)

        (_, high, _), (kind, low, _), (_, zero, _) = heard
        assert low < zero < high
        assert kind == "sawtooth"
        page.keyboard.press("Escape")
        assert two.get_attribute("role") == "group"
        expect(said).to_be_hidden()


def test_space_plays_all_parts_one_after_the_other(chrome: Browser) -> None:
    with standing(chrome, Heard()) as page:
        page.evaluate(RECORD)
        page.get_by_label("Two bars", exact=True).focus()
        page.keyboard.press("h")
        page.keyboard.press(" ")

        starts = [at for _, _, at in tones(page)]
        assert starts == sorted(set(starts))
        assert len(starts) == 3
        expect(page.locator(".mw-heard").first).to_have_text("Zero: 0.00 EUR. 3 of 3")


def test_the_parts_are_there_for_whoever_reads_and_follow_the_controls(chrome: Browser) -> None:
    panel = Heard()
    with standing(chrome, panel) as page:
        two = page.get_by_label("Two bars", exact=True)
        assert two.get_by_role("listitem").all_inner_texts()[0] == "Yours: 40.00 EUR"
        slider = page.get_by_role("slider")
        slider.focus()
        slider.press("ArrowRight")
        expect(two.get_by_role("listitem").first).to_have_text("Yours: 41.00 EUR")


def test_a_figure_that_tells_nothing_is_a_picture_with_the_title_for_its_name(chrome: Browser) -> None:
    with standing(chrome, Heard()) as page:
        plain = page.get_by_role("img", name="What is yours")
        assert plain.count() == 1
        assert plain.get_attribute("tabindex") is None

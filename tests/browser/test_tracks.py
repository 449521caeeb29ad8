"""A slider's track ends where its values change anything, and goes on again where they do."""

import re

import pytest
from playwright.sync_api import Browser, expect

from browser.stand import standing
from marginlib.lessons import LossCascade, LotQueue, ShortAndMirror, ThroughTheCrash, WaysOut

pytestmark = pytest.mark.browser


def test_the_days_end_with_their_path(chrome: Browser) -> None:
    """November 2022 has 11 days, March 2020 has 14: four prices to each."""
    with standing(chrome, ThroughTheCrash(path="November 2022")) as page:
        track = page.get_by_role("slider", name="Days since you opened")
        expect(track).to_have_attribute("max", "10.75")
        track.press("End")
        expect(page.locator(".mw-title")).to_contain_text("14 November, close")
        page.get_by_label("Prices", exact=True).select_option("March 2020")
        expect(track).to_have_attribute("max", "13.75")
        expect(track).to_have_value("10.75")


NAMED = """() => [...document.querySelectorAll(".mw-slider .mw-track")].map((track) => {
  const ends = (each) => { const { left, right } = each.getBoundingClientRect(); return [left, right]; };
  const names = [...track.querySelectorAll(".mw-mark")].filter((each) => each.textContent !== "0");
  const marks = [...track.querySelectorAll(".mw-named")].map(ends).map(([left, right]) => (left + right) / 2);
  return { marks, names: names.map((each) => [each.textContent, ...ends(each)]) };
})"""


@pytest.mark.parametrize("width", [1400, 1024, 360])
@pytest.mark.parametrize("panel", [LossCascade, LotQueue, WaysOut, ShortAndMirror])
def test_a_name_stands_below_one_long_mark_and_counts_nothing(
    chrome: Browser, panel: type[LossCascade | LotQueue | WaysOut | ShortAndMirror], width: int
) -> None:
    """What a mark stands for beside its first name was a number: "refused +6" reads as six more than refused."""
    with standing(chrome, panel(), width=width) as page:
        page.locator(".mw-named").first.wait_for()
        page.wait_for_timeout(1500)  # more of them may come
        found = page.evaluate(NAMED)
        assert any(track["names"] for track in found)
        for track in found:
            assert len(track["names"]) == len(track["marks"])
            for at, mark in enumerate(track["marks"]):
                aside = [max(left - mark, mark - right, 0) for _, left, right in track["names"]]
                assert aside[at] < 4
                assert all(aside[at] < each for other, each in enumerate(aside) if other != at), track
            assert not any("+" in name for name, *_ in track["names"])


def test_what_a_name_leaves_out_is_told_by_pointer_and_to_those_who_hear_it(chrome: Browser) -> None:
    with standing(chrome, LossCascade()) as page:
        track = page.locator(".mw-track", has=page.get_by_role("slider", name="DOGE"))
        name = track.locator(".mw-mark", has_text="XMR gone, …")
        name.wait_for()
        mark = track.locator(".mw-named").nth(1).bounding_box()
        assert mark
        page.mouse.move(mark["x"] + 1, mark["y"] + 8)
        told = "XMR gone, a rest unpaid"
        expect(track).to_have_attribute("title", f"{told}: between 6,600 and 6,800")
        expect(track.locator("input")).to_have_accessible_description(re.compile(f"{told} between 6,600 and 6,800"))

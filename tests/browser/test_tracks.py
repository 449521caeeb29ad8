"""A slider's track ends where its values change anything, and goes on again where they do."""

import pytest
from playwright.sync_api import Browser, expect

from browser.stand import standing
from marginlib.lessons import ThroughTheCrash

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

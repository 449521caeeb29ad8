"""Numbers and colours as the browser writes them, beside Python's own."""

import inspect
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from javascript import call, engine

import marginlib.lessons
from marginlib.drawing.colours import ROLES, Ground, painted
from marginlib.drawing.pieces import swatch
from marginlib.engine.amounts import plain, rounded
from marginlib.panels.controls import Slider, text
from marginlib.panels.panel import Panel

PANELS: list[type[Panel[Any]]] = [
    each
    for each in (getattr(marginlib.lessons, name) for name in marginlib.lessons.__all__)
    if inspect.isclass(each) and issubclass(each, Panel) and each.controls
]
SLIDERS = [control for panel in PANELS for control in panel.controls if isinstance(control, Slider)]
HALVES = st.builds(
    lambda digits, places: Decimal(digits * 10 + 5).scaleb(-places - 1),
    st.integers(-(10**7), 10**7),
    st.integers(0, 8),
)
NUMBERS = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=10) | HALVES


def browser_reads(written: str, places: int) -> str | None:
    """What the browser makes of what is typed."""
    found: str | None = call("numbers.js", "canonical", written, places)
    return found


@given(NUMBERS, st.integers(0, 8), st.sampled_from(["{:f}", "{:,f}", " {:f} "]), st.booleans())
def test_a_number_is_rounded_as_python_rounds_it(number: Decimal, places: int, written: str, typeset: bool) -> None:
    typed = written.format(number)
    assert browser_reads(typed.replace("-", "−") if typeset else typed, places) == plain(rounded(number, places))


@given(st.data())
def test_a_slider_reads_what_is_typed_as_python_does(data: st.DataObject) -> None:
    slider = data.draw(st.sampled_from(SLIDERS))
    low, high = Decimal(slider.least), Decimal(slider.most)
    number = data.draw(st.decimals(2 * low - high, 2 * high - low, places=slider.places + 2) | HALVES)
    kept = rounded(number, slider.places)  # what rounds to an end of the track is taken for it
    assume(low <= number <= high or not low <= kept <= high)

    found = call("numbers.js", "read", slider.describe(), format(number, "f"))

    if low <= number <= high:
        assert found == text(slider.read(number))
    else:
        assert found is None
        with pytest.raises(ValueError, match="expected a number from"):
            slider.read(number)


@pytest.mark.parametrize("panel", PANELS)
def test_every_value_of_a_track_is_read_as_itself(panel: type[Panel[Any]]) -> None:
    """As the browser's own slider says it: a float, written by JavaScript."""
    racer = engine("numbers.js")
    for slider in (control for control in panel.controls if isinstance(control, Slider)):
        track = [text(value) for value in slider.track()]
        slid = "((track, places) => track.map((each) => canonical(String(Number(each)), places)))"
        assert racer.call(slid, track, slider.places) == track, slider.name


@pytest.mark.parametrize("written", ["", " ", "ten", "1e3", "--5", "1.2.3", "5%", "+5", ".", "-", "0x10", "NaN", "٣"])
def test_what_is_no_number_is_none(written: str) -> None:
    assert browser_reads(written, 2) is None


@pytest.mark.parametrize(
    ("written", "places", "kept"),
    [("1,234.565", 2, "1234.56"), ("2.675", 2, "2.68"), ("1.005", 2, "1"), ("-0.004", 2, "0"), (".5", 0, "0")],
)
def test_halves_go_to_the_even_side(written: str, places: int, kept: str) -> None:
    assert browser_reads(written, places) == kept


@given(NUMBERS)
def test_a_number_reads_with_thousands_apart_and_a_true_minus(number: Decimal) -> None:
    kept = plain(number)
    assert call("numbers.js", "readable", kept) == format(Decimal(kept), ",f").replace("-", "−")


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("panel", PANELS)
def test_a_figure_is_painted_as_in_a_still(panel: type[Panel[Any]], ground: Ground) -> None:
    figures = panel()._shown["view"]["figures"]

    assert call("colours.js", "paint", figures, ROLES, ground) == painted(figures, ground)


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_a_swatch_is_painted_as_in_a_still(ground: Ground) -> None:
    told = [swatch("fee", "fee"), f"{swatch('owed', 'owed')}<br>{swatch('restricted', 'held')}", "role:own", "a role"]

    assert call("colours.js", "paint", told, ROLES, ground) == painted(told, ground)
    assert "role:" not in "".join(painted(told, ground))

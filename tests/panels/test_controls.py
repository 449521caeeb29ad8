"""The controls: what they accept, how they write it, where they can go."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from javascript import call

from marginlib.panels.controls import Choice, Slider, Switch, key, read_all, text
from marginlib.quiz.typed import pointed

MOVE = Slider("move", "Price move", "%", -40, 10, "0.5", -25, "How far the price goes.")
EUR = Slider("EUR", "EUR", "", 0, 2000, 20, 300, "Your euros.", 2, "What you have", removable=True)
SIDE = Choice("side", "Side", ("long", "short"), "long", "Buy or sell on margin.")
CHECK = Switch("check", "Check", True, "Refuse what starts below 100 %.")
ALL = (MOVE, EUR, SIDE, CHECK)


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        ("-10", "-10"),
        ("-10.0", "-10"),
        (" -10.50 ", "-10.5"),
        (-10, "-10"),
        (-10.5, "-10.5"),
        (0.1 + 0.2, "0.3"),
        (Decimal("-1E+1"), "-10"),
        ("-0.0", "0"),
        (Decimal("-0.04"), "0"),
        (10, "10"),
        (-40, "-40"),
    ],
)
def test_a_slider_keeps_a_number_in_one_form(given_value: object, kept: str) -> None:
    value = MOVE.read(given_value)

    assert text(value) == kept
    assert str(value) == kept


@pytest.mark.parametrize(
    "given_value",
    [
        *("", "ten", None, [], {}, "nan", "-Infinity", "sNaN", math.nan, math.inf, True, False, "5 %", "1,5", object),
        *("1_0", "1e1", "1E+400", "\N{ARABIC-INDIC DIGIT THREE}", "\N{FULLWIDTH DIGIT THREE}", "+5", "0x1"),
    ],
)
def test_a_slider_refuses_what_is_no_number(given_value: object) -> None:
    with pytest.raises(ValueError, match=r"^move: expected a number from -40 to 10, got "):
        MOVE.read(given_value)


@pytest.mark.parametrize("given_value", [10.5, "-40.0001", 1e300, Decimal("1E+400"), Decimal("10.0000000001")])
def test_a_slider_refuses_what_is_off_its_track(given_value: object) -> None:
    with pytest.raises(ValueError, match=r"^move: expected a number from -40 to 10, got [-1-9]"):
        MOVE.read(given_value)


def test_a_value_may_lie_between_steps_where_the_slider_has_more_decimals() -> None:
    assert EUR.read("305.25") == Decimal("305.25")
    assert EUR.read("305.255") == Decimal("305.26")
    assert MOVE.read("-10.26") == Decimal("-10.3")


def test_what_is_removable_can_be_taken_away() -> None:
    assert EUR.read(None) is None
    assert EUR.read("") is None
    assert text(None) == ""


def test_a_track_covers_the_slider_and_starts_at_the_value() -> None:
    straight = MOVE.track()
    from_start = MOVE.track(Decimal(-25))

    assert straight == [Decimal(-40) + Decimal("0.5") * i for i in range(101)]
    assert from_start[:3] == [Decimal(-25), Decimal("-25.5"), Decimal("-24.5")]
    assert set(from_start) == set(straight)
    assert EUR.track(None) == EUR.track()
    distances = [abs(value + 25) for value in from_start if isinstance(value, Decimal)]
    assert distances == sorted(distances)


def test_every_value_of_a_track_is_kept_as_it_is() -> None:
    for control in ALL:
        assert [control.read(text(value)) for value in control.track()] == control.track()


@pytest.mark.parametrize("given_value", ["Long", "", None, 0, ["long"], True])
def test_a_choice_refuses_what_is_not_an_option(given_value: object) -> None:
    with pytest.raises(ValueError, match=r"^side: expected one of long, short, got "):
        SIDE.read(given_value)


@pytest.mark.parametrize(("given_value", "kept"), [(True, True), ("true", True), (False, False), ("false", False)])
def test_a_switch_is_on_or_off(given_value: object, kept: bool) -> None:
    assert CHECK.read(given_value) is kept
    assert text(CHECK.read(given_value)) == str(kept).lower()


@pytest.mark.parametrize("given_value", ["True", "yes", "", None, 2, [], "0"])
def test_a_switch_refuses_the_rest(given_value: object) -> None:
    with pytest.raises(ValueError, match=r"^check: expected True or False, got "):
        CHECK.read(given_value)


def test_values_left_out_are_the_start_values() -> None:
    assert read_all(ALL, {"side": "short"}) == {"move": -25, "EUR": 300, "side": "short", "check": True}
    assert list(read_all(ALL, {"check": False, "move": 0})) == ["move", "EUR", "side", "check"]


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"^price: no such control; known here: move, EUR, side, check$"):
        read_all(ALL, {"price": 1})


@pytest.mark.parametrize(
    "values",
    [
        {"move": "-10", "EUR": "20"},
        {"move": -10.0, "EUR": Decimal("20.00")},
        {"EUR": 20, "move": Decimal("-1E1"), "side": "long", "check": "true"},
    ],
)
def test_equal_values_have_one_key(values: dict[str, Any]) -> None:
    assert key(read_all(ALL, values)) == "-10|20|long|true"


def test_a_key_has_a_place_for_what_was_taken_away() -> None:
    assert key(read_all(ALL, {"EUR": None})) == "-25||long|true"


@given(st.decimals(-40, 10, places=1), st.none() | st.decimals(0, 2000, places=2), st.booleans())
def test_different_values_have_different_keys_and_texts_read_back(
    move: Decimal, euros: Decimal | None, check: bool
) -> None:
    values = read_all(ALL, {"move": move, "EUR": euros, "check": check})
    texts = {name: text(value) for name, value in values.items()}

    assert values == {"move": move, "EUR": euros, "side": "long", "check": check}
    assert key(values).split("|") == list(texts.values())
    assert read_all(ALL, texts) == values


def test_the_browser_is_told_the_range_in_plain_numbers() -> None:
    small = Slider("BTC", "BTC", "", 0, Decimal("4E-2"), "0.0004", None, "Your bitcoin.", 8, removable=True).describe()

    assert (small["least"], small["most"], small["step"], small["places"]) == ("0", "0.04", "0.0004", 8)
    assert MOVE.describe()["places"] == 1
    assert SIDE.describe()["options"] == ["long", "short"]
    assert [control.describe()["kind"] for control in ALL] == ["slider", "slider", "choice", "switch"]
    assert all(control.describe()["legend"] == control.legend for control in ALL)


def typed(text: str, least: str = "0", most: str = "1000000", places: int = 8) -> Any:
    """What a number box makes of a text."""
    return call("numbers.js", "read", {"least": least, "most": most, "places": places}, text)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("12,500", "12500"),
        ("1,234.50", "1234.5"),
        ("1,000,000", "1000000"),
        ("12 500", "12500"),
        ("2.5", "2.5"),
        (".5", "0.5"),
        ("1\N{NARROW NO-BREAK SPACE}234.5", "1234.5"),
    ],
)
def test_a_number_box_reads_thousands_that_are_in_order(written: str, kept: str) -> None:
    assert typed(written) == kept


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2,5", "For 2,5 write 2.5."),
        ("0,5", "For 0,5 write 0.5."),
        ("0,500", "For 0,500 write 0.500."),
        (" -0,25 ", "For -0,25 write -0.25."),
        (",5", "For ,5 write 0.5."),
        ("1.234,50", "For 1.234,50 write 1234.50."),
        ("12,5000", "For 12,5000 write 12.5000."),
        ("1,23,456", ""),
        ("1,2345.6", ""),
        ("1.234.567", ""),
        ("1,000,00", ""),
    ],
)
def test_a_number_box_refuses_a_comma_for_a_decimal_point(written: str, meant: str) -> None:
    """A comma left out would make another number of it, and say nothing."""
    how = "Write decimals with a point and thousands with a comma, such as 1,234.50."

    assert typed(written, least="-1000") is None
    assert call("numbers.js", "pointed", written)["wrong"] == f"{how} {meant}".strip()


@given(st.text("0123456789,.-+\N{MINUS SIGN} e", max_size=12))
def test_number_boxes_and_questions_read_commas_alike(written: str) -> None:
    try:
        expected = {"clean": pointed(written), "wrong": ""}
    except ValueError as error:
        expected = {"clean": "", "wrong": str(error)}
    assert call("numbers.js", "pointed", written) == expected

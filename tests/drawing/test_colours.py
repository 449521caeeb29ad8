"""The palette: readable on its ground, and told apart by every kind of eyes."""

import itertools
import math
import re

import pytest

from marginlib.drawing.colours import ROLES, Ground, painted

MEANINGS = ("own", "owed", "profit", "loss", "fee", "market")
GROUNDS: tuple[Ground, Ground] = ("light", "dark")
Triple = tuple[float, float, float]

# Machado, Oliveira and Fernandes 2009, severity 1.0, in linear RGB.
SIGHTS: dict[str, tuple[Triple, Triple, Triple]] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_XYZ: tuple[Triple, Triple, Triple] = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE: Triple = (0.95047, 1.0, 1.08883)


def times(matrix: tuple[Triple, Triple, Triple], vector: Triple) -> Triple:
    red, green, blue = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return red, green, blue


def linear(colour: str) -> Triple:
    """#RRGGBB as linear RGB."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def seen(colour: str, sight: str) -> str:
    """The colour, as a screen would show it, that a kind of eyes can't tell from this one."""
    parts = (min(1.0, max(0.0, part)) for part in times(SIGHTS[sight], linear(colour)))
    coded = (12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in parts)
    return "#" + "".join(f"{round(255 * part):02X}" for part in coded)


def lab(colour: str) -> Triple:
    x, y, z = (
        ratio ** (1 / 3) if ratio > 216 / 24389 else (24389 / 27 * ratio + 16) / 116
        for ratio in (part / white for part, white in zip(times(TO_XYZ, linear(colour)), WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((times(TO_XYZ, linear(colour))[1] for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measures_are_right() -> None:
    """Known values: the contrast of black and of a grey on white, the Lab of pure red; grey is grey to all eyes."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21, abs=0.01)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert lab("#FF0000") == pytest.approx((53.24, 80.09, 67.20), abs=0.02)
    assert [seen("#808080", sight) for sight in SIGHTS] == ["#808080"] * 4
    assert seen("#FF0000", "normal") == "#FF0000"
    assert seen("#FF0000", "deuteranopia") == "#A39000"


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("role", MEANINGS)
def test_a_role_stands_out_from_its_ground(role: str, ground: Ground) -> None:
    assert contrast(ROLES[role][ground], ROLES["ground"][ground]) >= 3


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("role", ["ink", "quiet"])
def test_text_can_be_read(role: str, ground: Ground) -> None:
    assert contrast(ROLES[role][ground], ROLES["ground"][ground]) >= 4.5


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("role", [role for role in ROLES if role.startswith("on_")])
def test_text_on_a_bar_can_be_read(role: str, ground: Ground) -> None:
    assert contrast(ROLES[role][ground], ROLES[role.removeprefix("on_")][ground]) >= 4.5


@pytest.mark.parametrize("ground", GROUNDS)
def test_text_on_a_bar_is_told_from_text_that_has_a_halo(ground: Ground) -> None:
    """The style sheet knows it by its colour."""
    on_bars = {ROLES[role][ground] for role in ROLES if role.startswith("on_")}

    assert on_bars <= {"#000000", "#FFFFFF"}
    assert not on_bars & {ROLES[role][ground] for role in ("ink", "quiet")}


@pytest.mark.parametrize(("ground", "least"), [("light", 32), ("dark", 36)])
@pytest.mark.parametrize("sight", SIGHTS)
def test_no_two_roles_look_alike(sight: str, ground: Ground, least: float) -> None:
    distances = {
        (one, other): math.dist(lab(seen(ROLES[one][ground], sight)), lab(seen(ROLES[other][ground], sight)))
        for one, other in itertools.combinations(MEANINGS, 2)
    }
    nearest = min(distances, key=distances.__getitem__)

    assert distances[nearest] >= least, f"{nearest} under {sight}"


def test_every_role_has_a_colour_for_both_grounds() -> None:
    for role, colours in ROLES.items():
        assert set(colours) == set(GROUNDS), role
        assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours.values()), role
    assert set(MEANINGS) < set(ROLES)


def test_painting_replaces_roles_and_leaves_the_spec_alone() -> None:
    spec = {"data": [{"color": "role:loss", "x": [1, None], "text": ["role of the dice"]}], "on": True}

    assert painted(spec) == {"data": [{"color": "#691914", "x": [1, None], "text": ["role of the dice"]}], "on": True}
    assert painted(spec, "dark")["data"][0]["color"] == ROLES["loss"]["dark"]
    assert spec["data"][0]["color"] == "role:loss"  # type: ignore[index]


def test_an_unknown_role_is_an_error() -> None:
    with pytest.raises(KeyError):
        painted("role:nothing")

"""Where a control stands and which value stands there, where marks fall on a track, and what goes where in motion."""

import inspect
import itertools
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from javascript import call, constant, engine

import marginlib.lessons
from marginlib.drawing.screen import screen
from marginlib.panels.controls import Slider, Walk, text
from marginlib.panels.panel import Panel, View

PANELS: list[type[Panel[Any]]] = [
    each
    for each in (getattr(marginlib.lessons, name) for name in marginlib.lessons.__all__)
    if inspect.isclass(each) and issubclass(each, Panel) and each.controls
]
CONTROLS = [(panel, control) for panel in PANELS for control in panel.controls]
ENDS = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def grips(draw: st.DrawFn) -> list[float]:
    """Places of a mark: they only rise, or only fall."""
    steps = draw(st.lists(st.floats(0.01, 1000), min_size=1, max_size=6))
    places = [*itertools.accumulate(steps, initial=draw(ENDS))]
    return places if draw(st.booleans()) else [-place for place in places]


@pytest.mark.parametrize(("panel", "control"), CONTROLS, ids=lambda each: getattr(each, "name", None))
def test_every_value_stands_where_it_is_found_again(panel: type[Panel[Any]], control: Any) -> None:
    track = [text(value) for value in control.track()]
    described = control.describe()
    assert call("places.js", "along", described) == track, "the same values as in Python, in their order"
    places = [float(at) ** 1.5 for at in (range(len(track)) if not isinstance(control, Slider) else range(4))]
    found = engine("places.js").call(
        """((control, track, places) => track.map((value) => {
          const place = placeAt(places, shareOf(control, value));
          return [place, valueAt(control, shareAt(places, place))];
        }))""",
        described,
        track,
        places,
    )
    assert [value for _, value in found] == track, panel.__name__
    if not isinstance(control, Slider):
        assert [place for place, _ in found] == pytest.approx(places), "a place for each"


@given(st.data(), grips())
def test_a_place_and_its_share_are_each_other_s(data: st.DataObject, places: list[float]) -> None:
    share = data.draw(st.floats(0, 1))
    place = call("places.js", "placeAt", places, share)
    assert call("places.js", "shareAt", places, place) == pytest.approx(share, abs=1e-6)
    low, high = min(places), max(places)
    first = 0 if places[0] == low else 1
    assert call("places.js", "shareAt", places, low - 1) == first, "beyond an end it is the end"
    assert call("places.js", "shareAt", places, high + 1) == 1 - first


def test_what_is_between_two_values_is_the_nearer_one() -> None:
    move = Slider("move", "Move", "%", -40, 10, "0.5", 0, "How far.").describe()
    assert [call("places.js", "valueAt", move, at) for at in (-1, 0.004, 0.006, 0.5, 0.996, 7)] == [
        "-40", "-40", "-39.5", "-15", "10", "10",
    ]  # fmt: skip
    odd = Slider("odd", "Odd", "", 0, 10, 3, 0, "Its end is no step.").describe()
    assert [call("places.js", "valueAt", odd, at) for at in (0.5, 0.99)] == ["6", "9"]


LAYOUT = {
    "height": 400,
    "margin": {"l": 82, "r": 12, "t": 12, "b": 48},
    "xaxis": {"range": [-1, 3]},
    "yaxis": {"range": [0, 200], "domain": [0, 0.5]},
}


@pytest.mark.parametrize(
    ("axis", "place", "pixel"),
    [("x", -1, 82), ("x", 3, 982 - 12), ("x", 1, (82 + 970) / 2), ("y", 0, 352), ("y", 200, 182), ("y", 100, 267)],
)
def test_an_axis_lies_between_the_margins(axis: str, place: float, pixel: float) -> None:
    there, back = engine("places.js").call(
        "((layout, axis, place, pixel) => { const a = axisOf(layout, axis, 982);"
        " return [a.pixel(place), a.place(pixel)]; })",
        LAYOUT, axis, place, pixel,
    )  # fmt: skip
    assert (there, back) == (pytest.approx(pixel), pytest.approx(place, abs=1e-9))


NAMES = ["margin call", "liquidation", "EUR gone"]
RUNS = st.lists(st.tuples(st.integers(1, 40), st.sets(st.sampled_from(NAMES)).map(sorted)), min_size=1, max_size=6)


@given(RUNS)
def test_a_mark_stands_between_the_two_values_where_something_comes_or_goes(
    runs: list[tuple[int, list[str]]],
) -> None:
    found = [names for long, names in runs for _ in range(long)]
    assume(len(found) > 1)
    track = [str(at) for at in range(len(found))]
    marks = call("happens.js", "marksAlong", track, found)
    wanted = [
        (at, sorted({*before} ^ {*after}))
        for at, (before, after) in enumerate(itertools.pairwise(found))
        if before != after
    ]
    assert [(int(mark["low"]), sorted(mark["names"])) for mark in marks] == wanted
    for mark in marks:
        assert int(mark["high"]) == int(mark["low"]) + 1
        assert mark["share"] == pytest.approx((int(mark["low"]) + 0.5) / (len(found) - 1))


def test_where_a_refusal_ends_nothing_else_seems_to_come() -> None:
    found = [["refused", "C goes"], ["break-even", "EUR gone"], ["break-even"], ["refused"]]
    marks = call("happens.js", "marksAlong", ["0", "1", "2", "3"], found)
    assert [mark["names"] for mark in marks] == [["refused"], ["EUR gone"], ["refused"]]


@given(RUNS)
def test_asking_here_and_there_finds_what_lasts_and_is_exact_to_the_step(runs: list[tuple[int, list[str]]]) -> None:
    runs = [(max(long, 12), names) for long, names in runs]
    truth = [names for long, names in runs for _ in range(long)]
    known: list[list[str] | None] = [None] * len(truth)
    asked = 0
    while wanted := call("happens.js", "wantedNext", known):
        for at in wanted:
            assert known[at] is None, "nothing is asked for twice"
            known[at] = truth[at]
            asked += 1
    track = [str(at) for at in range(len(truth))]
    longest = max(1, (len(truth) - 1) // constant("happens.js", "COARSE") + 1)
    found = call("happens.js", "marksAlong", track, known)
    whole = call("happens.js", "marksAlong", track, truth)
    assert all(mark in whole for mark in found)
    if all(long > longest for long, _ in runs):
        assert found == whole
    assert asked <= constant("happens.js", "COARSE") + 1 + 8 * len(found)


@given(st.lists(st.tuples(st.floats(0, 200), st.floats(5, 90)), max_size=7))
def test_names_on_a_track_stand_apart_and_by_their_marks(labels: list[tuple[float, float]]) -> None:
    labels = sorted(labels)
    given_ = [{"wish": wish, "wide": wide} for wish, wide in labels]
    middles = call("happens.js", "spread", given_, 0, 200)
    shown = [(middle, *label) for middle, label in zip(middles, labels, strict=True) if middle is not None]
    for (one, _, wide), (other, _, next_wide) in itertools.pairwise(shown):
        assert other - one >= (wide + next_wide) / 2 - 1e-6
    for middle, wish, wide in shown:
        assert wide / 2 - 1e-6 <= middle <= 200 - wide / 2 + 1e-6
        assert abs(middle - wish) <= wide / 2 + 1e-6
    assert bool(shown) == bool(labels), "there is room for one at least"


def going(start: str, end: str, share: float) -> str | None:
    found: str | None = engine("motion.js").call(
        "((start, end, share) => { const way = between(start, end); return way && way(share); })", start, end, share
    )
    return found


@pytest.mark.parametrize(
    ("start", "end", "half"),
    [
        ("M49.19,178.1V80H196.76V178.1Z", "M49.19,178.1V120H196.76V178.1Z", "M49.19,178.1V100H196.76V178.1Z"),
        ("translate(10,-20)", "translate(20,20)", "translate(15,0)"),
        ("M0,0L10,10", "M0,0L10,10L20,30", "M0,0L10,10L15,20"),
        ("M0,0L10,10L20,30", "M0,0L10,20", "M0,0L10,15L15,25"),
        ("M0,0H10V20", "M0,0L20,0L20,20L30,30", "M0,0L15,0L15,20L20,25"),
        ("M0,0L10,10M20,20L30,30", "M0,0L10,10", None),
        ("M5.5,0A5.5,5.5 0 1,1 0,-5.5Z", "M5,0H4V5Z", None),
    ],
)
def test_numbers_go_from_one_place_to_the_other(start: str, end: str, half: str | None) -> None:
    assert going(start, end, 0.5) == half


@given(st.lists(st.floats(-1e4, 1e4), min_size=4, max_size=4), st.lists(st.floats(-1e4, 1e4), min_size=4, max_size=4))
def test_what_moves_begins_and_ends_where_it_stands(one: list[float], other: list[float]) -> None:
    start, end = (f"M{a:.2f},{b:.2f}V{c:.2f}H{d:.2f}Z" for a, b, c, d in (one, other))

    def read(path: str | None) -> list[float]:
        assert path
        return [
            float(each)
            for each in path.replace("M", "").replace("Z", "").replace("V", ",").replace("H", ",").split(",")
        ]

    assert read(going(start, end, 0)) == pytest.approx(read(start))
    assert read(going(start, end, 1)) == pytest.approx(read(end))


def test_a_slider_is_played_in_six_seconds_and_where_nothing_moves_more_slowly() -> None:
    for count in (10, 30, 100, 1000):
        days = Slider("days", "Days", "", 0, count, 1, 0, "Time.", played=True).describe()
        moving, still = (call("play.js", "tempo", days, each) for each in (False, True))
        assert moving["ms"] / moving["by"] * count == pytest.approx(6000)
        assert moving["ms"] >= 1000 / 60 - 1e-9, "no more than a display shows"
        assert still["ms"] / still["by"] * count == pytest.approx(12000)
        assert still["ms"] >= 500
        assert still.get("pace") is None
    steps = Walk("step", "Steps", ("One", "Two"), "1", "In order.").describe()
    assert call("play.js", "tempo", steps, False)["ms"] == 1600
    assert call("play.js", "tempo", steps, True).get("pace") is None


class Called(Panel[Any]):
    """A panel in which something happens."""

    heading = "When is the call?"
    controls = (Slider("move", "Price move", "%", -40, 10, "0.5", 0, "How far."),)

    def view(self, values: Any) -> View:
        happens = ["margin call"] if values["move"] < -20 else []
        return screen("Now", [], ["A sentence."], happens=happens)


def test_the_kernel_says_what_has_happened_and_nothing_else() -> None:
    panel = Called()
    asked = {"kind": "happens", "control": "move", "values": {"move": "0"}, "at": ["-20", "-20.5", "-40"]}
    [(answer, _)] = panel.hear(asked)
    assert answer == {"kind": "happens", "found": {"-20": [], "-20.5": ["margin call"], "-40": ["margin call"]}}


def test_a_slow_kernel_answers_with_what_it_has_found_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marginlib.panels.panel._SOON", 0)
    asked = {"kind": "happens", "control": "move", "values": {"move": "0"}, "at": ["-20", "-20.5", "-40"]}
    [(answer, _)] = Called().hear(asked)
    assert answer["found"] == {"-20": []}, "one at least: so it comes to an end"


def test_what_has_happened_is_read_from_a_change_alone() -> None:
    first = {"title": "Now", "happens": ["margin call"]}
    for change, found in (
        ({}, ["margin call"]),
        ({"title": "Then"}, ["margin call"]),
        ({"happens": []}, []),
        ({"=": {"title": "Then", "happens": ["liquidation"]}}, ["liquidation"]),
    ):
        assert call("store.js", "happened", first, change) == found
    assert call("store.js", "happened", {"title": "An older view"}, {}) == []

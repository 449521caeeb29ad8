"""Labels keep clear of each other and of what is drawn, in their order, and stay where nothing is in their way."""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from marginlib.drawing.pieces import bars, figure, layout, lines, rings
from marginlib.drawing.placing import NARROW, NARROWEST, Box, Label, boxes, collisions, placed, spread

LAYOUT = layout({}, (0, 10), (-50, 50), "EUR")
TEXTS = st.sampled_from(["owed", "restricted<br>0.5 BTC", "▼ −2,000.00 EUR", "now", "a<br>b<br>c"])
SIDES = st.sampled_from(["middle right", "top center", "bottom left", "top right, top left", "middle left, top center"])
HEIGHTS = st.floats(-45, 45).map(lambda y: round(y, 3))
LABELS = st.tuples(st.floats(1, 9), HEIGHTS, TEXTS, SIDES).map(lambda drawn: Label(*drawn))


def at(y: float, text: str = "owed", **more: Any) -> Label:
    return Label(more.pop("x", 5.0), y, text, **more)


def box_of(label: Label, width: float = NARROW) -> Box:
    ((_, box),) = boxes(figure([], LAYOUT, [label._replace(fixed=True)]), width)
    return box


@given(st.lists(LABELS, max_size=4))
def test_labels_do_not_collide_while_there_is_room(labels: list[Label]) -> None:
    """Between three labels there is always room for a fourth; what stands on top of its place may have less."""
    free = [label for label in labels if label.sides.startswith("middle")]
    found = placed(free, [], LAYOUT)

    for one, other in itertools.combinations(found, 2):
        assert not box_of(one).meets(box_of(other)), (one, other)


@given(st.lists(st.tuples(HEIGHTS, TEXTS), min_size=1, max_size=6))
def test_a_column_keeps_its_order_and_its_texts(wished: list[tuple[float, str]]) -> None:
    labels = [at(y, text) for y, text in wished]
    found = placed(labels, [], LAYOUT)

    assert [label.text for label in found] == [label.text for label in labels]
    middles = sorted(range(len(labels)), key=lambda i: (-labels[i].y, -i))  # as a column is told: from the lowest up
    centres = [(box_of(found[i]).top + box_of(found[i]).bottom) / 2 for i in middles]
    assert centres == sorted(centres)


@given(LABELS)
def test_a_label_stays_as_wished_where_nothing_is_in_its_way(label: Label) -> None:
    if not 2 < box_of(label).top < box_of(label).bottom < 350:
        return
    bare = {**LAYOUT, "yaxis": {**LAYOUT["yaxis"], "zeroline": False}}
    (found,) = placed([label], [], bare)

    assert found.y == label.y
    assert found.sides in label.sides.split(", ")


@given(HEIGHTS, TEXTS)
def test_a_label_beside_a_bar_keeps_clear_of_the_zero_line(y: float, text: str) -> None:
    (found,) = placed([at(y, text)], [], LAYOUT)
    zero = 12 + (400 - 48 - 12) / 2

    box = box_of(found)
    assert box.bottom < zero - 2 if y > 0 else box.top > zero + 2 if y < 0 else not box.top <= zero <= box.bottom


@given(HEIGHTS, st.floats(0.01, 0.4))
def test_a_small_step_of_what_is_shown_is_a_small_step_of_its_labels(y: float, step: float) -> None:
    """Two labels of a column, one of which moves; the other gives way, and neither jumps."""
    bare = {**LAYOUT, "yaxis": {**LAYOUT["yaxis"], "zeroline": False}}
    before, after = (placed([at(20), at(each)], [], bare) for each in (y, y + step))
    if (y - 20) * (y + step - 20) <= 0:  # they pass each other
        return
    for one, other in zip(before, after, strict=True):
        assert abs(one.y - other.y) <= step + 0.31, "a step, and what the least of steps may hide"


def test_a_label_on_a_ring_stands_clear_of_it_on_its_side() -> None:
    for side, way in (("top right", 1), ("bottom left", -1)):
        (found,) = placed([at(20, "now", sides=side)], [rings([(5, 20)])], LAYOUT)
        assert (found.y - 20) * way > 0
        assert found.sides == side


def test_a_label_turns_to_another_side_rather_than_go_far() -> None:
    drawn = [lines([(0, y), (5, y)], width=8) for y in range(5, 45, 2)]
    (found,) = placed([at(20, "now", sides="middle left, middle right")], drawn, LAYOUT)

    assert (found.y, found.sides) == (20, "middle right")


def test_a_label_turns_away_from_the_edge_of_a_narrow_figure() -> None:
    (found,) = placed([at(20, "liquidation from here", x=9, sides="middle right, middle left")], [], LAYOUT)

    assert found.sides == "middle left"


def test_what_is_fixed_is_never_moved_and_others_give_way() -> None:
    heading = at(20, "a heading", fixed=True)
    found = placed([at(20), heading], [bars("own", [5], [0], [40], 4)], LAYOUT)

    assert found[1] == heading
    assert not box_of(found[0]).meets(box_of(heading))


def test_a_place_stays_inside_the_axes() -> None:
    """Plotly hides a text whose place is outside of them."""
    for y, side in ((50, "bottom right"), (50, "top right"), (-50, "middle right"), (-50, "top right")):
        found = placed([at(y, "a<br>b<br>c", sides=side), at(y, "d<br>e", sides=side)], [], LAYOUT)
        assert all(-50 <= each.y <= 50 for each in found), found


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(1, 12)), min_size=1, max_size=5),
    st.lists(st.tuples(st.floats(0, 90), st.floats(1, 10)), max_size=3),
)
def test_spread_finds_room_or_says_that_there_is_none(
    wished: list[tuple[float, float]], blocks: list[tuple[float, float]]
) -> None:
    wishes, heights = [wish for wish, _ in wished], [height for _, height in wished]
    taken = [(low, low + high) for low, high in blocks]
    found = spread(wishes, heights, (0, 100), taken)
    if not taken:
        assert (found is None) == (sum(heights) > 100)
    if found is None:
        return
    ends = [(middle - height / 2, middle + height / 2) for middle, height in zip(found, heights, strict=True)]
    for low, high in ends:
        assert -1e-6 <= low < high <= 100 + 1e-6
        assert all(high <= start + 1e-6 or low >= end - 1e-6 for start, end in taken)
    for (_, high), (low, _) in itertools.pairwise(sorted(ends)):
        assert high <= low + 1e-6
    order = sorted(range(len(wishes)), key=lambda i: (round(wishes[i], 3), -i))
    assert [found[i] for i in order] == sorted(found)


def test_collisions_are_seen() -> None:
    spec = figure([], LAYOUT, [at(20, fixed=True), at(21, "yours", fixed=True), at(40, "x" * 90, fixed=True)])

    assert collisions(spec, 700) == [("owed", "yours"), ("x" * 90, "")]
    assert collisions(figure([], LAYOUT, [at(20), at(21, "yours")]), 700) == []


def test_labels_of_a_column_stand_further_apart_than_their_own_lines() -> None:
    """Else two of two lines read as one of four."""
    written = [Label(0.5, at, f"{name}<br>5,000.00 EUR") for at, name in ((20, "used margin"), (24, "free margin"))]
    (_, low), (_, high) = sorted(boxes(figure([], LAYOUT, written), 700), key=lambda each: -each[1].top)

    assert low.top - high.bottom >= 8 > 0.3 * 14, "as much as between their own lines is too little"


def test_a_label_gives_way_to_a_knob() -> None:
    """A handle takes room as a label does, at every width."""
    label = at(20)
    for width in (NARROW, NARROWEST):
        ((_, moved),) = boxes(figure([], LAYOUT, [label], [(label.x, label.y)]), width)
        left, top, _, bottom = box_of(label, width)  # a word on the right begins where the knob has its middle
        knob = Box(left - 12, (top + bottom) / 2 - 12, left + 12, (top + bottom) / 2 + 12)
        assert knob.meets(box_of(label, width))
        assert not knob.meets(moved)

"""The still picture: what a figure spec says, drawn as SVG without plotly."""

import base64
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from marginlib.drawing.colours import ROLES
from marginlib.drawing.pieces import labels, swatch
from marginlib.drawing.placing import unmarked
from marginlib.drawing.still import still, svg
from marginlib.lessons import LossCascade

SVG = "{http://www.w3.org/2000/svg}"
LEFT, RIGHT, TOP, BOTTOM, WIDTH = 82, 12, 12, 48, 760


def bar(**more: Any) -> dict[str, Any]:
    marker = {"color": "role:own"}
    return {"type": "bar", "width": 0.5, "marker": marker, "base": [0], **more}


def spec(
    *data: dict[str, Any], low: float = -100, high: float = 100, names: tuple[str, ...] = ("A",)
) -> dict[str, Any]:
    ticks = {"tickvals": list(range(len(names))), "ticktext": list(names)}
    axes = {
        "xaxis": {"range": [-0.5, len(names) - 0.5], **ticks},
        "yaxis": {"range": [low, high], "ticksuffix": " EUR"},
    }
    return {"data": list(data), "layout": {"height": 260, **axes}}


def drawn(figure: dict[str, Any]) -> ET.Element:
    return ET.fromstring(svg(figure))


def boxes(picture: ET.Element) -> list[dict[str, float]]:
    """The bars: all rectangles but the ground."""
    rects = picture.findall(f"{SVG}rect")[1:]
    return [{name: float(rect.get(name, "nan")) for name in ("x", "y", "width", "height")} for rect in rects]


def words(picture: ET.Element) -> list[str]:
    return ["\n".join("".join(line.itertext()) for line in text) for text in picture.iter(f"{SVG}text")]


def test_a_bar_stands_where_its_numbers_say() -> None:
    """200 px for 200 EUR: a bar from 10 to 60 is 50 px high and ends 40 px under the top."""
    (box,) = boxes(drawn(spec(bar(x=[0], y=[50], base=[10]))))

    plot = WIDTH - LEFT - RIGHT
    assert box == {"x": pytest.approx(LEFT + plot / 4), "y": TOP + 40, "width": pytest.approx(plot / 2), "height": 50}


def test_a_negative_bar_hangs() -> None:
    (box,) = boxes(drawn(spec(bar(x=[0], y=[-50]))))

    assert (box["y"], box["height"]) == (TOP + 100, 50)


def test_a_bar_of_nothing_is_not_drawn_and_a_tiny_one_is_seen() -> None:
    assert boxes(drawn(spec(bar(x=[0], y=[0])))) == []
    (box,) = boxes(drawn(spec(bar(x=[0], y=[0.001]))))
    assert box["height"] == 1


def test_a_bar_may_lie_on_its_side_in_a_row_without_a_number() -> None:
    """The plot is 666 px for one unit across and 200 px for 200 up: a row of 40, a bar from 0 to 0.25."""
    lying = bar(orientation="h", width=40, x=[0.25], y=[50])
    figure = spec(lying)
    figure["layout"]["yaxis"]["tickvals"] = []
    (box,) = boxes(drawn(figure))

    plot = WIDTH - LEFT - RIGHT
    assert box == {
        "x": pytest.approx(LEFT + plot / 2), "y": TOP + 30, "width": pytest.approx(plot / 4, abs=0.1), "height": 40,
    }  # fmt: skip
    assert drawn(figure).findall(f"{SVG}line") == []
    assert words(drawn(figure)) == ["A"]


def test_labels_stand_on_the_sides_of_their_places() -> None:
    written = labels([(0, 50, "<up> & away", "top center"), (1, -50, "down", "bottom center")])
    picture = drawn(spec(bar(x=[0, 1], y=[50, -50], base=[0, 0]), written, names=("A", "B<br>−5")))
    places = {text.findtext(f"{SVG}tspan"): float(text.get("y", "nan")) for text in picture.iter(f"{SVG}text")}

    assert places["<up> & away"] < TOP + 50
    assert places["down"] > TOP + 150
    assert {"A", "B\n−5"} <= set(words(picture))


def test_a_swatch_is_painted_before_its_words() -> None:
    """The words are in ink; what a rule or a reader typed is no mark."""
    written = labels([(0, 50, f"{swatch('fee', 'fee')}<br><b>5 & more", "middle right")])
    (text,) = (each for each in drawn(spec(written)).iter(f"{SVG}text") if "fee" in "".join(each.itertext()))
    lines = [[(part.get("fill"), part.text, part.tail) for part in line] for line in text]

    assert text.get("fill") == ROLES["ink"]["light"]
    assert lines == [[(ROLES["fee"]["light"], "■", " fee")], []]
    assert ["".join(line.itertext()) for line in text] == ["■ fee", "<b>5 & more"]


def test_words_have_a_halo_unless_they_stand_on_a_bar() -> None:
    picture = drawn(
        spec(labels([(0, 50, "beside", "middle right")]), labels([(0, 50, "on it", "middle left")], "on_own"))
    )
    halo = {"".join(text.itertext()): text.get("stroke") for text in picture.iter(f"{SVG}text")}

    assert halo["beside"] == ROLES["ground"]["light"]
    assert halo["on it"] is None
    assert {text.get("paint-order") for text in picture.iter(f"{SVG}text") if text.get("stroke")} == {"stroke"}


def test_the_axis_counts_in_round_numbers_with_a_true_minus() -> None:
    ticks = [word for word in words(drawn(spec(low=-4400, high=1200))) if re.match(r"−?\d", word)]

    assert ticks == ["−4,000", "−3,000", "−2,000", "−1,000", "0", "1,000 EUR"]


def test_zero_is_marked() -> None:
    picture = drawn(spec())
    lines = {float(line.get("y1", "nan")): line.get("stroke") for line in picture.findall(f"{SVG}line")}

    assert lines[TOP + 100] == ROLES["quiet"]["light"]
    assert [stroke for stroke in lines.values() if stroke == ROLES["quiet"]["light"]] == [ROLES["quiet"]["light"]]


def test_meaning_never_hangs_on_colour_alone() -> None:
    """Fees are dotted, restricted assets hatched."""
    dotted = bar(x=[0], y=[5], marker={"color": "role:fee", "pattern": {"shape": ".", "fgcolor": "role:fee"}})
    hatched = bar(x=[0], y=[5], marker={"color": "role:own", "pattern": {"shape": "/", "fgcolor": "role:own"}})
    picture = drawn(spec(dotted, hatched))
    patterns = {pattern.get("id"): [child.tag for child in pattern] for pattern in picture.iter(f"{SVG}pattern")}
    fills = [rect.get("fill") for rect in picture.findall(f"{SVG}rect")[1:]]

    assert fills == ["url(#p0)", "url(#p1)"]
    assert patterns == {"p0": [f"{SVG}circle"], "p1": [f"{SVG}path"]}


def test_a_line_breaks_where_there_is_no_number() -> None:
    line = {
        "type": "scatter",
        "x": [0, 0.5, None, -0.5, 0],
        "y": [0, 50, None, 0, -50],
        "line": {"color": "role:quiet"},
    }
    path = drawn(spec(line)).find(f"{SVG}path")

    assert path is not None
    assert (path.get("d") or "").count("M") == 2
    assert (path.get("d") or "").count("L") == 2


def test_the_picture_is_an_image_with_words() -> None:
    picture = still(spec(bar(x=[0], y=[50])), 'A "loss" of <5 & more')
    tag = ET.fromstring(picture.replace(">", "/>", 1) if picture.endswith("/>") else f"{picture[:-1]}/>")
    data = (tag.get("src") or "").removeprefix("data:image/svg+xml;base64,")

    assert tag.tag == "img"
    assert tag.get("alt") == 'A "loss" of <5 & more'
    assert ET.fromstring(base64.b64decode(data)).tag == f"{SVG}svg"


@pytest.mark.parametrize("values", [{}, {"move": 10}, {"move": -40, "EUR": None, "size": 10000}, {"leverage": 2}])
def test_a_real_figure_shows_its_labels_inside_the_picture(values: dict[str, Any]) -> None:
    panel = LossCascade(**values)
    (figure,) = panel._shown["view"]["figures"]
    picture = drawn(figure)
    told = [unmarked(text).replace("<br>", "\n") for trace in figure["data"] for text in trace.get("text", ())]

    high, edge = figure["layout"]["height"], figure["layout"]["margin"]
    assert set(told) <= set(words(picture))
    for text in picture.iter(f"{SVG}text"):
        lines = [part.text or "" for part in text.iter(f"{SVG}tspan")]
        assert 8 <= float(text.get("y", "nan")) <= high - 14 * (len(lines) - 1), lines
        assert 0 <= float(text.get("x", "nan")) <= WIDTH, lines
    for box in boxes(picture):
        assert box["x"] >= edge["l"]
        assert box["x"] + box["width"] <= WIDTH - edge["r"] + 0.1
        assert box["y"] >= edge["t"]
        assert box["y"] + box["height"] <= high - edge["b"] + 0.1


def test_the_picture_is_the_same_twice() -> None:
    (figure,) = LossCascade()._shown["view"]["figures"]

    assert svg(figure) == svg(figure)
    assert "role:" not in svg(figure)


def paths(picture: ET.Element) -> list[dict[str, str]]:
    return [dict(path.attrib) for path in picture.findall(f"{SVG}path")]


def test_an_area_is_filled_and_a_line_keeps_its_dashes() -> None:
    line = {"color": "role:own", "width": 9, "dash": "2px,9px"}
    area = {"type": "scatter", "mode": "lines", "fill": "toself", "fillcolor": "role:owed", "x": [0, 1], "y": [0, 50]}
    marks = {"type": "scatter", "mode": "lines", "line": line, "x": [0, 1], "y": [0, 50]}
    filled, dashed = paths(drawn(spec({**area, "line": {"color": "role:ground"}}, marks, names=("A", "B"))))

    assert filled["fill"] == ROLES["owed"]["light"]
    assert "stroke-dasharray" not in filled
    assert (dashed["fill"], dashed["stroke-dasharray"], dashed["stroke-width"]) == ("none", "2 9", "9")


def test_marks_are_circles_at_their_places() -> None:
    marker = {"color": "role:ground", "size": 11, "line": {"color": "role:own", "width": 3}}
    picture = drawn(spec({"type": "scatter", "mode": "markers", "x": [0], "y": [0], "marker": marker}))
    (circle,) = picture.findall(f"{SVG}circle")

    assert (circle.get("r"), circle.get("stroke-width"), circle.get("stroke")) == ("5.5", "3", ROLES["own"]["light"])
    assert float(circle.get("cy", "nan")) == TOP + 100


def test_a_figure_keeps_its_own_margins() -> None:
    figure = spec(bar(x=[0], y=[100]))
    figure["layout"]["margin"] = {"l": 92, "r": 12, "t": 22, "b": 38}
    (box,) = boxes(drawn(figure))

    assert box["y"] == 22
    assert box["x"] == pytest.approx(92 + (WIDTH - 92 - 12) / 4)


def test_without_a_grid_only_zero_is_marked() -> None:
    figure = spec(bar(x=[0], y=[50]))
    with_grid = len(drawn(figure).findall(f"{SVG}line"))
    figure["layout"]["yaxis"]["showgrid"] = False

    (zero,) = drawn(figure).findall(f"{SVG}line")
    assert with_grid > 1
    assert zero.get("y1") == str(float(TOP + 100))


def test_an_arrow_has_its_head_where_it_goes() -> None:
    heads = {
        "type": "scatter", "mode": "markers", "x": [0.5], "y": [0.5],
        "marker": {"color": "role:owed", "size": 12, "symbol": "triangle-left"},
    }  # fmt: skip
    layout = {"height": 300, "xaxis": {"range": [0, 1]}, "yaxis": {"range": [0, 1]}}
    drawn = svg({"data": [heads], "layout": layout})

    assert 'd="M0,-6.0 L6.0,6.0 L-6.0,6.0 Z"' in drawn
    assert "rotate(270)" in drawn
    assert "<circle" not in drawn


def test_names_of_steps_stand_aside_where_an_axis_says_so() -> None:
    def at(aside: int) -> str:
        yaxis = {"range": [0, 1], "tickvals": [1], "ticklabelstandoff": aside}
        return svg({"data": [], "layout": {"height": 300, "xaxis": {"range": [0, 1]}, "yaxis": yaxis}})

    assert '<text x="76"' in at(0)
    assert '<text x="36"' in at(40)


def test_a_bold_word_is_bold_and_not_a_mark_among_the_words() -> None:
    texts = labels([(0, 50, "<b>settle</b>: 5 < 6", "middle right")])
    (line,) = (each for each in drawn(spec(texts)).iter(f"{SVG}text") if "settle" in "".join(each.itertext()))
    assert "".join(line.itertext()) == "settle: 5 < 6"
    assert [each.text for each in line.iter(f"{SVG}tspan") if each.get("font-weight") == "bold"] == ["settle"]


def test_a_name_at_the_end_of_an_axis_stays_in_the_picture() -> None:
    figure = spec(bar(x=[0], y=[5]))
    figure["layout"] |= {"margin": {"l": 10, "r": 10}, "xaxis": {"range": [-50, 50]}}
    figure["layout"]["xaxis"] |= {"tickvals": [-50, 0, 50], "ticktext": ["\N{MINUS SIGN}50 %", "now", "+50 %"]}
    places = {"".join(text.itertext()): float(text.get("x", "")) for text in drawn(figure).iter(f"{SVG}text")}
    assert places["\N{MINUS SIGN}50 %"] >= 20
    assert places["+50 %"] <= WIDTH - 20
    assert places["now"] == WIDTH / 2


def test_an_arrows_tip_keeps_its_distance_to_its_place() -> None:
    """As plotly draws it: turned about the place where it points to."""
    marker = {"color": "role:owed", "size": 10, "symbol": "arrow", "angle": 90, "standoff": 2}
    head = drawn(spec({"type": "scatter", "mode": "markers", "x": [0], "y": [0], "marker": marker})).find(f"{SVG}path")

    assert head is not None
    assert (head.get("d"), head.get("transform")) == (
        "M0,2 L3.1,11.5 L-3.1,11.5 Z",
        f"translate({LEFT + (WIDTH - LEFT - RIGHT) / 2} {TOP + 100.0}) rotate(90)",
    )

"""No text of a figure is drawn over another or cut off by its edge: measured in a browser, by the texts' own ink.

Each panel's figures, in the states of the sweep, are drawn as wide as the host makes them on pages of three widths.
The placer only reckons with how wide a text may be; here it is seen, and with it what plotly itself writes: the names
and amounts along the axes.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sweeping import drawn_width, every_panel, knobs, swept, views

import marginlib.lessons
from browser.stand import standing
from marginlib.drawing.colours import painted
from marginlib.panels.controls import Value
from marginlib.panels.panel import Panel

pytestmark = pytest.mark.browser

PAGES = (1400, 1024, 360)
KNOWN: dict[tuple[str, int], tuple[int, int]] = {}
"""How many pairs of texts meet, and how many texts are cut off, on a page: they may become fewer only."""

COVERED: dict[tuple[str, int], int] = {}
"""How often a knob covers a text, on a page: they may become fewer only."""

WHERE = """() => [...document.querySelectorAll(".mw-grips")].map((grips) => {
  const box = grips.getBoundingClientRect();
  return [box.width, [...grips.children].filter((each) => !each.hidden).map((each) => {
    const knob = each.firstChild.getBoundingClientRect();
    return [each.dataset.control, (knob.left + knob.right) / 2 - box.left, (knob.top + knob.bottom) / 2 - box.top];
  })];
})"""

# Boxes as tight as the ink: a line's own box has room above and below, where another line's may reach into it.
MEASURE = """async ([figures, widths]) => {
  const pen = document.createElement("canvas").getContext("2d");
  const box = document.body.appendChild(document.createElement("div"));
  const ink = (line) => {
    const text = line.textContent.trim(), style = getComputedStyle(line);
    const {left, top, right} = line.getBoundingClientRect();
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const is = pen.measureText(text), base = top + is.fontBoundingBoxAscent;
    return {text, left, right, top: base - is.actualBoundingBoxAscent, bottom: base + is.actualBoundingBoxDescent};
  };
  const found = [];
  for (const [at, {data, layout}] of figures.entries()) {
    const width = widths[at];
    await Plotly.react(box, data, {...layout, width}, {staticPlot: true});
    const edge = box.querySelector(".svg-container").getBoundingClientRect();
    const texts = [...box.querySelectorAll("svg text")].map((text) => {
      const lines = text.querySelectorAll("tspan.line");
      return (lines.length ? [...lines] : [text]).filter((line) => line.textContent.trim()).map(ink);
    });
    const over = [], cut = [], all = texts.flatMap((lines, i) => lines.map((line) => [i, line]));
    for (const [i, one] of all) {
      const beside = Math.min(one.left - edge.left, edge.right - one.right);
      if (Math.min(beside, one.top - edge.top, edge.bottom - one.bottom) < -1) cut.push(one.text);
      for (const [j, other] of all) {
        const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (i < j && wide > 1 && high > 1) over.push([one.text, other.text, Math.round(wide), Math.round(high)]);
      }
    }
    found.push({texts: all.length, over, cut, lines: all.map(([, line]) => ({...line,
      left: line.left - edge.left, right: line.right - edge.left, top: line.top - edge.top,
      bottom: line.bottom - edge.top}))});
  }
  Plotly.purge(box);
  box.remove();
  return found;
}"""


@pytest.fixture(scope="module")
def rooms(chrome: Browser) -> dict[int, int]:
    """How wide the figures' room is on each page."""
    found = {}
    for width in PAGES:
        with standing(chrome, marginlib.lessons.LossCascade(), width=width) as page:
            found[width] = page.locator(".mw-figures").evaluate("(box) => box.clientWidth")
    return found


@pytest.fixture(scope="module")
def paper(chrome: Browser) -> Iterator[Page]:
    """A blank page with plotly."""
    from plotly.offline import get_plotlyjs

    page = chrome.new_page(viewport={"width": 1400, "height": 1200})
    page.set_content("<!doctype html><body style='margin:0'></body>")
    page.add_script_tag(content=get_plotlyjs())
    yield page
    page.close()


def measured(paper: Page, figures: list[dict[str, Any]], room: int) -> list[dict[str, Any]]:
    """What is wrong with each figure in a room of a width."""
    widths = [drawn_width(figure, room) for figure in figures]
    found: list[dict[str, Any]] = paper.evaluate(MEASURE, [[painted(figure) for figure in figures], widths])
    return found


Drawn = list[tuple[dict[str, Value], dict[str, Any], dict[str, Any]]]


@pytest.fixture(scope="module")
def drawn(rooms: dict[int, int], paper: Page) -> Callable[[type[Panel[Any]], int], Drawn]:
    """A panel's different figures as wide as on a page, each with its state and what is seen of it: drawn once."""

    seen: dict[tuple[str, int], Drawn] = {}

    def drawn(panel_class: type[Panel[Any]], width: int) -> Drawn:
        if (panel_class.__name__, width) not in seen:
            told = {json.dumps(figure): (values, figure) for values, figure in swept(panel_class)}
            found = measured(paper, [figure for _, figure in told.values()], rooms[width])
            seen[panel_class.__name__, width] = [(*its, each) for its, each in zip(told.values(), found, strict=True)]
        return seen[panel_class.__name__, width]

    return drawn


@every_panel
@pytest.mark.parametrize("width", PAGES)
def test_no_text_is_drawn_over_another_or_cut_off(
    panel_class: type[Panel[Any]], width: int, drawn: Callable[[type[Panel[Any]], int], Drawn]
) -> None:
    found = drawn(panel_class, width)
    over = [(values, pair) for values, _, each in found for pair in each["over"]]
    cut = [(values, text) for values, _, each in found for text in each["cut"]]
    known = KNOWN.get((panel_class.__name__, width), (0, 0))
    pairs, ends = {(one, other) for _, (one, other, *_) in over}, {text for _, text in cut}

    assert len(over) <= known[0], f"{len(over)} over each other: {sorted(pairs)[:20]}, such as at {over[:1]}"
    assert len(cut) <= known[1], f"{len(cut)} cut off: {sorted(ends)[:20]}, such as at {cut[:1]}"


KNOB = {1400: 9.0, 1024: 9.0, 360: 12.0}
"""Half of a knob, in px: smaller where there is a pointer, until it is near (host.css)."""


@every_panel
@pytest.mark.parametrize("width", PAGES)
def test_no_knob_covers_a_text(
    panel_class: type[Panel[Any]],
    width: int,
    rooms: dict[int, int],
    drawn: Callable[[type[Panel[Any]], int], Drawn],
) -> None:
    """A handle's knob leaves what is written readable, wherever its control stands."""
    controls, half, covered = {each.name: each for each in panel_class().controls}, KNOB[width], []
    for values, figure, each in drawn(panel_class, width):
        for name, x, y in knobs(figure, drawn_width(figure, rooms[width]), controls, values):
            for line in each["lines"]:
                aside = max(line["left"] - x, 0.0, x - line["right"])
                above = max(line["top"] - y, 0.0, y - line["bottom"])
                if math.hypot(aside, above) < half - 1.5:
                    covered.append((name, line["text"], values))
    known = COVERED.get((panel_class.__name__, width), 0)
    pairs = Counter((name, re.sub(r"[\d.,]+", "#", text)) for name, text, _ in covered)

    assert len(covered) <= known, f"{len(covered)} covered: {pairs.most_common(12)}, such as at {covered[0][2]}"


@every_panel
def test_knobs_are_where_they_are_reckoned(panel_class: type[Panel[Any]], chrome: Browser) -> None:
    panel = panel_class()
    (values, view), controls = views(panel_class.__name__)[0], {each.name: each for each in panel.controls}
    with standing(chrome, panel, width=360) as page:
        seen = page.evaluate(WHERE)
    for figure, (width, places) in zip(view["figures"], seen, strict=True):
        reckoned = [*knobs(figure, width, controls, values)]
        assert [name for name, _, _ in reckoned] == [name for name, _, _ in places]
        for (_, x, y), (_, left, top) in zip(reckoned, places, strict=True):
            assert max(abs(x - left), abs(y - top)) <= 1


def test_what_is_wrong_is_seen(paper: Page) -> None:
    """Of two texts over each other, one beyond the edge and one apart."""
    font = {"size": 14, "color": "role:ink", "weight": "normal"}
    texts = ["one<br>below", "<span style='color:role:fee'>■</span> other", "a text beyond the edge", "apart"]
    labels = {
        "type": "scatter", "mode": "text", "x": [0, 0.05, 0.9, 0], "y": [5, 5.5, 5, 8], "text": texts,
        "textposition": ["middle right"] * 4, "textfont": font, "cliponaxis": False,
    }  # fmt: skip
    layout = {"height": 300, "margin": {"l": 60, "r": 10, "t": 10, "b": 40}, "xaxis": {"range": [0, 1]},
              "yaxis": {"range": [0, 10]}}  # fmt: skip
    (found,) = measured(paper, [{"data": [labels], "layout": layout}], 400)

    assert [pair[:2] for pair in found["over"]] == [["one", "■ other"]]
    assert found["cut"] == ["a text beyond the edge"]
    assert found["texts"] > 5

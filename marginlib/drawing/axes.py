"""Axes of round steps whose names take little room: the unit on a line of its own, and room for names beside bars."""

import math

from marginlib.drawing.pieces import Spec, counted, layout
from marginlib.drawing.placing import Label

_ABOVE = 30  # pixels above the topmost number: half of its three lines
_HEADING = 28  # pixels for a line above a figure, and between them
WIDE, EDGE = 0.97, 0.545
"""Of two columns beside each other: how wide each is, and how far from its middle the names beside it begin."""
_TALL, _OVER, _UNDER, _BELOW, _EDGE = 320, 46, 54, 13, 4  # pixels: the columns, what is above and below them, its edge


def rounds(low: float, high: float, step: float) -> list[float]:
    """The round numbers along an axis.

    >>> rounds(-4400, 1200, 2000)
    [-4000, -2000, 0]
    """
    return [step * at for at in range(math.ceil(low / step), math.floor(high / step) + 1)]


def stepped(made: Spec, step: float, unit: str = "", *, aside: int = 0) -> Spec:
    r"""Round steps along the second axis, named ``aside`` so many pixels: between stand names of what is drawn.

    >>> from marginlib.drawing.pieces import layout
    >>> axis = stepped(layout({}, (0, 1), (0, 50_000), ""), 20_000, "EUR")["yaxis"]
    >>> axis["tickvals"], axis["ticktext"]
    ([0, 20000, 40000], ['0', '20,000', 'EUR<br>40,000<br>\xa0'])
    """
    low, high = made["yaxis"]["range"]
    marks = rounds(low, high, step)
    names = [counted(mark) for mark in marks]
    if unit:
        names[-1] = f"{unit}<br>{names[-1]}<br>\N{NO-BREAK SPACE}"  # three lines, so that the number is at its tick
        edges = made["margin"]
        pixel = (high - low) / (made["height"] - edges["t"] - edges["b"])
        more = max(math.ceil(_ABOVE - edges["t"] - (high - marks[-1]) / pixel), 0)  # plotly hides what is cut off
        made = {**made, "height": made["height"] + more, "margin": {**edges, "t": edges["t"] + more}}
    return {**made, "yaxis": {**made["yaxis"], "tickvals": marks, "ticktext": names, "ticklabelstandoff": aside}}


def footed(made: Spec, pixels: int) -> Spec:
    """A layout with so many pixels more below, without numbers, for what is written there.

    >>> from marginlib.drawing.pieces import layout
    >>> made = footed(layout({}, (0, 1), (0, 100), "", 8, height=120, t=12), 20)
    >>> made["yaxis"]["range"], made["height"]
    ([-20.0, 100], 140)
    """
    (low, high), edges = made["yaxis"]["range"], made["margin"]
    pixel = (high - low) / (made["height"] - edges["t"] - edges["b"])
    return {
        **made,
        "height": made["height"] + pixels,
        "yaxis": {**made["yaxis"], "range": [low - pixels * pixel, high]},
    }


def headed(made: Spec, text: str) -> tuple[Spec, Label]:
    """A layout with a line more above its axes, and what is said there: what a figure beside another shows.

    >>> from marginlib.drawing.pieces import layout
    >>> made, heading = headed(layout({}, (0, 1), (0, 100), "", height=120, t=12), "result so far")
    >>> made["margin"]["t"], made["height"], heading.y
    (40, 148, 100)
    """
    edges, up = made["margin"], made["yaxis"]["range"][1]
    made = {**made, "height": made["height"] + _HEADING, "margin": {**edges, "t": edges["t"] + _HEADING}}
    return made, Label(made["xaxis"]["range"][0], up, text, "top right", bold=True, fixed=True)


def paired(most: float, names: tuple[str, str], unit: str, *, left: int, right: int) -> tuple[Spec, list[Label]]:
    """Axes of two columns, at 0 and 1, that may be so high, and their names below; amounts stand beside the columns.

    ``left`` and ``right`` are the pixels that the amounts need; a telephone leaves the columns what remains. Above them
    is room for two lines. The names stand on one height, and left of them, what all amounts are in.

    >>> made, names = paired(640, ("what<br>you have", "whose<br>it is"), "EUR", left=80, right=90)
    >>> made["yaxis"]["range"], {label.y for label in names}, made["height"]
    ([-108.0, 732.0], {-26.0}, 436)
    """
    pixel = most / _TALL
    up = (-_UNDER * pixel, most + _OVER * pixel)
    high = _UNDER + _TALL + _OVER + _EDGE + 12
    made = bare(layout({}, (-EDGE, 1 + EDGE), up, "", _EDGE, height=high, l=left, r=right))
    foot = [(-EDGE, f"all in {unit}", "left", "quiet"), *((at, names[at], "center", "ink") for at in (0, 1))]
    return made, [Label(x, -_BELOW * pixel, text, f"bottom {side}", role, fixed=True) for x, text, side, role in foot]


def bare(made: Spec, *, zero: bool = True) -> Spec:
    """A layout whose second axis has no numbers: every amount stands at what it measures; with its zero, or without.

    >>> from marginlib.drawing.pieces import layout
    >>> bare(layout({}, (0, 1), (0, 1), ""))["yaxis"]["ticktext"]
    ['']
    """
    marks: Spec = {"tickvals": [0] if zero else [], "ticktext": [""] if zero else [], "showgrid": False}
    return {**made, "yaxis": {**made["yaxis"], **marks, "ticksuffix": "", "zeroline": zero}}

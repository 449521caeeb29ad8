"""Axes of round steps whose names take little room: the unit on a line of its own, and room for names beside bars."""

import math
from collections.abc import Sequence

from marginlib.drawing.pieces import Spec, counted
from marginlib.drawing.placing import Label

_ABOVE = 30  # pixels above the topmost number: half of its three lines


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
    """A layout with so many pixels more, below its zero, for what is written there clear of the axis.

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


def under(names: Sequence[str], made: Spec) -> list[Label]:
    """Names of columns at 0, 1, …, centred below them, each in a line of its own: beside each other they may not fit.

    The layout has been :func:`footed`.
    """
    low = made["yaxis"]["range"][0]
    return [
        Label(float(at), low * (0.55 + 0.3 * at), name, "middle center", fixed=True) for at, name in enumerate(names)
    ]


def bare(made: Spec, *, zero: bool = True) -> Spec:
    """A layout whose second axis has no numbers: every amount stands at what it measures; with its zero, or without.

    >>> from marginlib.drawing.pieces import layout
    >>> bare(layout({}, (0, 1), (0, 1), ""))["yaxis"]["ticktext"]
    ['']
    """
    marks: Spec = {"tickvals": [0] if zero else [], "ticktext": [""] if zero else [], "showgrid": False}
    return {**made, "yaxis": {**made["yaxis"], **marks, "ticksuffix": "", "zeroline": zero}}

"""Axes of round steps whose names take little room: the unit on a line of its own, and room for names beside bars."""

import math

from marginlib.drawing.pieces import Spec, counted


def rounds(low: float, high: float, step: float) -> list[float]:
    """The round numbers along an axis.

    >>> rounds(-4400, 1200, 2000)
    [-4000, -2000, 0]
    """
    return [step * at for at in range(math.ceil(low / step), math.floor(high / step) + 1)]


def stepped(made: Spec, step: float, unit: str = "", *, aside: int = 0) -> Spec:
    """A layout whose second axis has round steps, named ``aside`` so many pixels: between stand names of what is drawn.

    >>> from marginlib.drawing.pieces import layout
    >>> axis = stepped(layout({}, (0, 1), (0, 50_000), ""), 20_000, "EUR")["yaxis"]
    >>> axis["tickvals"], axis["ticktext"]
    ([0, 20000, 40000], ['0', '20,000', '40,000<br>EUR'])
    """
    low, high = made["yaxis"]["range"]
    marks = rounds(low, high, step)
    names = [counted(mark) for mark in marks]
    if unit:
        names[-1] += f"<br>{unit}"
    return {**made, "yaxis": {**made["yaxis"], "tickvals": marks, "ticktext": names, "ticklabelstandoff": aside}}


def bare(made: Spec, *, zero: bool = True) -> Spec:
    """A layout whose second axis has no numbers: every amount stands at what it measures; with its zero, or without.

    >>> from marginlib.drawing.pieces import layout
    >>> bare(layout({}, (0, 1), (0, 1), ""))["yaxis"]["ticktext"]
    ['']
    """
    marks: Spec = {"tickvals": [0] if zero else [], "ticktext": [""] if zero else [], "showgrid": False}
    return {**made, "yaxis": {**made["yaxis"], **marks, "ticksuffix": "", "zeroline": zero}}

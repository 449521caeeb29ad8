"""What of a figure can be touched, and what it tells: which mark is which control, and its parts in words, as data.

The host does the rest, once for all panels: it lays handles over a drawn figure, and walks through its parts.
"""

import itertools
from collections.abc import Sequence
from typing import Any, Literal, TypedDict

Spec = dict[str, Any]


class Grip(TypedDict):
    """A mark that is dragged along an axis in place of a control's slider."""

    control: str
    axis: Literal["x", "y"]
    places: list[float]
    """Where the mark stands on that axis while its control goes from its least to its most, evenly spaced."""
    across: list[float]
    """From where to where the mark reaches on the other axis."""


def grip(
    control: str, axis: Literal["x", "y"], places: Sequence[float], across: tuple[float, float] | None = None
) -> Grip:
    """A mark that is a control: dragged along an axis, it moves the control; the slider follows.

    ``places`` are where the mark stands along the control, evenly spaced from its least to its most (for choices and
    steps: one for each); between them it goes straight. Without ``across`` it reaches over the whole figure. The knob
    that invites stands at the second end of ``across``: of a level mark on the right, of an upright one on top, unless
    its ends are given the other way round.

    >>> grip("price", "y", (30000, 60000), (-0.5, 0.5))["places"]
    [30000.0, 60000.0]

    Raises:
        ValueError: fewer than two places, or places that neither only rise nor only fall.
    """
    found = [float(place) for place in places]
    steps = [b - a for a, b in itertools.pairwise(found)]
    if not steps or not (all(step > 0 for step in steps) or all(step < 0 for step in steps)):
        raise ValueError(f"{control}: its places along the {axis} axis must all rise or all fall, got {found}")
    reach = [] if across is None else [float(end) for end in across]
    return {"control": control, "axis": axis, "places": found, "across": reach}


def touched(figure: Spec, *grips: Grip, name: str = "", tells: Sequence[tuple[str, float]] = ()) -> Spec:
    """A figure with its grips, a name of its own, and its parts in words, in the order in which they are read.

    A part is a sentence without its full stop, with its amount exact and in its currency, and the amount as a number,
    which is how high it sounds. Several figures of a panel each need a ``name``.

    >>> spec = touched({"data": [], "layout": {}}, name="Your balance", tells=[("Yours: 5.00 EUR", 5)])
    >>> spec["layout"]["meta"]
    {'grips': [], 'name': 'Your balance', 'tells': [['Yours: 5.00 EUR', 5.0]]}
    """
    layout = figure["layout"]
    meta = {**layout.get("meta", {}), "grips": [*grips], "name": name}
    meta["tells"] = [[text, float(value)] for text, value in tells]
    return {**figure, "layout": {**layout, "meta": meta}}

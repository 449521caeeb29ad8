"""What a colour means, in every lesson: roles that a figure names, and their colours on light and dark ground.

A figure spec says ``role:fee``; whoever draws it asks for the colour of its ground. Meaning never hangs on colour
alone: fees are dotted, restricted assets hatched, gains and losses carry their sign.
"""

import re
from typing import Any, Literal

Ground = Literal["light", "dark"]

ROLES: dict[str, dict[Ground, str]] = {
    "own": {"light": "#072C79", "dark": "#508AFC"},
    "owed": {"light": "#BB8B0C", "dark": "#FD9D0C"},
    "profit": {"light": "#07A363", "dark": "#38F29C"},
    "loss": {"light": "#691914", "dark": "#C62F25"},
    "fee": {"light": "#E028DF", "dark": "#F4C5F4"},
    "market": {"light": "#7E859A", "dark": "#686B73"},
    "ink": {"light": "#1F2328", "dark": "#E6E6E6"},
    "quiet": {"light": "#59616E", "dark": "#A9AFB9"},
    "line": {"light": "#D5D9E0", "dark": "#3A3D44"},
    "ground": {"light": "#FFFFFF", "dark": "#111111"},
    "on_own": {"light": "#FFFFFF", "dark": "#000000"},
    "on_owed": {"light": "#000000", "dark": "#000000"},
    "on_profit": {"light": "#000000", "dark": "#000000"},
    "on_loss": {"light": "#FFFFFF", "dark": "#FFFFFF"},
    "on_market": {"light": "#000000", "dark": "#FFFFFF"},
}
"""Yours, owed to the exchange, profit, uncovered loss, a fee, the market; then ink and ground; then words on a bar.

Words on a bar are black or white, which nothing else is on the dark ground: so they are known to need no halo.
"""

WRITTEN: dict[str, dict[Ground, str]] = {
    "right": {"light": "#067A4A", "dark": ROLES["profit"]["dark"]},
    "wrong": {"light": ROLES["loss"]["light"], "dark": "#FF8A80"},
    "sell": {"light": "#9B241C", "dark": "#FF8A80"},
}
"""On the page around the figures, where words want more contrast than bars: right (and to buy), wrong, to sell."""

_WITHIN = re.compile(r"(?<=color:)role:(\w+)")
"""A role inside a text: that of the swatch before a label."""


def painted(spec: Any, ground: Ground = "light") -> Any:
    """A figure spec with its roles replaced by colours, ready for ``plotly.graph_objects.Figure``.

    >>> painted({"marker": {"color": "role:fee"}}, "dark")
    {'marker': {'color': '#F4C5F4'}}
    >>> painted("<span style='color:role:fee'>■</span> fee")
    "<span style='color:#E028DF'>■</span> fee"
    """
    if isinstance(spec, dict):
        return {key: painted(value, ground) for key, value in spec.items()}
    if isinstance(spec, list):
        return [painted(value, ground) for value in spec]
    if isinstance(spec, str):
        if spec.startswith("role:"):
            return ROLES[spec.removeprefix("role:")][ground]
        return _WITHIN.sub(lambda found: ROLES[found[1]][ground], spec)
    return spec

"""A still picture of a figure spec, for a reader without a kernel: the part of plotly's language that we use, as SVG.

Only what is drawn by the figures in this package is understood: bars with a base, lines, numbers on both axes,
bars that lie on their side along an axis without numbers.
"""

import base64
import html
import re
from typing import Any
from xml.sax.saxutils import quoteattr

from marginlib.drawing.colours import ROLES, painted
from marginlib.drawing.pieces import counted, ticks
from marginlib.drawing.placing import extent

_WIDTH = 760
_LEFT, _RIGHT, _TOP, _BOTTOM = 82, 12, 12, 48
_SIZE, _LEADING = 14, 1.3  # px of axes' text, and from line to line: both as plotly has them
_SWATCH = re.compile(r"<span style='color:(#[0-9A-F]{6})'>(.)</span>")
_STRONG = re.compile("&lt;b&gt;(.*?)&lt;/b&gt;")
_HALO = 'stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
"""Under the letters, so that lines don't strike through them; in figures on a page, it is shared.css that says so."""
_ON_BARS = {each["light"] for role, each in ROLES.items() if role.startswith("on_")}
_SLANT = "M0,6 L6,0"
_TURNS = {"triangle-up": 0, "triangle-right": 90, "triangle-down": 180, "triangle-left": 270}
_PATTERNS = {
    "/": f'<path d="{_SLANT}" stroke="%s" stroke-width="1.5"/>',
    ".": '<circle cx="3" cy="3" r="1.5" fill="%s"/>',
}


def svg(spec: dict[str, Any]) -> str:
    """The figure as SVG text on a light ground.

    >>> svg({"data": [], "layout": {"height": 300, "xaxis": {"range": [0, 1]}, "yaxis": {"range": [0, 1]}}})[:4]
    '<svg'
    """
    spec = painted(spec)
    layout = spec["layout"]
    xaxis, yaxis, height = layout["xaxis"], layout["yaxis"], layout["height"]
    (x0, x1), (y0, y1) = xaxis["range"], yaxis["range"]
    edges = {"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _BOTTOM, **layout.get("margin", {})}
    bottom, right = height - edges["b"], _WIDTH - edges["r"]
    ink, quiet, line, ground = (ROLES[role]["light"] for role in ("ink", "quiet", "line", "ground"))

    def across(x: float) -> float:
        at: float = edges["l"] + (x - x0) / (x1 - x0) * (right - edges["l"])
        return round(at, 1)

    def up(y: float) -> float:
        at: float = bottom - (y - y0) / (y1 - y0) * (bottom - edges["t"])
        return round(at, 1)

    def words(x: float, y: float, text: str, colour: str, anchor: str = "middle", size: int = _SIZE) -> str:
        lines = "".join(
            f'<tspan x="{x}" dy="{round(size * _LEADING, 1) if i else 0}">{_told(part)}</tspan>'
            for i, part in enumerate(text.split("<br>"))
        )
        halo = "" if colour in _ON_BARS else f' stroke="{ground}" {_HALO}'
        return f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}" text-anchor="{anchor}"{halo}>{lines}</text>'

    parts = [f'<rect width="{_WIDTH}" height="{height}" fill="{ROLES["ground"]["light"]}"/>']
    defs: list[str] = []
    marks = yaxis["tickvals"] if "tickvals" in yaxis else ticks(y0, y1)
    names = yaxis.get("ticktext", ()) if yaxis.get("tickmode", "array") == "array" else ()
    for at, tick in enumerate(marks):
        if yaxis.get("showgrid", True) or not tick:
            parts.append(
                f'<line x1="{edges["l"]}" x2="{right}" y1="{up(tick)}" y2="{up(tick)}" '
                f'stroke="{line if tick else quiet}"/>'
            )
        last = yaxis.get("ticksuffix", "") if tick == marks[-1] else ""
        name = names[at] if len(names) == len(marks) else counted(tick) + last
        rise = name.count("<br>") / 2 * _SIZE * _LEADING  # its middle is at the tick
        aside = edges["l"] - 6 - yaxis.get("ticklabelstandoff", 0)
        parts.append(words(aside, round(up(tick) + 5 - rise, 1), name, ink, "end"))
    for tick, name in zip(xaxis.get("tickvals", ()), xaxis.get("ticktext", ()), strict=True):
        half = min(extent(name, _SIZE)[0], _WIDTH) / 2  # at an end of the axis, the name stays in the picture
        parts.append(words(round(min(max(across(tick), half), _WIDTH - half), 1), bottom + 17, name, ink))
    for trace in spec["data"]:
        if trace["type"] == "bar":
            parts += _bars(trace, across, up, defs)
        elif trace.get("mode") == "text":
            parts += _texts(trace, across, up, words)
        elif trace.get("mode") == "markers":
            parts += _markers(trace, across, up)
        else:
            parts.append(_line(trace, across, up))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'font-family="system-ui, sans-serif"><defs>{"".join(defs)}</defs>{"".join(parts)}</svg>'
    )


def _told(line: str) -> str:
    """A line of a label: its swatch is painted, what is bold is bold, all else is words."""
    found = _SWATCH.split(line)
    told = [_written(found[0])]
    for colour, shape, rest in zip(*(found[at::3] for at in (1, 2, 3)), strict=True):
        told.append(f'<tspan fill="{colour}">{shape}</tspan>{_written(rest)}')
    return "".join(told)


def _written(words: str) -> str:
    return _STRONG.sub(r'<tspan font-weight="bold">\1</tspan>', html.escape(words))


def _bars(trace: dict[str, Any], across: Any, up: Any, defs: list[str]) -> list[str]:
    marker = trace["marker"]
    fill, edge = marker["color"], marker.get("line", {}).get("color", "none")
    shape = marker.get("pattern", {}).get("shape")
    if shape:
        name = f"p{len(defs)}"
        dots = _PATTERNS[shape] % marker["pattern"]["fgcolor"]
        defs.append(f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">{dots}</pattern>')
        fill, edge = f"url(#{name})", marker["pattern"]["fgcolor"]
    parts = []
    half = trace.get("width", 0.8) / 2
    if trace.get("orientation") == "h":
        for x, y, start in zip(trace["x"], trace["y"], trace["base"], strict=True):
            left, top = across(start), up(y + half)
            wide, tall = max(round(across(start + x) - left, 1), 1), round(up(y - half) - top, 1)
            parts.append(f'<rect x="{left}" y="{top}" width="{wide}" height="{tall}" fill="{fill}" stroke="{edge}"/>')
        return parts
    for x, y, start in zip(trace["x"], trace["y"], trace["base"], strict=True):
        if not y:
            continue
        left, wide = across(x - half), round(across(x + half) - across(x - half), 1)
        top, bottom = min(up(start), up(start + y)), max(up(start), up(start + y))
        parts.append(
            f'<rect x="{left}" y="{top}" width="{wide}" height="{max(bottom - top, 1):.1f}" '
            f'fill="{fill}" stroke="{edge}"/>'
        )
    return parts


def _line(trace: dict[str, Any], across: Any, up: Any) -> str:
    line, path, pen = trace["line"], "", "M"
    for x, y in zip(trace["x"], trace["y"], strict=True):
        path += "" if x is None else f"{pen}{across(x)},{up(y)} "
        pen = "M" if x is None else "L"
    dash = line.get("dash", "")
    named = {"dot": "3 3", "dash": "9 9"}.get(dash, dash.replace("px", "").replace(",", " "))
    dashes = f' stroke-dasharray="{named}"' if named else ""
    inside = trace["fillcolor"] if trace.get("fill") == "toself" else "none"
    clear = f' opacity="{trace["opacity"]}"' if "opacity" in trace else ""
    stroke = f'stroke="{line["color"]}" stroke-width="{line.get("width", 2)}"'
    return f'<path d="{path}" fill="{inside}" {stroke}{dashes}{clear}/>'


def _markers(trace: dict[str, Any], across: Any, up: Any) -> list[str]:
    marker = trace["marker"]
    edge = f'stroke="{marker["line"]["color"]}" stroke-width="{marker["line"]["width"]}"' if "line" in marker else ""
    colours = marker["color"] if isinstance(marker["color"], list) else [marker["color"]] * len(trace["x"])
    half, turn = marker["size"] / 2, _TURNS.get(marker.get("symbol", ""))
    parts = []
    for x, y, colour in zip(trace["x"], trace["y"], colours, strict=True):
        at = f"{across(x)} {up(y)}"
        if marker.get("symbol") == "arrow":  # its tip is at the place, less a distance
            tip = marker.get("standoff", 0)
            wide, long = round(half * 0.62, 1), round(half * 1.9 + tip, 1)
            head = f"M0,{tip} L{wide},{long} L{-wide},{long} Z"
            turned = f"translate({at}) rotate({marker.get('angle', 0)})"
            parts.append(f'<path d="{head}" transform="{turned}" fill="{colour}" {edge}/>')
        elif turn is None:
            parts.append(f'<circle cx="{across(x)}" cy="{up(y)}" r="{half}" fill="{colour}" {edge}/>')
        else:
            head = f"M0,{-half} L{half},{half} L{-half},{half} Z"
            parts.append(f'<path d="{head}" transform="translate({at}) rotate({turn})" fill="{colour}" {edge}/>')
    return parts


def _texts(trace: dict[str, Any], across: Any, up: Any, words: Any) -> list[str]:
    """Labels: ``middle right`` means that the text stands to the right of its place, at the height of its middle."""
    font, parts = trace["textfont"], []
    for x, y, text, place in zip(trace["x"], trace["y"], trace["text"], trace["textposition"], strict=True):
        size = font["size"]
        tall = (text.count("<br>") * _LEADING + 1) * size
        first = {"top": -tall, "middle": -tall / 2, "bottom": 0}[place.split()[0]] + 0.75 * size
        anchor = {"left": "end", "center": "middle", "right": "start"}[place.split()[1]]
        parts.append(words(across(x), round(up(y) + first, 1), text, font["color"], anchor, size))
    return parts


def still(spec: dict[str, Any], title: str) -> str:
    """The figure as an ``<img>`` that needs no script: it survives a sanitiser and travels in a saved notebook."""
    data = base64.b64encode(svg(spec).encode()).decode()
    return f'<img width="{_WIDTH}" alt={quoteattr(title)} src="data:image/svg+xml;base64,{data}">'

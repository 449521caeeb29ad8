"""A state of a panel as a link: ``#v1/LossCascade?move=-20&leverage=3``, the part of an address after ``#``.

A link that is copied says all values, so that it shows the same after a start value has changed; what a link leaves out
stands at its start. ``browser/links.js`` writes the same text, and reads it alike.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

from marginlib.engine import kinds
from marginlib.panels.controls import Control, Switch, Value, text

VERSION, MOST = "v1", 4000
EXAMPLE = "#v1/LossCascade?move=-20"
_SHOWN = 40  # characters of what is wrong
_SPACE = "\t-\r \u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff"  # also what can't be seen
_AROUND = re.compile(f"^[{_SPACE}<]+|[{_SPACE}>]+$")
_WRAPPED = re.compile("[ \t]*[\r\n]+[ \t]*")  # as mail does with long lines
_LINK = re.compile(r"(v[0-9]+)/([^?]*)(?:\?(.*))?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Link(NamedTuple):
    """What a link says: the panel's class by name, and the texts of values by their control's name; none is checked."""

    panel: str
    values: dict[str, str]


def written(panel: str, values: Mapping[str, Value]) -> str:
    """The link to a panel with these values.

    >>> written("LotQueue", {"order": "A, B, C", "price": None})
    '#v1/LotQueue?order=A%2C%20B%2C%20C&price='
    """
    return f"#{VERSION}/{panel}?{'&'.join(f'{name}={quote(text(value))}' for name, value in values.items())}"


def parse(link: str) -> Link:
    """What a link says: a whole address, or what comes after its ``#``; in ``<…>``, wrapped, or percent-encoded.

    Raises:
        ValueError: it is no link to a panel, of another version, or broken; the sentence says what would work.

    >>> parse(" <https://example.org/05.html#v1/LossCascade?pair=BTC%2FEUR&GBP=> ")
    Link(panel='LossCascade', values={'pair': 'BTC/EUR', 'GBP': ''})
    >>> parse("#v1/LossCascade?move=-20&move=-10")
    Traceback (most recent call last):
    ValueError: move is given twice; expected each control once
    """
    if not isinstance(link, str):
        raise ValueError(f"expected a link as text, such as '{EXAMPLE}', got {kinds.shown(link)}")
    if len(link) > MOST:
        raise ValueError(f"the link has {len(link)} characters; expected at most {MOST}, as Copy link gives it")
    whole = _WRAPPED.sub("", _AROUND.sub("", link)).replace("&amp;", "&")
    if not whole:
        raise ValueError(f"there is no link; expected one as Copy link gives it, such as {EXAMPLE}")
    if "#" not in whole and "%23" in whole and not _LINK.match(whole):
        whole = _decoded(whole)
    said = whole.rpartition("#")[2]
    if "=" not in said and "%3d" in said.lower():
        said = _decoded(said)
    parts = _LINK.fullmatch(said)
    if not parts:
        raise ValueError(_no_link(whole, said))
    version, panel, rest = parts.groups()
    if version != VERSION:
        raise ValueError(
            f"the link is of version {shown(version)}, and {VERSION} is what is known here; "
            "open it with the workbook that it comes from, or copy it again"
        )
    if not _NAME.fullmatch(panel):
        raise ValueError(f"{shown(panel)} is no panel's name; expected a link such as {EXAMPLE}")
    values: dict[str, str] = {}
    for item in filter(None, (rest or "").split("&")):
        name, equals, value = item.partition("=")
        if not (name and equals):
            raise ValueError(f"{shown(item)} is no control with its value; expected some such as move=-20")
        name = _decoded(name)
        if name in values:
            raise ValueError(f"{shown(name, plain=True)} is given twice; expected each control once")
        values[name] = _decoded(value)
    return Link(panel, values)


def read(controls: Iterable[Control], values: Mapping[str, str]) -> dict[str, Value]:
    """The values of a link, each as its control keeps it.

    Raises:
        ValueError: an unknown control, or a value that its control refuses.
    """
    known = {control.name: control for control in controls}
    kept: dict[str, Value] = {}
    for name, value in values.items():
        control = known.get(name)
        if control is None:
            raise ValueError(f"{shown(name, plain=True)}: no such control; known here: {', '.join(known)}")
        wanted = "expected true or false" if isinstance(control, Switch) else control.wanted
        try:
            kept[name] = control.read(value)
        except ValueError:
            raise ValueError(f"{name}: {wanted}, got {shown(value)}") from None
    return kept


def shown(said: str, *, plain: bool = False) -> str:
    r"""A part of a link as a sentence quotes it: short, and in characters that do no harm on a terminal.

    >>> shown("Zürich"), shown("a\x1b[1m", plain=True)
    ("'Z?rich'", 'a?[1m')
    """
    harmless = re.sub("[^ -~]", "?", said)
    short = harmless if len(harmless) <= _SHOWN else f"{harmless[:_SHOWN]}..."
    return short if plain else f"'{short}'"


def _decoded(said: str) -> str:
    try:
        if not _PERCENT.search(said):
            return unquote(said, errors="strict")
    except UnicodeDecodeError:
        pass
    raise ValueError(f"{shown(said)} can't be read; a % begins a code such as %20, and is itself written %25")


def _no_link(whole: str, said: str) -> str:
    if "#" not in whole and ("/" in whole or whole.endswith(".html")):
        return f"{shown(whole)} has nothing after a #, where a panel's state stands; expected such as {EXAMPLE}"
    return f"{shown(said)} leads to no panel; expected a link as Copy link gives it, such as {EXAMPLE}"

"""Words as a page has them: a number and its unit stay in one line, and nothing unseen turns them round."""

import functools
import re
from html import escape as escaped
from typing import Any

from marginlib.engine.legible import legible

BOUND = re.compile(
    r"(?<=[0-9]) (?=(?:[A-Z0-9]*[A-Z][A-Z0-9]*x?(?:/[A-Z0-9]+)?|hours?|days?)\b|[%×])|(?<=[0-9],) (?=[RABC][0-9])"
)
"""The spaces at which a line mustn't end: between a number and its unit, and between cited rules."""


@functools.lru_cache(maxsize=8192)
def written(text: str) -> str:
    r"""Words as they are shown on a page. What terminals and JSON have keeps its plain spaces.

    >>> written("Near 80 % you owe 1,000.00 EUR\u202e (R13, R14).")
    'Near 80\xa0% you owe 1,000.00\xa0EUR (R13,\xa0R14).'
    """
    return BOUND.sub("\N{NO-BREAK SPACE}", legible(text))


def escape(text: str) -> str:
    r"""Words as they are written into HTML.

    >>> escape("<b>5 EUR</b>")
    '&lt;b&gt;5\xa0EUR&lt;/b&gt;'
    """
    return escaped(written(text))


def all_written(data: Any) -> Any:
    """Plain data, with all of its texts as they are shown on a page; its keys stay as they are."""
    if isinstance(data, str):
        return written(data)
    if isinstance(data, dict):
        return {key: all_written(value) for key, value in data.items()}
    return [all_written(each) for each in data] if isinstance(data, list | tuple) else data

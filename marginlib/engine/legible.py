"""Text from elsewhere, without what could steer a terminal or turn a page's words round."""

import unicodedata

_KEPT = "\N{NO-BREAK SPACE}\n"


def legible(text: str) -> str:
    r"""The text without control, format and other characters that aren't seen; other white space becomes a space.

    >>> legible("5\u202e EUR\x1b[31m\tand\u2067 more\u200f")
    '5 EUR[31m and more'
    """
    if text.isprintable():
        return text
    spaced = (" " if each.isspace() and each not in _KEPT else each for each in text)
    return "".join(each for each in spaced if each in _KEPT or not unicodedata.category(each).startswith("C"))

"""Sentences printed where lines are as wide as a notebook's: they break between words, and no amount loses its unit."""

import textwrap
from collections.abc import Iterable

from marginlib.telling.on_page import BOUND

_WIDE = 80
_NBSP = "\N{NO-BREAK SPACE}"


def wrapped(sentence: str, width: int = _WIDE) -> str:
    """A sentence in lines of a width; no line ends between a number and its unit, or between cited rules.

    >>> print(wrapped("You buy 1 BTC back at 54,000.00 USD (R9, R10).", 33))
    You buy 1 BTC back at
    54,000.00 USD (R9, R10).
    """
    bound = BOUND.sub(_NBSP, sentence)
    lines = textwrap.wrap(bound, width, break_on_hyphens=False, break_long_words=False)
    return "\n".join(lines).replace(_NBSP, " ")


def say(*told: str | Iterable[str]) -> None:
    """Print sentences, or lists of them such as :func:`~marginlib.telling.sentences.tell` makes, each a paragraph.

    >>> say(["You deposit 0.6 BTC.", "You settle."], "It costs nothing.")
    You deposit 0.6 BTC.
    <BLANKLINE>
    You settle.
    <BLANKLINE>
    It costs nothing.
    """
    sentences = [each for part in told for each in ([part] if isinstance(part, str) else part)]
    print("\n\n".join(map(wrapped, sentences)))

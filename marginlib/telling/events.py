"""What has happened in a state, by the names that mark it along a control's track."""

from marginlib.engine.margin import Margin
from marginlib.engine.rulebook import Rulebook


def fallen(summary: Margin | None, rulebook: Rulebook, whose: str = "") -> list[str]:
    """The lines that a margin level has fallen to: where more can be opened no more, and further down (B3 to B5).

    >>> from fractions import Fraction
    >>> from marginlib import rulebook
    >>> fallen(Margin("EUR", Fraction(300), Fraction(70), Fraction(100)), rulebook())
    ['no margin free', 'margin call']
    """
    if summary is None or summary.level is None:
        return []
    lines = (
        (rulebook.opening_level, "no margin free"),
        (rulebook.call_level, "margin call"),
        (rulebook.liquidation_level, "liquidation"),
        (0, "equity gone"),
    )
    return [f"{whose}{name}" for line, name in lines if summary.level <= line]

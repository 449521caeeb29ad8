"""The panels of the lessons: one line each in a notebook.

>>> panel = LossCascade(move=-10)
>>> panel.values["move"]
Decimal('-10')
"""

from marginlib.panels.loss_cascade import LossCascade

__all__ = ["LossCascade"]

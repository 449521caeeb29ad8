"""The panels of the lessons: one line each in a notebook.

>>> panel = LossCascade(move=-10)
>>> panel.values["move"]
Decimal('-10')
"""

from marginlib.panels.borrowing import BalanceSheet, OpeningSteps
from marginlib.panels.going_short import ClosingSteps, ShortAndMirror, ShortOrFuture, StopRun
from marginlib.panels.life import Life
from marginlib.panels.loss_cascade import LossCascade
from marginlib.panels.margin_call import HowFar, ThroughTheCrash
from marginlib.panels.queue import LotQueue
from marginlib.panels.settle_form import SettleForm
from marginlib.panels.settle_or_close import SettleOrClose
from marginlib.panels.ways_out import WaysOut

__all__ = [
    "BalanceSheet",
    "ClosingSteps",
    "HowFar",
    "Life",
    "LossCascade",
    "LotQueue",
    "OpeningSteps",
    "SettleForm",
    "SettleOrClose",
    "ShortAndMirror",
    "ShortOrFuture",
    "StopRun",
    "ThroughTheCrash",
    "WaysOut",
]

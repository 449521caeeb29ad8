"""The panels of the lessons: one line each in a notebook.

>>> panel = LossCascade(move=-10)
>>> panel.values["move"]
Decimal('-10')
"""

from marginlib.lessons.borrowing.panel import BalanceSheet, OpeningSteps
from marginlib.lessons.going_short.panel import ClosingSteps, ShortAndMirror, ShortOrFuture, StopRun
from marginlib.lessons.loss_cascade.panel import LossCascade
from marginlib.lessons.margin_call.panel import HowFar, ThroughTheCrash
from marginlib.lessons.queue.panel import LotQueue
from marginlib.lessons.settle_or_close.panel import SettleOrClose
from marginlib.lessons.settle_or_close.settle_form import SettleForm
from marginlib.lessons.start.panel import Life
from marginlib.lessons.ways_out.panel import WaysOut
from marginlib.quiz.lesson import Lesson

__all__ = [
    "BalanceSheet",
    "ClosingSteps",
    "HowFar",
    "Lesson",
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

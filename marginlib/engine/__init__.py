"""A scenario becomes a story. Pure and exact, of the standard library alone; the rules are given to it.

>>> from marginlib import rulebook
>>> start = Scenario(balances={"EUR": "2000"}, prices={"BTC/EUR": "50000"})
>>> bought = start.then(Open(pair="BTC/EUR", side="long", volume="0.1", leverage=5))
>>> replay(bought, rulebook()).final.positions[0].cost
Decimal('5000.0')
"""

from marginlib.engine.errors import InvalidScenario, Refusal
from marginlib.engine.replaying import replay, resume
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.scenario import (
    Close,
    ConversionFees,
    Deposit,
    Fees,
    Open,
    Price,
    Rules,
    Scenario,
    Settle,
    Stop,
    Trade,
    Wait,
    Withdraw,
)
from marginlib.engine.story import Story

__all__ = [
    "Close", "ConversionFees", "Deposit", "Fees", "InvalidScenario", "Open", "Price", "Refusal", "Rulebook", "Rules",
    "Scenario", "Settle", "Stop", "Story", "Trade", "Wait", "Withdraw", "replay", "resume",
]  # fmt: skip

"""What fees took: one query, compared with the ledger."""

from collections import Counter
from decimal import Decimal, localcontext
from typing import Any

import strategies
from hypothesis import given

from marginlib import Scenario, replay
from marginlib.engine.account import fees_taken
from marginlib.engine.amounts import EXACT
from marginlib.quiz.asking import ANSWERS

POOR: dict[str, Any] = {
    "balances": {"EUR": "20", "DOGE": "100"},
    "prices": {"BTC/EUR": "50000", "DOGE/EUR": "0.1"},
    "fees": {"trading": "0.01"},
    "rules": {"initial_margin_check": False},
    "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5}],
}


def test_a_fee_that_no_balance_bears_alone_is_counted_whole() -> None:
    """A4: 50 EUR are due; 20 EUR leave that balance, and 100 DOGE the other."""
    story = replay(Scenario.of(POOR))

    assert fees_taken(story.ledger) == {"EUR": Decimal(20), "DOGE": Decimal(100)}
    (charge,) = story.final.charged
    assert (charge.due, charge.unpaid) == (Decimal(50), Decimal("20.5"))


def test_the_quiz_asks_the_same() -> None:
    """A4: fees:EUR was 0 where 20 EUR had left the balance."""
    story = replay(Scenario.of(POOR))
    assert ANSWERS.find("fees").read(story, "EUR") == Decimal(20)


@given(strategies.losses())
def test_what_fees_took_is_what_the_balances_lost_to_them(data: dict[str, Any]) -> None:
    """A4, A9, B6: and what was due is what was taken, converted, or unpaid."""
    fees = {"trading": "0.01", "opening": "0.001", "rollover": "0.001"}
    story = replay(Scenario.of({**data, "fees": fees}))
    for moment in story.moments:
        with localcontext(EXACT):
            lost: Counter[str] = Counter()
            for code in moment.after.balances:
                lost[code] = moment.before.balance(code) - moment.after.balance(code)  # type: ignore[assignment]
            for row in moment.rows:
                for part in row.parts:
                    if part.reason not in ("trading_fee", "opening_fee", "rollover_fee"):
                        lost[row.asset] += part.amount - part.fee  # type: ignore[assignment]
            assert {code: amount for code, amount in lost.items() if amount} == fees_taken(moment.rows)

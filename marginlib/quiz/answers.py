"""What a scenario can be asked: a name, sometimes with a currency or a lot after a colon."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

from marginlib.engine.account import Take
from marginlib.engine.amounts import EXACT, ZERO, rounded
from marginlib.engine.margin import return_on_put_up
from marginlib.engine.scenario import Scenario
from marginlib.engine.story import Story
from marginlib.reading.replaying import replay

Answer = Decimal | str | list[str]
_FEES = ("trading_fee", "opening_fee", "rollover_fee")


def _takes(story: Story, currency: str) -> list[Take]:
    return [take for realised in story.realised for take in realised.cascade if currency in ("", take.currency)]


def _summary(name: str) -> Callable[[Story, str], Decimal]:
    def read(story: Story, _of: str) -> Decimal:
        if story.margin is None:
            raise ValueError("the scenario's margin can't be priced")
        value: Fraction = getattr(story.margin, name) or Fraction(0)
        return rounded(value, 4 if name == "level" else story.final.rulebook.places(story.margin.currency))

    return read


def _left(story: Story, lot: str) -> Decimal:
    return sum((p.volume for p in story.final.positions if lot in ("", str(p.id))), ZERO)


def _worth(story: Story, of: str) -> Decimal:
    """Owed or held by the open positions, in one currency."""
    which, currency = of.split(":")
    pairs = [p.owed if which == "owed" else p.held for p in story.final.positions]
    return sum((amount for code, amount in pairs if code == currency), ZERO)


def _return(story: Story, _of: str) -> Decimal:
    """What the oldest open position has gained, in percent of what was put up for it (R20)."""
    return rounded(return_on_put_up(story.final, story.final.positions[0]) * 100, 4)


ANSWERS: dict[str, Callable[[Story, str], Answer]] = {
    "balance": lambda story, code: story.final.balance(code),
    "change": lambda story, code: story.final.balance(code) - story.scenario.balances.get(code, ZERO),
    "pnl": lambda story, lot: sum((r.pnl for r in story.realised if lot in ("", str(r.position.id))), ZERO),
    "taken": lambda story, code: sum((take.taken for take in _takes(story, code)), ZERO),
    "covers": lambda story, code: sum((take.covers for take in _takes(story, code)), ZERO),
    "conversion_fees": lambda story, code: sum((take.fee for take in _takes(story, code)), ZERO),
    "unpaid": lambda story, _: sum((r.unpaid for r in story.realised), ZERO),
    "fees": lambda story, code: sum(
        (part.fee for row in story.ledger if row.asset == code for part in row.parts if part.reason in _FEES), ZERO
    ),
    "left": _left,
    "owed": lambda story, code: _worth(story, f"owed:{code}"),
    "held": lambda story, code: _worth(story, f"held:{code}"),
    "trade_balance": _summary("trade_balance"),
    "equity": _summary("equity"),
    "used_margin": _summary("used_margin"),
    "free_margin": _summary("free_margin"),
    "level": _summary("level"),
    "return": _return,
    "refused": lambda story, _: story.error.code if story.error else "no",
    "order": lambda story, _: [take.currency for take in _takes(story, "")],
    "sequence": lambda story, _: " ".join(take.currency for take in _takes(story, "")),
    "lots": lambda story, _: [str(r.position.id) for r in story.realised],
}
"""By name; amounts are in the asked currency, or in the quote currency; the level is in percent."""


def answer(scenario: Scenario, ask: str) -> Answer:
    """Replay a scenario and answer a question about it.

    Raises:
        ValueError: nothing of that name can be asked; the sentence lists what can.

    >>> scenario = Scenario.of({"balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...     {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]})
    >>> answer(scenario, "pnl"), answer(scenario, "balance:EUR")
    (Decimal('100.0000'), Decimal('2100.0000'))
    """
    name, _, of = ask.partition(":")
    if name not in ANSWERS:
        raise ValueError(f"ask: there is no '{name}'; known: {', '.join(ANSWERS)}")
    with localcontext(EXACT):
        return ANSWERS[name](replay(scenario), of)

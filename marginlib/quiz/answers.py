"""What every story can be asked: balances, results, fees, what was taken, and the margin summary."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from marginlib.engine.account import Take, fees_taken
from marginlib.engine.amounts import ZERO, rounded
from marginlib.engine.margin import return_on_put_up
from marginlib.engine.scenario import Scenario
from marginlib.engine.story import Story
from marginlib.quiz.asking import Answer, Ask, Case, answers


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
    return Case(scenario).answer(Ask.parse(ask))


def _takes(story: Story, currency: str) -> list[Take]:
    return [take for realised in story.realised for take in realised.cascade if currency in ("", take.currency)]


@answers("balance", of="a currency")
def _balance(story: Story, code: str) -> Decimal:
    return story.final.balance(code)


@answers("change", signed=True, of="a currency")
def _change(story: Story, code: str) -> Decimal:
    return story.final.balance(code) - story.scenario.balances.get(code, ZERO)


@answers("pnl", signed=True, of="a lot")
def _pnl(story: Story, lot: str) -> Decimal:
    return sum((each.pnl for each in story.realised if lot in ("", str(each.position.id))), ZERO)


@answers("taken", of="a currency")
def _taken(story: Story, code: str) -> Decimal:
    return sum((take.taken for take in _takes(story, code)), ZERO)


@answers("covers", of="perhaps a currency")
def _covers(story: Story, code: str) -> Decimal:
    return sum((take.covers for take in _takes(story, code)), ZERO)


@answers("conversion_fees", of="perhaps a currency")
def _conversion_fees(story: Story, code: str) -> Decimal:
    return sum((take.fee for take in _takes(story, code)), ZERO)


@answers("unpaid", of="nothing")
def _unpaid(story: Story, _of: str) -> Decimal:
    return sum((each.unpaid for each in story.realised), ZERO)


@answers("fees", of="a currency")
def _fees(story: Story, code: str) -> Decimal:
    return fees_taken(story.ledger, code).get(code, ZERO)


@answers("left", of="a lot")
def _left(story: Story, lot: str) -> Decimal:
    return sum((p.volume for p in story.final.positions if lot in ("", str(p.id))), ZERO)


def _of_code(pairs: Sequence[tuple[str, Decimal]], currency: str) -> Decimal:
    return sum((amount for code, amount in pairs if code == currency), ZERO)


@answers("owed", of="a currency")
def _owed(story: Story, code: str) -> Decimal:
    return _of_code([p.owed for p in story.final.positions], code)


@answers("held", of="a currency")
def _held(story: Story, code: str) -> Decimal:
    return _of_code([p.held for p in story.final.positions], code)


def _summed(story: Story, name: str) -> Decimal:
    if story.margin is None:
        raise ValueError("the scenario's margin can't be priced")
    value: Fraction = getattr(story.margin, name) or Fraction(0)
    return rounded(value, 4 if name == "level" else story.final.rulebook.places(story.margin.currency))


@answers("trade_balance", of="nothing")
def _trade_balance(story: Story, _of: str) -> Decimal:
    return _summed(story, "trade_balance")


@answers("equity", signed=True, of="nothing")
def _equity(story: Story, _of: str) -> Decimal:
    return _summed(story, "equity")


@answers("used_margin", of="nothing")
def _used_margin(story: Story, _of: str) -> Decimal:
    return _summed(story, "used_margin")


@answers("free_margin", signed=True, of="nothing")
def _free_margin(story: Story, _of: str) -> Decimal:
    return _summed(story, "free_margin")


@answers("level", signed=True, of="nothing")
def _level(story: Story, _of: str) -> Decimal:
    return _summed(story, "level")


@answers("return", signed=True, of="nothing")
def _return(story: Story, _of: str) -> Decimal:
    """What the oldest open position has gained, in percent of what was put up for it (R20)."""
    return rounded(return_on_put_up(story.final, story.final.positions[0]) * 100, 4)


@answers("refused", of="nothing")
def _refused(story: Story, _of: str) -> str:
    return story.error.code if story.error else "no"


@answers("order", of="nothing")
def _order(story: Story, _of: str) -> list[str]:
    return [take.currency for take in _takes(story, "")]


@answers("sequence", of="nothing")
def _sequence(story: Story, _of: str) -> str:
    return " ".join(take.currency for take in _takes(story, ""))


@answers("lots", of="nothing")
def _lots(story: Story, _of: str) -> list[str]:
    return [str(each.position.id) for each in story.realised]

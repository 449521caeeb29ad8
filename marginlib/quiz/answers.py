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


def _itself(_story: Story, code: str) -> str:
    return code


def _of_the_lots(story: Story, lot: str, part: str, opened: bool = False) -> str:
    """The one currency of the lots that an answer adds up; sums of several would be of nothing."""
    ended = [each.position for each in story.realised]
    lots = [each for each in (story.final.positions if opened else ended) if lot in ("", str(each.id))]
    codes = sorted({getattr(each, part) for each in lots})
    if len(codes) > 1:
        raise ValueError(f"its lots are counted in {' and '.join(codes)}, which don't add up; name a lot or a currency")
    return codes[0] if codes else ""


def _quote(story: Story, lot: str) -> str:
    return _of_the_lots(story, lot, "quote")


def _base(story: Story, lot: str) -> str:
    return _of_the_lots(story, lot, "base", opened=True)


def _cover(story: Story, code: str) -> str:
    """What a take covers, and its fee, are counted in the quote currency of the lot."""
    taking = [each for each in story.realised if any(code in ("", take.currency) for take in each.cascade)]
    codes = sorted({each.position.quote for each in taking})
    if len(codes) > 1:
        raise ValueError(f"its losses are counted in {' and '.join(codes)}, which don't add up")
    return codes[0] if codes else ""


def _summary(story: Story, _of: str) -> str:
    return story.scenario.summary_currency or ""


def _percent(_story: Story, _of: str) -> str:
    return "%"


@answers("balance", of="a currency", unit=_itself)
def _balance(story: Story, code: str) -> Decimal:
    return story.final.balance(code)


@answers("change", signed=True, of="a currency", unit=_itself)
def _change(story: Story, code: str) -> Decimal:
    return story.final.balance(code) - story.scenario.balances.get(code, ZERO)


@answers("pnl", signed=True, of="a lot", unit=_quote)
def _pnl(story: Story, lot: str) -> Decimal:
    return sum((each.pnl for each in story.realised if lot in ("", str(each.position.id))), ZERO)


@answers("taken", of="a currency", unit=_itself)
def _taken(story: Story, code: str) -> Decimal:
    return sum((take.taken for take in _takes(story, code)), ZERO)


@answers("covers", of="perhaps a currency", unit=_cover)
def _covers(story: Story, code: str) -> Decimal:
    return sum((take.covers for take in _takes(story, code)), ZERO)


@answers("conversion_fees", of="perhaps a currency", unit=_cover)
def _conversion_fees(story: Story, code: str) -> Decimal:
    return sum((take.fee for take in _takes(story, code)), ZERO)


@answers("unpaid", of="nothing", unit=_quote)
def _unpaid(story: Story, _of: str) -> Decimal:
    return sum((each.unpaid for each in story.realised), ZERO)


@answers("fees", of="a currency", unit=_itself)
def _fees(story: Story, code: str) -> Decimal:
    return fees_taken(story.ledger, code).get(code, ZERO)


@answers("left", of="a lot", unit=_base)
def _left(story: Story, lot: str) -> Decimal:
    return sum((p.volume for p in story.final.positions if lot in ("", str(p.id))), ZERO)


def _of_code(pairs: Sequence[tuple[str, Decimal]], currency: str) -> Decimal:
    return sum((amount for code, amount in pairs if code == currency), ZERO)


@answers("owed", of="a currency", unit=_itself)
def _owed(story: Story, code: str) -> Decimal:
    return _of_code([*map(story.final.rulebook.practice.owed, story.final.positions)], code)


@answers("held", of="a currency", unit=_itself)
def _held(story: Story, code: str) -> Decimal:
    return _of_code([p.held for p in story.final.positions], code)


def _summed(story: Story, name: str) -> Decimal:
    if story.margin is None:
        raise ValueError("the scenario's margin can't be priced")
    value: Fraction | None = getattr(story.margin, name)
    if value is None:
        raise ValueError("nothing is open at its end, so there is no margin level; used_margin is then 0")
    return rounded(value, 4 if name == "level" else story.final.rulebook.places(story.margin.currency))


@answers("trade_balance", of="nothing", unit=_summary)
def _trade_balance(story: Story, _of: str) -> Decimal:
    return _summed(story, "trade_balance")


@answers("equity", signed=True, of="nothing", unit=_summary)
def _equity(story: Story, _of: str) -> Decimal:
    return _summed(story, "equity")


@answers("used_margin", of="nothing", unit=_summary)
def _used_margin(story: Story, _of: str) -> Decimal:
    return _summed(story, "used_margin")


@answers("free_margin", signed=True, of="nothing", unit=_summary)
def _free_margin(story: Story, _of: str) -> Decimal:
    return _summed(story, "free_margin")


@answers("level", signed=True, of="nothing", unit=_percent)
def _level(story: Story, _of: str) -> Decimal:
    return _summed(story, "level")


@answers("return", signed=True, of="nothing", unit=_percent)
def _return(story: Story, _of: str) -> Decimal:
    """What the oldest open position has gained, in percent of what was put up for it (R20)."""
    if not story.final.positions:
        raise ValueError("nothing is open at its end, so nothing has a return yet")
    return rounded(return_on_put_up(story.final, story.final.positions[0]) * 100, 4)


@answers("refused", of="nothing", refused=True)
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

"""Wrong models that several lessons recognise, and what they are made with.

What only one lesson recognises lies in that lesson's folder.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from marginlib.engine.account import Position
from marginlib.engine.amounts import quotient, rounded
from marginlib.engine.margin import Margin
from marginlib.engine.scenario import Close, Open, Scenario, Settle
from marginlib.quiz.asking import Ask, Case
from marginlib.quiz.mistakes import mistake


def openings(case: Case) -> dict[int, Open]:
    """The opening steps by index, each with the price that it really had."""
    found = {}
    for moment in case.story.moments:
        if isinstance(moment.step, Open):
            found[moment.index] = moment.step.replaced(price=moment.after.positions[-1].open_price)
    return found


def swapped(case: Case, opens: dict[int, Open]) -> Case:
    """The case with other openings in the places of its own."""
    return case.changed([opens.get(index, step) for index, step in enumerate(case.scenario.steps)])


def one_leverage(case: Case) -> Decimal | None:
    """The leverage of all openings, where it is the same."""
    leverages = {step.leverage for step in case.scenario.steps if isinstance(step, Open)}
    return leverages.pop() if len(leverages) == 1 else None


@mistake("You counted in the base currency. Profit and loss are in the quote currency of the pair (R11).")
def profit_in_base(case: Case, ask: Ask) -> Decimal | None:
    """Profit or loss divided by the closing price."""
    right = case.number(ask)
    prices = {realised.price for realised in case.story.realised}
    return quotient(right, prices.pop(), 10) if right is not None and len(prices) == 1 else None


@mistake("The size is right, the sign is not: what comes to you has a plus, what leaves you a minus.")
def wrong_sign(case: Case, ask: Ask) -> Decimal | None:
    """The right size with the wrong sign."""
    right = case.number(ask)
    return None if right is None else -right


def balance_of(ask: Ask) -> str:
    """The currency whose balance is asked for, or nothing."""
    return ask.of if ask.name in ("balance", "change") else ""


def other_way(scenario: Scenario, kind: type[Close] | type[Settle]) -> Scenario:
    """The scenario with its last step turned into a closing or a settlement."""
    *steps, last = scenario.steps
    if not isinstance(last, Close | Settle):
        raise ValueError("the scenario does not end with a close or settle step")
    return scenario.replaced(steps=(*steps, kind(pair=last.pair, volume=last.volume)))


def summed(ask: Ask, equity: Fraction, used: Fraction) -> Decimal | None:
    """What is asked of a margin summary, from another equity or used margin than the right one."""
    level = equity / used * 100 if used else None
    value = {"equity": equity, "used_margin": used, "free_margin": equity - used, "level": level}.get(str(ask))
    return None if value is None else rounded(value, 4)


def still_open(case: Case) -> tuple[Margin, list[Position], Mapping[str, Decimal]] | None:
    """The margin summary, the open lots and the prices at the end; None with nothing open."""
    story = case.story
    lots = [lot for lot in story.final.positions if story.margin and lot.quote == story.margin.currency]
    return (story.margin, lots, story.final.prices) if story.margin and lots else None


@mistake("You measured it on your whole balance. Put up is only the cost divided by the leverage (R20).")
def return_on_the_balance(case: Case, ask: Ask) -> Decimal | None:
    """Profit in percent of the balance."""
    found = still_open(case)
    if not found or ask != Ask("return"):
        return None
    return rounded((found[0].equity - found[0].trade_balance) / found[0].trade_balance * 100, 4)

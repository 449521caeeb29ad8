"""From a scenario to its story: one step after the other, pure and exact."""

from collections.abc import Sequence
from decimal import localcontext

from marginlib.engine import closing, funds, liquidation, opening, settling
from marginlib.engine.account import Realised, Row, State
from marginlib.engine.amounts import EXACT
from marginlib.engine.errors import Refusal
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.scenario import (
    Close,
    Deposit,
    Open,
    Price,
    Scenario,
    Settle,
    Step,
    Stop,
    Trade,
    Wait,
    Withdraw,
)
from marginlib.engine.sharing import Shared, all_kept
from marginlib.engine.story import Moment, Refused, Story


def replay(scenario: Scenario, rulebook: Rulebook) -> Story:
    """Replay a scenario by a rulebook. The same scenario gives the same story.

    A refused step changes nothing and ends the story; ``story.error`` says why.

    Raises:
        InvalidScenario: a wait in which too many rollovers would fall due.

    >>> from marginlib import rulebook
    >>> replay(Scenario(balances={"EUR": "5"}).then(Deposit(currency="EUR", amount=5)), rulebook()).final.balances
    {'EUR': Decimal('10.0000')}
    """
    with localcontext(EXACT):
        return _go_on(scenario, _start(scenario, rulebook), (), scenario.steps)


def resume(story: Story, steps: Sequence[Step]) -> Story:
    """Go on where a story ended: the same as replaying its scenario with these steps added, without doing it all again.

    Raises:
        ValueError: the story ended with a refused step.

    >>> from marginlib import rulebook
    >>> story = replay(Scenario(balances={"EUR": "2000"}), rulebook())
    >>> resume(story, [Deposit(currency="EUR", amount=5)]).final.balances
    {'EUR': Decimal('2005.0000')}
    """
    if story.error:
        raise ValueError(f"step {story.error.index + 1} of this story is refused; nothing can follow it")
    longer = story.scenario.then(*steps)
    with localcontext(EXACT):
        return _go_on(longer, story.final, story.moments, steps)


def _go_on(scenario: Scenario, state: State, past: tuple[Moment, ...], steps: Sequence[Step]) -> Story:
    """The steps, one after the other, after what has happened; the last steps of the scenario."""
    moments, currency, refused = [*past], scenario.summary_currency or "", None
    with all_kept():
        for index, step in enumerate(steps, len(scenario.steps) - len(steps)):
            after = state.copy()
            try:
                rows, realised = _do(after, index, step, currency)
            except Refusal as refusal:
                refused = Refused(index, step, refusal.code, str(refusal), refusal.rules)
                break
            moments.append(Moment(index, step, state, after, tuple(rows), tuple(realised)))
            state = after
    return Story(scenario, state, tuple(moments), refused)


def _start(scenario: Scenario, rulebook: Rulebook) -> State:
    asked = scenario.rules
    fees = {name: fee for name, fee in asked.conversion_fees or () if fee is not None}
    rulebook = rulebook.replaced(
        collateral_order=rulebook.collateral_order if asked.collateral_order is None else asked.collateral_order,
        conversion_fees={**rulebook.conversion_fees, **fees},
        haircuts={**rulebook.haircuts, **(asked.haircuts or {})},
        liquidation=asked.liquidation,
        initial_margin_check=asked.initial_margin_check,
    )
    return State(rulebook, dict(scenario.fees), Shared(scenario.balances), Shared(scenario.prices))


def _do(state: State, index: int, step: Step, summary_currency: str) -> tuple[list[Row], list[Realised]]:
    """Hand a step to its verb."""
    match step:
        case Open():
            return opening.open_position(state, index, step, summary_currency), []
        case Price():
            return liquidation.move_price(state, index, step, summary_currency)
        case Settle():
            return settling.settle(state, index, step.pair, step.volume), []
        case Close():
            return closing.close(state, index, step.pair, step.volume, step.price)
        case Deposit():
            return funds.deposit(state, index, step), []
        case Withdraw():
            return funds.withdraw(state, index, step, summary_currency), []
        case Trade():
            return funds.trade(state, index, step, summary_currency), []
        case Wait():
            return funds.wait(state, index, step), []
        case Stop():
            liquidation.place_stop(state, step)
            return [], []

"""From a scenario to its story: one step after the other, pure and exact."""

import functools
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

from marginlib.engine import closing, funds, liquidation, opening, settling
from marginlib.engine.account import Realised, Row, State
from marginlib.engine.amounts import EXACT, plain
from marginlib.engine.derivation import entered, is_traced
from marginlib.engine.errors import InvalidScenario, Refusal, given
from marginlib.engine.inputs import SETTING, entered_rulebook, entered_scenario, entered_steps
from marginlib.engine.kinds import shown
from marginlib.engine.remedies import advised
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.scenario import (
    Close,
    Deposit,
    Open,
    Price,
    Prices,
    Rules,
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
    if is_traced():
        scenario, rulebook = entered_scenario(scenario), entered_rulebook(rulebook)
    with localcontext(EXACT):
        return _go_on(scenario, _start(scenario, rulebook), (), scenario.steps)


def resume(story: Story, steps: Sequence[Step]) -> Story:
    """Go on where a story ended: the same as replaying its scenario with these steps added, without doing it all again.

    Raises:
        ValueError: the story ended with a refused step.
        TypeError: what is given is no story.

    >>> from marginlib import rulebook
    >>> story = replay(Scenario(balances={"EUR": "2000"}), rulebook())
    >>> resume(story, [Deposit(currency="EUR", amount=5)]).final.balances
    {'EUR': Decimal('2005.0000')}
    """
    given("story", story, Story, "a story, such as replay(scenario) gives")
    if story.error:
        raise ValueError(f"step {story.error.index + 1} of this story is refused; nothing can follow it")
    if is_traced():
        steps = entered_steps(steps)
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
                told = advised(refusal, state, step, currency, functools.partial(_attempt, index, currency))
                refused = Refused(index, step, refusal.code, told, refusal.rules)
                break
            moments.append(Moment(index, step, state, after, tuple(rows), tuple(realised)))
            state = after
    return Story(scenario, state, tuple(moments), refused)


def _attempt(index: int, currency: str, state: State, step: Step) -> None:
    """Carry out a step on a state of its own, to see whether it goes."""
    _do(state, index, step, currency)


def _start(scenario: Scenario, rulebook: Rulebook) -> State:
    rates = {
        (fee, currency): rate
        for fee, table in (("opening", scenario.fees.opening), ("rollover", scenario.fees.rollover))
        for currency, rate in ({} if isinstance(table, Decimal) else table).items()
    }
    fees = {
        "trading": scenario.fees.trading,
        "opening": scenario.fees.rate_of("opening", ""),
        "rollover": scenario.fees.rate_of("rollover", ""),
    }
    book = _asked(scenario.rules, rulebook)
    return State(book, fees, Shared(scenario.balances), Shared(scenario.prices), rates=rates)


def _asked(asked: Rules, rulebook: Rulebook) -> Rulebook:
    """The rulebook as a scenario wants it."""
    fees = {name: fee for name, fee in asked.conversion_fees or () if fee is not None}
    cuts = _haircuts(asked.haircuts, rulebook)
    if is_traced():
        fees = {name: entered(fee, "conversion fee", ("R16",), source=SETTING) for name, fee in fees.items()}
        cuts = {code: entered(cut, f"haircut of {code}", ("B1",), source=SETTING) for code, cut in cuts.items()}
    call = rulebook.call_level if asked.call_level is None else asked.call_level
    end = rulebook.liquidation_level if asked.liquidation_level is None else asked.liquidation_level
    if call < end:
        which, other = ("call", "liquidation") if asked.call_level is not None else ("liquidation", "call")
        value, least = (call, end) if which == "call" else (end, call)
        raise InvalidScenario(
            f"rules.{which}_level: expected at {'least' if which == 'call' else 'most'} {plain(least)}, which is the "
            f"{other}_level, got {plain(value)}: a margin call comes before liquidation"
        )
    return rulebook.replaced(
        collateral_order=_collateral(asked, rulebook),
        conversion_fees={**rulebook.conversion_fees, **fees},
        haircuts={**rulebook.haircuts, **cuts},
        liquidation=asked.liquidation,
        initial_margin_check=asked.initial_margin_check,
        call_level=call,
        liquidation_level=end,
    )


def _collateral(asked: Rules, rulebook: Rulebook) -> tuple[str, ...]:
    """The collateral order: first what is removed from it, then what is added, at its end (R14)."""
    order = rulebook.collateral_order if asked.collateral_order is None else asked.collateral_order
    gone = asked.collateral_remove or ()
    for code in gone:
        if code not in order:
            raise InvalidScenario(f"rules.collateral_remove: expected codes of the collateral order, got '{code}'")
    order = tuple(code for code in order if code not in gone)
    for code in asked.collateral_add or ():
        if code in order:
            raise InvalidScenario(f"rules.collateral_add: '{code}' is in the collateral order already; leave it out")
    return (*order, *(asked.collateral_add or ()))


def _haircuts(asked: Mapping[str, Decimal] | str | None, rulebook: Rulebook) -> Mapping[str, Decimal]:
    """Haircuts by code; those of a set, where one is named (B1)."""
    if not isinstance(asked, str):
        return asked or {}
    if asked not in rulebook.haircut_sets:
        known = ", ".join(f"'{name}'" for name in rulebook.haircut_sets)
        raise InvalidScenario(
            f"rules.haircuts: expected an object {{…}} or the name of a set, {known}; got {shown(asked)}"
        )
    return rulebook.haircut_sets[asked]


def _do(state: State, index: int, step: Step, summary_currency: str) -> tuple[list[Row], list[Realised]]:
    """Hand a step to its verb."""
    match step:
        case Open():
            return opening.open_position(state, index, step, summary_currency), []
        case Price():
            return liquidation.move_prices(state, index, {step.pair: step.price}, summary_currency)
        case Prices():
            return liquidation.move_prices(state, index, step.prices, summary_currency)
        case Settle():
            return settling.settle(state, index, step.pair, step.volume), []
        case Close():
            return closing.close(state, index, step.pair, step.volume, step.price, step.fee)
        case Deposit():
            return funds.deposit(state, index, step), []
        case Withdraw():
            return funds.withdraw(state, index, step, summary_currency), []
        case Trade():
            return funds.trade(state, index, step, summary_currency), []
        case Wait():
            return funds.wait(state, index, step), []
        case Stop():
            return liquidation.place_stop(state, index, step)

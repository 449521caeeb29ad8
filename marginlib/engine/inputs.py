"""A scenario and a rulebook whose amounts remember what they are: what every derivation ends in."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from marginlib.engine.account import State
from marginlib.engine.derivation import Unit, bare, entered, money_unit, price_unit
from marginlib.engine.positions import Positions
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.scenario import (
    Close,
    Deposit,
    Fees,
    Open,
    Price,
    Prices,
    Scenario,
    Step,
    Stop,
    Trade,
    Wait,
    Withdraw,
)
from marginlib.engine.story import Story

SETTING = "given: the lesson's setting"
_RATES = {
    "fee": "rate of the trading fee",
    "opening": "rate of the opening fee",
    "rollover": "rate of the rollover fee",
}
_RULES = {"fee": ("A4",), "opening": ("B6",), "rollover": ("B6",)}


def entered_scenario(scenario: Scenario) -> Scenario:
    """The same scenario, with amounts that remember what they are.

    >>> start = entered_scenario(Scenario(balances={"EUR": "5"}))
    >>> start.balances["EUR"].derivation.name
    'your EUR at the start'
    """
    return scenario.replaced(
        balances={
            code: _given(amount, f"your {code} at the start", unit=money_unit(code))
            for code, amount in scenario.balances.items()
        },
        prices=_prices(scenario.prices),
        fees=_fees(scenario.fees),
        steps=tuple(entered_steps(scenario.steps)),
    )


def entered_steps(steps: Iterable[Step]) -> list[Step]:
    """The same steps, with amounts that remember what they are.

    >>> from marginlib.engine.scenario import Deposit
    >>> entered_steps([Deposit(currency="EUR", amount="5")])[0].amount.derivation.name
    'deposit'
    """
    return [_step(step) for step in steps]


def _step(step: Step) -> Step:
    match step:
        case Open() | Trade() | Close():
            base = step.pair.partition("/")[0]
            what = {"open": "volume opened", "trade": "volume of the order", "close": "volume closed"}[step.do]
            changes: dict[str, Any] = {
                "volume": step.volume if step.volume == "all" else _given(step.volume, what, unit=money_unit(base)),
                "price": _maybe(step.price, "price of the order", unit=price_unit(step.pair)),
                "fee": _maybe(step.fee, _RATES["fee"], _RULES["fee"]),
            }
            if isinstance(step, Open):
                changes["leverage"] = _given(step.leverage, "leverage", ("R20",))
                for name in ("opening", "rollover"):
                    changes[name] = _maybe(getattr(step, name), _RATES[name], _RULES[name])
            return step.replaced(**changes)
        case Price():
            return step.replaced(price=_prices({step.pair: step.price})[step.pair])
        case Prices():
            return step.replaced(prices=_prices(step.prices))
        case Deposit() | Withdraw():
            what = "deposit" if isinstance(step, Deposit) else "withdrawal"
            return step.replaced(amount=_given(step.amount, what, unit=money_unit(step.currency)))
        case Wait():
            return step.replaced(hours=_given(step.hours, "hours"))
        case Stop():
            return step.replaced(
                trigger=_given(step.trigger, "trigger of the stop", ("R22",), unit=price_unit(step.pair))
            )
    return (
        step
        if step.volume == "all"
        else step.replaced(volume=_given(step.volume, "volume settled", unit=money_unit(step.pair.partition("/")[0])))
    )


def entered_rulebook(book: Rulebook) -> Rulebook:
    """The same rulebook, with amounts that remember what they are, and in which file they stand."""
    told = book.sources.get

    def level(name: str, what: str, rule: str) -> Decimal:
        amount: Decimal = getattr(book, name)
        return entered(amount, what, (rule,), source=told("levels", ""))

    return replace(
        book,
        conversion_fees={
            name: entered(rate, f"conversion fee, {_CLASSES[name]}", ("R16",), source=told("conversion_fees", ""))
            for name, rate in book.conversion_fees.items()
        },
        haircuts={
            code: entered(cut, f"haircut of {code}", ("B1",), source=told("haircuts", ""))
            for code, cut in book.haircuts.items()
        },
        opening_level=level("opening_level", "level needed to open", "B4"),
        call_level=level("call_level", "level of a margin call", "B5"),
        liquidation_level=level("liquidation_level", "level of liquidation", "B5"),
    )


def bare_state(state: State) -> State:
    """The same state, with amounts that remember nothing: where an answer is looked for by trying.

    >>> from marginlib import replay
    >>> bare_state(replay(Scenario(balances={"EUR": "5"})).final).balances
    {'EUR': Decimal('5')}
    """
    book, twin, positions = state.rulebook, state.copy(), Positions()
    levels = {name: bare(getattr(book, name)) for name in ("opening_level", "call_level", "liquidation_level")}
    fees, cuts = _bare(book.conversion_fees), _bare(book.haircuts)
    twin.rulebook = replace(book, conversion_fees=fees, haircuts=cuts, **levels)
    twin.fees, twin.rates = _bare(state.fees), _bare(state.rates)
    for table in (twin.balances, twin.prices, twin.unpaid):
        for name, amount in [*table.items()]:
            table[name] = bare(amount)
    for lot in state.positions:
        amounts = ("volume", "open_price", "leverage", "opened_at", "rollover")
        positions = positions.opened(replace(lot, **{name: bare(getattr(lot, name)) for name in amounts}))
    twin.positions, twin.hours, twin.quiet_until = positions, bare(state.hours), bare(state.quiet_until)
    twin.stops = tuple(replace(stop, trigger=bare(stop.trigger)) for stop in state.stops)
    return twin


def bare_story(story: Story) -> Story:
    """The same story, with amounts in its last state that remember nothing."""
    return replace(story, final=bare_state(story.final))


def _bare(table: Mapping[Any, Decimal]) -> dict[Any, Decimal]:
    return {name: bare(amount) for name, amount in table.items()}


_CLASSES = {
    "cash_cash": "cash to cash", "btc_eth_cash": "BTC or ETH to cash or back", "other": "all other conversions",
}  # fmt: skip


def _given(amount: Decimal, name: str, rules: tuple[str, ...] = (), *, unit: Unit | None = None) -> Decimal:
    return entered(amount, name, rules, unit=unit, source=SETTING)


def _maybe(
    amount: Decimal | None, name: str, rules: tuple[str, ...] = (), *, unit: Unit | None = None
) -> Decimal | None:
    return None if amount is None else _given(amount, name, rules, unit=unit)


def _prices(prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {pair: _given(price, f"price of {pair}", unit=price_unit(pair)) for pair, price in prices.items()}


def _fees(fees: Fees) -> Fees:
    lending: dict[str, Any] = {}
    for name in ("opening", "rollover"):
        rates = getattr(fees, name)
        lending[name] = (
            _given(rates, _RATES[name], _RULES[name])
            if isinstance(rates, Decimal)
            else {code: _given(rate, f"{_RATES[name]}, {code}", _RULES[name]) for code, rate in rates.items()}
        )
    return fees.replaced(trading=_given(fees.trading, _RATES["fee"], _RULES["fee"]), **lending)

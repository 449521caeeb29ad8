"""What you have, what you owe and what is yours: a state as a balance sheet (R1, B1)."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal

from marginlib.engine.account import Position, State
from marginlib.engine.amounts import EXACT
from marginlib.engine.derivation import named
from marginlib.engine.errors import given

Place = Literal["exchange", "position", "market"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An amount in its own currency, and what it is worth in the sheet's currency at current prices.

    >>> Entry("BTC", Decimal("0.5"), Fraction(25000)).currency
    'BTC'
    """

    currency: str
    amount: Decimal
    worth: Fraction


@dataclass(frozen=True)
class Sheet:
    """One side: free balances and what positions hold. The other: what is owed, and what is left, which is yours.

    >>> borrowed = Entry("EUR", Decimal(20), Fraction(20))
    >>> sheet = Sheet("EUR", (Entry("EUR", Decimal(5), Fraction(5)),), (borrowed,), (borrowed,))
    >>> sheet.has, sheet.owes, sheet.yours
    (Fraction(25, 1), Fraction(20, 1), Fraction(5, 1))
    """

    currency: str
    own: tuple[Entry, ...]
    restricted: tuple[Entry, ...]
    owed: tuple[Entry, ...]

    @functools.cached_property
    def has(self) -> Fraction:
        """Everything on the first side, in the sheet's currency."""
        return named(worth((*self.own, *self.restricted)), "what you have")

    @functools.cached_property
    def owes(self) -> Fraction:
        """Everything that is owed, in the sheet's currency."""
        return named(worth(self.owed), "what you owe")

    @functools.cached_property
    def yours(self) -> Fraction:
        """What would be left if all that is owed were given back now, in the sheet's currency; may be negative.

        It is the equity of B1 where every balance is collateral without a haircut.
        """
        return named(self.has - self.owes, "net worth")


@dataclass(frozen=True, slots=True)
class Flow:
    """An amount that goes from one place to another when a position opens (R1)."""

    source: Place
    target: Place
    currency: str
    amount: Decimal


def sheet(state: State, currency: str) -> Sheet:
    """The balance sheet of a state, valued in a currency at current prices (A2).

    Raises:
        Refusal: ``missing_price``, when something can't be valued.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"EUR": "15000"}, "prices": {"BTC/EUR": "50000"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "short", "volume": "0.5", "leverage": 5},
    ...               {"do": "price", "pair": "BTC/EUR", "price": "40000"}]}))
    >>> seen = sheet(story.final, "EUR")
    >>> [(entry.currency, int(entry.worth)) for entry in (*seen.restricted, *seen.owed)], int(seen.yours)
    ([('EUR', 25000), ('BTC', 20000)], 20000)
    """
    given("state", state, State, "a state, such as replay(scenario).final")
    with localcontext(EXACT):
        held = [position.held for position in state.positions]
        due = [*(position.owed for position in state.positions), *state.unpaid.items()]
        return Sheet(
            currency,
            _entries(state, state.balances.items(), currency),
            _entries(state, held, currency),
            _entries(state, due, currency),
        )


def opening_sheets(before: State, after: State, currency: str) -> tuple[Sheet, Sheet, Sheet]:
    """The balance sheet before an opening, with the funds extended but not yet swapped, and after it (R1).

    Raises:
        Refusal: ``missing_price``, when something can't be valued.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> moment = replay(Scenario.of({
    ...     "balances": {"EUR": "15000"}, "prices": {"BTC/EUR": "50000"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.5"}]})).moments[0]
    >>> for seen in opening_sheets(moment.before, moment.after, "EUR"):
    ...     print([entry.currency for entry in seen.restricted], seen.owes, seen.yours)
    [] 0 15000
    ['EUR'] 25000 15000
    ['BTC'] 25000 15000
    """
    start = sheet(before, currency)
    with localcontext(EXACT):
        lent = _entries(before, [after.positions[-1].owed], currency)
    extended = replace(start, restricted=(*start.restricted, *lent), owed=(*start.owed, *lent))
    return start, extended, sheet(after, currency)


def flows(position: Position) -> tuple[Flow, Flow, Flow]:
    """What moves when a position opens: the extension, then both legs of the trade (R1).

    >>> lot = Position(1, "BTC/EUR", "short", Decimal(2), Decimal(50000), Decimal(5), Decimal(0))
    >>> [f"{flow.source} to {flow.target}: {flow.amount} {flow.currency}" for flow in flows(lot)]
    ['exchange to position: 2 BTC', 'position to market: 2 BTC', 'market to position: 100000 EUR']
    """
    with localcontext(EXACT):
        lent, received = position.owed, position.held
    return Flow("exchange", "position", *lent), Flow("position", "market", *lent), Flow("market", "position", *received)


def _entries(state: State, amounts: Iterable[tuple[str, Decimal]], currency: str) -> tuple[Entry, ...]:
    return tuple(Entry(code, amount, _worth(state, code, amount, currency)) for code, amount in amounts if amount)


def _worth(state: State, code: str, amount: Decimal, currency: str) -> Fraction:
    value = state.rate(code, currency).of(amount)
    return value if code == currency else named(value, "worth of the {}", ("A2",), of=code)


def worth(entries: Iterable[Entry]) -> Fraction:
    """What entries are worth together, in the currency of their sheet.

    >>> worth([Entry("EUR", Decimal(5), Fraction(5)), Entry("BTC", Decimal("0.1"), Fraction(5000))])
    Fraction(5005, 1)
    """
    return sum((entry.worth for entry in entries), Fraction(0))

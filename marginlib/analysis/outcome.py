"""What an ending comes to: net worth, and what it cost. Two ways of ending a position are compared with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import localcontext
from fractions import Fraction

from marginlib.analysis.sheet import sheet
from marginlib.engine.account import Reason, State, fees_taken
from marginlib.engine.amounts import EXACT, ZERO
from marginlib.engine.derivation import named
from marginlib.engine.story import Moment

_TRADING: tuple[Reason, ...] = ("trading_fee", "ordinary_order")


def worth(state: State, currency: str) -> Fraction:
    """Net worth: what you have, free or restricted, minus what is owed and unpaid, at current prices (A2, A5).

    Unlike equity (B1) it counts every balance, collateral or not, and takes no haircut.

    Raises:
        Refusal: ``missing_price``, when something can't be valued.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"EUR": "60000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", "leverage": 5},
    ...     {"do": "price", "pair": "BTC/EUR", "price": "40000"}]}))
    >>> worth(story.final, "EUR")
    Fraction(50000, 1)
    """
    return sheet(state, currency).yours


@dataclass(frozen=True, slots=True)
class Outcome:
    """What some steps came to, in one currency: net worth after them, and what went in and was lost on the way.

    ``deposited`` is what came in from outside; ``trading_fees`` are those of closings and ordinary orders, as far as
    they were paid; ``conversion_fees`` those of losses that other currencies had to cover (R16).
    """

    currency: str
    worth: Fraction
    deposited: Fraction
    trading_fees: Fraction
    conversion_fees: Fraction

    @property
    def own_worth(self) -> Fraction:
        """Net worth without what was deposited on the way: what can be compared with another way."""
        return named(self.worth - self.deposited, "net worth, less what was deposited")

    @property
    def fees(self) -> Fraction:
        """Trading and conversion fees together."""
        return named(self.trading_fees + self.conversion_fees, "fees in all")


def outcome(moments: Iterable[Moment], after: State, currency: str) -> Outcome:
    """What these moments of a story came to, valued at the prices after them (A2).

    Raises:
        Refusal: ``missing_price``, when something can't be valued.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"EUR": "60000"}, "prices": {"BTC/EUR": "50000"}, "fees": {"trading": "0.004"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", "leverage": 5},
    ...               {"do": "close", "pair": "BTC/EUR", "volume": "all"}]}))
    >>> outcome(story.moments[1:], story.final, "EUR")  # doctest: +NORMALIZE_WHITESPACE
    Outcome(currency='EUR', worth=Fraction(59600, 1), deposited=Fraction(0, 1),
            trading_fees=Fraction(200, 1), conversion_fees=Fraction(0, 1))
    """
    deposited, trading, converting = Fraction(0), Fraction(0), Fraction(0)
    with localcontext(EXACT):
        for moment in moments:
            for row in moment.rows:
                came = sum((part.amount for part in row.parts if part.reason == "deposit"), ZERO)
                deposited += after.rate(row.asset, currency).of(came) if came else 0
            for asset, fee in fees_taken(moment.rows, reasons=_TRADING).items():
                trading += after.rate(asset, currency).of(fee)
            for realised in moment.realised:
                converting += after.rate(realised.position.quote, currency).of(realised.conversion_fees)
        trading = named(trading, "trading fees", ("A4",))
        converting = named(converting, "conversion fees in all", ("R16",))
        return Outcome(currency, worth(after, currency), named(deposited, "deposited"), trading, converting)

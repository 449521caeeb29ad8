"""What an account holds and owes, and the ledger that alone may change it.

Every step works on a copy of the state; a refused step's copy is thrown away (A7). A balance changes only
through :meth:`Event.post`, which writes a ledger row with the rules and the reason, and moves the same amount
out of or into another book, so that per currency nothing is lost or made.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from marginlib.engine.amounts import ZERO, Rate, rounded
from marginlib.engine.errors import Refusal
from marginlib.engine.rulebook import Rulebook

Counter = Literal["exchange", "market", "fees", "outside", "restricted"]
RowType = Literal["deposit", "withdrawal", "trade", "margin", "rollover", "settled"]
Reason = Literal[
    "opening", "profit", "loss", "closing", "obligation", "released", "trading_fee", "opening_fee", "rollover_fee",
    "ordinary_order", "deposit", "withdrawal",
]  # fmt: skip


ONE = Decimal(1)
PAR = Rate(ONE, ONE)


@dataclass(frozen=True, slots=True)
class Position:
    """One lot on margin: volume in BASE, opening price in QUOTE for one BASE, opening time in hours.

    >>> Position(1, "BTC/EUR", "short", Decimal(2), Decimal(50000), Decimal(5), Decimal(0)).owed
    ('BTC', Decimal('2'))
    """

    id: int
    pair: str
    side: Literal["long", "short"]
    volume: Decimal
    open_price: Decimal
    leverage: Decimal
    opened_at: Decimal

    @property
    def base(self) -> str:
        """The currency that the volume is in."""
        return self.pair.partition("/")[0]

    @property
    def quote(self) -> str:
        """The currency that the price is in."""
        return self.pair.partition("/")[2]

    @property
    def cost(self) -> Decimal:
        """Volume times opening price, in QUOTE."""
        return self.volume * self.open_price

    @property
    def owed(self) -> tuple[str, Decimal]:
        """The obligation: currency and amount extended at opening (R1)."""
        return (self.quote, self.cost) if self.side == "long" else (self.base, self.volume)

    @property
    def held(self) -> tuple[str, Decimal]:
        """What was received at opening and stays restricted (R1)."""
        return (self.base, self.volume) if self.side == "long" else (self.quote, self.cost)


@dataclass(frozen=True, slots=True)
class StopOrder:
    """A waiting stop: it covers the whole position in its pair. Trigger in QUOTE for one BASE (R22)."""

    pair: str
    side: Literal["buy", "sell"]
    trigger: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """Why a row moves what it moves: the reason, its share of amount and fee, and its rules."""

    reason: Reason
    amount: Decimal
    fee: Decimal
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A ledger row, in the vocabulary of the exchange's exports; amounts in the row's asset.

    Per asset, balance = previous balance + amount - fee.
    """

    step: int
    position: int | None
    type: RowType
    asset: str
    amount: Decimal
    fee: Decimal
    balance: Decimal
    parts: tuple[Part, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that caused the row, the main one first."""
        return tuple(dict.fromkeys(rule for part in self.parts for rule in part.rules))


@dataclass(frozen=True, slots=True)
class Take:
    """One deduction of a cascade: taken in its currency; covers and fee in QUOTE; the fee rate as a share."""

    currency: str
    taken: Decimal
    covers: Decimal
    fee: Decimal
    fee_rate: Decimal
    why: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Realised:
    """What closing a volume of one lot realised, in QUOTE, and the cascade that a loss set off (R12)."""

    step: int
    position: Position
    volume: Decimal
    price: Decimal
    pnl: Decimal
    unpaid: Decimal
    cascade: tuple[Take, ...]
    by: Literal["order", "stop", "liquidation"]

    @property
    def conversion_fees(self) -> Decimal:
        """What all conversions of the cascade cost, in QUOTE (R16)."""
        return sum((take.fee for take in self.cascade), ZERO)


@dataclass(slots=True)
class State:
    """Everything at one moment. Finished states are never changed; steps work on a :meth:`copy`."""

    rulebook: Rulebook
    fees: dict[str, Decimal]
    balances: dict[str, Decimal]
    prices: dict[str, Decimal]
    positions: tuple[Position, ...] = ()
    stops: tuple[StopOrder, ...] = ()
    unpaid: dict[str, Decimal] = field(default_factory=dict)
    hours: Decimal = ZERO
    opened: int = 0
    books: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def copy(self) -> "State":
        """A state of its own to work on."""
        twin = copy.copy(self)
        twin.balances, twin.prices = self.balances.copy(), self.prices.copy()
        twin.unpaid, twin.books = self.unpaid.copy(), self.books.copy()
        return twin

    def balance(self, currency: str) -> Decimal:
        """The free balance of a currency."""
        return self.balances.get(currency, ZERO)

    def round(self, currency: str, amount: Decimal | Fraction) -> Decimal:
        """Round an amount to the currency's ledger precision (A8)."""
        return rounded(amount, self.rulebook.places(currency))

    def price(self, pair: str) -> Decimal:
        """The current price of the pair itself, as an order needs it, in QUOTE for one BASE.

        Raises:
            Refusal: ``missing_price``.
        """
        try:
            return self.prices[pair]
        except KeyError:
            message = f"There is no price for {pair}. Give it one in prices, or with a price step before this one."
            raise Refusal("missing_price", message, ("A2",)) from None

    def rate(self, source: str, target: str) -> Rate:
        """How much of one currency another is worth: the pair, its inverse, or one hop (A2).

        Raises:
            Refusal: ``missing_price``.
        """
        direct = self._leg(source, target)
        if direct is not None:
            return direct
        codes = {code for pair in self.prices for code in pair.split("/")}
        for hop in ("USD", "EUR", *sorted(codes)):
            first = self._leg(source, hop)
            second = None if first is None else self._leg(hop, target)
            if first is not None and second is not None:
                return Rate(first.up * second.up, first.down * second.down)
        message = (
            f"There is no price to turn {source} into {target}: neither {source}/{target} nor {target}/{source}, "
            "and no currency that both have a price with. Add one of these to prices."
        )
        raise Refusal("missing_price", message, ("A2",))

    def _leg(self, source: str, target: str) -> Rate | None:
        if source == target:
            return PAR
        price = self.prices.get(f"{source}/{target}")
        if price is not None:
            return Rate(price, ONE)
        price = self.prices.get(f"{target}/{source}")
        return None if price is None else Rate(ONE, price)

    def lots(self, pair: str) -> list[Position]:
        """The open lots of a pair, oldest first (R7, R8).

        Raises:
            Refusal: ``no_position``.
        """
        lots = [position for position in self.positions if position.pair == pair]
        if not lots:
            raise Refusal(
                "no_position",
                f"There is no open position in {pair}. Open one before this step.",
                ("R2",),
            )
        return lots

    def reduce(self, lot: Position, volume: Decimal) -> None:
        """Take a volume off a lot; a lot of nothing is gone, and a pair's stops end with its last lot."""
        rest = lot.volume - volume
        self.positions = tuple(
            replace(p, volume=rest) if p.id == lot.id else p for p in self.positions if p.id != lot.id or rest
        )
        if all(p.pair != lot.pair for p in self.positions):
            self.stops = tuple(stop for stop in self.stops if stop.pair != lot.pair)

    def move(self, currency: str, amount: Decimal, source: Counter, target: Counter) -> None:
        """Move an amount between two books that are not the trader's free balance."""
        for book, signed in ((source, -amount), (target, amount)):
            self.books[book, currency] = self.books.get((book, currency), ZERO) + signed


class Event:
    """What one opening, closing, settlement, rollover or order does: gathered into one row per asset.

    Use :meth:`post` for every effect, then :meth:`rows`.
    """

    def __init__(self, state: State, step: int, kind: RowType, position: int | None = None) -> None:
        self.state, self.step, self.kind, self.position = state, step, kind, position
        self._parts: dict[str, list[Part]] = {}

    def post(
        self,
        currency: str,
        reason: Reason,
        rules: Iterable[str],
        counter: Counter,
        *,
        amount: Decimal = ZERO,
        fee: Decimal = ZERO,
    ) -> None:
        """Add amount - fee to a balance; the amount comes from (or goes to) a counter book, the fee to fees."""
        state = self.state
        state.balances[currency] = state.balance(currency) + amount - fee
        if amount:
            state.books[counter, currency] = state.books.get((counter, currency), ZERO) - amount
        if fee:
            state.books["fees", currency] = state.books.get(("fees", currency), ZERO) + fee
        self._parts.setdefault(currency, []).append(Part(reason, amount, fee, tuple(rules)))

    def rows(self) -> list[Row]:
        """One row per asset, with the balance after the event."""
        return [
            Row(
                self.step,
                self.position,
                self.kind,
                asset,
                sum((part.amount for part in parts), ZERO),
                sum((part.fee for part in parts), ZERO),
                self.state.balance(asset),
                tuple(parts),
            )
            for asset, parts in self._parts.items()
        ]

"""What an account holds and owes, and the ledger that alone may change it.

Every step works on a copy of the state; a refused step's copy is thrown away (A7). A balance changes only
through :meth:`Event.post`, which writes a ledger row with the rules and the reason, and moves the same amount
out of or into another book, so that per currency nothing is lost or made.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from marginlib.engine.amounts import ZERO, Rate, rounded
from marginlib.engine.derivation import REMEMBERING, Booking, named
from marginlib.engine.errors import Refusal
from marginlib.engine.positions import Lots, Positions
from marginlib.engine.positions import Position as Position  # where the other rooms look for it
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.sharing import Shared

Counter = Literal["exchange", "market", "fees", "outside", "restricted"]
RowType = Literal["deposit", "withdrawal", "trade", "margin", "rollover", "settled"]
Reason = Literal[
    "opening", "profit", "loss", "closing", "obligation", "released", "trading_fee", "opening_fee", "rollover_fee",
    "ordinary_order", "deposit", "withdrawal",
]  # fmt: skip


CHARGES: tuple[Reason, ...] = ("trading_fee", "opening_fee", "rollover_fee")
"""The fees of a position (A4, B6)."""

_BOOKED: dict[str, str] = {
    "opening": "moved at opening", "profit": "profit", "loss": "taken for a loss", "closing": "moved at closing",
    "obligation": "paid back", "released": "released", "trading_fee": "trading fee",
    "opening_fee": "opening fee", "rollover_fee": "rollover fee", "ordinary_order": "traded by an ordinary order",
    "deposit": "deposit", "withdrawal": "withdrawal",
}  # fmt: skip
"""What an amount of a ledger row is, by its reason."""

ONE = Decimal(1)
PAR = Rate(ONE, ONE)


@dataclass(frozen=True, slots=True)
class StopOrder:
    """A waiting stop: it covers the whole position in its pair. Trigger in QUOTE for one BASE (R22)."""

    pair: str
    side: Literal["buy", "sell"]
    trigger: Decimal

    def crossed(self, price: Decimal) -> bool:
        """Whether a price sets it off: at or below its trigger for a sell stop, at or above it for a buy stop."""
        return price <= self.trigger if self.side == "sell" else price >= self.trigger


@dataclass(frozen=True, slots=True)
class Part:
    """Why a row moves what it moves: the reason, its share of amount and fee, and its rules."""

    reason: Reason
    amount: Decimal
    fee: Decimal
    rules: tuple[str, ...]

    @property
    def took(self) -> Decimal:
        """What it took from the balance: a fee that none bears alone is posted like a loss, as an amount (A4)."""
        return self.fee - self.amount


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
        return named(sum((take.fee for take in self.cascade), ZERO), "conversion fees", ("R16",))


def fees_taken(rows: Iterable[Row], asset: str = "", reasons: Iterable[Reason] = CHARGES) -> dict[str, Decimal]:
    """What fees took from the balances, by asset: of one of them, or of all (A4, B6, R6).

    >>> rows = [Row(0, 1, "margin", "EUR", Decimal(-20), ZERO, ZERO, (Part("trading_fee", Decimal(-20), ZERO, ()),))]
    >>> fees_taken(rows), fees_taken(rows, "BTC")
    ({'EUR': Decimal('20')}, {})
    """
    taken: dict[str, Decimal] = {}
    for row in rows:
        for part in row.parts if asset in ("", row.asset) else ():
            if part.reason in reasons:
                paid = part.fee if part.reason == "ordinary_order" else part.took  # an order's amount is what it trades
                taken[row.asset] = taken.get(row.asset, ZERO) + paid
    return taken


class Charge(NamedTuple):
    """A fee that fell due, in QUOTE: of which position and kind, how much, and what of it nothing bore (A4, A5)."""

    position: int | None
    reason: Reason
    currency: str
    due: Decimal
    unpaid: Decimal


@dataclass(slots=True)
class State:
    """Everything at one moment. Finished states are never changed; steps work on a :meth:`copy`."""

    rulebook: Rulebook
    fees: dict[str, Decimal]
    balances: Shared[str, Decimal]
    prices: Shared[str, Decimal]
    positions: Positions = field(default_factory=Positions)
    stops: tuple[StopOrder, ...] = ()
    unpaid: Shared[str, Decimal] = field(default_factory=Shared)
    hours: Decimal = ZERO
    quiet_until: Decimal = ZERO  # before this hour no rollover falls due
    opened: int = 0
    books: Shared[tuple[str, str], Decimal] = field(default_factory=Shared)
    rates: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)  # by fee and currency, where one has its own
    charged: list[Charge] = field(default_factory=list, compare=False)  # in the newest step

    def copy(self) -> "State":
        """A state of its own to work on; what isn't changed in it is shared, so a copy costs next to nothing."""
        return State(
            self.rulebook, self.fees, self.balances.copy(), self.prices.copy(), self.positions, self.stops,
            self.unpaid.copy(), self.hours, self.quiet_until, self.opened, self.books.copy(), self.rates,
        )  # fmt: skip

    def lending_rate(self, fee: Literal["opening", "rollover"], currency: str) -> Decimal:
        """The rate of a fee on a currency that is extended, as a share (B6)."""
        return self.rates.get((fee, currency), self.fees[fee])

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
        for hop in self._hops():
            first = self._leg(source, hop)
            second = None if first is None else self._leg(hop, target)
            if first is not None and second is not None:
                return Rate(first.up * second.up, first.down * second.down)
        message = (
            f"There is no price to turn {source} into {target}: neither {source}/{target} nor {target}/{source}, "
            "and no currency that both have a price with. Add one of these to prices."
        )
        raise Refusal("missing_price", message, ("A2",))

    def _hops(self) -> Iterator[str]:
        yield from ("USD", "EUR")
        yield from sorted({code for pair in self.prices for code in pair.split("/")})

    def _leg(self, source: str, target: str) -> Rate | None:
        if source == target:
            return PAR
        price = self.prices.get(f"{source}/{target}")
        if price is not None:
            return Rate(price, ONE)
        price = self.prices.get(f"{target}/{source}")
        return None if price is None else Rate(ONE, price)

    def lots(self, pair: str) -> Lots:
        """The open lots of a pair, oldest first (R7, R8).

        Raises:
            Refusal: ``no_position``.
        """
        lots = self.positions.of(pair)
        if not lots:
            raise Refusal(
                "no_position",
                f"There is no open position in {pair}. Open one before this step.",
                ("R2",),
            )
        return lots

    def reduce(self, lot: Position, volume: Decimal) -> None:
        """Take a volume off a lot; a lot of nothing is gone, and a pair's stops end with its last lot."""
        self.positions = self.positions.reduced(lot.pair, volume, lot.id)
        if self.stops and not self.positions.of(lot.pair):
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
        if type(amount) in REMEMBERING or type(fee) in REMEMBERING:
            amount, fee = self._named(currency, reason, tuple(rules), amount, fee)
        state.balances[currency] = named(state.balances.get(currency, ZERO) + amount - fee, "your {}", of=currency)
        if amount:
            state.books[counter, currency] = state.books.get((counter, currency), ZERO) - amount
        if fee:
            state.books["fees", currency] = state.books.get(("fees", currency), ZERO) + fee
        self._parts.setdefault(currency, []).append(Part(reason, amount, fee, tuple(rules)))

    def _named(
        self, currency: str, reason: Reason, rules: tuple[str, ...], amount: Decimal, fee: Decimal
    ) -> tuple[Decimal, Decimal]:
        """Amount and fee, as those of the ledger row that they will stand in."""
        booking = Booking(self.step, self.kind, self.position, currency, reason)
        if reason in CHARGES and not amount:
            cost = _BOOKED[reason]
        else:  # taken as a loss is, or an order's own
            cost = "trading fee" if reason == "ordinary_order" else "conversion fee"
        return (
            named(amount, _BOOKED[reason], rules, booking=booking),
            named(fee, cost, rules, booking=booking),
        )

    def rows(self) -> list[Row]:
        """One row per asset, with the balance after the event."""
        return [
            Row(
                self.step,
                self.position,
                self.kind,
                asset,
                sum([part.amount for part in parts], ZERO),
                sum([part.fee for part in parts], ZERO),
                self.state.balance(asset),
                tuple(parts),
            )
            for asset, parts in self._parts.items()
        ]

"""How the engine decides where a rule decides: each such place has a name here, and its default is the rule.

The rules are one practice among others. Whoever holds a rule wrongly practises another one, and the same engine tells
what comes of it: a rulebook with another practice (see :mod:`marginlib.quiz.operators`). The engine itself never asks
whether anything is bent; it asks the practice, and by default hears the rule.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from marginlib.engine.derivation import fraction

if TYPE_CHECKING:
    from marginlib.engine.account import State, StopOrder
    from marginlib.engine.amounts import Rate
    from marginlib.engine.positions import Lots, Position
    from marginlib.engine.settling import Need

ZERO = Decimal(0)
Why = Literal["quote", "base", "collateral", "quote_last", "base_last", "other"]
Ends = list[tuple["Position", Decimal]]
"""Lots, and how much of each, in the order in which they end."""


class Place(NamedTuple):
    """A place in the order of preference: a currency, and why it stands there."""

    currency: str
    why: Why


@functools.lru_cache(maxsize=1024)
def listed(collateral: tuple[str, ...], base: str, quote: str) -> tuple[Place, ...]:
    """The order in which a loss in BASE/QUOTE is taken, as far as it is a list (R13, R14).

    >>> [place.currency for place in listed(("USD", "EUR", "BTC"), "ADA", "BTC")]
    ['BTC', 'USD', 'EUR', 'ADA']
    """
    first = [Place(quote, "quote")] if quote in collateral else []
    first += [Place(base, "base")] if base in collateral else []
    last = [] if quote in collateral else [Place(quote, "quote_last")]
    last += [] if base in collateral else [Place(base, "base_last")]
    middle = [Place(code, "collateral") for code in collateral if code not in (base, quote)]
    return (*first, *middle, *last)


def preferred(state: "State", pair: str) -> tuple[Place, ...]:
    """The currencies of the list that a loss in a pair is taken from, in order (R13, R14)."""
    base, quote = pair.split("/")
    return listed(state.rulebook.collateral_order, base, quote)


def bears(state: "State", pair: str) -> tuple[Place, ...]:
    """The currencies of the list that a charge in a pair is looked for in, in order: those of a loss (A4)."""
    return preferred(state, pair)


def owed(lot: "Position") -> tuple[str, Decimal]:
    """The obligation: currency and amount extended at opening (R1)."""
    return lot.owed


def ends(lots: "Lots", volume: Decimal) -> Ends:
    """Which lots a volume of BASE ends, and how much of each: oldest first (R7, R8)."""
    found, left = [], volume
    for lot in lots:
        part = min(lot.volume, left)
        found.append((lot, part))
        left -= part
        if not left:
            break
    return found


def result(lot: "Position", volume: Decimal, price: Decimal) -> Decimal:
    """What closing a volume of a lot gains or loses, in QUOTE: volume times move, at any leverage (R10, R11, R20)."""
    return volume * (price - lot.open_price if lot.side == "long" else lot.open_price - price)


def so_far(lot: "Position", price: Decimal) -> Decimal:
    """What an open lot has gained or lost at a price, in QUOTE (B1)."""
    moved = price - lot.open_price
    return lot.volume * (moved if lot.side == "long" else -moved)


def open_result(lots: "Lots", price: Decimal) -> Decimal:
    """What all open lots of a pair have gained or lost at a price, in QUOTE (B1)."""
    moved = lots.sums.volume * price - lots.sums.cost
    return moved if lots[0].side == "long" else -moved


def put_up(lot: "Position") -> Fraction:
    """What a lot's return is measured on, in QUOTE: its cost / leverage (R20)."""
    return fraction(lot.volume) * fraction(lot.open_price) / fraction(lot.leverage)


def backed(side: Literal["long", "short"], volume: Decimal, cost: Decimal, price: Decimal) -> Decimal:
    """What used margin is a share of, in QUOTE: a long's opening cost, a short's worth now (B2)."""
    return cost if side == "long" else volume * price


def share(amount: Fraction, leverage: Decimal) -> Fraction:
    """Used margin: the amount divided by the leverage (B2)."""
    return amount / fraction(leverage)


def collateral(state: "State", code: str, amount: Decimal, currency: str) -> Fraction:
    """What a balance counts for in the trade balance: its worth now, less its haircut (B1)."""
    value = state.rate(code, currency).of(amount)
    if code in state.rulebook.haircuts:
        value *= 1 - fraction(state.rulebook.haircuts[code])
    return value


def free(equity: Fraction, used: Fraction) -> Fraction:
    """Free margin: equity minus used margin (B3)."""
    return equity - used


def level(equity: Fraction, used: Fraction) -> Fraction:
    """The margin level: equity in percent of used margin (B3)."""
    return equity / used * 100


def opening_trade(lot: "Position", rate: Decimal) -> Decimal:
    """The trading fee of an opening, in QUOTE (A4)."""
    return lot.cost * rate


def closing_trade(_lot: "Position", volume: Decimal, price: Decimal, rate: Decimal) -> Decimal:
    """The trading fee of a closing, in QUOTE: on what the closing trades (A4, A9)."""
    return volume * price * rate


def order_trade(value: Decimal, rate: Decimal) -> Decimal:
    """The trading fee of an ordinary order, in QUOTE (R6, R17)."""
    return value * rate


def settling_trade(_state: "State", _lot: "Position", _volume: Decimal) -> Decimal:
    """What settling costs, in QUOTE: nothing, since nothing is traded (R5)."""
    return ZERO


def lent_currency(side: Literal["long", "short"], pair: str) -> str:
    """The currency whose rates opening and rollover fees have: the one extended (B6)."""
    base, quote = pair.split("/")
    return quote if side == "long" else base


def opening_fee(_state: "State", lot: "Position", rate: Decimal) -> Decimal:
    """The opening fee, in QUOTE: a rate on the amount extended (B6)."""
    return lot.cost * rate


def rollover_fee(lot: "Position", price: Decimal) -> Decimal:
    """One rollover, in QUOTE: a long's on what was extended, a short's on what its coins cost now (B6)."""
    return lot.volume * (lot.open_price if lot.side == "long" else price) * lot.rollover


def owed_for_one(_state: "State", lot: "Position") -> Decimal | None:
    """What settling one BASE of a lot takes of the currency extended; None: the one BASE itself (R3)."""
    return lot.open_price if lot.side == "long" else None


def released(_state: "State", lot: "Position", volume: Decimal) -> Decimal:
    """What settling a volume of a lot leaves free, of the currency received (R4)."""
    return volume if lot.side == "long" else volume * lot.open_price


def suffices(needed: "Need") -> bool:
    """Whether the balance can meet a settlement (R6)."""
    return not needed.missing


def others(codes: Iterable[str]) -> list[str]:
    """The order in which funds that no list names are taken for a loss (R15, A3)."""
    return sorted(codes)


def converted_at(state: "State", source: str, target: str, _pair: str) -> "Rate":
    """The rate at which a balance is converted for a loss in a pair: the current one (A2)."""
    return state.rate(source, target)


def proceeds(rate: "Rate", fee: Decimal) -> tuple[Decimal, Decimal]:
    """What one unit brings that is converted, as a quotient: the fee comes out of it (R16, A1)."""
    return rate.up * (1 - fee), rate.down


def protects(side: Literal["long", "short"]) -> Literal["buy", "sell"]:
    """The side of a stop that protects a position (R22)."""
    return "sell" if side == "long" else "buy"


def fires(stop: "StopOrder", price: Decimal) -> bool:
    """Whether a price sets a stop off (R22)."""
    return stop.crossed(price)


def stopped_at(_stop: "StopOrder", price: Decimal) -> Decimal:
    """The price at which a stop closes: the one that there is (R22)."""
    return price


def liquidated(state: "State") -> "Sequence[Position]":
    """The order in which the exchange liquidates: oldest first, whatever the pair (B5)."""
    return state.positions


def settles_with(side: Literal["long", "short"]) -> Literal["buy", "sell"]:
    """The side of a settle order: that of the opening (R19)."""
    return "buy" if side == "long" else "sell"


@dataclass(frozen=True, slots=True)
class Practice:
    """The engine's decisions, by name; each is the rule unless it is replaced.

    >>> BY_THE_RULES.replaced(share=lambda amount, leverage: amount) == BY_THE_RULES, Practice() == BY_THE_RULES
    (False, True)
    """

    owed: Callable[["Position"], tuple[str, Decimal]] = owed
    ends: Callable[["Lots", Decimal], Ends] = ends
    result: Callable[["Position", Decimal, Decimal], Decimal] = result
    so_far: Callable[["Position", Decimal], Decimal] = so_far
    open_result: Callable[["Lots", Decimal], Decimal] = open_result
    put_up: Callable[["Position"], Fraction] = put_up
    backed: Callable[[Literal["long", "short"], Decimal, Decimal, Decimal], Decimal] = backed
    share: Callable[[Fraction, Decimal], Fraction] = share
    collateral: Callable[["State", str, Decimal, str], Fraction] = collateral
    free: Callable[[Fraction, Fraction], Fraction] = free
    level: Callable[[Fraction, Fraction], Fraction] = level
    opening_trade: Callable[["Position", Decimal], Decimal] = opening_trade
    closing_trade: Callable[["Position", Decimal, Decimal, Decimal], Decimal] = closing_trade
    order_trade: Callable[[Decimal, Decimal], Decimal] = order_trade
    settling_trade: Callable[["State", "Position", Decimal], Decimal] = settling_trade
    lent_currency: Callable[[Literal["long", "short"], str], str] = lent_currency
    opening_fee: Callable[["State", "Position", Decimal], Decimal] = opening_fee
    rollover_fee: Callable[["Position", Decimal], Decimal] = rollover_fee
    owed_for_one: Callable[["State", "Position"], Decimal | None] = owed_for_one
    released: Callable[["State", "Position", Decimal], Decimal] = released
    suffices: Callable[["Need"], bool] = suffices
    preferred: Callable[["State", str], tuple[Place, ...]] = preferred
    bears: Callable[["State", str], tuple[Place, ...]] = bears
    others: Callable[[Iterable[str]], list[str]] = others
    converted_at: Callable[["State", str, str, str], "Rate"] = converted_at
    proceeds: Callable[["Rate", Decimal], tuple[Decimal, Decimal]] = proceeds
    protects: Callable[[Literal["long", "short"]], Literal["buy", "sell"]] = protects
    fires: Callable[["StopOrder", Decimal], bool] = fires
    stopped_at: Callable[["StopOrder", Decimal], Decimal] = stopped_at
    liquidated: Callable[["State"], "Sequence[Position]"] = liquidated
    settles_with: Callable[[Literal["long", "short"]], Literal["buy", "sell"]] = settles_with

    def replaced(self, **changes: Any) -> "Practice":
        """The same practice with some decisions taken otherwise."""
        return dataclasses.replace(self, **changes)

    def __iter__(self) -> Iterator[tuple[str, Callable[..., Any]]]:
        """The decisions by name, as ``dict(practice)`` takes them."""
        return ((each.name, getattr(self, each.name)) for each in dataclasses.fields(self))


BY_THE_RULES = Practice()
"""Every decision as the rules have it."""

"""The one input format: balances, prices, fees, rule overrides and steps.

Made by name, as here, or of plain data (:meth:`Scenario.of`), it is checked all the same: whatever is wrong becomes a
sentence that names the place and what was expected. Files are read in :mod:`marginlib.reading`.
"""

import copy
import functools
import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeVar, cast

from marginlib.engine import kinds
from marginlib.engine.amounts import plain
from marginlib.engine.errors import InvalidScenario, Problem
from marginlib.engine.kinds import Amount, EachOnce, Kind, OneOf, Table, Text, TrueOrFalse, told, within
from marginlib.engine.rulebook import Liquidation

P = TypeVar("P", bound="Part")
MOST_STEPS = 100_000
_MOST_HOURS = 8_784

Code = Annotated[str, kinds.Code()]
Pair = Annotated[str, kinds.Pair()]
Positive = Annotated[Decimal, Amount("a positive amount", above=True)]
PositiveOrAll = Annotated[Decimal | Literal["all"], Amount("a positive amount or 'all'", above=True, word="all")]
PriceAmount = Annotated[Decimal, Amount("a price above 0", above=True)]
Leverage = Annotated[Decimal, Amount("a leverage of 1 or more", 1)]
Hours = Annotated[Decimal, Amount(f"a number of hours from 0 to {_MOST_HOURS}", most=_MOST_HOURS)]
Rate = Annotated[Decimal, Amount("a rate from 0 to below 1, such as '0.0026' for 0.26 %", most=1, below=True)]
PositionSide = Annotated[Literal["long", "short"], OneOf("long", "short")]
OrderSide = Annotated[Literal["buy", "sell"], OneOf("buy", "sell")]
Haircuts = Annotated[
    Mapping[str, Decimal],
    Table(kinds.Code(), Amount("a share from 0 to 1, such as '0.05' for 5 %", most=1)),
]
Balances = Annotated[Mapping[str, Decimal], Table(kinds.Code(), Amount("an amount of 0 or more"))]
Prices = Annotated[Mapping[str, Decimal], Table(kinds.Pair(), Amount("a price above 0", above=True))]


class _Told(type):
    """Makes a part, or says in a sentence which name is unknown or missing."""

    if not TYPE_CHECKING:

        def __call__(cls, /, *args: Any, **given: Any) -> Any:
            try:
                return super().__call__(*args, **given)
            except TypeError:
                known = cls.known()
                lacking = [((name,), kinds.missing(name)) for name in cls.needed() if name not in given]
                strange = [((name,), kinds.unknown(name, known)) for name in given if name not in known]
                if args or not (lacking or strange):
                    raise
                raise told(lacking + strange) from None


class Part(metaclass=_Told):
    """A part of a scenario; its fields are read by their kinds, however it is made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        for name, kind in fields_of(type(self)).items():
            try:
                object.__setattr__(self, name, kind.read(getattr(self, name)))
            except InvalidScenario as error:
                problems += within(name, error)
        if problems:
            raise told(problems)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Names and values, as ``dict(fees)`` takes them."""
        return ((name, getattr(self, name)) for name in fields_of(type(self)))

    @classmethod
    def known(cls) -> list[str]:
        """The keys that plain data may have here."""
        return [*(["do"] if hasattr(cls, "do") else []), *fields_of(cls)]

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """What each field is when it is left out; for one that is needed, something that it never is."""
        return {each.name: _default(each) for each in fields(cls)}  # type: ignore[arg-type]

    @classmethod
    def needed(cls) -> list[str]:
        """The keys that plain data must have here."""
        return [each.name for each in fields(cls) if each.default is each.default_factory]  # type: ignore[arg-type]

    def replaced(self, **changes: Any) -> Self:
        """The same with other values, which aren't read: what was computed may have more digits than one may type.

        >>> Price(pair="BTC/EUR", price=Decimal(5)).replaced(price=Decimal(6)).price
        Decimal('6')
        """
        twin = copy.copy(self)
        for name, value in changes.items():
            object.__setattr__(twin, name, value)
        return twin

    @classmethod
    def unread(cls, values: Mapping[str, Any]) -> Self:
        """Make it of values for all its fields that have been read already."""
        made = cls.__new__(cls)
        for name in fields_of(cls):
            object.__setattr__(made, name, values[name])
        return made

    def as_data(self) -> dict[str, Any]:
        """Plain data with amounts as plain strings, as JSON has it; what is as if left out is left out.

        >>> Deposit(currency="EUR", amount="5.00").as_data()
        {'do': 'deposit', 'currency': 'EUR', 'amount': '5'}
        """
        said = {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]
        left_out = self.defaults()
        kept = {name: _as_data(value) for name, value in said.items() if value != left_out[name]}
        return {"do": self.do, **kept} if hasattr(self, "do") else kept


def _default(each: Any) -> object:
    return each.default_factory() if callable(each.default_factory) else each.default


def _as_data(value: object) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case Part():
            return value.as_data()
        case Mapping():
            return {key: _as_data(each) for key, each in value.items()}
        case tuple():
            return [_as_data(each) for each in value]
    return value


@functools.cache
def fields_of(part: type[Part]) -> dict[str, Kind[Any]]:
    """The fields of a part by name, and what each may be."""
    return {each.name: kinds.kind_of(each.type) for each in fields(part)}  # type: ignore[arg-type]


class PartOf(Kind[P]):
    """A part of a scenario: made already, or the data for it."""

    def __init__(self, part: type[P]) -> None:
        """Which part."""
        self.part = part

    def read(self, value: object) -> P:
        """The part."""
        if isinstance(value, self.part):
            return value
        if not isinstance(value, Mapping):
            raise kinds.expected("an object {…}", value)
        return self.part(**value)


class Steps(Kind[tuple["Step", ...]]):
    """The steps: made already, or the data for them."""

    def read(self, value: object) -> "tuple[Step, ...]":
        """The steps, as a tuple."""
        if isinstance(value, list | tuple) and len(value) > MOST_STEPS:
            raise InvalidScenario(f"expected at most {MOST_STEPS} steps, got {len(value)}")
        return kinds.items(_STEP, value)


class StepKind(Kind["Step"]):
    """One step: ``do`` says which."""

    def read(self, value: object) -> "Step":
        """The step."""
        if type(value) in _KINDS:
            return cast("Step", value)
        if not isinstance(value, dict):
            raise InvalidScenario(not_a_step(value))
        said = value.get("do")
        if not isinstance(said, str) or said not in STEPS:
            raise told([(("do",), not_done(value))])
        return STEPS[said](**{key: each for key, each in value.items() if key != "do"})


def not_a_step(value: object) -> str:
    """The sentence for what can't be a step."""
    return f'expected a step such as {{"do": "wait", "hours": 4}}, got {kinds.shown(value)}'


def not_done(step: Mapping[str, object]) -> str:
    """The sentence for a step of no known kind."""
    if "do" not in step:
        return f"missing; expected one of {', '.join(STEPS)}"
    return f"expected one of {', '.join(STEPS)}, got {kinds.shown(step['do'])}{kinds.did_you_mean(step['do'], STEPS)}"


_STEP = StepKind()


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Part):
    """Open a position on margin (R1). Volume in BASE, price in QUOTE for one BASE.

    >>> Open(pair="BTC/EUR", side="long", volume="0,1")
    Traceback (most recent call last):
    marginlib.engine.errors.InvalidScenario: volume: expected a positive amount, got '0,1'
    """

    do: ClassVar[Literal["open"]] = "open"
    pair: Pair
    side: PositionSide
    volume: Positive
    leverage: Leverage = Decimal(2)
    price: PriceAmount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(Part):
    """The market moves: a new price, in QUOTE for one BASE."""

    do: ClassVar[Literal["price"]] = "price"
    pair: Pair
    price: PriceAmount


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Part):
    """Settle a volume of BASE, or all of it, with own funds (R3)."""

    do: ClassVar[Literal["settle"]] = "settle"
    pair: Pair
    volume: PositiveOrAll


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Part):
    """Close a volume of BASE, or all of it, by an opposing order (R9)."""

    do: ClassVar[Literal["close"]] = "close"
    pair: Pair
    volume: PositiveOrAll
    price: PriceAmount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(Part):
    """Funds come in from outside."""

    do: ClassVar[Literal["deposit"]] = "deposit"
    currency: Code
    amount: Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Part):
    """Funds go out (B9)."""

    do: ClassVar[Literal["withdraw"]] = "withdraw"
    currency: Code
    amount: Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade(Part):
    """An ordinary order without margin. Volume in BASE, price in QUOTE for one BASE."""

    do: ClassVar[Literal["trade"]] = "trade"
    pair: Pair
    side: OrderSide
    volume: Positive
    price: PriceAmount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Part):
    """Time passes, in hours; rollovers fall due (B6)."""

    do: ClassVar[Literal["wait"]] = "wait"
    hours: Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Part):
    """A protective stop order (R22). Trigger in QUOTE for one BASE."""

    do: ClassVar[Literal["stop"]] = "stop"
    pair: Pair
    side: OrderSide
    trigger: PriceAmount


Step = Open | Price | Settle | Close | Deposit | Withdraw | Trade | Wait | Stop
_KINDS = (Open, Price, Settle, Close, Deposit, Withdraw, Trade, Wait, Stop)
STEPS: dict[str, type[Step]] = {kind.do: kind for kind in _KINDS}
"""The steps by what they ``do``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionFees(Part):
    """Shares that a conversion costs, where a scenario overrides the rulebook (R16)."""

    cash_cash: Rate | None = None
    btc_eth_cash: Rate | None = None
    other: Rate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules(Part):
    """Overrides of the rulebook; what is left out stays as in ``data/``."""

    collateral_order: Annotated[tuple[str, ...], EachOnce(kinds.Code())] | None = None
    conversion_fees: Annotated[ConversionFees, PartOf(ConversionFees)] | None = None
    haircuts: Haircuts | None = None
    liquidation: Annotated[Liquidation, OneOf("off", "all", "until-100")] = "off"
    initial_margin_check: Annotated[bool, TrueOrFalse()] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees(Part):
    """Fee rates as shares: trading on traded value, opening and rollover on the amount extended (B6)."""

    trading: Rate = Decimal(0)
    opening: Rate = Decimal(0)
    rollover: Rate = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(Part):
    """What there is at the start, and what is done, in order.

    Amounts are in the currency named beside them, prices in QUOTE for one BASE. At most 100,000 steps; in one of them
    time may pass by at most 8,784 hours, in which at most 100,000 rollovers may fall due.

    Raises:
        InvalidScenario: names the place and what was expected.

    >>> start = Scenario(balances={"EUR": "100"}, prices={"BTC/EUR": "50000"})
    >>> start.then(Open(pair="BTC/EUR", side="long", volume="0.001"), Wait(hours=4)).steps[1].hours
    Decimal('4')
    """

    title: Annotated[str, Text()] | None = None
    rules: Annotated[Rules, PartOf(Rules)] = Rules()
    balances: Balances = field(default_factory=dict)
    prices: Prices = field(default_factory=dict)
    fees: Annotated[Fees, PartOf(Fees)] = Fees()
    valuation: Code | None = None
    steps: Annotated[tuple[Step, ...], Steps()] = ()

    @classmethod
    def of(cls, data: object) -> "Scenario":
        """Check plain data (dicts, lists, text, ints, Decimals) and make a scenario of it.

        Raises:
            InvalidScenario: one sentence for each of the first three places that are wrong.

        >>> Scenario.of({"balances": {"EUR": "100"}, "steps": [{"do": "wait", "hours": 4}]}).balances
        {'EUR': Decimal('100')}
        >>> Scenario.of({"steps": [{"do": "deposit", "currency": "EUR", "amount": "abc"}]})
        Traceback (most recent call last):
        marginlib.engine.errors.InvalidScenario: steps[0].amount: expected a positive amount, got 'abc'
        """
        try:
            return _WHOLE.read(data)
        except InvalidScenario as error:
            try:  # named, not imported: what is right needs no more than the engine
                strict = importlib.import_module("marginlib.reading.strict")
            except ImportError:  # a page without the validation library: what was found first
                raise error from None
        return cast("Scenario", strict.scenario(data))

    def then(self, *steps: Step | Mapping[str, Any]) -> "Scenario":
        """A longer scenario: these steps after its own.

        Raises:
            InvalidScenario: names the place and what was expected.
        """
        return self.replaced(steps=(*self.steps, *_more(steps, len(self.steps))))

    @property
    def summary_currency(self) -> str | None:
        """The currency of the margin summary: as given, or the first quote that comes up.

        >>> Scenario.of({"prices": {"BTC/USD": "60000"}}).summary_currency
        'USD'
        """
        if self.valuation:
            return self.valuation
        for pair in self.prices:
            return pair.partition("/")[2]
        pairs = (step.pair for step in self.steps if not isinstance(step, Deposit | Withdraw | Wait))
        first = next(pairs, None)
        return first.partition("/")[2] if first else None


class _Whole(PartOf[Scenario]):
    def read(self, value: object) -> Scenario:
        if not isinstance(value, Mapping | Scenario):
            raise InvalidScenario(f"the scenario: expected an object {{…}}, got {kinds.shown(value)}")
        return super().read(value)


_WHOLE = _Whole(Scenario)


def _more(steps: Iterable[object], after: int) -> Iterator[Step]:
    for at, step in enumerate(steps, after):
        if at >= MOST_STEPS:
            raise told([(("steps",), f"expected at most {MOST_STEPS} steps, got more")])
        try:
            yield _STEP.read(step)
        except InvalidScenario as error:
            raise told([(("steps", *place), text) for place, text in within(at, error)]) from None

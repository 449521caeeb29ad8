"""How an amount came about: numbers that remember what they were made of, while somebody asks why.

The engine is not told a second time what it did. While :func:`tracing` is on, its inputs are numbers of two kinds here,
which count as any :class:`~decimal.Decimal` or :class:`~fractions.Fraction` does and keep, beside their value, the sum
that it came from; what the engine makes of them by the very same lines are such numbers again. Otherwise there are none
of them, and nothing costs anything. Where the engine knows what it has just worked out, it says so (:func:`named`).
"""

import contextlib
import contextvars
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeVar, cast

How = Literal[
    "input", "constant", "sum", "difference", "product", "quotient", "opposite", "rounded", "rounded up",
    "rounded down", "same", "solved",
]  # fmt: skip
Amount = Decimal | Fraction
Unit = tuple[tuple[str, int], ...]
"""The currencies of an amount, each with its power: a price in EUR for one BTC has EUR once, and BTC minus once."""
A = TypeVar("A", bound=Amount)
_ONE = Decimal(1)


class Booking(NamedTuple):
    """The ledger row that an amount stands in: its step from 0, what happened, the position, the asset, the reason."""

    step: int
    kind: str
    position: int | None
    asset: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """An amount, what it is, and what it was made of: down to inputs and to numbers that are part of a rule.

    ``how`` says what was done with the parts; ``places``: to how many decimals a rounding went; ``source``: where an
    input comes from, in words. ``unit``: its currencies, or None where it has none of its own, as a mere number.
    What is ``solved`` was not worked out forwards: its parts are what it was found from.

    >>> cost = Derivation("cost", Decimal(100), "input")
    >>> Derivation("put up", Decimal(20), "quotient", (cost, Derivation("leverage", Decimal(5), "input"))).parts[0].name
    'cost'
    """

    name: str
    amount: Amount
    how: How
    parts: "tuple[Derivation, ...]" = ()
    rules: tuple[str, ...] = ()
    unit: Unit | None = None
    source: str = ""
    places: int | None = None
    booking: Booking | None = None


class Traced(Decimal):
    """A decimal that remembers how it came about.

    >>> price, volume = entered(Decimal(50000), "price"), entered(Decimal("0.5"), "volume")
    >>> cost = price * volume
    >>> cost == 25000, cost.derivation.how, [part.name for part in cost.derivation.parts]
    (True, 'product', ['price', 'volume'])
    """

    __slots__ = ("derivation",)
    derivation: Derivation

    def __add__(self, other: Any) -> Any:
        return _done("sum", Decimal.__add__(_bare(self), _bare(other)), self, other)

    def __radd__(self, other: Any) -> Any:
        return _done("sum", Decimal.__radd__(_bare(self), _bare(other)), other, self)

    def __sub__(self, other: Any) -> Any:
        return _done("difference", Decimal.__sub__(_bare(self), _bare(other)), self, other)

    def __rsub__(self, other: Any) -> Any:
        return _done("difference", Decimal.__rsub__(_bare(self), _bare(other)), other, self)

    def __mul__(self, other: Any) -> Any:
        return _done("product", Decimal.__mul__(_bare(self), _bare(other)), self, other)

    def __rmul__(self, other: Any) -> Any:
        return _done("product", Decimal.__rmul__(_bare(self), _bare(other)), other, self)

    def __truediv__(self, other: Any) -> Any:
        return _done("quotient", Decimal.__truediv__(_bare(self), _bare(other)), self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _done("quotient", Decimal.__rtruediv__(_bare(self), _bare(other)), other, self)

    def __neg__(self) -> "Traced":
        return cast("Traced", _opposite(self))

    def __abs__(self) -> "Traced":
        return self if self >= 0 else -self

    def copy_abs(self) -> "Traced":
        """The amount without its sign."""
        return abs(self)


class TracedFraction(Fraction):
    """A fraction that remembers how it came about.

    >>> level = fraction(entered(Decimal(100), "equity")) / fraction(entered(Decimal(30), "used margin"))
    >>> level == Fraction(10, 3), level.derivation.how
    (True, 'quotient')
    """

    __slots__ = ("derivation",)
    derivation: Derivation

    def __add__(self, other: Any) -> Any:
        return _done("sum", Fraction.__add__(_bare(self), _bare(other)), self, other)

    def __radd__(self, other: Any) -> Any:
        return _done("sum", Fraction.__radd__(_bare(self), _bare(other)), other, self)

    def __sub__(self, other: Any) -> Any:
        return _done("difference", Fraction.__sub__(_bare(self), _bare(other)), self, other)

    def __rsub__(self, other: Any) -> Any:
        return _done("difference", Fraction.__rsub__(_bare(self), _bare(other)), other, self)

    def __mul__(self, other: Any) -> Any:
        return _done("product", Fraction.__mul__(_bare(self), _bare(other)), self, other)

    def __rmul__(self, other: Any) -> Any:
        return _done("product", Fraction.__rmul__(_bare(self), _bare(other)), other, self)

    def __truediv__(self, other: Any) -> Any:
        return _done("quotient", Fraction.__truediv__(_bare(self), _bare(other)), self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _done("quotient", Fraction.__rtruediv__(_bare(self), _bare(other)), other, self)

    def __neg__(self) -> "TracedFraction":
        return cast("TracedFraction", _opposite(self))

    def __abs__(self) -> "TracedFraction":
        return self if self >= 0 else -self


REMEMBERING = frozenset[type]({Traced, TracedFraction})
"""The kinds of numbers that remember; to ask for an amount's kind costs next to nothing."""


def _bare(value: Any) -> Any:
    """The number alone, to reckon with."""
    if type(value) is Traced:
        return Decimal(value)
    if type(value) is TracedFraction:
        return Fraction(value.numerator, value.denominator)
    return value


def bare(amount: A) -> A:
    """An amount that remembers nothing.

    >>> type(bare(entered(Decimal(5), "price")))
    <class 'decimal.Decimal'>
    """
    return cast("A", _bare(amount)) if type(amount) in REMEMBERING else amount


def derivation(amount: Amount | int) -> Derivation:
    """How an amount came about; of one that remembers nothing: that it is a number.

    >>> derivation(Decimal(100)).how
    'constant'
    """
    if type(amount) in REMEMBERING:
        return cast("Traced", amount).derivation
    return Derivation("", Decimal(amount) if isinstance(amount, int) else amount, "constant")


def remembered(amount: Amount, how: Derivation) -> Any:
    """A number that remembers how it came about."""
    made: Traced | TracedFraction
    if isinstance(amount, Decimal):
        made = Decimal.__new__(Traced, amount or amount.copy_abs())
    else:
        made = Fraction.__new__(TracedFraction, amount.numerator, amount.denominator)
    made.derivation = how
    return made


def entered(amount: A, name: str, rules: tuple[str, ...] = (), *, unit: Unit | None = None, source: str = "") -> A:
    """An input; of what was worked out before it was one, that is kept beneath its name.

    >>> move = entered(Decimal(-10), "price move", source="a control")
    >>> price = entered(Decimal(50000) * (100 + move) / 100, "price of BTC/EUR", unit=(("BTC", -1), ("EUR", 1)))
    >>> price.derivation.name, price.derivation.how
    ('price of BTC/EUR', 'quotient')
    """
    if type(amount) in REMEMBERING:
        old = derivation(amount)
        how = replace(old, name=name, rules=rules or old.rules, unit=old.unit if unit is None else unit)
    else:
        how = Derivation(name, amount, "input", (), rules, unit, source)
    return cast("A", remembered(_bare(amount), how))


def named(
    amount: A,
    name: str,
    rules: tuple[str, ...] = (),
    *,
    of: object = "",
    unit: Unit | None = None,
    booking: Booking | None = None,
) -> A:
    """Say what an amount is, and by which rules, as it is worked out; ``{}`` in its name stands for ``of``.

    Nothing happens to an amount while nobody asks.

    >>> named(Decimal(5), "used margin", ("B2",))
    Decimal('5')
    >>> named(entered(Decimal(5), "cost") * 2, "{}, twice", of="it").derivation.name
    'it, twice'
    """
    if type(amount) not in REMEMBERING and _hearing.get() is None:
        return amount
    old, told = derivation(amount), name.format(of)
    if old.name and old.name != told:
        old = Derivation("", old.amount, "same", (old,), unit=old.unit)
    how = replace(
        old,
        name=told,
        rules=rules or old.rules,
        unit=old.unit if unit is None else unit,
        booking=booking or old.booking,
    )
    return cast("A", remembered(_bare(amount), how))


def solved(amount: A, name: str, rules: tuple[str, ...], parts: Sequence[Amount], *, unit: Unit | None = None) -> A:
    """Say what an amount is that was looked for, and what tells that it is the right one."""
    how = Derivation(name, _bare(amount), "solved", tuple(derivation(part) for part in parts), rules, unit)
    return cast("A", remembered(_bare(amount), how))


def fraction(amount: Amount | int) -> Fraction:
    """An amount as a fraction; it goes on remembering.

    >>> fraction(Decimal("0.5"))
    Fraction(1, 2)
    """
    if type(amount) is Traced:
        return cast("Fraction", remembered(Fraction(_bare(amount)), amount.derivation))
    return amount if type(amount) is TracedFraction else Fraction(amount)


def rounding(how: How, amount: Decimal, places: int, part: Amount) -> Decimal:
    """What an amount was rounded to, if it remembers; where that changed nothing, it isn't told."""
    if type(part) not in REMEMBERING:
        return amount
    old = derivation(part)
    if amount != part:
        old = Derivation("", amount, how, (old,), unit=old.unit, places=places)
    return cast("Decimal", remembered(amount, old))


def _opposite(amount: Any) -> Any:
    value = -_bare(amount) if not isinstance(amount, Decimal) else _bare(amount).copy_negate()
    old = amount.derivation
    if old.how == "opposite" and not old.name:
        return remembered(value, old.parts[0])
    return remembered(value, Derivation("", value, "opposite", (old,), unit=old.unit))


def _done(how: How, value: Any, one: Any, two: Any) -> Any:
    """What two numbers make together; adding nothing and multiplying by one is nothing to be told."""
    if value is NotImplemented:
        return value
    if type(one) not in REMEMBERING:
        if (how == "sum" and not one) or (how == "product" and one == 1):
            return remembered(value, two.derivation)
        if (how == "difference" and not one) or (how == "product" and one == -1):
            return _opposite(two)
    if type(two) not in REMEMBERING:
        if (how in ("sum", "difference") and not two) or (how in ("product", "quotient") and two == 1):
            return remembered(value, one.derivation)
        if how == "product" and two == -1:
            return _opposite(one)
        undone = {"product": "quotient", "quotient": "product"}.get(how)
        old = derivation(one)
        if undone == old.how and not old.name and old.parts[1].how == "constant" and old.parts[1].amount == two:
            return remembered(value, old.parts[0])  # a share written in percent, and read again
    parts = derivation(one), derivation(two)
    return remembered(value, Derivation("", value, how, parts, unit=_unit(how, *parts)))


def _unit(how: How, one: Derivation, two: Derivation) -> Unit | None:
    """The unit of what two amounts make together."""
    if how in ("sum", "difference"):
        return two.unit if one.unit is None else one.unit
    if one.unit is None and two.unit is None:
        return None
    sign = -1 if how == "quotient" else 1
    powers = dict(one.unit or ())
    for code, power in two.unit or ():
        powers[code] = powers.get(code, 0) + sign * power
    return tuple(sorted((code, power) for code, power in powers.items() if power)) or None


def money_unit(currency: str) -> Unit:
    """The unit of an amount of a currency.

    >>> money_unit("EUR")
    (('EUR', 1),)
    """
    return ((currency, 1),)


def price_unit(pair: str) -> Unit:
    """The unit of a pair's price: QUOTE for one BASE.

    >>> price_unit("BTC/EUR")
    (('BTC', -1), ('EUR', 1))
    """
    base, quote = pair.split("/")
    return tuple(sorted(((base, -1), (quote, 1))))


class Heard(NamedTuple):
    """A number as it was written for somebody, and how it came about."""

    text: str
    derivation: Derivation


_hearing: contextvars.ContextVar[list[Heard] | None] = contextvars.ContextVar("hearing", default=None)


@contextlib.contextmanager
def tracing() -> Iterator[list[Heard]]:
    """Have amounts remember how they came about; all that is written of them meanwhile is heard.

    >>> with tracing() as heard:
    ...     write(entered(Decimal(5), "price"), "5.00")
    >>> heard[0].text, heard[0].derivation.name
    ('5.00', 'price')
    """
    heard: list[Heard] = []
    token = _hearing.set(heard)
    try:
        yield heard
    finally:
        _hearing.reset(token)


@contextlib.contextmanager
def untraced() -> Iterator[None]:
    """Have nothing remembered meanwhile: where an answer is looked for by trying, what was tried isn't told."""
    token = _hearing.set(None)
    try:
        yield
    finally:
        _hearing.reset(token)


def is_traced() -> bool:
    """Whether amounts are to remember.

    >>> is_traced()
    False
    """
    return _hearing.get() is not None


def write(amount: Amount | int, text: str) -> None:
    """Tell that an amount was written so."""
    if type(amount) in REMEMBERING and (heard := _hearing.get()) is not None:
        heard.append(Heard(text, cast("Traced", amount).derivation))

"""The one input format: balances, prices, fees, rule overrides and steps.

Reading it is strict. Whatever is wrong becomes one sentence that names the place and what was expected.
"""

import difflib
import json
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from marginlib.engine.amounts import plain
from marginlib.engine.errors import InvalidScenario
from marginlib.engine.rulebook import Liquidation

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_CODE = re.compile(r"[A-Z0-9]{1,16}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_]{1,30}", re.ASCII)
_HALF = re.compile("[\ud800-\udfff]")  # half of a character, as a lone JSON escape makes it
_MOST_DIGITS = 20  # before and after the point: beyond that nobody means it
_MOST_STEPS = 100_000
_MOST_HOURS = 8_784


def _shown(value: object) -> str:
    """A value as a sentence quotes it: short, and in characters that every terminal has."""
    if value is None or isinstance(value, bool):
        return {None: "nothing (null)", True: "true", False: "false"}[value]
    if isinstance(value, str):
        text = ascii(value)
    elif isinstance(value, int | float | Decimal):
        text = str(value)
    else:
        text = (
            "an object"
            if isinstance(value, dict)
            else "a list"
            if isinstance(value, list | tuple)
            else repr(type(value))
        )
    return text if len(text) <= 60 else f"{text[:57]}..."


def _expected(what: str, value: object) -> PydanticCustomError:
    return PydanticCustomError("expected", "expected {what}, got {got}", {"what": what, "got": _shown(value)})


def _amount(
    what: str, least: int = 0, *, above: bool = False, most: int | None = None, below: bool = False, word: str = ""
) -> PlainValidator:
    """An exact amount: a plain decimal string, an int or a Decimal within reason; never a float."""

    def read(value: object) -> Decimal | str:
        if word and value == word:
            return word
        if isinstance(value, float):
            raise _expected(f"{what} as text, such as '0.5' (a float is not exact)", value)
        as_text = isinstance(value, str) and len(value) <= 100 and _PLAIN.fullmatch(value)
        as_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        number = Decimal(value) if as_text or as_number else Decimal("NaN")  # type: ignore[arg-type]
        if not number.is_finite():
            raise _expected(what, value)
        if number.adjusted() >= _MOST_DIGITS or int(number.as_tuple().exponent) < -_MOST_DIGITS:
            raise _expected(f"{what} with at most {_MOST_DIGITS} digits before and after the point", value)
        if number < least or (above and number == least):
            raise _expected(what, value)
        if most is not None and (number > most or (below and number == most)):
            raise _expected(what, value)
        return number or Decimal(0)

    return PlainValidator(read)


def _code(value: object) -> str:
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    raise _expected("a currency code of 1 to 16 letters A-Z and digits, such as 'EUR'", value)


def _pair(value: object) -> str:
    if isinstance(value, str):
        base, slash, quote = value.partition("/")
        if slash and base != quote and _CODE.fullmatch(base) and _CODE.fullmatch(quote):
            return value
    raise _expected("a pair of two different currencies, such as 'BTC/EUR'", value)


def _one_of(*words: str) -> PlainValidator:
    def read(value: object) -> object:
        if isinstance(value, str) and value in words:
            return value
        near = difflib.get_close_matches(value.lower(), words, 1) if isinstance(value, str) else []
        hint = f"; did you mean '{near[0]}'?" if near else ""
        what = ", ".join(f"'{word}'" for word in words[:-1]) + f" or '{words[-1]}'"
        raise PydanticCustomError(
            "expected",
            "expected {what}, got {got}{hint}",
            {"what": what, "got": _shown(value), "hint": hint},
        )

    return PlainValidator(read)


def _true_or_false(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _expected("true or false", value)


_AS_TEXT = PlainSerializer(lambda value: plain(value) if isinstance(value, Decimal) else value, when_used="json")

Code = Annotated[str, PlainValidator(_code)]
Pair = Annotated[str, PlainValidator(_pair)]
Balance = Annotated[Decimal, _amount("an amount of 0 or more"), _AS_TEXT]
Positive = Annotated[Decimal, _amount("a positive amount", above=True), _AS_TEXT]
PositiveOrAll = Annotated[
    Decimal | Literal["all"], _amount("a positive amount or 'all'", above=True, word="all"), _AS_TEXT
]
PriceAmount = Annotated[Decimal, _amount("a price above 0", above=True), _AS_TEXT]
Leverage = Annotated[Decimal, _amount("a leverage of 1 or more", 1), _AS_TEXT]
Hours = Annotated[Decimal, _amount(f"a number of hours from 0 to {_MOST_HOURS}", most=_MOST_HOURS), _AS_TEXT]
Rate = Annotated[
    Decimal,
    _amount("a rate from 0 to below 1, such as '0.0026' for 0.26 %", most=1, below=True),
    _AS_TEXT,
]
Share = Annotated[Decimal, _amount("a share from 0 to 1, such as '0.05' for 5 %", most=1), _AS_TEXT]
PositionSide = Annotated[Literal["long", "short"], _one_of("long", "short")]
OrderSide = Annotated[Literal["buy", "sell"], _one_of("buy", "sell")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Open(_Part):
    """Open a position on margin (R1). Volume in BASE, price in QUOTE for one BASE."""

    do: Literal["open"] = "open"
    pair: Pair
    side: PositionSide
    volume: Positive
    leverage: Leverage = Decimal(2)
    price: PriceAmount | None = None


class Price(_Part):
    """The market moves: a new price, in QUOTE for one BASE."""

    do: Literal["price"] = "price"
    pair: Pair
    price: PriceAmount


class Settle(_Part):
    """Settle a volume of BASE, or all of it, with own funds (R3)."""

    do: Literal["settle"] = "settle"
    pair: Pair
    volume: PositiveOrAll


class Close(_Part):
    """Close a volume of BASE, or all of it, by an opposing order (R9)."""

    do: Literal["close"] = "close"
    pair: Pair
    volume: PositiveOrAll
    price: PriceAmount | None = None


class Deposit(_Part):
    """Funds come in from outside."""

    do: Literal["deposit"] = "deposit"
    currency: Code
    amount: Positive


class Withdraw(_Part):
    """Funds go out (B9)."""

    do: Literal["withdraw"] = "withdraw"
    currency: Code
    amount: Positive


class Trade(_Part):
    """An ordinary order without margin. Volume in BASE, price in QUOTE for one BASE."""

    do: Literal["trade"] = "trade"
    pair: Pair
    side: OrderSide
    volume: Positive
    price: PriceAmount | None = None


class Wait(_Part):
    """Time passes, in hours; rollovers fall due (B6)."""

    do: Literal["wait"] = "wait"
    hours: Hours


class Stop(_Part):
    """A protective stop order (R22). Trigger in QUOTE for one BASE."""

    do: Literal["stop"] = "stop"
    pair: Pair
    side: OrderSide
    trigger: PriceAmount


Step = Open | Price | Settle | Close | Deposit | Withdraw | Trade | Wait | Stop
_STEPS: dict[str, type[_Part]] = {
    kind.model_fields["do"].default: kind for kind in (Open, Price, Settle, Close, Deposit, Withdraw, Trade, Wait, Stop)
}


class ConversionFees(_Part):
    """Shares that a conversion costs, where a scenario overrides the rulebook (R16)."""

    cash_cash: Rate | None = None
    btc_eth_cash: Rate | None = None
    other: Rate | None = None


class Rules(_Part):
    """Overrides of the rulebook; what is left out stays as in ``data/``."""

    collateral_order: Annotated[tuple[Code, ...], Field(strict=False)] | None = None
    conversion_fees: ConversionFees | None = None
    haircuts: dict[Code, Share] | None = None
    liquidation: Annotated[Liquidation, _one_of("off", "all", "until-100")] = "off"
    initial_margin_check: Annotated[bool, PlainValidator(_true_or_false)] = True

    @field_validator("collateral_order")
    @classmethod
    def _each_once(cls, order: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for index, code in enumerate(order or ()):
            if order and code in order[:index]:
                raise PydanticCustomError("expected", "expected each currency once, got {code} twice", {"code": code})
        return order


class Fees(_Part):
    """Fee rates as shares: trading on traded value, opening and rollover on the amount extended (B6)."""

    trading: Rate = Decimal(0)
    opening: Rate = Decimal(0)
    rollover: Rate = Decimal(0)


class Scenario(_Part):
    """What there is at the start, and what is done, in order.

    Amounts are in the currency named beside them, prices in QUOTE for one BASE.

    Raises:
        InvalidScenario: from :meth:`of` and :func:`read_scenario`; names the place and what was expected.

    >>> Scenario.of({"balances": {"EUR": "100"}, "steps": [{"do": "wait", "hours": 4}]}).balances
    {'EUR': Decimal('100')}
    """

    title: str | None = None
    rules: Rules = Rules()
    balances: dict[Code, Balance] = Field(default_factory=dict)
    prices: dict[Pair, PriceAmount] = Field(default_factory=dict)
    fees: Fees = Fees()
    valuation: Code | None = None
    steps: tuple[Annotated[Step, Field(discriminator="do")], ...] = Field(default=(), max_length=_MOST_STEPS)

    @classmethod
    def of(cls, data: object) -> "Scenario":
        """Check plain data (dicts, lists, text, ints, Decimals) and make a scenario of it.

        Raises:
            InvalidScenario: one sentence for each of the first three places that are wrong.

        >>> Scenario.of({"steps": [{"do": "deposit", "currency": "EUR", "amount": "abc"}]})
        Traceback (most recent call last):
        marginlib.engine.errors.InvalidScenario: steps[0].amount: expected a positive amount, got 'abc'
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InvalidScenario(_sentences(error.errors(include_url=False))) from None

    @property
    def summary_currency(self) -> str | None:
        """The currency of the margin summary: as given, or the first quote that comes up.

        >>> Scenario.of({"prices": {"BTC/USD": "60000"}}).summary_currency
        'USD'
        """
        if self.valuation:
            return self.valuation
        pairs = [
            *self.prices,
            *(step.pair for step in self.steps if not isinstance(step, Deposit | Withdraw | Wait)),
        ]
        return pairs[0].partition("/")[2] if pairs else None


_WANTED = {
    "pair": "a pair such as 'BTC/EUR'",
    "side": "a side",
    "volume": "a volume in the base currency",
    "price": "a price",
    "currency": "a currency code such as 'EUR'",
    "amount": "an amount",
    "hours": "a number of hours",
    "trigger": "a trigger price",
}

_A_STEP = 'a step such as {"do": "wait", "hours": 4}'


def _place(loc: tuple[int | str, ...]) -> str:
    """``('steps', 3, 'open', 'volume')`` as a reader writes it: ``steps[3].volume``."""
    parts = list(loc)
    if len(parts) > 2 and parts[0] == "steps" and parts[2] in _STEPS:
        del parts[2]
    text = ""
    for part in parts:
        if part == "[key]":
            continue
        name = part if isinstance(part, int) or _NAME.fullmatch(part) or _is_pair(part) else _shown(part)
        text += f"[{part}]" if isinstance(part, int) else f".{name}" if text else str(name)
    return text


def _is_pair(text: str) -> bool:
    return all(_CODE.fullmatch(part) for part in text.split("/"))


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that an object at this place may have."""
    model: type[BaseModel] = Scenario
    if len(loc) > 2 and loc[0] == "steps":
        model = _STEPS[str(loc[2])]
    elif len(loc) > 1 and loc[0] in ("rules", "fees"):
        model = ConversionFees if "conversion_fees" in loc[1:-1] else Rules if loc[0] == "rules" else Fees
    return list(model.model_fields)


def _sentence(error: ErrorDetails) -> str:
    """One validation error as one sentence: where, what was expected, what came instead."""
    loc, kind, value = error["loc"], error["type"], error["input"]
    place, last = _place(loc), str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        known = _known_keys(loc)
        near = difflib.get_close_matches(last, known, 1, 0.5) or difflib.get_close_matches(last.lower(), known, 1, 0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known)}"
        return f"{place}: unknown key; {hint}"
    if kind == "missing":
        return f"{place}: missing; expected {_WANTED.get(last, 'a value')}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        if not isinstance(value, dict):
            return f"{place}: expected {_A_STEP}, got {_shown(value)}"
        if "do" not in value:
            return f"{place}.do: missing; expected one of {', '.join(_STEPS)}"
        got = value["do"]
        near = difflib.get_close_matches(got.lower(), _STEPS, 1) if isinstance(got, str) else []
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"{place}.do: expected one of {', '.join(_STEPS)}, got {_shown(got)}{hint}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        what = _A_STEP if loc[:1] == ("steps",) else "an object {…}"
        return f"{place or 'the scenario'}: expected {what}, got {_shown(value)}"
    if kind == "tuple_type":
        return f"{place}: expected a list […], got {_shown(value)}"
    if kind == "too_long":
        return f"{place}: expected at most {_MOST_STEPS} steps, got {len(value)}"
    if kind == "string_type":
        return f"{place}: expected text, got {_shown(value)}"
    return f"{place}: {error['msg']}"


def _sentences(errors: list[ErrorDetails]) -> str:
    texts = list(dict.fromkeys(_sentence(error) for error in errors))
    rest = f"; and {len(texts) - 3} more" if len(texts) > 3 else ""
    return "; ".join(texts[:3]) + rest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise InvalidScenario(f"the key {_shown(key)} is given twice in one object; expected each key once")
        if value is None:
            raise InvalidScenario(f"{_shown(key)}: expected a value, got nothing (null); leave the key out instead")
        for text in (key, value):
            if isinstance(text, str) and _HALF.search(text):
                raise InvalidScenario(f"{_shown(key)}: expected whole characters, got {_shown(text)}")
        result[key] = value
    return result


def read_scenario(text: str | bytes) -> Scenario:
    """Read a scenario from JSON. Numbers are read as the decimals they are written as.

    Raises:
        InvalidScenario: not JSON, or not a scenario; one sentence that names the place and what was expected.

    >>> read_scenario('{"balances": {"EUR": 0.1}}').balances["EUR"]
    Decimal('0.1')
    >>> read_scenario('{"balances": {"EUR": 1, "EUR": 2}}')
    Traceback (most recent call last):
    marginlib.engine.errors.InvalidScenario: the key 'EUR' is given twice in one object; expected each key once
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        data = json.loads(
            text.removeprefix("\ufeff"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=Decimal,
            object_pairs_hook=_object,
        )
    except ArithmeticError:
        raise InvalidScenario("a number's exponent is beyond reason; expected an amount such as 0.5") from None
    except UnicodeDecodeError as error:
        raise InvalidScenario(f"the file is not UTF-8 text (byte {error.start}); expected JSON") from None
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise InvalidScenario(f'{message}; expected an object such as {{"balances": …, "steps": […]}}') from None
    except RecursionError:
        raise InvalidScenario("nested too deeply; expected an object with balances, prices and steps") from None
    return Scenario.of(data)

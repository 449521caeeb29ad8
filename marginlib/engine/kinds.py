"""Kinds of fields: what a field of a scenario may be, and the sentence that anything else gets.

A kind reads a value, or raises :class:`InvalidScenario`. Whatever reads scenarios asks these, so that a step that is
typed in Python and one that is read from a file are checked alike, and refused with the same words.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Generic, TypeVar

from marginlib.engine.derivation import Traced
from marginlib.engine.errors import InvalidScenario, Place, Problem

T = TypeVar("T")
V = TypeVar("V")
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_CODE = re.compile(r"[A-Z0-9]{1,16}|[A-Z0-9]{1,15}x", re.ASCII)
API_NAMES = {
    "XBT": "BTC", "XXBT": "BTC", "XDG": "DOGE", "XXDG": "DOGE",
    **{f"X{code}": code for code in ("ETH", "XRP", "LTC", "XLM", "XMR", "ETC", "REP", "MLN")}, "XZEC": "ZEC",
    **{f"Z{code}": code for code in ("USD", "EUR", "GBP", "AUD", "CAD", "JPY", "CHF")},
}  # fmt: skip
"""What the exchange's API calls some currencies, and the codes that are written here."""
_QUOTES = (
    *(name for name in API_NAMES if name[0] in "XZ" and len(name) == 4),
    *("USDT", "USDC", "XBT", "BTC", "ETH", "DAI", "USD", "EUR", "GBP", "AUD", "CAD", "JPY", "CHF"),
)  # the longest first: what a pair without its slash may end in
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}", re.ASCII)
_COMMA = re.compile(r"-?[0-9]{1,30},[0-9]{1,30}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_]{1,30}", re.ASCII)
_WORDS: dict[type | tuple[type, ...], str] = {
    dict: "an object", (list, tuple): "a list", datetime: "a date with a time", date: "a date", time: "a time of day",
}  # fmt: skip
_MOST_DIGITS = 20  # before and after the point: beyond that nobody means it
_MOST_TOLD = 3  # problems in one message
_WANTED = {
    "pair": "a pair such as 'BTC/EUR'",
    "side": "a side",
    "volume": "a volume in the base currency",
    "price": "a price",
    "prices": "an object of prices such as {'BTC/EUR': '50000'}",
    "currency": "a currency code such as 'EUR'",
    "amount": "an amount",
    "hours": "a number of hours",
    "trigger": "a trigger price",
}


def shown(value: object) -> str:
    r"""A value as a sentence quotes it: short, and in characters that every terminal has.

    >>> shown("Zürich"), shown([1, 2]), shown(None), shown(date(2026, 5, 27))
    ("'Z\\xfcrich'", 'a list', 'nothing (null)', 'a date')
    """
    if value is None or isinstance(value, bool):
        return {None: "nothing (null)", True: "true", False: "false"}[value]
    if isinstance(value, str):
        text = ascii(value)
    elif isinstance(value, int | float | Decimal):
        text = str(value)
    else:  # a TOML file may have a date where words are wanted
        told = (words for kind, words in _WORDS.items() if isinstance(value, kind))
        text = next(told, f"something of the type {type(value).__name__}")
    return text if len(text) <= 60 else f"{text[:57]}..."


def expected(what: str, value: object) -> InvalidScenario:
    """What to raise for a value that isn't what was expected."""
    return InvalidScenario(f"expected {what}, got {shown(value)}")


def nearest(word: str, words: Iterable[str], least: float = 0.6) -> str | None:
    """The word that was probably meant."""
    import difflib  # only for what is misspelt

    near = difflib.get_close_matches(word, [*words], 1, least)
    return near[0] if near else None


def did_you_mean(value: object, words: Iterable[str]) -> str:
    """A hint at the end of a sentence, or nothing."""
    near = nearest(value.lower(), words) if isinstance(value, str) else None
    return f"; did you mean '{near}'?" if near else ""


def unknown(key: str, known: list[str]) -> str:
    """The sentence for a key that isn't known.

    >>> unknown("balanses", ["balances", "prices"])
    "unknown key; did you mean 'balances'?"
    """
    near = nearest(key, known, 0.5) or nearest(key.lower(), known, 0.5)
    hint = f"did you mean '{near}'?" if near else f"known here: {', '.join(known)}"
    return f"unknown key; {hint}"


def missing(key: str) -> str:
    """The sentence for a key that isn't there."""
    return f"missing; expected {_WANTED.get(key, 'a value')}"


def told(problems: Iterable[Problem]) -> InvalidScenario:
    """All that is wrong as one error: a sentence for each of the first three places.

    >>> print(told([(("steps", 3, "volume"), "expected a positive amount, got 'abc'")]))
    steps[3].volume: expected a positive amount, got 'abc'
    """
    problems = tuple(problems)
    texts = list(dict.fromkeys(_sentence(place, text) for place, text in problems))
    rest = f"; and {len(texts) - _MOST_TOLD} more" if len(texts) > _MOST_TOLD else ""
    return InvalidScenario("; ".join(texts[:_MOST_TOLD]) + rest, problems)


def _sentence(place: Place, text: str) -> str:
    where = ""
    for part in place:
        if isinstance(part, int):
            where += f"[{part}]"
        else:
            name = part if _NAME.fullmatch(part) or _is_pair(part) else shown(part)
            where += f".{name}" if where else name
    return f"{where}: {text}" if where else text


def _is_pair(text: str) -> bool:
    return all(_CODE.fullmatch(part) for part in text.split("/"))


def within(place: str | int, error: InvalidScenario) -> list[Problem]:
    """The problems of a part, where they lie in the whole."""
    return [((place, *where), text) for where, text in error.problems]


class Kind(Generic[T]):
    """What a field may be."""

    def read(self, value: object) -> T:
        """The value, exact and as the engine has it.

        Raises:
            InvalidScenario: it isn't allowed; says what was expected, and the places within it.
        """
        raise NotImplementedError


class Amount(Kind[Decimal | str]):
    """An exact amount: a plain decimal string, an int or a Decimal within reason; never a float.

    >>> Amount("a positive amount", above=True).read("0.50")
    Decimal('0.50')
    """

    def __init__(
        self, what: str, least: int = 0, *, above: bool = False, most: int | None = None, below: bool = False,
        word: str = "",
    ) -> None:  # fmt: skip
        """Say what it is; from ``least`` (or above it) to ``most`` (or below it), or a word in its place."""
        self.what, self.least, self.above, self.most, self.below, self.word = what, least, above, most, below, word

    def read(self, value: object) -> Decimal | str:
        """The amount as a Decimal, or the word."""
        if self.word and value == self.word:
            return self.word
        if isinstance(value, float):
            raise expected(f"{self.what} as text, such as '0.5' (a float is not exact)", value)
        as_text = isinstance(value, str) and len(value) <= 100 and _PLAIN.fullmatch(value)
        as_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        number = Decimal(value) if as_text or as_number else Decimal("NaN")  # type: ignore[arg-type]
        number = value if type(value) is Traced else number
        if not number.is_finite():
            if isinstance(value, str) and _COMMA.fullmatch(value):
                point, whole = value.replace(",", "."), value.replace(",", "")
                meant = f"'{whole}' or '{point}'" if _THOUSANDS.fullmatch(value) else f"'{point}'"
                raise InvalidScenario(f"expected {self.what} with a point: {meant}, got {shown(value)}")
            raise expected(self.what, value)
        if number.adjusted() >= _MOST_DIGITS or int(number.as_tuple().exponent) < -_MOST_DIGITS:
            raise expected(f"{self.what} with at most {_MOST_DIGITS} digits before and after the point", value)
        if number < self.least or (self.above and number == self.least):
            raise expected(self.what, value)
        if self.most is not None and (number > self.most or (self.below and number == self.most)):
            raise expected(self.what, value)
        return number if number or type(number) is Traced else Decimal(0)


class Code(Kind[str]):
    """A currency code."""

    def read(self, value: object) -> str:
        """The code."""
        if isinstance(value, str) and _CODE.fullmatch(value):
            if value in API_NAMES:
                raise InvalidScenario(f"the exchange's API says {value}; write '{API_NAMES[value]}' here")
            return value
        raise expected("a currency code of 1 to 16 letters A-Z and digits, such as 'EUR'", value)


class Pair(Kind[str]):
    """Two currencies, BASE/QUOTE."""

    def read(self, value: object) -> str:
        """The pair."""
        if isinstance(value, str):
            base, slash, quote = value.partition("/")
            if slash and base != quote and _CODE.fullmatch(base) and _CODE.fullmatch(quote):
                if base in API_NAMES or quote in API_NAMES:
                    plainly = f"{API_NAMES.get(base, base)}/{API_NAMES.get(quote, quote)}"
                    raise InvalidScenario(f"the exchange's API says {value}; write '{plainly}' here")
                return value
            if not slash and (meant := _with_slash(value)):
                raise InvalidScenario(f"expected a pair with a slash; write '{meant}', got {shown(value)}")
        raise expected("a pair of two different currencies, such as 'BTC/EUR'", value)


def _with_slash(text: str) -> str | None:
    """The pair that was probably meant by a text without a slash.

    >>> _with_slash("XXBTZEUR"), _with_slash("XTZEUR"), _with_slash("nothing")
    ('BTC/EUR', 'XTZ/EUR', None)
    """
    for quote in _QUOTES:
        base = text.removesuffix(quote).rstrip("-_: ")
        if base == text or not _CODE.fullmatch(base):
            continue
        if len(quote) == 4 and quote in API_NAMES and base not in API_NAMES:
            continue  # XTZEUR is XTZ and EUR
        pair = API_NAMES.get(base, base), API_NAMES.get(quote, quote)
        if pair[0] != pair[1]:
            return "/".join(pair)
    return None


class RateOrRates(Kind["Decimal | Mapping[str, Decimal]"]):
    """One rate, or rates by currency, with ``other`` for the rest."""

    def __init__(self, rate: Kind[Any]) -> None:
        """What a rate is."""
        self.rate = rate

    def read(self, value: object) -> "Decimal | Mapping[str, Decimal]":
        """The rate, or the rates by code."""
        if isinstance(value, Mapping):
            return Table(_CodeOrOther(), self.rate).read(value)
        rate: Decimal = self.rate.read(value)
        return rate


class _CodeOrOther(Kind[str]):
    def read(self, value: object) -> str:
        return "other" if value == "other" else Code().read(value)


class OneOf(Kind[str]):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        """Name the words."""
        self.words = words

    def read(self, value: object) -> str:
        """The word."""
        if isinstance(value, str) and value in self.words:
            return value
        what = ", ".join(f"'{word}'" for word in self.words[:-1]) + f" or '{self.words[-1]}'"
        raise InvalidScenario(f"expected {what}, got {shown(value)}{did_you_mean(value, self.words)}")


class TrueOrFalse(Kind[bool]):
    """True or false, and nothing that only counts as one of them."""

    def read(self, value: object) -> bool:
        """The value."""
        if isinstance(value, bool):
            return value
        raise expected("true or false", value)


class Text(Kind[str]):
    """Any text."""

    def read(self, value: object) -> str:
        """The text."""
        if isinstance(value, str):
            return value
        raise expected("text", value)


class Maybe(Kind[T | None]):
    """Something, or nothing at all."""

    def __init__(self, kind: Kind[T]) -> None:
        """What it is where it is anything."""
        self.kind = kind

    def read(self, value: object) -> T | None:
        """The value; None for nothing."""
        return None if value is None else self.kind.read(value)


class EachOnce(Kind[tuple[T, ...]]):
    """A list in which nothing stands twice."""

    def __init__(self, kind: Kind[T]) -> None:
        """What is in the list."""
        self.kind = kind

    def read(self, value: object) -> tuple[T, ...]:
        """The list, as a tuple."""
        return self.checked(items(self.kind, value))

    def checked(self, read: tuple[T, ...]) -> tuple[T, ...]:
        """The same, looked through for what stands twice."""
        seen: set[T] = set()
        for each in read:
            if each in seen:
                raise InvalidScenario(f"expected each currency once, got {each} twice")
            seen.add(each)
        return read


def items(kind: Kind[T], value: object) -> tuple[T, ...]:
    """Read what is in a list."""
    if not isinstance(value, list | tuple):
        raise expected("a list […]", value)
    read, problems = [], []
    for at, each in enumerate(value):
        try:
            read.append(kind.read(each))
        except InvalidScenario as error:
            problems += within(at, error)
    if problems:
        raise told(problems)
    return tuple(read)


class Table(Kind[Mapping[T, V]]):
    """An object whose keys are of one kind, and whose values of another."""

    def __init__(self, key: Kind[T], value: Kind[V], *, lacking: str = "") -> None:
        """What its keys and values are; ``lacking`` says what must be in it, if something must."""
        self.key, self.value, self.lacking = key, value, lacking

    def read(self, value: object) -> dict[T, V]:
        """The object, as a dict of its own."""
        if not isinstance(value, Mapping):
            raise expected("an object {…}", value)
        if self.lacking and not value:
            raise InvalidScenario(f"expected {self.lacking}, got an empty object")
        result: dict[T, V] = {}
        problems: list[Problem] = []
        for name, each in value.items():
            try:
                key = self.key.read(name)  # before its value: who writes the wrong code hears of that first
                result[key] = self.value.read(each)
            except InvalidScenario as error:
                problems += within(name, error)
        if problems:
            raise told(problems)
        return result


def kind_of(annotation: Any) -> Kind[Any]:
    """The kind that a field is annotated with; ``… | None`` is a :class:`Maybe`."""
    for each in getattr(annotation, "__metadata__", ()):
        if isinstance(each, Kind):
            return each
    (something,) = [each for each in annotation.__args__ if each is not type(None)]
    return Maybe(kind_of(something))

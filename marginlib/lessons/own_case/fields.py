"""The fields of one's own case as plain data: what a form shows, a file is read into, and a ledger leaves.

All of it is text, as it is typed; rates are in percent. A row in which nothing is written counts for nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from marginlib.engine import kinds
from marginlib.engine.amounts import EXACT, plain, rounded
from marginlib.engine.errors import InvalidScenario
from marginlib.reading.asset_codes import plain_code

Fields = dict[str, Any]
"""What is written down; :func:`empty` has every key."""

LISTS: dict[str, tuple[str, ...]] = {
    "balances": ("code", "amount"),
    "lots": ("pair", "side", "volume", "price", "leverage", "age", "rollover"),
    "prices": ("pair", "price"),
    "stops": ("pair", "trigger"),
    "haircuts_own": ("code", "percent"),
}
"""The lists of rows, and the fields of a row. A lot's price is that of its opening, its age in hours; the rollover
rate in percent, the fees' own where it is left empty."""

GROUPS: dict[str, tuple[str, ...]] = {
    "fees": ("trading", "opening", "rollover"),
    "collateral": ("order", "add", "remove"),
    "levels": ("call", "liquidation"),
    "conversion": ("cash_cash", "btc_eth_cash", "other"),
}
"""The groups of fields that are there once. Fees and levels in percent; the collateral's are codes with blanks between
them (an order of ``none``: nothing counts). What is empty is as the rules have it; a fee that is empty is nothing."""

SINGLE = {"title": "", "valuation": "", "haircuts": "none", "liquidation": "off"}
"""The fields that stand alone, and what they are at first. ``haircuts`` is ``none``, ``own``, or a set's name."""

MOST_ROWS = 100
MOST_HOURS = 8_784
"""So old a lot may be, in hours: as long as a scenario may wait at once."""
_MOST_TEXT = 100
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_GROUPED = re.compile(r"([+-]?[0-9]{1,3})((?:[, '_][0-9]{3})+)(\.[0-9]+)?", re.ASCII)
_EUROPEAN = re.compile(r"([+-]?[0-9]{1,3})((?:[. ][0-9]{3})+)(,[0-9]+)", re.ASCII)
_OFFERED = re.compile("'([0-9.-]+)'")
_POWER = re.compile(r"\+?[0-9]{1,20}(\.[0-9]{1,20})?[eE][+-]?[0-9]{1,2}", re.ASCII)
_BESIDE = re.compile(r"(?:[A-Z]{3,5}|[€$£¥₿])?([0-9]+(?:\.[0-9]+)?)(?:[A-Z]{3,5}|[€$£¥₿])?", re.ASCII)
_TIME = re.compile(r"(?:[0-9]+(?:\.[0-9]+)? ?(?:w(?:eeks?)?|d(?:ays?)?|h(?:ours?|rs?)?|min(?:utes?)?)[ ,]*)+", re.ASCII)
_TIMES = {"w": Fraction(168), "d": Fraction(24), "h": Fraction(1), "m": Fraction(1, 60)}
_BARE = re.compile(r"\+?([0-9]*)(?:\.([0-9]*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field: its path, such as ``lots.1.volume``, and a sentence that says what would work.

    >>> str(Problem("lots.1.volume", "Expected a positive amount, got 'abc'."))
    "lots.1.volume: Expected a positive amount, got 'abc'."
    """

    path: str
    sentence: str

    def __str__(self) -> str:
        """Where, and what."""
        return f"{self.path}: {self.sentence}"


def empty() -> Fields:
    """Fields in which nothing is written yet.

    >>> empty()["lots"], empty()["fees"]
    ([], {'trading': '', 'opening': '', 'rollover': ''})
    """
    lists: Fields = {name: [] for name in LISTS}
    return {**SINGLE, **lists, **{name: dict.fromkeys(keys, "") for name, keys in GROUPS.items()}}


def row(name: str, **written: str) -> dict[str, str]:
    """A row of one of the lists; what isn't given is empty.

    >>> row("balances", code="EUR")
    {'code': 'EUR', 'amount': ''}
    """
    return {key: written.get(key, "") for key in LISTS[name]}


class Sheet:
    """Fields being read: what each says, and what is wrong."""

    def __init__(self, fields: object) -> None:
        """Bring whatever was given into the shape of :func:`empty`; what doesn't fit is a problem."""
        self.problems: list[Problem] = []
        self.fields = self._shaped(fields)

    def wrong(self, path: str, sentence: str) -> None:
        """Note what is wrong: as a sentence, once a field."""
        if all(problem.path != path for problem in self.problems):
            told = f"{sentence[:1].upper()}{sentence[1:]}"
            self.problems.append(Problem(path, told if told.endswith((".", "?")) else f"{told}."))

    def read(self, path: str, kind: kinds.Kind[Any], text: str, wanted: str) -> Any:
        """What a field says, as its kind reads it; None where it is wrong. ``wanted``: what it is for, if empty."""
        if not text:
            self.wrong(path, f"this is empty; expected {wanted}")
            return None
        try:
            return kind.read(text)
        except InvalidScenario as error:
            told = str(error)
        if " with a point: " in told and all(
            _taken(kind, each) for each in _OFFERED.findall(told.partition(", got")[0])
        ):
            pass  # the engine's own offer: one of two, where it isn't clear which is meant
        elif meant := next((each for each in _candidates(text) if _taken(kind, each)), ""):
            told = f"expected {wanted}, got {kinds.shown(text)}; write '{meant}'"
        elif " with a point: " in told:
            told = f"expected {wanted}, got {kinds.shown(text)}"
        self.wrong(path, told)
        return None

    def hours(self, path: str, kind: kinds.Amount, text: str, wanted: str) -> Any:
        """A time in hours, or with its units beside it: '3 days', '2d 4h'; None where it is wrong."""
        spoken = text.lower()
        if _TIME.fullmatch(spoken):
            parts = re.findall(r"([0-9.]+) ?([wdhm])", spoken)
            text = plain(rounded(sum((Fraction(count) * _TIMES[unit] for count, unit in parts), Fraction(0)), 4))
        elif re.search(r"[^\W\d_]", text):  # of '2 months', the 2 alone is no time in hours
            self.wrong(path, f"expected {wanted}, such as '52' or '2 days 4 hours', got {kinds.shown(text)}")
            return None
        return self.read(path, kind, text, wanted)

    def percent(self, path: str, text: str, wanted: str, *, below: bool = True) -> Decimal | None:
        """A rate in percent as a share; None where it is empty or wrong."""
        if not text:
            return None
        kind = kinds.Amount(f"{wanted} in percent, from 0 to {'below ' if below else ''}100", most=100, below=below)
        found = self.read(path, kind, text.removesuffix("%").rstrip(), f"{wanted} in percent, such as '0.25'")
        with localcontext(EXACT):
            return None if found is None else Decimal(plain(found.scaleb(-2)))

    def rows(self, name: str) -> Iterable[tuple[str, dict[str, str]]]:
        """The rows of a list in which something is written, each with its path."""
        for at, each in enumerate(self.fields[name]):
            if any(text for key, text in each.items() if key != "side"):
                yield f"{name}.{at}", each

    def _shaped(self, fields: object) -> Fields:
        shaped = empty()
        if not isinstance(fields, Mapping):
            self.wrong("", f"expected the fields of a case, got {kinds.shown(fields)}")
            return shaped
        for name, given in fields.items():
            if name in LISTS:
                shaped[name] = self._list(name, given)
            elif name in GROUPS:
                shaped[name] |= self._entries(name, given, GROUPS[name])
            elif name in SINGLE:
                shaped[name] = self._text(name, given) or SINGLE[name]
            else:
                known = [*SINGLE, *LISTS, *GROUPS]
                self.wrong(kinds.shown(name).strip("'"), kinds.unknown(str(name)[:40], known))
        return shaped

    def _list(self, name: str, given: object) -> list[dict[str, str]]:
        if given is None:
            return []
        if not isinstance(given, list | tuple):
            self.wrong(name, f"expected a list of rows, got {kinds.shown(given)}")
            return []
        if len(given) > MOST_ROWS:
            self.wrong(name, f"expected at most {MOST_ROWS} rows, got {len(given)}")
        return [
            row(name, **self._entries(f"{name}.{at}", each, LISTS[name])) for at, each in enumerate(given[:MOST_ROWS])
        ]

    def _entries(self, path: str, given: object, known: tuple[str, ...]) -> dict[str, str]:
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            self.wrong(path, f"expected the fields {', '.join(known)}, got {kinds.shown(given)}")
            return {}
        found = {}
        for name, value in given.items():
            if name in known:
                found[str(name)] = self._text(f"{path}.{name}", value)
            else:
                self.wrong(path, kinds.unknown(str(name)[:40], [*known]))
        return found

    def _text(self, path: str, given: object) -> str:
        """What a field says, without blanks around it; a number is what it is written as."""
        if given is None:
            return ""
        if isinstance(given, Decimal | int) and not isinstance(given, bool):
            number = Decimal(given)
            return plain(number) if number.is_finite() and abs(number.adjusted()) < _MOST_TEXT else str(number)
        if not isinstance(given, str):
            self.wrong(path, f"expected text, got {kinds.shown(given)}")
            return ""
        text = given.encode("utf-8", "replace").decode().strip()  # half a character can't be sent on
        most = _MOST_TEXT if path != "title" and not path.startswith("collateral") else 1000
        if len(text) > most:
            self.wrong(path, f"expected at most {most} characters, got {len(text)}")
            return text[:most]
        return text


class CodeKind(kinds.Code):
    """A currency code in capitals or small letters."""

    def read(self, value: object) -> str:
        """The code, in capitals."""
        text = _capitals(value)
        plainly, apart = plain_code(text)
        if apart:
            raise InvalidScenario(
                f"{kinds.shown(text)} is {plainly} that the exchange keeps apart; write '{plainly}' if it backs your "
                "positions, or leave this row out"
            )
        return super().read(text)


class PairKind(kinds.Pair):
    """A pair in capitals or small letters, with a slash."""

    def read(self, value: object) -> str:
        """The pair, in capitals."""
        return super().read("/".join(_capitals(part.strip()) for part in str(value).split("/")))


class SideKind(kinds.OneOf):
    """A side, however it is written."""

    def __init__(self) -> None:
        """Long or short."""
        super().__init__("long", "short")

    def read(self, value: object) -> str:
        """The side."""
        return super().read(value.lower() if isinstance(value, str) else value)


def _capitals(value: object) -> str:
    """A code in capitals, but for the small x at the end of a tokenised stock's."""
    text = str(value)
    return f"{text[:-1].upper()}x" if text[-1:] == "x" and text[:-1].isupper() and len(text) > 3 else text.upper()


def _taken(kind: kinds.Kind[Any], text: str) -> bool:
    """Whether a kind takes a text."""
    try:
        kind.read(text)
    except InvalidScenario:
        return False
    return True


def _candidates(text: str) -> Iterable[str]:
    """Other ways to write what a text may mean."""
    common = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").strip()
    common = " ".join(common.split())
    digits = "".join(str(unicodedata.decimal(each, each)) for each in common)
    if digits != text:
        yield digits
    if grouped := _GROUPED.fullmatch(digits):
        yield re.sub("[^0-9.-]", "", "".join(part or "" for part in grouped.groups()))
    if grouped := _EUROPEAN.fullmatch(digits):
        whole, groups, rest = grouped.groups()
        yield re.sub("[^0-9-]", "", whole + groups) + rest.replace(",", ".")
    if _POWER.fullmatch(digits):
        yield plain(Decimal(digits))
    if (bare := _BARE.fullmatch(digits)) and any(bare.groups()):
        yield f"{bare[1] or '0'}{f'.{bare[2]}' if bare[2] else ''}"
    if beside := _BESIDE.fullmatch(digits):  # a code or a sign at it: '€12', '12EUR', '12€'
        yield beside[1]
    head, _, tail = digits.rpartition(" ")
    for part, apart in ((head, tail), (tail, head)):  # with a code or a sign beside it: '12 EUR', '€ 12'
        if _NUMBER.fullmatch(part) and not re.search("[0-9]", apart):
            yield part

"""How an amount came about, in words: a line with its sum, and its parts, each to be opened in turn."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from marginlib.engine.derivation import Amount, Derivation, Heard, Unit
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import MINUS, number

_ASKED = re.compile(
    rf"(?P<sign>[-+{MINUS}])?\s*(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)(?:\s*(?:of your )?(?P<unit>%|[A-Z][A-Z0-9]*))?"
)
_MOST = 6  # of what one text may stand for
_ADDING = ("sum", "difference", "opposite")
_TIMES = ("product", "quotient")
_SIGNS = {"+": "+", "-": MINUS, "*": "×", "/": "÷"}


class Term(NamedTuple):
    """A part of a sum or a product: its sign, what it is, and how many alike stand side by side."""

    sign: str
    part: Derivation
    times: int


def terms(how: Derivation) -> list[Term]:
    """What an amount is made of, as one would write it: sums of sums are one sum, and a balance is one from its start.

    What adds nothing is left out.

    >>> one, two = (Derivation(name, Decimal(2), "input") for name in ("one", "two"))
    >>> both = Derivation("", Decimal(4), "sum", (one, two))
    >>> [(sign, part.name) for sign, part, _ in terms(Derivation("all", Decimal(2), "difference", (both, two)))]
    [('+', 'one'), ('+', 'two'), ('-', 'two')]
    """
    inner = _inside(how)
    if inner.how in _ADDING:
        found = [each for each in _added(inner, how.name, "+") if each[1].amount or each[1].how != "constant"]
        gains = [at for at, (sign, part) in enumerate(found) if (sign == "+") == (part.amount >= 0)]
        if gains and found[0][0] == "-" and gains[0]:  # a sum begins with what is added
            found.insert(0, found.pop(gains[0]))
    elif inner.how in _TIMES:
        found = list(_multiplied(inner, "*"))
    else:
        found = [("+", part) for part in inner.parts]
    alike = itertools.groupby(found, lambda each: (each[0], each[1].name, each[1].amount, each[1].how == "constant"))
    return [Term(sign, each[0][1], len(each)) for (sign, *_), group in alike if (each := list(group))]


def _inside(how: Derivation) -> Derivation:
    """What is rounded; a rounding is told beside the sum."""
    while how.how.startswith("rounded") and not how.parts[0].name:
        how = how.parts[0]
    return how


def _added(how: Derivation, name: str, sign: str) -> Iterator[tuple[str, Derivation]]:
    other = {"+": "-", "-": "+"}[sign]
    signs = (other,) if how.how == "opposite" else (sign, other if how.how == "difference" else sign)
    for each, part in zip(signs, how.parts, strict=True):
        if part.how in _ADDING and part.name in ("", name):
            yield from _added(part, name, each)
        elif part.how == "same" and part.name == name and name:
            yield each, part.parts[0]
        elif (turned := _turned(part)) is not None:
            yield {"+": "-", "-": "+"}[each], turned
        else:
            yield each, part


def _turned(how: Derivation) -> Derivation | None:
    """A product that begins with the opposite of something, without that minus: it stands between the parts."""
    if how.name or how.how not in _TIMES:
        return None
    first, *others = how.parts
    inner = first.parts[0] if first.how == "opposite" and not first.name else _turned(first)
    return None if inner is None else replace(how, amount=-how.amount, parts=(inner, *others))


def _multiplied(how: Derivation, sign: str) -> Iterator[tuple[str, Derivation]]:
    other = {"*": "/", "/": "*"}[sign]
    for each, part in zip((sign, other if how.how == "quotient" else sign), how.parts, strict=True):
        if part.how in _TIMES and not part.name:
            yield from _multiplied(part, each)
        else:
            yield each, part


def code_of(unit: Unit | None) -> str:
    """The currency that an amount is written in; of a price, QUOTE. Empty for a mere number.

    >>> code_of((("BTC", -1), ("EUR", 1)))
    'EUR'
    """
    up = [code for code, power in unit or () if power == 1]
    return up[0] if len(up) == 1 else ""


def amount(how: Derivation) -> str:
    """An amount as a derivation has it: so many digits that a sum can be checked.

    >>> amount(Derivation("", Decimal("-2000.5"), "input", unit=(("EUR", 1),)))
    '−2,000.50 EUR'
    """
    return _written(how.amount, how.unit)


def _written(value: Amount, unit: Unit | None) -> str:
    code = code_of(unit)
    places, least = (10, 0) if code not in rulebook().cash else (4, 2) if len(unit or ()) == 1 else (10, 2)
    while number(value, places).strip(f"{MINUS}0.") == "" and value and places < 30:
        places += 4
    return f"{number(value, places, least)} {code}".strip()


def line(how: Derivation) -> str:
    """The amount, what it is, and its sum, in one line.

    >>> cost = Derivation("cost of position 1", Decimal(25000), "input", unit=(("EUR", 1),))
    >>> parts = cost, Derivation("leverage", Decimal(5), "input")
    >>> line(Derivation("used margin", Decimal(5000), "quotient", parts, ("B2",), (("EUR", 1),)))
    '5,000.00 EUR used margin = 25,000.00 EUR cost of position 1 ÷ 5 leverage (B2)'
    """
    told = f"{amount(how)} {how.name}".strip()
    if how.how == "solved":
        told = f"{told}: looked for until it fitted"
        if len(how.parts) > 1:
            told = f"{told}; there, {_part(how.parts[0])} is {_part(how.parts[1])}"
    elif made := terms(how):
        told = f"{told} = {_sum(made)}{_rounding(how)}"
    rules = f" ({', '.join(how.rules)})" if how.rules else ""
    return f"{told}{rules}"


def _sum(made: Sequence[Term]) -> str:
    words: list[str] = []
    for at, (sign, part, times) in enumerate(made):
        negative = sign in "+-" and part.amount < 0 and bool(part.name or not part.parts)
        shown = _SIGNS[{"+": "-", "-": "+"}[sign] if negative else sign]
        what = _part(part, positive=negative, adding=sign in "+-")
        what = f"{times} times {what}" if times > 1 else what
        if at == 0:
            words.append({"×": what, "+": what, "÷": f"1 ÷ {what}"}.get(shown, f"{shown}{what}"))
        else:
            words.append(f"{shown} {what}")
    return " ".join(words)


def _part(part: Derivation, *, positive: bool = False, adding: bool = True) -> str:
    if not part.name and part.parts and (made := terms(part))[1:]:
        return _sum(made) if adding and made[0].sign in "*/" else f"({_sum(made)})"
    value = -part.amount if positive else part.amount
    return f"{_written(value, part.unit)} {part.name}".strip()


def _rounding(how: Derivation) -> str:
    if not how.how.startswith("rounded"):
        return ""
    way = how.how.removeprefix("rounded")
    return f", rounded{way} to {how.places} decimals"


def why(asked: str, heard: Iterable[Heard]) -> list[Derivation]:
    """What an amount on the screen stands for: several, where several things come to the same.

    >>> why("+5.00 EUR", [Heard("5.00", Derivation("profit", Decimal(5), "input", unit=(("EUR", 1),)))])[0].name
    'profit'
    >>> why("5 of your BTC", [Heard("5", Derivation("taken", Decimal(5), "input", unit=(("EUR", 1),)))])
    []
    """
    read = _ASKED.search(asked)
    if read is None:
        return []
    value, unit, minus = _value(read["number"]), read["unit"], read["sign"] in ("-", MINUS)
    fits = [
        how
        for text, how in heard
        if abs(_value(text)) == value
        and (not unit or code_of(how.unit) == ("" if unit == "%" else unit) or (how.unit is None and unit != "%"))
    ]
    signed = [how for how in fits if (how.amount < 0) == minus] or fits
    told = {line(how): how for how in signed}
    if any(how.name or how.parts for how in told.values()):
        told = {text: how for text, how in told.items() if how.name or how.parts}
    named = [*sorted(told.values(), key=lambda how: not how.name)]
    exact = [how for how in named if unit in (None, "%") or how.unit] or named
    return exact[:_MOST]


def _value(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace(MINUS, "-"))


def told(found: Sequence[Derivation]) -> dict[str, Any]:
    """Derivations as plain data: each line once, with the numbers of its parts.

    >>> cost = Derivation("cost", Decimal(25), "input", source="given")
    >>> told([Derivation("half", Decimal(12), "quotient", (cost, Derivation("", Decimal(2), "constant")))])["lines"][1]
    {'line': '25 cost', 'rules': [], 'row': '', 'source': 'given', 'parts': []}
    """
    numbers: dict[int, int] = {}
    lines: list[dict[str, Any]] = []

    def tell(how: Derivation) -> int:
        if id(how) not in numbers:
            at = numbers[id(how)] = len(lines)
            lines.append({})
            parts = [] if _plain(how) else [tell(part) for part in _opened(how)]
            lines[at] = {
                "line": line(how), "rules": [*how.rules], "row": _row(how),
                "source": how.source, "parts": parts,
            }  # fmt: skip
        return numbers[id(how)]

    return {"found": [tell(how) for how in found], "lines": lines}


def _opened(how: Derivation) -> list[Derivation]:
    """The parts that are worth a line of their own."""
    found: dict[str, Derivation] = {}
    for part in how.parts if how.how == "solved" else [term.part for term in terms(how)]:
        inner = [part] if part.name or not part.parts else _opened(part)
        found |= {line(each): each for each in inner if each.name}
    return [*found.values()]


def _plain(how: Derivation) -> bool:
    return how.how in ("input", "constant")


def _row(how: Derivation) -> str:
    """The ledger row that an amount stands in."""
    if (booking := how.booking) is None:
        return ""
    position = "" if booking.position is None else f", position {booking.position}"
    what = booking.reason.replace("_", " ")
    return f"Ledger: step {booking.step + 1}, {booking.kind}{position}, {booking.asset}: {what}"

"""What a student hands in: one line that says which exercise, which student, how long, and what became of each item.

Layout of a code's bits, version 1: version 5, groups 6, checksum 16, exercise 16, student 16, minutes 9; then for each
item what became of it (2), and, where that isn't all, help (1), tries (3) and up to two mistakes, each as a short name
(12) that depends on nothing but the mistake's name. Of the answers themselves nothing is said.
"""

import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from marginlib.classes import groups
from marginlib.classes.groups import GROUP_BITS, MOST_GROUPS, Damaged

VERSION = 1
MOST_ITEMS, MOST_TRIES, MOST_MINUTES, MOST_MISTAKES = 40, 8, 511, 2
_HEADER = (5, groups.COUNT_BITS)
_SUM, _EXERCISE, _STUDENT, _MINUTES, _NAME = 16, 16, 16, 9, 12
_OPEN, _AT_ONCE, _LATER, _NOT = range(4)


class Foreign(Damaged):
    """A code that is whole, and of another exercise or version."""


@dataclass(frozen=True)
class Done:
    """What became of one item: right or not, after how many tries, with help or not, and the mistakes on the way.

    ``mistakes`` are names, or, as a code has them, short names (:func:`short`).
    """

    tries: int = 0
    right: bool = False
    helped: bool = False
    mistakes: tuple[int, ...] = ()

    @property
    def at_once(self) -> bool:
        """Whether it was right at the first try, and without help."""
        return self.right and self.tries == 1 and not self.helped


@dataclass(frozen=True)
class Result:
    """What a code says: the exercise and the student as marks, minutes, and what became of each item."""

    exercise: int
    student: int
    minutes: int
    items: tuple[Done, ...]

    @property
    def right(self) -> int:
        """How many items are right."""
        return sum(each.right for each in self.items)


def short(mistake: str) -> int:
    """A mistake's short name: renaming another one, or adding some, changes nothing about it.

    >>> short("fee_on_top") == short("fee_on_top") != short("wrong_sign")
    True
    """
    return int.from_bytes(hashlib.sha256(mistake.encode()).digest()[:2]) >> (16 - _NAME)


def code(result: Result) -> str:
    """The code of a result.

    >>> code(Result(5, 9, 12, (Done(1, True), Done(), Done(2, False, False, (short("fee_on_top"),)))))
    '12G42-DR00H-M00J4-1H66V-Z4007'
    """
    if len(result.items) > MOST_ITEMS:
        raise ValueError(f"expected at most {MOST_ITEMS} items, got {len(result.items)}")
    for most in range(MOST_MISTAKES, -1, -1):  # where all of them don't fit, the second ones are left out
        body = _body(result, most)
        count = -(-(sum(_HEADER) + _SUM + len(body)) // GROUP_BITS)
        if count <= MOST_GROUPS:
            break
    header = f"{VERSION:05b}{count:06b}"
    body += "0" * (count * GROUP_BITS - sum(_HEADER) - _SUM - len(body))
    return groups.written(header + f"{_checksum(header + body):016b}" + body)


def _body(result: Result, most: int) -> str:
    minutes = max(0, min(result.minutes, MOST_MINUTES))
    parts = [f"{result.exercise:016b}{result.student:016b}{minutes:09b}"]
    for each in result.items:
        if not each.tries:
            parts.append(f"{_OPEN:02b}")
        elif each.at_once:
            parts.append(f"{_AT_ONCE:02b}")
        else:
            mistakes = each.mistakes[:most]
            tries = min(each.tries, MOST_TRIES) - 1
            parts.append(f"{_LATER if each.right else _NOT:02b}{each.helped:01b}{tries:03b}")
            parts.append(("0", "10", "11")[len(mistakes)] + "".join(f"{name:012b}" for name in mistakes))
    return "".join(parts)


def _checksum(bits: str) -> int:
    return binascii.crc_hqx(bits.encode(), 0xFFFF)


class _Bits:
    def __init__(self, bits: str) -> None:
        self.bits, self.at = bits, 0

    def take(self, width: int) -> int:
        part = self.bits[self.at : self.at + width]
        if len(part) < width:
            raise Foreign("the code ends before its last item: it is for an exercise with fewer of them")
        self.at += width
        return int(part, 2)


def read(text: str, items: int, exercise: int | None = None) -> Result:
    """The result that a code says, of an exercise with so many items.

    Raises:
        Damaged: it is no code, it isn't whole (the groups that are wrong are named), or it is another exercise's.

    >>> made = Result(5, 9, 12, (Done(1, True), Done()))
    >>> read(code(made).lower().replace("-", " "), 2) == made
    True
    """
    bits = _Bits(groups.read(text))
    version = bits.take(_HEADER[0])
    if version != VERSION:
        raise Foreign(
            f"the code is of version {version}, and {VERSION} is what is known here; use the workbook it is from"
        )
    bits.take(_HEADER[1])
    if bits.take(_SUM) != _checksum(bits.bits[: sum(_HEADER)] + bits.bits[sum(_HEADER) + _SUM :]):
        raise Damaged("more than one character of the code is wrong, and it can't be said which; ask for it again")
    marked, student, minutes = (bits.take(width) for width in (_EXERCISE, _STUDENT, _MINUTES))
    if exercise is not None and marked != exercise:
        raise Foreign("the code is whole, and for another exercise than this one (or another edition of it)")
    found = Result(marked, student, minutes, tuple(_item(bits) for _ in range(items)))
    if bits.bits[bits.at :].strip("0") or len(bits.bits) - bits.at >= GROUP_BITS:
        raise Foreign("the code is whole, and for an exercise with more items than this one")
    return found


def _item(bits: _Bits) -> Done:
    became = bits.take(2)
    if became in (_OPEN, _AT_ONCE):
        return Done(became, became == _AT_ONCE)
    helped, tries = bool(bits.take(1)), bits.take(3) + 1
    many = (bits.take(1) and 1 + bits.take(1)) or 0
    return Done(tries, became == _LATER, helped, tuple(bits.take(_NAME) for _ in range(many)))


def marks(names: Sequence[str]) -> tuple[int, ...]:
    """The short names of mistakes, each once, as many as a code has place for."""
    return tuple(dict.fromkeys(map(short, names)))[:MOST_MISTAKES]

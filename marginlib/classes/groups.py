"""Letters and digits that survive mail, chat and being read aloud: groups of five, the last of which checks the others.

No letter looks like a digit (I, L, O and U are not written, and understood all the same). The check is one over the
field of 32 elements: any one wrong character in a group, and any two that changed places, are noticed, and the group is
named; so are groups that changed places. How many groups there are stands in the first one.
"""

import unicodedata
from collections.abc import Sequence

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SIZE = 5
"""Characters in a group; the last one checks the others."""
_DATA = SIZE - 1
GROUP_BITS = 5 * _DATA
_ALIKE = str.maketrans("OILU", "011V")
_VALUES = {each: value for value, each in enumerate(ALPHABET)}
_BETWEEN = set(">|=+<~`\N{MINUS SIGN}")
_MOST = 2_000  # characters of what may be a code
_COUNT_AT, COUNT_BITS = 5, 6
MOST_GROUPS = 2**COUNT_BITS - 1


class Damaged(ValueError):
    """A code that isn't whole; the sentence names the groups that are wrong, counted from 1."""

    def __init__(self, message: str, groups: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.groups = tuple(groups)


def _powers() -> tuple[int, ...]:
    """The powers of the field's generator, for the polynomial x⁵ + x² + 1."""
    found, value = [], 1
    for _ in range(31):
        found.append(value)
        value <<= 1
        value ^= 0b100101 if value & 32 else 0
    return tuple(found)


_POWER = _powers()
_LOG = {value: exponent for exponent, value in enumerate(_POWER)}


def _sum(values: Sequence[int], at: int) -> int:
    """The weighted sum of a group's values and of its place; 0 with its check. All weights differ."""
    total = at % 32
    for place, value in enumerate(values):
        if value:
            total ^= _POWER[(_LOG[value] + _DATA - place) % 31]
    return total


def written(bits: str) -> str:
    """Bits as groups; what is lacking in the last one is filled with zeros.

    >>> written("00001" + "000001" + "1" * 9)
    '10ZZR'
    """
    bits += "0" * (-len(bits) % GROUP_BITS)
    groups = []
    for at in range(len(bits) // GROUP_BITS):
        part = bits[at * GROUP_BITS : (at + 1) * GROUP_BITS]
        values = [int(part[i : i + 5], 2) for i in range(0, GROUP_BITS, 5)]
        groups.append("".join(ALPHABET[each] for each in (*values, _sum(values, at))))
    return "-".join(groups)


def read(text: str) -> str:
    r"""The bits of a code, however it was passed on.

    Raises:
        Damaged: it is none, or not whole; names the groups that are wrong.

    >>> read(" code: 10zz r\n") == "00001" + "000001" + "1" * 9
    True
    """
    groups = grouped(text)
    bad = [at for at, group in enumerate(groups) if not _whole(group, at)]
    count = _count(groups[0]) if groups and 0 not in bad else None
    if count is not None and len(groups) < count:
        at = bad[0] if bad else len(groups)
        raise Damaged(
            f"the code has {count} groups of {SIZE}, and {len(groups)} are here: "
            f"group {at + 1} is missing or not whole",
            [at + 1],
        )
    if bad:
        raise Damaged(_told(groups, bad), [at + 1 for at in bad])
    if count is not None and len(groups) > count:
        raise Damaged(
            f"the code has {count} groups of {SIZE}, and {len(groups)} are here; expected one code alone",
            range(count + 1, len(groups) + 1),
        )
    return "".join(f"{_VALUES[each]:05b}" for group in groups for each in group[:_DATA])


def _told(groups: list[str], bad: list[int]) -> str:
    if len(bad) == len(groups):
        return f"this is no result code; expected groups of {SIZE} letters and digits, as an exercise gives it"
    named = [f"{at + 1} ({groups[at][:12]})" for at in bad[:3]]
    what = f"group {named[0]} is" if len(bad) == 1 else f"groups {', '.join(named)}{' …' if len(bad) > 3 else ''} are"
    return f"{what} not as written; compare {'it' if len(bad) == 1 else 'them'} with what the exercise showed"


def _whole(group: str, at: int) -> bool:
    values = [_VALUES.get(each, -1) for each in group]
    return len(values) == SIZE and min(values) >= 0 and _sum(values[:_DATA], at) == values[_DATA]


def _count(first: str) -> int:
    bits = "".join(f"{_VALUES[each]:05b}" for each in first[:_DATA])
    return int(bits[_COUNT_AT : _COUNT_AT + COUNT_BITS], 2)


def grouped(text: str) -> list[str]:
    """The groups of a code as they were meant, right or not: by what stands between them, or else by fives.

    Raises:
        Damaged: there is nothing that could be a code.
    """
    if not isinstance(text, str):
        raise Damaged("expected a result code as text")
    if len(text) > _MOST:
        raise Damaged(f"this is no result code: it has {len(text):,} characters")
    clean = unicodedata.normalize("NFKC", text).upper().rpartition(":")[2].translate(_ALIKE)
    parts = "".join(map(_spaced, clean)).split()
    if not parts:
        raise Damaged("there is no result code; expected groups of letters and digits, as an exercise gives it")
    whole = "".join(parts)
    if len(whole) % SIZE == 0 or all(len(part) > 2 * SIZE for part in parts):  # as mail and people break lines
        return [whole[at : at + SIZE] for at in range(0, len(whole), SIZE)]
    return _rejoined(parts)


def _spaced(each: str) -> str:
    """A character of a code as it is, or a space for what only stands between groups; what isn't seen is nothing."""
    kind = unicodedata.category(each)
    if kind == "Cf":
        return ""
    return " " if each in _BETWEEN or (kind[0] in "ZPC" and each != "?") else each


def _rejoined(parts: list[str]) -> list[str]:
    """Parts of which some are longer or shorter than a group: a long one is several, two short ones may be one."""
    found: list[str] = []
    for part in parts:
        if found and len(found[-1]) < SIZE and len(found[-1]) + len(part) == SIZE:
            found[-1] += part
        elif len(part) > SIZE + 1:
            found += [part[at : at + SIZE] for at in range(0, len(part), SIZE)]
        else:
            found.append(part)
    return found

"""Numbers as people type them: with a point for decimals, and commas for thousands where they are in order.

``numbers.js`` reads number boxes in the same way.
"""

import re
from decimal import Decimal

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:E[-+][0-9]{1,3})?")  # so does Python write very small ones
_SPACE = re.compile(r"\s")
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")
_DECIMAL_COMMA = re.compile(r"([-+]?)([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{0,12}),([0-9]{1,12})")
_HOW = "Write decimals with a point and thousands with a comma, such as 1,234.50."


def pointed(text: str) -> str:
    """A number without spaces and thousands' commas, and with a hyphen for a minus; perhaps it isn't one.

    Raises:
        ValueError: a comma that isn't between thousands, or two points: guessed, it would be another number.

    >>> pointed("\N{MINUS SIGN}12,500.5"), pointed("a lot")
    ('-12500.5', 'alot')
    >>> pointed("2,5")
    Traceback (most recent call last):
    ValueError: Write decimals with a point and thousands with a comma, such as 1,234.50. For 2,5 write 2.5.
    """
    clean = _SPACE.sub("", text).replace("\N{MINUS SIGN}", "-")
    if not re.search(r"[0-9]", clean) or ("," not in clean and clean.count(".") < 2):
        return clean
    if _THOUSANDS.fullmatch(clean):
        return clean.replace(",", "")
    meant = _DECIMAL_COMMA.fullmatch(clean)
    if not meant:
        raise ValueError(_HOW)
    sign, whole, decimals = meant.groups()
    raise ValueError(f"{_HOW} For {clean} write {sign}{whole.replace('.', '') or '0'}.{decimals}.")


def read_number(text: str, unit: str = "") -> Decimal:
    """A number as a person types it: with or without its unit, thousands separated or not.

    Raises:
        ValueError: not a number, or a comma for a decimal point.

    >>> read_number("1,234.50 EUR", "EUR")
    Decimal('1234.50')
    """
    clean = pointed(text.replace(unit, "") if unit else text)
    value = Decimal(clean) if _NUMBER.fullmatch(clean) else Decimal("NaN")
    if not value.is_finite() or abs(value) >= 10**15:
        raise ValueError(f"Type a number{f' of {unit}' if unit else ''}, such as 1,234.50.")
    return value

"""How numbers are written for people: everywhere the same, and never with float dust.

Thousands are separated, the minus sign is a true one, the currency code follows the amount. Cash has two decimals
in prose and figures, coins what is needed up to eight; ledgers show all digits. Which currencies are cash is asked of
the rulebook in ``data/``, whatever a story's own says: it is how numbers look, and says nothing of what they are.
"""

import re
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal
from fractions import Fraction

from marginlib.engine.amounts import plain, rounded
from marginlib.engine.derivation import bare, write
from marginlib.reading.rulebooks import rulebook

MINUS = "\N{MINUS SIGN}"
_HYPHEN = re.compile(r"(?<!\w)-(?=[0-9])")
_LONG_WHOLE = re.compile(r"(?<![\w.,/])[0-9]{4,}(?![\w/])")


def number(amount: Decimal | Fraction, places: int, least: int = 0) -> str:
    """Write a number with at most so many decimals, and at least so many.

    >>> number(Decimal("-1234.5"), 2), number(Decimal("1234.5"), 8, 2)
    ('−1,234.5', '1,234.50')
    """
    value = rounded(bare(amount), places)
    text = plain(value.copy_abs())  # abs() would round to the context's precision
    whole, _, decimals = text.partition(".")
    decimals = decimals.ljust(least, "0")
    sign = MINUS if value < 0 else ""
    written = f"{sign}{int(whole):,}{'.' if decimals else ''}{decimals}"
    write(amount, written)
    return written


def money(amount: Decimal | Fraction, currency: str, *, sign: bool = False) -> str:
    """Write an amount with its currency, for prose and figures; with a plus sign where it matters.

    What would read as nothing, and isn't, has two more decimals.

    >>> money(Decimal("1234.5678"), "EUR"), money(Decimal("0.0091168092"), "BTC")
    ('1,234.57 EUR', '0.00911681 BTC')
    >>> money(Decimal(10), "USD", sign=True), money(Decimal("0.0012"), "EUR")
    ('+10.00 USD', '0.0012 EUR')
    """
    places, least = (2, 2) if currency in rulebook().cash else (8, 0)
    text = number(amount, places, least)
    if text in ("0", "0.00") and amount:
        text = number(amount, places + 2, least)
    return f"{'+' if sign and amount > 0 else ''}{text} {currency}"


def short(amount: Decimal, currency: str) -> str:
    """Write an amount without its currency where there is little room: coins in at most six digits.

    >>> short(Decimal("10668.42105263"), "DOGE"), short(Decimal("0.0091168092"), "BTC")
    ('10,668.4', '0.00911681')
    """
    if currency in rulebook().cash:
        return number(amount, 2)
    return number(amount, min(8, max(0, 5 - amount.adjusted())))


def brief(amount: Decimal, currency: str) -> str:
    """Write an amount with its currency for a title: coins in at most six digits.

    >>> brief(Decimal("10668.42105263"), "DOGE"), brief(Decimal(300), "EUR")
    ('10,668.4 DOGE', '300.00 EUR')
    """
    return money(amount, currency) if currency in rulebook().cash else f"{short(amount, currency)} {currency}"


def price(amount: Decimal, currency: str) -> str:
    """Write a price with all its digits: a coin may cost a fraction of a cent.

    >>> price(Decimal(50000), "EUR"), price(Decimal("0.00001234"), "USD")
    ('50,000.00 EUR', '0.00001234 USD')
    """
    return f"{number(amount, 20, 2 if currency in rulebook().cash else 0)} {currency}"


def near(amount: Decimal | Fraction, currency: str) -> str:
    """Write a price that was solved for: six digits of it, and cents at least; after eight decimals, only four.

    >>> near(Fraction(116000, 3), "EUR"), near(Fraction(1, 30), "EUR"), near(Fraction(1, 70000), "BTC")
    ('38,666.67 EUR', '0.0333333 EUR', '0.00001429 BTC')
    """
    whole = rounded(amount, 20)
    return price(rounded(whole, max(2, decimals(whole, 6))), currency)


def decimals(amount: Decimal | Fraction, digits: int) -> int:
    """How many decimals a number has with so many digits: eight at most, unless that leaves fewer than four digits.

    >>> decimals(Decimal("38666.6667"), 6), decimals(Decimal("0.0000142857"), 6), decimals(Decimal("0.000000142857"), 6)
    (1, 8, 10)
    """
    first = -rounded(amount, 20).adjusted()  # the decimal at which its digits begin
    return max(0, min(first + digits - 1, 8), first + 3)


def exact(amount: Decimal, currency: str = "") -> str:
    """Write all digits of a ledger amount.

    >>> exact(Decimal("-1000.1234"), "EUR")
    '−1,000.1234 EUR'
    """
    text = number(amount, 30)
    return f"{text} {currency}" if currency else text


def percent(share: Decimal | Fraction, places: int = 2) -> str:
    r"""Write a share as a percentage.

    >>> percent(Decimal("0.025")), percent(Decimal("-0.1"))
    ('2.5\xa0%', '−10\xa0%')
    """
    return f"{number(share * 100, places)}\N{NO-BREAK SPACE}%"


def listed(words: list[str]) -> str:
    """Join words as a sentence does.

    >>> listed(["EUR", "BTC", "USD"]), listed(["EUR"])
    ('EUR, BTC and USD', 'EUR')
    """
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def regrouped(sentence: str) -> str:
    """Write the plain amounts in a sentence as prose has them: thousands separated, with a true minus sign.

    >>> regrouped("Settling needs 51500.5 EUR, and the balance is 900 EUR.")
    'Settling needs 51,500.5 EUR, and the balance is 900 EUR.'
    """
    return _LONG_WHOLE.sub(lambda found: f"{int(found[0]):,}", _HYPHEN.sub(MINUS, sentence))


def in_panel(sentence: str) -> str:
    """An engine's sentence as a panel shows it: cash in two decimals, and only what can be done with its controls.

    What is lacking is rounded up, so that it is enough when it is typed in.

    >>> in_panel("Equity is 1586.6633 EUR short. Deposit 1586.6633 EUR first, or take at most 0.5 BTC.")
    'Equity is 1,586.67 EUR short. Deposit 1,586.67 EUR first, or take at most 0.5 BTC.'
    >>> in_panel('Only 0.8 is open in BTC/EUR. Use a volume up to 0.8, or "all".')
    'Only 0.8 is open in BTC/EUR. Use a volume up to 0.8.'
    """
    codes = "|".join(sorted(rulebook().cash))
    amounts = re.compile(rf"([Dd]eposit )?(?<![\w.,])([0-9][0-9,]*(?:\.[0-9]+)?) ({codes})(?![\w/])( short)?")

    def cash(found: re.Match[str]) -> str:
        before, amount, code, after = found.groups(default="")
        exact = Decimal(amount.replace(",", ""))
        lacking = exact.quantize(Decimal("0.01"), ROUND_UP if before or after else ROUND_HALF_EVEN)
        return f"{before}{lacking or exact:,} {code}{after}"

    return amounts.sub(cash, regrouped(sentence).replace(', or "all"', ""))

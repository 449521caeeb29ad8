"""The account of one's own case as it was written down: amounts that know in which field they stand.

Made while somebody asks why a number is what it is, and only then. How a case is put in place (openings long ago,
rollovers since) is nothing that was written down; so the sums end in the fields, and begin with the account now.
"""

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, localcontext

from marginlib.engine.amounts import EXACT
from marginlib.engine.derivation import Unit, bare, derivation, entered, money_unit, price_unit
from marginlib.engine.errors import InvalidScenario
from marginlib.engine.inputs import entered_rulebook
from marginlib.engine.kinds import Kind
from marginlib.engine.positions import Position, Positions
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.story import Story
from marginlib.lessons.own_case.fields import CodeKind, Fields, PairKind
from marginlib.lessons.own_case.sheet import sections
from marginlib.telling.numbers import listed

_NOTHING = "nothing is written down of it"
_POSITION = re.compile(r"\b(position\s)([0-9]+)\b")
_LEFT = re.compile(r"\b(your [A-Z][A-Z0-9]*x?)\b(?! as collateral)")
_RATES = {
    "trading": ("rate of the trading fee", ("A4",)),
    "opening": ("rate of the opening fee", ("B6",)),
    "rollover": ("rate of the rollover fee", ("B6",)),
}


def as_written(story: Story, fields: Fields, rows: Mapping[int, int]) -> Story:
    """A story that has yet to begin: its only state is the account, with amounts that know their fields.

    ``rows`` has the row of each lot, by its id.

    >>> from marginlib.lessons.own_case.case import read_case
    >>> from marginlib.lessons.own_case.sheet import EXAMPLE
    >>> case = read_case(EXAMPLE)
    >>> account = as_written(case.story, case.fields, case.rows)
    >>> account.final.balances["BTC"].derivation.source
    'you wrote it: What you have, balance 2, Amount'
    """
    state = story.final.copy()
    with localcontext(EXACT):
        state.rulebook = _rulebook(state.rulebook, fields)
        state.fees = {name: _fee(rate, name, fields) for name, rate in state.fees.items()}
    named = {code for lot in state.positions for code in lot.pair.split("/")}
    for code in sorted({*state.balances, *named}):
        at = _row(fields, "balances", "code", code, CodeKind())
        source = _NOTHING if at is None else wrote(f"balances.{at}.amount")
        state.balances[code] = entered(
            state.balance(code), f"your balance in {code}", unit=money_unit(code), source=source
        )
    for pair, price in [*state.prices.items()]:
        at = _row(fields, "prices", "pair", pair, PairKind())
        source = _NOTHING if at is None else wrote(f"prices.{at}.price")
        state.prices[pair] = entered(price, f"{pair} now", ("A2",), unit=price_unit(pair), source=source)
    positions = Positions()
    for lot in state.positions:
        alike = sorted(rows[each.id] for each in state.positions if each.leverage == lot.leverage)
        positions = positions.opened(_lot(lot, rows[lot.id], alike))
    state.positions = positions
    return Story(story.scenario.replaced(steps=()), state, (), None)


def triggers_as_written(triggers: Mapping[str, Decimal], fields: Fields) -> dict[str, Decimal]:
    """The prices that set the stops off, by pair; they know their fields (R22)."""
    found = {}
    for pair, trigger in triggers.items():
        at = _row(fields, "stops", "pair", pair, PairKind(), "trigger")
        source = wrote(f"stops.{at}.trigger")
        found[pair] = entered(
            trigger, f"where the stop in {pair} closes", ("R22",), unit=price_unit(pair), source=source
        )
    return found


def wrote(path: str, also: Sequence[int] = ()) -> str:
    """Where something was written, in the words of the paper; ``also`` in other rows.

    >>> wrote("lots.1.volume"), wrote("fees.trading")
    ('you wrote it: Open positions, position 2, Volume', 'you wrote it: Fees, in percent, Trading')
    """
    name, _, rest = path.partition(".")
    at, _, key = rest.partition(".")
    for part in sections():
        rows = part["name"] == name and "row" in part
        for box in part["columns"]:
            if box["name"] == (key if rows else path):
                numbers = [str(row + 1) for row in sorted({int(at), *also})] if rows else []
                place = [f"{part['row']}{'s' if numbers[1:] else ''} {listed(numbers)}"] if rows else []
                return f"you wrote it: {', '.join([part['title'].partition(':')[0], *place, box['label']])}"
    raise KeyError(path)


def on_paper(line: str, rows: Mapping[int, int]) -> str:
    """A line of the engine's, in the words of the paper.

    Positions are named by their rows, not by their age; and what would be left of a currency isn't what there is.

    >>> on_paper("loss on position 1", {1: 4}), on_paper("5 EUR your EUR = 9 EUR your balance in EUR - 4 EUR fee", {})
    ('loss on position 5', '5 EUR your EUR then = 9 EUR your balance in EUR - 4 EUR fee')
    """
    return _LEFT.sub(r"\1 then", _POSITION.sub(lambda found: f"{found[1]}{rows[int(found[2])] + 1}", line))


def _lot(lot: Position, row: int, alike: Sequence[int]) -> Position:
    """A lot; what the engine adds up by its leverage has that of all rows that are ``alike``."""

    def amount(value: Decimal, key: str, name: str, unit: Unit) -> Decimal:
        return entered(value, f"{name} of position {lot.id}", ("R1",), unit=unit, source=wrote(f"lots.{row}.{key}"))

    return replace(
        lot,
        volume=amount(lot.volume, "volume", "volume", money_unit(lot.base)),
        open_price=amount(lot.open_price, "price", "opening price", price_unit(lot.pair)),
        leverage=entered(lot.leverage, "leverage", ("R20",), source=wrote(f"lots.{row}.leverage", alike)),
    )


def _rulebook(book: Rulebook, fields: Fields) -> Rulebook:
    """The rules as the case has them: what was written down of them knows its field, all else its file."""
    told = entered_rulebook(book)
    fees = {
        name: _share(bare(rate), f"conversion.{name}", derivation(rate).name, ("R16",))
        if fields["conversion"].get(name)
        else rate
        for name, rate in told.conversion_fees.items()
    }
    levels = {
        f"{name}_level": entered(bare(level), derivation(level).name, ("B5",), source=wrote(f"levels.{name}"))
        for name, level in (("call", told.call_level), ("liquidation", told.liquidation_level))
        if fields["levels"].get(name)
    }
    return told.replaced(conversion_fees=fees, haircuts=_haircuts(book, fields), **levels)


def _haircuts(book: Rulebook, fields: Fields) -> dict[str, Decimal]:
    cuts = {}
    for code, cut in book.haircuts.items():
        name = f"haircut of {code}"
        at = _row(fields, "haircuts_own", "code", code, CodeKind()) if fields["haircuts"] == "own" else None
        if at is None:
            cuts[code] = entered(cut, name, ("B1",), source=f"data/haircuts.toml, the set {fields['haircuts']}")
        else:
            cuts[code] = _share(cut, f"haircuts_own.{at}.percent", name, ("B1",))
    return cuts


def _fee(rate: Decimal, name: str, fields: Fields) -> Decimal:
    what, rules = _RATES[name]
    if not fields["fees"].get(name):
        return entered(rate, what, rules, source=f"{_NOTHING}: none")
    return _share(rate, f"fees.{name}", what, rules)


def _share(share: Decimal, path: str, name: str, rules: tuple[str, ...]) -> Decimal:
    """A share that was written down in percent."""
    typed = entered(share * 100, f"{name}, in percent", rules, source=wrote(path))
    return entered(typed / 100, name, rules)


def _row(fields: Fields, table: str, key: str, wanted: str, kind: Kind[str], also: str = "") -> int | None:
    """In which row something stands, as it is read; with ``also``, only where that is written down too."""
    for at, each in enumerate(fields[table]):
        if each[key] and (not also or each[also]):
            with contextlib.suppress(InvalidScenario):
                if kind.read(each[key]) == wanted:
                    return at
    return None

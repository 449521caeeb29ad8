"""One's own account as it is now: fields become a scenario that replays to just that state, or sentences beside them.

How the scenario puts an account in place: it begins with the balances, and what the rollovers took since; the lots are
opened oldest first, each at its own price and without a fee (those were paid long ago), and time passes between them.
So the balances at the end are those of now, and each lot has its age. Where an opening would be refused now (B4), the
lots are opened while their prices are good, and the prices of now come last: the margin check itself stays on, since
orders and withdrawals of now are refused by it (B9).
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, NamedTuple

from marginlib.engine import kinds
from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, ZERO, plain, quotient_up
from marginlib.engine.derivation import is_traced, untraced
from marginlib.engine.errors import InvalidScenario, Refusal
from marginlib.engine.positions import Position
from marginlib.engine.scenario import Open, PositionSide, Prices, Scenario, Step, Wait
from marginlib.engine.story import Story
from marginlib.lessons.own_case.back import fields_of as fields_of  # where a form looks for these
from marginlib.lessons.own_case.back import fields_of_account as fields_of_account
from marginlib.lessons.own_case.back import fields_of_ledger as fields_of_ledger
from marginlib.lessons.own_case.back import unsaid as unsaid
from marginlib.lessons.own_case.fields import MOST_HOURS, CodeKind, Fields, PairKind, Problem, Sheet, SideKind
from marginlib.lessons.own_case.fields import empty as empty
from marginlib.lessons.own_case.fields import row as row
from marginlib.lessons.own_case.written import as_written, triggers_as_written
from marginlib.reading.replaying import replay
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import number, percent
from marginlib.telling.sentences import warnings

MOST_ROLLOVERS = 60_000
_CODE, _PAIR, _SIDE = CodeKind(), PairKind(), SideKind()
_AMOUNT = kinds.Amount("an amount of 0 or more")
_POSITIVE = kinds.Amount("a positive amount", above=True)
_PRICE = kinds.Amount("a price above 0", above=True)
_LEVERAGE = kinds.Amount("a leverage of 1 or more", 1)
_HOURS = kinds.Amount(f"a number of hours from 0 to {MOST_HOURS}", most=MOST_HOURS)
_LEVEL = kinds.Amount("a percentage above 0, such as '80'", above=True)
_APART = Fraction(1, 100)  # from there on two prices contradict each other
_FURTHEST = 16  # digits of a price before and after its point
_DEAR = {"trading": Decimal("0.05")}
_DEAR_LOAN = Decimal("0.01")  # from there on, as a share, a fee was hardly meant so; each rollover's counts
_STEP = re.compile(r"steps\[([0-9]+)\]\.?([a-z]*): ")
_RULE = re.compile(r"rules\.([a-z_]+): ")
_RULE_FIELDS = {
    "collateral_order": "collateral.order", "collateral_add": "collateral.add",
    "collateral_remove": "collateral.remove", "call_level": "levels.call", "liquidation_level": "levels.liquidation",
    "haircuts": "haircuts",
}  # fmt: skip

_BY_NAME = {
    "EURO": "EUR", "EUROS": "EUR", "DOLLAR": "USD", "DOLLARS": "USD", "POUND": "GBP", "POUNDS": "GBP",
    "BITCOIN": "BTC", "ETHER": "ETH", "ETHEREUM": "ETH", "RIPPLE": "XRP", "TETHER": "USDT", "SOLANA": "SOL",
    "CARDANO": "ADA", "DOGECOIN": "DOGE", "LITECOIN": "LTC", "POLKADOT": "DOT",
}  # fmt: skip


class Lot(NamedTuple):
    """A lot as it is written down: its row, volume in BASE, opening price in QUOTE, age in hours, own rate or None."""

    row: int
    pair: str
    side: PositionSide
    volume: Decimal
    price: Decimal
    leverage: Decimal
    age: Decimal
    rollover: Decimal | None


@dataclass(frozen=True)
class Case:
    """An account as it was written down: a scenario that ends just there, or what is wrong with the fields.

    ``rows`` has the row of each lot, by its id in the story. ``notes`` are about fields that are right, but have
    something that one should know. ``triggers`` are the stops to look at, by pair (R22).
    """

    fields: Fields
    scenario: Scenario | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    rows: Mapping[int, int] = field(default_factory=dict)
    triggers: Mapping[str, Decimal] = field(default_factory=dict)

    @functools.cached_property
    def story(self) -> Story:
        """The scenario, replayed: its last state is the account now.

        Raises:
            ValueError: the case has problems.
        """
        if self.scenario is None:
            raise ValueError(f"the case has problems: {'; '.join(map(str, self.problems))}")
        return replay(self.scenario)


def read_case(fields: object) -> Case:
    r"""Make a case of fields; whatever they hold, what is wrong becomes a sentence beside its field.

    >>> from marginlib.lessons.own_case.case import read_case, row
    >>> case = read_case({"balances": [row("balances", code="EUR", amount="600")],
    ...     "prices": [row("prices", pair="BTC/EUR", price="43000")],
    ...     "lots": [row("lots", pair="BTC/EUR", side="long", volume="0.1", price="50000", leverage="5", age="27")]})
    >>> case.story.final.balances, int(case.story.margin.equity), case.problems
    ({'EUR': Decimal('600')}, -100, ())
    >>> print(*read_case({"lots": [row("lots", pair="BTC/EUR", volume="0,1")]}).problems, sep="\n")
    lots.0.side: This is empty; expected 'long' or 'short'.
    lots.0.volume: Expected a positive amount with a point: '0.1', got '0,1'.
    lots.0.price: This is empty; expected the price at which it was opened, in EUR for one BTC.
    lots.0.leverage: This is empty; expected the leverage with which it was opened, 1 or more, such as '5'.
    """
    sheet = Sheet(fields)
    parts = _parts(sheet)
    lots = _lots(sheet)
    triggers = _triggers(sheet, lots)
    _check_sides(sheet, lots)
    if sheet.problems:
        return Case(sheet.fields, None, _in_order(sheet))
    oldest_first = sorted(lots, key=lambda lot: -lot.age)
    for lot in lots:
        if lot.pair not in parts["prices"]:
            sheet.wrong(
                f"lots.{lot.row}.pair",
                f"there is no price of {lot.pair}; expected a row {lot.pair} under prices, with its price now",
            )
    parts["valuation"] = parts["valuation"] or _valuation(parts, lots)
    if sheet.problems:
        return Case(sheet.fields, None, _in_order(sheet))
    notes: list[Problem] = []
    try:
        with untraced():
            done = _put_in_place(sheet, parts, oldest_first, notes)
    except InvalidScenario as error:
        _misfit(sheet, str(error), oldest_first)
        done = None
    if done is None or sheet.problems:
        return Case(sheet.fields, None, _in_order(sheet))
    rows = {number: lot.row for number, lot in enumerate(oldest_first, 1)}
    scenario = done.scenario
    if is_traced():  # whoever asks why is told down to the fields, and nothing of how the lots were put in place
        done, triggers = as_written(done, sheet.fields, rows), triggers_as_written(triggers, sheet.fields)
    case = Case(sheet.fields, scenario, (), tuple(notes), rows, triggers)
    case.__dict__["story"] = done
    return case


def _in_order(sheet: Sheet) -> tuple[Problem, ...]:
    """The problems, as the fields stand in a form."""
    order = ("title", "valuation", "balances", "lots", "prices", "stops", "fees", "haircuts")

    def place(problem: Problem) -> tuple[int, int]:
        name, _, rest = problem.path.partition(".")
        at = rest.partition(".")[0]
        return (order.index(name) if name in order else len(order), int(at) if at.isdecimal() else -1)

    return tuple(sorted(sheet.problems, key=place))


def _parts(sheet: Sheet) -> dict[str, Any]:
    """What a scenario has beside its steps."""
    fields = sheet.fields
    rules: dict[str, Any] = {"liquidation": fields["liquidation"]}
    if fields["liquidation"] not in ("off", "all", "until-100"):
        sheet.read("liquidation", kinds.OneOf("off", "all", "until-100"), fields["liquidation"], "'off'")
    rules |= _collateral(sheet) | _levels(sheet) | _haircuts(sheet)
    conversion = {
        name: rate
        for name, text in fields["conversion"].items()
        if (rate := sheet.percent(f"conversion.{name}", text, "a conversion fee")) is not None
    }
    if conversion:
        rules["conversion_fees"] = conversion
    fees = {
        name: rate
        for name, text in fields["fees"].items()
        if (rate := sheet.percent(f"fees.{name}", text, f"the {name} fee")) is not None
    }
    valuation = fields["valuation"] and sheet.read(
        "valuation", _CODE, fields["valuation"], "the currency to value all in, such as 'EUR'"
    )
    return {
        "title": fields["title"] or None,
        "rules": {name: value for name, value in rules.items() if value != {"liquidation": "off"}.get(name)},
        "balances": _table(sheet, "balances", "code", "amount", _CODE, _AMOUNT),
        "prices": _prices(sheet),
        "fees": fees,
        "valuation": valuation or None,
    }


def _collateral(sheet: Sheet) -> dict[str, Any]:
    """Changes to the collateral order: codes with blanks or commas between them."""
    found: dict[str, Any] = {}
    for name, text in sheet.fields["collateral"].items():
        if name == "order" and text.lower() == "none":
            found["collateral_order"] = []
            continue
        codes = re.split(r"[\s,;]+", text.strip(" ,;")) if text.strip(" ,;") else []
        read = [sheet.read(f"collateral.{name}", _CODE, code, "codes such as 'EUR BTC'") for code in codes]
        if twice := next((code for at, code in enumerate(read) if code and code in read[:at]), None):
            sheet.wrong(f"collateral.{name}", f"expected each currency once, got {twice} twice")
        if codes:
            found[f"collateral_{name}"] = read
    return found


def _levels(sheet: Sheet) -> dict[str, Any]:
    found = {}
    for name, text in sheet.fields["levels"].items():
        if text:
            wanted = "a margin level in percent, such as '80'"
            found[f"{name}_level"] = sheet.read(f"levels.{name}", _LEVEL, text.removesuffix("%").rstrip(), wanted)
    return found


def _haircuts(sheet: Sheet) -> dict[str, Any]:
    """Haircuts: none, a set's, or one's own."""
    which = sheet.fields["haircuts"]
    sets = rulebook().haircut_sets
    if which == "own":
        kind = kinds.Amount("a haircut in percent, from 0 to 100", most=100)
        own = _table(sheet, "haircuts_own", "code", "percent", _CODE, kind)
        with localcontext(EXACT):
            return {"haircuts": {code: Decimal(plain(cut.scaleb(-2))) for code, cut in own.items()}}
    if which in sets:
        return {"haircuts": which}
    if which != "none":
        known = ", ".join(f"'{each}'" for each in ("none", *sets))
        sheet.wrong("haircuts", f"expected {known} or 'own', got {kinds.shown(which)}")
    return {}


_WANTED = {
    "balances": ("a currency code such as 'EUR'", "how much of it there is, 0 or more"),
    "prices": ("a pair such as 'BTC/EUR'", "its price now, above 0"),
    "haircuts_own": ("a currency code such as 'BTC'", "its haircut in percent, such as '5'"),
}


def _table(
    sheet: Sheet, name: str, key: str, value: str, key_kind: kinds.Kind[str], value_kind: kinds.Kind[Any]
) -> dict[str, Decimal]:
    """A list of rows as a table; each key once."""
    table: dict[str, Decimal] = {}
    first: dict[str, int] = {}
    for path, each in sheet.rows(name):
        code = sheet.read(f"{path}.{key}", key_kind, each[key], _WANTED[name][0])
        amount = sheet.read(f"{path}.{value}", value_kind, each[value], _WANTED[name][1])
        at = int(path.rpartition(".")[2])
        if code is None:
            continue
        if code in first:
            how = "one of the two"
            if name == "balances" and amount is not None and code in table:
                with localcontext(EXACT):
                    how = f"{plain(table[code] + amount)} there"
            sheet.wrong(
                f"{path}.{key}",
                f"{code} stands in row {first[code] + 1} already; leave this row out, and write {how}",
            )
            continue
        first[code] = at
        if amount is not None:
            table[code] = amount
    return table


def _prices(sheet: Sheet) -> dict[str, Decimal]:
    """The prices now."""
    prices = _table(sheet, "prices", "pair", "price", _PAIR, _PRICE)
    for path, each in sheet.rows("prices"):
        _within_reason(sheet, f"{path}.price", each["price"])
    _check_inverses(sheet, prices)
    return prices


def _check_inverses(sheet: Sheet, prices: Mapping[str, Decimal]) -> None:
    """A price and the same the other way round must not contradict each other (A2)."""
    told: set[str] = set()
    for path, each in sheet.rows("prices"):
        pair = "".join(each["pair"].upper().split())
        inverse = "/".join(reversed(pair.split("/")))
        if pair in prices and inverse in told and abs(Fraction(prices[pair]) * Fraction(prices[inverse]) - 1) > _APART:
            meant = plain(Decimal(f"{Decimal(1) / prices[inverse]:.8g}"))
            sheet.wrong(
                f"{path}.price",
                f"{inverse} stands above at {plain(prices[inverse])}, and these contradict each other; write '{meant}' "
                "here, or leave one of the two rows out (A2)",
            )
        told.add(pair)


def _within_reason(sheet: Sheet, path: str, text: str) -> None:
    """Prices with more digits than any price has leave no room for others beside them."""
    try:
        price = Decimal(str(_PRICE.read(text)))
    except InvalidScenario:
        return  # said already
    if price.adjusted() >= _FURTHEST or price.adjusted() < -_FURTHEST:
        sheet.wrong(path, f"expected a price with at most {_FURTHEST} digits before and after the point, got {text}")


def _lots(sheet: Sheet) -> list[Lot]:
    """The open lots, as they stand."""
    lots = []
    for path, each in sheet.rows("lots"):
        pair = sheet.read(f"{path}.pair", _PAIR, each["pair"], "a pair such as 'BTC/EUR'")
        base, quote = pair.split("/") if pair else ("", "")
        side = sheet.read(f"{path}.side", _SIDE, each["side"], "'long' or 'short'")
        wanted = f"a volume in {base or 'the coin'}, above 0"
        volume = sheet.read(f"{path}.volume", _POSITIVE, each["volume"], wanted)
        wanted = "the price at which it was opened" + (f", in {quote} for one {base}" if pair else "")
        price = sheet.read(f"{path}.price", _PRICE, each["price"], wanted)
        _within_reason(sheet, f"{path}.price", each["price"])
        wanted = "the leverage with which it was opened, 1 or more, such as '5'"
        leverage = sheet.read(f"{path}.leverage", _LEVERAGE, each["leverage"].rstrip("xX× "), wanted)
        wanted = "its age in hours, 0 if it was opened just now"
        age = sheet.hours(f"{path}.age", _HOURS, each["age"], wanted) if each["age"] else ZERO
        rollover = sheet.percent(f"{path}.rollover", each["rollover"], "the rate of its rollovers")
        if None not in (pair, side, volume, price, leverage, age):
            lots.append(Lot(int(path.rpartition(".")[2]), pair, side, volume, price, leverage, age, rollover))
    return lots


def _check_sides(sheet: Sheet, lots: list[Lot]) -> None:
    """The exchange nets a pair: a long and a short in one can't both be open (A6)."""
    first: dict[str, Lot] = {}
    for lot in lots:
        other = first.setdefault(lot.pair, lot)
        if other.side != lot.side:
            sheet.wrong(
                f"lots.{lot.row}.side",
                f"a {other.side} in {lot.pair} stands in row {other.row + 1}, and the exchange nets a pair, so that a "
                f"long and a short in it can't both be open (A6); write '{other.side}' here, or take the row out",
            )


def _triggers(sheet: Sheet, lots: list[Lot]) -> dict[str, Decimal]:
    """The stops to look at, by pair."""
    table: dict[str, Decimal] = {}
    known = list(dict.fromkeys(lot.pair for lot in lots))
    named = {each["pair"].upper() for _, each in sheet.rows("lots")}  # what else is wrong with them is said there
    unread = any(re.fullmatch(r"lots\.[0-9]+\.pair", problem.path) for problem in sheet.problems)  # it may be its pair
    for path, each in sheet.rows("stops"):
        if not each["trigger"]:
            continue  # a pair whose stop isn't asked for
        pair = sheet.read(f"{path}.pair", _PAIR, each["pair"], "the pair of an open lot, such as 'BTC/EUR'")
        trigger = sheet.read(f"{path}.trigger", _PRICE, each["trigger"], "the price that sets the stop off, above 0")
        _within_reason(sheet, f"{path}.trigger", each["trigger"])
        if pair is None or trigger is None:
            continue
        if pair in table:
            sheet.wrong(f"{path}.pair", f"a stop in {pair} stands above already; expected one a pair")
        elif pair not in known and pair.upper() not in named and not unread:
            open_pairs = f"open: {', '.join(known)}" if known else "no lot is written down yet"
            sheet.wrong(f"{path}.pair", f"no lot in {pair} is open, so that a stop has nothing to close; {open_pairs}")
        table[pair] = trigger
    return table


def _valuation(parts: Mapping[str, Any], lots: list[Lot]) -> str | None:
    """What all is valued in where nothing is said: the quote of the first lot, or of the first price."""
    pairs = [*(lot.pair for lot in lots), *parts["prices"]]
    return pairs[0].partition("/")[2] if pairs else next(iter(parts["balances"]), None)


def _put_in_place(sheet: Sheet, parts: dict[str, Any], lots: list[Lot], notes: list[Problem]) -> Story | None:
    """The story that ends in the account as it is; None where something can't be priced.

    Raises:
        InvalidScenario: something that the engine refuses to read.
    """
    start = Scenario(**parts)
    at_start = replay(start)
    now = at_start.final
    if not _priced(sheet, now, start.valuation, lots, notes):
        return None
    if not replay(start.then(*_openings(lots))).error:  # what rollovers take comes on top, so that no level is lower
        done = replay(_opened(start, now, lots))
    else:
        if start.rules.liquidation != "off":
            start = start.replaced(rules=start.rules.replaced(liquidation="off"))
            told = "A level at which the exchange liquidates would be acted on here at once; so it is off in this case"
            notes.append(Problem("liquidation", f"{told} (B5)."))
        good = start.replaced(prices={**start.prices, **_good_prices(lots, start.prices)})
        pairs = dict.fromkeys(lot.pair for lot in lots)
        back = Prices(prices={pair: start.prices[pair] for pair in pairs})
        opened = replay(good.then(*_openings(lots)))  # alone, so that what can't be read is told of the right lot
        done = replay(_opened(good, opened.moments[0].before if opened.moments else opened.final, lots).then(back))
    if done.error:  # told beside the lot that it is about
        pair = getattr(done.error.step, "pair", "")
        at = next((lot.row for lot in lots if lot.pair == pair), lots[0].row)
        sheet.wrong(f"lots.{at}.pair", done.error.message)
        return None
    notes += [Problem("prices", told) for told in warnings(at_start) if "contradict" in told]
    notes += _dear(parts["fees"], lots)
    most = now.rulebook.most_leverage
    for lot in lots:
        if lot.leverage > most:
            told = f"{number(lot.leverage, 20)}× is more than the exchange offers, {number(most, 20)}× at most."
            notes.append(Problem(f"lots.{lot.row}.leverage", told))
    return done


def _dear(fees: Mapping[str, Decimal], lots: list[Lot]) -> Iterator[Problem]:
    """Fees that are in percent, and were hardly meant so: taken as they are written, and told."""
    rates = {f"fees.{name}": (rate, _DEAR.get(name, _DEAR_LOAN)) for name, rate in fees.items()}
    rates |= {f"lots.{lot.row}.rollover": (lot.rollover, _DEAR_LOAN) for lot in lots if lot.rollover}
    for path, (rate, dear) in rates.items():
        if rate >= dear:
            told = f"{percent(rate)} is far more than exchanges take. This is in percent, not in basis points"
            yield Problem(path, f"{told}: if you mean {percent(rate / 100)}, write '{plain(rate)}'.")


def _priced(sheet: Sheet, now: State, currency: str | None, lots: list[Lot], notes: list[Problem]) -> bool:
    """Whether all that the margin level counts can be valued (B1, A2)."""
    fields = sheet.fields
    typed = fields["valuation"]
    if currency is None:
        return True
    if typed and lots and all(currency not in pair.split("/") for pair in now.prices):
        quote = lots[0].pair.partition("/")[2]
        sheet.wrong(
            "valuation",
            f"no price leads to {currency}; write '{quote}' here, or add a price such as {quote}/{currency}",
        )
        return False

    def worth(code: str) -> str:
        try:
            now.rate(code, currency)
        except Refusal:
            return (
                f"there is no price that values {code} in {currency}; add a row {code}/{currency} under prices, with "
                f"its price now, or {currency}/{code}"
            )
        return ""

    for lot in lots:
        if told := worth(lot.pair.partition("/")[2]):
            sheet.wrong("valuation" if typed else f"lots.{lot.row}.pair", told)
    for path, each in sheet.rows("balances"):
        code = _CODE.read(each["code"])
        if not now.balance(code) or not (told := worth(code)):
            continue
        if code in now.rulebook.collateral_order:
            sheet.wrong(f"{path}.code", told)
        else:
            told = f"{code} is no collateral and has no price here: it counts for nothing, and if a loss comes to it, "
            told += "it can't be converted (R15, B1)."
            if meant := _BY_NAME.get(code):
                told += f" If you mean the currency of that name, write '{meant}'."
            notes.append(Problem(f"{path}.code", told))
    return not sheet.problems


def _good_prices(lots: list[Lot], now: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Prices of the open pairs at which no opening of these lots is refused: each has gained more than it ties up."""
    good = {}
    for pair in dict.fromkeys(lot.pair for lot in lots):
        alike = [lot for lot in lots if lot.pair == pair]
        places = [lot.price.adjusted() for lot in alike] + [now[pair].adjusted()]
        place = max(places) + 2 if alike[0].side == "long" else min(places) - 1
        good[pair] = Decimal(plain(Decimal(1).scaleb(place)))
    return good


def _openings(lots: list[Lot]) -> list[Open]:
    """The openings, each at its own price, and free: what they cost was paid long ago."""
    return [
        Open(
            pair=lot.pair, side=lot.side, volume=lot.volume, leverage=lot.leverage, price=lot.price,
            fee=ZERO, opening=ZERO, rollover=lot.rollover,
        )
        for lot in lots
    ]  # fmt: skip


def _opened(start: Scenario, state: State, lots: list[Lot]) -> Scenario:
    """The lots put in place, oldest first; so much is added to the balances as rollovers take meanwhile (B6).

    Raises:
        InvalidScenario: more rollovers than a case may have.
    """
    steps: list[Step] = []
    waited = lots[0].age if lots else ZERO
    for lot, opening in zip(lots, _openings(lots), strict=True):
        if lot.age < waited:
            steps.append(Wait(hours=waited - lot.age))
            waited = lot.age
        steps.append(opening)
    if waited:
        steps.append(Wait(hours=waited))
    balances = dict(start.balances)
    with localcontext(EXACT):
        for code, amount in _taken_since(state, lots).items():
            balances[code] = balances.get(code, ZERO) + amount
    return start.replaced(balances=balances).then(*steps)


def _taken_since(state: State, lots: list[Lot]) -> dict[str, Decimal]:
    """What the rollovers of lots took since their openings, by the currency that bears them (A4, B6).

    A charge is taken whole from the first balance, in the order of preference, that bears it. What is added here makes
    that one sure to bear it, so that it is known before. The currencies that something is added to come to have a
    balance, which may be another charge's first: so it is asked until no more are added.
    """
    due: list[tuple[str, Decimal, int]] = []
    count = 0
    for lot in lots:
        quote, base = lot.pair.partition("/")[2], lot.pair.partition("/")[0]
        rate = lot.rollover
        if rate is None:
            rate = state.lending_rate("rollover", quote if lot.side == "long" else base)
        times = int(lot.age // state.rulebook.rollover_hours)
        if not (rate and times):
            continue
        opened = Position(1, lot.pair, lot.side, lot.volume, lot.price, lot.leverage, ZERO, rate)
        fee = state.round(quote, state.rulebook.practice.rollover_fee(opened, state.price(lot.pair)))
        count += times
        if count > MOST_ROLLOVERS:
            raise InvalidScenario(
                f"lots.{lot.row}.age: the lots up to this one have had {count} rollovers, and a case may have at most "
                f"{MOST_ROLLOVERS}; write a smaller age here, or a rollover rate of '0'"
            )
        due.append((lot.pair, fee, times))
    funded = {code for code, amount in state.balances.items() if amount}
    while True:
        taken: dict[str, Decimal] = {}
        for pair, fee, times in due:
            quote = pair.partition("/")[2]
            order = [place.currency for place in state.rulebook.practice.bears(state, pair)]
            code = next((each for each in order if each == quote == order[0] or each in funded), quote)
            worth = state.rate(code, quote)
            own = fee if code == quote else quotient_up(fee * worth.down, worth.up, state.rulebook.places(code))
            taken[code] = taken.get(code, ZERO) + own * times
        if taken.keys() <= funded:
            return taken
        funded |= taken.keys()


def _misfit(sheet: Sheet, message: str, lots: list[Lot]) -> None:
    """What the engine says of a scenario, beside the field that it comes from."""
    if found := _RULE.match(message):
        sheet.wrong(_RULE_FIELDS.get(found[1], found[1]), message[found.end() :])
    elif found := re.match(r"(lots\.[0-9]+\.[a-z]+): ", message):
        sheet.wrong(found[1], message[found.end() :])
    elif found := _STEP.match(message):
        opened = lots[min(int(found[1]), len(lots) - 1)]  # the openings alone are tried first, one for each lot
        sheet.wrong(f"lots.{opened.row}.{found[2] or 'volume'}", message[found.end() :])
    else:
        sheet.wrong("", message)

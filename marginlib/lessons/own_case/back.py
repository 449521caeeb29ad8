"""The way back: the account at the end of a scenario, or of a ledger, as the fields of a case."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, plain
from marginlib.engine.positions import Position
from marginlib.engine.scenario import Fees, Scenario
from marginlib.lessons.own_case.fields import MOST_HOURS, Fields, Problem, empty, row
from marginlib.reading.replaying import replay
from marginlib.telling import sentences
from marginlib.telling.numbers import money, price

if TYPE_CHECKING:
    from marginlib.analysis.ledger import Account

_AN_HOUR = Decimal(3600)
_FEES = ("opening", "rollover")


def fields_of(scenario: Scenario) -> Fields:
    """The account as it is at the end of a scenario; where a step is refused, as it stands before that.

    Raises:
        InvalidScenario: the scenario can't be replayed.

    >>> found = fields_of(Scenario.of({"balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...     {"do": "wait", "hours": 9}]}))
    >>> found["lots"]  # doctest: +NORMALIZE_WHITESPACE
    [{'pair': 'BTC/EUR', 'side': 'long', 'volume': '0.1', 'price': '50000', 'leverage': '5', 'age': '9',
      'rollover': ''}]
    """
    state, fields, rules = replay(scenario).final, empty(), scenario.rules
    general = {name: _general(scenario.fees, name) for name in _FEES}
    with localcontext(EXACT):
        lots = [_lot(state, lot, general["rollover"]) for lot in state.positions]
        fees = {"trading": _percent(scenario.fees.trading), **{name: _percent(rate) for name, rate in general.items()}}
        cuts, conversion = rules.haircuts, dict(rules.conversion_fees or ())
        fields |= {
            "title": scenario.title or "",
            "valuation": scenario.summary_currency or "",
            "balances": [row("balances", code=code, amount=plain(has)) for code, has in state.balances.items() if has],
            "lots": lots,
            "prices": [row("prices", pair=pair, price=plain(now)) for pair, now in state.prices.items()],
            "stops": [
                row("stops", pair=pair, trigger=plain(trigger))
                for pair, trigger in {stop.pair: stop.trigger for stop in reversed(state.stops)}.items()
            ],
            "fees": {name: "" if rate == "0" else rate for name, rate in fees.items()},
            "haircuts": cuts if isinstance(cuts, str) else "own" if cuts else "none",
            "haircuts_own": [
                row("haircuts_own", code=code, percent=_percent(cut))
                for code, cut in ({} if cuts is None or isinstance(cuts, str) else cuts).items()
            ],
            "liquidation": rules.liquidation,
            "collateral": {
                "order": "none" if rules.collateral_order == () else " ".join(rules.collateral_order or ()),
                "add": " ".join(rules.collateral_add or ()),
                "remove": " ".join(rules.collateral_remove or ()),
            },
            "levels": {
                name: "" if level is None else plain(level)
                for name, level in (("call", rules.call_level), ("liquidation", rules.liquidation_level))
            },
            "conversion": {
                name: "" if (rate := conversion.get(name)) is None else _percent(rate)
                for name in ("cash_cash", "btc_eth_cash", "other")
            },
        }
    return fields


def unsaid(scenario: Scenario) -> list[str]:
    """What the fields of a scenario's end don't say, a sentence each: what was there and is left out of the case.

    >>> unsaid(Scenario.of({"rules": {"initial_margin_check": False}}))
    ['The scenario has its margin check switched off; in a case it is on (B4, B9).']
    """
    story = replay(scenario)
    state, told = story.final, []
    if story.error:
        refused = sentences.refusal(story.error)
        told.append(f"{refused} The account is taken as it stands before that.")
    for code, amount in state.unpaid.items():
        told.append(f"{money(amount, code)} are unpaid (A5), which a case can't say; its equity is higher by that.")
    if not scenario.rules.initial_margin_check:
        told.append("The scenario has its margin check switched off; in a case it is on (B4, B9).")
    if not isinstance(scenario.fees.opening, Decimal):
        told.append("Opening fees by currency are left out, but for one: what is open has paid them (B6).")
    seen: set[str] = set()
    for stop in state.stops:
        if stop.pair in seen:
            at = price(stop.trigger, stop.pair.partition("/")[2])
            told.append(f"One stop a pair is looked at; the one in {stop.pair} at {at} is left out (R22).")
        seen.add(stop.pair)
    if any(state.hours - lot.opened_at > MOST_HOURS for lot in state.positions):
        told.append(f"A lot older than {MOST_HOURS:,} hours is written down as that old.")
    return told


def _general(fees: Fees, name: str) -> Decimal:
    """The rate that holds where a lot has none of its own."""
    rates: Decimal | Mapping[str, Decimal] = getattr(fees, name)
    return rates if isinstance(rates, Decimal) else rates.get("other", Decimal(0))


def _percent(share: Decimal) -> str:
    return plain(share.scaleb(2))


def _lot(state: State, lot: Position, rollover: Decimal) -> dict[str, str]:
    return row(
        "lots",
        pair=lot.pair,
        side=lot.side,
        volume=plain(lot.volume),
        price=plain(lot.open_price),
        leverage=plain(lot.leverage),
        age=plain(min(state.hours - lot.opened_at, Decimal(MOST_HOURS))),
        rollover="" if lot.rollover == rollover else _percent(lot.rollover),
    )


class Opened(NamedTuple):
    """A position that a ledger leaves open, as far as it tells: the quote currency ("" if not even that), and when."""

    quote: str
    opened: datetime | None


def fields_of_ledger(
    balances: Mapping[str, Decimal], positions: Iterable[Opened], until: datetime | None
) -> tuple[Fields, tuple[Problem, ...]]:
    """What a ledger leaves: its balances, and a lot for each position open at its end, as far as a ledger tells.

    A ledger has no pair, side, volume or price, so these stay empty, each with a sentence. ``until`` is the time of its
    last row: ages are counted up to it.

    >>> from datetime import UTC
    >>> fields, told = fields_of_ledger({"EUR": Decimal("5.50"), "BTC": Decimal(0)},
    ...     [Opened("EUR", datetime(2026, 3, 1, 10, tzinfo=UTC))], datetime(2026, 3, 2, 13, 30, tzinfo=UTC))
    >>> fields["balances"], fields["lots"][0]["age"]
    ([{'code': 'EUR', 'amount': '5.5'}], '27.5')
    >>> told[0].path, told[0].sentence
    ('lots.0.pair', 'A ledger has no pair. This position is priced in EUR: write its coin before that, as in BTC/EUR.')
    """
    fields, told = empty(), []
    fields["balances"] = [row("balances", code=code, amount=plain(has)) for code, has in balances.items() if has > 0]
    for code, has in balances.items():
        if has < 0:
            told.append(Problem("balances", f"The ledger ends with {plain(has)} {code}; a balance here is 0 or more."))
    for at, (quote, opened) in enumerate(positions):
        age = ""
        if opened and until:
            hours = Decimal(int((until - opened).total_seconds())) / _AN_HOUR
            age = plain(min(max(round(hours, 4), Decimal(0)), Decimal(MOST_HOURS)))
        fields["lots"].append(row("lots", age=age))
        told += _not_told(at, quote, age)
    return fields, tuple(told)


def fields_of_account(account: "Account") -> tuple[Fields, tuple[Problem, ...]]:
    """What the ledger of an account leaves, as :func:`fields_of_ledger`: the spot wallet's free balances.

    What is staked, or lies in another wallet, is left out, and said.
    """
    balances: dict[str, Decimal] = {}
    apart: list[Problem] = []
    with localcontext(EXACT):
        for holding in account.holdings:
            code, held, wallet = holding.purse
            if held or not _is_spot(wallet):
                if holding.end:
                    where = f"{code}.{held}" if held else f"{code} in the wallet {wallet[:40]!r}"
                    told = f"{plain(holding.end)} {where} is left out, since it is kept apart."
                    apart.append(Problem("balances", f"{told} Add it if it backs your positions."))
                continue
            balances[code] = balances.get(code, Decimal(0)) + holding.end
    lives = [Opened(life.quote, life.opened) for life in account.open_positions]
    fields, told_of = fields_of_ledger(balances, lives, account.end)
    return fields, (*apart, *told_of)


def _is_spot(wallet: str) -> bool:
    """Whether a wallet is the one that spot positions on margin are backed by; an older export names none."""
    return not wallet or "spot" in wallet.lower() or wallet.lower() == "main"


def _not_told(at: int, quote: str, age: str) -> list[Problem]:
    """What a ledger doesn't tell of a position, beside the fields that stay empty."""
    priced = f"This position is priced in {quote}: write its coin before that, as in BTC/{quote}."
    if quote == "BTC":
        priced = "This position is priced in BTC: write its coin before that, as in ETH/BTC."
    if not quote:
        priced = "Write the two codes, as in BTC/EUR."
    told = {
        "pair": f"A ledger has no pair. {priced}",
        "side": "A ledger doesn't say whether it is long or short: the exchange's list of open positions does.",
        "volume": "A ledger has no volume: write what is still open of it, in the coin.",
        "price": "A ledger has no price: write the one at which it was opened.",
        "leverage": "A ledger has no leverage: write the one with which it was opened.",
    }
    if not age:
        told["age"] = "Its opening isn't in the ledger: write how many hours ago it was, if you know."
    return [Problem(f"lots.{at}.{name}", sentence) for name, sentence in told.items()]

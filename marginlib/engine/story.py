"""What happened in a replay, step by step, and why. Every screen, table and sentence comes from here."""

import functools
import importlib
import itertools
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from marginlib.engine.account import Position, Realised, Row, State
from marginlib.engine.amounts import EXACT, plain, rounded
from marginlib.engine.errors import InvalidScenario, Refusal, RefusalCode
from marginlib.engine.margin import Margin, margin
from marginlib.engine.scenario import Scenario, Step
from marginlib.engine.sharing import all_kept

if TYPE_CHECKING:
    import pandas

_FEW = 6  # of each kind, in a summary


@dataclass(frozen=True, slots=True)
class Moment:
    """One step that was carried out: the state before and after, its ledger rows, what it realised."""

    index: int
    step: Step
    before: State
    after: State
    rows: tuple[Row, ...]
    realised: tuple[Realised, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The step that was refused and ended the story: its index, a code, a sentence, the rules."""

    index: int
    step: Step
    code: RefusalCode
    message: str
    rules: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Story:
    """A scenario and everything that came of it. Amounts are exact; nothing in here changes any more."""

    scenario: Scenario
    final: State
    moments: tuple[Moment, ...]
    error: Refused | None

    @functools.cached_property
    def ledger(self) -> list[Row]:
        """All ledger rows, in order."""
        return [row for moment in self.moments for row in moment.rows]

    @functools.cached_property
    def realised(self) -> list[Realised]:
        """Everything that closings realised, in order, in the quote currency of each."""
        return [realised for moment in self.moments for realised in moment.realised]

    @functools.cached_property
    def margin(self) -> Margin | None:
        """The margin summary at the end; None if something can't be priced."""
        return self.margin_of(self.final)

    def margin_of(self, state: State) -> Margin | None:
        """The margin summary of one of the story's states; None if something can't be priced."""
        currency = self.scenario.summary_currency
        if currency is None:
            return None
        try:
            with localcontext(EXACT):
                return margin(state, currency)
        except Refusal:
            return None

    def frame(
        self, what: Literal["ledger", "cascade", "export"] = "ledger", *, exact: bool = True
    ) -> "pandas.DataFrame":
        """The ledger, or the cascades of all losses, as a pandas table; amounts are exact decimals, or floats to plot.

        ``"export"`` is the ledger as the exchange would export it: the same columns, made-up ids and times
        (:mod:`marginlib.analysis.export`).
        Taken amounts are in the row's currency; covers and fee in the quote currency. Where there is no pandas, as in
        a browser, it is a small table of our own (:class:`marginlib.telling.table.Table`) that looks alike.

        >>> from marginlib import replay
        >>> story = replay(Scenario.of({"steps": [{"do": "deposit", "currency": "EUR", "amount": "5"}]}))
        >>> story.frame().shape, story.frame(exact=False)["amount"].sum()
        ((1, 8), np.float64(5.0))
        """
        table: pandas.DataFrame = _showing().frame(self, what, exact=exact)
        return table

    def __repr__(self) -> str:
        """A few lines: how much happened, what there is at the end, what was refused."""
        steps, rows = len(self.scenario.steps), sum(len(moment.rows) for moment in self.moments)
        lines = [
            f"Story of {steps} {'step' if steps == 1 else 'steps'}, {rows} ledger {'row' if rows == 1 else 'rows'}"
        ]
        final = self.final
        lines += _listed("balances", [f"{plain(final.balances[code])} {code}" for code in sorted(final.balances)])
        lines += _listed("unpaid", [f"{plain(amount)} {code}" for code, amount in final.unpaid.items()])
        ends = [*itertools.islice(final.positions, _FEW)]
        opened = [f"{lot.side} {plain(lot.volume)} {lot.pair} at {plain(lot.open_price)}" for lot in ends]
        lines += _listed("open", opened, len(final.positions))
        if self.error:
            lines.append(f"  refused: step {self.error.index + 1}, {self.error.code}: {self.error.message}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """What a notebook shows: the sentences and the ledger."""
        shown: str = _showing().page(self)
        return shown

    def as_json(self) -> dict[str, Any]:
        """The result as plain data, amounts as plain decimal strings (the ``--json`` format).

        >>> from marginlib import replay
        >>> replay(Scenario.of({"balances": {"EUR": "100"}})).as_json()["balances"]
        {'EUR': '100'}
        """
        with all_kept():
            return self._as_json()

    def _as_json(self) -> dict[str, Any]:
        final = self.final
        result: dict[str, Any] = {
            "status": "error" if self.error else "ok",
            "balances": {code: plain(final.balances[code]) for code in sorted(final.balances)},
            "unpaid": {code: plain(final.unpaid[code]) for code in sorted(final.unpaid)},
            "positions": [_position(position) for position in final.positions],
            "stops": [{"pair": s.pair, "side": s.side, "trigger": plain(s.trigger)} for s in final.stops],
            "realised": [_realised(realised) for realised in self.realised],
            "margin": self._margin_json(),
            "ledger": [_row(row) for row in self.ledger],
        }
        if self.error:
            result["error"] = {
                "step": self.error.index,
                "code": self.error.code,
                "message": self.error.message,
            }
        return result

    def _margin_json(self) -> dict[str, str | None]:
        summary = self.margin
        if summary is None:
            return dict.fromkeys(
                (
                    "currency",
                    "trade_balance",
                    "equity",
                    "used_margin",
                    "free_margin",
                    "margin_level",
                )
            )
        places = self.final.rulebook.places(summary.currency)

        def shown(amount: Fraction) -> str:
            return plain(rounded(amount, places))

        return {
            "currency": summary.currency,
            "trade_balance": shown(summary.trade_balance),
            "equity": shown(summary.equity),
            "used_margin": shown(summary.used_margin),
            "free_margin": shown(summary.free_margin),
            "margin_level": None if summary.level is None else plain(rounded(summary.level, 4)),
        }


def _showing() -> ModuleType:
    """How a story looks is told further down the house: asked for by name, and only when something is shown."""
    return importlib.import_module("marginlib.telling.showing")


def _listed(name: str, texts: list[str], count: int = 0) -> list[str]:
    """A line of a story's summary, not too long; none for nothing."""
    rest = max(count, len(texts)) - _FEW
    more = f" and {rest} more" if rest > 0 else ""
    return [f"  {name}: {', '.join(texts[:_FEW])}{more}"] if texts else []


def invalid(error: InvalidScenario) -> dict[str, Any]:
    """The ``--json`` result for input that is no scenario.

    >>> invalid(InvalidScenario("expected an object"))["error"]["code"]
    'invalid_scenario'
    """
    empty: dict[str, Any] = {
        "status": "error",
        "balances": {},
        "unpaid": {},
        "positions": [],
        "stops": [],
    }
    cause = {"step": None, "code": error.code, "message": str(error)}
    return {**empty, "realised": [], "margin": None, "ledger": [], "error": cause}


def _money(currency_and_amount: tuple[str, Decimal]) -> dict[str, str]:
    currency, amount = currency_and_amount
    return {"currency": currency, "amount": plain(amount)}


def _position(position: Position) -> dict[str, Any]:
    with localcontext(EXACT):
        owed, held = _money(position.owed), _money(position.held)
    return {
        "id": position.id,
        "pair": position.pair,
        "side": position.side,
        "volume": plain(position.volume),
        "open_price": plain(position.open_price),
        "leverage": plain(position.leverage),
        "owed": owed,
        "held": held,
    }


def _realised(realised: Realised) -> dict[str, Any]:
    return {
        "step": realised.step,
        "position": realised.position.id,
        "volume": plain(realised.volume),
        "pnl": plain(realised.pnl),
        "currency": realised.position.quote,
        "unpaid": plain(realised.unpaid),
        "cascade": [
            {
                "currency": take.currency,
                "taken": plain(take.taken),
                "covers": plain(take.covers),
                "fee": plain(take.fee),
                "fee_rate": plain(take.fee_rate),
            }
            for take in realised.cascade
        ],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "step": row.step,
        "position": row.position,
        "type": row.type,
        "asset": row.asset,
        "amount": plain(row.amount),
        "fee": plain(row.fee),
        "balance": plain(row.balance),
        "rules": list(row.rules),
    }

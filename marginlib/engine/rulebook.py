"""What the engine needs to know beyond the scenario. It is read from ``data/`` in :mod:`marginlib.reading`."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from marginlib.engine.amounts import ZERO
from marginlib.engine.practice import BY_THE_RULES, Practice

FeeClass = Literal["cash_cash", "btc_eth_cash", "other"]
Liquidation = Literal["off", "all", "until-100"]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that the engine needs to know beyond the scenario.

    >>> from marginlib import rulebook
    >>> book = rulebook()
    >>> book.collateral_order[:3], book.conversion_fee("BTC", "EUR"), book.places("EUR")
    (('USD', 'EUR', 'GBP'), Decimal('0.025'), 4)
    """

    collateral_order: tuple[str, ...]
    cash: frozenset[str]
    majors: frozenset[str]
    conversion_fees: Mapping[str, Decimal]
    haircuts: Mapping[str, Decimal]
    cash_places: int
    other_places: int
    opening_level: Decimal
    call_level: Decimal
    liquidation_level: Decimal
    rollover_hours: Decimal
    haircut_sets: Mapping[str, Mapping[str, Decimal]]
    most_leverage: Decimal
    liquidation: Liquidation = "off"
    initial_margin_check: bool = True
    practice: Practice = dataclasses.field(default=BY_THE_RULES, repr=False)
    """How the engine decides where a rule decides: by the rules, unless somebody holds one wrongly."""
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where conversion_fees, haircuts and levels stand, in words, and of which date."""

    def places(self, currency: str) -> int:
        """Decimals that a ledger amount of the currency carries (A8)."""
        return self.cash_places if currency in self.cash else self.other_places

    def fee_class(self, source: str, target: str) -> FeeClass:
        """Which of the three conversion fees applies between two currencies (R16).

        >>> from marginlib import rulebook
        >>> rulebook().fee_class("USD", "EUR"), rulebook().fee_class("BTC", "ETH")
        ('cash_cash', 'other')
        """
        both = {source, target}
        if both <= self.cash:
            return "cash_cash"
        if both & self.cash and both & self.majors:
            return "btc_eth_cash"
        return "other"

    def conversion_fee(self, source: str, target: str) -> Decimal:
        """The share that converting one currency into another costs (R16).

        >>> from marginlib import rulebook
        >>> rulebook().conversion_fee("USD", "EUR"), rulebook().conversion_fee("EUR", "EUR")
        (Decimal('0.015'), Decimal('0'))
        """
        return ZERO if source == target else self.conversion_fees[self.fee_class(source, target)]

    def replaced(self, **changes: Any) -> "Rulebook":
        """The same rulebook with some entries replaced, as a scenario's ``rules`` ask.

        >>> from marginlib import rulebook
        >>> rulebook().replaced(liquidation="all").liquidation
        'all'
        """
        return dataclasses.replace(self, **changes)

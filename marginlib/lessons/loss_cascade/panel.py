"""Lesson 05: what gets sold to pay for my loss?"""

import functools
from decimal import Decimal

from marginlib.engine.amounts import quotient
from marginlib.engine.scenario import Close, Open, Price, Rules, Scenario
from marginlib.lessons.loss_cascade import view as loss
from marginlib.panels.controls import Choice, Slider, Switch
from marginlib.panels.panel import Panel, View
from marginlib.panels.purse import FUNDS, PAIRS, Balances, Fund, held, prices
from marginlib.reading.replaying import replay
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import number

MOST_SIZE, LOWEST, HIGHEST = 10_000, -40, 10
_LEFT, _RIGHT = Decimal(-4400), Decimal(2400)  # EUR: the largest loss with its fee, the most of any balance


def _balance(code: str, fund: Fund) -> Slider:
    legend = f"Your free {fund.name}: there before you open, and used to pay for the loss."
    places = 2 if code in rulebook().cash else 8
    return Slider(code, code, "", 0, fund.most, fund.step, fund.start, legend, places, "What you have", removable=True)


class Values(Balances):
    """The balances, the pair, the position's size in EUR, and the price's move in percent."""

    pair: str
    size: Decimal
    leverage: Decimal
    move: Decimal
    c1: bool


class LossCascade(Panel[Values]):
    """A long position is closed after a price move; a loss is taken from the balances in order (R13 to R16)."""

    heading = "What gets sold to pay for my loss?"
    controls = (
        *(_balance(code, fund) for code, fund in FUNDS.items()),
        Choice("pair", "Pair", tuple(PAIRS), "BTC/EUR", "The coin you buy on margin, and the currency you owe for it."),
        Slider("size", "Position size", "EUR worth", 100, MOST_SIZE, 100, 8000, "What the coins cost at opening."),
        Slider("leverage", "Leverage", "×", 2, 10, 1, 5, "Ties up cost ÷ leverage as margin; changes no loss."),
        Slider("move", "Price move", "%", LOWEST, HIGHEST, "0.5", -25, "How far the price goes before you close."),
        Switch("c1", "ADA is not collateral", False, "The source's example says so, against its own list (C1)."),
    )  # fmt: skip

    def scenario(self, values: Values) -> Scenario:
        """Open long, let the price move, close all of it."""
        pair = values["pair"]
        base, _, opened = PAIRS[pair]
        volume, price = quotient(values["size"], Decimal(FUNDS[base].price), 8), Decimal(opened)
        order = tuple(code for code in rulebook().collateral_order if code != "ADA")
        rules = Rules(collateral_order=order) if values["c1"] else Rules()
        return Scenario(balances=held(values), prices=prices(pair), valuation="EUR", rules=rules).then(
            Open(pair=pair, side="long", volume=volume, leverage=values["leverage"]),
            Price(pair=pair, price=price + price * values["move"] / 100),
            Close(pair=pair, volume="all"),
        )

    def view(self, values: Values) -> View:
        """The loss drained currency by currency, and the words."""
        return loss.view(replay(self.scenario(values)), _scale(values["pair"], values["size"], frozenset(held(values))))


@functools.lru_cache(maxsize=64)
def _scale(pair: str, size: Decimal, there: frozenset[str]) -> loss.Scale:
    """The axis and the ends of the controls, in QUOTE."""
    quote = PAIRS[pair][1]
    unit = Decimal(FUNDS[quote].price)
    ticks = {at / unit: f"{number(at / unit, 8)}{'' if at else f' {quote}'}" for at in (-4000, -2000, 0, 2000)}
    return loss.Scale(
        (float(_LEFT / unit), float(_RIGHT / unit)),
        {float(at): name for at, name in ticks.items()},
        (float(size * LOWEST / 100 / unit), float(size * HIGHEST / 100 / unit)),
        {code: Decimal(fund.most) for code, fund in FUNDS.items()},
        there,
    )

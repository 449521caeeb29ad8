"""Lesson 05: what gets sold to pay for my loss?"""

from decimal import Decimal
from typing import Any, NamedTuple

from marginlib.engine.amounts import plain, quotient
from marginlib.engine.scenario import Scenario
from marginlib.lessons.loss_cascade import view as loss
from marginlib.panels.controls import Choice, Slider, Switch
from marginlib.panels.host import Panel, View
from marginlib.reading.replaying import replay
from marginlib.reading.rulebooks import rulebook


class _Fund(NamedTuple):
    """A currency that the lesson offers: its made-up price in EUR, and the slider for its balance."""

    name: str
    price: str
    most: str
    step: str
    start: str | None


FUNDS = {
    "EUR": _Fund("euros", "1", "2000", "20", "300"),
    "USD": _Fund("US dollars", "0.8", "2500", "25", "500"),
    "GBP": _Fund("pounds", "1.25", "1600", "16", None),
    "BTC": _Fund("bitcoin", "50000", "0.04", "0.0004", "0.008"),
    "ETH": _Fund("ether", "2000", "1", "0.01", None),
    "DOGE": _Fund("dogecoin", "0.1", "20000", "200", "12000"),
    "ADA": _Fund("ada", "0.5", "4000", "40", None),
    "USDT": _Fund("tether, a stablecoin: not cash", "0.8", "2500", "25", None),
    "SOL": _Fund("solana", "100", "20", "0.2", None),
    "XMR": _Fund("monero, which is not collateral", "200", "10", "0.1", "2"),
}
PAIRS = {"BTC/EUR": "50000", "ETH/USD": "2500", "ADA/BTC": "0.00001", "XMR/EUR": "200"}
MOST_SIZE, LOWEST, HIGHEST = 10_000, -40, 10


def _balance(code: str, fund: _Fund) -> Slider:
    legend = f"Your free {fund.name}: there before you open, and used to pay for the loss."
    places = 2 if code in rulebook().cash else 8
    return Slider(code, code, "", 0, fund.most, fund.step, fund.start, legend, places, "What you have", removable=True)


class LossCascade(Panel):
    """A long position is closed after a price move; a loss is taken from the balances in order (R13 to R16)."""

    heading = "What gets sold to pay for my loss?"
    strip = "The whole order of preference"
    controls = (
        *(_balance(code, fund) for code, fund in FUNDS.items()),
        Choice("pair", "Pair", tuple(PAIRS), "BTC/EUR", "The coin you buy on margin, and the currency you owe for it."),
        Slider("size", "Position size", "EUR worth", 100, MOST_SIZE, 100, 8000, "What the coins cost at opening."),
        Slider("leverage", "Leverage", "×", 2, 10, 1, 5, "Ties up cost ÷ leverage as margin; changes no loss."),
        Slider("move", "Price move", "%", LOWEST, HIGHEST, "0.5", -25, "How far the price goes before you close."),
        Switch("c1", "ADA is not collateral", False, "The source's example says so, against its own list (C1)."),
    )  # fmt: skip

    def scenario(self, values: Any) -> Scenario:
        """Open long, let the price move, close all of it."""
        pair, price = values["pair"], Decimal(PAIRS[values["pair"]])
        base = pair.split("/")[0]
        volume = quotient(values["size"], Decimal(FUNDS[base].price), 8)
        after = plain(price + price * values["move"] / 100)
        order = [code for code in rulebook().collateral_order if code != "ADA"] if values["c1"] else None
        prices = {f"{code}/EUR": fund.price for code, fund in FUNDS.items() if code not in ("EUR", "USD", base)}
        return Scenario.of(
            {
                "balances": {code: values[code] for code in FUNDS if values[code] is not None},
                "prices": {pair: price, "EUR/USD": "1.25", **prices},
                "valuation": "EUR",
                "rules": {"collateral_order": order} if order else {},
                "steps": [
                    {"do": "open", "pair": pair, "side": "long", "volume": volume, "leverage": values["leverage"]},
                    {"do": "price", "pair": pair, "price": after},
                    {"do": "close", "pair": pair, "volume": "all"},
                ],
            }
        )

    def view(self, values: Any) -> View:
        """The waterfall, the order of preference, and the words."""
        unit = Decimal(FUNDS[values["pair"].split("/")[1]].price)
        lowest, highest = (MOST_SIZE * percent / (100 * unit) for percent in (LOWEST, HIGHEST))
        return loss.view(replay(self.scenario(values)), lowest, highest)

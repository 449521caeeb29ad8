"""Lesson 01: whose money bought my bitcoin? An opening in steps, and the balance sheet that the price squeezes."""

from decimal import Decimal
from typing import Any

from marginlib.engine.amounts import plain
from marginlib.engine.scenario import Scenario
from marginlib.lessons.borrowing import view as balance_sheet
from marginlib.panels.controls import Choice, Slider, Walk
from marginlib.panels.host import Panel, View
from marginlib.reading.replaying import replay

PAIR, QUOTE = "BTC/EUR", "EUR"
MOST_FUNDS, MOST_VOLUME, MOST_PRICE, FURTHEST = 20_000, Decimal("0.5"), 60_000, 40

FUNDS = Slider("funds", "Your balance", "EUR", 0, MOST_FUNDS, 250, 15_000, "Your own money: the collateral.")
SIDE = Choice("side", "Side", ("long", "short"), "long", "Long buys BTC on margin; short sells BTC that is lent.")
VOLUME = Slider("volume", "Volume", "BTC", "0.05", MOST_VOLUME, "0.01", "0.5", "How much you buy or sell.", 8)
PRICE = Slider("price", "Opening price", "EUR for one BTC", 40_000, MOST_PRICE, 500, 50_000, "The price you open at.")
LEVERAGE = Slider("leverage", "Leverage", "×", 2, 10, 1, 5, "What the cost is divided by to say how much is tied up.")
MOVE = Slider(
    "move", "Price move", "%", -FURTHEST, FURTHEST, 1, 10, "How far the price goes after you opened; below 0 it falls."
)  # fmt: skip


def scenario(values: Any) -> Scenario:
    """Open one position; then, where there is a move, the price goes there. Amounts in EUR, volume in BTC."""
    steps: list[dict[str, Any]] = [
        {
            "do": "open",
            "pair": PAIR,
            "side": values["side"],
            "volume": values["volume"],
            "leverage": values["leverage"],
        }
    ]
    if "move" in values:
        moved = values["price"] + values["price"] * values["move"] / 100
        steps.append({"do": "price", "pair": PAIR, "price": plain(moved)})
    balances = {QUOTE: values["funds"]}
    return Scenario.of({"balances": balances, "prices": {PAIR: values["price"]}, "valuation": QUOTE, "steps": steps})


class OpeningSteps(Panel):
    """The opening of a position, walked forward and back: extension, trade, what is tied up (R1, B2 to B4)."""

    heading = "Whose money bought my bitcoin? The opening in steps"
    controls = (
        FUNDS,
        SIDE,
        VOLUME,
        PRICE,
        LEVERAGE,
        Walk("step", "The opening, step by step", balance_sheet.STEPS, "1", "Walks through the opening, and back."),
    )

    def view(self, values: Any) -> View:
        """The balance sheet as it stands at this step."""
        return balance_sheet.opening(
            replay(scenario({**values})), int(values["step"]), float(MOST_FUNDS + MOST_VOLUME * MOST_PRICE)
        )


class BalanceSheet(Panel):
    """An open position as two bars, squeezed by the price: equity, used and free margin, margin level (B1 to B4)."""

    heading = "Whose money bought my bitcoin? What the price does to it"
    controls = (FUNDS, SIDE, VOLUME, PRICE, LEVERAGE, MOVE)

    def view(self, values: Any) -> View:
        """The balance sheet after the move."""
        most = MOST_FUNDS + MOST_VOLUME * MOST_PRICE * (100 + FURTHEST) / 100
        return balance_sheet.squeeze(replay(scenario(values)), float(most))

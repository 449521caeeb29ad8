"""Lesson 04: which of my positions goes first?"""

import itertools
from decimal import Decimal
from typing import Literal, TypedDict

from marginlib.engine.scenario import Close, Open, Price, Scenario, Settle, Step
from marginlib.lessons.queue import view as queue
from marginlib.panels.controls import Choice, Slider
from marginlib.panels.panel import Panel, View
from marginlib.reading.replaying import replay

Name = Literal["A", "B", "C"]
PAIR, LEVERAGE = "BTC/EUR", Decimal(5)
LOTS: dict[Name, tuple[str, int]] = {"A": ("0.3", 45000), "B": ("0.3", 55000), "C": ("0.2", 49000)}
ORDERS = tuple(", ".join(order) for order in itertools.permutations(LOTS))
CHEAPEST, DEAREST, MOST = 44_000, 56_000, Decimal("0.3")
_ALL = MOST * len(LOTS)
REACH = queue.Reach((Decimal("0.05"), MOST), (Decimal("0.05"), _ALL), (Decimal(CHEAPEST), Decimal(DEAREST)))


def _lot(name: Name) -> tuple[Slider, Slider]:
    volume, price = LOTS[name]
    group, paid = f"Lot {name}: volume and opening price", f"What lot {name} pays for 1 BTC."
    return (
        Slider(f"{name}_volume", "BTC", "", "0.05", MOST, "0.01", volume, f"How much lot {name} buys.", 2, group,
               spoken=f"Lot {name}, volume"),
        Slider(f"{name}_price", "EUR", "", CHEAPEST, DEAREST, 100, price, paid, 0, group,
               spoken=f"Lot {name}, opening price"),
    )  # fmt: skip


class Values(TypedDict):
    """What there is, and each lot's volume and opening price; then the order that ends a volume. In EUR and BTC."""

    EUR: Decimal
    BTC: Decimal
    A_volume: Decimal
    A_price: Decimal
    B_volume: Decimal
    B_price: Decimal
    C_volume: Decimal
    C_price: Decimal
    order: str
    end: str
    volume: Decimal
    price: Decimal


class LotQueue(Panel[Values]):
    """Three long lots in a pair; one order ends a volume of them, from the oldest on (R7, R8, R12)."""

    heading = "Which of my positions goes first?"
    controls = (
        Slider("EUR", "EUR", "", 0, 50000, 500, 500, "Your euros before you open the lots.", 2, "What you have"),
        Slider("BTC", "BTC", "", 0, 1, "0.01", "0.5", "Your bitcoin before you open the lots.", 8, "What you have"),
        *(slider for name in LOTS for slider in _lot(name)),
        Choice("order", "Opened in the order", ORDERS, ORDERS[0], "Which lot is the oldest, and which the youngest."),
        Choice("end", "End by", ("close", "settle"), "close", "Sell (R8), or pay back what was extended (R7)."),
        Slider("volume", "Volume to end", "BTC", "0.05", _ALL, "0.01", "0.5", "How much your one order ends."),
        Slider("price", "Closing price", "EUR", CHEAPEST, DEAREST, 100, 51000, "The price when you end them."),
    )  # fmt: skip

    def scenario(self, values: Values, order: str = "") -> Scenario:
        """The market goes to each lot's price, where it is opened; then to the closing price, where the order ends.

        The lots are opened in another order than that of the values, if one is given.
        """
        lots = {
            "A": (values["A_volume"], values["A_price"]),
            "B": (values["B_volume"], values["B_price"]),
            "C": (values["C_volume"], values["C_price"]),
        }
        steps: list[Step] = []
        for volume, price in (lots[name] for name in (order or values["order"]).split(", ")):
            steps.append(Price(pair=PAIR, price=price))
            steps.append(Open(pair=PAIR, side="long", volume=volume, leverage=LEVERAGE))
        ends = {"close": Close, "settle": Settle}[values["end"]]
        return Scenario(balances={"EUR": values["EUR"], "BTC": values["BTC"]}, valuation="EUR").then(
            *steps, Price(pair=PAIR, price=values["price"]), ends(pair=PAIR, volume=values["volume"])
        )

    def view(self, values: Values) -> View:
        """The queue and what becomes of each lot, the words and the lots."""
        order = values["order"]
        turned = ", ".join(reversed(order.split(", ")))
        story, other = (replay(self.scenario(values, each)) for each in (order, turned))
        return queue.view(story, other, order.split(", "), turned.split(", "), REACH)

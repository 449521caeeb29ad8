"""The start page: a position's whole life on one screen."""

from decimal import Decimal
from typing import TypedDict

from marginlib.engine.scenario import Close, Open, PositionSide, Price, Scenario, Settle, Trade
from marginlib.lessons.start import view as life
from marginlib.panels.controls import Choice, Slider, Walk
from marginlib.panels.panel import Panel, View
from marginlib.reading.replaying import replay

PAIR, FUNDS, VOLUME, PRICE, FURTHEST = "BTC/EUR", Decimal(30_000), Decimal("0.4"), Decimal(50_000), 40
REACH = life.Reach(
    (-FURTHEST, FURTHEST),
    (2, 10),
    float(FUNDS + VOLUME * PRICE * FURTHEST / 100),
    float(VOLUME * PRICE * (100 + 2 * FURTHEST) / 100),  # a short's coins, bought back, and what the loss lacks
)


class Values(TypedDict):
    """What the controls are set to: leverage as a number, the move in percent, the step of its life."""

    side: PositionSide
    leverage: Decimal
    move: Decimal
    end: str
    moment: str


class Life(Panel[Values]):
    """0.4 BTC on margin at 50,000 EUR: opened, moved by the price, and ended by closing or settling (R1 to R11)."""

    heading = "A position's whole life"
    controls = (
        Choice("side", "Side", ("long", "short"), "long", "Long buys 0.4 BTC on margin; short sells 0.4 BTC."),
        Slider("leverage", "Leverage", "×", 2, 10, 1, 4, "What is tied up is the cost divided by this."),
        Slider("move", "Price move", "%", -FURTHEST, FURTHEST, 1, -10, "From 50,000 EUR; below 0 the price falls."),
        Choice("end", "End it by", ("closing", "settling"), "closing", "Take the cash, or give back what was lent."),
        Walk("moment", "Its life, step by step", life.STEPS, "6", "Walks through the position's life, and back."),
    )

    def scenario(self, values: Values) -> Scenario:
        """Open, let the price move, end all of it. Whoever settles a short buys the BTC for it first (R6)."""
        settles, short = values["end"] == "settling", values["side"] == "short"
        return Scenario(balances={"EUR": FUNDS}, prices={PAIR: PRICE}, valuation="EUR").then(
            Open(pair=PAIR, side=values["side"], volume=VOLUME, leverage=values["leverage"]),
            Price(pair=PAIR, price=PRICE + PRICE * values["move"] / 100),
            *([Trade(pair=PAIR, side="buy", volume=VOLUME)] if settles and short else []),
            Settle(pair=PAIR, volume="all") if settles else Close(pair=PAIR, volume="all"),
        )

    def view(self, values: Values) -> View:
        """The stations as they stand at this step of its life."""
        return life.view(replay(self.scenario(values)), int(values["moment"]), REACH)

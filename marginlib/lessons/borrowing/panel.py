"""Lesson 01: whose money bought my bitcoin? An opening in steps, and the balance sheet that the price squeezes."""

from decimal import Decimal
from typing import TypedDict

from marginlib.engine.scenario import Open, PositionSide, Price, Scenario
from marginlib.lessons.borrowing import view as balance_sheet
from marginlib.panels.controls import Choice, Slider, Walk
from marginlib.panels.panel import Panel, View
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
OPENS = balance_sheet.Reach(
    (0, MOST_FUNDS),
    (0.05, float(MOST_VOLUME)),
    (40_000, MOST_PRICE),
    (2, 10),
    None,
    float(MOST_FUNDS + MOST_VOLUME * MOST_PRICE),
)
MOVES = OPENS._replace(
    move=(-FURTHEST, FURTHEST), most=float(MOST_FUNDS + MOST_VOLUME * MOST_PRICE * (100 + FURTHEST) / 100)
)


class _Opening(TypedDict):
    """The position: amounts in EUR, volume in BTC."""

    funds: Decimal
    side: PositionSide
    volume: Decimal
    price: Decimal
    leverage: Decimal


class StepValues(_Opening):
    """The position, and the step of its opening."""

    step: str


class SheetValues(_Opening):
    """The position, and the price's move in percent."""

    move: Decimal


def scenario(values: StepValues | SheetValues, move: Decimal | None = None) -> Scenario:
    """Open one position; then the price moves by so many percent, if it does. Amounts in EUR, volume in BTC."""
    price = values["price"]
    opens = Open(pair=PAIR, side=values["side"], volume=values["volume"], leverage=values["leverage"])
    moves = [] if move is None else [Price(pair=PAIR, price=price + price * move / 100)]
    return Scenario(balances={QUOTE: values["funds"]}, prices={PAIR: price}, valuation=QUOTE, steps=(opens, *moves))


class OpeningSteps(Panel[StepValues]):
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

    def scenario(self, values: StepValues) -> Scenario:
        """The opening, whole at every step."""
        return scenario(values)

    def view(self, values: StepValues) -> View:
        """The balance sheet as it stands at this step."""
        return balance_sheet.opening(replay(self.scenario(values)), int(values["step"]), OPENS)


class BalanceSheet(Panel[SheetValues]):
    """An open position as two bars, squeezed by the price: equity, used and free margin, margin level (B1 to B4)."""

    heading = "Whose money bought my bitcoin? What the price does to it"
    controls = (FUNDS, SIDE, VOLUME, PRICE, LEVERAGE, MOVE)

    def scenario(self, values: SheetValues) -> Scenario:
        """Open, and let the price move."""
        return scenario(values, values["move"])

    def view(self, values: SheetValues) -> View:
        """The balance sheet after the move."""
        return balance_sheet.squeeze(replay(self.scenario(values)), MOVES)

"""Lesson 03: keep the coins or take the cash?"""

from decimal import Decimal
from typing import Literal, TypedDict

from marginlib.engine.funds import order_for
from marginlib.engine.scenario import Close, Deposit, Fees, Open, PositionSide, Price, Scenario, Settle
from marginlib.engine.settling import need
from marginlib.engine.story import Story
from marginlib.lessons.settle_or_close import view as ending
from marginlib.panels.controls import Choice, Slider
from marginlib.panels.panel import Panel, View
from marginlib.reading.replaying import replay

PAIR, VOLUME, OPENED, LEVERAGE = "BTC/EUR", Decimal(1), Decimal(50000), Decimal(5)
MOST_EUR, MOST_BTC, LOWEST, HIGHEST = 70_000, 1, -40, 40
WAYS_OUT = ("leave it refused", "deposit what is missing", "ordinary order first")
REACH = ending.Reach(
    {"EUR": Decimal(MOST_EUR), "BTC": Decimal(MOST_BTC)},
    (OPENED * (100 + LOWEST) / 100, OPENED * (100 + HIGHEST) / 100),
    (Decimal("0.05"), Decimal(1)),
    (Decimal(0), Decimal("0.01")),
)


class Values(TypedDict):
    """What there is in EUR and BTC; the share, the fee and the move in percent."""

    EUR: Decimal
    BTC: Decimal
    side: PositionSide
    share: Decimal
    short_of: str
    fee: Decimal
    move: Decimal


class SettleOrClose(Panel[Values]):
    """One position of 1 BTC, ended both ways at the same price: by settling and by closing (R2 to R11)."""

    heading = "Keep the coins or take the cash?"
    controls = (
        Slider("EUR", "EUR", "", 0, MOST_EUR, 1000, 60000, "Your euros before you open.", 2, "What you have"),
        Slider("BTC", "BTC", "", 0, MOST_BTC, "0.02", "0.4", "Your bitcoin before you open.", 8, "What you have"),
        Choice("side", "Side", ("long", "short"), "long", "Whether you buy or sell 1 BTC at 50,000 EUR, with 5×."),
        Slider("share", "Share to end", "%", 5, 100, 5, 100, "How much of the position you end, either way."),
        Choice("short_of", "If the balance is too small to settle", WAYS_OUT, WAYS_OUT[0], "The two ways out (R6)."),
        Slider("fee", "Trading fee", "%", 0, 1, "0.01", "0.4", "On every trade; you paid it at opening, too."),
        Slider("move", "Price move", "%", LOWEST, HIGHEST, 1, -20, "How far the price goes before you end it."),
    )  # fmt: skip

    def scenario(self, values: Values) -> Scenario:
        """Open, let the price move, and settle."""
        return scenario(values, _moved(values), "settle")

    def view(self, values: Values) -> View:
        """What both ways leave and where they part, the words and the table."""
        return ending.view(*stories(values, _moved(values)), REACH)


def _moved(values: Values) -> Decimal:
    return OPENED * (100 + values["move"]) / 100


def scenario(values: Values, price: Decimal, way: Literal["settle", "close"]) -> Scenario:
    """Open, let the price move, and end a share by ``settle`` (after a way out, if one is needed) or ``close``."""
    volume, fees = VOLUME * values["share"] / 100, Fees(trading=values["fee"] / 100)
    start = Scenario(balances={"EUR": values["EUR"], "BTC": values["BTC"]}, prices={PAIR: OPENED}, fees=fees).then(
        Open(pair=PAIR, side=values["side"], volume=VOLUME, leverage=LEVERAGE), Price(pair=PAIR, price=price)
    )
    if way == "close":
        return start.then(Close(pair=PAIR, volume=volume))
    if values["short_of"] != WAYS_OUT[0]:
        opened = replay(start).final
        if opened.positions and (needed := need(opened, PAIR, volume)).missing:
            deposit = Deposit(currency=needed.currency, amount=needed.missing)
            order = order_for(opened, PAIR, needed.currency, needed.missing)
            start = start.then(deposit if values["short_of"] == WAYS_OUT[1] else order)
    return start.then(Settle(pair=PAIR, volume=volume))


def stories(values: Values, price: Decimal) -> tuple[Story, Story]:
    """The position settled at a price in EUR, and the same position closed."""
    return replay(scenario(values, price, "settle")), replay(scenario(values, price, "close"))

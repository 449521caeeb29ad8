"""Lesson 06: what should I do before I close?"""

from decimal import Decimal

from marginlib.engine.amounts import plain, quotient, rounded
from marginlib.engine.scenario import Fees, Open, PositionSide, Price, Scenario
from marginlib.engine.story import Story
from marginlib.lessons.ways_out import view as ways_out
from marginlib.panels.controls import Choice, Slider
from marginlib.panels.panel import Panel, View, kept, kept_for
from marginlib.panels.purse import FUNDS, PAIRS, Balances, Code, held, prices
from marginlib.reading.replaying import replay
from marginlib.reading.rulebooks import rulebook

MOST_SIZE, FURTHEST, MOST_FEE, FEE_STEP = 4_000, 30, 3, "0.05"  # at a leverage of 2, half of the size is tied up
OWN: dict[Code, tuple[str, str]] = {
    "EUR": ("5000", "200"),
    "BTC": ("0.1", "0.02"),
    "DOGE": (FUNDS["DOGE"].most, "10000"),
}
"""Balances whose sliders go further than in lesson 05, or start elsewhere: the most, and the start."""
LENDING = {"EUR": Decimal("0.00024"), "USD": Decimal("0.0003"), "BTC": Decimal("0.0001"), "other": Decimal("0.0002")}
"""Made-up rollover rates by the currency that is extended: a long's QUOTE, a short's BASE (B6)."""
STEPS = 50


def _balance(code: Code) -> Slider:
    fund = FUNDS[code]
    most, start = OWN.get(code, (fund.most, None))
    legend = f"Your free {fund.name}, with the position already open."
    places, step = 2 if code in rulebook().cash else 8, plain(Decimal(most) / STEPS)
    return Slider(code, code, "", 0, most, step, start, legend, places, "What you have now", removable=True)


class Values(Balances):
    """The balances, the pair, the position's size in EUR; the price's move and the trading fee in percent."""

    side: PositionSide
    pair: str
    size: Decimal
    leverage: Decimal
    move: Decimal
    fee: Decimal


class WaysOut(Panel[Values]):
    """An open position at a loss, ended in four ways: what each costs beside the loss, and why (R6, R16, R17)."""

    heading = "Four ways out of one position"
    controls = (
        *(_balance(code) for code in FUNDS),
        Choice("side", "Side", ("long", "short"), "long", "Long: coins bought on margin; short: coins sold."),
        Choice("pair", "Pair", tuple(PAIRS), "BTC/EUR", "The coin of the position, and the currency of its loss."),
        Slider("size", "Position size", "EUR worth", 100, MOST_SIZE, 100, 4000, "What the coins cost at opening."),
        Slider("leverage", "Leverage", "×", 2, 10, 1, 5, "Ties up cost ÷ leverage as margin (B2)."),
        Slider("move", "Price moves against you by", "%", 0, FURTHEST, "0.5", 25, "Down for a long, up for a short."),
        Slider("fee", "Trading fee", "%", 0, MOST_FEE, FEE_STEP, "0.4", "On every trade: orders and closings."),
    )  # fmt: skip

    def scenario(self, values: Values) -> Scenario:
        """The position, open: ``marginlib plan`` compares the ways out of it."""
        return scenario(values)

    def view(self, values: Values) -> View:
        """The ways and their costs, the two that part at the break-even, the words and the table."""
        most = ranges(PAIRS[values["pair"]][1])
        return ways_out.view(open_at(values), _line(kept(values, fee=Decimal(0))), most)


def ranges(quote: Code) -> ways_out.Ranges:
    """How far the axes go: as far as bringing in QUOTE can cost."""
    size = Decimal(MOST_SIZE) / Decimal(FUNDS[quote].price)
    lost, dear = size * FURTHEST / 100, max(rulebook().conversion_fees.values())
    twice = 1 - Decimal(MOST_FEE) / 100  # where no pair leads straight to QUOTE, two orders do
    bringing = lost * max(dear / (1 - dear), 1 / twice**2 - 1)
    return ways_out.Ranges(float(bringing), Decimal(MOST_FEE) / 100, MOST_SIZE / 2)


def scenario(values: Values) -> Scenario:
    """Open, and let the price move: the position is open, and the balances are those of the sliders."""
    base, quote, opened = PAIRS[values["pair"]]
    price, rate = Decimal(opened), values["fee"] / 100
    volume = quotient(values["size"], Decimal(FUNDS[base].price), 8)
    moved = -values["move"] if values["side"] == "long" else values["move"]
    balances = held(values)
    opening_fee = rounded(volume * price * rate, rulebook().places(quote))
    if opening_fee:  # paid before the story of the screen begins
        balances[quote] = balances.get(quote, Decimal(0)) + opening_fee
    fees = Fees(trading=rate, rollover=LENDING)
    start = Scenario(balances=balances, prices=prices(values["pair"]), fees=fees, valuation="EUR")
    return start.then(
        Open(pair=values["pair"], side=values["side"], volume=volume, leverage=values["leverage"]),
        Price(pair=values["pair"], price=price * (100 + moved) / 100),
    )


def open_at(values: Values) -> Story:
    """The story that ends with the open position, or with the opening that is refused."""
    return replay(scenario(values))


@kept_for(512)
def _line(free: Values) -> ways_out.Curve:
    """What ordering would cost at several trading fees; it stays while the fee moves, and starts without one."""
    return ways_out.curve(open_at(free), Decimal(MOST_FEE) / 100, Decimal(FEE_STEP) / 100)

"""Lesson 07: how far can the price go? The margin level against the price, and along the days of a crash."""

from decimal import Decimal
from typing import TypedDict

from marginlib.analysis.limits import Measure, margin_at_opening
from marginlib.analysis.paths import MOST_DAYS, beyond, paths, walk
from marginlib.engine.amounts import plain, quotient, rounded
from marginlib.engine.margin import margin
from marginlib.engine.rulebook import Liquidation
from marginlib.engine.scenario import Close, Open, PositionSide, Prices, Rules, Scenario, Step, Stop
from marginlib.engine.story import Story
from marginlib.lessons.margin_call import crash, how_far
from marginlib.panels.controls import Choice, Slider, Switch
from marginlib.panels.panel import Panel, View, kept, kept_for
from marginlib.reading.replaying import replay
from marginlib.reading.rulebooks import rulebook

PAIR, OPENED, LOWEST, HIGHEST = "BTC/USD", Decimal(20_000), 400, Decimal(40_000)
SECOND, SECOND_OPENED, SECOND_VOLUME = "ETH/USD", Decimal(1_000), Decimal(10)
HELD = ("BTC alone", "BTC and ETH")
COUNTED = ("at today's price", "at the opening price")
_MEASURES: dict[str, Measure] = dict(zip(COUNTED, (margin, margin_at_opening), strict=True))


class Values(TypedDict):
    """What there is in USD and BTC; the haircut in percent, the price in USD; how a short's used margin is counted."""

    USD: Decimal
    BTC: Decimal
    haircut: Decimal
    side: PositionSide
    held: str
    volume: Decimal
    leverage: Decimal
    counted: str
    price: Decimal


class HowFar(Panel[Values]):
    """A position opened at 20,000 USD, or two that move together: margin level and limits (B1 to B5, C3, C5)."""

    heading = "How far can the price go?"
    controls = (
        Slider("USD", "USD", "", 0, 30_000, 200, 10_000, "Your own dollars: collateral.", 2, "What you have"),
        Slider("BTC", "BTC", "", 0, 2, "0.05", 0, "Your own bitcoin: collateral that moves too.", 8, "What you have"),
        Slider("haircut", "Haircut on BTC", "%", 0, 50, 1, 0, "The part of their worth that does not count (B1)."),
        Choice("side", "Side", ("long", "short"), "long", "Long buys BTC on margin at 20,000 USD; short sells BTC."),
        Choice("held", "Positions", HELD, HELD[0],
               "With a second one of 10 ETH, opened at 1,000 USD, both prices move by the same share."),
        Slider("volume", "Volume", "BTC", "0.1", 2, "0.1", 1, "How much you buy or sell.", 8),
        Slider("leverage", "Leverage", "×", 2, 10, 1, 5, "What the cost is divided by to say how much is tied up."),
        Choice("counted", "A short's used margin", COUNTED, COUNTED[0],
               "The exchange's own pages disagree (C5). A long's is counted at the opening price either way."),
        Slider("price", "Price now", "USD for one BTC", LOWEST, HIGHEST, 400, OPENED, "Where the price has gone."),
    )  # fmt: skip

    def scenario(self, values: Values) -> Scenario:
        """Open, and let the price go where it is now."""
        return position(values, values["price"])

    def view(self, values: Values) -> View:
        """The curve, the figures in words, the tables."""
        opened, reached, closed = _reach(kept(values, price=OPENED))
        span = Decimal(LOWEST), HIGHEST
        if opened.error:
            return how_far.view(opened, closed or opened, reached, None, span)
        return how_far.view(opened, replay(self.scenario(values)), reached, closed, span)


def position(values: Values, price: Decimal | None = None, *, liquidation: Liquidation = "off") -> Scenario:
    """Open BTC at 20,000 USD, and perhaps ETH at 1,000; then the prices go somewhere together. Amounts in USD and BTC.

    With a liquidation that is counted at the opening price (C5), which the engine doesn't, the positions are closed.
    """
    balances = {"USD": values["USD"], "BTC": values["BTC"]}
    volumes, prices = {PAIR: values["volume"]}, {PAIR: OPENED}
    if values["held"] == HELD[1]:
        volumes, prices = {**volumes, SECOND: SECOND_VOLUME}, {**prices, SECOND: SECOND_OPENED}
    steps: list[Step] = [
        Open(pair=pair, side=values["side"], volume=volume, leverage=values["leverage"])
        for pair, volume in volumes.items()
    ]
    if price is not None:
        steps.append(Prices(prices={pair: quotient(each * price, OPENED, 8) for pair, each in prices.items()}))
    if liquidation != "off" and values["counted"] == COUNTED[1]:
        liquidation = "off"
        steps += [Close(pair=pair, volume="all") for pair in volumes]
    rules = Rules(haircuts={"BTC": values["haircut"] / 100}, liquidation=liquidation)
    return Scenario(balances=balances, prices=prices, valuation="USD", rules=rules, steps=tuple(steps))


@kept_for(512)
def _reach(values: Values) -> tuple[Story, how_far.Reach | None, Story | None]:
    """The opening, how far it reaches, and its liquidation if there is one; they stay while the price moves.

    Of a refused opening, how far it would have reached, and the opening as it would have been.
    """
    opened = replay(position(values))
    if opened.error:
        tried = how_far.unchecked(opened)
        return opened, None if tried.error else how_far.reach(tried.final, HIGHEST), tried
    reached = how_far.reach(opened.final, HIGHEST, _MEASURES[values["counted"]])
    end = reached.marks[opened.final.rulebook.liquidation_level]
    if end is None:
        return opened, reached, None
    there = beyond(end, falls=values["side"] == "long")
    return opened, reached, replay(position(values, there, liquidation="all"))


HOW = ("all of them", f"until {plain(rulebook().opening_level)} %")
PATHS = tuple(title for title, path in paths().items() if {"BTC/USD", "ETH/USD"} <= path.prices.keys())


class CrashValues(TypedDict):
    """The path and the day; amounts and sizes in USD; the haircut and the stops' distance in percent."""

    path: str
    day: Decimal
    USD: Decimal
    BTC: Decimal
    haircut: Decimal
    side: PositionSide
    first: Decimal
    second: Decimal
    leverage: Decimal
    how: str
    stop: bool
    distance: Decimal
    jumps: bool


class ThroughTheCrash(Panel[CrashValues]):
    """Two positions along a path of prices: margin level, liquidation, the ledger, and what a stop would have done."""

    heading = "Through the crash"
    controls = (
        Choice("path", "Prices", PATHS, "March 2020", "Three crashes as they were, and three made-up paths."),
        Slider("day", "Days since you opened", "", 0, MOST_DAYS - Decimal("0.25"), "0.25", 0,
               "Four prices to a day, as far as the path goes.", played=True),
        Slider("USD", "Your dollars", "USD", 0, 30_000, 2_000, 6_000, "Your own: collateral that stays."),
        Slider("BTC", "Your bitcoin", "USD worth", 0, 20_000, 2_000, 4_000, "What your own are worth at the start."),
        Slider("haircut", "Haircut on your bitcoin", "%", 0, 50, 5, 0, "The part of it that does not count (B1)."),
        Choice("side", "Side", ("long", "short"), "long", "Of both positions."),
        Slider("first", "First, in BTC", "USD worth", 5_000, 40_000, 5_000, 20_000, "The first position's cost."),
        Slider("second", "Then, in ETH", "USD worth", 0, 40_000, 5_000, 10_000, "The second one's; 0 for none."),
        Slider("leverage", "Leverage", "×", 2, 10, 1, 5, "What the cost is divided by to say how much is tied up."),
        Choice("how", "Liquidation closes", HOW, HOW[0], "Oldest first: all, or until the level is back (B5)."),
        Switch("stop", "Protective stops", False, "One for each position, at the same distance (R22)."),
        Slider("distance", "Distance of the stops", "%", crash.NEAREST, crash.FURTHEST_STOP, 5, 15,
               "From the opening price."),
        Switch("jumps", "Prices jump", False, "Only these four prices a day are traded, and nothing in between."),
    )  # fmt: skip

    def scenario(self, values: CrashValues) -> Scenario:
        """The path up to this day, with a price of its own wherever something is closed."""
        course = _course(kept(values, day=Decimal(0)))
        whole = course.story.scenario
        return (
            whole if course.story.error else whole.replaced(steps=whole.steps[: crash.at(course, values["day"]).over])
        )

    def view(self, values: CrashValues) -> View:
        """This moment of the course, beside the same with or without a stop."""
        stopped = values["stop"]
        told, other = (_course(kept(values, day=Decimal(0), stop=stop)) for stop in (stopped, not stopped))
        return crash.view(told, other, values["day"], values["distance"], stopped=stopped)


def account(values: CrashValues) -> Scenario:
    """Open a position in BTC, then one in ETH, at a path's first prices; then place the stops. Sizes are in USD."""
    prices = paths()[values["path"]].at(0)
    away = values["distance"] / 100 * (-1 if values["side"] == "long" else 1)
    wanted = {"BTC/USD": values["first"], "ETH/USD": values["second"]}
    sizes = {pair: size for pair, size in wanted.items() if size}
    side, leverage = values["side"], values["leverage"]
    opens = [
        Open(pair=pair, side=side, volume=quotient(size, prices[pair], 8), leverage=leverage)
        for pair, size in sizes.items()
    ]
    stops = [
        Stop(pair=pair, side="sell" if side == "long" else "buy", trigger=rounded(prices[pair] * (1 + away), 2))
        for pair in sizes
    ]
    return Scenario(
        balances={"USD": values["USD"], "BTC": quotient(values["BTC"], prices["BTC/USD"], 8)},
        prices={pair: prices[pair] for pair in sizes},
        valuation="USD",
        rules=Rules(
            haircuts={"BTC": values["haircut"] / 100}, liquidation="all" if values["how"] == HOW[0] else "until-100"
        ),
        steps=(*opens, *(stops if values["stop"] else [])),
    )


@kept_for(512)
def _course(values: CrashValues) -> crash.Course:
    """The whole story of a setting; the slider through time only reads it."""
    path = paths()[values["path"]]
    return crash.Course(path, walk(account(values), path, jumps=values["jumps"]))

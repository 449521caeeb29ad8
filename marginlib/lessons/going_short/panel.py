"""Lesson 02: how do I sell what I don't own, and how is that not a future?"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict

from marginlib.analysis.futures import FUNDING_HOURS, Perpetual, turning
from marginlib.engine.scenario import Close, Fees, Open, OrderSide, PositionSide, Price, Scenario, Step, Stop, Wait
from marginlib.engine.story import Story
from marginlib.lessons.going_short import holding, multiples, short_result, stops
from marginlib.lessons.going_short.held import AWAY, ROWS, Held
from marginlib.panels.controls import Choice, Slider, Walk
from marginlib.panels.panel import Panel, View, kept_for
from marginlib.reading.replaying import replay

PAIR, QUOTE = "BTC/USD", "USD"
FUNDS, VOLUME, PRICE, LEVERAGE = Decimal(40_000), Decimal(1), Decimal(60_000), Decimal(3)
LOWEST_PRICE, HIGHEST_PRICE, FURTHEST, NEAR = 45_000, 75_000, 50, 30
BOTH: tuple[PositionSide, PositionSide] = ("short", "long")
CLOSES = Close(pair=PAIR, volume="all")
MIRROR = short_result.Reach(
    (0.0, 120_000.0), (-48_000.0, 48_000.0), (LOWEST_PRICE, HIGHEST_PRICE), (2, 10), (-FURTHEST, FURTHEST)
)


def position(
    side: PositionSide, opened: Decimal, leverage: Decimal, *steps: Step, fees: Fees | None = None
) -> Scenario:
    """1 BTC, long or short, backed by 40,000 USD, and what comes after; prices in USD."""
    opens = Open(pair=PAIR, side=side, volume=VOLUME, leverage=leverage)
    start = Scenario(balances={QUOTE: FUNDS}, prices={PAIR: opened}, valuation=QUOTE, fees=fees or Fees())
    return start.then(opens, *steps)


def goes_to(price: Decimal) -> Price:
    """The step that moves the price, in USD."""
    return Price(pair=PAIR, price=price)


class MirrorValues(TypedDict):
    """The opening price in USD, the leverage, and the price's move in percent."""

    opened: Decimal
    leverage: Decimal
    move: Decimal


class ShortAndMirror(Panel[MirrorValues]):
    """A short of 1 BTC and a long of the same size: profit or loss against the price, and leverage (R1, R20)."""

    heading = "A short and its mirror"
    controls = (
        Slider("opened", "Opening price", "USD for one BTC", LOWEST_PRICE, HIGHEST_PRICE, 1000, 60_000,
               "The price at which you sell 1 BTC that you are lent."),
        Slider("leverage", "Leverage", "×", 2, 10, 1, 3, "What the sale brings, divided by this, is what you put up."),
        Slider("move", "Price move", "%", -FURTHEST, FURTHEST, 1, -10, "From the opening price; below 0 it falls."),
    )  # fmt: skip

    def scenario(self, values: MirrorValues, side: PositionSide = "short") -> Scenario:
        """Open the short, or its mirror, and let the price move."""
        opened = values["opened"]
        return position(side, opened, values["leverage"], goes_to(opened * (100 + values["move"]) / 100))

    def view(self, values: MirrorValues) -> View:
        """Two lines through the opening price, and both results at the price now."""
        short, long = (replay(self.scenario(values, side)) for side in BOTH)
        return short_result.mirror(short, long, MIRROR)


class ClosingValues(TypedDict):
    """The price's move and the trading fee in percent, and the step of the closing."""

    move: Decimal
    fee: Decimal
    step: str


class ClosingSteps(Panel[ClosingValues]):
    """A short is closed, walked forward and back: buy back, repay, profit or loss, the fee (R9 to R11, A9)."""

    heading = "What happens when a short is closed"
    controls = (
        Slider("move", "Price move", "%", -20, 20, 1, -10, "From 60,000 USD, where you sold 1 BTC short."),
        Slider("fee", "Trading fee", "%", 0, 1, "0.01", "0.4", "On every trade; you paid it at opening, too."),
        Walk("step", "The closing, step by step", short_result.STEPS, "1", "Walks through the closing, and back."),
    )

    def scenario(self, values: ClosingValues) -> Scenario:
        """Open the short, let the price move, close it: whole at every step."""
        return closing(values["move"], values["fee"])

    def view(self, values: ClosingValues) -> View:
        """The balance sheet as it stands at this step."""
        story = closed(values["move"], values["fee"])
        return short_result.closing(story, int(values["step"]), CLOSING)


CLOSING = short_result.Walked((-20, 20), 112_000.0)


def closing(move: Decimal, fee: Decimal) -> Scenario:
    """A short of 1 BTC from 60,000 USD, closed after a move; move and trading fee in percent."""
    there = goes_to(PRICE * (100 + move) / 100)
    return position("short", PRICE, LEVERAGE, there, CLOSES, fees=Fees(trading=fee / 100))


def closed(move: Decimal, fee: Decimal) -> Story:
    """The story of it."""
    return replay(closing(move, fee))


MOST_DAYS, MOST_RATE, MAINTENANCE = 30, Decimal("0.04"), Decimal("0.02")
DOLLARS = Decimal("0.00024")
"""What a long pays for its dollars, at opening and at each rollover; made up, as a share."""
COURSES = ("stays as it is", "turns its sign every 5 days")
CONTRACT = Perpetual("short", VOLUME, PRICE, FUNDS, MAINTENANCE)
HELD = multiples.Ranges(
    columns=(-78_000.0, 60_000.0),
    costs=(-6_200.0, 3_600.0),
    prices=(40_000.0, 103_000.0),
    results=(-24_500.0, 22_000.0),
    stopped=(-36_000.0, 24_000.0),
    stops=(24_000.0, 108_000.0),
    now=(float(PRICE) * (100 - NEAR) / 100, float(PRICE) * (100 + NEAR) / 100),
    days=MOST_DAYS,
)


class FutureValues(TypedDict):
    """The row to compare; the move and all rates in percent."""

    row: str
    move: Decimal
    days: Decimal
    opening: Decimal
    borrowing: Decimal
    funding: Decimal
    course: str


class ShortOrFuture(Panel[FutureValues]):
    """A short of 1 BTC on margin beside a futures short of the same size, as days pass: five differences (R23)."""

    heading = "A margin short and a futures short, side by side"
    controls = (
        Choice("row", "Compare", ROWS, ROWS[1], "One of the five rows in which they differ (R23)."),
        Slider("move", "Price move", "%", -NEAR, NEAR, 2, -10, "From 60,000 USD, at once after you open; it stays."),
        Slider("days", "Held for", "days", 0, MOST_DAYS, 1, 10, "How long both stay open at that price.", played=True),
        Slider("opening", "Opening fee", "%", 0, MOST_RATE, "0.001", "0.02", "On the BTC that is extended, once (B6)."),
        Slider("borrowing", "Borrowing rate", "% per 4 h", 0, MOST_RATE, "0.001", "0.02",
               "The rollover fee of BTC: each currency has its own. From 0.01 % to 0.04 % occur (B6)."),
        Slider("funding", "Funding rate", "% per 8 h", -MOST_RATE, MOST_RATE, "0.001", "0.01",
               "Made up. Above 0 longs pay shorts; below 0 shorts pay longs."),
        Choice("course", "Over time, the rate", COURSES, COURSES[0], "A funding rate isn't locked: it may turn."),
    )  # fmt: skip

    def scenario(self, values: FutureValues) -> Scenario:
        """The margin short, held; closed in the row that ends it. Contracts are none of the engine's."""
        now, opening, rollover = (
            PRICE * (100 + values["move"]) / 100,
            values["opening"] / 100,
            values["borrowing"] / 100,
        )
        ends = [CLOSES] if values["row"] == ROWS[3] else []
        return _after(now, opening, rollover, int(values["days"]), *ends)

    def view(self, values: FutureValues) -> View:
        """All five differences drawn, and one of them told."""
        return holding.view(values["row"], held(values), HELD)


def held(values: FutureValues) -> Held:
    """The short and the contract after these days; rates in percent."""
    now, days, row = PRICE * (100 + values["move"]) / 100, int(values["days"]), values["row"]
    short = (now, values["opening"] / 100, values["borrowing"] / 100)
    return Held(
        month=_month("short", *short),
        mirror=_month("long", now, Decimal(0), Decimal(0)),
        days=days,
        contract=CONTRACT,
        funding=_funding(now, values["funding"] / 100, values["course"]),
        closed=_closed(*short, days) if row == ROWS[3] else None,
        stops=_stops(*short, days) if row == ROWS[4] else None,
    )


def _after(now: Decimal, opening: Decimal, rollover: Decimal, days: int, *steps: Step) -> Scenario:
    """The short at a price in USD, held for some days, and what is done then."""
    waits = Wait(hours=Decimal(24 * days))
    return position("short", PRICE, LEVERAGE, goes_to(now), waits, *steps, fees=_lent(opening, rollover))


def _lent(opening: Decimal, rollover: Decimal) -> Fees:
    """The rates by the currency that is extended: a short borrows BTC, a long dollars (B6)."""
    return Fees(opening={"BTC": opening, QUOTE: DOLLARS}, rollover={"BTC": rollover, QUOTE: DOLLARS})


@kept_for(64)
def _closed(now: Decimal, opening: Decimal, rollover: Decimal, days: int) -> Story:
    return replay(_after(now, opening, rollover, days, CLOSES))


@kept_for(64)
def _stops(now: Decimal, opening: Decimal, rollover: Decimal, days: int) -> tuple[Story, Story]:
    """A buy stop 10 % above the price now, run into, and a sell stop, refused."""
    trigger = now * AWAY
    buy, sell = Stop(pair=PAIR, side="buy", trigger=trigger), Stop(pair=PAIR, side="sell", trigger=trigger)
    held_ = (now, opening, rollover, days)
    return replay(_after(*held_, buy, goes_to(trigger))), replay(_after(*held_, sell))


@kept_for(64)
def _month(side: PositionSide, now: Decimal, opening: Decimal, rollover: Decimal) -> Story:
    """A position, day by day; it stays while the days go by and the funding rate changes."""
    days = [Wait(hours=Decimal(24))] * MOST_DAYS
    return replay(position(side, PRICE, LEVERAGE, goes_to(now), *days, fees=_lent(opening, rollover)))


@kept_for(256)
def _funding(now: Decimal, rate: Decimal, course: str) -> tuple[Decimal, ...]:
    """What the contract has received by the end of each day from 0, in USD."""
    often = 24 // FUNDING_HOURS
    rates = turning(rate, MOST_DAYS * often, 5 * often if course == COURSES[1] else 0)
    return tuple(CONTRACT.funding_so_far(now, rates)[::often])


HOURS, MOST_TRIGGER = 24, 20
STOPS = ("buy stop", "sell stop", "no stop")
_SIDES: dict[str, OrderSide] = {STOPS[0]: "buy", STOPS[1]: "sell"}
PATHS: dict[str, str] = {
    "goes against you": "0 1 1.5 1 2 3 4 3.5 4.5 6 7 6.5 8 9 9.5 11 10 11.5 13 15 16 17.5 19 20.5 22",
    "jumps against you": "0 0.5 1 0.5 0 1 2 1.5 2 2.5 2 3 3.5 15 14 15 16 15.5 16 17 18 17.5 18 18.5 19",
    "goes against you, then turns": "0 1 2.5 4 5 6.5 8 9 10.5 11.5 10 8 6 4 2 0 -2 -4 -6 -8 -9 -11 -12 -14 -15",
    "goes your way": "0 -0.5 -1 0 -1 -2 -3 -2.5 -4 -5 -4.5 -6 -7 -8 -7.5 -9 -10 -11 -10.5 -12 -13 -14 -15 -16 -17",
}
"""Made-up prices, hour by hour: by how many percent the price has gone against the position."""
_ROOM = 0.2  # of what the axes have to show: above and below it, for what is written there


class StopValues(TypedDict):
    """The position's side, the stop and its distance in percent, the path, and the hours gone by."""

    side: PositionSide
    stop: str
    trigger: Decimal
    path: str
    hours: Decimal


class StopRun(Panel[StopValues]):
    """A stop is placed and the price runs, hour by hour: which stop protects, and where it closes (R22)."""

    heading = "The stop that protects"
    controls = (
        Choice("side", "Side", ("short", "long"), "short", "You sold, or bought, 1 BTC on margin at 60,000 USD."),
        Choice("stop", "Stop", STOPS, STOPS[0], "A buy stop stands above the price, a sell stop below it."),
        Slider("trigger", "Trigger", "% away from 60,000 USD", 1, MOST_TRIGGER, "0.5", 10,
               "How far above (a buy stop) or below (a sell stop) it stands."),
        Choice("path", "The price", tuple(PATHS), "goes against you", "What the price does in 24 hours; made up."),
        Slider("hours", "Time gone by", "hours", 0, HOURS, 1, 8, "Let the price run.", played=True),
    )  # fmt: skip

    def scenario(self, values: StopValues) -> Scenario:
        """The run with the stop."""
        return run(values, with_stop=True)

    def view(self, values: StopValues) -> View:
        """The path so far, and what comes of it with the stop and without."""
        with_it, without = (replay(run(values, with_stop)) for with_stop in (True, False))
        return stops.view(with_it, without, stop_ranges(values))


def prices(values: StopValues) -> list[Decimal]:
    """The made-up price at each full hour so far, in USD."""
    return _course(values)[: int(values["hours"]) + 1]


def _course(values: StopValues) -> list[Decimal]:
    """The made-up price at each full hour to the last, in USD."""
    sign = 1 if values["side"] == "short" else -1
    return [PRICE * (100 + sign * Decimal(move)) / 100 for move in PATHS[values["path"]].split()]


def stop_ranges(values: StopValues) -> stops.Ranges:
    """Axes that stay while the price runs and the trigger moves, and leave no room for what no price comes near.

    >>> found = stop_ranges(StopRun().values)
    >>> found.prices, found.results
    ((57360.0, 75840.0), (-15840.0, 2640.0))
    """
    course = _course(values)
    way = {"buy": 1, "sell": -1}.get(_SIDES.get(values["stop"], ""), 0)
    reached = [*course, PRICE, *(PRICE * (100 + way * away) / 100 for away in (1, MOST_TRIGGER))]
    results = [(PRICE - at) * (1 if values["side"] == "short" else -1) for at in (*course, PRICE)]
    return stops.Ranges(_roomy(reached), _roomy(results), HOURS, (1, MOST_TRIGGER))


def _roomy(shown: Sequence[Decimal]) -> tuple[float, float]:
    """From the least to the most, and room beyond both."""
    low, high = float(min(shown)), float(max(shown))
    return low - (high - low) * _ROOM, high + (high - low) * _ROOM


def run(values: StopValues, with_stop: bool) -> Scenario:
    """Open at 60,000 USD, place the stop that was chosen, and let the price run."""
    steps: list[Step] = [goes_to(price) for price in prices(values)[1:]]
    if with_stop and (side := _SIDES.get(values["stop"])):
        away = values["trigger"] if side == "buy" else -values["trigger"]
        steps.insert(0, Stop(pair=PAIR, side=side, trigger=PRICE * (100 + away) / 100))
    return position(values["side"], PRICE, LEVERAGE, *steps)

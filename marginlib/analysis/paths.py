"""Price paths, and an account that walks along one: made-up paths, and the days of three real crashes.

A day has four prices. A day of a crash that closes lower goes open, high, low, close; one that doesn't goes open, low,
high, close: days say nothing of the hours. A made-up path has its prices in order. At each moment the pairs move in
the path's order, BTC before ETH.
"""

import csv
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from marginlib.analysis.limits import limit_price
from marginlib.engine.account import State
from marginlib.engine.amounts import rounded, trimmed
from marginlib.engine.errors import InvalidRulebook
from marginlib.engine.replaying import resume
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.scenario import Price, Scenario
from marginlib.engine.story import Story
from marginlib.reading.files import (
    TEXT,
    Day,
    Entries,
    Items,
    Number,
    Table,
    Words,
    data_folder,
    line_of,
    read_data,
    read_line,
    text_of,
)
from marginlib.reading.replaying import replay

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

A_DAY = 4
"""Prices a day."""
MOST_DAYS = 16
_CRASHES, _MADE_UP = "crash_days.csv", "paths.toml"
_IN_ORDER = ("first price", "second price", "third price", "last price")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_FALLING, _RISING = ("open", "high", "low", "close"), ("open", "low", "high", "close")


@dataclass(frozen=True)
class Path:
    """Prices of some pairs, four a day, in QUOTE for one BASE, with a name for every day and every price.

    >>> path = Path("Two days", "Made up.", True, ("day 1",), {"BTC/USD": (Decimal(5), Decimal(6), Decimal(4),
    ...     Decimal(5))}, {"BTC/USD": ("open", "high", "low", "close")})
    >>> path.points, path.when(2), path.at(2)
    (4, 'day 1, low', {'BTC/USD': Decimal('4')})
    """

    title: str
    about: str
    made_up: bool
    days: tuple[str, ...]
    prices: Mapping[str, tuple[Decimal, ...]]
    names: Mapping[str, tuple[str, ...]]

    @property
    def points(self) -> int:
        """How many moments there are: four a day."""
        return len(self.days) * A_DAY

    def at(self, point: int) -> dict[str, Decimal]:
        """The prices at a moment, counted from 0."""
        return {pair: prices[point] for pair, prices in self.prices.items()}

    def when(self, point: int) -> str:
        """The day of a moment, and which of the day's prices it is; only its place where the pairs differ in that."""
        told = {names[point] for names in self.names.values()}
        return f"{self.days[point // A_DAY]}, {told.pop() if len(told) == 1 else _IN_ORDER[point % A_DAY]}"


def _whole_days(prices: dict[str, list[list[Decimal]]]) -> dict[str, list[list[Decimal]]]:
    for pair, days in prices.items():
        for at, day in enumerate(days, 1):
            if len(day) != A_DAY:
                raise ValueError(f"{pair}, day {at}: expected {A_DAY} prices, got {len(day)}")
    if len({len(days) for days in prices.values()}) > 1:
        told = ", ".join(f"{pair} has {len(days)}" for pair, days in prices.items())
        raise ValueError(f"expected the same number of days for every pair: {told}")
    return prices


def _within(day: dict[str, Any]) -> dict[str, Any]:
    if not day["low"] <= min(day["open"], day["close"]) <= max(day["open"], day["close"]) <= day["high"]:
        raise ValueError("expected low ≤ open and close ≤ high")
    return day


def _two(pair: str) -> str:
    base, _, quote = pair.partition("/")
    if base == quote:
        raise ValueError("a pair is of two different currencies")
    return pair


_PAIR = Words(
    pattern="^[A-Z0-9]{1,16}/[A-Z0-9]{1,16}$", what="a pair of two different currencies, such as BTC/USD", check=_two
)
_PRICE = Number(gt=0, digits=20)
_MADE = Entries(title=TEXT, about=TEXT, prices=Table(_PAIR, Items(Items(_PRICE), 1, MOST_DAYS), 1, check=_whole_days))
_MADE_PATHS = Entries(source=TEXT, date=TEXT, paths=Table(Words(), _MADE, 1))
_WRITTEN = Number(gt=0, digits=20, text=True)
_LINE = Entries(
    episode=TEXT, date=Day(), pair=_PAIR, open=_WRITTEN, high=_WRITTEN, low=_WRITTEN, close=_WRITTEN, check=_within
)


class _Day(NamedTuple):
    """A line of ``crash_days.csv``."""

    episode: str
    date: date
    pair: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal

    @property
    def order(self) -> tuple[str, ...]:
        """The order in which the day's prices are taken to have come."""
        return _FALLING if self.close < self.open else _RISING


def load_paths(folder: "Traversable") -> dict[str, Path]:
    """Read a folder's price paths by title, made-up ones first.

    Raises:
        InvalidRulebook: a file is missing or broken; names the file, the line and the reason.

    >>> load_paths(data_folder()) == paths()
    True
    """
    made = read_data(folder, _MADE_UP, _MADE_PATHS)["paths"]
    crashes = {path.title: path for path in _crashes(folder)}
    drawn: dict[str, Path] = {}
    for name, path in ((name, _drawn(each)) for name, each in made.items()):
        if path.title in crashes or path.title in drawn:
            line = line_of(text_of(folder, _MADE_UP), ("paths", name, "title"))
            raise InvalidRulebook(
                f"{_MADE_UP}, line {line}: paths.{name}.title: there is a path '{path.title:.60}' already; give this "
                "one another title"
            )
        drawn[path.title] = path
    return drawn | crashes


@functools.cache
def paths() -> dict[str, Path]:
    """The price paths in ``data/``, by title, read once.

    Raises:
        InvalidRulebook: a file is missing or broken; names the file, the line and the reason.

    >>> crash = paths()["March 2020"]
    >>> crash.when(26), crash.at(26)["BTC/USD"]
    ('12 March, low', Decimal('4860.35'))
    """
    return load_paths(data_folder())


def _drawn(made: Mapping[str, Any]) -> Path:
    prices = {pair: tuple(price for day in days for price in day) for pair, days in made["prices"].items()}
    count = len(next(iter(made["prices"].values())))
    days = tuple(f"day {day}" for day in range(1, count + 1))
    return Path(made["title"], made["about"], True, days, prices, dict.fromkeys(prices, _IN_ORDER * count))


def _crashes(folder: "Traversable") -> Iterator[Path]:
    """The crashes, each with all its days, one after the other, and every pair on every day."""
    found: dict[str, dict[str, list[_Day]]] = {}
    source, days = _read_days(folder)
    for line, day in days:
        pairs = found.setdefault(day.episode, {})
        before = pairs.setdefault(day.pair, [])
        if before and day.date != before[-1].date + timedelta(days=1):
            raise InvalidRulebook(
                f"{_CRASHES}, line {line}: date: expected the day after {before[-1].date} for {day.pair} in "
                f"'{day.episode}', got {day.date}"
            )
        before.append(day)
    for title, pairs in found.items():
        dates = {pair: [day.date for day in known] for pair, known in pairs.items()}
        first = next(iter(dates))
        for pair, known in dates.items():
            if known != dates[first]:
                raise InvalidRulebook(
                    f"{_CRASHES}: '{title}': expected the same days for every pair; {pair} has {len(known)} from "
                    f"{known[0]}, {first} has {len(dates[first])} from {dates[first][0]}"
                )
        named = tuple(f"{day.day} {_MONTHS[day.month - 1]}" for day in dates[first])
        names = {pair: tuple(name for day in known for name in day.order) for pair, known in pairs.items()}
        prices = {
            pair: tuple(getattr(day, name) for day in known for name in day.order) for pair, known in pairs.items()
        }
        yield Path(title, source, False, named, prices, names)


def _read_days(folder: "Traversable") -> tuple[str, list[tuple[int, _Day]]]:
    """The file's own remarks, and its days with their lines."""
    lines = text_of(folder, _CRASHES).splitlines()
    remarks = " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))
    numbered = [(at, line) for at, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    heads = list(_Day._fields)
    if not numbered or numbered[0][1].split(",") != heads:
        raise InvalidRulebook(f"{_CRASHES}, line {numbered[0][0] if numbered else 1}: expected {','.join(heads)}")
    days = []
    for at, line in numbered[1:]:
        try:
            cells = next(csv.reader([line]))
        except csv.Error as error:
            raise InvalidRulebook(f"{_CRASHES}, line {at}: no line of entries: {error}") from error
        if len(cells) != len(heads):
            raise InvalidRulebook(f"{_CRASHES}, line {at}: expected {len(heads)} entries, got {len(cells)}")
        days.append((at, _Day(**read_line(_CRASHES, at, dict(zip(heads, cells, strict=True)), _LINE))))
    return remarks, days


class PathRun(NamedTuple):
    """A story along a path, and how many of its moments are over at each point of the path."""

    story: Story
    over: tuple[int, ...]

    def state(self, point: int) -> State:
        """What there is at a point of the path, counted from 0."""
        return self.story.moments[self.over[point] - 1].after


def walk(start: Scenario, path: Path, *, jumps: bool = False, rulebook: Rulebook | None = None) -> PathRun:
    """Let the prices that a scenario has go along a path, after its own steps; the path's first moment is its start.

    From one price to the next the market passes everything in between: where a stop is crossed, or the margin level
    comes down to liquidation (solved, and rounded to a cent beyond), there is a price step of its own. If it ``jumps``,
    only the path's own prices are traded (R22, B5). By the rulebook in ``data/``, or another one.

    Raises:
        Refusal: ``missing_price``, when a level on the way can't be priced.

    >>> start = Scenario.of({"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"},
    ...     "rules": {"liquidation": "all"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}]})
    >>> prices = {"BTC/USD": (Decimal(20000), Decimal(9000), Decimal(9000), Decimal(9000))}
    >>> path = Path("Fall", "Made up.", True, ("day 1",), prices, {"BTC/USD": ("first", "second", "third", "last")})
    >>> [walk(start, path, jumps=jumps).story.realised[0].price for jumps in (False, True)]
    [Decimal('11600'), Decimal('9000')]
    """
    story = replay(start, rulebook)
    over = [len(story.moments)]
    for point in range(1, path.points):
        story = onward(story, path, point, jumps=jumps)
        over.append(len(story.moments))
    return PathRun(story, tuple(over))


def onward(story: Story, path: Path, point: int, *, jumps: bool = False) -> Story:
    """Let the prices that a story has go on to a point of a path, as :func:`walk` does; nothing follows a refused step.

    Raises:
        Refusal: as of :func:`walk`.

    >>> path = paths()["March 2020"]
    >>> story = replay(Scenario.of({"balances": {"USD": "1"}, "prices": {"BTC/USD": "9000"}}))
    >>> onward(story, path, 26).final.prices
    {'BTC/USD': Decimal('4860.35')}
    """
    for pair, price in path.at(point).items():
        if pair in story.scenario.prices and not story.error:
            story = _to(story, pair, price, jumps)
    return story


def _to(story: Story, pair: str, price: Decimal, jumps: bool) -> Story:
    """Let one price go somewhere, with a step at every place on the way where something is closed."""
    while True:
        there = resume(story, [Price(pair=pair, price=price)])
        if jumps or there.error or not there.moments[-1].realised:
            return there
        place = _first(story, pair, price)
        if place is None:
            return there
        story = resume(story, [Price(pair=pair, price=place)])
        if not story.moments[-1].realised:  # pragma: no cover - a solved price always closes something
            return there


def _first(story: Story, pair: str, price: Decimal) -> Decimal | None:
    """The first price on the way to another one that a stop or a liquidation waits for; None if that one is it."""
    state, now = story.final, story.final.prices[pair]
    falls = price < now
    places = [stop.trigger for stop in state.stops if stop.pair == pair]
    if state.rulebook.liquidation != "off":
        level = state.rulebook.liquidation_level
        found = limit_price(state, story.scenario.summary_currency or "", level, pair)
        solved = found.below if falls else found.above
        places += [] if solved is None else [beyond(solved, falls=falls)]
    between = [place for place in places if (price < place < now if falls else now < place < price)]
    return (max if falls else min)(between) if between else None


def beyond(solved: Fraction, *, falls: bool) -> Decimal:
    """A solved price in whole cents (below 1: in eight decimals), rounded to the side on which the level is lower.

    In QUOTE for one BASE. At this price a liquidation comes, if it comes at the solved one (B5).

    >>> beyond(Fraction(250000, 9), falls=False), beyond(Fraction(11600), falls=True)
    (Decimal('27777.78'), Decimal('11600'))
    """
    places = 2 if solved >= 1 else 8
    near = rounded(solved, places)
    cent = Decimal(1).scaleb(-places)
    if falls:
        return trimmed(near if near <= solved else near - cent)
    return trimmed(near if near >= solved else near + cent)

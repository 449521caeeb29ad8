"""Price paths: what the files say, the order of a day's prices, and what a walk along them closes, and where."""

import re
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path as File
from typing import Any

import pytest
from bookings import Do, opens, stops
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib import InvalidRulebook, replay, rulebook
from marginlib.analysis.limits import limit_price
from marginlib.analysis.paths import A_DAY, MOST_DAYS, Path, load_paths, paths, walk
from marginlib.engine.scenario import Scenario
from marginlib.reading.files import data_folder

CRASHES = ("March 2020", "May 2021", "November 2022")
FILES = ("paths.toml", "crash_days.csv")


@pytest.fixture
def folder(tmp_path: File) -> File:
    """A copy of the files, to be broken."""
    for name in FILES:
        shutil.copy(File(str(data_folder().joinpath(name))), tmp_path / name)
    return tmp_path


def change(file: File, old: str, new: str) -> int:
    """Replace something that is there; return the number of its first line."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def fall(*prices: object, pair: str = "BTC/USD") -> Path:
    """A path of one pair."""
    given = tuple(Decimal(str(price)) for price in prices)
    days = len(given) // A_DAY
    names = {pair: ("first", "second", "third", "last") * days}
    return Path("Test", "Made up.", True, tuple(f"day {day + 1}" for day in range(days)), {pair: given}, names)


def begin(*steps: Do, before: dict[str, str] | None = None, liquidation: str = "all", **prices: str) -> Scenario:
    start = {f"{base}/USD": price for base, price in prices.items()} or {"BTC/USD": "20000"}
    return Scenario.of(
        {
            "balances": before or {"USD": "10000"},
            "prices": start,
            "rules": {"liquidation": liquidation},
            "steps": list(steps),
        }
    )


LONG, SHORT = opens("BTC/USD", "long", "1"), opens("BTC/USD", "short", "1")


def test_there_are_made_up_paths_and_three_crashes() -> None:
    known = paths()

    assert tuple(title for title, path in known.items() if not path.made_up) == CRASHES
    assert len(known) > len(CRASHES)
    assert {title: len(known[title].days) for title in CRASHES} == dict(zip(CRASHES, (14, 16, 11), strict=True))
    for path in known.values():
        assert len(path.days) <= MOST_DAYS
        assert list(path.prices) == ["BTC/USD", "ETH/USD"], "BTC before ETH"
        assert {len(prices) for prices in path.prices.values()} == {path.points}
        assert path.points == A_DAY * len(path.days)


def test_a_crash_says_where_its_prices_come_from() -> None:
    for title in CRASHES:
        assert "Yahoo Finance" in paths()[title].about
        assert "not the exchange's own" in paths()[title].about


def test_the_order_of_a_day_hangs_on_how_it_closes() -> None:
    """12 March 2020 closes lower: the high comes before the low. 13 March closes higher: the low comes first."""
    crash = paths()["March 2020"]
    twelfth, thirteenth = crash.days.index("12 March") * A_DAY, crash.days.index("13 March") * A_DAY

    def day(first: int) -> list[tuple[str, str]]:
        four = range(first, first + A_DAY)
        return [(crash.names["BTC/USD"][at], str(crash.prices["BTC/USD"][at])) for at in four]

    assert day(twelfth) == [("open", "7913.62"), ("high", "7929.12"), ("low", "4860.35"), ("close", "4970.79")]
    assert day(thirteenth) == [("open", "5017.83"), ("low", "4106.98"), ("high", "5838.11"), ("close", "5563.71")]
    assert crash.when(twelfth + 2) == "12 March, low"


def test_each_pair_has_its_own_order() -> None:
    """6 March 2020: both close higher. 7 March: BTC closes lower, and so does ETH; on some day they differ."""
    orders = [
        {path.names[pair][day * A_DAY + 1] for pair in path.names}
        for path in (paths()[title] for title in CRASHES)
        for day in range(len(path.days))
    ]
    assert {"high", "low"} in orders


def test_a_moment_has_the_name_of_a_price_only_where_all_pairs_are_there() -> None:
    """9 March 2020: BTC closes lower, ETH higher."""
    crash = paths()["March 2020"]
    ninth = crash.days.index("9 March") * A_DAY

    assert {pair: names[ninth + 1] for pair, names in crash.names.items()} == {"BTC/USD": "high", "ETH/USD": "low"}
    told = [crash.when(ninth + at) for at in range(A_DAY)]
    assert told == ["9 March, open", "9 March, second price", "9 March, third price", "9 March, close"]


def test_the_files_hold_every_price_once() -> None:
    text = (File(str(data_folder())) / "crash_days.csv").read_text(encoding="utf-8")
    lines = [line.split(",") for line in text.splitlines() if line[:1] not in ("#", "e")]

    assert len(lines) == 82
    for title, on, pair, *prices in lines:
        path = paths()[title]
        day = next(at for at, name in enumerate(path.days) if name.startswith(f"{int(on[8:])} "))
        shown = path.prices[pair][day * A_DAY : (day + 1) * A_DAY]
        assert sorted(shown) == sorted(map(Decimal, prices))
        assert (shown[0], shown[-1]) == (Decimal(prices[0]), Decimal(prices[3]))


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("crash_days.csv", "4860.35", "9860.35", "expected low ≤ open and close ≤ high"),
        ("crash_days.csv", "4860.35", "-1", "low: "),
        ("crash_days.csv", "4860.35", "cheap", "low: "),
        ("crash_days.csv", "4860.35", "NaN", "low: "),
        ("crash_days.csv", "2020-03-12,BTC", "2020-03-22,BTC", "expected the day after 2020-03-11"),
        ("crash_days.csv", "2020-03-12,BTC", "12.3.2020,BTC", "date: "),
        ("crash_days.csv", "2020-03-12,BTC/USD", "2020-03-12,bitcoin", "pair: "),
        ("crash_days.csv", "2020-03-12,BTC/USD", "2020-03-12,BTC/BTC", "expected a pair of two different currencies"),
        ("crash_days.csv", "4860.35", "9" * 140_000, "no line of entries: field larger than field limit"),
        ("crash_days.csv", "episode,date", "episode;date", "expected episode,date,pair,open,high,low,close"),
        ("crash_days.csv", ",9122.55", "", "expected 7 entries, got 6"),
        ("paths.toml", "[19800, 19750, ", "[19750, ", "BTC/USD, day 2: expected 4 prices, got 3"),
        ("paths.toml", "    [19800, 19750, 19460, 19400],\n", "", "BTC/USD has 15, ETH/USD has 16"),
        ("paths.toml", "19750", "-19750", "expected more than 0, got -19750"),
        ("paths.toml", '"Slow slide"', '"March 2020"', "there is a path 'March 2020' already; give this one another"),
        ("paths.toml", "19750", '"19750"', "expected a number, got '19750'"),
        ("paths.toml", "about =", "abuot =", "abuot"),
        ("paths.toml", '"BTC/USD"', '"BTC"', "prices"),
    ],
)
def test_a_broken_file_is_named_with_its_line_and_the_reason(
    folder: File, name: str, old: str, new: str, words: str
) -> None:
    line = change(folder / name, old, new)
    with pytest.raises(InvalidRulebook, match=re.escape(words)) as broken:
        load_paths(folder)

    told = re.match(r"(\S+), line (\d+): ", str(broken.value))
    assert told
    assert told[1] == name
    if name == "crash_days.csv":
        assert int(told[2]) == line


def test_a_day_that_one_pair_lacks(folder: File) -> None:
    text = (folder / "crash_days.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if "2020-03-19,ETH" not in line]
    (folder / "crash_days.csv").write_text("\n".join(kept), encoding="utf-8")

    with pytest.raises(InvalidRulebook, match="expected the same days for every pair; ETH/USD has 13"):
        load_paths(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_and_one_that_is_no_text(folder: File, name: str) -> None:
    (folder / name).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidRulebook, match=f"^{re.escape(name)}: can't be read"):
        load_paths(folder)
    (folder / name).unlink()
    with pytest.raises(InvalidRulebook, match=f"^{re.escape(name)}: the file is missing"):
        load_paths(folder)


def test_liquidation_comes_at_the_solved_price_on_the_way() -> None:
    """B5: 40 % of 4,000 USD used is 1,600 USD of equity: 11,600 USD."""
    gone = walk(begin(LONG), fall(20000, 15000, 9000, 9500)).story

    assert [(each.by, each.price, each.pnl) for each in gone.realised] == [
        ("liquidation", Decimal(11600), Decimal(-8400))
    ]
    assert [str(getattr(step, "price", "")) for step in gone.scenario.steps] == [
        "None",
        "15000",
        "11600",
        "9000",
        "9500",
    ]


def test_in_a_jump_it_comes_too_late() -> None:
    """B5, A5: nothing is traded between 15,000 and 9,000 USD."""
    gone = walk(begin(LONG), fall(20000, 15000, 9000, 9500), jumps=True).story

    assert [each.price for each in gone.realised] == [Decimal(9000)]
    assert gone.final.unpaid == {"USD": Decimal(1000)}


@pytest.mark.parametrize(
    ("opening", "side", "trigger", "far"), [(LONG, "sell", "18000", 15000), (SHORT, "buy", "22000", 25000)]
)
def test_a_stop_closes_at_its_trigger_or_after_a_jump_at_the_next_price(
    opening: Do, side: str, trigger: str, far: int
) -> None:
    """R22."""
    start, path = begin(opening, stops("BTC/USD", side, trigger)), fall(20000, far, far, far)

    assert [(each.by, each.price) for each in walk(start, path).story.realised] == [("stop", Decimal(trigger))]
    assert [(each.by, each.price) for each in walk(start, path, jumps=True).story.realised] == [("stop", Decimal(far))]


def test_of_a_stop_and_a_liquidation_the_nearer_one_comes_first() -> None:
    early = walk(begin(LONG, stops("BTC/USD", "sell", "12000")), fall(20000, 9000, 9000, 9000)).story
    late = walk(begin(LONG, stops("BTC/USD", "sell", "11000")), fall(20000, 9000, 9000, 9000)).story

    assert [(each.by, each.price) for each in early.realised] == [("stop", Decimal(12000))]
    assert [(each.by, each.price) for each in late.realised] == [("liquidation", Decimal(11600))]


def test_without_liquidation_nothing_is_closed() -> None:
    assert not walk(begin(LONG, liquidation="off"), fall(20000, 9000, 9000, 9000)).story.realised


TWO = {"BTC/USD": ("20000", "20000", "14000", "14000"), "ETH/USD": ("1000", "900", "900", "700")}


def two_pairs() -> Path:
    prices = {pair: tuple(map(Decimal, each)) for pair, each in TWO.items()}
    return Path(
        "Two", "Made up.", True, ("day 1",), prices, dict.fromkeys(prices, ("first", "second", "third", "last"))
    )


def test_the_first_pair_moves_first_and_the_oldest_position_goes_first() -> None:
    """FIFO whatever the pair (B5): ETH was opened first, and is closed first, at the price that it has by then."""
    steps = [opens("ETH/USD", "long", "10"), opens("BTC/USD", "long", "1")]
    start = begin(*steps, before={"USD": "7000"}, liquidation="until-100", BTC="20000", ETH="1000")
    went = walk(start, two_pairs())
    first = went.story.realised[0]

    assert (first.position.pair, first.by, first.price) == ("ETH/USD", "liquidation", Decimal(900))
    assert went.story.moments[went.over[1]].step.do == "price"
    assert went.state(1).prices == {"BTC/USD": Decimal(20000), "ETH/USD": Decimal(900)}
    assert went.state(2).prices["BTC/USD"] == 14000


def test_a_pair_that_the_scenario_does_not_know_is_left_out() -> None:
    went = walk(begin(LONG), two_pairs())

    assert went.story.final.prices == {"BTC/USD": Decimal(14000)}
    assert len(went.over) == 4


def test_an_opening_that_is_refused_stays_refused() -> None:
    went = walk(begin(LONG, before={"USD": "100"}), fall(20000, 15000, 9000, 9500))

    assert went.story.error is not None
    assert went.over == (0, 0, 0, 0)


def test_a_walk_is_by_the_rulebook_that_is_given() -> None:
    """B5: 33 percent of 4,000 are 1,320: the long is closed at 11,320, not at 11,600."""
    later = rulebook().replaced(liquidation_level=Decimal(33))
    ends = [walk(begin(LONG), fall(20000, 9000, 9000, 9000), rulebook=each).story for each in (None, later)]
    assert [story.realised[0].price for story in ends] == [11600, 11320]


def test_a_walk_is_its_scenario_replayed() -> None:
    """The steps in between are ordinary steps: anybody can replay them."""
    steps = [LONG, opens("ETH/USD", "long", "10"), stops("ETH/USD", "sell", "950")]
    start = begin(*steps, before={"USD": "9000", "BTC": "0.1"}, BTC="20000", ETH="1000")
    for jumps in (False, True):
        story = walk(start, two_pairs(), jumps=jumps).story
        again = replay(story.scenario)
        assert story.realised
        assert (again.ledger, again.final.balances) == (story.ledger, story.final.balances)


@st.composite
def account(draw: st.DrawFn) -> dict[str, Any]:
    """One position, collateral that moves with it, a haircut."""
    side = draw(st.sampled_from(["long", "short"]))
    volume = draw(st.decimals("0.1", "2", places=2))
    leverage = draw(st.integers(1, 10))
    coins = draw(st.decimals("0", "1", places=2))
    haircut = draw(st.sampled_from(["0", "0.05", "0.25"]))
    dollars = draw(st.integers(0, 40000))
    return {
        "balances": {"USD": str(dollars), "BTC": str(coins)},
        "prices": {"BTC/USD": "20000"},
        "rules": {"liquidation": "all", "haircuts": {"BTC": haircut}},
        "steps": [opens("BTC/USD", side, str(volume), leverage)],
    }


@settings(deadline=None)
@given(account())
def test_just_beyond_a_solved_price_the_exchange_liquidates_and_just_before_it_does_not(data: dict[str, Any]) -> None:
    """The solver and the engine agree, for any account (B1, B2, B5)."""
    start = Scenario.of(data)
    story = replay(start)
    if story.error:
        return
    found = limit_price(story.final, "USD", story.final.rulebook.liquidation_level, "BTC/USD").nearest
    long = data["steps"][0]["side"] == "long"
    if found is None or not Fraction(1) < found < Fraction(10**8):
        return
    cent = Fraction(1, 100)
    near = Decimal(int(found / cent)) / 100
    below, above = (near - Decimal("0.01"), near + Decimal("0.02"))
    beyond, before = (below, above) if long else (above, below)

    def closed(price: Decimal) -> bool:
        moved = {**data, "steps": [*data["steps"], {"do": "price", "pair": "BTC/USD", "price": str(price)}]}
        return bool(replay(Scenario.of(moved)).realised)

    assert closed(beyond)
    assert not closed(before)
    far = "0.5" if long else str(before * 3)
    story = walk(start, fall(20000, far, far, far)).story
    assert abs(story.realised[0].price - near) <= Decimal("0.01")

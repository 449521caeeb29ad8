"""Work and memory grow no faster than steps and lots touched. Counted, not timed: the same on every machine."""

import sys
import tracemalloc
from typing import Any

import pytest
from bookings import Do, closes, deposits, moves, opens, settles, stops, waits

from marginlib import InvalidScenario, Scenario, Story, replay, resume
from marginlib.telling.sentences import tell

FEES = {"trading": "0.0026", "opening": "0.0002", "rollover": "0.0002"}


def of(steps: list[Do]) -> Scenario:
    """With everything on that looks at all positions: margin check, fees, liquidation."""
    return Scenario.of(
        {
            "balances": {"EUR": "1000000000", "BTC": "1000", "ETH": "1000"},
            "prices": {"BTC/EUR": "50000", "ETH/EUR": "2000"},
            "fees": FEES,
            "rules": {"liquidation": "all"},
            "steps": steps,
        }
    )


def lots(count: int) -> list[Do]:
    return [opens(("BTC/EUR", "ETH/EUR")[at % 2], "long", "0.01", at % 3 + 2) for at in range(count)]


WORK = {
    "closed in one step": lambda n: [*lots(n), closes("BTC/EUR"), closes("ETH/EUR")],
    "closed one by one": lambda n: [*lots(n), *[closes("BTC/EUR", "0.01")] * (n // 2)],
    "closed in halves": lambda n: [*lots(n), *[closes("BTC/EUR", "0.005")] * n],
    "settled one by one": lambda n: [*lots(n), *[settles("BTC/EUR", "0.01")] * (n // 2)],
    "stopped": lambda n: [*lots(n), stops("BTC/EUR", "sell", "49000"), moves("BTC/EUR", "48000")],
    "prices move": lambda n: [*lots(n), *[moves("BTC/EUR", str(50000 + at)) for at in range(n)]],
    "waiting, nothing falls due": lambda n: [*lots(n), *[waits("0.001")] * n],
    "a rollover each": lambda n: [*lots(n), waits(4)],
    "nothing open": lambda n: [deposits("EUR", "1")] * n,
}


def calls(work: Any) -> int:
    """How many functions something calls, Python's own included."""
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def everything(scenario: Scenario) -> None:
    story = replay(scenario)
    assert story.error is None
    tell(story)
    story.as_json()


@pytest.mark.parametrize("name", WORK)
def test_three_times_the_lots_are_three_times_the_work(name: str) -> None:
    few, many = of(WORK[name](60)), of(WORK[name](180))
    everything(few)  # what is made once and kept is made

    assert calls(lambda: everything(many)) <= 3.15 * calls(lambda: everything(few))


@pytest.mark.parametrize("name", WORK)
def test_three_times_the_lots_take_three_times_the_memory(name: str) -> None:
    """Every step's state is kept, but what a step left alone is kept once."""

    def taken(count: int) -> int:
        scenario = of(WORK[name](count))
        tracemalloc.start()
        story = replay(scenario)
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert story.moments
        return size

    taken(10)
    assert taken(900) <= 3.3 * taken(300)


def test_many_currencies_are_not_copied_at_every_step() -> None:
    """A price each for a thousand pairs: a step changes one of them."""

    def taken(count: int) -> int:
        prices = {f"C{at}/EUR": "100" for at in range(count)}
        steps = [step for pair in prices for step in (moves(pair, "101"), {**deposits(pair[:-4], "1")})]
        scenario = Scenario.of({"prices": prices, "steps": steps})
        tracemalloc.start()
        story = replay(scenario)
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(story.final.balances) == count
        return size

    assert taken(1500) <= 6 * taken(500)  # nine times, if each were copied whole


def test_stories_that_begin_alike_go_on_apart() -> None:
    """Three go on from one story: what one opens is in no other, and not in the first."""
    story = replay(of(lots(3)))
    before = [*story.final.positions]
    longer = [resume(story, [Scenario.of({"steps": [opens("BTC/EUR", "long", volume)]}).steps[0]]) for volume in "123"]

    assert [[str(lot.volume) for lot in each.final.positions] for each in longer] == [
        ["0.01", "0.01", "0.01", volume] for volume in "123"
    ]
    assert [*story.final.positions] == before == [*longer[0].moments[-1].before.positions]
    assert story.final.lots("BTC/EUR").sums.volume * 100 == 2


def seen(story: Story) -> list[list[tuple[int, str]]]:
    return [[(lot.id, str(lot.volume)) for lot in moment.before.positions] for moment in story.moments]


def test_earlier_states_stay_as_they_were() -> None:
    """Closings shorten what is open; the moments before still show it."""
    story = replay(of([*lots(3), closes("BTC/EUR", "0.015"), closes("ETH/EUR"), closes("BTC/EUR")]))

    assert seen(story)[2:] == [
        [(1, "0.01"), (2, "0.01")],
        [(1, "0.01"), (2, "0.01"), (3, "0.01")],
        [(2, "0.01"), (3, "0.005")],
        [(3, "0.005")],
    ]
    assert story.final.positions == ()


def test_so_many_rollovers_at_once_and_no_more() -> None:
    """B6: 2,196 fall due in a year, for each position."""
    with pytest.raises(InvalidScenario) as caught:
        replay(of([*lots(46), waits(8784)]))

    assert str(caught.value) == (
        "steps[46].hours: expected a wait in which at most 100000 rollovers fall due, got 101016; "
        "wait for less, or with fewer positions open"
    )

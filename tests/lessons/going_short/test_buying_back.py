"""What closing a short does, one thing after the other."""

from decimal import Decimal
from fractions import Fraction

import pytest
from bookings import closes, moves, opens, tell
from hypothesis import given
from hypothesis import strategies as st

from marginlib.analysis.sheet import Sheet, sheet
from marginlib.engine.amounts import plain
from marginlib.engine.story import Moment
from marginlib.lessons.going_short.buying_back import closing_order, closing_sheets

Prices = st.decimals("30000", "80000", places=1)
Rates = st.decimals("0", "0.01", places=4)


def closing(now: str, fee: str = "0", volume: str = "1", side: str = "short", end: str = "all") -> Moment:
    steps = [opens("BTC/USD", side, volume, 3), moves("BTC/USD", now), closes("BTC/USD", end)]
    return tell({"USD": "90000"}, {"BTC/USD": "60000"}, steps, fees={"trading": fee}).moments[-1]


def written(seen: Sheet) -> list[str]:
    """``own USD 90000``, ``held BTC 1``, ``owed BTC 1``."""
    kinds = (("own", seen.own), ("held", seen.restricted), ("owed", seen.owed))
    return [f"{kind} {entry.currency} {plain(entry.amount)}" for kind, entries in kinds for entry in entries]


def test_the_four_things_of_a_profit() -> None:
    """R9, R10, R11, A9: buy back, repay, the rest is profit, the fee last."""
    stages = closing_sheets(closing("54000", "0.001"), "USD")

    assert [written(seen) for seen in stages] == [
        ["own USD 89940", "held USD 60000", "owed BTC 1"],
        ["own USD 89940", "held USD 6000", "held BTC 1", "owed BTC 1"],
        ["own USD 89940", "held USD 6000"],
        ["own USD 95940"],
        ["own USD 95886"],
    ]


def test_the_four_things_of_a_loss() -> None:
    """R10, R11: what the sale brought does not suffice; the rest is owed until the loss is taken."""
    stages = closing_sheets(closing("66000", "0.001"), "USD")

    assert [written(seen) for seen in stages] == [
        ["own USD 89940", "held USD 60000", "owed BTC 1"],
        ["own USD 89940", "held BTC 1", "owed BTC 1", "owed USD 6000"],
        ["own USD 89940", "owed USD 6000"],
        ["own USD 83940"],
        ["own USD 83874"],
    ]


@pytest.mark.parametrize(
    ("now", "fee", "order"),
    [("54000", "0.001", "buy repay result fee"), ("66000", "0.001", "buy repay result fee"),
     ("54000", "0", "buy repay result"), ("60000", "0.001", "buy repay fee")],
)  # fmt: skip
def test_the_order_is_read_from_what_changes(now: str, fee: str, order: str) -> None:
    """R9, R10, R11, A9: a profit and a loss go the same way; what is nothing doesn't happen."""
    assert closing_order(closing(now, fee)) == order.split()


@given(Prices, Rates, st.decimals("0.1", "2", places=1))
def test_what_is_yours_changes_by_nothing_but_the_fee(now: Decimal, fee: Decimal, volume: Decimal) -> None:
    """A9: until the fee is charged, each stage only changes where things are."""
    moment = closing(plain(now), plain(fee), plain(volume))
    stages = closing_sheets(moment, "USD")

    assert len({seen.yours for seen in stages[:4]}) == 1
    assert abs(stages[3].yours - stages[4].yours - Fraction(volume * now * fee)) < Fraction("0.0001")
    assert (stages[0].yours, stages[4]) == (sheet(moment.before, "USD").yours, sheet(moment.after, "USD"))


def test_only_the_closing_of_one_whole_short_has_these_stages() -> None:
    for moment in (closing("54000", side="long"), closing("54000", end="0.5")):
        with pytest.raises(ValueError, match="expected a step that closes one short, whole"):
            closing_sheets(moment, "USD")

"""Random scenarios that are mostly accepted."""

from decimal import Decimal
from typing import Any

from bookings import Do, closes, deposits, moves, opens, settles, stops, trades, waits, withdraws
from hypothesis import strategies as st

from marginlib import Scenario, Story, replay

PRICES = {
    "BTC/EUR": Decimal(50000),
    "ETH/EUR": Decimal(2000),
    "ETH/BTC": Decimal("0.04"),
    "ADA/BTC": Decimal("0.00001"),
    "ADA/EUR": Decimal("0.5"),
    "XMR/EUR": Decimal(150),
    "BTC/XMR": Decimal("333.3"),
    "EUR/USD": Decimal("1.1"),
    "BTC/USD": Decimal(55000),
    "EUR/GBP": Decimal("0.85"),
    "DOGE/EUR": Decimal("0.1"),
    "ZEC/EUR": Decimal(30),
}
"""Every currency has a price in EUR, so that everything converts in one hop. XMR and ZEC are no collateral."""

WORTH = {
    "EUR": Decimal(1),
    "USD": Decimal("0.9"),
    "GBP": Decimal("1.2"),
    "BTC": Decimal(50000),
    "ETH": Decimal(2000),
    "ADA": Decimal("0.5"),
    "DOGE": Decimal("0.1"),
    "XMR": Decimal(150),
    "ZEC": Decimal(30),
}
"""About what one of each is worth in EUR, so that random amounts are of a like size."""

CASH = {"EUR", "USD", "GBP"}
MARGIN_PAIRS = ["BTC/EUR", "ETH/EUR", "ETH/BTC", "ADA/BTC", "XMR/EUR", "BTC/XMR", "EUR/USD"]


def text(amount: Decimal, places: int) -> str:
    return f"{amount.quantize(Decimal(1).scaleb(-places)):f}"


def amounts(currency: str, least: int = 1, most: int = 100_000) -> st.SearchStrategy[str]:
    """Amounts of a currency worth between so many EUR, with all the digits that its ledger has, or few."""
    places = 4 if currency in CASH else 10
    unit = WORTH[currency]
    odd = st.decimals(Decimal(least) / unit, Decimal(most) / unit, places=places)
    round_ = st.sampled_from([least, 7, 100, 1000, 2500, most]).map(lambda euros: Decimal(euros) / unit)
    return st.one_of(round_, odd).map(lambda amount: text(max(amount, Decimal(1).scaleb(-places)), places))


def poor() -> st.SearchStrategy[dict[str, str]]:
    """Some currencies, some of them with next to nothing: losses and charges run far down the order."""
    some: dict[str, st.SearchStrategy[str]] = {code: amounts(code, 1, 3_000) for code in WORTH}
    return st.fixed_dictionaries({}, optional=some)


def rich() -> st.SearchStrategy[dict[str, str]]:
    """Enough of everything to settle what is opened."""
    return st.fixed_dictionaries({code: amounts(code, 20_000, 100_000) for code in WORTH})


@st.composite
def prices_near(draw: st.DrawFn, pair: str) -> str:
    """A price between half and double of the pair's usual one."""
    percent = draw(st.one_of(st.sampled_from([50, 80, 90, 95, 100, 105, 110, 200]), st.integers(50, 200)))
    return text(PRICES[pair] * percent / 100, 10)


RATES = st.sampled_from(["0", "0.0002", "0.0016", "0.01"])
FEES = st.fixed_dictionaries({}, optional={"trading": RATES, "opening": RATES, "rollover": RATES})
RULES = st.fixed_dictionaries(
    {"initial_margin_check": st.sampled_from([False, False, True])},
    optional={
        "liquidation": st.sampled_from(["off", "all", "until-100"]),
        "collateral_order": st.lists(st.sampled_from(sorted(WORTH)), unique=True),
        "haircuts": st.fixed_dictionaries({}, optional={"BTC": st.just("0.05"), "EUR": st.just("0.125")}),
    },
)


@st.composite
def beginnings(draw: st.DrawFn, held: st.SearchStrategy[dict[str, str]] | None = None) -> dict[str, Any]:
    """A scenario without steps."""
    prices = {pair: text(price, 10) for pair, price in PRICES.items()}
    return {
        "balances": draw(st.one_of(rich(), poor()) if held is None else held),
        "prices": prices,
        "fees": draw(FEES),
        "rules": draw(RULES),
        "valuation": draw(st.sampled_from(["EUR", "USD", "BTC"])),
    }


@st.composite
def openings(draw: st.DrawFn, side: str | None = None, pair: str | None = None) -> Do:
    pair = pair or draw(st.sampled_from(MARGIN_PAIRS))
    base = pair.partition("/")[0]
    side = side or draw(st.sampled_from(["long", "short"]))
    price = draw(st.one_of(st.none(), prices_near(pair)))
    return opens(pair, side, draw(amounts(base, 10, 20_000)), draw(st.sampled_from(["2", "3", "5", "1.5"])), price)


@st.composite
def endings(draw: st.DrawFn, pair: str, volumes: list[Decimal]) -> Do:
    """Settle or close all, the first lot, a lot and a bit, or any part of what is open."""
    total = sum(volumes, Decimal(0))
    parts = [volumes[0], volumes[0] / 2, total, total / 3, volumes[0] + (total - volumes[0]) / 2]
    volume = draw(st.one_of(st.just("all"), st.sampled_from(parts).map(lambda part: text(part, 10))))
    if volume != "all" and not 0 < Decimal(volume) <= total:
        volume = "all"
    if draw(st.booleans()):
        return settles(pair, volume)
    return closes(pair, volume, draw(st.one_of(st.none(), prices_near(pair))))


@st.composite
def other_steps(draw: st.DrawFn, held: list[str]) -> Do:
    """What needs no position: a price, time, deposits, withdrawals, ordinary orders."""
    kind = draw(st.sampled_from(["price", "price", "price", "wait", "deposit", "withdraw", "trade"]))
    pair = draw(st.sampled_from(sorted(PRICES)))
    match kind:
        case "price":
            return moves(pair, draw(prices_near(pair)))
        case "wait":
            return waits(draw(st.sampled_from(["0", "1", "3.5", "4", "9", "48"])))
        case "deposit":
            code = draw(st.sampled_from(sorted(WORTH)))
            return deposits(code, draw(amounts(code, 1, 10_000)))
        case "withdraw":
            code = draw(st.sampled_from(held or ["EUR"]))
            return withdraws(code, draw(amounts(code, 1, 100)))
    side, base = draw(st.sampled_from(["buy", "sell"])), pair.partition("/")[0]
    return trades(pair, side, draw(amounts(base, 1, 1000)))


@st.composite
def protections(draw: st.DrawFn, pair: str, side: str) -> Do:
    return stops(pair, "sell" if side == "long" else "buy", draw(prices_near(pair)))


@st.composite
def next_steps(draw: st.DrawFn, story: Story) -> Do:
    """A step that fits what is open at the end of a story."""
    lots = story.final.positions
    kind = draw(st.sampled_from(["open", "open", "end", "end", "protect", "other", "other"]))
    if kind == "open" or (kind != "other" and not lots):
        step = draw(openings())
        sides = [lot.side for lot in lots if lot.pair == step["pair"]]
        return {**step, "side": sides[0]} if sides else step
    if kind == "other":
        return draw(other_steps(sorted(code for code, amount in story.final.balances.items() if amount)))
    lot = draw(st.sampled_from(lots))
    if kind == "protect":
        return draw(protections(lot.pair, lot.side))
    return draw(endings(lot.pair, [each.volume for each in lots if each.pair == lot.pair]))


@st.composite
def scenarios(draw: st.DrawFn, most_steps: int = 8) -> dict[str, Any]:
    """A scenario as plain data; only its last step may be refused."""
    data = {**draw(beginnings()), "steps": []}
    for _ in range(draw(st.integers(1, most_steps))):
        story = replay(Scenario.of(data))
        if story.error:
            break
        data = {**data, "steps": [*data["steps"], draw(next_steps(story))]}
    return data


@st.composite
def losses(draw: st.DrawFn) -> dict[str, Any]:
    """A poor account, a few lots with some time between them, another price, and an end by parts."""
    data = draw(beginnings(poor()))
    pair, side = draw(st.sampled_from(MARGIN_PAIRS)), draw(st.sampled_from(["long", "short"]))
    lots = draw(st.lists(openings(side, pair), min_size=1, max_size=3))
    hours = st.sampled_from(["0", "0", "1", "9"])
    given = [step for lot in lots for step in (lot, waits(draw(hours)))]
    part = draw(endings(pair, [Decimal(lot["volume"]) for lot in lots]))
    end = [moves(pair, draw(prices_near(pair))), part, waits(draw(hours)), closes(pair)]
    rules = {**data["rules"], "initial_margin_check": False}
    return {**data, "rules": rules, "steps": [*given, *end]}

"""What a ledger's rows say: what can be asked of them, wrong ways to read them, and the drills of lesson 08.

The rows are those that the exchange would export for a scenario (:mod:`marginlib.analysis.export`), numbered from 1.
"""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from marginlib.analysis.export import entries_of
from marginlib.analysis.ledger import look
from marginlib.engine.amounts import ZERO
from marginlib.engine.derivation import entered, is_traced, money_unit, named
from marginlib.engine.scenario import Scenario
from marginlib.engine.story import Story
from marginlib.quiz.asking import Ask, Case, answers, hints, once, shows
from marginlib.quiz.drills import QuestionData, ScenarioData, StepData, drill, pick
from marginlib.quiz.mistakes import mistake
from marginlib.reading.entries import Entry, Ledger
from marginlib.reading.replaying import replay
from marginlib.telling.numbers import exact, money
from marginlib.telling.preference import because


@once
def rows_of(story: Story) -> list[Entry]:
    """The rows of the story's export."""
    return entries_of(story)


def row_of(story: Story, number: str) -> Entry:
    """A row by its number.

    Raises:
        ValueError: there is no such row; says how many there are.
    """
    rows = rows_of(story)
    if not (number.isdigit() and 1 <= int(number) <= len(rows)):
        raise ValueError(f"expected the number of a row, from 1 to {len(rows)}, got {number!r}")
    return rows[int(number) - 1]


def _balance(entry: Entry) -> Decimal:
    assert entry.balance is not None
    return entry.balance


def _before(entry: Entry) -> Decimal:
    return _balance(entry) - entry.amount + entry.fee


def _left(entry: Entry) -> Decimal:
    """The balance that a row leaves; for whoever asks why, as the sum that it is."""
    if not is_traced():
        return _balance(entry)
    unit, names = money_unit(entry.asset), ("balance of the row before", "amount of the row", "fee of the row")
    parts = zip((_before(entry), entry.amount, entry.fee), names, strict=True)
    before, amount, fee = (entered(part, name, unit=unit, source=_IN_THE_FILE) for part, name in parts)
    return named(before + amount - fee, "balance of the row")


_IN_THE_FILE = "given: the rows of the file"


def told(rows: Sequence[Entry]) -> str:
    """Rows as a question has them, numbered, in the order of the file."""
    parts = [
        f"({at}) {each.time:%H:%M} {each.type}, amount {money(each.amount, each.asset)}, fee "
        f"{money(each.fee, each.asset)}, balance {money(_balance(each), each.asset)}"
        for at, each in enumerate(rows, 1)
    ]
    return "; ".join(parts)


# What can be asked ----------------------------------------------------------------------------------------------------


@answers("row_balance")
def row_balance(story: Story, number: str) -> Decimal:
    """The balance that a row leaves."""
    return _left(row_of(story, number))


@answers("rollover_rows", of="nothing")
def rollover_rows(story: Story, _of: str) -> Decimal:
    """How many rows are rollovers."""
    return Decimal(sum(each.type == "rollover" for each in rows_of(story)))


@answers("charged_in", of="nothing")
def charged_in(story: Story, _of: str) -> str:
    """The currencies that fees are taken in, in the order of the rows."""
    return " ".join(dict.fromkeys(each.fee_asset for each in rows_of(story) if each.fee))


@answers("taken_second", of="nothing")
def taken_second(story: Story, _of: str) -> str:
    """What a loss is taken from second."""
    taken = [take.currency for each in story.realised for take in each.cascade]
    if len(taken) < 2:
        raise ValueError("no loss of it is taken from two currencies")
    return taken[1]


@answers("row_after_a_gap")
def row_after_a_gap(story: Story, number: str) -> str:
    """The row whose balance doesn't follow from the one before it, if a row is left out of the file."""
    gone = row_of(story, number)
    rows = [each for each in rows_of(story) if each is not gone]
    broken = look(Ledger(tuple(rows))).breaks
    if not broken:
        raise ValueError(f"without row {number} all balances still follow: it is the first or the last of its currency")
    return str(rows.index(broken[0].entry) + 1)


@shows("row_balance")
def _way_to_a_balance(story: Story, ask: Ask) -> list[str]:
    entry = row_of(story, ask.of)
    sign = "−" if entry.amount < 0 else "+"
    return [
        f"Balance = previous balance + amount − fee: {exact(_before(entry))} {sign} {exact(abs(entry.amount))} − "
        f"{exact(entry.fee)} = {exact(_left(entry), entry.asset)}."
    ]


@shows("rollover_rows")
def _way_to_rollovers(story: Story, _ask: Ask) -> list[str]:
    hours, count = exact(story.final.rulebook.rollover_hours), exact(rollover_rows(story, ""))
    return [f"One row for every full {hours} hours that it was open: {count} (B6)."]


@shows("taken_second")
def _way_to_the_second(story: Story, _ask: Ask) -> list[str]:
    takes = [take for each in story.realised for take in each.cascade]
    return [f"{at}. {take.currency}: {because(take.currency, take.why)}." for at, take in enumerate(takes, 1)]


@shows("charged_in")
def _way_to_a_charge(story: Story, _ask: Ask) -> list[str]:
    return [f"A fee is taken whole, from the first currency that bears all of it: {charged_in(story, '')} here (A4)."]


@shows("row_after_a_gap")
def _way_to_a_gap(story: Story, ask: Ask) -> list[str]:
    return [
        f"Go down the rows: balance = previous balance + amount − fee. Row {row_after_a_gap(story, ask.of)} breaks it."
    ]


@hints("row_balance", "row_after_a_gap")
def _first_of_a_balance(_story: Story, _ask: Ask) -> str:
    return "A row's balance is the one before it, plus its amount, minus its fee."


# Wrong ways to read ---------------------------------------------------------------------------------------------------


@mistake("You left the fee out. It stands in a column of its own, and the balance loses it too (A8).")
def row_fee_left_out(case: Case, ask: Ask) -> Decimal | None:
    """The balance without the row's fee."""
    if ask.name != "row_balance":
        return None
    entry = row_of(case.story, ask.of)
    return _before(entry) + entry.amount


@mistake("You added the fee. It is written without a sign, and always leaves the balance (A8).")
def row_fee_added(case: Case, ask: Ask) -> Decimal | None:
    """The balance with the row's fee added."""
    if ask.name != "row_balance":
        return None
    entry = row_of(case.story, ask.of)
    return _before(entry) + entry.amount + entry.fee


@mistake("You left the amount out: of a closing it is the profit or the loss (R11), and the fee comes on top.")
def row_amount_left_out(case: Case, ask: Ask) -> Decimal | None:
    """The balance with the row's fee alone."""
    if ask.name != "row_balance":
        return None
    entry = row_of(case.story, ask.of)
    return _before(entry) - entry.fee if entry.amount else None


@mistake("You took the amount with the other sign. A minus has left the balance, a plus has come in (A8, R11).")
def row_amount_turned(case: Case, ask: Ask) -> Decimal | None:
    """The balance with the amount's sign turned."""
    if ask.name != "row_balance":
        return None
    entry = row_of(case.story, ask.of)
    return _before(entry) - entry.amount - entry.fee if entry.amount else None


@mistake(
    "You counted one for the opening too. It has a fee of its own; a rollover comes when {rollover_hours} hours are "
    "full (B6)."
)
def rollover_at_the_opening(case: Case, ask: Ask) -> Decimal | None:
    """One rollover more than fell due."""
    return rollover_rows(case.story, "") + 1 if ask.name == "rollover_rows" else None


@mistake("You counted the loss in. It is no fee: a closing has it in its amount, and its fee beside it (R11, A9).")
def loss_counted_as_a_fee(case: Case, ask: Ask) -> Decimal | None:
    """The fees and the loss together."""
    right = case.number(ask)
    lost = -sum((each.pnl for each in case.story.realised), ZERO)
    return right + lost if ask.name == "fees" and right is not None and lost > 0 else None


@mistake("You added up the first row of each kind. Every rollover has a row, and costs again (B6).")
def one_row_of_each_kind(case: Case, ask: Ask) -> Decimal | None:
    """The fee of one row of each type, and of the closing."""
    if ask.name != "fees":
        return None
    rows = [each for each in rows_of(case.story) if each.fee_asset == ask.of and each.fee]
    rolled = [each for each in rows if each.type == "rollover"]
    return sum((each.fee for each in rows if each.type != "rollover"), ZERO) + (rolled[0].fee if rolled else ZERO)


@mistake("You left the fees of the margin rows out: opening and closing have theirs beside the amount (A4, A9).")
def rollovers_only(case: Case, ask: Ask) -> Decimal | None:
    """The fees of the rollovers alone."""
    if ask.name != "fees":
        return None
    return sum((each.fee for each in rows_of(case.story) if each.type == "rollover" and each.fee_asset == ask.of), ZERO)


# The drills -----------------------------------------------------------------------------------------------------------

_COSTS = ["one_row_of_each_kind", "rollovers_only", "loss_counted_as_a_fee"]
_BALANCES = ["row_fee_left_out", "row_fee_added", "row_amount_left_out", "row_amount_turned"]
_OTHERS = {
    "USD": ("EUR/USD", "1.25", "2000"),
    "USDT": ("USDT/EUR", "0.8", "2500"),
    "DOGE": ("DOGE/EUR", "0.1", "20000"),
}


@drill("08")
def a_ledger(random: Random, level: int) -> QuestionData:
    """A balance, or how many rollovers; what a position cost; which currency came second; where a row is missing."""
    kinds = {1: ("balance", "rollovers"), 2: ("cost", "balance"), 3: ("second", "cost"), 4: ("gap", "second", "cost")}
    return {"balance": _a_balance, "rollovers": _rollovers, "cost": _a_cost, "second": _the_second, "gap": _a_gap}[
        random.choice(kinds[level])
    ](random)


def _one_position(random: Random, hours: int, *, losing: bool | None = None) -> ScenarioData:
    """A long of BTC that is opened, held and closed, in round numbers."""
    start = random.choice([30000, 40000, 50000, 60000])
    volume = pick(random, "0.1", "0.2", "0.5")
    moves = [-3000, -2000, -1000] if losing else [-2000, -1000, 1000, 2000]
    steps: list[StepData] = [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": volume, "leverage": 5}]
    if hours:
        steps.append({"do": "wait", "hours": hours})
    end = start + random.choice(moves)
    steps += [
        {"do": "price", "pair": "BTC/EUR", "price": str(end)},
        {"do": "close", "pair": "BTC/EUR", "volume": "all"},
    ]
    return {
        "balances": {"EUR": str(random.randrange(12, 20) * 1000)}, "prices": {"BTC/EUR": str(start)},
        "fees": {"trading": pick(random, "0.002", "0.004"), "opening": "0.0002", "rollover": "0.0002"},
        "steps": steps,
    }  # fmt: skip


def _rows(scenario: ScenarioData) -> list[Entry]:
    return entries_of(replay(Scenario.of(scenario)))


def _a_balance(random: Random) -> QuestionData:
    scenario = _one_position(random, random.choice([0, 5, 9]))
    rows = _rows(scenario)
    last = rows[-1]
    text = (
        f"Rows of a ledger, in EUR: {told(rows[:-1])}. The next one: margin, amount "
        f"{money(last.amount, 'EUR', sign=True)}, fee {money(last.fee, 'EUR')}. Which balance does it leave?"
    )
    return {
        "kind": "number", "text": text, "ask": f"row_balance:{len(rows)}", "unit": "EUR", "tolerance": "0.01",
        "scenario": scenario, "mistakes": _BALANCES,
    }  # fmt: skip


def _rollovers(random: Random) -> QuestionData:
    hours = random.randrange(9, 90)
    scenario = _one_position(random, hours)
    text = (
        f"A position is opened, and closed {hours} hours later. How many rows of the type rollover are there in the "
        "ledger between the opening's and the closing's?"
    )
    return {
        "kind": "number", "text": text, "ask": "rollover_rows", "tolerance": "0.1", "scenario": scenario,
        "mistakes": ["rollover_at_the_opening", "rollover_every_hour", "rollover_once_a_day"],
    }  # fmt: skip


def _a_cost(random: Random) -> QuestionData:
    hours = random.choice([12, 16, 20, 24])
    scenario = _one_position(random, hours, losing=True)
    rows = _rows(scenario)
    first, *rolled, last = rows
    text = (
        f"A position's rows, in EUR: margin, amount 0, fee {money(first.fee, 'EUR')}; {len(rolled)} rollovers, amount "
        f"0, fee {money(rolled[0].fee, 'EUR')} each; margin, amount {money(last.amount, 'EUR')}, fee "
        f"{money(last.fee, 'EUR')}. What did it cost in fees, in EUR?"
    )
    return {
        "kind": "number", "text": text, "ask": "fees:EUR", "unit": "EUR", "tolerance": "0.01", "scenario": scenario,
        "mistakes": _COSTS,
    }  # fmt: skip


def _the_second(random: Random) -> QuestionData:
    start, fall = random.choice([(40000, 6000), (50000, 10000), (60000, 9000)])
    volume, coin = pick(random, "0.1", "0.2"), random.choice([*_OTHERS])
    pair, price, much = _OTHERS[coin]
    base = pick(random, "", "0.01")
    balances = {"EUR": "60", coin: much, "XMR": "2", **({"BTC": base} if base else {})}
    scenario: ScenarioData = {
        "balances": balances, "prices": {"BTC/EUR": str(start), pair: price, "XMR/EUR": "200"}, "valuation": "EUR",
        "rules": {"initial_margin_check": False},
        "steps": [
            {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": volume, "leverage": 5},
            {"do": "price", "pair": "BTC/EUR", "price": str(start - fall)},
            {"do": "close", "pair": "BTC/EUR", "volume": "all"},
        ],
    }  # fmt: skip
    held = [*balances]
    random.shuffle(held)
    why = {
        "EUR": "EUR is the quote currency, so it goes first, not second (R13).",
        "XMR": "XMR is no collateral: it comes after all that is (R15).",
        "BTC": "BTC is the base.",
        coin: "The base, BTC, comes before the rest of the collateral list (R13).",
    }
    text = (
        f"You hold {', '.join(money(Decimal(balances[code]), code) for code in held)}. A long of {volume} BTC in "
        f"BTC/EUR is closed at a loss of {Decimal(volume) * fall:,.0f} EUR; the ledger shows it in several margin rows "
        "of one moment. Which currency comes second?"
    )
    return {
        "kind": "one", "text": text, "ask": "taken_second", "scenario": scenario,
        "options": [{"value": code, "text": code, "because": why[code]} for code in held],
    }  # fmt: skip


def _a_gap(random: Random) -> QuestionData:
    scenario = _one_position(random, random.choice([12, 16]))
    rows = _rows(scenario)
    gone = random.randrange(1, len(rows) - 1)
    left = [each for at, each in enumerate(rows) if at != gone]
    text = (
        f"Somebody’s export, in EUR: {told(left)}. One row is missing in it. In which of these does the balance not "
        "follow from the one before it?"
    )
    options = [
        {"value": str(at), "text": f"row {at}", "because": "There it follows: + amount − fee."}
        for at in range(2, len(left) + 1)
    ]
    return {
        "kind": "one", "text": text, "ask": f"row_after_a_gap:{gone + 1}", "scenario": scenario, "options": options,
    }  # fmt: skip

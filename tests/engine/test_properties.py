"""What holds for any scenario: money is neither made nor lost, the order is kept, a refusal leaves no trace."""

import json
import re
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from typing import Any

import audit
import strategies
from bookings import Do, closes, moves, opens, settles, tell, waits
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from strategies import amounts, beginnings, losses, next_steps, openings, other_steps, scenarios

from marginlib import InvalidScenario, Scenario, Story, read_scenario, replay, rulebook


class Account(RuleBasedStateMachine):
    """An account that is used step by step and audited after each."""

    scenario: dict[str, Any]
    story: Story

    @initialize(scenario=beginnings())
    def begin(self, scenario: dict[str, Any]) -> None:
        self.scenario = {**scenario, "steps": []}
        self.story = replay(Scenario.of(self.scenario))

    def ask(self, step: Do) -> None:
        """Make a step; if it is refused, it must have left no trace (A7), and is forgotten."""
        longer = {**self.scenario, "steps": [*self.scenario["steps"], step]}
        story = replay(Scenario.of(longer))
        event(f"{step['do']}: {story.error.code if story.error else 'ok'}")
        if story.error:
            assert story.final == self.story.final
            assert story.moments == self.story.moments
        else:
            assert story.moments[:-1] == self.story.moments
            audit.Audit(story, story.moments[-1]).run()
            self.scenario, self.story = longer, story

    @rule(data=st.data())
    def do_what_fits(self, data: st.DataObject) -> None:
        self.ask(data.draw(next_steps(self.story)))

    @rule(step=openings())
    def open_position(self, step: Do) -> None:
        self.ask(step)

    @rule(step=other_steps(["EUR", "BTC"]))
    def do_something_else(self, step: Do) -> None:
        self.ask(step)

    @invariant()
    def nothing_is_lost_or_made(self) -> None:
        audit.totals(self.story)

    @invariant()
    def the_ledger_adds_up(self) -> None:
        audit.ledger(self.story)


TestAccount = Account.TestCase
TestAccount.settings = settings(max_examples=100)


@settings(max_examples=200)
@given(losses())
def test_whatever_is_taken_stands_up_to_an_audit(data: dict[str, Any]) -> None:
    """R12 to R16, A1, A3, A4, A5, A8, A9: its order, its price, its fee, its rounding."""
    audit.everything(replay(Scenario.of(data)))


PLAIN = re.compile(r"0|-?(0|[1-9]\d*)(\.\d*[1-9])?")
FIGURES = {"volume", "open_price", "leverage", "amount", "fee", "balance", "taken", "covers", "fee_rate", "pnl"}
FIGURES |= {"trade_balance", "equity", "used_margin", "free_margin", "margin_level", "unpaid", "trigger"}


def figures(result: Any, key: str = "") -> list[object]:
    """All amounts in a result, whatever they are written as."""
    if isinstance(result, dict):
        every = key in ("balances", "unpaid")
        return [f for name, value in result.items() for f in figures(value, "amount" if every else name)]
    if isinstance(result, list):
        return [figure for value in result for figure in figures(value)]
    return [result] if key in FIGURES and result is not None else []


@given(scenarios())
def test_all_figures_are_plain_decimals(data: dict[str, Any]) -> None:
    result = replay(Scenario.of(data)).as_json()

    assert json.loads(json.dumps(result)) == result
    assert [each for each in figures(result) if not isinstance(each, str) or not PLAIN.fullmatch(each)] == []


@given(scenarios())
def test_a_replay_changes_nothing_and_can_be_repeated(data: dict[str, Any]) -> None:
    kept = deepcopy(data)
    scenario, book = Scenario.of(data), rulebook()
    as_read, as_loaded = scenario.as_data(), deepcopy(book)
    first, second = replay(scenario, book), replay(scenario, book)

    assert first == second
    assert first.as_json() == second.as_json() == replay(read_scenario(json.dumps(data))).as_json()
    assert (data, scenario.as_data(), book) == (kept, as_read, as_loaded)


@given(scenarios(), st.randoms(use_true_random=False))
def test_the_order_in_which_a_scenario_lists_its_balances_and_prices_does_not_matter(
    data: dict[str, Any], random: Any
) -> None:
    shuffled = dict(data)
    for key in ("balances", "prices"):
        items = list(data[key].items())
        random.shuffle(items)
        shuffled[key] = dict(items)

    assert replay(Scenario.of(shuffled)).as_json() == replay(Scenario.of(data)).as_json()


@given(scenarios(most_steps=5), openings(), st.lists(openings(), max_size=3))
def test_a_refused_step_and_all_after_it_leave_no_trace(data: dict[str, Any], step: Do, more: list[Do]) -> None:
    """A7: by an opening on the other side (A6), and by whatever else was refused."""
    before = replay(Scenario.of(data))
    assume(not before.error)
    other = {"long": "short", "short": "long"}
    against = [{**step, "pair": lot.pair, "side": other[lot.side]} for lot in before.final.positions[:1]]
    wrong = against or [settles(step["pair"])]
    after = replay(Scenario.of({**data, "steps": [*data["steps"], *wrong, *more]}))

    assert after.error is not None
    assert after.error.code == ("opposite_position_open" if against else "no_position")
    assert after.final == before.final
    assert after.ledger == before.ledger
    without_error = {key: value for key, value in after.as_json().items() if key not in ("status", "error")}
    assert without_error == {key: value for key, value in before.as_json().items() if key != "status"}


PRICES = {"BTC/EUR": "50000"}
# Whole euros for a hundredth of a BTC: what the ledger writes down is exact.
VOLUMES = st.integers(1, 200).map(lambda hundredths: f"{Decimal(hundredths) / 100}")
WHOLE = st.integers(300, 900).map(lambda hundreds: str(hundreds * 100))
SIDES = st.sampled_from(["long", "short"])
RICH = {"EUR": "9000000", "BTC": "100"}


@given(SIDES, st.lists(st.tuples(VOLUMES, WHOLE), min_size=1, max_size=3), st.data())
def test_settling_in_parts_is_settling_at_once(side: str, lots: list[tuple[str, str]], data: st.DataObject) -> None:
    """R2, R3, R7."""
    given_ = [opens("BTC/EUR", side, volume, 2, price) for volume, price in lots]
    total = sum(Decimal(volume) for volume, _ in lots)
    both = data.draw(st.integers(2, int(total * 100) + 1)) if total > Decimal("0.01") else 2
    both = min(both, int(total * 100))
    assume(both >= 2)
    one = data.draw(st.integers(1, both - 1))
    a, b, ab = (f"{Decimal(hundredths) / 100}" for hundredths in (one, both - one, both))
    parts = tell(RICH, PRICES, [*given_, settles("BTC/EUR", a), settles("BTC/EUR", b)])
    at_once = tell(RICH, PRICES, [*given_, settles("BTC/EUR", ab)])

    assert parts.error is None
    audit.everything(parts)
    assert parts.final.balances == at_once.final.balances
    assert parts.final.positions == at_once.final.positions
    assert parts.final.books == at_once.final.books


def net_worth(story: Story) -> Decimal:
    """In EUR: what is free, and what is restricted less what is owed."""
    price, state = story.final.prices["BTC/EUR"], story.final
    worth = {"EUR": Decimal(1), "BTC": price}
    total = sum((amount * worth[code] for code, amount in state.balances.items()), Decimal(0))
    for lot in state.positions:
        total += lot.held[1] * worth[lot.held[0]] - lot.owed[1] * worth[lot.owed[0]]
    return total


@given(SIDES, VOLUMES, WHOLE, WHOLE, st.sampled_from(["0", "0.001", "0.0025"]))
def test_settling_and_closing_leave_the_same_net_worth_but_for_the_fee(
    side: str, volume: str, opened: str, now: str, fee: str
) -> None:
    """R3, R5, R10, R11, A4."""
    given_ = [opens("BTC/EUR", side, volume, 2, opened), moves("BTC/EUR", now)]
    fees = {"trading": fee}
    still_open = tell(RICH, PRICES, given_, fees=fees)
    settled = tell(RICH, PRICES, [*given_, settles("BTC/EUR")], fees=fees)
    closed = tell(RICH, PRICES, [*given_, closes("BTC/EUR")], fees=fees)

    assert settled.final.positions == closed.final.positions == ()
    assert net_worth(settled) == net_worth(still_open)
    assert net_worth(settled) - net_worth(closed) == Decimal(volume) * Decimal(now) * Decimal(fee)


@given(SIDES, VOLUMES, st.integers(1, 300), st.integers(1, 300))
def test_time_can_be_cut_anywhere(side: str, volume: str, first: int, second: int) -> None:
    """B6, R21."""
    opening = opens("BTC/EUR", side, volume)
    cut = [waits(f"{Decimal(first) / 10}"), waits(f"{Decimal(second) / 10}")]
    fees = {"rollover": "0.0002"}
    parts = tell(RICH, PRICES, [opening, *cut], fees=fees)
    at_once = tell(RICH, PRICES, [opening, waits(f"{Decimal(first + second) / 10}")], fees=fees)

    assert parts.final == at_once.final
    assert len(parts.ledger) == len(at_once.ledger) == 1 + (first + second) // 40


@given(SIDES, VOLUMES, WHOLE, st.sampled_from(["2", "3", "5", "10"]))
def test_leverage_changes_what_is_put_up_and_nothing_else(side: str, volume: str, now: str, leverage: str) -> None:
    """R20, B2: profit, loss and fees are those of the volume."""
    steps = [moves("BTC/EUR", now), closes("BTC/EUR")]
    fees = {"trading": "0.001"}
    plain = tell(RICH, PRICES, [opens("BTC/EUR", side, volume, 1), *steps], fees=fees)
    levered = tell(RICH, PRICES, [opens("BTC/EUR", side, volume, leverage), *steps], fees=fees)
    used = [story.margin_of(story.moments[0].after) for story in (plain, levered)]

    assert levered.final.balances == plain.final.balances
    assert used[0] is not None
    assert used[1] is not None
    assert used[0].used_margin == used[1].used_margin * int(leverage)


WILD = st.one_of(
    st.tuples(st.integers(0, 10**20 - 1), st.integers(1, 10**20 - 1)).map(lambda parts: f"{parts[0]}.{parts[1]:020}"),
    st.sampled_from(["0.00000000000000000001", "99999999999999999999", "1"]),
)


@given(st.data())
def test_amounts_at_the_edge_of_reason_break_nothing(data: st.DataObject) -> None:
    """Forty digits times forty digits times forty digits: still exact, or refused, never a crash."""
    pairs = ["BTC/EUR", "XMR/EUR", "XMR/BTC", "BTC/USD", "EUR/USD"]
    wild = {pair: data.draw(WILD) for pair in pairs}
    balances = {code: data.draw(WILD) for code in ("EUR", "BTC", "USD", "XMR")}
    fee = st.sampled_from(["0", "0.99999999999999999999", "0.00000000000000000001"])
    fees = {name: data.draw(fee) for name in ("trading", "opening", "rollover")}
    pair = data.draw(st.sampled_from(pairs))
    steps = [
        {**opens(pair, data.draw(SIDES), data.draw(WILD)), "leverage": data.draw(st.sampled_from(["1", "7.1"]))},
        waits(9),
        moves(pair, data.draw(WILD)),
        *([settles(pair)] if data.draw(st.booleans()) else []),
        closes(pair),
    ]
    story = tell(balances, wild, steps, fees=fees, rules={"initial_margin_check": False, "liquidation": "off"})

    assert [each for each in figures(story.as_json()) if not isinstance(each, str) or not PLAIN.fullmatch(each)] == []
    audit.totals(story)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["all", "1"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def complaint(text: str | bytes) -> str:
    """What is said about a text that is no scenario; a scenario must replay."""
    try:
        replay(read_scenario(text))
    except InvalidScenario as error:
        return str(error).encode("utf-8").decode("utf-8") or "nothing was said"
    return ""


@given(scenarios(most_steps=3), st.data())
def test_a_broken_scenario_gets_a_sentence(data: dict[str, Any], draw: st.DataObject) -> None:
    """Something anywhere in a good scenario is replaced by anything: one line says where, or it is still good."""
    place: Any = data
    while True:
        key = draw.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or draw.draw(st.booleans()):
            break
        place = inner
    if isinstance(place, dict) and draw.draw(st.booleans()):
        place[draw.draw(st.text(max_size=8))] = place.pop(key)
    else:
        place[key] = draw.draw(JSON)
    sentence = complaint(json.dumps(data))

    assert "\n" not in sentence
    assert len(sentence) < 1000


@given(st.binary(max_size=40) | st.text(max_size=40) | JSON.map(json.dumps))
def test_anything_at_all_gets_a_sentence(text: str | bytes) -> None:
    sentence = complaint(text)

    assert not sentence or "expected" in sentence or "unknown key" in sentence


@given(st.sampled_from(sorted(strategies.WORTH)).flatmap(lambda code: st.tuples(st.just(code), amounts(code))))
def test_random_amounts_are_what_the_ledger_can_write(drawn: tuple[str, str]) -> None:
    """The audit of roundings relies on it."""
    code, text = drawn

    assert Decimal(text) > 0
    assert Fraction(text) == audit.nearest(code, Fraction(text))

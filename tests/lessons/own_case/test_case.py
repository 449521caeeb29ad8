"""An account as it is, written down in fields: the scenario ends just there, or sentences say what would work."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any

import pytest
from accounts import account, accounts, balances, left
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import scenarios

from marginlib import InvalidScenario, Scenario, Story, replay
from marginlib.analysis.export import entries_of
from marginlib.analysis.ledger import look
from marginlib.engine.account import State
from marginlib.engine.derivation import Traced, tracing
from marginlib.engine.scenario import Price, Stop, Wait
from marginlib.lessons.own_case.answers import answers
from marginlib.lessons.own_case.back import Opened
from marginlib.lessons.own_case.case import Case, fields_of, fields_of_account, fields_of_ledger, read_case, row, unsaid
from marginlib.lessons.own_case.fields import GROUPS, LISTS, SINGLE
from marginlib.lessons.own_case.link import written as written_link
from marginlib.reading.entries import Entry, Ledger, Purse


def lots_of(state: State) -> list[tuple[object, ...]]:
    return [
        (lot.pair, lot.side, lot.volume, lot.open_price, lot.leverage, lot.rollover, state.hours - lot.opened_at)
        for lot in state.positions
    ]


@given(accounts())
@settings(max_examples=120)
def test_the_scenario_of_a_case_ends_in_just_the_account_that_was_written_down(fields: dict[str, Any]) -> None:
    case = read_case(fields)
    assert case.problems == ()
    story, state = case.story, case.story.final
    assert story.error is None
    assert left(state.balances) == left({each["code"]: Decimal(each["amount"]) for each in fields["balances"]})
    assert not state.unpaid
    assert not state.stops
    assert state.prices == {each["pair"]: Decimal(each["price"]) for each in fields["prices"]}
    general = Decimal(fields["fees"]["rollover"] or 0)
    oldest_first = sorted(fields["lots"], key=lambda each: -Decimal(each["age"] or 0))
    assert lots_of(state) == [
        (
            each["pair"], each["side"], Decimal(each["volume"]), Decimal(each["price"]), Decimal(each["leverage"]),
            (Decimal(each["rollover"]) if each["rollover"] else general) / 100, Decimal(each["age"] or 0),
        )
        for each in oldest_first
    ]  # fmt: skip
    assert [fields["lots"][case.rows[lot.id]]["volume"] for lot in state.positions] == [
        each["volume"] for each in oldest_first
    ]
    assert state.rulebook.initial_margin_check


def test_a_haircut_of_one_s_own_is_so_many_percent() -> None:
    own = [row("haircuts_own", code="BTC", percent="12.5")]
    counted = read_case(account(haircuts="own", haircuts_own=own)).story
    whole = read_case(account()).story
    assert counted.final.rulebook.haircuts == {"BTC": Decimal("0.125")}
    assert counted.margin is not None
    assert whole.margin is not None
    assert whole.margin.trade_balance - counted.margin.trade_balance == Decimal("0.02") * 43000 / 8


@given(accounts())
@settings(max_examples=30)
def test_the_file_of_a_case_is_read_as_the_same_scenario(fields: dict[str, Any]) -> None:
    scenario = read_case(fields).scenario
    assert scenario is not None
    assert Scenario.of(scenario.as_data()) == scenario


@given(accounts())
@settings(max_examples=50)
def test_the_fields_of_a_case_s_scenario_are_the_same_case(fields: dict[str, Any]) -> None:
    case = read_case(fields)
    assert case.scenario is not None
    again = read_case(fields_of(case.scenario))
    assert again.problems == ()
    assert same_account(again.story, case.story)
    assert fields_of(again.scenario or case.scenario) == fields_of(case.scenario)


def same_account(one: Story, other: Story) -> bool:
    first, second = one.final, other.final
    return (
        left(first.balances) == left(second.balances)
        and first.prices == second.prices
        and lots_of(first) == lots_of(second)
        and one.margin == other.margin
        and first.fees["trading"] == second.fees["trading"]
        and first.rulebook.collateral_order == second.rulebook.collateral_order
        and first.rulebook.conversion_fees == second.rulebook.conversion_fees
    )


@given(scenarios())
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_where_any_scenario_ends_is_a_case(data: dict[str, Any]) -> None:
    story = replay(Scenario.of(data))
    case = read_case(fields_of(story.scenario))
    told = unsaid(story.scenario)
    assert case.problems == () or all(problem.sentence for problem in case.problems)
    if case.problems or story.final.unpaid:
        assert not story.final.unpaid or any("unpaid" in sentence for sentence in told)
        return
    state = case.story.final
    assert left(state.balances) == left(story.final.balances)
    assert lots_of(state) == lots_of(story.final)
    assert case.story.margin == story.margin


@given(accounts(most_lots=3), st.sampled_from([Decimal(4), Decimal("7.5"), Decimal(50)]))
@settings(max_examples=40)
def test_from_now_on_rollovers_fall_due_as_they_would_have(fields: dict[str, Any], hours: Decimal) -> None:
    """Each lot's next full period is counted from its own opening."""
    case = read_case(fields)
    assert case.scenario is not None
    longer = replay(case.scenario.then(Wait(hours=hours)))
    if longer.error:
        return
    due = {
        lot.id: int(
            (case.story.final.hours + hours - lot.opened_at) // 4 - (case.story.final.hours - lot.opened_at) // 4
        )
        for lot in case.story.final.positions
        if lot.rollover
    }
    charged: dict[int, int] = {}
    for charge in longer.final.charged:
        charged[charge.position or 0] = charged.get(charge.position or 0, 0) + 1
    assert all(charged.get(lot, 0) in (0, count) for lot, count in due.items())  # 0: rounded to nothing


def test_an_account_below_the_opening_level_is_put_in_place_with_the_check_on() -> None:
    """B4 would refuse the opening now; B9 still refuses orders of now."""
    story = read_case(account()).story
    assert story.margin is not None
    assert story.margin.level is not None
    assert story.margin.level < 100
    refused = replay(story.scenario.then({"do": "withdraw", "currency": "EUR", "amount": "1"}))
    assert refused.error is not None
    assert refused.error.code == "insufficient_margin"


def test_an_account_that_could_be_opened_now_is_put_in_place_at_the_prices_of_now() -> None:
    case = read_case(account(balances=balances(EUR="9000")))
    assert case.scenario is not None
    assert not [step for step in case.scenario.steps if step.do == "prices"]


def test_where_liquidation_is_due_the_account_is_shown_as_it_is_and_that_is_said() -> None:
    case = read_case(account(balances=balances(EUR="600"), liquidation="all"))
    assert len(case.story.final.positions) == 1
    assert [note.path for note in case.notes] == ["liquidation"]


def wrong(fields: Any) -> dict[str, str]:
    """The sentences, by field."""
    case = read_case(fields)
    assert case.scenario is None
    with pytest.raises(ValueError, match="problems"):
        _ = case.story
    return {problem.path: problem.sentence for problem in case.problems}


def test_several_fields_that_are_wrong_are_told_at_once() -> None:
    fields = account(balances=[row("balances", code="EURO?", amount="-5"), row("balances", amount="7")])
    fields["lots"][0] |= {"volume": "much", "side": "up"}
    assert [*wrong(fields)] == [
        "balances.0.code", "balances.0.amount", "balances.1.code", "lots.0.side", "lots.0.volume",
    ]  # fmt: skip


def test_a_long_and_a_short_in_one_pair_can_t_both_be_open() -> None:
    fields = account()
    fields["lots"].append(fields["lots"][0] | {"side": "short"})
    told = wrong(fields)
    assert told == {
        "lots.1.side": "A long in BTC/EUR stands in row 1, and the exchange nets a pair, so that a long and a short in "
        "it can't both be open (A6); write 'long' here, or take the row out."
    }
    fields["lots"][1]["side"] = "long"
    assert read_case(fields).problems == ()


def test_a_pair_without_a_price_is_told_beside_its_lot() -> None:
    told = wrong(account(prices=[]))
    assert told["lots.0.pair"].startswith("There is no price of BTC/EUR; expected a row BTC/EUR under prices")


def test_a_balance_that_counts_needs_a_price_and_one_that_doesn_t_gets_a_note() -> None:
    told = wrong(account(balances=balances(EUR="600", GBP="5")))
    assert "add a row GBP/EUR under prices" in told["balances.1.code"]
    case = read_case(account(balances=balances(EUR="600", XMR="5")))
    assert [note.path for note in case.notes] == ["balances.1.code"]


def test_a_currency_that_no_price_leads_to_values_nothing() -> None:
    told = wrong(account(valuation="JPY"))
    assert told == {"valuation": "No price leads to JPY; write 'EUR' here, or add a price such as EUR/JPY."}
    assert read_case(account(valuation="EUR")).problems == ()


def test_the_same_code_twice_is_added_up_in_the_sentence() -> None:
    told = wrong(account(balances=balances(EUR="600") + balances(EUR="50")))
    assert told == {"balances.1.code": "EUR stands in row 1 already; leave this row out, and write 650 there."}


def test_a_price_and_its_inverse_may_stand_together_unless_they_contradict_each_other() -> None:
    fields = account()
    other = [row("prices", pair="DOGE/EUR", price="0.1")]
    fields["prices"] += [*other, row("prices", pair="EUR/BTC", price="43000")]
    told = wrong(fields)
    assert [*told] == ["prices.2.price"]
    offered = re.search("write '([0-9.]+)' here", told["prices.2.price"])
    assert offered is not None
    fields["prices"][2]["price"] = offered[1]
    assert read_case(fields).problems == ()


@pytest.mark.parametrize("typed", ["BTC.F", "xbt.m", "XXBT.HOLD"])
def test_what_is_kept_apart_is_told_with_what_to_write(typed: str) -> None:
    told = wrong(account(balances=[*balances(EUR="600"), row("balances", code=typed, amount="1")]))
    assert "write 'BTC' if it backs your positions" in told["balances.1.code"]


def test_what_a_sentence_says_of_a_price_that_is_missing_works() -> None:
    fields = account(balances=balances(EUR="600", DOGE="5"))
    told = wrong(fields)["balances.1.code"]
    assert told == (
        "There is no price that values DOGE in EUR; add a row DOGE/EUR under prices, with its price now, or EUR/DOGE."
    )
    for pair in ("DOGE/EUR", "EUR/DOGE"):
        fields["prices"] = [*account()["prices"], row("prices", pair=pair, price="0.1")]
        assert read_case(fields).problems == ()


def test_a_level_of_liquidation_above_the_call_s_is_told_beside_its_field() -> None:
    told = wrong(account(levels={"call": "50", "liquidation": "60"}))
    assert [*told] == ["levels.call"]


def test_a_volume_that_the_ledger_would_owe_nothing_for_is_told_beside_its_lot() -> None:
    fields = account()
    fields["lots"].insert(0, fields["lots"][0] | {"volume": "0.0000000000001", "age": "1"})
    told = wrong(fields)
    assert [*told] == ["lots.0.volume"]
    least = re.search(r"at least ([0-9.]+) BTC", told["lots.0.volume"])
    assert least is not None
    fields["lots"][0]["volume"] = least[1]
    assert read_case(fields).problems == ()


def test_each_lot_that_is_too_small_is_told_beside_itself_however_old_the_others_are() -> None:
    lot = account()["lots"][0]
    ages = ["9", "3", "30", "1"]
    for at in range(len(ages)):
        lots = [lot | {"age": age} for age in ages]
        lots[at] = lots[at] | {"volume": "0.0000000000001"}
        assert [*wrong(account(lots=lots))] == [f"lots.{at}.volume"]


def test_an_amount_of_a_case_that_is_asked_for_why_tells_where_it_comes_from() -> None:
    fields = account()
    with tracing():
        case = read_case(fields)
        story = case.story
        assert case.scenario is not None
    assert story.margin is not None
    assert isinstance(story.final.balances["EUR"], Traced)
    assert read_case(fields).scenario == case.scenario
    assert not isinstance(read_case(fields).story.final.balances["EUR"], Traced)


def test_more_rollovers_than_a_case_may_have_are_told_beside_a_lot() -> None:
    lot = account()["lots"][0] | {"age": "8784", "rollover": "0.01"}
    told = wrong(account(lots=[dict(lot) for _ in range(40)]))
    (path,) = told
    assert re.fullmatch(r"lots\.[0-9]+\.age", path)
    assert read_case(account(lots=[lot | {"rollover": "0"} for _ in range(40)])).problems == ()


def test_a_stop_where_nothing_is_open_is_told() -> None:
    told = wrong(account(stops=[row("stops", pair="ETH/EUR", trigger="5")]))
    assert told == {"stops.0.pair": "No lot in ETH/EUR is open, so that a stop has nothing to close; open: BTC/EUR."}


def test_a_stop_is_left_in_peace_while_a_lot_s_pair_is_wrong() -> None:
    """It may be that very pair; the lot's sentence is enough."""
    fields = account(stops=[row("stops", pair="BTC/EUR", trigger="40000")])
    fields["lots"][0]["pair"] = "BTCEUR"
    assert wrong(fields).keys() == {"lots.0.pair"}


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("3 days", "72"), ("3d", "72"), ("2d 4h", "52"), ("2 days, 4 hours", "52"), ("51h", "51"), ("51 hours", "51"),
        ("1.5 Days", "36"), ("1 week", "168"), ("90 min", "1.5"),
    ],
)  # fmt: skip
def test_an_age_may_have_its_units(typed: str, hours: str) -> None:
    fields = account()
    fields["lots"][0]["age"] = typed
    (lot,) = read_case(fields).story.final.positions
    assert read_case(fields).story.final.hours - lot.opened_at == Decimal(hours)


@pytest.mark.parametrize("typed", ["2 months", "5 EUR", "since monday", "2026-11-24T08:00"])
def test_of_an_age_that_isn_t_understood_no_part_is_offered(typed: str) -> None:
    fields = account()
    fields["lots"][0]["age"] = typed
    told = wrong(fields)["lots.0.age"]
    assert re.findall(r"'([^']+)'", told) == ["52", "2 days 4 hours", typed]
    for offered in ("52", "2 days 4 hours"):
        fields["lots"][0]["age"] = offered
        assert read_case(fields).problems == ()


def test_a_currency_by_its_name_is_told_its_code() -> None:
    fields = account(balances=[row("balances", code="Bitcoin", amount="1"), *account()["balances"]])
    case = read_case(fields)
    assert case.problems == ()
    assert {note.path: note.sentence for note in case.notes}["balances.0.code"].endswith("write 'BTC'.")


@pytest.mark.parametrize("path", ["title", "balances.0.code", "lots.0.pair", "lots.0.volume", "valuation"])
def test_half_a_character_is_sent_on_as_a_question_mark(path: str) -> None:
    fields = account()
    write(fields, path, "a\ud800")
    case = read_case(fields)
    assert written_link(case.fields).startswith("#c1/")
    assert json.dumps(case.fields, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("0,1", "0.1"), ("1,000.50", "1000.50"), ("1.000,50", "1000.50"), ("1 000,5", "1000.5"), ("1e5", "100000"),
        ("1E-3", "0.001"), ("１２", "12"), ("１２.５", "12.5"), (".5", "0.5"), ("5.", "5"), ("+5", "5"),
        ("0.1 BTC", "0.1"), ("₿ 0.1", "0.1"), ("€0.1", "0.1"), ("0.1€", "0.1"), ("0.1BTC", "0.1"),
        ("٣", "3"), ("1'000", "1000"), ("1_000", "1000"),
    ],
)  # fmt: skip
def test_what_a_sentence_says_to_write_instead_works(typed: str, right: str) -> None:
    fields = account()
    fields["lots"][0]["volume"] = typed
    told = wrong(fields)["lots.0.volume"]
    offered = re.findall(r"'([0-9.]+)'", told.replace(f"got {typed!r}", ""))
    assert right in offered, told
    for each in offered:
        fields["lots"][0]["volume"] = each
        assert read_case(fields).problems == ()


@pytest.mark.parametrize("typed", ["1 000", "12 34", "1 000 EUR"])
def test_of_two_numbers_beside_each_other_none_is_offered_as_a_rate(typed: str) -> None:
    told = wrong(account(fees={"trading": typed}))["fees.trading"]
    assert "write '" not in told


@pytest.mark.parametrize(("name", "typed", "share"), [("trading", "26", "0.26"), ("rollover", "2", "0.02")])
def test_a_fee_in_basis_points_is_taken_as_percent_and_that_is_said(name: str, typed: str, share: str) -> None:
    fields = account(balances=balances(EUR="9000"), fees={name: typed})
    (note,) = read_case(fields).notes
    assert note.path == f"fees.{name}"
    assert f"if you mean {share}\N{NO-BREAK SPACE}%, write '{share}'" in note.sentence
    assert read_case(account(balances=balances(EUR="9000"), fees={name: share})).notes == ()


def test_so_is_the_rate_of_one_lot() -> None:
    fields = account(balances=balances(EUR="9000"))
    fields["lots"][0]["rollover"] = "2"
    assert [note.path for note in read_case(fields).notes] == ["lots.0.rollover"]


@pytest.mark.parametrize(
    ("field", "typed", "right"),
    [
        ("pair", "BTCEUR", "BTC/EUR"), ("pair", "XBT/EUR", "BTC/EUR"), ("pair", "XXBTZEUR", "BTC/EUR"),
    ],
)  # fmt: skip
def test_a_code_of_the_api_is_told_as_it_is_written_here(field: str, typed: str, right: str) -> None:
    fields = account()
    fields["lots"][0][field] = typed
    assert f"'{right}'" in wrong(fields)[f"lots.0.{field}"]


@pytest.mark.parametrize(
    ("field", "typed"),
    [("pair", "btc/eur"), ("pair", " BTC / EUR "), ("side", "Long"), ("volume", " 0.1 "), ("leverage", "5x"),
     ("age", ""), ("rollover", "0.02 %")],
)  # fmt: skip
def test_what_can_only_mean_one_thing_is_taken(field: str, typed: str) -> None:
    fields = account()
    fields["lots"][0][field] = typed
    assert read_case(fields).problems == ()


def test_a_row_in_which_nothing_is_written_counts_for_nothing() -> None:
    fields = account()
    for name in LISTS:
        fields[name] = [*fields[name], row(name), {}]
    fields["lots"].append(row("lots", side="long"))
    assert read_case(fields).scenario == read_case(account()).scenario


_NONSENSE = st.one_of(
    st.sampled_from(
        ["", "-", "1e5", "1,000.50", "１２", "<script>alert(1)</script>", "9" * 400, "1e999999999", "NaN", "Infinity",
         "-0", "0x10", "½", "一", "\x00", "\ud800", "=1+1", "1/0", "0.000000000000000000001", "EUR", "BTC/EUR", "long",
         "99999999999999999999", "0.00000000000000000001", "×", "'", '"', "{}", "\u202e12", "x" * 5000,
         "5" + "\u00a0" * 20]
    ),
    st.text(max_size=20),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.none(),
    st.booleans(),
    st.lists(st.text(max_size=3), max_size=2),
    st.decimals(),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    st.binary(max_size=3),
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """Fields that are right, with nonsense in some places."""
    fields: dict[str, Any] = draw(accounts(most_lots=3))
    fields = {
        name: [dict(each) for each in value] if isinstance(value, list) else value for name, value in fields.items()
    }
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from([*LISTS, *GROUPS, *SINGLE, "other", "lots", "balances", "prices"]))
        nonsense = draw(_NONSENSE)
        if name in LISTS and isinstance(fields[name], list) and draw(st.booleans()):
            rows = fields[name] or [row(name)]
            at = draw(st.integers(0, len(rows) - 1))
            if isinstance(rows[at], dict):
                rows[at][draw(st.sampled_from(LISTS[name]))] = nonsense
            fields[name] = rows
        elif name in GROUPS and isinstance(fields.get(name), dict):
            fields[name] = {**fields[name], draw(st.sampled_from(GROUPS[name])): nonsense}
        elif name in LISTS and isinstance(fields[name], list):
            fields[name] = [*fields[name], nonsense]
        else:
            fields[name] = nonsense
    return fields


@given(st.one_of(damaged(), _NONSENSE))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_no_nonsense_in_a_field_is_more_than_a_sentence_beside_it(fields: Any) -> None:
    case: Case = read_case(fields)
    if case.scenario is None:
        assert case.problems
        for problem in case.problems:
            assert problem.sentence[0] == problem.sentence[0].upper()
            assert problem.sentence.endswith((".", "?"))
            assert "Traceback" not in problem.sentence
    else:
        assert case.story.error is None
        assert answers(case).standing.words


def test_stops_that_wait_become_the_triggers_that_are_looked_at() -> None:
    scenario = Scenario.of(
        {
            "balances": {"EUR": "9000"},
            "prices": {"BTC/EUR": "50000"},
            "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5}],
        }
    ).then(
        Stop(pair="BTC/EUR", side="sell", trigger=Decimal(45000)),
        Stop(pair="BTC/EUR", side="sell", trigger=Decimal(40000)),
        Price(pair="BTC/EUR", price=Decimal(47000)),
    )
    fields = fields_of(scenario)
    assert fields["stops"] == [row("stops", pair="BTC/EUR", trigger="45000")]
    assert "40,000.00 EUR is left out" in unsaid(scenario)[0]
    assert read_case(fields).triggers == {"BTC/EUR": Decimal(45000)}


def test_what_a_ledger_doesn_t_tell_stays_empty_with_a_sentence() -> None:
    fields, told = fields_of_ledger(
        {"EUR": Decimal(600), "BTC": Decimal("0.02"), "USD": Decimal(-1)},
        [Opened("EUR", datetime(2026, 3, 1, tzinfo=UTC)), Opened("", None)],
        datetime(2026, 3, 2, tzinfo=UTC),
    )
    assert [each["age"] for each in fields["lots"]] == ["24", ""]
    paths = [problem.path for problem in told]
    assert "balances" in paths
    assert "lots.1.age" in paths
    assert "lots.0.age" not in paths
    fields["lots"] = [account()["lots"][0] | {"age": "24"}]
    fields["prices"] = account()["prices"]
    with localcontext(prec=50):
        assert read_case(fields).story.final.balances["BTC"] == Decimal("0.02")


def test_a_scenario_that_can_t_be_replayed_is_no_case() -> None:
    with pytest.raises(InvalidScenario):
        fields_of(Scenario.of({"rules": {"haircuts": "no such set"}}))


@given(scenarios())
@settings(max_examples=40)
def test_what_the_ledger_of_a_story_leaves_is_what_it_has(data: dict[str, Any]) -> None:
    """All that a ledger can tell: the balances of what it names, and that so many positions are open."""
    story = replay(Scenario.of(data))
    account_ = look(Ledger(tuple(entries_of(story))))
    fields, told = fields_of_account(account_)
    named = {entry.asset for entry in account_.entries}
    assert {each["code"]: Decimal(each["amount"]) for each in fields["balances"]} == {
        code: amount for code, amount in left(story.final.balances).items() if code in named
    }
    assert len(fields["lots"]) == len(account_.open_positions)
    for at, lot in enumerate(fields["lots"]):
        assert not any(lot[name] for name in ("pair", "side", "volume", "price", "leverage"))
        assert {f"lots.{at}.pair", f"lots.{at}.side", f"lots.{at}.volume", f"lots.{at}.price"} <= {
            problem.path for problem in told
        }


def test_what_is_staked_or_in_another_wallet_is_left_out_and_said() -> None:
    time = datetime(2026, 3, 1, tzinfo=UTC)

    def entry(line: int, purse: Purse, amount: str) -> Entry:
        return Entry(line, f"L{line}", f"R{line}", time, "deposit", purse, Decimal(amount), Decimal(0), Decimal(amount))

    rows = (
        entry(2, Purse("EUR", "", "spot / main"), "5"),
        entry(3, Purse("DOT", "S"), "7"),
        entry(4, Purse("EUR", "", "futures"), "9"),
    )
    fields, told = fields_of_account(look(Ledger(rows)))
    assert fields["balances"] == balances(EUR="5")
    assert [problem.sentence.partition(" is left out")[0] for problem in told] == [
        "7 DOT.S", "9 EUR in the wallet 'futures'",
    ]  # fmt: skip


_TYPED = st.one_of(
    st.from_regex(r"[0-9]{1,3}([,. '_][0-9]{3}){0,2}[.,]?[0-9]{0,3}", fullmatch=True),
    st.from_regex(r"[+-]?[0-9]{0,4}[.,]?[0-9]{0,4}([eE][+-]?[0-9])?( ?(EUR|BTC|€|%|x))?", fullmatch=True),
    st.text(alphabet="0123456789.,１２３٣ -+eE€ \u00a0", max_size=9),
)


@given(
    _TYPED,
    st.sampled_from(
        ["balances.0.amount", "lots.0.volume", "lots.0.price", "lots.0.leverage", "lots.0.age", "prices.0.price",
         "lots.0.rollover", "fees.trading", "stops.0.trigger"]
    ),
)  # fmt: skip
@settings(max_examples=400)
def test_whatever_is_typed_for_a_number_the_one_that_a_sentence_offers_is_taken(typed: str, path: str) -> None:
    fields = account(stops=[row("stops", pair="BTC/EUR", trigger="40000")])
    write(fields, path, typed)
    sentence = {problem.path: problem.sentence for problem in read_case(fields).problems}.get(path)
    if sentence is None:
        return
    offered = re.search(r"(?:write|with a point:) ((?:'[0-9.]+'(?: or )?)+)", sentence)
    for each in re.findall(r"'([0-9.]+)'", offered[1]) if offered else ():
        write(fields, path, each)
        assert path not in {problem.path for problem in read_case(fields).problems}, (sentence, each)


def write(fields: dict[str, Any], path: str, text: str) -> None:
    """Type something into a field."""
    *way, last = path.split(".")
    place: Any = fields
    for step in way:
        place = place[int(step)] if step.isdecimal() else place[step]
    place[last] = text

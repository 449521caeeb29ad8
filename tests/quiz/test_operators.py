"""Rules bent one by one: each changes some answer, none fails, and the engine stays what it is."""

import itertools
import json
from decimal import Decimal
from random import Random

import learners
import pytest
from asking import load

from marginlib import replay, rules
from marginlib.engine.practice import BY_THE_RULES, Practice
from marginlib.engine.scenario import Scenario
from marginlib.engine.story import Story
from marginlib.quiz import drills
from marginlib.quiz.asking import ANSWERS, Ask, Case
from marginlib.quiz.mistakes import MISTAKES
from marginlib.quiz.operators import Bent, answered, bent, operators
from marginlib.quiz.question import Question
from marginlib.reading.rulebooks import rulebook

LESSONS = learners.lessons()
load(*LESSONS)
OPERATORS = operators()
ASKED = {
    name: question
    for lesson in LESSONS
    for name, question in (learners.asked(lesson) | learners.drilled(lesson)).items()
}

SHORT = Scenario.of(
    {
        "balances": {"USD": "10000"},
        "prices": {"BTC/USD": "20000"},
        "steps": [
            {"do": "open", "pair": "BTC/USD", "side": "short", "volume": "1", "leverage": 5},
            {"do": "price", "pair": "BTC/USD", "price": "24000"},
        ],
    }
)


def question(text: str, **parts: object) -> Question:
    return Question(kind="number", text="?", ask=text, scenario=SHORT, **parts)


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_changes_some_answer_and_names_rules_that_there_are(name: str) -> None:
    assert any(learners.tells(each, name) for each in ASKED.values()), "it is dead"
    assert {*OPERATORS[name].rules} <= {*rules()}
    assert OPERATORS[name].brief.endswith(").")
    assert len(OPERATORS[name].sentence) > len(OPERATORS[name].brief)


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_gives_an_answer_or_none_and_never_fails(name: str) -> None:
    for each in ASKED.values():
        for ask in {each.ask, *(Ask(known) for known in ("pnl", "level", "unpaid", "order", "refused", "return"))}:
            given = answered(each.case, ask, (name,))
            assert given is None or isinstance(given, Decimal | str | list)


def balanced(story: Story) -> bool:
    """Whether per currency nothing is lost or made, to what rounding leaves (A8)."""
    state = story.final
    codes = {code for _, code in state.books} | {*state.balances, *story.scenario.balances}
    for code in codes:
        booked = sum((amount for (_, each), amount in state.books.items() if each == code), Decimal(0))
        if state.balance(code) + booked != story.scenario.balances.get(code, Decimal(0)):
            return False
    return True


@pytest.mark.parametrize("name", [name for name, each in OPERATORS.items() if each.conserves])
def test_where_it_says_so_nothing_is_lost_or_made(name: str) -> None:
    for each in ASKED.values():
        seen = bent(each.case, (name,))
        if seen is not None:
            assert balanced(seen.story), each.text
            assert not [have for have in seen.story.final.balances.values() if have < 0] or seen.story.error


def test_a_bent_run_leaves_no_trace_in_another() -> None:
    plain = json.dumps(replay(SHORT).as_json())
    case = Case(SHORT)
    for name in OPERATORS:
        answered(case, Ask("level"), (name,))
    assert json.dumps(replay(SHORT).as_json()) == plain
    assert case.story.final.rulebook.practice is rulebook().practice is BY_THE_RULES


def test_to_ask_the_practice_is_to_ask_the_rules() -> None:
    """Each decision wrapped in a function of its own: nothing in the engine takes the default for granted."""
    wrapped = Practice(**{name: (lambda *given, decide=decide: decide(*given)) for name, decide in BY_THE_RULES})
    book = rulebook().replaced(practice=wrapped)
    for each in ASKED.values():
        if not ANSWERS[each.ask.name].alone:
            assert Case(each.scenario, book).answer(each.ask) == each.answer, each.text


def test_operators_go_together_and_their_order_is_that_of_the_registry() -> None:
    case = Case(SHORT)
    both = ("other_side", "margin_of_the_other_side")
    assert answered(case, Ask("level"), both) == Decimal("350.0000")
    assert answered(case, Ask("pnl"), ("other_side", "settled_instead")) is None


def test_operators_that_say_nothing_change_nothing() -> None:
    start = Bent(SHORT, rulebook())
    assert OPERATORS["closed_instead"].bend(start) is None
    assert bent(Case(SHORT), ("closed_instead",)) is None


def test_two_mistakes_of_one_number_are_both_named() -> None:
    verdict = question("return", unit="%").judge("-20")
    assert verdict.mistakes == ("leverage_divides", "margin_is_the_cost")
    assert not verdict.together
    assert " Or: You measured on the whole cost (B2, R20). You: −20 %; by the rule: −100 %." in verdict.sentence


def test_two_mistakes_at_once_are_told_where_no_single_one_gives_the_number() -> None:
    asked = question("level", unit="%", tolerance="0.1")
    verdict = asked.judge("350")
    assert verdict.mistakes == ("other_side", "margin_of_the_other_side")
    assert verdict.together
    assert verdict.sentence.startswith(
        "It looks like two mistakes at once. One: You gave the position the other side's result."
    )
    assert verdict.sentence.endswith(verdict.beside)
    assert asked.judge("291.67").mistakes == ("other_side",)


def test_a_sentence_says_what_was_done_why_it_seems_right_the_rule_and_both_numbers() -> None:
    verdict = question("used_margin", unit="USD").judge("4000")
    assert verdict.sentence == (
        "You took the other side's used margin. One rule for both would be simpler. A long's stays at opening cost ÷ "
        "leverage; a short's is fixed in coins, so it moves with the price (B2). You: 4,000.00 USD; by the rule: "
        "4,800.00 USD."
    )


def test_what_many_mistakes_lead_to_is_told_with_care() -> None:
    asked = ASKED["04 check converted"]
    verdict = asked.judge("0")
    assert verdict.mistakes[0] == "netted"
    assert len(verdict.mistakes) > 3
    assert verdict.sentence.startswith(
        "Several mistakes lead there. The likeliest: You added profits and losses up first."
    )
    unnamed = Question(**{**dict(asked.written), "mistakes": ()}).judge("0")
    assert unnamed.sentence.startswith("It is more than 0.00 EUR. Think of this: ")


def test_a_right_answer_hears_why() -> None:
    assert question("used_margin", unit="USD").judge("4800").sentence == (
        "Yes: 4,800.00 USD. It ties up 4,800.00 USD: 1 BTC at 24,000.00 USD, divided by 5 (B2)."
    )


def test_an_option_may_be_a_mistake() -> None:
    options = [{"mistake": "other_side"}, {"mistake": "leverage_multiplies", "text": "a lot: {leverage_multiplies} %"}]
    asked = question("level", unit="%").written
    made = Question(
        **{**dict(asked), "kind": "one", "options": [*options, {"value": "{answer | plain}", "text": "right"}]}
    )
    assert [(each.value, each.text) for each in made.options[:2]] == [
        ("291.6667", "291.67 %"), ("-208.3333", "a lot: −208.33 %"),
    ]  # fmt: skip
    verdict = made.judge("291.6667")
    assert verdict.mistake == "other_side"
    assert "(R11, R20)." in verdict.sentence
    assert made.judge("125").right


def test_names_from_before_lead_to_the_operators() -> None:
    assert MISTAKES["limit_times_leverage"] is MISTAKES["leverage_multiplies"]
    known = question("level", mistakes=["short_margin_kept", "long_margin_moved", "level_upside_down"]).mistakes
    assert known == ("margin_of_the_other_side", "level_upside_down")


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_s_questions_tell_its_rules_from_their_mutants(lesson: str) -> None:
    found = learners.mutants(lesson, learners.asked(lesson) | learners.drilled(lesson))
    missed = [name for name, places in found.items() if not places]
    assert len(missed) <= len(found) / 20, missed


def test_simulated_learners_are_understood_and_not_blamed_for_what_they_did_not_do() -> None:
    tally = learners.simulate(learners.population(Random(5), 24), LESSONS)
    assert tally.right >= Decimal("0.95") * tally.distinguishable > 50
    assert tally.blamed <= tally.shown / 100


def test_a_drill_s_mistakes_all_differ() -> None:
    for lesson, level in (("01", 4), ("04", 4), ("07", 1)):
        for seed in range(8):
            made = drills.make(lesson, seed, level)
            values = sorted([*made.wrong.values(), *[given for given in [made.answer] if isinstance(given, Decimal)]])
            assert all(two - one > made.tolerance for one, two in itertools.pairwise(values))


def test_of_pairs_that_lead_to_one_number_only_what_they_share_is_named() -> None:
    known = learners.asked("03")["03 check after"].judge("55200")
    assert (known.mistakes, known.together) == (("settled_the_margin_only",), True)
    assert "The other can't be told." in known.sentence
    assert learners.asked("01")["01 check free"].judge("8400").mistakes == ()

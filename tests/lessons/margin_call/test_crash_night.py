"""Crash night: what is predicted are rules, every number is the engine's, and no profit is scored."""

import re
from fractions import Fraction

import pytest

from marginlib import replay
from marginlib.lessons import CrashNight
from marginlib.lessons.margin_call.night import CRASHES, KINDS, ROUNDS, standing
from marginlib.reading.rulebooks import rules


def played(night: CrashNight, *decisions: str, line: str = "") -> CrashNight:
    """The night, with these decisions, the last one again and again; ``line`` is what a team predicts."""
    at = 0
    while night.stage != "end":
        if night.stage == "predict":
            night.take(line)
            night.press("answers")
            night.press("rules")
        elif night.stage == "rules":
            night.press(decisions[min(at, len(decisions) - 1)])
            if night.stage == "rules":  # it can't be decided any more, or is refused
                night.press("hold")
            at += 1
        else:
            (button,) = night.scene()["buttons"]
            night.press(button["do"])
    return night


def right_line(night: CrashNight) -> str:
    """What somebody would predict who knows the rules."""
    found = []
    for votes in night.votes.values():
        (value,) = votes.question.right
        found.append(value if votes.question.kind == "number" else votes.letters[value])
    return " ".join(found)


@pytest.mark.parametrize("crash", CRASHES)
@pytest.mark.parametrize("decision", ["hold", "stops", "deposit", "sell", "close"])
def test_every_crash_is_played_to_its_end_with_every_decision(crash: str, decision: str) -> None:
    night = CrashNight(crash)
    rounds = 0
    while night.stage != "end":
        if night.stage == "predict":
            rounds += 1
            night.take(f"Reds: {right_line(night)}")
            assert not night.polls()[1]
            night.press("answers")
            night.press("rules")
            known = [name for name, _ in night.decisions()]
            night.press(decision if decision in known else "hold")
            if night.stage == "rules":
                assert night.said.startswith("Refused: ") == (decision in known)
                night.press("hold")
        else:
            (button,) = night.scene()["buttons"]
            night.press(button["do"])

    assert 1 <= rounds <= ROUNDS
    assert night.scores["Reds"][0] == night.scores["Reds"][1] > 0


def test_the_account_as_it_stands_has_the_same_margin_as_the_one_that_came_there() -> None:
    night = CrashNight("March 2020")
    for _ in range(2):
        there = replay(standing(night.story.final, Fraction(1)))
        assert there.margin
        assert night.story.margin
        assert there.margin.level == night.story.margin.level
        assert there.final.balances == night.story.final.balances
        for button in ("answers", "rules", "deposit", "next"):
            night.press(button)


def test_what_is_supposed_does_not_tell_what_comes() -> None:
    """It follows from the account alone: another future would suppose the same."""
    nights = [CrashNight(crash, USD=10_000, BTC=0) for crash in CRASHES]

    assert len({night.factor for night in nights}) == 1


def test_nothing_tells_right_from_wrong_before_the_engine_is_asked() -> None:
    night = CrashNight("March 2020")
    night.take("Reds: 120 A A A")
    night.press("answers")
    for section in night.scene()["sections"]:
        assert section["said"] == ""
        assert all(bar["right"] is None and not bar["because"] for bar in section["bars"])
    assert not night.scores


def test_without_a_decision_march_2020_ends_in_the_liquidation_of_the_lesson() -> None:
    night = played(CrashNight("March 2020"), "hold", line="Reds: 1 A B C")

    assert night.round == 3
    assert [each.by for each in night.story.realised] == ["liquidation", "liquidation"]
    assert [each.position.base for each in night.story.realised] == ["BTC", "ETH"]
    assert round(night.story.realised[0].price, 2) == night.story.realised[0].price


def test_the_debrief_names_what_failed_with_its_rule() -> None:
    night = played(CrashNight("March 2020"), "hold", line="Reds: 1 A B C\nBlues: 1 A A A")
    rows = {row[0]: row[1:] for row in night.scene()["rows"][1:]}

    assert rows[KINDS["first"]][0] == "3 of 6"
    assert "(B5)" in rows[KINDS["first"]][1]
    assert "(R13)" in rows[KINDS["pays"]][1]
    assert [score["who"] for score in night.scene()["scores"]] == ["Blues", "Reds"]


def test_scores_do_not_depend_on_what_became_of_the_money() -> None:
    """The same predictions of the same questions score alike, whatever the class decides after them."""
    scores = set()
    for decision in ("hold", "deposit", "close"):
        night = CrashNight("May 2021")
        night.take(f"Reds: {right_line(night)}")
        for button in ("answers", "rules", decision):
            night.press(button)
        scores.add(tuple(night.scores["Reds"]))
    assert scores == {(4, 4)}


def test_a_refused_decision_leaves_all_as_it_is_and_says_why() -> None:
    night = CrashNight("May 2021")
    for button in ("answers", "rules", "hold", "next", "answers", "rules", "hold", "next", "answers", "rules"):
        night.press(button)
    before = night.story
    night.press("sell")

    assert night.stage == "rules"
    assert night.story is before
    assert re.match(r"Refused: .* below 100 %.* Choose again\.", night.said)
    assert night.said in night.scene()["paragraphs"]


def test_a_line_that_lacks_an_answer_is_told_and_the_others_count() -> None:
    night = CrashNight("March 2020")
    night.take("Reds: 120 A\nBlues: - A A A\nGreens: 120 % A A A")
    polls, notes = night.polls()

    assert notes == ["Line 1: expected an answer to each of the 4 questions, in their order, or a -."]
    assert [poll.answers for poll in polls.values()] == [2, 3, 2, 2]


def test_without_a_crash_one_is_chosen_and_the_night_begins_anew() -> None:
    night = CrashNight()
    assert [each["text"] for each in night.scene()["buttons"]] == list(CRASHES)
    night.press("May 2021")
    assert night.stage == "predict"
    played(night, "hold")
    night.press("over")
    assert night.stage == "choose"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"crash": "Rise"}, "crash: expected one of March 2020"),
        ({"path": "Rise"}, "path: set by the night itself"),
        ({"leverage": 99}, "leverage: expected a number from 2 to 10"),
        ({"crash": "March 2020", "USD": 0, "BTC": 0}, "margin"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CrashNight(**given)  # type: ignore[arg-type]


def test_every_rule_that_the_night_names_exists() -> None:
    night = played(CrashNight("November 2022"), "stops", line="Reds: 1 B C C")
    text = repr(night.scene()) + repr(night.happened)
    assert set(re.findall(r"\b[RABC]\d{1,2}\b", text)) <= set(rules())

"""What practice asks next: learnt, forgotten, wrong, mixed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import forgetting
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginlib.quiz.drills import LEVELS
from marginlib.quiz.schedule import AT_ONCE, GAPS, KINDS, ROW, Answered, Standing, Task

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LESSONS = ("01", "02", "03", "04", "05")
RIGHTS = st.lists(st.booleans(), max_size=120)


def done(task: Task, at: datetime, *, right: bool = True) -> Answered:
    return Answered(at, task.lesson, task.level, f"asked {task.level}", task.after + 1, task.stage, right)


def following(standing: Standing, at: datetime) -> Task:
    task = standing.next(at, early=True)
    assert task
    return task


def through(rights: list[bool], lessons: tuple[str, ...] = LESSONS) -> tuple[Standing, list[Answered], datetime]:
    """Do what comes next, right or wrong, a task a minute; what is shown can't be wrong."""
    standing, past, at = Standing(lessons, []), [], START
    for right in rights:
        task = following(standing, at)
        past.append(done(task, at, right=right or task.stage == "shown"))
        standing.take_in(past[-1])
        at += MINUTE
    return standing, past, at


def learn(lesson: str = "01") -> tuple[Standing, datetime]:
    """Get everything right until a lesson's skill is learnt."""
    standing, at = Standing([lesson], []), START
    while not standing.skills[lesson].learnt:
        task = standing.next(at)
        assert task
        at += MINUTE
        standing.take_in(done(task, at))
    return standing, at


def test_a_structure_is_first_shown_then_filled_in_then_asked_alone() -> None:
    _, past, _ = through([True] * 60)

    for lesson in LESSONS:
        for level in {each.level for each in past if each.lesson == lesson}:
            stages = [each.stage for each in past if (each.lesson, each.level) == (lesson, level)]
            assert stages == ["shown", "filled", *["alone"] * (len(stages) - 2)][: len(stages)]


@given(RIGHTS)
def test_what_is_shown_is_done_at_once_with_other_numbers_and_the_same_structure(rights: list[bool]) -> None:
    _, past, _ = through(rights)

    for shown, then in pairwise(past):
        if shown.stage == "shown":
            assert (then.lesson, then.level, then.stage) == (shown.lesson, shown.level, "filled")
            assert then.seed > shown.seed


@given(RIGHTS)
def test_the_same_numbers_never_come_twice(rights: list[bool]) -> None:
    _, past, _ = through(rights)
    drawn = [(each.lesson, each.level, each.seed) for each in past]

    assert len(drawn) == len(set(drawn))


@given(RIGHTS)
def test_lessons_are_mixed(rights: list[bool]) -> None:
    """Two tasks of one lesson follow each other only where one was shown: with five lessons another is always there."""
    _, past, _ = through(rights)

    assert all(one.lesson != then.lesson or one.stage == "shown" for one, then in pairwise(past))


@given(RIGHTS)
def test_few_lessons_are_begun_at_a_time(rights: list[bool]) -> None:
    standing = Standing(LESSONS, [])
    for each in through(rights)[1]:
        new = not standing.skills[each.lesson].stages
        learning = sum(1 for skill in standing.skills.values() if skill.stages and not skill.learnt)
        assert not new or learning < AT_ONCE
        standing.take_in(each)


@given(RIGHTS)
def test_learnt_is_five_right_in_a_row_over_two_kinds_alone(rights: list[bool]) -> None:
    standing, past, _ = through(rights)

    for lesson, skill in standing.skills.items():
        alone = [each for each in past if each.lesson == lesson and each.stage in ("filled", "alone")]
        row: list[Answered] = []
        learnt = False
        for each in alone:
            row = [*row, each] if each.right else []
            asked = [one for one in row if one.stage == "alone"]
            learnt = each.right and (learnt or (len(asked) >= ROW and len({one.kind for one in asked}) >= KINDS))
        assert skill.learnt == learnt


def test_all_levels_have_been_met_when_a_skill_is_learnt_without_a_mistake() -> None:
    assert learn()[0].skills["01"].passed == set(range(1, LEVELS + 1))


def test_five_of_one_kind_are_not_enough() -> None:
    standing = Standing(["01"], [])
    for number in range(2 * ROW):
        standing.take_in(Answered(START + number * MINUTE, "01", 1, "pnl", number, "alone", True))
    assert not standing.skills["01"].learnt

    standing.take_in(Answered(START + DAY, "01", 2, "level", 1, "alone", True))
    assert standing.skills["01"].learnt


def test_what_is_learnt_is_due_after_a_day_and_then_later_and_later() -> None:
    standing, at = learn()
    skill = standing.skills["01"]
    for gap in GAPS:
        assert skill.due == at + gap * DAY
        assert standing.next(at + gap * DAY - MINUTE) is None
        at += gap * DAY
        task = standing.next(at)
        assert task
        assert task.stage == "alone"
        standing.take_in(done(task, at))
    assert skill.due == at + GAPS[-1] * DAY


def test_what_is_right_before_it_is_due_moves_nothing() -> None:
    standing, at = learn()
    due = standing.skills["01"].due
    task = standing.next(at + MINUTE, early=True)
    assert task
    standing.take_in(done(task, at + MINUTE))

    assert standing.skills["01"].due == due


def test_what_was_learnt_and_is_wrong_is_to_be_learnt_anew() -> None:
    standing, at = learn()
    task = standing.next(at + DAY)
    assert task
    standing.take_in(done(task, at + DAY, right=False))

    skill = standing.skills["01"]
    assert (skill.learnt, skill.was_learnt, skill.row) == (False, True, [])
    back = standing.next(at + DAY)
    assert back
    assert (back.level, back.stage, back.ask) == (task.level, "filled", f"asked {task.level}")


@given(RIGHTS)
def test_what_was_wrong_comes_back_soon_with_its_structure_and_a_step_easier(rights: list[bool]) -> None:
    standing, _, at = through(rights)
    task = following(standing, at)
    if task.stage == "shown":
        standing.take_in(done(task, at))
        task = following(standing, at)
    wrong = done(task, at, right=False)
    before = sum(1 for skill in standing.skills.values() if skill.back)
    standing.take_in(wrong)
    for turn in range(1, 30):
        at += MINUTE
        then = standing.next(at, early=True)
        assert then
        if then.lesson == wrong.lesson:
            assert (then.level, then.ask) == (wrong.level, wrong.ask)
            assert then.stage == ("filled" if wrong.stage == "alone" else "shown")
            assert then.after == wrong.seed
            # A shown task has its filled one behind it; and what else was wrong before comes before it.
            assert turn <= 4 + 2 * before  # two others come between
            return
        standing.take_in(done(then, at))
    raise AssertionError("it never came back")


@given(RIGHTS)
def test_what_was_wrong_comes_back_sooner_than_what_was_right(rights: list[bool]) -> None:
    """Of one and the same task: how many tasks it takes until its structure is asked again."""

    def until(right: bool) -> int:
        standing, _, at = through(rights)
        first = following(standing, at)
        while first.stage != "alone" or any(skill.back for skill in standing.skills.values()):
            standing.take_in(done(first, at))
            at += MINUTE
            first = following(standing, at)
        standing.take_in(done(first, at, right=right))
        for turn in range(1, 400):
            at += MINUTE
            then = following(standing, at)
            if (then.lesson, then.level) == (first.lesson, first.level):
                return turn
            standing.take_in(done(then, at))
        return 400

    assert until(right=False) < until(right=True)


def test_an_example_that_nobody_wants_is_asked_alone_at_once() -> None:
    skipped = Answered(START, "01", 1, "pnl", 9, "skipped", True)

    assert Standing(LESSONS, [skipped]).next(START) == Task("01", 1, "alone", "pnl", 9)


@given(RIGHTS)
def test_there_is_always_something_to_go_on_with(rights: list[bool]) -> None:
    standing, _, at = through(rights, ("01",))

    assert standing.next(at, early=True) is not None


def test_nothing_is_due_where_all_is_learnt() -> None:
    standing, _, at = through([True] * 100)
    assert all(skill.learnt for skill in standing.skills.values())

    assert standing.next(at) is None
    assert standing.next(at + DAY) is not None


def test_a_time_without_end_is_no_trouble() -> None:
    standing, _ = learn()
    standing.take_in(Answered(datetime.max.replace(tzinfo=UTC), "01", 1, "pnl", 1, "alone", True))

    assert standing.next(START) is None


@pytest.mark.parametrize("kind", [{}, {"growth": 1.0}, {"beginning": 4.0}])
def test_simulated_learners_keep_more_of_mixed_practice(kind: dict[str, Any]) -> None:
    """With the spacing effect in the model. Without it there is nothing to gain: that is said with the figures."""
    assert forgetting.score(forgetting.mixed, 280, 60, **kind) > forgetting.score(forgetting.blocked, 280, 60, **kind)


def test_without_the_spacing_effect_the_simulation_has_no_reason_to_prefer_it() -> None:
    shares = [forgetting.score(way, 280, 60, spacing=False) for way in (forgetting.mixed, forgetting.blocked)]

    assert shares[0] < shares[1]


def test_learnt_is_five_right_in_a_row_over_two_kinds() -> None:
    """The figures that are promised, as figures: a skill that counted sooner would be one that was never shown."""
    standing, at = Standing(["01"], []), START
    kinds: list[str] = []
    while not standing.skills["01"].learnt:
        task = following(standing, at)
        at += MINUTE
        standing.take_in(done(task, at))
        if task.stage == "alone":
            kinds.append(f"{task.level}")
    assert len(kinds) >= 5
    assert len({*kinds}) >= 2
    assert len(standing.skills["01"].row) == len(kinds)

    for count, of in ((4, 2), (5, 1)):
        answered = [Answered(START + n * MINUTE, "01", 1 + n % of, "taken", n, "alone", True) for n in range(count)]
        assert not Standing(["01"], answered).skills["01"].learnt
    answered = [Answered(START + n * MINUTE, "01", 1 + n % 2, "taken", n, "alone", True) for n in range(5)]
    assert Standing(["01"], answered).skills["01"].learnt


def test_what_is_learnt_comes_back_after_a_day_and_then_each_time_after_about_twice_as_long() -> None:
    assert GAPS[0] == 1
    assert all(1.9 * before <= after <= 3 * before for before, after in pairwise(GAPS))

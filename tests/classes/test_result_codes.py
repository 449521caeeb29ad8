"""Result codes: what is written is what is read, and whatever was mistyped is named."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginlib.classes import groups
from marginlib.classes.groups import ALPHABET, SIZE, Damaged
from marginlib.classes.handed_in import MOST_ITEMS, Done, Foreign, Result, code, read, short

NAMES = st.integers(0, 4095)
WRONG = st.builds(
    Done, st.integers(1, 8), st.just(False), st.booleans(), st.lists(NAMES, max_size=2, unique=True).map(tuple)
)
LATER = st.builds(
    Done, st.integers(2, 8), st.just(True), st.booleans(), st.lists(NAMES, max_size=2, unique=True).map(tuple)
)
ITEMS = st.one_of(st.just(Done()), st.just(Done(1, True)), LATER, WRONG)
RESULTS = st.builds(
    Result,
    st.integers(0, 65535),
    st.integers(0, 65535),
    st.integers(0, 511),
    st.lists(ITEMS, min_size=1, max_size=24).map(tuple),
)
SETTINGS = settings(max_examples=150, deadline=None)


def again(text: str, result: Result) -> Result:
    return read(text, len(result.items), result.exercise)


@SETTINGS
@given(RESULTS)
def test_what_is_written_is_read(result: Result) -> None:
    written = code(result)

    assert again(written, result) == result
    assert set(written) <= {*ALPHABET, "-"}
    assert all(len(group) == SIZE for group in written.split("-"))


@SETTINGS
@given(RESULTS, st.data())
def test_a_code_survives_mail_chat_and_being_read_aloud(result: Result, data: st.DataObject) -> None:
    written = code(result)
    between = st.sampled_from(["-", " ", "\n", "\r\n> ", "–", " — ", "‑", "−", "\u00ad-", "", ", ", "\u200b "])
    one = data.draw(between)
    sent = one.join(written.split("-")).lower()
    sent = sent.replace("0", data.draw(st.sampled_from("0oO"))).replace("1", data.draw(st.sampled_from("1iIlL")))
    sent = sent.replace("v", data.draw(st.sampled_from("vuU")))
    wrapped = "\n".join(sent[at : at + 33] for at in range(0, len(sent), 33)) if data.draw(st.booleans()) else sent

    assert again(f" My code: {wrapped} \n", result) == result


@SETTINGS
@given(RESULTS, st.data())
def test_a_mistyped_character_is_noticed_and_its_group_named(result: Result, data: st.DataObject) -> None:
    parts = code(result).split("-")
    at = data.draw(st.integers(0, len(parts) - 1))
    place = data.draw(st.integers(0, SIZE - 1))
    other = data.draw(st.sampled_from([each for each in ALPHABET if each != parts[at][place]] + ["?", "Ä", "€"]))
    parts[at] = parts[at][:place] + other + parts[at][place + 1 :]

    with pytest.raises(Damaged) as said:
        again("-".join(parts), result)

    assert said.value.groups == (at + 1,)
    assert f"group {at + 1}" in str(said.value)


@SETTINGS
@given(RESULTS, st.data())
def test_two_characters_that_changed_places_are_noticed_and_named(result: Result, data: st.DataObject) -> None:
    signs = list(code(result).replace("-", ""))
    first = data.draw(st.integers(0, len(signs) - 2))
    second = data.draw(st.integers(first + 1, min(first + SIZE - 1, len(signs) - 1)))
    if signs[first] == signs[second]:
        return
    signs[first], signs[second] = signs[second], signs[first]

    with pytest.raises(Damaged) as said:
        again("".join(signs), result)

    assert {first // SIZE + 1, second // SIZE + 1} == set(said.value.groups)


@SETTINGS
@given(RESULTS, st.data())
def test_groups_that_changed_places_or_are_missing_are_noticed(result: Result, data: st.DataObject) -> None:
    parts = code(result).split("-")
    first, second = sorted(data.draw(st.lists(st.integers(0, len(parts) - 1), min_size=2, max_size=2, unique=True)))
    swapped = list(parts)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    if swapped != parts:
        with pytest.raises(Damaged) as said:
            again("-".join(swapped), result)
        assert said.value.groups

    with pytest.raises(Damaged) as lost:
        again("-".join(parts[:second] + parts[second + 1 :]), result)
    assert lost.value.groups
    with pytest.raises(Damaged):
        again("-".join([*parts, parts[-1]]), result)


@SETTINGS
@given(RESULTS, st.data())
def test_a_character_too_few_or_too_many_is_noticed_where_it_is(result: Result, data: st.DataObject) -> None:
    parts = code(result).split("-")
    at = data.draw(st.integers(0, len(parts) - 1))
    place = data.draw(st.integers(0, SIZE - 1))
    more = data.draw(st.sampled_from(ALPHABET))
    for changed in (parts[at][:place] + parts[at][place + 1 :], parts[at][:place] + more + parts[at][place:]):
        with pytest.raises(Damaged) as said:
            again("-".join([*parts[:at], changed, *parts[at + 1 :]]), result)
        assert said.value.groups == (at + 1,)


@given(st.text(max_size=80))
def test_any_text_gets_a_sentence(text: str) -> None:
    with pytest.raises(Damaged) as said:
        read(text, 3)
    assert str(said.value)


def test_what_is_no_code_is_told_so() -> None:
    for text, told in [("", "no result code"), ("hello", "no result code"), ("x" * 3000, "3,000 characters")]:
        with pytest.raises(Damaged, match=told):
            read(text, 1)


def test_another_exercise_or_version_is_foreign_and_not_damaged() -> None:
    made = code(Result(5, 9, 12, (Done(1, True), Done(3, False, False, (7,)))))
    with pytest.raises(Foreign, match="for another exercise"):
        read(made, 2, 6)
    with pytest.raises(Foreign, match="fewer"):
        read(made, 30, 5)
    with pytest.raises(Foreign, match="more items"):
        read(code(Result(5, 9, 12, (Done(3, False, False, (7,)),) * 3)), 1, 5)
    with pytest.raises(Foreign, match="of version 2"):
        read(groups.written("00010" + "000010" + "0" * 20), 1)


def test_all_mistakes_of_a_long_exercise_fit_as_far_as_there_is_place() -> None:
    result = Result(1, 2, 511, (Done(8, False, True, (1, 2)),) * MOST_ITEMS)
    read_again = read(code(result), MOST_ITEMS, 1)

    assert all(each.mistakes[:1] == (1,) for each in read_again.items)
    assert [each.tries for each in read_again.items] == [8] * MOST_ITEMS


@pytest.mark.parametrize(("items", "longest"), [(10, 50), (20, 80)])
def test_a_code_is_short(items: int, longest: int) -> None:
    """Characters without hyphens; half of the items wrong at first, each with its mistake."""
    half = [Done(1, True) if at % 2 else Done(2, True, False, (short(str(at)),)) for at in range(items)]

    assert len(code(Result(1, 2, 30, tuple(half))).replace("-", "")) <= longest


def test_two_errors_in_one_group_are_found_by_the_checksum() -> None:
    """A group's own check misses one in 32 of those; the code's checksum doesn't."""
    source = random.Random(1)
    result = Result(77, 88, 9, (Done(1, True), Done(2, False, False, (100,)), Done()) * 3)
    parts = code(result).split("-")
    for _ in range(3000):
        at = source.randrange(len(parts))
        group = list(parts[at])
        for place in source.sample(range(SIZE), 3):
            group[place] = source.choice([each for each in ALPHABET if each != group[place]])
        with pytest.raises(Damaged):
            again("-".join([*parts[:at], "".join(group), *parts[at + 1 :]]), result)

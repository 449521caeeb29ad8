"""Mappings that states share behave as dicts do, whatever is written to which copy."""

from hypothesis import given
from hypothesis import strategies as st

from marginlib.engine.sharing import Shared

WRITES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200), st.integers(1, 9)), max_size=400)


@given(st.integers(0, 100), WRITES)
def test_copies_are_dicts_of_their_own(start: int, writes: list[tuple[int, int, int]]) -> None:
    """A write, a removal or another copy, here and there; each copy beside a plain dict."""
    begun = dict.fromkeys(range(start), 1)
    copies, dicts = [Shared(begun)], [dict(begun)]
    for kind, key, value in writes:
        at = key % len(copies)
        if kind == 0:
            copies.append(copies[at].copy())
            dicts.append(dicts[at].copy())
        elif kind == 1 and key in dicts[at]:
            del copies[at][key], dicts[at][key]
        else:
            copies[at][key] = dicts[at][key] = value

    assert [dict(each) for each in copies] == dicts
    assert [len(each) for each in copies] == [len(each) for each in dicts]
    for each, plain in zip(copies, dicts, strict=True):
        assert each == plain
        assert all((key in each) == (key in plain) and each.get(key, 0) == plain.get(key, 0) for key in range(201))


@given(st.lists(st.integers(0, 200), max_size=300))
def test_keys_come_in_the_order_in_which_they_were_set(keys: list[int]) -> None:
    shared: Shared[int, int] = Shared()
    for key in keys:
        shared = shared.copy()
        shared[key] = 1

    assert list(shared) == list(dict.fromkeys(keys))
    assert repr(shared) == repr(dict.fromkeys(keys, 1))

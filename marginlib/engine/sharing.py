"""Mappings that many states share: a copy costs nothing until it is written to, and then as little as it can.

A story keeps the state after every step, and a step changes few entries. So an entry that a step didn't touch lies in
memory once, however many states have it.
"""

import gc
from collections.abc import ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from contextlib import contextmanager
from typing import Generic, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
_FEW = 32  # so many entries are copied at once; with more, what changed lately lies on top of what didn't


class Shared(MutableMapping[K, V], Generic[K, V]):
    """A dict whose copies share what is alike in them. Keys come in the order in which they were first set.

    >>> one = Shared({"EUR": 1})
    >>> two = one.copy()
    >>> two["USD"] = 2
    >>> one, two
    ({'EUR': 1}, {'EUR': 1, 'USD': 2})
    """

    __slots__ = ("_below", "_lent", "_own")

    def __init__(self, entries: Mapping[K, V] | None = None) -> None:
        self._below: dict[K, V] = {}  # never changed once it is here
        self._own: dict[K, V | None] = dict(entries or {})  # None: gone from below
        self._lent = False  # whether a copy shares ``_own``

    def copy(self) -> "Shared[K, V]":
        """The same entries, to be changed apart from these."""
        twin = Shared.__new__(Shared)
        twin._below, twin._own = self._below, self._own
        twin._lent = self._lent = True
        return twin

    @overload
    def get(self, key: K, /) -> V | None: ...
    @overload
    def get(self, key: K, /, default: V | T) -> V | T: ...
    def get(self, key: K, /, default: T | None = None) -> V | T | None:
        """The value of a key, or the default."""
        found = self._own.get(key)
        if found is None and self._below and key not in self._own:
            found = self._below.get(key)
        return default if found is None else found

    def __getitem__(self, key: K) -> V:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None  # type: ignore[arg-type]

    def __setitem__(self, key: K, value: V) -> None:
        (self._written() if self._lent else self._own)[key] = value

    def __delitem__(self, key: K) -> None:
        self[key]
        own = self._written() if self._lent else self._own
        if key in self._below:
            own[key] = None
        else:
            del own[key]

    def __ior__(self, other: Mapping[K, V]) -> "Shared[K, V]":
        self.update(other)
        return self

    def _written(self) -> dict[K, V | None]:
        """The top layer, this copy's own: with more than a few entries, most go below, where they aren't copied."""
        own = self._own
        if len(own) > _FEW and len(own) ** 2 > len(self._below):
            self._below, self._own = dict(self._merged()), {}
        else:
            self._own = own.copy()
        self._lent = False
        return self._own

    def _merged(self) -> dict[K, V]:
        """All that there is, to be looked at and not to be changed."""
        if not self._below:
            return self._own  # type: ignore[return-value]  # nothing is gone where nothing was below
        merged = self._below | self._own
        return {key: value for key, value in merged.items() if value is not None}

    def items(self) -> ItemsView[K, V]:
        """Keys with their values."""
        return self._merged().items()

    def values(self) -> ValuesView[V]:
        """The values alone."""
        return self._merged().values()

    def __iter__(self) -> Iterator[K]:
        return iter(self._merged())

    def __len__(self) -> int:
        return len(self._merged())

    def __repr__(self) -> str:
        return repr(self._merged())


@contextmanager
def all_kept() -> Iterator[None]:
    """Don't look for garbage meanwhile: what a story is made of has no cycles, and all of it is kept.

    Python looks again and again through all that there is; for 100,000 steps that is a third of the time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()

"""Things known by a name, each registered once: two of one name are an error, never a silent change of mind."""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

Entry = TypeVar("Entry")
_DESK = "__main__"


class Registry(Mapping[str, Entry], Generic[Entry]):
    """Entries by name, in the order in which they were registered.

    >>> known = Registry[int]("number")
    >>> known.add("one", 1, "a.module")
    1
    >>> known.add("one", 2, "another.module")
    Traceback (most recent call last):
    ValueError: there is a number 'one' already, in a.module; give this one another name
    """

    def __init__(self, what: str) -> None:
        """Say what the entries are, in the singular, for the sentences."""
        self.what = what
        self._entries: dict[str, Entry] = {}
        self._sources: dict[str, str] = {}
        self._aliases: dict[str, str] = {}

    def add(self, name: str, entry: Entry, source: str) -> Entry:
        """Register an entry that a module makes. A notebook's cell that is run again replaces what it made itself.

        Raises:
            ValueError: there is one of that name already; names the module.
        """
        if name in self._entries and not source == self._sources[name] == _DESK:
            where = "this notebook" if self._sources[name] == _DESK else self._sources[name]
            article = "an" if self.what[0] in "aeiou" else "a"
            raise ValueError(f"there is {article} {self.what} '{name}' already, in {where}; give this one another name")
        self._entries[name], self._sources[name] = entry, source
        return entry

    def alias(self, entry: str, *names: str) -> None:
        """Other names by which an entry is found, such as those that files have from before; they are not listed.

        >>> known = Registry[int]("number")
        >>> known.add("one", 1, "a.module"), known.alias("one", "single"), known["single"], [*known]
        (1, None, 1, ['one'])
        """
        self._aliases |= dict.fromkeys(names, entry)

    def find(self, name: str) -> Entry:
        """The entry of that name.

        Raises:
            ValueError: there is none; lists those that there are.

        >>> Registry[int]("number").find("two")
        Traceback (most recent call last):
        ValueError: there is no number 'two'; known: none
        """
        name = self._aliases.get(name, name)
        if name not in self._entries:
            raise ValueError(f"there is no {self.what} '{name}'; known: {', '.join(self._entries) or 'none'}")
        return self._entries[name]

    def __getitem__(self, name: str) -> Entry:
        return self._entries[self._aliases.get(name, name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

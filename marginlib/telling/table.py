"""A small table for where there is no pandas, as in a browser: it looks like pandas' and does what the lessons do.

Rows and columns can be chosen, by name, number or condition. No amount becomes a float that wasn't one before.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from html import escape
from typing import Any, Literal, NoReturn

Kind = Literal["int64", "float64", "str", "object", "bool", "datetime64[us]"]
Rows = list[int]

_MOST, _AT_ENDS = 60, 5  # rows: more than so many are shown as the first and last few
_WIDEST = 50  # characters of a cell
_LINE = 80  # characters of a line of text
_STYLE = """\
<style scoped>
    .dataframe tbody tr th:only-of-type {
        vertical-align: middle;
    }

    .dataframe tbody tr th {
        vertical-align: top;
    }

    .dataframe thead th {
        text-align: right;
    }
</style>
"""
_CAN = (
    "table['fee'], table[['type', 'fee']], table[table['fee'] > 0], head, tail, drop(columns=…), iloc, loc, to_dict()"
)


class Column:
    """One column of a table, or one row of it: values with their labels.

    Compared with something, it gives a column of True and False, which chooses rows of a table.

    >>> fees = Column("fee", [1, 2, 3])
    >>> (fees > 1).tolist(), fees.sum(), len(fees)
    ([False, True, True], 6, 3)
    """

    def __init__(
        self, name: object, values: Sequence[Any], labels: Sequence[Any] | None = None, kind: Kind | None = None
    ) -> None:
        self.name = name
        self.dtype = kind or _kind(values)
        self.index = list(range(len(values)) if labels is None else labels)
        self._values: list[Any] = list(values)
        if self.dtype == "float64":
            self._values = [float("nan") if value is None else float(value) for value in values]

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __getitem__(self, label: object) -> Any:
        if label not in self.index:
            raise KeyError(f"There is no {label!r} here; there are {', '.join(map(repr, self.index))}.")
        return self._values[self.index.index(label)]

    def __getattr__(self, name: str) -> NoReturn:
        _no_such("column", name, "comparisons, isin, sum, min, max, tolist")

    def _than(self, other: object, holds: Callable[[Any, Any], bool]) -> "Column":
        others = other if isinstance(other, Column) else [other] * len(self)
        values = [mine is not None and holds(mine, its) for mine, its in zip(self, others, strict=True)]
        return Column(self.name, values, self.index, "bool")

    def __eq__(self, other: object) -> "Column":  # type: ignore[override]
        return self._than(other, operator.eq)

    def __ne__(self, other: object) -> "Column":  # type: ignore[override]
        return self._than(other, operator.ne)

    def __lt__(self, other: object) -> "Column":
        return self._than(other, operator.lt)

    def __le__(self, other: object) -> "Column":
        return self._than(other, operator.le)

    def __gt__(self, other: object) -> "Column":
        return self._than(other, operator.gt)

    def __ge__(self, other: object) -> "Column":
        return self._than(other, operator.ge)

    def __and__(self, other: "Column") -> "Column":
        return self._than(other, lambda mine, its: mine and its)

    def __or__(self, other: "Column") -> "Column":
        return self._than(other, lambda mine, its: mine or its)

    def __invert__(self) -> "Column":
        return self._than(False, operator.eq)

    __hash__ = None  # type: ignore[assignment]

    def isin(self, values: Iterable[object]) -> "Column":
        """Which values are among these."""
        among = list(values)
        return Column(self.name, [value in among for value in self], self.index, "bool")

    def sum(self) -> Any:
        """The sum of the values that there are; exact if they are."""
        return sum(self._known())

    def min(self) -> Any:
        """The least value."""
        return min(self._known())

    def max(self) -> Any:
        """The greatest value."""
        return max(self._known())

    def _known(self) -> list[Any]:
        return [value for value in self._values if value is not None and value == value]  # NaN is not itself

    def tolist(self) -> list[Any]:
        """The values as a list."""
        return list(self._values)

    def __repr__(self) -> str:
        if not self._values:
            return f"Series([], Name: {self.name}, dtype: {self.dtype})"
        labels = _left([str(label) for label in self.index])
        lines = [f"{label}   {cell}" for label, cell in zip(labels, _right(self._cells()), strict=True)]
        return "\n".join([*lines, f"Name: {self.name}, dtype: {self.dtype}"])

    def _cells(self) -> list[str]:
        """The values as text; a space in front is where a sign would be."""
        if self.dtype == "int64":
            return [f"{value: d}" for value in self._values]
        if self.dtype == "float64":
            return _floats(self._values)
        if self.dtype == "datetime64[us]":
            return _times(self._values)
        missing = "NaN" if self.dtype == "str" else "None"
        cells = [f" {missing if value is None else _line(str(value))}" for value in self._values]
        return [cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 3]}..." for cell in cells]

    def _chosen(self, rows: Rows) -> "Column":
        return Column(self.name, [self._values[row] for row in rows], [self.index[row] for row in rows], self.dtype)


class Table:
    """Rows and columns, as pandas shows them; see :meth:`marginlib.Story.frame`.

    >>> table = Table([{"type": "margin", "fee": 3}, {"type": "rollover", "fee": 2}])
    >>> table
           type  fee
    0    margin    3
    1  rollover    2
    >>> table[table["fee"] < 3].drop(columns="type")
       fee
    1    2
    >>> table["price"]
    Traceback (most recent call last):
    ...
    KeyError: "There is no column 'price'; there are 'type', 'fee'."
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        rows = list(rows)
        names = list(dict.fromkeys(name for row in rows for name in row))
        self._columns = {name: Column(name, [row.get(name) for row in rows]) for name in names}
        self.index = list(range(len(rows)))

    @classmethod
    def _of(cls, columns: Iterable[Column], index: Sequence[int]) -> "Table":
        table = cls()
        table._columns = {str(column.name): column for column in columns}
        table.index = list(index)
        return table

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [*self._columns]

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns."""
        return len(self.index), len(self._columns)

    @property
    def iloc(self) -> "_Chooser":
        """Rows and columns by number: ``table.iloc[1:, 2:7]``."""
        return _Chooser(self, by_number=True)

    @property
    def loc(self) -> "_Chooser":
        """Rows by label or condition, columns by name: ``table.loc[table["fee"] > 0, ["type", "fee"]]``."""
        return _Chooser(self, by_number=False)

    def __len__(self) -> int:
        return len(self.index)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __getitem__(self, wanted: Any) -> Any:
        if isinstance(wanted, str):
            return self._column(wanted)
        if isinstance(wanted, slice):
            return self._chosen(rows=list(range(len(self)))[wanted])
        if _is_condition(wanted):
            return self._chosen(rows=_true(wanted, len(self)))
        return self._chosen(names=list(wanted))

    def __getattr__(self, name: str) -> Any:
        columns = self.__dict__.get("_columns", {})
        if name not in columns:
            _no_such("table", name, _CAN)
        return columns[name]

    def _column(self, name: str) -> Column:
        if name not in self._columns:
            raise KeyError(f"There is no column {name!r}; there are {', '.join(map(repr, self._columns)) or 'none'}.")
        return self._columns[name]

    def _chosen(self, rows: Rows | None = None, names: Sequence[str] | None = None) -> "Table":
        rows = list(range(len(self))) if rows is None else rows
        columns = [self._column(name) for name in (self.columns if names is None else names)]
        return Table._of([column._chosen(rows) for column in columns], [self.index[row] for row in rows])

    def head(self, n: int = 5) -> "Table":
        """The first rows."""
        return self[:n]  # type: ignore[no-any-return]

    def tail(self, n: int = 5) -> "Table":
        """The last rows."""
        return self[max(len(self) - n, 0) :]  # type: ignore[no-any-return]

    def drop(self, *, columns: str | Iterable[str]) -> "Table":
        """The table without some columns."""
        without = [columns] if isinstance(columns, str) else list(columns)
        for name in without:
            self._column(name)
        return self._chosen(names=[name for name in self.columns if name not in without])

    def to_dict(self, orient: Literal["dict", "records"] = "dict") -> Any:
        """Plain data: a dict of each column by its rows' labels, or a list of rows."""
        if orient == "records":
            return [dict(zip(self.columns, row, strict=True)) for row in zip(*self._columns.values(), strict=True)]
        return {name: dict(zip(self.index, column, strict=True)) for name, column in self._columns.items()}

    def _repr_html_(self) -> str:
        """What a notebook shows. All text is escaped."""
        shown, cut = self._shown()
        heads = "".join(f"      <th>{escape(name, quote=False)}</th>\n" for name in shown.columns)
        cells = [[cell.strip() for cell in column._cells()] for column in shown._columns.values()]
        rows = [_row(label, [each[at] for each in cells]) for at, label in enumerate(shown.index)]
        if cut:
            rows.insert(_AT_ENDS, _row("...", ["..."] * len(cells)))
        count = f"<p>{len(self)} rows × {len(self._columns)} columns</p>\n" if cut else ""
        return (
            f'<div>\n{_STYLE}<table border="1" class="dataframe">\n'
            f'  <thead>\n    <tr style="text-align: right;">\n      <th></th>\n{heads}    </tr>\n  </thead>\n'
            f"  <tbody>\n{''.join(rows)}  </tbody>\n</table>\n{count}</div>"
        )

    def _shown(self) -> tuple["Table", bool]:
        """The rows that are shown, and whether that isn't all of them."""
        rows = range(len(self))
        cut = len(rows) > _MOST
        return (self._chosen(rows=[*rows[:_AT_ENDS], *rows[-_AT_ENDS:]]) if cut else self), cut

    def __repr__(self) -> str:
        if not self.index or not self._columns:
            return f"Empty DataFrame\nColumns: [{', '.join(self.columns)}]\nIndex: [{', '.join(map(str, self.index))}]"
        shown, cut = self._shown()
        labels = _left(["", *map(str, shown.index)])
        columns = [_right([_head(column), *column._cells()]) for column in shown._columns.values()]
        if cut:
            for column in (labels, *columns):
                width = len(column[0])
                dots = "..." if width > 3 else ".."
                column.insert(1 + _AT_ENDS, dots.ljust(width) if column is labels else dots.rjust(width))
        ends = _ends([len(column[0]) for column in columns], _LINE - len(labels[0]) - 1)
        blocks = []
        for start, end in zip([0, *ends], ends, strict=False):
            parts = [labels, *columns[start:end]]
            if len(ends) > 1:
                more = end < len(columns)
                parts.append([" \\" if more and not at else "  " if more else " " for at in range(len(labels))])
            blocks.append("\n".join(" ".join(line) for line in zip(*parts, strict=True)))
        count = f"\n\n[{len(self)} rows x {len(self._columns)} columns]" if cut else ""
        return "\n\n".join(blocks) + count


class _Chooser:
    """Chooses rows and columns of a table, by number or by label."""

    def __init__(self, table: Table, *, by_number: bool) -> None:
        self._table, self._by_number = table, by_number

    def __getitem__(self, wanted: Any) -> Any:
        rows, columns = wanted if isinstance(wanted, tuple) else (wanted, slice(None))
        at, one_row = self._places(rows, self._table.index)
        which, one_column = self._places(columns, self._table.columns)
        names = [self._table.columns[each] for each in which]
        if one_row and one_column:
            return self._table[names[0]].tolist()[at[0]]
        chosen = self._table._chosen(at, names)
        if one_column:
            return chosen[names[0]]
        if one_row:
            return Column(chosen.index[0], [chosen[name].tolist()[0] for name in names], names, "object")
        return chosen

    def _places(self, wanted: Any, labels: Sequence[Any]) -> tuple[Rows, bool]:
        """The places that are meant, and whether it is one alone."""
        everywhere = list(range(len(labels)))
        if isinstance(wanted, slice):
            return (everywhere[wanted] if self._by_number else self._between(wanted, labels)), False
        if _is_condition(wanted):
            return _true(wanted, len(labels)), False
        if isinstance(wanted, list):
            return [self._place(each, labels) for each in wanted], False
        return [self._place(wanted, labels)], True

    def _place(self, wanted: Any, labels: Sequence[Any]) -> int:
        if self._by_number:
            if not isinstance(wanted, int):
                raise TypeError(f"iloc takes numbers and slices of numbers, not {wanted!r}; loc takes names.")
            if not -len(labels) <= wanted < len(labels):
                raise IndexError(f"There is no number {wanted}: there are {len(labels)}, counted from 0.")
            return wanted % len(labels)
        if wanted not in labels:
            raise KeyError(f"There is no {wanted!r}; there are {', '.join(map(repr, labels)) or 'none'}.")
        return labels.index(wanted)

    def _between(self, wanted: slice, labels: Sequence[Any]) -> Rows:
        """Labels from one to another, the last one included."""
        start = 0 if wanted.start is None else self._place(wanted.start, labels)
        stop = len(labels) if wanted.stop is None else self._place(wanted.stop, labels) + 1
        return list(range(start, stop))[:: wanted.step]


def _no_such(what: str, name: str, can: str) -> NoReturn:
    """Refuse what only pandas could do, with a sentence; names of Python's own quietly."""
    if name.startswith("_"):
        raise AttributeError(name)
    raise AttributeError(
        f"This {what} has no {name!r}: there is no pandas here, and this is the workbook's own small table. "
        f"It knows {can}. Where pandas is installed, frame() gives a pandas table."
    )


def _is_condition(wanted: object) -> bool:
    if isinstance(wanted, Column):
        return True
    return isinstance(wanted, list) and bool(wanted) and all(isinstance(each, bool) for each in wanted)


def _true(wanted: Column | Sequence[bool], count: int) -> Rows:
    chosen = list(wanted)
    if len(chosen) != count:
        raise ValueError(f"There are {count} rows, and {len(chosen)} times True or False to choose from them.")
    return [at for at, each in enumerate(chosen) if each]


def _kind(values: Sequence[Any]) -> Kind:
    """What pandas would call values of this kind."""
    known = [value for value in values if value is not None]
    kinds = {type(value) for value in known}
    if kinds == {str}:
        return "str"
    if kinds == {bool} and len(known) == len(values):
        return "bool"
    if kinds == {datetime}:
        return "datetime64[us]"
    if kinds and kinds <= {int, float}:
        return "int64" if kinds == {int} and len(known) == len(values) else "float64"
    return "object"


def _floats(values: Sequence[float]) -> list[str]:
    """Six decimals, or as many fewer as all of them can spare."""
    small = any(0 < abs(value) < 1e-6 for value in values)
    cells = [f"{value: .6e}" if small else f"{value: .6f}" for value in values]
    digits = [cell for cell in cells if cell[-1].isdigit()]
    while not small and digits and all(cell.endswith("0") and not cell.endswith(".0") for cell in digits):
        cells = [cell[:-1] if cell[-1].isdigit() else cell for cell in cells]
        digits = [cell for cell in cells if cell[-1].isdigit()]
    return ["NaN" if cell.strip() == "nan" else cell for cell in cells]


def _times(values: Sequence[datetime | None]) -> list[str]:
    """As exactly as any of them asks for: days, seconds or their parts."""
    known = [value for value in values if value is not None]
    if all(value.time() == time() for value in known):
        return [value.strftime("%Y-%m-%d") if value else "NaT" for value in values]
    parts = {value.microsecond for value in known}
    exact = "microseconds" if any(part % 1000 for part in parts) else "milliseconds" if any(parts) else "seconds"
    return [value.isoformat(" ", exact) if value else "NaT" for value in values]


def _line(text: str) -> str:
    return text.replace("\t", r"\t").replace("\r", r"\r").replace("\n", r"\n")


def _row(label: object, cells: Sequence[str]) -> str:
    shown = "".join(f"      <td>{escape(cell, quote=False)}</td>\n" for cell in cells)
    return f"    <tr>\n      <th>{label}</th>\n{shown}    </tr>\n"


def _head(column: Column) -> str:
    return f" {column.name}" if column.dtype in ("int64", "float64") else str(column.name)


def _left(cells: Sequence[str]) -> list[str]:
    width = max(map(len, cells), default=0)
    return [cell.ljust(width) for cell in cells]


def _right(cells: Sequence[str]) -> list[str]:
    width = max(map(len, cells), default=0)
    return [cell.rjust(width) for cell in cells]


def _ends(widths: Sequence[int], line: int) -> list[int]:
    """Where lines end, in columns, when they are broken to fit."""
    ends, used = [], 0
    for at, width in enumerate(widths):
        used += width + 1
        if at and used + (1 if at == len(widths) - 1 else 2) > line:
            ends.append(at)
            used = width + 1
    return [*ends, len(widths)]

"""The small table for where there is no pandas: it looks like pandas' own, and says what it can't do."""

import ast
import json
import random
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import pytest
from ipywidgets import Widget

from marginlib import Scenario, replay
from marginlib.telling.table import Table

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
# What lesson 08 does with pandas, and says that it does: where there is none, a sentence says so.
PANDAS_ALONE = (".pivot_table(", ".groupby(")
LESSONS = sorted(path.name for path in NOTEBOOKS.glob("0*.ipynb"))
ROWS: list[dict[str, Any]] = [
    {"type": "deposit", "position": None, "fee": Decimal(0), "note": "R6", "rate": 0.5},
    {"type": "margin", "position": 1, "fee": Decimal("-13.2000"), "note": "a < b & \"c\" 'd'", "rate": 0.25},
    {"type": "rollover", "position": 12, "fee": Decimal("1E-10"), "note": None, "rate": -3.0},
    {"type": "margin", "position": 3, "fee": Decimal("98765.4321"), "note": "R" * 60, "rate": 12345.678901},
]


@pytest.fixture
def without_pandas(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "pandas", None)
    yield
    Widget.close_all()


@pytest.fixture(autouse=True)
def as_in_a_notebook() -> Iterator[None]:
    """On a terminal, pandas leaves out columns."""
    with pandas.option_context("display.max_columns", 20):
        yield


def run(cell: str, names: dict[str, Any]) -> Any:
    """Run a cell; what its last line gives."""
    body = ast.parse(cell).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if isinstance(last, ast.Expr) else None


def saved(cell: dict[str, Any]) -> dict[str, str]:
    """What a cell gave when the notebook was saved, where pandas was."""
    results = [output["data"] for output in cell["outputs"] if output["output_type"] == "execute_result"]
    return {kind: "".join(text) for kind, text in results[0].items()} if results else {}


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.usefixtures("without_pandas")
def test_every_lesson_runs_without_pandas_and_its_tables_look_as_pandas_showed_them(name: str) -> None:
    names: dict[str, Any] = {}
    for cell in json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            source, was = "".join(cell["source"]), saved(cell)
            if any(needed in source for needed in PANDAS_ALONE):
                with pytest.raises(AttributeError, match="there is no pandas here"):
                    run(source, names)
                continue
            given = run(source, names)
            assert isinstance(given, Table) == ("dataframe" in was.get("text/html", ""))
            if isinstance(given, Table):
                assert given._repr_html_() == was["text/html"]
                assert repr(given) == was["text/plain"]


@pytest.mark.usefixtures("without_pandas")
def test_the_lessons_have_tables() -> None:
    """Else the test above would compare nothing."""
    assert sum((NOTEBOOKS / name).read_text("utf-8").count('class=\\"dataframe\\"') for name in LESSONS) > 10


CHOICES: dict[str, Callable[[Any], Any]] = {
    "all": lambda table: table,
    "columns": lambda table: table[["fee", "type"]],
    "rows": lambda table: table[1:3],
    "numbers": lambda table: table.iloc[1:, 2:4],
    "some-numbers": lambda table: table.iloc[[0, -1], [1]],
    "one-row": lambda table: table.iloc[1],
    "one-column": lambda table: table.iloc[:, 1],
    "labels": lambda table: table.loc[1:2, ["type", "rate"]],
    "condition": lambda table: table[table["type"] == "margin"],
    "conditions": lambda table: table[(table["fee"] > 0) & ~(table.type != "margin")],
    "either": lambda table: table.loc[(table["fee"] < 0) | table["type"].isin(["deposit"]), ["fee"]],
    "missing": lambda table: table[table["position"] >= 1],
    "comparison": lambda table: table["fee"] <= Decimal(0),
    "drop": lambda table: table.drop(columns="note"),
    "drop-two": lambda table: table.drop(columns=["note", "fee"]),
    "head": lambda table: table.head(2),
    "tail": lambda table: table.tail(1),
    "tail-of-more": lambda table: table.tail(9),
    "column": lambda table: table["fee"],
    "numbered-column": lambda table: table["position"],
    "text-column": lambda table: table["note"],
    "none-left": lambda table: table[table["type"] == "nothing"],
    "no-columns": lambda table: table[[]],
}


@pytest.mark.parametrize("choice", CHOICES)
def test_what_is_chosen_looks_as_pandas_shows_it(choice: str) -> None:
    ours, theirs = CHOICES[choice](Table(ROWS)), CHOICES[choice](pandas.DataFrame(ROWS))

    assert repr(ours) == repr(theirs)
    if isinstance(theirs, pandas.DataFrame):
        assert ours._repr_html_() == theirs._repr_html_()
        assert (ours.shape, ours.columns, ours.index) == (theirs.shape, list(theirs.columns), list(theirs.index))


VALUES: dict[str, Callable[[Any], Any]] = {
    "sum": lambda table: table["fee"].sum(),
    "least": lambda table: table["fee"].min(),
    "most": lambda table: table["position"].max(),
    "sum-of-some": lambda table: float(table["position"].sum()),
    "list": lambda table: table["type"].tolist(),
    "length": len,
    "one": lambda table: table.iloc[2, 0],
    "named": lambda table: table.loc[2, "fee"],
    "of-a-row": lambda table: table.iloc[1]["fee"],
    "names": list,
    "has": lambda table: ("fee" in table, "price" in table),
    "records": lambda table: table[["type", "fee"]].to_dict("records"),
    "dict": lambda table: table[["type", "fee"]].to_dict(),
}


@pytest.mark.parametrize("value", VALUES)
def test_what_is_read_from_it_is_what_pandas_gives(value: str) -> None:
    assert VALUES[value](Table(ROWS)) == VALUES[value](pandas.DataFrame(ROWS))


TIMES: dict[str, list[str | None]] = {
    "seconds": ["2026-03-01", "2026-03-02 10:30:04"],
    "days": ["2026-03-01", "2026-03-02", None],
    "milliseconds": ["2026-03-01", "2026-03-02 00:00:00.500"],
    "microseconds": ["2026-03-01 04:00", "2026-03-02 00:00:00.000500"],
    "missing": [None, "2026-03-01 04:00"],
    "none": [None, None],
}


@pytest.mark.parametrize("choice", [lambda table: table, lambda table: table["time"], lambda table: table[1:]])
@pytest.mark.parametrize("times", TIMES)
def test_times_look_as_pandas_shows_them(times: str, choice: Callable[[Any], Any]) -> None:
    rows = [{"time": at and datetime.fromisoformat(at), "fee": 0.5} for at in TIMES[times]]
    ours, theirs = choice(Table(rows)), choice(pandas.DataFrame(rows))

    assert repr(ours) == repr(theirs)
    if isinstance(theirs, pandas.DataFrame):
        assert ours._repr_html_() == theirs._repr_html_()


@pytest.mark.parametrize("count", [0, 1, 60, 61, 500])
def test_a_long_table_is_cut_as_pandas_cuts_it(count: int) -> None:
    dice = random.Random(count)
    rows = [
        {"step": at, "amount": Decimal(dice.randrange(10**9)).scaleb(-4), "rate": dice.random(), "rules": "R1 " * at}
        for at in range(count)
    ]
    ours, theirs = Table(rows), pandas.DataFrame(rows)

    assert ours._repr_html_() == theirs._repr_html_()
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    ("wrong", "kind", "says"),
    [
        (lambda table: table["price"], KeyError, "There is no column 'price'; there are 'type', 'position', 'fee'"),
        (lambda table: table[["type", "price"]], KeyError, "There is no column 'price'"),
        (lambda table: table.drop(columns="price"), KeyError, "There is no column 'price'"),
        (lambda table: table.iloc[9], IndexError, "There is no number 9: there are 4, counted from 0"),
        (lambda table: table.iloc["fee"], TypeError, "iloc takes numbers and slices of numbers, not 'fee'"),
        (lambda table: table.loc[7], KeyError, "There is no 7; there are 0, 1, 2, 3"),
        (lambda table: table["fee"][7], KeyError, "There is no 7 here; there are 0, 1, 2, 3"),
        (lambda table: table[[True]], ValueError, "There are 4 rows, and 1 times True or False"),
        (lambda table: table.groupby("type"), AttributeError, "has no 'groupby': there is no pandas here"),
        (lambda table: table["fee"].plot(), AttributeError, "has no 'plot': there is no pandas here"),
        (
            lambda table: Table(table[:0].to_dict("records"))["fee"],
            KeyError,
            "There is no column 'fee'; there are none",
        ),
    ],
)
def test_what_it_has_not_is_said(wrong: Callable[[Any], Any], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        wrong(Table(ROWS))


def test_another_missing_module_is_not_taken_for_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pandas that can't be loaded is broken, not missing."""

    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "pandas":
                raise ModuleNotFoundError("No module named 'numpy'", name="numpy")

    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])

    with pytest.raises(ModuleNotFoundError, match="numpy"):
        replay(Scenario()).frame()

"""A learner's own function as a panel: whatever is made of it, the panel says what is wrong and lives on."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginlib import Scenario, replay
from marginlib.lessons import explore
from marginlib.panels.exploring import Explore

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


def shown(panel: Explore) -> dict[str, Any]:
    view: dict[str, Any] = panel.state()["_shown"]["view"]
    return view


def giving(result: Any) -> Explore:
    """A panel of a function that gives this back, or does it."""

    @explore(x=(0, 3))
    def given(x: int = 1) -> Any:  # noqa: ARG001
        return result() if callable(result) else result

    return given


def test_parameters_become_controls_and_values_come_as_they_were_given() -> None:
    seen: list[Any] = []

    @explore(
        price=(30000, 50000, 500),
        fee=(0, 1, 0.05),
        how=["settle", "close"],
        days={"a day": 1, "a week": 7},
        check=True,
    )
    def left(price: int = 37500, fee: float = 0.5, how: str = "close", days: int = 7, check: bool = False) -> None:
        seen.append((price, fee, how, days, check))

    assert seen == [(37500, Decimal("0.5"), "close", 7, False)]
    assert [type(each) for each in seen[0]] == [int, Decimal, str, int, bool]
    left.values = {"price": 40000, "fee": "0.05", "how": "settle", "days": "a day", "check": True}
    assert seen[-1] == (40000, Decimal("0.05"), "settle", 1, True)
    assert [control.describe()["kind"] for control in left.controls] == [
        "slider",
        *["slider", "choice"],
        *["choice"],
        "switch",
    ]
    assert all(control.describe()["label"] and control.legend for control in left.controls)
    assert repr(left) == "left(price=40000, fee=0.05, how='settle', days=1, check=True)"


def test_without_defaults_controls_start_at_the_first_value() -> None:
    @explore(price=(5, 10), how=["a", "b"], check=False)
    def left(price: int, how: str, check: bool) -> str:
        return f"{price} {how} {check}"

    assert shown(left)["words"] == ["5 a False"]


def test_it_is_still_the_function() -> None:
    @explore(x=(0, 3))
    def twice(x: int = 1, more: int = 0) -> int:
        return 2 * x + more

    assert twice(7, more=1) == 15


@pytest.mark.parametrize(
    ("result", "words", "rows"),
    [
        ("one line", ["one line"], []),
        (["a sentence.", "another."], ["a sentence.", "another."], []),
        (Decimal("1E-7"), ["0.0000001"], []),
        (0.1 + 0.2, ["0.3"], []),
        ({"EUR": Decimal("1E+3"), "level": None}, [], [["EUR", "1000"], ["level", "–"]]),
        ([{"a": 1, "b": 2}, {"a": 3, "c": 4}], [], [["1", "2", "–"], ["3", "–", "4"]]),
        ([], ["[]"], []),
        (None, ["given gives nothing back. Let its last line be: return …"], []),
        (lambda: print("said on the way") or 5, ["said on the way", "5"], []),
    ],
)
def test_what_it_gives_back_is_shown(result: Any, words: list[str], rows: list[list[str]]) -> None:
    view = shown(giving(result))

    assert view["alert"] == ""
    assert view["words"] == words
    assert [row["cells"] for table in view["tables"] for row in table["rows"]] == rows


def raises(error: BaseException) -> Callable[[], None]:
    def fails() -> None:
        raise error

    return fails


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("EURO"), "KeyError: 'EURO'"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (SystemExit(1), "SystemExit: 1"),
        (RecursionError("too deep"), "RecursionError: too deep"),
    ],
)
def test_an_error_in_it_is_a_sentence_with_its_line_and_the_panel_lives_on(error: BaseException, said: str) -> None:
    fail = [raises(error)]

    @explore(x=(0, 3))
    def given(x: int = 1) -> int:
        return fail[0]() if x == 1 and fail[0]() is None else x  # type: ignore[return-value]

    alert = shown(given)["alert"]
    assert alert.endswith(f"— {said}")
    assert re.match(r"In line [0-9]+, raise error — ", alert)
    given.values = {"x": 2}
    assert (shown(given)["alert"], shown(given)["words"]) == ("", ["2"])


def test_the_engine_s_own_sentence_stands_without_a_name_of_python_s() -> None:
    @explore(volume=(-1, 1))
    def opened(volume: int = -1) -> Any:
        step = {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": volume, "leverage": 2}
        return replay(Scenario.of({"steps": [step]})).as_json()["balances"]

    assert re.search(r"— steps\[0\]\.volume: expected a positive amount", shown(opened)["alert"])


def test_text_is_escaped_and_steers_nothing() -> None:
    panel = giving({"<b>bold</b>": "a\N{RIGHT-TO-LEFT OVERRIDE}b\x1b[2J"})
    page, plain = panel.still()

    assert "<b>" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>bold</b>  ab[2J" in plain


def test_very_much_is_cut_and_says_so() -> None:
    assert shown(giving(lambda: "\n".join(map(str, range(900)))))["words"][-1] == "… and 850 more lines"
    rows = shown(giving({str(at): at for at in range(900)}))["tables"][0]["rows"]
    assert (len(rows), rows[-1]["cells"]) == (51, ["… and 850 more", ""])


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ({}, r"expected a range for a parameter of left, such as price=\(0, 10, 1\)"),
        ({"days": (0, 5)}, r"left needs a range for 'price', or a default in its first line"),
        ({"prize": (0, 1), "price": (0, 1)}, r"left has no parameter 'prize'; it has: price, days"),
        ({"price": 5}, r"price: expected a range such as \(0, 10, 1\), a list of options, or True or False, got 5"),
        ({"price": (1,)}, r"price: expected a range of numbers such as \(0, 10, 1\), got \(1,\)"),
        ({"price": (1, 2, 3, 4)}, r"price: expected a range of numbers"),
        ({"price": ("a", "b")}, r"price: expected a range of numbers"),
        ({"price": (0, float("nan"))}, r"price: expected a range of numbers"),
        ({"price": (True, 5)}, r"price: expected a range of numbers"),
        ({"price": (5, 1)}, r"price: expected the least, the most, and a step that fits in"),
        ({"price": (1, 5, 0)}, r"price: expected the least, the most, and a step that fits in"),
        ({"price": (0, 1000000, 1)}, r"price: expected at most 1,000 steps from 0 to 1000000"),
        ({"price": []}, r"price: expected a list of different options, got \[\]"),
        ({"price": ["a", "a"]}, r"price: expected a list of different options"),
        ({"price": (0, 1), "days": (5, 9)}, r"days: expected a number from 5 to 9, got 3"),
        ({"price": (0, 1), "days": [1, 2]}, r"days: expected a default out of 1, 2, got 3"),
    ],
)
def test_ranges_that_do_not_fit_get_a_sentence(ranges: dict[str, Any], said: str) -> None:
    def left(price: int, days: int = 3) -> int:
        return price + days

    with pytest.raises((TypeError, ValueError), match=said):
        explore(**ranges)(left)


def test_a_browser_moves_it_along() -> None:
    @explore(price=(0, 20), how=["a", "b"])
    def left(price: int = 5, how: str = "a") -> dict[str, Any]:
        return {"twice": 2 * price, "how": how}

    answers = [*left.receive({"kind": "along", "control": "price", "values": {"price": "5", "how": "b"}})]
    states = {key for message, _ in answers for key in message["states"]}
    assert states == {f"{price}|b" for price in range(21)}


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_no_lesson_saves_what_is_an_error_without_its_kernel(file: Path) -> None:
    """A widget of the saved output has no model when the lesson is opened again; all that moves is in slots."""
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        assert "ipywidgets" not in "".join(cell["source"])
        for output in cell.get("outputs", ()):
            assert not [kind for kind in output.get("data", ()) if "widget" in kind]
            assert "interactive(" not in "".join(output.get("data", {}).get("text/plain", ""))

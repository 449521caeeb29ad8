"""What a panel's screen is made of keeps the form that the browser reads."""

import json

import pytest

from marginlib import Scenario, replay
from marginlib.drawing.pieces import areas, figure, layout, lines, marked, stacks
from marginlib.drawing.placing import Label
from marginlib.drawing.screen import refused, screen, table
from marginlib.engine.amounts import ZERO

LAYOUT = layout({0: "Before"}, (-1, 1), (-10, 10), "EUR", height=300, share=0.5, grid=False, l=90)


def test_a_screen_is_plain_data_with_all_its_parts() -> None:
    made = screen(
        "Title", [figure([], LAYOUT)], ["A sentence."], [table("T", ("A",), [["1"]])], strip=[("EUR", "taken")]
    )

    assert [*made] == ["title", "alert", "figures", "words", "strip", "happens", "ends", "tables"]
    assert json.loads(json.dumps(made)) == made
    assert made["strip"] == [["EUR", "taken"]]
    assert made["alert"] == ""


def test_a_table_marks_rows_by_what_became_of_them() -> None:
    made = table("T", ("A", "B"), [("a", "1"), ("b", "2"), ("c", "3")], numbers=(1,), marks=(True, False, "untouched"))

    assert [row["mark"] for row in made["rows"]] == ["taken", "", "untouched"]
    assert [column["number"] for column in made["columns"]] == [False, True]
    assert not made["open"]


def test_each_row_needs_its_mark() -> None:
    with pytest.raises(ValueError, match="zip"):
        table("T", ("A",), [["a"], ["b"]], marks=[True])


def test_a_refused_screen_says_why_in_the_engines_words_with_thousands_separated() -> None:
    story = replay(Scenario.of({"balances": {}, "prices": {"BTC/EUR": "50000"}, "steps": [
        {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "1", "leverage": 5}]}))  # fmt: skip
    made = refused(story, [figure([], LAYOUT)], "Nothing is opened.", title="No")

    assert story.error
    assert (made["title"], made["words"], made["tables"]) == ("No", ["Nothing is opened."], [])
    assert "10,000.00 EUR" in made["alert"]
    assert all(rule in made["alert"] for rule in story.error.rules)
    assert refused(story, [], alert="")["alert"] == ""


def test_labels_of_one_kind_are_one_trace_over_what_is_drawn() -> None:
    drawn = stacks({"own": [(0, 0, 5)], "fee": [(0, 5, 1)]}, 0.5)
    made = figure(drawn, LAYOUT, [Label(0, 2, "a"), Label(0, 6, "fee", "top center", "fee"), Label(0, -4, "b")])

    assert made["data"][:2] == drawn
    assert [trace["text"] for trace in made["data"][2:]] == [["a", "b"], ["fee"]]
    assert [trace["textfont"]["color"] for trace in made["data"][2:]] == ["role:ink", "role:fee"]


def test_a_layout_says_only_what_its_figure_needs() -> None:
    assert LAYOUT["margin"] == {"l": 90, "r": 12, "t": 12, "b": 48}
    assert (LAYOUT["height"], LAYOUT["meta"], LAYOUT["yaxis"]["showgrid"]) == (300, {"share": 0.5}, False)
    plain = layout({}, (0, 1), (0, 1), "EUR")
    assert "meta" not in plain
    assert "showgrid" not in plain["yaxis"]


def test_a_line_without_a_dash_has_none() -> None:
    assert "dash" not in lines([(0, 0), (1, 1)])["line"]
    assert areas([], "own")["x"] == []


def test_a_result_of_nothing_has_no_sign() -> None:
    assert marked(ZERO, "EUR") == "0.00 EUR"

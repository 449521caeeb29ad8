"""Sixteen worked cases, each a scenario and its result.

They come from elsewhere and were worked out without this engine. Where one of their figures contradicted a
rule, ``corrected`` says which one and why.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from marginlib import read_scenario, replay

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "cases.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_a_worked_case(case: dict[str, Any]) -> None:
    result = replay(read_scenario(json.dumps(case["scenario"]))).as_json()
    if "error" in result:
        del result["error"]["message"]
    del result["ledger"], result["stops"]

    assert result == case["result"]


def test_there_are_sixteen() -> None:
    assert len(CASES) == 16

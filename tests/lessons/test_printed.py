"""What the lessons' cells print can be read: lines that no notebook breaks in a word, and amounts as plain numbers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
RAW = re.compile(r"\b(?:Decimal|Fraction)\(|\{'")
WIDE = 80


def printed(notebook: Path) -> Iterator[str]:
    """What each cell prints, and what it shows where a notebook has no other form of it."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream":
                yield "".join(output["text"])
            elif "text/html" not in output.get("data", {"text/html": ""}):
                yield "".join(output["data"].get("text/plain", ""))


def test_there_is_something_to_read() -> None:
    assert sum(1 for notebook in NOTEBOOKS for _ in printed(notebook)) > 30


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_lines_are_short_and_amounts_plain(notebook: Path) -> None:
    for shown in printed(notebook):
        assert not RAW.search(shown), shown
        assert max(map(len, shown.splitlines()), default=0) <= WIDE, shown

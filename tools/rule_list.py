"""Writes `notebooks/rules.ipynb`, the rule list that lessons link to, from `data/rules.toml`.

python tools/rule_list.py

Every rule is a cell of its own, with its id as the cell's: `rules.ipynb#cell-id=R13` leads there, also where JupyterLab
opens the list anew and no heading is drawn yet.
"""

import json
from pathlib import Path
from typing import Any

from marginlib.reading.rulebooks import Rule, rules

TARGET = Path(__file__).resolve().parent.parent / "notebooks" / "rules.ipynb"
INTRO = """\
# The rules

Every number in this workbook follows from these rules, and every lesson, sentence and ledger row names them by their
ids. They are those of spot positions on margin at Kraken Pro, in our own words; under each stands where to read the
original.

{index}

This list is written from `data/rules.toml`: change a rule there, not here.
Back to the [start page](00_start_here.ipynb).
"""
GROUPS = {
    "R": (
        "Opening and ending",
        "What the two articles of the exchange say: one on settling and closing, one on shorting.",
    ),
    "A": ("Assumptions", "What the articles leave open, and how this workbook fills the gap. The exchange may differ."),
    "B": ("Margin", "What further public pages of the same exchange add: margin, fees, liquidation, orders."),
    "C": ("Conflicts", "Where the sources disagree. Each is shown in a lesson, with what it would change."),
}


def cell(name: str, source: str) -> dict[str, Any]:
    """A markdown cell with an id that stays the same."""
    lines = source.strip().splitlines(keepends=True)
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": lines}


def entry(rule: Rule) -> str:
    """A rule as markdown: its id as the heading, its title and words, its source."""
    return f"### {rule.id} · {rule.title}\n\n{rule.text}\n\n<small>Source: {rule.source}.</small>\n"


def notebook() -> dict[str, Any]:
    """The whole rule list as a notebook."""
    every = rules().values()
    index = [
        f"{name}: {' '.join(f'[{i}](#cell-id={i})' for i in rules() if i[0] == key)}"
        for key, (name, _) in GROUPS.items()
    ]
    cells = [cell("intro", INTRO.format(index="\n".join(f"- {line}" for line in index)))]
    for letter, (name, says) in GROUPS.items():
        cells.append(cell(f"group-{letter.lower()}", f"## {name}\n\n{says}"))
        cells += [cell(rule.id, entry(rule)) for rule in every if rule.id.startswith(letter)]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def text() -> str:
    """The notebook file."""
    return json.dumps(notebook(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")

"""Writes `data/ledger/sample.csv`, the export that the lesson on ledgers reads, from the scenario beside it.

python tools/ledger_sample.py
"""

from pathlib import Path

from marginlib.analysis.export import as_csv
from marginlib.engine.story import Story
from marginlib.reading.replaying import replay
from marginlib.reading.scenarios import read_scenario

FOLDER = Path(__file__).resolve().parent.parent / "data" / "ledger"


def story() -> Story:
    """What happens in the scenario."""
    return replay(read_scenario((FOLDER / "sample.json").read_bytes()))


if __name__ == "__main__":
    (FOLDER / "sample.csv").write_text(as_csv(story()), encoding="utf-8", newline="")

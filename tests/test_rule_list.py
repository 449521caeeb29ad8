"""The rule list in the workbook is in step with the rules, and every link to it leads somewhere."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from marginlib import rules

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(path for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rule_list", ROOT / "tools" / "rule_list.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def headings(source: str) -> list[str]:
    """The ids that JupyterLab gives to headings: their text, with hyphens for spaces."""
    return [line.lstrip("#").strip().replace(" ", "-") for line in source.splitlines() if re.match("#+ ", line)]


def places(cells: list[dict[str, Any]]) -> list[str]:
    """What a link into a notebook may name: its headings, and its cells (found before a heading is drawn)."""
    return [
        *(each for cell in cells for each in headings("".join(cell["source"]))),
        *(f"cell-id={cell['id']}" for cell in cells),
    ]


def test_the_list_is_in_step_with_the_rules(tool: ModuleType) -> None:
    written = (ROOT / "notebooks" / "rules.ipynb").read_text(encoding="utf-8")

    assert written == tool.text(), "run python tools/rule_list.py"


def test_every_rule_is_a_cell_with_its_id_whose_heading_says_id_and_title(tool: ModuleType) -> None:
    """The heading is what JupyterLab's outline says; the cell's id is where a link leads at its first click."""
    cells = {cell["id"]: "".join(cell["source"]) for cell in tool.notebook()["cells"]}

    assert [name for name in cells if name in rules()] == list(rules())
    for name, rule in rules().items():
        assert cells[name].startswith(f"### {name} · {rule.title}\n")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_link_to_a_rule_names_its_cell(path: Path) -> None:
    """With a heading's id JupyterLab opens the list at its top, the first time."""
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"rules\.ipynb#(?!cell-id=)\w+", text) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_link_of_a_lesson_leads_somewhere(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        for link in re.findall(r"\]\(([^)\s]+)\)", "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""):
            if "://" in link:
                continue
            name, _, heading = link.partition("#")
            target = path.parent / name if name else path
            assert target.is_file(), link
            if heading and target.suffix == ".ipynb":
                there = json.loads(target.read_text(encoding="utf-8"))["cells"]
                assert heading in places(there), link


def test_the_start_page_links_every_lesson_that_there_is() -> None:
    start = (ROOT / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8")
    others = [path.name for path in LESSONS if re.match(r"0[1-9]_", path.name)]

    assert [name for name in others if f"({name})" not in start] == [], "link it in the map of the start page"

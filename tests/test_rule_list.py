"""The rule list in the workbook is in step with the rules, and every link to it leads somewhere."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

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


def test_the_list_is_in_step_with_the_rules(tool: ModuleType) -> None:
    written = (ROOT / "notebooks" / "rules.ipynb").read_text(encoding="utf-8")

    assert written == tool.text(), "run python tools/rule_list.py"


def test_every_rule_has_a_heading_with_its_id(tool: ModuleType) -> None:
    found = [name for cell in tool.notebook()["cells"] for name in headings("".join(cell["source"]))]

    assert [name for name in found if name in rules()] == list(rules())
    assert len(set(found)) == len(found)


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
                ids = [each for other in there for each in headings("".join(other["source"]))]
                assert heading in ids, link


def test_the_start_page_links_every_lesson_that_there_is() -> None:
    start = (ROOT / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8")
    others = [path.name for path in LESSONS if re.match(r"0[1-9]_", path.name)]

    assert [name for name in others if f"({name})" not in start] == [], "link it in the map of the start page"

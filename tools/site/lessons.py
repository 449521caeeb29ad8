"""What a page needs of its notebook: its text as HTML, what its cells show, and the states along every control."""

import contextlib
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbconvert.filters.markdown import markdown2html

from marginlib.lessons.own_case import own_case
from marginlib.pages.room import Room, needed
from marginlib.panels import exploring
from marginlib.panels.live import Covered, Live
from marginlib.panels.panel import STILL, Panel
from marginlib.quiz import together
from marginlib.quiz.card import UNANSWERED

FOLDED = "Say what you expect, then open the picture"
JUDGED = "The full lesson, on the site, judges an answer."
HERE = Path(__file__).parent
_SLOT = "mw-slot-0"
_RUN = re.compile(r"[^.\n]*\*(?:Run|Kernel) → [^*\n]*\*[^.\n]*\.")
_LINK = re.compile(r"\]\(([\w-]+)\.ipynb(?:(#)(?:cell-id=)?([\w-]+))?\)")
_FROM_BELOW = re.compile(r"\]\(\.\./([\w-]+)\.ipynb(?:#(?:cell-id=)?([\w-]+))?\)")
_BELOW = re.compile(r"\]\(teaching/([\w-]+)\.(?:ipynb|html)(#[\w=-]+)?\)")
_SHARED = re.compile(r"`(#v1/([A-Za-z]\w*)\?[^`\s]*)`")
_EXERCISE = re.compile(r"`(#x\d+/[\w=+/-]+)`")
_CELL = re.compile(r"\]\(#cell-id=([\w-]+)\)")
_TOLD = (STILL, exploring.STILL, UNANSWERED, together.STILL, own_case.STILL)
_ASIDES = "|".join(re.escape(html.escape(each)) for each in _TOLD)
_ASIDE = re.compile(rf"<p><em>(?:{_ASIDES})</em></p>")


@dataclass(frozen=True)
class Page:
    """A notebook as a page."""

    name: str
    title: str
    body: str
    about: str
    """Its first cell as Markdown: the question, what one can do afterwards, the minutes."""
    number: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    slots: dict[str, Live] = field(default_factory=dict)
    place: str = ""
    """Where what its cells show is put, on a page that is built without knowing it."""

    @property
    def question(self) -> str:
        """The lesson's question, as Markdown."""
        found = re.search(r"\*\*(?:The question\.|What is this)[^\n]*", self.about)
        return found[0].replace("**The question.**", "").strip() if found else ""

    @property
    def minutes(self) -> str:
        """How long it takes."""
        found = re.search(r"\*\*Minutes:\*\* (\d+)", self.about)
        return found[1] if found else ""

    @property
    def goals(self) -> list[str]:
        """What one can do after it, as Markdown."""
        return [line.rstrip(";.") for line in re.findall(r"^\d+\. (.+)$", self.about, re.MULTILINE)]


def for_pages(text: str) -> str:
    """A notebook's Markdown as a page says it: links lead to pages, and nothing is said of running cells.

    >>> for_pages("See [R1](rules.ipynb#cell-id=R1). Begin with *Run → Run All Cells*.")
    'See [R1](rules.html#R1).'
    """
    return _CELL.sub(r"](#\1)", _LINK.sub(r"](\1.html\2\3)", _RUN.sub("", _BELOW.sub(r"](\1.html\2)", text))))


def for_teachers(text: str, where: dict[str, str]) -> str:
    """Markdown of a notebook in the folder for teachers as a page says it; all pages lie in one folder.

    ``where``: the page of each panel, so that a state that is named can be opened.

    >>> for_teachers("`#v1/Life?move=-20` ([lesson](../00_start.ipynb#cell-id=code-04))", {"Life": "00_start.html"})
    '[`#v1/Life?move=-20`](00_start.html#v1/Life?move=-20) ([lesson](00_start.html#cell-id=code-04))'
    >>> for_teachers("As students see it: `#x1/FkpD`", {})
    'As students see it: [open it](exercise.html#x1/FkpD)'
    """

    def up(found: re.Match[str]) -> str:
        name, cell = found.groups()
        said = "#" if name == "rules" else "#cell-id="  # a cell of words has its own name, one of code says that it is
        return f"]({name}.html{said + cell if cell else ''})"

    def opened(found: re.Match[str]) -> str:
        page = where.get(found[2])
        return f"[{found[0]}]({page}{found[1]})" if page else found[0]

    text = _EXERCISE.sub(r"[open it](exercise.html\1)", text)
    return for_pages(_SHARED.sub(opened, _FROM_BELOW.sub(up, text)))


def read(path: Path, said: Callable[[str], str] = for_pages) -> Page:
    """A notebook as a page, with what its cells show; they are run here as they will be in the page.

    ``said``: what becomes of its Markdown.

    Raises:
        ValueError: a saved output doesn't fit what the cell shows.
    """
    notebook: Any = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    wanted = [cell.id for cell in code if _SLOT in json.dumps(cell.outputs)]
    cells = needed([(cell.id, cell.source) for cell in code], wanted)
    room = Room()
    with contextlib.redirect_stdout(io.StringIO()):
        shown = {cell: room.run(cell, source) for cell, source in cells}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = said(cell.source)
        elif cell.id in wanted:
            _put(cell, shown[cell.id])
    about = notebook.cells[0].source
    title = re.search(r"^# (.+)$", about, re.MULTILINE)
    exporter = HTMLExporter(extra_template_basedirs=[str(HERE)], template_name="template")
    body, _ = exporter.from_notebook_node(notebook, {"lab": f"lab/index.html?path={path.name}"})
    number = path.stem[:2] if path.stem[:2].isdigit() else ""
    return Page(path.stem, title[1] if title else path.stem, _reachable(body), about, number, tuple(cells), room.live)


def _reachable(body: str) -> str:
    """A body whose tables can be read by ear and scrolled by key."""
    soup = BeautifulSoup(body, "html.parser")
    for table in soup.select(".mp-out table, .mp-text table"):
        for head in table.select("thead th"):
            if not head.get_text(strip=True):
                head.name = "td"
        table.wrap(
            soup.new_tag("div", attrs={"class": "mp-table", "tabindex": "0", "role": "group", "aria-label": "Table"})
        )
    return str(soup)


def _put(cell: Any, shown: str) -> None:
    """Put what a cell shows here in the place of what it showed when it was saved; it is the same but for names."""
    saved = cell.outputs[-1].data
    if re.sub(r"mw-slot-[\w-]+-\d+", _SLOT, shown) != saved["text/html"]:
        raise ValueError(f"cell {cell.id}: the saved output isn't what the cell shows; run `make notebooks`")
    saved["text/html"] = _ASIDE.sub("", shown)


def uncovered(page: Page) -> str:
    """A page's body for a copy without an engine: what waits for an answer is folded away instead.

    The panels are left uncovered.
    """
    soup = BeautifulSoup(page.body, "html.parser")
    for name, live in page.slots.items():
        (slot,) = soup.select(f".mw-slot-{name}")
        if not isinstance(live, Covered):
            slot.replace_with(_alone(live))
        elif live.veil:
            live.veil = ""
            slot.clear()
            slot.append(_alone(live))
            fold = slot.wrap(soup.new_tag("details", attrs={"class": "mp-fold"}))
            fold.insert(0, BeautifulSoup(f"<summary>{FOLDED}</summary>", "html.parser"))
    return str(soup)


def _alone(live: Live) -> BeautifulSoup:
    """A still in a copy without an engine: no cell can be run there, so it doesn't say so."""
    told = live.still()[0].replace(UNANSWERED, JUDGED)
    if not live.alone:
        return BeautifulSoup(_ASIDE.sub("", told), "html.parser")
    soup = BeautifulSoup(told, "html.parser")
    soup.select("p > em")[-1].string = live.alone
    return soup


def starts(panel: Panel[Any]) -> dict[str, list[Any]]:
    """The states along each control of a panel, from its start, as messages to the browser."""
    values = panel.state()["values"]
    return {
        control.name: [
            message for message, _ in panel.receive({"kind": "along", "control": control.name, "values": values})
        ]
        for control in panel.controls
    }


def markdown(text: str) -> str:
    """Markdown as HTML, without the paragraph around a single line."""
    made = str(markdown2html(text)).strip()
    return re.sub(r"^<p>([\s\S]*)</p>$", r"\1", made) if made.count("<p>") == 1 else made

"""Builds the site into dist/site. Its pages need no host but the one they lie on, and may lie under any path."""

import argparse
import base64
import gzip
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.wheel import WheelBuilder
from pygments.formatters import HtmlFormatter

from marginlib.classes.sheet import Sheet
from marginlib.pages import room as pages_room
from marginlib.panels.live import Live
from marginlib.panels.panel import Panel
from marginlib.panels.scripts import colours, shared
from marginlib.quiz.shelf import LESSONS
from marginlib.reading.rulebooks import rules
from marginlib.telling.on_page import written
from tools.site import lessons, lite, node
from tools.site.lessons import Page, markdown

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "dist" / "site"
BROWSER = Path(pages_room.__file__).parent / "browser"
MODULES = ROOT / "node_modules"
NAME = "The Margin Workbook"
SILENT = "The engine isn't here: the line at the top of the page says why. Until it is, one slider at a time moves."
ALONE = (
    "This is a lesson in one file: the words, the pictures, and each slider by itself, from the start. Questions that "
    "are judged, and every combination of sliders, are in the full lesson on the site."
)
FOR_TEACHERS = ("guide", "in_the_room", "key")
"""Notebooks for teachers, each a page."""
MISSING = "There is no picture yet: what draws it hasn't come. The words below it say the same."


def version(package: str) -> str:
    """The version of an npm package that is installed."""
    return str(json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))["version"])


def esbuild(entry: Path, out: Path, *options: str) -> str:
    """Join a module and what it imports; return the name of the file in ``out``, which holds a hash of its content."""
    command = [str(MODULES / ".bin" / "esbuild"), str(entry), "--bundle", "--minify", "--format=esm", "--target=es2022"]
    written = [f"--outdir={out}", "--entry-names=[name]-[hash]", "--metafile=/dev/stdout", "--log-level=error"]
    made = subprocess.run(
        [*command, *written, *options],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return next(Path(name).name for name in json.loads(made.stdout)["outputs"] if name.endswith(".js"))


def dumped(data: object) -> str:
    """Data as JSON, as short as it gets."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def in_page(lesson: object) -> str:
    """What a page's script is told, in the page."""
    told = dumped(lesson).replace("<", "\\u003c")
    return f'<script type="application/json" id="mw-lesson">{told}</script>'


def rules_in_page(where: str) -> str:
    """The rules in a page, for the cards that open on their ids, and where the list of them is, if anywhere."""
    told = dumped({rule.id: [written(rule.title), written(rule.text)] for rule in rules().values()})
    told = told.replace("<", "\\u003c")
    return f'<script type="application/json" id="mw-rules" data-list="{where}">{told}</script>'


def digest(data: bytes) -> str:
    """A short name for what is in a file."""
    return hashlib.sha256(data).hexdigest()[:10]


def hashed(folder: Path, name: str, content: str | bytes) -> str:
    """Write a file whose name says what is in it; return its name."""
    data = content.encode() if isinstance(content, str) else content
    stem, dot, ending = name.partition(".")
    full = f"{stem}-{digest(data)}{dot}{ending}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / full).write_bytes(data)
    return full


def drawers(kinds: Iterable[type[Live]], work: Path) -> Path:
    """The page's script: it, and the modules that draw what the lessons show."""
    modules = sorted({kind.module for kind in kinds})
    lines = [f"import {module.stem} from {json.dumps(str(module))};" for module in modules]
    lines += [f"import {{ open }} from {json.dumps(str(BROWSER / 'page.js'))};"]
    lines += [f"open({{ {', '.join(module.stem for module in modules)} }});"]
    entry = work / "page.js"
    entry.write_text("\n".join(lines), encoding="utf-8")
    return entry


def styles(kinds: Iterable[type[Live]]) -> str:
    """The page's style sheet: the roles' colours, its own part, and those of what the lessons show."""
    sheets = [BROWSER / "page.css", *sorted({kind.style for kind in kinds})]
    code = [
        HtmlFormatter(style="default").get_style_defs(".highlight"),
        HtmlFormatter(style="github-dark").get_style_defs('body[data-jp-theme-light="false"] .highlight'),
        ".highlight { background: none !important; }",
    ]
    return colours() + shared() + "\n".join([*(sheet.read_text(encoding="utf-8") for sheet in sheets), *code])


class Builder:
    """Everything that the pages share, and how one is written."""

    def __init__(self, out: Path, work: Path) -> None:
        self.out, self.work, self.assets = out, work, out / "assets"
        self._worked_out: dict[str, str] = {}
        self._files: dict[str, str] = {}
        work.mkdir(parents=True)

    def shared(self, pages: list[Page], beside: list[Page]) -> None:
        """Write scripts, styles, Python and the engine, for the lessons and the pages beside them."""
        kinds = {type(live) for page in (*pages, *beside) for live in page.slots.values()} | {Sheet}
        self.where = html.escape(dumped(dict(sorted(places(pages).items()))))
        """Where each panel is; nothing where several lessons have it."""
        self.script = esbuild(drawers(kinds, self.work), self.assets)
        self.worker = esbuild(BROWSER / "worker.js", self.assets)
        self.style = hashed(self.assets, "page.css", styles(kinds))
        plotly = MODULES / "plotly.js-basic-dist-min" / "plotly-basic.min.js"
        self.plotly = hashed(self.assets, "plotly.js", plotly.read_bytes())
        self.pyodide = f"pyodide-{version('pyodide')}"
        (self.out / self.pyodide).mkdir()
        for name in (*lite.CORE, "pyodide-lock.json"):
            shutil.copyfile(MODULES / "pyodide" / name, self.out / self.pyodide / name)
        wheel = Path(next(iter(WheelBuilder(str(ROOT)).build(directory=str(self.work), versions=["standard"]))))
        tag = digest(wheel.read_bytes())
        self.wheel = f"wheels/{tag}/{wheel.name}"  # the name of a wheel says what is in it: the folder has the hash
        (self.out / self.wheel).parent.mkdir(parents=True)
        shutil.copyfile(wheel, self.out / self.wheel)

    def lesson(self, page: Page) -> dict[str, Any]:
        """What the page's script is told."""
        slots = {}
        for name, live in page.slots.items():
            slots[name] = {"draw": live.module.stem, "state": live.state()}
            if isinstance(live, Panel):
                slots[name]["starts"] = f"states/{self._file(live, f'{page.number}-{name}.json')}"
        place = {"place": page.place} if page.place else {}
        return {
            **place, "number": page.number, "cells": page.cells, "slots": slots, "pyodide": f"{self.pyodide}/",
            "wheel": self.wheel, "worker": f"assets/{self.worker}",
            "service": "service.js", "silent": SILENT, "missing": MISSING,
        }  # fmt: skip

    def _starts(self, panel: Panel[Any]) -> str:
        """The states along a panel's controls, worked out once for all pages that show it with these values."""
        if repr(panel) not in self._worked_out:
            self._worked_out[repr(panel)] = dumped(lessons.starts(panel))
        return self._worked_out[repr(panel)]

    def _file(self, panel: Panel[Any], name: str) -> str:
        """The file of these states, written once."""
        if repr(panel) not in self._files:
            self._files[repr(panel)] = hashed(self.out / "states", name, self._starts(panel))
        return self._files[repr(panel)]

    def write(self, name: str, title: str, main: str, *, foot: str = "", page: Page | None = None) -> None:
        """Write a page."""
        told, status = "", ""
        if page and (page.slots or page.place):
            told = in_page(self.lesson(page)) + rules_in_page("rules.html")
            soon = "" if page.place else "Words and pictures are here; sliders and questions come in a moment."
            status = (
                '<div class="mp-status" id="mw-served" hidden><p id="mw-status" role="status" data-stage="asleep">'
                f"{soon}</p></div>"
                "<noscript><p class='mp-risk'>This page's sliders and questions need JavaScript. What stands here is "
                "the text and each picture as it is at the start.</p></noscript>"
            )
        preload = (
            f'<link rel="preload" as="script" href="assets/{self.plotly}" data-marginlib="plotly">' if told else ""
        )
        (self.out / f"{name}.html").write_text(
            _PAGE.format(
                title=html.escape(title),
                style=self.style,
                script=self.script,
                preload=preload,
                panels=self.where,
                status=status,
                unserved=unserved(name, page is not None),
                main=main,
                told=told,
                foot=foot,
            ),
            encoding="utf-8",
        )

    def alone(self, page: Page, title: str) -> None:
        """Write a page as one file, for mail and memory sticks: without the engine, with everything else in it."""
        slots, packed = {}, []
        body = lessons.uncovered(page)
        for name, live in page.slots.items():
            if isinstance(live, Panel):
                slots[name] = {"draw": live.module.stem, "state": live.state(), "starts": f"starts-{name}"}
                states = base64.b64encode(gzip.compress(self._starts(live).encode(), 9, mtime=0)).decode()
                packed.append(f'<script type="text/plain" id="starts-{name}">{states}</script>')
        lesson = {"number": page.number, "alone": True, "slots": slots, "silent": ALONE, "missing": MISSING}
        plotly = f"<script>{self._text(self.plotly)}</script>" if slots else ""
        (self.out / "files" / f"{page.name}.html").write_text(
            _ALONE.format(
                title=html.escape(title),
                style=self._text(self.style),
                script=self._text(self.script),
                plotly=plotly,
                main=body,
                told=in_page(lesson) + rules_in_page("") + "".join(packed),
                alone=ALONE,
                panels=self.where,
            ),
            encoding="utf-8",
        )

    def _text(self, asset: str) -> str:
        """What is in a script or style sheet, as it may stand in a page."""
        return (self.assets / asset).read_text(encoding="utf-8").replace("</script", "<\\/script")

    def service(self) -> None:
        """Write the service worker, last of all: it lists everything that is there."""
        apart = {self.out / "lab", self.out / "files"}  # for those who ask for them
        kept = [path for path in sorted(self.out.rglob("*")) if path.is_file() and not apart & {*path.parents}]
        listed = [
            {"url": path.relative_to(self.out).as_posix(), "revision": digest(path.read_bytes())} for path in kept
        ]
        made = self.work / esbuild(BROWSER / "service.js", self.work, '--define:process.env.NODE_ENV="production"')
        code = made.read_text(encoding="utf-8")
        if code.count("self.__WB_MANIFEST") != 1:
            raise ValueError("the service worker has no single place for its list")
        (self.out / "service.js").write_text(code.replace("self.__WB_MANIFEST", json.dumps(listed)), encoding="utf-8")


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/{style}">
{preload}<script type="module" src="assets/{script}"></script>
</head>
<body data-jp-theme-light="true" data-service="service.js" data-panels="{panels}">
<script>var d = matchMedia("(prefers-color-scheme: dark)").matches, t;
try {{ t = localStorage.getItem("marginlib:theme"); }} catch {{}}
document.body.dataset.jpThemeLight = String(!(t === "dark" || (t !== "light" && d)));</script>
<a class="mp-skip" href="#main">To the text</a>
<header class="mp-head"><nav aria-label="The site"><a href="index.html">The Margin Workbook</a>
<a href="rules.html">Rules</a> <a href="guide.html">For teachers</a></nav>
<label>Theme <select id="mw-theme"><option value="system">as the system</option><option value="light">light</option>
<option value="dark">dark</option></select></label><span id="mw-unkept" role="status"></span></header>
{status}{unserved}<p id="mw-link" class="mp-link" role="status"></p>
<main id="main">
{main}
</main>
<footer class="mp-foot">{foot}<p><span id="mw-kept"></span>
<button type="button" class="mp-plain" id="mw-forget" hidden>Forget</button></p>
<p>Not affiliated with any exchange, and not advice. On margin you can lose more than you put up.
Everything is computed in this page; nothing is sent anywhere.</p></footer>
{told}</body>
</html>
"""


_ALONE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
<noscript><style>#mw-alone {{ display: none; }}</style></noscript>
{plotly}
</head>
<body data-jp-theme-light="true" data-panels="{panels}">
<header class="mp-head"><nav aria-label="The lessons"><span>The Margin Workbook</span></nav>
<label>Theme <select id="mw-theme"><option value="system">as the system</option><option value="light">light</option>
<option value="dark">dark</option></select></label><span id="mw-unkept" role="status"></span></header>
<p id="mw-link" class="mp-link" role="status"></p>
<main id="main"><p class="mp-risk" id="mw-alone">{alone}</p>
<noscript><p class="mp-risk">This file's sliders need JavaScript. What stands here is the text and each picture as it is
at the start.</p></noscript>
{main}
</main>
<footer class="mp-foot"><p>Not affiliated with any exchange, and not advice. On margin you can lose more than you put
up. Nothing is sent anywhere.</p></footer>
{told}
<script type="module">{script}</script>
</body>
</html>
"""


EXERCISE = """<div class="mp-text"><h1>An exercise</h1><form id="mw-open" class="mp-open">
<p>Your teacher has a link or a code for it.</p>
<p><label for="mw-code">Link or code</label>
<input id="mw-code" type="text" autocomplete="off" spellcheck="false"> <button>Open</button></p></form></div>
<div id="mw-exercise"></div>"""
"""What stands on the page of an exercise before its link is opened."""


def places(pages: Iterable[Page]) -> dict[str, str]:
    """The page of each panel, and of what opens links of its own; nothing where several lessons have it."""
    panels: dict[str, str] = {}
    for page in pages:
        for panel in {
            live.opens or type(live).__name__ for live in page.slots.values() if live.opens or isinstance(live, Panel)
        }:
            panels[panel] = "" if panel in panels else f"{page.name}.html"
    return panels


def unserved(name: str, is_lesson: bool) -> str:
    """What a page of the site says when it is opened as a file: no browser runs its script then."""
    lone = {
        "index": ("00_start_here", "the first lesson"), "rules": ("rules", "the list of rules"),
        "guide": ("guide", "this guide"), "key": ("key", "this key"), "in_the_room": ("in_the_room", "this page"),
    }  # fmt: skip
    file, what = lone.get(name, (name, "this lesson"))
    needs = "its sliders and questions need a server" if is_lesson else "the pages of the lessons need a server"
    return (
        '<p class="mp-risk" id="mw-unserved" hidden>This page was opened as a file, and '
        f"{needs}: <code>make serve</code> "
        "is one, and any file server will do. What works as it is are the lessons in one file each, in "
        f'<code>files/</code>: <a href="files/{file}.html">{what}</a>.</p>'
        '<script>(document.getElementById(location.protocol === "file:" ? "mw-unserved" : "mw-served") ?? {}).hidden '
        "= false;</script>"
    )


def start_page(pages: list[Page]) -> str:
    """What this is, the lessons, the risk note: from the start notebook and the lessons' first cells."""
    first = pages[0]
    intro = re.sub(r"\*\*Minutes:\*\*.*", "", first.about)
    items = []
    for page in pages:
        title = (
            page.title if page.title.startswith(page.number) else f"{page.number} · {LESSONS.find(page.number).title}"
        )
        asked = (
            markdown(page.question)
            if page is not first
            else "One position from beginning to end, and how a lesson works."
        )
        goals = "".join(f"<li>{markdown(goal)}</li>" for goal in page.goals)
        items.append(
            f'<li><h3><a href="{page.name}.html">{html.escape(title)}</a></h3>'
            f"<p>{asked} <span class='mp-note'>{page.minutes}&nbsp;minutes.</span></p>"
            + (f"<details><summary>After it you can …</summary><ul>{goals}</ul></details>" if goals else "")
            + f'<p class="mp-note" data-lesson="{page.number}"></p></li>'
        )
    return (
        f'<div class="mp-text">{markdown(intro)}</div>'
        f'<p><a class="mp-begin" href="{first.name}.html">Begin: move a price, see what happens →</a></p>'
        f'<div class="mp-text"><h2>The lessons</h2></div><ol class="mp-list">{"".join(items)}</ol>'
        '<p>Your teacher gave you an exercise? <a href="exercise.html">Open it here</a>.</p>'
    )


def around(pages: list[Page], at: int) -> str:
    """Where one may go from a lesson: back, on, and to its notebook."""
    page = pages[at]
    before, after = (pages[at - 1] if at else None), (pages[at + 1] if at + 1 < len(pages) else None)
    back = f'<a href="{before.name}.html">← {html.escape(before.title)}</a>' if before else "<span></span>"
    on = f'<a href="{after.name}.html">{html.escape(after.title)} →</a>' if after else ""
    lab = f'<a href="lab/index.html?path={page.name}.ipynb">Change this lesson\'s code, in the browser</a>'
    file = f'<a href="files/{page.name}.html" download>This lesson in one file</a>'
    return (
        f'<p class="mp-next">{back}{on}</p><p>{lab} (JupyterLite: it takes half a minute to start).</p>'
        f"<p>{file}, to keep or to pass on: the words, the pictures, and each slider by itself.</p>"
        "<p>After a first visit these pages work without a network too. The notebook and the file are not kept: "
        "they need it.</p>"
    )


def build(out: Path, *, lab: bool = True) -> None:
    """Build the whole site anew; without the JupyterLite, where that isn't wanted.

    Raises:
        NoNode: no Node.js works here, or npm can't fetch what is needed.
    """
    node.modules()
    work = out.parent / ".site"
    for folder in (out, work):
        shutil.rmtree(folder, ignore_errors=True)
    out.mkdir(parents=True)
    builder = Builder(out, work)
    pages = [lessons.read(path) for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))]
    where, teaching = places(pages), ROOT / "notebooks" / "teaching"
    beside = [
        lessons.read(teaching / f"{name}.ipynb", lambda text: lessons.for_teachers(text, where))
        for name in FOR_TEACHERS
    ]
    builder.shared(pages, beside)
    for at, page in enumerate(pages):
        builder.write(page.name, f"{page.title} – {NAME}", page.body, foot=around(pages, at), page=page)
    listed = lessons.read(ROOT / "notebooks" / "rules.ipynb")
    builder.write("rules", f"{listed.title} – {NAME}", listed.body)
    for page in beside:
        builder.write(page.name, f"{page.title} – {NAME}", page.body, page=page)
    builder.write("index", NAME, start_page(pages))
    of_link = Page("exercise", "An exercise", EXERCISE, "", place="mw-exercise")
    builder.write(of_link.name, f"{of_link.title} – {NAME}", of_link.body, page=of_link)
    (out / "files").mkdir()
    handout = (teaching / "handout.html").read_text(encoding="utf-8").replace('href="guide.ipynb"', 'href="guide.html"')
    for folder in (out, out / "files"):
        (folder / "handout.html").write_text(handout, encoding="utf-8")
        for example in teaching.glob("*.toml"):
            shutil.copy(example, folder)
    for page in (*pages, listed, *beside):
        builder.alone(page, f"{page.title} – {NAME}")
    if lab:
        lite.build(out / "lab", out / builder.wheel, out / builder.pyodide, builder.assets / builder.plotly)
    builder.service()
    shutil.rmtree(work)


def main() -> int:
    """Build where it is said, or in dist/site."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out.resolve()
    try:
        build(out)
    except node.NoNode as error:
        print(error, file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"The site is in {out} ({size / 1e6:.0f} MB). `make serve` shows it here; any file server can have it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

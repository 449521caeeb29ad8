"""The notebooks themselves in the browser: a JupyterLite that opens lesson 05, and asks no host but its own."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.lab import FLAGS, Notebook, until
from playwright.sync_api import expect, sync_playwright
from serving import served, watched

from marginlib.telling.on_page import written
from tools.site import lite, node, setup

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
BROWSERS_OWN = ".google.com", ".googleapis.com"  # what Chromium asks for whatever it shows
FOLDER = "a folder/of any name"
KERNEL = "() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"
ASK = """async (code) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code, store_history: false });
  let said = '';
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === 'stream') said += content.text;
    if (header.msg_type === 'error') said += content.evalue;
  };
  await future.done;
  return said.trim();
}"""


def said(notebook: Notebook, code: str) -> str:
    """What Python prints there. (This kernel answers no expressions, as a JupyterLab's does.)"""
    words: str = notebook.page.evaluate(ASK, code)
    return words


def missing(reason: str) -> None:
    """Skip in sight, or fail where nothing may be missing."""
    if os.environ.get("MARGINLIB_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a JupyterLite in it, beside what pages share with it."""
    if setup.main():
        missing("what the site is built with can't be installed")
    try:
        modules = node.modules()
    except node.NoNode as error:
        missing(str(error))
    site = tmp_path_factory.mktemp("site") / FOLDER
    (site / "wheels").mkdir(parents=True)
    packed = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        str(site / "wheels"),
    ]
    subprocess.run([sys.executable, "-m", "pip", *packed, str(ROOT)], check=True)
    (site / "pyodide").mkdir()
    for name in lite.CORE:
        (site / "pyodide" / name).write_bytes((modules / "pyodide" / name).read_bytes())
    (wheel,) = (site / "wheels").glob("*.whl")
    lite.build(site / "lab", wheel, site / "pyodide", modules / "plotly.js-basic-dist-min" / "plotly-basic.min.js")
    return site


@pytest.fixture(scope="module")
def lock(site: Path) -> dict[str, Any]:
    packages: dict[str, Any] = json.loads((site / "lab/pypi/pyodide-lock.json").read_text("utf-8"))["packages"]
    return packages


def test_the_lock_names_what_is_there_and_all_that_it_needs(site: Path, lock: dict[str, Any]) -> None:
    for name, package in lock.items():
        wheel = site / "lab" / "pypi" / package["file_name"]
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == package["sha256"], name
        assert package["name"] == name
        assert set(package["depends"]) <= lock.keys(), name
        assert package["imports"], name
    assert {"anywidget", "ipywidgets", "marginlib", "pydantic-core", "micropip"} <= lock.keys()
    assert "marginlib" in lock["marginlib"]["imports"]


def test_nothing_lies_in_the_site_twice_and_nothing_that_only_developers_read(site: Path, lock: dict[str, Any]) -> None:
    files = [file for file in site.rglob("*") if file.is_file() and file.stat().st_size > 100_000]
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]

    assert len(set(hashes)) == len(hashes)
    assert not list(site.rglob("*.map"))
    assert lock["marginlib"]["file_name"].startswith("../../wheels/")


def test_it_holds_every_notebook_and_says_what_is_different(site: Path) -> None:
    there = {file.name: file.read_bytes() for file in (site / "lab" / "files").iterdir() if file.is_file()}

    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert there[notebook.name] == notebook.read_bytes()
    assert b"no pandas here" in there["README.md"]


def test_no_file_names_a_machine(site: Path) -> None:
    own = [file for file in (site / "lab").glob("**/*.json") if str(ROOT) in file.read_text(encoding="utf-8")]

    assert own == []


@pytest.fixture(scope="module")
def opened(site: Path, chromium: str) -> Iterator[tuple[Notebook, list[str]]]:
    """Lesson 05, all of its cells run, and what other hosts were asked for."""
    above = site.parents[len(Path(FOLDER).parts) - 1]
    with watched() as (proxy, asked), served(above) as address, sync_playwright() as playwright:
        flags = [*FLAGS, f"--proxy-server={proxy}"]  # Playwright's own option would send its own machine's there, too
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        notebook = Notebook(page)
        page.goto(f"{address}/{FOLDER}/lab/index.html?path=05_loss_cascade.ipynb")
        until(lambda: bool(page.evaluate("() => !!window.jupyterapp?.shell?.currentWidget?.model")), "it is open", 60)
        page.evaluate("() => { jupyterapp.shell.currentWidget.content.notebookConfig.windowingMode = 'none' }")
        page.evaluate("() => jupyterapp.shell.currentWidget.revealed")
        until(
            lambda: (
                page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status") == "idle"
            ),
            "Python is there",
            180,
            0.2,
        )
        notebook.run_all()
        yield notebook, asked
        browser.close()


def test_lesson_05_runs_there_without_an_error(opened: tuple[Notebook, list[str]]) -> None:
    notebook, _ = opened
    outputs = notebook.page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets
            .flatMap((cell) => cell.model.sharedModel.outputs ?? [])
            .filter((output) => output.output_type === 'error').map((output) => output.evalue)"""
    )

    assert outputs == []
    assert notebook.complaints == []
    assert said(notebook, "import sys; print({'pandas', 'plotly', 'numpy'} & {*sys.modules})") == "set()"


def test_its_panel_moves_and_python_hears_of_it(opened: tuple[Notebook, list[str]]) -> None:
    notebook, _ = opened
    panel = notebook.panels().first
    notebook.page.get_by_role("button", name="Skip, and see").click()
    slider = panel.get_by_role("slider", name="Price move")
    expect(panel.locator(".mw-figure svg").first).to_be_visible(timeout=60_000)
    title = panel.locator(".mw-title")
    before = title.text_content() or ""
    slider.fill("-40")

    expect(title).not_to_have_text(before, timeout=60_000)
    until(lambda: said(notebook, "print(panel.values['move'])") == "-40", "Python has its value", 60, 0.2)
    assert title.text_content() == written(said(notebook, "print(LossCascade(move=-40)._shown['view']['title'])"))


def test_no_other_host_is_asked(opened: tuple[Notebook, list[str]]) -> None:
    _, asked = opened

    assert [each for each in asked if not any(host in each for host in BROWSERS_OWN)] == []

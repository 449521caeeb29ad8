"""The notebooks themselves in the browser: a JupyterLite beside the pages, for whoever wants to change a code cell.

Run alone, with the core files of npm's `pyodide` and plotly's script where npm has put them:

    python -m tools.site.lite OUT WHEEL [PYODIDE PLOTLY]

It asks no host but its own. All that its Python loads lies in the site and is named, with hashes, in a lock file of
Pyodide's, so that nothing is worked out in the browser. The kernel, the widgets and marginlib with what it needs are
loaded at its start; pandas is not among them (:class:`marginlib.telling.table.Table` takes its place).
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.environment import pip_environment
from tools.site import node, setup

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ROOT / "build" / "site" / "lite-wheels"
LABEXTENSIONS = Path("share", "jupyter", "labextensions")
KERNEL = "@jupyterlite/pyodide-kernel-extension"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
"""What there is of Pyodide in the browser. Its own lock is not among it: that names what only another host has."""

_KERNELS = ("comm", "ipykernel", "ipython", "jedi", "micropip", "piplite", "pyodide-kernel")
"""What JupyterLite's kernel asks for by name."""
_LESSONS = ("anywidget", "ipywidgets", "marginlib")
_ON_DEMAND = {"rich"}
"""Only the command line needs it."""
_FRONTENDS = {"jupyterlab-widgets", "widgetsnbextension"}
"""Packages that carry nothing but JavaScript, which JupyterLite has from its extensions."""
_THERE = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_system": "Emscripten",
    "sys_platform": "emscripten",
    "python_full_version": "3.14.2",
    "python_version": "3.14",
    "extra": "",
}
_MARKER = re.compile(r" ; .*\\$", re.MULTILINE)
_PLATFORM = ("--platform", "pyemscripten_2026_0_wasm32", "--python-version", "3.14", "--implementation", "cp")

_ABOUT = """\
# The notebooks, in this browser

These are the workbook's notebooks in JupyterLite: a JupyterLab whose Python runs in your browser. Nothing is installed
and nothing is sent anywhere. Open a notebook on the left, then *Run → Run All Cells*; the first cell waits some seconds
for Python.

* What you change is kept in this browser alone. *File → Download* takes it along; *File → Reload Notebook from Disk*
  brings what you saved last, and deleting a notebook here brings the original back.
* `story.frame()` gives a pandas table in an installed workbook. There is no pandas here: it gives a small table of the
  workbook's own, which looks the same and does what the lessons do with one: choosing rows and columns, `head`, `tail`,
  `drop`, `iloc`. For anything more, install the workbook.
* Packages can't be added: this page asks no server but the one it comes from.
"""


def build(out: Path, wheel: Path, pyodide: Path, plotly: Path) -> None:
    """Make a JupyterLite of the notebooks in `out`, which is emptied first.

    Args:
        out: the folder, such as `dist/site/lab`; the site is the folder above it.
        wheel: marginlib's wheel.
        pyodide: the folder with the core files of npm's pyodide.
        plotly: plotly's script.

    What lies in the site already is pointed at; the rest is copied. So are other wheels that lie beside marginlib's.
    """
    shutil.rmtree(out, ignore_errors=True)
    copied = out / "static"
    core = pyodide if _lies_in_site(out, pyodide) else copied / "pyodide"
    script = plotly if _lies_in_site(out, plotly) else copied / plotly.name
    with tempfile.TemporaryDirectory() as scratch:
        _make(out, Path(scratch), f"./{_from(out, core / 'pyodide.mjs')}")
    if core != pyodide:
        core.mkdir(parents=True)
        for name in CORE:
            shutil.copyfile(pyodide / name, core / name)
    if script != plotly:
        copied.mkdir(exist_ok=True)
        shutil.copyfile(plotly, script)
    (out / "pypi").mkdir()
    _lock(out, wheel)
    _redirect(out / "index.html")
    _offer(out / "lab" / "index.html", _from(out / "lab", script))
    for unneeded in ("doc", "rspack.config.js", "rspack.config.analyze.js", "rspack.config.watch.js", "package.json"):
        shutil.rmtree(out / unneeded) if (out / unneeded).is_dir() else (out / unneeded).unlink(missing_ok=True)
    for map_file in out.rglob("*.map"):
        map_file.unlink()


def _lies_in_site(out: Path, file: Path) -> bool:
    return file.resolve().is_relative_to(out.resolve().parent)


def _from(folder: Path, file: Path) -> str:
    """The relative address of a file, seen from a folder."""
    return PurePosixPath(os.path.relpath(file.resolve(), folder.resolve()).replace(os.sep, "/")).as_posix()


def _make(out: Path, scratch: Path, pyodide_url: str) -> None:
    """Have JupyterLite made, with nobody's settings but these."""
    contents = scratch / "contents"
    shutil.copytree(ROOT / "notebooks", contents, ignore=shutil.ignore_patterns(".*", "*.tmp"))
    (contents / "README.md").write_text(_ABOUT, encoding="utf-8")
    here, brought = Path(sys.prefix) / LABEXTENSIONS, setup.FOLDER / LABEXTENSIONS
    extensions = [here / "@jupyter-widgets" / "jupyterlab-manager", here / "anywidget", brought / KERNEL]
    made_by = {
        "apps": ["lab"],
        "contents": [str(contents)],
        "federated_extensions": [str(each) for each in extensions],
        "ignore_sys_prefix": ["federated_extensions"],
        "no_libarchive": True,
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "output_dir": str(out.resolve()),
    }
    kernel = {
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"lockFileURL": "./pypi/pyodide-lock.json", "packages": [*_KERNELS, *_LESSONS]},
        "pyodideUrl": pyodide_url,
    }
    shown = {
        "appName": "The Margin Workbook",
        "exposeAppInBrowser": True,  # as `window.jupyterapp`: tests ask it
        "disabledExtensions": [
            "@jupyterlab/apputils-extension:announcements",
            "@jupyterlab/extensionmanager-extension",
        ],
        "litePluginSettings": {f"{KERNEL}:kernel": kernel},
    }
    settings = {"@jupyterlab/apputils-extension:themes": {"adaptive-theme": True}}
    for name, said in {
        "jupyter_lite_config.json": {"LiteBuildConfig": made_by},
        "jupyter-lite.json": {"jupyter-lite-schema-version": 0, "jupyter-config-data": shown},
        "overrides.json": settings,
    }.items():
        (scratch / name).write_text(json.dumps(said, indent=1), encoding="utf-8")
    own = {name: value for name, value in setup.environment().items() if not name.startswith("JUPYTER")}
    done = subprocess.run(
        [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(scratch)],
        cwd=scratch,
        env={**own, "JUPYTER_NO_CONFIG": "1", "JUPYTER_CONFIG_DIR": str(scratch / "config")},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"JupyterLite was not made:\n{(done.stdout + done.stderr)[-2000:]}")


def _lock(out: Path, wheel: Path) -> None:
    """Write down which wheels the browser's Python has; those that don't lie in the site yet are copied."""
    folder = out / "pypi"
    kernels = sorted((out / "extensions" / KERNEL / "static" / "pypi").glob("*.whl"))
    wheels = [wheel, *(each for each in kernels if "widgetsnbextension" not in each.name), *_fetched()]
    packages = {}
    for each in wheels:
        beside = wheel.parent / each.name
        placed = beside if beside.is_file() else each
        if not _lies_in_site(out, placed):
            placed = Path(shutil.copyfile(placed, folder / placed.name))
        entry = _entry(placed, _from(folder, placed))
        packages[entry["name"]] = entry
    for entry in packages.values():
        entry["depends"] = [name for name in entry["depends"] if name not in _FRONTENDS | _ON_DEMAND]
        if missing := set(entry["depends"]) - packages.keys():
            raise RuntimeError(f"{entry['name']} needs {', '.join(sorted(missing))}, which no wheel here has.")
    info = {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"}
    lock = {"info": info, "packages": dict(sorted(packages.items()))}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock, indent=1), encoding="utf-8")


def _entry(wheel: Path, address: str) -> dict[str, Any]:
    """A wheel as Pyodide's lock names it."""
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA") and name.count("/") == 1)
        about = Parser().parsestr(packed.read(metadata).decode())
    modules = {PurePosixPath(name).parts[0].removesuffix(".py") for name in names if name.endswith((".py", ".so"))}
    return {
        "name": canonicalize_name(about["Name"]),
        "version": about["Version"],
        "file_name": address,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(each for each in modules if each.isidentifier()),
        "depends": sorted(_needs(about)),
        "unvendored_tests": False,
    }


def _needs(about: Message) -> Iterator[str]:
    """What a package needs in the browser's Python, by its metadata."""
    for line in about.get_all("Requires-Dist") or ():
        needed = Requirement(line)
        if not needed.marker or needed.marker.evaluate(_THERE):
            yield canonicalize_name(needed.name)


def _wanted() -> set[str]:
    """The packages from the pins: what kernel and lessons ask for, and all that those need in their turn."""
    brought = {"ipykernel", "piplite", "pyodide-kernel"}
    found: set[str] = set()
    waiting = {*_KERNELS, *_LESSONS, *_ON_DEMAND} - brought
    while waiting:
        name = waiting.pop()
        found.add(name)
        if name != "micropip":  # is only in the browser's Python, and needs nothing
            about = Parser().parsestr(distribution(name).read_text("METADATA") or "")
            waiting |= set(_needs(about)) - found - _FRONTENDS
    return found - {"marginlib"}


def _fetched() -> list[Path]:
    """The pinned wheels for the browser's Python, fetched once."""
    text = (ROOT / "requirements.txt").read_text("utf-8") + setup.PINS.read_text("utf-8")
    wanted = _wanted()
    pins = "".join(pin[0] for pin in setup.PIN.finditer(text) if canonicalize_name(pin["name"]) in wanted)
    pins = _MARKER.sub(" \\\\", pins)  # they speak of the Python that runs pip, too
    stamp = WHEELS / "pins.txt"
    if not stamp.is_file() or stamp.read_text("utf-8") != pins:
        shutil.rmtree(WHEELS, ignore_errors=True)
        WHEELS.mkdir(parents=True)
        unfinished = WHEELS / "unfinished.txt"
        unfinished.write_text(pins, encoding="utf-8")
        pip = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
        pip += ["--no-deps", "--require-hashes", "--only-binary=:all:", *_PLATFORM]
        subprocess.run([*pip, "--dest", str(WHEELS), "-r", str(unfinished)], check=True, env=pip_environment())
        unfinished.replace(stamp)
    return sorted(WHEELS.glob("*.whl"))


def _redirect(index: Path) -> None:
    """Have the first page lead on to the lab with what its address says: `index.html?path=05_loss_cascade.ipynb`."""
    page = index.read_text(encoding="utf-8")
    leads = "await import('./config-utils.js');"
    assert page.count(leads) == 1, "JupyterLite's first page has changed"
    on = "location.replace('lab/index.html' + location.search + location.hash);"
    icon = '<head>\n    <link rel="icon" href="lab/favicon.ico">'
    index.write_text(page.replace(leads, on).replace("<head>", icon, 1), encoding="utf-8")


def _offer(index: Path, script: str) -> None:
    """Have the lab's page say where plotly lies (`marginlib/panels/browser/plotly.js` asks it), and its icon."""
    page = index.read_text(encoding="utf-8")
    assert page.count("</title>") == 1, "the lab's page has changed"
    icon, plotly = (
        '<link rel="icon" href="favicon.ico">',
        f'<link rel="prefetch" href="{script}" data-marginlib="plotly">',
    )
    index.write_text(page.replace("</title>", f"</title>\n    {icon}\n    {plotly}"), encoding="utf-8")


def main() -> int:
    """Build it where the command line says."""
    match [Path(each) for each in sys.argv[1:]]:
        case [out, wheel]:
            modules = node.modules()
            build(out, wheel, modules / "pyodide", modules / "plotly.js-basic-dist-min" / "plotly-basic.min.js")
        case [out, wheel, pyodide, plotly]:
            build(out, wheel, pyodide, plotly)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

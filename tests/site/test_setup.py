"""What the site is built with: apart from the workbook's own packages, and found again."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tools.site import node, setup

ROOT = Path(__file__).resolve().parents[2]


def script(file: Path, says: str) -> Path:
    """A command that says one line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def machine(folder: Path, monkeypatch: pytest.MonkeyPatch, **commands: str) -> None:
    """A machine on which there are these commands and no others."""
    folder.mkdir(exist_ok=True)
    for name, says in commands.items():
        script(folder / name, says)
    monkeypatch.setenv("PATH", str(folder))


posix = pytest.mark.skipif(os.name == "nt", reason="the commands are shell scripts")


@posix
def test_the_machines_own_node_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(tmp_path / "bin", monkeypatch, node="v20.1.0", npm="11.2.3")

    found = node.find()

    assert (found.node, found.version) == ((str(tmp_path / "bin" / "node"),), "20.1.0")
    assert found.environment()["PATH"].split(os.pathsep)[0] == str(tmp_path / "bin")


@posix
@pytest.mark.parametrize(
    "commands",
    [{}, {"node": "v20.1.0"}, {"npm": "11.2.3"}, {"node": "v18.20.0", "npm": "10.1.0"}, {"node": "what?", "npm": "1"}],
    ids=["none", "without-npm", "without-node", "too-old", "broken"],
)
def test_without_a_fit_one_nothing_is_found_and_a_sentence_says_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commands: dict[str, str]
) -> None:
    machine(tmp_path / "bin", monkeypatch, **commands)
    monkeypatch.setattr(node, "from_wheel", lambda: None)

    with pytest.raises(node.NoNode, match=r"Node\.js 20 or newer with npm.*apt-get.* nodejs npm.*make site-setup"):
        node.find()


@posix
@pytest.mark.parametrize("says", ["v24.19.0", "v18.1.0", ""])
def test_the_wheels_node_runs_its_own_npm(tmp_path: Path, says: str) -> None:
    command = script(tmp_path / "bin" / "node", "")
    npm = tmp_path / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo {says} || echo 11.0.0\n', encoding="utf-8")
    assert node.from_wheel(tmp_path) is None

    npm.parent.mkdir(parents=True)
    npm.touch()
    found = node.from_wheel(tmp_path)

    assert (found and found.npm) == ((str(command), str(npm)) if says == "v24.19.0" else None)


def test_node_is_fetched_only_where_there_is_none() -> None:
    with_it, without = setup.wanted(with_node=True), setup.wanted(with_node=False)

    assert re.findall(r"^([\w.-]+)==", with_it, re.MULTILINE) == re.findall(
        r"^([\w.-]+)==", setup.PINS.read_text("utf-8"), re.MULTILINE
    )
    assert "nodejs" in with_it
    assert "nodejs" not in without
    assert with_it.count("--hash=sha256:") > without.count("--hash=sha256:") > without.count("==")


def test_what_is_installed_is_known_again_and_what_is_incomplete_is_not(tmp_path: Path) -> None:
    pins = setup.wanted(with_node=False)
    record = tmp_path / "a-1.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text("a.py,,\n../../../bin/a,,\n", encoding="utf-8")
    module = tmp_path / "a.py"
    module.touch()
    assert not setup.is_ready(pins, tmp_path)

    (tmp_path / setup.STAMP).write_text(setup.key(pins), encoding="utf-8")
    assert setup.is_ready(pins, tmp_path)
    assert not setup.is_ready(setup.wanted(with_node=True), tmp_path)

    module.unlink()
    assert not setup.is_ready(pins, tmp_path)


def test_it_lies_in_venv_and_is_none_of_its_packages() -> None:
    """JupyterLab loads every extension that it finds, and JupyterLite's is not made for it."""
    assert setup.FOLDER.is_relative_to(ROOT / ".venv")
    listed = subprocess.run([sys.executable, "-m", "pip", "list"], capture_output=True, text=True, check=True).stdout

    assert "jupyterlite" not in listed

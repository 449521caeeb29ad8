"""The project's own files agree with each other."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Pin:
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]


def read_project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def direct_requirements() -> list[Requirement]:
    project = read_project()
    lines = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["lab"],
        *project["dependency-groups"]["test"],
    ]
    return [Requirement(line) for line in lines]


# What is used on top of the workbook's own packages, each in a folder of its own.
ON_TOP: dict[tuple[str, str], Requirement] = {
    (group, canonicalize_name(each.name)): each
    for group in ("site", "hub")
    for each in map(Requirement, read_project()["dependency-groups"][group])
}
DIRECT: dict[str, Requirement] = {canonicalize_name(each.name): each for each in direct_requirements()}


def only_version(requirement: Requirement) -> Version:
    """The version in a requirement that allows exactly one."""
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    assert "*" not in specifier.version
    return Version(specifier.version)


def read_pins(name: str = "requirements.txt") -> dict[str, Pin]:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins: dict[str, Pin] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        stated, *hashes = re.split(r"\s+--hash=", line.strip())
        requirement = Requirement(stated)
        name = canonicalize_name(requirement.name)
        assert name not in pins, f"{name} is pinned twice"
        pins[name] = Pin(only_version(requirement), requirement.marker, tuple(hashes))
    return pins


def read_environment() -> tuple[dict[str, str], list[str]]:
    """The conda packages (name to version) and the pip lines of environment.yml."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda: dict[str, str] = {}
    pip: list[str] = []
    for entry in environment["dependencies"]:
        if isinstance(entry, dict):
            pip.extend(entry["pip"])
        else:
            name, _, version = entry.partition("=")
            conda[canonicalize_name(name)] = version
    return conda, pip


@pytest.mark.parametrize("name", sorted(DIRECT))
def test_every_direct_dependency_is_pinned_within_its_bounds(name: str) -> None:
    pin = read_pins()[name]

    assert DIRECT[name].specifier.contains(pin.version)


@pytest.mark.parametrize(("group", "name"), sorted(ON_TOP))
def test_what_is_used_on_top_is_pinned_within_its_bounds(group: str, name: str) -> None:
    pin, wanted = read_pins(f"requirements-{group}.txt")[name], ON_TOP[group, name]

    assert wanted.specifier.contains(pin.version)
    assert (pin.marker is None) == (wanted.marker is None)


@pytest.mark.parametrize("group", ["site", "hub"])
def test_what_is_used_on_top_is_pinned_on_top_of_the_workbooks_pins(group: str) -> None:
    """Only what those haven't: both are used together, and one name has one version."""
    assert read_pins().keys() & read_pins(f"requirements-{group}.txt").keys() == set()


@pytest.mark.parametrize("pins", ["requirements.txt", "requirements-site.txt", "requirements-hub.txt"])
def test_every_pin_has_hashes(pins: str) -> None:
    without = [
        name
        for name, pin in read_pins(pins).items()
        if not pin.hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in pin.hashes)
    ]

    assert without == []


def test_the_pins_are_complete() -> None:
    """They are installed without looking at what they require (`--no-deps`), so nothing may be missing."""
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stdout.strip()) == (0, "No broken requirements found.")


def test_the_lines_for_windows_install_as_make_does() -> None:
    how = '"--no-deps", "--require-hashes", "-r"'
    assert how in (ROOT / "tools" / "environment.py").read_text(encoding="utf-8")
    assert "pip install --no-deps --require-hashes -r requirements.txt" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize(
    ("sys_platform", "os_name", "system"),
    [("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows")],
)
def test_direct_dependencies_are_pinned_on_every_system(
    python: str, sys_platform: str, os_name: str, system: str
) -> None:
    here = {
        **{key: str(value) for key, value in default_environment().items()},
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": sys_platform,
        "os_name": os_name,
        "platform_system": system,
    }
    installed = {name for name, pin in read_pins().items() if not pin.marker or pin.marker.evaluate(here)}

    assert set(DIRECT) <= installed


def test_the_conda_environment_has_the_pinned_versions() -> None:
    conda, pip = read_environment()
    by_pip = [Requirement(line) for line in pip if not line.startswith("-")]
    stated = {name: Version(version) for name, version in conda.items() if version}
    stated |= {canonicalize_name(each.name): only_version(each) for each in by_pip}
    del stated["python"]

    assert stated == {name: read_pins()[name].version for name in DIRECT}


def test_the_conda_environment_has_this_project_and_a_python_it_supports() -> None:
    conda, pip = read_environment()

    assert [line for line in pip if line.startswith("-")] == ["-e ."]
    assert re.fullmatch(r"3\.\d+", conda["python"])
    assert Requirement(f"python{read_project()['project']['requires-python']}").specifier.contains(conda["python"])


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-site.txt", "requirements-hub.txt", "environment.yml", "pyproject.toml"]
)
def test_dependencies_are_named_without_an_address(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    options = ("--index-url", "--extra-index-url", "--find-links", "--trusted-host", "-i ", "-f ")

    assert [line for line in lines if "://" in line or line.strip().startswith(options)] == []


def test_notebooks_carry_no_widget_state() -> None:
    """Running a notebook with nbconvert stores it by default: megabytes of others' JavaScript."""
    notebooks = sorted((ROOT / "notebooks").glob("**/*.ipynb"))

    assert [each.name for each in notebooks if '"_esm"' in each.read_text(encoding="utf-8")] == []


CHECKED = "05_loss_cascade.ipynb"
WATCHED = "coverage_in_the_kernel.ipynb"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a notebook is checked with, in a folder of its own."""
    folder = tmp_path_factory.mktemp("copied")
    for name in ("marginlib", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "False"}}
    cell = {"cell_type": "code", "id": "watched", "execution_count": 1, "metadata": {}, "outputs": [output]}
    watched: dict[str, Any] = {"cells": [cell | {"source": 'import sys\n"coverage" in sys.modules'}], "metadata": {}}
    watched |= {"nbformat": 4, "nbformat_minor": 5}
    for name in ("pyproject.toml", "conftest.py", "tests/nbval_sanitize.cfg", f"notebooks/{CHECKED}"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "notebooks" / WATCHED).write_text(json.dumps(watched), encoding="utf-8")
    return folder


def run_pytest(copied: Path, start: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest on the copy, started in one of its folders (or outside): a person's own run, not a part of this one."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "COVERAGE_"))}
    environment = {**own, "PYTHONPATH": str(copied)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=copied / start, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize(
    ("start", "arguments"),
    [
        ("notebooks", [CHECKED]),
        ("..", ["--rootdir=copied", "copied/notebooks"]),
        ("notebooks", ["-n2", "--dist=load", "--cov", "--cov-fail-under=1", CHECKED, WATCHED]),
    ],
    ids=["its-folder", "outside", "processes"],
)
def test_a_notebook_is_checked_from_any_folder_and_by_any_number_of_processes(
    copied: Path, start: str, arguments: list[str]
) -> None:
    ran = run_pytest(copied, start, *(each.replace("copied", copied.name, 1) for each in arguments))

    assert ran.returncode == 0, ran.stdout[-3000:]
    assert re.search(r"\b\d\d passed", ran.stdout)
    assert ("Total coverage: " in ran.stdout) == ("--cov" in arguments)


def test_a_changed_rule_turns_a_notebook_red(copied: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(copied, changed)
    rules = changed / "data" / "conversion.toml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("other = 0.05", "other = 0.06"), encoding="utf-8")

    ran = run_pytest(changed, "notebooks", CHECKED)

    assert ran.returncode == 1, ran.stdout[-3000:]
    assert re.search(rf"FAILED {CHECKED}::Cell \d+", ran.stdout)


_RAN = list[str]()


@pytest.mark.parametrize("case", ["one", "other"])
def test_in_a_worker_coverage_watches_a_tests_first_case_alone(case: str, worker_id: str) -> None:
    """It went on watching: there are two of it, and only the upper one was stopped."""
    _RAN.append(case)

    assert len(_RAN) == 1 or worker_id == "master" or sys.gettrace() is None

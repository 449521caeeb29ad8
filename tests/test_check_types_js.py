"""The check of the browser's types: it comes from npm alone, and says so where it can't run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(("required", "word", "status"), [("", "SKIPPED", 0), ("1", "FAILED", 1)])
def test_without_npm_it_is_skipped_in_sight_or_fails_where_it_is_required(
    tmp_path: Path, required: str, word: str, status: int
) -> None:
    environment = {**os.environ, "PATH": str(tmp_path), "MARGINLIB_REQUIRE_BROWSER": required}
    run = [sys.executable, str(ROOT / "tools" / "check_types_js.py")]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == status
    assert done.stdout.startswith(f"{word}: the types of the browser's side were not checked: no Node.js with npm")


def test_what_comes_from_npm_is_pinned_with_a_hash_and_without_an_address() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(lock)["packages"]
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    there = {name.rpartition("node_modules/")[2]: each for name, each in packages.items() if name}

    assert {name: there[name]["version"] for name in wanted} == wanted
    assert all(each["integrity"].startswith("sha512-") for each in there.values())
    assert not any("resolved" in each for each in there.values())

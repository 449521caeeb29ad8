"""Writes the versions pinned in `requirements.txt` into `environment.yml`.

Only versions change: which packages `environment.yml` names, and from where, is decided by hand,
and a test says when one is missing.
"""

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def pinned() -> dict[str, str]:
    """Return the version of every package in `requirements.txt`."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = (line.removesuffix("\\").strip() for line in text.splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "--hash"))]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in found}


def main() -> None:
    """Rewrite `environment.yml`."""
    versions = pinned()

    def repin(line: re.Match[str]) -> str:
        version = versions.get(canonicalize_name(line["name"]), line["version"])
        return f"{line['dash']}{line['name']}{line['sign']}{version}"

    file = ROOT / "environment.yml"
    pin = re.compile(r"^(?P<dash> *- )(?P<name>[\w.-]+)(?P<sign>==?)(?P<version>[\w.]+)$", re.MULTILINE)
    file.write_text(pin.sub(repin, file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

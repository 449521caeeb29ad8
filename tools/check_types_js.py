"""Checks the types that the browser's side states in its comments, with TypeScript's checker.

TypeScript comes from npm alone, while everything else here starts from Python. So where Node.js or npm is missing, or
npm can't fetch it, the check is skipped, and says so; with MARGINLIB_REQUIRE_BROWSER=1 set, that is an error.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
CHECKER = MODULES / "typescript"


def is_installed() -> bool:
    """Tell whether the checker, and the packages whose types it reads, are there as pinned."""
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    return all(_version(package) == pinned for package, pinned in wanted.items())


def _version(package: str) -> str:
    """The version of an npm package that is there; nothing if it isn't."""
    try:
        return str(json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError):
        return ""


def skip(reason: str) -> int:
    """Say why nothing was checked; return the exit status for it."""
    required = os.environ.get("MARGINLIB_REQUIRE_BROWSER") == "1"
    print(f"{'FAILED' if required else 'SKIPPED'}: the types of the browser's side were not checked: {reason}")
    return int(required)


def main() -> int:
    """Install the checker where it is missing, and run it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return skip("no Node.js with npm on this machine (Debian: apt-get install nodejs npm)")
    if not is_installed():
        install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            done = subprocess.run(install, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
        except subprocess.TimeoutExpired:
            return skip("npm didn't fetch TypeScript within 5 minutes")
        if done.returncode:
            return skip(f"npm can't fetch TypeScript: {(done.stderr.strip() or done.stdout.strip())[:300]}")
    return subprocess.run([node, str(CHECKER / "bin" / "tsc"), "--project", str(ROOT)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

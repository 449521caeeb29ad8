"""Makes the project's `.venv` from the hashed pins, and says whether it is whole.

Run from the top of the repository:

    python tools/environment.py check    exit status 0 if `.venv` is whole and up to date
    python tools/environment.py build    make `.venv` anew

Only the standard library is used: this runs before anything is installed. A build starts from an
empty folder and writes its stamp last, so whatever was there before, or whatever interrupts it,
the next check tells a finished environment from an unfinished one.
"""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "margin-workbook.stamp"
PINS = ROOT / "requirements.txt"


def key() -> str:
    """Return a hash of everything `.venv` is made from.

    The folder's own path counts: scripts and the editable install hold it, so a moved or copied
    repository needs a new environment. Tool settings in `pyproject.toml` do not count.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = {
        "build-system": project["build-system"],
        "project": project["project"],
        "hatch": project.get("tool", {}).get("hatch", {}),
        "pins": PINS.read_text(encoding="utf-8"),
        "place": str(ROOT),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def missing_file(site: Path, *, moved: bool = False) -> Path | None:
    """Return the first file of a folder's packages that is no longer there, or None.

    Every package's RECORD lists its files. This only looks: some ten thousand files take a
    fraction of a second. With `moved`, for a folder that was pip's `--target`, files outside it don't
    count: pip puts them elsewhere than their RECORD says.
    """
    records = list(site.glob("*.dist-info/RECORD"))
    if not records:
        return site
    for record in records:
        with record.open(encoding="utf-8", newline="") as lines:
            for name, *_ in csv.reader(lines):
                if name.endswith(".pyc") or (moved and name.startswith("..")):
                    continue
                if not os.path.exists(f"{site}/{name}"):  # noqa: PTH110
                    return site / name
    return None


def is_whole() -> bool:
    """Tell whether this Python is that of a finished, complete and up-to-date `.venv`."""
    if Path(sys.prefix).resolve() != VENV.resolve() or not STAMP.is_file():
        return False
    if STAMP.read_text(encoding="utf-8").split() != [key()]:
        return False
    return missing_file(Path(sysconfig.get_path("purelib"))) is None


def pip_environment() -> dict[str, str]:
    """What pip runs with: one set up to install elsewhere by default would leave `.venv` empty."""
    elsewhere = {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_HASHES"}
    return {name: value for name, value in os.environ.items() if name not in elsewhere}


def build() -> None:
    """Make `.venv` from nothing."""
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        STAMP.unlink(missing_ok=True)
        shutil.rmtree(VENV)
    version = ".".join(str(part) for part in sys.version_info[:3])
    print(f"Making .venv with Python {version}. This takes a minute or two, once.", flush=True)
    made_from = key()
    subprocess.run([sys.executable, "-I", "-m", "venv", str(VENV)], check=True)

    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    environment = pip_environment()
    pip = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    pip += ["--quiet"]
    # The pins are complete, so there is nothing to work out: older pips stumble over an extra (coverage[toml])
    # as soon as a newer release of it than the pinned one is out.
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", str(PINS)], check=True, env=environment)
    # Nothing is downloaded here: the build backend is among the pins.
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", str(ROOT)],
        check=True,
        env=environment,
    )
    # JupyterLab asks at its first start whether it may fetch news; a lesson starts without that.
    settings = VENV / "etc/jupyter/labconfig/page_config.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    settings.write_text(json.dumps(news) + "\n", encoding="utf-8")

    unfinished = STAMP.with_suffix(".part")
    unfinished.write_text(made_from + "\n", encoding="utf-8")
    unfinished.replace(STAMP)
    print("The environment is ready in .venv.")


def main() -> int:
    """Run the command named on the command line."""
    match sys.argv[1:]:
        case ["check"]:
            return 0 if is_whole() else 1
        case ["build"]:
            try:
                build()
            except subprocess.CalledProcessError as error:
                print("The environment was not finished: see the message above.", file=sys.stderr)
                return error.returncode or 1
            except KeyboardInterrupt:
                print("\nStopped. `make setup` starts again.", file=sys.stderr)
                return 130
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())

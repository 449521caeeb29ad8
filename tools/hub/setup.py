"""Brings what `make class-load` needs on top of `.venv`: JupyterHub, in a folder of its own, and its proxy from npm.

Run from the top of the repository, with `.venv`'s Python: `python -m tools.hub.setup`. There is nothing to do when
they are there already, and then it takes a moment.

The folder is `.venv/hub`: with JupyterHub among `.venv`'s packages, `make lab` would load its part for JupyterLab too.
"""

import os
import subprocess
import sys
from pathlib import Path

from tools.site import node, setup

PINS = setup.ROOT / "requirements-hub.txt"
FOLDER = setup.ROOT / ".venv" / "hub"
_PROXY = Path("configurable-http-proxy") / "bin" / "configurable-http-proxy"


class NoHub(Exception):
    """There is no hub to start here; the sentence says what would help."""


def is_ready() -> bool:
    """Tell whether the pinned hub is installed, whole and for this Python."""
    return setup.is_ready(PINS.read_text(encoding="utf-8"), FOLDER)


def proxy() -> list[str]:
    """The words that a command starts with which runs the hub's proxy; the proxy is fetched where it is missing.

    Raises:
        NoNode: no Node.js works here, or npm can't fetch the proxy.
    """
    return [*node.find().node, str(node.modules() / _PROXY)]


def environment() -> dict[str, str]:
    """What a command needs in its environment to import these packages."""
    return setup.environment(FOLDER)


def main() -> int:
    """Install what is missing."""
    if os.name == "nt":
        print("JupyterHub runs on Linux and macOS; on Windows, in WSL.", file=sys.stderr)
        return 1
    try:
        if not is_ready():
            print("Fetching JupyterHub, once.", flush=True)
            setup.install(PINS.read_text(encoding="utf-8"), FOLDER)
        if not (node.installed() or node.from_wheel()):
            setup.main()  # brings PyPI's Node.js
        proxy()
    except subprocess.CalledProcessError as error:
        print("JupyterHub was not installed: see the message above.", file=sys.stderr)
        return error.returncode or 1
    except node.NoNode as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. `make hub-setup` starts again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

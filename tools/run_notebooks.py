"""Run notebooks from a cold start and save their outputs, without widget state.

    python tools/run_notebooks.py [NOTEBOOK …]      (all lessons when none is named)

Not `jupyter execute`: that stores the widgets' state, megabytes a lesson, and nbconvert's switch
against it breaks on cells with an Output widget.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def run(path: Path) -> None:
    """Execute one notebook in place."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=120, coalesce_streams=True, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day: a new difference at every run
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", ()):  # the models are gone, and named anew at every run
                output.data["text/html"] = re.sub("mw-slot-[0-9a-f]{32}", "mw-slot-0", output.data["text/html"])
    nbformat.write(notebook, path)
    print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(map(str, Path("notebooks").glob("*.ipynb"))):
        run(Path(name))

"""What importing the engine loads, and that every rule it follows has a test."""

import ast
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
DISPLAY = {"pandas", "numpy", "plotly", "rich", "ipywidgets", "IPython"}
LOADED = "import json, marginlib.engine.replaying, sys; print(json.dumps(sorted(sys.modules)))"


def test_importing_the_engine_loads_nothing_that_displays() -> None:
    """A small kernel, and a core that runs anywhere."""
    run = subprocess.run([sys.executable, "-c", LOADED], cwd=HERE.parent, capture_output=True, text=True, check=True)
    loaded = set(json.loads(run.stdout))

    assert "marginlib.engine.replaying" in loaded
    assert loaded & DISPLAY == set()


ENGINE_RULES = {
    *(f"R{number}" for number in range(1, 24)),
    *(f"A{number}" for number in range(1, 10)),
    *(f"B{number}" for number in range(1, 10)),
    "C3",
}


def test_every_rule_is_named_by_a_test() -> None:
    named: set[str] = set()
    for file in HERE.rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                words = (ast.get_docstring(node) or "").replace(":", " ").replace(",", " ").replace(".", " ").split()
                named |= ENGINE_RULES & set(words)

    assert ENGINE_RULES - named == set()

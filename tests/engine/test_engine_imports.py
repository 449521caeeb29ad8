"""What importing the engine loads, and that every rule it follows has a test."""

import ast
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import marginlib.engine

HERE = Path(__file__).resolve().parents[1]
LOADED = "import json, sys; import {}; print(json.dumps(sorted(sys.modules)))"


def loaded(module: str, before: str = "") -> set[str]:
    """The modules that importing one loads, in a Python of its own."""
    code = before + LOADED.format(module)
    run = subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def test_the_engine_needs_python_alone() -> None:
    """A core that starts in a blink, and runs anywhere: nothing of it is compiled, and nothing else is installed."""
    own = {name for name in loaded("marginlib.engine") - loaded("sys") if name.partition(".")[0] != "marginlib"}

    assert "decimal" in own
    assert {name for name in own if name.partition(".")[0] not in sys.stdlib_module_names} == set()


def test_no_module_of_the_engine_is_hidden_by_a_function() -> None:
    for file in (HERE.parent / "marginlib" / "engine").glob("[a-z]*.py"):
        assert inspect.ismodule(importlib.import_module(f"marginlib.engine.{file.stem}"))
        assert inspect.ismodule(getattr(marginlib.engine, file.stem))


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

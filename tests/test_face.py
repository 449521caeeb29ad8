"""What `from marginlib import …` gives: each name, from one place, and lazily."""

import ast
from pathlib import Path

import marginlib

ROOT = Path(__file__).resolve().parent.parent


def _for_the_checker() -> set[tuple[str, str]]:
    """The imports that a type checker reads, as module and name."""
    tree = ast.parse((ROOT / "marginlib" / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    found = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {(str(node.module), alias.name) for node in found for alias in node.names}


def test_what_a_type_checker_sees_is_what_is_loaded() -> None:
    loaded = {(f"marginlib.{room}", name) for name, room in marginlib._WHERE.items()}

    assert _for_the_checker() == loaded
    assert sorted(marginlib.__all__) == sorted(marginlib._WHERE)


def test_every_name_is_there_and_no_module_hides_one() -> None:
    for name in marginlib.__all__:
        assert getattr(marginlib, name) is not None
        assert not (ROOT / "marginlib" / f"{name}.py").exists()
        assert not (ROOT / "marginlib" / name).exists()

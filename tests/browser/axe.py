"""What axe-core finds wrong with a page, or with a part of one."""

from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async (scope) => {
  const { violations } = await axe.run(scope || document, { resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => [id, nodes.map(({ target, failureSummary }) => [target, failureSummary])]);
}"""


def found(page: Page, scope: str = "") -> list[tuple[str, list[object]]]:
    """The rules that are broken, and by what; ``scope`` selects parts of the page, else it is all of it."""
    if not page.evaluate("Boolean(globalThis.axe)"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    return [(name, nodes) for name, nodes in page.evaluate(_RUN, scope)]

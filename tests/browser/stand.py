"""A panel on a bare page, with its Python behind it: the real host and the real panel, without a notebook around them.

Much faster to open than JupyterLab, for what the host does by itself; what the notebook does to it is tried there.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

import marginlib.pages
from marginlib.panels.live import Live
from marginlib.panels.scripts import script, style

HOME = "http://stand.test/"
MODEL = (Path(marginlib.pages.__path__[0]) / "browser" / "model.js").read_text(encoding="utf-8")
START = """import host from "./host.js"; import { openModel } from "./model.js";
const state = await (await fetch("./state.json")).json();
const model = openModel(state, { set: (parts) => adopt(parts), send: (message) => tell(message) });
globalThis.hear = (message) => model.hear(message);
globalThis.adopted = (parts) => model.adopt(parts);
host.render({ model, el: document.getElementById("panel") });
globalThis.standing = true;
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A panel</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="host.css">
<link data-marginlib="plotly" href="plotly.js"></head>
<body data-jp-theme-light="{light}" style="margin:0;background:{ground}"><main id="panel"></main>
<script type="module" src="start.js"></script></body></html>"""


@contextlib.contextmanager
def standing(
    browser: Browser, live: Live, *, width: int = 1400, height: int = 900, dark: bool = False, **context: Any
) -> Iterator[Page]:
    """Open a page with something live on it, its figures drawn; its errors fail whoever leaves."""
    from plotly.offline import get_plotlyjs

    files = {
        "": (PAGE.format(light=str(not dark).lower(), ground="#111" if dark else "#fff"), "text/html"),
        "host.css": (style(live.style.name, live.style.parent), "text/css"),
        "host.js": (script(live.module.name, live.module.parent), "text/javascript"),
        "model.js": (MODEL, "text/javascript"),
        "start.js": (START, "text/javascript"),
        "plotly.js": (get_plotlyjs(), "text/javascript"),
        "state.json": (json.dumps(live.state()), "application/json"),
    }
    around = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", **context
    )
    page, wrong = around.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def tell(message: dict[str, Any]) -> None:
        for answer, _ in live.hear(message):
            page.evaluate("(message) => hear(message)", answer)
        page.evaluate("(parts) => adopted(parts)", live.state())

    def adopt(parts: dict[str, Any]) -> None:
        for name, value in parts.items():
            live.adopt(name, value)
        page.evaluate("(parts) => adopted(parts)", live.state())

    def answer(route: Any) -> None:
        body, kind = files.get(route.request.url.removeprefix(HOME), ("", ""))
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", status=200 if kind else 404)

    page.expose_function("tell", tell)
    page.expose_function("adopt", adopt)
    page.route(f"{HOME}**", answer)
    try:
        page.goto(HOME)
        page.wait_for_function(
            """(count) => globalThis.standing && ((figures) =>
                figures.length === count && figures.every((each) => each.firstChild)
            )([...document.querySelectorAll('.mw-figure')])""",
            arg=len(live.state().get("_shown", {}).get("view", {}).get("figures", [])),
        )
        yield page
    finally:
        around.close()
    assert not wrong, wrong

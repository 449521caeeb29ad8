"""A panel on a bare page, with its Python behind it: the real host and the real panel, without a notebook around them.

Much faster to open than JupyterLab, for what the host does by itself; what the notebook does to it is tried there.
"""

import contextlib
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

import marginlib.pages
from marginlib.panels.live import Live, carried
from marginlib.panels.scripts import script, style

HOME = "http://stand.test/"
MODEL = (Path(marginlib.pages.__path__[0]) / "browser" / "model.js").read_text(encoding="utf-8")
START = """import host from "./host.js"; import { openModel } from "./model.js";
const state = await (await fetch("./state.json")).json();
const model = openModel(state, { set: (parts) => adopt(parts), send: (message) => tell(message) });
globalThis.hear = (message) => model.hear(message);
globalThis.adopted = (parts) => model.adopt(parts);
globalThis.models = [];
for (const [at, state] of (await (await fetch("./parts.json")).json()).entries()) {
  const { default: drawer } = await import(`./part-${at}.js`);
  const told = { set: (parts) => adoptPart(at, parts), send: (message) => tellPart(at, message) };
  globalThis.models.push(openModel({ ...state, _slot: `part-${at}` }, told));
  drawer.initialize({ model: globalThis.models[at] });
}
globalThis.hearPart = (at, message) => globalThis.models[at].hear(message);
globalThis.adoptedPart = (at, parts) => globalThis.models[at].adopt(parts);
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
    """Open a page with something live on it, its figures drawn; its errors fail whoever leaves.

    What else is live in it, such as an exercise's card and panels, is there in the places that it has for them.
    """
    from plotly.offline import get_plotlyjs

    parts: list[Live] = []

    def named(each: Live) -> str:
        if each is not live and each not in parts:
            parts.append(each)
        return f"part-{parts.index(each)}" if each in parts else "whole"

    with carried(named):
        live.slot()
    files = {
        "": (PAGE.format(light=str(not dark).lower(), ground="#111" if dark else "#fff"), "text/html"),
        "host.js": (script(live.module.name, live.module.parent), "text/javascript"),
        "model.js": (MODEL, "text/javascript"),
        "start.js": (START, "text/javascript"),
        "plotly.js": (get_plotlyjs(), "text/javascript"),
        "state.json": (json.dumps(live.state()), "application/json"),
        "parts.json": (json.dumps([part.state() for part in parts]), "application/json"),
    }
    for at, part in enumerate(parts):
        files[f"part-{at}.js"] = script(part.module.name, part.module.parent), "text/javascript"
    styles = dict.fromkeys((each.style.name, each.style.parent) for each in (live, *parts))
    files["host.css"] = "".join(style(*each) for each in styles), "text/css"
    around = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", **context
    )
    page, wrong = around.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))

    whole = (live, *parts)
    there = [each.state() for each in whole]  # as a page's room does it: what the page has is told to it no more
    hearing: set[int] = set()

    def show(at: int) -> None:
        if at in hearing:
            return
        now = whole[at].state()
        changed = {name: value for name, value in now.items() if there[at][name] != value}
        there[at] = now
        if changed and at:
            page.evaluate("([at, parts]) => adoptedPart(at, parts)", [at - 1, changed])
        elif changed:
            page.evaluate("(parts) => adopted(parts)", changed)

    def hear(at: int, message: dict[str, Any]) -> None:
        for answer, _ in whole[at].hear(message):
            if at:
                page.evaluate("([at, message]) => hearPart(at, message)", [at - 1, answer])
            else:
                page.evaluate("(message) => hear(message)", answer)

    def take(at: int, changed: dict[str, Any]) -> None:
        there[at] = {**there[at], **changed}
        hearing.add(at)
        try:
            for name, value in changed.items():
                if whole[at].state()[name] != value:
                    whole[at].adopt(name, value)
        finally:
            hearing.discard(at)
            show(at)

    handlers = [functools.partial(lambda at, _: show(at), at) for at in range(len(whole))]
    for each, handler in zip(whole, handlers, strict=True):
        each.observe(handler, ["state"])

    def answer(route: Any) -> None:
        body, kind = files.get(route.request.url.removeprefix(HOME), ("", ""))
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", status=200 if kind else 404)

    page.expose_function("tell", lambda message: hear(0, message))
    page.expose_function("adopt", lambda changed: take(0, changed))
    page.expose_function("tellPart", lambda at, message: hear(at + 1, message))
    page.expose_function("adoptPart", lambda at, changed: take(at + 1, changed))
    page.route(f"{HOME}**", answer)
    try:
        page.goto(HOME)
        page.wait_for_function(
            """(count) => globalThis.standing && ((figures) =>
                figures.length >= count && figures.every((each) => each.firstChild)
            )([...document.querySelectorAll('.mw-figure')])""",
            arg=len(live.state().get("_shown", {}).get("view", {}).get("figures", [])),
        )
        yield page
    finally:
        for each, handler in zip(whole, handlers, strict=True):
            each.unobserve(handler, ["state"])
        around.close()
    assert not wrong, wrong

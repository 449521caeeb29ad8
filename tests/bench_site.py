"""How fast the site's pages are: a lesson opened in fresh profiles of a headless Chromium, from this machine.

Each figure is the median of some visits. JupyterLite's first answered panel, in the same run, is what to compare with.
"""

import argparse
import gzip
import shutil
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from browser.lab import FLAGS, until
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.site.build import OUT
from tools.site.serve import Handler, server

LESSON = "05_loss_cascade"
GOALS = {
    "text and pictures on screen, s": "0.3",
    "first slider moves its picture, s": "1",
    "any control exact, cold, s": "2.5",
    "any control exact, second visit, s": "1.2",
    "updates/s in a drag, engine starting": "50",
    "updates/s in a drag, engine there": "50",
    "text, picture, start states, kB": "400",
    "a first lesson, MB": "9",
}

WATCH = """() => {
  const found = (window.__found = {});
  const changed = (track) => track.dispatchEvent(new Event("input", { bubbles: true }));
  // As far as one can go: a step to the side that has room.
  const step = (track) => {
    Number(track.value) < Number(track.max) ? track.stepUp() : track.stepDown();
    changed(track);
  };
  let key, tracks, panel;
  const look = () => {
    panel ??= document.querySelector(".mw-panel:has(input[type=range])");
    const shown = panel?.dataset.key;
    const drawn = panel?.querySelector(".mw-figure > *");
    if (panel && !tracks) {
      tracks = [...panel.querySelectorAll(".mw-row:not([hidden]) input[type=range]")];
      key = shown;
      step(tracks[0]);
    } else if (tracks && !found.moved && shown && shown !== key && drawn) {
      found.moved = performance.now();
      key = shown;
      step(tracks[1]);
    } else if (found.moved && shown && shown !== key) {
      found.exact = performance.now();
      return;
    }
    requestAnimationFrame(look);
  };
  addEventListener("DOMContentLoaded", () => requestAnimationFrame(look));
}"""

DRAG = """async () => {
  const panel = document.querySelector(".mw-panel:has(input[type=range])");
  const track = [...panel.querySelectorAll(".mw-row:not([hidden]) input[type=range]")].at(-1);
  const figure = panel.querySelector(".mw-figure");
  const [least, most, step] = [track.min, track.max, track.step].map(Number);
  let [at, by, updates, before] = [Number(track.value), step, 0, figure.firstChild];
  const frame = () => new Promise(requestAnimationFrame);
  const began = performance.now();
  while (performance.now() - began < 2000) {
    if (at + by > most || at + by < least) by = -by;
    at += by;
    track.value = String(at);
    track.dispatchEvent(new Event("input", { bubbles: true }));
    await frame();
    if (figure.firstChild !== before) updates += 1;
    before = figure.firstChild;
  }
  return (updates * 1000) / (performance.now() - began);
}"""


class Weighing(Handler):
    """Notes how large what is asked for is when it is packed as hosts pack it."""

    packed: ClassVar[dict[str, int]] = {}

    def do_GET(self) -> None:  # noqa: N802  the name is the library's
        """Weigh a file, then send it."""
        path = Path(self.translate_path(self.path))
        name = urlsplit(self.path).path
        if path.is_file() and name not in self.packed:
            self.packed[name] = len(gzip.compress(path.read_bytes(), 6))
        super().do_GET()


def visit(page: Page, address: str) -> dict[str, float]:
    """Open a page and move two sliders as soon as that can be done; when what was there, in seconds."""
    page.goto(address, wait_until="commit")
    until(lambda: bool(page.evaluate("() => window.__found?.exact")), "the engine answers", 120, 0.05)
    found: dict[str, float] = page.evaluate("() => window.__found")
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    return {"paint": paint / 1000, **{name: at / 1000 for name, at in found.items()}}


def fresh(browser: Browser) -> BrowserContext:
    """A profile that has seen nothing."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.add_init_script(f"({WATCH})()")
    return context


KEPT = """async () => {
  const names = await caches.keys();
  const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  const all = kept.map((requests) => requests.map(({ url }) => url));
  return all.flat().some((url) => url.includes("image?"));
}"""


def measure(browser: Browser, address: str, visits: int) -> dict[str, list[float]]:
    """All figures of some visits."""
    found: dict[str, list[float]] = {name: [] for name in GOALS}
    for _ in range(visits):
        context = fresh(browser)
        page = context.new_page()
        first = visit(page, f"{address}{LESSON}.html")
        found["text and pictures on screen, s"].append(first["paint"])
        found["first slider moves its picture, s"].append(first["moved"])
        found["any control exact, cold, s"].append(first["exact"])
        page.evaluate(DRAG)  # its states come ahead, and are drawn
        found["updates/s in a drag, engine there"].append(page.evaluate(DRAG))
        until(lambda page=page: bool(page.evaluate(KEPT)), "an image is kept", 120, 0.2)  # type: ignore[misc]
        page.wait_for_timeout(2000)  # the service worker has all it wants
        found["any control exact, second visit, s"].append(visit(page, f"{address}{LESSON}.html")["exact"])
        context.close()
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        page.goto(f"{address}{LESSON}.html")
        # The one that is then dragged: until the engine is there, one slider moves at a time.
        page.locator(".mw-panel").first.locator(".mw-row:not([hidden]) input[type=range]").last.focus()
        page.keyboard.press("ArrowRight")
        page.locator(".mw-figure > *").first.wait_for()
        found["updates/s in a drag, engine starting"].append(page.evaluate(DRAG))
        context.close()
    return found


KERNEL = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status"
RUN = "() => jupyterapp.commands.execute('notebook:run-all-cells')"


def lite(browser: Browser, address: str) -> float:
    """From a cold JupyterLite to its first answered panel, in seconds: a state that nothing has sent ahead."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    began = time.monotonic()
    page.goto(f"{address}lab/index.html?path={LESSON}.ipynb")
    until(lambda: page.evaluate(KERNEL) == "idle", "JupyterLite's kernel is ready", 180, 0.1)
    page.evaluate(RUN)
    panel = page.locator(".mw-panel:has(input[type=range])").first
    panel.wait_for(timeout=180_000)
    for at in (0, 1):
        before = panel.get_attribute("data-key")
        panel.locator("input[type=range]").nth(at).focus()
        page.keyboard.press("ArrowRight")
        until(lambda before=before: panel.get_attribute("data-key") not in ("", before), "it answers", 180, 0.05)  # type: ignore[misc]
    seconds = time.monotonic() - began
    context.close()
    return seconds


def sizes() -> dict[str, float]:
    """What the first lesson of a visit fetches, packed: its page with all that moves it at first; and all of it."""
    first = ("/assets/page-", f"/{LESSON}.html", f"/states/{LESSON[:2]}-")
    ahead = [size for name, size in Weighing.packed.items() if name.startswith(first)]
    rest = ("/assets/", "/pyodide-", "/wheels/")
    others = [size for name, size in Weighing.packed.items() if name.startswith(rest) and not name.startswith(first)]
    return {
        "text, picture, start states, kB": sum(ahead) / 1e3,
        "a first lesson, MB": (sum(ahead) + sum(others)) / 1e6,
    }


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=5)
    visits = parser.parse_args().visits
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not (OUT / "index.html").is_file() or not chromium:
        print("This needs the built site (`make site`) and a Chromium.", file=sys.stderr)
        return 1
    running = server(OUT, handler=Weighing)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{running.server_port}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        found = {name: statistics.median(each) for name, each in measure(browser, address, visits).items() if each}
        found |= sizes()
        with_lab = (OUT / "lab" / "index.html").is_file()
        compared = statistics.median(lite(browser, address) for _ in range(visits)) if with_lab else float("nan")
        browser.close()
    for name, goal in GOALS.items():
        print(f"{name:40} {found[name]:8.2f}   goal {goal}")
    cold = found["any control exact, cold, s"]
    print(
        f"{'JupyterLite, first answered panel, s':40} {compared:8.2f}   {compared / cold:.1f} times the page's, goal 8"
    )
    running.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())

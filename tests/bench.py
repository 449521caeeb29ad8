"""How fast is it? Measured here and now: the engine, the kernel's memory, and panels in a real browser.

Run by ``make bench``. Times depend on the machine and on what else it does; the ratios within one run say more.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import websocket
from browser.lab import FLAGS, Lab, free_port, notebook
from exports import large
from jupyter_client.manager import start_new_kernel
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from marginlib import replay
from marginlib.lessons import LossCascade

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
LESSONS = sorted(path.name for path in NOTEBOOKS.glob("0[0-7]_*.ipynb"))
SLIDERS = {"04": "Closing price", "06": "Price moves against you by", "07": "Price now"}  # else: Price move
KNOBS = {"00": "move"}  # else: the figure's first; 00's first has but six places
PRESSES = 30
STEPS = 80  # of a drag, one each 16 ms; fewer where the slider has fewer values

OURS = "from marginlib.lessons import LossCascade\n\nLossCascade()"
FLOOR = """
import ipywidgets as widgets

slider = widgets.FloatSlider(value=-25, min=-40, max=10, step=0.5, description="Price move")
label = widgets.Label("Price move: -25")
label.add_class("bench-label")
slider.observe(lambda change: setattr(label, "value", f"Price move: {change['new']}"), "value")
widgets.VBox([slider, label])
"""
FIGURE = """
import ipywidgets as widgets
import plotly.graph_objects as go

figure = go.FigureWidget(go.Bar(x=[f"C{at}" for at in range(12)], y=[25 * (at + 1) for at in range(12)]))
figure.update_layout(width=700, height=400, yaxis_range=[-500, 500], title="Price move: -25")
slider = widgets.FloatSlider(value=-25, min=-40, max=10, step=0.5, description="Price move")


def show(change):
    with figure.batch_update():
        figure.data[0].y = [-change["new"] * (at + 1) for at in range(12)]
        figure.layout.title = f"Price move: {change['new']}"


slider.observe(show, "value")
widgets.VBox([slider, figure])
"""


@dataclass(frozen=True)
class Kind:
    """A notebook with a slider: what moves, what changes, what is there when it is drawn."""

    name: str
    source: str
    knob: str
    shown: str
    drawn: str


IPYWIDGETS_KNOB = ".jupyter-widgets .noUi-handle"
KINDS = [
    Kind("this panel", OURS, ".mw-panel input[type=range]", ".mw-title, .mw-figure", ".mw-figure .point path"),
    Kind("ipywidgets slider → label", FLOOR, IPYWIDGETS_KNOB, ".bench-label", ".bench-label"),
    Kind("ipywidgets slider → FigureWidget", FIGURE, IPYWIDGETS_KNOB, ".js-plotly-plot", ".js-plotly-plot .point path"),
]

# Watches what a selector names: when it last changed, and in how many frames it looked different.
WATCH = """(shown) => {
  let found = [];
  // A whole lesson is a large page: to look through it in each frame would cost more than what is measured.
  const roots = () => {
    if (!found.length || found.some((root) => !root.isConnected)) found = [...document.querySelectorAll(shown)];
    return found;
  };
  const look = () => roots().map((root) =>
    root.textContent + [...root.querySelectorAll('.point path')].map((path) => path.getAttribute('d'))).join();
  const watch = (globalThis.benchWatch = { pressed: null, last: null, frames: 0, counting: false });
  new MutationObserver((records) => {
    if (records.some(({ target }) => roots().some((root) => root.contains(target)))) watch.last = performance.now();
  }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  addEventListener('keydown', (event) => { watch.pressed ??= event.timeStamp; }, true);
  watch.reset = () => { watch.pressed = watch.last = null; };
  watch.rest = (quiet) => new Promise((resolve) => {
    const began = performance.now();
    const look = () => {
      const now = performance.now();
      const settled = watch.last && now - watch.last > quiet;
      if (settled || now - began > 5000) resolve(watch.last && watch.last - watch.pressed);
      else setTimeout(look, 10);
    };
    look();
  });
  watch.count = () => {
    let before = look();
    watch.frames = 0;
    watch.counting = true;
    const frame = () => {
      const now = look();
      if (now !== before) watch.frames += 1;
      before = now;
      if (watch.counting) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  };
}"""

# From the order to run all cells until so many figures are drawn, in seconds; -1 after half a minute.
SIX = """([drawn, count]) => new Promise((resolve) => {
  const began = performance.now();
  jupyterapp.commands.execute('notebook:run-all-cells');
  const look = () => {
    const seconds = (performance.now() - began) / 1000;
    const there = [...document.querySelectorAll(drawn)].filter((node) => node.querySelector('.point path'));
    if (there.length >= count) resolve(seconds);
    else if (seconds > 30) resolve(-1);
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass(frozen=True)
class Result:
    """A line of the table: what, how much, and what it should be."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    more_is_better: bool = False

    def __str__(self) -> str:
        """In columns."""
        written = f"{self.value:,.0f}" if self.value >= 20 else f"{self.value:.1f}"
        line = f"  {self.what:<58}{written:>9} {self.unit:<10}"
        if self.goal is None:
            return line.rstrip()
        met = self.value >= self.goal if self.more_is_better else self.value <= self.goal
        return f"{line}goal {self.goal:,g}: {'met' if met else 'MISSED'}"


def median_of(times: int, work: Callable[[], object]) -> float:
    """Seconds that something takes, in the middle of so many times."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def engine() -> Iterator[Result]:
    """Replays, and what the kernel does before a slider moves."""
    panel = LossCascade()
    scenario = panel.scenario(panel.values)

    def replays() -> None:
        for _ in range(200):
            replay(scenario)

    replays()
    yield Result("replays of lesson 05's scenario", 200 / median_of(7, replays), "a second", 2000, True)
    track = next(control for control in panel.controls if control.name == "move").track(panel.values["move"])
    start: Any = panel.values
    along = [{**start, "move": value} for value in track]
    name = f"the {len(along)} states along “Price move”"
    yield Result(name, 1000 * median_of(7, lambda: panel._pack(along)), "ms", 100)


# Scenarios that grow: read from JSON, replayed, and written as JSON, in a process of their own.
GROWTH = """
import json, resource, sys, time
from marginlib import read_scenario, replay

count, what = int(sys.argv[1]), sys.argv[2]
buy = {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.01", "leverage": 3}
move = {"do": "price", "pair": "BTC/EUR", "price": "49990"}
everything, close = [buy, buy, move] * (count // 2), {"do": "close", "pair": "BTC/EUR", "volume": "all"}
steps = {
    "plain": [*[buy] * count, close],
    "everything": [*everything, {"do": "wait", "hours": 8}, {**move, "price": "49000"}, close],
    "steps": [*[buy, move, {"do": "wait", "hours": 5}, close] * (count // 4)],
}[what]
more = {} if what == "plain" else {
    "fees": {"trading": "0.0026", "opening": "0.0002", "rollover": "0.0002"}, "rules": {"liquidation": "all"}}
prices = {"BTC/EUR": "50000"}
text = json.dumps({"balances": {"EUR": "1000000000"}, "prices": prices, "steps": steps, **more})
start = time.perf_counter()
story = replay(read_scenario(text))
written = json.dumps(story.as_json())
assert story.error is None and not story.final.positions
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def grown(count: int, what: str) -> tuple[float, float]:
    """Seconds, in the middle of three runs, and the most megabytes."""
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", GROWTH, str(count), what], capture_output=True, text=True, check=True
        )
        seconds, size = map(float, done.stdout.split())
        runs.append((seconds, size))
    return statistics.median(seconds for seconds, _ in runs), max(size for _, size in runs)


def growth() -> Iterator[Result]:
    """Work and memory in proportion to steps and lots: three times as many take about three times as long."""
    for what, name in (("plain", "lots opened and closed"), ("everything", "lots, fees, checks, liquidation on")):
        last = 0.0
        for count in (1_000, 3_000, 9_000):
            seconds, size = grown(count, what)
            yield Result(f"{count:,} {name}", seconds, "s", 4 if count == 9_000 else None)
            if count == 9_000:
                yield Result("  against 3,000", seconds / last, "×", 4)
                yield Result("  memory", size, "MB", 200)
            last = seconds
    yield Result("100,000 steps with everything on", grown(100_000, "steps")[0], "s", 10)


def losing(count: int) -> str:
    """A long of so many lots that stands at a loss, beside coins that would be converted for it; as JSON."""
    volume = str((Decimal("0.2") / count).quantize(Decimal("0.00000001")))
    buy = {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": volume, "leverage": 5}
    steps = [{**buy, "price": str(49_000 + at * 7_919 % 2_000)} for at in range(count)]
    scenario = {
        "balances": {"EUR": "500", "BTC": "0.06", "USD": "300", "DOGE": "9000"},
        "prices": {"BTC/EUR": "50000", "EUR/USD": "1.25", "DOGE/EUR": "0.1"},
        "fees": {"trading": "0.0025", "opening": "0.0002"},
        "steps": [*steps, {"do": "price", "pair": "BTC/EUR", "price": "45000"}],
    }
    return json.dumps(scenario)


def plans() -> Iterator[Result]:
    """``marginlib plan`` as a whole: four ways, and where the answer turns."""
    last = 0.0
    for count in (300, 1_000, 3_000):
        command, text = [sys.executable, "-m", "marginlib", "plan", "--json", "-"], losing(count)

        def planned(command: list[str] = command, text: str = text) -> None:
            subprocess.run(command, input=text, capture_output=True, text=True, check=True)

        seconds = median_of(3, planned)
        yield Result(f"marginlib plan, {count:,} lots", seconds, "s", 2 if count == 1_000 else None)
        if count == 3_000:
            yield Result("  against 1,000", seconds / last, "×", 4)
        last = seconds


# A large export read and told by the command, and the same file read by pandas alone, each in a process of its own.
LEDGER = """
import contextlib, io, resource, sys, time

start = time.perf_counter()
if sys.argv[1] == "pandas":
    import pandas
    assert len(pandas.read_csv(sys.argv[2])) == 200_000
else:
    from marginlib.cli import main
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["ledger", *sys.argv[3:], sys.argv[2]]) == 0
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def ledgers() -> Iterator[Result]:
    """``marginlib ledger`` as a whole, on 200,000 rows of the newer form, beside reading them with pandas alone."""
    with tempfile.TemporaryDirectory() as folder:
        file = large(Path(folder) / "ledgers.csv")

        def taken(*what: str) -> tuple[float, float]:
            runs = []
            for _ in range(3):
                command = [sys.executable, "-c", LEDGER, what[0], str(file), *what[1:]]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                runs.append(tuple(map(float, done.stdout.split())))
            return statistics.median(seconds for seconds, _ in runs), max(size for _, size in runs)

        seconds, size = taken("ledger")
        alone, theirs = taken("pandas")
        yield Result("marginlib ledger, 200,000 rows", seconds, "s", 5)
        yield Result("  against pandas alone, which only reads them", seconds / alone, "×")
        yield Result("  memory", size, "MB", 300)
        yield Result("  memory of pandas alone", theirs, "MB")
        seconds, _ = taken("ledger", "--json")  # what it prints is kept here: its memory says nothing
        yield Result("marginlib ledger --json, 200,000 rows", seconds, "s", 5)


def imports() -> Iterator[Result]:
    """How long a Python starts until the engine is there, beside what the validation library takes by itself."""

    def seconds(what: str) -> float:
        return median_of(15, lambda: subprocess.run([sys.executable, "-c", what], check=True))

    bare = seconds("pass")
    library, engine = (seconds(f"import {name}") - bare for name in ("pydantic.main", "marginlib.engine"))
    yield Result("import marginlib.engine", 1000 * engine, "ms")
    yield Result("  against the validation library alone", engine / library, "×", 1)


SHOW = f"""
{OURS.replace("LossCascade()", "panel = LossCascade()")}
from IPython.display import display
display(panel)
values = panel.state()["values"]
asked = {{"kind": "plotly"}}, {{"kind": "along", "control": "move", "values": values}}
for message, buffers in [answer for message in asked for answer in panel.hear(message)]:
    panel.widget.send(message, buffers)
"""


def memory() -> Iterator[Result]:
    """Megabytes that a kernel takes: a bare one, and one that has shown a panel and sent what the browser asks for."""
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)

    def taken(code: str) -> float:
        ask = {"rss": "__import__('psutil').Process().memory_info().rss"}
        reply = client.execute_interactive(code, user_expressions=ask, output_hook=lambda _: None, timeout=60)
        content = reply["content"]
        assert content["status"] == "ok", content
        return int(content["user_expressions"]["rss"]["data"]["text/plain"]) / 1e6

    try:
        yield Result("memory of a bare kernel", taken(""), "MB")
        yield Result("memory of a kernel with a panel on screen", taken(SHOW), "MB", 100)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def presses(page: Page) -> list[float]:
    """Milliseconds from a key press to the last change of what is watched; each when the one before has settled."""
    taken: list[float] = []
    for at in range(PRESSES + 3):
        page.evaluate("() => benchWatch.reset()")
        page.keyboard.press("ArrowRight" if at < PRESSES else "ArrowLeft")
        settled: float | None = page.evaluate("() => benchWatch.rest(150)")
        if at >= 3 and settled is not None:  # the first ones warm up
            taken.append(settled)
    return taken


def knob_of(page: Page, kind: Kind) -> Locator:
    """The slider that is dragged."""
    ours = kind.name == "this panel"
    return page.get_by_role("slider", name="Price move") if ours else page.locator(kind.knob).filter(visible=True).first


class Hand:
    """A mouse that doesn't wait for the page, as a hand doesn't.

    Playwright's own comes back when the page has dealt with a move. That takes it to the end of a frame, and the next
    move just misses the one after: a page that draws all of its 60 frames a second was said to update 31 times.
    """

    def __init__(self, page: Page, port: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as listed:
            [target] = [target for target in json.load(listed) if target["url"] == page.url]
        self._to = websocket.create_connection(target["webSocketDebuggerUrl"], suppress_origin=True)
        self._sent = 0

    def sweep(self, places: Iterable[tuple[float, float]]) -> float:
        """Go through places with the button down, one each 16 ms, to the seconds until the page has heard of them all.

        A page that is slow doesn't end the count before it has dealt with the last move.
        """
        start = time.perf_counter()
        for step, (x, y) in enumerate(places, 1):
            time.sleep(max(0.0, start + 0.016 * step - time.perf_counter()))
            self._send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, button="left", buttons=1)
        last = self._sent
        while json.loads(self._to.recv()).get("id") != last:
            pass
        return time.perf_counter() - start

    def _send(self, method: str, **params: Any) -> None:
        self._sent += 1
        self._to.send(json.dumps({"id": self._sent, "method": method, "params": params}))

    def close(self) -> None:
        """Let go of the page."""
        self._to.close()


def drag(page: Page, hand: Hand, knob: Locator) -> float:
    """Frames a second in which something else is shown, while the slider is dragged from end to end."""
    knob.scroll_into_view_if_needed()
    knob.focus()
    page.keyboard.press("Home")
    page.evaluate("() => benchWatch.rest(300)")
    place = knob.bounding_box()
    whole = knob.evaluate(
        "(knob) => { const r = (knob.closest('.noUi-base') ?? knob).getBoundingClientRect();"
        " return [r.left, r.width]; }"
    )
    assert place is not None
    native = knob.evaluate("(knob) => knob.tagName === 'INPUT'")
    values = knob.evaluate("(knob) => Math.round((knob.max - knob.min) / knob.step)") if native else STEPS
    steps = min(STEPS, values)
    left = whole[0] + 8 if native else place["x"] + place["width"] / 2
    run, y = whole[1] - 24, place["y"] + place["height"] / 2
    page.mouse.move(left, y)
    page.mouse.down()
    return counted(page, hand, [(left + run * step / steps, y) for step in range(1, steps + 1)])


def counted(page: Page, hand: Hand, places: list[tuple[float, float]]) -> float:
    """Frames a second in which something else is shown, while what is held goes through places; then it is let go."""
    page.evaluate("() => benchWatch.count()")
    seconds = hand.sweep(places)
    frames: int = page.evaluate("() => { benchWatch.counting = false; return benchWatch.frames; }")
    page.mouse.up()
    return frames / seconds


def drag_grip(page: Page, hand: Hand, grip: Locator, steps: int) -> float:
    """The same of a figure's own knob, dragged from one end of its way to the other in as many steps."""
    grip.scroll_into_view_if_needed()
    across = grip.get_attribute("data-axis") == "x"
    beyond = grip.locator("..").bounding_box()
    assert beyond is not None

    def middle() -> tuple[float, float]:
        box = grip.locator(".mw-knob").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    x, y = middle()
    page.mouse.move(x, y)
    page.mouse.down()
    edge, far = (beyond["x"], beyond["width"]) if across else (beyond["y"], beyond["height"])
    ends = []
    for to in (edge + far - 1, edge + 1):  # where the knob stops is the end of its way
        page.mouse.move(*((to, y) if across else (x, to)))
        page.evaluate("() => benchWatch.rest(300)")
        ends.append(middle()[0 if across else 1])
    last, first = ends
    along = [first + (last - first) * step / steps for step in range(steps + 1)]
    places = [(at, y) if across else (x, at) for at in along]
    page.mouse.move(*places[0])
    return counted(page, hand, places[1:])


def browser(chromium: str) -> Iterator[Result]:
    """A panel beside what ipywidgets and plotly do by themselves, in JupyterLab."""
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        for at, kind in enumerate(KINDS):
            (Path(root) / f"{at}.ipynb").write_text(notebook(kind.source), encoding="utf-8")
        for lesson in LESSONS:
            shutil.copy(NOTEBOOKS / lesson, root)
        (Path(root) / "six.ipynb").write_text(notebook(*[OURS] * 6), encoding="utf-8")
        with Lab(Path(root), Path(home)) as lab:
            port = free_port()
            chrome = playwright.chromium.launch(
                executable_path=chromium, args=[*FLAGS, f"--remote-debugging-port={port}"]
            )
            yield from latencies(lab, chrome, port)
            yield from lessons(lab, chrome, port)
            seconds = []
            for _ in range(3):
                opened = lab.open(chrome, "six.ipynb")
                seconds.append(opened.page.evaluate(SIX, [".mw-figure", 6]))
                opened.page.context.close()
            yield Result("six panels: kernel ready → all drawn", statistics.median(seconds), "s", 2.5)
            chrome.close()


def latencies(lab: Lab, chrome: Browser, port: int) -> Iterator[Result]:
    """Key presses and drags of each kind, and how they compare."""
    reached: list[tuple[float, float]] = []
    for at, kind in enumerate(KINDS):
        opened = lab.open(chrome, f"{at}.ipynb")
        page = opened.page
        opened.run_all()
        page.locator(kind.drawn).first.wait_for(timeout=60_000)
        time.sleep(2)  # for what comes after: fonts, toolbars
        page.evaluate(WATCH, kind.shown)
        ours = page.get_by_role("slider", name="Price move")
        (ours if kind.name == "this panel" else page.locator(kind.knob).first).focus()
        settled = statistics.median(presses(page))
        hand = Hand(page, port)
        updates = statistics.median(drag(page, hand, knob_of(page, kind)) for _ in range(3))
        hand.close()
        page.context.close()
        reached.append((settled, updates))
        yield Result(f"{kind.name}: key press → last change", settled, "ms")
        yield Result(f"{kind.name}: updates while dragging", updates, "a second")
    ours_at, *others = reached
    for kind, other in zip(KINDS[1:], others, strict=True):
        yield Result(f"  against {kind.name}: key press", other[0] / ours_at[0], "× faster")
        yield Result(f"  against {kind.name}: updates", ours_at[1] / other[1], "× as many")


def lessons(lab: Lab, chrome: Browser, port: int) -> Iterator[Result]:
    """The first slider of whole lessons, dragged, and its figure's knob: with all else on the page, and motion."""
    for lesson in LESSONS:
        opened = lab.open(chrome, lesson)
        page = opened.page
        opened.run_all()
        slider = SLIDERS.get(lesson[:2], "Price move")
        knob = page.get_by_role("slider", name=slider).first
        knob.wait_for(timeout=60_000)
        time.sleep(3)  # for what comes after: fonts, toolbars, the other panels
        knob.evaluate("(knob) => knob.closest('.mw-panel').setAttribute('data-watched', '')")
        page.evaluate(WATCH, "[data-watched] :is(.mw-title, .mw-words, .mw-figure)")
        hand = Hand(page, port)
        drag(page, hand, knob)  # to move it is to skip the question above
        named = f"lesson {lesson[:2]}, {slider}: updates while dragging"
        updates = statistics.median(drag(page, hand, knob) for _ in range(5))
        yield Result(named, updates, "a second", 50, more_is_better=True)
        its = f"[data-control={KNOBS[lesson[:2]]}]" if lesson[:2] in KNOBS else ""
        grips = page.locator(f"[data-watched] .mw-grip{its}").filter(visible=True)
        if grips.count():
            steps = knob.evaluate("(knob) => Math.round((knob.max - knob.min) / knob.step)")
            updates = statistics.median(drag_grip(page, hand, grips.first, min(STEPS, steps)) for _ in range(5))
            named = f"lesson {lesson[:2]}, its knob of {grips.first.get_attribute('data-control')}: updates in a drag"
            yield Result(named, updates, "a second", 50, more_is_better=True)
        hand.close()
        page.context.close()


def main() -> None:
    """Measure everything, and print a table."""
    processors, load = os.cpu_count() or 1, os.getloadavg()[0]
    print(f"{processors} processors, load {load:.1f}")
    if load > processors / 2:
        print("This machine is busy with other things: times are longer than they would be. Compare the ratios.")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    parts = [
        ("Engine", engine()),
        ("Growth", growth()),
        ("Plans", plans()),
        ("Ledgers", ledgers()),
        ("Start", imports()),
        ("Kernel", memory()),
    ]
    if chromium:
        parts.append(("JupyterLab in Chromium, medians", browser(chromium)))
    for heading, results in parts:
        print(f"\n{heading}")
        for result in results:
            print(result, flush=True)
    if not chromium:
        print("\nJupyterLab in a browser: SKIPPED, there is no Chromium on this machine.")


if __name__ == "__main__":
    main()

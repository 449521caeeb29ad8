"""How many students does a hub bear? Measured here and now: a class on a real JupyterHub, on this machine alone.

Run by ``make class-load N=30``. Each student logs in, starts a server, opens lesson 05, runs it, and moves its sliders
at a person's pace. Times depend on the machine and on what else it does; who measures takes a share of it, too.
"""

import argparse
import asyncio
import math
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from hub.running import Hub, HubFailed, Memory, undisturbed
from hub.student import PANEL, Answer, Screens, Student, Told, Trouble, moves
from tornado.httpclient import HTTPError
from tornado.websocket import WebSocketClosedError

from tools.site.node import NoNode

AWAITED = {
    "along": "all places of a slider, before it moves",
    "exact": "a state that isn't known yet",
    "values": "values told to Python",
    "why": "which amounts can be opened",
    "plotly": "plotly, once a page",
    "rules": "the rules, once a page",
}
KINDS = {**AWAITED, "happens": "marks along a slider, for which nobody waits"}


@dataclass
class Report:
    """What was measured."""

    students: int
    told: Told
    opened: float | None = None
    """Seconds from the first login until all had their lesson run; None if not all had."""
    opening: float = 0.0
    """Seconds of a processor that the hub and all its users had used by then."""
    memory: Memory = field(default_factory=Memory)
    steady: float = 0.0
    """When all had it, on the clock of the answers."""
    seconds: float = 0.0
    """For which all moved sliders."""
    busy: float = 0.0
    """Processors that the hub and all its users kept busy meanwhile."""
    own: float = 0.0
    """Processors that the measuring itself kept busy meanwhile."""

    @property
    def troubles(self) -> Counter[str]:
        """All that went wrong, by kind."""
        return self.told.troubles

    def answers(self) -> list[Answer]:
        """Those to messages that were sent once all had their lesson run."""
        return [each for each in self.told.answers if each.sent >= self.steady]

    def __str__(self) -> str:
        """As tables."""
        lines = [f"{self.students} students, {os.cpu_count()} processors, lesson 05 on a JupyterHub of this machine"]
        opened = self.told.opened
        if opened:
            worst = f"p50 {share(opened, 50):.1f} s, worst {max(opened):.1f} s"
            lines.append(f"  from login to lesson run           {worst}")
        if self.opened is not None:
            lines.append(f"  until all had it                   {self.opened:.1f} s")
        many = max(1, self.students)
        lines.append(f"  processor time until then          {self.opening / many:.1f} s a user")
        servers, kernels = sum(self.memory.servers) / many, sum(self.memory.kernels) / many
        each = f"{servers + kernels:.0f} MB (server {servers:.0f}, kernel {kernels:.0f})"
        lines.append(f"  memory a user                      {each}")
        lines.append(f"  memory of hub and proxy            {self.memory.hub:.0f} MB and {self.memory.proxy:.0f} MB")
        if self.seconds:
            lines.append(
                f"  processors busy while sliding      {self.busy / self.seconds:.2f}, "
                f"and {self.own / self.seconds:.2f} by measuring"
            )
        lines += ["", f"  answers of a panel, ms, in {self.seconds:.0f} s  {'':14}number    p50    p95  worst"]
        found = self.answers()
        for kind, name in KINDS.items():
            lines += _row(name, [each.seconds for each in found if each.kind == kind])
        lines += _row("all but those", [each.seconds for each in found if each.kind in AWAITED])
        early = [each for each in self.told.answers if each.sent < self.steady and each.kind in AWAITED]
        lines += _row("such before all had the lesson run", [each.seconds for each in early])
        lines += _row("lateness of the measuring itself", self.told.lag)
        lines += ["", f"  errors: {sum(self.troubles.values())}"]
        lines += [f"  {count:>6} × {what}" for what, count in self.troubles.most_common()]
        return "\n".join(lines)


def _row(name: str, seconds: list[float]) -> list[str]:
    if not seconds:
        return []
    p50, p95, worst = (1000 * each for each in (share(seconds, 50), share(seconds, 95), max(seconds)))
    return [f"  {name:<48}{len(seconds):>6} {p50:>6.0f} {p95:>6.0f} {worst:>6.0f}"]


def share(values: list[float], percent: int) -> float:
    """The least value that so many percent are not above.

    >>> share([4.0, 1.0, 3.0, 2.0], 50), share([1.0], 95)
    (2.0, 1.0)
    """
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


class Class:
    """So many students, who come within a while and then move sliders for so long."""

    def __init__(self, hub: Hub, names: list[str], *, arrive: float, seconds: float, seed: int, pace: float) -> None:
        self.hub, self.names, self.arrive, self.seconds, self.seed, self.pace = hub, names, arrive, seconds, seed, pace
        self.report = Report(len(names), Told())
        self.screens = Screens(self.report.told)
        self._at_work = 0
        self._gone = 0
        self._changed = asyncio.Event()
        self._over = asyncio.Event()

    async def run(self) -> Report:
        """Have them do it; what was measured."""
        report, began = self.report, time.monotonic()
        ticking = asyncio.create_task(self.screens.run())
        students = [asyncio.create_task(self._attend(name)) for name in self.names]
        try:
            while self._at_work + self._gone < len(self.names):
                self._changed.clear()
                await self._changed.wait()
            report.steady = time.monotonic()
            report.opened = None if self._gone else report.steady - began
            report.opening = self.hub.busy()
            busy, own = report.opening, sum(psutil.Process().cpu_times()[:2])
            if self._at_work:
                await asyncio.sleep(self.seconds)
            report.seconds = time.monotonic() - report.steady
            report.busy, report.own = self.hub.busy() - busy, sum(psutil.Process().cpu_times()[:2]) - own
            report.memory = self.hub.memory()
            self._over.set()
            await asyncio.gather(*students)
            return report
        finally:
            ticking.cancel()
            for each in students:
                each.cancel()
            await asyncio.gather(ticking, *students, return_exceptions=True)

    async def _attend(self, name: str) -> None:
        """One student's lesson; whatever goes wrong is counted, and the others go on."""
        chance = random.Random(f"{self.seed} {name}")
        student = Student(name, self.hub.address, self.hub.password)
        try:
            await asyncio.sleep(chance.uniform(0, self.arrive))
            await self._learn(name, student, chance)
        except Trouble as trouble:
            self.report.troubles[str(trouble)] += 1
        except (httpx.HTTPError, HTTPError, WebSocketClosedError, OSError, TimeoutError) as error:
            self.report.troubles[f"the connection: {type(error).__name__} {error}".strip()] += 1
        finally:
            self._gone += 1
            self._changed.set()
            await student.close()

    async def _learn(self, name: str, student: Student, chance: random.Random) -> None:
        began = time.monotonic()
        await student.login()
        await student.start()
        lesson = await student.open()
        async with student.kernel(self.report.told, self.screens) as kernel:
            cells = ("".join(each["source"]) for each in lesson["cells"] if each["cell_type"] == "code")
            await asyncio.gather(*[kernel.run(each) for each in cells])
            if not kernel.panel:
                raise Trouble(f"the lesson has no {PANEL}")
            self.report.told.opened.append(time.monotonic() - began)
            for once in ("rules", "plotly"):
                kernel.tell({"kind": once})
            self._at_work += 1
            self._changed.set()
            moving = asyncio.create_task(moves(name, kernel, self.screens.racer, chance, self.pace))
            over = asyncio.create_task(self._over.wait())
            try:
                await asyncio.wait([moving, over], return_when=asyncio.FIRST_COMPLETED)
                if moving.done():
                    moving.result()
                end = time.monotonic() + 20
                while kernel.waiting() and time.monotonic() < end:
                    moving.cancel()
                    await asyncio.sleep(0.05)
                for kind in kernel.waiting():
                    self.report.troubles[f"no answer to: {kind}"] += 1
            finally:
                moving.cancel()
                over.cancel()
                self._at_work -= 1


def measure(students: int, *, arrive: float = 30, seconds: float = 120, seed: int = 1, pace: float = 1) -> Report:
    """Measure a class of so many.

    Raises:
        HubFailed: the hub did not start.
        NoNode: its proxy can't be run here.
    """
    names = [f"student-{at:02}" for at in range(1, students + 1)]
    with tempfile.TemporaryDirectory(prefix="class-") as folder, Hub(Path(folder), names) as hub:
        whole = Class(hub, names, arrive=arrive, seconds=seconds, seed=seed, pace=pace)
        try:
            return asyncio.run(whole.run())
        finally:
            with undisturbed():
                whole.screens.racer.close()  # one that is open when Python ends complains, or hangs it


def main(words: list[str] | None = None) -> int:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(prog="make class-load", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("students", type=int, help="how many")
    parser.add_argument("--arrive", type=float, default=30, help="seconds within which they log in (30)")
    parser.add_argument("--seconds", type=float, default=120, help="for how long all move sliders (120)")
    parser.add_argument("--seed", type=int, default=1, help="of what they do (1)")
    said = parser.parse_args(words)
    if said.students < 1:
        parser.error(f"a class has at least 1 student: N={said.students}")
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _stopped)
    try:
        report = measure(said.students, arrive=said.arrive, seconds=said.seconds, seed=said.seed)
    except (HubFailed, NoNode) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing of the hub is left.", file=sys.stderr)
        return 130
    print(report)
    return int(bool(report.troubles))


def _stopped(*_: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

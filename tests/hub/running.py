"""A real JupyterHub on this machine's loopback: its own data, its own users, nothing that outlives it.

The hub, its proxy and its users' servers and kernels are processes; all carry a mark in their environment, by which
they are found again: to see what memory they take, and to end those that did not end by themselves.
"""

import contextlib
import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psutil

from tools.hub import setup

ROOT = Path(__file__).resolve().parents[2]
_MARK = "MARGIN_WORKBOOK_CLASS"
_START = 90  # s that the hub may take to start
_END = 30  # s that it may take to end its users' servers


class HubFailed(Exception):
    """The hub did not start or has ended; the sentence says what it wrote last."""


# No request leaves the machine: neither JupyterHub nor JupyterLab looks for news or newer versions.
_CONFIG = """
c = get_config()
c.JupyterHub.bind_url = said["address"] + "/"
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = said["hub_port"]
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.concurrent_spawn_limit = 0  # a class opens all at once
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = said["password"]
c.Authenticator.allow_all = True
c.ConfigurableHTTPProxy.api_url = said["proxy_api"]
c.ConfigurableHTTPProxy.command = said["proxy"]
c.JupyterHub.spawner_class = "simple"  # a process a user, without users of the system
c.SimpleLocalProcessSpawner.home_dir_template = said["homes"] + "/{username}"
c.Spawner.cmd = [*said["python"], "-m", "jupyterhub.singleuser"]
c.Spawner.args = said["arguments"]
c.Spawner.environment = said["environment"]
c.Spawner.env_keep = ["PATH", "LANG", "LC_ALL"]
c.Spawner.ip = "127.0.0.1"
c.Spawner.start_timeout = c.Spawner.http_timeout = 600
"""


@dataclass
class Memory:
    """Megabytes by what they are for. On Linux, what several processes share is counted in parts."""

    hub: float = 0
    proxy: float = 0
    servers: list[float] = field(default_factory=list)
    kernels: list[float] = field(default_factory=list)


class Hub:
    """A hub with its proxy; in `folder` lies all that it writes, and a home for each user.

    Further arguments go to the users' servers.
    """

    def __init__(self, folder: Path, users: list[str], *arguments: str) -> None:
        self.folder = folder
        self.password = secrets.token_hex(16)
        self._mark = secrets.token_hex(16)
        ports = _free_ports(3)
        self.address = f"http://127.0.0.1:{ports[0]}"
        for user in users:
            shutil.copytree(ROOT / "notebooks", folder / "homes" / user / "notebooks")
        jupyter = {
            name: str(folder / name.lower())
            for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        }
        # Of the machine's own settings nothing counts: neither another PYTHONPATH nor another proxy.
        strange = ("JUPYTER", "CONFIGPROXY", "COVERAGE", "COV_", "PYTEST_")
        own = {name: value for name, value in setup.environment().items() if not name.startswith(strange)}
        own |= {"JUPYTER_PREFER_ENV_PATH": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", _MARK: self._mark}
        said: dict[str, Any] = {
            "address": self.address,
            "hub_port": ports[1],
            "proxy_api": f"http://127.0.0.1:{ports[2]}",
            "proxy": setup.proxy(),
            "password": self.password,
            "homes": str(folder / "homes"),
            "python": [sys.executable],
            "arguments": ["--allow-root", "--LabApp.news_url=None", *arguments],
            "environment": {
                **jupyter,
                **{name: own[name] for name in (_MARK, "JUPYTER_PREFER_ENV_PATH", "PYTHONPATH")},
            },
        }
        (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")
        config = folder / "jupyterhub_config.py"
        config.write_text(f"import json\n\nsaid = json.load(open('said.json'))\n{_CONFIG}", encoding="utf-8")
        self._file = folder / "hub.log"
        self._log = self._file.open("wb")
        # In a session of its own: Ctrl-C in a terminal comes to who measures, who ends the hub in order.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(config)],
            cwd=folder,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        try:
            end = time.monotonic() + _START
            while not self._answers():
                if self._process.poll() is not None or time.monotonic() > end:
                    raise HubFailed(f"the hub did not start; it wrote:\n{self.log()}")
                time.sleep(0.1)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _answers(self) -> bool:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{self.address}/hub/api/", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def log(self, most: int = 3000) -> str:
        """What the hub, its proxy and its users' servers wrote last."""
        return self._file.read_text(encoding="utf-8", errors="replace")[-most:]

    def processes(self) -> Iterator[psutil.Process]:
        """All that runs because of this hub."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(_MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    yield process

    def memory(self) -> Memory:
        """What it takes now."""
        found = Memory()
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                command, parts = " ".join(process.cmdline()), process.memory_full_info()
                taken = getattr(parts, "pss", parts.uss) / 1e6
                if process.pid == self._process.pid:
                    found.hub += taken
                elif "configurable-http-proxy" in command:
                    found.proxy += taken
                elif "jupyterhub.singleuser" in command:
                    found.servers.append(taken)
                elif "ipykernel" in command:
                    found.kernels.append(taken)
        return found

    def busy(self) -> float:
        """Seconds of a processor that its processes have used so far."""
        seconds = 0.0
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                seconds += times.user + times.system
        return seconds

    def end(self) -> None:
        """Asked to end, the hub ends its users' servers, and they their kernels; what is left then is ended."""
        with undisturbed():
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END)
            _, left = psutil.wait_procs(list(self.processes()), timeout=3)
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=5)
            self._process.wait(5)
            self._log.close()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Who presses Ctrl-C twice is in a hurry, but what is being ended has to end."""
    kinds = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = [(kind, signal.signal(kind, signal.SIG_IGN)) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in before:
            signal.signal(kind, handler)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]

"""A JupyterLab of one's own, notebooks opened in it, and the panels on their pages."""

import ast
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, Locator, Page

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=AutofillServerCommunication",  # it asks a host of its own about every form
]

SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none", "autoStartDefaultKernel": True},
}


def notebook(*cells: str) -> str:
    """A notebook of code cells, as JSON."""
    blank: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    code = [{**blank, "id": f"cell-{at}", "source": source} for at, source in enumerate(cells)]
    return json.dumps({"cells": code, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until(done: Callable[[], bool], what: str, seconds: float = 10, pause: float = 0.03) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(pause)


def appears(what: Locator, seconds: float = 15) -> None:
    """Wait until something is to be seen; asked often, where Playwright's own `expect` soon asks but once a second."""
    until(what.is_visible, f"{what} is visible", seconds)


class Lab:
    """A JupyterLab on a free port, serving one folder; its settings lie in another, and are thrown away with it."""

    def __init__(self, root: Path, home: Path) -> None:
        self.token = secrets.token_hex(16)
        self.address = f"http://127.0.0.1:{free_port()}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
        environment["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of the Python that runs the tests
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            environment[name] = str(home / name.lower())
        for name in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"):
            environment[name] = str(home / name.lower())
        for plugin, settings in SETTINGS.items():
            file = home / "jupyterlab_settings_dir" / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings), encoding="utf-8")
        self._log = (home / "lab.log").open("wb")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                f"--ServerApp.port={self.address.rpartition(':')[2]}",
                "--ServerApp.ip=127.0.0.1",
                "--ServerApp.port_retries=0",
                f"--ServerApp.root_dir={root}",
                f"--IdentityProvider.token={self.token}",
                f"--FileCheckpoints.checkpoint_dir={home / 'checkpoints'}",
                "--LabApp.expose_app_in_browser=True",
                "--LabApp.news_url=None",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._log_file = home / "lab.log"

    def __enter__(self) -> Self:
        try:
            until(self._answers, "JupyterLab answers", 60, 0.1)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _answers(self) -> bool:
        assert self._process.poll() is None, self._log_file.read_text(encoding="utf-8", errors="replace")[-3000:]
        try:
            return bool(self._ask("GET", "/api/status"))
        except OSError:
            return False

    def _ask(self, method: str, path: str, said: object = None) -> bytes:
        data = None if said is None else json.dumps(said).encode()
        request = urllib.request.Request(self.address + path, data, method=method)
        request.add_header("Authorization", f"token {self.token}")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=20) as answer:
            content: bytes = answer.read()
        return content

    def _end(self) -> None:
        """Asked to end, it ends its kernels itself, all at once."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._log.close()

    def open(self, browser: Browser, name: str) -> "Notebook":
        """Open a notebook on a page of its own; its kernel is ready, nothing has run."""
        # The kernel starts while the page loads.
        session = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        self._ask("POST", "/api/sessions", session)
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        opened = Notebook(page)
        page.goto(f"{self.address}/lab/tree/{name}?reset&token={self.token}", wait_until="commit", timeout=60_000)
        until(lambda: bool(page.evaluate(_READY)), "the kernel is ready", 60)
        return opened


_READY = """() => {
  const shown = window.jupyterapp?.shell?.currentWidget;
  const kernel = shown?.sessionContext?.session?.kernel;
  return kernel?.status === 'idle' && kernel.connectionStatus === 'connected' && shown.content.widgets.length > 0;
}"""

_EXECUTE = """async ([code, asked]) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code, store_history: false, user_expressions: asked ? { asked } : {} });
  const { content } = await future.done;
  if (content.status !== 'ok') throw new Error(content.ename + ': ' + content.evalue);
  const answer = content.user_expressions?.asked;
  if (answer && answer.status !== 'ok') throw new Error(answer.ename + ': ' + answer.evalue);
  return answer ? answer.data['text/plain'] : 'None';
}"""


class Notebook:
    """A page with a notebook on it, and whatever the page complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"console: {message.text} {message.location.get('url', '')}")
                if message.type == "error"
                else None
            ),
        )

    def run_all(self) -> None:
        """Run all cells; return when the kernel has."""
        assert self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')") is not False

    def execute(self, code: str, asked: str = "") -> Any:
        """Run Python in the notebook's kernel, as a cell does; the value of an expression after it."""
        return ast.literal_eval(self.page.evaluate(_EXECUTE, [code, asked]))

    def panels(self) -> Locator:
        """The panels on the page."""
        return self.page.locator(".mw-panel")

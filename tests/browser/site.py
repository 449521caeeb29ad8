"""The site, built and served on this machine, and its pages as a learner opens them."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from playwright.sync_api import Browser, BrowserContext

from browser.lab import until
from tools.site import serve


class Site:
    """The built site under a path of a server on this machine, and a proxy that lists every host that is asked.

    The browser is told to ask the proxy for everything: what pages, workers and service workers ask is all in its list.
    """

    def __init__(self, folder: Path) -> None:
        """The folder that the site lies in."""
        self.folder = folder
        self.asked: list[str] = []
        self._files = serve.server(folder.parent)
        self._proxy = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._files.server_port}/{folder.name}/"
        self.proxy = f"http://127.0.0.1:{self._proxy.server_port}"

    def __enter__(self) -> Self:
        for each in (self._files, self._proxy):
            threading.Thread(target=each.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._files, self._proxy):
            each.shutdown()
            each.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        asked, direct = self.asked, build_opener(ProxyHandler({}))

        class Logging(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                if urlsplit(self.path).hostname != "127.0.0.1":
                    self.send_error(502)
                    return
                with direct.open(Request(self.path), timeout=30) as answer:
                    content = answer.read()
                    self.send_response(answer.status)
                    for name in ("Content-Type", "Last-Modified"):
                        if value := answer.headers.get(name):
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            def do_CONNECT(self) -> None:
                asked.append(self.path)
                self.send_error(502)

            do_POST = do_PUT = do_CONNECT  # noqa: N815  nothing here is told anything

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
                """Its list is enough."""

        return Logging

    def hosts(self) -> set[str]:
        """The hosts that were asked."""
        return {urlsplit(each).netloc or each for each in self.asked}

    def context(self, browser: Browser, **options: object) -> BrowserContext:
        """A fresh profile that asks the proxy for everything, this machine's own addresses too."""
        proxy = {"server": self.proxy, "bypass": "<-loopback>"}
        return browser.new_context(proxy=proxy, viewport={"width": 1400, "height": 1000}, **options)  # type: ignore[arg-type]


class Opened:
    """A page of the site, and whatever it complained about."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on(
            "console",
            lambda message: self.complaints.append(f"console: {message.text}") if message.type == "error" else None,
        )
        self.page.goto(address)

    def stage(self) -> str:
        """How far the engine is."""
        return self.page.locator("#mw-status").get_attribute("data-stage") or ""

    def until_ready(self) -> None:
        """Wait for the engine."""
        until(lambda: self.stage() in ("ready", "failed"), "the engine is there", 90)
        assert self.stage() == "ready", self.page.locator("#mw-status").inner_text()

"""Shows the built site on this machine, as any file server would."""

import argparse
import contextlib
import functools
import sys
import webbrowser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.site.build import OUT


class Handler(SimpleHTTPRequestHandler):
    """Files with the types that a browser insists on, whatever this machine's own list says."""

    extensions_map: dict[str, str] = {  # noqa: RUF012  as the library has it
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".json": "application/json",
        ".whl": "application/zip",
    }

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file, unless the browser has left meanwhile."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().copyfile(source, outputfile)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
        """Say nothing of each file."""


def server(folder: Path, port: int = 0, handler: type[Handler] = Handler) -> ThreadingHTTPServer:
    """A server of a folder's files, on this machine alone; at a free port unless one is given."""
    return ThreadingHTTPServer(("127.0.0.1", port), functools.partial(handler, directory=str(folder)))


def main() -> int:
    """Serve until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-browser", action="store_true")
    given = parser.parse_args()
    if not (OUT / "index.html").is_file():
        print("There is no site yet: `make site` builds it.", file=sys.stderr)
        return 1
    try:
        running = server(OUT, given.port)
    except OSError as error:
        print(f"Port {given.port} can't be used ({error.strerror}); try --port 0 for a free one.", file=sys.stderr)
        return 1
    address = f"http://127.0.0.1:{running.server_port}/"
    print(f"The site is at {address} (Ctrl-C ends it)", flush=True)
    if not given.no_browser:
        webbrowser.open(address)
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

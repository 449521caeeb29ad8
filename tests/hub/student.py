"""Students on a hub: each logs in, opens a lesson, runs it and moves its sliders, by a browser's protocols.

What a panel sends, and when, its own modules decide (`student.js`); what a person does meanwhile, :func:`moves` does.
"""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from py_mini_racer import MiniRacer
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from marginlib.panels.scripts import script

LESSON = "notebooks/05_loss_cascade.ipynb"
PANEL = "LossCascade"
_TICK = 0.03  # s, two frames of a screen
_PATIENCE = 600  # s that a student waits for a server or for the cells
# Of what JupyterLab asks its server for when its page is loaded.
_ASKED_AT_START = (
    "lab/api/settings",
    "lab/api/workspaces/default",
    "api/me",
    "api/kernelspecs",
    "api/contents/notebooks",
)
_PROTOCOL = "v1.kernel.websocket.jupyter.org"
# As a browser marks what a page asks for; JupyterHub goes by it.
_FETCHED = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}


def _pack(part: object) -> bytes:
    return json.dumps(part).encode()


class Trouble(Exception):
    """Something that a student would have to tell the teacher; its first words say of what kind it is."""


@dataclass
class Answer:
    """A message to a panel that was answered: which, when it was sent, and in how many seconds all had come."""

    kind: str
    sent: float
    seconds: float


@dataclass
class Told:
    """What the whole class has met with."""

    answers: list[Answer] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    opened: list[float] = field(default_factory=list)
    """Seconds from the login to the last cell of the lesson."""
    sent: Counter[str] = field(default_factory=Counter)
    lag: list[float] = field(default_factory=list)
    """Seconds by which this process itself was late, each tick."""


@dataclass
class _Asked:
    kind: str
    sent: float
    last: float = 0.0
    wanted: str = ""


# What the answer to a message has to hold.
_ANSWERS = {
    "along": "states",
    "exact": "states",
    "happens": "happens",
    "why": "known",
    "values": "shown",
    "veil": "",
    "plotly": "plotly",
    "rules": "rules",
}


class Screens:
    """The panels of a class, as they would be on their screens; time passes for them all at once."""

    def __init__(self, told: Told) -> None:
        self.racer = MiniRacer()
        self.racer.eval(script("student.js", Path(__file__).parent))
        self.kernels: dict[str, Kernel] = {}
        self._told = told

    async def run(self) -> None:
        """Let time pass, and send what the panels have to say."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            self._told.lag.append(max(0.0, now - last - _TICK))
            for sent in json.loads(self.racer.call("pass", 1000 * (now - last))):
                self.kernels[sent["who"]].tell(sent["message"])
            for note in self.racer.call("noted"):
                self._told.troubles[f"a panel said: {note}"] += 1
            last = now


class Kernel:
    """The page's side of a kernel's messages."""

    def __init__(self, who: str, socket: WebSocketClientConnection, told: Told, screens: "Screens") -> None:
        self._who, self._socket, self._told, self._screens = who, socket, told, screens
        self._session = uuid4().hex
        self._asked: dict[str, _Asked] = {}
        self._running: dict[str, asyncio.Future[None]] = {}
        self.panel = ""
        self.sliders: list[str] = []

    def _send(self, kind: str, content: dict[str, Any]) -> str:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        header = {"msg_id": uuid4().hex, "msg_type": kind, "username": self._who, "session": self._session}
        message = {"header": {**header, "date": now, "version": "5.4"}, "parent_header": {}, "metadata": {}}
        packed = serialize_msg_to_ws_v1(
            {**message, "content": content}, "shell", lambda part: json.dumps(part).encode()
        )
        self._socket.write_message(packed, binary=True)
        return header["msg_id"]

    async def run(self, source: str) -> None:
        """Run a cell to its end."""
        content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}}
        done = asyncio.get_running_loop().create_future()
        self._running[self._send("execute_request", content | {"allow_stdin": False, "stop_on_error": True})] = done
        async with asyncio.timeout(_PATIENCE):
            await done

    def tell(self, message: dict[str, Any]) -> None:
        """Send the panel what its browser's side says."""
        kind = message["kind"]
        data = {"method": "custom", "content": message}
        if kind == "update":
            data = {"method": "update", "state": message["state"], "buffer_paths": []}
            kind = "values" if "values" in message["state"] else "veil"
        asked = _Asked(kind, time.monotonic(), wanted=_ANSWERS[kind])
        self._told.sent[kind] += 1
        self._asked[self._send("comm_msg", {"comm_id": self.panel, "data": data})] = asked

    def waiting(self) -> list[str]:
        """The kinds of what was not answered."""
        return [asked.kind for asked in self._asked.values()]

    async def listen(self) -> None:
        """Take in what comes, until the connection ends."""
        while (packed := await self._socket.read_message()) is not None:
            assert isinstance(packed, bytes)
            channel, (header, parent, _metadata, content, *buffers) = deserialize_msg_from_ws_v1(packed)
            kind, about = json.loads(header)["msg_type"], json.loads(parent).get("msg_id", "")
            if channel == "iopub":
                self._heard(kind, about, content, buffers)
            elif kind == "execute_reply" and (done := self._running.pop(about, None)):
                failed = json.loads(content)
                if failed["status"] == "ok":
                    done.set_result(None)
                else:
                    done.set_exception(Trouble(f"a cell failed: {failed.get('ename')}"))

    def _heard(self, kind: str, about: str, content: bytes, buffers: list[bytes]) -> None:
        asked = self._asked.get(about)
        if kind == "comm_open" and not self.panel:
            opened = json.loads(content)
            state = opened["data"].get("state", {})
            if state.get("_about", {}).get("name") == PANEL:
                self.panel = opened["comm_id"]
                self.sliders = self._screens.racer.call("open", self._who, json.dumps(state))
        elif kind == "comm_msg" and f'"{self.panel}"'.encode() in content[:100] + content[-100:]:
            answer = self._screens.racer.call("hear", self._who, content.decode())
            if answer == "failed":
                self._told.troubles["the panel failed"] += 1
            if asked and answer == asked.wanted and (answer != "plotly" or buffers):
                asked.last = time.monotonic()
        elif kind == "error" or (kind == "stream" and b'"stderr"' in content):
            self._told.troubles["the kernel complained"] += 1
        elif kind == "status" and asked and json.loads(content)["execution_state"] == "idle":
            del self._asked[about]
            if asked.last:
                self._told.answers.append(Answer(asked.kind, asked.sent, asked.last - asked.sent))
            elif asked.wanted:
                self._told.troubles[f"no answer to: {asked.kind}"] += 1


class Student:
    """One who logs in, and whose browser keeps cookies."""

    def __init__(self, name: str, address: str, password: str) -> None:
        self.name, self._address, self._password = name, address, password
        # Nothing that the machine has for requests to others: no proxy, no credentials.
        self._http = httpx.AsyncClient(base_url=address, follow_redirects=True, timeout=_PATIENCE, trust_env=False)

    async def login(self) -> None:
        """Log in."""
        page = await self._get("/hub/login")
        said = {"username": self.name, "password": self._password, "_xsrf": self._xsrf("/hub/")}
        answer = await self._http.post(
            "/hub/login", data=said, headers={"Referer": str(page.url)}, follow_redirects=False
        )
        if answer.status_code != 302:
            raise Trouble(f"logging in: {answer.status_code}")

    async def start(self) -> None:
        """Start one's own server, and wait until it is there."""
        await self._get("/hub/spawn")
        progress = f"/hub/api/users/{self.name}/server/progress"
        headers = {**_FETCHED, "X-XSRFToken": self._xsrf("/hub/"), "Referer": f"{self._address}/hub/spawn-pending"}
        async with self._http.stream("GET", progress, headers=headers) as events:
            if events.status_code != 200:
                raise Trouble(f"starting a server: {events.status_code}")
            async for line in events.aiter_lines():
                event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if event.get("failed"):
                    raise Trouble(f"starting a server: {event.get('message')}")
                if event.get("ready"):
                    return
        raise Trouble("starting a server: it never was there")

    async def open(self) -> dict[str, Any]:
        """Load JupyterLab's page with its scripts, and the lesson; the notebook as it is stored."""
        page = await self._get(self._own(f"lab/tree/{LESSON}"))
        for source in re.findall(r'<script[^>]* src="([^"]+)"', page.text):
            await self._get(source)
        for what in _ASKED_AT_START:
            await self._ask("GET", what)
        stored: dict[str, Any] = await self._ask("GET", f"api/contents/{LESSON}?type=notebook&content=1")
        notebook: dict[str, Any] = stored["content"]
        return notebook

    @asynccontextmanager
    async def kernel(self, told: Told, screens: Screens) -> AsyncIterator[Kernel]:
        """A kernel for the lesson, with what it says taken in."""
        session = {"path": LESSON, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
        started = await self._ask("POST", "api/sessions", session)
        place = self._own(f"api/kernels/{started['kernel']['id']}/channels?session_id={uuid4().hex}")
        address = self._address.replace("http", "ws", 1) + place
        cookies = "; ".join(
            f"{each.name}={each.value}" for each in self._http.cookies.jar if place.startswith(each.path)
        )
        headers = {"Cookie": cookies, "Origin": self._address, "Sec-Fetch-Mode": "websocket"}
        request = HTTPRequest(address, headers=headers | {"Sec-Fetch-Site": "same-origin"}, request_timeout=_PATIENCE)
        socket = await websocket_connect(request, subprotocols=[_PROTOCOL], max_message_size=1 << 28)
        if socket.selected_subprotocol != _PROTOCOL:
            raise Trouble("the kernel's messages come by another protocol")
        kernel = screens.kernels[self.name] = Kernel(self.name, socket, told, screens)
        listening = asyncio.create_task(kernel.listen())
        try:
            yield kernel
        finally:
            socket.close()
            await listening

    async def close(self) -> None:
        """Close the browser."""
        await self._http.aclose()

    def _own(self, path: str) -> str:
        return f"/user/{self.name}/{path}"

    def _xsrf(self, path: str) -> str:
        return next(
            (each.value or "" for each in self._http.cookies.jar if (each.name, each.path) == ("_xsrf", path)), ""
        )

    async def _get(self, path: str) -> httpx.Response:
        answer = await self._http.get(path)
        if answer.status_code != 200:
            raise Trouble(f"opening a page: {answer.status_code} {answer.url.path}")
        return answer

    async def _ask(self, method: str, what: str, said: object = None) -> Any:
        headers = {**_FETCHED, "X-XSRFToken": self._xsrf(self._own(""))}
        answer = await self._http.request(method, self._own(what), json=said, headers=headers)
        if answer.status_code not in (200, 201):
            raise Trouble(f"asking one's server: {answer.status_code} {what.partition('?')[0]}")
        return answer.json()


async def moves(name: str, kernel: Kernel, racer: MiniRacer, chance: random.Random, pace: float = 1) -> None:
    """Move sliders as a person does, without end: look, reach for one, drag it, look again, sometimes ask why.

    All at a person's pace, or so many times as fast.
    """

    async def pause(least: float, most: float) -> None:
        await asyncio.sleep(chance.uniform(least, most) / pace)

    while True:
        await pause(2, 8)
        slider = "move" if chance.random() < 0.6 else chance.choice(kernel.sliders)
        racer.call("act", name, "warm", slider)  # the pointer comes over it
        await pause(0.2, 0.7)
        at, to = chance.random(), chance.random()
        for step in range(steps := chance.randint(8, 30)):
            racer.call("act", name, "move", slider, at + (to - at) * step / steps)
            await pause(0.04, 0.15)
        if chance.random() < 0.25:
            await pause(1, 3)
            racer.call("act", name, "wonder")

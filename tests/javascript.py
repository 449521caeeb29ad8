"""The browser's side, run as it is: the modules that know no page, in an engine of their own."""

import atexit
import functools
import json
from pathlib import Path
from typing import Any

from py_mini_racer import MiniRacer

from marginlib.panels.scripts import BROWSER, script


@functools.cache
def engine(entry: str, folder: Path = BROWSER) -> MiniRacer:
    """An engine that has loaded a module: what is at its top can be called by name."""
    racer = MiniRacer()
    atexit.register(racer.close)  # one that is open when Python ends may hang it
    racer.eval(script(entry, folder))
    return racer


def call(entry: str, name: str, *values: Any) -> Any:
    """What a function of a module answers for plain data."""
    return engine(entry).call(name, *values)


def merge(first: Any, change: Any) -> Any:
    """What the browser makes of a change."""
    return call("store.js", "merge", first, change)


def constant(entry: str, name: str) -> Any:
    """A constant of a module."""
    return json.loads(str(engine(entry).eval(f"JSON.stringify({name})")))

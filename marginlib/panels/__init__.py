"""Controls and panels as plain objects, and what carries them to a browser.

The panels themselves are their lessons'; ``from marginlib.panels import LossCascade``, as notebooks used to say it,
still gives them.
"""

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    lessons = importlib.import_module("marginlib.lessons")
    if name not in lessons.__all__:
        raise AttributeError(f"module 'marginlib.panels' has no attribute {name!r}")
    return getattr(lessons, name)

"""What pytest needs for the tests and the notebooks together."""

import os
import re
import shutil
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

# What the property tests run under. Without a deadline: a busy machine is slow.
settings.register_profile(
    "engine",
    deadline=None,
    derandomize="CI" in os.environ,
    max_examples=50,
    stateful_step_count=14,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("engine")

# What may differ between two runs of a notebook.
SAME_OUTPUT = Path(__file__).resolve().parent / "tests" / "nbval_sanitize.cfg"


_WATCHED: set[tuple[str, str]] = set()
"""Tests of which a case has run under coverage."""


def pytest_configure(config: pytest.Config) -> None:
    """Have the notebooks checked alike from whatever folder, and keep coverage out of their kernels.

    nbval looks for its file from the folder that pytest was started in: it is told the whole path.
    It would start coverage in the kernels when pytest-cov runs here. That hangs with a bare `--cov`, slows
    the cells down, and what it records never reaches the report. pytest-cov has read the option by now.
    """
    config.option.nbval_sanitize_with = config.option.nbval_sanitize_with or str(SAME_OUTPUT)
    if getattr(config.option, "cov_source", None):
        config.option.cov_source = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, the longest come first: browsers, then notebooks.

    Of the browsers' files that need the site one comes first, and has it built; the others come last: they would wait.
    """
    if hasattr(config, "workerinput"):
        on_site = [item.path for item in items if "site" in getattr(item, "fixturenames", ())]
        builds = on_site[0] if on_site else None

        def place(item: pytest.Item) -> int:
            if item.get_closest_marker("browser"):
                return 0 if item.path == builds else 2 if item.path in on_site else 1
            return 3 if item.path.suffix == ".ipynb" else 4

        items.sort(key=place)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Coverage watches a test's first case, and no browser's test: Python takes two to three times as long under it.

    The other cases run the same lines, or nearly; what is said to be covered is. Without workers (``-n 0``) it watches
    all. A worker has two coverages, one under the other, and where one is stopped the other goes on: so what is taken
    off is what they watch with.
    """
    test = str(item.path), getattr(item, "originalname", item.name)
    first = test not in _WATCHED and not item.get_closest_marker("browser")
    if first or not hasattr(item.config, "workerinput"):
        _WATCHED.add(test)
        return (yield)
    watching = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(watching)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> "LoadScopeScheduling":
    """Share the tests out by file, whatever `--dist` says: a notebook's cells need each other, in order.

    Of the lessons in a browser, each is a share of its own.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            lesson = re.search(r"\[(\d\d_\w+)\]$", test) if "browser" in file else None
            return f"{file} {lesson.group(1)}" if lesson else file

    config.option.loadscopereorder = False  # it would go by the number of tests, not by what they take
    return ByFile(config, log)


@pytest.fixture(autouse=True)
def _nothing_is_answered() -> None:
    """Start each test with a session in which nobody has answered: what one answers, another's cards would show."""
    for name in ("marginlib.quiz.lesson", "marginlib.classes.sheet"):
        if module := sys.modules.get(name):
            module._SESSION.clear()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium that browser tests drive.

    Without one they are skipped, and say so; where MARGINLIB_REQUIRE_BROWSER=1 is set, they fail.
    """
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    reason = "no Chromium on this machine (Debian: apt-get install chromium)"
    if os.environ.get("MARGINLIB_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)

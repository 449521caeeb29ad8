"""What pytest needs for the tests and the notebooks together."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

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


def pytest_configure(config: pytest.Config) -> None:
    """Keep coverage out of the notebooks' kernels.

    nbval would start it there when pytest-cov runs here. It hangs with a bare `--cov`, slows the
    cells down, and what it records never reaches the report. pytest-cov has read the option by now.
    """
    if getattr(config.option, "cov_source", None):
        config.option.cov_source = []


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

"""A JupyterLab and a browser for the tests of this folder, started once and ended here."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from browser.lab import FLAGS, Lab
from browser.site import Site
from tools.site.build import build
from tools.site.node import NoNode

expect.set_options(timeout=15_000)  # ms: a machine may have much else to do, such as another worker's browser


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the opened notebooks lie: copies, so that saving one changes nothing in the repository."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="package")
def chrome(chromium: str) -> Iterator[Browser]:
    """A Chromium of our own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def lab(chromium: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:  # noqa: ARG001
    """A JupyterLab of our own."""
    with Lab(folder, tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="package")
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: ARG001
    """The site without its JupyterLite, built and served under a path."""
    folder = tmp_path_factory.mktemp("files") / "site"
    try:
        build(folder, lab=False)
    except NoNode as error:
        if os.environ.get("MARGINLIB_REQUIRE_BROWSER") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))
    with Site(folder) as running:
        yield running

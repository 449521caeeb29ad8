"""A JupyterLab and a browser for the tests of this folder, started once and ended here."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from browser.lab import FLAGS, Lab, until
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
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Site]:  # noqa: ARG001
    """The site without its JupyterLite, built and served under a path; built once, whoever of the workers is first."""
    alone = worker_id == "master"
    around = tmp_path_factory.mktemp("files") if alone else tmp_path_factory.getbasetemp().parent / "site-for-all"
    folder, ended = around / "site", around / "ended"
    try:
        (around / "begun").mkdir(parents=True)
    except FileExistsError:
        until(ended.exists, "another worker has built the site", 600, 0.2)
    else:
        try:
            build(folder, lab=False)
        except NoNode as error:
            (around / "missing").write_text(str(error), encoding="utf-8")
        finally:
            ended.touch()
    if (around / "missing").exists():
        reason = (around / "missing").read_text(encoding="utf-8")
        if os.environ.get("MARGINLIB_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with Site(folder) as running:
        yield running


@pytest.fixture(scope="package")
def visitor(chrome: Browser, site: Site) -> Iterator[BrowserContext]:
    """Somebody who has been on the site before: the first page makes the image that the others start from."""
    context = site.context(chrome)
    yield context
    context.close()

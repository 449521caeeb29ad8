"""A small class on a real hub: every student's panel answers, and nothing is left of it all."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from class_load import AWAITED, Report, measure, share

from hub.running import Hub
from hub.student import Answer, Student, Told, Trouble
from tools.hub import setup
from tools.site import node

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed() -> None:
    """The hub and its proxy; where they are missing the tests are skipped, and say so, or fail where they must run."""
    reason = ""
    if os.name == "nt":
        reason = "JupyterHub doesn't run on Windows"
    elif not setup.is_ready():
        reason = "JupyterHub is not installed (make hub-setup)"
    else:
        try:
            setup.proxy()
        except node.NoNode as error:
            reason = str(error)
    if reason and os.environ.get("MARGINLIB_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def of_this_class(mark: Path) -> list[int]:
    """Processes that were started in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(mark) in " ".join([*process.cmdline(), *process.environ().values(), process.cwd()]):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return [pid for pid in found if pid != os.getpid()]


@pytest.mark.usefixtures("installed")
def test_two_students_open_the_lesson_and_move_its_sliders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    report = measure(2, arrive=0, seconds=5, pace=4)

    assert report.troubles == Counter()
    assert report.opened is not None
    assert len(report.told.opened) == 2
    assert report.opening > 0
    assert {"rules", "plotly", "along", "values", "happens"} <= {*report.told.sent}
    assert len(report.memory.servers) == len(report.memory.kernels) == 2
    assert all(30 < each < 1000 for each in (*report.memory.servers, *report.memory.kernels, report.memory.hub))
    assert "errors: 0" in str(report)
    assert of_this_class(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("installed")
def test_stopped_it_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "tests/class_load.py", "1", "--arrive", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as running:
        end = time.monotonic() + 60
        while not any("singleuser" in " ".join(_command(pid)) for pid in of_this_class(tmp_path)):
            assert running.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        time.sleep(0.2)
        running.send_signal(signal.SIGTERM)  # in a hurry
        _, said = running.communicate(timeout=60)

    assert (running.returncode, said.strip()) == (130, "Stopped. Nothing of the hub is left.")
    assert of_this_class(tmp_path) == []


def _command(pid: int) -> list[str]:
    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return []


@pytest.mark.usefixtures("installed")
def test_a_hub_is_for_this_machine_and_its_users_alone(tmp_path: Path) -> None:
    with Hub(tmp_path, ["a"]) as hub:

        async def guess() -> None:
            stranger = Student("a", hub.address, "guessed")
            try:
                await stranger.login()
            finally:
                await stranger.close()

        with pytest.raises(Trouble, match="logging in: 403"):
            asyncio.run(guess())
        listening = {
            each.laddr.ip
            for process in hub.processes()
            for each in process.net_connections("tcp")
            if each.status == psutil.CONN_LISTEN
        }
        port = int(hub.address.rpartition(":")[2])

    assert listening == {"127.0.0.1"}
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_a_report_says_what_a_student_waits_for_and_what_went_wrong() -> None:
    told = Told(opened=[10.0, 20.0], troubles=Counter({"no answer to: along": 2}))
    told.answers = [Answer("along", 5, at / 1000) for at in range(1, 101)]
    told.answers += [Answer("happens", 5, 9.0), Answer("along", 1, 8.0), *[Answer("values", 5, 0.1)] * 2]
    said = str(Report(2, told, opened=30.0, steady=4.0, seconds=60.0))

    assert "until all had it                   30.0 s" in said
    assert " ".join(said.split("all but those")[1].split()[:4]) == "102 51 97 100"
    assert "errors: 2" in said
    assert "2 × no answer to: along" in said
    assert share([3.0, 1.0, 2.0], 95) == 3.0
    assert "happens" not in AWAITED

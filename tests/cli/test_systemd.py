"""What systemd is told, by a real daemon over a real socket."""

from __future__ import annotations

import configparser
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.systemd import ServiceManager
from tests.cli.conftest import Project, until
from tests.cli.test_serve import EVERY_SECOND

UNIT = Path(__file__).parent.parent.parent / "templates" / "systemd" / "reconcile.service"


class Manager:
    """The end of the socket that systemd holds."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(0.2)
        self.path = path
        self.heard: list[str] = []

    def listen(self) -> list[str]:
        with suppress(TimeoutError):
            while True:
                self.heard += self.socket.recv(4096).decode().splitlines()
        return self.heard


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.socket.close()


def test_it_is_told_when_the_jobs_run_that_they_do_and_that_the_end_comes(project: Project, manager: Manager) -> None:
    project.write(EVERY_SECOND)
    project.ok("compile")
    daemon = project.serve(NOTIFY_SOCKET=str(manager.path), WATCHDOG_USEC="1000000")
    until(lambda: "READY=1" in manager.listen())
    assert manager.heard.index("STATUS=Synced: 2 jobs") < manager.heard.index("READY=1")
    before = manager.heard.count("WATCHDOG=1")
    until(lambda: manager.listen().count("WATCHDOG=1") - before >= 3)
    daemon.send_signal(signal.SIGHUP)
    until(lambda: manager.listen().count("READY=1") == 2)
    assert manager.heard.index("RELOADING=1") > manager.heard.index("READY=1")
    daemon.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    silent = len(manager.listen())
    time.sleep(1.5)
    assert len(manager.listen()) == silent, "a daemon that stands still must be seen to"
    daemon.send_signal(signal.SIGCONT)
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert manager.listen()[-1] == "STOPPING=1"


def test_a_job_does_not_speak_for_its_daemon(project: Project, manager: Manager) -> None:
    project.write(EVERY_SECOND.replace("[echo, tick]", "[env]"))
    project.ok("compile")
    project.serve(NOTIFY_SOCKET=str(manager.path), WATCHDOG_USEC="1000000")
    shown = until(lambda: project.run("logs", "tick").out)
    assert "NOTIFY_SOCKET" not in shown
    assert "WATCHDOG" not in shown


def test_an_abstract_socket_is_spoken_to_and_the_watchdog_of_another_process_is_not() -> None:
    name = f"reconcile-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind("\0" + name)
        environment = {"NOTIFY_SOCKET": "@" + name, "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}
        told = ServiceManager(environment)
        told.alive()
        told.status("two\nlines")
        told.status("two lines")
        told.ready()
        assert [other.recv(4096) for _ in range(2)] == [b"STATUS=two lines", b"READY=1"]


def test_without_a_manager_and_with_one_that_is_gone_nothing_happens(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "nonsense"}):
        told = ServiceManager(environment)
        told.ready()
        told.alive()
        told.stopping()


def test_the_unit_asks_for_what_the_daemon_does() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["User"] != "root"
    grace = int(service["ExecStart"].rpartition("--grace ")[2].removesuffix("s"))
    assert int(service["TimeoutStopSec"]) >= grace + 10, "SIGTERM, the grace, SIGKILL five seconds later"
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", UNIT], capture_output=True, text=True, check=False)
        complaints = [line for line in done.stderr.splitlines() if "reconcile.service" in line]
        assert all("is not executable" in line for line in complaints), complaints

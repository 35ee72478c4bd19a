"""`reconcile serve` in mounts, behind links, in directories made again: the new lock is taken on, no job is lost."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.engine.embedded import EmbeddedEngine
from reconciler.lockfile import dumps
from reconciler.model import Lock, RunSpec
from tests.builders import entry
from tests.cli.conftest import Project, until

IDS = [f"job-{number}" for number in range(6)]
SOON = 30  # less than the minute after which it looks anyway: this is about being told


def lock(version: int) -> str:
    return dumps(Lock({id: entry(id, run=RunSpec(command=("echo", f"v{version}"))) for id in IDS}))


def swap(link: Path, target: str) -> None:
    """Do what `ln -sfn` and the kubelet do."""
    new = link.with_name("..new")
    new.symlink_to(target)
    new.rename(link)


def mount_like(directory: Path, version: int) -> None:
    """Lay *directory* out as the kubelet does a ConfigMap, or update it in the same way."""
    directory.mkdir(exist_ok=True)
    (directory / f"..{version}").mkdir()
    (directory / f"..{version}" / "schedules.lock").write_text(lock(version))
    swap(directory / "..data", f"..{version}")
    if not (directory / "schedules.lock").is_symlink():
        (directory / "schedules.lock").symlink_to("..data/schedules.lock")
    for other in directory.glob("..[0-9]*"):
        if other.name != f"..{version}":
            shutil.rmtree(other)


class Following:
    """A daemon that follows `current/schedules/schedules.lock`, its state being elsewhere."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.engine = EmbeddedEngine(project.root / "state")

    def held(self) -> dict[str, tuple[str, ...]]:
        return {id: job.entry.run.command for id, job in self.engine.observe().jobs.items()}

    def holds(self, version: int) -> None:
        """Return when the daemon holds *version*, which it must without having lost a job meanwhile."""
        until(lambda: self.held() == dict.fromkeys(IDS, ("echo", f"v{version}")), SOON)
        until(lambda: self.said_last("Synced"), SOON)

    def unknown(self) -> None:
        """Return when the daemon has said that it cannot read the lock; its jobs are all there."""
        until(lambda: self.said_last("Unknown"), SOON)
        assert self.held().keys() == set(IDS)

    def said_last(self, status: str) -> bool:
        log = self.project.daemon_log()
        return max(("Synced", "Unknown"), key=log.rfind) == status


@contextmanager
def following(project: Project) -> Iterator[Following]:
    daemon = project.serve("-C", "current", "--state", "state")
    found = Following(project)
    yield found
    assert daemon.poll() is None, project.daemon_log()
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert "Traceback" not in project.daemon_log()
    assert "refused" not in project.daemon_log()
    summaries = [revision.summary for revision in found.engine.revisions()]
    assert summaries.pop() == f"{len(IDS)} create"
    assert set(summaries) == {f"{len(IDS)} update"}, "whatever happened to the directory, no job was deleted"


def test_links_are_swapped_and_directories_made_again_and_the_new_lock_is_taken_on(project: Project) -> None:
    root = project.root
    shutil.rmtree(root / "schedules")
    for release in ("r1", "r2"):
        (root / release).mkdir()
    (root / "current").symlink_to("r1")
    schedules = root / "current" / "schedules"
    mount_like(schedules, 1)
    with following(project) as daemon:
        daemon.holds(1)
        mount_like(schedules, 2)
        daemon.holds(2)

        (root / "r2" / "schedules").mkdir()
        (root / "r2" / "schedules" / "schedules.lock").write_text(lock(3))
        swap(root / "current", "r2")
        daemon.holds(3)
        (schedules / "schedules.lock").write_text(lock(4))
        daemon.holds(4)

        shutil.rmtree(schedules)
        daemon.unknown()
        mount_like(schedules, 5)
        daemon.holds(5)
        mount_like(schedules, 6)
        daemon.holds(6)

        schedules.rename(root / "away")
        daemon.unknown()
        mount_like(root / "away", 7)
        (root / "away").rename(schedules)
        daemon.holds(7)

        shutil.rmtree(schedules)
        (root / "elsewhere").mkdir()
        (root / "elsewhere" / "schedules.lock").write_text(lock(8))
        schedules.symlink_to("../elsewhere")
        daemon.holds(8)
        (root / "nowhere").mkdir()
        swap(schedules, "../nowhere")
        daemon.unknown()
        (root / "nowhere" / "schedules.lock").write_text(lock(9))
        daemon.holds(9)


def test_a_file_system_that_is_unmounted_is_not_an_empty_one_and_mounted_again_it_is_followed(
    project: Project,
) -> None:
    schedules = project.root / "current" / "schedules"
    schedules.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "none", str(schedules)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow mounts")
    try:
        mount_like(schedules, 1)
        with following(project) as daemon:
            daemon.holds(1)
            subprocess.run(["umount", "-l", str(schedules)], check=True)
            project.daemons[0].send_signal(
                signal.SIGHUP
            )  # a lazy unmount tells nobody; SIGHUP spares the test the minute
            daemon.unknown()
            subprocess.run(mount, check=True)
            mount_like(schedules, 2)
            project.daemons[0].send_signal(signal.SIGHUP)
            daemon.holds(2)
            mount_like(schedules, 3)
            daemon.holds(3)
    finally:
        subprocess.run(["umount", "-l", str(schedules)], check=False, capture_output=True)

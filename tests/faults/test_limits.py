"""Limits of the machine: descriptors, disks and file events that run out, directories that cannot be written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.model import RunState
from tests.cli.conftest import Result, until
from tests.faults.world import NOTE, Faulty, assert_closed, eventually, needs_strace

ONE = """\
timezone: UTC
schedules:
  one:
    when: every day at 3am
    run: [echo, one]
"""
HUNDRED = "timezone: UTC\nschedules:\n" + "".join(
    f"  job-{n:02}:\n    when: every 10 seconds\n    run: [sh, -c, '{NOTE}; sleep 0.2']\n" for n in range(100)
)


@contextmanager
def mounted(place: Path, size: str = "64k") -> Iterator[None]:
    """Put a file system of its own at *place*; skip where that is not allowed."""
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow mounts")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def descriptors(pid: int) -> list[int]:
    return [int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()]


def limit_descriptors(pid: int, free: int) -> None:
    """Let the process *pid* open no more than *free* descriptors beyond those it has."""
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(descriptors(pid)) + 1 + free, 4096))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.nightly
def test_without_descriptors_each_run_says_why_it_did_not_start_and_the_daemon_recovers(project: Faulty) -> None:
    project.hold(HUNDRED)
    daemon = project.serving()
    limit_descriptors(daemon.pid, 8)
    eventually(project, RunState.FAILED)
    until(lambda: project.states().total() >= 100 and not project.states()[RunState.RUNNING])
    assert len(project.ok("status", "--json").json["schedules"]) == 100
    failed = [run for run in project.runs() if run.state is RunState.FAILED]
    assert {run.error for run in failed} == {"could not start sh: Too many open files"}
    assert {run.exit_code for run in failed} == {None}
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (4096, 4096))
    project.ok("run", "job-00")
    project.write(HUNDRED + "  more:\n    when: every day at 3am\n    run: [echo, more]\n")
    project.ok("compile")
    until(lambda: "create more" in project.daemon_log())
    assert daemon.poll() is None
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert_closed(project, "no descriptors")
    assert "Traceback" not in project.daemon_log()


def assert_lock_is_old(project: Faulty, old: bytes, result: Result, told: str) -> None:
    assert result.code == 6, result.err
    assert told in result.err
    assert "schedules/schedules.lock" in result.err
    assert project.lock.read_bytes() == old
    assert names(project.lock.parent) == ["schedules.lock", "schedules.yaml"]


def test_a_full_disk_leaves_the_old_lock_and_names_it(project: Faulty) -> None:
    with mounted(project.root / "schedules"):
        project.write(ONE)
        project.ok("compile")
        old = project.lock.read_bytes()
        project.write(ONE.replace("echo, one", "echo, " + "x" * 20_000))
        filler = project.root / "schedules" / "filler.txt"
        room = os.statvfs(filler.parent)
        filler.write_bytes(b"x" * room.f_bavail * room.f_bsize)
        result = project.run("compile")
        filler.write_bytes(b"")
        filler.unlink()
        assert_lock_is_old(project, old, result, "No space left on device")
        assert "make room on the disk" in result.err
        project.ok("compile")


@needs_strace
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("fsync:error=EIO:when=1", "Input/output error"),
        ("/^rename:error=ENOSPC:when=1", "No space left on device"),
    ],
    ids=["sync", "rename"],
)
def test_a_lock_that_cannot_be_written_stays_as_it_was(project: Faulty, fault: str, told: str) -> None:
    project.write(ONE)
    project.ok("compile")
    old = project.lock.read_bytes()
    project.write(ONE.replace("3am", "4am"))
    done = project.under([fault], "compile")
    assert_lock_is_old(project, old, Result(done.returncode, done.stdout, done.stderr), told)


@needs_strace
def test_where_only_the_directory_cannot_be_synced_the_new_lock_is_not_denied(project: Faulty) -> None:
    project.write(ONE)
    project.ok("compile")
    project.write(ONE.replace("3am", "4am"))
    done = project.under(["fsync:error=EIO:when=2"], "compile")
    assert done.returncode == 6, done.stderr
    assert "the new lockfile is in place" in done.stderr
    project.ok("compile", "--check")


def test_a_state_directory_that_can_only_be_read_is_named_and_can_be_read(project: Faulty) -> None:
    with mounted(project.state, "1m"):
        project.hold(ONE)
        project.write(ONE.replace("3am", "4am"))
        project.ok("compile")
        subprocess.run(["mount", "-o", "remount,ro", str(project.state)], check=True)
        for arguments in ([], ["serve"], ["pause", "one"]):
            result = project.run(*arguments)
            assert result.code == 6, result.err
            assert ".reconcile" in result.err
        assert project.ok("status", "--json").json["sync"] == "OutOfSync"
        assert project.ok("audit").code == 0


@pytest.mark.nightly
@needs_strace
@pytest.mark.parametrize("fault", ["inotify_add_watch:error=ENOSPC", "/^inotify_init:error=EMFILE"])
def test_where_file_events_run_out_changes_are_seen_all_the_same_and_it_is_said_once(
    project: Faulty, fault: str
) -> None:
    project.hold(ONE)
    daemon = project.serve_under([fault])
    until(lambda: "Synced" in project.daemon_log())
    until(lambda: "file events are not available" in project.daemon_log())
    before = descriptors(daemon.pid)
    for hour in ("4am", "5am"):
        project.write(ONE.replace("3am", hour))
        project.ok("compile")
        wanted = (f"every day at {hour}",)
        until(lambda wanted=wanted: project.engine.observe().jobs["one"].entry.when == wanted, seconds=40)
    assert len(descriptors(daemon.pid)) <= len(before) + 2, "each look leaves descriptors behind"
    assert project.daemon_log().count("file events are not available") == 1
    assert "looking every two seconds instead" in project.daemon_log()
    assert "Traceback" not in project.daemon_log()


def unwatched() -> str:
    """Return the fault that lets every second process of a job start and then go without whatever tells of its end."""
    if sys.version_info < (3, 12):
        return "clone3:error=EAGAIN:when=9+2"  # a thread for each process; the first eight are others
    return "pidfd_open:error=EMFILE:when=3+2"  # a descriptor for each process; the first is a trial


@pytest.mark.nightly  # under the pinned releases only: it counts the threads that they start
@needs_strace
def test_a_process_that_cannot_be_watched_is_ended_at_once_and_its_run_says_so(project: Faulty) -> None:
    project.hold(
        "timezone: UTC\nschedules:\n  tick:\n    when: every second\n"
        f"    run: [sh, -c, 'sleep 0.2; {NOTE}']\n    on_overlap: queue\n"
    )
    daemon = project.serve_under([unwatched()])
    eventually(project, RunState.FAILED, more_than=1)
    eventually(project, RunState.SUCCEEDED, more_than=1)
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert_closed(project, "processes that cannot be watched")
    failed = [run for run in project.runs() if run.state is RunState.FAILED]
    assert {run.error[:47] for run in failed if run.error} == {"killed at its start, as it could not be watched"}
    assert not {start.run_id for start in project.started()} & {run.id for run in failed}
    assert "Traceback" not in project.daemon_log()


def test_with_too_little_memory_a_compile_leaves_the_old_lock_and_claims_no_defect(project: Faulty) -> None:
    many = "timezone: UTC\nschedules:\n" + "".join(
        f"  job-{n:03}:\n    when: every day at {n % 12 + 1}am\n    run: [echo, '{n}']\n" for n in range(200)
    )
    project.write(many)
    project.ok("compile")
    old = project.lock.read_bytes()
    project.write(many.replace("am\n", "pm\n"))
    compiling = [sys.executable, "-m", "reconciler", "compile"]
    for megabytes in range(32, 400, 10):
        limited = ["sh", "-c", f'ulimit -v {megabytes * 1024}; exec "$@"', "sh", *compiling]
        done = subprocess.run(limited, cwd=project.root, capture_output=True, text=True, timeout=60, check=False)
        left = names(project.lock.parent)
        assert left == ["schedules.lock", "schedules.yaml"], f"{megabytes} MB: {left}"
        if done.returncode == 0:
            break
        assert project.lock.read_bytes() == old, f"{megabytes} MB"
        # without memory the interpreter now and then loses its own MemoryError ("returned NULL without setting …")
        assert "This is a defect" not in done.stderr or "SystemError" in done.stderr, f"{megabytes} MB: {done.stderr}"
    assert megabytes > 32
    assert project.lock.read_bytes() != old

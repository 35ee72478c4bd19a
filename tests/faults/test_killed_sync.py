"""kill -9 of `reconcile` at each of its writes to the ledger: the plan is applied whole or not at all."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from reconciler import lockfile
from reconciler.cli.project import Project as Place
from reconciler.cli.status import status
from reconciler.model import Lock, LockEntry
from tests.faults.world import Faulty, assert_closed, needs_strace


def declared(names: range, hour: str) -> str:
    jobs = (f"  job-{n:02}:\n    when: every day at {hour}\n    run: [echo, '{n}']\n" for n in names)
    return "timezone: UTC\nschedules:\n" + "".join(jobs)


def lock_of(project: Faulty) -> Lock:
    return lockfile.read(project.lock)


def held(project: Faulty) -> dict[str, LockEntry]:
    return {id: job.entry for id, job in project.engine.observe().jobs.items()}


def content(state: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in state.iterdir()}


def assert_whole(project: Faulty, locks: tuple[Lock, Lock], fault: str) -> None:
    """Hold what every reader sees to one of *locks*: the jobs, the revision, the status."""
    found = held(project)
    now = next((lock for lock in locks if found == lock.entries), None)
    assert now is not None, f"{fault}: a part of the plan is applied"
    latest = project.engine.revisions()[0]
    assert latest.digest == latest.revision == lockfile.lock_digest(now), fault
    shown = status(Place(root=project.root), datetime.now(UTC))
    assert shown.sync == ("Synced" if now == locks[1] else "OutOfSync"), fault


@pytest.mark.nightly
@needs_strace
@pytest.mark.parametrize(("call", "stride"), [("pwrite64", 9), ("fdatasync", 1)], ids=["pwrite64", "fdatasync"])
def test_killed_at_any_call_it_has_applied_all_or_nothing_and_the_next_sync_converges(
    project: Faulty, call: str, stride: int
) -> None:
    project.hold(declared(range(20), "3am"))
    old = lock_of(project)
    before = shutil.copytree(project.state, project.root.parent / "before")
    later = declared(range(6, 13), "3am") + declared(range(13, 27), "4am").split("schedules:\n")[1]
    project.write(later)
    project.ok("compile")
    new = lock_of(project)
    for n in count(1, stride):
        shutil.rmtree(project.state)
        shutil.copytree(before, project.state)
        fault = f"sync killed at {call} {n}"
        killed = project.killed(f"{call}:signal=KILL:when={n}", "--allow-deletes", "6")
        assert_whole(project, (old, new), fault)
        if not killed:
            break
        project.ok("--allow-deletes", "6")
        assert held(project) == new.entries, fault
        assert [one.summary for one in project.engine.revisions()] == ["7 create, 7 update, 6 delete", "20 create"]
        assert_closed(project, fault)
    assert n > 1, f"nothing was killed: a sync does not call {call}"
    assert held(project) == new.entries
    settled = content(project.state)
    assert project.ok().out == "Synced: 21 jobs, nothing to do\n"
    assert content(project.state) == settled


@pytest.mark.nightly
@needs_strace
@pytest.mark.parametrize(("call", "stride"), [("pwrite64", 13), ("fdatasync", 2)], ids=["pwrite64", "fdatasync"])
def test_killed_while_it_makes_the_ledger_it_leaves_what_can_be_read_and_the_next_sync_converges(
    project: Faulty, call: str, stride: int
) -> None:
    project.write(declared(range(20), "3am"))
    project.ok("compile")
    new = lock_of(project)
    for n in count(1, stride):
        shutil.rmtree(project.state, ignore_errors=True)
        fault = f"first sync killed at {call} {n}"
        killed = project.killed(f"{call}:signal=KILL:when={n}")
        found = held(project)
        assert found in ({}, new.entries), fault
        shown = status(Place(root=project.root), datetime.now(UTC))
        assert shown.sync == ("Synced" if found else "OutOfSync"), fault
        if not killed:
            break
        project.ok()
        assert held(project) == new.entries, fault
        assert [one.summary for one in project.engine.revisions()] == ["20 create"], fault
        assert_closed(project, fault)
    assert n > 1, f"nothing was killed: a sync does not call {call}"

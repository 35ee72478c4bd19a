"""A change in the very second in which jobs are due: each due time keeps its one run."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler import lockfile
from reconciler.model import Lock, LockEntry, RunState
from reconciler.planning import plan
from tests.builders import timing
from tests.cli.conftest import until
from tests.engine.world import secondly, shell
from tests.faults.world import NOTE, Faulty, assert_closed

ODD = timing("UTC", hour="*", minute="*", second="1-59/2")


def version(number: int) -> Lock:
    """Return a lock whose jobs change their command, their time, their pause, and whether they are there at all."""
    same = shell(f"{NOTE}; : {number}")
    moving = secondly("moving", same)
    entries: list[LockEntry] = [
        secondly("steady", same),
        moving if number % 2 else replace(moving, timing=ODD, means="odd"),
        secondly("paused", same, paused=number % 3 == 0),
    ]
    if number % 4:
        entries.append(secondly("coming", same))
    return Lock({one.id: one for one in entries})


def applied(project: Faulty, number: int) -> bool:
    """Apply a version from outside, as another `reconcile` would; return whether the daemon left that to us."""
    planned = plan(version(number), project.engine.observe(), allow_deletes=2)
    assert not planned.breaches
    return not any(result.error for result in project.engine.apply(planned.pending, f"r{number}"))


@pytest.mark.nightly
def test_fifty_changes_around_the_due_times_lose_and_double_no_run(project: Faulty) -> None:
    project.lock.parent.mkdir()
    lockfile.write(project.lock, version(1))
    daemon = project.serving("--grace", "5s")
    until(lambda: project.states("steady")[RunState.SUCCEEDED], 60)
    for number in range(2, 52):
        if number % 8 == 0:  # eight at a time, some just before the second begins, some just after
            time.sleep(1 - (time.time() + 0.03) % 1)
        until(lambda number=number: applied(project, number), 60)
    lockfile.write(project.lock, version(51))
    changed_at = max(run.scheduled_at for run in project.runs("steady"))
    until(lambda: max(run.scheduled_at for run in project.runs("steady")) > changed_at + timedelta(seconds=1), 60)
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert_closed(project, "fifty changes")
    due = sorted(run.scheduled_at + timedelta(seconds=n) for run in project.runs("steady") for n in range(run.count))
    assert due == [due[0] + timedelta(seconds=n) for n in range(len(due))]
    assert len(project.engine.revisions(100)) >= 51
    assert "Traceback" not in project.daemon_log()

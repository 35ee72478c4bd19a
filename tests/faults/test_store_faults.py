"""Writes to the ledger that fail at the time a job is due: nothing runs without a row, and what is late says why."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from reconciler.engine import lease, ledger
from reconciler.model import MissReason, RunState
from tests.cli.conftest import until
from tests.faults.world import NOTE, Faulty, assert_accounted, assert_closed, eventually, needs_strace, reasons

YAML = f"""\
timezone: UTC
schedules:
  tick:
    when: every second
    grace: 1s
    run: [sh, -c, '{NOTE}']
"""


@pytest.mark.nightly
@needs_strace
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("pwrite64:error=EIO:when=30..32", "disk I/O error"),
        ("pwrite64:error=ENOSPC:when=30..32", "database or disk is full"),
        ("fdatasync:error=EIO:when=6..8", "disk I/O error"),
    ],
    ids=["EIO on a write", "a full disk", "EIO on a sync"],
)
def test_a_store_that_fails_for_a_while_stops_nothing_and_what_it_made_late_is_missed_for_that_reason(
    project: Faulty, fault: str, said: str
) -> None:
    project.hold(YAML)
    daemon = project.serve_under([fault])
    until(lambda: "the store failed" in project.daemon_log())
    assert said in project.daemon_log()
    until(lambda: "the store works again" in project.daemon_log())
    before = project.states()[RunState.SUCCEEDED]
    eventually(project, RunState.SUCCEEDED, more_than=before + 1)
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert_closed(project, fault)
    # A run whose end waits for the store holds its turn until then.
    assert {MissReason.STORE} <= reasons(project) <= {MissReason.STORE, MissReason.OVERLAP}
    assert "Traceback" not in project.daemon_log()
    assert project.ok("audit").out.endswith("0 silent, 0 doubled\n")


@pytest.mark.nightly
@needs_strace
def test_a_plan_that_the_store_refused_is_applied_soon_after_it_works_again(project: Faulty) -> None:
    project.hold(YAML)
    # What `status` is told of it stands in a file that the disk refuses as well.
    told = project.state / lease.FILENAME
    told.touch()
    daemon = project.serve_under(["pwrite64:error=EIO:when=2+"], only=told)
    until(lambda: "Synced" in project.daemon_log())
    with closing(sqlite3.connect(project.state / ledger.FILENAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        project.write(YAML + "  more:\n    when: every day at 3am\n    run: [echo, more]\n")
        project.ok("compile")
        until(lambda: "locked by another process; trying again" in project.daemon_log())
        other.execute("ROLLBACK")
    until(lambda: "create more" in project.daemon_log(), seconds=40)
    assert daemon.poll() is None
    assert "Traceback" not in project.daemon_log()


@needs_strace
def test_a_daemon_whose_store_never_works_again_still_ends_when_asked_and_the_next_one_tells_the_rest(
    project: Faulty,
) -> None:
    project.hold(
        YAML.replace("grace: 1s", "grace: 1m")
        + f"  long:\n    when: every 2 seconds\n    run: [sh, -c, '{NOTE}; sleep 1.5']\n"
    )
    daemon = project.serve_under(["pwrite64:error=EIO:when=40+"], "--grace", "1s")
    until(lambda: "the store failed" in project.daemon_log())
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert_accounted(project, "a store that never works again")
    assert "Traceback" not in project.daemon_log()
    project.recovered()
    assert_closed(project, "a store that never worked again")


@pytest.mark.parametrize("name", ["", lease.FILENAME], ids=["the state directory", "the lease"])
def test_a_daemon_whose_lease_is_taken_away_ends_as_another_could_run_the_same_jobs(project: Faulty, name: str) -> None:
    project.hold(YAML)
    daemon = project.serving("--grace", "2s")
    eventually(project, RunState.SUCCEEDED)
    away = project.root / "away"
    taken = sorted(project.state.glob(f"{name}*")) if name else [project.state]
    away.mkdir()
    for path in taken:
        path.rename(away / path.name)
    assert daemon.wait(60) == 6
    assert f"{lease.FILENAME}: removed or replaced" in project.daemon_log()
    assert "Traceback" not in project.daemon_log()
    for path in taken:
        (away / path.name).rename(path)
    assert_closed(project, "the lease taken away")

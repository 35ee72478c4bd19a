"""A real daemon whose ledger somebody breaks: it is set aside, the jobs go on, and everybody is told."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Project, until
from tests.cli.test_serve import EVERY_SECOND, runs, serving, succeeded

LEDGER = ".reconcile/ledger.sqlite3"
TRIGGER = "CREATE TRIGGER evil AFTER UPDATE ON runs BEGIN DELETE FROM jobs; END"


@pytest.fixture
def ticking(project: Project) -> Project:
    project.write(EVERY_SECOND)
    project.ok("compile")
    return project


def garbage(path: Path) -> None:
    path.write_bytes(b"no database, but something else" * 500)


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])


def hollow(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE apscheduler_jobs (id TEXT, job_state BLOB)")
        other.execute("INSERT INTO apscheduler_jobs VALUES ('x', x'80049511')")
        other.commit()


def planted(path: Path) -> None:
    with closing(sqlite3.connect(path)) as ours:
        ours.execute(TRIGGER)
        ours.commit()


def scribbled(path: Path) -> None:
    """Overwrite pages in place, as a failing disk does."""
    for file in (path, path.with_name(path.name + "-wal")):
        descriptor = os.open(file, os.O_WRONLY)
        for place in range(96, file.stat().st_size, 1000):
            os.pwrite(descriptor, os.urandom(900), place)
        os.close(descriptor)


@pytest.mark.parametrize("damage", [garbage, torn, hollow, foreign, planted], ids=lambda one: one.__name__)
def test_a_ledger_broken_while_nobody_looked_is_set_aside_at_the_start(
    ticking: Project, damage: Callable[[Path], None]
) -> None:
    ticking.ok()
    ledger = ticking.root / LEDGER
    damage(ledger)
    bytes_then = ledger.read_bytes()
    serving(ticking)
    until(lambda: succeeded(ticking, "tick"))
    (aside,) = ledger.parent.glob("ledger.sqlite3.broken-*Z")
    assert aside.read_bytes() == bytes_then
    (said,) = [line for line in ticking.daemon_log().splitlines() if aside.name in line]
    assert "jobs are rebuilt from the lockfile, the history of runs and pauses set by hand are lost" in said
    assert aside.name in ticking.ok("status").out
    aside.unlink()
    for companion in ledger.parent.glob("*.broken-*"):
        companion.unlink()
    assert ticking.ok("status", "--json").json["notes"] == []


def looked_at(project: Project) -> None:
    """Give the daemon a reason to look with fresh eyes at once; without one it does so each minute."""
    project.write(EVERY_SECOND.replace("3am", "4am"))
    project.ok("compile")


@pytest.mark.parametrize("damage", [scribbled, planted, Path.unlink], ids=lambda one: one.__name__)
def test_a_ledger_broken_while_it_is_used_is_replaced_and_the_jobs_go_on(
    ticking: Project, damage: Callable[[Path], None]
) -> None:
    serving(ticking)
    until(lambda: len(succeeded(ticking, "tick")) >= 2)
    damage(ticking.root / LEDGER)
    looked_at(ticking)
    until(lambda: "jobs are rebuilt from the lockfile" in ticking.daemon_log())
    until(lambda: len(succeeded(ticking, "tick")) >= 3)
    status = ticking.ok("status", "--json").json
    assert {one["id"]: one["sync"] for one in status["schedules"]} == {"tick": "Synced", "nightly": "Synced"}
    assert ticking.daemons[0].poll() is None
    assert ticking.daemon_log().count("jobs are rebuilt") == 1
    numbers = [run["id"] for run in runs(ticking)]
    assert len(numbers) == len(set(numbers))


def test_a_process_that_runs_while_the_ledger_breaks_ends_in_peace_and_its_number_is_not_given_again(
    project: Project,
) -> None:
    waiting = EVERY_SECOND.replace("[echo, tick]", "[sh, -c, 'until [ -e go ]; do sleep 0.1; done']")
    project.write(waiting)
    project.ok("compile")
    serving(project)
    (first,) = until(lambda: [run for run in runs(project, "tick") if run["state"] == "running"])
    scribbled(project.root / LEDGER)
    project.write(waiting.replace("3am", "4am"))
    project.ok("compile")
    until(lambda: "jobs are rebuilt from the lockfile" in project.daemon_log())
    (project.root / "go").touch()
    until(lambda: "tick: the record of its run was lost with the ledger; it succeeded" in project.daemon_log())
    until(lambda: succeeded(project, "tick"))
    assert all(run["id"] > first["id"] for run in runs(project))


def test_a_store_that_cannot_be_used_shows_in_the_status_and_is_green_again_afterwards(ticking: Project) -> None:
    serving(ticking)
    until(lambda: succeeded(ticking, "tick"))
    with closing(sqlite3.connect(ticking.root / LEDGER, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        note = until(lambda: ticking.ok("status", "--json").json["notes"])
        assert "locked by another process" in note[0]
        assert ticking.ok("status", "--json").json["health"] == "Degraded"
    until(lambda: not ticking.ok("status", "--json").json["notes"])
    until(lambda: ticking.ok("status", "--json").json["schedules"][1]["last_run"]["state"] == "succeeded")
    assert ticking.ok("audit").code == 0

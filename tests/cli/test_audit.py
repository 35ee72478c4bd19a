"""`reconcile audit` through the command line."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.cli.conftest import Project, until

TICK = "timezone: UTC\nschedules:\n  tick: {when: every second, run: [echo, tick]}\n"


def test_the_runs_of_a_killed_daemon_are_accounted_for_once_each(project: Project) -> None:
    project.write(TICK)
    project.ok("compile")
    daemon = project.serve()
    until(lambda: len(project.run("history", "--json").json["runs"]) >= 3)
    daemon.kill()
    daemon.wait()
    audit = project.run("audit", "--json")
    assert audit.code == 0
    assert audit.json["accounted"] >= 3
    assert (audit.json["silent"], audit.json["doubled"]) == (0, 0)
    assert project.run("audit").out.splitlines()[1] == "0 silent, 0 doubled"


def test_a_run_that_was_taken_away_is_named_and_fails(project: Project) -> None:
    project.write(TICK)
    project.ok("compile")
    project.serve()
    until(lambda: len(project.run("history", "--json").json["runs"]) >= 3)
    for daemon in project.daemons:
        daemon.terminate()
        daemon.wait()
    ledger = project.root / ".reconcile" / "ledger.sqlite3"
    with closing(sqlite3.connect(ledger, isolation_level=None)) as connection:
        gone = connection.execute("SELECT min(id) + 1 FROM runs").fetchone()
        row = connection.execute("SELECT * FROM runs WHERE id = ?", gone).fetchone()
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM runs WHERE id = ?", gone)
        audit = project.run("audit")
        connection.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(row))})", row)
    assert audit.code == 6
    assert "1 silent, 0 doubled" in audit.out
    assert "tick: " in audit.out
    assert "was due and has no run" in audit.out


def test_nothing_was_ever_due(project: Project) -> None:
    audit = project.run("audit")
    assert audit.code == 0
    assert audit.out.startswith("0 due times")

"""Runs that the end of a daemon cut short: recorded, and run once more where their job asks for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from reconciler.engine import ledger_runs
from reconciler.engine.protocol import Attempt, Output
from reconciler.engine.roster import Roster
from reconciler.model import LockEntry, OnInterrupt, Run, RunState

KILLED = "the daemon ended while it ran"
STOPPED = "the daemon stopped"
_BY_US = (KILLED, STOPPED)


def interrupt_orphans(
    connection: sqlite3.Connection, roster: Roster, runner: str, now: datetime, left: Mapping[int, str]
) -> list[Run]:
    """End every attempt that *runner* did not start; return the runs they belong to, as they were.

    *left* says by run id what was left of their processes.
    """
    orphans = ledger_runs.left_running(connection, runner)
    for run in orphans:
        held = roster.held(connection, run.job_id)
        before = ledger_runs.attempts(connection, run.id)
        started = before[-1].finished_at if before else run.started_at or now
        again = held is not None and runs_again(held.entry, run, before, now)
        error = "; ".join(filter(None, (KILLED, left.get(run.id))))
        attempt = Attempt(run.attempts, min(started, now), now, None, None, error, Output())
        ledger_runs.add_attempt(connection, run.id, attempt)
        if again:
            ledger_runs.wait_again(connection, run.id, now)
        else:
            ledger_runs.finish(connection, run.id, RunState.INTERRUPTED, attempt)
    return orphans


def runs_again(entry: LockEntry, run: Run, before: tuple[Attempt, ...], now: datetime) -> bool:
    """Return whether *run*, interrupted now after the attempts *before*, starts once more when a daemon is back.

    Once only: a run that takes its machine down must not do so again and again.
    """
    if entry.run.on_interrupt is not OnInterrupt.RERUN or now - run.scheduled_at > entry.run.grace:
        return False
    return not any(was_interrupted(attempt) for attempt in before)


def was_interrupted(attempt: Attempt) -> bool:
    """Return whether the end of a daemon cut the attempt short."""
    return (attempt.error or "").startswith(_BY_US)

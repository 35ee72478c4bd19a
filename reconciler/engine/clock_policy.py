"""What a step of the wall clock means for the runs; `docs/when-the-clock-jumps.md` says it for users.

The rule is cron's (cron(8), "daylight saving time and other time changes"): a change of less than three
hours is taken for a change of the same day's clock, a larger one for a correction of a clock that was wrong.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from reconciler.engine import ledger_jobs, ledger_runs
from reconciler.engine.ledger_jobs import Held
from reconciler.model import ElapsedInterval, Timing
from reconciler.timing import count_fires, follows_elapsed, last_fire

CORRECTION = timedelta(hours=3)
"""A step by this much or more is a correction: what it jumps over does not run, what it repeats runs anew."""
STEP = timedelta(seconds=2)
"""The clocks may drift apart by this much between two looks; more is a step."""
WAITED_OUT = timedelta(minutes=1)
"""A clock set back by no more than this is waited for: no job runs again."""
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows less is not set yet, as on a machine that boots without a battery: nothing is due by it."""


def runs_anew(timing: Timing, ahead: timedelta) -> bool:
    """Return whether due times that were seen already run again, the clock having been set back by *ahead*.

    After a correction all of them; after less, as in the autumn hour, those that follow elapsed time: a job
    that is due each minute must not stand still for an hour.
    """
    if ahead <= WAITED_OUT:
        return False
    if ahead >= CORRECTION:
        return True
    if isinstance(timing.rule, ElapsedInterval):
        return timing.rule.every < CORRECTION
    return follows_elapsed(timing)


def set_back(connection: sqlite3.Connection, held: Held, now: datetime) -> None:
    """Begin the account of the job anew at *now*; runs for later due times are those of a clock that was ahead."""
    id, timing = held.job.id, held.entry.timing
    for run in ledger_runs.scheduled_runs_over(connection, id, now):
        last = last_fire(timing, run.scheduled_at, now)
        ledger_runs.shorten(connection, run.id, count_fires(timing, run.scheduled_at, now) + 1, last)
    ledger_runs.mark_ahead(connection, id, now)
    ledger_jobs.set_accounted(connection, id, now)
    ledger_jobs.forget_entries_after(connection, id, now)

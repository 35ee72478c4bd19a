"""The runs in the ledger: rows to values and back. Writers are called inside a `transaction`."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from reconciler.engine.due import Due
from reconciler.engine.ledger_schema import from_micros, to_micros
from reconciler.engine.protocol import Attempt, Output
from reconciler.following import Revision
from reconciler.model import MissReason, Run, RunState

_COLUMNS = (
    "id, job_id, scheduled_at, state, origin, attempts, exit_code, signal, started_at, finished_at, reason, error,"
    " count, last_scheduled_at"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that is to start at *not_before* (aware UTC) or as soon afterwards as its job's policy allows."""

    run: Run
    not_before: datetime


def _run(row: tuple[Any, ...]) -> Run:
    id, job_id, scheduled, state, origin, attempts, code, signal, started, finished, reason, error, count, last = row
    return Run(
        id=id,
        job_id=job_id,
        scheduled_at=from_micros(scheduled),
        state=RunState(state),
        trigger=origin,
        attempts=attempts,
        exit_code=code,
        signal=signal,
        started_at=from_micros(started),
        finished_at=from_micros(finished),
        reason=None if reason is None else MissReason(reason),
        error=error,
        count=count,
        last_scheduled_at=from_micros(last),
    )


def runs(
    connection: sqlite3.Connection,
    job_id: str | None = None,
    *,
    limit: int = 50,
    states: Collection[RunState] | None = None,
) -> list[Run]:
    """Return at the most *limit* runs, the latest due time first."""
    conditions, values = ["1"], []
    if job_id is not None:
        conditions.append("job_id = ?")
        values.append(job_id)
    if states is not None:
        conditions.append(f"state IN ({', '.join('?' * len(states))})")
        values += [state.value for state in states]
    query = f"SELECT {_COLUMNS} FROM runs WHERE {' AND '.join(conditions)} ORDER BY scheduled_at DESC, id DESC LIMIT ?"  # noqa: S608 -- constants and ?
    return [_run(row) for row in connection.execute(query, (*values, limit))]


def scheduled_runs(connection: sqlite3.Connection, job_id: str, after: datetime, until: datetime) -> Iterator[Run]:
    """Yield the runs for due times of the job after *after* and not after *until*, in the order of these."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE job_id = ? AND origin = 'schedule'"  # noqa: S608 -- constants
        " AND scheduled_at > ? AND scheduled_at <= ? ORDER BY scheduled_at, id",
        (job_id, to_micros(after), to_micros(until)),
    )
    return map(_run, rows)


def scheduled_runs_over(connection: sqlite3.Connection, job_id: str, instant: datetime) -> list[Run]:
    """Return the rows of the job that stand for due times before and after *instant*."""
    micros = to_micros(instant)
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE job_id = ? AND origin = 'schedule'"  # noqa: S608 -- constants
        " AND scheduled_at <= ? AND last_scheduled_at > ?",
        (job_id, micros, micros),
    )
    return [_run(row) for row in rows]


def shorten(connection: sqlite3.Connection, run_id: int, count: int, last: datetime | None) -> None:
    """Let the row stand for *count* due times up to *last* (None: its only one)."""
    connection.execute(
        "UPDATE runs SET count = ?, last_scheduled_at = ? WHERE id = ?", (count, to_micros(last), run_id)
    )


def mark_ahead(connection: sqlite3.Connection, job_id: str, after: datetime) -> None:
    """Say of the runs for due times after *after* that the clock was ahead, so that these can come again."""
    connection.execute(
        "UPDATE runs SET origin = 'ahead' WHERE job_id = ? AND origin = 'schedule' AND scheduled_at > ?",
        (job_id, to_micros(after)),
    )


def run_by_id(connection: sqlite3.Connection, id: int) -> Run | None:
    """Return the run numbered *id*, or None."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM runs WHERE id = ?", (id,)).fetchone()  # noqa: S608 -- constants
    return None if row is None else _run(row)


def latest_runs(connection: sqlite3.Connection) -> dict[str, Run]:
    """Return the latest run of every job that has one."""
    query = f"""
        SELECT {_COLUMNS} FROM runs WHERE id IN (
          SELECT (SELECT id FROM runs WHERE job_id = jobs.id ORDER BY scheduled_at DESC, id DESC LIMIT 1) FROM jobs)
    """  # noqa: S608 -- constants
    return {run.job_id: run for run in map(_run, connection.execute(query))}


def attempts(connection: sqlite3.Connection, run_id: int) -> tuple[Attempt, ...]:
    """Return the processes of the run and what they wrote, in order."""
    rows = connection.execute(
        "SELECT number, started_at, finished_at, exit_code, signal, error, head, tail, dropped"
        " FROM attempts WHERE run_id = ? ORDER BY number",
        (run_id,),
    )
    return tuple(
        Attempt(number, from_micros(started), from_micros(finished), code, signal, error, Output(head, tail, dropped))
        for number, started, finished, code, signal, error, head, tail, dropped in rows
    )


def revisions(connection: sqlite3.Connection, limit: int = 50) -> list[Revision]:
    """Return the latest applied revisions, newest first."""
    rows = connection.execute(
        "SELECT number, at, revision, digest, summary FROM revisions ORDER BY number DESC LIMIT ?", (limit,)
    )
    return [Revision(number, from_micros(at), *rest) for number, at, *rest in rows]


def add_due(connection: sqlite3.Connection, job_id: str, owed: Iterable[Due], now: datetime) -> None:
    """Write one row for each of *owed*; a due time that has a row keeps it."""
    for due in owed:
        if due.missed is MissReason.PAUSED and _extend_pause(connection, job_id, due):
            continue
        state = RunState.MISSED if due.missed else RunState.WAITING
        connection.execute(
            "INSERT INTO runs"
            " (job_id, origin, scheduled_at, state, reason, not_before, count, last_scheduled_at, finished_at)"
            " VALUES (?, 'schedule', ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (job_id, scheduled_at) WHERE origin = 'schedule' DO NOTHING",
            (
                job_id,
                to_micros(due.at),
                state.value,
                due.missed.value if due.missed else None,
                to_micros(due.starts),
                due.count,
                to_micros(due.last),
                to_micros(now) if due.missed else None,
            ),
        )


def _extend_pause(connection: sqlite3.Connection, job_id: str, due: Due) -> bool:
    """Count *due* in the row of the pause that the job is in, if its latest row is one."""
    cursor = connection.execute(
        "UPDATE runs SET count = count + ?, last_scheduled_at = ? WHERE reason = 'paused' AND scheduled_at < ?"
        " AND id = (SELECT id FROM runs WHERE job_id = ? AND origin = 'schedule'"
        " ORDER BY scheduled_at DESC LIMIT 1)",
        (due.count, to_micros(due.last or due.at), to_micros(due.at), job_id),
    )
    return cursor.rowcount == 1


def add_manual(connection: sqlite3.Connection, job_id: str, now: datetime) -> Run:
    """Write a waiting row for a run that somebody asks for; return it."""
    cursor = connection.execute(
        "INSERT INTO runs (job_id, origin, scheduled_at, state) VALUES (?, 'manual', ?, 'waiting')",
        (job_id, to_micros(now)),
    )
    assert cursor.lastrowid is not None
    return Run(cursor.lastrowid, job_id, from_micros(to_micros(now)), RunState.WAITING, "manual")


def waiting(connection: sqlite3.Connection, after_id: int = 0) -> list[Waiting]:
    """Return the waiting runs with an id above *after_id*, in the order they came."""
    rows = connection.execute(
        f"SELECT coalesce(not_before, scheduled_at), {_COLUMNS} FROM runs WHERE state = 'waiting' AND id > ?"  # noqa: S608 -- constants
        " ORDER BY scheduled_at, id",
        (after_id,),
    )
    return [Waiting(_run(tuple(row)), from_micros(not_before)) for not_before, *row in rows]


def claim(connection: sqlite3.Connection, run_id: int, runner: str, now: datetime) -> bool:
    """Make the waiting run one that *runner* starts; return False if it is not waiting any more."""
    cursor = connection.execute(
        "UPDATE runs SET state = 'running', attempts = attempts + 1, runner = ?, not_before = NULL,"
        " started_at = coalesce(started_at, ?) WHERE id = ? AND state = 'waiting'",
        (runner, to_micros(now), run_id),
    )
    return cursor.rowcount == 1


def add_attempt(connection: sqlite3.Connection, run_id: int, attempt: Attempt) -> None:
    """Write what became of one process of the run."""
    connection.execute(
        "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run_id,
            attempt.number,
            to_micros(attempt.started_at),
            to_micros(attempt.finished_at),
            attempt.exit_code,
            attempt.signal,
            attempt.error,
            attempt.output.head,
            attempt.output.tail,
            attempt.output.dropped,
        ),
    )


def finish(connection: sqlite3.Connection, run_id: int, state: RunState, attempt: Attempt) -> None:
    """End the running run as *state*, with the result of its last process."""
    connection.execute(
        "UPDATE runs SET state = ?, finished_at = ?, exit_code = ?, signal = ?, error = ?"
        " WHERE id = ? AND state = 'running'",
        (
            state.value,
            to_micros(attempt.finished_at),
            attempt.exit_code,
            attempt.signal,
            attempt.error,
            run_id,
        ),
    )


def wait_again(connection: sqlite3.Connection, run_id: int, not_before: datetime) -> None:
    """Let the running run wait until *not_before* for its next attempt."""
    connection.execute(
        "UPDATE runs SET state = 'waiting', not_before = ? WHERE id = ? AND state = 'running'",
        (to_micros(not_before), run_id),
    )


def end_retries(connection: sqlite3.Connection, run_id: int, state: RunState, why: str, now: datetime) -> bool:
    """End the run that waits for another attempt as *state*; return False if it does not wait any more."""
    cursor = connection.execute(
        "UPDATE runs SET state = ?, finished_at = ?, error = ? WHERE id = ? AND state = 'waiting'",
        (state.value, to_micros(now), why, run_id),
    )
    return cursor.rowcount == 1


def abandon(connection: sqlite3.Connection, run_id: int, why: str, now: datetime) -> None:
    """End the run as interrupted, whether it waits or runs, if it is not over."""
    connection.execute(
        "UPDATE runs SET state = 'interrupted', finished_at = ?, error = ?"
        " WHERE id = ? AND state IN ('waiting', 'running')",
        (to_micros(now), why, run_id),
    )


def miss(connection: sqlite3.Connection, run_id: int, reason: MissReason, now: datetime) -> bool:
    """End the waiting run as missed; return False if it is not waiting any more."""
    cursor = connection.execute(
        "UPDATE runs SET state = 'missed', reason = ?, finished_at = ? WHERE id = ? AND state = 'waiting'",
        (reason.value, to_micros(now), run_id),
    )
    return cursor.rowcount == 1


def end_waiting(
    connection: sqlite3.Connection, job_id: str, reason: Literal[MissReason.REMOVED], now: datetime
) -> None:
    """End every waiting run of the job: as missed, or as failed where it waited for another attempt."""
    connection.execute(
        "UPDATE runs SET state = 'failed', finished_at = ?, error = 'the job was removed before the next attempt'"
        " WHERE job_id = ? AND state = 'waiting' AND attempts > 0",
        (to_micros(now), job_id),
    )
    connection.execute(
        "UPDATE runs SET state = 'missed', reason = ?, finished_at = ? WHERE job_id = ? AND state = 'waiting'",
        (reason.value, to_micros(now), job_id),
    )


def left_running(connection: sqlite3.Connection, runner: str) -> list[Run]:
    """Return the running runs that *runner* did not start: their daemon is gone."""
    query = f"SELECT {_COLUMNS} FROM runs WHERE state = 'running' AND runner IS NOT ? ORDER BY scheduled_at, id"  # noqa: S608 -- constants
    return [_run(row) for row in connection.execute(query, (runner,))]

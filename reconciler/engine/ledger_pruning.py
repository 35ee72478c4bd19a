"""The history of runs kept within bounds: what exceeds a job's count or age goes, and the audit begins later.

Writers are called inside a `transaction`.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from itertools import takewhile

from reconciler.engine.ledger_schema import to_micros
from reconciler.model import History

MOST_AT_ONCE = 1000
"""Rows deleted in one transaction, so that no write waits long for it."""


def prune(connection: sqlite3.Connection, job_id: str, history: History, now: datetime) -> int:
    """Delete at the most `MOST_AT_ONCE` of the runs of *job_id* that exceed *history*; return how many.

    A run that is not over, and whatever is due after it, stays. What the job was due by before the oldest run
    that stays is forgotten too, so that an audit begins where the history does.
    """
    going = _going(connection, job_id, _cut(connection, job_id, history, now))
    if not going:
        return 0
    _forget(connection, job_id, max(last for _, last in going))
    cursor = connection.execute("DELETE FROM runs WHERE job_id = ? AND scheduled_at <= ?", (job_id, going[-1][0]))
    return cursor.rowcount


def unheld(connection: sqlite3.Connection) -> list[str]:
    """Return the ids of which there are runs and no job."""
    rows = connection.execute("SELECT job_id FROM runs GROUP BY job_id HAVING job_id NOT IN (SELECT id FROM jobs)")
    return [id for (id,) in rows]


def _cut(connection: sqlite3.Connection, job_id: str, history: History, now: datetime) -> int:
    """Return the due time up to which runs exceed *history*."""
    kept = connection.execute(
        "SELECT scheduled_at FROM runs WHERE job_id = ? ORDER BY scheduled_at DESC LIMIT 1 OFFSET ?",
        (job_id, history.runs),
    ).fetchone()
    wanted = max(to_micros(now - history.age), kept[0] if kept else 0)
    first_open = connection.execute(
        "SELECT min(scheduled_at) FROM runs WHERE job_id = ? AND state IN ('waiting', 'running')", (job_id,)
    ).fetchone()[0]
    if first_open is not None:
        wanted = min(wanted, first_open - 1)
    return wanted


def _going(connection: sqlite3.Connection, job_id: str, cut: int) -> list[tuple[int, int]]:
    """Return the first and the last due time of each row that goes now; one for many goes as a whole."""
    rows = connection.execute(
        "SELECT scheduled_at, coalesce(last_scheduled_at, scheduled_at) FROM runs"
        " WHERE job_id = ? AND scheduled_at <= ? ORDER BY scheduled_at LIMIT ?",
        (job_id, cut, MOST_AT_ONCE),
    )
    return list(takewhile(lambda row: row[1] <= cut, rows))


def _forget(connection: sqlite3.Connection, job_id: str, until: int) -> None:
    """Let the account of the job begin after *until*, with the entry that it had then."""
    row = connection.execute(
        "SELECT since, entry FROM held WHERE job_id = ? AND since <= ? ORDER BY since DESC LIMIT 1", (job_id, until)
    ).fetchone()
    if row is None:
        return
    connection.execute("DELETE FROM held WHERE job_id = ? AND since <= ?", (job_id, until))
    if row[1] is not None:
        connection.execute("INSERT INTO held VALUES (?, ?, ?)", (job_id, until, row[1]))

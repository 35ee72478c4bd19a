"""Since when jobs are as well or as ill as they are."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from reconciler.engine.ledger_schema import from_micros

_WELL = "state = 'succeeded'"
# word for word the condition of the index runs_ill, so that SQLite uses it
_ILL = "(state IN ('failed', 'timed_out', 'interrupted') OR (state = 'missed' AND reason <> 'paused'))"


def turned(connection: sqlite3.Connection) -> dict[str, datetime]:
    """Return for each job the end of the run with which it went from well to ill or back last, or of its first run.

    A run that succeeded is well, one that failed or was missed is ill, one that is going on or was paused says nothing.
    """
    ids = [id for (id,) in connection.execute("SELECT id FROM jobs")]
    return {id: since for id in ids if (since := _turned(connection, id)) is not None}


def _turned(connection: sqlite3.Connection, job_id: str) -> datetime | None:
    well, ill = _last(connection, job_id, _WELL), _last(connection, job_id, _ILL)
    if well == ill:
        return None
    now, before = (_WELL, ill) if well > ill else (_ILL, well)
    (at,) = connection.execute(
        f"SELECT coalesce(finished_at, scheduled_at) FROM runs WHERE job_id = ? AND scheduled_at > ? AND {now}"  # noqa: S608
        " ORDER BY scheduled_at LIMIT 1",
        (job_id, before),
    ).fetchone()
    return from_micros(int(at))


def _last(connection: sqlite3.Connection, job_id: str, which: str) -> int:
    row = connection.execute(
        f"SELECT scheduled_at FROM runs WHERE job_id = ? AND {which} ORDER BY scheduled_at DESC LIMIT 1",  # noqa: S608
        (job_id,),
    ).fetchone()
    return -1 if row is None else int(row[0])

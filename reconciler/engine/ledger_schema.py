"""The tables of the ledger and how it keeps instants: microseconds since the epoch, UTC."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import overload

VERSION = 4
APPLICATION_ID = 0x5265636F  # "Reco", so that file(1) and we know whose file it is

_BASE = """
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the engine holds. entry: the lock entry as canonical JSON, whose hash is the entry's checksum.
-- accounted_until: every due time up to here has its run row.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  entry TEXT NOT NULL,
  accounted_until INTEGER NOT NULL,
  pause_by TEXT,
  pause_at INTEGER,
  pause_reason TEXT,
  pause_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  revision TEXT NOT NULL,
  digest TEXT NOT NULL,
  summary TEXT NOT NULL
) STRICT;

-- What this installation applied last, whether or not the job is still there.
CREATE TABLE applied (
  id TEXT PRIMARY KEY,
  checksum TEXT NOT NULL,
  revision INTEGER NOT NULL REFERENCES revisions (number)
) STRICT, WITHOUT ROWID;

"""

_RUNS = """
-- One row a due time. not_before: when a waiting run may start (jitter, the pause before a retry).
-- runner: the engine instance that started it. origin `ahead`: for a due time of a clock that was set back since.
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('schedule', 'manual', 'ahead')),
  scheduled_at INTEGER NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('waiting', 'running', 'succeeded', 'failed', 'timed_out', 'interrupted', 'missed')),
  reason TEXT CHECK ((reason IS NOT NULL) = (state = 'missed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER,
  runner TEXT,
  started_at INTEGER,
  finished_at INTEGER,
  exit_code INTEGER,
  signal INTEGER,
  error TEXT,
  count INTEGER NOT NULL DEFAULT 1 CHECK (count > 0),
  last_scheduled_at INTEGER
) STRICT;

-- What stops doubles, whoever inserts.
CREATE UNIQUE INDEX runs_once ON runs (job_id, scheduled_at) WHERE origin = 'schedule';
CREATE INDEX runs_by_job ON runs (job_id, scheduled_at);
CREATE INDEX runs_by_time ON runs (scheduled_at);
CREATE INDEX runs_open ON runs (state) WHERE state IN ('waiting', 'running');

"""

_ATTEMPTS = """
CREATE TABLE attempts (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  exit_code INTEGER,
  signal INTEGER,
  error TEXT,
  head BLOB NOT NULL,
  tail BLOB NOT NULL,
  dropped INTEGER NOT NULL,
  PRIMARY KEY (run_id, number)
) STRICT;
"""

_HELD = """
-- By what each job was due, and from when on: its lock entry as in `jobs`, NULL where the job was removed.
-- The due times after `since` are those of the entry.
CREATE TABLE held (
  job_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  entry TEXT,
  PRIMARY KEY (job_id, since)
) STRICT, WITHOUT ROWID;
"""

_FOLLOWING = """
-- Jobs that git no longer names: kept for a while, so that a revert brings their pause back.
CREATE TABLE tombstones (
  id TEXT PRIMARY KEY,
  removed_at INTEGER NOT NULL,
  entry TEXT NOT NULL,
  pause_by TEXT,
  pause_at INTEGER,
  pause_reason TEXT,
  pause_until INTEGER
) STRICT, WITHOUT ROWID;

-- What was done to the scheduler and by whom, for people: job_id is NULL where all jobs are meant.
CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  job_id TEXT,
  actor TEXT,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_job ON events (job_id, number);

-- What went wrong, so that a job's last trouble is found without looking at all its runs.
CREATE INDEX runs_ill ON runs (job_id, scheduled_at)
  WHERE (state IN ('failed', 'timed_out', 'interrupted') OR (state = 'missed' AND reason <> 'paused'));
"""
SCHEMA = _BASE + _RUNS + _ATTEMPTS + _HELD + _FOLLOWING

_RUNS_BEFORE_3 = _RUNS.replace(" origin `ahead`: for a due time of a clock that was set back since.", "").replace(
    ", 'ahead'", ""
)
FORMATS = {
    1: _BASE + _RUNS_BEFORE_3 + _ATTEMPTS,
    2: _BASE + _RUNS_BEFORE_3 + _ATTEMPTS + _HELD,
    3: _BASE + _RUNS + _ATTEMPTS + _HELD,
    VERSION: SCHEMA,
}

UPGRADES = {
    1: f"{_HELD}INSERT INTO held SELECT id, accounted_until, entry FROM jobs;\n",  # noqa: S608 -- constants
    2: f"""-- SQLite cannot change a CHECK in place.
DROP INDEX runs_once;
DROP INDEX runs_by_job;
DROP INDEX runs_by_time;
DROP INDEX runs_open;
ALTER TABLE attempts RENAME TO attempts_before;
ALTER TABLE runs RENAME TO runs_before;
{_RUNS}{_ATTEMPTS}
INSERT INTO runs SELECT * FROM runs_before;
INSERT INTO attempts SELECT * FROM attempts_before;
DELETE FROM sqlite_sequence WHERE name = 'runs';
INSERT INTO sqlite_sequence SELECT 'runs', seq FROM sqlite_sequence WHERE name = 'runs_before';
DROP TABLE attempts_before;
DROP TABLE runs_before;
""",  # noqa: S608 -- constants
    3: _FOLLOWING,
}
"""What makes a ledger of one version one of the next."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@cache
def expected_schema(version: int = VERSION) -> tuple[tuple[str, ...], ...]:
    """Return what `schema_of` returns for a ledger of *version*, from 1 to `VERSION`."""
    memory = sqlite3.connect(":memory:")
    try:
        memory.executescript(FORMATS[version])
        return schema_of(memory)
    finally:
        memory.close()


def schema_of(connection: sqlite3.Connection) -> tuple[tuple[str, ...], ...]:
    """Return every object that the database defines: tables, indexes, and views or triggers that someone planted."""
    found = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")
    return tuple(found.fetchall())


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Return whether there is a table *name*: a ledger that only an earlier release has written to may lack it."""
    return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchone() is not None


@overload
def to_micros(instant: datetime) -> int: ...
@overload
def to_micros(instant: None) -> None: ...
def to_micros(instant: datetime | None) -> int | None:
    """Return *instant* (aware) as the ledger keeps it."""
    return None if instant is None else (instant - _EPOCH) // _MICROSECOND


@overload
def from_micros(micros: int) -> datetime: ...
@overload
def from_micros(micros: None) -> None: ...
def from_micros(micros: int | None) -> datetime | None:
    """Return the instant (aware, UTC) that the ledger keeps as *micros*."""
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)

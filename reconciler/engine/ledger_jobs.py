"""The jobs in the ledger: rows to values and back. Writers are called inside a `transaction`."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reconciler.engine.ledger_schema import from_micros, to_micros
from reconciler.lockfile import entry_from_json, entry_to_json
from reconciler.model import Job, LockEntry, Pause, canonical_json, digest, parse_json

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A job as the ledger holds it, and the instant up to which every due time of it has its run row."""

    job: Job
    accounted_until: datetime

    @property
    def entry(self) -> LockEntry:
        """The lock entry that is held."""
        return self.job.entry


@dataclass(frozen=True, slots=True)
class JobRow:
    """A row of the table `jobs` and the checksum applied last; equal rows mean the same job."""

    id: str
    owner: str
    text: str
    accounted_until: int
    pause: Pause | None
    applied: str | None

    def held(self) -> Held:
        """Return the row as a value; raise ValueError, KeyError or TypeError if the entry is not a lock entry."""
        fields = parse_json(self.text)
        if not isinstance(fields, dict):
            raise TypeError(f"the entry of {self.id} is no JSON object")
        if fields.pop("id") != self.id:
            raise ValueError(f"the entry of {self.id} names another id")
        try:
            entry = entry_from_json(self.id, fields)
        except AttributeError:
            raise TypeError("a field has the wrong type") from None
        job = Job(self.id, entry, _checksum(self.text), self.owner, self.applied, self.pause)
        return Held(job, from_micros(self.accounted_until))


def _checksum(text: str) -> str:
    """Return `lockfile.checksum` of the entry held as *text*, the canonical JSON that it hashes: every edit shows."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


_SELECT = """
SELECT jobs.id, owner, entry, accounted_until, pause_by, pause_at, pause_reason, pause_until, applied.checksum
FROM jobs LEFT JOIN applied ON applied.id = jobs.id
"""


def _row(row: tuple[object, ...]) -> JobRow:
    id, owner, text, accounted_until, by, at, reason, until, applied = row
    pause = None
    if isinstance(by, str) and isinstance(at, int):
        pause = Pause(by, from_micros(at), _text(reason), from_micros(until) if isinstance(until, int) else None)
    assert isinstance(accounted_until, int)
    return JobRow(str(id), str(owner), str(text), accounted_until, pause, _text(applied))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def job_rows(connection: sqlite3.Connection) -> Iterator[JobRow]:
    """Yield every row of the jobs, foreign ones included, by id."""
    for row in connection.execute(_SELECT + "ORDER BY jobs.id"):
        yield _row(row)


def job_row(connection: sqlite3.Connection, id: str) -> JobRow | None:
    """Return the row of the job *id*, or None."""
    row = connection.execute(_SELECT + "WHERE jobs.id = ?", (id,)).fetchone()
    return None if row is None else _row(row)


def put_job(connection: sqlite3.Connection, entry: LockEntry, owner: str, *, since: datetime) -> str:
    """Hold *entry*, and return its checksum.

    A new job owes the due times after *since*, one already held keeps its pause and its account.
    """
    text = canonical_json({"id": entry.id, **entry_to_json(entry)})
    connection.execute(
        "INSERT INTO jobs (id, owner, entry, accounted_until) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, entry = excluded.entry",
        (entry.id, owner, text, to_micros(since)),
    )
    return _checksum(text)


def remember_entry(connection: sqlite3.Connection, id: str) -> None:
    """Keep for an audit by what the job *id* is due from its account on, or that it is no longer held."""
    row = job_row(connection, id)
    last = connection.execute(
        "SELECT since, entry FROM held WHERE job_id = ? ORDER BY since DESC LIMIT 1", (id,)
    ).fetchone()
    if row is not None and (last is None or last[1] != row.text):
        connection.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?)", (id, row.accounted_until, row.text))


def forget_entry(connection: sqlite3.Connection, id: str) -> None:
    """Keep for an audit that the job *id* is due no longer once its account ends."""
    row = job_row(connection, id)
    if row is not None:
        connection.execute("INSERT OR REPLACE INTO held VALUES (?, ?, NULL)", (id, row.accounted_until))


def forget_entries_after(connection: sqlite3.Connection, id: str, instant: datetime) -> None:
    """Let what the job is due by now count from *instant* on, and what was kept for later not at all."""
    connection.execute("DELETE FROM held WHERE job_id = ? AND since > ?", (id, to_micros(instant)))
    remember_entry(connection, id)


def held_entries(connection: sqlite3.Connection) -> dict[str, list[tuple[datetime, str | None]]]:
    """Return for each job by what it was due: the text of the entry, or None where it was removed, from when on."""
    found: dict[str, list[tuple[datetime, str | None]]] = {}
    for id, since, text in connection.execute("SELECT job_id, since, entry FROM held ORDER BY job_id, since"):
        found.setdefault(id, []).append((from_micros(since), text))
    return found


def set_accounted(connection: sqlite3.Connection, id: str, until: datetime) -> None:
    """Record that every due time of the job up to *until* has its row."""
    connection.execute("UPDATE jobs SET accounted_until = ? WHERE id = ?", (to_micros(until), id))


def delete_job(connection: sqlite3.Connection, id: str) -> None:
    """Hold the job no longer; its runs stay."""
    connection.execute("DELETE FROM jobs WHERE id = ?", (id,))


def rename_job(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Give the job *old*, its runs and what was applied of it the id *new*; a row that *new* already has stays."""
    for statement in (
        "UPDATE OR IGNORE jobs SET id = ? WHERE id = ?",
        "UPDATE OR IGNORE applied SET id = ? WHERE id = ?",
        "UPDATE OR IGNORE runs SET job_id = ? WHERE job_id = ?",
        "UPDATE OR IGNORE held SET job_id = ? WHERE job_id = ?",
    ):
        connection.execute(statement, (new, old))
    for statement in ("DELETE FROM jobs WHERE id = ?", "DELETE FROM applied WHERE id = ?"):
        connection.execute(statement, (old,))
    connection.execute("DELETE FROM tombstones WHERE id = ?", (new,))


def set_pause(connection: sqlite3.Connection, id: str, pause: Pause | None) -> None:
    """Set or end (None) the pause by hand of the job."""
    values = (pause.by, to_micros(pause.at), pause.reason, to_micros(pause.until)) if pause else (None,) * 4
    connection.execute(
        "UPDATE jobs SET pause_by = ?, pause_at = ?, pause_reason = ?, pause_until = ? WHERE id = ?", (*values, id)
    )


def add_revision(connection: sqlite3.Connection, revision: str, summary: str, at: datetime) -> int:
    """Begin revision *revision*; return its number. `seal_revision` completes it in the same transaction."""
    cursor = connection.execute(
        "INSERT INTO revisions (at, revision, digest, summary) VALUES (?, ?, '', ?)",
        (to_micros(at), revision, summary),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def seal_revision(connection: sqlite3.Connection, number: int) -> None:
    """Record the digest of all that is applied: the digest of the lock, where the lock was applied whole."""
    applied = dict(connection.execute("SELECT id, checksum FROM applied"))
    connection.execute("UPDATE revisions SET digest = ? WHERE number = ?", (digest(applied), number))


def set_applied(connection: sqlite3.Connection, id: str, checksum: str | None, revision: int) -> None:
    """Remember that *checksum* was applied for *id*, or with None that the job was removed."""
    if checksum is None:
        connection.execute("DELETE FROM applied WHERE id = ?", (id,))
        return
    connection.execute(
        "INSERT INTO applied VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET checksum = excluded.checksum, revision = excluded.revision",
        (id, checksum, revision),
    )

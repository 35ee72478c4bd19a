"""The jobs of the ledger as the running engine knows them, parsed only when they change."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from reconciler.engine import ledger_jobs
from reconciler.engine.ledger import installation
from reconciler.engine.ledger_following import tombstones
from reconciler.engine.ledger_jobs import Held, JobRow
from reconciler.engine.ledger_schema import from_micros
from reconciler.model import Job, Observed, Pause

_log = logging.getLogger(__name__)


class _State(NamedTuple):
    """What makes two rows the same job, the text of the entry as its hash."""

    owner: str
    entry: bytes
    pause: Pause | None
    applied: str | None


class Roster:
    """The readable jobs by id; an unreadable one is left out and logged once, the others go on."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_State, Job | None]] = {}
        self.jobs: Mapping[str, Job] = {}

    def load(self, connection: sqlite3.Connection) -> Mapping[str, Job]:
        """Return the jobs as the ledger has them now; an unchanged job is the same object as before."""
        found = {row.id: self._job(row) for row in ledger_jobs.job_rows(connection)}
        self._known = {id: self._known[id] for id in found}
        self.jobs = {id: job for id, job in found.items() if job is not None}
        return self.jobs

    def observe(self, connection: sqlite3.Connection) -> Observed:
        """Return what the ledger holds; an unreadable entry is left out, and so planned again as missing."""
        jobs, ours = self.load(connection), installation(connection)
        foreign = frozenset(id for id, (state, _) in self._known.items() if state.owner != ours)
        applied = dict(connection.execute("SELECT id, checksum FROM applied"))
        buried = frozenset(one.id for one in tombstones(connection))
        return Observed({id: job for id, job in jobs.items() if id not in foreign}, foreign, applied, buried)

    def held(self, connection: sqlite3.Connection, id: str) -> Held | None:
        """Return the job *id* as the ledger has it at this moment, or None."""
        row = ledger_jobs.job_row(connection, id)
        job = None if row is None else self._job(row)
        return None if row is None or job is None else Held(job, from_micros(row.accounted_until))

    def _job(self, row: JobRow) -> Job | None:
        state = _State(row.owner, hashlib.sha256(row.text.encode()).digest(), row.pause, row.applied)
        known = self._known.get(row.id)
        if known is not None and known[0] == state:
            return known[1]
        try:
            job: Job | None = row.held().job
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("job %s: the ledger holds an unreadable entry (%s); it does not run", row.id, error)
            job = None
        self._known[row.id] = (state, job)
        return job

"""The engine over the ledger alone: what the command line observes and changes. A daemon notices by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from reconciler.engine import applying, ledger_following, ledger_health, ledger_jobs, ledger_runs
from reconciler.engine.ledger import writing
from reconciler.engine.ledger_reading import reading
from reconciler.engine.protocol import Applied, Attempt, Engine
from reconciler.engine.roster import Roster
from reconciler.errors import InvalidInput
from reconciler.following import Event, Progress, Revision
from reconciler.lockfile import instant_text
from reconciler.model import Change, Observed, Pause, Run, RunState

T = TypeVar("T")


def utc_now() -> datetime:
    """Return the time of the machine."""
    return datetime.now(UTC)


class EmbeddedEngine(Engine):
    """The `Engine` protocol over the ledger in *state_dir*; reading leaves no trace, and makes no ledger."""

    def __init__(self, state_dir: Path, *, now: Callable[[], datetime] = utc_now) -> None:
        self._state_dir = state_dir
        self._now = now
        self._roster = Roster()

    def observe(self) -> Observed:
        """Return what the ledger holds; nothing where there is none yet."""
        return self._read(self._roster.observe, Observed({}, frozenset(), {}))

    def apply(
        self, changes: Sequence[Change], revision: str, *, progress: Progress | None = None
    ) -> tuple[Applied, ...]:
        """Carry out *changes* in one transaction; if one is refused, nothing is done and every result says why.

        *progress* is recorded in the same transaction, and by itself where nothing changes.
        """
        wanted = applying.effective(changes)
        if not wanted and progress is None:
            return ()

        def write(connection: sqlite3.Connection) -> None:
            if wanted:
                applying.apply(connection, wanted, revision, self._now())
            if progress is not None:
                ledger_following.record(connection, progress)

        try:
            self._write(write)
        except applying.Incomplete as incomplete:
            return incomplete.results
        return tuple(Applied(change.id, change.action) for change in wanted)

    def runs(
        self, job_id: str | None = None, *, limit: int = 50, states: Collection[RunState] | None = None
    ) -> list[Run]:
        """Return the latest runs, newest first."""
        return self._read(lambda connection: ledger_runs.runs(connection, job_id, limit=limit, states=states), [])

    def run(self, run_id: int) -> Run | None:
        """Return the run numbered *run_id*, or None."""
        return self._read(lambda connection: ledger_runs.run_by_id(connection, run_id), None)

    def latest_runs(self) -> dict[str, Run]:
        """Return the latest run of every job that has one."""
        return self._read(ledger_runs.latest_runs, {})

    def attempts(self, run_id: int) -> tuple[Attempt, ...]:
        """Return the processes of the run with what they wrote."""
        return self._read(lambda connection: ledger_runs.attempts(connection, run_id), ())

    def turned(self) -> dict[str, datetime]:
        """Return since when each job that has run is as well or as ill as it is."""
        return self._read(ledger_health.turned, {})

    def revisions(self, limit: int = 50) -> list[Revision]:
        """Return the latest applied revisions, newest first."""
        return self._read(lambda connection: ledger_runs.revisions(connection, limit), [])

    def pause(self, id: str, pause: Pause) -> None:
        """Pause the job by hand, from now on; what was due before still runs."""
        until = f" until {instant_text(pause.until)}" if pause.until else ""
        said = f"paused by hand{until}" + (f": {pause.reason}" if pause.reason else "")
        self._write(lambda c: self._set_pause(c, id, pause, Event(self._now(), "paused", said, id, pause.by)))

    def resume(self, id: str, by: str | None = None) -> None:
        """End the pause set by hand; the due times of the pause are recorded as missed."""
        event = Event(self._now(), "resumed", "the pause set by hand is ended", id, by)
        self._write(lambda connection: self._set_pause(connection, id, None, event))

    def request_run(self, id: str) -> Run:
        """Ask for a run of the job now; a daemon starts it. Raise InvalidInput if there is no such job."""

        def ask(connection: sqlite3.Connection) -> Run:
            _known(connection, id)
            return ledger_runs.add_manual(connection, id, self._now())

        return self._write(ask)

    def _set_pause(self, connection: sqlite3.Connection, id: str, pause: Pause | None, event: Event) -> None:
        _known(connection, id)
        applying.settle(connection, id, self._now())
        ledger_jobs.set_pause(connection, id, pause)
        ledger_following.add_event(connection, event)

    def _read(self, look: Callable[[sqlite3.Connection], T], absent: T) -> T:
        return reading(self._state_dir, look, absent)

    def _write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        return writing(self._state_dir, change)


def _known(connection: sqlite3.Connection, id: str) -> None:
    if ledger_jobs.job_row(connection, id) is None:
        raise InvalidInput(f"there is no job {id!r}", hint="`reconcile status` lists the jobs")

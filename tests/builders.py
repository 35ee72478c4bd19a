"""Values for tests: each builder gives a complete, valid thing, with what the test is about named by keyword."""

from __future__ import annotations

from typing import Any

from reconciler.lockfile import checksum
from reconciler.model import (
    Evidence,
    Job,
    LockEntry,
    Observed,
    RunSpec,
    Timing,
)
from reconciler.timing import cron_fields, english

OWNER = "this-installation"


def timing(timezone: str = "Europe/Berlin", **kwargs: str) -> Timing:
    """Return a cron timing; 09:00 Monday to Friday unless told otherwise."""
    return Timing(timezone, (cron_fields(kwargs or {"day_of_week": "mon-fri", "hour": "9"}),))


def entry(id: str = "db-backup", **changes: Any) -> LockEntry:
    """Return a lock entry whose sentence matches its timing."""
    when = changes.pop("timing", timing())
    fields: dict[str, Any] = {
        "when": ("every weekday at 9am",),
        "means": english(when),
        "evidence": Evidence.GRAMMAR,
        "compiled_by": "grammar",
        "run": RunSpec(command=("true",)),
        "source": "schedules/databases.yaml",
    }
    return LockEntry(id=id, timing=when, **(fields | changes))


def job(held: LockEntry, *, applied: LockEntry | None = None, owner: str = OWNER, **changes: Any) -> Job:
    """Return the job an engine holds for *held*, having been applied as *applied* (default: the same)."""
    return Job(held.id, held, checksum(held), owner, checksum(applied or held), **changes)


def observed(*jobs: Job, foreign: tuple[str, ...] = (), applied: dict[str, str] | None = None) -> Observed:
    """Return what an engine holds, *applied* being derived from the jobs unless given."""
    last = {one.id: one.applied for one in jobs if one.applied is not None}
    return Observed({one.id: one for one in jobs}, frozenset(foreign), last if applied is None else applied)

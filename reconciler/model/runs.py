"""What the engine holds, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from reconciler.model.lock import LockEntry


@dataclass(frozen=True, slots=True)
class Pause:
    """Someone paused a job by hand: who, why, when (UTC) and until when."""

    by: str
    at: datetime
    reason: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What the engine holds for one lock entry.

    *entry* is the lock entry as the engine holds it, and *checksum* that entry's checksum, computed
    from what is held, so that an edit behind our back shows. *applied* is the checksum of the entry
    this reconciler applied last (None: never). *owner* names the installation that made the job.
    """

    id: str
    entry: LockEntry
    checksum: str
    owner: str
    applied: str | None
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What an engine holds: our jobs, the foreign ones that must not be touched, and what was applied last.

    *applied* maps the id of every job this reconciler believes to exist to the checksum it applied. *buried*
    are the jobs that git named until lately, of which what a revert brings back is kept.
    """

    jobs: Mapping[str, Job]
    foreign: frozenset[str]
    applied: Mapping[str, str]
    buried: frozenset[str] = frozenset()


class RunState(StrEnum):
    """Where a run stands; the last five are final."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"
    MISSED = "missed"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to the run."""
        return self not in (RunState.WAITING, RunState.RUNNING)


class MissReason(StrEnum):
    """Why a run did not start."""

    LATE = "late"
    OVERLAP = "overlap"
    DOWNTIME = "downtime"
    CLOCK = "clock"
    PAUSED = "paused"
    REMOVED = "removed"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Run:
    """One due time of one job and what became of it; instants are aware UTC.

    *trigger* is `schedule`, `manual` for `reconcile run`, or `ahead`: the clock was ahead and was set back since,
    so that the due time came again. *count* is more than 1 only for a row
    that stands for many missed due times, *scheduled_at* being the first and *last_scheduled_at* the
    last of them. *exit_code* is None where a *signal* ended the process or it could not start
    (*error* says why).
    """

    id: int
    job_id: str
    scheduled_at: datetime
    state: RunState
    trigger: Literal["schedule", "manual", "ahead"] = "schedule"
    attempts: int = 0
    exit_code: int | None = None
    signal: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: MissReason | None = None
    error: str | None = None
    count: int = 1
    last_scheduled_at: datetime | None = None

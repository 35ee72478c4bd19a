"""Our own next due time as a trigger that APScheduler runs."""

from __future__ import annotations

from datetime import datetime

from apscheduler.triggers.base import BaseTrigger

from reconciler.engine.due import next_due
from reconciler.model import Job


class WallClockTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """Fires at the due times of *job* that are not paused, as `timing.next_fire` has them."""

    __slots__ = ("job",)

    def __init__(self, job: Job) -> None:
        self.job = job

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Return the first due time after both; what lies between is accounted for by the dispatcher, in one go.

        So a month of suspend costs APScheduler one step, where it would else take every missed due time.
        """
        return next_due(self.job, now if previous_fire_time is None else max(previous_fire_time, now))

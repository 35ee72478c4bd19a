"""The clock: APScheduler with a memory store, rebuilt from the ledger, that says which jobs to look at.

It decides nothing: what a due time becomes is the dispatcher's. It wakes at least every ten seconds to show
a sign of life and to compare the wall clock with the monotonic one, because APScheduler sleeps on the
monotonic clock and notices neither a step of the wall clock nor a suspend.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MISSED,
    JobExecutionEvent,
)
from apscheduler.executors.base import BaseExecutor
from apscheduler.job import Job as ClockJob
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_PAUSED, STATE_STOPPED

from reconciler.engine.clock_policy import STEP
from reconciler.engine.due import next_due
from reconciler.engine.trigger import WallClockTrigger
from reconciler.model import Job, Run, RunState

_log = logging.getLogger(__name__)
LONGEST_SLEEP = 10.0
"""Seconds between two looks at the clocks, at the most."""


def seconds_asleep() -> float:
    """Return how long the machine has been suspended since it booted; 0 where the kernel does not tell.

    Linux stops CLOCK_MONOTONIC meanwhile and lets CLOCK_BOOTTIME go on (clock_gettime(2)).
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


class Reading(NamedTuple):
    """The wall clock, and seconds that passed awake and asleep (suspended), both since some start."""

    wall: datetime
    awake: float
    asleep: float


@dataclass(frozen=True, slots=True)
class Clocks:
    """The machine's clocks: *now* on the wall, seconds *awake*, and seconds *asleep* where the kernel tells."""

    now: Callable[[], datetime]
    awake: Callable[[], float] = time.monotonic
    asleep: Callable[[], float] = seconds_asleep

    def read(self) -> Reading:
        """Return what they show."""
        return Reading(self.now(), self.awake(), self.asleep())


class _HandOver(BaseExecutor):  # type: ignore[misc]  # APScheduler 3 has no types
    """Hands a due job to the dispatcher instead of running it; overlap is the dispatcher's too."""

    def __init__(self, due: Callable[[str], None]) -> None:
        super().__init__()
        self._due = due

    def submit_job(self, job: ClockJob, run_times: list[datetime]) -> None:  # noqa: ARG002
        self._due(job.id)

    def _do_submit_job(self, job: ClockJob, run_times: list[datetime]) -> None:
        raise NotImplementedError


class _Scheduler(AsyncIOScheduler):  # type: ignore[misc]  # APScheduler 3 has no types
    """APScheduler whose loop cannot die: stock 3.11 ends silently on the first exception, still claiming to run."""

    def __init__(self, tick: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._tick = tick

    def _process_jobs(self) -> float | None:
        if self.state == STATE_STOPPED:
            return None
        try:
            self._tick()
            wait: float | None = super()._process_jobs()
        except Exception:
            _log.exception("the clock stumbled; it looks again in a second")
            return 1.0
        return LONGEST_SLEEP if wait is None else min(wait, LONGEST_SLEEP)


class Clock:
    """Calls *due* with the id of a job that has a due time now, and *beat* to show that it lives.

    *slept* hears of a suspend, with the wall time before and after it; *stepped* of a jump of the wall clock, with
    the time expected and the time found. All of them are called on the event loop.
    """

    def __init__(
        self,
        due: Callable[[str], None],
        slept: Callable[[datetime, datetime], None],
        stepped: Callable[[datetime, datetime], None],
        beat: Callable[[], None],
        *,
        clocks: Clocks,
    ) -> None:
        self._slept = slept
        self._stepped = stepped
        self._beat = beat
        self._clocks = clocks
        self._jobs: dict[str, Job] = {}
        self._seen = clocks.read()
        self._scheduler = _Scheduler(
            self.tick,
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": _HandOver(due)},
            job_defaults={"misfire_grace_time": None, "coalesce": True},
        )
        self._scheduler.add_listener(_record, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED)

    def start(self) -> None:
        """Begin on the running event loop."""
        self._seen = self._clocks.read()
        self._scheduler.start()

    def stop(self) -> None:
        """Say nothing any more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def sync(self, jobs: Mapping[str, Job]) -> None:
        """Make the scheduler hold *jobs*: add, change in place and remove only what differs."""
        resume = self._scheduler.state not in (STATE_STOPPED, STATE_PAUSED)
        if resume:  # one wake-up for all of them, not one for each
            self._scheduler.pause()
        try:
            for id in self._jobs.keys() - jobs.keys():
                if self._scheduler.get_job(id) is not None:
                    self._scheduler.remove_job(id)
            for id, job in jobs.items():
                if self._jobs.get(id) != job:
                    self._put(job)
            self._jobs = dict(jobs)
        finally:
            if resume:
                self._scheduler.resume()

    def _put(self, job: Job) -> None:
        trigger, due = WallClockTrigger(job), next_due(job, self._clocks.now())
        # APScheduler itself removes a job that is never due again; looking one up before the start is slow.
        if job.id not in self._jobs or self._scheduler.get_job(job.id) is None:
            self._scheduler.add_job(_handed_over, trigger, id=job.id, name=job.id, next_run_time=due)
        else:
            self._scheduler.modify_job(job.id, trigger=trigger, next_run_time=due)

    def mend(self) -> list[str]:
        """Put back every job that the scheduler has lost; return their ids."""
        held = {job.id for job in self._scheduler.get_jobs()}
        now = self._clocks.now()
        lost = [id for id, job in self._jobs.items() if id not in held and next_due(job, now) is not None]
        for id in lost:
            self._put(self._jobs[id])
        return lost

    def next_fires(self) -> dict[str, datetime | None]:
        """Return when each job is due next, or None where it is paused or never."""
        held = {job.id: job.next_run_time for job in self._scheduler.get_jobs()}
        return {id: held.get(id) for id in self._jobs}

    def tick(self) -> None:
        """Show a sign of life, and compare the clocks; after a step back, aim every job anew."""
        self._beat()
        before, self._seen = self._seen, self._clocks.read()
        wall, asleep = self._seen.wall, timedelta(seconds=self._seen.asleep - before.asleep)
        expected = before.wall + timedelta(seconds=self._seen.awake - before.awake) + asleep
        if asleep > STEP:
            _log.warning("the machine slept for %.0f s", asleep.total_seconds())
            self._slept(before.wall, expected)
        if abs(wall - expected) > STEP:
            _log.warning("the wall clock stepped by %+.1f s", (wall - expected).total_seconds())
            if wall < expected:
                for job in self._jobs.values():
                    self._put(job)
            self._stepped(expected, wall)

    def publish(self, run: Run) -> None:
        """Tell APScheduler's listeners what became of a run."""
        code = {RunState.SUCCEEDED: EVENT_JOB_EXECUTED, RunState.MISSED: EVENT_JOB_MISSED}.get(
            run.state, EVENT_JOB_ERROR
        )
        event = JobExecutionEvent(code, run.job_id, "default", run.scheduled_at, retval=run)
        self._scheduler._dispatch_event(event)


def _handed_over() -> None:
    """Stand for the work of a job: APScheduler wants a callable, the executor never calls it."""


def _record(event: JobExecutionEvent) -> None:
    """Write the history that a log collector reads: one line a run."""
    run: Run = event.retval
    level = logging.INFO if event.code == EVENT_JOB_EXECUTED else logging.WARNING
    details = [
        run.reason.value if run.reason else None,
        run.error,
        f"attempt {run.attempts}" if run.attempts > 1 else None,
    ]
    detail = ", ".join(text for text in details if text)
    due = f"{run.scheduled_at:%Y-%m-%d %H:%M:%S}Z"
    _log.log(level, "%s, due %s: %s%s", run.job_id, due, run.state.value, f" ({detail})" if detail else "")

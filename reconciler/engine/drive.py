"""The life of one run from its waiting row to its last state: its turn, its attempts, its end."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from reconciler.engine import ledger_runs
from reconciler.engine.due import Reasons, paused_at
from reconciler.engine.interrupted import runs_again, was_interrupted
from reconciler.engine.ledger_runs import Waiting
from reconciler.engine.protocol import TIMEOUT, Attempt
from reconciler.engine.roster import Roster
from reconciler.engine.runner import Ended, Execution
from reconciler.engine.writer import Writer
from reconciler.errors import StoreFailed
from reconciler.model import LockEntry, MissReason, OnOverlap, Run, RunState
from reconciler.timing import next_fire

_log = logging.getLogger(__name__)
_STORE_PAUSE = 1.0
_LONGEST_SLEEP = 10.0
_DOUBLINGS = 12  # of the pause between attempts; from then on it stays
_NOT_OURS = "another daemon may run the jobs now"
_NO_TIME = "not tried again, because the next due time comes first"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Means:
    """What every run of a dispatcher shares."""

    writer: Writer
    roster: Roster
    now: Callable[[], datetime]
    execute: Callable[[LockEntry, Run], Execution]
    publish: Callable[[Run], None]
    may_start: Callable[[], bool]
    reasons: Reasons
    slots: asyncio.Semaphore
    instance: str
    stopping: asyncio.Event


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A run that is ours to start, under the entry that its job had at this moment."""

    entry: LockEntry
    attempt: int


class Drive:
    """One run; *earlier* are the runs of its job before it, *in_order*: it came together with other runs of its job."""

    def __init__(self, waiting: Waiting, means: Means, earlier: tuple[Drive, ...], *, in_order: bool) -> None:
        self._run = waiting.run
        self._not_before = waiting.not_before
        self._means = means
        self._earlier = earlier
        self._in_order = in_order
        self._entry: LockEntry | None = None
        self._has_turn = False
        self._execution: Execution | None = None
        self._interrupted: str | None = None
        self._waited_for_other = False
        self._store_failed = False
        self._nudged = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def job_id(self) -> str:
        """The job it is a run of."""
        return self._run.job_id

    @property
    def running(self) -> bool:
        """Whether it has a process now."""
        return self._execution is not None

    @property
    def busy(self) -> bool:
        """Whether it stands in the way of another run of its job: it had its turn and is not over."""
        return self._has_turn and not self._over.is_set()

    @property
    def waits_for_store(self) -> bool:
        """Whether it has no process, and the store failed it."""
        return self._store_failed and not self.running

    def interrupt(self, why: str) -> None:
        """End its process, or its waiting for the next attempt; *why* becomes its error."""
        self._interrupted = self._interrupted or why
        if self._execution is not None:
            self._execution.stop(why)
        self._nudged.set()

    async def live(self) -> None:
        """Wait for the time and the turn, run the attempts, write the end.

        At a stop, a run without a process stays `waiting` in the ledger, for the next start.
        """
        try:
            await self._until(self._not_before)
            if not self._means.stopping.is_set() and await self._turn():
                self._has_turn = True
                while await self._attempt():
                    pass
        finally:
            self._over.set()

    async def _until(self, instant: datetime) -> None:
        """Sleep until *instant* on the wall clock, which may step meanwhile, or until a stop or an interruption."""
        if instant <= self._means.now():
            return
        stopping = asyncio.create_task(self._means.stopping.wait())
        nudged = asyncio.create_task(self._nudged.wait())
        try:
            while (left := (instant - self._means.now()).total_seconds()) > 0:
                woken, _ = await asyncio.wait(
                    {stopping, nudged}, timeout=min(left, _LONGEST_SLEEP), return_when=asyncio.FIRST_COMPLETED
                )
                if woken:
                    return
        finally:
            stopping.cancel()
            nudged.cancel()

    async def _turn(self) -> bool:
        """Follow the overlap policy; return False if the run is missed."""
        job = self._means.roster.jobs.get(self.job_id)
        policy = job.entry.run.on_overlap if job else OnOverlap.SKIP
        if policy is OnOverlap.ALLOW:
            return True
        # A person's own run, and due times made up for together, wait for each other instead of cancelling out.
        waits = policy is OnOverlap.QUEUE or self._in_order or self._run.trigger == "manual"
        if not waits:
            busy = [drive for drive in self._earlier if drive.busy]
            if busy and policy is not OnOverlap.REPLACE:
                # one that has ended, and only waits to be written down, would not be in the way but for the store
                stuck = any(drive.waits_for_store for drive in busy)
                await self._miss(MissReason.STORE if stuck else MissReason.OVERLAP)
                return False
            for drive in busy:
                drive.interrupt(f"replaced by the run due at {self._run.scheduled_at.isoformat()}")
        await self._follow(self._earlier if waits or policy is OnOverlap.REPLACE else ())
        return True

    async def _follow(self, earlier: tuple[Drive, ...]) -> None:
        """Return when nothing more happens to *earlier*."""
        for drive in earlier:
            self._waited_for_other |= not drive.over
            await drive.wait_over()
        self._earlier = ()

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it here."""
        return self._over.is_set()

    async def wait_over(self) -> None:
        """Return when nothing more happens to it here."""
        await self._over.wait()

    async def _attempt(self) -> bool:
        """Run one process; return whether there is to be another."""
        async with self._means.slots:
            if self._means.stopping.is_set():
                return False
            claimed = await self._written(self._claim)
            if not isinstance(claimed, _Claimed):
                self._publish(claimed)
                return False
            self._entry = claimed.entry
            started = self._means.now()
            self._execution = self._means.execute(claimed.entry, self._run)
            if self._interrupted is not None:
                self._execution.stop(self._interrupted)
            elif not self._means.may_start():  # stopped by a signal since the claim, the process may have lost it
                self._execution.stop(_NOT_OURS)
            ended = await self._execution.wait()
            self._execution = None
        return await self._settle(claimed, started, ended)

    def _claim(self, connection: sqlite3.Connection) -> _Claimed | Run | None:
        """Make the row `running`, as the last thing before the process; or return it missed; None if it is not ours."""
        now = self._means.now()
        row = ledger_runs.run_by_id(connection, self._run.id)
        ours = self._means.may_start() and not self._means.stopping.is_set()
        if not ours or row is None or row.state is not RunState.WAITING:
            return None
        self._run = row
        held = self._means.roster.held(connection, row.job_id)
        if held is not None and row.attempts and (end := self._past_next(connection, self._entry or held.entry, now)):
            ledger_runs.end_retries(connection, row.id, *end, now)
            return ledger_runs.run_by_id(connection, row.id)
        missed = MissReason.REMOVED if held is None else self._too_late(held.entry, now)
        if held is not None and row.trigger == "schedule" and row.attempts == 0 and paused_at(held.job, now):
            missed = MissReason.PAUSED
        if missed is not None or held is None:
            ledger_runs.miss(connection, row.id, missed or MissReason.REMOVED, now)
            return ledger_runs.run_by_id(connection, row.id)
        if not ledger_runs.claim(connection, row.id, self._means.instance, now):
            return None
        return _Claimed(self._entry or held.entry, row.attempts + 1)

    def _past_next(
        self, connection: sqlite3.Connection, entry: LockEntry, now: datetime
    ) -> tuple[RunState, str] | None:
        """Return how the run ends if the time for another attempt is over, as after a restart or a clock step."""
        last = ledger_runs.attempts(connection, self._run.id)[-1]
        again = was_interrupted(last)
        if again and now - self._run.scheduled_at > entry.run.grace:
            return RunState.INTERRUPTED, f"{last.error}; too late to run it again"
        following = next_fire(entry.timing, self._not_before)
        if entry.run.retries.past_next or again or following is None or now < following:
            return None
        return RunState.TIMED_OUT if last.timed_out else RunState.FAILED, _NO_TIME

    def _too_late(self, entry: LockEntry, now: datetime) -> MissReason | None:
        """Return why the first attempt may not start any more, or None."""
        if self._run.attempts or now - self._not_before <= max(entry.run.grace, timedelta(seconds=1)):
            return None
        if self._store_failed:
            return MissReason.STORE
        return MissReason.OVERLAP if self._waited_for_other else self._means.reasons.reason_at(self._run.scheduled_at)

    async def _settle(self, claimed: _Claimed, started: datetime, ended: Ended) -> bool:
        """Write what became of the attempt; return whether another one is due, its time having come."""
        now = self._means.now()
        wanted = not ended.succeeded and not ended.stopped and claimed.attempt < claimed.entry.run.retries.attempts
        retry_at = _retry_at(claimed, now) if wanted else None
        attempt = _attempt(claimed.attempt, started, now, ended)
        self._not_before = retry_at or now
        if wanted and retry_at is None:
            attempt = replace(attempt, error="; ".join(filter(None, (attempt.error, _NO_TIME))))

        def write(connection: sqlite3.Connection) -> Run | None:
            row = ledger_runs.run_by_id(connection, self._run.id)
            if row is None:  # the ledger was replaced meanwhile
                return None
            if (row.state, row.attempts) != (RunState.RUNNING, claimed.attempt):  # another daemon has ended it for us
                return row
            again = was_interrupted(attempt) and runs_again(
                claimed.entry, self._run, ledger_runs.attempts(connection, self._run.id), now
            )
            ledger_runs.add_attempt(connection, self._run.id, attempt)
            if again:
                ledger_runs.wait_again(connection, self._run.id, now)
            elif retry_at is None:
                ledger_runs.finish(connection, self._run.id, _state(ended), attempt)
            else:
                ledger_runs.wait_again(connection, self._run.id, retry_at)
            return ledger_runs.run_by_id(connection, self._run.id)

        run = await self._written(write)
        if run is None:
            _log.error("%s: the record of its run was lost with the ledger; it %s", self.job_id, _state(ended).value)
            return False
        if retry_at is None:
            self._publish(run)
            return False
        await self._until(retry_at)
        if self._means.stopping.is_set():
            return False
        if self._interrupted is not None:
            await self._end_retries(self._interrupted)
            return False
        return True

    async def _end_retries(self, why: str) -> None:
        def write(connection: sqlite3.Connection) -> Run | None:
            ledger_runs.end_retries(connection, self._run.id, RunState.INTERRUPTED, why, self._means.now())
            return ledger_runs.run_by_id(connection, self._run.id)

        self._publish(await self._written(write))

    async def _miss(self, reason: MissReason) -> None:
        def write(connection: sqlite3.Connection) -> Run | None:
            ledger_runs.miss(connection, self._run.id, reason, self._means.now())
            return ledger_runs.run_by_id(connection, self._run.id)

        self._publish(await self._written(write))

    def _publish(self, run: Run | None) -> None:
        if run is not None and run.state.final:
            self._means.publish(run)

    async def _written(self, write: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what *write* returns once it is committed, however long the store fails; None if a stop came first."""
        while True:
            try:
                return await self._means.writer.write(write)
            except StoreFailed as error:
                if not self._store_failed:
                    _log.error("run %d of %s waits for the store: %s", self._run.id, self.job_id, error)
                self._store_failed = True
                if self._means.stopping.is_set():
                    return None
                await asyncio.sleep(_STORE_PAUSE)


def _retry_at(claimed: _Claimed, now: datetime) -> datetime | None:
    """Return when to try again: after a pause that doubles, but never at or after the next due time (None)."""
    again = now + claimed.entry.run.retries.backoff * 2 ** min(claimed.attempt - 1, _DOUBLINGS)
    following = next_fire(claimed.entry.timing, now)
    return None if following is not None and again >= following and not claimed.entry.run.retries.past_next else again


def _attempt(number: int, started: datetime, finished: datetime, ended: Ended) -> Attempt:
    why = ended.stopped or ended.error or (TIMEOUT if ended.timed_out else None)
    error = "; ".join(filter(None, (why, ended.left_behind))) or None
    return Attempt(number, started, finished, ended.exit_code, ended.signal, error, ended.output)


def _state(ended: Ended) -> RunState:
    if ended.succeeded:
        return RunState.SUCCEEDED
    if ended.stopped is not None:
        return RunState.INTERRUPTED
    return RunState.TIMED_OUT if ended.timed_out else RunState.FAILED

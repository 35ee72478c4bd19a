"""The dispatcher: what a due time becomes. It writes the row first, then lets the run live (`drive`)."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from reconciler.engine import ledger_jobs, ledger_runs
from reconciler.engine.clock_policy import EARLIEST, runs_anew, set_back
from reconciler.engine.drive import Drive, Means
from reconciler.engine.due import Due, account
from reconciler.engine.gaps import Gaps
from reconciler.engine.interrupted import STOPPED
from reconciler.engine.ledger_runs import Waiting
from reconciler.engine.roster import Roster
from reconciler.engine.runner import Execution
from reconciler.engine.writer import Writer
from reconciler.errors import StoreFailed
from reconciler.model import Job, LockEntry, MissReason, Run

_log = logging.getLogger(__name__)
SLOTS = 16
"""Processes that run at the same time, at the most."""
_BATCH = 500
_STORE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Dispatching:
    """What a dispatcher is told once: the clock, how a process is made, who hears of ended runs, and the bound.

    *may_start* is asked before a due time is taken and before a process starts: whether the jobs are still ours.
    """

    now: Callable[[], datetime]
    execute: Callable[[LockEntry, Run], Execution]
    publish: Callable[[Run], None]
    slots: int = SLOTS
    may_start: Callable[[], bool] = lambda: True


class Dispatcher:
    """Turns due times of the jobs in *roster* into run rows, and run rows into processes."""

    def __init__(self, writer: Writer, roster: Roster, settings: Dispatching) -> None:
        self._writer = writer
        self._roster = roster
        self._now = settings.now
        self.instance = uuid4().hex
        self.gaps = Gaps(settings.now())
        self.store_error: str | None = None
        self._unset = False
        self._pending: set[str] = set()
        self._accounting: asyncio.Task[None] | None = None
        self._drives: dict[int, Drive] = {}
        self._of_job: dict[str, dict[int, Drive]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen = 0
        self._means = Means(
            writer=writer,
            roster=roster,
            now=settings.now,
            execute=settings.execute,
            publish=settings.publish,
            may_start=settings.may_start,
            reasons=self.gaps,
            slots=asyncio.Semaphore(settings.slots),
            instance=self.instance,
            stopping=asyncio.Event(),
        )

    def look(self, ids: Iterable[str]) -> None:
        """Account for the due times of these jobs soon; calls that come together share a transaction.

        Nothing is due by a clock that is not set yet.
        """
        unset = self._now() < EARLIEST
        if unset and not self._unset:
            _log.error("the clock shows %s and cannot be right; nothing starts until it is set", self._now().date())
        self._unset = unset
        if unset:
            return
        self._pending.update(ids)
        if self._pending and self._accounting is None and not self._means.stopping.is_set():
            self._accounting = asyncio.create_task(self._account_pending())

    async def _account_pending(self) -> None:
        try:
            while self._pending and not self._means.stopping.is_set():
                batch = sorted(self._pending)[:_BATCH]
                self._pending.difference_update(batch)
                try:
                    waiting = await self._writer.write(lambda connection, batch=batch: self._account(connection, batch))  # type: ignore[misc]
                except StoreFailed as error:
                    self._pending.update(batch)
                    await self._store_failed(error)
                else:
                    self._store_works()
                    self.accept(waiting)
        finally:
            self._accounting = None

    def _account(self, connection: sqlite3.Connection, ids: Iterable[str]) -> list[Waiting]:
        """Write the rows that the jobs owe up to now; return the runs that wait."""
        if not self._means.may_start():
            return []
        now = self._now()
        anew = 0
        for id in ids:
            try:
                anew += self._account_one(connection, id, now)
            except (sqlite3.Error, StoreFailed):
                raise
            except Exception:  # one bad job must not hold up the others
                _log.exception("job %s: its due times cannot be told", id)
        if anew:
            _log.warning("%d jobs were accounted for until later than now: the clock was set back", anew)
        return ledger_runs.waiting(connection, self._seen)

    def _account_one(self, connection: sqlite3.Connection, id: str, now: datetime) -> bool:
        """Write the rows that the job owes; return whether its account was set back."""
        held = self._roster.held(connection, id)
        if held is None:
            return False
        if runs_anew(held.entry.timing, held.accounted_until - now):
            set_back(connection, held, now)
            return True
        if owed := account(held.job, held.accounted_until, now, self.gaps):
            ledger_runs.add_due(connection, id, owed, now)
            ledger_jobs.set_accounted(connection, id, now)
            _log_missed(held.job, owed)
        return False

    async def take_waiting(self) -> None:
        """Take on the runs that wait in the ledger: asked for by hand, or left by an earlier daemon."""
        self.accept(await self._writer.read(lambda connection: ledger_runs.waiting(connection, self._seen)))

    def accept(self, found: Iterable[Waiting]) -> None:
        """Let these waiting runs live; those that do already are left alone."""
        new = [one for one in found if one.run.id not in self._drives]
        jobs = Counter(one.run.job_id for one in new)
        for one in new:
            self._seen = max(self._seen, one.run.id)
            siblings = self._of_job.setdefault(one.run.job_id, {})
            drive = Drive(one, self._means, tuple(siblings.values()), in_order=jobs[one.run.job_id] > 1)
            self._drives[one.run.id] = siblings[one.run.id] = drive
            task = asyncio.create_task(drive.live())
            self._tasks.add(task)
            task.add_done_callback(lambda done, run=one.run: self._ended(done, run))  # type: ignore[misc]

    def _ended(self, task: asyncio.Task[None], run: Run) -> None:
        self._tasks.discard(task)
        self._drives.pop(run.id, None)
        siblings = self._of_job.get(run.job_id, {})
        siblings.pop(run.id, None)
        if not siblings:
            self._of_job.pop(run.job_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("run %d ended in an unexpected error", run.id, exc_info=error)
            closing = asyncio.create_task(self._close(run, error))
            self._tasks.add(closing)
            closing.add_done_callback(self._tasks.discard)

    async def _close(self, run: Run, error: BaseException) -> None:
        """Leave no run open that nobody drives any more."""
        why = f"an unexpected error of the scheduler ended it: {type(error).__name__}"
        with suppress(StoreFailed):  # then the next start closes it
            await self._writer.write(lambda connection: ledger_runs.abandon(connection, run.id, why, self._now()))

    @property
    def latest(self) -> int:
        """The highest number of a run that it has seen."""
        return self._seen

    @property
    def idle(self) -> bool:
        """Whether everything it was told to look at is accounted for, and no run lives."""
        return self._accounting is None and not self._drives

    @property
    def running(self) -> int:
        """How many runs have a process now."""
        return sum(drive.running for drive in self._drives.values())

    async def _store_failed(self, error: StoreFailed) -> None:
        """Start nothing without a row: wait, and look again. What is then too late is missed because of the store."""
        if self.store_error is None:
            _log.error("the store failed; nothing starts until it works: %s", error)
            # What came due while the failing write was tried belongs to the gap too.
            self.gaps.begin(self._now() - timedelta(minutes=1), MissReason.STORE)
        self.store_error = str(error)
        await asyncio.sleep(_STORE_PAUSE)

    def _store_works(self) -> None:
        if self.store_error is not None:
            _log.warning("the store works again")
        self.gaps.end(self._now())
        self.store_error = None

    def hurry(self) -> None:
        """End every process now, and record it as interrupted."""
        for drive in list(self._drives.values()):
            # At a stop also those about to start, whose claim is being written; what merely waits stays waiting.
            if drive.running or self._means.stopping.is_set():
                drive.interrupt(STOPPED)

    async def stop(self, grace: timedelta) -> None:
        """Start nothing more; give what runs *grace* to end, then end it; return when every process is gone."""
        self._means.stopping.set()
        if self._accounting is not None:
            await asyncio.wait({self._accounting})
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace.total_seconds())
        self.hurry()
        if self._tasks:
            await asyncio.wait(self._tasks)


def _log_missed(job: Job, owed: Iterable[Due]) -> None:
    """Write one line a reason, however many due times there are: each of them has its row in the ledger."""
    counts: Counter[MissReason] = Counter()
    latest: dict[MissReason, datetime] = {}
    for due in owed:
        if due.missed is not None and due.missed is not MissReason.PAUSED:
            counts[due.missed] += due.count
            latest[due.missed] = due.last or due.at
    for reason, count in counts.items():
        last = f"{latest[reason]:%Y-%m-%d %H:%M:%S}Z"
        _log.warning("%s: missed %d (%s), the last due %s", job.id, count, reason.value, last)

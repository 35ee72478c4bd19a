"""The running engine: ledger, clock and dispatcher of one state directory on one asyncio loop."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from reconciler.engine import lease, ledger_runs
from reconciler.engine.clock import Clock, Clocks, seconds_asleep
from reconciler.engine.clock_policy import CORRECTION
from reconciler.engine.dispatch import SLOTS, Dispatcher, Dispatching
from reconciler.engine.embedded import utc_now
from reconciler.engine.interrupted import interrupt_orphans
from reconciler.engine.leftovers import end_leftovers, installation_id
from reconciler.engine.pruning import Pruner
from reconciler.engine.quarantine import is_hollow
from reconciler.engine.roster import Roster
from reconciler.engine.runner import KILL_GRACE, Execution
from reconciler.engine.writer import Writer
from reconciler.errors import StoreBroken, StoreFailed
from reconciler.model import Job, LockEntry, MissReason, Run

_log = logging.getLogger(__name__)
_PAUSED_EVERY = 60.0  # seconds between two looks at paused jobs, whose due times no clock announces


class EngineService:
    """Runs the jobs that the ledger in *state_dir* holds, in the directory *project*.

    It learns of changes by `refresh`, whoever made them. `start` and `stop` frame its life; all methods
    belong to the event loop that called `start`.
    """

    def __init__(
        self,
        state_dir: Path,
        project: Path,
        *,
        now: Callable[[], datetime] = utc_now,
        awake: Callable[[], float] = time.monotonic,
        asleep: Callable[[], float] = seconds_asleep,
        slots: int = SLOTS,
        kill_grace: timedelta = KILL_GRACE,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._state_dir = state_dir
        self._project = project
        self._now = now
        self._clocks = Clocks(now, awake, asleep)
        self._kill_grace = kill_grace
        self._environment = environment
        self._slots = slots
        self._roster = Roster()
        self._writer = Writer(state_dir)
        self._version = -1
        self._paused_looked = awake()
        self._store_error: str | None = None
        self._installation = ""
        self.replaced = False
        """Whether the ledger was replaced by an empty one, so that the jobs have to be applied again."""

    async def start(self) -> None:
        """Take the lease, end what a crashed daemon left running, account for the downtime, start the clock.

        Raises AlreadyRunning or StoreFailed, and leaves nothing behind then.
        """
        self._lease = lease.acquire(self._state_dir, self._now())
        try:
            await self._open()
            await self._begin()
        except BaseException:
            await self._writer.close()
            self._lease.release()
            raise

    async def _open(self) -> None:
        """Open the ledger; one that is broken, or an empty file, is set aside for a new one."""
        if is_hollow(self._state_dir):
            await self._replace("the ledger is an empty file")
            return
        try:
            await self._writer.open()
        except StoreBroken as error:
            await self._replace(str(error))

    async def _replace(self, why: str, *, beyond: int = 0) -> None:
        aside = await self._writer.replace(self._now(), beyond=beyond)
        self.replaced = True
        _log.error(
            "%s; %sjobs are rebuilt from the lockfile, the history of runs and pauses set by hand are lost",
            why,
            f"it is kept as {aside.name}; " if aside else "",
        )

    async def _begin(self) -> None:
        self._clock = Clock(
            lambda id: self._dispatcher.look((id,)),
            self._slept,
            self._stepped,
            self._lease.beat,
            clocks=self._clocks,
        )
        self._dispatcher = Dispatcher(
            self._writer,
            self._roster,
            Dispatching(self._now, self._execution, self._clock.publish, self._slots, lambda: not self._lease.lost()),
        )
        instance = self._dispatcher.instance
        self._version, jobs = await self._writer.read(self._load)
        self._installation = installation_id(self._state_dir)
        ended = await end_leftovers(self._installation, self._kill_grace)
        for run_id, what in ended.items():
            _log.warning("run %d of a daemon that ended: %s", run_id, what)
        orphans = await self._writer.write(lambda c: interrupt_orphans(c, self._roster, instance, self._now(), ended))
        if orphans:
            _log.warning("%d runs were left running by a daemon that ended; they are interrupted now", len(orphans))
        left = await self._writer.read(ledger_runs.waiting)
        self._clock.sync(jobs)
        self._clock.start()
        self._dispatcher.accept(left)
        self._dispatcher.look(jobs)
        self._pruning = asyncio.create_task(Pruner(self._writer, self._roster, self._now).live())

    async def refresh(self) -> bool:
        """Take on what other processes changed in the ledger; return whether they changed anything.

        Cheap when they did not. A store that cannot be read is reported by `store_error`, not raised; raises
        StoreFailed only if the lease is lost, after which nothing may be done any more.
        """
        self.check_lease()
        try:
            self._writer.look_for_file()
            if self._writer.broken is not None:
                await self._rebuild(self._writer.broken)
            changed = await self._writer.read(_data_version) != self._version
            if changed:
                await self._reload()
        except StoreFailed as error:
            self._store_error = str(error)
            return False
        else:
            self._store_error = None
            self._look_at_paused()
            return changed
        finally:
            self._lease.say(self.store_error)

    def check_lease(self) -> None:
        """Raise StoreFailed if the lease was taken away: a second daemon could run the same jobs."""
        if self._lease.lost():
            raise StoreFailed(
                f"{self._lease.path}: removed or replaced while the daemon ran, which ends now",
                hint="start the daemon again: jobs are rebuilt from the lockfile",
            )

    def mend(self) -> list[str]:
        """Give the clock back the jobs that it has lost; return their ids."""
        lost = self._clock.mend()
        for id in lost:
            _log.warning("%s was lost by the scheduler and is put back", id)
        self._dispatcher.look(lost)
        return lost

    def broken(self, error: StoreBroken) -> None:
        """Take it that the ledger is broken, as somebody else found; it is replaced at the next `refresh`."""
        self._writer.broken = error

    async def _rebuild(self, broken: StoreBroken) -> None:
        """Go on with a new ledger; processes that run go on too, but their records have gone with the old one."""
        await self._replace(str(broken), beyond=self._dispatcher.latest)
        self._version = -1

    async def _reload(self) -> None:
        before = self._roster.jobs
        self._version, jobs = await self._writer.read(self._load)
        self._clock.sync(jobs)
        # A due time may have passed between the change and this moment.
        self._dispatcher.look(id for id, job in jobs.items() if before.get(id) is not job)
        await self._dispatcher.take_waiting()

    def _load(self, connection: sqlite3.Connection) -> tuple[int, Mapping[str, Job]]:
        # The version first: a change made while the jobs are read is then seen next time.
        version = _data_version(connection)
        return version, self._roster.load(connection)

    def _look_at_paused(self) -> None:
        if self._clocks.awake() - self._paused_looked >= _PAUSED_EVERY:
            self._paused_looked = self._clocks.awake()
            paused = (id for id, job in self._roster.jobs.items() if job.entry.paused or job.pause)
            self._dispatcher.look(paused)

    def _slept(self, before: datetime, after: datetime) -> None:
        self._dispatcher.gaps.add(before, after, MissReason.DOWNTIME)
        self._dispatcher.look(self._roster.jobs)

    def _stepped(self, expected: datetime, found: datetime) -> None:
        if found - expected >= CORRECTION:
            self._dispatcher.gaps.correct(expected, found)
        elif found > expected:
            self._dispatcher.gaps.add(expected, found, MissReason.CLOCK)
        self._dispatcher.look(self._roster.jobs)

    def _execution(self, entry: LockEntry, run: Run) -> Execution:
        return Execution(
            entry.run,
            run,
            self._project,
            environment=self._environment,
            kill_grace=self._kill_grace,
            installation=self._installation,
        )

    async def stop(self, grace: timedelta) -> None:
        """Start nothing more, give what runs *grace*, then TERM and KILL; leave no run in state running."""
        self._clock.stop()
        self._pruning.cancel()
        await self._dispatcher.stop(grace)
        await self._writer.close()
        self._lease.release()

    def hurry(self) -> None:
        """End what runs now; for a `stop` that somebody does not want to wait for."""
        self._dispatcher.hurry()

    def next_fires(self) -> dict[str, datetime | None]:
        """Return when each job is due next; None where it is paused or never."""
        return self._clock.next_fires()

    @property
    def running(self) -> int:
        """How many processes run now."""
        return self._dispatcher.running

    @property
    def store_error(self) -> str | None:
        """What is wrong with the store, or None if it works."""
        return self._dispatcher.store_error or self._store_error


def _data_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return int(version)

"""`serve`: one asyncio loop that follows the lockfile, plans, applies, and lets the engine run the jobs.

Level-triggered: every look compares the whole lock with the whole engine, so a missed event, a crash in
the middle of an apply or an edit behind our back all end in the same place at the next look. A lock that
cannot be read, or a plan that breaks a limit, changes nothing: the last good jobs go on.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.service import EngineService
from reconciler.errors import ReconcileError, StoreBroken, StoreFailed
from reconciler.model import Plan
from reconciler.planning import plan
from reconciler.review.plan import plan_line
from reconciler.review.text import plural
from reconciler.sources.directory import DirectorySource, Snapshot
from reconciler.sources.watching import Watch
from reconciler.systemd import ServiceManager

log = logging.getLogger("reconcile")

FULL_LOOK = timedelta(seconds=60)
_SOON_LOOK = timedelta(seconds=2)
_TICK = 0.5
_SETTLE = 0.1  # events come in bursts; one look serves them all


@dataclass(frozen=True, slots=True)
class Settings:
    """What the daemon works on: the project (also the jobs' working directory), its lockfile, its state."""

    root: Path
    lock_path: Path
    lock_name: str
    state_dir: Path
    grace: timedelta = timedelta(seconds=30)


class Daemon:
    """Keeps one engine service in sync with one lockfile until it is told to stop."""

    def __init__(
        self, settings: Settings, service: EngineService, *, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._settings = settings
        self._manager = ServiceManager(environment)
        self._loading = True
        self._service = service
        self._engine = EmbeddedEngine(settings.state_dir)
        self._source = DirectorySource(settings.lock_path, name=settings.lock_name)
        self._hinted = asyncio.Event()
        self._last_look: datetime | None = None
        self._store_failed = False
        self._said = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until *stop* is set; running jobs then get their grace."""
        loop = asyncio.get_running_loop()
        await self._service.start()
        try:
            with Watch(self._settings.lock_path.parent, lambda: _hint(loop, self._hinted)) as watch:
                while not stop.is_set():
                    self._service.check_lease()
                    await self._turn(watch)
                    self._tell()
                    await _first_of(stop, self._hinted, timeout=_TICK)
        finally:
            self._manager.stopping()
            await self._service.stop(self._settings.grace)

    def _tell(self) -> None:
        """Let the service manager know that a turn went well: hung in one, the daemon is to be killed."""
        self._manager.alive()
        self._manager.status(self._said)
        if self._loading:
            self._loading = False
            self._manager.ready()

    def hurry(self) -> None:
        """End running jobs now instead of waiting for their grace."""
        self._service.hurry()

    def look_again(self) -> None:
        """Compare the whole lock with the whole engine at the next turn, and say how it ended."""
        log.info("looking again")
        self._loading = True
        self._manager.reloading()
        self._last_look, self._said = None, ""

    async def _turn(self, watch: Watch) -> None:
        now = datetime.now(UTC)
        every = _SOON_LOOK if watch.blind or self._store_failed else FULL_LOOK
        if self._hinted.is_set():
            await asyncio.sleep(_SETTLE)
            self._hinted.clear()
            watch.arm()
            await self._look(full=False)
        elif self._last_look is None or now - self._last_look >= every or now < self._last_look:
            self._last_look = now
            watch.arm()
            await self._look(full=True)
        await self._service.refresh()
        if self._service.replaced:
            self._service.replaced, self._last_look = False, None

    async def _look(self, *, full: bool) -> None:
        """Read the lock and, if it is news or this is a *full* look, bring the engine to it."""
        found, news = await asyncio.to_thread(self._source.poll)
        if not (news or full):
            return
        if isinstance(found, ReconcileError):
            self._say(logging.ERROR, f"Unknown: {found}; the last good jobs go on")
            return
        try:
            planned = await asyncio.to_thread(self._reconcile, found)
        except StoreFailed as error:
            if isinstance(error, StoreBroken):  # seen by a fresh look only: the engine's own has its pages in memory
                self._service.broken(error)
            self._store_failed = True
            self._say(logging.ERROR, f"Unknown: {error}; trying again")
            return
        self._store_failed = False
        if planned.breaches:
            reasons = "; ".join(f"{breach.message} ({breach.hint})" for breach in planned.breaches)
            self._say(logging.ERROR, f"OutOfSync: refused: {reasons}; the last good jobs go on")
            return
        self._say(logging.INFO, f"Synced: {plural(len(found.lock.entries), 'job')}")

    def _reconcile(self, found: Snapshot) -> Plan:
        """Plan and apply; runs in a thread, as both read and write the ledger."""
        planned = plan(found.lock, self._engine.observe())
        if planned.breaches or not planned.pending:
            return planned
        failed = [one for one in self._engine.apply(planned.pending, found.revision) if one.error]
        if failed:
            raise StoreFailed("; ".join(f"{one.id}: {one.error}" for one in failed))
        for change in planned.pending:
            log.info("%s", plan_line(change))
        return planned

    def _say(self, level: int, message: str) -> None:
        """Log *message* unless it was the last thing said."""
        if message != self._said:
            log.log(level, "%s", message)
            self._said = message


def _hint(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    if not event.is_set() and not loop.is_closed():
        loop.call_soon_threadsafe(event.set)


async def _first_of(*events: asyncio.Event, timeout: float) -> None:
    """Wait until one of *events* is set, or *timeout* seconds have passed."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()

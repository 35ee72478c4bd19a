"""`serve`: one asyncio loop that follows the lockfile, plans, applies, and lets the engine run the jobs.

Level-triggered: every look compares the whole lock with the whole engine, so a missed event, a crash in
the middle of an apply or an edit behind our back all end in the same place at the next look. A lock that
cannot be read, or a plan that breaks a limit, changes nothing: the last good jobs go on.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.records import Records
from reconciler.engine.service import EngineService
from reconciler.errors import ReconcileError, StoreBroken, StoreFailed
from reconciler.following import PATIENCE, Order
from reconciler.reconciling.look import Look
from reconciler.reconciling.reconciler import NOTHING, Asked, Done, Reconciler
from reconciler.review.plan import plan_line
from reconciler.sources.followers import Follower
from reconciler.sources.protocol import Snapshot
from reconciler.steering import Healing
from reconciler.systemd import ServiceManager

log = logging.getLogger("reconcile")

FULL_LOOK = timedelta(seconds=60)
_SOON_LOOK = timedelta(seconds=2)
_TICK = 0.5
Webhook: TypeAlias = "Callable[[Callable[[], None]], AbstractAsyncContextManager[object]]"
"""Listens, as long as the context lasts, for those who say that there is news."""
_SETTLE = 0.1  # events come in bursts; one look serves them all


@dataclass(frozen=True, slots=True)
class Settings:
    """What the daemon works on: its state, how long running jobs get at the end, its patience with drift."""

    state_dir: Path
    grace: timedelta = timedelta(seconds=30)
    healing: Healing = Healing()
    webhook: Webhook | None = None


class Daemon:
    """Keeps one engine service in sync with what *follower* finds until it is told to stop."""

    def __init__(
        self,
        settings: Settings,
        service: EngineService,
        follower: Follower,
        *,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._settings = settings
        self._manager = ServiceManager(environment)
        self._loading = True
        self._service = service
        self._follower = follower
        self._records = Records(settings.state_dir)
        self._reconciler = Reconciler(EmbeddedEngine(settings.state_dir), self._records, follower.source)
        self._hinted = asyncio.Event()
        self._next_look: datetime | None = None
        self._last_look: datetime | None = None
        self._order: Order | None = None
        self._drifted: dict[str, datetime] = {}
        self._said = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until *stop* is set; running jobs then get their grace."""
        loop = asyncio.get_running_loop()
        await self._service.start()
        log.info("following %s", self._follower.source.place)
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._follower.following(lambda: _hint(loop, self._hinted)))
                if self._settings.webhook is not None:
                    await stack.enter_async_context(self._settings.webhook(self._follower.hasten))
                await self._take_order()
                while not stop.is_set():
                    self._service.check_lease()
                    await self._turn()
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
        self._follower.hasten()
        self._last_look, self._said = None, ""

    async def _turn(self) -> None:
        now = datetime.now(UTC)
        if self._hinted.is_set():
            await asyncio.sleep(_SETTLE)
            self._hinted.clear()
            await self._look(full=False)
        elif self._is_due(now):
            self._last_look, self._next_look = now, None
            await self._look(full=True, mended=tuple(self._service.mend()))
        if await self._service.refresh():
            await self._take_order()
            self._soon(now + _SOON_LOOK)
        if self._service.replaced:
            self._service.replaced, self._last_look = False, None

    def _is_due(self, now: datetime) -> bool:
        every = _SOON_LOOK if self._follower.blind else FULL_LOOK
        if self._last_look is None or now < self._last_look or now - self._last_look >= every:
            return True
        return self._next_look is not None and now >= self._next_look

    def _soon(self, at: datetime | None) -> None:
        """Look at the whole at *at*, if not before."""
        if at is not None and (self._next_look is None or at < self._next_look):
            self._next_look = at

    async def _take_order(self) -> None:
        """Take on what somebody asked for: a look at what the source has by then."""
        try:
            order = (await asyncio.to_thread(self._records.followed)).order
        except StoreFailed as error:
            self._store_failed(error)
            return
        if order is None or order.at < datetime.now(UTC) - PATIENCE:
            return
        if self._order is None or self._order.id != order.id:
            self._order = order
            self._follower.order(order.allowances.rewind)

    async def _look(self, *, full: bool, mended: tuple[str, ...] = ()) -> None:
        """Read the lock and, if it is news or this is a *full* look, bring the engine to it."""
        self._follower.arm()
        if not self._follower.ready:
            return
        found, news = await asyncio.to_thread(self._follower.source.poll)
        order = self._order
        if not (news or full or order):
            return
        now = datetime.now(UTC)
        asked = Asked(order.allowances if order else NOTHING, healing=self._settings.healing, drifted=self._drifted)
        try:
            look, done = await asyncio.to_thread(
                self._reconcile, found, now, replace(asked, order=order, mended=mended)
            )
        except StoreFailed as error:
            self._store_failed(error)
            return
        self._order = None
        self._conclude(look, done)

    def _store_failed(self, error: StoreFailed) -> None:
        if isinstance(error, StoreBroken):  # seen by a fresh look only: the engine's own has its pages in memory
            self._service.broken(error)
        self._soon(datetime.now(UTC) + _SOON_LOOK)
        self._say(logging.ERROR, f"Unknown: {error}; trying again")

    def _reconcile(self, found: Snapshot | ReconcileError, now: datetime, asked: Asked) -> tuple[Look, Done]:
        """Plan and apply; runs in a thread, as both read and write the ledger."""
        look = self._reconciler.look(found, now, asked)
        self._service.check_lease()  # continued after a stop, this may be the past
        done = self._reconciler.carry_out(look, asked)
        if done.failed:
            raise StoreFailed("; ".join(f"{one.id}: {one.error}" for one in done.failed))
        return look, done

    def _conclude(self, look: Look, done: Done) -> None:
        """Say what was done and how things stand, and when to look at them again."""
        steered = look.steered
        for change in steered.now:
            log.info("%s", plan_line(change))
        self._drifted = {change.id: self._drifted.get(change.id, look.now) for change in steered.drift}
        for at in (steered.heals_at, steered.frozen_until, look.pin.until if look.pin else None):
            self._soon(at)
        level = logging.INFO if done.verdict.sync == "Synced" else logging.ERROR
        self._say(level, f"{done.verdict.sync}: {done.verdict.message}")

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

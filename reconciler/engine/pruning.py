"""The daemon keeps the history of every job within its bounds, a few jobs at a time."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime

from reconciler.engine.ledger_following import prune_following
from reconciler.engine.ledger_pruning import MOST_AT_ONCE, prune, unheld
from reconciler.engine.roster import Roster
from reconciler.engine.writer import Writer
from reconciler.errors import StoreFailed
from reconciler.model import History

_log = logging.getLogger(__name__)
FIRST = 60.0
EVERY = 3600.0
_JOBS_AT_ONCE = 50


class Pruner:
    """Prunes the ledger of *writer* from time to time, by the `history` of the jobs in *roster*."""

    def __init__(self, writer: Writer, roster: Roster, now: Callable[[], datetime]) -> None:
        self._writer = writer
        self._roster = roster
        self._now = now

    async def live(self) -> None:
        """Prune a minute after the start and each hour, until cancelled; a store that fails is tried again then."""
        await asyncio.sleep(FIRST)
        while True:
            try:
                gone = await self.prune()
            except StoreFailed as error:
                _log.warning("the history was not pruned: %s", error)
            else:
                if gone:
                    _log.info("%d runs exceeded the history of their jobs and are deleted", gone)
            await asyncio.sleep(EVERY)

    async def prune(self) -> int:
        """Delete what exceeds the history of each job, and of those no longer held by the default; return how many."""
        bounds = {id: job.entry.run.history for id, job in self._roster.jobs.items()}
        bounds |= dict.fromkeys(await self._writer.read(unheld), History())
        await self._writer.write(lambda connection: prune_following(connection, self._now()))
        ids, gone = sorted(bounds), 0
        for first in range(0, len(ids), _JOBS_AT_ONCE):
            gone += await self._prune_some(ids[first : first + _JOBS_AT_ONCE], bounds)
        return gone

    async def _prune_some(self, left: list[str], bounds: dict[str, History]) -> int:
        gone = 0
        while left:
            counts = await self._writer.write(lambda connection, ids=tuple(left): self._once(connection, ids, bounds))  # type: ignore[misc]
            gone += sum(counts.values())
            left = [id for id, count in counts.items() if count >= MOST_AT_ONCE]
        return gone

    def _once(self, connection: sqlite3.Connection, ids: Iterable[str], bounds: dict[str, History]) -> dict[str, int]:
        now = self._now()
        return {id: prune(connection, id, bounds[id], now) for id in ids}

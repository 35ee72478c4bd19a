"""A branch looked at again and again: at an interval, sooner when something says so, later while it fails."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import timedelta

from reconciler.errors import HistoryRewritten, NotVerified, SourceFailed
from reconciler.sources.git_source import GitSource

_LEAST = 5.0
"""Seconds between two fetches, however often a webhook says that there is news."""
_MOST = 600.0
_JITTER = 0.1


def pause(interval: float, failures: int, luck: float) -> float:
    """Return how many seconds to wait after a fetch: *interval*, doubling with *failures* up to ten minutes.

    *luck*, from 0 to 1, adds up to a tenth, so that many daemons do not ask at once.
    """
    wanted = interval * 2.0 ** min(failures, 16)
    return float(min(wanted, max(interval, _MOST)) * (1 + _JITTER * luck))


def _unreachable(found: object) -> bool:
    """Return whether asking less often is called for: what was read and refused may be mended any time."""
    return isinstance(found, SourceFailed) and not isinstance(found, HistoryRewritten | NotVerified)


class Polling:
    """Fetches *source* in a thread; calls *fetched* on the event loop after each time.

    *followed* tells, in that thread, which commit was applied last, if one was.
    """

    def __init__(
        self,
        source: GitSource,
        interval: timedelta,
        *,
        followed: Callable[[], str | None],
        fetched: Callable[[], None],
        rewind: str | None = None,
    ) -> None:
        self._source = source
        self._interval = interval.total_seconds()
        self._followed = followed
        self._fetched = fetched
        self._rewind = rewind
        self._wake = asyncio.Event()
        self._urgent = False
        self._began = -_LEAST
        self._rounds = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self.failures = 0

    def hasten(self) -> None:
        """Fetch soon: something says that there is news."""
        self._wake.set()

    async def fresh(self, rewind: str | None) -> None:
        """Return after a fetch that began after this was asked; it may take a rewritten history, *rewind*."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._rounds + 1, done))
        self._rewind = rewind or self._rewind
        self._urgent = True
        self._wake.set()
        await done

    async def live(self) -> None:
        """Fetch for ever, until cancelled; then a fetch that runs is ended."""
        try:
            while True:
                await self._fetch()
                await self._rest()
        finally:
            self._source.cancel()

    async def _fetch(self) -> None:
        self._rounds += 1
        number, self._began = self._rounds, time.monotonic()
        self._wake.clear()
        self._urgent = False
        rewind, self._rewind = self._rewind, None
        await asyncio.to_thread(self._work, rewind)
        self.failures = self.failures + 1 if _unreachable(self._source.peek()) else 0
        if self.failures:  # what is allowed once was not used yet
            self._rewind = self._rewind or rewind
        for asked, done in self._waiting:
            if asked <= number and not done.done():
                done.set_result(None)
        self._waiting = [(asked, done) for asked, done in self._waiting if asked > number]
        self._fetched()

    def _work(self, rewind: str | None) -> None:
        self._source.fetch(self._followed, rewind=rewind)

    async def _rest(self) -> None:
        wanted = pause(self._interval, self.failures, random.random())  # noqa: S311 -- spreads load, hides nothing
        try:
            async with asyncio.timeout(wanted):
                await self._wake.wait()
                while not self._urgent and (left := self._began + _LEAST - time.monotonic()) > 0:
                    await asyncio.sleep(min(left, 0.1))
        except TimeoutError:
            return

"""How each kind of source is followed: what wakes the daemon up, and when there is something to look at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from reconciler.sources.directory import DirectorySource
from reconciler.sources.git_source import GitSource
from reconciler.sources.polling import Polling
from reconciler.sources.protocol import Source
from reconciler.sources.watching import Watch


class Follower(Protocol):
    """A source and what wakes its reader up; everything but the source belongs to the event loop."""

    source: Source

    def following(self, hint: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """Call *hint*, from any thread, whenever something may have changed, for as long as the context lasts."""
        ...

    def arm(self) -> None:
        """Be ready to hear of the next change; called before each look."""
        ...

    def hasten(self) -> None:
        """Look sooner than planned."""
        ...

    def order(self, rewind: str | None) -> None:
        """Look now; *rewind* is a commit whose rewritten history may be taken."""
        ...

    @property
    def ready(self) -> bool:
        """Whether there is something to look at, and what was ordered last has been looked up."""
        ...

    @property
    def blind(self) -> bool:
        """Whether nothing wakes the daemon up, so that only looking often helps."""
        ...


class DirectoryFollower(Follower):
    """File events in the directory of a lockfile."""

    def __init__(self, source: DirectorySource, directory: Path) -> None:
        self.source = source
        self._directory = directory
        self._watch: Watch | None = None
        self._hint: Callable[[], None] | None = None

    @asynccontextmanager
    async def following(self, hint: Callable[[], None]) -> AsyncIterator[None]:
        """Watch the directory."""
        self._hint = hint
        with Watch(self._directory, hint) as self._watch:
            yield

    def arm(self) -> None:
        """Watch the directory that is there now."""
        if self._watch is not None:
            self._watch.arm()

    def hasten(self) -> None:
        """Take it that there was an event."""
        if self._hint is not None:
            self._hint()

    def order(self, rewind: str | None) -> None:  # noqa: ARG002 -- a directory has no history to rewrite
        """Take it that there was an event."""
        self.hasten()

    ready = True

    @property
    def blind(self) -> bool:
        """Whether the system refuses file events."""
        return self._watch is not None and self._watch.blind


class GitFollower(Follower):
    """A branch that is fetched at an interval; *followed* and *rewind* as `Polling` has them."""

    blind = False

    def __init__(
        self, source: GitSource, interval: timedelta, *, followed: Callable[[], str | None], rewind: str | None
    ) -> None:
        self.source: GitSource = source
        self._interval = interval
        self._followed = followed
        self._rewind = rewind
        self._polling: Polling | None = None
        self._ordered: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self, hint: Callable[[], None]) -> AsyncIterator[None]:
        """Fetch again and again."""
        self._polling = Polling(self.source, self._interval, followed=self._followed, fetched=hint, rewind=self._rewind)
        living = asyncio.create_task(self._polling.live())
        try:
            yield
        finally:
            for task in (living, self._ordered):
                if task is not None:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task

    def arm(self) -> None:
        """Nothing is to be armed: the next fetch comes by itself."""

    def hasten(self) -> None:
        """Fetch soon."""
        if self._polling is not None:
            self._polling.hasten()

    def order(self, rewind: str | None) -> None:
        """Fetch now."""
        if self._polling is not None:
            self._ordered = asyncio.create_task(self._polling.fresh(rewind))

    @property
    def ready(self) -> bool:
        """Whether a fetch has ended, one that began after the last order if there was one."""
        return self.source.peek() is not None and (self._ordered is None or self._ordered.done())

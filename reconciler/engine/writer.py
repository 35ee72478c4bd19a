"""Writes to the ledger off the event loop, grouped: what came during one transaction shares the next."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from reconciler.engine.ledger import check, ledger_path, open_ledger, store_errors, transaction
from reconciler.engine.quarantine import open_new, set_aside
from reconciler.errors import StoreBroken, StoreFailed

T = TypeVar("T")
_GROUP = 500


class _Order:
    """One write that somebody waits for."""

    def __init__(self, write: Callable[[sqlite3.Connection], Any], done: asyncio.Future[Any]) -> None:
        self.write = write
        self.done = done


class Writer:
    """One thread with one connection; a write is done when its transaction is committed to disk.

    A locked or failing store makes the writes of one group fail with StoreFailed and stops nothing else.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = ledger_path(state_dir)
        self._state_dir = state_dir
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        self._schema = -1
        self.broken: StoreBroken | None = None
        self._orders: deque[_Order] = deque()
        self._draining: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the ledger, making it if need be; raise StoreFailed if that cannot be done, StoreBroken if it is."""
        self._connection = await self._in_thread(lambda: open_ledger(self._state_dir))
        self._opened = _identity(self._path)

    async def replace(self, now: datetime, *, beyond: int) -> Path | None:
        """Take another ledger in place of the broken one, and return where that is now, if it is anywhere.

        One that somebody put in its place is taken if it is sound; otherwise a new one is made, whose runs are
        numbered above *beyond*. Raises StoreFailed; then it can be tried again.
        """

        def run() -> Path | None:
            self._drop()
            place = _identity(self._path)
            if None not in (place, self._opened) and place != self._opened:
                with suppress(StoreBroken):
                    self._connection = open_ledger(self._state_dir)
            aside = None
            if self._connection is None:
                aside = set_aside(self._state_dir, now) if place is not None else None
                self._connection = open_new(self._state_dir, beyond=beyond)
            return aside

        aside = await self._in_thread(run)
        self._opened = _identity(self._path)
        self._schema, self.broken = -1, None
        return aside

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def look_for_file(self) -> None:
        """Find the store broken if its file is no longer in its place: SQLite would go on writing to nowhere."""
        if self._connection is not None and _identity(self._path) != self._opened:
            self.broken = StoreBroken(f"{self._path}: the ledger was moved or deleted while it was in use")

    async def close(self) -> None:
        """Finish what was asked for and close the ledger."""
        while self._draining is not None:
            await self._draining
        if self._connection is not None:
            await self._in_thread(self._connection.close)
            self._connection = None
        self._thread.shutdown(wait=True)

    async def write(self, write: Callable[[sqlite3.Connection], T]) -> T:
        """Return what *write* returns once it is committed; raise StoreFailed if it could not be."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._orders.append(_Order(write, done))
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        return await done

    async def read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Return what *look* reads, without a transaction."""

        def run() -> T:
            with self._watching(), store_errors(self._path):
                return look(self._open_connection())

        return await self._in_thread(run)

    async def _drain(self) -> None:
        try:
            while self._orders:
                group = [self._orders.popleft() for _ in range(min(_GROUP, len(self._orders)))]
                try:
                    results = await self._in_thread(lambda group=group: self._commit(group))  # type: ignore[misc]
                except Exception as error:
                    results = [error] * len(group)
                for order, result in zip(group, results, strict=True):
                    _resolve(order.done, result)
        finally:
            self._draining = None

    def _commit(self, group: list[_Order]) -> list[Any]:
        connection = self._open_connection()
        with self._watching(), store_errors(self._path), transaction(connection):
            self._check_schema(connection)
            return [_attempt(connection, order) for order in group]

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Remember that the store was found broken inside."""
        try:
            yield
        except StoreBroken as error:
            self.broken = error
            raise

    def _check_schema(self, connection: sqlite3.Connection) -> None:
        """Raise StoreBroken if somebody planted a trigger since we looked last, before it can do anything."""
        (version,) = connection.execute("PRAGMA schema_version").fetchone()
        if version != self._schema:
            check(connection, self._path)
            self._schema = version

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreFailed(f"{self._path}: the ledger is closed")
        return self._connection

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _attempt(connection: sqlite3.Connection, order: _Order) -> Any:
    """Do one write of a group; a mistake in it undoes that write only, a fault of the store the whole group."""
    connection.execute("SAVEPOINT one")
    try:
        result = order.write(connection)
    except sqlite3.IntegrityError as error:
        connection.execute("ROLLBACK TO one")
        result = error
    except sqlite3.DatabaseError:
        raise
    except Exception as error:  # handed to whoever asked for the write
        connection.execute("ROLLBACK TO one")
        result = error
    connection.execute("RELEASE one")
    return result


def _resolve(done: asyncio.Future[Any], result: Any) -> None:
    if done.done():  # whoever asked is gone
        return
    if isinstance(result, Exception):
        done.set_exception(result)
    else:
        done.set_result(result)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

"""Writes to the ledger off the event loop, grouped: what came during one transaction shares the next."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from reconciler.engine.ledger import ledger_path, open_ledger, store_errors, transaction
from reconciler.errors import StoreFailed

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
        self._orders: deque[_Order] = deque()
        self._draining: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the ledger, making it if need be; raise StoreFailed if that cannot be done."""
        self._connection = await self._in_thread(lambda: open_ledger(self._state_dir))

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
            with store_errors(self._path):
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
        with store_errors(self._path), transaction(connection):
            return [_attempt(connection, order) for order in group]

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

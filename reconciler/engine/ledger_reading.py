"""Reading the ledger without a trace.

After a clean close the main file is complete, and it is opened read-only and immutable; should a writer
come in meanwhile, the snapshot is read again. With a daemon running, or after a crash, there is a `-wal`
to be read too: then `-shm` is opened read-only, while SQLite opens `-wal` for writing although it never
writes to it, which no option of its prevents. Only as a last resort, where a crashed ledger was copied
without its `-shm` or a writer keeps that file busy, does reading write: SQLite puts `-shm` in order.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from reconciler.engine.ledger import BUSY_SECONDS, check, is_empty, ledger_path, store_errors

_PAUSES = (0.02, 0.02, 0.05, 0.1, 0.2)
_GRANULARITY = 20_000_000  # nanoseconds: file systems keep times to a tick of the kernel
_WAL_HEADER = 32  # bytes
_PASSING = ("SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTLOCK", "SQLITE_READONLY_CANTINIT")
_LAST_RESORT = "cache=private"

T = TypeVar("T")


def reading(state_dir: Path, look: Callable[[sqlite3.Connection], T], absent: T) -> T:
    """Return what *look* reads from one snapshot of the ledger, or *absent* if there is none; write nothing.

    *look* may be called again where a writer came in between. Raises StoreFailed as `open_ledger` does.
    """
    path = ledger_path(state_dir)
    with store_errors(path):
        for pause in _PAUSES:
            settled, found = _try(path, look, absent)
            if settled:
                return found
            time.sleep(pause)
        return _look(path, look, absent, _LAST_RESORT)


def _try(path: Path, look: Callable[[sqlite3.Connection], T], absent: T) -> tuple[bool, T]:
    """Return whether the look was undisturbed, and what it found."""
    before = _fingerprint(path)
    if before is None:
        return True, absent
    if not before.live and before.fresh:
        return False, absent
    try:
        found = _look(path, look, absent, before.how)
    except Exception as error:  # a half-written file can make *look* stumble in any way
        if getattr(error, "sqlite_errorname", "") in _PASSING or _fingerprint(path) != before:
            return False, absent
        raise
    return before.live or _fingerprint(path) == before, found


def _look(path: Path, look: Callable[[sqlite3.Connection], T], absent: T, how: str) -> T:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro&{how}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("BEGIN")
        if is_empty(connection):  # made a moment ago, not yet filled
            return absent
        check(connection, path)
        return look(connection)
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class _Fingerprint:
    """The identity, size and time of the main file, and which of its companions there are."""

    main: tuple[int, int, int]
    wal: int | None
    shm: int | None

    @property
    def live(self) -> bool:
        """Whether somebody may have it open; then SQLite itself gives a consistent snapshot."""
        # A writer killed at the header of a new log leaves nothing to read in it, but SQLite, which may not
        # write `-shm`, takes the header for that of another log until it gives up: "locking protocol".
        if self.wal == _WAL_HEADER:
            return False
        return bool(self.wal) or (self.wal is not None and self.shm is not None)

    @property
    def how(self) -> str:
        """The URI parameter with which to read."""
        if not self.live:
            return "immutable=1"
        return "readonly_shm=1" if self.shm else _LAST_RESORT

    @property
    def fresh(self) -> bool:
        """Whether another write could have left the same time."""
        return 0 <= time.time_ns() - self.main[2] < _GRANULARITY


def _fingerprint(path: Path) -> _Fingerprint | None:
    """Return what is on disk now, or None if there is no ledger."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    wal, shm = (_size(path.with_name(path.name + suffix)) for suffix in ("-wal", "-shm"))
    return _Fingerprint((found.st_ino, found.st_size, found.st_mtime_ns), wal, shm)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None

"""The ledger: one SQLite file in the state directory, opened for writing or for reading without a trace.

Reading without a trace (`reading`): after a clean close the main file is complete, and it is opened
read-only and immutable; should a writer come in meanwhile, the snapshot is read again. With a daemon
running, or after a crash, there is a `-wal` to be read too: then `-shm` is opened read-only, while SQLite
opens `-wal` for writing although it never writes to it, which no option of its prevents. Only where a
crashed ledger was copied without its `-shm` does reading write: SQLite makes that file anew.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote
from uuid import uuid4

from reconciler.engine.ledger_schema import APPLICATION_ID, SCHEMA, VERSION, expected_schema, schema_of
from reconciler.errors import StoreFailed

FILENAME = "ledger.sqlite3"
BUSY_SECONDS = 5.0
_LOOKS = 5

T = TypeVar("T")


def ledger_path(state_dir: Path) -> Path:
    """Return where the ledger of *state_dir* is."""
    return state_dir / FILENAME


def open_ledger(state_dir: Path, *, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Return a connection that may write, the ledger and its directory being made if need be.

    Transactions are begun by hand (`transaction`). Raises StoreFailed if there is something else in its
    place, a newer format, or no permission.
    """
    path = ledger_path(state_dir)
    with store_errors(path):
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private(path)
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        with store_errors(path):
            _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(path: Path) -> None:
    """Make the file, readable by its owner only, unless it is there.

    An existing one is not even opened: POSIX gives up all of a process's locks on a file when *any* of its
    descriptors of that file is closed (fcntl(2), "advisory record locking"). The daemon would lose its hold
    on the ledger, and the next process to leave would take the write-ahead log away under it.
    """
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    if _is_empty(connection):
        _create(connection)
    _check(connection, path)
    connection.execute("PRAGMA synchronous = FULL")


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not schema_of(connection) and _pragma(connection, "application_id") == 0


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    with transaction(connection):
        if not _is_empty(connection):  # another process was faster
            return
        for statement in _statements(SCHEMA):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('installation', ?)", (uuid4().hex,))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of *script*, because `executescript` would commit the transaction they belong to."""
    statement = ""
    for line in script.splitlines(keepends=True):
        if not statement and (line.startswith("--") or line.isspace()):
            continue
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _check(connection: sqlite3.Connection, path: Path) -> None:
    application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if application == APPLICATION_ID and version > VERSION:
        raise StoreFailed(
            f"{path}: the ledger has format {version}, this program knows {VERSION}",
            hint="upgrade the program, or name another state directory with --state",
        )
    if application != APPLICATION_ID or schema_of(connection) != expected_schema():
        raise StoreFailed(
            f"{path}: this is not a ledger of this program, or something was added to it",
            hint="move the file away; jobs are rebuilt from the lockfile, the history of runs is in that file",
        )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def installation(connection: sqlite3.Connection) -> str:
    """Return the id of this installation, which owns the jobs it makes."""
    (value,) = connection.execute("SELECT value FROM meta WHERE key = 'installation'").fetchone()
    return str(value)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside, or none of it; the write lock is taken at once, so that nothing deadlocks later."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def reading(state_dir: Path, look: Callable[[sqlite3.Connection], T], absent: T) -> T:
    """Return what *look* reads from one snapshot of the ledger, or *absent* if there is none; write nothing.

    *look* may be called again where a writer came in between. Raises StoreFailed as `open_ledger` does.
    """
    path = ledger_path(state_dir)
    with store_errors(path):
        for remaining in reversed(range(_LOOKS)):
            before = _fingerprint(path)
            if before is None:
                return absent
            try:
                found = _look(path, look, absent, before.how)
            except (sqlite3.DatabaseError, StoreFailed):
                if remaining and _fingerprint(path) != before:
                    continue
                raise
            if before.live or _fingerprint(path) == before:
                return found
    raise StoreFailed(f"{path}: the ledger changed during every look at it", hint="try again")


def _look(path: Path, look: Callable[[sqlite3.Connection], T], absent: T, how: str) -> T:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro&{how}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("BEGIN")
        if _is_empty(connection):  # made a moment ago, not yet filled
            return absent
        _check(connection, path)
        return look(connection)
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class _Fingerprint:
    """The identity, size and time of the main file, and which of its companions hold something."""

    main: tuple[int, int, int]
    wal: bool
    shm: bool

    @property
    def live(self) -> bool:
        """Whether SQLite itself gives a consistent snapshot, whatever is written meanwhile."""
        return self.wal

    @property
    def how(self) -> str:
        """The URI parameter with which to read."""
        if not self.wal:
            return "immutable=1"
        return "readonly_shm=1" if self.shm else "cache=private"


def _fingerprint(path: Path) -> _Fingerprint | None:
    """Return what is on disk now, or None if there is no ledger."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    wal, shm = (_size(path.with_name(path.name + suffix)) for suffix in ("-wal", "-shm"))
    return _Fingerprint((found.st_ino, found.st_size, found.st_mtime_ns), wal > 0, shm > 0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say inside into StoreFailed about *path*."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StoreFailed(f"{path}: locked by another process", hint="try again in a moment") from error
        hint = next((hint for prefix, hint in _HINTS.items() if code.startswith(prefix)), None)
        raise StoreFailed(f"{path}: {error}", hint=hint) from error
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror}", hint=_WRITABLE) from error


_WRITABLE = "name a state directory you can write with --state"
_HINTS = {
    "SQLITE_NOTADB": "move the file away; jobs are rebuilt from the lockfile",
    "SQLITE_CORRUPT": "move the file away; jobs are rebuilt from the lockfile",
    "SQLITE_CANTOPEN": _WRITABLE,
    "SQLITE_READONLY": _WRITABLE,
    "SQLITE_FULL": "make room on the disk",
}

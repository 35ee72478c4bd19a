"""The ledger: one SQLite file in the state directory, opened for writing. `ledger_reading` reads it without a trace."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from reconciler.engine.ledger_schema import APPLICATION_ID, SCHEMA, UPGRADES, VERSION, expected_schema, schema_of
from reconciler.errors import StoreBroken, StoreFailed

T = TypeVar("T")
FILENAME = "ledger.sqlite3"
BUSY_SECONDS = 5.0
SET_ASIDE = (
    "`reconcile serve` sets it aside and rebuilds the jobs from the lockfile; the history of runs stays in that file"
)
"""What is done about a store that is broken."""


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
    if is_empty(connection):
        _create(connection)
    check(connection, path)
    if _pragma(connection, "user_version") < VERSION:
        _upgrade(connection)
    connection.execute("PRAGMA synchronous = FULL")


def is_empty(connection: sqlite3.Connection) -> bool:
    """Return whether nothing was ever made in the file."""
    return not schema_of(connection) and _pragma(connection, "application_id") == 0


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    with transaction(connection):
        if not is_empty(connection):  # another process was faster
            return
        for statement in _statements(SCHEMA):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('installation', ?)", (uuid4().hex,))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _upgrade(connection: sqlite3.Connection) -> None:
    """Bring a ledger of an earlier version up to date, whole or not at all."""
    with transaction(connection):
        # another process may have been faster
        for version in range(_pragma(connection, "user_version"), VERSION):
            for statement in _statements(UPGRADES[version]):
                connection.execute(statement)
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


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreFailed unless the file is a ledger of this format, or of an earlier one, and nothing else."""
    application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if application == APPLICATION_ID and version > VERSION:
        raise StoreFailed(
            f"{path}: the ledger has format {version}, this program knows {VERSION}",
            hint="upgrade the program, or name another state directory with --state",
        )
    if application != APPLICATION_ID or version < 1 or schema_of(connection) != expected_schema(version):
        raise StoreBroken(f"{path}: this is not a ledger of this program, or something was added to it", hint=SET_ASIDE)


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


def writing(state_dir: Path, change: Callable[[sqlite3.Connection], T]) -> T:
    """Return what *change* returns, done in one transaction on the ledger of *state_dir*, which is made if need be.

    Raises StoreFailed as `open_ledger` does; nothing is changed then.
    """
    with closing(open_ledger(state_dir)) as connection, store_errors(ledger_path(state_dir)), transaction(connection):
        return change(connection)


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say inside into StoreFailed about *path*."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StoreFailed(f"{path}: locked by another process", hint="try again in a moment") from error
        if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or "unsupported file format" in str(error):
            raise StoreBroken(f"{path}: {error}", hint=SET_ASIDE) from error
        hint = next((hint for prefix, hint in _HINTS.items() if code.startswith(prefix)), None)
        raise StoreFailed(f"{path}: {error}", hint=hint) from error
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror}", hint=_WRITABLE) from error


_WRITABLE = "name a state directory you can write with --state"
_HINTS = {
    "SQLITE_CANTOPEN": _WRITABLE,
    "SQLITE_READONLY": _WRITABLE,
    "SQLITE_FULL": "make room on the disk",
}

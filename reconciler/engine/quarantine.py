"""A broken ledger is set aside under a name that says when, and a new one takes its place."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from reconciler.engine.ledger import FILENAME, ledger_path, open_ledger, store_errors, transaction

_COMPANIONS = ("-wal", "-shm")
_NAME = re.compile(re.escape(FILENAME) + r"\.broken-(\d{8}T\d{6}Z)(\.\d+)?")


def is_hollow(state_dir: Path) -> bool:
    """Return whether the ledger is an empty file: SQLite would take it for a new one, and nobody would know."""
    try:
        return ledger_path(state_dir).stat().st_size == 0
    except OSError:
        return False


def set_aside(state_dir: Path, now: datetime) -> Path:
    """Move the ledger and its companions out of the way and return where the ledger is now; raise StoreFailed."""
    path = ledger_path(state_dir)
    free = path.with_name(f"{FILENAME}.broken-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    number = 1
    target = free
    while target.exists():
        number += 1
        target = free.with_name(f"{free.name}.{number}")
    with store_errors(path):
        for suffix in _COMPANIONS:
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(target.with_name(target.name + suffix))
        path.rename(target)
        directory = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    return target


def open_new(state_dir: Path, *, beyond: int) -> sqlite3.Connection:
    """Return a connection to a new ledger whose runs are numbered above *beyond*, as some may still be going."""
    connection = open_ledger(state_dir)
    with store_errors(ledger_path(state_dir)), transaction(connection):
        connection.execute("INSERT INTO sqlite_sequence VALUES ('runs', ?)", (beyond,))
    return connection


def kept(state_dir: Path) -> list[Path]:
    """Return the broken ledgers that were set aside and are still there, the oldest first."""
    try:
        found = [path for path in state_dir.iterdir() if _NAME.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(found)

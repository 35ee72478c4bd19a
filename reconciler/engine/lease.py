"""One daemon a state directory: an flock(2) on `daemon.lock`, which the kernel gives back when its holder dies.

The file holds the pid; its modification time is the daemon's last sign of life.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler.engine.ledger import store_errors
from reconciler.errors import AlreadyRunning, StoreFailed

FILENAME = "daemon.lock"
_TRIES = 10
_SIZE = 4096
_MOST_SAID = 500


@dataclass(frozen=True, slots=True)
class Holder:
    """The daemon that holds a state directory: its pid (None if unreadable), start and last sign of life (UTC).

    *store_error* is what it finds wrong with its store; it says so here, as it cannot in the store.
    """

    pid: int | None
    since: datetime | None
    beat: datetime
    store_error: str | None = None


class Lease:
    """The right to run the jobs of a state directory; `release` or the end of the process gives it back."""

    def __init__(self, path: Path, descriptor: int, since: datetime) -> None:
        self.path = path
        self._descriptor = descriptor
        self._since = since
        self._said: str | None = None
        self._write()

    def _write(self) -> None:
        """Write in place and always as much, so that a full disk cannot refuse it."""
        value = {"pid": os.getpid(), "since": self._since.isoformat(), "store_error": self._said}
        os.pwrite(self._descriptor, json.dumps(value).encode()[:_SIZE].ljust(_SIZE), 0)

    def lost(self) -> bool:
        """Return whether the file is another one now, or gone; a file system that does not answer took nothing away."""
        own = os.fstat(self._descriptor)
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return (found.st_dev, found.st_ino) != (own.st_dev, own.st_ino)

    def say(self, store_error: str | None) -> None:
        """Let `holder` tell what is wrong with the store, or that nothing is; the disk may refuse even that."""
        shown = store_error and store_error[:_MOST_SAID]
        if shown != self._said:
            self._said = shown
            with suppress(OSError):
                self._write()

    def beat(self) -> None:
        """Show a sign of life."""
        os.utime(self._descriptor)

    def release(self) -> None:
        """Give the lease back. The file stays: removing it would let two daemons hold two files of one name."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def acquire(state_dir: Path, now: datetime) -> Lease:
    """Return the lease on *state_dir*; raise AlreadyRunning, naming the pid, if another process has it."""
    path = state_dir / FILENAME
    with store_errors(path):
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _lock(descriptor)
        except BlockingIOError:
            found = _read(descriptor)
            os.close(descriptor)
            by = f"by the daemon with pid {found.pid}" if found.pid else "by another daemon"
            raise AlreadyRunning(
                f"{state_dir} is in use {by}", hint="stop it, or name another state directory with --state"
            ) from None
        except OSError as error:
            os.close(descriptor)
            hint = "name a state directory on a file system with locks (--state): two daemons could run the same jobs"
            raise StoreFailed(f"{path}: cannot be locked: {error.strerror}", hint=hint) from None
        return Lease(path, descriptor, now)


def _lock(descriptor: int) -> None:
    """Take the lock, waiting out those who only look whether somebody has it."""
    for remaining in reversed(range(_TRIES)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not remaining:
                raise
            time.sleep(0.02)
        else:
            return


def holder(state_dir: Path) -> Holder | None:
    """Return the daemon that holds *state_dir*, or None; write nothing."""
    try:
        descriptor = os.open(state_dir / FILENAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _read(descriptor: int) -> Holder:
    beat = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC)
    try:
        value = json.loads(os.pread(descriptor, _SIZE, 0))
        return Holder(int(value["pid"]), datetime.fromisoformat(value["since"]), beat, value.get("store_error"))
    except (ValueError, KeyError, TypeError):
        return Holder(None, None, beat)

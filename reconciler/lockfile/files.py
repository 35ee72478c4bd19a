"""The lockfile on disk: read whole, written so that a crash leaves the old or the new bytes."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from reconciler.errors import LockInvalid, StoreFailed
from reconciler.lockfile.text import HEAL, dumps, loads
from reconciler.model import Lock

FILENAME = "schedules.lock"
_FULL = (errno.ENOSPC, errno.EDQUOT)


def read(path: Path, *, name: str | None = None) -> Lock:
    """Return the lock in the file *path*, called *name* in messages.

    Raises LockInvalid if there is none, or if it is not what `dumps` writes.
    """
    shown = name or str(path)
    text = read_text(path, name=shown)
    if text is None:
        raise LockInvalid(f"{shown}: there is no lockfile", hint="run `reconcile compile`")
    return loads(text, file=shown)


def read_text(path: Path, *, name: str) -> str | None:
    """Return the text of the lockfile, or None if there is none; raise LockInvalid if it cannot be read as text."""
    try:
        return decoded(_content(path, name), name=name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LockInvalid(f"{name}: {error.strerror}") from None


def decoded(content: bytes, *, name: str) -> str:
    """Return *content* as text; raise LockInvalid, calling the file *name*, if it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LockInvalid(f"{name}: not UTF-8 text (byte {error.start})", hint=HEAL) from None


def _content(path: Path, name: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # to open a FIFO would be to wait for ever
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise LockInvalid(f"{name}: not a regular file", hint="put the lockfile itself there")
        return file.read()


def write(path: Path, lock: Lock) -> bool:
    """Write *lock* to *path* so that a crash leaves the old or the new bytes; return whether anything changed.

    Unchanged bytes are not written. The caller is the only writer of *path* at this moment: what a killed one
    left is removed. Raises StoreFailed if the directory cannot be written.
    """
    data = dumps(lock).encode()
    try:
        _sweep(path)
        if path.exists() and path.read_bytes() == data:
            return False
        write_atomically(path, data)
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror}", hint=_hint(path, data, error)) from None
    return True


def _hint(path: Path, data: bytes, error: OSError) -> str:
    with suppress(OSError):
        if path.read_bytes() == data:  # only the directory could not be synced
            return "the new lockfile is in place, but a power cut may bring the old one back"
    cure = "make room on the disk" if error.errno in _FULL else "make the directory writable"
    return f"nothing was changed; {cure}"


def write_atomically(path: Path, data: bytes) -> None:
    """Replace *path* by *data* through a synced temporary file in the same directory (rename(2) is atomic)."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), _mode(path))
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _mode(path: Path) -> int:
    """Return the mode of the file to be replaced, or what a new file would get."""
    with suppress(FileNotFoundError):
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _sweep(path: Path) -> None:
    """Remove the temporary files of writers that were killed."""
    for stray in path.parent.glob(f".{path.name}.*.tmp"):
        stray.unlink(missing_ok=True)

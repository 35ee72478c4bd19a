"""The lockfile of a directory, as the daemon follows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler import lockfile
from reconciler.errors import LockInvalid, ReconcileError
from reconciler.model import Lock


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A lock that was read whole, and the revision that names its content."""

    lock: Lock
    revision: str


class DirectorySource:
    """Reads one lockfile; `poll` is cheap while its bytes are the same."""

    def __init__(self, path: Path, *, name: str) -> None:
        self._path = path
        self._name = name
        self._reader = lockfile.Reader()
        self._seen: str | ReconcileError | None = None
        self._result: Snapshot | ReconcileError | None = None

    def poll(self) -> tuple[Snapshot | ReconcileError, bool]:
        """Return the current snapshot, or why there is none, and whether that is news."""
        try:
            text: str | ReconcileError | None = lockfile.read_text(self._path, name=self._name)
        except ReconcileError as error:
            text = error
        news = self._result is None or _key(text) != _key(self._seen)
        if news or self._result is None:
            self._seen, self._result = text, self._load(text)
        return self._result, news

    def _load(self, text: str | ReconcileError | None) -> Snapshot | ReconcileError:
        match text:
            case None:
                return LockInvalid(f"{self._name}: there is no lockfile", hint="run `reconcile compile`")
            case ReconcileError():
                return text
        try:
            lock = self._reader.loads(text, file=self._name)
        except ReconcileError as error:
            return error
        return Snapshot(lock, lockfile.lock_digest(lock))


def _key(text: str | ReconcileError | None) -> str | None:
    return str(text) if isinstance(text, ReconcileError) else text

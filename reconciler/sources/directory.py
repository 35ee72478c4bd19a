"""The lockfile of a directory, as the daemon follows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler import lockfile
from reconciler.errors import ReconcileError
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
        self._seen: str | None = None
        self._result: Snapshot | ReconcileError | None = None

    def poll(self) -> tuple[Snapshot | ReconcileError, bool]:
        """Return the current snapshot, or why there is none, and whether that is news."""
        try:
            text = lockfile.read_text(self._path, name=self._name)
        except ReconcileError as error:
            news = not isinstance(self._result, ReconcileError) or str(self._result) != str(error)
            self._seen, self._result = None, error
            return error, news
        if self._result is not None and text is not None and text == self._seen:
            return self._result, False
        self._seen = text
        previous, self._result = self._result, self._load(text)
        return self._result, str(previous) != str(self._result)

    def _load(self, text: str | None) -> Snapshot | ReconcileError:
        from reconciler.errors import LockInvalid

        if text is None:
            return LockInvalid(f"{self._name}: there is no lockfile", hint="run `reconcile compile`")
        try:
            lock = lockfile.loads(text, file=self._name)
        except ReconcileError as error:
            return error
        return Snapshot(lock, lockfile.lock_digest(lock))

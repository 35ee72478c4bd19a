"""The lockfile of a directory, as the daemon follows it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from reconciler import lockfile
from reconciler.errors import LockInvalid, ReconcileError
from reconciler.following import Place
from reconciler.sources.git_blobs import Repository
from reconciler.sources.protocol import Snapshot, Source
from reconciler.sources.settling import LONG_LULL, LULL

PATIENCE = 2.0
"""Seconds of waiting for a lull, in one poll."""
_ID = re.compile("^[^ #\n].*:$", re.MULTILINE)


class DirectorySource(Source):
    """Reads the lockfile of the project in *root*; `poll` is cheap while its bytes are the same.

    A file that is being written may look whole: cut between two entries, it is a lock of fewer jobs. So bytes are
    news only when they were read twice, a lull apart.
    """

    def __init__(self, path: Path, *, name: str, root: Path, pause: Callable[[float], None] = time.sleep) -> None:
        self.place = Place("directory", str(path.parent.absolute()))
        self._path = path
        self._name = name
        self._root = root
        self._pause = pause
        self._reader = lockfile.Reader()
        self._seen: str | ReconcileError | None = None
        self._result: Snapshot | ReconcileError | None = None

    def poll(self) -> tuple[Snapshot | ReconcileError, bool]:
        """Return the current snapshot, or why there is none, and whether that is news.

        While the file keeps changing, what was found before stays; the next poll tells.
        """
        text = self._read()
        if self._result is not None and _key(text) == _key(self._seen):
            return self._result, False
        settled, text = self._settled(text)
        if not settled:
            busy = LockInvalid(f"{self._name}: it changes all the time", hint="it is read when it stands still")
            return (busy, True) if self._result is None else (self._result, False)
        news = self._result is None or _key(text) != _key(self._seen)
        if self._result is None or news:
            self._seen, self._result = text, self._load(text)
        return self._result, news

    def at(self, revision: str) -> Snapshot:
        """Return the lock that the project's repository has at *revision*; no checkout is made."""
        repository = Repository(self._root)
        found = repository.commit(revision)
        folder, _, file = self._name.rpartition("/")
        blob = repository.files(found, folder, suffixes=(file,)).get(file)
        if blob is None:
            raise LockInvalid(f"{found}: there is no {self._name} in it", hint="name a revision that has a lockfile")
        name = f"{found}:{self._name}"
        return Snapshot(lockfile.loads(lockfile.decoded(blob, name=name), file=name), found.sha)

    def ahead(self, revision: str, of: str) -> int | None:  # noqa: ARG002 -- digests have no order
        """Return None: a file has no history."""
        return None

    def resolve(self, ref: str) -> str:
        """Return the full hash of the commit that *ref* names in the project's repository."""
        return Repository(self._root).commit(ref).sha

    def _read(self) -> str | ReconcileError | None:
        try:
            return lockfile.read_text(self._path, name=self._name)
        except ReconcileError as error:
            return error

    def _settled(self, text: str | ReconcileError | None) -> tuple[bool, str | ReconcileError | None]:
        """Return whether the file came to stand still, and what it holds."""
        waited = 0.0
        while waited < PATIENCE:
            lull = LONG_LULL if self._lacks_its_end(text) else LULL
            self._pause(lull)
            waited += lull
            before, text = text, self._read()
            if _key(text) == _key(before):
                return True, text
        return False, text

    def _lacks_its_end(self, text: str | ReconcileError | None) -> bool:
        """Return whether *text* ends before the last job of what was read before: entries are sorted by id."""
        return isinstance(self._seen, str) and (not isinstance(text, str) or _last_id(text) < _last_id(self._seen))

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
        return Snapshot(lock, self._reader.digest)


def _key(text: str | ReconcileError | None) -> str | None:
    return str(text) if isinstance(text, ReconcileError) else text


def _last_id(text: str) -> str:
    ids = _ID.findall(text)
    return str(ids[-1]) if ids else ""

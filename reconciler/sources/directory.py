"""The lockfile of a directory, as the daemon follows it."""

from __future__ import annotations

from pathlib import Path

from reconciler import lockfile
from reconciler.errors import LockInvalid, ReconcileError
from reconciler.following import Place
from reconciler.sources.git_blobs import Repository
from reconciler.sources.protocol import Snapshot, Source


class DirectorySource(Source):
    """Reads the lockfile of the project in *root*; `poll` is cheap while its bytes are the same."""

    def __init__(self, path: Path, *, name: str, root: Path) -> None:
        self.place = Place("directory", str(path.parent.absolute()))
        self._path = path
        self._name = name
        self._root = root
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

    def resolve(self, ref: str) -> str:
        """Return the full hash of the commit that *ref* names in the project's repository."""
        return Repository(self._root).commit(ref).sha

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

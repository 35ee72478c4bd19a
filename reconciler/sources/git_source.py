"""The lockfile of a branch, as the daemon follows it: fetched, held to have grown from what was applied, verified."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from reconciler import lockfile
from reconciler.errors import HistoryRewritten, LockInvalid, NotVerified, ReconcileError, SourceFailed
from reconciler.following import Place
from reconciler.sources.protocol import Snapshot, Source

if TYPE_CHECKING:
    from reconciler.sources.git_mirror import Mirror, Remote


class GitSource(Source):
    """What `fetch` found last; it may run in a thread of its own, and `poll` never waits for it."""

    def __init__(self, mirror: Mirror, remote: Remote) -> None:
        self.place = Place("git", remote.url, remote.branch, remote.path)
        self._mirror = mirror
        self._lock_name = f"{remote.path}/{lockfile.FILENAME}"
        self._reader = lockfile.Reader()
        self._guard = threading.Lock()
        self._found: Snapshot | ReconcileError | None = None
        self._news = True

    def fetch(self, followed: Callable[[], str | None], *, rewind: str | None = None) -> None:
        """Look at the branch once; *followed* tells which of its commits was applied last, if one was.

        A commit that does not descend from that one is an error, unless it is *rewind*; so is one that the
        signature policy refuses. Never raises: `poll` tells.
        """
        try:
            found: Snapshot | ReconcileError = self._look(followed(), rewind)
        except ReconcileError as error:
            found = error
        with self._guard:
            same = str(found) == str(self._found) if isinstance(found, ReconcileError) else found == self._found
            self._news = self._news or not same
            self._found = found

    def _look(self, followed: str | None, rewind: str | None) -> Snapshot:
        tip = self._mirror.fetch()
        known = self._found
        if isinstance(known, Snapshot) and known.revision == tip:
            return known
        if followed is not None and tip != followed and not self._mirror.descends(tip, followed):
            self._check_rewind(tip, followed, rewind)
            followed = None
        self._verify(tip, followed)
        return self._read(tip)

    def _verify(self, revision: str, since: str | None) -> None:
        try:
            self._mirror.verify(revision, since=since)
        except SourceFailed as error:
            raise NotVerified(error.problems) from None

    def _check_rewind(self, tip: str, followed: str, rewind: str | None) -> None:
        if rewind is not None and self._mirror.resolve(rewind) == tip:
            return
        message = f"{tip[:10]} does not come after {followed[:10]}, which was applied last"
        hint = f"if that is meant: `reconcile sync --allow-rewind {tip[:10]}`"
        raise HistoryRewritten(f"{self.place.branch} was rewritten: {message}", hint=hint)

    def _read(self, revision: str) -> Snapshot:
        name = f"{revision[:10]}:{self._lock_name}"
        text = self._mirror.lock_text(revision)
        if text is None:
            hint = "commit what `reconcile compile` writes, or name the folder that it is in with --path"
            raise LockInvalid(f"{name}: there is no lockfile", hint=hint)
        return Snapshot(self._reader.loads(text, file=name), revision)

    def poll(self) -> tuple[Snapshot | ReconcileError, bool]:
        """Return what the last `fetch` found, and whether that is news since the last time this was asked."""
        with self._guard:
            news, self._news = self._news, False
            return self._found or SourceFailed(f"{self.place} was not read yet"), news

    def peek(self) -> Snapshot | ReconcileError | None:
        """Return what the last `fetch` found; None before the first."""
        return self._found

    def at(self, revision: str) -> Snapshot:
        """Return the lock of a commit of the mirror, verified by itself."""
        found = self._mirror.resolve(revision)
        self._verify(found, None)
        return self._read(found)

    def resolve(self, ref: str) -> str:
        """Return the full hash of the commit that *ref* names."""
        return self._mirror.resolve(ref)

    def ahead(self, revision: str, of: str) -> int | None:
        """Return how many commits *revision* has that *of* has not; None where the mirror cannot tell."""
        try:
            return self._mirror.ahead(revision, of)
        except ReconcileError:
            return None

    def cancel(self) -> None:
        """End a fetch that runs."""
        self._mirror.cancel()

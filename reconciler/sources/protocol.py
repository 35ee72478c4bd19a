"""What every source of the lockfile can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reconciler.errors import ReconcileError
from reconciler.following import Place
from reconciler.model import Lock


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A lock that was read whole, and the revision that names its content."""

    lock: Lock
    revision: str


class Source(Protocol):
    """A place that is looked at again and again."""

    place: Place

    def poll(self) -> tuple[Snapshot | ReconcileError, bool]:
        """Return the snapshot that is in force there, or why there is none, and whether that is news."""
        ...

    def at(self, revision: str) -> Snapshot:
        """Return the snapshot of a *revision* of git, verified like any other; raise ReconcileError if it has none."""
        ...

    def ahead(self, revision: str, of: str) -> int | None:
        """Return how many commits *revision* has that *of* has not; None where that cannot be told."""
        ...

    def resolve(self, ref: str) -> str:
        """Return the full hash of the commit that *ref* names; raise ReconcileError if it names none."""
        ...

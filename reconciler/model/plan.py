"""What has to change so that the engine matches the lock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.lock import LockEntry


class Action(StrEnum):
    """What a change does to a job."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    PAUSE = "pause"
    RESUME = "resume"
    NOOP = "noop"


class Reason(StrEnum):
    """Why a change is due."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    DRIFT = "drift"
    MISSING = "missing"
    RESTORED = "restored"
    MOVED = "moved"
    ADOPTED = "adopted"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a plan: *before* is what the engine holds, *after* what the lock says.

    *previous_id* is set where `moved:` renames a job, which keeps its history.
    """

    action: Action
    id: str
    reason: Reason
    before: LockEntry | None = None
    after: LockEntry | None = None
    previous_id: str | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit the plan breaks: what, and the option that allows it."""

    message: str
    hint: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered changes that make the engine match the lock; *drift* are those nobody asked for in git.

    A plan with *breaches* must not be applied. *digest* identifies what would be done.
    """

    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    unchanged: int
    breaches: tuple[Breach, ...]
    digest: str

    @property
    def pending(self) -> tuple[Change, ...]:
        """All changes, drift included, in the order they are applied."""
        return self.changes + self.drift

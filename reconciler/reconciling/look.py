"""What one look found, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from reconciler.errors import ReconcileError
from reconciler.following import Followed, Following, Pin, Place
from reconciler.model import Lock, Observed, Pause, Plan
from reconciler.sources.protocol import Snapshot
from reconciler.steering import Steered

_SHORT = 10
_SHA1 = 40


@dataclass(frozen=True, slots=True)
class Look:
    """What the *place* says (*found*), and what is to be in force (*wanted*): the same, or what *pin* names.

    *expired* says that there was a pin whose time is over. Without a readable *wanted* there is no plan, and
    nothing is steered.
    """

    place: Place
    now: datetime
    remembered: Followed
    found: Snapshot | ReconcileError
    wanted: Snapshot | ReconcileError
    observed: Observed
    pin: Pin | None = None
    expired: bool = False
    planned: Plan | None = None
    steered: Steered = field(default_factory=Steered)

    @property
    def lock(self) -> Lock | None:
        """The lock that is to be in force, if it could be read."""
        return None if isinstance(self.wanted, ReconcileError) else self.wanted.lock

    @property
    def following(self) -> Following:
        """What is remembered of the place; nothing, if another one was followed until now."""
        known = self.remembered.following
        return known if known is not None and known.place.is_same(self.place) else Following(self.place)

    @property
    def pauses(self) -> dict[str, Pause]:
        """The pauses set by hand that are in force, by job."""
        jobs = self.observed.jobs.values()
        return {
            job.id: job.pause
            for job in jobs
            if job.pause is not None and (job.pause.until is None or job.pause.until > self.now)
        }

    def named(self, revision: str) -> str:
        """Return *revision* as records name it, after Flux: `main@sha1:4f2a…` in full, or the digest of a lock."""
        if self.place.kind == "directory":
            return revision
        algorithm = "sha1" if len(revision) == _SHA1 else "sha256"
        return f"{self.place.branch}@{algorithm}:{revision}"

    def label(self, revision: str) -> str:
        """Return *revision* for people: `main@4f2a9c1b0d`, or the beginning of a digest."""
        short = revision.removeprefix("sha256:")[:_SHORT]
        followed_git = self.place.kind == "git" and self.pin is None
        return f"{self.place.branch}@{short}" if followed_git else short

"""What a reconciler follows, how far it got, and what people told it: values that outlive the process. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

KEPT = timedelta(days=7)
"""How long a job that git no longer names is kept, so that a revert brings its pause back."""

PATIENCE = timedelta(minutes=5)
"""How long whoever asks the daemon to look waits for its answer at the most, and how old an order may be."""

Truth: TypeAlias = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the lockfile comes from: a directory, or the folder *path* of a *branch* at a git URL without secrets."""

    kind: Literal["directory", "git"]
    where: str
    branch: str = ""
    path: str = ""

    def is_same(self, other: Place) -> bool:
        """Return whether what is remembered of *other* holds here: a directory may be called by another name."""
        return self == other or self.kind == other.kind == "directory"

    def __str__(self) -> str:
        return self.where if self.kind == "directory" else f"{self.branch} of {self.where}"


@dataclass(frozen=True, slots=True)
class Following:
    """How far a reconciler got with a place; revisions are lock digests of a directory, commit hashes of git.

    *attempted* was read last, and *error* says why it is not in force. *followed* was applied last of the place
    itself: what comes next has to descend from it. *applied* is in force: the same, or what a pin names.
    *freeze* is the freeze of the lock in force, as the lockfile writes it.
    """

    place: Place
    attempted: str | None = None
    attempted_at: datetime | None = None
    error: str | None = None
    followed: str | None = None
    applied: str | None = None
    applied_at: datetime | None = None
    freeze: str | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """Somebody holds the scheduler at a *revision* whatever git says: who, when (UTC), why, and until when."""

    revision: str
    by: str
    at: datetime
    reason: str | None = None
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Return whether it is still in force."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Allowances:
    """What an operator allows, once: that many stops, those jobs to be stopped, this rewritten history, a freeze."""

    stops: int | None = None
    stopped: frozenset[str] = frozenset()
    rewind: str | None = None
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """Somebody asks the daemon to look now; *id* is what its answer names.

    It holds for `PATIENCE`: what was allowed then is not allowed for ever.
    """

    id: str
    at: datetime
    by: str
    allowances: Allowances = Allowances()


@dataclass(frozen=True, slots=True)
class Answer:
    """How the look that an order asked for ended: the sync status, why, and the exit code that says it."""

    order: str
    sync: str
    message: str
    exit_code: int
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is so, is not, or is not known: a *reason* in one word, a sentence, and since when (UTC).

    As in Kubernetes; *since* is when *status* or *reason* changed last.
    """

    type: str
    status: Truth
    reason: str
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One applied plan: its number, when (aware UTC), the revision of the source, the digest of all jobs after it."""

    number: int
    at: datetime
    revision: str
    digest: str
    summary: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A job that git no longer names: since when, and whether it was paused by hand."""

    id: str
    removed_at: datetime
    paused: bool

    @property
    def until(self) -> datetime:
        """When nothing is left of it but the history of its runs."""
        return self.removed_at + KEPT


@dataclass(frozen=True, slots=True)
class Event:
    """Something done to the scheduler: *kind* in one word, to which job (None: all), by whom, in a sentence."""

    at: datetime
    kind: str
    message: str
    job_id: str | None = None
    actor: str | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """What one look adds to the record; *unpinned* says that the pin there is has expired."""

    following: Following
    conditions: tuple[Condition, ...]
    events: tuple[Event, ...] = ()
    answer: Answer | None = None
    unpinned: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """All that is remembered: how far a place was followed, what holds it, what is asked, what was found last."""

    following: Following | None = None
    pin: Pin | None = None
    order: Order | None = None
    conditions: Mapping[str, Condition] = field(default_factory=dict)


def carried(conditions: Iterable[Condition], before: Mapping[str, Condition]) -> tuple[Condition, ...]:
    """Return *conditions* with the times of those *before* that have not changed since."""

    def one(condition: Condition) -> Condition:
        old = before.get(condition.type)
        same = old is not None and (old.status, old.reason) == (condition.status, condition.reason)
        return replace(condition, since=old.since) if old is not None and same else condition

    return tuple(map(one, conditions))

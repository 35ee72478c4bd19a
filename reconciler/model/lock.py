"""What was reviewed: the lockfile and its entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.declaration import RunSpec
from reconciler.model.timing import Evidence, Limits, Timing


@dataclass(frozen=True, slots=True)
class LockEntry:
    """One schedule as reviewed: the question (*when*), the answer (*timing*), what runs, and where it came from.

    *timezone_from_phrase* is true where the phrase, not the declaration, named the zone: then a new
    default zone does not make the entry stale. *conventions* likewise are those the answer used.
    *declared* is the part of the timing's limits that comes from the declaration's keys and not from a phrase.
    *source* is the YAML file, relative to the project. *paused_until* (naive wall time in the timing's zone) ends what
    *paused* says; `timing.paused_in_git` knows. A *protected* job is stopped only if an operator names it.
    """

    id: str
    when: tuple[str, ...]
    means: str
    timing: Timing
    evidence: Evidence
    compiled_by: str
    run: RunSpec
    source: str
    timezone_from_phrase: bool = False
    assumptions: tuple[str, ...] = ()
    conventions: tuple[tuple[str, str], ...] = ()
    declared: Limits = Limits()
    description: str | None = None
    owner: str | None = None
    runbook: str | None = None
    paused: bool = False
    paused_until: datetime | None = None
    protected: bool = False
    moved: str | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """When changes are held back: *timing* is due in every minute of it. *source* is the YAML file."""

    when: tuple[str, ...]
    means: str
    timing: Timing
    source: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """The compiled schedules of a project, by id, and when changes are held back."""

    entries: Mapping[str, LockEntry]
    freeze: Freeze | None = None

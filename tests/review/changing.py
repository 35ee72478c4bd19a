"""Locks to compare, and reports of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reconciler.model import Lock, LockEntry
from reconciler.review.change_notes import Version
from reconciler.review.changes import Report, ScheduleChange, compare

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def version(name: str, *entries: LockEntry, **changes: Any) -> Version:
    return Version(name, Lock({one.id: one for one in sorted(entries, key=lambda one: one.id)}), **changes)


def report(before: list[LockEntry], after: list[LockEntry], **options: Any) -> Report:
    """Return the report on two lists of entries, as of Monday 23 November 2026, 10:00 UTC."""
    return compare(
        version("main", *before),
        version("feature", *after),
        now=options.pop("now", NOW),
        lock_name="schedules/schedules.lock",
        **options,
    )


def only(found: Report) -> ScheduleChange:
    (change,) = found.changes
    return change


def codes(change: ScheduleChange) -> list[str]:
    return [one.code for one in change.concerns]

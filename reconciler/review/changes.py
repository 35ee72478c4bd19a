"""What changed between two lockfiles, as a reviewer asks it: what will fire, when, and who says so. Pure.

Changes are classified by the plan that an engine holding the first lock would make of the second, so that what
is reviewed is what will be applied; its guard is the plan's too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from reconciler.lockfile import entry_to_json, rule_to_json
from reconciler.model import (
    Change,
    Job,
    Json,
    LockEntry,
    Observed,
    Origin,
    Reason,
    canonical_json,
)
from reconciler.planning import plan
from reconciler.review.change_notes import Note, Version, in_repository, notes
from reconciler.review.concerns import Concern, Level, Surroundings, concerns
from reconciler.review.hot_spots import HotSpot, Traffic
from reconciler.timing import count_fires, equal, fires, pause_end, paused_in_git, week_load

_NEXT = 3
_TICK = timedelta(microseconds=1)
_WEEK = timedelta(days=7)
# what has words of its own in a report
_TOLD = frozenset(
    "when means cron month_days interval timezone timezone_from evidence compiled_by assumptions conventions moved "
    "declared dst holidays".split()
)


class Kind(StrEnum):
    """What became of a schedule."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Side:
    """A schedule on one side: its entry, its next fires (UTC) and its *runs* in the coming week; none if paused."""

    entry: LockEntry
    next: tuple[datetime, ...]
    runs: int

    @property
    def fields(self) -> list[dict[str, Json]]:
        """Return the kwargs of each member, or the interval, as the lockfile says them, with the timezone."""
        shown = rule_to_json(self.entry.timing)
        rules = [one for found in shown.values() for one in (found if isinstance(found, list) else [found])]
        return [{**rule, "timezone": self.entry.timing.timezone} for rule in rules if isinstance(rule, dict)]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that is not about when the schedule fires; None: it is not there, and has its default."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """What became of one schedule, with everything a reviewer needs to say yes or no.

    *fires_alike* says that no fire time changes. *origin* is the place in the YAML, or in the lockfile for a
    schedule that is gone, from the repository's top.
    """

    kind: Kind
    id: str
    before: Side | None
    after: Side | None
    fires_alike: bool
    fields: tuple[FieldChange, ...]
    concerns: tuple[Concern, ...]
    origin: Origin
    previous_id: str | None = None

    @property
    def side(self) -> Side:
        """Return the side that counts: after, or before where the schedule is gone."""
        side = self.after or self.before
        assert side is not None
        return side

    @property
    def more_runs(self) -> int:
        """Return how many more runs the coming week has; negative for fewer."""
        return (self.after.runs if self.after else 0) - (self.before.runs if self.before else 0)


@dataclass(frozen=True, slots=True)
class Report:
    """All that a comparison found; what is unchanged is only counted. *now* is when due times count from."""

    before: str
    after: str
    now: datetime
    changes: tuple[ScheduleChange, ...]
    unchanged: int
    runs_before: int
    runs_after: int
    notes: tuple[Note, ...]
    hot_spots: tuple[HotSpot, ...]

    @property
    def need_a_look(self) -> int:
        """Return how many schedules somebody should look at before they are merged."""
        return sum(1 for one in self.changes if one.concerns)

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to say."""
        return not self.changes and not self.notes

    def count(self, kind: Kind) -> int:
        """Return how many changes are of *kind*."""
        return sum(1 for one in self.changes if one.kind is kind)


def compare(
    before: Version,
    after: Version,
    *,
    now: datetime,
    lock_name: str,
    prefix: str = "",
    usual: Mapping[str, timedelta] | None = None,
) -> Report:
    """Return what changes from *before* to *after*, for due times from *now* on.

    *lock_name* is the lockfile's path in the project and *prefix* the project's path in its repository.
    *usual* is how long each schedule's runs usually take, where a ledger is at hand. The policy is that of
    *before*: a change cannot lift the limits it is held to.
    """
    start = now.replace(second=0, microsecond=0)
    held = {id: Job(id, entry, "", "", "") for id, entry in before.lock.entries.items()}
    planned = plan(after.lock, Observed(held, frozenset(), dict.fromkeys(held, "")))
    traffic = Traffic(before.lock, after.lock, start)
    around = Surroundings(now, before.policy, usual or {}, traffic)
    places = _places(after, prefix)
    lock_at = Origin(prefix + lock_name, 1, 1)
    changes = [
        _schedule_change(one, around, places.get(one.id) or _source(one, prefix, lock_at)) for one in planned.pending
    ]
    return Report(
        before=before.name,
        after=after.name,
        now=now,
        changes=tuple(sorted(changes, key=_by_weight)),
        unchanged=planned.unchanged,
        runs_before=traffic.runs_before,
        runs_after=traffic.runs_after,
        notes=(
            *notes(before, after, prefix, lock_name),
            *(Note(Level.WARNING, "guard", breach.message, lock_at, breach.hint) for breach in planned.breaches),
        ),
        hot_spots=traffic.hot_spots,
    )


def _by_weight(change: ScheduleChange) -> tuple[int, str]:
    worst = min((one.level.rank for one in change.concerns), default=9)
    return worst, change.id


def _places(version: Version, prefix: str) -> dict[str, Origin]:
    if version.declaration is None:
        return {}
    return {one.id: in_repository(one.phrase_origins[0], prefix) for one in version.declaration.schedules}


def _source(change: Change, prefix: str, lock_at: Origin) -> Origin:
    return lock_at if change.after is None else Origin(prefix + change.after.source, 1, 1)


def _schedule_change(change: Change, around: Surroundings, origin: Origin) -> ScheduleChange:
    before, after = (None if one is None else _side(one, around.now) for one in (change.before, change.after))
    alike = before is not None and after is not None and _alike(before, after)
    return ScheduleChange(
        kind=_kind(change),
        id=change.id,
        before=before,
        after=after,
        fires_alike=alike,
        fields=tuple(_fields(change.before, change.after)) if change.before and change.after else (),
        concerns=tuple(concerns(change.before, change.after, around, fires_alike=alike)),
        origin=origin,
        previous_id=change.previous_id,
    )


def _kind(change: Change) -> Kind:
    if change.reason is Reason.MOVED:
        return Kind.MOVED
    if change.before is None:
        return Kind.ADDED
    return Kind.REMOVED if change.after is None else Kind.CHANGED


def _side(entry: LockEntry, now: datetime) -> Side:
    start = now.replace(second=0, microsecond=0)
    if not paused_in_git(entry, now):
        due = tuple(islice(fires(entry.timing, now - _TICK), _NEXT))
        return Side(entry, due, week_load(entry.timing, start).runs)
    end = pause_end(entry)
    if end is None:
        return Side(entry, (), 0)
    due = tuple(islice(fires(entry.timing, end - _TICK), _NEXT))
    return Side(entry, due, count_fires(entry.timing, end - _TICK, max(end, start + _WEEK) - _TICK))


def _alike(before: Side, after: Side) -> bool:
    """Return whether both fire at the same times for ever; the next fires tell most that do not at once."""
    if (before.entry.paused, before.entry.paused_until) != (after.entry.paused, after.entry.paused_until):
        return False
    first, second = before.entry.timing, after.entry.timing
    return first == second or (before.next == after.next and before.runs == after.runs and equal(first, second))


def _fields(before: LockEntry, after: LockEntry) -> Iterator[FieldChange]:
    old, new = beside_timing(before), beside_timing(after)
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            yield FieldChange(name, old.get(name), new.get(name))


def beside_timing(entry: LockEntry) -> dict[str, str]:
    """Return what *entry* says beside its timing, each as text; the parts of `run` on their own."""
    shown = entry_to_json(entry)
    run = shown.pop("run")
    assert isinstance(run, dict)
    flat = {key: value for key, value in shown.items() if key not in _TOLD} | run
    if entry.paused:
        flat["paused"] = True
    return {key: value if isinstance(value, str) else canonical_json(value) for key, value in flat.items()}

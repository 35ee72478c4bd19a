"""The plan: what it takes to make an engine match a lock, and the limits it must not break. Pure.

| desired | last applied | observed      | change                           |
|---------|--------------|---------------|----------------------------------|
| yes     | -            | -             | create (added)                   |
| yes     | -            | yes, not ours | refused without --adopt          |
| yes     | same         | same          | nothing                          |
| yes     | same         | differs       | update (drift)                   |
| yes     | differs      | any           | update (changed)                 |
| yes     | yes          | -             | create (missing), listed as drift|
| -       | yes          | yes           | delete (removed), within limits  |
| -       | yes          | -             | the record is forgotten          |
| -       | -            | yes           | never touched                    |

An unreadable lock never gets here: the caller does nothing at all and reports `Unknown`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.lockfile import checksum
from reconciler.model import Action, Breach, Change, Job, Lock, LockEntry, Observed, Plan, Reason, digest

_MOST_STOPPED = 0.30
_ORDER = {Action.CREATE: 0, Action.UPDATE: 1, Action.RESUME: 2, Action.PAUSE: 3, Action.DELETE: 4, Action.NOOP: 5}


def plan(
    lock: Lock,
    observed: Observed,
    *,
    adopt: frozenset[str] = frozenset(),
    allow_deletes: int | None = None,
    allow_stops: frozenset[str] = frozenset(),
) -> Plan:
    """Return the plan that makes *observed* match *lock*.

    Changes come in the order they are applied: what starts first, what stops last. *adopt* names foreign
    jobs that may be taken over. *allow_deletes* is how many jobs may be stopped in this plan; without it
    the limit is a third of them, and never all. *allow_stops* names jobs that may be stopped besides, even if
    they are protected.
    """
    changes = sorted(_changes(lock, observed, adopt), key=lambda one: (_ORDER[one.action], one.id))
    wanted = tuple(one for one in changes if one.reason not in (Reason.DRIFT, Reason.MISSING))
    drift = tuple(one for one in changes if one.reason in (Reason.DRIFT, Reason.MISSING))
    breaches = (*_foreign(lock, observed, adopt), *_stops(lock, observed, changes, allow_deletes, allow_stops))
    unchanged = len((lock.entries.keys() & observed.jobs.keys()) - {one.id for one in changes})
    return Plan(wanted, drift, unchanged, breaches, _digest(changes))


def _changes(lock: Lock, observed: Observed, adopt: frozenset[str]) -> Iterator[Change]:
    moved = {
        entry.moved: id
        for id, entry in lock.entries.items()
        if entry.moved in observed.jobs and entry.moved not in lock.entries and id not in observed.jobs
    }
    renamed = {new: old for old, new in moved.items() if old is not None}
    for id, desired in lock.entries.items():
        if id in renamed:
            before = observed.jobs[renamed[id]].entry
            yield Change(Action.UPDATE, id, Reason.MOVED, before, desired, previous_id=renamed[id])
        elif id in observed.jobs:
            yield from _existing(desired, observed.jobs[id])
        elif id not in observed.foreign:
            new = Reason.RESTORED if id in observed.buried else Reason.ADDED
            reason = Reason.MISSING if id in observed.applied else new
            yield Change(Action.CREATE, id, reason, None, desired)
        elif id in adopt:
            yield Change(Action.CREATE, id, Reason.ADOPTED, None, desired)
    for id in (observed.jobs.keys() | observed.applied.keys()) - lock.entries.keys() - moved.keys():
        job = observed.jobs.get(id)
        if job is None:
            yield Change(Action.DELETE, id, Reason.MISSING)
        elif job.applied is not None:
            yield Change(Action.DELETE, id, Reason.REMOVED, job.entry)


def _existing(desired: LockEntry, job: Job) -> Iterator[Change]:
    if job.applied == job.checksum and job.entry == desired:
        return
    wanted = checksum(desired)
    reason = Reason.DRIFT if job.applied == wanted else Reason.CHANGED
    action = Action.UPDATE
    only = replace(job.entry, paused=desired.paused, paused_until=desired.paused_until) == desired
    if only and (job.entry.paused, job.entry.paused_until) != (desired.paused, desired.paused_until):
        action = Action.PAUSE if desired.paused else Action.RESUME
    yield Change(action, desired.id, reason, job.entry, desired)


def _foreign(lock: Lock, observed: Observed, adopt: frozenset[str]) -> Iterator[Breach]:
    taken = sorted((lock.entries.keys() & observed.foreign) - adopt)
    if taken:
        hint = "take them over with " + " ".join(f"--adopt {id}" for id in taken) + ", or rename the schedules"
        yield Breach(f"not made by this reconciler: {', '.join(taken)}", hint, tuple(taken))


def _stops(
    lock: Lock, observed: Observed, changes: list[Change], allow_deletes: int | None, allow_stops: frozenset[str]
) -> Iterator[Breach]:
    # a pause that ends by itself may be over: what is stopped then counts
    running = {
        id: job
        for id, job in observed.jobs.items()
        if job.applied is not None and not (job.entry.paused and job.entry.paused_until is None)
    }
    stops = {one.previous_id or one.id for one in changes if _stops_it(one)}
    stopped = sorted((stops & running.keys()) - allow_stops)
    protected = [id for id in stopped if running[id].entry.protected]
    if protected:
        hint = "if that is meant, repeat with " + " ".join(f"--allow-deletes {id}" for id in protected)
        yield Breach(f"this would stop what is protected: {', '.join(protected)}", hint, tuple(protected))
    if stopped:
        yield from _too_many(lock, stopped, len(running), allow_deletes)


def _stops_it(change: Change) -> bool:
    """Return whether *change* removes its job, or pauses it, be it with other changes or under another id."""
    before, after = change.before, change.after
    if before is None or after is None:
        return change.action is Action.DELETE
    return after.paused and (before.paused, before.paused_until) != (after.paused, after.paused_until)


def _too_many(lock: Lock, stopped: list[str], running: int, allow_deletes: int | None) -> Iterator[Breach]:
    limit = max(1, int(_MOST_STOPPED * running)) if allow_deletes is None else allow_deletes
    hint = f"if that is meant, repeat with --allow-deletes {len(stopped)}"
    if len(stopped) > limit:
        share = f"{len(stopped)} of {running} jobs ({len(stopped) / running:.0%})"
        yield Breach(f"this would stop {share}, more than the limit of {limit}", hint, tuple(stopped))
    elif not lock.entries and allow_deletes is None:
        yield Breach("the lockfile is empty: this would stop every job", hint, tuple(stopped))


def _digest(changes: list[Change]) -> str:
    """Return what identifies the changes: equal for the same changes from the same state, whenever computed."""
    return digest(
        [
            {
                "action": one.action.value,
                "id": one.id,
                "reason": one.reason.value,
                "before": _checksum(one.before),
                "after": _checksum(one.after),
                "previous_id": one.previous_id,
            }
            for one in changes
        ]
    )


def _checksum(entry: LockEntry | None) -> str | None:
    return None if entry is None else checksum(entry)

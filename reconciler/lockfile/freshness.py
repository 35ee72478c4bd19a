"""Whether a lock still answers what is declared, and what a declaration adds to a compiled answer.

The answer to a phrase (its timing) depends on the phrases, the declared zone and the conventions it used,
and on nothing else: as long as those are unchanged the answer is copied, whatever program or model gave
it. Everything else in an entry is derived from the declaration each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.errors import Problem
from reconciler.lockfile.declared import as_declared, calendars_of, own_timing
from reconciler.lockfile.entries import entry_to_json
from reconciler.model import (
    Compiled,
    Conventions,
    Declaration,
    DeclaredFreeze,
    Freeze,
    Lock,
    LockEntry,
    Origin,
    Schedule,
)
from reconciler.timing import canonical, english


def new_entry(schedule: Schedule, compiled: Compiled, *, before: LockEntry | None = None) -> LockEntry:
    """Return the lock entry for *schedule* with a freshly compiled answer; holiday dates as in the one *before*."""
    reading = compiled.reading
    timing, declared = as_declared(reading.timing, schedule, calendars_of(before))
    return LockEntry(
        id=schedule.id,
        when=schedule.phrases,
        means=english(timing),
        timing=timing,
        evidence=compiled.evidence,
        compiled_by=compiled.compiled_by,
        run=schedule.run,
        source=schedule.origin.file,
        timezone_from_phrase=reading.zone_in_phrase,
        assumptions=reading.assumptions,
        conventions=reading.conventions,
        declared=declared,
        description=schedule.description,
        owner=schedule.owner,
        runbook=schedule.runbook,
        paused=schedule.paused,
        paused_until=schedule.paused_until,
        protected=schedule.protected,
        moved=schedule.moved,
    )


def answers(entry: LockEntry, schedule: Schedule, conventions: Conventions) -> bool:
    """Return whether *entry*'s timing was compiled from what *schedule* asks today."""
    if entry.when != schedule.phrases or _zone_changed(entry, schedule):
        return False
    return not entry.conventions or dict(entry.conventions).items() <= conventions.as_text().items()


def _zone_changed(entry: LockEntry, schedule: Schedule) -> bool:
    """Return whether *schedule* declares another zone than *entry* has; an older id of a zone is the same zone."""
    if entry.timezone_from_phrase:
        return False
    return schedule.timezone is None or canonical(entry.timing.timezone) != canonical(schedule.timezone)


def renewed(entry: LockEntry, schedule: Schedule) -> LockEntry:
    """Return *entry* with its answer kept and everything else as *schedule* declares it."""
    timing, declared = as_declared(own_timing(entry), schedule, calendars_of(entry))
    return replace(
        entry,
        timing=timing,
        declared=declared,
        means=entry.means if timing == entry.timing else english(timing),
        run=schedule.run,
        source=schedule.origin.file,
        description=schedule.description,
        owner=schedule.owner,
        runbook=schedule.runbook,
        paused=schedule.paused,
        paused_until=schedule.paused_until,
        protected=schedule.protected,
        moved=schedule.moved,
    )


def held(declaration: Declaration, lock: Lock) -> dict[str, LockEntry]:
    """Return the entries that stay as they are, as nobody knows what is meant now: those of invalid schedules.

    The entry of one that says it was moved, and has none of its own, is that of the id it had before.
    """
    declared = {schedule.id for schedule in declaration.schedules}
    ids = {id for one in declaration.invalid if (id := entry_id(one.id, one.moved, lock)) is not None} - declared
    return {id: lock.entries[id] for id in sorted(ids)}


def entry_id(id: str, moved: str | None, lock: Lock) -> str | None:
    """Return the id that *lock* has for the schedule *id*: its own, or the one it *moved* from; None if neither."""
    return next((one for one in (id, moved) if one in lock.entries), None)


def stale(declaration: Declaration, lock: Lock, *, lock_file: str) -> Iterator[Problem]:
    """Yield a problem for every schedule whose lock entry is missing, left over, or not what is declared.

    Of invalid schedules, which have problems of their own, nothing is said.
    """
    hint = "run `reconcile compile` and commit the lockfile"
    declared = {schedule.id: schedule for schedule in declaration.schedules}
    for id, schedule in declared.items():
        entry = lock.entries.get(id)
        if entry is None:
            yield Problem(f"{id}: not in the lockfile", schedule.origin, hint)
        elif not answers(entry, schedule, declaration.conventions):
            yield Problem(f"{id}: {_question_change(entry, schedule)}", schedule.phrase_origins[0], hint)
        elif (now := renewed(entry, schedule)) != entry:
            what = ", ".join(_changed_fields(entry_to_json(entry), entry_to_json(now)))
            yield Problem(f"{id}: {what} changed since the lockfile was compiled", schedule.origin, hint)
    yield from _stale_freeze(declaration.freeze, lock.freeze, Origin(lock_file, 1, 1), hint)
    for id in sorted(lock.entries.keys() - declared.keys() - held(declaration, lock).keys()):
        yield Problem(f"{id}: in the lockfile but no longer declared", Origin(lock_file, 1, 1), hint)


def freeze_answers(freeze: Freeze | None, declared: DeclaredFreeze) -> bool:
    """Return whether *freeze* was compiled from the phrases and for the zone of *declared*."""
    if freeze is None or freeze.when != declared.phrases:
        return False
    return canonical(freeze.timing.timezone) == canonical(declared.timezone)


def _stale_freeze(declared: DeclaredFreeze | None, freeze: Freeze | None, lock: Origin, hint: str) -> Iterator[Problem]:
    if declared is None:
        if freeze is not None:
            yield Problem("the freeze is in the lockfile but no longer declared", lock, hint)
    elif freeze is None:
        yield Problem("the freeze is not in the lockfile", declared.origins[0], hint)
    elif not freeze_answers(freeze, declared):
        yield Problem("the freeze changed since the lockfile was compiled", declared.origins[0], hint)
    elif (freeze.reason, freeze.source) != (declared.reason, declared.origins[0].file):
        yield Problem("the freeze's reason or file changed since the lockfile was compiled", declared.origins[0], hint)


def _question_change(entry: LockEntry, schedule: Schedule) -> str:
    if entry.when != schedule.phrases:
        was, now = (" + ".join(f'"{phrase}"' for phrase in phrases) for phrases in (entry.when, schedule.phrases))
        return f"the phrase is {now}, but the lockfile answers {was}"
    if _zone_changed(entry, schedule):
        return f"the timezone is {schedule.timezone}, but the lockfile was compiled for {entry.timing.timezone}"
    return "the project's conventions changed since the lockfile was compiled"


def _changed_fields(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return [f"`{key}`" for key in {**old, **new} if old.get(key) != new.get(key)]

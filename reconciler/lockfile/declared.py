"""The limits that a schedule's own keys add to the answer of its phrases: `start`, `end` and `except`.

An answer is kept while its question stays the same, whatever becomes of these keys; so an entry remembers
which of its limits they gave, and the rest is the answer's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model import DstPolicy, HolidayCalendar, Limits, LockEntry, Schedule, Timing

_NONE = Limits()


def own_timing(entry: LockEntry) -> Timing:
    """Return what the phrases of *entry* alone say."""
    timing, declared = entry.timing, entry.declared
    if declared == _NONE:
        return _with_policy(timing, DstPolicy())
    return replace(
        timing,
        dst=DstPolicy(),
        start=None if declared.start else timing.start,
        end=None if declared.end else timing.end,
        exclude=tuple(day for day in timing.exclude if day not in declared.exclude),
        calendars=tuple(one for one in timing.calendars if one.code not in declared.calendars),
    )


def as_declared(own: Timing, schedule: Schedule, known: Mapping[str, HolidayCalendar]) -> tuple[Timing, Limits]:
    """Return *own* with the DST policy and the limits of *schedule*, and which of the limits *own* had not.

    Calendars whose days are *known*, by code, keep these.
    """
    limits = schedule.limits
    if limits == _NONE and not own.calendars:
        return _with_policy(own, schedule.dst), _NONE
    said = {calendar.code for calendar in own.calendars}
    added = Limits(
        start=None if own.start else limits.start,
        end=None if own.end else limits.end,
        exclude=tuple(day for day in limits.exclude if day not in own.exclude),
        calendars=tuple(code for code in limits.calendars if code not in said),
    )
    calendars = (*own.calendars, *(HolidayCalendar(code) for code in added.calendars))
    timing = replace(
        own,
        dst=schedule.dst,
        start=own.start or added.start,
        end=own.end or added.end,
        exclude=tuple(sorted((*own.exclude, *added.exclude))),
        calendars=tuple(known.get(one.code, one) for one in calendars),
    )
    return timing, added


def _with_policy(timing: Timing, dst: DstPolicy) -> Timing:
    return timing if timing.dst == dst else replace(timing, dst=dst)


def clash(own: Timing, schedule: Schedule) -> str | None:
    """Return how the limits of the phrases and those of the keys of *schedule* contradict each other, or None."""
    for key in ("start", "end"):
        phrase, declared = getattr(own, key), getattr(schedule.limits, key)
        if phrase and declared and phrase != declared:
            return f"the phrase says {phrase} and `{key}:` says {declared}"
    start, end = own.start or schedule.limits.start, own.end or schedule.limits.end
    if start and end and end < start:
        return f"it ends on {end}, before it starts on {start}"
    return None


def calendars_of(entry: LockEntry | None) -> dict[str, HolidayCalendar]:
    """Return the calendars that *entry* has looked up, by code."""
    found = entry.timing.calendars if entry is not None else ()
    return {calendar.code: calendar for calendar in found if calendar.days}

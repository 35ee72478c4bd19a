"""What `paused` and `paused_until` of a schedule mean in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from reconciler.model import LockEntry
from reconciler.timing.fires import next_fire
from reconciler.timing.zones import offset_changes

_INSTANT = timedelta(microseconds=1)


def pause_end(entry: LockEntry) -> datetime | None:
    """Return the instant (UTC) from which on git no longer pauses *entry*; None if it does not, or for ever.

    A wall time that the clock shows twice is the first of the two; one that it skips is the first instant after the
    gap, when what is due in the gap runs.
    """
    return None if entry.paused_until is None else _instant(entry.paused_until, entry.timing.timezone)


@lru_cache(maxsize=4096)
def _instant(wall: datetime, zone: str) -> datetime:
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return first
    within = offset_changes(zone, int(second.timestamp()), int(first.timestamp()) + 1)
    return datetime.fromtimestamp(next(instant for instant, _, _ in within), UTC)


def paused_in_git(entry: LockEntry, instant: datetime) -> bool:
    """Return whether the lockfile holds back what is due at *instant* (aware)."""
    if not entry.paused:
        return False
    end = pause_end(entry)
    return end is None or instant < end


def next_unpaused(entry: LockEntry, after: datetime) -> datetime | None:
    """Return the first due time after *after* that the lockfile does not hold back, or None."""
    due = next_fire(entry.timing, after)
    if due is None or not paused_in_git(entry, due):
        return due
    end = pause_end(entry)
    return None if end is None else next_fire(entry.timing, end - _INSTANT)


def pause_warnings(entry: LockEntry, now: datetime) -> tuple[str, ...]:
    """Return a warning if the end of the pause of *entry* has passed: it holds nothing back."""
    end = pause_end(entry)
    if end is None or end > now:
        return ()
    return (f"`paused_until: {entry.paused_until:%Y-%m-%d %H:%M}` has passed and does nothing; it can be deleted",)

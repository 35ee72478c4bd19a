"""Which minutes of the coming week many schedules start in, before and after a change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from reconciler.model import Lock, LockEntry, Timing
from reconciler.timing import paused_in_git, week_load

_MINUTES = 7 * 24 * 60
_MANY = 10
_SHARE = 0.05
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class HotSpot:
    """A minute that gets hotter: how many schedules start in it, before and after."""

    minute: datetime
    before: int
    after: int


class Traffic:
    """The starts of two locks, minute by minute, in the seven days from *start* on.

    A minute is hot where at least ten schedules start, and a twentieth of all, and more than before.
    """

    def __init__(self, before: Lock, after: Lock, start: datetime) -> None:
        self._start = start
        self.runs_before, self._before = _starts(before, start)
        self.runs_after, self._after = _starts(after, start)
        limit = max(_MANY, _SHARE * len(after.entries))
        self._hot = frozenset(at for at, count in enumerate(self._after) if count >= limit and count > self._before[at])

    @cached_property
    def hot_spots(self) -> tuple[HotSpot, ...]:
        """The hottest minutes, no two of the same hour and minute of a day."""
        found: dict[int, HotSpot] = {}
        for at in sorted(self._hot, key=lambda at: (-self._after[at], at)):
            found.setdefault(at % (24 * 60), self._at(at))
            if len(found) == _MOST_SHOWN:
                break
        return tuple(found.values())

    def hottest(self, entry: LockEntry) -> HotSpot | None:
        """Return the hottest hot minute that *entry* starts in, or None."""
        if not self._hot or paused_in_git(entry, self._start):
            return None
        minutes = [at for at in week_load(entry.timing, self._start).minutes if at in self._hot]
        return self._at(max(minutes, key=lambda at: (self._after[at], -at))) if minutes else None

    def _at(self, at: int) -> HotSpot:
        return HotSpot(self._start + timedelta(minutes=at), self._before[at], self._after[at])


def _starts(lock: Lock, start: datetime) -> tuple[int, list[int]]:
    """Return the runs of the week and, for each of its minutes, how many schedules start in it."""
    alike: Counter[Timing] = Counter(entry.timing for entry in lock.entries.values() if not paused_in_git(entry, start))
    runs, minutes = 0, [0] * _MINUTES
    for timing, count in alike.items():
        load = week_load(timing, start)
        runs += load.runs * count
        for at in load.minutes:
            minutes[at] += count
    return runs, minutes

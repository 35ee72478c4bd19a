"""The next due instant of a `Timing`: a search on the wall clock, mapped to UTC by the DST policy.

APScheduler's own trigger adds wall-clock differences to UTC instants and so loses a weekly Monday 00:00
every spring and doubles fixed times every autumn. Here time is walked stretch by stretch of constant
offset (`zones`); in a stretch the wall clock is a plain number line, and the policy decides what
happens at its two ends:

- a gap before it: due times that the clock skipped become one run at its first instant (`after`);
- an overlap before it: the part of the wall clock that was already shown is left out (`first`);
- an overlap after it: the part that will be shown again is left out (`last`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.model import CalendarInterval, CronFields, ElapsedInterval, Timing
from reconciler.timing.days import CronDays, next_interval_day
from reconciler.timing.fields import values
from reconciler.timing.zones import Stretch, stretch_at

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY = 86400


class _WallClock(Protocol):
    """Due times on the wall: the first one at or after a wall second, or None."""

    follows_elapsed: bool

    def __call__(self, wall: int) -> int | None: ...


class _CronWall:
    """The wall times of one set of cron fields, less the excluded days."""

    def __init__(self, fields: CronFields, exclude: frozenset[int]) -> None:
        self._next_day = CronDays(fields)
        self._exclude = exclude
        allowed = values(fields)
        self._hours, self._minutes, self._seconds = allowed.hours, allowed.minutes, allowed.seconds
        self._first = allowed.hours[0] * 3600 + allowed.minutes[0] * 60 + allowed.seconds[0]
        self.follows_elapsed = allowed.follows_elapsed

    def __call__(self, wall: int) -> int | None:
        day, second = divmod(wall, _DAY)
        found = self._next_day(day + _EPOCH_DAY)
        if found == day + _EPOCH_DAY:
            clock = None if found in self._exclude else self._clock_from(second)
            if clock is not None:
                return day * _DAY + clock
            found = self._next_day(found + 1)
        while found is not None and found in self._exclude:
            found = self._next_day(found + 1)
        return None if found is None else (found - _EPOCH_DAY) * _DAY + self._first

    def _clock_from(self, second: int) -> int | None:
        """Return the first allowed second of the day at or after *second*."""
        hour, rest = divmod(second, 3600)
        minute, sec = divmod(rest, 60)
        at_hour = bisect_left(self._hours, hour)
        if at_hour == len(self._hours):
            return None
        if self._hours[at_hour] > hour:
            return self._hours[at_hour] * 3600 + self._minutes[0] * 60 + self._seconds[0]
        at_minute = bisect_left(self._minutes, minute)
        if at_minute < len(self._minutes):
            if self._minutes[at_minute] > minute:
                return hour * 3600 + self._minutes[at_minute] * 60 + self._seconds[0]
            at_second = bisect_left(self._seconds, sec)
            if at_second < len(self._seconds):
                return hour * 3600 + minute * 60 + self._seconds[at_second]
            if at_minute + 1 < len(self._minutes):
                return hour * 3600 + self._minutes[at_minute + 1] * 60 + self._seconds[0]
        if at_hour + 1 < len(self._hours):
            return self._hours[at_hour + 1] * 3600 + self._minutes[0] * 60 + self._seconds[0]
        return None


class _IntervalWall:
    """The wall times of a calendar interval, less the excluded days."""

    follows_elapsed = False

    def __init__(self, interval: CalendarInterval, exclude: frozenset[int]) -> None:
        self._interval = interval
        self._exclude = exclude
        self._seconds = tuple(sorted(t.hour * 3600 + t.minute * 60 + t.second for t in interval.times))

    def __call__(self, wall: int) -> int | None:
        day, second = divmod(wall, _DAY)
        day += _EPOCH_DAY
        found = next_interval_day(self._interval, day)
        while found is not None:
            due = next((s for s in self._seconds if found > day or s >= second), None)
            if due is not None and found not in self._exclude:
                return (found - _EPOCH_DAY) * _DAY + due
            found = next_interval_day(self._interval, found + 1)
        return None


@lru_cache(maxsize=32768)
def _clocks(timing: Timing) -> tuple[_WallClock, ...]:
    exclude = frozenset(day.toordinal() for day in timing.exclude)
    match timing.rule:
        case CalendarInterval() as interval:
            return (_IntervalWall(interval, exclude),)
        case ElapsedInterval():
            return ()
        case fields:
            return tuple(_CronWall(one, exclude) for one in fields)


def next_fire(timing: Timing, after: datetime) -> datetime | None:
    """Return the first due instant of *timing* strictly after *after* (aware), in UTC, or None if there is none."""
    instant = _seconds(after) + 1
    if timing.start is not None:
        instant = max(instant, _start_instant(timing.timezone, timing.start))
    if isinstance(timing.rule, ElapsedInterval):
        found = _next_elapsed(timing, timing.rule, instant)
    else:
        found = min(
            (due for clock in _clocks(timing) if (due := _next_on_wall(timing, clock, instant)) is not None),
            default=None,
        )
    if found is None:
        return None
    if timing.end is not None and found >= _start_instant(timing.timezone, timing.end + timedelta(days=1)):
        return None
    return _EPOCH + timedelta(seconds=found)


def fires(timing: Timing, after: datetime, until: datetime | None = None) -> Iterator[datetime]:
    """Yield the due instants of *timing* strictly after *after* and, if given, not after *until*; UTC, ascending."""
    due = next_fire(timing, after)
    while due is not None and (until is None or due <= until):
        yield due
        due = next_fire(timing, due)


def on_wall(instant: datetime, timezone: str) -> datetime:
    """Return *instant* on the wall clock of *timezone* (an IANA key), aware."""
    return instant.astimezone(ZoneInfo(timezone))


def fixed_wall_time_in(timing: Timing, low: int, high: int) -> int | None:
    """Return the first wall second in [*low*, *high*) at which a rule that does not follow elapsed time is due."""
    due = (clock(low) for clock in _clocks(timing) if not clock.follows_elapsed)
    return min((wall for wall in due if wall is not None and wall < high), default=None)


def _seconds(instant: datetime) -> int:
    """Return whole seconds since the epoch, rounded down."""
    return (instant - _EPOCH) // timedelta(seconds=1)


def _start_instant(timezone: str, day: date) -> int:
    """Return the first instant of *day* on the wall of *timezone*, also where midnight does not exist."""
    wall = (day.toordinal() - _EPOCH_DAY) * _DAY
    stretch = stretch_at(timezone, wall - 2 * _DAY)
    while wall >= stretch.end + stretch.offset:
        following = stretch_at(timezone, stretch.end)
        if wall < stretch.end + following.offset:
            return stretch.end
        stretch = following
    return wall - stretch.offset


def _next_elapsed(timing: Timing, interval: ElapsedInterval, instant: int) -> int:
    step = interval.every // timedelta(seconds=1)
    anchor = _seconds(interval.anchor)
    due = max(anchor, instant + (anchor - instant) % step)
    excluded = {day.toordinal() for day in timing.exclude}
    while excluded:
        stretch = stretch_at(timing.timezone, due)
        if (due + stretch.offset) // _DAY + _EPOCH_DAY not in excluded:
            break
        due += step
    return due


def _next_on_wall(timing: Timing, clock: _WallClock, instant: int) -> int | None:
    """Return the first due instant at or after *instant* of one wall clock rule."""
    while True:
        stretch = stretch_at(timing.timezone, instant)
        following = stretch_at(timing.timezone, stretch.end)
        due = _next_in_stretch(timing, clock, instant, stretch, following)
        if due is not None:
            return due
        wall = clock(stretch.end + min(stretch.offset, following.offset))
        if wall is None:
            return None
        # No offset reaches two days, not even across Apia's missing one: nothing is due before this instant.
        instant = max(stretch.end, wall - 2 * _DAY)


def _next_in_stretch(
    timing: Timing, clock: _WallClock, instant: int, stretch: Stretch, following: Stretch
) -> int | None:
    """Return the first due instant of *stretch* at or after *instant*, by the policy for its two ends."""
    low, high = instant + stretch.offset, stretch.end + stretch.offset
    if not clock.follows_elapsed:
        before = stretch_at(timing.timezone, stretch.start - 1)
        shown_until = stretch.start + before.offset
        if instant == stretch.start and timing.dst.gap == "after":
            skipped = clock(shown_until) if before.offset < stretch.offset else None
            if skipped is not None and skipped < low:
                return instant
        if timing.dst.overlap == "first":
            low = max(low, shown_until)
        elif timing.dst.overlap == "last":
            high = min(high, stretch.end + following.offset)
    wall = clock(low)
    return None if wall is None or wall >= high else wall - stretch.offset

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
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from reconciler.model import CalendarInterval, ElapsedInterval, Member, Timing
from reconciler.timing.days import MemberDays, next_interval_day
from reconciler.timing.fields import fields_of, values
from reconciler.timing.zones import Stretch, stretch_at

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1).toordinal()
DAY = 86400
_BEGINNING = (1 - EPOCH_DAY) * DAY
END = (date(9981, 1, 1).toordinal() - EPOCH_DAY) * DAY  # `datetime` ends soon after


class _WallClock(Protocol):
    """Due times on the wall: the first one at or after a wall second, or None."""

    follows_elapsed: bool

    def __call__(self, wall: int) -> int | None: ...


class DayLimits(NamedTuple):
    """The days on which due times count: wall seconds [*start*, *end*), less the ordinals in *exclude*.

    *holidays*, which are among those, are no business days.
    """

    start: int
    end: int
    exclude: frozenset[int]
    holidays: frozenset[int]

    def hold(self, wall: int) -> bool:
        """Return whether a due time at *wall* counts."""
        return self.start <= wall < self.end and wall // DAY + EPOCH_DAY not in self.exclude


@lru_cache(maxsize=32768)
def day_limits(timing: Timing) -> DayLimits:
    """Return the days on the wall on which due times of *timing* count."""
    start = _BEGINNING if timing.start is None else _midnight(timing.start)
    end = END if timing.end is None else min(_midnight(timing.end) + DAY, END)
    exclude, holidays = (frozenset(map(date.toordinal, days)) for days in (timing.excluded, timing.holidays))
    return DayLimits(start, end, exclude, holidays)


def _midnight(day: date) -> int:
    return (day.toordinal() - EPOCH_DAY) * DAY


class _MemberWall:
    """The wall times of one member of a union on the days within the limits."""

    def __init__(self, member: Member, limits: DayLimits) -> None:
        self._next_day = MemberDays(member, limits.holidays)
        self._exclude = limits.exclude
        self._start, self._end = limits.start, limits.end
        allowed = values(fields_of(member))
        self._hours, self._minutes, self._seconds = allowed.hours, allowed.minutes, allowed.seconds
        self._first = allowed.hours[0] * 3600 + allowed.minutes[0] * 60 + allowed.seconds[0]
        self.follows_elapsed = allowed.follows_elapsed

    def __call__(self, wall: int) -> int | None:
        found = self._next(max(wall, self._start))
        return None if found is None or found >= self._end else found

    def _next(self, wall: int) -> int | None:
        day, second = divmod(wall, DAY)
        found = self._next_day(day + EPOCH_DAY)
        if found == day + EPOCH_DAY:
            clock = None if found in self._exclude else self._clock_from(second)
            if clock is not None:
                return day * DAY + clock
            found = self._next_day(found + 1)
        while found is not None and found in self._exclude:
            found = self._next_day(found + 1)
        return None if found is None else (found - EPOCH_DAY) * DAY + self._first

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
    """The wall times of a calendar interval on the days within the limits."""

    follows_elapsed = False

    def __init__(self, interval: CalendarInterval, limits: DayLimits) -> None:
        self._interval = interval
        self._limits = limits
        self._seconds = tuple(sorted(t.hour * 3600 + t.minute * 60 + t.second for t in interval.times))

    def __call__(self, wall: int) -> int | None:
        day, second = divmod(max(wall, self._limits.start), DAY)
        day += EPOCH_DAY
        found = next_interval_day(self._interval, day)
        while found is not None and (found - EPOCH_DAY) * DAY < self._limits.end:
            due = next((s for s in self._seconds if found > day or s >= second), None)
            if due is not None and found not in self._limits.exclude:
                return (found - EPOCH_DAY) * DAY + due
            found = next_interval_day(self._interval, found + 1)
        return None


@lru_cache(maxsize=32768)
def _clocks(timing: Timing) -> tuple[_WallClock, ...]:
    match timing.rule:
        case CalendarInterval() as interval:
            return (_IntervalWall(interval, day_limits(timing)),)
        case ElapsedInterval():
            return ()
        case members:
            return tuple(_MemberWall(one, day_limits(timing)) for one in members)


def next_fire(timing: Timing, after: datetime) -> datetime | None:
    """Return the first due instant of *timing* strictly after *after* (aware), in UTC, or None if there is none."""
    instant = seconds(after) + 1
    if instant >= END:
        return None
    if isinstance(timing.rule, ElapsedInterval):
        found = _next_elapsed(timing, timing.rule, instant)
    else:
        found = min(
            (due for clock in _clocks(timing) if (due := _next_on_wall(timing, clock, instant)) is not None),
            default=None,
        )
    return None if found is None else _EPOCH + timedelta(seconds=found)


def fires(timing: Timing, after: datetime, until: datetime | None = None) -> Iterator[datetime]:
    """Yield the due instants of *timing* strictly after *after* and, if given, not after *until*; UTC, ascending."""
    due = next_fire(timing, after)
    while due is not None and (until is None or due <= until):
        yield due
        due = next_fire(timing, due)


def follows_elapsed(timing: Timing) -> bool:
    """Return whether every member of *timing* runs in both passes of an overlap: its hour is `*` or `*/n`."""
    clocks = _clocks(timing)
    return all(clock.follows_elapsed for clock in clocks)


def on_wall(instant: datetime, timezone: str) -> datetime:
    """Return *instant* on the wall clock of *timezone* (an IANA key), aware."""
    return instant.astimezone(ZoneInfo(timezone))


def fixed_wall_time_in(timing: Timing, low: int, high: int) -> int | None:
    """Return the first wall second in [*low*, *high*) at which a rule that does not follow elapsed time is due."""
    due = (clock(low) for clock in _clocks(timing) if not clock.follows_elapsed)
    return min((wall for wall in due if wall is not None and wall < high), default=None)


def seconds(instant: datetime) -> int:
    """Return whole seconds since the epoch, rounded down."""
    return (instant - _EPOCH) // timedelta(seconds=1)


def _next_elapsed(timing: Timing, interval: ElapsedInterval, instant: int) -> int | None:
    step = interval.every // timedelta(seconds=1)
    anchor = seconds(interval.anchor)
    limits = day_limits(timing)
    from_start = max(anchor, instant, limits.start - 2 * DAY)
    due = from_start + (anchor - from_start) % step
    while due < min(END, limits.end + 2 * DAY):
        stretch = stretch_at(timing.timezone, due)
        wall = due + stretch.offset
        if limits.hold(wall):
            return due
        # the rest of this day on the wall, as far as the stretch goes, is left out as a whole
        passed = min(due + DAY - wall % DAY, stretch.end) - due
        due += step * max(1, -(-passed // step))
    return None


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
        instant = max(stretch.end, wall - 2 * DAY)


def _next_in_stretch(
    timing: Timing, clock: _WallClock, instant: int, stretch: Stretch, following: Stretch
) -> int | None:
    """Return the first due instant of *stretch* at or after *instant*, by the policy for its two ends."""
    low, high = instant + stretch.offset, stretch.end + stretch.offset
    if not clock.follows_elapsed:
        if instant == stretch.start and timing.dst.gap == "after":
            skipped = clock(shown_until(timing, stretch))
            if skipped is not None and skipped < low:
                return instant
        low, high = fixed_range(timing, stretch, following, low, high)
    wall = clock(low)
    return None if wall is None or wall >= high else wall - stretch.offset


def shown_until(timing: Timing, stretch: Stretch) -> int:
    """Return the wall second up to which the wall clock had come when *stretch* began."""
    return stretch.start + stretch_at(timing.timezone, stretch.start - 1).offset


def fixed_range(timing: Timing, stretch: Stretch, following: Stretch, low: int, high: int) -> tuple[int, int]:
    """Return of the wall seconds [*low*, *high*) of *stretch* those in which fixed times are due, by the policy."""
    if timing.dst.overlap == "first":
        return max(low, shown_until(timing, stretch)), high
    if timing.dst.overlap == "last":
        return low, min(high, stretch.end + following.offset)
    return low, high

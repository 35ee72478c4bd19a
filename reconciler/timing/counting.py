"""How many due times a span has, and which is its last, without taking each of them.

A day that no change of the clock touches has as many due times as its field sets have times of day; so
a span is counted day by day, and only the days at its ends and beside a change of the clock in detail.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from reconciler.model import CalendarInterval, CronFields, ElapsedInterval, Timing
from reconciler.timing.days import CronDays, next_interval_day
from reconciler.timing.fields import values
from reconciler.timing.fires import DAY, END, EPOCH_DAY, day_limits, fixed_range, next_fire, seconds, shown_until
from reconciler.timing.zones import Stretch, stretch_at

_Range = tuple[int, int]


class _Times(NamedTuple):
    """Times of day in seconds: the fixed ones, those that follow elapsed time, and how many these are together."""

    fixed: tuple[int, ...]
    elapsed: tuple[int, ...]
    distinct: int


_Days = Iterator[tuple[int, _Times]]


def count_fires(timing: Timing, after: datetime, until: datetime) -> int:
    """Return how many due instants `fires` yields for the same arguments; its cost is of the days, not the instants."""
    instant, end = seconds(after) + 1, min(seconds(until) + 1, END)
    total = 0
    while instant < end:
        stretch = stretch_at(timing.timezone, instant)
        stop = min(stretch.end, end)
        if isinstance(timing.rule, ElapsedInterval):
            total += _elapsed_in(timing, timing.rule, stretch, instant, stop)
        else:
            total += _on_wall_in(timing, timing.rule, stretch, instant, stop)
        instant = stop
    return total


def last_fire(timing: Timing, after: datetime, until: datetime) -> datetime | None:
    """Return the last due instant in (*after*, *until*] in UTC, or None; found by halving the span."""
    found = next_fire(timing, after)
    if found is None or found > until:
        return None
    beyond = until
    while beyond - found >= timedelta(seconds=1):
        middle = found + (beyond - found) / 2
        due = next_fire(timing, middle)
        if due is not None and due <= until:
            found = due
        else:
            beyond = middle
    return found


def start_of_latest(timing: Timing, after: datetime, until: datetime, most: int) -> datetime:
    """Return an instant in [*after*, *until*] between which and *until* only the last *most* due times are."""
    low, high = after, until
    if count_fires(timing, after, until) <= most:
        return after
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if count_fires(timing, middle, until) <= most:
            high = middle
        else:
            low = middle
    return high


# ---------------------------------------------------------------- elapsed time


def _elapsed_in(timing: Timing, interval: ElapsedInterval, stretch: Stretch, low: int, high: int) -> int:
    """Count the instants of *interval* in [*low*, *high*), a part of *stretch*, less the days left out."""
    limits = day_limits(timing)
    low = max(low, limits.start - stretch.offset)
    high = min(high, limits.end - stretch.offset)
    left_out = 0
    for ordinal in limits.exclude:
        midnight = (ordinal - EPOCH_DAY) * DAY - stretch.offset
        left_out += _steps(interval, max(low, midnight), min(high, midnight + DAY))
    return _steps(interval, low, high) - left_out


def _steps(interval: ElapsedInterval, low: int, high: int) -> int:
    step, anchor = interval.every // timedelta(seconds=1), seconds(interval.anchor)
    low = max(low, anchor)
    return 0 if high <= low else (high - 1 - anchor) // step - (low - 1 - anchor) // step


# ---------------------------------------------------------------- times on the wall


def _on_wall_in(
    timing: Timing, rule: tuple[CronFields, ...] | CalendarInterval, stretch: Stretch, low: int, high: int
) -> int:
    """Count the due instants in [*low*, *high*), a part of *stretch*; fixed times by the policy at its ends."""
    every = low + stretch.offset, high + stretch.offset
    fixed = fixed_range(timing, stretch, stretch_at(timing.timezone, stretch.end), *every)
    due = _due_days(timing, rule, every)
    return sum(_of_day(day * DAY, times, fixed, every) for day, times in due) + _made_up_for(timing, rule, stretch, low)


def _of_day(midnight: int, times: _Times, fixed: _Range, every: _Range) -> int:
    """Count the times of one day that are in their ranges, those of both kinds once."""
    if all(low <= midnight and midnight + DAY <= high for low, high in (fixed, every)):
        return times.distinct
    due = set(_within(times.fixed, midnight, fixed))
    due.update(_within(times.elapsed, midnight, every))
    return len(due)


def _within(clocks: tuple[int, ...], midnight: int, wanted: _Range) -> tuple[int, ...]:
    return clocks[bisect_left(clocks, wanted[0] - midnight) : bisect_left(clocks, wanted[1] - midnight)]


def _made_up_for(timing: Timing, rule: tuple[CronFields, ...] | CalendarInterval, stretch: Stretch, low: int) -> int:
    """Return 1 if the stretch begins with the one run for what the clock skipped, and nothing else is due then."""
    start = shown_until(timing, stretch)
    first = low + stretch.offset
    if low != stretch.start or timing.dst.gap != "after" or start >= first:
        return 0
    skipped = any(
        _within(times.fixed, day * DAY, (start, first)) for day, times in _due_days(timing, rule, (start, first))
    )
    own = any(
        first - day * DAY in {*times.fixed, *times.elapsed}
        for day, times in _due_days(timing, rule, (first, first + 1))
    )
    return int(skipped and not own)


def _due_days(timing: Timing, rule: tuple[CronFields, ...] | CalendarInterval, wall: _Range) -> _Days:
    """Yield the due days in *wall*, as days since the epoch, with their times."""
    limits = day_limits(timing)
    first = max(wall[0], limits.start) // DAY + EPOCH_DAY
    last = (min(wall[1], limits.end) - 1) // DAY + EPOCH_DAY
    found = _interval_days(rule, first, last) if isinstance(rule, CalendarInterval) else _cron_days(rule, first, last)
    for ordinal, times in found:
        if ordinal not in limits.exclude:
            yield ordinal - EPOCH_DAY, times


def _interval_days(interval: CalendarInterval, first: int, last: int) -> _Days:
    clocks = tuple(sorted(clock.hour * 3600 + clock.minute * 60 + clock.second for clock in interval.times))
    day = next_interval_day(interval, first)
    while day is not None and day <= last:
        yield day, _Times(clocks, (), len(clocks))
        day = next_interval_day(interval, day + 1)


def _cron_days(rule: tuple[CronFields, ...], first: int, last: int) -> _Days:
    coming = {member: CronDays(member)(first) for member in rule}
    while (day := min((one for one in coming.values() if one is not None), default=last + 1)) <= last:
        due = tuple(member for member in rule if coming[member] == day)
        yield day, _times(due)
        for member in due:
            coming[member] = CronDays(member)(day + 1)


@lru_cache(maxsize=64)
def _times(members: tuple[CronFields, ...]) -> _Times:
    found: tuple[set[int], set[int]] = set(), set()
    for member in members:
        allowed = values(member)
        times = product(allowed.hours, allowed.minutes, allowed.seconds)
        found[allowed.follows_elapsed].update(hour * 3600 + minute * 60 + second for hour, minute, second in times)
    return _Times(tuple(sorted(found[0])), tuple(sorted(found[1])), len(found[0] | found[1]))

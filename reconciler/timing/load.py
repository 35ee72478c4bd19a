"""How much a timing fires in the coming week: how often, and in which of its minutes."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from reconciler.model import CronFields, Timing
from reconciler.timing.days import CronDays
from reconciler.timing.fields import values
from reconciler.timing.fires import fires
from reconciler.timing.frequency import clocks_of
from reconciler.timing.zones import stretch_at

WEEK = timedelta(days=7)
_DAY = 86400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Load:
    """*runs* in the seven days from a start on; *minutes* are those, counted from the start, in which any begin."""

    runs: int
    minutes: array[int] = field(default_factory=lambda: array("H"))


@lru_cache(maxsize=16384)
def week_load(timing: Timing, start: datetime) -> Load:
    """Return the load of *timing* in the seven days from *start* (aware, a whole minute) on."""
    first = int(start.timestamp())
    quick = _from_days(timing, first, first + int(WEEK.total_seconds()))
    if quick is None:
        due = [int(one.timestamp()) for one in fires(timing, start - _TICK, start + WEEK - _TICK)]
    else:
        due = list(quick)
    return Load(len(due), array("H", sorted({(second - first) // 60 for second in due})))


def _from_days(timing: Timing, first: int, last: int) -> Iterator[int] | None:
    """Return the due instants in [*first*, *last*) a day at a time; None where only `fires` can tell.

    A week of a job that fires each second takes seconds instant by instant. Where the clock changes, only
    rules that follow elapsed time are the same on both sides.
    """
    rule = timing.rule
    if not isinstance(rule, tuple):
        return None
    still = stretch_at(timing.timezone, first - _DAY).offset == stretch_at(timing.timezone, last + _DAY).offset
    if not still and not all(values(member).follows_elapsed for member in rule):
        return None
    return _walk(timing, rule, first, last)


def _walk(timing: Timing, rule: tuple[CronFields, ...], first: int, last: int) -> Iterator[int]:
    instant = first
    while instant < last:
        stretch = stretch_at(timing.timezone, instant)
        until = min(stretch.end, last)
        for wall in _on_wall(timing, rule, instant + stretch.offset, until + stretch.offset):
            yield wall - stretch.offset
        instant = until


def _on_wall(timing: Timing, rule: tuple[CronFields, ...], low: int, high: int) -> Iterator[int]:
    excluded = timing.excluded
    for day in range(low // _DAY, (high - 1) // _DAY + 1):
        today = datetime.fromtimestamp(day * _DAY, UTC).date()
        if today in excluded or (timing.start and today < timing.start) or (timing.end and today > timing.end):
            continue
        ordinal = day + _EPOCH_DAY
        due = tuple(member for member in rule if CronDays(member)(ordinal) == ordinal)
        if due:
            clocks, _ = clocks_of(due)
            yield from (wall for clock in clocks if low <= (wall := day * _DAY + clock) < high)

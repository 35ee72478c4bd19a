"""When a freeze ends: a timing that is due in each frozen minute, read as a span of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from reconciler.model import Timing
from reconciler.timing.due_days import due_days

_MINUTE = timedelta(minutes=1)
_DAY = 24 * 60
LONGEST = timedelta(days=800)
"""How far the end of a freeze is looked for."""


def frozen_until(timing: Timing, now: datetime) -> datetime | None:
    """Return the first instant (UTC) after *now* that is not frozen, or None if *now* is not.

    A minute is frozen if *timing*, whose rule is cron fields, is due in it; the wall clock is that of its zone, each
    showing of it counting by itself. A freeze that lasts longer than `LONGEST` is said to end then.
    """
    zone = ZoneInfo(timing.timezone)
    at = now.astimezone(UTC).replace(second=0, microsecond=0)
    if not _is_frozen(timing, at.astimezone(zone)):
        return None
    end = at + LONGEST
    while at < end:
        wall = at.astimezone(zone)
        if not _is_frozen(timing, wall):
            return at
        rest = _frozen_rest(timing, wall)
        ahead = at + rest * _MINUTE
        # only while the clock goes on evenly is the minute reached the one that was meant
        at = ahead if (ahead - _MINUTE).astimezone(zone).utcoffset() == wall.utcoffset() else at + _MINUTE
    return end


def _is_frozen(timing: Timing, wall: datetime) -> bool:
    return wall.hour * 60 + wall.minute in _frozen_minutes(timing, wall.toordinal())


def _frozen_rest(timing: Timing, wall: datetime) -> int:
    """Return how many minutes from *wall*, which is frozen, to the first that is not, or to the end of the day."""
    frozen = _frozen_minutes(timing, wall.toordinal())
    first = wall.hour * 60 + wall.minute
    return next((minute for minute in range(first, _DAY) if minute not in frozen), _DAY) - first


@lru_cache(maxsize=64)
def _frozen_minutes(timing: Timing, day: int) -> frozenset[int]:
    assert isinstance(timing.rule, tuple)
    on = date.fromordinal(day)
    if on in timing.exclude or (timing.start and on < timing.start) or (timing.end and on > timing.end):
        return frozenset()
    found = dict(due_days(timing.rule, day, day))
    return frozenset(second // 60 for second in found[day].every) if day in found else frozenset()

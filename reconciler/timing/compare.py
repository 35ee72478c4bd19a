"""Whether two timings fire alike, and if not, where they first part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from reconciler.model import CalendarInterval, CronFields, ElapsedInterval, Timing
from reconciler.timing.days import days_in_year
from reconciler.timing.fields import values
from reconciler.timing.fires import fires

_FIRST_YEAR = 2024
_CYCLE = range(_FIRST_YEAR, _FIRST_YEAR + 40)  # holds every kind of year but those round 2100
_START = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
_DENSE = 2000
_SPARSE = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """The first instant (UTC) found at which two timings part, and whether it is the first one that fires then."""

    at: datetime
    first_fires: bool


def equal(first: Timing, second: Timing) -> bool:
    """Return whether the two timings fire at the same instants; `difference` says how that is decided."""
    return difference(first, second) is None


def difference(first: Timing, second: Timing) -> Difference | None:
    """Return where the two timings part, or None if they fire alike.

    Cron fields in one zone under one policy are decided by the calendar, which is a proof: a year's due
    days depend only on its length, the weekday it starts on and the length of the year before, and 40
    years in a row from 2024 hold all of these that occur outside century years; so the fields allow the
    same wall times for ever if they do in those years. (Fields naming years beyond are compared in them
    too.) Wall times being alike, only a DST change can still part them, where one follows elapsed time
    and the other does not: those, and timings of other kinds or in different zones, are compared by
    fire times, the first 2,000 from 2024 and 100 from each month of 2027 to 2030.
    """
    if first == second:
        return None
    if _limits(first) == _limits(second) and _is_cron(first) and _is_cron(second):
        day = _first_different_day(first, second)
        if day is not None:
            return _part(first, second, datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2), None)
        if _elapsed_share(first) == _elapsed_share(second):
            return None
    return _part(first, second, _START, _DENSE) or next(
        (found for start in _months() if (found := _part(first, second, start, _SPARSE))), None
    )


def _limits(timing: Timing) -> tuple[object, ...]:
    return (timing.timezone, timing.dst, timing.start, timing.end, timing.exclude)


def _is_cron(timing: Timing) -> bool:
    return not isinstance(timing.rule, CalendarInterval | ElapsedInterval)


def _fields(timing: Timing) -> tuple[CronFields, ...]:
    assert isinstance(timing.rule, tuple)
    return timing.rule


def _elapsed_share(timing: Timing) -> frozenset[CronFields] | bool:
    """Return which members follow elapsed time: True or False where all do or none does."""
    elapsed = frozenset(member for member in _fields(timing) if values(member).follows_elapsed)
    if len(elapsed) in (0, len(_fields(timing))):
        return bool(elapsed)
    return elapsed


def _first_different_day(first: Timing, second: Timing) -> date | None:
    """Return the first day from 2024 on whose due wall times are not the same."""
    ones, others = _by_clock(first), _by_clock(second)
    groups = {(ones.get(clock, ()), others.get(clock, ())) for clock in ones.keys() | others.keys()}
    named = {year for t in (first, second) for member in _fields(t) for year in values(member).years or ()}
    for year in sorted({*_CYCLE, *named}):
        found = [
            day
            for one, other in groups
            if (day := _first_unshared(_union_days(one, year), _union_days(other, year))) is not None
        ]
        if found:
            return date(year, 1, 1) + timedelta(days=min(found))
    return None


def _by_clock(timing: Timing) -> dict[tuple[int, int, int], tuple[CronFields, ...]]:
    """Return for each time of day the members of the union that are due then."""
    due: dict[tuple[int, int, int], tuple[CronFields, ...]] = {}
    for member in _fields(timing):
        allowed = values(member)
        for hour in allowed.hours:
            for minute in allowed.minutes:
                for second in allowed.seconds:
                    clock = (hour, minute, second)
                    due[clock] = (*due.get(clock, ()), member)
    return due


def _union_days(members: tuple[CronFields, ...], year: int) -> frozenset[int]:
    return frozenset(day for member in members for day in days_in_year(member, year))


def _first_unshared(one: frozenset[int], other: frozenset[int]) -> int | None:
    return min(one ^ other, default=None)


def _months() -> Iterator[datetime]:
    for year in range(2027, 2031):
        for month in range(1, 13):
            yield datetime(year, month, 1, tzinfo=UTC)


def _part(first: Timing, second: Timing, start: datetime, count: int | None) -> Difference | None:
    """Return where the first *count* (None: all) fires after *start* part."""
    ones = islice(fires(first, start), count)
    others = islice(fires(second, start), count)
    while True:
        one, other = next(ones, None), next(others, None)
        if one is None and other is None:
            return None
        if one != other:
            at = min(instant for instant in (one, other) if instant is not None)
            return Difference(at, at == one)

"""Whether two timings fire alike, and if not, where they first part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from reconciler.model import Member, Timing
from reconciler.timing.days import days_in_year
from reconciler.timing.fields import fields_of, values
from reconciler.timing.fires import day_limits, fires
from reconciler.timing.zone_names import canonical
from reconciler.timing.zones import offset_changes, stretch_at

_FIRST_YEAR = 2024
_CYCLE = range(_FIRST_YEAR, _FIRST_YEAR + 40)  # holds every kind of year but those round 2100
_LAST_YEAR = 9980  # the years in which due times are searched end here
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_A_DAY = timedelta(days=1)
_START = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
COMPARED = (int(_START.timestamp()), int(datetime(2041, 1, 1, tzinfo=UTC).timestamp()))
_DENSE = 2000
_SPARSE = 100
_MOST_DAYS = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """The first instant (UTC) found at which two timings part, and whether it is the first one that fires then."""

    at: datetime
    first_fires: bool


def equal(first: Timing, second: Timing) -> bool:
    """Return whether the two timings fire at the same instants; `difference` says how that is decided."""
    return difference(first, second) is None


def difference(first: Timing, second: Timing) -> Difference | None:
    """Return where the two timings part from 2024 on, or None if they fire alike.

    Unions in one zone are decided by the calendar, which is a proof: a year's due days depend only
    on its length, the weekday it starts on and the length of the year before, and 40 years in a row from
    2024 hold all of these that occur outside century years; so the members allow the same wall times for
    ever if they do in those years. (Years named in the fields or by a start, an end, an excluded date or
    a holiday are compared too, with the years round them.) Wall times being alike, only an offset change can still
    part two timings, where one follows elapsed time and the other does not or their policies differ:
    then the hours round each change until 2040 are compared by fire times. Two names of zones whose
    clocks show the same from 2024 to 2040 (`US/Eastern`, `America/New_York`) are one zone here.

    Timings of other kinds or in zones that differ are compared by fire times: the first 2,000 from 2024,
    100 from each month of 2027 to 2030, and those round every date on which only one of them is limited.
    """
    if first.timezone != second.timezone and equal_clocks(first.timezone, second.timezone):
        second = replace(second, timezone=first.timezone)
    if _same_text(first, second):
        return None
    if first.timezone == second.timezone and _is_union(first) and _is_union(second):
        return _part_by_days(first, second) or _part_at_changes(first, second)
    return _part(first, second, _START, count=_DENSE) or next(
        (found for start in _samples(first, second) if (found := _part(first, second, start, count=_SPARSE))), None
    )


@lru_cache(maxsize=1024)
def equal_clocks(one: str, other: str) -> bool:
    """Return whether the clocks of two zones show the same time from 2024 to 2040."""
    if canonical(one) == canonical(other):
        return True
    if stretch_at(one, COMPARED[0]).offset != stretch_at(other, COMPARED[0]).offset:
        return False
    return list(offset_changes(one, *COMPARED)) == list(offset_changes(other, *COMPARED))


def _same_text(first: Timing, second: Timing) -> bool:
    if first == second:
        return True
    if not (isinstance(first.rule, tuple) and isinstance(second.rule, tuple)):
        return False
    return frozenset(first.rule) == frozenset(second.rule) and replace(first, rule=second.rule) == second


def _is_union(timing: Timing) -> bool:
    return isinstance(timing.rule, tuple)


def _members(timing: Timing) -> tuple[Member, ...]:
    return timing.rule if isinstance(timing.rule, tuple) else ()


def _part_by_days(first: Timing, second: Timing) -> Difference | None:
    """Return where the due wall times part, if they do.

    They can differ in a gap alone, where both become the same run, so not every day found is one.
    """
    beginning = datetime(_FIRST_YEAR, 1, 1, tzinfo=ZoneInfo(first.timezone)).astimezone(UTC) - timedelta(seconds=1)
    for day in islice(_different_days(first, second), _MOST_DAYS):
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if found := _part(first, second, max(midnight - 2 * _A_DAY, beginning), until=midnight + 3 * _A_DAY):
            return found
    return None


def _different_days(first: Timing, second: Timing) -> Iterator[date]:
    """Yield the days from 2024 on whose due wall times are not the same, in order."""
    ones, others = _by_clock(first), _by_clock(second)
    groups = {(ones.get(clock, ()), others.get(clock, ())) for clock in ones.keys() | others.keys()}
    for year in sorted({*_CYCLE, *_named_years(first), *_named_years(second)}):
        days: set[int] = set()
        for one, other in groups:
            days |= _union_days(first, one, year) ^ _union_days(second, other, year)
        yield from (date.fromordinal(day) for day in sorted(days))


def _named_years(timing: Timing) -> set[int]:
    """Return the years from 2024 on that *timing* names, and those on either side of them."""
    named = {year for member in _members(timing) for year in values(fields_of(member)).years or ()}
    named |= {day.year for day in _limits(timing)}
    return {near for year in named for near in (year - 1, year, year + 1) if _FIRST_YEAR <= near <= _LAST_YEAR}


def _limits(timing: Timing) -> frozenset[date]:
    return frozenset(day for day in (timing.start, timing.end, *timing.excluded) if day is not None)


def _part_at_changes(first: Timing, second: Timing) -> Difference | None:
    """Return where timings with the same wall times part at an offset change, if they do."""
    members = {*_members(first), *_members(second)}
    elapsed = {values(fields_of(member)).follows_elapsed for member in members}
    if elapsed == {True} or (elapsed == {False} and first.dst == second.dst):
        return None
    for instant, before, after in offset_changes(first.timezone, *COMPARED):
        change = _EPOCH + timedelta(seconds=instant)
        width = timedelta(seconds=abs(after - before) + 1)
        if found := _part(first, second, change - width, until=change + width):
            return found
    return None


def _by_clock(timing: Timing) -> dict[tuple[int, int, int], tuple[Member, ...]]:
    """Return for each time of day the members of the union that are due then."""
    due: dict[tuple[int, int, int], tuple[Member, ...]] = {}
    for member in _members(timing):
        allowed = values(fields_of(member))
        for hour in allowed.hours:
            for minute in allowed.minutes:
                for second in allowed.seconds:
                    clock = (hour, minute, second)
                    due[clock] = (*due.get(clock, ()), member)
    return due


def _union_days(timing: Timing, members: tuple[Member, ...], year: int) -> frozenset[int]:
    """Return the days of *year* on which *members* are due within the limits of *timing*, as ordinals."""
    first = date(year, 1, 1).toordinal()
    low = timing.start.toordinal() if timing.start else 1
    high = timing.end.toordinal() if timing.end else date.max.toordinal()
    holidays = day_limits(timing).holidays
    due = {first + day for member in members for day in days_in_year(member, year, holidays)}
    return frozenset(day for day in due if low <= day <= high) - {day.toordinal() for day in timing.excluded}


def _samples(first: Timing, second: Timing) -> Iterator[datetime]:
    for year in range(2027, 2031):
        for month in range(1, 13):
            yield datetime(year, month, 1, tzinfo=UTC)
    for day in sorted(_limits(first) ^ _limits(second)):
        if _FIRST_YEAR < day.year < _LAST_YEAR:
            yield datetime(day.year, day.month, day.day, tzinfo=UTC) - 2 * _A_DAY


def _part(
    first: Timing, second: Timing, start: datetime, *, count: int | None = None, until: datetime | None = None
) -> Difference | None:
    """Return where the first *count* fires (None: all) after *start*, and not after *until*, part."""
    ones = islice(fires(first, start, until), count)
    others = islice(fires(second, start, until), count)
    while True:
        one, other = next(ones, None), next(others, None)
        if one is None and other is None:
            return None
        if one != other:
            at = min(instant for instant in (one, other) if instant is not None)
            return Difference(at, at == one)

"""Which days of a year a rule allows, computed once for each of the calendar's few kinds of year.

A Gregorian year is one of 14 shapes (leap or not, weekday of 1 January); ISO week numbers depend on the
previous year's length as well. So the days that cron fields allow are the same for all years of a
`YearKind`, and one small cache makes both the next run and the proof that there is none cheap: the
calendar repeats after 400 years. Only holidays belong to a year itself: one that has any is computed alone,
for the members that count business days.
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import isleap, monthrange
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from reconciler.model import CalendarInterval, Member, MonthDays
from reconciler.timing.fields import Values, fields_of, values

WEEKDAYS_COUNTED = ("mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays")
_WEEKEND = 5  # Saturday, Monday being 0
_CYCLE = 400
_LAST_YEAR = 9998


@lru_cache(maxsize=1024)
def _year_kind(year: int) -> tuple[bool, int, bool]:
    """Return what decides a year's days: leap, weekday of 1 January, previous year leap."""
    return isleap(year), date(year, 1, 1).weekday(), isleap(year - 1)


@lru_cache(maxsize=1024)
def _first_day(year: int) -> int:
    return date(year, 1, 1).toordinal()


@lru_cache(maxsize=128)
def _sample_year(kind: tuple[bool, int, bool]) -> int:
    return next(year for year in range(2000, 2000 + _CYCLE) if _year_kind(year) == kind)


@lru_cache(maxsize=16384)
def _days_of_year(member: Member, year: int, holidays: tuple[int, ...]) -> tuple[int, ...]:
    """Return the zero-based days of *year* that *member* allows, year field aside; *holidays* are ordinals."""
    allowed = values(fields_of(member))
    first = date(year, 1, 1).toordinal()
    found = []
    for month in sorted(allowed.months or range(1, 13)):
        length = monthrange(year, month)[1]
        start = date(year, month, 1).toordinal()
        for day in sorted(_days_of_month(member, (start + 6) % 7, length, {day - start + 1 for day in holidays})):
            ordinal = start + day - 1
            if allowed.weekdays is not None and (ordinal + 6) % 7 not in allowed.weekdays:
                continue
            if allowed.weeks is not None and date.fromordinal(ordinal).isocalendar().week not in allowed.weeks:
                continue
            found.append(ordinal - first)
    return tuple(found)


def _days_of_month(member: Member, first_weekday: int, length: int, holidays: set[int]) -> set[int]:
    """Return the days of a month of *length* days whose 1st is *first_weekday*; *holidays* are days of it."""
    if isinstance(member, MonthDays):
        return days_counted(member, first_weekday, length, holidays)
    return _days_of_field(values(member), first_weekday, length)


def days_counted(member: MonthDays, first_weekday: int, length: int, holidays: Collection[int] = ()) -> set[int]:
    """Return the days of a month that have one of the positions of *member*; arguments as for `_days_of_month`."""
    days: Sequence[int] = range(1, length + 1)
    if member.counted == "business_days":
        days = [day for day in days if (first_weekday + day - 1) % 7 < _WEEKEND and day not in holidays]
    elif member.counted != "days":
        days = range(1 + (WEEKDAYS_COUNTED.index(member.counted) - first_weekday) % 7, length + 1, 7)
    return {days[nth - (nth > 0)] for nth in member.positions if abs(nth) <= len(days)}


def _days_of_field(allowed: Values, first_weekday: int, length: int) -> set[int]:
    """Return the days of a month of *length* days whose 1st is *first_weekday*, by the day field alone."""
    if allowed.any_day:
        return set(range(1, length + 1))
    days = {day for day in allowed.days if day <= length}
    if allowed.last_day:
        days.add(length)
    for nth, weekday in allowed.nths:
        first = 1 + (weekday - first_weekday) % 7
        day = first + 7 * (nth - 1) if nth else first + 7 * ((length - first) // 7)
        if day <= length:
            days.add(day)
    return days


class MemberDays:
    """The days that one member of a union allows, searched forward; proleptic ordinals, *holidays* too."""

    def __init__(self, member: Member, holidays: frozenset[int] = frozenset()) -> None:
        self._member = member
        self._holidays = holidays
        self._years = values(fields_of(member)).years

    def __call__(self, ordinal: int) -> int | None:
        """Return the first allowed day on or after *ordinal*, or None if the calendar has none."""
        year = date.fromordinal(ordinal).year
        for candidate in self._candidate_years(year):
            days = days_in_year(self._member, candidate, self._holidays)
            if days:
                first = _first_day(candidate)
                index = bisect_left(days, ordinal - first)
                if index < len(days):
                    return first + days[index]
        return None

    def _candidate_years(self, year: int) -> Iterable[int]:
        if self._years is None:
            return range(year, min(year + _CYCLE, _LAST_YEAR) + 1)
        return sorted(candidate for candidate in self._years if year <= candidate <= _LAST_YEAR)


def days_in_year(member: Member, year: int, holidays: frozenset[int] = frozenset()) -> tuple[int, ...]:
    """Return the zero-based days of *year* that *member* allows; *holidays* (ordinals) are no business days."""
    years = values(fields_of(member)).years
    if years is not None and year not in years:
        return ()
    if holidays and isinstance(member, MonthDays) and member.counted == "business_days":
        first, after = _first_day(year), _first_day(year + 1)
        held = tuple(sorted(day for day in holidays if first <= day < after))
        if held:
            return _days_of_year(member, year, held)
    return _days_of_year(member, _sample_year(_year_kind(year)), ())


def next_interval_day(interval: CalendarInterval, ordinal: int) -> int | None:
    """Return the first day on or after *ordinal*, and not before the anchor, that *interval* falls on."""
    anchor = interval.anchor.toordinal()
    ordinal = max(ordinal, anchor)
    if interval.unit == "days":
        return ordinal + (anchor - ordinal) % interval.every
    if interval.unit == "weeks":
        return _next_week_day(interval, ordinal)
    return next((day for day in _month_days(interval, ordinal) if day >= ordinal), None)


def _next_week_day(interval: CalendarInterval, ordinal: int) -> int:
    week_zero = interval.anchor - timedelta(days=interval.anchor.weekday())
    weekdays = interval.weekdays or (interval.anchor.weekday(),)
    period = 7 * interval.every
    base = week_zero.toordinal() + (ordinal - week_zero.toordinal()) // period * period
    return min(
        base + turn * period + weekday
        for turn in (0, 1)
        for weekday in weekdays
        if base + turn * period + weekday >= ordinal
    )


def _month_days(interval: CalendarInterval, ordinal: int) -> Iterator[int]:
    anchor, start = interval.anchor, date.fromordinal(ordinal)
    months = (start.year - anchor.year) * 12 + start.month - anchor.month
    months -= months % interval.every
    for step in range(months, months + 12 * _CYCLE, interval.every):
        year, month = divmod(anchor.year * 12 + anchor.month - 1 + step, 12)
        if year > _LAST_YEAR:
            return
        if anchor.day <= monthrange(year, month + 1)[1]:
            yield date(year, month + 1, anchor.day).toordinal()

"""Positions in the month as earlier releases wrote them: unions of cron fields, recognised by what they were called.

A position counted from the end is another number in months of 31, 30, 29 and 28 days, so it was a union
of one member for each length. February's length depends on the year: its two lengths named the years
they hold in, written out to the end of the century (2100 is no leap year). Entries of such unions stay as
they are until they are compiled anew, as `MonthDays`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from reconciler.model import CronFields, Timing
from reconciler.timing.fields import MONTHS, WEEKDAYS, values
from reconciler.timing.normal import cron_fields
from reconciler.timing.unions import cron_union

LAST_YEAR = 2099
"""The last year for which February's two lengths were written out."""
_LAST_DAY = date(LAST_YEAR, 12, 31)
_LEAP = f"2024-{LAST_YEAR}/4"
_COMMON = ",".join(str(year) for year in range(2025, LAST_YEAR + 1) if year % 4)
_BUSINESS = range(5)
_FRIDAY = 4
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ALL_MONTHS = frozenset(range(1, 13))
DayFields = dict[str, str]


class _Length(NamedTuple):
    """The months of one length, and the years in which February has it."""

    days: int
    months: frozenset[int]
    years: str = "*"


_LENGTHS = (
    _Length(31, frozenset({1, 3, 5, 7, 8, 10, 12})),
    _Length(30, frozenset({4, 6, 9, 11})),
    _Length(29, frozenset({2}), _LEAP),
    _Length(28, frozenset({2}), _COMMON),
)


def month_field(months: Iterable[int]) -> DayFields:
    """Return the month field that allows *months*, or nothing for all twelve."""
    chosen = frozenset(months)
    return {} if chosen == _ALL_MONTHS else {"month": ",".join(MONTHS[month - 1] for month in sorted(chosen))}


def days_from_end(nth: int, months: Iterable[int] = _ALL_MONTHS) -> list[DayFields]:
    """Return the date fields of the *nth* last day of *months*, 1 being the last."""
    if nth == 1:
        return [month_field(months) | {"day": "last"}]
    return _by_length(months, lambda length: {length - nth + 1: range(7)})


def weekday_from_end(nth: int, weekday: int, months: Iterable[int] = _ALL_MONTHS) -> list[DayFields]:
    """Return the date fields of the *nth* last *weekday* (Monday 0) of *months*, 2 being the one before the last."""
    return _by_length(months, lambda length: {length - 7 * nth + day: (weekday,) for day in range(1, 8)})


def business_day(nth: int, months: Iterable[int] = _ALL_MONTHS) -> list[DayFields]:
    """Return the date fields of the *nth* Monday to Friday of *months*, counted from the end if negative.

    *nth* is at most 20 either way, which every month has.
    """
    if nth > 0:
        return _members(month_field(months), _count(1, nth, 1))
    if nth == -1:  # the last day, or else a Friday: what cron can say by itself is not written out
        last = month_field(months) | {"day": "last", "day_of_week": "mon-fri"}
        return [last, *_by_length(months, lambda length: {length - 1: [_FRIDAY], length - 2: [_FRIDAY]})]
    return _by_length(months, lambda length: _count(length, -nth, -1))


def _count(start: int, nth: int, step: int) -> dict[int, list[int]]:
    """Return on which day, by its weekday, the *nth* business day from day *start* on falls."""
    found: dict[int, list[int]] = {}
    for first in range(7):
        day, weekday, left = start, first, nth
        while left > (weekday in _BUSINESS):
            left -= weekday in _BUSINESS
            day, weekday = day + step, (weekday + step) % 7
        found.setdefault(day, []).append(weekday)
    return found


def _by_length(months: Iterable[int], days: Callable[[int], Mapping[int, Iterable[int]]]) -> list[DayFields]:
    """Return the fields of *days*, which gives the weekdays of each day for a month's length."""
    wanted = frozenset(months)
    members: list[DayFields] = []
    for length in _LENGTHS:
        if length.months & wanted:
            here = {day: set(weekdays) for day, weekdays in days(length.days).items()}
            if length.years != "*":  # what holds in both of February's lengths needs no years
                other = days(57 - length.days)
                both = {day: here[day] & set(other.get(day, ())) for day in here}
                members += _members(month_field({2}), both) if length.days == 28 else []
                here = {day: here[day] - both[day] for day in here}
            years = {} if length.years == "*" else {"year": length.years}
            members += _members(month_field(length.months & wanted) | years, here)
    return members


def _members(common: DayFields, days: Mapping[int, Iterable[int]]) -> list[DayFields]:
    by_weekdays: dict[tuple[int, ...], list[int]] = {}
    for day, weekdays in days.items():
        if weekdays := tuple(sorted(weekdays)):
            by_weekdays.setdefault(weekdays, []).append(day)
    return [
        common
        | {"day": ",".join(map(str, sorted(numbers)))}
        | ({} if len(weekdays) == 7 else {"day_of_week": ",".join(WEEKDAYS[day] for day in weekdays)})
        for weekdays, numbers in by_weekdays.items()
    ]


def as_written_out(timing: Timing) -> Timing:
    """Return of *timing* what such a union could say: up to 2099, and business days counted with the holidays.

    Holidays were left out all the same: a last business day that was one had no run.
    """
    end = min(timing.end or _LAST_DAY, _LAST_DAY)
    return replace(timing, end=end, exclude=tuple(sorted(timing.excluded)), calendars=())


# ---------------------------------------------------------------- recognised again


def position_named(members: Iterable[CronFields]) -> tuple[str, frozenset[int]] | None:
    """Return what the days of *members* are called together, and of which months; None if they have no such name.

    The clock fields of *members* do not count: `second to last Friday`, `last business day`.
    """
    dates = frozenset(_dates(member) for member in members)
    months = frozenset(month for one in dates for month in values(one).months or _ALL_MONTHS)
    name = _names(months).get(dates)
    return None if name is None else (name, months)


def _dates(member: CronFields) -> CronFields:
    return CronFields(member.year, member.month, member.day, member.week, member.day_of_week, "0")


@lru_cache(maxsize=256)
def _names(months: frozenset[int]) -> dict[frozenset[CronFields], str]:
    named: dict[frozenset[CronFields], str] = {}

    def add(name: str, fields: list[DayFields]) -> None:
        union = cron_union(cron_fields(one | {"hour": "0"}) for one in fields)
        if len(union) > 1:
            named.setdefault(frozenset(union), name)

    for nth in range(1, len(_ORDINALS)):
        from_end = "last" if nth == 1 else f"{_ORDINALS[nth]} to last"
        add(f"{_ORDINALS[nth]} business day", business_day(nth, months))
        add(f"{from_end} business day", business_day(-nth, months))
        if nth > 1:
            add(f"{from_end} day", days_from_end(nth, months))
    add("first and last business day", [*business_day(1, months), *business_day(-1, months)])
    for weekday, name in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")):
        for nth in (2, 3, 4):
            add(f"{_ORDINALS[nth]} to last {name}", weekday_from_end(nth, weekday, months))
    return named

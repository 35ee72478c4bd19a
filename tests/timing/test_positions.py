"""Positions from the month's end and business days, against a walk over every day of the century."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest

from reconciler.model import CronFields, Timing
from reconciler.timing import cron_fields, cron_union, fires
from reconciler.timing.positions import (
    LAST_YEAR,
    business_day,
    days_from_end,
    position_named,
    weekday_from_end,
)

FIRST, LAST = date(2024, 1, 1), date(LAST_YEAR, 12, 31)
MONTHS = [frozenset(range(1, 13)), frozenset({2}), frozenset({1, 2}), frozenset({3, 6, 9, 12}), frozenset({4, 6})]


def due_days(fields: list[dict[str, str]]) -> list[date]:
    timing = Timing("UTC", union(fields))
    start = datetime.combine(FIRST, datetime.min.time(), UTC) - timedelta(seconds=1)
    return [due.date() for due in fires(timing, start, datetime.combine(LAST, datetime.max.time(), UTC))]


def union(fields: list[dict[str, str]]) -> tuple[CronFields, ...]:
    return cron_union(cron_fields(one | {"hour": "9"}) for one in fields)


def months_of(months: frozenset[int]) -> list[list[date]]:
    """Return the days of each of *months* in the century."""
    return [
        [date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]
        for year in range(FIRST.year, LAST.year + 1)
        for month in sorted(months)
    ]


@pytest.mark.parametrize("months", MONTHS, ids=str)
@pytest.mark.parametrize("nth", [1, 2, 3, 7, 28])
def test_days_counted_from_the_end_are_those_of_the_calendar(nth: int, months: frozenset[int]) -> None:
    assert due_days(days_from_end(nth, months)) == [month[-nth] for month in months_of(months)]


@pytest.mark.parametrize("months", MONTHS, ids=str)
@pytest.mark.parametrize(("nth", "weekday"), [(2, 4), (3, 0), (4, 6), (2, 6)])
def test_weekdays_counted_from_the_end_are_those_of_the_calendar(
    nth: int, weekday: int, months: frozenset[int]
) -> None:
    expected = [[day for day in month if day.weekday() == weekday][-nth] for month in months_of(months)]
    assert due_days(weekday_from_end(nth, weekday, months)) == expected


@pytest.mark.parametrize("months", MONTHS, ids=str)
@pytest.mark.parametrize("nth", [1, 2, 5, 13, 20, -1, -2, -3, -10, -20])
def test_business_days_are_those_of_the_calendar(nth: int, months: frozenset[int]) -> None:
    place = nth - 1 if nth > 0 else nth
    expected = [[day for day in month if day.weekday() < 5][place] for month in months_of(months)]
    assert due_days(business_day(nth, months)) == expected


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (business_day(1), "first business day"),
        (business_day(-1), "last business day"),
        (business_day(-2), "second to last business day"),
        (days_from_end(2), "second to last day"),
        (weekday_from_end(2, 4), "second to last Friday"),
    ],
)
def test_what_was_made_is_recognised_again(fields: list[dict[str, str]], name: str) -> None:
    assert position_named(union(fields)) == (name, frozenset(range(1, 13)))
    quarter = frozenset({3, 6, 9, 12})
    if name == "last business day":
        assert position_named(union(business_day(-1, quarter))) == (name, quarter)


def test_other_days_have_no_such_name() -> None:
    assert position_named(union([{"day": "1"}])) is None
    assert position_named(union([{"day": "1"}, {"day_of_week": "mon"}])) is None
    assert position_named(union(business_day(-1))[1:]) is None

"""How often a rule fires, against counting its due times in UTC."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings

from reconciler.model import CalendarInterval, CronFields, ElapsedInterval, Rule, Timing
from reconciler.timing import cron_fields, fires, frequency
from tests.effort import examples

from .strategies import cron_rules

START = datetime(2024, 1, 1, tzinfo=UTC) - timedelta(seconds=1)


@settings(max_examples=examples(40), deadline=None)
@given(cron_rules())
def test_counting_the_due_times_of_forty_days_finds_no_more(rule: tuple[CronFields, ...]) -> None:
    found = frequency(rule)
    due = list(fires(Timing("UTC", rule), START, START + timedelta(days=40)))
    counted = Counter(one.date() for one in due)
    assert max(counted.values(), default=0) <= found.busiest
    gaps = [later - earlier for earlier, later in pairwise(due)]
    assert all(found.shortest is not None and gap >= found.shortest for gap in gaps)


@pytest.mark.parametrize(
    ("rule", "shortest", "busiest"),
    [
        ((cron_fields({"minute": "*"}),), timedelta(minutes=1), 1440),
        ((cron_fields({"second": "*"}),), timedelta(seconds=1), 86400),
        ((cron_fields({"hour": "9"}),), timedelta(days=1), 1),
        ((cron_fields({"hour": "23", "minute": "59"}), cron_fields({"hour": "0"})), timedelta(minutes=1), 2),
        ((cron_fields({"day_of_week": "mon", "hour": "9"}),), timedelta(days=7), 1),
        ((cron_fields({"year": "2030", "month": "1", "day": "1"}),), None, 1),
        ((cron_fields({"year": "2031", "hour": "9,10"}),), timedelta(hours=1), 2),
        (CalendarInterval("days", 3, date(2026, 1, 1), (time(9), time(9, 5))), timedelta(minutes=5), 2),
        (ElapsedInterval(timedelta(minutes=7), START), timedelta(minutes=7), 206),
        (ElapsedInterval(timedelta(hours=36), START), timedelta(hours=36), 1),
    ],
    ids=str,
)
def test_the_shortest_interval_and_the_busiest_day(rule: Rule, shortest: timedelta | None, busiest: int) -> None:
    found = frequency(rule)
    assert (found.shortest, found.busiest) == (shortest, busiest)

"""The load of the coming week is what the due times say, by whichever way it is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import Timing
from reconciler.timing import fires, week_load
from tests.builders import timing
from tests.timing.strategies import calendar_intervals, counted_rules, cron_rules, elapsed_intervals, timings

STARTS = [
    datetime(2026, 11, 23, 10, 7, tzinfo=UTC),
    datetime(2027, 3, 24, 10, tzinfo=UTC),  # the clock goes forward in this week
    datetime(2027, 10, 27, 10, tzinfo=UTC),  # and back in this one
]


def check(one: Timing, start: datetime) -> None:
    tick = timedelta(microseconds=1)
    due = list(fires(one, start - tick, start + timedelta(days=7) - tick))
    load = week_load(one, start)
    assert load.runs == len(due)
    assert list(load.minutes) == sorted({(at - start) // timedelta(minutes=1) for at in due})


@settings(max_examples=60, deadline=None)
@given(
    timings(st.one_of(cron_rules(), counted_rules(), calendar_intervals(), elapsed_intervals())),
    st.sampled_from(STARTS),
)
def test_the_load_of_a_week_is_what_its_due_times_say(one: Timing, start: datetime) -> None:
    check(one, start)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("kwargs", [{"hour": "*", "minute": "*/7"}, {"hour": "1-3", "minute": "30"}, {"hour": "2"}])
def test_a_clock_change_is_counted(start: datetime, kwargs: dict[str, str]) -> None:
    check(timing(**kwargs), start)


def test_a_job_that_fires_each_second_is_counted_without_walking_it() -> None:
    load = week_load(timing(hour="*", minute="*", second="*"), STARTS[1])
    assert (load.runs, len(load.minutes)) == (604_800, 10_080)

"""Jitter is a property of the due time and the job, not of the moment somebody asks."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reconciler.timing import next_fire, start_of
from tests.builders import timing

NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTELY = timing(minute="*")


@given(st.timedeltas(timedelta(0), timedelta(hours=2)), st.integers(0, 1000))
def test_a_start_is_never_before_its_due_time_nor_at_the_next_one(jitter: timedelta, minute: int) -> None:
    due = NINE + timedelta(minutes=minute)
    following = next_fire(MINUTELY, due)
    assert following is not None
    assert due <= start_of("a", MINUTELY, due, jitter) <= due + jitter
    assert start_of("a", MINUTELY, due, jitter) < following


def test_the_delays_are_spread_over_the_whole_jitter() -> None:
    delays = [(start_of(f"job-{n}", timing(), NINE, timedelta(hours=1)) - NINE).total_seconds() for n in range(600)]
    for tenth in range(10):
        assert 30 <= sum(360 * tenth <= delay < 360 * (tenth + 1) for delay in delays) <= 95


def test_another_process_gives_the_same_start() -> None:
    code = (
        "from datetime import *; from reconciler.timing import *; from tests.builders import timing;"
        "print(start_of('a', timing(), datetime(2026, 3, 2, 8, tzinfo=UTC), timedelta(hours=1)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(start_of("a", timing(), NINE, timedelta(hours=1)))

"""A pause in git with an end: what is due before it is held back, what is due from then on is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.timing import fires, next_unpaused, pause_end, pause_warnings, paused_in_git
from tests.builders import entry, timing

MARCH = datetime(2026, 3, 28, tzinfo=UTC)


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    minutes=st.integers(0, 3 * 24 * 60),
    season=st.sampled_from([0, 189, 211]),
    after=st.integers(0, 3 * 24 * 60),
)
def test_what_is_due_before_the_end_is_held_back(zone: str, minutes: int, season: int, after: int) -> None:
    begin = MARCH + timedelta(days=season)
    wall = begin.replace(tzinfo=None) + timedelta(minutes=minutes)
    held = entry(timing=timing(zone, hour="*", minute="*/10"), paused=True, paused_until=wall)
    minutely = (wall.replace(tzinfo=UTC) + timedelta(minutes=minute) for minute in count(-15 * 60))
    end = next(at for at in minutely if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) >= wall)
    assert pause_end(held) == end
    since = begin + timedelta(minutes=after)
    expected = next(at for at in fires(held.timing, since) if at >= end)
    assert next_unpaused(held, since) == expected
    assert not paused_in_git(held, expected)
    assert paused_in_git(held, since) == (since < end)


def test_without_an_end_it_lasts_and_without_a_pause_there_is_none() -> None:
    assert next_unpaused(entry(paused=True), MARCH) is None
    assert next_unpaused(entry(), MARCH) == next(fires(entry().timing, MARCH))
    assert not paused_in_git(entry(), MARCH)


@pytest.mark.parametrize(("zone", "wall"), [("Europe/Berlin", datetime(2026, 10, 25, 2, 30))])
def test_of_a_wall_time_that_comes_twice_the_first_ends_it(zone: str, wall: datetime) -> None:
    held = entry(timing=timing(zone), paused=True, paused_until=wall)
    assert pause_end(held) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_what_is_due_in_the_gap_at_the_end_of_a_pause_runs() -> None:
    due = timing("Europe/Berlin", hour="2", minute="30")
    held = entry(timing=due, paused=True, paused_until=datetime(2026, 3, 29, 2, 30))
    assert pause_end(held) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert next_unpaused(held, MARCH + timedelta(hours=12)) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_pause_that_is_over_is_warned_of() -> None:
    held = entry(timing=timing("Europe/Berlin"), paused=True, paused_until=datetime(2026, 3, 28, 1))
    assert pause_warnings(held, MARCH - timedelta(minutes=1)) == ()
    (warning,) = pause_warnings(held, MARCH)
    assert warning.startswith("`paused_until: 2026-03-28 01:00` has passed")
    assert pause_warnings(entry(paused=True), MARCH) == ()

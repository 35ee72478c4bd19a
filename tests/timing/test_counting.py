"""Counting due times against taking each of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import Timing
from reconciler.timing import count_fires, fires, last_fire, start_of_latest
from reconciler.timing.counting import due_seconds
from tests.builders import timing
from tests.effort import examples

from .strategies import calendar_intervals, counted_rules, cron_rules, elapsed_intervals, moments_near_changes, timings

RULES = st.one_of(cron_rules(), cron_rules(seconds=True), counted_rules(), calendar_intervals(), elapsed_intervals())


@settings(max_examples=examples(400), deadline=None)
@given(st.data(), st.integers(0, 40 * 86400))
def test_a_count_is_how_many_there_are(data: st.DataObject, span: int) -> None:
    rule = data.draw(timings(RULES))
    after = data.draw(moments_near_changes(rule.timezone)) - timedelta(seconds=data.draw(st.integers(0, 2 * 86400)))
    due = _first(rule, after, after + timedelta(seconds=span), 3000)
    until = after + timedelta(seconds=span) if len(due) < 3000 else due[-1]
    assert count_fires(rule, after, until) == len(due)
    assert list(due_seconds(rule, after, until)) == [int(one.timestamp()) for one in due]
    assert last_fire(rule, after, until) == (due[-1] if due else None)


def _first(rule: Timing, after: datetime, until: datetime, most: int) -> list[datetime]:
    found = []
    for due in fires(rule, after, until):
        found.append(due)
        if len(found) == most:
            break
    return found


@settings(max_examples=50, deadline=None)
@given(st.data(), st.integers(0, 300))
def test_the_latest_so_many_are_found(data: st.DataObject, most: int) -> None:
    rule = data.draw(timings(RULES))
    after = data.draw(moments_near_changes(rule.timezone))
    due = _first(rule, after, after + timedelta(days=20), 1000)
    until = due[-1] if due else after + timedelta(days=20)
    start = start_of_latest(rule, after, until, most)
    assert list(fires(rule, start, until)) == due[max(0, len(due) - most) :]


def test_a_year_of_seconds_is_counted_at_once() -> None:
    """One by one it takes ten minutes, and the test its time limit."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    every_second = timing("Europe/Berlin", hour="*", minute="*", second="*")
    assert count_fires(every_second, start, start + timedelta(days=365)) == 365 * 86400

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.due import CATCH_UP_MOST, Due, account, next_due, paused_at
from reconciler.engine.gaps import Gaps
from reconciler.model import CatchUp, Job, LockEntry, MissReason, Pause, RunSpec
from reconciler.timing import fires, start_of
from tests.builders import entry, job, timing
from tests.engine.world import NINE, minutely, secondly

HOUR = timedelta(hours=1)


late = Gaps(datetime(2099, 1, 1, tzinfo=UTC))  # everything came due before the start


def minutely_job(**run: object) -> Job:
    return job(minutely(run=RunSpec(("true",), **run)))  # type: ignore[arg-type]


def owed(held: Job, since: datetime, now: datetime) -> list[tuple[str, int]]:
    return [(due.missed.value if due.missed else "run", due.count) for due in account(held, since, now, late)]


def test_a_due_time_seen_at_once_runs_whatever_the_policy() -> None:
    for catch_up in CatchUp:
        held = minutely_job(catch_up=catch_up, grace=timedelta(0))
        assert owed(held, NINE, NINE + timedelta(seconds=60.4)) == [("run", 1)]


def test_nothing_is_owed_where_nothing_was_due() -> None:
    assert account(minutely_job(), NINE, NINE + timedelta(seconds=59), late) == ()


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        ("skip", [("downtime", 1)] * 5),
        ("latest", [("downtime", 1)] * 4 + [("run", 1)]),
        ("all", [("downtime", 1)] * 2 + [("run", 1)] * 3),
    ],
)
def test_after_a_downtime_catch_up_decides_and_grace_bounds_it(catch_up: str, expected: list[tuple[str, int]]) -> None:
    held = job(
        entry(
            timing=timing("UTC", hour="*", minute="*/10"),
            run=RunSpec(("true",), catch_up=CatchUp(catch_up), grace=timedelta(minutes=25)),
        )
    )
    assert owed(held, NINE, NINE + timedelta(minutes=55)) == expected


def test_more_than_a_hundred_misses_share_a_row_with_their_count_first_and_last() -> None:
    missed, run = account(minutely_job(), NINE, NINE + timedelta(days=1, seconds=5), late)
    assert (missed.missed, missed.count) == (MissReason.DOWNTIME, 24 * 60 - 1)
    assert (missed.at, missed.last) == (NINE + timedelta(minutes=1), NINE + timedelta(hours=23, minutes=59))
    assert run == Due(NINE + timedelta(days=1))


def test_a_hundred_misses_are_a_row_each() -> None:
    held = minutely_job(grace=timedelta(0))
    assert owed(held, NINE, NINE + timedelta(minutes=100, seconds=30)) == [("downtime", 1)] * 100


def test_catching_up_with_all_has_a_cap_and_the_rest_is_recorded() -> None:
    held = job(secondly(run=RunSpec(("true",), catch_up=CatchUp.ALL)))
    first, *rest = account(held, NINE, NINE + timedelta(seconds=1500), late)
    assert (first.missed, first.count) == (MissReason.DOWNTIME, 500)
    assert [due.missed for due in rest] == [None] * CATCH_UP_MOST


def test_years_of_downtime_are_counted_and_not_taken_one_by_one() -> None:
    """A job due each second after ten years away, with a grace of a year: one by one it is two hours' work."""
    day = timedelta(days=1)
    held = job(secondly(run=RunSpec(("true",), catch_up=CatchUp.ALL, grace=365 * day)))
    pause = Pause("me", NINE + 100 * day, until=NINE + 200 * day)
    missed, paused, later, *rest = account(replace(held, pause=pause), NINE, NINE + 3650 * day, late)
    assert (missed.count, paused.count) == (100 * 86400, 100 * 86400 - 1)
    assert (missed.last, paused.at) == (NINE + 100 * day, NINE + 100 * day + timedelta(seconds=1))
    assert later.count == 3450 * 86400 + 1 - CATCH_UP_MOST
    assert [due.missed for due in rest] == [None] * CATCH_UP_MOST
    assert rest[-1].at == NINE + 3650 * day


def test_due_times_of_a_pause_are_missed_as_paused_in_one_row_and_the_others_are_not() -> None:
    pause = Pause("me", NINE + timedelta(minutes=2, seconds=30), until=NINE + timedelta(minutes=5))
    held = job(minutely(run=RunSpec(("true",), catch_up=CatchUp.ALL)), pause=pause)
    expected = [("run", 1), ("run", 1), ("paused", 2), ("run", 1), ("run", 1)]
    assert owed(held, NINE, NINE + timedelta(minutes=6, seconds=5)) == expected


def test_a_job_paused_in_git_is_never_due() -> None:
    held = job(minutely(paused=True))
    assert next_due(held, NINE) is None
    assert owed(held, NINE, NINE + HOUR) == [("paused", 60)]


def test_a_pause_with_an_end_is_due_again_at_its_end() -> None:
    held = job(minutely(), pause=Pause("me", NINE, until=NINE + HOUR))
    assert next_due(held, NINE) == NINE + HOUR
    assert not paused_at(held, NINE + HOUR)


@pytest.mark.parametrize("by_hand", [30, 90, None])
def test_of_two_pauses_with_an_end_the_later_one_counts(by_hand: int | None) -> None:
    held = minutely(paused=True, paused_until=datetime(2026, 3, 2, 10))
    until = None if by_hand is None else NINE + timedelta(minutes=by_hand)
    paused = job(held, pause=Pause("me", NINE - HOUR, until=until))
    assert next_due(paused, NINE) == (until and max(until, NINE + HOUR))
    assert next_due(job(held), NINE) == NINE + HOUR


@given(
    since=st.integers(0, 10_000),
    span=st.integers(0, 20_000),
    catch_up=st.sampled_from(list(CatchUp)),
    grace=st.integers(0, 20_000),
    step=st.sampled_from(["*", "*/7", "13"]),
    pause=st.none() | st.tuples(st.integers(0, 30_000), st.none() | st.integers(0, 30_000)),
    ends=st.none() | st.integers(0, 500),
    started=st.integers(0, 30_000),
    gaps=st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 5_000)), max_size=3),
)
def test_every_due_time_is_accounted_for_exactly_once_and_as_one_by_one(
    since: int,
    span: int,
    catch_up: CatchUp,
    grace: int,
    step: str,
    pause: tuple[int, int | None] | None,
    ends: int | None,
    started: int,
    gaps: list[tuple[int, int]],
) -> None:
    start = NINE + timedelta(seconds=since)
    now = start + timedelta(seconds=span)
    run = RunSpec(("true",), catch_up=catch_up, grace=timedelta(seconds=grace))
    by_hand = None
    if pause is not None:
        at, until = (None if second is None else NINE + timedelta(seconds=second) for second in pause)
        assert at is not None
        by_hand = Pause("me", at, until=until)
    wall = None if ends is None else datetime(2026, 3, 2, 10) + timedelta(minutes=ends)
    due = timing("Europe/Berlin", hour="*", minute=step)
    held = job(entry(timing=due, run=run, paused=wall is not None, paused_until=wall), pause=by_hand)
    reasons = Gaps(NINE + timedelta(seconds=started))
    for begin, length in gaps:
        reasons.add(NINE + timedelta(seconds=begin), NINE + timedelta(seconds=begin + length), MissReason.CLOCK)
    found = account(held, start, now, reasons)
    assert _instants(held.entry, found) == list(fires(held.entry.timing, start, now))
    assert [due.missed for due in found for _ in range(due.count)] == _one_by_one(held, start, now, reasons)


def _one_by_one(held: Job, since: datetime, now: datetime, reasons: Gaps) -> list[MissReason | None]:
    """Return what becomes of each due time, each of them being looked at."""
    due = list(fires(held.entry.timing, since, now))
    able = [at for at in due if not paused_at(held, at) and now - at <= max(held.entry.run.grace, timedelta(seconds=1))]
    match held.entry.run.catch_up:
        case CatchUp.ALL:
            running = able[-CATCH_UP_MOST:]
        case CatchUp.LATEST:
            running = able[-1:]
        case CatchUp.SKIP:
            running = [at for at in able[-1:] if now - at <= timedelta(minutes=1)]
    return [
        None if at in running else MissReason.PAUSED if paused_at(held, at) else reasons.reason_at(at) for at in due
    ]


def _instants(held: LockEntry, found: tuple[Due, ...]) -> list[datetime]:
    """Return the due times that rows stand for, those of a counted row being found again."""
    instants = []
    for due in found:
        members = [due.at, *fires(held.timing, due.at, due.last)] if due.last else [due.at]
        assert len(members) == due.count
        instants += members
    return instants


def test_a_jittered_run_starts_when_the_preview_says_it_does() -> None:
    held = minutely_job(jitter=timedelta(seconds=30), catch_up=CatchUp.ALL)
    found = account(held, NINE, NINE + timedelta(minutes=5), late)
    assert len(found) == 5
    assert [one.starts for one in found] == [
        start_of(held.id, held.entry.timing, one.at, timedelta(seconds=30)) for one in found
    ]


def test_the_autumn_overlap_owes_a_daily_job_one_run() -> None:
    held = job(entry(timing=timing("Europe/Berlin", hour="2", minute="30"), run=RunSpec(("true",), grace=2 * HOUR)))
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert owed(held, before, datetime(2026, 10, 25, 1, 30, 30, tzinfo=UTC)) == [("run", 1)]

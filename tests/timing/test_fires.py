"""Due times against the brute force in `oracle`, round offset changes above all."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import CalendarInterval, DstPolicy, ElapsedInterval, Rule, Timing
from reconciler.timing import cron_fields, fires, next_fire
from tests.effort import examples

from .oracle import due_between, transitions, zones_by_behaviour
from .strategies import calendar_intervals, counted_rules, cron_rules, elapsed_intervals, moments_near_changes, timings

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

AWKWARD = [
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Gaza",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Havana",
    "America/Santiago",
    "Atlantic/Azores",
    "Asia/Tehran",
    "Europe/Dublin",
    "America/New_York",
    "Europe/Berlin",
    "UTC",
]


def cron(timezone: str, *sets: dict[str, str], **options: object) -> Timing:
    return Timing(timezone, tuple(map(cron_fields, sets)), **options)  # type: ignore[arg-type]


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def agree(timing: Timing, after: datetime, until: datetime) -> None:
    expected = due_between(timing, after, until)
    assert list(fires(timing, after, until)) == expected, timing


# ---------------------------------------------------------------- what APScheduler gets wrong


def test_a_weekly_monday_midnight_in_new_york_keeps_its_run_after_spring_forward() -> None:
    timing = cron("America/New_York", {"day_of_week": "mon"})
    march = list(fires(timing, at(2026, 3, 1), at(2026, 3, 20)))
    assert march == [at(2026, 3, 2, 5), at(2026, 3, 9, 4), at(2026, 3, 16, 4)]


@pytest.mark.parametrize("year", range(2026, 2030))
def test_a_monthly_first_in_berlin_fires_twelve_times_a_year(year: int) -> None:
    timing = cron("Europe/Berlin", {"day": "1"})
    until = at(year, 12, 31)
    assert len(list(fires(timing, at(year - 1, 12, 31), until))) == 12
    assert due_between(timing, at(year, 3, 2), at(year, 4, 2)) == [at(year, 3, 31, 22)]
    assert next_fire(timing, at(year, 3, 2)) == at(year, 3, 31, 22)


def test_the_answer_does_not_depend_on_when_one_asks() -> None:
    timing = cron("Europe/Berlin", {"day": "1"})
    asked = at(2026, 3, 1)
    answers = {next_fire(timing, asked + hours * HOUR) for hours in range(31 * 24 - 2)}
    assert answers == {at(2026, 3, 31, 22)}


def test_a_fixed_time_in_the_overlap_runs_once() -> None:
    timing = cron("America/New_York", {"hour": "1", "minute": "30"})
    assert list(fires(timing, at(2026, 11, 1), at(2026, 11, 2))) == [at(2026, 11, 1, 5, 30)]


def test_due_times_in_the_gap_become_one_run_at_the_first_instant_after_it() -> None:
    timing = cron("America/New_York", {"hour": "2-3", "minute": "53-55"})
    night = list(fires(timing, at(2026, 3, 8, 6), at(2026, 3, 8, 8)))
    assert night == [at(2026, 3, 8, 7), *(at(2026, 3, 8, 7, minute) for minute in (53, 54, 55))]


def test_each_policy_does_what_it_says_in_new_york() -> None:
    gap, overlap = {"hour": "2", "minute": "*/20"}, {"hour": "1", "minute": "30"}

    def spring(policy: DstPolicy) -> list[datetime]:
        return list(fires(cron("America/New_York", gap, dst=policy), at(2026, 3, 8, 5), at(2026, 3, 9, 5)))

    def autumn(policy: DstPolicy) -> list[datetime]:
        return list(fires(cron("America/New_York", overlap, dst=policy), at(2026, 11, 1, 4), at(2026, 11, 2, 4)))

    assert spring(DstPolicy(gap="after")) == [at(2026, 3, 8, 7)]
    assert spring(DstPolicy(gap="skip")) == []
    assert autumn(DstPolicy(overlap="first")) == [at(2026, 11, 1, 5, 30)]
    assert autumn(DstPolicy(overlap="last")) == [at(2026, 11, 1, 6, 30)]
    assert autumn(DstPolicy(overlap="both")) == [at(2026, 11, 1, 5, 30), at(2026, 11, 1, 6, 30)]


@pytest.mark.parametrize("gap", ["after", "skip"])
@pytest.mark.parametrize("overlap", ["first", "last", "both"])
def test_an_hourly_schedule_runs_every_real_hour_whatever_the_policy(gap: str, overlap: str) -> None:
    timing = cron("Europe/Berlin", {"minute": "30"}, dst=DstPolicy(gap, overlap))  # type: ignore[arg-type]
    for changed, _ in transitions("Europe/Berlin", 2026, 2026):
        runs = list(fires(timing, changed - 6 * HOUR, changed + 6 * HOUR))
        assert len(runs) == 12
        assert {later - earlier for earlier, later in pairwise(runs)} == {HOUR}


# ---------------------------------------------------------------- zones with a history

HANDFUL: list[tuple[dict[str, str], ...]] = [
    ({"minute": "*/15"},),
    ({"hour": "*/2", "minute": "30"},),
    ({"hour": "0"}, {"hour": "2", "minute": "30"}),
    ({"hour": "0-3", "minute": "*/15"},),
    ({"hour": "1,23", "minute": "45"}, {"hour": "*/6"}),
]
SIX_POLICIES = [DstPolicy(gap, overlap) for gap in ("after", "skip") for overlap in ("first", "last", "both")]  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", AWKWARD)
def test_awkward_zones_agree_with_the_brute_force_under_every_policy(zone: str) -> None:
    for changed, _ in transitions(zone, 2024, 2037)[:8]:
        for policy, sets in product(SIX_POLICIES, HANDFUL):
            agree(cron(zone, *sets, dst=policy), changed - 27 * HOUR, changed + 27 * HOUR)


def test_all_zones_agree_with_the_brute_force_at_every_change_until_2037() -> None:
    groups = zones_by_behaviour(2024, 2037)
    assert len(groups) > 30
    for number, zones in enumerate(groups):
        for order, (changed, _) in enumerate(transitions(zones[0], 2024, 2037)):
            turn = number + order
            timing = cron(zones[0], *HANDFUL[turn % len(HANDFUL)], dst=SIX_POLICIES[turn % len(SIX_POLICIES)])
            agree(timing, changed - 26 * HOUR, changed + 26 * HOUR)


def test_every_name_of_a_zone_gives_the_same_due_times() -> None:
    sets = HANDFUL[2]
    for zones in zones_by_behaviour(2024, 2037):
        changed = transitions(zones[0], 2024, 2037)[-1][0]
        answers = {tuple(fires(cron(zone, *sets), changed - DAY, changed + DAY)) for zone in zones}
        assert len(answers) == 1, zones


@pytest.mark.parametrize("policy", SIX_POLICIES, ids=str)
def test_the_day_apia_never_had(policy: DstPolicy) -> None:
    after, until = at(2011, 12, 29), at(2012, 1, 2)
    for sets in ({"hour": "9"}, {"minute": "*/15"}, {"day": "30", "hour": "10"}, {"day_of_week": "fri,sat"}):
        agree(cron("Pacific/Apia", sets, dst=policy), after, until)


def test_a_run_due_on_the_day_apia_never_had_comes_when_the_next_day_begins() -> None:
    timing = cron("Pacific/Apia", {"year": "2011", "month": "12", "day": "30", "hour": "9-17"})
    assert list(fires(timing, at(2011, 1, 1), at(2012, 12, 31))) == [at(2011, 12, 30, 10)]


def test_excluding_the_day_apia_never_had_leaves_nothing_to_make_up_for() -> None:
    timing = cron("Pacific/Apia", {"day": "30", "month": "12", "hour": "9"}, exclude=(date(2011, 12, 30),))
    assert next_fire(timing, at(2011, 1, 1)) == at(2012, 12, 29, 19)


@pytest.mark.parametrize(
    ("zone", "changed"), [("Africa/Cairo", at(2026, 4, 23, 22)), ("Asia/Beirut", at(2026, 3, 28, 22))]
)
def test_a_midnight_that_does_not_exist_is_made_up_for_at_one(zone: str, changed: datetime) -> None:
    assert (changed, HOUR) in transitions(zone, 2026, 2026)
    timing = cron(zone, {"hour": "0"})
    nights = list(fires(timing, changed - 36 * HOUR, changed + 36 * HOUR))
    assert changed in nights
    assert nights == due_between(timing, changed - 36 * HOUR, changed + 36 * HOUR)


def test_the_midnight_gap_belongs_to_the_day_it_opens() -> None:
    changed = at(2026, 4, 23, 22)
    cairo = cron("Africa/Cairo", {"hour": "0"}, exclude=(date(2026, 4, 24),))
    assert changed not in list(fires(cairo, changed - DAY, changed + DAY))
    agree(cairo, changed - 2 * DAY, changed + 2 * DAY)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Africa/Cairo", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    "sets", [{"day_of_week": "mon"}, {"day": "1"}, {"day": "last", "hour": "2", "minute": "30"}], ids=str
)
def test_sparse_schedules_lose_nothing_over_two_years(zone: str, sets: dict[str, str]) -> None:
    agree(cron(zone, sets), at(2026, 1, 1), at(2028, 1, 1))


# ---------------------------------------------------------------- laws


@settings(max_examples=examples(200), deadline=None)
@given(timings(cron_rules()), st.data())
def test_cron_fields_agree_with_the_brute_force(timing: Timing, data: st.DataObject) -> None:
    after = data.draw(moments_near_changes(timing.timezone))
    agree(timing, after, after + 40 * HOUR)


@settings(max_examples=examples(25), deadline=None)
@given(timings(cron_rules(seconds=True)), st.data())
def test_seconds_agree_with_the_brute_force(timing: Timing, data: st.DataObject) -> None:
    after = data.draw(moments_near_changes(timing.timezone))
    agree(timing, after, after + HOUR)


@settings(max_examples=examples(300), deadline=None)
@given(timings(counted_rules()), st.data())
def test_days_counted_within_the_month_agree_with_the_brute_force(timing: Timing, data: st.DataObject) -> None:
    after = data.draw(moments_near_changes(timing.timezone))
    agree(timing, after, after + 60 * HOUR)


@settings(max_examples=150, deadline=None)
@given(timings(calendar_intervals()), st.data())
def test_calendar_intervals_agree_with_the_brute_force(timing: Timing, data: st.DataObject) -> None:
    after = data.draw(moments_near_changes(timing.timezone))
    agree(timing, after, after + 72 * HOUR)


@settings(max_examples=100, deadline=None)
@given(timings(elapsed_intervals()), st.data())
def test_elapsed_intervals_agree_with_counting(timing: Timing, data: st.DataObject) -> None:
    after = data.draw(moments_near_changes(timing.timezone))
    agree(timing, after, after + 10 * DAY)


@settings(max_examples=80, deadline=None)
@given(timings(cron_rules()), st.data())
def test_next_fire_is_strictly_after_monotone_and_the_head_of_fires(timing: Timing, data: st.DataObject) -> None:
    first = data.draw(moments_near_changes(timing.timezone))
    later = first + data.draw(st.timedeltas(timedelta(microseconds=1), 3 * DAY))
    due, due_later = next_fire(timing, first), next_fire(timing, later)
    assert due == next(iter(fires(timing, first)), None)
    if due is None:
        assert due_later is None
        return
    assert due > first
    assert due.tzinfo is UTC
    assert due_later is None or due_later >= due
    assert next_fire(timing, due - timedelta(microseconds=1)) == due
    if due > later:
        assert due_later == due


@settings(max_examples=examples(50), deadline=None)
@given(timings(cron_rules()), st.data())
def test_asking_one_by_one_gives_what_fires_gives(timing: Timing, data: st.DataObject) -> None:
    after = data.draw(moments_near_changes(timing.timezone))
    until = after + 30 * HOUR
    stepwise = []
    due = next_fire(timing, after)
    while due is not None and due <= until and len(stepwise) < 200:
        stepwise.append(due)
        due = next_fire(timing, due)
    assert stepwise == list(fires(timing, after, until))[:200]


@settings(max_examples=60, deadline=None)
@given(timings(cron_rules()), st.sampled_from(AWKWARD), st.data())
def test_the_zone_in_which_one_asks_does_not_matter(timing: Timing, zone: str, data: st.DataObject) -> None:
    after = data.draw(moments_near_changes(timing.timezone))
    assert next_fire(timing, after.astimezone(ZoneInfo(zone))) == next_fire(timing, after)


# ---------------------------------------------------------------- limits


def test_start_and_end_are_inclusive_wall_dates() -> None:
    timing = cron("Asia/Tokyo", {"hour": "0,23"}, start=date(2026, 5, 2), end=date(2026, 5, 3))
    assert list(fires(timing, at(2026, 1, 1))) == [
        at(2026, 5, 1, 15),
        at(2026, 5, 2, 14),
        at(2026, 5, 2, 15),
        at(2026, 5, 3, 14),
    ]


def test_a_union_runs_once_where_its_sets_coincide() -> None:
    timing = cron("UTC", {"hour": "*/6"}, {"hour": "12"}, {"hour": "12,13"})
    assert list(fires(timing, at(2026, 1, 1), at(2026, 1, 2))) == [at(2026, 1, 1, h) for h in (6, 12, 13, 18)] + [
        at(2026, 1, 2)
    ]


def test_a_gap_run_and_a_regular_run_at_the_same_instant_are_one() -> None:
    timing = cron("America/New_York", {"hour": "2", "minute": "30"}, {"hour": "3"})
    assert list(fires(timing, at(2026, 3, 8, 6), at(2026, 3, 8, 12))) == [at(2026, 3, 8, 7)]


@pytest.mark.parametrize(
    "rule",
    [
        CalendarInterval("days", 3, date(2026, 1, 1), (time(5),)),
        CalendarInterval("weeks", 2, date(2026, 1, 6), (time(10),)),
        CalendarInterval("weeks", 2, date(2026, 1, 7), (time(9), time(17, 30)), (0, 3)),
        CalendarInterval("months", 1, date(2026, 1, 31), (time(8),)),
        CalendarInterval("months", 5, date(2026, 1, 15), (time(2, 30),)),
        ElapsedInterval(timedelta(hours=36), at(2026, 1, 3)),
    ],
    ids=str,
)
def test_intervals_start_at_their_anchor_and_keep_their_count_for_two_years(rule: Rule) -> None:
    timing = Timing("Europe/Berlin", rule)
    agree(timing, at(2025, 12, 1), at(2028, 1, 1))


def test_week_zero_holds_the_anchor_and_fires_nothing_before_it() -> None:
    rule = CalendarInterval("weeks", 2, date(2026, 1, 7), (time(9),), (0, 3))  # a Wednesday: Monday 5th is before it
    due = list(fires(Timing("UTC", rule), at(2026, 1, 1), at(2026, 1, 23)))
    assert due == [at(2026, 1, 8, 9), at(2026, 1, 19, 9), at(2026, 1, 22, 9)]


def test_a_monthly_31st_fires_seven_times_a_year() -> None:
    rule = CalendarInterval("months", 1, date(2026, 1, 31), (time(8),))
    assert len(list(fires(Timing("UTC", rule), at(2026, 1, 1), at(2026, 12, 31, 23)))) == 7


def test_limits_are_dates_on_the_wall_of_the_due_time_also_where_it_runs_after_a_gap() -> None:
    """Nuuk's clocks go from 22:59 or 23:59 to the next day: the run of 23:30 belongs to the day it was due."""
    (changed, _), *_ = transitions("America/Nuuk", 2026, 2026)
    local = changed.astimezone(ZoneInfo("America/Nuuk"))
    assert (local.month, local.day, local.hour) == (3, 29, 0)
    late = {"hour": "23", "minute": "30"}
    for options in ({"end": date(2026, 3, 28)}, {"start": date(2026, 3, 29)}, {"exclude": (date(2026, 3, 29),)}):
        agree(cron("America/Nuuk", late, **options), changed - 3 * DAY, changed + 3 * DAY)
    assert changed in fires(cron("America/Nuuk", late, end=date(2026, 3, 28)), changed - DAY)
    assert next_fire(cron("America/Nuuk", late, start=date(2026, 3, 29)), changed - DAY) == changed + 23.5 * HOUR


def test_a_start_after_the_day_apia_never_had_makes_up_for_nothing() -> None:
    timing = cron("Pacific/Apia", {"hour": "9"}, start=date(2011, 12, 31))
    assert next_fire(timing, at(2011, 1, 1)) == at(2011, 12, 30, 19)


def test_an_elapsed_interval_with_limits_keeps_its_count() -> None:
    rule = ElapsedInterval(timedelta(hours=36), at(2026, 1, 1))
    timing = Timing("UTC", rule, start=date(2026, 5, 1), end=date(2026, 5, 3))
    assert list(fires(timing, at(2025, 1, 1))) == due_between(timing, at(2025, 1, 1), at(2027, 1, 1)) != []


def test_an_excluded_day_is_passed_over_at_once_by_an_interval_of_seconds() -> None:
    """A day of 86,400 due times, and the day on which Berlin's clock is put back."""
    days = (date(2026, 10, 25), date(2026, 10, 26))
    timing = Timing("Europe/Berlin", ElapsedInterval(timedelta(seconds=7), at(2026, 1, 1)), exclude=days)
    before = at(2026, 10, 24, 21, 59)
    found = list(fires(timing, before, at(2026, 10, 26, 23, 1)))
    assert found == due_between(timing, before, at(2026, 10, 26, 23, 1))
    assert found[0] < at(2026, 10, 24, 22)
    assert any(due >= at(2026, 10, 26, 23) for due in found)

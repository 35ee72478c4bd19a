"""Schedules that never fire, and warnings for offset changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from time import process_time

import pytest

from reconciler.model import CalendarInterval, CronFields, DstPolicy, ElapsedInterval, Timing
from reconciler.timing import NeverFires, check_fires, cron_fields, dst_warnings, next_fire, warnings_for

NOW = datetime(2026, 3, 1, tzinfo=UTC)
IMPOSSIBLE = [
    CronFields(month="feb", day="30", hour="0"),
    CronFields(month="apr,jun,sep,nov", day="31", hour="0"),
    CronFields(month="jun", week="53", hour="0"),
    CronFields(month="jul", week="1", hour="0"),
    CronFields(month="feb", day="5th mon", week="1-4", hour="0"),
    CronFields(year="2020", month="jan", day="1", hour="0"),
    CronFields(year="2027", month="feb", day="29", hour="0"),
    CronFields(month="jan", day="25-31", week="6-40", hour="0", second="30"),
]


@pytest.mark.parametrize("fields", IMPOSSIBLE, ids=lambda fields: str(fields.kwargs()))
def test_what_never_fires_is_named_and_the_answer_comes_at_once(fields: CronFields) -> None:
    started = process_time()
    with pytest.raises(NeverFires):
        check_fires(Timing("Europe/Berlin", (fields,)), NOW)
    assert (
        process_time() - started < 0.5
    )  # a bound that only a scan to the year 9999 breaks; benchmarks/ has the numbers


@pytest.mark.parametrize("fields", IMPOSSIBLE, ids=lambda fields: str(fields.kwargs()))
def test_next_fire_of_what_never_fires_is_none_for_every_policy(fields: CronFields) -> None:
    for gap in ("after", "skip"):
        assert next_fire(Timing("Africa/Cairo", (fields,), DstPolicy(gap)), NOW) is None  # type: ignore[arg-type]


def test_a_rare_day_is_found_though_it_is_years_away() -> None:
    leap_monday = Timing("UTC", (cron_fields({"month": "feb", "day": "29", "day_of_week": "mon"}),))
    assert next_fire(leap_monday, NOW) == datetime(2044, 2, 29, tzinfo=UTC)
    leap_friday_of_iso_nine = Timing("UTC", (CronFields(month="feb", day="29", day_of_week="tue", week="9", hour="0"),))
    assert next_fire(leap_friday_of_iso_nine, NOW) == datetime(2028, 2, 29, tzinfo=UTC)


def test_the_next_leap_day_after_a_century_year_is_found() -> None:
    timing = Timing("UTC", (cron_fields({"month": "feb", "day": "29"}),))
    assert next_fire(timing, datetime(2096, 3, 1, tzinfo=UTC)) == datetime(2104, 2, 29, tzinfo=UTC)


def test_a_rule_that_fires_only_beyond_eight_years_is_refused_by_check_fires() -> None:
    with pytest.raises(NeverFires):
        check_fires(Timing("UTC", (cron_fields({"month": "feb", "day": "29", "day_of_week": "mon"}),)), NOW)


@pytest.mark.parametrize(
    "timing",
    [
        Timing("UTC", (cron_fields({"hour": "9"}),), end=date(2026, 2, 1)),
        Timing("UTC", (cron_fields({"hour": "9"}),), start=date(2026, 5, 2), end=date(2026, 5, 1)),
        Timing("UTC", CalendarInterval("days", 1, date(2026, 1, 1), (time(9),)), end=date(2026, 2, 1)),
        Timing(
            "UTC",
            CalendarInterval("months", 12, date(2026, 1, 31), (time(9),)),
            start=date(2026, 2, 1),
            end=date(2026, 12, 1),
        ),
        Timing("UTC", ElapsedInterval(timedelta(hours=36), NOW), end=date(2026, 2, 1)),
        Timing("UTC", (cron_fields({"year": "2026", "month": "5", "day": "1"}),), exclude=(date(2026, 5, 1),)),
        Timing(
            "Europe/Berlin", (cron_fields({"year": "2026", "month": "3", "day": "29", "hour": "2"}),), DstPolicy("skip")
        ),
    ],
    ids=lambda timing: str(timing.rule),
)
def test_limits_that_leave_nothing_are_noticed(timing: Timing) -> None:
    assert next_fire(timing, NOW) is None
    with pytest.raises(NeverFires):
        check_fires(timing, NOW)


def test_check_fires_returns_the_next_due_instant() -> None:
    timing = Timing("Europe/Berlin", (cron_fields({"hour": "9"}),))
    assert check_fires(timing, NOW) == datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_the_last_instants_of_the_calendar_are_no_crash() -> None:
    daily = Timing("Pacific/Kiritimati", (cron_fields({"hour": "9"}),))
    assert next_fire(daily, datetime(9999, 12, 31, 23, 59, tzinfo=UTC)) is None
    early = Timing("America/Los_Angeles", (cron_fields({"hour": "9"}),))
    assert next_fire(early, datetime(1900, 1, 1, tzinfo=UTC)) is not None


def test_touched_due_times_are_warned_of_and_untouched_ones_are_not() -> None:
    at_half_past_two = Timing("Europe/Berlin", (cron_fields({"hour": "2", "minute": "30"}),))
    warnings = dst_warnings(at_half_past_two, NOW)
    assert len(warnings) == 2
    assert "29 Mar 2026" in warnings[0]
    assert "25 Oct 2026" in warnings[1]
    assert not dst_warnings(Timing("Europe/Berlin", (cron_fields({"hour": "9"}),)), NOW)
    assert not dst_warnings(Timing("UTC", (cron_fields({"hour": "2"}),)), NOW)


def test_short_months_are_warned_of() -> None:
    assert warnings_for(Timing("UTC", (cron_fields({"day": "31"}),)))
    assert not warnings_for(Timing("UTC", (cron_fields({"day": "1"}),)))


def test_only_months_that_lack_the_day_are_named_as_short() -> None:
    (warning,) = warnings_for(Timing("UTC", (cron_fields({"day": "30"}),)))
    assert "in Feb;" in warning
    (warning,) = warnings_for(Timing("UTC", (cron_fields({"day": "31"}),)))
    assert "in Feb, Apr, Jun, Sep, Nov;" in warning

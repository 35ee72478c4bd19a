"""What a reviewer reads is exact: the phrase grammar reads it back to the same fire times.

The family: unions of up to three cron field sets over every field (days 1 to 28, last, positions of
weekdays), days counted within the month, calendar intervals, elapsed intervals in whole seconds, with
limits and exclusions, in zones with and without a slash, under every DST policy. Timings that never fire
are left out.
"""

from __future__ import annotations

import time as stopwatch
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler.compiler.grammar import read
from reconciler.model import (
    CalendarInterval,
    Conventions,
    CronFields,
    ElapsedInterval,
    HolidayCalendar,
    Reading,
    Timing,
)
from reconciler.timing import cron_fields, cron_union, english, fires, month_days, next_fire, rule_member, rule_union
from reconciler.timing.fields import ORDINALS, WEEKDAYS
from reconciler.timing.positions import business_day, days_from_end, weekday_from_end
from tests.effort import examples

from .strategies import accepted, counted, policies


def _numbers(low: int, high: int) -> st.SearchStrategy[str]:
    few = st.sets(st.integers(low, high), min_size=1, max_size=4)
    span = st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda t: set(range(min(t), max(t) + 1)))
    return st.one_of(few, span).map(lambda chosen: ",".join(str(n) for n in sorted(chosen)))


def _often_any(other: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just("*"), st.just("*"), other)


_sixtieths = st.one_of(st.just("*"), st.just("0"), st.integers(2, 30).map(lambda n: f"*/{n}"), _numbers(0, 59))
_hours = st.one_of(st.just("*"), st.integers(2, 23).map(lambda n: f"*/{n}"), _numbers(0, 23))
_positions = st.lists(
    st.tuples(st.sampled_from(ORDINALS), st.sampled_from(WEEKDAYS)).map(" ".join), min_size=1, max_size=3
).map(",".join)
_days = st.one_of(
    _numbers(1, 28),
    st.just("last"),
    _positions,
    st.tuples(_numbers(1, 28), st.one_of(st.just("last"), _positions)).map(",".join),
)
_cron_texts = st.fixed_dictionaries(
    {
        "year": _often_any(_numbers(2024, 2030)),
        "month": _often_any(_numbers(1, 12)),
        "day": _often_any(_days),
        "week": _often_any(st.one_of(_numbers(1, 53), st.sampled_from(["2-52/2", "1-53/2"]))),
        "day_of_week": _often_any(st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(lambda s: ",".join(sorted(s)))),
        "hour": _hours,
        "minute": _sixtieths,
        "second": st.one_of(st.just("0"), st.just("0"), _sixtieths),
    }
)
_cron = _cron_texts.map(accepted).filter(lambda fields: fields is not None)
_months = st.one_of(st.just(range(1, 13)), st.sets(st.integers(1, 12), min_size=1, max_size=5))
_positions_by_length = st.one_of(
    st.builds(days_from_end, st.integers(2, 10), _months),
    st.builds(weekday_from_end, st.integers(2, 4), st.integers(0, 6), _months),
    st.builds(business_day, st.sampled_from([*range(1, 11), *range(-10, 0)]), _months),
)
_named = st.builds(
    lambda days, clocks: cron_union(cron_fields(day | clock) for day in days for clock in clocks),
    _positions_by_length,
    st.lists(
        st.fixed_dictionaries({"hour": st.sampled_from(["9", "17", "*/6"]), "minute": st.sampled_from(["0", "30"])}),
        min_size=1,
        max_size=2,
        unique_by=str,
    ),
)
_unions = st.lists(_cron, min_size=1, max_size=3, unique=True).map(tuple)
# up to the tenth from either end: the grammar has words for these
_counted = st.lists(counted(most=10, beside=_cron_texts), min_size=1, max_size=2).map(rule_union)
_counted_beside_cron = st.tuples(_cron, counted(most=10, beside=_cron_texts)).map(rule_union)
_dates = st.dates(date(2024, 1, 1), date(2030, 12, 31))
_clocks = st.lists(st.times().map(lambda t: t.replace(microsecond=0)), min_size=1, max_size=3, unique=True)
_calendar = st.builds(
    CalendarInterval,
    st.sampled_from(["days", "weeks", "months"]),
    st.integers(1, 40),
    _dates,
    _clocks.map(lambda chosen: tuple(sorted(chosen))),
    st.sets(st.integers(0, 6), max_size=3).map(lambda chosen: tuple(sorted(chosen))),
)
_elapsed = st.builds(
    lambda seconds, anchor: ElapsedInterval(timedelta(seconds=seconds), anchor.replace(microsecond=0, tzinfo=UTC)),
    st.integers(1, 10**6),
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)),
)
_timings = st.builds(
    Timing,
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "America/Havana", "EST", "Japan", "Etc/GMT+5", "Asia/Kolkata"]
    ),
    st.one_of(_unions, _named, _counted, _counted_beside_cron, _calendar, _elapsed),
    dst=policies,
    start=st.none() | st.just(date(2026, 3, 1)),
    end=st.none() | st.just(date(2029, 3, 1)),
    exclude=st.sets(_dates, max_size=2).map(lambda chosen: tuple(sorted(chosen))),
    calendars=st.one_of(
        st.just(()),
        st.lists(st.sampled_from(["DE-BY", "US", "XNYS", "FR-6AE", "IN", "NO"]), max_size=3, unique=True).map(
            lambda codes: tuple(map(HolidayCalendar, codes))
        ),
    ),
)


# starts round leap days, both changes of the clocks, and the ends of years of 53 weeks
_STARTS = [
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 28, tzinfo=UTC),
    datetime(2026, 3, 28, tzinfo=UTC),
    datetime(2026, 10, 24, tzinfo=UTC),
    datetime(2026, 12, 27, tzinfo=UTC),
    datetime(2028, 11, 4, tzinfo=UTC),
]


_WRITTEN_OUT = datetime(2100, 1, 1, tzinfo=UTC)  # the unions of earlier releases end here


def _due(timing: Timing) -> list[list[datetime]]:
    return [list(islice(fires(timing, start, _WRITTEN_OUT), 150)) for start in _STARTS]


@settings(deadline=None, max_examples=examples(150), suppress_health_check=list(HealthCheck))
@given(_timings)
def test_the_english_of_a_timing_reads_back_to_the_same_fire_times(timing: Timing) -> None:
    assume(next_fire(timing, datetime(1970, 1, 2, tzinfo=UTC)) is not None)
    sentence = english(timing)
    again = read(sentence, timezone=None, conventions=Conventions(anchor=date(2020, 2, 5)))
    assert isinstance(again, Reading), (sentence, again)
    assert _due(timing) == _due(again.timing), (sentence, english(again.timing))
    assert timing.calendars == again.timing.calendars
    assert timing.dst == again.timing.dst


@pytest.mark.parametrize(
    ("kwargs", "sentence"),
    [
        ([{"day_of_week": "mon-fri", "hour": "9"}], "at 09:00, Monday to Friday, Europe/Berlin"),
        ([{"hour": "9"}, {"hour": "17", "minute": "30"}], "at 09:00 and 17:30, every day, Europe/Berlin"),
        ([{"minute": "*/15"}], "every 15 minutes, Europe/Berlin"),
        ([{"minute": "0,30"}], "every 30 minutes, Europe/Berlin"),
        ([{"hour": "*", "minute": "5"}], "at minute 5 of every hour, Europe/Berlin"),
        ([{"hour": "*/2", "minute": "0"}], "every 2 hours, Europe/Berlin"),
        ([{"hour": "*/5", "minute": "0"}], "every 5 hours from 00:00 to 20:00, Europe/Berlin"),
        (
            [{"hour": "22,23,0-5", "minute": "*/20"}, {"hour": "6"}],
            "every 20 minutes from 22:00 to 06:00, Europe/Berlin",
        ),
        ([{"hour": "*/18", "minute": "*"}], "every minute, in hours 0 and 18, Europe/Berlin"),
        ([{"hour": "*/7", "minute": "0"}], "at 00:00, 07:00, 14:00 and 21:00, every day, Europe/Berlin"),
        ([{"hour": "*/6", "minute": "17"}], "every 6 hours at minute 17, Europe/Berlin"),
        ([{"hour": "*/2", "minute": "*/15"}], "every 15 minutes in every second hour, Europe/Berlin"),
        ([{"hour": "*", "minute": "*/7"}], "every 7 minutes from minute 0 of every hour, Europe/Berlin"),
        ([{"hour": "*", "minute": "*/25"}], "at minutes 0, 25 and 50 of every hour, Europe/Berlin"),
        (
            [{"hour": "22,23,0-4", "minute": "0,7,22"}],
            "at minutes 0, 7 and 22 of every hour from 22:00 to 04:59, Europe/Berlin",
        ),
        (
            [{"day_of_week": "mon-fri", "hour": "9-11,13-17", "minute": "*/15"}],
            "every 15 minutes from 09:00 to 11:45 and from 13:00 to 17:45, Monday to Friday, Europe/Berlin",
        ),
        (
            [{"day_of_week": "mon-fri", "hour": "23,0-4", "minute": "*/10"}],
            "every 10 minutes from 00:00 to 04:50 and from 23:00 to 23:50, Monday to Friday, Europe/Berlin",
        ),
        (
            [{"hour": "3-23,0,1", "minute": "0"}],
            "every hour from 00:00 to 01:00 and from 03:00 to 23:00, Europe/Berlin",
        ),
        ([{"hour": "9-16", "minute": "*/15"}, {"hour": "17"}], "every 15 minutes from 09:00 to 17:00, Europe/Berlin"),
        ([{"day": "1st mon", "hour": "9"}], "at 09:00, on the first Monday of the month, Europe/Berlin"),
        ([{"day": "1,15,last", "hour": "9"}], "at 09:00, on the 1st, 15th and last day of the month, Europe/Berlin"),
        ([{"month": "dec", "day": "25", "hour": "8"}], "at 08:00, on 25 December, Europe/Berlin"),
        (
            [{"day": "13", "day_of_week": "fri", "hour": "0"}],
            "at 00:00, on the 13th of the month falling on Friday, Europe/Berlin",
        ),
        (
            [{"day_of_week": "mon-fri", "hour": "7"}, {"day_of_week": "sat,sun", "hour": "9"}],
            "at 07:00, Monday to Friday; at 09:00, Saturday and Sunday, Europe/Berlin",
        ),
    ],
)
def test_cron_fields_in_english(kwargs: list[dict[str, str]], sentence: str) -> None:
    assert english(Timing("Europe/Berlin", tuple(cron_fields(one) for one in kwargs))) == sentence


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ([{"business_days": "-1", "hour": "9"}], "at 09:00, on the last business day of the month"),
        (
            [{"business_days": "1,3", "month": "jan,apr,jul,oct", "hour": "9"}],
            "at 09:00, on the first and third business day of January, April, July and October",
        ),
        ([{"fridays": "-2", "hour": "12"}], "at 12:00, on the second to last Friday of the month"),
        ([{"days": "-2,-1", "month": "feb", "hour": "9"}], "at 09:00, on the second to last and last day of February"),
        ([{"business_days": "13", "hour": "7"}], "at 07:00, on the 13th business day of the month"),
        (
            [{"days": "-2", "day_of_week": "fri", "year": "2026,2027", "hour": "8"}],
            "at 08:00, on the second to last day of the month falling on Friday, in 2026 and 2027",
        ),
        (
            [{"business_days": "-1", "hour": "9-16", "minute": "*/15"}, {"business_days": "-1", "hour": "17"}],
            "every 15 minutes from 09:00 to 17:00, on the last business day of the month",
        ),
    ],
)
def test_days_counted_within_the_month_in_english(members: list[dict[str, str]], sentence: str) -> None:
    timing = Timing("Europe/Berlin", rule_union(map(month_days, members)))
    assert english(timing) == f"{sentence}, Europe/Berlin"


def test_the_unions_of_earlier_releases_keep_their_names_where_these_say_all() -> None:
    fields = tuple(cron_fields(one | {"hour": "9"}) for one in business_day(-1))
    assert english(Timing("UTC", fields)) == "at 09:00, on the last business day of the month, UTC"
    holidays = Timing("UTC", fields, calendars=(HolidayCalendar("DE"),))  # counted with the holidays, unlike a name
    assert english(holidays).startswith("at 09:00, on the last day of the month falling on Monday to Friday; ")


def test_days_of_every_month_that_share_their_times_are_told_together() -> None:
    members = [{"day": "15", "hour": "9"}, {"business_days": "-1", "hour": "9"}]
    timing = Timing("UTC", rule_union(map(rule_member, members)))
    assert english(timing) == "at 09:00, on the 15th and on the last business day of the month, UTC"


def test_an_uneven_step_stays_a_step_where_the_clocks_change_at_one_of_its_hours() -> None:
    step = (cron_fields({"hour": "*/18", "minute": "*"}),)  # follows elapsed time, which `in hours` does not
    assert english(Timing("America/Havana", step)) == "every minute in every 18th hour of the day, America/Havana"


def test_intervals_in_english() -> None:
    weekly = CalendarInterval("weeks", 2, date(2024, 1, 1), (time(10),), (1,))
    assert (
        english(Timing("UTC", weekly)) == "at 10:00, every 2 weeks on Tuesday, counted from the week of 2024-01-01, UTC"
    )
    elapsed = ElapsedInterval(timedelta(hours=36), datetime(2024, 1, 1, tzinfo=UTC))
    assert english(Timing("Europe/Berlin", elapsed)) == "every 36 hours, counted from 2024-01-01 01:00, Europe/Berlin"


def test_limits_are_said() -> None:
    limited = Timing("UTC", (cron_fields({"hour": "9"}),), start=date(2026, 1, 5), exclude=(date(2026, 12, 25),))
    assert english(limited) == "at 09:00, every day, starting 2026-01-05, except on 2026-12-25, UTC"


def test_ten_thousand_sentences_take_well_under_a_second() -> None:
    timings = [
        Timing("Europe/Berlin", (CronFields(day_of_week="mon-fri", hour=str(n % 24), minute=str(n % 60)),))
        for n in range(10_000)
    ]
    started = stopwatch.process_time()
    for one in timings:
        english(one)
    assert stopwatch.process_time() - started < 5  # half a second on an idle machine

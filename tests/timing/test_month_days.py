"""Days counted within the month, against a look at every day of each month."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import HolidayCalendar, Member, MonthDays, Timing
from reconciler.timing import (
    FieldError,
    cron_fields,
    difference,
    equal,
    fires,
    frequency,
    month_days,
    month_days_as_written,
    rule_member,
    rule_union,
    warnings_for,
)
from reconciler.timing.month_days import COUNTED, most_in_a_month
from reconciler.timing.positions import as_written_out, business_day, days_from_end, weekday_from_end
from tests.effort import examples

from .oracle import counted_days
from .strategies import counted, counted_rules, timings

A_SECOND = timedelta(seconds=1)
NO_DAYS: frozenset[date] = frozenset()
A_TIME = st.just({"hour": "9", "minute": "0"})
HOLIDAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


def due_days(rule: Member, first: int, last: int, holidays: frozenset[date] = NO_DAYS) -> list[date]:
    """Return the days on which *rule* is due in the years from *first* to *last*."""
    calendars = (HolidayCalendar("DE", tuple((day, "off") for day in sorted(holidays))),) if holidays else ()
    start, end = datetime(first, 1, 1, tzinfo=UTC) - A_SECOND, datetime(last, 12, 31, 23, 59, tzinfo=UTC)
    return [due.date() for due in fires(Timing("UTC", (rule,), calendars=calendars), start, end)]


def expected(rule: MonthDays, first: int, last: int, holidays: frozenset[date] = NO_DAYS) -> list[date]:
    """Return the same by counting the days of every month."""
    months = [
        counted_days(rule.counted, year, month, holidays) for year in range(first, last + 1) for month in range(1, 13)
    ]
    places = [[nth - 1 if nth > 0 else len(days) + nth for nth in rule.positions] for days in months]
    named = [{days[place] for place in at if 0 <= place < len(days)} for days, at in zip(months, places, strict=True)]
    return sorted(day for days in named for day in days)


@settings(max_examples=examples(120), deadline=None)
@given(st.sampled_from(COUNTED), st.data())
def test_positions_are_those_of_the_calendar_beyond_the_century_year(what: str, data: st.DataObject) -> None:
    most = most_in_a_month(what)  # type: ignore[arg-type]
    positions = data.draw(st.sets(st.integers(1, most) | st.integers(-most, -1), min_size=1, max_size=4))
    rule = month_days({what: ",".join(map(str, positions)), "hour": "9"})
    for first in (2024, 2098):
        assert due_days(rule, first, first + 7) == expected(rule, first, first + 7)


@settings(max_examples=examples(120), deadline=None)
@given(st.sets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), min_size=1, max_size=60), st.data())
def test_holidays_are_no_business_days(days: set[date], data: st.DataObject) -> None:
    positions = data.draw(st.sets(st.integers(1, 20) | st.integers(-20, -1), min_size=1, max_size=4))
    rule = month_days({"business_days": ",".join(map(str, positions)), "hour": "9"})
    held = frozenset(days)
    assert due_days(rule, 2025, 2028, held) == expected(rule, 2025, 2028, held)


def test_the_last_business_day_moves_before_the_holidays_and_a_date_alone_takes_its_run_away() -> None:
    last = month_days({"business_days": "-1", "hour": "17"})
    new_year = (date(2026, 12, 30), date(2026, 12, 31))
    calendar = HolidayCalendar("XX", tuple((day, "off") for day in new_year))
    december = datetime(2026, 12, 1, tzinfo=UTC)

    def first(timing: Timing) -> date:
        return next(iter(fires(timing, december))).date()

    assert first(Timing("UTC", (last,))) == date(2026, 12, 31)
    assert first(Timing("UTC", (last,), calendars=(calendar,))) == date(2026, 12, 29)
    assert first(Timing("UTC", (last,), exclude=new_year)) == date(2027, 1, 29)
    friday = month_days({"fridays": "-1", "hour": "17"})  # only business days are counted without holidays
    christmas = HolidayCalendar("XX", ((date(2026, 12, 25), "Christmas"),))
    assert first(Timing("UTC", (friday,), calendars=(christmas,))) == date(2027, 1, 29)


def test_the_first_and_the_last_of_a_month_that_has_one_business_day_left_are_one_day() -> None:
    off = frozenset(date(2026, 2, day) for day in range(1, 29) if day != 11)
    rule = month_days({"business_days": "1,2,-1", "hour": "9"})
    assert due_days(rule, 2026, 2026, off)[3:5] == [date(2026, 2, 11), date(2026, 3, 2)]


@pytest.mark.parametrize(
    ("kwargs", "canonical"),
    [
        ({"business_days": "-1", "hour": "17"}, {"business_days": "-1", "hour": "17", "minute": "0"}),
        (
            {"days": "-1, -5,3,-1", "month": "1,2,3", "hour": "9"},
            {"days": "3,-5,-1", "month": "jan-mar", "hour": "9", "minute": "0"},
        ),
        ({"fridays": "-2"}, {"fridays": "-2", "hour": "0", "minute": "0"}),
        ({"days": "-2", "month": "feb"}, {"days": "-2", "month": "feb", "hour": "0", "minute": "0"}),
        ({"days": "-2", "minute": "*/15"}, {"days": "-2", "hour": "*", "minute": "*/15"}),
    ],
)
def test_each_is_written_in_one_way(kwargs: dict[str, str], canonical: dict[str, str]) -> None:
    made = month_days(kwargs)
    assert made.kwargs() == canonical
    assert rule_member(kwargs) == month_days(canonical) == month_days_as_written(canonical) == made


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"business_days": "24", "hour": "9"}, "no month has 24"),
        ({"mondays": "-6", "hour": "9"}, "no month has 6"),
        ({"days": "32", "hour": "9"}, "no month has 32"),
        ({"days": "0", "hour": "9"}, "not understood"),
        ({"days": "1-5", "hour": "9"}, "not understood"),
        ({"days": "", "hour": "9"}, "not understood"),
        ({"days": "\u0661", "hour": "9"}, "not understood"),
        ({"days": "-1", "fridays": "-1", "hour": "9"}, "not one thing"),
        ({"days": "-1", "day": "3", "hour": "9"}, "counted already"),
        ({"days": "-1", "hours": "9"}, "no such cron field"),
        ({"days": "30", "month": "feb", "hour": "9"}, "never fires"),
        ({"days": "-31", "month": "apr,jun", "hour": "9"}, "never fires"),
        ({"mondays": "-1", "day_of_week": "tue", "hour": "9"}, "never fires"),
    ],
)
def test_what_is_no_days_of_a_month_is_refused(kwargs: dict[str, str], says: str) -> None:
    with pytest.raises(FieldError, match=says):
        month_days(kwargs)


def test_a_position_that_is_no_text_is_refused() -> None:
    with pytest.raises(FieldError, match="not understood"):
        month_days_as_written({"days": -1, "hour": "9"})  # type: ignore[dict-item]


# ---------------------------------------------------------------- unions and comparison


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(counted(), min_size=1, max_size=3), st.randoms())
def test_the_normal_form_of_a_union_fires_alike_and_does_not_depend_on_the_order(
    members: list[MonthDays], shuffled: object
) -> None:
    union = rule_union(members)
    assert rule_union(union) == union
    assert rule_union(reversed(members)) == union
    assert equal(Timing("UTC", tuple(members)), Timing("UTC", union))


def test_positions_and_times_that_go_together_share_a_member() -> None:
    nine, five = {"hour": "9", "minute": "0"}, {"hour": "17", "minute": "0"}
    rules = [{"business_days": "-1"} | nine, {"business_days": "1"} | nine, {"business_days": "1,-1"} | five]
    union = rule_union([cron_fields({"day": "15", "hour": "9"}), *map(month_days, rules)])
    assert [one.kwargs() for one in union] == [
        {"day": "15", "hour": "9", "minute": "0"},
        {"business_days": "1,-1", "hour": "9,17", "minute": "0"},
    ]


@settings(max_examples=examples(60), deadline=None)
@given(timings(counted_rules()))
def test_a_timing_equals_itself_dealt_out_in_positions(timing: Timing) -> None:
    assert isinstance(timing.rule, tuple)
    single = tuple(
        part
        for member in timing.rule
        for part in (
            [MonthDays(member.counted, (nth,), member.fields) for nth in member.positions]
            if isinstance(member, MonthDays)
            else [member]
        )
    )
    assert equal(timing, Timing(timing.timezone, single, *_frame(timing)))


def _frame(timing: Timing) -> tuple[object, ...]:
    return (timing.dst, timing.start, timing.end, timing.exclude, timing.calendars)


@settings(max_examples=examples(60), deadline=None)
@given(counted(most=4, beside=A_TIME), counted(most=4, beside=A_TIME), st.sets(HOLIDAYS, max_size=8))
def test_pairs_are_equal_where_every_month_of_forty_years_says_so(
    one: MonthDays, other: MonthDays, off: set[date]
) -> None:
    held = HolidayCalendar("XX", tuple((day, "off") for day in sorted(off)))
    first, second = (Timing("UTC", (rule,), calendars=(held,)) for rule in (one, other))
    sets = [set(expected(rule, 2024, 2063, frozenset(off))) - off for rule in (one, other)]
    part = difference(first, second)
    assert equal(first, second) == (sets[0] == sets[1])
    assert (None if part is None else part.at.date()) == min(sets[0] ^ sets[1], default=None)


@pytest.mark.parametrize(
    ("rule", "cron"),
    [
        ({"days": "-1"}, {"day": "last"}),
        ({"days": "1,15"}, {"day": "1,15"}),
        ({"fridays": "-1"}, {"day": "last fri"}),
        ({"mondays": "1,3"}, {"day": "1st mon,3rd mon"}),
        ({"days": "-1", "day_of_week": "mon-fri"}, {"day": "last", "day_of_week": "mon-fri"}),
    ],
)
def test_what_cron_fields_can_say_is_equal_to_them(rule: dict[str, str], cron: dict[str, str]) -> None:
    counted, fields = month_days(rule | {"hour": "9"}), cron_fields(cron | {"hour": "9"})
    assert equal(Timing("UTC", (counted,)), Timing("UTC", (fields,)))
    other = month_days(rule | {"hour": "9", "month": "feb-dec"})
    assert difference(Timing("UTC", (other,)), Timing("UTC", (fields,))) is not None


@pytest.mark.parametrize(
    ("rule", "union"),
    [
        ({"business_days": "1"}, business_day(1)),
        ({"business_days": "-1"}, business_day(-1)),
        ({"business_days": "-7", "month": "feb,mar"}, business_day(-7, {2, 3})),
        ({"days": "-2"}, days_from_end(2)),
        ({"fridays": "-2"}, weekday_from_end(2, 4)),
    ],
)
def test_the_unions_of_earlier_releases_are_the_same_up_to_2099(
    rule: dict[str, str], union: list[dict[str, str]]
) -> None:
    now = Timing("Europe/Berlin", (month_days(rule | {"hour": "9"}),))
    before = Timing("Europe/Berlin", tuple(cron_fields(one | {"hour": "9"}) for one in union))
    assert equal(as_written_out(now), as_written_out(before))
    part = difference(now, before)
    assert part is None or part.at.year >= 2100


def test_holidays_part_what_is_counted_from_what_was_written_out_and_only_where_they_are_known() -> None:
    off = HolidayCalendar("XX", ((date(2027, 4, 30), "off"),))  # the last business day of April 2027
    now = Timing("UTC", (month_days({"business_days": "-1", "hour": "9"}),), calendars=(off,))
    before = Timing("UTC", tuple(cron_fields(one | {"hour": "9"}) for one in business_day(-1)), calendars=(off,))
    part = difference(now, before)
    assert part is not None
    assert (part.at.date(), part.first_fires) == (date(2027, 4, 29), True)
    assert equal(as_written_out(now), as_written_out(before))


# ---------------------------------------------------------------- warnings, frequency


@pytest.mark.parametrize(
    ("kwargs", "warnings"),
    [
        ({"business_days": "20,-20"}, []),
        ({"business_days": "1,21"}, ["not every month has a 21st business day; those without it are skipped"]),
        ({"business_days": "23"}, ["not every month has a 23rd business day; those without it are skipped"]),
        ({"business_days": "21", "month": "jul"}, []),
        ({"days": "-28"}, []),
        ({"days": "-29", "month": "feb"}, ["not every month has a 29th from last day; those without it are skipped"]),
        ({"days": "-30", "month": "apr"}, []),
        ({"fridays": "-5"}, ["not every month has a fifth to last Friday; those without it are skipped"]),
    ],
)
def test_positions_that_some_months_lack_are_warned_of(kwargs: dict[str, str], warnings: list[str]) -> None:
    assert list(warnings_for(Timing("UTC", (month_days(kwargs | {"hour": "9"}),)))) == warnings


def test_holidays_can_leave_a_month_without_a_position() -> None:
    rule = (month_days({"business_days": "20", "hour": "9"}),)
    off = HolidayCalendar("XX", ((date(2026, 2, 2), "off"),))  # February 2026 has 20 days from Monday to Friday
    assert list(warnings_for(Timing("UTC", rule, calendars=(off,)))) == [
        "not every month has a 20th business day; those without it are skipped"
    ]


def test_how_often_it_fires_is_known() -> None:
    found = frequency((month_days({"business_days": "1,-1", "hour": "9,17"}),))
    assert (found.busiest, found.shortest) == (2, timedelta(hours=8))


def test_it_fires_in_every_month_of_four_centuries() -> None:
    timing = Timing("Europe/Berlin", (month_days({"business_days": "-1", "hour": "17"}),))
    due = list(islice(fires(timing, datetime(2026, 1, 1, tzinfo=UTC)), 5000))
    assert len(due) == 5000
    assert due[-1].year == 2442

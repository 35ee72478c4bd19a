"""Second opinions where the semantics coincide: cronsim and dateutil.rrule, in UTC and away from offset changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import CalendarInterval, Timing
from reconciler.timing import cron_fields, fires

from .strategies import lists, names, numbers

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
moments = st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))


@st.composite
def cron_lines(draw: st.DrawFn) -> dict[str, str]:
    """Draw a cron line in which day of month and weekday are not both set: there cron would OR them."""
    line = {
        "minute": draw(st.one_of(st.just("*"), st.just("*/7"), lists(numbers("minute")))),
        "hour": draw(st.one_of(st.just("*"), st.just("*/5"), lists(numbers("hour")))),
        "day": "*",
        "month": draw(st.one_of(st.just("*"), lists(names(MONTHS)))),
        "day_of_week": "*",
    }
    which = draw(st.sampled_from(["day", "day_of_week", "neither"]))
    if which == "day":
        line["day"] = draw(lists(st.integers(1, 28).map(str)))
    elif which == "day_of_week":
        line["day_of_week"] = draw(
            lists(names(WEEKDAYS).filter(lambda text: not text.endswith("-sun")))
        )  # its Sunday is 0
    return line


@settings(max_examples=150, deadline=None)
@given(cron_lines(), moments)
def test_cronsim_agrees_in_utc(line: dict[str, str], after: datetime) -> None:
    text = " ".join(line[name] for name in ("minute", "hour", "day", "month", "day_of_week"))
    assert list(islice(fires(Timing("UTC", (cron_fields(line),)), after), 30)) == list(islice(CronSim(text, after), 30))


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    ("text", "kwargs"),
    [
        ("0 9 * * 1-5", {"day_of_week": "mon-fri", "hour": "9"}),
        ("0 0 1 * *", {"day": "1"}),
        ("0 0 * * 1", {"day_of_week": "mon"}),
        ("0 12 L * *", {"day": "last", "hour": "12"}),
        ("0 9 * * 5#2", {"day": "2nd fri", "hour": "9"}),
        ("0 9 * * 5L", {"day": "last fri", "hour": "9"}),
        ("*/15 * * * *", {"minute": "*/15"}),
        ("30 9-17 * * *", {"hour": "9-17", "minute": "30"}),
    ],
)
def test_cronsim_agrees_over_years_in_zones_with_summer_time(zone: str, text: str, kwargs: dict[str, str]) -> None:
    after = datetime(2026, 1, 15, 6, 7, tzinfo=UTC)
    theirs = [due.astimezone(UTC) for due in islice(CronSim(text, after.astimezone(ZoneInfo(zone))), 400)]
    assert list(islice(fires(Timing(zone, (cron_fields(kwargs),)), after), 400)) == theirs


RRULE_DAYS = dict(zip(WEEKDAYS, (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU), strict=True))
PLACES = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "last": -1}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(PLACES)), st.sampled_from(WEEKDAYS), st.sets(st.integers(1, 12)), st.integers(0, 23), moments
)
def test_rrule_agrees_on_positions_in_the_month(
    place: str, weekday: str, months: set[int], hour: int, after: datetime
) -> None:
    month = ",".join(map(str, sorted(months))) or "*"
    timing = Timing("UTC", (cron_fields({"month": month, "day": f"{place} {weekday}", "hour": str(hour)}),))
    rule = rrule.rrule(
        rrule.MONTHLY,
        dtstart=datetime(2023, 1, 1, hour, tzinfo=UTC),
        byweekday=RRULE_DAYS[weekday](PLACES[place]),
        bymonth=sorted(months) or None,
    )
    until = after.replace(year=after.year + 8, day=28)
    assert list(fires(timing, after, until)) == [due for due in rule.between(after, until, inc=True) if due > after]


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(1, 53), min_size=1, max_size=6), st.sets(st.integers(0, 6), min_size=1), moments)
def test_rrule_agrees_on_iso_weeks_within_one_iso_year(weeks: set[int], days: set[int], after: datetime) -> None:
    """Without January and December, where rrule takes the weeks of the calendar year and we the ISO week."""
    inner = "feb-nov"
    weeks = weeks | {20}  # a week that these months have
    weekdays = ",".join(WEEKDAYS[day] for day in sorted(days))
    fields = {
        "month": inner,
        "week": ",".join(map(str, sorted(weeks))),
        "day_of_week": weekdays,
        "day": "*",
        "hour": "5",
    }
    rule = rrule.rrule(
        rrule.YEARLY,
        dtstart=datetime(2023, 1, 1, 5, tzinfo=UTC),
        byweekno=sorted(weeks),
        byweekday=sorted(days),
        bymonth=range(2, 12),
    )
    until = after.replace(year=after.year + 2, day=28)
    ours = list(fires(Timing("UTC", (cron_fields(fields),)), after, until))
    assert ours == [due for due in rule.between(after, until, inc=True) if due > after]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.dates(date(2024, 1, 1), date(2027, 1, 1)), moments, st.data())
def test_rrule_agrees_on_anchored_weeks(every: int, anchor: date, after: datetime, data: st.DataObject) -> None:
    days = data.draw(st.sets(st.integers(0, 6), min_size=1))
    rule = rrule.rrule(
        rrule.WEEKLY,
        interval=every,
        dtstart=datetime.combine(anchor, time(10), UTC),
        byweekday=sorted(days),
        wkst=rrule.MO,
    )
    timing = Timing("UTC", CalendarInterval("weeks", every, anchor, (time(10),), tuple(sorted(days))))
    until = after.replace(year=after.year + 2, day=28)
    assert list(fires(timing, after, until)) == [due for due in rule.between(after, until, inc=True) if due > after]

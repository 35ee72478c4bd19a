"""What hypothesis draws from: field texts, timings, and instants near offset changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from reconciler.model import (
    CalendarInterval,
    CronFields,
    DstPolicy,
    ElapsedInterval,
    HolidayCalendar,
    Member,
    MonthDays,
    Rule,
    Timing,
)
from reconciler.timing import FieldError, cron_fields, month_days
from reconciler.timing.month_days import COUNTED, most_in_a_month

from .oracle import MONTHS, WEEKDAYS, transitions, zones_by_behaviour

ZONES = sorted(group[0] for group in zones_by_behaviour(2024, 2037))
TOP = {"month": 12, "day": 31, "week": 53, "hour": 23, "minute": 59, "second": 59}
BOTTOM = {"month": 1, "day": 1, "week": 1, "hour": 0, "minute": 0, "second": 0}


@st.composite
def numbers(draw: st.DrawFn, name: str) -> str:
    """Draw one list item of a numeric field, as a person or a model would write it."""
    low, high = BOTTOM[name], TOP[name]
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    width = last - first
    step = draw(st.integers(1, max(1, width)))
    forms = [str(first), f"{first}-{last}"]
    if width:
        forms.append(f"{first}-{last}/{step}")
    if high > first:
        forms.append(f"{first}/{draw(st.integers(1, high - first))}")
    return draw(st.sampled_from(forms))


@st.composite
def names(draw: st.DrawFn, every: list[str]) -> str:
    """Draw a name or a range of names."""
    first = draw(st.integers(0, len(every) - 1))
    last = draw(st.integers(first, len(every) - 1))
    return draw(st.sampled_from([every[first], f"{every[first]}-{every[last]}"]))


@st.composite
def days(draw: st.DrawFn) -> str:
    """Draw one list item of the day field."""
    place = draw(st.sampled_from(["1st", "2nd", "3rd", "4th", "5th", "last"]))
    return draw(st.one_of(numbers("day"), st.just("last"), st.just(f"{place} {draw(st.sampled_from(WEEKDAYS))}")))


def lists(items: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    """Draw comma lists of *items*."""
    return st.lists(items, min_size=1, max_size=most).map(",".join)


def _stars(name: str, step: int) -> st.SearchStrategy[str]:
    return st.one_of(st.just("*"), st.integers(2, step).map(lambda n: f"*/{n}"))


FIELDS: dict[str, st.SearchStrategy[str]] = {
    "year": st.sampled_from(["*", "*/2", "2024-2037", "2026", "2025,2028,2031", "2024/4"]),
    "month": st.one_of(st.just("*"), st.just("*/3"), lists(names(MONTHS)), lists(numbers("month"))),
    "day": st.one_of(st.just("*"), _stars("day", 15), lists(days())),
    "week": st.one_of(st.just("*"), _stars("week", 4), lists(numbers("week"))),
    "day_of_week": st.one_of(st.just("*"), lists(names(WEEKDAYS))),
    "hour": st.one_of(_stars("hour", 12), lists(numbers("hour")), st.sampled_from(["0", "1", "2", "0-3", "1,2,23"])),
    "minute": st.one_of(_stars("minute", 30), lists(numbers("minute"), 2), st.sampled_from(["0", "30", "59"])),
    "second": st.one_of(_stars("second", 30), lists(numbers("second"), 2)),
}


@st.composite
def kwargs(draw: st.DrawFn, *, seconds: bool | None = None) -> dict[str, str]:
    """Draw APScheduler kwargs whose clock fields are dense and whose calendar fields are often left out."""
    wanted = draw(st.sets(st.sampled_from(["year", "month", "day", "week", "day_of_week"]), max_size=2))
    wanted |= draw(st.sampled_from([{"hour"}, {"minute"}, {"hour", "minute"}, {"hour", "minute"}]))
    if seconds or (seconds is None and draw(st.booleans())):
        wanted.add("second")
    return {name: draw(FIELDS[name]) for name in sorted(wanted)}


def accepted(texts: dict[str, str]) -> CronFields | None:
    """Return the fields, or None where they are refused (a day that no month has, say)."""
    try:
        return cron_fields(texts)
    except FieldError:
        return None


def _present(fields: CronFields | None) -> bool:
    return fields is not None


@st.composite
def cron_rules(draw: st.DrawFn, *, seconds: bool = False) -> tuple[CronFields, ...]:
    """Draw a union of one to three field sets; at least one of them with seconds if asked for."""
    clock = draw(
        st.lists(kwargs(seconds=False).map(accepted).filter(_present), min_size=0 if seconds else 1, max_size=2)
    )
    if seconds:
        clock.append(draw(kwargs(seconds=True).map(accepted).filter(_present)))
    return tuple(fields for fields in clock if fields is not None)


_FIELDS = kwargs(seconds=False)


@st.composite
def counted(draw: st.DrawFn, *, most: int = 31, beside: st.SearchStrategy[dict[str, str]] = _FIELDS) -> MonthDays:
    """Draw days counted within the month, up to the *most*th from either end, and their times of day.

    Many positions, so that one of them is near most dates; now and then with months, years, weeks or weekdays, or
    with the fields *beside* alone.
    """
    what = draw(st.sampled_from(["business_days", *COUNTED]))
    furthest = min(most, most_in_a_month(what))
    positions = draw(st.sets(st.integers(1, furthest) | st.integers(-furthest, -1), min_size=1, max_size=12))
    fields = draw(beside) | {what: ",".join(map(str, positions))}
    fields.pop("day", None)
    try:
        return month_days(fields)
    except FieldError:  # 29 February 2026, say
        return month_days({what: ",".join(map(str, positions)), "hour": "2", "minute": "30"})


@st.composite
def counted_rules(draw: st.DrawFn) -> tuple[Member, ...]:
    """Draw a union of one or two things counted, and now and then a set of cron fields."""
    fields = draw(st.lists(kwargs(seconds=False).map(accepted).filter(_present), max_size=1))
    return (*(one for one in fields if one is not None), *draw(st.lists(counted(), min_size=1, max_size=2)))


def _times() -> st.SearchStrategy[tuple[time, ...]]:
    near = st.sampled_from([time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(3), time(23, 45)])
    return st.sets(near, min_size=1, max_size=3).map(lambda chosen: tuple(sorted(chosen)))


@st.composite
def calendar_intervals(draw: st.DrawFn) -> CalendarInterval:
    """Draw a calendar interval anchored before or within the years of the tests."""
    unit = draw(st.sampled_from(["days", "weeks", "months"]))
    weekdays = draw(st.sets(st.integers(0, 6), max_size=3)) if unit == "weeks" else set()
    anchor = draw(st.dates(date(2022, 1, 1), date(2026, 12, 31)))
    return CalendarInterval(unit, draw(st.integers(1, 4)), anchor, draw(_times()), tuple(sorted(weekdays)))  # type: ignore[arg-type]


@st.composite
def elapsed_intervals(draw: st.DrawFn) -> ElapsedInterval:
    """Draw an elapsed interval of a minute to five days."""
    every = timedelta(minutes=draw(st.integers(30, 7200)))
    anchor = draw(st.datetimes(datetime(2023, 1, 1), datetime(2026, 12, 31))).replace(microsecond=0, tzinfo=UTC)
    return ElapsedInterval(every, anchor)


policies = st.builds(DstPolicy, st.sampled_from(["after", "skip"]), st.sampled_from(["first", "last", "both"]))


@st.composite
def timings(draw: st.DrawFn, rules: st.SearchStrategy[Rule]) -> Timing:
    """Draw a timing in a zone that changes its offset, now and then with limits and exclusions."""
    zone = draw(st.sampled_from(ZONES))
    changed = draw(st.sampled_from(transitions(zone, 2024, 2037)))[0].date()
    near = st.integers(-2, 2).map(lambda days: changed + timedelta(days=days))
    start = draw(st.one_of(st.none(), st.none(), near))
    end = draw(st.one_of(st.none(), st.none(), st.none(), near))
    exclude = draw(st.one_of(st.just(set()), st.sets(near, max_size=2)))
    holidays = draw(st.one_of(st.just(set()), st.just(set()), st.sets(near, min_size=1, max_size=3)))
    calendars = [HolidayCalendar("DE-BY", tuple((day, "a holiday") for day in sorted(holidays)))] if holidays else []
    return Timing(zone, draw(rules), draw(policies), start, end, tuple(sorted(exclude)), tuple(calendars))


@st.composite
def moments_near_changes(draw: st.DrawFn, zone: str) -> datetime:
    """Draw an instant from 30 hours before to 6 hours after an offset change of *zone*, to the microsecond at times."""
    changed = draw(st.sampled_from(transitions(zone, 2024, 2037)))[0]
    whole = changed + timedelta(minutes=draw(st.integers(-30 * 60, 6 * 60)))
    return whole + draw(st.sampled_from([timedelta(0), timedelta(0), timedelta(seconds=17, microseconds=5)]))

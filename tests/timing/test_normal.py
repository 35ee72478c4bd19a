"""Normal form: what fires alike is written alike, and what never fires is refused by name."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import CronFields, Timing
from reconciler.timing import FieldError, cron_fields, cron_union, equal
from reconciler.timing.days import days_in_year
from reconciler.timing.fields import values

from .strategies import cron_rules

POSITIONS = ["1st", "2nd", "3rd", "4th", "5th", "last"]
DAYS = [
    *("*", "1", "15", "29", "30", "31", "last", "1,15", "1-7", "8-14", "22-28", "22-31", "25-31", "29-31", "1-7,15-21"),
    *(
        "28-31",
        "28,last",
        "30,last",
        "31,last",
        "8-31",
        "1-31/2",
        "15,1st mon",
        "1st mon,last",
        "1-7,last mon",
        "last,15",
    ),
    *(f"{nth} {weekday}" for nth in POSITIONS for weekday in ("mon", "sun")),
    *(f"{one} mon,{other} {weekday}" for one, other in combinations(POSITIONS, 2) for weekday in ("mon", "tue")),
    *(",".join(f"{nth} mon" for nth in four) for four in combinations(POSITIONS, 4)),
    *("1st mon,1st tue,1st wed,1st thu,1st fri", "last mon,last tue,last wed,last thu,last fri", "1st sat,1st sun,1-7"),
]
MONTHS = ["*", "jan", "feb", "apr", "apr,jun,sep,nov", "feb,mar", "1-12/3"]
WEEKDAYS = ["*", "mon", "mon-fri", "mon,tue", "fri"]


def test_day_fields_that_fire_alike_are_the_same_bytes() -> None:
    """Every combination: those with the same due days in 40 years (all kinds of year but one) must be one text."""
    written: dict[tuple[object, ...], set[CronFields]] = defaultdict(set)
    for day, month, weekday in product(DAYS, MONTHS, WEEKDAYS):
        try:
            fields = cron_fields({"day": day, "month": month, "day_of_week": weekday})
        except FieldError:
            continue
        written[tuple(days_in_year(fields, year) for year in range(2024, 2064))].add(fields)
    assert len(written) > 700
    assert [texts for texts in written.values() if len(texts) > 1] == []


@pytest.mark.parametrize(
    ("kwargs", "field", "said"),
    [
        ({"month": "feb", "day": "30"}, "day", "month feb, day 30"),
        ({"month": "apr,jun", "day": "31"}, "day", "month apr,jun, day 31"),
        ({"month": "jun", "week": "53"}, "week", "month jun, week 53"),
        ({"month": "jul", "week": "1"}, "week", "month jul, week 1"),
        ({"day": "1st mon", "day_of_week": "tue"}, "day", "day 1st mon, day_of_week tue"),
        ({"year": "2027", "month": "feb", "day": "29"}, "day", "year 2027, month feb, day 29"),
        ({"month": "feb", "day": "5th mon", "week": "1-4"}, "week", "month feb, day 5th mon, week 1-4"),
    ],
    ids=str,
)
def test_what_never_fires_is_refused_by_name(kwargs: dict[str, str], field: str, said: str) -> None:
    with pytest.raises(FieldError, match=said) as caught:
        cron_fields(kwargs)
    assert caught.value.field == field
    assert caught.value.hint


def test_what_fires_once_in_28_years_is_accepted() -> None:
    assert cron_fields({"month": "feb", "day": "29", "day_of_week": "mon"}).day == "29"


@pytest.mark.parametrize(
    ("kwargs", "weekday"),
    [
        ({"year": "2026", "week": "1", "day_of_week": "thu-sun"}, "*"),  # Monday to Wednesday of it are in 2025
        ({"year": "2027", "month": "feb", "day": "28", "day_of_week": "sat,sun"}, "*"),
        ({"week": "53", "month": "jan", "day_of_week": "mon,sat"}, "sat"),
    ],
    ids=str,
)
def test_weekdays_that_never_are_due_make_no_difference(kwargs: dict[str, str], weekday: str) -> None:
    assert cron_fields(kwargs).day_of_week == weekday


# ---------------------------------------------------------------- unions


@settings(max_examples=150, deadline=None)
@given(cron_rules(), st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]))
def test_a_union_in_normal_form_fires_as_before_and_is_a_fixed_point(rule: tuple[CronFields, ...], zone: str) -> None:
    normal = cron_union(rule)
    assert equal(Timing(zone, normal), Timing(zone, rule))
    assert cron_union(normal) == normal
    assert cron_union(reversed(rule)) == normal


@settings(max_examples=100, deadline=None)
@given(cron_rules(), st.sampled_from(["day_of_week", "hour", "minute"]))
def test_members_dealt_out_otherwise_are_the_same_bytes(rule: tuple[CronFields, ...], name: str) -> None:
    """Splitting a member at a value of one field, and the hour only where it is a list, changes nothing."""
    assert cron_union(part for member in rule for part in _split(member, name)) == cron_union(rule)


def _split(member: CronFields, name: str) -> list[CronFields]:
    allowed = values(member)
    if name == "hour" and allowed.follows_elapsed:
        return [member]
    if len(allowed.hours) * len(allowed.minutes) * len(allowed.seconds) > 1440:
        return [member]
    numbers = {"day_of_week": sorted(allowed.weekdays or range(7)), "hour": allowed.hours, "minute": allowed.minutes}
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    texts = [names[n] if name == "day_of_week" else str(n) for n in numbers[name]]
    cut = len(texts) // 2
    halves = [",".join(half) for half in (texts[:cut], texts[cut:]) if half]
    found = []
    for half in halves:
        try:
            found.append(cron_fields({**_texts(member), name: half}))
        except FieldError:  # that half of the weekdays never is on these days
            continue
    return found


def _texts(member: CronFields) -> dict[str, str]:
    return {name: getattr(member, name) for name in CronFields.__dataclass_fields__}


@pytest.mark.parametrize(
    ("members", "normal"),
    [
        ([{"hour": "9"}, {"hour": "17"}], [{"hour": "9,17", "minute": "0"}]),
        (
            [{"hour": "9"}, {"hour": "17", "minute": "30"}],
            [{"hour": "9", "minute": "0"}, {"hour": "17", "minute": "30"}],
        ),
        (
            [{"day_of_week": "mon,tue", "hour": "9"}, {"day_of_week": "mon", "hour": "17"}],
            [{"day_of_week": "mon", "hour": "9,17", "minute": "0"}, {"day_of_week": "tue", "hour": "9", "minute": "0"}],
        ),
        (
            [{"day": "1", "hour": "9"}, {"day": "last fri", "hour": "9"}],
            [{"day": "1,last fri", "hour": "9", "minute": "0"}],
        ),
        (  # a position and days that are no position, dealt out by weekday
            [
                {"day": "1,1st mon", "day_of_week": "mon-wed", "hour": "9"},
                {"day": "1", "day_of_week": "thu-sun", "hour": "9"},
            ],
            [{"day": "1,1st mon", "hour": "9", "minute": "0"}],
        ),
        (
            [{"day": "1st mon,1st tue", "hour": "9"}, {"day": "1-7", "day_of_week": "wed-fri", "hour": "9"}],
            [{"day": "1-7", "day_of_week": "mon-fri", "hour": "9", "minute": "0"}],
        ),
        (
            [{"minute": "0", "hour": "*"}, {"day_of_week": "mon", "minute": "*/20", "hour": "*"}],
            [
                {"day_of_week": "mon", "hour": "*", "minute": "*/20"},
                {"day_of_week": "tue-sun", "hour": "*", "minute": "0"},
            ],
        ),
        ([{"minute": "*/30"}, {"minute": "15"}], [{"hour": "*", "minute": "0-30/15"}]),
        (
            [{"hour": str(hour)} for hour in range(24)],  # `*` would follow elapsed time, and these do not
            [{"hour": "0-11", "minute": "0"}, {"hour": "12-23", "minute": "0"}],
        ),
    ],
    ids=str,
)
def test_unions_as_people_would_write_them(members: list[dict[str, str]], normal: list[dict[str, str]]) -> None:
    assert [one.kwargs() for one in cron_union(map(cron_fields, members))] == normal

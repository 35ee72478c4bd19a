"""Cron fields: what is refused, and that the canonical form means what was written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.model import CronFields, Timing
from reconciler.timing import FieldError, cron_fields, fires

from .oracle import ORDER, matches, with_defaults
from .strategies import accepted, kwargs


def as_mapping(fields: CronFields) -> dict[str, str]:
    return {name: getattr(fields, name) for name in ORDER}


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("day_of_week", "mon-fri/2"),
        ("day_of_week", "mon wed fri"),
        ("day_of_week", "mon#2"),
        ("day_of_week", "mon;drop"),
        ("day_of_week", "mon-5"),
        ("day_of_week", "0"),
        ("day_of_week", "1-5"),
        ("day_of_week", "7"),
        ("day_of_week", "monday"),
        ("day_of_week", "5L"),
        ("day_of_week", "last fri"),
        ("day", "last-3"),
        ("day", "2nd fri and 4th fri"),
        ("day", "lastfri"),
        ("day", "2nd friday"),
        ("day", "6th fri"),
        ("day", "2nd 4"),
        ("day", "L"),
        ("day", "15W"),
        ("day", "?"),
        ("day", "last weekday"),
        ("month", "jan feb"),
        ("month", "jan/2"),
        ("month", "january"),
        ("hour", "9,"),
        ("hour", "9,,17"),
        ("hour", ",9"),
        ("hour", "9 17"),
        ("hour", "9;10"),
        ("hour", "9\n10"),
        ("hour", "9.0"),
        ("hour", "1e1"),
        ("hour", "0x9"),
        ("hour", "1_0"),
        ("hour", "+9"),
        ("hour", "-1"),
        ("hour", "\u0669"),
        ("hour", "\uff19"),
        ("minute", "\u00b2"),
        ("hour", "9-17/0"),
        ("hour", "9-17/\u0662"),
    ],
)
def test_what_is_not_understood_whole_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(FieldError) as refused:
        cron_fields({field: value})
    assert refused.value.field == field
    assert repr(value) in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize("value", ["", " ", ","])
@pytest.mark.parametrize("field", ORDER)
def test_an_empty_value_is_refused(field: str, value: str) -> None:
    with pytest.raises(FieldError) as refused:
        cron_fields({field: value})
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("second", "60"),
        ("minute", "60"),
        ("minute", "50-61"),
        ("hour", "24"),
        ("day", "0"),
        ("day", "32"),
        ("month", "13"),
        ("month", "0"),
        ("week", "54"),
        ("week", "0"),
        ("year", "1969"),
        ("year", "10000"),
        ("minute", "58/2"),
        ("minute", "*/60"),
        ("hour", "*/24"),
        ("hour", "10-20/15"),
        ("minute", "9" * 5000),
    ],
)
def test_what_is_out_of_range_is_refused(field: str, value: str) -> None:
    with pytest.raises(FieldError) as refused:
        cron_fields({field: value})
    assert refused.value.field == field


@pytest.mark.parametrize("value", [9, 9.0, True, None, ["9"], ("9",), b"9"])
def test_what_is_not_text_is_refused_and_the_hint_is_text_that_is_accepted(value: object) -> None:
    with pytest.raises(FieldError) as refused:
        cron_fields({"hour": value})  # type: ignore[dict-item]
    assert refused.value.field == "hour"
    hint = refused.value.hint
    if hint is not None and '"' in hint:
        assert cron_fields({"hour": hint.split('"')[1]})


def test_no_fields_at_all_are_refused() -> None:
    with pytest.raises(FieldError, match="every second") as refused:
        cron_fields({})
    assert refused.value.hint


@pytest.mark.parametrize("name", ["hours", "dow", "Hour", "timezone", "jitter", "start_date", ""])
def test_an_unknown_field_is_refused_by_name_with_the_known_ones(name: str) -> None:
    with pytest.raises(FieldError) as refused:
        cron_fields({name: "9"})
    assert refused.value.field == name
    assert "day_of_week" in (refused.value.hint or "")


# ---------------------------------------------------------------- canonical form


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ({"hour": "9"}, {"hour": "9", "minute": "0"}),
        ({"minute": "5"}, {"hour": "*", "minute": "5"}),
        ({"month": "3"}, {"month": "mar", "day": "1", "hour": "0", "minute": "0"}),
        ({"day_of_week": "MON-Fri", "hour": "09"}, {"day_of_week": "mon-fri", "hour": "9", "minute": "0"}),
        ({"day_of_week": "mon,tue,wed,thu,fri"}, {"day_of_week": "mon-fri", "hour": "0", "minute": "0"}),
        ({"day_of_week": "fri-mon"}, {"day_of_week": "mon,fri-sun", "hour": "0", "minute": "0"}),
        ({"month": "nov-feb", "day": "1"}, {"month": "jan,feb,nov,dec", "day": "1", "hour": "0", "minute": "0"}),
        ({"hour": "22-6"}, {"hour": "0-6,22,23", "minute": "0"}),
        ({"hour": "0-23", "minute": "0-59/15"}, {"hour": "*", "minute": "*/15"}),
        ({"minute": "0-0/1"}, {"hour": "*", "minute": "0"}),
        ({"day": "3RD Mon, 1st mon", "hour": "8"}, {"day": "1st mon,3rd mon", "hour": "8", "minute": "0"}),
        ({"day": "last,15"}, {"day": "15,last", "hour": "0", "minute": "0"}),
        ({"second": "*/7"}, {"hour": "*", "minute": "*", "second": "*/7"}),
    ],
)
def test_the_canonical_form_is_the_shortest_usual_one(written: dict[str, str], canonical: dict[str, str]) -> None:
    assert cron_fields(written).kwargs() == canonical


@settings(max_examples=200, deadline=None)
@given(kwargs())
def test_canonical_form_is_a_fixed_point(written: dict[str, str]) -> None:
    fields = accepted(written)
    assume(fields is not None)
    assert fields is not None
    assert cron_fields(fields.kwargs()) == fields
    assert cron_fields(as_mapping(fields)) == fields


@settings(max_examples=120, deadline=None)
@given(kwargs())
def test_what_is_accepted_is_what_apscheduler_accepts(written: dict[str, str]) -> None:
    fields = accepted(written)
    assume(fields is not None)
    assert fields is not None
    CronTrigger(**written, timezone="UTC")
    trigger = CronTrigger(**fields.kwargs(), timezone="UTC")
    assert {field.name: str(field) for field in trigger.fields} == as_mapping(fields)


@settings(max_examples=120, deadline=None)
@given(kwargs(), st.lists(st.datetimes(datetime(2024, 1, 1), datetime(2033, 1, 1)), min_size=30, max_size=60))
def test_the_canonical_form_means_what_was_written(written: dict[str, str], walls: list[datetime]) -> None:
    fields = accepted(written)
    assume(fields is not None)
    assert fields is not None
    for wall in walls:
        at = wall.replace(microsecond=0)
        assert matches(with_defaults(written), at) == matches(as_mapping(fields), at), (written, at)


@settings(max_examples=50, deadline=None)
@given(kwargs())
def test_every_day_of_nine_years_is_due_as_written(written: dict[str, str]) -> None:
    fields = accepted(written)
    assume(fields is not None)
    assert fields is not None
    clock = {"hour": "*", "minute": "*", "second": "*"}
    first, last = with_defaults(written) | clock, as_mapping(fields) | clock
    for number in range(9 * 366):
        noon = datetime.combine(date(2023, 12, 20) + timedelta(days=number), time(12))
        assert matches(first, noon) == matches(last, noon), noon


def _stock(trigger: CronTrigger, after: datetime, count: int) -> list[datetime]:
    found: list[datetime] = []
    previous = None
    now = after + timedelta(microseconds=1)
    while len(found) < count:
        due = trigger.get_next_fire_time(previous, now)
        if due is None or due.year > 2040:
            break
        found.append(due.astimezone(UTC))
        previous, now = due, due
    return found


@settings(max_examples=120, deadline=None)
@given(kwargs(), st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)))
def test_in_utc_due_times_are_those_of_stock_apscheduler(written: dict[str, str], after: datetime) -> None:
    """Sparse sets are left to the brute force: stock APScheduler scans to the year 9999 for those that never fire."""
    fields = accepted(written)
    assume(fields is not None)
    assert fields is not None
    moment = after.replace(tzinfo=UTC)
    limit = datetime(2040, 1, 1, tzinfo=UTC)
    ours = list(islice(fires(Timing("UTC", (fields,)), moment, limit), 12))
    assume(len(ours) == 12)
    assert _stock(CronTrigger(**written, timezone="UTC"), moment, 12) == ours


WEEKDAY_NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(0, 59), min_size=1, max_size=59), st.randoms(use_true_random=False))
def test_the_same_minutes_in_any_order_are_the_same_bytes(minutes: set[int], random: object) -> None:
    shuffled = list(minutes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    texts = {cron_fields({"minute": ",".join(map(str, chosen))}).minute for chosen in (sorted(minutes), shuffled)}
    assert len(texts) == 1
    assert cron_fields({"minute": texts.pop()}) == cron_fields({"minute": ",".join(map(str, shuffled))})


@given(st.sets(st.integers(0, 6), min_size=1))
def test_the_same_weekdays_are_the_same_bytes_however_listed(days: set[int]) -> None:
    names = [WEEKDAY_NAMES[day] for day in sorted(days)]
    forms = {",".join(names), ",".join(reversed(names)), ", ".join(name.upper() for name in names)}
    assert len({cron_fields({"day_of_week": form}) for form in forms}) == 1


@pytest.mark.parametrize(
    "forms",
    [
        ({"hour": "0-23/2"}, {"hour": "*/2"}, {"hour": "0/2"}, {"hour": " */2 "}),
        ({"hour": "0-22/2"}, {"hour": "0,2,4,6,8,10,12,14,16,18,20,22"}),
        ({"hour": "*"}, {"hour": "0-23"}, {"hour": "0-11,12-23"}),
        ({"minute": "*/15"}, {"minute": "0/15"}, {"minute": "0,15,30,45"}, {"minute": "0-45/15"}),
        ({"hour": "9-17"}, {"hour": "9,10,11,12,13,14,15,16,17"}, {"hour": "9-12,13-17"}, {"hour": "9-14,11-17"}),
        ({"hour": "22-6"}, {"hour": "22,23,0-6"}, {"hour": "0-6,22-23"}),
        ({"month": "1,4,7,10", "day": "1"}, {"month": "*/3", "day": "1"}, {"month": "jan,apr,jul,oct", "day": "1"}),
        ({"day_of_week": "sat,sun"}, {"day_of_week": "sun,sat"}, {"day_of_week": "sat-sun"}),
        ({"day": "1-31"}, {"day": "*"}, {"hour": "0"}),
        ({"day": "1,2,3"}, {"day": "1-3"}, {"day": "3,2,1,1"}),
        ({"day": "last,31"}, {"day": "last"}),
        ({"day": "1st mon"}, {"day": "1-7", "day_of_week": "mon"}, {"day": "1st mon", "day_of_week": "mon"}),
        ({"day": "1-7", "day_of_week": "mon-wed"}, {"day": "1st mon,1st tue,1st wed"}),
        ({"day": "2nd fri,4th fri"}, {"day": "8-14,22-28", "day_of_week": "fri"}),
        (
            {"day_of_week": "mon"},
            {"day": "1st mon,2nd mon,3rd mon,4th mon,last mon"},
            {"day": "*", "day_of_week": "mon"},
        ),
        ({"month": "apr", "day": "last"}, {"month": "apr", "day": "30"}, {"month": "apr", "day": "30-31"}),
        ({"month": "may", "day": "last fri"}, {"month": "may", "day": "25-31", "day_of_week": "fri"}),
        ({"month": "feb", "day": "1-29"}, {"month": "feb", "day": "1-31"}, {"month": "feb", "day": "*"}),
        ({"month": "feb", "day": "5th mon"}, {"month": "feb", "day": "29", "day_of_week": "mon"}),
        ({"day": "28-31"}, {"day": "28,29,30,last"}),
    ],
    ids=str,
)
def test_two_ways_to_write_one_thing_end_as_the_same_bytes(forms: tuple[dict[str, str], ...]) -> None:
    assert len({cron_fields(form) for form in forms}) == 1, [cron_fields(form).kwargs() for form in forms]


@pytest.mark.parametrize("written", ["*/2", " */2 ", "0/2", "0-23/2"])
def test_steps_through_the_whole_day_follow_elapsed_time_and_listed_hours_do_not(written: str) -> None:
    """The hour field decides what happens at an offset change, so these two do not become one."""
    assert cron_fields({"hour": written}).hour == "*/2"
    assert cron_fields({"hour": "0,2,4,6,8,10,12,14,16,18,20,22"}).hour == "0-22/2"

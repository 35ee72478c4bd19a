"""Equality of timings: symmetric, and as the brute force sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.model import CalendarInterval, CronFields, DstPolicy, ElapsedInterval, Rule, Timing
from reconciler.timing import cron_fields, difference, equal, next_fire

from .oracle import ORDER, due_between, matches
from .strategies import accepted, cron_rules, kwargs, timings

TICK = timedelta(microseconds=1)


def cron(*sets: dict[str, str], zone: str = "Europe/Berlin", **options: object) -> Timing:
    return Timing(zone, tuple(map(cron_fields, sets)), **options)  # type: ignore[arg-type]


def part_at(first: Timing, second: Timing) -> None:
    """Check that both orders name one instant, and that the one said to fire then does and the other does not."""
    found, mirrored = difference(first, second), difference(second, first)
    assert found is not None
    assert mirrored is not None
    assert not equal(first, second)
    assert mirrored.at == found.at
    assert mirrored.first_fires is not found.first_fires
    before = found.at - TICK
    due = {True: next_fire(first, before), False: next_fire(second, before)}
    assert due[found.first_fires] == found.at
    assert due[not found.first_fires] != found.at


def alike(first: Timing, second: Timing) -> None:
    assert difference(first, second) is None
    assert difference(second, first) is None
    assert equal(first, second)


@settings(max_examples=25, deadline=None)
@given(timings(cron_rules()))
def test_a_timing_equals_itself(timing: Timing) -> None:
    alike(timing, timing)
    assert isinstance(timing.rule, tuple)
    alike(timing, replace(timing, rule=timing.rule[::-1]))
    alike(timing, replace(timing, rule=timing.rule + timing.rule))


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 23), min_size=2, max_size=20), st.data())
def test_hours_split_into_two_sets_are_equal_to_the_whole(hours: set[int], data: st.DataObject) -> None:
    part = data.draw(st.sets(st.sampled_from(sorted(hours)), min_size=1, max_size=len(hours) - 1))
    listed = [{"hour": ",".join(map(str, sorted(some))), "minute": "5"} for some in (hours, part, hours - part)]
    whole, halves = cron(listed[0]), cron(listed[1], listed[2])
    alike(whole, halves)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["minute", "month", "day_of_week", "day"]), st.data())
def test_any_field_split_in_two_is_equal_and_one_value_less_is_different(name: str, data: st.DataObject) -> None:
    names = {"day_of_week": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "month": list("123456789")}
    every = names.get(name, [str(number) for number in range(1, 29)])
    chosen = data.draw(st.lists(st.sampled_from(every), min_size=2, max_size=len(every), unique=True))
    cut = data.draw(st.integers(1, len(chosen) - 1))
    rest = {"hour": "4"} if name != "minute" else {}

    def with_values(values: list[str]) -> dict[str, str]:
        return {name: ",".join(values), **rest}

    alike(cron(with_values(chosen)), cron(with_values(chosen[:cut]), with_values(chosen[cut:])))
    part_at(cron(with_values(chosen)), cron(with_values(chosen[1:])))


CLOCK = {"hour": "12", "minute": "0", "second": "0"}


@settings(max_examples=60, deadline=None)
@given(kwargs(seconds=False), kwargs(seconds=False), st.sampled_from(["UTC", "America/New_York"]))
def test_random_pairs_agree_with_the_brute_force(first: dict[str, str], second: dict[str, str], zone: str) -> None:
    fields = [accepted(texts) for texts in (first, second)]
    assume(all(fields))
    one, other = (Timing(zone, (each,)) for each in fields if each is not None)
    found = difference(one, other)
    assert (found is None) == equal(one, other)
    if found is not None:
        part_at(one, other)
        return
    start = datetime(2026, 3, 6, tzinfo=UTC)
    assert due_between(one, start, start + timedelta(days=4)) == due_between(other, start, start + timedelta(days=4))
    for number in range(0, 15 * 366):
        noon = datetime.combine(date(2024, 1, 1) + timedelta(days=number), time(12))
        assert matches(_days_of(fields[0]), noon) == matches(_days_of(fields[1]), noon), noon


def _days_of(fields: CronFields | None) -> dict[str, str]:
    return {name: getattr(fields, name) for name in ORDER} | {"hour": "*", "minute": "*", "second": "*"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"day": "1-7", "day_of_week": "mon", "hour": "9"}, {"day": "1st mon", "hour": "9"}),
        ({"day": "8-14", "day_of_week": "fri", "hour": "9"}, {"day": "2nd fri", "hour": "9"}),
        ({"month": "jan", "day": "last", "hour": "9"}, {"month": "jan", "day": "31", "hour": "9"}),
        ({"month": "feb", "day": "last,29", "hour": "9"}, {"month": "feb", "day": "last", "hour": "9"}),
        (
            {"month": "feb", "day": "5th mon", "hour": "9"},
            {"month": "feb", "day": "29", "day_of_week": "mon", "hour": "9"},
        ),
        (
            {"month": "may", "day": "last fri", "hour": "9"},
            {"month": "may", "day": "25-31", "day_of_week": "fri", "hour": "9"},
        ),
        ({"day": "1st mon,2nd mon,3rd mon,4th mon,5th mon"}, {"day_of_week": "mon"}),
        ({"month": "feb", "day": "30"}, {"month": "apr", "day": "31"}),
    ],
    ids=str,
)
def test_different_texts_for_the_same_days_are_equal(first: dict[str, str], second: dict[str, str]) -> None:
    """Not in normal form, so that the comparison has something to find out."""
    alike(Timing("Europe/Berlin", (CronFields(**first),)), Timing("Europe/Berlin", (CronFields(**second),)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"month": "feb", "day": "last", "hour": "9"}, {"month": "feb", "day": "28", "hour": "9"}),
        ({"week": "*/2", "day_of_week": "tue"}, {"week": "1-51/2", "day_of_week": "tue"}),
        ({"week": "53"}, {"week": "52-53", "month": "jan,dec", "day": "29-31,1-3"}),
        ({"day": "4th fri"}, {"day": "last fri"}),
        ({"month": "feb", "day": "4th mon"}, {"month": "feb", "day": "last mon"}),
        ({"month": "feb", "day": "29"}, {"month": "feb", "day": "29", "day_of_week": "mon-sat"}),
        ({"year": "2030"}, {"year": "2031"}),
        ({"year": "2090"}, {"year": "2090", "month": "1", "day": "2"}),
        ({"hour": "9"}, {"hour": "9", "second": "1"}),
        ({"minute": "*/45"}, {"minute": "0"}),
    ],
    ids=str,
)
def test_days_that_differ_only_in_rare_years_are_different(first: dict[str, str], second: dict[str, str]) -> None:
    part_at(cron(first), cron(second))


def test_policies_part_only_where_an_offset_change_touches_a_due_time() -> None:
    night = {"hour": "2", "minute": "30"}
    part_at(cron(night), cron(night, dst=DstPolicy(gap="skip")))
    part_at(cron(night), cron(night, dst=DstPolicy(overlap="last")))
    part_at(cron(night), cron(night, dst=DstPolicy(overlap="both")))
    alike(cron({"hour": "9"}), cron({"hour": "9"}, dst=DstPolicy("skip", "both")))
    alike(cron(night, zone="UTC"), cron(night, zone="UTC", dst=DstPolicy("skip", "last")))


def test_every_hour_and_a_list_of_all_hours_part_where_one_follows_elapsed_time() -> None:
    starred = Timing("Europe/Berlin", (CronFields(hour="*"),))
    split = cron({"hour": "0-11"}, {"hour": "12-23"})
    part_at(starred, split)
    alike(replace(starred, timezone="UTC"), replace(split, timezone="UTC"))


def test_two_names_of_one_zone_are_decided_by_the_calendar() -> None:
    rare = {"month": "feb", "day": "29", "day_of_week": "mon", "hour": "9"}
    alike(cron(rare, zone="US/Eastern"), cron(rare, zone="America/New_York"))
    part_at(cron(rare, zone="US/Eastern"), cron(rare | {"day_of_week": "mon,tue"}, zone="America/New_York"))
    alike(cron({"hour": "9"}, zone="UTC"), cron({"hour": "9"}, zone="Etc/UTC"))


def test_zones_are_compared_by_their_clocks() -> None:
    part_at(cron({"hour": "9"}, zone="Europe/Berlin"), cron({"hour": "9"}, zone="Europe/London"))
    alike(cron({"hour": "9"}, zone="Europe/Berlin"), cron({"hour": "9"}, zone="Europe/Stockholm"))
    alike(cron({"minute": "0"}, zone="Europe/Berlin"), cron({"minute": "0"}, zone="America/New_York"))
    alike(cron({"hour": "9"}, zone="UTC"), cron({"hour": "9"}, zone="Etc/UTC"))


ANCHOR = date(2024, 1, 1)
NINE = (time(9),)


@pytest.mark.parametrize(
    ("rule", "sets"),
    [
        (CalendarInterval("weeks", 1, ANCHOR, NINE), {"day_of_week": "mon", "hour": "9"}),
        (CalendarInterval("weeks", 1, ANCHOR, NINE, (0, 3)), {"day_of_week": "mon,thu", "hour": "9"}),
        (CalendarInterval("days", 1, ANCHOR, NINE), {"hour": "9"}),
        (CalendarInterval("months", 1, ANCHOR, NINE), {"day": "1", "hour": "9"}),
        (CalendarInterval("months", 3, ANCHOR, NINE), {"month": "1,4,7,10", "day": "1", "hour": "9"}),
    ],
    ids=str,
)
def test_an_interval_of_one_is_the_cron_set_from_its_anchor_on(rule: Rule, sets: dict[str, str]) -> None:
    alike(Timing("Europe/Berlin", rule), cron(sets, start=ANCHOR))


def test_fortnights_part_from_even_weeks() -> None:
    fortnight = Timing("Europe/Berlin", CalendarInterval("weeks", 2, date(2026, 1, 6), NINE))
    part_at(fortnight, cron({"week": "2-52/2", "day_of_week": "tue", "hour": "9"}, start=date(2026, 1, 6)))
    part_at(fortnight, replace(fortnight, rule=CalendarInterval("weeks", 2, date(2026, 1, 13), NINE)))
    alike(fortnight, replace(fortnight, rule=CalendarInterval("days", 14, date(2026, 1, 6), NINE)))


def test_elapsed_intervals_are_equal_whatever_instant_of_the_series_anchors_them_before_the_comparison() -> None:
    first = ElapsedInterval(timedelta(hours=24), datetime(2023, 12, 1, 9, tzinfo=UTC))
    alike(Timing("UTC", first), Timing("UTC", (cron_fields({"hour": "9"}),), start=date(2023, 12, 1)))
    part_at(Timing("UTC", first), Timing("Europe/Berlin", (cron_fields({"hour": "10"}),)))


@pytest.mark.parametrize(
    "change",
    [{"start": date(2026, 5, 1)}, {"end": date(2026, 5, 1)}, {"exclude": (date(2026, 5, 1),)}],
    ids=str,
)
def test_limits_make_a_difference(change: dict[str, object]) -> None:
    timing = cron({"hour": "9"})
    part_at(timing, replace(timing, **change))  # type: ignore[arg-type]


def test_an_excluded_day_on_which_nothing_is_due_makes_no_difference() -> None:
    timing = cron({"day_of_week": "mon", "hour": "9"})
    alike(timing, replace(timing, exclude=(date(2026, 5, 2),)))


def test_far_limits_make_a_difference_too() -> None:
    timing = cron({"hour": "9"})
    part_at(timing, replace(timing, end=date(2031, 7, 1)))
    part_at(timing, replace(timing, exclude=(date(2031, 7, 1),)))


def test_a_make_up_run_that_another_member_hides_on_the_wall_still_makes_a_difference() -> None:
    every_other = Timing("Europe/Berlin", (CronFields(hour="*/2"), CronFields(hour="0")))
    at_two = replace(every_other, rule=(CronFields(hour="*/2"), CronFields(hour="2")))
    part_at(every_other, at_two)


def test_times_that_differ_inside_a_gap_alone_are_the_same_run() -> None:
    gap = {"year": "2026", "month": "3", "day": "29", "hour": "2"}
    alike(cron({"hour": "9"}, gap | {"minute": "10"}), cron({"hour": "9"}, gap | {"minute": "20"}))

"""Limits by key and limits by phrase: kept apart, so that a changed key never asks the phrase again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.lockfile import as_declared, calendars_of, clash, new_entry, own_timing, renewed
from reconciler.model import Compiled, Evidence, HolidayCalendar, Limits, Origin, Reading, RunSpec, Schedule, Timing
from tests.builders import timing

AT = Origin("schedules/a.yaml", 3, 3)
DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 9))
DATES = st.sets(DAYS, max_size=4).map(lambda chosen: tuple(sorted(chosen)))
CODES = st.lists(st.sampled_from(["DE", "DE-BY", "XNYS"]), max_size=3, unique=True).map(tuple)
OWN = st.builds(
    lambda exclude, codes, start: replace(
        timing(), exclude=exclude, calendars=tuple(map(HolidayCalendar, codes)), start=start
    ),
    DATES,
    CODES,
    st.none() | DAYS,
)
LIMITS = st.builds(Limits, st.none() | DAYS, st.none() | DAYS, DATES, CODES)


def schedule(limits: Limits) -> Schedule:
    return Schedule("a", ("nine",), "Europe/Berlin", RunSpec(("true",)), AT, (AT,), limits=limits)


def compiled(own: Timing) -> Compiled:
    return Compiled(Reading(own), Evidence.GRAMMAR, "grammar")


@given(OWN, LIMITS, LIMITS)
def test_changed_keys_give_what_compiling_anew_gives(own: Timing, before: Limits, after: Limits) -> None:
    entry = new_entry(schedule(before), compiled(own))
    assert own_timing(entry) == own
    assert renewed(entry, schedule(after)) == new_entry(schedule(after), compiled(own))


@given(OWN, LIMITS)
def test_an_unchanged_declaration_renews_to_the_same_entry(own: Timing, limits: Limits) -> None:
    entry = new_entry(schedule(limits), compiled(own))
    assert renewed(entry, schedule(limits)) == entry


@given(OWN, LIMITS)
def test_nothing_that_phrase_or_key_leaves_out_is_due(own: Timing, limits: Limits) -> None:
    effective, _ = as_declared(own, schedule(limits), {})
    assert set(effective.exclude) == {*own.exclude, *limits.exclude}
    assert {one.code for one in effective.calendars} == {*(one.code for one in own.calendars), *limits.calendars}


def test_dates_that_were_looked_up_stay_when_the_phrase_changes() -> None:
    held = HolidayCalendar("DE-BY", ((date(2026, 1, 6), "Epiphany"),))
    before = replace(new_entry(schedule(Limits(calendars=("DE-BY",))), compiled(timing())))
    before = replace(before, timing=replace(before.timing, calendars=(held,)))
    changed = new_entry(schedule(Limits(calendars=("DE-BY",))), compiled(timing(hour="10")), before=before)
    assert changed.timing.calendars == (held,)
    assert calendars_of(changed) == {"DE-BY": held}


@pytest.mark.parametrize(
    ("own", "limits", "says"),
    [
        (Limits(start=date(2026, 1, 1)), Limits(start=date(2026, 2, 1)), "`start:` says 2026-02-01"),
        (Limits(), Limits(start=date(2026, 3, 1), end=date(2026, 2, 1)), "ends on 2026-02-01, before it starts"),
        (Limits(start=date(2026, 3, 1)), Limits(end=date(2026, 2, 1)), "ends on 2026-02-01, before it starts"),
        (Limits(start=date(2026, 3, 1)), Limits(start=date(2026, 3, 1)), None),
        (Limits(), Limits(end=date(2026, 2, 1)), None),
    ],
)
def test_limits_that_contradict_each_other_are_named(own: Limits, limits: Limits, says: str | None) -> None:
    found = clash(replace(timing(), start=own.start, end=own.end), schedule(limits))
    assert (says is None and found is None) or (found is not None and says is not None and says in found)

"""The golden set: a phrase that is read wrongly fails, whatever else improves."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from reconciler.compiler.grammar import read
from reconciler.durations import parse_duration
from reconciler.model import (
    CalendarInterval,
    Conventions,
    ElapsedInterval,
    HolidayCalendar,
    Question,
    Reading,
    Rule,
    Timing,
)
from reconciler.timing import cron_fields, difference, english

_ZONE = "Europe/Berlin"
_ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "golden" / "phrases.yaml").read_text(encoding="utf-8")
)


def _rule(row: dict[str, Any]) -> Rule:
    interval = row.get("interval")
    if interval is None:
        return tuple(cron_fields(kwargs) for kwargs in row["expect"])
    if "elapsed" in interval:
        return ElapsedInterval(parse_duration(interval["elapsed"]), datetime(2024, 1, 1, tzinfo=ZoneInfo(_ZONE)))
    times = tuple(time.fromisoformat(clock) for clock in interval["times"])
    weekdays = tuple(interval.get("weekdays", ()))
    return CalendarInterval(interval["unit"], interval["every"], interval["anchor"], times, weekdays)


def _expected(row: dict[str, Any]) -> Timing:
    limits = row | row.get("interval", {})
    start: date | None = limits.get("start")
    return Timing(
        row.get("timezone", _ZONE),
        _rule(row),
        start=start,
        end=row.get("end"),
        exclude=tuple(row.get("exclude", ())),
        calendars=tuple(map(HolidayCalendar, row.get("holidays", ()))),
    )


@pytest.mark.parametrize("row", _ROWS, ids=[row["phrase"] or "(empty)" for row in _ROWS])
def test_a_golden_phrase_is_read_as_it_is_meant(row: dict[str, Any]) -> None:
    got = read(row["phrase"], timezone=_ZONE, conventions=Conventions())
    if row.get("refuse") or row.get("ambiguous"):
        assert isinstance(got, Question), english(got.timing)
        assert got.message
        assert (len(got.readings) >= 2) == bool(row.get("ambiguous")), got
        return
    assert isinstance(got, Reading), got
    assert difference(got.timing, _expected(row)) is None, english(got.timing)
    assert got.timing.calendars == _expected(row).calendars


def test_the_golden_set_is_large_and_has_no_phrase_twice() -> None:
    phrases = [row["phrase"] for row in _ROWS]
    assert len(phrases) >= 200
    assert len(set(phrases)) == len(phrases)

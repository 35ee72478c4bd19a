"""Holiday calendars from the real `holidays` package: looked up once, in English, with kind refusals."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice

import pytest

from reconciler.compiler.grammar import read
from reconciler.compiler.holiday_calendars import NoCalendar, look_up, with_holidays
from reconciler.model import Conventions, HolidayCalendar, Reading, Timing
from reconciler.timing import cron_fields, fires

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAILY = Timing("Europe/Berlin", (cron_fields({"hour": "9"}),), calendars=(HolidayCalendar("DE-BY"),))


def test_the_holidays_of_three_years_are_looked_up_with_their_english_names() -> None:
    calendar = look_up("DE-BY", 2026)
    assert (date(2026, 1, 6), "Epiphany") in calendar.days
    assert (date(2026, 6, 4), "Corpus Christi") in calendar.days
    assert {day.year for day, _ in calendar.days} == {2026, 2027, 2028}
    assert calendar.known_until == date(2028, 12, 31)
    assert (date(2026, 1, 6), "Epiphany") not in look_up("DE", 2026).days


def test_markets_are_calendars_too() -> None:
    assert date(2026, 4, 3) in {day for day, _ in look_up("XNYS", 2026).days}  # Good Friday, no federal holiday
    assert date(2026, 4, 3) not in {day for day, _ in look_up("US", 2026).days}


@pytest.mark.parametrize(
    ("place", "days"),
    [
        ("Bavaria", ["2026-01-07", "2027-01-07", "2028-01-05"]),  # 1 January and Epiphany are holidays there
        ("Hesse", ["2026-01-06", "2027-01-06", "2028-01-05"]),
    ],
)
def test_business_days_of_a_phrase_are_counted_without_the_holidays_that_it_names(place: str, days: list[str]) -> None:
    phrase = f"on the third business day of January every year at 9am except public holidays in {place}"
    reading = read(phrase, timezone="Europe/Berlin", conventions=Conventions())
    assert isinstance(reading, Reading)
    due = fires(with_holidays(reading.timing, NOW), datetime(2026, 1, 1, tzinfo=UTC))
    assert [at.date().isoformat() for at in islice(due, 3)] == days


@pytest.mark.parametrize("language", ["de_DE.UTF-8", "fr_FR.UTF-8", "C"])
def test_names_do_not_depend_on_the_language_of_the_machine(language: str) -> None:
    code = "from reconciler.compiler.holiday_calendars import look_up; print(look_up('FR', 2026).days[0][1])"
    env = {"LANG": language, "LANGUAGE": language, "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "New Year's Day\n"


@pytest.mark.parametrize(
    ("code", "says", "hint"),
    [
        ("DE-XX", "DE has no part 'XX'", "DE-BY"),
        ("XQ", "no holiday calendar 'XQ'", "write a country"),
        ("XNYQ", "no holiday calendar 'XNYQ'", "did you mean holidays:XNYS?"),
        ("JP-13", "JP has no part '13'", "write the country alone"),
    ],
)
def test_what_is_no_calendar_is_refused_with_what_to_write(code: str, says: str, hint: str) -> None:
    with pytest.raises(NoCalendar, match=says) as caught:
        look_up(code, 2026)
    assert hint in caught.value.hint


def test_what_is_known_beyond_this_year_is_not_looked_up_again() -> None:
    held = HolidayCalendar("DE-BY", ((date(2027, 2, 2), "as reviewed"),))
    timing = replace(DAILY, calendars=(held,))
    assert with_holidays(timing, NOW).calendars == (held,)


def test_what_ends_with_this_year_is_looked_up_again_and_kept_where_it_cannot_be() -> None:
    old = replace(DAILY, calendars=(HolidayCalendar("DE-BY", ((date(2026, 1, 1), "New Year"),)),))
    assert with_holidays(old, NOW).calendars[0].known_until == date(2028, 12, 31)
    gone = replace(DAILY, calendars=(HolidayCalendar("XX", ((date(2026, 1, 1), "New Year"),)),))
    assert with_holidays(gone, NOW) == gone


def test_a_year_beyond_the_data_has_no_holidays() -> None:
    with pytest.raises(NoCalendar, match="no holidays of JP from 2100 on"):
        look_up("JP", 2100)
    assert look_up("JP", 2098).known_until == date(2099, 12, 31)

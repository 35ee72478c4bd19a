"""Holiday calendars looked up in the `holidays` package, so that their dates can stand in the lockfile.

What a calendar holds changes with each release of that package; so it is asked once, when a schedule is
compiled, and what it said is reviewed and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from reconciler.model import HolidayCalendar, Timing

if TYPE_CHECKING:
    from holidays import HolidayBase

_YEARS = 3
"""How many years are looked up, the present one included."""
_INSTALL = "pip install 'schedule-reconciler[holidays]'"


class NoCalendar(ValueError):
    """A calendar that cannot be looked up: why, and what to do about it (*hint*)."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def with_holidays(timing: Timing, now: datetime) -> Timing:
    """Return *timing* with every calendar looked up that has no days yet, or none beyond the present year.

    Raises NoCalendar for one that is not known, or where the `holidays` extra is not installed.
    """
    if not timing.calendars:
        return timing
    return replace(timing, calendars=tuple(_looked_up(one, now.year) for one in timing.calendars))


def _looked_up(calendar: HolidayCalendar, year: int) -> HolidayCalendar:
    until = calendar.known_until
    if until is not None and until.year > year:
        return calendar
    try:
        return look_up(calendar.code, year)
    except NoCalendar:
        if until is None:
            raise
        return calendar  # what is known stays good as far as it goes


@cache
def look_up(code: str, year: int) -> HolidayCalendar:
    """Return the calendar *code* for *year* and the two years after it, as far as its data goes; raise NoCalendar."""
    try:
        import holidays
    except ImportError:
        raise NoCalendar(f"holidays:{code} needs the `holidays` extra, which is not installed", _INSTALL) from None
    place, _, part = code.partition("-")
    years = range(year, year + _YEARS)
    if place in holidays.list_supported_countries(include_aliases=False):
        parts = holidays.list_supported_countries(include_aliases=False)[place]
        _check(f"{code}: {place} has no part {part!r}", part, parts, prefix=f"{place}-")
        found = _in_english(lambda language: holidays.country_holidays(place, part or None, years, language=language))
    elif code in (markets := holidays.list_supported_financial(include_aliases=False)):
        found = _in_english(lambda language: holidays.financial_holidays(code, years=years, language=language))
    else:
        known = [*holidays.list_supported_countries(include_aliases=False), *markets]
        close = get_close_matches(code, known, n=1, cutoff=0.6)
        hint = f"did you mean holidays:{close[0]}?" if close else "write a country such as DE, or a part such as DE-BY"
        raise NoCalendar(f"there is no holiday calendar {code!r}", hint)
    if not found:
        raise NoCalendar(f"the installed data has no holidays of {code} from {year} on", "list the dates instead")
    return HolidayCalendar(code, tuple(sorted(found.items())))


def _check(message: str, part: str, parts: Iterable[str], *, prefix: str) -> None:
    known = list(parts)
    if not part or part in known:
        return
    hint = f"its parts are {', '.join(prefix + one for one in known)}" if known else "write the country alone"
    raise NoCalendar(message, hint)


def _in_english(make: Callable[[str | None], HolidayBase]) -> HolidayBase:
    """Return the calendar with English names where it has them; never in the language of the machine."""
    languages = make(None).supported_languages
    for language in ("en_US", "en_GB"):
        if language in languages:
            return make(language)
    own = make(None).default_language
    return make(own)

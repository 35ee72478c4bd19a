"""When something is due, how phrases were understood, and why that is believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """A place in a file that a person wrote; *line* and *column* count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


Counted: TypeAlias = Literal[
    "business_days", "days", "mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays"
]
"""What `MonthDays` count within a month."""


@dataclass(frozen=True, slots=True)
class CronFields:
    """One set of APScheduler cron kwargs in canonical form; all fields must match (AND).

    Build it with `timing.cron_fields`, which validates and normalises; a bare constructor call
    is for values known to be canonical.
    """

    year: str = "*"
    month: str = "*"
    day: str = "*"
    week: str = "*"
    day_of_week: str = "*"
    hour: str = "*"
    minute: str = "0"
    second: str = "0"

    def kwargs(self) -> dict[str, str]:
        """Return the kwargs as written to the lockfile: hour and minute always, the rest where it says something."""
        shown: dict[str, str] = {}
        for name in ("year", "month", "day", "week", "day_of_week"):
            value: str = getattr(self, name)
            if value != "*":
                shown[name] = value
        shown |= {"hour": self.hour, "minute": self.minute}
        if self.second != "0":
            shown["second"] = self.second
        return shown


@dataclass(frozen=True, slots=True)
class MonthDays:
    """Days counted within the month, as cron's day field cannot: the last business day, the second to last Friday.

    *positions* are places among what is *counted*, 1 for the month's first and -1 for its last; a month that has
    fewer has no such day. Business days are Monday to Friday less the holidays of the timing's calendars. *fields*
    say everything else, the time of day included, and must match as well; their own day field is `*`.

    Build it with `timing.month_days`, which validates and normalises.
    """

    counted: Counted
    positions: tuple[int, ...]
    fields: CronFields

    def kwargs(self) -> dict[str, str]:
        """Return it as written to the lockfile: `{"business_days": "-1", "hour": "17", "minute": "0"}`."""
        return {self.counted: ",".join(map(str, self.positions)), **self.fields.kwargs()}


@dataclass(frozen=True, slots=True)
class CalendarInterval:
    """Every *every* days, weeks or months on the wall calendar, counted from *anchor*.

    Weeks are Monday to Sunday; the week that holds *anchor* is week zero and *weekdays* (Monday = 0)
    are the days of it that count (none given: the anchor's own weekday). Months fire on the anchor's
    day of the month, and not in months that lack it. Nothing fires before *anchor*.
    """

    unit: Literal["days", "weeks", "months"]
    every: int
    anchor: date
    times: tuple[time, ...]
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ElapsedInterval:
    """Every *every* of elapsed time, counted from the instant *anchor* (aware); DST does not touch it."""

    every: timedelta
    anchor: datetime


@dataclass(frozen=True, slots=True)
class DstPolicy:
    """What happens to due times that the wall clock skips (*gap*) or shows twice (*overlap*).

    *gap* `after`: one run at the first instant after the gap; `skip`: none. *overlap* `first`, `last`
    or `both` passes. Cron fields whose hour is `*` or `*/n` follow elapsed time instead.
    """

    gap: Literal["after", "skip"] = "after"
    overlap: Literal["first", "last", "both"] = "first"


Member: TypeAlias = "CronFields | MonthDays"
"""One part of a union."""

Rule: TypeAlias = "tuple[Member, ...] | CalendarInterval | ElapsedInterval"


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The public holidays of a country, a part of one, or a market: `DE`, `DE-BY`, `XNYS`.

    *days* are the dates, with their names, of the whole years that were looked up; in other years
    nothing is known. No days: not looked up yet.
    """

    code: str
    days: tuple[tuple[date, str], ...] = ()

    def __hash__(self) -> int:
        # asked with every due time: the years and the length tell calendars apart well enough
        return hash((self.code, len(self.days), self.days[:1]))

    @property
    def known_until(self) -> date | None:
        """The last day of the last year that was looked up, or None."""
        return date(self.days[-1][0].year, 12, 31) if self.days else None


@dataclass(frozen=True, slots=True)
class Timing:
    """When a schedule is due: a rule in a timezone (IANA key), its DST policy and its limits.

    *start* and *end* are inclusive wall dates; nothing fires on the dates in *exclude* nor on the
    holidays of *calendars*, which are no business days either.
    """

    timezone: str
    rule: Rule
    dst: DstPolicy = DstPolicy()
    start: date | None = None
    end: date | None = None
    exclude: tuple[date, ...] = ()
    calendars: tuple[HolidayCalendar, ...] = ()

    @property
    def holidays(self) -> frozenset[date]:
        """The dates that the calendars hold."""
        return frozenset(day for calendar in self.calendars for day, _ in calendar.days)

    @property
    def excluded(self) -> frozenset[date]:
        """Every date on which nothing fires."""
        return self.holidays.union(self.exclude)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a schedule's keys `start`, `end` and `except` say beside its phrases; *calendars* are codes."""

    start: date | None = None
    end: date | None = None
    exclude: tuple[date, ...] = ()
    calendars: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """Words of a phrase and what they were used for: `every weekday` for `days`."""

    words: str
    role: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a phrase: a `Timing`, what it takes for granted, and what the project decided for it.

    *zone_in_phrase* says that the phrase itself names the timezone. *conventions* are the project's
    conventions the reading used, by name (`anchor`, `business_hours`, …) with the value used. *uses* accounts
    for every word of the phrase, in its order, where the grammar read it.
    """

    timing: Timing
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    zone_in_phrase: bool = False
    conventions: tuple[tuple[str, str], ...] = ()
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A phrase without one certain meaning: why, the possible readings, and what to write instead.

    *understood* says that the phrase was read to its end and refused, which no second reader may overrule.
    """

    message: str
    hint: str | None = None
    readings: tuple[Reading, ...] = ()
    understood: bool = False


class Evidence(StrEnum):
    """Why a compiled timing is believed."""

    AGREED = "agreed"
    GRAMMAR = "grammar"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A reading that was accepted, who vouches for it (*evidence*) and who read it (*compiled_by*)."""

    reading: Reading
    evidence: Evidence
    compiled_by: str

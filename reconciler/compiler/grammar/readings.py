"""From clauses to a timing: union parts told apart, each part read, the results combined."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from reconciler.compiler.grammar.clauses import Clause, Every, NthUnit, Offset, Refused, Separator, Values
from reconciler.compiler.grammar.clock import ClockReader
from reconciler.compiler.grammar.days import DayReader, Days
from reconciler.compiler.grammar.draft import Draft, Window, group_of
from reconciler.compiler.grammar.exceptions import exceptions_carried_on
from reconciler.compiler.grammar.gather import gather
from reconciler.compiler.grammar.notes import Notes
from reconciler.compiler.grammar.times import DayTimes
from reconciler.model import (
    CalendarInterval,
    Conventions,
    ElapsedInterval,
    HolidayCalendar,
    Member,
    Reading,
    Rule,
    Timing,
)
from reconciler.timing import FieldError, equal, next_fire, rule_member, rule_union, warnings_for
from reconciler.timing.fields import fields_of

Part = Clause | Separator
_SUB_DAY = ("second", "minute", "hour")
_MOST_MEMBERS = 200
_LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


def reading_of(
    parts: list[Part], *, timezone: str | None, conventions: Conventions, choice: str | None = None
) -> Reading:
    """Return what *parts* mean, an ambiguity settled by *choice*; raise Refused where the meaning is not certain."""
    outside, inside = _bracketed(parts)
    if not inside:
        return _reading_of(parts, timezone, conventions, choice)
    again = {_subject(part) for part in inside} & {_subject(part) for part in outside}
    if not again or _says_the_minute(outside, inside):
        return _reading_of(parts, timezone, conventions, choice)
    # what brackets say once more has to be what stands outside of them: `at 18:00 (6pm)`
    bracketed = set(map(id, inside))
    reading = _reading_of([part for part in parts if id(part) not in bracketed], timezone, conventions, choice)
    instead = [
        part for part in parts if id(part) in bracketed or isinstance(part, Separator) or _subject(part) not in again
    ]
    if not equal(reading.timing, _reading_of(instead, timezone, conventions, choice).timing):
        raise Refused("what the brackets say is not what stands before them", "say it once")
    return reading


def _subject(part: Clause) -> str:
    """Return what *part* is about: its group, with intervals and times of day, zones and limits told apart."""
    group = group_of(part)
    if group == "time":
        return "interval" if isinstance(part.core, Every | Offset | NthUnit) else "time"
    return type(part.core).__name__ if group == "whole" else group


def _says_the_minute(outside: list[Clause], inside: list[Clause]) -> bool:
    """Return whether brackets say at which minute of `every hour (:05)`, and nothing else."""
    hours = [part.core for part in outside if _subject(part) == "interval"]
    hourly = all(isinstance(core, Every) and core.unit == "hour" for core in hours)
    return hourly and all(isinstance(part.core, Offset) and not part.core.every for part in inside)


def _bracketed(parts: list[Part]) -> tuple[list[Clause], list[Clause]]:
    """Return the clauses outside and inside of brackets."""
    outside: list[Clause] = []
    inside: list[Clause] = []
    here = outside
    for part in parts:
        if isinstance(part, Clause):
            here.append(part)
        elif part.text in ("(", ")"):
            here = inside if part.text == "(" else outside
    return outside, inside


def _reading_of(parts: list[Part], timezone: str | None, conventions: Conventions, choice: str | None) -> Reading:
    parts = [Separator(",") if isinstance(part, Separator) and part.text in ("(", ")") else part for part in parts]
    parts = exceptions_carried_on(parts)
    whole = gather([part for part in parts if isinstance(part, Clause) and group_of(part) == "whole"])
    notes = Notes(choice=choice)
    rest = [part for part in parts if not (isinstance(part, Clause) and group_of(part) == "whole")]
    if not any(isinstance(part, Clause) for part in rest):
        raise Refused(
            "how often it runs is not said",
            "write how often, such as `every day at 09:00`",
            instead=({"^": "every day at 09:00 "},),
        )
    if whole.zone_abbreviation:
        notes.assume(f"{whole.zone_abbreviation} is read as {whole.zone}, with its summer time")
    drafts = [gather(segment) for piece in _pieces(rest) for segment in _segments(piece)]
    for draft in drafts:
        whole.exclude += draft.exclude
        whole.calendars += draft.calendars
    zone = whole.zone or timezone
    if zone is None:
        raise Refused("no time zone is declared", "set `timezone:` or name a zone in the phrase, such as Europe/Berlin")
    rule = _rule(drafts, whole, zone, conventions, notes)
    timing = Timing(
        zone,
        rule,
        dst=whole.dst,
        start=whole.start,
        end=whole.end,
        exclude=tuple(sorted(set(whole.exclude))),
        calendars=tuple(map(HolidayCalendar, dict.fromkeys(whole.calendars))),
    )
    if timing.start and timing.end and timing.end < timing.start:
        raise Refused("the end comes before the start", "check the two dates")
    check_it_fires(timing)
    return Reading(
        timing,
        tuple(notes.assumptions),
        tuple(dict.fromkeys([*notes.warnings, *warnings_for(timing)])),
        zone_in_phrase=whole.zone is not None,
        conventions=tuple(sorted(notes.conventions.items())),
    )


def check_it_fires(timing: Timing) -> None:
    """Raise Refused if the calendar has no day that *timing* allows."""
    if _may_never_fire(timing) and next_fire(timing, _LONG_AGO) is None:
        raise Refused("this never fires", "check the days, months and years against each other")


def _may_never_fire(timing: Timing) -> bool:
    if not isinstance(timing.rule, tuple):
        return False
    fields = map(fields_of, timing.rule)
    return any((one.day != "*") + (one.month != "*") + (one.week != "*") + (one.year != "*") > 1 for one in fields)


# ---------------------------------------------------------------- parts of a union


def _pieces(parts: list[Part]) -> list[list[Part]]:
    """Part *parts* at semicolons; each piece must stand for itself."""
    pieces: list[list[Part]] = [[]]
    for part in parts:
        if isinstance(part, Separator) and ";" in part.text:
            pieces.append([])
        else:
            pieces[-1].append(part)
    pieces = [piece for piece in pieces if any(isinstance(part, Clause) for part in piece)]
    if len(pieces) > 1:
        _check_whole(pieces)
    return pieces


def _check_whole(pieces: list[list[Part]]) -> None:
    """Refuse `Mon; Wed; Fri 9am` and `weekdays 9am; 5pm`, in which a part leans on another."""
    groups = [{group_of(part) for part in piece if isinstance(part, Clause)} for piece in pieces]
    clocks = [all(isinstance(part, Separator) or isinstance(part.core, Values) for part in piece) for piece in pieces]
    days = any({"day", "period"} & found for found in groups)
    if any("time" not in found for found in groups) or (days and any(clocks)):
        raise Refused(
            "parts that semicolons divide have to stand by themselves", "give each its days and its time, or use commas"
        )


def _segments(parts: list[Part]) -> list[list[Part]]:
    """Part *parts* where a time or days are said again after the other: `weekdays at 7 and weekends at 9`."""
    segments: list[list[Part]] = [[]]
    seen: list[str] = []
    pending: Separator | None = None
    for at, part in enumerate(parts):
        if isinstance(part, Separator):
            pending = part
            continue
        group = group_of(part)
        kind = "day" if group == "period" else group
        repeated = kind in ("time", "day") and kind in seen and seen[-1] != kind
        if repeated and _narrows(kind, segments[-1], parts[at + 1 :]):
            repeated = False
        if repeated and pending is not None and _union_at(part, kind, segments[-1]):
            segments.append([])
            seen = []
        elif pending is not None:
            segments[-1].append(pending)
        segments[-1].append(part)
        if kind in ("time", "day"):
            seen.append(kind)
        pending = None
    _check_alike(segments)
    return segments


def _narrows(kind: str, segment: list[Part], rest: list[Part]) -> bool:
    """Return whether days behind `every day at 7am` say which days, as no time of their own follows."""
    daily = any(isinstance(part, Clause) and part.core == Every(1, "day") for part in segment)
    return kind == "day" and daily and not any(isinstance(part, Clause) and group_of(part) == "time" for part in rest)


def _union_at(part: Clause, kind: str, segment: list[Part]) -> bool:
    """Return whether *part* begins a new member; `every 5 minutes, Monday, every hour` goes on with the same one."""
    if kind == "day" and group_of(part) == "period":
        return (
            any(isinstance(old, Clause) and group_of(old) == "day" for old in segment)
            or any(isinstance(old, Clause) and old.core == part.core for old in segment)
            or any(isinstance(old, Clause) and group_of(old) == "period" for old in segment)
        )
    return True


def _check_alike(segments: list[list[Part]]) -> None:
    if len(segments) == 1:
        return
    shapes = []
    for segment in segments:
        groups = {group_of(part) for part in segment if isinstance(part, Clause)}
        if not any(isinstance(part, Clause) and isinstance(part.core, Values | Every) for part in segment):
            groups = {"part" if group == "time" else group for group in groups}  # `mornings`, and no time
        groups = {"day" if group == "period" else group for group in groups}
        shapes.append(groups)
    if any(shape != shapes[0] or "except" in shape for shape in shapes):
        raise Refused(
            "it is not clear which parts of the phrase belong together",
            "write a list of phrases, each with its own days and times",
        )


# ---------------------------------------------------------------- rules


def _rule(drafts: list[Draft], whole: Draft, zone: str, conventions: Conventions, notes: Notes) -> Rule:
    members: list[Member] = []
    if any(_share_days(one, other) for one, other in combinations(drafts, 2)):
        notes.assume("the parts add up: on days of both it runs at the times of both")
    for draft in drafts:
        _check_start(draft, whole)
        times = ClockReader(draft, conventions, notes, anchored=whole.anchor is not None).read()
        sub_daily = (
            times.elapsed is not None
            or bool(draft.every.keys() & set(_SUB_DAY))
            or bool(draft.values.keys() & {"minute", "second"} and not draft.times)
            or bool(draft.windows)
        )
        days = DayReader(
            draft, conventions, notes, daily=times.said, sub_daily=sub_daily, anchored=whole.anchor is not None
        ).read()
        interval = _interval(times, days, draft, whole, zone, conventions, notes)
        if interval is not None:
            if len(drafts) > 1:
                raise Refused("an anchored interval cannot be one part of a union", "write two schedules")
            return interval
        if days != Days() and any(_over_midnight(window) for window in draft.windows):
            raise Refused(
                "it is not clear to which day the hours after midnight belong",
                "write two phrases, one up to 23:59 and one from 00:00, each with its days",
            )
        members += _members(times, days)
    if whole.anchor is not None:
        raise Refused("this interval is not counted from a date", "leave the date out")
    if len(members) > _MOST_MEMBERS:
        raise Refused("this needs too many field sets", "write a simpler schedule")
    return rule_union(members)


def _check_start(draft: Draft, whole: Draft) -> None:
    """Refuse `every 2 months starting 2026-02-15`: months are counted from January, and it does not begin there."""
    n, start = draft.every.get("month", 1), whole.start
    if n == 1 or 12 % n or whole.anchor is not None or start is None:
        return
    if (start.month - 1) % n or (start.day != 1 and not draft.names_days):
        raise Refused(f"it is not clear from when every {n} months is counted", "name the months and the day")


def _share_days(one: Draft, other: Draft) -> bool:
    """Return whether two parts of a phrase name the same days of the week, one of them perhaps by `every day`."""
    if any(draft.monthdays or draft.nths or draft.dates or draft.months or draft.spans for draft in (one, other)):
        return False
    every = frozenset(range(7))
    days, others = (draft.weekdays.days if draft.weekdays else every for draft in (one, other))
    return bool((days - one.not_weekdays) & (others - other.not_weekdays))


def _over_midnight(window: Window) -> bool:
    return window.first is not None and window.last is not None and window.last.seconds < window.first.seconds


def _members(times: DayTimes, days: Days) -> list[Member]:
    try:
        return [
            rule_member({**day, "hour": hour, "minute": minute, "second": second})
            for day in days.fields
            for hour, minute, second in times.fields
        ]
    except FieldError as error:
        raise Refused(str(error), error.hint) from None


def _interval(
    times: DayTimes,
    days: Days,
    draft: Draft,
    whole: Draft,
    zone: str,
    conventions: Conventions,
    notes: Notes,
) -> CalendarInterval | ElapsedInterval | None:
    if times.elapsed is not None:
        if days != Days() and draft.every.get("day", 1) == 1:
            step = _spoken(times.elapsed)
            raise Refused(
                f"every {step} runs on over midnight and cannot be kept to some days",
                "write an interval that divides the hour or the day, or a span from one time to another",
                instead=[{"time": f"every {near}"} for near in _near(times.elapsed)],
            )
        return ElapsedInterval(times.elapsed, _elapsed_anchor(times.elapsed, whole, zone, conventions, notes))
    if days.unit is None:
        return None
    if draft.windows or (draft.every.keys() & set(_SUB_DAY)) or draft.values.keys() & {"minute", "second"}:
        raise Refused("an interval within the day and an interval of days cannot be combined", "write the times")
    clocks = _fixed_times(times)
    anchor = _date_anchor(days, whole, conventions, notes)
    if days.unit == "months":
        if anchor.day != days.month_day and whole.anchor is not None:
            raise Refused("the day of the month is not the one counted from", "write the same day twice")
        if anchor.day != days.month_day:
            anchor = _first_on(anchor, days.month_day)
        while days.month not in (None, anchor.month):
            anchor = _first_on(anchor + timedelta(days=1), days.month_day)
        return CalendarInterval("months", days.every, anchor, clocks)
    if days.unit == "weeks":
        if not days.weekdays:
            name = f"{anchor:%A}"
            notes.assume(f"no weekday was given: {name}, as the day counted from")
        return CalendarInterval("weeks", days.every, anchor, clocks, days.weekdays or (anchor.weekday(),))
    return CalendarInterval("days", days.every, anchor, clocks)


def _near(step: timedelta) -> Iterator[str]:
    """Yield the intervals next to *step* that fit an hour or a day: 6 and 10 minutes for 7."""
    seconds = int(step.total_seconds())
    for unit, size, whole in (("hour", 3600, 24), ("minute", 60, 60), ("second", 1, 60)):
        if seconds % size == 0 and seconds // size < whole:
            fitting = [n for n in range(1, whole // 2 + 1) if whole % n == 0]
            below = [n for n in fitting if n < seconds // size]
            above = [n for n in fitting if n > seconds // size]
            yield from (f"{n} {unit}s" for n in (*below[-1:], *above[:1]) if n > 1)
            return


def _first_on(day: date, month_day: int) -> date:
    """Return the first date on or after *day* that is the *month_day*th, a day up to the 28th."""
    if day.day > month_day:
        day = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return day.replace(day=month_day)


def _fixed_times(times: DayTimes) -> tuple[time, ...]:
    found = set()
    for hours, minutes, seconds in times.fields:
        if "*" in hours + minutes + seconds:
            raise Refused("an interval within the day and an interval of days cannot be combined", "write the times")
        found |= {
            time(int(h), int(m), int(s))
            for h in hours.split(",")
            for m in minutes.split(",")
            for s in seconds.split(",")
        }
    return tuple(sorted(found))


def _date_anchor(days: Days, whole: Draft, conventions: Conventions, notes: Notes) -> date:
    said = whole.anchor if isinstance(whole.anchor, date) else None
    if said is None and whole.anchor is not None:
        raise Refused("an interval of days is counted from a date", "leave out the time after the date")
    if said is None and whole.start is not None:
        said = whole.start
    if said is not None:
        return said
    anchor = conventions.anchor
    notes.conventions["anchor"] = anchor.isoformat()
    word = "the week of " if days.unit == "weeks" else ""
    notes.assume(f"every {days.every} {days.unit} is counted from {word}{anchor.isoformat()}")
    return anchor


def _elapsed_anchor(step: timedelta, whole: Draft, zone: str, conventions: Conventions, notes: Notes) -> datetime:
    from reconciler.compiler.grammar.clauses import Moment

    if isinstance(whole.anchor, Moment):
        at = time(whole.anchor.clock.hour, whole.anchor.clock.minute, whole.anchor.clock.second)
        return datetime.combine(whole.anchor.day, at, ZoneInfo(whole.anchor.zone or zone))
    day = whole.anchor or whole.start
    if day is None:
        day = conventions.anchor
        notes.conventions["anchor"] = day.isoformat()
        notes.assume(f"every {_spoken(step)} is counted from {day.isoformat()} 00:00")
    anchor = datetime.combine(day, time(0), ZoneInfo(zone))
    return anchor if anchor.utcoffset() is not None else anchor.astimezone(UTC)


def _spoken(step: timedelta) -> str:
    seconds = int(step.total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds % size == 0:
            return f"{seconds // size} {unit}s" if seconds != size else unit
    raise AssertionError(step)

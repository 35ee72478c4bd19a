"""A brute force that says when a `Timing` is due: it walks UTC step by step and looks at the clock on the wall.

It shares no code and no idea with `reconciler.timing`: no search, no arithmetic on wall times, no fold. A
walk reads each instant's wall time from `zoneinfo`; where the wall clock jumps ahead, the wall times jumped
over are the gap; where a wall time is seen twice, that is the overlap. Field values are read from their text here.
"""

from __future__ import annotations

import calendar
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from reconciler.model import CalendarInterval, CronFields, DstPolicy, ElapsedInterval, Member, MonthDays, Timing

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
NTH = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5}
ORDER = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")
LOWEST = {"year": 1970, "month": 1, "day": 1, "week": 1, "day_of_week": 0, "hour": 0, "minute": 0, "second": 0}
MARGIN = timedelta(hours=2, minutes=30)  # more than any overlap from 2011 on


def with_defaults(kwargs: Mapping[str, str]) -> dict[str, str]:
    """Return all eight fields of *kwargs* as APScheduler fills them in."""
    least = max(ORDER.index(name) for name in kwargs)
    filled = {}
    for place, name in enumerate(ORDER):
        starred = place < least or name in ("week", "day_of_week")
        filled[name] = kwargs.get(name, "*" if starred else str(LOWEST[name]))
    return filled


def _number(text: str, name: str) -> int:
    names = {"month": [None, *MONTHS], "day_of_week": WEEKDAYS}.get(name, [])
    return names.index(text) if text in names else int(text)


def _in_range(item: str, name: str, value: int) -> bool:
    body, _, step = item.partition("/")
    if body == "*":
        low, high = LOWEST[name], 9999
    elif "-" in body:
        low, high = (_number(end, name) for end in body.split("-"))
    else:
        low = _number(body, name)
        high = 9999 if step else low
    return low <= value <= high and (value - low) % int(step or "1") == 0


def _is_day(item: str, day: date) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    if item == "last":
        return day.day == length
    if " " in item:
        place, weekday = item.split()
        if WEEKDAYS[day.weekday()] != weekday:
            return False
        return day.day > length - 7 if place == "last" else (day.day + 6) // 7 == NTH[place]
    return _in_range(item, "day", day.day)


@lru_cache(100_000)
def _field_matches(name: str, text: str, value: int) -> bool:
    return any(_in_range(item.strip().lower(), name, value) for item in text.split(","))


@lru_cache(100_000)
def _date_matches(texts: tuple[str, ...], at: date) -> bool:
    year, month, day, week, day_of_week = texts
    return (
        _field_matches("year", year, at.year)
        and _field_matches("month", month, at.month)
        and any(_is_day(item.strip().lower(), at) for item in day.split(","))
        and _field_matches("week", week, at.isocalendar()[1])
        and _field_matches("day_of_week", day_of_week, at.weekday())
    )


def matches(fields: Mapping[str, str], wall: datetime) -> bool:
    """Return whether all eight *fields* match the naive *wall* time."""
    return (
        _field_matches("minute", fields["minute"], wall.minute)
        and _field_matches("hour", fields["hour"], wall.hour)
        and _field_matches("second", fields["second"], wall.second)
        and _date_matches(tuple(fields[name] for name in ORDER[:5]), wall.date())
    )


def counted_days(counted: str, year: int, month: int, holidays: frozenset[date]) -> list[date]:
    """Return the days of a month that *counted* names, by looking at each: `business_days`, `days`, `fridays`."""
    every = [date(year, month, number) for number in range(1, calendar.monthrange(year, month)[1] + 1)]
    if counted == "business_days":
        return [day for day in every if day.strftime("%a") not in ("Sat", "Sun") and day not in holidays]
    return every if counted == "days" else [day for day in every if f"{day:%A}s".lower() == counted]


def counted_matches(rule: MonthDays, wall: datetime, holidays: frozenset[date]) -> bool:
    """Return whether the naive *wall* time is one of the positions of *rule*, and its fields match."""
    return matches(as_mapping(rule.fields), wall) and _at_position(rule, wall.date(), holidays)


@lru_cache(100_000)
def _at_position(rule: MonthDays, day: date, holidays: frozenset[date]) -> bool:
    days = counted_days(rule.counted, day.year, day.month, holidays)
    if day not in days:
        return False
    before, after = days.index(day), days[::-1].index(day)
    return before + 1 in rule.positions or -after - 1 in rule.positions


def interval_matches(rule: CalendarInterval, wall: datetime) -> bool:
    """Return whether the calendar interval names the naive *wall* time."""
    return wall.time() in rule.times and _interval_day(rule, wall.date())


def _interval_day(rule: CalendarInterval, day: date) -> bool:
    if day < rule.anchor:
        return False
    if rule.unit == "days":
        return (day - rule.anchor).days % rule.every == 0
    if rule.unit == "months":
        months = (day.year - rule.anchor.year) * 12 + day.month - rule.anchor.month
        return day.day == rule.anchor.day and months % rule.every == 0
    monday, first = (d - timedelta(days=d.weekday()) for d in (day, rule.anchor))
    wanted = rule.weekdays or (rule.anchor.weekday(),)
    return day.weekday() in wanted and (monday - first).days // 7 % rule.every == 0


Walk = list[tuple[datetime, datetime]]


@lru_cache(8)
def walk(timezone: str, first: datetime, last: datetime, step: timedelta) -> Walk:
    """Return each instant from *first* to *last* with what the clock on the wall shows then."""
    zone = zoneinfo.ZoneInfo(timezone)
    steps = []
    at = first
    while at <= last:
        steps.append((at, at.astimezone(zone).replace(tzinfo=None)))
        at += step
    return steps


def _followed(steps: Walk, due: Callable[[datetime], bool]) -> set[datetime]:
    return {at for at, wall in steps if due(wall)}


def _fixed(steps: Walk, step: timedelta, due: Callable[[datetime], bool], dst: DstPolicy) -> set[datetime]:
    shown: dict[datetime, list[datetime]] = defaultdict(list)
    found = set()
    previous = None
    for at, wall in steps:
        if due(wall):
            shown[wall].append(at)
        if previous is not None and dst.gap == "after" and any(map(due, _between(previous, wall, step))):
            found.add(at)
        previous = wall
    for instants in shown.values():
        found |= {"first": {min(instants)}, "last": {max(instants)}, "both": set(instants)}[dst.overlap]
    return found


def _between(previous: datetime, wall: datetime, step: timedelta) -> Iterator[datetime]:
    skipped = previous + step
    while skipped < wall:
        yield skipped
        skipped += step


def _step(timing: Timing) -> timedelta:
    """Return the longest stride that passes over no due time: modern UTC offsets are multiples of 15 minutes."""
    rule = timing.rule
    if isinstance(rule, ElapsedInterval):
        return timedelta(seconds=1)
    if isinstance(rule, CalendarInterval):
        seconds = any(at.second for at in rule.times)
        quarters = all(at.minute % 15 == 0 for at in rule.times)
    else:
        every = [_fields(member) for member in rule]
        seconds = any(fields.second != "0" for fields in every)
        quarters = all(fields.minute in ("0", "15", "30", "45", "*/15", "*/30") for fields in every)
    return timedelta(seconds=1) if seconds else timedelta(minutes=15 if quarters else 1)


def _fields(member: Member) -> CronFields:
    return member.fields if isinstance(member, MonthDays) else member


def _within(timing: Timing, day: date) -> bool:
    after_start = timing.start is None or day >= timing.start
    before_end = timing.end is None or day <= timing.end
    holiday = any(day == held for calendar in timing.calendars for held, _ in calendar.days)
    return after_start and before_end and day not in timing.exclude and not holiday


def as_mapping(fields: CronFields) -> dict[str, str]:
    return {name: getattr(fields, name) for name in ORDER}


def follows_elapsed_time(fields: CronFields) -> bool:
    """Return whether *fields* run in both passes and make up for nothing: hour is `*` or `*/n`."""
    return fields.hour == "*" or (fields.hour.startswith("*/") and "," not in fields.hour)


def _elapsed_due(timing: Timing, rule: ElapsedInterval, first: datetime, last: datetime) -> set[datetime]:
    zone = zoneinfo.ZoneInfo(timing.timezone)
    found = set()
    at = rule.anchor.astimezone(UTC)
    at += max(0, (first - at) // rule.every) * rule.every
    while at <= last:
        if at >= first and _within(timing, at.astimezone(zone).date()):
            found.add(at)
        at += rule.every
    return found


def due_between(timing: Timing, after: datetime, until: datetime) -> list[datetime]:
    """Return every instant at which *timing* is due, strictly after *after* and not after *until*, in UTC."""
    if isinstance(timing.rule, ElapsedInterval):
        found = _elapsed_due(timing, timing.rule, after, until)
    else:
        found = _walked(timing, after, until)
    return sorted(at for at in found if after < at <= until)


def _walked(timing: Timing, after: datetime, until: datetime) -> set[datetime]:
    step = _step(timing)
    midnight = datetime.combine(after.astimezone(UTC).date(), time(), UTC)
    first = midnight + (after - MARGIN - midnight) // step * step
    steps = walk(timing.timezone, first, until + MARGIN, step)
    if isinstance(timing.rule, CalendarInterval):
        rule = timing.rule
        return _fixed(
            steps, step, lambda wall: interval_matches(rule, wall) and _within(timing, wall.date()), timing.dst
        )
    found: set[datetime] = set()
    holidays = frozenset(day for one in timing.calendars for day, _ in one.days)
    for member in timing.rule:

        def due(wall: datetime, member: Member = member) -> bool:
            if isinstance(member, MonthDays):
                return counted_matches(member, wall, holidays) and _within(timing, wall.date())
            return matches(as_mapping(member), wall) and _within(timing, wall.date())

        elapsed = follows_elapsed_time(_fields(member))
        found |= _followed(steps, due) if elapsed else _fixed(steps, step, due, timing.dst)
    return found


@lru_cache(2_000)
def transitions(timezone: str, first_year: int, last_year: int) -> tuple[tuple[datetime, timedelta], ...]:
    """Return the instants at which *timezone* changes its UTC offset, to the minute, and by how much it does."""
    zone = zoneinfo.ZoneInfo(timezone)
    found = []
    at, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    day, minute = timedelta(days=1), timedelta(minutes=1)
    offset = at.astimezone(zone).utcoffset()
    while at < end:
        following = (at + day).astimezone(zone).utcoffset()
        if following != offset:
            low, high = 0, 1440
            while high - low > 1:
                middle = (low + high) // 2
                same = (at + middle * minute).astimezone(zone).utcoffset() == offset
                low, high = (middle, high) if same else (low, middle)
            assert following is not None
            assert offset is not None
            found.append((at + high * minute, following - offset))
        at, offset = at + day, following
    return tuple(found)


@lru_cache(4)
def zones_by_behaviour(first_year: int, last_year: int) -> tuple[tuple[str, ...], ...]:
    """Return the IANA zones that change their offset in these years, those that always show the same time together."""
    groups: dict[object, list[str]] = defaultdict(list)
    start = datetime(first_year, 1, 1, tzinfo=UTC)
    for key in sorted(zoneinfo.available_timezones()):
        if changes := transitions(key, first_year, last_year):
            groups[start.astimezone(zoneinfo.ZoneInfo(key)).utcoffset(), changes].append(key)
    return tuple(map(tuple, groups.values()))

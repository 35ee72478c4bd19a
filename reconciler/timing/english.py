"""The sentence a reviewer reads, produced from the compiled timing and nothing else.

Exact before elegant: whatever restricts the timing is said, and in words that the phrase grammar reads
back to the same fire times (`tests/timing/test_english.py` holds it to that). The parts of a union are
parted by semicolons.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from reconciler.model import CalendarInterval, CronFields, DstPolicy, ElapsedInterval, Member, Timing
from reconciler.timing.english_days import WEEKDAY_NAMES, days_text, position_text
from reconciler.timing.english_times import step_text, times_text
from reconciler.timing.english_words import and_, clock
from reconciler.timing.fields import fields_of
from reconciler.timing.positions import position_named
from reconciler.timing.zone_names import zone_text

_EVERY_MONTH = " of the month"


def english(timing: Timing) -> str:
    """Return what *timing* means in one English sentence without a full stop, ending in its timezone.

    A DST policy other than the default follows the timezone.
    """
    match timing.rule:
        case CalendarInterval() as interval:
            rule = _calendar_interval(interval)
        case ElapsedInterval() as interval:
            rule = f"every {step_text(interval.every)}, counted from {_instant(interval.anchor, timing.timezone)}"
        case members:
            rule = _union(members, timing.timezone, holidays=bool(timing.calendars))
    return ", ".join([rule, *_limits(timing), zone_text(timing.timezone), *_policy(timing.dst)])


def _limits(timing: Timing) -> list[str]:
    parts = []
    if timing.start:
        parts.append(f"starting {timing.start.isoformat()}")
    if timing.end:
        parts.append(f"until {timing.end.isoformat()}")
    excluded = [day.isoformat() for day in timing.exclude]
    excluded += [f"public holidays in {calendar.code}" for calendar in timing.calendars]
    if excluded:
        parts.append("except on " + and_(excluded))
    return parts


def _policy(dst: DstPolicy) -> list[str]:
    parts = []
    if dst.gap == "skip":
        parts.append("skipped where the clock skips it")
    if dst.overlap != "first":
        parts.append({"last": "second pass only", "both": "both passes"}[dst.overlap] + " where the clock repeats it")
    return parts


# ---------------------------------------------------------------- intervals


def _calendar_interval(interval: CalendarInterval) -> str:
    when = "at " + and_([clock(t.hour * 3600 + t.minute * 60 + t.second) for t in interval.times])
    unit = interval.unit.removesuffix("s")
    every = f"every {interval.every} {unit}s" if interval.every > 1 else f"every {unit}"
    anchor = interval.anchor.isoformat()
    if interval.unit == "weeks":
        weekdays = interval.weekdays or (interval.anchor.weekday(),)
        every += " on " + and_([WEEKDAY_NAMES[day] for day in weekdays])
        anchor = f"the week of {anchor}"
    elif interval.unit == "months":
        every += f" on day {interval.anchor.day}"
    return f"{when}, {every}, counted from {anchor}"


def _instant(instant: datetime, timezone: str) -> str:
    """Return *instant* on the wall of *timezone*, or in UTC where that wall time is not unique."""
    zone = ZoneInfo(timezone)
    wall = instant.astimezone(zone).replace(tzinfo=None)
    unique = wall.replace(tzinfo=zone) == wall.replace(tzinfo=zone, fold=1)
    unique = unique and wall.replace(tzinfo=zone).astimezone(UTC) == instant.astimezone(UTC)
    shown = wall if unique else instant.astimezone(UTC).replace(tzinfo=None)
    text = f"{shown:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
    return text if unique else f"{text} UTC"


# ---------------------------------------------------------------- cron fields


@lru_cache(maxsize=4096)
def _union(members: tuple[Member, ...], timezone: str, *, holidays: bool) -> str:
    """Return the members parted by semicolons, those with the same days told as one."""
    position = _position(members, timezone, holidays=holidays)
    if position is not None:
        return position
    groups: dict[str, list[CronFields]] = {}
    for member in members:
        groups.setdefault(days_text(member), []).append(fields_of(member))
    told: dict[tuple[str, ...], list[str]] = {}
    for days, alike in groups.items():
        told.setdefault(tuple(times_text(alike, timezone, daily=not days)), []).append(days)
    return "; ".join(
        _told(days, times) for every, named in told.items() for days in _days_together(named) for times in every
    )


def _position(fields: tuple[Member, ...], timezone: str, *, holidays: bool) -> str | None:
    """Return the sentence for days that have a name together only, such as the last business day; else None.

    They were counted without regard to holidays, which their name would no longer say beside *holidays*.
    """
    by_clock: dict[CronFields, list[CronFields]] = {}
    for member in fields:
        if not isinstance(member, CronFields):
            return None
        clock = CronFields(hour=member.hour, minute=member.minute, second=member.second)
        by_clock.setdefault(clock, []).append(member)
    names = {position_named(members) if len(members) > 1 else None for members in by_clock.values()}
    found = names.pop()
    if found is None or names or (holidays and "business" in found[0]):
        return None
    told = times_text(list(by_clock), timezone, daily=False)
    return "; ".join(_told(position_text(*found), times) for times in told)


def _days_together(named: list[str]) -> list[str]:
    """Return *named*, days that have all their times in common, with those counted in every month told as one."""
    counted = [days for days in named if days.startswith("on the ") and days.endswith(_EVERY_MONTH)]
    if len(counted) < 2:
        return named
    together = " and ".join(days.removesuffix(_EVERY_MONTH) for days in counted) + _EVERY_MONTH
    return [*(days for days in named if days not in counted), together]


def _told(days: str, times: str) -> str:
    if days:
        return f"{times}, {days}"
    return f"{times}, every day" if times.startswith("at ") and " of every " not in times else times

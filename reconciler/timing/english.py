"""The sentence a reviewer reads, produced from the compiled timing and nothing else.

Exact before elegant: every field that restricts something is said, so that two timings that differ read
differently, and written so that the phrase grammar reads the sentence back to the same fire times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time, timedelta

from reconciler.durations import format_duration
from reconciler.model import CalendarInterval, CronFields, DstPolicy, ElapsedInterval, Timing
from reconciler.timing.fields import MONTHS, WEEKDAYS, Values, values

_WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NTH = ("last", "first", "second", "third", "fourth", "fifth")
_MOST_TIMES = 8
_HOURS, _MINUTES = 24, 60
_UNIT_WORDS = {"d": "day", "h": "hour", "m": "minute", "s": "second", "ms": "millisecond"}


def english(timing: Timing) -> str:
    """Return what *timing* means in one English sentence without a full stop, ending in its timezone."""
    match timing.rule:
        case CalendarInterval() as interval:
            rule = _calendar_interval(interval)
        case ElapsedInterval() as interval:
            rule = f"every {_count(interval.every)}, counted from {interval.anchor:%Y-%m-%d %H:%M %Z}"
        case fields:
            rule = _union(fields)
    return ", ".join([rule, *_limits(timing), timing.timezone, *_policy(timing.dst)])


def _limits(timing: Timing) -> list[str]:
    parts = []
    if timing.start:
        parts.append(f"starting {timing.start:%Y-%m-%d}")
    if timing.end:
        parts.append(f"until {timing.end:%Y-%m-%d}")
    if timing.exclude:
        parts.append("except on " + _and([f"{day:%Y-%m-%d}" for day in timing.exclude]))
    return parts


def _policy(dst: DstPolicy) -> list[str]:
    parts = []
    if dst.gap == "skip":
        parts.append("skipped where the clock skips it")
    if dst.overlap != "first":
        parts.append({"last": "second pass only", "both": "both passes"}[dst.overlap] + " where the clock repeats it")
    return parts


def _calendar_interval(interval: CalendarInterval) -> str:
    when = "at " + _and([_clock(t) for t in interval.times])
    unit = interval.unit.removesuffix("s")
    every = f"every {interval.every} {unit}s" if interval.every > 1 else f"every {unit}"
    weekdays = interval.weekdays or (interval.anchor.weekday(),)
    on = " on " + _and([_WEEKDAY_NAMES[day] for day in weekdays]) if interval.unit == "weeks" else ""
    if interval.unit == "months":
        on = f" on day {interval.anchor.day}"
    word = "the week of " if interval.unit == "weeks" else ""
    return f"{when}, {every}{on}, counted from {word}{interval.anchor:%Y-%m-%d}"


def _count(duration: timedelta) -> str:
    text = format_duration(duration)
    match = re.fullmatch(r"([0-9]+)([a-z]+)", text)
    assert match is not None
    number, unit = int(match[1]), _UNIT_WORDS[match[2]]
    return unit if number == 1 else f"{number} {unit}s"


def _union(fields: Sequence[CronFields]) -> str:
    """Return the members joined by `; and`, those alike but for the time of day told as one."""
    groups: dict[str, list[CronFields]] = {}
    for member in fields:
        groups.setdefault(_days(member), []).append(member)
    return "; and ".join(
        ", ".join(part for part in (_times(members), days) if part) for days, members in groups.items()
    )


def _times(members: Sequence[CronFields]) -> str:
    clocks = [clock for member in members for clock in _fixed_clocks(values(member))]
    if clocks and all(_fixed_clocks(values(member)) for member in members) and len(clocks) <= _MOST_TIMES:
        return "at " + _and([_clock(clock) for clock in sorted(clocks)])
    return " and ".join(_time_of_day(member) for member in members)


def _fixed_clocks(allowed: Values) -> list[time]:
    """Return the times of day if they are few and the hour is not `*` or `*/n`."""
    if allowed.follows_elapsed or len(allowed.hours) * len(allowed.minutes) * len(allowed.seconds) > _MOST_TIMES:
        return []
    return [time(h, m, s) for h in allowed.hours for m in allowed.minutes for s in allowed.seconds]


def _clock(clock: time) -> str:
    return f"{clock:%H:%M:%S}" if clock.second else f"{clock:%H:%M}"


def _time_of_day(member: CronFields) -> str:
    allowed = values(member)
    clocks = _fixed_clocks(allowed)
    if clocks:
        return "at " + _and([_clock(clock) for clock in clocks])
    parts = []
    if member.second != "0":
        parts.append(_steps("second", member.second, allowed.seconds))
    if member.minute != "*" or not parts:
        parts.append(_minutes(member, allowed, bare=not parts))
    if member.hour != "*":
        parts.append(_hours(member, allowed))
    return " ".join(part for part in parts if part)


def _steps(unit: str, text: str, allowed: Sequence[int]) -> str:
    if text == "*":
        return f"every {unit}"
    if text.startswith("*/") and _MINUTES % int(text[2:]) == 0:
        return f"every {text[2:]} {unit}s"
    return f"at {unit} {_and([str(value) for value in allowed])} of every minute"


def _minutes(member: CronFields, allowed: Values, *, bare: bool) -> str:
    if member.minute == "*":
        return "every minute"
    if member.minute.startswith("*/") and _MINUTES % int(member.minute[2:]) == 0:
        return f"every {member.minute[2:]} minutes" if bare else f"of every {member.minute[2:]}th minute"
    if member.minute == "0" and bare and member.hour == "*":
        return "every hour"
    listed = _and([str(value) for value in allowed.minutes])
    return f"at minute {listed}" + (" of every hour" if member.hour == "*" else "")


def _hours(member: CronFields, allowed: Values) -> str:
    hours = allowed.hours
    if member.hour.startswith("*/"):
        step = int(member.hour[2:])
        even = "" if _HOURS % step == 0 else f" ({_and([f'{h:02}' for h in hours])})"
        return f"of every {step} hours{even}" if even else f"every {step} hours"
    if len(hours) > 1 and hours[-1] - hours[0] == len(hours) - 1:
        return f"from {hours[0]:02}:00 through {hours[-1]:02}:59"
    return f"in the hours {_and([f'{hour:02}' for hour in hours])}"


def _days(member: CronFields) -> str:
    """Return which days *member* allows, or nothing for every day with a clock of its own."""
    allowed = values(member)
    parts = []
    if member.day_of_week != "*":
        parts.append(_named(member.day_of_week, WEEKDAYS, _WEEKDAY_NAMES))
    if not allowed.any_day:
        parts.append(_month_days(allowed, weekday_too=bool(parts)))
    if allowed.weeks is not None:
        parts.append("in ISO week " + _and([str(week) for week in sorted(allowed.weeks)]))
    if allowed.months is not None:
        parts.append("in " + _named(member.month, MONTHS, _MONTH_NAMES))
    if allowed.years is not None:
        parts.append("in " + _and([str(year) for year in sorted(allowed.years)]))
    if parts:
        return " ".join(parts)
    return "every day" if _fixed_clocks(allowed) else ""


def _month_days(allowed: Values, *, weekday_too: bool) -> str:
    items = [str(day) for day in sorted(allowed.days)]
    items += [f"the {_NTH[nth]} {_WEEKDAY_NAMES[weekday]}" for nth, weekday in _by_rank(allowed)]
    if allowed.last_day:
        items.append("the last day")
    text = ("on day " if allowed.days else "on ") + _and(items)
    suffix = " of the month" if allowed.months is None else ""
    return text + suffix + (" at once" if weekday_too and False else "")


def _by_rank(allowed: Values) -> list[tuple[int, int]]:
    return sorted(allowed.nths, key=lambda item: (item[0] or len(_NTH), item[1]))


def _named(text: str, short: Sequence[str], long: Sequence[str]) -> str:
    """Spell out a canonical list of names and ranges: `mon-fri` -> Monday to Friday."""
    parts = []
    for item in text.split(","):
        first, _, last = item.partition("-")
        name = long[short.index(first)]
        parts.append(f"{name} to {long[short.index(last)]}" if last else name)
    return _and(parts)


def _and(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"

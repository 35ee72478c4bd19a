"""The sentence a reviewer reads, produced from the compiled timing and nothing else.

Exact before elegant: whatever restricts the timing is said, and in words that the phrase grammar reads
back to the same fire times (`tests/timing/test_english.py` holds it to that). The parts of a union are
parted by semicolons.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from reconciler.model import CalendarInterval, CronFields, DstPolicy, ElapsedInterval, Member, Timing
from reconciler.timing.english_days import WEEKDAY_NAMES, days_text, position_text
from reconciler.timing.english_words import and_, clock, ranges, steps_of
from reconciler.timing.fields import Values, fields_of, values
from reconciler.timing.positions import position_named

_MOST_LISTED = 8  # times of day named one by one
_FEWEST_STEPS = 5  # times of day that are told as an interval with a first and a last
_MOST_EXPANDED = 1440
_DAY = 86400


def english(timing: Timing) -> str:
    """Return what *timing* means in one English sentence without a full stop, ending in its timezone.

    A DST policy other than the default follows the timezone.
    """
    match timing.rule:
        case CalendarInterval() as interval:
            rule = _calendar_interval(interval)
        case ElapsedInterval() as interval:
            rule = f"every {_step(interval.every)}, counted from {_instant(interval.anchor, timing.timezone)}"
        case members:
            rule = _union(members, holidays=bool(timing.calendars))
    return ", ".join([rule, *_limits(timing), _zone(timing.timezone), *_policy(timing.dst)])


def _zone(key: str) -> str:
    # a key without a slash may look like an ambiguous abbreviation: the IANA zone EST is not what people mean by it
    return key if "/" in key or key == "UTC" else f"zone {key}"


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


def _step(step: timedelta) -> str:
    seconds = step // timedelta(seconds=1)
    # never days: an interval of days keeps the wall time, and this one does not
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds % size == 0:
            return unit if seconds == size else f"{seconds // size} {unit}s"
    raise ValueError(f"{step!r} is finer than a second")


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
def _union(members: tuple[Member, ...], *, holidays: bool) -> str:
    """Return the members parted by semicolons, those with the same days told as one."""
    position = _position(members, holidays=holidays)
    if position is not None:
        return position
    groups: dict[str, list[CronFields]] = {}
    for member in members:
        groups.setdefault(days_text(member), []).append(fields_of(member))
    return "; ".join(_told(days, times) for days, alike in groups.items() for times in _times(alike))


def _position(fields: tuple[Member, ...], *, holidays: bool) -> str | None:
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
    return "; ".join(_told(position_text(*found), times) for times in _times(list(by_clock)))


def _told(days: str, times: str) -> str:
    if days:
        return f"{times}, {days}"
    return f"{times}, every day" if times.startswith("at ") and " of every " not in times else times


def _times(members: Sequence[CronFields]) -> Iterable[str]:
    """Yield what *members*, alike in their days, say about the time of day."""
    fixed = [allowed for member in members if not (allowed := values(member)).follows_elapsed]
    if sum(len(one.hours) * len(one.minutes) * len(one.seconds) for one in fixed) <= _MOST_EXPANDED:
        clocks = sorted(
            {h * 3600 + m * 60 + s for one in fixed for h in one.hours for m in one.minutes for s in one.seconds}
        )
        text = _clocks(clocks) if clocks else None
        if text is not None:
            yield text
            fixed = []
    for one in fixed:
        yield _fixed_product(one)
    for member in members:
        if values(member).follows_elapsed:
            yield _elapsed(member)


def _clocks(clocks: list[int]) -> str | None:
    """Return a list of few times, or an interval from the first to the last; None for other sets."""
    step = steps_of(clocks)
    if step is not None and len(clocks) >= _FEWEST_STEPS and _sayable(step, clocks):
        return f"every {_step(timedelta(seconds=step))} from {clock(clocks[0])} to {clock(clocks[-1])}"
    if len(clocks) <= _MOST_LISTED:
        return "at " + and_([clock(one) for one in clocks])
    return None


def _sayable(step: int, clocks: list[int]) -> bool:
    # an interval of seconds that ends at 09:59 reads as ending with that minute
    return step % 60 == 0 or clocks[-1] % 3600 != 59 * 60


def _fixed_product(allowed: Values) -> str:
    return f"{_within_hour(allowed)}, in hour {ranges(allowed.hours)}"


def _elapsed(member: CronFields) -> str:
    """Return an hour field of `*` or `*/n`, which follows elapsed time over a change of the clocks."""
    allowed = values(member)
    if member.hour == "*":
        hour = "hour"
    else:
        n = int(member.hour[2:])
        hour = f"{n} hours" if 24 % n == 0 else f"{n} hours of the day"
    if allowed.minutes == (0,) and allowed.seconds == (0,):
        return f"every {hour}"
    within = _within_hour(allowed)
    if member.hour == "*" and within.startswith("every ") and " at " not in within:
        return within
    return f"{within} of every {hour}"


def _within_hour(allowed: Values) -> str:
    """Return the minutes and seconds: `every 15 minutes`, `at minute 5 and 35`, `every minute at second 5`."""
    seconds, minutes = _cadence("second", allowed.seconds), _cadence("minute", allowed.minutes)
    if seconds is not None:
        if allowed.minutes == tuple(range(60)):
            return seconds
        return f"{seconds} of {minutes}" if minutes else f"{seconds} at minute {ranges(allowed.minutes)}"
    at_second = "" if allowed.seconds == (0,) else f" at second {ranges(allowed.seconds)}"
    if minutes is not None:
        return minutes + at_second
    return f"at minute {ranges(allowed.minutes)}" + (f" and{at_second}" if at_second else "")


def _cadence(unit: str, allowed: Sequence[int]) -> str | None:
    """Return `every N units` if *allowed* are the multiples of a divisor of 60."""
    if len(allowed) < 2 or 60 % len(allowed) or tuple(allowed) != tuple(range(0, 60, 60 // len(allowed))):
        return None
    n = 60 // len(allowed)
    return f"every {unit}" if n == 1 else f"every {n} {unit}s"

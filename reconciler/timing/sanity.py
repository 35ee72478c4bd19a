"""Checks every compiled timing must pass, and the warnings a reviewer should see."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice

from reconciler.model import CalendarInterval, CronFields, ElapsedInterval, MonthDays, Timing
from reconciler.timing.days import days_counted
from reconciler.timing.english_days import positions_text
from reconciler.timing.fields import MONTHS, values
from reconciler.timing.fires import fixed_wall_time_in, next_fire
from reconciler.timing.zones import offset_changes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HORIZON = timedelta(days=8 * 366)
_YEAR = timedelta(days=366)
_LENGTHS = ((31,), (28, 29), (31,), (30,), (31,), (30,), (31,), (31,), (30,), (31,), (30,), (31,))


class NeverFires(ValueError):
    """A timing with no due time within eight years, such as 30 February, and what to do about it (*hint*)."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def check_fires(timing: Timing, now: datetime) -> datetime:
    """Return the first due instant after *now* (UTC); raise NeverFires if none comes within eight years."""
    due = next_fire(timing, now)
    if due is None and next_fire(timing, _EPOCH) is not None:
        raise NeverFires("this is over and never fires again", "write dates that are to come, or remove the schedule")
    if due is None:
        raise NeverFires("this never fires", "write days that exist, or remove the schedule")
    if timing.start is None and not isinstance(timing.rule, ElapsedInterval) and due - now > _HORIZON:
        raise NeverFires(f"this does not fire before {due:%d %B %Y}", "write days that come sooner")
    return due


def warnings_for(timing: Timing) -> tuple[str, ...]:
    """Return what a reviewer should know about *timing* that does not depend on today's date."""
    match timing.rule:
        case ElapsedInterval():
            return ()
        case CalendarInterval() as interval:
            short = interval.unit == "months" and interval.anchor.day > 28
            return (f"months without a {interval.anchor.day}th are skipped",) if short else ()
        case members:
            found = [_short_months(one) if isinstance(one, CronFields) else _lacking(one, timing) for one in members]
            return tuple(dict.fromkeys(warning for warnings in found for warning in warnings))


def _lacking(member: MonthDays, timing: Timing) -> list[str]:
    """Return a warning for the positions that some months lack, holidays as far as they are known considered."""
    months = values(member.fields).months or range(1, 13)
    held = sorted(timing.holidays) if member.counted == "business_days" else []
    lengths = {length for month in months for length in _LENGTHS[month - 1]}
    shapes: set[tuple[int, int, tuple[int, ...]]] = {(first, length, ()) for first in range(7) for length in lengths}
    for (year, month), days in groupby(held, key=lambda day: (day.year, day.month)):
        if month in months:
            first, length = monthrange(year, month)
            shapes.add((first, length, tuple(day.day for day in days)))
    return [
        f"not every month has a {positions_text(member.counted, (nth,))}; those without it are skipped"
        for nth in member.positions
        if not all(days_counted(replace(member, positions=(nth,)), *shape) for shape in shapes)
    ]


def _short_months(fields: CronFields) -> list[str]:
    """Return a warning for days 29 to 31 where the allowed months include shorter ones."""
    allowed = values(fields)
    if allowed.any_day or fields.day.startswith("*/") or not allowed.days or max(allowed.days) - min(allowed.days) > 6:
        return []
    months = sorted(allowed.months or range(1, 13))
    short = [MONTHS[month - 1] for month in months if max(allowed.days) > max(_LENGTHS[month - 1])]
    if max(allowed.days) == 29 and 2 in months:
        return ["29 February exists in leap years only"]
    if not short:
        return []
    names = ", ".join(name.capitalize() for name in short)
    return [f"day {max(allowed.days)} does not exist in {names}; write `last day` if the month's end is meant"]


def warnings_at(timing: Timing, now: datetime) -> tuple[str, ...]:
    """Return what a reviewer should know about *timing* today: clock changes to come, calendars that end."""
    return (*dst_warnings(timing, now), *calendar_warnings(timing, now))


def calendar_warnings(timing: Timing, now: datetime) -> Iterator[str]:
    """Yield a sentence for each holiday calendar of *timing* whose dates end within a year, or are estimates."""
    for calendar in timing.calendars:
        until = calendar.known_until
        if until is not None and until < (now + _YEAR).date() and (timing.end is None or until < timing.end):
            yield f"the holidays of {calendar.code} are known until {until:%d %B %Y} only; after that every day counts"
        guessed = [day for day, name in calendar.days if "estimated" in name and day >= now.date()]
        if guessed:
            yield f"{len(guessed)} holidays of {calendar.code} are estimates, the first on {guessed[0].isoformat()}"


def dst_warnings(timing: Timing, now: datetime) -> tuple[str, ...]:
    """Return a sentence for each of the next two offset changes (within a year) that touches *timing*'s due times."""
    if isinstance(timing.rule, ElapsedInterval):
        return ()
    sentences = []
    first, last = int(now.timestamp()), int((now + _YEAR).timestamp())
    for instant, before, after in islice(offset_changes(timing.timezone, first, last), 2):
        low, high = sorted((instant + before, instant + after))
        wall = fixed_wall_time_in(timing, low, high)
        if wall is not None:
            sentences.append(_dst_sentence(timing, wall, gap=after > before))
    return tuple(sentences)


def _dst_sentence(timing: Timing, wall: int, *, gap: bool) -> str:
    moment = datetime(1970, 1, 1) + timedelta(seconds=wall)  # noqa: DTZ001  a wall time that has no zone
    when = f"{moment:%H:%M} on {moment:%a %d %b %Y}"
    if gap:
        outcome = "runs at the first instant after the gap" if timing.dst.gap == "after" else "does not run that day"
        return f"{when} does not exist in {timing.timezone}: {outcome}"
    outcomes = {"first": "runs the first time only", "last": "runs the second time only", "both": "runs both times"}
    return f"{when} happens twice in {timing.timezone}: {outcomes[timing.dst.overlap]}"

"""Intervals that other programs count from a start: `@every`, `rate(...)`, ISO 8601, systemd's timers.

The start is when a process or a rule began, which a schedule in git does not have; so each is a question with the
sentence that says the same interval.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from reconciler.compiler.grammar.clauses import LONGEST_INTERVAL, Refused
from reconciler.compiler.grammar.dialects.advice import sentence
from reconciler.model import CalendarInterval, Reading, Timing

_GO = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ns|us|µs|ms|s|m|h)", re.ASCII)
_GO_SECONDS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_RATE = re.compile(r"rate\s*\(\s*([0-9]{1,6})\s*(minute|hour|day)s?\s*\)", re.IGNORECASE | re.ASCII)
_ISO = re.compile(
    r"P(?:([0-9]{1,6})Y)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?",
    re.ASCII,
)
_REPEATED = re.compile(r"R([0-9]{0,6})/(?:([0-9TZ:+.-]{8,32})/)?(P[0-9A-Z]{1,40})", re.ASCII)
_TIMER = re.compile(r"On(Active|Boot|Startup|UnitActive|UnitInactive)Sec\s*=\s*(.*)", re.IGNORECASE)
_TIMER_PART = re.compile(r"([0-9]{1,9})\s*([a-z]*)\s*", re.ASCII)
_TIMER_SECONDS = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400),
}
_DAY = 86400
_AS_YOU_LIKE = "with the time of day that you want"


@dataclass(frozen=True, slots=True)
class Interval:
    """*months*, *days* and *seconds* that pass from one run to the next."""

    months: int = 0
    days: int = 0
    seconds: int = 0


def every(interval: Interval) -> str:
    """Return the sentence for *interval*, days and months at midnight; raise Refused where no interval says it."""
    months, days, seconds = interval.months, interval.days, interval.seconds
    if sum(bool(part) for part in (months, days, seconds)) > 1:
        if months:
            raise Refused("months and shorter units in one interval are not understood", "name one of the two")
        days, seconds = 0, days * _DAY + seconds
    if 31 * months + days + seconds / _DAY > LONGEST_INTERVAL:
        raise Refused("the interval is longer than a century", "write a shorter interval")
    if months:
        return f"every {_count(months, 'month')} on the 1st at 00:00"
    if days and days % 7 == 0:
        return f"every {_count(days // 7, 'week')} on Monday at 00:00"
    if days:
        return f"every {_count(days, 'day')} at 00:00"
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds and seconds % size == 0:
            return f"every {_count(seconds // size, unit)}"
    raise Refused("an interval of nothing never ends", "write an interval, such as `every 5 minutes`")


def _count(number: int, unit: str) -> str:
    return unit if number == 1 else f"{number} {unit}s"


def _write(interval: Interval) -> str:
    return f"write `{every(interval)}`" + ("" if interval.seconds else f", {_AS_YOU_LIKE}")


# ---------------------------------------------------------------- Go's @every, EventBridge's rate


def read_every(text: str, _zone: str) -> Reading:
    """Raise Refused for `@every 1h30m`, with the sentence that says it."""
    duration = text.partition(" ")[2].replace(" ", "").lower()
    found = list(_GO.finditer(duration))
    total = sum((Fraction(one[1]) * _GO_SECONDS[one[2]] for one in found), Fraction(0))
    if not duration or "".join(one[0] for one in found) != duration:
        raise Refused(f"{duration[:40]!r} is no duration after `@every`", "write `every 90 minutes`, in words")
    if total.denominator != 1:
        raise Refused("nothing runs more often than each second", "write whole seconds, such as `every 5 seconds`")
    raise Refused("`@every` counts from when a Go program started", _write(Interval(seconds=int(total))))


def is_rate(text: str) -> bool:
    """Return whether *text* is `rate(...)`."""
    return text[:4].lower() == "rate" and text[4:].lstrip().startswith("(")


def read_rate(text: str, _zone: str) -> Reading:
    """Raise Refused for `rate(5 minutes)`, with the sentence that says it."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise Refused(f"`{text[:40]}` is no rate of EventBridge", "write the interval in words: `every 5 minutes`")
    number = int(match[1])
    size = {"minute": 60, "hour": 3600}.get(match[2].lower())
    interval = Interval(seconds=number * size) if size else Interval(days=number)
    raise Refused("`rate(...)` counts from when EventBridge's rule was made", _write(interval))


# ---------------------------------------------------------------- ISO 8601


def is_iso(text: str) -> bool:
    """Return whether *text* is an ISO 8601 duration or a repeated one."""
    return bool(_REPEATED.fullmatch(text)) or (len(text) > 2 and bool(_ISO.fullmatch(text)))


def read_iso(text: str, zone: str) -> Reading:
    """Raise Refused for `PT15M` or `R/2026-01-01T00:00:00Z/PT15M`, with the sentence that says it."""
    repeated = _REPEATED.fullmatch(text)
    count, start, duration = repeated.groups() if repeated else ("", None, text)
    interval = _iso_interval(duration)
    instead = f"write `{_from_start(interval, start, zone)}`" if start else _write(interval)
    if count:
        raise Refused("a schedule has no number of runs", f"{instead}, and the last day in `end:`")
    name = "a repeating interval" if repeated else "a duration"
    raise Refused(
        f"`{text}` is {name} of ISO 8601, which has no start in git"
        if not start
        else f"`{text}` is {name} of ISO 8601",
        instead,
    )


def _iso_interval(duration: str) -> Interval:
    match = _ISO.fullmatch(duration)
    if match is None:
        raise Refused(f"`{duration}` is no duration of ISO 8601", "write the interval in words: `every 15 minutes`")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return Interval(12 * years + months, 7 * weeks + days, 3600 * hours + 60 * minutes + seconds)


def _from_start(interval: Interval, start: str, zone: str) -> str:
    """Return the sentence for *interval* counted from *start*, a moment of ISO 8601."""
    every(interval)
    moment = _moment(start, zone)
    wall = moment.astimezone(ZoneInfo(zone))
    at = (wall.time().replace(microsecond=0),)
    if interval.months:
        if wall.day > 28:
            raise Refused(f"not every month has a day {wall.day}", "start on a day from the 1st to the 28th")
        return sentence(Timing(zone, CalendarInterval("months", interval.months, wall.date(), at)))
    if interval.days and not interval.seconds:
        return sentence(Timing(zone, CalendarInterval("days", interval.days, wall.date(), at)))
    passed = timedelta(days=interval.days, seconds=interval.seconds)
    shown = moment.astimezone(UTC).replace(microsecond=0)
    # in UTC, as the moment is one instant whatever the zone of the schedule
    return f"{every(Interval(seconds=int(passed.total_seconds())))}, counted from {shown:%Y-%m-%d %H:%M:%S} UTC"


def _moment(text: str, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"`{text}` is no moment of ISO 8601", "write it as 2026-01-31T09:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


# ---------------------------------------------------------------- systemd's timers that count


def is_timer(text: str) -> bool:
    """Return whether *text* is a setting such as `OnUnitActiveSec=15min`."""
    return bool(_TIMER.fullmatch(text))


def read_timer(text: str, _zone: str) -> Reading:
    """Raise Refused for a systemd timer that counts, with the sentence that says its interval."""
    match = _TIMER.fullmatch(text)
    assert match is not None
    name, span = match[1].lower(), match[2].strip().lower()
    if not name.startswith("unit"):
        raise Refused(
            f"`On{match[1]}Sec=` counts from when the machine or systemd started",
            "a schedule names times, such as `every day at 09:00`",
        )
    parts = list(_TIMER_PART.finditer(span))
    known = all(part[2] in _TIMER_SECONDS for part in parts)
    if not span or not known or "".join(part[0] for part in parts) != span:
        raise Refused(f"{span[:40]!r} is no span of systemd's", "write the interval in words: `every 15 minutes`")
    total = sum(int(part[1]) * _TIMER_SECONDS[part[2]] for part in parts)
    interval = Interval(days=total // _DAY) if total and total % _DAY == 0 else Interval(seconds=total)
    raise Refused("systemd counts this from when the unit last ran", _write(interval))

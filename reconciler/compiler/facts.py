"""Facts that a phrase states literally, held against the fire times of a timing; when in doubt it says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from reconciler.model import Timing
from reconciler.timing import fires

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"(?<![\w:.])(1[0-2]|0?[1-9])(?::([0-5][0-9]))? ?(am|pm)(?!\w)", re.ASCII)
_SPANS = re.compile(r"\b(except|not|never|but|without|until|between|from|to|through|before|after|first|last|other)\b|-")
_FREQUENT = re.compile(r"\b(every|each|per) .*\b(minute|second)|minutely|\b(minutes|seconds|times)\b")
_HOURLY = re.compile(r"hour|\bpast\b|\bwindow\b|half|quarter")
_SAMPLE = 1600  # a day of minutes, and more


def contradictions(phrase: str, timing: Timing) -> tuple[str, ...]:
    """Return what *phrase* says that the fires of *timing* do not honour, one sentence each."""
    text = " ".join(phrase.casefold().split())
    start, zone = datetime(2027, 1, 1, tzinfo=UTC), ZoneInfo(timing.timezone)
    walls = [due.astimezone(zone) for due in islice(fires(timing, start, None), _SAMPLE)]
    return (*_too_often(text, walls), *_clocks(text, walls), *_weekdays(text, walls))


def _too_often(text: str, walls: list[datetime]) -> Iterator[str]:
    shortest = min((b.timestamp() - a.timestamp() for a, b in zip(walls, walls[1:], strict=False)), default=3600.0)
    if shortest < 3600 and not _FREQUENT.search(text) and not _HOURLY.search(text) and len(walls) == _SAMPLE:
        if len({wall.hour for wall in walls}) > 12:
            yield "it fires more often than the phrase says"


def _clocks(text: str, walls: list[datetime]) -> Iterator[str]:
    if _SPANS.search(text):
        return
    seen = {(wall.hour, wall.minute) for wall in walls}
    for hour, minute, half in _CLOCK.findall(text):
        wanted = (int(hour) % 12 + 12 * (half == "pm"), int(minute or 0))
        if wanted not in seen:
            yield f"the phrase says {wanted[0]:02}:{wanted[1]:02}, and it never fires then"


def _weekdays(text: str, walls: list[datetime]) -> Iterator[str]:
    if _SPANS.search(text):
        return
    named = {number for number, name in enumerate(_WEEKDAYS) if re.search(rf"\b{name}s?\b", text)}
    missing = named - {wall.weekday() for wall in walls}
    if missing:
        yield f"the phrase says {_WEEKDAYS[min(missing)].title()}, and it never fires then"

"""Durations as people write them: `90s`, `15m`, `1h30m`, `1d12h`, `500ms`."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_DURATION = re.compile("".join(f"(?:([0-9]{{1,9}}){unit})?" for unit in _UNITS), re.ASCII)
_TOO_MANY = 10**9  # more digits than a number may have
_LONGEST = timedelta(days=999_999_999)
_EXAMPLES = "a number and a unit, such as 90s, 15m, 1h30m or 1d"
_PART = re.compile(r"([0-9]{1,6})(\.[0-9]{1,3})?\s*([a-z]+)[\s,]*(?:and\s+)?", re.ASCII)
_WORDS = {
    "d": "d day days",
    "h": "h hr hrs hour hours",
    "m": "m min mins minute minutes",
    "s": "s sec secs second seconds",
    "ms": "ms msec msecs millisecond milliseconds",
}
_UNIT_OF = {word: unit for unit, words in _WORDS.items() for word in words.split()}


@lru_cache(maxsize=1024)  # thousands of schedules share a few
def parse_duration(text: str) -> timedelta:
    """Return the duration *text* says: whole numbers with d, h, m, s or ms, in this order and each unit once.

    What is longer than 999,999,999 days is that long. Raises ValueError, with what to write, for anything else.
    """
    match = _DURATION.fullmatch(text) if text else None
    if match is None:
        raise ValueError(f"not a duration: {text!r}; {how_to_write(text)}")
    try:
        return min(sum(_lengths(match.groups()), timedelta(0)), _LONGEST)
    except OverflowError:
        return _LONGEST


def _lengths(numbers: tuple[str | None, ...]) -> list[timedelta]:
    return [int(number) * unit for number, unit in zip(numbers, _UNITS.values(), strict=True) if number]


def how_to_write(text: str) -> str:
    """Return what to write for *text*, which is no duration: itself put right if it is clear what is meant."""
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return f"write the unit too: {text}s, {text}m or {text}h"
    meant = meant_duration(text)
    return f"write {meant}" if meant else f"write {_EXAMPLES}"


def meant_duration(text: str) -> str | None:
    """Return *text* as a duration, also if it is spelt otherwise (`30 min`, `1h 30m`, `30m1h`); None if unclear."""
    given: dict[str, timedelta] = {}
    rest = text.strip().lower()
    while rest:
        part = _PART.match(rest)
        unit = _UNIT_OF.get(part[3]) if part else None
        if part is None or unit is None or unit in given:
            return None
        given[unit] = int(part[1]) * _UNITS[unit] + round(float(part[2] or 0) * 1000) * _UNITS[unit] / 1000
        rest = rest[part.end() :]
    if any(length % _UNITS[unit] for unit, length in given.items()):
        total = sum(given.values(), timedelta(0))
        return None if total % _UNITS["ms"] else format_duration(total)
    return "".join(f"{given[unit] // one}{unit}" for unit, one in _UNITS.items() if unit in given) or None


def format_duration(duration: timedelta) -> str:
    """Return *duration* in the longest unit that divides it (`90s`, `2h`, `0s`), or in several (`12d1ms`).

    Several are needed where one would have more digits than `parse_duration` reads. Raises ValueError for what is
    finer than a millisecond.
    """
    if not duration:
        return "0s"
    for suffix, unit in _UNITS.items():
        if duration % unit == timedelta(0):
            number = duration // unit
            return f"{number}{suffix}" if number < _TOO_MANY else _in_several_units(duration)
    raise ValueError(f"{duration!r} is finer than a millisecond")


def _in_several_units(duration: timedelta) -> str:
    parts = []
    for suffix, unit in _UNITS.items():
        number, duration = divmod(duration, unit)
        parts.append(f"{number}{suffix}" if number else "")
    return "".join(parts)

"""Durations as people write them: `90s`, `15m`, `2h`, `1d`, `500ms`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_DURATION = re.compile(r"([0-9]{1,9})(d|h|ms|m|s)", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Return the duration *text* says: a whole number and one of ms, s, m, h, d.

    Raises ValueError for anything else.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"not a duration: {text!r}; write a number and a unit, such as 90s, 15m, 2h or 1d")
    return int(match[1]) * _UNITS[match[2]]


def format_duration(duration: timedelta) -> str:
    """Return the shortest text that `parse_duration` reads as *duration* (`90s`, `2h`, `0s`)."""
    if not duration:
        return "0s"
    for suffix, unit in _UNITS.items():
        if duration % unit == timedelta(0):
            return f"{duration // unit}{suffix}"
    raise ValueError(f"{duration!r} is finer than a millisecond")

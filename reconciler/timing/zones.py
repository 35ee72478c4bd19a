"""Time zones as stretches of constant offset, found from `zoneinfo` and cached by zone and year.

Instants are integer seconds since the Unix epoch (UTC); wall times are integer seconds since
1970-01-01 00:00 on the wall. Within a `Stretch` the two differ by its constant offset.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones, reset_tzpath

# The machine's own /usr/share/zoneinfo comes first by default and differs from machine to machine; with
# an empty search path every zone is that of the tzdata package, whose version `reconcile --version` names.
reset_tzpath(())

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PROBE = 6 * 3600  # no zone has changed its offset twice within six hours and meant it
_YEAR = 366 * 86400


class Stretch(NamedTuple):
    """A span of instants [*start*, *end*) in which the wall clock is *offset* seconds ahead of UTC."""

    start: int
    end: int
    offset: int


@cache
def zone_keys() -> frozenset[str]:
    """Return the IANA keys that the tzdata package has, old ones too."""
    return frozenset(available_timezones()) - {"localtime", "Factory", "posixrules"}


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _offset(zone: ZoneInfo, instant: int) -> int:
    # fromutc is what datetime.astimezone calls; timedelta arithmetic avoids the platform's time_t
    offset = (_EPOCH + timedelta(seconds=instant)).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def offset_at(name: str, instant: int) -> int:
    """Return how many seconds the zone *name* is ahead of UTC at *instant*."""
    return _offset(_zone(name), instant)


@lru_cache(maxsize=8192)
def _changes(name: str, year_index: int) -> tuple[tuple[int, int], ...]:
    """Return the (instant, new offset) of every offset change in one 366-day slice of time."""
    zone = _zone(name)
    found = []
    low, low_offset = year_index * _YEAR, _offset(zone, year_index * _YEAR)
    for high in range(low + _PROBE, (year_index + 1) * _YEAR + 1, _PROBE):
        high_offset = _offset(zone, high)
        if high_offset != low_offset:
            found.append((_change_between(zone, low, high, low_offset), high_offset))
        low, low_offset = high, high_offset
    return tuple(found)


def _change_between(zone: ZoneInfo, low: int, high: int, low_offset: int) -> int:
    """Return the first second in (*low*, *high*] whose offset differs from *low_offset*."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == low_offset:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=8192)
def _stretches(name: str, year_index: int) -> tuple[Stretch, ...]:
    """Return the stretches of one slice of time; the outer two may be cut at the slice's ends."""
    start = year_index * _YEAR
    offset = _offset(_zone(name), start)
    parts = []
    for instant, new_offset in _changes(name, year_index):
        parts.append(Stretch(start, instant, offset))
        start, offset = instant, new_offset
    parts.append(Stretch(start, (year_index + 1) * _YEAR, offset))
    return tuple(part for part in parts if part.start < part.end)


def stretch_at(name: str, instant: int) -> Stretch:
    """Return the stretch of zone *name* that holds *instant*, cut to about a year at the most."""
    parts = _stretches(name, instant // _YEAR)
    return parts[bisect_right(parts, instant, key=lambda part: part.start) - 1]


def offset_changes(name: str, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Yield (instant, offset before, offset after) of each offset change of zone *name* between two instants."""
    stretch = stretch_at(name, first)
    while stretch.end < last:
        following = stretch_at(name, stretch.end)
        if following.offset != stretch.offset:
            yield stretch.end, stretch.offset, following.offset
        stretch = following

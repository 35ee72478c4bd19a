"""Sets of clock times as cron fields: windows, steps that do not divide the hour, exceptions of times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

DAY = 86400
TimeFields = tuple[str, str, str]  # hour, minute, second
UNITS = {"second": 1, "minute": 60, "hour": 3600}
"""The units within a day, in seconds."""


@dataclass(frozen=True, slots=True)
class DayTimes:
    """When in a day: field sets, or a step of elapsed time that no day can hold; *said* unless midnight was assumed."""

    fields: tuple[TimeFields, ...] = ()
    elapsed: timedelta | None = None
    said: bool = True


def listed(values: Iterable[int]) -> str:
    """Return *values* as a cron list."""
    return ",".join(str(value) for value in sorted(set(values)))


def fields_of(clocks: Iterable[int]) -> tuple[TimeFields, ...]:
    """Return the fewest field sets found whose union is exactly *clocks*, seconds since midnight."""
    by_hour_minute: dict[tuple[int, int], set[int]] = {}
    for clock in clocks:
        by_hour_minute.setdefault((clock // 3600, clock // 60 % 60), set()).add(clock % 60)
    by_hour: dict[int, dict[frozenset[int], set[int]]] = {}
    for (hour, minute), seconds in by_hour_minute.items():
        by_hour.setdefault(hour, {}).setdefault(frozenset(seconds), set()).add(minute)
    merged: dict[tuple[frozenset[int], frozenset[int]], set[int]] = {}
    for hour, shapes in by_hour.items():
        for second_set, minutes in shapes.items():
            merged.setdefault((frozenset(minutes), second_set), set()).add(hour)
    members = ((listed(hours), listed(minutes), listed(seconds)) for (minutes, seconds), hours in merged.items())
    return tuple(sorted(members, key=lambda member: [int(part.split(",")[0]) for part in member]))


def stepped(first: int, last: int, step: int) -> list[int]:
    """Return the clocks *first*, *first* + *step*, … up to and including *last*; a window over midnight wraps."""
    end = last if last >= first else last + DAY
    return [clock % DAY for clock in range(first, end + 1, step)]


def within(clock: int, low: int, high: int) -> bool:
    """Return whether *clock* is in the span from *low* to *high*, over midnight perhaps."""
    return low <= clock <= high if low <= high else clock >= low or clock <= high

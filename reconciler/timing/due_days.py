"""The days on which a rule is due, in order, with their times of day."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple

from reconciler.model import CalendarInterval, Member
from reconciler.timing.days import MemberDays, next_interval_day
from reconciler.timing.fields import fields_of, values

WallRule = tuple[Member, ...] | CalendarInterval
"""What is due at times of the wall clock."""


_FAR = 10**9


class Times(NamedTuple):
    """Times of a day in seconds, ascending: the fixed ones, those that follow elapsed time, and both together.

    *closest* is the least time between two of them, a day or more where there is one only.
    """

    fixed: tuple[int, ...]
    elapsed: tuple[int, ...]
    every: tuple[int, ...]
    closest: int


def due_days(
    rule: WallRule, first: int, last: int, holidays: frozenset[int] = frozenset()
) -> Iterator[tuple[int, Times]]:
    """Yield the days (proleptic ordinals) from *first* to *last* on which *rule* is due, limits aside.

    *holidays* are no business days, and nothing else.
    """
    if isinstance(rule, CalendarInterval):
        return _interval_days(rule, first, last)
    return _union_days(rule, first, last, holidays)


def _interval_days(interval: CalendarInterval, first: int, last: int) -> Iterator[tuple[int, Times]]:
    clocks = tuple(sorted(clock.hour * 3600 + clock.minute * 60 + clock.second for clock in interval.times))
    day = next_interval_day(interval, first)
    while day is not None and day <= last:
        yield day, Times(clocks, (), clocks, _closest(clocks))
        day = next_interval_day(interval, day + 1)


def _union_days(
    rule: tuple[Member, ...], first: int, last: int, holidays: frozenset[int]
) -> Iterator[tuple[int, Times]]:
    days = {member: MemberDays(member, holidays) for member in rule}
    coming = {member: next_day(first) for member, next_day in days.items()}
    while (day := min((one for one in coming.values() if one is not None), default=last + 1)) <= last:
        due = tuple(member for member in rule if coming[member] == day)
        yield day, _times(due)
        for member in due:
            coming[member] = days[member](day + 1)


@lru_cache(maxsize=64)
def _times(members: tuple[Member, ...]) -> Times:
    found: tuple[set[int], set[int]] = set(), set()
    for member in members:
        allowed = values(fields_of(member))
        times = product(allowed.hours, allowed.minutes, allowed.seconds)
        found[allowed.follows_elapsed].update(hour * 3600 + minute * 60 + second for hour, minute, second in times)
    fixed, elapsed = (tuple(sorted(part)) for part in found)
    every = tuple(sorted(found[0] | found[1]))
    return Times(fixed, elapsed, every, _closest(every))


def _closest(clocks: tuple[int, ...]) -> int:
    return min((after - before for before, after in pairwise(clocks)), default=_FAR)

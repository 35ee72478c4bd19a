"""How often a timing fires: its shortest interval and its busiest day, by the wall clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise, product

from reconciler.model import CalendarInterval, CronFields, ElapsedInterval, Rule
from reconciler.timing.days import CronDays, next_interval_day
from reconciler.timing.fields import values

_DAYS = 1500  # four years, a leap year among them
_FIRST_YEAR = 2024
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Frequency:
    """*shortest* is the least time between two due times in a row (None: there are not two), *busiest* a day's most."""

    shortest: timedelta | None
    busiest: int


@lru_cache(maxsize=4096)
def frequency(rule: Rule) -> Frequency:
    """Return how often *rule* fires on the wall in four years, from 2024 or the first year it names on.

    A change of the clock is not counted: it adds at the most the runs of one more hour to a day.
    """
    if isinstance(rule, ElapsedInterval):
        return Frequency(rule.every, max(1, -(-timedelta(days=1) // rule.every)))
    shortest, busiest, before = 10**9, 0, -(10**9)
    for ordinal, clocks, within in _due(rule):
        shortest = min(shortest, within, ordinal * _DAY + clocks[0] - before)
        busiest = max(busiest, len(clocks))
        before = ordinal * _DAY + clocks[-1]
    return Frequency(timedelta(seconds=shortest) if shortest < _DAYS * _DAY else None, busiest)


def _due(rule: tuple[CronFields, ...] | CalendarInterval) -> Iterator[tuple[int, tuple[int, ...], int]]:
    """Yield (day, its times in seconds, the least time between them) for each day that is due."""
    if isinstance(rule, CalendarInterval):
        clocks = tuple(sorted(clock.hour * 3600 + clock.minute * 60 + clock.second for clock in rule.times))
        day = next_interval_day(rule, rule.anchor.toordinal())
        last = rule.anchor.toordinal() + _DAYS
        while day is not None and day < last:
            yield day, clocks, _closest(clocks)
            day = next_interval_day(rule, day + 1)
        return
    first = date(max(_FIRST_YEAR, min(min(values(member).years or {_FIRST_YEAR}) for member in rule)), 1, 1).toordinal()
    coming = {member: CronDays(member)(first) for member in rule}
    for day in range(first, first + _DAYS):
        due = tuple(member for member in rule if coming[member] == day)
        if due:
            yield day, *clocks_of(due)
        for member in due:
            coming[member] = CronDays(member)(day + 1)


@lru_cache(maxsize=64)
def clocks_of(members: tuple[CronFields, ...]) -> tuple[tuple[int, ...], int]:
    """Return the times of a day on which all *members* are due, in seconds, and the least time between them."""
    found: set[int] = set()
    for member in members:
        allowed = values(member)
        found |= {h * 3600 + m * 60 + s for h, m, s in product(allowed.hours, allowed.minutes, allowed.seconds)}
    clocks = tuple(sorted(found))
    return clocks, _closest(clocks)


def _closest(clocks: tuple[int, ...]) -> int:
    return min((after - before for before, after in pairwise(clocks)), default=10**9)

"""How often a timing fires: its shortest interval and its busiest day, by the wall clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from reconciler.model import CalendarInterval, ElapsedInterval, Rule
from reconciler.timing.due_days import WallRule, due_days
from reconciler.timing.fields import fields_of, values

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

    A change of the clock is not counted: it adds at the most the runs of one more hour to a day. Nor are holidays.
    """
    if isinstance(rule, ElapsedInterval):
        return Frequency(rule.every, max(1, -(-timedelta(days=1) // rule.every)))
    shortest, busiest, before = 10**9, 0, -(10**9)
    first = _first_day(rule)
    for ordinal, times in due_days(rule, first, first + _DAYS):
        clocks = times.every
        shortest = min(shortest, times.closest, ordinal * _DAY + clocks[0] - before)
        busiest = max(busiest, len(clocks))
        before = ordinal * _DAY + clocks[-1]
    return Frequency(timedelta(seconds=shortest) if shortest < _DAYS * _DAY else None, busiest)


def _first_day(rule: WallRule) -> int:
    if isinstance(rule, CalendarInterval):
        return rule.anchor.toordinal()
    named = min(min(values(fields_of(member)).years or {_FIRST_YEAR}) for member in rule)
    return date(max(_FIRST_YEAR, named), 1, 1).toordinal()

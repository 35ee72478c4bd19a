"""Positions in the month and spans of dates, as the date fields of cron members."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.compiler.grammar.clauses import DateRange, NotUnderstood, Nth, Refused
from reconciler.compiler.grammar.clock import Notes
from reconciler.timing.fields import ORDINALS, WEEKDAYS
from reconciler.timing.positions import (
    LAST_YEAR,
    MOST_BUSINESS_DAYS,
    DayFields,
    business_day,
    days_from_end,
    month_field,
    weekday_from_end,
)


def positions_in_cron(one: Nth, notes: Notes) -> list[str]:
    """Return the positions of weekdays that the day field knows: first to fifth, and last."""
    if one.weekdays.weekend:
        raise NotUnderstood("a numbered weekend is not understood", "name the day, Saturday or Sunday")
    items = []
    for nth in (nth for nth in one.nths if nth >= -1):
        if nth not in (-1, 1, 2, 3, 4, 5):
            raise Refused(f"no month has {nth} such weekdays", "write first to fifth or last")
        if nth == 5:
            notes.warnings.append("months without a fifth such weekday are skipped")
        items += [f"{ORDINALS[nth - 1 if nth > 0 else -1]} {WEEKDAYS[day]}" for day in sorted(one.weekdays.days)]
    return items


def positions_from_end(one: Nth, months: frozenset[int], notes: Notes) -> list[DayFields]:
    """Return the fields of positions such as the second to last Friday."""
    found: list[DayFields] = []
    for nth in (nth for nth in one.nths if nth < -1):
        if nth < -4:
            raise Refused("not every month has such a weekday", "write second, third or fourth to last")
        for day in sorted(one.weekdays.days):
            found += weekday_from_end(-nth, day, months)
    return _with_february(found, notes)


def business_days(one: Nth, months: frozenset[int], notes: Notes) -> list[DayFields]:
    """Return the fields of the first, the fifth or the last business day."""
    if any(not 1 <= abs(nth) <= MOST_BUSINESS_DAYS for nth in one.nths):
        raise Refused(f"not every month has more than {MOST_BUSINESS_DAYS} business days", "count from the end")
    notes.assume("business days are Monday to Friday, holidays included")
    return _with_february([fields for nth in one.nths for fields in business_day(nth, months)], notes)


def month_days_from_end(days: Iterable[int], months: frozenset[int], notes: Notes) -> list[DayFields]:
    """Return the fields of those of *days* that count from the end and are not the last: -2 and less."""
    found: list[DayFields] = []
    for day in sorted(set(days)):
        if day < -28:
            raise Refused("not every month has that day", "count from the beginning of the month")
        if day < -1:
            found += days_from_end(-day, months)
    return _with_february(found, notes)


def _with_february(found: list[DayFields], notes: Notes) -> list[DayFields]:
    if any("year" in fields for fields in found):
        notes.assume(f"February is written out for each kind of year up to {LAST_YEAR}")
    return found


def span_days(spans: Iterable[DateRange], notes: Notes) -> list[DayFields]:
    """Return the fields of the days from one date to another of every year, the new year between them or not."""
    found: list[DayFields] = []
    for span in spans:
        (_, first, from_day), (_, last, to_day) = span.first, span.last
        notes.assume("the span of dates is meant every year")
        if first == last and from_day <= to_day:
            return [month_field({first}) | {"day": f"{from_day}-{to_day}"}]
        between = {(first + step) % 12 + 1 for step in range((last - first - 1) % 12)}
        found += [month_field({first}) | {"day": f"{from_day}-31"}, month_field({last}) | {"day": f"1-{to_day}"}]
        found += [month_field(between)] if between else []
    return found

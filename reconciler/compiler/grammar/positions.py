"""Positions in the month and spans of dates, as the date fields of a rule's members."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.compiler.grammar.clauses import DateRange, NotUnderstood, Nth, Refused
from reconciler.compiler.grammar.notes import Notes
from reconciler.timing.days import WEEKDAYS_COUNTED
from reconciler.timing.english_words import ordinal
from reconciler.timing.fields import ORDINALS, WEEKDAYS
from reconciler.timing.month_days import most_in_a_month
from reconciler.timing.positions import DayFields, month_field

_FEW = 10  # who counts further than that counts days of the month


def positions_in_cron(one: Nth, notes: Notes) -> list[str]:
    """Return the positions of weekdays that the day field knows: first to fifth, and last."""
    _check_weekdays(one)
    items = []
    for nth in one.nths:
        if nth == 5:
            notes.warnings.append("months without a fifth such weekday are skipped")
        items += [f"{ORDINALS[nth - 1 if nth > 0 else -1]} {WEEKDAYS[day]}" for day in sorted(one.weekdays.days)]
    return items


def positions_from_end(one: Nth) -> list[DayFields]:
    """Return what is counted if a position is the second to last or before it, such as a Friday's; else nothing."""
    _check_weekdays(one)
    if not any(nth < -1 for nth in one.nths):
        return []
    return [{WEEKDAYS_COUNTED[day]: _listed(one.nths)} for day in sorted(one.weekdays.days)]


def _check_weekdays(one: Nth) -> None:
    if one.weekdays.weekend:
        raise NotUnderstood("a numbered weekend is not understood", "name the day, Saturday or Sunday")
    for nth in one.nths:
        if not 1 <= abs(nth) <= most_in_a_month("mondays"):
            raise Refused(f"no month has {abs(nth)} such weekdays", "write first to fifth or last")


def business_days(one: Nth, notes: Notes) -> list[DayFields]:
    """Return what is counted for the first, the fifth or the last business day."""
    if len(one.nths) > 1 and max(one.nths) > _FEW:
        raise Refused(
            f"the {ordinal(max(one.nths))} may be a day of the month or a business day",
            "name each by itself",
            instead=[
                {"day": f"on the {' and on the '.join(_named(nth, word) for nth in sorted(one.nths, reverse=True))}"}
                for word in (" business day", "")
            ],
        )
    most = most_in_a_month("business_days")
    for nth in one.nths:
        if not 1 <= abs(nth) <= most:
            raise Refused(f"no month has {abs(nth)} business days", f"write numbers up to {most}")
    notes.assume("business days are Monday to Friday, holidays included unless a calendar is named")
    return [{"business_days": _listed(one.nths)}]


def month_days_from_end(days: Iterable[int]) -> list[DayFields]:
    """Return what is counted if one of *days* is the second to last or before it; else nothing."""
    numbers = set(days)
    if not any(day < -1 for day in numbers):
        return []
    if min(numbers) < -28:
        raise Refused("not every month has that day", "count from the beginning of the month")
    return [{"days": _listed(numbers)}]


def _named(nth: int, word: str) -> str:
    """Return the position in words, *word* behind a number that may do without it."""
    if nth < 0:
        return f"{'last' if nth == -1 else f'{ordinal(-nth)} from last'} business day"
    return f"{ordinal(nth)}{word if nth > _FEW else ' business day'}"


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, sorted(set(numbers))))


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

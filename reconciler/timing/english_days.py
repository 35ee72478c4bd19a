"""Which days cron fields allow, in English that the phrase grammar reads back."""

from __future__ import annotations

from functools import lru_cache

from reconciler.model import CronFields
from reconciler.timing.english_words import and_, ordinal, ranges, spans
from reconciler.timing.fields import Values, values

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES = (
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NTH = ("last", "first", "second", "third", "fourth", "fifth")
_ORDINALS = tuple(ordinal(number) for number in range(32))
_EVEN, _ODD = frozenset(range(2, 54, 2)), frozenset(range(1, 54, 2))


@lru_cache(maxsize=4096)
def days_text(member: CronFields) -> str:
    """Return which days *member* allows, or nothing if it allows all."""
    allowed = values(member)
    months = and_(spans(allowed.months, _MONTH_NAMES)) if allowed.months else ""
    if allowed.any_day:
        parts = (
            [_weekdays(allowed)] if allowed.weekdays else ["every day"] if months or _weeks_or_years(allowed) else []
        )
        parts += [f"in {months}"] if months else []
    else:
        parts = [_month_days(allowed, months)]
        if allowed.weekdays:
            parts.append("falling on " + and_(spans(allowed.weekdays, WEEKDAY_NAMES)))
    text = " ".join(parts)
    return ", ".join(part for part in (text, _weeks(allowed), _years(allowed)) if part)


def position_text(name: str, months: frozenset[int]) -> str:
    """Return the days called *name*, such as `last business day`, in *months*."""
    of = "the month" if len(months) == 12 else and_(spans(months, _MONTH_NAMES))
    return f"on the {name} of {of}"


def _weeks_or_years(allowed: Values) -> bool:
    return allowed.weeks is not None or allowed.years is not None


def _weekdays(allowed: Values) -> str:
    assert allowed.weekdays is not None
    text = and_(spans(allowed.weekdays, WEEKDAY_NAMES))
    return f"every {text}" if len(allowed.weekdays) == 1 else text


def _month_days(allowed: Values, months: str) -> str:
    if len(allowed.days) == 1 and not allowed.last_day and not allowed.nths and months.isalpha():
        return f"on {min(allowed.days)} {months}"
    items = spans(allowed.days, _ORDINALS)
    of = f" of {months}" if months else " of the month"
    positions = [f"{_NTH[nth]} {WEEKDAY_NAMES[day]}" for nth, day in sorted(allowed.nths, key=_rank)]
    if allowed.last_day:
        items.append("last day")
    listed = [and_(items)] if items else []
    return "on the " + " and on the ".join([*listed, *positions]) + of


def _rank(item: tuple[int, int]) -> tuple[int, int]:
    return (item[0] or len(_NTH), item[1])


def _weeks(allowed: Values) -> str:
    if allowed.weeks is None:
        return ""
    if allowed.weeks in (_EVEN, _ODD):
        return f"in {'even' if allowed.weeks == _EVEN else 'odd'} ISO weeks"
    return f"in week {ranges(allowed.weeks)}"


def _years(allowed: Values) -> str:
    return f"in {ranges(allowed.years)}" if allowed.years is not None else ""

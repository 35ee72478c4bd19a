"""Which days cron fields allow, in English that the phrase grammar reads back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from reconciler.model import Counted, Member, MonthDays
from reconciler.timing.english_words import and_, nth, ordinal, ranges, spans
from reconciler.timing.fields import Values, fields_of, values

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
def days_text(member: Member) -> str:
    """Return which days *member* allows, or nothing if it allows all."""
    allowed = values(fields_of(member))
    months = and_(spans(allowed.months, _MONTH_NAMES)) if allowed.months else ""
    if isinstance(member, MonthDays):
        parts = [f"on the {positions_text(member.counted, member.positions)} of {months or 'the month'}"]
        parts += _falling(allowed)
    elif allowed.any_day:
        parts = (
            [_weekdays(allowed)] if allowed.weekdays else ["every day"] if months or _weeks_or_years(allowed) else []
        )
        parts += [f"in {months}"] if months else []
    else:
        parts = [_month_days(allowed, months), *_falling(allowed)]
    text = " ".join(parts)
    return ", ".join(part for part in (text, _weeks(allowed), _years(allowed)) if part)


def _falling(allowed: Values) -> list[str]:
    return ["falling on " + and_(spans(allowed.weekdays, WEEKDAY_NAMES))] if allowed.weekdays else []


_FEWEST_IN_A_ROW = 3
_MOST_TO_LAST = 10


def positions_text(counted: Counted, positions: Sequence[int]) -> str:
    """Return *positions* of what is *counted* in words: `first and last business day`, `last 5 days`."""
    n = len(positions)
    for word, run in (("first", range(1, n + 1)), ("last", range(-n, 0))):
        if n >= _FEWEST_IN_A_ROW and sorted(positions) == list(run):
            return f"{word} {n} {_counted_word(counted)}s"
    if counted == "business_days" and n > 1 and max(positions) > _MOST_TO_LAST:  # the 15th alone is one of the month
        return " and on the ".join(f"{_position_word(one)} {_counted_word(counted)}" for one in positions)
    return f"{and_([_position_word(one) for one in positions])} {_counted_word(counted)}"


def _position_word(position: int) -> str:
    if position > 0:
        return nth(position)
    # from the eleventh on `to last` reads as a span of days
    between = "to" if -position <= _MOST_TO_LAST else "from"
    return "last" if position == -1 else f"{nth(-position)} {between} last"


def _counted_word(counted: Counted) -> str:
    return {"business_days": "business day", "days": "day"}.get(counted) or counted[:-1].capitalize()


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

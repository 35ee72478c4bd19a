"""Field sets in normal form: what fires alike on the whole calendar is written alike, and what never fires is refused.

Each field is written in one way (`fields.field_text`). The day field says more together with month and
day_of_week: `1-7` on Mondays is `1st mon`, day 31 of April is nothing, `last` in April is 30.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from functools import lru_cache

from reconciler.model import CronFields
from reconciler.timing.days import MemberDays
from reconciler.timing.fields import BOUNDS, ORDINALS, WEEKDAYS, FieldError, Values, field_text, values, written

_LENGTHS = (
    frozenset({31}),
    frozenset({28, 29}),
    *(frozenset({31 - (month in (4, 6, 9, 11))}) for month in range(3, 13)),
)
_ANY_WEEKDAY = frozenset(range(7))
_DAY_ONE = 1
_FIFTH = 5
_LAST_SEVEN = ",".join(f"last {weekday}" for weekday in WEEKDAYS)
_MOST_NAMED = 2  # more weekdays than these read better as a range of days: `1-7` from Monday to Friday


def cron_fields(kwargs: Mapping[str, str]) -> CronFields:
    """Return the canonical `CronFields` for APScheduler *kwargs* (values are strings).

    Omitted fields mean what APScheduler gives them: `*` when more significant than the least
    significant one given, otherwise their minimum (week and day_of_week: `*`). Raises FieldError for
    an unknown field, an empty set, a value that is not understood whole, and fields that never fire
    together on any day of the calendar (30 February, week 53 in June).
    """
    return _normal(fields_as_written(kwargs))


def fields_as_written(kwargs: Mapping[str, str]) -> CronFields:
    """Return *kwargs* as `cron_fields` does, but each field for itself: as a lockfile may have them.

    What an earlier release wrote stays as it was reviewed, also where one would write it otherwise today.
    """
    if not kwargs:
        raise FieldError("cron", "no fields at all would mean every second", "name at least a minute")
    for name, value in kwargs.items():
        if name not in BOUNDS:
            raise FieldError(name, "no such cron field", f"the fields are {', '.join(BOUNDS)}")
        _check_text(name, value)
    return CronFields(**{name: field_text(name, value) for name, value in _with_defaults(kwargs).items()})


def _check_text(name: str, value: object) -> None:
    """Refuse what YAML or JSON reads as a number, a list or nothing."""
    if not isinstance(value, str):
        hint = f'write "{value}"' if type(value) is int else "write the field as text in quotes"
        raise FieldError(name, f"must be text, not {value!r}", hint)


def _with_defaults(kwargs: Mapping[str, str]) -> dict[str, str]:
    """Complete *kwargs* the way `CronTrigger.__init__` does."""
    order = list(BOUNDS)
    least = max(order.index(name) for name in kwargs)
    full: dict[str, str] = {}
    for position, name in enumerate(order):
        if name in kwargs:
            full[name] = kwargs[name]
        elif position < least or name in ("year", "week", "day_of_week"):
            full[name] = "*"
        else:
            full[name] = str(BOUNDS[name][0])
    return full


@lru_cache(maxsize=16384)
def _normal(fields: CronFields) -> CronFields:
    """Return *fields*, each of them canonical, as a set in normal form; raise FieldError if no day is left."""
    if fields.day == "*" and fields.week == "*":
        return fields
    normal = fields
    if fields.day != "*":
        day, day_of_week = _days(values(fields), fields)
        normal = CronFields(
            fields.year, fields.month, day, fields.week, day_of_week, fields.hour, fields.minute, fields.second
        )
    if MemberDays(normal)(_DAY_ONE) is None:
        raise _never(fields)
    return normal if fields.year == "*" and fields.week == "*" else _on_due_weekdays(normal)


def _on_due_weekdays(fields: CronFields) -> CronFields:
    """Return *fields* without weekdays that their years and weeks never have; on any, if only such were left out."""
    named = values(fields).weekdays or _ANY_WEEKDAY
    due = {day for day in _ANY_WEEKDAY if MemberDays(_on(fields, {day}))(_DAY_ONE) is not None}
    return _on(fields, _ANY_WEEKDAY if due <= named else named & due)


def _on(fields: CronFields, weekdays: Set[int]) -> CronFields:
    return replace(fields, day_of_week=field_text("day_of_week", written("day_of_week", weekdays)))


def _never(fields: CronFields) -> FieldError:
    shown = {
        name: value
        for name in ("year", "month", "day", "week", "day_of_week")
        if (value := getattr(fields, name)) != "*"
    }
    what = ", ".join(f"{name} {value}" for name, value in shown.items())
    message = f"this never fires: no day of the calendar is {what}"
    return FieldError("week" if "week" in shown else "day", message, "check them against each other")


# ---------------------------------------------------------------- the day field


def _days(allowed: Values, fields: CronFields) -> tuple[str, str]:
    """Return the day and day_of_week fields in normal form."""
    lengths = _lengths(allowed)
    weekdays = allowed.weekdays or _ANY_WEEKDAY
    numbers, last = _with_last(frozenset(day for day in allowed.days if day <= max(lengths)), allowed.last_day, lengths)
    nths = {nth for nth in allowed.nths if nth[1] in weekdays and not _covered(_block(nth[0], lengths), numbers)}
    if not (numbers or last or nths):
        raise _never(fields)
    if len(numbers) == max(lengths):
        return "*", fields.day_of_week
    positions = _positions(numbers, weekdays, lengths) if numbers and not last else set()
    if positions and len(weekdays) <= _MOST_NAMED:
        numbers, nths = frozenset(), nths | positions
    if last or (numbers and nths):
        return written("day", numbers, [*_names(_fewest(nths)), *(["last"] if last else [])]), fields.day_of_week
    if numbers:
        return written("day", numbers), fields.day_of_week
    return _by_position(_fewest(nths), lengths)


def days_dealt_out(fields: CronFields) -> list[tuple[str, frozenset[int]]]:
    """Return (day field, weekdays) pairs that name together the days of *fields*, itself in normal form.

    Whole runs of seven days stand for themselves, so that a position (`1st mon`) and the days that say
    the same (`1-7` on Mondays) are one pair.
    """
    allowed = values(fields)
    weekdays = allowed.weekdays or _ANY_WEEKDAY
    if fields.day == "*":
        return [("*", weekdays)]
    lengths = _lengths(allowed)
    found: dict[str, set[int]] = {}
    for order, weekday in _with_fifth(allowed.nths):
        block = _block(order, lengths)
        found.setdefault(written("day", block) if block else _LAST_SEVEN, set()).add(weekday)
    whole = [block for block in (_block(order, lengths) for order in range(1, _FIFTH + 1)) if block <= allowed.days]
    if allowed.days and allowed.days == _block(0, lengths):
        whole = [allowed.days]
    rest = allowed.days.difference(*whole)
    if rest or allowed.last_day:
        found.setdefault(written("day", rest, ["last"] if allowed.last_day else ()), set()).update(weekdays)
    for block in whole:
        found.setdefault(written("day", block), set()).update(weekdays)
    return [(day, frozenset(on)) for day, on in found.items()]


def _with_fifth(nths: frozenset[tuple[int, int]]) -> set[tuple[int, int]]:
    """Undo `_fewest`: after the fourth, the last is the fifth."""
    fourth = {weekday for order, weekday in nths if order == _FIFTH - 1}
    return {(_FIFTH if order == 0 and weekday in fourth else order, weekday) for order, weekday in nths}


def _lengths(allowed: Values) -> frozenset[int]:
    return frozenset[int]().union(*(_LENGTHS[month - 1] for month in allowed.months or range(1, 13)))


def _with_last(numbers: frozenset[int], last: bool, lengths: frozenset[int]) -> tuple[frozenset[int], bool]:
    """Return *numbers*, and whether `last` has to be said beside them, in months of these *lengths*."""
    if not last:
        return numbers, False
    whole = numbers | {max(lengths)}  # where there is such a day, it is the last one
    return (whole, False) if lengths <= whole else (numbers - {max(lengths)}, True)


def _by_position(nths: set[tuple[int, int]], lengths: frozenset[int]) -> tuple[str, str]:
    """Return the two fields for days that are positions of weekdays."""
    orders, weekdays = ({one[part] for one in nths} for part in (0, 1))
    named = written("day_of_week", weekdays)
    if len(nths) == len(orders) * len(weekdays):
        if orders == {1, 2, 3, 4, 0}:
            return "*", named
        days = _days_of(orders, lengths)
        if days and (len(weekdays) > _MOST_NAMED or len(days) == 1):
            return written("day", days), named
    return written("day", (), _names(nths)), "*"


def _days_of(orders: set[int], lengths: frozenset[int]) -> frozenset[int]:
    """Return the days of a month among which weekdays have one of these positions; none where months differ in them."""
    if 0 in orders and 4 in orders:
        orders = (orders - {0}) | {_FIFTH}
    blocks = [_block(order, lengths) for order in orders]
    return frozenset[int]().union(*blocks) if all(blocks) else frozenset()


def _positions(numbers: frozenset[int], weekdays: frozenset[int], lengths: frozenset[int]) -> set[tuple[int, int]]:
    """Return *numbers* on *weekdays* as positions if they are whole runs of seven days, else nothing."""
    orders = {order for order in range(1, _FIFTH + 1) if _block(order, lengths) <= numbers}
    if numbers == _block(0, lengths):
        orders = {0}
    elif numbers != frozenset[int]().union(*(_block(order, lengths) for order in orders)) or len(numbers) == 1:
        return set()
    return {(order, weekday) for order in orders for weekday in weekdays}


def _block(order: int, lengths: frozenset[int]) -> frozenset[int]:
    """Return the days of a month among which each weekday has its position *order* (0: last; none if months differ)."""
    longest = max(lengths)
    if order == 0:
        return frozenset(range(longest - 6, longest + 1)) if len(lengths) == 1 else frozenset()
    return frozenset(range(7 * order - 6, min(7 * order, longest) + 1))


def _covered(block: frozenset[int], numbers: frozenset[int]) -> bool:
    return bool(block) and block <= numbers


def _fewest(nths: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return *nths* in normal form: the fifth is the last, and after the fourth there is only the last."""
    last = {weekday for order, weekday in nths if order == 0}
    fourth = {weekday for order, weekday in nths if order == _FIFTH - 1}
    kept = {(order, weekday) for order, weekday in nths if order != _FIFTH or weekday not in last | fourth}
    return kept | {(0, weekday) for order, weekday in nths if order == _FIFTH and weekday in fourth}


def _names(nths: set[tuple[int, int]]) -> list[str]:
    return [f"{ORDINALS[order - 1]} {WEEKDAYS[weekday]}" for order, weekday in nths]

"""Unions of field sets in normal form: however their times were dealt out to members, the same ones come back."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import TypeVar

from reconciler.model import CronFields
from reconciler.timing.fields import WEEKDAYS, FieldError, values, written
from reconciler.timing.normal import cron_fields

_DATE_FIELDS = ("year", "month", "day", "week")
_REST = ("day_of_week", "minute", "second")
_MOST_CLOCKS = 1440  # members with more times of day than a minute each are left as they are
_Clock = tuple[int, int, int]
_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value", bound=Hashable)


def cron_union(members: Iterable[CronFields]) -> tuple[CronFields, ...]:
    """Return the union of *members* in normal form.

    Weekdays that share all their times share a member, and so do hours that share all their minutes; then
    members that differ in one of the fields year, month, day and week become one. The fire times are
    exactly those of *members*: one that follows elapsed time is joined with its like only.
    """
    distinct = tuple(dict.fromkeys(members))
    if len(distinct) == 1:
        return distinct
    fixed = [one for one in distinct if not values(one).follows_elapsed and _clocks_in(one) <= _MOST_CLOCKS]
    others = [one for one in distinct if one not in fixed]
    return tuple(sorted(_joined([*_redealt(fixed), *_joined(others, _REST)], _DATE_FIELDS), key=_order))


def _clocks_in(member: CronFields) -> int:
    allowed = values(member)
    return len(allowed.hours) * len(allowed.minutes) * len(allowed.seconds)


def _grouped(pairs: Iterable[tuple[_Key, _Value]]) -> dict[_Key, set[_Value]]:
    groups: dict[_Key, set[_Value]] = {}
    for key, value in pairs:
        groups.setdefault(key, set()).add(value)
    return groups


def _alike(groups: Mapping[_Key, Collection[_Value]]) -> list[tuple[set[_Key], frozenset[_Value]]]:
    """Return the keys that have the same values together, and these values."""
    inverse = _grouped((frozenset(found), key) for key, found in groups.items())
    return [(keys, found) for found, keys in inverse.items()]


def _weekdays(member: CronFields) -> Iterable[int]:
    return values(member).weekdays or range(len(WEEKDAYS))


def _redealt(members: Iterable[CronFields]) -> Iterable[CronFields]:
    """Yield members that name each fixed time once."""
    clocks: dict[CronFields, dict[int, set[_Clock]]] = {}
    for member in members:
        allowed = values(member)
        dates = replace(member, day_of_week="*", hour="0", minute="0", second="0")
        due = set(product(allowed.hours, allowed.minutes, allowed.seconds))
        for weekday in _weekdays(member):
            clocks.setdefault(dates, {}).setdefault(weekday, set()).update(due)
    for dates, by_weekday in clocks.items():
        for weekdays, due_then in _alike(by_weekday):
            for hours, minutes, seconds in _products(due_then):
                with suppress(FieldError):  # 29 February 2028 is no Monday: nothing is due then
                    yield _with(dates, day_of_week=weekdays, hour=hours, minute=minutes, second=seconds)


def _products(clocks: Iterable[_Clock]) -> Iterable[tuple[set[int], set[int], frozenset[int]]]:
    """Yield (hours, minutes, seconds) whose products are *clocks*, each once."""
    by_hour = _grouped((hour, (minute, second)) for hour, minute, second in clocks)
    for hours, within in _alike(by_hour):
        for minutes, seconds in _alike(_grouped(within)):
            # all 24 would be written `*`, which follows elapsed time
            halves = [hours] if len(hours) < 24 else [{h for h in hours if h < 12}, {h for h in hours if h >= 12}]
            yield from ((half, minutes, seconds) for half in halves)


def _with(member: CronFields, **numbers: Collection[int]) -> CronFields:
    texts = {name: written(name, found) for name, found in numbers.items()}
    return cron_fields(_texts(member) | texts)


def _texts(member: CronFields) -> dict[str, str]:
    return {name: getattr(member, name) for name in CronFields.__dataclass_fields__}


def _joined(members: Iterable[CronFields], names: Iterable[str]) -> list[CronFields]:
    """Return *members* with those made one that differ in a single one of the fields *names*."""
    found = sorted(members, key=_order)
    for name in names:
        groups: dict[CronFields, list[str]] = {}
        for member in found:
            groups.setdefault(replace(member, **{name: "*"}), []).append(getattr(member, name))
        found = [
            cron_fields(_texts(rest) | {name: "*" if "*" in texts else ",".join(texts)})
            for rest, texts in groups.items()
        ]
    return found


def _order(member: CronFields) -> tuple[tuple[int, ...], ...]:
    allowed = values(member)
    dates = (allowed.years or (), allowed.months or (), allowed.days, allowed.weeks or (), allowed.weekdays or ())
    times = (allowed.hours, allowed.minutes, allowed.seconds)
    return (*(tuple(sorted(part)) for part in (*dates, *times)), (allowed.last_day,), *sorted(allowed.nths))

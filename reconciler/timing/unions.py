"""Unions of field sets in normal form: however their times were dealt out to members, the same ones come back."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import TypeVar

from reconciler.model import Counted, CronFields, Member, MonthDays
from reconciler.timing.fields import FieldError, Values, values, written
from reconciler.timing.month_days import COUNTED, in_order
from reconciler.timing.normal import cron_fields, days_dealt_out, fields_as_written

_DATE_FIELDS = ("year", "month", "day", "week")
_MOST_CLOCKS = 1440  # with more times of day than a minute each, hours stay as they are written
_ANY = -1  # the hour of members that keep their hours
_Clock = tuple[int, int, int]
_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value", bound=Hashable)


def rule_union(members: Iterable[Member]) -> tuple[Member, ...]:
    """Return the union of *members* in normal form: first `cron_union` of the cron fields, then what is counted.

    Positions of the same times share a member, and what differs in the cron fields alone is put together as these are.
    """
    cron: list[CronFields] = []
    counted: list[MonthDays] = []
    for member in members:
        if isinstance(member, MonthDays):
            counted.append(member)
        else:
            cron.append(member)
    return (*(cron_union(cron) if cron else ()), *_counted_union(counted))


def _counted_union(members: Iterable[MonthDays]) -> Iterable[MonthDays]:
    positions = _grouped(((one.counted, one.fields), nth) for one in members for nth in one.positions)
    fields = _grouped(((counted, in_order(nths)), beside) for (counted, beside), nths in positions.items())
    for counted, nths in sorted(fields, key=_order_of_days):
        union = cron_union(sorted(fields[counted, nths], key=_order))
        yield from (MonthDays(counted, nths, beside) for beside in union)


def _order_of_days(days: tuple[Counted, tuple[int, ...]]) -> tuple[int, tuple[int, ...]]:
    return (COUNTED.index(days[0]), days[1])


def cron_union(members: Iterable[CronFields]) -> tuple[CronFields, ...]:
    """Return the union of *members* in normal form.

    Weekdays that share all their times share a member, and so do hours that share all their minutes; then
    members that differ in one of the fields year, month, day and week become one. The fire times are
    exactly those of *members*: one that follows elapsed time is joined only with one of the same hours.
    """
    distinct = tuple(dict.fromkeys(members))
    if len(distinct) == 1 and not values(distinct[0]).nths:
        return distinct
    return tuple(sorted(map(_normal, _joined(_redealt(distinct), _DATE_FIELDS)), key=_order))


def _grouped(pairs: Iterable[tuple[_Key, _Value]]) -> dict[_Key, set[_Value]]:
    groups: dict[_Key, set[_Value]] = {}
    for key, value in pairs:
        groups.setdefault(key, set()).add(value)
    return groups


def _alike(groups: Mapping[_Key, Collection[_Value]]) -> list[tuple[set[_Key], frozenset[_Value]]]:
    """Return the keys that have the same values together, and these values."""
    inverse = _grouped((frozenset(found), key) for key, found in groups.items())
    return [(keys, found) for found, keys in inverse.items()]


def _redealt(members: Iterable[CronFields]) -> Iterable[CronFields]:
    """Yield members that name each time once."""
    clocks: dict[CronFields, dict[int, set[_Clock]]] = {}
    for member in members:
        allowed = values(member)
        hour, hours = (member.hour, (_ANY,)) if _keeps_hours(allowed) else ("0", allowed.hours)
        due = set(product(hours, allowed.minutes, allowed.seconds))
        for day, weekdays in days_dealt_out(member):
            shared = replace(member, day=day, day_of_week="*", hour=hour, minute="0", second="0")
            for weekday in weekdays:
                clocks.setdefault(shared, {}).setdefault(weekday, set()).update(due)
    for shared, by_weekday in clocks.items():
        for found, due_then in _alike(by_weekday):
            for times in _products(due_then):
                with suppress(FieldError):  # 29 February 2028 is no Monday: nothing is due then
                    yield _with(shared, day_of_week=found, **times)


def _keeps_hours(allowed: Values) -> bool:
    clocks = len(allowed.hours) * len(allowed.minutes) * len(allowed.seconds)
    return allowed.follows_elapsed or clocks > _MOST_CLOCKS


def _products(clocks: Iterable[_Clock]) -> Iterable[dict[str, Collection[int]]]:
    """Yield the hours (left out for `_ANY`), minutes and seconds whose products are *clocks*, each once."""
    by_hour = _grouped((hour, (minute, second)) for hour, minute, second in clocks)
    for hours, within in _alike(by_hour):
        for minutes, seconds in _alike(_grouped(within)):
            times: dict[str, Collection[int]] = {"minute": minutes, "second": seconds}
            if _ANY in hours:
                yield times
            else:  # all 24 would be written `*`, which follows elapsed time
                halves = [hours] if len(hours) < 24 else [{h for h in hours if h < 12}, {h for h in hours if h >= 12}]
                yield from (times | {"hour": half} for half in halves)


def _normal(member: CronFields) -> CronFields:
    return cron_fields(_texts(member))


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
            fields_as_written(_texts(rest) | {name: "*" if "*" in texts else ",".join(texts)})
            for rest, texts in groups.items()
        ]
    return found


def _order(member: CronFields) -> tuple[tuple[int, ...], ...]:
    allowed = values(member)
    dates = (allowed.years or (), allowed.months or (), allowed.days, allowed.weeks or (), allowed.weekdays or ())
    times = (allowed.hours, allowed.minutes, allowed.seconds)
    return (*(tuple(sorted(part)) for part in (*dates, *times)), (allowed.last_day,), *sorted(allowed.nths))

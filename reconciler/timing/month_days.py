"""Days counted within the month, made from text: validated, and each written in one way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import get_args

from reconciler.model import Counted, CronFields, Member, MonthDays
from reconciler.timing.days import MemberDays
from reconciler.timing.fields import FieldError
from reconciler.timing.normal import cron_fields, fields_as_written

COUNTED: tuple[Counted, ...] = get_args(Counted)
_MOST = {"business_days": 23, "days": 31}
_POSITION = re.compile(r"-?[1-9][0-9]?", re.ASCII)


def month_days(kwargs: Mapping[str, str]) -> MonthDays:
    """Return the canonical `MonthDays` for *kwargs*: what is counted and at which positions, and cron fields.

    `{"business_days": "1,-1", "month": "jan", "hour": "9"}` is 09:00 on the first and the last business day of
    January. Raises FieldError for what `cron_fields` refuses, a day field, what is not one thing counted, a position
    that no month has, and days that do not exist on the calendar together.
    """
    made = _made(kwargs, cron_fields({"day": "*", **_beside(kwargs)}))
    if MemberDays(made)(1) is None:
        raise FieldError(made.counted, "it never fires", "check the positions against months, weeks and weekdays")
    return made


def month_days_as_written(kwargs: Mapping[str, str]) -> MonthDays:
    """Return *kwargs* as `month_days` does, but each field for itself: as a lockfile may have them."""
    return _made(kwargs, fields_as_written({"day": "*", **_beside(kwargs)}))


def rule_member(kwargs: Mapping[str, str]) -> Member:
    """Return what *kwargs* say in normal form: `MonthDays` if something is counted, else `CronFields`."""
    return month_days(kwargs) if kwargs.keys() & set(COUNTED) else cron_fields(kwargs)


def most_in_a_month(counted: Counted) -> int:
    """Return how many of what is *counted* the month has that has most of them."""
    return _MOST.get(counted, 5)


def in_order(positions: Iterable[int]) -> tuple[int, ...]:
    """Return *positions*, each once, from the first of the month to its last."""
    return tuple(sorted(set(positions), key=lambda nth: (nth < 0, nth)))


def _beside(kwargs: Mapping[str, str]) -> dict[str, str]:
    if "day" in kwargs:
        raise FieldError("day", "days are counted already", "leave one of the two out")
    return {name: text for name, text in kwargs.items() if name not in COUNTED}


def _made(kwargs: Mapping[str, str], fields: CronFields) -> MonthDays:
    counted = [name for name in COUNTED if name in kwargs]
    if len(counted) != 1:
        raise FieldError("month_days", "not one thing is counted", f"name one of {', '.join(COUNTED)}")
    return MonthDays(counted[0], _positions(counted[0], kwargs[counted[0]]), fields)


def _positions(counted: Counted, text: object) -> tuple[int, ...]:
    items = [item.strip(" ") for item in text.split(",")] if isinstance(text, str) else []
    if not items or not all(map(_POSITION.fullmatch, items)):
        raise FieldError(counted, f"{text!r} is not understood", 'write positions as text: "1", "-1" for the last')
    numbers = in_order(map(int, items))
    most = most_in_a_month(counted)
    beyond = next((nth for nth in numbers if abs(nth) > most), None)
    if beyond is not None:
        raise FieldError(counted, f"no month has {abs(beyond)} of them", f"write numbers up to {most}")
    return numbers

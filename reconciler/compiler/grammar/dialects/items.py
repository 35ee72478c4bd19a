"""One field of a cron line: the values that it allows, and what a reviewer should know about its steps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from reconciler.compiler.grammar.clauses import Refused
from reconciler.timing.fields import MONTHS, ORDINALS

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
BOUNDS = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (1, 31),
    "month": (1, 12),
    "weekday": (0, 7),
    "year": (1970, 2199),
}
_ITEM = re.compile(r"(\*|[0-9]{1,9}|[a-z]{3,9})(?:-([0-9]{1,9}|[a-z]{3,9}))?(?:/([0-9]{1,9}))?", re.ASCII)
_STARTED = re.compile(r"[0-9a-z]+/[0-9]+", re.ASCII)
_POSITION = re.compile(r"([0-7]|[a-z]{3})(?:#([1-5])|(l))", re.ASCII)
_NEAREST = re.compile(r"([0-9]{1,2})w", re.ASCII)
_MOST_NEAREST = 27  # from the 28th on, February's last day bends the rule

DayFields = dict[str, str]
"""The day fields of one member, as APScheduler's kwargs."""


def size_of(field: str) -> int:
    """Return how many values *field* has."""
    low, high = BOUNDS[field]
    return 7 if field == "weekday" else high - low + 1


def expand(field: str, text: str, *, sunday: int = 0) -> frozenset[int]:
    """Return the values of one field, wrap-around ranges included; weekdays count from Sunday 0.

    *sunday* is the number that stands for Sunday in *text*; where it is 0, 7 does too. Raises Refused for what
    is not understood or out of range.
    """
    low = sunday if field == "weekday" else BOUNDS[field][0]
    size = size_of(field)
    found: set[int] = set()
    for item in text.split(","):
        first, span, step = _span(field, item, sunday)
        found |= {(first - low + offset) % size + low for offset in range(0, span + 1, step)}
    return frozenset((value - sunday) % 7 for value in found) if field == "weekday" else frozenset(found)


def _span(field: str, item: str, sunday: int) -> tuple[int, int, int]:
    """Return the first value of one item, how far it goes from there, and the step."""
    match = _ITEM.fullmatch(item)
    if match is None:
        raise Refused(f"{item!r} in the {field} field is not understood", "write numbers, ranges, lists or steps")
    low = sunday if field == "weekday" else BOUNDS[field][0]
    size = size_of(field)
    step = int(match[3] or 1)
    if step == 0:
        raise Refused(f"{item!r}: a step of 0 never advances", "write a step from 1 on")
    if match[1] == "*":
        if match[2]:
            raise Refused(f"{item!r} in the {field} field is not understood", "write numbers, ranges, lists or steps")
        return low, size - 1, step
    first = _number(field, match[1], sunday)
    if not match[2]:
        return first, (max(low + size - 1 - first, 0) if match[3] else 0), step
    span = _number(field, match[2], sunday) - first
    if span < 0 and field == "year":
        raise Refused(f"{item!r} in the year field runs backwards", "write the earlier year first")
    return first, span if span >= 0 else span + size, step


def _number(field: str, word: str, sunday: int) -> int:
    low, high = BOUNDS[field]
    if field == "month" and word in MONTHS:
        return MONTHS.index(word) + 1
    if field == "weekday":
        low = sunday
        if word in WEEKDAYS:
            return WEEKDAYS.index(word) + sunday
        if word[:3] in WEEKDAYS:
            raise Refused(f"{word!r} in the weekday field is not understood", f"write {word[:3]}")
    if not word.isdigit() or not low <= int(word) <= high:
        raise Refused(f"{word!r} in the {field} field is not understood", f"write numbers from {low} to {high}")
    return int(word)


def has_start(text: str) -> bool:
    """Return whether an item of *text* is a start and a step, such as `5/15`."""
    return any(_STARTED.fullmatch(item) for item in text.split(","))


def starts_only(text: str) -> str:
    """Return *text* as a program reads it that takes `5/15` for 5 and nothing more."""
    return ",".join(item.partition("/")[0] if _STARTED.fullmatch(item) else item for item in text.split(","))


def listed(values: Collection[int]) -> str:
    """Return *values* in order, with commas."""
    return ",".join(str(value) for value in sorted(values))


def times_field(field: str, text: str) -> str:
    """Return *text* as an APScheduler field; an hour of `*` or `*/n` stays so, because it follows elapsed time."""
    values = expand(field, text)
    if field == "month":
        return "*" if len(values) == 12 else ",".join(MONTHS[value - 1] for value in sorted(values))
    if field == "hour" and re.fullmatch(r"(?:\*|0)/[0-9]+", text, re.ASCII) and len(values) > 1:
        return f"*/{int(text[2:])}"
    if field == "year":
        return "*" if text == "*" else listed(values)
    return "*" if len(values) == size_of(field) else listed(values)


# ---------------------------------------------------------------- days


def month_days(text: str) -> list[DayFields]:
    """Return the members that the day field stands for, none if it allows every day."""
    plain, found = [], list[DayFields]()
    for item in text.split(","):
        nearest = _NEAREST.fullmatch(item)
        if item == "l":
            found.append({"day": "last"})
        elif nearest:
            found += _nearest_weekday(int(nearest[1]))
        else:
            plain.append("*" if item == "?" else item)
    values = expand("day", ",".join(plain)) if plain else frozenset()
    if len(values) == size_of("day"):
        return []
    return ([{"day": listed(values)}] if values else []) + found


def _nearest_weekday(day: int) -> list[DayFields]:
    """Return the members of the weekday, Monday to Friday, that is nearest to *day* within its month."""
    if not 1 <= day <= _MOST_NEAREST:
        raise Refused(
            f"the weekday nearest to the {day} depends on the length of the month",
            f"days 1 to {_MOST_NEAREST} can have a W; the last one is `last business day of the month at 09:00`",
        )
    if day == 1:
        return [{"day": "1", "day_of_week": "mon-fri"}, {"day": "2,3", "day_of_week": "mon"}]
    return [
        {"day": str(day), "day_of_week": "mon-fri"},
        {"day": str(day - 1), "day_of_week": "fri"},
        {"day": str(day + 1), "day_of_week": "mon"},
    ]


def week_days(text: str, *, sunday: int) -> list[DayFields]:
    """Return the members that the weekday field stands for, none if it allows every day."""
    positions, plain = [], []
    for item in text.split(","):
        match = _POSITION.fullmatch(item)
        if match:
            (weekday,) = expand("weekday", match[1], sunday=sunday)
            positions.append(f"{ORDINALS[int(match[2]) - 1] if match[2] else 'last'} {WEEKDAYS[weekday]}")
        elif re.fullmatch(r"l[0-7]", item, re.ASCII):
            raise Refused(f"{item.upper()!r} in the weekday field is not understood", f"write {item[1]}L")
        elif item == "l":
            raise Refused("'L' alone in the weekday field is Saturday to Quartz and nothing to crontab", "write sat")
        else:
            plain.append("*" if item == "?" else item)
    values = expand("weekday", ",".join(plain), sunday=sunday) if plain else frozenset()
    if len(values) == 7:
        return []
    found: list[DayFields] = [{"day": ",".join(positions)}] if positions else []
    return found + ([{"day_of_week": ",".join(WEEKDAYS[value] for value in sorted(values))}] if values else [])


# ---------------------------------------------------------------- steps


def step_warnings(field: str, text: str, *, sunday: int = 0) -> Iterator[str]:
    """Yield what a reviewer should know about the steps of one field that was understood."""
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None or not match[3]:
            continue
        step = int(match[3])
        if match[1] != "*":
            if step > 1 and len(expand(field, item, sunday=sunday)) == 1:
                yield f"`{item}` steps beyond its range: only {match[1]} is left"
        elif size_of(field) % step and field in ("second", "minute", "hour"):
            yield f"the {field} step is uneven: it starts again at 0"
        elif field == "day" and 1 < step < size_of("day"):
            yield "the day step starts again on the 1st of each month"


def step_beyond(field: str, text: str) -> int | None:
    """Return the step of `*/90`, if it is longer than the field, so that the first value is all that is left."""
    match = re.fullmatch(r"\*/([0-9]{1,9})", text, re.ASCII)
    return int(match[1]) if match and int(match[1]) > size_of(field) else None

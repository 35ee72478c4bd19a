"""The cron fields one by one: our own full-match grammar, how each is written, and the values they allow.

The vocabulary is APScheduler's `CronTrigger` kwargs. Its own parser is no validation: it stops at the
first thing it does not know and drops the rest (`mon wed fri` is read as `mon`). Here a field is
understood to its last character or refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from reconciler.model import CronFields, Member, MonthDays

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ORDINALS = ("1st", "2nd", "3rd", "4th", "5th", "last")
BOUNDS = {
    "year": (1970, 9999),
    "month": (1, 12),
    "day": (1, 31),
    "week": (1, 53),
    "day_of_week": (0, 6),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
}
_NAMES = {"month": MONTHS, "day_of_week": WEEKDAYS}
_WORD = r"[0-9]{1,9}|[a-z]+"
_ITEM = re.compile(rf"(?:\*|(?P<low>{_WORD})(?:-(?P<high>{_WORD}))?)(?:/(?P<step>[0-9]{{1,9}}))?", re.ASCII)
_NTH = re.compile(rf"(?P<nth>{'|'.join(ORDINALS)}) (?P<weekday>{'|'.join(WEEKDAYS)})", re.ASCII)
_SHORTEST_RUN = 3  # fewer values read better as a list: `sat,sun`, `0,30`


class FieldError(ValueError):
    """A cron field that cannot be accepted: *field*, what is wrong, and what to write instead."""

    def __init__(self, field: str, message: str, hint: str | None = None) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Values:
    """What one `CronFields` allows, expanded for searching; None means any.

    *nths* are (ordinal, weekday) with ordinal 1 to 5, or 0 for the last. *follows_elapsed* is true
    where the hour field is `*` or `*/n`, which decides the DST behaviour.
    """

    years: frozenset[int] | None
    months: frozenset[int] | None
    days: frozenset[int]
    last_day: bool
    nths: frozenset[tuple[int, int]]
    any_day: bool
    weeks: frozenset[int] | None
    weekdays: frozenset[int] | None
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]
    follows_elapsed: bool


@lru_cache(maxsize=4096)
def field_text(name: str, text: str) -> str:
    """Return the one way *text* is written in field *name*, other fields aside; raise FieldError."""
    starred = name == "hour" and re.fullmatch(r" *(\*|0-23|0)/[0-9]+ *", text, re.ASCII)
    numbers, specials = _parse(name, text)
    low, high = BOUNDS[name]
    if len(numbers) == high - low + 1:
        return "*"
    if starred:  # `*/n` follows elapsed time and `0,12` does not, so the two stay apart
        return f"*/{sorted(numbers)[1] - low}"
    return written(name, numbers, specials)


def written(name: str, numbers: Collection[int], specials: Collection[str] = ()) -> str:
    """Return *numbers*, and for the day field *specials* such as `last fri`, as field *name* is written."""
    return ",".join([*_runs(name, sorted(numbers)), *sorted(specials, key=_special_order)])


def _parse(name: str, text: str) -> tuple[frozenset[int], frozenset[str]]:
    """Return the numbers *text* lists and, for the day field, its canonical special items."""
    numbers: set[int] = set()
    specials: set[str] = set()
    for raw in text.split(","):
        item = raw.strip(" ")
        if not item:
            raise FieldError(name, f"{text!r} is empty or has an empty item", _hint(name, text))
        nth = _NTH.fullmatch(item.lower()) if name == "day" else None
        if nth or (name == "day" and item.lower() == "last"):
            specials.add(item.lower())
        else:
            numbers |= _expand(name, item)
    if "last" in specials:
        numbers.discard(31)  # where there is a 31st, it is the last day
    return frozenset(numbers), frozenset(specials)


def _special_order(item: str) -> tuple[int, int]:
    nth, _, weekday = item.partition(" ")
    return (ORDINALS.index(nth), WEEKDAYS.index(weekday) if weekday else -1)


def _expand(name: str, item: str) -> set[int]:
    """Return the values of one list item, a wrap-around range included."""
    low, high = BOUNDS[name]
    match = _ITEM.fullmatch(item.lower())
    if match is None:
        raise _not_understood(name, item)
    step = int(match["step"]) if match["step"] else 1
    if match["low"] is None:
        first, last = low, high
    else:
        first = _value(name, match["low"], item)
        last = _value(name, match["high"], item) if match["high"] else (high if match["step"] else first)
    size = high - low + 1
    span = (last - first) % size if name != "year" else last - first
    if span < 0:
        raise FieldError(name, f"{item!r} runs backwards")
    if match["step"] and name in _NAMES and match["low"] and not match["low"].isdigit():
        raise FieldError(name, f"{item!r}: names take no steps", "list them: mon,wed,fri or jan,apr,jul,oct")
    if match["step"] and not 1 <= step <= max(span, 1):
        raise FieldError(name, f"{item!r} steps beyond its range", "an interval this long needs an anchor, not a step")
    return {low + (first - low + offset) % size for offset in range(0, span + 1, step)}


def _value(name: str, word: str, item: str) -> int:
    """Return the number that *word*, a part of *item*, stands for in field *name*."""
    names = _NAMES.get(name, ())
    if word in names:
        return names.index(word) + BOUNDS[name][0]
    low, high = BOUNDS[name]
    if name == "day_of_week" or not word.isdigit():
        raise _not_understood(name, item)
    if not low <= int(word) <= high:
        raise FieldError(name, f"{word} is not between {low} and {high}")
    return int(word)


def _not_understood(name: str, item: str) -> FieldError:
    return FieldError(name, f"{item!r} is not understood", _hint(name, item))


def _hint(name: str, item: str) -> str:
    if name == "day_of_week":
        if any(character.isdigit() for character in item):
            return "numbered weekdays start on different days in different tools; write mon, tue, … sun"
        return "write names with commas or a range: mon,wed,fri or mon-fri"
    if name == "month":
        return "write names with commas or a range: jan,jul or jan-mar"
    if name == "day":
        return "write numbers, last, or a position such as 1st mon or last fri, with commas between"
    return "write numbers, ranges, or */n, with commas between"


def _runs(name: str, values: list[int]) -> Iterable[str]:
    """Write sorted *values* as few items: whole-field steps, runs of three or more as ranges, else a list."""
    low, high = BOUNDS[name]
    names = _NAMES.get(name)

    def word(value: int) -> str:
        return names[value - low] if names else str(value)

    steps = {b - a for a, b in pairwise(values)}
    if not names and len(values) >= _SHORTEST_RUN and len(steps) == 1:
        (step,) = steps
        if step > 1:
            whole = values[0] == low and values[-1] + step > high and name != "hour"
            return [f"*/{step}" if whole else f"{values[0]}-{values[-1]}/{step}"]
    items: list[str] = []
    start = 0
    for end in range(1, len(values) + 1):
        if end < len(values) and values[end] == values[end - 1] + 1:
            continue
        run = values[start:end]
        if len(run) >= _SHORTEST_RUN:
            items.append(f"{word(run[0])}-{word(run[-1])}")
        else:
            items.extend(map(word, run))
        start = end
    return items


def fields_of(member: Member) -> CronFields:
    """Return the cron fields of *member*; where days are counted, those beside them."""
    return member.fields if isinstance(member, MonthDays) else member


@lru_cache(maxsize=16384)
def values(fields: CronFields) -> Values:
    """Return what *fields* allow, expanded."""
    days, specials = _parse("day", fields.day)
    return Values(
        years=_set("year", fields.year),
        months=_set("month", fields.month),
        days=days,
        last_day="last" in specials,
        nths=frozenset(_nth(item) for item in specials if item != "last"),
        any_day=fields.day == "*",
        weeks=_set("week", fields.week),
        weekdays=_set("day_of_week", fields.day_of_week),
        hours=tuple(sorted(_parse("hour", fields.hour)[0])),
        minutes=tuple(sorted(_parse("minute", fields.minute)[0])),
        seconds=tuple(sorted(_parse("second", fields.second)[0])),
        follows_elapsed=fields.hour.startswith("*"),
    )


def _set(name: str, text: str) -> frozenset[int] | None:
    return None if text == "*" else _parse(name, text)[0]


def _nth(item: str) -> tuple[int, int]:
    nth, weekday = item.split(" ")
    return (0 if nth == "last" else ORDINALS.index(nth) + 1, WEEKDAYS.index(weekday))


def uneven_step(kwargs: Mapping[str, str]) -> str | None:
    """Return which field of *kwargs*, as written, steps unevenly (`*/7` minutes: 56 -> 00 is four minutes), or None."""
    for name in ("hour", "minute", "second"):
        low, high = BOUNDS[name]
        match = re.fullmatch(r"\*/([0-9]+)", kwargs.get(name, ""), re.ASCII)
        if match and int(match[1]) and (high - low + 1) % int(match[1]):
            return name
    return None

"""Plain cron expressions with crontab's meaning: Sunday is 0 or 7, day OR weekday where both are restricted."""

from __future__ import annotations

import re

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.readings import check_it_fires
from reconciler.model import Reading, Timing
from reconciler.timing import FieldError, cron_fields, cron_union, uneven_step, warnings_for
from reconciler.timing.fields import MONTHS, ORDINALS

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELD = re.compile(r"[0-9*?,/#lw-]+|(?:[0-9*?,/#lw-]|" + "|".join({*_DAYS, *MONTHS}) + ")+", re.IGNORECASE)
_BOUNDS = {"minute": (0, 59), "second": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
_ITEM = re.compile(r"(\*|[0-9]+|[a-z]{3})(?:-([0-9]+|[a-z]{3}))?(?:/([0-9]+))?", re.ASCII)


def looks_like_crontab(phrase: str) -> bool:
    """Return whether *phrase* is written as a crontab expression, right or wrong."""
    words = phrase.split()
    if len(words) == 1:
        return words[0].startswith("@")
    return len(words) in (5, 6) and all(_FIELD.fullmatch(word) for word in words) and _has_number_or_star(words[:2])


def _has_number_or_star(words: list[str]) -> bool:
    return all(word[0] in "*0123456789" for word in words)


def read_crontab(phrase: str, *, timezone: str | None) -> Reading:
    """Return what the crontab expression *phrase* means; raise Refused for a field that is wrong."""
    text = phrase.strip().lower()
    if text.startswith("@"):
        if text not in _NICKNAMES:
            instead = "jobs do not run because the machine starts" if text == "@reboot" else ", ".join(_NICKNAMES)
            raise Refused(
                f"`{text[:40]}` is not supported", f"the names are {instead}" if text != "@reboot" else instead
            )
        text = _NICKNAMES[text]
    if timezone is None:
        raise Refused("no time zone is declared", "set `timezone:`")
    words = text.split()
    second, minute, hour, day, month, weekday = words if len(words) == 6 else ["0", *words]
    times = {
        "second": _steps("second", second),
        "minute": _steps("minute", minute),
        "hour": _steps("hour", hour),
        "month": _names("month", month),
    }
    try:
        members = cron_union(cron_fields(times | days) for days in _days(day, weekday))
    except FieldError as error:
        raise Refused(str(error), error.hint) from None
    timing = Timing(timezone, members)
    check_it_fires(timing)
    uneven = uneven_step(dict(zip(("second", "minute", "hour"), (second, minute, hour), strict=True)))
    warnings = [f"the {uneven} step is uneven: it starts again at 0"] if uneven else []
    assumption = "read as a crontab expression: Sunday is 0, day or weekday"
    return Reading(timing, (assumption,), (*warnings, *warnings_for(timing)))


def _number(field: str, word: str) -> int:
    low, high = _BOUNDS[field]
    if field == "month" and word in MONTHS:
        return MONTHS.index(word) + 1
    if field == "weekday" and word in _DAYS:
        return _DAYS.index(word)
    if not word.isdigit() or not low <= int(word) <= high:
        raise Refused(f"{word!r} in the {field} field is not understood", f"write numbers from {low} to {high}")
    return int(word)


def _expand(field: str, text: str) -> set[int]:
    """Return the values of one field, wrap-around ranges included."""
    low, high = _BOUNDS[field]
    found: set[int] = set()
    for item in text.replace("?", "*").split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise Refused(f"{item!r} in the {field} field is not understood", "write numbers, ranges, lists or steps")
        first = low if match[1] == "*" else _number(field, match[1])
        top = high - (field == "weekday")
        last = top if match[1] == "*" or (match[3] and not match[2]) else first
        last = _number(field, match[2]) if match[2] else last
        step = int(match[3] or 1)
        if step == 0:
            raise Refused(f"{item!r}: a step of 0 never advances", "write a step from 1 on")
        size = top - low + 1
        span = last - first if last >= first else last - first + size
        found |= {
            (first - low + offset) % size + low if field != "weekday" else (first + offset) % 7
            for offset in range(0, span + 1, step)
        }
    return found


def _listed(values: set[int]) -> str:
    return ",".join(str(value) for value in sorted(values))


def _steps(field: str, text: str) -> str:
    """Return *text* as an APScheduler field; an hour of `*` or `*/n` stays so, because it follows elapsed time."""
    low, high = _BOUNDS[field]
    values = _expand(field, text)
    if field == "hour" and re.fullmatch(r"\*/[0-9]+", text) and len(values) > 1:
        return f"*/{int(text[2:])}"
    return "*" if len(values) == high - low + 1 else _listed(values)


def _names(field: str, text: str) -> str:
    values = _expand(field, text)
    return "*" if len(values) == 12 else ",".join(MONTHS[value - 1] for value in sorted(values))


def _days(day: str, weekday: str) -> list[dict[str, str]]:
    """Return the day members: both must hold where one begins with a star, either may where both are restricted."""
    by_month, by_week = _day_of_month(day), _day_of_week(weekday)
    if day[0] not in "*?" and weekday[0] not in "*?" and not (by_month and by_week):
        return [{"day": "*"}]  # either field allows every day, and either may hold
    if not by_month or not by_week:
        return [by_month or by_week or {"day": "*"}]
    if day[0] in "*?" or weekday[0] in "*?":
        if "day" in by_week:
            raise Refused("a stepped day and a position of a weekday cannot be combined", "write it in words")
        return [by_month | by_week]
    return [by_month, by_week]


def _day_of_month(text: str) -> dict[str, str]:
    if text == "l":
        return {"day": "last"}
    items = text.split(",")
    if "l" in items:
        rest = _expand("day", ",".join(item for item in items if item != "l"))
        return {"day": f"{_listed(rest)},last"}
    values = _expand("day", text)
    return {} if len(values) == 31 else {"day": _listed(values)}


def _day_of_week(text: str) -> dict[str, str]:
    positions, plain = [], []
    for item in text.split(","):
        match = re.fullmatch(r"([0-7]|[a-z]{3})(?:#([1-5])|(l))", item)
        if match:
            name = _DAYS[_number("weekday", match[1])]
            positions.append(f"{ORDINALS[int(match[2]) - 1] if match[2] else 'last'} {name}")
        else:
            plain.append(item)
    if positions and plain:
        raise Refused("plain weekdays and positions are mixed in one field", "write two phrases in a list")
    if positions:
        return {"day": ",".join(positions)}
    values = {value % 7 for value in _expand("weekday", text)}
    return {} if len(values) == 7 else {"day_of_week": ",".join(_DAYS[value] for value in sorted(values))}

"""iCalendar's rules: `FREQ=WEEKLY;BYDAY=MO,WE`.

A rule takes its time of day from the start of its event, so each is a question with the sentence that says it.
"""

from __future__ import annotations

import re

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.dialects.advice import sentence
from reconciler.compiler.grammar.dialects.counted import Interval, every
from reconciler.model import Reading, Timing
from reconciler.timing import FieldError, cron_fields
from reconciler.timing.english_days import WEEKDAY_NAMES
from reconciler.timing.english_words import and_, ordinal
from reconciler.timing.fields import MONTHS, ORDINALS, WEEKDAYS

_PART = r"[A-Z]{3,10}=[^;\s]{1,200}"
_RULE = re.compile(rf"(?:RRULE\s*:)?\s*({_PART}(?:;{_PART})*);?", re.IGNORECASE)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_SECONDS = {"SECONDLY": 1, "MINUTELY": 60, "HOURLY": 3600}
_LONGER = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_KNOWN = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS")
_LIMITS = ("COUNT", "UNTIL", "WKST")
_EXAMPLE = "write it in words, such as `every 2 weeks on Monday at 09:00`"
_MOST_DAYS = 5


def is_rule(text: str) -> bool:
    """Return whether *text* is a recurrence rule."""
    match = _RULE.fullmatch(text)
    return match is not None and "FREQ=" in text.upper()


def read_rule(text: str, _zone: str) -> Reading:
    """Raise Refused for a recurrence rule, with the sentence that says it."""
    match = _RULE.fullmatch(text)
    assert match is not None
    parts = dict(part.split("=", 1) for part in match[1].upper().split(";"))
    unknown = next((key for key in parts if key not in (*_KNOWN, *_LIMITS)), None)
    if unknown:
        raise Refused(f"`{unknown}=` of iCalendar is not understood", _EXAMPLE)
    said = _sentence({key: value for key, value in parts.items() if key not in _LIMITS}, parts.get("WKST", "MO"))
    hint = f"write `{said}`" + ("" if "BYHOUR" in parts or parts["FREQ"] in _SECONDS else ", with your time of day")
    if "COUNT" in parts:
        raise Refused("a schedule has no number of runs", f"{hint}, and the last day in `end:`")
    if "UNTIL" in parts:
        hint += ", and the last day in `end:`"
    raise Refused("a recurrence rule of iCalendar takes its start from an event, which is not in git", hint)


def _sentence(parts: dict[str, str], week_start: str) -> str:
    frequency = parts["FREQ"]
    number = _number(parts.get("INTERVAL", "1"), 1, 9999)
    by = {key: value for key, value in parts.items() if key.startswith("BY")}
    try:
        if frequency in _SECONDS and not by:
            return every(Interval(seconds=number * _SECONDS[frequency]))
        if "BYSETPOS" in by:
            return _business_day(frequency, number, by)
        if number == 1:
            return sentence(Timing("UTC", (cron_fields(_fields(frequency, by)),)))
        if frequency in _LONGER:
            return _longer(frequency, number, by, week_start)
    except FieldError as error:
        raise Refused(str(error), error.hint) from None
    raise Refused("this recurrence rule is not understood", _EXAMPLE)


def _number(text: str, low: int, high: int) -> int:
    if not re.fullmatch(r"-?[0-9]{1,4}", text, re.ASCII) or not low <= int(text) <= high:
        raise Refused(f"{text[:40]!r} is not between {low} and {high}", _EXAMPLE)
    return int(text)


def _numbers(text: str, low: int, high: int) -> list[int]:
    return [_number(item, low, high) for item in text.split(",")]


def _times(frequency: str, by: dict[str, str]) -> dict[str, str]:
    """Return the hour, minute and second fields; what the rule leaves to its start is 0, or any below its unit."""
    fields = {}
    for key, name, high, unit in (
        ("BYHOUR", "hour", 23, "HOURLY"),
        ("BYMINUTE", "minute", 59, "MINUTELY"),
        ("BYSECOND", "second", 59, "SECONDLY"),
    ):
        finer = frequency in _SECONDS and _SECONDS[frequency] <= _SECONDS[unit]
        found = _numbers(by[key], 0, high) if key in by else None
        fields[name] = ",".join(map(str, found)) if found else "*" if finer else "0"
    return fields


def _fields(frequency: str, by: dict[str, str]) -> dict[str, str]:
    """Return the cron fields of a rule of every single period."""
    fields = _times(frequency, by)
    if "BYMONTH" in by:
        fields["month"] = ",".join(MONTHS[month - 1] for month in _numbers(by["BYMONTH"], 1, 12))
    if "BYMONTHDAY" in by:
        if frequency == "WEEKLY":
            raise Refused("`BYMONTHDAY=` and `FREQ=WEEKLY` do not go together in iCalendar", _EXAMPLE)
        days = [day if day > 0 else -1 for day in _numbers(by["BYMONTHDAY"], -1, 31)]
        fields["day"] = ",".join("last" if day == -1 else str(day) for day in days)
    if "BYDAY" in by:
        fields |= _weekday_fields(by["BYDAY"], positions=frequency in ("MONTHLY", "YEARLY"))
        if "BYMONTHDAY" in by and "day_of_week" not in fields:
            raise Refused("a day and a position of a weekday cannot be combined", _EXAMPLE)
        if frequency == "YEARLY" and "BYMONTH" not in by and "day_of_week" not in fields:
            raise Refused("the position of a weekday in a year is not understood", _EXAMPLE)
    if frequency == "WEEKLY" and "BYDAY" not in by:
        fields["day_of_week"] = "mon"
    elif frequency in ("MONTHLY", "YEARLY") and "BYMONTHDAY" not in by and "BYDAY" not in by:
        fields["day"] = "1"
    if frequency == "YEARLY" and "month" not in fields and "BYDAY" not in by and "BYMONTHDAY" not in by:
        fields["month"] = "jan"
    return fields


def _weekday_fields(text: str, *, positions: bool) -> dict[str, str]:
    found = [_BYDAY.fullmatch(item) for item in text.split(",")]
    if not all(found) or (not positions and any(one and one[1] for one in found)):
        raise Refused(f"`BYDAY={text[:40]}` is not understood", _EXAMPLE)
    named = [(int(one[1]) if one[1] else 0, WEEKDAYS[_DAYS.index(one[2])]) for one in found if one]
    numbered = [(nth, day) for nth, day in named if nth]
    if not numbered:
        return {"day_of_week": ",".join(day for _, day in named)}
    if len(numbered) < len(named) or any(nth < -1 for nth, _ in numbered):
        raise Refused(f"`BYDAY={text[:40]}` is not understood", _EXAMPLE)
    return {"day": ",".join(f"{ORDINALS[nth - 1 if nth > 0 else -1]} {day}" for nth, day in numbered)}


def _business_day(frequency: str, number: int, by: dict[str, str]) -> str:
    """Return the sentence for the n-th of the days Monday to Friday of each month."""
    business = set(by.get("BYDAY", "").split(",")) == set(_DAYS[:_MOST_DAYS])
    if frequency != "MONTHLY" or number != 1 or not business or "BYMONTHDAY" in by or "BYMONTH" in by:
        raise Refused("`BYSETPOS=` is understood for the business days of a month only", _EXAMPLE)
    nth = _number(by["BYSETPOS"], -10, 10)
    if nth == 0:
        raise Refused("`BYSETPOS=0` is no day", _EXAMPLE)
    name = ordinal(nth) if nth > 0 else "last" if nth == -1 else f"{ordinal(-nth)} to last"
    return f"{_clock(frequency, by)}, on the {name} business day of the month"


def _clock(frequency: str, by: dict[str, str]) -> str:
    return sentence(Timing("UTC", (cron_fields(_times(frequency, by)),))).removesuffix(", every day")


def _longer(frequency: str, number: int, by: dict[str, str], week_start: str) -> str:
    """Return the sentence for every *number* days, weeks or months."""
    at = _clock(frequency, by)
    restricted = by.keys() - {"BYHOUR", "BYMINUTE", "BYSECOND"}
    if frequency == "DAILY" and not restricted:
        return f"{at}, every {number} days"
    if frequency == "WEEKLY" and restricted <= {"BYDAY"} and week_start == "MO":
        fields = _weekday_fields(by.get("BYDAY", "MO"), positions=False)
        days = and_([WEEKDAY_NAMES[WEEKDAYS.index(day)] for day in fields["day_of_week"].split(",")])
        return f"{at}, every {number} weeks on {days}"
    if frequency == "MONTHLY" and restricted <= {"BYMONTHDAY"}:
        return f"{at}, every {number} months on day {_number(by.get('BYMONTHDAY', '1'), 1, 28)}"
    raise Refused(f"this rule of every {number} {_LONGER[frequency]}s is not understood", _EXAMPLE)

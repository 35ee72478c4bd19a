"""systemd's calendars: `Mon..Fri 09:00`, `*-*-1..7 18:00`, `OnCalendar=hourly`.

Each means exactly one thing, and is a question with the sentence for it: in a schedule stands a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.dialects.advice import on_day_named, sentence
from reconciler.compiler.grammar.dialects.items import listed
from reconciler.model import Reading, Timing
from reconciler.timing import FieldError, UnknownZone, check_zone, cron_fields
from reconciler.timing.english_words import ordinal
from reconciler.timing.fields import BOUNDS, WEEKDAYS

_SETTING = re.compile(r"OnCalendar\s*=\s*(.*)", re.IGNORECASE | re.DOTALL)
_SHORT = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    "semiannually": "*-01,07-01 00:00:00",
    "yearly": "*-01-01 00:00:00",
    "annually": "*-01-01 00:00:00",
}
_DAY_NAME = "mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
_WEEKDAYS = re.compile(rf"(?:{_DAY_NAME})(?:(?:,|\.\.|-)(?:{_DAY_NAME}))*,?", re.IGNORECASE)
_DATE = re.compile(r"(?:([0-9*,./]+)-)?([0-9*,./]+)([-~])([0-9*,./]+)", re.ASCII)
_TIME = re.compile(r"([0-9*,./]+):([0-9*,/]+)(?::([0-9*,/]+))?", re.ASCII)
_ITEM = re.compile(r"(?:\*|([0-9]{1,4})(?:\.\.([0-9]{1,4}))?)(?:/([0-9]{1,4}))?", re.ASCII)
_EXAMPLE = "write it in words, such as `every weekday at 09:00`"
_MOST_WORDS = 4
_SIGNS = ("*", "/", "..")


def is_calendar(text: str) -> bool:
    """Return whether *text* is a systemd calendar and no English, or the setting `OnCalendar=`."""
    if _SETTING.fullmatch(text):
        return True
    if not any(sign in text for sign in _SIGNS):
        return False
    words = text.split()
    if len(words) > _MOST_WORDS or not any(_signed(word) for word in words):
        return False
    shaped = [bool(_WEEKDAYS.fullmatch(word) or _DATE.fullmatch(word) or _TIME.fullmatch(word)) for word in words]
    # the last word may be a zone
    return all(shaped[:-1]) and (shaped[-1] or (len(words) > 1 and _is_zone(words[-1])))


def _signed(word: str) -> bool:
    """Return whether *word* has a sign that is systemd's alone."""
    if _TIME.fullmatch(word):
        return any(sign in word for sign in _SIGNS)
    return (bool(_DATE.fullmatch(word)) and ("*" in word or ".." in word)) or (
        bool(_WEEKDAYS.fullmatch(word)) and ".." in word
    )


def _is_zone(name: str) -> bool:
    try:
        check_zone(name)
    except UnknownZone:
        return False
    return True


def read_calendar(text: str, _zone: str) -> Reading:
    """Raise Refused for a systemd calendar, with the sentence that says it."""
    setting = _SETTING.fullmatch(text)
    spec = setting[1].strip().strip("\"'") if setting else text
    words = _SHORT.get(spec.lower(), spec).split()
    zone = words.pop() if len(words) > 1 and _is_zone(words[-1]) else None
    said = _sentence(words)
    if zone:
        said += f", {zone}" if "/" in zone or zone == "UTC" else f", zone {zone}"
    raise Refused(f"`{spec[:60]}` is a calendar of systemd's", f"write `{said}`")


def _sentence(words: list[str]) -> str:
    fields = {"hour": "0", "minute": "0", "second": "0"}
    from_end: str | None = None
    for word in words:
        date, time = _DATE.fullmatch(word), _TIME.fullmatch(word)
        if _WEEKDAYS.fullmatch(word):
            fields["day_of_week"] = _weekdays(word)
        elif date:
            year, month, sign, day = date.groups()
            fields |= {"year": _values("year", year or "*"), "month": _values("month", month)}
            if sign == "~":
                from_end = day
            else:
                fields["day"] = _values("day", day)
        elif time:
            parts = zip(("hour", "minute", "second"), time.groups(), strict=True)
            fields |= {name: _values(name, part or "0") for name, part in parts}
        else:
            raise Refused(f"{word[:40]!r} is not understood in a calendar of systemd's", _EXAMPLE)
    return _spoken(fields, from_end)


def _spoken(fields: dict[str, str], from_end: str | None) -> str:
    try:
        if from_end is None:
            return sentence(Timing("UTC", (cron_fields(fields),)))
        if not re.fullmatch(r"0?[1-9]|1[0-9]|2[0-8]", from_end) or "day_of_week" in fields or fields["year"] != "*":
            raise Refused("these days from the end of the month are not understood", _EXAMPLE)
        count = int(from_end)
        months = {1, *range(2, 13)} if fields["month"] == "*" else {int(one) for one in fields["month"].split(",")}
        times = cron_fields({name: fields[name] for name in ("hour", "minute", "second")})
        name = "last day" if count == 1 else f"{ordinal(count)} to last day"
        return on_day_named(Timing("UTC", (times,)), name, frozenset(months))
    except FieldError as error:
        raise Refused(str(error), error.hint) from None


def _weekdays(word: str) -> str:
    found: list[int] = []
    for part in word.rstrip(",").lower().split(","):
        first, _, last = part.replace("..", "-").partition("-")
        low = WEEKDAYS.index(first[:3])
        high = WEEKDAYS.index((last or first)[:3])
        found += [(low + offset) % 7 for offset in range((high - low) % 7 + 1)]
    return ",".join(WEEKDAYS[day] for day in sorted(set(found)))


def _values(name: str, text: str) -> str:
    """Return one component as an APScheduler field."""
    low, high = BOUNDS[name]
    if text == "*":
        return "*"
    found: set[int] = set()
    for item in text.split(","):
        found |= set(_expanded(name, item, low, high))
    if name == "hour" and re.fullmatch(r"(?:\*|0?0)/[0-9]+", text) and len(found) > 1:
        return f"*/{int(text.partition('/')[2])}"  # an hour of `*/n` follows elapsed time
    return listed(found)


def _expanded(name: str, item: str, low: int, high: int) -> Iterable[int]:
    match = _ITEM.fullmatch(item)
    first, last, step = match.groups() if match else (None, None, "0")
    start = int(first) if first else low
    end = int(last) if last else high if step or not first else start
    every = int(step or 1)
    if not every or not low <= start <= end <= high or (name == "year" and step):
        raise Refused(f"{item[:40]!r} is no {name} in a calendar of systemd's", _EXAMPLE)
    return range(start, end + 1, every)

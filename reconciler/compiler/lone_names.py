"""What a lone model's cron fields name, the phrase has to name, and the other way round: times, days, months, zones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from reconciler.compiler.grammar.vocabulary import WORDS
from reconciler.compiler.grammar.zones import iana_key, spoken_zone
from reconciler.model import CronFields, MonthDays, Reading
from reconciler.timing import UnknownZone, canonical
from reconciler.timing.fields import MONTHS, WEEKDAYS, Values, fields_of, values

_SPELT = {
    word: number
    for word, (kind, number) in WORDS.items()
    if kind in ("NUMBER", "ORDINAL") and isinstance(number, int) and number >= 0
}
_NTH = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "last": 0}
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?s?\b")
_MONTH = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)t?(?:uary|ruary|ch|il|e|y|ust|tember|ember|ober)?\b"
)
_DATES = re.compile(
    rf"(?:\b(?:to|through|thru|until)|-) ?(?:the )?[0-9]{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH.pattern}"
    rf"|{_MONTH.pattern} [0-9]{{1,2}}(?:st|nd|rd|th)? ?(?:to\b|through\b|thru\b|until\b|-)"
)
_SHORT_OF = re.compile(
    r"\b(?:quarter|five|ten|twenty|twenty[ -]five|5|10|20|25)(?: minutes?)? (?:to|before) ([a-z]+|[0-9]{1,2})\b"
)
_FORENOON = re.compile(r"[0-9 ]a\.?m\b|\bmornings?\b|\bmidnight\b|\b(?:1[0-2]|0?[0-9]):[0-9]{2}\b(?! ?p)")
_AFTERNOON = re.compile(
    r"[0-9 ]p\.?m\b|\b(?:afternoon|evening)s?\b|\b(?:noon|midday|lunch\w*)\b"
    r"|\b(?:1[3-9]|2[0-3])(?::| ?h|00\b|[0-5][0-9]\b)"
)
_NIGHT = re.compile(r"\bnight(?:s|ly)?\b")


def weekdays_of(said: str) -> set[int]:
    """Return the weekdays that *said* names, Monday = 0, those within spans, `weekdays` and `weekends` too."""
    named = _named(said, _WEEKDAY, WEEKDAYS)
    named |= set(range(5)) if re.search(r"\b(?:week ?days?\b|business|work)", said) else set()
    return named | ({5, 6} if re.search(r"\bweek ?ends?\b", said) else set())


def months_of(said: str) -> set[int]:
    """Return the months that *said* names, January = 1, those within spans too."""
    return {month + 1 for month in _named(said, _MONTH, MONTHS)}


def _named(said: str, name: re.Pattern[str], names: Sequence[str]) -> set[int]:
    """Return the indices of the *names* found; `mon to wed` and `mon-wed` name what lies between, too."""
    found = [(match.start(), match.end(), names.index(match[1])) for match in name.finditer(said)]
    named = {index for _, _, index in found}
    for (_, end, first), (start, _, last) in pairwise(found):
        if re.fullmatch(r" ?(?:to|through|thru|until|-) ?", said[end:start]):
            named |= {(first + step) % len(names) for step in range((last - first) % len(names))}
    return named


def unnamed(said: str, reading: Reading, days: list[date], *, fine: bool) -> Iterator[str]:
    """Yield what the fields of *reading* and the words of *said* do not share.

    *days* are those of a year on which it is due; *fine* says that the phrase tells a frequency within the day.
    """
    members = reading.timing.rule if isinstance(reading.timing.rule, tuple) else ()
    many_months = re.search(r"\b(?:quarter|year|annual|semester|months)", said) is not None
    yield from _zones(said, reading)
    if _DATES.search(said):
        yield "cron fields have no room for a span of dates"
    weekdays, months = weekdays_of(said), months_of(said)
    if (weekdays and weekdays != {day.weekday() for day in days}) or (
        not weekdays and any(fields_of(member).day_of_week != "*" for member in members)
    ):
        yield "the weekdays it is due on are not those that the phrase names"
    if (months and months != {day.month for day in days}) or (
        not months and not many_months and any(fields_of(member).month != "*" for member in members)
    ):
        yield "the months it is due in are not those that the phrase names"
    for member in members:
        if isinstance(member, MonthDays):
            yield "it is due on days counted within the month, which a model alone is not believed"
        else:
            yield from _positions(said, member, values(member))
        yield from _times(said, reading, fields_of(member), fine=fine)
    if not fine:
        yield from _half_days(said, {hour for one in members for hour in values(fields_of(one)).hours}, reading)


def _zones(said: str, reading: Reading) -> Iterator[str]:
    yield from _places(said)
    words = re.findall(r"[\w/+'-]+", said)
    for at, word in enumerate(words):
        try:
            key = iana_key(word) or _spoken(words[at:], after_in=at > 0 and words[at - 1] == "in")
        except UnknownZone as error:
            yield str(error)
            continue
        if key is not None and key != canonical(reading.timing.timezone):
            yield f"the phrase says `{word}`, and it is in {reading.timing.timezone}"


def _spoken(words: Sequence[str], *, after_in: bool) -> str | None:
    spoken = spoken_zone(words, after_in=after_in)
    return spoken.zone if spoken else None


def _places(said: str) -> Iterator[str]:
    """Yield what may be a zone that nobody knows: `Europe/Berlim`, `in Narnia`."""
    for word in re.findall(r"(?<![\w/])[a-z_]{3,}/[a-z_/+0-9-]{3,}", said):
        if iana_key(word) is None and any(part not in WORDS for part in word.split("/")):
            yield f"`{word}` may be a timezone, and none that is known"
    for words in re.findall(r"\bin (?:the )?([a-z]+(?: [a-z]+){0,3})", said):
        first, *_ = words.split()
        if first not in WORDS and spoken_zone(words.split(), after_in=True) is None:
            yield f"`in {first}` may name a place, and none whose timezone is known"


def _positions(said: str, member: CronFields, allowed: Values) -> Iterator[str]:
    """Check days of the month and `first Monday`."""
    spoken = {_NTH[word] for word in re.findall(r"\w+", said) if word in _NTH}
    weekdays = {WEEKDAYS.index(found) for found in _WEEKDAY.findall(said)}
    if spoken and weekdays and not allowed.nths:
        yield "the phrase names a weekday's place in the month"
    if not {nth for nth, _ in allowed.nths} <= spoken or not {day for _, day in allowed.nths} <= weekdays:
        yield "it is due on a weekday's place in the month that the phrase does not name"
    if spoken and not weekdays and weekdays_of(said):
        yield "cron fields have no room for the first or last of several weekdays"
    if allowed.last_day and not re.search(r"\b(?:last|end|final)\b", said):
        yield "it is due on the last day of the month, which the phrase does not name"
    if not allowed.any_day:
        written = {int(number) for number in re.findall(r"(?<![a-z])[0-9]+(?![a-z])", member.day)}
        if written - numbers_of(said):
            yield f"it is due on day {min(written - numbers_of(said))} of the month, which the phrase does not name"


def numbers_of(said: str) -> set[int]:
    """Return the numbers in *said*, in figures or in words; `1830` is 18 and 30 too."""
    figures = re.findall(r"[0-9]+", said)
    found = {int(one) for one in figures if len(one) <= 4}
    found |= {int(part) for one in figures if len(one) == 4 for part in (one[:2], one[2:])}
    words = re.findall(r"[a-z]+", said)
    found |= {_SPELT[word] for word in words if word in _SPELT}
    return found | {
        _SPELT[ten] + _SPELT[one]
        for ten, one in pairwise(words)
        if _SPELT.get(ten, 0) in (20, 30, 40, 50) and 0 < _SPELT.get(one, 0) < 10
    }


def _told_times(reading: Reading) -> list[str]:
    return [clock for name, value in reading.conventions if name != "anchor" for clock in value.split("-")]


def _times(said: str, reading: Reading, member: CronFields, *, fine: bool) -> Iterator[str]:
    """Check that hours and minutes are numbers that the phrase says; of a span within the day, its ends."""
    allowed, (hours, minutes) = values(member), _sayable(said, reading)
    due = set(allowed.hours)
    if fine:
        spanned = bool(_told_times(reading)) or re.search(r"\b[0-9]{1,2}:[0-9]{2}|[0-9] ?[ap]\.?m\b", said) is not None
        if member.hour.startswith("*"):
            due = {-1} if spanned else set()
        else:
            due = {min(due)} | {one for one in (max(due),) if one + 1 not in hours}
    if due - hours:
        yield "the hours it is due in are not those that the phrase names"
    if set(allowed.minutes) - minutes and (not fine or len(allowed.minutes) == 1):
        yield "the minutes it is due at are not those that the phrase names"


def _sayable(said: str, reading: Reading) -> tuple[set[int], set[int]]:
    """Return the hours and the minutes that the numbers and the conventions of a phrase can stand for."""
    numbers = numbers_of(said)
    short_of = {number for found in _SHORT_OF.findall(said) for number in numbers_of(found)}
    away = re.search(r"\b(?:past|half|quarter)\b", said) is not None or bool(short_of)
    hours = (numbers - short_of) | {one - 1 for one in short_of}
    hours |= {one + 12 for one in hours if one < 12} | ({0} if 12 in hours else set())
    hours |= ({12} if re.search(r"\b(?:noon|midday)\b", said) else set()) | ({0} if "midnight" in said else set())
    minutes = numbers | ({60 - one for one in numbers} if short_of else set()) | ({0} if not away else set())
    minutes |= ({30} if "half" in said else set()) | ({45 if short_of else 15} if "quarter" in said else set())
    for clock in _told_times(reading):
        hours.add(int(clock[:2]))
        minutes.add(int(clock[3:5]))
    return hours, minutes


def _half_days(said: str, hours: set[int], reading: Reading) -> Iterator[str]:
    """Check that the half of the day is said, and is the one that is due."""
    before, after = _FORENOON.search(said), _AFTERNOON.search(said)
    if _NIGHT.search(said):
        if not before and not after and not hours <= {18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5}:
            yield "the phrase says night, and it is due by day"
        return
    if not before and not after:
        if not _told_times(reading):
            yield "the phrase says neither am nor pm"
    elif (before and not after and max(hours, default=0) >= 12) or (
        after and not before and min(hours, default=12) < 12
    ):
        yield "it is due in the half of the day that the phrase does not name"

"""The phrases of a freeze: days, and from when to when on them.

The days and the times of day are read by the grammar that reads schedules, each in a sentence of its own (`at 00:00
on weekends`, `every day at 4pm`), so that they mean here what they mean there. A model is never asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from reconciler.compiler.grammar import read
from reconciler.lockfile.freezes import EVERY_MINUTE
from reconciler.model import Conventions, CronFields, DeclaredFreeze, Freeze, Member, Question, Timing
from reconciler.timing import asked_key, cron_fields, english, rule_member, rule_union, zone_text
from reconciler.timing.fields import WEEKDAYS, fields_of

_DAY = 24 * 60
_HALF = r"(?:[ap]\.?\s?m\.?(?![a-z]))"
_NAMED = r"noon|midday|midnight"
_CLOCK = rf"(?:\d{{1,2}}(?:[:.h]\d{{2}})?\s*{_HALF}?|{_NAMED})(?![\w:])"
# a bare number is a time only between two of them: `from 20 December` begins with a date
_EXACT = rf"(?:\d{{1,2}}(?:[:.h]\d{{2}}\s*{_HALF}?|\s*{_HALF})|{_NAMED})(?![\w:])"
_TO = r"\s*(?:to|until|till|through|and|-|\u2013|\u2014)\s*"
_NO_MONTH = r"(?!\s*(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
_WEEKDAY = r"(?P<{}>mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_SPAN = re.compile(
    rf"(?:every\s+|from\s+|between\s+)*{_WEEKDAY.format('day')},?\s+(?:at\s+)?(?P<start>{_CLOCK})"
    rf"{_TO}{_WEEKDAY.format('last')},?\s+(?:at\s+)?(?P<end>{_CLOCK})"
)
_WINDOW = re.compile(rf"(?:\b(?:from|between)\s+)?(?P<start>(?<![\w:]){_CLOCK}){_TO}(?P<end>{_CLOCK}){_NO_MONTH}")
_AFTER = re.compile(rf"\b(?:after|from)\s+(?P<start>{_EXACT})(?:\s+on(?:wards?)?(?!\s*\w))?")
_BEFORE = re.compile(rf"\b(?:before|until|till)\s+(?P<end>{_EXACT})")
_OF_THE_DAY = re.compile(r"\b(?:\w*night(?:s|ly)?|mornings?|afternoons?|evenings?|\w*noon|midday|lunch\w*|\w+ hours)\b")
_WHOLE = re.compile(r"\b(?:all day|the whole day|whole days?)\b")
# of a freeze, days without a year are meant every year, and a month is meant whole
_CERTAIN = ("the span of dates is meant every year", "it is meant every year", "no day was given: every day")
_WRITE = "write days, and from when to when: `every Friday from 16:00 to midnight`, `on weekends`"
_TWO = "write two phrases, one up to midnight and one from 00:00, each with its days"


_Limits: TypeAlias = "tuple[tuple[date, ...], date | None, date | None]"
"""The dates that are excepted, the first and the last date."""


class _Unclear(Exception):
    """Why a phrase is not a freeze."""

    def __init__(self, message: str, hint: str = _WRITE) -> None:
        super().__init__(message)
        self.question = Question(message, hint)


@dataclass(frozen=True, slots=True)
class _Part:
    """Minutes of a day, from *start* up to but not with *end*, on *days*, and the words for both."""

    days: tuple[Member, ...]
    start: int
    end: int

    def words(self, zone: str) -> str:
        """Return `from 16:00 to midnight, every Friday`."""
        said = english(Timing(zone, self.days)).removesuffix(f", {zone_text(zone)}").replace("at 00:00, ", "")
        if (self.start, self.end) == (0, _DAY):
            return f"all day, {said}"
        return f"from {_clock_text(self.start)} to {_clock_text(self.end)}, {said}"

    def members(self) -> Iterator[Member]:
        """Yield what is due in each of the minutes."""
        first, last = divmod(self.start, 60), divmod(self.end - 1, 60)
        for hours, minutes in _hours(*first, *last):
            for day in self.days:
                yield rule_member({**_day_fields(day), "hour": hours, "minute": minutes})


def read_freeze(declared: DeclaredFreeze, conventions: Conventions) -> Freeze | tuple[Question | None, ...]:
    """Return the freeze that the phrases of *declared* mean together, or for each phrase the question it leaves."""
    against = asked_key(declared.timezone)
    if against is not None:
        return (Question(f"timezone: {against}", against.hint),)
    parts: list[_Part] = []
    limits: set[_Limits] = set()
    questions: list[Question | None] = []
    for phrase in declared.phrases:
        try:
            found, limit = _read(phrase, declared.timezone, conventions)
        except _Unclear as unclear:
            questions.append(unclear.question)
        else:
            questions.append(None)
            parts += found
            limits.add(limit)
    if any(questions):
        return tuple(questions)
    if len(limits) > 1:
        return (Question("the phrases differ in their dates or exceptions", "give each the same ones"),)
    ((exclude, start, end),) = limits
    rule = rule_union(member for part in parts for member in part.members())
    timing = Timing(declared.timezone, rule, EVERY_MINUTE, start, end, exclude)
    words = "; ".join(dict.fromkeys(part.words(declared.timezone) for part in parts))
    means = f"{words}{_limits_text(timing)}, {zone_text(declared.timezone)}"
    return Freeze(declared.phrases, means, timing, declared.origins[0].file, declared.reason)


def _limits_text(timing: Timing) -> str:
    start = f", from {timing.start} on" if timing.start else ""
    end = f", up to {timing.end}" if timing.end else ""
    excepted = ", ".join(map(str, timing.exclude))
    return f"{start}{end}{f', except on {excepted}' if excepted else ''}"


def _read(phrase: str, zone: str, conventions: Conventions) -> tuple[list[_Part], _Limits]:
    text = " ".join(phrase.lower().split())
    span = _SPAN.fullmatch(text)
    if span is not None:
        return list(_over_days(span, zone, conventions)), ((), None, None)
    start, end, days = _window(text, zone, conventions)
    timing = _days(days, zone, conventions)
    assert isinstance(timing.rule, tuple)
    limits = (timing.exclude, timing.start, timing.end)
    if start < end:
        return [_Part(timing.rule, start, end)], limits
    evening = [_Part(timing.rule, start, _DAY)]
    if end == 0:
        return evening, limits
    if limits != ((), None, None):
        raise _Unclear("it is not clear whether the hours after midnight of the last day belong to it", _TWO)
    return [*evening, _Part(tuple(map(_next_day, timing.rule)), 0, end)], limits


def _window(text: str, zone: str, conventions: Conventions) -> tuple[int, int, str]:
    """Return from and to which minute of the day the phrase goes, and its words about days."""
    for pattern in (_WINDOW, _AFTER, _BEFORE):
        found = pattern.search(text)
        if found is not None:
            named = found.groupdict()
            start = _minute(named["start"], zone, conventions) if named.get("start") else 0
            end = _minute(named["end"], zone, conventions) if named.get("end") else _DAY
            if start == end:
                raise _Unclear("the span is empty, or a whole day", "leave the times out where whole days are meant")
            rest = f"{text[: found.start()]} {text[found.end() :]}"
            return start, end, " ".join(rest.replace(",", " ").split())
    return 0, _DAY, text


def _minute(text: str, zone: str, conventions: Conventions) -> int:
    if text == "24:00":
        return _DAY
    found = read(f"every day at {text}", timezone=zone, conventions=conventions)
    if isinstance(found, Question):
        raise _Unclear(f"`{text}`: {found.message}", "write times as 09:00, 16:30, 4pm, noon or midnight")
    rule = found.timing.rule
    fields = fields_of(rule[0]) if isinstance(rule, tuple) and len(rule) == 1 else CronFields()
    if not (fields.hour + fields.minute).isdigit():
        raise _Unclear(f"`{text}` is not one time of day", "write times as 09:00, 16:30, 4pm, noon or midnight")
    return int(fields.hour) * 60 + int(fields.minute)


def _days(text: str, zone: str, conventions: Conventions) -> Timing:
    about_times = _OF_THE_DAY.search(text)
    if about_times is not None:
        message = f"it is not clear when `{about_times[0]}` begins and ends"
        raise _Unclear(message, "write from when to when: `from 22:00 to 06:00`")
    text = _WHOLE.sub("", text).strip()
    found = read(f"at 00:00 {text or 'every day'}", timezone=zone, conventions=conventions)
    if isinstance(found, Question):
        raise _Unclear(f"which days are meant by `{text}`: {found.message}" if text else found.message)
    timing = found.timing
    guessed = [one for one in found.assumptions if one not in _CERTAIN]
    if guessed:
        raise _Unclear(f"`{text}` says it only roughly: {guessed[0]}")
    if not isinstance(timing.rule, tuple):
        raise _Unclear("a freeze is about days of the week, of the month or of the year, not about every so many days")
    if any((one.hour, one.minute, one.second) != ("0", "0", "0") for one in map(fields_of, timing.rule)):
        raise _Unclear(f"`{text}` names moments; a freeze is a span", "write from … to …, or whole days")
    if timing.timezone != zone:
        raise _Unclear(f"the phrase names {timing.timezone}, the freeze {zone}", "write the zone in `timezone`")
    if timing.calendars:
        raise _Unclear("a freeze has no holiday calendars", "list the dates instead")
    return timing


def _next_day(day: Member) -> CronFields:
    """Return the day after each of *day*, which the weekdays alone decide."""
    if isinstance(day, CronFields) and day == replace(CronFields(), day_of_week=day.day_of_week, hour="0"):
        if day.day_of_week == "*":
            return day
        named = {WEEKDAYS[(WEEKDAYS.index(name) + 1) % 7] for name in _weekdays(day)}
        return cron_fields({"day_of_week": ",".join(sorted(named)), "hour": "0"})
    raise _Unclear("it is not clear to which days the hours after midnight belong", _TWO)


def _weekdays(day: CronFields) -> Iterator[str]:
    for part in day.day_of_week.split(","):
        first, _, last = part.partition("-")
        yield from WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last or first) + 1]


def _over_days(span: re.Match[str], zone: str, conventions: Conventions) -> Iterator[_Part]:
    """Yield the parts of `from Friday 16:00 to Monday 8:00`."""
    start, end = (_minute(span[name], zone, conventions) for name in ("start", "end"))
    end = 0 if end == _DAY else end
    first, last = WEEKDAYS.index(span["day"]), WEEKDAYS.index(span["last"])
    if first == last:
        if start >= end:
            raise _Unclear("the span is a week, or empty", _WRITE)
        yield _Part((_on(first),), start, end)
        return
    yield _Part((_on(first),), start, _DAY)
    for between in range(1, (last - first) % 7):
        yield _Part((_on((first + between) % 7),), 0, _DAY)
    if end:
        yield _Part((_on(last),), 0, end)


def _on(weekday: int) -> CronFields:
    return cron_fields({"day_of_week": WEEKDAYS[weekday], "hour": "0"})


def _day_fields(day: Member) -> dict[str, str]:
    return {name: text for name, text in day.kwargs().items() if name not in ("hour", "minute", "second")}


def _hours(first: int, begin: int, last: int, end: int) -> Iterator[tuple[str, str]]:
    """Yield hours with the minutes of them, from *first*:*begin* to *last*:*end*, both included."""
    if first == last:
        yield str(first), _range(begin, end)
        return
    whole = first if begin == 0 else first + 1
    over = last if end == 59 else last - 1
    if begin:
        yield str(first), _range(begin, 59)
    if whole <= over:
        yield _range(whole, over, most=23), "*"
    if end != 59:
        yield str(last), _range(0, end)


def _range(first: int, last: int, *, most: int = 59) -> str:
    if (first, last) == (0, most):
        return "*"
    return str(first) if first == last else f"{first}-{last}"


def _clock_text(minute: int) -> str:
    return "midnight" if minute == _DAY else f"{minute // 60:02}:{minute % 60:02}"

"""Who reads how many cron fields, in which order, with which numbers; and what follows where they disagree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.dialects.advice import Disputed, on_day_named, written
from reconciler.compiler.grammar.dialects.items import (
    DayFields,
    expand,
    has_start,
    month_days,
    starts_only,
    step_beyond,
    step_warnings,
    times_field,
    week_days,
)
from reconciler.compiler.grammar.readings import check_it_fires
from reconciler.model import Reading, Timing
from reconciler.timing import FieldError, cron_fields, cron_union, equal, warnings_for
from reconciler.timing.english_words import and_, ordinal

_FIVE = ("minute", "hour", "day", "month", "weekday")
_SECONDS_FIRST = ("second", *_FIVE)
_SECONDS_LAST = (*_FIVE, "second")
_YEAR_LAST = (*_FIVE, "year")
_FROM_END = re.compile(r"l-([0-9]{1,2})")
_MOST_FROM_END = 27


class Days(Enum):
    """What it takes where both the day and the weekday are restricted."""

    BOTH = "both"
    EITHER = "either"
    EITHER_UNLESS_STARRED = "either, but both where one begins with a star"
    ONE = "one of the two is `?`, and one only"


@dataclass(frozen=True, slots=True)
class Program:
    """How *name* reads a line: the order of its *fields*, Sunday's number, and which signs its day fields know."""

    name: str
    fields: tuple[str, ...]
    days: Days
    sunday: int = 0
    day_signs: str = "?lw"
    weekday_signs: str = "?#l"
    starts: bool = True

    def fits(self, words: Sequence[str]) -> bool:
        """Return whether *words* are as many as the fields, with signs that it knows where it knows them."""
        if len(words) != len(self.fields):
            return False
        texts = dict(zip(self.fields, words, strict=True))
        if self.days is Days.ONE and (texts["day"] == "?") == (texts["weekday"] == "?"):
            return False
        return all(_signs_of(text) <= self._known(field) for field, text in texts.items())

    def _known(self, field: str) -> set[str]:
        return set({"day": self.day_signs, "weekday": self.weekday_signs}.get(field, ""))


def _signs_of(word: str) -> set[str]:
    """Return the signs in *word* that not every cron knows: `?`, `#`, `L` and `W`."""
    signs = {sign for sign in "?#" if sign in word}
    for item in word.split(","):
        sign = re.fullmatch(r"(?:[0-9]{0,2}|[a-z]{3})(l?w|l)(?:-[0-9]+)?", item)
        signs |= set(sign[1]) if sign else set()
    return signs


CRONTAB = Program("crontab", _FIVE, Days.EITHER_UNLESS_STARRED, day_signs="lw", weekday_signs="#l")
_KUBERNETES = Program("Kubernetes and most libraries", _FIVE, Days.EITHER_UNLESS_STARRED)
_VIXIE = Program("Vixie cron", _FIVE, Days.EITHER_UNLESS_STARRED, day_signs="", weekday_signs="", starts=False)
_SHORT_QUARTZ = Program("Quartz and EventBridge", _FIVE, Days.ONE, sunday=1)
EVENTBRIDGE = Program("EventBridge", _YEAR_LAST, Days.ONE, sunday=1)
_MANY_FIELDS = (
    Program("Quartz", _SECONDS_FIRST, Days.ONE, sunday=1),
    Program("Spring", _SECONDS_FIRST, Days.BOTH),
    Program("Azure Functions", _SECONDS_FIRST, Days.BOTH, day_signs="", weekday_signs=""),
    Program("robfig/cron", _SECONDS_FIRST, Days.EITHER, day_signs="?", weekday_signs="?"),
    Program("node-cron", _SECONDS_FIRST, Days.EITHER, day_signs="", weekday_signs=""),
    EVENTBRIDGE,
    Program("Nomad", _YEAR_LAST, Days.EITHER),
    Program("croniter", _SECONDS_LAST, Days.EITHER, weekday_signs="?#"),
    Program("Quartz", (*_SECONDS_FIRST, "year"), Days.ONE, sunday=1),
    Program("Nomad", (*_SECONDS_FIRST, "year"), Days.EITHER),
    Program("croniter", (*_SECONDS_LAST, "year"), Days.EITHER, weekday_signs="?#"),
)


CRONSIM_WITH_SECONDS = Program(
    "cronsim", _SECONDS_FIRST, Days.EITHER_UNLESS_STARRED, day_signs="lw", weekday_signs="#l"
)


class Unsayable(Refused):
    """A day that fields cannot name, with the sentence that does."""


def candidates(words: Sequence[str]) -> tuple[Program, ...]:
    """Return the programs that *words*, fields in lower case, may have been written for."""
    if len(words) != len(_FIVE):
        return _MANY_FIELDS
    if any("?" in word for word in words):
        return (_KUBERNETES, _SHORT_QUARTZ)
    return (_KUBERNETES, _VIXIE) if any(has_start(word) for word in words) else (CRONTAB,)


def settle(line: Sequence[str], programs: Iterable[Program], zone: str) -> Reading:
    """Return what the fields *line* mean to all of *programs* that accept them.

    Raises Disputed where they disagree, and Refused where none accepts them.
    """
    words = [word.lower() for word in line]
    found: list[tuple[Timing, list[Program]]] = []
    refusals: list[Refused] = []
    for program in programs:
        if not program.fits(words):
            continue
        try:
            timing = timing_of(words, program, zone)
        except Unsayable:
            raise
        except Refused as refused:
            refusals.append(refused)
            continue
        alike = next((names for other, names in found if equal(other, timing)), None)
        if alike is None:
            found.append((timing, [program]))
        else:
            alike.append(program)
    if not found:
        raise refusals[0] if len(refusals) == 1 else _nobody(line, refusals)
    if len(found) > 1:
        raise _disputed(line, found)
    return _reading(words, *found[0])


def _nobody(line: Sequence[str], refusals: Sequence[Refused]) -> Refused:
    message = f"no program reads `{' '.join(line)}` as cron fields"
    if not refusals:
        return Refused(message, "five fields are minute, hour, day, month and weekday, such as `0 9 * * 1-5`")
    return Refused(f"{message}: {refusals[0]}", refusals[0].question.hint)


def _disputed(line: Sequence[str], found: Sequence[tuple[Timing, list[Program]]]) -> Disputed:
    readings = tuple(_reading([word.lower() for word in line], timing, programs) for timing, programs in found)
    ways = [f"`{written(timing)}` ({_names(programs)})" for timing, programs in found]
    return Disputed(
        f"programs read the {_count(line)} fields `{' '.join(line)}` differently",
        f"write {', '.join(ways[:-1])} or {ways[-1]}",
        readings,
    )


def _reading(words: Sequence[str], timing: Timing, programs: Sequence[Program]) -> Reading:
    first = programs[0]
    said = "read as a crontab expression: Sunday is 0, day or weekday"
    if first is not CRONTAB:
        said = f"{_count(words)} cron fields are read as by {_names(programs)}"
    steps = [
        warning
        for field, word in zip(first.fields, words, strict=True)
        for warning in step_warnings(field, word, sunday=first.sunday)
    ]
    return Reading(timing, (said,), tuple(dict.fromkeys([*steps, *warnings_for(timing)])))


def _count(words: Sequence[str]) -> str:
    return {5: "five", 6: "six", 7: "seven"}[len(words)]


def _names(programs: Iterable[Program]) -> str:
    return and_(list(dict.fromkeys(program.name for program in programs)))


# ---------------------------------------------------------------- one program


def timing_of(words: Sequence[str], program: Program, zone: str) -> Timing:
    """Return what *words*, as many as the fields of *program*, mean to it; raise Refused where it accepts them not."""
    texts = dict(zip(program.fields, words, strict=True))
    for field, text in texts.items():
        _check_step(field, text)
    if not program.starts:
        texts = {field: starts_only(text) for field, text in texts.items()}
    day, weekday = texts.pop("day"), texts.pop("weekday")
    times = {"second": "0"} | {field: times_field(field, text) for field, text in texts.items()}
    named = _named_day(day)
    if named is not None:
        months = expand("month", texts["month"])
        every_day = _timing(times | {"month": "*"}, [{"day": "*"}], zone)
        instead = f"write `{on_day_named(every_day, named, months)}`" if weekday in "*?" else "write the days in words"
        raise Unsayable(f"`{day.upper()}` is the {named} of the month, which fields cannot name", instead)
    return _timing(times, _days(day, weekday, program), zone)


def _check_step(field: str, text: str) -> None:
    step = step_beyond(field, text)
    if step is not None:
        only = "first value" if field == "weekday" else f"{field} {1 if field in ('day', 'month') else 0}"
        raise Refused(
            f"`{text}` in the {field} field is longer than the field: it leaves the {only} alone",
            f"write an interval of {step} in words, such as `every 90 minutes`",
        )


def _named_day(day: str) -> str | None:
    """Return what people call the day `LW` or `L-3`, or None if *day* is another."""
    from_end = _FROM_END.fullmatch(day)
    if from_end and 1 <= int(from_end[1]) <= _MOST_FROM_END:
        return f"{ordinal(int(from_end[1]) + 1)} to last day"
    return "last business day" if day == "lw" else None


def _timing(times: DayFields, days: Iterable[DayFields], zone: str) -> Timing:
    try:
        timing = Timing(zone, cron_union(cron_fields(times | one) for one in days))
    except FieldError as error:
        raise Refused(str(error), error.hint) from None
    check_it_fires(timing)
    return timing


def _days(day: str, weekday: str, program: Program) -> list[DayFields]:
    """Return the day fields of each member."""
    by_month, by_week = month_days(day), week_days(weekday, sunday=program.sunday)
    starred = day[0] in "*?" or weekday[0] in "*?"
    if program.days is Days.EITHER:
        starred = day in "*?" or weekday in "*?"
    if program.days is not Days.BOTH and not starred:
        # a field that allows every day, such as `1-31`, allows them all
        return [*by_month, *by_week] if by_month and by_week else [{"day": "*"}]
    if not by_month or not by_week:
        return by_month or by_week or [{"day": "*"}]
    if any(one.keys() & other.keys() for one, other in product(by_month, by_week)):
        raise Refused("a day and a position of a weekday cannot be combined", "write the days in words")
    return [one | other for one, other in product(by_month, by_week)]

"""A timing as its author should write it: cron fields where five of them say it, else a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.compiler.grammar.clauses import Refused
from reconciler.model import CronFields, Question, Reading, Timing
from reconciler.timing import english
from reconciler.timing.english_days import position_text
from reconciler.timing.english_words import runs
from reconciler.timing.fields import values


class Disputed(Refused):
    """A line that programs read differently: the readings are given, and what to write for each."""

    def __init__(self, message: str, hint: str, readings: tuple[Reading, ...]) -> None:
        super().__init__(message, hint)
        self.question = Question(message, hint, readings, understood=True)


def written(timing: Timing) -> str:
    """Return the shortest text that means *timing* in a phrase, its zone left to `timezone:`."""
    return _five_fields(timing) or sentence(timing)


def sentence(timing: Timing) -> str:
    """Return *timing* in English without its zone."""
    return english(replace(timing, timezone="UTC")).removesuffix(", UTC")


def _five_fields(timing: Timing) -> str | None:
    if not isinstance(timing.rule, tuple) or len(timing.rule) != 1 or timing.start or timing.end:
        return None
    (fields,) = timing.rule
    if not isinstance(fields, CronFields):
        return None
    allowed = values(fields)
    plain = fields.second == "0" and fields.week == fields.year == "*" and not allowed.nths and not allowed.last_day
    # a line means either of the two where both are restricted, and a member means both
    if not plain or (fields.day != "*" and allowed.weekdays):
        return None
    weekdays = "*" if allowed.weekdays is None else _ranges((day + 1) % 7 for day in allowed.weekdays)
    return f"{fields.minute} {fields.hour} {fields.day} {fields.month} {weekdays}"


def _ranges(numbers: Iterable[int]) -> str:
    """Return *numbers* as a cron field: `0,3-5`."""
    return ",".join(
        f"{first}-{last}" if last - first > 1 else ",".join(map(str, range(first, last + 1)))
        for first, last in runs(numbers)
    )


def on_day_named(times: Timing, name: str, months: frozenset[int]) -> str:
    """Return the sentence for *times*, which allows every day, on the day called *name* of *months*."""
    return f"{sentence(times).removesuffix(', every day')}, {position_text(name, months)}"

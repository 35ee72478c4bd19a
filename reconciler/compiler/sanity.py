"""What every answer has to pass, whoever read the phrase: its holidays are known, and it fires in time to matter.

`compile` and `explain` ask here, so that what the one shows is what the other would take.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reconciler.compiler.holiday_calendars import NoCalendar, with_holidays
from reconciler.model import Compiled, Question, Timing
from reconciler.timing import NeverFires, check_fires, english


def sound_timing(timing: Timing, now: datetime) -> Timing | Question:
    """Return *timing* with its holidays looked up, or the question that it leaves for who looks at it at *now*."""
    try:
        found = with_holidays(timing, now)
    except NoCalendar as error:
        return Question(str(error), error.hint)
    try:
        check_fires(found, now)
    except NeverFires as error:
        return Question(f"{error}; it is read as `{english(found)}`", error.hint)
    return found


def sound_answer(answer: Compiled | Question, now: datetime) -> Compiled | Question:
    """Return *answer* with a sound timing, or the question that is left at *now*."""
    if isinstance(answer, Question):
        return answer
    found = sound_timing(answer.reading.timing, now)
    if isinstance(found, Question):
        return found
    return replace(answer, reading=replace(answer.reading, timing=found))

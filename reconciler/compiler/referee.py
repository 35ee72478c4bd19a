"""Two readers, and a referee that trusts neither: what the grammar and the model say, held against each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import islice, zip_longest

from reconciler.compiler.answer import Answer, Declined, Malformed, Proposed, Unavailable
from reconciler.compiler.facts import contradictions
from reconciler.compiler.lone import doubts
from reconciler.model import Compiled, Evidence, Question, Reading, Timing
from reconciler.timing import NeverFires, check_fires, difference, english, equal, fires, on_wall

_NEAR = 500  # due times that are compared one by one
_HINT = "write the days and the times out, for example `every weekday at 09:00`"


def judge(
    phrase: str,
    grammar: Reading | Question,
    model: Answer | None,
    second: Callable[[], Answer] | None,
    *,
    now: datetime,
    model_name: str,
) -> Compiled | Question:
    """Return what *phrase* means, or the question that stays open.

    *second* asks the model again with another prompt; it is called only where the model alone can read
    the phrase. *model_name* is written into `compiled_by`. A timing must fire after *now* (aware).
    """
    if isinstance(grammar, Reading):
        return _with_grammar(grammar, model, now, model_name)
    if isinstance(model, Unavailable):
        return _adding(grammar, f"the model could not be asked: {model.reason}")
    if isinstance(model, Malformed):
        return _adding(grammar, f"the model gave no usable answer: {model.reason}")
    if isinstance(model, Declined):
        return _adding(grammar, f"the model declines: {model.reason}")
    if model is None:
        return grammar
    if grammar.understood or grammar.readings:
        return _adding(grammar, f"the model reads it as `{english(model.reading.timing)}`")
    return _model_alone(phrase, grammar, model.reading, second, now, model_name)


def _adding(question: Question, clause: str) -> Question:
    return replace(question, message=f"{question.message}; {clause}")


def _with_grammar(reading: Reading, model: Answer | None, now: datetime, name: str) -> Compiled | Question:
    if isinstance(model, Declined):
        reading = replace(reading, warnings=(*reading.warnings, f"the model declined: {model.reason}"))
    if not isinstance(model, Proposed):
        return Compiled(reading, Evidence.GRAMMAR, "grammar")
    ours, theirs = reading.timing, replace(model.reading.timing, dst=reading.timing.dst)
    if equal(ours, theirs) and not ours.calendars:
        return Compiled(reading, Evidence.AGREED, f"grammar, {name}")
    # the model's answer has no room for limits: one that is right but for them neither confirms nor denies
    limited = replace(theirs, start=ours.start, end=ours.end, exclude=ours.exclude, calendars=ours.calendars)
    if limited != theirs and equal(ours, limited):
        return Compiled(reading, Evidence.GRAMMAR, "grammar")
    return _differ("the grammar and the model", reading, replace(model.reading, timing=theirs), now)


def _differ(who: str, first: Reading, second: Reading, now: datetime) -> Question:
    one, other = english(first.timing), english(second.timing)
    part = _parting(first.timing, second.timing, now)
    when = f"; they part on {on_wall(part, first.timing.timezone):%Y-%m-%d at %H:%M}" if part else ""
    return Question(f"{who} read it differently: `{one}` and `{other}`{when}", _HINT, (first, second))


def _parting(first: Timing, second: Timing, now: datetime) -> datetime | None:
    """Return the next instant at which only one of two timings fires, or one in the past if it is not near."""
    near = zip_longest(islice(fires(first, now), _NEAR), islice(fires(second, now), _NEAR))
    for pair in near:
        if pair[0] != pair[1]:
            return min(instant for instant in pair if instant is not None)
    found = difference(first, second)
    return found.at if found else None


def _model_alone(
    phrase: str,
    grammar: Question,
    reading: Reading,
    second: Callable[[], Answer] | None,
    now: datetime,
    name: str,
) -> Compiled | Question:
    against = contradictions(phrase, reading.timing)
    if against:
        return _adding(grammar, f"the model's answer contradicts the phrase: {against[0]}")
    doubt = next(doubts(phrase, reading), None)
    if doubt is not None:
        return _adding(grammar, f"a model alone is not believed: {doubt}")
    try:
        check_fires(reading.timing, now)
    except NeverFires as error:
        return _adding(grammar, f"of the model's answer, {error}")
    again = second() if second is not None else None
    if not isinstance(again, Proposed):
        why = f": {again.reason}" if again is not None else ""
        return _adding(grammar, f"the model did not confirm its own reading{why}")
    if not equal(reading.timing, again.reading.timing):
        return _differ("two samples of the model", reading, again.reading, now)
    return Compiled(reading, Evidence.MODEL, name)

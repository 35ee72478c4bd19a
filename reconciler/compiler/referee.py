"""Two readers, and a referee that trusts neither: what the grammar and the model say, held against each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.compiler.answer import Answer, Declined, Proposed, Unavailable
from reconciler.compiler.facts import contradictions
from reconciler.model import Compiled, Evidence, Question, Reading
from reconciler.timing import difference, english, equal

_HINT = "write the days and the times out, for example `every weekday at 09:00`"


def judge(
    phrase: str,
    grammar: Reading | Question,
    model: Answer | None,
    second: Callable[[], Answer] | None,
    *,
    name: str = "model",
    understood: bool = False,
    now: datetime,
) -> Compiled | Question:
    """Return what *phrase* means, or the question that stays open.

    *second* asks the model again with another prompt; it is called only where the model alone can read
    the phrase. *understood* says that the grammar's question is a refusal it is certain of. *name* is
    the model's, for `compiled_by`.
    """
    if isinstance(grammar, Reading):
        return _with_grammar(grammar, model, name, now)
    if isinstance(model, Unavailable):
        return replace(grammar, message=f"{grammar.message}; the model could not be asked: {model.reason}")
    if not isinstance(model, Proposed):
        return grammar
    if understood or grammar.readings:
        choice = english(model.reading.timing)
        return replace(grammar, message=f"{grammar.message}; the model reads it as `{choice}`")
    return _model_alone(phrase, grammar, model.reading, second, name)


def _with_grammar(reading: Reading, model: Answer | None, name: str, now: datetime) -> Compiled | Question:
    if isinstance(model, Declined):
        noted = replace(reading, warnings=(*reading.warnings, f"the model declined: {model.reason}"))
        return Compiled(noted, Evidence.GRAMMAR, "grammar")
    if not isinstance(model, Proposed):
        return Compiled(reading, Evidence.GRAMMAR, "grammar")
    # the model never knows the DST policy or the limits that the declaration adds
    theirs = replace(model.reading, timing=replace(model.reading.timing, dst=reading.timing.dst))
    if equal(reading.timing, theirs.timing):
        return Compiled(reading, Evidence.AGREED, f"grammar, {name}")
    return _differ("the grammar and the model", reading, theirs)


def _differ(who: str, first: Reading, second: Reading) -> Question:
    one, other = english(first.timing), english(second.timing)
    part = difference(first.timing, second.timing)
    when = f"; they part on {part.at.astimezone(ZoneInfo(first.timing.timezone)):%Y-%m-%d at %H:%M}" if part else ""
    return Question(f"{who} read it differently: `{one}` and `{other}`{when}", _HINT, (first, second))


def _model_alone(
    phrase: str, grammar: Question, reading: Reading, second: Callable[[], Answer] | None, name: str
) -> Compiled | Question:
    against = contradictions(phrase, reading.timing)
    if against:
        return replace(grammar, message=f"{grammar.message}; the model's answer contradicts the phrase: {against[0]}")
    again = second() if second is not None else None
    if not isinstance(again, Proposed):
        return replace(grammar, message=f"{grammar.message}; the model did not confirm its own reading")
    if not equal(reading.timing, again.reading.timing):
        return _differ("two samples of the model", reading, again.reading)
    return Compiled(reading, Evidence.MODEL, name)

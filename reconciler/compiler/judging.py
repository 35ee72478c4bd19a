"""The judge that `compile` and `explain` ask: the grammar, the model if there is one, and the referee."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.compiler.answer import Answer
from reconciler.compiler.compile import Ask, Judge
from reconciler.compiler.grammar import read
from reconciler.compiler.llm import SECOND_PROMPT, Translator, settings
from reconciler.compiler.referee import judge
from reconciler.errors import InvalidInput
from reconciler.model import Compiled, Conventions, Question, Reading

__all__ = ["Heard", "Translator", "hear", "judging", "translator_from"]

_HINT = "set RECONCILE_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL (for a server that needs no key), or drop --model"


def translator_from(*, use: bool | None, environ: Mapping[str, str] = os.environ) -> Translator | None:
    """Return the model that *environ* configures, or None where it is not wanted or, *use* being None, not there.

    Raises InvalidInput where *use* is true and no model is configured.
    """
    if use is False:
        return None
    found = settings(environ)
    if found is not None:
        return Translator(found)
    if use:
        raise InvalidInput("no model is configured", hint=_HINT)
    return None


@dataclass(frozen=True, slots=True)
class Heard:
    """What each reader makes of one phrase, *model* being None where none was asked, and what the referee accepts."""

    grammar: Reading | Question
    model: Answer | None
    judged: Compiled | Question


def hear(
    translator: Translator | None,
    asks: Sequence[Ask],
    conventions: Conventions,
    *,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
) -> list[Heard]:
    """Put all *asks* to the grammar, to the model if there is a *translator*, and to the referee.

    *progress* is told how many of all are done. A timing must fire after *now* (aware).
    """
    tell = progress if translator is None else None
    readings = []
    for count, ask in enumerate(asks, 1):
        readings.append(read(ask.phrase, timezone=ask.timezone, conventions=conventions))
        if tell is not None:
            tell(count, len(asks))
    if translator is None:
        about = zip(asks, readings, strict=True)
        return [Heard(r, None, judge(a.phrase, r, None, None, now=now, model_name="")) for a, r in about]
    return _with_model(translator, asks, readings, now, progress)


def judging(
    translator: Translator | None, *, now: datetime, progress: Callable[[int, int], None] | None = None
) -> Judge:
    """Return a judge of many phrases at once, which is what the referee accepts of what `hear` hears."""

    def judged(asks: Sequence[Ask], conventions: Conventions) -> Sequence[Compiled | Question]:
        return [one.judged for one in hear(translator, asks, conventions, now=now, progress=progress)]

    return judged


def _with_model(
    translator: Translator,
    asks: Sequence[Ask],
    readings: Sequence[Reading | Question],
    now: datetime,
    progress: Callable[[int, int], None] | None,
) -> list[Heard]:
    answers = translator.ask_all([(ask.phrase, ask.timezone) for ask in asks], on_done=progress)
    return [
        Heard(
            reading,
            answer,
            judge(ask.phrase, reading, answer, _second(translator, ask), now=now, model_name=translator.name),
        )
        for ask, reading, answer in zip(asks, readings, answers, strict=True)
    ]


def _second(translator: Translator, ask: Ask) -> Callable[[], Answer]:
    return lambda: translator.ask(ask.phrase, timezone=ask.timezone, prompt=SECOND_PROMPT)
